//! A topology from what is deployed: CloudFormation and SAM templates, Terraform plans.
//!
//! ```text
//! template.yaml ─▶ resources and references ─▶ nodes, links with evidence ─▶ flows ─▶ topology file
//! plan.json        (`cloudformation`,          (`kinds`, `wiring`,            (`flows`)  (`write`)
//!                   `terraform`)                `evidence`)
//! ```
//!
//! What the template says becomes parameters and links; what it cannot say, such as the load, is
//! a default of the kind, or is written as an assumption that the file marks. What is left out is
//! told in notes. A new type of resources is a line and a function in `kinds`.
//!
//! Not here: access logs, which a load line's `trace` reads.

mod cloudformation;
mod design;
mod draft;
mod evidence;
mod flows;
mod kinds;
mod resource;
mod said;
mod terraform;
mod wiring;
mod write;
mod yaml;

pub use said::Note;

use crate::compile::compile;
use crate::diagnostic::{Diagnostic, Place};
use crate::spec::parse;
use crate::spec::value::shortened;
use crate::spec::{self, help};
use crate::topology::{LoadRequest, load};
use design::{Design, Node, name_of};
use draft::Draft;
use resource::{Stack, Value};
use said::Said;
use std::collections::{BTreeMap, BTreeSet};
use wiring::Wiring;

/// A topology that was made of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Text of the topology file.
    pub topology: String,
    /// What is not in it, and what is assumed because it is not known.
    pub notes: Vec<Note>,
}

/// Makes a topology of a template; `given` are values of its parameters.
///
/// # Errors
///
/// All mistakes of the template in file order: it is neither JSON nor YAML, it is no template, a
/// reference, a function, a type or a parameter is wrong, or it has nothing that is modelled.
pub fn import(bytes: &[u8], given: &[(String, String)]) -> Result<Imported, Vec<Diagnostic>> {
    let text = spec::decode(bytes).map_err(|error| vec![error])?;
    let said = Said::default();
    let topology = read(text, &said).and_then(|file| {
        let stack = stack(&file, given, &said)?;
        topology(&stack, &said)
    });
    let notes = said.notes();
    let found = said.sink.into_sorted();
    match topology {
        Some(topology) if found.is_empty() => Ok(Imported { topology, notes }),
        Some(_) | None => {
            debug_assert!(!found.is_empty(), "no topology, and no reason");
            Err(found)
        }
    }
}

/// Returns all parameters that an import may write, by kind.
pub fn written() -> &'static [(&'static str, &'static [&'static str])] {
    kinds::WRITES
}

/// Reads JSON or YAML: a file that begins with a brace is JSON.
fn read(text: &str, said: &Said) -> Option<spec::Value> {
    let body = text.trim_start_matches('\u{feff}').trim_start();
    if body.starts_with('{') || body.starts_with("//") || body.starts_with("/*") {
        return parse::parse(text, &said.sink);
    }
    yaml::parse(text, &said.sink)
}

/// Finds out what a file is, and reads it as that.
fn stack(file: &spec::Value, given: &[(String, String)], said: &Said) -> Option<Stack> {
    let sink = &said.sink;
    let has = |key: &str| file.get(key).is_some();
    if has("Resources") {
        return Some(cloudformation::read(file, given, said));
    }
    if has("planned_values") {
        if let Some((name, text)) = given.first() {
            let place = Place::Option(format!("--parameter {name}={text}"));
            let help = "give the variables to `terraform plan`";
            sink.error_with_help(
                "plan::parameter",
                &place,
                "a plan has its variables already",
                help,
            );
        }
        return Some(terraform::read(file, said));
    }
    let help = "accepted are CloudFormation and SAM templates, in YAML or JSON, which have `Resources`, \
                and Terraform plans as `terraform show -json PLAN` writes them, which have `planned_values`";
    let (message, help) = if has("nodes") {
        (
            "this is a topology already".to_owned(),
            "`kneepoint check` and `kneepoint run` take it as it is".to_owned(),
        )
    } else if has("terraform_version") && has("values") {
        let help = "`terraform plan -out PLAN`, then `terraform show -json PLAN`";
        (
            "this is a state of Terraform, not a plan".to_owned(),
            help.to_owned(),
        )
    } else if let Some(near) = file.members().iter().find_map(|member| {
        let near = spec::nearest(&member.key, ["Resources", "planned_values"])?;
        Some((shortened(&member.key), near))
    }) {
        let message = format!(
            "the file has `{}`, but neither `Resources` nor `planned_values`",
            near.0
        );
        (message, format!("did you mean `{}`? {help}", near.1))
    } else {
        (
            "the file is neither a template nor a plan".to_owned(),
            help.to_owned(),
        )
    };
    let first = file
        .members()
        .first()
        .map_or(&file.place, |member| &member.key_place);
    sink.error_with_help("import::unknown-format", first, message, help);
    None
}

/// Makes the topology of all resources.
fn topology(stack: &Stack, said: &Said) -> Option<String> {
    let mut design = Design::default();
    let nodes = make_nodes(stack, &mut design, said);
    if design.nodes.is_empty() {
        if said.sink.is_empty() {
            let rows = kinds::ROWS.iter().filter(|row| row.make.is_some());
            let types = rows.filter_map(|row| row.types.first().copied());
            let message = "the template has no resource that becomes a node";
            let help = help("", types);
            said.sink
                .error_with_help("import::nothing", &Place::Whole, message, help);
        }
        return None;
    }
    let mut wiring = Wiring::new(stack, said, &mut design, &nodes);
    for resource in &stack.resources {
        if let Some(wire) = kinds::row(&resource.type_name).and_then(|row| row.wire) {
            wire(resource, &mut wiring);
        }
    }
    evidence::gather(&mut wiring);
    tell_skipped(stack, said);
    let (flows, matches) = flows::make(&mut design, said);
    let text = write::write(&design, &flows, &matches, stack.description.as_deref());
    if said.sink.is_empty() {
        check(&text, said);
    }
    Some(text)
}

/// Makes the nodes of all resources; returns them by the position of their resource.
fn make_nodes(stack: &Stack, design: &mut Design, said: &Said) -> Vec<Option<usize>> {
    let at_deployment = at_deployment(stack);
    let mut nodes = Vec::with_capacity(stack.resources.len());
    for (at, resource) in stack.resources.iter().enumerate() {
        let make = kinds::row(&resource.type_name).and_then(|row| row.make);
        let Some(make) = make else {
            nodes.push(None);
            continue;
        };
        if at_deployment.contains(&at) {
            let text = format!(
                "`{}` runs only when the stack is deployed; it is not imported",
                resource.id
            );
            said.note(&resource.place, text);
            nodes.push(None);
            continue;
        }
        let mut draft = Draft::new(resource, stack, said);
        nodes.push(match make(&mut draft) {
            Ok(Some(kind)) => {
                let (parameters, comments) = draft.finish(kind);
                let own = format!("{} ({})", resource.id, resource.type_name);
                Some(design.add(Node {
                    name: name_of(&resource.short),
                    kind,
                    parameters,
                    comments: std::iter::once(own).chain(comments).collect(),
                }))
            }
            Ok(None) => None,
            Err(why) => {
                let text = format!(
                    "`{}` ({}) is not imported: {why}",
                    resource.id, resource.type_name
                );
                said.note(&resource.place, text);
                None
            }
        });
    }
    nodes
}

/// Returns the positions of functions behind custom resources.
fn at_deployment(stack: &Stack) -> BTreeSet<usize> {
    let custom = stack.resources.iter().filter(|resource| {
        resource.type_name.starts_with("Custom::")
            || resource.type_name == "AWS::CloudFormation::CustomResource"
    });
    let tokens = custom.filter_map(|resource| resource.properties.first(&["ServiceToken"]));
    let ids = tokens.flat_map(Value::mentions);
    ids.flat_map(|id| stack.find(id)).copied().collect()
}

/// Tells which resources are in the template and not in the topology: by type, and by name where
/// they would matter.
fn tell_skipped(stack: &Stack, said: &Said) {
    let mut quiet: BTreeMap<&str, usize> = BTreeMap::new();
    for resource in &stack.resources {
        let type_name = resource.type_name.as_str();
        if kinds::row(type_name).is_some() || type_name.starts_with("data.") {
            continue;
        }
        if kinds::is_quiet(type_name) || type_name.starts_with("Custom::") {
            *quiet.entry(type_name).or_default() += 1;
        } else {
            let rows = kinds::ROWS.iter().flat_map(|row| row.types).copied();
            let near = spec::nearest(type_name, rows);
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            let text = format!(
                "`{}` ({}) is not imported: its type has no node{near}",
                shortened(&resource.id),
                shortened(type_name)
            );
            said.note(&resource.place, text);
        }
    }
    let counted: Vec<String> = quiet
        .iter()
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    if !counted.is_empty() {
        let text = format!(
            "without a node of their own, as the model is the same without them: {}",
            counted.join(", ")
        );
        said.note(&Place::Whole, text);
    }
}

/// Makes sure that what was made is a topology that can be run.
fn check(text: &str, said: &Said) {
    let request = LoadRequest::new(text, "imported.json");
    let refused = match load(&request) {
        Ok((topology, _)) => compile(&topology).err(),
        Err(found) => Some(found),
    };
    if let Some(first) = refused.and_then(|found| found.into_iter().next()) {
        let message = format!(
            "the topology that this gives cannot be run: {}",
            first.message
        );
        let help =
            "the resource that the message names is beyond what an import can do; leave it out";
        said.sink
            .error_with_help("import::refused", &Place::Whole, message, help);
    }
}
