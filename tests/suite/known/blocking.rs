//! Blocking after service: tandems with a finite buffer, against exact chains.
//!
//! Cases are ours: the validation list has none. Shapes: a saturated first station
//! (closed form, Hunt 1956), and a lossy first station in front of several servers
//! (stationary distribution of its chain).

use super::harness::{ended, prepare, run};
use crate::support::with_input;
use kneepoint::engine;
use kneepoint::metrics::estimate::{self, Estimate};
use kneepoint::model::Outcome;

/// Student's t at 99.9 % for 19 degrees of freedom over that at 95 %: the interval of an
/// estimate over 20 replications holds its exact value in all but one of a thousand runs.
const WIDER: f64 = 3.883 / 2.093;

/// Requires the exact value inside the 99.9 % interval, which is narrow enough to tell.
#[track_caller]
fn agrees(id: &str, found: Estimate, exact: f64) {
    let (value, half_width) = (found.value.unwrap(), found.half_width.unwrap());
    println!("known {id:<44} expected {exact:>14.6} found {value:>14.6} ± {half_width:.6}");
    assert!(
        (value - exact).abs() <= WIDER * half_width,
        "{id}: expected {exact}, found {value} ± {half_width}"
    );
    assert!(
        half_width <= 0.03 * exact,
        "{id}: ± {half_width} of {exact} is too wide"
    );
}

/// Two stations in tandem, the first of which loses what finds its line full.
struct Tandem {
    rate: f64,
    first: (usize, usize, f64),
    second: (usize, usize, f64),
}

/// What is known of it.
struct Exact {
    shed: f64,
    throughput: f64,
    blocked: f64,
    busy: f64,
    waiting: [f64; 2],
}

impl Tandem {
    /// Solves the chain of (inside the first, of these blocked, inside the second) by
    /// Gauss and Seidel: π(s) = Σ π(s') q(s', s) / q(s).
    fn exact(&self) -> Exact {
        let Tandem {
            rate,
            first: (c1, line1, mu1),
            second: (c2, line2, mu2),
        } = *self;
        let (most1, most2) = (c1 + line1, c2 + line2);
        let mut states = Vec::new();
        for n1 in 0..=most1 {
            for blocked in 0..=n1.min(c1) {
                for n2 in 0..=most2 {
                    if blocked == 0 || n2 == most2 {
                        states.push((n1, blocked, n2));
                    }
                }
            }
        }
        let at = |state| states.iter().position(|known| *known == state).unwrap();
        let mut into: Vec<Vec<(usize, f64)>> = vec![Vec::new(); states.len()];
        let mut out = vec![0.0; states.len()];
        for (from, &(n1, blocked, n2)) in states.iter().enumerate() {
            let mut go = |state, rate: f64| {
                into[at(state)].push((from, rate));
                out[from] += rate;
            };
            if n1 < most1 {
                go((n1 + 1, blocked, n2), rate);
            }
            let works = (n1 - blocked).min(c1 - blocked) as f64;
            if works > 0.0 && n2 < most2 {
                go((n1 - 1, 0, n2 + 1), works * mu1);
            } else if works > 0.0 {
                go((n1, blocked + 1, n2), works * mu1);
            }
            let serves = n2.min(c2) as f64;
            if serves > 0.0 && blocked > 0 {
                go((n1 - 1, blocked - 1, n2), serves * mu2);
            } else if serves > 0.0 {
                go((n1, 0, n2 - 1), serves * mu2);
            }
        }
        let mut share = vec![1.0 / states.len() as f64; states.len()];
        for _ in 0..20_000 {
            for state in 0..states.len() {
                let flow: f64 = into[state].iter().map(|(from, q)| share[*from] * q).sum();
                share[state] = flow / out[state];
            }
            let total: f64 = share.iter().sum();
            share.iter_mut().for_each(|one| *one /= total);
        }
        let mean = |of: &dyn Fn((usize, usize, usize)) -> f64| -> f64 {
            share
                .iter()
                .zip(&states)
                .map(|(p, state)| p * of(*state))
                .sum()
        };
        let shed = mean(&|(n1, _, _)| f64::from(u8::from(n1 == most1)));
        Exact {
            shed,
            throughput: rate * (1.0 - shed),
            blocked: mean(&|(_, blocked, _)| blocked as f64),
            busy: mean(&|(n1, _, _)| n1.min(c1) as f64),
            waiting: [
                mean(&|(n1, _, _)| n1.saturating_sub(c1) as f64),
                mean(&|(_, _, n2)| n2.saturating_sub(c2) as f64),
            ],
        }
    }

    fn text(&self, between: &str, link: &str) -> String {
        let station = |(servers, line, rate): (usize, usize, f64), when_full: &str| {
            format!(
                r#"{{ "kind": "station", "servers": {servers}, "waiting_limit": {line},
                     "when_full": "{when_full}", "service_time": {{ "exponential": "{}ms" }} }}"#,
                1000.0 / rate
            )
        };
        format!(
            r#"{{ "nodes": {{ "a": {}, "b": {} {between} }}, "links": [ {link} ],
                 "load": [ {{ "rate": "{}/s" }} ],
                 "run": {{ "horizon": "660s", "warm_up": "60s", "replications": 20 }} }}"#,
            station(self.first, "shed"),
            station(self.second, "block"),
            self.rate
        )
    }
}

fn check(name: &str, tandem: &Tandem, between: &str, link: &str) {
    let exact = tandem.exact();

    let run = run(&tandem.text(between, link));

    let shed = run.node_share("a", |slice| ended(slice, Outcome::Shed));
    agrees(&format!("{name}.shed"), shed, exact.shed);
    let throughput = run.node_rate("b", |slice| ended(slice, Outcome::Completed));
    agrees(&format!("{name}.throughput"), throughput, exact.throughput);
    let blocked = run.node_average("a", |slice| slice.blocked_area);
    agrees(&format!("{name}.blocked"), blocked, exact.blocked);
    let busy = run.node_average("a", |slice| slice.busy_area);
    agrees(&format!("{name}.busy"), busy, exact.busy);
    for (node, waiting) in [("a", exact.waiting[0]), ("b", exact.waiting[1])] {
        let found = run.node_average(node, |slice| slice.waiting_area);
        agrees(&format!("{name}.waiting_{node}"), found, waiting);
    }
    let most = run
        .recordings
        .iter()
        .map(|one| one.nodes[run.node("b")].waiting_max);
    assert_eq!(
        most.max(),
        Some(tandem.second.1 as u64),
        "the line is bounded"
    );
}

#[test]
fn tandem_with_a_buffer_of_one_agrees_with_its_chain() {
    let tandem = Tandem {
        rate: 60.0,
        first: (1, 4, 100.0),
        second: (1, 1, 80.0),
    };

    check("blocking.1+1", &tandem, "", r#""a -> b""#);
}

#[test]
fn tandem_of_several_servers_agrees_with_its_chain() {
    let tandem = Tandem {
        rate: 150.0,
        first: (3, 3, 70.0),
        second: (2, 2, 75.0),
    };

    check("blocking.3+2", &tandem, "", r#""a -> b""#);
}

#[test]
fn a_server_is_kept_across_a_balancer() {
    let tandem = Tandem {
        rate: 60.0,
        first: (1, 4, 100.0),
        second: (1, 0, 80.0),
    };
    let balancer = r#", "lb": { "kind": "balancer" }"#;

    check("blocking.balancer", &tandem, balancer, r#""a -> lb -> b""#);
}

/// A first station that always has work: with room for m before the second, service and
/// line, a birth and death chain over 0 … m + 1 (the last: blocked) of rates μ₁ and μ₂,
/// so that for equal rates the throughput is μ (m + 1)/(m + 2).
#[test]
fn saturated_tandem_has_the_throughput_of_hunt() {
    for (line, expected) in [(0, 2.0 / 3.0), (1, 0.75), (4, 6.0 / 7.0)] {
        let text = format!(
            r#"{{ "nodes": {{
                    "a": {{ "kind": "station", "service_time": {{ "exponential": "10ms" }} }},
                    "b": {{ "kind": "station", "service_time": {{ "exponential": "10ms" }},
                            "waiting_limit": {line}, "when_full": "block" }} }},
                 "links": [ "a -> b" ], "load": [ {{ "clients": 30 }} ],
                 "run": {{ "horizon": "220s", "warm_up": "20s", "replications": 20 }} }}"#
        );

        let run = run(&text);

        let id = format!("blocking.hunt_{line}");
        let throughput = run.node_rate("b", |slice| ended(slice, Outcome::Completed));
        agrees(&id, throughput, 100.0 * expected);
        // The server of `a` works for every visit, and is blocked the rest of the time.
        let blocked = run.node_average("a", |slice| slice.blocked_area);
        agrees(&format!("{id}_blocked"), blocked, 1.0 - expected);
    }
}

/// `a` goes to `b` or straight on; what goes straight on frees its server at once, so that
/// `a` serves at its full rate when nothing goes to `b`.
#[test]
fn a_branch_that_does_not_call_gives_the_server_back() {
    let text = |weight: f64| {
        format!(
            r#"{{ "nodes": {{
                    "a": {{ "kind": "station" }},
                    "b": {{ "kind": "station", "waiting_limit": 0, "when_full": "block" }},
                    "far": {{ "kind": "delay", "time": "1s" }} }},
                 "links": [ "a -> b", "a -> far" ],
                 "flows": {{ "main": {{ "enter": "a", "at": {{
                    "a": [ {{ "compute": "10ms" }}, {{ "choose": [
                        {{ "weight": {weight}, "do": [ {{ "call": "b" }} ] }},
                        {{ "weight": 1, "do": [ {{ "call": "far" }} ] }} ] }} ],
                    "b": [ {{ "compute": "1s" }} ] }} }} }},
                 "load": [ {{ "rate": "50/s", "arrivals": "even" }} ],
                 "run": {{ "horizon": "20s", "warm_up": "0s", "replications": 1 }} }}"#
        )
    };
    let busy = |weight| {
        let run = run(&text(weight));
        estimate::mean(&run.of_node("a", |slice| slice.busy_area as f64))
            .value
            .unwrap()
            / 2e10
    };

    let (none, all) = (busy(0.0), busy(1e12));

    assert!(
        (none - 0.5).abs() < 0.01,
        "half of the time at work: {none}"
    );
    assert!(all > 0.99, "blocked from the second visit on: {all}");
}

#[test]
fn a_time_out_gives_the_server_back() {
    let text = r#"{ "nodes": {
            "a": { "kind": "station", "service_time": "10ms" },
            "b": { "kind": "station", "service_time": "10s", "waiting_limit": 0, "when_full": "block" } },
        "links": [ { "from": "a", "to": "b", "timeout": "90ms" } ],
        "load": [ { "every": "100ms" } ],
        "run": { "horizon": "10s", "warm_up": "0s", "replications": 5 } }"#;

    let run = run(text);

    // The first has `b` for itself, all later ones stand before it: 10 ms at work and 90 ms
    // blocked, which is all of the server's time.
    let timed_out = run.of_flow("main", |slice| slice.tally.of(Outcome::TimedOut) as f64);
    assert_eq!(timed_out, vec![100.0; 5], "every caller gives up");
    let blocked = run.of_node("a", |slice| slice.blocked_area as f64 / 1e9);
    assert!(
        blocked.iter().all(|seconds| (seconds - 8.91).abs() < 1e-6),
        "{blocked:?}"
    );
    let waited = run.of_node("b", |slice| slice.waiting_area as f64);
    assert_eq!(waited, vec![0.0; 5], "before a line is not in it");
}

fn deadlock_of(text: &str) -> String {
    let (model, plan, _) = prepare(text);
    engine::run(&model, &plan, 0..1, 1, &engine::Nobody)
        .map(|_| ())
        .expect_err("the servers are kept in a circle")
}

#[test]
fn a_circle_of_full_stations_is_named() {
    let station = r#"{ "kind": "station", "waiting_limit": 1, "when_full": "block" }"#;
    let text = format!(
        r#"{{ "nodes": {{ "a": {station}, "b": {station}, "c": {{ "kind": "delay", "time": "1ms" }} }},
             "links": [ "a -> b", "b -> a", "a -> c" ],
             "flows": {{ "main": {{ "enter": "a", "at": {{
                "a": [ {{ "compute": {{ "exponential": "10ms" }} }},
                       {{ "choose": [ {{ "weight": 0.9, "do": [ {{ "call": "b" }} ] }},
                                      {{ "weight": 0.1, "do": [ {{ "call": "c" }} ] }} ] }} ],
                "b": [ {{ "compute": {{ "exponential": "10ms" }} }}, {{ "call": "a" }} ] }} }} }},
             "load": [ {{ "clients": 10 }} ], "run": {{ "horizon": "60s", "warm_up": "0s" }} }}"#
    );

    let why = deadlock_of(&text);

    assert!(
        why.starts_with("nodes `a`, `b` are full of visits"),
        "{why}"
    );
    let ran = with_input(&["run", "-"], &text);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("nodes `a`, `b` are full"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_station_that_waits_for_itself_is_named() {
    let text = r#"{ "nodes": { "a": { "kind": "station", "waiting_limit": 0, "when_full": "block" } },
        "links": [ "a -> a" ],
        "flows": { "main": { "enter": "a", "at": { "a": [ { "compute": "10ms" }, { "call": "a" } ] } } },
        "load": [ { "rate": "1/s" } ], "run": { "horizon": "60s", "warm_up": "0s" } }"#;

    let why = deadlock_of(text);

    assert!(why.starts_with("node `a` is full of visits"), "{why}");
}

/// The same circle with a time-out on it goes on for ever.
#[test]
fn a_circle_with_a_time_out_goes_on() {
    let station = r#"{ "kind": "station", "waiting_limit": 1, "when_full": "block" }"#;
    let text = format!(
        r#"{{ "nodes": {{ "a": {station}, "b": {station} }},
             "links": [ "a -> b", {{ "from": "b", "to": "a", "timeout": "50ms" }} ],
             "flows": {{ "main": {{ "enter": "a", "at": {{
                "a": [ {{ "compute": {{ "exponential": "10ms" }} }},
                       {{ "choose": [ {{ "weight": 0.5, "do": [ {{ "call": "b" }} ] }},
                                      {{ "weight": 0.5, "do": [] }} ] }} ],
                "b": [ {{ "compute": {{ "exponential": "10ms" }} }}, {{ "call": "a" }} ] }} }} }},
             "load": [ {{ "clients": 10 }} ],
             "run": {{ "horizon": "60s", "warm_up": "0s", "replications": 5 }} }}"#
    );

    let run = run(&text);

    let ended = run.of_flow("main", |slice| slice.tally.of(Outcome::Completed) as f64);
    assert!(
        ended.iter().all(|completed| *completed > 100.0),
        "{ended:?}"
    );
}

/// Served from 0 to 150 ms and from then to 300 ms; the third stands before the line until
/// its caller, at 220 ms, has had enough.
#[test]
fn who_is_not_needed_any_more_leaves_its_place_before_the_line() {
    let text = |cancel: bool| {
        format!(
            r#"{{ "nodes": {{
                    "a": {{ "kind": "station", "servers": 3, "service_time": "1ns" }},
                    "b": {{ "kind": "station", "service_time": "150ms", "waiting_limit": 0, "when_full": "block" }} }},
                 "links": [ {{ "from": "a", "to": "b", "timeout": "200ms", "cancel": {cancel} }} ],
                 "load": [ {{ "trace": {{ "times": [ "0ms", "10ms", "20ms" ] }} }} ],
                 "run": {{ "horizon": "10s", "warm_up": "0s", "replications": 1 }} }}"#
        )
    };
    let served = |cancel| {
        let run = run(&text(cancel));
        run.of_node("b", |slice| slice.tally.of(Outcome::Completed) as f64)
    };

    assert_eq!((served(false), served(true)), (vec![3.0], vec![2.0]));
}
