//! What reports say of faults, and do not say: seldom ones, idle ones, and those that nobody sees.

use super::faults::text;
use crate::support::with_input;
use kneepoint::compile;
use kneepoint::report::{Report, Verdict};
use kneepoint::topology::{LoadRequest, load};

#[test]
fn a_fault_that_seldom_comes_leaves_nothing_met() {
    let report = |between: &str, length: &str, run: &str| {
        let text = format!(
            r#"{{ "nodes": {{ "a": {{ "kind": "station", "service_time": "1ms" }} }}, "load": [ {{ "rate": "100/s" }} ],
                 "faults": [ {{ "every": {{ "exponential": "{between}" }}, "for": {{ "exponential": "{length}" }}, "crash": "a" }} ],
                 "objectives": [ "main errors < 1%", "main p99 < 1s" ], "run": {{ {run} }} }}"#
        );
        let ended = with_input(&["run", "-", "--output", "json"], &text);
        serde_json::from_str::<Report>(&ended.stdout).expect(&ended.stderr)
    };
    let verdicts = |report: &Report| {
        let all = report.objectives.iter();
        all.map(|one| one.verdict).collect::<Vec<Verdict>>()
    };

    // It comes once in an hour, and all runs together are ten minutes long: probably never.
    let seldom = report("1h", "5m", r#""horizon": "60s", "replications": 10"#);
    let errors = &seldom.flows["main"].error_share;
    assert_eq!(errors.value, Some(0.0));
    // Ten runs without it say that it comes in at most 1 − 0.05^(1/10) of them.
    assert!((errors.half_width.unwrap() - 0.2589).abs() < 1e-4);
    assert_eq!(verdicts(&seldom), [Verdict::Undecided; 2]);
    let says = |report: &Report, what: &str| report.notes.iter().any(|one| one.contains(what));
    assert!(says(
        &seldom,
        "`crash a` did not come in 10 replications of 1m"
    ));
    assert!(says(&seldom, "7.69%") && says(&seldom, "too seldom to call anything met"));
    assert!(!says(&seldom, "was out"), "{:?}", seldom.notes);

    // Often enough it is judged: 0.05 of 10.05 s are 0.5 %.
    let often = report("10s", "50ms", r#""horizon": "500s", "replications": 10"#);
    assert_eq!(verdicts(&often), [Verdict::Met; 2], "{:?}", often.notes);
    assert!(says(&often, "`a` was out again and again"));
    assert!(!says(&often, "too seldom"), "{:?}", often.notes);
}

#[test]
fn a_fault_that_does_nothing_is_warned_of_and_no_note_tells_of_it() {
    let nodes = r#""lb": { "kind": "station", "copies": 2, "service_time": "1ms" }"#;
    for (fault, why) in [
        (
            r#""at": "10m", "crash": "lb""#,
            "it comes at 10m, and the run ends at 40s",
        ),
        (
            r#""at": "1s", "crash": "lb", "share": 0"#,
            "it is of no size",
        ),
        (
            r#""at": "1s", "pause": "lb", "share": 0"#,
            "it is of no size",
        ),
        (
            r#""at": "1s", "fail": "lb", "share": 0"#,
            "it is of no size",
        ),
        (
            r#""at": "1s", "slow": "lb", "factor": 1"#,
            "it is of no size",
        ),
        (
            r#""at": "1s", "slow": "client->lb", "by": "0s""#,
            "it is of no size",
        ),
        (
            r#""at": "1s", "for": "0s", "pause": "lb""#,
            "it lasts for 0s",
        ),
    ] {
        let ended = with_input(
            &["run", "-", "--output", "json"],
            &text(nodes, "", &format!("{{ {fault} }}")),
        );
        assert!(
            ended.stderr.contains("warning[fault::nothing]"),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains(why), "{}", ended.stderr);
        let report: Report = serde_json::from_str(&ended.stdout).expect("a report");
        let told = report.notes.iter().find(|note| note.contains("`lb`"));
        assert!(
            why.contains("0s") && !why.contains("10m") || told.is_none(),
            "{told:?}"
        );
    }
}

#[test]
fn health_checks_that_see_nothing_are_named() {
    let nodes = r#""lb": { "kind": "balancer", "health": { "every": "1s" } },
                   "app": { "kind": "station", "copies": 2, "service_time": "1ms" }"#;
    let link = r#"{ "from": "lb", "to": "app", "timeout": "1s" }"#;
    let named = |fault: &str| {
        let fault = format!(r#"{{ "at": "1s", "for": "1s", {fault} }}"#);
        let ended = with_input(
            &["run", "-", "--output", "json"],
            &text(nodes, link, &fault),
        );
        let report: Report = serde_json::from_str(&ended.stdout).expect(&ended.stderr);
        let mut notes = report.notes.iter();
        notes.any(|note| note.starts_with("health checks of `lb` notice crashes and pauses"))
    };

    assert!(named(r#""lose": "lb->app""#) && named(r#""pause": "lb->app""#));
    assert!(named(r#""fail": "app", "share": 1"#));
    assert!(!named(r#""crash": "app""#) && !named(r#""slow": "lb->app", "by": "1ms""#));
}

#[test]
fn what_no_zone_has_for_itself_goes_on_and_is_named() {
    let fault = r#"{ "at": "10s", "for": "10s", "crash": "us-east-1a" }"#;
    let two = r#""lb": { "kind": "delay" }, "app": { "kind": "station", "copies": 3, "service_time": "1ms" }"#;
    let ended = with_input(
        &["run", "-", "--output", "json"],
        &text(two, r#""lb -> app""#, fault),
    );
    let report: Report = serde_json::from_str(&ended.stdout).expect(&ended.stderr);
    let note = "the crash of `us-east-1a` left up what lies in no zone of its own: `lb`; `placement` puts a node into one";
    assert!(
        report.notes.iter().any(|one| one == note),
        "{:?}",
        report.notes
    );

    let one = text(r#""lb": { "kind": "delay" }"#, "", fault);
    let (topology, _) = load(&LoadRequest::new(&one, "case.json")).expect("a topology");
    let found = compile::compile(&topology).expect_err("it is refused");
    assert_eq!(found[0].code, "fault::nothing-there");
    let help = found[0].help.as_deref().unwrap_or_default();
    assert!(help.starts_with("`lb` may lie there"), "{help}");
}
