//! Where one replication stands in a load line.

use super::{Parts, Source, SourceKind};
use crate::random::address::share;
use crate::random::logarithm::take_logarithms;
use crate::random::{
    ComponentStream, RequestKeys, Sampler, address, component_seed, draw, purpose,
};
use crate::units::{SimTime, Span};
use std::iter::repeat;

/// Keeps the size of a batch apart from counts that requests draw for themselves.
const BATCH: u16 = u16::MAX;

/// A request that enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When.
    pub at: SimTime,
    /// Number of the request in its load line, from 1 on.
    pub ordinal: u64,
    /// Addresses every draw of the request.
    pub key: u64,
    /// Rank of its key, if a trace says so.
    pub key_rank: Option<u64>,
    /// Its size, if a trace says so.
    pub bytes: Option<u64>,
    /// What its `FirstDraw` came to; `UNDRAWN` if it has none.
    pub first: u64,
}

/// Stands where nothing was drawn.
pub const UNDRAWN: u64 = u64::MAX;

/// What every request of a load line draws before anything else, with its arrival.
#[derive(Clone, Debug)]
pub struct FirstDraw {
    /// What it is drawn from.
    pub sampler: Sampler,
    /// Addresses it.
    pub place: u64,
}

/// Arrivals that are drawn together.
const BLOCK: usize = 16;

/// Where one replication stands in an open load line.
#[derive(Clone, Debug)]
pub struct SourceState {
    /// Keys the requests of this replication.
    keys: RequestKeys,
    /// The next arrivals, from `place` on.
    ahead: Ahead,
    place: usize,
    /// Requests so far.
    ordinal: u64,
    /// Arrivals handed out so far, a batch being one.
    number: u64,
    /// Units of the unit-rate stream up to the last arrival drawn; nanoseconds for gaps.
    units: f64,
    /// Requests of the current batch still to hand out.
    left: u64,
    /// Whether every arrival is one request of which a trace says nothing: it lies at `place` then.
    single: bool,
    /// The present request of any other.
    current: Arrival,
    modulation: Option<Modulation>,
    first: Option<FirstDraw>,
}

/// Arrivals drawn before their time.
///
/// No draw depends on another one, so a processor works on several at once when they stand
/// together, where one at a time makes all that comes after it wait.
#[derive(Clone, Copy, Debug)]
struct Ahead {
    keys: [u64; BLOCK],
    /// `NEVER` for those that do not come any more.
    at: [SimTime; BLOCK],
    first: [u64; BLOCK],
}

/// The state of a modulated load: a level factor until the next change [ns].
#[derive(Clone, Debug)]
struct Modulation {
    stream: ComponentStream,
    state: usize,
    from: f64,
    mass: f64,
    until: f64,
}

impl SourceState {
    /// Starts a replication, whose requests draw this first.
    pub fn new(
        source: &Source,
        seed: u64,
        replication: u64,
        first: Option<FirstDraw>,
    ) -> SourceState {
        let parts = &*source.0;
        let modulation = (!parts.states.is_empty()).then(|| {
            let stream_seed = component_seed(seed, replication, parts.hash, purpose::COMPONENT);
            Modulation::new(&parts.states, ComponentStream::new(stream_seed))
        });
        SourceState {
            keys: RequestKeys::new(seed, replication, parts.hash),
            ahead: Ahead {
                keys: [0; BLOCK],
                at: [SimTime::NEVER; BLOCK],
                first: [UNDRAWN; BLOCK],
            },
            place: BLOCK - 1,
            ordinal: 0,
            number: 0,
            units: 0.0,
            left: 0,
            single: parts.batch.constant() == Some(1)
                && !matches!(parts.kind, SourceKind::Trace { .. }),
            current: Arrival {
                at: parts.start,
                ordinal: 0,
                key: 0,
                key_rank: None,
                bytes: None,
                first: UNDRAWN,
            },
            modulation,
            first,
        }
    }

    /// Goes on to the next request, in order of time; returns when it enters: `NEVER` at the end
    /// and for closed loads.
    #[inline(always)]
    pub fn advance(&mut self, source: &Source) -> SimTime {
        if self.single {
            self.next_of_block(&source.0);
            return self.ahead.at[self.place];
        }
        self.advance_otherwise(&source.0)
    }

    /// Returns the request to which it has gone on.
    #[inline(always)]
    pub fn arrival(&self) -> Arrival {
        if !self.single {
            return self.current;
        }
        Arrival {
            at: self.ahead.at[self.place],
            ordinal: self.number,
            key: self.ahead.keys[self.place],
            key_rank: None,
            bytes: None,
            first: self.ahead.first[self.place],
        }
    }

    /// Goes on to the next arrival, of those that are drawn together.
    #[inline(always)]
    fn next_of_block(&mut self, parts: &Parts) {
        self.place += 1;
        if self.place == BLOCK {
            self.draw_ahead(parts);
        }
        self.number += 1;
    }

    /// Does as `advance` where arrivals are batches, or a trace tells of them.
    #[cold]
    #[inline(never)]
    fn advance_otherwise(&mut self, parts: &Parts) -> SimTime {
        if self.left > 0 {
            self.current = self.next_of_batch();
            return self.current.at;
        }
        loop {
            self.next_of_block(parts);
            let Ahead { keys, at, first } = &self.ahead;
            let (at, key, first) = (at[self.place], keys[self.place], first[self.place]);
            if at == SimTime::NEVER {
                return at;
            }
            let place = address(0, purpose::COUNT, BATCH, 0);
            let count = parts.batch.sample(key, place, self.number);
            if count == 0 {
                continue;
            }
            self.ordinal += 1;
            let (key_rank, bytes) = match &parts.kind {
                SourceKind::Trace { entries } => {
                    let entry = &entries[parts.skipped + self.number as usize - 1];
                    (entry.key, entry.bytes)
                }
                SourceKind::Poisson { .. }
                | SourceKind::Even { .. }
                | SourceKind::Every { .. }
                | SourceKind::Clients { .. } => (None, None),
            };
            // Without batches a request has the number of its arrival, and so its key.
            let (key, first) = if self.ordinal == self.number {
                (key, first)
            } else {
                (self.keys.key(self.ordinal), UNDRAWN)
            };
            self.left = count - 1;
            self.current = Arrival {
                at,
                ordinal: self.ordinal,
                key,
                key_rank,
                bytes,
                first,
            };
            return at;
        }
    }

    /// Returns the next request of those that enter together.
    #[cold]
    fn next_of_batch(&mut self) -> Arrival {
        self.left -= 1;
        self.ordinal += 1;
        Arrival {
            ordinal: self.ordinal,
            key: self.keys.key(self.ordinal),
            first: UNDRAWN,
            ..self.current
        }
    }

    /// Draws the next arrivals.
    #[inline(never)]
    fn draw_ahead(&mut self, parts: &Parts) {
        let numbers = self.number + 1..;
        self.ahead.keys = self.keys.block(self.number + 1);
        let Ahead { keys, at, first } = &mut self.ahead;
        if let Some(FirstDraw { sampler, place }) = &self.first {
            for (first, key) in first.iter_mut().zip(&*keys) {
                *first = sampler.sample_inlined(*key, *place, 0);
            }
        }
        let place = address(0, purpose::GAP, 0, 0);
        let mean = parts.batch.mean();
        let mut mass = [f64::INFINITY; BLOCK];
        match &parts.kind {
            SourceKind::Poisson { rate_per_s } => {
                for (mass, key) in mass.iter_mut().zip(keys) {
                    // 1 − u lies in (0, 1].
                    *mass = 1.0 - share(draw(*key, place));
                }
                take_logarithms(&mut mass);
                for mass in &mut mass {
                    self.units -= *mass;
                    *mass = self.units * mean * 1e9 / rate_per_s;
                }
            }
            SourceKind::Even { rate_per_s } => {
                for (mass, number) in mass.iter_mut().zip(numbers) {
                    *mass = (number - 1) as f64 * mean * 1e9 / rate_per_s;
                }
            }
            SourceKind::Every { gap } => {
                for ((mass, number), key) in mass.iter_mut().zip(numbers).zip(keys) {
                    if number > 1 {
                        // A gap of nothing would hold the clock for ever.
                        self.units += gap.sample(*key, place, number - 1).max(1) as f64;
                    }
                    *mass = self.units;
                }
            }
            SourceKind::Clients { .. } => {}
            SourceKind::Trace { entries } => {
                let rest = entries.get(parts.skipped + self.number as usize..);
                let times = rest.into_iter().flatten().map(|entry| entry.at);
                let times = times.take_while(|at| *at < parts.end);
                for (at, entered) in at.iter_mut().zip(times.chain(repeat(SimTime::NEVER))) {
                    *at = entered;
                }
                self.place = 0;
                return;
            }
        }
        let length = parts.end.0.saturating_sub(parts.start.0) as f64;
        for (at, mass) in at.iter_mut().zip(mass) {
            // Neither a rate nor a batch of nothing has arrivals.
            let x = if !mass.is_finite() || mean <= 0.0 {
                None
            } else if let Some(modulation) = &mut self.modulation {
                modulation.inverse(&parts.states, mass, length)
            } else {
                parts.profile.inverse(mass)
            };
            *at = x
                .map(|x| parts.start + Span((x + 0.5) as u64))
                .filter(|at| *at < parts.end)
                .unwrap_or(SimTime::NEVER);
        }
        self.place = 0;
    }
}

impl Modulation {
    /// Starts in the long run's state: an exponential stay left has the mean of a whole one.
    fn new(states: &[(f64, Span)], mut stream: ComponentStream) -> Modulation {
        let total: f64 = states.iter().map(|(_, stay)| stay.0 as f64).sum();
        let mut rest = stream.next_share() * total;
        let mut state = 0;
        for (index, (_, stay)) in states.iter().enumerate() {
            state = index;
            rest -= stay.0 as f64;
            if rest < 0.0 {
                break;
            }
        }
        let until = stay(states, state, &mut stream);
        Modulation {
            stream,
            state,
            from: 0.0,
            mass: 0.0,
            until,
        }
    }

    /// Returns when the integral of the factor reaches `mass`, which never falls between
    /// calls; `None` after `length`.
    fn inverse(&mut self, states: &[(f64, Span)], mass: f64, length: f64) -> Option<f64> {
        while self.from < length {
            let factor = states[self.state].0;
            let end = self.mass + factor * (self.until - self.from);
            if factor > 0.0 && mass <= end {
                return Some(self.from + (mass - self.mass) / factor);
            }
            self.mass = end;
            self.from = self.until;
            self.state = (self.state + 1) % states.len();
            self.until += stay(states, self.state, &mut self.stream);
        }
        None
    }
}

/// Draws a stay, at least a nanosecond, so that the ring always advances.
fn stay(states: &[(f64, Span)], state: usize, stream: &mut ComponentStream) -> f64 {
    (-libm::log(1.0 - stream.next_share()) * states[state].1.0 as f64).max(1.0)
}
