//! The capacity estimate in words: rates, storage, limits, the bill.

use super::push_wrapped;
use crate::analysis::estimate::{Bill, DAY, Estimate, MONTH, Quota, Unit};
use crate::units::show;

/// Fewest limits that are listed, however empty.
const LISTED: usize = 6;
/// Share of a limit from which it is listed in any case.
const WORTH_A_LINE: f64 = 0.01;

/// Writes all sections.
pub(super) fn sections(estimate: &Estimate) -> String {
    let mut text = String::new();
    if !estimate.flows.is_empty() {
        text.push_str("\nCAPACITY (means; nothing waits or is refused; a month has 30 days)\n");
    }
    for line in capacity(estimate) {
        push_wrapped(&mut text, &line);
    }
    for line in &estimate.assumed {
        push_wrapped(&mut text, &format!("assuming that {line}"));
    }
    text.push_str(&limits(&estimate.quotas));
    text.push_str(&bill(&estimate.bill));
    text
}

/// Says what comes in, what is delivered, and what is kept.
fn capacity(estimate: &Estimate) -> Vec<String> {
    let mut lines = Vec::new();
    for flow in &estimate.flows {
        lines.extend(flow.arithmetic.iter().cloned());
        let peak = if flow.peak_per_s > flow.per_s * 1.000_001 {
            format!(", {} at the peak", show::rate(flow.peak_per_s))
        } else {
            String::new()
        };
        lines.push(format!(
            "flow {}: {}{peak}; {} a day, {} a month; {}/s in, {}/s out; {} without waiting",
            flow.flow,
            show::rate(flow.per_s),
            show::count(flow.per_s * DAY),
            show::count(flow.per_s * MONTH),
            size(flow.in_per_s),
            size(flow.out_per_s),
            show::duration(flow.time_s * 1e9),
        ));
    }
    for one in &estimate.fan_outs {
        lines.push(format!(
            "fan-out {}: {} posts to {} recipients each: {} deliveries, {} a day",
            one.fan_out,
            show::rate(one.posts_per_s),
            show::number(one.recipients),
            show::rate(one.per_s),
            show::count(one.per_s * DAY),
        ));
    }
    for store in &estimate.stores {
        let mut line = format!(
            "{} ({}): {} reads, {} writes",
            store.node,
            store.kind,
            show::rate(store.reads_per_s),
            show::rate(store.writes_per_s),
        );
        if store.new_per_s > 0.0 {
            line.push_str(&format!(
                "; {} new items and {} a day, {} a month",
                show::count(store.new_per_s * DAY),
                size(store.new_bytes_per_s * DAY),
                size(store.new_bytes_per_s * MONTH),
            ));
        }
        if let Some(kept) = store.kept.filter(|kept| kept.items > 0.0) {
            line.push_str(&format!(
                "; {} and {} after {}",
                show::count(kept.items),
                size(kept.bytes),
                show::duration(kept.time.0 as f64),
            ));
        }
        lines.push(line);
    }
    for cache in &estimate.caches {
        let mut line = format!(
            "{}: {} entries of {} keys answer {} at most",
            cache.node,
            show::count(cache.entries),
            show::count(cache.keys),
            show::share(cache.most_hit_rate),
        );
        if let Some((asked, needed)) = cache.asked.zip(cache.entries_for_asked) {
            line.push_str(&format!(
                "; {} takes {}",
                show::share(asked),
                show::count(needed)
            ));
        }
        lines.push(line);
    }
    if let Some(codes) = &estimate.codes {
        let used = codes.used.map_or(String::new(), |used| {
            format!(", of which {} are used", show::share(used / codes.space))
        });
        let space = show::count(codes.space);
        lines.push(format!("codes of {}: {space}{used}", codes.node));
    }
    for one in &estimate.availability {
        lines.push(format!(
            "availability of {}: {}%, {} minutes of a month without ({} in series)",
            one.flow,
            // More digits than three: the nines are what matters.
            (one.share * 1e7).floor() / 1e5,
            show::number(one.minutes_down()),
            one.nodes.len(),
        ));
    }
    lines
}

/// Lists limits, the fullest first; those that are next to empty are counted.
fn limits(quotas: &[Quota]) -> String {
    let mut text = String::new();
    if !quotas.is_empty() {
        text.push_str("\nLIMITS (what is asked of the busiest at the peak; the fullest first)\n");
    }
    let worth = quotas
        .iter()
        .take_while(|one| one.share() >= WORTH_A_LINE)
        .count();
    let listed = worth.max(LISTED.min(quotas.len()));
    for quota in quotas.iter().take(listed) {
        let (unit, of) = match quota.unit {
            Unit::PerSecond => ("/s", ""),
            Unit::Places => ("", " at once"),
            Unit::Servers => ("", " busy"),
            Unit::Bytes => (" B", ""),
        };
        let each = if quota.instances > 1 {
            format!(" in each of {}", quota.instances)
        } else {
            String::new()
        };
        let verdict = if quota.unit == Unit::Bytes {
            match quota.share() > 1.0 {
                true => "larger ones are REFUSED".to_owned(),
                false => "larger ones are refused".to_owned(),
            }
        } else if quota.share() > 1.0 {
            format!("EXCEEDED by {}", show::share(quota.share() - 1.0))
        } else {
            format!("full at {} times this load", show::number(quota.headroom()))
        };
        let key = quota.key.map_or(String::new(), |key| format!("{key}: "));
        let line = format!(
            "{} ({}), {}: {} of {}{unit}{of}{each}, {}; {verdict} [{key}{}]",
            quota.node,
            quota.kind,
            quota.name,
            show::count(quota.peak),
            show::count(quota.limit),
            show::share(quota.share()),
            brief(quota.source),
        );
        push_wrapped(&mut text, &line);
    }
    if listed < quotas.len() {
        let rest = quotas.len() - listed;
        let below = show::share(WORTH_A_LINE);
        push_wrapped(
            &mut text,
            &format!("{rest} more are used by less than {below}"),
        );
    }
    text
}

/// Shortens a source to its first sentence.
fn brief(source: &str) -> String {
    let one = source.split_whitespace().collect::<Vec<_>>().join(" ");
    match one.split_once(". ") {
        Some((first, _)) => first.to_owned(),
        None => one,
    }
}

/// Writes what a month costs.
fn bill(bill: &Bill) -> String {
    let mut text = String::new();
    if bill.lines.is_empty() && bill.stated_usd.is_none() {
        return text;
    }
    text.push_str("\nCOST OF A MONTH (list prices; `kneepoint cost` measures it)\n");
    for line in &bill.lines {
        let standing = if line.standing {
            ", whatever the load"
        } else {
            ""
        };
        let words = format!(
            "{}: {} for {} {} ({}{standing})",
            line.node,
            usd(line.usd),
            show::count(line.quantity),
            line.unit,
            line.item,
        );
        push_wrapped(&mut text, &words);
    }
    let mut all = format!("all: {}", usd(bill.month_usd));
    if let Some(million) = bill.million_usd {
        all.push_str(&format!("; {} for a million requests", usd(million)));
    }
    if let Some(user) = bill.user_usd {
        all.push_str(&format!("; {} for a user", usd(user)));
    }
    push_wrapped(&mut text, &all);
    if let Some(stated) = bill.stated_usd {
        let mut line = format!("the file's own estimate: {}", usd(stated));
        if let Some(user) = bill.stated_user_usd {
            line.push_str(&format!("; {} for a user", usd(user)));
        }
        if stated > 0.0 && bill.month_usd > 0.0 {
            let factor = show::number(bill.month_usd / stated);
            line.push_str(&format!("; by this bill it is {factor} times as much"));
        }
        push_wrapped(&mut text, &line);
    }
    for one in &bill.bought {
        let line = format!(
            "{}: {} a month buys {} of {} ({})",
            one.node,
            usd(one.usd),
            show::count(one.quantity),
            show::count(one.used),
            one.item
        );
        push_wrapped(&mut text, &line);
    }
    if !bill.unpriced.is_empty() {
        let line = format!("without prices: {}", bill.unpriced.join(", "));
        push_wrapped(&mut text, &line);
    }
    text
}

/// Shows bytes in powers of a thousand, as estimates do.
fn size(bytes: f64) -> String {
    let units = [
        (1e15, "PB"),
        (1e12, "TB"),
        (1e9, "GB"),
        (1e6, "MB"),
        (1e3, "kB"),
    ];
    match units.iter().find(|(unit, _)| bytes >= *unit * 0.9995) {
        Some((unit, name)) => format!("{}{name}", show::number(bytes / unit)),
        None => format!("{}B", show::number(bytes)),
    }
}

/// Shows money: cents below a hundred dollars, thousands in groups above.
fn usd(amount: f64) -> String {
    if amount < 0.01 {
        return format!("${}", show::number(amount));
    }
    if amount < 100.0 {
        return format!("${amount:.2}");
    }
    let digits = format!("{amount:.0}");
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("${grouped}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_has_cents_or_groups() {
        let shown = [0.00016, 0.5, 99.994, 3_271.1, 5_930_000.0].map(usd);

        assert_eq!(
            shown,
            ["$1.60e-4", "$0.50", "$99.99", "$3,271", "$5,930,000"]
        );
    }
}
