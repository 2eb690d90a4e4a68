//! Reports as plain data: their JSON, and the digest, one hash that two equal ones share.

use serde::Serialize;
use sha2::{Digest, Sha256};
use std::io;

/// Returns SHA-256 in hex of plain data, over its JSON without spaces; of a report, with
/// an empty digest.
///
/// Fields come in the order of their declaration and names in theirs; nothing in
/// a report depends on the clock on the wall or on the number of threads.
pub(super) fn digest_of(bare: &impl Serialize) -> String {
    let mut hashing = Hashing(Sha256::new());
    if serde_json::to_writer(&mut hashing, bare).is_err() {
        unreachable!("a report has only text keys and no values that JSON cannot express");
    }
    let hash = hashing.0.finalize();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns plain data as JSON, indented, with a line break at its end.
pub(super) fn json_of(data: &impl Serialize) -> String {
    let Ok(mut text) = serde_json::to_string_pretty(data) else {
        unreachable!("a report has only text keys and no values that JSON cannot express");
    };
    text.push('\n');
    text
}

/// Hashes what is written, so that the JSON of a large report is never held as a whole.
struct Hashing(Sha256);

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
