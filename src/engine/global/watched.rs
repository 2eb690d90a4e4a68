//! What watches see: visits and requests as they pass, and a value for every period.

use super::{Globals, Kind};
use crate::engine::Observer;
use crate::engine::books::Account;
use crate::engine::replication::Replication;
use crate::engine::visit::{NO_INSTANCE, flag};
use crate::metrics::watch::Tallies;
use crate::model::control::{Metric, State, Time, Watch, Whom};
use crate::model::{Model, NONE, Outcome};
use crate::units::SimTime;

impl Globals {
    /// Notes a request of a flow that has arrived.
    pub(crate) fn flow_enters(&mut self, flow: u32, at: SimTime) {
        self.flows[flow as usize].change(1, at);
        for &watch in &self.flow_watches[flow as usize] {
            self.kept[watch as usize].tallies.arrived += 1;
        }
    }

    /// Notes a request of a flow that has left.
    pub(crate) fn flow_leaves(
        &mut self,
        model: &Model,
        flow: u32,
        (arrived, left): (SimTime, SimTime),
        outcome: Outcome,
    ) {
        self.flows[flow as usize].change(-1, left);
        for &watch in &self.flow_watches[flow as usize] {
            let tallies = &mut self.kept[watch as usize].tallies;
            tallies.end(outcome);
            let timed = matches!(
                model.control.watches[watch as usize].metric,
                Metric::Time(..)
            );
            if timed && outcome == Outcome::Completed {
                tallies.times.record(left.since(arrived).0);
            }
        }
    }

    /// Notes a visit that enters a node.
    pub(crate) fn node_enters(&mut self, node: u32, at: SimTime) {
        self.nodes[node as usize].inside.change(1, at);
        for &watch in &self.node_watches[node as usize] {
            self.kept[watch as usize].tallies.arrived += 1;
        }
    }

    /// Notes a visit that leaves a node, and the copy at which it was.
    pub(crate) fn node_leaves(
        &mut self,
        model: &Model,
        (node, copy): (u32, Option<u32>),
        (entered, left): (SimTime, SimTime),
        waited: u64,
        outcome: Outcome,
    ) {
        self.nodes[node as usize].inside.change(-1, left);
        if let Some(copy) = copy
            && let id = self.elastic[node as usize]
            && id != NONE
        {
            self.copies[id as usize].leave(copy, left);
        }
        for &watch in &self.node_watches[node as usize] {
            let tallies = &mut self.kept[watch as usize].tallies;
            tallies.end(outcome);
            match model.control.watches[watch as usize].metric {
                Metric::Time(Time::Sojourn, _) => tallies.times.record(left.since(entered).0),
                Metric::Time(Time::Waiting, _) => tallies.times.record(waited),
                Metric::Ended(..)
                | Metric::Arrived(_)
                | Metric::State(_)
                | Metric::Used(_)
                | Metric::Booked(_)
                | Metric::Charged(_) => {}
            }
        }
    }

    /// Notes a change of the busy servers of a station.
    pub(in crate::engine) fn count_station(&mut self, station: u32, by: i64, at: SimTime) {
        if let Some(busy) = self.stations.get_mut(station as usize) {
            busy.change(by, at);
        }
    }

    /// Returns the area of a station's busy servers [server × ns].
    pub(in crate::engine) fn station_busy(&self, station: u32, until: SimTime) -> i128 {
        let busy = self.stations.get(station as usize);
        busy.map_or(0, |busy| busy.area(until))
    }

    /// Notes a change of the busy servers of a node.
    pub(crate) fn busy(&mut self, node: u32, by: i64, at: SimTime) {
        self.nodes[node as usize].busy.change(by, at);
    }

    /// Returns the area of a node's busy servers up to an instant [server × ns].
    pub(in crate::engine) fn busy_area(&self, node: u32, until: SimTime) -> i128 {
        self.nodes[node as usize].busy.area(until)
    }

    /// Notes that a node has more servers, or fewer.
    pub(in crate::engine) fn servers_changed(&mut self, node: u32, by: i64, at: SimTime) {
        if let Some(servers) = self.servers.get_mut(&node) {
            servers.change(by, at);
        }
    }

    /// Notes a change of the waiting lines of a node.
    pub(crate) fn line(&mut self, node: u32, by: i64, at: SimTime) {
        self.nodes[node as usize].line.change(by, at);
    }

    /// Returns the area of a node's copies up to an instant [copy × ns].
    fn copies_area(&self, model: &Model, node: u32, until: SimTime) -> i128 {
        if let Some(copies) = self.copies(node) {
            return copies.up().area(until);
        }
        let group = model.nodes[node as usize].group;
        let copies = match group {
            NONE => 1,
            group => model.groups[group as usize].instances,
        };
        i128::from(copies) * i128::from(until.0)
    }

    /// Returns the area of the state that a watch is about up to an instant.
    fn state_area(&self, model: &Model, watch: &Watch, until: SimTime) -> i128 {
        if let Some((used, units, _)) = self.servers_supplied(model, watch, until) {
            let servers = watch.metric == Metric::State(State::Servers);
            return if servers { units } else { used };
        }
        let state = match watch.metric {
            Metric::State(state) => state,
            Metric::Used(supply) => return self.supplies[supply as usize].used,
            Metric::Time(..)
            | Metric::Ended(..)
            | Metric::Arrived(_)
            | Metric::Booked(_)
            | Metric::Charged(_) => return 0,
        };
        match (watch.whom, state) {
            (Whom::Flow(flow), _) => self.flows[flow as usize].area(until),
            (Whom::Link(_) | Whom::FanOut(_) | Whom::Run, _) => 0,
            (Whom::Node(node), State::Inside | State::InsidePerCopy) => {
                self.nodes[node as usize].inside.area(until)
            }
            (Whom::Node(node), State::Line | State::LinePerCopy) => {
                self.nodes[node as usize].line.area(until)
            }
            (Whom::Node(node), State::Utilisation) => self.nodes[node as usize].busy.area(until),
            (Whom::Node(node), State::Copies | State::Servers) => {
                self.copies_area(model, node, until)
            }
        }
    }

    /// Ends the present period of a watch, at its end.
    ///
    /// `booked` is its value and what the books say, if it is read off them.
    fn close(
        &mut self,
        model: &Model,
        id: u32,
        now: SimTime,
        booked: Option<(Option<f64>, Account)>,
    ) {
        let watch = &model.control.watches[id as usize];
        let supplied = self.servers_supplied(model, watch, now);
        let copies_area = match (supplied, watch.metric, watch.whom) {
            (Some((_, units, _)), ..) => units,
            (None, Metric::Used(supply), _) => self.supplies[supply as usize].units.area(now),
            (None, _, Whom::Node(node)) => self.copies_area(model, node, now),
            (None, _, Whom::Flow(_) | Whom::Link(_) | Whom::FanOut(_) | Whom::Run) => {
                i128::from(now.0)
            }
        };
        let area = self.state_area(model, watch, now);
        let kept = &mut self.kept[id as usize];
        let length = watch.period.0 as f64;
        let during = (area - kept.before.0) as f64;
        let copies = (copies_area - kept.before.1) as f64;
        kept.before = (area, copies_area);
        let servers = match (supplied, watch.whom) {
            (Some((.., of_one)), _) if watch.metric == Metric::State(State::Servers) => {
                1.0 / of_one
            }
            (None, Whom::Node(node)) => servers_of_a_copy(model, node),
            (Some(_), _) | (None, Whom::Flow(_) | Whom::Link(_) | Whom::FanOut(_) | Whom::Run) => {
                1.0
            }
        };
        let value = match watch.metric {
            Metric::State(state) => match state {
                State::Inside | State::Line | State::Copies => Some(during / length),
                State::Servers => Some(during / length * servers),
                State::InsidePerCopy | State::LinePerCopy => {
                    (copies > 0.0).then(|| during / copies)
                }
                State::Utilisation => (copies > 0.0).then(|| during / copies / servers),
            },
            Metric::Booked(_) | Metric::Charged(_) => booked.and_then(|(value, account)| {
                kept.account = account;
                value
            }),
            Metric::Used(_) => (copies > 0.0).then(|| during / copies),
            Metric::Time(..) | Metric::Ended(..) | Metric::Arrived(_) => {
                kept.tallies
                    .value(watch.metric, watch.period, copies / length)
            }
        };
        kept.tallies = Tallies::new();
        kept.values.push(value);
        kept.copies.push(copies / length);
    }

    /// Returns the value of a period of a watch, and the copies or units that showed it.
    pub(in crate::engine) fn seen(&self, watch: u32, period: u32) -> (Option<f64>, f64) {
        let kept = &self.kept[watch as usize];
        (kept.values[period as usize], kept.copies[period as usize])
    }

    /// Returns the value of a period of a watch, which is over.
    pub(super) fn value(&self, watch: u32, period: u32) -> Option<f64> {
        self.kept[watch as usize].values[period as usize]
    }
}

impl Replication<'_> {
    /// Notes a visit that has come to its node. Returns false if it was refused there,
    /// because no copy serves.
    pub(crate) fn enter_watched(&mut self, slot: u32, t: SimTime) -> bool {
        let visit = self.visits[slot];
        if visit.flags & flag::STRAND != 0 {
            return true;
        }
        let node = self.node_of(slot);
        self.globals.node_enters(node, t);
        if self.globals.tracer.on {
            self.trace_enters(slot, t);
        }
        let [all, some] = self.globals.out[node as usize];
        // The items of a page lie at several copies, of which one is out.
        let out = all > 0 || some > 0 && self.is_page(slot);
        let none = self
            .globals
            .copies(node)
            .is_some_and(|copies| copies.open().is_empty());
        if out || none {
            self.visits[slot].instance = NO_INSTANCE;
            if let Some((slot, at)) = self.end(slot, t, Outcome::Failed, true) {
                self.wake(slot, at);
            }
            return false;
        }
        if visit.instance != NO_INSTANCE {
            self.globals.copy_enters(node, u32::from(visit.instance));
        }
        if some > 0 && self.comes_to_an_end(slot) {
            if let Some((slot, at)) = self.end(slot, t, Outcome::Failed, true) {
                self.wake(slot, at);
            }
            return false;
        }
        true
    }

    /// Notes a visit that leaves its node.
    #[inline(never)]
    pub(crate) fn leave_watched(&mut self, slot: u32, t: SimTime, outcome: Outcome) {
        let row = self.row_of(slot);
        let visit = &self.visits[slot];
        if self.globals.tracer.on {
            let tracer = &mut self.globals.tracer;
            tracer.leaves((slot, visit), row, t, outcome);
        }
        let copy = (visit.instance != NO_INSTANCE).then_some(u32::from(visit.instance));
        let node = self.model.rows[row as usize].node;
        let times = (SimTime(visit.entered), t);
        self.globals
            .node_leaves(self.model, (node, copy), times, visit.waited, outcome);
    }

    /// Notes a request that has arrived.
    #[inline(never)]
    pub(crate) fn arrive_watched(&mut self, request: u32, flow: u32, at: SimTime) {
        self.globals.flow_enters(flow, at);
        self.trace_begins(request, flow, at);
    }

    /// Notes a request whose client has its answer.
    #[inline(never)]
    pub(crate) fn answer_watched(
        &mut self,
        (request, flow): (u32, u32),
        times: (SimTime, SimTime),
        outcome: Outcome,
    ) {
        self.globals.flow_leaves(self.model, flow, times, outcome);
        self.trace_answered(request, times.1, outcome);
    }

    pub(super) fn close_period(&mut self, watch: u32, at: SimTime, observer: &dyn Observer) {
        let constants = &self.model.control.watches[watch as usize];
        let mut booked = None;
        match constants.metric {
            Metric::Used(supply) => self.note_used(supply, at),
            Metric::Booked(book) => {
                self.recorder.enter_day_book();
                let before = &self.globals.kept[watch as usize].account;
                booked = Some(self.read_books(constants, book, before, at));
            }
            Metric::Charged(how) => {
                let before = std::mem::take(&mut self.globals.kept[watch as usize].account);
                booked = Some(self.read_charges(constants, how, &before, (at, observer)));
            }
            Metric::Time(..) | Metric::Ended(..) | Metric::Arrived(_) | Metric::State(_) => {}
        }
        self.globals.close(self.model, watch, at, booked);
        let period = self.model.control.watches[watch as usize].period;
        self.globals
            .list
            .insert((at + period, Kind::Close, watch, 0));
    }
}

/// Returns the servers of one copy of a node; 1 where they are not limited.
fn servers_of_a_copy(model: &Model, node: u32) -> f64 {
    match model.nodes[node as usize].group {
        NONE => 1.0,
        group => f64::from(model.groups[group as usize].servers),
    }
}
