//! What surrounds a workflow on disk: the settings of its project, and the workflows it can run.
//!
//! The command line and the language server look here, so that both say the same about a file.
//! What was read is kept as long as the files' times and sizes stay as they are.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use flowdbg_engine::worlds::local;
use flowdbg_lang::{
    analysis::Analysis,
    codes,
    diagnostic::Diagnostic,
    ide::diagnostics::{Files, Surroundings, WorkflowName},
    model::Workflow,
    read::read,
    settings::{FILE_NAME, Settings},
    text::{Source, Span},
};

use crate::load;

/// A folder with a `flowdbg.toml`.
#[derive(Debug)]
pub struct Project {
    /// The folder.
    pub folder: PathBuf,
    /// What it wants of the checks.
    pub settings: Settings,
}

impl Project {
    /// Whether a file or folder is left out when folders are searched.
    #[must_use]
    pub fn excludes(&self, path: &Path) -> bool {
        let path = load::normal(path);
        let below = path.strip_prefix(&self.folder).ok();
        below.is_some_and(|below| self.settings.excludes(&below.to_string_lossy().replace('\\', "/")))
    }
}

/// A `flowdbg.toml` that cannot be used.
#[derive(Debug)]
pub struct BadSettings {
    /// Its text; empty if it could not be read.
    pub source: Arc<Source>,
    /// What is wrong with it.
    pub found: Vec<Diagnostic>,
}

/// A workflow file as its project sees it.
#[derive(Debug)]
pub struct Checked {
    /// Text, model and findings.
    pub analysis: Analysis,
    /// How many of [`Analysis::allowed`] are allowed by comments; the settings allow those behind.
    pub allowed_by_comments: usize,
    /// Settings that should have counted but cannot be used.
    pub bad_settings: Option<Arc<BadSettings>>,
}

/// Tells whether a file has changed.
type Stamp = (Option<SystemTime>, u64);
type Found = Result<Arc<Project>, Arc<BadSettings>>;

/// The projects and workflows that were looked at.
#[derive(Debug, Default)]
pub struct Projects {
    settings: Mutex<HashMap<PathBuf, (Stamp, Found)>>,
    names: Mutex<HashMap<PathBuf, (Stamp, Option<WorkflowName>)>>,
}

impl Projects {
    /// The project that a file or folder is in: the nearest folder above with a `flowdbg.toml`.
    ///
    /// # Errors
    /// The settings cannot be used.
    pub fn of(&self, path: &Path) -> Result<Option<Arc<Project>>, Arc<BadSettings>> {
        let path = load::normal(path);
        let start = if path.is_dir() { Some(path.as_path()) } else { path.parent() };
        for folder in std::iter::successors(start, |folder| folder.parent()) {
            let file = folder.join(FILE_NAME);
            if let Some(stamp) = stamp(&file) {
                return self.settings_in(folder, &file, stamp).map(Some);
            }
        }
        Ok(None)
    }

    fn settings_in(&self, folder: &Path, file: &Path, stamp: Stamp) -> Found {
        if let Some((kept, found)) = lock(&self.settings).get(file)
            && *kept == stamp
        {
            return found.clone();
        }
        let bad = |text: String, found| Arc::new(BadSettings { source: Source::new(&*file.to_string_lossy(), text), found });
        let found = match load::read_text(file) {
            Ok(text) => {
                let source = Source::new(&*file.to_string_lossy(), text);
                Settings::parse(&source)
                    .map(|settings| Arc::new(Project { folder: folder.to_owned(), settings }))
                    .map_err(|found| Arc::new(BadSettings { source, found }))
            }
            Err(why) => {
                Err(bad(String::new(), vec![Diagnostic::error(codes::SETTINGS, Span::default(), format!("cannot be read: {why}"))]))
            }
        };
        lock(&self.settings).insert(file.to_owned(), (stamp, found.clone()));
        found
    }

    /// Reads a file again when it is next asked for, even if its time and size are what they were.
    pub fn forget(&self, path: &Path) {
        let path = load::normal(path);
        lock(&self.settings).remove(&path);
        lock(&self.names).remove(&path);
    }

    /// Checks a workflow's text as its project wants it.
    #[must_use]
    pub fn check(&self, path: &Path, source: Arc<Source>) -> Checked {
        self.check_also(path, source, |analysis| analysis)
    }

    /// The same with what a dry run has found, if the workflow can run; `dry` makes one.
    #[must_use]
    pub fn check_dry(&self, path: &Path, source: Arc<Source>, dry: impl FnOnce(&Arc<Workflow>) -> Vec<Diagnostic>) -> Checked {
        self.check_also(path, source, |analysis| match analysis.runnable().map(dry) {
            Some(found) => analysis.with_dry_run(found),
            None => analysis,
        })
    }

    fn check_also(&self, path: &Path, source: Arc<Source>, also: impl FnOnce(Analysis) -> Analysis) -> Checked {
        // Files are only looked for where a sub-workflow may be run.
        let workflows = source.text().contains("workflow").then(|| self.workflows_near(path));
        let files = FilesFor(path);
        let surroundings = Surroundings { workflows: workflows.as_deref(), files: Some(&files) };
        let analysis = also(Analysis::within(source, surroundings));
        let allowed_by_comments = analysis.allowed.len();
        let (analysis, bad_settings) = match self.of(path) {
            Ok(Some(project)) => (analysis.under(&project.settings), None),
            Ok(None) => (analysis, None),
            Err(bad) => (analysis, Some(bad)),
        };
        Checked { analysis, allowed_by_comments, bad_settings }
    }

    /// The workflows that a workflow in this file would find when it runs one.
    fn workflows_near(&self, path: &Path) -> Vec<WorkflowName> {
        let path = load::normal(path);
        let folder = path.parent().unwrap_or(&path);
        local::files(folder).iter().filter_map(|file| self.name_of(file)).collect()
    }

    fn name_of(&self, file: &Path) -> Option<WorkflowName> {
        let stamp = stamp(file)?;
        if let Some((kept, name)) = lock(&self.names).get(file)
            && *kept == stamp
        {
            return name.clone();
        }
        let name = load::read_text(file).ok().and_then(|text| name_in(file, text));
        lock(&self.names).insert(file.to_owned(), (stamp, name.clone()));
        name
    }
}

impl Checked {
    /// Checks a text that is in no project.
    #[must_use]
    pub fn alone(source: Arc<Source>) -> Self {
        let analysis = Analysis::of(source);
        Self { allowed_by_comments: analysis.allowed.len(), analysis, bad_settings: None }
    }
}

/// The files that a workflow at this path can name.
#[derive(Debug)]
struct FilesFor<'a>(&'a Path);

impl Files for FilesFor<'_> {
    fn has(&self, address: &str) -> Option<bool> {
        local::file_at(address, self.0).map(|path| path.is_file())
    }
}

fn name_in(file: &Path, text: String) -> Option<WorkflowName> {
    if !text.contains("document") {
        return None;
    }
    let (tree, _) = read(&Source::new(&*file.to_string_lossy(), text));
    let document = tree.get(tree.root()?, "document")?;
    let member = |key| Some(tree.text(tree.get(document, key)?)?.to_string());
    Some(WorkflowName { namespace: member("namespace")?, name: member("name")?, version: member("version")? })
}

fn stamp(file: &Path) -> Option<Stamp> {
    let about = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    Some((about.modified().ok(), about.len()))
}

// Nobody panics while he holds the lock, and the maps hold immutable values.
fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "document: { dsl: '1.0.3', namespace: shop, name: main, version: '1.0.0' }\n";

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    fn codes_of(projects: &Projects, path: &Path) -> Vec<&'static str> {
        let source = Source::new(&*path.to_string_lossy(), load::read_text(path).unwrap());
        projects.check(path, source).analysis.diagnostics.iter().map(|found| found.code).collect()
    }

    #[test]
    fn the_nearest_settings_count_and_are_read_again_when_they_change() {
        let text = format!("{HEAD}do:\n  - a: {{ set: {{ x: 1 }}, then: nowhere }}\n");
        let folder = folder(&[("flowdbg.toml", "[check]\nallow = [\"OW0201\"]\n"), ("deep/er/a.yaml", &text)]);
        let (projects, file) = (Projects::default(), folder.path().join("deep/er/a.yaml"));
        assert_eq!(codes_of(&projects, &file), Vec::<&str>::new());
        std::fs::write(folder.path().join("deep/flowdbg.toml"), "").unwrap();
        assert_eq!(codes_of(&projects, &file), ["OW0201"], "nearer settings hide those above");
        std::fs::write(folder.path().join("deep/flowdbg.toml"), "[check]\nwarn = [\"OW0201\"]\n").unwrap();
        let source = Source::new(&*file.to_string_lossy(), text);
        let checked = projects.check(&file, source.clone());
        assert!(!checked.analysis.has_errors() && checked.analysis.diagnostics.len() == 1);
        std::fs::write(folder.path().join("deep/flowdbg.toml"), "[chek]\n").unwrap();
        let checked = projects.check(&file, source);
        assert!(checked.analysis.has_errors(), "settings that cannot be used allow nothing");
        assert_eq!(checked.bad_settings.unwrap().found[0].code, "OW0803");
    }

    #[test]
    fn functions_are_looked_for_where_they_would_be_read() {
        let folder = folder(&[("below/catalog/functions/log/1.0.0/function.yaml", "set: { x: 1 }\n"), ("one.yaml", "set: { x: 1 }\n")]);
        let root = folder.path().to_str().unwrap();
        let projects = Projects::default();
        let codes = |endpoint: &str, call: &str| {
            let text =
                format!("{HEAD}use: {{ catalogs: {{ ours: {{ endpoint: {endpoint} }} }} }}\ndo: [ {{ a: {{ call: '{call}' }} }} ]\n");
            let path = folder.path().join("below/a.yaml");
            let found = projects.check(&path, Source::new(&*path.to_string_lossy(), text)).analysis.diagnostics;
            found.into_iter().map(|found| format!("{:?} {} {}", found.severity, found.code, found.message)).collect::<Vec<_>>()
        };
        let file_url = format!("file://{root}/below/catalog/");
        for endpoint in ["./catalog", "catalog/", &file_url, &format!("{{ uri: '{file_url}' }}")] {
            assert_eq!(codes(endpoint, "log:1.0.0@ours"), [""; 0], "{endpoint}");
            let missing = codes(endpoint, "log:1.1.0@ours");
            assert!(
                missing.len() == 1 && missing[0].starts_with("Warning OW0217 the catalog `ours` has no function `log` of version `1.1.0`"),
                "{missing:?}"
            );
        }
        for unknown in ["https://catalog.example", "'${ .catalog }'", "'./{folder}'", "{ uri: 'http://{host}/c' }"] {
            assert_eq!(codes(unknown, "log:1.1.0@ours"), [""; 0], "{unknown}");
        }
        let all = "./catalog";
        assert_eq!(codes(all, &format!("file://{root}/one.yaml")).len(), 1, "the catalog is not used");
        assert_eq!(codes(all, &format!("file://{root}/two.yaml"))[1], format!("Warning OW0217 there is no file file://{root}/two.yaml"));
    }

    #[test]
    fn sub_workflows_are_known_as_they_would_be_found() {
        let run = |version: &str| {
            format!("{HEAD}do:\n  - a: {{ run: {{ workflow: {{ namespace: shop, name: ship, version: '{version}' }} }} }}\n")
        };
        let ship = HEAD.replace("main", "ship");
        let folder = folder(&[
            ("good.yaml", &run("1.0.0")),
            ("old.yaml", &run("0.9.0")),
            ("below/ship.yaml", &format!("{ship}do:\n  - a: {{ set: {{ x: 1 }} }}\n")),
            ("broken.yaml", "document: ["),
        ]);
        let projects = Projects::default();
        assert_eq!(codes_of(&projects, &folder.path().join("good.yaml")), Vec::<&str>::new());
        assert_eq!(codes_of(&projects, &folder.path().join("old.yaml")), ["OW0220"]);
        std::fs::remove_file(folder.path().join("below/ship.yaml")).unwrap();
        assert_eq!(codes_of(&projects, &folder.path().join("good.yaml")), ["OW0220"]);
    }
}
