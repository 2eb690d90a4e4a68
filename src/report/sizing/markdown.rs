//! The sizing as Markdown, to be pasted into an issue or a page.

use super::Sizing;
use super::table::table;
use super::text::run;
use super::words::headline;
use crate::report::markdown::{escaped, table as rendered};

/// Renders the sizing.
pub fn sizing_markdown(sizing: &Sizing) -> String {
    let mut text = format!(
        "## {}\n\n{}.{}\n\n{}",
        escaped(&headline(sizing)),
        run(sizing),
        if sizing.interrupted {
            " **Interrupted: a partial result.**"
        } else {
            ""
        },
        rendered(&table(sizing))
    );
    for sentences in [&sizing.findings, &sizing.notes] {
        if !sentences.is_empty() {
            text.push('\n');
        }
        for sentence in sentences {
            text.push_str(&format!("- {}\n", escaped(sentence)));
        }
    }
    text
}
