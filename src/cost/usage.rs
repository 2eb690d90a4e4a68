//! Quantities of a month, off what the counted part of the runs recorded.

use super::growth::{grown, lying, passing};
use super::{HOURS_PER_MONTH, Input, NS_PER_MONTH, Part, Sum};
use crate::component::price::{Environments, Inside, Usage};
use crate::metrics::recording::{FlowSlice, LinkSlice, OpSlice, Recording, RowSlice};
use crate::model::{NONE, Outcome};
use crate::topology::{LoadSource, Step, Topology};

/// One gibibyte in bytes.
const GIBIBYTE: f64 = 1_073_741_824.0;

/// The counted part of the runs.
pub(super) struct Counted<'a> {
    pub(super) input: &'a Input<'a>,
    /// Per flow: requests of a month, if its load lines say how many.
    stated: Vec<Option<f64>>,
    /// Counted time of each replication [ns].
    measured_ns: Vec<f64>,
}

impl<'a> Counted<'a> {
    /// Leaves the warm-up out, and finds the rates of the flows.
    pub(super) fn new(input: &'a Input<'a>) -> Counted<'a> {
        let measured_ns = input
            .recordings
            .iter()
            .map(|recording| {
                let begin = recording.slices.get(input.cut).map_or(0, |begin| begin.0);
                recording.horizon.0.saturating_sub(begin) as f64
            })
            .collect();
        let stated = (0..input.model.flows.len())
            .map(|flow| stated(input, flow))
            .collect();
        Counted {
            input,
            stated,
            measured_ns,
        }
    }

    /// Takes every request of a month to come as it did in the run.
    pub(super) fn at_its_pace(input: &'a Input<'a>) -> Counted<'a> {
        let mut counted = Counted::new(input);
        counted.stated.fill(None);
        counted
    }

    /// Returns the requests of a flow in a month.
    pub(super) fn requests(&self, flow: usize) -> f64 {
        let arrived = self.flow(flow, |slice| u128::from(slice.tally.arrived));
        let measured = || {
            let time: f64 = self.measured_ns.iter().sum();
            if time > 0.0 {
                arrived.iter().sum::<f64>() / time * NS_PER_MONTH
            } else {
                0.0
            }
        };
        self.stated[flow].unwrap_or_else(measured)
    }

    /// Says which flows have load, but no request that was counted.
    pub(super) fn idle_flows(&self) -> Vec<String> {
        let flows = self.input.model.flows.iter().enumerate();
        flows
            .filter(|(flow, _)| {
                let arrived = self.flow(*flow, |slice| u128::from(slice.tally.arrived));
                self.stated[*flow].is_some_and(|requests| requests > 0.0)
                    && arrived.iter().sum::<f64>() <= 0.0
            })
            .map(|(_, flow)| {
                let name = &flow.name;
                format!("flow `{name}`: what its requests use, as none was counted")
            })
            .collect()
    }

    /// Returns a quantity of a node, by flow.
    pub(super) fn parts(&self, node: usize, usage: &Usage) -> Vec<Part> {
        let constant = |value: f64| {
            vec![Part {
                flow: None,
                quantity: Sum::exact(value, self.input.recordings.len()),
            }]
        };
        let month = f64::from(self.input.month);
        match usage {
            Usage::Hours(units) => {
                let hours = units * HOURS_PER_MONTH;
                match self.copies(node) {
                    Some(copies) => vec![Part {
                        flow: None,
                        quantity: Sum::per(&copies, &self.measured_ns, hours),
                    }],
                    None => constant(hours),
                }
            }
            Usage::Supplied { what, units, each } => match self.supplied(node, what) {
                Some(supplied) => vec![Part {
                    flow: None,
                    quantity: Sum::per(&supplied, &self.measured_ns, each * HOURS_PER_MONTH),
                }],
                None => constant(units * each * HOURS_PER_MONTH),
            },
            Usage::Kept(units) => constant(*units),
            Usage::Lying(units, ages) => constant(units * lying(ages.from, ages.until, month)),
            Usage::Grown(growth, ages) => {
                let times = growth.share * growth.copies * grown(ages.from, ages.until, month);
                self.by_row(node, |row, _| {
                    scaled(self.bytes(node, row, growth.ops), times / GIBIBYTE)
                })
            }
            Usage::Passing(growth, age) => {
                let times = growth.share * passing(*age, month);
                self.by_row(node, |row, _| {
                    scaled(self.visits(node, row, growth.ops), times)
                })
            }
            Usage::Visits(ops) => self.by_row(node, |row, _| self.visits(node, row, ops)),
            Usage::EachVisit(units) => {
                self.by_row(node, |row, _| scaled(self.visits(node, row, &[]), *units))
            }
            Usage::Misses => self.by_row(node, |row, _| {
                self.row(row, |slice| u128::from(slice.misses))
            }),
            Usage::Units(ops) => self.by_row(node, |row, _| self.units(node, row, ops)),
            Usage::Metered => self.by_row(node, |row, _| {
                scaled(self.row(row, |slice| slice.units), 1e-12)
            }),
            Usage::Part(share) => {
                self.by_row(node, |row, _| scaled(self.units(node, row, &[]), *share))
            }
            Usage::Bytes(ops) => self.by_row(node, |row, _| {
                scaled(self.bytes(node, row, ops), 1.0 / GIBIBYTE)
            }),
            Usage::Deliveries(calls) => self.deliveries(node, *calls),
            Usage::Sent(link) => self.sent(node, *link, |slice| u128::from(slice.items), 1.0),
            Usage::SentBytes(link) => self.sent(node, *link, |slice| slice.bytes, 1.0 / GIBIBYTE),
            Usage::ReaderHours(units) => constant(units * self.readers(node) * HOURS_PER_MONTH),
            Usage::ReadUnits => self.by_row(node, |row, _| {
                scaled(self.units(node, row, &[]), self.readers(node))
            }),
            Usage::ReadBytes => self.by_row(node, |row, _| {
                let times = self.readers(node) / GIBIBYTE;
                scaled(self.bytes(node, row, &[]), times)
            }),
            Usage::Inside(of) => self.by_row(node, |row, _| self.inside(node, row, of)),
            Usage::Replies => self.by_row(node, |row, flow| self.replies(row, flow)),
            Usage::Fetched => self.by_row(node, |row, flow| self.fetched(node, row, flow)),
            Usage::Through => self.by_row(node, |row, flow| self.through(row, flow)),
            Usage::Environments(of) => self.environments(node, of),
        }
    }

    /// Returns the time for which copies of a node existed, over those that its parameters
    /// say, per replication [ns]; nothing if their number is fixed or they are not paid for.
    fn copies(&self, node: usize) -> Option<Vec<f64>> {
        let elastic = self.input.model.control.elastic.iter();
        let mut said = elastic.filter(|one| one.node as usize == node);
        let said = f64::from(said.next()?.said?);
        let existing = |recording: &Recording| {
            let copies = recording.nodes[node].copies.as_ref();
            let slices = copies.map_or(&[][..], |copies| self.slices(&copies.existing));
            slices.iter().sum::<u128>() as f64 / said
        };
        Some(self.each(existing))
    }

    /// Returns the units of a supply times their time, per replication [unit × ns]; nothing if
    /// they do not change.
    fn supplied(&self, node: usize, what: &str) -> Option<Vec<f64>> {
        let supplies = self.input.model.control.supplies.iter().enumerate();
        let found: Vec<usize> = supplies
            .filter(|(_, supply)| supply.node as usize == node && supply.name == what)
            .map(|(at, _)| at)
            .collect();
        let units = |recording: &Recording| {
            let records = found.iter().map(|at| &recording.supplies[*at].units);
            records.flat_map(|units| self.slices(units)).sum::<u128>() as f64
        };
        (!found.is_empty()).then(|| self.each(units))
    }

    /// Whether a quantity is the hours of what comes and goes, and so was measured.
    pub(super) fn is_changing_capacity(&self, node: usize, usage: &Usage) -> bool {
        if let Usage::Supplied { what, .. } = usage {
            return self.supplied(node, what).is_some();
        }
        matches!(usage, Usage::Hours(_)) && self.copies(node).is_some()
    }

    /// Scales what each row of a node used, per replication, to a month.
    fn by_row(&self, node: usize, used: impl Fn(usize, usize) -> Vec<f64>) -> Vec<Part> {
        let rows = self.rows_of(node).into_iter();
        rows.map(|(row, flow)| Part {
            flow: Some(flow),
            quantity: self.monthly(flow, &used(row, flow)),
        })
        .collect()
    }

    /// Scales usage of a flow to a month: usage per request times its requests, else usage
    /// per time.
    fn monthly(&self, flow: usize, used: &[f64]) -> Sum {
        let arrived = self.flow(flow, |slice| u128::from(slice.tally.arrived));
        let (month, per) = match self.stated[flow] {
            Some(requests) => (requests, &arrived),
            None => (NS_PER_MONTH, &self.measured_ns),
        };
        Sum::per(used, per, month)
    }

    /// Returns the recorder rows of a node with their flows.
    fn rows_of(&self, node: usize) -> Vec<(usize, usize)> {
        let rows = self.input.model.rows.iter().enumerate();
        rows.filter(|(_, row)| row.node as usize == node)
            .map(|(index, row)| (index, row.flow as usize))
            .collect()
    }

    /// Returns one value per replication.
    fn each(&self, value: impl Fn(&Recording) -> f64) -> Vec<f64> {
        self.input.recordings.iter().map(value).collect()
    }

    /// Returns the slices that count.
    fn slices<'s, T>(&self, slices: &'s [T]) -> &'s [T] {
        slices.get(self.input.cut..).unwrap_or(&[])
    }

    /// Sums something of a flow, per replication.
    fn flow(&self, flow: usize, of: impl Fn(&FlowSlice) -> u128) -> Vec<f64> {
        self.each(|recording| {
            let slices = self.slices(&recording.flows[flow].slices);
            slices.iter().map(&of).sum::<u128>() as f64
        })
    }

    /// Sums something of a row, per replication.
    fn row(&self, row: usize, of: impl Fn(&RowSlice) -> u128) -> Vec<f64> {
        self.each(|recording| {
            let slices = self.slices(&recording.rows[row].slices);
            slices.iter().map(&of).sum::<u128>() as f64
        })
    }

    /// Returns the places of operations in a node's list; of all if none is named.
    fn places(&self, node: usize, ops: &[&str]) -> Vec<usize> {
        let names = self.input.model.nodes[node].operations.iter().enumerate();
        names
            .filter(|(_, name)| ops.is_empty() || ops.contains(&name.as_str()))
            .map(|(place, _)| place)
            .collect()
    }

    /// Counts visits that were not throttled.
    fn visits(&self, node: usize, row: usize, ops: &[&str]) -> Vec<f64> {
        if ops.is_empty() {
            return self.row(row, |slice| {
                u128::from(slice.tally.arrived - slice.tally.of(Outcome::Throttled))
            });
        }
        let places = self.places(node, ops);
        self.each(|recording| {
            let slices = places
                .iter()
                .filter_map(|place| recording.rows[row].by_op.get(*place))
                .flat_map(|slices| self.slices(slices));
            let paid = slices.map(|slice| slice.tally.arrived - slice.tally.of(Outcome::Throttled));
            paid.sum::<u64>() as f64
        })
    }

    /// Sums metered units.
    fn units(&self, node: usize, row: usize, ops: &[&str]) -> Vec<f64> {
        scaled(self.metered(node, row, ops, |slice| slice.units), 1e-12)
    }

    /// Sums the bytes of metered visits.
    fn bytes(&self, node: usize, row: usize, ops: &[&str]) -> Vec<f64> {
        self.metered(node, row, ops, |slice| slice.bytes)
    }

    /// Sums something of some operations of a row, per replication.
    fn metered(
        &self,
        node: usize,
        row: usize,
        ops: &[&str],
        of: impl Fn(&OpSlice) -> u128,
    ) -> Vec<f64> {
        let places = self.places(node, ops);
        self.each(|recording| {
            let slices = places
                .iter()
                .filter_map(|place| recording.rows[row].by_op.get(*place))
                .flat_map(|slices| self.slices(slices));
            slices.map(&of).sum::<u128>() as f64
        })
    }

    /// Counts deliveries of a node, and divides them among the flows by what they sent.
    fn deliveries(&self, node: usize, calls: f64) -> Vec<Part> {
        let model = self.input.model;
        // What is given up goes to its own queue without a call.
        let queue = model.queues.get(model.nodes[node].queue as usize);
        let deliveries = queue.map_or(&[][..], |queue| &queue.deliveries);
        let mut links: Vec<usize> = deliveries
            .iter()
            .map(|delivery| model.deliveries[*delivery as usize].link as usize)
            .filter(|link| *link != NONE as usize)
            .collect();
        links.sort_unstable();
        links.dedup();
        let delivered = self.each(|recording| {
            let slices = links
                .iter()
                .flat_map(|link| self.slices(&recording.links[*link].slices));
            slices.map(|slice| slice.tally.arrived).sum::<u64>() as f64
        });
        let rows = self.rows_of(node);
        let weights: Vec<Vec<f64>> = rows
            .iter()
            .map(|(row, _)| self.visits(node, *row, &[]))
            .collect();
        self.divided(&rows, &weights, |at| delivered[at] * calls)
    }

    /// Counts something of the messages over a link, and divides it among the flows by what
    /// they sent to the node.
    fn sent(
        &self,
        node: usize,
        link: u32,
        of: impl Fn(&LinkSlice) -> u128,
        factor: f64,
    ) -> Vec<Part> {
        let sent = self.each(|recording| {
            let slices = self.slices(&recording.links[link as usize].slices);
            slices.iter().map(&of).sum::<u128>() as f64 * factor
        });
        let rows = self.rows_of(node);
        let weights: Vec<Vec<f64>> = rows
            .iter()
            .map(|(row, _)| self.visits(node, *row, &[]))
            .collect();
        self.divided(&rows, &weights, |at| sent[at])
    }

    /// Returns how many consumers read a log, each all of it.
    fn readers(&self, node: usize) -> f64 {
        let model = self.input.model;
        let log = model.logs.get(model.nodes[node].log as usize);
        log.map_or(0, |log| log.deliveries.len()) as f64
    }

    /// Returns what the time that visits of a row take is charged, per replication.
    fn inside(&self, node: usize, row: usize, of: &Inside) -> Vec<f64> {
        let visits = self.visits(node, row, &[]);
        let inside = self.row(row, |slice| slice.inside_area);
        let pairs = inside.iter().zip(&visits);
        pairs
            .map(|(inside, visits)| {
                let time = (inside - visits * of.before_ns).max(0.0) + visits * of.rounding_ns;
                time * 1e-9 * of.each
            })
            .collect()
    }

    /// Returns the replies of a flow that clients get from a row; where several reply, by
    /// what each of them completed [GiB].
    fn replies(&self, row: usize, flow: usize) -> Vec<f64> {
        let replying = self.replying(flow);
        if !replying.contains(&row) {
            return vec![0.0; self.input.recordings.len()];
        }
        let bytes = self.flow(flow, |slice| slice.bytes_out);
        if replying.len() == 1 {
            return scaled(bytes, 1.0 / GIBIBYTE);
        }
        let completed =
            |row: usize| self.row(row, |slice| u128::from(slice.tally.of(Outcome::Completed)));
        let own = completed(row);
        let mut all = vec![0.0; own.len()];
        for row in replying {
            for (all, one) in all.iter_mut().zip(completed(row)) {
                *all += one;
            }
        }
        let parts = means(&own, &all);
        let pairs = bytes.iter().zip(parts);
        pairs.map(|(bytes, part)| bytes * part / GIBIBYTE).collect()
    }

    /// Returns the rows of a flow whose nodes reply to its clients: the one that they call,
    /// or, where that only says where to go, those behind it.
    pub(super) fn replying(&self, flow: usize) -> Vec<usize> {
        let Some(entry) = entry(&self.input.topology.flows[flow].client) else {
            return Vec::new();
        };
        let topology = self.input.topology;
        let nodes = topology.replying(entry).into_iter();
        let rows = nodes.filter_map(|at| self.row_of(&topology.graph[at].name, flow));
        let mut rows: Vec<usize> = rows.collect();
        rows.sort_unstable();
        rows
    }

    /// Returns the recorder row of a flow at a node, if it comes there.
    fn row_of(&self, node: &str, flow: usize) -> Option<usize> {
        let model = self.input.model;
        let mut rows = model.rows.iter();
        rows.position(|row| {
            row.flow as usize == flow && model.nodes[row.node as usize].name == node
        })
    }

    /// Returns the requests of a row that the node hands on: misses, or all that no cache
    /// may answer [GiB].
    fn fetched(&self, node: usize, row: usize, flow: usize) -> Vec<f64> {
        let name = self.input.model.nodes[node].name.as_str();
        let graph = &self.input.topology.graph;
        let at = graph.node_indices().find(|at| graph[*at].name == name);
        if at.is_none_or(|at| graph.neighbors(at).next().is_none()) {
            return vec![0.0; self.input.recordings.len()];
        }
        let looked_up = self.row(row, |slice| {
            u128::from(slice.hits + slice.misses + slice.joined)
        });
        let missed = self.row(row, |slice| u128::from(slice.misses));
        let visits = self.visits(node, row, &[]);
        let size = self.request_size(flow);
        (0..visits.len())
            .map(|at| {
                let handed = if looked_up[at] > 0.0 {
                    missed[at]
                } else {
                    visits[at]
                };
                handed * size[at] / GIBIBYTE
            })
            .collect()
    }

    /// Returns the requests and replies of a row, with the sizes of the flow's own [GiB].
    fn through(&self, row: usize, flow: usize) -> Vec<f64> {
        let visits = self.row(row, |slice| {
            u128::from(slice.tally.arrived - slice.tally.of(Outcome::Throttled))
        });
        let replies = self.row(row, |slice| u128::from(slice.tally.of(Outcome::Completed)));
        let request = self.request_size(flow);
        let completed = self.flow(flow, |slice| u128::from(slice.tally.of(Outcome::Completed)));
        let reply = means(&self.flow(flow, |slice| slice.bytes_out), &completed);
        (0..visits.len())
            .map(|at| (visits[at] * request[at] + replies[at] * reply[at]) / GIBIBYTE)
            .collect()
    }

    /// Returns the mean size of a flow's requests, per replication [bytes].
    fn request_size(&self, flow: usize) -> Vec<f64> {
        let arrived = self.flow(flow, |slice| u128::from(slice.tally.arrived));
        means(&self.flow(flow, |slice| slice.bytes_in), &arrived)
    }

    /// Returns the time for which environments are in work, divided among the flows by the
    /// time that their visits hold one.
    fn environments(&self, node: usize, of: &Environments) -> Vec<Part> {
        let rows = self.rows_of(node);
        let sum = |areas: &[u128]| self.slices(areas).iter().sum::<u128>() as f64;
        let visits: Vec<Vec<f64>> = rows
            .iter()
            .map(|(row, _)| self.visits(node, *row, &[]))
            .collect();
        let weights: Vec<Vec<f64>> = rows
            .iter()
            .zip(&visits)
            .map(|((row, _), visits)| {
                let inside = self.row(*row, |slice| slice.inside_area);
                let held = inside.iter().zip(visits);
                held.map(|(inside, visits)| (inside - visits * of.before_ns).max(0.0))
                    .collect()
            })
            .collect();
        let cold: Vec<f64> = self.each(|recording| {
            let slices = rows
                .iter()
                .flat_map(|(row, _)| self.slices(&recording.rows[*row].slices));
            slices.map(|slice| slice.cold_starts).sum::<u64>() as f64
        });
        let supplied = self.supplied(node, of.supply);
        let existing = self.each(|recording| sum(&recording.nodes[node].environment_area));
        let idle = self.each(|recording| sum(&recording.nodes[node].idle_area));
        self.divided(&rows, &weights, |at| {
            let started = cold[at] * of.free_start_ns;
            let working = (existing[at] - idle[at] - started).max(0.0);
            // Provisioned ones are taken first; the others work at most as long as they exist.
            let always = match &supplied {
                Some(supplied) => supplied[at],
                None => f64::from(of.provisioned) * self.measured_ns[at],
            };
            let beside = (existing[at] - always - started).clamp(0.0, working);
            let time = match of.of_provisioned {
                true => working - beside,
                false => beside,
            };
            let visits: f64 = visits.iter().map(|visits| visits[at]).sum();
            let part = if working > 0.0 { time / working } else { 0.0 };
            (time + visits * part * of.rounding_ns) * 1e-9 * of.each
        })
    }

    /// Divides what a node used in each replication among its rows, by weight, and scales
    /// it to a month.
    fn divided(
        &self,
        rows: &[(usize, usize)],
        weights: &[Vec<f64>],
        used: impl Fn(usize) -> f64,
    ) -> Vec<Part> {
        let replications = self.input.recordings.len();
        let totals: Vec<f64> = (0..replications)
            .map(|at| weights.iter().map(|weights| weights[at]).sum())
            .collect();
        rows.iter()
            .zip(weights)
            .map(|((_, flow), weights)| {
                let used: Vec<f64> = (0..replications)
                    .map(|at| match totals[at] {
                        total if total > 0.0 => used(at) * weights[at] / total,
                        _ => 0.0,
                    })
                    .collect();
                Part {
                    flow: Some(*flow),
                    quantity: self.monthly(*flow, &used),
                }
            })
            .collect()
    }
}

/// Multiplies every value.
fn scaled(values: Vec<f64>, factor: f64) -> Vec<f64> {
    values.into_iter().map(|value| value * factor).collect()
}

/// Divides sums by counts; 0 where nothing was counted.
fn means(sums: &[f64], counts: &[f64]) -> Vec<f64> {
    let pairs = sums.iter().zip(counts);
    pairs
        .map(|(sum, count)| if *count > 0.0 { sum / count } else { 0.0 })
        .collect()
}

/// Returns those who use it all: as the estimate says, else the accounts of the audience, else
/// the people of the load line that has most of them, as the same may stand in several.
pub(super) fn users(topology: &Topology) -> Option<f64> {
    let audience = topology.audience.as_ref();
    let accounts = || audience.map(|audience| audience.population.users as f64);
    let people = topology.load.iter().filter_map(|line| line.people);
    let most = || people.map(|people| people.users).max();
    let stated = topology.estimate.users.or_else(accounts);
    stated.or_else(|| most().map(|users| users as f64))
}

/// Returns the requests of a flow in a month, if all its load lines say how many: at the
/// mean rate, not at the peak that is simulated.
fn stated(input: &Input, flow: usize) -> Option<f64> {
    let lines = input.topology.load.iter().filter(|line| line.flow == flow);
    let mut requests = 0.0;
    for line in lines {
        requests += match &line.source {
            LoadSource::Rate { per_second, .. } => {
                let peak = line
                    .people
                    .as_ref()
                    .map_or(1.0, |people| people.peak_to_mean);
                per_second / peak * NS_PER_MONTH * 1e-9
            }
            LoadSource::Every(between) => line.batch.mean() * NS_PER_MONTH / between.mean(),
            LoadSource::Clients { .. } | LoadSource::Trace(_) => return None,
        };
    }
    requests.is_finite().then_some(requests)
}

/// Returns whom the client's steps call first.
pub(super) fn entry(steps: &[Step]) -> Option<petgraph::graph::NodeIndex<u32>> {
    steps.iter().find_map(|step| match step {
        Step::Call(call) => Some(call.target),
        Step::Parallel { branches, .. } => branches.iter().find_map(|branch| entry(branch)),
        Step::Each { steps, .. } | Step::Try { steps, .. } => entry(steps),
        Step::Choose(branches) => branches.iter().find_map(|(_, steps)| entry(steps)),
        Step::Compute(_) | Step::Pause(_) | Step::Fail(_) | Step::FanOut(_) | Step::Gather(_) => {
            None
        }
    })
}
