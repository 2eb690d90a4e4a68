//! Laws → samplers, key laws → ranges of the key space, load lines → sources.

use crate::component::build::{Build, Quantity};
use crate::random::{Keys, Sampler, Unit};
use crate::topology::Topology;
use crate::workload::Source;

/// Compiles what is random about a model.
pub(crate) fn sample(topology: &Topology, build: &mut Build) {
    let samplers = build.laws.iter().map(|(quantity, law)| {
        let unit = match quantity {
            Quantity::Time => Unit::Nanoseconds,
            Quantity::Size | Quantity::Count => Unit::Whole,
        };
        Sampler::compile(law, unit)
    });
    build.model.samplers = samplers.collect();
    build.model.keys = topology.keys.iter().map(|_| Keys).collect();
    build.model.sources = topology.load.iter().map(|_| Source::default()).collect();
}
