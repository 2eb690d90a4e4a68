//! A topology as a picture: DOT, Mermaid or SVG.
//!
//! `Picture` is what is drawn, in plain values; `picture` makes it of a topology, and the
//! three writers only write it down. `layout` finds the places for SVG, which no other
//! program needs to arrange.

mod dot;
mod layout;
mod mermaid;
mod picture;
mod svg;

pub use dot::dot;
pub use mermaid::mermaid;
pub use picture::picture;
pub(super) use svg::sized;
pub use svg::svg;

/// What is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// Title: the name of the topology.
    pub title: String,
    /// Nodes in their order.
    pub nodes: Vec<Shape>,
    /// Links in their order.
    pub arrows: Vec<Arrow>,
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Its name.
    pub name: String,
    /// Its kind; empty for the client.
    pub kind: String,
    /// Share of its server-time in use, if that is to be seen; the SVG shows it.
    pub used: Option<f64>,
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// Index of the node it leaves.
    pub from: usize,
    /// Index of the node it enters.
    pub to: usize,
    /// What is written at it; may be empty.
    pub label: String,
    /// How it is drawn.
    pub line: Line,
}

/// How a link is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// A call.
    Solid,
    /// Messages are delivered.
    Dashed,
    /// Used only when something went wrong: a standby, a dead-letter queue.
    Dotted,
}

#[cfg(test)]
impl Picture {
    /// A small chain with a cycle, for the tests of the writers.
    fn sample() -> Picture {
        let shape = |name: &str, kind: &str| Shape {
            name: name.to_owned(),
            kind: kind.to_owned(),
            used: None,
        };
        let arrow = |from, to, label: &str, line| Arrow {
            from,
            to,
            label: label.to_owned(),
            line,
        };
        Picture {
            title: "sample".to_owned(),
            nodes: vec![
                shape("client", ""),
                shape("app", "station"),
                shape("hot", "cache"),
                shape("jobs", "queue"),
            ],
            arrows: vec![
                arrow(0, 1, "", Line::Solid),
                arrow(1, 2, "timeout 1s", Line::Solid),
                arrow(1, 3, "", Line::Solid),
                arrow(3, 1, "", Line::Dashed),
            ],
        }
    }
}
