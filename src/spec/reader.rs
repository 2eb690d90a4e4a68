//! Reads an object key by key, and reports what is wrong with it.
//!
//! Every method that names a key returns its value in base units, or nothing: if
//! the key is absent, or if it is wrong, which is then recorded. A key that was
//! never asked for is unknown; that is reported when the reader goes out of scope,
//! so nothing in a file can be ignored by accident.

use crate::diagnostic::Place;
use crate::random::law::{KeyLaw, Law};
use crate::spec::field::Field;
use crate::spec::nearest;
use crate::spec::sink::Sink;
use crate::spec::value::{Data, Member, Value};
use crate::units::Span;
use std::ops::RangeInclusive;

/// What messages call the keys of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noun {
    /// Parameters of a node.
    Parameter,
    /// Keys of anything else.
    Key,
}

/// Reads one object.
#[derive(Debug)]
pub struct Object<'a> {
    /// The value that is the object.
    value: &'a Value,
    /// What messages call it: “node `hot`”.
    owner: String,
    /// What messages call its keys.
    noun: Noun,
    /// Names asked for so far.
    accepted: Vec<&'static str>,
    /// Whether unread keys are reported.
    strict: bool,
    /// Where mistakes go.
    sink: &'a Sink,
}

impl<'a> Object<'a> {
    /// Reads `value`, which messages call `owner`; any other value has no keys.
    pub fn new(value: &'a Value, owner: &str, noun: Noun, sink: &'a Sink) -> Object<'a> {
        Object {
            value,
            owner: owner.to_owned(),
            noun,
            accepted: Vec::new(),
            strict: true,
            sink,
        }
    }

    /// Returns what messages call the object: “node `hot`”.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Changes what messages call the object, once its keys have told.
    pub fn rename(&mut self, owner: &str) {
        owner.clone_into(&mut self.owner);
    }

    /// Returns where the value of a key was written; the object where it is absent.
    pub fn place_of(&self, key: &str) -> &'a Place {
        self.value
            .get(key)
            .map_or(self.place(), |value| &value.place)
    }

    /// Returns the text under a key, if it is one; does not count it as known.
    pub fn text_of(&self, key: &str) -> Option<&'a str> {
        self.value.get(key).and_then(Value::as_text)
    }

    /// Returns where the object was written.
    pub fn place(&self) -> &'a Place {
        &self.value.place
    }

    /// Returns where mistakes go.
    pub fn sink(&self) -> &'a Sink {
        self.sink
    }

    /// Returns the value under a key, whatever it is, and counts the key as known.
    pub fn field(&mut self, key: &'static str) -> Option<Field<'a>> {
        if !self.accepted.contains(&key) {
            self.accepted.push(key);
        }
        let value = self.value.get(key)?;
        let name = match self.owner.as_str() {
            // Of the top level it goes without saying.
            "the file" => format!("`{key}`"),
            owner => format!("`{key}` of {owner}"),
        };
        Some(Field::new(value, name, self.sink))
    }

    /// Returns the value under a key, or records that it is missing.
    pub fn required(&mut self, key: &'static str) -> Option<Field<'a>> {
        let field = self.field(key);
        if field.is_none() {
            self.missing(key);
        }
        field
    }

    /// Records that a key is missing.
    pub fn missing(&self, key: &str) {
        let message = format!("{} needs `{key}`", self.owner);
        self.sink.error("key::missing", self.place(), message);
    }

    /// Says whether a key was written; does not count it as known.
    pub fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some()
    }

    /// Records a mistake of a key's value; of the object where the key is absent.
    pub fn error_at(&self, key: &str, code: &'static str, message: impl Into<String>) {
        let place = self
            .value
            .get(key)
            .map_or(self.place(), |value| &value.place);
        self.sink.error(code, place, message);
    }

    /// Records that two keys exclude each other, if both are there.
    pub fn exclusive(&self, one: &str, other: &str) {
        if self.has(one) && self.has(other) {
            let message = format!("{} has both `{one}` and `{other}`", self.owner);
            self.error_at(other, "key::exclusive", message);
        }
    }

    /// Reads a duration.
    pub fn duration(&mut self, key: &'static str) -> Option<Span> {
        self.field(key)?.duration()
    }

    /// Reads a duration within a range.
    pub fn duration_in(&mut self, key: &'static str, range: RangeInclusive<Span>) -> Option<Span> {
        self.field(key)?.duration_in(range)
    }

    /// Reads a distribution of durations [ns].
    pub fn duration_law(&mut self, key: &'static str) -> Option<Law> {
        self.field(key)?.duration_law()
    }

    /// Reads a size [bytes].
    pub fn size(&mut self, key: &'static str) -> Option<u64> {
        self.field(key)?.size()
    }

    /// Reads a size within a range [bytes].
    pub fn size_in(&mut self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        self.field(key)?.size_in(range)
    }

    /// Reads a distribution of sizes [bytes].
    pub fn size_law(&mut self, key: &'static str) -> Option<Law> {
        self.field(key)?.size_law()
    }

    /// Reads a whole number.
    pub fn count(&mut self, key: &'static str) -> Option<u64> {
        self.field(key)?.count()
    }

    /// Reads a whole number within a range; an end of `u64::MAX` is no bound.
    pub fn count_in(&mut self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        self.field(key)?.count_in(range)
    }

    /// Reads a whole number, or `"unlimited"` as `u64::MAX`.
    pub fn count_or_unlimited(&mut self, key: &'static str) -> Option<u64> {
        self.field(key)?.count_or_unlimited()
    }

    /// Reads a distribution of counts.
    pub fn count_law(&mut self, key: &'static str) -> Option<Law> {
        self.field(key)?.count_law()
    }

    /// Reads a share, 0..=1.
    pub fn share(&mut self, key: &'static str) -> Option<f64> {
        self.field(key)?.share()
    }

    /// Reads a factor or weight, at least 0.
    pub fn factor(&mut self, key: &'static str) -> Option<f64> {
        self.field(key)?.factor()
    }

    /// Reads a factor within a range.
    pub fn factor_in(&mut self, key: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        self.field(key)?.factor_in(range)
    }

    /// Reads a rate [1/s].
    pub fn rate(&mut self, key: &'static str) -> Option<f64> {
        self.field(key)?.rate()
    }

    /// Reads a rate within a range [1/s].
    pub fn rate_in(&mut self, key: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        self.field(key)?.rate_in(range)
    }

    /// Reads a bandwidth [bytes/s], more than 0.
    pub fn bandwidth(&mut self, key: &'static str) -> Option<f64> {
        self.field(key)?.bandwidth()
    }

    /// Reads a text.
    pub fn text(&mut self, key: &'static str) -> Option<&'a str> {
        self.field(key)?.text()
    }

    /// Reads `true` or `false`.
    pub fn bool(&mut self, key: &'static str) -> Option<bool> {
        self.field(key)?.bool()
    }

    /// Reads one of a closed set of words.
    pub fn choice(&mut self, key: &'static str, words: &[&'static str]) -> Option<&'static str> {
        self.field(key)?.choice(words)
    }

    /// Reads a key law.
    pub fn key_law(&mut self, key: &'static str) -> Option<KeyLaw> {
        self.field(key)?.key_law()
    }

    /// Reads an object under a key.
    pub fn object(&mut self, key: &'static str) -> Option<Object<'a>> {
        self.field(key)?.object()
    }

    /// Reads a list under a key.
    pub fn list(&mut self, key: &'static str) -> Option<Vec<Field<'a>>> {
        self.field(key)?.list()
    }

    /// Returns all members, for objects whose keys are names of the user's.
    pub fn members(&mut self) -> &'a [Member] {
        self.strict = false;
        match &self.value.data {
            Data::Object(members) => members,
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::List(_) => &[],
        }
    }

    /// Gives up on the keys that were not read: something else is wrong already.
    pub fn ignore_rest(&mut self) {
        self.strict = false;
    }

    /// Reports every key that was not asked for, now rather than at the end of scope.
    pub fn finish(self) {}

    /// Reports one unknown key.
    fn unknown(&self, member: &Member) {
        let (code, noun) = match self.noun {
            Noun::Parameter => ("node::unknown-parameter", "parameter"),
            Noun::Key => ("key::unknown", "key"),
        };
        let key = crate::spec::value::shortened(&member.key);
        let message = format!("{} has no {noun} `{key}`", self.owner);
        let mut accepted = self.accepted.clone();
        accepted.sort_unstable();
        let help = nearest::help(&member.key, accepted.iter().copied());
        self.sink
            .error_with_help(code, &member.key_place, message, help);
    }
}

impl Drop for Object<'_> {
    fn drop(&mut self) {
        if self.strict {
            let members = self.value.members().iter();
            for member in members.filter(|one| !self.accepted.contains(&one.key.as_str())) {
                self.unknown(member);
            }
        }
    }
}
