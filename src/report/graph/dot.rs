//! A picture for Graphviz.

use super::{Line, Picture};

/// Writes the picture in the DOT language.
pub fn dot(picture: &Picture) -> String {
    let mut text = format!("digraph {} {{\n", quoted(&picture.title));
    text.push_str("  rankdir=LR;\n");
    text.push_str("  node [shape=box, style=rounded, fontname=\"Helvetica\"];\n");
    text.push_str("  edge [fontname=\"Helvetica\", fontsize=10];\n");
    for node in &picture.nodes {
        let shape = if node.kind.is_empty() {
            ", shape=plaintext"
        } else {
            ""
        };
        let label = if node.kind.is_empty() {
            node.name.clone()
        } else {
            format!("{}\n{}", node.name, node.kind)
        };
        let name = quoted(&node.name);
        text.push_str(&format!("  {name} [label={}{shape}];\n", quoted(&label)));
    }
    for arrow in &picture.arrows {
        let mut properties = Vec::new();
        match arrow.line {
            Line::Solid => {}
            Line::Dashed => properties.push("style=dashed".to_owned()),
            Line::Dotted => properties.push("style=dotted".to_owned()),
        }
        if !arrow.label.is_empty() {
            properties.push(format!("label={}", quoted(&arrow.label)));
        }
        let properties = if properties.is_empty() {
            String::new()
        } else {
            format!(" [{}]", properties.join(", "))
        };
        let from = quoted(&picture.nodes[arrow.from].name);
        let to = quoted(&picture.nodes[arrow.to].name);
        text.push_str(&format!("  {from} -> {to}{properties};\n"));
    }
    text.push_str("}\n");
    text
}

/// Writes a text as a quoted identifier.
fn quoted(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_carry_their_kind_and_deliveries_are_dashed() {
        let text = dot(&Picture::sample());

        assert!(
            text.contains("  \"app\" [label=\"app\\nstation\"];\n"),
            "{text}"
        );
        assert!(
            text.contains("  \"jobs\" -> \"app\" [style=dashed];\n"),
            "{text}"
        );
        assert!(
            text.contains("  \"app\" -> \"hot\" [label=\"timeout 1s\"];\n"),
            "{text}"
        );
    }

    #[test]
    fn quotes_in_a_title_do_not_end_it() {
        let picture = Picture {
            title: "a \"b\"".to_owned(),
            ..Picture::default()
        };

        assert!(dot(&picture).starts_with("digraph \"a \\\"b\\\"\" {"));
    }
}
