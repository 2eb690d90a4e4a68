//! The JSON Schema accepts what the reader accepts, and refuses the usual slips.

use kneepoint::spec::{Data, Value};
use kneepoint::topology::schema;

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
