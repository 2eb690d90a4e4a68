//! Legs: calls in a row that come to a node where all they do is to be served, and to call on.
//!
//! What such a visit does is known before it comes, so that it is done without looking at one
//! operation after the other: the draws, the orders and the counts are the same.
//!
//! Not here: calls to nodes that do anything else (`row`).

use super::event::Class;
use super::journey::{Journey, fresh};
use super::lane::Lane;
use super::light::{Light, Stop};
use super::replication::Replication;
use super::simple::SimpleStation;
use super::tables::Instruction;
use super::visit::NO_INSTANCE;
use crate::mechanism::planned::Arrival;
use crate::model::{NONE, Op};
use crate::units::SimTime;

/// What the visit does to which a call over a route leads.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Leg {
    /// Where it is served; none, if it does more or something else.
    station: SimpleStation,
    /// For how long.
    sampler: u32,
    /// Recorder row of the visit.
    row: u32,
    /// Route of its call; `NONE`: it has completed when it is served.
    pub(super) next: u32,
    /// Number of the service among the operations of its node, for draws.
    operation: u16,
}

const _: () = assert!(size_of::<Leg>() == 64);

/// Returns the legs of a model, one a route; given are its operations where they stand, its lanes,
/// and the sampler of every work that is one.
pub(super) fn legs(
    code: &[Instruction],
    lanes: &[Lane],
    stations: &[SimpleStation],
    plain_works: &[u32],
) -> Vec<Leg> {
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "whatever else there is, it is no leg"
    )]
    let leg = |lane: &Lane| {
        let site = code.get(lane.entry as usize)?;
        let Op::Serve { group, work } = site.op else {
            return None;
        };
        if !(lane.onward && site.is_simple()) {
            return None;
        }
        let next = match code.get(lane.entry as usize + 1) {
            _ if site.completes() => NONE,
            Some(next) if next.completes() => match next.op {
                Op::Call { route } if lanes[route as usize].onward => route,
                _ => return None,
            },
            _ => return None,
        };
        Some(Leg {
            station: stations[group as usize],
            sampler: plain_works[work as usize],
            row: site.row,
            next,
            operation: site.operation,
        })
    };
    let none = Leg {
        station: SimpleStation::NONE,
        sampler: NONE,
        row: NONE,
        next: NONE,
        operation: 0,
    };
    lanes.iter().map(|lane| leg(lane).unwrap_or(none)).collect()
}

impl Leg {
    /// Whether nothing else is done there.
    #[inline(always)]
    pub(super) fn is_one(&self) -> bool {
        self.station.is_one()
    }
}

impl Replication<'_> {
    /// Serves the visit of a journey that comes over a lane to the node of a leg: `None` if it is
    /// known when that is done.
    #[inline(always)]
    pub(super) fn serve_on_leg(
        &mut self,
        journey: &mut Journey,
        (route, lane): (u32, &Lane),
        leg: &Leg,
    ) -> Option<Stop> {
        let (key, ordinal) = (journey.request.key, journey.request.ordinal);
        let t = self.now;
        debug_assert!(Class::Arrival <= self.class, "it has come");
        self.events += 1;
        let service = self.service_of((key, lane.hop, ordinal), leg.sampler, leg.operation);
        let of = (leg.row, NO_INSTANCE);
        let visit = fresh((route, lane), false, t);
        match self.plan_simply(&leg.station, of, (t, SimTime::NEVER), service) {
            Arrival::Served { start, done } => {
                journey.has_come(&Light {
                    waited: start.since(t).0,
                    served: service,
                    at: done,
                    pc: visit.pc + 1,
                    ..visit
                });
                (done >= self.barrier).then_some(Stop::Here)
            }
            Arrival::Full => {
                journey.has_come(&visit);
                Some(Stop::Full)
            }
            Arrival::TooLate => unreachable!("nobody on a leg has a deadline"),
        }
    }
}
