//! What `--vary` takes: a path and its values, as a list or a range.
//!
//! `PATH=a,b,c` lists values; commas within brackets, braces and quotes are part of one.
//! `PATH=2..10` counts from 2 to 10, both included; `PATH=2..10:4` by fours; `PATH=1..64:x2`
//! doubles. The last value is the last step that does not pass the end. Both ends and the step
//! have the same unit: `50ms..200ms:50ms`.

use crate::report::Varied;
use std::str::FromStr;

/// Most values of one path.
pub(crate) const MOST_VALUES: usize = 1_000;
/// Paths whose last segment may hold an `=` itself.
const OBJECTIVES: &str = "objectives.";

/// A path and its values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Vary(pub(crate) Varied);

impl FromStr for Vary {
    type Err = String;

    fn from_str(text: &str) -> Result<Vary, String> {
        let split = match text.starts_with(OBJECTIVES) {
            true => text.rsplit_once('='),
            false => text.split_once('='),
        };
        let Some((path, written)) = split.filter(|(path, _)| !path.trim().is_empty()) else {
            return Err(
                "write a path and its values, such as `nodes.app.servers=2..10` or `nodes.db.copies=1,2,4`"
                    .to_owned(),
            );
        };
        let values = match range(written)? {
            Some(values) => values,
            None => list(written)?,
        };
        Ok(Vary(Varied {
            path: path.trim().to_owned(),
            values,
        }))
    }
}

/// Splits a list at the commas that are not inside anything.
fn list(written: &str) -> Result<Vec<String>, String> {
    let mut values = vec![String::new()];
    let (mut depth, mut quoted, mut escaped) = (0_i32, false, false);
    for letter in written.chars() {
        match letter {
            '"' if !escaped => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth <= 0 => {
                values.push(String::new());
                continue;
            }
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
        if let Some(value) = values.last_mut() {
            value.push(letter);
        }
    }
    let values: Vec<String> = values.iter().map(|value| value.trim().to_owned()).collect();
    if values.iter().any(String::is_empty) {
        return Err("there is an empty value in its list".to_owned());
    }
    for (at, value) in values.iter().enumerate() {
        if values.iter().take(at).any(|other| other == value) {
            return Err(format!("`{value}` is in its list twice"));
        }
    }
    if values.len() > MOST_VALUES {
        return Err(format!("it has more than {MOST_VALUES} values"));
    }
    Ok(values)
}

/// Reads a range; `None` if it is none.
fn range(written: &str) -> Result<Option<Vec<String>>, String> {
    let Some((low, rest)) = written.split_once("..") else {
        return Ok(None);
    };
    let (high, step) = match rest.split_once(':') {
        Some((high, step)) => (high, Some(step)),
        None => (rest, None),
    };
    let example = "write a range such as `2..10`, `2..10:4`, `1..64:x2` or `50ms..200ms:50ms`";
    let no_number = || example.to_owned();
    let (low, of_low) = quantity(low.trim()).ok_or_else(no_number)?;
    let (high, unit) = quantity(high.trim()).ok_or_else(no_number)?;
    if of_low != unit {
        return Err(format!(
            "its ends have the units `{of_low}` and `{unit}`; {example}"
        ));
    }
    if low >= high {
        return Err(format!("its first value is not below its last; {example}"));
    }
    let (by, times) = match step {
        None if low.fract().abs() > 0.0 || high.fract().abs() > 0.0 => {
            return Err(
                "a range of broken numbers needs a step, such as `0.1..0.9:0.1`".to_owned(),
            );
        }
        None => (1.0, None),
        Some(step) => match step.trim().strip_prefix('x') {
            Some(factor) => match quantity(factor) {
                Some((factor, "")) if factor > 1.0 && low > 0.0 => (0.0, Some(factor)),
                Some(_) | None => {
                    return Err(
                        "a range that is multiplied begins above 0 and has a factor above 1, such as `1..64:x2`"
                            .to_owned(),
                    );
                }
            },
            None => match quantity(step.trim()).ok_or_else(no_number)? {
                (step, of_step) if step > 0.0 && of_step == unit => (step, None),
                (_, _) => {
                    return Err(format!(
                        "its step must be more than 0 and have the unit of its ends; {example}"
                    ));
                }
            },
        },
    };
    let mut values = Vec::new();
    for number in 0..=MOST_VALUES as i32 {
        let value = match times {
            Some(factor) => low * factor.powi(number),
            None => low + by * f64::from(number),
        };
        // The last value may be above the end by the noise of the arithmetic.
        if value > high * (1.0 + 1e-9 * high.signum()) {
            return Ok(Some(values));
        }
        values.push(format!("{}{unit}", plain(value)));
    }
    Err(format!("it has more than {MOST_VALUES} values"))
}

/// Parts a quantity into its number and its unit; the number may have an exponent.
fn quantity(text: &str) -> Option<(f64, &str)> {
    let other = |letter: char| !letter.is_ascii_digit() && !matches!(letter, '.' | '-' | '+');
    let mut end = text.find(other).unwrap_or(text.len());
    let rest = text
        .get(end..)?
        .strip_prefix(['e', 'E'])
        .unwrap_or_default();
    let digits = rest.strip_prefix(['-', '+']).unwrap_or(rest);
    if digits.starts_with(|letter: char| letter.is_ascii_digit()) {
        let after = digits.find(|letter: char| !letter.is_ascii_digit());
        end = text.len() - digits.len() + after.unwrap_or(digits.len());
    }
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().ok()?;
    number.is_finite().then_some((number, unit))
}

/// Writes a number without the noise of its arithmetic.
fn plain(value: f64) -> String {
    let shown = format!("{value:.9}");
    shown.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the values of a text, or its mistake.
    fn values(text: &str) -> Result<Vec<String>, String> {
        text.parse::<Vary>().map(|vary| vary.0.values)
    }

    #[test]
    fn ranges_include_both_ends_and_keep_their_unit() {
        let shown = [
            "a=2..5",
            "a=2..10:4",
            "a=1..64:x4",
            "a=50ms..200ms:50ms",
            "a=0.1..0.4:0.1",
            "a=100/s..300/s:100/s",
            "a=8e0..1e1",
            "a=1e-1s..3e-1s:1e-1s",
            "a=2..9:4",
        ]
        .map(|text| values(text).expect("a range").join(" "));

        assert_eq!(
            shown,
            [
                "2 3 4 5",
                "2 6 10",
                "1 4 16 64",
                "50ms 100ms 150ms 200ms",
                "0.1 0.2 0.3 0.4",
                "100/s 200/s 300/s",
                "8 9 10",
                "0.1s 0.2s 0.3s",
                "2 6",
            ]
        );
    }

    #[test]
    fn lists_keep_what_is_inside_of_something_together() {
        let law = values(r#"a={"gamma":{"mean":"1ms","cv":2}},10ms"#).expect("a list");
        let objective = "objectives.main p99 < 5ms=true"
            .parse::<Vary>()
            .expect("a path");

        assert_eq!(law, [r#"{"gamma":{"mean":"1ms","cv":2}}"#, "10ms"]);
        assert_eq!(values("a=x").expect("one value"), ["x"]);
        assert_eq!(objective.0.path, "objectives.main p99 < 5ms");
    }

    #[test]
    fn what_is_no_list_and_no_range_says_what_is() {
        for (text, expected) in [
            ("nodes.app.servers", "such as `nodes.app.servers=2..10`"),
            ("=1,2", "write a path"),
            ("a=1,,2", "empty value"),
            ("a=1,2,1", "`1` is in its list twice"),
            ("a=10..2", "not below its last"),
            ("a=1ms..2s", "the units `ms` and `s`"),
            ("a=1ms..9ms:2s", "the unit of its ends"),
            ("a=0.5..2", "needs a step"),
            ("a=0..8:x2", "begins above 0"),
            ("a=1..8:x1", "a factor above 1"),
            ("a=low..high", "write a range such as"),
            ("a=1..100000", "more than 1000 values"),
        ] {
            let mistake = values(text).expect_err(text);
            assert!(mistake.contains(expected), "{text}: {mistake}");
        }
    }
}
