//! The percentile spectrum: how slow the slow requests are, on an axis that gives every tenfold
//! rarer request the same room.

use super::super::figure::{self, interval};
use super::super::illustration::SpectrumPoint;
use super::super::{Estimate, Flow, Report};
use super::chart::{self, Axis, Chart, Dot, LEFT, Line, MOST_LINES, Panel, RIGHT, Tick, px};

/// Quantiles that the axis names.
const NAMED: [(f64, &str); 8] = [
    (0.0, "0 %"),
    (0.5, "50 %"),
    (0.9, "90 %"),
    (0.99, "99 %"),
    (0.999, "99.9 %"),
    (0.9999, "99.99 %"),
    (0.99999, "99.999 %"),
    (0.999_999, "99.9999 %"),
];
/// Times as long as the shortest median from which on the axis of latencies gives equal room
/// to equal ratios.
///
/// CHOICE: on an even axis what is less than a fiftieth of it lies on the ground.
const WIDE: f64 = 50.0;
/// Part of the shortest median at which such an axis begins; what is faster lies on the ground.
const FASTEST: f64 = 0.5;
/// Upper and lower edge.
const EDGES: (f64, f64) = (10.0, 290.0);

/// Draws the latencies of all flows, if there are any.
pub(super) fn chart(report: &Report) -> Option<Chart> {
    let known: Vec<(&String, &Flow, Vec<SpectrumPoint>)> = report
        .flows
        .iter()
        .map(|(name, flow)| (name, flow, points(report, name, flow)))
        .filter(|(_, _, points)| points.len() > 1)
        .collect();
    let shown = &known[..known.len().min(MOST_LINES)];
    let values = || {
        let all = shown.iter().flat_map(|(_, _, points)| points);
        all.filter_map(|point| point.latency_ms.value)
    };
    let greatest = values().fold(0.0, f64::max);
    let medians = shown
        .iter()
        .filter_map(|(_, flow, _)| flow.latency_ms.p50.value);
    let median = medians
        .filter(|value| *value > 0.0)
        .fold(greatest, f64::min);
    if shown.is_empty() || greatest <= 0.0 {
        return None;
    }
    let headline = shown
        .iter()
        .filter_map(|(_, flow, _)| flow.latency_ms.p99.value);
    let scale = figure::scale(headline.fold(0.0, f64::max).max(median));
    let log = greatest / median > WIDE;
    let y = match log {
        true => Axis::log(median * FASTEST, greatest, (EDGES.1, EDGES.0)),
        false => Axis::even(0.0, greatest, (EDGES.1, EDGES.0)),
    };
    let rarest = shown.iter().filter_map(|(_, _, points)| points.last());
    let rarest = rarest.map(|point| rarity(point.share)).fold(1.0, f64::max);
    let x = Axis::exact(0.0, rarest, (LEFT, RIGHT));
    let columns = NAMED
        .iter()
        .filter(|(share, _)| rarity(*share) <= rarest + 1e-9)
        .map(|(share, label)| Tick {
            at: px(x.at(rarity(*share))),
            label: (*label).to_owned(),
        });
    let lines = shown
        .iter()
        .enumerate()
        .map(|(place, (name, flow, points))| {
            let style = super::style(report, name).unwrap_or(place);
            line(style, name, flow, points, (&x, &y), scale)
        });
    let kind = if log { ", log axis" } else { "" };
    let panel = Panel {
        title: format!("latency of completed requests, {}{kind}", scale.name),
        height: EDGES.1 + 44.0,
        top: EDGES.0,
        bottom: EDGES.1,
        rows: y.ticks(scale.ms),
        columns: columns.collect(),
        below: "share of the requests that are at most as slow; every step to the right of 90 % \
                is ten times as rare"
            .to_owned(),
        shades: Vec::new(),
        numbered: false,
        lines: lines.collect(),
        left_out: super::left_out(known.iter().map(|(name, _, _)| name.as_str())),
    };
    Some(Chart {
        id: "spectrum",
        title: "Percentile spectrum".to_owned(),
        description: description(shown, scale),
        panels: vec![panel],
        marks: Vec::new(),
        reading: reading(report),
    })
}

/// Returns what is known of the latencies of a flow: the curve, or the figures of tables alone.
fn points(report: &Report, name: &str, flow: &Flow) -> Vec<SpectrumPoint> {
    let spectra = report.illustration.as_ref().map(|one| &one.spectra);
    if let Some(points) = spectra.and_then(|spectra| spectra.get(name)) {
        return points.clone();
    }
    let point = |(share, _, estimate): (f64, &str, &Estimate)| SpectrumPoint {
        share,
        latency_ms: estimate.clone(),
    };
    let all = shown_quantiles(flow).map(point).into_iter();
    all.filter(|point| point.latency_ms.value.is_some())
        .collect()
}

/// Returns the quantiles that tables show.
fn shown_quantiles(flow: &Flow) -> [(f64, &'static str, &Estimate); 6] {
    let times = &flow.latency_ms;
    [
        (0.5, "p50", &times.p50),
        (0.9, "p90", &times.p90),
        (0.95, "p95", &times.p95),
        (0.99, "p99", &times.p99),
        (0.999, "p99.9", &times.p99_9),
        (0.9999, "p99.99", &times.p99_99),
    ]
}

/// Draws one flow.
fn line(
    style: usize,
    name: &str,
    flow: &Flow,
    points: &[SpectrumPoint],
    (x, y): (&Axis, &Axis),
    scale: figure::Scale,
) -> Line {
    let place = |share: f64, value: f64| (x.at(rarity(share)), y.at(value));
    let curve = points.iter().filter_map(|point| {
        let value = point.latency_ms.value?;
        Some((point.share, value, point.latency_ms.half_width))
    });
    let curve: Vec<(f64, f64, Option<f64>)> = curve.collect();
    let ends: Vec<((f64, f64), (f64, f64))> = curve
        .iter()
        .filter_map(|&(share, value, half)| {
            let half = half?;
            Some((place(share, value - half), place(share, value + half)))
        })
        .collect();
    let (low, high): (Vec<_>, Vec<_>) = ends.into_iter().unzip();
    let dot = |(share, quantile, estimate): (f64, &str, &Estimate)| {
        let value = estimate.value?;
        let half = estimate.half_width.unwrap_or(0.0);
        let at = place(share, value);
        let shown = interval(
            value / scale.ms,
            estimate.half_width.map(|half| half / scale.ms),
        );
        Some(Dot {
            x: px(at.0),
            y: px(at.1),
            low: px(y.at(value - half)),
            high: px(y.at(value + half)),
            says: format!("{name} {quantile}: {shown} {}", scale.name),
        })
    };
    Line {
        name: name.to_owned(),
        style,
        path: chart::path(
            curve
                .iter()
                .map(|&(share, value, _)| Some(place(share, value))),
        ),
        band: chart::outline(&low, &high),
        dots: shown_quantiles(flow).into_iter().filter_map(dot).collect(),
    }
}

/// Returns how many times as rare, in powers of ten, a request is that is slower.
fn rarity(share: f64) -> f64 {
    -(1.0 - share).log10()
}

/// Says what the curves say.
fn description(shown: &[(&String, &Flow, Vec<SpectrumPoint>)], scale: figure::Scale) -> String {
    let of = |(name, flow, _): &(&String, &Flow, Vec<SpectrumPoint>)| {
        let quantiles = shown_quantiles(flow)
            .into_iter()
            .filter_map(|(_, word, estimate)| {
                let value = estimate.value?;
                Some(format!("{word} {}", figure::figure(value / scale.ms)))
            });
        let quantiles: Vec<String> = quantiles.collect();
        format!("{name}: {}", quantiles.join(", "))
    };
    let flows: Vec<String> = shown.iter().map(of).collect();
    format!(
        "Latency in {} by percentile. {}.",
        scale.name,
        flows.join("; ")
    )
}

/// Says how the chart is read.
fn reading(report: &Report) -> Vec<String> {
    let mut reading = vec![
        "Latency is counted from the moment at which a request arrives, so that a design that \
         stands still cannot hide it. A curve that turns upwards on the right is a tail: few \
         requests, but far slower than most."
            .to_owned(),
    ];
    if report.replications >= 5 {
        reading.push(format!(
            "Dots are the percentiles of the table above; bars and shades are their 95 % \
             intervals over {} replications.",
            report.replications
        ));
    } else {
        reading.push(
            "Dots are the percentiles of the table above. With fewer than five replications \
             there are no intervals: `--replications 10` makes some."
                .to_owned(),
        );
    }
    reading.push(
        "A curve ends where fewer than ten requests of a replication are slower: beyond, its \
         height would be chance."
            .to_owned(),
    );
    reading
}
