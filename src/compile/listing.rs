//! A model in words, for tests and for debugging: programs with names for indices.

use crate::model::{CountFrom, INHERITED, Model, NONE, Op};
use crate::units::Span;
use std::fmt::Write as _;

/// Lists the operations of a model, program by program.
pub fn listing(model: &Model) -> String {
    let mut text = String::new();
    for (at, (op, site)) in model.ops.iter().zip(&model.sites).enumerate() {
        if site.operation == 0 {
            let row = model.rows[site.row as usize];
            let node = &model.nodes[row.node as usize].name;
            let flow = &model.flows[row.flow as usize].name;
            let _ = writeln!(text, "{node} for {flow}");
        }
        let _ = writeln!(text, "{at:4} {}", operation(model, op));
    }
    text
}

/// Returns one operation in words.
fn operation(model: &Model, op: &Op) -> String {
    let group = |group: u32| {
        let group = &model.groups[group as usize];
        format!(
            "{} x{}",
            model.nodes[group.node as usize].name, group.servers
        )
    };
    match op {
        Op::Call { route } => format!("call {}", route_text(model, *route)),
        Op::CallChosen { first } => {
            let targets = model.routes.iter().skip(*first as usize);
            let first = targets.take(1).map(|one| one.entry).next();
            format!("call the chosen of those from {}", first.unwrap_or(NONE))
        }
        Op::Serve { group: of, work } => format!("serve {} work {work}", group(*of)),
        Op::Seize { group: of } => format!("seize {}", group(*of)),
        Op::Release { group: of } => format!("release {}", group(*of)),
        Op::Fork { fork, .. } => {
            let fork = &model.forks[*fork as usize];
            format!("fork {:?} needs {}", fork.entries, count(fork.needed))
        }
        Op::Each { each, .. } => {
            let each = &model.loops[*each as usize];
            format!("each {} needs {}", each.entry, count(each.needed))
        }
        Op::Split { split } | Op::Resolve { split, .. } => {
            let branches = model.splits[*split as usize].branches.iter();
            let targets: Vec<u32> = branches.map(|(_, target)| *target).collect();
            format!("split {targets:?}")
        }
        Op::Spawn { entry, .. } => format!("spawn {entry}"),
        Op::Jump { target } => format!("jump {target}"),
        Op::Coin { target, .. } => format!("coin {target}"),
        Op::Earlier { target, .. } => format!("earlier of two, the second goes to {target}"),
        Op::Once { memory, known } => format!("once by memory {memory}, known goes to {known}"),
        Op::Held {
            credential,
            old,
            denied,
            ..
        } => format!("held of credential {credential}, old {old}, denied {denied}"),
        Op::Fits { size, target } => format!("fits size {size}, else goes to {target}"),
        Op::Keep { archive, entry } => format!("keep in archive {archive} for {entry}"),
        Op::Remainder {
            admit, given_up, ..
        } => format!("remainder, again at {admit}, given up at {given_up}"),
        Op::Afford { admission, target } => format!("afford {admission}, goes to {target}"),
        Op::LookUp { cache, miss, .. } => format!("look up in cache {cache}, miss {miss}"),
        Op::LookUpFixed { miss, .. } => format!("look up by coin, miss {miss}"),
        Op::Leave { outcome } => format!("leave {outcome:?}").to_lowercase(),
        Op::Delay { .. }
        | Op::Work { .. }
        | Op::Place { .. }
        | Op::Admit { .. }
        | Op::Missed
        | Op::Fill { .. }
        | Op::Invalidate { .. }
        | Op::Warm { .. }
        | Op::Choose { .. }
        | Op::Unchoose { .. }
        | Op::FanOut { .. }
        | Op::Gather { .. }
        | Op::PushCount
        | Op::PopCount
        | Op::Enqueue { .. }
        | Op::Append { .. }
        | Op::Replay { .. }
        | Op::Tell { .. }
        | Op::Hold { .. }
        | Op::Lag { .. }
        | Op::Observe { .. }
        | Op::Commit { .. } => format!("{op:?}").to_lowercase(),
    }
}

/// Returns a route in words: target, and what differs from a bare call.
fn route_text(model: &Model, at: u32) -> String {
    let route = &model.routes[at as usize];
    let row = model.rows[route.row as usize];
    let mut text = if route.strand {
        format!("strand {}", route.entry)
    } else {
        format!("{} {}", model.nodes[row.node as usize].name, route.entry)
    };
    let mut add = |name: &str, value: String| {
        let _ = write!(text, ", {name} {value}");
    };
    if route.timeout < Span::MAX {
        add("timeout", format!("{} ms", route.timeout.as_milliseconds()));
    }
    for (name, target) in [("miss", route.on_miss), ("error", route.on_error)] {
        if target != NONE {
            add(name, target.to_string());
        }
    }
    if route.retry != NONE {
        let attempts = model.retries[route.retry as usize].attempts;
        add("attempts", attempts.to_string());
    }
    match route.count {
        CountFrom::One => {}
        CountFrom::Inherited => add("count", "inherited".to_owned()),
        CountFrom::Drawn(sampler) => add("count", format!("sampler {sampler}")),
    }
    if route.bytes == INHERITED {
        add("bytes", "inherited".to_owned());
    }
    text
}

/// Returns how many must complete, in words.
fn count(needed: u32) -> String {
    match needed {
        NONE => "the end of all".to_owned(),
        crate::model::ALL => "all".to_owned(),
        some => some.to_string(),
    }
}
