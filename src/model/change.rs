//! What changes of parameters make of a model.
//!
//! A model whose nodes have other parameters for some time holds itself as it is then, once for
//! every set of changes that go on together: the same programs, stations, buckets and so on,
//! with other numbers. A run goes on with another of them when a change begins or ends.

use super::fault::Change;
use super::{Model, NONE, Plan, timetable};
use crate::units::SimTime;
use std::collections::BTreeMap;

/// A change, to those who speak of it.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The node.
    pub node: u32,
    /// What it has then: ``rate` "5/s" and `burst` 10`.
    pub what: String,
}

/// A model while some changes go on.
#[derive(Debug)]
pub struct Altered {
    /// Those that go on (indices into `Control::changes`), ascending; never none.
    pub by: Vec<u32>,
    /// The model then.
    pub model: Model,
}

/// Which changes go on as time passes.
#[derive(Clone, Debug, Default)]
pub struct GoingOn {
    /// Times that each of them goes on now.
    times: BTreeMap<u32, u32>,
}

impl GoingOn {
    /// A change begins, or ends.
    pub fn note(&mut self, change: u32, begins: bool) {
        let times = self.times.entry(change).or_insert(0);
        if begins {
            *times += 1;
        } else {
            *times = times.saturating_sub(1);
        }
    }

    /// Returns those that go on, ascending.
    pub fn now(&self) -> Vec<u32> {
        let all = self.times.iter().filter(|(_, times)| **times > 0);
        all.map(|(change, _)| *change).collect()
    }
}

/// Returns when which changes go on, from time zero on: those of every instant together.
pub fn in_time(changes: &[Change]) -> Vec<(SimTime, Vec<u32>)> {
    let mut turns: Vec<(SimTime, u32, bool)> = Vec::new();
    for one in changes.iter().filter(|one| one.at < one.until) {
        turns.push((one.at, one.change, true));
        turns.push((one.until, one.change, false));
    }
    turns.sort_unstable();
    let mut going_on = GoingOn::default();
    let mut found = vec![(SimTime::ZERO, Vec::new())];
    for (at, change, begins) in turns {
        going_on.note(change, begins);
        let now = going_on.now();
        match found.last_mut() {
            Some(last) if last.0 == at => last.1 = now,
            Some(_) | None => found.push((at, now)),
        }
    }
    found
}

impl Model {
    /// Returns the model while some changes go on (ascending).
    pub fn while_changed(&self, by: &[u32]) -> &Model {
        let found = self.altered.iter().find(|one| one.by == by);
        found.map_or(self, |one| &one.model)
    }

    /// Returns the changes of a replication, those included that come again and again.
    pub fn changes(&self, plan: &Plan, number: u32) -> Vec<Change> {
        let mut all = self.control.faults.changes.clone();
        for one in &self.control.recurring {
            if one.faults.changes.is_empty() {
                continue;
            }
            for (at, until) in timetable::times(self, plan, (number, one)) {
                let mine = one.faults.changes.iter();
                all.extend(mine.map(|change| Change {
                    at,
                    until,
                    ..*change
                }));
            }
        }
        all
    }

    /// Whether the number of a node's servers changes in a run.
    pub fn changes_servers(&self, node: usize) -> bool {
        let mut altered = self.altered.iter();
        let own = self.servers(node);
        altered.any(|one| one.model.servers(node) != own)
    }

    /// Returns how many servers a node has from when on in a replication, where a change makes
    /// them more or fewer.
    pub fn servers_in_time(
        &self,
        plan: &Plan,
        number: u32,
        node: usize,
    ) -> Option<Vec<(SimTime, f64)>> {
        if self.nodes[node].group == NONE || !self.changes_servers(node) {
            return None;
        }
        let all = in_time(&self.changes(plan, number)).into_iter();
        let servers = |by: &[u32]| self.while_changed(by).servers(node).unwrap_or(0.0);
        Some(all.map(|(at, by)| (at, servers(&by))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_of_one_instant_come_together() {
        let change = |change: u32, at: u64, until: u64| Change {
            change,
            at: SimTime(at),
            until: SimTime(until),
        };

        // One takes the other's place at 20, and one is over at once.
        let changes = [
            change(1, 20, 30),
            change(0, 10, 20),
            change(2, 25, 25),
            change(1, 28, 40),
        ];
        let found = in_time(&changes);

        let expected = [
            (0, vec![]),
            (10, vec![0]),
            (20, vec![1]),
            (28, vec![1]),
            (30, vec![1]),
            (40, vec![]),
        ];
        let expected = expected.map(|(at, by)| (SimTime(at), by));
        assert_eq!(found, expected);
    }
}
