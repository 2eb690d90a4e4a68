//! The sweep as Markdown, to be pasted into an issue or a page.

use super::Sweep;
use super::map::maps;
use super::table::table;
use super::text::{heading, run};
use crate::report::markdown::{escaped, table as rendered};

/// Renders the sweep.
pub fn sweep_markdown(sweep: &Sweep) -> String {
    let mut text = format!(
        "## {}\n\n{}.{}\n",
        escaped(&heading(sweep)),
        run(sweep),
        if sweep.interrupted {
            " **Interrupted: a partial result.**"
        } else {
            ""
        }
    );
    for section in std::iter::once(table(sweep)).chain(maps(sweep)) {
        text.push('\n');
        text.push_str(&rendered(&section));
    }
    if !sweep.notes.is_empty() {
        text.push('\n');
    }
    for note in &sweep.notes {
        text.push_str(&format!("- {}\n", escaped(note)));
    }
    text
}
