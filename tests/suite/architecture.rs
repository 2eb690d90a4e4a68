//! Who may know whom: modules import downwards, and kinds are named by the catalogue alone.

use crate::support::package;
use std::path::{Path, PathBuf};

/// The modules of `src`, by row. A module imports only from rows below its own
/// (and from itself); what it must not know besides stands behind it.
const ROWS: &[(u8, &str, &[&str])] = &[
    (0, "units", &["diagnostic"]),
    (0, "diagnostic", &["units"]),
    (1, "spec", &[]),
    (1, "random", &[]),
    (1, "mechanism", &[]),
    (2, "model", &["spec"]),
    (2, "workload", &["spec"]),
    (3, "component", &[]),
    (3, "metrics", &["spec"]),
    (4, "topology", &[]),
    (4, "engine", &["spec", "component", "topology", "report"]),
    (5, "compile", &["engine"]),
    (5, "cost", &["engine"]),
    (5, "report", &["engine"]),
    (6, "analysis", &[]),
    (6, "import", &[]),
    (7, "server", &[]),
    (7, "cli", &[]),
];

/// Pairs within one row, or one above the other, that are allowed all the same:
/// laws are read in `spec` and drawn in `random`; a compiled sampler and the
/// constants of a mechanism are part of the model and of the state that uses them;
/// a report shows the bill; a verb serves.
const ALLOWED: &[(&str, &str)] = &[
    ("spec", "random"),
    ("mechanism", "random"),
    ("mechanism", "model"),
    ("random", "model"),
    ("model", "workload"),
    ("workload", "model"),
    ("report", "cost"),
    ("cli", "server"),
];

/// A line of code that is not a comment and not in a file's unit tests.
struct Line {
    module: String,
    file: PathBuf,
    number: usize,
    text: String,
}

/// Reads all lines of code of the library.
fn code() -> Vec<Line> {
    let source = package("src");
    let mut lines = Vec::new();
    for file in rust_files(&source) {
        let inside = file.strip_prefix(&source).expect("the file lies in src");
        let first = inside.components().next().expect("a file has a name");
        let module = first
            .as_os_str()
            .to_string_lossy()
            .trim_end_matches(".rs")
            .to_owned();
        if inside.ends_with("tests.rs") {
            // Unit tests in a file of their own may look further than the code they test.
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("the file can be read");
        let mut of_tests = false;
        for (number, line) in text.lines().enumerate() {
            if std::mem::take(&mut of_tests) {
                if line.starts_with("mod ") && line.ends_with('{') {
                    // Unit tests end a file.
                    break;
                }
                continue;
            }
            if line.starts_with("#[cfg(test)]") {
                of_tests = true;
                continue;
            }
            let code = line.trim_start();
            if !code.starts_with("//") {
                lines.push(Line {
                    module: module.clone(),
                    file: inside.to_owned(),
                    number: number + 1,
                    text: code.to_owned(),
                });
            }
        }
    }
    lines
}

/// Finds all Rust files below a directory, sorted.
fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("the directory can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Returns the modules that a line names after `crate::`, groups in braces included.
fn named(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        // `$crate::` of a macro expands elsewhere; a longer word is another crate.
        let before = line[..at].chars().next_back();
        if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_') {
            continue;
        }
        let rest = &line[at + "crate::".len()..];
        let names = match rest.strip_prefix('{') {
            // One level is enough: rustfmt writes one module per `use`.
            Some(group) => group.split(',').map(str::trim).collect(),
            None => vec![rest],
        };
        for name in names {
            let end = name.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
            found.push(&name[..end.unwrap_or(name.len())]);
        }
    }
    found
}

/// Returns the row of a module, and what it must not know besides.
fn row(module: &str) -> Option<(u8, &'static [&'static str])> {
    let found = ROWS.iter().find(|(_, name, _)| *name == module);
    found.map(|(row, _, hidden)| (*row, *hidden))
}

/// Says why a module may not name another, if it may not.
fn objection(module: &str, other: &str) -> Option<String> {
    let (own, hidden) = row(module)?;
    let (theirs, _) = row(other)?;
    if module == other {
        return None;
    }
    if hidden.contains(&other) {
        return Some(format!("`{module}` must not know `{other}`"));
    }
    let allowed = theirs < own || ALLOWED.contains(&(module, other));
    (!allowed).then(|| format!("`{module}` (row {own}) imports `{other}` (row {theirs})"))
}

#[test]
fn layers_import_downwards() {
    let mut wrong = Vec::new();
    for line in code() {
        for other in named(&line.text) {
            if let Some(why) = objection(&line.module, other) {
                let file = line.file.display();
                wrong.push(format!(
                    "src/{file}:{}: {}\n    {why}",
                    line.number, line.text
                ));
            }
        }
    }

    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_module_has_a_row() {
    let unknown: Vec<String> = code()
        .iter()
        .filter(|line| row(&line.module).is_none())
        .map(|line| line.file.display().to_string())
        .filter(|file| file != "lib.rs" && file != "main.rs")
        .collect();

    assert!(unknown.is_empty(), "add their modules to ROWS: {unknown:?}");
}

#[test]
fn the_engine_may_not_import_the_catalogue() {
    assert!(objection("engine", "component").is_some());
    assert!(objection("engine", "topology").is_some());
    assert!(objection("report", "engine").is_some());
    assert!(objection("engine", "model").is_none());
    assert_eq!(named("use crate::component::Class;"), ["component"]);
    assert_eq!(
        named("use crate::{units::Span, topology};"),
        ["units", "topology"]
    );
}

#[test]
fn kinds_are_named_by_the_catalogue_alone() {
    // The plain kinds are called after the mechanisms they show, so their names
    // are queueing words; what must not appear below are the names of products.
    let products: Vec<&str> = kneepoint::component::registry()
        .iter()
        .map(|info| info.kind)
        .filter(|kind| !PLAIN.contains(kind))
        .collect();
    let mut wrong = Vec::new();
    for line in code() {
        let below = row(&line.module).is_some_and(|(row, _)| row < 3)
            || ["engine", "metrics"].contains(&line.module.as_str());
        if !below || line.module == "spec" {
            continue;
        }
        let named = products.iter().find(|kind| names(&line.text, kind));
        if let Some(kind) = named {
            let file = line.file.display();
            wrong.push(format!(
                "src/{file}:{}: {}\n    names `{kind}`",
                line.number, line.text
            ));
        }
    }

    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Kinds without a product behind them.
const PLAIN: &[&str] = &[
    "station", "delay", "cache", "limiter", "balancer", "queue", "log", "topic", "pool", "external",
];

/// Whether a line has a kind's name as a word of its own, in either spelling.
fn names(line: &str, kind: &str) -> bool {
    let folded = line.to_lowercase();
    let spellings = [kind.to_owned(), kind.replace('-', "_")];
    spellings.iter().any(|name| {
        folded.match_indices(name.as_str()).any(|(at, _)| {
            let before = folded[..at].chars().next_back();
            let after = folded[at + name.len()..].chars().next();
            let joins = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
            !joins(before) && !joins(after)
        })
    })
}
