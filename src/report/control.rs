//! What watched the run and changed it: alarms, and copies that came and went.

use super::sums::{Counted, seconds};
use super::timeline::servers_of_a_copy;
use crate::metrics::recording::{AlarmRecord, CopiesRecord, Recording};
use serde::{Deserialize, Serialize};

/// What became of an alarm, over the replications.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// What it watches.
    pub when: String,
    /// When it first fired in any replication [s]; null if it never did.
    pub fired_s: Option<f64>,
    /// When it was last over in any replication [s]; null if it is not over in one, or never fired.
    pub cleared_s: Option<f64>,
    /// Replications in which it fired.
    pub replications: u32,
    /// How often it fired, in all of them.
    pub times: u64,
}

/// What became of a deployment, over the replications.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    /// The node.
    pub deploy: String,
    /// When it began [s]; null if the run ended before.
    pub started_s: Option<f64>,
    /// When all visits went to the new version in the last of the replications [s]; null if
    /// they did not in any.
    pub finished_s: Option<f64>,
    /// When it was first taken back in any replication [s]; null if it never was.
    pub rolled_back_s: Option<f64>,
    /// Replications in which it was taken back.
    pub rolled_back: u32,
}

/// Sums up the deployments, in the order of the file.
pub(super) fn deployments(counted: &Counted) -> Vec<Deployment> {
    let input = counted.input;
    let control = &input.model.control;
    let all = control.deployments.iter().enumerate();
    all.map(|(index, deployment)| {
        let records = || {
            let all = input.recordings.iter();
            all.map(|recording| recording.deployments[index])
        };
        let node = deployment.node;
        let back = || records().filter_map(|record| record.rolled_back);
        Deployment {
            deploy: input.model.nodes[node as usize].name.clone(),
            started_s: records()
                .filter_map(|record| record.started)
                .min()
                .map(seconds),
            finished_s: records()
                .filter_map(|record| record.finished)
                .max()
                .map(seconds),
            rolled_back_s: back().min().map(seconds),
            rolled_back: back().count() as u32,
        }
    })
    .collect()
}

/// Sums up the alarms, by name.
pub(super) fn alarms(counted: &Counted) -> Vec<Alarm> {
    let input = counted.input;
    let whens = input.topology.alarms.iter().map(|alarm| &alarm.when);
    let named = input.model.control.alarms.iter().zip(whens).enumerate();
    named
        .map(|(index, (alarm, when))| {
            let records = || {
                let all = input.recordings.iter();
                all.map(|recording: &Recording| &recording.alarms[index])
            };
            let fired = |record: &&AlarmRecord| !record.fired.is_empty();
            let over = records().all(|record| record.fired.len() == record.cleared.len());
            let last = records().filter_map(|record| record.cleared.last()).max();
            Alarm {
                name: alarm.name.clone(),
                when: when.expression.clone(),
                fired_s: records()
                    .filter_map(|record| record.fired.first())
                    .min()
                    .map(|at| seconds(*at)),
                cleared_s: last.filter(|_| over).map(|at| seconds(*at)),
                replications: records().filter(fired).count() as u32,
                times: records().map(|record| record.fired.len() as u64).sum(),
            }
        })
        .collect()
}

/// The copies of a node that come and go, per replication [copy × ns].
pub(super) struct CopiesInTime {
    /// From their starts to their ends.
    pub(super) existing: Vec<f64>,
    /// From when they were ready.
    pub(super) up: Vec<f64>,
    /// Most at once, in any replication.
    pub(super) most: u32,
    /// Servers of one, where they are limited.
    pub(super) servers: Option<f64>,
}

/// Returns what became of a node's copies in the counted time, if they come and go.
pub(super) fn copies(counted: &Counted, node: usize) -> Option<CopiesInTime> {
    let records: Option<Vec<&CopiesRecord>> = counted
        .each(|recording| recording.nodes[node].copies.as_ref())
        .into_iter()
        .collect();
    let records = records.filter(|records| !records.is_empty())?;
    let sum = |of: fn(&CopiesRecord) -> &Vec<u128>| -> Vec<f64> {
        let sums = records
            .iter()
            .map(|record| counted.slices(of(record)).iter().sum::<u128>() as f64);
        sums.collect()
    };
    Some(CopiesInTime {
        existing: sum(|record| &record.existing),
        up: sum(|record| &record.up),
        most: records.iter().map(|record| record.most).max().unwrap_or(0),
        servers: servers_of_a_copy(counted.input.model, node),
    })
}
