//! The words of the command line before clap sees them: `kneepoint FILE` is `kneepoint run FILE`.

use crate::cli::console::When;
use crate::spec::nearest;
use clap::ValueEnum;
use std::ffi::OsString;
use std::path::Path;

/// Inserts `run` where a topology or an option of `run` stands in the place of the verb.
///
/// A word that is near to a verb and is no topology is left alone: clap says
/// which verb was meant.
pub(crate) fn expand(words: Vec<OsString>, verbs: &[String], shipped: &[&str]) -> Vec<OsString> {
    let Some(first) = first_word(&words) else {
        return words;
    };
    let Some(text) = words.get(first).and_then(|word| word.to_str()) else {
        return with_run(words, first);
    };
    let for_the_program = matches!(text, "-h" | "--help" | "-V" | "--version");
    if for_the_program || verbs.iter().any(|verb| verb == text) {
        return words;
    }
    let a_topology = shipped.contains(&text) || Path::new(text).exists();
    let near_a_verb = nearest(text, verbs.iter().map(String::as_str)).is_some();
    if near_a_verb && !a_topology {
        return words;
    }
    with_run(words, first)
}

/// Returns the position of the first word that is not the program's own `--color`.
fn first_word(words: &[OsString]) -> Option<usize> {
    let mut at = 1;
    while let Some(word) = words.get(at) {
        match word.to_str() {
            Some("--color") => at += 2,
            Some(text) if text.starts_with("--color=") => at += 1,
            Some(_) | None => return Some(at),
        }
    }
    None
}

/// Inserts `run`.
fn with_run(mut words: Vec<OsString>, at: usize) -> Vec<OsString> {
    words.insert(at, "run".into());
    words
}

/// Finds `--color` for what clap prints itself: help and mistakes of the command line.
pub(crate) fn colour(words: &[OsString]) -> When {
    let texts: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    let joined = texts.iter().find_map(|text| text.strip_prefix("--color="));
    let parted = texts
        .iter()
        .position(|text| *text == "--color")
        .and_then(|at| texts.get(at + 1).copied());
    joined
        .or(parted)
        .and_then(|value| When::from_str(value, false).ok())
        .unwrap_or(When::Auto)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expands a line for a program with two verbs and one shipped topology.
    fn expanded(line: &str) -> String {
        let words = line.split(' ').map(OsString::from).collect();
        let verbs = ["run".to_owned(), "graph".to_owned()];
        let words = expand(words, &verbs, &["single-server"]);
        let texts: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
        texts.join(" ")
    }

    #[test]
    fn a_topology_in_the_place_of_the_verb_is_run() {
        assert_eq!(
            expanded("kneepoint single-server"),
            "kneepoint run single-server"
        );
        assert_eq!(expanded("kneepoint -"), "kneepoint run -");
        assert_eq!(expanded("kneepoint ./x.json"), "kneepoint run ./x.json");
        assert_eq!(
            expanded("kneepoint --color never --seed 2 x.json"),
            "kneepoint --color never run --seed 2 x.json"
        );
    }

    #[test]
    fn verbs_and_misspelt_verbs_are_left_alone() {
        assert_eq!(expanded("kneepoint graph x"), "kneepoint graph x");
        assert_eq!(expanded("kneepoint grpah x"), "kneepoint grpah x");
        assert_eq!(expanded("kneepoint --help"), "kneepoint --help");
        assert_eq!(expanded("kneepoint"), "kneepoint");
    }

    #[test]
    fn the_colour_is_found_in_both_spellings() {
        let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();

        assert_eq!(colour(&words("kneepoint --color=never")), When::Never);
        assert_eq!(colour(&words("kneepoint run --color always")), When::Always);
        assert_eq!(colour(&words("kneepoint run")), When::Auto);
    }
}
