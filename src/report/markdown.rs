//! The report as Markdown tables, to be pasted into an issue or a page.

use super::section::{Section, sections};
use super::text::{LEFT, measured};
use super::times::Times;
use super::{Report, Verdict};
use crate::units::show;

/// Renders the report.
pub fn markdown(report: &Report) -> String {
    let mut text = format!("## {}\n\n", escaped(&report.topology));
    if let Some(variant) = &report.variant {
        text.push_str(&format!("Variant `{variant}`. "));
    }
    let partial = if report.interrupted {
        " **Interrupted: a partial result.**"
    } else {
        ""
    };
    let short: String = report.digest.chars().take(8).collect();
    text.push_str(&format!(
        "{} simulated, {} of warm-up, {}, seed {}, digest `{short}`.{partial}\n",
        show::duration(report.horizon_s * 1e9),
        show::duration(report.warm_up_s * 1e9),
        show::replications(report.replications),
        report.seed,
    ));
    if !report.objectives.is_empty() {
        text.push_str("\n| objective | measured | verdict |\n| :-- | --: | :-- |\n");
    }
    for one in &report.objectives {
        let verdict = match one.verdict {
            Verdict::Met => "✓ met",
            Verdict::Missed => "✗ missed",
            Verdict::Undecided => "? undecided",
        };
        let expression = escaped(&one.expression);
        text.push_str(&format!(
            "| {expression} | {} | {verdict} |\n",
            escaped(&measured(one))
        ));
    }
    for section in sections(report, &Times::default()) {
        text.push('\n');
        text.push_str(&table(&section));
    }
    if !report.notes.is_empty() {
        text.push('\n');
    }
    for note in &report.notes {
        text.push_str(&format!("- {}\n", escaped(note)));
    }
    text
}

/// Renders a table.
pub(super) fn table(section: &Section) -> String {
    let row = |first: &str, cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
        format!("| {} | {} |\n", escaped(first), cells.join(" | "))
    };
    let mut text = row(&section.title.to_lowercase(), &section.headers);
    let marks = section.headers.iter().map(|name| {
        if LEFT.contains(&name.as_str()) {
            ":--"
        } else {
            "--:"
        }
    });
    let marks: Vec<String> = marks.map(str::to_owned).collect();
    text.push_str(&row(":--", &marks));
    for (name, cells) in &section.rows {
        text.push_str(&row(name, cells));
    }
    text
}

/// Writes a text so that it stays in its cell and is no markup.
pub(super) fn escaped(text: &str) -> String {
    let text = text
        .replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('<', "&lt;");
    text.replace(['\n', '\r'], " ")
}
