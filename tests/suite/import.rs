//! Templates and plans in `tests/import` against the topologies that are made of them.
//!
//! Beside each stands what is made, byte for byte, and what is said on standard error;
//! `KNEEPOINT_BLESS=1` rewrites both. Each result must pass `check`, and must run.

use crate::support::{compare, kneepoint, package, with_input};
use kneepoint::component::find;
use kneepoint::diagnostic::render;
use kneepoint::import::{import, written};
use proptest::prelude::*;

/// Files that can be imported, and what their results are called.
const GOOD: &[(&str, &str)] = &[
    ("url-shortener.yaml", "url-shortener"),
    ("three-tier.yaml", "three-tier"),
    ("three-tier.json", "three-tier"),
    ("fan-out.yaml", "fan-out"),
    ("orders.plan.json", "orders"),
    ("every-type.yaml", "every-type"),
];

/// Files that are refused.
const BAD: &[&str] = &["mistakes.yaml", "state.json"];

/// Returns the path of a file as the command line has it.
fn path(name: &str) -> String {
    format!("tests/import/{name}")
}

#[test]
fn templates_give_their_topologies_which_are_checked_and_run() {
    for (file, name) in GOOD {
        let ended = kneepoint(&["import", &path(file)]);

        assert_eq!(ended.status, 0, "{file}: {}", ended.stderr);
        compare(&package(&path(&format!("{name}.topology"))), &ended.stdout);
        compare(&package(&path(&format!("{file}.stderr"))), &ended.stderr);
        let checked = with_input(&["check", "-"], &ended.stdout);
        assert_eq!(checked.status, 0, "{file}: {}", checked.stderr);
        let run = with_input(
            &[
                "run",
                "-",
                "--horizon",
                "2s",
                "--replications",
                "2",
                "--output",
                "json",
            ],
            &ended.stdout,
        );
        assert_eq!(run.status, 0, "{file}: {}", run.stderr);
    }
}

#[test]
fn files_that_are_wrong_are_told_all_their_mistakes() {
    for file in BAD {
        let ended = kneepoint(&["import", &path(file)]);

        assert_eq!(ended.status, 2, "{file}: {}", ended.stdout);
        assert_eq!(ended.stdout, "", "{file}");
        compare(&package(&path(&format!("{file}.stderr"))), &ended.stderr);
    }
}

#[test]
fn every_parameter_that_can_be_written_is_one_of_its_kind() {
    for (kind, keys) in written() {
        let info = find(kind).unwrap_or_else(|| panic!("there is no kind `{kind}`"));
        let known: Vec<&str> = (info.parameters)().iter().map(|one| one.name).collect();
        for key in *keys {
            assert!(
                known.contains(key),
                "kind `{kind}` has no parameter `{key}`"
            );
        }
    }
}

#[test]
fn standard_input_is_read_and_parameters_hold_over_defaults() {
    let text = std::fs::read_to_string(package(&path("url-shortener.yaml"))).expect("it is there");

    let plain = with_input(&["import", "-"], &text);
    let given = with_input(
        &[
            "import",
            "-",
            "--parameter",
            "Memory=2048",
            "--parameter",
            "Stage=dev",
        ],
        &text,
    );
    let unknown = with_input(&["import", "-", "--parameter", "Stag=dev"], &text);

    assert!(
        plain.stdout.contains("\"memory\": \"512MiB\""),
        "{}",
        plain.stderr
    );
    assert!(
        given.stdout.contains("\"memory\": \"2048MiB\""),
        "{}",
        given.stderr
    );
    assert!(
        given.stdout.contains("\"memory\": \"256MiB\""),
        "{}",
        given.stdout
    );
    assert!(
        given.stdout.contains("\"debug-function\""),
        "{}",
        given.stdout
    );
    assert_eq!(unknown.status, 2);
    assert!(
        unknown.stderr.contains("did you mean `Stage`?"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn a_file_that_exists_is_not_written_over() {
    let file = std::env::temp_dir().join(format!("kneepoint-import-{}.json", std::process::id()));
    let name = file.to_str().expect("its name is UTF-8");
    let template = path("fan-out.yaml");
    let arguments = ["import", &template, "--out", name];

    let first = kneepoint(&arguments);
    let second = kneepoint(&arguments);
    std::fs::remove_file(&file).expect("it was written");

    assert_eq!(first.status, 0, "{}", first.stderr);
    assert_eq!(first.stdout, "");
    assert_eq!(second.status, 2);
    assert!(
        second.stderr.contains("exists already"),
        "{}",
        second.stderr
    );
}

#[test]
fn a_file_of_another_kind_is_told_what_is_accepted() {
    let topology = with_input(&["import", "-"], "{ \"nodes\": {} }");
    let near = with_input(&["import", "-"], "Resource:\n  A: { Type: X }\n");
    let bytes = import(b"\xff", &[]).unwrap_err();

    assert!(
        topology.stderr.contains("a topology already"),
        "{}",
        topology.stderr
    );
    assert!(
        near.stderr.contains("did you mean `Resources`?"),
        "{}",
        near.stderr
    );
    assert_eq!(bytes[0].code, "file::not-utf8");
}

/// Imports a text, and renders what is said about it; what is made must be a topology.
fn try_import(text: &str) -> String {
    match import(text.as_bytes(), &[]) {
        Ok(imported) => {
            let request =
                kneepoint::topology::LoadRequest::new(&imported.topology, "imported.json");
            let loaded = kneepoint::topology::load(&request);
            assert!(loaded.is_ok(), "{}: {loaded:?}", imported.topology);
            String::new()
        }
        Err(found) => {
            assert!(!found.is_empty(), "refused without a reason");
            let refused = found.iter().find(|one| one.code == "import::refused");
            assert!(refused.is_none(), "{refused:?} of {text}");
            render(&found, "template.yaml", text, true)
        }
    }
}

/// Files that are cut and changed.
fn originals() -> Vec<String> {
    let files = GOOD.iter().map(|(file, _)| package(&path(file)));
    files
        .map(|file| std::fs::read_to_string(file).expect("it is there"))
        .collect()
}

proptest! {
    // What is made is loaded and compiled every time.
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn random_text_of_yaml_letters_is_survived(text in "[\\[\\]{}:,\"'a-c0-9 !&*|>#\\-\n\t%@?~]{0,80}") {
        try_import(&text);
        try_import(&format!("Resources:\n  A:\n    Type: AWS::SQS::Queue\n    Properties: {text}"));
    }

    #[test]
    fn a_changed_template_is_survived(
        which in any::<prop::sample::Index>(),
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0..12_usize, "[\\[\\]{}:,\"a-zA-Z0-9 !*&é.\\-\n]{0,6}"), 1..4),
    ) {
        let mut text = which.get(&originals()).clone();
        for (at, length, new) in cuts {
            let mut start = at.index(text.len());
            while !text.is_char_boundary(start) { start -= 1; }
            let mut end = (start + length).min(text.len());
            while !text.is_char_boundary(end) { end += 1; }
            text.replace_range(start..end, &new);
        }
        try_import(&text);
    }

    #[test]
    fn any_value_of_a_property_is_survived(
        which in any::<prop::sample::Index>(),
        line in any::<prop::sample::Index>(),
        value in prop::sample::select(vec![
            "null", "true", "0", "-1", "1e400", "99999999999999999999", "''", "[]", "{}", "[[]]", "[{}]", "{ a: {} }", "{ Ref: A }",
            "{ 'Fn::GetAtt': [ A ] }", "{ 'Fn::If': [ A, B ] }", "{ 'Fn::Join': [ ',' ] }", "!Sub '${', ", "!Select [ 9, [] ]", "\"\\u0000\"", "é",
        ]),
    ) {
        let text = which.get(&originals()).clone();
        let lines: Vec<&str> = text.lines().collect();
        let at = line.index(lines.len());
        let changed = lines.iter().enumerate().map(|(number, line)| match line.split_once(": ") {
            Some((key, _)) if number == at => format!("{key}: {value}"),
            _ => (*line).to_owned(),
        });
        try_import(&changed.collect::<Vec<_>>().join("\n"));
    }
}

#[test]
fn large_and_deep_templates_are_answered_in_few_words() {
    let head = "AWSTemplateFormatVersion: '2010-09-09'\n";
    let texts = [
        format!("{head}Resources: {}", "[".repeat(1_000_000)),
        format!("{head}Resources: {}", "{ a: ".repeat(200_000)),
        format!("{head}Resources:\n{}", "- ".repeat(500_000)),
        format!("{head}Resources:\n  A: {}", "!Ref ".repeat(200_000)),
        format!("{head}Resources:\n  A: '{}", "x".repeat(3_000_000)),
        format!("{head}Resources:\n{}", "  A: { Type: X }\n".repeat(100_000)),
        format!(
            "{head}Resources:\n{}",
            (0..9_000)
                .map(|at| format!("  Q{at}: {{ Type: AWS::SQS::Queue }}\n"))
                .collect::<String>()
        ),
        format!(
            "{head}Parameters:\n  P: {{ Type: CommaDelimitedList, Default: '{}' }}\nResources:\n  A:\n    Type: AWS::SQS::Queue\n    Properties:\n{}",
            ",".repeat(1_000_000),
            (0..9_000)
                .map(|at| format!("      P{at}: !Ref P\n"))
                .collect::<String>()
        ),
        format!(
            "{{\"planned_values\":{{\"root_module\":{}",
            "{\"child_modules\":[".repeat(100_000)
        ),
        "!".repeat(1_000_000),
        "&a ".repeat(300_000),
        "é: ".repeat(300_000),
    ];
    for (index, text) in texts.iter().enumerate() {
        // A step whose time grows with the square of the size would take hours.
        let said = try_import(text);

        assert!(
            said.len() < 2_000_000,
            "text {index} says {} bytes",
            said.len()
        );
    }
}

#[test]
fn mappings_and_conditions_that_need_themselves_end() {
    let template = "Mappings: { A: { B: { C: { 'Fn::FindInMap': [ A, B, C ] } } } }\n\
        Conditions: { X: !Not [ !Condition Y ], Y: !Condition X }\n\
        Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Condition: X\n\
        \x20   Properties: { DelaySeconds: !FindInMap [ A, B, C ] }\n";

    let said = try_import(template);

    assert!(said.contains("condition `X` needs itself"), "{said}");
}
