//! What the hand-specialised loops are made of: draws, servers, a histogram.

use kneepoint::metrics::distribution::Distribution;
use kneepoint::metrics::recording::Times;
use kneepoint::random::law::Law;
use kneepoint::random::{ComponentStream, Sampler, Unit};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A law sampled from a stream of words.
pub(crate) struct Draw(Sampler);

impl Draw {
    /// Compiles a law of times [ns].
    pub(crate) fn new(law: &Law) -> Draw {
        Draw(Sampler::compile(law, Unit::Nanoseconds))
    }

    /// An exponential law.
    pub(crate) fn exponential(mean: f64) -> Draw {
        Draw::new(&Law::Exponential { mean })
    }

    /// A lognormal law by mean and σ.
    pub(crate) fn lognormal(mean: f64, sigma: f64) -> Draw {
        let mu = mean.ln() - sigma * sigma / 2.0;
        Draw::new(&Law::Lognormal { mu, sigma })
    }

    /// A lognormal law by mean and coefficient of variation.
    pub(crate) fn lognormal_cv(mean: f64, cv: f64) -> Draw {
        Draw::lognormal(mean, (1.0 + cv * cv).ln().sqrt())
    }

    /// Draws a value.
    pub(crate) fn next(&self, words: &mut ComponentStream) -> u64 {
        self.0.sample(words.next_word(), 0, 0)
    }
}

/// Servers whose finish times are known.
pub(crate) struct Servers(BinaryHeap<Reverse<u64>>);

impl Servers {
    /// Makes so many idle servers.
    pub(crate) fn new(count: usize) -> Servers {
        Servers((0..count).map(|_| Reverse(0)).collect())
    }

    /// Serves an arrival at `t`; returns when it is done.
    pub(crate) fn serve(&mut self, t: u64, service: u64) -> u64 {
        let Some(mut first) = self.0.peek_mut() else {
            return t + service;
        };
        let done = first.0.max(t) + service;
        *first = Reverse(done);
        done
    }
}

/// Latencies of one run.
pub(crate) struct Latencies {
    /// Those below 2⁻¹⁰ relative error.
    pub(crate) times: Times,
}

impl Latencies {
    /// Makes an empty record.
    pub(crate) fn new() -> Latencies {
        Latencies {
            times: Times::new(kneepoint::metrics::cells::THREE_DIGITS),
        }
    }

    /// Counts a request.
    pub(crate) fn record(&mut self, latency: u64) {
        self.times.record(latency);
    }

    /// Returns requests, mean and p99 [ms].
    pub(crate) fn figures(&self) -> Figures {
        Figures::of(&[&self.times])
    }
}

/// What was simulated: shown beside every time, so that wrong but fast is seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    pub(crate) requests: u64,
    pub(crate) mean_ms: f64,
    pub(crate) p99_ms: f64,
}

impl Figures {
    /// Sums up records.
    pub(crate) fn of(times: &[&Times]) -> Figures {
        let all = Distribution::of(times.iter().copied(), 3);
        Figures {
            requests: all.count,
            mean_ms: all.sum as f64 / all.count.max(1) as f64 / 1e6,
            p99_ms: all.quantile_ns(0.99) as f64 / 1e6,
        }
    }
}
