//! Key laws compiled for the loop: which of the things a request is about.
//!
//! A law ranks its keys 1, 2, ... A model gives every law a range of global ids,
//! so that caches and partitions can hold keys of several laws side by side.

use super::address::{draw, mix2, share};
use super::law::{KeyLaw, Law};
use super::population::Population;
use super::sampler::{Sampler, Unit};
use std::sync::Arc;

/// Ranks that a table draws exactly; later ones are drawn by rejection.
const HEAD: u64 = 1 << 16;

/// Keeps the words of a rejection apart from the first word.
const REJECTION: u64 = 0x5a1f_7a11_0c2d_93b5;

/// A compiled key law; cheap to clone.
#[derive(Clone, Debug)]
pub struct Keys {
    base: u32,
    count: u64,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    Zipf(Arc<Zipf>),
    Weights(Arc<Weights>),
    Whole(Arc<Whole>),
    /// Users of a population; whether they post.
    Users(Arc<Population>, bool),
}

#[derive(Debug)]
struct Zipf {
    exponent: f64,
    /// Sum of k^−exponent over all ranks.
    total: f64,
    /// Outcomes 0..head are ranks 1..=head; the outcome after them is the tail.
    table: Alias,
    tail: Option<Tail>,
}

#[derive(Debug)]
struct Weights {
    table: Alias,
    probabilities: Vec<f64>,
    /// Ranks, likeliest first.
    order: Vec<u32>,
}

#[derive(Debug)]
struct Whole {
    sampler: Sampler,
    law: Law,
    sequence: bool,
    /// Ranks, likeliest first, where they can be told; else in their own order.
    order: Vec<u32>,
    probabilities: Vec<f64>,
}

impl Keys {
    /// Compiles a law; its ranks 1..=count become the ids `base + 1..=base + count`.
    ///
    /// # Errors
    ///
    /// Says why the law has no keys, no end, or does not fit into the ids left.
    pub fn compile(law: &KeyLaw, base: u32) -> Result<Keys, String> {
        let (count, form) = match law {
            KeyLaw::Zipf { exponent, count } => {
                if !exponent.is_finite() || *exponent < 0.0 {
                    return Err(format!("the exponent {exponent} is not a number from 0 on"));
                }
                check_count(*count, base)?;
                (*count, Form::Zipf(Arc::new(Zipf::new(*exponent, *count))))
            }
            KeyLaw::Weights(weights) => {
                check_count(weights.len() as u64, base)?;
                (
                    weights.len() as u64,
                    Form::Weights(Arc::new(Weights::new(weights)?)),
                )
            }
            KeyLaw::Whole(law) => {
                let greatest = greatest(law).ok_or("the distribution has no greatest key")?;
                if !(1.0..=f64::from(u32::MAX)).contains(&greatest) {
                    return Err(format!(
                        "the greatest key {greatest} is not in 1..=4294967295"
                    ));
                }
                let count = (greatest + 0.5) as u64;
                check_count(count, base)?;
                (count, Form::Whole(Arc::new(Whole::new(law, count))))
            }
            KeyLaw::Author | KeyLaw::Reader => return Err("there is no audience".to_owned()),
        };
        Ok(Keys { base, count, form })
    }

    /// Makes the keys of a population, of those who post or of those who read: users
    /// 1..=count become the ids `base + 1..=base + count`.
    ///
    /// # Errors
    ///
    /// Says so if they do not fit into the ids left.
    pub fn users(population: &Arc<Population>, author: bool, base: u32) -> Result<Keys, String> {
        check_count(population.users(), base)?;
        Ok(Keys {
            base,
            count: population.users(),
            form: Form::Users(Arc::clone(population), author),
        })
    }

    /// Draws the id of a key.
    #[inline]
    pub fn draw(&self, key: u64, address: u64) -> u32 {
        self.draw_nth(key, address, 1)
    }

    /// Draws the id of a key; a sequence chooses by `ordinal`, from 1 on.
    #[inline]
    pub fn draw_nth(&self, key: u64, address: u64, ordinal: u64) -> u32 {
        let rank = match &self.form {
            Form::Zipf(zipf) => zipf.rank(draw(key, address)),
            Form::Weights(weights) => weights.table.outcome(draw(key, address)) + 1,
            Form::Whole(whole) => whole.sampler.sample(key, address, ordinal),
            Form::Users(population, true) => population.author(key, address),
            Form::Users(population, false) => population.reader(key, address),
        };
        self.global(rank)
    }

    /// Whether draws depend on the ordinal of the request.
    pub fn needs_ordinal(&self) -> bool {
        match &self.form {
            Form::Whole(whole) => whole.sequence,
            Form::Zipf(_) | Form::Weights(_) | Form::Users(..) => false,
        }
    }

    /// Whether an id is one of this law's.
    #[inline]
    pub fn contains(&self, item: u32) -> bool {
        item > self.base && u64::from(item - self.base) <= self.count
    }

    /// Returns the rank of an id, clamped to 1..=count.
    #[inline]
    pub fn rank(&self, item: u32) -> u64 {
        u64::from(item.saturating_sub(self.base)).clamp(1, self.count)
    }

    /// Returns the id of a rank, clamped to 1..=count.
    #[inline]
    pub fn global(&self, rank: u64) -> u32 {
        // Checked at compile: base + count fits.
        self.base + rank.clamp(1, self.count) as u32
    }

    /// Returns the number of keys.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the probability of a rank; 0 outside 1..=count.
    pub fn probability(&self, rank: u64) -> f64 {
        if rank == 0 || rank > self.count {
            return 0.0;
        }
        match &self.form {
            Form::Zipf(zipf) => libm::pow(rank as f64, -zipf.exponent) / zipf.total,
            Form::Weights(weights) => weights.probabilities[(rank - 1) as usize],
            Form::Whole(whole) => match whole.probabilities.get((rank - 1) as usize) {
                Some(&probability) => probability,
                None => interval_probability(&whole.law, rank, self.count),
            },
            Form::Users(population, author) => population.likelihood(rank, *author),
        }
    }

    /// Returns the ids of the `n` likeliest keys, likeliest first.
    pub fn likeliest(&self, n: u64) -> impl Iterator<Item = u32> + '_ {
        let order: &[u32] = match &self.form {
            // Users come by followers; by activity they cannot be listed.
            Form::Zipf(_) | Form::Users(..) => &[],
            Form::Weights(weights) => &weights.order,
            Form::Whole(whole) => &whole.order,
        };
        (0..n.min(self.count)).map(move |place| {
            let rank = order
                .get(place as usize)
                .map_or(place + 1, |&rank| u64::from(rank));
            self.global(rank)
        })
    }
}

fn check_count(count: u64, base: u32) -> Result<(), String> {
    if count == 0 {
        return Err("there are no keys".to_owned());
    }
    if count > u64::from(u32::MAX - 1 - base) {
        return Err(format!(
            "{count} keys are more than the {} ids left",
            u32::MAX - 1 - base
        ));
    }
    Ok(())
}

impl Zipf {
    fn new(exponent: f64, count: u64) -> Zipf {
        let head = count.min(HEAD);
        let mut weights: Vec<f64> = (1..=head)
            .map(|rank| libm::pow(rank as f64, -exponent))
            .collect();
        // From the least on, so that nothing is lost in rounding.
        let mut total: f64 = weights.iter().rev().sum();
        // From an exponent of 20 on no word of 64 bits reaches the tail.
        let tail = (count > head && exponent < 20.0).then(|| Tail::new(exponent, head + 1, count));
        if tail.is_some() {
            let rest = power_sum(exponent, head + 1, count);
            weights.push(rest);
            total += rest;
        }
        Zipf {
            exponent,
            total,
            table: Alias::new(&weights),
            tail,
        }
    }

    #[inline]
    fn rank(&self, word: u64) -> u64 {
        let rank = self.table.outcome(word) + 1;
        match &self.tail {
            Some(tail) if rank > HEAD => tail.rank(word),
            _ => rank,
        }
    }
}

/// Returns Σ k^−s over first..=last by Euler and Maclaurin, for a `first` beyond thousands.
fn power_sum(s: f64, first: u64, last: u64) -> f64 {
    let (a, b) = (first as f64, last as f64);
    let (fa, fb) = (libm::pow(a, -s), libm::pow(b, -s));
    let third = s * (s + 1.0) * (s + 2.0) / 720.0;
    power_integral(s, a, b) + (fa + fb) / 2.0 + s / 12.0 * (fa / a - fb / b)
        - third * (fa / (a * a * a) - fb / (b * b * b))
}

/// Returns ∫ x^−s over a..b, precise about s = 1 too.
fn power_integral(s: f64, a: f64, b: f64) -> f64 {
    let width = libm::log(b / a);
    libm::pow(a, 1.0 - s) * width * expm1_ratio((1.0 - s) * width)
}

/// (e^x − 1) / x.
fn expm1_ratio(x: f64) -> f64 {
    if x.abs() < 1e-8 {
        1.0 + x / 2.0
    } else {
        libm::expm1(x) / x
    }
}

/// ln(1 + x) / x.
fn log1p_ratio(x: f64) -> f64 {
    if x.abs() < 1e-8 {
        1.0 - x / 2.0
    } else {
        libm::log1p(x) / x
    }
}

/// Ranks beyond the head: continuous inversion, then an exact rejection.
///
/// SOURCE: Hörmann, Derflinger, “Rejection-inversion to generate variates from
/// monotone discrete distributions”, ACM TOMACS 6 (1996). The hat of rank k is
/// ∫ x^−s over k ± ½, which is at least k^−s since x^−s is convex.
#[derive(Debug)]
struct Tail {
    exponent: f64,
    first: u64,
    last: u64,
    /// Lower end of the hat, `first − ½`, and the integral from there to the upper end.
    low: f64,
    mass: f64,
    /// low^(s − 1): scales a mass to the unit interval.
    scale: f64,
}

impl Tail {
    fn new(exponent: f64, first: u64, last: u64) -> Tail {
        let low = first as f64 - 0.5;
        Tail {
            exponent,
            first,
            last,
            low,
            mass: power_integral(exponent, low, last as f64 + 0.5),
            scale: libm::pow(low, exponent - 1.0),
        }
    }

    fn rank(&self, word: u64) -> u64 {
        let s = self.exponent;
        for attempt in 1u64.. {
            let u = share(mix2(word ^ REJECTION, 2 * attempt));
            let mass = u * self.mass;
            // Solves ∫ x^−s over low..x = mass.
            let t = mass * self.scale;
            let x = self.low * libm::exp(t * log1p_ratio((1.0 - s) * t));
            let rank = ((x + 0.5) as u64).clamp(self.first, self.last);
            let k = rank as f64;
            let v = share(mix2(word ^ REJECTION, 2 * attempt + 1));
            // Hat over true weight is 1 + s(s+1)/(24k²) + ...: the bound below accepts
            // without a power nearly always; ratio ≥ 1 − s(s+1)/(24k²) · e^(s/k) · 1.5.
            let slack = s * (s + 1.0) / (16.0 * k * k);
            if v < 1.0 - slack {
                return rank;
            }
            // The hat of a rank relative to k^−s, free of cancellation.
            let half = 0.5 / k;
            let (below, above) = (libm::log1p(-half), libm::log1p(half));
            let width = above - below;
            let hat = k * libm::exp((1.0 - s) * below) * width * expm1_ratio((1.0 - s) * width);
            if v * hat <= 1.0 {
                return rank;
            }
        }
        self.first
    }
}

impl Weights {
    fn new(weights: &[f64]) -> Result<Weights, String> {
        if let Some(bad) = weights
            .iter()
            .find(|weight| !weight.is_finite() || **weight < 0.0)
        {
            return Err(format!("the weight {bad} is not a number from 0 on"));
        }
        let total: f64 = weights.iter().sum();
        if !total.is_finite() || total <= 0.0 {
            return Err("the weights sum to nothing".to_owned());
        }
        let probabilities: Vec<f64> = weights.iter().map(|weight| weight / total).collect();
        Ok(Weights {
            table: Alias::new(weights),
            order: by_likelihood(&probabilities),
            probabilities,
        })
    }
}

fn by_likelihood(probabilities: &[f64]) -> Vec<u32> {
    let mut order: Vec<u32> = (1u32..).take(probabilities.len()).collect();
    // Stable: the lower rank first among equals.
    order.sort_by(|&a, &b| probabilities[b as usize - 1].total_cmp(&probabilities[a as usize - 1]));
    order
}

impl Whole {
    fn new(law: &Law, count: u64) -> Whole {
        let sampler = Sampler::compile(law, Unit::Whole);
        // Equal likelihoods are ranked by number; others are tabulated while they are few.
        let equal = matches!(law, Law::Uniform { low, .. } if *low <= 1.5);
        let (probabilities, order) = if equal || count > HEAD {
            (Vec::new(), Vec::new())
        } else {
            let probabilities: Vec<f64> = (1..=count)
                .map(|rank| interval_probability(law, rank, count))
                .collect();
            let order = by_likelihood(&probabilities);
            (probabilities, order)
        };
        Whole {
            sequence: sampler.is_sequence(),
            sampler,
            law: law.clone(),
            order,
            probabilities,
        }
    }
}

/// Returns the greatest value of a bounded law.
fn greatest(law: &Law) -> Option<f64> {
    match law {
        Law::Constant(value) => Some(*value),
        Law::Uniform { high, .. } | Law::Triangular { high, .. } => Some(*high),
        Law::Pareto { max, .. } => max.is_finite().then_some(*max),
        Law::Mixture(parts) => parts
            .iter()
            .map(|(_, part)| greatest(part))
            .try_fold(0.0_f64, |most, next| next.map(|next| most.max(next))),
        Law::Sum(parts) => parts
            .iter()
            .map(greatest)
            .try_fold(0.0, |sum, next| next.map(|next| sum + next)),
        Law::Quantiles(points) => points.last().map(|&(_, value)| value),
        Law::Sequence(values) => values.iter().copied().reduce(f64::max),
        Law::Gamma { mean, cv } | Law::Weibull { mean, cv } if *cv <= 0.0 => Some(*mean),
        Law::Normal { mean, sd } if *sd <= 0.0 => Some(*mean),
        Law::Exponential { .. }
        | Law::Lognormal { .. }
        | Law::Gamma { .. }
        | Law::Weibull { .. }
        | Law::Hyperexponential { .. }
        | Law::Erlang { .. }
        | Law::Normal { .. }
        | Law::Geometric { .. }
        | Law::Poisson { .. } => None,
    }
}

/// Returns the probability that a bounded law, rounded and clamped to 1..=count, is `rank`.
fn interval_probability(law: &Law, rank: u64, count: u64) -> f64 {
    if let Law::Uniform { low, high } = law {
        // Whole numbers, both ends included.
        let first = ((low + 0.5).max(0.0)) as u64;
        let last = (high + 0.5) as u64;
        let values = (last.max(first) - first + 1) as f64;
        let hits = u64::from((first..=last).contains(&rank)) + u64::from(rank == 1 && first == 0);
        return hits as f64 / values;
    }
    if let Law::Mixture(parts) = law {
        let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
        return parts
            .iter()
            .map(|(weight, part)| weight / total * interval_probability(part, rank, count))
            .sum();
    }
    if let Law::Sequence(values) = law {
        let hits = values
            .iter()
            .filter(|&&value| (((value + 0.5) as u64).clamp(1, count)) == rank)
            .count();
        return hits as f64 / values.len().max(1) as f64;
    }
    let above = if rank >= count {
        1.0
    } else {
        cumulated(law, rank as f64 + 0.5)
    };
    let below = if rank <= 1 {
        0.0
    } else {
        cumulated(law, rank as f64 - 0.5)
    };
    (above - below).max(0.0)
}

/// Returns P(X < x) of a bounded law.
fn cumulated(law: &Law, x: f64) -> f64 {
    match law {
        Law::Triangular { low, mode, high } => {
            if x <= *low {
                0.0
            } else if x >= *high {
                1.0
            } else if x <= *mode {
                (x - low) * (x - low) / ((high - low) * (mode - low))
            } else {
                1.0 - (high - x) * (high - x) / ((high - low) * (high - mode))
            }
        }
        Law::Pareto { exponent, min, max } => {
            if x <= *min {
                return 0.0;
            }
            if x >= *max {
                return 1.0;
            }
            let rest = libm::pow(min / max, *exponent);
            (1.0 - libm::pow(min / x, *exponent)) / (1.0 - rest)
        }
        Law::Quantiles(points) => {
            let at = points.partition_point(|&(_, value)| value <= x);
            if at == 0 {
                return 0.0;
            }
            let (p, low) = points[at - 1];
            match points.get(at) {
                Some(&(q, high)) => p + (q - p) * (x - low) / (high - low),
                None => 1.0,
            }
        }
        Law::Sum(parts) => sum_cumulated(parts, x),
        Law::Constant(value) => f64::from(u8::from(*value < x)),
        // Bounded only as constants.
        Law::Gamma { mean, .. } | Law::Weibull { mean, .. } | Law::Normal { mean, .. } => {
            f64::from(u8::from(*mean < x))
        }
        Law::Uniform { low, high } => ((x - low + 0.5) / (high - low + 1.0)).clamp(0.0, 1.0),
        Law::Mixture(parts) => {
            let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
            parts
                .iter()
                .map(|(weight, part)| weight / total * cumulated(part, x))
                .sum()
        }
        Law::Sequence(values) => {
            let below = values.iter().filter(|&&value| value < x).count();
            below as f64 / values.len().max(1) as f64
        }
        Law::Exponential { .. }
        | Law::Lognormal { .. }
        | Law::Hyperexponential { .. }
        | Law::Erlang { .. }
        | Law::Geometric { .. }
        | Law::Poisson { .. } => 0.0,
    }
}

/// P(X < x) of a sum: the first part in 64 equally likely values, the rest exactly.
fn sum_cumulated(parts: &[Law], x: f64) -> f64 {
    match parts {
        [] => f64::from(u8::from(x > 0.0)),
        [only] => cumulated(only, x),
        [first, rest @ ..] => {
            let sampler = Sampler::compile(first, Unit::Whole);
            let cells = 64u64;
            let sum: f64 = (0..cells)
                .map(|cell| sampler.sample(mix2(cell, REJECTION), 0, cell + 1) as f64)
                .map(|value| sum_cumulated(rest, x - value))
                .sum();
            sum / cells as f64
        }
    }
}

/// Walker's alias table: one word, one look-up.
///
/// SOURCE: Vose, “A linear algorithm for generating random numbers with a given
/// distribution”, IEEE TSE 17 (1991).
#[derive(Debug)]
struct Alias {
    /// Share of a cell (of 2^32) that is its own, and who gets the rest.
    cells: Vec<(u64, u32)>,
}

impl Alias {
    /// Builds the table of weights that sum to more than 0.
    fn new(weights: &[f64]) -> Alias {
        let n = weights.len();
        let total: f64 = weights.iter().rev().sum();
        let mut scaled: Vec<f64> = weights.iter().map(|w| w / total * n as f64).collect();
        let mut cells: Vec<(u64, u32)> = (0u32..).take(n).map(|own| (u64::MAX, own)).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..n).partition(|&at| scaled[at] < 1.0);
        while let (Some(&poor), Some(&rich)) = (small.last(), large.last()) {
            small.pop();
            cells[poor] = (
                (scaled[poor] * 18_446_744_073_709_551_616.0) as u64,
                rich as u32,
            );
            scaled[rich] -= 1.0 - scaled[poor];
            if scaled[rich] < 1.0 {
                large.pop();
                small.push(rich);
            }
        }
        Alias { cells }
    }

    #[inline]
    fn outcome(&self, word: u64) -> u64 {
        // High half: the cell; low half: the place within it, 2^-64 / n fine.
        let product = u128::from(word) * self.cells.len() as u128;
        let (cell, place) = ((product >> 64) as u64, product as u64);
        let (own, other) = self.cells[cell as usize];
        if place < own { cell } else { u64::from(other) }
    }
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
