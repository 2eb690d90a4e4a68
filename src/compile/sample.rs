//! Laws → samplers, key laws → ranges of the key space, load lines → sources.

use crate::component::build::Build;
use crate::random::{Keys, Sampler};
use crate::topology::Topology;
use crate::workload::Source;

/// Compiles what is random about a model.
pub(crate) fn sample(topology: &Topology, build: &mut Build) {
    build.model.samplers = build.laws.iter().map(|_| Sampler).collect();
    build.model.keys = topology.keys.iter().map(|_| Keys).collect();
    build.model.sources = topology.load.iter().map(|_| Source).collect();
}
