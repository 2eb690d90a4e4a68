//! Balancers and the machines behind them: services of tasks, instances, groups.

use super::scaling::{self, whole};
use crate::import::draft::{Draft, Made};
use crate::import::resource::{Resource, Value};
use crate::import::wiring::Wiring;

/// Makes a balancer.
pub(super) fn balancer(draft: &mut Draft<'_>) -> Made {
    match draft.text(&["Type", "load_balancer_type"]) {
        None | Some("application") => {
            draft.quantity("timeout", &["idle_timeout"], "s");
            let attributes = draft.value(&["LoadBalancerAttributes"]);
            for one in attributes.map_or(&[][..], Value::entries) {
                let is_timeout = one.text_of(&["Key"]) == Some("idle_timeout.timeout_seconds");
                if let Some(value) = one.get("Value").filter(|_| is_timeout)
                    && let Some(number) = draft.number_in("idle_timeout.timeout_seconds", value)
                {
                    draft.put("timeout", format!("\"{number}s\""), value);
                }
            }
            Ok(Some("alb"))
        }
        Some("network") => Ok(Some("nlb")),
        Some(other) => Err(format!("a balancer of type `{other}` is not modelled")),
    }
}

/// Links a balancer to the target groups of a listener, or of a rule of one.
pub(super) fn listener(resource: &Resource, wiring: &mut Wiring<'_>) {
    let said = &resource.properties;
    let balancers = wiring.at(said, &["LoadBalancerArn", "ListenerArn"]);
    let is_rule = said.first(&["ListenerArn"]).is_some();
    let label = if is_rule {
        condition(said)
    } else {
        "default".to_owned()
    };
    let evidence = format!(
        "{} {}",
        if is_rule { "rule" } else { "listener" },
        resource.id
    );
    for action in said.all(&["DefaultActions", "Actions", "default_action", "action"]) {
        let mut targets = wiring.at(action, &["TargetGroupArn"]);
        if targets.is_empty() {
            targets = wiring.at(action, &["ForwardConfig", "forward"]);
        }
        let groups = action.first(&["TargetGroupArn", "ForwardConfig", "forward"]);
        if targets.is_empty() && groups.is_some() {
            let text =
                format!("{evidence}: nothing of the template is registered in its target group");
            wiring.said.note(&resource.place, text);
        }
        for balancer in &balancers {
            for target in &targets {
                wiring.route(*balancer, *target, label.clone(), &evidence);
            }
        }
    }
}

/// Returns what a rule looks for, in words.
fn condition(said: &Value) -> String {
    let mut words = Vec::new();
    for one in said.all(&["Conditions", "condition"]) {
        let lists = [
            "PathPatternConfig.Values",
            "HostHeaderConfig.Values",
            "Values",
            "path_pattern.values",
            "host_header.values",
        ];
        let texts = one.all(&lists).iter().filter_map(Value::pattern);
        words.extend(texts.map(str::to_owned));
    }
    match words.as_slice() {
        [] => "rule".to_owned(),
        words => words.join(" "),
    }
}

/// Makes a service of tasks.
pub(super) fn service(draft: &mut Draft<'_>) -> Made {
    let definition = draft.value(&["TaskDefinition"]);
    let definition = definition.and_then(|value| draft.stack.named(value).into_iter().next());
    let on_fargate = |text: &str| text.starts_with("FARGATE");
    let providers = draft
        .value(&["CapacityProviderStrategy"])
        .map_or(&[][..], Value::entries);
    let provider = providers
        .iter()
        .find_map(|one| one.text_of(&["CapacityProvider"]));
    let compatible = definition.map_or(&[][..], |one| {
        one.properties.all(&["RequiresCompatibilities"])
    });
    let fargate = match (draft.text(&["LaunchType"]), provider) {
        (Some(text), _) | (None, Some(text)) => on_fargate(text),
        (None, None) => compatible
            .iter()
            .any(|one| one.text().is_some_and(on_fargate)),
    };
    let launch = if fargate { "\"fargate\"" } else { "\"ec2\"" };
    draft.put("launch", launch, &draft.resource.properties);
    if provider == Some("FARGATE_SPOT") {
        draft
            .comments
            .push("FARGATE_SPOT: its price and its interruptions are not imported".to_owned());
    }
    match whole(&draft.resource.properties, &["DesiredCount"]) {
        Some(0) => draft.note(format!(
            "`DesiredCount` of `{}` is 0; the default number of tasks stands",
            draft.resource.id
        )),
        Some(_) | None => {
            draft.count("tasks", &["DesiredCount"]);
            draft.usual("tasks", "1");
        }
    }
    if let Some(definition) = definition {
        size(draft, definition);
    } else {
        draft.note(format!(
            "the task definition of `{}` is not in the template: cpu and memory are defaults",
            draft.resource.id
        ));
    }
    scaling::target(draft, "scaling", "ecs:service:DesiredCount");
    Ok(Some("ecs"))
}

/// Writes processor and memory of a task.
fn size(draft: &mut Draft<'_>, definition: &Resource) {
    let said = &definition.properties;
    let containers = said
        .first(&["ContainerDefinitions"])
        .map(Value::parsed_list)
        .unwrap_or_default();
    let sum = |name: &str| {
        let each = containers.iter().filter_map(|one| one.get(name)?.number());
        Some(each.sum::<f64>()).filter(|sum| *sum > 0.0)
    };
    // 1024 units are a processor; words such as `.5 vCPU` and `1 GB` are allowed as well.
    let cpu = said
        .get("Cpu")
        .and_then(|value| units(value, "vcpu", 1.0 / 1024.0));
    let cpu = cpu.or_else(|| sum("Cpu").map(|units| units / 1024.0));
    let memory = said.get("Memory").and_then(|value| {
        units(value, "gb", 1.0).map(|one| if worded(value) { one * 1024.0 } else { one })
    });
    let memory = memory.or_else(|| sum("Memory"));
    if let Some(cpu) = cpu {
        draft.put("cpu", format!("{cpu}"), said);
    }
    if let Some(memory) = memory {
        draft.put("memory", format!("\"{memory}MiB\""), said);
    }
}

/// Whether a size has its unit in words.
fn worded(value: &Value) -> bool {
    value.text().is_some_and(|text| {
        text.trim()
            .ends_with(|last: char| last.is_ascii_alphabetic())
    })
}

/// Reads a number of units, or a number with a word, which counts by itself.
fn units(value: &Value, word: &str, each: f64) -> Option<f64> {
    if !worded(value) {
        return value.number().map(|units| units * each);
    }
    let text = value.text()?.to_ascii_lowercase();
    let number: f64 = text.trim().strip_suffix(word)?.trim().parse().ok()?;
    (number.is_finite() && number > 0.0).then_some(number)
}

/// Makes an instance.
pub(super) fn instance(draft: &mut Draft<'_>) -> Made {
    instance_type(draft);
    draft.put("instances", "1", &draft.resource.properties);
    Ok(Some("ec2"))
}

/// Makes a group of instances.
pub(super) fn group(draft: &mut Draft<'_>) -> Made {
    instance_type(draft);
    let said = &draft.resource.properties;
    let least = whole(said, &["MinSize"]);
    let most = whole(said, &["MaxSize"]);
    let wanted = whole(said, &["DesiredCapacity"]).or(least);
    match wanted {
        Some(0) => draft.note(format!(
            "`{}` begins without instances; their default number stands",
            draft.resource.id
        )),
        Some(number) => draft.put("instances", number.to_string(), said),
        None => draft.count("instances", &["DesiredCapacity", "MinSize"]),
    }
    if let Some(most) = most.filter(|most| *most > 0 && wanted != Some(*most)) {
        scaling::group(draft, least, most);
    }
    Ok(Some("ec2"))
}

/// Writes the type of an instance, which may stand in a template of its own.
fn instance_type(draft: &mut Draft<'_>) {
    if draft.value(&["InstanceType"]).is_some() {
        return draft.name("type", &["InstanceType"]);
    }
    let templates = [
        "LaunchTemplate",
        "LaunchConfigurationName",
        "launch_configuration",
        "MixedInstancesPolicy",
    ];
    let named = draft
        .value(&templates)
        .map(|value| draft.stack.named(value))
        .unwrap_or_default();
    let paths = ["LaunchTemplateData.InstanceType", "InstanceType"];
    let types = named.iter().filter_map(|one| one.properties.first(&paths));
    match types
        .filter_map(|value| Some((value.text()?, value)))
        .next()
    {
        Some((text, value)) => draft.put("type", crate::import::draft::quoted(text), value),
        None => draft.note(format!(
            "the instance type of `{}` is not known; the default stands",
            draft.resource.id
        )),
    }
}
