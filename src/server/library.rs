//! The topologies that can be chosen, and the one that was named.

use crate::spec::{self, Data, Value};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The topology that the page begins with where none was named.
///
/// CHOICE: the one that the README shows.
const FIRST: &str = "url-shortener";

/// A topology that the program carries.
#[derive(Clone, Copy, Debug)]
pub struct Shipped {
    /// What it is for, in a word.
    pub group: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub text: &'static str,
}

/// A file that was named on the command line.
#[derive(Clone, Debug)]
pub struct Given {
    /// As it was named there.
    pub name: String,
    /// What it is called in messages.
    pub shown: String,
    /// Where its recorded arrivals are.
    pub directory: PathBuf,
    /// What it says.
    pub text: String,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Library {
    shipped: Vec<Shipped>,
    given: Option<Given>,
    /// The name of the one that the page begins with.
    first: String,
    /// Recorded arrivals that `given` names.
    traces: Vec<String>,
}

/// What is told of a topology before it is chosen.
#[derive(Debug, Serialize)]
pub(super) struct Entry<'l> {
    name: &'l str,
    group: &'l str,
    description: Option<String>,
    question: Option<String>,
    variants: Vec<String>,
    /// Whether the page begins with it.
    first: bool,
}

/// What a text is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Called {
    /// On the command line.
    pub(super) argument: String,
    /// In messages.
    pub(super) shown: String,
}

impl Library {
    /// Makes the library; the page begins with a file that was named.
    pub(super) fn new(
        shipped: Vec<Shipped>,
        given: Option<Given>,
        first: Option<String>,
    ) -> Library {
        let named = given.as_ref().map(|given| given.name.clone());
        let first = named.or(first).unwrap_or_else(|| FIRST.to_owned());
        let file = given
            .as_ref()
            .and_then(|given| spec::read(&given.text).ok());
        let mut traces = Vec::new();
        if let Some(file) = &file {
            collect(file, "trace", &mut traces);
        }
        Library {
            shipped,
            given,
            first,
            traces,
        }
    }

    /// Lists them, the one that was named before all others.
    pub(super) fn entries(&self) -> Vec<Entry<'_>> {
        let given = self.given.iter();
        let given = given.map(|given| ("Yours", given.name.as_str(), given.text.as_str()));
        let shipped = self.shipped.iter();
        let shipped = shipped.map(|one| (one.group, one.name, one.text));
        given
            .chain(shipped)
            .map(|(group, name, text)| {
                let file = spec::read(text).ok();
                let member = |key| Some(file.as_ref()?.get(key)?.as_text()?.to_owned());
                Entry {
                    name,
                    group,
                    description: member("description"),
                    question: member("question"),
                    variants: file.as_ref().map_or_else(Vec::new, variants),
                    first: name == self.first,
                }
            })
            .collect()
    }

    /// Returns the text of one of them.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let given = self.given.as_ref().filter(|given| given.name == name);
        let shipped = || self.shipped.iter().find(|one| one.name == name);
        match given {
            Some(given) => Some(&given.text),
            None => shipped().map(|one| one.text),
        }
    }

    /// Returns their names.
    pub(super) fn names(&self) -> Vec<&str> {
        let given = self.given.iter().map(|given| given.name.as_str());
        let shipped = self.shipped.iter().map(|one| one.name);
        given.chain(shipped).collect()
    }

    /// Says what to call a text: a name of ours while it says what we say, standard input if
    /// it has none.
    pub(super) fn called(&self, file: Option<&str>, text: &str) -> Called {
        let Some(file) = file.filter(|file| !file.is_empty()) else {
            return Called {
                argument: "-".to_owned(),
                shown: "<stdin>".to_owned(),
            };
        };
        if let Some(given) = self.given.as_ref().filter(|given| given.name == file) {
            return Called {
                argument: given.name.clone(),
                shown: given.shown.clone(),
            };
        }
        let shipped = self.shipped.iter().find(|one| one.name == file);
        let shown = match shipped {
            Some(_) => format!("{file}.json"),
            None => file.to_owned(),
        };
        Called {
            // Once it was changed, it is a file that has to be saved first.
            argument: match shipped {
                Some(one) if one.text == text => file.to_owned(),
                Some(_) | None => shown.clone(),
            },
            shown,
        }
    }

    /// Returns where recorded arrivals are looked for.
    pub(super) fn directory(&self) -> &Path {
        let given = self.given.as_ref().map(|given| given.directory.as_path());
        given.unwrap_or(Path::new("."))
    }

    /// Returns the recorded arrivals that may be read, as a file names them.
    pub(super) fn traces(&self) -> &[String] {
        &self.traces
    }
}

/// Returns the names of a file's variants.
pub(super) fn variants(file: &Value) -> Vec<String> {
    let variants = file.get("variants").map(Value::members);
    let variants = variants.unwrap_or_default().iter();
    variants.map(|variant| variant.key.clone()).collect()
}

/// Collects the texts that stand anywhere under a key.
fn collect(value: &Value, key: &str, found: &mut Vec<String>) {
    if let Data::List(items) = &value.data {
        items.iter().for_each(|item| collect(item, key, found));
    }
    for member in value.members() {
        match member.value.as_text() {
            Some(text) if member.key == key => found.push(text.to_owned()),
            Some(_) | None => collect(&member.value, key, found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_are_those_of_the_topology_that_was_named() {
        let given = Given {
            name: "mine.json".to_owned(),
            shown: "mine.json".to_owned(),
            directory: PathBuf::from("designs"),
            text: r#"{ "load": [ { "trace": "a.csv" }, { "trace": { "times": [] } } ],
                "variants": { "b": { "load": [ { "trace": "b.csv" } ] } }, "name": "c.csv" }"#
                .to_owned(),
        };

        let library = Library::new(Vec::new(), Some(given), None);

        assert_eq!(library.traces(), ["a.csv", "b.csv"]);
        assert_eq!(library.directory(), Path::new("designs"));
        assert_eq!(Library::new(Vec::new(), None, None).traces(), [""; 0]);
    }

    #[test]
    fn a_text_has_the_name_of_ours_while_it_is_ours() {
        let shipped = Shipped {
            group: "Lessons",
            name: "one",
            text: "{}",
        };
        let library = Library::new(vec![shipped], None, None);
        let called = |file, text| {
            let called = library.called(file, text);
            [called.argument, called.shown]
        };

        assert_eq!(called(Some("one"), "{}"), ["one", "one.json"]);
        assert_eq!(called(Some("one"), "{ }"), ["one.json", "one.json"]);
        assert_eq!(called(Some("a/b.json"), "{}"), ["a/b.json", "a/b.json"]);
        assert_eq!(called(None, "{}"), ["-", "<stdin>"]);
    }
}
