//! The list of programs, and what the program being written is about.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::Direction;
use petgraph::algo::tarjan_scc;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef as _;

use super::latency::Spot;
use super::step::Block;
use super::transfer::Transfer;
use crate::component::build::{Build, index};
use crate::component::program::{ComputeOps, Surroundings, Wanted};
use crate::component::secret::Source;
use crate::component::{AccountQuotas, Ask, Class, Component, Forward, GroupId, RetryDefaults};
use crate::diagnostic::{Diagnostic, Place};
use crate::model::{self, NONE, Op, Outcome};
use crate::random::hash_name;
use crate::random::law::Law;
use crate::topology::{CallStep, Link, Match, Node, Step, Strategy, Topology, client};
use crate::units::Span;

/// What tells programs apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// The client's, of a flow.
    Client(u32),
    /// A visit's.
    Visit(Ask),
    /// The passage over a link's bandwidth.
    Transfer(Transfer),
}

impl Key {
    /// Returns the node, as an index into the model's.
    pub(crate) fn node(&self, writer: &Writer<'_>) -> u32 {
        match self {
            Key::Client(_) => writer.client,
            Key::Visit(ask) => ask.node,
            Key::Transfer(transfer) => transfer.node,
        }
    }

    /// Returns the flow, as an index.
    pub(crate) fn flow(&self) -> u32 {
        match self {
            Key::Client(flow) => *flow,
            Key::Visit(ask) => ask.flow,
            Key::Transfer(transfer) => transfer.ask.flow,
        }
    }
}

/// A link with its ends, as indices into the model's nodes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge<'t> {
    /// Whence.
    pub(crate) from: u32,
    /// Whereto.
    pub(crate) to: u32,
    /// Its properties; none for a call of the client that the file gives no link.
    pub(crate) link: Option<&'t Link>,
}

/// Finds and writes the programs of a topology.
#[derive(Debug)]
pub(crate) struct Writer<'t> {
    /// What is compiled.
    pub(crate) topology: &'t Topology,
    /// For every fan-out and gather that says none itself.
    pub(crate) strategy: Strategy,
    /// Per node of the model: the graph's; none for hidden ones.
    graph: Vec<Option<NodeIndex<u32>>>,
    /// Per node of the graph: the model's.
    nodes: Vec<u32>,
    /// Per node of the graph: the cycle that it is on.
    cycles: Vec<u32>,
    /// The client, as an index into the model's nodes.
    pub(crate) client: u32,
    /// Hidden nodes of links with a bandwidth, by the link's ends.
    pub(crate) transfers: BTreeMap<(u32, u32), u32>,
    /// Numbers of the programs found so far.
    programs: BTreeMap<Key, u32>,
    /// Programs that are still to be written.
    todo: VecDeque<Key>,
    /// First operation of each program, by number.
    pub(crate) entries: Vec<u32>,
    /// Routes whose entry is that of a program: (route, number).
    pub(crate) unresolved: Vec<(u32, u32)>,
    /// Recorder rows by node and flow.
    rows: BTreeMap<(u32, u32), u32>,
    /// Links of the model by their ends.
    pub(crate) links: BTreeMap<(u32, u32), u32>,
    /// Nodes that somebody writes to conditionally.
    conditional: BTreeSet<u32>,
    /// Deliveries by (source, target).
    pub(crate) deliveries: BTreeMap<(u32, u32), u32>,
    /// What messages are about, flow and endpoint, by number.
    about: BTreeMap<(u32, Option<String>), u32>,

    // The program that is being written.
    /// Blocks that stand behind the main line.
    pub(crate) blocks: VecDeque<Block<'t>>,
    /// Calls so far, by callee.
    pub(crate) calls: BTreeMap<u32, u32>,
    /// Detached strands so far.
    pub(crate) strands: u16,
    /// Node of the program.
    pub(crate) node: u32,
    /// Flow of the program.
    pub(crate) flow: u32,
    /// Its caller's name in call sites: node, and endpoint if it has one.
    pub(crate) caller: String,
    /// What `compute` holds.
    pub(crate) compute: ComputeOps,
    /// Nodes whose copies come and go: copies at the start, and most at once.
    pub(crate) rooms: BTreeMap<u32, (u32, u32)>,
    /// Group of which a server is kept for the next step; `NONE`: none is.
    pub(crate) kept: u32,
    /// Where the request comes from whose branch is being written, if that is known.
    pub(super) origin: Option<Spot>,
}

impl<'t> Writer<'t> {
    /// Lists the nodes and flows of a topology, sorted by name.
    pub(crate) fn new(topology: &'t Topology, strategy: Strategy, build: &mut Build) -> Writer<'t> {
        let graph = &topology.graph;
        let mut named: Vec<(String, Option<NodeIndex<u32>>)> = graph
            .node_indices()
            .map(|node| (graph[node].name.clone(), Some(node)))
            .collect();
        for edge in graph.edge_references() {
            if edge.weight().bandwidth.is_some() {
                let ends = [edge.source(), edge.target()].map(|end| &graph[end].name);
                named.push((format!("{}->{} bandwidth", ends[0], ends[1]), None));
            }
        }
        named.sort();
        let mut writer = Writer {
            topology,
            strategy,
            graph: named.iter().map(|(_, node)| *node).collect(),
            nodes: vec![NONE; graph.node_count()],
            cycles: cycles(topology),
            client: NONE,
            transfers: BTreeMap::new(),
            programs: BTreeMap::new(),
            todo: VecDeque::new(),
            entries: Vec::new(),
            unresolved: Vec::new(),
            rows: BTreeMap::new(),
            links: BTreeMap::new(),
            conditional: BTreeSet::new(),
            deliveries: BTreeMap::new(),
            about: BTreeMap::new(),
            blocks: VecDeque::new(),
            calls: BTreeMap::new(),
            strands: 0,
            node: NONE,
            flow: NONE,
            caller: String::new(),
            compute: ComputeOps {
                group: NONE,
                blocking: false,
                scale: 1.0,
                alone: None,
                passage: None,
                map: None,
                child: false,
            },
            rooms: BTreeMap::new(),
            kept: NONE,
            origin: None,
        };
        for (at, (name, node)) in named.iter().enumerate() {
            if let Some(node) = node {
                writer.nodes[node.index()] = index(at);
            }
            build.model.nodes.push(writer.model_node(name, *node));
        }
        writer.client = writer.nodes[client().index()];
        for edge in graph.edge_references() {
            let [from, to] = [edge.source(), edge.target()];
            let name = format!("{}->{} bandwidth", graph[from].name, graph[to].name);
            if let Ok(at) = named.binary_search_by(|(known, _)| known.cmp(&name)) {
                let ends = (writer.nodes[from.index()], writer.nodes[to.index()]);
                writer.transfers.insert(ends, index(at));
            }
        }
        writer.rooms = super::control::rooms(topology, &writer);
        for flow in &topology.flows {
            let programs = flow.at.iter().map(|at| at.steps.as_slice());
            for steps in programs.chain([flow.client.as_slice()]) {
                writer.note_conditional(steps);
            }
        }
        writer
    }

    /// Describes a node before anything is declared for it.
    fn model_node(&self, name: &str, node: Option<NodeIndex<u32>>) -> model::Node {
        let node = node.map(|node| &self.topology.graph[node]);
        let component = node.and_then(|node| node.component.as_deref());
        let operations = component.map_or(&[][..], |component| component.info().operations);
        model::Node {
            name: name.to_owned(),
            kind: node.map_or("bandwidth", |node| node.kind),
            hidden: component.is_none(),
            hash: hash_name(name),
            group: NONE,
            pool: NONE,
            cache: NONE,
            looks_up: false,
            queue: NONE,
            log: NONE,
            partition: NONE,
            operations: operations.iter().map(|one| one.name.to_owned()).collect(),
        }
    }

    /// Remembers the nodes that steps write to conditionally.
    fn note_conditional(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Call(call) => {
                    if call.op.as_deref() == Some("conditional") {
                        self.conditional.insert(self.nodes[call.target.index()]);
                    }
                    for inner in [&call.on_miss, &call.on_error].into_iter().flatten() {
                        self.note_conditional(inner);
                    }
                }
                Step::Parallel { branches, .. } => {
                    for branch in branches {
                        self.note_conditional(branch);
                    }
                }
                Step::Choose(branches) => {
                    for (_, branch) in branches {
                        self.note_conditional(branch);
                    }
                }
                Step::Each { steps, .. } => self.note_conditional(steps),
                Step::FanOut(step) => self.note_conditional(&step.steps),
                Step::Gather(step) => {
                    self.note_conditional(&step.own);
                    self.note_conditional(&step.pull);
                }
                Step::Try {
                    steps, on_error, ..
                } => {
                    self.note_conditional(steps);
                    self.note_conditional(on_error.as_deref().unwrap_or_default());
                }
                Step::Compute(_) | Step::Pause(_) | Step::Fail(_) => {}
            }
        }
    }

    /// Returns the number of a program, which is written later if it is new.
    pub(crate) fn program(&mut self, key: Key) -> u32 {
        if let Some(known) = self.programs.get(&key) {
            return *known;
        }
        let number = index(self.programs.len());
        self.programs.insert(key.clone(), number);
        self.entries.push(NONE);
        self.todo.push_back(key);
        number
    }

    /// Takes the next program that is to be written.
    pub(crate) fn next(&mut self) -> Option<Key> {
        self.todo.pop_front()
    }

    /// Begins a program.
    pub(crate) fn begin(&mut self, key: &Key, entry: u32) {
        if let Some(number) = self.programs.get(key) {
            self.entries[*number as usize] = entry;
        }
        self.calls.clear();
        self.strands = 0;
        self.node = key.node(self);
        self.flow = key.flow();
        self.compute = ComputeOps {
            group: NONE,
            blocking: false,
            scale: 1.0,
            alone: None,
            passage: None,
            map: None,
            child: false,
        };
        self.kept = NONE;
        let endpoint = match key {
            Key::Visit(ask) => ask.endpoint.as_deref(),
            Key::Client(_) | Key::Transfer(_) => None,
        };
        let name = match key {
            Key::Transfer(transfer) => transfer.name.as_str(),
            Key::Visit(_) | Key::Client(_) => self.graph_node(self.node).name.as_str(),
        };
        self.caller = match endpoint {
            Some(endpoint) => format!("{name}/{endpoint}"),
            None => name.to_owned(),
        };
    }

    /// Returns the number of what messages are about that a visit leaves behind.
    pub(crate) fn about(&mut self, ask: &Ask) -> u32 {
        let next = index(self.about.len());
        let known = self.about.entry((ask.flow, ask.endpoint.clone()));
        *known.or_insert(next)
    }

    /// Returns the recorder row of a node and a flow.
    pub(crate) fn row(&mut self, build: &mut Build, node: u32, flow: u32) -> u32 {
        let rows = &mut build.model.rows;
        *self.rows.entry((node, flow)).or_insert_with(|| {
            rows.push(model::Row { node, flow });
            index(rows.len() - 1)
        })
    }

    /// Returns the model's link between two nodes.
    pub(crate) fn link(&mut self, build: &mut Build, from: u32, to: u32, hidden: bool) -> u32 {
        if let Some(known) = self.links.get(&(from, to)) {
            return *known;
        }
        let delivers = self.class(from).is_some_and(Class::delivers);
        let ends = [from, to].map(|end| build.model.nodes[end as usize].name.clone());
        let at = index(build.model.links.len());
        build.model.links.push(model::Link {
            name: ends.join("->"),
            delivers,
            hidden,
        });
        self.links.insert((from, to), at);
        at
    }

    /// Returns the graph's node behind one of the model's that is not a link's bandwidth.
    pub(crate) fn graph_node(&self, node: u32) -> &'t Node {
        let at = self.graph[node as usize].unwrap_or_else(client);
        &self.topology.graph[at]
    }

    /// Returns a node's component; the client and hidden nodes have none.
    pub(crate) fn component(&self, node: u32) -> Option<&'t dyn Component> {
        let at = self.graph[node as usize]?;
        self.topology.graph[at].component.as_deref()
    }

    /// Returns the most copies of a node that there may be at once.
    pub(crate) fn most_copies(&self, node: u32) -> u32 {
        match self.rooms.get(&node) {
            Some((_, room)) => *room,
            None => self.component(node).map_or(1, |one| one.copies()),
        }
    }

    /// Returns the fewest copies of a node at any time.
    pub(crate) fn fewest_copies(&self, node: u32) -> u32 {
        let component = self.component(node);
        let scaling = component.and_then(|one| one.scaling());
        match scaling {
            Some(scaling) => {
                let later = scaling.schedule.iter().filter_map(|bounds| bounds.least);
                later.fold(scaling.min, u32::min)
            }
            None => component.map_or(1, |one| one.copies()),
        }
    }

    /// Whether copies of a node are replaced during the run.
    pub(crate) fn is_deployed(&self, node: u32) -> bool {
        let mut deployments = self.topology.deployments.iter();
        deployments.any(|one| self.model_index(one.node) == node && self.is_fleet(one.node))
    }

    /// Returns what links from a node mean; the client and hidden nodes have no class.
    pub(crate) fn class(&self, node: u32) -> Option<Class> {
        Some(self.component(node)?.info().class)
    }

    /// Returns the model's node for one of the graph's.
    pub(crate) fn model_index(&self, node: NodeIndex<u32>) -> u32 {
        self.nodes[node.index()]
    }

    /// Returns the link between two nodes, which need not be written if the client calls.
    pub(crate) fn edge(&self, from: u32, to: u32) -> Edge<'t> {
        let graph = &self.topology.graph;
        let ends = [from, to].map(|end| self.graph[end as usize]);
        let link = match ends {
            [Some(source), Some(target)] => graph
                .find_edge(source, target)
                .and_then(|edge| graph.edge_weight(edge)),
            _ => None,
        };
        Edge { from, to, link }
    }

    /// Returns the links from a node in file order.
    pub(crate) fn edges(&self, from: u32) -> Vec<Edge<'t>> {
        let Some(node) = self.graph[from as usize] else {
            return Vec::new();
        };
        let graph = &self.topology.graph;
        let mut edges: Vec<Edge<'t>> = graph
            .edges_directed(node, Direction::Outgoing)
            .map(|edge| Edge {
                from,
                to: self.nodes[edge.target().index()],
                link: Some(edge.weight()),
            })
            .collect();
        edges.sort_by_key(|edge| edge.link.map_or(usize::MAX, |link| link.order));
        edges
    }

    /// Whether a node, or one that it hands calls on to, refuses items one by one.
    pub(crate) fn parts_items(&self, node: u32) -> bool {
        let (mut todo, mut seen) = (vec![node], Vec::new());
        while let Some(node) = todo.pop() {
            if seen.contains(&node) {
                continue;
            }
            seen.push(node);
            if self.component(node).is_some_and(|one| one.parts_items()) {
                return true;
            }
            if self.class(node).is_some_and(Class::forwards) {
                todo.extend(self.edges(node).into_iter().map(|edge| edge.to));
            }
        }
        false
    }

    /// Whether nobody but clients calls a node.
    pub(crate) fn is_outmost(&self, to: u32) -> bool {
        let graph = &self.topology.graph;
        self.graph[to as usize].is_some_and(|node| {
            let mut callers = graph.neighbors_directed(node, Direction::Incoming);
            callers.all(|caller| caller == client())
        })
    }

    /// Whether a link lies on a cycle of links, so that a call over it may come by again.
    pub(crate) fn is_round(&self, from: u32, to: u32) -> bool {
        let cycle = |node: u32| {
            let node = self.graph[node as usize]?;
            Some(self.cycles[node.index()])
        };
        cycle(from).is_some() && cycle(from) == cycle(to)
    }

    /// Notes a mistake, once.
    pub(crate) fn refuse(
        build: &mut Build,
        code: &'static str,
        place: &Place,
        message: impl Into<String>,
    ) {
        let diagnostic = Diagnostic::error(code, place.clone(), message);
        if !build.errors.contains(&diagnostic) {
            build.errors.push(diagnostic);
        }
    }

    /// Returns the steps that the flow gives a node at an endpoint; those without
    /// endpoint where there are none of their own.
    pub(super) fn steps_of(&self, ask: &Ask) -> Option<&'t [Step]> {
        let flow = &self.topology.flows[ask.flow as usize];
        let node = self.graph[ask.node as usize]?;
        let at = |endpoint: Option<&String>| {
            let found = flow
                .at
                .iter()
                .find(|at| at.node == node && at.endpoint.as_ref() == endpoint);
            found.map(|at| at.steps.as_slice())
        };
        at(ask.endpoint.as_ref()).or_else(|| at(None))
    }
}

/// Returns for each node of the graph which strongly connected part it is in; links
/// inside of one are those that lie on cycles.
fn cycles(topology: &Topology) -> Vec<u32> {
    let mut parts = vec![0; topology.graph.node_count()];
    for (number, part) in tarjan_scc(&topology.graph).iter().enumerate() {
        for node in part {
            parts[node.index()] = index(number);
        }
    }
    parts
}

/// Whether a link's `match` names the flow or the endpoint; `None` if it has none.
pub(crate) fn matches(link: &Link, ask: &Ask) -> Option<bool> {
    let list = link.matches.as_ref()?;
    Some(list.iter().any(|one| match one {
        Match::Flow(flow) => *flow == ask.flow as usize,
        Match::Endpoint(endpoint) => ask.endpoint.as_deref() == Some(endpoint),
    }))
}

impl Surroundings for Writer<'_> {
    fn steps(&mut self, build: &mut Build, ask: &Ask, compute: &ComputeOps) {
        self.compute = compute.clone();
        match self.steps_of(ask) {
            Some(steps) => self.run(build, steps, false),
            None => self.alone(build, ask),
        }
    }

    fn stages(&self, ask: &Ask) -> usize {
        self.stages_of(ask)
    }

    fn staged(&mut self, build: &mut Build, ask: &Ask, groups: &[GroupId], between: u32) {
        self.write_stages(build, ask, groups, between);
    }

    fn steps_within(&mut self, build: &mut Build, ask: &Ask, compute: &ComputeOps, most: Span) {
        // No visit is older than twice the horizon, when a run ends.
        if most.0 >= self.topology.run.horizon.0.saturating_mul(2) {
            return self.steps(build, ask, compute);
        }
        let route = self.strand_route(build, Some(most), None);
        build.emit(Op::Call { route });
        let over = build.jump();
        let late = build.emit(Op::Leave {
            outcome: Outcome::TimedOut,
        });
        build.model.routes[route as usize].late = late;
        build.model.routes[route as usize].entry = build.here();
        self.steps(build, ask, compute);
        build.emit(Op::Leave {
            outcome: Outcome::Completed,
        });
        build.land(over);
    }

    fn forward(&mut self, build: &mut Build, ask: &Ask, how: Forward, transparent: bool) {
        self.hand_on(build, ask, &how, transparent);
    }

    fn has_links(&self, ask: &Ask) -> bool {
        !self.candidates(ask).is_empty()
    }

    fn consumers(&self, ask: &Ask) -> u32 {
        self.consumers_of(ask.node)
    }

    fn messages(&self, ask: &Ask, wanted: Wanted<'_>) -> f64 {
        self.copies_sent(ask, wanted)
    }

    fn publish(&mut self, build: &mut Build, ask: &Ask, wanted: Wanted<'_>) {
        self.send_copies(build, ask, wanted);
    }

    fn call_again(&mut self, build: &mut Build, ask: &Ask, retry: &RetryDefaults) {
        Writer::call_again(self, build, ask, retry);
    }

    fn ask_first(&mut self, build: &mut Build, ask: &Ask) -> bool {
        Writer::ask_first(self, build, ask)
    }

    fn asked_secrets(&self, ask: &Ask) -> Option<Source> {
        let (edge, _) = self.asked_first(ask)?;
        self.component(edge.to)?.keeps_secrets()
    }

    fn delivers_to(&self, ask: &Ask, name: &str) -> bool {
        self.has_consumer(ask.node, name)
    }

    fn to_client(&self, ask: &Ask) -> Option<Law> {
        let edges = self.edges(ask.node);
        let link = edges.iter().find(|edge| edge.to == self.client)?.link?;
        link.latency.clone()
    }

    fn queue_consumers(&mut self, build: &mut Build, ask: &Ask, queue: u32) -> u32 {
        self.register_queue(build, ask, queue);
        self.about(ask)
    }

    fn log_consumers(&mut self, build: &mut Build, ask: &Ask, log: u32) -> u32 {
        self.register_log(build, ask, log);
        self.about(ask)
    }

    fn writes_conditionally(&self, node: u32) -> bool {
        self.conditional.contains(&node)
    }

    fn account(&self) -> AccountQuotas {
        let account = &self.topology.account;
        AccountQuotas {
            function_concurrency: account.lambda_concurrency,
            reserved_functions: self.reserved(),
            gateway_rate_per_s: account.api_gateway_rate,
            gateway_burst: account.api_gateway_burst,
            builds: account.builds,
        }
    }

    fn room(&self, node: u32) -> Option<u32> {
        self.rooms.get(&node).map(|(_, room)| *room)
    }

    fn key(&self, ask: &Ask) -> u32 {
        let key = self.topology.flows[ask.flow as usize].key;
        key.map_or(NONE, index)
    }
}

impl Writer<'_> {
    /// Returns the concurrency that functions keep for themselves.
    fn reserved(&self) -> u32 {
        let nodes = self.topology.graph.node_weights();
        let each = nodes.filter_map(|node| Some(node.component.as_ref()?.reserves()));
        each.fold(0, u32::saturating_add)
    }
}

/// Returns the operation that a call means at a node of some kind.
pub(crate) fn operation(
    component: Option<&dyn Component>,
    name: Option<&str>,
    access: crate::component::Access,
) -> u32 {
    let Some(component) = component else {
        return NONE;
    };
    let info = component.info();
    let named = name.and_then(|name| info.operation(name));
    let any = (!info.operations.is_empty()).then_some(0);
    let found = named
        .or_else(|| info.default_operation(access))
        .or(match access {
            crate::component::Access::Send => {
                info.default_operation(crate::component::Access::Write)
            }
            crate::component::Access::Read
            | crate::component::Access::Write
            | crate::component::Access::Call => any,
        });
    found.map_or(NONE, index)
}

/// Returns what a step's verb means to a callee.
pub(crate) fn access(call: &CallStep) -> crate::component::Access {
    use crate::component::Access;
    use crate::topology::Verb;
    match call.verb {
        Verb::Read => Access::Read,
        Verb::Write => Access::Write,
        Verb::Call => Access::Call,
        Verb::Send => Access::Send,
    }
}
