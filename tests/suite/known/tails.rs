//! Where the slowest requests spend their time, against closed forms and to the nanosecond.

use super::harness::{prepare, within};
use kneepoint::metrics::estimate;
use kneepoint::metrics::followed::{FollowedRecord, Spent};
use kneepoint::metrics::recording::Recording;
use kneepoint::model::{Following, Model, Plan};
use kneepoint::report::{Analysis, Input, TailNode, tail};
use kneepoint::topology::{LoadRequest, Topology, load};
use kneepoint::{compile, diagnostic, engine};

/// A run of which every request was followed.
struct Followed {
    topology: Topology,
    model: Model,
    plan: Plan,
    recordings: Vec<Recording>,
}

impl Followed {
    fn of(text: &str) -> Followed {
        let topology = match load(&LoadRequest::new(text, "case.json")) {
            Ok((topology, _)) => topology,
            Err(found) => panic!("{}", diagnostic::render(&found, "case.json", text, false)),
        };
        let model = compile::compile(&topology).expect("it compiles");
        let mut plan = compile::plan(&topology);
        plan.following = Following {
            replications: u32::MAX,
            requests: u32::MAX,
        };
        let replications = 0..topology.run.replications;
        let recordings = engine::run(&model, &plan, replications, 2, &engine::Nobody);
        Followed {
            topology,
            model,
            plan,
            recordings: recordings.expect("the run ends"),
        }
    }

    /// Where the slowest requests of some replications spent their time.
    fn tail_of(&self, recordings: &[Recording]) -> Vec<TailNode> {
        let input = Input {
            topology: &self.topology,
            model: &self.model,
            plan: &self.plan,
            recordings,
            cut: self.plan.slices.len() - 1,
            analysis: Analysis::Steady,
            unstable_flows: vec![false; self.model.flows.len()],
            unstable_nodes: vec![false; self.model.nodes.len()],
            growth_per_s: Vec::new(),
            interrupted: false,
            assumptions: Vec::new(),
            warnings: Vec::new(),
        };
        tail(&input).remove("main").expect("a tail")
    }

    /// Estimates a share of the tail by those of the replications.
    fn share(&self, name: &str, share: impl Fn(&TailNode) -> f64) -> estimate::Estimate {
        let each = self.recordings.iter().map(|recording| {
            let tail = self.tail_of(std::slice::from_ref(recording));
            share(tail.iter().find(|one| one.node == name).expect("the node"))
        });
        estimate::mean(&each.collect::<Vec<f64>>())
    }

    fn requests(&self) -> impl Iterator<Item = &FollowedRecord> {
        self.recordings.iter().flat_map(|one| &one.followed)
    }

    /// Returns what passed a request, by the names of nodes.
    fn spent<'f>(&'f self, one: &'f FollowedRecord) -> Vec<(&'f str, Spent, u64)> {
        let name = |node: u32| self.model.nodes[node as usize].name.as_str();
        let all = one.stretches.iter();
        let mut all: Vec<_> = all.map(|one| (name(one.node), one.spent, one.ns)).collect();
        all.sort_unstable();
        all
    }

    /// Requires that requests have one of these pasts, given in microseconds.
    #[track_caller]
    fn are(&self, expected: &[&[(&str, Spent, u64)]]) {
        let expected: Vec<Vec<(&str, Spent, u64)>> = expected
            .iter()
            .map(|one| {
                let all = one.iter();
                let mut all: Vec<_> = all.map(|one| (one.0, one.1, one.2 * 1000)).collect();
                all.sort_unstable();
                all
            })
            .collect();
        let mut seen = vec![0; expected.len()];
        for one in self.requests() {
            let found = self.spent(one);
            match expected.iter().position(|past| *past == found) {
                Some(place) => seen[place] += 1,
                None => panic!("{found:?} is none of {expected:?}"),
            }
        }
        assert!(
            seen.iter().all(|count| *count > 10),
            "of {expected:?} there are {seen:?}"
        );
    }
}

const WAITING: Spent = Spent::Waiting;
const SERVICE: Spent = Spent::Service;
const NETWORK: Spent = Spent::Network;
const RETRY: Spent = Spent::Retry;
const THROTTLE: Spent = Spent::Throttle;

/// M/M/1, first come, first served: T = W + S, with W independent of S. Of requests with T > t,
/// E\[S\] = 1/λ − e^(−λt)·(1/λ − 1/μ), and E\[T\] = t + 1/(μ − λ).
///
/// SOURCE: P(W > x) = ρ·e^(−(μ−λ)x), integrated against the law of S.
#[test]
fn the_slowest_of_one_server_are_served_for_longer_too() {
    let run = Followed::of(
        r#"{ "nodes": { "s": { "kind": "station", "service_time": { "exponential": "1ms" } } },
             "load": [ { "rate": "300/s" } ],
             "run": { "horizon": "300s", "warm_up": "1s", "replications": 10 } }"#,
    );
    let (arrivals, services) = (0.3, 1.0);
    let t = 100f64.ln() / (services - arrivals);
    let served = 1.0 / arrivals - (-arrivals * t).exp() * (1.0 / arrivals - 1.0 / services);
    let expected = served / (t + 1.0 / (services - arrivals));

    let service = run.share("s", |one| one.service_share);
    let waiting = run.share("s", |one| one.waiting_share);

    // The mean service of all requests would be an eighth of that time.
    within("tail.mm1.service", service, expected, 0.02);
    within("tail.mm1.waiting", waiting, 1.0 - expected, 0.02);
}

/// Two of them in a row: their sojourns T₁ and T₂ are independent and exponential with
/// a = μ₁ − λ and b = μ₂ − λ (Burke 1956, Reich 1957), so that of requests with T₁ + T₂ > t
/// E\[T₁\] follows from ∫x·a·e^(−ax)·P(T₂ > t − x) dx.
#[test]
fn the_slower_of_two_stations_has_more_of_the_tail_and_links_have_theirs() {
    let run = Followed::of(
        r#"{ "nodes": { "first": { "kind": "station", "io": "async" },
                        "second": { "kind": "station", "service_time": { "exponential": "1500us" } } },
             "links": [ { "from": "client", "to": "first", "latency": "2ms" },
                        { "from": "first", "to": "second", "latency": "250us" } ],
             "flows": { "main": { "enter": "first", "at": { "first": [ { "compute": { "exponential": "1ms" } }, { "call": "second" } ] } } },
             "load": [ { "rate": "400/s" } ],
             "run": { "horizon": "200s", "warm_up": "1s", "replications": 10 } }"#,
    );
    let (a, b) = (1.0 - 0.4, 1.0 / 1.5 - 0.4);
    let beyond = |t: f64| (a * (-b * t).exp() - b * (-a * t).exp()) / (a - b);
    let (mut low, mut high) = (0.0, 200.0);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if beyond(middle) > 0.01 {
            low = middle;
        } else {
            high = middle;
        }
    }
    let t = low;
    let d = a - b;
    let first = a * (-b * t).exp() * (1.0 - (-d * t).exp() * (1.0 + d * t)) / (d * d)
        + (-a * t).exp() * (t + 1.0 / a);
    let both = {
        // E[T₁ + T₂; T₁ + T₂ > t], by the density a·b/(a−b)·(e^(−bx) − e^(−ax)).
        let tail = |rate: f64| (-rate * t).exp() * (t / rate + 1.0 / (rate * rate));
        a * b / d * (tail(b) - tail(a))
    };
    let all = both / 0.01 + 4.5;

    let at_first = run.share("first", |one| one.waiting_share + one.service_share);
    let at_second = run.share("second", |one| one.waiting_share + one.service_share);

    within("tail.tandem.first", at_first, first / 0.01 / all, 0.02);
    within(
        "tail.tandem.second",
        at_second,
        (both - first) / 0.01 / all,
        0.02,
    );
    for one in run.requests() {
        let ways = run.spent(one);
        let ways = ways.iter().filter(|(_, spent, _)| *spent == NETWORK);
        let ways: Vec<(&str, u64)> = ways.map(|(node, _, ns)| (*node, *ns)).collect();
        assert_eq!(ways, [("first", 4_000_000), ("second", 500_000)]);
    }
}

#[test]
fn time_in_an_attempt_that_timed_out_and_the_pause_after_it_is_retry() {
    // Two come at once. The second waits for the first, and is given up after 15 ms; its second
    // attempt finds the server free as the first one ends.
    let run = Followed::of(
        r#"{ "nodes": { "s": { "kind": "station", "service_time": "10ms" } },
             "links": [ { "from": "client", "to": "s", "latency": "1ms", "timeout": "15ms",
                          "retry": { "attempts": 3, "backoff": "fixed", "base": "5ms" } } ],
             "load": [ { "every": "100ms", "batch": 2 } ],
             "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#,
    );

    run.are(&[
        &[("s", NETWORK, 2_000), ("s", SERVICE, 10_000)],
        &[
            ("s", NETWORK, 2_000),
            ("s", SERVICE, 10_000),
            ("s", RETRY, 20_000),
        ],
    ]);
    let tail = run.tail_of(&run.recordings);
    assert_eq!(tail.len(), 1);
    assert_eq!(tail[0].retry_share, 0.625);
    assert_eq!(tail[0].service_share, 0.3125);
    assert_eq!(tail[0].network_share, 0.0625);
}

#[test]
fn time_in_an_attempt_that_was_refused_is_the_limits() {
    // Of two that come at once the second finds no token, and comes again after 20 ms.
    let run = Followed::of(
        r#"{ "nodes": { "gate": { "kind": "limiter", "rate": "100/s", "burst": 1 },
                        "app": { "kind": "station", "servers": 2, "service_time": "3ms" } },
             "links": [ { "from": "client", "to": "gate", "latency": "1ms", "timeout": "1s",
                          "retry": { "attempts": 3, "backoff": "fixed", "base": "20ms" } },
                        { "from": "gate", "to": "app", "latency": "500us" } ],
             "load": [ { "every": "100ms", "batch": 2 } ],
             "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#,
    );

    let good = [
        ("app", NETWORK, 1_000),
        ("app", SERVICE, 3_000),
        ("gate", NETWORK, 2_000),
    ];
    let refused = [&good[..], &[("gate", THROTTLE, 22_000)]].concat();
    run.are(&[&good, &refused]);
}

#[test]
fn a_line_that_is_full_is_a_refusal_too_and_a_failure_is_none() {
    // Of three at once one is served, one waits, one is shed and comes again 8 ms later. Every
    // request fails first at a table that another is read instead of.
    let run = Followed::of(
        r#"{ "nodes": { "app": { "kind": "station", "servers": 8, "io": "async" },
                        "db": { "kind": "station", "service_time": "5ms", "waiting_limit": 1 } },
             "links": [ { "from": "client", "to": "app", "latency": "1ms" },
                        { "from": "app", "to": "db", "latency": "1ms", "timeout": "1s",
                          "retry": { "attempts": 3, "backoff": "fixed", "base": "8ms" } } ],
             "flows": { "main": { "enter": "app", "at": { "app": [ { "compute": "1ms" }, { "read": "db" } ] } } },
             "load": [ { "every": "100ms", "batch": 3 } ],
             "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#,
    );

    let app = [("app", NETWORK, 2_000), ("app", SERVICE, 1_000)];
    let served = [("db", NETWORK, 2_000), ("db", SERVICE, 5_000)];
    let first = [&app[..], &served].concat();
    let second = [&first[..], &[("db", WAITING, 5_000)]].concat();
    // It is refused at 3 ms, hears of it at 4 ms, sets out at 12 ms; the server is free at
    // 13 ms, as it comes.
    let third = [&first[..], &[("db", THROTTLE, 10_000)]].concat();
    run.are(&[&first, &second, &third]);
}

#[test]
fn of_branches_the_one_counts_that_ended_last_and_of_detached_work_nothing() {
    let run = Followed::of(
        r#"{ "nodes": { "app": { "kind": "station", "servers": 8, "io": "async" },
                        "quick": { "kind": "delay", "time": "3ms" },
                        "slow": { "kind": "delay", "time": "7ms" },
                        "log": { "kind": "delay", "time": "50ms" } },
             "links": [ { "from": "client", "to": "app", "latency": "1ms" },
                        { "from": "app", "to": "quick", "latency": "2ms" },
                        { "from": "app", "to": "slow", "latency": "500us" },
                        { "from": "app", "to": "log", "latency": "500us" } ],
             "flows": { "main": { "enter": "app", "at": { "app": [
                 { "compute": "1ms" },
                 { "write": "log", "wait": false },
                 { "parallel": [ [ { "read": "quick" } ], [ { "pause": "250us" }, { "read": "slow" } ] ] },
                 { "compute": "2ms" } ] } } },
             "load": [ { "every": "100ms" } ],
             "run": { "horizon": "5s", "warm_up": "0s", "replications": 1 } }"#,
    );

    run.are(&[&[
        ("app", NETWORK, 2_000),
        ("app", SERVICE, 3_250),
        ("slow", NETWORK, 1_000),
        ("slow", SERVICE, 7_000),
    ]]);
}

#[test]
fn branches_that_wait_for_room_among_each_other_follow_one_another() {
    // Five times two at once: three rounds of what takes 4 ms and its way.
    let run = Followed::of(
        r#"{ "nodes": { "app": { "kind": "station", "servers": 8, "io": "async" },
                        "db": { "kind": "delay", "time": "4ms" } },
             "links": [ { "from": "app", "to": "db", "latency": "500us" } ],
             "flows": { "main": { "enter": "app", "at": { "app": [
                 { "each": 5, "concurrency": 2, "do": [ { "pause": "1ms" }, { "read": "db" } ] } ] } } },
             "load": [ { "every": "100ms" } ],
             "run": { "horizon": "5s", "warm_up": "0s", "replications": 1 } }"#,
    );

    for one in run.requests() {
        let spent = run.spent(one);
        let of = |node: &str, how: Spent| {
            let found = spent.iter().find(|one| (one.0, one.1) == (node, how));
            found.map_or(0, |one| one.2)
        };
        assert_eq!(of("db", SERVICE), 12_000_000);
        assert_eq!(of("db", NETWORK), 3_000_000);
        assert_eq!(of("app", SERVICE), 3_000_000);
        assert_eq!(
            one.latency,
            18_000_000 + of("app", NETWORK) + of("app", WAITING)
        );
    }
    assert!(run.requests().count() > 40);
}

#[test]
fn what_a_hedge_overtakes_is_retry() {
    // Of two at once the second waits 10 ms; a hedge to the same line would not be faster, so the
    // hedge of the first attempt is cut off by its answer. With two servers all are alike.
    let run = Followed::of(
        r#"{ "nodes": { "app": { "kind": "station", "servers": 8, "io": "async" },
                        "db": { "kind": "station", "servers": 1, "discipline": "lifo", "service_time": "10ms" } },
             "links": [ { "from": "app", "to": "db", "latency": "1ms", "hedge": { "after": "5ms" } } ],
             "flows": { "main": { "enter": "app", "at": { "app": [ { "read": "db" } ] } } },
             "load": [ { "every": "100ms", "batch": 2 } ],
             "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#,
    );

    // The first is served from 1 ms to 11 ms, and its hedge waits from 6 ms on; so does that of
    // the second. Last come, first served: that hedge is next, from 11 ms to 21 ms.
    run.are(&[
        &[("db", NETWORK, 2_000), ("db", SERVICE, 10_000)],
        &[
            ("db", NETWORK, 2_000),
            ("db", SERVICE, 10_000),
            ("db", WAITING, 5_000),
            ("db", RETRY, 5_000),
        ],
    ]);
}

#[test]
fn connections_are_waited_for_at_the_caller_and_steps_under_try_count_as_they_are() {
    // Two calls of one copy share a connection; the table answers too late for the second step.
    let run = Followed::of(
        r#"{ "nodes": { "app": { "kind": "station", "servers": 8, "io": "async" },
                        "db": { "kind": "delay", "time": "4ms" },
                        "late": { "kind": "delay", "time": "20ms" } },
             "links": [ { "from": "client", "to": "app", "latency": "1ms" },
                        { "from": "app", "to": "db", "latency": "500us", "connections": 1 },
                        { "from": "app", "to": "late", "latency": "500us" } ],
             "flows": { "main": { "enter": "app", "at": { "app": [
                 { "read": "db" },
                 { "try": [ { "compute": "1ms" }, { "read": "late" } ], "timeout": "6ms", "on_error": [ { "compute": "2ms" } ] } ] } } },
             "load": [ { "every": "100ms", "batch": 2 } ],
             "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#,
    );

    let first = [
        ("app", NETWORK, 2_000),
        ("app", SERVICE, 3_000),
        ("db", NETWORK, 1_000),
        ("db", SERVICE, 4_000),
        ("late", RETRY, 5_000),
    ];
    let second = [&first[..], &[("app", WAITING, 5_000)]].concat();
    run.are(&[&first, &second]);
}

#[test]
fn time_on_a_link_with_a_bandwidth_is_the_network_of_the_node_behind_it() {
    // 1,000 bytes there, 2,000 back, at a million a second.
    let run = Followed::of(
        r#"{ "nodes": { "app": { "kind": "station", "servers": 8, "io": "async" },
                        "db": { "kind": "delay", "time": "4ms" } },
             "links": [ { "from": "client", "to": "app", "latency": "1ms" },
                        { "from": "app", "to": "db", "latency": "500us", "bandwidth": "1MB/s" } ],
             "flows": { "main": { "enter": "app", "bytes": "1000B", "reply": "2000B",
                                  "at": { "app": [ { "compute": "1ms" }, { "call": "db", "bytes": "1000B" } ] } } },
             "load": [ { "every": "100ms" } ],
             "run": { "horizon": "5s", "warm_up": "0s", "replications": 1 } }"#,
    );

    let tail = run.tail_of(&run.recordings);

    let share = |ms: f64| kneepoint::report::rounded(ms / 11.0);
    let of = |one: &TailNode| {
        let lost = one.waiting_share + one.retry_share + one.throttle_share;
        (one.node.clone(), one.service_share, one.network_share, lost)
    };
    let found: Vec<_> = tail.iter().map(of).collect();
    assert_eq!(
        found,
        [
            ("db".to_owned(), share(4.0), share(4.0), 0.0),
            ("app".to_owned(), share(1.0), share(2.0), 0.0)
        ]
    );
}

#[test]
fn who_stands_before_a_full_line_or_waits_for_anothers_fetch_waits() {
    let blocked = Followed::of(
        r#"{ "nodes": { "s": { "kind": "station", "waiting_limit": 0, "when_full": "block", "service_time": "10ms" } },
             "links": [ { "from": "client", "to": "s", "latency": "1ms" } ],
             "load": [ { "every": "100ms", "batch": 2 } ],
             "run": { "horizon": "5s", "warm_up": "0s", "replications": 1 } }"#,
    );
    let joined = Followed::of(
        r#"{ "nodes": { "hot": { "kind": "cache", "cache": { "policy": "lru", "entries": 10, "ttl": "50ms", "coalesce": true } },
                        "origin": { "kind": "delay", "time": "4ms" } },
             "links": [ { "from": "client", "to": "hot", "latency": "1ms" },
                        { "from": "hot", "to": "origin", "latency": "500us" } ],
             "flows": { "main": { "enter": "hot", "key": { "zipf": { "exponent": 1, "count": 1 } } } },
             "load": [ { "every": "100ms", "batch": 2 } ],
             "run": { "horizon": "5s", "warm_up": "0s", "replications": 1 } }"#,
    );

    let first = [("s", NETWORK, 2_000), ("s", SERVICE, 10_000)];
    let second = [&first[..], &[("s", WAITING, 10_000)]].concat();
    blocked.are(&[&first, &second]);
    let waits = joined.requests().map(|one| {
        let spent = joined.spent(one);
        let waiting = spent.iter().filter(|one| one.1 == WAITING);
        let origin = spent.iter().filter(|one| one.0 == "origin");
        let sum = |ns: u64, one: &(&str, Spent, u64)| ns + one.2;
        (waiting.fold(0, sum), origin.fold(0, sum))
    });
    let (fetched, waited): (Vec<_>, Vec<_>) = waits.partition(|(waiting, _)| *waiting == 0);
    assert!(fetched.len() > 40 && waited.len() > 40);
    assert!(fetched.iter().all(|one| *one == (0, 5_000_000)));
    assert!(waited.iter().all(|one| *one == (5_000_000, 0)));
}

#[test]
fn of_clients_that_wait_some_are_followed_all_along_although_nobody_knows_how_many_come() {
    // About 4,500 requests a second: 90,000, of which 500 are wanted.
    let (model, mut plan, _) = prepare(
        r#"{ "nodes": { "s": { "kind": "station", "servers": 20, "service_time": "1ms" } },
             "load": [ { "clients": 50, "think": { "exponential": "10ms" } } ],
             "run": { "horizon": "20s", "warm_up": "0s", "replications": 2 } }"#,
    );
    plan.following = Following {
        replications: 1,
        requests: 500,
    };
    let run = |number| engine::run_one(&model, &plan, number, &engine::Nobody).expect("it ends");

    let followed = run(0).followed;

    assert!(
        (300..=1_000).contains(&followed.len()),
        "{}",
        followed.len()
    );
    let late = followed
        .iter()
        .filter(|one| one.arrived.as_seconds() > 10.0);
    let share = late.count() as f64 / followed.len() as f64;
    // Of 300 draws the share is known to ± 0.03.
    assert!((share - 0.5).abs() < 0.12, "{share}");
    assert!(run(1).followed.is_empty());
}
