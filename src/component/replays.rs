//! What a node remembers of what passed it: so that it counts once, or so that it is sent again.
//!
//! `once` lets pass what is said for the first time within a window. `aside_kept` keeps what it
//! sends on, and sends the events of a window again when a replay begins.
//!
//! Not here: what makes two calls the same (`engine::once`), and how a replay goes
//! (`engine::replay`).

use super::build::{Owner, Table, index};
use super::parameter::{How, Parameters, custom, duration, parameters, rate};
use super::program::Program;
use crate::mechanism::archive::Window;
use crate::model::{Archive, Memory, NONE, Op, Outcome, Replay};
use crate::spec::field::Field;
use crate::spec::reader::Object;
use crate::units::{SimTime, Span};

/// Most replays of a node at once.
///
/// SOURCE: EventBridge user guide, Replaying archived events: 10 active replays. Read 2026-11.
const MOST: usize = 10;

parameters! {
    /// Parameters of a replay.
    pub struct ReplaySpec {
        /// When it begins; has to be said.
        at: Option<Span> = None, duration(), Choice, "has to be said";
        /// First moment of what is sent again.
        from: Span = Span::ZERO, duration(), Choice, "the start of the run";
        /// First moment that is not sent again any more; without it `at`.
        to: Option<Span> = None, duration(), Choice, "all that came before it begins";
        /// Items per time at which it goes; the kind's own without it.
        rate: Option<f64> = None, rate(), Choice, "as fast as the kind does";
    }
    check ReplaySpec::check
}

impl ReplaySpec {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        let Some(at) = self.at else {
            return object.missing("at");
        };
        let to = self.to.unwrap_or(at);
        if to > at || self.from >= to {
            let message = format!(
                "{} must have `from` before `to`, and `to` no later than `at`",
                object.owner()
            );
            object.error_at("at", "replay::window", message);
        }
    }

    /// Returns how long the window is from which it sends [s].
    pub(super) fn seconds(&self) -> f64 {
        let to = self.to.or(self.at).unwrap_or_default();
        Span(to.0.saturating_sub(self.from.0)).as_seconds()
    }

    /// Returns it as the engine knows it; `rate_per_s`: the kind's own.
    fn replay(&self, rate_per_s: f64) -> Replay {
        let at = self.at.unwrap_or_default();
        Replay {
            at: SimTime(at.0),
            window: Window {
                from: SimTime(self.from.0),
                to: SimTime(self.to.unwrap_or(at).0),
                rate_per_s: self.rate.unwrap_or(rate_per_s),
            },
            entry: NONE,
        }
    }
}

/// Reads a list of replays.
pub(super) fn replays() -> How<Vec<ReplaySpec>> {
    let read = |field: &Field<'_>| {
        let entries = field.list()?;
        if entries.len() > MOST {
            let message = format!("{} has more than {MOST} entries", field.name);
            field.error("value::out-of-range", message);
            return None;
        }
        let read = |entry: &Field<'_>| Some(ReplaySpec::read(&mut entry.object()?));
        let replays: Vec<ReplaySpec> = entries.iter().filter_map(read).collect();
        (replays.len() == entries.len()).then_some(replays)
    };
    custom(
        "list",
        "up to 10",
        read,
        |replays: &Vec<ReplaySpec>| match replays.len() {
            0 => "none".to_owned(),
            some => format!("{some} replays"),
        },
    )
}

impl Program<'_> {
    /// Writes `then` for calls that say what was not said within a window; a call that is tried
    /// again says the same. Both go on together afterwards.
    pub fn once(&mut self, window: Span, then: impl FnOnce(&mut Self)) {
        let owner = Owner::Node(self.ask.node);
        let label = "said before";
        let known = self.build.labelled(Table::Memories, owner.clone(), label);
        let memory = known.unwrap_or_else(|| {
            let at = index(self.build.model.memories.len());
            let node = self.ask.node;
            self.build.model.memories.push(Memory { node, window });
            self.build.label(Table::Memories, owner, label, at);
            at
        });
        let once = self.build.emit(Op::Once {
            memory,
            known: NONE,
        });
        then(self);
        let known = self.build.here();
        self.build.model.ops[once as usize] = Op::Once { memory, known };
    }

    /// Writes what goes on beside the visit, as `aside` does, keeps what is needed to do it
    /// again, and does so in replays, at a rate of the kind's own where they give none.
    pub fn aside_kept(
        &mut self,
        (replays, rate_per_s): (&[ReplaySpec], f64),
        then: impl FnOnce(&mut Self),
    ) {
        if replays.is_empty() {
            return self.aside(then);
        }
        let owner = Owner::Node(self.ask.node);
        let label = "archive";
        let known = self.build.labelled(Table::Archives, owner.clone(), label);
        let archive = known.unwrap_or_else(|| {
            let at = index(self.build.model.archives.len());
            self.build.model.archives.push(Archive {
                node: self.ask.node,
                replays: replays.iter().map(|one| one.replay(rate_per_s)).collect(),
            });
            self.build.label(Table::Archives, owner, label, at);
            at
        });
        // Behind the spawn and the jump over what is spawned.
        let entry = self.build.here() + 3;
        self.build.emit(Op::Keep { archive, entry });
        self.aside(then);
        let over = self.build.jump();
        for number in 0..index(replays.len()) {
            let at = self.build.here();
            let replay = &mut self.build.model.archives[archive as usize].replays[number as usize];
            // Another program of the node does it already.
            if replay.entry == NONE {
                replay.entry = at;
                self.build.emit(Op::Replay { archive, number });
                self.leave(Outcome::Completed);
            }
        }
        self.build.land(over);
    }
}
