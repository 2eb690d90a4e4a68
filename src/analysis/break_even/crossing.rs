//! Where pushing and pulling cross, from what the sweep saw and what the population says.
//!
//! Not here: the sweep itself, and the theory (the module above).

use super::{Point, Seen, Target, latency};
use crate::analysis::simulation::Simulation;
use crate::metrics::distribution::Distribution;
use crate::metrics::estimate::{LEAST_REPLICATIONS, quantile, student};
use crate::metrics::fan_out::FanOutSlice;
use crate::metrics::recording::Recording;
use crate::random::{Population, Reach};
use crate::report::{BreakEven, Estimate, Formulas, Threshold, rounded};
use crate::topology::{Bound, Compare, Statistic, Subject, Topology};

/// A class of authors: those whose ranks lie in (after, last].
struct Class {
    after: u64,
    last: u64,
    /// Work per delivery [ns].
    push: f64,
    /// Work per pull [ns].
    pull: f64,
}

/// What is known of one target: how often, how far, and what its thresholds did.
pub(super) struct Known<'a> {
    target: &'a Target,
    population: &'a Population,
    reach: Reach,
    points: &'a [Point],
    /// Posts a second.
    posts_per_s: f64,
    /// Reads a second.
    reads_per_s: f64,
    /// Share of the followers who are recipients.
    share: f64,
}

/// Where the two cross, and the work at every threshold.
struct Crossing {
    followers: f64,
    /// Servers busy with pushing, by threshold.
    write: Vec<f64>,
    /// Servers busy with pulling, by threshold.
    read: Vec<f64>,
    /// The cost form: one cost per delivery and one per pull.
    formula: f64,
    /// Those costs [ns].
    costs: [f64; 2],
}

impl<'a> Known<'a> {
    pub(super) fn new(
        target: &'a Target,
        population: &'a Population,
        run: &Simulation,
        points: &'a [Point],
    ) -> Known<'a> {
        let begin = run.plan.slices.get(run.cut).map_or(0, |begin| begin.0);
        let seconds =
            |recording: &Recording| recording.horizon.0.saturating_sub(begin) as f64 / 1e9;
        let time: f64 = run.recordings.iter().map(seconds).sum();
        let per_second = |of: fn(&FanOutSlice) -> u64| {
            let counts = run.recordings.iter().flat_map(|recording| {
                let slices = &recording.fan_outs[target.fan_out].slices;
                slices.get(run.cut..).unwrap_or(&[]).iter().map(of)
            });
            counts.sum::<u64>() as f64 / time.max(f64::MIN_POSITIVE)
        };
        Known {
            target,
            population,
            reach: population.reach(),
            points,
            posts_per_s: per_second(|slice| slice.posts),
            reads_per_s: per_second(|slice| slice.reads),
            share: run.model.fan_outs[target.fan_out].among / population.users() as f64,
        }
    }

    /// Sums something up over the replications at one threshold, but one of them.
    fn sum(&self, point: usize, but: Option<usize>, of: fn(&Seen) -> f64) -> f64 {
        let seen = self.points[point].seen.iter().enumerate();
        seen.filter(|(index, _)| Some(*index) != but)
            .map(|(_, seen)| of(seen))
            .sum()
    }

    /// Returns what differs between two thresholds per something else that differs.
    fn per(
        &self,
        (low, high): (usize, usize),
        but: Option<usize>,
        above: fn(&Seen) -> f64,
        below: fn(&Seen) -> f64,
    ) -> Option<f64> {
        let difference = |of| self.sum(high, but, of) - self.sum(low, but, of);
        let count = difference(below);
        (count.abs() > 0.0).then(|| (difference(above) / count).max(0.0))
    }

    /// Returns the classes between thresholds, the smallest authors first.
    ///
    /// What a class costs of which no author has posted, or been followed, in any replication
    /// is taken from the class below, or else above.
    fn classes(&self, but: Option<usize>) -> Option<Vec<Class>> {
        let ends = (1..self.points.len()).map(|high| (high - 1, high));
        let push = ends
            .clone()
            .map(|ends| self.per(ends, but, |s| s.write, |s| s.deliveries));
        let pull = ends
            .clone()
            .map(|ends| self.per(ends, but, |s| s.read, |s| s.pulls));
        let (push, pull) = (filled(push.collect())?, filled(pull.collect())?);
        let rank = |point: usize| match self.points[point].threshold {
            0 => self.population.users(),
            u64::MAX => 0,
            threshold => self.population.at_least(threshold),
        };
        let classes = ends
            .zip(push)
            .zip(pull)
            .map(|(((low, high), push), pull)| Class {
                after: rank(high),
                last: rank(low),
                push,
                pull,
            });
        Some(classes.collect())
    }

    /// Returns the servers busy with pushing if the accounts up to a rank are pulled.
    fn write(&self, classes: &[Class], rank: u64) -> f64 {
        let deliveries = classes.iter().map(|class| {
            let [from, to] = [class.after, class.last].map(|end| self.reach.up_to(end.max(rank)));
            class.push * (to - from)
        });
        let per_s = self.posts_per_s * self.share * self.reach.per_post();
        deliveries.sum::<f64>() * per_s / 1e9
    }

    /// Returns the servers busy with pulling the accounts up to a rank.
    fn read(&self, classes: &[Class], rank: u64, per_read: f64) -> f64 {
        let pulls = classes.iter().map(|class| {
            let ends = [class.after, class.last].map(|end| end.min(rank));
            let [from, to] = ends.map(|end| self.population.followed_up_to(end));
            class.pull * (to - from)
        });
        pulls.sum::<f64>() * per_read * self.reads_per_s / 1e9
    }

    /// Returns the followers from which on accounts are pulled where both are as much work.
    fn crossing(&self, classes: &[Class], per_read: f64) -> f64 {
        let excess = |rank: u64| self.write(classes, rank) - self.read(classes, rank, per_read);
        // Pushing falls with the rank up to which accounts are pulled, pulling rises.
        let (mut low, mut high) = (0, self.population.users());
        while high - low > 1 {
            let middle = u64::midpoint(low, high);
            if excess(middle) > 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        let (more, less) = (excess(low), excess(high));
        let place = if more > less {
            more / (more - less)
        } else {
            1.0
        };
        let place = place.clamp(0.0, 1.0);
        // Many accounts have the same whole number of followers; among them it goes on evenly.
        let count = self.population.followers(high);
        let [first, last] = [count + 1, count].map(|count| self.population.at_least(count));
        if last > first + 1 {
            let rank = low as f64 + place;
            let part = (last as f64 - rank) / (last - first) as f64;
            return (count as f64 - 0.5 + part).max(0.0);
        }
        let [above, below] = [low, high].map(|rank| {
            let followers = self.population.followers(rank.max(1));
            libm::log(followers.max(1) as f64)
        });
        libm::exp(above + (below - above) * place)
    }

    /// Solves for the crossing, from all replications but one.
    fn solve(&self, but: Option<usize>) -> Option<Crossing> {
        let last = self.points.len().checked_sub(1)?;
        let classes = self.classes(but)?;
        let reads = self.sum(0, but, |seen| seen.reads);
        let per_read = self.sum(0, but, |seen| seen.pulls) / reads.max(1.0);
        let push = self.per((0, last), but, |seen| seen.write, |seen| seen.deliveries)?;
        let pull = self.per((0, last), but, |seen| seen.read, |seen| seen.pulls)?;
        if per_read <= 0.0 || push <= 0.0 || pull <= 0.0 {
            return None;
        }
        let alike = [Class {
            after: 0,
            last: self.population.users(),
            push,
            pull,
        }];
        let ranks = classes.iter().map(|class| class.last).chain([0]);
        let ranks: Vec<u64> = ranks.collect();
        Some(Crossing {
            followers: self.crossing(&classes, per_read),
            write: ranks
                .iter()
                .map(|rank| self.write(&classes, *rank))
                .collect(),
            read: ranks
                .iter()
                .map(|rank| self.read(&classes, *rank, per_read))
                .collect(),
            formula: self.crossing(&alike, per_read),
            costs: [push, pull],
        })
    }

    /// Puts everything together; nothing if no delivery or no pull was seen.
    pub(super) fn break_even(&self, topology: &Topology, run: &Simulation) -> Option<BreakEven> {
        let all = self.solve(None)?;
        let n = self.points.first()?.seen.len();
        // A replication without which nothing is left says that there is too little to tell.
        let without: Option<Vec<Crossing>> = match n >= LEAST_REPLICATIONS {
            true => (0..n).map(|but| self.solve(Some(but))).collect(),
            false => None,
        };
        let half_width = |of: &dyn Fn(&Crossing) -> f64| {
            let values: Vec<f64> = without.as_ref()?.iter().map(of).collect();
            Some(jackknife(&values))
        };
        let estimate = |value: f64, half_width: Option<f64>| Estimate {
            value: Some(rounded(value)),
            half_width: half_width.map(rounded),
            why: None,
        };
        let relative = half_width(&|one| libm::log(one.followers));
        let name = |flow: &u32| run.model.flows[*flow as usize].name.clone();
        let points = self
            .points
            .iter()
            .enumerate()
            .map(|(index, point)| Threshold {
                threshold: (point.threshold < u64::MAX).then_some(point.threshold),
                push_busy: estimate(all.write[index], half_width(&|one| one.write[index])),
                pull_busy: estimate(all.read[index], half_width(&|one| one.read[index])),
                delivery_p99_ms: point.delivery_p99_ms.clone(),
                read_p99_ms: point.read_p99_ms.clone(),
            });
        Some(BreakEven {
            posts: self.target.posts.iter().map(name).collect(),
            reads: self.target.reads.iter().map(name).collect(),
            break_even_followers: estimate(
                all.followers,
                relative.map(|relative| all.followers * relative),
            ),
            per_delivery_us: rounded(all.costs[0] / 1e3),
            per_pull_us: rounded(all.costs[1] / 1e3),
            formula: self.formulas(topology, run, &all),
            sweep: points.collect(),
        })
    }

    /// Applies the formulas: cost, latency and burst.
    ///
    /// In the latter two, W·μ·(1 − utilisation) and the head-room of the shards are the least
    /// of what the free servers of a node deliver: F recipients at work h each, on f servers,
    /// take F·h/f, which is to be no longer than the freshness that is asked for, or than a read
    /// may wait.
    fn formulas(&self, topology: &Topology, run: &Simulation, all: &Crossing) -> Formulas {
        let (Some(read), Some(write)) = (self.points.first(), self.points.last()) else {
            return Formulas::default();
        };
        let ends = [&write.seen, &read.seen];
        let [most, least] = ends.map(|seen| seen.iter().map(|one| one.deliveries).sum::<f64>());
        // Followers a second that the free servers of a node deliver to.
        let speed = |shared: bool| {
            let nodes = 0..write.by_node.len();
            let speeds =
                nodes.filter(|node| !shared || read.read_at[*node] || write.read_at[*node]);
            let speeds = speeds.filter_map(|node| {
                let work = (write.by_node[node] - read.by_node[node]) / (most - least);
                let free = read.free[node]?;
                (work > 0.0).then(|| free / work * 1e9 / self.share)
            });
            speeds.min_by(f64::total_cmp)
        };
        let fan_out = &run.model.fan_outs[self.target.fan_out].name;
        let bounds = topology.objectives.iter().filter_map(|one| {
            let Bound::Milliseconds(bound) = one.value else {
                return None;
            };
            let upper = matches!(one.compare, Compare::Less | Compare::AtMost);
            (upper && one.window.is_none()).then_some((one, bound))
        });
        let fresh = bounds.clone().filter(|(one, _)| {
            let until = ["last", "reach99", "delivery"].contains(&one.quantity.as_str());
            until && one.subject == Subject::FanOut(fan_out.clone())
        });
        let fresh = fresh.map(|(_, bound)| bound).min_by(f64::total_cmp);
        let spare = self.target.reads.iter().flat_map(|flow| {
            let name = &run.model.flows[*flow as usize].name;
            bounds.clone().filter_map(move |(one, bound)| {
                let Some(Statistic::Quantile(p)) = one.statistic else {
                    return None;
                };
                let of_flow = one.subject == Subject::Flow(name.clone());
                let parts = run.recordings.iter();
                let parts = parts.map(|recording| latency(recording, &[*flow], run.cut));
                let parts: Vec<Distribution> = parts.collect();
                let measured = quantile(&parts, p).value?;
                let spare = (bound - measured / 1e6).max(0.0);
                (of_flow && one.quantity == "latency").then_some(spare)
            })
        });
        let spare = spare.min_by(f64::total_cmp);
        let within = |shared: bool, time: Option<f64>| Some(rounded(speed(shared)? * time? / 1e3));
        Formulas {
            cost_followers: rounded(all.formula),
            freshness_ms: fresh,
            latency_followers: within(false, fresh),
            spare_ms: spare.map(rounded),
            burst_followers: within(true, spare),
        }
    }
}

/// Gives what is missing the value before it, or else the first one after.
fn filled(values: Vec<Option<f64>>) -> Option<Vec<f64>> {
    let mut known = values.iter().copied().flatten().next()?;
    let fill = |value: &Option<f64>| {
        known = value.unwrap_or(known);
        known
    };
    Some(values.iter().map(fill).collect())
}

/// Returns the half-width of the jackknife, from the values without one replication each.
fn jackknife(without: &[f64]) -> f64 {
    let n = without.len() as f64;
    let mean = without.iter().sum::<f64>() / n;
    let spread: f64 = without.iter().map(|value| (value - mean).powi(2)).sum();
    student(n - 1.0, 0.95) * ((n - 1.0) / n * spread).sqrt()
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    #[test]
    fn the_jackknife_of_a_mean_is_its_interval() {
        // Means of 1 … 5 without one each: half-width t(4) · √(2.5/5).
        let without: Vec<f64> = (1..=5).map(|out| (15.0 - f64::from(out)) / 4.0).collect();

        let half_width = jackknife(&without);

        assert!((half_width - 2.776_445 * 0.5_f64.sqrt()).abs() < 1e-4);
    }

    #[test]
    fn a_class_that_was_not_seen_costs_what_the_one_below_does() {
        let found = filled(vec![None, Some(2.0), None, Some(3.0)]);

        assert_eq!(found, Some(vec![2.0, 2.0, 2.0, 3.0]));
        assert_eq!(filled(vec![None, None]), None);
    }
}
