//! A station: identical servers behind one waiting line.
//!
//! # Model
//! 1. The partition is found by the key, or a copy by the balancer in front (else any).
//! 2. Without steps: a server is waited for and held for `service_time`, then all
//!    links are called in order; a page of a fan-out holds it for the sum of as many
//!    service times as it has recipients at this partition. With steps: servers are held by `compute`; if `io`
//!    is blocking, from the first step to the last.
//! 3. Where the line is full and `when_full` is `block`, a visit stands before the line,
//!    first come first, until there is room. Whoever called it keeps the server on which
//!    it has just worked: that of the `compute` right before the call, also through
//!    balancers, limiters and caches that hand the call on. Time before the line is no
//!    waiting time of the station; at the caller it is `blocked` (and busy).
//!
//! # Not modelled
//! Set-up times between visits, breakdowns, servers of different speed; the time that
//! the news of room takes to the caller; servers kept across a `pause`, a branch of
//! `parallel` or `each`, or a `try`.
//!
//! # Sources
//! Defaults are the neutral element of the mechanism: one server, first come first
//! served, no bound.

use crate::component::parameter::{
    DISCIPLINES, Parameters, choice, count, count_or_unlimited, duration_law, parameters,
};
use crate::component::release::Platform;
use crate::component::scaling::{Scaling, scaling};
use crate::component::shared::{MOST_INSTANCES, WhenFull, io, partitions, when_full};
use crate::component::{Class, Component, Compute, KindInfo, PartitionSpec, Program, StationSpec};
use crate::model::{Discipline, PartitionBy};
use crate::random::law::Law;
use crate::spec::reader::Object;

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "station",
    class: Class::Programmable,
    summary: "identical servers behind one waiting line",
    model: "finds its partition or copy; waits for a server; holds it for service_time, or for \
            the compute steps that a flow gives; then calls all links in order, or as the steps say; \
            with when_full block a full line lets its callers wait before it, who keep the \
            server of the work right before the call",
    not_modelled: "set-up times, breakdowns, servers of different speed, the time that the news of room takes",
    sources: super::SOURCES,
    operations: super::VERSIONED,
    prices: &[],
    parameters: Station::table,
    read: |object| Box::new(Station::read(object)),
};

parameters! {
    /// Parameters of a station.
    pub struct Station {
        /// Time one visit holds a server; required unless every flow gives steps.
        service_time: Option<Law> = None, duration_law(), Choice, "has to be said";
        /// Servers of one copy (or partition); they share one waiting line.
        servers: u32 = 1, count_or_unlimited(1), Choice, "the plainest station";
        /// Identical copies, each with its own servers and waiting line.
        copies: u32 = 1, count(1..=MOST_INSTANCES), Choice, "the plainest station";
        /// Which visit is served next.
        discipline: Discipline = Discipline::Fifo, choice(DISCIPLINES), Choice, "first come, first served";
        /// Places in the waiting line of one copy.
        waiting_limit: u32 = u32::MAX, count_or_unlimited(0), Choice, "no bound until one is given";
        /// What a full waiting line does.
        when_full: WhenFull = WhenFull::Shed, when_full(), Choice, "a full line refuses";
        /// Longest wait in the line; then the visit ends timed out.
        max_wait: Option<Law> = None, duration_law(), Choice, "visits wait as long as it takes";
        /// Partitions, each with its own servers.
        partitions: PartitionSpec = PartitionSpec::default(), partitions(), Choice, "not partitioned";
        /// Whether a visit keeps its server while it waits for its calls.
        io: bool = false, io(), Choice, "servers are processors, not threads";
        /// Copies that come and go.
        scaling: Option<Scaling> = None, scaling(), Choice, "a fixed number of copies";
    }
    check Station::check
}

impl Station {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        if self.copies > 1 && self.partitions.count > 1 {
            object.error_at(
                "partitions",
                "station::copies-and-partitions",
                format!("{} has both `copies` and `partitions`", object.owner()),
            );
        }
        if self.scaling.is_some() && self.partitions.count > 1 {
            object.error_at(
                "scaling",
                "station::scaling-and-partitions",
                format!("{} has both `scaling` and `partitions`", object.owner()),
            );
        }
        if self.discipline == Discipline::ProcessorSharing && self.when_full == WhenFull::Block {
            object.error_at(
                "when_full",
                "station::blocks-without-line",
                format!(
                    "`when_full` of {} cannot be `block`: a station that shares its servers \
                     has no line before which to stand",
                    object.owner()
                ),
            );
        }
        let preempts = matches!(
            self.discipline,
            Discipline::LifoPreemptive
                | Discipline::PriorityPreemptive
                | Discipline::ProcessorSharing
        );
        if preempts && self.io {
            object.error_at(
                "io",
                "station::blocking-discipline",
                format!(
                    "{} cannot be blocking with a discipline that interrupts or shares service",
                    object.owner()
                ),
            );
        }
    }
}

impl Component for Station {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let spread = self.partitions.count > 1 || self.partitions.by != PartitionBy::Hash;
        let partition = spread.then(|| program.partition("partitions", &self.partitions));
        if let Some(partition) = partition {
            program.place(partition);
        }
        let spec = StationSpec {
            instances: self.copies.max(self.partitions.count),
            servers: self.servers,
            discipline: self.discipline,
            waiting_limit: self.waiting_limit,
            when_full: self.when_full.outcome(),
            blocks: self.when_full == WhenFull::Block,
            replaces: false,
            max_wait: self.max_wait.clone(),
            partition,
            credit: None,
        };
        let station = program.station("servers", &spec);
        program.steps(&Compute {
            station: Some(station),
            blocking: self.io,
            scale: 1.0,
            alone: self.service_time.clone(),
        });
        match (program.is_write(), program.op() == "conditional") {
            (true, conditional) => program.commit(conditional),
            (false, _) => program.observe(),
        }
    }

    fn copies(&self) -> u32 {
        self.copies
    }

    fn platform(&self) -> Option<Platform> {
        Some(Platform::Servers)
    }

    fn is_fleet(&self) -> bool {
        self.partitions.count <= 1
    }

    fn scaling(&self) -> Option<&Scaling> {
        self.scaling.as_ref()
    }

    fn blocks(&self) -> bool {
        self.when_full == WhenFull::Block
    }

    fn room(&self) -> u32 {
        self.servers
            .saturating_mul(self.copies.max(self.partitions.count))
    }

    fn works_alone(&self) -> bool {
        self.service_time.is_some()
    }
}
