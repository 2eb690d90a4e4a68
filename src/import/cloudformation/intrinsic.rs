//! Functions of templates: what can be decided from parameters, mappings and conditions is decided.
//!
//! A reference to a resource is known only once everything stands; its value is then open, and names
//! the resource. A text around it keeps `${…}` in its place. What stands for
//! something is copied, so what all texts together may hold is bounded.

use super::condition::Truth;
use crate::diagnostic::Place;
use crate::import::resource::{Data, Value};
use crate::import::said::Said;
use crate::spec::value::shortened;
use crate::spec::{self, help};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// Most bytes that all values together may have.
///
/// CHOICE: ten times the largest file.
const MOST_BYTES: usize = 40 * 1024 * 1024;

/// Functions that give values.
const FUNCTIONS: &[&str] = &[
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::FindInMap",
    "Fn::GetAZs",
    "Fn::GetAtt",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Length",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::ToJsonString",
    "Fn::Transform",
    "Ref",
];

/// Parameters that every template has, with their values where these are known.
const PSEUDO: &[(&str, Option<&str>)] = &[
    ("AWS::AccountId", None),
    ("AWS::NoValue", None),
    ("AWS::NotificationARNs", None),
    ("AWS::Partition", Some("aws")),
    ("AWS::Region", None),
    ("AWS::StackId", None),
    ("AWS::StackName", None),
    ("AWS::URLSuffix", Some("amazonaws.com")),
];

/// Decides what can be decided.
pub(super) struct Resolver<'a> {
    /// The template.
    pub(super) file: &'a spec::Value,
    ids: Vec<&'a str>,
    /// Whether something else may add resources.
    transformed: bool,
    pub(super) said: &'a Said,
    parameters: BTreeMap<String, Value>,
    /// Conditions that are being decided: one that needs itself is none.
    pub(super) deciding: RefCell<Vec<String>>,
    /// Those that have been decided.
    pub(super) decided: RefCell<BTreeMap<String, Truth>>,
    bytes: Cell<usize>,
    /// How deep conditions are nested just now.
    pub(super) depth: Cell<usize>,
}

impl<'a> Resolver<'a> {
    /// Reads the parameters with their defaults.
    pub(super) fn new(
        file: &'a spec::Value,
        ids: &[&'a str],
        transformed: bool,
        said: &'a Said,
    ) -> Resolver<'a> {
        let mut parameters = BTreeMap::new();
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        for member in file
            .get("Parameters")
            .map(spec::Value::members)
            .unwrap_or_default()
        {
            let type_name = member
                .value
                .get("Type")
                .and_then(spec::Value::as_text)
                .unwrap_or("String");
            let default = member.value.get("Default").map(Value::plain);
            let stored = type_name.starts_with("AWS::SSM::");
            let value = match default {
                Some(value) if !stored => listed(value, type_name),
                Some(_) | None => {
                    let key = shortened(&member.key);
                    let why = if stored {
                        format!(
                            "parameter `{key}` is kept elsewhere; give `--parameter {key}=VALUE`"
                        )
                    } else {
                        format!("parameter `{key}` has no default; give `--parameter {key}=VALUE`")
                    };
                    open(&member.key_place, &member.key, why)
                }
            };
            parameters.insert(member.key.clone(), value);
        }
        for (name, value) in PSEUDO {
            let value = match value {
                Some(text) => Value::new(Place::Whole, Data::Text((*text).to_owned())),
                None => open(
                    &Place::Whole,
                    name,
                    format!("`{name}` is not known; give `--parameter {name}=VALUE`"),
                ),
            };
            parameters.insert((*name).to_owned(), value);
        }
        Resolver {
            file,
            ids,
            transformed,
            said,
            parameters,
            deciding: RefCell::new(Vec::new()),
            decided: RefCell::new(BTreeMap::new()),
            bytes: Cell::new(0),
            depth: Cell::new(0),
        }
    }

    /// Takes parameters of the command line.
    pub(super) fn give(&mut self, given: &[(String, String)]) {
        for (name, text) in given {
            let place = Place::Option(format!("--parameter {name}={text}"));
            if !self.parameters.contains_key(name) {
                let message = format!("the template has no parameter `{}`", shortened(name));
                let names: Vec<&str> = self.parameters.keys().map(String::as_str).collect();
                let help = help(name, names.iter().copied());
                let sink = &self.said.sink;
                sink.error_with_help("template::unknown-parameter", &place, message, help);
                continue;
            }
            let declared = self.file.get("Parameters").and_then(|all| all.get(name));
            let type_name = declared
                .and_then(|one| one.get("Type"))
                .and_then(spec::Value::as_text);
            let value = Value::new(place, Data::Text(text.clone()));
            self.parameters
                .insert(name.clone(), listed(value, type_name.unwrap_or("String")));
        }
    }

    /// Says that a function is not used as it can be.
    fn wrong(&self, value: &spec::Value, name: &str, wanted: &str) -> Value {
        let message = format!("`{name}` takes {wanted}, got {}", value.shown());
        self.said
            .sink
            .error("template::function", &value.place, message);
        open(&value.place, "", format!("`{name}` is wrong"))
    }

    /// Counts what a value holds; false if it is too much altogether.
    fn spend(&self, place: &Place, bytes: usize) -> bool {
        let before = self.bytes.get();
        self.bytes.set(before.saturating_add(bytes));
        if self.bytes.get() <= MOST_BYTES {
            return true;
        }
        if before <= MOST_BYTES {
            let message = format!("its values have more than {MOST_BYTES} bytes together");
            self.said.sink.error("template::too-large", place, message);
        }
        false
    }

    /// Decides a value.
    pub(super) fn resolve(&self, value: &spec::Value) -> Value {
        if !self.spend(&value.place, 16) {
            return open(&value.place, "", "the template is too large".to_owned());
        }
        let place = value.place.clone();
        match &value.data {
            spec::Data::Object(members) => {
                if let [only] = members.as_slice()
                    && (only.key == "Ref" || only.key.starts_with("Fn::"))
                {
                    let mut found = self.function(&only.key, &only.value);
                    found.place = place;
                    return found;
                }
                let members = members
                    .iter()
                    .map(|member| (member.key.clone(), self.resolve(&member.value)));
                Value::new(place, Data::Object(members.collect()))
            }
            spec::Data::List(entries) => {
                let entries = entries.iter().map(|entry| self.resolve(entry));
                let entries = entries.filter(|entry| !entry.is_null());
                Value::new(place, Data::List(entries.collect()))
            }
            spec::Data::Text(text) => {
                self.spend(&place, text.len());
                Value::plain(value)
            }
            spec::Data::Null | spec::Data::Bool(_) | spec::Data::Number(_) => Value::plain(value),
        }
    }

    /// Applies a function.
    fn function(&self, name: &str, argument: &spec::Value) -> Value {
        let place = &argument.place;
        match name {
            "Ref" => match argument.as_text() {
                Some(id) => self.reference(id, id, place),
                None => self.wrong(argument, name, "a name"),
            },
            "Fn::GetAtt" => self.attribute(argument),
            "Fn::Sub" => self.substitute(argument),
            "Fn::Join" => self.join(argument),
            "Fn::If" => self.choose(argument),
            "Fn::FindInMap" => self.look_up(argument),
            "Fn::Select" => self.select(argument),
            "Fn::Split" => self.split(argument),
            "Fn::Base64" | "Fn::ToJsonString" => self.resolve(argument),
            "Fn::ImportValue" | "Fn::GetAZs" | "Fn::Cidr" | "Fn::Transform" | "Fn::Length" => {
                let inner = self.resolve(argument);
                let names = inner.mentions().into_iter().map(str::to_owned).collect();
                Value {
                    names,
                    ..open(
                        place,
                        "",
                        format!("`{name}` is known only where it is deployed"),
                    )
                }
            }
            _ => {
                let message = format!("there is no function `{}` here", shortened(name));
                let help = help(name, FUNCTIONS.iter().copied());
                let sink = &self.said.sink;
                sink.error_with_help("template::unknown-function", place, message, help);
                open(place, "", "its function is unknown".to_owned())
            }
        }
    }

    /// Returns what a name means: a parameter, or a resource (`shown` with its attribute).
    fn reference(&self, id: &str, shown: &str, place: &Place) -> Value {
        if id == "AWS::NoValue" {
            return Value::new(place.clone(), Data::Null);
        }
        if let Some(value) = self.parameters.get(id) {
            let size = value.text().map_or(16 * value.entries().len(), str::len);
            if !self.spend(place, size) {
                return open(place, "", "the template is too large".to_owned());
            }
            let value = value.clone();
            return Value {
                place: place.clone(),
                ..value
            };
        }
        if self.ids.binary_search(&id).is_ok() || self.transformed {
            return Value {
                names: vec![id.to_owned()],
                ..open(
                    place,
                    shown,
                    "it is known only where it is deployed".to_owned(),
                )
            };
        }
        let message = format!(
            "there is neither a parameter nor a resource `{}`",
            shortened(id)
        );
        let names = self
            .ids
            .iter()
            .copied()
            .chain(self.parameters.keys().map(String::as_str));
        let names: Vec<&str> = names.collect();
        let help = help(id, names.iter().copied());
        let sink = &self.said.sink;
        sink.error_with_help("template::does-not-exist", place, message, help);
        open(place, shown, "what it names does not exist".to_owned())
    }

    /// `Fn::GetAtt`: `Id.Attribute`, or both in a list.
    fn attribute(&self, argument: &spec::Value) -> Value {
        let text = match &argument.data {
            spec::Data::Text(text) => Some(text.clone()),
            spec::Data::List(parts) => match parts.as_slice() {
                [id, attribute] => id.as_text().map(|id| {
                    let attribute = attribute.as_text().unwrap_or("?");
                    format!("{id}.{attribute}")
                }),
                _ => None,
            },
            spec::Data::Null
            | spec::Data::Bool(_)
            | spec::Data::Number(_)
            | spec::Data::Object(_) => None,
        };
        match text
            .as_deref()
            .and_then(|text| text.split_once('.').map(|(id, _)| (id, text)))
        {
            Some((id, text)) => self.reference(id, text, &argument.place),
            None => self.wrong(argument, "Fn::GetAtt", "`Id.Attribute`"),
        }
    }

    /// `Fn::Sub`: a text, or a text and what stands for its names.
    fn substitute(&self, argument: &spec::Value) -> Value {
        let (text, own) = match &argument.data {
            spec::Data::Text(text) => (text.as_str(), None),
            spec::Data::List(parts) => match parts.as_slice() {
                [text, own] if text.as_text().is_some() => {
                    (text.as_text().unwrap_or_default(), Some(own))
                }
                _ => return self.wrong(argument, "Fn::Sub", "a text, or a text and an object"),
            },
            spec::Data::Null
            | spec::Data::Bool(_)
            | spec::Data::Number(_)
            | spec::Data::Object(_) => {
                return self.wrong(argument, "Fn::Sub", "a text, or a text and an object");
            }
        };
        let own = own.map(|own| self.resolve(own));
        let mut parts = Vec::new();
        let mut rest = text;
        let literal = |text: &str| Value::new(argument.place.clone(), Data::Text(text.to_owned()));
        while let Some((before, after)) = rest.split_once("${") {
            parts.push(literal(before));
            let Some((name, behind)) = after.split_once('}') else {
                rest = after;
                break;
            };
            let name = name.trim();
            let given = own
                .as_ref()
                .and_then(|own| own.members().iter().find(|(key, _)| key == name));
            let part = match (given, name.strip_prefix('!')) {
                (Some((_, value)), _) => value.clone(),
                (None, Some(literally)) => literal(&format!("${{{literally}}}")),
                (None, None) => {
                    let id = name.split('.').next().unwrap_or(name);
                    self.reference(id, name, &argument.place)
                }
            };
            parts.push(part);
            rest = behind;
        }
        parts.push(literal(rest));
        self.together(&argument.place, "", &parts)
    }

    /// Writes values behind each other.
    fn together(&self, place: &Place, between: &str, parts: &[Value]) -> Value {
        let mut text = String::new();
        let mut names: Vec<String> = Vec::new();
        let mut reason: Option<String> = None;
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                text.push_str(between);
            }
            match &part.data {
                Data::Text(own) | Data::Number(own) => text.push_str(own),
                Data::Bool(yes) => text.push_str(&yes.to_string()),
                Data::Open { text: own, why } => {
                    text.push_str(own);
                    reason.get_or_insert_with(|| why.clone());
                }
                Data::Null | Data::List(_) | Data::Object(_) => {
                    reason.get_or_insert_with(|| "a part of it is no text".to_owned());
                }
            }
            for name in part.mentions() {
                if !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            }
            if !self.spend(place, text.len().min(64) + between.len()) || text.len() > MOST_BYTES {
                return open(place, "", "the template is too large".to_owned());
            }
        }
        self.spend(place, text.len());
        let data = match reason {
            None => Data::Text(text),
            Some(why) => Data::Open { text, why },
        };
        Value {
            place: place.clone(),
            data,
            names,
        }
    }

    /// `Fn::Join`: what stands between, and a list.
    fn join(&self, argument: &spec::Value) -> Value {
        if let spec::Data::List(parts) = &argument.data
            && let [between, list] = parts.as_slice()
            && let Some(between) = between.as_text()
        {
            let list = self.resolve(list);
            return self.together(&argument.place, between, list.entries());
        }
        self.wrong(argument, "Fn::Join", "a text and a list")
    }

    /// `Fn::If`: a condition and two values.
    fn choose(&self, argument: &spec::Value) -> Value {
        let spec::Data::List(parts) = &argument.data else {
            return self.wrong(argument, "Fn::If", "a condition and two values");
        };
        let [condition, yes, no] = parts.as_slice() else {
            return self.wrong(argument, "Fn::If", "a condition and two values");
        };
        match self.condition(condition) {
            Truth::Yes => self.resolve(yes),
            Truth::No => self.resolve(no),
            Truth::Open => {
                let both = [self.resolve(yes), self.resolve(no)];
                let mut names: Vec<String> = Vec::new();
                for name in both.iter().flat_map(Value::mentions) {
                    if !names.iter().any(|known| known == name) {
                        names.push(name.to_owned());
                    }
                }
                let shown = condition.as_text().map_or_else(String::new, shortened);
                Value {
                    names,
                    ..open(
                        &argument.place,
                        "",
                        format!("condition `{shown}` cannot be decided here"),
                    )
                }
            }
        }
    }

    /// `Fn::FindInMap`: a map and two keys.
    fn look_up(&self, argument: &spec::Value) -> Value {
        let spec::Data::List(parts) = &argument.data else {
            return self.wrong(argument, "Fn::FindInMap", "a map and two keys");
        };
        let keys: Vec<Value> = parts
            .iter()
            .take(3)
            .map(|part| self.resolve(part))
            .collect();
        if keys.len() < 3 {
            return self.wrong(argument, "Fn::FindInMap", "a map and two keys");
        }
        let mut at = self.file.get("Mappings");
        for key in &keys {
            if let Data::Open { why, .. } = &key.data {
                return open(&argument.place, "", why.clone());
            }
            at = key.text().and_then(|key| at?.get(key));
        }
        match at {
            // Mappings hold no functions.
            Some(found) if self.spend(&argument.place, weight(found)) => Value::plain(found),
            Some(_) => open(&argument.place, "", "the template is too large".to_owned()),
            None => {
                let shown: Vec<String> = keys.iter().map(Value::shown).collect();
                let message = format!("`Mappings` has nothing under {}", shown.join(", "));
                self.said
                    .sink
                    .error("template::does-not-exist", &argument.place, message);
                open(&argument.place, "", "no map has it".to_owned())
            }
        }
    }

    /// `Fn::Select`: a position and a list.
    fn select(&self, argument: &spec::Value) -> Value {
        if let spec::Data::List(parts) = &argument.data
            && let [at, list] = parts.as_slice()
        {
            let at = self.resolve(at);
            let list = self.resolve(list);
            let position = at.number().filter(|at| *at >= 0.0 && at.fract() == 0.0);
            return match (&list.data, position) {
                (Data::List(entries), Some(position)) => match entries.get(position as usize) {
                    Some(entry) => entry.clone(),
                    None => self.wrong(argument, "Fn::Select", "a position that the list has"),
                },
                _ => Value {
                    names: list.mentions().into_iter().map(str::to_owned).collect(),
                    ..open(&argument.place, "", "the list is not known".to_owned())
                },
            };
        }
        self.wrong(argument, "Fn::Select", "a position and a list")
    }

    /// `Fn::Split`: what stands between, and a text.
    fn split(&self, argument: &spec::Value) -> Value {
        if let spec::Data::List(parts) = &argument.data
            && let [between, text] = parts.as_slice()
            && let Some(between) = between.as_text().filter(|between| !between.is_empty())
        {
            let text = self.resolve(text);
            let Some(known) = text.text() else {
                return Value {
                    names: text.mentions().into_iter().map(str::to_owned).collect(),
                    ..open(&argument.place, "", "the text is not known".to_owned())
                };
            };
            self.spend(&argument.place, 48 * known.matches(between).count());
            let entry =
                |part: &str| Value::new(argument.place.clone(), Data::Text(part.to_owned()));
            return Value::new(
                argument.place.clone(),
                Data::List(known.split(between).map(entry).collect()),
            );
        }
        self.wrong(argument, "Fn::Split", "a text and a text")
    }
}

/// Returns about how many bytes a value holds.
fn weight(value: &spec::Value) -> usize {
    match &value.data {
        spec::Data::Null | spec::Data::Bool(_) => 16,
        spec::Data::Number(text) | spec::Data::Text(text) => 16 + text.len(),
        spec::Data::List(entries) => entries.iter().map(weight).sum::<usize>() + 16,
        spec::Data::Object(members) => {
            let each = members
                .iter()
                .map(|member| member.key.len() + weight(&member.value));
            each.sum::<usize>() + 16
        }
    }
}

/// Makes a value that is not known here.
fn open(place: &Place, shown: &str, why: String) -> Value {
    let text = match shown {
        "" => String::new(),
        shown => format!("${{{shown}}}"),
    };
    Value::new(place.clone(), Data::Open { text, why })
}

/// Parts a text with commas where the type of a parameter is a list.
fn listed(value: Value, type_name: &str) -> Value {
    let is_list = type_name == "CommaDelimitedList" || type_name.starts_with("List<");
    let Some(text) = value.text().filter(|_| is_list) else {
        return value;
    };
    let entry = |part: &str| Value::new(value.place.clone(), Data::Text(part.trim().to_owned()));
    let entries = text.split(',').map(entry).collect();
    Value::new(value.place.clone(), Data::List(entries))
}
