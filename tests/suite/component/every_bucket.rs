//! No kind is left out of the two tables of token buckets (`buckets`, `buckets_of_stores`), and
//! no bucket that a parameter switches on has no row.
//!
//! Rates of starting are no buckets of a visit: `lambda` and `control::scaling` test them.

use std::collections::BTreeSet;

use super::buckets::{nodes, steps};
use super::registry::required;
use super::{buckets, buckets_of_stores};
use kneepoint::component::{Access, KindInfo, is_plain, registry};
use kneepoint::topology::{LoadRequest, load};

/// Buckets at which deliveries wait, with a protocol that is not the default (`sns` tests them), and
/// at which children wait that a step starts (`step_functions` does).
const WAITED_FOR: &[(&str, &str)] = &[
    ("sns", "e-mails of the account"),
    ("sns", "text messages of the account"),
    ("step-functions", "starts of child executions"),
];

/// The parameters of a kind one by one, each with every word that it knows, and rates and flags
/// that are off.
fn parameters(info: &KindInfo) -> Vec<String> {
    let required = required(info.kind);
    let mut sets = vec![required.to_owned()];
    for parameter in (info.parameters)() {
        let mut values: Vec<String> = parameter.words.iter().map(|w| format!("\"{w}\"")).collect();
        match parameter.value {
            "rate" if parameter.default == "none" => values.push("\"1k/s\"".to_owned()),
            "bool" => values.extend(["true".to_owned(), "false".to_owned()]),
            _ => {}
        }
        let name = parameter.name;
        let given = values
            .iter()
            .map(|value| format!(r#"{required}, "{name}": {value}"#));
        sets.extend(given);
    }
    sets
}

/// Names of the buckets that a kind has with some parameters, over all its operations, and how
/// many of these could be compiled.
fn found(info: &KindInfo, parameters: &str) -> (BTreeSet<String>, usize) {
    let mut calls = vec![r#"{ "call": "it" }"#.to_owned()];
    calls.extend(info.operations.iter().map(|operation| {
        let verb = match operation.access {
            Access::Read => "read",
            Access::Write => "write",
            Access::Call => "call",
            Access::Send => "send",
        };
        format!(r#"{{ "{verb}": "it", "op": "{}" }}"#, operation.name)
    }));
    let (mut names, mut compiled) = (BTreeSet::new(), 0);
    for call in calls {
        let (head, steps) = (nodes(info.kind, parameters), steps(&call));
        let text = format!(
            r#"{{ {head}, "flows": {{ "main": {{ {steps} }} }}, "load": [ {{ "rate": "1/s" }} ] }}"#
        );
        // A word may need another parameter, and an operation what these do not give.
        let Ok((topology, _)) = load(&LoadRequest::new(&text, "case.json")) else {
            continue;
        };
        let Ok(model) = kneepoint::compile::compile(&topology) else {
            continue;
        };
        names.extend(model.buckets.into_iter().map(|bucket| bucket.name));
        compiled += 1;
    }
    (names, compiled)
}

#[test]
fn every_kind_is_in_one_of_the_tables() {
    let known: Vec<&str> = [buckets::KINDS, buckets_of_stores::KINDS].concat();

    let kinds = registry().iter().filter(|info| !is_plain(info.kind));

    for info in kinds {
        let times = known.iter().filter(|kind| **kind == info.kind).count();
        assert_eq!(times, 1, "{} in the tables", info.kind);
    }
}

#[test]
fn every_bucket_of_every_kind_has_a_row_in_one_of_the_tables() {
    let mut listed = buckets::listed();
    listed.extend(buckets_of_stores::listed());
    listed.extend(WAITED_FOR);

    let mut missing = BTreeSet::new();
    for info in registry() {
        let mut compiled = 0;
        for parameters in parameters(info) {
            let (names, sound) = found(info, &parameters);
            compiled += sound;
            let unknown = names
                .into_iter()
                .filter(|name| !listed.contains(&(info.kind, name.as_str())));
            missing.extend(unknown.map(|name| (info.kind, name)));
        }
        assert!(compiled > 0, "nothing of {} was compiled", info.kind);
    }
    assert_eq!(missing, BTreeSet::new(), "buckets without a row");
}
