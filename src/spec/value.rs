//! The tree of values of a topology file, each with the place it was written at.
//!
//! Patches and options put their own values into the tree; these keep their own
//! places, so that a mistake is shown where it was made.

use crate::diagnostic::Place;

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Where it was written.
    pub place: Place,
    /// What was written.
    pub data: Data,
}

/// What was written.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// An object; its keys are distinct.
    Object(Vec<Member>),
}

/// A key of an object with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The key.
    pub key: String,
    /// Where the key was written.
    pub key_place: Place,
    /// The value.
    pub value: Value,
}

impl Value {
    /// Returns the members of an object, and nothing of any other value.
    pub fn members(&self) -> &[Member] {
        match &self.data {
            Data::Object(members) => members,
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::List(_) => &[],
        }
    }

    /// Returns the value of a key of an object.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let found = self.members().iter().find(|member| member.key == key);
        found.map(|member| &member.value)
    }

    /// Returns the text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::List(_) | Data::Object(_) => None,
        }
    }

    /// Returns the value as messages quote it: short, whatever its size.
    pub fn shown(&self) -> String {
        match &self.data {
            Data::Null => "null".to_owned(),
            Data::Bool(value) => value.to_string(),
            Data::Number(text) => shortened(text),
            Data::Text(text) => format!("\"{}\"", shortened(text)),
            Data::List(_) => "a list".to_owned(),
            Data::Object(_) => "an object".to_owned(),
        }
    }
}

/// Cuts a text that is too long to be quoted.
pub fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let head: String = text.chars().take(MOST).collect();
    format!("{head}…")
}
