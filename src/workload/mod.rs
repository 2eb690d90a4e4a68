//! stub
#![allow(missing_docs, dead_code, clippy::all)]
use crate::units::*;
#[derive(Clone, Debug, Default)]
pub struct Source {
    pub rate: f64,
    pub flow: u32,
}
impl Source {
    pub fn hash(&self) -> u64 {
        7
    }
    pub fn flow(&self) -> u32 {
        self.flow
    }
    pub fn key(&self) -> u32 {
        u32::MAX
    }
    pub fn clients(&self) -> Option<u64> {
        None
    }
    pub fn start(&self) -> SimTime {
        SimTime::ZERO
    }
    pub fn think(&self, _k: u64, _o: u64) -> Span {
        Span(0)
    }
    pub fn client_time(&self, _c: u32, t: SimTime) -> Option<SimTime> {
        Some(t)
    }
}
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    pub at: SimTime,
    pub ordinal: u64,
    pub key_rank: Option<u64>,
    pub bytes: Option<u64>,
}
#[derive(Clone, Debug)]
pub struct SourceState {
    t: f64,
    n: u64,
    seed: u64,
}
impl SourceState {
    pub fn new(_s: &Source, seed: u64, r: u64) -> Self {
        Self {
            t: 0.0,
            n: 0,
            seed: crate::random::mix2(seed, r),
        }
    }
    pub fn next(&mut self, s: &Source) -> Option<Arrival> {
        let u = ((crate::random::draw(self.seed, self.n) >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        self.t += -(1.0 - u).ln() * 1e9 / s.rate;
        self.n += 1;
        Some(Arrival {
            at: SimTime(self.t as u64),
            ordinal: self.n,
            key_rank: None,
            bytes: None,
        })
    }
}
