//! What the file says, word for word: values with their places, and typed readers.
//!
//! `value` is the tree, `reader` and `field` read it as durations, sizes, shares
//! and distributions and record what is wrong. Meaning begins in `topology`.

pub mod chain;
mod difference;
pub mod field;
mod key_law;
pub mod law;
mod lognormal;
mod nearest;
mod pareto;
pub mod parse;
pub mod patch;
mod quantity;
pub mod reader;
pub mod sink;
pub mod value;

pub use difference::{Change, differences};
pub use field::Field;
pub use nearest::{help, listed, nearest};
pub use parse::decode;
pub use quantity::Quantity;
pub use reader::{Noun, Object};
pub use sink::Sink;
pub use value::{Data, Member, Value};

use crate::diagnostic::{Diagnostic, Severity};

/// Parses the text of a topology file.
///
/// # Errors
///
/// It is too large, nested too deeply, not JSON with comments and trailing commas,
/// or a key is written twice.
pub fn read(text: &str) -> Result<Value, Vec<Diagnostic>> {
    let sink = Sink::new();
    let value = parse::parse(text, &sink);
    let found = sink.into_sorted();
    match value {
        Some(value) if found.iter().all(|one| one.severity != Severity::Error) => Ok(value),
        Some(_) | None => Err(found),
    }
}
