//! Numbers as people read them: three significant digits, one unit per column.

/// Stands where nothing applies.
pub(super) const NOTHING: &str = "–";
/// Parts thousands.
const THIN: char = '\u{2009}';

/// Shows a number with three significant digits, trailing zeros included: `7.10`, `41.8`, `1 230`.
pub(super) fn figure(value: f64) -> String {
    with_decimals(value, decimals(value))
}

/// Shows a number and its half-width: `41.8 ±1.9`.
pub(super) fn interval(value: f64, half_width: Option<f64>) -> String {
    let Some(half_width) = half_width else {
        return figure(value);
    };
    // The half-width keeps one digit of its own where the value's would show zero.
    let least = if half_width > 0.0 {
        (-half_width.log10().floor()).clamp(0.0, 9.0) as usize
    } else {
        0
    };
    let places = decimals(value);
    let width = with_decimals(half_width, places.max(least.min(places + 2)));
    format!("{} ±{width}", with_decimals(value, places))
}

/// Shows the ends of an interval: `[39.9 .. 43.6]`; a magnitude does not fall below 0.
pub(super) fn bounds(value: f64, half_width: f64) -> String {
    let places = decimals(value);
    let low = (value - half_width).max(if value < 0.0 { f64::NEG_INFINITY } else { 0.0 });
    let high = value + half_width;
    format!(
        "[{} .. {}]",
        with_decimals(low, places),
        with_decimals(high, places)
    )
}

/// Shows a change with its sign, and the ends of its interval: `-19.5` and
/// `[-20.9 .. -18.1]`; the half-width keeps two digits.
pub(super) fn change(value: f64, half_width: Option<f64>) -> (String, Option<String>) {
    let Some(half_width) = half_width else {
        return (signed(value, decimals(value)), None);
    };
    let finer = if half_width > 0.0 {
        (1.0 - half_width.log10().floor()).clamp(0.0, 4.0) as usize
    } else {
        decimals(value)
    };
    // More than three digits of the change itself say nothing.
    let places = finer.min(decimals(value.abs().max(half_width)));
    let ends = [value - half_width, value + half_width].map(|end| signed(end, places));
    (
        signed(value, places),
        Some(format!("[{} .. {}]", ends[0], ends[1])),
    )
}

/// Shows a number with its sign; what rounds to 0 has none.
fn signed(value: f64, decimals: usize) -> String {
    let text = with_decimals(value, decimals);
    let zero = !text.contains(|letter: char| letter.is_ascii_digit() && letter != '0');
    if zero {
        return text.trim_start_matches('-').to_owned();
    }
    if value > 0.0 {
        format!("+{text}")
    } else {
        text
    }
}

/// Shows a count: in full below 100 000, else with three digits and a suffix.
pub(super) fn count(value: u64) -> String {
    if value < 100_000 {
        return grouped(&value.to_string());
    }
    crate::units::show::count(value as f64)
}

/// Returns the digits after the point that make three significant ones.
fn decimals(value: f64) -> usize {
    if value == 0.0 || !value.is_finite() {
        return 0;
    }
    // Rounding may add a digit before the point: 99.96 is 100.
    let magnitude = value.abs().log10().floor();
    let rounded = value.abs() + 0.5 * 10f64.powf(magnitude - 2.0);
    (2.0 - rounded.log10().floor()).clamp(0.0, 9.0) as usize
}

/// Shows a number with so many decimals, thousands parted.
fn with_decimals(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return NOTHING.to_owned();
    }
    // Below the point there is nothing left of a large number's fourth digit.
    let rounded = if value.abs() >= 1000.0 {
        let step = 10f64.powf(value.abs().log10().floor() - 2.0);
        (value / step).round() * step
    } else {
        value
    };
    let text = format!("{rounded:.decimals$}");
    match text.split_once('.') {
        Some((whole, part)) => format!("{}.{part}", grouped(whole)),
        None => grouped(&text),
    }
}

/// Parts the digits of a whole number into thousands.
pub(super) fn grouped(digits: &str) -> String {
    let mut text = String::new();
    let count = digits.chars().count();
    for (number, digit) in digits.chars().enumerate() {
        if number > 0
            && (count - number).is_multiple_of(3)
            && digit.is_ascii_digit()
            && !text.ends_with('-')
        {
            text.push(THIN);
        }
        text.push(digit);
    }
    text
}

/// A unit of time that a column of milliseconds is shown in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    /// Its name, for the header.
    pub(super) name: &'static str,
    /// Its length in milliseconds.
    pub(super) ms: f64,
}

/// Chooses the unit in which the headline value reads best.
pub(super) fn scale(headline_ms: f64) -> Scale {
    let scales = [("s", 1_000.0), ("ms", 1.0), ("us", 0.001)];
    let found = scales.iter().find(|(_, ms)| headline_ms >= *ms);
    let (name, ms) = found.copied().unwrap_or(("ms", 1.0));
    Scale { name, ms }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_significant_digits() {
        let shown = [0.0, 0.012_345, 7.1, 41.83, 99.96, 123.4, 1_234.0].map(figure);

        assert_eq!(
            shown,
            ["0", "0.0123", "7.10", "41.8", "100", "123", "1\u{2009}230"]
        );
    }

    #[test]
    fn a_half_width_takes_the_decimals_of_its_value() {
        assert_eq!(interval(41.83, Some(1.86)), "41.8 ±1.9");
        assert_eq!(interval(228.3, Some(0.42)), "228 ±0.4");
        assert_eq!(interval(228.3, None), "228");
        assert_eq!(bounds(41.8, 1.9), "[39.9 .. 43.7]");
    }

    #[test]
    fn changes_have_signs_and_as_many_digits_as_they_carry() {
        let interval = |text: &str| Some(text.to_owned());

        assert_eq!(
            change(-19.53, Some(1.40)),
            ("-19.5".to_owned(), interval("[-20.9 .. -18.1]"))
        );
        assert_eq!(
            change(0.04, Some(0.5)),
            ("+0.04".to_owned(), interval("[-0.46 .. +0.54]"))
        );
        assert_eq!(
            change(0.0, Some(0.0)),
            ("0".to_owned(), interval("[0 .. 0]"))
        );
        assert_eq!(change(2.5, None), ("+2.50".to_owned(), None));
    }

    #[test]
    fn counts_are_full_where_they_fit() {
        assert_eq!(count(95_432), "95\u{2009}432");
        assert_eq!(count(1_620_000), "1.62M");
    }

    #[test]
    fn the_unit_follows_the_headline() {
        assert_eq!(scale(0.3).name, "us");
        assert_eq!(scale(41.8).name, "ms");
        assert_eq!(scale(2_300.0).name, "s");
        assert_eq!(scale(0.0).name, "ms");
    }
}
