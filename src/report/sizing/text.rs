//! The sizing on a terminal: what is cheapest, what was next, then the settings and notes.

use super::table::table;
use super::words::headline;
use super::{Setting, Sizing};
use crate::report::Verdict;
use crate::report::text::{coloured, paragraph, sign, table as rendered};
use crate::units::show;

/// Renders the sizing.
pub fn sizing_text(sizing: &Sizing, colour: bool) -> String {
    let mut text = paragraph(&headline(sizing));
    if sizing.interrupted {
        text.push_str("interrupted: this is the partial result of what had been simulated\n");
    }
    text.push_str(&format!("{}\n", run(sizing)));
    if !sizing.findings.is_empty() {
        text.push('\n');
    }
    for finding in &sizing.findings {
        text.push_str(&paragraph(finding));
    }
    text.push('\n');
    text.push_str(&marked(&rendered(&table(sizing)), colour));
    text.push('\n');
    for note in &sizing.notes {
        text.push_str(&paragraph(&format!("note: {note}")));
    }
    text
}

/// Says how the settings were run.
pub(super) fn run(sizing: &Sizing) -> String {
    let of = |figure: fn(&Setting) -> f64, shown: &dyn Fn(f64) -> String| {
        let all = sizing.settings.iter().map(figure);
        let least = all.clone().fold(f64::INFINITY, f64::min);
        let most = all.fold(0.0, f64::max);
        match least < most {
            true => format!("{} to {}", shown(least), shown(most)),
            false => shown(most),
        }
    };
    let digest: String = sizing.digest.chars().take(8).collect();
    format!(
        "{} of {} settings · {} simulated · {} replications of each · seed {} · digest {digest}",
        sizing.settings.len(),
        sizing.settings.len() + sizing.not_simulated.len(),
        of(|one| one.horizon_s, &|time| show::duration(time * 1e9)),
        of(|one| f64::from(one.replications), &show::number),
        of(|one| one.seed as f64, &show::number),
    )
}

/// Colours the marks of verdicts.
fn marked(text: &str, colour: bool) -> String {
    if !colour {
        return text.to_owned();
    }
    let mut text = text.to_owned();
    for verdict in [Verdict::Met, Verdict::Missed] {
        // Both marks stand for verdicts only.
        text = text.replace(sign(verdict), &coloured(sign(verdict), verdict));
    }
    text
}
