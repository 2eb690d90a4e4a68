//! Rekognition: a rate of each operation, a queue in front.

use super::{about, admitted, counted, flood, recovers, storm};
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn each_operation_has_its_rate() {
    for (op, per_s) in [
        ("detect-labels", 50.0),
        ("detect-moderation-labels", 50.0),
        ("detect-text", 50.0),
        ("search-faces", 50.0),
        ("detect-faces", 100.0),
        ("compare-faces", 100.0),
    ] {
        let step = format!(r#"{{ "call": "eyes", "op": "{op}" }}"#);

        let run = flood(
            r#""eyes": { "kind": "rekognition" }"#,
            "",
            &step,
            EVEN,
            300,
            10,
        );

        about(op, admitted(&run, "eyes"), per_s * 11.0);
    }
}

#[test]
fn operations_are_counted_apart() {
    let steps =
        r#"{ "call": "eyes", "op": "detect-labels" }, { "call": "eyes", "op": "detect-text" }"#;

    let run = flood(
        r#""eyes": { "kind": "rekognition" }"#,
        "",
        steps,
        EVEN,
        45,
        10,
    );

    assert_eq!(counted(&run, "eyes", |s| s.tally.of(Outcome::Throttled)), 0);
}

#[test]
fn refusals_end_with_the_storm() {
    let run = storm(
        r#""eyes": { "kind": "rekognition" }"#,
        "",
        r#"{ "call": "eyes" }"#,
        500,
        45,
    );

    recovers(&run, Outcome::Throttled);
}
