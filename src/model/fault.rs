//! What goes wrong in a run, and when.
//!
//! Faults follow the file's timeline, or are drawn for every replication before it begins
//! (`engine::timetable`): so it is known from the start how long each of them lasts.

use crate::mechanism::health::{Health, Outages, both, either};
use crate::units::{SimTime, Span};

/// Everything that goes wrong, each at its time.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Outages, in file order.
    pub outages: Vec<Outage>,
    /// Nodes that are slow, or whose visits fail, for some time.
    pub impairments: Vec<Impairment>,
    /// Nodes that stand still for some time.
    pub pauses: Vec<Pause>,
    /// Links of which something is wrong for some time.
    pub troubles: Vec<Trouble>,
    /// Caches that lose their entries.
    pub flushes: Vec<Flush>,
    /// Nodes that have other parameters for some time.
    pub changes: Vec<Change>,
    /// What balancers notice of outages and pauses.
    pub sights: Vec<Sight>,
}

/// Faults that come again and again at random, all of them together.
#[derive(Clone, Debug)]
pub struct Recurring {
    /// Hash of verb and target; addresses its own draws.
    pub hash: u64,
    /// From the start, or the end of the last time, to the next time: sampler.
    pub between: u32,
    /// How long it lasts: sampler; `NONE`: it is over at once.
    pub length: u32,
    /// What goes wrong, at times that mean nothing.
    pub faults: Faults,
}

/// A time in which a node is out: what is inside fails, and what comes is refused.
#[derive(Clone, Copy, Debug)]
pub struct Outage {
    /// The node.
    pub node: u32,
    /// Some of its copies or partitions, if the others go on.
    pub part: Option<Part>,
    /// Whether another copy takes over: what that had not got yet is lost.
    pub takeover: bool,
    /// When it begins.
    pub at: SimTime,
    /// When it ends.
    pub until: SimTime,
}

/// A time in which a node is slow, or a share of its visits fails.
#[derive(Clone, Copy, Debug)]
pub struct Impairment {
    /// The node.
    pub node: u32,
    /// How many times as long its work takes.
    pub factor: f64,
    /// What every piece of its work takes longer.
    pub by: Span,
    /// A visit that has done its work fails if its word lies below.
    pub fail: u64,
    /// When it begins.
    pub at: SimTime,
    /// When it ends.
    pub until: SimTime,
}

/// A time in which a node stands still: all that is there waits.
#[derive(Clone, Copy, Debug)]
pub struct Pause {
    /// The node.
    pub node: u32,
    /// Some of its copies, if the others go on.
    pub part: Option<Part>,
    /// When it begins.
    pub at: SimTime,
    /// When it ends.
    pub until: SimTime,
}

/// A time in which something is wrong with a link.
#[derive(Clone, Copy, Debug)]
pub struct Trouble {
    /// The link: index into `Control::ways`, as routes have it.
    pub way: u32,
    /// How many times as long each way takes.
    pub factor: f64,
    /// What each way takes longer.
    pub by: Span,
    /// An attempt is lost if its word lies below.
    pub loss: u64,
    /// Whether all that sets out waits until the end.
    pub holds: bool,
    /// When it begins.
    pub at: SimTime,
    /// When it ends.
    pub until: SimTime,
}

/// A moment at which the caches of a node lose their entries.
#[derive(Clone, Copy, Debug)]
pub struct Flush {
    /// The node.
    pub node: u32,
    /// When.
    pub at: SimTime,
}

/// A time in which a node has other parameters.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// Which: index into `Control::changes`.
    pub change: u32,
    /// When it begins.
    pub at: SimTime,
    /// When it ends.
    pub until: SimTime,
}

/// Some of the copies or partitions of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The first so many.
    First(u32),
    /// Of every so many those whose bits are set: those of one or more zones.
    Zones(u128, u32),
}

impl Part {
    /// Whether a copy belongs to it.
    pub fn has(self, copy: u32) -> bool {
        match self {
            Part::First(some) => copy < some,
            Part::Zones(which, of) => (which >> (copy % of)) & 1 == 1,
        }
    }
}

/// A moment at which a balancer notices that a copy behind it is out, or well again.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// When.
    pub at: SimTime,
    /// The balancer.
    pub balancer: u32,
    /// The copy, of which of its targets.
    pub copy: (u32, u32),
    /// Whether it is well.
    pub well: bool,
}

/// A copy that a balancer looks at.
#[derive(Clone, Debug)]
pub struct Look {
    /// The balancer.
    pub balancer: u32,
    /// The copy, of which of its targets.
    pub copy: (u32, u32),
    /// How it looks.
    pub health: Health,
    /// The copy, and what lies behind it.
    pub reach: Reach,
}

/// A copy of a node: it is out if it is itself, or if it only hands on and everybody behind it
/// is out.
#[derive(Clone, Debug)]
pub struct Reach {
    /// The node.
    pub node: u32,
    /// Its copy.
    pub copy: u32,
    /// To whom it only hands on; nobody if it does something itself.
    pub behind: Vec<Reach>,
}

impl Faults {
    /// Whether nothing goes wrong.
    pub fn is_empty(&self) -> bool {
        self.outages.is_empty()
            && self.impairments.is_empty()
            && self.pauses.is_empty()
            && self.troubles.is_empty()
            && self.flushes.is_empty()
            && self.changes.is_empty()
    }

    /// Returns when the last of it is over; nothing if nothing goes wrong.
    pub fn over(&self) -> Option<SimTime> {
        let outages = self.outages.iter().map(|one| one.until);
        let impairments = self.impairments.iter().map(|one| one.until);
        let pauses = self.pauses.iter().map(|one| one.until);
        let troubles = self.troubles.iter().map(|one| one.until);
        let flushes = self.flushes.iter().map(|one| one.at);
        let changes = self.changes.iter().map(|one| one.until);
        let nodes = outages.chain(impairments).chain(pauses);
        let nodes = nodes.chain(changes);
        nodes.chain(troubles).chain(flushes).max()
    }

    /// Lists what balancers notice of the outages and pauses.
    pub fn notice(&mut self, looks: &[Look]) {
        let noticed = looks.iter().flat_map(|look| {
            let notices = look.health.notices(&self.out(&look.reach)).into_iter();
            notices.map(|(at, well)| Sight {
                at,
                balancer: look.balancer,
                copy: look.copy,
                well,
            })
        });
        self.sights = noticed.collect();
    }

    /// Returns the times in which a copy does not answer.
    fn out(&self, reach: &Reach) -> Outages {
        let is_it = |node: u32, part: Option<Part>| {
            node == reach.node && part.is_none_or(|part| part.has(reach.copy))
        };
        let outages = self.outages.iter().filter(|one| is_it(one.node, one.part));
        let pauses = self.pauses.iter().filter(|one| is_it(one.node, one.part));
        let outages = outages.map(|one| (one.at, one.until));
        let mut all: Outages = outages
            .chain(pauses.map(|one| (one.at, one.until)))
            .collect();
        let behind = reach.behind.iter().map(|one| self.out(one));
        let common = behind.reduce(|one, other| both(&one, &other));
        all.extend(common.unwrap_or_default());
        either(all)
    }

    /// Adds the same at another time.
    pub fn add(&mut self, other: &Faults, (at, until): (SimTime, SimTime)) {
        let outages = other.outages.iter().copied();
        self.outages
            .extend(outages.map(|one| Outage { at, until, ..one }));
        let impairments = other.impairments.iter().copied();
        self.impairments
            .extend(impairments.map(|one| Impairment { at, until, ..one }));
        let pauses = other.pauses.iter().copied();
        self.pauses
            .extend(pauses.map(|one| Pause { at, until, ..one }));
        let troubles = other.troubles.iter().copied();
        self.troubles
            .extend(troubles.map(|one| Trouble { at, until, ..one }));
        let flushes = other.flushes.iter().copied();
        self.flushes.extend(flushes.map(|one| Flush { at, ..one }));
        let changes = other.changes.iter().copied();
        self.changes
            .extend(changes.map(|one| Change { at, until, ..one }));
    }
}
