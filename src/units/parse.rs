//! What people write for quantities: `"12ms"`, `"400/s"`, `"4KiB"`, `"100M"`.
//!
//! Every parser takes the whole text and returns base units: nanoseconds, events
//! per second, bytes, bytes per second, or one. Nothing is guessed: a number
//! without its unit, a unit of another dimension and a negative value are told
//! apart, so that the message can say what to write instead.

use super::Span;

/// Why a text is not the quantity that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misread {
    /// It does not begin with a number.
    NoNumber,
    /// A number without unit.
    NoUnit,
    /// A number with a unit that is not one of this dimension.
    UnknownUnit(String),
    /// Less than zero.
    Negative,
    /// More than the program can count.
    TooLarge,
}

/// Longest duration that can be written [ns]: one hundred years.
///
/// CHOICE: well below the 584 years of the clock, so that a start plus a duration
/// never meets the value that stands for “never”.
pub const LONGEST: f64 = 100.0 * 365.0 * 86_400e9;
/// Greatest count, size or rate that can be written: 10¹⁸.
pub const GREATEST: f64 = 1e18;

/// Units of durations, with their length in nanoseconds.
pub const DURATIONS: &[(&str, f64)] = &[
    ("ns", 1.0),
    ("us", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("h", 3_600e9),
    ("d", 86_400e9),
];

/// Units of sizes, with their bytes.
pub const SIZES: &[(&str, f64)] = &[
    ("B", 1.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("KiB", 1_024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
];

/// Units of bandwidth beside sizes per second, with their bytes per second.
const BITS: &[(&str, f64)] = &[
    ("bit/s", 0.125),
    ("kbit/s", 125.0),
    ("Mbit/s", 125e3),
    ("Gbit/s", 125e6),
    ("Tbit/s", 125e9),
];

/// What a rate may be per, with its seconds; a month is 30 days.
pub const PERIODS: &[(&str, f64)] = &[
    ("s", 1.0),
    ("min", 60.0),
    ("h", 3_600.0),
    ("day", 86_400.0),
    ("month", 2_592_000.0),
];

/// Suffixes of counts.
const MULTIPLES: &[(&str, f64)] = &[("", 1.0), ("k", 1e3), ("M", 1e6), ("B", 1e9), ("T", 1e12)];

/// Reads a duration [ns].
///
/// # Errors
///
/// Not a number, no unit, a unit of something else, negative, or above a hundred years.
pub fn duration(text: &str) -> Result<f64, Misread> {
    let (number, unit) = split(text)?;
    scaled(number, unit, DURATIONS, LONGEST)
}

/// Reads a duration that an option gives, or says what is one.
///
/// # Errors
///
/// As [`duration`], in the words of the message.
pub fn time(text: &str) -> Result<Span, String> {
    let why = match duration(text) {
        Ok(nanoseconds) => return Ok(Span(nanoseconds.round() as u64)),
        Err(Misread::NoNumber) => "it does not begin with a number".to_owned(),
        Err(Misread::NoUnit) => "it has no unit".to_owned(),
        Err(Misread::UnknownUnit(unit)) => format!("`{unit}` is no unit of time"),
        Err(Misread::Negative) => "it is less than 0".to_owned(),
        Err(Misread::TooLarge) => "it is longer than a hundred years".to_owned(),
    };
    Err(format!(
        "{why}; write a duration such as `90s`, `10m` or `2h`"
    ))
}

/// Reads a duration of more than 0 that an option gives, or says what is one.
///
/// # Errors
///
/// As [`time`], or it is 0.
pub fn lasting(text: &str) -> Result<Span, String> {
    match time(text)? {
        Span::ZERO => Err("it must be longer than nothing".to_owned()),
        time => Ok(time),
    }
}

/// Reads a size [bytes].
///
/// # Errors
///
/// As for a duration; above 10¹⁸ bytes.
pub fn size(text: &str) -> Result<f64, Misread> {
    let (number, unit) = split(text)?;
    scaled(number, unit, SIZES, GREATEST)
}

/// Reads a rate [1/s].
///
/// # Errors
///
/// As for a duration; above 10¹⁸ per second.
pub fn rate(text: &str) -> Result<f64, Misread> {
    let (number, unit) = split(text)?;
    let unknown = || Misread::UnknownUnit(unit.to_owned());
    let Some((multiple, period)) = unit.split_once('/') else {
        let bare = MULTIPLES.iter().any(|(name, _)| *name == unit);
        return Err(if bare { Misread::NoUnit } else { unknown() });
    };
    let seconds = lookup(period, PERIODS).ok_or_else(unknown)?;
    let factor = lookup(multiple, MULTIPLES).ok_or_else(unknown)?;
    bounded(number * factor / seconds, GREATEST)
}

/// Reads a bandwidth [bytes/s].
///
/// # Errors
///
/// As for a duration; above 10¹⁸ bytes per second.
pub fn bandwidth(text: &str) -> Result<f64, Misread> {
    let (number, unit) = split(text)?;
    if unit.is_empty() {
        return Err(Misread::NoUnit);
    }
    let bytes = unit.strip_suffix("/s").and_then(|size| lookup(size, SIZES));
    match bytes.or_else(|| lookup(unit, BITS)) {
        Some(factor) => bounded(number * factor, GREATEST),
        None => Err(Misread::UnknownUnit(unit.to_owned())),
    }
}

/// Reads a count with an optional suffix `k`, `M`, `B` or `T`; it may be fractional.
///
/// # Errors
///
/// Not a number, another suffix, negative, or above 10¹⁸.
pub fn count(text: &str) -> Result<f64, Misread> {
    let (number, unit) = split(text)?;
    scaled(number, unit, MULTIPLES, GREATEST)
}

/// Reads a plain number, which may be negative; infinities are not numbers.
///
/// # Errors
///
/// Anything but decimal digits with a point and an exponent.
pub fn number(text: &str) -> Result<f64, Misread> {
    match split(text)? {
        (number, "") => Ok(number),
        (_, unit) => Err(Misread::UnknownUnit(unit.to_owned())),
    }
}

/// Parts a text into its number and the rest.
pub fn split(text: &str) -> Result<(f64, &str), Misread> {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        let more = bytes.get(from..).unwrap_or_default();
        from + more.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let start = usize::from(matches!(bytes.first(), Some(b'-' | b'+')));
    let mut end = digits(start);
    if end == start {
        return Err(Misread::NoNumber);
    }
    if bytes.get(end) == Some(&b'.') && digits(end + 1) > end + 1 {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(bytes.get(end + 1), Some(b'-' | b'+')));
        let exponent = end + 1 + signed;
        if digits(exponent) > exponent {
            end = digits(exponent);
        }
    }
    let (number, rest) = text.split_at(end);
    let value: f64 = number.parse().map_err(|_| Misread::NoNumber)?;
    if value.is_finite() {
        Ok((value, rest))
    } else {
        Err(Misread::TooLarge)
    }
}

/// Returns the factor of a unit.
fn lookup(unit: &str, units: &[(&str, f64)]) -> Option<f64> {
    let found = units.iter().find(|(name, _)| *name == unit);
    found.map(|(_, factor)| *factor)
}

/// Multiplies a number by its unit.
fn scaled(number: f64, unit: &str, units: &[(&str, f64)], most: f64) -> Result<f64, Misread> {
    match lookup(unit, units) {
        Some(factor) => bounded(number * factor, most),
        None if unit.is_empty() => Err(Misread::NoUnit),
        None => Err(Misread::UnknownUnit(unit.to_owned())),
    }
}

/// Refuses what is negative or too large.
fn bounded(value: f64, most: f64) -> Result<f64, Misread> {
    if value < 0.0 {
        Err(Misread::Negative)
    } else if value > most {
        Err(Misread::TooLarge)
    } else {
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a reading is this value, to twelve digits.
    fn reads(found: Result<f64, Misread>, expected: f64) -> bool {
        found.is_ok_and(|value| (value - expected).abs() <= expected.abs() * 1e-12)
    }

    #[test]
    fn reads_durations_in_nanoseconds() {
        assert!(reads(duration("250us"), 250e3));
        assert!(reads(duration("1.5ms"), 1.5e6));
        assert!(reads(duration("5m"), 300e9));
        assert!(reads(duration("7d"), 604_800e9));
    }

    #[test]
    fn tells_a_missing_unit_from_a_wrong_one() {
        assert_eq!(duration("8"), Err(Misread::NoUnit));
        assert_eq!(duration("8min"), Err(Misread::UnknownUnit("min".into())));
        assert_eq!(duration("fast"), Err(Misread::NoNumber));
        assert_eq!(duration("-1s"), Err(Misread::Negative));
        assert_eq!(duration("200000d"), Err(Misread::TooLarge));
        assert_eq!(rate("400"), Err(Misread::NoUnit));
        assert_eq!(rate("4k"), Err(Misread::NoUnit));
        assert_eq!(size(""), Err(Misread::NoNumber));
    }

    #[test]
    fn reads_rates_per_second() {
        assert!(reads(rate("400/s"), 400.0));
        assert!(reads(rate("6k/min"), 100.0));
        assert!(reads(rate("100M/month"), 100e6 / 2_592_000.0));
        assert!(reads(rate("1B/month"), 1e9 / 2_592_000.0));
        assert_eq!(rate("4/year"), Err(Misread::UnknownUnit("/year".into())));
    }

    #[test]
    fn reads_sizes_bandwidths_and_counts() {
        assert!(reads(size("4KiB"), 4_096.0));
        assert!(reads(size("5MB"), 5e6));
        assert!(reads(bandwidth("90MB/s"), 90e6));
        assert!(reads(bandwidth("10Gbit/s"), 1.25e9));
        assert!(reads(count("100M"), 1e8));
        assert!(reads(count("2.5k"), 2_500.0));
        assert!(reads(count("7"), 7.0));
    }

    #[test]
    fn an_exponent_is_part_of_the_number() {
        assert!(reads(duration("1e3us"), 1e6));
        assert!(reads(count("1e6"), 1e6));
        assert_eq!(count("1e999"), Err(Misread::TooLarge));
    }
}
