//! Mechanisms: what shared state does, as plain state machines without events.
//!
//! Each file holds one. They know time, tokens, keys and counts; randomness
//! comes in as words. Nothing here posts an event or knows what a model is.

pub mod afar;
pub mod alarm;
pub mod archive;
pub mod backoff;
pub mod balancer;
pub mod behind;
pub mod breaker;
pub mod budget;
pub mod cache;
pub mod client_rate;
pub mod codel;
pub mod copies;
pub mod credits;
pub mod decreases;
pub mod growth;
pub mod health;
pub mod held;
pub mod key_index;
pub mod level;
pub mod log;
pub mod message;
pub mod message_queue;
pub mod overlay;
pub mod pacing;
pub mod planned;
pub mod pollers;
pub mod pool;
pub mod processor_sharing;
pub mod recent;
pub mod resolver;
pub mod ring;
pub mod scaling;
pub mod slow_start;
pub mod split;
pub mod token_bucket;
mod tournament;

#[cfg(test)]
mod test_words;
