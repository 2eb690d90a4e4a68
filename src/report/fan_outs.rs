//! Fan-outs: when the recipients of posts had them, and what readers had to pull.

use super::FanOut;
use super::estimate::{Estimate, Quantiles};
use super::fields::Bucket;
use super::sums::{Counted, FLOW_DIGITS, seconds, total};
use crate::metrics::distribution::Distribution;
use crate::metrics::estimate::{ratio, share};
use crate::metrics::fan_out::{BUCKETS, BulkTimes, FanOutSlice};
use crate::metrics::recording::Times;
use crate::units::SimTime;

/// Sums up a fan-out.
pub(super) fn fan_out(counted: &Counted, index: usize) -> FanOut {
    let model = counted.input.model;
    let sum = |of: fn(&FanOutSlice) -> u64| counts(counted, index, of);
    let posts = sum(|slice| slice.posts);
    let delivered = sum(|slice| slice.delivered);
    let reads = sum(|slice| slice.reads);
    let pulls = sum(|slice| slice.pulls);
    let per_post = |of: fn(&FanOutSlice) -> &Times| {
        Quantiles::of(&post_times(counted, index, &|slice| of(slice)), false)
    };
    let records = counted.each(|recording| &recording.fan_outs[index]);
    let drained = records.iter().filter_map(|record| record.drained).max();
    let single = model
        .fan_out_steps
        .iter()
        .filter(|step| step.fan_out as usize == index && step.delivers)
        .all(|step| step.batch == 1);
    let this = &model.fan_outs[index];
    FanOut {
        posts: total(&posts),
        deliveries: total(&delivered),
        recipients: total(&sum(|slice| slice.recipients)),
        dropped: total(&sum(|slice| slice.dropped)),
        inside: total(&sum(|slice| slice.inside)),
        duplicates: total(&sum(|slice| slice.duplicates)),
        pulled_share: share(&sum(|slice| slice.pulled), &posts).into(),
        amplification: ratio(&delivered, &posts).into(),
        first_ms: per_post(|slice| &slice.first),
        reach_50_ms: per_post(|slice| &slice.reach_50),
        reach_99_ms: per_post(|slice| &slice.reach_99),
        last_ms: per_post(|slice| &slice.last),
        delivery_ms: Quantiles::of(&deliveries(counted, index), false),
        reads: this.gathered.then(|| total(&reads)),
        staleness_ms: (this.gathered && this.among > 0.0)
            .then(|| per_post(|slice| &slice.staleness)),
        pulls_per_read: this.gathered.then(|| Estimate::from(ratio(&pulls, &reads))),
        backlog_max: records
            .iter()
            .map(|record| record.backlog_max)
            .max()
            .unwrap_or(0),
        backlog_end: records
            .iter()
            .map(|record| record.backlog_end)
            .max()
            .unwrap_or(0),
        drained_s: drained.map(|at| seconds(SimTime(at))),
        buckets: (0..BUCKETS.len())
            .map(|class| bucket(counted, index, class))
            .filter(|bucket| bucket.posts > 0)
            .collect(),
        level: if single { "E0" } else { "E1" }.to_owned(),
    }
}

/// Sums up the posts of authors of one class.
fn bucket(counted: &Counted, index: usize, class: usize) -> Bucket {
    let record = |of: fn(&crate::metrics::fan_out::BucketRecord) -> u64| {
        counted.each(|recording| {
            let slices = counted.slices(&recording.fan_outs[index].slices);
            slices
                .iter()
                .map(|slice| of(&slice.buckets[class]))
                .sum::<u64>() as f64
        })
    };
    Bucket {
        followers_from: BUCKETS[class],
        followers_to: BUCKETS.get(class + 1).copied(),
        posts: total(&record(|bucket| bucket.posts)),
        deliveries: total(&record(|bucket| bucket.delivered)),
        last_ms: Quantiles::of(
            &post_times(counted, index, &|slice| &slice.buckets[class].last),
            false,
        ),
    }
}

/// Sums something of a fan-out, per replication.
pub(super) fn counts(
    counted: &Counted,
    index: usize,
    of: impl Fn(&FanOutSlice) -> u64,
) -> Vec<f64> {
    counted.each(|recording| {
        let slices = counted.slices(&recording.fan_outs[index].slices);
        slices.iter().map(&of).sum::<u64>() as f64
    })
}

/// Returns times per post, per replication.
pub(super) fn post_times<'a>(
    counted: &Counted<'a>,
    index: usize,
    of: &dyn Fn(&'a FanOutSlice) -> &'a Times,
) -> Vec<Distribution> {
    counted.each(|recording| {
        let slices = counted.slices(&recording.fan_outs[index].slices);
        Distribution::of(slices.iter().map(of), FLOW_DIGITS)
    })
}

/// Returns the times of all deliveries, per replication.
pub(super) fn deliveries(counted: &Counted, index: usize) -> Vec<Distribution> {
    counted.each(|recording| {
        let slices = counted.slices(&recording.fan_outs[index].slices);
        let times: Vec<&BulkTimes> = slices.iter().map(|slice| &slice.delivery).collect();
        Distribution::of_bulk(&times, FLOW_DIGITS)
    })
}
