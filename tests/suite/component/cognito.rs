//! Cognito: categories of the account, what counts together, a storm of sign-ins.

use super::{about, admitted, flood, recovers, storm};
use crate::known::harness::run;
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn each_category_has_a_rate_of_its_own() {
    for (op, per_s) in [
        ("sign-in", 120.0),
        ("refresh", 120.0),
        ("sign-up", 50.0),
        ("recover", 30.0),
        ("federate", 25.0),
        ("get-user", 120.0),
        ("update-user", 25.0),
    ] {
        let step = format!(r#"{{ "call": "users", "op": "{op}" }}"#);

        let run = flood(
            r#""users": { "kind": "cognito" }"#,
            "",
            &step,
            EVEN,
            400,
            10,
        );

        // One second of the rate at the start.
        about(op, admitted(&run, "users"), per_s * 11.0);
    }
}

#[test]
fn sign_ins_and_refreshes_of_all_pools_count_together() {
    let text = r#"{ "nodes": { "shop": { "kind": "cognito" }, "forum": { "kind": "cognito" } },
        "flows": { "in": { "at": { "client": [ { "call": "shop", "op": "sign-in" } ] } },
                   "again": { "at": { "client": [ { "call": "forum", "op": "refresh" } ] } },
                   "up": { "at": { "client": [ { "call": "forum", "op": "sign-up" } ] } } },
        "load": [ { "flow": "in", "rate": "300/s", "arrivals": "even" }, { "flow": "again", "rate": "300/s", "arrivals": "even" },
                  { "flow": "up", "rate": "40/s", "arrivals": "even" } ],
        "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    let completed = |flow: &str| run.of_flow(flow, |s| s.tally.of(Outcome::Completed) as f64)[0];
    about(
        "together",
        (completed("in") + completed("again")) as u64,
        120.0 * 11.0,
    );
    assert_eq!(completed("up"), 400.0);
}

#[test]
fn a_storm_of_sign_ins_is_over_when_it_is_over() {
    let run = storm(
        r#""users": { "kind": "cognito" }"#,
        "",
        r#"{ "call": "users", "op": "sign-in" }"#,
        500,
        110,
    );

    recovers(&run, Outcome::Throttled);
}

#[test]
fn nodes_that_share_a_limit_have_to_agree_on_it() {
    let text = r#"{ "nodes": { "shop": { "kind": "cognito" }, "forum": { "kind": "cognito", "authentication": "500/s" } },
        "flows": { "main": { "at": { "client": [ { "call": "shop" }, { "call": "forum" } ] } } },
        "load": [ { "rate": "1/s" } ] }"#;

    let (topology, _) =
        kneepoint::topology::load(&kneepoint::topology::LoadRequest::new(text, "case.json"))
            .expect("it can be read");
    let found = kneepoint::compile::compile(&topology).expect_err("it is refused");

    assert_eq!(found[0].code, "account::two-limits");
    assert_eq!(
        found[0].message,
        "nodes `shop` and `forum` state different limits for the authentications, which they share"
    );
}

#[test]
fn answers_to_challenges_take_of_authentications_once_theirs_are_spent() {
    let text = r#"{ "nodes": { "users": { "kind": "cognito" } },
        "flows": { "answer": { "at": { "client": [ { "call": "users", "op": "respond" } ] } },
                   "in": { "at": { "client": [ { "call": "users", "op": "sign-in" } ] } } },
        "load": [ { "flow": "answer", "rate": "1000/s", "arrivals": "even" }, { "flow": "in", "rate": "1000/s", "arrivals": "even" } ],
        "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    // 3 × 120 answers a second for themselves, and 120 a second for either.
    let together = admitted(&run, "users");
    assert!(together.abs_diff(480 * 11) <= 3, "together: {together}");
    let answers = run.of_flow("answer", |s| s.tally.of(Outcome::Throttled) as f64)[0];
    assert!(10_000.0 - answers >= 360.0 * 10.9, "{answers} refused");
}

#[test]
fn answers_within_their_own_rate_leave_sign_ins_alone() {
    let text = r#"{ "nodes": { "users": { "kind": "cognito" } },
        "flows": { "answer": { "at": { "client": [ { "call": "users", "op": "respond" } ] } },
                   "in": { "at": { "client": [ { "call": "users", "op": "sign-in" } ] } } },
        "load": [ { "flow": "answer", "rate": "350/s", "arrivals": "even" }, { "flow": "in", "rate": "115/s", "arrivals": "even" } ],
        "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    for flow in ["answer", "in"] {
        let refused = run.of_flow(flow, |s| s.tally.of(Outcome::Throttled) as f64)[0];
        assert_eq!(refused, 0.0, "{flow}");
    }
}
