//! Event buses, rules and schedules.

use crate::import::design::{Enter, Node};
use crate::import::draft::{Draft, Made};
use crate::import::resource::{Resource, Value};
use crate::import::wiring::Wiring;

/// Makes a bus.
pub(super) fn bus(_: &mut Draft<'_>) -> Made {
    Ok(Some("eventbridge"))
}

/// Returns the bus that a rule names, or the default one.
pub(super) fn named(wiring: &mut Wiring<'_>, said: &Value, evidence: &str) -> Vec<usize> {
    let name = said.first(&["EventBusName"]);
    let Some(name) = name.filter(|name| name.text() != Some("default")) else {
        return vec![default_bus(wiring)];
    };
    let found = wiring.nodes(name);
    if found.is_empty() {
        let text =
            format!("{evidence}: the template does not have the bus that `EventBusName` names");
        wiring.said.note(&name.place, text);
    }
    found
}

/// Returns the account's default bus.
fn default_bus(wiring: &mut Wiring<'_>) -> usize {
    wiring.made("default event bus", |wiring| {
        wiring.design.add(Node {
            name: "default-bus".to_owned(),
            kind: "eventbridge",
            parameters: Vec::new(),
            comments: vec![
                "the account's default event bus, which no template declares".to_owned(),
            ],
        })
    })
}

/// Links a bus to a target of a rule, and what the pattern names to the bus.
pub(super) fn to_target(
    wiring: &mut Wiring<'_>,
    (bus, to): (usize, usize),
    said: &Value,
    evidence: &str,
) {
    if let Some(pattern) = said.first(&["EventPattern", "Pattern"]) {
        for source in wiring.nodes(pattern) {
            let is_bucket = wiring
                .design
                .nodes
                .get(source)
                .is_some_and(|node| node.kind == "s3");
            if is_bucket {
                wiring.link(source, bus, &format!("pattern of {evidence}"));
            }
        }
    }
    if let Some(link) = wiring.link(bus, to, evidence) {
        link.evidence.push(
            "its pattern is not imported: assumed that every event matches; see `share`".to_owned(),
        );
    }
}

/// Links a rule's bus, or a timer, to its targets.
pub(super) fn rule(resource: &Resource, wiring: &mut Wiring<'_>) {
    for target in resource.properties.all(&["Targets"]) {
        let ends = wiring.at(target, &["Arn"]);
        from_rule(wiring, resource, &ends, &resource.id);
    }
}

/// Links the bus, or the timer, of the rule that a target of a plan names.
pub(super) fn target(resource: &Resource, wiring: &mut Wiring<'_>) {
    let ends = wiring.at(&resource.properties, &["Arn"]);
    let stack = wiring.stack;
    let rules = resource
        .properties
        .first(&["Rule"])
        .map(|rule| stack.named(rule));
    for rule in rules.unwrap_or_default() {
        from_rule(wiring, rule, &ends, &resource.id);
    }
}

/// Links a rule to the nodes of one target.
fn from_rule(wiring: &mut Wiring<'_>, rule: &Resource, ends: &[usize], id: &str) {
    let said = &rule.properties;
    let disabled = super::function::is_off(said);
    if ends.is_empty() || disabled {
        let why = if disabled {
            "it is disabled"
        } else {
            "the template does not have its target"
        };
        let text = format!("rule `{id}` is not imported: {why}");
        return wiring.said.note(&rule.place, text);
    }
    let evidence = format!("rule {id}");
    for to in ends {
        if said.first(&["ScheduleExpression"]).is_some() {
            timer(wiring, *to, said, &["ScheduleExpression"], &evidence);
        }
        if said.first(&["EventPattern"]).is_some() {
            for bus in named(wiring, said, &evidence) {
                to_target(wiring, (bus, *to), said, &evidence);
            }
        }
    }
}

/// Lets a schedule call its target.
pub(super) fn schedule(resource: &Resource, wiring: &mut Wiring<'_>) {
    let ends = wiring.at(&resource.properties, &["Target.Arn"]);
    if ends.is_empty() {
        wiring.lost(resource, "Target.Arn");
    }
    for to in ends {
        let evidence = format!("schedule {}", resource.id);
        timer(
            wiring,
            to,
            &resource.properties,
            &["ScheduleExpression"],
            &evidence,
        );
    }
}

/// Lets a timer call a node.
pub(super) fn timer(
    wiring: &mut Wiring<'_>,
    node: usize,
    said: &Value,
    paths: &[&str],
    evidence: &str,
) {
    let Some(expression) = said.first(paths) else {
        return;
    };
    if super::function::is_off(said) {
        let text = format!("{evidence} is disabled; it is not imported");
        return wiring.said.note(&said.place, text);
    }
    let text = expression.pattern().unwrap_or_default();
    let (every, comment) = match interval(text) {
        Some(every) => (every, format!("{evidence}: {text}")),
        None => (
            "1h".to_owned(),
            format!("{evidence}: {text}; assumed: every hour"),
        ),
    };
    wiring.door(node, Enter::Timer(every), comment);
}

/// Reads `rate(5 minutes)` as a duration.
fn interval(expression: &str) -> Option<String> {
    let inside = expression.trim().strip_prefix("rate(")?.strip_suffix(')')?;
    let (number, unit) = inside.trim().split_once(' ')?;
    let number: u32 = number.trim().parse().ok()?;
    let unit = match unit.trim().trim_end_matches('s') {
        "minute" => "m",
        "hour" => "h",
        "day" => "d",
        _ => return None,
    };
    (1..=10_000)
        .contains(&number)
        .then(|| format!("{number}{unit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_durations_and_cron_is_none() {
        assert_eq!(interval("rate(5 minutes)"), Some("5m".to_owned()));
        assert_eq!(interval("rate(1 day)"), Some("1d".to_owned()));
        assert_eq!(interval("cron(0 12 * * ? *)"), None);
        assert_eq!(interval("rate(0 hours)"), None);
    }
}
