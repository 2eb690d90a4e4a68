//! The report as a page: well-formed, self-contained, accessible, safe, and with the figures
//! of the JSON report.
//!
//! The page is written so that it is XML as well: what a strict parser reads without complaint
//! has no stray markup in it.

use crate::support::{kneepoint, package, with_input};
use kneepoint::cli::SHIPPED;
use kneepoint::report::{Illustration, Origin, Report, TailNode, html};
use roxmltree::{Document, Node, ParsingOptions};
use serde_json::Value;
use std::collections::BTreeSet;

/// A text that is markup wherever it is not written as text.
const HOSTILE: &str = "</script><img src=x onerror='alert(1)'>\"&amp;<!-- ]]> `";

/// Parses a page.
fn parsed(page: &str) -> Document<'_> {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    match Document::parse_with_options(page, options) {
        Ok(document) => document,
        Err(error) => panic!("the page is not well-formed: {error}"),
    }
}

/// Returns all elements of a name.
fn elements<'a>(document: &'a Document<'a>, name: &str) -> Vec<Node<'a, 'a>> {
    let all = document.descendants();
    all.filter(|node| node.has_tag_name(name)).collect()
}

/// Returns the element with an id.
fn with_id<'a>(document: &'a Document<'a>, id: &str) -> Option<Node<'a, 'a>> {
    let mut all = document.descendants();
    all.find(|node| node.attribute("id") == Some(id))
}

/// Returns what a reader sees of an element.
fn text(node: Node<'_, '_>) -> String {
    let all = node.descendants().filter(Node::is_text);
    let text: String = all.filter_map(|node| node.text()).collect();
    text.trim().to_owned()
}

/// Reads a golden report.
fn golden(name: &str) -> (Value, Report) {
    let path = package(&format!("tests/golden/{name}.json"));
    let json = std::fs::read_to_string(path).expect("there is a golden report");
    let value = serde_json::from_str(&json).expect("it is JSON");
    (value, serde_json::from_str(&json).expect("it is a report"))
}

/// Says what is wrong with the structure of a page.
fn faults(document: &Document) -> Vec<String> {
    let mut faults = Vec::new();
    let mut ids = BTreeSet::new();
    for node in document.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        if let Some(id) = node.attribute("id")
            && !ids.insert(id)
        {
            faults.push(format!("two elements have the id {id}"));
        }
        for attribute in ["aria-labelledby", "aria-describedby"] {
            let named = node.attribute(attribute).unwrap_or_default();
            for id in named.split_whitespace() {
                if with_id(document, id).is_none() {
                    faults.push(format!("{name} is labelled by {id}, which is nowhere"));
                }
            }
        }
        for attribute in node.attributes() {
            let (key, value) = (attribute.name(), attribute.value());
            let outside = match key {
                "href" => !value.starts_with('#') || with_id(document, &value[1..]).is_none(),
                "src" | "srcset" | "action" | "data" | "poster" | "background" => true,
                "marker-end" => value != "url(#tip)",
                key => key.starts_with("on") || value.contains("url("),
            };
            if outside {
                faults.push(format!("{name} has {key}=\"{value}\""));
            }
        }
        match name {
            "link" | "img" | "iframe" | "object" | "embed" | "base" | "form" => {
                faults.push(format!("there is a {name}"));
            }
            "svg" => {
                let hidden = node.attribute("aria-hidden") == Some("true");
                let title = node.children().any(|child| child.has_tag_name("title"));
                let named = title || node.attribute("aria-labelledby").is_some();
                let pictures = node.attribute("role") == Some("img");
                if !hidden && (!named || !pictures) {
                    faults.push("a picture has no name".to_owned());
                }
            }
            "table" => {
                if !node.children().any(|child| child.has_tag_name("caption")) {
                    faults.push("a table has no caption".to_owned());
                }
                let heads = node.descendants().filter(|head| head.has_tag_name("th"));
                if heads.clone().count() == 0
                    || heads.clone().any(|head| !head.has_attribute("scope"))
                {
                    faults.push("a table has headers without a scope".to_owned());
                }
            }
            _ => {}
        }
    }
    let mut level = 0;
    for node in document.descendants() {
        let next = match node.tag_name().name() {
            "h1" => 1,
            "h2" => 2,
            "h3" => 3,
            _ => continue,
        };
        if next > level + 1 {
            faults.push(format!("a heading of level {next} follows one of {level}"));
        }
        level = next;
    }
    if elements(document, "h1").len() != 1 {
        faults.push("there is not one title".to_owned());
    }
    let style: String = elements(document, "style").into_iter().map(text).collect();
    if style.contains("url(") || style.contains("@import") {
        faults.push("the style sheet refers to something outside".to_owned());
    }
    faults
}

/// Reads the number that a cell shows.
fn shown(cell: &str) -> f64 {
    let cell = cell.replace('\u{2009}', "");
    let number = cell.split(" ±").next().unwrap_or_default();
    let factors = [("k", 1e3), ("M", 1e6), ("B", 1e9), ("T", 1e12)];
    for (suffix, factor) in factors {
        if let Some(number) = number.strip_suffix(suffix) {
            return number.parse::<f64>().expect("a number") * factor;
        }
    }
    number.parse().expect("a number")
}

#[test]
fn every_golden_report_is_a_sound_page_with_its_own_figures() {
    for (name, _) in SHIPPED {
        let (json, report) = golden(name);
        let page = html(&report);
        let document = parsed(&page);

        assert_eq!(faults(&document), Vec::<String>::new(), "{name}");
        let inside = text(with_id(&document, "report").expect("the report is inside"));
        let inside: Value = serde_json::from_str(&inside).expect("it is JSON");
        assert_eq!(inside, json, "{name}");
        assert_eq!(
            headline(&document, &json),
            json["flows"].as_object().unwrap().len() * 9,
            "{name}"
        );
        assert_eq!(drawn(&document), tails(&report), "{name}");
    }
}

/// Counts the bars of each figure that says where the slowest requests went.
fn drawn(document: &Document) -> Vec<usize> {
    let figures = (0..).map_while(|number| with_id(document, &format!("tail-{number}")));
    let bars = |title: Node| {
        let figure = title.parent().expect("a title stands in its figure");
        let all = figure.descendants();
        let bars = all.filter(|node| node.attribute("class") == Some("spent"));
        bars.filter(|bar| bar.descendants().any(|node| node.has_tag_name("rect")))
            .count()
    };
    figures.map(bars).collect()
}

/// Counts what is to be drawn, the shares of which are those of a whole.
fn tails(report: &Report) -> Vec<usize> {
    let count = |nodes: &Vec<TailNode>| {
        let shares = nodes.iter().flat_map(|one| {
            [
                one.waiting_share,
                one.service_share,
                one.network_share,
                one.retry_share,
                one.throttle_share,
            ]
        });
        let sum: f64 = shares.sum();
        assert!((sum - 1.0).abs() < 1e-4, "{nodes:?} are {sum} of a whole");
        nodes.len().min(8)
    };
    report.tail.values().map(count).collect()
}

/// Compares the table of latencies with the JSON report; returns how many cells it has.
fn headline(document: &Document, json: &Value) -> usize {
    let caption = with_id(document, "latency").expect("there are latencies");
    let table = caption.parent().expect("a caption lies in a table");
    let rows: Vec<Node> = table
        .descendants()
        .filter(|node| node.has_tag_name("tr"))
        .collect();
    let heads: Vec<String> = rows[0]
        .children()
        .filter(Node::is_element)
        .map(text)
        .collect();
    let unit = match heads[0].rsplit(' ').next() {
        Some("s") => 1e3,
        Some("us") => 1e-3,
        _ => 1.0,
    };
    let mut cells = 0;
    for row in &rows[1..] {
        let all: Vec<Node> = row.children().filter(Node::is_element).collect();
        let flow = text(all[0]);
        let times = &json["flows"][flow.as_str()]["latency_ms"];
        for (head, cell) in heads.iter().zip(&all).skip(1) {
            let figure = &times[head.replace('.', "_").as_str()];
            let value = figure["value"].as_f64().or(figure.as_f64());
            let said = cell
                .attribute("data-value")
                .map(|text| text.parse().expect("a number"));
            assert_eq!(said, value, "{flow} {head}");
            let unit = if head == "count" { 1.0 } else { unit };
            match value {
                Some(value) => {
                    let shown = shown(&text(*cell)) * unit;
                    let tolerance = value.abs() * 0.006;
                    assert!(
                        (shown - value).abs() <= tolerance,
                        "{flow} {head}: {shown} of {value}"
                    );
                }
                None => {
                    let why = figure["why"].as_str().unwrap_or("–");
                    let expected = match why {
                        "too-few-samples" => "too few".to_owned(),
                        why => why.replace('-', " "),
                    };
                    assert_eq!(text(*cell), expected, "{flow} {head}");
                }
            }
            cells += 1;
        }
    }
    cells
}

#[test]
fn shipped_topologies_are_drawn() {
    // One in four, as each is simulated: the pages of all golden reports are looked at above.
    for (name, _) in SHIPPED.iter().step_by(4) {
        let ended = kneepoint(&["run", name, "--replications", "1", "--output", "html"]);
        assert!(matches!(ended.status, 0 | 99), "{name}: {}", ended.stderr);
        let document = parsed(&ended.stdout);

        assert_eq!(faults(&document), Vec::<String>::new(), "{name}");
        // Few requests make no curve.
        let inside = text(with_id(&document, "report").expect("the report is inside"));
        let inside: Value = serde_json::from_str(&inside).expect("it is JSON");
        let mut flows = inside["flows"].as_object().expect("flows").values();
        let curve = flows.any(|flow| flow["latency_ms"]["p50"]["value"].is_number());
        for id in [
            "verdict",
            "headline",
            if curve { "spectrum" } else { "verdict" },
            "timeline",
            "topology",
            "nodes",
            "assumptions",
            "again",
        ] {
            let heading = with_id(&document, id);
            assert!(
                heading.is_some_and(|node| node.has_tag_name("h2")),
                "{name} has no {id}"
            );
        }
    }
}

/// Runs a shipped topology to a page.
fn page(arguments: &[&str]) -> String {
    let all = [&["run"], arguments, &["--output", "html"]].concat();
    let ended = kneepoint(&all);
    assert!(matches!(ended.status, 0 | 99), "{}", ended.stderr);
    ended.stdout
}

#[test]
fn what_a_design_has_not_is_not_on_its_page() {
    let plain = page(&["single-server", "--horizon", "10s"]);
    let plain = parsed(&plain);

    for id in ["fan-out", "traces", "cost"] {
        assert!(with_id(&plain, id).is_none(), "{id}");
    }
    assert!(
        !elements(&plain, "rect")
            .iter()
            .any(|shade| shade.attribute("class") == Some("fault"))
    );
}

#[test]
fn faults_fan_outs_and_traces_are_shown_where_there_are_some() {
    let failover = page(&["database-failover", "--replications", "1"]);
    let posts = page(&["celebrity-post", "--replications", "1"]);
    let traced = page(&["observability", "--replications", "1"]);

    let failover = parsed(&failover);
    let shades = elements(&failover, "rect");
    assert!(
        shades
            .iter()
            .any(|shade| shade.attribute("class") == Some("fault"))
    );
    let posts = parsed(&posts);
    assert!(with_id(&posts, "fan-out").is_some());
    assert!(with_id(&posts, "reached-title").is_some());
    let traced = parsed(&traced);
    assert!(with_id(&traced, "traces").is_some());
    assert!(with_id(&traced, "trace-0").is_some());
}

#[test]
fn threads_do_not_change_the_page() {
    let run = |threads| {
        page(&[
            "url-shortener",
            "--horizon",
            "8s",
            "--warm-up",
            "2s",
            "--threads",
            threads,
        ])
    };

    assert_eq!(run("1"), run("8"));
}

#[test]
fn the_page_says_how_to_have_it_again() {
    let ended = with_input(
        &[
            "run",
            "-",
            "--set",
            "load.main.rate=20/s",
            "--seed",
            "7",
            "--threads",
            "2",
            "--output",
            "html",
        ],
        r#"{ // a < b & c
            "nodes": { "server": { "kind": "station", "service_time": "1ms" } },
            "load": [ { "rate": "10/s" } ], "run": { "horizon": "10s", "warm_up": "0s" } }"#,
    );
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let document = parsed(&ended.stdout);

    let codes: Vec<String> = elements(&document, "code").into_iter().map(text).collect();
    let command = "kneepoint run - --set load.main.rate=20/s --seed 7".to_owned();
    assert!(codes.contains(&command), "{codes:?}");
    let files: Vec<String> = elements(&document, "pre").into_iter().map(text).collect();
    assert!(
        files
            .iter()
            .any(|file| file.starts_with("{ // a < b & c\n")),
        "{files:?}"
    );
    assert!(ended.stdout.contains("seed"));
}

/// Puts a hostile text into every name and text of a report.
fn poisoned(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(format!("{text}{HOSTILE}")),
        Value::Array(all) => all.into_iter().map(poisoned).collect(),
        Value::Object(members) => {
            // Names are keys; those of figures are no texts of users.
            let named = [
                "flows", "nodes", "links", "fan_out", "fan_outs", "by_flow", "by_op",
            ];
            let members = members
                .into_iter()
                .map(|(key, value)| match (key.as_str(), value) {
                    ("verdict" | "analysis" | "why" | "digest", value) => (key, value),
                    (name, Value::Object(inner)) if named.contains(&name) => {
                        let inner = inner.into_iter();
                        let inner = inner
                            .map(|(name, value)| (format!("{name}{HOSTILE}"), poisoned(value)));
                        (key, Value::Object(inner.collect()))
                    }
                    (_, value) => (key, poisoned(value)),
                });
            Value::Object(members.collect())
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
    }
}

#[test]
fn nothing_that_a_user_writes_becomes_markup() {
    for name in [
        "celebrity-post",
        "observability",
        "bad-deployment",
        "url-shortener",
    ] {
        let (json, report) = golden(name);
        let mut hostile: Report = serde_json::from_value(poisoned(json)).expect("it is a report");
        hostile.variant = Some(HOSTILE.to_owned());
        let mut illustration = Illustration::default();
        illustration.picture.title = HOSTILE.to_owned();
        let shape = |name: &str| kneepoint::report::graph::Shape {
            name: name.to_owned(),
            kind: HOSTILE.to_owned(),
            used: Some(0.5),
        };
        illustration.picture.nodes = hostile.nodes.keys().map(|name| shape(name)).collect();
        illustration
            .disturbances
            .push(kneepoint::report::Disturbance {
                what: HOSTILE.to_owned(),
                from_s: 0.0,
                until_s: Some(1.0),
            });
        illustration.assumptions.push(kneepoint::report::Assumed {
            node: HOSTILE.to_owned(),
            parameter: HOSTILE.to_owned(),
            value: HOSTILE.to_owned(),
            basis: HOSTILE.to_owned(),
            source: HOSTILE.to_owned(),
        });
        illustration.origin = Some(Origin {
            file: HOSTILE.to_owned(),
            text: HOSTILE.to_owned(),
            command: HOSTILE.to_owned(),
        });
        hostile.illustration = Some(Box::new(illustration));

        let page = html(&hostile);
        let document = parsed(&page);

        assert_eq!(faults(&document), Vec::<String>::new(), "{name}");
        assert!(!page.contains("<img"), "{name}");
        assert_eq!(page.matches("<script").count(), 2, "{name}");
        assert_eq!(page.matches("</script").count(), 2, "{name}");
        assert_eq!(page.matches("<!--").count(), 0, "{name}");
        let plain = html(&report);
        let names = |document: &Document| -> BTreeSet<String> {
            let all = document.descendants().filter(Node::is_element);
            all.map(|node| node.tag_name().name().to_owned()).collect()
        };
        let drawn: BTreeSet<String> = ["marker", "defs", "pre", "rect", "ol"]
            .map(str::to_owned)
            .into();
        let more: Vec<String> = names(&document)
            .difference(&names(&parsed(&plain)))
            .filter(|name| !drawn.contains(*name))
            .cloned()
            .collect();
        assert_eq!(more, Vec::<String>::new(), "{name}");
        let title = text(elements(&document, "h1")[0]);
        assert!(title.contains(HOSTILE.trim()), "{title}");
    }
}

#[test]
fn the_help_names_the_page() {
    let ended = kneepoint(&["run", "--help"]);

    assert!(ended.stdout.contains("html"), "{}", ended.stdout);
}
