//! Diagnostics as text, in the compiler's manner: message, place, line, remedy.
//!
//! Only the line that a message is about is shown, and of a long line only the
//! part around the place, so that the cost does not depend on the file.

use super::{Diagnostic, Place, Severity};
use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use std::ops::Range;

/// Most characters of a line that are shown on either side of a place.
const MARGIN: usize = 60;

/// Renders diagnostics and a last line that counts them.
pub fn render(found: &[Diagnostic], file_name: &str, source: &str, colour: bool) -> String {
    render_for(found, file_name, source, colour, "nothing was simulated")
}

/// Renders diagnostics and a last line that counts them and says what errors have led to.
pub fn render_for(
    found: &[Diagnostic],
    file_name: &str,
    source: &str,
    colour: bool,
    consequence: &str,
) -> String {
    let lines = Lines::new(source);
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = String::new();
    for diagnostic in found {
        let group = group(diagnostic, file_name, &lines);
        text.push_str(&renderer.render(&[group]));
        text.push_str("\n\n");
    }
    let errors = count(found, Severity::Error);
    let warnings = count(found, Severity::Warning);
    text.push_str(&closing(errors, warnings, consequence));
    text
}

/// Returns the line and the column of a byte, from 1, the column in characters.
pub fn position(source: &str, at: usize) -> (usize, usize) {
    let before = &source[..floor(source, at)];
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (line, before[start..].chars().count() + 1)
}

/// Counts the diagnostics of one severity.
fn count(found: &[Diagnostic], severity: Severity) -> usize {
    found.iter().filter(|one| one.severity == severity).count()
}

/// Builds the last line.
fn closing(errors: usize, warnings: usize, consequence: &str) -> String {
    let plural = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    };
    match (errors, warnings) {
        (0, 0) => String::new(),
        (0, _) => format!("{}\n", plural(warnings, "warning")),
        (_, 0) => format!("{}; {consequence}\n", plural(errors, "error")),
        (_, _) => format!(
            "{}, {}; {consequence}\n",
            plural(errors, "error"),
            plural(warnings, "warning")
        ),
    }
}

/// Lays one diagnostic out.
fn group<'d>(diagnostic: &'d Diagnostic, file_name: &'d str, lines: &Lines<'d>) -> Group<'d> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code);
    let mut elements: Vec<Element<'d>> = Vec::new();
    match &diagnostic.place {
        Place::File(range) => {
            let shown = lines.show(range);
            if shown.cut {
                // A snippet would count columns from the cut.
                let origin = Origin::path(file_name)
                    .line(shown.line)
                    .char_column(shown.column);
                elements.push(origin.into());
                elements.push(Level::NOTE.message(shown.text).into());
            } else {
                let annotation = AnnotationKind::Primary.span(shown.mark);
                let snippet = Snippet::source(shown.text)
                    .path(file_name)
                    .line_start(shown.line)
                    .annotation(annotation);
                elements.push(snippet.into());
            }
        }
        Place::Option(option) => elements.push(Origin::path(option.as_str()).into()),
        Place::Whole => elements.push(Origin::path(file_name).into()),
    }
    if let Some(help) = &diagnostic.help {
        elements.push(Level::HELP.message(help.as_str()).into());
    }
    Group::with_title(title).elements(elements)
}

/// A file with the beginnings of its lines.
struct Lines<'s> {
    /// The file.
    source: &'s str,
    /// Byte at which each line begins.
    starts: Vec<usize>,
}

/// The part of a line that is shown.
struct Shown {
    /// Number of the line, from 1.
    line: usize,
    /// Number of the first marked character in the line, from 1.
    column: usize,
    /// What is shown of it.
    text: String,
    /// Marked bytes of `text`.
    mark: Range<usize>,
    /// Whether the beginning of the line is missing.
    cut: bool,
}

impl<'s> Lines<'s> {
    /// Finds the beginnings of the lines.
    fn new(source: &'s str) -> Lines<'s> {
        let breaks = source.match_indices('\n').map(|(at, _)| at + 1);
        Lines {
            source,
            starts: std::iter::once(0).chain(breaks).collect(),
        }
    }

    /// Returns what to show of a place: its first line, cut around the mark.
    fn show(&self, range: &Range<usize>) -> Shown {
        let at = floor(self.source, range.start);
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let end = self.starts.get(line).copied().unwrap_or(self.source.len());
        let text = self.source[start..end].trim_end_matches(['\n', '\r']);
        let from = (at - start).min(text.len());
        let to = floor(text, range.end.saturating_sub(start).min(text.len())).max(from);
        let column = text[..from].chars().count() + 1;
        // Cut what lies far from the mark.
        let before = text[..from].char_indices().rev().nth(MARGIN);
        let left = before.map_or(0, |(index, _)| index);
        let marked = text[from..to].char_indices().nth(MARGIN);
        let to = marked.map_or(to, |(index, _)| from + index);
        let after = text[to..].char_indices().nth(MARGIN);
        let right = after.map_or(text.len(), |(index, _)| to + index);
        let head = if left > 0 { "…" } else { "" };
        let tail = if right < text.len() { "…" } else { "" };
        let offset = head.len();
        let shown = format!("{head}{}{tail}", &text[left..right]);
        Shown {
            line,
            column,
            mark: from - left + offset..to - left + offset,
            text: shown,
            cut: left > 0,
        }
    }
}

/// Returns the nearest boundary of a character at or before a byte.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_line_with_the_span_marked() {
        let source = "{\n  \"a\": 1,\n  \"b\": 92\n}\n";
        let at = source.find("92").unwrap();
        let error = Diagnostic::error("x::y", Place::File(at..at + 2), "`b` is too much");

        let text = render(&[error.help("write less")], "f.json", source, false);

        let expected = "\
error[x::y]: `b` is too much
 --> f.json:3:8
  |
3 |   \"b\": 92
  |        ^^
  |
  = help: write less

1 error; nothing was simulated
";
        assert_eq!(text, expected);
    }

    #[test]
    fn names_the_option_in_place_of_line_and_column() {
        let place = Place::Option("--set a=1".into());

        let text = render(
            &[Diagnostic::error("x::y", place, "no")],
            "f.json",
            "{}",
            false,
        );

        assert!(
            text.starts_with("error[x::y]: no\n--> --set a=1\n"),
            "{text}"
        );
    }

    #[test]
    fn long_lines_are_cut_around_the_mark() {
        let source = format!("{}é92é{}", "x".repeat(100_000), "y".repeat(100_000));
        let at = 100_002;
        let error = Diagnostic::error("x::y", Place::File(at..at + 2), "no");

        let text = render(&[error], "f.json", &source, false);

        assert!(text.len() < 800, "{}", text.len());
        assert!(text.contains("f.json:1:100002"), "{text}");
    }

    #[test]
    fn any_place_can_be_shown() {
        let source = "é\r\n\tü";
        for start in 0..10 {
            for end in start..12 {
                let error = Diagnostic::error("x::y", Place::File(start..end), "no");
                assert!(!render(&[error], "f", source, true).is_empty());
            }
        }
        assert!(
            !render(
                &[Diagnostic::error("a", Place::File(0..0), "b")],
                "f",
                "",
                false
            )
            .is_empty()
        );
    }
}
