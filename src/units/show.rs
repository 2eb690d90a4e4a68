//! Quantities as people read them, to three significant digits.
//!
//! Used in messages, notes and the terminal. Files that machines read carry
//! numbers in one unit instead.

/// Shows a duration given in nanoseconds: `12.3ms`, `1.5s`, `250us`.
pub fn duration(nanoseconds: f64) -> String {
    let units = [
        (86_400e9, "d"),
        (3_600e9, "h"),
        (60e9, "m"),
        (1e9, "s"),
        (1e6, "ms"),
        (1e3, "us"),
    ];
    // Minutes and more only where they are exact: 90s is easier to read than 1.5m.
    let found = units.iter().find(|(length, _)| {
        let exact = (nanoseconds / length).fract().abs() < 1e-9;
        nanoseconds >= *length * 0.9995 && (*length < 60e9 || exact || nanoseconds >= 1000.0 * 60e9)
    });
    match found {
        Some((length, unit)) => format!("{}{unit}", number(nanoseconds / length)),
        None if nanoseconds > 0.0 => format!("{}ns", number(nanoseconds)),
        None => "0s".to_owned(),
    }
}

/// Shows a rate given per second: `400/s`, `5.79k/s`; below one a second per minute,
/// hour or day.
pub fn rate(per_second: f64) -> String {
    if per_second >= 1.0 || per_second <= 0.0 {
        return format!("{}/s", count(per_second));
    }
    let periods = [(60.0, "min"), (3_600.0, "h"), (86_400.0, "day")];
    let found = periods
        .iter()
        .find(|(seconds, _)| per_second * seconds >= 1.0)
        .unwrap_or(&(2_592_000.0, "month"));
    format!("{}/{}", count(per_second * found.0), found.1)
}

/// Shows a count with a suffix: `950`, `12.3k`, `100M`, `1.5B`, `2T`.
pub fn count(value: f64) -> String {
    let units = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")];
    match units.iter().find(|(size, _)| value.abs() >= *size * 0.9995) {
        Some((size, suffix)) => format!("{}{suffix}", number(value / size)),
        None => number(value),
    }
}

/// Shows a size given in bytes: `500B`, `4KiB`, `5MB`; binary where that is exact.
pub fn size(bytes: f64) -> String {
    let binary = [
        (1_099_511_627_776.0, "TiB"),
        (1_073_741_824.0, "GiB"),
        (1_048_576.0, "MiB"),
        (1_024.0, "KiB"),
    ];
    let decimal = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let exact = binary
        .iter()
        .find(|(unit, _)| bytes >= *unit && (bytes / unit).fract() == 0.0);
    match exact.or_else(|| decimal.iter().find(|(unit, _)| bytes >= *unit * 0.9995)) {
        Some((unit, name)) => format!("{}{name}", number(bytes / unit)),
        None => format!("{}B", number(bytes)),
    }
}

/// Shows a share as a percentage: `99.9%`.
pub fn share(share: f64) -> String {
    format!("{}%", number(share * 100.0))
}

/// Shows a number to three significant digits, without trailing zeros after the
/// point; whole numbers below 10⁶ in full.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return "unlimited".to_owned();
    }
    let magnitude = value.abs();
    if magnitude < 1e6 && (value - value.round()).abs() < 1e-9 * magnitude.max(1.0) {
        return format!("{}", value.round());
    }
    if !(1e-3..1e6).contains(&magnitude) {
        return format!("{value:.2e}");
    }
    // Digits after the point that leave three significant ones.
    let before = magnitude.log10().floor() as i32 + 1;
    let decimals = (3 - before).max(0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// Writes how many replications there are, in words: `1 replication`, `10 replications`.
pub fn replications(count: u32) -> String {
    match count {
        1 => "1 replication".to_owned(),
        count => format!("{count} replications"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_and_the_natural_unit() {
        let shown = [0.0, 250e3, 12_345_678.0, 1.5e9, 60e9, 90e9, 86_400e9].map(duration);

        assert_eq!(shown, ["0s", "250us", "12.3ms", "1.5s", "1m", "90s", "1d"]);
    }

    #[test]
    fn rates_below_one_a_second_take_a_longer_period() {
        let shown = [400.0, 5_787.04, 0.5, 1e-9].map(rate);

        assert_eq!(shown, ["400/s", "5.79k/s", "30/min", "0.00259/month"]);
    }

    #[test]
    fn counts_and_sizes_take_suffixes() {
        assert_eq!([950.0, 12_345.0, 1e8].map(count), ["950", "12.3k", "100M"]);
        assert_eq!([500.0, 4_096.0, 5e6].map(size), ["500B", "4KiB", "5MB"]);
        assert_eq!([0.999, 0.05].map(share), ["99.9%", "5%"]);
    }

    #[test]
    fn one_replication_is_not_several() {
        assert_eq!(
            [1, 10].map(replications),
            ["1 replication", "10 replications"]
        );
    }
}
