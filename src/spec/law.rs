//! Distributions as the file writes them, turned into laws in base units.
//!
//! A distribution is a value of the type that is asked for (a constant), or an
//! object with one key that names its form. What a form needs is checked here, so
//! that a `Law` can be sampled without asking again.

use crate::random::law::Law;
use crate::spec::field::Field;
use crate::spec::lognormal::lognormal;
use crate::spec::nearest;
use crate::spec::pareto;
use crate::spec::reader::Object;
use crate::spec::value::{Data, Value};

pub use crate::spec::quantity::Quantity;

/// Names of the forms.
pub const FORMS: &[&str] = &[
    "exponential",
    "lognormal",
    "gamma",
    "weibull",
    "hyperexponential",
    "erlang",
    "normal",
    "uniform",
    "triangular",
    "pareto",
    "geometric",
    "poisson",
    "mixture",
    "sum",
    "quantiles",
    "sequence",
];

/// Largest coefficient of variation that can be written.
///
/// CHOICE: beyond it no run of any length would show the tail.
pub(super) const MOST_VARIATION: f64 = 100.0;

/// Reads a distribution of a quantity.
pub fn read(field: &Field, quantity: Quantity) -> Option<Law> {
    if !matches!(field.value.data, Data::Object(_)) {
        return Some(Law::Constant(constant(field, quantity)?));
    }
    let form = single(field, FORMS)?;
    let value = &form.0;
    match form.1 {
        "exponential" => Some(Law::Exponential {
            mean: positive(value, quantity)?,
        }),
        "lognormal" => lognormal(value, quantity),
        "gamma" => {
            let (mean, cv) = mean_and_cv(value, quantity, 0.0)?;
            Some(Law::Gamma { mean, cv })
        }
        "weibull" => {
            let (mean, cv) = mean_and_cv(value, quantity, 0.0)?;
            Some(Law::Weibull { mean, cv })
        }
        "hyperexponential" => {
            let (mean, cv) = mean_and_cv(value, quantity, 1.0)?;
            Some(Law::Hyperexponential { mean, cv })
        }
        "erlang" => {
            let mut object = value.object()?;
            let mean = required(&mut object, "mean", quantity);
            let phases = object.required("phases")?.count_in(1..=10_000)?;
            let phases = u32::try_from(phases).ok()?;
            Some(Law::Erlang {
                mean: mean?,
                phases,
            })
        }
        "normal" => {
            let mut object = value.object()?;
            let mean = object.required("mean").map(|mean| mean.quantity(quantity));
            let sd = object.required("sd").map(|sd| sd.quantity(quantity));
            Some(Law::Normal {
                mean: mean??,
                sd: sd??,
            })
        }
        "uniform" => {
            let [low, high] = ascending(value, quantity)?;
            Some(Law::Uniform { low, high })
        }
        "triangular" => {
            let [low, mode, high] = ascending(value, quantity)?;
            Some(Law::Triangular { low, mode, high })
        }
        "pareto" => pareto(value, quantity),
        "geometric" => geometric(value, quantity),
        "poisson" => {
            only_counts(value, quantity)?;
            let mean = positive(value, Quantity::Count)?;
            Some(Law::Poisson { mean })
        }
        "mixture" => mixture(value, quantity),
        "sum" => {
            let parts = filled(value)?;
            let laws: Vec<_> = parts.iter().map(|part| read(part, quantity)).collect();
            Some(Law::Sum(laws.into_iter().collect::<Option<_>>()?))
        }
        "quantiles" => quantiles(value, quantity),
        "sequence" => {
            let entries = filled(value)?;
            let read = entries.iter().map(|entry| constant(entry, quantity));
            let values: Vec<_> = read.collect();
            Some(Law::Sequence(values.into_iter().collect::<Option<_>>()?))
        }
        other => unreachable!("`{other}` is not in the table of forms"),
    }
}

/// Returns the value under the only key of an object, which must be one of `forms`.
pub(super) fn single<'a>(
    field: &Field<'a>,
    forms: &[&'static str],
) -> Option<(Field<'a>, &'static str)> {
    let members = field.value.members();
    let [member] = members else {
        let list = nearest::listed(forms.iter().copied(), "or");
        let message = format!(
            "{} must have exactly one key, got {}",
            field.name,
            members.len()
        );
        let mut help = format!("a distribution is one of {list}");
        if members.len() > 1 {
            // A variant or an option adds a form to the one that the file has.
            help.push_str("; a patch takes the other out with `null`");
        }
        field
            .sink
            .error_with_help("law::one-form", field.place(), message, help);
        return None;
    };
    let Some(form) = forms.iter().find(|form| **form == member.key) else {
        let key = crate::spec::value::shortened(&member.key);
        let message = format!("{} has no form `{key}`", field.name);
        let help = nearest::help(&member.key, forms.iter().copied());
        field
            .sink
            .error_with_help("law::unknown-form", &member.key_place, message, help);
        return None;
    };
    let name = format!("`{form}` of {}", field.name);
    Some((Field::new(&member.value, name, field.sink), form))
}

/// Reads a constant; counts are whole.
fn constant(field: &Field, quantity: Quantity) -> Option<f64> {
    match quantity {
        Quantity::Count => Some(field.count()? as f64),
        Quantity::Duration | Quantity::Size | Quantity::Rate | Quantity::Bandwidth => {
            field.quantity(quantity)
        }
    }
}

/// Reads a quantity above 0.
pub(super) fn positive(field: &Field, quantity: Quantity) -> Option<f64> {
    let value = field.quantity(quantity)?;
    if value > 0.0 {
        return Some(value);
    }
    let message = format!(
        "{} must be more than 0, got {}",
        field.name,
        field.value.shown()
    );
    field.error("value::out-of-range", message);
    None
}

/// Reads a quantity above 0 that an object must have.
fn required(object: &mut Object, key: &'static str, quantity: Quantity) -> Option<f64> {
    positive(&object.required(key)?, quantity)
}

/// Reads `mean` and `cv`.
fn mean_and_cv(field: &Field, quantity: Quantity, least: f64) -> Option<(f64, f64)> {
    let mut object = field.object()?;
    let mean = required(&mut object, "mean", quantity);
    let cv = object.required("cv")?.factor_in(least..=MOST_VARIATION)?;
    Some((mean?, cv))
}

/// Reads a list that must not be empty.
pub(super) fn filled<'a>(field: &Field<'a>) -> Option<Vec<Field<'a>>> {
    let entries = field.list()?;
    if !entries.is_empty() {
        return Some(entries);
    }
    field.error("value::empty", format!("{} must not be empty", field.name));
    None
}

/// Reads a list of so many quantities in ascending order.
fn ascending<const N: usize>(field: &Field, quantity: Quantity) -> Option<[f64; N]> {
    let entries = field.list()?;
    if entries.len() != N {
        let message = format!(
            "{} must have {N} entries, got {}",
            field.name,
            entries.len()
        );
        field.error("law::entries", message);
        return None;
    }
    let read: Vec<_> = entries
        .iter()
        .map(|entry| constant(entry, quantity))
        .collect();
    let values: Vec<f64> = read.into_iter().collect::<Option<_>>()?;
    if values.is_sorted() {
        return values.try_into().ok();
    }
    field.error(
        "law::not-ascending",
        format!("{} must not descend", field.name),
    );
    None
}

/// Reads a bounded Pareto law.
fn pareto(field: &Field, quantity: Quantity) -> Option<Law> {
    let mut object = field.object()?;
    let exponent = object
        .required("exponent")
        .map(|one| one.factor_in(0.01..=100.0));
    let max = match object.field("max") {
        Some(max) => positive(&max, quantity)?,
        None => f64::INFINITY,
    };
    object.exclusive("min", "mean");
    if let Some(mean) = object.field("mean") {
        let mean = positive(&mean, quantity)?;
        let exponent = exponent??;
        let Some(min) = pareto::min_for_mean(exponent, mean, max) else {
            let message = format!("{}: no Pareto distribution has this mean", field.name);
            let help = "without `max` the exponent must be above 1; with it, \
                        `mean` must lie below `max`";
            field
                .sink
                .error_with_help("law::contradiction", field.place(), message, help);
            return None;
        };
        return Some(Law::Pareto { exponent, min, max });
    }
    let min = required(&mut object, "min", quantity)?;
    let exponent = exponent??;
    if min >= max {
        field.error(
            "law::not-ascending",
            format!("{}: `min` must be below `max`", field.name),
        );
        return None;
    }
    Some(Law::Pareto { exponent, min, max })
}

/// Reads a geometric law.
fn geometric(field: &Field, quantity: Quantity) -> Option<Law> {
    only_counts(field, quantity)?;
    let mut object = field.object()?;
    let field = object.required("mean")?;
    let mean = field.quantity(Quantity::Count)?;
    if mean >= 1.0 {
        return Some(Law::Geometric { mean });
    }
    let shown = field.value.shown();
    field.error(
        "value::out-of-range",
        format!("{} must be at least 1, got {shown}", field.name),
    );
    None
}

/// Refuses a form that only counts have.
fn only_counts(field: &Field, quantity: Quantity) -> Option<()> {
    if quantity == Quantity::Count {
        return Some(());
    }
    field.error(
        "law::counts-only",
        format!("{} is for counts; this is not one", field.name),
    );
    None
}

/// Reads a mixture.
fn mixture(field: &Field, quantity: Quantity) -> Option<Law> {
    let mut parts = Vec::new();
    for entry in filled(field)? {
        let Some(mut object) = entry.object() else {
            parts.push(None);
            continue;
        };
        let weight = object.required("weight").and_then(|weight| weight.factor());
        let law = object.required("of").and_then(|of| read(&of, quantity));
        parts.push(weight.zip(law));
    }
    let parts: Vec<(f64, Law)> = parts.into_iter().collect::<Option<_>>()?;
    if parts.iter().map(|(weight, _)| weight).sum::<f64>() > 0.0 {
        return Some(Law::Mixture(parts));
    }
    field.error(
        "value::no-weight",
        format!("{} must have a weight above 0", field.name),
    );
    None
}

/// Reads straight lines between quantiles.
fn quantiles(field: &Field, quantity: Quantity) -> Option<Law> {
    let mut object = field.object()?;
    let mut points = Vec::new();
    for member in object.members() {
        let Some(probability) = probability(&member.key) else {
            let key = crate::spec::value::shortened(&member.key);
            let message = format!("{} has no quantile `{key}`", field.name);
            let help = "quantiles are `p0`, `p50`, `p99`, `p99_9`, `p100` and the like";
            let sink = field.sink;
            sink.error_with_help("law::quantile", &member.key_place, message, help);
            return None;
        };
        let name = format!("`{}` of {}", member.key, field.name);
        let value = Field::new(&member.value, name, field.sink).quantity(quantity)?;
        points.push((probability, value));
    }
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    let ends = [points.first(), points.last()].map(|end| end.map_or(-1.0, |(p, _)| *p));
    let complete = points.len() >= 2 && ends[0] <= 0.0 && ends[1] >= 1.0;
    if !complete {
        field.error(
            "law::quantile",
            format!("{} must have `p0` and `p100`", field.name),
        );
        return None;
    }
    if !points.is_sorted_by(|one, other| one.0 < other.0 && one.1 <= other.1) {
        field.error(
            "law::not-ascending",
            format!("{} must not descend", field.name),
        );
        return None;
    }
    Some(Law::Quantiles(points))
}

/// Reads `p99_9` as 0.999.
fn probability(key: &str) -> Option<f64> {
    let digits = key.strip_prefix('p')?.replacen('_', ".", 1);
    let plain = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let percent: f64 = if plain {
        digits.parse().ok()?
    } else {
        return None;
    };
    // Shifted as text: 99.9 / 100 is not the number nearest to 0.999.
    let share = format!("{digits}e-2").parse().ok();
    share.filter(|share: &f64| percent <= 100.0 && *share <= 1.0)
}

/// Reads a distribution that stands alone, for tests and options.
pub fn read_value(
    value: &Value,
    quantity: Quantity,
) -> Result<Law, Vec<crate::diagnostic::Diagnostic>> {
    let sink = crate::spec::sink::Sink::new();
    match read(&Field::new(value, "the distribution", &sink), quantity) {
        Some(law) if !sink.has_errors() => Ok(law),
        Some(_) | None => Err(sink.into_sorted()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::parse;
    use crate::spec::sink::Sink;

    /// Reads a distribution of durations, or returns the codes of its mistakes.
    fn durations(text: &str) -> Result<Law, Vec<&'static str>> {
        let sink = Sink::new();
        let value = parse::parse(text, &sink).unwrap();
        read_value(&value, Quantity::Duration)
            .map_err(|found| found.iter().map(|one| one.code).collect())
    }

    /// The parameters of a lognormal law.
    fn lognormal_of(text: &str) -> (f64, f64) {
        match durations(text) {
            Ok(Law::Lognormal { mu, sigma }) => (mu, sigma),
            other => panic!("{text} is {other:?}"),
        }
    }

    #[test]
    fn two_figures_fix_a_lognormal() {
        let (mu, sigma) = lognormal_of(r#"{ "lognormal": { "p50": "2ms", "p99": "9ms" } }"#);
        assert!((mu - 2e6_f64.ln()).abs() < 1e-12);
        assert!((sigma - 4.5_f64.ln() / 2.326_347_874_040_841).abs() < 1e-12);

        let (mu, sigma) = lognormal_of(r#"{ "lognormal": { "mean": "2ms", "cv": 1 } }"#);
        assert!(((mu + sigma * sigma / 2.0).exp() - 2e6).abs() < 1e-3);
        assert!(((sigma * sigma).exp_m1().sqrt() - 1.0).abs() < 1e-12);

        // Mean and quantile: the smaller sigma of the two that fit.
        let (mu, sigma) = lognormal_of(r#"{ "lognormal": { "mean": "2ms", "p99": "9ms" } }"#);
        assert!(((mu + sigma * sigma / 2.0).exp() - 2e6).abs() < 1e-3);
        assert!(((mu + 2.326_347_874_040_841 * sigma).exp() - 9e6).abs() < 1e-3);
        assert!(sigma < 2.326);
    }

    #[test]
    fn every_form_is_read_in_base_units() {
        let cases = [
            (r#""8ms""#, Law::Constant(8e6)),
            (
                r#"{ "exponential": "8ms" }"#,
                Law::Exponential { mean: 8e6 },
            ),
            (
                r#"{ "gamma": { "mean": "1us", "cv": 0 } }"#,
                Law::Gamma { mean: 1e3, cv: 0.0 },
            ),
            (
                r#"{ "weibull": { "mean": "1us", "cv": 2 } }"#,
                Law::Weibull { mean: 1e3, cv: 2.0 },
            ),
            (
                r#"{ "hyperexponential": { "mean": "1us", "cv": 2 } }"#,
                Law::Hyperexponential { mean: 1e3, cv: 2.0 },
            ),
            (
                r#"{ "erlang": { "mean": "1us", "phases": 4 } }"#,
                Law::Erlang {
                    mean: 1e3,
                    phases: 4,
                },
            ),
            (
                r#"{ "normal": { "mean": "1us", "sd": "0s" } }"#,
                Law::Normal { mean: 1e3, sd: 0.0 },
            ),
            (
                r#"{ "uniform": [ "0s", "1us" ] }"#,
                Law::Uniform {
                    low: 0.0,
                    high: 1e3,
                },
            ),
            (
                r#"{ "triangular": [ "0s", "1us", "1us" ] }"#,
                Law::Triangular {
                    low: 0.0,
                    mode: 1e3,
                    high: 1e3,
                },
            ),
            (
                r#"{ "pareto": { "exponent": 2, "mean": "10us" } }"#,
                Law::Pareto {
                    exponent: 2.0,
                    min: 5e3,
                    max: f64::INFINITY,
                },
            ),
            (
                r#"{ "mixture": [ { "weight": 1, "of": "1us" }, { "weight": 3, "of": { "exponential": "2us" } } ] }"#,
                Law::Mixture(vec![
                    (1.0, Law::Constant(1e3)),
                    (3.0, Law::Exponential { mean: 2e3 }),
                ]),
            ),
            (
                r#"{ "sum": [ "1us", { "exponential": "2us" } ] }"#,
                Law::Sum(vec![Law::Constant(1e3), Law::Exponential { mean: 2e3 }]),
            ),
            (
                r#"{ "quantiles": { "p100": "9us", "p0": "1us", "p99_9": "2us" } }"#,
                Law::Quantiles(vec![(0.0, 1e3), (0.999, 2e3), (1.0, 9e3)]),
            ),
            (
                r#"{ "sequence": [ "1us", "0s" ] }"#,
                Law::Sequence(vec![1e3, 0.0]),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(durations(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn forms_of_counts_are_for_counts() {
        assert_eq!(
            durations(r#"{ "poisson": 3 }"#),
            Err(vec!["law::counts-only"])
        );
        let sink = Sink::new();
        let value = parse::parse(r#"{ "geometric": { "mean": 2.5 } }"#, &sink).unwrap();

        assert_eq!(
            read_value(&value, Quantity::Count),
            Ok(Law::Geometric { mean: 2.5 })
        );
    }
}
