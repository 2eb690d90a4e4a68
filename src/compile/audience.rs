//! Fan-outs and gathers → tables; users → a range of the key space.

use super::step::{Body, Patch, needed};
use super::writer::{Writer, access};
use crate::component::Access;
use crate::component::build::{Build, Quantity, index};
use crate::diagnostic::{Diagnostic, Place};
use crate::model::{self, NONE, Op, Work};
use crate::random::{Keys, Population};
use crate::topology::{FanOutStep, GatherStep, Recipients, Step, Strategy, Topology};
use crate::units::Span;
use std::sync::Arc;

/// Lists the fan-outs of a topology by name.
pub(super) fn fan_outs(topology: &Topology) -> Vec<model::FanOut> {
    let mut all: Vec<model::FanOut> = Vec::new();
    let mut gathered: Vec<(String, u32, bool)> = Vec::new();
    for (flow, one) in topology.flows.iter().enumerate() {
        for steps in one.at.iter().map(|at| &at.steps).chain([&one.client]) {
            each_step(steps, &mut |step| {
                if let Step::FanOut(step) = step {
                    let place = all.iter().position(|known| known.name == step.name);
                    let place = place.unwrap_or_else(|| {
                        all.push(model::FanOut {
                            name: step.name.clone(),
                            flows: Vec::new(),
                            readers: Vec::new(),
                            among: 0.0,
                            switched: true,
                        });
                        all.len() - 1
                    });
                    let known = &mut all[place];
                    if !known.flows.contains(&index(flow)) {
                        known.flows.push(index(flow));
                    }
                    known.switched &= step.strategy.is_none();
                    if !step.of_page {
                        known.among = known.among.max(among(topology, &step.recipients));
                    }
                } else if let Step::Gather(step) = step {
                    let own = step.strategy.is_some();
                    gathered.push((step.name.clone(), index(flow), own));
                }
            });
        }
    }
    for one in &mut all {
        for (_, flow, own) in gathered.iter().filter(|(name, ..)| *name == one.name) {
            one.switched &= !own;
            if !one.readers.contains(flow) {
                one.readers.push(*flow);
            }
        }
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

/// Returns the users among whom recipients are any; 0 where they are only counted.
fn among(topology: &Topology, recipients: &Recipients) -> f64 {
    let Some(audience) = &topology.audience else {
        return 0.0;
    };
    let audience = &audience.population;
    let share = match recipients {
        Recipients::Followers => 1.0,
        Recipients::Active => audience.active,
        Recipients::Online => audience.online,
        Recipients::Count(_) => 0.0,
    };
    audience.users as f64 * share
}

/// Calls `visit` for steps and everything nested in them.
fn each_step<'s>(steps: &'s [Step], visit: &mut dyn FnMut(&'s Step)) {
    for step in steps {
        visit(step);
        match step {
            Step::Compute(_) | Step::Pause(_) | Step::Fail(_) => {}
            Step::Call(call) => {
                for nested in [&call.on_miss, &call.on_error].into_iter().flatten() {
                    each_step(nested, visit);
                }
            }
            Step::Parallel { branches, .. } => {
                branches.iter().for_each(|steps| each_step(steps, visit));
            }
            Step::Choose(options) => {
                options
                    .iter()
                    .for_each(|(_, steps)| each_step(steps, visit));
            }
            Step::Each { steps, .. } => each_step(steps, visit),
            Step::Try {
                steps, on_error, ..
            } => {
                each_step(steps, visit);
                each_step(on_error.as_deref().unwrap_or_default(), visit);
            }
            Step::FanOut(step) => each_step(&step.steps, visit),
            Step::Gather(step) => {
                each_step(&step.own, visit);
                each_step(&step.pull, visit);
            }
        }
    }
}

impl<'t> Writer<'t> {
    /// Writes a fan-out.
    pub(super) fn fan_out(&mut self, build: &mut Build, step: &'t FanOutStep) {
        self.check_pages(build, step);
        let mut cut = false;
        let flow = &self.topology.flows[self.flow as usize];
        for steps in flow.at.iter().map(|at| &at.steps).chain([&flow.client]) {
            each_step(steps, &mut |other| {
                if let Step::FanOut(other) = other {
                    cut |= other.name == step.name && other.of_page;
                }
            });
        }
        let recipients = match &step.recipients {
            Recipients::Followers => model::Recipients::Followers,
            Recipients::Active => model::Recipients::Active,
            Recipients::Online => model::Recipients::Online,
            Recipients::Count(law) => model::Recipients::Count(build.sampler(Quantity::Count, law)),
        };
        let table = model::FanOutStep {
            fan_out: fan_out_index(build, &step.name),
            flow: self.flow,
            entry: NONE,
            recipients,
            of_page: step.of_page,
            batch: step.batch,
            concurrency: step.concurrency,
            small_first: step.small_first,
            threshold: match step.strategy.unwrap_or(self.strategy) {
                Strategy::Write => u64::MAX,
                Strategy::Read => 0,
                Strategy::Hybrid(threshold) => threshold,
            },
            delivers: step.of_page || !cut,
        };
        let at = index(build.model.fan_out_steps.len());
        build.model.fan_out_steps.push(table);
        build.emit(Op::FanOut { step: at });
        self.aside(Patch::Page(at), Body::Steps(&step.steps), true, None);
    }

    /// Writes the reading side.
    pub(super) fn gather(&mut self, build: &mut Build, step: &'t GatherStep, counted: bool) {
        let strategy = step.strategy.unwrap_or(self.strategy);
        let table = model::Gather {
            fan_out: fan_out_index(build, &step.name),
            own: NONE,
            pull: NONE,
            threshold: match strategy {
                Strategy::Write => u64::MAX,
                Strategy::Read => 0,
                Strategy::Hybrid(threshold) => threshold,
            },
            batch: step.batch,
            concurrency: step.concurrency.unwrap_or(u32::MAX),
            needed: needed(step.join),
        };
        let at = index(build.model.gathers.len());
        build.model.gathers.push(table);
        build.emit(Op::Gather { gather: at });
        if strategy != Strategy::Read {
            self.aside(Patch::Own(at), Body::Steps(&step.own), counted, None);
        }
        if strategy != Strategy::Write {
            let counted = counted || step.batch > 1;
            self.aside(Patch::Pull(at), Body::Steps(&step.pull), counted, None);
        }
        if step.merge > Span::ZERO {
            let per_pulled = step.merge.0 as f64 * self.compute.scale;
            self.serve(
                build,
                Work {
                    base: NONE,
                    scale: 1.0,
                    per_item: 0.0,
                    per_byte: 0.0,
                    per_pulled,
                    each: false,
                },
            );
        }
    }

    /// Refuses pages with more items than a call of theirs takes at once.
    fn check_pages(&self, build: &mut Build, step: &FanOutStep) {
        each_step(&step.steps, &mut |inner| {
            let Step::Call(call) = inner else { return };
            let most = self.most_items(call);
            if call.count.is_none() && access(call) != Access::Send && step.batch > most {
                let message = format!(
                    "a page has {} recipients, but one call takes at most {most} items",
                    step.batch
                );
                Writer::refuse(build, "fan-out::batch-above-most", &call.place, message);
            }
        });
    }
}

/// Returns the index of a fan-out by name.
fn fan_out_index(build: &Build, name: &str) -> u32 {
    let found = build.model.fan_outs.iter().position(|one| one.name == name);
    found.map_or(NONE, index)
}

/// Gives the users of the audience a range of the key space, after `base`, and
/// returns where it ends.
pub(super) fn users(topology: &Topology, build: &mut Build, base: u32) -> u32 {
    let Some(audience) = &topology.audience else {
        return base;
    };
    let population = Arc::new(Population::new(&audience.population));
    let end = u64::from(base) + population.users();
    build.model.users_base = base;
    build.model.population = Some(population);
    u32::try_from(end).unwrap_or_else(|_| {
        build.errors.push(Diagnostic::error(
            "key::too-many",
            Place::Whole,
            "the users of the `audience` and the other keys are more than 4294967295",
        ));
        base
    })
}

/// Compiles the keys of users.
///
/// # Errors
///
/// Says so if there is no audience, or too many keys.
pub(super) fn user_keys(build: &Build, author: bool) -> Result<Keys, String> {
    let population = build.model.population.as_ref();
    let population = population.ok_or("there is no audience")?;
    Keys::users(population, author, build.model.users_base)
}
