//! The explanation on a terminal: where the slowest requests spent their time, what moves the
//! p99 most, then what everything else moves, then notes.

use super::Explanation;
use super::table::{tables, tails};
use super::words::headline;
use crate::report::text::{paragraph, table};
use crate::units::show;

/// Renders the explanation.
pub fn explanation_text(explanation: &Explanation) -> String {
    let mut text = paragraph(&headline(explanation));
    if explanation.interrupted {
        text.push_str("interrupted: this is the partial result of what had been simulated\n");
    }
    text.push_str(&format!("{}\n\n", run(explanation)));
    if let Some(tails) = tails(explanation) {
        text.push_str(&table(&tails));
        text.push('\n');
    }
    for finding in &explanation.findings {
        text.push_str(&paragraph(finding));
    }
    for section in tables(explanation) {
        text.push('\n');
        text.push_str(&table(&section));
    }
    text.push('\n');
    for note in &explanation.notes {
        text.push_str(&paragraph(&format!("note: {note}")));
    }
    text
}

/// Says how the design and the faster ones were run.
pub(super) fn run(explanation: &Explanation) -> String {
    let seconds = |seconds: f64| show::duration(seconds * 1e9);
    let warm_up = match explanation.warm_up_s {
        time if time > 0.0 => format!(" ({} warm-up)", seconds(time)),
        _ => String::new(),
    };
    let digest: String = explanation.digest.chars().take(8).collect();
    format!(
        "{} simulated{warm_up} · {} of each · seed {} · digest {digest}",
        seconds(explanation.horizon_s),
        show::replications(explanation.replications),
        explanation.seed
    )
}
