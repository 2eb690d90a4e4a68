//! No input, however broken, large or deep, panics, hangs or is accepted by accident.

use kneepoint::diagnostic::render;
use kneepoint::spec::decode;
use kneepoint::topology::{LoadRequest, load};
use proptest::prelude::*;

/// A file that uses every part of the format.
const RICH: &str = include_str!("rich.json");

/// Loads a text and renders what is said about it.
fn try_load(text: &str, options: &[String]) -> String {
    let mut request = LoadRequest::new(text, "hostile.json");
    request.sets = options;
    match load(&request) {
        Ok((_, warnings)) => render(&warnings, "hostile.json", text, false),
        Err(found) => {
            assert!(!found.is_empty(), "refused without a reason");
            render(&found, "hostile.json", text, true)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        match decode(&bytes) {
            Ok(text) => { try_load(text, &[]); }
            Err(error) => { render(&[error], "hostile.json", "", false); }
        }
    }

    #[test]
    fn random_text_of_json_letters_is_survived(text in "[\\[\\]{}:,\"a-c0-9 \\\\/*.\\-e\n]{0,80}") {
        try_load(&text, &[]);
    }

    #[test]
    fn a_mutated_file_is_survived(
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0..12_usize, "[\\[\\]{}:,\"a-z0-9 >é%<=/.\\-]{0,6}"), 1..4),
    ) {
        let mut text = RICH.to_owned();
        for (at, length, new) in cuts {
            let mut start = at.index(text.len());
            while !text.is_char_boundary(start) { start -= 1; }
            let mut end = (start + length).min(text.len());
            while !text.is_char_boundary(end) { end += 1; }
            text.replace_range(start..end, &new);
        }
        try_load(&text, &[]);
    }

    #[test]
    fn any_option_is_survived(option in "[a-z.\\->=0-9{}\"\\[\\]: ]{0,40}") {
        try_load(RICH, &[option]);
    }

    #[test]
    fn any_value_in_any_place_is_survived(
        path in prop::sample::select(vec![
            "nodes.app", "nodes.app.servers", "nodes.hot.cache", "links", "links.app->db", "links.app->db.retry",
            "links.jobs->worker.batch", "flows", "flows.main.at.app", "flows.main.key", "keys", "keys.user", "load", "load.main",
            "load.main.shape", "load.main.rate", "objectives", "placement", "placement.nodes.db", "placement.latency",
            "account", "run", "run.horizon", "variants", "name", "format",
        ]),
        value in prop::sample::select(vec![
            "null", "true", "0", "-1", "1e400", "18446744073709551615", "1e18", "\"\"", "\"0s\"", "\"unlimited\"", "[]", "{}", "[[]]",
            "[{}]", "{\"a\":{}}", "[[\"0s\",0]]", "\"a->b\"", "\"client\"", "\"/\"", "{\"zipf\":{}}", "{\"uniform\":[]}", "\"18446744073709551615\"",
            "{\"mixture\":[]}", "{\"quantiles\":{}}", "\"1e300ns\"", "\"é\"",
        ]),
    ) {
        try_load(RICH, &[format!("{path}={value}")]);
    }
}

#[test]
fn the_rich_file_itself_is_valid() {
    let request = LoadRequest::new(RICH, "rich.json");
    if let Err(found) = load(&request) {
        panic!("{}", render(&found, "rich.json", RICH, false));
    }
}

#[test]
fn large_files_are_answered_in_few_words() {
    let many = |count: usize, entry: &dyn Fn(usize) -> String| {
        let entries: Vec<String> = (0..count).map(entry).collect();
        entries.join(",")
    };
    let station = "{\"kind\":\"station\",\"service_time\":\"1ms\"}";
    let texts = [
        "[".repeat(4_000_000),
        "{\"a\":".repeat(700_000),
        format!("[{}]", "0,".repeat(1_900_000)),
        format!("{{{}}}", many(300_000, &|index| format!("\"k{index}\":0"))),
        format!(
            "{{\"nodes\":{{{}}}}}",
            many(9_000, &|index| format!("\"n{index}\":{station}"))
        ),
        format!(
            "{{\"nodes\":{{\"n\":{station}}},\"links\":[{}]}}",
            many(150_000, &|index| format!("\"n -> m{index}\""))
        ),
        format!(
            "{{\"nodes\":{{\"n\":{station}}},\"links\":[\"n{}\"]}}",
            " -> n".repeat(700_000)
        ),
        format!(
            "{{\"nodes\":{{\"n\":{station}}},\"load\":[{{\"trace\":{{\"times\":[{}]}}}}]}}",
            many(400_000, &|index| format!("\"{index}s\""))
        ),
        format!(
            "{{\"nodes\":{{\"n\":{station}}},\"load\":[{{\"rate\":\"1/s\"}}],\"objectives\":[\"{}\"]}}",
            "n".repeat(3_900_000)
        ),
        format!(
            "{{\"nodes\":{{\"n\":{station}}},\"load\":[{{\"rate\":\"1/s\"}}],\"objectives\":[\"{}\"]}}",
            "-> ".repeat(1_300_000)
        ),
        format!("{{\"{}\":1}}", "k".repeat(4_000_000)),
        format!("\"{}", "\\".repeat(4_000_000)),
        "/*".repeat(2_000_000),
        "é".repeat(2_000_000),
    ];
    for (index, text) in texts.iter().enumerate() {
        // A step whose time grows with the square of the size would take hours.
        let said = try_load(text, &[]);

        assert!(
            said.len() < 2_000_000,
            "text {index} says {} bytes",
            said.len()
        );
    }
}
