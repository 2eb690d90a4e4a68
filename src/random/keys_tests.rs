use super::super::address::request_key;
use super::*;

const PLACE: u64 = 0x0400_0000;

fn zipf(exponent: f64, count: u64) -> Keys {
    Keys::compile(&KeyLaw::Zipf { exponent, count }, 0).unwrap()
}

fn ranks(keys: &Keys, draws: u64) -> impl Iterator<Item = u64> + '_ {
    (0..draws).map(|n| keys.rank(keys.draw_nth(request_key(11, 0, 5, n), PLACE, n + 1)))
}

/// χ² of draws in bins of neighbouring ranks, as deviations from its mean.
fn chi_square(keys: &Keys, ends: &[u64], draws: u64) -> f64 {
    let mut observed = vec![0.0; ends.len()];
    ranks(keys, draws).for_each(|rank| observed[ends.partition_point(|&end| end < rank)] += 1.0);
    let mut first = 1;
    let chi: f64 = ends
        .iter()
        .zip(&observed)
        .map(|(&end, &found): (&u64, &f64)| {
            let p: f64 = (first..=end).map(|rank| keys.probability(rank)).sum();
            first = end + 1;
            let expected = p * draws as f64;
            assert!(
                expected > 20.0,
                "a bin up to {end} is too small: {expected}"
            );
            (found - expected).powi(2) / expected
        })
        .sum();
    let freedom = (ends.len() - 1) as f64;
    (chi - freedom) / (2.0 * freedom).sqrt()
}

#[test]
fn small_zipf_laws_are_exact_for_every_exponent() {
    let ends: Vec<u64> = (1..=100).collect();
    for exponent in [0.0, 0.5, 0.8, 0.99, 1.0, 1.2, 2.0] {
        let keys = zipf(exponent, 100);
        let total: f64 = (1..=100).map(|rank| keys.probability(rank)).sum();
        assert!((total - 1.0).abs() < 1e-12);
        let z = chi_square(&keys, &ends, 1_000_000);
        assert!(z.abs() < 4.5, "exponent {exponent}: {z}");
    }
}

#[test]
fn large_zipf_laws_are_exact_across_the_end_of_the_table() {
    let ends = [
        1, 2, 3, 10, 100, 1000, 10_000, 65_000, 65_536, 66_000, 70_000, 100_000, 200_000, 500_000,
        999_000, 1_000_000,
    ];
    for exponent in [0.0, 0.8, 0.99, 1.0, 1.1] {
        let keys = zipf(exponent, 1_000_000);
        let total: f64 = (1..=1_000_000).map(|rank| keys.probability(rank)).sum();
        assert!((total - 1.0).abs() < 1e-11, "exponent {exponent}: {total}");
        // Flat laws hardly ever draw the first ranks: leave those out of the bins.
        let few: Vec<u64> = ends
            .iter()
            .copied()
            .filter(|&end| exponent > 0.5 || end >= 1000)
            .collect();
        let z = chi_square(&keys, &few, 4_000_000);
        assert!(z.abs() < 4.5, "exponent {exponent}: {z}");
    }
}

#[test]
fn mean_ranks_are_those_of_the_law() {
    for (exponent, count) in [(0.0, 4_000_000_000_u64), (1.0, 4_000_000_000), (1.0, 1000)] {
        let keys = zipf(exponent, count);
        let n = count as f64;
        // 1: n/H(n); 0: (n + 1)/2.
        let harmonic = n.ln() + 0.577_215_664_901_532_9 + 0.5 / n - 1.0 / (12.0 * n * n);
        let (mean, second) = if exponent > 0.5 {
            (n / harmonic, n * n / 2.0 / harmonic)
        } else {
            ((n + 1.0) / 2.0, n * n / 3.0)
        };
        let deviation = ((second - mean * mean) / 1e6).sqrt();

        let found = ranks(&keys, 1_000_000).map(|rank| rank as f64).sum::<f64>() / 1e6;

        assert!(
            (found - mean).abs() < 4.0 * deviation,
            "{exponent}, {count}: {found} not {mean}"
        );
    }
}

#[test]
fn steep_and_single_laws_stay_in_range() {
    for (exponent, count) in [
        (30.0, 100_000_000),
        (5.0, 100_000_000),
        (1.0, 1),
        (1.0, 65_537),
    ] {
        let keys = zipf(exponent, count);
        assert!(ranks(&keys, 100_000).all(|rank| (1..=count).contains(&rank)));
    }
}

#[test]
fn weights_are_drawn_exactly_and_ordered_by_likelihood() {
    let law = KeyLaw::Weights(vec![1.0, 0.0, 5.0, 4.0]);
    let keys = Keys::compile(&law, 1000).unwrap();

    assert_eq!(keys.count(), 4);
    assert_eq!(keys.likeliest(3).collect::<Vec<_>>(), [1003, 1004, 1001]);
    let mut observed = [0.0; 4];
    ranks(&keys, 1_000_000).for_each(|rank| observed[rank as usize - 1] += 1.0);
    for (rank, p) in [(1, 0.1), (2, 0.0), (3, 0.5), (4, 0.4_f64)] {
        let found: f64 = observed[rank - 1];
        assert!(
            (found / 1e6 - p).abs() <= 4.0 * (p * (1.0 - p) / 1e6).sqrt(),
            "{rank}: {found}"
        );
        assert!((keys.probability(rank as u64) - p).abs() < 1e-15);
    }
}

#[test]
fn whole_laws_have_their_greatest_value_as_count() {
    let uniform = KeyLaw::Whole(Law::Uniform {
        low: 1.0,
        high: 20.0,
    });
    let keys = Keys::compile(&uniform, 7).unwrap();
    assert_eq!(keys.count(), 20);
    assert!(!keys.needs_ordinal());
    let z = chi_square(&keys, &(1..=20).collect::<Vec<_>>(), 200_000);
    assert!(z.abs() < 4.5, "{z}");

    let late = KeyLaw::Whole(Law::Uniform {
        low: 8.0,
        high: 10.0,
    });
    let keys = Keys::compile(&late, 0).unwrap();
    assert_eq!(keys.likeliest(3).collect::<Vec<_>>(), [8, 9, 10]);

    let quantiles = KeyLaw::Whole(Law::Quantiles(vec![(0.0, 1.0), (0.9, 5.0), (1.0, 50.0)]));
    let keys = Keys::compile(&quantiles, 0).unwrap();
    let z = chi_square(&keys, &[1, 2, 3, 4, 5, 10, 30, 50], 200_000);
    assert!(z.abs() < 4.5, "{z}");
}

#[test]
fn a_sequence_goes_by_the_ordinal() {
    let keys = Keys::compile(&KeyLaw::Whole(Law::Sequence(vec![2.0, 9.0, 2.0])), 100).unwrap();

    assert!(keys.needs_ordinal());
    let drawn: Vec<u32> = (1..=4).map(|n| keys.draw_nth(5, PLACE, n)).collect();
    assert_eq!(drawn, [102, 109, 102, 102]);
    assert_eq!(keys.likeliest(2).collect::<Vec<_>>(), [102, 109]);
    assert!((keys.probability(2) - 2.0 / 3.0).abs() < 1e-15);
}

#[test]
fn ids_are_those_after_the_base() {
    let keys = Keys::compile(
        &KeyLaw::Zipf {
            exponent: 1.0,
            count: 10,
        },
        5,
    )
    .unwrap();

    assert!(!keys.contains(5) && keys.contains(6) && keys.contains(15) && !keys.contains(16));
    assert_eq!((keys.rank(6), keys.rank(15)), (1, 10));
    assert_eq!(
        (keys.global(1), keys.global(10), keys.global(99)),
        (6, 15, 15)
    );
    assert_eq!(keys.likeliest(99).count(), 10);
}

#[test]
fn laws_without_an_end_or_a_place_are_refused() {
    let refused = |law: &KeyLaw, base| Keys::compile(law, base).unwrap_err();

    let endless = KeyLaw::Whole(Law::Geometric { mean: 3.0 });
    assert!(refused(&endless, 0).contains("no greatest key"));
    assert!(refused(&KeyLaw::Weights(Vec::new()), 0).contains("no keys"));
    assert!(refused(&KeyLaw::Weights(vec![0.0]), 0).contains("sum to nothing"));
    let large = KeyLaw::Zipf {
        exponent: 1.0,
        count: 4_000_000_000,
    };
    assert!(refused(&large, 300_000_000).contains("ids left"));
}
