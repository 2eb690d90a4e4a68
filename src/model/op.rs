//! One thing a visit does at a node.

/// How a request, a visit or an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Outcome {
    /// Left with a reply.
    Completed = 0,
    /// Refused at once by a rate or concurrency limit.
    Throttled = 1,
    /// Refused because a bounded waiting line was full.
    Shed = 2,
    /// Given up by its caller.
    TimedOut = 3,
    /// Ended by a fault, or because a call it needed ended badly.
    Failed = 4,
}

/// How many items a call is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CountFrom {
    /// One.
    One,
    /// The count in force at the caller (inherited).
    Inherited,
    /// Drawn: sampler.
    Drawn(u32),
}

/// What a visit costs at a token bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cost {
    /// One token a visit.
    One,
    /// One token an item.
    Items,
    /// ⌈bytes of one item ÷ unit⌉ × factor tokens an item.
    UnitsPerItem {
        /// Bytes of one unit.
        unit: u32,
        /// Tokens per unit.
        factor: f32,
    },
    /// ⌈bytes of one item ÷ unit⌉ × factor + each tokens an item.
    UnitsPerItemAnd {
        /// Bytes of one unit.
        unit: u32,
        /// Tokens per unit.
        factor: f32,
        /// Tokens per item besides.
        each: f32,
    },
    /// ⌈bytes of all items ÷ unit⌉ × factor tokens a visit.
    UnitsTogether {
        /// Bytes of one unit.
        unit: u32,
        /// Tokens per unit.
        factor: f32,
    },
    /// Bytes of all items × factor tokens (kilobytes, megabytes).
    Bytes {
        /// Tokens per byte.
        factor: f32,
    },
}

/// The time that a visit's work takes: base × scale + (items − 1) × per_item + bytes × per_byte.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Work {
    /// Sampler of the base; `NONE` is 0.
    pub base: u32,
    /// Multiplies the base (a slower processor: > 1).
    pub scale: f64,
    /// Nanoseconds for every item beyond the first.
    pub per_item: f64,
    /// Nanoseconds for every byte of all items.
    pub per_byte: f64,
    /// Nanoseconds for every account that the last gather pulled.
    pub per_pulled: f64,
    /// Whether, in a page of a fan-out, every item takes the base anew.
    pub each: bool,
}

/// A passage through token buckets: all pass and pay, or none pays.
#[derive(Clone, Debug, PartialEq)]
pub struct Admission {
    /// The buckets in order of asking; the first that refuses is the reason.
    pub tolls: Vec<Toll>,
    /// Whether a visit waits in order of arrival instead of being refused.
    pub wait: bool,
    /// What is counted of a visit that has passed, for the bill.
    pub meter: Option<Cost>,
    /// Whether a limit grows, or a partition may split, by what passes.
    pub watched: bool,
    /// Whether the request of a visit that has passed is traced.
    pub traces: bool,
    /// Whether the items of a visit pass one by one, each at the partition of its own key.
    pub each: bool,
    /// By which rule the bytes of what has passed come to lie at a partition, and which share
    /// of them.
    pub fills: Option<(u32, f64)>,
}

/// What happens between a primary and its copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lagging {
    /// The primary was written: so many copies have to do it again.
    Written(u32),
    /// The visit's instance has done a write again.
    Applied,
    /// The visit's instance was read.
    Read,
    /// A strand's write sets out to where the node would go on if it were lost.
    Sent,
    /// It has arrived there.
    Arrived,
}

/// How items that did not pass are tried again.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Rounds in all, ≥ 1.
    pub rounds: u32,
    /// Pause after the first round, which doubles from then on: sampler.
    pub pause: u32,
    /// Whether a caller that tries the call again sends only what was left of it.
    pub returned: bool,
}

/// What one bucket of an admission asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Toll {
    /// Bucket, or the first of one per instance.
    pub bucket: u32,
    /// Which of them, if there are several.
    pub of: Of,
    /// Price.
    pub cost: Cost,
}

/// Which of the buckets that lie together a toll is paid at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The only one.
    One,
    /// That of the visit's instance.
    Instance,
    /// That of the instance at which a partitioning rule would place the visit.
    Partition(u32),
}

/// One thing a visit does at a node.
///
/// Indices lead into the tables of the `Model`. At most 16 bytes: the program of
/// a node should fit in a cache line or two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Op {
    /// Time passes without a server; not service.
    Delay {
        /// Sampler.
        time: u32,
    },
    /// Work that needs no server: time passes and counts as service.
    Work {
        /// Index into `Model::works`.
        work: u32,
    },
    /// Sets the visit's instance (copy or partition) for what follows.
    Place {
        /// Partitioning rule.
        partition: u32,
    },
    /// Waits for a server of the group, holds it for the work, gives it back.
    Serve {
        /// Index into `Model::groups`.
        group: u32,
        /// Index into `Model::works`.
        work: u32,
    },
    /// Waits for a server and keeps it until `Release` or the end of the visit.
    Seize {
        /// Index into `Model::groups`.
        group: u32,
    },
    /// Gives a seized server back.
    Release {
        /// Index into `Model::groups`.
        group: u32,
    },
    /// Passes token buckets, or ends `Throttled`.
    Admit {
        /// Index into `Model::admissions`.
        admission: u32,
    },
    /// Goes on if no item is left that did not pass; else back to `admit`, after a pause, or
    /// to `given_up` once all rounds are over.
    Remainder {
        /// Index into `Model::batches`.
        batch: u32,
        /// The `Admit` of a round.
        admit: u32,
        /// Where to go on without what is left.
        given_up: u32,
    },
    /// Goes on at `target` if the token buckets have the price, and pays it; else goes on
    /// behind, and pays nothing.
    Afford {
        /// Index into `Model::admissions`.
        admission: u32,
        /// Where to go on with the tokens.
        target: u32,
    },
    /// Looks the key up; on a miss goes on at `miss`. With several items: misses are counted,
    /// and one miss suffices.
    LookUp {
        /// Cache.
        cache: u32,
        /// Where to go on after a miss.
        miss: u32,
        /// Whether a miss with a fetch under way waits for it (coalescing).
        join: bool,
    },
    /// A cache with a fixed rate: each item misses with this probability.
    LookUpFixed {
        /// Hit if the upper 32 bits of the draw are below.
        below: u32,
        /// Where to go on after a miss.
        miss: u32,
    },
    /// Marks the answer as a miss: the caller's `on_miss` runs.
    Missed,
    /// Puts the key (all missed items) into the cache.
    Fill {
        /// Cache.
        cache: u32,
        /// Whether the visit ends `Failed` if there is no room.
        must: bool,
    },
    /// Takes the key out of the cache.
    Invalidate {
        /// Cache.
        cache: u32,
    },
    /// Takes an environment of the pool, cold if none is idle, and keeps it until the visit ends.
    Warm {
        /// Pool.
        pool: u32,
        /// Where to go on after a cold start; `NONE`: as after a warm one.
        cold: u32,
    },
    /// Goes on at `target` with a probability.
    Coin {
        /// Threshold: goes there if the upper 32 bits of the draw are below.
        below: u32,
        /// Where to.
        target: u32,
    },
    /// Goes on at one of several places, by weight.
    Split {
        /// Table.
        split: u32,
    },
    /// Asks one of some resolvers where to go: to the branch of its answer, whose first
    /// operation is what asking for it takes, or behind that if it held the answer.
    Resolve {
        /// Index into `Model::resolvers`.
        resolvers: u32,
        /// Table of the answers.
        split: u32,
    },
    /// Chooses among the targets of a balancer, and counts the choice.
    Choose {
        /// Balancer.
        balancer: u32,
    },
    /// Calls the chosen target: route `first + index of the target`.
    CallChosen {
        /// First route.
        first: u32,
    },
    /// Takes the choice back when the reply passes.
    Unchoose {
        /// Balancer.
        balancer: u32,
    },
    /// Calls and waits for the reply.
    Call {
        /// Route.
        route: u32,
    },
    /// Starts a detached strand at `entry` and goes on.
    Spawn {
        /// First operation of the strand.
        entry: u32,
        /// Number of this strand in the program, for its draws.
        strand: u16,
    },
    /// Starts branches and waits for as many as needed.
    Fork {
        /// Table.
        fork: u32,
        /// Where to go on if too few completed; `NONE`: the visit ends as they did.
        on_error: u32,
    },
    /// Repeats steps and waits for as many as needed.
    Each {
        /// Table.
        each: u32,
        /// Where to go on if too few completed; `NONE`: the visit ends as they did.
        on_error: u32,
    },
    /// Delivers to recipients, page by page.
    FanOut {
        /// Table.
        step: u32,
    },
    /// Reads what was delivered, and pulls the rest.
    Gather {
        /// Table.
        gather: u32,
    },
    /// Puts the items in force of the last answer (missed ones) in force, or restores.
    PushCount,
    /// Restores the count in force before the last `PushCount`.
    PopCount,
    /// Leaves a message per item in the queue.
    Enqueue {
        /// Queue.
        queue: u32,
        /// What the messages are about: number of a flow and endpoint; chooses the route
        /// by which they are delivered.
        about: u32,
    },
    /// Appends a message per item to the log, at the visit's instance.
    Append {
        /// Log.
        log: u32,
        /// What the messages are about, as of `Enqueue`.
        about: u32,
    },
    /// Time passes until the earlier of two moments; goes on at `target` if it is the second.
    /// For strands that nobody waits for, which leave their request with it.
    Earlier {
        /// Sampler of the first.
        time: u32,
        /// Sampler of the second.
        other: u32,
        /// Where to go on after the second.
        target: u32,
    },
    /// Goes on only with what is said for the first time within a window; else at `known`.
    Once {
        /// Index into `Model::memories`.
        memory: u32,
        /// Where to go on with what was said before.
        known: u32,
    },
    /// Goes on behind if what the visit's copy or environment holds is accepted and not too old;
    /// else elsewhere.
    Held {
        /// Index into `Model::credentials`.
        credential: u32,
        /// Where to go on if it holds nothing, or something too old.
        old: u32,
        /// Where to go on if what it holds is not accepted.
        denied: u32,
        /// Whether what is too old does not do.
        ages: bool,
    },
    /// The visit's copy or environment holds what it has just read, or nothing from now on.
    Hold {
        /// Index into `Model::credentials`.
        credential: u32,
        /// Whether it has read.
        read: bool,
    },
    /// Keeps what passes for replays, which start it again at `entry`.
    Keep {
        /// Index into `Model::archives`.
        archive: u32,
        /// First operation of what is done with it.
        entry: u32,
    },
    /// Starts the kept records of a window again, one by one.
    Replay {
        /// Index into `Model::archives`.
        archive: u32,
        /// Number of the replay.
        number: u32,
    },
    /// Counts the items and bytes of a message over a link, for the bill.
    Tell {
        /// Index into `Model::links`.
        link: u32,
    },
    /// Goes on behind if what the visit brings is not too large; else at `target`.
    Fits {
        /// Index into `Model::sizes`.
        size: u32,
        /// Where to go on with what is too large.
        target: u32,
    },
    /// Notes what copies of the node lag behind, or counts an old answer.
    Lag {
        /// What happens.
        what: Lagging,
    },
    /// Remembers the version of the key (a read), for `Commit`.
    Observe {
        /// Node whose versions are meant.
        node: u32,
    },
    /// Writes the key; with `conditional`, ends `Failed` if it changed since `Observe` by the same caller.
    Commit {
        /// Node whose versions are meant.
        node: u32,
        /// Whether it depends on the version.
        conditional: bool,
    },
    /// Goes on elsewhere.
    Jump {
        /// Where to.
        target: u32,
    },
    /// The visit (or strand) ends.
    Leave {
        /// How.
        outcome: Outcome,
    },
}

const _: () = assert!(
    size_of::<Op>() <= 16,
    "programs should fit in few cache lines"
);
