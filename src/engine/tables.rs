//! Tables: what the loop looks up in a model, arranged once for all replications.
//!
//! Whatever an operation needs to know of where it stands lies in one entry beside it.

use super::gate::{Gate, gates};
use super::lane::{Lane, lanes};
use super::leg::{Leg, legs};
use super::step::is_plain;
use crate::model::{Model, NONE, OnRoom, Op, Outcome, Plan, Route};
use crate::units::Span;

/// What all replications of a run share.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'m> {
    pub(crate) model: &'m Model,
    pub(crate) plan: &'m Plan,
    pub(crate) tables: &'m Tables,
}

/// One operation, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instruction {
    pub(crate) op: Op,
    /// Recorder row of the visit that executes it.
    pub(crate) row: u32,
    pub(crate) node: u32,
    /// The one that is done after it, unless it leads elsewhere itself.
    pub(crate) next: u32,
    /// Its number among those of its node, for draws.
    pub(crate) operation: u16,
    /// What else is known of it.
    marks: u8,
}

// Its marks.
const ENDS: u8 = 1 << 0;
const COMPLETES: u8 = 1 << 1;
const SIMPLE: u8 = 1 << 2;
const CALLS: u8 = 1 << 3;
const IS_PASSED: u8 = 1 << 4;

impl Instruction {
    /// Whether the visit ends after it, without doing anything else.
    #[inline(always)]
    pub(crate) fn ends(&self) -> bool {
        self.marks & ENDS != 0
    }

    /// The same, and it has completed.
    #[inline(always)]
    pub(crate) fn completes(&self) -> bool {
        self.marks & COMPLETES != 0
    }

    /// Whether it serves at a simple station, for a time that depends on nothing else.
    #[inline(always)]
    pub(crate) fn is_simple(&self) -> bool {
        self.marks & SIMPLE != 0
    }

    /// Whether a plain call comes after it.
    #[inline(always)]
    pub(crate) fn calls(&self) -> bool {
        self.marks & CALLS != 0
    }

    /// Whether a visit to one item passes it, to the next one.
    #[inline(always)]
    pub(crate) fn is_passed(&self) -> bool {
        self.marks & IS_PASSED != 0
    }
}

const _: () = assert!(size_of::<Instruction>() <= 32);

/// The tables of a model.
#[derive(Debug)]
pub(crate) struct Tables {
    /// Per operation.
    pub(crate) code: Vec<Instruction>,
    /// Per work: the sampler of all that it takes; `NONE`: it depends on the visit.
    pub(crate) plain_works: Vec<u32>,
    /// Per group: the station where a visit without a slot may be served.
    pub(crate) simple_stations: Vec<super::simple::SimpleStation>,
    /// Per admission: the bucket at which a visit without a slot may pay.
    pub(crate) single_tolls: Vec<u32>,
    /// Per group: the line station of which a journey may hold a server; else `NONE`.
    pub(crate) simple_lines: Vec<u32>,
    /// Per group: the station under whose limit a journey may have a place; else `NONE`.
    pub(crate) simple_limits: Vec<u32>,
    /// Per admission: whether a visit on a journey may pass it.
    pub(crate) passable: Vec<bool>,
    /// Per route: what a call of which nothing goes wrong needs of it.
    pub(crate) lanes: Vec<Lane>,
    /// Per route: what the visit does to which it leads, where that is little.
    pub(crate) legs: Vec<Leg>,
    /// Per load line: what is known of its requests.
    pub(crate) gates: Vec<Gate>,
    /// Per flow: the route of the only call of its requests, if they may go on a journey over
    /// it; else `NONE`.
    pub(crate) journeys: Vec<u32>,
    /// Per route: its calls touch a shared budget or breaker, or may be overtaken.
    pub(crate) route_is_shared: Vec<bool>,
    /// Per route: what links its ends is the link alone, so that a part may end there.
    pub(crate) route_is_free: Vec<bool>,
    /// Those of the model while parameters are changed, as it holds them.
    pub(crate) altered: Vec<Tables>,
}

impl Tables {
    /// Arranges the tables of a model.
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "whatever else there is, it does not serve"
    )]
    pub(crate) fn new(model: &Model) -> Tables {
        let route_is_shared: Vec<bool> = model
            .routes
            .iter()
            .map(|route| is_shared(model, route))
            .collect();
        let route_is_free = super::ties::free_routes(model);
        let followed = |pc: usize| match model.ops.get(pc) {
            Some(&Op::Jump { target }) => target,
            _ => pc as u32,
        };
        let next_of = |pc: usize| match model.ops.get(pc) {
            Some(&Op::Jump { target }) => target,
            _ => followed(pc + 1),
        };
        let how_it_ends = |pc: usize| match model.ops.get(next_of(pc) as usize) {
            Some(&Op::Leave { outcome }) => Some(outcome),
            _ => None,
        };
        let pages = !model.fan_out_steps.is_empty();
        let lanes = lanes(model, &route_is_shared, &route_is_free);
        let simple_stations = super::simple::simple_stations(model);
        let plain_works: Vec<u32> = (model.works.iter())
            .map(|work| {
                if work.each && pages || !is_plain(work) {
                    NONE
                } else {
                    work.base
                }
            })
            .collect();
        let is_simple = |op: Op| match op {
            Op::Serve { group, work } => {
                simple_stations[group as usize].is_sole() && plain_works[work as usize] != NONE
            }
            _ => false,
        };
        let calls_plainly = |op: Option<&Op>| match op {
            Some(&Op::Call { route }) => lanes[route as usize].is_plain(),
            _ => false,
        };
        let is_direct = |route: u32| {
            let lane = &lanes[route as usize];
            lane.is_light() && !lane.cuttable
        };
        let direct = super::direct::direct_routes(model, is_direct);
        let code: Vec<Instruction> = (model.ops.iter().zip(&model.sites))
            .enumerate()
            .map(|(pc, (op, site))| Instruction {
                op: *op,
                row: site.row,
                node: model.rows[site.row as usize].node,
                next: next_of(pc),
                operation: site.operation,
                marks: [
                    (ENDS, how_it_ends(pc).is_some()),
                    (COMPLETES, how_it_ends(pc) == Some(Outcome::Completed)),
                    (SIMPLE, is_simple(*op)),
                    (CALLS, calls_plainly(model.ops.get(pc + 1))),
                    (
                        IS_PASSED,
                        matches!(op, Op::Jump { .. } | Op::PushCount | Op::PopCount),
                    ),
                ]
                .into_iter()
                .map(|(mark, has)| if has { mark } else { 0 })
                .sum(),
            })
            .collect();
        Tables {
            gates: gates(model, &direct, &lanes, &plain_works),
            journeys: super::direct::direct_routes(model, |route| {
                lanes[route as usize].travels && !is_direct(route)
            }),
            legs: legs(&code, &lanes, &simple_stations, &plain_works),
            code,
            plain_works,
            simple_stations,
            single_tolls: super::simple::single_tolls(model),
            simple_lines: super::in_line::simple_lines(model),
            simple_limits: super::kept::simple_limits(model),
            passable: super::admission::passable(model),
            lanes,
            route_is_shared,
            route_is_free,
            altered: model
                .altered
                .iter()
                .map(|one| Tables::new(&one.model))
                .collect(),
        }
    }
}

/// Whether somebody beside the caller keeps count of the calls over a route.
fn is_shared(model: &Model, route: &Route) -> bool {
    route.breaker != NONE
        || route.hedge_after != Span::MAX
        || route.cancel
        || route.connections != NONE
        || matches!(route.on_room, OnRoom::Release(_))
        || route.retry != NONE && {
            let retry = &model.retries[route.retry as usize];
            retry.budget != NONE || retry.pace != NONE
        }
}
