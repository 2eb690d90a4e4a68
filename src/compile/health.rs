//! What balancers notice of outages, worked out before the run: outages follow the file's
//! timeline, and so do checks.
//!
//! A copy is out if it is itself, or if it only hands on and everybody behind it is out.

use super::writer::Writer;
use crate::component::Class;
use crate::component::build::{Build, index};
use crate::mechanism::health::{Outages, both, either};
use crate::model::control::{Control, Sight};
use crate::topology::Role;

/// Most nodes one behind the other that hand on; links may go in circles.
const DEEPEST: u32 = 16;

/// Lists what balancers notice of the outages of a run.
pub(super) fn sights(writer: &Writer<'_>, build: &Build, control: &Control) -> Vec<Sight> {
    let mut sights = Vec::new();
    if control.outages.is_empty() {
        return sights;
    }
    for (balancer, constants) in build.model.balancers.iter().enumerate() {
        let component = writer.component(constants.node);
        let Some(health) = component.and_then(|component| component.health()) else {
            continue;
        };
        for (target, behind) in (0u32..).zip(&constants.targets) {
            for copy in 0..behind.copies {
                let out = outages(writer, control, (behind.node, copy), DEEPEST);
                let noticed = health.notices(&out).into_iter();
                sights.extend(noticed.map(|(at, well)| Sight {
                    at,
                    balancer: index(balancer),
                    copy: (target, copy),
                    well,
                }));
            }
        }
    }
    sights
}

/// Returns the times in which a copy of a node is out.
fn outages(writer: &Writer<'_>, control: &Control, (node, copy): (u32, u32), deep: u32) -> Outages {
    let own = control
        .outages
        .iter()
        .filter(|outage| outage.node == node && outage.part.is_none_or(|part| part.has(copy)));
    let mut all: Outages = own.map(|outage| (outage.at, outage.until)).collect();
    let hands_on = matches!(writer.class(node), Some(Class::Forwarding | Class::Limiter));
    if hands_on && deep > 0 {
        let links = writer.edges(node).into_iter();
        let links = links.filter(|edge| edge.link.is_some_and(|link| link.role == Role::Primary));
        let behind = links.flat_map(|edge| {
            let copies = 0..writer.most_copies(edge.to);
            copies.map(move |copy| (edge.to, copy))
        });
        let common = behind
            .map(|one| outages(writer, control, one, deep - 1))
            .reduce(|one, other| both(&one, &other));
        all.extend(common.unwrap_or_default());
    }
    either(all)
}
