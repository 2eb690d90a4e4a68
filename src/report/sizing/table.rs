//! The table of a sizing, as text in cells: what the terminal and Markdown share.

use super::{Setting, Sizing};
use crate::report::figure::{self, NOTHING, figure};
use crate::report::section::Section;
use crate::report::text::{brief, sign, word};

/// Most objectives that have a column.
const MOST_COLUMNS: usize = 3;

/// Returns the table: a row per setting that was simulated, the cheapest first.
pub(super) fn table(sizing: &Sizing) -> Section {
    let shown = decisive(sizing);
    let path = |index: usize| sizing.parameters.get(index).map(|one| one.path.clone());
    let others = sizing.parameters.iter().skip(1).map(|one| one.path.clone());
    let mut headers: Vec<String> = others.collect();
    headers.extend(["$/month", "verdict"].map(str::to_owned));
    let first = sizing.settings.first();
    let name = |index: &usize| {
        let objective = first.and_then(|one| one.objectives.get(*index));
        objective.map_or(String::new(), |one| one.expression.clone())
    };
    headers.extend(shown.iter().map(name));
    headers.push("replications".to_owned());
    let row = |one: &Setting| {
        let mut cells: Vec<String> = one.values.iter().skip(1).cloned().collect();
        cells.push(one.month_usd.value.map_or(NOTHING.to_owned(), figure));
        cells.push(word(one.verdict).to_owned());
        cells.extend(shown.iter().map(|index| {
            let objective = one.objectives.get(*index);
            objective.map_or(NOTHING.to_owned(), |one| {
                let measured = brief(&one.expression, &one.measured);
                format!("{measured} {}", sign(one.verdict))
            })
        }));
        cells.push(figure::count(u64::from(one.replications)));
        (one.values.first().cloned().unwrap_or_default(), cells)
    };
    let rows = sizing.settings.iter().map(row).collect();
    Section::new(path(0).unwrap_or_default(), &headers, rows)
}

/// Returns the objectives that are worth a column: those that some setting does not meet, else all.
fn decisive(sizing: &Sizing) -> Vec<usize> {
    let count = sizing
        .settings
        .first()
        .map_or(0, |one| one.objectives.len());
    let decides = |index: &usize| {
        let mut all = sizing.settings.iter();
        all.any(|one| {
            let objective = one.objectives.get(*index);
            objective.is_some_and(|one| one.verdict != crate::report::Verdict::Met)
        })
    };
    let mut found: Vec<usize> = (0..count).filter(decides).collect();
    if found.is_empty() {
        found = (0..count).collect();
    }
    found.truncate(MOST_COLUMNS);
    found
}
