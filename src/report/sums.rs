//! What each replication counted after the warm-up, ready for estimates.

use super::Estimate;
use super::build::Input;
use super::estimate::rounded;
use super::recurring::{self, Came};
use crate::metrics::distribution::Distribution;
use crate::metrics::estimate::{self, ratio};
use crate::metrics::recording::{FlowSlice, LinkSlice, Recording, RowSlice, Tally, Times};
use crate::model::Outcome;

/// Digits of flows' times, as the recorder keeps them.
pub(super) const FLOW_DIGITS: u8 = 3;
/// Digits of nodes' and links' times.
pub(super) const NODE_DIGITS: u8 = 2;

/// The counted part of a run.
pub(super) struct Counted<'a> {
    /// What the report is made of.
    pub(super) input: &'a Input<'a>,
    /// Counted time of each replication [ns].
    pub(super) measured_ns: Vec<f64>,
    /// By fault that comes again and again: how often it came.
    pub(super) came: Vec<Came>,
}

impl<'a> Counted<'a> {
    /// Leaves the warm-up out.
    pub(super) fn new(input: &'a Input<'a>) -> Counted<'a> {
        let measured_ns = input
            .recordings
            .iter()
            .map(|recording| {
                let begin = recording.slices.get(input.cut).map_or(0, |begin| begin.0);
                recording.horizon.0.saturating_sub(begin) as f64
            })
            .collect();
        Counted {
            input,
            measured_ns,
            came: recurring::came(input),
        }
    }

    /// Estimates a share; where nothing (or everything) was observed, it is bounded by as many
    /// observations as are independent.
    pub(super) fn share(&self, numerators: &[f64], denominators: &[f64]) -> Estimate {
        let parts = recurring::parts(self.input, &self.came);
        estimate::share(numerators, denominators, parts).into()
    }

    /// Returns one value per replication.
    pub(super) fn each<T>(&self, value: impl Fn(&'a Recording) -> T) -> Vec<T> {
        self.input.recordings.iter().map(value).collect()
    }

    /// Returns the slices that count.
    pub(super) fn slices<T>(&self, slices: &'a [T]) -> &'a [T] {
        slices.get(self.input.cut..).unwrap_or(&[])
    }

    /// Sums something of a flow, per replication.
    pub(super) fn flow<T: Into<u128>>(
        &self,
        flow: usize,
        of: impl Fn(&FlowSlice) -> T,
    ) -> Vec<f64> {
        self.each(|recording| {
            let slices = self.slices(&recording.flows[flow].slices);
            slices.iter().map(|slice| of(slice).into()).sum::<u128>() as f64
        })
    }

    /// Sums something of rows, per replication.
    pub(super) fn rows<T: Into<u128>>(
        &self,
        rows: &[usize],
        of: impl Fn(&RowSlice) -> T,
    ) -> Vec<f64> {
        self.each(|recording| {
            let slices = rows
                .iter()
                .flat_map(|&row| self.slices(&recording.rows[row].slices));
            slices.map(|slice| of(slice).into()).sum::<u128>() as f64
        })
    }

    /// Sums something of a link, per replication.
    pub(super) fn link<T: Into<u128>>(
        &self,
        link: usize,
        of: impl Fn(&LinkSlice) -> T,
    ) -> Vec<f64> {
        self.each(|recording| {
            let slices = self.slices(&recording.links[link].slices);
            slices.iter().map(|slice| of(slice).into()).sum::<u128>() as f64
        })
    }

    /// Sums tallies, per replication.
    pub(super) fn tallies(&self, of: impl Fn(&'a Recording) -> Vec<&'a Tally>) -> Vec<Tally> {
        self.each(|recording| {
            let mut sum = Tally::default();
            for tally in of(recording) {
                sum.add(tally);
            }
            sum
        })
    }

    /// Sums the tallies of rows, per replication.
    pub(super) fn row_tallies(&self, rows: &[usize]) -> Vec<Tally> {
        self.tallies(|recording| {
            rows.iter()
                .flat_map(|&row| self.slices(&recording.rows[row].slices))
                .map(|slice| &slice.tally)
                .collect()
        })
    }

    /// Sums the tallies of a flow, per replication.
    pub(super) fn flow_tallies(&self, flow: usize) -> Vec<Tally> {
        self.tallies(|recording| {
            let slices = self.slices(&recording.flows[flow].slices);
            slices.iter().map(|slice| &slice.tally).collect()
        })
    }

    /// Sums the tallies of a link, per replication.
    pub(super) fn link_tallies(&self, link: usize) -> Vec<Tally> {
        self.tallies(|recording| {
            let slices = self.slices(&recording.links[link].slices);
            slices.iter().map(|slice| &slice.tally).collect()
        })
    }

    /// Returns times of a flow, per replication.
    pub(super) fn flow_times(
        &self,
        flow: usize,
        of: impl Fn(&'a FlowSlice) -> Vec<&'a Times>,
    ) -> Vec<Distribution> {
        self.each(|recording| {
            let slices = self.slices(&recording.flows[flow].slices);
            Distribution::of(slices.iter().flat_map(&of), FLOW_DIGITS)
        })
    }

    /// Returns times of rows, per replication.
    pub(super) fn row_times(
        &self,
        rows: &[usize],
        of: impl Fn(&'a RowSlice) -> &'a Times,
    ) -> Vec<Distribution> {
        self.each(|recording| {
            let slices = rows
                .iter()
                .flat_map(|&row| self.slices(&recording.rows[row].slices));
            Distribution::of(slices.map(&of), NODE_DIGITS)
        })
    }

    /// Returns times of a link, per replication.
    pub(super) fn link_times(
        &self,
        link: usize,
        of: impl Fn(&'a LinkSlice) -> &'a Times,
    ) -> Vec<Distribution> {
        self.each(|recording| {
            let slices = self.slices(&recording.links[link].slices);
            Distribution::of(slices.iter().map(&of), NODE_DIGITS)
        })
    }

    /// Returns the recorder rows of a node.
    pub(super) fn rows_of(&self, node: usize) -> Vec<usize> {
        let rows = self.input.model.rows.iter().enumerate();
        rows.filter(|(_, row)| row.node as usize == node)
            .map(|(index, _)| index)
            .collect()
    }

    /// Estimates a rate from counts.
    pub(super) fn per_second(&self, counts: &[f64]) -> Estimate {
        ratio(counts, &self.measured_ns).scaled(1e9).into()
    }

    /// Estimates a time average from areas [ns].
    pub(super) fn over_time(&self, areas: &[f64]) -> Estimate {
        ratio(areas, &self.measured_ns).into()
    }
}

/// Tallies of all replications, with their shares of what arrived.
pub(super) struct Tallied {
    /// Sum over the replications.
    pub(super) total: Tally,
    /// By `Outcome as usize`.
    pub(super) shares: [Estimate; 5],
    /// Every outcome but completed.
    pub(super) errors: Estimate,
    /// Arrived, per replication.
    pub(super) arrived: Vec<f64>,
    /// Completed, per replication.
    pub(super) completed: Vec<f64>,
}

impl Tallied {
    /// Adds tallies up.
    pub(super) fn of(counted: &Counted, tallies: &[Tally]) -> Tallied {
        let mut total = Tally::default();
        for tally in tallies {
            total.add(tally);
        }
        let arrived: Vec<f64> = tallies.iter().map(|tally| tally.arrived as f64).collect();
        let ended = |how: usize| -> Vec<f64> {
            tallies.iter().map(|tally| tally.left[how] as f64).collect()
        };
        let errors: Vec<f64> = tallies.iter().map(|tally| bad(tally) as f64).collect();
        Tallied {
            total,
            shares: std::array::from_fn(|how| counted.share(&ended(how), &arrived)),
            errors: counted.share(&errors, &arrived),
            completed: ended(Outcome::Completed as usize),
            arrived,
        }
    }

    /// Returns the share of one outcome.
    pub(super) fn share(&self, outcome: Outcome) -> Estimate {
        self.shares[outcome as usize].clone()
    }
}

/// Returns how many ended in any way but completed.
pub(super) fn bad(tally: &Tally) -> u64 {
    tally.left.iter().skip(1).sum()
}

/// Adds numbers of replications that are counts.
pub(super) fn total(counts: &[f64]) -> u64 {
    counts.iter().sum::<f64>() as u64
}

/// Returns an instant in seconds.
pub(super) fn seconds(at: crate::units::SimTime) -> f64 {
    rounded(at.as_seconds())
}
