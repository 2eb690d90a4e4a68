//! Strategies side by side: where pushing and pulling break even, and what to choose.
//!
//! There is a [`BreakEven`] for every fan-out of designs that differ in the strategy of their
//! audience. How it is found is decided in `analysis`; here it is put into a table and sentences
//! that can be read aloud.

use super::table::Shown;
use super::{Comparison, Metric, Scope};
use crate::report::Estimate;
use crate::report::figure::{NOTHING, figure, interval, scale};
use crate::report::section::{Section, why};
use crate::units::show;
use serde::{Deserialize, Serialize};

/// Where pushing the posts of a fan-out and pulling them are as much work.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BreakEven {
    /// Flows that post.
    pub posts: Vec<String>,
    /// Flows that read.
    pub reads: Vec<String>,
    /// Followers at which they break even: authors with fewer push, the others are pulled.
    pub break_even_followers: Estimate,
    /// Work of one delivery, on average over all [us of service].
    pub per_delivery_us: f64,
    /// Work of pulling one account, on average over all [us of service].
    pub per_pull_us: f64,
    /// What formulas say instead.
    pub formula: Formulas,
    /// What was measured at each threshold, ascending.
    pub sweep: Vec<Threshold>,
}

/// Follower thresholds by formula.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Formulas {
    /// Cost: as much work is pushed as is pulled, with one cost per delivery and one per pull.
    pub cost_followers: f64,
    /// How soon recipients are to have a post, by the tightest objective [ms].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freshness_ms: Option<f64>,
    /// Latency: followers whom the free servers reach in that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_followers: Option<f64>,
    /// How much longer reads may take, by the tightest objective [ms].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spare_ms: Option<f64>,
    /// Burst: followers whom the nodes that also serve reads reach in that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst_followers: Option<f64>,
}

/// One threshold of the sweep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// Authors with fewer followers push; 0: nobody, null: everybody.
    pub threshold: Option<u64>,
    /// Servers busy with pushing.
    pub push_busy: Estimate,
    /// Servers busy with pulling.
    pub pull_busy: Estimate,
    /// Over all deliveries: 99 % quantile of the time from the post.
    pub delivery_p99_ms: Estimate,
    /// 99 % quantile of the latency of reads.
    pub read_p99_ms: Estimate,
}

/// What is read aloud of a fan-out: metrics in their order, each with one that stands in for it
/// where the first says nothing: no design knows it, or it is 0 in all.
const OF_FAN_OUT: [(&str, &str); 6] = [
    ("last_ms.p99", "last_ms.mean"),
    ("staleness_ms.p99", "staleness_ms.mean"),
    ("amplification", ""),
    ("throttled_share", ""),
    ("cost_per_million_posts_usd", ""),
    ("cost_per_million_reads_usd", ""),
];
/// The same of the flows that read and post.
const OF_FLOW: (&str, &str) = ("latency_ms.p99", "latency_ms.mean");
/// Metrics of which there is nothing where nothing is delivered.
const OF_DELIVERIES: &str = "last_ms.";

/// Returns the tables that say how strategies differ: figures by design, then the sweep.
pub(super) fn strategies(comparison: &Comparison) -> Vec<Section> {
    let mut tables = Vec::new();
    for (name, one) in &comparison.fan_out {
        tables.push(figures(comparison, name, one));
        tables.push(sweep(name, one));
    }
    tables
}

/// Makes the table of the figures, with one column per design.
fn figures(comparison: &Comparison, name: &str, one: &BreakEven) -> Section {
    let find = |scope: Scope, subject: &str, (metric, instead): (&str, &str)| {
        let find = |metric: &str| {
            let same = |one: &&Metric| {
                one.scope == scope && one.subject == subject && one.metric == metric
            };
            comparison.metrics.iter().find(same)
        };
        let says = |one: &&Metric| {
            let mut known = one.values.iter().filter_map(|value| value.value);
            known.any(|value| value.abs() > 0.0)
        };
        let first = find(metric);
        first.filter(says).or_else(|| find(instead)).or(first)
    };
    let of_flows = one.reads.iter().chain(&one.posts);
    let of_flows = of_flows.filter_map(|flow| {
        let metric = find(Scope::Flow, flow, OF_FLOW)?;
        Some((format!("{flow} {}", metric.label), metric))
    });
    let of_fan_out = OF_FAN_OUT.iter().filter_map(|names| {
        let metric = find(Scope::FanOut, name, *names)?;
        Some((metric.label.clone(), metric))
    });
    let delivered = find(Scope::FanOut, name, ("amplification", ""));
    let delivers = |design: usize| {
        let value = delivered.and_then(|metric| metric.values.get(design)?.value);
        value.is_none_or(|value| value > 0.0)
    };
    let rows = of_flows.chain(of_fan_out).map(|(label, metric)| {
        let scale = Shown::of(metric);
        let cells = metric.values.iter().enumerate().map(|(design, value)| {
            match metric.metric.starts_with(OF_DELIVERIES) && !delivers(design) {
                true => NOTHING.to_owned(),
                false => scale.value(value),
            }
        });
        (scale.named(&label), cells.collect())
    });
    let headers: Vec<String> = comparison
        .designs
        .iter()
        .map(|one| one.name.clone())
        .collect();
    Section::new(format!("STRATEGY {name}"), &headers, rows.collect())
}

/// Makes the table of the sweep.
fn sweep(name: &str, one: &BreakEven) -> Section {
    let p99 = |of: fn(&Threshold) -> &Estimate| {
        let known = one.sweep.iter().filter_map(|point| of(point).value);
        scale(known.fold(0.0, f64::max))
    };
    let [delivery, read] = [
        p99(|point| &point.delivery_p99_ms),
        p99(|point| &point.read_p99_ms),
    ];
    let headers = [
        "pushing busy".to_owned(),
        "pulling busy".to_owned(),
        format!("delivery p99 {}", delivery.name),
        format!("read p99 {}", read.name),
    ];
    let shown = |estimate: &Estimate, unit: f64| match estimate.value {
        Some(value) => interval(value / unit, estimate.half_width.map(|half| half / unit)),
        None => why(estimate),
    };
    let rows = one.sweep.iter().map(|point| {
        let who = match point.threshold {
            Some(0) => "nobody pushes".to_owned(),
            Some(threshold) => format!("below {}", show::count(threshold as f64)),
            None => "everybody".to_owned(),
        };
        let delivered = match point.threshold {
            Some(0) => NOTHING.to_owned(),
            Some(_) | None => shown(&point.delivery_p99_ms, delivery.ms),
        };
        let cells = vec![
            shown(&point.push_busy, 1.0),
            shown(&point.pull_busy, 1.0),
            delivered,
            shown(&point.read_p99_ms, read.ms),
        ];
        (who, cells)
    });
    Section::new(format!("WHO PUSHES {name}"), &headers, rows.collect())
}

/// Returns the sentences that say what to choose, by followers of the author.
pub(super) fn choices(comparison: &Comparison) -> Vec<String> {
    let mut sentences = Vec::new();
    for (name, one) in &comparison.fan_out {
        let Some(even) = one.break_even_followers.value else {
            continue;
        };
        let ends = one.break_even_followers.half_width;
        let ends = ends.map_or(String::new(), |half| {
            let ends = [(even - half).max(0.0), even + half].map(followers);
            format!(" [{} .. {}]", ends[0], ends[1])
        });
        sentences.push(format!(
            "pushing and pulling `{name}` are as much work at {}{ends} followers; by the formula, with {} us of service a delivery and {} us a pull, at {}",
            followers(even),
            figure(one.per_delivery_us),
            figure(one.per_pull_us),
            followers(one.formula.cost_followers),
        ));
        let formula = &one.formula;
        let duration = |ms: f64| show::duration(ms * 1e6);
        if let (Some(fresh), Some(reached)) = (formula.freshness_ms, formula.latency_followers) {
            sentences.push(format!(
                "by the formula for latency, a post reaches {} followers within the {} that its objective allows",
                followers(reached),
                duration(fresh),
            ));
        }
        if let (Some(spare), Some(reached)) = (formula.spare_ms, formula.burst_followers) {
            sentences.push(format!(
                "by the formula for bursts, a post to {} followers makes reads wait for the {} that their objective leaves",
                followers(reached),
                duration((spare * 10.0).round() / 10.0),
            ));
        }
        let bounds = [
            (Some(even), "the work"),
            (formula.latency_followers, "the latency of deliveries"),
            (formula.burst_followers, "reads that wait for a burst"),
        ];
        let least = bounds
            .into_iter()
            .filter_map(|(threshold, by)| Some((threshold?, by)))
            .min_by(|one, other| one.0.total_cmp(&other.0));
        if let Some((threshold, by)) = least {
            sentences.push(format!(
                "choose write for authors with fewer than {} followers, and read from there on: what decides is {by}",
                followers(threshold),
            ));
        }
    }
    sentences
}

/// Shows a number of followers with three digits.
fn followers(count: f64) -> String {
    if count < 10_000.0 {
        return figure(count.max(0.0).round());
    }
    let step = 10f64.powf(count.log10().floor() - 2.0);
    show::count((count / step).round() * step)
}
