//! Scaling of capacity that is bought in units: throughput of a table, environments kept ready.
//!
//! The keys are those of `scaling` that fit: units are no copies, so their used share is
//! all that can be tracked, and there are no steps. How fast alarms and changes are is the
//! kind's own where the file says nothing (`UnitDefaults`).
//!
//! Not here: how it is decided (`mechanism::scaling`).

use super::declare::{BucketId, GroupId, PoolId};
use super::parameter::{How, count, duration, parameters};
use super::program::Program;
use super::scaling::{Bounds, Track, Tracked, schedule, track};
use crate::mechanism::decreases::Allowance;
use crate::mechanism::pacing;
use crate::mechanism::scaling::Rules;
use crate::model::NONE;
use crate::model::supply::{Rule, Supply, Units};
use crate::spec::reader::Object;
use crate::units::Span;

/// Most units.
pub(super) const MOST_UNITS: u32 = 10_000_000;
/// Shortest period.
const LEAST_PERIOD: Span = Span(1_000_000);

parameters! {
    /// Parameters of a controller of units.
    pub struct UnitScaling {
        /// Fewest units.
        min: u32 = 1, count(1..=MOST_UNITS), Choice, "one unit is always there";
        /// Most units; has to be said.
        max: Option<u32> = None, count(1..=MOST_UNITS), Choice, "has to be said";
        /// `utilisation` (share) that the units are to have; without it only a `schedule` changes them.
        track: Option<Track> = None, track(), Choice, "no target is tracked";
        /// Bounds that change: `at`, and `min` or `max` or both.
        schedule: Vec<Bounds> = Vec::new(), schedule(MOST_UNITS), Choice, "bounds stay";
        /// Length of a period, which gives one point.
        period: Span = Span(60_000_000_000), duration(), Documented, "Application Auto Scaling user guide, target tracking: metrics of one minute, read 2026-11";
        /// Points in a row above the target that make it add units; the kind's own without it.
        breaches: Option<u32> = None, count(1..=1_000), Choice, "as many as the alarms that the kind makes";
        /// Age of a point when it is looked at; the kind's own without it.
        delay: Option<Span> = None, duration(), Choice, "as old as the kind's metrics are";
        /// Low points in a row that make it remove units.
        in_breaches: u32 = 15, count(1..=1_000), Documented, "Application Auto Scaling user guide, target tracking: 15 points, read 2026-11";
        /// Nothing is removed for so long after any change.
        in_cooldown: Span = Span::ZERO, duration(), Documented, "Application Auto Scaling user guide, target tracking: cooldown of 0 s for tables and functions, read 2026-11";
        /// From a decision until it is in force; no other is made meanwhile; the kind's own without it.
        start_up: Option<Span> = None, duration(), Choice, "as long as the kind takes";
    }
    check UnitScaling::check
}

/// How fast a kind's units follow where the file says nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnitDefaults {
    /// Points in a row above the target that add units.
    pub(super) breaches: u32,
    /// Age of a point.
    pub(super) delay: Span,
    /// Until a change is in force.
    pub(super) start_up: Span,
    /// What every unit more adds to that.
    pub(super) each: Span,
    /// From a target to the value below which a point is low.
    pub(super) low: fn(f64) -> f64,
    /// How often a day units may be removed.
    pub(super) decreases: Option<Allowance>,
}

impl UnitScaling {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        let Some(max) = self.max else {
            return object.missing("max");
        };
        super::scaling::check_bounds((self.min, max), &self.schedule, object);
        if !["track", "schedule"].iter().any(|key| object.has(key)) {
            let message = format!(
                "{} has neither `track` nor `schedule`: nothing would change",
                object.owner()
            );
            object.error_at("max", "scaling::idle", message);
        }
        if self
            .track
            .is_some_and(|track| track.what != Tracked::Utilisation)
        {
            let message = format!(
                "`track` of {} must be of `utilisation`: units are used or not, and no visit is at one of them",
                object.owner()
            );
            object.error_at("track", "scaling::units", message);
        }
        if self.period < LEAST_PERIOD {
            let message = format!("`period` of {} must be at least 1ms", object.owner());
            object.error_at("period", "scaling::period", message);
        }
    }

    /// Returns the share that is tracked.
    pub(super) fn target(&self) -> Option<f64> {
        let track = self
            .track
            .filter(|track| track.what == Tracked::Utilisation);
        track.map(|track| track.target)
    }

    /// Returns the units at the start, of those that the parameters say.
    pub(super) fn start(&self, said: u32) -> u32 {
        said.min(self.max.unwrap_or(u32::MAX)).max(self.min)
    }

    /// Returns the most units that there may ever be.
    pub(super) fn most(&self) -> u32 {
        let scheduled = self.schedule.iter().filter_map(|bounds| bounds.most);
        scheduled.chain(self.max).max().unwrap_or(self.min)
    }

    /// Describes the supply.
    fn supply(&self, node: u32, name: &str, what: Units, start: u32, own: UnitDefaults) -> Supply {
        let target = self.target();
        Supply {
            node,
            name: name.to_owned(),
            what,
            each: 1.0,
            start,
            rule: Rule::Tracked {
                rules: Rules {
                    least: self.min,
                    most: self.max.unwrap_or(self.min),
                    target,
                    low: target.map_or(0.0, own.low),
                    steps: Vec::new(),
                    breaches: self.breaches.unwrap_or(own.breaches),
                    in_breaches: self.in_breaches,
                    cooldown: Span::ZERO,
                    in_cooldown: self.in_cooldown,
                    decreases: own.decreases,
                },
                schedule: self
                    .schedule
                    .iter()
                    .map(|bounds| (bounds.at, bounds.least, bounds.most))
                    .collect(),
            },
            watch: NONE,
            period: self.period,
            delay: self.delay.unwrap_or(own.delay),
            takes: self.start_up.unwrap_or(own.start_up),
            takes_each: own.each,
        }
    }
}

/// Returns how scaling of units is read.
pub(super) fn unit_scaling() -> How<UnitScaling> {
    super::parameter::object::<UnitScaling>()
}

impl Program<'_> {
    /// Lets a controller set the rate of a bucket, which begins with a whole number a second.
    pub(super) fn supply_bucket(
        &mut self,
        bucket: BucketId,
        given: &UnitScaling,
        own: UnitDefaults,
    ) {
        let name = self.build.model.buckets[bucket.first as usize].name.clone();
        self.supply_bucket_called(&name, bucket, given, own);
    }

    /// The same under a name that the bucket need not have.
    pub(super) fn supply_bucket_called(
        &mut self,
        name: &str,
        bucket: BucketId,
        given: &UnitScaling,
        own: UnitDefaults,
    ) {
        let declared = &mut self.build.model.buckets[bucket.first as usize];
        declared.supplied = true;
        let start = declared.rate_per_s as u32;
        self.supply(Units::Bucket(bucket.first), name, start, given, own);
    }

    /// Lets a controller set how many environments of a pool are kept ready.
    pub(super) fn supply_ready(&mut self, pool: PoolId, given: &UnitScaling, own: UnitDefaults) {
        let start = self.build.model.pools[pool.0 as usize].provisioned;
        self.supply(Units::Ready(pool.0), READY, start, given, own);
    }

    /// Lets the servers of every station of a group follow their use, each by itself.
    ///
    /// The group is declared with as many servers as the most units make up.
    pub(super) fn supply_servers(&mut self, group: GroupId, spec: &ServerUnits) {
        let declared = &mut self.build.model.groups[group.0 as usize];
        declared.varies = true;
        declared.planned = false;
        let stations = declared.first..declared.first + declared.instances;
        for station in stations {
            self.declare_supply(Supply {
                node: self.ask.node,
                name: spec.name.to_owned(),
                what: Units::Servers {
                    station,
                    of_one: spec.of_one,
                },
                each: spec.each,
                start: spec.start,
                rule: Rule::Paced(spec.rules),
                watch: NONE,
                period: spec.period,
                delay: Span::ZERO,
                takes: Span::ZERO,
                takes_each: Span::ZERO,
            });
        }
    }

    fn supply(
        &mut self,
        what: Units,
        name: &str,
        start: u32,
        given: &UnitScaling,
        own: UnitDefaults,
    ) {
        let supply = given.supply(self.ask.node, name, what, start, own);
        self.declare_supply(supply);
    }

    /// Declares a supply that another program may have declared already.
    fn declare_supply(&mut self, supply: Supply) {
        let supplies = &mut self.build.model.control.supplies;
        if supplies.iter().all(|known| known.what != supply.what) {
            supplies.push(supply);
        }
    }
}

/// Servers that follow their use by a share of themselves.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServerUnits {
    /// What is supplied, for the report.
    pub(super) name: &'static str,
    /// What one unit is there.
    pub(super) each: f64,
    /// Units of one server.
    pub(super) of_one: f64,
    /// Units at the start.
    pub(super) start: u32,
    /// How they follow.
    pub(super) rules: pacing::Rules,
    /// How often.
    pub(super) period: Span,
}

/// What environments that are kept ready are called.
pub(super) const READY: &str = "environments kept ready";
