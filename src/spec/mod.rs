//! What the file says, word for word: values with their places, and typed readers.
//!
//! `value` is the tree, `reader` and `field` read it as durations, sizes, shares
//! and distributions and record what is wrong. Meaning begins in `topology`.

pub mod field;
pub mod law;
mod nearest;
mod pareto;
mod quantity;
pub mod reader;
pub mod sink;
pub mod value;

pub use field::Field;
pub use nearest::{help, listed, nearest};
pub use quantity::Quantity;
pub use reader::{Noun, Object};
pub use sink::Sink;
pub use value::{Data, Member, Value};
