//! A scenario: one topology, workload and run settings, as somebody asks for them.
//!
//! Whoever asks, on the command line or in a browser, has it loaded and simulated here, so
//! that the same question has the same answer.
//!
//! Not here: where the text comes from, and how mistakes and answers are shown (`cli`,
//! `server`).

use crate::analysis::assumed::{self, Assumption};
use crate::analysis::simulation::{self, Refused, Settings, Watcher};
use crate::cost::Asked;
use crate::diagnostic::{Diagnostic, Place};
use crate::metrics::recording::Split;
use crate::report::{Illustration, Origin, Report};
use crate::spec::{self, Data, Sink, Value, patch};
use crate::topology::{self, LoadRequest, Topology, WarmUp};
use crate::units::Span;
use crate::units::parse::DURATIONS;
use std::path::Path;

/// What is asked for: a topology, what is changed in it, and how it is simulated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenario {
    /// What the command line calls the topology: a path, a shipped name, or `-`.
    pub topology: String,
    /// Variant that is applied first.
    pub variant: Option<String>,
    /// Options `PATH=VALUE`, applied in order.
    pub set: Vec<String>,
    /// The values of a sweep at this point, `PATH=VALUE`, applied last.
    pub varied: Vec<String>,
    /// Overrides the file's.
    pub seed: Option<u64>,
    /// Overrides the file's.
    pub replications: Option<u32>,
    /// Overrides the file's.
    pub horizon: Option<Span>,
    /// Overrides the file's.
    pub warm_up: Option<WarmUp>,
    /// Relative half-width to be reached, in (0, 1).
    pub precision: Option<f64>,
}

/// Where the text of a topology comes from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'s> {
    /// What it says.
    pub text: &'s str,
    /// What it is called in messages.
    pub shown: &'s str,
    /// Where recorded arrivals are looked for.
    pub directory: &'s Path,
    /// Recorded arrivals that may be read, as the file names them; any if none.
    pub traces: Option<&'s [String]>,
}

/// A topology that is sound, and what its file says.
#[derive(Debug)]
pub struct Loaded {
    /// The topology.
    pub topology: Topology,
    /// What the file says, after variant and options.
    pub file: Value,
    /// What is unusual about it.
    pub warnings: Vec<Diagnostic>,
}

/// A finished run.
#[derive(Debug)]
pub struct Ran {
    /// What was found, with all that a page of it shows.
    pub report: Report,
    /// How the first replication that was run in parts was cut.
    pub split: Option<Split>,
}

impl Scenario {
    /// Loads the topology; one that is only drawn needs no load.
    ///
    /// # Errors
    ///
    /// As [`topology::load`].
    pub fn load(&self, source: &Source, needs_load: bool) -> Result<Loaded, Vec<Diagnostic>> {
        let request = LoadRequest {
            directory: source.directory,
            traces: source.traces,
            variant: self.variant.as_deref(),
            sets: &self.set,
            varied: &self.varied,
            seed: self.seed,
            replications: self.replications,
            horizon: self.horizon,
            warm_up: self.warm_up,
            needs_load,
            ..LoadRequest::new(source.text, source.shown)
        };
        let (topology, warnings) = topology::load(&request)?;
        Ok(Loaded {
            topology,
            file: patched(source.text, self),
            warnings,
        })
    }

    /// Says how to have the same figures again.
    pub fn origin(&self, shown: &str, text: &str) -> Origin {
        Origin {
            file: shown.to_owned(),
            text: text.to_owned(),
            command: self.command("run"),
        }
    }

    /// Returns the command that gives the same figures again, to be pasted into a shell.
    ///
    /// Only what the figures follow from is in it: not the form of the report, the threads
    /// at work or what was shown meanwhile.
    fn command(&self, verb: &str) -> String {
        let mut words = vec![
            "kneepoint".to_owned(),
            verb.to_owned(),
            quoted(&self.topology),
        ];
        let mut option = |name: &str, value: &str| {
            words.extend([format!("--{name}"), quoted(value)]);
        };
        if let Some(variant) = &self.variant {
            option("variant", variant);
        }
        for set in self.set.iter().chain(&self.varied) {
            option("set", set);
        }
        if let Some(seed) = self.seed {
            option("seed", &seed.to_string());
        }
        if let Some(replications) = self.replications {
            option("replications", &replications.to_string());
        }
        if let Some(horizon) = self.horizon {
            option("horizon", &exact(horizon));
        }
        match self.warm_up {
            None => {}
            Some(WarmUp::Auto) => option("warm-up", "auto"),
            Some(WarmUp::Fixed(time)) => option("warm-up", &exact(time)),
        }
        if let Some(precision) = self.precision {
            option("precision", &precision.to_string());
        }
        words.join(" ")
    }
}

/// Simulates what was loaded; `file` is what it says, `origin` how to have it again.
///
/// # Errors
///
/// As [`simulation::simulate`].
pub fn simulate(
    (topology, file): (&Topology, &Value),
    origin: Origin,
    settings: &Settings,
    watcher: &dyn Watcher,
    asked: Asked,
) -> Result<Ran, Refused> {
    let assumed = assumed::assumptions(file);
    let assumptions = assumed.iter().map(|one| one.sentence()).collect();
    let ran = simulation::simulate(topology, assumptions, settings, watcher)?;
    Ok(Ran {
        report: Report {
            illustration: Some(Box::new(Illustration {
                assumptions: assumed.iter().map(Assumption::shown).collect(),
                origin: Some(origin),
                ..ran.illustration()
            })),
            ..ran.report_with(asked)
        },
        split: ran.recordings.iter().find_map(|one| one.split),
    })
}

/// Returns what the file says once variant and options are applied; it has been
/// found sound, so that no message can arise.
fn patched(text: &str, scenario: &Scenario) -> Value {
    let sink = Sink::new();
    let nothing = || Value {
        place: Place::Whole,
        data: Data::Null,
    };
    let mut file = spec::read(text).unwrap_or_else(|_| nothing());
    let name = scenario.variant.as_deref().unwrap_or_default();
    let variant = file
        .get("variants")
        .and_then(|variants| variants.get(name))
        .cloned();
    if let Some(variant) = variant {
        patch::apply(&mut file, &variant, &sink);
    }
    for option in scenario.set.iter().chain(&scenario.varied) {
        patch::set(&mut file, ("--set", option), &sink);
    }
    file
}

/// Writes a duration so that nothing of it is lost.
fn exact(time: Span) -> String {
    let mut longest_first = DURATIONS.iter().rev();
    let whole = longest_first.find(|(_, length)| time.0.is_multiple_of(*length as u64));
    match whole {
        Some((unit, length)) if time > Span::ZERO => format!("{}{unit}", time.0 / *length as u64),
        Some(_) | None => "0s".to_owned(),
    }
}

/// Writes a word so that a shell takes it as it is.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:=@%+,".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_holds_all_that_the_figures_follow_from() {
        let scenario = Scenario {
            topology: "my file.json".to_owned(),
            variant: Some("large".to_owned()),
            set: vec![
                "nodes.app.servers=4".to_owned(),
                "objectives=['a']".to_owned(),
            ],
            varied: Vec::new(),
            seed: Some(7),
            replications: Some(20),
            horizon: Some(Span(90_000_000_000)),
            warm_up: Some(WarmUp::Fixed(Span::ZERO)),
            precision: Some(0.02),
        };

        assert_eq!(
            scenario.command("run"),
            "kneepoint run 'my file.json' --variant large --set nodes.app.servers=4 \
             --set 'objectives=['\\''a'\\'']' --seed 7 --replications 20 --horizon 90s \
             --warm-up 0s --precision 0.02"
        );
    }

    #[test]
    fn durations_are_exact() {
        let shown = [0, 1, 1_500, 90_000_000_000, 7_200_000_000_000].map(|time| exact(Span(time)));

        assert_eq!(shown, ["0s", "1ns", "1500ns", "90s", "2h"]);
    }
}
