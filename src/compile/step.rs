//! Steps → operations.
//!
//! The main line is written in order; what stands aside (misses, branches,
//! bodies of loops, detached work) is put off as `Block`s and written behind it, so
//! that the common path reads straight.

use super::call::{Bytes, Plan};
use super::laws::ceiling;
use super::writer::{Edge, Writer, access};
use crate::component::build::{Build, Quantity, index, threshold32, threshold64};
use crate::component::program::Children;
use crate::component::{Accepting, Access, Ask, Class};
use crate::model::{self, ALL, CountFrom, NONE, Op, Outcome, Work};
use crate::random::law::Law;
use crate::topology::{CallStep, Join, Link, Role, Step};

/// What learns the address of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Patch {
    /// `Route::on_miss`
    Miss(u32),
    /// `Route::on_error`
    Error(u32),
    /// `Route::entry` of a strand
    Strand(u32),
    /// A `Spawn` at an address, with its number.
    Spawn(u32, u16),
    /// A `Coin` at an address, with its threshold.
    Coin(u32, u32),
    /// A branch of a fork: (fork, branch).
    Fork(u32, usize),
    /// The body of a loop.
    Loop(u32),
    /// A branch of a split: (split, branch).
    Split(u32, usize),
    /// What is done for a page of a fan-out.
    Page(u32),
    /// One's own part of a gather.
    Own(u32),
    /// The pull of a gather.
    Pull(u32),
}

/// What a block does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body<'t> {
    /// Steps.
    Steps(&'t [Step]),
    /// Steps of a repetition that is a visit of its own.
    Child(&'t [Step], Children),
    /// One call step.
    Call(&'t CallStep),
    /// One call step, after a time (a sampler).
    Later(&'t CallStep, u32),
    /// One call step with so many items.
    Chunk(&'t CallStep, u32),
    /// One call step with the items of its part.
    Part(&'t CallStep),
    /// Calls a route, in a share of the cases, after a time (a sampler, or `NONE`), and counts
    /// what goes over a link for the bill (or `NONE`).
    Route(u32, f64, (u32, u32)),
    /// Appends to a log, messages about something, after a time (a sampler).
    Append(u32, u32, u32),
    /// Marks the answer as a miss.
    Missed,
    /// Ends the visit.
    Leave(Outcome),
}

/// How many items a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Items {
    /// As the step says, or as its kind is without.
    AsSaid,
    /// So many.
    These(u32),
    /// Those in force: of the part for which the call is made.
    InForce,
}

/// Operations behind the main line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'t> {
    /// Who learns its address.
    pub(crate) patch: Patch,
    /// What it does.
    pub(crate) body: Body<'t>,
    /// Whether a step around it has set a count, so that its calls inherit one.
    pub(crate) counted: bool,
    /// Whether the items of the last answer are put in force for it.
    pub(crate) push: bool,
    /// Where it goes on; `None`: it ends.
    pub(crate) then: Option<u32>,
    /// Group of which a server is kept for its first step; `NONE`: none is.
    pub(crate) kept: u32,
    /// Whether it is of a child of a repetition.
    pub(crate) child: bool,
}

impl<'t> Writer<'t> {
    /// Writes steps; `counted`: a count is in force.
    pub(crate) fn run(&mut self, build: &mut Build, steps: &'t [Step], counted: bool) {
        let mut rest = steps;
        while let Some((step, after)) = rest.split_first() {
            self.before(build, step);
            if is_state(step) {
                self.compute.pass(build);
            }
            if let Step::Compute(law) = step
                && self.keeps_for(after)
            {
                let work = self.computing(build, law, false);
                self.serve_and_keep(build, work);
            } else {
                self.step(build, step, counted);
            }
            rest = after;
        }
        self.give_back(build);
    }

    /// Writes the blocks that were put off, and those that they put off.
    pub(crate) fn flush(&mut self, build: &mut Build) {
        while let Some(block) = self.blocks.pop_front() {
            let at = build.here();
            apply(build, block.patch, at);
            if block.push {
                build.emit(Op::PushCount);
            }
            self.kept = block.kept;
            self.compute.child = block.child;
            match block.body {
                Body::Steps(steps) => self.run(build, steps, block.counted),
                Body::Child(steps, children) => self.child(build, steps, (children, block.counted)),
                Body::Call(call) => self.call_step(build, call, block.counted),
                Body::Later(call, wait) => {
                    build.emit(Op::Delay { time: wait });
                    self.call_step(build, call, block.counted);
                }
                Body::Chunk(call, count) => {
                    self.call_once(build, call, Items::These(count), block.counted);
                }
                Body::Part(call) => self.call_once(build, call, Items::InForce, block.counted),
                Body::Route(route, share, (lag, told)) => {
                    if share < 1.0 {
                        let between = u32::from(lag != NONE) + u32::from(told != NONE);
                        let over = build.here() + 2 + between;
                        build.emit(Op::Coin {
                            below: threshold32(1.0 - share),
                            target: over,
                        });
                    }
                    if lag != NONE {
                        build.emit(Op::Delay { time: lag });
                    }
                    if told != NONE {
                        build.emit(Op::Tell { link: told });
                    }
                    build.emit(Op::Call { route });
                }
                Body::Append(log, about, lag) => {
                    build.emit(Op::Delay { time: lag });
                    build.emit(Op::Append { log, about });
                }
                Body::Missed => {
                    build.emit(Op::Missed);
                }
                Body::Leave(outcome) => {
                    build.emit(Op::Leave { outcome });
                    continue;
                }
            }
            if block.push {
                build.emit(Op::PopCount);
            }
            match block.then {
                Some(target) => build.emit(Op::Jump { target }),
                None => build.emit(Op::Leave {
                    outcome: Outcome::Completed,
                }),
            };
        }
    }

    /// Writes a repetition that is a visit of its own: it waits to be started, and passes at its
    /// beginning and its end what a visit passes there.
    fn child(&mut self, build: &mut Build, steps: &'t [Step], how: (Children, bool)) {
        let (children, counted) = how;
        build.emit(Op::Admit {
            admission: children.admission,
        });
        build.emit(Op::Work {
            work: children.start,
        });
        self.compute.child = true;
        self.compute.pass(build);
        self.run(build, steps, counted);
        self.compute.pass(build);
    }

    /// Writes one step.
    fn step(&mut self, build: &mut Build, step: &'t Step, counted: bool) {
        match step {
            Step::Compute(law) => self.work(build, law, false),
            Step::Pause(law) => {
                let time = build.sampler(Quantity::Time, law);
                build.emit(Op::Delay { time });
            }
            Step::Call(call) if call.wait => match self.accepting(call) {
                Some(accepting) => {
                    let time = build.sampler(Quantity::Time, &accepting.time);
                    build.emit(Op::Delay { time });
                    let wait = build.sampler(Quantity::Time, &accepting.wait);
                    self.detach(build, Body::Later(call, wait), counted);
                }
                None => self.call_step(build, call, counted),
            },
            Step::Call(call) => self.detach(build, Body::Call(call), counted),
            Step::Parallel { branches, join } => {
                let fork = index(build.model.forks.len());
                build.model.forks.push(model::Fork {
                    entries: vec![NONE; branches.len()],
                    needed: needed(*join),
                });
                build.emit(Op::Fork {
                    fork,
                    on_error: NONE,
                });
                for (at, branch) in branches.iter().enumerate() {
                    self.aside(Patch::Fork(fork, at), Body::Steps(branch), counted, None);
                }
            }
            Step::Each {
                times,
                steps,
                concurrency,
                join,
                key,
            } => {
                let each = index(build.model.loops.len());
                let times = build.sampler_or_none(Quantity::Count, times.as_ref());
                let map = self.compute.map;
                let children = map.and_then(|map| map.children);
                let body = match children {
                    Some(children) if !self.compute.child => Body::Child(steps, children),
                    // A child's own repetitions are no children again.
                    Some(_) | None => Body::Steps(steps),
                };
                let most = match (self.compute.child, children) {
                    (true, Some(children)) => children.within,
                    (true, None) | (false, _) => map.map_or(u32::MAX, |map| map.most),
                };
                build.model.loops.push(model::Loop {
                    entry: NONE,
                    times,
                    cut: 0,
                    concurrency: concurrency.unwrap_or(u32::MAX).min(most),
                    needed: needed(*join),
                    key: key.map_or(NONE, index),
                });
                build.emit(Op::Each {
                    each,
                    on_error: NONE,
                });
                self.aside(Patch::Loop(each), body, counted, None);
            }
            Step::Choose(branches) => {
                let split = index(build.model.splits.len());
                let total: f64 = branches.iter().map(|(weight, _)| weight).sum();
                let mut sum = 0.0;
                let table = branches.iter().map(|(weight, _)| {
                    sum += weight;
                    (threshold64(sum / total), NONE)
                });
                let table = table.collect();
                build.model.splits.push(model::Split {
                    branches: table,
                    alias: NONE,
                });
                build.emit(Op::Split { split });
                let then = Some(build.here());
                let kept = std::mem::replace(&mut self.kept, NONE);
                for (at, (_, steps)) in branches.iter().enumerate() {
                    self.blocks.push_back(Block {
                        patch: Patch::Split(split, at),
                        body: Body::Steps(steps),
                        counted,
                        push: false,
                        then,
                        kept,
                        child: self.compute.child,
                    });
                }
            }
            Step::Try {
                steps,
                timeout,
                retry,
                on_error,
            } => {
                let route = self.strand_route(build, *timeout, retry.as_ref());
                build.emit(Op::Call { route });
                let next = build.here();
                self.aside(Patch::Strand(route), Body::Steps(steps), counted, None);
                self.on_error(build, route, on_error.as_deref(), (counted, false), next);
            }
            Step::FanOut(step) => self.fan_out(build, step),
            Step::Gather(step) => self.gather(build, step, counted),
            Step::Fail(share) => {
                let below = threshold32(*share);
                let coin = build.emit(Op::Coin {
                    below,
                    target: NONE,
                });
                let body = Body::Leave(Outcome::Failed);
                self.aside(Patch::Coin(coin, below), body, false, None);
            }
        }
    }

    /// Writes a `compute`; `each`: a page of a fan-out is as many of them as it has items.
    fn work(&mut self, build: &mut Build, law: &Law, each: bool) {
        let work = self.computing(build, law, each);
        self.serve(build, work);
    }

    /// Returns the work of a `compute`.
    fn computing(&self, build: &mut Build, law: &Law, each: bool) -> Work {
        Work {
            base: build.sampler(Quantity::Time, law),
            scale: self.compute.scale,
            per_item: 0.0,
            per_byte: 0.0,
            per_pulled: 0.0,
            each,
        }
    }

    /// Writes work: on a server of its own, on the one that is held, or on none.
    pub(super) fn serve(&mut self, build: &mut Build, work: Work) {
        let work = build.work(work);
        let group = self.compute.group;
        build.emit(if group == NONE || self.compute.blocking {
            Op::Work { work }
        } else {
            Op::Serve { group, work }
        });
    }

    /// Writes a call that is waited for; more items than fit are several calls at once.
    fn call_step(&mut self, build: &mut Build, call: &'t CallStep, counted: bool) {
        let most = self.most_items(call);
        let ceiling = call.count.as_ref().map_or(1.0, ceiling);
        match call.count {
            Some(Law::Constant(count)) if count > f64::from(most) => {
                self.note_cut(build, call, most);
                let fork = index(build.model.forks.len());
                let (count, most) = (count as u32, most.max(1));
                let chunks = count.div_ceil(most);
                build.model.forks.push(model::Fork {
                    entries: vec![NONE; chunks as usize],
                    needed: ALL,
                });
                build.emit(Op::Fork {
                    fork,
                    on_error: NONE,
                });
                for chunk in 0..chunks {
                    let items = most.min(count - chunk * most);
                    let patch = Patch::Fork(fork, chunk as usize);
                    self.aside(patch, Body::Chunk(call, items), counted, None);
                }
            }
            Some(ref law) if ceiling > f64::from(most) => {
                self.note_cut(build, call, most);
                let each = index(build.model.loops.len());
                let times = build.sampler(Quantity::Count, law);
                build.model.loops.push(model::Loop {
                    entry: NONE,
                    times,
                    cut: most.max(1),
                    concurrency: u32::MAX,
                    needed: ALL,
                    key: NONE,
                });
                build.emit(Op::Each {
                    each,
                    on_error: NONE,
                });
                self.aside(Patch::Loop(each), Body::Part(call), counted, None);
            }
            Some(_) | None => self.call_once(build, call, Items::AsSaid, counted),
        }
    }

    /// Remembers that a call is cut, for the report.
    fn note_cut(&self, build: &mut Build, call: &CallStep, most: u32) {
        let cut = model::Cut {
            from: self.node,
            to: self.model_index(call.target),
            most: most.max(1),
        };
        if !build.model.cuts.contains(&cut) {
            build.model.cuts.push(cut);
        }
    }

    /// Returns what the callee does with a call that nobody waits for, if this is one.
    fn accepting(&self, call: &CallStep) -> Option<Accepting> {
        let callee = self.component(self.model_index(call.target))?;
        callee.accepts().filter(|_| access(call) == Access::Send)
    }

    /// Returns the most items that a call's operation takes at once.
    pub(super) fn most_items(&self, call: &CallStep) -> u32 {
        let component = self.component(self.model_index(call.target));
        let operation = super::writer::operation(component, call.op.as_deref(), access(call));
        let known = component.and_then(|one| one.info().operations.get(operation as usize));
        known.map_or(u32::MAX, |known| known.most_items)
    }

    /// Writes one call that is waited for, with what follows a miss or an error.
    fn call_once(&mut self, build: &mut Build, call: &'t CallStep, items: Items, counted: bool) {
        let to = self.model_index(call.target);
        let edge = self.edge(self.node, to);
        let chunk = match items {
            Items::These(items) => Some(Law::Constant(f64::from(items))),
            Items::AsSaid | Items::InForce => None,
        };
        let count = match chunk.as_ref().or(call.count.as_ref()) {
            _ if items == Items::InForce => CountFrom::Inherited,
            Some(Law::Constant(1.0)) => CountFrom::One,
            Some(law) => CountFrom::Drawn(build.sampler(Quantity::Count, law)),
            None if counted && access(call) != Access::Send => CountFrom::Inherited,
            None => CountFrom::One,
        };
        let plan = Plan {
            edge,
            ask: Ask {
                node: to,
                flow: self.flow,
                endpoint: call.endpoint.clone(),
                access: access(call),
                op: call.op.clone(),
                operation: super::writer::operation(
                    self.component(to),
                    call.op.as_deref(),
                    access(call),
                ),
                consistent: call.consistent,
                cacheable: call.cacheable.unwrap_or_else(|| self.cacheable()),
                handles_miss: call.on_miss.is_some(),
                delivered: false,
                several: true,
                replica: false,
                large: false,
            },
            count,
            bytes: call.bytes.as_ref().map_or(Bytes::Item, Bytes::Law),
            key: call.key.map_or(NONE, index),
            policy: Some(&call.policy),
            place: &call.place,
            on_room: self.on_room(),
        };
        let route = self.route(build, &plan);
        build.emit(Op::Call { route });
        let next = build.here();
        if let Some(steps) = call.on_miss.as_deref().filter(|steps| !steps.is_empty()) {
            let several = count != CountFrom::One;
            self.blocks.push_back(Block {
                patch: Patch::Miss(route),
                body: Body::Steps(steps),
                counted: several || counted,
                push: several,
                then: Some(next),
                kept: NONE,
                child: self.compute.child,
            });
        }
        let drawn = matches!(count, CountFrom::Drawn(_));
        let context = (counted || drawn, drawn);
        self.on_error(build, route, call.on_error.as_deref(), context, next);
    }

    /// Lets a route go on with steps after a bad outcome; `context`: whether a count is
    /// in force, and whether it is that of the call.
    fn on_error(
        &mut self,
        build: &mut Build,
        route: u32,
        steps: Option<&'t [Step]>,
        context: (bool, bool),
        next: u32,
    ) {
        match steps {
            None => {}
            Some([]) => build.model.routes[route as usize].on_error = next,
            Some(steps) => self.blocks.push_back(Block {
                patch: Patch::Error(route),
                body: Body::Steps(steps),
                counted: context.0,
                push: context.1,
                then: Some(next),
                kept: NONE,
                child: self.compute.child,
            }),
        }
    }

    /// Whether caches may answer calls of the program that is being written.
    fn cacheable(&self) -> bool {
        self.node != self.client || self.topology.flows[self.flow as usize].cacheable
    }

    /// Starts a detached strand.
    pub(crate) fn detach(&mut self, build: &mut Build, body: Body<'t>, counted: bool) {
        let strand = self.strands;
        self.strands = self.strands.saturating_add(1);
        let spawn = build.emit(Op::Spawn {
            entry: NONE,
            strand,
        });
        self.aside(Patch::Spawn(spawn, strand), body, counted, None);
    }

    /// Puts a block off.
    pub(crate) fn aside(&mut self, patch: Patch, body: Body<'t>, counted: bool, then: Option<u32>) {
        self.blocks.push_back(Block {
            patch,
            body,
            counted,
            push: false,
            then,
            kept: NONE,
            child: self.compute.child,
        });
    }

    /// Writes a visit without steps: one unit of work, then all links in order.
    pub(crate) fn alone(&mut self, build: &mut Build, ask: &Ask) {
        match self.compute.alone.clone() {
            Some(Law::Constant(0.0)) => {}
            Some(law) if self.calls_door_first(ask) => {
                let work = self.computing(build, &law, true);
                self.serve_and_keep(build, work);
            }
            Some(law) => self.work(build, &law, true),
            None => {
                let node = self.graph_node(ask.node);
                let flow = &self.topology.flows[ask.flow as usize].name;
                let message = format!(
                    "node `{}` needs a `service_time`, since flow `{flow}` gives it no steps",
                    node.name
                );
                Writer::refuse(build, "node::no-work", &node.place, message);
            }
        }
        for (edge, link) in self.taken(ask) {
            self.compute.pass(build);
            self.call_over(build, ask, edge, link);
        }
    }

    /// Writes a call over a link by a visit without steps.
    pub(super) fn call_over(
        &mut self,
        build: &mut Build,
        ask: &Ask,
        edge: Edge<'t>,
        link: &'t Link,
    ) {
        let access = self.lone_access(edge.to);
        let plan = Plan {
            edge,
            ask: Ask {
                endpoint: ask.endpoint.clone(),
                cacheable: true,
                ..Ask::new(
                    edge.to,
                    ask.flow,
                    access,
                    super::writer::operation(self.component(edge.to), None, access),
                )
            },
            count: CountFrom::One,
            bytes: Bytes::Item,
            key: NONE,
            policy: None,
            place: &link.place,
            on_room: self.on_room(),
        };
        let route = self.route(build, &plan);
        build.emit(Op::Call { route });
    }

    /// Returns the links that a visit without steps calls, in order.
    pub(super) fn taken(&self, ask: &Ask) -> Vec<(Edge<'t>, &'t Link)> {
        let edges = self.edges(ask.node).into_iter();
        let first = self.asked_first(ask).map(|(edge, _)| edge.to);
        edges
            .filter_map(|edge| Some((edge, edge.link?)))
            .filter(|(edge, link)| {
                let takes = super::writer::matches(link, ask).unwrap_or(true);
                let asked = first == Some(edge.to);
                link.role == Role::Primary && takes && edge.to != self.client && !asked
            })
            .collect()
    }

    /// Whether a visit without steps first calls a node that may keep it waiting, so that
    /// it keeps its server.
    fn calls_door_first(&self, ask: &Ask) -> bool {
        let free = self.compute.group != NONE && !self.compute.blocking;
        let first = self.taken(ask).first().map(|(edge, _)| edge.to);
        free && first.is_some_and(|first| self.is_door(first))
    }

    /// Returns what calling a node means where no step says it.
    pub(crate) fn lone_access(&self, to: u32) -> Access {
        match self.class(to) {
            Some(Class::Queue | Class::Log | Class::Topic) => Access::Send,
            Some(Class::Store | Class::Cache) => Access::Read,
            Some(Class::Programmable | Class::Forwarding | Class::Limiter | Class::Leaf) | None => {
                Access::Call
            }
        }
    }
}

/// Tells whoever waits for it where a block begins.
fn apply(build: &mut Build, patch: Patch, at: u32) {
    let model = &mut build.model;
    match patch {
        Patch::Miss(route) => model.routes[route as usize].on_miss = at,
        Patch::Error(route) => model.routes[route as usize].on_error = at,
        Patch::Strand(route) => model.routes[route as usize].entry = at,
        Patch::Fork(fork, branch) => model.forks[fork as usize].entries[branch] = at,
        Patch::Loop(each) => model.loops[each as usize].entry = at,
        Patch::Page(step) => model.fan_out_steps[step as usize].entry = at,
        Patch::Own(gather) => model.gathers[gather as usize].own = at,
        Patch::Pull(gather) => model.gathers[gather as usize].pull = at,
        Patch::Split(split, branch) => model.splits[split as usize].branches[branch].1 = at,
        Patch::Spawn(address, strand) => {
            model.ops[address as usize] = Op::Spawn { entry: at, strand };
        }
        Patch::Coin(address, below) => {
            model.ops[address as usize] = Op::Coin { below, target: at };
        }
    }
}

/// Returns how many must complete.
pub(super) fn needed(join: Join) -> u32 {
    match join {
        Join::All => ALL,
        Join::Some(count) => count,
        Join::Settled => NONE,
    }
}

/// Whether a step is something that a visit goes to, and no rule about other steps.
fn is_state(step: &Step) -> bool {
    match step {
        Step::Compute(_)
        | Step::Pause(_)
        | Step::Call(_)
        | Step::Parallel { .. }
        | Step::Each { .. }
        | Step::Choose(_)
        | Step::FanOut(_)
        | Step::Gather(_) => true,
        Step::Try { .. } | Step::Fail(_) => false,
    }
}
