//! The knee as Markdown, to be pasted into an issue or a page.

use super::Knee;
use super::table::tables;
use super::text::run;
use super::words::headline;
use crate::report::markdown::{escaped, table};

/// Renders the knee.
pub fn knee_markdown(knee: &Knee) -> String {
    let mut text = format!(
        "## {}\n\n{}.{}\n",
        escaped(&headline(knee)),
        run(knee),
        if knee.interrupted {
            " **Interrupted: a partial result.**"
        } else {
            ""
        }
    );
    if !knee.findings.is_empty() {
        text.push('\n');
    }
    for finding in &knee.findings {
        text.push_str(&format!("- {}\n", escaped(finding)));
    }
    for section in tables(knee) {
        text.push('\n');
        text.push_str(&table(&section));
    }
    text.push('\n');
    for note in &knee.notes {
        text.push_str(&format!("- {}\n", escaped(note)));
    }
    text
}
