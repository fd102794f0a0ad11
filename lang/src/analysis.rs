//! Everything known of one text: its tree, its model and all that is wrong with it.
//!
//! This is the one way from a text to an answer; editor, command line, host and engine take it.

use std::sync::Arc;

use crate::{
    codes,
    diagnostic::{Diagnostic, Severity},
    ide,
    lower::lower,
    model::Workflow,
    read::read,
    text::Source,
    tree::Tree,
};

/// What a text is and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// The text.
    pub source: Arc<Source>,
    /// Its tree; what was read before a syntax error is there.
    pub tree: Arc<Tree>,
    /// Its model; `None` if the text is not a mapping.
    pub workflow: Option<Arc<Workflow>>,
    /// All findings, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl Analysis {
    /// Reads and checks a text.
    #[must_use]
    pub fn of(source: Arc<Source>) -> Self {
        let (tree, problems) = read(&source);
        let tree = Arc::new(tree);
        let workflow = lower(&tree);
        let mut diagnostics = ide::diagnostics(&tree, problems);
        // Expressions have a meaning only in a workflow.
        let foreign = diagnostics.iter().any(|diagnostic| diagnostic.code == codes::NOT_A_WORKFLOW);
        if let Some(workflow) = workflow.as_ref().filter(|_| !foreign) {
            diagnostics.extend(ide::diagnostics::expressions(workflow));
            ide::diagnostics::sort(&mut diagnostics);
        }
        Self { source, tree, workflow, diagnostics }
    }

    /// Whether a conforming runtime must refuse the text.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// What is valid but cannot be run by this version.
    pub fn not_supported(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.code == codes::NOT_SUPPORTED)
    }

    /// The model, if nothing speaks against running it.
    #[must_use]
    pub fn runnable(&self) -> Option<&Arc<Workflow>> {
        self.workflow.as_ref().filter(|_| !self.has_errors() && self.not_supported().next().is_none())
    }
}
