//! What pictures of a run need beside its figures; it is not part of the JSON form.
//!
//! Figures stay where they are, in the report: here are curves whose every point is one of
//! them at another place, and what was known before the run: how the design looks, what its
//! file wants to go wrong, what is assumed and why, and how to have the same run again.

use super::build::Input;
use super::estimate::{Estimate, quantile_ms};
use super::faults;
use super::flows;
use super::graph::{self, Picture};
use super::sums::Counted;
use crate::metrics::distribution::Distribution;
use std::collections::BTreeMap;

/// Points of a spectrum for every tenfold rarer request.
///
/// CHOICE: a point every 12 of 640 pixels looks like a curve; the cells of the histogram
/// are narrower than what lies between two of them.
const PER_DECADE: u32 = 12;
/// Tenfold rarer requests up to which there are points: the rarest of a billion.
const DECADES: u32 = 9;
/// Quantiles that tables show; the spectrum passes through them exactly.
const SHOWN: [f64; 6] = [0.5, 0.9, 0.95, 0.99, 0.999, 0.9999];

/// What pictures of a run need beside its figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Illustration {
    /// How the design looks.
    pub picture: Picture,
    /// By flow: the latency of completed requests at many quantiles, the lowest first.
    pub spectra: BTreeMap<String, Vec<SpectrumPoint>>,
    /// What went wrong at times that the file gives, by what it was.
    pub disturbances: Vec<Disturbance>,
    /// Defaults that the answer rests on, in the order of the report's sentences.
    pub assumptions: Vec<Assumed>,
    /// How to have the same run again.
    pub origin: Option<Origin>,
}

/// A quantile of a latency.
#[derive(Clone, Debug, PartialEq)]
pub struct SpectrumPoint {
    /// Share of the requests that are at most as slow, in [0, 1).
    pub share: f64,
    /// Their latency [ms].
    pub latency_ms: Estimate,
}

/// A time in which something went wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Disturbance {
    /// What; names stand between backticks.
    pub what: String,
    /// When it began [s].
    pub from_s: f64,
    /// When it was over, the end of counting at the latest [s]; none if it was so at once.
    pub until_s: Option<f64>,
}

/// A parameter that the file leaves to its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumed {
    /// The node.
    pub node: String,
    /// The parameter.
    pub parameter: String,
    /// What is assumed.
    pub value: String,
    /// Where that comes from, in a word.
    pub basis: String,
    /// Document and date, or the reason.
    pub source: String,
}

/// What a run was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// What the topology is called in messages.
    pub file: String,
    /// What it says, word for word.
    pub text: String,
    /// The command that gives the same figures.
    pub command: String,
}

/// Collects what a run itself knows; assumptions and origin are known to its caller.
pub fn illustrate(input: &Input) -> Illustration {
    let counted = Counted::new(input);
    let flows = input.model.flows.iter().enumerate();
    let spectra = flows.map(|(index, flow)| (flow.name.clone(), spectrum(&counted, index)));
    Illustration {
        picture: graph::picture(input.topology),
        spectra: spectra.collect(),
        disturbances: faults::windows(input),
        assumptions: Vec::new(),
        origin: None,
    }
}

/// Estimates the latency of a flow at many quantiles, as far as the sample carries them.
fn spectrum(counted: &Counted, flow: usize) -> Vec<SpectrumPoint> {
    let parts = counted.flow_times(flow, |slice| vec![&slice.latency]);
    let all = Distribution::merged(&parts);
    let unstable = flows::is_unstable(counted, flow);
    let even = (0..=PER_DECADE * DECADES)
        .map(|step| 1.0 - 10.0_f64.powf(-f64::from(step) / f64::from(PER_DECADE)));
    let mut shares: Vec<f64> = even.chain(SHOWN).collect();
    shares.sort_by(f64::total_cmp);
    // A point that tables show is exact; its neighbour by rounding is not needed.
    shares.dedup_by(|one, other| {
        let same = (*one - *other).abs() < 1e-12;
        if same && SHOWN.contains(one) {
            *other = *one;
        }
        same
    });
    let points = shares.into_iter().map(|share| SpectrumPoint {
        share,
        latency_ms: quantile_ms(&parts, &all, share, unstable),
    });
    points
        .take_while(|point| point.latency_ms.value.is_some())
        .collect()
}
