//! The bill as reports carry it, and as a tree.

use super::Report;
use super::digest::json_of;
use super::estimate::{Estimate, rounded};
use super::figure::{NOTHING, grouped};
use crate::cost::Bill;
use crate::units::show;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a month costs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// All of it [US dollars].
    pub month_usd: Estimate,
    /// The same per million requests of all flows [US dollars].
    pub per_million_usd: Estimate,
    /// Those who use it; none where the file does not say how many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<f64>,
    /// What one of them costs in a month [US dollars].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_user_usd: Option<f64>,
    /// What exists whatever the load, and so belongs to no flow [US dollars].
    pub standing_usd: f64,
    /// By node and item.
    pub lines: Vec<CostLine>,
    /// Month by month, where it is the bill of a later one than the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub months: Vec<CostMonth>,
    /// By flow: what its requests use, without `standing_usd`.
    pub flows: BTreeMap<String, FlowCost>,
    /// What is not in it.
    pub left_out: Vec<String>,
}

/// One line of the bill.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CostLine {
    /// Who pays.
    pub node: String,
    /// For what.
    pub item: String,
    /// Units of a month.
    pub quantity: f64,
    /// Half the length of its 95 % interval; none with fewer than five replications.
    pub quantity_half_width: Option<f64>,
    /// What it is counted in.
    pub unit: String,
    /// What a unit costs, on average over the tiers that the quantity reaches [US dollars].
    pub price_usd: f64,
    /// Quantity times price [US dollars].
    pub usd: f64,
    /// Half the length of its 95 % interval; none with fewer than five replications.
    pub usd_half_width: Option<f64>,
    /// `measured`: from simulated requests; `assumed`: from parameters alone.
    pub basis: String,
    /// Basis of the price: `documented` or `estimate`.
    pub price_basis: String,
    /// Document and date of the price.
    pub source: String,
    /// What is taken off the list price; none where nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<CostDiscount>,
}

/// What is taken off a price, for how it is bought.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CostDiscount {
    /// How it is bought: `spot`, `savings-plan` or `reserved`.
    pub purchase: String,
    /// Share of the list price that is saved; `price_usd` and `usd` are without it.
    pub share: f64,
    /// Basis of the share: `estimate`, or `choice` where the topology says it.
    pub basis: String,
    /// Where the share comes from.
    pub source: String,
}

/// What one of several months costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CostMonth {
    /// Which month, from 1 on.
    pub month: u32,
    /// What lies at all nodes, on average over the month [GiB].
    pub stored_gib: f64,
    /// What the month costs [US dollars].
    pub usd: f64,
    /// What it costs together with all months before it [US dollars].
    pub so_far_usd: f64,
}

/// What the requests of a flow cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlowCost {
    /// Requests of a month.
    pub requests: f64,
    /// What they cost [US dollars].
    pub month_usd: Estimate,
    /// What a million of them costs [US dollars].
    pub per_million_usd: Estimate,
}

/// Writes a bill down, with those of the months before it.
pub(super) fn cost(bill: &Bill, before: &[Bill]) -> Cost {
    let line = |line: &crate::cost::Line| {
        let value = |of: &crate::metrics::estimate::Estimate| rounded(of.value.unwrap_or(0.0));
        CostLine {
            node: line.node.clone(),
            item: line.item.to_owned(),
            quantity: value(&line.quantity),
            quantity_half_width: line.quantity.half_width.map(rounded),
            unit: line.unit.to_owned(),
            price_usd: rounded(line.price_usd),
            usd: value(&line.usd),
            usd_half_width: line.usd.half_width.map(rounded),
            basis: if line.measured { "measured" } else { "assumed" }.to_owned(),
            price_basis: line.basis.word().to_owned(),
            source: line.source.to_owned(),
            discount: line.discount.map(|off| CostDiscount {
                purchase: off.purchase.word(),
                share: off.share,
                basis: off.basis.word().to_owned(),
                source: off.source.to_owned(),
            }),
        }
    };
    let flow = |flow: &crate::cost::FlowCost| {
        let found = FlowCost {
            requests: rounded(flow.requests),
            month_usd: flow.month_usd.into(),
            per_million_usd: flow.million_usd.into(),
        };
        (flow.name.clone(), found)
    };
    Cost {
        month_usd: bill.month_usd.into(),
        per_million_usd: bill.million_usd.into(),
        users: bill.users.filter(|_| !bill.lines.is_empty()),
        per_user_usd: match bill.lines.is_empty() {
            true => None,
            false => bill.per_user_usd().map(rounded),
        },
        standing_usd: rounded(bill.standing_usd),
        lines: bill.lines.iter().map(line).collect(),
        // Where nothing is priced there is nothing to divide.
        flows: match bill.lines.is_empty() {
            true => BTreeMap::new(),
            false => bill.flows.iter().map(flow).collect(),
        },
        left_out: bill.left_out.clone(),
        months: months(bill, before),
    }
}

/// Adds months up; one alone needs no table.
fn months(bill: &Bill, before: &[Bill]) -> Vec<CostMonth> {
    if before.is_empty() {
        return Vec::new();
    }
    let mut so_far = 0.0;
    let all = before.iter().chain(std::iter::once(bill)).zip(1..);
    all.map(|(bill, month)| {
        let usd = bill.month_usd.value.unwrap_or(0.0);
        so_far += usd;
        CostMonth {
            month,
            stored_gib: rounded(bill.stored_gib()),
            usd: rounded(usd),
            so_far_usd: rounded(so_far),
        }
    })
    .collect()
}

/// Returns the bill alone as JSON, indented, with a line break at its end.
pub fn cost_json(report: &Report) -> String {
    json_of(&report.cost)
}

/// A row of the tree: name, quantity, unit, price, cost.
type Row = [String; 5];

/// Renders the bill as a tree: nodes, under each its items; then flows and the total.
pub fn cost_text(report: &Report) -> String {
    let cost = &report.cost;
    let which = match cost.months.last() {
        Some(last) => format!("the bill of month {}, each of 30 days", last.month),
        None => "the bill of a month of 30 days".to_owned(),
    };
    let mut text = format!("{}: {which}, us-east-1\n\n", report.topology);
    if cost.lines.is_empty() {
        text.push_str("Nothing in this topology has a price.\n");
        text.push_str(&left_out_text(cost));
        return text;
    }
    let mut rows = vec![["Name", "Monthly qty", "Unit", "Price", "Cost"].map(str::to_owned)];
    for group in cost.lines.chunk_by(|one, other| one.node == other.node) {
        let node = group.first().map_or("", |line| line.node.as_str());
        let kind = report.nodes.get(node).map_or("", |node| node.kind.as_str());
        let sum: f64 = group.iter().map(|line| line.usd).sum();
        rows.push(row(&format!("{node} ({kind})"), "", "", "", &usd(sum)));
        for (number, line) in group.iter().enumerate() {
            let branch = if number + 1 == group.len() {
                "└─"
            } else {
                "├─"
            };
            rows.push(row(
                &format!("{branch} {}{} ({})", line.item, bought(line), line.basis),
                &quantity(line.quantity),
                &line.unit,
                &price(line.price_usd),
                &interval(line.usd, line.usd_half_width),
            ));
        }
    }
    let total = &cost.month_usd;
    let value = total.value.unwrap_or(0.0);
    rows.push(row("Total", "", "", "", &interval(value, total.half_width)));
    text.push_str(&columns(&rows));
    if let (Some(users), Some(usd)) = (cost.users, cost.per_user_usd) {
        let users = show::count(users);
        text.push_str(&format!("{} for each of {users} users\n", price(usd)));
    }
    text.push_str(&flows_text(cost));
    text.push_str(&months_text(cost));
    text.push_str(&left_out_text(cost));
    text
}

/// Says what is not in the bill.
fn left_out_text(cost: &Cost) -> String {
    let all = cost.left_out.iter();
    all.map(|what| format!("not in the bill: {what}\n"))
        .collect()
}

/// Says what a million requests of each flow cost.
fn flows_text(cost: &Cost) -> String {
    let mut rows = vec![["Flow", "Monthly requests", "", "$/million", "Cost"].map(str::to_owned)];
    for (name, flow) in &cost.flows {
        let million = &flow.per_million_usd;
        rows.push(row(
            name,
            &quantity(flow.requests),
            "",
            &million.value.map_or(NOTHING.to_owned(), |value| {
                interval(value, million.half_width)
            }),
            &usd(flow.month_usd.value.unwrap_or(0.0)),
        ));
    }
    rows.push(row(
        "whatever the load",
        "",
        "",
        "",
        &usd(cost.standing_usd),
    ));
    format!("\n{}\n", columns(&rows))
}

/// Says how something is bought, and what that takes off.
pub(super) fn bought(line: &CostLine) -> String {
    line.discount.as_ref().map_or(String::new(), |off| {
        format!(", {} -{} %", off.purchase, rounded(off.share * 100.0))
    })
}

/// Shows months in a table: all of a year, then the last of each year and the last of all.
fn months_text(cost: &Cost) -> String {
    let Some(last) = cost.months.last() else {
        return String::new();
    };
    let mut rows = vec![["Month", "Stored", "", "So far", "Cost"].map(str::to_owned)];
    let shown =
        |month: &&CostMonth| month.month <= 12 || month.month.is_multiple_of(12) || *month == last;
    for month in cost.months.iter().filter(shown) {
        rows.push(row(
            &month.month.to_string(),
            &quantity(month.stored_gib),
            "GiB",
            &usd(month.so_far_usd),
            &usd(month.usd),
        ));
    }
    format!("{}\n", columns(&rows))
}

fn row(name: &str, quantity: &str, unit: &str, price: &str, cost: &str) -> Row {
    [name, quantity, unit, price, cost].map(str::to_owned)
}

/// Sets rows in columns: names and units left, numbers right.
fn columns(rows: &[Row]) -> String {
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: [usize; 5] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let line = format!(
            "{:<name$}  {:>quantity$}  {:<unit$}  {:>price$}  {:>cost$}",
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            name = widths[0],
            quantity = widths[1],
            unit = widths[2],
            price = widths[3],
            cost = widths[4],
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Shows a quantity in full digits where it is whole numbers that count.
pub(super) fn quantity(value: f64) -> String {
    match value {
        value if value >= 100.0 => grouped(&format!("{value:.0}")),
        value => format!("{value:.2}"),
    }
}

/// Shows a price of a unit; small ones per million.
pub(super) fn price(usd: f64) -> String {
    if usd < 1e-4 {
        format!("${}/M", rounded(usd * 1e6))
    } else {
        format!("${}", rounded(usd))
    }
}

/// Shows an amount to the cent.
pub(super) fn usd(amount: f64) -> String {
    let text = format!("{amount:.2}");
    match text.split_once('.') {
        Some((whole, cents)) => format!("${}.{cents}", grouped(whole)),
        None => text,
    }
}

/// Shows an amount and its half-width, where that is not nothing.
pub(super) fn interval(amount: f64, half_width: Option<f64>) -> String {
    match half_width {
        Some(half) if half >= 0.005 => format!("{} ±{half:.2}", usd(amount)),
        Some(_) | None => usd(amount),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_to_the_cent_and_prices_per_million_where_small() {
        assert_eq!(usd(3_271.1), "$3\u{2009}271.10");
        assert_eq!(interval(10.0, Some(0.25)), "$10.00 ±0.25");
        assert_eq!(interval(10.0, Some(0.0)), "$10.00");
        assert_eq!(price(3.5e-6), "$3.5/M");
        assert_eq!(price(0.0225), "$0.0225");
    }
}
