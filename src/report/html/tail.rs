//! Tail attribution: where the slowest requests of each flow spent their time, a bar per node.

use super::super::Report;
use super::super::tail::TailNode;
use super::chart::{Axis, RIGHT, Tick, px};

/// Left edge of the bars: names stand before it.
const NAMES: f64 = 230.0;
/// Height of a row.
const ROW: f64 = 22.0;
/// Height of a bar.
const BAR: f64 = 14.0;
/// Upper edge.
const TOP: f64 = 8.0;
/// Most nodes of a flow that are drawn.
const MOST_NODES: usize = 8;
/// How time passes: the class, and what it is called.
const KINDS: [(&str, &str); 5] = [
    ("waiting", "in the waiting line"),
    ("service", "in service"),
    ("network", "on the network"),
    ("retry", "in attempts of no use"),
    ("throttle", "in refused attempts"),
];

/// The slowest requests of a flow.
pub(super) struct Slowest {
    /// Unique in the page.
    pub(super) id: String,
    /// Which requests they are.
    pub(super) title: String,
    /// What is to be seen, for those who do not.
    pub(super) description: String,
    /// Height [px of its own].
    pub(super) height: String,
    /// Lower edge of the rows.
    pub(super) bottom: String,
    /// Marks of the axis.
    pub(super) columns: Vec<Tick>,
    /// One node each.
    pub(super) rows: Vec<Bar>,
    /// Nodes that are not drawn; empty if all are.
    pub(super) left_out: String,
}

/// A node.
pub(super) struct Bar {
    pub(super) name: String,
    /// Lower edge of the name.
    pub(super) name_y: String,
    /// Upper edge of the bar.
    pub(super) y: String,
    /// From left to right.
    pub(super) parts: Vec<Part>,
}

/// A part of a bar.
pub(super) struct Part {
    /// How the time passed, as the style sheet knows it.
    pub(super) class: &'static str,
    pub(super) x: String,
    pub(super) width: String,
    /// What it says.
    pub(super) says: String,
}

/// Draws the tail of each flow.
pub(super) fn charts(report: &Report) -> Vec<Slowest> {
    let all = report.tail.iter().enumerate();
    all.map(|(number, (flow, nodes))| slowest(number, flow, nodes))
        .collect()
}

/// Returns what stands for how, in the order of the bars.
pub(super) fn legend() -> [(&'static str, &'static str); 5] {
    KINDS
}

/// Draws one.
fn slowest(number: usize, flow: &str, nodes: &[TailNode]) -> Slowest {
    let drawn = &nodes[..nodes.len().min(MOST_NODES)];
    let longest = drawn.iter().map(TailNode::share).fold(0.0, f64::max);
    let x = Axis::exact(0.0, longest * 100.0, (NAMES, RIGHT - 8.0));
    let bar = |(row, one): (usize, &TailNode)| {
        let mut from = 0.0;
        let mut parts = Vec::new();
        for ((class, called), share) in KINDS.into_iter().zip(one.shares()) {
            let until = from + share * 100.0;
            if share > 0.0 {
                parts.push(Part {
                    class,
                    x: px(x.at(from)),
                    width: px(x.at(until) - x.at(from)),
                    says: format!("{}: {} % {called}", one.node, percent(share)),
                });
            }
            from = until;
        }
        let top = TOP + row as f64 * ROW;
        Bar {
            name: format!("{} {} %", one.node, percent(one.share())),
            name_y: px(top + ROW - 7.0),
            y: px(top + (ROW - BAR) / 2.0),
            parts,
        }
    };
    let rows: Vec<Bar> = drawn.iter().enumerate().map(bar).collect();
    let bottom = TOP + rows.len() as f64 * ROW;
    let says: Vec<&str> = rows
        .iter()
        .flat_map(|row| &row.parts)
        .map(|part| part.says.as_str())
        .collect();
    Slowest {
        id: format!("tail-{number}"),
        title: format!("the slowest 1 % of {flow}: share of their latency"),
        description: format!("{}.", says.join("; ")),
        height: px(bottom + 26.0),
        bottom: px(bottom),
        columns: x.ticks(1.0),
        rows,
        left_out: match nodes.len() - drawn.len() {
            0 => String::new(),
            1 => "One more node with less time is not drawn.".to_owned(),
            some => format!("{some} more nodes with less time are not drawn."),
        },
    }
}

/// Shows a share as a percentage.
fn percent(share: f64) -> String {
    match share {
        share if share < 0.005 => "<1".to_owned(),
        share => format!("{:.0}", share * 100.0),
    }
}
