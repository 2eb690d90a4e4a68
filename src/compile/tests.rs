//! Small topologies and the programs they become.

use super::sketch::{Sketch, call, milliseconds, step};
use super::{compile, listing, plan};
use crate::component::registry;
use crate::model::{Model, NONE, Op, Policy};
use crate::topology::{At, Join, Shape, Step, Verb, WarmUp};
use crate::units::{SimTime, Span};

#[test]
fn without_steps_a_visit_works_once_and_calls_all_links_in_order() {
    let mut sketch = Sketch::new();
    let app = sketch.node(
        "app",
        "station",
        r#"{ "service_time": "1ms", "servers": 2 }"#,
    );
    let db = sketch.node("db", "station", r#"{ "service_time": "5ms" }"#);
    let log = sketch.node("log", "external", r#"{ "time": "1ms" }"#);
    sketch.link(app, db).call.timeout = Some(Span(50_000_000));
    sketch.link(app, log);
    sketch.client = vec![step(call(Verb::Call, app))];

    assert_eq!(
        sketch.listing(),
        "\
client for main
   0 call app 2, bytes inherited
   1 leave completed
app for main
   2 serve app x2 work 0
   3 call db 6, timeout 50 ms
   4 call log 8
   5 leave completed
db for main
   6 serve db x1 work 1
   7 leave completed
log for main
   8 work { work: 2 }
   9 leave completed
"
    );
}

#[test]
fn cache_aside_puts_the_miss_and_the_write_back_behind_the_main_line() {
    let mut sketch = Sketch::new();
    let app = sketch.node("app", "station", "{}");
    let hot = sketch.node("hot", "cache", r#"{ "hit_rate": 0.8 }"#);
    let urls = sketch.node("urls", "station", r#"{ "service_time": "5ms" }"#);
    sketch.link(app, hot);
    sketch.link(app, urls);
    let mut write = call(Verb::Write, hot);
    write.wait = false;
    let mut read = call(Verb::Read, hot);
    read.on_miss = Some(vec![step(call(Verb::Read, urls)), step(write)]);
    sketch.at = vec![At {
        node: app,
        endpoint: None,
        steps: vec![Step::Compute(milliseconds(2.0)), step(read)],
    }];
    sketch.client = vec![step(call(Verb::Call, app))];

    let model = sketch.compile().expect("a model");

    assert_eq!(
        listing(&model),
        "\
client for main
   0 call app 2, bytes inherited
   1 leave completed
app for main
   2 serve app x1 work 0
   3 call hot 10, miss 5
   4 leave completed
   5 call urls 16
   6 spawn 8
   7 jump 4
   8 call hot 18
   9 leave completed
hot for main
  10 look up by coin, miss 12
  11 jump 15
  12 pushcount
  13 missed
  14 popcount
  15 leave completed
urls for main
  16 serve urls x1 work 1
  17 leave completed
hot for main
  18 leave completed
"
    );
    assert!(model.groups.iter().all(|group| group.planned));
}

#[test]
fn a_caller_that_deals_with_misses_replaces_the_link_of_the_cache() {
    let mut sketch = Sketch::new();
    let hot = sketch.node("hot", "cache", r#"{ "hit_rate": 0.8 }"#);
    let db = sketch.node("db", "station", r#"{ "service_time": "5ms" }"#);
    sketch.link(hot, db);
    let mut read = call(Verb::Read, hot);
    read.on_miss = Some(vec![step(call(Verb::Read, db))]);
    sketch.client = vec![step(read), step(call(Verb::Read, hot))];

    let text = sketch.listing();

    let programs: Vec<&str> = text.split("hot for main").collect();
    assert_eq!(programs.len(), 3, "{text}");
    assert!(programs[1].contains("missed") && !programs[1].contains("call db"));
    assert!(programs[2].contains("call db") && !programs[2].contains("missed"));
}

#[test]
fn the_same_call_twice_has_two_addresses() {
    let mut sketch = Sketch::new();
    let db = sketch.node("db", "station", r#"{ "service_time": "5ms" }"#);
    sketch.client = vec![step(call(Verb::Read, db)), step(call(Verb::Read, db))];

    let model = sketch.compile().expect("a model");

    assert_eq!(model.routes.len(), 2);
    assert_ne!(model.routes[0].site, model.routes[1].site);
    assert_eq!(model.routes[0].entry, model.routes[1].entry);
}

#[test]
fn a_blocking_station_keeps_its_server_while_it_waits() {
    let mut sketch = Sketch::new();
    let app = sketch.node("app", "station", r#"{ "io": "blocking" }"#);
    let db = sketch.node("db", "station", r#"{ "service_time": "5ms" }"#);
    sketch.link(app, db);
    sketch.at = vec![At {
        node: app,
        endpoint: None,
        steps: vec![
            Step::Compute(milliseconds(2.0)),
            Step::Parallel {
                branches: vec![
                    vec![step(call(Verb::Read, db))],
                    vec![step(call(Verb::Read, db))],
                ],
                join: Join::Some(1),
            },
        ],
    }];
    sketch.client = vec![step(call(Verb::Call, app))];

    let model = sketch.compile().expect("a model");

    assert_eq!(
        listing(&model),
        "\
client for main
   0 call app 2, bytes inherited
   1 leave completed
app for main
   2 seize app x1
   3 work { work: 0 }
   4 fork [7, 9] needs 1
   5 release app x1
   6 leave completed
   7 call db 11
   8 leave completed
   9 call db 11
  10 leave completed
db for main
  11 serve db x1 work 1
  12 leave completed
"
    );
    let planned: Vec<bool> = model.groups.iter().map(|group| group.planned).collect();
    assert_eq!(planned, [false, true]);
}

#[test]
fn a_balancer_counts_its_choice_among_copies() {
    let mut sketch = Sketch::new();
    let lb = sketch.node("lb", "balancer", r#"{ "policy": "least-outstanding" }"#);
    let web = sketch.node(
        "web",
        "station",
        r#"{ "service_time": "5ms", "copies": 4 }"#,
    );
    sketch.link(lb, web);
    sketch.client = vec![step(call(Verb::Call, lb))];

    let model = sketch.compile().expect("a model");

    assert_eq!(model.balancers.len(), 1);
    assert_eq!(model.balancers[0].policy, Policy::LeastOutstanding);
    assert_eq!(model.balancers[0].targets[0].copies, 4);
    assert_eq!(model.groups[0].instances, 4);
    let has = |wanted: fn(&Op) -> bool| model.ops.iter().any(wanted);
    assert!(has(|op| matches!(op, Op::CallChosen { .. })));
    assert!(has(|op| matches!(op, Op::Unchoose { .. })));
}

#[test]
fn a_queue_delivers_batches_to_its_consumer() {
    let mut sketch = Sketch::new();
    let jobs = sketch.node("jobs", "queue", "{}");
    let worker = sketch.node("worker", "station", r#"{ "servers": 3 }"#);
    let stats = sketch.node("stats", "station", r#"{ "service_time": "1ms" }"#);
    sketch.link(jobs, worker).delivery.batch = Some(10);
    sketch.link(worker, stats);
    sketch.at = vec![At {
        node: worker,
        endpoint: None,
        steps: vec![Step::Each {
            times: None,
            steps: vec![step(call(Verb::Write, stats))],
            concurrency: Some(1),
            join: Join::All,
            key: None,
        }],
    }];
    sketch.client = vec![step(call(Verb::Send, jobs))];

    let model = sketch.compile().expect("a model");

    let delivery = &model.deliveries[model.queues[0].deliveries[0] as usize];
    let entry = model.routes[delivery.routes[0] as usize].entry;
    assert_eq!((delivery.batch, delivery.concurrency), (10, 3));
    assert!(matches!(model.ops[entry as usize], Op::Each { .. }));
    assert_eq!(model.loops[0].times, NONE);
    assert!(
        model
            .links
            .iter()
            .any(|link| link.delivers && link.name == "jobs->worker")
    );
}

#[test]
fn a_bandwidth_becomes_a_hidden_node_in_the_path() {
    let mut sketch = Sketch::new();
    let disk = sketch.node("disk", "delay", "{}");
    let client = crate::topology::client();
    sketch.link(client, disk).bandwidth = Some(1e6);
    sketch.client = vec![step(call(Verb::Call, disk))];

    assert_eq!(
        sketch.listing(),
        "\
client for main
   0 call client->disk bandwidth 2, bytes inherited
   1 leave completed
client->disk bandwidth for main
   2 serve client->disk bandwidth x1 work 0
   3 call disk 6, count inherited, bytes inherited
   4 serve client->disk bandwidth x1 work 1
   5 leave completed
disk for main
   6 leave completed
"
    );
}

#[test]
fn a_station_that_nobody_gives_work_is_refused() {
    let mut sketch = Sketch::new();
    let app = sketch.node("app", "station", "{}");
    sketch.client = vec![step(call(Verb::Call, app))];

    let errors = sketch.compile().expect_err("no work");

    assert_eq!(errors[0].code, "node::no-work");
}

#[test]
fn a_caller_that_shares_its_servers_cannot_keep_one() {
    let mut sketch = Sketch::new();
    let app = sketch.node(
        "app",
        "station",
        r#"{ "discipline": "processor-sharing", "service_time": "1ms" }"#,
    );
    let full = r#"{ "service_time": "1ms", "waiting_limit": 0, "when_full": "block" }"#;
    let db = sketch.node("db", "station", full);
    sketch.link(app, db);
    sketch.client = vec![step(call(Verb::Call, app))];

    let errors = sketch.compile().expect_err("nothing to keep");

    assert_eq!(errors[0].code, "station::cannot-keep");
}

#[test]
fn a_second_dead_letter_link_is_refused() {
    let mut sketch = Sketch::new();
    let jobs = sketch.node("jobs", "queue", "{}");
    for name in ["one", "two"] {
        let dead = sketch.node(name, "queue", "{}");
        sketch.link(jobs, dead).role = crate::topology::Role::DeadLetter;
    }
    sketch.client = vec![step(call(Verb::Send, jobs))];

    let errors = sketch.compile().expect_err("one of them");

    assert_eq!(errors[0].code, "link::two-dead-letters");
}

#[test]
fn a_server_is_kept_for_a_call_that_may_block_and_given_back_before_others() {
    let mut sketch = Sketch::new();
    let app = sketch.node("app", "station", "{}");
    let full = r#"{ "service_time": "1ms", "waiting_limit": 0, "when_full": "block" }"#;
    let db = sketch.node("db", "station", full);
    let log = sketch.node("log", "delay", "{}");
    sketch.link(app, db);
    sketch.link(app, log);
    let compute = || Step::Compute(milliseconds(1.0));
    let choice = vec![
        (1.0, vec![step(call(Verb::Call, db))]),
        (1.0, vec![step(call(Verb::Call, log))]),
    ];
    sketch.at = vec![At {
        node: app,
        endpoint: None,
        steps: vec![
            compute(),
            step(call(Verb::Call, log)),
            compute(),
            Step::Choose(choice),
        ],
    }];
    sketch.client = vec![step(call(Verb::Call, app))];

    let model = sketch.compile().expect("a model");

    let count = |wanted: fn(&Op) -> bool| model.ops.iter().filter(|op| wanted(op)).count();
    let (serves, seizes) = (
        count(|op| matches!(op, Op::Serve { .. })),
        count(|op| matches!(op, Op::Seize { .. })),
    );
    assert_eq!((serves, seizes), (2, 1), "the second of `app` is kept");
    assert_eq!(
        count(|op| matches!(op, Op::Release { .. })),
        1,
        "before `log`"
    );
    let released: Vec<_> = model
        .routes
        .iter()
        .filter(|route| matches!(route.on_room, crate::model::OnRoom::Release(_)))
        .collect();
    assert_eq!(released.len(), 1, "by the call of `db`");
}

#[test]
fn a_failed_step_goes_on_where_on_error_says() {
    let mut sketch = Sketch::new();
    let db = sketch.node("db", "station", r#"{ "service_time": "5ms" }"#);
    let mut read = call(Verb::Read, db);
    read.on_error = Some(vec![Step::Pause(milliseconds(1.0)), Step::Fail(0.5)]);
    let mut ignored = call(Verb::Read, db);
    ignored.on_error = Some(Vec::new());
    sketch.client = vec![step(read), step(ignored)];

    assert_eq!(
        sketch.listing(),
        "\
client for main
   0 call db 7, error 3, bytes inherited
   1 call db 7, error 2, bytes inherited
   2 leave completed
   3 delay { time: 0 }
   4 coin 6
   5 jump 1
   6 leave failed
db for main
   7 serve db x1 work 0
   8 leave completed
"
    );
}

#[test]
fn an_automatic_warm_up_keeps_eight_slices_apart() {
    let mut sketch = Sketch::new();
    let db = sketch.node("db", "station", r#"{ "service_time": "5ms" }"#);
    sketch.client = vec![step(call(Verb::Read, db))];
    let mut topology = sketch.topology();

    let automatic = plan(&topology);
    topology.run.warm_up = WarmUp::Fixed(Span(3_000_000_000));
    let fixed = plan(&topology);
    topology.run.warm_up = WarmUp::Auto;
    topology.load[0].shape = Shape::Ramp(vec![(SimTime::ZERO, 1.0)]);
    let terminating = plan(&topology);

    assert_eq!(automatic.slices.len(), 8);
    assert_eq!(automatic.slices[7], SimTime(30_000_000_000));
    assert_eq!((automatic.bins, automatic.bins_per_interval), (1000, 10));
    assert_eq!(fixed.slices, [SimTime::ZERO, SimTime(3_000_000_000)]);
    assert_eq!(terminating.slices, [SimTime::ZERO]);
}

#[test]
fn every_kind_documents_every_parameter() {
    for info in registry() {
        for parameter in (info.parameters)() {
            let name = format!("{}.{}", info.kind, parameter.name);
            assert!(!parameter.doc.is_empty(), "{name} has no doc");
            assert!(!parameter.source.is_empty(), "{name} has no source");
            assert!(!parameter.default.is_empty(), "{name} has no default");
        }
        assert!(!info.not_modelled.is_empty(), "{}", info.kind);
    }
}

/// A file with most of what plain kinds can do.
const WIDE: &str = r#"{
  "nodes": {
    "edge": { "kind": "limiter", "rate": "1k/s", "concurrency": 100 },
    "lb": { "kind": "balancer", "policy": "choices" },
    "web": { "kind": "station", "copies": 4, "servers": 8, "io": "blocking" },
    "batch": { "kind": "pool", "service_time": "5ms", "cold_service_time": "50ms", "max": 100 },
    "hot": { "kind": "cache", "cache": { "entries": 1000, "ttl": "60s", "coalesce": true, "warm": 0.5 },
             "service_time": "200us", "servers": 1 },
    "db": { "kind": "station", "service_time": "2ms", "partitions": { "count": 4, "by": "hash" } },
    "jobs": { "kind": "queue", "visibility": "30s", "max_receives": 3 },
    "dead": { "kind": "queue" },
    "events": { "kind": "topic" },
    "trail": { "kind": "log", "partitions": 2 },
    "mail": { "kind": "external", "time": "20ms", "rate": "50/s", "failure": 0.01 }
  },
  "links": [
    "edge -> lb", "lb -> web", "hot -> db", "events -> mail", "events -> jobs",
    { "from": "web", "to": "hot", "timeout": "20ms", "retry": { "attempts": 3 } },
    { "from": "web", "to": "db", "bandwidth": "100MB/s", "connections": 10,
      "breaker": { "failures": 0.5, "window": "1s", "least_calls": 10, "open": "5s" } },
    "web -> events", "web -> trail",
    { "from": "jobs", "to": "batch", "batch": 10, "window": "100ms" },
    { "from": "jobs", "to": "dead", "role": "dead-letter" },
    "trail -> batch", "batch -> db"
  ],
  "keys": { "user": { "zipf": { "exponent": 1, "count": "1k" } } },
  "flows": {
    "read": { "enter": "edge", "key": "user", "at": { "web": [
      { "compute": { "exponential": "1ms" } },
      { "read": "hot", "count": 20, "on_miss": [ { "read": "db" } ], "on_error": [] },
      { "choose": [ { "weight": 1, "do": [ { "pause": "1ms" } ] }, { "weight": 3, "do": [] } ] } ] } },
    "write": { "enter": "edge", "key": "user", "at": {
      "web": [
        { "try": [ { "read": "db" }, { "write": "db", "op": "conditional" } ],
          "retry": { "attempts": 5, "backoff": "fixed" }, "on_error": [ { "fail": 0.5 } ] },
        { "parallel": [ [ { "write": "hot", "wait": false } ], [ { "send": "events" } ], [ { "send": "trail" } ] ],
          "join": "settled" } ],
      "batch": [ { "each": "message", "concurrency": 2, "do": [ { "write": "db" } ] } ] } }
  },
  "load": [ { "flow": "read", "rate": "100/s" }, { "flow": "write", "rate": "10/s" } ]
}"#;

/// Checks that every index of a model leads somewhere.
fn check(model: &Model) {
    let length = model.ops.len() as u32;
    let mut start = 0;
    let mut ends = vec![0; model.ops.len()];
    for at in (0..model.ops.len()).rev() {
        let next_starts = at + 1 == model.ops.len() || model.sites[at + 1].operation == 0;
        ends[at] = if next_starts {
            at as u32 + 1
        } else {
            ends[at + 1]
        };
    }
    let mut inside = Vec::new();
    for (at, (op, site)) in model.ops.iter().zip(&model.sites).enumerate() {
        if site.operation == 0 {
            start = at as u32;
        }
        let end = ends[at];
        let mut within = |target: u32| inside.push((at, start <= target && target < end));
        match op {
            Op::Remainder {
                admit, given_up, ..
            } => [admit, given_up].iter().for_each(|to| within(**to)),
            Op::Jump { target } | Op::Coin { target, .. } | Op::Afford { target, .. } => {
                within(*target)
            }
            Op::LookUp { miss, .. } | Op::LookUpFixed { miss, .. } => within(*miss),
            Op::Spawn { entry, .. } | Op::Keep { entry, .. } => within(*entry),
            Op::Once { known, .. } => within(*known),
            Op::Fits { target, .. } => within(*target),
            Op::Held { old, denied, .. } => [old, denied].iter().for_each(|to| within(**to)),
            Op::Earlier { target, .. } => within(*target),
            Op::Fork { fork, .. } => {
                model.forks[*fork as usize]
                    .entries
                    .iter()
                    .for_each(|one| within(*one));
            }
            Op::Each { each, .. } => within(model.loops[*each as usize].entry),
            Op::Split { split } | Op::Resolve { split, .. } => {
                let branches = &model.splits[*split as usize].branches;
                branches.iter().for_each(|(_, target)| within(*target));
            }
            Op::Call { route } => {
                let route = &model.routes[*route as usize];
                let asides = [route.on_miss, route.on_error];
                asides
                    .iter()
                    .filter(|to| **to != NONE)
                    .for_each(|to| within(*to));
                if route.strand {
                    within(route.entry);
                }
            }
            _ => {}
        }
    }
    assert!(inside.iter().all(|(_, inside)| *inside), "{inside:?}");
    for route in &model.routes {
        assert!(route.entry < length, "{route:?}");
        assert!(route.strand || model.sites[route.entry as usize].operation == 0);
        assert!(route.strand || model.sites[route.entry as usize].row == route.row);
        assert!(route.strand || (route.link as usize) < model.links.len());
    }
    for pair in model.groups.windows(2) {
        assert_eq!(pair[0].first + pair[0].instances, pair[1].first);
    }
    assert!(matches!(model.ops.last(), Some(Op::Leave { .. })));
}

#[test]
fn a_wide_file_compiles_into_a_sound_model() {
    let request = crate::topology::LoadRequest::new(WIDE, "wide.json");
    let (topology, _) = crate::topology::load(&request).expect("a topology");

    let model = compile(&topology).expect("a model");

    check(&model);
    assert_eq!(model.queues.len(), 2);
    let jobs = model.queues.iter().find(|queue| queue.dead_letter != NONE);
    assert!(jobs.is_some_and(|queue| queue.max_receives == 3));
    assert_eq!(model.budgets.len(), 0);
    assert_eq!(model.breakers.len(), 1);
    let names: Vec<&str> = model.nodes.iter().map(|node| node.name.as_str()).collect();
    assert!(names.is_sorted(), "{names:?}");
    assert!(model.caches[0].warm_keys == 0, "warm with the flow's keys");
}
