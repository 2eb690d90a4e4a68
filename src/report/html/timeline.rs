//! The timeline: load, errors, p99 and waiting lines, one below the other, with the warm-up
//! and the times in which something went wrong.

use super::super::figure;
use super::super::notes::alike;
use super::super::{Report, Timeline};
use super::chart::{self, Axis, Chart, LEFT, Line, MOST_LINES, Panel, RIGHT, Shade, px};
use crate::units::show;

/// Height of what is drawn of a panel.
const HEIGHT: f64 = 110.0;
/// Room above it, and below it.
const AROUND: (f64, f64) = (8.0, 8.0);
/// Room above it where numbers stand.
const NUMBERS: f64 = 34.0;
/// Room below the last, for the axis.
const AXIS: f64 = 44.0;
/// Rows of numbers.
const ROWS: [f64; 2] = [26.0, 13.0];
/// Least distance of two numbers of a row.
const APART: f64 = 16.0;

/// One thing in time.
struct Series<'a> {
    name: &'a str,
    /// Its colour and dashes, if they are the same in every panel.
    style: Option<usize>,
    points: Vec<Option<f64>>,
}

/// The part of a run that is drawn.
struct Span {
    /// The axis of time [s].
    x: Axis,
    /// What a point covers [s].
    interval_s: f64,
    /// Points before this one lie in the warm-up: they do not stretch an axis.
    first: usize,
}

/// Draws how the run went, if it has at least two points.
pub(super) fn chart(report: &Report) -> Option<Chart> {
    let timeline = &report.timeline;
    let count = timeline
        .flows
        .values()
        .map(|flow| flow.arrived.len())
        .max()?;
    if count < 2 || timeline.interval_s <= 0.0 {
        return None;
    }
    let ends = (LEFT, RIGHT);
    let x = Axis::exact(0.0, report.horizon_s, ends);
    let interval_s = timeline.interval_s;
    let span = Span {
        x,
        interval_s,
        first: (report.warm_up_s / interval_s - 1e-9).ceil().max(0.0) as usize,
    };
    let (shades, marks) = marks(report, &x);
    let mut panels = Vec::new();
    for (title, unit, all) in kinds(report, timeline, span.first) {
        let numbered = panels.is_empty() && !marks.is_empty();
        let found = panel(&title, unit, all, &span, numbered);
        panels.extend(found);
    }
    let unit = time_unit(report.horizon_s);
    for panel in &mut panels {
        panel.shades.clone_from(&shades);
        panel.columns = x.ticks(unit.1);
    }
    let last = panels.last_mut()?;
    last.below = format!("simulated time, {}", unit.0);
    last.height = last.bottom + AXIS;
    Some(Chart {
        id: "timeline",
        title: "Timeline".to_owned(),
        description: description(report, &panels, &marks),
        panels,
        marks,
        reading: reading(report, count),
    })
}

/// Returns what is shown: titles, units that values are divided by, and series.
fn kinds<'r>(
    report: &'r Report,
    timeline: &'r Timeline,
    first: usize,
) -> Vec<(String, f64, Vec<Series<'r>>)> {
    let rate = |counts: &[f64]| per_second(counts, timeline.interval_s, report.horizon_s);
    let plain = |values: &[f64]| values.iter().copied().map(Some).collect();
    let flows = || timeline.flows.iter();
    let style = |name: &str| super::style(report, name);
    let arrivals = flows().map(|(name, flow)| Series {
        name,
        style: style(name),
        points: rate(&flow.arrived),
    });
    let errors = flows().map(|(name, flow)| Series {
        name,
        style: style(name),
        points: rate(&flow.errors),
    });
    let latency: Vec<Series> = flows()
        .map(|(name, flow)| Series {
            name,
            style: style(name),
            points: flow.p99_ms.clone(),
        })
        .collect();
    let lines = timeline.nodes.iter().map(|(name, node)| Series {
        name,
        style: None,
        points: plain(&node.line),
    });
    let backlogs = timeline.fan_outs.iter().map(|(name, one)| Series {
        name,
        style: None,
        points: plain(&one.backlog),
    });
    let longest = latency
        .iter()
        .map(|series| greatest(series, first))
        .fold(0.0, f64::max);
    let scale = figure::scale(longest);
    vec![
        ("arrivals, per second".to_owned(), 1.0, arrivals.collect()),
        ("errors, per second".to_owned(), 1.0, errors.collect()),
        (format!("p99 of latency, {}", scale.name), scale.ms, latency),
        ("waiting line, visits".to_owned(), 1.0, lines.collect()),
        (
            "backlog of fan-out, recipients".to_owned(),
            1.0,
            backlogs.collect(),
        ),
    ]
}

/// Turns counts of points into rates; the end of counting may cut the last point.
fn per_second(counts: &[f64], interval_s: f64, horizon_s: f64) -> Vec<Option<f64>> {
    let rate = |(point, count): (usize, &f64)| {
        let left = horizon_s - point as f64 * interval_s;
        let width = interval_s.min(left);
        (width > interval_s * 1e-6).then(|| count / width)
    };
    counts.iter().enumerate().map(rate).collect()
}

/// Returns the greatest value of a series from a point on.
fn greatest(series: &Series, first: usize) -> f64 {
    let counted = series.points.iter().skip(first);
    counted.copied().flatten().fold(0.0, f64::max)
}

/// Draws a panel of the greatest series, if there is anything in any of them.
fn panel(
    title: &str,
    unit: f64,
    mut all: Vec<Series>,
    span: &Span,
    numbered: bool,
) -> Option<Panel> {
    let size = |series: &Series| greatest(series, span.first);
    all.retain(|series| size(series) > 0.0);
    // The sort is stable: equals stay in the order of their names.
    let mut by_size: Vec<(f64, usize)> = all.iter().map(size).zip(0..).collect();
    by_size.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut shown: Vec<usize> = by_size.iter().take(MOST_LINES).map(|one| one.1).collect();
    let first = by_size.first()?;
    let top = if numbered { NUMBERS } else { AROUND.0 };
    let bottom = top + HEIGHT;
    let y = Axis::even(0.0, first.0 / unit, (bottom, top));
    let rest = by_size.iter().map(|one| all[one.1].name);
    let left_out = super::left_out(rest);
    shown.sort_unstable();
    let lines = shown.iter().enumerate().map(|(place, &index)| {
        let series = &all[index];
        let points = series.points.iter().enumerate().map(|(point, value)| {
            let middle = (point as f64 + 0.5) * span.interval_s;
            let value = value
                .map(|value| value / unit)
                .filter(|value| y.has(*value));
            value.map(|value| (span.x.at(middle), y.at(value)))
        });
        Line {
            name: series.name.to_owned(),
            style: series.style.unwrap_or(place),
            path: chart::path(points),
            band: String::new(),
            dots: Vec::new(),
        }
    });
    Some(Panel {
        title: title.to_owned(),
        height: bottom + AROUND.1,
        top,
        bottom,
        rows: y.ticks(1.0),
        columns: Vec::new(),
        below: String::new(),
        shades: Vec::new(),
        numbered,
        lines: lines.collect(),
        left_out,
    })
}

/// How it is shown, what happened, when it began, and when it was over if it lasted.
type Happening = (&'static str, String, f64, Option<f64>);

/// Lists what went wrong, what was deployed and which alarms fired, the earliest first.
fn happenings(report: &Report) -> Vec<Happening> {
    let mut found: Vec<Happening> = Vec::new();
    for one in report.illustration.iter().flat_map(|one| &one.disturbances) {
        found.push(("fault", one.what.clone(), one.from_s, one.until_s));
    }
    for one in &report.deployments {
        let Some(from) = one.started_s else {
            continue;
        };
        let ended = one.finished_s.into_iter().chain(one.rolled_back_s);
        let until = ended.reduce(f64::max);
        found.push(("event", format!("`{}` deployed", one.deploy), from, until));
        if let Some(back) = one.rolled_back_s {
            found.push(("event", format!("`{}` taken back", one.deploy), back, None));
        }
    }
    for alarm in &report.alarms {
        if let Some(fired) = alarm.fired_s {
            found.push((
                "event",
                format!("alarm `{}` fired", alarm.name),
                fired,
                None,
            ));
        }
    }
    // The sort is stable.
    found.sort_by(|one, other| one.2.total_cmp(&other.2));
    found
}

/// Returns times to set off, numbered, and what the numbers mean.
fn marks(report: &Report, x: &Axis) -> (Vec<Shade>, Vec<String>) {
    let mut shades = Vec::new();
    let mut marks: Vec<String> = Vec::new();
    let mut taken = ROWS.map(|_| f64::NEG_INFINITY);
    let mut shade = |class, label: String, from: f64, until: f64| {
        let left = x.at(from);
        let free = taken.iter().position(|last| (left - last).abs() >= APART);
        let row = free.unwrap_or(0);
        if !label.is_empty() {
            taken[row] = left;
        }
        Shade {
            class,
            x: px(left),
            width: px(x.at(until) - left),
            label,
            label_y: px(ROWS[row]),
        }
    };
    if report.warm_up_s > 0.0 {
        shades.push(shade("warm-up", String::new(), 0.0, report.warm_up_s));
    }
    let seconds = |at: f64| show::duration(at * 1e9);
    for (class, says, from, until) in happenings(report) {
        let times = match until {
            Some(until) if until < report.horizon_s => {
                let (from, until) = alike(from, until);
                format!("from {from} to {until}")
            }
            Some(_) => format!("from {} on", seconds(from)),
            None => format!("at {}", seconds(from)),
        };
        marks.push(format!("{says} {times}"));
        let until = until.unwrap_or(from).min(report.horizon_s);
        shades.push(shade(class, marks.len().to_string(), from, until));
    }
    (shades, marks)
}

/// Chooses a unit of time that divides so many seconds well: its name and its length [s].
fn time_unit(horizon_s: f64) -> (&'static str, f64) {
    let units = [("d", 86_400.0), ("h", 3_600.0), ("min", 60.0), ("s", 1.0)];
    let found = units.iter().find(|(_, length)| horizon_s >= 3.0 * length);
    found.copied().unwrap_or(("ms", 0.001))
}

/// Says what is to be seen.
fn description(report: &Report, panels: &[Panel], marks: &[String]) -> String {
    let of = |panel: &Panel| {
        let names: Vec<&str> = panel.lines.iter().map(|line| line.name.as_str()).collect();
        format!("{} of {}", panel.title, names.join(", "))
    };
    let panels: Vec<String> = panels.iter().map(of).collect();
    let mut text = format!(
        "Over {} of simulated time: {}.",
        show::duration(report.horizon_s * 1e9),
        panels.join("; ")
    );
    if !marks.is_empty() {
        text.push_str(&format!(" Set off: {}.", marks.join("; ").replace('`', "")));
    }
    text
}

/// Says how the chart is read.
fn reading(report: &Report, count: usize) -> Vec<String> {
    let mut reading = vec![format!(
        "Every point is {} of simulated time, {count} in all, and a mean over {}; latencies and \
         errors stand at the time at which their requests arrived. A line is broken, or missing, \
         where too few requests ended for a p99.",
        show::duration(report.timeline.interval_s * 1e9),
        show::replications(report.replications),
    )];
    if report.warm_up_s > 0.0 {
        reading.push(
            "The grey time at the left is the warm-up, which no figure of this report counts; \
             what of it is higher than all that follows is cut off."
                .to_owned(),
        );
    }
    let happens = report.deployments.len() + report.alarms.len();
    let faults = report.illustration.as_ref();
    if happens > 0 || faults.is_some_and(|one| !one.disturbances.is_empty()) {
        reading.push("Numbers at the top belong to the list below the chart.".to_owned());
    }
    reading
}
