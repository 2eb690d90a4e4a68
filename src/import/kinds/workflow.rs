//! Workflows, and the tasks of their definitions.

use crate::import::draft::{Draft, Made};
use crate::import::resource::{Resource, Value};
use crate::import::wiring::Wiring;
use std::collections::BTreeSet;

/// Makes a workflow.
pub(super) fn workflow(draft: &mut Draft<'_>) -> Made {
    let types = [("STANDARD", "standard"), ("EXPRESS", "express")];
    draft.word("type", &["StateMachineType", "Type"], &types);
    Ok(Some("step-functions"))
}

/// Actions of tasks that only read, in small letters.
const READS: &[&str] = &["getitem", "query", "scan", "getobject", "batchgetitem"];

/// Links a workflow to what its tasks call, in the order of its states.
pub(super) fn tasks(resource: &Resource, wiring: &mut Wiring<'_>) {
    let Some(own) = wiring.own(resource) else {
        return;
    };
    let said = &resource.properties;
    let substitutions = said.get("DefinitionSubstitutions");
    let definition = said
        .first(&["Definition", "DefinitionString", "DefinitionBody"])
        .map(Value::parsed);
    let states = definition
        .as_ref()
        .filter(|one| one.get("StartAt").is_some());
    let Some(definition) = states else {
        // Elsewhere, or not known before it stands: what it is given by name is what it calls.
        let text = format!(
            "the definition of `{}` is not known here: each of what it names is called once",
            resource.id
        );
        wiring.said.note(&resource.place, text);
        let named = [
            substitutions,
            said.first(&["DefinitionString", "Definition"]),
        ];
        for to in named
            .into_iter()
            .flatten()
            .flat_map(|value| wiring.nodes(value))
            .collect::<Vec<_>>()
        {
            wiring.uses(
                own,
                to,
                (false, true),
                &format!("definition of {}", resource.id),
            );
        }
        return;
    };
    let mut found = Vec::new();
    walk(definition, &mut found);
    let mut shaped = false;
    for (name, state) in found {
        shaped |= matches!(
            state.text_of(&["Type"]),
            Some("Choice" | "Parallel" | "Map")
        );
        if state.text_of(&["Type"]) != Some("Task") {
            continue;
        }
        let action = state
            .first(&["Resource"])
            .and_then(Value::pattern)
            .unwrap_or_default()
            .to_lowercase();
        let mut ends = Vec::new();
        for part in ["Resource", "Parameters", "Arguments"] {
            if let Some(value) = state.get(part) {
                ends.extend(wiring.nodes(value));
                ends.extend(substituted(wiring, value, substitutions));
            }
        }
        if ends.is_empty() {
            let text = format!(
                "state `{name}` of `{}` calls nothing of the template",
                resource.id
            );
            wiring.said.note(&state.place, text);
        }
        let reads = READS
            .iter()
            .any(|read| action.ends_with(&format!(":{read}")));
        let evidence = format!("state {name} of {}", resource.id);
        for to in ends {
            wiring.uses(own, to, (reads, !reads), &evidence);
        }
    }
    if shaped && let Some(node) = wiring.design.nodes.get_mut(own) {
        node.comments.push(
            "choices, branches and maps are not imported: every task is called once, in order"
                .to_owned(),
        );
    }
}

/// Returns the nodes that stand behind the names by which a definition is given them.
fn substituted(wiring: &Wiring<'_>, value: &Value, substitutions: Option<&Value>) -> Vec<usize> {
    let Some(substitutions) = substitutions else {
        return Vec::new();
    };
    let mut texts = Vec::new();
    patterns(value, &mut texts);
    let members = substitutions.members().iter();
    let used = members.filter(|(name, _)| {
        let hole = format!("${{{name}}}");
        texts.iter().any(|text| text.contains(&hole))
    });
    used.flat_map(|(_, value)| wiring.nodes(value)).collect()
}

/// Gathers all texts in a value.
fn patterns<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    found.extend(value.pattern());
    let inner = value.members().iter().map(|(_, value)| value);
    inner.for_each(|value| patterns(value, found));
    if value.members().is_empty() && value.pattern().is_none() {
        value
            .entries()
            .iter()
            .filter(|one| !std::ptr::eq(*one, value))
            .for_each(|one| patterns(one, found));
    }
}

/// Gathers the states in the order in which they come, each once, those of branches behind theirs.
fn walk<'v>(machine: &'v Value, found: &mut Vec<(&'v str, &'v Value)>) {
    let states = machine.get("States").map_or(&[][..], Value::members);
    let mut open: Vec<&str> = machine.text_of(&["StartAt"]).into_iter().collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        let state = states.iter().find(|(key, _)| key == name);
        let Some((name, state)) = state.filter(|_| seen.insert(name)) else {
            continue;
        };
        found.push((name, state));
        for branch in state.all(&["Branches"]) {
            walk(branch, found);
        }
        if let Some(inner) = state.first(&["ItemProcessor", "Iterator"]) {
            walk(inner, found);
        }
        // The last one is taken first.
        open.extend(state.text_of(&["Default"]));
        let choices = state.all(&["Choices"]).iter().rev();
        open.extend(choices.filter_map(|choice| choice.text_of(&["Next"])));
        open.extend(state.text_of(&["Next"]));
    }
}
