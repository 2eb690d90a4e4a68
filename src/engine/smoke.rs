//! Hand-made models: the loop against Lindley's recursion and closed forms.

use super::{Nobody, run_one};
use crate::model::*;
use crate::random::law::Law;
use crate::random::{Sampler, Unit, hash_name};
use crate::units::{SimTime, Span};
use crate::workload::Source;

fn node(name: &str, hidden: bool, group: u32) -> Node {
    Node {
        name: name.into(),
        kind: "station",
        hidden,
        hash: hash_name(name),
        group,
        pool: NONE,
        cache: NONE,
        looks_up: false,
        queue: NONE,
        log: NONE,
        partition: NONE,
        operations: Vec::new(),
    }
}

pub(super) fn mm1(rate: f64, mean_ns: f64, planned: bool) -> Model {
    let s = |law: Law| Sampler::compile(&law, Unit::Nanoseconds);
    Model {
        ops: vec![
            Op::Call { route: 0 },
            Op::Leave {
                outcome: Outcome::Completed,
            },
            Op::Serve { group: 0, work: 0 },
            Op::Leave {
                outcome: Outcome::Completed,
            },
        ],
        sites: vec![
            Site {
                row: 0,
                operation: 0,
            },
            Site {
                row: 0,
                operation: 1,
            },
            Site {
                row: 1,
                operation: 0,
            },
            Site {
                row: 1,
                operation: 1,
            },
        ],
        nodes: vec![node("client", true, NONE), node("server", false, 0)],
        flows: vec![Flow {
            name: "main".into(),
            entry: 0,
            bytes: 1,
            reply: 1,
            priority: 5,
        }],
        rows: vec![Row { node: 0, flow: 0 }, Row { node: 1, flow: 0 }],
        links: vec![Link {
            name: "client->server".into(),
            delivers: false,
            hidden: true,
        }],
        routes: vec![Route {
            entry: 2,
            row: 1,
            link: 0,
            strand: false,
            site: 77,
            latency: NONE,
            cuttable: false,
            loss: 0,
            timeout: Span::MAX,
            deadline: false,
            cancel: false,
            retry: NONE,
            hedge_after: Span::MAX,
            hedge_most: 0,
            breaker: NONE,
            connections: NONE,
            key: NONE,
            count: CountFrom::One,
            bytes: NONE,
            on_miss: NONE,
            on_error: NONE,
            op: NONE,
            priority: 255,
        }],
        groups: vec![Group {
            node: 1,
            instances: 1,
            first: 0,
            servers: 1,
            discipline: Discipline::Fifo,
            waiting_limit: u32::MAX,
            when_full: Outcome::Shed,
            max_wait: NONE,
            planned,
            codel: (Span(1), Span(1)),
            pick: Pick::Random,
            limit: false,
        }],
        works: vec![Work {
            base: 0,
            scale: 1.0,
            per_item: 0.0,
            per_byte: 0.0,
        }],
        samplers: vec![
            s(Law::Exponential { mean: mean_ns }),
            s(Law::Constant(1024.0)),
        ],
        sources: vec![Source { rate, flow: 0 }],
        ..Model::default()
    }
}

pub(super) fn plan(horizon_s: u64) -> Plan {
    Plan {
        seed: 1,
        horizon: SimTime(horizon_s * 1_000_000_000),
        slices: vec![SimTime::ZERO, SimTime(horizon_s * 100_000_000)],
        bins: 1000,
        bins_per_interval: 10,
        record: 0,
    }
}

#[test]
fn mm1_has_its_sojourn_time_planned_and_in_line() {
    for planned in [true, false] {
        let model = mm1(80.0, 1e7, planned);
        let start = std::time::Instant::now();
        let recording = run_one(&model, &plan(20_000), 0, &Nobody).unwrap();
        let row = &recording.rows[1].slices[1];
        let mean = row.sojourn.sum as f64 / row.sojourn.count as f64 / 1e6;
        let flow = &recording.flows[0].slices[1];
        let latency = flow.latency.sum as f64 / flow.latency.count as f64 / 1e6;
        let busy = row.busy_area as f64 / (18_000.0 * 1e9);
        eprintln!(
            "{planned}: {} requests {:?} mean {mean} latency {latency} busy {busy} waiting {} events {} queue {}",
            flow.tally.arrived,
            start.elapsed(),
            row.waiting.sum as f64 / row.waiting.count as f64 / 1e6,
            recording.events,
            recording.queue_events
        );
        assert!((mean - 50.0).abs() < 2.5);
        assert!((busy - 0.8).abs() < 0.01);
    }
}
