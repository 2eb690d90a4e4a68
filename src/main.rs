//! kneepoint
fn main() {}
