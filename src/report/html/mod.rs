//! The report as a page: one file that needs no network, no scripts and no fonts of its own.
//!
//! `page.html` and the templates it includes say what stands where; everything that comes
//! from a user is written through them, and so never as markup. Charts are geometry
//! (`chart`, and one file for each) that templates write as SVG. Figures are those of the
//! report, shown by the code that shows them on a terminal; the whole report is inside,
//! as JSON.
//!
//! Not here: figures that a page would need beside the report (`illustration`).

mod chart;
mod fan_out;
mod node;
mod spectrum;
mod table;
mod tail;
mod timeline;
mod trace;

use super::graph;
use super::section;
use super::text::{measured, parts, sign, word};
use super::times::Times;
use super::{Analysis, Objective, Origin, Report, Verdict};
use askama::Template;
use chart::{Chart, LEFT, MOST_LINES, RIGHT, WIDTH};
use fan_out::Reached;
use node::Detail;
use table::Table;
use tail::Slowest;
use trace::Waterfall;

/// Orders tables by a column; without it they are plain tables.
const SCRIPT: &str = include_str!("sort.js");
/// Colours, in light and dark, and on paper.
pub const STYLE: &str = include_str!("page.css");
/// SHA-256 of the script, in base 64: no other one runs in the page.
const SCRIPT_HASH: &str = "lEQAZMms7zaPcvfow2sCWOHssZt/wDXcUI06N6UMKJQ=";

/// Part of its own width to which the picture of a design shrinks at most.
///
/// CHOICE: letters of 14 px are still read at 10.
const SMALLEST: f64 = 0.7;

/// Renders the report as a page.
pub fn html(report: &Report) -> String {
    let page = Page::of(report);
    let Ok(text) = page.render() else {
        unreachable!("a template only writes to memory");
    };
    text
}

/// What is on the page.
#[derive(Template)]
#[template(path = "page.html")]
struct Page<'r> {
    report: &'r Report,
    title: &'r str,
    parts: Vec<String>,
    banner: &'static str,
    /// How the objectives fared in all: the class, and the sentence.
    verdict: Option<(&'static str, String)>,
    objectives: Vec<Shown<'r>>,
    latency: Table,
    rates: Table,
    too_few: bool,
    notes: Vec<Vec<Piece<'r>>>,
    charts: Vec<Chart>,
    picture: Option<Drawn>,
    nodes: Table,
    details: Vec<Detail>,
    /// Tables about nodes and links that a design may not have.
    more: Vec<Table>,
    fan_out: Vec<Table>,
    reached: Option<Reached>,
    tails: Vec<Slowest>,
    traces: Vec<Waterfall>,
    bill: Option<Table>,
    assumptions: Option<Table>,
    origin: Option<&'r Origin>,
    json: String,
}

/// An objective and how it fared.
struct Shown<'r> {
    class: &'static str,
    sign: &'static str,
    word: &'static str,
    expression: &'r str,
    measured: String,
}

/// The picture of the design.
struct Drawn {
    svg: String,
    /// Its links in words.
    links: String,
    /// Least and greatest width at which it is shown [px]: its letters stay legible.
    least: f64,
    most: f64,
}

/// A piece of prose: plain, or a name.
struct Piece<'r> {
    text: &'r str,
    code: bool,
}

impl<'r> Page<'r> {
    /// Gathers what is on the page.
    fn of(report: &'r Report) -> Page<'r> {
        let illustration = report.illustration.as_deref();
        let times = Times::default();
        let latency = table::latency(report);
        let too_few = latency
            .rows
            .iter()
            .flat_map(|row| &row.cells)
            .any(|cell| cell.text == "too few");
        let mut nodes = Table::of(&section::nodes(report, &times), "nodes-table", "All nodes");
        for (number, row) in nodes.rows.iter_mut().enumerate() {
            row.link = node::id(number);
        }
        Page {
            report,
            title: &report.topology,
            parts: parts(report).into(),
            banner: banner(report),
            verdict: verdict(&report.objectives),
            objectives: report.objectives.iter().map(shown).collect(),
            too_few,
            latency,
            rates: table::rates(report),
            notes: report.notes.iter().map(|note| pieces(note)).collect(),
            charts: [spectrum::chart(report), timeline::chart(report)]
                .into_iter()
                .flatten()
                .collect(),
            picture: illustration.map(|one| drawn(report, &one.picture)),
            nodes,
            details: node::details(report),
            more: tables([
                (
                    section::links(report, &times),
                    "links-table",
                    "Links with retries",
                ),
                (
                    section::copies(report),
                    "copies-table",
                    "Copies that came and went",
                ),
                (
                    section::capacity(report),
                    "capacity-table",
                    "Capacity that was set anew",
                ),
                (section::alarms(report), "alarms-table", "Alarms"),
                (
                    section::deployments(report),
                    "deployments-table",
                    "Deployments",
                ),
            ]),
            fan_out: tables([
                (
                    section::fan_outs(report),
                    "fan-out-table",
                    "Posts and their recipients",
                ),
                (
                    section::reached(report, &times),
                    "reached-table",
                    "When recipients had their posts",
                ),
                (
                    section::posts_and_reads(report),
                    "posts-table",
                    "What posts and reads met and cost",
                ),
            ]),
            reached: fan_out::chart(report),
            tails: tail::charts(report),
            traces: trace::charts(report),
            bill: (!report.cost.lines.is_empty()).then(|| table::bill(report)),
            assumptions: table::assumptions(report),
            origin: illustration.and_then(|one| one.origin.as_ref()),
            json: json(report),
        }
    }

    /// Says what to read beside intervals.
    fn intervals(&self) -> String {
        match self.report.replications {
            few if few < 5 => format!(
                "With {} there are no intervals: five replications or more make some.",
                crate::units::show::replications(few)
            ),
            some => format!(
                "± is half the length of the 95 % interval over {some} replications: of intervals \
                 made like this, 19 of 20 hold what endlessly many replications would give."
            ),
        }
    }

    /// Returns the edges of charts, for the template.
    fn edge(&self, which: &str) -> String {
        chart::px(match which {
            "left" => LEFT,
            "right" => RIGHT,
            _ => WIDTH,
        })
    }

    /// Returns prose in pieces, for the template.
    fn prose<'t>(&self, text: &'t str) -> Vec<Piece<'t>> {
        pieces(text)
    }
}

/// Makes tables of sections that are not empty.
fn tables<const N: usize>(all: [(section::Section, &str, &str); N]) -> Vec<Table> {
    all.iter()
        .filter(|(section, _, _)| !section.is_empty())
        .map(|(section, id, caption)| Table::of(section, id, caption))
        .collect()
}

/// Says what must be known before any figure is read.
fn banner(report: &Report) -> &'static str {
    match (report.interrupted, report.analysis) {
        (true, _) => "Interrupted: this is the partial result of what had been simulated.",
        (false, Analysis::Unstable) => {
            "Unstable: something in this design grows without end under this load, so that \
             figures depend on how long it runs."
        }
        (false, Analysis::Steady | Analysis::Terminating) => "",
    }
}

/// Says how the objectives fared in all.
fn verdict(all: &[Objective]) -> Option<(&'static str, String)> {
    let count = |verdict: Verdict| all.iter().filter(|one| one.verdict == verdict).count();
    let (met, missed) = (count(Verdict::Met), count(Verdict::Missed));
    let undecided = all.len() - met - missed;
    let class = match (missed, undecided) {
        (0, 0) => "met",
        (0, _) => "undecided",
        _ => "missed",
    };
    let others = [(missed, "missed"), (undecided, "undecided")];
    let others = others.iter().filter(|(count, _)| *count > 0);
    let others: String = others
        .map(|(count, word)| format!(", {count} {word}"))
        .collect();
    (!all.is_empty()).then(|| {
        (
            class,
            format!("{met} of {} objectives met{others}", all.len()),
        )
    })
}

/// Shows an objective.
fn shown(one: &Objective) -> Shown<'_> {
    Shown {
        class: word(one.verdict),
        sign: sign(one.verdict),
        word: word(one.verdict),
        expression: &one.expression,
        measured: measured(one),
    }
}

/// Draws the design with the use of its servers.
fn drawn(report: &Report, picture: &graph::Picture) -> Drawn {
    let mut picture = picture.clone();
    for shape in &mut picture.nodes {
        let node = report.nodes.get(&shape.name);
        let used = node.and_then(|node| node.utilisation.as_ref());
        shape.used = used.and_then(|used| used.value);
    }
    let name = |node: usize| picture.nodes[node].name.as_str();
    let links = picture.arrows.iter();
    let links = links.map(|arrow| format!("{} to {}", name(arrow.from), name(arrow.to)));
    let links: Vec<String> = links.collect();
    let (svg, width) = graph::sized(&picture);
    Drawn {
        svg,
        links: links.join(", "),
        least: (width * SMALLEST).round(),
        most: width.round(),
    }
}

/// Returns the colour and dashes of a flow, the same in every chart, if there are enough for all.
fn style(report: &Report, flow: &str) -> Option<usize> {
    let place = report.flows.keys().position(|name| name == flow);
    place.filter(|_| report.flows.len() <= MOST_LINES)
}

/// Names what found no room among the lines of a panel; `all` begins with those that did.
fn left_out<'n>(all: impl Iterator<Item = &'n str>) -> String {
    let rest: Vec<&str> = all.skip(MOST_LINES).collect();
    match rest.len() {
        0 => String::new(),
        some => format!("Not drawn, for want of room ({some}): {}.", rest.join(", ")),
    }
}

/// Parts prose into names, which stand between backticks, and what is around them.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut parts: Vec<&str> = text.split('`').collect();
    // An odd backtick at the end is just one.
    let rest = match parts.len().is_multiple_of(2) {
        true => parts.pop(),
        false => None,
    };
    let mut pieces: Vec<Piece> = parts
        .iter()
        .enumerate()
        .map(|(number, text)| Piece {
            text,
            code: !number.is_multiple_of(2),
        })
        .collect();
    if let Some(rest) = rest {
        let from = text.len() - rest.len() - 1;
        pieces.push(Piece {
            text: &text[from..],
            code: false,
        });
    }
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

/// Writes the report so that it ends no script and is no markup.
fn json(report: &Report) -> String {
    let Ok(text) = serde_json::to_string(report) else {
        unreachable!("a report has only text keys and no values that JSON cannot express");
    };
    // These letters stand in texts alone, and are the same there when written as numbers.
    let text = text.replace('<', "\\u003c").replace('>', "\\u003e");
    text.replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn names_are_set_off_from_prose() {
        let of = |text| -> Vec<(String, bool)> {
            let pieces = pieces(text).into_iter();
            pieces
                .map(|piece| (piece.text.to_owned(), piece.code))
                .collect()
        };

        assert_eq!(
            of("note `a` and `b`."),
            [
                ("note ".to_owned(), false),
                ("a".to_owned(), true),
                (" and ".to_owned(), false),
                ("b".to_owned(), true),
                (".".to_owned(), false)
            ]
        );
        assert_eq!(
            of("a `b"),
            [("a ".to_owned(), false), ("`b".to_owned(), false)]
        );
        assert_eq!(of(""), []);
    }

    #[test]
    fn the_page_allows_its_own_script_alone() {
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut bytes = Sha256::digest(SCRIPT.as_bytes()).to_vec();
        // 32 bytes are 43 digits of six bits, and one to fill up.
        bytes.push(0);
        let letters = bytes.chunks(3).flat_map(|three| {
            let bits = three
                .iter()
                .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
            [18, 12, 6, 0].map(|shift| char::from(digits[(bits >> shift & 63) as usize]))
        });
        let hash: String = letters.take(43).chain(['=']).collect();

        assert_eq!(hash, SCRIPT_HASH, "what `SCRIPT_HASH` must be");
    }
}
