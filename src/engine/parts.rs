//! One replication on several threads: parts that run beside each other (ENGINE.md section 12).
//!
//! Each part is a `Replication` that meets only the visits of its own nodes. It
//! runs on a thread of its own, never on a pool's: parts wait for one another. The first
//! part leads: at limits, 128 within the horizon and then one at every run-on check, all
//! stand still and it decides what a sequential run decides there. Whatever a part
//! cannot settle alone as a sequential run would (a loop without time, too many visits)
//! ends the attempt, and the replication is run again on one thread. In the end the books
//! of the parts are put together: each node's from its own part.
//!
//! Whether to cut is first decided by a look at the beginning of a sequential run,
//! and then, over the first limits, by how fast the parts really are.

use super::cut::{Cut, Load};
use super::letter::{HOME, Letters};
use super::lookup::Lookups;
use super::office::{Bag, Office};
use super::replication::{MOST_LIVE, Replication};
use super::run::{Ending, Ran};
use super::tables::Setting;
use super::ties::Ties;
use super::{Observer, event::Class};
use crate::metrics::recording::{Recording, Split};
use crate::model::{Model, NONE, Plan};
use crate::units::SimTime;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Events of a replication below which it is not worth looking at another thread.
const LEAST_EVENTS: f64 = 1e6;
/// Limits within the horizon.
const LIMITS: u64 = 128;
/// Limits between which the parts are measured: not while their caches fill.
const TRIAL: (u64, u64) = (1, 4);
/// Times the speed of one thread at which the parts go on.
///
/// What is promised is more (`cut`); here it is seen whether the threads have cores.
const MUST_REACH: f64 = 0.95;
/// Stretches into which a part divides the time that it may run, to publish between.
const STRETCHES: u64 = 4;
/// Looks at the others' clocks before a waiting thread lets others run, and before it sleeps.
///
/// CHOICE: whoever gives its core away may have it back only after milliseconds, if others are
/// there; ten times fewer of the first ran no differently.
const SPINS: (u32, u32) = (2_000, 20_000);
/// How long it sleeps.
const NAP: Duration = Duration::from_micros(50);

/// Runs a replication on several threads if that is likely to be faster, else on this one.
///
/// # Errors
///
/// A loop without time, with the name of the node at which it was found.
pub(crate) fn run(
    setting: Setting<'_>,
    number: u32,
    caches: &Lookups,
    threads: usize,
    observer: &dyn Observer,
) -> Result<Recording, String> {
    let begun = Instant::now();
    let mut speed = 0.0;
    let mut look = |load: &Load, events: u64| {
        speed = events as f64 / begun.elapsed().as_secs_f64().max(1e-9);
        let expected = events as f64 * setting.plan.horizon.0 as f64 / load.elapsed;
        (expected >= LEAST_EVENTS)
            .then(|| Cut::best(setting.model, load, threads))
            .flatten()
    };
    let first = Replication::new(setting, number, caches.clone());
    match first.run(observer, Some(&mut look))? {
        Ran::Done(recording) => Ok(*recording),
        Ran::Cut(cut) => run_cut(setting, number, caches, &cut, Some(speed), observer),
    }
}

/// Runs a replication on this thread.
///
/// # Errors
///
/// A loop without time, with the name of the node at which it was found.
pub(crate) fn run_whole(
    setting: Setting<'_>,
    number: u32,
    caches: Lookups,
    observer: &dyn Observer,
) -> Result<Recording, String> {
    match Replication::new(setting, number, caches).run(observer, None)? {
        Ran::Done(recording) => Ok(*recording),
        Ran::Cut(_) => unreachable!("nobody looked"),
    }
}

/// What the leader has decided.
enum Verdict {
    /// The run has ended.
    Ended(Ending),
    /// Another run, on one thread, must tell.
    Again,
}

/// Runs a replication in parts; `speed`: events per second of one thread, to be beaten.
///
/// # Errors
///
/// A loop without time, with the name of the node at which it was found.
pub(crate) fn run_cut(
    setting: Setting<'_>,
    number: u32,
    caches: &Lookups,
    cut: &Cut,
    speed: Option<f64>,
    observer: &dyn Observer,
) -> Result<Recording, String> {
    let Setting { model, plan, .. } = setting;
    let ties = Ties::of(model);
    let step = limit_step(plan);
    let first = step.min(plan.horizon.0);
    let office = Office::new(cut.parts, cut.distances.clone(), first);
    let live: Vec<AtomicU64> = (0..cut.parts).map(|_| AtomicU64::new(0)).collect();
    let done: Vec<AtomicU64> = (0..cut.parts).map(|_| AtomicU64::new(0)).collect();
    let shared = Shared {
        office: &office,
        live: &live,
        done: &done,
        step,
        horizon: plan.horizon,
        speed,
        observer,
    };
    let make = |me: usize| {
        let mut part = Replication::new(setting, number, caches.clone());
        part.become_part(me, cut, &ties);
        part
    };
    let outcomes = std::thread::scope(|scope| {
        let others: Vec<_> = (0..cut.parts)
            .filter(|&me| me != HOME)
            .map(|me| {
                let (shared, make) = (&shared, &make);
                scope.spawn(move || {
                    let worker = Worker::new(shared, make(me), me, cut);
                    worker.run()
                })
            })
            .collect();
        let home = Worker::new(&shared, make(HOME), HOME, cut).run();
        let mut outcomes = vec![home];
        for other in others {
            outcomes.push(super::joined(other));
        }
        outcomes
    });
    let mut parts = Vec::new();
    let mut verdict = Verdict::Again;
    let mut rounds = 0;
    for (part, of_part, of_rounds) in outcomes {
        parts.push(part);
        rounds = of_rounds.max(rounds);
        if let Some(found) = of_part {
            verdict = found;
        }
    }
    let Verdict::Ended(ending) = verdict else {
        return run_whole(setting, number, caches.clone(), observer);
    };
    deliver_the_rest(&mut parts, &office);
    let split = Split {
        parts: cut.parts as u32,
        rounds,
        bound: cut.bound,
    };
    Ok(merge(model, &ties, cut, parts, &ending, split))
}

/// Returns the time from one limit to the next within the horizon: whole bins.
fn limit_step(plan: &Plan) -> u64 {
    let bin = plan.bin.0.max(1);
    (plan.horizon.0 / LIMITS).max(1).div_ceil(bin) * bin
}

/// What the threads of a run share.
struct Shared<'a> {
    office: &'a Office<Letters>,
    /// Per part: visits at most so far.
    live: &'a [AtomicU64],
    /// Per part: events so far.
    done: &'a [AtomicU64],
    step: u64,
    horizon: SimTime,
    speed: Option<f64>,
    observer: &'a dyn Observer,
}

/// Ends the run of all parts if its own thread panics.
struct Alarm<'a>(&'a Office<Letters>);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.end();
        }
    }
}

/// A thread that runs a part.
struct Worker<'a, 'm> {
    shared: &'a Shared<'a>,
    part: Replication<'m>,
    me: usize,
    /// A quarter of the shortest way to this part [ns].
    stretch: u64,
    rounds: u64,
    limits: u64,
    /// When the trial began, and the events of all parts until then.
    trial: Option<(Instant, u64)>,
    /// State of the shaking, if there is any.
    shaken: Option<u64>,
}

impl<'a, 'm> Worker<'a, 'm> {
    fn new(shared: &'a Shared<'a>, part: Replication<'m>, me: usize, cut: &Cut) -> Self {
        let shortest = cut.distances[me * cut.parts..(me + 1) * cut.parts]
            .iter()
            .min();
        Worker {
            shared,
            part,
            me,
            stretch: (shortest.copied().unwrap_or(u64::MAX) / STRETCHES).max(1),
            rounds: 0,
            limits: 0,
            trial: None,
            shaken: cut.shaken.map(|seed| seed ^ (me as u64) << 32 | 1),
        }
    }

    /// Runs until all parts have ended; the leader brings the verdict.
    fn run(mut self) -> (Replication<'m>, Option<Verdict>, u64) {
        let office = self.shared.office;
        let _alarm = Alarm(office);
        let mut inbox = Letters::default();
        let mut clock = 0;
        let mut idle = 0;
        let mut verdict = None;
        while !office.is_over() {
            let limit = office.limit();
            if clock >= limit {
                // Whoever is there first waits until all stand still.
                if self.me == HOME && office.all_there() {
                    office.collect(self.me, &mut inbox);
                    self.part.receive(&mut inbox);
                    verdict = self.lead(limit);
                    idle = 0;
                    continue;
                }
                wait(&mut idle);
                continue;
            }
            if office.safe(self.me) <= clock {
                // A look at the clocks keeps nobody from working.
                wait(&mut idle);
                continue;
            }
            let mut safe = office.collect(self.me, &mut inbox);
            self.part.receive(&mut inbox);
            // After the horizon every limit is a run-on check.
            self.part.barrier = self.part.barrier.max(SimTime(limit));
            safe = self.shake(clock, safe.min(limit));
            if safe <= clock {
                wait(&mut idle);
                continue;
            }
            idle = 0;
            self.rounds += 1;
            while clock < safe {
                clock = match self.advance(clock, safe) {
                    Some(clock) => clock,
                    None => {
                        office.end();
                        return (self.part, None, self.rounds);
                    }
                };
                for (to, letters) in self.part.letters.iter_mut().enumerate() {
                    office.send(self.me, to, letters);
                }
                if clock >= limit {
                    let live = (self.part.visits.most() + self.part.journeys.most_visits()) as u64;
                    self.shared.live[self.me].store(live, Ordering::Relaxed);
                    self.shared.done[self.me].store(self.part.events, Ordering::Relaxed);
                }
                office.publish(self.me, clock);
            }
        }
        (self.part, verdict, self.rounds)
    }

    /// Runs a stretch; returns the new clock, or nothing if a sequential run must tell.
    fn advance(&mut self, clock: u64, safe: u64) -> Option<u64> {
        let to = safe.min(clock.saturating_add(self.stretch));
        let reached = self.part.run_to(SimTime(to), self.shared.observer);
        if self.part.is_overrun() {
            return None;
        }
        // Nothing happens here before the next event, and nothing comes before `safe`.
        let clock = reached.ok()?.0.min(self.part.next_at().0).clamp(to, safe);
        self.part.handled = SimTime(clock);
        Some(clock)
    }

    /// In tests: stops earlier than it might, and now and then lets others run.
    fn shake(&mut self, clock: u64, safe: u64) -> u64 {
        let Some(state) = &mut self.shaken else {
            return safe;
        };
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        let word = *state;
        if word % 3 == 0 {
            std::thread::yield_now();
        }
        clock + (safe.saturating_sub(clock) >> (word >> 8 & 3))
    }

    /// Decides at a limit what a sequential run decides there, and raises it or ends the run.
    fn lead(&mut self, limit: u64) -> Option<Verdict> {
        let Shared {
            office,
            observer,
            horizon,
            ..
        } = *self.shared;
        self.limits += 1;
        let (at, part) = (SimTime(limit), &mut self.part);
        part.settle_the_rest();
        let live: u64 = self
            .shared
            .live
            .iter()
            .map(|live| live.load(Ordering::Relaxed))
            .sum();
        let verdict = if live > u64::from(MOST_LIVE) || self.is_slow() {
            Some(Verdict::Again)
        } else {
            self.part.look_around(at, observer).map(Verdict::Ended)
        };
        if verdict.is_some() {
            office.end();
            return verdict;
        }
        let next = limit + self.shared.step;
        office.raise(if at < horizon {
            next.min(horizon.0)
        } else {
            self.part.barrier.0
        });
        None
    }

    /// Whether a trial shows that one thread would have been faster.
    fn is_slow(&mut self) -> bool {
        let Some(speed) = self.shared.speed else {
            return false;
        };
        let done = self.shared.done.iter();
        let events: u64 = done.map(|done| done.load(Ordering::Relaxed)).sum();
        if self.limits == TRIAL.0 {
            self.trial = Some((Instant::now(), events));
        }
        let Some((begun, before)) = self.trial.filter(|_| self.limits == TRIAL.1) else {
            return false;
        };
        let reached = (events - before) as f64 / begun.elapsed().as_secs_f64().max(1e-9);
        reached < MUST_REACH * speed
    }
}

/// Waits a little, the longer the more often.
fn wait(idle: &mut u32) {
    *idle += 1;
    if *idle < SPINS.0 {
        std::hint::spin_loop();
    } else if *idle < SPINS.1 {
        std::thread::yield_now();
    } else {
        std::thread::park_timeout(NAP);
    }
}

/// Delivers what was on the way when the run ended, until nothing is.
fn deliver_the_rest(parts: &mut [Replication<'_>], office: &Office<Letters>) {
    let mut inbox = Letters::default();
    loop {
        let mut any = false;
        for (me, part) in parts.iter_mut().enumerate() {
            office.collect(me, &mut inbox);
            any |= !inbox.is_empty();
            part.receive(&mut inbox);
            for (to, letters) in part.letters.iter_mut().enumerate() {
                office.send(me, to, letters);
            }
        }
        if !any {
            break;
        }
    }
    parts[HOME].settle_the_rest();
}

/// Closes the books of all parts and puts them together.
fn merge(
    model: &Model,
    ties: &Ties,
    cut: &Cut,
    parts: Vec<Replication<'_>>,
    ending: &Ending,
    split: Split,
) -> Recording {
    let mut books = parts.into_iter().map(|mut part| {
        part.mark_pools(ending.ended);
        part.begin(ending.ended, Class::Global, NONE);
        part.close(ending)
    });
    let Some(mut whole) = books.next() else {
        unreachable!("a cut has a first part");
    };
    let part_of = |node: u32| {
        cut.part_of
            .get(node as usize)
            .map_or(HOME, |&part| usize::from(part))
    };
    for (me, mut book) in books.enumerate().map(|(index, book)| (index + 1, book)) {
        for (row, from) in model.rows.iter().zip(0usize..) {
            if part_of(row.node) == me {
                whole.rows[from] = std::mem::take(&mut book.rows[from]);
            }
        }
        for node in 0..model.nodes.len() {
            if part_of(node as u32) == me {
                whole.nodes[node] = std::mem::take(&mut book.nodes[node]);
            }
        }
        for (link, &from) in ties.link_from.iter().enumerate() {
            if part_of(from) == me {
                whole.links[link] = std::mem::take(&mut book.links[link]);
            }
        }
        whole.events += book.events;
        whole.queue_events += book.queue_events;
    }
    whole.split = Some(split);
    whole
}
