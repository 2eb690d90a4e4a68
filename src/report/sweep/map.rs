//! A map of two parameters: rows and columns of shaded figures, the darker the greater.
//!
//! Shades part the range of the values into four equal steps, in the logarithm where all are
//! positive and the greatest is more than ten times the least.

use super::table::{shown, titled};
use super::{Measure, Measured, Sweep};
use crate::report::Estimate;
use crate::report::figure::NOTHING;
use crate::report::section::Section;
use crate::report::text::sign;

/// Shades from low to high.
const SHADES: [&str; 4] = ["░", "▒", "▓", "█"];
/// Ratio of the greatest to the least value from which shades follow the logarithm.
const WIDE: f64 = 10.0;

/// Returns a map of every measure, where two parameters of several values are varied.
pub(super) fn maps(sweep: &Sweep) -> Vec<Section> {
    let [rows, columns] = sweep.parameters.as_slice() else {
        return Vec::new();
    };
    let width = columns.values.len();
    if rows.values.len() < 2 || width < 2 {
        return Vec::new();
    }
    let map = |(index, measure): (usize, &Measure)| {
        let measured = |point: usize| sweep.points.get(point)?.measured.get(index);
        let all = (0..sweep.points.len()).filter_map(|point| measured(point)?.value.value);
        let shades = Shades::of(all);
        let row = |(number, value): (usize, &String)| {
            let points = (0..width).map(|column| measured(number * width + column));
            let cells = points.map(|point| cell(measure, point, &shades));
            (value.clone(), cells.collect())
        };
        Section {
            title: format!("{} by {}", titled(measure), columns.path),
            headers: columns.values.clone(),
            rows: rows.values.iter().enumerate().map(row).collect(),
        }
    };
    sweep.measures.iter().enumerate().map(map).collect()
}

/// Shows a point: its shade, its figure, the mark of its verdict.
fn cell(measure: &Measure, measured: Option<&Measured>, shades: &Shades) -> String {
    let Some(measured) = measured else {
        // The user ended it before.
        return NOTHING.to_owned();
    };
    let point = Estimate {
        half_width: None,
        ..measured.value.clone()
    };
    let shade = point.value.map_or(" ", |value| shades.shade(value));
    let verdict = measured.verdict.map_or("", sign);
    let text = format!("{shade} {} {verdict}", shown(measure, &point));
    text.trim_end().to_owned()
}

/// How values become shades.
struct Shades {
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Shades {
    /// Parts the range of some values.
    fn of(values: impl Iterator<Item = f64>) -> Shades {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values {
            low = low.min(value);
            high = high.max(value);
        }
        Shades {
            low,
            high,
            logarithmic: low > 0.0 && high > WIDE * low,
        }
    }

    /// Returns the shade of a value; where all are alike it is the lightest.
    fn shade(&self, value: f64) -> &'static str {
        let scaled = |value: f64| match self.logarithmic {
            true => libm::log(value),
            false => value,
        };
        let range = scaled(self.high) - scaled(self.low);
        if range <= 0.0 {
            return SHADES[0];
        }
        let share = (scaled(value) - scaled(self.low)) / range;
        let step = (share * SHADES.len() as f64).floor().max(0.0) as usize;
        SHADES[step.min(SHADES.len() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_follow_the_range_or_its_logarithm() {
        let near = Shades::of([10.0, 12.0, 14.0, 18.0].into_iter());
        let far = Shades::of([1.0, 1_000.0].into_iter());
        let alike = Shades::of([5.0, 5.0].into_iter());

        let shown = [10.0, 12.5, 15.0, 18.0].map(|value| near.shade(value));
        assert_eq!(shown, SHADES);
        let shown = [1.0, 10.0, 100.0, 1_000.0].map(|value| far.shade(value));
        assert_eq!(shown, ["░", "▒", "▓", "█"]);
        assert_eq!(alike.shade(5.0), "░");
    }
}
