//! The knee on a terminal: where it is, what gives way, then the objectives and the loads.

use super::table::tables;
use super::words::headline;
use super::{Knee, Load};
use crate::report::section::Section;
use crate::report::text::{coloured, paragraph, table, word};
use crate::units::show;

/// Renders the knee.
pub fn knee_text(knee: &Knee, colour: bool) -> String {
    let mut text = paragraph(&headline(knee));
    if knee.interrupted {
        text.push_str("interrupted: this is the partial result of what had been simulated\n");
    }
    text.push_str(&format!("{}\n", run(knee)));
    if !knee.findings.is_empty() {
        text.push('\n');
    }
    for finding in &knee.findings {
        text.push_str(&paragraph(finding));
    }
    for section in tables(knee) {
        text.push('\n');
        text.push_str(&judged(knee, &section, colour));
    }
    text.push('\n');
    for note in &knee.notes {
        text.push_str(&paragraph(&format!("note: {note}")));
    }
    text
}

/// Says how the loads were run.
pub(super) fn run(knee: &Knee) -> String {
    let of = |figure: fn(&Load) -> f64, shown: &dyn Fn(f64) -> String| {
        let all = knee.loads.iter().map(figure);
        let least = all.clone().fold(f64::INFINITY, f64::min);
        let most = all.fold(0.0, f64::max);
        match least < most {
            true => format!("{} to {}", shown(least), shown(most)),
            false => shown(most),
        }
    };
    let digest: String = knee.digest.chars().take(8).collect();
    format!(
        "{} · {} simulated · {} replications of each · seed {} · digest {digest}",
        match knee.loads.len() {
            1 => "1 load".to_owned(),
            several => format!("{several} loads"),
        },
        of(|load| load.horizon_s, &|time| show::duration(time * 1e9)),
        of(|load| f64::from(load.replications), &show::number),
        knee.seed
    )
}

/// Renders a table; the verdict of every load is coloured.
fn judged(knee: &Knee, section: &Section, colour: bool) -> String {
    let text = table(section);
    if !colour || section.title != "LOAD" {
        return text;
    }
    let mut lines = text.lines();
    let mut found: Vec<String> = lines.next().map(str::to_owned).into_iter().collect();
    for (line, load) in lines.zip(&knee.loads) {
        let word = word(load.verdict);
        // Columns were measured before there is colour.
        found.push(line.replacen(word, &coloured(word, load.verdict), 1));
    }
    format!("{}\n", found.join("\n"))
}
