//! The digest: one hash that two equal reports share.

use super::Report;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Returns SHA-256 of a report in hex, over its JSON without spaces and with an
/// empty digest.
///
/// Fields come in the order of their declaration and names in theirs; nothing in
/// a report depends on the clock on the wall or on the number of threads.
pub(super) fn digest(report: &Report) -> String {
    let bare = Report {
        digest: String::new(),
        ..report.clone()
    };
    digest_of(&bare)
}

/// Returns SHA-256 in hex of plain data, over its JSON without spaces.
pub(super) fn digest_of(bare: &impl Serialize) -> String {
    let Ok(bytes) = serde_json::to_vec(bare) else {
        unreachable!("a report has only text keys and no values that JSON cannot express");
    };
    let hash = Sha256::digest(&bytes);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
