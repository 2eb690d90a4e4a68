//! Addresses of calls: the same on all machines, as draws depend on them.

use crate::random::hash_name;

/// Returns the address of a call: caller, callee, and which call of this pair it is.
pub(crate) fn site(caller: &str, callee: &str, number: u32) -> u32 {
    (hash_name(&format!("{caller}->{callee} {number}")) >> 32) as u32
}
