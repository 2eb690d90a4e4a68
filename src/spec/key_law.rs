//! Key laws: which of many things a request is about.
//!
//! A key law is `zipf`, `weights`, or a distribution of whole numbers from 1 on.

use crate::random::law::{KeyLaw, Law};
use crate::spec::field::Field;
use crate::spec::law::{FORMS, Quantity, filled, read, single};
use crate::spec::value::Data;

/// Reads a key law: `zipf`, `weights`, or a distribution of whole numbers from 1 on.
pub(super) fn read_key(field: &Field) -> Option<KeyLaw> {
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
pub(super) fn weights(field: &Field) -> Option<Vec<f64>> {
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
