//! Visits: what a component writes, once for every version that takes visits side by side.
//!
//! A visit of such a node begins with a jump to its version, of which the state of the run
//! decides (`engine::alias`). What versions share is what they name by the same label.

use super::writer::Writer;
use crate::component::build::{Build, index};
use crate::component::{Ask, Component, Program};
use crate::model::{self, Op, Outcome};
use crate::topology::{Deployment, Node};
use petgraph::graph::NodeIndex;

/// What a version is, to those who write its programs.
#[derive(Clone, Copy, Debug)]
struct Version<'t> {
    /// The one at the start is 0.
    number: u32,
    /// Its parameters.
    component: &'t dyn Component,
    /// Multiplies its compute.
    slow: f64,
    /// Share of its visits that fail after their work.
    fail: f64,
}

impl<'t> Writer<'t> {
    /// Writes the program of a visit.
    pub(crate) fn visit(&mut self, build: &mut Build, ask: &Ask) {
        let node = self.graph_node(ask.node);
        let Some(component) = node.component.as_deref() else {
            return;
        };
        self.refuse_large(build, ask);
        let first = Version {
            number: 0,
            component,
            slow: 1.0,
            fail: 0.0,
        };
        let Some(alias) = self.aliases().iter().position(|one| *one == ask.node) else {
            return self.version(build, ask, node, first);
        };
        let later = self.deployments_of(ask.node);
        let later = (1u32..).zip(later).map(|(number, one)| Version {
            number,
            component: one.set.as_deref().unwrap_or(component),
            slow: one.slow,
            fail: one.fail,
        });
        let split = index(build.model.splits.len());
        build.model.splits.push(model::Split {
            branches: Vec::new(),
            alias: index(alias),
        });
        build.emit(Op::Split { split });
        for version in [first].into_iter().chain(later) {
            if version.number > 0 {
                build.emit(Op::Leave {
                    outcome: Outcome::Completed,
                });
                self.flush(build);
            }
            // A run begins with the first one alone.
            let branch = (u64::MAX, build.here());
            build.model.splits[split as usize].branches.push(branch);
            self.version(build, ask, node, version);
        }
    }

    /// Writes what a visit of one version does.
    fn version(&mut self, build: &mut Build, ask: &Ask, node: &Node, version: Version<'_>) {
        let mut program = Program {
            map: None,
            build,
            around: self,
            ask,
            info: version.component.info(),
            name: &node.name,
            place: &node.place,
            version: version.number,
            slow: version.slow,
        };
        version.component.compile(&mut program);
        program.fail(version.fail);
    }

    /// Returns the nodes of which versions take visits side by side, as indices into the model's.
    pub(crate) fn aliases(&self) -> Vec<u32> {
        let deployments = self.topology.deployments.iter();
        let aliased = deployments.filter(|one| !self.is_fleet(one.node));
        let mut nodes: Vec<u32> = aliased.map(|one| self.model_index(one.node)).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    /// Returns the deployments of a node, in the order of the file.
    fn deployments_of(&self, node: u32) -> Vec<&'t Deployment> {
        let deployments = self.topology.deployments.iter();
        deployments
            .filter(|one| self.model_index(one.node) == node)
            .collect()
    }

    /// Whether a node consists of copies that are replaced one by one.
    pub(crate) fn is_fleet(&self, node: NodeIndex<u32>) -> bool {
        let component = self.topology.graph[node].component.as_deref();
        component.is_some_and(|one| one.is_fleet())
    }
}
