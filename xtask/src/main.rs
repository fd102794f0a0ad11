//! Room `xtask`.
fn main() {}
