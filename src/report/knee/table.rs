//! The tables of a knee, as text in cells: what the terminal and Markdown share.

use super::words::{amount, four, times};
use super::{Knee, Load, Role};
use crate::report::figure::{self, NOTHING, figure};
use crate::report::section::{Section, why};
use crate::report::text::{brief, word};

/// Most objectives that have a column.
const MOST_COLUMNS: usize = 2;

/// Returns all tables in their order: the objectives, the loads.
pub(super) fn tables(knee: &Knee) -> Vec<Section> {
    [objectives(knee), loads(knee)]
        .into_iter()
        .filter(|table| !table.is_empty())
        .collect()
}

/// What each objective has to do with the load.
fn objectives(knee: &Knee) -> Section {
    let headers = ["met to", "missed from", ""].map(str::to_owned);
    let at = |factor: Option<f64>| factor.map_or(NOTHING.to_owned(), times);
    let rows = knee.objectives.iter().map(|one| {
        let words = match one.role {
            Role::GivesWayFirst if knee.met.is_some() => "gives way first",
            Role::GivesWayFirst => "",
            Role::Holds => "",
            Role::MissedAtEveryLoad => "missed at every load: left out",
            Role::AsksForMoreLoad => "asks for more load: left out",
            Role::UndecidedAtEveryLoad => "undecided at every load: left out",
        };
        let cells = vec![at(one.met), at(one.missed), words.to_owned()];
        (one.expression.clone(), cells)
    });
    Section::new("OBJECTIVE".to_owned(), &headers, rows.collect())
}

/// The loads that were tried, with what decides.
fn loads(knee: &Knee) -> Section {
    let shown = decisive(knee);
    let unit = knee
        .loads
        .first()
        .and_then(|load| amount(knee, load))
        .map_or("/s", |(_, unit)| unit);
    let mut headers = vec![unit.to_owned(), "verdict".to_owned()];
    headers.extend(
        shown
            .iter()
            .map(|index| knee.objectives[*index].expression.clone()),
    );
    headers.extend(["fullest", "util %", "replications"].map(str::to_owned));
    let row = |load: &Load| {
        let amount = amount(knee, load);
        let mut cells = vec![
            amount.map_or(NOTHING.to_owned(), |(value, _)| four(value)),
            word(load.verdict).to_owned(),
        ];
        cells.extend(shown.iter().map(|index| {
            let objective = load.objectives.get(*index);
            objective.map_or(NOTHING.to_owned(), |one| match one.measured.value {
                Some(_) => brief(&one.expression, &one.measured),
                None => why(&one.measured),
            })
        }));
        let fullest = load.fullest.as_ref();
        cells.push(fullest.map_or(NOTHING.to_owned(), |one| one.node.clone()));
        cells.push(
            fullest
                .and_then(|one| one.utilisation.value)
                .map_or(NOTHING.to_owned(), |share| figure(share * 100.0)),
        );
        cells.push(figure::count(u64::from(load.replications)));
        (times(load.factor), cells)
    };
    let rows = knee.loads.iter().map(row).collect();
    Section::new("LOAD".to_owned(), &headers, rows)
}

/// Returns the objectives that are worth a column: those that give way first; else those
/// that the search goes by.
fn decisive(knee: &Knee) -> Vec<usize> {
    let positions = |role| knee.of_role(role).map(|(index, _)| index);
    let first: Vec<usize> = positions(Role::GivesWayFirst).take(MOST_COLUMNS).collect();
    if !first.is_empty() {
        return first;
    }
    let all = knee.objectives.iter().enumerate();
    let mut found: Vec<usize> = all
        .filter(|(_, one)| one.role.counts())
        .map(|(index, _)| index)
        .collect();
    if found.is_empty() {
        found = (0..knee.objectives.len()).collect();
    }
    found.truncate(MOST_COLUMNS);
    found
}
