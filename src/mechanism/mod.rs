//! Mechanisms: what shared state does, as plain state machines without events.
//!
//! Each file holds one. They know time, tokens, keys and counts; randomness
//! comes in as words. Nothing here posts an event or knows what a model is.

pub mod cache;
pub mod key_index;
pub mod token_bucket;

#[cfg(test)]
mod test_words;
