//! What valid files mean, once they are loaded.

use kneepoint::random::law::{KeyLaw, Law};
use kneepoint::topology::{
    Backoff, Bound, LoadRequest, LoadSource, Match, Role, Statistic, Step, Strategy, Subject,
    Topology, WarmUp, client, load, single_points,
};
use kneepoint::units::{SimTime, Span};

/// Loads a text that must be valid.
fn topology(text: &str) -> Topology {
    with(LoadRequest::new(text, "designs/example.json"))
}

/// Loads a request that must be valid.
fn with(request: LoadRequest) -> Topology {
    match load(&request) {
        Ok((topology, _)) => topology,
        Err(found) => panic!(
            "{}",
            kneepoint::diagnostic::render(&found, request.file_name, request.text, false)
        ),
    }
}

/// The link of this name.
fn link<'t>(topology: &'t Topology, from: &str, to: &str) -> &'t kneepoint::topology::Link {
    let graph = &topology.graph;
    let node = |name: &str| {
        graph
            .node_indices()
            .find(|node| graph[*node].name == name)
            .unwrap()
    };
    &graph[graph.find_edge(node(from), node(to)).unwrap()]
}

const SMALLEST: &str = r#"{ "nodes": { "q": { "kind": "station", "servers": 2, "service_time": { "exponential": "10ms" } } },
  "load": [ { "rate": "150/s" } ] }"#;

#[test]
fn the_smallest_file_is_complete() {
    let topology = topology(SMALLEST);

    assert_eq!(topology.name, "example");
    assert_eq!(topology.flows[0].name, "main");
    assert_eq!(topology.graph[client()].name, "client");
    assert_eq!(topology.graph.edge_count(), 1, "client calls the only node");
    assert!(
        matches!(&topology.flows[0].client[..], [Step::Call(call)] if topology.graph[call.target].name == "q")
    );
    assert!(
        matches!(topology.load[0].source, LoadSource::Rate { per_second, even: false } if (per_second - 150.0).abs() < 1e-9)
    );
    assert_eq!(topology.run.horizon, Span(60_000_000_000));
    assert_eq!((topology.run.replications, topology.run.seed), (10, 1));
    assert_eq!(topology.run.interval, Span(600_000_000));
    assert_eq!(topology.run.warm_up, WarmUp::Auto);
}

#[test]
fn the_command_line_holds_over_the_file() {
    let sets = [
        "nodes.q.servers=4".to_owned(),
        "load.main.rate=320/s".to_owned(),
    ];
    let mut request = LoadRequest::new(SMALLEST, "q.json");
    request.sets = &sets;
    request.seed = Some(7);
    request.replications = Some(3);
    request.horizon = Some(Span(1_000_000_000));
    request.warm_up = Some(WarmUp::Fixed(Span::ZERO));

    let topology = with(request);

    assert_eq!((topology.run.seed, topology.run.replications), (7, 3));
    assert_eq!(topology.run.horizon, Span(1_000_000_000));
    assert_eq!(topology.run.warm_up, WarmUp::Fixed(Span::ZERO));
    assert!(
        matches!(topology.load[0].source, LoadSource::Rate { per_second, .. } if (per_second - 320.0).abs() < 1e-9)
    );
}

#[test]
fn every_part_of_the_format_arrives() {
    let topology = topology(include_str!("rich.json"));

    let retry = link(&topology, "app", "db").call.retry.as_ref().unwrap();
    assert_eq!((retry.attempts, retry.backoff), (3, Backoff::Decorrelated));
    let standard = link(&topology, "app", "other").call.retry.as_ref().unwrap();
    assert_eq!(
        (standard.attempts, &standard.base),
        (3, &Law::Constant(50e6))
    );
    assert_eq!(
        standard
            .budget
            .as_ref()
            .map(|budget| (budget.cost, budget.cost_throttled)),
        Some((14.0, Some(5.0)))
    );
    assert_eq!(link(&topology, "jobs", "dead").role, Role::DeadLetter);
    assert_eq!(link(&topology, "jobs", "worker").delivery.batch, Some(10));
    assert_eq!(
        topology.keys[0].law,
        KeyLaw::Zipf {
            exponent: 0.99,
            count: 10_000
        }
    );
    assert_eq!(topology.run.seed, u64::MAX);
    assert_eq!(
        topology
            .load
            .iter()
            .map(|line| line.name.as_str())
            .collect::<Vec<_>>(),
        ["main", "session", "herd", "old", "post", "read"]
    );
    let audience = topology.audience.as_ref().unwrap();
    assert_eq!(audience.strategy, Strategy::Hybrid(10_000));
    assert_eq!(audience.population.activity, [(0.1, 69.0), (0.9, 1.0)]);
    assert_eq!(topology.load[4].from, [("us-east-1".to_owned(), 1.0)]);
    assert_eq!(topology.load[5].from, [("eu-west-1".to_owned(), 1.0)]);
    let arithmetic = topology.load[0].arithmetic.as_deref();
    assert_eq!(
        arithmetic,
        Some("5M users × 10/day each = 579/s; × 3 at the peak = 1.74k/s")
    );
}

#[test]
fn objectives_are_parsed() {
    let topology = topology(include_str!("rich.json"));
    let found = &topology.objectives;

    assert_eq!(found[0].subject, Subject::Flow("main".into()));
    assert_eq!(
        (found[0].quantity.as_str(), found[0].statistic),
        ("latency", Some(Statistic::Quantile(0.99)))
    );
    assert_eq!(found[0].value, Bound::Milliseconds(100.0));
    assert_eq!(found[1].share, Some(0.99));
    assert_eq!(
        found[1].window,
        Some((SimTime(10_000_000_000), SimTime(60_000_000_000)))
    );
    assert_eq!(found[2].value, Bound::Number(0.0));
    assert_eq!(found[3].subject, Subject::Link("app->db".into()));
    assert_eq!(found[3].value, Bound::Share(0.001));
    assert_eq!(found[5].value, Bound::Share(0.8));
    assert_eq!(found[7].value, Bound::PerSecond(5.0));
    assert_eq!(found[8].subject, Subject::Link("app->db".into()));
    assert_eq!(found[9].subject, Subject::FanOut("feed".into()));
    assert_eq!(found[10].share, Some(0.9));
    assert_eq!(found[11].value, Bound::PerSecond(1.0));
}

#[test]
fn variants_patch_nodes_and_links_of_chains() {
    let mut request = LoadRequest::new(include_str!("rich.json"), "rich.json");
    request.variant = Some("fast");

    let topology = with(request);

    assert_eq!(topology.variant.as_deref(), Some("fast"));
    let retry = link(&topology, "app", "db").call.retry.as_ref().unwrap();
    assert_eq!(retry.attempts, 1);
}

#[test]
fn match_names_flows_and_endpoints() {
    let topology = topology(
        r#"{ "nodes": { "edge": { "kind": "balancer" }, "a": { "kind": "station", "service_time": "1ms" }, "b": { "kind": "station", "service_time": "1ms" } },
        "links": [ { "from": "edge", "to": "a", "match": [ "main", "/up" ] }, "edge -> b" ],
        "load": [ { "rate": "1/s" } ] }"#,
    );

    let matches = link(&topology, "edge", "a").matches.clone();
    assert_eq!(
        matches,
        Some(vec![Match::Flow(0), Match::Endpoint("up".into())])
    );
}

#[test]
fn a_cycle_with_time_in_it_is_allowed() {
    let topology = topology(
        r#"{ "nodes": { "a": { "kind": "station", "service_time": "1ms" }, "b": { "kind": "station", "service_time": "1ms" } },
        "links": [ "client -> a", "a -> b", "b -> a" ], "load": [ { "rate": "1/s" } ],
        "flows": { "main": { "at": { "client": [ { "call": "a" } ], "a": [ { "compute": "1ms" } ], "b": [ { "call": "a" } ] } } } }"#,
    );

    assert_eq!(topology.graph.edge_count(), 3);
}

#[test]
fn single_points_of_failure_are_those_that_everything_passes() {
    let topology = topology(
        r#"{ "nodes": { "edge": { "kind": "balancer" }, "a": { "kind": "station", "service_time": "1ms" },
          "b": { "kind": "station", "service_time": "1ms" }, "db": { "kind": "station", "service_time": "1ms" } },
        "links": [ "edge -> a -> db", "edge -> b -> db" ], "load": [ { "rate": "1/s" } ] }"#,
    );

    let found: Vec<(&str, usize)> = single_points(&topology)
        .into_iter()
        .map(|(node, behind)| (topology.graph[node].name.as_str(), behind))
        .collect();

    assert_eq!(found, [("edge", 3)], "db is reached over a or b");
}

#[test]
fn a_trace_file_is_read_by_flow() {
    let directory = std::env::temp_dir().join(format!("kneepoint-trace-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(
        directory.join("t.csv"),
        "time,flow,key,bytes\n0,a,1,\n0.5,b,2,100\n1.5,a,,\n",
    )
    .unwrap();
    let text = r#"{ "nodes": { "q": { "kind": "station", "service_time": "1ms" } }, "flows": { "a": {}, "b": {} }, "load": [ { "trace": "t.csv" } ] }"#;
    let mut request = LoadRequest::new(text, "t.json");
    request.directory = &directory;

    let topology = with(request);
    std::fs::remove_dir_all(&directory).unwrap();

    assert_eq!(topology.load.len(), 2);
    let LoadSource::Trace(entries) = &topology.load[0].source else {
        panic!("a trace was read");
    };
    assert_eq!(entries.len(), 2);
    assert_eq!(
        (entries[1].at, entries[1].key),
        (SimTime(1_500_000_000), None)
    );
}

#[test]
fn a_trace_that_may_not_be_read_is_refused_unread() {
    let text = r#"{ "nodes": { "q": { "kind": "station", "service_time": "1ms" } }, "load": [ { "trace": "Cargo.toml" } ] }"#;
    let mut request = LoadRequest::new(text, "t.json");
    request.traces = Some(&[]);

    let found = kneepoint::topology::load(&request).expect_err("a file is named");

    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, "trace::not-allowed");
}

#[test]
fn a_new_account_has_few_processors_and_one_build() {
    let refused = |nodes: &str, links: &str| -> Vec<String> {
        let text = format!(
            r#"{{ "account": "new", "nodes": {{ {nodes} }}, "links": [ {links} ],
                 "flows": {{ "main": {{ "enter": "a" }} }}, "load": [ {{ "rate": "1/s" }} ] }}"#
        );
        match kneepoint::compile::compile(&topology(&text)) {
            Ok(_) => Vec::new(),
            Err(found) => found.into_iter().map(|one| one.message).collect(),
        }
    };

    let tasks = r#""a": { "kind": "ecs", "tasks": 2, "cpu": 1, "scaling": { "max": 7, "track": { "utilisation": 0.5 } } }"#;
    assert_eq!(
        refused(tasks, ""),
        ["`a` needs 7 vCPU of tasks on Fargate at most, and a new account may run 6"]
    );
    let instances = r#""a": { "kind": "ec2", "type": "m7g.large", "instances": 2 },
                       "b": { "kind": "elastic-beanstalk", "instances": 1 }"#;
    assert_eq!(
        refused(instances, r#""a -> b""#),
        ["`a`, `b` need 6 vCPU of instances on demand at most, and a new account may run 5"]
    );
    let few = r#""a": { "kind": "ecs", "tasks": 6, "cpu": 1 }, "b": { "kind": "ec2", "type": "m7g.large", "instances": 2 }"#;
    assert!(refused(few, r#""a -> b""#).is_empty());

    let builds = |account: &str| {
        let text = format!(
            r#"{{ {account} "nodes": {{ "ci": {{ "kind": "codebuild" }} }}, "load": [ {{ "rate": "1/h" }} ] }}"#
        );
        kneepoint::compile::compile(&topology(&text))
            .unwrap()
            .groups[0]
            .servers
    };
    assert_eq!((builds(""), builds(r#""account": "new","#)), (60, 1));
}
