//! Supplies: capacity in units that a controller sets anew as it is used.
//!
//! How much is used is watched as any metric is; a change is in force some time after it is
//! decided, and until then no other is made.
//!
//! Not here: how many units there are to be (`mechanism::scaling`).

use super::global::{Globals, Kind};
use super::replication::Replication;
use crate::mechanism::level::Level;
use crate::mechanism::pacing::Pacing;
use crate::mechanism::scaling::{Controller, Reading};
use crate::model::control::{Metric, State, Watch, Whom};
use crate::model::supply::{Rule, Supply, Units};
use crate::model::{Model, NONE};
use crate::units::{SimTime, Span};

/// A supply in a run.
#[derive(Debug)]
pub(super) struct Supplied {
    decider: Decider,
    /// Units in force, in time.
    pub(super) units: Level,
    /// What was used of them up to the end of the period that is being closed [unit × ns].
    pub(super) used: i128,
    /// Server-time in use up to then [server × ns].
    busy: i128,
    /// Units that are to be in force next.
    coming: Option<u32>,
    /// Since when those in force have been so.
    since: SimTime,
}

/// Who decides how many units there are.
#[derive(Debug)]
enum Decider {
    Tracked(Controller),
    Paced(Pacing),
}

impl Decider {
    /// Returns the units that lie within the bounds and are nearest to some.
    fn bounded(&self, units: u32) -> u32 {
        match self {
            Decider::Tracked(controller) => controller.bounded(units),
            Decider::Paced(_) => units,
        }
    }
}

impl Supplied {
    /// Makes a supply at time zero.
    pub(super) fn new(supply: &Supply) -> Supplied {
        let mut units = Level::default();
        units.change(i64::from(supply.start), SimTime::ZERO);
        Supplied {
            decider: match &supply.rule {
                Rule::Tracked { rules, .. } => Decider::Tracked(Controller::new(rules.clone())),
                Rule::Paced(rules) => Decider::Paced(Pacing::new(*rules, supply.start)),
            },
            units,
            used: 0,
            busy: 0,
            coming: None,
            since: SimTime::ZERO,
        }
    }

    /// Returns the units in force times how long they have been so [unit × ns].
    pub(super) fn since_change(&self, at: SimTime) -> u128 {
        u128::from(self.in_force()) * u128::from(at.0.saturating_sub(self.since.0))
    }

    /// Returns the units in force.
    fn in_force(&self) -> u32 {
        self.units.value() as u32
    }
}

/// Returns the first events of a supply.
pub(super) fn events(supply: &Supply) -> Vec<(SimTime, Kind, u32)> {
    let mut events: Vec<(SimTime, Kind, u32)> = Vec::new();
    if let Rule::Tracked { schedule, .. } = &supply.rule {
        let entries = (0u32..).zip(schedule);
        events.extend(entries.map(|(entry, (at, _, _))| (*at, Kind::SupplyBounds, entry)));
    }
    if supply.watch != NONE {
        let first = SimTime::ZERO + supply.period + supply.delay;
        events.push((first, Kind::DecideSupply, 0));
    }
    events
}

impl Globals {
    /// Returns what a watch of servers that follow their use goes by, up to an instant: units
    /// used and units in force [unit × ns], and units of one server. Nothing of other watches.
    pub(super) fn servers_supplied(
        &self,
        model: &Model,
        watch: &Watch,
        until: SimTime,
    ) -> Option<(i128, i128, f64)> {
        let (Metric::State(State::Utilisation | State::Servers), Whom::Node(node)) =
            (watch.metric, watch.whom)
        else {
            return None;
        };
        if let Some(servers) = self.servers.get(&node) {
            return Some((self.busy_area(node, until), servers.area(until), 1.0));
        }
        let mut found = None;
        for (supply, present) in model.control.supplies.iter().zip(&self.supplies) {
            if let Units::Servers { station, of_one } = supply.what
                && supply.node == node
            {
                let (used, _) = self.servers_used(present, (station, of_one), until);
                let (before, units, _) = found.unwrap_or((0, 0, of_one));
                found = Some((before + used, units + present.units.area(until), of_one));
            }
        }
        found
    }

    /// Returns what was used of servers up to an instant [unit × ns], and their time in use.
    ///
    /// Units change at the end of a period only, so that their speed has been the same since.
    fn servers_used(
        &self,
        present: &Supplied,
        (station, of_one): (u32, f64),
        until: SimTime,
    ) -> (i128, i128) {
        let busy = self.station_busy(station, until);
        let (_, speed) = Units::servers(present.in_force(), of_one);
        let more = (busy - present.busy) as f64 * speed * of_one;
        (present.used + more as i128, busy)
    }
}

impl Replication<'_> {
    /// Lets stations begin with the servers that they have at the start.
    pub(super) fn open_supplies(&mut self) {
        for supply in &self.model.control.supplies {
            if let Units::Servers { station, of_one } = supply.what {
                let (servers, speed) = Units::servers(supply.start, of_one);
                self.set_servers(station, SimTime::ZERO, servers, speed);
            }
        }
    }

    /// Notes what was used of a supply in a period that ends now.
    pub(super) fn note_used(&mut self, id: u32, at: SimTime) {
        let supply = &self.model.control.supplies[id as usize];
        let present = &self.globals.supplies[id as usize];
        let (before, busy) = (present.used, present.busy);
        let mut now_busy = busy;
        let used = match supply.what {
            // A token a second for a second: 10¹² of what is paid, 10⁹ unit × ns.
            Units::Bucket(bucket) => self.watched.paid[bucket as usize].unwrap_or(0) / 1_000,
            Units::Ready(pool) => self.pools[pool as usize].ready_in_use(at) as i128,
            Units::Servers { station, of_one } => {
                let used;
                (used, now_busy) = self.globals.servers_used(present, (station, of_one), at);
                used
            }
        };
        let present = &mut self.globals.supplies[id as usize];
        present.used = used;
        present.busy = now_busy;
        self.recorder.used(id, at, supply.period, used - before);
    }

    /// Lets the controller of a supply decide on the value of a period.
    pub(super) fn decide_supply(&mut self, id: u32, period: u32, at: SimTime) {
        let supply = &self.model.control.supplies[id as usize];
        let (tracked, copies) = self.globals.seen(supply.watch, period);
        let reading = Reading {
            tracked,
            copies,
            steps: &[],
        };
        let present = &mut self.globals.supplies[id as usize];
        let units = present.in_force();
        match (&mut present.decider, present.coming) {
            (Decider::Tracked(controller), Some(_)) => controller.see(&reading),
            (Decider::Tracked(controller), None) => {
                let wanted = controller.decide(at, &reading, units, 0);
                self.order_units(id, wanted, at);
            }
            (Decider::Paced(pacing), _) => {
                let wanted = pacing.next(tracked.unwrap_or(0.0));
                self.order_units(id, wanted, at);
            }
        }
        let next = (at + supply.period, Kind::DecideSupply, id, period + 1);
        self.globals.list.insert(next);
    }

    /// Changes the bounds of a supply, and its units if they lie outside.
    pub(super) fn bound_supply(&mut self, id: u32, entry: u32, at: SimTime) {
        let supply = &self.model.control.supplies[id as usize];
        let present = &mut self.globals.supplies[id as usize];
        let (Rule::Tracked { schedule, .. }, Decider::Tracked(controller)) =
            (&supply.rule, &mut present.decider)
        else {
            unreachable!("only what tracks a target has a schedule");
        };
        if let Some(&(_, least, most)) = schedule.get(entry as usize) {
            controller.bound(least, most);
        }
        if present.coming.is_none() {
            let wanted = present.decider.bounded(present.in_force());
            self.order_units(id, wanted, at);
        }
    }

    /// Lets a supply have so many units as soon as that can be.
    fn order_units(&mut self, id: u32, wanted: u32, at: SimTime) {
        let supply = &self.model.control.supplies[id as usize];
        let present = &mut self.globals.supplies[id as usize];
        let units = present.in_force();
        if wanted == units {
            return;
        }
        present.coming = Some(wanted);
        if supply.takes == Span::ZERO {
            self.supply_changed(id, at);
            return;
        }
        let more = u64::from(wanted.saturating_sub(units));
        let takes = supply.takes + Span(supply.takes_each.0.saturating_mul(more));
        self.globals
            .list
            .insert((at + takes, Kind::Supplied, id, 0));
    }

    /// A change of a supply is in force.
    pub(super) fn supply_changed(&mut self, id: u32, at: SimTime) {
        let supply = &self.model.control.supplies[id as usize];
        let present = &mut self.globals.supplies[id as usize];
        let Some(wanted) = present.coming.take() else {
            unreachable!("a change that comes into force was ordered");
        };
        let before = present.in_force();
        let since = std::mem::replace(&mut present.since, at);
        present
            .units
            .change(i64::from(wanted) - i64::from(before), at);
        self.recorder
            .supplied(id, before, (since, at), Some(wanted));
        match supply.what {
            Units::Bucket(bucket) => {
                self.buckets[bucket as usize].set_rate(at, f64::from(wanted));
            }
            Units::Ready(pool) => self.pools[pool as usize].keep_ready(at, wanted),
            Units::Servers { station, of_one } => {
                let (servers, speed) = Units::servers(wanted, of_one);
                self.set_servers(station, at, servers, speed);
            }
        }
        // The bounds may have moved meanwhile.
        let present = &self.globals.supplies[id as usize];
        let wanted = present.decider.bounded(wanted);
        self.order_units(id, wanted, at);
    }

    /// Adds the units in force at the end of the run to the books.
    pub(super) fn close_supplies(&mut self, ended: SimTime) {
        for (id, present) in (0u32..).zip(&self.globals.supplies) {
            let span = (present.since, ended);
            self.recorder.supplied(id, present.in_force(), span, None);
        }
    }
}
