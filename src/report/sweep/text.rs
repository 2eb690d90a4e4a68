//! The sweep on a terminal: what was varied, the points, maps of two parameters, notes.

use super::Sweep;
use super::map::maps;
use super::table::table;
use crate::report::Verdict;
use crate::report::text::{coloured, paragraph, sign, table as rendered};
use crate::units::show;

/// Renders the sweep.
pub fn sweep_text(sweep: &Sweep, colour: bool) -> String {
    let mut text = paragraph(&heading(sweep));
    if sweep.interrupted {
        text.push_str("interrupted: this is the partial result of what had been simulated\n");
    }
    text.push_str(&format!("{}\n", run(sweep)));
    for section in std::iter::once(table(sweep)).chain(maps(sweep)) {
        text.push('\n');
        text.push_str(&marked(&rendered(&section), colour));
    }
    if !sweep.notes.is_empty() {
        text.push('\n');
    }
    for note in &sweep.notes {
        text.push_str(&paragraph(&format!("note: {note}")));
    }
    text
}

/// Says at how many points all is met.
pub(super) fn heading(sweep: &Sweep) -> String {
    let variant = sweep.variant.as_ref();
    let variant = variant.map_or(String::new(), |name| format!(" ({name})"));
    let name = &sweep.topology;
    let points = sweep.points.len();
    let judged = sweep.points.iter().any(|point| point.verdict.is_some());
    let met = sweep
        .points
        .iter()
        .filter(|point| point.verdict == Some(Verdict::Met));
    match judged {
        true => format!(
            "{name}{variant}: all objectives are met at {} of {points} points",
            met.count()
        ),
        false => format!("{name}{variant}: {points} points"),
    }
}

/// Says how the points were run.
pub(super) fn run(sweep: &Sweep) -> String {
    let digest: String = sweep.digest.chars().take(8).collect();
    let alike = |figure: fn(&super::Point) -> f64, shown: &dyn Fn(f64) -> String| {
        let all = sweep.points.iter().map(figure);
        let least = all.clone().fold(f64::INFINITY, f64::min);
        let most = all.fold(0.0, f64::max);
        match least < most {
            true => format!("{} to {}", shown(least), shown(most)),
            false => shown(most),
        }
    };
    format!(
        "{} simulated · {} replications of each · seed {} · digest {digest}",
        alike(|point| point.horizon_s, &|time| show::duration(time * 1e9)),
        alike(|point| f64::from(point.replications), &show::number),
        alike(|point| point.seed as f64, &show::number),
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
