//! The report as CSV: one row per figure, with its half-width.
//!
//! The rows follow from the JSON form, so that a figure added to the report is in
//! both. Of lists only those of tails, by their nodes, and of fan-outs are written: classes of
//! authors, by their least followers, and the backlog, by the beginning of each point in
//! seconds. The others
//! (timeline, requests, partitions) and texts are left to JSON.

use super::{Report, rounded};
use serde_json::{Map, Value};

/// Columns of the file.
const HEADER: [&str; 5] = ["scope", "name", "metric", "value", "half_width"];
/// Members of the report that hold figures by name, and the scope of their rows.
const SCOPES: [(&str, &str); 4] = [
    ("flows", "flow"),
    ("nodes", "node"),
    ("links", "link"),
    ("fan_out", "fan_out"),
];

/// Renders the report.
pub fn csv(report: &Report) -> String {
    // A report is plain data; there is nothing in it that JSON cannot express.
    let json = serde_json::to_value(report).unwrap_or_default();
    let mut rows: Vec<[String; 5]> = Vec::new();
    if let Value::Object(members) = &json {
        for key in ["seed", "replications", "warm_up_s", "horizon_s", "events"] {
            if let Some(Value::Number(number)) = members.get(key) {
                rows.push(row("run", &report.topology, key, &number.to_string(), ""));
            }
        }
        for (member, scope) in SCOPES {
            let Some(Value::Object(all)) = members.get(member) else {
                continue;
            };
            for (name, figures) in all {
                if let Value::Object(figures) = figures {
                    flatten(&mut rows, scope, name, "", figures);
                }
            }
        }
    }
    tails(&mut rows, report);
    fan_outs(&mut rows, report);
    costs(&mut rows, report);
    alarms(&mut rows, report);
    for one in &report.objectives {
        let value = one
            .measured
            .value
            .map_or(String::new(), |value| value.to_string());
        let width = one
            .measured
            .half_width
            .map_or(String::new(), |width| width.to_string());
        rows.push(row(
            "objective",
            &one.expression,
            "measured",
            &value,
            &width,
        ));
    }
    written(&rows)
}

/// Adds when alarms fired, and when versions changed.
fn alarms(rows: &mut Vec<[String; 5]>, report: &Report) {
    for alarm in &report.alarms {
        for (metric, time) in [("fired_s", alarm.fired_s), ("cleared_s", alarm.cleared_s)] {
            if let Some(time) = time {
                rows.push(row("alarm", &alarm.name, metric, &time.to_string(), ""));
            }
        }
        let times = alarm.times.to_string();
        rows.push(row("alarm", &alarm.name, "times", &times, ""));
    }
    for one in &report.deployments {
        for (metric, time) in [
            ("started_s", one.started_s),
            ("finished_s", one.finished_s),
            ("rolled_back_s", one.rolled_back_s),
        ] {
            if let Some(time) = time {
                rows.push(row(
                    "deployment",
                    &one.deploy,
                    metric,
                    &time.to_string(),
                    "",
                ));
            }
        }
    }
}

/// Adds where the slowest requests of flows spent their time, by node.
fn tails(rows: &mut Vec<[String; 5]>, report: &Report) {
    for (flow, nodes) in &report.tail {
        for one in nodes {
            if let Ok(Value::Object(shares)) = serde_json::to_value(one) {
                flatten(rows, "tail", flow, &one.node, &shares);
            }
        }
    }
}

/// Adds what fan-outs did by class of authors and over time.
fn fan_outs(rows: &mut Vec<[String; 5]>, report: &Report) {
    for (name, one) in &report.fan_out {
        for bucket in &one.buckets {
            let path = format!("buckets.{}", bucket.followers_from);
            if let Ok(Value::Object(figures)) = serde_json::to_value(bucket) {
                flatten(rows, "fan_out", name, &path, &figures);
            }
        }
    }
    for (name, series) in &report.timeline.fan_outs {
        for (point, backlog) in series.backlog.iter().enumerate() {
            let begin = rounded(point as f64 * report.timeline.interval_s);
            let metric = format!("backlog.{begin}");
            rows.push(row("fan_out", name, &metric, &backlog.to_string(), ""));
        }
    }
}

/// Adds the bill: its total, its lines and its flows.
fn costs(rows: &mut Vec<[String; 5]>, report: &Report) {
    let width = |half: Option<f64>| half.map_or(String::new(), |half| half.to_string());
    let cost = &report.cost;
    let total = &cost.month_usd;
    if let Some(value) = total.value {
        let half = width(total.half_width);
        rows.push(row("cost", "all", "month_usd", &value.to_string(), &half));
    }
    for line in &cost.lines {
        for (what, value, half) in [
            ("quantity", line.quantity, line.quantity_half_width),
            ("price_usd", line.price_usd, None),
            ("usd", line.usd, line.usd_half_width),
        ] {
            let metric = format!("{}.{what}", line.item);
            let value = value.to_string();
            rows.push(row("cost", &line.node, &metric, &value, &width(half)));
        }
    }
    for (name, flow) in &cost.flows {
        let million = &flow.per_million_usd;
        if let Some(value) = million.value {
            let half = width(million.half_width);
            let metric = "per_million_usd";
            rows.push(row("cost", name, metric, &value.to_string(), &half));
        }
    }
}

/// Adds the figures of an object; members of objects below it are joined by points.
fn flatten(
    rows: &mut Vec<[String; 5]>,
    scope: &str,
    name: &str,
    path: &str,
    figures: &Map<String, Value>,
) {
    for (key, value) in figures {
        let metric = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        match value {
            Value::Number(number) => rows.push(row(scope, name, &metric, &number.to_string(), "")),
            Value::Bool(flag) => {
                rows.push(row(scope, name, &metric, &u8::from(*flag).to_string(), ""))
            }
            Value::Object(estimate) if estimate.contains_key("value") => {
                let cell = |key: &str| match estimate.get(key) {
                    Some(Value::Number(number)) => number.to_string(),
                    Some(_) | None => String::new(),
                };
                rows.push(row(
                    scope,
                    name,
                    &metric,
                    &cell("value"),
                    &cell("half_width"),
                ));
            }
            Value::Object(inner) => flatten(rows, scope, name, &metric, inner),
            Value::Null | Value::String(_) | Value::Array(_) => {}
        }
    }
}

/// Makes a row.
fn row(scope: &str, name: &str, metric: &str, value: &str, half_width: &str) -> [String; 5] {
    [scope, name, metric, value, half_width].map(str::to_owned)
}

/// Writes the rows; fields are quoted where they have to be.
fn written(rows: &[[String; 5]]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(HEADER);
    for row in rows {
        let _ = writer.write_record(row);
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
