//! The picture of a topology: what is drawn of its nodes and links.

use super::{Arrow, Line, Picture, Shape};
use crate::topology::{Link, Match, Role, Topology};
use crate::units::show;
use petgraph::visit::EdgeRef;

/// Makes the picture of a topology: its nodes and links, those of the clients included.
pub fn picture(topology: &Topology) -> Picture {
    let nodes = topology.graph.node_indices().map(|node| {
        let node = &topology.graph[node];
        let is_client = node.component.is_none();
        Shape {
            name: node.name.clone(),
            kind: if is_client {
                String::new()
            } else {
                node.kind.to_owned()
            },
            used: None,
        }
    });
    let mut links: Vec<_> = topology.graph.edge_references().collect();
    links.sort_by_key(|link| link.weight().order);
    let arrows = links.into_iter().map(|link| Arrow {
        from: link.source().index(),
        to: link.target().index(),
        label: label(link.weight(), topology),
        line: line(
            link.weight(),
            topology.graph[link.source()].component.as_deref(),
        ),
    });
    Picture {
        title: topology.name.clone(),
        nodes: nodes.collect(),
        arrows: arrows.collect(),
    }
}

/// Chooses how a link is drawn.
fn line(link: &Link, source: Option<&dyn crate::component::Component>) -> Line {
    let delivers = source.is_some_and(|component| component.info().class.delivers());
    match (link.role, delivers) {
        (Role::Standby | Role::DeadLetter, _) => Line::Dotted,
        (Role::Primary, true) => Line::Dashed,
        (Role::Primary, false) => Line::Solid,
    }
}

/// Says what is particular about a link.
fn label(link: &Link, topology: &Topology) -> String {
    let mut parts = Vec::new();
    for taken in link.matches.iter().flatten() {
        parts.push(match taken {
            Match::Flow(flow) => topology.flows[*flow].name.clone(),
            Match::Endpoint(endpoint) => format!("/{endpoint}"),
        });
    }
    match link.role {
        Role::Primary => {}
        Role::Standby => parts.push("standby".to_owned()),
        Role::DeadLetter => parts.push("dead letters".to_owned()),
    }
    if let Some(timeout) = link.call.timeout {
        parts.push(format!("timeout {}", show::duration(timeout.0 as f64)));
    }
    match &link.call.retry {
        Some(retry) if retry.attempts == u32::MAX => parts.push("retries".to_owned()),
        Some(retry) if retry.attempts > 1 => parts.push(format!("{} attempts", retry.attempts)),
        Some(_) | None => {}
    }
    if let Some(batch) = link.delivery.batch {
        parts.push(format!("batch {batch}"));
    }
    parts.join(", ")
}
