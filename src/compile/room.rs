//! Room: servers that a caller keeps until the callee lets its call in.
//!
//! A station that blocks lets visits stand before its full line. The server on which
//! a visit has worked right before it calls such a station is kept meanwhile: it is
//! seized instead of served, and the route of the call says that it is given back as
//! soon as the callee has room, or the call ends without it.
//!
//! Not here: standing before the line (`engine::station`), and telling the caller
//! (`engine::room`).

use super::writer::Writer;
use crate::component::Class;
use crate::component::build::Build;
use crate::model::{Discipline, NONE, OnRoom, Op, Work};
use crate::topology::{CallStep, Role, Step};

impl Writer<'_> {
    /// Whether a call of a node may stand before a full line, there or behind nodes that
    /// hand it on.
    pub(crate) fn is_door(&self, node: u32) -> bool {
        let (mut todo, mut seen) = (vec![node], Vec::new());
        while let Some(node) = todo.pop() {
            if seen.contains(&node) {
                continue;
            }
            seen.push(node);
            if self.component(node).is_some_and(|one| one.blocks()) {
                return true;
            }
            match self.class(node) {
                Some(Class::Forwarding | Class::Limiter | Class::Cache) => {
                    let onward = self.edges(node).into_iter();
                    let primary = onward.filter(|edge| {
                        edge.link.is_some_and(|link| link.role == Role::Primary)
                            && edge.to != self.client
                    });
                    todo.extend(primary.map(|edge| edge.to));
                }
                Some(
                    Class::Programmable
                    | Class::Queue
                    | Class::Log
                    | Class::Topic
                    | Class::Store
                    | Class::Leaf,
                )
                | None => {}
            }
        }
        false
    }

    /// Whether the server of a `compute` is kept for the steps that follow it.
    pub(super) fn keeps_for(&self, steps: &[Step]) -> bool {
        let free = self.compute.group != NONE && !self.compute.blocking;
        free && self.begins_with_door(steps)
    }

    /// Whether the first thing that steps do is a call that may stand before a full line.
    fn begins_with_door(&self, steps: &[Step]) -> bool {
        match steps.first() {
            Some(Step::Call(call)) => self.is_door_call(call),
            Some(Step::Choose(branches)) => branches
                .iter()
                .any(|(_, steps)| self.begins_with_door(steps)),
            Some(
                Step::Compute(_)
                | Step::Pause(_)
                | Step::Parallel { .. }
                | Step::Each { .. }
                | Step::Try { .. }
                | Step::FanOut(_)
                | Step::Gather(_)
                | Step::Fail(_),
            )
            | None => false,
        }
    }

    fn is_door_call(&self, call: &CallStep) -> bool {
        let parts = self.most_items(call) < u32::MAX && call.count.is_some();
        call.wait && !parts && self.is_door(self.model_index(call.target))
    }

    /// Writes work on a server that is kept for what follows.
    pub(super) fn serve_and_keep(&mut self, build: &mut Build, work: Work) {
        let group = self.compute.group;
        let of = &mut build.model.groups[group as usize];
        of.planned = false;
        match of.discipline {
            Discipline::Fifo | Discipline::Lifo | Discipline::Priority | Discipline::CoDel => {}
            Discipline::LifoPreemptive
            | Discipline::PriorityPreemptive
            | Discipline::ProcessorSharing => {
                let node = self.graph_node(self.node);
                let message = format!(
                    "node `{}` calls a node that may keep it waiting before a full line, but \
                     its discipline interrupts or shares service, so that it cannot keep a server",
                    node.name
                );
                Writer::refuse(build, "station::cannot-keep", &node.place, message);
            }
        }
        build.emit(Op::Seize { group });
        let work = build.work(work);
        build.emit(Op::Work { work });
        self.kept = group;
    }

    /// Gives a server that is kept back before a step that has no use for it.
    pub(super) fn before(&mut self, build: &mut Build, step: &Step) {
        if self.kept != NONE && !self.begins_with_door(std::slice::from_ref(step)) {
            self.give_back(build);
        }
    }

    /// Gives a server that is kept back, if there is one.
    pub(super) fn give_back(&mut self, build: &mut Build) {
        let group = std::mem::replace(&mut self.kept, NONE);
        if group != NONE {
            build.emit(Op::Release { group });
        }
    }

    /// Returns who hears of room where a call is only handed on.
    pub(super) fn onward_room(&self, to: u32) -> OnRoom {
        if self.is_door(to) {
            OnRoom::Above
        } else {
            OnRoom::Nobody
        }
    }

    /// Returns what a call that is being written does with a server that is kept.
    pub(super) fn on_room(&mut self) -> OnRoom {
        match std::mem::replace(&mut self.kept, NONE) {
            NONE => OnRoom::Nobody,
            group => OnRoom::Release(group),
        }
    }
}
