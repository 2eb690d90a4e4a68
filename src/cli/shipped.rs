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
    "archive-restore",
    "bad-deployment",
    "black-friday-scaling",
    "build-queue",
    "burst-credits",
    "cache-aside",
    "cache-stampede",
    "canary-release",
    "celebrity-post",
    "cold-start",
    "concurrency-exhaustion",
    "connection-limit",
    "data-pipeline",
    "database-failover",
    "distributed-map",
    "event-driven",
    "event-replay",
    "fifo-limit",
    "hot-partition",
    "idle-connections",
    "item-limit",
    "lost-events",
    "microservices",
    "nat-ports",
    "notification-system",
    "observability",
    "partial-failure",
    "photo-feed",
    "prefix-limit",
    "reader-lag",
    "retry-storm",
    "ride-sharing",
    "secret-rotation",
    "serverless-database",
    "serverless-web",
    "shared-files",
    "single-server",
    "slow-command",
    "table-scaling",
    "three-tier-web",
    "twitter-feed",
    "two-regions",
    "url-shortener",
    "video-streaming",
    "zone-outage",
];

/// What they are for: patterns and questions by name; all others are lessons.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "Patterns",
        &[
            "three-tier-web",
            "serverless-web",
            "event-driven",
            "microservices",
            "data-pipeline",
        ],
    ),
    (
        "Questions",
        &[
            "url-shortener",
            "photo-feed",
            "notification-system",
            "twitter-feed",
            "ride-sharing",
            "video-streaming",
            "zone-outage",
        ],
    ),
];

/// Returns the groups, each with its members: patterns, questions, lessons.
pub(crate) fn groups() -> Vec<(&'static str, Vec<&'static str>)> {
    let grouped = |name: &&str| GROUPS.iter().any(|(_, names)| names.contains(name));
    let mut all: Vec<(&str, Vec<&str>)> = GROUPS
        .iter()
        .map(|(title, names)| (*title, names.to_vec()))
        .collect();
    let lessons = names().into_iter().filter(|name| !grouped(name));
    all.push(("Lessons", lessons.collect()));
    all
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topology_is_in_one_group() {
        let mut grouped: Vec<&str> = groups().into_iter().flat_map(|(_, names)| names).collect();
        grouped.sort_unstable();

        assert_eq!(grouped, names());
    }
}
