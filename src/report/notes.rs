//! Notes: what a reader should know, in sentences with numbers.

use super::Report;
use super::build::Input;
use super::estimate::Estimate;
use super::fields::Verdict;
use super::figure::figure;
use super::sums::Counted;
use crate::model::supply::Rule;
use crate::model::{Group, Model, Op};
use crate::topology::Bound;
use crate::units::show;

/// Utilisation from which a node counts as saturated.
const SATURATED: f64 = 0.9;
/// Wait, as a share of the time that an objective allows, that explains why it is missed.
const WORTH_A_NOTE: f64 = 0.2;
/// Slower requests per replication below which a quantile is said to rest on few.
const FEW: u64 = 100;

/// Returns the notes of a report, the gravest first.
pub(super) fn notes(counted: &Counted, report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    ends(counted.input, &mut notes);
    stability(report, &mut notes);
    saturation(counted, report, &mut notes);
    refusals(counted, report, &mut notes);
    old_answers(counted, report, &mut notes);
    lost(report, &mut notes);
    reclaimed(counted, &mut notes);
    changes(counted, report, &mut notes);
    missed(counted.input, report, &mut notes);
    undelivered(report, &mut notes);
    cuts(counted.input, &mut notes);
    samples(counted, report, &mut notes);
    traced(counted.input, &mut notes);
    notes
}

/// Says which of the requests that were traced are shown.
fn traced(input: &Input, notes: &mut Vec<String>) {
    let Some(first) = input.recordings.first().filter(|one| one.traced > 0) else {
        return;
    };
    let kept = first.traces.len();
    notes.push(format!(
        "the report holds traces of the {kept} slowest of {} requests that were sampled in replication 0, warm-up included",
        show::count(first.traced as f64)
    ));
}

/// Says what ended otherwise than planned.
fn ends(input: &Input, notes: &mut Vec<String>) {
    let all = input.recordings.len();
    let overflowed = input
        .recordings
        .iter()
        .filter(|recording| recording.overflowed)
        .count();
    if overflowed > 0 {
        notes.push(format!(
            "{overflowed} of {all} replications ended at the limit of live visits: more comes in than can leave"
        ));
    }
    let stopped = input.interrupted
        || input
            .recordings
            .iter()
            .any(|recording| recording.interrupted);
    if stopped {
        notes
            .push("interrupted: all figures are about the part that had been simulated".to_owned());
    }
    let short = input
        .recordings
        .iter()
        .filter(|recording| recording.cut_short)
        .count();
    if short > 0 {
        notes.push(format!(
            "{short} of {all} replications ended with counted requests still inside; they count as `inside`, and their latency is in no figure"
        ));
    }
}

/// Says where the time goes that an objective does not allow.
fn missed(input: &Input, report: &Report, notes: &mut Vec<String>) {
    let stated = input.topology.objectives.iter();
    let judged = stated.zip(&report.objectives);
    for (stated, judged) in judged {
        let of_time = matches!(stated.value, Bound::Milliseconds(_));
        if judged.verdict != Verdict::Missed || !of_time {
            continue;
        }
        let expression = &judged.expression;
        if let Some(one) = report.fan_out.get(&judged.subject) {
            notes.push(format!(
                "`{expression}` is missed: up to {} recipients were waiting for their post at once",
                show::count(one.backlog_max as f64)
            ));
            continue;
        }
        // Of a flow: the node at which its visits wait longest.
        let waits = report.nodes.iter().filter_map(|(name, node)| {
            let of_flow = node.by_flow.get(&judged.subject)?;
            Some((name, of_flow.waiting_ms.p99.value?))
        });
        let longest = waits.max_by(|one, other| one.1.total_cmp(&other.1));
        let target = judged.target;
        if let Some((name, wait)) = longest.filter(|(_, wait)| *wait >= WORTH_A_NOTE * target) {
            notes.push(format!(
                "`{expression}` is missed: one in a hundred of its visits to `{name}` waits {} or longer",
                show::duration(wait * 1e6)
            ));
        }
    }
}

/// Says where copies that lag gave old answers.
fn old_answers(counted: &Counted, report: &Report, notes: &mut Vec<String>) {
    let model = counted.input.model;
    for (index, node) in model.nodes.iter().enumerate() {
        if !model.has_replicas(index as u32) {
            continue;
        }
        let found = report.nodes.get(&node.name);
        let share = found.and_then(|found| found.stale_share.as_ref()?.value);
        if let Some(share) = share.filter(|share| *share > 0.0) {
            notes.push(format!(
                "`{}` gave old answers to {} of its reads: copies did not know the last write yet",
                node.name,
                show::share(share)
            ));
        }
    }
}

/// Says how many copies were taken back.
fn reclaimed(counted: &Counted, notes: &mut Vec<String>) {
    for (index, node) in counted.input.model.nodes.iter().enumerate() {
        let all = counted.each(|recording| recording.nodes[index].reclaimed as f64);
        let mean = all.iter().sum::<f64>() / all.len().max(1) as f64;
        if mean > 0.0 {
            notes.push(format!(
                "{} copies of `{}` were taken back per replication",
                figure(mean),
                node.name
            ));
        }
    }
}

/// Says what was lost with a node because it had not got elsewhere.
fn lost(report: &Report, notes: &mut Vec<String>) {
    for (name, node) in &report.nodes {
        let value = |one: &Option<Estimate>| one.as_ref().and_then(|one| one.value);
        let (lost, oldest) = (value(&node.lost_writes), value(&node.oldest_lost_s));
        if let (Some(lost), Some(oldest)) = (lost.filter(|lost| *lost > 0.0), oldest) {
            notes.push(format!(
                "`{name}` lost {} writes at its failover, the oldest {} s old: its second region had not got them",
                figure(lost),
                figure(oldest)
            ));
        }
    }
}

/// Says which recipients never got a post, or not in time.
fn undelivered(report: &Report, notes: &mut Vec<String>) {
    for (name, one) in &report.fan_out {
        let share = |count: u64| figure(100.0 * count as f64 / one.recipients.max(1) as f64);
        if one.dropped > 0 {
            notes.push(format!(
                "{} % of the recipients of `{name}` never get their post: pages ended badly and were given up",
                share(one.dropped)
            ));
        }
        if one.inside > 0 {
            notes.push(format!(
                "{} % of the recipients of `{name}` had not got their post when the run ended; their wait is in no figure",
                share(one.inside)
            ));
        }
    }
}

/// Says which calls were cut into several.
fn cuts(input: &Input, notes: &mut Vec<String>) {
    let name = |node: u32| &input.model.nodes[node as usize].name;
    for cut in &input.model.cuts {
        let (from, to, most) = (name(cut.from), name(cut.to), cut.most);
        notes.push(format!(
            "calls of `{to}` by `{from}` with more than {most} items were cut into several at once, as one takes no more"
        ));
    }
}

/// Says what grows without end.
fn stability(report: &Report, notes: &mut Vec<String>) {
    let unstable = report
        .nodes
        .iter()
        .filter(|(_, node)| node.unstable == Some(true));
    for (name, node) in unstable {
        let growth = node.growth_per_s.as_ref().and_then(|growth| growth.value);
        let by = growth.map_or(String::new(), |growth| {
            format!(" by {}", show::rate(growth))
        });
        notes.push(format!(
            "`{name}` is unstable: what is inside it grows{by} for as long as the run goes on, so its quantiles have no value"
        ));
    }
}

/// Says what is busy nearly all the time.
fn saturation(counted: &Counted, report: &Report, notes: &mut Vec<String>) {
    for (name, node) in &report.nodes {
        let busy = node.utilisation.as_ref().and_then(|of| of.value);
        let servers = node.servers.as_ref().and_then(|of| of.value);
        let (Some(busy), Some(servers)) = (busy, servers) else {
            continue;
        };
        if busy < SATURATED {
            continue;
        }
        let of = match servers as u64 {
            1 => "its server is".to_owned(),
            many => format!("its {many} servers are"),
        };
        let wait = node.waiting_ms.mean.value.unwrap_or(0.0) * 1e6;
        let before = queues_of(counted, name);
        let then = if wait >= 1.0 {
            format!(", and a visit waits {} on average", show::duration(wait))
        } else if before.is_empty() {
            String::new()
        } else {
            format!(
                ", and what it has no room for waits in {}",
                before.join(" and ")
            )
        };
        let busy = show::share(busy);
        notes.push(format!(
            "`{name}` saturates: {of} busy {busy} of the time{then}"
        ));
    }
}

/// Returns the nodes that keep messages until a node has room for them.
fn queues_of(counted: &Counted, name: &str) -> Vec<String> {
    let model = counted.input.model;
    let into = model.deliveries.iter().filter(|delivery| {
        let link = model.links.get(delivery.link as usize);
        let ends = link.and_then(|link| link.name.rsplit_once("->"));
        ends.is_some_and(|(_, to)| to == name)
    });
    let names = into.map(|delivery| format!("`{}`", model.nodes[delivery.from as usize].name));
    names.collect()
}

/// Says who refuses, and at which limit.
fn refusals(counted: &Counted, report: &Report, notes: &mut Vec<String>) {
    let model = counted.input.model;
    for (index, node) in model.nodes.iter().enumerate() {
        let Some(found) = report.nodes.get(&node.name) else {
            continue;
        };
        let name = &node.name;
        let offered = show::rate(found.arrival_rate_per_s.value.unwrap_or(0.0));
        if found.throttled > 0 {
            let share = show::share(found.throttled_share.value.unwrap_or(0.0));
            let limit = match limit_of(counted.input, index) {
                Some(bucket) => {
                    let bucket = &model.buckets[bucket];
                    let (is, then) = match bucket.supplied {
                        true => ("was", " at the start"),
                        false => ("is", ""),
                    };
                    format!(
                        "; its limit, {}, {is} {}{then}",
                        bucket.name,
                        show::rate(bucket.rate_per_s)
                    )
                }
                None => match places(model, index) {
                    Some(places) => format!("; all of its {places} places were taken"),
                    None => "; all its servers were taken".to_owned(),
                },
            };
            notes.push(format!(
                "`{name}` throttled {share} of its visits{limit}, and {offered} were offered"
            ));
        }
        too_large(counted, index, notes);
        if found.shed > 0 {
            let share = show::share(found.shed_share.value.unwrap_or(0.0));
            let replaces = |group: &Group| group.node as usize == index && group.replaces;
            let why = match model.groups.iter().any(replaces) {
                true => "newer ones took their places in its line",
                false => "its waiting line was full",
            };
            notes.push(format!(
                "`{name}` shed {share} of its visits, because {why}; {offered} were offered"
            ));
        }
    }
}

/// Says what a node refused because it was too large.
fn too_large(counted: &Counted, index: usize, notes: &mut Vec<String>) {
    let input = counted.input;
    let nodes = input.recordings.iter().map(|run| &run.nodes[index]);
    let (mut refused, mut arrived) = (0, 0);
    for node in nodes {
        refused += node.too_large;
        arrived += node.arrived.iter().sum::<u64>();
    }
    if refused == 0 {
        return;
    }
    let sizes = input.model.sizes.iter();
    let bounds = sizes
        .filter(|size| size.node as usize == index)
        .map(|size| {
            let bytes = |bytes: u64| show::size(bytes as f64);
            match size.call {
                u64::MAX => format!("{} an item", bytes(size.item)),
                call if call == size.item => format!("{} a call", bytes(call)),
                call => format!("{} an item and {} a call", bytes(size.item), bytes(call)),
            }
        });
    let mut bounds: Vec<String> = bounds.collect();
    bounds.sort();
    bounds.dedup();
    let share = show::share(refused as f64 / arrived as f64);
    notes.push(format!(
        "`{}` failed {share} of its visits, because they brought more than it takes: {}",
        input.model.nodes[index].name,
        bounds.join(", or ")
    ));
}

/// Says what changed during the run: outages, deployments, copies, and which alarms saw it.
fn changes(counted: &Counted, report: &Report, notes: &mut Vec<String>) {
    let model = counted.input.model;
    let seconds = |s: f64| show::duration(s * 1e9);
    let of_all = |some: u32| format!("{some} of {} replications", report.replications);
    notes.extend(super::faults::notes(counted));
    for (id, balancer) in (0u32..).zip(&model.balancers) {
        let mine = model.control.faults.sights.iter();
        let mut mine = mine.filter(|sight| sight.balancer == id);
        if let Some(sight) = mine.find(|sight| !sight.well) {
            let name = &model.nodes[balancer.node as usize].name;
            let of = &model.nodes[balancer.targets[sight.copy.0 as usize].node as usize].name;
            let copy = match balancer.targets[sight.copy.0 as usize].copies {
                1 => "",
                _ => "a copy of ",
            };
            notes.push(format!(
                "`{name}` noticed at {} that {copy}`{of}` was out",
                seconds(sight.at.as_seconds())
            ));
        }
    }
    for deployment in &report.deployments {
        let Some(started) = deployment.started_s else {
            continue;
        };
        let name = &deployment.deploy;
        let mut note = match deployment.finished_s.map(|end| alike(started, end)) {
            Some((began, finished)) => format!(
                "a deployment to `{name}` began at {began}, and the new version had all visits by \
                 {finished}"
            ),
            None => format!("a deployment to `{name}` began at {}", seconds(started)),
        };
        if let Some(back) = deployment.rolled_back_s {
            let some = of_all(deployment.rolled_back);
            note += &format!("; it was taken back, first at {}, in {some}", seconds(back));
        }
        notes.push(note);
    }
    for elastic in &model.control.elastic {
        let name = &model.nodes[elastic.node as usize].name;
        let found = report.nodes.get(name);
        let mean = found.and_then(|node| node.copies_mean.as_ref()?.value);
        if let (Some(scaling), Some(mean), Some(most)) = (
            &elastic.scaling,
            mean,
            found.and_then(|node| node.copies_max),
        ) {
            let after = scaling.period.as_seconds() * f64::from(scaling.rules.breaches)
                + scaling.delay.as_seconds()
                + scaling.start_up_mean.as_seconds();
            notes.push(format!(
                "`{name}` had {} copies at the start, {most} at most and {} on average; load that comes all at once is answered by more of them after {} at the earliest",
                elastic.start,
                figure(mean),
                seconds(after)
            ));
        }
    }
    for supply in &model.control.supplies {
        let name = &model.nodes[supply.node as usize].name;
        let found = report.nodes.get(name);
        let found = found.and_then(|node| node.capacity.iter().find(|one| one.of == supply.name));
        if let (Rule::Tracked { rules, .. }, Some(found)) = (&supply.rule, found)
            && rules.target.is_some()
        {
            let after = supply.period.as_seconds() * f64::from(rules.breaches)
                + supply.delay.as_seconds()
                + supply.takes.as_seconds();
            notes.push(format!(
                "the {} of `{name}` were {} at the start and {} at most; load that comes all at once is answered by more of them after {} at the earliest",
                supply.name,
                figure(found.start),
                figure(found.max),
                seconds(after)
            ));
        }
    }
    for alarm in report.alarms.iter().filter(|alarm| alarm.times > 0) {
        notes.push(format!(
            "alarm `{}` ({}) fired in {}, first at {}",
            alarm.name,
            alarm.when,
            of_all(alarm.replications),
            seconds(alarm.fired_s.unwrap_or(0.0))
        ));
    }
}

/// Returns two instants [s] in one unit.
pub(super) fn alike(one: f64, other: f64) -> (String, String) {
    let shown = [one, other].map(|s| show::duration(s * 1e9));
    let unit = |text: &String| {
        text.trim_start_matches(|c: char| !c.is_alphabetic())
            .to_owned()
    };
    if unit(&shown[0]) == unit(&shown[1]) {
        return shown.into();
    }
    [one, other].map(|s| format!("{}s", show::number(s))).into()
}

/// Returns the places under the limit of concurrency that a node refuses at, if it has one.
fn places(model: &Model, node: usize) -> Option<u32> {
    let mut ops = model.ops.iter().zip(&model.sites);
    ops.find_map(|(op, site)| {
        let Op::Seize { group } = *op else {
            return None;
        };
        let group = &model.groups[group as usize];
        let here = model.rows[site.row as usize].node as usize == node;
        (here && group.limit && group.waiting_limit == 0).then_some(group.servers)
    })
}

/// Returns the bucket that refused most visits of a node, unless full servers or places
/// refused more than it.
pub(super) fn limit_of(input: &Input, node: usize) -> Option<usize> {
    let mut sums = std::collections::BTreeMap::new();
    let mut throttled = 0;
    for recording in input.recordings {
        throttled += recording.nodes[node].throttled.iter().sum::<u64>();
        for &(bucket, refused) in &recording.nodes[node].refusals {
            *sums.entry(bucket).or_insert(0u64) += refused;
        }
    }
    let by_buckets: u64 = sums.values().sum();
    let elsewhere = throttled.saturating_sub(by_buckets);
    let most = sums
        .into_iter()
        .max_by_key(|&(bucket, refused)| (refused, std::cmp::Reverse(bucket)));
    let most = most.filter(|&(_, refused)| refused >= elsewhere);
    most.map(|(bucket, _)| bucket as usize)
}

/// Says on how many requests the far quantiles rest.
fn samples(counted: &Counted, report: &Report, notes: &mut Vec<String>) {
    for (index, flow) in counted.input.model.flows.iter().enumerate() {
        let Some(found) = report.flows.get(&flow.name) else {
            continue;
        };
        let name = &flow.name;
        let completed = counted.flow(index, |slice| slice.latency.count);
        let least = completed.iter().copied().reduce(f64::min).unwrap_or(0.0) as u64;
        let latency = &found.latency_ms;
        let quantiles = [
            ("p50", 2, &latency.p50),
            ("p90", 10, &latency.p90),
            ("p95", 20, &latency.p95),
            ("p99", 100, &latency.p99),
            ("p99.9", 1_000, &latency.p99_9),
            ("p99.99", 10_000, &latency.p99_99),
        ];
        // Of p99 and beyond: the farthest that has a value.
        let farthest = quantiles.iter().rev().find(|(_, _, of)| of.value.is_some());
        if let Some((quantile, one_in, _)) = farthest
            && least / one_in < FEW
        {
            notes.push(format!(
                "{quantile} of `{name}` rests on {} slower requests per replication",
                least / one_in
            ));
        }
        let first_missing = quantiles.iter().take(4).find(|(_, _, of)| {
            of.why.as_deref() == Some(crate::metrics::estimate::Why::TooFewSamples.word())
        });
        if let Some((quantile, one_in, _)) = first_missing {
            notes.push(format!(
                "{quantile} of `{name}` needs {} completed requests in every replication, and one had {least}",
                one_in * 10
            ));
        }
    }
}
