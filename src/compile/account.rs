//! What the machines of all nodes need together, against what an account may run at once.
//!
//! An account that has grown has its limits raised, so only that of a new one is known. What
//! counts is the most that there may ever be: `max` of `scaling`, not where it starts.
//!
//! Not here: limits that the engine keeps, such as concurrency of functions (`component`).

use crate::component::Machines;
use crate::diagnostic::{Diagnostic, Place};
use crate::topology::Topology;
use crate::units::show;

/// Refuses nodes whose machines have more processors than the account may run.
pub(super) fn check(topology: &Topology) -> Vec<Diagnostic> {
    let Some(most) = &topology.account.machines else {
        return Vec::new();
    };
    let sorts = [
        (Machines::Managed, most.managed),
        (Machines::Instances, most.instances),
        (Machines::Spot, most.spot),
    ];
    let mut found = Vec::new();
    for (sort, most) in sorts {
        let (mut names, mut all) = (Vec::new(), 0.0);
        for node in topology.graph.node_weights() {
            let of = node.component.as_ref().and_then(|one| one.processors());
            if let Some((_, vcpus)) = of.filter(|(of, _)| *of == sort) {
                names.push(format!("`{}`", node.name));
                all += vcpus;
            }
        }
        if all <= most {
            continue;
        }
        let (names, need) = match names.as_slice() {
            [one] => (one.clone(), "needs"),
            several => (several.join(", "), "need"),
        };
        let message = format!(
            "{names} {need} {} vCPU of {} at most, and a new account may run {}",
            show::number(all),
            sort.words(),
            show::number(most)
        );
        let help = "take fewer or smaller copies, or leave `\"account\": \"new\"` out: the limit is raised on request";
        let diagnostic = Diagnostic::error("account::machines", Place::Whole, message);
        found.push(diagnostic.help(help));
    }
    found
}
