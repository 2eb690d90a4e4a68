//! What holds for every kind: a test of its own, sources, and defaults that are sound.

use crate::support::package;
use kneepoint::component::{ParameterInfo, is_plain, registry};
use kneepoint::topology::{LoadRequest, load};

/// What a kind needs beside its name.
pub(super) fn required(kind: &str) -> &'static str {
    match kind {
        "station" => r#", "service_time": "1ms""#,
        "cache" => r#", "hit_rate": 0.5"#,
        "limiter" => r#", "rate": "10/s""#,
        _ => "",
    }
}

#[test]
fn every_aws_kind_has_a_test_file() {
    for info in registry().iter().filter(|info| !is_plain(info.kind)) {
        let file = format!("tests/suite/component/{}.rs", info.kind.replace('-', "_"));

        assert!(package(&file).is_file(), "{} has no {file}", info.kind);
    }
}

#[test]
fn every_kind_says_what_it_is_and_what_it_leaves_out() {
    for info in registry() {
        for (what, text) in [
            ("summary", info.summary),
            ("model", info.model),
            ("not modelled", info.not_modelled),
            ("sources", info.sources),
        ] {
            assert!(!text.trim().is_empty(), "{}: {what}", info.kind);
        }
        said(info.kind, (info.parameters)());
    }
}

/// Requires a meaning and a source of every parameter.
fn said(kind: &str, parameters: &[ParameterInfo]) {
    for parameter in parameters {
        let name = parameter.name;
        assert!(!parameter.doc.is_empty(), "{kind}.{name} has no meaning");
        assert!(!parameter.source.is_empty(), "{kind}.{name} has no source");
        said(kind, parameter.keys);
    }
}

#[test]
fn the_defaults_of_every_kind_are_accepted() {
    for info in registry() {
        let kind = info.kind;
        let text = format!(
            r#"{{ "nodes": {{ "it": {{ "kind": "{kind}"{} }}, "end": {{ "kind": "delay" }} }},
                "links": [ {{ "from": "it", "to": "end" }} ],
                "flows": {{ "main": {{ "at": {{ "client": [ {{ "call": "it" }} ] }} }} }},
                "load": [ {{ "rate": "1/s" }} ] }}"#,
            required(kind)
        );
        let alone = format!(
            r#"{{ "nodes": {{ "it": {{ "kind": "{kind}"{} }} }}, "load": [ {{ "rate": "1/s" }} ] }}"#,
            required(kind)
        );

        let sound = [text, alone]
            .iter()
            .any(|text| load(&LoadRequest::new(text, "case.json")).is_ok());

        assert!(sound, "{kind} with its defaults");
    }
}
