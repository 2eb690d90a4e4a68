//! Plain kinds: one per mechanism, without a vendor's defaults.

pub mod balancer;
pub mod cache;
pub mod delay;
pub mod external;
pub mod limiter;
pub mod log;
pub mod pool;
pub mod queue;
pub mod station;
pub mod topic;

use super::KindInfo;
use super::ask::{Access, OperationInfo};

/// All plain kinds.
pub(crate) static INFOS: &[&KindInfo] = &[
    &station::INFO,
    &delay::INFO,
    &cache::INFO,
    &limiter::INFO,
    &balancer::INFO,
    &queue::INFO,
    &log::INFO,
    &topic::INFO,
    &pool::INFO,
    &external::INFO,
];

/// Where the defaults of plain kinds come from.
const SOURCES: &str = "Defaults are the neutral element of each mechanism; see the parameters.";

/// Operations of kinds that are not stores.
const PLAIN: &[OperationInfo] = &[];

/// Operations of kinds that keep versions of keys.
const VERSIONED: &[OperationInfo] = &[
    OperationInfo {
        name: "read",
        access: Access::Read,
        most_items: u32::MAX,
        doc: "brings items back",
    },
    OperationInfo {
        name: "write",
        access: Access::Write,
        most_items: u32::MAX,
        doc: "takes items along",
    },
    OperationInfo {
        name: "conditional",
        access: Access::Write,
        most_items: u32::MAX,
        doc: "a write that fails if the key was written since this request read it",
    },
];
