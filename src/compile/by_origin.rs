//! Answers that depend on where who asks is: one branch to a place of the flow's clients.
//!
//! A request draws its place by the weights of `from`, and goes to what that place is
//! told: the nearest link by mean latency, or what a table says. Its way there and back
//! are those of the place.
//!
//! Not here: how far apart places are (`latency`).

use super::latency::Spot;
use super::writer::{Edge, Writer};
use crate::component::build::Build;
use crate::component::{Ask, Forward};

impl<'t> Writer<'t> {
    /// Writes a choice among links by the place of who asks.
    pub(super) fn by_origin(
        &mut self,
        build: &mut Build,
        ask: &Ask,
        edges: &[Edge<'t>],
        how: &Forward,
        transparent: bool,
    ) {
        let node = self.graph_node(ask.node);
        let Some(origins) = self.clients() else {
            let flow = &self.topology.flows[ask.flow as usize].name;
            let message = format!(
                "node `{}` answers by the place of who asks: give the load of flow `{flow}` a `from`",
                node.name
            );
            return Writer::refuse(build, "origin::unknown", &node.place, message);
        };
        let mut answers = Vec::new();
        for (_, origin) in &origins {
            match self.answer(edges, origin, how) {
                Ok(edge) => answers.push(edge),
                Err(message) => {
                    let message = format!("node `{}` {message}", node.name);
                    return Writer::refuse(build, "origin::no-answer", &node.place, message);
                }
            }
        }
        let weights: Vec<f64> = origins.iter().map(|(weight, _)| *weight).collect();
        let split = self.open_split(build, &weights);
        let mut jumps = Vec::new();
        for (at, (edge, (_, origin))) in answers.into_iter().zip(origins).enumerate() {
            Writer::enter_branch(build, split, at);
            self.origin = Some(origin);
            self.hand_to(build, ask, edge, transparent);
            self.origin = None;
            jumps.push(build.jump());
        }
        for jump in jumps {
            build.land(jump);
        }
    }

    /// Returns the link that a place is told.
    fn answer(&self, edges: &[Edge<'t>], origin: &Spot, how: &Forward) -> Result<Edge<'t>, String> {
        if let Some(edge) = edges
            .iter()
            .find(|edge| self.transfers.contains_key(&(edge.from, edge.to)))
        {
            return Err(format!(
                "is no place: its link to `{}` has no `bandwidth`",
                self.graph_node(edge.to).name
            ));
        }
        match how {
            Forward::ByOrigin(locations) => self.told(edges, origin, locations),
            Forward::ByWeight
            | Forward::Balance(_)
            | Forward::Resolved { .. }
            | Forward::Nearest => self.nearest(edges, origin),
        }
    }

    /// Returns the link that is nearest to a place, the first of equals.
    fn nearest(&self, edges: &[Edge<'t>], origin: &Spot) -> Result<Edge<'t>, String> {
        let mut best: Option<(f64, Edge<'t>)> = None;
        for edge in edges {
            let away = self.away(origin, edge.to).map_err(|(from, to)| {
                format!(
                    "does not know the latency between `{from}` and `{to}`: \
                     write \"{from} {to}\" under `latency` of `placement`"
                )
            })?;
            if best.is_none_or(|(least, _)| away < least) {
                best = Some((away, *edge));
            }
        }
        best.map(|(_, edge)| edge)
            .ok_or_else(|| "has no link".to_owned())
    }

    /// Returns the link that a table gives a place: by the longest key that it begins with.
    fn told(
        &self,
        edges: &[Edge<'t>],
        origin: &Spot,
        locations: &[(String, String)],
    ) -> Result<Edge<'t>, String> {
        let place = origin.name();
        let holds = |key: &str| {
            let rest = place.strip_prefix(key);
            key == "*" || rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
        };
        let length = |key: &str| if key == "*" { 0 } else { key.len() };
        let found = locations.iter().filter(|(key, _)| holds(key));
        let found = found.max_by_key(|(key, _)| length(key));
        let Some((_, name)) = found else {
            return Err(format!(
                "has no answer for `{place}`: give `locations` a \"*\""
            ));
        };
        let mut edges = edges.iter();
        let edge = edges.find(|edge| self.graph_node(edge.to).name == *name);
        edge.copied()
            .ok_or_else(|| format!("has no link to `{name}` that takes the call"))
    }
}
