//! YAML → the tree of values that JSON gives, with the places.
//!
//! The parser hands out events, so nothing recurses. A tag such as `!Ref x` becomes the long form
//! `{ "Ref": "x" }`. What an alias stands for is copied, and what all copies hold is
//! bounded, so that a few lines cannot become millions of values.
//!
//! Not here: merge keys, which templates do not have.

use crate::diagnostic::Place;
use crate::spec::parse::{MOST_DEPTH, MOST_KEYS};
use crate::spec::value::shortened;
use crate::spec::{Data, Member, Sink, Value, help};
use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

/// Most values that aliases may stand for, all together.
///
/// CHOICE: more than a template of the largest size has.
const MOST_COPIES: usize = 200_000;

/// Short forms of functions, and the long ones.
const TAGS: &[(&str, &str)] = &[
    ("And", "Fn::And"),
    ("Base64", "Fn::Base64"),
    ("Cidr", "Fn::Cidr"),
    ("Condition", "Condition"),
    ("Equals", "Fn::Equals"),
    ("FindInMap", "Fn::FindInMap"),
    ("GetAZs", "Fn::GetAZs"),
    ("GetAtt", "Fn::GetAtt"),
    ("If", "Fn::If"),
    ("ImportValue", "Fn::ImportValue"),
    ("Join", "Fn::Join"),
    ("Length", "Fn::Length"),
    ("Not", "Fn::Not"),
    ("Or", "Fn::Or"),
    ("Ref", "Ref"),
    ("Select", "Fn::Select"),
    ("Split", "Fn::Split"),
    ("Sub", "Fn::Sub"),
    ("ToJsonString", "Fn::ToJsonString"),
    ("Transform", "Fn::Transform"),
];

/// Parses a text; mistakes go to the sink.
pub(super) fn parse(text: &str, sink: &Sink) -> Option<Value> {
    let mut tree = Tree {
        text,
        bytes: offsets(text),
        sink,
        open: Vec::new(),
        anchors: BTreeMap::new(),
        copies: 0,
        root: None,
        documents: 0,
    };
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => tree.take(event, span)?,
            Err(error) => {
                let at = tree.byte(error.marker().index());
                let message = format!("this is not YAML: {}", shortened(error.info()));
                sink.error("file::syntax", &Place::File(at..at + 1), message);
                return None;
            }
        }
    }
    if tree.root.is_none() && sink.is_empty() {
        sink.error("file::empty", &Place::Whole, "the file is empty");
    }
    tree.root
}

/// Returns the byte at which each character begins; nothing where they are the same.
fn offsets(text: &str) -> Vec<u32> {
    if text.is_ascii() {
        return Vec::new();
    }
    // Files are far below 4 GiB.
    text.char_indices().map(|(at, _)| at as u32).collect()
}

/// A list or an object that has not ended.
struct Open {
    /// Where it began [bytes].
    start: usize,
    /// Id of its anchor; 0 is none.
    anchor: usize,
    /// Long form of its tag.
    wrap: Option<&'static str>,
    /// Entries of a list, or values of an object.
    entries: Vec<Value>,
    /// Keys of an object; none for a list.
    keys: Option<Vec<(String, Place)>>,
    /// Keys that were there before.
    seen: HashSet<String>,
    /// Whether the next value belongs to a key that came twice.
    twice: bool,
}

/// The tree as far as it is read.
struct Tree<'t> {
    text: &'t str,
    bytes: Vec<u32>,
    sink: &'t Sink,
    open: Vec<Open>,
    /// What anchors stand for: the value, how many values it holds, and how deep.
    anchors: BTreeMap<usize, (Value, usize, usize)>,
    copies: usize,
    root: Option<Value>,
    documents: usize,
}

impl Tree<'_> {
    /// Returns the byte of a character.
    fn byte(&self, character: usize) -> usize {
        if self.bytes.is_empty() {
            return character.min(self.text.len());
        }
        let found = self.bytes.get(character);
        found.map_or(self.text.len(), |at| *at as usize)
    }

    /// Returns the bytes of a span.
    fn range(&self, span: Span) -> std::ops::Range<usize> {
        let start = self.byte(span.start.index());
        start..self.byte(span.end.index()).max(start)
    }

    /// Takes an event; nothing if there is no use in going on.
    fn take(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        let range = self.range(span);
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    let message = "the file holds several documents";
                    let help = "a template is one document; remove the lines `---`";
                    let place = Place::File(range);
                    self.sink
                        .error_with_help("file::several", &place, message, help);
                    return None;
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(&text, style, anchor, tag.as_ref(), range)?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(range.start, anchor, tag.as_ref(), None)?;
            }
            Event::MappingStart(anchor, tag) => {
                self.begin(range.start, anchor, tag.as_ref(), Some(Vec::new()))?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(range.end)?,
            Event::Alias(anchor) => self.alias(anchor, range)?,
        }
        Some(())
    }

    /// Takes a scalar, which may be a key.
    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Cow<'_, Tag>>,
        range: std::ops::Range<usize>,
    ) -> Option<()> {
        let place = Place::File(range);
        let is_core = tag.is_some_and(|tag| tag.is_yaml_core_schema());
        let data = if style == ScalarStyle::Plain && !is_core {
            plain(text)
        } else {
            Data::Text(text.to_owned())
        };
        if self.wants_key() {
            return self.key(text.to_owned(), place);
        }
        let wrap = self.wrap(tag, &place);
        self.put(Value { place, data }, anchor, wrap)
    }

    /// Returns the long form of a tag.
    fn wrap(&self, tag: Option<&Cow<'_, Tag>>, place: &Place) -> Option<&'static str> {
        let tag = tag.filter(|tag| !tag.is_yaml_core_schema())?;
        let name = tag.suffix.as_str();
        let found = TAGS.iter().find(|(short, _)| *short == name);
        if found.is_none() && tag.handle == "!" && !name.is_empty() {
            let message = format!("there is no function `!{}`", shortened(name));
            let names = TAGS.iter().map(|(short, _)| *short);
            let help = help(name, names);
            self.sink
                .error_with_help("template::unknown-function", place, message, help);
        }
        found.map(|(_, long)| *long)
    }

    /// Whether the next value is a key.
    fn wants_key(&self) -> bool {
        let innermost = self.open.last();
        innermost.is_some_and(|open| {
            let keys = open.keys.as_ref();
            !open.twice && keys.is_some_and(|keys| keys.len() == open.entries.len())
        })
    }

    /// Takes a key.
    fn key(&mut self, text: String, place: Place) -> Option<()> {
        let open = self.open.last_mut()?;
        let keys = open.keys.as_mut()?;
        if text == "<<" {
            let message = "templates have no merge keys";
            let help = "write the properties out, or use an alias for the whole value";
            self.sink
                .error_with_help("template::merge-key", &place, message, help);
        }
        if keys.len() >= MOST_KEYS {
            let message = format!("an object has more than {MOST_KEYS} keys");
            self.sink.error("file::too-many-keys", &place, message);
            return None;
        }
        if open.seen.insert(text.clone()) {
            keys.push((text, place));
        } else {
            let message = format!("key `{}` is written twice", shortened(&text));
            self.sink.error("key::duplicate", &place, message);
            open.twice = true;
        }
        Some(())
    }

    /// Begins a list or an object.
    fn begin(
        &mut self,
        start: usize,
        anchor: usize,
        tag: Option<&Cow<'_, Tag>>,
        keys: Option<Vec<(String, Place)>>,
    ) -> Option<()> {
        let place = Place::File(start..start + 1);
        if self.open.len() >= MOST_DEPTH {
            let message = format!("lists and objects are nested more than {MOST_DEPTH} deep");
            self.sink.error("file::too-deep", &place, message);
            return None;
        }
        if self.wants_key() {
            self.no_key(&place);
            return None;
        }
        let wrap = self.wrap(tag, &place);
        self.open.push(Open {
            start,
            anchor,
            wrap,
            entries: Vec::new(),
            keys,
            seen: HashSet::new(),
            twice: false,
        });
        Some(())
    }

    /// Says that a key is no text.
    fn no_key(&self, place: &Place) {
        let message = "a key must be a text";
        self.sink.error("file::syntax", place, message);
    }

    /// Ends the innermost list or object.
    fn end(&mut self, end: usize) -> Option<()> {
        let open = self.open.pop()?;
        let place = Place::File(open.start..end.max(open.start));
        let data = match open.keys {
            None => Data::List(open.entries),
            Some(keys) => Data::Object(
                keys.into_iter()
                    .zip(open.entries)
                    .map(|((key, key_place), value)| Member {
                        key,
                        key_place,
                        value,
                    })
                    .collect(),
            ),
        };
        self.put(Value { place, data }, open.anchor, open.wrap)
    }

    /// Takes an alias.
    fn alias(&mut self, anchor: usize, range: std::ops::Range<usize>) -> Option<()> {
        let place = Place::File(range);
        if self.wants_key() {
            self.no_key(&place);
            return None;
        }
        let Some((value, size, depth)) = self.anchors.get(&anchor) else {
            let message = "the alias stands for something that has not ended";
            self.sink.error("file::alias", &place, message);
            return None;
        };
        self.copies += size;
        if self.copies > MOST_COPIES {
            let message = format!("aliases stand for more than {MOST_COPIES} values");
            self.sink.error("file::alias", &place, message);
            return None;
        }
        if self.open.len() + depth > MOST_DEPTH {
            let message = format!("lists and objects are nested more than {MOST_DEPTH} deep");
            self.sink.error("file::too-deep", &place, message);
            return None;
        }
        let value = value.clone();
        self.put(value, 0, None)
    }

    /// Puts a value where it belongs, in the long form of its tag.
    fn put(&mut self, value: Value, anchor: usize, wrap: Option<&'static str>) -> Option<()> {
        let value = match wrap {
            None => value,
            Some(long) => Value {
                place: value.place.clone(),
                data: Data::Object(vec![Member {
                    key: long.to_owned(),
                    key_place: value.place.clone(),
                    value,
                }]),
            },
        };
        if anchor != 0 {
            let (size, depth) = measure(&value);
            self.anchors.insert(anchor, (value.clone(), size, depth));
        }
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some(open) if open.twice => open.twice = false,
            Some(open) => open.entries.push(value),
        }
        Some(())
    }
}

/// Returns how many values a value holds, and how deep they are nested.
fn measure(value: &Value) -> (usize, usize) {
    let parts: Vec<&Value> = match &value.data {
        Data::List(entries) => entries.iter().collect(),
        Data::Object(members) => members.iter().map(|member| &member.value).collect(),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) => return (1, 0),
    };
    let parts = parts.into_iter().map(measure);
    let sum = parts.fold((1, 0), |(size, depth), (inner, below)| {
        (size + inner, depth.max(below))
    });
    (sum.0, sum.1 + 1)
}

/// Reads a scalar without quotes as YAML 1.2 and JSON agree on it.
fn plain(text: &str) -> Data {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Data::Null,
        "true" | "True" | "TRUE" => Data::Bool(true),
        "false" | "False" | "FALSE" => Data::Bool(false),
        _ if is_number(text) => Data::Number(text.to_owned()),
        _ => Data::Text(text.to_owned()),
    }
}

/// Whether a text is a number of JSON.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let mut letters = digits.bytes();
    let leading = digits.len() > 1
        && digits.starts_with('0')
        && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    letters.next().is_some_and(|first| first.is_ascii_digit())
        && digits
            .bytes()
            .last()
            .is_some_and(|last| last.is_ascii_digit())
        && !leading
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte))
        && text.parse::<f64>().is_ok()
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
    fn a_short_form_is_the_long_form() {
        let sink = Sink::new();
        let short = parse("a: !Join [ '', [ !Ref b, !GetAtt c.d ] ]", &sink).unwrap();

        let join = short
            .get("a")
            .and_then(|value| value.get("Fn::Join"))
            .unwrap();
        let Data::List(parts) = &join.data else {
            panic!("{join:?}")
        };
        let Data::List(parts) = &parts[1].data else {
            panic!("{parts:?}")
        };
        assert_eq!(parts[0].get("Ref").and_then(Value::as_text), Some("b"));
        let attribute = parts[1].get("Fn::GetAtt").and_then(Value::as_text);
        assert_eq!(attribute, Some("c.d"));
        assert!(sink.is_empty());
    }

    #[test]
    fn scalars_are_what_json_would_make_of_them() {
        let text = "[ 1, -1.5e3, 012, 1.2.3, 2012-10-17, yes, true, ~, '5', 1. ]";
        let found = parse(text, &Sink::new()).unwrap();
        let Data::List(found) = found.data else {
            panic!("{found:?}")
        };
        let shown: Vec<String> = found.iter().map(Value::shown).collect();

        let expected = [
            "1",
            "-1.5e3",
            "\"012\"",
            "\"1.2.3\"",
            "\"2012-10-17\"",
            "\"yes\"",
            "true",
            "null",
            "\"5\"",
            "\"1.\"",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_templates_do_not_have_is_refused() {
        assert_eq!(codes("a: 1\na: 2"), ["key::duplicate"]);
        assert_eq!(codes("a: !Reff b"), ["template::unknown-function"]);
        assert_eq!(
            codes("a: &x { b: 1 }\nc: { <<: *x }"),
            ["template::merge-key"]
        );
        assert_eq!(codes("a: 1\n---\nb: 2"), ["file::several"]);
        assert_eq!(codes("? [ a ]\n: 1"), ["file::syntax"]);
        assert_eq!(codes("a: &x [ *x ]"), ["file::alias"]);
        assert_eq!(codes(""), ["file::empty"]);
        assert_eq!(codes("a: ["), ["file::syntax"]);
    }

    #[test]
    fn a_bomb_of_aliases_and_a_deep_one_are_refused() {
        let mut bomb = "a0: &a0 [ 1, 1, 1, 1, 1, 1, 1, 1, 1 ]\n".to_owned();
        for level in 1..12 {
            let before = format!("*a{}, ", level - 1).repeat(9);
            bomb.push_str(&format!("a{level}: &a{level} [ {before} ]\n"));
        }

        assert_eq!(codes(&bomb), ["file::alias"]);
        assert_eq!(codes(&"- ".repeat(200)), ["file::too-deep"]);
        // The parser has a limit of its own.
        assert_eq!(codes(&"[".repeat(100_000)), ["file::syntax"]);
    }

    #[test]
    fn places_are_bytes() {
        let text = "é: ü\nb: !Foo x";
        let sink = Sink::new();
        parse(text, &sink);
        let found = sink.into_sorted();

        let Place::File(range) = &found[0].place else {
            panic!("{found:?}")
        };
        assert_eq!(&text[range.clone()], "!Foo x");
    }
}
