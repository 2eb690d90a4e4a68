//! What a station does for its visits: mean, second moment and shape of service times.

use super::amounts::Amounts;
use super::moments;
use super::traffic::Traffic;
use crate::model::{Model, NONE, Op};
use crate::random::law::Law;

/// Service times of all visits of a station [s].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Service {
    /// Mean, > 0.
    pub(super) mean: f64,
    /// Second moment; `None` if it is not known, infinite if the tail is that heavy.
    pub(super) square: Option<f64>,
    /// Whether it is exponential, the same for all.
    pub(super) exponential: bool,
}

impl Service {
    /// Returns the squared coefficient of variation, where it is known and finite.
    pub(super) fn variability(&self) -> Option<f64> {
        let square = self.square.filter(|square| square.is_finite())?;
        Some((square / (self.mean * self.mean) - 1.0).max(0.0))
    }

    /// Whether it never varies.
    pub(super) fn is_constant(&self) -> bool {
        self.variability().is_some_and(|scv| scv < 1e-12)
    }
}

/// Returns the time of some work in visits that are about certain amounts; `None` if
/// not even the mean is known.
pub(super) fn work(model: &Model, work: u32, amounts: &Amounts) -> Option<Service> {
    let work = &model.works[work as usize];
    let mut shift = 0.0;
    let mut sure = true;
    if work.per_item != 0.0 {
        shift += (amounts.items.mean()? - 1.0).max(0.0) * work.per_item / 1e9;
        sure &= amounts.items.fixed().is_some();
    }
    if work.per_byte != 0.0 {
        shift += amounts.bytes.mean()? * work.per_byte / 1e9;
        sure &= amounts.bytes.fixed().is_some();
    }
    let (base, square, exponential) = match model.laws.get(work.base as usize) {
        Some(law) if work.base != NONE => {
            let scale = work.scale / 1e9;
            let mean = crate::random::mean(law);
            let square = moments::second_moment(law, mean);
            let exponential = matches!(law, Law::Exponential { .. });
            (
                mean * scale,
                square.map(|one| one * scale * scale),
                exponential,
            )
        }
        Some(_) | None => (0.0, Some(0.0), false),
    };
    let mean = base + shift;
    Some(Service {
        mean,
        square: square
            .filter(|_| sure)
            .map(|square| square + 2.0 * base * shift + shift * shift),
        exponential: exponential && shift <= 0.0,
    })
}

/// Returns the service of a station over all (start, operation) that come to it, by their
/// rates; `None` if the mean is not known.
pub(super) fn of_station(traffic: &Traffic<'_>, places: &[(usize, u32)]) -> Option<Service> {
    let total: f64 = places
        .iter()
        .map(|(start, op)| traffic.rate_of(*start, *op).per_s)
        .sum();
    let mut all: Option<Service> = None;
    for (start, op) in places {
        let Op::Serve { work: of, .. } = traffic.model.ops[*op as usize] else {
            return None;
        };
        let one = work(traffic.model, of, &traffic.amounts[*start])?;
        let share = traffic.rate_of(*start, *op).per_s / total;
        all = Some(match all {
            None => Service {
                mean: one.mean * share,
                square: one.square.map(|square| square * share),
                exponential: one.exponential,
            },
            Some(before) => Service {
                mean: before.mean + one.mean * share,
                square: before.square.zip(one.square).map(|(a, b)| a + b * share),
                exponential: before.exponential && one.exponential,
            },
        });
    }
    // Exponential laws with different means mix to something else.
    all.map(|mut all| {
        let alike = all
            .square
            .is_some_and(|square| (square / (2.0 * all.mean * all.mean) - 1.0).abs() < 1e-9);
        all.exponential &= alike;
        all
    })
}
