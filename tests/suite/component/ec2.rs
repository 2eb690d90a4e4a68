//! EC2: processors of instances, threads, full lines, types.

use super::{counted, flood, recovers, said, storm};
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn capacity_is_instances_times_processors() {
    let completed = |parameters: &str| {
        let nodes = format!(
            r#""lb": {{ "kind": "alb", "time": "0s" }}, "web": {{ "kind": "ec2", "compute": "10ms", "waiting_limit": 5, {parameters} }}"#
        );
        let run = flood(
            &nodes,
            r#""lb -> web""#,
            r#"{ "call": "lb" }"#,
            EVEN,
            4_000,
            5,
        );
        counted(&run, "web", |s| s.tally.of(Outcome::Completed))
    };

    // A processor does 100 a second; what waits at the end is done after it.
    let two_by_four = completed(r#""instances": 2, "type": "c7g.xlarge""#);
    let five_by_one = completed(r#""instances": 5, "type": "m7g.medium""#);

    assert!(two_by_four.abs_diff(4_000 + 10) <= 3, "{two_by_four}");
    assert!(five_by_one.abs_diff(2_500 + 25) <= 6, "{five_by_one}");
}

#[test]
fn a_full_line_sheds_and_is_empty_again() {
    let nodes = r#""web": { "kind": "ec2", "type": "t4g.micro", "instances": 1, "compute": "10ms", "waiting_limit": 20 }"#;

    let run = storm(nodes, "", r#"{ "call": "web" }"#, 1_000, 150);

    recovers(&run, Outcome::Shed);
}

#[test]
fn threads_are_kept_while_a_call_is_out() {
    let shed = |io: &str| {
        let nodes = format!(
            r#""web": {{ "kind": "ec2", "instances": 1, "compute": "1ms", "waiting_limit": 0, {io} }}, "db": {{ "kind": "delay", "time": "1s" }}"#
        );
        let link = r#"{ "from": "web", "to": "db", "latency": "0s" }"#;
        let run = flood(&nodes, link, r#"{ "call": "web" }"#, EVEN, 100, 10);
        counted(&run, "web", |s| s.tally.of(Outcome::Shed))
    };

    let blocking = shed(r#""io": "blocking", "threads": 20"#);
    let free = shed(r#""io": "async""#);

    // Of 100 a second 20 threads take about 20 for a second each.
    assert!((780..=800).contains(&blocking), "{blocking} shed");
    assert_eq!(free, 0);
}

#[test]
fn types_are_known_by_name() {
    assert_eq!(
        said(r#""kind": "ec2", "type": "m9z.huge""#),
        "`type` of node `it` must be an instance type such as `t4g.medium` or `m7g.large`, got `m9z.huge`"
    );
    assert_eq!(said(r#""kind": "ec2", "type": "m7i.48xlarge""#), "");
    assert!(said(r#""kind": "ec2", "threads": 5"#).contains("its `io` is async"));
}
