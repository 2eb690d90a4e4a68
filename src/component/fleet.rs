//! Identical machines or containers that run a flow's steps: what their kinds share.
//!
//! Not here: what the kinds call their copies, and which sizes they offer.

use super::declare::{Compute, StationSpec};
use super::program::Program;
use super::scaling::Scaling;
use super::secret::Secret;
use crate::model::Credit;
use crate::random::law::Law;
use crate::spec::reader::Object;

/// Copies with processors, and threads if a visit keeps one throughout.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fleet<'a> {
    /// Copies.
    pub(super) copies: u32,
    /// Processors of one copy; the last may be a part of one.
    pub(super) cpu: f64,
    /// Threads of one copy; none: a visit holds a processor during `compute` only.
    pub(super) threads: Option<u32>,
    /// Places in the waiting line of one copy.
    pub(super) waiting_limit: u32,
    /// Work of a visit without steps, on one full processor.
    pub(super) alone: &'a Law,
    /// What a copy reads as it starts, and keeps.
    pub(super) secret: Option<&'a Secret>,
    /// What full speed of the processors of one copy is paid from, if it is.
    pub(super) credit: Option<Credit>,
}

impl Fleet<'_> {
    /// Writes a visit: waits for a thread if it keeps one, then runs the steps.
    pub(super) fn compile(self, program: &mut Program<'_>) {
        let processors = self.cpu.ceil();
        let mut line = StationSpec {
            instances: self.copies,
            waiting_limit: self.waiting_limit,
            ..StationSpec::default()
        };
        if let Some(servers) = self.threads {
            let threads = StationSpec {
                servers,
                ..line.clone()
            };
            let threads = program.station("threads", &threads);
            program.seize(threads);
            // The bound is that of the threads' line.
            line.waiting_limit = u32::MAX;
        }
        let servers = processors as u32;
        let credit = self.credit;
        let line = StationSpec {
            servers,
            credit,
            ..line
        };
        let station = program.station("processors", &line);
        if let Some(secret) = self.secret {
            secret.of_copy(program, station);
        }
        program.steps(&Compute {
            station: Some(station),
            blocking: false,
            scale: processors / self.cpu,
            alone: Some(self.alone.clone()),
        });
    }

    /// Returns the most deliveries that all copies take at once.
    pub(super) fn room(self) -> u32 {
        let each = self.threads.unwrap_or(self.cpu.ceil() as u32);
        each.saturating_mul(self.copies)
    }

    /// Returns the most copies that there may be.
    pub(super) fn most(self, scaling: Option<&Scaling>) -> u32 {
        scaling.map_or(0, Scaling::room).max(self.copies)
    }

    /// Returns the processors that these have [vCPU].
    pub(super) fn processors(self, scaling: Option<&Scaling>) -> f64 {
        f64::from(self.most(scaling)) * self.cpu
    }
}

/// Refuses `threads` of a node whose visits keep none.
pub(super) fn check_threads(object: &mut Object<'_>, io: bool, code: &'static str) {
    if object.has("threads") && !io {
        let message = format!(
            "`threads` does not apply to {}: its `io` is async",
            object.owner()
        );
        object.error_at("threads", code, message);
    }
}
