//! Addressed draws, samplers and key laws.
//!
//! The value of a draw depends on its address alone (`address`), never on how
//! many draws others made. Laws are compiled to tables before the loop
//! (`sampler`), so that the loop needs no logarithms.

pub mod address;
pub mod keys;
pub mod law;
pub mod philox;
mod quantile;
mod sampler;

pub use address::{
    ComponentStream, address, component_seed, draw, hash_name, mix2, mix32, purpose, request_key,
};
pub use keys::Keys;
pub(crate) use quantile::mean;
pub use sampler::{Sampler, Unit};
