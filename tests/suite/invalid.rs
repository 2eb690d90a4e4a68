//! Every file in `tests/invalid` against the message in the `.stderr` beside it.
//!
//! Those in `tests/invalid_options` are wrong only with options: they begin with
//! comments `// --variant NAME` and `// --set PATH=VALUE`, which are applied.
//! `KNEEPOINT_BLESS=1` rewrites the messages.

use kneepoint::diagnostic::{Severity, render};
use kneepoint::spec::decode;
use kneepoint::topology::{LoadRequest, load};
use std::path::{Path, PathBuf};

/// Loads a file and returns what is said about it, and whether it was refused.
fn messages(path: &Path) -> (String, bool) {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let bytes = std::fs::read(path).unwrap();
    let text = match decode(&bytes) {
        Ok(text) => text,
        Err(error) => return (render(&[error], &name, "", false), true),
    };
    let options = |option: &str| -> Vec<String> {
        let prefix = format!("// {option} ");
        let lines = text.lines().filter_map(|line| line.strip_prefix(&prefix));
        lines.map(str::to_owned).collect()
    };
    let variants = options("--variant");
    let sets = options("--set");
    let mut request = LoadRequest::new(text, &name);
    request.directory = path.parent().unwrap();
    request.variant = variants.first().map(String::as_str);
    request.sets = &sets;
    match load(&request) {
        Ok((_, warnings)) => (render(&warnings, &name, text, false), false),
        Err(found) => {
            assert!(
                found.iter().any(|one| one.severity == Severity::Error),
                "{name}"
            );
            (render(&found, &name, text, false), true)
        }
    }
}

/// Returns the invalid files in order of their names.
fn files() -> Vec<PathBuf> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let directories = ["invalid", "invalid_options"].map(|name| tests.join(name));
    let mut files: Vec<PathBuf> = directories
        .iter()
        .flat_map(|directory| std::fs::read_dir(directory).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    files
}

#[test]
fn invalid_files_are_refused_with_the_expected_message() {
    let bless = std::env::var_os("KNEEPOINT_BLESS").is_some();
    let mut wrong = Vec::new();
    for path in files() {
        let (said, refused) = messages(&path);
        let expected_path = path.with_extension("stderr");
        assert!(refused, "{} is accepted", path.display());
        if bless {
            std::fs::write(&expected_path, &said).unwrap();
            continue;
        }
        let expected = std::fs::read_to_string(&expected_path).unwrap_or_default();
        if said != expected {
            wrong.push(format!(
                "{}\nexpected:\n{expected}\ngot:\n{said}",
                path.display()
            ));
        }
    }

    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_is_a_file_for_at_least_sixty_rules() {
    assert!(files().len() >= 60, "{} files", files().len());
}

#[test]
fn eight_mistakes_give_eight_messages_with_line_and_column() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/invalid/eight-mistakes.json");

    let (said, _) = messages(&path);

    assert_eq!(said.matches("error[").count(), 8, "{said}");
    assert_eq!(
        said.matches("--> eight-mistakes.json:").count(),
        8,
        "{said}"
    );
}
