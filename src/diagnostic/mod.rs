//! What the user wrote wrong: message, place and remedy.
//!
//! A mistake in a topology file, a variant or a `--set` option becomes one
//! `Diagnostic`. They are collected, sorted by place and shown together; nothing
//! is simulated while there is one of severity `Error`.

mod render;

pub use render::{position, render, render_for};

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is simulated.
    Error,
    /// Unusual but legal: shown, and the run goes on.
    Warning,
}

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Bytes of the topology file.
    File(std::ops::Range<usize>),
    /// A `--set` option, as it was typed (`--set nodes.app.tasks=0`).
    Option(String),
    /// Nowhere in particular: the file as a whole.
    Whole,
}

/// One thing wrong with a topology, with the place and the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it stops the run.
    pub severity: Severity,
    /// Stable name of the rule, such as `node::unknown-parameter`.
    pub code: &'static str,
    /// What the message is about; line and column follow from it.
    pub place: Place,
    /// What is wrong: lower case, no full stop, names in backticks.
    pub message: String,
    /// What to write instead, when we can tell.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Builds an error without help.
    pub fn error(code: &'static str, place: Place, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code,
            place,
            message: message.into(),
            help: None,
        }
    }

    /// Builds a warning without help.
    pub fn warning(code: &'static str, place: Place, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Warning,
            code,
            place,
            message: message.into(),
            help: None,
        }
    }

    /// Adds what to write instead.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }
}
