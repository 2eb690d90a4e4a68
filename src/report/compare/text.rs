//! The comparison on a terminal: what differs, then the figures, then what they mean.

use super::table::tables;
use super::{Change, Comparison};
use crate::report::text::{WIDTH, paragraph, table};
use crate::units::show;

/// Most changes that are listed per design.
const MOST_CHANGES: usize = 20;
/// Longest line of the list; what is longer is cut.
const LONGEST: usize = 100;

/// Renders the comparison.
pub fn comparison_text(comparison: &Comparison) -> String {
    let mut text = heading(comparison);
    text.push_str("\nDIFFERS");
    for differs in &comparison.differs {
        text.push_str(&format!("\n  {}\n", differs.design));
        text.push_str(&changes(&differs.changes).join("\n"));
    }
    text.push('\n');
    for section in tables(comparison) {
        text.push('\n');
        text.push_str(&table(&section));
    }
    if !comparison.findings.is_empty() {
        text.push('\n');
    }
    for finding in &comparison.findings {
        text.push_str(&paragraph(finding));
    }
    if !comparison.notes.is_empty() {
        text.push('\n');
    }
    for note in &comparison.notes {
        text.push_str(&paragraph(&format!("note: {note}")));
    }
    text
}

/// Says what was compared and how it was run.
fn heading(comparison: &Comparison) -> String {
    let others: Vec<String> = comparison
        .alternatives()
        .map(|(_, design)| format!("`{}`", design.name))
        .collect();
    let title = format!(
        "{} compared with `{}`",
        others.join(", "),
        comparison.baseline()
    );
    let mut text = paragraph(&title);
    if comparison.interrupted {
        text.push_str("interrupted: this is the partial result of what had been simulated\n");
    }
    text.push_str(&format!("{}\n", run(comparison)));
    text
}

/// Says how all designs were run.
pub(super) fn run(comparison: &Comparison) -> String {
    let seconds = |seconds: f64| show::duration(seconds * 1e9);
    let warm_up = match comparison.warm_up_s {
        time if time > 0.0 => format!(" ({} warm-up)", seconds(time)),
        _ => String::new(),
    };
    let replications = show::replications(comparison.replications);
    let digest: String = comparison.digest.chars().take(8).collect();
    format!(
        "{} simulated{warm_up} · {replications} of each · seed {} · digest {digest}",
        seconds(comparison.horizon_s),
        comparison.seed
    )
}

/// Lists changes: `~` changed, `+` added, `-` removed.
pub(super) fn changes(changes: &[Change]) -> Vec<String> {
    if changes.is_empty() {
        return vec!["    nothing: the files say the same".to_owned()];
    }
    let widest = changes.iter().map(|one| one.path.chars().count());
    // Paths that stand out must not push all others to the right.
    let widest = widest.max().unwrap_or(0).min(WIDTH / 2);
    let mut lines: Vec<String> = changes
        .iter()
        .take(MOST_CHANGES)
        .map(|change| {
            let path = &change.path;
            let line = match (&change.from, &change.to) {
                (Some(from), Some(to)) => format!("    ~ {path:widest$}: {from} -> {to}"),
                (Some(from), None) => format!("    - {path:widest$}: {from}"),
                (None, to) => format!("    + {path:widest$}: {}", to.as_deref().unwrap_or("")),
            };
            cut(&line)
        })
        .collect();
    if changes.len() > MOST_CHANGES {
        let more = changes.len() - MOST_CHANGES;
        lines.push(format!("    … and {more} more; `--output json` has all"));
    }
    lines
}

/// Cuts a line that is too long.
fn cut(line: &str) -> String {
    if line.chars().count() <= LONGEST {
        return line.to_owned();
    }
    let head: String = line.chars().take(LONGEST - 1).collect();
    format!("{head}…")
}
