//! Addressed draws, samplers and key laws.
pub mod law;

/// A compiled law (placeholder until `sampler.rs` lands).
#[derive(Clone, Debug, Default)]
pub struct Sampler;

/// A compiled key law (placeholder until `keys.rs` lands).
#[derive(Clone, Debug, Default)]
pub struct Keys;
