//! Credentials: what copies and environments hold of a value that changes, and how a copy that
//! starts reads it.
//!
//! A visit looks at what its copy or environment holds; that is an operation. A copy that
//! starts is no visit: it goes through the passages of the program that the call of a visit
//! would run, at instants of their own, each a global event. It takes the tokens of its account
//! as everybody does and is tried again as the link says. If all attempts end badly, the
//! copy is started anew.
//!
//! Not here: when a value changes, and who is accepted with what (`mechanism::held`).

use super::admission::tokens;
use super::call::backoff_of;
use super::global::Kind;
use super::replication::Replication;
use super::visit::NO_INSTANCE;
use crate::mechanism::held::{Held, Standing};
use crate::mechanism::token_bucket::pico_tokens;
use crate::metrics::recorder::{Area, Departure};
use crate::model::control::Reads;
use crate::model::{Holders, Model, NONE, Op, Outcome};
use crate::random::{component_seed, purpose};
use crate::units::{SimTime, Span};

/// How far a copy is with its first read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// It has not begun.
    #[default]
    Booted,
    /// A call is on its way.
    Asking,
    /// It is being answered.
    Served,
    /// The answer is on its way.
    Answered,
}

/// The first read of a copy that starts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FirstRead {
    stage: Stage,
    /// Attempts that were made.
    attempts: u32,
    /// When the call began.
    began: SimTime,
    /// When the present attempt came to the node.
    entered: SimTime,
    /// The pause before it.
    pause: Span,
}

/// Makes what all holders of a model have at the start.
pub(super) fn held(model: &Model, seed: u64, replication: u32) -> Vec<Held> {
    let credentials = (0u64..).zip(&model.credentials);
    let held = credentials.map(|(number, credential)| {
        let node = number << 32 | u64::from(credential.node);
        let seed = component_seed(seed, u64::from(replication), node, purpose::STALENESS);
        Held::new(credential.keep, seed)
    });
    held.collect()
}

impl Replication<'_> {
    /// Returns the number of the copy or environment at which a visit is.
    fn holder(&mut self, slot: u32, holders: Holders) -> u32 {
        match holders {
            Holders::Group(group) => {
                self.station_of(slot, group) - self.model.groups[group as usize].first
            }
            Holders::Pool(pool) => match self.environment_of(slot, pool) {
                Some(environment) => environment,
                None => unreachable!("a visit has an environment while it looks what that holds"),
            },
        }
    }

    /// Returns how a visit stands with what its copy or environment holds.
    pub(super) fn standing(
        &mut self,
        slot: u32,
        t: SimTime,
        credential: u32,
        ages: bool,
    ) -> Standing {
        let constants = &self.model.credentials[credential as usize];
        let holder = self.holder(slot, constants.holders);
        let held = &mut self.held[credential as usize];
        held.standing(holder, t, constants.rotation.as_ref(), ages)
    }

    /// Lets a visit's copy or environment hold what was read, or nothing.
    pub(super) fn take_over(&mut self, slot: u32, t: SimTime, credential: u32, read: bool) {
        let constants = &self.model.credentials[credential as usize];
        let holder = self.holder(slot, constants.holders);
        let held = &mut self.held[credential as usize];
        if read {
            held.renew(holder, t, constants.rotation.as_ref());
        } else {
            held.forget(holder);
        }
    }

    /// Whether a copy that has booted holds what it needs; if not, it goes on reading it.
    pub(super) fn has_read(&mut self, elastic: u32, copy: u32, at: SimTime) -> bool {
        let model = self.model;
        let Some(reads) = model.control.elastic[elastic as usize].reads else {
            return true;
        };
        let place = copy as usize;
        if !self.globals.copies[elastic as usize].is_starting(copy) {
            self.globals.first_reads[elastic as usize][place] = FirstRead::default();
            return true;
        }
        let read = self.globals.first_reads[elastic as usize][place];
        match read.stage {
            Stage::Booted => {
                self.count_call(reads, at);
                self.ask(elastic, copy, reads, FirstRead { began: at, ..read }, at);
            }
            Stage::Asking => self.arrive_asking(elastic, copy, reads, at),
            Stage::Served => {
                self.attempt_of_start_ends(reads, read, at, Outcome::Completed);
                let answered = self.way(reads, at);
                self.go_on_reading(elastic, copy, (Stage::Answered, read), answered);
            }
            Stage::Answered => {
                self.close_call_of_start(reads, read, at, Outcome::Completed);
                self.globals.first_reads[elastic as usize][place] = FirstRead::default();
                let rotation = model.credentials[reads.credential as usize].rotation;
                let held = &mut self.held[reads.credential as usize];
                held.renew(copy, at, rotation.as_ref());
                return true;
            }
        }
        false
    }

    /// Lets a copy go on with its first read at some instant.
    fn go_on_reading(
        &mut self,
        elastic: u32,
        copy: u32,
        (stage, read): (Stage, FirstRead),
        at: SimTime,
    ) {
        let read = FirstRead { stage, ..read };
        self.globals.first_reads[elastic as usize][copy as usize] = read;
        self.globals.list.insert((at, Kind::Ready, elastic, copy));
    }

    /// Sends an attempt.
    fn ask(&mut self, elastic: u32, copy: u32, reads: Reads, read: FirstRead, at: SimTime) {
        let route = &self.model.routes[reads.route as usize];
        if let Some(link) = self.recorder.link_slice(route.link, read.began) {
            link.attempts += 1;
        }
        let entered = self.way(reads, at);
        let read = FirstRead {
            attempts: read.attempts + 1,
            entered,
            ..read
        };
        self.go_on_reading(elastic, copy, (Stage::Asking, read), entered);
    }

    /// An attempt comes to the node that is asked.
    fn arrive_asking(&mut self, elastic: u32, copy: u32, reads: Reads, at: SimTime) {
        let model = self.model;
        let route = &model.routes[reads.route as usize];
        let node = model.rows[route.row as usize].node;
        let read = self.globals.first_reads[elastic as usize][copy as usize];
        self.globals.node_enters(node, at);
        let mut pc = route.entry as usize;
        let mut served = Span::ZERO;
        // What else might follow was refused when the model was made, but for the end.
        loop {
            if let Op::Work { work } = model.ops[pc] {
                let work = &model.works[work as usize];
                let base = self.start_up(node, work.base);
                served = served + Span((base.0 as f64 * work.scale + 0.5) as u64);
            } else if let Op::Admit { admission } = model.ops[pc] {
                if !self.pay(admission, (node, at)) {
                    return self.refused_start(elastic, copy, (reads, read), at);
                }
            } else {
                break;
            }
            pc += 1;
        }
        self.recorder.area(route.row, Area::Busy, at, at + served);
        self.go_on_reading(elastic, copy, (Stage::Served, read), at + served);
    }

    /// An attempt was refused: the next one follows, or the copy is started anew.
    fn refused_start(
        &mut self,
        elastic: u32,
        copy: u32,
        (reads, read): (Reads, FirstRead),
        at: SimTime,
    ) {
        self.attempt_of_start_ends(reads, read, at, Outcome::Throttled);
        let back = self.way(reads, at);
        match self.pause_of_start(reads, read) {
            Some(pause) => {
                let read = FirstRead { pause, ..read };
                self.ask(elastic, copy, reads, read, back + pause);
            }
            None => {
                self.close_call_of_start(reads, read, back, Outcome::Throttled);
                self.start_again(elastic, copy, back);
            }
        }
    }

    /// Takes the tokens of an admission, all or none; says whether they were there.
    fn pay(&mut self, admission: u32, (node, at): (u32, SimTime)) -> bool {
        let tolls = &self.model.admissions[admission as usize].tolls;
        for toll in tolls {
            let price = pico_tokens(tokens(toll.cost, 1, 0));
            if !self.buckets[toll.bucket as usize].has(at, price) {
                self.recorder.refusal(node, toll.bucket, at);
                return false;
            }
        }
        for toll in tolls {
            let price = pico_tokens(tokens(toll.cost, 1, 0));
            let paid = self.buckets[toll.bucket as usize].admit(at, price);
            debug_assert!(paid, "a bucket that has the tokens gives them");
        }
        true
    }

    /// Draws when what sets out over the link now is there.
    fn way(&mut self, reads: Reads, at: SimTime) -> SimTime {
        let route = &self.model.routes[reads.route as usize];
        let node = self.model.credentials[reads.credential as usize].node;
        let arrives = at + self.start_up(node, route.latency);
        match route.way {
            NONE => arrives,
            way => self.cross_way(way, (at, arrives), 0).0,
        }
    }

    /// Returns the pause before the next attempt, if there is one.
    fn pause_of_start(&mut self, reads: Reads, read: FirstRead) -> Option<Span> {
        let route = &self.model.routes[reads.route as usize];
        let retry = self.model.retries.get(route.retry as usize)?;
        let again = retry.on & 1 << Outcome::Throttled as u8 != 0;
        if !again || read.attempts >= retry.attempts_throttled {
            return None;
        }
        let node = self.model.credentials[reads.credential as usize].node;
        let base = self.start_up(node, retry.base_throttled);
        let word = self.streams[node as usize].next_word();
        Some(backoff_of(retry).pause(read.attempts, base, read.pause, word))
    }

    /// Starts a copy again whose read has ended badly for good.
    fn start_again(&mut self, elastic: u32, copy: u32, at: SimTime) {
        let constants = &self.model.control.elastic[elastic as usize];
        let version = self.globals.copies[elastic as usize].version(copy);
        let deployments = self.model.control.deployments.iter();
        let mut deployments =
            deployments.filter(|one| one.elastic == elastic && one.version == version);
        let law = match (deployments.next(), &constants.scaling) {
            (Some(deployment), _) => deployment.start_up,
            (None, Some(scaling)) => scaling.start_up,
            (None, None) => NONE,
        };
        let node = constants.node;
        let launched = self.launch(elastic, copy, at);
        let ready = launched + self.start_up(node, law);
        self.go_on_reading(elastic, copy, (Stage::Booted, FirstRead::default()), ready);
    }

    /// Counts a call of a start.
    fn count_call(&mut self, reads: Reads, at: SimTime) {
        let route = &self.model.routes[reads.route as usize];
        if let Some(link) = self.recorder.link_slice(route.link, at) {
            link.tally.arrived += 1;
        }
    }

    /// Counts the end of a call of a start.
    fn close_call_of_start(
        &mut self,
        reads: Reads,
        read: FirstRead,
        at: SimTime,
        outcome: Outcome,
    ) {
        let route = &self.model.routes[reads.route as usize];
        if let Some(link) = self.recorder.link_slice(route.link, read.began) {
            link.tally.left[outcome as usize] += 1;
            if outcome == Outcome::Completed {
                link.latency.record(at.since(read.began).0);
            }
        }
    }

    /// Counts the end of an attempt at the node that was asked.
    fn attempt_of_start_ends(
        &mut self,
        reads: Reads,
        read: FirstRead,
        at: SimTime,
        outcome: Outcome,
    ) {
        let route = &self.model.routes[reads.route as usize];
        let node = self.model.rows[route.row as usize].node;
        let served = at.since(read.entered).0;
        self.globals
            .node_leaves(self.model, (node, None), (read.entered, at), 0, outcome);
        self.recorder.leave(&Departure {
            row: route.row,
            op: route.op,
            instance: NO_INSTANCE,
            entered: read.entered,
            left: at,
            outcome: Some(outcome),
            orphaned: false,
            waited: 0,
            served: (served > 0).then_some(served),
            item: 0,
        });
    }
}
