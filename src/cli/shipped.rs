//! The topologies that the program carries.
//!
//! They lie in `topologies/`, one file each. A test compares the table with the
//! directory, so that neither can be forgotten.

use crate::spec::nearest;

/// Makes the table out of names.
macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../topologies/", $name, ".json")))),*]
    };
}

/// Name and text of every shipped topology, sorted by name.
pub static SHIPPED: &[(&str, &str)] = shipped![
    "bad-deployment",
    "black-friday-scaling",
    "cache-aside",
    "cache-stampede",
    "celebrity-post",
    "cold-start",
    "data-pipeline",
    "database-failover",
    "event-driven",
    "hot-partition",
    "microservices",
    "notification-system",
    "observability",
    "photo-feed",
    "retry-storm",
    "ride-sharing",
    "serverless-web",
    "single-server",
    "three-tier-web",
    "twitter-feed",
    "url-shortener",
    "video-streaming",
];

/// Returns all names.
pub(crate) fn names() -> Vec<&'static str> {
    SHIPPED.iter().map(|(name, _)| *name).collect()
}

/// Returns the text of a shipped topology.
pub(crate) fn text(name: &str) -> Option<&'static str> {
    let found = SHIPPED.iter().find(|(known, _)| *known == name);
    found.map(|(_, text)| *text)
}

/// Says which name was meant, or how to see all of them.
pub(crate) fn help(name: &str) -> String {
    match nearest(name, names()) {
        Some(near) => format!("did you mean `{near}`? `kneepoint list` shows all"),
        None => "give a file, or one of the names that `kneepoint list` shows".to_owned(),
    }
}
