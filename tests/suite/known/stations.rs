//! Single stations: queues with closed forms.

use super::harness::{ended, near, run, within};
use kneepoint::model::Outcome;

/// A station `q` under a load line; so many requests over ten replications, after a tenth more.
fn station(rate: f64, service: &str, more: &str, requests: f64) -> String {
    loaded(
        &format!(r#""rate": "{rate}/s""#),
        rate,
        service,
        more,
        requests,
    )
}

fn loaded(load: &str, rate: f64, service: &str, more: &str, requests: f64) -> String {
    let measured = requests / 10.0 / rate;
    format!(
        r#"{{ "nodes": {{ "q": {{ "kind": "station", "service_time": {service} {more} }} }},
             "load": [ {{ {load} }} ],
             "run": {{ "horizon": "{}s", "warm_up": "{}s" }} }}"#,
        (measured * 1.1).ceil(),
        (measured * 0.1).ceil()
    )
}

const EXPONENTIAL: &str = r#"{ "exponential": "10ms" }"#;

#[test]
fn a01_mm1() {
    let run = run(&station(80.0, EXPONENTIAL, "", 1e7));

    within(
        "A01.utilisation",
        run.node_average("q", |s| s.busy_area),
        0.8,
        0.005,
    );
    near(
        "A01.mean_wait",
        run.node_mean_ms("q", |s| &s.waiting),
        40.0,
        0.02,
    );
    near(
        "A01.mean_response",
        run.node_mean_ms("q", |s| &s.sojourn),
        50.0,
        0.02,
    );
    near(
        "A01.mean_in_system",
        run.node_average("q", |s| s.inside_area),
        4.0,
        0.02,
    );
    near(
        "A01.response_p50",
        run.latency_ms("main", 0.5),
        34.657_359_03,
        0.02,
    );
    near(
        "A01.response_p90",
        run.latency_ms("main", 0.9),
        115.129_254_6,
        0.02,
    );
    near(
        "A01.response_p99",
        run.latency_ms("main", 0.99),
        230.258_509_3,
        0.03,
    );
    near(
        "A01.response_p99.9",
        run.latency_ms("main", 0.999),
        345.387_763_9,
        0.05,
    );
    near(
        "A01.response_p99.99",
        run.latency_ms("main", 0.9999),
        460.517_018_6,
        0.1,
    );
    let sd = run.latency_sd_ms("main");
    assert!((sd / 50.0 - 1.0).abs() < 0.03, "A01.response_stddev: {sd}");
}

#[test]
fn a02_mm4() {
    let run = run(&station(300.0, EXPONENTIAL, r#", "servers": 4"#, 5e6));

    near(
        "A02.prob_wait",
        run.node_share("q", |s| s.waited),
        0.509_433_962_3,
        0.015,
    );
    near(
        "A02.mean_wait",
        run.node_mean_ms("q", |s| &s.waiting),
        5.094_339_623,
        0.02,
    );
    near(
        "A02.mean_response",
        run.node_mean_ms("q", |s| &s.sojourn),
        15.094_339_62,
        0.015,
    );
    near(
        "A02.wait_p90",
        run.node_quantile_ms("q", 0.9, |s| &s.waiting),
        16.281_300_45,
        0.03,
    );
    near(
        "A02.wait_p99",
        run.node_quantile_ms("q", 0.99, |s| &s.waiting),
        39.307_151_38,
        0.03,
    );
    near(
        "A02.response_p50",
        run.latency_ms("main", 0.5),
        11.562_836_29,
        0.015,
    );
    near(
        "A02.response_p99",
        run.latency_ms("main", 0.99),
        60.063_081_77,
        0.02,
    );
    near(
        "A02.response_p99.9",
        run.latency_ms("main", 0.999),
        85.896_762_2,
        0.04,
    );
}

#[test]
fn a03_mm2_10() {
    let more = r#", "servers": 2, "waiting_limit": 8"#;
    let run = run(&station(180.0, EXPONENTIAL, more, 5e6));

    let shed = run.node_share("q", |s| ended(s, Outcome::Shed));
    near("A03.reject_fraction", shed, 0.054_807_332_21, 0.03);
    near(
        "A03.mean_in_system",
        run.node_average("q", |s| s.inside_area),
        4.281_410_633,
        0.015,
    );
    near(
        "A03.mean_response_accepted",
        run.latency_mean_ms("main"),
        25.164_831_93,
        0.015,
    );
    let rate = run.node_rate("q", |s| ended(s, Outcome::Completed));
    near("A03.throughput", rate, 170.134_680_2, 0.01);
}

#[test]
fn a04_erlang_b_whatever_the_law() {
    for (law, id) in [
        (
            r#"{ "exponential": "1s" }"#,
            "A04.throttle_fraction_exponential",
        ),
        (
            r#"{ "lognormal": { "mean": "1s", "cv": 2 } }"#,
            "A04.throttle_fraction_lognormal",
        ),
    ] {
        let more = r#", "servers": 10, "waiting_limit": 0, "when_full": "throttle""#;
        let run = run(&station(8.0, law, more, 5e6));

        let throttled = run.node_share("q", |s| ended(s, Outcome::Throttled));
        near(id, throttled, 0.121_661_064_3, 0.02);
        let inside = run.node_average("q", |s| s.busy_area);
        near("A04.mean_concurrency", inside, 7.026_711_486, 0.01);
    }
}

#[test]
fn a05_concurrency_of_a_function() {
    let text = r#"{ "nodes": { "limit": { "kind": "limiter", "concurrency": 100 },
                               "work": { "kind": "delay", "time": "200ms" } },
                    "links": [ "limit -> work" ],
                    "load": [ { "rate": "400/s" } ],
                    "run": { "horizon": "3300s", "warm_up": "300s" } }"#;
    let run = run(text);

    let throttled = run.node_share("limit", |s| ended(s, Outcome::Throttled));
    near("A05.throttle_fraction", throttled, 0.003_992_028_605, 0.06);
    let inside = run.node_average("work", |s| s.inside_area);
    near("A05.mean_concurrency", inside, 79.680_637_71, 0.01);
}

#[test]
fn a06_pollaczek_khinchine() {
    for (law, ids, wait, tolerance) in [
        (
            r#""10ms""#,
            ["A06-det.mean_wait", "A06-det.mean_response"],
            11.666_666_67,
            0.02,
        ),
        (
            r#"{ "lognormal": { "mean": "10ms", "cv": 1.4142135623730951 } }"#,
            ["A06-ln2.mean_wait", "A06-ln2.mean_response"],
            35.0,
            0.02,
        ),
        (
            r#"{ "hyperexponential": { "mean": "10ms", "cv": 2 } }"#,
            ["A06-h2.mean_wait", "A06-h2.mean_response"],
            58.333_333_33,
            0.03,
        ),
    ] {
        let run = run(&station(70.0, law, "", 8e6));

        let found = run.node_mean_ms("q", |s| &s.waiting);
        near(ids[0], found, wait, tolerance);
        let found = run.node_mean_ms("q", |s| &s.sojourn);
        near(ids[1], found, wait + 10.0, tolerance);
    }
}

#[test]
fn a07_md1_waiting() {
    let run = run(&station(80.0, r#""10ms""#, "", 1.5e7));

    near(
        "A07.mean_wait",
        run.node_mean_ms("q", |s| &s.waiting),
        20.0,
        0.02,
    );
    within(
        "A07.prob_wait",
        run.node_share("q", |s| s.waited),
        0.8,
        0.005,
    );
    let quantile = |p| run.node_quantile_ms("q", p, |s| &s.waiting);
    near("A07.wait_p50", quantile(0.5), 12.759_398_73, 0.02);
    near("A07.wait_p90", quantile(0.9), 50.115_114_98, 0.02);
    near("A07.wait_p99", quantile(0.99), 103.558_867_9, 0.03);
    near("A07.wait_p99.9", quantile(0.999), 157.002_681_9, 0.05);
}

#[test]
fn a08_processor_sharing() {
    let sharing = r#", "discipline": "processor-sharing""#;
    let exponential = run(&station(70.0, EXPONENTIAL, sharing, 5e6));
    let law = r#"{ "lognormal": { "mean": "10ms", "cv": 1.4142135623730951 } }"#;
    let lognormal = run(&station(70.0, law, sharing, 5e6));

    let mean = exponential.node_mean_ms("q", |s| &s.sojourn);
    near("A08.mean_response_exponential", mean, 33.333_333_33, 0.02);
    let sd = exponential.latency_sd_ms("main");
    assert!(
        (sd / 48.038_446_14 - 1.0).abs() < 0.04,
        "A08.response_stddev_exponential: {sd}"
    );
    let mean = lognormal.node_mean_ms("q", |s| &s.sojourn);
    near(
        "A08.mean_response_lognormal_scv2",
        mean,
        33.333_333_33,
        0.03,
    );
}

#[test]
fn a08_a_short_job_under_processor_sharing() {
    // Jobs of 5 ms and 15 ms, half each: the short one takes 5 / (1 − 0.7) ms.
    let text = r#"{ "nodes": { "q": { "kind": "station", "discipline": "processor-sharing" } },
        "flows": { "short": { "enter": "q", "at": { "q": [ { "compute": "5ms" } ] } },
                   "long": { "enter": "q", "at": { "q": [ { "compute": "15ms" } ] } } },
        "load": [ { "flow": "short", "rate": "35/s" }, { "flow": "long", "rate": "35/s" } ],
        "run": { "horizon": "7700s", "warm_up": "700s" } }"#;
    let run = run(text);

    let mean = run.latency_mean_ms("short");
    near("A08.mean_response_of_a_5ms_job", mean, 16.666_666_67, 0.03);
}

#[test]
fn a09_lifo() {
    let run = run(&station(
        70.0,
        EXPONENTIAL,
        r#", "discipline": "lifo""#,
        5e6,
    ));

    near(
        "A09.mean_wait",
        run.node_mean_ms("q", |s| &s.waiting),
        23.333_333_33,
        0.02,
    );
    near(
        "A09.rms_wait",
        run.node_rms_ms("q", |s| &s.waiting),
        72.008_229_98,
        0.05,
    );
}

#[test]
fn a10_priorities() {
    let text = |discipline: &str| {
        format!(
            r#"{{ "nodes": {{ "q": {{ "kind": "station", "discipline": "{discipline}" }} }},
            "flows": {{ "high": {{ "enter": "q", "priority": 1,
                                   "at": {{ "q": [ {{ "compute": {EXPONENTIAL} }} ] }} }},
                        "low": {{ "enter": "q", "priority": 9,
                                  "at": {{ "q": [ {{ "compute": {EXPONENTIAL} }} ] }} }} }},
            "load": [ {{ "flow": "high", "rate": "30/s" }}, {{ "flow": "low", "rate": "40/s" }} ],
            "run": {{ "horizon": "11000s", "warm_up": "1000s" }} }}"#
        )
    };
    let polite = run(&text("priority"));
    let pushing = run(&text("priority-preemptive"));

    // Wait = response − own service of 10 ms.
    let minus = |mut e: kneepoint::metrics::estimate::Estimate| {
        e.value = e.value.map(|value| value - 10.0);
        e
    };
    near(
        "A10.np_wait_high",
        minus(polite.latency_mean_ms("high")),
        10.0,
        0.02,
    );
    near(
        "A10.np_wait_low",
        minus(polite.latency_mean_ms("low")),
        33.333_333_33,
        0.02,
    );
    near(
        "A10.pr_response_high",
        pushing.latency_mean_ms("high"),
        14.285_714_29,
        0.02,
    );
    near(
        "A10.pr_response_low",
        pushing.latency_mean_ms("low"),
        47.619_047_62,
        0.02,
    );
}

#[test]
fn a11_paced_arrivals() {
    let run = run(&loaded(r#""every": "12.5ms""#, 80.0, EXPONENTIAL, "", 5e6));

    near(
        "A11.mean_wait",
        run.node_mean_ms("q", |s| &s.waiting),
        16.927_308_4,
        0.02,
    );
    near(
        "A11.prob_wait",
        run.node_share("q", |s| s.waited),
        0.628_629_796_5,
        0.01,
    );
    let p99 = run.node_quantile_ms("q", 0.99, |s| &s.waiting);
    near("A11.wait_p99", p99, 111.504_837_8, 0.03);
}

#[test]
fn a12_general_arrivals_and_services() {
    let law = r#"{ "lognormal": { "mean": "8ms", "cv": 1.224744871391589 } }"#;
    let every = r#""every": { "uniform": ["4ms", "16ms"] }"#;
    let run = run(&loaded(every, 100.0, law, "", 1e7));

    let wait = run.node_mean_ms("q", |s| &s.waiting);
    near("A12.mean_wait", wait, 24.004_483_49, 0.03);
    assert!(
        wait.value.unwrap_or(f64::NAN) < 27.0,
        "A12: above Kingman's bound"
    );
}

#[test]
fn a13_erlang_a() {
    let law = r#"{ "exponential": "100ms" }"#;
    let more = r#", "servers": 10, "max_wait": { "exponential": "200ms" }"#;
    let run = run(&station(100.0, law, more, 5e6));

    let left = run.node_share("q", |s| ended(s, Outcome::TimedOut));
    near("A13.abandon_fraction", left, 0.103_913_212_3, 0.02);
    near(
        "A13.prob_wait",
        run.node_share("q", |s| s.waited),
        0.619_655_230_9,
        0.01,
    );
    near(
        "A13.mean_wait_all",
        run.node_mean_ms("q", |s| &s.waiting),
        20.782_642_47,
        0.02,
    );
    let busy = run.node_average("q", |s| s.busy_area).scaled(0.1);
    near("A13.utilisation", busy, 0.896_086_787_7, 0.01);
}

#[test]
fn a14_fixed_patience() {
    let run = run(&station(120.0, EXPONENTIAL, r#", "max_wait": "20ms""#, 5e6));

    let left = run.node_share("q", |s| ended(s, Outcome::TimedOut));
    near("A14.drop_fraction", left, 0.311_817_917, 0.02);
    let rate = run.node_rate("q", |s| ended(s, Outcome::Completed));
    near("A14.throughput", rate, 82.581_849_96, 0.01);
}

#[test]
fn a15_retrials() {
    let text = r#"{ "nodes": { "q": { "kind": "station", "service_time": { "exponential": "10ms" },
                                      "waiting_limit": 0 } },
        "links": [ { "from": "client", "to": "q", "retry": { "attempts": "unlimited",
                     "backoff": "fixed", "base": { "exponential": "20ms" } } } ],
        "load": [ { "rate": "60/s" } ],
        "run": { "horizon": "9200s", "warm_up": "840s" } }"#;
    let run = run(text);

    let retried = run.flow_share("main", |slice| slice.retried);
    near(
        "A15.fraction_of_fresh_requests_rejected_at_first_try",
        retried,
        0.6,
        0.01,
    );
    // In orbit: inside the system, but not at the server.
    let orbit = run.inside("main").value.unwrap_or(f64::NAN)
        - run
            .node_average("q", |s| s.inside_area)
            .value
            .unwrap_or(f64::NAN);
    assert!(
        (orbit / 2.7 - 1.0).abs() < 0.03,
        "A15.mean_in_orbit: {orbit}"
    );
    let mut delay = run.latency_mean_ms("main");
    delay.value = delay.value.map(|value| value - 10.0);
    near("A15.mean_delay_before_service", delay, 45.0, 0.03);
}

#[test]
fn a16_batches() {
    let run = run(&loaded(
        r#""rate": "60/s", "batch": 4"#,
        60.0,
        EXPONENTIAL,
        "",
        5e6,
    ));

    near(
        "A16.mean_in_system",
        run.node_average("q", |s| s.inside_area),
        3.75,
        0.02,
    );
    near(
        "A16.mean_response",
        run.node_mean_ms("q", |s| &s.sojourn),
        62.5,
        0.02,
    );
}

#[test]
fn a17_mmpp() {
    let load = r#""rate": "60/s", "shape": { "mmpp": [ [1.5, "200ms"], [0.5, "200ms"] ] }"#;
    let run = run(&loaded(load, 60.0, EXPONENTIAL, "", 5e6));

    near(
        "A17.mean_in_system",
        run.node_average("q", |s| s.inside_area),
        2.356_678_023,
        0.025,
    );
    near(
        "A17.mean_response",
        run.node_mean_ms("q", |s| &s.sojourn),
        39.277_967_05,
        0.025,
    );
}

#[test]
fn b07_gateway() {
    let run = run(&station(125.0, r#"{ "exponential": "2ms" }"#, "", 5e6));

    within(
        "B07.utilisation",
        run.node_average("q", |s| s.busy_area),
        0.25,
        0.003,
    );
    near(
        "B07.mean_response",
        run.node_mean_ms("q", |s| &s.sojourn),
        2.666_666_667,
        0.01,
    );
    near(
        "B07.mean_in_gateway",
        run.node_average("q", |s| s.inside_area),
        0.333_333_333_3,
        0.01,
    );
}
