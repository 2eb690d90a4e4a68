//! Terraform plans (`terraform show -json PLAN`) → resources and references.
//!
//! `planned_values` say what every instance of a resource will be; what is not known before it
//! stands is absent there. `configuration` says from what each expression is made: its references
//! (`references`) name resources, and become the names in the values.
//!
//! Not here: what is destroyed, providers, state (`terraform show -json` without a plan).

mod references;

use super::resource::{Data, Resource, Stack, Value};
use super::said::Said;
use crate::spec::value::shortened;
use crate::spec::{self, Member};
use references::Scope;

/// Deepest nesting of modules.
const MOST_MODULES: usize = 30;
/// Most resources of a plan.
///
/// CHOICE: as many as a topology may have nodes.
const MOST_RESOURCES: usize = 10_000;

/// Reads a plan.
pub(super) fn read(file: &spec::Value, said: &Said) -> Stack {
    let sink = &said.sink;
    // SOURCE: Terraform internals, JSON output format: minor versions only add; another major
    // version is to be refused. Read 2026-11.
    let version = file.get("format_version");
    let known = |text: &str| text.starts_with("1.") || text.starts_with("0.");
    if let Some(version) = version.filter(|version| !version.as_text().is_some_and(known)) {
        let message = format!(
            "`format_version` is {}; versions 0 and 1 are read",
            version.shown()
        );
        sink.error("plan::version", &version.place, message);
        return Stack::default();
    }
    let Some(root) = file
        .get("planned_values")
        .and_then(|values| values.get("root_module"))
    else {
        let place = file
            .get("planned_values")
            .map_or(&file.place, |value| &value.place);
        let message = "`planned_values` has no `root_module`";
        let help = "write the plan with `terraform show -json PLAN > plan.json`";
        sink.error_with_help("plan::no-module", place, message, help);
        return Stack::default();
    };
    let nothing = spec::Value {
        place: file.place.clone(),
        data: spec::Data::Null,
    };
    let configuration = file
        .get("configuration")
        .and_then(|one| one.get("root_module"));
    if configuration.is_none() {
        said.note(
            &file.place,
            "the plan has no `configuration`: links that rest on references are not imported",
        );
    }
    let mut planned = Vec::new();
    modules(root, 0, &mut planned, said);
    let scope = Scope::root(configuration.unwrap_or(&nothing));
    let mut found = Vec::new();
    for one in planned {
        if found.len() >= MOST_RESOURCES {
            let message = format!("the plan has more than {MOST_RESOURCES} resources");
            sink.error("plan::too-many", &one.place, message);
            break;
        }
        found.extend(resource(one, &scope, said));
    }
    let documents = references::documents(&scope);
    let room = MOST_RESOURCES.saturating_sub(found.len());
    found.extend(documents.into_iter().take(room));
    let addresses = references::addresses(&found);
    for resource in &mut found {
        references::choose(resource, &addresses);
    }
    Stack::new(None, found)
}

/// Gathers the planned resources of a module and of those in it.
fn modules<'v>(
    module: &'v spec::Value,
    depth: usize,
    found: &mut Vec<&'v spec::Value>,
    said: &Said,
) {
    found.extend(list(module, "resources"));
    if depth >= MOST_MODULES {
        let text = format!(
            "modules are nested more than {MOST_MODULES} deep; the inner ones are not imported"
        );
        return said.note(&module.place, text);
    }
    for child in list(module, "child_modules") {
        modules(child, depth + 1, found, said);
    }
}

/// Returns the entries of a list under a key.
fn list<'v>(value: &'v spec::Value, key: &str) -> &'v [spec::Value] {
    match value.get(key).map(|value| &value.data) {
        Some(spec::Data::List(entries)) => entries,
        _ => &[],
    }
}

/// Reads one planned resource.
fn resource(planned: &spec::Value, scope: &Scope<'_>, said: &Said) -> Option<Resource> {
    let text = |key: &str| planned.get(key).and_then(spec::Value::as_text);
    if text("mode").is_some_and(|mode| mode != "managed") {
        return None;
    }
    let (Some(address), Some(type_name)) = (text("address"), text("type")) else {
        let message = "a resource has no `address` or no `type`";
        said.sink.error("plan::resource", &planned.place, message);
        return None;
    };
    let values = planned.get("values").map(Value::plain);
    let mut properties = values.unwrap_or_else(|| Value::new(planned.place.clone(), Data::Null));
    if !matches!(properties.data, Data::Object(_) | Data::Null) {
        let message = format!("`values` of `{}` must be an object", shortened(address));
        said.sink
            .error("template::wrong-type", &properties.place, message);
        return None;
    }
    if properties.is_null() {
        properties.data = Data::Object(Vec::new());
    }
    scope.overlay(address, &mut properties);
    Some(Resource {
        id: address.to_owned(),
        short: short(address, type_name),
        type_name: type_name.to_owned(),
        properties,
        place: planned
            .get("address")
            .map_or_else(|| planned.place.clone(), |value| value.place.clone()),
    })
}

/// Returns an address without the words `module` and the type.
fn short(address: &str, type_name: &str) -> String {
    let words = address
        .split('.')
        .filter(|word| *word != "module" && *word != "data" && *word != type_name);
    words.collect::<Vec<_>>().join("-")
}

/// Returns the members of an object, for which nothing is an object without any.
fn members(value: Option<&spec::Value>) -> &[Member] {
    value.map(spec::Value::members).unwrap_or_default()
}
