//! Resources and references: what both formats are read into.
//!
//! A property is found by its name in either spelling: case and underscores do not count, so that
//! `MemorySize` is `memory_size`, and a nested block, which a plan writes as a list of one, is an
//! object. Every value knows which resources it names; a text that is known only once
//! everything stands is `Open` and knows why.
//!
//! Not here: what the types of resources mean (`kinds`).

use crate::diagnostic::Place;
use crate::spec;
use std::collections::BTreeMap;

/// Everything that a template declares.
#[derive(Debug, Default)]
pub(crate) struct Stack {
    /// What the template says that it is.
    pub(crate) description: Option<String>,
    /// Resources in the order of the template.
    pub(crate) resources: Vec<Resource>,
    /// Positions by id, and by the id without the index of an instance.
    index: BTreeMap<String, Vec<usize>>,
}

impl Stack {
    /// Gathers resources.
    pub(crate) fn new(description: Option<String>, resources: Vec<Resource>) -> Stack {
        let mut index: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, resource) in resources.iter().enumerate() {
            index.entry(resource.id.clone()).or_default().push(at);
            if let Some((base, _)) = resource.id.rsplit_once('[') {
                index.entry(base.to_owned()).or_default().push(at);
            }
        }
        Stack {
            description,
            resources,
            index,
        }
    }

    /// Returns the positions of the resources that an id means: one, or all its instances.
    pub(crate) fn find(&self, id: &str) -> &[usize] {
        self.index.get(id).map_or(&[], Vec::as_slice)
    }

    /// Returns the resources that a value names.
    pub(crate) fn named<'s>(&'s self, value: &Value) -> Vec<&'s Resource> {
        let mentions = value.mentions();
        let found = mentions.iter().flat_map(|id| self.find(id));
        found.filter_map(|at| self.resources.get(*at)).collect()
    }

    /// Returns the resources of some types that name a resource in one of some properties.
    pub(crate) fn about<'s>(
        &'s self,
        resource: &Resource,
        types: &[&str],
        paths: &[&str],
    ) -> Vec<&'s Resource> {
        let of_types = self.resources.iter();
        of_types
            .filter(|one| types.contains(&one.type_name.as_str()))
            .filter(|one| {
                let value = one.properties.first(paths);
                value.is_some_and(|value| {
                    self.named(value)
                        .iter()
                        .any(|named| named.id == resource.id)
                })
            })
            .collect()
    }
}

/// One resource.
#[derive(Debug)]
pub(crate) struct Resource {
    /// Logical id or address, by which others name it.
    pub(crate) id: String,
    /// Its name without what all of its type have in theirs, from which the node's is made.
    pub(crate) short: String,
    /// Type, as the format calls it.
    pub(crate) type_name: String,
    /// What is said about it.
    pub(crate) properties: Value,
    /// Where it is declared.
    pub(crate) place: Place,
}

/// A value of a property, with the resources that it names.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    /// Where it is written.
    pub(crate) place: Place,
    /// What it is.
    pub(crate) data: Data,
    /// Resources that it names itself, by id.
    pub(crate) names: Vec<String>,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it is written.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// An object.
    Object(Vec<(String, Value)>),
    /// Not known here.
    Open {
        /// What is known of a text, with `${…}` for the rest.
        text: String,
        /// Why it is not known.
        why: String,
    },
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        self.data == other.data
    }
}

impl Value {
    /// Makes a value that names nobody.
    pub(crate) fn new(place: Place, data: Data) -> Value {
        Value {
            place,
            data,
            names: Vec::new(),
        }
    }

    /// Copies a value of a file as it is.
    pub(crate) fn plain(value: &spec::Value) -> Value {
        let data = match &value.data {
            spec::Data::Null => Data::Null,
            spec::Data::Bool(yes) => Data::Bool(*yes),
            spec::Data::Number(number) => Data::Number(number.clone()),
            spec::Data::Text(text) => Data::Text(text.clone()),
            spec::Data::List(entries) => Data::List(entries.iter().map(Value::plain).collect()),
            spec::Data::Object(members) => Data::Object(
                members
                    .iter()
                    .map(|member| (member.key.clone(), Value::plain(&member.value)))
                    .collect(),
            ),
        };
        Value::new(value.place.clone(), data)
    }

    /// Whether it is as good as absent.
    pub(crate) fn is_null(&self) -> bool {
        self.data == Data::Null
    }

    /// Returns the entries of a list; of any other value, itself alone.
    pub(crate) fn entries(&self) -> &[Value] {
        match &self.data {
            Data::List(entries) => entries,
            Data::Null => &[],
            Data::Bool(_)
            | Data::Number(_)
            | Data::Text(_)
            | Data::Object(_)
            | Data::Open { .. } => std::slice::from_ref(self),
        }
    }

    /// Returns the members of an object, or of a block.
    pub(crate) fn members(&self) -> &[(String, Value)] {
        match &self.data {
            Data::Object(members) => members,
            Data::List(entries) => match entries.as_slice() {
                [only] => only.members(),
                _ => &[],
            },
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::Open { .. } => &[],
        }
    }

    /// Returns a property of an object, or of a block, unless it is null.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        let found = self.members().iter().find(|(name, _)| same(name, key));
        found
            .map(|(_, value)| value)
            .filter(|value| !value.is_null())
    }

    /// Returns the first of some properties that is there; a dot leads into an object.
    pub(crate) fn first(&self, paths: &[&str]) -> Option<&Value> {
        paths.iter().find_map(|path| {
            let mut at = self;
            for key in path.split('.') {
                at = at.get(key)?;
            }
            Some(at)
        })
    }

    /// Returns the entries of the first of some properties that is there.
    pub(crate) fn all(&self, paths: &[&str]) -> &[Value] {
        self.first(paths).map_or(&[], Value::entries)
    }

    /// Returns a text, if it is one that is known.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) | Data::Number(text) => Some(text),
            Data::Null | Data::Bool(_) | Data::List(_) | Data::Object(_) | Data::Open { .. } => {
                None
            }
        }
    }

    /// Returns what is known of a text, with `${…}` for the rest.
    pub(crate) fn pattern(&self) -> Option<&str> {
        match &self.data {
            Data::Open { text, .. } => Some(text),
            Data::Null
            | Data::Bool(_)
            | Data::Number(_)
            | Data::Text(_)
            | Data::List(_)
            | Data::Object(_) => self.text(),
        }
    }

    /// Whether it is `true`, as a word or as a value.
    pub(crate) fn is_true(&self) -> bool {
        self.data == Data::Bool(true) || self.text() == Some("true")
    }

    /// Returns a number.
    pub(crate) fn number(&self) -> Option<f64> {
        let number: f64 = self.text()?.trim().parse().ok()?;
        number.is_finite().then_some(number)
    }

    /// Returns the text of a property.
    pub(crate) fn text_of(&self, paths: &[&str]) -> Option<&str> {
        self.first(paths).and_then(Value::text)
    }

    /// Returns all resources that it or anything in it names, each once.
    pub(crate) fn mentions(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.gather(&mut found);
        found
    }

    /// Adds the resources that it names.
    fn gather<'v>(&'v self, found: &mut Vec<&'v str>) {
        for name in &self.names {
            // Lists of names are short, except where somebody tries what happens.
            if found.len() < 1_000 && !found.contains(&name.as_str()) {
                found.push(name);
            }
        }
        match &self.data {
            Data::List(entries) => entries.iter().for_each(|entry| entry.gather(found)),
            Data::Object(members) => members.iter().for_each(|(_, value)| value.gather(found)),
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::Open { .. } => {}
        }
    }

    /// Returns what a text of JSON says, with the resources that its texts name; any other
    /// value as it is.
    pub(crate) fn parsed(&self) -> Value {
        let text = self
            .pattern()
            .filter(|text| text.trim_start().starts_with(['{', '[']));
        match text.map(spec::read) {
            Some(Ok(value)) => Value::plain(&value).inside(self),
            Some(Err(_)) | None => self.clone(),
        }
    }

    /// Returns the entries of a list, which may be written as a text of JSON.
    pub(crate) fn parsed_list(&self) -> Vec<Value> {
        self.parsed().entries().to_vec()
    }

    /// Gives a value the place of the text that it was read from, and the names in its texts.
    fn inside(mut self, text: &Value) -> Value {
        self.place = text.place.clone();
        match &mut self.data {
            Data::List(entries) => {
                let read = std::mem::take(entries).into_iter();
                *entries = read.map(|entry| entry.inside(text)).collect();
            }
            Data::Object(members) => {
                let read = std::mem::take(members).into_iter();
                *members = read.map(|(key, value)| (key, value.inside(text))).collect();
            }
            Data::Text(own) => {
                let named = text.names.iter();
                let found = named.filter(|name| holes(own).any(|hole| hole == name.as_str()));
                self.names = found.cloned().collect();
                if let (false, Data::Open { why, .. }) = (self.names.is_empty(), &text.data) {
                    self.data = Data::Open {
                        text: own.clone(),
                        why: why.clone(),
                    };
                }
            }
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Open { .. } => {}
        }
        self
    }

    /// Returns it as messages quote it.
    pub(crate) fn shown(&self) -> String {
        match &self.data {
            Data::Null => "null".to_owned(),
            Data::Bool(yes) => yes.to_string(),
            Data::Number(text) => spec::value::shortened(text),
            Data::Text(text) | Data::Open { text, .. } => {
                format!("\"{}\"", spec::value::shortened(text))
            }
            Data::List(_) => "a list".to_owned(),
            Data::Object(_) => "an object".to_owned(),
        }
    }
}

/// Returns the names in the `${…}` of a text, without what follows a dot.
pub(crate) fn holes(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split("${").skip(1);
    parts.filter_map(|part| {
        let (inside, _) = part.split_once('}')?;
        Some(inside.split('.').next().unwrap_or(inside).trim())
    })
}

/// Whether two names of a property are the same in different spellings.
fn same(one: &str, other: &str) -> bool {
    let letters = |text: &'_ str| {
        text.bytes()
            .filter(|byte| *byte != b'_')
            .map(|byte| byte.to_ascii_lowercase())
            .collect::<Vec<u8>>()
    };
    one == other || letters(one) == letters(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_is_found_in_either_spelling_and_in_a_block() {
        let text = |text: &str| Value::new(Place::Whole, Data::Text(text.to_owned()));
        let object = |key: &str, value: Value| {
            Value::new(Place::Whole, Data::Object(vec![(key.to_owned(), value)]))
        };
        let block = Value::new(Place::Whole, Data::List(vec![object("mode", text("on"))]));
        let resource = object("tracing_config", block);

        assert_eq!(resource.text_of(&["TracingConfig.Mode"]), Some("on"));
        assert_eq!(resource.text_of(&["TracingConfig.Node"]), None);
    }
}
