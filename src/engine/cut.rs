//! How a run is cut into parts: by the longest links that balance allows.
//!
//! Components (`ties`) that short links connect are joined, for every length of link
//! anew, and spread over the parts by weight; what crosses costs something. The predicted
//! time of a round is that of the heaviest part, with some waiting for chance and for the
//! meeting itself (parallel-engine.md, sections 5 and 7). Nothing here can show in
//! a result.

use super::letter::HOME;
use super::ties::Ties;
use crate::model::Model;

/// A cut must promise at most this share of the time of one thread.
const WORTH: f64 = 0.77;
/// Events that the meeting of two parts costs, per lookahead.
const MEETING: f64 = 10.0;
/// Events that a call and its answer over a cut cost, on both sides together: a visit more, that
/// waits for the answer, and four times cache lines that come from another core.
///
/// CHOICE: measured on three tiers at 10^6 requests/s, where every division was tried. With 1.2
/// the one that was taken hands on 1.8 calls a request, and is 1.4 to 1.6 times as fast as one
/// thread; the best hands on 0.4, and is 2.2 to 2.4 times as fast.
const LETTERS: f64 = 2.5;
/// Passes of improvement over a division.
const PASSES: usize = 8;

/// Which node lies in which part, and how far apart the parts are.
#[derive(Clone, Debug)]
pub struct Cut {
    /// Number of parts.
    pub parts: usize,
    /// Per node: its part.
    pub part_of: Vec<u16>,
    /// By receiver, then by sender: the least time that what one does takes to reach the
    /// other [ns]; `u64::MAX` if it never does.
    pub distances: Vec<u64>,
    /// Events by weight, over those of the heaviest node: no cut is faster than so many times.
    pub bound: f64,
    /// For tests: parts stop at random, by this seed, wherever they may.
    pub shaken: Option<u64>,
}

/// What a look at the beginning of a run says of the rest.
#[derive(Clone, Debug)]
pub struct Load {
    /// Events per node.
    pub nodes: Vec<f64>,
    /// Calls per link.
    pub links: Vec<f64>,
    /// Time in which they happened [ns].
    pub elapsed: f64,
}

impl Cut {
    /// Cuts wherever two components are given different parts, for tests.
    ///
    /// `part` is asked for a node of each component; clients lie in the first part.
    pub fn by(model: &Model, parts: usize, mut part: impl FnMut(&str) -> usize) -> Cut {
        let ties = Ties::of(model);
        let mut chosen = std::collections::BTreeMap::new();
        for (node, &component) in model.nodes.iter().zip(&ties.component) {
            let wanted = part(&node.name) % parts;
            chosen.entry(component).or_insert(wanted);
        }
        chosen.insert(ties.home, HOME);
        let part_of = ties
            .component
            .iter()
            .map(|one| chosen[one] as u16)
            .collect();
        Cut::of(&ties, parts, part_of)
    }

    fn of(ties: &Ties, parts: usize, part_of: Vec<u16>) -> Cut {
        let mut distances = vec![u64::MAX; parts * parts];
        for link in &ties.links {
            let ends = [link.from, link.to].map(|one| usize::from(part_of[one as usize]));
            if ends[0] != ends[1] {
                for (to, from) in [(ends[0], ends[1]), (ends[1], ends[0])] {
                    let distance = &mut distances[to * parts + from];
                    *distance = link.floor.min(*distance);
                }
            }
        }
        Cut {
            parts,
            part_of,
            distances,
            bound: 1.0,
            shaken: None,
        }
    }

    /// Returns the cut that promises most on so many threads, if one promises enough.
    pub fn best(model: &Model, load: &Load, threads: usize) -> Option<Cut> {
        let ties = Ties::of(model);
        let total: f64 = load.nodes.iter().sum();
        let mut levels: Vec<u64> = ties.links.iter().map(|link| link.floor).collect();
        levels.sort_unstable_by(|one, other| other.cmp(one));
        levels.dedup();
        let mut best: Option<Cut> = None;
        let mut least = WORTH;
        for level in levels {
            let graph = Graph::at(&ties, load, level);
            let share = level as f64 / load.elapsed;
            for parts in 2..=threads.min(graph.weights.len()).min(64) {
                let (division, cost) = graph.divide(parts);
                let round = cost * share;
                let waits = (2.0 * round * (parts as f64).ln()).sqrt() + MEETING;
                let time = (round + waits) / (total * share);
                if time < least {
                    least = time;
                    let part_of = graph.group_of.iter().map(|&one| division[one] as u16);
                    let mut cut = Cut::of(&ties, parts, part_of.collect());
                    let heaviest = graph.heaviest(&ties, load);
                    cut.bound = total / heaviest.max(1.0);
                    best = Some(cut);
                }
            }
        }
        best
    }
}

/// Groups of components that lie together at a level of lookahead.
struct Graph {
    /// Per node: its group.
    group_of: Vec<usize>,
    /// Per group: events.
    weights: Vec<f64>,
    /// Between groups: calls.
    edges: Vec<(usize, usize, f64)>,
    /// The group with the clients.
    home: usize,
}

impl Graph {
    fn at(ties: &Ties, load: &Load, level: u64) -> Graph {
        let mut together = ties.component.clone();
        for link in ties.links.iter().filter(|link| link.floor < level) {
            let ends = [link.from, link.to].map(|one| together[one as usize]);
            let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
            for one in &mut together {
                if *one == high {
                    *one = low;
                }
            }
        }
        let mut names: Vec<u32> = together.clone();
        names.sort_unstable();
        names.dedup();
        let group = |one: u32| names.partition_point(|&name| name < one);
        let group_of: Vec<usize> = together.iter().map(|&one| group(one)).collect();
        let mut weights = vec![0.0; names.len()];
        for (&group, events) in group_of.iter().zip(&load.nodes) {
            weights[group] += events;
        }
        let mut seen = std::collections::BTreeSet::new();
        let mut edges = Vec::new();
        for link in &ties.links {
            let ends = [link.from, link.to].map(|one| group_of[one as usize]);
            let calls = load.links.get(link.link as usize).copied().unwrap_or(0.0);
            if ends[0] != ends[1] && seen.insert((ends, link.link)) {
                edges.push((ends[0], ends[1], calls));
            }
        }
        Graph {
            home: group_of[ties.home as usize],
            group_of,
            weights,
            edges,
        }
    }

    /// Returns the events of the component that has most.
    fn heaviest(&self, ties: &Ties, load: &Load) -> f64 {
        let mut weights = vec![0.0; ties.component.len()];
        for (&component, events) in ties.component.iter().zip(&load.nodes) {
            weights[component as usize] += events;
        }
        weights.into_iter().fold(0.0, f64::max)
    }

    /// Returns the cost of the dearest part.
    fn cost(&self, division: &[usize], parts: usize) -> f64 {
        let mut costs = vec![0.0; parts];
        for (&part, weight) in division.iter().zip(&self.weights) {
            costs[part] += weight;
        }
        for &(from, to, calls) in &self.edges {
            if division[from] != division[to] {
                costs[division[from]] += calls * LETTERS / 2.0;
                costs[division[to]] += calls * LETTERS / 2.0;
            }
        }
        costs.into_iter().fold(0.0, f64::max)
    }

    /// Divides the groups into parts, the clients' being the first; returns the cost too.
    fn divide(&self, parts: usize) -> (Vec<usize>, f64) {
        let starts = [self.in_sequence(parts), self.by_weight(parts)];
        let mut best: Option<(Vec<usize>, f64)> = None;
        for start in starts {
            let (mut division, cost) = self.improved(start, parts);
            let home = division[self.home];
            for part in &mut division {
                *part = match *part {
                    one if one == home => HOME,
                    HOME => home,
                    other => other,
                };
            }
            if best.as_ref().is_none_or(|(_, least)| cost < *least) {
                best = Some((division, cost));
            }
        }
        best.unwrap_or_default()
    }

    /// Heaviest first, each to the lightest part.
    fn by_weight(&self, parts: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.weights.len()).collect();
        order.sort_by(|&one, &other| self.weights[other].total_cmp(&self.weights[one]));
        let mut loads = vec![0.0; parts];
        let mut division = vec![0; self.weights.len()];
        for group in order {
            let mut lightest = 0;
            for part in 1..parts {
                if loads[part] < loads[lightest] {
                    lightest = part;
                }
            }
            division[group] = lightest;
            loads[lightest] += self.weights[group];
        }
        division
    }

    /// Along the calls from the clients on, in stretches of equal weight.
    fn in_sequence(&self, parts: usize) -> Vec<usize> {
        let mut order = vec![self.home];
        let mut at = 0;
        while at < order.len() {
            for &(from, to, _) in &self.edges {
                if from == order[at] && !order.contains(&to) {
                    order.push(to);
                }
            }
            at += 1;
        }
        for group in 0..self.weights.len() {
            if !order.contains(&group) {
                order.push(group);
            }
        }
        let total: f64 = self.weights.iter().sum();
        let mut before = 0.0;
        let mut division = vec![0; self.weights.len()];
        for group in order {
            let middle = before + self.weights[group] / 2.0;
            division[group] = ((middle / total * parts as f64) as usize).min(parts - 1);
            before += self.weights[group];
        }
        division
    }

    /// Moves single groups as long as that makes the dearest part cheaper.
    fn improved(&self, mut division: Vec<usize>, parts: usize) -> (Vec<usize>, f64) {
        let mut cost = self.cost(&division, parts);
        for _ in 0..PASSES {
            let before = cost;
            for group in 0..division.len() {
                for part in 0..parts {
                    let old = std::mem::replace(&mut division[group], part);
                    let new = self.cost(&division, parts);
                    if new < cost {
                        cost = new;
                    } else {
                        division[group] = old;
                    }
                }
            }
            if cost >= before {
                break;
            }
        }
        (division, cost)
    }
}
