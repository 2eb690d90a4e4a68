//! Nodes of the schema: every kind of the registry with its parameters.

use super::{object, reference};
use crate::component::parameter::ParameterInfo;
use crate::component::{self, KindInfo};
use serde_json::{Map, Value, json};

/// Adds `node`, and one definition for each kind.
pub(super) fn define(definitions: &mut Map<String, Value>) {
    let kinds: Vec<&str> = component::registry().iter().map(|info| info.kind).collect();
    let mut rules = Vec::new();
    for info in component::registry() {
        let name = format!("kind-{}", info.kind);
        definitions.insert(name.clone(), kind(info));
        // `if`/`then` instead of `oneOf`: editors then complain about the one kind that was meant.
        rules.push(json!({
            "if": { "properties": { "kind": { "const": info.kind } }, "required": ["kind"] },
            "then": reference(&name)
        }));
    }
    let node = json!({
        "type": "object",
        "required": ["kind"],
        "properties": { "kind": { "enum": kinds } },
        "allOf": rules
    });
    definitions.insert("node".to_owned(), node);
}

/// Describes a node of one kind.
fn kind(info: &KindInfo) -> Value {
    let mut properties = Map::new();
    properties.insert("kind".to_owned(), json!({ "const": info.kind, "description": info.summary }));
    for parameter in (info.parameters)() {
        properties.insert(parameter.name.to_owned(), described_parameter(parameter));
    }
    let mut kind = object(&["kind"], Value::Object(properties));
    kind["description"] = json!(info.summary);
    kind
}

/// Describes a parameter with what the catalogue knows about it.
fn described_parameter(parameter: &ParameterInfo) -> Value {
    let mut value = accepted(parameter);
    let doc: Vec<&str> = parameter.doc.split_whitespace().collect();
    value["description"] = json!(doc.join(" "));
    value["x-default"] = json!(parameter.default);
    value["x-basis"] = json!(parameter.basis.word());
    value["x-source"] = json!(parameter.source);
    if !parameter.range.is_empty() {
        value["x-range"] = json!(parameter.range);
    }
    value
}

/// Returns what a parameter accepts, as far as the catalogue's words say it; the
/// values of a kind's own making are left to `check`.
fn accepted(parameter: &ParameterInfo) -> Value {
    if !parameter.words.is_empty() {
        return match parameter.value {
            "text" => json!({ "enum": parameter.words }),
            _ => json!({}),
        };
    }
    let keys = || {
        let pair = |key: &ParameterInfo| (key.name.to_owned(), described_parameter(key));
        object(&[], Value::Object(parameter.keys.iter().map(pair).collect()))
    };
    match parameter.value {
        "duration" => reference("duration"),
        "duration dist." => reference("duration-dist"),
        "size" => json!({ "anyOf": [reference("size"), { "const": "unlimited" }] }),
        "size dist." => reference("size-dist"),
        "count" => reference("count"),
        "count dist." => reference("count-dist"),
        "count, \"unlimited\"" => reference("count-or-unlimited"),
        "share" => reference("share"),
        "factor" => reference("factor"),
        "rate" => reference("people"),
        "bandwidth" => reference("bandwidth"),
        "bool" => json!({ "type": "boolean" }),
        "text" => json!({ "type": "string" }),
        "object" if !parameter.keys.is_empty() => keys(),
        "count, object" if !parameter.keys.is_empty() => {
            json!({ "anyOf": [reference("count"), keys()] })
        }
        _ => json!({}),
    }
}
