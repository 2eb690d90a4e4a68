//! Bandwidth: a hidden node in the path, whose two stations share a link's bytes.
//!
//! What is under way in one direction shares its bandwidth equally (processor
//! sharing). Reads bring their items back; writes and messages take them along;
//! other calls take the request along and bring the flow's reply back.

use super::call::{Bytes, Plan, blank};
use super::step::{Body, Patch};
use super::writer::{Key, Writer};
use crate::component::build::{Build, Owner, Quantity, Table, index};
use crate::component::{Access, Ask};
use crate::model::{self, CountFrom, Discipline, INHERITED, NONE, Op, Outcome, Pick, Work};
use crate::units::Span;

/// The passage of calls over a link with a bandwidth.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Transfer {
    /// Hidden node.
    pub(crate) node: u32,
    /// Its name.
    pub(crate) name: String,
    /// The caller.
    pub(crate) from: u32,
    /// What the callee is asked.
    pub(crate) ask: Ask,
}

impl Writer<'_> {
    /// Writes the program of a passage: there, the call, and back.
    pub(crate) fn transfer(&mut self, build: &mut Build, transfer: &Transfer) {
        let edge = self.edge(transfer.from, transfer.ask.node);
        let Some((link, bandwidth)) = edge.link.and_then(|link| Some((link, link.bandwidth?)))
        else {
            unreachable!("only links with a bandwidth have a passage");
        };
        let per_byte = 1e9 / bandwidth;
        let items = Work {
            base: NONE,
            scale: 1.0,
            per_item: 0.0,
            per_byte,
            per_pulled: 0.0,
            each: false,
        };
        let reply = &self.topology.flows[transfer.ask.flow as usize].reply;
        let base = build.sampler(Quantity::Size, reply);
        let reply = Work {
            base,
            scale: per_byte,
            per_item: 0.0,
            per_byte: 0.0,
            per_pulled: 0.0,
            each: false,
        };
        let (there, back) = match transfer.ask.access {
            Access::Read => (None, Some(items)),
            Access::Write | Access::Send => (Some(items), None),
            Access::Call => (Some(items), Some(reply)),
        };
        self.carry(build, transfer.node, "there", there);
        let plan = Plan {
            edge,
            ask: transfer.ask.clone(),
            count: CountFrom::Inherited,
            bytes: Bytes::Inherited,
            key: NONE,
            policy: None,
            place: &link.place,
            on_room: self.onward_room(transfer.ask.node),
        };
        let site = self.next_site(build, transfer.ask.node);
        let mut route = blank(NONE, site);
        route.link = self.link(build, transfer.node, transfer.ask.node, true);
        route.count = CountFrom::Inherited;
        route.bytes = INHERITED;
        route.op = transfer.ask.operation;
        route.on_room = plan.on_room;
        route.same_copy = true;
        route.row = self.row(build, transfer.ask.node, transfer.ask.flow);
        self.distance(build, edge, plan.place, &mut route);
        let program = self.program(Key::Visit(plan.ask));
        let at = index(build.model.routes.len());
        build.model.routes.push(route);
        self.unresolved.push((at, program));
        build.emit(Op::Call { route: at });
        let next = build.here();
        self.carry(build, transfer.node, "back", back);
        if super::call::may_miss(self.class(transfer.ask.node)) {
            self.aside(Patch::Miss(at), Body::Missed, false, Some(next));
        }
    }

    /// Writes the passage of some bytes in one direction.
    fn carry(&self, build: &mut Build, node: u32, direction: &str, work: Option<Work>) {
        let Some(work) = work else { return };
        let owner = Owner::Node(node);
        let known = build.labelled(Table::Groups, owner.clone(), direction);
        let group = known.unwrap_or_else(|| {
            let groups = &mut build.model.groups;
            let at = index(groups.len());
            let first = groups.last().map_or(0, |last| last.first + last.instances);
            groups.push(model::Group {
                node,
                instances: 1,
                first,
                servers: 1,
                discipline: Discipline::ProcessorSharing,
                waiting_limit: u32::MAX,
                when_full: Outcome::Shed,
                blocks: false,
                replaces: false,
                max_wait: NONE,
                planned: false,
                codel: (Span::ZERO, Span::ZERO),
                pick: Pick::Random,
                limit: false,
                handed: false,
                varies: false,
                credit: None,
            });
            build.label(Table::Groups, owner, direction, at);
            at
        });
        let hidden = &mut build.model.nodes[node as usize];
        if hidden.group == NONE {
            hidden.group = group;
        }
        let work = build.work(work);
        build.emit(Op::Serve { group, work });
    }
}
