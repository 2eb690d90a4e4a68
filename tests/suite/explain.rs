//! What a p99 hangs on: moved by as much as theory says, and by nothing where it says so.

use crate::support::{Ended, kneepoint, with_input};
use kneepoint::analysis::explain::{Ask, Unexplained, explain};
use kneepoint::analysis::simulation::{Settings, simulate};
use kneepoint::diagnostic;
use kneepoint::engine::Nobody;
use kneepoint::metrics::estimate::student;
use kneepoint::report::{Aspect, Effect, Explanation, FlowEffects};
use kneepoint::topology::{LoadRequest, Topology, load};

/// How runs are made: 100 s of each of 20 replications count.
const RUN: &str =
    r#""run": { "horizon": "110s", "warm_up": "10s", "replications": 20, "seed": 1 }"#;

/// −ln 0.01: quantiles of an exponential law are so many times its mean.
const P99: f64 = 4.605_170_185_988_091;

/// Reads a topology with options.
fn topology(text: &str, sets: &[&str]) -> Topology {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let mut request = LoadRequest::new(text, "case.json");
    request.sets = &sets;
    match load(&request) {
        Ok((topology, _)) => topology,
        Err(found) => panic!("{}", diagnostic::render(&found, "case.json", text, false)),
    }
}

/// Explains a file with two threads.
fn explained(text: &str, sets: &[&str], ask: &Ask) -> Explanation {
    let settings = Settings {
        threads: 2,
        precision: None,
    };
    explain(&topology(text, sets), ask, &settings, &Nobody).expect("it runs")
}

/// Returns what was found of a thing.
fn effect<'e>(flow: &'e FlowEffects, name: &str) -> &'e Effect {
    let mut all = flow.effects.iter();
    all.find(|one| one.name == name)
        .expect("it was made faster")
}

/// Requires that an exact change lies in the 99.9 % interval of what was found.
fn requires(found: &Explanation, effect: &Effect, exact_ms: f64) {
    let degrees = f64::from(found.replications) - 1.0;
    let wider = student(degrees, 0.999) / student(degrees, found.confidence);
    let value = effect.p99_ms.value.expect("a change");
    let half = effect.p99_ms.half_width.expect("an interval") * wider;
    println!(
        "{}: exact {exact_ms:.3} ms, found {value:.3} ± {half:.3}",
        effect.name
    );
    assert!(
        (value - exact_ms).abs() <= half,
        "{}: {value} ± {half} ms, exact {exact_ms}",
        effect.name
    );
}

/// One station `q` with exponential service of 10 ms.
fn queue() -> String {
    format!(
        r#"{{ "nodes": {{ "q": {{ "kind": "station", "service_time": {{ "exponential": "10ms" }} }} }},
             "load": [ {{ "rate": "50/s" }} ], {RUN} }}"#
    )
}

#[test]
fn the_p99_of_an_mm1_moves_by_as_much_as_its_formula_says() {
    // The sojourn is exponential with rate μ − λ. With a share s less work, μ is μ/(1 − s).
    for share in [0.1, 0.2] {
        let p99_ms = |rate: f64| 1e3 * P99 / (rate - 50.0);
        let exact = p99_ms(100.0 / (1.0 - share)) - p99_ms(100.0);
        let ask = Ask {
            faster_by: share,
            ..Ask::default()
        };

        let found = explained(&queue(), &[], &ask);

        let flow = &found.flows[0];
        requires(&found, effect(flow, "q"), exact);
        assert_eq!(flow.first.as_deref(), Some("q"));
        let utilisation = effect(flow, "q").utilisation.as_ref();
        let utilisation = utilisation.and_then(|one| one.value).expect("servers");
        assert!((utilisation - 0.5).abs() < 0.02, "{utilisation}");
        // Paired, it takes far fewer replications than two designs apart would.
        let ratio = effect(flow, "q").p99_ms.variance_ratio.expect("it varies");
        assert!(ratio < 0.5, "{ratio}");
    }
}

/// The p99 of the sum of two independent exponential times with rates `a` and `b` [1/s].
fn p99_of_two(a: f64, b: f64) -> f64 {
    where_it_is(0.01, |t| {
        (b * (-a * t).exp() - a * (-b * t).exp()) / (b - a)
    })
}

/// Finds where a falling function is so much.
fn where_it_is(much: f64, of: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 100.0);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if of(middle) > much {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

#[test]
fn the_bottleneck_of_a_tandem_comes_first_and_both_move_it_by_their_formula() {
    // Two M/M/1 in line, λ = 50/s, μ = 100/s and 200/s: independent sojourns with rates
    // 50/s and 150/s (Burke, Reich).
    let text = format!(
        r#"{{ "nodes": {{ "first": {{ "kind": "station", "service_time": {{ "exponential": "10ms" }} }},
                          "second": {{ "kind": "station", "service_time": {{ "exponential": "5ms" }} }} }},
             "flows": {{ "main": {{ "enter": "first" }} }},
             "links": [ "first -> second" ], "load": [ {{ "rate": "50/s" }} ], {RUN} }}"#
    );
    let before = p99_of_two(50.0, 150.0);
    let exact = |a: f64, b: f64| 1e3 * (p99_of_two(a, b) - before);

    // The server is given back before the call: `first` is a station of its own.
    let found = explained(&text, &[], &Ask::default());

    let flow = &found.flows[0];
    let names: Vec<&str> = flow.effects.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["first", "second"]);
    assert_eq!(flow.first.as_deref(), Some("first"));
    assert!(flow.as_much.is_empty(), "{:?}", flow.as_much);
    requires(&found, effect(flow, "first"), exact(75.0, 150.0));
    requires(&found, effect(flow, "second"), exact(50.0, 200.0));
}

/// A delay of 50 ms before the station, a balancer before both, a log that nobody waits for, and
/// another flow apart.
fn delayed() -> String {
    format!(
        r#"{{ "nodes": {{ "front": {{ "kind": "balancer" }},
                          "far": {{ "kind": "delay", "time": "50ms" }},
                          "q": {{ "kind": "station", "service_time": {{ "exponential": "10ms" }} }},
                          "log": {{ "kind": "station", "servers": 4, "service_time": {{ "exponential": "10ms" }} }},
                          "apart": {{ "kind": "station", "service_time": "1ms" }} }},
             "links": [ "front -> far", "far -> q",
                        {{ "from": "q", "to": "log" }} ],
             "flows": {{ "main": {{ "enter": "front", "at": {{ "q": [ {{ "compute": {{ "exponential": "10ms" }} }}, {{ "call": "log", "wait": false }} ] }} }},
                         "other": {{ "enter": "apart" }} }},
             "load": [ {{ "flow": "main", "rate": "50/s" }}, {{ "flow": "other", "rate": "40/s" }} ], {RUN} }}"#
    )
}

#[test]
fn a_delay_in_series_moves_the_p99_by_exactly_its_share() {
    let found = explained(&delayed(), &[], &Ask::default());

    let names: Vec<&str> = found.flows.iter().map(|one| one.flow.as_str()).collect();
    assert_eq!(names, ["main", "other"]);
    let main = &found.flows[0];
    let far = effect(main, "far");
    // Every request is 10 ms faster; only cells of histograms and the ends of the run differ.
    let (value, half) = (far.p99_ms.value.unwrap(), far.p99_ms.half_width.unwrap());
    assert!(
        (value + 10.0).abs() <= half && half < 0.5,
        "{value} ± {half}"
    );
    assert_eq!(main.first.as_deref(), Some("q"));
    let left_out: Vec<&str> = found.left_out.iter().map(|one| one.node.as_str()).collect();
    assert_eq!(left_out, ["front"]);
    assert!(
        found.notes[0].contains("`front` (balancer)"),
        "{:?}",
        found.notes
    );
}

#[test]
fn what_nobody_waits_for_makes_no_difference() {
    let ask = Ask {
        flow: Some("main".to_owned()),
        ..Ask::default()
    };

    let found = explained(&delayed(), &[], &ask);

    let log = effect(&found.flows[0], "log");
    assert_eq!(log.p99_ms.detected, Some(false));
    assert_eq!(found.flows.len(), 1);
    let names = found.flows[0].effects.iter().map(|one| one.name.as_str());
    assert!(names.into_iter().all(|name| name != "apart"));
}

#[test]
fn links_are_made_faster_if_they_are_asked_for() {
    // There and back, 2 × 20 ms of 100 ms.
    let text = format!(
        r#"{{ "nodes": {{ "a": {{ "kind": "delay", "time": "1ms" }}, "b": {{ "kind": "delay", "time": "1ms" }} }},
             "links": [ {{ "from": "a", "to": "b", "latency": "100ms" }} ],
             "flows": {{ "main": {{ "enter": "a" }} }},
             "load": [ {{ "rate": "50/s" }} ], {RUN} }}"#
    );
    let ask = Ask {
        links: true,
        ..Ask::default()
    };

    let found = explained(&text, &[], &ask);

    let link = effect(&found.flows[0], "a->b");
    assert_eq!(link.aspect, Aspect::Latency);
    assert_eq!(found.flows[0].first.as_deref(), Some("a->b"));
    let (value, half) = (link.p99_ms.value.unwrap(), link.p99_ms.half_width.unwrap());
    assert!(
        (value + 40.0).abs() <= half && half < 0.5,
        "{value} ± {half}"
    );
}

#[test]
fn one_server_more_moves_the_p99_of_an_mm1_to_that_of_an_mm2() {
    // λ = 50/s, μ = 100/s: C = 0.1, and P(T > t) = (1 − C)e^(−μt) + C·P(W + S > t), where what
    // waits does so for an exponential time with rate 2μ − λ = 150/s.
    let c = 0.1;
    let beyond = |t: f64| {
        let both = (150.0 * (-100.0 * t).exp() - 100.0 * (-150.0 * t).exp()) / 50.0;
        (1.0 - c) * (-100.0 * t).exp() + c * both
    };
    let p99 = where_it_is(0.01, beyond);
    let ask = Ask {
        servers: true,
        ..Ask::default()
    };

    let found = explained(&queue(), &[], &ask);

    let flow = &found.flows[0];
    let more = effect(flow, "q one server more");
    assert_eq!(more.aspect, Aspect::Servers);
    requires(&found, more, 1e3 * (p99 - P99 / 50.0));
    assert_eq!(flow.first.as_deref(), Some("q one server more"));
}

#[test]
fn what_ends_a_growth_without_end_is_said() {
    // 110/s are too many for 100/s, and few enough for 125/s.
    let found = explained(&queue(), &["load.main.rate=110/s"], &Ask::default());

    let flow = &found.flows[0];
    assert_eq!((flow.p99_ms.value, &flow.first), (None, &None));
    assert_eq!(flow.p99_ms.why.as_deref(), Some("unstable"));
    assert!(
        found.findings.iter().any(|one| one
            .contains("nothing grows without end any more if the work of `q` takes 20% less time")),
        "{:?}",
        found.findings
    );
}

#[test]
fn threads_do_not_change_an_explanation() {
    let bytes = |threads| {
        let settings = Settings {
            threads,
            precision: None,
        };
        let topology = topology(&delayed(), &["run.horizon=20s", "run.replications=5"]);
        let found = explain(&topology, &Ask::default(), &settings, &Nobody);
        found.expect("it runs").to_json()
    };

    assert!(
        bytes(1) == bytes(8),
        "eight threads find otherwise than one"
    );
}

#[test]
fn too_few_replications_and_designs_without_work_are_refused() {
    let settings = Settings {
        threads: 1,
        precision: None,
    };
    let few = topology(&queue(), &["run.replications=4"]);
    let idle = topology(&queue(), &["nodes.q.service_time=0ms"]);

    let few = explain(&few, &Ask::default(), &settings, &Nobody);
    let idle = explain(&idle, &Ask::default(), &settings, &Nobody);

    assert!(matches!(few, Err(Unexplained::TooFew(4))));
    assert!(matches!(idle, Err(Unexplained::NothingTakesTime)));
}

/// Explains what comes from standard input, over a short time.
fn piped(text: &str, options: &[&str]) -> Ended {
    let fixed = ["explain", "-", "--horizon", "60s"];
    with_input(&[&fixed[..], options].concat(), text)
}

#[test]
fn where_the_slowest_went_is_what_a_run_of_the_design_says() {
    let text = delayed();
    let settings = Settings {
        threads: 2,
        precision: None,
    };
    let design = topology(&text, &[]);
    let run = simulate(&design, Vec::new(), &settings, &Nobody).expect("it runs");

    let found = explained(&text, &[], &Ask::default());

    let report = run.report();
    for flow in &found.flows {
        assert!(!flow.tail.is_empty(), "{}", flow.flow);
        assert_eq!(flow.tail, report.tail[&flow.flow], "{}", flow.flow);
    }
    assert!(
        found.findings[0].contains("of the time of the slowest 1 %,"),
        "{}",
        found.findings[0]
    );
}

#[test]
fn every_form_of_an_explanation_is_printed() {
    let form = |form: &str| piped(&delayed(), &["--replications", "5", "--output", form]);
    let (text, json, csv, md) = (form("text"), form("json"), form("csv"), form("md"));

    assert_eq!(text.status, 0, "{}", text.stderr);
    let wide = text.stdout.lines().find(|line| line.chars().count() > 100);
    assert_eq!(wide, None);
    assert!(
        text.stdout
            .starts_with("stdin: p99 of `main` hangs most on `q`"),
        "{}",
        text.stdout
    );
    assert!(
        text.stdout.contains("\n20% FASTER  p99 of main ms"),
        "{}",
        text.stdout
    );
    let tail = text.stdout.find("WHERE THE SLOW 1 % GOES");
    assert!(tail < text.stdout.find("% FASTER"), "{}", text.stdout);
    assert!(
        md.stdout.contains("| where the slow 1 % goes | queue % |"),
        "{}",
        md.stdout
    );
    assert!(
        text.stdout.contains("no difference detected"),
        "{}",
        text.stdout
    );
    let found: Explanation = serde_json::from_str(&json.stdout).expect("it is an explanation");
    assert_eq!((found.schema, found.digest.len()), (1, 64));
    assert_eq!(found.to_json(), json.stdout);
    assert!(
        csv.stdout
            .starts_with("flow,faster,aspect,faster_by,p99_ms,"),
        "{}",
        csv.stdout
    );
    // Three nodes of `main` and one of `other`.
    assert_eq!(csv.stdout.lines().count(), 5, "{}", csv.stdout);
    assert!(
        md.stdout.contains("\n| 20% faster | p99 of main ms |"),
        "{}",
        md.stdout
    );
}

#[test]
fn what_cannot_be_explained_exits_2_and_says_what_to_write() {
    for (ended, expected) in [
        (
            piped(&delayed(), &["--flow", "mian"]),
            "did you mean `main`",
        ),
        (
            piped(&queue(), &["--replications", "3"]),
            "--replications 10",
        ),
        (piped(&queue(), &["--faster", "2"]), "between 0 and 1"),
        (
            piped(&queue(), &["--set", "nodes.q.service_time=0ms"]),
            "give a node a service time",
        ),
        (kneepoint(&["explain", "no-such-design"]), "no-such-design"),
    ] {
        assert_eq!(ended.status, 2, "{}", ended.stderr);
        assert_eq!(ended.stdout, "");
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
}
