//! Defaults that the facts sheets give: as the catalogue shows them, and as runs find them.
//!
//! Of a lognormal law with median m and 99 % quantile q, σ = ln(q/m) / 2.3263, the mean is
//! m · exp(σ²/2), and the standard deviation mean · √(exp(σ²) − 1).

use crate::known::harness::{Run, run};
use kneepoint::component::find;
use kneepoint::metrics::recording::FlowSlice;

/// Mean and standard deviation of a law by its median and its 99 % quantile.
fn lognormal(p50: f64, p99: f64) -> (f64, f64) {
    let sigma = (p99 / p50).ln() / 2.326_347_9;
    let mean = p50 * (sigma * sigma / 2.0).exp();
    (mean, mean * ((sigma * sigma).exp() - 1.0).sqrt())
}

/// Mean of a time of the only flow, over all requests [ms], and their number.
fn mean_ms(
    run: &Run,
    time: impl Fn(&FlowSlice) -> &kneepoint::metrics::recording::Times,
) -> (f64, f64) {
    let sums = run.of_flow("main", |slice| time(slice).sum as f64 / 1e6);
    let counts = run.of_flow("main", |slice| time(slice).count as f64);
    let count: f64 = counts.iter().sum();
    (sums.iter().sum::<f64>() / count, count)
}

/// Requires a mean of independent times: within 3.29 standard errors.
#[track_caller]
fn is_mean(what: &str, (found, count): (f64, f64), parts: &[(f64, f64)]) {
    let laws = parts.iter().map(|(p50, p99)| lognormal(*p50, *p99));
    let (mean, variance) = laws.fold((0.0, 0.0), |(mean, variance), (m, sd)| {
        (mean + m, variance + sd * sd)
    });
    let error = (variance / count).sqrt();
    assert!(
        (found - mean).abs() < 3.29 * error,
        "{what}: {found} ms, expected {mean} ms ± {error}"
    );
}

#[test]
fn the_catalogue_shows_what_the_sheets_say() {
    let default = |kind: &str, parameter: &str| {
        let info = find(kind).expect("a kind");
        let mut parameters = (info.parameters)().iter();
        let found = parameters.find(|one| one.name == parameter);
        found.expect("a parameter").default.clone()
    };

    assert_eq!(default("codedeploy", "concurrency"), "1000");
    assert_eq!(default("lambda", "accept"), "lognormal p50 12ms p99 60ms");
    assert_eq!(
        default("lambda", "dispatch"),
        "lognormal p50 50ms p99 500ms"
    );
}

/// Twenty thousand requests at a gateway, whose integration takes no time.
fn gateway(parameters: &str, keys: &str) -> Run {
    run(&format!(
        r#"{{ "nodes": {{ "api": {{ "kind": "api-gateway", {parameters} }}, "o": {{ "kind": "delay", "time": "0s" }} }},
             "links": [ {{ "from": "api", "to": "o", "latency": "0s" }} ],
             "flows": {{ "main": {{ "enter": "api", "key": {keys} }} }},
             "load": [ {{ "rate": "1k/s", "arrivals": "even" }} ],
             "run": {{ "horizon": "20s", "warm_up": "0s", "replications": 1 }} }}"#
    ))
}

#[test]
fn a_rest_api_answers_from_its_cache_in_less_time() {
    let cached = r#""type": "rest", "cache": { "entries": "1k" }"#;

    // One key, of which the first request alone finds nothing; then none comes twice.
    let hits = gateway(cached, r#"{ "uniform": [1, 1] }"#);
    let misses = gateway(cached, r#"{ "uniform": [1, 1000000000] }"#);
    let without = gateway(r#""type": "rest""#, r#"{ "uniform": [1, 1] }"#);

    let of = |run: &Run| mean_ms(run, |slice| &slice.latency);
    is_mean("hits", of(&hits), &[(5.0, 25.0)]);
    is_mean("misses", of(&misses), &[(5.0, 25.0), (2.5, 50.0)]);
    is_mean("without", of(&without), &[(9.0, 60.0)]);
}

#[test]
fn a_gateway_checks_a_token_as_fast_as_its_type_does() {
    let with = |kind: &str| {
        let parameters = format!(r#""type": "{kind}", "time": "0s", "authorizer": {{}}"#);
        mean_ms(
            &gateway(&parameters, r#"{ "uniform": [1, 1000] }"#),
            |slice| &slice.latency,
        )
    };

    is_mean("http", with("http"), &[(1.0, 8.0)]);
    is_mean("rest", with("rest"), &[(2.0, 15.0)]);
}

#[test]
fn a_topic_reaches_a_queue_sooner_than_a_function() {
    let with = |to: &str| {
        let run = run(&format!(
            r#"{{ "nodes": {{ "t": {{ "kind": "sns", "publish": "0s" }}, "q": {{ {to} }}, "w": {{ "kind": "delay", "time": "0s" }} }},
                 "links": [ {{ "from": "t", "to": "q", "latency": "0s" }}, {{ "from": "q", "to": "w", "latency": "0s", "batch": 1 }} ],
                 "flows": {{ "main": {{ "at": {{ "client": [ {{ "send": "t" }} ] }} }} }},
                 "load": [ {{ "rate": "1k/s", "arrivals": "even" }} ],
                 "run": {{ "horizon": "20s", "warm_up": "0s", "replications": 1 }} }}"#
        ));
        mean_ms(&run, |slice| &slice.settled)
    };

    let queue = r#""kind": "sqs", "send": "0s", "lag": "0s", "duplicates": 0"#;
    is_mean("standard queue", with(queue), &[(19.0, 105.0)]);
    let plain = r#""kind": "queue""#;
    is_mean("others", with(plain), &[(73.0, 225.0)]);
}

#[test]
fn what_nobody_waits_for_is_kept_before_it_is_invoked() {
    let run = run(
        r#"{ "nodes": { "f": { "kind": "lambda", "memory": "1769MiB", "compute": "5ms", "overhead": "1ms", "placement": "0s",
                 "init": "0s", "accept": "10ms", "dispatch": "40ms" } },
             "flows": { "main": { "at": { "client": [ { "send": "f" } ] } } },
             "load": [ { "rate": "10/s", "arrivals": "even" } ],
             "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#,
    );

    let (told, _) = mean_ms(&run, |slice| &slice.latency);
    let (done, _) = mean_ms(&run, |slice| &slice.settled);
    assert!((told - 10.0).abs() < 1e-6, "{told}");
    assert!((done - 56.0).abs() < 1e-6, "{done}");
}
