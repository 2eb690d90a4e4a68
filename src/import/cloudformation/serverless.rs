//! What SAM adds to a template: the defaults of `Globals`, and an API for events that name none.

use super::intrinsic::Resolver;
use super::{Resource, Value, implied};
use crate::diagnostic::Place;
use crate::import::resource::Data;
use crate::spec::{self, Member};

/// Sections of `Globals`, and the types that they are for.
const GLOBALS: &[(&str, &str)] = &[
    ("Api", "AWS::Serverless::Api"),
    ("Function", "AWS::Serverless::Function"),
    ("HttpApi", "AWS::Serverless::HttpApi"),
    ("SimpleTable", "AWS::Serverless::SimpleTable"),
    ("StateMachine", "AWS::Serverless::StateMachine"),
];

/// APIs that SAM makes where an event names none: the event, the property, the id, the type.
const IMPLIED: &[(&str, &str, &str, &str)] = &[
    (
        "Api",
        "RestApiId",
        "ServerlessRestApi",
        "AWS::Serverless::Api",
    ),
    (
        "HttpApi",
        "ApiId",
        "ServerlessHttpApi",
        "AWS::Serverless::HttpApi",
    ),
];

/// Returns properties with the defaults of their type; nothing if there are none.
pub(super) fn with_globals(
    file: &spec::Value,
    type_name: &str,
    properties: &spec::Value,
) -> Option<spec::Value> {
    let (section, _) = GLOBALS.iter().find(|(_, name)| *name == type_name)?;
    let defaults = file.get("Globals")?.get(section)?;
    Some(merge(defaults, properties))
}

/// Lays a value over a default: objects member by member, lists behind each other.
///
/// SOURCE: SAM specification, Globals section: maps are merged, lists are added, all else is
/// replaced. Recalled 2026-11.
fn merge(default: &spec::Value, own: &spec::Value) -> spec::Value {
    let data = match (&default.data, &own.data) {
        (spec::Data::Object(defaults), spec::Data::Object(members)) => {
            let is_function =
                |member: &Member| member.key == "Ref" || member.key.starts_with("Fn::");
            if members.iter().any(is_function) {
                return own.clone();
            }
            let mut merged: Vec<Member> = Vec::new();
            for member in defaults {
                let value = own.get(&member.key);
                merged.push(Member {
                    value: value
                        .map_or_else(|| member.value.clone(), |value| merge(&member.value, value)),
                    ..member.clone()
                });
            }
            let new = members
                .iter()
                .filter(|member| default.get(&member.key).is_none());
            merged.extend(new.cloned());
            spec::Data::Object(merged)
        }
        (spec::Data::List(first), spec::Data::List(second)) => {
            spec::Data::List(first.iter().chain(second).cloned().collect())
        }
        _ => return own.clone(),
    };
    spec::Value {
        place: own.place.clone(),
        data,
    }
}

/// Adds the APIs that events of functions imply.
pub(super) fn complete(file: &spec::Value, resolver: &Resolver<'_>, found: &mut Vec<Resource>) {
    for (event, property, id, type_name) in IMPLIED {
        let implies = |resource: &Resource| {
            let events = resource
                .properties
                .get("Events")
                .map_or(&[][..], Value::members);
            resource.type_name == "AWS::Serverless::Function"
                && events.iter().any(|(_, said)| {
                    said.text_of(&["Type"]) == Some(event)
                        && said.first(&[&format!("Properties.{property}")]).is_none()
                })
        };
        let Some(at) = found.iter().position(implies) else {
            continue;
        };
        let place = found
            .get(at)
            .map_or(Place::Whole, |resource| resource.place.clone());
        let nothing = spec::Value {
            place: place.clone(),
            data: spec::Data::Object(Vec::new()),
        };
        let properties = with_globals(file, type_name, &nothing).unwrap_or(nothing);
        let mut properties = resolver.resolve(&properties);
        if properties.is_null() {
            properties.data = Data::Object(Vec::new());
        }
        found.insert(at, implied(id, type_name, properties, &place));
    }
}
