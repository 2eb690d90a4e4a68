//! JSON with comments and trailing commas, and nothing beyond that, as a tree of values.
//!
//! Size and depth are checked before the parser, which recurses, sees the text.
//! A duplicate key is a mistake; its first value counts, so that the others can
//! still be reported.

use crate::diagnostic::{Diagnostic, Place};
use crate::spec::sink::Sink;
use crate::spec::value::{Data, Member, Value, shortened};
use jsonc_parser::ast;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use std::collections::HashSet;

/// Largest file that is read [bytes].
///
/// CHOICE: a hundred times the largest design; recorded arrivals beyond it belong
/// into a file of their own.
pub const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Deepest nesting of lists and objects.
pub const MOST_DEPTH: usize = 128;

/// Most keys of one object.
///
/// CHOICE: ten times the largest design; patches and look-ups compare keys with keys.
pub const MOST_KEYS: usize = 10_000;

/// What the parser accepts beyond strict JSON: comments and trailing commas.
const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Returns the text of a file.
///
/// # Errors
///
/// The file is too large, or it is not UTF-8; the message names the first byte.
pub fn decode(bytes: &[u8]) -> Result<&str, Diagnostic> {
    if bytes.len() > MOST_BYTES {
        return Err(too_large(bytes.len()));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        let message = format!("the file is not UTF-8: byte {} in line {line}", at + 1);
        Diagnostic::error("file::not-utf8", Place::Whole, message).help("save the file in UTF-8")
    })
}

/// Parses a file.
pub fn parse(text: &str, sink: &Sink) -> Option<Value> {
    parse_at(text, sink, None)
}

/// Parses a text whose values all stand at one place, such as an option.
pub fn parse_at(text: &str, sink: &Sink, place: Option<&Place>) -> Option<Value> {
    if text.len() > MOST_BYTES {
        sink.push(too_large(text.len()));
        return None;
    }
    // A byte order mark is no part of JSON, but editors write one.
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let origin = Origin {
        offset: text.len() - body.len(),
        place,
        sink,
    };
    if let Some((at, code, message)) = obstacle(body) {
        sink.error(code, &origin.place(at, at + 1), message);
        return None;
    }
    match parse_to_ast(body, &CollectOptions::default(), &OPTIONS) {
        Ok(parsed) => match parsed.value {
            Some(value) => Some(origin.convert(value)),
            None => {
                sink.error("file::empty", &origin.place(0, 0), "the file is empty");
                None
            }
        },
        Err(error) => {
            let range = error.range();
            let kind = error.kind().to_string();
            let mut letters = kind.chars();
            let first = letters.next().map(|letter| letter.to_ascii_lowercase());
            let message: String = first.into_iter().chain(letters).collect();
            let message = shortened(&message);
            let place = origin.place(range.start, range.end.max(range.start));
            sink.error(
                "file::syntax",
                &place,
                format!("this is not JSON: {message}"),
            );
            None
        }
    }
}

/// Says that a file is too large.
fn too_large(bytes: usize) -> Diagnostic {
    let message = format!("the file has {bytes} bytes; at most {MOST_BYTES} are read");
    Diagnostic::error("file::too-large", Place::Whole, message)
        .help("recorded arrivals belong into a CSV file that `trace` names")
}

/// Returns what the parser must not see or would let pass: brackets nested too
/// deeply outside strings and comments, and control characters inside strings.
fn obstacle(text: &str) -> Option<(usize, &'static str, String)> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, bytes.get(at + 1)) {
            (b'"', _) => {
                at += 1;
                while bytes.get(at).is_some_and(|byte| *byte != b'"') {
                    if bytes[at] < b' ' {
                        let message = "this is not JSON: a control character in a string";
                        return Some((at, "file::syntax", message.to_owned()));
                    }
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            (b'/', Some(b'/')) => {
                while bytes
                    .get(at)
                    .is_some_and(|byte| !matches!(byte, b'\n' | b'\r'))
                {
                    at += 1;
                }
            }
            (b'/', Some(b'*')) => {
                let rest = &bytes[at + 2..];
                let length = rest.windows(2).position(|pair| pair == b"*/");
                at += 2 + length.map_or(rest.len(), |length| length + 1);
            }
            (b'{' | b'[', _) => {
                depth += 1;
                if depth > MOST_DEPTH {
                    let message =
                        format!("lists and objects are nested more than {MOST_DEPTH} deep");
                    return Some((at, "file::too-deep", message));
                }
            }
            (b'}' | b']', _) => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where the values of a text come from.
struct Origin<'o> {
    /// Bytes before the text that the parser saw.
    offset: usize,
    /// The place of all values, if it is not the file.
    place: Option<&'o Place>,
    /// Where mistakes go.
    sink: &'o Sink,
}

impl Origin<'_> {
    /// Returns the place of a range of the parsed text.
    fn place(&self, start: usize, end: usize) -> Place {
        match self.place {
            Some(place) => place.clone(),
            None => Place::File(start + self.offset..end + self.offset),
        }
    }

    /// Converts a value of the parser.
    fn convert(&self, value: ast::Value) -> Value {
        let (start, end, data) = match value {
            ast::Value::NullKeyword(null) => (null.range.start, null.range.end, Data::Null),
            ast::Value::BooleanLit(literal) => {
                let range = literal.range;
                (range.start, range.end, Data::Bool(literal.value))
            }
            ast::Value::NumberLit(literal) => {
                let range = literal.range;
                (
                    range.start,
                    range.end,
                    Data::Number(literal.value.to_owned()),
                )
            }
            ast::Value::StringLit(literal) => {
                let range = literal.range;
                (
                    range.start,
                    range.end,
                    Data::Text(literal.value.into_owned()),
                )
            }
            ast::Value::Array(array) => {
                let range = array.range;
                let entries = array.elements.into_iter().map(|entry| self.convert(entry));
                (range.start, range.end, Data::List(entries.collect()))
            }
            ast::Value::Object(object) => {
                let range = object.range;
                let members = self.members(object.properties);
                (range.start, range.end, Data::Object(members))
            }
        };
        Value {
            place: self.place(start, end),
            data,
        }
    }

    /// Converts the members of an object and reports duplicates.
    fn members(&self, properties: Vec<ast::ObjectProp>) -> Vec<Member> {
        if let Some(beyond) = properties.get(MOST_KEYS) {
            let range = beyond.range;
            let message = format!("an object has more than {MOST_KEYS} keys");
            let place = self.place(range.start, range.end);
            self.sink.error("file::too-many-keys", &place, message);
        }
        let mut seen = HashSet::new();
        let mut members = Vec::with_capacity(properties.len());
        for property in properties.into_iter().take(MOST_KEYS) {
            let (range, key) = match property.name {
                ast::ObjectPropName::String(name) => (name.range, name.value.into_owned()),
                ast::ObjectPropName::Word(word) => (word.range, word.value.to_owned()),
            };
            let key_place = self.place(range.start, range.end);
            let value = self.convert(property.value);
            if seen.insert(key.clone()) {
                members.push(Member {
                    key,
                    key_place,
                    value,
                });
            } else {
                let message = format!("key `{}` is written twice", shortened(&key));
                self.sink.error("key::duplicate", &key_place, message);
            }
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses a text and returns the codes of its mistakes.
    fn codes(text: &str) -> Vec<&'static str> {
        let sink = Sink::new();
        let parsed = parse(text, &sink).is_some();
        let found = sink.into_sorted();
        assert!(parsed || !found.is_empty(), "{text}: nothing and no reason");
        found.iter().map(|one| one.code).collect()
    }

    #[test]
    fn accepts_comments_and_trailing_commas() {
        assert!(codes("// one\n{ \"a\": [1, 2,], /* two */ \"b\": null, }").is_empty());
        assert!(codes("\u{feff}{}").is_empty());
    }

    #[test]
    fn accepts_nothing_else_beyond_json() {
        let texts = [
            "{ a: 1 }",
            "{ 'a': 1 }",
            "{ \"a\": 0x10 }",
            "{ \"a\": +1 }",
            "{ \"a\": .5 }",
            "{ \"a\": 5. }",
            "{ \"a\": NaN }",
            "{ \"a\": Infinity }",
            "{ \"a\": 1 \"b\": 2 }",
            "[1 2]",
            "[1 {}]",
            "[[] []]",
            "{ \"a\": \"\\x41\" }",
            "{ \"a\": 01 }",
            "{ \"a\": \"line\nbreak\" }",
            "[,]",
            "[1,,2]",
            "{} {}",
            "{ \"a\" }",
            "{ \"a\": }",
            "{",
            "[",
            "\"a",
            "/* open",
        ];
        for text in texts {
            assert_eq!(codes(text), ["file::syntax"], "{text}");
        }
        assert_eq!(codes("  "), ["file::empty"]);
    }

    #[test]
    fn duplicate_keys_are_mistakes_and_the_first_counts() {
        let sink = Sink::new();
        let value = parse("{ \"a\": 1, \"a\": 2 }", &sink).unwrap();

        assert_eq!(value.get("a").map(Value::shown), Some("1".to_owned()));
        assert_eq!(sink.into_sorted()[0].place, Place::File(10..13));
    }

    #[test]
    fn depth_is_checked_before_parsing() {
        let deep = "[".repeat(1_000_000);

        assert_eq!(codes(&deep), ["file::too-deep"]);
        assert_eq!(codes(&"{\"a\":".repeat(200)), ["file::too-deep"]);
        assert!(codes(&format!("\"{}\"", "[".repeat(200))).is_empty());
        assert!(codes(&format!("/*{}*/ 1 // {}", "[".repeat(200), "{".repeat(200))).is_empty());
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let error = decode(b"{\n\xff}").unwrap_err();

        assert_eq!(error.message, "the file is not UTF-8: byte 3 in line 2");
    }
}
