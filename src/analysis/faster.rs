//! What of a compiled design could be faster: the work of a node, its cold starts, a link; and
//! where one server more could help.
//!
//! The draws of a request stay as they are, and so each piece of its work takes the same share
//! less: what differs between a design and a faster one is due to that alone.
//!
//! Not here: pauses, lags and other delays, which are no matter of speed; limits, which refuse
//! and take no time.

use crate::model::{Model, NONE, Op, Work};
use crate::random::{Sampler, Unit};
use crate::report::{Aspect, Untimed};
use std::collections::BTreeMap;

/// Something that takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lever {
    /// What takes time.
    pub aspect: Aspect,
    /// Node, or link of a latency, as an index into the model's.
    pub of: u32,
}

impl Lever {
    /// Returns what it is called; unique in a model.
    pub fn name(self, model: &Model) -> String {
        let node = || &model.nodes[self.of as usize].name;
        match self.aspect {
            Aspect::Work => node().clone(),
            Aspect::ColdStart => format!("{} cold starts", node()),
            Aspect::Latency => model.links[self.of as usize].name.clone(),
            Aspect::Servers => format!("{} one server more", node()),
        }
    }

    /// Whether requests of a flow spend time there.
    pub fn is_of(self, model: &Model, flow: u32) -> bool {
        let is_it = |row: u32| {
            let row = model.rows.get(row as usize);
            row.filter(|row| row.flow == flow).map(|row| row.node)
        };
        match self.aspect {
            Aspect::Work | Aspect::ColdStart | Aspect::Servers => {
                let mut rows = 0..model.rows.len() as u32;
                rows.any(|row| is_it(row) == Some(self.of))
            }
            Aspect::Latency => {
                let mut routes = model.routes.iter();
                routes.any(|route| {
                    let takes_time = route.link == self.of && has_time(model, route.latency);
                    takes_time && is_it(route.row).is_some()
                })
            }
        }
    }

    /// Makes it take a share less, in (0, 1); further servers are one for each copy.
    pub fn pull(self, model: &mut Model, share: f64) {
        // While parameters are changed it does so as well.
        for altered in &mut model.altered {
            self.pull(&mut altered.model, share);
        }
        let factor = 1.0 - share;
        match self.aspect {
            Aspect::Work => {
                let mut known = BTreeMap::new();
                for at in 0..model.ops.len() {
                    let Some(work) = work_of(model, at, self.of) else {
                        continue;
                    };
                    let faster = *known
                        .entry(work)
                        .or_insert_with(|| scaled_work(model, work, factor));
                    if let Op::Work { work } | Op::Serve { work, .. } = &mut model.ops[at] {
                        *work = faster;
                    }
                }
            }
            Aspect::ColdStart => {
                let pool = model.nodes[self.of as usize].pool as usize;
                model.pools[pool].cold_start = scaled(model, model.pools[pool].cold_start, factor);
            }
            Aspect::Servers => {
                let group = model.nodes[self.of as usize].group as usize;
                model.groups[group].servers += 1;
            }
            Aspect::Latency => {
                let mut known = BTreeMap::new();
                for at in 0..model.routes.len() {
                    let route = &model.routes[at];
                    if route.link != self.of || route.latency == NONE {
                        continue;
                    }
                    let latency = route.latency;
                    model.routes[at].latency = *known
                        .entry(latency)
                        .or_insert_with(|| scaled(model, latency, factor));
                }
            }
        }
    }
}

/// Finds what takes time in requests of some flows: nodes first, then cold starts, then further
/// servers and links if they are asked for; and the nodes where nothing takes time.
pub fn levers(
    model: &Model,
    flows: &[u32],
    (servers, links): (bool, bool),
) -> (Vec<Lever>, Vec<Untimed>) {
    let is_of_flows = |lever: &Lever| flows.iter().any(|flow| lever.is_of(model, *flow));
    let lever = |aspect: Aspect, of: usize| Lever {
        aspect,
        of: of as u32,
    };
    let (mut works, mut starts) = (Vec::new(), Vec::new());
    let (mut more, mut others) = (Vec::new(), Vec::new());
    for (of, node) in model.nodes.iter().enumerate() {
        if node.hidden || !is_of_flows(&lever(Aspect::Work, of)) {
            continue;
        }
        let takes_time = |at| work_of(model, at, of as u32).is_some_and(|work| lasts(model, work));
        let works_here = (0..model.ops.len()).any(takes_time);
        let pool = model.pools.get(node.pool as usize);
        let starts_here = pool.is_some_and(|pool| has_time(model, pool.cold_start));
        works.extend(works_here.then(|| lever(Aspect::Work, of)));
        starts.extend(starts_here.then(|| lever(Aspect::ColdStart, of)));
        more.extend((servers && takes_more(model, of)).then(|| lever(Aspect::Servers, of)));
        if !works_here && !starts_here {
            others.push(Untimed {
                node: node.name.clone(),
                kind: node.kind.to_owned(),
            });
        }
    }
    works.extend(starts);
    works.extend(more);
    if links {
        let shown = model
            .links
            .iter()
            .enumerate()
            .filter(|(_, link)| !link.hidden);
        let latencies = shown.map(|(of, _)| lever(Aspect::Latency, of));
        works.extend(latencies.filter(is_of_flows));
    }
    (works, others)
}

/// Returns the work of an operation, if it is done at a node.
fn work_of(model: &Model, at: usize, node: u32) -> Option<u32> {
    let row = model.rows.get(model.sites[at].row as usize)?;
    let (Op::Work { work } | Op::Serve { work, .. }) = model.ops[at] else {
        return None;
    };
    (row.node == node).then_some(work)
}

/// Whether the servers of a node are so many and no more, whatever happens.
fn takes_more(model: &Model, node: usize) -> bool {
    let group = model.groups.get(model.nodes[node].group as usize);
    group.is_some_and(|group| group.servers < u32::MAX - 1 && !group.limit && !group.varies)
}

/// Whether some work takes time.
fn lasts(model: &Model, work: u32) -> bool {
    let Work {
        base,
        scale,
        per_item,
        per_byte,
        per_pulled,
        ..
    } = model.works[work as usize];
    let more = [per_item, per_byte, per_pulled];
    (scale > 0.0 && has_time(model, base)) || more.iter().any(|time| *time > 0.0)
}

/// Whether a sampler draws anything above 0.
fn has_time(model: &Model, sampler: u32) -> bool {
    let law = model.laws.get(sampler as usize);
    law.is_some_and(|law| law.mean() > 0.0)
}

/// Adds some work that takes so many times as long, and returns its index.
fn scaled_work(model: &mut Model, work: u32, factor: f64) -> u32 {
    let was = model.works[work as usize];
    let base = match has_time(model, was.base) {
        true => scaled(model, was.base, factor),
        false => was.base,
    };
    model.works.push(Work {
        base,
        per_item: was.per_item * factor,
        per_byte: was.per_byte * factor,
        per_pulled: was.per_pulled * factor,
        ..was
    });
    model.works.len() as u32 - 1
}

/// Adds a sampler of times that draws so many times as much, and returns its index.
fn scaled(model: &mut Model, sampler: u32, factor: f64) -> u32 {
    let law = model.laws[sampler as usize].scaled(factor);
    model
        .samplers
        .push(Sampler::compile(&law, Unit::Nanoseconds));
    model.laws.push(law);
    model.samplers.len() as u32 - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::compile;
    use crate::topology::{LoadRequest, load};

    /// A gate that does nothing, a pool with cold starts, and a store that two share.
    const FILE: &str = r#"{
        "nodes": {
            "gate": { "kind": "limiter", "rate": "1000/s" },
            "app": { "kind": "pool", "cold_start": "100ms", "service_time": "10ms" },
            "db": { "kind": "station", "service_time": { "exponential": "10ms" } },
            "apart": { "kind": "station", "service_time": { "exponential": "10ms" } }
        },
        "links": [ "gate -> app", { "from": "app", "to": "db", "latency": "2ms" } ],
        "flows": { "main": { "enter": "gate" }, "other": { "enter": "apart" } },
        "load": [ { "flow": "main", "rate": "1/s" }, { "flow": "other", "rate": "1/s" } ]
    }"#;

    fn model() -> Model {
        let (topology, _) = load(&LoadRequest::new(FILE, "case.json")).expect("a sound file");
        compile(&topology).expect("it compiles")
    }

    /// Returns the mean work at a node [ms].
    fn work_ms(model: &Model, node: &str) -> f64 {
        let index = model.nodes.iter().position(|one| one.name == node);
        let index = index.expect("a node") as u32;
        let mut all = (0..model.ops.len()).filter_map(|at| work_of(model, at, index));
        let work = model.works[all.next().expect("it works") as usize];
        model.samplers[work.base as usize].mean() / 1e6
    }

    #[test]
    fn what_takes_time_is_found_and_what_takes_none_is_named() {
        let model = model();
        let main = model.flows.iter().position(|flow| flow.name == "main");
        let flows = [main.expect("a flow") as u32];

        let (nodes, others) = levers(&model, &flows, (false, false));
        let (all, _) = levers(&model, &flows, (true, true));

        let names = |levers: &[Lever]| -> Vec<String> {
            levers.iter().map(|lever| lever.name(&model)).collect()
        };
        assert_eq!(names(&nodes), ["app", "db", "app cold starts"]);
        assert_eq!(names(&all)[3..], ["db one server more", "app->db"]);
        let others: Vec<&str> = others.iter().map(|one| one.node.as_str()).collect();
        assert_eq!(others, ["gate"]);
    }

    #[test]
    fn work_that_two_nodes_share_is_faster_at_one_of_them() {
        let mut faster = model();
        let (levers, _) = levers(&faster, &[0, 1], (false, false));
        let db = levers.iter().find(|lever| lever.name(&faster) == "db");

        db.expect("it works").pull(&mut faster, 0.2);

        assert!((work_ms(&faster, "db") - 8.0).abs() < 1e-6);
        assert!((work_ms(&faster, "apart") - 10.0).abs() < 1e-6);
    }

    #[test]
    fn cold_starts_latencies_and_servers_are_levers_of_their_own() {
        let mut faster = model();
        let (levers, _) = levers(&faster, &[0, 1], (true, true));

        for lever in levers.iter().filter(|one| one.aspect != Aspect::Work) {
            lever.pull(&mut faster, 0.5);
        }

        let start = faster.pools[0].cold_start;
        let latency = faster.routes.iter().find(|route| route.latency != NONE);
        let latency = latency.expect("a link that takes time").latency;
        let means = [start, latency].map(|one| faster.samplers[one as usize].mean() / 1e6);
        assert!((means[0] - 50.0).abs() < 1e-6, "{means:?}");
        assert!((means[1] - 1.0).abs() < 1e-6, "{means:?}");
        assert!((work_ms(&faster, "app") - 10.0).abs() < 1e-6);
        let mut servers = faster.groups.iter().map(|group| group.servers);
        assert!(servers.all(|servers| servers == 2));
    }
}
