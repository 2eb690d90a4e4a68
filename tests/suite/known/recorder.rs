//! The recorder of percentiles, fed directly.

use kneepoint::metrics::cells::THREE_DIGITS;
use kneepoint::metrics::distribution::Distribution;
use kneepoint::metrics::recording::Times;

#[test]
fn a45_one_to_a_hundred_thousand() {
    // In an order that is neither rising nor falling: 7919 is no divisor of 100 000.
    let mut times = Times::new(THREE_DIGITS);
    for n in 0..100_000u64 {
        times.record(n * 7_919 % 100_000 + 1);
    }

    let all = Distribution::of([&times].into_iter(), 3);

    assert_eq!(all.count, 100_000);
    for (id, p, expected) in [
        ("A45.p50", 0.5, 50_000.0),
        ("A45.p99", 0.99, 99_000.0),
        ("A45.p99.9", 0.999, 99_900.0),
        ("A45.p99.99", 0.9999, 99_990.0),
    ] {
        let found = all.quantile_ns(p) as f64;
        assert!((found / expected - 1.0).abs() <= 0.01, "{id}: {found}");
    }
    assert_eq!(all.max, 100_000, "A45.max");
    let mean = all.mean_ns();
    assert!((mean / 50_000.5 - 1.0).abs() <= 1e-6, "A45.mean: {mean}");
}
