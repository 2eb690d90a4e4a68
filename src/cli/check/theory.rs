//! What theory says, in words: the figures of `analysis::theory`, a paragraph for each.

use super::push_wrapped;
use crate::analysis::theory::{Answer, Capacity, Form, Theory, What};
use crate::units::show;

/// Begins the section; what is left out stands there once for all.
const TITLE: &str = "\nTHEORY (in the long run, as if nothing were refused, given up, tried again or\ncold; ≈ marks approximations)\n";

/// Writes the section; nothing where there is no load.
pub(super) fn section(theory: &Theory) -> String {
    if theory.flows.is_empty() {
        return String::new();
    }
    let mut text = TITLE.to_owned();
    for name in &theory.varying {
        let line = format!("load {name} varies with time: its rate is taken as written");
        push_wrapped(&mut text, &line);
    }
    for capacity in &theory.capacities {
        push_wrapped(&mut text, &paragraph(capacity));
    }
    if let Some(line) = bottleneck(theory) {
        push_wrapped(&mut text, &line);
    }
    for flow in &theory.flows {
        let line = match &flow.mean {
            Ok(mean) => {
                let about = if flow.approximate { "≈ " } else { "" };
                format!("flow {}: mean latency {about}{}", flow.flow, time(*mean))
            }
            Err(why) => format!("flow {}: no closed form: {why}", flow.flow),
        };
        push_wrapped(&mut text, &line);
    }
    text
}

/// Says what is known about one thing with a capacity.
fn paragraph(capacity: &Capacity) -> String {
    let name = match &capacity.what {
        What::Station => capacity.node.clone(),
        What::Limit => format!("{}, limit of concurrency", capacity.node),
        What::Environments => format!("{}, environments", capacity.node),
        What::Bucket(bucket) => format!("{}, {bucket}", capacity.node),
    };
    let mut figures = vec![load(capacity)];
    if let Some(utilisation) = capacity.utilisation {
        // So small that three decimals would show nothing.
        let small = utilisation > 0.0 && utilisation < 0.0005;
        figures.push(if small {
            format!("utilisation {}", show::number(utilisation))
        } else {
            format!("utilisation {utilisation:.3}")
        });
    }
    let about = if capacity.approximate_rate {
        "≈ "
    } else {
        ""
    };
    let figures = figures.join(", ");
    match &capacity.form {
        Form::Known(answer) => format!("{name}: {about}{figures}; {}", answered(answer)),
        Form::Unstable { grows_per_s } => format!(
            "{name}: {about}{figures}; unstable: its line grows by {}",
            show::rate(*grows_per_s)
        ),
        Form::Load => format!("{name}: {about}{figures}"),
        Form::NoClosedForm(why) => format!("{name}: {about}{figures}; no closed form: {why}"),
    }
}

/// Says what comes, and what it meets.
fn load(capacity: &Capacity) -> String {
    let Some(rate) = capacity.rate_per_s else {
        return "rate not known".to_owned();
    };
    if let (What::Bucket(_), Some(most)) = (&capacity.what, capacity.servers) {
        let [used, most] = [rate, most].map(show::count);
        return format!("{used} of {most} tokens/s");
    }
    let mut text = show::rate(rate);
    if let Some(load) = capacity.offered_load {
        text.push_str(&format!(", {} erlangs", show::number(load)));
    }
    let word = match capacity.what {
        What::Station | What::Bucket(_) => "server",
        What::Limit => "place",
        What::Environments => "environment",
    };
    match (capacity.servers, capacity.copies) {
        (Some(servers), copies) => {
            let plural = if servers > 1.0 { "s" } else { "" };
            text.push_str(&format!(" on {} {word}{plural}", show::count(servers)));
            if copies > 1 {
                text.push_str(&format!(" in each of {copies}"));
            }
        }
        (None, _) => text.push_str(&format!(" on unlimited {word}s")),
    }
    text
}

/// Says what follows from a form.
fn answered(answer: &Answer) -> String {
    let about = if answer.approximate { "≈ " } else { "" };
    let mut figures = Vec::new();
    if let Some(waits) = answer.waits.filter(|waits| *waits > 0.0) {
        figures.push(format!("probability of waiting {waits:.4}"));
    }
    if let Some(refused) = answer.refused {
        figures.push(format!("share refused {}", probability(refused)));
    }
    let times = [
        ("mean wait", answer.mean_wait),
        ("mean wait at most", answer.mean_wait_at_most),
        ("p99 wait", answer.wait_p99),
        ("mean sojourn", answer.mean_sojourn),
        ("p99 sojourn", answer.sojourn_p99),
    ];
    for (name, value) in times {
        if let Some(value) = value {
            figures.push(format!("{name} {}", time(value)));
        }
    }
    format!("{about}{}: {}", answer.form, figures.join(", "))
}

/// Says what is full first.
fn bottleneck(theory: &Theory) -> Option<String> {
    let found = theory.bottleneck()?;
    let utilisation = found.utilisation.filter(|busy| *busy > 0.0)?;
    let what = match &found.what {
        What::Station => String::new(),
        What::Limit => " (limit of concurrency)".to_owned(),
        What::Environments => " (environments)".to_owned(),
        What::Bucket(bucket) => format!(" ({bucket})"),
    };
    let unknown = |one: &Capacity| one.utilisation.is_none() && one.servers.is_some();
    let known = if theory.capacities.iter().any(unknown) {
        " of what is known"
    } else {
        ""
    };
    Some(format!(
        "bottleneck{known}: {}{what}, full at {} times this load",
        found.node,
        show::number(1.0 / utilisation)
    ))
}

/// Shows a time with three decimals of its unit: `7.455 ms`.
fn time(seconds: f64) -> String {
    let units = [(1.0, "s"), (1e-3, "ms"), (1e-6, "us")];
    let found = units.iter().find(|(length, _)| seconds >= *length);
    match found {
        Some((length, unit)) => format!("{:.3} {unit}", seconds / length),
        None if seconds > 0.0 => format!("{:.3} us", seconds / 1e-6),
        None => "0 s".to_owned(),
    }
}

/// Shows a probability; small ones by their order.
fn probability(share: f64) -> String {
    if share >= 1e-4 || share <= 0.0 {
        format!("{share:.4}")
    } else {
        format!("{share:.2e}")
    }
}
