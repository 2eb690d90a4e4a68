//! Hashes of names, which address draws: equal on all machines and for ever.

/// Returns the hash of some texts; their borders count.
pub(crate) fn hash64(parts: &[&str]) -> u64 {
    // FNV-1a, then the finaliser of splitmix64, since FNV's upper bits mix slowly.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// Returns the address of a call: caller, callee, and which call of this pair it is.
pub(crate) fn site(caller: &str, callee: &str, number: u32) -> u32 {
    (hash64(&[caller, callee, &number.to_string()]) >> 32) as u32
}
