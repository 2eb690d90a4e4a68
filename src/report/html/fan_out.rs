//! When recipients had their posts: the first, half, 99 % and the last of them, on an axis of
//! ratios, by fan-out and by followers of the author.

use super::super::figure::{self, NOTHING, interval};
use super::super::{Estimate, Report};
use super::chart::{Axis, LEFT, RIGHT, Tick, px};
use crate::units::show;

/// Left edge of what is drawn: names stand before it.
const NAMES: f64 = LEFT + 116.0;
/// Height of a row.
const ROW: f64 = 34.0;
/// Upper edge.
const TOP: f64 = 16.0;

/// The chart.
pub(super) struct Reached {
    /// Height [px of its own].
    pub(super) height: String,
    /// Lower edge of the rows.
    pub(super) bottom: String,
    /// Marks of the axis.
    pub(super) columns: Vec<Tick>,
    /// Unit of the axis.
    pub(super) unit: &'static str,
    /// One row each.
    pub(super) rows: Vec<Row>,
    /// What is to be seen, for those who do not.
    pub(super) description: String,
}

/// A fan-out, or the posts of a class of authors.
pub(super) struct Row {
    /// Whose.
    pub(super) name: String,
    /// Height of its line.
    pub(super) y: String,
    /// Ends of its line.
    pub(super) from: String,
    pub(super) until: String,
    /// Its points in time, the earliest first.
    pub(super) points: Vec<Point>,
}

/// A point in time.
pub(super) struct Point {
    /// `first`, `half`, `most` or `last`: its sign.
    pub(super) class: &'static str,
    pub(super) x: String,
    /// Ends of its interval; equal if there is none.
    pub(super) low: String,
    pub(super) high: String,
    /// What it says.
    pub(super) says: String,
}

/// What a row is made of: signs, what they are, and when.
type Times<'r> = Vec<(&'static str, &'static str, &'r Estimate)>;

/// Draws all fan-outs that delivered something.
pub(super) fn chart(report: &Report) -> Option<Reached> {
    let all = rows(report);
    let known = || {
        let times = all.iter().flat_map(|(_, times)| times);
        let values = times.filter_map(|(_, _, estimate)| estimate.value);
        values.filter(|value| *value > 0.0)
    };
    let (least, greatest) = (
        known().fold(f64::MAX, f64::min),
        known().fold(0.0, f64::max),
    );
    if greatest <= 0.0 {
        return None;
    }
    let scale = figure::scale(greatest);
    let x = Axis::log(least, greatest, (NAMES, RIGHT - 8.0));
    let mut rows = Vec::new();
    let mut sentences = Vec::new();
    for (number, (name, times)) in all.iter().enumerate() {
        let point = |(class, word, estimate): &(&'static str, &'static str, &Estimate)| {
            let value = estimate.value?;
            let half = estimate.half_width.unwrap_or(0.0);
            let half_width = estimate.half_width.map(|half| half / scale.ms);
            let shown = interval(value / scale.ms, half_width);
            Some(Point {
                class,
                x: px(x.at(value)),
                low: px(x.at(value - half)),
                high: px(x.at(value + half)),
                says: format!("{word} {shown} {}", scale.name),
            })
        };
        let points: Vec<Point> = times.iter().filter_map(point).collect();
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            continue;
        };
        let says: Vec<&str> = points.iter().map(|point| point.says.as_str()).collect();
        sentences.push(format!("{name}: {}", says.join(", ")));
        rows.push(Row {
            name: name.clone(),
            y: px(TOP + (number as f64 + 0.5) * ROW),
            from: first.x.clone(),
            until: last.x.clone(),
            points,
        });
    }
    let bottom = TOP + all.len() as f64 * ROW;
    Some(Reached {
        height: px(bottom + 40.0),
        bottom: px(bottom),
        columns: x.ticks(scale.ms),
        unit: scale.name,
        rows,
        description: format!("{}.", sentences.join("; ")),
    })
}

/// Returns the rows: every fan-out, and under it the classes of authors if there are several.
fn rows(report: &Report) -> Vec<(String, Times<'_>)> {
    let mut rows: Vec<(String, Times)> = Vec::new();
    let delivered = report.fan_out.iter().filter(|(_, one)| one.deliveries > 0);
    for (name, one) in delivered {
        rows.push((
            name.clone(),
            vec![
                ("first", "first recipient", &one.first_ms.mean),
                ("half", "half of them", &one.reach_50_ms.mean),
                ("most", "99 % of them", &one.reach_99_ms.mean),
                ("last", "last of them", &one.last_ms.mean),
            ],
        ));
        if one.buckets.len() < 2 {
            continue;
        }
        for bucket in one.buckets.iter().filter(|bucket| bucket.deliveries > 0) {
            let from = show::count(bucket.followers_from as f64);
            let name = match bucket.followers_to {
                Some(to) => format!("{from} {NOTHING} {} followers", show::count(to as f64)),
                None => format!("≥ {from} followers"),
            };
            rows.push((name, vec![("last", "last of them", &bucket.last_ms.mean)]));
        }
    }
    rows
}
