//! A model under construction: tables that grow while programs are written.
//!
//! Mechanisms are declared by label: the programs of a node that name the same
//! label mean the same station, bucket or cache. Laws are kept as they were
//! stated and compiled once, at the end.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::model::{Model, NONE, Op, Site, Work};
use crate::random::law::Law;

/// What a law measures; counts are whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// Time [ns].
    Time,
    /// Size [bytes].
    Size,
    /// A whole number.
    Count,
}

/// Whose label it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// Of one node.
    Node(u32),
    /// Of the account: all nodes that name it share it.
    Account,
}

/// Which table a label leads into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Table {
    /// `Model::groups`
    Groups,
    /// `Model::buckets`
    Buckets,
    /// `Model::caches`
    Caches,
    /// `Model::pools`
    Pools,
    /// `Model::balancers`
    Balancers,
    /// `Model::resolvers`
    Resolvers,
    /// `Model::queues`
    Queues,
    /// `Model::logs`
    Logs,
    /// `Model::memories`
    Memories,
    /// `Model::credentials`
    Credentials,
    /// `Model::archives`
    Archives,
    /// `Model::partitions`
    Partitions,
    /// `Model::budgets`
    Budgets,
    /// `Model::paces`
    Paces,
    /// `Model::breakers`
    Breakers,
}

/// A model under construction.
#[derive(Debug, Default)]
pub(crate) struct Build {
    /// What has been written so far; `samplers`, `keys` and `sources` come at the end.
    pub(crate) model: Model,
    /// Laws, in the order of `Model::samplers`.
    pub(crate) laws: Vec<(Quantity, Law)>,
    /// Mistakes that only showed here.
    pub(crate) errors: Vec<Diagnostic>,
    /// Mechanisms by label.
    labels: BTreeMap<(Table, Owner, String), u32>,
    /// First operation of the program that is being written.
    start: u32,
    /// Recorder row of the program that is being written.
    row: u32,
}

/// Returns a length as an index.
pub(crate) fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or_else(|_| unreachable!("a model has fewer than 2^32 entries"))
}

/// Returns a probability as a threshold on a 64-bit draw.
pub(crate) fn threshold64(share: f64) -> u64 {
    (share * 18_446_744_073_709_551_616.0) as u64
}

/// Returns a probability as a threshold on the upper 32 bits of a draw.
pub(crate) fn threshold32(share: f64) -> u32 {
    (share * 4_294_967_296.0) as u32
}

impl Build {
    /// Begins a model in which the laws, works and admissions of another have the same numbers.
    pub(crate) fn knowing(other: &Build) -> Build {
        let mut build = Build {
            laws: other.laws.clone(),
            ..Build::default()
        };
        build.model.works.clone_from(&other.model.works);
        build.model.admissions.clone_from(&other.model.admissions);
        build
    }

    /// Begins a program of a recorder row, and returns its first operation.
    pub(crate) fn begin(&mut self, row: u32) -> u32 {
        self.start = self.here();
        self.row = row;
        self.start
    }

    /// Returns the recorder row of the program that is being written.
    pub(crate) fn row(&self) -> u32 {
        self.row
    }

    /// Returns the address of the next operation.
    pub(crate) fn here(&self) -> u32 {
        index(self.model.ops.len())
    }

    /// Writes an operation and returns its address.
    pub(crate) fn emit(&mut self, op: Op) -> u32 {
        let at = self.here();
        let operation = u16::try_from(at - self.start).unwrap_or(u16::MAX);
        self.model.ops.push(op);
        self.model.sites.push(Site {
            row: self.row,
            operation,
        });
        at
    }

    /// Returns the length of the program that is being written.
    pub(crate) fn length(&self) -> u32 {
        self.here() - self.start
    }

    /// Writes a jump whose target is not known yet.
    pub(crate) fn jump(&mut self) -> u32 {
        self.emit(Op::Jump { target: NONE })
    }

    /// Lets a jump that was written before lead to the next operation.
    pub(crate) fn land(&mut self, jump: u32) {
        let target = self.here();
        self.model.ops[jump as usize] = Op::Jump { target };
    }

    /// Returns the sampler of a law; equal laws share one.
    pub(crate) fn sampler(&mut self, quantity: Quantity, law: &Law) -> u32 {
        let known = self
            .laws
            .iter()
            .position(|(is, other)| *is == quantity && other == law);
        index(known.unwrap_or_else(|| {
            self.laws.push((quantity, law.clone()));
            self.laws.len() - 1
        }))
    }

    /// Returns the sampler of a law, and `NONE` of nothing.
    pub(crate) fn sampler_or_none(&mut self, quantity: Quantity, law: Option<&Law>) -> u32 {
        law.map_or(NONE, |law| self.sampler(quantity, law))
    }

    /// Returns the index of some work; equal works share one.
    pub(crate) fn work(&mut self, work: Work) -> u32 {
        let works = &mut self.model.works;
        index(
            works
                .iter()
                .position(|known| *known == work)
                .unwrap_or_else(|| {
                    works.push(work);
                    works.len() - 1
                }),
        )
    }

    /// Returns what a label stands for, if it has been declared.
    pub(crate) fn labelled(&self, table: Table, owner: Owner, label: &str) -> Option<u32> {
        self.labels.get(&(table, owner, label.to_owned())).copied()
    }

    /// Remembers what a label stands for.
    pub(crate) fn label(&mut self, table: Table, owner: Owner, label: &str, index: u32) {
        self.labels.insert((table, owner, label.to_owned()), index);
    }
}
