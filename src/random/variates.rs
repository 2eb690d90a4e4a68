//! Variates that take any number of words: gamma, binomial, multinomial.
//!
//! A variate draws from a counter of its own, which starts at the one word of its
//! address; so it may reject as often as it likes and nobody else's draws move.
//! All maths is in pure Rust, so that values are equal on all platforms.
//!
//! Not here: laws that are drawn by one look-up (`sampler`).

use super::address::{mix2, share};
use libm::{exp, log, log1p, sqrt};
use std::sync::LazyLock;

/// Below this mean a binomial count is found by adding probabilities up.
///
/// CHOICE: the bound down to which the rejection below is known to be exact.
const FEW: f64 = 10.0;
/// Up to so many times the places things are spread one by one over an even number of them.
///
/// CHOICE: halving takes about a word a place.
const FEW_PER_HALF: u64 = 1;
/// The same over an odd number of places.
///
/// CHOICE: a binomial count takes about as long as sixteen words.
const FEW_PER_PLACE: u64 = 16;
/// Most coins that are thrown one by one.
///
/// CHOICE: a binomial count takes about as long as sixteen words of coins.
const MOST_COINS: u64 = 1_024;

/// Layers of equal area that the density of the normal law is cut into.
const LAYERS: usize = 128;
/// Where the tail begins, with so many layers.
///
/// SOURCE: Doornik 2005, as at `Stream::normal`.
const TAIL: f64 = 3.442_619_855_899;
/// Area of a layer, in units of the density without its factor 1/√(2π).
const AREA: f64 = 9.912_563_035_262_17e-3;

/// The layers of the normal law.
static NORMAL: LazyLock<Layers> = LazyLock::new(Layers::new);

/// Layers under a density that falls from 0 on, from the one with the tail up.
struct Layers {
    /// Where each ends.
    ends: [f64; LAYERS + 1],
    /// Which part of each lies under the density whatever the height.
    inner: [f64; LAYERS],
}

impl Layers {
    fn new() -> Layers {
        let mut ends = [0.0; LAYERS + 1];
        let mut density = exp(-0.5 * TAIL * TAIL);
        ends[0] = AREA / density;
        ends[1] = TAIL;
        for layer in 2..LAYERS {
            ends[layer] = sqrt(-2.0 * log(AREA / ends[layer - 1] + density));
            density = exp(-0.5 * ends[layer] * ends[layer]);
        }
        Layers {
            inner: std::array::from_fn(|layer| ends[layer + 1] / ends[layer]),
            ends,
        }
    }
}

/// A counter that gives words to one variate.
#[derive(Clone, Debug)]
pub struct Stream {
    seed: u64,
    next: u64,
}

impl Stream {
    /// Starts a counter at a word.
    pub fn new(seed: u64) -> Stream {
        Stream { seed, next: 0 }
    }

    /// Returns the next word.
    #[inline]
    pub fn word(&mut self) -> u64 {
        self.next += 1;
        mix2(self.seed, self.next)
    }

    /// Returns the next number in (0, 1).
    #[inline]
    pub fn open(&mut self) -> f64 {
        share(self.word()) + 0.5 / (1u64 << 53) as f64
    }

    /// Returns a standard normal value.
    ///
    /// Nearly all values lie in a layer's inner part, and cost one word and a product. Exact.
    ///
    /// SOURCE: Marsaglia, Tsang, “The ziggurat method for generating random variables”,
    /// Journal of Statistical Software 5(8) (2000); Doornik, “An improved ziggurat method to
    /// generate normal random samples” (2005), ZIGNOR.
    fn normal(&mut self, layers: &Layers) -> f64 {
        loop {
            let word = self.word();
            let u = 2.0 * share(word) - 1.0;
            // The place uses the upper 53 bits, the layer the lowest 7.
            let layer = (word & (LAYERS as u64 - 1)) as usize;
            if u.abs() < layers.inner[layer] {
                return u * layers.ends[layer];
            }
            if layer == 0 {
                let beyond = self.beyond();
                return if u < 0.0 { -beyond } else { beyond };
            }
            let x = u * layers.ends[layer];
            let density = |end: f64| exp(-0.5 * (end * end - x * x));
            let (low, high) = (density(layers.ends[layer]), density(layers.ends[layer + 1]));
            if high + self.open() * (low - high) < 1.0 {
                return x;
            }
        }
    }

    /// Returns a normal value beyond the last layer.
    fn beyond(&mut self) -> f64 {
        loop {
            let x = -log(self.open()) / TAIL;
            let y = -log(self.open());
            if 2.0 * y >= x * x {
                return TAIL + x;
            }
        }
    }

    /// Returns a gamma value of unit scale.
    ///
    /// SOURCE: Marsaglia, Tsang, “A simple method for generating gamma variables”,
    /// ACM TOMS 26 (2000).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = exp(log(self.open()) / shape);
            return self.gamma(shape + 1.0) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / sqrt(9.0 * d);
        let layers = &*NORMAL;
        loop {
            let x = self.normal(layers);
            let v = 1.0 + c * x;
            if v <= 0.0 {
                continue;
            }
            let v = v * v * v;
            let u = self.open();
            // The squeeze accepts what the bound would: it only spares two logarithms.
            if u < 1.0 - 0.0331 * (x * x) * (x * x) {
                return d * v;
            }
            if log(u) < 0.5 * x * x + d - d * v + d * log(v) {
                return d * v;
            }
        }
    }

    /// Returns how many of `n` happen, each with probability `p`.
    pub fn binomial(&mut self, n: u64, p: f64) -> u64 {
        if p <= 0.0 || n == 0 {
            return 0;
        }
        if p >= 1.0 {
            return n;
        }
        if p > 0.5 {
            return n - self.binomial(n, 1.0 - p);
        }
        if n as f64 * p < FEW {
            self.few(n, p)
        } else {
            self.many(n, p)
        }
    }

    /// Adds probabilities up until they pass a number drawn.
    fn few(&mut self, n: u64, p: f64) -> u64 {
        let mut left = self.open();
        let odds = p / (1.0 - p);
        let mut probability = exp(n as f64 * log1p(-p));
        let mut count = 0;
        while left > probability && count < n {
            left -= probability;
            probability *= (n - count) as f64 / (count + 1) as f64 * odds;
            count += 1;
        }
        count
    }

    /// Draws from a hat and rejects exactly.
    ///
    /// SOURCE: Hörmann, “The generation of binomial random variates”, JSCS 46
    /// (1993), algorithm BTRS.
    fn many(&mut self, n: u64, p: f64) -> u64 {
        let total = n as f64;
        let deviation = sqrt(total * p * (1.0 - p));
        let b = 1.15 + 2.53 * deviation;
        let a = -0.0873 + 0.0248 * b + 0.01 * p;
        let centre = total * p + 0.5;
        let squeeze = 0.92 - 4.2 / b;
        let alpha = (2.83 + 5.1 / b) * deviation;
        let odds = p / (1.0 - p);
        let mode = ((total + 1.0) * p).floor();
        loop {
            let u = self.open() - 0.5;
            let v = self.open();
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + centre).floor();
            if k < 0.0 || k > total {
                continue;
            }
            if us >= 0.07 && v <= squeeze {
                return k as u64;
            }
            let weight = log(v * alpha / (a / (us * us) + b));
            let bound = (mode + 0.5) * log((mode + 1.0) / (odds * (total - mode + 1.0)))
                + (total + 1.0) * log((total - mode + 1.0) / (total - k + 1.0))
                + (k + 0.5) * log(odds * (total - k + 1.0) / (k + 1.0))
                + stirling(mode)
                + stirling(total - mode)
                - stirling(k)
                - stirling(total - k);
            if weight <= bound {
                return k as u64;
            }
        }
    }

    /// Spreads `n` over equally likely places: how many each of them gets.
    ///
    /// One by one while they are few; else an even number of places is halved, as fair coins
    /// are cheap, and of an odd number one is taken off. All of it is exact.
    pub fn spread(&mut self, n: u64, counts: &mut [u32]) {
        let places = counts.len() as u64;
        let even = places.is_multiple_of(2);
        if places == 1 {
            counts[0] = n as u32;
        } else if n <= places * if even { FEW_PER_HALF } else { FEW_PER_PLACE } {
            counts.fill(0);
            for _ in 0..n {
                let place = (u128::from(self.word()) * u128::from(places)) >> 64;
                counts[place as usize] += 1;
            }
        } else if even {
            let here = self.heads(n);
            let (one, other) = counts.split_at_mut(counts.len() / 2);
            self.spread(here, one);
            self.spread(n - here, other);
        } else if let Some((first, rest)) = counts.split_first_mut() {
            let here = self.binomial(n, 1.0 / places as f64);
            *first = here as u32;
            self.spread(n - here, rest);
        }
    }

    /// Returns how many of `n` fair coins show heads: each is a bit, while they are few.
    fn heads(&mut self, n: u64) -> u64 {
        if n > MOST_COINS {
            return self.binomial(n, 0.5);
        }
        let whole: u32 = (0..n / 64).map(|_| self.word().count_ones()).sum();
        let rest = n % 64;
        let part = if rest > 0 {
            (self.word() >> (64 - rest)).count_ones()
        } else {
            0
        };
        u64::from(whole + part)
    }

    /// Spreads `n` over places with cumulated probabilities, given as 64-bit thresholds.
    pub fn spread_by(&mut self, n: u64, thresholds: &[u64], counts: &mut [u32]) {
        counts.fill(0);
        let mut left = n;
        let mut below = 0u64;
        for (count, &threshold) in counts.iter_mut().zip(thresholds) {
            let here = threshold.saturating_sub(below) as f64;
            let rest = (u64::MAX - below) as f64;
            let taken = if threshold == u64::MAX {
                left
            } else {
                self.binomial(left, here / rest)
            };
            *count = taken as u32;
            left -= taken;
            below = threshold;
        }
        if let Some(last) = counts.last_mut() {
            *last += left as u32;
        }
    }
}

/// What Stirling's formula for ln k! lacks.
fn stirling(k: f64) -> f64 {
    const EXACT: [f64; 10] = [
        0.081_061_466_795_327,
        0.041_340_695_955_409,
        0.027_677_925_684_998,
        0.020_790_672_103_765,
        0.016_644_691_189_821,
        0.013_876_128_823_071,
        0.011_896_709_945_892,
        0.010_411_265_261_972,
        0.009_255_462_182_713,
        0.008_330_563_433_363,
    ];
    if let Some(exact) = EXACT.get(k as usize) {
        return *exact;
    }
    let one = k + 1.0;
    let square = one * one;
    (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 / square) / square) / one
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of so many draws.
    fn moments(draws: u64, mut value: impl FnMut(&mut Stream) -> f64) -> (f64, f64) {
        let (mut sum, mut squares) = (0.0, 0.0);
        for seed in 0..draws {
            let x = value(&mut Stream::new(mix2(seed, 77)));
            sum += x;
            squares += x * x;
        }
        let mean = sum / draws as f64;
        (mean, squares / draws as f64 - mean * mean)
    }

    #[test]
    fn binomial_has_its_mean_and_variance() {
        // The mean's error is sd/√n, the variance's about var·√(2/n); four of each.
        let draws = 200_000u64;
        for (n, p) in [
            (5, 0.3),
            (50, 0.1),
            (1000, 0.4),
            (1000, 0.9),
            (100_000_000, 0.24),
            (100_000_000, 1e-9),
        ] {
            let (mean, variance) = moments(draws, |stream| stream.binomial(n, p) as f64);
            let (exact, spread) = (n as f64 * p, n as f64 * p * (1.0 - p));
            let error = 4.0 * (spread / draws as f64).sqrt();
            assert!((mean - exact).abs() < error, "{n} {p}: mean {mean}");
            // Kurtosis of a rare count is 1/spread.
            let error = 4.0 * spread * ((2.0 + 1.0 / spread) / draws as f64).sqrt();
            assert!(
                (variance - spread).abs() < error,
                "{n} {p}: variance {variance}"
            );
        }
    }

    #[test]
    fn binomial_probabilities_are_those_of_the_law() {
        // χ² over the counts of n = 60, p = 0.25, which are drawn by rejection.
        let (n, p, draws) = (60u64, 0.25f64, 400_000u32);
        let mut seen = [0u32; 61];
        for seed in 0..draws {
            seen[Stream::new(mix2(u64::from(seed), 5)).binomial(n, p) as usize] += 1;
        }
        let (mut chi, mut degrees) = (0.0, -1.0);
        for (k, &count) in seen.iter().enumerate() {
            let k = k as f64;
            let ways = libm::lgamma(61.0) - libm::lgamma(k + 1.0) - libm::lgamma(61.0 - k);
            let expected =
                f64::from(draws) * exp(ways + k * log(p) + (n as f64 - k) * log(1.0 - p));
            if expected > 20.0 {
                chi += (f64::from(count) - expected).powi(2) / expected;
                degrees += 1.0;
            }
        }
        let bound = degrees + 4.0 * (2.0_f64 * degrees).sqrt();
        assert!(chi < bound, "χ² = {chi} of {degrees}");
    }

    #[test]
    fn normal_values_have_their_law_in_body_and_tail() {
        // χ² over cells of a fifth up to 4, by the error function; then the moments.
        let draws = 2_000_000u32;
        let width = 0.2;
        let mut seen = [0u32; 21];
        let mut negative = 0u32;
        for seed in 0..draws {
            let x = Stream::new(mix2(u64::from(seed), 15)).normal(&NORMAL);
            negative += u32::from(x < 0.0);
            seen[((x.abs() / width) as usize).min(20)] += 1;
        }
        let above = |x: f64| libm::erfc(x / 2f64.sqrt());
        let mut chi = 0.0;
        for cell in 0..20 {
            let x = f64::from(cell) * width;
            let expected = f64::from(draws) * (above(x) - above(x + width));
            chi += (f64::from(seen[cell as usize]) - expected).powi(2) / expected;
        }
        let far = f64::from(draws) * above(4.0);
        chi += (f64::from(seen[20]) - far).powi(2) / far;
        let bound = 20.0 + 4.0 * 40f64.sqrt();
        assert!(chi < bound, "χ² = {chi} of 20");
        let even = f64::from(negative) / f64::from(draws) - 0.5;
        assert!(even.abs() < 4.0 * 0.5 / f64::from(draws).sqrt(), "{even}");
        let (mean, variance) = moments(400_000, |stream| stream.normal(&NORMAL));
        assert!(mean.abs() < 4.0 / 400_000f64.sqrt(), "{mean}");
        assert!(
            (variance - 1.0).abs() < 4.0 * (2.0 / 400_000f64).sqrt(),
            "{variance}"
        );
    }

    #[test]
    fn gamma_has_its_mean_and_variance() {
        let draws = 200_000u64;
        for shape in [0.4, 1.0, 2.5, 500.0] {
            let (mean, variance) = moments(draws, |stream| stream.gamma(shape));
            let error = 4.0 * (shape / draws as f64).sqrt();
            assert!((mean - shape).abs() < error, "{shape}: mean {mean}");
            let error = 4.0 * shape * ((2.0 + 6.0 / shape) / draws as f64).sqrt();
            assert!(
                (variance - shape).abs() < error,
                "{shape}: variance {variance}"
            );
        }
    }

    #[test]
    fn what_is_spread_is_all_there_and_even() {
        for n in [40u64, 100_000] {
            let mut sums = [0u64; 8];
            let rounds = 2_000u64;
            for seed in 0..rounds {
                let mut counts = [0u32; 8];
                Stream::new(mix2(seed, n)).spread(n, &mut counts);
                assert_eq!(counts.iter().map(|&c| u64::from(c)).sum::<u64>(), n);
                for (sum, count) in sums.iter_mut().zip(counts) {
                    *sum += u64::from(count);
                }
            }
            let total = (n * rounds) as f64;
            let error = 4.0 * (total / 8.0 * 7.0 / 8.0).sqrt();
            for sum in sums {
                assert!((sum as f64 - total / 8.0).abs() < error, "{n}: {sums:?}");
            }
        }
    }

    #[test]
    fn counts_of_places_have_the_law_of_the_multinomial() {
        // X² = Σ (c − n/k)²/(n/k) has the mean k − 1 and the variance 2(k − 1)(n − 1)/n, exactly.
        for (n, places) in [
            (100u64, 64usize),
            (4_000, 64),
            (50_000, 48),
            (700, 7),
            (40, 16),
        ] {
            let draws = 20_000u64;
            let (mean, variance) = moments(draws, |stream| {
                let mut counts = vec![0u32; places];
                stream.spread(n, &mut counts);
                let even = n as f64 / places as f64;
                let square = |count: &u32| (f64::from(*count) - even).powi(2) / even;
                counts.iter().map(square).sum()
            });
            let exact = places as f64 - 1.0;
            let spread = 2.0 * exact * (n - 1) as f64 / n as f64;
            let error = 4.0 * (spread / draws as f64).sqrt();
            assert!((mean - exact).abs() < error, "{n} {places}: mean {mean}");
            // Kurtosis of χ² is 12 over its degrees; few in each place make it greater.
            let kurtosis = 2.0 + 12.0 / exact + 8.0 / (n as f64 / places as f64);
            let error = 4.0 * spread * (kurtosis / draws as f64).sqrt();
            assert!(
                (variance - spread).abs() < error,
                "{n} {places}: variance {variance} instead of {spread}"
            );
        }
    }

    #[test]
    fn weights_are_kept() {
        // A half, a quarter and a quarter.
        let thresholds = [1u64 << 63, 3 << 62, u64::MAX];
        let mut sums = [0u64; 3];
        for seed in 0..1_000u64 {
            let mut counts = [0u32; 3];
            Stream::new(mix2(seed, 9)).spread_by(1_000, &thresholds, &mut counts);
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += u64::from(count);
            }
        }
        assert_eq!(sums.iter().sum::<u64>(), 1_000_000);
        assert!((sums[0] as f64 - 5e5).abs() < 4.0 * 500.0, "{sums:?}");
        assert!((sums[1] as f64 - 2.5e5).abs() < 4.0 * 433.0, "{sums:?}");
    }
}
