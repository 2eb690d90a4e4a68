//! `kneepoint schema`: the JSON Schema of topology files, for editors.
//!
//! Nodes come from the registry, the rest from FORMAT. The schema completes and
//! checks what it can; `kneepoint check` checks everything.

mod kinds;
mod parts;
mod steps;
mod values;

use crate::cli::console::Console;
use crate::cli::failure::{Failure, Status};
use clap::Args;
use serde_json::{Map, Value, json};

/// What `schema` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kneepoint schema > topology.schema.json
  kneepoint schema | head
  kneepoint new single-server - | kneepoint check -")]
pub(crate) struct Arguments {}

/// Prints the schema.
pub(crate) fn run(_: &Arguments, console: &Console) -> Result<Status, Failure> {
    console.result(&format!("{:#}\n", schema()))?;
    Ok(Status::Met)
}

/// Builds the schema.
fn schema() -> Value {
    let mut definitions = Map::new();
    values::define(&mut definitions);
    kinds::define(&mut definitions);
    steps::define(&mut definitions);
    parts::define(&mut definitions);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "kneepoint topology",
        "description": "Nodes, links, load and objectives of a system design",
        "type": "object",
        "required": ["nodes"],
        "additionalProperties": false,
        "properties": {
            "$schema": { "type": "string", "description": "ignored; for editors" },
            "format": { "const": 1, "description": "version of this format" },
            "name": text("what it is called; the file's name if absent"),
            "description": text("what it is"),
            "question": text("what a reader should be able to answer after a run"),
            "nodes": named("node", "name of a node → its kind and parameters"),
            "links": {
                "description": "directed connections",
                "type": "array",
                "items": reference("link")
            },
            "flows": named("flow", "classes of requests; one, `main`, if absent"),
            "keys": named("key-law", "named laws of keys"),
            "load": {
                "description": "sources of requests; required to run",
                "type": "array",
                "items": reference("load-line")
            },
            "objectives": {
                "description": "what is to hold, such as `main p99 < 200ms`",
                "type": "array",
                "items": { "type": "string" }
            },
            "placement": reference("placement"),
            "account": reference("account"),
            "variants": {
                "description": "name → merge patch (RFC 7396) on this file",
                "type": "object",
                "additionalProperties": { "type": "object" }
            },
            "run": reference("run")
        },
        "$defs": definitions
    })
}

/// Refers to a definition.
fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// Refers to a definition, with a description of its own.
fn described(name: &str, description: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}"), "description": description })
}

/// A text.
fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

/// An object whose keys are names and whose values are of one kind.
fn named(definition: &str, description: &str) -> Value {
    json!({
        "type": "object",
        "description": description,
        "propertyNames": { "pattern": "^[a-z][a-z0-9-]*$" },
        "additionalProperties": reference(definition)
    })
}

/// An object with these keys and no others.
fn object(required: &[&str], properties: Value) -> Value {
    json!({
        "type": "object",
        "required": required,
        "additionalProperties": false,
        "properties": properties
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::shipped::SHIPPED;
    use crate::spec::{self, Data};

    /// Turns a file into plain JSON.
    fn plain(value: &spec::Value) -> Value {
        match &value.data {
            Data::Null => Value::Null,
            Data::Bool(flag) => json!(flag),
            Data::Number(text) => text.parse().map_or(Value::Null, Value::Number),
            Data::Text(text) => json!(text),
            Data::List(items) => items.iter().map(plain).collect(),
            Data::Object(members) => {
                let pair = |member: &spec::Member| (member.key.clone(), plain(&member.value));
                Value::Object(members.iter().map(pair).collect())
            }
        }
    }

    #[test]
    fn every_shipped_topology_follows_the_schema() {
        let validator = jsonschema::validator_for(&schema()).expect("the schema is one");
        for (name, text) in SHIPPED {
            let file = plain(&spec::read(text).expect("it is JSON"));

            let wrong: Vec<String> = validator
                .iter_errors(&file)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();

            assert!(wrong.is_empty(), "{name}: {wrong:#?}");
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let schema = schema();
        let text = schema.to_string();
        for (at, _) in text.match_indices("#/$defs/") {
            let rest = &text[at + "#/$defs/".len()..];
            let name = &rest[..rest.find('"').unwrap_or(0)];

            assert!(schema["$defs"][name].is_object(), "{name}");
        }
    }

    #[test]
    fn mistakes_are_refused() {
        let validator = jsonschema::validator_for(&schema()).expect("the schema is one");
        let wrong = [
            json!({}),
            json!({ "nodes": { "a": { "kind": "statoin" } } }),
            json!({ "nodes": { "a": { "kind": "station", "severs": 2 } } }),
            json!({ "nodes": { "a": { "kind": "station", "service_time": 10 } } }),
            json!({ "nodes": {}, "load": [ { "rate": "10" } ] }),
            json!({ "nodes": {}, "flows": { "f": { "at": { "a": [ { "wirte": "b" } ] } } } }),
        ];

        for file in wrong {
            assert!(!validator.is_valid(&file), "{file}");
        }
    }

    #[test]
    fn what_the_format_shows_is_accepted() {
        let validator = jsonschema::validator_for(&schema()).expect("the schema is one");
        let file = json!({
            "nodes": { "app": { "kind": "station", "servers": 2, "service_time": { "lognormal": { "p50": "2ms", "p99": "9ms" } } },
                       "db": { "kind": "station", "service_time": { "sum": [ "1ms", { "exponential": "2ms" } ] } } },
            "links": [ "app -> db", { "from": "db", "to": "app", "timeout": "200ms",
                       "retry": { "attempts": 3, "backoff": "full-jitter", "base": "25ms" }, "hedge": { "after": "5ms" } } ],
            "keys": { "tweet": { "zipf": { "exponent": 1, "count": "10M" } } },
            "flows": { "main": { "enter": "app", "key": "tweet", "at": { "app": [ { "compute": "3ms" },
                       { "read": "db", "on_miss": [ { "write": "db", "wait": false } ], "count": 2 },
                       { "parallel": [ [ { "write": "db" } ], [ { "pause": "1s" } ] ], "join": 1 },
                       { "each": "message", "do": [ { "fail": 0.1 } ], "concurrency": 10 },
                       { "choose": [ { "weight": 1, "do": [ { "compute": "1ms" } ] } ] },
                       { "try": [ { "call": "db" } ], "timeout": "1s", "on_error": [] } ] } } },
            "load": [ { "rate": { "users": "50M", "per_user": "10/day", "peak_to_mean": 3 } },
                      { "name": "b", "clients": 10, "think": { "exponential": "1s" } },
                      { "name": "c", "every": "1h", "start": "60s", "batch": "100k" },
                      { "name": "d", "rate": "1B/month", "shape": { "mmpp": [ [ 1, "1s" ], [ 5, "100ms" ] ] } } ],
            "run": { "horizon": "60s", "warm_up": "auto", "seed": 1 }
        });

        let wrong: Vec<String> = validator
            .iter_errors(&file)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();

        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
