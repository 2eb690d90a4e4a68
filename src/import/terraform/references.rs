//! What expressions of a configuration refer to, through variables and outputs of modules.

use super::{list, members};
use crate::import::resource::{Data, Resource, Value};
use crate::spec;
use std::collections::{BTreeMap, BTreeSet};

/// Deepest chain of variables and outputs that is followed.
const MOST_STEPS: usize = 20;
/// Most names that one expression is found to mean.
const MOST_NAMES: usize = 200;

/// Modules of a configuration by their address without indexes: `` is the root, `module.a.module.b`.
pub(super) struct Scope<'v> {
    modules: BTreeMap<String, Module<'v>>,
}

/// One module.
struct Module<'v> {
    configuration: &'v spec::Value,
    /// Expressions that its variables are given, which belong to the module around it.
    given: Option<&'v spec::Value>,
    /// Resources by their address in the module.
    resources: BTreeMap<String, &'v spec::Value>,
}

impl<'v> Scope<'v> {
    /// Gathers the modules of a configuration.
    pub(super) fn root(configuration: &'v spec::Value) -> Scope<'v> {
        let mut modules = BTreeMap::new();
        let mut open = vec![(String::new(), configuration, None)];
        while let Some((address, configuration, given)) = open.pop() {
            for call in members(configuration.get("module_calls")) {
                let inner = joined(&address, &format!("module.{}", call.key));
                if let Some(module) = call.value.get("module") {
                    open.push((inner, module, call.value.get("expressions")));
                }
            }
            let resources = list(configuration, "resources").iter();
            let resources = resources.filter_map(|one| {
                let address = one.get("address").and_then(spec::Value::as_text)?;
                Some((address.to_owned(), one))
            });
            let module = Module {
                configuration,
                given,
                resources: resources.collect(),
            };
            modules.insert(address, module);
        }
        Scope { modules }
    }

    /// Puts what the expressions of a resource refer to into its planned values.
    pub(super) fn overlay(&self, address: &str, properties: &mut Value) {
        let plain = without_indexes(address);
        let (module, local) = parted(&plain);
        let Some(scope) = self.modules.get(module) else {
            return;
        };
        if let Some(expressions) = scope
            .resources
            .get(local)
            .and_then(|one| one.get("expressions"))
        {
            self.lay(module, expressions, properties);
        }
    }

    /// Lays a block of expressions over a value.
    fn lay(&self, module: &str, expressions: &spec::Value, value: &mut Value) {
        if matches!(value.data, Data::Null) {
            value.data = Data::Object(Vec::new());
        }
        let Data::Object(planned) = &mut value.data else {
            return;
        };
        for expression in expressions.members() {
            let at = match planned.iter().position(|(key, _)| *key == expression.key) {
                Some(at) => at,
                None => {
                    let place = expression.value.place.clone();
                    planned.push((expression.key.clone(), Value::new(place, Data::Null)));
                    planned.len() - 1
                }
            };
            if let Some((_, own)) = planned.get_mut(at) {
                self.lay_one(module, &expression.value, own);
            }
        }
    }

    /// Lays one expression, or the blocks of a key, over a value.
    fn lay_one(&self, module: &str, expression: &spec::Value, value: &mut Value) {
        match &expression.data {
            spec::Data::List(blocks) => {
                if value.is_null() {
                    let empty = blocks
                        .iter()
                        .map(|block| Value::new(block.place.clone(), Data::Null));
                    value.data = Data::List(empty.collect());
                }
                match &mut value.data {
                    Data::List(planned) => {
                        for (block, own) in blocks.iter().zip(planned) {
                            self.lay(module, block, own);
                        }
                    }
                    Data::Object(_) => {
                        if let Some(block) = blocks.first() {
                            self.lay(module, block, value);
                        }
                    }
                    Data::Null
                    | Data::Bool(_)
                    | Data::Number(_)
                    | Data::Text(_)
                    | Data::Open { .. } => {}
                }
            }
            spec::Data::Object(_) => {
                let references = list(expression, "references");
                let constant = expression.get("constant_value");
                if references.is_empty() && constant.is_none() && !value.is_null() {
                    // A single block, as some providers write them.
                    return self.lay(module, expression, value);
                }
                if let (true, Some(constant)) = (value.is_null(), constant) {
                    value.data = Value::plain(constant).data;
                }
                let words: Vec<&str> = references.iter().filter_map(spec::Value::as_text).collect();
                let mut names = BTreeSet::new();
                for word in most_precise(&words) {
                    self.mean(module, word, 0, &mut names);
                }
                value.names.extend(names);
                if value.is_null() && !words.is_empty() {
                    let word = words.first().copied().unwrap_or_default();
                    value.data = Data::Open {
                        text: format!("${{{word}}}"),
                        why: "it is known only where it is applied".to_owned(),
                    };
                    value.place = expression.place.clone();
                }
            }
            spec::Data::Null
            | spec::Data::Bool(_)
            | spec::Data::Number(_)
            | spec::Data::Text(_) => {}
        }
    }

    /// Finds the resources that a reference means.
    fn mean(&self, module: &str, reference: &str, steps: usize, found: &mut BTreeSet<String>) {
        let Some(scope) = self.modules.get(module) else {
            return;
        };
        if steps > MOST_STEPS || found.len() >= MOST_NAMES {
            return;
        }
        let words: Vec<&str> = reference.split('.').collect();
        let plain = |word: &str| word.split('[').next().unwrap_or(word).to_owned();
        match words.as_slice() {
            ["var", name, ..] => {
                let given = scope.given.and_then(|given| given.get(&plain(name)));
                let (outer, _) = match module.rsplit_once("module.") {
                    Some((outer, name)) => (outer.trim_end_matches('.'), name),
                    None => return,
                };
                let references = given
                    .map(|given| list(given, "references"))
                    .unwrap_or_default();
                let words: Vec<&str> = references.iter().filter_map(spec::Value::as_text).collect();
                for word in most_precise(&words) {
                    self.mean(outer, word, steps + 1, found);
                }
            }
            ["module", name, output, ..] => {
                let inner = joined(module, &format!("module.{}", plain(name)));
                let outputs = self
                    .modules
                    .get(&inner)
                    .and_then(|one| one.configuration.get("outputs"));
                let output = outputs.and_then(|outputs| outputs.get(&plain(output)));
                let expression = output.and_then(|output| output.get("expression"));
                let references = expression
                    .map(|one| list(one, "references"))
                    .unwrap_or_default();
                let words: Vec<&str> = references.iter().filter_map(spec::Value::as_text).collect();
                for word in most_precise(&words) {
                    self.mean(&inner, word, steps + 1, found);
                }
            }
            ["data", type_name, name, ..] => {
                let local = format!("data.{type_name}.{}", plain(name));
                if scope.resources.contains_key(&local) {
                    found.insert(joined(module, &local));
                }
            }
            [type_name, name, ..] => {
                let local = format!("{type_name}.{}", plain(name));
                if scope.resources.contains_key(&local) {
                    // The index stays: it says which of several is meant.
                    found.insert(joined(module, &format!("{type_name}.{name}")));
                }
            }
            [] | [_] => {}
        }
    }
}

/// Returns the references that no other one begins with: a plan lists `a.b.c`, `a.b` and `a`.
fn most_precise<'w>(words: &[&'w str]) -> Vec<&'w str> {
    // Lists are short, except where somebody tries what happens.
    const MOST: usize = 500;
    let words = &words[..words.len().min(MOST)];
    let is_prefix = |word: &str| {
        words.iter().any(|other| {
            let rest = other.strip_prefix(word);
            rest.is_some_and(|rest| rest.starts_with(['.', '[']))
        })
    };
    words
        .iter()
        .copied()
        .filter(|word| !is_prefix(word))
        .collect()
}

/// Puts an address behind that of its module.
fn joined(module: &str, local: &str) -> String {
    match module {
        "" => local.to_owned(),
        module => format!("{module}.{local}"),
    }
}

/// Parts an address without indexes into its module and the rest.
fn parted(address: &str) -> (&str, &str) {
    let mut at = 0;
    let mut words = address.split('.');
    while words.next() == Some("module") {
        let Some(name) = words.next() else { break };
        at += "module.".len() + name.len() + 1;
    }
    match at {
        0 => ("", address),
        at => (
            address.get(..at - 1).unwrap_or(address),
            address.get(at..).unwrap_or_default(),
        ),
    }
}

/// Returns an address without the indexes of instances.
pub(super) fn without_indexes(address: &str) -> String {
    let mut plain = String::new();
    let mut depth = 0_usize;
    for letter in address.chars() {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            letter if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    plain
}

/// Returns the policy documents that a configuration holds as data; `planned_values` do not.
pub(super) fn documents(scope: &Scope<'_>) -> Vec<Resource> {
    let mut found = Vec::new();
    for (module, inside) in &scope.modules {
        for (local, one) in &inside.resources {
            if !local.starts_with("data.aws_iam_policy_document.") {
                continue;
            }
            let Some(expressions) = one.get("expressions") else {
                continue;
            };
            let mut properties = Value::new(one.place.clone(), Data::Null);
            scope.lay(module, expressions, &mut properties);
            found.push(Resource {
                id: joined(module, local),
                short: local.clone(),
                type_name: "data.aws_iam_policy_document".to_owned(),
                properties,
                place: one.place.clone(),
            });
        }
    }
    found
}

/// Returns the addresses of all resources by what they are without indexes.
pub(super) fn addresses(resources: &[Resource]) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for resource in resources {
        let plain = without_indexes(&resource.id);
        found.entry(plain).or_default().push(resource.id.clone());
    }
    found
}

/// Puts instances in place of the names that a resource has: that with the index which is written,
/// else that with the resource's own index, else all of them.
pub(super) fn choose(resource: &mut Resource, addresses: &BTreeMap<String, Vec<String>>) {
    let own = index(&resource.id).map(str::to_owned);
    choose_in(&mut resource.properties, own.as_deref(), addresses);
}

/// Does so for a value and all in it.
fn choose_in(value: &mut Value, own: Option<&str>, addresses: &BTreeMap<String, Vec<String>>) {
    let mut names = Vec::new();
    for name in std::mem::take(&mut value.names) {
        let Some(instances) = addresses.get(&without_indexes(&name)) else {
            continue;
        };
        let exact = instances
            .iter()
            .filter(|one| **one == name || one.ends_with(&name));
        let mut chosen: Vec<&String> = exact.take(1).collect();
        if let (true, Some(own)) = (chosen.is_empty(), own) {
            chosen.extend(instances.iter().find(|one| index(one) == Some(own)));
        }
        if chosen.is_empty() {
            chosen.extend(instances.iter().take(MOST_NAMES));
        }
        names.extend(chosen.into_iter().cloned());
    }
    value.names = names;
    match &mut value.data {
        Data::List(entries) => entries
            .iter_mut()
            .for_each(|entry| choose_in(entry, own, addresses)),
        Data::Object(members) => members
            .iter_mut()
            .for_each(|(_, value)| choose_in(value, own, addresses)),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::Open { .. } => {}
    }
}

/// Returns the index of an instance, if its address ends with one.
fn index(address: &str) -> Option<&str> {
    let (_, index) = address.strip_suffix(']')?.rsplit_once('[')?;
    Some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_parted_into_module_and_rest() {
        assert_eq!(parted("aws_sqs_queue.jobs"), ("", "aws_sqs_queue.jobs"));
        assert_eq!(
            parted("module.a.module.b.aws_sqs_queue.jobs"),
            ("module.a.module.b", "aws_sqs_queue.jobs")
        );
        assert_eq!(
            without_indexes("module.a[0].aws_sqs_queue.q[\"x.y\"]"),
            "module.a.aws_sqs_queue.q"
        );
    }

    #[test]
    fn the_longest_of_each_reference_is_taken() {
        let words = [
            "aws_sqs_queue.q[0].arn",
            "aws_sqs_queue.q[0]",
            "aws_sqs_queue.q",
            "each.key",
        ];

        assert_eq!(most_precise(&words), ["aws_sqs_queue.q[0].arn", "each.key"]);
    }
}
