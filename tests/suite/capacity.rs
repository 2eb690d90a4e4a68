//! The knee: found where theory puts it, and honest about what it does not know.

use crate::support::{Ended, kneepoint, with_input};
use kneepoint::analysis::capacity::{Ask, Unsearched, capacity};
use kneepoint::analysis::simulation::{Settings, Watcher};
use kneepoint::diagnostic;
use kneepoint::engine::{Nobody, Observer};
use kneepoint::report::{Knee, Role, Verdict};
use kneepoint::topology::{LoadRequest, Topology, load};
use kneepoint::units::SimTime;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Threads of these tests.
const ALL: Settings = Settings {
    threads: 2,
    precision: None,
};

/// One station `q`, exponential service of 10 ms, under a load and some objectives.
fn station(servers: &str, load: &str, objectives: &[&str]) -> String {
    let objectives = serde_json::to_string(objectives).expect("texts are JSON");
    format!(
        r#"{{ "nodes": {{ "q": {{ "kind": "station", {servers} "service_time": {{ "exponential": "10ms" }} }} }},
             "load": [ {{ {load} }} ], "objectives": {objectives},
             "run": {{ "horizon": "110s", "warm_up": "10s", "replications": 20, "seed": 1 }} }}"#
    )
}

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

/// Searches for the knee of a file.
fn knee(text: &str, sets: &[&str], ask: &Ask) -> Knee {
    capacity(&mut topology(text, sets), ask, &ALL, &Nobody).expect("it can be searched")
}

/// Requires that an exact knee lies between what is met and what is missed, and that these
/// are no farther apart than asked, undecided loads aside.
fn contains(what: &str, knee: &Knee, exact: f64) {
    let (Some(met), Some(missed)) = (knee.met, knee.missed) else {
        panic!("{what}: {:?} to {:?}", knee.met, knee.missed);
    };
    println!(
        "{what}: exact {exact:.4}, found {met} to {missed}, undecided {:?}",
        knee.undecided
    );
    assert!(
        met <= exact && exact <= missed,
        "{what}: {met} to {missed}, exact {exact}"
    );
    let mut steps = vec![met];
    steps.extend(knee.undecided.iter());
    steps.push(missed);
    let (first, last) = (steps[1] / met, missed / steps[steps.len() - 2]);
    let most = 1.0 + knee.tolerance + 1e-5;
    assert!(first <= most && last <= most, "{what}: {steps:?}");
}

#[test]
fn the_knee_of_an_mm1_with_a_p99_is_where_its_formula_says() {
    // The sojourn is exponential with rate μ − λ: p99 = −ln 0.01/(μ − λ) = x, so that
    // λ* = μ + ln 0.01/x.
    for (bound_ms, seed) in [(100.0, 1), (200.0, 2)] {
        let exact = 100.0 + 0.01_f64.ln() / (bound_ms / 1e3);
        let text = station(
            "",
            r#""rate": "50/s""#,
            &[&format!("main p99 < {bound_ms}ms")],
        );

        let found = knee(&text, &[&format!("run.seed={seed}")], &Ask::default());

        contains(&format!("M/M/1, p99 < {bound_ms} ms"), &found, exact / 50.0);
        let rate = found.lines[0].met.expect("it is met somewhere");
        assert!((rate - 50.0 * found.met.unwrap()).abs() < 1e-3 * rate);
    }
}

/// The probability that a visit waits at `servers` under so many erlangs: Erlang C.
fn erlang_c(servers: u32, load: f64) -> f64 {
    let b = (1..=servers).fold(1.0, |b, k| load * b / (f64::from(k) + load * b));
    let utilisation = load / f64::from(servers);
    b / (1.0 - utilisation * (1.0 - b))
}

/// Finds where an increasing function is so much.
fn inverse(of: impl Fn(f64) -> f64, value: f64, mut low: f64, mut high: f64) -> f64 {
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if of(middle) < value {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

#[test]
fn the_knee_of_an_mmc_with_a_mean_wait_is_where_erlang_c_says() {
    // E[W] = C/(cμ − λ), with c = 4 and μ = 100/s.
    let wait_ms = |rate: f64| 1e3 * erlang_c(4, rate / 100.0) / (400.0 - rate);
    let exact = inverse(wait_ms, 5.0, 0.0, 399.9);
    let text = station(
        r#""servers": 4,"#,
        r#""rate": "100/s""#,
        &["q waiting mean < 5ms"],
    );

    let found = knee(&text, &[], &Ask::default());

    contains("M/M/4, mean wait < 5 ms", &found, exact / 100.0);
    // The servers are full at cμ = 400/s, four times the load.
    assert_eq!(found.full_at[0].node, "q");
    assert!(
        (found.full_at[0].factor - 4.0).abs() < 1e-3,
        "{:?}",
        found.full_at
    );
    let fullest = found.gives_way.expect("it gives way").fullest;
    let busy = fullest.expect("q has servers").utilisation;
    let missed = found.missed.unwrap() / 4.0;
    assert!((busy.value.unwrap() - missed).abs() <= busy.half_width.unwrap() * 2.0);
}

#[test]
fn the_knee_of_an_mm1k_with_a_share_shed_is_where_its_formula_says() {
    // Four may wait, so K = 5: share shed (1 − ρ)ρᴷ/(1 − ρᴷ⁺¹).
    let shed = |rate: f64| {
        let r = rate / 100.0;
        (1.0 - r) * r.powi(5) / (1.0 - r.powi(6))
    };
    let exact = inverse(shed, 0.05, 1.0, 99.9);
    let text = station(
        r#""waiting_limit": 4,"#,
        r#""rate": "30/s""#,
        &["q shed < 5%"],
    );

    let found = knee(&text, &[], &Ask::default());

    contains("M/M/1/5, shed < 5 %", &found, exact / 30.0);
}

#[test]
fn the_knee_of_a_closed_system_is_a_number_of_clients() {
    // Machine repair: exponential service 10 ms, exponential thinking 100 ms. Mean value
    // analysis: R(N) = S·(1 + Q(N − 1)), Q(N) = N·R/(R + Z).
    let mut queue = 0.0;
    let mut response = Vec::new();
    for clients in 1..=30 {
        let r = 10.0 * (1.0 + queue);
        queue = f64::from(clients) * r / (r + 100.0);
        response.push(r);
    }
    // Half way between the means with 11 and 12 clients.
    let bound = f64::midpoint(response[10], response[11]);
    let text = station(
        "",
        r#""clients": 3, "think": { "exponential": "100ms" }"#,
        &[&format!("main mean < {bound:.4}ms")],
    );

    let found = knee(&text, &[], &Ask::default());

    let line = &found.lines[0];
    assert_eq!(
        (line.met, line.missed),
        (Some(11.0), Some(12.0)),
        "{:?}",
        found.loads
    );
    assert!(found.notes.iter().any(|note| note.contains("closed load")));
}

#[test]
fn what_is_even_gives_way_where_it_is_full() {
    // D/D/1: nobody waits up to 100/s, and everybody beyond.
    let text = r#"{ "nodes": { "q": { "kind": "station", "service_time": "10ms" } },
        "load": [ { "rate": "30/s", "arrivals": "even" } ], "objectives": [ "main p99 < 15ms" ],
        "run": { "horizon": "60s", "warm_up": "5s", "replications": 5 } }"#;

    let found = knee(
        text,
        &[],
        &Ask {
            tolerance: 0.005,
            ..Ask::default()
        },
    );

    contains("D/D/1", &found, 100.0 / 30.0);
    assert!(found.undecided.is_empty());
    let limit = found.gives_way.and_then(|one| one.limit).expect("it grows");
    assert_eq!(
        (limit.node.as_str(), limit.what.as_str()),
        ("q", "unstable")
    );
}

/// A short search.
fn short(objectives: &[&str]) -> String {
    station("", r#""rate": "40/s""#, objectives)
}

/// Settings of a short search.
const SHORT: [&str; 2] = ["run.horizon=40s", "run.replications=5"];

/// Asks for no more than is needed.
fn coarse() -> Ask {
    Ask {
        tolerance: 0.2,
        ..Ask::default()
    }
}

#[test]
fn an_objective_that_no_load_decides_is_left_out_and_named() {
    // A mean of 10 ms of service alone is no less.
    let text = short(&["main mean < 5ms", "main p99 < 200ms"]);

    let found = knee(&text, &SHORT, &coarse());

    contains("p99 < 200 ms", &found, (100.0 + 0.01_f64.ln() / 0.2) / 40.0);
    let roles: Vec<Role> = found.objectives.iter().map(|one| one.role).collect();
    assert_eq!(roles, [Role::MissedAtEveryLoad, Role::GivesWayFirst]);
    let says = |what: &str| found.findings.iter().any(|one| one.contains(what));
    assert!(
        says("`main mean < 5ms` is missed at every load that has a value for it"),
        "{:?}",
        found.findings
    );
    assert!(
        says("`main p99 < 200ms` gives way first"),
        "{:?}",
        found.findings
    );
}

#[test]
fn load_that_is_asked_for_bounds_the_knee_from_below_or_is_said_to_be_too_much() {
    let possible = short(&["main completed > 60/s", "main p99 < 200ms"]);
    let impossible = short(&["main completed > 90/s", "main p99 < 200ms"]);

    let possible = knee(&possible, &SHORT, &coarse());
    let impossible = knee(&impossible, &SHORT, &coarse());

    let exact = (100.0 + 0.01_f64.ln() / 0.2) / 40.0;
    contains("possible", &possible, exact);
    assert!(possible.met.unwrap() * 40.0 > 60.0, "{:?}", possible.met);
    contains("impossible", &impossible, exact);
    assert_eq!(impossible.objectives[0].role, Role::AsksForMoreLoad);
    assert!(
        impossible
            .findings
            .iter()
            .any(|one| one.contains("asks for more load")),
        "{:?}",
        impossible.findings
    );
}

#[test]
fn counts_and_bills_are_objectives_like_others() {
    let counts = station(
        r#""waiting_limit": 9,"#,
        r#""rate": "40/s""#,
        &["q shed = 0"],
    );
    let bill = r#"{ "nodes": { "f": { "kind": "lambda" } }, "load": [ { "rate": "20/s" } ],
        "objectives": [ "cost < $100/month" ], "run": { "horizon": "20s", "replications": 5 } }"#;

    let counts = knee(&counts, &SHORT, &coarse());
    let bill = knee(bill, &[], &coarse());

    assert!(counts.met.is_some() && counts.missed.is_some());
    assert_eq!(
        counts
            .gives_way
            .as_ref()
            .unwrap()
            .limit
            .as_ref()
            .unwrap()
            .what,
        "shed"
    );
    assert!(
        counts
            .notes
            .iter()
            .any(|note| note.contains("all replications together")),
        "{:?}",
        counts.notes
    );
    // The bill is a straight line through nothing.
    let (met, missed) = (bill.met.unwrap(), bill.missed.unwrap());
    let cost = |factor: f64| {
        let load = bill
            .loads
            .iter()
            .find(|load| load.factor == factor)
            .unwrap();
        load.objectives[0].measured.value.unwrap()
    };
    assert!(cost(met) < 100.0 && cost(missed) > 100.0);
    assert!(missed / met <= 1.2 + 1e-6, "{met} to {missed}");
}

#[test]
fn a_search_that_finds_no_end_says_so() {
    let ask = |least, most| Ask {
        least,
        most,
        ..coarse()
    };
    let text = short(&["main p99 < 200ms"]);

    let holds = knee(&text, &SHORT, &ask(None, Some(1.5)));
    let misses = knee(&text, &SHORT, &ask(Some(4.0), Some(8.0)));

    assert_eq!((holds.met, holds.missed), (Some(1.5), None));
    assert!(
        holds.notes.iter().any(|note| note.contains("`--most`")),
        "{:?}",
        holds.notes
    );
    // Missed down to the least load, which is the only one: it may be met below.
    assert_eq!((misses.met, misses.missed), (None, Some(4.0)));
    assert_eq!(misses.objectives[0].role, Role::GivesWayFirst);
    assert_eq!(misses.loads[0].verdict, Verdict::Missed);
    assert!(
        misses.notes.iter().any(|note| note.contains("`--least`")),
        "{:?}",
        misses.notes
    );
}

#[test]
fn a_bill_that_is_too_high_at_the_least_load_is_met_below_it() {
    // A straight line through nothing: $20.3 at 1x, so $0.1 at 1/203x.
    let bill = r#"{ "nodes": { "f": { "kind": "lambda" } }, "load": [ { "rate": "20/s" } ],
        "objectives": [ "cost < $0.1/month" ], "run": { "horizon": "20s", "replications": 5 } }"#;

    let found = knee(bill, &[], &coarse());

    assert_eq!((found.met, found.missed), (None, Some(found.least)));
    assert_eq!(found.objectives[0].role, Role::GivesWayFirst);
    assert!(
        found.notes.iter().any(|note| note.contains("`--least`")),
        "{:?}",
        found.notes
    );
}

#[test]
fn an_objective_that_no_load_decides_has_no_knee_and_every_load_misses_it() {
    // Nobody waits at eight servers: p99 is that of the service, 46 ms. Below 0.25x it has too
    // few samples to say so.
    let text = r#"{ "nodes": { "q": { "kind": "station", "servers": 8, "service_time": { "exponential": "10ms" } } },
        "load": [ { "rate": "100/s" } ], "objectives": [ "main p99 < 40ms" ],
        "run": { "horizon": "60s", "warm_up": "5s", "replications": 10 } }"#;

    let found = knee(text, &[], &Ask::default());

    assert_eq!((found.met, found.missed), (None, None), "{:?}", found.loads);
    assert_eq!(found.objectives[0].role, Role::MissedAtEveryLoad);
    // All are left out, so that all are judged.
    let verdicts: Vec<Verdict> = found.loads.iter().map(|load| load.verdict).collect();
    assert!(!verdicts.contains(&Verdict::Met), "{verdicts:?}");
    assert_eq!(verdicts.last(), Some(&Verdict::Missed));
    let lowest = found
        .findings
        .iter()
        .find(|one| one.contains("at every load"));
    assert!(lowest.is_some_and(|one| one.contains("at 0.25x") && !one.contains("too few")));
}

#[test]
fn a_load_at_which_every_request_times_out_is_beyond_the_knee() {
    // M/M/1 that is called with a time-out of 100 ms: beyond 100/s, which is 2x, its line grows
    // without end, and nothing completes of which a p99 could be measured.
    let text = r#"{ "nodes": { "a": { "kind": "station", "servers": "unlimited", "service_time": "1ms" },
                   "q": { "kind": "station", "service_time": { "exponential": "10ms" } } },
        "links": [ { "from": "a", "to": "q", "timeout": "100ms" } ],
        "load": [ { "rate": "50/s" } ], "objectives": [ "main p99 < 150ms" ],
        "run": { "horizon": "60s", "replications": 5 } }"#;

    let found = knee(text, &[], &coarse());

    let (Some(met), Some(missed)) = (found.met, found.missed) else {
        panic!("{:?}", found.loads);
    };
    assert!(
        met >= 1.0 && met < missed && missed <= 2.0,
        "{met} to {missed}"
    );
    let at_two = found.loads.iter().find(|load| load.factor == 2.0);
    assert_eq!(at_two.map(|load| load.verdict), Some(Verdict::Missed));
    assert_eq!(found.objectives[0].role, Role::GivesWayFirst);
}

#[test]
fn a_load_that_cannot_be_simulated_ends_the_search_with_what_was_found() {
    // Every visit calls its own station again with even odds. From 30x on 30 servers are less
    // than what is offered to them, so that all of them soon wait for each other.
    let circle = r#"{ "nodes": { "a": { "kind": "station", "servers": 30, "waiting_limit": 0, "when_full": "block" } },
        "links": [ "a -> a" ],
        "flows": { "main": { "enter": "a", "at": { "a": [ { "compute": { "exponential": "10ms" } },
            { "choose": [ { "weight": 1, "do": [ { "call": "a" } ] }, { "weight": 1, "do": [] } ] } ] } } },
        "load": [ { "rate": "50/s" } ], "objectives": [ "main p99 < 10s" ],
        "run": { "horizon": "20s", "warm_up": "0s", "replications": 5 } }"#;
    let ask = Ask {
        least: Some(1.0),
        most: Some(64.0),
        ..coarse()
    };

    let found = knee(circle, &[], &ask);

    let stopped = found.stopped.expect("servers are kept in a circle");
    assert!(stopped.why.contains("full of visits"), "{}", stopped.why);
    assert_eq!(
        (found.met, found.missed, stopped.factor),
        (Some(16.0), None, 32.0)
    );
}

#[test]
fn times_between_arrivals_of_less_than_some_nanoseconds_are_not_tried() {
    let fine = r#"{ "nodes": { "q": { "kind": "station", "servers": 4, "service_time": "1ns" } },
        "load": [ { "every": "1us" } ], "objectives": [ "main p99 < 1s" ],
        "run": { "horizon": "1ms", "replications": 5, "warm_up": "0s" } }"#;

    let fine = knee(fine, &[], &coarse());

    assert_eq!((fine.met, fine.missed, fine.most), (Some(10.0), None, 10.0));
    assert!(
        fine.notes
            .iter()
            .any(|note| note.contains("whole nanoseconds")),
        "{:?}",
        fine.notes
    );
}

#[test]
fn a_load_that_is_undecided_is_not_called_met() {
    // Two per cent shed is the knee itself at 1x: no number of replications decides that.
    let shed = |r: f64| (1.0 - r) * r.powi(5) / (1.0 - r.powi(6));
    let rate = 100.0 * inverse(shed, 0.02, 0.01, 0.999);
    let text = station(
        r#""waiting_limit": 4,"#,
        &format!(r#""rate": "{rate}/s""#),
        &["q shed < 2%"],
    );

    let found = knee(
        &text,
        &["run.horizon=30s", "run.replications=5"],
        &Ask::default(),
    );

    contains("at the knee", &found, 1.0);
    let itself = found.loads.iter().find(|load| load.factor == 1.0).unwrap();
    assert_eq!(itself.verdict, Verdict::Undecided);
    assert_eq!(itself.replications, 50);
    assert!(found.undecided.contains(&1.0), "{:?}", found.undecided);
}

#[test]
fn one_line_is_scaled_while_the_others_stay() {
    let text = r#"{ "nodes": { "q": { "kind": "station", "service_time": { "exponential": "10ms" } } },
        "flows": { "read": { "enter": "q" }, "write": { "enter": "q" } },
        "load": [ { "flow": "read", "rate": "30/s" }, { "flow": "write", "rate": "20/s" },
                  { "flow": "write", "name": "old", "trace": { "times": [ "1s" ] } } ],
        "objectives": [ "read p99 < 200ms" ],
        "run": { "horizon": "60s", "warm_up": "5s", "replications": 10 } }"#;
    let ask = Ask {
        lines: vec!["read".to_owned()],
        tolerance: 0.05,
        ..Ask::default()
    };

    let found = knee(text, &[], &ask);

    // Both share the station: 20/s stay, and the rest of λ* is the reads'.
    let exact = (100.0 + 0.01_f64.ln() / 0.2 - 20.0) / 30.0;
    contains("reads", &found, exact);
    let scaled: Vec<bool> = found.lines.iter().map(|line| line.scaled).collect();
    assert_eq!(scaled, [true, false, false]);
    assert_eq!(found.lines[1].met, None);
    // By arithmetic 30·f + 20 = 100.
    assert!(
        (found.full_at[0].factor - 80.0 / 30.0).abs() < 1e-2,
        "{:?}",
        found.full_at
    );
}

#[test]
fn a_search_leaves_the_load_as_it_was_and_what_cannot_be_searched_is_named() {
    let text = short(&["main p99 < 200ms"]);
    let mut design = topology(&text, &SHORT);
    let ask = |lines: &[&str]| Ask {
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        ..coarse()
    };
    let search = |sets: &[&str], ask: &Ask| {
        let mut design = topology(&text, sets);
        capacity(&mut design, ask, &ALL, &Nobody).expect_err("it cannot be searched")
    };

    let none = search(&["objectives=[]"], &coarse());
    let few = search(&["run.replications=4"], &coarse());
    let unknown = search(&SHORT, &ask(&["man"]));
    let trace = search(&[r#"load=[{"trace":{"times":["1s"]}}]"#], &coarse());
    let named = search(&[r#"load=[{"trace":{"times":["1s"]}}]"#], &ask(&["main"]));
    let bounds = search(
        &SHORT,
        &Ask {
            least: Some(4.0),
            most: Some(2.0),
            ..coarse()
        },
    );
    capacity(&mut design, &coarse(), &ALL, &Nobody).expect("it can be searched");

    assert!(matches!(none, Unsearched::NoObjectives));
    assert!(matches!(few, Unsearched::TooFew(4)));
    assert!(matches!(unknown, Unsearched::NoLine(name) if name == "man"));
    assert!(matches!(trace, Unsearched::Recorded(None)));
    assert!(matches!(named, Unsearched::Recorded(Some(name)) if name == "main"));
    assert!(matches!(bounds, Unsearched::Bounds(least, most) if (least, most) == (4.0, 2.0)));
    assert_eq!(design.load[0].amount().expect("a rate").0, 40.0);
}

#[test]
fn threads_do_not_change_a_knee() {
    let text = short(&["main p99 < 200ms", "q utilisation < 70%"]);
    let bytes = |threads| {
        let settings = Settings {
            threads,
            precision: None,
        };
        let mut design = topology(&text, &SHORT);
        capacity(&mut design, &coarse(), &settings, &Nobody)
            .expect("it can be searched")
            .to_json()
    };

    assert!(
        bytes(1) == bytes(8),
        "eight threads find another knee than one"
    );
}

/// Stops in the stage of this number.
struct Impatient {
    at: u32,
    stages: AtomicU32,
    stop: AtomicBool,
}

impl Impatient {
    fn at(at: u32) -> Impatient {
        Impatient {
            at,
            stages: AtomicU32::new(0),
            stop: AtomicBool::new(false),
        }
    }
}

impl Observer for Impatient {
    fn bin_closed(&self, _: u32, _: SimTime) {
        if self.stages.load(Ordering::Relaxed) == self.at {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    fn stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl Watcher for Impatient {
    fn stage(&self, _: Range<u32>, _: SimTime) {
        self.stages.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn an_interrupted_search_keeps_the_loads_that_were_judged() {
    let text = short(&["main p99 < 200ms"]);
    let stopped = |at| {
        let mut design = topology(&text, &SHORT);
        capacity(&mut design, &coarse(), &ALL, &Impatient::at(at))
    };

    let first = stopped(1);
    // Two looks at the first load.
    let later = stopped(3).expect("one load was judged");

    assert!(matches!(first, Err(Unsearched::Load(_))), "{first:?}");
    assert!(later.interrupted);
    assert_eq!(later.loads.len(), 1);
    assert_eq!(later.loads[0].factor, 1.0);
    assert!(
        later.notes[0].starts_with("interrupted: 1 load had been judged"),
        "{:?}",
        later.notes
    );
}

/// Searches a short design from standard input.
fn searched(options: &[&str]) -> Ended {
    let text = short(&["main p99 < 200ms", "q utilisation < 95%"]);
    let fixed = ["capacity", "-", "--horizon", "40s", "--replications", "5"];
    with_input(&[&fixed, options].concat(), &text)
}

#[test]
fn the_text_says_where_the_knee_is_and_what_gives_way_first() {
    let ended = searched(&["--tolerance", "10%"]);

    assert_eq!(ended.status, 0, "{}", ended.stderr);
    assert_eq!(ended.stderr, "");
    let text = &ended.stdout;
    assert!(text.starts_with("stdin: the knee lies between "), "{text}");
    assert!(
        text.contains("\n`main p99 < 200ms` gives way first: "),
        "{text}"
    );
    assert!(text.contains("\n`q` is the fullest node: "), "{text}");
    assert!(text.contains("full are: `q` (servers) at 2.5x"), "{text}");
    assert!(text.contains("\nOBJECTIVE "), "{text}");
    assert!(text.contains("\nLOAD "), "{text}");
    let wide = text.lines().find(|line| line.chars().count() > 100);
    assert_eq!(wide, None);
}

#[test]
fn every_form_of_a_knee_is_printed() {
    let json = searched(&["--tolerance", "10%", "--output", "json"]).stdout;
    let csv = searched(&["--tolerance", "10%", "--output", "csv"]).stdout;
    let md = searched(&["--tolerance", "10%", "--output", "md"]).stdout;

    let knee: Knee = serde_json::from_str(&json).expect("it is a knee");
    assert_eq!((knee.schema, knee.digest.len()), (1, 64));
    assert_eq!(knee.to_json(), json);
    assert_eq!(knee.tolerance, 0.1);
    assert!(csv.starts_with("factor,amount,unit,verdict,"), "{csv}");
    assert_eq!(csv.lines().count(), 1 + 2 * knee.loads.len(), "{csv}");
    assert!(
        md.contains("\n| load | /s | verdict | main p99 &lt; 200ms | "),
        "{md}"
    );
}

#[test]
fn a_search_that_cannot_be_made_exits_2_and_says_what_to_write() {
    let with =
        |text: &str, options: &[&str]| with_input(&[&["capacity", "-"], options].concat(), text);
    let bare = r#"{ "nodes": { "q": { "kind": "station" } }, "load": [ { "rate": "9/s" } ] }"#;
    let sound = short(&["main p99 < 200ms"]);

    for (ended, expected, help) in [
        (
            with(bare, &[]),
            "`stdin` has no objectives",
            "main p99 < 200ms",
        ),
        (
            with(&sound, &["--line", "man"]),
            "there is no load line `man`",
            "did you mean `main`?",
        ),
        (
            with(&sound, &["--replications", "3"]),
            "at least, got 3",
            "--replications 10",
        ),
        (
            with(&sound, &["--least", "4", "--most", "2"]),
            "got 4 and 2 times",
            "--least 0.5",
        ),
        (with(&sound, &["--most", "0"]), "it must be more than 0", ""),
        (
            with(&sound, &["--tolerance", "200%"]),
            "it must lie between 0 and 1",
            "",
        ),
        (
            with(&sound, &["--set", r#"load=[{"trace":{"times":["1s"]}}]"#]),
            "all load lines are traces",
            "`rate`",
        ),
    ] {
        assert_eq!(ended.status, 2, "{}", ended.stderr);
        assert_eq!(ended.stdout, "");
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
        assert!(ended.stderr.contains(help), "{}", ended.stderr);
    }
    let shipped = kneepoint(&["capacity", "single-servr"]);
    assert_eq!(shipped.status, 2);
}
