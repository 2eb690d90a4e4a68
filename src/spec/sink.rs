//! Where the mistakes of a file are collected while it is read.

use crate::diagnostic::{Diagnostic, Place, Severity};
use std::cell::RefCell;

/// Most diagnostics that are kept.
///
/// CHOICE: more than anybody reads, few enough that a hostile file of millions of
/// mistakes costs no time; the last one says that there are more.
const MOST: usize = 500;

/// Collects diagnostics; shared by all readers of one file.
#[derive(Debug, Default)]
pub struct Sink {
    /// What was found so far.
    found: RefCell<Vec<Diagnostic>>,
}

impl Sink {
    /// Builds an empty one.
    pub fn new() -> Sink {
        Sink::default()
    }

    /// Records a diagnostic.
    pub fn push(&self, diagnostic: Diagnostic) {
        let mut found = self.found.borrow_mut();
        if found.len() < MOST {
            found.push(diagnostic);
        } else if found.len() == MOST {
            found.push(Diagnostic::error(
                "file::too-many-mistakes",
                Place::Whole,
                format!("there are more than {MOST} mistakes; the others are not shown"),
            ));
        }
    }

    /// Records an error without help.
    pub fn error(&self, code: &'static str, place: &Place, message: impl Into<String>) {
        self.push(Diagnostic::error(code, place.clone(), message));
    }

    /// Records an error with what to write instead.
    pub fn error_with_help(
        &self,
        code: &'static str,
        place: &Place,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Diagnostic::error(code, place.clone(), message).help(help));
    }

    /// Returns how many diagnostics have been recorded.
    pub fn len(&self) -> usize {
        self.found.borrow().len()
    }

    /// Says whether nothing has been recorded.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Says whether an error has been recorded.
    pub fn has_errors(&self) -> bool {
        let found = self.found.borrow();
        found.iter().any(|one| one.severity == Severity::Error)
    }

    /// Returns what was collected, in file order.
    pub fn into_sorted(self) -> Vec<Diagnostic> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|diagnostic| match &diagnostic.place {
            Place::File(range) => (0, range.start, range.end),
            Place::Option(_) => (1, 0, 0),
            Place::Whole => (2, 0, 0),
        });
        found.dedup();
        found
    }
}
