//! The JSON Schema of a topology file, for editors.
//!
//! Written by hand from the same tables that the reader uses: kinds and their
//! parameters come from the catalogue, words from the modules that read them. It
//! completes and checks keys and types; rules that span several places (names,
//! links, one source to a load line) are left to the reader.

use super::build::TOP;
use super::policy::{BACKOFFS, BAD};
use super::steps::VERBS;
use crate::component::{Class, KindInfo, ParameterInfo, registry};
use crate::spec::law::FORMS;
use crate::units::parse::{DURATIONS, PERIODS, SIZES};
use serde_json::{Map, Value, json};

/// Pattern of the names that users choose.
const NAME: &str = "^[a-z][a-z0-9-]*$";
/// Pattern of a number.
const NUMBER: &str = "[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?";

/// Builds the JSON Schema (draft 2020-12) of a topology file.
pub fn schema() -> Value {
    let top = json!({
        "$schema": { "type": "string" },
        "format": { "const": 1, "description": "version of this format" },
        "name": { "type": "string", "description": "what it is called" },
        "description": { "type": "string", "description": "what it is" },
        "question": { "type": "string", "description": "what a reader should be able to answer after a run" },
        "nodes": {
            "type": "object", "minProperties": 1,
            "propertyNames": { "pattern": NAME },
            "additionalProperties": reference("node"),
        },
        "links": { "type": "array", "items": reference("link") },
        "flows": {
            "type": "object",
            "propertyNames": { "pattern": NAME },
            "additionalProperties": reference("flow"),
        },
        "keys": {
            "type": "object",
            "propertyNames": { "pattern": NAME },
            "additionalProperties": reference("key_law"),
        },
        "load": { "type": "array", "minItems": 1, "items": reference("load_line") },
        "objectives": { "type": "array", "items": { "type": "string" } },
        "audience": reference("audience"),
        "estimate": reference("estimate"),
        "placement": reference("placement"),
        "account": reference("account"),
        "variants": {
            "type": "object",
            "propertyNames": { "pattern": NAME },
            "additionalProperties": { "type": "object" },
        },
        "run": reference("run"),
        "alarms": {
            "type": "object",
            "propertyNames": { "pattern": NAME },
            "additionalProperties": reference("alarm"),
        },
        "deployments": { "type": "array", "items": reference("deployment") },
        "faults": { "type": "array", "items": reference("fault") },
    });
    let known = top.as_object().map(Map::len).unwrap_or_default();
    debug_assert_eq!(known, TOP.len(), "every key of the file");
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "kneepoint topology",
        "type": "object",
        "required": [ "nodes" ],
        "properties": top,
        "additionalProperties": false,
        "$defs": definitions(),
    })
}

/// Refers to a definition.
fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// Describes what a capacity estimate needs beyond the design.
fn estimate() -> Value {
    let described = |mut value: Value, text: &str| {
        value["description"] = text.into();
        value
    };
    let codes = closed(
        json!({
            "node": { "type": "string", "description": "node whose records they name" },
            "alphabet": described(reference("count"), "letters to choose from"),
            "length": described(reference("count"), "letters of a code"),
        }),
        &["node", "alphabet", "length"],
    );
    let by_node = json!({
        "type": "object",
        "additionalProperties": { "type": "number", "minimum": 0, "maximum": 1 },
    });
    let costs = json!({
        "type": "object",
        "additionalProperties": { "type": "string", "pattern": "^\\$.+/month$" },
    });
    closed(
        json!({
            "users": described(reference("count"), "users among whom the bill is divided"),
            "keep": described(reference("duration"), "how long what is written stays; a month is 30 days"),
            "codes": described(codes, "codes of a fixed length, one for every record of a node"),
            "availability": described(by_node, "share of time that one copy of a node is there, by node"),
            "costs": described(costs, "a bill that somebody else wrote, line by line, to compare with"),
        }),
        &[],
    )
}

/// Builds an object that has these keys and no others.
fn closed(properties: Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// Builds all definitions.
fn definitions() -> Value {
    let mut all = Map::new();
    let mut add = |name: &str, value: Value| {
        all.insert(name.to_owned(), value);
    };
    for (name, value) in quantities() {
        add(&name, value);
    }
    for name in ["duration", "size", "count"] {
        add(&format!("{name}_law"), law(name));
    }
    add("key_law", key_law());
    add("node", node());
    for kind in registry() {
        add(&format!("kind_{}", kind.kind), kind_parameters(kind));
    }
    add("retry", retry());
    add("link", link());
    add("flow", flow());
    add(
        "steps",
        json!({ "type": "array", "items": reference("step") }),
    );
    add("step", step());
    add("load_line", load_line());
    add(
        "rate_of_people",
        closed(
            json!({ "users": reference("count"), "per_user": reference("rate"), "peak_to_mean": { "type": "number", "minimum": 1 } }),
            &["users", "per_user"],
        ),
    );
    add("estimate", estimate());
    add("shape", shape());
    add("audience", audience());
    add("strategy", strategy());
    add("placement", placement());
    add(
        "account",
        json!({ "oneOf": [ { "const": "new" }, closed(
        json!({ "lambda_concurrency": reference("count"), "api_gateway_rate": reference("rate"), "api_gateway_burst": reference("count") }),
        &[],
    ) ] }),
    );
    add(
        "run",
        closed(
            json!({
                "horizon": reference("duration"),
                "warm_up": { "anyOf": [ { "const": "auto" }, reference("duration") ] },
                "replications": { "type": "integer", "minimum": 1 },
                "seed": { "type": "integer", "minimum": 0 },
                "interval": reference("duration"),
                "record": { "type": "integer", "minimum": 0 },
            }),
            &[],
        ),
    );
    for (name, value) in control() {
        add(name, value);
    }
    Value::Object(all)
}

/// Builds alarms, deployments and faults.
fn control() -> [(&'static str, Value); 3] {
    let points = json!({ "type": "integer", "minimum": 1 });
    let share = json!({ "type": "number", "exclusiveMinimum": 0, "maximum": 1 });
    let rolling = closed(
        json!({ "batch": share, "pause": reference("duration") }),
        &["batch"],
    );
    let canary = closed(
        json!({ "share": share, "for": reference("duration") }),
        &["share", "for"],
    );
    let linear = closed(
        json!({ "share": share, "every": reference("duration") }),
        &["share", "every"],
    );
    let strategy = json!({ "anyOf": [
        { "enum": [ "all-at-once", "blue-green" ] },
        closed(json!({ "rolling": rolling }), &["rolling"]),
        closed(json!({ "canary": canary }), &["canary"]),
        closed(json!({ "linear": linear }), &["linear"]),
    ] });
    let alarm = closed(
        json!({
            "when": { "type": "string" },
            "period": reference("duration"),
            "breaches": points,
            "of": points,
            "missing": { "enum": super::control::MISSING },
            "delay": reference("duration"),
        }),
        &["when"],
    );
    let version = closed(
        json!({ "slow": reference("factor"), "fail": reference("share"), "set": { "type": "object" } }),
        &[],
    );
    let deployment = closed(
        json!({
            "name": { "type": "string" },
            "at": reference("duration"),
            "deploy": { "type": "string" },
            "by": { "type": "string" },
            "strategy": strategy,
            "version": version,
            "start_up": reference("duration"),
            "rollback_on": { "type": "array", "items": { "type": "string" } },
        }),
        &["at", "deploy"],
    );
    let fault = faults();
    [
        ("alarm", alarm),
        ("deployment", deployment),
        ("fault", fault),
    ]
}

/// Builds the faults: each verb with its own keys, at a time or again and again.
fn faults() -> Value {
    let copies = json!({ "copies": reference("count"), "share": reference("share") });
    let slow = json!({ "factor": { "type": "number", "minimum": 0 }, "by": reference("duration") });
    let share = json!({ "share": reference("share") });
    let change = json!({ "to": {
        "type": "object", "minProperties": 1,
        "description": "parameters that the node has for the time of the fault, laid over its own; the bill keeps to the file's",
    } });
    let verbs = [
        ("failover", json!({}), None),
        ("crash", copies.clone(), None),
        ("pause", copies, None),
        ("slow", slow, None),
        ("fail", share.clone(), Some("share")),
        ("lose", share, None),
        ("flush", json!({}), None),
        ("change", change, Some("to")),
    ];
    let mut all = Vec::new();
    for (verb, own, needed) in verbs {
        let lasts = verb != "flush";
        for (start, length) in [("at", "duration"), ("every", "duration_law")] {
            let mut keys = own.clone();
            keys["name"] = json!({ "type": "string" });
            keys[verb] = json!({ "type": "string" });
            keys[start] = reference(length);
            let mut required = vec![start, verb];
            required.extend(needed);
            if lasts {
                keys["for"] = reference(length);
            }
            if lasts && start == "every" && verb != "failover" {
                required.push("for");
            }
            all.push(closed(keys, &required));
        }
    }
    json!({ "oneOf": all })
}

/// Joins the names of units into a pattern.
fn alternatives(units: &[(&str, f64)]) -> String {
    let names: Vec<&str> = units.iter().map(|(name, _)| *name).collect();
    names.join("|")
}

/// Builds the plain quantities.
fn quantities() -> Vec<(String, Value)> {
    let text = |unit: &str| format!("^{NUMBER}({unit})$");
    let sizes = alternatives(SIZES);
    let pattern = |pattern: String, example: &str| json!({ "type": "string", "pattern": pattern, "examples": [ example ] });
    let rate = format!("^{NUMBER}[kMBT]?/({})$", alternatives(PERIODS));
    let bandwidth = format!("^{NUMBER}({sizes}|[kMGT]?bit)/s$");
    let count = json!({ "anyOf": [
        { "type": "integer", "minimum": 0 },
        { "type": "string", "pattern": format!("^{NUMBER}[kMBT]?$") },
    ] });
    vec![
        (
            "duration".to_owned(),
            pattern(text(&alternatives(DURATIONS)), "12ms"),
        ),
        ("size".to_owned(), pattern(text(&sizes), "4KiB")),
        ("rate".to_owned(), pattern(rate, "400/s")),
        ("bandwidth".to_owned(), pattern(bandwidth, "90MB/s")),
        ("count".to_owned(), count),
        (
            "share".to_owned(),
            json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        ),
        (
            "factor".to_owned(),
            json!({ "type": "number", "minimum": 0 }),
        ),
    ]
}

/// Builds the distributions of a quantity.
fn law(quantity: &str) -> Value {
    let value = reference(quantity);
    let nested = reference(&format!("{quantity}_law"));
    let many = |count: usize| json!({ "type": "array", "items": value, "minItems": count, "maxItems": count });
    let number = json!({ "type": "number", "minimum": 0 });
    let mean_and_cv = closed(json!({ "mean": value, "cv": number }), &["mean", "cv"]);
    let forms = FORMS.iter().filter_map(|form| {
        let inner = match *form {
            "exponential" => value.clone(),
            "lognormal" => closed(json!({
                "mean": value, "cv": number, "sigma": number, "p50": value, "p90": value,
                "p95": value, "p99": value, "p99_9": value,
            }), &[]),
            "gamma" | "weibull" | "hyperexponential" => mean_and_cv.clone(),
            "erlang" => closed(json!({ "mean": value, "phases": { "type": "integer", "minimum": 1 } }), &["mean", "phases"]),
            "normal" => closed(json!({ "mean": value, "sd": value }), &["mean", "sd"]),
            "uniform" => many(2),
            "triangular" => many(3),
            "pareto" => closed(json!({ "exponent": number, "min": value, "max": value, "mean": value }), &["exponent"]),
            "geometric" if quantity == "count" => closed(json!({ "mean": { "type": "number", "minimum": 1 } }), &["mean"]),
            "poisson" if quantity == "count" => number.clone(),
            "mixture" => json!({ "type": "array", "minItems": 1, "items": closed(
                json!({ "weight": number, "of": nested }), &["weight", "of"]) }),
            "sum" => json!({ "type": "array", "minItems": 1, "items": nested }),
            "quantiles" => json!({ "type": "object", "required": [ "p0", "p100" ],
                "patternProperties": { "^p[0-9]+(_[0-9]+)?$": value }, "additionalProperties": false }),
            "sequence" => json!({ "type": "array", "minItems": 1, "items": value }),
            _ => return None,
        };
        Some(closed(json!({ *form: inner }), &[form]))
    });
    let mut all = vec![value.clone()];
    all.extend(forms);
    json!({ "anyOf": all })
}

/// Builds the key laws.
fn key_law() -> Value {
    let zipf = closed(
        json!({ "exponent": reference("factor"), "count": reference("count") }),
        &["exponent", "count"],
    );
    let weights = json!({ "type": "array", "minItems": 1, "items": reference("factor") });
    json!({ "anyOf": [
        closed(json!({ "zipf": zipf }), &["zipf"]),
        closed(json!({ "weights": weights }), &["weights"]),
        reference("count_law"),
    ] })
}

/// Builds the choice among kinds.
fn node() -> Value {
    let kinds: Vec<&str> = registry().iter().map(|info| info.kind).collect();
    let cases: Vec<Value> = registry()
        .iter()
        .map(|info| {
            json!({
                "if": { "properties": { "kind": { "const": info.kind } } },
                "then": reference(&format!("kind_{}", info.kind)),
            })
        })
        .collect();
    json!({
        "type": "object",
        "required": [ "kind" ],
        "properties": { "kind": { "enum": kinds } },
        "allOf": cases,
    })
}

/// Builds the parameters of a kind.
fn kind_parameters(info: &KindInfo) -> Value {
    let mut properties = parameters((info.parameters)());
    properties.insert("kind".to_owned(), json!({ "const": info.kind }));
    json!({
        "description": info.summary,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

/// Builds a table of parameters.
fn parameters(table: &[ParameterInfo]) -> Map<String, Value> {
    let entries = table
        .iter()
        .map(|one| (one.name.to_owned(), parameter(one)));
    entries.collect()
}

/// Builds one parameter: its type, and what the catalogue says about it.
fn parameter(info: &ParameterInfo) -> Value {
    let one = |word: &str| match word {
        "duration" | "size" | "count" | "share" | "factor" | "rate" | "bandwidth" => {
            reference(word)
        }
        "duration dist." | "size dist." | "count dist." => {
            reference(&format!("{}_law", word.trim_end_matches(" dist.")))
        }
        "bool" => json!({ "type": "boolean" }),
        "object" if info.keys.is_empty() => json!({ "type": "object" }),
        "object" => json!({
            "type": "object", "properties": parameters(info.keys), "additionalProperties": false,
        }),
        "text" if info.words.is_empty() => json!({ "type": "string" }),
        "text" => json!({ "enum": info.words }),
        quoted if quoted.starts_with('"') => json!({ "const": quoted.trim_matches('"') }),
        // Anything else is left to the reader.
        _ => json!({}),
    };
    let types: Vec<Value> = info.value.split(", ").map(one).collect();
    json!({
        "description": info.doc,
        "anyOf": types,
        "x-default": info.default,
        "x-range": info.range,
        "x-basis": info.basis.word(),
        "x-source": info.source,
    })
}

/// Builds a retry policy.
fn retry() -> Value {
    let budget = closed(
        json!({ "tokens": reference("factor"), "cost": reference("factor"), "earn": reference("factor"),
            "earn_on": { "enum": [ "success", "call" ] } }),
        &[],
    );
    json!({ "anyOf": [
        { "enum": [ "none", "aws-standard", "aws-adaptive" ] },
        closed(json!({
            "attempts": { "anyOf": [ { "const": "unlimited" }, reference("count") ] },
            "backoff": { "enum": BACKOFFS },
            "base": reference("duration_law"),
            "cap": reference("duration"),
            "factor": { "type": "number", "minimum": 1 },
            "jitter": reference("share"),
            "on": { "type": "array", "items": { "enum": BAD } },
            "budget": budget,
        }), &[]),
    ] })
}

/// Builds the keys of a caller's policy.
fn call_policy() -> Value {
    json!({
        "timeout": reference("duration"),
        "deadline": { "type": "boolean" },
        "retry": reference("retry"),
        "hedge": closed(json!({ "after": reference("duration"), "most": reference("count") }), &["after"]),
        "cancel": { "type": "boolean" },
        "breaker": closed(json!({
            "failures": reference("share"), "window": reference("duration"), "least_calls": reference("count"),
            "open": reference("duration"), "probes": reference("count"),
        }), &["failures", "window", "least_calls", "open"]),
        "connections": reference("count"),
    })
}

/// Adds the keys of one object to those of another.
fn merged(mut one: Value, other: Value) -> Value {
    if let (Some(into), Value::Object(from)) = (one.as_object_mut(), other) {
        into.extend(from);
    }
    one
}

/// Builds a link.
fn link() -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let properties = json!({
        "from": { "type": "string" }, "to": { "type": "string" },
        "latency": reference("duration_law"), "bandwidth": reference("bandwidth"), "loss": reference("share"),
        "match": texts, "weight": reference("factor"), "role": { "enum": [ "primary", "dead-letter" ] },
        "ops": texts, "share": reference("share"), "batch": reference("count"), "window": reference("duration"),
        "concurrency": reference("count"), "poll": reference("duration"),
        "partial": { "type": "boolean" }, "bisect": { "type": "boolean" },
        "attempts": reference("count"), "max_age": reference("duration"),
    });
    json!({ "anyOf": [
        { "type": "string", "pattern": "->", "examples": [ "a -> b -> c" ] },
        closed(merged(properties, call_policy()), &["from", "to"]),
    ] })
}

/// Builds a flow.
fn flow() -> Value {
    closed(
        json!({
            "enter": { "type": "string" },
            "key": { "anyOf": [ { "type": "string" }, reference("key_law") ] },
            "priority": { "type": "integer", "minimum": 0, "maximum": 9 },
            "bytes": reference("size_law"), "reply": reference("size_law"),
            "cacheable": { "type": "boolean" },
            "at": { "type": "object", "additionalProperties": reference("steps") },
        }),
        &[],
    )
}

/// Builds a step: one form for each verb.
fn step() -> Value {
    let key = json!({ "anyOf": [ { "type": "string" }, reference("key_law") ] });
    let join = json!({ "anyOf": [ { "enum": [ "all", "any", "settled" ] }, { "type": "integer", "minimum": 1 } ] });
    let called = json!({
        "op": { "type": "string" }, "bytes": reference("size_law"), "count": reference("count_law"), "key": key,
        "consistent": { "type": "boolean" }, "cacheable": { "type": "boolean" }, "wait": { "type": "boolean" },
        "on_error": reference("steps"),
    });
    let called = merged(called, call_policy());
    let with_miss = merged(called.clone(), json!({ "on_miss": reference("steps") }));
    let form = |verb: &str, value: Value, more: Value, required: &[&str]| {
        let mut needed = vec![verb];
        needed.extend(required);
        closed(merged(json!({ verb: value }), more), &needed)
    };
    let text = json!({ "type": "string" });
    let option = closed(
        json!({ "weight": reference("factor"), "do": reference("steps") }),
        &["weight", "do"],
    );
    let forms = VERBS.iter().filter_map(|verb| {
        let built = match *verb {
            "compute" | "pause" => form(verb, reference("duration_law"), json!({}), &[]),
            "fail" => form(verb, reference("share"), json!({}), &[]),
            "read" | "write" | "call" => form(verb, text.clone(), with_miss.clone(), &[]),
            "send" => form(verb, text.clone(), called.clone(), &[]),
            "parallel" => {
                let branches = json!({ "type": "array", "minItems": 1, "items": reference("steps") });
                form(verb, branches, json!({ "join": join }), &[])
            }
            "each" => {
                let times = json!({ "anyOf": [ { "const": "message" }, reference("count_law") ] });
                let most = json!({ "anyOf": [ { "const": "unlimited" }, reference("count") ] });
                let more = json!({ "do": reference("steps"), "concurrency": most, "join": join, "key": key });
                form(verb, times, more, &["do"])
            }
            "choose" => form(verb, json!({ "type": "array", "items": option }), json!({}), &[]),
            "try" => {
                let more = json!({ "timeout": reference("duration"), "retry": reference("retry"), "on_error": reference("steps") });
                form(verb, reference("steps"), more, &[])
            }
            "fan_out" => {
                let recipients = json!({ "anyOf": [ { "enum": [ "followers", "active", "online" ] }, reference("count_law") ] });
                let more = json!({
                    "do": reference("steps"), "recipients": recipients, "of": { "enum": [ "author", "page" ] },
                    "batch": reference("count"), "concurrency": reference("count"),
                    "order": { "enum": [ "arrival", "small-first" ] }, "strategy": reference("strategy"),
                });
                form(verb, json!({ "type": "string", "pattern": NAME }), more, &["do"])
            }
            "gather" => {
                let most = json!({ "anyOf": [ { "const": "unlimited" }, reference("count") ] });
                let more = json!({
                    "own": reference("steps"), "pull": reference("steps"), "batch": reference("count"),
                    "concurrency": most, "join": join, "merge": reference("duration"),
                    "strategy": reference("strategy"),
                });
                form(verb, text.clone(), more, &["own", "pull"])
            }
            _ => return None,
        };
        Some(built)
    });
    let forms: Vec<Value> = forms.collect();
    json!({ "anyOf": forms })
}

/// Builds a load line.
fn load_line() -> Value {
    let places = json!({ "anyOf": [
        { "type": "string" },
        { "type": "object", "additionalProperties": reference("factor") },
    ] });
    let trace = json!({ "anyOf": [
        { "type": "string" },
        closed(json!({
            "times": { "type": "array", "items": reference("duration") },
            "keys": { "type": "array", "items": reference("count") },
        }), &["times"]),
    ] });
    closed(
        json!({
            "flow": { "type": "string" }, "name": { "type": "string", "pattern": NAME },
            "rate": { "anyOf": [ reference("rate"), reference("rate_of_people") ] },
            "every": reference("duration_law"), "clients": reference("count"), "trace": trace,
            "think": reference("duration_law"), "arrivals": { "enum": [ "poisson", "even" ] },
            "batch": reference("count_law"), "shape": reference("shape"),
            "start": reference("duration"), "stop": reference("duration"), "from": places,
            "key": { "anyOf": [ { "type": "string" }, reference("key_law") ] },
        }),
        &[],
    )
}

/// Builds the shapes of a load line.
fn shape() -> Value {
    let pairs = |first: Value, second: Value| {
        json!({ "type": "array", "minItems": 1, "items": {
            "type": "array", "prefixItems": [ first, second ], "minItems": 2, "maxItems": 2,
        } })
    };
    let points = pairs(reference("duration"), reference("factor"));
    let wave = closed(
        json!({ "peak_to_mean": { "type": "number", "minimum": 1 }, "period": reference("duration") }),
        &["peak_to_mean"],
    );
    json!({ "anyOf": [
        closed(json!({ "steps": points }), &["steps"]),
        closed(json!({ "ramp": points }), &["ramp"]),
        closed(json!({ "diurnal": wave }), &["diurnal"]),
        closed(json!({ "mmpp": pairs(reference("factor"), reference("duration")) }), &["mmpp"]),
    ] })
}

/// Builds the audience.
fn audience() -> Value {
    let places = json!({ "anyOf": [
        { "type": "string" },
        { "type": "object", "additionalProperties": reference("factor") },
    ] });
    let class = closed(
        json!({ "share": reference("share"), "weight": reference("factor") }),
        &["share", "weight"],
    );
    let power = closed(json!({ "power": reference("factor") }), &["power"]);
    closed(
        json!({
            "users": reference("count"),
            "followers": { "anyOf": [ { "const": "twitter" }, reference("count_law") ] },
            "posting": { "anyOf": [ { "const": "even" }, power ] },
            "followees": reference("count_law"),
            "active": reference("share"), "online": reference("share"),
            "activity": { "type": "array", "items": class },
            "from": places, "strategy": reference("strategy"),
        }),
        &["users", "followers"],
    )
}

/// Builds the choice of who is pushed to and who is pulled.
fn strategy() -> Value {
    let hybrid = closed(json!({ "threshold": reference("count") }), &["threshold"]);
    json!({ "anyOf": [
        { "enum": [ "write", "read" ] },
        closed(json!({ "hybrid": hybrid }), &["hybrid"]),
    ] })
}

/// Builds the placement.
fn placement() -> Value {
    let places = json!({ "anyOf": [
        { "type": "string" },
        { "type": "array", "minItems": 1, "items": { "type": "string" } },
    ] });
    closed(
        json!({
            "region": { "type": "string" },
            "zones": { "type": "integer", "minimum": 1, "maximum": 6 },
            "nodes": { "type": "object", "additionalProperties": places },
            "latency": { "type": "object", "additionalProperties": reference("duration_law") },
        }),
        &[],
    )
}

/// Says in words what a link from a node of a class means, for the catalogue.
pub fn link_meaning(class: Class) -> &'static str {
    match class {
        Class::Programmable => {
            "may be called; without steps one unit of work, then all links in order"
        }
        Class::Forwarding => "handed on to one of the links",
        Class::Cache => "handed on after a miss; without links a miss is the caller's",
        Class::Limiter => "handed on to one of the links, or answered without links",
        Class::Queue => "delivered to a consumer; several consumers compete",
        Class::Log => "delivered; every link is a consumer group of its own",
        Class::Topic => "a copy for every link that matches",
        Class::Store => "a message for every write that completed",
        Class::Leaf => "none",
    }
}
