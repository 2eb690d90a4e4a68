//! Conditions: what parameters decide, what they leave open.

use super::intrinsic::Resolver;
use crate::diagnostic::Place;
use crate::import::resource::Data;
use crate::spec::value::shortened;
use crate::spec::{self, help};

/// Functions that give conditions.
const CONDITIONS: &[&str] = &["Condition", "Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"];

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    Yes,
    No,
    /// It depends on what is not known here.
    Open,
}

impl Resolver<'_> {
    /// Decides a condition: a name, or a function of conditions.
    pub(super) fn condition(&self, value: &spec::Value) -> Truth {
        // Conditions name conditions, so the depth of the file does not bound theirs.
        const DEEPEST: usize = 200;
        if self.depth.get() >= DEEPEST {
            let message = format!("conditions are nested more than {DEEPEST} deep");
            self.said
                .sink
                .error("template::condition", &value.place, message);
            return Truth::Open;
        }
        self.depth.set(self.depth.get() + 1);
        let truth = self.condition_at(value);
        self.depth.set(self.depth.get() - 1);
        truth
    }

    /// Decides a condition.
    fn condition_at(&self, value: &spec::Value) -> Truth {
        match &value.data {
            spec::Data::Text(name) => self.named_condition(name, &value.place),
            spec::Data::Object(members) => match members.as_slice() {
                [only] => self.condition_function(&only.key, &only.value),
                _ => self.no_condition(value),
            },
            spec::Data::Null
            | spec::Data::Bool(_)
            | spec::Data::Number(_)
            | spec::Data::List(_) => self.no_condition(value),
        }
    }

    /// Says that something is no condition.
    fn no_condition(&self, value: &spec::Value) -> Truth {
        let message = format!("a condition is a name or a function, got {}", value.shown());
        self.said
            .sink
            .error("template::condition", &value.place, message);
        Truth::Open
    }

    /// Decides a condition by name, once.
    fn named_condition(&self, name: &str, place: &Place) -> Truth {
        if let Some(known) = self.decided.borrow().get(name) {
            return *known;
        }
        let conditions = self.file.get("Conditions");
        let Some(value) = conditions.and_then(|conditions| conditions.get(name)) else {
            let message = format!("there is no condition `{}`", shortened(name));
            let names = conditions.map(spec::Value::members).unwrap_or_default();
            let help = help(name, names.iter().map(|member| member.key.as_str()));
            let sink = &self.said.sink;
            sink.error_with_help("template::does-not-exist", place, message, help);
            return Truth::Open;
        };
        if self.deciding.borrow().iter().any(|one| one == name) {
            let message = format!("condition `{}` needs itself", shortened(name));
            self.said.sink.error("template::condition", place, message);
            return Truth::Open;
        }
        self.deciding.borrow_mut().push(name.to_owned());
        let truth = self.condition(value);
        self.deciding.borrow_mut().pop();
        self.decided.borrow_mut().insert(name.to_owned(), truth);
        truth
    }

    /// Decides a function of conditions.
    fn condition_function(&self, name: &str, argument: &spec::Value) -> Truth {
        let parts: &[spec::Value] = match &argument.data {
            spec::Data::List(parts) => parts,
            spec::Data::Null
            | spec::Data::Bool(_)
            | spec::Data::Number(_)
            | spec::Data::Text(_)
            | spec::Data::Object(_) => std::slice::from_ref(argument),
        };
        let truths = || parts.iter().map(|part| self.condition(part));
        match (name, parts) {
            ("Condition", [one]) if one.as_text().is_some() => self.condition(one),
            ("Fn::Not", [one]) => match self.condition(one) {
                Truth::Yes => Truth::No,
                Truth::No => Truth::Yes,
                Truth::Open => Truth::Open,
            },
            ("Fn::And", _) => decided(truths().collect(), Truth::No),
            ("Fn::Or", _) => decided(truths().collect(), Truth::Yes),
            ("Fn::Equals", [one, other]) => {
                let (one, other) = (self.resolve(one), self.resolve(other));
                let texts = [&one, &other].map(|value| match &value.data {
                    Data::Bool(yes) => Some(yes.to_string()),
                    Data::Text(text) | Data::Number(text) => Some(text.clone()),
                    Data::Null | Data::List(_) | Data::Object(_) | Data::Open { .. } => None,
                });
                match texts {
                    [Some(one), Some(other)] if one == other => Truth::Yes,
                    [Some(_), Some(_)] => Truth::No,
                    _ => Truth::Open,
                }
            }
            _ => {
                let message = format!(
                    "`{}` is no function of conditions as it is used here",
                    shortened(name)
                );
                let help = help(name, CONDITIONS.iter().copied());
                let sink = &self.said.sink;
                sink.error_with_help("template::condition", &argument.place, message, help);
                Truth::Open
            }
        }
    }
}

/// Returns what one of some truths decides, else the contrary, unless one is open.
fn decided(truths: Vec<Truth>, by: Truth) -> Truth {
    let other = if by == Truth::Yes {
        Truth::No
    } else {
        Truth::Yes
    };
    if truths.contains(&by) {
        by
    } else if truths.contains(&Truth::Open) {
        Truth::Open
    } else {
        other
    }
}
