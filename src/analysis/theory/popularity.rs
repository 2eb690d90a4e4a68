//! Hit rates of caches under independent references.
//!
//! References are independent draws from one law of keys, all items are of one size, and
//! nothing expires. Popularity is given as groups of (number of keys, probability of each),
//! so that a hundred million keys need no hundred million steps.

/// Halvings of the characteristic time.
const HALVINGS: u32 = 100;

/// Returns the most that any cache of so many entries can hit: it always keeps the likeliest.
///
/// Groups are (number, probability), the likeliest first.
pub fn keep_the_likeliest(groups: &[(f64, f64)], entries: f64) -> f64 {
    let mut room = entries;
    let mut hits = 0.0;
    for &(number, probability) in groups {
        let kept = number.min(room);
        hits += kept * probability;
        room -= kept;
    }
    hits
}

/// Returns the hit rate of LRU by Che's approximation.
///
/// The characteristic time t solves Σ (1 − e^(−p·t)) = C; then the hit rate is
/// Σ p·(1 − e^(−p·t)). Asymptotically exact; within a thousandth for Zipf laws and hundreds
/// of entries.
///
/// SOURCE: Che, Tung and Wang, Hierarchical Web caching systems, IEEE JSAC 20(7), 2002;
/// Fricker, Robert and Roberts, A versatile and accurate approximation for LRU (2012).
pub fn che(groups: &[(f64, f64)], entries: f64) -> f64 {
    let keys: f64 = groups.iter().map(|(number, _)| number).sum();
    if entries >= keys {
        return 1.0;
    }
    let kept = |t: f64| -> f64 {
        let each = groups.iter();
        each.map(|(number, p)| -number * libm::expm1(-p * t)).sum()
    };
    let (mut low, mut high) = (0.0, 1.0);
    while kept(high) < entries && high < 1e300 {
        high *= 2.0;
    }
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if kept(middle) < entries {
            low = middle;
        } else {
            high = middle;
        }
    }
    let each = groups.iter();
    each.map(|(number, p)| -number * p * libm::expm1(-p * high))
        .sum()
}

/// Puts the probabilities of ranks 1..=count into groups: the first ranks one by one, then
/// blocks that grow with the rank by a thousandth, each at the probability of its middle.
///
/// Probabilities must fall with the rank.
pub fn groups(count: u64, probability: impl Fn(u64) -> f64) -> Vec<(f64, f64)> {
    let mut found = Vec::new();
    let mut rank = 1;
    while rank <= count {
        let length = (rank / 1_000).max(1).min(count - rank + 1);
        found.push((length as f64, probability(rank + (length - 1) / 2)));
        rank += length;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_for_all_keys_always_hits() {
        let even = [(10.0, 0.1)];

        assert!((che(&even, 10.0) - 1.0).abs() < 1e-12);
        assert!((che(&even, 5.0) - 0.5).abs() < 1e-9);
        assert!((keep_the_likeliest(&even, 3.0) - 0.3).abs() < 1e-12);
    }

    #[test]
    fn groups_hold_all_keys_and_nearly_all_probability() {
        let total: f64 = (1..=100_000u32).map(|k| 1.0 / f64::from(k)).sum();
        let found = groups(100_000, |rank| 1.0 / rank as f64 / total);

        let keys: f64 = found.iter().map(|(number, _)| number).sum();
        let sum: f64 = found.iter().map(|(number, p)| number * p).sum();
        assert!((keys - 100_000.0).abs() < 1e-9);
        assert!((sum - 1.0).abs() < 1e-4, "{sum}");
    }
}
