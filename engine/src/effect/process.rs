//! Processes: what is run, and what it left behind.

use std::{collections::BTreeMap, sync::Arc};

/// A process to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    /// What is run.
    pub command: Command,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Standard input; empty if absent.
    pub stdin: Option<String>,
    /// Added to the environment.
    pub environment: BTreeMap<String, String>,
}

/// What a process runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// A command line of the shell, which sees the arguments as `$1` and so on.
    Shell(String),
    /// A script, which sees the arguments as its own.
    Script {
        /// Its language.
        language: ScriptLanguage,
        /// Its text.
        code: String,
    },
    /// A container.
    Container(Box<Container>),
}

impl Command {
    /// What a person calls it: `command`, `script`, `container`.
    #[must_use]
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Shell(_) => "command",
            Self::Script { .. } => "script",
            Self::Container(_) => "container",
        }
    }
}

/// A language of scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScriptLanguage {
    /// JavaScript.
    JavaScript,
    /// Python.
    Python,
}

/// A container (DSL Reference, "Container Process").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// The image.
    pub image: String,
    /// Its name; the world makes one up if absent.
    pub name: Option<String>,
    /// A command line for the shell of the image; what the image itself runs, if absent.
    pub command: Option<String>,
    /// Ports of the host with those of the container that they lead to.
    pub ports: Vec<(String, String)>,
    /// Folders or volumes of the host with the places where the container sees them.
    pub volumes: Vec<(String, String)>,
    /// When the image is fetched.
    pub pull: Pull,
    /// When the container is removed.
    pub cleanup: Cleanup,
    /// Path of the workflow that asks; folders that begin with a dot are found from there.
    pub from: Arc<str>,
}

/// When an image is fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pull {
    /// If it is not there yet.
    #[default]
    IfNotPresent,
    /// Every time.
    Always,
    /// Never.
    Never,
}

/// When a container is removed that has ended by itself. One that is cancelled always is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cleanup {
    /// Never.
    #[default]
    Never,
    /// As soon as it ends.
    Always,
    /// So many milliseconds after its end.
    After(u64),
}

/// Where a process writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What a process left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessOutcome {
    /// Exit code; 128 plus the signal if it was killed by one.
    pub code: i32,
    /// Standard output. Bytes that are not UTF-8 are replaced by U+FFFD.
    pub stdout: String,
    /// Standard error, in the same way.
    pub stderr: String,
    /// Milliseconds of processor time that it and the processes it waited for took, where the
    /// system tells.
    pub processor: Option<u64>,
}

/// Why a process did not run to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProcessError {
    /// What runs it is not installed, or set up wrongly; says how to mend that.
    Missing(String),
    /// It did not start, or was stopped for using too much.
    Failed(String),
}

impl std::fmt::Display for ProcessError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Missing(why) | Self::Failed(why)) = self;
        f.write_str(why)
    }
}
