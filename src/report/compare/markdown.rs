//! The comparison as Markdown, to be pasted into an issue or a page.

use super::Comparison;
use super::table::tables;
use super::text::{changes, run};
use crate::report::markdown::{escaped, table};

/// Renders the comparison.
pub fn comparison_markdown(comparison: &Comparison) -> String {
    let names: Vec<String> = comparison
        .alternatives()
        .map(|(_, design)| escaped(&design.name))
        .collect();
    let mut text = format!(
        "## {} compared with {}\n\n{}.{}\n",
        names.join(", "),
        escaped(comparison.baseline()),
        run(comparison),
        if comparison.interrupted {
            " **Interrupted: a partial result.**"
        } else {
            ""
        }
    );
    for differs in &comparison.differs {
        // Indented by four, lines are shown as they are; nothing in them is markup.
        let lines = changes(&differs.changes).join("\n");
        text.push_str(&format!("\n{}:\n\n{lines}\n", escaped(&differs.design)));
    }
    for section in tables(comparison) {
        text.push('\n');
        text.push_str(&table(&section));
    }
    for sentences in [&comparison.findings, &comparison.notes] {
        if !sentences.is_empty() {
            text.push('\n');
        }
        for sentence in sentences {
            text.push_str(&format!("- {}\n", escaped(sentence)));
        }
    }
    text
}
