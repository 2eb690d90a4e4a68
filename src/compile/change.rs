//! Changes of parameters → the model as it is while they go on.
//!
//! For every set of changes that may go on together the design is compiled once more, with what
//! they say laid over its nodes, and compared with what it is without them (`alike`): what can
//! change while the system runs is then in `Model::altered`, and of what cannot the file is told
//! which parameter it comes from.

use super::alike::{Difference, compare};
use super::probe::{Single, apart, examples, together};
use super::{design, sample};
use crate::component::Component;
use crate::component::build::{Build, index};
use crate::diagnostic::{Diagnostic, Place};
use crate::model::change::{Altered, in_time};
use crate::model::fault;
use crate::spec::value::shortened;
use crate::spec::{listed, nearest};
use crate::topology::{Change, Fault, Strategy, Topology, When, Wrong};
use crate::units::SimTime;
use petgraph::graph::NodeIndex;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most sets of changes that may go on together.
///
/// CHOICE: each is a model of its own; five faults that come at random make 31.
const MOST_SETS: usize = 64;

/// A design whose nodes have other parameters for some time.
struct Changing<'t> {
    topology: &'t Topology,
    strategy: Strategy,
    /// Its changes, in file order.
    all: Vec<(&'t Fault, &'t Change)>,
    /// What it is without them.
    base: &'t Build,
}

/// Nodes, and what they are.
type Components = Vec<(NodeIndex<u32>, Arc<dyn Component>)>;

/// Compiles a design as it is while parameters are changed.
///
/// # Errors
///
/// What cannot change while the system runs.
pub(super) fn altered(
    topology: &Topology,
    strategy: Strategy,
    base: &Build,
) -> Result<Vec<(Vec<u32>, Build)>, Vec<Diagnostic>> {
    let all = topology
        .faults
        .iter()
        .filter_map(|fault| match &fault.what {
            Wrong::Change(change) => Some((fault, change)),
            Wrong::Failover(_)
            | Wrong::Crash(_)
            | Wrong::Impairment { .. }
            | Wrong::Pause(..)
            | Wrong::Flush(_)
            | Wrong::Link { .. } => None,
        });
    let changing = Changing {
        topology,
        strategy,
        all: all.collect(),
        base,
    };
    if changing.all.is_empty() {
        return Ok(Vec::new());
    }
    let alone = 0..index(changing.all.len());
    let wrong: Vec<Diagnostic> = alone.flat_map(|one| changing.check(one)).collect();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut found = Vec::new();
    for by in changing.sets()? {
        let components = changing.components(&by)?;
        let build = changing.compiled(base, &components);
        let difference = compare(&base.model, &build.model);
        if difference.fixed || !build.errors.is_empty() {
            return Err(vec![changing.refuse_together(&by, build.errors)]);
        }
        found.push((by, build));
    }
    Ok(found)
}

/// Completes the models of changed parameters, once that without them has been.
pub(super) fn complete(base: &mut Build, altered: Vec<(Vec<u32>, Build)>) {
    let mut altered = altered;
    let ordinal = |build: &Build| build.model.needs_ordinal;
    let needs_ordinal = ordinal(base) || altered.iter().any(|(_, build)| ordinal(build));
    for group in 0..base.model.groups.len() {
        let servers = base.model.groups[group].servers;
        let mut others = altered.iter().map(|(_, build)| &build.model.groups[group]);
        // Whoever plans knows from the beginning how many servers there are.
        if others.any(|other| other.servers != servers) {
            base.model.groups[group].planned = false;
        }
        let planned = base.model.groups[group].planned;
        for (_, build) in &mut altered {
            build.model.groups[group].planned = planned;
        }
    }
    base.model.needs_ordinal = needs_ordinal;
    for (by, mut build) in altered {
        sample::like(&base.model, &mut build);
        build.model.needs_ordinal = needs_ordinal;
        let model = build.model;
        base.model.altered.push(Altered { by, model });
    }
}

impl Changing<'_> {
    /// Lists the sets of changes that may go on together.
    fn sets(&self) -> Result<BTreeSet<Vec<u32>>, Vec<Diagnostic>> {
        let (mut once, mut again) = (Vec::new(), Vec::new());
        for (change, (fault, _)) in (0..).zip(&self.all) {
            match fault.when {
                When::Once { at, length } => once.push(fault::Change {
                    change,
                    at,
                    until: length.map_or(SimTime::NEVER, |length| at + length),
                }),
                When::Again { .. } => again.push(change),
            }
        }
        let timed: BTreeSet<Vec<u32>> = in_time(&once).into_iter().map(|(_, by)| by).collect();
        let mut sets = timed;
        for change in again {
            if sets.len() > MOST_SETS {
                break;
            }
            let with = |by: &Vec<u32>| {
                let mut by = by.clone();
                by.push(change);
                by.sort_unstable();
                by
            };
            let more: Vec<Vec<u32>> = sets.iter().map(with).collect();
            sets.extend(more);
        }
        sets.remove(&Vec::new());
        if sets.len() <= MOST_SETS {
            return Ok(sets);
        }
        let (fault, _) = self.all[self.all.len() - 1];
        let message = format!(
            "more than {MOST_SETS} sets of changes may go on together, each of which is simulated as a system of its own"
        );
        let help = "write what changes together as one fault for each node, or let fewer of them come with `every`";
        let diagnostic = Diagnostic::error("fault::too-many-changes", fault.place.clone(), message);
        Err(vec![diagnostic.help(help)])
    }

    /// Reads the nodes as they are while some changes go on.
    fn components(&self, by: &[u32]) -> Result<Components, Vec<Diagnostic>> {
        let changes = by.iter().map(|one| self.all[*one as usize].1);
        let changes: Vec<&Change> = changes.collect();
        let nodes: BTreeSet<NodeIndex<u32>> = changes.iter().map(|one| one.node).collect();
        let nodes = nodes.into_iter().filter_map(|node| {
            let mine = || changes.iter().copied().filter(|one| one.node == node);
            let component = mine().next()?.read(mine());
            Some(component.map(|component| (node, component)))
        });
        nodes.collect()
    }

    /// Compiles the design with other nodes, so that it can be compared with what is known.
    fn compiled(
        &self,
        known: &Build,
        components: &[(NodeIndex<u32>, Arc<dyn Component>)],
    ) -> Build {
        let mut topology = self.topology.clone();
        for (node, component) in components {
            topology.graph[*node].component = Some(Arc::clone(component));
        }
        design(&topology, self.strategy, Build::knowing(known))
    }

    /// Returns what one change makes different; nothing if it cannot be.
    fn difference(&self, change: &Change) -> Option<Difference> {
        let component = change.read([change]).ok()?;
        let build = self.compiled(self.base, &[(change.node, component)]);
        let found = compare(&self.base.model, &build.model);
        build.errors.is_empty().then_some(found)
    }

    /// Says what of a change is wrong if it goes on alone.
    fn check(&self, one: u32) -> Vec<Diagnostic> {
        let (fault, change) = self.all[one as usize];
        let mut deployments = self.topology.deployments.iter();
        if deployments.any(|one| one.node == change.node && one.set.is_some()) {
            let name = shortened(&self.topology.graph[change.node].name);
            let message = format!(
                "a version of node `{name}` sets parameters of its own: its parameters cannot change as well"
            );
            let place = fault.place.clone();
            return vec![Diagnostic::error("fault::change", place, message)];
        }
        let component = match change.read([change]) {
            Ok(component) => component,
            Err(found) => return found,
        };
        let build = self.compiled(self.base, &[(change.node, component)]);
        if !build.errors.is_empty() {
            return vec![self.refuse_together(&[one], build.errors)];
        }
        let difference = compare(&self.base.model, &build.model);
        let singles = apart(change.given(), (change.info.parameters)());
        if difference.fixed {
            // Each by itself; if none of them is to blame, they are together.
            let blamed = singles.iter().filter(|single| {
                let alone = change.with(together([*single]));
                self.difference(&alone).is_none_or(|found| found.fixed)
            });
            let blamed: Vec<&Single> = blamed.collect();
            if blamed.is_empty() {
                return vec![self.refuse_together(&[one], Vec::new())];
            }
            let why = "cannot change while the system runs";
            let refuse = |single: &&Single| self.refuse(change, single, why);
            return blamed.iter().map(refuse).collect();
        }
        let idle = singles.iter().filter(|single| {
            let others = singles.iter().filter(|other| other.path != single.path);
            self.is_idle(change, &change.with(together(others)))
        });
        let why = "makes no difference while the system runs: it is for the bill, for the start, or for what nobody asks of the node";
        idle.map(|single| self.refuse(change, single, why))
            .collect()
    }

    /// Whether a part of a change is for something else than a run: without it the node has
    /// other parameters, and the design is the same.
    fn is_idle(&self, change: &Change, without: &Change) -> bool {
        let (Ok(with), Ok(less)) = (change.read([change]), without.read([without])) else {
            return false;
        };
        if format!("{with:?}") == format!("{less:?}") {
            return false;
        }
        let less = self.compiled(self.base, &[(change.node, less)]);
        let with = self.compiled(&less, &[(change.node, with)]);
        less.errors.is_empty() && !compare(&less.model, &with.model).any
    }

    /// Refuses a parameter of a change.
    fn refuse(&self, change: &Change, single: &Single, why: &str) -> Diagnostic {
        let name = shortened(&self.topology.graph[change.node].name);
        let path = shortened(&single.path);
        let message = format!("`{path}` of node `{name}` {why}");
        let can = self.changeable(change);
        let can = || can.iter().map(String::as_str);
        let near = nearest(&single.path, can()).map(|near| format!("did you mean `{near}`? "));
        let others = "a variant has others from the start";
        let help = match can().next() {
            Some(_) => format!(
                "{}of this node can change {}; {others}",
                near.unwrap_or_default(),
                listed(can(), "and")
            ),
            None => format!("nothing of this node can change; {others}"),
        };
        Diagnostic::error("fault::change", single.place.clone(), message).help(help)
    }

    /// Refuses what some changes do together.
    fn refuse_together(&self, by: &[u32], errors: Vec<Diagnostic>) -> Diagnostic {
        let titles = by
            .iter()
            .map(|one| self.all[*one as usize].0.title.as_str());
        let titles = listed(titles, "and");
        let last = by.last().map_or(0, |one| *one as usize);
        let place = self.all[last].0.place.clone();
        match errors.into_iter().next() {
            Some(error) => Diagnostic {
                code: error.code,
                place,
                message: format!("with fault {titles}: {}", error.message),
                ..error
            },
            None => {
                let message = format!(
                    "what fault {titles} changes together cannot change while the system runs"
                );
                Diagnostic::error("fault::change", place, message)
                    .help("let each parameter change by itself, to see which of them can")
            }
        }
    }

    /// Lists the parameters of a node that can change, as far as trying some values tells.
    fn changeable(&self, change: &Change) -> Vec<String> {
        let place = Place::Whole;
        let mut found: Vec<String> = Vec::new();
        for single in examples((change.info.parameters)(), &place) {
            if found.last() == Some(&single.path) {
                continue;
            }
            let difference = self.difference(&change.with(together([&single])));
            if difference.is_some_and(|found| found.any && !found.fixed) {
                found.push(single.path);
            }
        }
        found
    }
}
