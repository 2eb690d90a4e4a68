//! An explanation in sentences: what is first, and what to think of it.

use super::{Aspect, Effect, Explanation, FlowEffects};
use crate::report::Analysis;
use crate::report::figure::{self, bounds, change};
use crate::units::show;

/// Says in a line what was found.
pub(super) fn headline(explanation: &Explanation) -> String {
    let variant = explanation.variant.as_ref();
    let variant = variant.map_or(String::new(), |name| format!(" ({name})"));
    let answers = explanation.flows.iter().map(|flow| match &flow.first {
        Some(first) => format!("p99 of `{}` hangs most on `{first}`", flow.flow),
        None => format!("nothing was found that moves p99 of `{}`", flow.flow),
    });
    let answers: Vec<String> = answers.collect();
    format!("{}{variant}: {}", explanation.topology, answers.join("; "))
}

/// Says what was found of each flow.
pub(super) fn findings(explanation: &Explanation) -> Vec<String> {
    let all = explanation.flows.iter();
    all.flat_map(|flow| of_flow(explanation, flow)).collect()
}

/// Says what was found of a flow.
fn of_flow(explanation: &Explanation, flow: &FlowEffects) -> Vec<String> {
    let less = show::share(explanation.faster_by);
    let mut found = Vec::new();
    found.extend(slowest(flow));
    match (flow.p99_ms.value, flow.leader()) {
        (Some(p99), Some(leader)) => {
            let scale = figure::scale(p99);
            let half_width = flow.p99_ms.half_width.unwrap_or(0.0) / scale.ms;
            let mut text = format!(
                "`{}`: p99 is {} {} {}; {}, that changes by {}",
                flow.flow,
                figure::figure(p99 / scale.ms),
                scale.name,
                bounds(p99 / scale.ms, half_width),
                change_of(leader, &less),
                moved(leader, scale),
            );
            if !flow.as_much.is_empty() {
                let names: Vec<String> =
                    flow.as_much.iter().map(|name| format!("`{name}`")).collect();
                text.push_str(&format!(
                    "; {} may change it as much: the intervals meet",
                    names.join(", ")
                ));
            }
            found.push(text);
        }
        (Some(_), None) => found.push(format!(
            "`{}`: no difference detected in p99, whatever takes {less} less time; more replications or a longer horizon tell smaller ones",
            flow.flow
        )),
        (None, _) => found.push(format!(
            "`{}`: p99 has no value ({}), and so no difference",
            flow.flow,
            match flow.p99_ms.why.as_deref() {
                Some("unstable") => "something grows without end",
                Some("too-few-samples") => "there are too few requests",
                Some(_) | None => "nothing was measured",
            }
        )),
    }
    if explanation.analysis == Analysis::Unstable {
        let ends = flow.effects.iter();
        let ends = ends.filter(|one| one.analysis != Analysis::Unstable);
        found.extend(ends.map(|one| {
            format!(
                "`{}`: nothing grows without end any more {}",
                flow.flow,
                change_of(one, &less)
            )
        }));
    }
    let others = flow.effects.iter();
    let others = others.filter(|one| {
        let errors = one.error_share.detected == Some(true);
        errors && one.p99_ms.value.is_some()
    });
    found.extend(others.map(|one| {
        let points = one.error_share.value.unwrap_or(0.0) * 100.0;
        let half_width = one.error_share.half_width.map(|half| half * 100.0);
        let (value, interval) = change(points, half_width);
        format!(
            "`{}`: {}, its errors change by {value} points {}: p99 is of the requests that complete, and these are others then",
            flow.flow,
            change_of(one, &less),
            interval.unwrap_or_default(),
        )
    }));
    found
}

/// Says where most of the time of the slowest requests went.
fn slowest(flow: &FlowEffects) -> Option<String> {
    let ways = flow.tail.iter().flat_map(|one| {
        let node = &one.node;
        [
            (
                one.waiting_share,
                format!("in the waiting line of `{node}`"),
            ),
            (one.service_share, format!("in service at `{node}`")),
            (
                one.network_share,
                format!("on the way to `{node}` and back"),
            ),
            (
                one.retry_share,
                format!("in attempts at `{node}` that were of no use"),
            ),
            (
                one.throttle_share,
                format!("in attempts that `{node}` refused"),
            ),
        ]
    });
    let (share, whereabouts) = ways.max_by(|one, other| one.0.total_cmp(&other.0))?;
    Some(format!(
        "`{}`: of the time of the slowest 1 %, {:.0} % passed {whereabouts}",
        flow.flow,
        share * 100.0
    ))
}

/// Says what is other than in the design.
fn change_of(effect: &Effect, less: &str) -> String {
    let name = &effect.name;
    match effect.aspect {
        Aspect::Work => format!("if the work of `{name}` takes {less} less time"),
        Aspect::ColdStart => format!("if `{name}` take {less} less time"),
        Aspect::Latency => format!("if link `{name}` takes {less} less time"),
        Aspect::Servers => format!("with `{name}` in each copy"),
    }
}

/// Shows by how much an effect moves the p99, with its interval and share.
fn moved(effect: &Effect, scale: figure::Scale) -> String {
    let found = &effect.p99_ms;
    let in_scale = |value: f64| value / scale.ms;
    let value = found.value.map_or(0.0, in_scale);
    let (value, interval) = change(value, found.half_width.map(in_scale));
    let share = found.relative.map_or(String::new(), |relative| {
        format!(", {} %", change(relative * 100.0, None).0)
    });
    let interval = interval.map_or(String::new(), |interval| format!(" {interval}"));
    format!("{value} {}{interval}{share}", scale.name)
}

/// Says what a reader should know.
pub(super) fn notes(explanation: &Explanation) -> Vec<String> {
    let mut notes = Vec::new();
    if !explanation.left_out.is_empty() {
        let names = explanation.left_out.iter();
        let names: Vec<String> = names
            .map(|one| format!("`{}` ({})", one.node, one.kind))
            .collect();
        notes.push(format!(
            "no work of their own, and so nothing to be made faster: {}",
            names.join(", ")
        ));
    }
    notes.push(
        "a node is faster as a whole, for all flows; pauses, lags and limits stay as they are"
            .to_owned(),
    );
    if explanation.interrupted {
        notes.push(format!(
            "interrupted: {} that all designs finished count",
            show::replications(explanation.replications)
        ));
    }
    notes
}
