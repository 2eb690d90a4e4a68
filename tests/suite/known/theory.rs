//! Known answers that need no run: closed forms, bounds and approximations.

use kneepoint::analysis::theory::finite::{Finite, refused_by_one, smallest_room};
use kneepoint::analysis::theory::memoryless::{Mm1, Mmc};
use kneepoint::analysis::theory::{Answer, Capacity, Form, Theory, What, theory};
use kneepoint::analysis::theory::{choices, erlang, fan_out, general, popularity};
use kneepoint::compile::compile;
use kneepoint::topology::{LoadRequest, load};

/// Requires a formula to give the known value, within a relative tolerance.
#[track_caller]
fn gives(id: &str, found: f64, expected: f64, relative: f64) {
    println!("known {id:<44} expected {expected:>14.6e} found {found:>14.6e}");
    assert!(
        (found / expected - 1.0).abs() <= relative,
        "{id}: expected {expected}, found {found}"
    );
}

/// Probabilities of the ranks of a Zipf law, in groups.
fn zipf(exponent: f64, count: u64) -> Vec<(f64, f64)> {
    let weight = |rank: u64| (rank as f64).powf(-exponent);
    let total: f64 = (1..=count).map(weight).sum();
    popularity::groups(count, |rank| weight(rank) / total)
}

#[test]
fn one_memoryless_server() {
    let queue = Mm1::new(80.0, 0.01).expect("it is stable");

    gives("A01.utilisation", queue.utilisation(), 0.8, 1e-9);
    gives("A01.mean_wait", queue.mean_wait(), 0.04, 1e-9);
    gives("A01.mean_response", queue.mean_sojourn(), 0.05, 1e-9);
    gives("A01.mean_in_system", queue.mean_inside(), 4.0, 1e-9);
    let p99 = queue.sojourn_quantile(0.99);
    gives("A01.response_p99", p99, 0.230_258_509_3, 1e-9);
}

#[test]
fn several_memoryless_servers() {
    let queue = Mmc::new(4, 300.0, 0.01).expect("it is stable");

    gives("A02.prob_wait", queue.waits(), 0.509_433_962_3, 1e-9);
    gives("A02.mean_wait", queue.mean_wait(), 0.005_094_339_623, 1e-9);
    let mean = queue.mean_sojourn();
    gives("A02.mean_response", mean, 0.015_094_339_62, 1e-9);
    let wait = |p| queue.wait_quantile(p);
    gives("A02.wait_p90", wait(0.9), 0.016_281_300_45, 1e-9);
    gives("A02.wait_p99", wait(0.99), 0.039_307_151_38, 1e-9);
    let response = |p| queue.sojourn_quantile(p);
    gives("A02.response_p50", response(0.5), 0.011_562_836_29, 1e-9);
    gives("A02.response_p99", response(0.99), 0.060_063_081_77, 1e-9);
    gives("A02.response_p99.9", response(0.999), 0.085_896_762_2, 1e-9);
}

#[test]
fn a_line_with_an_end() {
    let queue = Finite::new(2, 10, 180.0, 0.01);

    gives(
        "A03.reject_fraction",
        queue.refused(),
        0.054_807_332_21,
        1e-9,
    );
    gives(
        "A03.mean_in_system",
        queue.mean_inside(),
        4.281_410_633,
        1e-9,
    );
    let mean = queue.mean_sojourn();
    gives("A03.mean_response_accepted", mean, 0.025_164_831_93, 1e-9);
    gives("A03.throughput", queue.throughput(), 170.134_680_2, 1e-9);
}

#[test]
fn no_line_at_all() {
    let refused = erlang::b(10, 8.0);

    gives(
        "A04.throttle_fraction_exponential",
        refused,
        0.121_661_064_3,
        1e-9,
    );
    // 400/s that stay 200 ms each, on 100 places.
    let load = 400.0 * 0.2;
    gives("A05.offered_load", load, 80.0, 1e-9);
    let refused = erlang::b(100, load);
    gives("A05.throttle_fraction", refused, 0.003_992_028_605, 1e-9);
    let inside = load * (1.0 - refused);
    gives("A05.mean_concurrency", inside, 79.680_637_71, 1e-9);
}

#[test]
fn any_law_of_service() {
    let wait = |variability| general::pollaczek_khinchine(70.0, 0.01, variability);

    for (id, variability, expected) in [
        ("A06-det.mean_wait", 0.0, 0.011_666_666_67),
        ("A06-ln2.mean_wait", 2.0, 0.035),
        ("A06-h2.mean_wait", 4.0, 0.058_333_333_33),
    ] {
        gives(id, wait(variability).expect("it is stable"), expected, 1e-9);
    }
    let wait = general::md1(80.0, 0.01).expect("it is stable");
    gives("A07.mean_wait", wait, 0.02, 1e-9);
}

#[test]
fn a12_kingman() {
    // Gaps uniform from 4 ms to 16 ms; service of mean 8 ms and scv 1.5.
    let bound = general::kingman(100.0, 0.12, 0.008, 1.5).expect("it is stable");

    gives("A12.kingman_upper_bound", bound * 1e3, 27.0, 1e-6);
    let close = general::allen_cunneen(1, 100.0, 0.12, 0.008, 1.5).expect("it is stable");
    assert!(close < bound, "the approximation lies above the bound");
}

#[test]
fn a27_nelson_tantawi() {
    let mean = fan_out::nelson_tantawi(4, 80.0, 0.01).expect("it is stable");

    gives("A27.nelson_tantawi_formula", mean * 1e3, 89.303_030_3, 1e-6);
    let two = fan_out::nelson_tantawi(2, 50.0, 0.01).expect("it is stable");
    gives("A26.mean_response", two * 1e3, 28.75, 1e-9);
}

#[test]
fn a28_the_slowest_of_many_leaves() {
    for (leaves, mean, p50, p99) in [
        (
            10,
            ("A28.n10_mean", 29.289_682_54),
            ("A28.n10_p50", 27.035_551_92),
            ("A28.n10_p99", 69.032_367_94),
        ),
        (
            100,
            ("A28.n100_mean", 51.873_775_18),
            ("A28.n100_p50", 49.751_468_41),
            ("A28.n100_p99", 92.053_696_64),
        ),
    ] {
        // Leaves are exponential with a mean of 10 ms.
        let slowest = |p| -10.0 * (-fan_out::part_quantile(p, leaves)).ln_1p();

        gives(mean.0, 10.0 * fan_out::harmonic(leaves), mean.1, 1e-9);
        gives(p50.0, slowest(0.5), p50.1, 1e-9);
        gives(p99.0, slowest(0.99), p99.1, 1e-9);
    }
}

#[test]
fn b01_tail_at_scale() {
    let hundred = fan_out::some_slow(0.01, 100);
    let thousands = fan_out::some_slow(0.0001, 2000);

    gives(
        "B01.slow_fraction_100_leaves_at_1_percent",
        hundred,
        0.633_967_658_7,
        1e-9,
    );
    gives(
        "B01.slow_fraction_2000_leaves_at_1_in_10000",
        thousands,
        0.181_277_434_7,
        1e-9,
    );
}

#[test]
fn two_choices_in_the_mean_field() {
    let mean = |load, choices| choices::mean_response(load, choices).expect("it is stable");

    gives("A29.mean_field_response", mean(0.9, 2), 2.614_057_377, 1e-6);
    gives("A29.random_d1_mean_response", mean(0.9, 1), 10.0, 1e-9);
    for (id, load, expected) in [
        ("B04.prediction_lambda_0.5", 0.5, 1.265_686_036),
        ("B04.prediction_lambda_0.8", 0.8, 1.947_363_386),
        ("B04.prediction_lambda_0.9", 0.9, 2.614_057_377),
        ("B04.prediction_lambda_0.95", 0.95, 3.383_046_003),
        ("B04.prediction_lambda_0.99", 0.99, 5.431_996_579),
    ] {
        gives(id, mean(load, 2), expected, 1e-4);
    }
}

#[test]
fn hit_rates_of_caches() {
    let five: Vec<(f64, f64)> = [1.0, 1.0 / 2.0, 1.0 / 3.0, 1.0 / 4.0, 1.0 / 5.0]
        .map(|weight| (1.0, weight / (137.0 / 60.0)))
        .to_vec();
    let best = popularity::keep_the_likeliest(&five, 2.0);
    gives(
        "A32.always_keep_top2_hit_ratio",
        best,
        0.656_934_306_6,
        1e-9,
    );

    let keys = zipf(0.8, 10_000);
    let best = popularity::keep_the_likeliest(&keys, 1000.0);
    let lru = popularity::che(&keys, 1000.0);
    // Absolute tolerances of 0.001.
    gives("A33.upper_bound_keep_top_1000", best, 0.570_617_585_5, 1e-3);
    gives("A33.che_approximation", lru, 0.436_659_722_2, 1e-3);
}

#[test]
fn b07_gateway_and_its_buffers() {
    let gateway = Mm1::new(125.0, 0.002).expect("it is stable");

    gives("B07.utilisation", gateway.utilisation(), 0.25, 1e-9);
    let mean = gateway.mean_sojourn() * 1e3;
    gives("B07.mean_response", mean, 2.666_666_667, 1e-9);
    let inside = gateway.mean_inside();
    gives("B07.mean_in_gateway", inside, 0.333_333_333_3, 1e-9);
    let many = gateway.at_least(13);
    gives(
        "B07.prob_at_least_13_in_system",
        many,
        1.490_116_119e-8,
        1e-6,
    );
    let room = smallest_room(0.25, 1e-6);
    assert_eq!(room, Some(10), "B07.buffers_for_loss_below_1e-6");
    assert!(refused_by_one(0.25, 9) >= 1e-6, "nine would do");
}

/// Applies theory to a topology.
fn known(text: &str) -> Theory {
    let (topology, _) = load(&LoadRequest::new(text, "case.json")).expect("a topology");
    let model = compile(&topology).expect("it can be compiled");
    theory(&topology, &model).expect("calls come to an end")
}

/// Applies theory to a station `q` under a load line.
fn station(load: &str, more: &str) -> Theory {
    known(&format!(
        r#"{{ "nodes": {{ "q": {{ "kind": "station", {more} }} }}, "load": [ {{ {load} }} ] }}"#
    ))
}

const EXPONENTIAL: &str = r#""service_time": { "exponential": "10ms" }"#;

/// Returns what is said of a node's servers, or of its limit if it has no servers.
fn of<'a>(theory: &'a Theory, node: &str) -> &'a Capacity {
    let mut own = theory.capacities.iter().filter(|one| one.node == node);
    own.next().expect("something is said of the node")
}

/// Returns the figures of a node.
#[track_caller]
fn figures(theory: &Theory, node: &str) -> Answer {
    let Form::Known(answer) = &of(theory, node).form else {
        panic!("{node}: {:?}", of(theory, node).form);
    };
    answer.clone()
}

/// Returns why nothing is said of a node.
#[track_caller]
fn why(theory: &Theory, node: &str) -> String {
    let Form::NoClosedForm(why) = &of(theory, node).form else {
        panic!("{node}: {:?}", of(theory, node).form);
    };
    why.clone()
}

/// Returns the mean latency of the flow `main` [ms].
#[track_caller]
fn mean_ms(theory: &Theory) -> f64 {
    let flow = theory.flows.iter().find(|flow| flow.flow == "main");
    flow.expect("a flow").mean.clone().expect("a mean") * 1e3
}

/// Unwraps a figure and gives times in milliseconds.
fn ms(seconds: Option<f64>) -> f64 {
    seconds.expect("the form gives it") * 1e3
}

#[test]
fn each_station_is_told_its_form() {
    let poisson = r#""rate": "70/s""#;
    let lognormal =
        r#""service_time": { "lognormal": { "mean": "10ms", "cv": 1.4142135623730951 } }"#;

    let mm1 = station(r#""rate": "80/s""#, EXPONENTIAL);
    gives(
        "A01.mean_wait",
        ms(figures(&mm1, "q").mean_wait),
        40.0,
        1e-9,
    );
    gives("A01.mean_response", mean_ms(&mm1), 50.0, 1e-9);
    let md1 = station(poisson, r#""service_time": "10ms""#);
    let wait = ms(figures(&md1, "q").mean_wait);
    gives("A06-det.mean_wait", wait, 11.666_666_67, 1e-9);
    let mg1 = station(poisson, lognormal);
    gives(
        "A06-ln2.mean_wait",
        ms(figures(&mg1, "q").mean_wait),
        35.0,
        1e-9,
    );
    let sharing = format!(r#"{lognormal}, "discipline": "processor-sharing""#);
    let sharing = figures(&station(poisson, &sharing), "q");
    let mean = ms(sharing.mean_sojourn);
    gives(
        "A08.mean_response_lognormal_scv2",
        mean,
        33.333_333_33,
        1e-9,
    );
    let last = format!(r#"{EXPONENTIAL}, "discipline": "lifo""#);
    let last = figures(&station(poisson, &last), "q");
    gives("A09.mean_wait", ms(last.mean_wait), 23.333_333_33, 1e-9);
    assert_eq!(
        last.sojourn_p99, None,
        "the quantile is that of another order"
    );
    let bounded = format!(r#"{EXPONENTIAL}, "servers": 2, "waiting_limit": 8"#);
    let bounded = figures(&station(r#""rate": "180/s""#, &bounded), "q");
    let refused = bounded.refused.expect("a share");
    gives("A03.reject_fraction", refused, 0.054_807_332_21, 1e-9);
    let several = figures(
        &station(poisson, &format!(r#"{lognormal}, "servers": 2"#)),
        "q",
    );
    assert!(several.approximate, "{several:?}");
}

#[test]
fn arrivals_that_are_not_poisson_get_a_marked_approximation_or_a_reason() {
    let law = r#""service_time": { "lognormal": { "mean": "8ms", "cv": 1.224744871391589 } }"#;
    let renewal = station(r#""every": { "uniform": ["4ms", "16ms"] }"#, law);
    let modulated = station(
        r#""rate": "60/s", "shape": { "mmpp": [ [1.5, "200ms"], [0.5, "200ms"] ] }"#,
        EXPONENTIAL,
    );
    let batches = station(r#""rate": "20/s", "batch": 4"#, EXPONENTIAL);
    let closed = station(r#""clients": 5, "think": "1s""#, EXPONENTIAL);

    let found = figures(&renewal, "q");
    gives(
        "A12.kingman_upper_bound",
        ms(found.mean_wait_at_most),
        27.0,
        1e-6,
    );
    assert!(found.approximate && found.mean_wait < found.mean_wait_at_most);
    assert!(why(&modulated, "q").contains("modulated"));
    let busy = of(&modulated, "q").utilisation.expect("its load is known");
    assert!((busy - 0.6).abs() < 1e-12, "{busy}");
    assert!(why(&batches, "q").contains("batches"));
    assert_eq!(of(&batches, "q").offered_load, Some(0.8));
    assert!(why(&closed, "q").contains("how long they wait"));
    assert_eq!(of(&closed, "q").rate_per_s, None);
}

#[test]
fn the_traffic_equations_of_a_network_with_feedback() {
    let feedback = known(
        r#"{ "nodes": {
            "w": { "kind": "station" }, "a": { "kind": "station" }, "d": { "kind": "station" } },
        "links": [ "w -> a", "w -> d", "a -> w", "a -> d", "d -> w" ],
        "flows": { "main": { "enter": "w", "at": {
            "w": [ { "compute": { "exponential": "12ms" } },
                   { "choose": [ { "weight": 0.8, "do": [ { "call": "a" } ] },
                                 { "weight": 0.2, "do": [ { "call": "d" } ] } ] } ],
            "a": [ { "compute": { "exponential": "8ms" } },
                   { "choose": [ { "weight": 0.25, "do": [ { "call": "w" } ] },
                                 { "weight": 0.25, "do": [ { "call": "d" } ] },
                                 { "weight": 0.5, "do": [] } ] } ],
            "d": [ { "compute": { "exponential": "15ms" } },
                   { "choose": [ { "weight": 0.1, "do": [ { "call": "w" } ] },
                                 { "weight": 0.9, "do": [] } ] } ] } } },
        "load": [ { "rate": "40/s" } ] }"#,
    );

    let rate = |node| of(&feedback, node).rate_per_s.expect("a rate");
    gives("A21.throughput_W", rate("w"), 52.631_578_95, 1e-9);
    gives("A21.throughput_A", rate("a"), 42.105_263_16, 1e-9);
    gives("A21.throughput_D", rate("d"), 21.052_631_58, 1e-9);
    gives(
        "A21.mean_end_to_end_response",
        mean_ms(&feedback),
        67.094_017_09,
        1e-9,
    );
    assert_eq!(
        feedback.bottleneck().map(|one| one.node.as_str()),
        Some("w")
    );
}

#[test]
fn means_of_flows_through_caches_limits_and_tandems() {
    let tandem = known(
        r#"{ "nodes": {
            "a": { "kind": "station", "service_time": { "exponential": "10ms" } },
            "b": { "kind": "station", "service_time": { "exponential": "8ms" } },
            "c": { "kind": "station", "service_time": { "exponential": "12ms" } } },
        "links": [ "a -> b -> c" ], "load": [ { "rate": "60/s" } ] }"#,
    );
    let redirects = known(
        r#"{ "nodes": {
            "gateway": { "kind": "delay", "time": "5ms" },
            "function": { "kind": "delay", "time": { "exponential": "20ms" } },
            "cache": { "kind": "cache", "hit_rate": 0.8, "servers": 1,
                       "service_time": { "exponential": "1ms" } },
            "table": { "kind": "station", "servers": "unlimited",
                       "service_time": { "exponential": "5ms" } } },
        "links": [ "gateway -> function -> cache -> table" ],
        "load": [ { "rate": "385.802/s" } ] }"#,
    );
    let limit = known(
        r#"{ "nodes": { "limit": { "kind": "limiter", "concurrency": 100 },
                        "work": { "kind": "delay", "time": "200ms" } },
            "links": [ "limit -> work" ], "load": [ { "rate": "400/s" } ] }"#,
    );

    gives("A20.mean_response", mean_ms(&tandem), 83.241_758_24, 1e-9);
    gives("A46.mean_response", mean_ms(&redirects), 27.628_140_7, 1e-6);
    let busy = of(&redirects, "cache").utilisation.expect("it is known");
    gives("A46.cache_utilisation", busy, 0.385_802, 1e-9);
    let rate = of(&redirects, "table").rate_per_s.expect("a rate");
    gives("A46.table_rate", rate, 77.160_4, 1e-6);
    let load = of(&limit, "limit").offered_load.expect("it is known");
    assert_eq!(of(&limit, "limit").what, What::Limit);
    gives("A05.offered_load", load, 80.0, 1e-9);
    let refused = figures(&limit, "limit").refused.expect("a share");
    gives("A05.throttle_fraction", refused, 0.003_992_028_605, 1e-9);
}

#[test]
fn choices_and_keyed_caches_are_approximated() {
    let market = known(
        r#"{ "nodes": { "lb": { "kind": "balancer", "policy": "choices", "choices": 2 },
                        "q": { "kind": "station", "copies": 100,
                               "service_time": { "exponential": "1s" } } },
            "links": [ "lb -> q" ], "load": [ { "rate": "90/s" } ] }"#,
    );
    let cached = known(
        r#"{ "nodes": { "c": { "kind": "cache", "cache": { "policy": "lru", "entries": 1000 } },
                        "db": { "kind": "station", "servers": "unlimited", "service_time": "5ms" } },
            "links": [ "c -> db" ],
            "flows": { "main": { "enter": "c", "key": { "zipf": { "exponent": 0.8, "count": 10000 } } } },
            "load": [ { "rate": "1000/s" } ] }"#,
    );

    let found = figures(&market, "q");
    assert!(found.approximate);
    let mean = found.mean_sojourn.expect("a mean");
    gives("A29.mean_field_response", mean, 2.614_057_377, 1e-6);
    let db = of(&cached, "db");
    assert!(db.approximate_rate);
    let hits = 1.0 - db.rate_per_s.expect("a rate") / 1000.0;
    gives("A33.che_approximation", hits, 0.436_659_722_2, 2e-3);
}

#[test]
fn no_form_is_claimed_where_requests_meet_themselves_or_wait_for_one_another() {
    let twice = known(
        r#"{ "nodes": { "q": { "kind": "station", "service_time": { "exponential": "10ms" } } },
            "flows": { "main": { "at": { "client": [
                { "parallel": [ [ { "call": "q" } ], [ { "call": "q" } ] ] } ] } } },
            "load": [ { "rate": "10/s" } ] }"#,
    );
    let behind = known(
        r#"{ "nodes": { "a": { "kind": "station", "service_time": "10ms" },
                        "b": { "kind": "station", "service_time": { "exponential": "10ms" } } },
            "links": [ "a -> b" ], "load": [ { "rate": "10/s" } ] }"#,
    );
    let overloaded = known(
        r#"{ "nodes": { "a": { "kind": "station", "service_time": { "exponential": "10ms" } },
                        "b": { "kind": "station", "service_time": { "exponential": "5ms" } } },
            "links": [ "a -> b" ], "load": [ { "rate": "120/s" } ] }"#,
    );
    let throttled = known(
        r#"{ "nodes": { "a": { "kind": "limiter", "rate": "50/s", "concurrency": 1 },
                        "b": { "kind": "station", "service_time": { "exponential": "5ms" } } },
            "links": [ "a -> b" ], "load": [ { "rate": "120/s" } ] }"#,
    );
    let kept = known(
        r#"{ "nodes": { "a": { "kind": "station", "io": "blocking", "servers": 4,
                               "service_time": { "exponential": "10ms" } },
                        "b": { "kind": "delay", "time": "90ms" } },
            "links": [ "a -> b" ], "load": [ { "rate": "10/s" } ] }"#,
    );

    assert!(why(&twice, "q").contains("several times at once"));
    assert!(twice.flows[0].mean.is_err());
    assert!(why(&behind, "b").contains("no Poisson stream"));
    assert!(why(&overloaded, "b").contains("than it can serve"));
    assert!(
        matches!(of(&overloaded, "a").form, Form::Unstable { grows_per_s } if (grows_per_s - 20.0).abs() < 1e-9)
    );
    assert!(why(&throttled, "b").contains("refuses a share of all"));
    assert!(kept.flows[0].mean.is_err());
    // Its servers are held for 100 ms each.
    let load = of(&kept, "a").offered_load.expect("it is known");
    assert!((load - 1.0).abs() < 1e-9, "{load}");
}
