//! Samplers: laws compiled so that a draw is one word and one look-up.
//!
//! A continuous law becomes a monotone table of its quantile function: forty
//! octaves of the distance to either end of the unit interval, 32 cells each
//! (64 where 32 are too coarse), straight lines between, corrected to the exact
//! mean. The loop then uses only IEEE + and ×, so values are equal on all
//! platforms, monotone in the word, and cost the same for every law.

use super::address::{draw, share};
use super::law::Law;
use super::quantile::{Side, mean, quantile};
use std::sync::Arc;

/// What a sampled value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Time in nanoseconds, rounded.
    Nanoseconds,
    /// Things, bytes or keys: whole numbers. `Uniform` includes both ends.
    Whole,
}

/// Octaves of the distance to one end that a table tells apart.
const OCTAVES: usize = 40;

/// A compiled law.
#[derive(Clone, Debug)]
pub struct Sampler {
    form: Form,
    /// Draws below are raised to it.
    floor: u64,
    mean: f64,
    /// Of a gamma law: its shape, so that sums are one draw.
    shape: Option<f64>,
}

#[derive(Clone, Debug)]
enum Form {
    Constant(u64),
    Table(Arc<Table>),
    /// Whole numbers low..=high.
    Whole {
        low: u64,
        count: u64,
    },
    /// From 1, by ln(1 − 1/mean).
    Geometric {
        log_failure: f64,
    },
    /// Cumulated probabilities from `first` on.
    Counts {
        first: u64,
        cumulated: Arc<[f64]>,
    },
    Mixture(Arc<[(f64, Sampler)]>),
    Sum(Arc<[Sampler]>),
    Points(Arc<[(f64, f64)]>),
    Sequence(Arc<[u64]>),
}

/// A quantile function in cells of equal relative width.
#[derive(Debug)]
struct Table {
    /// log₂ of the cells per octave.
    bits: u32,
    /// Both sides, high first: (value where the cell begins, difference to its end).
    cells: Vec<[(f64, f64); 2]>,
}

impl Table {
    fn new(law: &Law, bits: u32) -> Table {
        let per_octave = 1usize << bits;
        let begins: Vec<[f64; 2]> = (0..OCTAVES * per_octave)
            .map(|index| {
                let (octave, cell) = (index / per_octave, index % per_octave);
                let start = libm::exp2(-(octave as f64 + 2.0));
                let d = start * (1.0 + cell as f64 / per_octave as f64);
                [Side::High, Side::Low].map(|side| quantile(law, side, d).unwrap_or(0.0))
            })
            .collect();
        // The middle of the unit interval, where the first octave ends.
        let middle = quantile(law, Side::High, 0.5).unwrap_or(0.0);
        let end = |index: usize, side: usize| {
            let (octave, cell) = (index / per_octave, index % per_octave);
            match (octave, cell + 1 == per_octave) {
                (0, true) => middle,
                (_, true) => begins[(octave - 1) * per_octave][side],
                (_, false) => begins[index + 1][side],
            }
        };
        let cells = begins
            .iter()
            .enumerate()
            .map(|(index, begin)| [0, 1].map(|side| (begin[side], end(index, side) - begin[side])))
            .collect();
        let mut table = Table { bits, cells };
        let exact = mean(law);
        let drawn = table.mean();
        if exact.is_finite() && drawn > 0.0 {
            let correction = exact / drawn;
            for (begin, difference) in table.cells.iter_mut().flatten() {
                *begin *= correction;
                *difference *= correction;
            }
        }
        table
    }

    /// Returns the mean of what is drawn.
    fn mean(&self) -> f64 {
        let per_octave = 1usize << self.bits;
        let mut sum = 0.0;
        for (index, pair) in self.cells.iter().enumerate() {
            let octave = index / per_octave;
            let width = libm::exp2(-(octave as f64 + 2.0)) / per_octave as f64;
            // The last octave stands for all that is beyond it.
            let width = if octave + 1 == OCTAVES {
                2.0 * width
            } else {
                width
            };
            sum += pair
                .iter()
                .map(|(begin, difference)| width * (begin + difference / 2.0))
                .sum::<f64>();
        }
        sum
    }

    /// Returns the greatest relative error at cell centres.
    fn error(&self, law: &Law) -> f64 {
        let per_octave = 1usize << self.bits;
        let mut worst: f64 = 0.0;
        for (index, pair) in self.cells.iter().enumerate() {
            let (octave, cell) = (index / per_octave, index % per_octave);
            let start = libm::exp2(-(octave as f64 + 2.0));
            let d = start * (1.0 + (cell as f64 + 0.5) / per_octave as f64);
            for (side, (begin, difference)) in [Side::High, Side::Low].into_iter().zip(pair) {
                let exact = quantile(law, side, d).unwrap_or(0.0);
                let found = begin + difference / 2.0;
                if exact > 0.0 {
                    worst = worst.max((found / exact - 1.0).abs());
                }
            }
        }
        worst
    }

    #[inline(always)]
    fn value(&self, word: u64) -> f64 {
        let low = word >> 63 == 0;
        // Distance to the nearer end, in units of 2^−64, never 0; which one is a matter of chance,
        // so that nothing branches by it.
        let distance = (word ^ ((word as i64) >> 63) as u64) | 1;
        let octave = (distance.leading_zeros() as usize - 1).min(OCTAVES - 1);
        let top = distance << distance.leading_zeros();
        let cell = ((top << 1) >> (64 - self.bits)) as usize;
        let fraction = ((top << (1 + self.bits)) >> 11) as f64 * (1.0 / (1u64 << 53) as f64);
        let pair = &self.cells[(octave << self.bits) + cell];
        let (begin, difference) = pair[usize::from(low)];
        begin + difference * fraction
    }
}

impl Sampler {
    /// Compiles a law.
    pub fn compile(law: &Law, unit: Unit) -> Sampler {
        let form = match law {
            Law::Constant(value) => Form::Constant(rounded(*value)),
            Law::Uniform { low, high } if unit == Unit::Whole => {
                let (low, high) = (rounded(*low), rounded(*high));
                Form::Whole {
                    low,
                    count: high.saturating_sub(low).saturating_add(1),
                }
            }
            Law::Gamma { mean, cv } | Law::Weibull { mean, cv } if *cv <= 1e-6 => {
                Form::Constant(rounded(*mean))
            }
            Law::Lognormal { mu, sigma } if *sigma <= 0.0 => {
                Form::Constant(rounded(libm::exp(*mu)))
            }
            Law::Normal { mean, sd } if *sd <= 0.0 => Form::Constant(rounded(mean.max(0.0))),
            Law::Uniform { low, high } if high <= low => Form::Constant(rounded(*low)),
            Law::Geometric { mean } if *mean <= 1.0 => Form::Constant(1),
            Law::Geometric { mean } => Form::Geometric {
                log_failure: libm::log1p(-1.0 / mean),
            },
            Law::Poisson { mean } => poisson(*mean),
            Law::Mixture(parts) => {
                let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
                let mut sum = 0.0;
                Form::Mixture(
                    parts
                        .iter()
                        .map(|(weight, law)| {
                            sum += weight / total;
                            (sum, Sampler::compile(law, unit))
                        })
                        .collect(),
                )
            }
            Law::Sum(parts) => Form::Sum(
                parts
                    .iter()
                    .map(|law| Sampler::compile(law, unit))
                    .collect(),
            ),
            Law::Quantiles(points) => Form::Points(points.as_slice().into()),
            Law::Sequence(values) => Form::Sequence(values.iter().map(|v| rounded(*v)).collect()),
            Law::Exponential { .. }
            | Law::Lognormal { .. }
            | Law::Gamma { .. }
            | Law::Weibull { .. }
            | Law::Hyperexponential { .. }
            | Law::Erlang { .. }
            | Law::Normal { .. }
            | Law::Uniform { .. }
            | Law::Triangular { .. }
            | Law::Pareto { .. } => {
                let table = Table::new(law, 5);
                let table = if table.error(law) > 1e-4 {
                    Table::new(law, 6)
                } else {
                    table
                };
                Form::Table(Arc::new(table))
            }
        };
        Sampler {
            form,
            floor: 0,
            mean: mean(law),
            shape: shape(law),
        }
    }

    /// Raises draws below a floor to it.
    pub fn at_least(mut self, floor: u64) -> Sampler {
        self.floor = floor.min(i64::MAX as u64);
        if let Form::Constant(value) = &mut self.form {
            *value = (*value).max(floor);
        }
        self
    }

    /// Draws a value.
    ///
    /// `address` has index 0; parts of sums and mixtures use the indices after
    /// it. `ordinal` chooses from a sequence, from 1 on.
    #[inline]
    pub fn sample(&self, key: u64, address: u64, ordinal: u64) -> u64 {
        match self.constant() {
            Some(value) => value,
            None => self.sample_drawn(key, address, ordinal),
        }
    }

    /// Draws a value as `sample` does, inlined where that pays.
    #[inline(always)]
    pub(crate) fn sample_inlined(&self, key: u64, address: u64, ordinal: u64) -> u64 {
        match &self.form {
            Form::Constant(value) => *value,
            // By way of signed numbers, which are two instructions away and not ten.
            Form::Table(table) => {
                let value = table.value(draw(key, address)) + 0.5;
                (value as i64).max(self.floor as i64) as u64
            }
            Form::Whole { .. }
            | Form::Geometric { .. }
            | Form::Counts { .. }
            | Form::Mixture(_)
            | Form::Sum(_)
            | Form::Points(_)
            | Form::Sequence(_) => self.sample_rare(key, address, ordinal).max(self.floor),
        }
    }

    fn sample_drawn(&self, key: u64, address: u64, ordinal: u64) -> u64 {
        self.sample_inlined(key, address, ordinal)
    }

    fn sample_rare(&self, key: u64, address: u64, ordinal: u64) -> u64 {
        match &self.form {
            Form::Constant(_)
            | Form::Table(_)
            | Form::Whole { .. }
            | Form::Geometric { .. }
            | Form::Counts { .. }
            | Form::Points(_) => self.by_word(draw(key, address)),
            Form::Mixture(parts) => {
                let u = share(draw(key, address));
                let Some(last) = parts.last() else { return 0 };
                let (_, part) = parts.iter().find(|(below, _)| u < *below).unwrap_or(last);
                match part.constant() {
                    Some(value) => value,
                    // The part draws from a word of its own.
                    None => part.sample_drawn(draw(key, address ^ 0xff), address, ordinal),
                }
            }
            Form::Sum(parts) => {
                let mut sum = 0u64;
                for (place, part) in parts.iter().enumerate() {
                    let value = match part.constant() {
                        Some(value) => value,
                        None => {
                            let index = place as u64 + 1;
                            part.sample_drawn(draw(key, address ^ index << 1), address, ordinal)
                        }
                    };
                    sum = sum.saturating_add(value);
                }
                sum
            }
            Form::Sequence(values) => {
                values[(ordinal.saturating_sub(1) % values.len() as u64) as usize]
            }
        }
    }

    /// Returns the value of a word, which never falls as the word grows.
    ///
    /// # Panics
    ///
    /// If the law takes more than one word (a mixture or sum) or none (a sequence).
    pub fn at(&self, word: u64) -> u64 {
        self.by_word(word).max(self.floor)
    }

    fn by_word(&self, word: u64) -> u64 {
        match &self.form {
            Form::Constant(value) => *value,
            Form::Table(table) => (table.value(word) + 0.5) as u64,
            Form::Whole { low, count } => {
                low + ((u128::from(word) * u128::from(*count)) >> 64) as u64
            }
            Form::Geometric { log_failure } => {
                (libm::log1p(-share(word)) / log_failure).floor() as u64 + 1
            }
            Form::Counts { first, cumulated } => {
                let u = share(word);
                let found = cumulated.partition_point(|&c| c <= u);
                first + found.min(cumulated.len() - 1) as u64
            }
            Form::Points(points) => {
                let u = share(word);
                let at = points
                    .partition_point(|&(p, _)| p <= u)
                    .clamp(1, points.len() - 1);
                let ((p, x), (q, y)) = (points[at - 1], points[at]);
                let value = if q > p {
                    x + (y - x) * ((u - p) / (q - p)).clamp(0.0, 1.0)
                } else {
                    y
                };
                rounded(value)
            }
            Form::Mixture(_) | Form::Sum(_) | Form::Sequence(_) => {
                unreachable!("a law of several words has no value of one")
            }
        }
    }

    /// Draws the sum of `n` independent values.
    ///
    /// Exponential, Erlang, gamma and constant laws take one gamma draw, whatever `n`
    /// is; of any other law the values are drawn one by one. O(1) or O(n).
    pub fn sum(&self, key: u64, address: u64, ordinal: u64, n: u64) -> u64 {
        if let Form::Constant(value) = &self.form {
            return value.saturating_mul(n);
        }
        let word = draw(key, address);
        match self.shape {
            Some(shape) if self.floor == 0 => {
                let scale = self.mean / shape;
                let sum = super::variates::Stream::new(word).gamma(shape * n as f64) * scale;
                (sum + 0.5) as u64
            }
            Some(_) | None => (0..n)
                .map(|index| self.sample(word, index << 8, ordinal.wrapping_add(index)))
                .fold(0, u64::saturating_add),
        }
    }

    /// Returns the least value that may be drawn.
    pub fn floor(&self) -> u64 {
        let least = match &self.form {
            Form::Constant(value) => *value,
            // The last octave lies farthest out, and its first cell outermost.
            Form::Table(table) => table
                .cells
                .get((OCTAVES - 1) << table.bits)
                .map_or(0, |pair| (pair[1].0.max(0.0) + 0.5) as u64),
            Form::Whole { low, .. } => *low,
            Form::Geometric { .. } => 1,
            Form::Counts { first, .. } => *first,
            Form::Mixture(parts) => parts
                .iter()
                .map(|(_, part)| part.floor())
                .min()
                .unwrap_or(0),
            Form::Sum(parts) => parts.iter().map(Sampler::floor).sum(),
            Form::Points(points) => points.first().map_or(0, |&(_, x)| rounded(x)),
            Form::Sequence(values) => values.iter().copied().min().unwrap_or(0),
        };
        least.max(self.floor)
    }

    /// Returns the exact mean of the law, before rounding and floor.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Returns the value below which a share of the draws lies, for tables and constants.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        match &self.form {
            Form::Constant(value) => Some(*value as f64),
            Form::Table(table) => Some(table.value((p * 18_446_744_073_709_551_615.0) as u64)),
            Form::Whole { .. }
            | Form::Geometric { .. }
            | Form::Counts { .. }
            | Form::Mixture(_)
            | Form::Sum(_)
            | Form::Points(_)
            | Form::Sequence(_) => None,
        }
    }

    /// Whether the n-th request gets the n-th value, here or in a part.
    pub fn is_sequence(&self) -> bool {
        match &self.form {
            Form::Sequence(_) => true,
            Form::Mixture(parts) => parts.iter().any(|(_, part)| part.is_sequence()),
            Form::Sum(parts) => parts.iter().any(Sampler::is_sequence),
            Form::Constant(_)
            | Form::Table(_)
            | Form::Whole { .. }
            | Form::Geometric { .. }
            | Form::Counts { .. }
            | Form::Points(_) => false,
        }
    }

    /// Returns the value, if it is always the same.
    #[inline]
    pub fn constant(&self) -> Option<u64> {
        match self.form {
            Form::Constant(value) => Some(value),
            Form::Table(_)
            | Form::Whole { .. }
            | Form::Geometric { .. }
            | Form::Counts { .. }
            | Form::Mixture(_)
            | Form::Sum(_)
            | Form::Points(_)
            | Form::Sequence(_) => None,
        }
    }

    /// Whether it always draws the same value.
    pub fn is_constant(&self) -> bool {
        matches!(self.form, Form::Constant(_))
    }
}

/// Returns the shape of a law that is a gamma law.
fn shape(law: &Law) -> Option<f64> {
    if let Law::Exponential { .. } = law {
        Some(1.0)
    } else if let Law::Gamma { cv, .. } = law {
        (*cv > 1e-6).then(|| 1.0 / (cv * cv))
    } else if let Law::Erlang { phases, .. } = law {
        Some(f64::from(*phases))
    } else {
        None
    }
}

/// Rounds to a whole number; below zero counts as zero, beyond the range as its end.
fn rounded(value: f64) -> u64 {
    (value + 0.5) as u64
}

/// Tabulates the Poisson law between its tails of 10⁻¹⁷; a normal law beyond a mean of a million.
fn poisson(mean: f64) -> Form {
    if mean > 1e6 {
        let law = Law::Normal {
            mean,
            sd: mean.sqrt(),
        };
        return Form::Table(Arc::new(Table::new(&law, 6)));
    }
    let spread = 9.0 * mean.sqrt() + 40.0;
    let first = (mean - spread).max(0.0) as u64;
    let last = (mean + spread) as u64;
    let mut sum = 0.0;
    let cumulated: Vec<f64> = (first..=last)
        .map(|n| {
            let n = n as f64;
            sum += libm::exp(n * libm::log(mean.max(1e-300)) - mean - libm::lgamma(n + 1.0));
            sum
        })
        .collect();
    Form::Counts {
        first,
        cumulated: cumulated.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::address::request_key;
    use super::*;

    /// Mean, coefficient of variation and p99.9 of a million draws.
    fn moments(law: &Law, unit: Unit) -> (f64, f64, f64) {
        let sampler = Sampler::compile(law, unit);
        let mut values: Vec<u64> = (0..1_000_000)
            .map(|n| sampler.sample(request_key(3, 0, 1, n), 77, n + 1))
            .collect();
        let n = values.len() as f64;
        let mean = values.iter().map(|&v| v as f64).sum::<f64>() / n;
        let variance = values
            .iter()
            .map(|&v| (v as f64 - mean).powi(2))
            .sum::<f64>()
            / n;
        values.sort_unstable();
        (mean, variance.sqrt() / mean, values[999_000] as f64)
    }

    /// The 99.9 % interval of a mean of a million is 3.29 · cv / 1000.
    fn check(law: &Law, unit: Unit, mean: f64, cv: f64) {
        let (found_mean, found_cv, _) = moments(law, unit);
        assert!(
            (found_mean / mean - 1.0).abs() < 3.3e-3 * cv.max(0.01),
            "{law:?}: mean {found_mean} instead of {mean}"
        );
        assert!(
            (found_cv - cv).abs() < 0.02 * cv.max(0.05),
            "{law:?}: cv {found_cv} not {cv}"
        );
    }

    #[test]
    fn laws_have_their_means_and_variations() {
        let ns = Unit::Nanoseconds;
        check(&Law::Exponential { mean: 1e7 }, ns, 1e7, 1.0);
        let sigma2 = 3.0_f64.ln();
        let mu = 1e7_f64.ln() - sigma2 / 2.0;
        check(
            &Law::Lognormal {
                mu,
                sigma: sigma2.sqrt(),
            },
            ns,
            1e7,
            2.0_f64.sqrt(),
        );
        check(&Law::Gamma { mean: 1e7, cv: 0.5 }, ns, 1e7, 0.5);
        check(&Law::Gamma { mean: 1e7, cv: 1.5 }, ns, 1e7, 1.5);
        check(&Law::Weibull { mean: 1e7, cv: 0.7 }, ns, 1e7, 0.7);
        check(
            &Law::Erlang {
                mean: 1e7,
                phases: 4,
            },
            ns,
            1e7,
            0.5,
        );
        check(&Law::Hyperexponential { mean: 1e7, cv: 2.0 }, ns, 1e7, 2.0);
        check(&Law::Normal { mean: 1e7, sd: 2e6 }, ns, 1e7, 0.2);
        check(
            &Law::Uniform {
                low: 0.0,
                high: 2e7,
            },
            ns,
            1e7,
            1.0 / 3.0_f64.sqrt(),
        );
        check(
            &Law::Triangular {
                low: 0.0,
                mode: 3e6,
                high: 9e6,
            },
            ns,
            4e6,
            (63e12_f64 / 18.0).sqrt() / 4e6,
        );
        check(
            &Law::Geometric { mean: 5.0 },
            Unit::Whole,
            5.0,
            (20.0_f64).sqrt() / 5.0,
        );
        check(
            &Law::Poisson { mean: 7.0 },
            Unit::Whole,
            7.0,
            1.0 / 7.0_f64.sqrt(),
        );
        check(
            &Law::Uniform {
                low: 1.0,
                high: 6.0,
            },
            Unit::Whole,
            3.5,
            (35.0_f64 / 12.0).sqrt() / 3.5,
        );
        check(
            &Law::Sum(vec![Law::Constant(5e6), Law::Exponential { mean: 5e6 }]),
            ns,
            1e7,
            0.5,
        );
        let mixture = Law::Mixture(vec![
            (1.0, Law::Constant(1e6)),
            (3.0, Law::Exponential { mean: 1e7 }),
        ]);
        let second = 0.25 * 1e12 + 0.75 * 2e14;
        let mean = 0.25 * 1e6 + 0.75 * 1e7;
        check(&mixture, ns, mean, (second - mean * mean).sqrt() / mean);
        check(
            &Law::Quantiles(vec![(0.0, 0.0), (0.5, 1e6), (1.0, 4e6)]),
            ns,
            1.5e6,
            ((0.5 * (1e12 / 3.0) + 0.5 * (7e12)) - 2.25e12_f64).sqrt() / 1.5e6,
        );
    }

    #[test]
    fn tables_are_exact_to_a_ten_thousandth_up_to_far_tails() {
        for law in [
            Law::Exponential { mean: 1e7 },
            Law::Lognormal {
                mu: 15.0,
                sigma: 1.0,
            },
            Law::Gamma { mean: 1e7, cv: 0.5 },
            Law::Hyperexponential { mean: 1e7, cv: 2.0 },
            Law::Erlang {
                mean: 1e7,
                phases: 3,
            },
            Law::Pareto {
                exponent: 1.3,
                min: 100.0,
                max: 1e8,
            },
        ] {
            let sampler = Sampler::compile(&law, Unit::Nanoseconds);
            for d in [0.3, 1e-2, 1e-3, 1e-4, 1e-6] {
                let exact = quantile(&law, Side::High, d).unwrap_or(0.0);
                let found = sampler.quantile(1.0 - d).unwrap_or(0.0);
                assert!(
                    (found / exact - 1.0).abs() < 2e-4,
                    "{law:?} at 1 − {d}: {found} / {exact}"
                );
            }
        }
    }

    #[test]
    fn draws_grow_with_the_word() {
        let law = Law::Lognormal {
            mu: 15.0,
            sigma: 1.0,
        };
        let Form::Table(table) = Sampler::compile(&law, Unit::Nanoseconds).form else {
            panic!("a lognormal law is a table");
        };
        let mut last = 0.0;
        for step in 0..100_000u64 {
            let value = table.value(step * (u64::MAX / 100_000));
            assert!(value >= last, "falls at step {step}");
            last = value;
        }
    }

    #[test]
    fn a_sequence_goes_by_the_ordinal() {
        let sampler = Sampler::compile(&Law::Sequence(vec![3.0, 1.0, 2.0]), Unit::Whole);

        let drawn: Vec<u64> = (1..=5).map(|n| sampler.sample(9, 0, n)).collect();

        assert_eq!(drawn, [3, 1, 2, 3, 1]);
    }

    #[test]
    fn a_floor_raises_and_is_told() {
        let sampler = Sampler::compile(&Law::Exponential { mean: 1e6 }, Unit::Nanoseconds);

        let raised = sampler.clone().at_least(100_000);

        assert!(sampler.floor() < 100);
        assert_eq!(raised.floor(), 100_000);
        assert!((0..10_000).all(|n| raised.sample(request_key(1, 0, 1, n), 5, 1) >= 100_000));
    }

    #[test]
    fn sums_have_the_mean_and_the_variance_of_their_terms() {
        let mean = 1e6;
        for (law, cv) in [
            (Law::Exponential { mean }, 1.0),
            (Law::Gamma { mean, cv: 0.5 }, 0.5),
            (Law::Erlang { mean, phases: 4 }, 0.5),
            (
                Law::Uniform {
                    low: 0.0,
                    high: 2e6,
                },
                1.0 / 3f64.sqrt(),
            ),
            (Law::Constant(mean), 0.0),
        ] {
            let sampler = Sampler::compile(&law, Unit::Nanoseconds);
            let (terms, draws) = (50u64, 40_000u64);
            let (mut sum, mut squares) = (0.0, 0.0);
            for n in 0..draws {
                let x = sampler.sum(request_key(4, 0, 1, n), 0, 1, terms) as f64 / 1e6;
                sum += x;
                squares += x * x;
            }
            let n = draws as f64;
            let (found, exact) = (sum / n, terms as f64);
            let variance = exact * cv * cv;
            assert!(
                (found - exact).abs() <= 4.0 * (variance / n).sqrt() + 1e-3,
                "{law:?}: {found}"
            );
            let spread = squares / n - found * found;
            assert!(
                (spread - variance).abs() <= 4.0 * variance * (2.2 / n).sqrt() + 1e-3,
                "{law:?}: variance {spread} instead of {variance}"
            );
        }
    }
}
