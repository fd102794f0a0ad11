//! The specification's data, which is not part of this repository: its folder is named by a
//! variable, and tests that need it say when they are skipped.

use std::{io::Write as _, path::PathBuf};

/// Names the folder with the specification's schema, examples and conformance kit.
pub const VARIABLE: &str = "FLOWDBG_SPEC";

/// The folder, if the environment names it; says so if not.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os(VARIABLE).map(PathBuf::from);
    if folder.is_none() {
        // Not by a macro: the test harness would hide it.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: {VARIABLE} does not name the folder with the specification's schema, examples and conformance kit"
        );
    }
    folder
}
