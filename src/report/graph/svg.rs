//! A picture that every browser shows: static SVG, no scripts, no fonts of its own.

use super::super::figure::figure;
use super::layout::{Layout, arrange};
use super::{Line, Picture, Shape};

/// Height of a box.
const HEIGHT: f64 = 46.0;
/// Least width of a box in which it is.
const GAUGED: f64 = 120.0;
/// Room for the digits of it.
const DIGITS: f64 = 48.0;
/// What a box is higher if the use of servers is shown.
const GAUGE: f64 = 18.0;
/// Shares of server-time in use from which on a node is busy, and close to its limit.
///
/// CHOICE: lines of one server are four times as long at 80 % as at 50 %.
const BUSY: [f64; 2] = [0.5, 0.8];
/// Width of a letter of the names, about.
const LETTER: f64 = 8.0;
/// Width of a letter of the labels, about.
const SMALL_LETTER: f64 = 6.0;
/// Space between boxes of a layer.
const ROW_GAP: f64 = 26.0;
/// Least space between layers.
const COLUMN_GAP: f64 = 60.0;
/// Space around everything.
const MARGIN: f64 = 20.0;

/// Writes the picture as SVG.
pub fn svg(picture: &Picture) -> String {
    sized(picture).0
}

/// Writes the picture as SVG; its width follows [px].
pub(in crate::report) fn sized(picture: &Picture) -> (String, f64) {
    let layout = arrange(picture);
    let page = Page::measure(picture, &layout);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" \
         font-family=\"Helvetica, Arial, sans-serif\" role=\"img\">\n\
         <title>{}</title>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" \
         markerHeight=\"8\" orient=\"auto\"><path class=\"tip\" d=\"M0 0 L8 4 L0 8 z\" fill=\"#555\"/></marker></defs>\n\
         <rect class=\"paper\" width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        escaped(&picture.title),
        w = page.width,
        h = page.height,
    );
    for (arrow, route) in picture.arrows.iter().zip(&layout.routes) {
        text.push_str(&page.arrow(arrow.from == arrow.to, arrow.line, &arrow.label, route));
    }
    for (node, &at) in picture.nodes.iter().zip(&layout.nodes) {
        text.push_str(&page.node(node, at));
    }
    text.push_str("</svg>\n");
    (text, page.width)
}

/// Where layers and places lie on the page.
struct Page {
    width: f64,
    height: f64,
    /// Height of a box.
    tall: f64,
    /// Left edge of each layer.
    left: Vec<f64>,
    /// Width of the boxes of each layer.
    wide: Vec<f64>,
}

impl Page {
    /// Gives every layer the width of its widest node, and room for the labels behind it.
    fn measure(picture: &Picture, layout: &Layout) -> Page {
        let mut wide = vec![60.0; layout.layers];
        for (node, &(layer, _)) in picture.nodes.iter().zip(&layout.nodes) {
            let letters = node.name.chars().count().max(node.kind.chars().count());
            let least = if node.used.is_some() { GAUGED } else { 0.0 };
            let needed = (letters as f64 * LETTER + 24.0).max(least);
            wide[layer] = f64::max(wide[layer], needed);
        }
        let mut gap = vec![COLUMN_GAP; layout.layers];
        for (arrow, route) in picture.arrows.iter().zip(&layout.routes) {
            let first = route.iter().map(|point| point.0).min().unwrap_or(0);
            if let Some(gap) = gap.get_mut(first) {
                *gap = f64::max(
                    *gap,
                    arrow.label.chars().count() as f64 * SMALL_LETTER + 30.0,
                );
            }
        }
        let mut left = Vec::with_capacity(layout.layers);
        let mut x = MARGIN;
        for (wide, gap) in wide.iter().zip(&gap) {
            left.push(x);
            x += wide + gap;
        }
        let end = left
            .last()
            .zip(wide.last())
            .map_or(0.0, |(left, wide)| left + wide);
        let gauges = picture.nodes.iter().any(|node| node.used.is_some());
        let tall = if gauges { HEIGHT + GAUGE } else { HEIGHT };
        Page {
            width: end + MARGIN,
            height: layout.places as f64 * (tall + ROW_GAP) - ROW_GAP + 2.0 * MARGIN,
            tall,
            left,
            wide,
        }
    }

    /// Returns the vertical middle of a place.
    fn middle(&self, place: f64) -> f64 {
        MARGIN + place * (self.tall + ROW_GAP) + self.tall / 2.0
    }

    /// Draws a node.
    fn node(&self, node: &Shape, (layer, place): (usize, f64)) -> String {
        let (left, wide, middle) = (self.left[layer], self.wide[layer], self.middle(place));
        let centre = left + wide / 2.0;
        let is_client = node.kind.is_empty();
        let (class, fill, line) = match is_client {
            true => ("client", "#f4f4f4", "#999"),
            false => ("node", "#eef4fb", "#4a7ab5"),
        };
        // Where a gauge follows, the words move up by half of what it takes.
        let raised = if node.used.is_some() {
            GAUGE / 2.0
        } else {
            0.0
        };
        let drop = if is_client { 5.0 } else { -2.0 - raised };
        let mut text = format!(
            "<g class=\"{class}\"><rect x=\"{left}\" y=\"{}\" width=\"{wide}\" height=\"{}\" rx=\"6\" fill=\"{fill}\" stroke=\"{line}\"/>\
             <text x=\"{centre}\" y=\"{}\" text-anchor=\"middle\" font-size=\"14\" fill=\"#111\">{}</text>",
            middle - self.tall / 2.0,
            self.tall,
            middle + drop,
            escaped(&node.name),
        );
        if !is_client {
            text.push_str(&format!(
                "<text class=\"kind\" x=\"{centre}\" y=\"{}\" text-anchor=\"middle\" font-size=\"11\" fill=\"#555\">{}</text>",
                middle + 15.0 - raised,
                escaped(&node.kind),
            ));
        }
        if let Some(used) = node.used {
            text.push_str(&self.gauge(used, left, wide, middle));
        }
        text.push_str("</g>\n");
        text
    }

    /// Shows how much of the servers is in use: as a bar, in digits, and by a class for colour.
    fn gauge(&self, used: f64, left: f64, wide: f64, middle: f64) -> String {
        let class = match used {
            used if used >= BUSY[1] => "full",
            used if used >= BUSY[0] => "busy",
            _ => "free",
        };
        let fill = match class {
            "full" => "#c0392b",
            "busy" => "#b9770e",
            _ => "#1e8449",
        };
        // The digits stand behind the bar.
        let (x, length) = (left + 10.0, wide - 20.0 - DIGITS);
        let y = middle + self.tall / 2.0 - 14.0;
        format!(
            "<rect class=\"gauge\" x=\"{x}\" y=\"{y}\" width=\"{length}\" height=\"6\" fill=\"#ddd\"/>\
             <rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{:.1}\" height=\"6\" fill=\"{fill}\"/>\
             <text class=\"used\" x=\"{}\" y=\"{}\" text-anchor=\"end\" font-size=\"11\" fill=\"#111\">{} %</text>",
            length * used.clamp(0.0, 1.0),
            left + wide - 8.0,
            y + 7.0,
            figure(used * 100.0),
        )
    }

    /// Draws a link.
    fn arrow(&self, to_itself: bool, line: Line, label: &str, route: &[(usize, f64)]) -> String {
        let (Some(&first), Some(&last)) = (route.first(), route.last()) else {
            return String::new();
        };
        let dashes = match line {
            Line::Solid => "",
            Line::Dashed => " stroke-dasharray=\"6 4\"",
            Line::Dotted => " stroke-dasharray=\"2 4\"",
        };
        let (path, label_x, label_y) = if to_itself {
            let x = self.left[first.0] + self.wide[first.0] / 2.0;
            let y = self.middle(first.1) - self.tall / 2.0;
            let path = format!(
                "M{} {y} C{} {}, {} {}, {} {y}",
                x - 12.0,
                x - 24.0,
                y - 24.0,
                x + 24.0,
                y - 24.0,
                x + 12.0
            );
            (path, x, y - 20.0)
        } else {
            self.curve(first, last, route)
        };
        let mut text = format!(
            "<path class=\"link\" d=\"{path}\" fill=\"none\" stroke=\"#555\"{dashes} marker-end=\"url(#tip)\"/>\n"
        );
        if !label.is_empty() {
            text.push_str(&format!(
                "<text class=\"label\" x=\"{label_x}\" y=\"{label_y}\" text-anchor=\"middle\" font-size=\"10\" fill=\"#555\" \
                 stroke=\"#fff\" stroke-width=\"3\" paint-order=\"stroke\">{}</text>\n",
                escaped(label),
            ));
        }
        text
    }

    /// Returns the path through the points of a route, and where its label stands.
    fn curve(
        &self,
        first: (usize, f64),
        last: (usize, f64),
        route: &[(usize, f64)],
    ) -> (String, f64, f64) {
        let rightwards = first.0 <= last.0;
        let out = |layer: usize| {
            if rightwards {
                self.left[layer] + self.wide[layer]
            } else {
                self.left[layer]
            }
        };
        let into = |layer: usize| {
            if rightwards {
                self.left[layer]
            } else {
                self.left[layer] + self.wide[layer]
            }
        };
        // Links that lead back leave a little lower, so that a pair does not coincide.
        let drop = if rightwards { 0.0 } else { 10.0 };
        let (mut x, mut y) = (out(first.0), self.middle(first.1) + drop);
        let mut path = format!("M{x} {y}");
        let mut label = (x, y);
        for (number, point) in route.iter().enumerate().skip(1) {
            let (next_x, next_y) = (into(point.0), self.middle(point.1) + drop);
            let bend = (next_x - x) / 2.0;
            path.push_str(&format!(
                " C{} {y}, {} {next_y}, {next_x} {next_y}",
                x + bend,
                next_x - bend
            ));
            if number == 1 {
                label = (x + bend, (y + next_y) / 2.0 - 5.0);
            }
            (x, y) = (next_x, next_y);
            if number + 1 < route.len() {
                x = out(point.0);
                path.push_str(&format!(" L{x} {y}"));
            }
        }
        (path, label.0, label.1)
    }
}

/// Writes a text so that nothing in it is markup.
fn escaped(text: &str) -> String {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    text.replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_is_a_box_and_every_link_a_path() {
        let text = svg(&Picture::sample());

        assert_eq!(text.matches("<g class=").count(), 4);
        assert_eq!(text.matches("marker-end").count(), 4);
        assert_eq!(text.matches("stroke-dasharray").count(), 1);
        assert!(text.contains(">timeout 1s</text>"));
    }

    #[test]
    fn the_use_of_servers_is_a_bar_and_digits() {
        let mut picture = Picture::sample();
        picture.nodes[1].used = Some(0.84);

        let text = svg(&picture);

        assert_eq!(text.matches("class=\"gauge\"").count(), 1);
        assert!(text.contains("class=\"full\""), "{text}");
        assert!(text.contains(">84.0 %</text>"), "{text}");
    }

    #[test]
    fn names_are_text_and_never_markup() {
        let mut picture = Picture::sample();
        picture.title = "<script>".to_owned();

        assert!(!svg(&picture).contains("<script>"));
    }
}
