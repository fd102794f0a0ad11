//! Sub-workflows on disk: found by namespace, name and version near the workflow that asks.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::program::Program;

/// Reads a workflow file and makes it ready to run, or says why not.
pub type Loader = Arc<dyn Fn(&Path) -> Result<Arc<Program>, String> + Send + Sync>;

/// How deep folders are searched below that of the asking workflow.
const MAX_DEPTH: usize = 4;
/// How many files are looked at.
const MAX_FILES: usize = 2_000;

/// Whether a file may hold a workflow, by its name.
#[must_use]
pub fn recognised(path: &Path) -> bool {
    path.extension().and_then(|extension| extension.to_str()).is_some_and(|extension| matches!(extension, "yaml" | "yml" | "json"))
}

pub(super) fn find(loader: &Loader, namespace: &str, name: &str, version: &str, from: &str) -> Result<Arc<Program>, String> {
    let folder = Path::new(from).parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut files = Vec::new();
    collect(folder, MAX_DEPTH, &mut files);
    files.sort();
    let wanted = format!("{namespace}/{name}:{version}");
    let mut found: Vec<(Vec<u64>, PathBuf)> = Vec::new();
    for file in files {
        let Some((file_namespace, file_name, file_version)) = identity(&file) else { continue };
        if file_name == name
            && (namespace.is_empty() || file_namespace == namespace)
            && (version == "latest" || version.is_empty() || file_version == version)
        {
            found.push((numbers(&file_version), file));
        }
    }
    found.sort();
    match found.pop() {
        Some((_, file)) => loader(&file),
        None => Err(format!("no file in {} or below holds the workflow {wanted}", folder.display())),
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the world that reads files")]
fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let hidden = path
            .file_name()
            .and_then(|name| name.to_str())
            .is_none_or(|name| name.starts_with('.') || name == "node_modules" || name == "target");
        if files.len() >= MAX_FILES || hidden {
            continue;
        }
        if path.is_dir() {
            if depth > 0 {
                collect(&path, depth - 1, files);
            }
        } else if recognised(&path) {
            files.push(path);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the world that reads files")]
fn identity(file: &Path) -> Option<(String, String, String)> {
    let text = std::fs::read_to_string(file).ok()?;
    if !text.contains("document") {
        return None;
    }
    let (tree, _) = flowdbg_lang::read::read(&flowdbg_lang::text::Source::new(file.to_string_lossy().as_ref(), text));
    let document = tree.get(tree.root()?, "document")?;
    let member = |key| Some(tree.text(tree.get(document, key)?)?.to_string());
    Some((member("namespace")?, member("name")?, member("version")?))
}

/// The numbers of a version, to find the latest.
fn numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}
