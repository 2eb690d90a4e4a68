//! KMS: seconds that begin whole, classes of keys, times.

use super::{about, admitted, counted, flood, recovers, storm};
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn a_second_holds_its_count_whenever_requests_come() {
    let nodes = r#""keys": { "kind": "kms", "symmetric": "100/s" }"#;

    let run = flood(
        nodes,
        "",
        r#"{ "call": "keys", "op": "encrypt" }"#,
        EVEN,
        250,
        10,
    );

    // No tokens are left over from a second, and none at the start.
    about("ten seconds", admitted(&run, "keys"), 100.0 * 10.0);
}

#[test]
fn the_documented_limits_hold() {
    let nodes = r#""keys": { "kind": "kms", "time": "0s", "sign": "0s" }"#;

    let signed = flood(
        nodes,
        "",
        r#"{ "call": "keys", "op": "sign" }"#,
        EVEN,
        3_000,
        3,
    );
    let decrypted = flood(
        nodes,
        "",
        r#"{ "call": "keys", "op": "decrypt" }"#,
        EVEN,
        150_000,
        1,
    );

    about("signing", admitted(&signed, "keys"), 3_000.0);
    about("symmetric", admitted(&decrypted, "keys"), 100_000.0);
}

#[test]
fn signing_does_not_count_as_symmetric() {
    let nodes = r#""keys": { "kind": "kms", "symmetric": "100/s", "signing": "100/s" }"#;
    let steps =
        r#"{ "call": "keys", "op": "sign" }, { "call": "keys", "op": "generate-data-key" }"#;

    let run = flood(nodes, "", steps, EVEN, 90, 5);

    assert_eq!(counted(&run, "keys", |s| s.tally.of(Outcome::Throttled)), 0);
}

#[test]
fn the_next_second_is_a_new_one() {
    let nodes = r#""keys": { "kind": "kms", "symmetric": "100/s" }"#;

    let run = storm(nodes, "", r#"{ "call": "keys" }"#, 300, 95);

    recovers(&run, Outcome::Throttled);
}
