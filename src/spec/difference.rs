//! What differs between two files, in the words of the files: paths with old and new values.
//!
//! Entries of named lists (`links`, `load`, `objectives`) are told apart by their
//! names, as patches do, so that a path here is one that `--set` accepts. What is
//! about the file and not about the design (its name, its texts, its variants) is
//! left out, and so is the order of keys and of named entries.

use crate::spec::chain;
use crate::spec::patch::{self, NAMED};
use crate::spec::value::{Data, Member, Value};
use std::borrow::Cow;

/// Members of the top level that say nothing about the design.
const SILENT: [&str; 5] = ["$schema", "name", "description", "question", "variants"];

/// One difference; something has no old value if it was added, and no new one if removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Keys joined by points, such as `nodes.server.servers`.
    pub path: String,
    /// What the first file says.
    pub from: Option<String>,
    /// What the second file says.
    pub to: Option<String>,
}

/// Lists what differs between two files, in the order of the first, then of the second.
pub fn differences(old: &Value, new: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    for key in keys(old.members(), new.members()) {
        let pair = (old.get(key), new.get(key));
        if SILENT.contains(&key) {
            continue;
        }
        if key == "objectives" {
            objectives(pair, &mut found);
        } else if NAMED.contains(&key) {
            let entries = [(old, pair.0), (new, pair.1)].map(|(file, list)| named(key, file, list));
            members(key, &entries[0], &entries[1], &mut found);
        } else {
            value(key, pair, &mut found);
        }
    }
    found
}

/// Returns the keys of both, each once.
fn keys<'v>(old: &'v [Member], new: &'v [Member]) -> Vec<&'v str> {
    let added = new
        .iter()
        .filter(|one| old.iter().all(|known| known.key != one.key));
    old.iter()
        .chain(added)
        .map(|member| member.key.as_str())
        .collect()
}

/// Compares the members of two objects.
fn members(path: &str, old: &[Member], new: &[Member], found: &mut Vec<Change>) {
    for key in keys(old, new) {
        let of = |all: &'_ [Member]| all.iter().position(|member| member.key == key);
        let pair = (
            of(old).map(|index| &old[index].value),
            of(new).map(|index| &new[index].value),
        );
        value(&format!("{path}.{key}"), pair, found);
    }
}

/// Compares two values, of which one may be absent.
fn value(path: &str, pair: (Option<&Value>, Option<&Value>), found: &mut Vec<Change>) {
    if let (Some(old), Some(new)) = pair {
        if same(old, new) {
            return;
        }
        if let (Data::Object(old), Data::Object(new)) = (&old.data, &new.data) {
            members(path, old, new, found);
            return;
        }
    }
    found.push(Change {
        path: path.to_owned(),
        from: pair.0.map(shown),
        to: pair.1.map(shown),
    });
}

/// Compares objectives, which are their own names.
fn objectives(pair: (Option<&Value>, Option<&Value>), found: &mut Vec<Change>) {
    let texts = |list: Option<&Value>| -> Vec<String> {
        let entries = list.map(entries).unwrap_or_default();
        entries.iter().map(shown).collect()
    };
    let (old, new) = (texts(pair.0), texts(pair.1));
    let mut push = |from: Option<&String>, to: Option<&String>| {
        found.push(Change {
            path: "objectives".to_owned(),
            from: from.cloned(),
            to: to.cloned(),
        });
    };
    old.iter()
        .filter(|one| !new.contains(one))
        .for_each(|one| push(Some(one), None));
    new.iter()
        .filter(|one| !old.contains(one))
        .for_each(|one| push(None, Some(one)));
}

/// Returns the entries of a list.
fn entries(list: &Value) -> Vec<Value> {
    match &list.data {
        Data::List(entries) => entries.clone(),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::Object(_) => {
            Vec::new()
        }
    }
}

/// Returns the entries of a named list under their names; the second of a name is `name#2`.
fn named(list: &str, file: &Value, of: Option<&Value>) -> Vec<Member> {
    let single_flow = patch::single_flow(file);
    let mut entries = of.map(entries).unwrap_or_default();
    if list == "links" {
        entries = chain::singly(entries);
    }
    let mut all: Vec<Member> = Vec::new();
    for mut entry in entries {
        let name = patch::name_of(list, &entry, &single_flow).unwrap_or_default();
        patch::as_object(&mut entry);
        if list == "load" {
            implied(&mut entry, &name);
        }
        let taken = |key: &str| all.iter().any(|member| member.key == key);
        let key = (1..)
            .map(|number| match number {
                1 => name.clone(),
                number => format!("{name}#{number}"),
            })
            .find(|key| !taken(key))
            .unwrap_or_default();
        all.push(Member {
            key,
            key_place: entry.place.clone(),
            value: entry,
        });
    }
    all
}

/// Leaves out the flow of a load line that is called after it: it may go unsaid.
fn implied(line: &mut Value, name: &str) {
    if let Data::Object(members) = &mut line.data {
        members.retain(|one| one.key != "flow" || one.value.as_text() != Some(name));
    }
}

/// Whether two values say the same, wherever they were written.
fn same(one: &Value, other: &Value) -> bool {
    match (&one.data, &other.data) {
        (Data::Null, Data::Null) => true,
        (Data::Bool(one), Data::Bool(other)) => one == other,
        (Data::Text(one), Data::Text(other)) => one == other,
        (Data::Number(one), Data::Number(other)) => {
            let numbers = (one.parse::<f64>(), other.parse::<f64>());
            one == other || matches!(numbers, (Ok(one), Ok(other)) if one.total_cmp(&other).is_eq())
        }
        (Data::List(one), Data::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Data::Object(old), Data::Object(new)) => {
            old.len() == new.len()
                && old.iter().all(|member| {
                    other
                        .get(&member.key)
                        .is_some_and(|of| same(&member.value, of))
                })
        }
        (
            Data::Null
            | Data::Bool(_)
            | Data::Number(_)
            | Data::Text(_)
            | Data::List(_)
            | Data::Object(_),
            _,
        ) => false,
    }
}

/// Returns a value as it could be written; a text alone goes without quotes.
fn shown(value: &Value) -> String {
    match value.as_text() {
        Some(text) if !text.is_empty() && !text.contains(char::is_control) => text.to_owned(),
        Some(_) | None => written(value).into_owned(),
    }
}

/// Returns a value as JSON.
fn written(value: &Value) -> Cow<'_, str> {
    match &value.data {
        Data::Null => "null".into(),
        Data::Bool(value) => value.to_string().into(),
        Data::Number(text) => text.into(),
        Data::Text(text) => quoted(text).into(),
        Data::List(entries) => {
            let entries: Vec<Cow<str>> = entries.iter().map(written).collect();
            format!("[{}]", entries.join(", ")).into()
        }
        Data::Object(members) => {
            let member = |one: &Member| format!("{}: {}", quoted(&one.key), written(&one.value));
            let members: Vec<String> = members.iter().map(member).collect();
            format!("{{{}}}", members.join(", ")).into()
        }
    }
}

/// Quotes a text.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes the differences of two files, one a line.
    fn listed(old: &str, new: &str) -> Vec<String> {
        let [old, new] = [old, new].map(|text| crate::spec::read(text).unwrap());
        let changes = differences(&old, &new).into_iter();
        changes
            .map(|one| {
                let [from, to] = [one.from, one.to].map(|side| side.unwrap_or("nothing".into()));
                format!("{}: {from} -> {to}", one.path)
            })
            .collect()
    }

    #[test]
    fn values_are_told_by_their_paths() {
        let old =
            r#"{"name":"a","nodes":{"s":{"kind":"station","servers":4},"old":{"kind":"cache"}}}"#;
        let new = r#"{"name":"b","nodes":{"s":{"servers":5,"kind":"station","time":"10ms"}}}"#;

        assert_eq!(
            listed(old, new),
            [
                "nodes.s.servers: 4 -> 5",
                "nodes.s.time: nothing -> 10ms",
                r#"nodes.old: {"kind": "cache"} -> nothing"#,
            ]
        );
    }

    #[test]
    fn entries_of_lists_are_told_by_their_names() {
        let old =
            r#"{"links":["a -> b -> c"],"load":[{"rate":"1/s"}],"objectives":["main p99 < 1s"]}"#;
        let new = r#"{"links":[{"from":"b","to":"c","timeout":"1s"},"a->b","c->d"],
            "load":[{"flow":"main","rate":"2/s"}],"objectives":["main p99 < 2s"]}"#;

        assert_eq!(
            listed(old, new),
            [
                "links.b->c.timeout: nothing -> 1s",
                r#"links.c->d: nothing -> {"from": "c", "to": "d"}"#,
                "load.main.rate: 1/s -> 2/s",
                "objectives: main p99 < 1s -> nothing",
                "objectives: nothing -> main p99 < 2s",
            ]
        );
    }

    #[test]
    fn what_is_written_otherwise_but_says_the_same_is_no_difference() {
        let old = r#"{"nodes":{"a":{"n":4,"l":[{"x":1,"y":2}]}},"links":["a -> b"],"variants":{}}"#;
        let new =
            r#"{"links":[{"to":"b","from":"a"}],"nodes":{"a":{"l":[{"y":2,"x":1}],"n":4.0}}}"#;

        assert_eq!(listed(old, new), Vec::<String>::new());
    }
}
