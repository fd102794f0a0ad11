//! Types of data, followed through a workflow: what each task gets and gives, what `$context` and
//! the variables hold, and what each expression makes of it.
//!
//! Types come from schemas, from data written in the workflow, and from outputs whose form the
//! specification gives. What is not known is unknown, and nothing is ever said about it; so a
//! [`finding::Finding`] is something that goes wrong for every value that can come there.
//!
//! Start reading at [`infer`]; [`shape::Type`] is what it computes with, `flow` follows the
//! tasks, `jq` the expressions.

mod describe;
pub mod finding;
mod flow;
mod jq;
mod known;
pub mod origin;
pub mod schema;
pub mod shape;

use std::{collections::HashMap, sync::Arc};

use self::{finding::Finding, flow::Flow, origin::Origin, shape::Type};
use crate::{
    expression::Expression,
    model::{PlacedExpression, TaskId, Workflow},
    text::Span,
    tree::Tree,
    value::ValueExt as _,
};

/// The types of a workflow's data.
#[derive(Debug, Default)]
pub struct Types {
    input: Type,
    output: Type,
    tasks: Vec<Option<TaskTypes>>,
    records: HashMap<usize, Record>,
    troubles: Vec<Trouble>,
}

/// The types of a task's data.
#[derive(Clone, Debug)]
pub struct TaskTypes {
    /// What the task before gave.
    pub raw_input: Type,
    /// `$input`: after `input.from`.
    pub input: Type,
    /// What the body gives.
    pub raw_output: Type,
    /// After `output.as`.
    pub output: Type,
    /// `$context` when the task is reached.
    pub context_before: Type,
    /// `$context` after it.
    pub context_after: Type,
}

/// Something wrong in a task that is not inside an expression.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// The text to blame.
    pub span: Span,
    /// Whether it fails each time the task is reached.
    pub sure: bool,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
    /// Where the value comes from.
    pub related: Option<Origin>,
}

/// An expression with the types around it.
#[derive(Clone, Debug)]
struct Record {
    input: Type,
    environment: Arc<Environment>,
    value: Type,
    origin: Origin,
    findings: Vec<Finding>,
}

/// What the variables of an expression hold.
#[derive(Clone, Debug, Default)]
struct Environment {
    task: Option<TaskId>,
    context: Option<Type>,
    input: Option<Type>,
    output: Option<Type>,
    task_input: Type,
    task_output: Type,
    workflow_input: Type,
    locals: Arc<[(Arc<str>, Type)]>,
}

impl jq::Variables for Environment {
    fn variable(&self, name: &str) -> Type {
        if let Some((_, ty)) = self.locals.iter().find(|(local, _)| &**local == name) {
            return ty.clone();
        }
        match name {
            "$context" => self.context.clone().unwrap_or_default(),
            "$input" => self.input.clone().unwrap_or_default(),
            "$output" => self.output.clone().unwrap_or_default(),
            "$task" if self.task.is_some() => known::task(self.task_input.clone(), self.task_output.clone()),
            "$workflow" => known::workflow(self.workflow_input.clone()),
            "$runtime" => known::about_runtime(),
            "$authorization" => known::authorization(),
            _ => Type::Unknown,
        }
    }
}

/// Infers the types of a workflow's data.
///
/// Where the types cannot be relied on (another expression language, loose mode, extensions that
/// come between the tasks) everything is unknown.
#[must_use]
pub fn infer(workflow: &Workflow) -> Types {
    if !is_followed(&workflow.tree) {
        return Types::default();
    }
    let mut flow = Flow::new(workflow);
    let output = flow.run();
    if flow.gave_up() {
        return Types::default();
    }
    let mut troubles: Vec<Trouble> = flow.troubles.into_values().flatten().collect();
    troubles.sort_by_key(|trouble| trouble.span);
    Types { input: flow.input, output: output.unwrap_or_else(Type::never), tasks: flow.tasks, records: flow.records, troubles }
}

fn is_followed(tree: &Tree) -> bool {
    let Some(root) = tree.root() else { return false };
    let evaluate = |key: &str| tree.get(tree.get(root, "evaluate")?, key).and_then(|value| tree.text(value));
    let extensions = tree.get(root, "use").and_then(|used| tree.get(used, "extensions"));
    evaluate("language").is_none_or(|language| &**language == "jq")
        && evaluate("mode").is_none_or(|mode| &**mode == "strict")
        && extensions.is_none_or(|extensions| tree.value(extensions).as_text().is_none() && tree.items(extensions).is_empty())
}

impl Types {
    /// The workflow's raw input, after its schema.
    #[must_use]
    pub fn workflow_input(&self) -> &Type {
        &self.input
    }

    /// The workflow's output.
    #[must_use]
    pub fn workflow_output(&self) -> &Type {
        &self.output
    }

    /// The types of a task's data; none, if the task is never reached or nothing is known.
    #[must_use]
    pub fn of_task(&self, task: TaskId) -> Option<&TaskTypes> {
        self.tasks.get(task.0 as usize)?.as_ref()
    }

    /// `$input` of a task.
    #[must_use]
    pub fn input_of(&self, task: TaskId) -> Type {
        self.of_task(task).map_or(Type::Unknown, |types| types.input.clone())
    }

    /// The output of a task, after `output.as`.
    #[must_use]
    pub fn output_of(&self, task: TaskId) -> Type {
        self.of_task(task).map_or(Type::Unknown, |types| types.output.clone())
    }

    /// `$context` when a task is reached.
    #[must_use]
    pub fn context_before(&self, task: TaskId) -> Type {
        self.of_task(task).map_or(Type::Unknown, |types| types.context_before.clone())
    }

    /// The loop and error variables that an expression can see, each with its `$`.
    #[must_use]
    pub fn locals(&self, expression: &Arc<Expression>) -> Vec<(Arc<str>, Type)> {
        self.record(expression).map_or_else(Vec::new, |record| record.environment.locals.to_vec())
    }

    /// What a variable holds for an expression.
    #[must_use]
    pub fn variable(&self, expression: &Arc<Expression>, name: &str) -> Type {
        use jq::Variables as _;
        self.record(expression).map_or(Type::Unknown, |record| record.environment.variable(name))
    }

    /// `.` of an expression.
    #[must_use]
    pub fn input_of_expression(&self, expression: &Arc<Expression>) -> Type {
        self.record(expression).map_or(Type::Unknown, |record| record.input.clone())
    }

    /// What an expression gives.
    #[must_use]
    pub fn value_of(&self, expression: &Arc<Expression>) -> Type {
        self.record(expression).map_or(Type::Unknown, |record| record.value.clone())
    }

    /// The type of the smallest part of an expression that touches a byte offset in its text.
    #[must_use]
    pub fn type_at(&self, expression: &Arc<Expression>, offset: usize) -> Option<Type> {
        let record = self.record(expression)?;
        let program = jq::Program::read(expression.text())?;
        jq::Typer::new(&program, &*record.environment, record.origin).probe(&record.input, offset)
    }

    /// What another program would give in the place of an expression: for a text that is not
    /// finished, ask for the part that is. None, if it is not jq.
    #[must_use]
    pub fn type_of(&self, expression: &Arc<Expression>, program: &str) -> Option<Type> {
        let record = self.record(expression)?;
        let program = jq::Program::read(program)?;
        let mode = jq::Mode::new(false);
        Some(jq::Typer::new(&program, &*record.environment, record.origin).run(&record.input, mode).0)
    }

    /// What must go wrong in expressions.
    pub fn findings<'w>(&self, workflow: &'w Workflow) -> impl Iterator<Item = (&'w PlacedExpression, &Finding)> {
        let placed = workflow.expressions.iter();
        placed.flat_map(|placed| {
            self.record(&placed.expression).into_iter().flat_map(move |record| record.findings.iter().map(move |finding| (placed, finding)))
        })
    }

    /// What must go wrong elsewhere in tasks.
    #[must_use]
    pub fn troubles(&self) -> &[Trouble] {
        &self.troubles
    }

    fn record(&self, expression: &Arc<Expression>) -> Option<&Record> {
        self.records.get(&(Arc::as_ptr(expression) as usize))
    }
}
