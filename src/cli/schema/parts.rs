//! Links, load, placement, account and run settings of the schema.

use super::{described, object, reference, steps, text};
use serde_json::{Map, Value, json};

/// Adds them.
pub(super) fn define(definitions: &mut Map<String, Value>) {
    let mut add = |name: &str, value: Value| definitions.insert(name.to_owned(), value);
    add("link", link());
    add("load-line", load_line());
    add("shape", shape());
    add("where", json!({ "anyOf": [
        { "type": "string" },
        { "type": "object", "additionalProperties": reference("factor") }
    ] }));
    add("placement", object(&[], json!({
        "region": text("region of nodes that are not named"),
        "zones": reference("count"),
        "nodes": {
            "type": "object",
            "description": "node → region, zone or zones",
            "additionalProperties": { "anyOf": [
                { "type": "string" }, { "type": "array", "items": { "type": "string" } }
            ] }
        },
        "latency": {
            "type": "object",
            "description": "`same-zone`, `other-zone` or two places → one-way latency",
            "additionalProperties": reference("duration-dist")
        }
    })));
    add("account", json!({ "anyOf": [
        { "const": "new" },
        { "type": "object", "description": "account-wide quotas" }
    ] }));
    add("run", object(&[], json!({
        "horizon": described("duration", "end of counting, warm-up included; 60s"),
        "warm_up": { "anyOf": [{ "const": "auto" }, reference("duration")], "description": "first part that is not counted" },
        "replications": { "type": "integer", "minimum": 1, "description": "independent runs; 10" },
        "seed": { "type": "integer", "minimum": 0, "description": "seed of all random draws; 1" },
        "interval": described("duration", "width of one point of the timeline; a hundredth of the horizon"),
        "record": { "type": "integer", "minimum": 0, "description": "requests that are listed one by one; 0" }
    })));
}

/// Returns a link: a chain, or an object.
fn link() -> Value {
    let mut properties = steps::policy();
    let mut add = |key: &str, value: Value| properties.insert(key.to_owned(), value);
    add("from", text("source"));
    add("to", text("target"));
    add("latency", described("duration-dist", "one way; by placement if absent"));
    add("bandwidth", reference("bandwidth"));
    add("loss", reference("share"));
    add("match", json!({
        "type": "array", "items": { "type": "string" },
        "description": "flows or /endpoints that take this link"
    }));
    add("weight", reference("factor"));
    add("role", json!({ "enum": ["primary", "standby", "dead-letter"] }));
    add("ops", json!({ "type": "array", "items": { "type": "string" } }));
    add("share", described("share", "messages that pass a filter"));
    add("batch", described("count", "most messages per delivery"));
    add("window", described("duration", "longest wait for a full batch"));
    add("concurrency", described("count", "most deliveries at once"));
    add("poll", described("duration", "pause after an empty receive"));
    json!({ "anyOf": [
        { "type": "string", "pattern": "->", "examples": ["edge -> api -> app"] },
        object(&["from", "to"], Value::Object(properties))
    ] })
}

/// Returns a source of requests.
fn load_line() -> Value {
    let mut line = object(&[], json!({
        "flow": text("the only flow if absent"),
        "name": text("the flow's if absent"),
        "rate": described("people", "requests per time, mean of the line"),
        "every": described("duration-dist", "time between arrivals"),
        "clients": described("count", "closed: so many clients wait, think and send again"),
        "trace": { "anyOf": [{ "type": "string" }, object(&["times"], json!({
            "times": { "type": "array", "items": reference("duration") },
            "keys": { "type": "array", "items": { "type": "integer", "minimum": 0 } }
        }))], "description": "recorded arrivals" },
        "think": reference("duration-dist"),
        "arrivals": { "enum": ["poisson", "even"] },
        "batch": described("count-dist", "requests per arrival"),
        "shape": reference("shape"),
        "start": reference("duration"),
        "stop": reference("duration"),
        "from": described("where", "where the clients are"),
        "key": reference("key")
    }));
    let sources = ["rate", "every", "clients", "trace"];
    line["oneOf"] = sources.iter().map(|source| json!({ "required": [source] })).collect();
    line
}

/// Returns how a load varies in time.
fn shape() -> Value {
    let pairs = |first: &str, second: &str| {
        json!({ "type": "array", "minItems": 1, "items": {
            "type": "array", "minItems": 2, "maxItems": 2,
            "prefixItems": [reference(first), reference(second)]
        } })
    };
    json!({ "anyOf": [
        object(&["steps"], json!({ "steps": pairs("duration", "factor") })),
        object(&["ramp"], json!({ "ramp": pairs("duration", "factor") })),
        object(&["diurnal"], json!({ "diurnal": object(&["peak_to_mean"], json!({
            "peak_to_mean": { "type": "number", "minimum": 1 }, "period": reference("duration")
        })) })),
        object(&["mmpp"], json!({ "mmpp": pairs("factor", "duration") }))
    ] })
}
