//! What is paid for whatever the load, and hardly used.

use super::super::estimate::Quota;
use super::{Design, Finding, Rule};
use crate::units::show;

/// Least cost of a month that is worth a word [US dollars].
///
/// CHOICE: an hour of somebody's work.
const LEAST_USD: f64 = 100.0;
/// Share of its fullest limit below which a node is hardly used.
const HARDLY: f64 = 0.1;
/// Share that a node may well be used at the peak.
///
/// CHOICE: waiting lines begin to grow steeply beyond it.
const WELL: f64 = 0.6;
/// Copies that stay, so that one may fail.
const SPARE: f64 = 2.0;

/// Kinds whose standing price is that of a rate and not of machines: what is paid for, the limit that
/// it buys, and the parameter by which it follows the load.
const RATES: [(&str, &str, &str, &str); 2] = [
    (
        "dynamodb",
        "write capacity",
        "table write units",
        "wcu_scaling",
    ),
    (
        "dynamodb",
        "read capacity",
        "table read units",
        "rcu_scaling",
    ),
];

/// Finds nodes that are far too large.
pub(super) fn findings(design: &Design<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    // A mean says nothing about what comes all at once.
    let bursts = design.planned.delivered_to();
    for node in design.topology.graph.node_weights() {
        if bursts.contains(&node.name) {
            continue;
        }
        if RATES.iter().any(|(kind, ..)| *kind == node.kind) {
            found.extend(rates(design, &node.name, node.kind));
            continue;
        }
        let lines = design.estimate.bill.lines.iter();
        let standing: f64 = lines
            .filter(|line| line.node == node.name && line.standing)
            .map(|line| line.usd)
            .sum();
        let Some(used) = design.fullest(&node.name) else {
            continue;
        };
        let copies = node
            .component
            .as_ref()
            .map_or(1, |component| component.copies());
        let quotas = design.estimate.quotas.iter();
        let instances = quotas
            .filter(|one| one.node == node.name)
            .map(|one| one.instances)
            .fold(copies, u32::max);
        let least = if instances > 1 {
            SPARE / f64::from(instances)
        } else {
            1.0
        };
        let enough = (used / WELL).max(least).min(1.0);
        if standing < LEAST_USD || used >= HARDLY || enough > 0.5 {
            continue;
        }
        found.push(finding(&node.name, "what is", standing, used, enough));
    }
    found
}

/// Finds rates of a node that are bought and hardly used; they can be bought in any amount.
fn rates(design: &Design<'_>, node: &str, kind: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let rates = RATES.iter().filter(|(of, ..)| *of == kind);
    for (_, item, limit, _) in rates.filter(|(.., key)| design.written(node, key).is_none()) {
        let mut lines = design.estimate.bill.lines.iter();
        let line = lines.find(|line| line.node == node && line.item == *item && line.standing);
        let mut quotas = design.estimate.quotas.iter();
        let quota = quotas.find(|one| one.node == node && one.name == *limit);
        let Some(line) = line.filter(|line| line.usd >= LEAST_USD) else {
            continue;
        };
        // What nothing is asked of has no row.
        let used = quota.map_or(0.0, Quota::share);
        if used < HARDLY {
            let what = format!("{item} that is");
            found.push(finding(node, &what, line.usd, used, used / WELL));
        }
    }
    found
}

/// Says what is paid for and hardly used.
fn finding(node: &str, what: &str, usd: f64, used: f64, enough: f64) -> Finding {
    Finding {
        rule: Rule::OverEngineered,
        subject: node.to_owned(),
        message: format!(
            "${} a month for {what} {} used at the peak; ${} would buy enough for {}",
            show::count(usd.round()),
            show::share(used),
            show::count((usd * enough).round()),
            show::share(WELL)
        ),
    }
}
