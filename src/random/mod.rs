//! Addressed draws, samplers, key laws and populations.
//!
//! The value of a draw depends on its address alone (`address`), never on how
//! many draws others made. Laws are compiled to tables before the loop
//! (`sampler`), so that the loop needs no logarithms.

pub mod address;
pub mod keys;
pub mod law;
pub(crate) mod logarithm;
pub mod philox;
pub mod population;
pub(crate) mod quantile;
mod sampler;
pub mod variates;

pub use address::{
    ComponentStream, RequestKeys, address, component_seed, draw, hash_name, mix2, mix32, purpose,
    request_key,
};
pub use keys::Keys;
pub use population::{Audience, Followers, Population, Reach};
pub(crate) use quantile::mean;
pub use sampler::{Sampler, Unit};
