//! The workloads: a topology each, the loop that knows it, and what is known of the answer.

use super::loops;
use super::parts::Figures;
use super::peers::{self, Row};
use kneepoint::analysis::simulation::followed;
use kneepoint::metrics::recording::Recording;
use kneepoint::model::{Following, Model, Plan};
use kneepoint::topology::{LoadRequest, load};
use kneepoint::{compile, diagnostic, engine};

/// A model that both programs simulate.
pub(crate) struct Workload {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// Requests per second of simulated time.
    pub(crate) rate: f64,
    /// Everything of the topology but its horizon.
    nodes: &'static str,
    /// The hand-specialised loop, by horizon [ns] and seed.
    pub(crate) by_hand: Option<fn(u64, u64) -> Figures>,
    /// The stations that other crates simulate too, where it is a row of them.
    pub(crate) row: Option<&'static Row>,
    /// Exact mean and p99 [ms], where they are known.
    pub(crate) exact: Option<(f64, f64)>,
}

/// All workloads.
pub(crate) const WORKLOADS: [Workload; 7] = [
    Workload {
        name: "mm1",
        rate: 800.0,
        nodes: r#""nodes": { "server": { "kind": "station", "service_time": { "exponential": "1ms" } } },
            "load": [ { "rate": "800/s" } ]"#,
        by_hand: Some(loops::mm1),
        row: Some(&peers::MM1),
        // ln 100 / (μ − λ) for the p99.
        exact: Some((5.0, 23.025_850_93)),
    },
    Workload {
        name: "tandem",
        rate: 2560.0,
        nodes: r#""nodes": {
                "a": { "kind": "station", "servers": 16, "service_time": { "lognormal": { "mean": "5ms", "sigma": 0.5 } } },
                "b": { "kind": "station", "servers": 16, "service_time": { "lognormal": { "mean": "5ms", "sigma": 0.5 } } },
                "c": { "kind": "station", "servers": 16, "service_time": { "lognormal": { "mean": "5ms", "sigma": 0.5 } } },
                "d": { "kind": "station", "servers": 16, "service_time": { "lognormal": { "mean": "5ms", "sigma": 0.5 } } },
                "e": { "kind": "station", "servers": 16, "service_time": { "lognormal": { "mean": "5ms", "sigma": 0.5 } } } },
            "links": [
                { "from": "client", "to": "a", "latency": "250us" },
                { "from": "a", "to": "b", "latency": "250us" },
                { "from": "b", "to": "c", "latency": "250us" },
                { "from": "c", "to": "d", "latency": "250us" },
                { "from": "d", "to": "e", "latency": "250us" } ],
            "load": [ { "rate": "2560/s" } ]"#,
        by_hand: Some(loops::tandem),
        row: Some(&peers::TANDEM),
        exact: None,
    },
    Workload {
        name: "three-tier",
        rate: 18_000.0,
        nodes: r#""nodes": {
                "edge": { "kind": "cache", "hit_rate": 0.6, "service_time": "5ms" },
                "balancer": { "kind": "delay", "time": "500us" },
                "app": { "kind": "station", "servers": 64, "io": "blocking" },
                "redis": { "kind": "station", "partitions": { "count": 4, "by": "random" }, "service_time": "300us" },
                "db": { "kind": "external", "time": { "lognormal": { "p50": "4ms", "sigma": 1 } },
                        "rate": "5000/s", "burst": 5000 } },
            "links": [ "edge -> balancer -> app -> redis",
                { "from": "app", "to": "db", "timeout": "200ms",
                  "retry": { "attempts": 3, "backoff": "fixed", "base": "10ms" } } ],
            "flows": { "main": { "enter": "edge", "at": { "app": [
                { "compute": { "lognormal": { "mean": "5ms", "sigma": 0.5 } } },
                { "read": "redis" },
                { "choose": [ { "weight": 8, "do": [] }, { "weight": 2, "do": [ { "read": "db" } ] } ] } ] } } },
            "load": [ { "rate": "18000/s" } ]"#,
        by_hand: Some(loops::three_tier),
        row: None,
        exact: None,
    },
    Workload {
        name: "cache-aside",
        rate: 100_000.0,
        nodes: r#""nodes": {
                "app": { "kind": "station", "servers": 64 },
                "cache": { "kind": "cache", "hit_rate": 0.85, "servers": 16,
                           "service_time": { "lognormal": { "mean": "100us", "cv": 0.5 } } },
                "db": { "kind": "station", "servers": 128,
                        "service_time": { "lognormal": { "mean": "5ms", "cv": 1 } } } },
            "links": [
                { "from": "client", "to": "app", "timeout": "1s", "retry": { "attempts": 3 } },
                { "from": "app", "to": "cache", "latency": "250us", "timeout": "50ms", "retry": { "attempts": 3 } },
                { "from": "app", "to": "db", "latency": "500us", "timeout": "200ms", "retry": { "attempts": 3 } } ],
            "flows": { "main": { "enter": "app", "at": { "app": [
                { "compute": { "lognormal": { "mean": "400us", "cv": 0.5 } } },
                { "read": "cache", "on_miss": [ { "read": "db" }, { "write": "cache", "wait": false } ] } ] } } },
            "load": [ { "rate": "100000/s" } ]"#,
        by_hand: Some(loops::cache_aside),
        row: None,
        exact: None,
    },
    Workload {
        name: "cache-aside-keys",
        rate: 100_000.0,
        nodes: r#""nodes": {
                "app": { "kind": "station", "servers": 64 },
                "cache": { "kind": "cache", "cache": { "policy": "lru", "entries": 250000, "warm": 1 }, "servers": 16,
                           "service_time": { "lognormal": { "mean": "100us", "cv": 0.5 } } },
                "db": { "kind": "station", "servers": 128,
                        "service_time": { "lognormal": { "mean": "5ms", "cv": 1 } } } },
            "links": [
                { "from": "client", "to": "app", "timeout": "1s", "retry": { "attempts": 3 } },
                { "from": "app", "to": "cache", "latency": "250us", "timeout": "50ms", "retry": { "attempts": 3 } },
                { "from": "app", "to": "db", "latency": "500us", "timeout": "200ms", "retry": { "attempts": 3 } } ],
            "flows": { "main": { "enter": "app", "key": { "zipf": { "exponent": 0.95, "count": 1000000 } },
                "at": { "app": [
                { "compute": { "lognormal": { "mean": "400us", "cv": 0.5 } } },
                { "read": "cache", "on_miss": [ { "read": "db" }, { "write": "cache", "wait": false } ] } ] } } },
            "load": [ { "rate": "100000/s" } ]"#,
        by_hand: None,
        row: None,
        exact: None,
    },
    // A request is a post, of 155 deliveries in the mean; a tenth of these is the rate. A page of
    // the engine is one message, where every write of the loop is. Few posts have most of the
    // deliveries, so that the figures of one seed are not those of another.
    Workload {
        name: "fan-out",
        rate: 41_850.0,
        nodes: r#""nodes": { "app": { "kind": "station", "service_time": "0s" },
                "timelines": { "kind": "station", "partitions": { "count": 16, "by": "random" },
                               "service_time": { "exponential": "20us" } } },
            "links": [ { "from": "app", "to": "timelines", "latency": { "uniform": ["100us", "400us"] } } ],
            "flows": { "main": { "enter": "app", "at": { "app": [
                { "fan_out": "post", "recipients": { "pareto": { "exponent": 1.2, "min": 40, "max": 1000000 } },
                  "concurrency": 1000, "do": [ { "write": "timelines" } ] } ] } } },
            "load": [ { "rate": "2700/s" } ]"#,
        by_hand: Some(loops::fan_out),
        row: None,
        exact: None,
    },
    // A request is a post of 100 000 deliveries, of which the rate is; the loop draws each of them.
    Workload {
        name: "celebrity",
        rate: 1_000_000.0,
        nodes: r#""nodes": { "app": { "kind": "station", "service_time": "0s" },
                "timelines": { "kind": "station", "partitions": { "count": 64, "by": "random" },
                               "service_time": { "exponential": "10us" } } },
            "links": [ "app -> timelines" ],
            "flows": { "main": { "enter": "app", "at": { "app": [
                { "fan_out": "post", "recipients": "100k", "batch": 1000, "concurrency": 16,
                  "do": [ { "write": "timelines" } ] } ] } } },
            "load": [ { "every": "100ms" } ]"#,
        by_hand: Some(loops::celebrity),
        row: None,
        exact: None,
    },
];

/// Returns the three tiers, by name, at another rate and with one latency on every link.
///
/// Servers, partitions and limits grow with the rate.
pub(crate) fn three_tiers(name: &str, rate: f64, hop: &str, horizon: u64) -> Result<Ready, String> {
    let scale = rate / 18_000.0;
    let grown = |count: f64| (count * scale).ceil();
    let text = format!(
        r#"{{ "nodes": {{
                "edge": {{ "kind": "cache", "hit_rate": 0.6, "service_time": "5ms" }},
                "balancer": {{ "kind": "delay", "time": "500us" }},
                "app": {{ "kind": "station", "servers": {}, "io": "blocking" }},
                "redis": {{ "kind": "station", "partitions": {{ "count": {}, "by": "random" }}, "service_time": "300us" }},
                "db": {{ "kind": "external", "time": {{ "lognormal": {{ "p50": "4ms", "sigma": 1 }} }},
                        "rate": "{}/s", "burst": {} }} }},
            "links": [
                {{ "from": "client", "to": "edge", "latency": "{hop}" }},
                {{ "from": "edge", "to": "balancer", "latency": "{hop}" }},
                {{ "from": "balancer", "to": "app", "latency": "{hop}" }},
                {{ "from": "app", "to": "redis", "latency": "{hop}" }},
                {{ "from": "app", "to": "db", "latency": "{hop}", "timeout": "200ms",
                  "retry": {{ "attempts": 3, "backoff": "fixed", "base": "10ms" }} }} ],
            "flows": {{ "main": {{ "enter": "edge", "at": {{ "app": [
                {{ "compute": {{ "lognormal": {{ "mean": "5ms", "sigma": 0.5 }} }} }},
                {{ "read": "redis" }},
                {{ "choose": [ {{ "weight": 8, "do": [] }}, {{ "weight": 2, "do": [ {{ "read": "db" }} ] }} ] }} ] }} }} }},
            "load": [ {{ "rate": "{rate}/s" }} ],
            "run": {{ "horizon": "{horizon}ns" }} }}"#,
        grown(64.0),
        grown(4.0),
        grown(5000.0),
        grown(5000.0),
    );
    compiled(name, &text)
}

/// Reads and compiles a topology.
fn compiled(name: &str, text: &str) -> Result<Ready, String> {
    let shown = |found: &[_]| diagnostic::render(found, name, text, false);
    let (topology, _) = load(&LoadRequest::new(text, name)).map_err(|found| shown(&found))?;
    let model = compile::compile(&topology).map_err(|found| shown(&found))?;
    let mut plan = compile::plan(&topology);
    // A report says where the slowest spent their time.
    plan.following = followed(&topology, &model, &plan);
    Ok(Ready { model, plan })
}

/// A workload ready to run in the engine.
pub(crate) struct Ready {
    model: Model,
    plan: Plan,
}

impl Workload {
    /// Returns the simulated time that so many requests take [ns].
    pub(crate) fn horizon(&self, requests: f64) -> u64 {
        (requests / self.rate * 1e9) as u64
    }

    /// Writes the topology with a horizon.
    pub(crate) fn text(&self, horizon: u64) -> String {
        format!(
            r#"{{ {}, "run": {{ "horizon": "{horizon}ns" }} }}"#,
            self.nodes
        )
    }

    /// Reads and compiles the topology.
    pub(crate) fn ready(&self, horizon: u64) -> Result<Ready, String> {
        compiled(self.name, &self.text(horizon))
    }
}

impl Ready {
    /// Has every request be followed.
    pub(crate) fn follow(&mut self) {
        self.plan.following = Following {
            replications: u32::MAX,
            requests: u32::MAX,
        };
    }

    /// Runs one replication on this thread.
    pub(crate) fn run(&self, replication: u32) -> Result<Recording, String> {
        engine::run_one(&self.model, &self.plan, replication, &engine::Nobody)
    }

    /// Runs replications on so many threads.
    pub(crate) fn run_all(&self, count: u32, threads: usize) -> Result<Vec<Recording>, String> {
        engine::run(&self.model, &self.plan, 0..count, threads, &engine::Nobody)
    }
}

/// Sums up what the engine recorded of the only flow.
pub(crate) fn figures(recording: &Recording) -> Figures {
    let slices = recording.flows.iter().flat_map(|flow| &flow.slices);
    let times: Vec<_> = slices
        .flat_map(|slice| [&slice.latency, &slice.latency_bad])
        .collect();
    Figures::of(&times)
}
