//! Laws → samplers, key laws → ranges of the key space, load lines → sources.

use crate::component::build::{Build, Quantity};
use crate::diagnostic::{Diagnostic, Place};
use crate::model::{Model, NONE};
use crate::random::law::KeyLaw;
use crate::random::{Keys, Sampler, Unit};
use crate::topology::{LoadSource, Shape, Topology};
use crate::units::SimTime;
use crate::workload::{self, Source, SourceKind};
use std::collections::BTreeMap;

/// Compiles what is random about a model.
pub(crate) fn sample(topology: &Topology, build: &mut Build) {
    samplers(build);
    let mut base = super::audience::users(topology, build, 0);
    for key in &topology.keys {
        let users = matches!(key.law, KeyLaw::Author | KeyLaw::Reader);
        let compiled = if users {
            super::audience::user_keys(build, key.law == KeyLaw::Author)
        } else {
            Keys::compile(&key.law, base)
        };
        match compiled {
            Ok(keys) if users => build.model.keys.push(keys),
            Ok(keys) => {
                base = u32::try_from(u64::from(base) + keys.count()).unwrap_or(u32::MAX);
                build.model.keys.push(keys);
            }
            Err(why) => build.errors.push(Diagnostic::error(
                "key::too-many",
                Place::Whole,
                format!("key law `{}`: {why}", key.name),
            )),
        }
    }
    let horizon = SimTime(topology.run.horizon.0);
    for line in &topology.load {
        let flow = &topology.flows[line.flow];
        let key = line.key.or(flow.key).map_or(NONE, |key| key as u32);
        let kind = match &line.source {
            LoadSource::Rate {
                per_second,
                even: false,
            } => SourceKind::Poisson {
                rate_per_s: *per_second,
            },
            LoadSource::Rate {
                per_second,
                even: true,
            } => SourceKind::Even {
                rate_per_s: *per_second,
            },
            LoadSource::Every(gap) => SourceKind::Every {
                gap: Sampler::compile(gap, Unit::Nanoseconds),
            },
            LoadSource::Clients { count, think } => SourceKind::Clients {
                count: *count,
                think: Sampler::compile(think, Unit::Nanoseconds),
            },
            LoadSource::Trace(entries) => SourceKind::Trace {
                entries: entries
                    .iter()
                    .map(|entry| workload::TraceEntry {
                        at: entry.at,
                        key: entry.key,
                        bytes: entry.bytes,
                    })
                    .collect(),
            },
        };
        let shape = match &line.shape {
            Shape::Flat => workload::Shape::Flat,
            Shape::Steps(points) => workload::Shape::Steps(points.clone()),
            Shape::Ramp(points) => workload::Shape::Ramp(points.clone()),
            Shape::Diurnal {
                peak_to_mean,
                period,
            } => workload::Shape::Diurnal {
                peak_to_mean: *peak_to_mean,
                period: *period,
            },
            Shape::Mmpp(states) => workload::Shape::Mmpp(states.clone()),
        };
        let flow = line.flow as u32;
        let batch = Sampler::compile(&line.batch, Unit::Whole);
        build.model.sources.push(Source::new(
            &line.name, flow, key, kind, batch, shape, line.start, line.stop, horizon,
        ));
    }
}

/// Compiles what is random about a model that is another with other parameters.
pub(crate) fn like(known: &Model, build: &mut Build) {
    build.model.samplers.clone_from(&known.samplers);
    samplers(build);
    build.model.keys.clone_from(&known.keys);
    build.model.sources.clone_from(&known.sources);
    build.model.population.clone_from(&known.population);
    build.model.users_base = known.users_base;
}

/// Compiles the laws that have no sampler yet.
fn samplers(build: &mut Build) {
    // What is drawn from the same law is drawn from the same table.
    let mut known: BTreeMap<(bool, String), Sampler> = BTreeMap::new();
    let there = build.model.samplers.len();
    for (quantity, law) in build.laws.iter().skip(there) {
        let unit = match quantity {
            Quantity::Time => Unit::Nanoseconds,
            Quantity::Size | Quantity::Count => Unit::Whole,
        };
        let name = (unit == Unit::Whole, format!("{law:?}"));
        let compiled = known.entry(name);
        let sampler = compiled.or_insert_with(|| Sampler::compile(law, unit));
        build.model.samplers.push(sampler.clone());
    }
    build.model.laws = build.laws.iter().map(|(_, law)| law.clone()).collect();
}
