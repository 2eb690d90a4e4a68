//! Every shipped topology against its report in `tests/golden`.
//!
//! The JSON is compared byte for byte: equal inputs give equal bytes. After a
//! change of the numbers `KNEEPOINT_BLESS=1 cargo test golden` rewrites the files;
//! the commit says why they moved.

use crate::support::{blessing, compare, kneepoint, package};
use kneepoint::cli::SHIPPED;
use kneepoint::compile::compile;
use kneepoint::topology::{LoadRequest, load};
use std::collections::BTreeMap;

#[test]
fn shipped_topologies_give_their_golden_reports() {
    for (name, _) in SHIPPED {
        let ended = kneepoint(&["run", name, "--output", "json"]);

        assert!(
            ended.status == 0 || ended.status == 99,
            "{name} ended with {}: {}",
            ended.status,
            ended.stderr
        );
        compare(
            &package(&format!("tests/golden/{name}.json")),
            &ended.stdout,
        );
    }
}

/// Returns the names of the variants of a file.
fn variants(text: &str) -> Vec<String> {
    let file = kneepoint::spec::read(text).expect("it can be read");
    let variants = file.get("variants").into_iter();
    let all = variants.flat_map(|variants| variants.members());
    all.map(|member| member.key.clone()).collect()
}

#[test]
fn every_variant_of_a_shipped_topology_compiles() {
    let mut refused = BTreeMap::new();
    let mut tried = 0;
    for (name, text) in SHIPPED {
        for variant in variants(text) {
            let mut request = LoadRequest::new(text, name);
            request.variant = Some(&variant);
            tried += 1;
            let found = load(&request).and_then(|(topology, _)| compile(&topology));
            if let Err(found) = found {
                refused.insert(format!("{name} {variant}"), found);
            }
        }
    }

    assert!(refused.is_empty(), "{refused:#?}");
    assert!(tried > 50, "{tried} variants");
}

#[test]
fn every_golden_report_belongs_to_a_shipped_topology() {
    if blessing() {
        return;
    }
    let mut files: Vec<String> = std::fs::read_dir(package("tests/golden"))
        .expect("there are golden reports")
        .map(|entry| {
            entry
                .expect("the entry can be read")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    files.sort();

    let names: Vec<String> = SHIPPED
        .iter()
        .map(|(name, _)| format!("{name}.json"))
        .collect();

    assert_eq!(files, names);
}

#[test]
fn threads_and_output_files_do_not_change_the_report() {
    let directory = std::env::temp_dir().join(format!("kneepoint-golden-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("the directory can be made");
    let file = directory.join("report.json");
    let out = file.to_string_lossy().into_owned();
    let shared = [
        "run",
        "single-server",
        "--horizon",
        "10s",
        "--output",
        "json",
        "--threads",
    ];

    let one = kneepoint(&[&shared[..], &["1"]].concat());
    let eight = kneepoint(&[&shared[..], &["8", "--out", &out]].concat());

    let written = std::fs::read_to_string(&file).expect("the report was written");
    std::fs::remove_dir_all(&directory).expect("the directory can be removed");
    assert_eq!(eight.stdout, "");
    assert_eq!(one.stdout, written);
}
