//! A picture for Markdown pages that render Mermaid.

use super::{Line, Picture};

/// Writes the picture as a Mermaid flow chart.
pub fn mermaid(picture: &Picture) -> String {
    // Names of nodes may be words of the language (`end`): boxes are numbered.
    let mut text = "flowchart LR\n".to_owned();
    for (number, node) in picture.nodes.iter().enumerate() {
        let label = escaped(&node.name);
        let shape = if node.kind.is_empty() {
            format!("([\"{label}\"])")
        } else {
            format!("[\"{label}<br/><small>{}</small>\"]", escaped(&node.kind))
        };
        text.push_str(&format!("  n{number}{shape}\n"));
    }
    for arrow in &picture.arrows {
        let line = match arrow.line {
            Line::Solid => "-->",
            Line::Dashed | Line::Dotted => "-.->",
        };
        let label = if arrow.label.is_empty() {
            String::new()
        } else {
            format!("|\"{}\"|", escaped(&arrow.label))
        };
        text.push_str(&format!("  n{} {line}{label} n{}\n", arrow.from, arrow.to));
    }
    text
}

/// Writes a text so that nothing in it is syntax.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '"' => escaped.push_str("#quot;"),
            '#' => escaped.push_str("#35;"),
            '<' => escaped.push_str("#lt;"),
            '>' => escaped.push_str("#gt;"),
            '\n' => escaped.push_str("<br/>"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_numbered_and_deliveries_dashed() {
        let text = mermaid(&Picture::sample());

        assert!(
            text.starts_with("flowchart LR\n  n0([\"client\"])\n"),
            "{text}"
        );
        assert!(text.contains("  n1 -->|\"timeout 1s\"| n2\n"), "{text}");
        assert!(text.contains("  n3 -.-> n1\n"), "{text}");
    }
}
