//! The dry world: an execution without effects, to find the faults that it would have.
//!
//! What is asked for is answered by the mocks of a scenario, by what a caller can read without an
//! effect, by the examples and schemas of an OpenAPI document, and else is *unknown*. Unknown values
//! flow through the data (see [`crate::machine::unknown`]). Where a condition needs one, both ways
//! are explored; where a call may fail and a `try` is around it, both ends are. A fault is reported
//! only if its making read nothing that is unknown.
//!
//! What is explored is bounded: each way at a place a few times, so many paths, so many transitions.

mod explore;
mod openapi;

use std::{collections::BTreeSet, sync::Arc};

use flowdbg_lang::{model::TaskId, text::Span, value::Value};

use crate::{
    effect::{Answer, EffectKind},
    machine::unknown,
    program::Program,
    scenario::Scenario,
};

/// Answers what can be answered without an effect: a document on disk, a sub-workflow, an
/// expression in a process that can be stopped. None: it is unknown.
pub type Known = Arc<dyn Fn(&EffectKind) -> Option<Answer> + Send + Sync>;

/// How a dry run is made.
#[derive(Clone)]
pub struct Options {
    /// Its mocks answer, and its events come.
    pub scenario: Option<Arc<Scenario>>,
    /// Answers what has no effect.
    pub known: Option<Known>,
    /// Most paths that are explored.
    pub paths: usize,
    /// Most transitions of a path without anything from outside; more is a loop without end.
    pub transitions: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { scenario: None, known: None, paths: 200, transitions: 50_000 }
    }
}

/// What a dry run found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Faults that nothing catches, in the order in which they were found.
    pub faults: Vec<Finding>,
    /// References of the tasks whose bodies were reached, sub-workflows included.
    pub reached: BTreeSet<Arc<str>>,
    /// Tasks of the workflow that no path reached.
    pub not_reached: Vec<TaskId>,
    /// How many paths were explored to their end.
    pub paths: usize,
    /// Whether there were more paths than are explored.
    pub is_cut: bool,
}

/// A fault that the execution would have.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The workflow that it is in.
    pub program: Arc<Program>,
    /// The task; none for the workflow itself.
    pub task: Option<TaskId>,
    /// The text to blame.
    pub span: Span,
    /// Problem details.
    pub error: Value,
    /// What was supposed on the way there; nothing: it happens in every execution with this input.
    pub assumptions: Vec<Assumption>,
    /// Whether the workflow raises it on purpose.
    pub is_raised: bool,
    /// Whether it is a loop that does not end.
    pub is_endless: bool,
    /// If it is in another text, a sub-workflow or a function: the task of the workflow that led
    /// there, if that is known.
    pub caller: Option<TaskId>,
}

impl Finding {
    /// Reference of the task; empty for the workflow itself.
    #[must_use]
    pub fn reference(&self) -> &str {
        self.task.map_or("", |task| &self.program.workflow.task(task).reference)
    }
}

/// What was supposed where it is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// Reference of the task.
    pub reference: Arc<str>,
    /// What was supposed of it.
    pub what: Supposed,
}

/// What was supposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Supposed {
    /// A condition holds, or does not.
    Condition(Arc<str>, bool),
    /// What it asks for fails.
    Fails,
}

/// Makes a dry run. Without an input that is unknown, unless the scenario has one.
#[must_use]
pub fn run(program: &Arc<Program>, input: Option<Value>, options: &Options) -> Findings {
    let input = input.or_else(|| options.scenario.as_ref().and_then(|scenario| scenario.input.clone()));
    explore::explore(program, input.unwrap_or_else(unknown), options)
}

#[cfg(test)]
mod tests;
