//! Distributions as the file writes them, turned into laws in base units.
//!
//! A distribution is a value of the type that is asked for (a constant), or an
//! object with one key that names its form. What a form needs is checked here, so
//! that a `Law` can be sampled without asking again.

use crate::random::law::{KeyLaw, Law};
use crate::spec::field::Field;
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
const MOST_VARIATION: f64 = 100.0;

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

/// Reads a key law: `zipf`, `weights`, or a distribution of whole numbers from 1 on.
pub fn read_key(field: &Field) -> Option<KeyLaw> {
    let value = field.value;
    if let Some(zipf) = value.get("zipf") {
        let (form, _) = single(field, &["zipf"])?;
        debug_assert!(std::ptr::eq(form.value, zipf), "the only key is the form");
        let mut object = form.object()?;
        let exponent = object
            .required("exponent")
            .map(|one| one.factor_in(0.0..=100.0));
        let count = object
            .required("count")
            .map(|one| one.count_in(1..=MOST_KEYS));
        return Some(KeyLaw::Zipf {
            exponent: exponent??,
            count: count??,
        });
    }
    if value.get("weights").is_some() {
        let (form, _) = single(field, &["weights"])?;
        return Some(KeyLaw::Weights(weights(&form)?));
    }
    if let Data::Object(members) = &value.data
        && let [member] = members.as_slice()
        && !FORMS.contains(&member.key.as_str())
    {
        let mut forms = vec!["zipf", "weights"];
        forms.extend(FORMS);
        single(field, &forms)?;
    }
    let law = read(field, Quantity::Count)?;
    if lowest(&law) < 1.0 {
        let message = format!("{} must give whole numbers from 1 on", field.name);
        field.error("key::below-one", message);
        return None;
    }
    Some(KeyLaw::Whole(law))
}

/// Most keys that a law can have: the key space of a visit has 32 bits.
const MOST_KEYS: u64 = u32::MAX as u64;

/// Reads weights: at least 0, not all 0.
pub fn weights(field: &Field) -> Option<Vec<f64>> {
    let entries = filled(field)?;
    let read: Vec<_> = entries.iter().map(Field::factor).collect();
    let weights: Vec<f64> = read.into_iter().collect::<Option<_>>()?;
    if weights.iter().sum::<f64>() > 0.0 {
        return Some(weights);
    }
    field.error(
        "value::no-weight",
        format!("{} must have a weight above 0", field.name),
    );
    None
}

/// Returns the value under the only key of an object, which must be one of `forms`.
fn single<'a>(field: &Field<'a>, forms: &[&'static str]) -> Option<(Field<'a>, &'static str)> {
    let members = field.value.members();
    let [member] = members else {
        let list = nearest::listed(forms.iter().copied(), "or");
        let message = format!(
            "{} must have exactly one key, got {}",
            field.name,
            members.len()
        );
        let help = format!("a distribution is one of {list}");
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
fn positive(field: &Field, quantity: Quantity) -> Option<f64> {
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
fn filled<'a>(field: &Field<'a>) -> Option<Vec<Field<'a>>> {
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

/// Standard normal quantiles of the keys that `lognormal` knows.
const NORMAL_QUANTILES: [(&str, f64); 5] = [
    ("p50", 0.0),
    ("p90", 1.281_551_565_544_600_4),
    ("p95", 1.644_853_626_951_472_2),
    ("p99", 2.326_347_874_040_841),
    ("p99_9", 3.090_232_306_167_813),
];

/// Solves a lognormal from two of mean, cv, sigma and quantiles.
fn lognormal(field: &Field, quantity: Quantity) -> Option<Law> {
    let mut object = field.object()?;
    let mean = object.field("mean").map(|mean| positive(&mean, quantity));
    let cv = object
        .field("cv")
        .map(|cv| cv.factor_in(0.0..=MOST_VARIATION));
    let sigma = object
        .field("sigma")
        .map(|sigma| sigma.factor_in(0.0..=20.0));
    let mut points = Vec::new();
    for (key, z) in NORMAL_QUANTILES {
        if let Some(point) = object.field(key) {
            points.push((z, positive(&point, quantity)));
        }
    }
    let given = [mean.is_some(), cv.is_some(), sigma.is_some()];
    let given = given.into_iter().filter(|given| *given).count() + points.len();
    if given != 2 || (cv.is_some() && sigma.is_some()) {
        let message = format!("{} does not fix a lognormal distribution", field.name);
        let help = "give two of `mean`, `p50`, `p90`, `p95`, `p99`, `p99_9`, \
                    or one of them with `cv` or `sigma`";
        field
            .sink
            .error_with_help("law::underdetermined", field.place(), message, help);
        return None;
    }
    // Anything wrong inside has been said.
    let points: Vec<(f64, f64)> = points
        .into_iter()
        .map(|(z, value)| Some((z, libm::log(value?))))
        .collect::<Option<_>>()?;
    let mean = match mean {
        Some(mean) => Some(libm::log(mean?)),
        None => None,
    };
    let spread = match (cv, sigma) {
        (Some(cv), _) => Some(libm::sqrt(libm::log1p(cv? * cv?))),
        (None, Some(sigma)) => Some(sigma?),
        (None, None) => None,
    };
    let solved = match (mean, spread, points.as_slice()) {
        (Some(mean), Some(sigma), _) => Some((mean - sigma * sigma / 2.0, sigma)),
        (None, Some(sigma), [(z, log)]) => Some((log - z * sigma, sigma)),
        (Some(mean), None, [(z, log)]) => {
            sigma_of_mean(mean - log, *z).map(|sigma| (mean - sigma * sigma / 2.0, sigma))
        }
        (None, None, [(z1, log1), (z2, log2)]) => {
            let sigma = (log2 - log1) / (z2 - z1);
            (sigma >= 0.0).then_some((log1 - z1 * sigma, sigma))
        }
        _ => unreachable!("two of them are given, and not both cv and sigma"),
    };
    if solved.is_none() {
        let message = format!("{}: no lognormal distribution has these values", field.name);
        field.error("law::contradiction", message);
    }
    solved.map(|(mu, sigma)| Law::Lognormal { mu, sigma })
}

/// Solves σ²/2 − zσ = ln(mean / quantile) for the smallest σ ≥ 0.
fn sigma_of_mean(distance: f64, z: f64) -> Option<f64> {
    let root = z * z + 2.0 * distance;
    if root < 0.0 {
        return None;
    }
    let root = libm::sqrt(root);
    [z - root, z + root].into_iter().find(|sigma| *sigma >= 0.0)
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
    (percent <= 100.0).then_some(percent / 100.0)
}

/// Returns the least value a law can take, after rounding to whole numbers.
fn lowest(law: &Law) -> f64 {
    let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::INFINITY, f64::min);
    match law {
        Law::Constant(value) => *value,
        Law::Uniform { low, .. } | Law::Triangular { low, .. } => *low,
        Law::Pareto { min, .. } => *min,
        Law::Geometric { .. } => 1.0,
        Law::Mixture(parts) => least(&mut parts.iter().map(|(_, law)| lowest(law))),
        Law::Sum(parts) => parts.iter().map(lowest).sum(),
        Law::Quantiles(points) => least(&mut points.iter().map(|(_, value)| *value)),
        Law::Sequence(values) => least(&mut values.iter().copied()),
        // These reach down to 0, which counts as key 1.
        Law::Exponential { .. }
        | Law::Lognormal { .. }
        | Law::Gamma { .. }
        | Law::Weibull { .. }
        | Law::Hyperexponential { .. }
        | Law::Erlang { .. }
        | Law::Normal { .. }
        | Law::Poisson { .. } => 1.0,
    }
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
