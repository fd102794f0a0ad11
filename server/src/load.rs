//! Workflow files: read from disk, checked, made ready to run.

use std::{
    io::Read as _,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use flowdbg_engine::{
    program::Program,
    scenario::{Scenario, Wrong},
    worlds::local::Loader,
};
use flowdbg_lang::{
    analysis::Analysis,
    codes,
    diagnostic::{Diagnostic, Severity},
    ide::is_workflow,
    text::Source,
};

/// A workflow that can run.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Ready to run.
    pub program: Arc<Program>,
    /// What the checks had to say that does not prevent that.
    pub remarks: Vec<Diagnostic>,
}

/// Why a workflow cannot run.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read the workflow file {path}: {why}")]
    Unreadable {
        /// The file, as it was asked for.
        path: String,
        /// Why, and how to mend it.
        why: String,
    },
    /// Its text is wrong, or uses what this version cannot run yet.
    #[error("the workflow {} has {} that prevent{} it from running", .text.path(), count(.found), if is_one(.found) { "s" } else { "" })]
    Invalid {
        /// The text.
        text: Arc<Source>,
        /// All that was found, in the order of the text.
        found: Vec<Diagnostic>,
    },
    /// What it brings along, its input or its stand-ins, is wrong.
    #[error("{0}")]
    Companion(String),
}

impl LoadError {
    /// What was found, for a person: one line each, as compilers print it.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Unreadable { .. } | Self::Companion(_) => vec![self.to_string()],
            Self::Invalid { text, found } => found
                .iter()
                .map(|found| {
                    let at = text.position(found.span.start);
                    format!("{}:{}:{}: [{}] {}", text.path(), at.line + 1, at.character + 1, found.code, found.message)
                })
                .collect(),
        }
    }
}

fn is_one(found: &[Diagnostic]) -> bool {
    found.iter().filter(|found| prevents(found)).count() == 1
}

fn count(found: &[Diagnostic]) -> String {
    match found.iter().filter(|found| prevents(found)).count() {
        1 => "one error".to_owned(),
        many => format!("{many} errors"),
    }
}

/// Whether a workflow with this finding is not run.
fn prevents(found: &Diagnostic) -> bool {
    found.severity == Severity::Error || found.code == codes::NOT_SUPPORTED
}

/// Reads a workflow file and checks it.
///
/// # Errors
/// The file cannot be read, or its text has errors.
pub fn load(path: &Path) -> Result<Loaded, LoadError> {
    let unreadable = |why: String| LoadError::Unreadable { path: path.display().to_string(), why };
    let text = read_text(path).map_err(unreadable)?;
    let source = Source::new(normal(path).to_string_lossy().as_ref(), text);
    let analysis = Analysis::of(source.clone());
    let workflow = analysis.runnable().cloned();
    let found = analysis.diagnostics;
    match workflow {
        Some(workflow) => Ok(Loaded { program: Program::new(workflow), remarks: found }),
        None => Err(LoadError::Invalid { text: source, found }),
    }
}

/// Why a scenario cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("cannot read the scenario {path}: {why}")]
    Unreadable {
        /// The file, as it was asked for.
        path: String,
        /// Why.
        why: String,
    },
    /// Its text is wrong.
    #[error("{0}")]
    Wrong(#[from] Wrong),
}

/// Reads a scenario.
///
/// # Errors
/// The file cannot be read, or its text is wrong.
pub fn scenario(path: &Path) -> Result<Scenario, ScenarioError> {
    let text = read_text(path).map_err(|why| ScenarioError::Unreadable { path: path.display().to_string(), why })?;
    Ok(Scenario::parse(&Source::new(path.to_string_lossy().as_ref(), text))?)
}

/// Reading workflow files for the engine, which looks for sub-workflows by itself.
#[must_use]
pub fn loader() -> Loader {
    Arc::new(|path: &Path| match load(path) {
        Ok(loaded) => Ok(loaded.program),
        Err(error) => Err(error.lines().join("; ")),
    })
}

/// Reads the workflows that a path stands for: a file, or a folder with all that it holds. In a
/// folder, files that hold no workflows are passed over; those with errors are told of.
///
/// # Errors
/// The path does not exist, or is a file that cannot run.
pub fn load_all(path: &Path) -> Result<Vec<Result<Loaded, LoadError>>, LoadError> {
    if !path.is_dir() {
        return Ok(vec![Ok(load(path)?)]);
    }
    let files = flowdbg_engine::worlds::local::files(path).into_iter();
    let holds = |file: &PathBuf| read_text(file).is_ok_and(|text| is_workflow(&file.to_string_lossy(), &text));
    Ok(files.filter(holds).map(|file| load(&file)).collect())
}

/// Reads a text of a size that a workflow may have.
///
/// # Errors
/// Says why it cannot be read.
pub fn read_text(path: &Path) -> Result<String, String> {
    let file = std::fs::OpenOptions::new().read(true).open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.to_string(),
    })?;
    let about = file.metadata().map_err(|error| error.to_string())?;
    if about.is_dir() {
        return Err("this is a folder; name a file in it".to_owned());
    }
    let limit = u64::try_from(Source::MAX_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() > Source::MAX_BYTES {
        return Err(format!("it is larger than the {} bytes that are read", Source::MAX_BYTES));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("it is not UTF-8 text (line {line}, byte {at}); save it as UTF-8")
    })
}

/// The path as messages and clients name it: absolute, without `.` and `..`, links not followed.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut normal = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            part => normal.push(part),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const GOOD: &str = "document: { dsl: '1.0.3', namespace: a, name: b, version: '1.0.0' }\ndo:\n  - one: { set: { a: 1 } }\n";

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn a_good_file_is_a_program_named_by_its_absolute_path() {
        let file = file(GOOD.as_bytes());
        let loaded = load(file.path()).unwrap();
        assert_eq!(loaded.program.workflow.full_name(), "a/b:1.0.0");
        assert!(Path::new(loaded.program.workflow.source.path()).is_absolute());
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let error = load(Path::new("no/such.yaml")).unwrap_err().to_string();
        assert_eq!(error, "cannot read the workflow file no/such.yaml: there is no such file");
        let folder = tempfile::tempdir().unwrap();
        let error = load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("this is a folder"), "{error}");
        let error = load(file(b"document:\n  \xff\n").path()).unwrap_err().to_string();
        assert!(error.contains("not UTF-8 text (line 2, byte 12)"), "{error}");
    }

    #[test]
    fn errors_in_the_text_are_listed_with_their_places() {
        let broken = file(GOOD.replace("set: { a: 1 }", "set: { a: 1 }, then: nowhere").as_bytes());
        let error = load(broken.path()).unwrap_err();
        assert!(error.to_string().ends_with("has one error that prevents it from running"), "{error}");
        let lines = error.lines();
        assert!(lines[0].contains(":3:") && lines[0].contains("OW0201"), "{lines:?}");
    }

    #[test]
    fn paths_have_one_name() {
        assert_eq!(normal(Path::new("/a/./b/../c.yaml")), Path::new("/a/c.yaml"));
        assert!(normal(Path::new("c.yaml")).is_absolute());
    }
}
