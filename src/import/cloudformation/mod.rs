//! CloudFormation and SAM templates → resources and references.
//!
//! The sections are read, what the template can decide by itself is decided (`intrinsic`), and
//! resources whose condition is false are left out. What SAM makes beside what is written, an API
//! for events that name none and the defaults of `Globals`, is put in (`serverless`).
//!
//! Not here: macros and other transforms, nested stacks, files that a template points to.

mod condition;
mod intrinsic;
mod serverless;

use super::kinds;
use super::resource::{Data, Resource, Stack, Value};
use super::said::Said;
use crate::diagnostic::Place;
use crate::spec::value::shortened;
use crate::spec::{self, Member, help};
use condition::Truth;
use intrinsic::Resolver;

/// Sections of a template.
const SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

/// What a resource has beside its properties.
const ATTRIBUTES: &[&str] = &[
    "Condition",
    "Connectors",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
];

/// Reads a template.
pub(super) fn read(file: &spec::Value, given: &[(String, String)], said: &Said) -> Stack {
    for member in file.members() {
        if !SECTIONS.contains(&member.key.as_str()) {
            unknown(said, member, "the template has no section", SECTIONS);
        }
    }
    let transformed = file.get("Transform").is_some();
    let resources = file
        .get("Resources")
        .map(spec::Value::members)
        .unwrap_or_default();
    let ids: Vec<&str> = resources.iter().map(|member| member.key.as_str()).collect();
    let mut resolver = Resolver::new(file, &ids, transformed, said);
    resolver.give(given);
    let mut found = Vec::new();
    for member in resources {
        if member.key.starts_with("Fn::") {
            let text = format!(
                "`{}` is not expanded: its resources are not imported",
                shortened(&member.key)
            );
            said.note(&member.key_place, text);
            continue;
        }
        found.extend(resource(&resolver, member, said));
    }
    serverless::complete(file, &resolver, &mut found);
    let description = file.get("Description").and_then(spec::Value::as_text);
    Stack::new(description.map(str::to_owned), found)
}

/// Says that a name is unknown.
fn unknown(said: &Said, member: &Member, what: &str, names: &[&str]) {
    let message = format!("{what} `{}`", shortened(&member.key));
    let help = help(&member.key, names.iter().copied());
    let sink = &said.sink;
    sink.error_with_help("template::unknown-key", &member.key_place, message, help);
}

/// Reads one resource; nothing if it is wrong, or left out.
fn resource(resolver: &Resolver<'_>, member: &Member, said: &Said) -> Option<Resource> {
    let sink = &said.sink;
    let id = shortened(&member.key);
    if !matches!(member.value.data, spec::Data::Object(_)) {
        let message = format!(
            "resource `{id}` must be an object, got {}",
            member.value.shown()
        );
        sink.error("template::wrong-type", &member.value.place, message);
        return None;
    }
    for attribute in member.value.members() {
        if !ATTRIBUTES.contains(&attribute.key.as_str()) {
            let what = format!("resource `{id}` has no attribute");
            unknown(said, attribute, &what, ATTRIBUTES);
        }
    }
    let Some(type_name) = member.value.get("Type").and_then(spec::Value::as_text) else {
        let message = format!("resource `{id}` has no `Type`");
        let help = "write `Type: AWS::Lambda::Function`, or what else it is";
        sink.error_with_help("template::no-type", &member.key_place, message, help);
        return None;
    };
    if let Some(condition) = member.value.get("Condition") {
        match resolver.condition(condition) {
            Truth::No => return None,
            Truth::Yes => {}
            Truth::Open => {
                let text = format!(
                    "whether there is `{id}` depends on what is not known here: it is taken in"
                );
                said.note(&condition.place, text);
            }
        }
    }
    check_type(type_name, member, said);
    let nothing = spec::Value {
        place: member.key_place.clone(),
        data: spec::Data::Object(Vec::new()),
    };
    let properties = member.value.get("Properties").unwrap_or(&nothing);
    let merged = serverless::with_globals(resolver.file, type_name, properties);
    let mut properties = resolver.resolve(merged.as_ref().unwrap_or(properties));
    if properties.is_null() {
        properties.data = Data::Object(Vec::new());
    }
    if properties.members().is_empty() && !matches!(properties.data, Data::Object(_)) {
        let message = format!(
            "`Properties` of `{id}` must be an object, got {}",
            properties.shown()
        );
        sink.error("template::wrong-type", &properties.place, message);
        return None;
    }
    Some(Resource {
        id: member.key.clone(),
        short: member.key.clone(),
        type_name: type_name.to_owned(),
        properties,
        place: member.key_place.clone(),
    })
}

/// Refuses a type that is nearly one that has a meaning.
fn check_type(type_name: &str, member: &Member, said: &Said) {
    let place = member
        .value
        .get("Type")
        .map_or(&member.key_place, |value| &value.place);
    let ours = || {
        kinds::ROWS
            .iter()
            .flat_map(|row| row.types)
            .copied()
            .filter(|name| name.contains("::"))
    };
    let custom = type_name.starts_with("Custom::");
    if !type_name.contains("::") && !custom {
        let message = format!("`{}` is no type of resources", shortened(type_name));
        let help = help(type_name, ours());
        said.sink
            .error_with_help("template::unknown-type", place, message, help);
    }
}

/// Makes a resource that no template declares.
fn implied(id: &str, type_name: &str, properties: Value, place: &Place) -> Resource {
    Resource {
        id: id.to_owned(),
        short: id.to_owned(),
        type_name: type_name.to_owned(),
        properties,
        place: place.clone(),
    }
}
