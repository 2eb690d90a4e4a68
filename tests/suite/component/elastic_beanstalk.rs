//! Elastic Beanstalk: processors of its instances, full lines, threads.

use super::{counted, flood, recovers, said, storm};
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn one_small_instance_does_what_two_processors_do() {
    let completed = |parameters: &str| {
        let nodes = format!(
            r#""app": {{ "kind": "elastic-beanstalk", "compute": "10ms", "waiting_limit": 5 {parameters} }}"#
        );
        let run = flood(&nodes, "", r#"{ "call": "app" }"#, EVEN, 2_000, 10);
        counted(&run, "app", |s| s.tally.of(Outcome::Completed))
    };

    let one = completed("");
    let four = completed(r#", "instances": 4"#);

    assert!(one.abs_diff(2_000 + 5) <= 3, "{one}");
    assert!(four.abs_diff(8_000 + 20) <= 10, "{four}");
}

#[test]
fn a_full_line_sheds_and_is_empty_again() {
    let nodes = r#""app": { "kind": "elastic-beanstalk", "compute": "10ms", "waiting_limit": 20 }"#;

    let run = storm(nodes, "", r#"{ "call": "app" }"#, 1_000, 150);

    recovers(&run, Outcome::Shed);
}

#[test]
fn threads_are_kept_while_a_call_is_out() {
    let nodes = r#""app": { "kind": "elastic-beanstalk", "compute": "1ms", "waiting_limit": 0, "io": "blocking", "threads": 20 }, "db": { "kind": "delay", "time": "1s" }"#;

    let run = flood(
        nodes,
        r#"{ "from": "app", "to": "db", "latency": "0s" }"#,
        r#"{ "call": "app" }"#,
        EVEN,
        100,
        10,
    );

    let shed = counted(&run, "app", |s| s.tally.of(Outcome::Shed));
    assert!((780..=800).contains(&shed), "{shed} shed");
    assert!(said(r#""kind": "elastic-beanstalk", "threads": 3"#).contains("its `io` is async"));
}
