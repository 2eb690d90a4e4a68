//! What is said about an import beside its result: mistakes, and notes.
//!
//! A mistake is something that the template cannot mean. A note says what is not in the
//! topology although it is in the template, or what is left at a default because it is not known.

use crate::diagnostic::Place;
use crate::spec::Sink;
use std::cell::RefCell;

/// Most notes that are kept.
///
/// CHOICE: more than anybody reads; the last one says that there are more.
const MOST: usize = 500;

/// Something that a user should know about an import that worked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is about.
    pub place: Place,
    /// What there is to know: lower case, no full stop, names in backticks.
    pub text: String,
}

/// Where mistakes and notes are collected.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// Mistakes.
    pub(crate) sink: Sink,
    notes: RefCell<Vec<Note>>,
}

impl Said {
    /// Takes a note, once.
    pub(crate) fn note(&self, place: &Place, text: impl Into<String>) {
        let mut notes = self.notes.borrow_mut();
        let note = Note {
            place: place.clone(),
            text: text.into(),
        };
        if notes.len() > MOST || notes.contains(&note) {
            return;
        }
        if notes.len() == MOST {
            notes.push(Note {
                place: Place::Whole,
                text: format!("there are more than {MOST} notes; the others are not shown"),
            });
            return;
        }
        notes.push(note);
    }

    /// Returns the notes in the order of the file, those about all of it last.
    pub(crate) fn notes(&self) -> Vec<Note> {
        let mut notes = self.notes.borrow().clone();
        notes.sort_by_key(|note| match &note.place {
            Place::File(range) => (0, range.start),
            Place::Option(_) => (1, 0),
            Place::Whole => (2, 0),
        });
        notes
    }
}
