//! Where one replication stands in a load line.

use super::{Parts, Source, SourceKind};
use crate::random::address::share;
use crate::random::{ComponentStream, RequestKeys, address, component_seed, draw, purpose};
use crate::units::{SimTime, Span};

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
}

/// Where one replication stands in an open load line.
#[derive(Clone, Debug)]
pub struct SourceState {
    /// Keys the requests of this replication.
    keys: RequestKeys,
    /// Key of the next arrival, drawn one ahead: nothing waits for it then.
    ahead: u64,
    /// Requests so far.
    ordinal: u64,
    /// Arrivals so far, a batch being one.
    number: u64,
    /// Units of the unit-rate stream so far; nanoseconds for gaps.
    units: f64,
    /// Requests of the current batch still to hand out.
    left: u64,
    current: Arrival,
    modulation: Option<Modulation>,
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
    /// Starts a replication.
    pub fn new(source: &Source, seed: u64, replication: u64) -> SourceState {
        let parts = &*source.0;
        let modulation = (!parts.states.is_empty()).then(|| {
            let stream_seed = component_seed(seed, replication, parts.hash, purpose::COMPONENT);
            Modulation::new(&parts.states, ComponentStream::new(stream_seed))
        });
        let keys = RequestKeys::new(seed, replication, parts.hash);
        SourceState {
            ahead: keys.key(1),
            keys,
            ordinal: 0,
            number: 0,
            units: 0.0,
            left: 0,
            current: Arrival {
                at: parts.start,
                ordinal: 0,
                key: 0,
                key_rank: None,
                bytes: None,
            },
            modulation,
        }
    }

    /// Returns the next request, in order of time; `None` at the end and for closed loads.
    #[inline(always)]
    pub fn next(&mut self, source: &Source) -> Option<Arrival> {
        let parts = &*source.0;
        while self.left == 0 {
            self.number += 1;
            let key = self.ahead;
            self.ahead = self.keys.key(self.number + 1);
            self.current.at = self.arrival(parts, key)?;
            self.current.key = key;
            let place = address(0, purpose::COUNT, BATCH, 0);
            self.left = parts.batch.sample(key, place, self.number);
        }
        self.left -= 1;
        self.ordinal += 1;
        // Without batches a request has the number of its arrival, and so its key.
        let key = if self.ordinal == self.number {
            self.current.key
        } else {
            self.keys.key(self.ordinal)
        };
        Some(Arrival {
            ordinal: self.ordinal,
            key,
            ..self.current
        })
    }

    /// Returns when the next arrival is, which is a batch of requests.
    #[inline(always)]
    fn arrival(&mut self, parts: &Parts, key: u64) -> Option<SimTime> {
        let place = address(0, purpose::GAP, 0, 0);
        let mean = parts.batch.mean();
        let mass = match &parts.kind {
            SourceKind::Poisson { rate_per_s } => {
                // 1 − u lies in (0, 1].
                self.units -= libm::log(1.0 - share(draw(key, place)));
                self.units * mean * 1e9 / rate_per_s
            }
            SourceKind::Even { rate_per_s } => (self.number - 1) as f64 * mean * 1e9 / rate_per_s,
            SourceKind::Every { gap } => {
                if self.number > 1 {
                    // A gap of nothing would hold the clock for ever.
                    self.units += gap.sample(key, place, self.number - 1).max(1) as f64;
                }
                self.units
            }
            SourceKind::Clients { .. } => return None,
            SourceKind::Trace { entries } => {
                let skipped = entries.partition_point(|entry| entry.at < parts.start);
                let entry = entries.get(skipped + (self.number - 1) as usize)?;
                self.current.key_rank = entry.key;
                self.current.bytes = entry.bytes;
                return (entry.at < parts.end).then_some(entry.at);
            }
        };
        // Neither a rate nor a batch of nothing has arrivals.
        if !mass.is_finite() || mean <= 0.0 {
            return None;
        }
        let length = parts.end.0.saturating_sub(parts.start.0) as f64;
        let x = match &mut self.modulation {
            Some(modulation) => modulation.inverse(&parts.states, mass, length)?,
            None => parts.profile.inverse(mass)?,
        };
        let at = parts.start + Span((x + 0.5) as u64);
        (at < parts.end).then_some(at)
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
