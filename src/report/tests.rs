//! Whole reports, of small runs.

use super::{Analysis, Input, Report, Verdict, build};
use crate::compile::{compile, plan};
use crate::engine::{Nobody, run};
use crate::metrics::recording::Recording;
use crate::model::{Model, Plan};
use crate::topology::{LoadRequest, Topology, load};

/// A finished run.
struct Run {
    topology: Topology,
    model: Model,
    plan: Plan,
    recordings: Vec<Recording>,
}

impl Run {
    fn of(text: &str) -> Run {
        let (topology, _) = load(&LoadRequest::new(text, "case.json")).expect("a topology");
        let model = compile(&topology).expect("a model");
        let plan = plan(&topology);
        let replications = 0..topology.run.replications;
        let recordings = run(&model, &plan, replications, 2, &Nobody).expect("the run ends");
        Run {
            topology,
            model,
            plan,
            recordings,
        }
    }

    fn input(&self) -> Input<'_> {
        Input {
            topology: &self.topology,
            model: &self.model,
            plan: &self.plan,
            recordings: &self.recordings,
            cut: self.plan.slices.len() - 1,
            analysis: Analysis::Steady,
            unstable_flows: vec![false; self.model.flows.len()],
            unstable_nodes: vec![false; self.model.nodes.len()],
            growth_per_s: Vec::new(),
            interrupted: false,
            assumptions: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn report(&self) -> Report {
        build(&self.input())
    }
}

/// One server at 80 % load; the answer is known: ρ = 0.8, W = 50 ms.
fn single_server(objectives: &str) -> Run {
    Run::of(&format!(
        r#"{{
            "nodes": {{ "api": {{ "kind": "station", "service_time": {{ "exponential": "10ms" }} }} }},
            "load": [ {{ "rate": "80/s" }} ],
            "objectives": {objectives},
            "run": {{ "horizon": "220s", "warm_up": "20s", "replications": 10, "record": 3 }}
        }}"#
    ))
}

#[test]
fn a_single_server_is_reported_with_its_known_figures() {
    let report = single_server("[]").report();

    let (flow, node) = (&report.flows["main"], &report.nodes["api"]);
    let close = |what: &str, estimate: &super::Estimate, expected: f64, within: f64| {
        let value = estimate.value.expect(what);
        assert!(
            (value - expected).abs() < within,
            "{what} is {value}, not {expected}"
        );
        assert!(
            estimate.half_width.expect(what) < within,
            "{what}: {estimate:?}"
        );
    };
    // 16 000 requests in each of 10 replications; bounds are about ten half-widths.
    close(
        "utilisation",
        node.utilisation.as_ref().expect("one"),
        0.8,
        0.05,
    );
    close("arrival rate", &flow.arrival_rate_per_s, 80.0, 3.0);
    close("service", &node.service_ms.mean, 10.0, 0.5);
    close("sojourn", &node.sojourn_ms.mean, 50.0, 15.0);
    close("latency", &flow.latency_ms.mean, 50.0, 15.0);
    assert_eq!(report.warm_up_s, 20.0);
    assert_eq!(report.horizon_s, 220.0);
    assert_eq!(node.bottleneck_rank, Some(1));
    assert_eq!(node.copies_max, Some(1));
    assert_eq!(node.hit_rate, None);
    assert_eq!(report.requests.len(), 3);
    assert_eq!(report.timeline.flows["main"].arrived.len(), 100);
    assert_eq!(node.by_flow["main"].arrived, node.arrived);
    assert_eq!(flow.arrived, flow.completed + flow.inside);
}

#[test]
fn little_holds_between_the_figures_of_a_node() {
    let report = single_server("[]").report();

    let node = &report.nodes["api"];
    let (inside, rate) = (node.inside_mean.value, node.arrival_rate_per_s.value);
    let sojourn_s = node.sojourn_ms.mean.value.expect("a sojourn") / 1e3;
    let (inside, expected) = (inside.expect("inside"), rate.expect("a rate") * sojourn_s);
    // What lies across the ends of the window: a few visits of hundreds of thousands.
    assert!(
        (inside - expected).abs() < 0.05 * expected,
        "{inside} is not {expected}"
    );
}

#[test]
fn objectives_are_judged_by_kind_of_value() {
    let report = single_server(
        r#"["main p99 < 1s", "main p50 < 1ms", "main errors = 0", "main errors < 1%",
            "main arrived > 70/s", "main latency < 1s for 90%", "api utilisation < 95%",
            "api line < 100 for 99%", "main p90 < 1s from 100s until 150s",
            "api shed = 0 from 100s", "client->api p99 < 1s"]"#,
    )
    .report();

    let verdicts: Vec<(&str, Verdict)> = report
        .objectives
        .iter()
        .map(|objective| (objective.expression.as_str(), objective.verdict))
        .collect();
    assert_eq!(
        verdicts,
        [
            ("main p99 < 1s", Verdict::Met),
            ("main p50 < 1ms", Verdict::Missed),
            ("main errors = 0", Verdict::Met),
            ("main errors < 1%", Verdict::Met),
            ("main arrived > 70/s", Verdict::Met),
            ("main latency < 1s for 90%", Verdict::Met),
            ("api utilisation < 95%", Verdict::Met),
            ("api line < 100 for 99%", Verdict::Met),
            ("main p90 < 1s from 100s until 150s", Verdict::Met),
            // Refusals by a full line are not kept by time.
            ("api shed = 0 from 100s", Verdict::Undecided),
            ("client->api p99 < 1s", Verdict::Met),
        ]
    );
    let window = report.objectives[8].window.expect("a window");
    assert_eq!((window.from_s, window.until_s), (100.0, 150.0));
}

#[test]
fn what_grows_has_no_quantile_and_misses_its_bounds() {
    let run = single_server(r#"["main p99 < 1h", "main errors = 0"]"#);

    let report = build(&Input {
        analysis: Analysis::Unstable,
        unstable_flows: vec![true; run.model.flows.len()],
        unstable_nodes: vec![true; run.model.nodes.len()],
        ..run.input()
    });

    let p99 = &report.flows["main"].latency_ms.p99;
    assert_eq!((p99.value, p99.why.as_deref()), (None, Some("unstable")));
    assert_eq!(report.objectives[0].verdict, Verdict::Missed);
    assert_eq!(report.objectives[1].verdict, Verdict::Met);
    assert_eq!(report.first_limit.expect("a limit").what, "unstable");
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.contains("`api` is unstable"))
    );
}

#[test]
fn a_limiter_is_named_as_what_gave_way_first() {
    let report = Run::of(
        r#"{
            "nodes": {
                "gate": { "kind": "limiter", "rate": "50/s", "burst": 10 },
                "api": { "kind": "station", "service_time": "1ms" }
            },
            "links": ["gate -> api"],
            "flows": { "main": { "enter": "gate" } },
            "load": [ { "rate": "100/s" } ],
            "run": { "horizon": "60s", "warm_up": "0s", "replications": 5 }
        }"#,
    )
    .report();

    let limit = report.first_limit.as_ref().expect("a limit");
    assert_eq!(limit.node, "gate");
    assert!(limit.what.starts_with("throttled"), "{}", limit.what);
    // Burst 10 and 50 a second of 100: half of them is refused.
    let share = report.flows["main"].throttled_share.value.expect("a share");
    assert!((share - 0.5).abs() < 0.03, "{share}");
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.contains("`gate` throttled") && note.contains("50/s")),
        "{:?}",
        report.notes
    );
}

#[test]
fn json_comes_back_as_it_went_and_the_digest_is_over_the_rest() {
    let run = single_server(r#"["main p99 < 1s"]"#);
    let report = run.report();

    let text = report.to_json();
    let back: Report = serde_json::from_str(&text).expect("a report");

    assert!(text.ends_with("}\n"));
    assert_eq!(back, report);
    assert_eq!(report.digest.len(), 64);
    assert_eq!(report.digest, run.report().digest);
    let other = build(&Input {
        warnings: vec!["another".to_owned()],
        ..run.input()
    });
    assert_ne!(other.digest, report.digest);
}

#[test]
fn a_few_replications_have_no_interval() {
    let text = r#"{
        "nodes": { "api": { "kind": "station", "service_time": "1ms" } },
        "load": [ { "rate": "10/s" } ],
        "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 }
    }"#;

    let report = Run::of(text).report();

    let latency = &report.flows["main"].latency_ms;
    assert_eq!(latency.mean.half_width, None);
    assert_eq!(latency.p99.why.as_deref(), Some("too-few-samples"));
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.contains("p95 of `main` needs 200")),
        "{:?}",
        report.notes
    );
}

#[test]
#[should_panic(expected = "do not close")]
fn lost_visits_end_the_program() {
    let mut run = single_server("[]");
    run.recordings[0].rows[0].slices[0].tally.arrived = 0;
    run.recordings[0].rows[0].slices[0].tally.left[0] = 1;

    run.report();
}
