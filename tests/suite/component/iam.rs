//! IAM: the account's calls to the token service.

use super::{about, admitted, flood, recovers, storm};
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn the_account_has_600_calls_a_second_of_both_sorts() {
    let nodes = r#""sts": { "kind": "iam" }"#;
    let both =
        r#"{ "call": "sts" }, { "call": "sts", "op": "get-caller-identity", "on_error": [] }"#;

    let one = flood(
        nodes,
        "",
        r#"{ "call": "sts", "op": "assume-role" }"#,
        EVEN,
        1_000,
        10,
    );
    let two = flood(
        r#""sts": { "kind": "iam", "assume_role": "0s", "identity": "0s" }"#,
        "",
        both,
        EVEN,
        500,
        10,
    );

    about("one sort", admitted(&one, "sts"), 600.0 * 11.0);
    // A request whose first call is refused makes no second one: 1,000 a second at most.
    let both = admitted(&two, "sts");
    assert!(both.abs_diff(6_600) <= 3, "{both}");
}

#[test]
fn operations_take_their_own_time() {
    let nodes = r#""sts": { "kind": "iam", "assume_role": "35ms", "identity": "20ms" }"#;
    for (op, expected) in [("assume-role", 35.0), ("get-caller-identity", 20.0)] {
        let step = format!(r#"{{ "call": "sts", "op": "{op}" }}"#);

        let run = flood(nodes, "", &step, EVEN, 10, 2);

        let found = run.latency_mean_ms("main").value.expect("a mean");
        assert!((found - expected).abs() < 1e-6, "{op}: {found} ms");
    }
}

#[test]
fn a_session_for_every_request_is_refused_until_the_load_falls() {
    let run = storm(
        r#""sts": { "kind": "iam" }"#,
        "",
        r#"{ "call": "sts" }"#,
        2_000,
        550,
    );

    recovers(&run, Outcome::Throttled);
}
