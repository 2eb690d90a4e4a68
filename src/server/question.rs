//! What is asked about a topology: the body of a request becomes a design, or its mistakes.

use crate::analysis::scenario::{Loaded, Scenario, Source};
use crate::compile;
use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::report::Origin;
use crate::report::graph;
use crate::server::answer::{Refusal, Said};
use crate::server::library::{Library, variants};
use crate::spec;
use crate::spec::parse::MOST_BYTES;
use crate::topology::MOST_REPLICATIONS;
use crate::units::parse;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};

/// What a body says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    /// Text of the topology.
    topology: String,
    /// What it is called.
    file: Option<String>,
    variant: Option<String>,
    #[serde(default)]
    set: Vec<String>,
    seed: Option<u64>,
    replications: Option<u64>,
    horizon: Option<String>,
}

/// A design that can be simulated.
#[derive(Debug)]
pub(super) struct Design {
    /// The topology.
    pub(super) loaded: Loaded,
    /// How to have the same run again.
    pub(super) origin: Origin,
}

/// What a question has against it.
#[derive(Debug, Serialize)]
pub(super) struct Checked {
    diagnostics: Vec<Said>,
    /// The picture of the design; none if it cannot be drawn.
    svg: Option<String>,
    /// Names of its variants; none if the text cannot be read.
    variants: Option<Vec<String>>,
}

impl Question {
    /// Reads a question from a request.
    ///
    /// # Errors
    ///
    /// It is no JSON, too large, or asks for what nobody knows.
    pub(super) async fn read(request: Request) -> Result<Question, Refusal> {
        let bytes = body(request).await?;
        serde_json::from_slice(&bytes).map_err(|error| {
            Refusal::new(
                StatusCode::BAD_REQUEST,
                format!("the body is no question: {error}"),
                "send `{\"topology\": TEXT}`; besides `file`, `variant`, `set`, `seed`, \
                 `replications` and `horizon` are known",
            )
        })
    }

    /// Checks it as a run would, and draws the design.
    pub(super) fn check(&self, library: &Library) -> Checked {
        let found = self.sound(library);
        let drawn = match &found {
            Ok((design, _)) => Some(graph::svg(&graph::picture(&design.loaded.topology))),
            // What has no load yet can be drawn.
            Err(_) => self.load(library, false).ok().map(|design| {
                let topology = &design.loaded.topology;
                graph::svg(&graph::picture(topology))
            }),
        };
        let found = match found {
            Ok((_, warnings)) => warnings,
            Err(found) => found,
        };
        Checked {
            diagnostics: Said::all(&found, &self.topology),
            svg: drawn,
            variants: spec::read(&self.topology).ok().map(|file| variants(&file)),
        }
    }

    /// Makes a design of it that can be simulated.
    ///
    /// # Errors
    ///
    /// It has mistakes.
    pub(super) fn design(&self, library: &Library) -> Result<Design, Refusal> {
        match self.sound(library) {
            Ok((design, _)) => Ok(design),
            Err(found) => Err(Refusal::unsound(Said::all(&found, &self.topology))),
        }
    }

    /// Returns a design that can be compiled, with its warnings, or its mistakes.
    fn sound(&self, library: &Library) -> Result<(Design, Vec<Diagnostic>), Vec<Diagnostic>> {
        let mut design = self.load(library, true)?;
        compile::compile(&design.loaded.topology)?;
        let warnings = std::mem::take(&mut design.loaded.warnings);
        debug_assert!(warnings.iter().all(|one| one.severity == Severity::Warning));
        Ok((design, warnings))
    }

    /// Loads the topology.
    fn load(&self, library: &Library, needs_load: bool) -> Result<Design, Vec<Diagnostic>> {
        let called = library.called(self.file.as_deref(), &self.topology);
        let source = Source {
            text: &self.topology,
            shown: &called.shown,
            directory: library.directory(),
            traces: Some(library.traces()),
        };
        let scenario = self.scenario(called.argument)?;
        Ok(Design {
            loaded: scenario.load(&source, needs_load)?,
            origin: scenario.origin(&called.shown, &self.topology),
        })
    }

    /// Reads the options.
    fn scenario(&self, topology: String) -> Result<Scenario, Vec<Diagnostic>> {
        let mut wrong = Vec::new();
        let mut refuse = |option: &str, value: &str, message: String| {
            let place = Place::Option(format!("--{option} {value}"));
            wrong.push(Diagnostic::error("option::unreadable", place, message));
        };
        let horizon = self
            .horizon
            .as_deref()
            .map(|text| (text, parse::lasting(text)));
        let horizon = horizon.and_then(|(text, read)| {
            read.map_err(|why| refuse("horizon", text, format!("`horizon` is no time: {why}")))
                .ok()
        });
        let replications = self.replications.and_then(|count| {
            let read = u32::try_from(count).ok();
            let read = read.filter(|count| (1..=MOST_REPLICATIONS).contains(count));
            if read.is_none() {
                let message = format!(
                    "`replications` must be between 1 and {MOST_REPLICATIONS}, got {count}"
                );
                refuse("replications", &count.to_string(), message);
            }
            read
        });
        match wrong.is_empty() {
            true => Ok(Scenario {
                topology,
                variant: self.variant.clone(),
                set: self.set.clone(),
                varied: Vec::new(),
                seed: self.seed,
                replications,
                horizon,
                warm_up: None,
                precision: None,
            }),
            false => Err(wrong),
        }
    }
}

/// Reads the body of a request that brings JSON.
async fn body(request: Request) -> Result<Bytes, Refusal> {
    let headers = request.headers();
    if !is_json(headers) {
        // A form of a page from elsewhere cannot say this without asking first.
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the body is not said to be JSON",
            "send it with `Content-Type: application/json`",
        ));
    }
    let too_large = || {
        Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body has more than {MOST_BYTES} bytes"),
            "recorded arrivals belong into a CSV file; name the topology on the command line",
        )
    };
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > MOST_BYTES as u64) {
        return Err(too_large());
    }
    // A body that breaks off has nobody left who reads why.
    axum::body::to_bytes(request.into_body(), MOST_BYTES)
        .await
        .map_err(|_| too_large())
}

/// Whether a request says that its body is JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}
