//! What a run is charged while it goes on, at the pace of a period: for alarms on costs.
//!
//! A bill multiplies what a request uses by the requests of a month at their mean rate. Here
//! nothing is known of the month: what was used in the period goes on. Tiers are those of that
//! month; nothing is free.

use super::tariff;
use super::usage::Counted;
use super::{Entry, Input, Part, Sum};
use crate::component::price::Charge;
use crate::metrics::charged::Charges;
use crate::metrics::recording::Recording;
use crate::model::Model;
use crate::topology::Topology;

/// Everything that the nodes of a run pay for.
#[derive(Debug)]
pub struct Pace<'a> {
    topology: &'a Topology,
    model: &'a Model,
    /// Who pays, for what.
    charges: Vec<(usize, Charge)>,
}

impl<'a> Pace<'a> {
    /// Finds what is paid for.
    pub fn new(topology: &'a Topology, model: &'a Model) -> Pace<'a> {
        let nodes = model.nodes.iter().enumerate();
        let charges = nodes.flat_map(|(index, node)| {
            let mut known = topology.graph.node_weights();
            let found = known.find(|known| known.name == node.name);
            let component = found.and_then(|known| known.component.as_deref());
            let charges = component.map_or_else(Vec::new, |component| {
                super::charges(topology, model, component, &node.name)
            });
            charges.into_iter().map(move |charge| (index, charge))
        });
        Pace {
            topology,
            model,
            charges: charges.collect(),
        }
    }
}

impl Charges for Pace<'_> {
    fn used(&self, books: &Recording) -> Vec<f64> {
        let input = Input {
            topology: self.topology,
            model: self.model,
            recordings: std::slice::from_ref(books),
            cut: 0,
            free_tier: false,
            month: 1,
        };
        let counted = Counted::at_its_pace(&input);
        let time = books.horizon.0 as f64;
        let of_month = |(node, charge): &(usize, Charge)| -> f64 {
            let parts = counted.parts(*node, &charge.usage);
            parts.iter().map(|part| part.quantity.value).sum()
        };
        let charges = self.charges.iter();
        charges.map(|charge| of_month(charge) * time).collect()
    }

    fn month_usd(&self, used: &[f64], during_ns: f64, node: Option<u32>) -> f64 {
        let charges = self.charges.iter().zip(used);
        let entries = charges.map(|((node, charge), used)| Entry {
            node: *node,
            charge: *charge,
            parts: vec![Part {
                flow: None,
                quantity: Sum::exact((used / during_ns).max(0.0), 1),
            }],
            measured: true,
        });
        let mut entries: Vec<Entry> = entries.collect();
        entries.retain(|entry| entry.quantity() > 0.0);
        let priced = tariff::priced(&entries, 1, false);
        let own = entries.iter().zip(priced);
        let own = own.filter(|(entry, _)| node.is_none_or(|node| entry.node == node as usize));
        own.map(|(_, priced)| priced.usd.value).sum()
    }
}
