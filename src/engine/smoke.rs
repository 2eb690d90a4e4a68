//! A hand-made model: the loop alone, against M/M/1.

use super::lookup::Lookups;
use super::replication::Replication;
use super::run::Ran;
use super::tables::{Setting, Tables};
use super::{Nobody, run_one};
use crate::metrics::recording::Recording;
use crate::model::*;
use crate::random::law::Law;
use crate::random::{Sampler, Unit, hash_name};
use crate::units::{SimTime, Span};
use crate::workload::{Shape, Source, SourceKind};

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

fn mm1(rate: f64, mean_ns: f64, planned: bool) -> Model {
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
            late: NONE,
            again: false,
            op: NONE,
            priority: 255,
            on_room: OnRoom::Nobody,
            same_copy: false,
            way: NONE,
        }],
        groups: vec![Group {
            node: 1,
            instances: 1,
            first: 0,
            servers: 1,
            discipline: Discipline::Fifo,
            waiting_limit: u32::MAX,
            when_full: Outcome::Shed,
            blocks: false,
            replaces: false,
            max_wait: NONE,
            planned,
            codel: (Span(1), Span(1)),
            pick: Pick::Random,
            limit: false,
            handed: false,
            varies: false,
            credit: None,
        }],
        works: vec![Work {
            base: 0,
            scale: 1.0,
            per_item: 0.0,
            per_byte: 0.0,
            per_pulled: 0.0,
            each: false,
        }],
        samplers: vec![
            s(Law::Exponential { mean: mean_ns }),
            s(Law::Constant(1024.0)),
        ],
        sources: vec![Source::new(
            "main",
            0,
            NONE,
            SourceKind::Poisson { rate_per_s: rate },
            s(Law::Constant(1.0)),
            Shape::Flat,
            SimTime::ZERO,
            SimTime::NEVER,
            SimTime::NEVER,
        )],
        ..Model::default()
    }
}

fn plan(horizon_s: u64) -> Plan {
    Plan {
        seed: 1,
        horizon: SimTime(horizon_s * 1_000_000_000),
        slices: vec![SimTime::ZERO, SimTime(horizon_s * 100_000_000)],
        bin: Span(horizon_s * 1_000_000),
        bins: 1000,
        bins_per_interval: 10,
        record: 0,
        following: Following::NOBODY,
    }
}

#[test]
fn planned_and_line_stations_record_the_same() {
    let run = |planned: bool| run_one(&mm1(80.0, 1e7, planned), &plan(500), 0, &Nobody).unwrap();

    let (planned, line) = (run(true), run(false));

    for (a, b) in planned.rows[1].slices.iter().zip(&line.rows[1].slices) {
        assert_eq!(a.tally, b.tally);
        assert_eq!(
            (a.waiting.sum, a.waiting.squares),
            (b.waiting.sum, b.waiting.squares)
        );
        assert_eq!(
            (a.sojourn.sum, a.sojourn.max),
            (b.sojourn.sum, b.sojourn.max)
        );
        assert_eq!(a.service.sum, b.service.sum);
        assert_eq!(
            (a.waiting_area, a.busy_area, a.inside_area),
            (b.waiting_area, b.busy_area, b.inside_area)
        );
    }
    assert_eq!(planned.nodes[1].waiting_max, line.nodes[1].waiting_max);
    assert_eq!(planned.nodes[1].line, line.nodes[1].line);
    assert_eq!(planned.flows[0].inside_max, line.flows[0].inside_max);
}

/// A model whose visits hold the server while they work, called over a link or at once.
fn holds_a_server(over_a_link: bool) -> Model {
    let mut model = mm1(80.0, 1e7, false);
    let server = [
        Op::Seize { group: 0 },
        Op::Work { work: 0 },
        Op::Release { group: 0 },
        Op::Leave {
            outcome: Outcome::Completed,
        },
    ];
    model.ops.truncate(2);
    model.ops.extend(server);
    model.sites.truncate(2);
    let site = |operation| Site { row: 1, operation };
    model.sites.extend((0..4).map(site));
    if over_a_link {
        model
            .samplers
            .push(Sampler::compile(&Law::Constant(1e6), Unit::Nanoseconds));
        model.routes[0].latency = model.samplers.len() as u32 - 1;
        model.routes[0].cuttable = true;
    }
    model
}

/// Does something with a replication of 100 s.
fn with_replication<T>(model: &Model, run: impl FnOnce(Replication<'_>) -> T) -> T {
    let (plan, tables) = (&plan(100), &Tables::new(model));
    let setting = Setting {
        model,
        plan,
        tables,
    };
    run(Replication::new(setting, 0, Lookups::new(model)))
}

/// Runs to the end.
fn to_the_end(run: Replication<'_>) -> Recording {
    match run.run(&Nobody, None) {
        Ok(Ran::Done(recording)) => *recording,
        Ok(Ran::Cut(_)) => panic!("nobody cuts it"),
        Err(why) => panic!("{why}"),
    }
}

/// Runs until some time; returns how many visits journeys stood for at once, at most.
fn on_journeys(model: &Model) -> usize {
    with_replication(model, |mut run| {
        run.start_sources();
        run.run_to(SimTime(50_000_000_000), &Nobody).unwrap();
        run.journeys.most_visits()
    })
}

/// Runs to the end, with no more than so many journeys at once.
fn recorded(model: &Model, most: u32) -> String {
    let mut recording = with_replication(model, |mut run| {
        run.journeys.most = most;
        to_the_end(run)
    });
    // Those of visits are others.
    recording.queue_events = 0;
    format!("{recording:?}")
}

#[test]
fn requests_for_which_there_is_no_room_go_by_visits() {
    for over_a_link in [false, true] {
        let model = holds_a_server(over_a_link);
        let unbounded = recorded(&model, u32::MAX);
        for most in [0, 1, 2, 5] {
            assert!(recorded(&model, most) == unbounded, "{most}");
        }
    }
}

#[test]
fn what_is_overrun_ends_within_a_bin() {
    // 200,000 visits come to a bin.
    let recording = with_replication(&mm1(1e6, 1e9, false), |mut run| {
        run.most_live = 10_000;
        to_the_end(run)
    });

    assert!(recording.overflowed);
    assert!(recording.ended < SimTime(plan(100).bin.0));
    let arrived: u64 = recording.flows[0].arrived.iter().sum();
    assert!((5_000..20_000).contains(&arrived), "{arrived}");
}

#[test]
fn requests_go_on_journeys_where_they_may() {
    assert!(on_journeys(&holds_a_server(false)) > 0);
    assert!(on_journeys(&holds_a_server(true)) > 0);
    // A request that is over at once needs none, and a line of visits has none.
    assert_eq!(on_journeys(&mm1(1.0, 1.0, true)), 0);
    assert_eq!(on_journeys(&mm1(80.0, 1e7, false)), 0);
}
