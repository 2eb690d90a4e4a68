//! The tables of a report, as text in cells: what the terminal and Markdown share.
//!
//! A column in which nothing applies is left out, so that the ordinary case fits
//! into 80 columns. Nothing is computed here but shares of what the report holds.

use super::figure::{self, NOTHING, Scale, figure, interval};
use super::times::{Percentile, Times};
use super::{Capacity, Estimate, FanOut, Flow, Link, Node, Report};
use super::{tail, traces};

/// Bars from low to high.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Percentiles of the latency that a table shows if none are asked for.
const PERCENTILES: [Percentile; 4] = [
    Percentile::P50,
    Percentile::P95,
    Percentile::P99,
    Percentile::P99_9,
];
/// Most bars of a row.
const MOST_BARS: usize = 25;

/// A table with a title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    /// What it is about; heads the first column.
    pub(super) title: String,
    /// Headers of the other columns, with their units.
    pub(super) headers: Vec<String>,
    /// Name and cells of each row.
    pub(super) rows: Vec<(String, Vec<String>)>,
}

impl Section {
    /// Makes a table, without the columns in which nothing applies.
    pub(super) fn new(
        title: String,
        headers: &[String],
        rows: Vec<(String, Vec<String>)>,
    ) -> Section {
        let applies = |column: &usize| {
            rows.iter()
                .any(|(_, cells)| cells.get(*column).is_some_and(|cell| cell != NOTHING))
        };
        let kept: Vec<usize> = (0..headers.len()).filter(applies).collect();
        let pick = |cells: &[String]| kept.iter().map(|column| cells[*column].clone()).collect();
        Section {
            title,
            headers: pick(headers),
            rows: rows
                .iter()
                .map(|(name, cells)| (name.clone(), pick(cells)))
                .collect(),
        }
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// Returns all tables of a report in their order.
pub(super) fn sections(report: &Report, times: &Times) -> Vec<Section> {
    let all = [
        latency(report, times),
        outcomes(report),
        tail::section(&report.tail, report.flows.len() > 1),
        nodes(report, times),
        fan_outs(report),
        reached(report, times),
        posts_and_reads(report),
        links(report, times),
        copies(report),
        capacity(report),
        alarms(report),
        deployments(report),
        traces::section(&report.traces),
        cost(report),
    ];
    all.into_iter()
        .filter(|section| !section.is_empty())
        .collect()
}

/// Latency of completed requests, by flow.
fn latency(report: &Report, times: &Times) -> Section {
    let scale = times.scale(report.flows.values().map(|flow| &flow.latency_ms));
    let percentiles = times.percentiles(&PERCENTILES);
    let names = percentiles.iter().map(ToString::to_string);
    let mut headers = vec!["mean".to_owned()];
    headers.extend(names);
    headers.extend(["max", "count"].map(str::to_owned));
    let row = |(name, flow): (&String, &Flow)| {
        let latency = &flow.latency_ms;
        let mut cells = vec![time(&latency.mean, scale, false)];
        cells.extend(
            percentiles
                .iter()
                .map(|one| time(one.of(latency), scale, one.is_tail())),
        );
        cells.push(match latency.max {
            Some(max) => figure(max / scale.ms),
            None => NOTHING.to_owned(),
        });
        cells.push(figure::count(latency.count));
        (name.clone(), cells)
    };
    let rows = report.flows.iter().map(row).collect();
    Section::new(format!("LATENCY {}", scale.name), &headers, rows)
}

/// How the requests of each flow ended, if not all completed.
pub(super) fn outcomes(report: &Report) -> Section {
    let headers = [
        "arrived",
        "throttled %",
        "shed %",
        "timed out %",
        "failed %",
        "all %",
    ];
    let row = |(name, flow): (&String, &Flow)| {
        let cells = vec![
            figure::count(flow.arrived),
            percent(&flow.throttled_share),
            percent(&flow.shed_share),
            percent(&flow.timed_out_share),
            percent(&flow.failed_share),
            percent(&flow.error_share),
        ];
        (name.clone(), cells)
    };
    let bad = |flow: &Flow| flow.throttled + flow.shed + flow.timed_out + flow.failed > 0;
    let rows = report
        .flows
        .iter()
        .filter(|(_, flow)| bad(flow))
        .map(row)
        .collect();
    Section::new("ERRORS".to_owned(), &headers.map(str::to_owned), rows)
}

/// Where the load went, by node.
pub(super) fn nodes(report: &Report, times: &Times) -> Section {
    let scale = times.scale(report.nodes.values().map(|node| &node.sojourn_ms));
    let headers = [
        "kind".to_owned(),
        "util %".to_owned(),
        "in /s".to_owned(),
        format!("wait p99 {}", scale.name),
        format!("sojourn p99 {}", scale.name),
        "hit %".to_owned(),
        "throttled %".to_owned(),
        "shed %".to_owned(),
        "timed out %".to_owned(),
    ];
    let row = |(name, node): (&String, &Node)| {
        let cells = vec![
            node.kind.clone(),
            node.utilisation
                .as_ref()
                .map_or(NOTHING.to_owned(), percent_always),
            rate(&node.arrival_rate_per_s),
            time(&node.waiting_ms.p99, scale, false),
            time(&node.sojourn_ms.p99, scale, false),
            node.hit_rate
                .as_ref()
                .map_or(NOTHING.to_owned(), percent_always),
            percent(&node.throttled_share),
            percent(&node.shed_share),
            percent(&node.timed_out_share),
        ];
        (name.clone(), cells)
    };
    Section::new(
        "NODE".to_owned(),
        &headers,
        report.nodes.iter().map(row).collect(),
    )
}

/// How many recipients posts had, by fan-out.
pub(super) fn fan_outs(report: &Report) -> Section {
    let headers = [
        "posts",
        "deliveries",
        "per post",
        "pulled %",
        "pulls/read",
        "dropped",
        "duplicates",
        "not yet",
        "backlog max",
        "drained s",
        "level",
    ];
    let some = |count: u64| match count {
        0 => NOTHING.to_owned(),
        count => figure::count(count),
    };
    let row = |(name, one): (&String, &FanOut)| {
        let pulls = one.pulls_per_read.as_ref().and_then(|pulls| pulls.value);
        let cells = vec![
            figure::count(one.posts),
            figure::count(one.deliveries),
            one.amplification.value.map_or(NOTHING.to_owned(), figure),
            percent(&one.pulled_share),
            pulls
                .filter(|pulls| *pulls > 0.0)
                .map_or(NOTHING.to_owned(), figure),
            some(one.dropped),
            some(one.duplicates),
            some(one.inside),
            some(one.backlog_max),
            one.drained_s.map_or(NOTHING.to_owned(), figure),
            one.level.clone(),
        ];
        (name.clone(), cells)
    };
    let rows = report.fan_out.iter().map(row).collect();
    Section::new("FAN-OUT".to_owned(), &headers.map(str::to_owned), rows)
}

/// When recipients had their posts, by fan-out and by followers of the author; means over
/// the posts where nothing else is said.
pub(super) fn reached(report: &Report, times: &Times) -> Section {
    let scale = times.scale(report.fan_out.values().map(|one| &one.last_ms));
    let headers = [
        "posts",
        "first",
        "50 %",
        "99 %",
        "last",
        "last p99",
        "delivery p99",
        "stale p99",
    ];
    let mut rows = Vec::new();
    for (name, one) in report.fan_out.iter().filter(|(_, one)| one.deliveries > 0) {
        let cells = [
            &one.first_ms.mean,
            &one.reach_50_ms.mean,
            &one.reach_99_ms.mean,
            &one.last_ms.mean,
            &one.last_ms.p99,
            &one.delivery_ms.p99,
        ];
        let cells = cells.map(|estimate| time(estimate, scale, false));
        let mut cells = [vec![figure::count(one.posts)], cells.to_vec()].concat();
        cells.push(match &one.staleness_ms {
            Some(staleness) => time(&staleness.p99, scale, false),
            None => NOTHING.to_owned(),
        });
        rows.push((name.clone(), cells));
        let several = one.buckets.len() > 1;
        for bucket in one.buckets.iter().filter(|_| several) {
            let from = crate::units::show::count(bucket.followers_from as f64);
            let nothing = || NOTHING.to_owned();
            let last = |estimate| match bucket.deliveries {
                0 => nothing(),
                _ => time(estimate, scale, false),
            };
            let cells = vec![
                figure::count(bucket.posts),
                nothing(),
                nothing(),
                nothing(),
                last(&bucket.last_ms.mean),
                last(&bucket.last_ms.p99),
                nothing(),
                nothing(),
            ];
            rows.push((format!("≥ {from} followers"), cells));
        }
    }
    Section::new(
        format!("REACHED {}", scale.name),
        &headers.map(str::to_owned),
        rows,
    )
}

/// What posts and reads met and cost, by fan-out, and its backlog over time.
pub(super) fn posts_and_reads(report: &Report) -> Section {
    let headers = [
        "throttled %".to_owned(),
        "$/M posts".to_owned(),
        "$/M reads".to_owned(),
        "$/M both".to_owned(),
        format!(
            "backlog over {}",
            crate::units::show::duration(report.horizon_s * 1e9)
        ),
    ];
    let usd = |estimate: &Option<Estimate>| match estimate.as_ref().and_then(|one| one.value) {
        Some(value) => figure(value),
        None => NOTHING.to_owned(),
    };
    let row = |(name, one): (&String, &FanOut)| {
        let series = report.timeline.fan_outs.get(name);
        let cells = vec![
            percent(&one.throttled_share),
            usd(&one.cost_per_million_posts_usd),
            usd(&one.cost_per_million_reads_usd),
            // Where nothing reads it would say the same once more.
            match one.reads {
                Some(_) => usd(&one.cost_per_million_usd),
                None => NOTHING.to_owned(),
            },
            series.map_or(NOTHING.to_owned(), |series| bars(&series.backlog)),
        ];
        (name.clone(), cells)
    };
    let says = |(_, cells): &(String, Vec<String>)| cells.iter().any(|cell| cell != NOTHING);
    let rows = report.fan_out.iter().map(row).filter(says).collect();
    Section::new("POSTS AND READS".to_owned(), &headers, rows)
}

/// Shows a series as a row of bars, each the mean of as many points; the greatest is full.
fn bars(series: &[f64]) -> String {
    let width = series.len().div_ceil(MOST_BARS).max(1);
    let means = series.chunks(width).map(|points| {
        let sum: f64 = points.iter().sum();
        sum / points.len() as f64
    });
    let means: Vec<f64> = means.collect();
    let most = means.iter().copied().fold(0.0, f64::max);
    if most <= 0.0 {
        return NOTHING.to_owned();
    }
    let bar = |mean: &f64| {
        let height = (mean / most * BARS.len() as f64).ceil() as usize;
        // What is there is seen, however little.
        height
            .checked_sub(1)
            .map_or('·', |at| BARS[at.min(BARS.len() - 1)])
    };
    means.iter().map(bar).collect::<String>()
}

/// The links on which something was tried again or ended badly.
pub(super) fn links(report: &Report, times: &Times) -> Section {
    let scale = times.scale(report.links.values().map(|link| &link.latency_ms));
    let headers = [
        "calls".to_owned(),
        "attempts/call".to_owned(),
        "errors %".to_owned(),
        "hedged".to_owned(),
        "refused".to_owned(),
        format!("p99 {}", scale.name),
    ];
    let some = |count: u64| match count {
        0 => NOTHING.to_owned(),
        count => figure::count(count),
    };
    let row = |(name, link): (&String, &Link)| {
        let cells = vec![
            figure::count(link.calls),
            figure(link.attempts as f64 / link.calls.max(1) as f64),
            percent(&link.error_share),
            some(link.hedged),
            some(link.refused),
            time(&link.latency_ms.p99, scale, false),
        ];
        (name.clone(), cells)
    };
    let retried = |link: &Link| link.attempts > link.calls || link.hedged + link.refused > 0;
    let rows = report
        .links
        .iter()
        .filter(|(_, link)| retried(link))
        .map(row)
        .collect();
    Section::new("LINK WITH RETRIES".to_owned(), &headers, rows)
}

/// The nodes whose copies came and went.
pub(super) fn copies(report: &Report) -> Section {
    let headers = ["mean", "max", "servers mean", "util %"].map(str::to_owned);
    let row = |(name, node): (&String, &Node)| {
        let value = |estimate: &Option<Estimate>| {
            let value = estimate.as_ref().and_then(|estimate| estimate.value);
            value.map_or(NOTHING.to_owned(), figure)
        };
        let cells = vec![
            value(&node.copies_mean),
            node.copies_max.map_or(NOTHING.to_owned(), figure::count),
            value(&node.servers),
            node.utilisation
                .as_ref()
                .map_or(NOTHING.to_owned(), percent_always),
        ];
        (name.clone(), cells)
    };
    let vary = |node: &Node| match (node.copies_mean.as_ref(), node.copies_max) {
        (Some(mean), Some(most)) => mean.value.is_some_and(|mean| mean < most as f64 - 1e-9),
        _ => false,
    };
    let rows = report.nodes.iter().filter(|(_, node)| vary(node));
    Section::new("COPIES".to_owned(), &headers, rows.map(row).collect())
}

/// Capacity that was set anew.
pub(super) fn capacity(report: &Report) -> Section {
    let headers = ["start", "mean", "min", "max", "used %", "changed first s"].map(str::to_owned);
    let each = report.nodes.iter().flat_map(|(name, node)| {
        let all = node.capacity.iter();
        all.map(move |capacity| (format!("{name} {}", capacity.of), capacity))
    });
    let row = |(name, capacity): (String, &Capacity)| {
        let mean = capacity.mean.value.map_or(NOTHING.to_owned(), figure);
        let used = capacity.used_share.as_ref();
        let cells = vec![
            figure(capacity.start),
            mean,
            figure(capacity.min),
            figure(capacity.max),
            used.map_or(NOTHING.to_owned(), percent_always),
            capacity.first_change_s.map_or(NOTHING.to_owned(), figure),
        ];
        (name, cells)
    };
    Section::new("CAPACITY".to_owned(), &headers, each.map(row).collect())
}

/// When alarms fired, and when they were over.
pub(super) fn alarms(report: &Report) -> Section {
    let headers = ["fired s", "over s", "times", "replications"].map(str::to_owned);
    let row = |alarm: &super::Alarm| {
        let at = |time: Option<f64>| time.map_or(NOTHING.to_owned(), figure);
        let cells = vec![
            at(alarm.fired_s),
            at(alarm.cleared_s),
            figure::count(alarm.times),
            format!("{} of {}", alarm.replications, report.replications),
        ];
        (alarm.name.clone(), cells)
    };
    let rows = report.alarms.iter().map(row).collect();
    Section::new("ALARM".to_owned(), &headers, rows)
}

/// When versions changed, and whether that was taken back.
pub(super) fn deployments(report: &Report) -> Section {
    let headers = ["from s", "all at s", "back s", "taken back"].map(str::to_owned);
    let row = |deployment: &super::Deployment| {
        let at = |time: Option<f64>| time.map_or(NOTHING.to_owned(), figure);
        let back = match deployment.rolled_back {
            0 => NOTHING.to_owned(),
            some => format!("{some} of {}", report.replications),
        };
        let cells = vec![
            at(deployment.started_s),
            at(deployment.finished_s),
            at(deployment.rolled_back_s),
            back,
        ];
        (deployment.deploy.clone(), cells)
    };
    let rows = report.deployments.iter().map(row).collect();
    Section::new("DEPLOYMENT".to_owned(), &headers, rows)
}

/// What a month costs, by node, the dearest first; `cost` prints every line.
fn cost(report: &Report) -> Section {
    let headers = ["$/month", "share %", "most for"].map(str::to_owned);
    let lines = &report.cost.lines;
    let total: f64 = lines.iter().map(|line| line.usd).sum();
    let row = |name: &str, usd: f64, most: &str| {
        let share = if total > 0.0 { usd / total } else { 0.0 };
        let cells = vec![
            figure(usd),
            figure(share * 100.0),
            if most.is_empty() { NOTHING } else { most }.to_owned(),
        ];
        (name.to_owned(), cells)
    };
    let mut rows: Vec<(f64, (String, Vec<String>))> = lines
        .chunk_by(|one, other| one.node == other.node)
        .filter_map(|group| {
            let usd: f64 = group.iter().map(|line| line.usd).sum();
            let most = group
                .iter()
                .max_by(|one, other| one.usd.total_cmp(&other.usd))?;
            Some((usd, row(&most.node, usd, &most.item)))
        })
        .collect();
    rows.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut rows: Vec<(String, Vec<String>)> = rows.into_iter().map(|(_, row)| row).collect();
    if rows.len() > 1 {
        rows.push(row("all", total, ""));
    }
    Section::new("COST".to_owned(), &headers, rows)
}

/// Shows an estimate of a time, with its half-width if asked for, or why there is none.
fn time(estimate: &Estimate, scale: Scale, with_interval: bool) -> String {
    let half_width = estimate.half_width.filter(|_| with_interval);
    match estimate.value {
        Some(value) => interval(value / scale.ms, half_width.map(|width| width / scale.ms)),
        None => why(estimate),
    }
}

/// Shows why an estimate has no value.
pub(super) fn why(estimate: &Estimate) -> String {
    match estimate.why.as_deref() {
        Some("too-few-samples") => "too few".to_owned(),
        Some(word) => word.replace('-', " "),
        None => NOTHING.to_owned(),
    }
}

/// Shows a share as a percentage; one that is exactly 0 says nothing.
fn percent(estimate: &Estimate) -> String {
    match estimate.value {
        Some(share) if share > 0.0 => figure(share * 100.0),
        Some(_) | None => NOTHING.to_owned(),
    }
}

/// Shows a share as a percentage, 0 included.
fn percent_always(estimate: &Estimate) -> String {
    estimate
        .value
        .map_or_else(|| why(estimate), |share| figure(share * 100.0))
}

/// Shows a rate per second.
fn rate(estimate: &Estimate) -> String {
    match estimate.value {
        Some(rate) if rate > 0.0 => crate::units::show::count(rate),
        Some(_) | None => NOTHING.to_owned(),
    }
}
