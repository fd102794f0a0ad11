//! Data through the tasks: what each gets and gives, followed along `then`, into branches and
//! round loops until nothing new comes (DSL, "Data Flow").
//!
//! A list is run with types instead of values: each task has the join of all data and contexts
//! that may reach it. What grows for too long becomes unknown, and the whole has a budget, so that
//! the time is linear in the number of tasks.

mod bodies;
mod branches;
mod calls;
mod listeners;
mod loops;
mod stages;

use std::{collections::HashMap, sync::Arc};

use super::{
    Environment, Record, TaskTypes, Trouble, jq,
    origin::{Maker, Origin},
    shape::Type,
};
use crate::{
    model::{List, Stage, Task, TaskId, Then, Workflow},
    text::Span,
};

/// How often a task's data may grow before growth is cut short, and before it is unknown.
const WIDEN_AFTER: u32 = 3;
const GIVE_UP_AFTER: u32 = 6;
/// How deeply tasks are followed into one another.
const MAX_NESTING: usize = 48;

/// What reaches a task.
#[derive(Clone, Debug, PartialEq)]
struct State {
    data: Type,
    context: Type,
}

impl State {
    fn join(&self, other: &Self) -> Self {
        Self { data: self.data.join(&other.data), context: self.context.join(&other.context) }
    }

    /// Takes more in, the coarser the more often it grew; says whether it grew.
    fn grow(&mut self, other: &Self, times: u32) -> bool {
        let next = if times < WIDEN_AFTER {
            self.join(other)
        } else if times < GIVE_UP_AFTER {
            Self { data: self.data.widen(&other.data), context: self.context.widen(&other.context) }
        } else {
            let settle = |old: &Type, new: &Type| if old.join(new) == *old { old.clone() } else { Type::Unknown };
            Self { data: settle(&self.data, &other.data), context: settle(&self.context, &other.context) }
        };
        let grew = next != *self;
        *self = next;
        grew
    }
}

/// Loop and error variables.
type Locals = Arc<[(Arc<str>, Type)]>;

/// What is around a task.
#[derive(Clone)]
struct Around {
    locals: Locals,
    /// Whether an error of the task need not end the workflow.
    caught: bool,
    depth: usize,
}

impl Around {
    fn with(&self, variables: &[(&Arc<str>, Type)]) -> Self {
        let kept = self.locals.iter().filter(|(name, _)| !variables.iter().any(|(new, _)| *new == name)).cloned();
        let locals = kept.chain(variables.iter().map(|(name, ty)| ((*name).clone(), ty.clone()))).collect();
        Self { locals, ..self.clone() }
    }
}

pub(super) struct Flow<'w> {
    workflow: &'w Workflow,
    programs: HashMap<usize, Option<jq::Program<'w>>>,
    pub(super) tasks: Vec<Option<TaskTypes>>,
    pub(super) records: HashMap<usize, Record>,
    pub(super) troubles: HashMap<TaskId, Vec<Trouble>>,
    /// The workflow's raw input.
    pub(super) input: Type,
    error: Type,
    /// What may reach each function, and how often that grew; and the functions that are running.
    functions: HashMap<TaskId, (State, u32)>,
    active: Vec<TaskId>,
    /// What reaches the end of the workflow by `end`.
    ends: Option<State>,
    /// The contexts that an error may leave behind, for each `try` around.
    faults: Vec<Type>,
    /// How many task runs are left.
    left: usize,
}

impl<'w> Flow<'w> {
    pub(super) fn new(workflow: &'w Workflow) -> Self {
        Self {
            workflow,
            programs: HashMap::with_capacity(workflow.expressions.len()),
            tasks: vec![None; workflow.tasks.len()],
            records: HashMap::with_capacity(workflow.expressions.len()),
            troubles: HashMap::new(),
            input: Type::Unknown,
            error: super::known::error(workflow, Origin::new(Span::default(), Maker::Error)),
            functions: HashMap::new(),
            active: Vec::new(),
            ends: None,
            faults: Vec::new(),
            left: workflow.tasks.len() * 24 + 500,
        }
    }

    /// Runs the whole workflow; gives its output, or nothing if the budget did not suffice.
    pub(super) fn run(&mut self) -> Option<Type> {
        let workflow = self.workflow;
        let tree = &workflow.tree;
        let section = |key: &str| {
            let entry = tree.root().and_then(|root| tree.entry(root, key));
            entry.map_or_else(Span::default, |entry| tree.span(entry.key))
        };
        let raw = self.validated(&Type::Unknown, &workflow.input, section("input"));
        self.input = raw.clone();
        let locals: Locals = Arc::default();
        let environment = Environment { workflow_input: raw.clone(), ..Environment::default() };
        let data = match &workflow.input.transform {
            Some(template) => self.template(template, &raw, &Arc::new(environment.clone()), section("input"), true),
            None => raw.clone(),
        };
        let context = Type::null(Origin::new(Span::default(), Maker::Context));
        let around = Around { locals, caught: false, depth: 0 };
        let last = self.list(&workflow.root, State { data, context }, &around);
        let end = match (last, self.ends.take()) {
            (Some(last), Some(end)) => last.join(&end),
            (last, end) => last.or(end)?,
        };
        let environment = Environment { context: Some(end.context), ..environment };
        let output = match &workflow.output.transform {
            Some(template) => self.template(template, &end.data, &Arc::new(environment), section("output"), true),
            None => end.data,
        };
        let output = self.validated(&output, &workflow.output, section("output"));
        (self.left > 0).then_some(output)
    }

    /// Whether the budget is used up; nothing that was found counts then.
    pub(super) fn gave_up(&self) -> bool {
        self.left == 0
    }

    /// Runs a list; nothing, if its end is never reached.
    fn list(&mut self, list: &List, entry: State, around: &Around) -> Option<State> {
        if list.tasks.is_empty() {
            return Some(entry);
        }
        if around.depth >= MAX_NESTING {
            return Some(State { data: Type::Unknown, context: Type::Unknown });
        }
        let around = Around { depth: around.depth + 1, ..around.clone() };
        let mut reached: Vec<Option<(State, u32)>> = vec![None; list.tasks.len()];
        let mut waiting = std::collections::BTreeSet::from([0]);
        reached[0] = Some((entry, 0));
        let mut end: Option<State> = None;
        while let Some(at) = waiting.pop_first() {
            let Some((state, _)) = reached[at].clone() else { continue };
            for (then, state) in self.task(list.tasks[at], state, &around) {
                let next = match then {
                    Then::Continue => Some(at + 1).filter(|next| *next < list.tasks.len()),
                    Then::Exit => None,
                    Then::End => {
                        self.ends = Some(self.ends.take().map_or_else(|| state.clone(), |ends| ends.join(&state)));
                        continue;
                    }
                    Then::Task(target) => {
                        let index = self.workflow.task(target).index;
                        (list.tasks.get(index) == Some(&target)).then_some(index)
                    }
                };
                match next.map(|next| (next, &mut reached[next])) {
                    Some((next, Some((known, times)))) => {
                        if known.grow(&state, *times) {
                            *times += 1;
                            waiting.insert(next);
                        }
                    }
                    Some((next, slot @ None)) => {
                        *slot = Some((state, 0));
                        waiting.insert(next);
                    }
                    None => end = Some(end.take().map_or_else(|| state.clone(), |end| end.join(&state))),
                }
            }
        }
        end
    }

    /// Runs a task: where the flow goes on, and with what.
    fn task(&mut self, id: TaskId, state: State, around: &Around) -> Vec<(Then, State)> {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            return vec![(Then::Continue, State { data: Type::Unknown, context: Type::Unknown })];
        }
        let workflow = self.workflow;
        let task = workflow.task(id);
        self.troubles.remove(&id);
        self.fault(&state.context);
        let mut exits = Vec::new();
        let before = Environment {
            task: Some(id),
            task_input: state.data.clone(),
            task_output: Type::null(Origin::default()),
            workflow_input: self.input.clone(),
            context: Some(state.context.clone()),
            locals: around.locals.clone(),
            ..Environment::default()
        };
        let shared = Arc::new(before.clone());
        if let Some(condition) = &task.condition {
            self.expression(condition, &state.data, &shared, self.stage(task, Stage::If), !around.caught);
            // A skipped task goes on with the next one, whatever its `then` says.
            exits.push((Then::Continue, state.clone()));
        }
        let sure = task.condition.is_none() && !around.caught;
        let raw = self.validated(&state.data, &task.input, self.stage(task, Stage::Input));
        let input = match &task.input.transform {
            Some(template) => self.template(template, &raw, &shared, self.stage(task, Stage::Input), sure),
            None => raw,
        };
        let inside = Arc::new(Environment { input: Some(input.clone()), ..before.clone() });
        let run = Run { id, task, input: input.clone(), context: state.context.clone(), environment: inside, sure };
        let Some(body) = self.body(&run, around) else {
            self.tasks[id.0 as usize] = Some(TaskTypes {
                raw_input: state.data,
                input,
                raw_output: Type::never(),
                output: Type::never(),
                context_before: state.context,
                context_after: Type::never(),
            });
            return exits;
        };
        let after = Environment {
            input: Some(input.clone()),
            output: Some(body.output.clone()),
            task_output: body.output.clone(),
            context: Some(body.context.clone()),
            ..before
        };
        let output = match &task.output.transform {
            Some(template) => self.template(template, &body.output, &Arc::new(after.clone()), self.stage(task, Stage::Output), sure),
            None => body.output.clone(),
        };
        let output = self.validated(&output, &task.output, self.stage(task, Stage::Output));
        let context = match &task.export.transform {
            Some(template) => {
                let after = Environment { output: Some(output.clone()), ..after };
                let exported = self.template(template, &output, &Arc::new(after), self.stage(task, Stage::Export), sure);
                self.validated(&exported, &task.export, self.stage(task, Stage::Export))
            }
            None => body.context,
        };
        self.fault(&context);
        self.tasks[id.0 as usize] = Some(TaskTypes {
            raw_input: state.data,
            input,
            raw_output: body.output,
            output: output.clone(),
            context_before: state.context,
            context_after: context.clone(),
        });
        let thens = if body.thens.is_empty() { vec![task.then] } else { body.thens };
        exits.extend(thens.into_iter().map(|then| (then, State { data: output.clone(), context: context.clone() })));
        exits
    }

    /// An error may come up while this is the context.
    fn fault(&mut self, context: &Type) {
        for fault in &mut self.faults {
            *fault = fault.join(context);
        }
    }

    /// The first line of a task's stage, or its name.
    fn stage(&self, task: &Task, stage: Stage) -> Span {
        let place = task.places.iter().find(|(known, _)| *known == stage);
        place.map_or(task.name_span, |(_, span)| self.first_line(*span))
    }

    /// The part of a span that lies on its first line.
    fn first_line(&self, span: Span) -> Span {
        let line = self.workflow.source.slice(span).split(['\n', '\r']).next().unwrap_or("").trim_end();
        Span::new(span.start as usize, span.start as usize + line.len())
    }
}

/// A run of a task's body.
struct Run<'w> {
    id: TaskId,
    task: &'w Task,
    input: Type,
    context: Type,
    environment: Arc<Environment>,
    /// Whether the body runs each time the task is reached, and nothing catches its errors.
    sure: bool,
}

/// What a body gives.
struct Body {
    output: Type,
    context: Type,
    /// Where the flow goes on; the task's own `then`, if empty.
    thens: Vec<Then>,
}
