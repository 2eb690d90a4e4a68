//! At what balancers look, and what lies behind it: what they notice follows from the times
//! at which something is out (`model::fault`).
//!
//! A copy is out if it is itself, or if it only hands on and everybody behind it is out.

use super::writer::Writer;
use crate::component::Class;
use crate::component::build::{Build, index};
use crate::model::control::Control;
use crate::model::fault::{Look, Reach};
use crate::topology::Role;

/// Most nodes one behind the other that hand on; links may go in circles.
const DEEPEST: u32 = 16;

/// Lists the copies that balancers look at, if anything is ever out.
pub(super) fn looks(writer: &Writer<'_>, build: &Build, control: &Control) -> Vec<Look> {
    let mut looks = Vec::new();
    let mut faults = control.all_faults();
    if faults.all(|faults| faults.outages.is_empty() && faults.pauses.is_empty()) {
        return looks;
    }
    for (balancer, constants) in build.model.balancers.iter().enumerate() {
        let component = writer.component(constants.node);
        let Some(health) = component.and_then(|component| component.health()) else {
            continue;
        };
        for (target, behind) in (0u32..).zip(&constants.targets) {
            for copy in 0..behind.copies {
                looks.push(Look {
                    balancer: index(balancer),
                    copy: (target, copy),
                    health,
                    reach: reach(writer, (behind.node, copy), DEEPEST),
                });
            }
        }
    }
    looks
}

/// Returns what lies behind a copy of a node.
fn reach(writer: &Writer<'_>, (node, copy): (u32, u32), deep: u32) -> Reach {
    let hands_on = matches!(writer.class(node), Some(Class::Forwarding | Class::Limiter));
    let mut behind = Vec::new();
    if hands_on && deep > 0 {
        let links = writer.edges(node).into_iter();
        let links = links.filter(|edge| edge.link.is_some_and(|link| link.role == Role::Primary));
        behind.extend(links.flat_map(|edge| {
            let copies = 0..writer.most_copies(edge.to);
            copies.map(move |copy| reach(writer, (edge.to, copy), deep - 1))
        }));
    }
    Reach { node, copy, behind }
}
