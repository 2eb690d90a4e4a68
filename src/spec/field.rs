//! One value under a name, read as the type that is asked for.
//!
//! Every method returns the value in base units, or records what is wrong and
//! returns nothing. Messages name the field and its owner: “`shards` of node
//! `hot`”.

use crate::diagnostic::Place;
use crate::random::law::{KeyLaw, Law};
use crate::spec::key_law;
use crate::spec::law::{self, Quantity};
use crate::spec::nearest;
use crate::spec::reader::{Noun, Object};
use crate::spec::sink::Sink;
use crate::spec::value::{Data, Value};
use crate::units::parse::{self, Misread};
use crate::units::{Span, show};
use std::ops::RangeInclusive;

/// A value, what it is called in messages, and where mistakes go.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    /// The value.
    pub value: &'a Value,
    /// What messages call it: “`shards` of node `hot`”.
    pub name: String,
    /// Where mistakes go.
    pub sink: &'a Sink,
}

impl<'a> Field<'a> {
    /// Names a value.
    pub fn new(value: &'a Value, name: impl Into<String>, sink: &'a Sink) -> Field<'a> {
        Field {
            value,
            name: name.into(),
            sink,
        }
    }

    /// Returns where the value was written.
    pub fn place(&self) -> &'a Place {
        &self.value.place
    }

    /// Records a mistake of this value.
    pub fn error(&self, code: &'static str, message: impl Into<String>) {
        self.sink.error(code, self.place(), message);
    }

    /// Records that the value is of another type than `wanted`, such as “a count”.
    pub fn wrong_type<T>(&self, wanted: &str) -> Option<T> {
        let shown = self.value.shown();
        let message = format!("{} must be {wanted}, got {shown}", self.name);
        self.error("value::wrong-type", message);
        None
    }

    /// Records that the value lies outside what is allowed.
    pub fn out_of_range<T>(&self, low: &str, high: &str) -> Option<T> {
        // The greatest number that fits is no bound that anybody means.
        let unbounded = matches!(high, "unlimited" | "4294967294" | "18446744073709551615");
        let between = if unbounded {
            format!("at least {low}")
        } else {
            format!("between {low} and {high}")
        };
        let shown = self.value.shown();
        let shown = shown.trim_matches('"');
        let message = format!("{} must be {between}, got {shown}", self.name);
        self.error("value::out-of-range", message);
        None
    }

    /// Reads a duration.
    pub fn duration(&self) -> Option<Span> {
        let nanoseconds = self.quantity(Quantity::Duration)?;
        Some(Span(nanoseconds.round() as u64))
    }

    /// Reads a duration within a range.
    pub fn duration_in(&self, range: RangeInclusive<Span>) -> Option<Span> {
        let span = self.duration()?;
        if range.contains(&span) {
            return Some(span);
        }
        let [low, high] = [range.start(), range.end()].map(|end| show::duration(end.0 as f64));
        self.out_of_range(&low, &high)
    }

    /// Reads a size [bytes].
    pub fn size(&self) -> Option<u64> {
        Some(self.quantity(Quantity::Size)?.round() as u64)
    }

    /// Reads a size within a range [bytes].
    pub fn size_in(&self, range: RangeInclusive<u64>) -> Option<u64> {
        let bytes = self.size()?;
        if range.contains(&bytes) {
            return Some(bytes);
        }
        let [low, high] = [range.start(), range.end()].map(|end| show::size(*end as f64));
        self.out_of_range(&low, &high)
    }

    /// Reads a whole number, written as such or with a suffix.
    pub fn count(&self) -> Option<u64> {
        // Plain digits directly: a seed may need all 64 bits.
        if let Data::Number(text) = &self.value.data
            && let Ok(count) = text.parse::<u64>()
        {
            return Some(count);
        }
        let count = self.quantity(Quantity::Count)?;
        if count.fract() > 0.0 {
            return self.wrong_type("a whole number");
        }
        Some(count as u64)
    }

    /// Reads a whole number within a range.
    pub fn count_in(&self, range: RangeInclusive<u64>) -> Option<u64> {
        let count = self.count()?;
        if range.contains(&count) {
            return Some(count);
        }
        self.out_of_range(&range.start().to_string(), &range.end().to_string())
    }

    /// Reads a whole number that fits an index type.
    pub fn small_count(&self, low: u32) -> Option<u32> {
        let count = self.count_in(u64::from(low)..=u64::from(u32::MAX - 1))?;
        u32::try_from(count).ok()
    }

    /// Reads a whole number, or `"unlimited"` as `u64::MAX`.
    pub fn count_or_unlimited(&self) -> Option<u64> {
        match self.value.as_text() {
            Some("unlimited") => Some(u64::MAX),
            Some(text) if parse::split(text).is_err() => {
                self.wrong_type("a whole number or \"unlimited\"")
            }
            Some(_) | None => self.count(),
        }
    }

    /// Reads a share, 0..=1.
    pub fn share(&self) -> Option<f64> {
        let Data::Number(text) = &self.value.data else {
            let help = self.value.as_text().and_then(|text| {
                let (number, rest) = parse::split(text).ok()?;
                (rest.trim() == "%").then(|| format!("write {number}% as {}", number / 100.0))
            });
            let shown = self.value.shown();
            let message = format!("{} must be a share between 0 and 1, got {shown}", self.name);
            let code = "value::wrong-type";
            match help {
                Some(help) => self.sink.error_with_help(code, self.place(), message, help),
                None => self.error(code, message),
            }
            return None;
        };
        match parse::number(text) {
            Ok(share) if (0.0..=1.0).contains(&share) => Some(share),
            Ok(number) if number > 1.0 && number <= 100.0 => {
                let message = format!("{} must be between 0 and 1, got {text}", self.name);
                let help = format!("write {text} % as {}", number / 100.0);
                let code = "value::out-of-range";
                self.sink.error_with_help(code, self.place(), message, help);
                None
            }
            Ok(_) | Err(_) => self.out_of_range("0", "1"),
        }
    }

    /// Reads a factor or weight: a number, at least 0.
    pub fn factor(&self) -> Option<f64> {
        let factor = self.number()?;
        if (0.0..=parse::GREATEST).contains(&factor) {
            return Some(factor);
        }
        let shown = self.value.shown();
        let message = format!("{} must be at least 0, got {shown}", self.name);
        self.error("value::out-of-range", message);
        None
    }

    /// Reads a factor within a range.
    pub fn factor_in(&self, range: RangeInclusive<f64>) -> Option<f64> {
        let factor = self.number()?;
        if range.contains(&factor) {
            return Some(factor);
        }
        self.out_of_range(&range.start().to_string(), &range.end().to_string())
    }

    /// Reads a plain number.
    pub fn number(&self) -> Option<f64> {
        let Data::Number(text) = &self.value.data else {
            return self.wrong_type("a number");
        };
        match parse::number(text) {
            Ok(number) => Some(number),
            Err(_) => self.wrong_type("a number that can be counted with"),
        }
    }

    /// Reads a rate [1/s].
    pub fn rate(&self) -> Option<f64> {
        self.quantity(Quantity::Rate)
    }

    /// Reads a rate within a range [1/s].
    pub fn rate_in(&self, range: RangeInclusive<f64>) -> Option<f64> {
        let rate = self.rate()?;
        if range.contains(&rate) {
            return Some(rate);
        }
        let [low, high] = [range.start(), range.end()].map(|end| show::rate(*end));
        self.out_of_range(&low, &high)
    }

    /// Reads a bandwidth [bytes/s], more than 0.
    pub fn bandwidth(&self) -> Option<f64> {
        let bandwidth = self.quantity(Quantity::Bandwidth)?;
        if bandwidth > 0.0 {
            return Some(bandwidth);
        }
        let shown = self.value.shown();
        let message = format!("{} must be more than 0, got {shown}", self.name);
        self.error("value::out-of-range", message);
        None
    }

    /// Reads a text.
    pub fn text(&self) -> Option<&'a str> {
        self.value.as_text().or_else(|| self.wrong_type("a text"))
    }

    /// Reads `true` or `false`.
    pub fn bool(&self) -> Option<bool> {
        match &self.value.data {
            Data::Bool(value) => Some(*value),
            Data::Null | Data::Number(_) | Data::Text(_) | Data::List(_) | Data::Object(_) => {
                self.wrong_type("true or false")
            }
        }
    }

    /// Reads one of a closed set of words.
    pub fn choice(&self, words: &[&'static str]) -> Option<&'static str> {
        let written = self.value.as_text();
        let found = words.iter().find(|word| written == Some(**word));
        if found.is_none() {
            let shown = match written {
                Some(text) => format!("`{}`", crate::spec::value::shortened(text)),
                None => self.value.shown(),
            };
            let list = nearest::listed(words.iter().copied(), "or");
            let message = format!("{} must be {list}, got {shown}", self.name);
            let code = "value::unknown-choice";
            match written.and_then(|text| nearest::nearest(text, words.iter().copied())) {
                Some(near) => {
                    let help = format!("did you mean `{near}`?");
                    self.sink.error_with_help(code, self.place(), message, help);
                }
                None => self.error(code, message),
            }
        }
        found.copied()
    }

    /// Reads a distribution of durations [ns].
    pub fn duration_law(&self) -> Option<Law> {
        law::read(self, Quantity::Duration)
    }

    /// Reads a distribution of sizes [bytes].
    pub fn size_law(&self) -> Option<Law> {
        law::read(self, Quantity::Size)
    }

    /// Reads a distribution of counts.
    pub fn count_law(&self) -> Option<Law> {
        law::read(self, Quantity::Count)
    }

    /// Reads a key law.
    pub fn key_law(&self) -> Option<KeyLaw> {
        key_law::read_key(self)
    }

    /// Reads an object; its keys are called “key” in messages.
    pub fn object(&self) -> Option<Object<'a>> {
        match &self.value.data {
            Data::Object(_) => Some(Object::new(self.value, &self.name, Noun::Key, self.sink)),
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::List(_) => {
                self.wrong_type("an object")
            }
        }
    }

    /// Reads a list.
    pub fn list(&self) -> Option<Vec<Field<'a>>> {
        match &self.value.data {
            Data::List(entries) => Some(self.entries(entries)),
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::Object(_) => {
                self.wrong_type("a list")
            }
        }
    }

    /// Names the entries of a list after it.
    fn entries(&self, entries: &'a [Value]) -> Vec<Field<'a>> {
        let named = entries.iter().enumerate().map(|(index, value)| {
            let name = format!("entry {} of {}", index + 1, self.name);
            Field::new(value, name, self.sink)
        });
        named.collect()
    }

    /// Reads a number in base units and says what is wrong with it.
    pub(crate) fn quantity(&self, quantity: Quantity) -> Option<f64> {
        let read = match (&self.value.data, quantity) {
            (Data::Text(text), _) => quantity.parse(text),
            (Data::Number(text), Quantity::Count) => parse::count(text),
            (Data::Number(text), _) => match parse::number(text) {
                Ok(_) => Err(Misread::NoUnit),
                Err(misread) => Err(misread),
            },
            (Data::Null | Data::Bool(_) | Data::List(_) | Data::Object(_), _) => {
                return self.wrong_type(quantity.wanted());
            }
        };
        match read {
            Ok(value) => Some(value),
            Err(misread) => {
                self.misread(misread, quantity);
                None
            }
        }
    }

    /// Says why a text is not the quantity that was asked for.
    fn misread(&self, misread: Misread, quantity: Quantity) {
        let written = match &self.value.data {
            Data::Text(text) | Data::Number(text) => crate::spec::value::shortened(text),
            Data::Null | Data::Bool(_) | Data::List(_) | Data::Object(_) => self.value.shown(),
        };
        let name = &self.name;
        let (code, message, help) = match misread {
            Misread::NoNumber => {
                return self.wrong_type::<()>(quantity.wanted()).unwrap_or_default();
            }
            Misread::NoUnit => (
                "value::no-unit",
                format!("{name} has no unit"),
                quantity.help(&written),
            ),
            Misread::UnknownUnit(unit) => (
                "value::unknown-unit",
                format!("{name} must be {}, got \"{written}\"", quantity.wanted()),
                format!(
                    "`{}` is none of its units: {}",
                    crate::spec::value::shortened(&unit),
                    quantity.units()
                ),
            ),
            Misread::Negative => (
                "value::out-of-range",
                format!("{name} must not be negative, got {written}"),
                String::new(),
            ),
            Misread::TooLarge => (
                "value::out-of-range",
                format!("{name} must be at most {}, got {written}", quantity.most()),
                String::new(),
            ),
        };
        if help.is_empty() {
            self.error(code, message);
        } else {
            self.sink.error_with_help(code, self.place(), message, help);
        }
    }
}
