//! Direct requests: those that make one plain call, and are over when it is answered.
//!
//! If the visit that is called gets by without a slot (`light`), so does the request: it
//! enters, is served and leaves in one go. Otherwise it gets its places then, and goes on
//! like any other.

use super::gate::Gate;
use super::lane::stay_of;
use super::light::{Caller, Stop};
use super::replication::Replication;
use super::sources::Entering;
use crate::metrics::day_book::Passed;
use crate::model::{Flow, Model, NONE, Op, Outcome};

/// Returns, per flow, the route of the one call of its requests; `NONE` if they do something else.
pub(crate) fn direct_routes(model: &Model, is_plain: impl Fn(u32) -> bool) -> Vec<u32> {
    let leaves = |pc: u32| {
        matches!(
            model.ops.get(pc as usize),
            Some(Op::Leave {
                outcome: Outcome::Completed
            })
        )
    };
    let route = |(id, flow): (u32, &Flow)| {
        let Some(&Op::Call { route }) = model.ops.get(flow.entry as usize) else {
            return NONE;
        };
        let next = flow.entry + 1;
        let over = match model.ops.get(next as usize) {
            Some(&Op::Jump { target }) => leaves(target),
            _ => leaves(next),
        };
        let fans_out = model.fan_outs.iter().any(|one| one.flows.contains(&id));
        if over && !fans_out && is_plain(route) {
            route
        } else {
            NONE
        }
    };
    (0..).zip(&model.flows).map(route).collect()
}

impl Replication<'_> {
    /// Lets a request enter that makes one plain call; `first` is what was drawn with it.
    #[inline(always)]
    pub(super) fn enter_direct(
        &mut self,
        gate: &Gate,
        request: Entering,
        first: u64,
        source: usize,
    ) {
        let route = gate.direct;
        let lane = &self.tables.lanes[route as usize];
        let Entering {
            key,
            ordinal,
            at: t,
            item,
            bytes,
        } = request;
        let caller = Caller {
            key,
            ordinal,
            reply_by: u64::MAX,
            salt: 0,
            pc: gate.entry,
            item,
            simple: true,
        };
        let mut sent = self.set_out(lane, &caller, t);
        sent.errand.first = first;
        let stop = if sent.light.enters {
            self.run_light(sent.over(Some(lane), caller.pc))
        } else {
            Stop::Here
        };
        if let Stop::Answered(left) = stop
            && left < self.barrier
            && (lane.on_miss == NONE || !sent.light.misses)
        {
            self.passing = 0;
            let stay = stay_of(&sent.light, item);
            self.recorder.request_passes(
                &Passed {
                    flow: gate.flow,
                    link: lane.link,
                    account: lane.account,
                    arrived: t,
                    left,
                    bytes_in: bytes,
                    bytes_out: self.reply_bytes(gate, key, ordinal),
                },
                &stay,
            );
            self.inside[gate.flow as usize].leave(self.now, left);
            return;
        }
        self.recorder
            .request_begins(gate.flow, request.at, request.bytes);
        self.recorder.call_begins(lane.link, request.at);
        if lane.travels && self.may_travel((sent.light.pc, sent.light.enters), stop) {
            return self.set_forth_from(source, request, route, &sent, stop);
        }
        self.parked = sent;
        self.enter_by_slot(route, request, source, stop);
    }

    /// Gives places to a request that has set out without any, and lets it go on.
    #[inline(never)]
    fn enter_by_slot(&mut self, route: u32, request: Entering, source: usize, stop: Stop) {
        let sent = self.parked;
        let lane = &self.tables.lanes[route as usize];
        let slot = self.open_root(source, request, NONE, NONE);
        let next = if let Stop::Answered(answers) = stop {
            self.record_light(lane, &sent);
            let root = &mut self.visits[slot];
            root.began = request.at.0;
            root.live = 1;
            self.answer(lane, slot, answers, sent.light.missed_items(), 0);
            Some((slot, answers))
        } else {
            self.start_child(slot, (route, NONE, request.at), &sent, stop)
        };
        match next {
            Some((slot, at)) => self.drive(slot, at, false),
            None => self.drain(),
        }
    }
}
