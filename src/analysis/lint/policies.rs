//! Rules about how calls are tried again, how long they may take, and what becomes of
//! messages that always fail.

use super::sites::{Site, class, pauses_ns, sites, tries};
use super::{Design, Finding, Rule};
use crate::component::Class;
use crate::model::NONE;
use crate::topology::{At, Role, client};
use crate::units::{Span, parse, show};
use petgraph::Direction;
use petgraph::graph::NodeIndex;

/// Finds what there is to say about policies.
pub(super) fn findings(design: &Design<'_>) -> Vec<Finding> {
    let all = sites(design.topology);
    let mut found: Vec<Finding> = Vec::new();
    found.extend(all.iter().filter_map(|site| jitter(design, site)));
    found.extend(all.iter().filter_map(|site| budget(design, &all, site)));
    found.extend(timeouts(design, &all));
    found.extend(dead_letters(design));
    found
}

/// Calls on a link [1/s].
fn calls_per_s(design: &Design<'_>, site: &Site) -> f64 {
    let name = site.name(design.topology);
    let model = design.model;
    let routes = model.routes.iter().zip(design.planned.routes());
    let mine = routes.filter(|(route, _)| {
        let link = model.links.get(route.link as usize);
        link.is_some_and(|link| link.name == name)
    });
    mine.map(|(_, rate)| rate).sum()
}

/// Retries that come back all at once.
fn jitter(design: &Design<'_>, site: &Site) -> Option<Finding> {
    if site.attempts <= 1 || site.jitter {
        return None;
    }
    let calls = calls_per_s(design, site);
    let stalled = site.timeout.map_or(1.0, Span::as_seconds) * calls;
    let during = site
        .timeout
        .map_or_else(|| "1s".to_owned(), |time| show::duration(time.0 as f64));
    Some(Finding {
        rule: Rule::RetryWithoutJitter,
        subject: site.name(design.topology),
        message: format!(
            "calls that fail together are tried again together, {} later: at {} those of {during} are {}",
            show::duration(site.base_ns),
            show::rate(calls),
            show::count(stalled)
        ),
    })
}

/// Returns how many times as often a node is called if every attempt on the way fails.
fn amplified(all: &[Site], site: &Site, depth: usize) -> f64 {
    let above = all.iter().filter(|one| one.callee == site.caller);
    // Callers that call one another in circles count a few times, and no more.
    let most = if depth == 0 {
        1.0
    } else {
        above
            .map(|one| amplified(all, one, depth - 1))
            .fold(1.0, f64::max)
    };
    most * f64::from(site.attempts)
}

/// Retries that may multiply the load beyond what can be served.
fn budget(design: &Design<'_>, all: &[Site], site: &Site) -> Option<Finding> {
    if site.attempts <= 1 || site.bounded {
        return None;
    }
    let name = design.topology.graph[site.callee].name.as_str();
    let load = calls_per_s(design, site);
    let factor = amplified(all, site, 8);
    let full = design.fullest(name);
    if full.is_some_and(|full| full * factor < 1.0) || load <= 0.0 {
        return None;
    }
    let times = if site.attempts == u32::MAX {
        "without end".to_owned()
    } else {
        format!(
            "up to {} times: {} where {} come",
            show::number(factor),
            show::rate(load * factor),
            show::rate(load)
        )
    };
    let room = full.map_or(String::new(), |full| {
        format!("; `{name}` is full at {} times", show::number(1.0 / full))
    });
    Some(Finding {
        rule: Rule::RetryWithoutBudget,
        subject: site.name(design.topology),
        message: format!("when calls fail they are made {times}{room}"),
    })
}

/// Calls that may take longer than somebody above them waits.
fn timeouts(design: &Design<'_>, all: &[Site]) -> Vec<Finding> {
    let graph = &design.topology.graph;
    // The least time that somebody waits for a node, and who.
    let mut patience: Vec<Option<(Span, String)>> = vec![None; graph.node_count()];
    for _ in 0..graph.node_count() {
        for site in all {
            let above = (site.caller != client())
                .then(|| patience[site.caller.index()].clone())
                .flatten();
            let own = site
                .timeout
                .map(|time| (time, graph[site.caller].name.clone()));
            let least = [above, own].into_iter().flatten().min_by_key(|one| one.0);
            let known = &mut patience[site.callee.index()];
            if let Some(least) = least
                && known.as_ref().is_none_or(|known| least.0 < known.0)
            {
                *known = Some(least);
            }
        }
    }
    let mut found = Vec::new();
    let mut report = |at: NodeIndex<u32>,
                      subject: String,
                      own: Span,
                      attempts: u32,
                      pauses: f64| {
        let Some((waits, who)) = &patience[at.index()] else {
            return;
        };
        let whole = own.0.saturating_mul(u64::from(attempts.max(1)));
        let takes = Span(whole.saturating_add(pauses as u64));
        if takes <= *waits {
            return;
        }
        let [takes, waits] = [takes, *waits].map(|time| show::duration(time.0 as f64));
        let attempts = if attempts > 1 {
            format!(" over {attempts} attempts")
        } else {
            String::new()
        };
        found.push(Finding {
            rule: Rule::TimeoutBeyondCallers,
            subject,
            message: format!(
                "may take {takes}{attempts}, but `{who}` gives up after {waits}: what comes later is work for nobody"
            ),
        });
    };
    for site in all {
        // What a kind does of itself is nobody's mistake; what its node says is.
        let own = own_timeout(design, site.caller);
        let written = site.written || own.is_some_and(|own| Some(own) == site.timeout);
        if let (Some(own), true, false) = (site.timeout, written, site.deadline) {
            let name = site.name(design.topology);
            report(site.caller, name, own, site.attempts, site.pauses_ns);
        }
    }
    for (at, name) in graph.node_indices().map(|at| (at, &graph[at].name)) {
        // Programs end by themselves, but by this only.
        if class(design.topology, at) == Some(Class::Programmable)
            && let Some(own) = own_timeout(design, at)
        {
            report(at, name.clone(), own, 1, 0.0);
        }
        let programs = design.topology.flows.iter().flat_map(|flow| &flow.at);
        for of in programs.filter(|of: &&At| of.node == at) {
            tries(&of.steps, &mut |timeout, retry| {
                let attempts = retry.map_or(1, |retry| retry.attempts);
                let pauses = retry.map_or(0.0, pauses_ns);
                report(at, name.clone(), timeout, attempts, pauses);
            });
        }
    }
    found
}

/// Returns the `timeout` that the file gives a node.
fn own_timeout(design: &Design<'_>, at: NodeIndex<u32>) -> Option<Span> {
    let written = design.written(&design.topology.graph[at].name, "timeout")?;
    let time = parse::duration(written.as_text()?).ok()?;
    Some(Span(time as u64))
}

/// Queues that give nothing up, or give it up unseen.
fn dead_letters(design: &Design<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for at in design.topology.graph.node_indices() {
        if class(design.topology, at) != Some(Class::Queue) {
            continue;
        }
        let name = &design.topology.graph[at].name;
        let model = design.model;
        let Some(queue) = model
            .queues
            .iter()
            .find(|queue| model.nodes[queue.node as usize].name == *name)
        else {
            continue;
        };
        let into = Direction::Incoming;
        let mut edges = design.topology.graph.edges_directed(at, into);
        // Dead letters have come to their end.
        let is_last = edges.any(|edge| edge.weight().role == Role::DeadLetter);
        if queue.dead_letter != NONE || queue.deliveries.is_empty() || is_last {
            continue;
        }
        let bounded = |time: Span| time < Span::MAX;
        let message = if queue.max_receives < u32::MAX {
            format!(
                "a message that fails {} times is lost without a trace",
                queue.max_receives
            )
        } else if bounded(queue.retention) && bounded(queue.visibility) {
            let tries = queue.retention.as_seconds() / queue.visibility.as_seconds().max(1e-9);
            format!(
                "a message that always fails comes back every {} for {}: {} times",
                show::duration(queue.visibility.0 as f64),
                show::duration(queue.retention.0 as f64),
                show::count(tries)
            )
        } else {
            "a message that always fails comes back for ever".to_owned()
        };
        found.push(Finding {
            rule: Rule::NoDeadLetters,
            subject: name.clone(),
            message,
        });
    }
    found
}
