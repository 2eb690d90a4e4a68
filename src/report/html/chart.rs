//! Line charts as plain values: axes, ticks, lines and bands, ready to be written as SVG.
//!
//! Geometry only: what is drawn, and what is said about it, comes from the files beside this
//! one. Lines differ in their dashes as well as in their colours.

use crate::units::show;

/// Width of a chart [px of its own].
pub(super) const WIDTH: f64 = 760.0;
/// Left edge of what is drawn: ticks stand before it.
pub(super) const LEFT: f64 = 64.0;
/// Right edge of what is drawn.
pub(super) const RIGHT: f64 = WIDTH - 16.0;
/// Most lines of a panel; the style sheet knows as many colours and dashes.
pub(super) const MOST_LINES: usize = 6;

/// A chart and what is said about it.
pub(super) struct Chart {
    /// Unique in the page.
    pub(super) id: &'static str,
    /// Title, for those who do not see it too.
    pub(super) title: String,
    /// What is to be seen, in a sentence or two, for those who do not.
    pub(super) description: String,
    /// From top to bottom.
    pub(super) panels: Vec<Panel>,
    /// What the numbers at the top of shaded times mean.
    pub(super) marks: Vec<String>,
    /// How it is read.
    pub(super) reading: Vec<String>,
}

/// A part of a chart with axes of its own.
pub(super) struct Panel {
    /// What is shown, with its unit.
    pub(super) title: String,
    /// Height [px of its own].
    pub(super) height: f64,
    /// Upper edge of what is drawn.
    pub(super) top: f64,
    /// Lower edge of what is drawn.
    pub(super) bottom: f64,
    /// Marks of the vertical axis.
    pub(super) rows: Vec<Tick>,
    /// Marks of the horizontal axis.
    pub(super) columns: Vec<Tick>,
    /// What the horizontal axis is; empty where a panel below says it.
    pub(super) below: String,
    /// Times that are set off.
    pub(super) shades: Vec<Shade>,
    /// Whether their numbers stand above.
    pub(super) numbered: bool,
    /// Lines, by what they are of.
    pub(super) lines: Vec<Line>,
    /// Lines that found no room; empty if all did.
    pub(super) left_out: String,
}

/// A mark of an axis.
pub(super) struct Tick {
    /// Where, along the axis.
    pub(super) at: String,
    /// What it says.
    pub(super) label: String,
}

/// A time that is set off by a shade or, if it is a moment, by a line.
#[derive(Clone)]
pub(super) struct Shade {
    /// `warm-up`, `fault` or `event`: what the style sheet knows.
    pub(super) class: &'static str,
    /// Left edge.
    pub(super) x: String,
    /// Width.
    pub(super) width: String,
    /// What stands at its top.
    pub(super) label: String,
    /// How low that stands: those close to each other take two rows.
    pub(super) label_y: String,
}

/// A line.
pub(super) struct Line {
    /// What it is of.
    pub(super) name: String,
    /// Which colour and dashes, from 0.
    pub(super) style: usize,
    /// Its path.
    pub(super) path: String,
    /// The outline of its interval; empty if there is none.
    pub(super) band: String,
    /// Single points that are shown as such, with what they say.
    pub(super) dots: Vec<Dot>,
}

/// A point.
pub(super) struct Dot {
    pub(super) x: String,
    pub(super) y: String,
    /// Ends of its interval; equal if there is none.
    pub(super) low: String,
    pub(super) high: String,
    /// What it says.
    pub(super) says: String,
}

/// An axis: values, and where they lie.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    /// Least and greatest value.
    values: (f64, f64),
    /// Where these lie.
    ends: (f64, f64),
    /// Whether equal ratios are equally far apart.
    log: bool,
}

impl Axis {
    /// Makes an axis of equal steps; it begins at `low` and ends at a round number.
    pub(super) fn even(low: f64, high: f64, ends: (f64, f64)) -> Axis {
        let high = if high > low { high } else { low + 1.0 };
        let step = round_step((high - low) / 4.0);
        let high = low + ((high - low) / step - 1e-9).ceil() * step;
        Axis {
            values: (low, high),
            ends,
            log: false,
        }
    }

    /// Makes an axis of equal steps with exactly these ends.
    pub(super) fn exact(low: f64, high: f64, ends: (f64, f64)) -> Axis {
        let high = if high > low { high } else { low + 1.0 };
        Axis {
            values: (low, high),
            ends,
            log: false,
        }
    }

    /// Makes an axis of equal ratios; both values are more than 0.
    pub(super) fn log(low: f64, high: f64, ends: (f64, f64)) -> Axis {
        let down = [5.0, 2.0, 1.0].map(|digit| digit * 10f64.powf(low.log10().floor()));
        let up = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * 10f64.powf(high.log10().floor()));
        let low_end = down.into_iter().find(|end| *end <= low * 1.000_001);
        let high_end = up.into_iter().find(|end| *end >= high * 0.999_999);
        let (low, high) = (low_end.unwrap_or(low), high_end.unwrap_or(high));
        Axis {
            values: (low, if high > low { high } else { low * 10.0 }),
            ends,
            log: true,
        }
    }

    /// Whether a value lies on it.
    pub(super) fn has(&self, value: f64) -> bool {
        value >= self.values.0 && value <= self.values.1
    }

    /// Returns where a value lies; what lies outside is moved to the end.
    pub(super) fn at(&self, value: f64) -> f64 {
        let measure = |value: f64| if self.log { value.log10() } else { value };
        let (low, high) = (measure(self.values.0), measure(self.values.1));
        let value = value.clamp(self.values.0, self.values.1);
        let share = (measure(value) - low) / (high - low);
        self.ends.0 + share * (self.ends.1 - self.ends.0)
    }

    /// Returns round values, the least first.
    pub(super) fn round(&self) -> Vec<f64> {
        let (low, high) = self.values;
        if !self.log {
            let step = round_step((high - low) / 4.0);
            let first = (low / step - 1e-9).ceil() as i64;
            let last = (high / step + 1e-9).floor() as i64;
            return (first..=last).map(|at| at as f64 * step).collect();
        }
        let decades = (high / low).log10();
        let digits: &[f64] = match decades {
            few if few <= 2.0 => &[1.0, 2.0, 5.0],
            some if some <= 4.0 => &[1.0, 3.0],
            _ => &[1.0],
        };
        let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
        let all = (first..=last).flat_map(|decade| {
            let size = 10f64.powi(decade);
            digits.iter().map(move |digit| digit * size)
        });
        all.filter(|at| *at >= low * 0.999_999 && *at <= high * 1.000_001)
            .collect()
    }

    /// Returns marks at round values, in a unit of so many of the axis's own.
    pub(super) fn ticks(&self, unit: f64) -> Vec<Tick> {
        let scaled = Axis {
            values: (self.values.0 / unit, self.values.1 / unit),
            ..*self
        };
        let tick = |value: f64| Tick {
            at: px(scaled.at(value)),
            label: show::count(value),
        };
        scaled.round().into_iter().map(tick).collect()
    }
}

/// Returns a round step of at least about this size: 1, 2 or 5 times a power of ten.
fn round_step(size: f64) -> f64 {
    let power = 10f64.powf(size.log10().floor());
    let digits = [1.0, 2.0, 5.0, 10.0];
    let fits = digits.into_iter().find(|digit| digit * power >= size * 0.8);
    fits.unwrap_or(10.0) * power
}

/// Returns the path through points; where there is none it breaks off.
pub(super) fn path(points: impl Iterator<Item = Option<(f64, f64)>>) -> String {
    let mut text = String::new();
    let mut down = false;
    for point in points {
        match point {
            Some((x, y)) => {
                text.push_str(if down { "L" } else { "M" });
                text.push_str(&format!("{} {}", px(x), px(y)));
                // A point alone is seen as a dot, by the round ends of lines.
                if !down {
                    text.push_str("h0");
                }
                down = true;
            }
            None => down = false,
        }
    }
    text
}

/// Returns the outline between two lines over the same points.
pub(super) fn outline(low: &[(f64, f64)], high: &[(f64, f64)]) -> String {
    if low.len() < 2 {
        return String::new();
    }
    let there = high.iter();
    let back = low.iter().rev();
    let points = there
        .chain(back)
        .map(|&(x, y)| format!("{} {}", px(x), px(y)));
    format!("M{}Z", points.collect::<Vec<String>>().join("L"))
}

/// Writes a coordinate: a tenth of a pixel is finer than what is seen.
pub(super) fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0" } else { text }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what the marks of an axis say.
    fn labels(axis: &Axis) -> Vec<String> {
        axis.ticks(1.0).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn even_axes_have_round_marks() {
        let axis = Axis::even(0.0, 37.0, (100.0, 0.0));

        assert_eq!(labels(&axis), ["0", "10", "20", "30", "40"]);
        assert_eq!(px(axis.at(0.0)), "100");
        assert_eq!(px(axis.at(40.0)), "0");
        assert_eq!(px(axis.at(10.0)), "75");
    }

    #[test]
    fn axes_of_ratios_have_marks_in_every_decade() {
        let axis = Axis::log(3.0, 700.0, (0.0, 100.0));

        assert_eq!(labels(&axis), ["3", "10", "30", "100", "300", "1k"]);
    }

    #[test]
    fn an_axis_of_nothing_is_an_axis() {
        assert_eq!(
            labels(&Axis::even(0.0, 0.0, (0.0, 10.0)))
                .first()
                .map(String::as_str),
            Some("0")
        );
        assert_eq!(px(Axis::exact(2.0, 2.0, (0.0, 10.0)).at(2.0)), "0");
    }

    #[test]
    fn a_line_breaks_off_where_nothing_is_known() {
        let points = [Some((0.0, 1.0)), Some((1.0, 2.0)), None, Some((3.0, 4.0))];

        assert_eq!(path(points.into_iter()), "M0 1h0L1 2M3 4h0");
    }
}
