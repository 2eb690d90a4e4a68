//! Variants and options: merge patches (RFC 7396) that also reach into named lists.
//!
//! Where the file has `links`, `load`, `objectives`, `faults` or `deployments`, a patch may have an object
//! whose members patch the entries of that name; `null` removes one, a new name adds one.

use crate::diagnostic::Place;
use crate::spec::chain;
use crate::spec::parse::{self, MOST_DEPTH, MOST_KEYS};
use crate::spec::sink::Sink;
use crate::spec::value::{Data, Member, Value, shortened};

/// Lists of the top level whose entries have names.
pub(super) const NAMED: [&str; 5] = ["deployments", "faults", "links", "load", "objectives"];
/// Verbs of deployments and faults; with its target a verb names an entry that has no name.
const VERBS: [&str; 9] = [
    "change", "crash", "deploy", "fail", "failover", "flush", "lose", "pause", "slow",
];

/// Applies a patch to a whole file.
pub fn apply(file: &mut Value, patch: &Value, sink: &Sink) {
    let Data::Object(changes) = &patch.data else {
        let shown = patch.shown();
        sink.error(
            "variant::not-an-object",
            &patch.place,
            format!("a variant must be an object, got {shown}"),
        );
        return;
    };
    for change in changes {
        let named = NAMED.iter().find(|name| **name == change.key);
        match (named, &change.value.data) {
            (Some(list), Data::Object(entries)) => {
                let single_flow = single_flow(file);
                let mut target = take_list(file, change);
                if let Data::List(old) = &mut target.data {
                    if *list == "links" {
                        *old = chain::singly(std::mem::take(old));
                    }
                    if old.len() > MOST_KEYS {
                        let message = format!("`{list}` has more than {MOST_KEYS} entries");
                        sink.error("file::too-many-entries", &target.place, message);
                        return;
                    }
                    for entry in entries {
                        patch_entry(list, old, entry, &single_flow, sink);
                    }
                }
                put(file, change, target);
            }
            _ => merge_member(file, change),
        }
    }
}

/// Applies `PATH=VALUE`, as given to an option of this name, such as `--set`.
pub fn set(file: &mut Value, (name, option): (&str, &str), sink: &Sink) {
    let place = Place::Option(format!("{name} {option}"));
    // The names of objectives hold `=` themselves.
    let split = if option.starts_with("objectives.") {
        option.rsplit_once('=')
    } else {
        option.split_once('=')
    };
    let Some((path, text)) = split else {
        let message = format!("`{}` is not of the form PATH=VALUE", shortened(option));
        let help = "write a path and a value, such as `load.main.rate=90/s`";
        sink.error_with_help("option::no-value", &place, message, help);
        return;
    };
    let segments: Vec<&str> = match path.strip_prefix("objectives.") {
        Some(name) => vec!["objectives", name],
        None => path.split('.').collect(),
    };
    if segments.iter().any(|segment| segment.trim().is_empty()) || segments.len() > MOST_DEPTH {
        let message = format!("`{}` is not a path of keys", shortened(path));
        let help = "keys are joined by points, such as `links.app->db.timeout`";
        sink.error_with_help("option::path", &place, message, help);
        return;
    }
    // JSON if it can be read as JSON, else text.
    let trial = Sink::new();
    let read = parse::parse_at(text, &trial, Some(&place));
    let mut value = match read {
        Some(value) if !trial.has_errors() => value,
        Some(_) | None => Value {
            place: place.clone(),
            data: Data::Text(text.to_owned()),
        },
    };
    for segment in segments.iter().rev() {
        value = Value {
            place: place.clone(),
            data: Data::Object(vec![Member {
                key: segment.trim().to_owned(),
                key_place: place.clone(),
                value,
            }]),
        };
    }
    apply(file, &value, sink);
}

/// Merges one member of a patch into an object.
fn merge_member(target: &mut Value, change: &Member) {
    if !matches!(target.data, Data::Object(_)) {
        target.data = Data::Object(Vec::new());
        target.place = change.key_place.clone();
    }
    let Data::Object(members) = &mut target.data else {
        return;
    };
    let found = members.iter().position(|member| member.key == change.key);
    if matches!(change.value.data, Data::Null) {
        if let Some(index) = found {
            members.remove(index);
        }
        return;
    }
    let index = found.unwrap_or_else(|| {
        members.push(Member {
            key: change.key.clone(),
            key_place: change.key_place.clone(),
            value: Value {
                place: change.value.place.clone(),
                data: Data::Null,
            },
        });
        members.len() - 1
    });
    merge(&mut members[index].value, &change.value);
}

/// Returns a value with a patch laid over it (RFC 7396), as a variant would be.
pub fn laid_over(value: &Value, patch: &Value) -> Value {
    let mut merged = value.clone();
    merge(&mut merged, patch);
    merged
}

/// Merges a patch into a value (RFC 7396).
fn merge(target: &mut Value, patch: &Value) {
    let Data::Object(changes) = &patch.data else {
        *target = patch.clone();
        return;
    };
    if !matches!(target.data, Data::Object(_)) {
        *target = Value {
            place: patch.place.clone(),
            data: Data::Object(Vec::new()),
        };
    }
    for change in changes {
        merge_member(target, change);
    }
}

/// Takes a named list out of the file; an empty one if there is none.
fn take_list(file: &mut Value, change: &Member) -> Value {
    let Data::Object(members) = &mut file.data else {
        return empty_list(&change.value.place);
    };
    let found = members.iter_mut().find(|member| member.key == change.key);
    match found {
        Some(member) if matches!(member.value.data, Data::List(_)) => {
            let place = member.value.place.clone();
            std::mem::replace(&mut member.value, empty_list(&place))
        }
        Some(_) | None => empty_list(&change.value.place),
    }
}

/// Builds an empty list.
fn empty_list(place: &Place) -> Value {
    Value {
        place: place.clone(),
        data: Data::List(Vec::new()),
    }
}

/// Puts a named list back.
fn put(file: &mut Value, change: &Member, list: Value) {
    let Data::Object(members) = &mut file.data else {
        return;
    };
    match members.iter_mut().find(|member| member.key == change.key) {
        Some(member) => member.value = list,
        None => members.push(Member {
            key: change.key.clone(),
            key_place: change.key_place.clone(),
            value: list,
        }),
    }
}

/// Returns the name of the only flow.
pub(super) fn single_flow(file: &Value) -> String {
    match file.get("flows").map(Value::members) {
        Some([only]) => only.key.clone(),
        Some(_) | None => "main".to_owned(),
    }
}

/// Patches the entry of one name.
fn patch_entry(
    list: &str,
    entries: &mut Vec<Value>,
    change: &Member,
    single_flow: &str,
    sink: &Sink,
) {
    let wanted = canonical(list, &change.key);
    let found = entries
        .iter()
        .position(|entry| name_of(list, entry, single_flow) == Some(wanted.clone()));
    match (&change.value.data, found) {
        (Data::Null, Some(index)) => {
            entries.remove(index);
        }
        (Data::Null, None) => {
            let known = entries.iter();
            let known: Vec<String> = known
                .filter_map(|entry| name_of(list, entry, single_flow))
                .collect();
            let message = format!("`{list}` has no entry `{}` to remove", shortened(&wanted));
            let help = crate::spec::nearest::help(&wanted, known.iter().map(String::as_str));
            sink.error_with_help(
                "variant::nothing-to-remove",
                &change.key_place,
                message,
                help,
            );
        }
        (Data::Object(_), _) if list != "objectives" => {
            let index = found.unwrap_or_else(|| {
                entries.push(new_entry(list, &wanted, change, single_flow));
                entries.len() - 1
            });
            as_object(&mut entries[index]);
            merge(&mut entries[index], &change.value);
        }
        (Data::Text(_), Some(index)) if list == "objectives" => {
            entries[index] = change.value.clone();
        }
        (Data::Text(_), None) if list == "objectives" => entries.push(change.value.clone()),
        _ => {
            let wanted = if list == "objectives" {
                "a text"
            } else {
                "an object"
            };
            let message = format!(
                "entry `{}` of `{list}` must be {wanted} or null, got {}",
                shortened(&change.key),
                change.value.shown()
            );
            sink.error("value::wrong-type", &change.value.place, message);
        }
    }
}

/// Spells the name of an entry in one way.
fn canonical(list: &str, name: &str) -> String {
    match list {
        "links" => {
            let parts: Vec<&str> = name.split("->").map(str::trim).collect();
            parts.join("->")
        }
        "objectives" | "deployments" => name.split_whitespace().collect::<Vec<_>>().join(" "),
        // The target of a fault may be a link.
        "faults" => {
            let words = name.split_whitespace().collect::<Vec<_>>().join(" ");
            let ends: Vec<&str> = words.split("->").map(str::trim).collect();
            ends.join("->")
        }
        _ => name.to_owned(),
    }
}

/// Returns the name of an entry.
pub(super) fn name_of(list: &str, entry: &Value, single_flow: &str) -> Option<String> {
    let text = |key: &str| entry.get(key).and_then(Value::as_text);
    match list {
        "links" => match entry.as_text() {
            Some(text) => Some(canonical(list, text)),
            None => Some(chain::link_name(text("from")?, text("to")?)),
        },
        "objectives" => entry.as_text().map(|text| canonical(list, text)),
        "deployments" | "faults" => text("name").map(str::to_owned).or_else(|| {
            let verb = VERBS.iter().find(|verb| text(verb).is_some())?;
            Some(canonical(list, &format!("{verb} {}", text(verb)?)))
        }),
        _ => match (text("name"), text("flow")) {
            (Some(name), _) | (None, Some(name)) => Some(name.to_owned()),
            (None, None) => Some(single_flow.to_owned()),
        },
    }
}

/// Builds the entry that a new name adds.
fn new_entry(list: &str, name: &str, change: &Member, single_flow: &str) -> Value {
    let member = |key: &str, text: &str| Member {
        key: key.to_owned(),
        key_place: change.key_place.clone(),
        value: Value {
            place: change.key_place.clone(),
            data: Data::Text(text.to_owned()),
        },
    };
    let members = match (list, name.split_once("->")) {
        ("links", Some((from, to))) => vec![member("from", from), member("to", to)],
        ("links", None) => vec![member("from", name)],
        ("deployments" | "faults", _) => match name.split_once(' ') {
            Some((verb, target)) if VERBS.contains(&verb) => vec![member(verb, target)],
            _ => vec![member("name", name)],
        },
        // A line that names its flow is called after it.
        _ if change.value.get("flow").is_some() => vec![member("name", name)],
        _ if name == single_flow => vec![],
        _ => vec![member("flow", name)],
    };
    Value {
        place: change.value.place.clone(),
        data: Data::Object(members),
    }
}

/// Turns a link written as text into an object.
pub(super) fn as_object(entry: &mut Value) {
    let Some(text) = entry.as_text() else {
        return;
    };
    let Some((from, to)) = text.split_once("->") else {
        return;
    };
    let members = [("from", from), ("to", to)].map(|(key, name)| Member {
        key: key.to_owned(),
        key_place: entry.place.clone(),
        value: Value {
            place: entry.place.clone(),
            data: Data::Text(name.trim().to_owned()),
        },
    });
    entry.data = Data::Object(members.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Applies a patch to a file and returns the result and the mistakes.
    fn patched(file: &str, patch: &str) -> (Value, Vec<&'static str>) {
        let sink = Sink::new();
        let mut value = parse::parse(file, &sink).unwrap();
        let patch = parse::parse(patch, &sink).unwrap();
        apply(&mut value, &patch, &sink);
        let codes = sink.into_sorted().iter().map(|one| one.code).collect();
        (value, codes)
    }

    /// Writes a value without its places.
    fn plain(value: &Value) -> String {
        match &value.data {
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) => value.shown(),
            Data::List(entries) => {
                let entries: Vec<String> = entries.iter().map(plain).collect();
                format!("[{}]", entries.join(","))
            }
            Data::Object(members) => {
                let member = |one: &Member| format!("\"{}\":{}", one.key, plain(&one.value));
                let members: Vec<String> = members.iter().map(member).collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }

    #[test]
    fn a_fault_is_called_after_its_verb_and_target_if_it_has_no_name() {
        let file =
            r#"{"faults":[{"at":"1s","failover":"db"},{"name":"n","at":"2s"},{"lose":"a -> b"}]}"#;
        let patch = r#"{"faults":{"failover db":{"at":"9s"},"n":null,"failover x":{"at":"3s"},"lose a->b":null}}"#;

        let (value, codes) = patched(file, patch);

        let expected = r#"{"faults":[{"at":"9s","failover":"db"},{"failover":"x","at":"3s"}]}"#;
        assert_eq!((plain(&value).as_str(), codes.len()), (expected, 0));
    }

    #[test]
    fn follows_the_examples_of_rfc_7396() {
        // Appendix A, as members of one object.
        let cases = [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, r#"{}"#),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (
                r#"{"a":{"b":"c"}}"#,
                r#"{"a":{"b":"d","c":null}}"#,
                r#"{"a":{"b":"d"}}"#,
            ),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            (
                r#"{}"#,
                r#"{"a":{"bb":{"ccc":null}}}"#,
                r#"{"a":{"bb":{}}}"#,
            ),
        ];
        for (file, patch, expected) in cases {
            assert_eq!(plain(&patched(file, patch).0), expected, "{file} + {patch}");
        }
    }

    #[test]
    fn links_of_a_chain_are_patched_singly() {
        let file = r#"{"links":["a -> b -> c", "c -> d"]}"#;
        let patch = r#"{"links":{"b->c":{"retry":"none"},"c -> d":null,"x->y":{"weight":2}}}"#;

        let (value, codes) = patched(file, patch);

        let expected = r#"{"links":["a -> b",{"from":"b","to":"c","retry":"none"},{"from":"x","to":"y","weight":2}]}"#;
        assert_eq!(plain(&value), expected);
        assert!(codes.is_empty());
    }

    #[test]
    fn load_lines_and_objectives_are_patched_by_name() {
        let file = r#"{"load":[{"rate":"1/s"}],"objectives":["main  p99 < 1s"]}"#;
        let patch = r#"{"load":{"main":{"rate":"2/s"},"extra":{"every":"1s"}},"objectives":{"main p99 < 1s":null,"n":"x"}}"#;

        let (value, codes) = patched(file, patch);

        let expected =
            r#"{"load":[{"rate":"2/s"},{"flow":"extra","every":"1s"}],"objectives":["x"]}"#;
        assert_eq!(plain(&value), expected);
        assert!(codes.is_empty());
    }

    #[test]
    fn removing_what_is_not_there_is_a_mistake() {
        let (_, codes) = patched(r#"{"links":["a -> b"]}"#, r#"{"links":{"a->c":null}}"#);

        assert_eq!(codes, ["variant::nothing-to-remove"]);
    }

    #[test]
    fn options_take_json_or_text_and_replace_what_is_no_object() {
        let sink = Sink::new();
        let mut value = parse::parse(r#"{"s":"write","links":["a -> b"]}"#, &sink).unwrap();

        set(&mut value, ("--set", "s.hybrid.threshold=10k"), &sink);
        set(&mut value, ("--set", "n.servers=4"), &sink);
        set(&mut value, ("--set", "links.a->b.timeout=1s"), &sink);

        let expected = r#"{"s":{"hybrid":{"threshold":"10k"}},"links":[{"from":"a","to":"b","timeout":"1s"}],"n":{"servers":4}}"#;
        assert_eq!(plain(&value), expected);
        assert!(sink.into_sorted().is_empty());
    }

    #[test]
    fn what_an_option_sets_names_the_option() {
        let sink = Sink::new();
        let mut value = parse::parse("{}", &sink).unwrap();

        set(&mut value, ("--set", "run.seed=4"), &sink);

        let seed = value.get("run").and_then(|run| run.get("seed")).unwrap();
        assert_eq!(seed.place, Place::Option("--set run.seed=4".into()));
    }
}
