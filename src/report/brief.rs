//! The report in a few lines: for logs, for machines that read text, for a glance.
//!
//! What was run; which objectives are not met; each flow with what it was offered, what it
//! served and how slow it was, and what ended badly, the most first; the five busiest nodes and
//! all that refused or failed something. What means nothing for a kind is left out.

use super::figure::{Scale, figure};
use super::section::why;
use super::text::{coloured, measured, parts, sign};
use super::times::{Percentile, Times};
use super::{Estimate, Flow, Node, Report, Verdict};
use crate::units::show;
use std::cmp::Reverse;

/// Busy nodes that are named whatever they did.
const BUSIEST: usize = 5;
/// Percentiles of a flow's latency.
const PERCENTILES: [Percentile; 3] = [Percentile::P50, Percentile::P95, Percentile::P99];

/// Renders the report in a few lines.
pub fn brief_text(report: &Report, colour: bool, times: &Times) -> String {
    let mut lines = vec![parts(report).join(" · ")];
    if report.interrupted {
        lines.push("interrupted: a partial result".to_owned());
    }
    lines.extend(objectives(report, colour));
    let scale = times.scale(report.flows.values().map(|flow| &flow.latency_ms));
    let percentiles = times.percentiles(&PERCENTILES);
    for (name, flow) in &report.flows {
        lines.push(of_flow(name, flow, percentiles, scale));
        lines.extend(endings(flow));
    }
    let scale = times.scale(report.nodes.values().map(|node| &node.sojourn_ms));
    for (name, node) in nodes(report) {
        lines.push(of_node(name, node, scale));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Says how the objectives fared, and names those that are not met.
fn objectives(report: &Report, colour: bool) -> Vec<String> {
    let all = &report.objectives;
    let met = all.iter().filter(|one| one.verdict == Verdict::Met).count();
    let mut lines = Vec::new();
    if !all.is_empty() {
        lines.push(format!("{met} of {} objectives met", all.len()));
    }
    for one in all.iter().filter(|one| one.verdict != Verdict::Met) {
        let mark = match colour {
            true => coloured(sign(one.verdict), one.verdict),
            false => sign(one.verdict).to_owned(),
        };
        lines.push(format!("  {mark} {}: {}", one.expression, measured(one)));
    }
    lines
}

/// Says what a flow was offered, what it served, and how slow it was.
fn of_flow(name: &str, flow: &Flow, percentiles: &[Percentile], scale: Scale) -> String {
    let times = percentiles.iter().map(|percentile| {
        let shown = time(percentile.of(&flow.latency_ms), scale);
        format!("{percentile} {shown}")
    });
    let times: Vec<String> = times.collect();
    format!(
        "{name}: offered {}, served {}, errors {}; {} {}",
        rate(&flow.arrival_rate_per_s),
        rate(&flow.throughput_per_s),
        share(&flow.error_share),
        times.join(", "),
        scale.name,
    )
}

/// Says how requests of a flow ended that did not complete, the most first.
fn endings(flow: &Flow) -> Option<String> {
    let mut all = [
        (flow.throttled, "throttled", &flow.throttled_share),
        (flow.shed, "shed", &flow.shed_share),
        (flow.timed_out, "timed out", &flow.timed_out_share),
        (flow.failed, "failed", &flow.failed_share),
    ];
    // The sort is stable.
    all.sort_by_key(|(count, _, _)| Reverse(*count));
    let bad = all.iter().filter(|(count, _, _)| *count > 0);
    let bad: Vec<String> = bad
        .map(|(_, word, of)| format!("{word} {}", share(of)))
        .collect();
    (!bad.is_empty()).then(|| format!("  {}", bad.join(", ")))
}

/// Returns the busiest nodes, and behind them all others that refused or failed something.
fn nodes(report: &Report) -> Vec<(&String, &Node)> {
    let mut all: Vec<(&String, &Node)> = report.nodes.iter().collect();
    let used = |node: &Node| {
        let used = node.utilisation.as_ref().and_then(|used| used.value);
        (used.unwrap_or(-1.0), node.busy_mean.value.unwrap_or(0.0))
    };
    all.sort_by(|one, other| {
        let (one, other) = (used(one.1), used(other.1));
        other.0.total_cmp(&one.0).then(other.1.total_cmp(&one.1))
    });
    let bad = |node: &Node| node.throttled + node.shed + node.timed_out + node.failed > 0;
    all.into_iter()
        .enumerate()
        .filter(|(place, (_, node))| *place < BUSIEST || bad(node))
        .map(|(_, one)| one)
        .collect()
}

/// Says what a node did, without what means nothing for it.
fn of_node(name: &str, node: &Node, scale: Scale) -> String {
    let mut parts = vec![
        format!("in {}", rate(&node.arrival_rate_per_s)),
        format!("done {}", rate(&node.throughput_per_s)),
    ];
    if let Some(used) = &node.utilisation {
        parts.push(format!("busy {}", share(used)));
    }
    if let Some(waiting) = node.waiting_mean.value.filter(|waiting| *waiting > 0.0) {
        parts.push(format!("waiting {}", figure(waiting)));
    }
    if node.sojourn_ms.count > 0 {
        parts.push(match node.sojourn_ms.p99.value {
            Some(p99) => format!("p99 {} {}", figure(p99 / scale.ms), scale.name),
            None => format!("p99 {}", why(&node.sojourn_ms.p99)),
        });
    }
    let bad = [
        (node.throttled, "throttled", &node.throttled_share),
        (node.shed, "shed", &node.shed_share),
        (node.timed_out, "timed out", &node.timed_out_share),
        (node.failed, "failed", &node.failed_share),
    ];
    let bad = bad.iter().filter(|(count, _, _)| *count > 0);
    parts.extend(bad.map(|(_, word, of)| format!("{word} {}", share(of))));
    format!("{name} ({}): {}", node.kind, parts.join(", "))
}

/// Shows a rate.
fn rate(estimate: &Estimate) -> String {
    estimate.value.map_or_else(|| why(estimate), show::rate)
}

/// Shows a share as a percentage.
fn share(estimate: &Estimate) -> String {
    match estimate.value {
        Some(share) => format!("{} %", figure(share * 100.0)),
        None => why(estimate),
    }
}

/// Shows a time.
fn time(estimate: &Estimate, scale: Scale) -> String {
    match estimate.value {
        Some(value) => figure(value / scale.ms),
        None => why(estimate),
    }
}
