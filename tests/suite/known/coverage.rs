//! Intervals are honest: they hold the truth as often as they say.

use kneepoint::analysis::simulation::{Settings, simulate};
use kneepoint::engine::Nobody;
use kneepoint::topology::{LoadRequest, load};

/// Returns whether the 95 % interval of an M/M/1's p99 and mean at ρ = 0.8 hold the exact values.
fn holds(seed: u64) -> (bool, bool) {
    // 10 replications of 80/s × 280 s = 22,400 counted requests.
    let text = format!(
        r#"{{ "nodes": {{ "q": {{ "kind": "station", "service_time": {{ "exponential": "10ms" }} }} }},
              "load": [ {{ "rate": "80/s" }} ],
              "run": {{ "horizon": "300s", "warm_up": "20s", "seed": {seed} }} }}"#
    );
    let (topology, _) = load(&LoadRequest::new(&text, "case.json")).expect("a topology");
    let settings = Settings {
        threads: 2,
        precision: None,
    };
    let run = simulate(&topology, Vec::new(), &settings, &Nobody).expect("the run ends");
    let latency = run.report().flows["main"].latency_ms.clone();
    let within = |of: &kneepoint::report::Estimate, exact: f64| {
        let value = of.value.expect("a value");
        let half = of.half_width.expect("an interval");
        (value - exact).abs() <= half
    };
    // SOURCE: M/M/1: −ln(1 − p) / (μ − λ) with μ − λ = 20/s; mean 1 / (μ − λ).
    (
        within(&latency.p99, 230.258_509),
        within(&latency.mean, 50.0),
    )
}

#[test]
fn intervals_of_two_hundred_seeds_hold_the_p99_as_often_as_they_say() {
    let found: Vec<(bool, bool)> = (1..=200).map(holds).collect();

    let share = |of: fn(&(bool, bool)) -> bool| {
        found.iter().filter(|one| of(one)).count() as f64 / found.len() as f64
    };
    let (p99, mean) = (share(|one| one.0), share(|one| one.1));
    println!("200 seeds: the 95 % interval held the p99 in {p99}, the mean in {mean} of them");
    assert!((0.90..=0.98).contains(&p99), "p99: {p99}");
    assert!((0.90..=0.98).contains(&mean), "mean: {mean}");
}
