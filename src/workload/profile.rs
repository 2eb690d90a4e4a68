//! How a load changes over time: factors, their integral and its inverse.

use crate::units::{SimTime, Span};

/// Straight lines that stand for one period of a diurnal curve.
const DIURNAL_LINES: u32 = 2048;

/// How the factor of a load changes over time.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Always 1.
    Flat,
    /// Factors, each from its instant until the next; the first holds before it too.
    Steps(Vec<(SimTime, f64)>),
    /// Straight lines between the points, level before the first and after the last.
    Ramp(Vec<(SimTime, f64)>),
    /// A wave of mean 1 with its peak in the middle of the run.
    Diurnal {
        /// Factor at the peak, ≥ 1.
        peak_to_mean: f64,
        /// Length of the wave.
        period: Span,
    },
    /// States in a ring: factor and mean of the exponential stay.
    Mmpp(Vec<(f64, Span)>),
}

/// A piece of the factor; times count from the start of the load [ns].
#[derive(Clone, Copy, Debug)]
struct Line {
    at: f64,
    factor: f64,
    /// Change of the factor [1/ns].
    slope: f64,
    /// Integral of the factor up to `at` [ns].
    mass: f64,
}

/// The factor from the start of a load on.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    lines: Vec<Line>,
    /// Length of the cycle and its integral [ns]; without, the last line goes on for ever.
    cycle: Option<(f64, f64)>,
    /// Whether the factor is always 1, so that the integral is the time.
    flat: bool,
}

impl Profile {
    /// Builds the profile of a shape. The stays of `Mmpp` are random, so that its
    /// profile is their mean, which is what a closed load follows.
    pub(super) fn new(shape: &Shape, start: SimTime, horizon: SimTime) -> Profile {
        let lines = match shape {
            Shape::Flat => Vec::new(),
            Shape::Steps(points) => level(points),
            Shape::Ramp(points) => ramp(points),
            Shape::Diurnal {
                peak_to_mean,
                period,
            } => {
                let wave = Wave::new(*peak_to_mean);
                return Profile::diurnal(&wave, period.0.max(1) as f64, start, horizon);
            }
            Shape::Mmpp(states) => {
                let time: f64 = states.iter().map(|(_, stay)| stay.0 as f64).sum();
                let mass: f64 = states
                    .iter()
                    .map(|(factor, stay)| factor * stay.0 as f64)
                    .sum();
                if time > 0.0 {
                    vec![line(0.0, mass / time, 0.0)]
                } else {
                    Vec::new()
                }
            }
        };
        Profile {
            lines: integrate(crop(lines, start.0 as f64)),
            cycle: None,
            flat: *shape == Shape::Flat,
        }
    }

    fn diurnal(wave: &Wave, period: f64, start: SimTime, horizon: SimTime) -> Profile {
        let phase = (start.0 as f64 - horizon.0 as f64 / 2.0) / period;
        let step = period / f64::from(DIURNAL_LINES);
        let at =
            |n: u32| wave.factor(phase + f64::from(n % DIURNAL_LINES) / f64::from(DIURNAL_LINES));
        let values: Vec<f64> = (0..=DIURNAL_LINES).map(at).collect();
        let mean = values[1..].iter().sum::<f64>() / f64::from(DIURNAL_LINES);
        let lines = values
            .windows(2)
            .zip(0u32..)
            .map(|(pair, n)| {
                line(
                    f64::from(n) * step,
                    pair[0] / mean,
                    (pair[1] - pair[0]) / mean / step,
                )
            })
            .collect();
        Profile {
            lines: integrate(lines),
            cycle: Some((period, period)),
            flat: false,
        }
    }

    /// Returns the integral of the factor up to an instant [ns].
    pub(super) fn mass(&self, x: f64) -> f64 {
        if self.flat {
            return x;
        }
        let (before, x) = match self.cycle {
            Some((length, whole)) => {
                let cycles = (x / length).floor();
                (cycles * whole, x - cycles * length)
            }
            None => (0.0, x),
        };
        let index = self.lines.partition_point(|line| line.at <= x);
        let line = self.lines[index.saturating_sub(1)];
        let since = x - line.at;
        before + line.mass + (line.factor + line.slope * since / 2.0) * since
    }

    /// Returns when the integral of the factor reaches `mass` [ns]; `None` if never.
    #[inline]
    pub(super) fn inverse(&self, mass: f64) -> Option<f64> {
        if self.flat {
            return Some(mass);
        }
        self.inverse_of_lines(mass)
    }

    fn inverse_of_lines(&self, mass: f64) -> Option<f64> {
        let (before, mass) = match self.cycle {
            Some((length, whole)) => {
                let cycles = (mass / whole).floor();
                (cycles * length, mass - cycles * whole)
            }
            None => (0.0, mass),
        };
        let index = self
            .lines
            .partition_point(|line| line.mass <= mass)
            .saturating_sub(1);
        let line = self.lines[index];
        let rest = mass - line.mass;
        if rest <= 0.0 {
            return (line.factor > 0.0 || line.slope > 0.0).then_some(before + line.at);
        }
        let root = (line.factor * line.factor + 2.0 * line.slope * rest)
            .max(0.0)
            .sqrt();
        let sum = line.factor + root;
        (sum > 0.0).then(|| before + line.at + 2.0 * rest / sum)
    }

    /// Returns the first time from `from` on at which the factor is at least `least` [ns].
    pub(super) fn reaches(&self, least: f64, from: f64) -> Option<f64> {
        let (mut before, from) = match self.cycle {
            Some((length, _)) => {
                let cycles = (from / length).floor();
                (cycles * length, from - cycles * length)
            }
            None => (0.0, from),
        };
        let first = self
            .lines
            .partition_point(|line| line.at <= from)
            .saturating_sub(1);
        if let Some(x) = self.reaches_within(least, from, first) {
            return Some(before + x);
        }
        let (length, _) = self.cycle?;
        before += length;
        self.reaches_within(least, 0.0, 0).map(|x| before + x)
    }

    /// Returns the greatest factor.
    pub(super) fn peak(&self) -> f64 {
        let end = |index: usize, line: &Line| {
            self.lines.get(index + 1).map_or(line.factor, |next| {
                line.factor + line.slope * (next.at - line.at)
            })
        };
        let lines = self.lines.iter().enumerate();
        lines
            .map(|(index, line)| line.factor.max(end(index, line)))
            .fold(0.0, f64::max)
    }

    fn reaches_within(&self, least: f64, from: f64, first: usize) -> Option<f64> {
        self.lines
            .iter()
            .enumerate()
            .skip(first)
            .find_map(|(index, line)| {
                let x = from.max(line.at);
                let end = match (self.lines.get(index + 1), self.cycle) {
                    (Some(next), _) => next.at,
                    (None, Some((length, _))) => length,
                    (None, None) => f64::INFINITY,
                };
                if line.factor + line.slope * (x - line.at) >= least {
                    return Some(x);
                }
                if line.slope <= 0.0 {
                    return None;
                }
                let crossing = (line.at + (least - line.factor) / line.slope).max(x);
                (crossing < end).then_some(crossing)
            })
    }
}

fn line(at: f64, factor: f64, slope: f64) -> Line {
    Line {
        at,
        factor,
        slope,
        mass: 0.0,
    }
}

fn level(points: &[(SimTime, f64)]) -> Vec<Line> {
    points
        .iter()
        .map(|&(at, factor)| line(at.0 as f64, factor, 0.0))
        .collect()
}

fn ramp(points: &[(SimTime, f64)]) -> Vec<Line> {
    let Some(&(_, first)) = points.first() else {
        return Vec::new();
    };
    let mut lines = vec![line(0.0, first, 0.0)];
    for pair in points.windows(2) {
        let ((from, low), (to, high)) = (pair[0], pair[1]);
        let width = to.0 as f64 - from.0 as f64;
        // Two points at one instant are a jump.
        if width > 0.0 {
            lines.push(line(from.0 as f64, low, (high - low) / width));
        }
    }
    if let Some(&(at, last)) = points.last() {
        lines.push(line(at.0 as f64, last, 0.0));
    }
    lines
}

/// Makes `start` the origin; the first line left begins there.
fn crop(lines: Vec<Line>, start: f64) -> Vec<Line> {
    let past = lines
        .partition_point(|line| line.at <= start)
        .saturating_sub(1);
    let mut left: Vec<Line> = lines
        .into_iter()
        .skip(past)
        .map(|line| Line {
            at: line.at - start,
            ..line
        })
        .collect();
    match left.first_mut() {
        // Before the first point its own factor holds.
        Some(first) if first.at > 0.0 => {
            let before = line(0.0, first.factor, 0.0);
            left.insert(0, before);
        }
        Some(first) => {
            first.factor -= first.slope * first.at;
            first.at = 0.0;
        }
        None => left.push(line(0.0, 1.0, 0.0)),
    }
    left
}

fn integrate(mut lines: Vec<Line>) -> Vec<Line> {
    for index in 1..lines.len() {
        let last = lines[index - 1];
        let width = lines[index].at - last.at;
        lines[index].mass = last.mass + (last.factor + last.slope * width / 2.0) * width;
    }
    lines
}

/// A wave of mean 1: a cosine up to a peak of 2, above it a power of a raised cosine,
/// which is never negative.
struct Wave {
    peak: f64,
    /// Power of (1 + cos)/2; 1 up to a peak of 2.
    power: f64,
}

impl Wave {
    fn new(peak_to_mean: f64) -> Wave {
        let peak = peak_to_mean.max(1.0);
        if peak <= 2.0 {
            return Wave { peak, power: 1.0 };
        }
        // The mean of ((1 + cos)/2)^m is Γ(m + ½) / (√π · Γ(m + 1)).
        let inverse_mean = |m: f64| {
            libm::exp(libm::lgamma(m + 1.0) - libm::lgamma(m + 0.5))
                * libm::sqrt(std::f64::consts::PI)
        };
        let (mut low, mut high) = (1.0, 4.0 * peak * peak);
        for _ in 0..100 {
            let middle = (low + high) / 2.0;
            if inverse_mean(middle) < peak {
                low = middle;
            } else {
                high = middle;
            }
        }
        Wave {
            peak,
            power: (low + high) / 2.0,
        }
    }

    /// Returns the factor at a phase in periods after the peak.
    fn factor(&self, phase: f64) -> f64 {
        let cosine = libm::cos(2.0 * std::f64::consts::PI * (phase - phase.floor()));
        if self.peak <= 2.0 {
            1.0 + (self.peak - 1.0) * cosine
        } else {
            self.peak * libm::pow((1.0 + cosine).max(0.0) / 2.0, self.power)
        }
    }
}
