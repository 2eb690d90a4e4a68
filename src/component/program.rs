//! What a component's `compile` writes with.
//!
//! A `Program` appends operations to the program of one visit; `mechanisms` declares
//! what they name. What depends on the rest of the topology (a flow's
//! steps, the links to hand a call on to, consumers of messages) is written by
//! the `Surroundings`, which `compile` implements.

use super::ask::{Access, Ask};
use super::build::{Build, Owner, Quantity, Table, index, threshold32};
use super::declare::{
    AccountQuotas, BalancerSpec, BucketId, CacheId, Compute, Forward, GroupId, LogId, LogSpec,
    PartitionId, PoolId, QueueId, QueueSpec, RetryDefaults, Scope, StationSpec, WorkSpec,
};
use super::secret::Source;
use super::{Class, KindInfo};
use crate::diagnostic::{Diagnostic, Place};
use crate::model::{
    ALL, Admission, Batch, Cost, Lagging, Log, Loop, NONE, Op, Outcome, Queue, Toll, Work,
};
use crate::random::law::Law;
use crate::units::Span;

/// Which nodes are wanted, by name.
pub(crate) type Wanted<'a> = &'a dyn Fn(&str) -> bool;

/// What the topology says around a node; implemented by `compile`.
pub(crate) trait Surroundings {
    /// Writes the flow's steps for the asked node, or its lone work and its links in order.
    fn steps(&mut self, build: &mut Build, ask: &Ask, compute: &ComputeOps);
    /// Returns how many stages the asked node has: the flow's steps, or else its links.
    fn stages(&self, ask: &Ask) -> usize;
    /// Writes the stages, each behind some work and holding a server of its group, if it has one.
    fn staged(&mut self, build: &mut Build, ask: &Ask, groups: &[GroupId], between: u32);
    /// The same as `steps`, given up as timed out after a time.
    fn steps_within(&mut self, build: &mut Build, ask: &Ask, compute: &ComputeOps, most: Span);
    /// Writes a call of one of the links that match; `transparent`: a miss there is a miss here.
    fn forward(&mut self, build: &mut Build, ask: &Ask, how: Forward, transparent: bool);
    /// Whether a link of the asked node takes the call.
    fn has_links(&self, ask: &Ask) -> bool;
    /// Returns how many messages `publish` sends for each item, on average, over the links
    /// to nodes that are wanted.
    fn messages(&self, ask: &Ask, wanted: Wanted<'_>) -> f64;
    /// Returns how many links take messages of the asked node.
    fn consumers(&self, ask: &Ask) -> u32;
    /// Writes a detached message for every link to a node that is wanted, if it takes it.
    fn publish(&mut self, build: &mut Build, ask: &Ask, wanted: Wanted<'_>);
    /// Writes a call of the asked node by itself.
    fn call_again(&mut self, build: &mut Build, ask: &Ask, retry: &RetryDefaults);
    /// Writes a call of the node that the asked node asks first; says whether there is a link.
    fn ask_first(&mut self, build: &mut Build, ask: &Ask) -> bool;
    /// Returns how the node that the asked node asks first keeps its secrets, if it keeps any.
    fn asked_secrets(&self, ask: &Ask) -> Option<Source>;
    /// Whether a link that takes messages leads to a node of some name.
    fn delivers_to(&self, ask: &Ask, name: &str) -> bool;
    /// Returns how long the way from the asked node to the client is, if a link says.
    fn to_client(&self, ask: &Ask) -> Option<Law>;
    /// Registers the consumers of a message queue for what is asked; returns what its
    /// messages are about.
    fn queue_consumers(&mut self, build: &mut Build, ask: &Ask, queue: u32) -> u32;
    /// Registers the consumers of a log for what is asked; returns what its messages are about.
    fn log_consumers(&mut self, build: &mut Build, ask: &Ask, log: u32) -> u32;
    /// Whether any step writes conditionally to the node.
    fn writes_conditionally(&self, node: u32) -> bool;
    /// Returns the quotas of the account.
    fn account(&self) -> AccountQuotas;
    /// Returns the key law of the asked flow.
    fn key(&self, ask: &Ask) -> u32;
    /// Returns the most copies of a node that there may be at once, if they come and go.
    fn room(&self, node: u32) -> Option<u32>;
}

/// `Compute` with its indices.
#[derive(Clone, Debug)]
pub(crate) struct ComputeOps {
    /// Station group, or `NONE`.
    pub(crate) group: u32,
    /// Whether the server is kept throughout.
    pub(crate) blocking: bool,
    /// Multiplies every time.
    pub(crate) scale: f64,
    /// Work without steps.
    pub(crate) alone: Option<Law>,
    /// What a visit passes before each of its steps: an admission, or `NONE`, and work.
    pub(crate) passage: Option<(u32, u32)>,
    /// How repetitions are run, if not as they say.
    pub(crate) map: Option<Map>,
    /// Whether what is written is a child of such a repetition.
    pub(crate) child: bool,
}

/// How repetitions of steps are run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Map {
    /// Most at once.
    pub(crate) most: u32,
    /// What each passes before it begins; none: they are no visits of their own.
    pub(crate) children: Option<Children>,
}

/// Repetitions that are run as visits of their own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Children {
    /// Admission at which they wait to be started.
    pub(crate) admission: u32,
    /// Work of a start.
    pub(crate) start: u32,
    /// Most repetitions at once within one of them.
    pub(crate) within: u32,
    /// What they pass between their steps, as `ComputeOps::passage`.
    pub(crate) passage: Option<(u32, u32)>,
}

/// What becomes of the items of a call that have not passed when all rounds are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// The call ends throttled, and one that tries it again sends all items.
    Refused,
    /// The call ends throttled, and one that tries it again sends those that were left.
    Returned,
    /// They are lost, and the call is answered.
    Ignored,
}

impl ComputeOps {
    /// Writes what a visit passes between its steps, if anything.
    pub(crate) fn pass(&self, build: &mut Build) {
        let children = self.map.and_then(|map| map.children);
        let passage = match (self.child, children) {
            (true, Some(children)) => children.passage,
            (true, None) | (false, _) => self.passage,
        };
        let Some((admission, work)) = passage else {
            return;
        };
        if admission != NONE {
            build.emit(Op::Admit { admission });
        }
        build.emit(Op::Work { work });
    }
}

/// Writes the program of one visit.
pub struct Program<'a> {
    /// The model under construction.
    pub(crate) build: &'a mut Build,
    /// The rest of the topology.
    pub(crate) around: &'a mut dyn Surroundings,
    /// What is asked.
    pub(crate) ask: &'a Ask,
    /// The node's kind.
    pub(crate) info: &'static KindInfo,
    /// The node's name.
    pub(crate) name: &'a str,
    /// Where the node was written.
    pub(crate) place: &'a Place,
    /// Which of the node's versions it is, of those that take visits side by side.
    pub(crate) version: u32,
    /// Multiplies its compute.
    pub(crate) slow: f64,
    /// How repetitions of its steps are run, if not as they say.
    pub(crate) map: Option<Map>,
}

impl Program<'_> {
    /// Returns what is asked.
    pub fn ask(&self) -> &Ask {
        self.ask
    }

    /// Returns the node's name.
    pub fn name(&self) -> &str {
        self.name
    }

    /// Returns the name of the operation; empty if the kind has none that fits.
    pub fn op(&self) -> &'static str {
        let operation = self
            .ask
            .operation()
            .and_then(|at| self.info.operations.get(at));
        operation.map_or("", |known| known.name)
    }

    /// Whether the visit writes, by its operation if it has one.
    pub fn is_write(&self) -> bool {
        let operation = self
            .ask
            .operation()
            .and_then(|at| self.info.operations.get(at));
        let access = operation.map_or(self.ask.access, |known| known.access);
        matches!(access, Access::Write | Access::Send)
    }

    /// Whether the read must be strong.
    pub fn consistent(&self) -> bool {
        self.ask.consistent
    }

    /// Whether caches may answer.
    pub fn cacheable(&self) -> bool {
        self.ask.cacheable
    }

    /// Whether the visit is a delivery of a queue, log, topic or store.
    pub fn delivered(&self) -> bool {
        self.ask.delivered
    }

    /// Returns the quotas that all nodes of the account share.
    pub fn account(&self) -> AccountQuotas {
        self.around.account()
    }

    /// Notes a mistake that shows only when the node is used.
    pub fn refuse(&mut self, code: &'static str, message: impl Into<String>) {
        let diagnostic = Diagnostic::error(code, self.place.clone(), message);
        if !self.build.errors.contains(&diagnostic) {
            self.build.errors.push(diagnostic);
        }
    }

    /// Sets the visit's instance by a partitioning rule.
    pub fn place(&mut self, partition: PartitionId) {
        self.build.emit(Op::Place {
            partition: partition.0,
        });
    }

    /// Lets time pass that is not service.
    pub fn delay(&mut self, law: &Law) {
        let time = self.build.sampler(Quantity::Time, law);
        self.build.emit(Op::Delay { time });
    }

    /// Works without a server.
    pub fn work(&mut self, work: &WorkSpec) {
        let work = self.work_index(work);
        self.build.emit(Op::Work { work });
    }

    /// Waits for a server and holds it for the work.
    pub fn serve(&mut self, group: GroupId, work: &WorkSpec) {
        let work = self.work_index(work);
        self.build.emit(Op::Serve {
            group: group.0,
            work,
        });
    }

    /// Waits for a server and keeps it until `release` or the end of the visit.
    pub fn seize(&mut self, group: GroupId) {
        self.build.model.groups[group.0 as usize].planned = false;
        self.build.emit(Op::Seize { group: group.0 });
    }

    /// Gives a seized server back.
    pub fn release(&mut self, group: GroupId) {
        self.build.emit(Op::Release { group: group.0 });
    }

    /// Passes token buckets, all or none; `wait`: in order of arrival instead of being refused.
    pub fn admit(&mut self, buckets: &[BucketId], cost: Cost, wait: bool) {
        let tolls: Vec<(BucketId, Cost)> = buckets.iter().map(|one| (*one, cost)).collect();
        self.admit_each(&tolls, wait);
    }

    /// Passes token buckets that ask different prices, all or none.
    pub fn admit_each(&mut self, tolls: &[(BucketId, Cost)], wait: bool) {
        self.passage(tolls, wait, None);
    }

    /// The same without waiting, and counts what the bill is made of once a visit has passed.
    pub fn admit_metered(&mut self, tolls: &[(BucketId, Cost)], meter: Cost) {
        self.passage(tolls, false, Some(meter));
    }

    /// The same; the requests of visits that have passed are traced.
    pub fn admit_traced(&mut self, tolls: &[(BucketId, Cost)], meter: Cost) {
        let admission = self.known_admission(Admission {
            watched: true,
            traces: true,
            ..self.describe(tolls, false, Some(meter))
        });
        self.build.model.control.traced = true;
        self.build.emit(Op::Admit { admission });
    }

    /// Pays at a token bucket if it has the price; `poor` is written for who finds it too
    /// empty, and goes on all the same.
    pub fn afford(&mut self, bucket: BucketId, cost: Cost, poor: impl FnOnce(&mut Self)) {
        let admission = self.admission(&[(bucket, cost)], false, None);
        let at = self.build.emit(Op::Afford {
            admission,
            target: NONE,
        });
        poor(self);
        let target = self.build.here();
        self.build.model.ops[at as usize] = Op::Afford { admission, target };
    }

    /// Writes a passage through token buckets.
    fn passage(&mut self, tolls: &[(BucketId, Cost)], wait: bool, meter: Option<Cost>) {
        let admission = self.admission(tolls, wait, meter);
        self.build.emit(Op::Admit { admission });
    }

    /// Declares a passage through token buckets.
    fn admission(&mut self, tolls: &[(BucketId, Cost)], wait: bool, meter: Option<Cost>) -> u32 {
        let admission = self.describe(tolls, wait, meter);
        self.known_admission(admission)
    }

    /// Describes a passage through token buckets.
    fn describe(&self, tolls: &[(BucketId, Cost)], wait: bool, meter: Option<Cost>) -> Admission {
        let buckets = &self.build.model.buckets;
        let watched = tolls.iter().any(|(bucket, _)| {
            let bucket = &buckets[bucket.first as usize];
            bucket.growth.is_some() || bucket.heats != NONE || bucket.supplied
        });
        let toll = |(bucket, cost): &(BucketId, Cost)| Toll {
            bucket: bucket.first,
            of: bucket.of,
            cost: *cost,
        };
        Admission {
            tolls: tolls.iter().map(toll).collect(),
            wait,
            meter,
            watched,
            traces: false,
            each: false,
            fills: None,
        }
    }

    /// Lets a share of the bytes that pass the last admission come to lie at a partition, which
    /// splits when it holds `most`; each holds `filled` at the start.
    pub fn fills(&mut self, partition: PartitionId, share: f64, (filled, most): (f64, f64)) {
        let model = &mut self.build.model;
        model.partitions[partition.0 as usize].filled = Some((filled, most));
        let last = model
            .ops
            .iter()
            .rposition(|op| matches!(op, Op::Admit { .. }));
        let Some(at) = last else { return };
        let Op::Admit { admission } = model.ops[at] else {
            return;
        };
        let filling = Admission {
            fills: Some((partition.0, share)),
            watched: true,
            ..model.admissions[admission as usize].clone()
        };
        let admission = self.known_admission(filling);
        self.build.model.ops[at] = Op::Admit { admission };
    }

    /// Returns the number of an admission.
    fn known_admission(&mut self, admission: Admission) -> u32 {
        let known = &mut self.build.model.admissions;
        let at = known.iter().position(|one| *one == admission);
        index(at.unwrap_or_else(|| {
            known.push(admission);
            known.len() - 1
        }))
    }

    /// Lets the items of a call pass token buckets one by one, and works on those that have
    /// passed. The others are tried again, `rounds` times in all, after a pause that doubles.
    /// `after` is written for what has passed. If nothing passes at first, or something is
    /// left, the visit ends throttled.
    pub fn admit_items(
        &mut self,
        tolls: (&[(BucketId, Cost)], Cost),
        work: &WorkSpec,
        again: (u32, &Law),
        after: impl Fn(&mut Self),
    ) {
        self.admit_entries(tolls, work, (again, Left::Refused), after);
    }

    /// The same; what is left when all rounds are over becomes what is said.
    pub fn admit_entries(
        &mut self,
        (tolls, meter): (&[(BucketId, Cost)], Cost),
        work: &WorkSpec,
        ((rounds, pause), left): ((u32, &Law), Left),
        after: impl Fn(&mut Self),
    ) {
        let admission = self.known_admission(Admission {
            each: true,
            ..self.describe(tolls, false, Some(meter))
        });
        let pause = self.build.sampler(Quantity::Time, pause);
        let batches = &mut self.build.model.batches;
        let batch = index(batches.len());
        batches.push(Batch {
            rounds,
            pause,
            returned: left == Left::Returned,
        });
        let admit = self.build.emit(Op::Admit { admission });
        self.work(work);
        let given_up = NONE;
        let at = self.build.emit(Op::Remainder {
            batch,
            admit,
            given_up,
        });
        after(self);
        self.leave(Outcome::Completed);
        let given_up = self.build.here();
        self.build.model.ops[at as usize] = Op::Remainder {
            batch,
            admit,
            given_up,
        };
        after(self);
        self.leave(match left {
            Left::Refused | Left::Returned => Outcome::Throttled,
            Left::Ignored => Outcome::Completed,
        });
    }

    /// Lets at most `most` visits inside at once, until each of them ends; the others
    /// are throttled, or wait. `Scope::Instance` needs a partitioning rule.
    pub fn limit(
        &mut self,
        label: &str,
        most: u32,
        scope: Scope,
        partition: Option<PartitionId>,
        wait: bool,
    ) -> GroupId {
        let patience = if wait { Some(None) } else { None };
        self.limit_within(label, (most, scope), partition, patience)
    }

    /// The same of the account without waiting; the place is kept by what goes on beside the
    /// visit, which is to be written next, until that ends.
    pub fn limit_beside(&mut self, label: &str, most: u32) {
        let group = self.limit(label, most, Scope::Account, None, false);
        self.build.model.groups[group.0 as usize].handed = true;
    }

    /// The same; `patience`: the others wait, some time at most (then they time out) or
    /// however long; without it they are throttled.
    pub fn limit_within(
        &mut self,
        label: &str,
        (most, scope): (u32, Scope),
        partition: Option<PartitionId>,
        patience: Option<Option<&Law>>,
    ) -> GroupId {
        let spec = StationSpec {
            instances: match scope {
                Scope::Instance(count) => count,
                Scope::Node | Scope::Account => 1,
            },
            servers: most,
            waiting_limit: if patience.is_some() { u32::MAX } else { 0 },
            max_wait: patience.flatten().cloned(),
            when_full: Outcome::Throttled,
            partition,
            ..StationSpec::default()
        };
        let (group, _) = self.group(self.owner(scope), label, &spec, true);
        let known = &self.build.model.groups[group.0 as usize];
        if scope == Scope::Account && known.servers != most {
            self.two_limits(label, known.node);
        }
        self.seize(group);
        group
    }

    /// Looks the key up in a cache; `miss` is written for a miss, with the missed items in force.
    ///
    /// Both go on together afterwards.
    pub fn look_up(&mut self, cache: CacheId, miss: impl FnOnce(&mut Self)) {
        let settings = &mut self.build.model.caches[cache.0 as usize];
        if settings.warm > 0.0 && settings.warm_keys == NONE {
            settings.warm_keys = self.around.key(self.ask);
        }
        let join = settings.coalesce;
        let target = self.build.here() + 2;
        self.build.emit(Op::LookUp {
            cache: cache.0,
            miss: target,
            join,
        });
        self.on_miss(miss);
    }

    /// Hits with a fixed probability; `miss` is written for a miss.
    pub fn look_up_fixed(&mut self, hit_rate: f64, miss: impl FnOnce(&mut Self)) {
        self.build.model.nodes[self.ask.node as usize].looks_up = true;
        let target = self.build.here() + 2;
        self.build.emit(Op::LookUpFixed {
            below: threshold32(hit_rate),
            miss: target,
        });
        self.on_miss(miss);
    }

    /// Does the same so many times at once, each with draws of its own, and waits for all.
    /// As soon as one of them is refused the visit is throttled; the others go on.
    pub fn at_once(&mut self, times: u32, part: impl FnOnce(&mut Self)) {
        let law = Law::Constant(f64::from(times));
        let times = self.build.sampler(Quantity::Count, &law);
        let each = index(self.build.model.loops.len());
        self.build.model.loops.push(Loop {
            entry: NONE,
            times,
            cut: 0,
            concurrency: u32::MAX,
            needed: ALL,
            key: NONE,
        });
        // Behind the jump: the jump itself is where all is well.
        let on_error = self.build.here() + 2;
        self.build.emit(Op::Each { each, on_error });
        let over = self.build.jump();
        self.leave(Outcome::Throttled);
        self.build.model.loops[each as usize].entry = self.build.here();
        part(self);
        self.leave(Outcome::Completed);
        self.build.land(over);
    }

    /// Whether the caller has steps of its own for what is missed.
    pub fn handles_misses(&self) -> bool {
        self.ask.handles_miss
    }

    /// Marks the answer as a miss.
    pub fn missed(&mut self) {
        self.build.emit(Op::Missed);
    }

    /// Puts the items in force into the cache.
    pub fn fill(&mut self, cache: CacheId) {
        self.build.emit(Op::Fill {
            cache: cache.0,
            must: false,
        });
    }

    /// The same for a visit that ends as failed if there is no room for them.
    pub fn fill_or_fail(&mut self, cache: CacheId) {
        self.build.emit(Op::Fill {
            cache: cache.0,
            must: true,
        });
    }

    /// Takes the key out of the cache.
    pub fn invalidate(&mut self, cache: CacheId) {
        self.build.emit(Op::Invalidate { cache: cache.0 });
    }

    /// Takes an environment until the visit ends; `cold` is written for cold starts, beside
    /// `warm` for the others.
    pub fn environment(
        &mut self,
        pool: PoolId,
        cold: Option<&dyn Fn(&mut Self)>,
        warm: &dyn Fn(&mut Self),
    ) {
        let take = self.build.emit(Op::Warm {
            pool: pool.0,
            cold: NONE,
        });
        warm(self);
        if let Some(cold) = cold {
            let over = self.build.jump();
            let target = self.build.here();
            self.build.model.ops[take as usize] = Op::Warm {
                pool: pool.0,
                cold: target,
            };
            cold(self);
            self.build.land(over);
        }
    }

    /// Writes `then` for a share of the visits.
    pub fn coin(&mut self, share: f64, then: impl FnOnce(&mut Self)) {
        if share <= 0.0 {
            return;
        }
        let target = self.build.here() + 2;
        self.build.emit(Op::Coin {
            below: threshold32(share),
            target,
        });
        let over = self.build.jump();
        then(self);
        self.build.land(over);
    }

    /// Writes what goes on beside the visit, which does not wait for it; once a program.
    pub fn aside(&mut self, then: impl FnOnce(&mut Self)) {
        self.beside(0, then);
    }

    /// The same as often as there are numbers, each once a program.
    pub fn beside(&mut self, strand: u16, then: impl FnOnce(&mut Self)) {
        let entry = self.build.here() + 2;
        self.build.emit(Op::Spawn { entry, strand });
        let over = self.build.jump();
        then(self);
        self.leave(Outcome::Completed);
        self.build.land(over);
    }

    /// Ends a share of the visits as failed.
    pub fn fail(&mut self, share: f64) {
        self.coin(share, |program| program.leave(Outcome::Failed));
    }

    /// Ends the visit.
    pub fn leave(&mut self, outcome: Outcome) {
        self.build.emit(Op::Leave { outcome });
    }

    /// Stays for some time, but `most` at most, and ends; if it is for `most`, `cut` is written
    /// before the end. For strands that nobody waits for: the request is over when it begins.
    pub fn stay(&mut self, time: &Law, most: Span, cut: impl FnOnce(&mut Self)) {
        let time = self.build.sampler(Quantity::Time, time);
        let other = Law::Constant(most.0 as f64);
        let other = self.build.sampler(Quantity::Time, &other);
        let target = self.build.here() + 2;
        self.build.emit(Op::Earlier {
            time,
            other,
            target,
        });
        self.leave(Outcome::Completed);
        cut(self);
        self.leave(Outcome::Completed);
    }

    /// Calls the node again for the same, however often that takes.
    pub fn call_again(&mut self, retry: &RetryDefaults) {
        self.around.call_again(self.build, self.ask, retry);
    }

    /// Calls the node that is asked first; says whether a link leads there.
    pub fn ask_first(&mut self) -> bool {
        self.around.ask_first(self.build, self.ask)
    }

    /// Notes what copies of the node lag behind: the visit's instance is the copy, 0 the primary.
    pub fn lag(&mut self, what: Lagging) {
        self.build.emit(Op::Lag { what });
    }

    /// Remembers the version of the key; nothing if nobody writes conditionally here.
    pub fn observe(&mut self) {
        if self.around.writes_conditionally(self.ask.node) {
            let node = self.ask.node;
            self.build.emit(Op::Observe { node });
        }
    }

    /// Writes the key, which fails if `conditional` and it has changed since `observe`;
    /// nothing if nobody writes conditionally here.
    pub fn commit(&mut self, conditional: bool) {
        if self.around.writes_conditionally(self.ask.node) {
            let node = self.ask.node;
            self.build.emit(Op::Commit { node, conditional });
        }
    }

    /// Whether a link takes the call; none of a cache whose caller deals with misses.
    pub fn has_links(&self) -> bool {
        let caller = self.info.class == Class::Cache && self.ask.handles_miss;
        !caller && self.around.has_links(self.ask)
    }

    /// Writes the flow's steps; without steps one unit of work, then all links in order.
    pub fn steps(&mut self, compute: &Compute) {
        let ops = ComputeOps {
            group: compute.station.map_or(NONE, |group| group.0),
            blocking: compute.blocking && compute.station.is_some(),
            scale: compute.scale * self.slow,
            alone: compute.alone.clone(),
            passage: None,
            map: self.map,
            child: false,
        };
        if let (true, Some(group)) = (ops.blocking, compute.station) {
            self.seize(group);
        }
        self.around.steps(self.build, self.ask, &ops);
        if let (true, Some(group)) = (ops.blocking, compute.station) {
            self.release(group);
        }
    }

    /// Lets so many repetitions of the steps that are written next run at once, at most.
    pub fn map(&mut self, most: u32) {
        self.map = Some(Map {
            most,
            children: None,
        });
    }

    /// Lets each repetition be a visit of its own, which waits for a token to be started, takes
    /// the time of a start, and passes between its steps what is said, if it is. `most` of them,
    /// and `within` one of them so many repetitions, run at once.
    pub fn map_of_children(
        &mut self,
        (most, within): (u32, u32),
        (dispatch, start): (BucketId, &WorkSpec),
        between: Option<(Option<BucketId>, &WorkSpec)>,
    ) {
        let admission = self.admission(&[(dispatch, Cost::One)], true, None);
        let start = self.work_index(start);
        let passage = between.map(|(bucket, work)| self.passage_between(bucket, work));
        self.map = Some(Map {
            most,
            children: Some(Children {
                admission,
                start,
                within,
                passage,
            }),
        });
    }

    /// Returns what a visit passes between its steps: an admission, or `NONE`, and work.
    fn passage_between(&mut self, bucket: Option<BucketId>, work: &WorkSpec) -> (u32, u32) {
        let admission = bucket.map_or(NONE, |bucket| {
            self.admission(&[(bucket, Cost::One)], true, None)
        });
        (admission, self.work_index(work))
    }

    /// Writes the flow's steps for a visit that ends as timed out when they take longer.
    ///
    /// No server is held: what is under way at a callee goes on, but nobody waits for it.
    pub fn steps_within(&mut self, compute: &Compute, most: Span) {
        let ops = ComputeOps {
            group: NONE,
            blocking: false,
            scale: compute.scale * self.slow,
            alone: compute.alone.clone(),
            passage: None,
            map: self.map,
            child: false,
        };
        self.around.steps_within(self.build, self.ask, &ops, most);
    }

    /// Writes the flow's steps, or all links in order, as stages: some work leads to each of
    /// them. With `line` a stage takes so many visits at a time; the others wait as it says.
    pub fn stages(&mut self, line: Option<&StationSpec>, between: &WorkSpec) {
        let owner = Owner::Node(self.ask.node);
        let groups: Vec<GroupId> = match line {
            Some(line) => (1..=self.around.stages(self.ask))
                .map(|stage| {
                    let label = format!("stage {stage}");
                    self.group(owner.clone(), &label, line, true).0
                })
                .collect(),
            None => Vec::new(),
        };
        let between = self.work_index(between);
        self.around.staged(self.build, self.ask, &groups, between);
    }

    /// Writes the flow's steps for a visit that passes something before the first of them,
    /// before each of them, and behind the last: it waits for the token of a bucket, if there
    /// is one, and works. It ends as timed out when the steps take longer than `most`.
    pub fn steps_between(
        &mut self,
        compute: &Compute,
        (bucket, work): (Option<BucketId>, &WorkSpec),
        most: Option<Span>,
    ) {
        let passage = self.passage_between(bucket, work);
        let ops = ComputeOps {
            group: NONE,
            blocking: false,
            scale: compute.scale * self.slow,
            alone: compute.alone.clone(),
            passage: Some(passage),
            map: self.map,
            child: false,
        };
        ops.pass(self.build);
        match most {
            Some(most) => self.around.steps_within(self.build, self.ask, &ops, most),
            None => self.around.steps(self.build, self.ask, &ops),
        }
        ops.pass(self.build);
    }

    /// Hands the call on to the link that takes it; a miss there is a miss here.
    pub fn forward(&mut self, how: Forward) {
        self.around.forward(self.build, self.ask, how, true);
    }

    /// Hands the call on as one of some resolvers says, which keeps an answer for `ttl`.
    pub fn resolve(&mut self, resolvers: u32, ttl: Span, query: &WorkSpec) {
        self.build.model.nodes[self.ask.node as usize].looks_up = true;
        let query = self.work_index(query);
        self.forward(Forward::Resolved {
            resolvers,
            ttl,
            query,
        });
    }

    /// Hands the call on as a balancer.
    pub fn balance(&mut self, spec: BalancerSpec) {
        self.forward(Forward::Balance(spec));
    }

    /// Fetches what was missed from the link that takes the call.
    pub fn fetch(&mut self) {
        self.around
            .forward(self.build, self.ask, Forward::ByWeight, false);
    }

    /// Sends a message to every link that takes it, without waiting.
    pub fn publish(&mut self) {
        self.publish_to(&|_| true);
    }

    /// The same over the links to nodes that are wanted, by name.
    pub fn publish_to(&mut self, wanted: &dyn Fn(&str) -> bool) {
        self.around.publish(self.build, self.ask, wanted);
    }

    /// Sends messages as another operation of the node would.
    pub fn publish_as(&mut self, op: &str) {
        let ask = Ask {
            op: Some(op.to_owned()),
            operation: self.info.operation(op).map_or(NONE, index),
            ..self.ask.clone()
        };
        self.around.publish(self.build, &ask, &|_| true);
    }

    /// Returns how many messages `publish` sends for each item, on average.
    pub fn messages(&self) -> f64 {
        self.messages_to(&|_| true)
    }

    /// Returns how many messages `publish_to` sends for each item, on average.
    pub fn messages_to(&self, wanted: &dyn Fn(&str) -> bool) -> f64 {
        self.around.messages(self.ask, wanted)
    }

    /// Whether a link that takes messages leads to a node of some name.
    pub fn delivers_to(&self, name: &str) -> bool {
        self.around.delivers_to(self.ask, name)
    }

    /// Crosses the link to the client, if there is one.
    pub fn cross_to_client(&mut self) {
        if let Some(latency) = self.around.to_client(self.ask) {
            self.delay(&latency);
        }
    }

    /// Returns how many links take what the node keeps or sends on.
    pub fn consumers(&self) -> u32 {
        self.around.consumers(self.ask)
    }

    /// Leaves the items as messages in a queue, which delivers them to the node's links.
    pub fn enqueue(&mut self, label: &str, spec: &QueueSpec) -> QueueId {
        let owner = Owner::Node(self.ask.node);
        let known = self.build.labelled(Table::Queues, owner.clone(), label);
        let at = known.unwrap_or_else(|| {
            let at = index(self.build.model.queues.len());
            self.build.model.queues.push(Queue {
                node: self.ask.node,
                visibility: spec.visibility,
                max_receives: spec.max_receives,
                fifo: spec.fifo,
                retention: spec.retention,
                duplicates: spec.duplicates,
                in_flight: spec.in_flight,
                deliveries: Vec::new(),
                dead_letter: NONE,
            });
            self.build.label(Table::Queues, owner, label, at);
            self.build.model.nodes[self.ask.node as usize].queue = at;
            at
        });
        let about = self.around.queue_consumers(self.build, self.ask, at);
        self.build.emit(Op::Enqueue { queue: at, about });
        QueueId(at)
    }

    /// Appends the items as messages to a log at the visit's instance.
    pub fn append(&mut self, label: &str, spec: &LogSpec) -> LogId {
        let owner = Owner::Node(self.ask.node);
        let known = self.build.labelled(Table::Logs, owner.clone(), label);
        let at = known.unwrap_or_else(|| {
            let at = index(self.build.model.logs.len());
            self.build.model.logs.push(Log {
                node: self.ask.node,
                partitions: spec.partitions,
                retention: spec.retention,
                deliveries: Vec::new(),
                max_receives: spec.max_receives,
                dead_letter: NONE,
            });
            self.build.label(Table::Logs, owner, label, at);
            self.build.model.nodes[self.ask.node as usize].log = at;
            at
        });
        let about = self.around.log_consumers(self.build, self.ask, at);
        self.build.emit(Op::Append { log: at, about });
        LogId(at)
    }

    /// Returns the index of some work.
    fn work_index(&mut self, work: &WorkSpec) -> u32 {
        let base = self
            .build
            .sampler_or_none(Quantity::Time, work.base.as_ref());
        self.build.work(Work {
            base,
            scale: work.scale,
            per_item: work.per_item_ns,
            per_byte: work.per_byte_ns,
            per_pulled: 0.0,
            each: false,
        })
    }

    /// Writes what happens after a miss, behind a look-up that leads here + 1.
    fn on_miss(&mut self, miss: impl FnOnce(&mut Self)) {
        let over = self.build.jump();
        self.build.emit(Op::PushCount);
        miss(self);
        self.build.emit(Op::PopCount);
        self.build.land(over);
    }
}
