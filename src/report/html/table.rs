//! Tables of the page: those of the text report, and the headline with all its intervals.

use super::super::cost;
use super::super::figure::{self, NOTHING, Scale, figure, interval};
use super::super::section::{Section, why};
use super::super::text::LEFT;
use super::super::times::Times;
use super::super::{Breakdown, Estimate, Flow, Instance, Quantiles, Report};
use crate::units::show;

/// A table.
pub(super) struct Table {
    /// Unique in the page.
    pub(super) id: String,
    /// What it is about.
    pub(super) caption: String,
    /// Heads the first column.
    pub(super) first: String,
    /// The other columns.
    pub(super) columns: Vec<Column>,
    /// Its rows.
    pub(super) rows: Vec<Row>,
    /// Whether a reader may order it by a column.
    pub(super) sortable: bool,
}

/// A column.
pub(super) struct Column {
    /// Its header, with the unit.
    pub(super) title: String,
    /// Whether it holds words, not numbers.
    pub(super) words: bool,
}

/// A row.
pub(super) struct Row {
    /// Heads it.
    pub(super) name: String,
    /// The section that the name leads to; empty if to none.
    pub(super) link: String,
    /// One for each column.
    pub(super) cells: Vec<Cell>,
}

/// A cell.
pub(super) struct Cell {
    /// What it shows.
    pub(super) text: String,
    /// The figure behind it, as the report's JSON has it; empty if it has none.
    pub(super) value: String,
    /// Whether it holds words.
    pub(super) words: bool,
}

impl Cell {
    /// Makes a cell of words.
    fn words(text: &str) -> Cell {
        Cell {
            text: text.to_owned(),
            value: String::new(),
            words: true,
        }
    }

    /// Makes a cell of a number without its figure.
    fn number(text: String) -> Cell {
        Cell {
            text,
            value: String::new(),
            words: false,
        }
    }

    /// Makes a cell of a count.
    fn count(count: u64) -> Cell {
        Cell {
            text: figure::count(count),
            value: count.to_string(),
            words: false,
        }
    }

    /// Makes a cell of an estimate and its half-width, in a unit; of one without a value, of
    /// the reason.
    fn estimate(estimate: &Estimate, unit: f64) -> Cell {
        let Some(value) = estimate.value else {
            return Cell::number(why(estimate));
        };
        let half_width = estimate.half_width.map(|half| half / unit);
        Cell {
            text: interval(value / unit, half_width),
            value: value.to_string(),
            words: false,
        }
    }
}

impl Table {
    /// Makes a table of one of the text report.
    pub(super) fn of(section: &Section, id: &str, caption: &str) -> Table {
        let words =
            |title: &String| LEFT.contains(&title.as_str()) || WORDS.contains(&title.as_str());
        let columns: Vec<Column> = section
            .headers
            .iter()
            .map(|title| Column {
                title: title.clone(),
                words: words(title),
            })
            .collect();
        let row = |(name, cells): &(String, Vec<String>)| Row {
            name: name.clone(),
            link: String::new(),
            cells: cells
                .iter()
                .zip(&columns)
                .map(|(text, column)| match column.words {
                    true => Cell::words(text),
                    false => Cell::number(text.clone()),
                })
                .collect(),
        };
        Table {
            id: id.to_owned(),
            caption: caption.to_owned(),
            first: section.title.to_lowercase(),
            rows: section.rows.iter().map(row).collect(),
            sortable: section.rows.len() > 1,
            columns,
        }
    }

    /// Makes a table of cells, without the columns in which nothing applies.
    fn with(
        id: &str,
        caption: &str,
        first: &str,
        titles: &[&str],
        rows: Vec<(String, Vec<Cell>)>,
    ) -> Table {
        let applies = |column: usize| {
            let mut cells = rows.iter().filter_map(|(_, cells)| cells.get(column));
            cells.any(|cell| cell.text != NOTHING)
        };
        let kept: Vec<bool> = (0..titles.len()).map(applies).collect();
        let words = |column: usize| {
            let cell = rows.first().and_then(|(_, cells)| cells.get(column));
            cell.is_some_and(|cell| cell.words)
        };
        let columns = titles
            .iter()
            .enumerate()
            .filter(|(column, _)| kept[*column]);
        let columns = columns.map(|(column, title)| Column {
            title: (*title).to_owned(),
            words: words(column),
        });
        Table {
            id: id.to_owned(),
            caption: caption.to_owned(),
            first: first.to_owned(),
            columns: columns.collect(),
            sortable: rows.len() > 1,
            rows: rows
                .into_iter()
                .map(|(name, cells)| Row {
                    name,
                    link: String::new(),
                    cells: cells
                        .into_iter()
                        .zip(&kept)
                        .filter_map(|(cell, kept)| kept.then_some(cell))
                        .collect(),
                })
                .collect(),
        }
    }
}

/// Columns of words beside those of the text report.
const WORDS: [&str; 5] = ["level", "flow", "ended", "longest at", "taken back"];

/// Headers of a distribution.
const TIMES: [&str; 9] = [
    "mean", "p50", "p90", "p95", "p99", "p99.9", "p99.99", "max", "count",
];

/// Returns the cells of a distribution.
fn times(times: &Quantiles, scale: Scale) -> Vec<Cell> {
    let estimates = [
        &times.mean,
        &times.p50,
        &times.p90,
        &times.p95,
        &times.p99,
        &times.p99_9,
        &times.p99_99,
    ];
    let mut cells: Vec<Cell> = estimates
        .into_iter()
        .map(|estimate| Cell::estimate(estimate, scale.ms))
        .collect();
    cells.push(match times.max {
        Some(max) => Cell {
            text: figure(max / scale.ms),
            value: max.to_string(),
            words: false,
        },
        None => Cell::number(NOTHING.to_owned()),
    });
    cells.push(Cell::count(times.count));
    cells
}

/// Latency of completed requests, by flow, with all intervals.
pub(super) fn latency(report: &Report) -> Table {
    let scale = Times::default().scale(report.flows.values().map(|flow| &flow.latency_ms));
    let row = |(name, flow): (&String, &Flow)| (name.clone(), times(&flow.latency_ms, scale));
    Table::with(
        "latency",
        "Latency of completed requests",
        &format!("flow, {}", scale.name),
        &TIMES,
        report.flows.iter().map(row).collect(),
    )
}

/// How much came, how it ended, and how much was inside, by flow.
pub(super) fn rates(report: &Report) -> Table {
    let titles = [
        "arrived",
        "arrivals /s",
        "throughput /s",
        "goodput /s",
        "completed %",
        "throttled %",
        "shed %",
        "timed out %",
        "failed %",
        "retried %",
        "attempts/request",
        "inside, mean",
        "inside, max",
    ];
    // A share of nothing says nothing.
    let share = |estimate: &Estimate| match estimate.value {
        Some(share) if share > 0.0 => Cell::estimate(estimate, 0.01),
        Some(_) => Cell::number(NOTHING.to_owned()),
        None => Cell::number(why(estimate)),
    };
    let row = |(name, flow): (&String, &Flow)| {
        let cells = vec![
            Cell::count(flow.arrived),
            Cell::estimate(&flow.arrival_rate_per_s, 1.0),
            Cell::estimate(&flow.throughput_per_s, 1.0),
            Cell::estimate(&flow.goodput_per_s, 1.0),
            Cell::estimate(&flow.completed_share, 0.01),
            share(&flow.throttled_share),
            share(&flow.shed_share),
            share(&flow.timed_out_share),
            share(&flow.failed_share),
            share(&flow.retried_share),
            Cell::estimate(&flow.attempts_per_request, 1.0),
            Cell::estimate(&flow.inside_mean, 1.0),
            Cell::count(flow.inside_max),
        ];
        (name.clone(), cells)
    };
    let rows = report.flows.iter().map(row).collect();
    Table::with("rates", "Load and outcomes", "flow", &titles, rows)
}

/// Times of a node.
pub(super) fn node_times(id: &str, node: &super::super::Node) -> Table {
    let scale = Times::default().scale([&node.sojourn_ms].into_iter());
    let mut rows = vec![
        ("waiting".to_owned(), times(&node.waiting_ms, scale)),
        ("in service".to_owned(), times(&node.service_ms, scale)),
        ("sojourn".to_owned(), times(&node.sojourn_ms, scale)),
    ];
    if let Some(age) = &node.iterator_age_ms {
        rows.push(("iterator age".to_owned(), times(age, scale)));
    }
    let mut table = Table::with(
        &format!("{id}-times"),
        "Times",
        &format!("time, {}", scale.name),
        &TIMES,
        rows,
    );
    table.sortable = false;
    table
}

/// Visits of a node by flow or by operation.
pub(super) fn breakdown<'b>(
    id: &str,
    by: &str,
    parts: impl Iterator<Item = (&'b String, &'b Breakdown)> + Clone,
) -> Table {
    let scale = Times::default().scale(parts.clone().map(|(_, part)| &part.sojourn_ms));
    let titles = [
        "arrived".to_owned(),
        "completed".to_owned(),
        "throttled".to_owned(),
        "shed".to_owned(),
        "timed out".to_owned(),
        "failed".to_owned(),
        "not ended".to_owned(),
        format!("wait mean {}", scale.name),
        format!("wait p99 {}", scale.name),
        format!("sojourn mean {}", scale.name),
        format!("sojourn p99 {}", scale.name),
    ];
    let row = |(name, part): (&String, &Breakdown)| {
        let cells = vec![
            Cell::count(part.arrived),
            Cell::count(part.completed),
            some(part.throttled),
            some(part.shed),
            some(part.timed_out),
            some(part.failed),
            some(part.inside),
            Cell::estimate(&part.waiting_ms.mean, scale.ms),
            Cell::estimate(&part.waiting_ms.p99, scale.ms),
            Cell::estimate(&part.sojourn_ms.mean, scale.ms),
            Cell::estimate(&part.sojourn_ms.p99, scale.ms),
        ];
        (name.clone(), cells)
    };
    let rows = parts.map(row).collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    Table::with(
        &format!("{id}-{by}"),
        &format!("Visits by {by}"),
        by,
        &titles,
        rows,
    )
}

/// Copies or partitions of a node.
pub(super) fn instances(id: &str, what: &str, caption: &str, all: &[Instance]) -> Table {
    let titles = ["arrived", "throttled", "shed", "util %"];
    let row = |(number, one): (usize, &Instance)| {
        let used = one.utilisation.as_ref();
        let cells = vec![
            Cell::count(one.arrived),
            some(one.throttled),
            some(one.shed),
            used.map_or_else(
                || Cell::number(NOTHING.to_owned()),
                |used| Cell::estimate(used, 0.01),
            ),
        ];
        ((number + 1).to_string(), cells)
    };
    let rows = all.iter().enumerate().map(row).collect();
    Table::with(&format!("{id}-{what}"), caption, what, &titles, rows)
}

/// The busiest keys of a node.
pub(super) fn hot_keys(id: &str, all: &[super::super::HotKey]) -> Table {
    let row = |one: &super::super::HotKey| {
        let cells = vec![
            Cell {
                text: show::count(one.arrival_rate_per_s),
                value: one.arrival_rate_per_s.to_string(),
                words: false,
            },
            Cell::count(one.arrived),
            some(one.throttled),
        ];
        (one.key.to_string(), cells)
    };
    Table::with(
        &format!("{id}-keys"),
        "Busiest keys, by their rank",
        "key",
        &["in /s", "arrived", "throttled"],
        all.iter().map(row).collect(),
    )
}

/// The bill, line by line.
pub(super) fn bill(report: &Report) -> Table {
    let titles = [
        "item",
        "quantity",
        "unit",
        "price",
        "$/month",
        "quantity is",
        "source of the price",
    ];
    let rows = report.cost.lines.iter().map(|line| {
        let month = cost::interval(line.usd, line.usd_half_width);
        let cells = vec![
            Cell::words(&format!("{}{}", line.item, cost::bought(line))),
            Cell {
                text: cost::quantity(line.quantity),
                value: line.quantity.to_string(),
                words: false,
            },
            Cell::words(&line.unit),
            Cell {
                text: cost::price(line.price_usd),
                value: line.price_usd.to_string(),
                words: false,
            },
            Cell {
                text: month,
                value: line.usd.to_string(),
                words: false,
            },
            Cell::words(&line.basis),
            Cell::words(&format!("{}: {}", line.price_basis, line.source)),
        ];
        (line.node.clone(), cells)
    });
    Table::with(
        "bill",
        "The bill of a month of 30 days, us-east-1",
        "node",
        &titles,
        rows.collect(),
    )
}

/// Values that nobody has written, with their sources.
pub(super) fn assumptions(report: &Report) -> Option<Table> {
    let illustration = report.illustration.as_ref()?;
    let rows: Vec<(String, Vec<Cell>)> = illustration
        .assumptions
        .iter()
        .map(|one| {
            let words = [&one.value, &one.basis, &one.source];
            let name = format!("{}.{}", one.node, one.parameter);
            (name, words.map(|word| Cell::words(word)).into())
        })
        .collect();
    let titles = ["assumed", "basis", "source, and when it was read"];
    (!rows.is_empty()).then(|| {
        Table::with(
            "assumed",
            "Values that the file leaves to their defaults",
            "parameter",
            &titles,
            rows,
        )
    })
}

/// Makes a cell of a count of which 0 says nothing.
fn some(count: u64) -> Cell {
    match count {
        0 => Cell::number(NOTHING.to_owned()),
        some => Cell::count(some),
    }
}
