//! Transitions: how a frame goes from stage to stage, and how a child's end reaches its parent
//! (DSL, "Data Flow" and "Flow Directives").

use std::sync::Arc;

use flowdbg_lang::{
    model::{DataFlow, List, Task, TaskId, TaskKind, Then},
    value::{self, Value},
};

use super::{
    Branch, BranchId, BranchState, Checkpoint, CheckpointKind, Child, Counts, Frame, Gate, Locals, Machine, Outcome, State, Step, WaitFor,
    WorkflowRun,
};
use crate::{
    effect::{Answer, EffectKind},
    event::EventKind,
    fault::{Fault, Kind},
    program::{Flow, Program},
    tasks,
};

/// Why a transition did not happen.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It raised an error.
    Fault(Fault),
    /// It waits for an expression that is evaluated outside.
    Pending,
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Machine {
    pub(super) fn new_branch(&mut self, parent: Option<BranchId>, context: Value) -> BranchId {
        let id = BranchId(self.next_branch);
        self.next_branch += 1;
        let base_depth = parent
            .and_then(|parent| self.branches.get(&parent))
            .map_or(0, |parent| parent.base_depth + u32::try_from(parent.frames.len()).unwrap_or(0));
        let branch = Branch {
            id,
            parent,
            state: BranchState::Ready,
            frames: Vec::new(),
            context,
            base_depth,
            passed: false,
            asked: false,
            first: false,
            answer: None,
            evaluated: Vec::new(),
            cursor: 0,
            counts: Counts::default(),
            idle_since: None,
            sleeps: false,
            told_waiting: false,
        };
        self.branches.insert(id, Box::new(branch));
        self.ready.push_back(id);
        id
    }

    /// Starts a branch with one task.
    pub(crate) fn spawn(&mut self, parent: BranchId, workflow: Arc<WorkflowRun>, task: TaskId, input: Value, locals: Locals) -> BranchId {
        let context = self.branches.get(&parent).map_or(Value::Null, |parent| parent.context.clone());
        let id = self.new_branch(Some(parent), context);
        self.emit(id, None, EventKind::BranchStarted);
        self.push_task(id, workflow, task, input, locals);
        id
    }

    /// Starts a branch of its own for a sub-workflow that nobody waits for.
    pub(crate) fn spawn_detached(&mut self, workflow: Arc<WorkflowRun>) -> BranchId {
        let id = self.new_branch(None, Value::Null);
        self.emit(id, None, EventKind::BranchStarted);
        self.push_workflow(id, workflow);
        id
    }

    pub(crate) fn push_workflow(&mut self, id: BranchId, workflow: Arc<WorkflowRun>) {
        let input = workflow.input.clone();
        let Some(branch) = self.branches.get_mut(&id) else { return };
        let outer = std::mem::take(&mut branch.context);
        let frame = Frame { outer_context: Some(outer), ..self.new_frame(workflow, None, Step::Input, input, Locals::default()) };
        self.push(id, frame);
    }

    pub(crate) fn push_task(&mut self, id: BranchId, workflow: Arc<WorkflowRun>, task: TaskId, input: Value, locals: Locals) {
        let of = workflow.program.workflow.task(task);
        let step = if of.condition.is_some() { Step::If } else { after_if(of) };
        let frame = self.new_frame(workflow, Some(task), step, input, locals);
        let depth = self.push(id, frame);
        self.emit_at(id, depth, EventKind::TaskCreated);
        if self.details.stages {
            self.tell_stage(id, None);
        }
    }

    fn new_frame(&mut self, workflow: Arc<WorkflowRun>, task: Option<TaskId>, step: Step, input: Value, locals: Locals) -> Frame {
        let run = self.next_run;
        self.next_run += 1;
        Frame {
            run,
            workflow,
            task,
            // A task that does nothing about its input begins with its body.
            input: if matches!(step, Step::Body) { input.clone() } else { Value::Null },
            step,
            raw_input: input,
            raw_output: Value::Null,
            output: Value::Null,
            locals,
            started_at: self.now,
            state: State::None,
            child: None,
            then: None,
            timeout: None,
            deadline: None,
            extending: None,
            calling: None,
            outer_context: None,
            before: Counts::default(),
        }
    }

    fn push(&mut self, id: BranchId, mut frame: Frame) -> usize {
        let Some(branch) = self.branches.get_mut(&id) else { return 0 };
        frame.before = branch.counts;
        branch.frames.push(frame);
        branch.passed = false;
        branch.frames.len() - 1
    }

    /// The innermost frame of a branch.
    pub(crate) fn top(&mut self, id: BranchId) -> &mut Frame {
        let branch = self.branches.get_mut(&id);
        #[expect(clippy::expect_used, reason = "only branches that live are moved, and a living branch has a frame")]
        branch.and_then(|branch| branch.frames.last_mut()).expect("a living branch has a frame")
    }

    pub(crate) fn depth(&self, id: BranchId) -> usize {
        self.branches.get(&id).map_or(0, |branch| branch.frames.len().saturating_sub(1))
    }

    /// Whether a branch stands at a checkpoint that a gate could want.
    pub(super) fn may_stop(&self, gate: &mut impl Gate, id: BranchId) -> bool {
        let Some(branch) = self.branches.get(&id).filter(|branch| !branch.passed) else { return false };
        let Some(frame) = branch.frames.last() else { return false };
        match (&frame.step, frame.task) {
            (Step::Raise(_, caught), _) => caught.is_some(),
            (Step::Before | Step::Work | Step::After | Step::Leave, _) | (_, None) => false,
            (_, Some(task)) => {
                let written = frame.written_stage();
                written.is_some_and(|stage| gate.may_want(frame.program(), task, stage))
            }
        }
    }

    /// The checkpoint at which a branch stands, if it has not passed it.
    pub(super) fn checkpoint(&mut self, id: BranchId) -> Option<Checkpoint> {
        let branch = self.branches.get(&id).filter(|branch| !branch.passed)?;
        let frame = branch.frames.last()?;
        let kind = match &frame.step {
            Step::Raise(fault, Some(caught)) => CheckpointKind::Raise { fault: fault.clone(), caught: *caught },
            Step::Before | Step::Work | Step::After => return None,
            _ => CheckpointKind::Stage(frame.written_stage()?),
        };
        Some(self.checkpoint_of(id, kind))
    }

    fn checkpoint_of(&mut self, id: BranchId, kind: CheckpointKind) -> Checkpoint {
        let depth = self.depth(id);
        let frame = self.top(id);
        Checkpoint { branch: id, depth, program: frame.program().clone(), task: frame.task, kind }
    }

    /// Makes one transition of a branch.
    pub(super) fn transit(&mut self, id: BranchId) {
        let Some(branch) = self.branches.get_mut(&id) else { return };
        branch.cursor = 0;
        self.tainted = false;
        let Some(branch) = self.branches.get(&id) else { return };
        let raised = matches!(branch.frames.last().map(|frame| &frame.step), Some(Step::Raise(..)));
        match self.try_transit(id) {
            Ok(()) => {
                // Nothing is left to find out: the end is part of the same transition.
                let ends = self.branches.get(&id).and_then(|branch| branch.frames.last());
                if ends.is_some_and(|frame| matches!(frame.step, Step::Leave)) {
                    self.leave(id);
                }
                if let Some(branch) = self.branches.get_mut(&id) {
                    branch.evaluated.clear();
                }
            }
            Err(Stop::Pending) => {
                if let Some(branch) = self.branches.get_mut(&id) {
                    branch.state = BranchState::Waiting;
                }
            }
            Err(Stop::Fault(fault)) => {
                if let Some(branch) = self.branches.get_mut(&id) {
                    branch.evaluated.clear();
                }
                if self.settle_unknown(id) {
                    return;
                }
                // An error while looking for a handler replaces the error; its own handlers are
                // looked for further out, so that this ends.
                if raised { self.give_up(id, fault) } else { self.raise(id, fault) }
            }
        }
    }

    fn try_transit(&mut self, id: BranchId) -> Result<(), Stop> {
        match self.top(id).step.clone() {
            Step::If => self.if_stage(id),
            Step::Input => self.input_stage(id),
            Step::Body => {
                let depth = self.depth(id);
                if self.top(id).task.is_some() {
                    self.emit_at(id, depth, EventKind::TaskStarted);
                }
                // Set first, so that a body that waits for an expression does not start twice.
                if self.top(id).task().is_some_and(|task| !task.extensions.is_empty()) {
                    self.set_step(id, Step::Before);
                    return self.before(id);
                }
                self.set_step(id, Step::Work);
                self.work(id)
            }
            Step::Before => self.before(id),
            Step::Work => self.work(id),
            Step::After => {
                self.after(id);
                Ok(())
            }
            Step::Catch => {
                tasks::try_::handle(self, id);
                Ok(())
            }
            Step::Output => self.output_stage(id),
            Step::Export => self.export_stage(id),
            Step::Leave => {
                self.leave(id);
                Ok(())
            }
            Step::Raise(fault, caught) => self.raise_step(id, fault, caught),
        }
    }

    pub(super) fn work(&mut self, id: BranchId) -> Result<(), Stop> {
        if let Some(fault) = self.take_failure(id) {
            return Err(fault.into());
        }
        if self.take_unknown(id) {
            self.finish_body(id, super::unknown());
            return Ok(());
        }
        if self.top(id).task.is_some() {
            return tasks::work(self, id);
        }
        let workflow = self.top(id).program().workflow.clone();
        self.run_list(id, &workflow.root)
    }

    pub(crate) fn set_step(&mut self, id: BranchId, step: Step) {
        let before = if self.details.stages { self.top(id).written_stage() } else { None };
        self.top(id).step = step;
        if self.details.stages {
            self.tell_stage(id, before);
        }
        if let Some(branch) = self.branches.get_mut(&id) {
            branch.passed = false;
        }
    }

    fn if_stage(&mut self, id: BranchId) -> Result<(), Stop> {
        let depth = self.depth(id);
        let (condition, input) = {
            let frame = self.top(id);
            (frame.task().and_then(|task| task.condition.clone()), frame.raw_input.clone())
        };
        let runs = match condition {
            Some(condition) => self.holds(id, depth, &condition, &input, None)?,
            None => true,
        };
        if runs {
            let frame = self.top(id);
            let step = frame.task().map_or(Step::Input, after_if);
            if matches!(step, Step::Body) {
                frame.input = input;
            }
            self.set_step(id, step);
        } else {
            self.emit_at(id, depth, EventKind::TaskSkipped);
            let frame = self.top(id);
            frame.output = input;
            // What is to follow its completion does not follow what did not happen.
            frame.then = Some(Then::Continue);
            self.set_step(id, Step::Leave);
        }
        Ok(())
    }

    fn input_stage(&mut self, id: BranchId) -> Result<(), Stop> {
        let depth = self.depth(id);
        let frame = self.top(id);
        let (program, task, raw) = (frame.program().clone(), frame.task, frame.raw_input.clone());
        if task.is_none() && !self.has_secrets(id, &program)? {
            return Ok(());
        }
        let (flow, timeout) = match task.map(|task| program.workflow.task(task)) {
            Some(task) => (&task.input, &task.timeout),
            None => (&program.workflow.input, &program.workflow.timeout),
        };
        let Some(schema) = self.schema(id, Flow::Input, &raw)? else { return Ok(()) };
        self.validate(id, Flow::Input, &schema, &raw, "the input")?;
        let input = match &flow.transform {
            Some(transform) => self.fill(id, depth, transform, &raw, None)?,
            None => raw,
        };
        let after = match timeout {
            Some(timeout) => Some(self.duration(id, depth, &timeout.after, &input)?),
            None => None,
        };
        let run = {
            let frame = self.top(id);
            frame.input = input;
            frame.run
        };
        if let Some(after) = after {
            let deadline = self.now.after(after);
            let timer = self.request(id, EffectKind::Sleep(deadline), WaitFor::Timeout(run));
            let frame = self.top(id);
            (frame.timeout, frame.deadline) = (Some(timer), Some(deadline));
        }
        self.set_step(id, Step::Body);
        Ok(())
    }

    /// Whether the secrets that a workflow declares are known; if not, they are asked for.
    fn has_secrets(&mut self, id: BranchId, program: &Arc<Program>) -> Result<bool, Stop> {
        let workflow = &program.workflow;
        if workflow.secrets.is_empty() || self.secrets.of(program).is_some() {
            return Ok(true);
        }
        match self.take_answer(id) {
            None => {
                self.wait_for(id, EffectKind::Secrets { names: workflow.secrets.clone(), from: workflow.source.path().into() });
                Ok(false)
            }
            Some(Answer::Secrets(Ok(values))) if values.len() == workflow.secrets.len() => {
                values.iter().for_each(|secret| self.mask.hide(secret));
                let names = workflow.secrets.iter().map(|name| name.to_string());
                self.secrets.keep(program, value::object(names.zip(values)));
                Ok(true)
            }
            Some(Answer::Secrets(Err(error))) => Err(Fault::new(Kind::Authorization, error).into()),
            Some(Answer::Failed(error)) => Err(Fault::from_error(error).into()),
            Some(_) => Err(Fault::new(Kind::Authorization, "the secrets were not found out").into()),
        }
    }

    fn output_stage(&mut self, id: BranchId) -> Result<(), Stop> {
        let depth = self.depth(id);
        let frame = self.top(id);
        let (program, task, raw) = (frame.program().clone(), frame.task, frame.raw_output.clone());
        let Some(schema) = self.schema(id, Flow::Output, &raw)? else { return Ok(()) };
        let flow = task.map_or(&program.workflow.output, |task| &program.workflow.task(task).output);
        let output = match &flow.transform {
            Some(transform) => self.fill(id, depth, transform, &raw, None)?,
            None => raw,
        };
        self.validate(id, Flow::Output, &schema, &output, "the output")?;
        self.top(id).output = output;
        let exports = task.is_some_and(|task| program.workflow.task(task).export.is_written());
        self.set_step(id, if exports { Step::Export } else { Step::Leave });
        Ok(())
    }

    fn export_stage(&mut self, id: BranchId) -> Result<(), Stop> {
        let depth = self.depth(id);
        let frame = self.top(id);
        let (program, task, output) = (frame.program().clone(), frame.task, frame.output.clone());
        if let Some(transform) = task.and_then(|task| program.workflow.task(task).export.transform.as_ref()) {
            let Some(schema) = self.schema(id, Flow::Export, &output)? else { return Ok(()) };
            let context = self.fill(id, depth, transform, &output, None)?;
            self.validate(id, Flow::Export, &schema, &context, "the exported context")?;
            self.set_context(id, context);
        }
        self.set_step(id, Step::Leave);
        Ok(())
    }

    pub(crate) fn set_context(&mut self, id: BranchId, context: Value) {
        if let Some(branch) = self.branches.get_mut(&id) {
            branch.context = context;
        }
    }

    /// Ends the innermost frame and tells whoever waits for it.
    fn leave(&mut self, id: BranchId) {
        let depth = self.depth(id);
        let timeout = self.top(id).timeout.take();
        if let Some(timer) = timeout {
            self.withdraw(timer);
        }
        let output = self.top(id).output.clone();
        if self.top(id).task.is_some() {
            self.emit_end(id, depth, EventKind::TaskCompleted(output.clone()));
        }
        let Some(frame) = self.branches.get_mut(&id).and_then(|branch| branch.frames.pop()) else { return };
        let Some(task) = frame.task else {
            return self.workflow_ended(id, frame, output);
        };
        let then = frame.then.unwrap_or_else(|| frame.workflow.program.workflow.task(task).then);
        if then == Then::End {
            return self.end(id, output);
        }
        self.deliver(id, Child { task, output, then });
    }

    /// Hands a child's end to the parent frame, or to the parent branch.
    pub(super) fn deliver(&mut self, id: BranchId, child: Child) {
        let Some(branch) = self.branches.get_mut(&id) else { return };
        if branch.frames.is_empty() {
            return tasks::fork::branch_completed(self, id, child.output);
        }
        let frame = self.top(id);
        frame.child = Some(child);
        let step = frame.going_on();
        self.set_step(id, step);
    }

    fn workflow_ended(&mut self, id: BranchId, frame: Frame, output: Value) {
        let Some(branch) = self.branches.get_mut(&id) else { return };
        branch.context = frame.outer_context.unwrap_or_default();
        if let Some(parent) = branch.frames.last() {
            let output = match parent.task().map(|task| &task.kind) {
                Some(TaskKind::RunWorkflow(run)) => tasks::run_workflow::output(run.returns, output),
                _ => output,
            };
            return self.finish_body(id, output);
        }
        let is_root = Arc::ptr_eq(&frame.workflow, &self.root);
        self.remove_branch(id);
        if is_root {
            self.outcome = Some(Outcome::Completed(output));
        }
    }

    /// Runs a list in the innermost frame: starts its next task, or ends the body with the last
    /// output.
    pub(crate) fn run_list(&mut self, id: BranchId, list: &List) -> Result<(), Stop> {
        let input = self.top(id).input.clone();
        if let Some(output) = self.step_list(id, list, input, None) {
            self.finish_body(id, output);
        }
        Ok(())
    }

    /// Starts the next task of a list and says nothing, or gives the list's output.
    pub(crate) fn step_list(&mut self, id: BranchId, list: &List, first_input: Value, locals: Option<Locals>) -> Option<Value> {
        let frame = self.top(id);
        let workflow = frame.workflow.clone();
        let locals = locals.unwrap_or_else(|| frame.locals.clone());
        let (next, input) = match frame.child.take() {
            None => (list.tasks.first().copied(), first_input),
            Some(child) => (successor(&workflow.program.workflow.tasks, list, &child), child.output),
        };
        match next {
            Some(task) => {
                self.push_task(id, workflow, task, input, locals);
                None
            }
            None => Some(input),
        }
    }

    /// Ends the body of the innermost frame with its raw output.
    pub(crate) fn finish_body(&mut self, id: BranchId, raw_output: Value) {
        let frame = self.top(id);
        if frame.begin_after() {
            frame.raw_output = raw_output;
            return self.set_step(id, Step::After);
        }
        let workflow = &frame.workflow.program.workflow;
        let (output, export) = match frame.task {
            Some(task) => (&workflow.task(task).output, Some(&workflow.task(task).export)),
            None => (&workflow.output, None),
        };
        // Stages that the text says nothing about are passed over.
        let step = if output.is_written() {
            Step::Output
        } else if export.is_some_and(DataFlow::is_written) {
            Step::Export
        } else {
            Step::Leave
        };
        if !matches!(step, Step::Output) {
            frame.output = raw_output.clone();
        }
        frame.raw_output = raw_output;
        self.set_step(id, step);
    }
}

/// What a task run does once it is known that it runs.
fn after_if(task: &Task) -> Step {
    if task.input.is_written() || task.timeout.is_some() { Step::Input } else { Step::Body }
}

/// The task of a list that follows a child's end.
fn successor(tasks: &[Task], list: &List, child: &Child) -> Option<TaskId> {
    match child.then {
        Then::Continue => {
            let index = tasks.get(child.task.0 as usize).map_or(0, |task| task.index);
            let at =
                if list.tasks.get(index) == Some(&child.task) { index } else { list.tasks.iter().position(|task| *task == child.task)? };
            list.tasks.get(at + 1).copied()
        }
        Then::Task(task) => list.tasks.contains(&task).then_some(task),
        Then::Exit | Then::End => None,
    }
}
