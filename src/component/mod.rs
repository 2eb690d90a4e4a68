//! The catalogue: one file per AWS family, one registry.

/// What a kind is: parameters, and the recipe that compiles a visit's program.
pub trait Component: std::fmt::Debug + Send + Sync {
    /// The kind as users write it.
    fn kind(&self) -> &'static str;
}
