//! Time-outs of attempts: when they take their place in the order, and when they enter the wheel.
//!
//! Most attempts are answered in time, so a time-out enters the wheel only when the visit
//! waits for something that may take longer; its place in the order is taken all the
//! same, so that this shows nowhere.

use super::event::{Class, What};
use super::queue::{Event, Target};
use super::replication::{Replication, time_of};
use super::visit::flag;
use crate::units::SimTime;

impl Replication<'_> {
    /// Puts the time-out of an attempt into the wheel, if it has one.
    #[inline]
    pub(crate) fn arm(&mut self, slot: u32) {
        if self.may_time_out(slot) {
            self.arm_at(slot);
        }
    }

    /// Lets the time-out of an attempt be armed later: the visit is sure to do something by then.
    ///
    /// Only its place in the order is taken, as if it had been armed.
    #[inline]
    pub(crate) fn arm_later(&mut self, slot: u32) {
        if self.may_time_out(slot) {
            self.timer_order(slot);
        }
    }

    /// Arms the time-out of an attempt that is to do something at `at`: later, if that is in time.
    #[inline]
    pub(crate) fn arm_by(&mut self, slot: u32, at: SimTime, reply_by: u64) {
        if at.0 <= reply_by {
            self.arm_later(slot);
        } else {
            self.arm(slot);
        }
    }

    /// Whether a visit has a time-out that is not in the wheel yet.
    #[inline]
    fn may_time_out(&self, slot: u32) -> bool {
        const NEVER: u16 =
            flag::ARMED | flag::ROOT | flag::DELIVERY | flag::BRANCH | flag::DETACHED;
        let visit = &self.visits[slot];
        visit.reply_by != u64::MAX && visit.flags & NEVER == 0
    }

    /// Returns the order of the time-out of an attempt, once and for all.
    #[inline(always)]
    fn timer_order(&mut self, slot: u32) -> u64 {
        let known = self.visits[slot].timer;
        if known != 0 {
            return known;
        }
        let node = self.node_of(self.visits[slot].caller);
        let order = self.next_order(Class::Timer, node);
        self.visits[slot].timer = order;
        order
    }

    fn arm_at(&mut self, slot: u32) {
        let at = SimTime(self.visits[slot].reply_by);
        let order = self.timer_order(slot);
        self.visits[slot].flags |= flag::ARMED;
        if at <= self.now {
            let life = self.visits[slot].life;
            self.push(at.max(self.now), order, slot, What::TimeOut, life);
        } else {
            self.wheel.insert(slot, at, order);
        }
    }

    /// Takes the time-out of an attempt out of the wheel, if it is there.
    #[inline]
    pub(crate) fn disarm(&mut self, slot: u32) {
        if self.visits[slot].flags & flag::ARMED != 0 {
            self.wheel.remove(slot);
        }
    }

    /// Turns time-outs of wheel slots that open now into events.
    #[inline]
    pub(super) fn open_wheel(&mut self) {
        loop {
            let opens = self.wheel.next_at();
            if opens == SimTime::NEVER {
                return;
            }
            let next = time_of(self.queue.head().min(self.next_source.0)).min(self.fence);
            if opens > next {
                return;
            }
            self.open_slot(opens);
        }
    }

    /// Turns the time-outs of a wheel slot into events.
    #[cold]
    #[inline(never)]
    fn open_slot(&mut self, opens: SimTime) {
        let Replication {
            wheel,
            queue,
            queue_events,
            visits,
            ..
        } = self;
        wheel.open(opens, |slot, at, order| {
            *queue_events += 1;
            let life = visits[slot].life;
            queue.push(Event {
                at,
                order,
                target: Target::new(slot, What::TimeOut as u8),
                generation: life,
            });
        });
    }
}
