//! The design as a topology file, with what it rests on in comments.

use super::design::{Design, Link};
use super::draft::quoted;
use super::flows::{Entry, Flow, Matches, RATE};

/// Most characters of a comment.
const MOST: usize = 160;

/// Writes a topology file.
pub(super) fn write(
    design: &Design,
    flows: &[Flow],
    matches: &Matches,
    description: Option<&str>,
) -> String {
    let mut text = String::from("{\n");
    text.push_str("  // Made by `kneepoint import`: `assumed` marks what the template does not say; what is\n");
    text.push_str(
        "  // absent is a default (`kneepoint services KIND`). The links tell what they rest on.\n",
    );
    if let Some(description) = description {
        text.push_str(&format!(
            "  \"description\": {},\n",
            quoted(&plain(description))
        ));
    }
    let nodes = design.nodes.iter().map(|node| {
        let mut parts = vec![format!("\"kind\": {}", quoted(node.kind))];
        let parameters = node.parameters.iter();
        parts.extend(parameters.map(|one| format!("{}: {}", quoted(one.key), one.json)));
        let value = format!("{{ {} }}", parts.join(", "));
        (
            node.comments.as_slice(),
            format!("{}: {value}", quoted(&node.name)),
        )
    });
    section(&mut text, ("\"nodes\": {", "}"), nodes.collect());
    let links = design
        .links
        .iter()
        .map(|link| (link.evidence.as_slice(), written(design, link, matches)));
    section(&mut text, ("\"links\": [", "]"), links.collect());
    let lines = flows
        .iter()
        .map(|flow| (flow.comments.as_slice(), flow_text(flow)));
    section(&mut text, ("\"flows\": {", "}"), lines.collect());
    text.push_str(&format!(
        "  // Assumed: {RATE} by every way in; put your own load here.\n"
    ));
    let lines = flows.iter().map(|flow| {
        let (key, value) = &flow.load;
        (
            &[][..],
            format!("{{ \"flow\": {}, \"{key}\": {value} }}", quoted(&flow.name)),
        )
    });
    section(&mut text, ("\"load\": [", "]"), lines.collect());
    text.push_str("  // What is to hold is not in a template either: `\"FLOW p99 < 300ms\"`, `\"FLOW errors < 0.1%\"`.\n");
    text.push_str("  \"objectives\": []\n}\n");
    text
}

/// Writes a list or an object, an entry a line with its comments before it.
fn section(text: &mut String, (begin, end): (&str, &str), entries: Vec<(&[String], String)>) {
    text.push_str(&format!("  {begin}\n"));
    let count = entries.len();
    for (at, (comments, entry)) in entries.into_iter().enumerate() {
        for comment in comments {
            text.push_str(&format!("    // {}\n", plain(comment)));
        }
        let comma = if at + 1 < count { "," } else { "" };
        text.push_str(&format!("    {entry}{comma}\n"));
    }
    text.push_str(&format!("  {end},\n"));
}

/// Writes a link: as a chain if it has no properties.
fn written(design: &Design, link: &Link, matches: &Matches) -> String {
    let name = |at: usize| design.nodes.get(at).map_or("", |node| node.name.as_str());
    let (from, to) = (name(link.from), name(link.to));
    let mut parts = Vec::new();
    if let Some(flows) = matches.get(&(link.from, link.to)) {
        let flows: Vec<String> = flows.iter().map(|flow| quoted(flow)).collect();
        parts.push(format!("\"match\": [ {} ]", flows.join(", ")));
    }
    parts.extend(
        link.properties
            .iter()
            .map(|(key, value)| format!("\"{key}\": {value}")),
    );
    match parts.as_slice() {
        [] => quoted(&format!("{from} -> {to}")),
        parts => format!(
            "{{ \"from\": {}, \"to\": {}, {} }}",
            quoted(from),
            quoted(to),
            parts.join(", ")
        ),
    }
}

/// Writes a flow.
fn flow_text(flow: &Flow) -> String {
    let mut parts = Vec::new();
    let mut steps = Vec::new();
    match &flow.enter {
        Entry::Node(node) => parts.push(format!("\"enter\": {}", quoted(node))),
        Entry::Step(step) => steps.push(format!("\"client\": [ {step} ]")),
    }
    if flow.writes {
        parts.push("\"cacheable\": false".to_owned());
    }
    let programs = flow.steps.iter();
    steps.extend(
        programs.map(|(node, steps)| format!("{}: [ {} ]", quoted(node), steps.join(", "))),
    );
    let name = quoted(&flow.name);
    if steps.is_empty() {
        return format!("{name}: {{ {} }}", parts.join(", "));
    }
    let head: String = parts.iter().map(|part| format!(" {part},")).collect();
    let lines = steps.join(",\n      ");
    format!("{name}: {{{head} \"at\": {{\n      {lines}\n    }} }}")
}

/// Makes a text that fits a line.
fn plain(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line = words.join(" ");
    if line.chars().count() <= MOST {
        return line;
    }
    let head: String = line.chars().take(MOST).collect();
    format!("{head}…")
}
