//! Deployments: how a node comes to run another version, and how that is taken back.
//!
//! Every strategy starts and stops copies (`mechanism::copies`), or shifts visits from one
//! version to another (`alias`). Those that start new copies beside the old ones keep these,
//! ready but idle, for a while if an alarm may take the deployment back; taking it back is
//! then immediate, as it is where visits are shifted. The others have to start the old
//! version anew. A node has one deployment at a time: the next waits until that is over.

use super::global::Kind;
use super::replication::Replication;
use crate::model::NONE;
use crate::model::control::{Deployment, Strategy};
use crate::units::{SimTime, Span};

/// For how long after its end an alarm may take a deployment back.
///
/// CHOICE: the time for which the deployment services keep the old environment unless
/// told otherwise; a fault that shows later needs a deployment of its own.
const BAKE: Span = Span(300_000_000_000);

/// How often a deployment looks whether copies that have booted are ready.
///
/// CHOICE: often, so that it adds little to what is measured of a deployment.
const LOOK_AGAIN: Span = Span(100_000_000);

/// Where a deployment stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rollout {
    stage: Stage,
    /// Copies that are to run the new version.
    copies: u32,
    /// Version that they replace.
    before: u8,
    /// Turns taken; an event for an earlier one is stale.
    turn: u32,
    /// Share of the visits that goes to the new version.
    share: f64,
    /// When it was finished.
    finished: SimTime,
}

/// How far a deployment has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// It has not begun.
    #[default]
    Waiting,
    /// It waits for another deployment of the node.
    Queued,
    /// Copies are on their way.
    Starting,
    /// They are ready; something is waited for.
    Pausing,
    /// All visits go to the new version.
    Finished,
    /// An alarm has fired; it is about to be taken back.
    Returning,
    /// It is over: the old copies are gone, or it was taken back.
    Over,
}

/// Returns a share as a threshold on a draw.
pub(super) fn threshold(share: f64) -> u64 {
    (share * 18_446_744_073_709_551_616.0) as u64
}

/// Whether new copies are started beside the old ones.
fn is_beside(strategy: Strategy) -> bool {
    match strategy {
        Strategy::BlueGreen | Strategy::Canary { .. } | Strategy::Linear { .. } => true,
        Strategy::AllAtOnce | Strategy::Rolling { .. } => false,
    }
}

impl Replication<'_> {
    /// A deployment begins, or has waited long enough for its next turn.
    pub(super) fn go_on_deploying(&mut self, id: u32, turn: u32, at: SimTime) {
        let model = self.model;
        let deployment = &model.control.deployments[id as usize];
        let rollout = self.globals.rollouts[id as usize];
        if rollout.turn != turn {
            return;
        }
        match rollout.stage {
            Stage::Waiting => self.begin_deploying(id, deployment, at),
            Stage::Starting => self.copies_deployed(id, deployment, at),
            Stage::Pausing => self.shift_on(id, deployment, at),
            Stage::Finished => self.end_deploying(id, deployment, at),
            Stage::Returning => self.take_back(id, deployment, at),
            Stage::Queued | Stage::Over => {}
        }
    }

    /// Lets a deployment take its next turn later.
    fn next_turn(&mut self, id: u32, stage: Stage, at: SimTime) {
        let rollout = &mut self.globals.rollouts[id as usize];
        rollout.stage = stage;
        rollout.turn += 1;
        let turn = rollout.turn;
        self.globals.list.insert((at, Kind::Deploy, id, turn));
    }

    /// Starts so many copies of a version, and returns when the last of them is ready.
    fn start_version(
        &mut self,
        deployment: &Deployment,
        version: u8,
        count: u32,
        at: SimTime,
    ) -> SimTime {
        let elastic = deployment.elastic;
        let mut last = at;
        self.release_hosts(elastic);
        for copy in self.globals.copies[elastic as usize].start(at, count, version) {
            let launched = self.launch(elastic, copy, at);
            let ready = launched + self.start_up(deployment.node, deployment.start_up);
            last = last.max(ready);
            let event = (ready, Kind::Ready, elastic, copy);
            self.globals.list.insert(event);
        }
        last
    }

    /// Stops so many copies of a version.
    fn stop_version(&mut self, deployment: &Deployment, version: u8, count: u32, at: SimTime) {
        let elastic = deployment.elastic;
        for copy in self.globals.copies[elastic as usize].stop(at, count, version) {
            self.recorder.copy_ended(deployment.node, copy);
        }
        self.copies_changed(elastic, at);
    }

    fn begin_deploying(&mut self, id: u32, deployment: &Deployment, at: SimTime) {
        if self.is_deploying(deployment) {
            self.globals.rollouts[id as usize].stage = Stage::Queued;
            return;
        }
        self.end_earlier(deployment, at);
        if self.recorder.counts(at) {
            self.recorder.recording().deployments[id as usize].started = Some(at);
        }
        if deployment.elastic == NONE {
            let before = self.begin_shifting(deployment);
            self.globals.rollouts[id as usize].before = before;
            let ready = at + self.start_up(deployment.node, deployment.start_up);
            return self.next_turn(id, Stage::Starting, ready);
        }
        let copies = &self.globals.copies[deployment.elastic as usize];
        let count = copies.planned();
        let before = copies
            .open()
            .first()
            .map_or(0, |copy| copies.version(*copy));
        let rollout = &mut self.globals.rollouts[id as usize];
        rollout.copies = count;
        rollout.before = before;
        self.globals.deploying[deployment.elastic as usize] = true;
        match deployment.strategy {
            Strategy::AllAtOnce => {
                self.stop_version(deployment, before, count, at);
                let ready = self.start_version(deployment, deployment.version, count, at);
                self.next_turn(id, Stage::Starting, ready);
            }
            Strategy::Rolling { .. } => self.next_batch(id, deployment, at),
            Strategy::BlueGreen | Strategy::Canary { .. } | Strategy::Linear { .. } => {
                let ready = self.start_version(deployment, deployment.version, count, at);
                self.next_turn(id, Stage::Starting, ready);
            }
        }
    }

    /// Whether another deployment of the node is under way.
    fn is_deploying(&self, deployment: &Deployment) -> bool {
        match deployment.elastic {
            NONE => self.globals.aliases[deployment.alias as usize].deploying,
            elastic => self.globals.deploying[elastic as usize],
        }
    }

    /// Lets the deployments of a node be that are finished: the next one takes their place.
    fn end_earlier(&mut self, deployment: &Deployment, at: SimTime) {
        for (other, one) in (0u32..).zip(&self.model.control.deployments) {
            let finished = self.globals.rollouts[other as usize].stage == Stage::Finished;
            if one.node == deployment.node && finished {
                self.end_deploying(other, one, at);
            }
        }
    }

    /// Lets the deployment begin that has waited longest for the one of the same node.
    fn begin_next(&mut self, deployment: &Deployment, at: SimTime) {
        let all = (0u32..).zip(&self.model.control.deployments);
        let queued = all.filter(|(other, one)| {
            let stage = self.globals.rollouts[*other as usize].stage;
            one.node == deployment.node && stage == Stage::Queued
        });
        let first = queued.min_by_key(|(other, one)| (one.at, *other));
        if let Some((other, _)) = first {
            self.next_turn(other, Stage::Waiting, at);
        }
    }

    /// Stops a batch of old copies and starts as many new ones.
    fn next_batch(&mut self, id: u32, deployment: &Deployment, at: SimTime) {
        let Strategy::Rolling { batch, .. } = deployment.strategy else {
            unreachable!("only a rolling deployment has batches");
        };
        let rollout = self.globals.rollouts[id as usize];
        let size = batch.of(rollout.copies);
        let left = self.globals.copies[deployment.elastic as usize].of_version(rollout.before);
        let size = size.min(left);
        self.stop_version(deployment, rollout.before, size, at);
        let ready = self.start_version(deployment, deployment.version, size, at);
        self.next_turn(id, Stage::Starting, ready);
    }

    /// The copies that were started last are ready, unless they still read what they need.
    fn copies_deployed(&mut self, id: u32, deployment: &Deployment, at: SimTime) {
        if self.still_reads(deployment) {
            return self.next_turn(id, Stage::Starting, at + LOOK_AGAIN);
        }
        let rollout = self.globals.rollouts[id as usize];
        match deployment.strategy {
            Strategy::AllAtOnce | Strategy::BlueGreen => self.finish_deploying(id, deployment, at),
            Strategy::Rolling { pause, .. } => {
                let copies = &self.globals.copies[deployment.elastic as usize];
                match copies.of_version(rollout.before) {
                    0 => self.finish_deploying(id, deployment, at),
                    _ => self.next_turn(id, Stage::Pausing, at + pause),
                }
            }
            Strategy::Canary { share, length } => {
                self.shift(id, deployment, share, at);
                self.next_turn(id, Stage::Pausing, at + length);
            }
            Strategy::Linear { share, every } => {
                self.shift(id, deployment, share, at);
                self.next_turn(id, Stage::Pausing, at + every);
            }
        }
    }

    /// Whether copies of a deployment have booted, but are not ready.
    fn still_reads(&self, deployment: &Deployment) -> bool {
        let Some(elastic) = self.model.control.elastic.get(deployment.elastic as usize) else {
            return false;
        };
        let copies = &self.globals.copies[deployment.elastic as usize];
        elastic.reads.is_some() && copies.starting() > 0
    }

    /// The pause of a deployment is over.
    fn shift_on(&mut self, id: u32, deployment: &Deployment, at: SimTime) {
        let share = self.globals.rollouts[id as usize].share;
        match deployment.strategy {
            Strategy::Rolling { .. } => self.next_batch(id, deployment, at),
            Strategy::Linear { share: more, every } if share + more < 1.0 - 1e-9 => {
                self.shift(id, deployment, share + more, at);
                self.next_turn(id, Stage::Pausing, at + every);
            }
            Strategy::AllAtOnce
            | Strategy::BlueGreen
            | Strategy::Canary { .. }
            | Strategy::Linear { .. } => self.finish_deploying(id, deployment, at),
        }
    }

    /// Lets a share of the visits go to the new version.
    fn shift(&mut self, id: u32, deployment: &Deployment, share: f64, at: SimTime) {
        self.globals.rollouts[id as usize].share = share;
        if deployment.elastic == NONE {
            self.globals.aliases[deployment.alias as usize].below = threshold(share);
            return;
        }
        self.globals.mixes[deployment.elastic as usize] =
            Some((deployment.version, threshold(share)));
        self.copies_changed(deployment.elastic, at);
    }

    /// Lets all visits go to the new version.
    fn finish_deploying(&mut self, id: u32, deployment: &Deployment, at: SimTime) {
        let rollout = &mut self.globals.rollouts[id as usize];
        rollout.share = 1.0;
        rollout.finished = at;
        let before = rollout.before;
        if deployment.elastic == NONE {
            self.end_shifting(deployment, deployment.version);
        } else {
            let elastic = deployment.elastic as usize;
            self.globals.mixes[elastic] = None;
            self.globals.current[elastic] = deployment.version;
            self.globals.deploying[elastic] = false;
            self.globals.copies[elastic].set_aside(before);
            self.copies_changed(deployment.elastic, at);
            self.keep_bounds(deployment.elastic, at);
        }
        if self.recorder.counts(at) {
            self.recorder.recording().deployments[id as usize].finished = Some(at);
        }
        if deployment.rollback_on.is_empty() {
            self.end_deploying(id, deployment, at);
        } else {
            self.next_turn(id, Stage::Finished, at + BAKE);
        }
        self.begin_next(deployment, at);
    }

    /// Lets the old copies go: the deployment cannot be taken back any more.
    fn end_deploying(&mut self, id: u32, deployment: &Deployment, at: SimTime) {
        let rollout = &mut self.globals.rollouts[id as usize];
        rollout.stage = Stage::Over;
        let before = rollout.before;
        if deployment.elastic != NONE {
            let left = self.globals.copies[deployment.elastic as usize].of_version(before);
            self.stop_version(deployment, before, left, at);
        }
    }

    /// Takes back the deployments that an alarm that has fired is to take back.
    pub(super) fn take_back_on(&mut self, alarm: u32, at: SimTime) {
        for (id, deployment) in (0u32..).zip(&self.model.control.deployments) {
            let under_way = match self.globals.rollouts[id as usize].stage {
                Stage::Starting | Stage::Pausing | Stage::Finished => true,
                Stage::Waiting | Stage::Queued | Stage::Returning | Stage::Over => false,
            };
            if !under_way || !deployment.rollback_on.contains(&alarm) {
                continue;
            }
            if deployment.rollback == NONE {
                self.take_back(id, deployment, at);
            } else {
                // What is under way stops here.
                let back = at + self.start_up(deployment.node, deployment.rollback);
                self.next_turn(id, Stage::Returning, back);
            }
        }
    }

    /// Lets all visits go to the old version again.
    fn take_back(&mut self, id: u32, deployment: &Deployment, at: SimTime) {
        let rollout = &mut self.globals.rollouts[id as usize];
        rollout.stage = Stage::Over;
        let (before, copies) = (rollout.before, rollout.copies);
        if deployment.elastic == NONE {
            self.end_shifting(deployment, before);
        } else {
            let elastic = deployment.elastic as usize;
            self.globals.mixes[elastic] = None;
            self.globals.copies[elastic].take_back(before);
            let new = self.globals.copies[elastic].of_version(deployment.version);
            self.stop_version(deployment, deployment.version, new, at);
            if !is_beside(deployment.strategy) {
                let left = self.globals.copies[elastic].of_version(before);
                let missing = copies.saturating_sub(left);
                self.start_version(deployment, before, missing, at);
            }
            self.globals.current[elastic] = before;
            self.globals.deploying[elastic] = false;
            self.keep_bounds(deployment.elastic, at);
        }
        if self.recorder.counts(at) {
            self.recorder.recording().deployments[id as usize].rolled_back = Some(at);
        }
        self.begin_next(deployment, at);
    }
}
