//! The command that gives the same figures again.
//!
//! Only what the figures follow from is in it: not the form of the report, the threads at
//! work or what was shown meanwhile.

use crate::cli::args::{Cut, SimulationArguments, TopologyArguments};
use crate::topology::WarmUp;
use crate::units::Span;
use crate::units::parse::DURATIONS;

/// Returns the command, to be pasted into a shell.
pub(crate) fn command(
    verb: &str,
    topology: &TopologyArguments,
    simulation: &SimulationArguments,
) -> String {
    let mut words = vec!["kneepoint".to_owned(), verb.to_owned()];
    let mut option = |name: &str, value: &str| {
        words.extend([format!("--{name}"), quoted(value)]);
    };
    if let Some(variant) = &topology.variant {
        option("variant", variant);
    }
    for set in &topology.set {
        option("set", set);
    }
    if let Some(seed) = simulation.seed {
        option("seed", &seed.to_string());
    }
    if let Some(replications) = simulation.replications {
        option("replications", &replications.to_string());
    }
    if let Some(horizon) = simulation.horizon {
        option("horizon", &exact(horizon.0));
    }
    match simulation.warm_up {
        None => {}
        Some(Cut(WarmUp::Auto)) => option("warm-up", "auto"),
        Some(Cut(WarmUp::Fixed(time))) => option("warm-up", &exact(time)),
    }
    if let Some(precision) = simulation.precision {
        option("precision", &precision.0.to_string());
    }
    words.insert(2, quoted(&topology.topology));
    words.join(" ")
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
    use crate::cli::args::{Precision, Time};

    #[test]
    fn the_command_holds_all_that_the_figures_follow_from() {
        let topology = TopologyArguments {
            topology: "my file.json".to_owned(),
            variant: Some("large".to_owned()),
            set: vec![
                "nodes.app.servers=4".to_owned(),
                "objectives=['a']".to_owned(),
            ],
        };
        let simulation = SimulationArguments {
            seed: Some(7),
            replications: Some(20),
            horizon: "90s".parse::<Time>().ok(),
            warm_up: "0s".parse().ok(),
            precision: "2%".parse::<Precision>().ok(),
            threads: None,
            timing: true,
            no_progress: true,
        };

        assert_eq!(
            command("run", &topology, &simulation),
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
