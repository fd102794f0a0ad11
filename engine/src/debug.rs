//! Debug control: which checkpoints hold a branch, and what is said about it.
//!
//! The debugger is the machine's [`Gate`]. It only decides; the driver acts. A stop holds all
//! branches, and the driver stops the clock with them.

mod bind;
mod condition;

use std::{collections::HashMap, sync::Arc};

use flowdbg_lang::{
    model::{Stage, TaskId},
    text::Span,
    value::ValueExt as _,
};

pub use bind::{Location, locate};
use condition::{HitCondition, LogMessage};

use crate::{
    event::Level,
    machine::{BranchId, Checkpoint, CheckpointKind, EvaluateError, Gate, Machine, Wants},
    program::Program,
};

/// A breakpoint as it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BreakpointSpec {
    /// Zero-based line.
    pub line: u32,
    /// Byte column in that line, to tell tasks on one line apart.
    pub column: Option<u32>,
    /// Stop only if this jq expression holds.
    pub condition: Option<String>,
    /// Stop only at these hits: `3`, `>= 3`, `% 3`.
    pub hit_condition: Option<String>,
    /// Do not stop; print this, with `{jq}` replaced.
    pub log_message: Option<String>,
}

/// Where a breakpoint was bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Its id.
    pub id: u32,
    /// Whether it can be hit.
    pub verified: bool,
    /// Why not.
    pub message: Option<String>,
    /// The text it was bound to.
    pub span: Option<Span>,
    /// Reference of the task.
    pub reference: Option<Arc<str>>,
}

/// How far a step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// To the next checkpoint at the same or an outer depth.
    Over,
    /// To the next checkpoint at any depth.
    In,
    /// To the next checkpoint of the parent.
    Out,
}

/// What a step ends at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// A task, before its body.
    Task,
    /// Any stage.
    Stage,
}

/// Why a branch stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Asked for at the start.
    Entry,
    /// A breakpoint.
    Breakpoint,
    /// A step ended.
    Step,
    /// A pause was asked for.
    Pause,
    /// An error that a filter wants.
    Exception,
}

/// What a debugger has to say.
#[derive(Clone, Debug)]
pub enum Notice {
    /// A branch stands at a checkpoint.
    Stopped {
        /// The branch.
        branch: BranchId,
        /// Why.
        reason: Reason,
        /// Ids of breakpoints that were hit.
        breakpoints: Vec<u32>,
        /// A line for a person.
        description: String,
        /// More of it: the error's summary.
        text: Option<String>,
        /// Whether all branches are suspended.
        all: bool,
    },
    /// Suspended branches go on.
    Continued {
        /// The branch; all if absent.
        branch: Option<BranchId>,
    },
    /// A branch began.
    BranchStarted(BranchId),
    /// A branch ended.
    BranchEnded(BranchId),
    /// Something to print.
    Output {
        /// What kind of text.
        category: Category,
        /// The text, with its line end.
        text: String,
        /// Where it comes from.
        place: Option<(Arc<Program>, Span)>,
    },
    /// The execution is over; the last notice.
    Ended,
}

/// What kind of text an output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Remarks of the debugger.
    Console,
    /// Standard output of a task.
    Stdout,
    /// Standard error of a task.
    Stderr,
    /// What must not be missed.
    Important,
}

impl From<Level> for Category {
    fn from(level: Level) -> Self {
        match level {
            Level::Stdout => Self::Stdout,
            Level::Stderr => Self::Stderr,
            Level::Info => Self::Console,
            Level::Warning => Self::Important,
        }
    }
}

/// A breakpoint that is set.
#[derive(Debug)]
struct Breakpoint {
    id: u32,
    path: String,
    spec: BreakpointSpec,
    hit: Option<HitCondition>,
    log: Option<LogMessage>,
    /// Why it can never be hit, whatever the file.
    refused: Option<String>,
    hits: u64,
}

/// The breakpoints of one workflow.
#[derive(Debug)]
struct Places {
    program: Arc<Program>,
    /// For each task, a bit for each stage that has some.
    marks: Vec<u8>,
    /// Indexes of the breakpoints at each checkpoint.
    at: HashMap<(TaskId, Stage), Vec<usize>>,
}

fn bit(stage: Stage) -> u8 {
    1 << match stage {
        Stage::If => 0,
        Stage::Input => 1,
        Stage::Body => 2,
        Stage::Catch => 3,
        Stage::Output => 4,
        Stage::Export => 5,
    }
}

/// A step under way.
#[derive(Clone, Debug)]
struct Stepping {
    branch: BranchId,
    depth: usize,
    kind: StepKind,
    granularity: Granularity,
    /// The branches around it, each with the depth of its `fork`.
    around: Vec<(BranchId, usize)>,
    only: bool,
}

/// The debugger of one execution.
#[derive(Debug, Default)]
pub struct Debugger {
    /// Whether any checkpoint could be wanted.
    armed: bool,
    breakpoints: Vec<Breakpoint>,
    next_id: u32,
    /// Breakpoints by place, for each workflow seen so far.
    places: Vec<Places>,
    /// Index of the workflow that was asked about last.
    recent: usize,
    uncaught: bool,
    stepping: Option<Stepping>,
    entry: bool,
    notices: Vec<Notice>,
}

impl Debugger {
    /// A debugger that stops before the first task or not. Until it is given something to stop for,
    /// it costs an execution nothing but a look at a flag.
    #[must_use]
    pub fn new(stop_on_entry: bool) -> Self {
        Self { armed: stop_on_entry, entry: stop_on_entry, ..Self::default() }
    }

    /// Finds out anew whether there is anything to stop for.
    fn rearm(&mut self) {
        self.armed = self.entry || self.uncaught || self.stepping.is_some() || !self.breakpoints.is_empty();
    }

    /// What it has to say since the last time.
    pub(crate) fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Replaces the breakpoints of a file. `programs` are the workflows known by now.
    pub fn set_breakpoints(&mut self, path: &str, wanted: Vec<BreakpointSpec>, programs: &[Arc<Program>]) -> Vec<Bound> {
        self.breakpoints.retain(|breakpoint| breakpoint.path != path);
        let first = self.breakpoints.len();
        for spec in wanted {
            self.next_id += 1;
            let hit = spec.hit_condition.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(HitCondition::parse).transpose();
            let log = spec.log_message.as_deref().filter(|text| !text.is_empty()).map(LogMessage::parse).transpose();
            let condition = spec.condition.as_deref().filter(|text| !text.trim().is_empty()).map(condition::check).transpose();
            let refused = [hit.as_ref().err(), log.as_ref().err(), condition.as_ref().err()].into_iter().flatten().next().cloned();
            let (hit, log) = (hit.unwrap_or_default(), log.unwrap_or_default());
            self.breakpoints.push(Breakpoint { id: self.next_id, path: path.to_owned(), spec, hit, log, refused, hits: 0 });
        }
        self.rearm();
        self.places.clear();
        for program in programs {
            self.learn(program);
        }
        let program = programs.iter().find(|program| program.workflow.source.path() == path);
        self.breakpoints[first..].iter().map(|breakpoint| breakpoint.describe(program)).collect()
    }

    /// Binds the breakpoints of a workflow's file to its tasks.
    fn learn(&mut self, program: &Arc<Program>) -> usize {
        if let Some(at) = self.places.iter().position(|known| Arc::ptr_eq(&known.program, program)) {
            return at;
        }
        let mut places = Places { program: program.clone(), marks: vec![0; program.workflow.tasks.len()], at: HashMap::new() };
        for (index, breakpoint) in self.breakpoints.iter().enumerate() {
            if breakpoint.path != program.workflow.source.path() || breakpoint.refused.is_some() {
                continue;
            }
            if let Ok(location) = locate(program, breakpoint.spec.line, breakpoint.spec.column) {
                if let Some(marks) = places.marks.get_mut(location.task.0 as usize) {
                    *marks |= bit(location.stage);
                }
                places.at.entry((location.task, location.stage)).or_default().push(index);
            }
        }
        self.places.push(places);
        self.places.len() - 1
    }

    /// Switches the exception filters; unknown names are ignored.
    pub(crate) fn set_exception_filters(&mut self, filters: &[String]) {
        self.uncaught = filters.iter().any(|filter| filter == "uncaught");
        self.rearm();
    }

    /// Begins a step of a branch.
    pub(crate) fn step(&mut self, machine: &Machine, branch: BranchId, kind: StepKind, granularity: Granularity, only: bool) {
        let depth = machine.branch(branch).map_or(0, |branch| branch.frames().len().saturating_sub(1));
        let mut around = Vec::new();
        let mut next = machine.branch(branch).and_then(|branch| branch.parent);
        while let Some(id) = next {
            let Some(parent) = machine.branch(id) else { break };
            around.push((id, parent.frames().len().saturating_sub(1)));
            next = parent.parent;
        }
        self.stepping = Some(Stepping { branch, depth, kind, granularity, around, only });
        self.rearm();
    }

    /// Forgets a step under way: something else stopped the execution, or it was let go.
    pub(crate) fn forget_step(&mut self) {
        self.stepping = None;
        self.rearm();
    }

    fn ends_step(&self, machine: &Machine, at: &Checkpoint, stage: Stage) -> bool {
        let Some(step) = &self.stepping else { return false };
        if step.granularity == Granularity::Task && stage != Stage::Body {
            return false;
        }
        if at.branch == step.branch {
            return match step.kind {
                StepKind::Over => at.depth <= step.depth,
                StepKind::In => true,
                StepKind::Out => at.depth < step.depth,
            };
        }
        if step.kind == StepKind::In && is_inside(machine, at.branch, step.branch) {
            return true;
        }
        // The branch has ended: the step goes on in the one around it.
        let over = machine.branch(step.branch).is_none();
        over && step.around.iter().any(|(branch, depth)| *branch == at.branch && at.depth <= *depth)
    }

    fn at_stage(&mut self, machine: &Machine, at: &Checkpoint, stage: Stage) -> Wants {
        let (mut hit, mut remarks) = (Vec::new(), Vec::new());
        if !self.breakpoints.is_empty()
            && let Some(task) = at.task
        {
            let known = self.learn(&at.program);
            let indexes = self.places[known].at.get(&(task, stage)).cloned().unwrap_or_default();
            for index in indexes {
                match self.breakpoints[index].visit(machine, at) {
                    Visit::Stop => hit.push(self.breakpoints[index].id),
                    Visit::StopWith(remark) => {
                        hit.push(self.breakpoints[index].id);
                        remarks.push((Category::Important, remark));
                    }
                    Visit::Print(text) => remarks.push((Category::Console, text)),
                    Visit::Pass => {}
                }
            }
        }
        let place = at.task.map(|task| (at.program.clone(), at.program.workflow.task(task).name_span));
        for (category, text) in remarks {
            self.notices.push(Notice::Output { category, text: format!("{text}\n"), place: place.clone() });
        }
        let entry = self.entry && stage == Stage::Body;
        let reason = if !hit.is_empty() {
            Reason::Breakpoint
        } else if entry {
            Reason::Entry
        } else if self.ends_step(machine, at, stage) {
            Reason::Step
        } else {
            return Wants::Go;
        };
        self.entry = false;
        self.stop(at.branch, reason, hit, describe(reason).to_owned(), None);
        Wants::HoldAll
    }

    /// Records a stop.
    pub(crate) fn stop(&mut self, branch: BranchId, reason: Reason, breakpoints: Vec<u32>, description: String, text: Option<String>) {
        self.stepping = None;
        self.rearm();
        self.notices.push(Notice::Stopped { branch, reason, breakpoints, description, text, all: true });
    }
}

impl Gate for Debugger {
    fn is_armed(&self) -> bool {
        self.armed
    }

    #[inline]
    fn may_want(&mut self, program: &Arc<Program>, task: TaskId, stage: Stage) -> bool {
        if self.entry || self.stepping.is_some() {
            return true;
        }
        if self.places.get(self.recent).is_none_or(|recent| !Arc::ptr_eq(&recent.program, program)) {
            self.recent = self.learn(program);
        }
        let marks = self.places.get(self.recent).and_then(|places| places.marks.get(task.0 as usize));
        marks.is_some_and(|marks| marks & bit(stage) != 0)
    }

    fn may_move(&self, branch: BranchId) -> bool {
        self.stepping.as_ref().is_none_or(|step| !step.only || step.branch == branch)
    }

    fn wants(&mut self, machine: &Machine, at: &Checkpoint) -> Wants {
        match &at.kind {
            CheckpointKind::Stage(stage) => self.at_stage(machine, at, *stage),
            CheckpointKind::Raise { fault, caught } => {
                if *caught || !self.uncaught {
                    return Wants::Go;
                }
                self.stop(at.branch, Reason::Exception, Vec::new(), "Paused on an uncaught error".to_owned(), Some(fault.summary()));
                Wants::HoldAll
            }
        }
    }
}

fn describe(reason: Reason) -> &'static str {
    match reason {
        Reason::Entry => "Paused on entry",
        Reason::Breakpoint => "Paused on breakpoint",
        Reason::Step => "Paused after step",
        Reason::Pause => "Paused",
        Reason::Exception => "Paused on an error",
    }
}

/// Whether a branch was made by a `fork` inside another.
fn is_inside(machine: &Machine, inner: BranchId, outer: BranchId) -> bool {
    let mut next = machine.branch(inner).and_then(|branch| branch.parent);
    while let Some(id) = next {
        if id == outer {
            return true;
        }
        next = machine.branch(id).and_then(|branch| branch.parent);
    }
    false
}

/// What a breakpoint does at a visit.
enum Visit {
    Pass,
    Stop,
    StopWith(String),
    Print(String),
}

impl Breakpoint {
    fn visit(&mut self, machine: &Machine, at: &Checkpoint) -> Visit {
        if let Some(condition) = self.spec.condition.as_deref().filter(|text| !text.trim().is_empty()) {
            match machine.evaluate(at.branch, at.depth, condition) {
                Ok(value) if !value.is_truthy() => return Visit::Pass,
                Ok(_) => {}
                Err(error) => {
                    let line = self.spec.line + 1;
                    return Visit::StopWith(format!(
                        "the condition of the breakpoint in line {line} failed, so it stops here: {}",
                        explain(&error)
                    ));
                }
            }
        }
        self.hits += 1;
        if self.hit.is_some_and(|hit| !hit.holds(self.hits)) {
            return Visit::Pass;
        }
        match &self.log {
            None => Visit::Stop,
            Some(message) => Visit::Print(message.fill(|expression| match machine.evaluate(at.branch, at.depth, expression) {
                Ok(value) => value.as_text().unwrap_or_else(|| value.to_json()),
                Err(error) => format!("<{}>", explain(&error)),
            })),
        }
    }

    fn describe(&self, program: Option<&Arc<Program>>) -> Bound {
        let unverified = |message: String| Bound { id: self.id, verified: false, message: Some(message), span: None, reference: None };
        if let Some(refused) = &self.refused {
            return unverified(refused.clone());
        }
        let Some(program) = program else {
            return unverified(
                "this file is not part of the execution yet; the breakpoint is set when a task runs it as a sub-workflow".to_owned(),
            );
        };
        match locate(program, self.spec.line, self.spec.column) {
            Ok(location) => Bound {
                id: self.id,
                verified: true,
                message: location.message,
                span: Some(location.span),
                reference: Some(program.workflow.task(location.task).reference.clone()),
            },
            Err(message) => unverified(message),
        }
    }
}

fn explain(error: &EvaluateError) -> String {
    match error {
        EvaluateError::NoFrame => "there is no frame".to_owned(),
        EvaluateError::Failed(message) => message.clone(),
        EvaluateError::Unproven(_) => condition::UNPROVEN.to_owned(),
    }
}
