//! Where the files lie that tests of several binaries read.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

/// The folder with the specification's data, if the environment names it.
pub(crate) fn specification() -> Option<PathBuf> {
    let folder = std::env::var_os("FLOWDBG_SPEC").map(PathBuf::from);
    if folder.is_none() {
        say("SKIPPED: FLOWDBG_SPEC does not name the folder with the specification's schema, examples and conformance kit");
    }
    folder
}

/// Says something to whoever runs the tests. Not by a macro: the test harness would hide it.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The files of a folder and its sub-folders whose names end so, in their order.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The workflows of a conformance feature: its doc strings that declare a document.
pub(crate) fn workflows_of_feature(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block: Option<(usize, String)> = None;
    for line in text.lines() {
        let trimmed = line.trim_start();
        match (&mut block, trimmed.starts_with("\"\"\"")) {
            (None, true) => block = Some((line.len() - trimmed.len(), String::new())),
            (Some(_), true) => found.extend(block.take().map(|(_, text)| text)),
            (Some((indent, text)), false) => {
                text.push_str(line.get(*indent..).unwrap_or(trimmed));
                text.push('\n');
            }
            (None, false) => {}
        }
    }
    found.retain(|text| text.lines().any(|line| line.starts_with("document:")));
    found
}
