//! Stand-ins for services: a small local HTTP server that a workflow brings along, so that it
//! runs offline.
//!
//! A workflow names its stub file in its metadata, `document.metadata.flowdbg.stub`. Whoever
//! starts the workflow asks [`for_workflow`], starts the stub, and lets the execution's world send
//! the requests of [`Started::routes`] to it. Each start has responses of its own; dropping
//! [`Started`] stops it. The format is described in `docs/reference/stub.md`.

mod file;
mod listener;
mod respond;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use flowdbg_lang::{
    diagnostic::Diagnostic,
    model::Workflow,
    suggest,
    text::{Source, Span},
    tree::{NodeId, Tree},
};

pub use listener::Started;

use crate::load;

/// A stub file that was read and found to be right.
#[derive(Clone, Debug)]
pub struct Stub {
    services: Arc<[file::Service]>,
}

/// Why a stub file cannot be used.
#[derive(Clone, Debug)]
pub enum Refused {
    /// It cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Its text is wrong.
    Wrong {
        /// The text.
        source: Arc<Source>,
        /// What is wrong with it, in the order of the text; at least one thing.
        problems: Vec<Diagnostic>,
    },
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, reason } => write!(f, "the stub file {} cannot be read: {reason}", path.display()),
            Self::Wrong { source, problems } => {
                for (at, problem) in problems.iter().enumerate() {
                    let line = if at == 0 { "" } else { "\n" };
                    write!(f, "{line}{}: {}", place(source, problem.span), problem.message)?;
                    if let Some(help) = &problem.help {
                        write!(f, "; {help}")?;
                    }
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for Refused {}

impl Stub {
    /// Reads a stub file.
    ///
    /// # Errors
    /// The file cannot be read, or its text is wrong.
    pub fn load(path: &Path) -> Result<Self, Refused> {
        let text = load::read_text(path).map_err(|reason| Refused::Unreadable { path: path.to_owned(), reason })?;
        Self::parse(&Source::new(path.to_string_lossy().as_ref(), text))
    }

    /// Reads the text of a stub file.
    ///
    /// # Errors
    /// It is wrong; says where.
    pub fn parse(source: &Arc<Source>) -> Result<Self, Refused> {
        match file::read(source) {
            Ok(services) => Ok(Self { services: services.into() }),
            Err(problems) => Err(Refused::Wrong { source: source.clone(), problems }),
        }
    }

    /// Starts it on a free port of the loopback interface. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// No port is to be had.
    pub async fn start(&self) -> std::io::Result<Started> {
        listener::start(self.services.clone()).await
    }
}

/// The stub that a workflow asks for in its metadata, read from the place next to its file.
///
/// # Errors
/// One or more lines for a person: the metadata or the stub file is wrong.
pub fn for_workflow(workflow: &Workflow) -> Result<Option<Stub>, String> {
    let tree = &*workflow.tree;
    let Some(settings) = settings(tree) else { return Ok(None) };
    let fail = |node: NodeId, message: &str| Err(format!("{}: {message}", place(tree.source(), tree.span(node))));
    let mut stub = None;
    for entry in tree.entries(settings) {
        match tree.text(entry.key).map_or("", |key| key) {
            "stub" => stub = Some(entry.value),
            other => {
                let near = suggest::closest(other, ["stub"].into_iter());
                let help = near.map_or_else(|| "it has `stub`".to_owned(), |near| format!("did you mean `{near}`?"));
                return fail(entry.key, &format!("`metadata.flowdbg` has no `{other}`; {help}"));
            }
        }
    }
    let Some(node) = stub else { return Ok(None) };
    let Some(name) = tree.string(node).filter(|name| !name.is_empty()) else {
        return fail(node, "`stub` must be the path of a file, such as ./stub.yaml");
    };
    let folder = Path::new(tree.source().path()).parent().unwrap_or_else(|| Path::new(""));
    match Stub::load(&folder.join(&**name)) {
        Ok(stub) => Ok(Some(stub)),
        Err(refused @ Refused::Unreadable { .. }) => fail(node, &refused.to_string()),
        Err(refused @ Refused::Wrong { .. }) => Err(refused.to_string()),
    }
}

fn settings(tree: &Tree) -> Option<NodeId> {
    tree.get(tree.get(tree.get(tree.root()?, "document")?, "metadata")?, "flowdbg")
}

/// `file:line:column`, as people count.
fn place(source: &Source, span: Span) -> String {
    let at = source.position(span.start);
    format!("{}:{}:{}", source.path(), at.line + 1, at.character + 1)
}

#[cfg(test)]
mod tests;
