//! The report on a terminal: the answer first, then latency, nodes, links and notes.
//!
//! 80 columns for the ordinary case. Colour marks judgement only, and never alone.

use super::figure::{self, Scale, bounds, figure, interval};
use super::section::{Section, sections, why};
use super::times::Times;
use super::{Estimate, Objective, Report, Verdict};
use crate::units::{parse, show};
use comfy_table::presets::NOTHING as NO_LINES;
use comfy_table::{CellAlignment, ContentArrangement, Table};

/// Widest line of prose.
pub(super) const WIDTH: usize = 80;

/// Headers of columns of words; all others hold numbers.
pub(super) const LEFT: [&str; 6] = ["kind", "design", "most for", "verdict", "fullest", ""];

/// Renders the report.
pub fn text(report: &Report, colour: bool) -> String {
    text_with(report, colour, &Times::default())
}

/// Renders the report, with times as they are asked for.
pub fn text_with(report: &Report, colour: bool, times: &Times) -> String {
    let mut text = heading(report);
    if report.interrupted {
        text.push_str("  interrupted: this is the partial result of what had been simulated\n");
    }
    text.push_str(&objectives(report, colour));
    for section in sections(report, times) {
        text.push('\n');
        text.push_str(&table(&section));
    }
    if !report.notes.is_empty() {
        text.push('\n');
    }
    for note in &report.notes {
        text.push_str(&paragraph(&format!("note: {note}")));
    }
    text
}

/// Says what was run, part by part: name, time, load, replications, seed and digest.
pub(super) fn parts(report: &Report) -> [String; 6] {
    let load = (report.flows.values())
        .filter_map(|flow| flow.arrival_rate_per_s.value)
        .reduce(|sum, rate| sum + rate);
    let replications = show::replications(report.replications);
    let variant = report
        .variant
        .as_ref()
        .map_or(String::new(), |name| format!(" ({name})"));
    let seconds = |seconds: f64| show::duration(seconds * 1e9);
    let warm_up = match report.warm_up_s {
        time if time > 0.0 => format!(" ({} warm-up)", seconds(time)),
        _ => String::new(),
    };
    let short: String = report.digest.chars().take(8).collect();
    [
        format!("{}{variant}", report.topology),
        format!("{} simulated{warm_up}", seconds(report.horizon_s)),
        load.map_or("nothing counted".to_owned(), show::rate),
        replications,
        format!("seed {}", report.seed),
        format!("digest {short}"),
    ]
}

/// Says what was run, in lines.
fn heading(report: &Report) -> String {
    let mut lines = vec![String::new()];
    for part in parts(report) {
        let last = lines.last_mut();
        match last {
            Some(line) if line.is_empty() => line.push_str(&part),
            Some(line) if line.chars().count() + part.chars().count() + 3 <= WIDTH => {
                line.push_str(" · ");
                line.push_str(&part);
            }
            Some(_) | None => lines.push(part),
        }
    }
    format!("{}\n", lines.join("\n"))
}

/// Renders the verdicts.
fn objectives(report: &Report, colour: bool) -> String {
    let all = &report.objectives;
    if all.is_empty() {
        return String::new();
    }
    let met = all.iter().filter(|one| one.verdict == Verdict::Met).count();
    let title = "OBJECTIVES";
    let count = format!("{met} of {} met", all.len());
    let space = WIDTH - title.len() - count.len();
    let mut text = format!("\n{title}{:space$}{count}\n", "");
    let widest = all
        .iter()
        .map(|one| one.expression.chars().count())
        .max()
        .unwrap_or(0);
    for one in all {
        let measured = measured(one);
        let expression = &one.expression;
        let word = match one.verdict {
            Verdict::Undecided => "  undecided",
            Verdict::Met | Verdict::Missed => "",
        };
        let mark = mark(one.verdict, colour);
        text.push_str(&format!(
            "  {mark} {expression:widest$}  {measured}{word}\n"
        ));
    }
    text
}

/// Returns the mark of a verdict.
fn mark(verdict: Verdict, colour: bool) -> String {
    let mark = sign(verdict);
    match colour {
        true => coloured(mark, verdict),
        false => mark.to_owned(),
    }
}

/// Returns the sign of a verdict.
pub fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "✓",
        Verdict::Missed => "✗",
        Verdict::Undecided => "?",
    }
}

/// Returns a verdict as a word.
pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::Missed => "missed",
        Verdict::Undecided => "undecided",
    }
}

/// Colours a word as its verdict asks.
pub(super) fn coloured(word: &str, verdict: Verdict) -> String {
    let code = match verdict {
        Verdict::Met => "32",
        Verdict::Missed => "31",
        Verdict::Undecided => "33",
    };
    format!("\u{1b}[{code}m{word}\u{1b}[0m")
}

/// Shows what was measured for an objective, in the unit of its value.
pub fn measured(objective: &Objective) -> String {
    let estimate = &objective.measured;
    let Some(value) = estimate.value else {
        return why(estimate);
    };
    let (factor, unit) = unit(&objective.expression, value);
    let sign = if unit.starts_with(" $") { "$" } else { "" };
    let unit = unit.trim_start_matches(" $");
    let shown = format!("{sign}{}", figure(value * factor));
    match estimate.half_width {
        Some(half_width) => {
            format!(
                "{shown}{unit}  {}",
                bounds(value * factor, half_width * factor)
            )
        }
        None => format!("{shown}{unit}"),
    }
}

/// Shows what was measured for an objective with its half-width: `41.8 ms ±1.9`.
pub(super) fn brief(expression: &str, estimate: &Estimate) -> String {
    let Some(value) = estimate.value else {
        return why(estimate);
    };
    let (factor, unit) = unit(expression, value);
    let sign = if unit.starts_with(" $") { "$" } else { "" };
    let unit = unit.trim_start_matches(" $");
    let half_width = estimate.half_width.filter(|half| *half > 0.0);
    let shown = interval(value * factor, half_width.map(|half| half * factor));
    match shown.split_once(' ') {
        Some((value, half_width)) => format!("{sign}{value}{unit} {half_width}"),
        None => format!("{sign}{shown}{unit}"),
    }
}

/// Returns what a measured value is multiplied by, and its unit: as the value of the
/// objective is written. Durations are measured in milliseconds.
fn unit(expression: &str, value: f64) -> (f64, &'static str) {
    let after = expression
        .rsplit(['<', '>', '='])
        .next()
        .unwrap_or_default();
    let mut words = after.split_whitespace();
    let written = words.next().unwrap_or_default();
    let compliant = words
        .next()
        .is_some_and(|word| word == "for" && words.next().is_some_and(|word| word.ends_with('%')));
    if compliant {
        // What is measured is the share that complies.
        return (100.0, " %");
    }
    if written.starts_with('$') {
        match written.ends_with("/million") {
            true => (1.0, " $/million"),
            false => (1.0, " $/month"),
        }
    } else if written.ends_with('%') {
        (100.0, " %")
    } else if parse::rate(written).is_ok() {
        (1.0, "/s")
    } else if parse::duration(written).is_ok() {
        match figure::scale(value.abs()) {
            Scale { name: "s", ms } => (1.0 / ms, " s"),
            Scale { name: "us", ms } => (1.0 / ms, " us"),
            Scale { .. } => (1.0, " ms"),
        }
    } else {
        (1.0, "")
    }
}

/// Renders a table: names left, numbers right.
pub(super) fn table(section: &Section) -> String {
    let mut table = Table::new();
    table
        .load_style(NO_LINES)
        .set_content_arrangement(ContentArrangement::Disabled);
    let header = std::iter::once(section.title.clone()).chain(section.headers.iter().cloned());
    table.set_header(header.collect::<Vec<String>>());
    for (name, cells) in &section.rows {
        let row = std::iter::once(format!("  {name}")).chain(cells.iter().cloned());
        table.add_row(row.collect::<Vec<String>>());
    }
    for (number, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        let is_name = number == 0
            || section
                .headers
                .get(number - 1)
                .is_some_and(|name| LEFT.contains(&name.as_str()));
        if !is_name {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    format!("{}\n", table.trim_fmt())
}

/// Breaks prose into lines; what follows the first is indented.
pub(super) fn paragraph(prose: &str) -> String {
    let mut text = String::new();
    let mut length = 0;
    for word in prose.split_whitespace() {
        let more = word.chars().count();
        if length > 0 && length + 1 + more > WIDTH {
            text.push_str("\n ");
            length = 1;
        }
        if length > 0 {
            text.push(' ');
            length += 1;
        }
        text.push_str(word);
        length += more;
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_in_the_unit_that_is_asked_for() {
        let units = [
            ("main p99 < 100ms", " ms"),
            ("main errors < 0.1%", " %"),
            ("main completed > 5/s", "/s"),
            ("main latency < 100ms for 95%", " %"),
            ("api line < 100 for 99% from 1s", " %"),
            ("main p99 < 100ms from 1s", " ms"),
            ("api shed = 0", ""),
        ];
        for (expression, expected) in units {
            assert_eq!(unit(expression, 50.0).1, expected, "{expression}");
        }
    }
}
