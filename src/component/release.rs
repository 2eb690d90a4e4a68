//! Releases: how a kind that carries deployments out does so, and what it carries them out on.

use crate::model::control::Strategy;
use crate::random::law::Law;

/// What versions are installed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Servers that go on with another version.
    Servers,
    /// Tasks that take the place of others.
    Containers,
    /// Versions of a function, between which an alias shifts.
    Functions,
}

impl Platform {
    /// Returns what messages call it.
    pub fn words(self) -> &'static str {
        match self {
            Platform::Servers => "servers",
            Platform::Containers => "containers",
            Platform::Functions => "functions",
        }
    }
}

/// What a deployment takes from the node that it names.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// What it deploys to.
    pub platform: Platform,
    /// How copies or visits change over.
    pub strategy: Strategy,
    /// From starting a copy to its first visit, or until the first visits are shifted [ns];
    /// none: as long as a new copy takes by itself.
    pub start_up: Option<Law>,
    /// From an alarm until the deployment is taken back [ns].
    pub rollback: Law,
}
