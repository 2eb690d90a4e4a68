//! Single parameters of a change, and values that a parameter could have.
//!
//! A change that cannot be is taken apart into its parameters, to say which of them is to
//! blame; and which others of the node could change is found by trying some.

use crate::component::parameter::ParameterInfo;
use crate::diagnostic::Place;
use crate::spec::{Data, Member, Value};

/// One parameter of a change: `rate`, or `entries` of `cache`.
#[derive(Clone, Debug)]
pub(super) struct Single {
    /// Its key, with that of the object that it is in.
    pub(super) path: String,
    /// Where it was written.
    pub(super) place: Place,
    /// It alone, as a change gives it.
    member: Member,
}

/// Takes what a change gives apart.
pub(super) fn apart(given: &[Member], table: &[ParameterInfo]) -> Vec<Single> {
    let of = |member: &Member| {
        let info = table.iter().find(|info| info.name == member.key);
        let keys = info.is_some_and(|info| !info.keys.is_empty());
        let within = member.value.members();
        if !keys || within.is_empty() {
            return vec![Single {
                path: member.key.clone(),
                place: member.key_place.clone(),
                member: member.clone(),
            }];
        }
        let one = |inner: &Member| Single {
            path: format!("{}.{}", member.key, inner.key),
            place: inner.key_place.clone(),
            member: Member {
                value: Value {
                    place: member.value.place.clone(),
                    data: Data::Object(vec![inner.clone()]),
                },
                ..member.clone()
            },
        };
        within.iter().map(one).collect()
    };
    given.iter().flat_map(of).collect()
}

/// Puts parameters together again.
pub(super) fn together<'s>(all: impl IntoIterator<Item = &'s Single>) -> Vec<Member> {
    let mut found: Vec<Member> = Vec::new();
    for one in all {
        let known = found.iter_mut().find(|other| other.key == one.member.key);
        match known {
            Some(Member {
                value:
                    Value {
                        data: Data::Object(members),
                        ..
                    },
                ..
            }) => members.extend(one.member.value.members().iter().cloned()),
            Some(_) | None => found.push(one.member.clone()),
        }
    }
    found
}

/// Returns changes of single parameters of a kind to values of their types.
pub(super) fn examples(table: &[ParameterInfo], place: &Place) -> Vec<Single> {
    let member = |key: &str, value: Value| Member {
        key: key.to_owned(),
        key_place: place.clone(),
        value,
    };
    let single = |path: String, member: Member| Single {
        path,
        place: place.clone(),
        member,
    };
    let mut found = Vec::new();
    for info in table {
        for value in values(info, place) {
            found.push(single(info.name.to_owned(), member(info.name, value)));
        }
        for inner in info.keys {
            for value in values(inner, place) {
                let object = Value {
                    place: place.clone(),
                    data: Data::Object(vec![member(inner.name, value)]),
                };
                let path = format!("{}.{}", info.name, inner.name);
                found.push(single(path, member(info.name, object)));
            }
        }
    }
    found
}

/// Returns some values of a parameter's type.
fn values(info: &ParameterInfo, place: &Place) -> Vec<Value> {
    let texts = |all: &[&str]| -> Vec<Data> {
        let text = |one: &&str| Data::Text((*one).to_owned());
        all.iter().map(text).collect()
    };
    let numbers = |all: &[&str]| -> Vec<Data> {
        let number = |one: &&str| Data::Number((*one).to_owned());
        all.iter().map(number).collect()
    };
    let word = info.value.split([' ', ',']).next().unwrap_or_default();
    let data = match word {
        "duration" => texts(&["37s", "37ms"]),
        "count" => numbers(&["37", "3", "370"]),
        "share" => numbers(&["0.37"]),
        "factor" | "weight" => numbers(&["1.7", "0.7"]),
        "rate" => texts(&["37/s", "3700/s"]),
        "size" => texts(&["37KiB", "37MB"]),
        "bandwidth" => texts(&["37MB/s"]),
        "bool" => vec![Data::Bool(true), Data::Bool(false)],
        "text" => texts(&info.words),
        _ => Vec::new(),
    };
    let value = |data: Data| Value {
        place: place.clone(),
        data,
    };
    data.into_iter().map(value).collect()
}
