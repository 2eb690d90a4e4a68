//! The cheapest of several settings of a design that meets its objectives.
//!
//! What a setting costs is known once it is simulated: the bill is of simulated usage. So the
//! search goes by what arithmetic says of the bill (`estimate`), the least first:
//!
//! 1. Each setting is simulated until it meets or misses its objectives for certain (`looks`),
//!    or there were ten times the replications; one that costs more than what is known to meet
//!    them is not looked at again.
//! 2. Once one meets them, the search ends where arithmetic puts the rest above its simulated
//!    bill. Assumed is that arithmetic is wrong about them by no more than about those that were
//!    simulated: it counts times the lowest ratio of the two that was seen, if that is below 1.
//! 3. Of those that meet the objectives, the one with the lowest simulated bill is the answer.
//!
//! Nothing is assumed of how an objective follows a parameter: more servers may be slower.
//!
//! Not here: which settings there are (`cli`), and what is said of them (`report`).

use crate::analysis::estimate::estimate;
use crate::analysis::looks::{Judged, Looks, look};
use crate::analysis::simulation::{Refused, Settings, Watcher};
use crate::analysis::sweep::Combination;
use crate::compile::compile;
use crate::metrics::estimate::LEAST_REPLICATIONS;
use crate::report::{
    Estimate, Report, SCHEMA, Setting, Sizing, Unsimulated, Varied, Verdict, rounded,
};
use crate::topology::Topology;

/// Bills that differ by a smaller share than this are equal.
///
/// CHOICE: figures of reports are rounded to six digits.
const ALIKE: f64 = 1e-5;

/// Why there is no answer.
#[derive(Debug)]
pub enum Unsized {
    /// There is nothing to be sized.
    NoSettings,
    /// The setting of this position has no objectives.
    NoObjectives(usize),
    /// So few replications have no interval; of the setting of this position.
    TooFew(usize, u32),
    /// Nothing in the setting of this position has a price.
    NoPrice(usize),
    /// The setting of this position could not be simulated.
    Setting(usize, Refused),
}

/// Finds the cheapest setting that meets its objectives; `all` are simulated if that is asked.
///
/// # Errors
///
/// A setting has no objectives, no price or too few replications, it could not be simulated, or
/// the user ended it before one had been judged.
pub fn size(
    parameters: Vec<Varied>,
    settings: &[Combination],
    all: bool,
    how: &Settings,
    watcher: &dyn Watcher,
) -> Result<Sizing, Unsized> {
    let mut search = Search::prepare(settings)?;
    search.run(settings, all, how, watcher)?;
    Ok(search.sizing(parameters, settings).concluded())
}

/// A setting that was simulated.
struct Tried {
    index: usize,
    events: u64,
    setting: Setting,
}

impl Tried {
    /// Returns its simulated bill of a month [$].
    fn usd(&self) -> f64 {
        self.setting.month_usd.value.unwrap_or(f64::INFINITY)
    }
}

/// Returns the simulated bill of a month.
fn bill(report: &Report) -> Estimate {
    match report.cost.lines.is_empty() {
        true => Estimate::none("no-price"),
        false => report.cost.month_usd.clone(),
    }
}

/// A search under way.
struct Search {
    /// Positions of the settings and what their bills are by arithmetic [$], the least first;
    /// what arithmetic knows nothing of comes last.
    order: Vec<(usize, Option<f64>)>,
    looks: Looks,
    tried: Vec<Tried>,
    interrupted: bool,
}

impl Search {
    /// Checks the settings, and puts them in the order of their bills.
    fn prepare(settings: &[Combination]) -> Result<Search, Unsized> {
        let Some(first) = settings.first() else {
            return Err(Unsized::NoSettings);
        };
        let mut order = Vec::with_capacity(settings.len());
        for (index, setting) in settings.iter().enumerate() {
            let Topology {
                objectives, run, ..
            } = setting.topology;
            if objectives.is_empty() {
                return Err(Unsized::NoObjectives(index));
            }
            if (run.replications as usize) < LEAST_REPLICATIONS {
                return Err(Unsized::TooFew(index, run.replications));
            }
            let model = compile(setting.topology);
            let model = model.map_err(|why| Unsized::Setting(index, Refused::Compile(why)))?;
            let estimate = estimate(setting.topology, &model);
            if estimate
                .as_ref()
                .is_some_and(|one| one.bill.lines.is_empty())
            {
                return Err(Unsized::NoPrice(index));
            }
            order.push((index, estimate.map(|one| one.bill.month_usd)));
        }
        let usd = |one: &(usize, Option<f64>)| one.1.unwrap_or(f64::INFINITY);
        // Stable: of equal bills the first that was asked for comes first.
        order.sort_by(|one, other| usd(one).total_cmp(&usd(other)));
        Ok(Search {
            order,
            looks: Looks::of(first.topology.run.replications),
            tried: Vec::new(),
            interrupted: false,
        })
    }

    /// Simulates settings until nothing that is left can be cheaper.
    fn run(
        &mut self,
        settings: &[Combination],
        all: bool,
        how: &Settings,
        watcher: &dyn Watcher,
    ) -> Result<(), Unsized> {
        for (index, arithmetic) in self.order.clone() {
            let best = self.best().map_or(f64::INFINITY, Tried::usd);
            let ratio = self.lowest_ratio().map_or(1.0, |ratio| ratio.min(1.0));
            let dearer = |usd: f64| usd * ratio > best * (1.0 + ALIKE);
            if !all && arithmetic.is_some_and(dearer) {
                continue;
            }
            let Some(asked) = settings.get(index) else {
                return Err(Unsized::NoSettings);
            };
            let more = |report: &Report, judged: &[Judged]| {
                bill(report).value.is_some_and(|usd| usd <= best)
                    && together(judged) == Verdict::Undecided
                    && judged.iter().any(|one| one.open)
            };
            match look(asked.topology, &self.looks, &more, how, watcher) {
                Ok(Some((report, judged))) => self.tried.push(Tried {
                    index,
                    events: report.events,
                    setting: setting(&asked.values, (&report, &judged), arithmetic),
                }),
                Ok(None) | Err(Refused::NothingCounted) if !self.tried.is_empty() => {
                    self.interrupted = true;
                    return Ok(());
                }
                Ok(None) => return Err(Unsized::Setting(index, Refused::NothingCounted)),
                Err(why) => return Err(Unsized::Setting(index, why)),
            }
        }
        Ok(())
    }

    /// Returns the cheapest setting that is known to meet its objectives.
    fn best(&self) -> Option<&Tried> {
        let all = self.tried.iter();
        let met = all.filter(|one| one.setting.verdict == Verdict::Met);
        met.min_by(|one, other| one.usd().total_cmp(&other.usd()))
    }

    /// Returns the lowest ratio of a simulated bill to what arithmetic says of it.
    fn lowest_ratio(&self) -> Option<f64> {
        let ratio = |tried: &Tried| {
            let Setting {
                month_usd,
                arithmetic_usd,
                ..
            } = &tried.setting;
            Some(month_usd.value? / arithmetic_usd.filter(|usd| *usd > 0.0)?)
        };
        self.tried.iter().filter_map(ratio).min_by(f64::total_cmp)
    }

    /// Sums the search up.
    fn sizing(mut self, parameters: Vec<Varied>, settings: &[Combination]) -> Sizing {
        let ratio = self.lowest_ratio();
        let first = settings.first().map(|one| one.topology);
        let done: Vec<usize> = self.tried.iter().map(|one| one.index).collect();
        let left = self.order.iter().filter(|(index, _)| !done.contains(index));
        let not_simulated = left.filter_map(|(index, usd)| {
            let asked = settings.get(*index)?;
            Some(Unsimulated {
                values: asked.values.clone(),
                arithmetic_usd: usd.map(rounded),
            })
        });
        let not_simulated = not_simulated.collect();
        // Stable: of equal bills the first by arithmetic stays first.
        self.tried
            .sort_by(|one, other| one.usd().total_cmp(&other.usd()));
        Sizing {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            topology: first.map_or_else(String::new, |one| one.name.clone()),
            variant: first.and_then(|one| one.variant.clone()),
            confidence: rounded(self.looks.confidence()),
            events: self.tried.iter().map(|one| one.events).sum(),
            interrupted: self.interrupted,
            parameters,
            lowest_ratio: ratio.map(rounded),
            settings: self.tried.into_iter().map(|one| one.setting).collect(),
            not_simulated,
            ..Sizing::default()
        }
    }
}

/// Judges all objectives together.
fn together(judged: &[Judged]) -> Verdict {
    let is = |verdict: Verdict| judged.iter().any(|one| one.verdict == verdict);
    match (is(Verdict::Missed), is(Verdict::Undecided)) {
        (true, _) => Verdict::Missed,
        (false, true) => Verdict::Undecided,
        (false, false) => Verdict::Met,
    }
}

/// Returns what is shown of a setting.
fn setting(
    values: &[String],
    (report, judged): (&Report, &[Judged]),
    arithmetic: Option<f64>,
) -> Setting {
    let mut objectives = report.objectives.clone();
    for (objective, judged) in objectives.iter_mut().zip(judged) {
        objective.verdict = judged.verdict;
    }
    Setting {
        values: values.to_vec(),
        verdict: together(judged),
        month_usd: bill(report),
        arithmetic_usd: arithmetic.map(rounded),
        seed: report.seed,
        replications: report.replications,
        warm_up_s: report.warm_up_s,
        horizon_s: report.horizon_s,
        analysis: report.analysis,
        objectives,
    }
}
