//! Links: calls and their attempts, and messages handed over.

use super::Link;
use super::estimate::Quantiles;
use super::sums::{Counted, Tallied, total};
use crate::model::Outcome;

/// Sums up a link.
pub(super) fn link(counted: &Counted, link: usize) -> Link {
    let all = Tallied::of(counted, &counted.link_tallies(link));
    let delivers = counted.input.model.links[link].delivers;
    let opened = counted.each(|recording| recording.links[link].breaker_opened);
    let lag = || Quantiles::of(&counted.link_times(link, |slice| &slice.lag), false);
    Link {
        calls: all.total.arrived,
        attempts: total(&counted.link(link, |slice| slice.attempts)),
        completed: all.total.of(Outcome::Completed),
        throttled: all.total.of(Outcome::Throttled),
        shed: all.total.of(Outcome::Shed),
        timed_out: all.total.of(Outcome::TimedOut),
        failed: all.total.of(Outcome::Failed),
        inside: all.total.inside(),
        completed_share: all.share(Outcome::Completed),
        throttled_share: all.share(Outcome::Throttled),
        shed_share: all.share(Outcome::Shed),
        timed_out_share: all.share(Outcome::TimedOut),
        failed_share: all.share(Outcome::Failed),
        error_share: all.errors.clone(),
        hedged: total(&counted.link(link, |slice| slice.hedged)),
        refused: total(&counted.link(link, |slice| slice.refused)),
        breaker_opened: opened.into_iter().sum(),
        latency_ms: Quantiles::of(&counted.link_times(link, |slice| &slice.latency), false),
        lag_ms: delivers.then(lag),
    }
}
