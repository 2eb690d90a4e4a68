//! Capacity in units that was set anew during the run.

use super::Capacity;
use super::sums::{Counted, seconds};
use crate::metrics::estimate::{Estimate, ratio};
use crate::metrics::recording::SupplyRecord;
use crate::model::supply::{Supply, Units};

/// Returns what became of a node's supplies, those of one name together.
pub(super) fn capacity(counted: &Counted, node: usize) -> Vec<Capacity> {
    let supplies = &counted.input.model.control.supplies;
    let of_node = |supply: &&Supply| supply.node as usize == node;
    let mut names: Vec<&str> = Vec::new();
    for supply in supplies.iter().filter(of_node) {
        if !names.contains(&supply.name.as_str()) {
            names.push(&supply.name);
        }
    }
    names
        .into_iter()
        .map(|name| {
            let places = supplies.iter().enumerate();
            let places = places.filter(|(_, supply)| of_node(supply) && supply.name == name);
            of_name(
                counted,
                name,
                &places.map(|(at, _)| at).collect::<Vec<usize>>(),
            )
        })
        .collect()
}

/// Sums up supplies of one name.
fn of_name(counted: &Counted, name: &str, places: &[usize]) -> Capacity {
    let supplies = &counted.input.model.control.supplies;
    let each = places.first().map_or(1.0, |at| supplies[*at].each);
    let start: f64 = places.iter().map(|at| f64::from(supplies[*at].start)).sum();
    let records = || {
        let all = counted.input.recordings.iter();
        all.flat_map(|recording| places.iter().map(|at| &recording.supplies[*at]))
    };
    let units = sum(counted, places, |record| &record.units);
    let watched: f64 = sum(counted, places, |record| &record.watched).iter().sum();
    let used = sum(counted, places, |record| &record.used);
    let least = records().map(|record| record.range.0).min();
    let most = records().map(|record| record.range.1).max();
    let unit = |units: Option<u32>| f64::from(units.unwrap_or(0)) * each;
    Capacity {
        of: name.to_owned(),
        start: start * each,
        mean: ratio(&units, &counted.measured_ns).scaled(each).into(),
        min: unit(least),
        max: unit(most),
        used_share: (watched > 0.0).then(|| ratio(&used, &units).into()),
        changes: records().map(|record| u64::from(record.changes)).sum(),
        first_change_s: records()
            .filter_map(|record| record.first)
            .min()
            .map(seconds),
    }
}

/// Returns the servers that there were and the share of them that was used, where their number
/// follows the load.
pub(super) fn servers(counted: &Counted, node: usize) -> Option<(Estimate, Estimate)> {
    let supplies = &counted.input.model.control.supplies;
    let mut places = Vec::new();
    let mut one = None;
    for (at, supply) in supplies.iter().enumerate() {
        if let Units::Servers { of_one, .. } = supply.what
            && supply.node as usize == node
        {
            places.push(at);
            one = Some(of_one);
        }
    }
    let units = sum(counted, &places, |record| &record.units);
    let used = sum(counted, &places, |record| &record.used);
    let servers = ratio(&units, &counted.measured_ns).scaled(1.0 / one?);
    Some((servers, ratio(&used, &units)))
}

/// Sums something of supplies over the counted time, per replication.
fn sum(counted: &Counted, places: &[usize], of: fn(&SupplyRecord) -> &Vec<u128>) -> Vec<f64> {
    counted.each(|recording| {
        let records = places.iter().map(|at| &recording.supplies[*at]);
        let areas = records.map(|record| counted.slices(of(record)).iter().sum::<u128>());
        areas.sum::<u128>() as f64
    })
}
