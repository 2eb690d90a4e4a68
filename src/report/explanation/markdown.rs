//! The explanation as Markdown, to be pasted into an issue or a page.

use super::Explanation;
use super::table::{tables, tails};
use super::text::run;
use super::words::headline;
use crate::report::markdown::{escaped, table};

/// Renders the explanation.
pub fn explanation_markdown(explanation: &Explanation) -> String {
    let mut text = format!(
        "## {}\n\n{}.{}\n",
        escaped(&headline(explanation)),
        run(explanation),
        if explanation.interrupted {
            " **Interrupted: a partial result.**"
        } else {
            ""
        }
    );
    for section in tails(explanation).into_iter().chain(tables(explanation)) {
        text.push('\n');
        text.push_str(&table(&section));
    }
    for sentences in [&explanation.findings, &explanation.notes] {
        if !sentences.is_empty() {
            text.push('\n');
        }
        for sentence in sentences {
            text.push_str(&format!("- {}\n", escaped(sentence)));
        }
    }
    text
}
