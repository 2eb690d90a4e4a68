//! Calls that a node makes without a flow's steps: of itself, once more, and of whom it asks
//! first.
//!
//! Not here: who makes them, and when (`component`).

use super::call::{Bytes, Plan, blank, kind_retry};
use super::writer::{Edge, Key, Writer, operation};
use crate::component::build::{Build, Quantity, index};
use crate::component::{Access, Ask, RetryDefaults};
use crate::model::{CountFrom, NONE, OnRoom, Op};
use crate::random::law::Law;
use crate::topology::{Link, Role};

impl<'t> Writer<'t> {
    /// Writes a call of the asked node by itself, for the same; the link does not show.
    pub(crate) fn call_again(&mut self, build: &mut Build, ask: &Ask, retry: &RetryDefaults) {
        let mut route = blank(NONE, self.next_site(build, ask.node));
        route.link = self.link(build, ask.node, ask.node, true);
        route.bytes = build.sampler(Quantity::Size, &Law::Constant(1024.0));
        route.again = true;
        route.retry = kind_retry(build, retry, None);
        route.op = ask.operation;
        route.row = self.row(build, ask.node, self.flow);
        let program = self.program(Key::Visit(ask.clone()));
        let at = index(build.model.routes.len());
        build.model.routes.push(route);
        self.unresolved.push((at, program));
        build.emit(Op::Call { route: at });
    }

    /// Returns the link to the node that the asked node asks first.
    pub(crate) fn asked_first(&self, ask: &Ask) -> Option<(Edge<'t>, &'t Link)> {
        let first = self.component(ask.node)?.asks()?;
        self.edges(ask.node).into_iter().find_map(|edge| {
            let link = edge.link.filter(|link| link.role == Role::Primary)?;
            (self.graph_node(edge.to).name == first).then_some((edge, link))
        })
    }

    /// Writes a call of the node that the asked node asks first; says whether a link leads there.
    pub(crate) fn ask_first(&mut self, build: &mut Build, ask: &Ask) -> bool {
        let Some((edge, link)) = self.asked_first(ask) else {
            return false;
        };
        let plan = Plan {
            edge,
            ask: Ask::new(
                edge.to,
                ask.flow,
                Access::Call,
                operation(self.component(edge.to), None, Access::Call),
            ),
            count: CountFrom::One,
            bytes: Bytes::Item,
            key: NONE,
            policy: None,
            place: &link.place,
            on_room: OnRoom::Nobody,
        };
        let route = self.route(build, &plan);
        let asked = self.component(edge.to);
        if let (None, Some(kept)) = (&link.call.retry, asked.and_then(|one| one.keeps_secrets())) {
            build.model.routes[route as usize].retry = kind_retry(build, &kept.retry, None);
        }
        build.emit(Op::Call { route });
        true
    }
}
