//! Caches against hand-computed traces and closed forms.

use super::*;
use crate::mechanism::test_words::{Words, exponential, unit};
use proptest::prelude::*;

fn cache(eviction: Eviction, entries: u64) -> Cache {
    Cache::new(Limits {
        eviction,
        entries,
        bytes: u64::MAX,
        ttl: Span::MAX,
        renewal: Renewal::Write,
        stale: Span::ZERO,
    })
}

fn lasting(ttl: u64, renewal: Renewal, stale: u64) -> Cache {
    Cache::new(Limits {
        eviction: Eviction::Lru,
        entries: 1000,
        bytes: u64::MAX,
        ttl: Span(ttl),
        renewal,
        stale: Span(stale),
    })
}

/// Looks up and fills on a miss; says whether it hit.
fn use_key(cache: &mut Cache, key: u32, words: &mut Words) -> bool {
    let hit = cache.look_up(key, SimTime::ZERO, false) == LookUp::Hit;
    if !hit {
        cache.fill(key, 1, SimTime::ZERO, || words.next());
    }
    hit
}

fn misses_on_belady_trace(eviction: Eviction, slots: u64) -> usize {
    let mut cache = cache(eviction, slots);
    let mut words = Words::new(1);
    [1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5]
        .into_iter()
        .filter(|&key| !use_key(&mut cache, key, &mut words))
        .count()
}

#[test]
fn misses_on_belady_trace_are_exact() {
    // Belady, Nelson, Shedler (1969); case A36.
    assert_eq!(misses_on_belady_trace(Eviction::Fifo, 3), 9);
    assert_eq!(misses_on_belady_trace(Eviction::Fifo, 4), 10);
    assert_eq!(misses_on_belady_trace(Eviction::Lru, 3), 10);
    assert_eq!(misses_on_belady_trace(Eviction::Lru, 4), 8);
}

/// Hit ratio under independent references with P(k) ∝ k^−exponent.
fn hit_ratio(
    eviction: Eviction,
    entries: u64,
    (exponent, keys): (f64, usize),
    (warm_up, requests): (usize, usize),
) -> f64 {
    let mut cumulated: Vec<f64> = Vec::new();
    let mut sum = 0.0;
    for key in 1..=keys {
        sum += (key as f64).powf(-exponent);
        cumulated.push(sum);
    }
    let mut words = Words::new(7);
    let mut cache = cache(eviction, entries);
    let mut hits = 0;
    for request in 0..warm_up + requests {
        let at = unit(words.next()) * sum;
        let key = cumulated.partition_point(|&c| c < at) as u32;
        let hit = use_key(&mut cache, key, &mut words);
        hits += usize::from(hit && request >= warm_up);
        assert!(cache.len() <= entries);
    }
    hits as f64 / requests as f64
}

#[test]
fn small_caches_match_the_exact_hit_ratios() {
    // King (1971), Gelenbe (1973); case A32.
    let few = |eviction| hit_ratio(eviction, 2, (1.0, 5), (1000, 2_000_000));

    let (lru, fifo, random) = (
        few(Eviction::Lru),
        few(Eviction::Fifo),
        few(Eviction::Random),
    );

    assert!((lru - 0.518_884_56).abs() < 0.002, "lru {lru}");
    assert!((fifo - 0.503_649_64).abs() < 0.002, "fifo {fifo}");
    assert!((random - 0.503_649_64).abs() < 0.002, "random {random}");
}

#[test]
fn lru_under_zipf_matches_the_known_hit_ratio() {
    // Case A33; the optimum that keeps the top 1 000 is 0.5706.
    let zipf = |eviction| hit_ratio(eviction, 1000, (0.8, 10_000), (300_000, 1_500_000));

    let lru = zipf(Eviction::Lru);
    let lfu = zipf(Eviction::Lfu);
    let tiny = zipf(Eviction::TinyLfu);

    assert!((lru - 0.436_487).abs() < 0.003, "lru {lru}");
    assert!((0.50..0.572).contains(&lfu), "lfu {lfu}");
    assert!((0.50..0.572).contains(&tiny), "tiny {tiny}");
}

#[test]
fn lfu_evicts_the_least_used_and_then_the_least_recent() {
    let mut cache = cache(Eviction::Lfu, 3);
    let mut words = Words::new(1);

    for key in [1, 1, 2, 3, 3, 2, 4] {
        use_key(&mut cache, key, &mut words);
    }

    // All three had two uses; 1 was used least recently.
    let held = [1, 2, 3, 4].map(|key| cache.holds(key, SimTime::ZERO));
    assert_eq!(held, [false, true, true, true]);
}

#[test]
fn bytes_bound_what_is_held() {
    let mut cache = Cache::new(Limits {
        bytes: 100,
        ..cache(Eviction::Lru, u64::MAX).limits
    });

    for (key, bytes) in [(1, 40), (2, 40), (3, 30), (4, 101)] {
        cache.fill(key, bytes, SimTime::ZERO, || 0);
    }
    let held = [1, 2, 3, 4].map(|key| cache.holds(key, SimTime::ZERO));
    cache.fill(3, 60, SimTime::ZERO, || 0);

    assert_eq!(held, [false, true, true, false]);
    assert_eq!((cache.len(), cache.bytes()), (2, 100));
}

#[test]
fn renewal_decides_what_restarts_the_time_to_live() {
    let expiry = |renewal, fill| {
        let mut cache = lasting(10, renewal, 0);
        cache.fill(1, 1, SimTime(0), || 0);
        if fill {
            cache.fill(1, 1, SimTime(6), || 0);
        } else {
            cache.look_up(1, SimTime(6), false);
        }
        [9, 10, 15, 16].map(|at| cache.holds(1, SimTime(at)))
    };

    assert_eq!(expiry(Renewal::Write, false), [true, false, false, false]);
    assert_eq!(expiry(Renewal::Write, true), [true, true, true, false]);
    assert_eq!(expiry(Renewal::Hit, false), [true, true, true, false]);
    assert_eq!(expiry(Renewal::Never, true), [true, false, false, false]);
}

#[test]
fn one_visit_renews_a_stale_entry_and_others_are_served() {
    let mut cache = lasting(10, Renewal::Write, 5);
    cache.fill(1, 1, SimTime(0), || 0);

    let seen = [9, 10, 14].map(|at| cache.look_up(1, SimTime(at), true));
    cache.fill(1, 1, SimTime(14), || 0);
    let renewed = [23, 24, 29].map(|at| cache.look_up(1, SimTime(at), true));

    assert_eq!(
        seen,
        [
            LookUp::Hit,
            LookUp::Stale { fetch: true },
            LookUp::Stale { fetch: false }
        ]
    );
    assert_eq!(
        renewed,
        [
            LookUp::Hit,
            LookUp::Stale { fetch: true },
            LookUp::Join // Past the stale time, but the fetch is still out.
        ]
    );
}

#[test]
fn misses_join_the_fetch_under_way() {
    let mut cache = lasting(10, Renewal::Write, 0);

    let seen = [0, 1, 2].map(|at| cache.look_up(3, SimTime(at), true));
    let after = [cache.fetches.join(3, 71), cache.fetches.join(3, 72)];
    let woken = cache.fill(3, 1, SimTime(4), || 0);

    assert_eq!(seen, [LookUp::Miss, LookUp::Join, LookUp::Join]);
    assert_eq!((after, woken), ([None, Some(71)], Some(71)));
    assert_eq!(cache.look_up(3, SimTime(5), true), LookUp::Hit);
}

#[test]
fn ttl_of_one_key_matches_renewal_reward() {
    // Case A34 a, b: Poisson 2/s, 3 s from the miss: λT / (1 + λT) = 6/7; renewed by
    // hits: 1 − e^(−λT).
    let ratio = |renewal| {
        let mut cache = lasting(3_000_000_000, renewal, 0);
        let (mut words, mut at, mut hits) = (Words::new(3), 0, 0);
        for _ in 0..1_000_000 {
            at += exponential(words.next(), 5e8);
            match cache.look_up(1, SimTime(at), false) {
                LookUp::Hit => hits += 1,
                LookUp::Miss | LookUp::Join | LookUp::Stale { .. } => {
                    cache.fill(1, 1, SimTime(at), || 0);
                }
            }
        }
        f64::from(hits) / 1e6
    };

    let (write, hit) = (ratio(Renewal::Write), ratio(Renewal::Hit));

    assert!(
        (write - 6.0 / 7.0).abs() < 0.003,
        "renewed by writes {write}"
    );
    assert!((hit - 0.997_521).abs() < 0.001, "renewed by hits {hit}");
}

#[test]
fn warm_keys_stay_in_order_of_likelihood() {
    for eviction in [Eviction::Lru, Eviction::Lfu, Eviction::Fifo] {
        let mut cache = cache(eviction, 3);
        cache.warm([1, 2, 3, 4].into_iter(), 1, SimTime::ZERO);
        cache.fill(9, 1, SimTime::ZERO, || 0);

        let held = [1, 2, 3, 4, 9].map(|key| cache.holds(key, SimTime::ZERO));
        assert_eq!(held, [true, true, false, false, true], "{eviction:?}");
    }
}

proptest! {
    #[test]
    fn never_holds_more_than_it_may(
        which in 0usize..5,
        entries in 0u64..12,
        bytes in 1u64..200,
        steps in prop::collection::vec((0u8..8, 0u32..30, 1u32..60), 1..400)
    ) {
        let eviction = [
            Eviction::Lru, Eviction::Lfu, Eviction::TinyLfu, Eviction::Fifo, Eviction::Random,
        ][which];
        let mut words = Words::new(5);
        let mut cache = Cache::new(Limits { bytes, ..cache(eviction, entries).limits });
        for (what, key, size) in steps {
            match what {
                0 => { cache.invalidate(key); }
                1 => if key == 0 { cache.flush() },
                2..5 => { cache.look_up(key, SimTime::ZERO, false); }
                _ => { cache.fill(key, size, SimTime::ZERO, || words.next()); }
            }
            prop_assert!(cache.len() <= entries && cache.bytes() <= bytes);
            let held = (0..30).filter(|&key| cache.holds(key, SimTime::ZERO)).count();
            prop_assert_eq!(held as u64, cache.len());
        }
    }
}

#[test]
fn refuses_what_does_not_fit_where_nothing_goes() {
    let mut cache = Cache::new(Limits {
        eviction: Eviction::Refuse,
        entries: 1000,
        bytes: 100,
        ttl: Span::MAX,
        renewal: Renewal::Write,
        stale: Span::ZERO,
    });

    let fill = |cache: &mut Cache, key, bytes| {
        let fits = cache.fits(key, bytes);
        cache.fill(key, bytes, SimTime::ZERO, || 0);
        (fits, cache.holds(key, SimTime::ZERO), cache.bytes())
    };

    assert_eq!(fill(&mut cache, 1, 60), (true, true, 60));
    assert_eq!(fill(&mut cache, 2, 60), (false, false, 60));
    assert_eq!(fill(&mut cache, 1, 101), (false, true, 60), "as it was");
    assert_eq!(fill(&mut cache, 1, 30), (true, true, 30));
    assert_eq!(fill(&mut cache, 2, 70), (true, true, 100));
    cache.invalidate(1);
    assert_eq!(fill(&mut cache, 3, 30), (true, true, 100));
}
