//! `kneepoint services`: every kind of node, or everything about one.
//!
//! All of it comes from the registry; nothing about a kind is written here.

use crate::cli::console::Console;
use crate::cli::failure::{Failure, Status};
use crate::cli::wrap::wrapped;
use crate::component::parameter::ParameterInfo;
use crate::component::price::{self, Tiers};
use crate::component::{self, Access, Class, KindInfo};
use crate::spec::nearest;
use crate::units::show;
use clap::Args;

/// Widest line of text.
const WIDTH: usize = 80;

/// What `services` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kneepoint services
  kneepoint services station
  kneepoint services limiter | less")]
pub(crate) struct Arguments {
    /// One kind; all of them with a line each if absent
    kind: Option<String>,
}

/// Prints the catalogue or one page of it.
pub(crate) fn run(arguments: &Arguments, console: &Console) -> Result<Status, Failure> {
    let text = match &arguments.kind {
        None => catalogue(component::registry()),
        Some(kind) => match component::find(kind) {
            Some(info) => page(info),
            None => return Err(unknown(kind)),
        },
    };
    console.result(&text)?;
    Ok(Status::Met)
}

/// Says that there is no such kind.
fn unknown(kind: &str) -> Failure {
    let names = component::registry().iter().map(|info| info.kind);
    let help = match nearest(kind, names) {
        Some(near) => format!("did you mean `{near}`? `kneepoint services` lists all kinds"),
        None => "`kneepoint services` lists all kinds".to_owned(),
    };
    Failure::with_help(format!("there is no kind `{kind}`"), help)
}

/// Lists all kinds with a line each.
fn catalogue(kinds: &[&KindInfo]) -> String {
    let widest = kinds.iter().map(|info| info.kind.len()).max().unwrap_or(0);
    let mut text = String::new();
    for info in kinds {
        let lines = wrapped(info.summary, WIDTH - widest - 2);
        for (number, line) in lines.iter().enumerate() {
            let name = if number == 0 { info.kind } else { "" };
            text.push_str(&format!("{name:widest$}  {line}\n"));
        }
    }
    text.push_str("\n`kneepoint services KIND` tells parameters, defaults, sources and limits.\n");
    text
}

/// Tells everything about a kind.
fn page(info: &KindInfo) -> String {
    let mut text = format!("{}: {}\n", info.kind, info.summary);
    section(&mut text, "Model", info.model);
    section(&mut text, "Links", links(info.class));
    section(&mut text, "Not modelled", info.not_modelled);
    let parameters = (info.parameters)();
    text.push_str("\nParameters\n");
    if parameters.is_empty() {
        text.push_str("  none\n");
    }
    for parameter in parameters {
        describe(&mut text, parameter, 2);
    }
    if !info.operations.is_empty() {
        text.push_str("\nOperations\n");
    }
    for operation in info.operations {
        let access = match operation.access {
            Access::Read => "read",
            Access::Write => "write",
            Access::Call => "call",
            Access::Send => "send",
        };
        let most = match operation.most_items {
            u32::MAX => String::new(),
            most => format!("; at most {most} items in a call"),
        };
        let line = format!("{} ({access}): {}{most}", operation.name, operation.doc);
        paragraph(&mut text, &line, 2, 4);
    }
    prices(&mut text, info.prices);
    section(&mut text, "Sources", info.sources);
    text
}

/// Lists what is paid for nodes of a kind.
fn prices(text: &mut String, prices: &[price::Price]) {
    if !prices.is_empty() {
        text.push_str("\nPrices (us-east-1, US dollars; a month has 30 days)\n");
    }
    for price in prices {
        let steps = match price.usd {
            Tiers::Flat(usd) => amount(usd),
            Tiers::Steps(steps) => {
                let step = |(up_to, usd): &(f64, f64)| match *up_to {
                    up_to if up_to.is_finite() => {
                        format!("{} up to {}", amount(*usd), show::count(up_to))
                    }
                    _ => format!("{} beyond", amount(*usd)),
                };
                steps.iter().map(step).collect::<Vec<String>>().join(", ")
            }
        };
        let free = match price.free {
            free if free > 0.0 => format!("; free tier {} a month", show::count(free)),
            _ => String::new(),
        };
        let line = format!(
            "{}, by {}: {steps}{free}  [{}: {}]",
            price.item,
            price.unit,
            price.basis.word(),
            price.source
        );
        paragraph(text, &line, 2, 4);
    }
}

/// Shows a price; small ones for a million units.
fn amount(usd: f64) -> String {
    // Ten digits: the arithmetic's own noise lies below.
    let digits = |value: f64| {
        format!("{value:.10}")
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned()
    };
    if usd < 1e-4 {
        format!("${} a million", digits(usd * 1e6))
    } else {
        format!("${}", digits(usd))
    }
}

/// Says what a link from a node of this class means.
fn links(class: Class) -> &'static str {
    match class {
        Class::Programmable => {
            "programmable: flows may give it steps; a link means that it may call"
        }
        Class::Forwarding => "hands every call on to one of its links",
        Class::Cache => "hands a miss on to one of its links; answers by itself without links",
        Class::Limiter => "hands a call on to one of its links; answers by itself without links",
        Class::Queue => "delivers messages; several consumers compete",
        Class::Log => "delivers messages; every link is a consumer group of its own",
        Class::Topic => "hands a copy to every link that matches",
        Class::Store => "a link gets one message for every write that completed",
        Class::Leaf => "has no links",
    }
}

/// Describes one parameter, and the keys of an object below it.
fn describe(text: &mut String, parameter: &ParameterInfo, indent: usize) {
    let range = match parameter.range.as_str() {
        "" => String::new(),
        range => format!("; {range}"),
    };
    let head = format!("{}  {}{range}", parameter.name, parameter.value);
    paragraph(text, &head, indent, indent + 4);
    paragraph(text, &single_spaced(parameter.doc), indent + 4, indent + 4);
    let default = format!(
        "default: {}  [{}: {}]",
        parameter.default,
        parameter.basis.word(),
        parameter.source
    );
    paragraph(text, &default, indent + 4, indent + 6);
    for key in parameter.keys {
        describe(text, key, indent + 4);
    }
}

/// Adds a heading and a paragraph under it.
fn section(text: &mut String, heading: &str, body: &str) {
    text.push_str(&format!("\n{heading}\n"));
    for line in body.lines().filter(|line| !line.trim().is_empty()) {
        paragraph(text, line.trim(), 2, 2);
    }
}

/// Adds a paragraph, wrapped, with one indent for its first line and one for the others.
fn paragraph(text: &mut String, body: &str, first: usize, rest: usize) {
    for (number, line) in wrapped(body, WIDTH - rest).iter().enumerate() {
        let indent = if number == 0 { first } else { rest };
        text.push_str(&format!("{:indent$}{line}\n", ""));
    }
}

/// Joins the lines of a doc comment.
fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_every_kind_shows_every_parameter_with_its_basis() {
        for info in component::registry() {
            let page = page(info);

            for parameter in (info.parameters)() {
                let basis = format!("[{}:", parameter.basis.word());
                assert!(
                    page.contains(parameter.name),
                    "{} of {}",
                    parameter.name,
                    info.kind
                );
                assert!(
                    page.contains(&basis),
                    "basis of {} of {}",
                    parameter.name,
                    info.kind
                );
            }
            assert!(page.contains("Not modelled"), "{}", info.kind);
        }
    }

    #[test]
    fn lines_are_no_wider_than_a_terminal() {
        let wide: Vec<String> = component::registry()
            .iter()
            .flat_map(|info| page(info).lines().map(str::to_owned).collect::<Vec<_>>())
            .chain(catalogue(component::registry()).lines().map(str::to_owned))
            .filter(|line| line.chars().count() > WIDTH && line.trim().contains(' '))
            .collect();

        assert!(wide.is_empty(), "{wide:#?}");
    }
}
