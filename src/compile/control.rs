//! What watches a run and changes it: alarms, scaling → `model::control`.

use std::collections::BTreeMap;

use super::measure::{has_servers, metric};
use super::writer::Writer;
use crate::component::Launches;
use crate::component::build::{Build, Quantity, index, threshold64};
use crate::component::scaling::Tracked;
use crate::diagnostic::Diagnostic;
use crate::mechanism::{alarm, scaling};
use crate::model::NONE;
use crate::model::control::{
    Alarm, Compare, Condition, Control, Deployment, Elastic, Metric, Reading, Reclaim, Scaling,
    State, Watch, Whom,
};
use crate::random::law::Law;
use crate::topology::{self, Bound, Objective, Topology};
use crate::units::Span;

/// Share of the target of copies below which a point counts as low.
///
/// SOURCE: Auto Scaling user guide, target tracking: the low alarm that is made lies at
/// about nine tenths of the target (its observed shape, no promise). Read 2026-11.
const LOW: f64 = 0.9;

/// Returns the nodes whose copies come and go: copies at the start, and most at once.
pub(crate) fn rooms(topology: &Topology, writer: &Writer<'_>) -> BTreeMap<u32, (u32, u32)> {
    let mut rooms = BTreeMap::new();
    for node in topology.graph.node_indices() {
        let component = topology.graph[node].component.as_deref();
        let Some((component, scaling)) = component.and_then(|one| Some((one, one.scaling()?)))
        else {
            continue;
        };
        let most = scaling.max.unwrap_or(scaling.min);
        let start = component.copies().clamp(scaling.min, most.max(scaling.min));
        let room = scaling.room().max(start);
        // Those that have notice are beside those that come for them.
        let room = match component.reclaimed() {
            Some(_) => room.saturating_mul(2),
            None => room,
        };
        rooms.insert(writer.model_index(node), (start, room));
    }
    // Every version may have all its copies beside what is left of the others.
    let fleets = topology.deployments.iter();
    for deployment in fleets.filter(|one| writer.is_fleet(one.node)) {
        let node = writer.model_index(deployment.node);
        let component = topology.graph[deployment.node].component.as_ref();
        let copies = component.map_or(1, |one| one.copies());
        let room = rooms.entry(node).or_insert((copies, copies));
        let scaling = component.and_then(|one| one.scaling());
        room.1 += scaling.map_or(copies, |scaling| scaling.room().max(copies));
    }
    rooms
}

/// Writes everything that watches a run and changes it.
pub(crate) fn control(topology: &Topology, writer: &Writer<'_>, build: &mut Build) {
    let mut watches = Watches::default();
    // Programs have declared the supplies.
    let mut control = std::mem::take(&mut build.model.control);
    for alarm in &topology.alarms {
        let Some(when) = watches.condition(build, (topology, &alarm.when), alarm.period) else {
            continue;
        };
        control.alarms.push(Alarm {
            name: alarm.name.clone(),
            when,
            rules: alarm::Rules {
                breaches: alarm.breaches,
                of: alarm.of,
                missing: alarm.missing,
            },
            delay: alarm.delay,
        });
    }
    let mut known: Vec<Launches> = Vec::new();
    for (&node, &(start, room)) in &writer.rooms {
        let component = writer.component(node);
        let launches = component.and_then(|one| one.launches()).map(|launches| {
            let place = known.iter().position(|one| one.label == launches.label);
            index(place.unwrap_or_else(|| {
                known.push(launches);
                known.len() - 1
            }))
        });
        let hosts = component.and_then(|one| one.hosts());
        // A deployment lasts minutes: what it adds to a run is no part of every month's bill.
        let paid = component.filter(|one| one.pays_by_copy() && one.scaling().is_some());
        control.elastic.push(Elastic {
            node,
            said: paid.map(|one| one.copies().max(1)),
            start,
            room,
            scaling: watches.scaling(topology, writer, build, node),
            launches: launches.unwrap_or(NONE),
            reclaim: component.and_then(|one| one.reclaimed()).map(|reclaimed| {
                let mut after = |mean: Option<f64>| {
                    let law = mean.map(|mean| Law::Exponential { mean });
                    build.sampler_or_none(Quantity::Time, law.as_ref())
                };
                Reclaim {
                    after: after(reclaimed.alone),
                    notice: reclaimed.notice,
                    groups: reclaimed.together.map_or(1, |(groups, _)| groups),
                    together: after(reclaimed.together.map(|(_, mean)| mean)),
                }
            }),
            reads: super::credential::reads(writer, build, node),
            hosts: hosts.map(|hosts| {
                let start = build.sampler(Quantity::Time, &hosts.start);
                (hosts.each.max(1), start)
            }),
        });
    }
    let known = known.iter().map(|one| (one.rate_per_s, one.burst));
    control.launches = known.collect();
    control.aliases = writer.aliases();
    for deployment in &topology.deployments {
        let node = writer.model_index(deployment.node);
        let elastic = control.elastic.iter().position(|one| one.node == node);
        let alias = control.aliases.iter().position(|one| *one == node);
        let earlier = control.deployments.iter();
        let earlier = earlier.filter(|one: &&Deployment| one.node == node);
        let own = || {
            let component = writer.component(node);
            let start_up = component.map_or(Span::ZERO, |one| one.start_up());
            Law::Constant(start_up.0 as f64)
        };
        let start_up = deployment.start_up.clone().unwrap_or_else(own);
        control.deployments.push(Deployment {
            at: deployment.at,
            node,
            elastic: elastic.map_or(NONE, index),
            alias: alias.map_or(NONE, index),
            strategy: deployment.strategy,
            version: (earlier.count() + 1).min(255) as u8,
            slow: deployment.slow,
            fail: threshold64(deployment.fail),
            start_up: build.sampler(Quantity::Time, &start_up),
            rollback_on: deployment.rollback_on.iter().map(|at| index(*at)).collect(),
            rollback: build.sampler_or_none(Quantity::Time, deployment.rollback.as_ref()),
        });
    }
    super::faults::faults(topology, writer, build, &mut control);
    for (id, supply) in (0u32..).zip(&mut control.supplies) {
        if supply.is_watched() {
            supply.watch = watches.watch(Watch {
                whom: Whom::Node(supply.node),
                metric: Metric::Used(id),
                period: supply.period,
            });
        }
    }
    control.watches = watches.all;
    build.model.control = control;
}

/// Returns the nodes whose stations have to say what they do as they do it.
pub(crate) fn watched_stations(control: &Control) -> Vec<u32> {
    let elastic = control.elastic.iter().map(|elastic| elastic.node);
    let watched = control.watches.iter().filter_map(|watch| {
        let Whom::Node(node) = watch.whom else {
            return None;
        };
        match watch.metric {
            Metric::State(State::Line | State::LinePerCopy | State::Utilisation) => Some(node),
            Metric::State(
                State::Inside | State::InsidePerCopy | State::Copies | State::Servers,
            )
            | Metric::Time(..)
            | Metric::Ended(..)
            | Metric::Arrived(_)
            | Metric::Used(_)
            | Metric::Booked(_)
            | Metric::Charged(_) => None,
        }
    });
    let faults = control.all_faults().flat_map(|faults| {
        let outages = faults.outages.iter().map(|one| one.node);
        outages.chain(faults.pauses.iter().map(|one| one.node))
    });
    elastic.chain(watched).chain(faults).collect()
}

/// Metrics that somebody names, each once.
#[derive(Debug, Default)]
struct Watches {
    all: Vec<Watch>,
}

impl Watches {
    /// Returns the number of a watch, which may be known.
    fn watch(&mut self, watch: Watch) -> u32 {
        let known = self.all.iter().position(|other| *other == watch);
        index(known.unwrap_or_else(|| {
            self.all.push(watch);
            self.all.len() - 1
        }))
    }

    /// Writes a condition, or says why its measure cannot be watched.
    fn condition(
        &mut self,
        build: &mut Build,
        (topology, objective): (&Topology, &Objective),
        period: Span,
    ) -> Option<Condition> {
        let Some((whom, metric)) = metric(build, (topology, objective)) else {
            let message = format!("`{}` cannot be watched", objective.expression);
            let help = "a node must have what is watched at it (servers, a cache, a queue), levels are watched as time \
                        averages, only what is a part of something has a share, and the greatest value (`max`) \
                        is known of latency, sojourn and waiting at flows and nodes only";
            let place = objective.place.clone();
            let error = Diagnostic::error("watch::measure", place, message);
            build.errors.push(error.help(help));
            return None;
        };
        Some(Condition {
            watch: self.watch(Watch {
                whom,
                metric,
                period,
            }),
            compare: match objective.compare {
                topology::Compare::Less => Compare::Less,
                topology::Compare::AtMost => Compare::AtMost,
                topology::Compare::Greater => Compare::Greater,
                topology::Compare::AtLeast => Compare::AtLeast,
                topology::Compare::Equal => Compare::Equal,
            },
            bound: match objective.value {
                Bound::Milliseconds(value)
                | Bound::Number(value)
                | Bound::PerSecond(value)
                | Bound::Share(value)
                | Bound::UsdPerMonth(value)
                | Bound::UsdPerMillion(value) => value,
            },
        })
    }

    /// Writes the controller of a node, if it has one.
    fn scaling(
        &mut self,
        topology: &Topology,
        writer: &Writer<'_>,
        build: &mut Build,
        node: u32,
    ) -> Option<Scaling> {
        let component = writer.component(node)?;
        let given = component.scaling()?;
        let tracked = given.track.map(|track| {
            let metric = match track.what {
                Tracked::Utilisation => Metric::State(State::Utilisation),
                Tracked::Requests => Metric::Arrived(Reading::PerSecondAndCopy),
                Tracked::Line => Metric::State(State::LinePerCopy),
                Tracked::Concurrency => Metric::State(State::InsidePerCopy),
            };
            let limited = has_servers(build, node);
            if track.what == Tracked::Utilisation && !limited {
                let at = writer.graph_node(node);
                let message = format!("node `{}` has no limited servers to track", at.name);
                Writer::refuse(build, "scaling::servers", &at.place, message);
            }
            self.watch(Watch {
                whom: Whom::Node(node),
                metric,
                period: given.period,
            })
        });
        let conditions = topology
            .steps
            .iter()
            .find(|(of, _)| writer.model_index(*of) == node);
        let conditions = conditions.map_or(&[][..], |(_, steps)| steps);
        let steps: Vec<Condition> = conditions
            .iter()
            .filter_map(|step| self.condition(build, (topology, step), given.period))
            .collect();
        let most = given.max.unwrap_or(given.min);
        let own = || Law::Constant(component.start_up().0 as f64);
        let start_up = given.start_up.clone().unwrap_or_else(own);
        Some(Scaling {
            rules: scaling::Rules {
                least: given.min,
                most,
                target: given.track.map(|track| track.target),
                low: given.track.map_or(0.0, |track| LOW * track.target),
                steps: given.steps.clone(),
                breaches: given.breaches,
                in_breaches: given.in_breaches,
                cooldown: given.cooldown,
                in_cooldown: given.in_cooldown,
                decreases: None,
            },
            tracked,
            steps,
            schedule: given
                .schedule
                .iter()
                .map(|bounds| (bounds.at, bounds.least, bounds.most))
                .collect(),
            period: given.period,
            delay: given.delay,
            start_up: build.sampler(Quantity::Time, &start_up),
            start_up_mean: Span(start_up.mean() as u64),
        })
    }
}
