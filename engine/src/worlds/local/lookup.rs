//! Sub-workflows: found by namespace, name and version among those that the host knows, and on disk
//! near the workflow that asks.

use std::{
    cmp::Ordering,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use crate::program::Program;

/// Reads a workflow file and makes it ready to run, or says why not.
pub type Loader = Arc<dyn Fn(&Path) -> Result<Arc<Program>, String> + Send + Sync>;

/// The workflows that a host knows, wherever their files are. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Registry(Arc<RwLock<Vec<Arc<Program>>>>);

impl Registry {
    /// Adds a workflow; one with the same namespace, name and version is replaced, and returned.
    pub fn add(&self, program: Arc<Program>) -> Option<Arc<Program>> {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let same = known.iter().position(|known| known.workflow.full_name() == program.workflow.full_name());
        let old = same.map(|at| known.remove(at));
        known.push(program);
        old
    }

    fn find(&self, wanted: &Wanted<'_>) -> Option<Arc<Program>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let fits = known.iter().filter(|program| {
            let document = &program.workflow.document;
            wanted.fits(&document.namespace, &document.name, &document.version)
        });
        fits.max_by(|a, b| order(&a.workflow.document.version, &b.workflow.document.version)).cloned()
    }
}

/// Which workflow is looked for.
struct Wanted<'a> {
    namespace: &'a str,
    name: &'a str,
    version: &'a str,
}

impl Wanted<'_> {
    fn fits(&self, namespace: &str, name: &str, version: &str) -> bool {
        name == self.name && (self.namespace.is_empty() || namespace == self.namespace) && (self.is_latest() || version == self.version)
    }

    fn is_latest(&self) -> bool {
        self.version.is_empty() || self.version == "latest"
    }
}

/// The order of two versions (SemVer 2.0, section 11). What is no version comes before all others.
fn order(a: &str, b: &str) -> Ordering {
    match (semver::Version::parse(a), semver::Version::parse(b)) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        (a, b) => a.is_ok().cmp(&b.is_ok()),
    }
}

/// How deep folders are searched below that of the asking workflow.
const MAX_DEPTH: usize = 4;
/// How many files are looked at.
const MAX_FILES: usize = 2_000;

/// Whether a file may hold a workflow, by its name.
#[must_use]
pub fn recognised(path: &Path) -> bool {
    path.extension().and_then(|extension| extension.to_str()).is_some_and(|extension| matches!(extension, "yaml" | "yml" | "json"))
}

pub(super) fn find(
    loader: &Loader,
    registry: &Registry,
    namespace: &str,
    name: &str,
    version: &str,
    from: &str,
) -> Result<Arc<Program>, String> {
    let wanted = Wanted { namespace, name, version };
    let known = registry.find(&wanted);
    if let Some(program) = known.as_ref().filter(|_| !wanted.is_latest()) {
        return Ok(program.clone());
    }
    let folder = Path::new(from).parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let files = files(folder).into_iter().filter_map(|file| {
        let (namespace, name, version) = identity(&file)?;
        wanted.fits(&namespace, &name, &version).then_some((version, file))
    });
    let found = files.max_by(|(a, a_file), (b, b_file)| order(a, b).then_with(|| a_file.cmp(b_file)));
    match (found, known) {
        (Some((version, file)), Some(known)) if order(&version, &known.workflow.document.version).is_gt() => loader(&file),
        (_, Some(known)) => Ok(known),
        (Some((_, file)), None) => loader(&file),
        (None, None) => Err(format!(
            "no workflow {namespace}/{name}:{version} is known to this host, and no file in {} or below holds it",
            folder.display()
        )),
    }
}

/// The files in a folder and below that may hold workflows, in the order of their names.
#[must_use]
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(folder, MAX_DEPTH, &mut found);
    found.sort();
    found
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_in_their_order() {
        let mut versions = ["1.0.0", "nonsense", "1.0.0-rc.2", "0.10.0", "1.0.0-rc.10", "0.9.1"];
        versions.sort_by(|a, b| order(a, b));
        assert_eq!(versions, ["nonsense", "0.9.1", "0.10.0", "1.0.0-rc.2", "1.0.0-rc.10", "1.0.0"]);
    }

    #[test]
    fn the_host_knows_workflows_and_files_are_found_beside() {
        let read = |path: &str, text: String| {
            let (tree, _) = flowdbg_lang::read::read(&flowdbg_lang::text::Source::new(path, text));
            Program::new(flowdbg_lang::lower::lower(&Arc::new(tree)).expect("a workflow"))
        };
        let folder = tempfile::tempdir().expect("a folder");
        for version in ["1.2.0", "1.10.0"] {
            std::fs::write(folder.path().join(format!("{version}.yaml")), text("b", version)).expect("it is written");
        }
        let loader: Loader = Arc::new(move |path: &Path| {
            Ok(read(&path.to_string_lossy(), text("file", &path.file_stem().unwrap_or_default().to_string_lossy())))
        });
        let registry = Registry::default();
        let from = folder.path().join("asking.yaml").display().to_string();
        let found =
            |name: &str, version: &str| find(&loader, &registry, "a", name, version, &from).map(|program| program.workflow.full_name());
        assert_eq!(found("b", "1.2.0").as_deref(), Ok("a/file:1.2.0"));
        assert_eq!(found("b", "latest").as_deref(), Ok("a/file:1.10.0"));
        assert!(registry.add(read("x.yaml", text("b", "1.9.0"))).is_none());
        assert_eq!(found("b", "latest").as_deref(), Ok("a/file:1.10.0"));
        registry.add(read("x.yaml", text("b", "2.0.0-rc.1")));
        assert_eq!(found("b", "latest").as_deref(), Ok("a/b:2.0.0-rc.1"));
        assert_eq!(found("b", "1.9.0").as_deref(), Ok("a/b:1.9.0"));
        assert!(registry.add(read("y.yaml", text("b", "1.9.0"))).is_some_and(|old| old.workflow.source.path() == "x.yaml"));
        let error = found("c", "1.0.0").expect_err("there is none");
        assert!(error.starts_with("no workflow a/c:1.0.0 is known to this host"), "{error}");
    }

    fn text(name: &str, version: &str) -> String {
        format!("document: {{ dsl: '1.0.3', namespace: a, name: {name}, version: '{version}' }}\ndo:\n  - one: {{ set: 1 }}\n")
    }
}
