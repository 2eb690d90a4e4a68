//! The JSON Schema accepts what the reader accepts, and refuses the usual slips.

use kneepoint::spec::{Data, Value};
use kneepoint::topology::{LoadRequest, load, schema};

/// Turns a file into plain JSON, as an editor would see it.
fn plain(value: &Value) -> serde_json::Value {
    match &value.data {
        Data::Null => serde_json::Value::Null,
        Data::Bool(value) => (*value).into(),
        Data::Number(text) => serde_json::from_str(text).unwrap(),
        Data::Text(text) => text.as_str().into(),
        Data::List(entries) => entries.iter().map(plain).collect(),
        Data::Object(members) => {
            let members = members
                .iter()
                .map(|one| (one.key.clone(), plain(&one.value)));
            serde_json::Value::Object(members.collect())
        }
    }
}

/// Reads a file and returns what the schema has against it.
fn complaints(text: &str) -> Vec<String> {
    let file = plain(&kneepoint::spec::read(text).unwrap());
    let validator = jsonschema::validator_for(&schema()).unwrap();
    validator
        .iter_errors(&file)
        .map(|error| error.to_string())
        .collect()
}

#[test]
fn the_schema_accepts_every_part_of_the_format() {
    assert_eq!(complaints(include_str!("rich.json")), Vec::<String>::new());
}

#[test]
fn the_schema_refuses_unknown_keys_bare_numbers_and_unknown_kinds() {
    let texts = [
        r#"{ "nodes": { "q": { "kind": "station", "service_time": 8 } } }"#,
        r#"{ "nodes": { "q": { "kind": "station", "service_tmie": "8ms" } } }"#,
        r#"{ "nodes": { "q": { "kind": "statoin" } } }"#,
        r#"{ "nodes": { "q": { "kind": "station" } }, "load": [ { "rate": 5 } ] }"#,
        r#"{ "nodes": { "q": { "kind": "station" } }, "node": {} }"#,
        r#"{ "nodes": { "q": { "kind": "station" } }, "flows": { "main": { "at": { "q": [ { "reed": "q" } ] } } } }"#,
    ];
    for text in texts {
        assert!(!complaints(text).is_empty(), "{text}");
    }
}

#[test]
fn the_schema_knows_every_form_of_a_fault() {
    let text = |fault: &str| {
        format!(
            r#"{{ "nodes": {{ "a": {{ "kind": "station", "service_time": "1ms", "copies": 4 }},
                             "c": {{ "kind": "cache", "cache": {{ "entries": 5 }} }},
                             "d": {{ "kind": "aurora", "replicas": 1 }} }},
                  "links": [ {{ "from": "a", "to": "c", "timeout": "1s" }}, "c -> d" ],
                  "load": [ {{ "rate": "1/s" }} ], "faults": [ {{ {fault} }} ] }}"#
        )
    };
    let timed = r#""at": "1s", "for": "5s""#;
    let again = r#""every": { "exponential": "1h" }, "for": { "uniform": ["1s", "9s"] }"#;
    for verb in [
        r#""crash": "a""#,
        r#""crash": "a", "copies": 2"#,
        r#""crash": "us-east-1a", "name": "zone""#,
        r#""pause": "a", "share": 0.5"#,
        r#""pause": "a->c""#,
        r#""slow": "a", "factor": 2"#,
        r#""slow": "a->c", "by": "5ms""#,
        r#""fail": "a", "share": 0.1"#,
        r#""lose": "a->c""#,
        r#""lose": "a->c", "share": 0.1"#,
        r#""failover": "d""#,
        r#""change": "a", "to": { "servers": 2 }"#,
    ] {
        for when in [timed, again, r#""at": "1s""#] {
            let text = text(&format!("{when}, {verb}"));
            let read = load(&LoadRequest::new(&text, "case.json"));
            assert!(read.is_ok(), "{read:?}");
            assert_eq!(complaints(&text), Vec::<String>::new(), "{text}");
        }
    }
    for good in [
        r#""at": "1s", "flush": "c""#,
        r#""every": "1h", "flush": "c""#,
        r#""every": "1h", "failover": "d""#,
    ] {
        let text = text(good);
        assert!(load(&LoadRequest::new(&text, "case.json")).is_ok());
        assert_eq!(complaints(&text), Vec::<String>::new(), "{text}");
    }
    for slip in [
        r#""flush": "c""#,
        r#""at": "1s", "for": "2s", "flush": "c""#,
        r#""at": "1s", "every": "1h", "for": "1s", "crash": "a""#,
        r#""every": "1h", "crash": "a""#,
        r#""at": "1s", "fail": "a""#,
        r#""at": "1s", "lose": "a->c", "share": 2"#,
        r#""at": "1s", "for": { "exponential": "1s" }, "crash": "a""#,
    ] {
        let text = text(slip);
        assert!(load(&LoadRequest::new(&text, "case.json")).is_err());
        assert!(!complaints(&text).is_empty(), "{text}");
    }
}
