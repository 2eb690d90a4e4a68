//! Values of the schema: quantities with units, and distributions of them.

use super::{object, reference};
use serde_json::{Map, Value, json};

/// A decimal number, as a pattern.
const NUMBER: &str = r"[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?";

/// Adds quantities and distributions.
pub(super) fn define(definitions: &mut Map<String, Value>) {
    let size = "(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)";
    let mut quantity = |name: &str, unit: &str, example: &str| {
        let value = json!({
            "type": "string",
            "pattern": format!("^{NUMBER}{unit}$"),
            "examples": [example]
        });
        definitions.insert(name.to_owned(), value);
    };
    quantity("duration", "(ns|us|ms|s|m|h|d)", "12ms");
    quantity("size", size, "4KiB");
    quantity("rate", "[kMBT]?/(s|min|h|day|month)", "400/s");
    quantity("bandwidth", &format!("({size}/s|[kMGT]?bit/s)"), "90MB/s");
    let mut add = |name: &str, value: Value| definitions.insert(name.to_owned(), value);
    add(
        "count",
        json!({ "anyOf": [
            { "type": "number", "minimum": 0 },
            { "type": "string", "pattern": format!("^{NUMBER}[kMBT]?$"), "examples": ["100M"] }
        ] }),
    );
    add("count-or-unlimited", json!({ "anyOf": [reference("count"), { "const": "unlimited" }] }));
    add("share", json!({ "type": "number", "minimum": 0, "maximum": 1 }));
    add("factor", json!({ "type": "number", "minimum": 0 }));
    add(
        "people",
        json!({ "anyOf": [reference("rate"), object(&["users", "per_user"], json!({
            "users": reference("count"),
            "per_user": reference("rate"),
            "peak_to_mean": { "type": "number", "minimum": 1 }
        }))] }),
    );
    for of in ["duration", "size", "count"] {
        add(&format!("{of}-dist"), distribution(of));
    }
    add(
        "key-law",
        json!({ "anyOf": [
            reference("count-dist"),
            object(&["zipf"], json!({ "zipf": object(&["exponent", "count"], json!({
                "exponent": reference("factor"), "count": reference("count")
            })) })),
            object(&["weights"], json!({ "weights": { "type": "array", "items": reference("factor"), "minItems": 1 } })),
            object(&["sequence"], json!({ "sequence": { "type": "array", "minItems": 1 } }))
        ] }),
    );
}

/// Returns what may stand where a value may vary.
fn distribution(of: &str) -> Value {
    let value = reference(of);
    let again = reference(&format!("{of}-dist"));
    let cv = || reference("factor");
    let by_cv = || object(&["mean", "cv"], json!({ "mean": value, "cv": cv() }));
    let list = |items: &Value, count: usize| {
        json!({ "type": "array", "items": items, "minItems": count, "maxItems": count })
    };
    let form = |name: &str, inside: Value| object(&[name], json!({ name: inside }));
    let mut forms = vec![
        value.clone(),
        form("exponential", value.clone()),
        form("lognormal", json!({
            "type": "object", "minProperties": 2, "maxProperties": 2, "additionalProperties": false,
            "properties": { "mean": value, "cv": cv(), "sigma": cv(),
                            "p50": value, "p90": value, "p95": value, "p99": value, "p99_9": value }
        })),
        form("gamma", by_cv()),
        form("weibull", by_cv()),
        form("hyperexponential", by_cv()),
        form("erlang", object(&["mean", "phases"], json!({ "mean": value, "phases": reference("count") }))),
        form("normal", object(&["mean", "sd"], json!({ "mean": value, "sd": value }))),
        form("uniform", list(&value, 2)),
        form("triangular", list(&value, 3)),
        form("pareto", object(&["exponent", "max"], json!({
            "exponent": reference("factor"), "min": value, "mean": value, "max": value
        }))),
        form("mixture", json!({ "type": "array", "minItems": 1, "items": object(&["weight", "of"], json!({
            "weight": reference("factor"), "of": again
        })) })),
        form("sum", json!({ "type": "array", "minItems": 1, "items": again })),
        form("quantiles", json!({
            "type": "object", "minProperties": 2, "additionalProperties": false,
            "patternProperties": { "^p[0-9]{1,3}(_[0-9]+)?$": value }
        })),
        form("sequence", json!({ "type": "array", "minItems": 1, "items": value })),
    ];
    if of == "count" {
        forms.push(form("geometric", object(&["mean"], json!({ "mean": reference("count") }))));
        forms.push(form("poisson", reference("count")));
    }
    json!({ "anyOf": forms })
}
