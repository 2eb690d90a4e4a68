//! Fan-outs: when the recipients of posts had them, what readers had to pull, and what both cost.

use super::FanOut;
use super::estimate::{Estimate, Quantiles};
use super::fields::Bucket;
use super::sums::{Counted, FLOW_DIGITS, Tallied, seconds, total};
use crate::cost::{self, Asked, Bill};
use crate::metrics::distribution::Distribution;
use crate::metrics::estimate::{self, mean, ratio};
use crate::metrics::fan_out::{BUCKETS, BulkTimes, FanOutSlice};
use crate::metrics::recording::{Recording, Tally, Times};
use crate::model::{self, Outcome};
use crate::units::SimTime;

/// Sums up a fan-out; `bills` are that of all replications, and one of each.
pub(super) fn fan_out(counted: &Counted, index: usize, bills: (&Bill, &[Bill])) -> FanOut {
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
    let gathered = !this.readers.is_empty();
    let visits = Tallied::of(counted, &visits(counted, index));
    let cost = |flows: &[u32]| per_million(bills, flows).map(|(value, _)| value.into());
    FanOut {
        posts: total(&posts),
        deliveries: total(&delivered),
        recipients: total(&sum(|slice| slice.recipients)),
        dropped: total(&sum(|slice| slice.dropped)),
        inside: total(&sum(|slice| slice.inside)),
        duplicates: total(&sum(|slice| slice.duplicates)),
        pulled_share: counted.share(&sum(|slice| slice.pulled), &posts),
        amplification: ratio(&delivered, &posts).into(),
        first_ms: per_post(|slice| &slice.first),
        reach_50_ms: per_post(|slice| &slice.reach_50),
        reach_99_ms: per_post(|slice| &slice.reach_99),
        last_ms: per_post(|slice| &slice.last),
        delivery_ms: Quantiles::of(&deliveries(counted, index), false),
        reads: gathered.then(|| total(&reads)),
        staleness_ms: (gathered && this.among > 0.0).then(|| per_post(|slice| &slice.staleness)),
        pulls_per_read: gathered.then(|| Estimate::from(ratio(&pulls, &reads))),
        visits: visits.total.arrived,
        throttled: visits.total.of(Outcome::Throttled),
        throttled_share: visits.share(Outcome::Throttled),
        cost_per_million_usd: cost(&posts_and_reads(this)),
        cost_per_million_posts_usd: cost(&this.flows),
        cost_per_million_reads_usd: cost(&this.readers),
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

/// Lists the flows that post or read under a name.
pub(super) fn posts_and_reads(fan_out: &model::FanOut) -> Vec<u32> {
    let mut flows = [&fan_out.flows[..], &fan_out.readers].concat();
    flows.sort_unstable();
    flows.dedup();
    flows
}

/// Tallies the visits of the posts and reads of a fan-out, per replication.
pub(super) fn visits(counted: &Counted, index: usize) -> Vec<Tally> {
    let model = counted.input.model;
    let flows = posts_and_reads(&model.fan_outs[index]);
    let rows = model.rows.iter().enumerate();
    let rows =
        rows.filter(|(_, row)| flows.contains(&row.flow) && !model.nodes[row.node as usize].hidden);
    let rows: Vec<usize> = rows.map(|(index, _)| index).collect();
    counted.row_tallies(&rows)
}

/// Makes the bill of some replications, for a month from 1 on.
pub(super) fn bill(
    counted: &Counted,
    recordings: &[Recording],
    free_tier: bool,
    month: u32,
) -> Bill {
    cost::bill(&cost::Input {
        topology: counted.input.topology,
        model: counted.input.model,
        recordings,
        cut: counted.input.cut,
        free_tier,
        month,
    })
}

/// Makes the bills of the replications, one by one, for the last month that is asked for.
pub(super) fn bills(counted: &Counted, asked: Asked) -> Vec<Bill> {
    let each = counted.input.recordings.chunks(1);
    each.map(|one| bill(counted, one, asked.free_tier, asked.months))
        .collect()
}

/// Returns what a million requests of some flows use [US dollars], over all replications and
/// of each; nothing where nothing has a price.
///
/// The interval is that of the replications' own bills around their mean.
pub(super) fn per_million(
    (all, each): (&Bill, &[Bill]),
    flows: &[u32],
) -> Option<(estimate::Estimate, Vec<f64>)> {
    let of = |bill: &Bill| {
        let flows = flows.iter().map(|flow| &bill.flows[*flow as usize]);
        let requests: f64 = flows.clone().map(|flow| flow.requests).sum();
        let usd: f64 = flows.filter_map(|flow| flow.month_usd.value).sum();
        (requests > 0.0).then(|| usd / requests * 1e6)
    };
    if all.lines.is_empty() {
        return None;
    }
    let value = of(all)?;
    let parts: Vec<f64> = each.iter().filter_map(of).collect();
    let half_width = mean(&parts)
        .half_width
        .filter(|_| parts.len() == each.len());
    let value = estimate::Estimate {
        value: Some(value),
        half_width,
        why: None,
    };
    Some((value, parts))
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
