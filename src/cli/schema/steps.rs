//! Flows and steps of the schema, and what a call may say about itself.

use super::{described, object, reference, text};
use serde_json::{Map, Value, json};

/// Adds `flow`, `steps`, `step` and the call properties.
pub(super) fn define(definitions: &mut Map<String, Value>) {
    let mut add = |name: &str, value: Value| definitions.insert(name.to_owned(), value);
    add(
        "flow",
        object(&[], json!({
            "enter": text("first node, or `node/endpoint`"),
            "key": reference("key"),
            "priority": { "type": "integer", "minimum": 0, "maximum": 9, "description": "smaller goes first" },
            "bytes": described("size-dist", "size of the request"),
            "reply": described("size-dist", "size of the reply"),
            "cacheable": { "type": "boolean", "description": "false passes caches in front of the first programmable node" },
            "at": {
                "type": "object",
                "description": "node or `node/endpoint` → what it does",
                "additionalProperties": reference("steps")
            }
        })),
    );
    add("key", json!({ "anyOf": [{ "type": "string" }, reference("key-law")] }));
    add("steps", json!({ "type": "array", "items": reference("step") }));
    add("join", json!({ "anyOf": [
        { "enum": ["all", "any", "settled"] },
        { "type": "integer", "minimum": 1 }
    ] }));
    add("step", json!({ "anyOf": verbs() }));
    add("retry", retry());
    add("hedge", object(&["after"], json!({
        "after": reference("duration"), "most": reference("count")
    })));
    add("breaker", object(&["failures", "window", "least_calls", "open"], json!({
        "failures": reference("share"),
        "window": reference("duration"),
        "least_calls": reference("count"),
        "open": reference("duration"),
        "probes": reference("count")
    })));
}

/// Returns the forms of a step; each has exactly one verb.
fn verbs() -> Vec<Value> {
    let steps = || reference("steps");
    let mut forms = vec![
        object(&["compute"], json!({ "compute": described("duration-dist", "work on a server") })),
        object(&["pause"], json!({ "pause": described("duration-dist", "time without work") })),
        object(&["parallel"], json!({
            "parallel": { "type": "array", "items": steps(), "description": "branches at once" },
            "join": reference("join")
        })),
        object(&["each", "do"], json!({
            "each": { "anyOf": [reference("count-dist"), { "const": "message" }] },
            "do": steps(),
            "concurrency": reference("count-or-unlimited"),
            "join": reference("join"),
            "key": reference("key")
        })),
        object(&["choose"], json!({
            "choose": { "type": "array", "items": object(&["weight", "do"], json!({
                "weight": reference("factor"), "do": steps()
            })) }
        })),
        object(&["try"], json!({
            "try": steps(), "timeout": reference("duration"),
            "retry": reference("retry"), "on_error": steps()
        })),
        object(&["fail"], json!({ "fail": described("share", "ends the visit as failed") })),
    ];
    for verb in ["read", "write", "call", "send"] {
        forms.push(call(verb));
    }
    forms
}

/// Returns a step that calls.
fn call(verb: &str) -> Value {
    let mut properties = policy();
    let mut add = |key: &str, value: Value| properties.insert(key.to_owned(), value);
    add(verb, text("node, or `node/endpoint`"));
    add("op", text("which operation; `kneepoint services KIND` lists them"));
    add("bytes", described("size-dist", "size of one item"));
    add("count", described("count-dist", "items in this one call"));
    add("key", reference("key"));
    add("consistent", json!({ "type": "boolean" }));
    add("cacheable", json!({ "type": "boolean" }));
    add("wait", json!({ "type": "boolean", "description": "false goes on at once" }));
    if verb != "send" {
        add("on_miss", reference("steps"));
    }
    add("on_error", reference("steps"));
    object(&[verb], Value::Object(properties))
}

/// Returns the properties of a call that links and steps share.
pub(super) fn policy() -> Map<String, Value> {
    let properties = json!({
        "timeout": described("duration", "per attempt; the work goes on"),
        "deadline": { "type": "boolean", "description": "passes the remaining time on" },
        "retry": reference("retry"),
        "hedge": reference("hedge"),
        "cancel": { "type": "boolean", "description": "tells the callee when its answer is not needed any more" },
        "breaker": reference("breaker"),
        "connections": described("count-or-unlimited", "most calls outstanding per copy of the caller")
    });
    match properties {
        Value::Object(properties) => properties,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

/// Returns how a caller tries again.
fn retry() -> Value {
    json!({ "anyOf": [
        { "enum": ["none", "aws-standard", "aws-adaptive"] },
        object(&[], json!({
            "attempts": described("count-or-unlimited", "the first one included"),
            "backoff": { "enum": ["fixed", "exponential", "full-jitter", "equal-jitter", "decorrelated"] },
            "base": reference("duration-dist"),
            "cap": reference("duration"),
            "factor": reference("factor"),
            "jitter": reference("share"),
            "on": { "type": "array", "items": { "enum": ["throttled", "shed", "timed_out", "failed"] } },
            "budget": object(&[], json!({
                "tokens": reference("factor"), "cost": reference("factor"), "earn": reference("factor"),
                "earn_on": { "enum": ["success", "call"] }
            }))
        }))
    ] })
}
