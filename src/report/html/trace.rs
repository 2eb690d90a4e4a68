//! Sample traces: one request, visit by visit, with its waiting and its service.

use super::super::figure::{self, figure};
use super::super::traces::SHOWN;
use super::super::{Report, Trace};
use super::chart::{Axis, RIGHT, Tick, px};

/// Left edge of the bars: names stand before it.
const NAMES: f64 = 230.0;
/// Height of a row.
const ROW: f64 = 22.0;
/// Height of a bar.
const BAR: f64 = 12.0;
/// Height of the thin bar of a whole visit.
const THIN: f64 = 4.0;
/// Least width of it.
const LEAST: f64 = 2.0;
/// Upper edge.
const TOP: f64 = 8.0;
/// Most visits that are drawn.
const MOST_VISITS: usize = 40;
/// Deepest that names are moved to the right.
const DEEPEST: usize = 8;

/// A request.
pub(super) struct Waterfall {
    /// Unique in the page.
    pub(super) id: String,
    /// Which request it was, and how it went.
    pub(super) title: String,
    /// What is to be seen, for those who do not.
    pub(super) description: String,
    /// Height [px of its own].
    pub(super) height: String,
    /// Lower edge of the rows.
    pub(super) bottom: String,
    /// Marks of the axis.
    pub(super) columns: Vec<Tick>,
    /// Unit of the axis.
    pub(super) unit: &'static str,
    /// One visit each.
    pub(super) rows: Vec<Row>,
    /// Visits that are not drawn; empty if all are.
    pub(super) left_out: String,
}

/// A visit.
pub(super) struct Row {
    /// The node and what it was asked for.
    pub(super) name: String,
    /// Left edge of the name.
    pub(super) indent: String,
    /// Lower edge of the name.
    pub(super) name_y: String,
    /// Upper edge of the bar of waiting and service.
    pub(super) y: String,
    /// Upper edge of the thin bar of the whole visit.
    pub(super) whole_y: String,
    /// The whole visit: left edge and width.
    pub(super) x: String,
    pub(super) width: String,
    /// Its waiting: width, from the left edge on.
    pub(super) waiting: String,
    /// Its service: left edge and width.
    pub(super) service_x: String,
    pub(super) service: String,
    /// Whether it ended badly.
    pub(super) bad: bool,
    /// What it says.
    pub(super) says: String,
}

/// Draws the slowest requests that were traced.
pub(super) fn charts(report: &Report) -> Vec<Waterfall> {
    let shown = report.traces.iter().take(SHOWN).enumerate();
    shown
        .map(|(number, trace)| waterfall(number, trace))
        .collect()
}

/// Draws one.
fn waterfall(number: usize, trace: &Trace) -> Waterfall {
    let begin = trace.arrived_s;
    let after_ms = |at: f64| (at - begin) * 1e3;
    let ends = trace.visits.iter().filter_map(|visit| visit.end_s);
    let last = ends.map(after_ms).fold(trace.latency_ms, f64::max);
    let scale = figure::scale(last);
    let x = Axis::exact(0.0, last, (NAMES, RIGHT - 8.0));
    let drawn = &trace.visits[..trace.visits.len().min(MOST_VISITS)];
    let mut depths: Vec<usize> = Vec::with_capacity(drawn.len());
    let mut rows = Vec::with_capacity(drawn.len());
    for visit in drawn {
        let above = visit.parent.and_then(|parent| depths.get(parent as usize));
        let depth = above.map_or(0, |depth| depth + 1);
        depths.push(depth);
        let from = after_ms(visit.start_s);
        let until = visit.end_s.map_or(last, after_ms);
        let width = |from: f64, length: f64| px((x.at(from + length) - x.at(from)).max(0.0));
        let waited = visit.waiting_ms.min((until - from).max(0.0));
        let served = visit.service_ms.min((until - from - waited).max(0.0));
        let attempt = match visit.attempt {
            0 | 1 => String::new(),
            later => format!(" (attempt {later})"),
        };
        let op = visit
            .op
            .as_ref()
            .map_or(String::new(), |op| format!(" {op}"));
        let name = format!("{}{op}{attempt}", visit.node);
        let outcome = visit.outcome.as_deref().unwrap_or("not ended");
        let shown = |ms: f64| figure(ms / scale.ms);
        let row = rows.len() as f64;
        rows.push(Row {
            says: format!(
                "{name}: from {} to {} {}, waited {}, in service {}, {}",
                shown(from),
                shown(until),
                scale.name,
                shown(visit.waiting_ms),
                shown(visit.service_ms),
                outcome.replace('_', " "),
            ),
            name,
            indent: px(8.0 + 10.0 * depth.min(DEEPEST) as f64),
            name_y: px(TOP + row * ROW + ROW - 7.0),
            y: px(TOP + row * ROW + (ROW - BAR) / 2.0),
            whole_y: px(TOP + row * ROW + (ROW - THIN) / 2.0),
            x: px(x.at(from)),
            // What was refused at once is seen too.
            width: px((x.at(until) - x.at(from)).max(LEAST)),
            waiting: width(from, waited),
            service_x: px(x.at(from + waited)),
            service: width(from + waited, served),
            bad: !matches!(outcome, "completed" | "not ended"),
        });
    }
    let missing = trace.visits.len() - drawn.len() + trace.left_out as usize;
    let bottom = TOP + rows.len() as f64 * ROW;
    let longest = trace.longest_at.as_ref();
    Waterfall {
        id: format!("trace-{number}"),
        title: format!(
            "Request {} of {}: {} {}, {}",
            trace.ordinal,
            trace.flow,
            figure(trace.latency_ms / scale.ms),
            scale.name,
            trace.outcome.replace('_', " "),
        ),
        description: format!(
            "{} visits{}.",
            trace.visits.len() + trace.left_out as usize,
            longest.map_or(String::new(), |node| format!(", longest at {node}")),
        ),
        height: px(bottom + 26.0),
        bottom: px(bottom),
        columns: x.ticks(scale.ms),
        unit: scale.name,
        rows,
        left_out: match missing {
            0 => String::new(),
            some => format!("{some} more visits are not drawn."),
        },
    }
}
