//! Alarms that look at a period, and controllers that decide on one.

use super::Kind;
use crate::engine::replication::Replication;
use crate::mechanism::alarm::Change;
use crate::mechanism::scaling::Reading;
use crate::units::SimTime;

impl Replication<'_> {
    /// Shows an alarm the value of a period.
    pub(super) fn look_at(&mut self, id: u32, period: u32, at: SimTime) {
        let alarm = &self.model.control.alarms[id as usize];
        let value = self.globals.value(alarm.when.watch, period);
        let breaches = value.map(|value| alarm.when.compare.holds(value, alarm.when.bound));
        let changed = self.globals.alarms[id as usize].look(breaches);
        if changed == Some(Change::Fired) {
            self.take_back_on(id, at);
        }
        if self.recorder.counts(at) {
            let record = &mut self.recorder.recording().alarms[id as usize];
            match changed {
                Some(Change::Fired) => record.fired.push(at),
                Some(Change::Cleared) => record.cleared.push(at),
                None => {}
            }
        }
        let length = self.model.control.watches[alarm.when.watch as usize].period;
        self.globals
            .list
            .insert((at + length, Kind::Look, id, period + 1));
    }

    /// Lets a controller decide on the values of a period.
    pub(super) fn decide_copies(&mut self, id: u32, period: u32, at: SimTime) {
        let Some(scaling) = &self.model.control.elastic[id as usize].scaling else {
            unreachable!("a controller that decides has rules");
        };
        let held: Vec<Option<bool>> = scaling
            .steps
            .iter()
            .map(|step| {
                let value = self.globals.value(step.watch, period)?;
                Some(step.compare.holds(value, step.bound))
            })
            .collect();
        let tracked = scaling
            .tracked
            .and_then(|watch| self.globals.value(watch, period));
        let copies = scaling.tracked.map_or(0.0, |watch| {
            self.globals.kept[watch as usize].copies[period as usize]
        });
        let reading = Reading {
            tracked,
            copies,
            steps: &held,
        };
        let present = &self.globals.copies[id as usize];
        let (planned, starting) = (present.planned(), present.starting());
        let deploying = self.globals.deploying[id as usize];
        match &mut self.globals.controllers[id as usize] {
            Some(controller) if deploying => controller.see(&reading),
            Some(controller) => {
                let wanted = controller.decide(at, &reading, planned, starting);
                self.set_copies(id, wanted, at);
            }
            None => {}
        }
        self.globals
            .list
            .insert((at + scaling.period, Kind::Decide, id, period + 1));
    }

    /// Changes the bounds of a controller, and the copies if they lie outside.
    pub(super) fn change_bounds(&mut self, id: u32, entry: u32, at: SimTime) {
        let scaling = self.model.control.elastic[id as usize].scaling.as_ref();
        let entry = scaling.and_then(|scaling| scaling.schedule.get(entry as usize));
        let Some(&(_, least, most)) = entry else {
            unreachable!("a change of bounds is an entry of the schedule");
        };
        if let Some(controller) = &mut self.globals.controllers[id as usize] {
            controller.bound(least, most);
        }
        self.keep_bounds(id, at);
    }

    /// Brings the copies of a node within the bounds of its controller, unless a deployment
    /// changes them.
    pub(in crate::engine) fn keep_bounds(&mut self, id: u32, at: SimTime) {
        let planned = self.globals.copies[id as usize].planned();
        let controller = self.globals.controllers[id as usize].as_ref();
        if let (Some(controller), false) = (controller, self.globals.deploying[id as usize]) {
            let wanted = controller.bounded(planned);
            self.set_copies(id, wanted, at);
        }
    }
}
