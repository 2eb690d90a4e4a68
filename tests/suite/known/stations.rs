//! Single stations.

use super::harness::{near, run, within};

/// A station `q` under a Poisson load; five million requests over ten replications.
fn station(rate: f64, service: &str, more: &str, requests: f64) -> String {
    let measured = requests / 10.0 / rate;
    format!(
        r#"{{ "nodes": {{ "q": {{ "kind": "station", "service_time": {service} {more} }} }},
             "load": [ {{ "rate": "{rate}/s" }} ],
             "run": {{ "horizon": "{}s", "warm_up": "{}s" }} }}"#,
        (measured * 1.1).ceil(),
        (measured * 0.1).ceil()
    )
}

#[test]
fn a01_mm1() {
    let run = run(&station(80.0, r#"{ "exponential": "10ms" }"#, "", 1e7));

    within("A01.utilisation", run.node_average("q", |s| s.busy_area), 0.8, 0.005);
    near("A01.mean_wait", run.node_mean_ms("q", |s| &s.waiting), 40.0, 0.02);
    near("A01.mean_response", run.node_mean_ms("q", |s| &s.sojourn), 50.0, 0.02);
    near("A01.mean_in_system", run.node_average("q", |s| s.inside_area), 4.0, 0.02);
    near("A01.response_p50", run.latency_ms("main", 0.5), 34.657_359_03, 0.02);
    near("A01.response_p90", run.latency_ms("main", 0.9), 115.129_254_6, 0.02);
    near("A01.response_p99", run.latency_ms("main", 0.99), 230.258_509_3, 0.03);
    near("A01.response_p99.9", run.latency_ms("main", 0.999), 345.387_763_9, 0.05);
    near("A01.response_p99.99", run.latency_ms("main", 0.9999), 460.517_018_6, 0.1);
}
