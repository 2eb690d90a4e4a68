//! Answers: JSON, and what is said where there is none.

use crate::diagnostic::{Diagnostic, Place, Severity, position};
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// Why there is no answer.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Refusal {
    /// As HTTP says it.
    #[serde(skip)]
    status: StatusCode,
    /// What is wrong: lower case, no full stop, names in backticks.
    error: String,
    /// What to do instead, when we can tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    /// What is wrong with the topology, if that is why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    diagnostics: Vec<Said>,
}

/// A diagnostic as JSON.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Said {
    /// `error` or `warning`.
    level: &'static str,
    code: &'static str,
    message: String,
    help: Option<String>,
    /// Line of the text, from 1.
    line: Option<usize>,
    /// Character of the line, from 1.
    column: Option<usize>,
    /// The option that it is about.
    option: Option<String>,
}

impl Said {
    /// Says diagnostics of a text.
    pub(super) fn all(found: &[Diagnostic], text: &str) -> Vec<Said> {
        found.iter().map(|one| Said::of(one, text)).collect()
    }

    /// Says a diagnostic of a text.
    fn of(found: &Diagnostic, text: &str) -> Said {
        let (place, option) = match &found.place {
            Place::File(range) => (Some(position(text, range.start)), None),
            Place::Option(option) => (None, Some(option.clone())),
            Place::Whole => (None, None),
        };
        Said {
            level: match found.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            code: found.code,
            message: found.message.clone(),
            help: found.help.clone(),
            line: place.map(|(line, _)| line),
            column: place.map(|(_, column)| column),
            option,
        }
    }
}

impl Refusal {
    /// Says that something is wrong with us.
    pub(super) fn internal() -> Refusal {
        Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal error",
            "this is a mistake in kneepoint; please report it with the topology",
        )
    }

    /// Says what is wrong and what to do instead.
    pub(super) fn new(
        status: StatusCode,
        error: impl Into<String>,
        help: impl Into<String>,
    ) -> Refusal {
        Refusal {
            status,
            error: error.into(),
            help: Some(help.into()),
            diagnostics: Vec::new(),
        }
    }

    /// Says that a topology cannot be simulated.
    pub(super) fn unsound(diagnostics: Vec<Said>) -> Refusal {
        Refusal {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            error: "the topology has mistakes; nothing was simulated".to_owned(),
            help: None,
            diagnostics,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        json(self.status, &self)
    }
}

/// Answers with JSON.
pub(super) fn json(status: StatusCode, data: &impl Serialize) -> Response {
    let mut text = written(data);
    text.push('\n');
    let mut answer = content("application/json", text);
    *answer.status_mut() = status;
    answer
}

/// Writes JSON on one line.
pub(super) fn written(data: &impl Serialize) -> String {
    let Ok(text) = serde_json::to_string(data) else {
        unreachable!("answers have only text keys and no values that JSON cannot express");
    };
    text
}

/// Answers with a text of some type.
pub(super) fn content(mime: &'static str, text: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, mime)], text.into()).into_response()
}
