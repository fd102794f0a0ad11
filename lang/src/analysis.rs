//! Everything known of one text: its tree, its model and all that is wrong with it.
//!
//! This is the one way from a text to an answer; editor, command line, host and engine take it.

use std::sync::Arc;

use crate::{
    codes,
    diagnostic::{Diagnostic, Severity},
    ide::{self, diagnostics::Surroundings},
    lower::{lower, lower_function},
    model::Workflow,
    read::{read, without_follow_ups},
    settings::{self, Settings, comments::Layer},
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
    /// All findings that are to be reported, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// Findings that comments or settings allow.
    pub allowed: Vec<Diagnostic>,
    /// Whether nothing that was found, allowed or not, speaks against running it.
    sound: bool,
}

impl Analysis {
    /// Reads and checks a text.
    #[must_use]
    pub fn of(source: Arc<Source>) -> Self {
        Self::within(source, Surroundings::default())
    }

    /// Reads and checks a text, with what is known beyond it.
    #[must_use]
    pub fn within(source: Arc<Source>, surroundings: Surroundings<'_>) -> Self {
        let (tree, problems) = read(&source);
        let tree = Arc::new(tree);
        let workflow = lower(&tree);
        let read = workflow.as_ref().map_or(&[][..], |workflow| &workflow.expressions);
        let mut diagnostics = ide::diagnostics(&tree, read, surroundings, problems);
        // What a text that is cut or foreign does with its data is not known.
        let whole = !diagnostics.iter().any(|found| matches!(found.code, codes::SYNTAX | codes::NOT_A_WORKFLOW));
        if let Some(workflow) = workflow.as_ref().filter(|_| whole) {
            ide::diagnostics::data_flow::check(workflow, &mut diagnostics);
            ide::diagnostics::sort(&mut diagnostics);
        }
        without_follow_ups(&tree, &mut diagnostics);
        let sound = is_sound(&diagnostics);
        let allowed = settings::comments::apply(&source, &mut diagnostics, Layer::Text);
        Self { source, tree, workflow, diagnostics, allowed, sound }
    }

    /// Reads and checks a text that defines a function: one task.
    #[must_use]
    pub fn of_function(source: Arc<Source>) -> Self {
        let (tree, problems) = read(&source);
        let tree = Arc::new(tree);
        let workflow = lower_function(&tree);
        let mut diagnostics = ide::diagnostics::of_function(&tree, problems);
        without_follow_ups(&tree, &mut diagnostics);
        let sound = is_sound(&diagnostics);
        let allowed = settings::comments::apply(&source, &mut diagnostics, Layer::Text);
        Self { source, tree, workflow, diagnostics, allowed, sound }
    }

    /// The same with what a dry run has found in this text, as far as comments do not allow that.
    #[must_use]
    pub fn with_dry_run(mut self, mut found: Vec<Diagnostic>) -> Self {
        self.allowed.extend(settings::comments::apply(&self.source, &mut found, Layer::DryRun));
        self.diagnostics.extend(found);
        ide::diagnostics::sort(&mut self.diagnostics);
        self
    }

    /// The same with the settings of a project.
    #[must_use]
    pub fn under(mut self, settings: &Settings) -> Self {
        self.allowed.extend(settings.apply(&mut self.diagnostics));
        self
    }

    /// Whether an error is among what is reported.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// What is valid but cannot be run by this version.
    pub fn not_supported(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.code == codes::NOT_SUPPORTED)
    }

    /// The model, if nothing speaks against running it; to allow an error does not make it run.
    #[must_use]
    pub fn runnable(&self) -> Option<&Arc<Workflow>> {
        self.workflow.as_ref().filter(|_| self.sound)
    }
}

/// Whether nothing speaks against running what these findings are about.
fn is_sound(found: &[Diagnostic]) -> bool {
    !found.iter().any(|found| found.severity == Severity::Error || found.code == codes::NOT_SUPPORTED)
}
