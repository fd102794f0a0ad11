//! Which programs run scripts and containers, and how much scripts may use.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::effect::{ProcessError, ScriptLanguage};

/// Names the program that runs JavaScript.
const NODE: &str = "FLOWDBG_NODE";
/// Names the program that runs Python.
const PYTHON: &str = "FLOWDBG_PYTHON";
/// Names the program that runs containers.
const CONTAINERS: &str = "FLOWDBG_CONTAINER_ENGINE";
/// How much memory a script may use, in MiB.
const MEMORY: &str = "FLOWDBG_SCRIPT_MEMORY_MIB";
/// How much processor time a script may use, in seconds.
const CPU: &str = "FLOWDBG_SCRIPT_CPU_SECONDS";

/// The programs that scripts and containers need: as they are named here, else found on the path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Programs {
    /// Runs JavaScript.
    pub node: Option<PathBuf>,
    /// Runs Python.
    pub python: Option<PathBuf>,
    /// Runs containers, with the command line of docker.
    pub containers: Option<PathBuf>,
    /// The folders in which programs are looked for; those of `PATH` if absent.
    pub path: Option<OsString>,
    /// How much a script may use.
    pub limits: Limits,
}

/// How much a script may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Memory for data, in bytes.
    pub memory: u64,
    /// Processor time, in seconds.
    pub cpu: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory: 4 * 1024 * 1024 * 1024, cpu: 3_600 }
    }
}

impl Programs {
    /// Those that the variables `FLOWDBG_NODE`, `FLOWDBG_PYTHON` and `FLOWDBG_CONTAINER_ENGINE`
    /// name, with the limits of `FLOWDBG_SCRIPT_MEMORY_MIB` and `FLOWDBG_SCRIPT_CPU_SECONDS`.
    ///
    /// # Errors
    /// A limit is not a number.
    pub fn from_environment(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, String> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let number = |name: &str| match variable(name) {
            None => Ok(None),
            Some(value) => value
                .to_str()
                .and_then(|text| text.trim().parse::<u64>().ok())
                .filter(|number| *number > 0)
                .map(Some)
                .ok_or_else(|| format!("{name} must be a whole number above 0, not `{}`", value.display())),
        };
        let usual = Limits::default();
        Ok(Self {
            node: variable(NODE).map(PathBuf::from),
            python: variable(PYTHON).map(PathBuf::from),
            containers: variable(CONTAINERS).map(PathBuf::from),
            path: None,
            limits: Limits {
                memory: number(MEMORY)?.map_or(usual.memory, |mebibytes| mebibytes.saturating_mul(1024 * 1024)),
                cpu: number(CPU)?.unwrap_or(usual.cpu),
            },
        })
    }

    /// The interpreter of a language.
    pub(super) fn interpreter(&self, language: ScriptLanguage) -> Result<PathBuf, ProcessError> {
        let (given, names, variable, what) = match language {
            ScriptLanguage::JavaScript => (&self.node, &["node"][..], NODE, "JavaScript scripts need Node.js"),
            ScriptLanguage::Python => (&self.python, &["python3", "python"][..], PYTHON, "Python scripts need Python 3"),
        };
        self.find(given.as_deref(), names, variable, what)
    }

    /// The command line of a container engine.
    pub(super) fn container_engine(&self) -> Result<PathBuf, ProcessError> {
        self.find(self.containers.as_deref(), &["docker", "podman"], CONTAINERS, "containers need docker or podman")
    }

    fn find(&self, given: Option<&Path>, names: &[&str], variable: &str, what: &str) -> Result<PathBuf, ProcessError> {
        let path = self.path.clone().or_else(|| std::env::var_os("PATH")).unwrap_or_default();
        let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let on_path = |name: &Path| folders.iter().map(|folder| folder.join(name)).find(|file| is_program(file));
        let Some(given) = given else {
            return names.iter().find_map(|name| on_path(&with_suffix(name))).ok_or_else(|| {
                let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                ProcessError::Missing(format!(
                    "{what}, but there is no {} on the PATH: install it, or set {variable} to the program",
                    names.join(" or ")
                ))
            });
        };
        let found = if given.components().count() == 1 { on_path(given) } else { Some(given.to_owned()).filter(|file| is_program(file)) };
        found.ok_or_else(|| {
            ProcessError::Missing(format!("{what}, but {variable} names `{}`, which is not a program that can be run", given.display()))
        })
    }
}

fn with_suffix(name: &str) -> PathBuf {
    PathBuf::from(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

fn is_program(file: &Path) -> bool {
    #[cfg(unix)]
    let runs = |about: std::fs::Metadata| std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let runs = |_: std::fs::Metadata| true;
    file.metadata().is_ok_and(|about| about.is_file() && runs(about))
}
