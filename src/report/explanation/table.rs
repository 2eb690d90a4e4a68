//! The tables of an explanation, as text in cells: what the terminal and Markdown share.

use super::{Effect, Explanation, FlowEffects};
use crate::report::Estimate;
use crate::report::compare::NO_DIFFERENCE;
use crate::report::figure::{self, NOTHING, Scale, change, figure};
use crate::report::section::{Section, why};
use crate::report::tail;
use crate::units::show;

/// Returns the table of where the slowest requests spent their time, if that is known.
pub(super) fn tails(explanation: &Explanation) -> Option<Section> {
    let flows = explanation
        .flows
        .iter()
        .filter(|flow| !flow.tail.is_empty());
    let flows = flows.map(|flow| (flow.flow.as_str(), flow.tail.as_slice()));
    let several = explanation.flows.len() > 1;
    let table = tail::table(&flows.collect::<Vec<_>>(), several);
    (!table.is_empty()).then_some(table)
}

/// Returns a table for each flow.
pub(super) fn tables(explanation: &Explanation) -> Vec<Section> {
    let all = explanation.flows.iter();
    all.map(|flow| of_flow(explanation, flow)).collect()
}

/// What moves the p99 of a flow.
fn of_flow(explanation: &Explanation, flow: &FlowEffects) -> Section {
    let scale = figure::scale(flow.p99_ms.value.unwrap_or(1.0));
    let confidence = figure(explanation.confidence * 100.0);
    let confidence = match confidence.contains('.') {
        true => confidence.trim_end_matches('0').trim_end_matches('.'),
        false => &confidence,
    };
    let headers = [
        format!("p99 of {} {}", flow.flow, scale.name),
        format!("{confidence} % interval"),
        "util %".to_owned(),
        format!("wait p99 {}", scale.name),
        "change".to_owned(),
    ];
    let row = |effect: &Effect| {
        let mut cells = moved(effect, scale).to_vec();
        let share = |estimate: &Estimate| match estimate.value {
            Some(value) => figure(value * 100.0),
            None => why(estimate),
        };
        // Where nobody waits there is nothing to be said of it.
        let time = |estimate: &Estimate| match estimate.value {
            Some(value) if value > 0.0 => figure(value / scale.ms),
            Some(_) => NOTHING.to_owned(),
            None => why(estimate),
        };
        let of = |estimate: &Option<Estimate>, shown: &dyn Fn(&Estimate) -> String| {
            let estimate = estimate.as_ref();
            estimate.map_or(NOTHING.to_owned(), shown)
        };
        cells.push(of(&effect.utilisation, &share));
        cells.push(of(&effect.waiting_p99_ms, &time));
        cells.push(verdict(effect));
        (effect.name.clone(), cells)
    };
    let title = format!("{} FASTER", show::share(explanation.faster_by));
    let rows = flow.effects.iter().map(row).collect();
    Section::new(title, &headers, rows)
}

/// Shows by how much the p99 moves, and the interval.
fn moved(effect: &Effect, scale: Scale) -> [String; 2] {
    let found = &effect.p99_ms;
    let nothing = || NOTHING.to_owned();
    let Some(value) = found.value else {
        return [nothing(), nothing()];
    };
    let half_width = found.half_width.map(|half| half / scale.ms);
    let (value, interval) = change(value / scale.ms, half_width);
    [value, interval.unwrap_or_else(nothing)]
}

/// Shows the share of the p99 by which it moves, if it does for certain; else says so.
fn verdict(effect: &Effect) -> String {
    let found = &effect.p99_ms;
    match (found.detected, found.value, found.why.as_deref()) {
        (Some(true), ..) => found.relative.map_or(NOTHING.to_owned(), |share| {
            format!("{} %", change(share * 100.0, None).0)
        }),
        (Some(false), ..) => NO_DIFFERENCE.to_owned(),
        (None, Some(_), _) => "too few replications".to_owned(),
        (None, None, Some(why)) => why.replace('-', " "),
        (None, None, None) => NOTHING.to_owned(),
    }
}
