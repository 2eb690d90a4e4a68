//! What copies read before they are ready → `model::control::Reads`.
//!
//! A start goes over the same route as a visit's call. That leads to a program of tokens and
//! work, or is refused: a start is no visit, which could wait in a line.

use super::writer::Writer;
use crate::component::build::{Build, index};
use crate::model::control::Reads;
use crate::model::{Op, Outcome};

/// Returns what copies of a node read before they are ready, if they read something.
pub(super) fn reads(writer: &Writer<'_>, build: &mut Build, node: u32) -> Option<Reads> {
    let model = &build.model;
    let credential = model.credentials.iter().position(|one| one.node == node)?;
    let asked = writer.component(node)?.asks()?;
    let name = format!("{}->{asked}", model.nodes[node as usize].name);
    let link = model.links.iter().position(|link| link.name == name)?;
    let over = |route: &crate::model::Route| route.link == index(link) && !route.strand;
    let route = model.routes.iter().position(over)?;
    let entry = model.routes[route].entry as usize;
    let program = model.ops[entry..].iter();
    let rest = program.copied().find(|op| !is_passage(op));
    let end = Op::Leave {
        outcome: Outcome::Completed,
    };
    if rest != Some(end) {
        let at = writer.graph_node(node);
        let message = format!(
            "copies of node `{}` read from `{asked}` before they are ready, over a link that has a `bandwidth`",
            at.name
        );
        Writer::refuse(build, "secret::bandwidth", &at.place, message);
    }
    Some(Reads {
        route: index(route),
        credential: index(credential),
    })
}

/// Whether a start can go through an operation.
fn is_passage(op: &Op) -> bool {
    matches!(op, Op::Admit { .. } | Op::Work { .. })
}
