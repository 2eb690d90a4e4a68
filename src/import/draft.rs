//! A node in the making: properties of a resource become parameters of a kind.
//!
//! A property that is not known here, or that the kind refuses, is left at the kind's default, and a
//! note says so; a property of the wrong type is a mistake of the template. Whether a kind
//! takes a value is asked of the kind itself, so no range is written down twice.

use super::resource::{Data, Resource, Stack, Value};
use super::said::Said;
use crate::component::{self, KindInfo};
use crate::diagnostic::{Place, Severity};
use crate::spec::value::shortened;
use crate::spec::{self, Noun, Object, Sink};

/// What becomes of a resource: a node of a kind, or nothing, or why it cannot be a node.
pub(crate) type Made = Result<Option<&'static str>, String>;

/// A parameter of a node.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    /// Its key.
    pub(crate) key: &'static str,
    /// Its value as it is written in a topology.
    pub(crate) json: String,
    /// Where it comes from.
    place: Place,
    /// What the template calls it.
    called: String,
}

impl Parameter {
    /// Makes a parameter that no template gives.
    pub(crate) fn assumed(key: &'static str, json: &str) -> Parameter {
        Parameter {
            key,
            json: json.to_owned(),
            place: Place::Whole,
            called: key.to_owned(),
        }
    }
}

/// A node in the making.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    /// The resource that it is made from.
    pub(crate) resource: &'a Resource,
    /// All resources.
    pub(crate) stack: &'a Stack,
    /// Where mistakes and notes go.
    pub(crate) said: &'a Said,
    parameters: Vec<Parameter>,
    /// What the file says about the node.
    pub(crate) comments: Vec<String>,
}

impl<'a> Draft<'a> {
    /// Begins a node.
    pub(crate) fn new(resource: &'a Resource, stack: &'a Stack, said: &'a Said) -> Draft<'a> {
        Draft {
            resource,
            stack,
            said,
            parameters: Vec::new(),
            comments: Vec::new(),
        }
    }

    /// Returns a property of the resource.
    pub(crate) fn value(&self, paths: &[&str]) -> Option<&'a Value> {
        self.resource.properties.first(paths)
    }

    /// Returns the text of a property of the resource, if it is known.
    pub(crate) fn text(&self, paths: &[&str]) -> Option<&'a str> {
        self.resource.properties.text_of(paths)
    }

    /// Whether a parameter has been written.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.parameters.iter().any(|one| one.key == key)
    }

    /// Writes a parameter; the last one of a key holds.
    pub(crate) fn put(&mut self, key: &'static str, json: impl Into<String>, from: &Value) {
        self.write(key, json.into(), from.place.clone(), key.to_owned());
    }

    /// Writes a parameter that the vendor's default gives, if nothing else has.
    pub(crate) fn usual(&mut self, key: &'static str, json: &str) {
        if !self.has(key) {
            let place = self.resource.place.clone();
            self.write(key, json.to_owned(), place, key.to_owned());
            self.comments.push(format!("`{key}` is AWS's default"));
        }
    }

    /// Writes a parameter.
    fn write(&mut self, key: &'static str, json: String, place: Place, called: String) {
        self.parameters.retain(|one| one.key != key);
        self.parameters.push(Parameter {
            key,
            json,
            place,
            called,
        });
    }

    /// Says that a property is not known.
    fn open(&self, name: &str, value: &Value, why: &str) {
        let id = shortened(&self.resource.id);
        let text =
            format!("`{name}` of `{id}` is not known: {why}; the default of the kind stands");
        self.said.note(&value.place, text);
    }

    /// Says that a property has the wrong type.
    fn wrong(&self, name: &str, value: &Value, wanted: &str) {
        let id = shortened(&self.resource.id);
        let message = format!("`{name}` of `{id}` must be {wanted}, got {}", value.shown());
        let sink = &self.said.sink;
        sink.error("template::wrong-type", &value.place, message);
    }

    /// Returns a number of some value that messages call by a name.
    pub(crate) fn number_in(&self, name: &str, value: &Value) -> Option<f64> {
        if let Data::Open { why, .. } = &value.data {
            self.open(name, value, why);
            return None;
        }
        match value.number() {
            Some(number) if number >= 0.0 => Some(number),
            Some(_) | None => {
                self.wrong(name, value, "a number of at least 0");
                None
            }
        }
    }

    /// Returns a number of the resource.
    pub(crate) fn number(&self, paths: &[&str]) -> Option<(f64, &'a Value)> {
        let value = self.value(paths)?;
        let number = self.number_in(last(paths), value)?;
        Some((number, value))
    }

    /// Writes a whole number.
    pub(crate) fn count(&mut self, key: &'static str, paths: &[&str]) {
        if let Some((number, value)) = self.number(paths) {
            if number.fract() != 0.0 || number > 1e15 {
                self.wrong(last(paths), value, "a whole number");
                return;
            }
            self.write(
                key,
                format!("{number}"),
                value.place.clone(),
                last(paths).to_owned(),
            );
        }
    }

    /// Writes a number with a unit.
    pub(crate) fn quantity(&mut self, key: &'static str, paths: &[&str], unit: &str) {
        if let Some((number, value)) = self.number(paths)
            && number <= 1e15
        {
            let json = format!("\"{number}{unit}\"");
            self.write(key, json, value.place.clone(), last(paths).to_owned());
        }
    }

    /// Writes `true` or `false`.
    pub(crate) fn flag(&mut self, key: &'static str, paths: &[&str]) {
        let Some(value) = self.value(paths) else {
            return;
        };
        let json = match (&value.data, value.text()) {
            (Data::Open { why, .. }, _) => return self.open(last(paths), value, why),
            (Data::Bool(yes), _) => yes.to_string(),
            (_, Some(word @ ("true" | "false"))) => word.to_owned(),
            _ => return self.wrong(last(paths), value, "true or false"),
        };
        self.write(key, json, value.place.clone(), last(paths).to_owned());
    }

    /// Writes a text as the template has it; whether the kind knows it is asked of the kind.
    pub(crate) fn name(&mut self, key: &'static str, paths: &[&str]) {
        let Some(value) = self.value(paths) else {
            return;
        };
        match (&value.data, value.text()) {
            (Data::Open { why, .. }, _) => self.open(last(paths), value, why),
            (_, Some(text)) => {
                let json = quoted(text);
                self.write(key, json, value.place.clone(), last(paths).to_owned());
            }
            _ => self.wrong(last(paths), value, "a text"),
        }
    }

    /// Writes a word of the kind in place of one of the template.
    pub(crate) fn word(&mut self, key: &'static str, paths: &[&str], words: &[(&str, &str)]) {
        let Some(value) = self.value(paths) else {
            return;
        };
        if let Data::Open { why, .. } = &value.data {
            return self.open(last(paths), value, why);
        }
        let text = match (&value.data, value.text()) {
            (_, Some(text)) => text,
            (Data::Bool(true), None) => "true",
            (Data::Bool(false), None) => "false",
            (_, None) => return self.wrong(last(paths), value, "a text"),
        };
        let found = words
            .iter()
            .find(|(from, _)| from.eq_ignore_ascii_case(text));
        match found {
            Some((_, word)) => {
                let json = quoted(word);
                self.write(key, json, value.place.clone(), last(paths).to_owned());
            }
            None => {
                let id = shortened(&self.resource.id);
                let text = format!(
                    "`{}` of `{id}` is {}, for which the kind has no word; its default stands",
                    last(paths),
                    value.shown()
                );
                self.said.note(&value.place, text);
            }
        }
    }

    /// Takes a note about the resource.
    pub(crate) fn note(&self, text: impl Into<String>) {
        self.said.note(&self.resource.place, text);
    }

    /// Returns the parameters that the kind takes, in the order in which they were written.
    pub(crate) fn finish(mut self, kind: &'static str) -> (Vec<Parameter>, Vec<String>) {
        debug_assert!(
            self.parameters
                .iter()
                .all(|one| super::kinds::writes(kind, one.key)),
            "{kind}: {:?}",
            self.parameters
        );
        if let Some(info) = component::find(kind) {
            while let Some((at, why)) = refused(info, &self.parameters) {
                let one = self.parameters.remove(at);
                let id = shortened(&self.resource.id);
                let text = format!(
                    "`{}` of `{id}` is left at the default of kind `{kind}`: {why}",
                    one.called
                );
                self.said.note(&one.place, text);
                let word = format!("`{}` is AWS's default", one.key);
                self.comments.retain(|comment| *comment != word);
            }
        }
        (self.parameters, self.comments)
    }
}

/// Returns the name that messages have for a property: the last word of the first path.
fn last<'p>(paths: &[&'p str]) -> &'p str {
    let first = paths.first().copied().unwrap_or_default();
    first.rsplit('.').next().unwrap_or(first)
}

/// Returns a text as JSON has it.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Returns the first parameter that a kind refuses, and why.
fn refused(info: &'static KindInfo, parameters: &[Parameter]) -> Option<(usize, String)> {
    let mut text = format!("{{\"kind\":{}", quoted(info.kind));
    let mut ends = Vec::new();
    for one in parameters {
        text.push_str(&format!(",{}:{}", quoted(one.key), one.json));
        ends.push(text.len());
    }
    text.push('}');
    let Ok(value) = spec::read(&text) else {
        // Only a value that is no JSON could be the reason; none of ours is.
        return parameters
            .len()
            .checked_sub(1)
            .map(|at| (at, "it cannot be written".to_owned()));
    };
    let sink = Sink::new();
    {
        let mut object = Object::new(&value, "the node", Noun::Parameter, &sink);
        object.field("kind");
        let _ = (info.read)(&mut object);
    }
    let mut found = sink.into_sorted();
    found.retain(|one| one.severity == Severity::Error);
    let first = found.first()?;
    let last = parameters.len().checked_sub(1)?;
    let at = match &first.place {
        Place::File(range) if range.start > 0 => ends
            .iter()
            .position(|end| range.start < *end)
            .unwrap_or(last),
        Place::File(_) | Place::Option(_) | Place::Whole => last,
    };
    Some((at, first.message.clone()))
}
