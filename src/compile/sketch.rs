//! Topologies put together by hand, for tests.

use super::{compile, listing};
use crate::component::find;
use crate::diagnostic::{Diagnostic, Place};
use crate::model::Model;
use crate::random::law::Law;
use crate::spec::{Noun, Object, Sink};
use crate::topology::{
    Account, At, CallPolicy, CallStep, Delivery, Flow, Link, LoadLine, LoadSource, Node, Placement,
    Role, Run, Shape, Step, Topology, Verb, WarmUp,
};
use crate::units::{SimTime, Span};
use petgraph::graph::{DiGraph, NodeIndex};

/// A topology in the making, with one flow, `main`.
pub(super) struct Sketch {
    pub(super) graph: DiGraph<Node, Link>,
    pub(super) at: Vec<At>,
    pub(super) client: Vec<Step>,
}

impl Sketch {
    pub(super) fn new() -> Sketch {
        let mut graph = DiGraph::new();
        graph.add_node(Node {
            name: "client".to_owned(),
            kind: "client",
            component: None,
            places: Vec::new(),
            place: Place::Whole,
        });
        Sketch {
            graph,
            at: Vec::new(),
            client: Vec::new(),
        }
    }

    pub(super) fn node(&mut self, name: &str, kind: &str, parameters: &str) -> NodeIndex<u32> {
        let info = find(kind).expect("a kind");
        let value = crate::spec::read(parameters).expect("an object");
        let sink = Sink::new();
        let component = (info.read)(&mut Object::new(&value, name, Noun::Parameter, &sink));
        assert_eq!(sink.into_sorted(), vec![]);
        self.graph.add_node(Node {
            name: name.to_owned(),
            kind: info.kind,
            component: Some(component.into()),
            places: Vec::new(),
            place: Place::Whole,
        })
    }

    pub(super) fn link(&mut self, from: NodeIndex<u32>, to: NodeIndex<u32>) -> &mut Link {
        let order = self.graph.edge_count();
        let edge = self.graph.add_edge(
            from,
            to,
            Link {
                order,
                latency: None,
                bandwidth: None,
                loss: 0.0,
                call: CallPolicy::default(),
                matches: None,
                weight: 1.0,
                role: Role::Primary,
                delivery: Delivery {
                    ops: None,
                    share: 1.0,
                    batch: None,
                    window: Span::ZERO,
                    concurrency: None,
                    poll: None,
                    partial: false,
                    bisect: false,
                    attempts: None,
                    max_age: None,
                },
                place: Place::Whole,
            },
        );
        &mut self.graph[edge]
    }

    pub(super) fn topology(self) -> Topology {
        Topology {
            name: "sketch".to_owned(),
            description: None,
            question: None,
            graph: self.graph,
            flows: vec![Flow {
                name: "main".to_owned(),
                key: None,
                priority: 5,
                bytes: Law::Constant(1024.0),
                reply: Law::Constant(2048.0),
                cacheable: true,
                client: self.client,
                at: self.at,
                place: Place::Whole,
            }],
            keys: Vec::new(),
            audience: None,
            load: vec![LoadLine {
                name: "main".to_owned(),
                flow: 0,
                source: LoadSource::Rate {
                    per_second: 100.0,
                    even: false,
                },
                batch: Law::Constant(1.0),
                shape: Shape::Flat,
                start: SimTime::ZERO,
                stop: SimTime::NEVER,
                from: Vec::new(),
                key: None,
                arithmetic: None,
                people: None,
            }],
            objectives: Vec::new(),
            alarms: Vec::new(),
            steps: Vec::new(),
            deployments: Vec::new(),
            faults: Vec::new(),
            placement: Placement {
                region: "us-east-1".to_owned(),
                zones: 3,
                same_zone: None,
                other_zone: None,
                pairs: Vec::new(),
            },
            account: Account {
                lambda_concurrency: 1000,
                api_gateway_rate: 10_000.0,
                api_gateway_burst: 5_000.0,
                builds: 60,
                machines: None,
            },
            estimate: crate::topology::Estimate::default(),
            run: Run {
                horizon: Span(60_000_000_000),
                warm_up: WarmUp::Auto,
                replications: 10,
                seed: 1,
                interval: Span(600_000_000),
                record: 0,
            },
            variant: None,
        }
    }

    pub(super) fn compile(self) -> Result<Model, Vec<Diagnostic>> {
        compile(&self.topology())
    }

    pub(super) fn listing(self) -> String {
        listing(&self.compile().expect("a model"))
    }
}

pub(super) fn call(verb: Verb, target: NodeIndex<u32>) -> CallStep {
    CallStep {
        verb,
        target,
        endpoint: None,
        op: None,
        bytes: None,
        count: None,
        key: None,
        consistent: false,
        cacheable: None,
        wait: true,
        on_miss: None,
        on_error: None,
        policy: CallPolicy::default(),
        place: Place::Whole,
    }
}

pub(super) fn step(call: CallStep) -> Step {
    Step::Call(Box::new(call))
}

pub(super) fn milliseconds(value: f64) -> Law {
    Law::Constant(value * 1e6)
}
