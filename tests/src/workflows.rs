//! From a text to a program, as the host does it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use flowdbg_engine::program::Program;
use flowdbg_lang::{analysis::Analysis, text::Source, value::Value};

/// A workflow that can run, or what is wrong with it, one line each.
///
/// # Errors
/// The checks found something that prevents it from running.
pub fn program(path: &str, text: &str) -> Result<Arc<Program>, String> {
    let analysis = Analysis::of(Source::new(path, text));
    match analysis.runnable() {
        Some(workflow) => Ok(Program::new(workflow.clone())),
        None => Err(findings(&analysis).join("\n")),
    }
}

/// All findings, one line each.
#[must_use]
pub fn findings(analysis: &Analysis) -> Vec<String> {
    let line = |found: &flowdbg_lang::diagnostic::Diagnostic| {
        let at = analysis.source.position(found.span.start);
        format!("{}:{}:{}: [{}] {}", analysis.source.path(), at.line + 1, at.character + 1, found.code, found.message)
    };
    analysis.diagnostics.iter().map(line).collect()
}

/// The data of a YAML or JSON text.
///
/// # Errors
/// It cannot be read.
pub fn data(text: &str) -> Result<Value, String> {
    let (tree, problems) = flowdbg_lang::read::read(&Source::new("data", text));
    match (tree.root(), problems.first()) {
        (Some(root), None) => Ok(tree.value(root)),
        (_, problem) => Err(problem.map_or_else(|| "there is no data".to_owned(), |problem| problem.message.clone())),
    }
}

/// The files of a folder whose names end so, in their order.
///
/// # Errors
/// The folder cannot be read.
#[expect(clippy::disallowed_methods, reason = "tests read their files")]
pub fn files(folder: &Path, ending: &str) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, ending)?);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The text of a file.
///
/// # Errors
/// The file cannot be read; names it.
#[expect(clippy::disallowed_methods, reason = "tests read their files")]
pub fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
