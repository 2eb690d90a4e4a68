//! The door to this module: a file, a variant and options become a topology.

use super::build::build;
use super::{Topology, WarmUp};
use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::spec::value::shortened;
use crate::spec::{Sink, Value, help, parse, patch};
use crate::units::Span;
use std::path::Path;

/// What to load, and what the command line says about it.
#[derive(Clone, Debug)]
pub struct LoadRequest<'r> {
    /// Text of the topology file.
    pub text: &'r str,
    /// Name of the file, for messages and for topologies without a name.
    pub file_name: &'r str,
    /// Where the file lies; traces are named relative to it.
    pub directory: &'r Path,
    /// Traces that may be read, as a file names them; any if none.
    pub traces: Option<&'r [String]>,
    /// Variant to apply.
    pub variant: Option<&'r str>,
    /// Options `PATH=VALUE`, applied in order after the variant.
    pub sets: &'r [String],
    /// The same of a sweep, applied last.
    pub varied: &'r [String],
    /// Overrides `run.seed`.
    pub seed: Option<u64>,
    /// Overrides `run.replications`.
    pub replications: Option<u32>,
    /// Overrides `run.horizon`.
    pub horizon: Option<Span>,
    /// Overrides `run.warm_up`.
    pub warm_up: Option<WarmUp>,
    /// Whether a file without `load` is refused: it can be drawn, but not run.
    pub needs_load: bool,
}

impl<'r> LoadRequest<'r> {
    /// Builds a request without variant and options.
    pub fn new(text: &'r str, file_name: &'r str) -> LoadRequest<'r> {
        LoadRequest {
            text,
            file_name,
            directory: Path::new("."),
            traces: None,
            variant: None,
            sets: &[],
            varied: &[],
            seed: None,
            replications: None,
            horizon: None,
            warm_up: None,
            needs_load: true,
        }
    }

    /// Returns the file's name without directory and extension.
    pub(super) fn stem(&self) -> String {
        let stem = Path::new(self.file_name).file_stem();
        let stem = stem.map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        // Standard input is shown as `<stdin>`; no file is called that.
        stem.trim_matches(['<', '>']).to_owned()
    }
}

/// Loads a topology: the topology and its warnings, or all mistakes.
///
/// # Errors
///
/// Whatever is wrong with the file, its variant or an option, in file order; there
/// is at least one diagnostic of severity `Error` among them.
pub fn load(request: &LoadRequest) -> Result<(Topology, Vec<Diagnostic>), Vec<Diagnostic>> {
    let sink = Sink::new();
    let topology = parse::parse(request.text, &sink).and_then(|mut file| {
        if let Some(variant) = request.variant {
            apply_variant(&mut file, variant, &sink);
        }
        for option in request.sets {
            patch::set(&mut file, ("--set", option), &sink);
        }
        for option in request.varied {
            patch::set(&mut file, ("--vary", option), &sink);
        }
        build(&file, request, &sink)
    });
    let found = sink.into_sorted();
    match topology {
        Some(topology) if found.iter().all(|one| one.severity == Severity::Warning) => {
            Ok((topology, found))
        }
        Some(_) | None => {
            debug_assert!(!found.is_empty(), "no topology, and no reason");
            Err(found)
        }
    }
}

/// Applies a variant by name.
fn apply_variant(file: &mut Value, name: &str, sink: &Sink) {
    let variants = file.get("variants").map(Value::members).unwrap_or_default();
    if let Some(found) = variants.iter().find(|variant| variant.key == name) {
        let change = found.value.clone();
        patch::apply(file, &change, sink);
        return;
    }
    let message = format!("there is no variant `{}`", shortened(name));
    let place = Place::Option(format!("--variant {name}"));
    let help = if variants.is_empty() {
        "the file has no `variants`".to_owned()
    } else {
        help(name, variants.iter().map(|variant| variant.key.as_str()))
    };
    sink.error_with_help("variant::does-not-exist", &place, message, help);
}
