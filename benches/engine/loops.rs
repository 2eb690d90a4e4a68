//! The hand-specialised loops: each knows one model, and records only latencies.
//!
//! They are what the engine is measured against, so they use what their model
//! allows: stations whose finish times are known at arrival, constant delays
//! outside the queue, two next events in registers.

use super::parts::{Draw, Figures, Latencies, Servers};
use kneepoint::random::ComponentStream;
use kneepoint::random::law::Law;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// Events by time, then by number of the request.
type Heap<T> = BinaryHeap<Reverse<(u64, u32, T)>>;

/// W1: one server, two next events.
pub(crate) fn mm1(horizon: u64, seed: u64) -> Figures {
    let mut words = ComponentStream::new(seed);
    let gap = Draw::exponential(1.25e6);
    let service = Draw::exponential(1e6);
    let mut latencies = Latencies::new();
    let mut line: VecDeque<u64> = VecDeque::new();
    let (mut arrival, mut done) = (gap.next(&mut words), u64::MAX);
    loop {
        if arrival < done {
            if arrival >= horizon && line.is_empty() {
                return latencies.figures();
            }
            if arrival < horizon {
                if line.is_empty() {
                    done = arrival + service.next(&mut words);
                }
                line.push_back(arrival);
                arrival += gap.next(&mut words);
            } else {
                arrival = u64::MAX;
            }
        } else {
            if done == u64::MAX {
                return latencies.figures();
            }
            if let Some(arrived) = line.pop_front() {
                latencies.record(done - arrived);
            }
            done = if line.is_empty() {
                u64::MAX
            } else {
                done + service.next(&mut words)
            };
        }
    }
}

/// W2: five stations of 16 servers in a row; hops are rings, ends are in a heap a station.
pub(crate) fn tandem(horizon: u64, seed: u64) -> Figures {
    const STATIONS: usize = 5;
    const HOP: u64 = 250_000;
    let mut words = ComponentStream::new(seed);
    let gap = Draw::exponential(1e9 / 2560.0);
    let service = Draw::lognormal(5e6, 0.5);
    let mut latencies = Latencies::new();
    let mut servers: Vec<Servers> = (0..STATIONS).map(|_| Servers::new(16)).collect();
    // Per station: when visits are done, with the arrival of their request.
    let mut ends: Vec<BinaryHeap<Reverse<(u64, u64)>>> = vec![BinaryHeap::new(); STATIONS];
    let mut heads = [u64::MAX; STATIONS];
    let mut arrival = gap.next(&mut words);
    let mut serve = |station: usize,
                     t: u64,
                     arrived: u64,
                     ends: &mut Vec<BinaryHeap<Reverse<(u64, u64)>>>,
                     heads: &mut [u64; STATIONS],
                     words: &mut ComponentStream| {
        let done = servers[station].serve(t, service.next(words));
        ends[station].push(Reverse((done, arrived)));
        heads[station] = heads[station].min(done);
    };
    loop {
        let (station, first) = heads
            .iter()
            .copied()
            .enumerate()
            .min_by_key(|&(_, at)| at)
            .unwrap_or((0, u64::MAX));
        if arrival < horizon && arrival <= first {
            serve(0, arrival + HOP, arrival, &mut ends, &mut heads, &mut words);
            arrival += gap.next(&mut words);
            continue;
        }
        let Some(Reverse((done, arrived))) = ends[station].pop() else {
            return latencies.figures();
        };
        heads[station] = ends[station].peek().map_or(u64::MAX, |next| next.0.0);
        if station + 1 == STATIONS {
            latencies.record(done + STATIONS as u64 * HOP - arrived);
        } else {
            // Ends of a station come in order, and so do arrivals a hop later.
            serve(
                station + 1,
                done + HOP,
                arrived,
                &mut ends,
                &mut heads,
                &mut words,
            );
        }
    }
}

/// What happens to a request of W3.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tier {
    /// Its worker is done with it.
    Release,
    /// It comes to a shard.
    Shard,
    /// It comes to the database, for the n-th time.
    Database(u8),
}

/// W3: edge, workers that block, shards, a database with a bucket and time-outs.
pub(crate) fn three_tier(horizon: u64, seed: u64) -> Figures {
    let mut words = ComponentStream::new(seed);
    let gap = Draw::exponential(1e9 / 18_000.0);
    let work = Draw::lognormal(5e6, 0.5);
    let database = Draw::new(&Law::Lognormal {
        mu: 4e6_f64.ln(),
        sigma: 1.0,
    });
    let mut latencies = Latencies::new();
    let mut shards = [0u64; 4];
    let mut arrived_at: Vec<u64> = Vec::new();
    let mut free: Vec<u32> = Vec::new();
    let mut heap: Heap<Tier> = BinaryHeap::new();
    let mut line: VecDeque<u32> = VecDeque::new();
    let mut busy = 0u32;
    let (mut tokens, mut filled) = (5_000.0, 0u64);
    // When the next request comes to the workers, and when it entered.
    let mut next = gap.next(&mut words);
    loop {
        let first = heap.peek().map_or(u64::MAX, |event| event.0.0);
        if next < horizon && next + 5_500_000 <= first {
            let arrived = next;
            next += gap.next(&mut words);
            if words.next_share() < 0.6 {
                latencies.record(5_000_000);
                continue;
            }
            let id = free.pop().unwrap_or_else(|| {
                arrived_at.push(0);
                arrived_at.len() as u32 - 1
            });
            arrived_at[id as usize] = arrived;
            if busy == 64 {
                line.push_back(id);
            } else {
                busy += 1;
                let at = arrived + 5_500_000 + work.next(&mut words);
                heap.push(Reverse((at, id, Tier::Shard)));
            }
            continue;
        }
        let Some(Reverse((t, id, tier))) = heap.pop() else {
            return latencies.figures();
        };
        match tier {
            Tier::Shard => {
                let shard = (words.next_word() >> 62) as usize;
                let done = shards[shard].max(t) + 300_000;
                shards[shard] = done;
                let tier = if words.next_share() < 0.8 {
                    Tier::Release
                } else {
                    Tier::Database(1)
                };
                heap.push(Reverse((done, id, tier)));
            }
            Tier::Database(attempt) => {
                tokens = f64::min(5_000.0, tokens + (t - filled) as f64 * 5e-6);
                filled = t;
                let (ends, answered) = if tokens >= 1.0 {
                    tokens -= 1.0;
                    let time = database.next(&mut words);
                    (t + time.min(200_000_000), time <= 200_000_000)
                } else {
                    (t, false)
                };
                let event = if answered || attempt == 3 {
                    (ends, id, Tier::Release)
                } else {
                    (ends + 10_000_000, id, Tier::Database(attempt + 1))
                };
                heap.push(Reverse(event));
            }
            Tier::Release => {
                latencies.record(t - arrived_at[id as usize]);
                free.push(id);
                if let Some(waiting) = line.pop_front() {
                    heap.push(Reverse((t + work.next(&mut words), waiting, Tier::Shard)));
                } else {
                    busy -= 1;
                }
            }
        }
    }
}

/// What happens to a request of `cache-aside`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Aside {
    /// It looks its item up, for the n-th time.
    Read(u8),
    /// It comes to the database, for the n-th time.
    Database(u8),
    /// The item is put into the cache; nobody waits.
    Write,
}

/// `cache-aside`: app, cache, database; time-outs and retries.
pub(crate) fn cache_aside(horizon: u64, seed: u64) -> Figures {
    const CACHE_HOP: u64 = 250_000;
    const DATABASE_HOP: u64 = 500_000;
    let mut words = ComponentStream::new(seed);
    let gap = Draw::exponential(1e4);
    let compute = Draw::lognormal_cv(4e5, 0.5);
    let look_up = Draw::lognormal_cv(1e5, 0.5);
    let query = Draw::lognormal_cv(5e6, 1.0);
    let (mut app, mut cache, mut database) =
        (Servers::new(64), Servers::new(16), Servers::new(128));
    let mut latencies = Latencies::new();
    let mut arrived_at: Vec<u64> = Vec::new();
    let mut free: Vec<u32> = Vec::new();
    let mut heap: Heap<Aside> = BinaryHeap::new();
    let mut next = gap.next(&mut words);
    loop {
        let first = heap.peek().map_or(u64::MAX, |event| event.0.0);
        if next < horizon && next <= first {
            let id = free.pop().unwrap_or_else(|| {
                arrived_at.push(0);
                arrived_at.len() as u32 - 1
            });
            arrived_at[id as usize] = next;
            let done = app.serve(next, compute.next(&mut words));
            heap.push(Reverse((done + CACHE_HOP, id, Aside::Read(1))));
            next += gap.next(&mut words);
            continue;
        }
        let Some(Reverse((t, id, what))) = heap.pop() else {
            return latencies.figures();
        };
        match what {
            Aside::Read(attempt) => {
                let done = cache.serve(t, look_up.next(&mut words)) + CACHE_HOP;
                let limit = t - CACHE_HOP + 50_000_000;
                if done > limit && attempt < 3 {
                    heap.push(Reverse((
                        limit + 25_000_000 + CACHE_HOP,
                        id,
                        Aside::Read(attempt + 1),
                    )));
                } else if words.next_share() < 0.85 {
                    latencies.record(done - arrived_at[id as usize]);
                    free.push(id);
                } else {
                    heap.push(Reverse((done + DATABASE_HOP, id, Aside::Database(1))));
                }
            }
            Aside::Database(attempt) => {
                let done = database.serve(t, query.next(&mut words)) + DATABASE_HOP;
                let limit = t - DATABASE_HOP + 200_000_000;
                if done > limit && attempt < 3 {
                    heap.push(Reverse((
                        limit + 25_000_000 + DATABASE_HOP,
                        id,
                        Aside::Database(attempt + 1),
                    )));
                } else {
                    latencies.record(done - arrived_at[id as usize]);
                    free.push(id);
                    heap.push(Reverse((done + CACHE_HOP, id, Aside::Write)));
                }
            }
            Aside::Write => {
                cache.serve(t, look_up.next(&mut words));
            }
        }
    }
}

/// W4: posts to many recipients over 16 shards; every write is a message and a job of its own, and
/// a post is done with its last one.
pub(crate) fn fan_out(horizon: u64, seed: u64) -> Figures {
    const SHARDS: u32 = 16;
    /// Width of a slot; a message takes longer than one, and less than all of them.
    const WIDTH: u64 = 1 << 13;
    const SLOTS: usize = 64;
    let mut words = ComponentStream::new(seed);
    let gap = Draw::exponential(1e9 / 2_700.0);
    let recipients = Draw::new(&Law::Pareto {
        exponent: 1.2,
        min: 40.0,
        max: 1e6,
    });
    let service = Draw::exponential(2e4);
    let mut latencies = Latencies::new();
    let mut free = [0u64; SHARDS as usize];
    // Per post: when it was made, writes that are not done, when the last one is.
    let mut posts: Vec<(u64, u64, u64)> = Vec::new();
    let mut over: Vec<u32> = Vec::new();
    let mut slots: Vec<Vec<(u64, u32)>> = vec![Vec::new(); SLOTS];
    let (mut pending, mut slot) = (0u64, 0u64);
    let mut next = gap.next(&mut words);
    while next < horizon || pending > 0 {
        let end = (slot + 1) * WIDTH;
        while next < end.min(horizon) {
            let count = recipients.next(&mut words);
            let id = over.pop().unwrap_or_else(|| {
                posts.push((0, 0, 0));
                posts.len() as u32 - 1
            });
            posts[id as usize] = (next, count, next);
            pending += count;
            for _ in 0..count {
                let message = (u128::from(words.next_word()) * 300_000) >> 64;
                let at = next + 100_000 + message as u64;
                slots[(at / WIDTH) as usize % SLOTS].push((at, id));
            }
            next += gap.next(&mut words);
        }
        let writes = &mut slots[slot as usize % SLOTS];
        writes.sort_unstable();
        pending -= writes.len() as u64;
        for (at, id) in writes.drain(..) {
            let shard = (words.next_word() >> 32) as u32 % SHARDS;
            let free = &mut free[shard as usize];
            *free = at.max(*free) + service.next(&mut words);
            let (posted, left, last) = &mut posts[id as usize];
            *left -= 1;
            *last = (*last).max(*free);
            if *left == 0 {
                latencies.record(*last - *posted);
                over.push(id);
            }
        }
        slot += 1;
    }
    latencies.figures()
}

/// W6: posts of 100 pages of 1 000 over 64 shards, 16 pages at once; every delivery is drawn.
pub(crate) fn celebrity(horizon: u64, seed: u64) -> Figures {
    const SHARDS: u64 = 64;
    const PAGES: usize = 100;
    const AT_ONCE: usize = 16;
    let mut words = ComponentStream::new(seed);
    let service = Draw::exponential(1e4);
    let mut latencies = Latencies::new();
    let mut free = [0u64; SHARDS as usize];
    for post in (0..horizon).step_by(100_000_000) {
        let mut ends: BinaryHeap<Reverse<u64>> = BinaryHeap::new();
        let mut last = post;
        for page in 0..PAGES {
            // A page begins when one of those under way has ended.
            let begin = match ends.pop() {
                Some(Reverse(end)) if page >= AT_ONCE => end,
                Some(end) => {
                    ends.push(end);
                    post
                }
                None => post,
            };
            let mut end = begin;
            for _ in 0..1_000 {
                let shard = ((u128::from(words.next_word()) * u128::from(SHARDS)) >> 64) as usize;
                free[shard] = free[shard].max(begin) + service.next(&mut words);
                end = end.max(free[shard]);
            }
            ends.push(Reverse(end));
            last = last.max(end);
        }
        latencies.record(last - post);
    }
    latencies.figures()
}
