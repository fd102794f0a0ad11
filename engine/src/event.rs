//! Facts of an execution, in the order in which they happened.
//!
//! Those of the life cycle (DSL, "Lifecycle Events") are always made, and so are retries, skipped
//! tasks, branches and log lines. The others are [`Details`]: they are not even built unless
//! somebody wants them.

mod exchange;
mod metrics;

use std::sync::Arc;

use flowdbg_lang::{
    model::{Stage, TaskId},
    value::Value,
};

pub use exchange::{Exchange, MAX_BODY};
pub use metrics::Metrics;

pub(crate) use exchange::{MEANS, UnderWay, abandoned, answered, asked};
pub(crate) use metrics::size;

use crate::{machine::BranchId, mask::Mask, program::Program, time::Timestamp};

/// A fact.
#[derive(Clone, Debug)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// In which branch.
    pub branch: BranchId,
    /// About which task run; none for the execution itself.
    pub task: Option<TaskRun>,
    /// What.
    pub kind: EventKind,
}

/// One activation of a task.
#[derive(Clone, Debug)]
pub struct TaskRun {
    /// Unique in the execution.
    pub run: u64,
    /// The workflow that the task is of.
    pub program: Arc<Program>,
    /// The task.
    pub task: TaskId,
    /// How many task runs enclose it.
    pub depth: u32,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum EventKind {
    /// The execution began.
    WorkflowStarted,
    /// Somebody suspended the execution; its clock stands still.
    WorkflowSuspended,
    /// Somebody let it go on.
    WorkflowResumed,
    /// A `listen` began to look for its events.
    CorrelationStarted,
    /// A `listen` has its events; with the values of its correlation keys, or null without any.
    CorrelationCompleted(Value),
    /// The execution ended with an output.
    WorkflowCompleted(Value),
    /// The execution ended by an error.
    WorkflowFaulted(Value),
    /// The execution was cancelled.
    WorkflowCancelled,
    /// The execution's phase is another one; one of the [`Details`].
    WorkflowStatusChanged(Phase),
    /// A branch began.
    BranchStarted,
    /// A branch ended.
    BranchEnded,
    /// A task was reached.
    TaskCreated,
    /// Its body begins.
    TaskStarted,
    /// The execution was suspended while the task run lived.
    TaskSuspended,
    /// It goes on after that.
    TaskResumed,
    /// Its `if` was false.
    TaskSkipped,
    /// It ended with an output.
    TaskCompleted(Value),
    /// It ended by an error.
    TaskFaulted(Value),
    /// An error was caught, and it will be tried again after so many milliseconds.
    RetryScheduled {
        /// Number of the attempt that is to come, from 2 on.
        attempt: u32,
        /// Milliseconds until then.
        delay: u64,
        /// What went wrong.
        error: Value,
    },
    /// Another attempt begins.
    TaskRetried,
    /// It was stopped from outside.
    TaskCancelled,
    /// Its phase is another one; one of the [`Details`].
    TaskStatusChanged(Phase),
    /// It enters a stage; one of the [`Details`].
    StageEntered(Stage),
    /// It has left a stage; one of the [`Details`].
    StageLeft(Stage),
    /// It asks the outside for something; one of the [`Details`].
    ExchangeStarted(Box<Exchange>),
    /// What it asked for has come, or will not come; one of the [`Details`].
    ExchangeEnded(Box<Exchange>),
    /// What it took, just before its end is told; one of the [`Details`].
    TaskMeasured(Box<Metrics>),
    /// What the execution took, just before its end is told; one of the [`Details`].
    WorkflowMeasured(Box<Metrics>),
    /// Something to tell the person who runs it.
    Log {
        /// How serious.
        level: Level,
        /// The text.
        text: String,
    },
}

impl EventKind {
    /// The same without secrets.
    pub(crate) fn masked(self, mask: &Mask) -> Self {
        if mask.is_empty() {
            return self;
        }
        match self {
            Self::WorkflowCompleted(output) => Self::WorkflowCompleted(mask.value(&output)),
            Self::WorkflowFaulted(error) => Self::WorkflowFaulted(mask.value(&error)),
            Self::TaskCompleted(output) => Self::TaskCompleted(mask.value(&output)),
            Self::TaskFaulted(error) => Self::TaskFaulted(mask.value(&error)),
            Self::RetryScheduled { attempt, delay, error } => Self::RetryScheduled { attempt, delay, error: mask.value(&error) },
            Self::CorrelationCompleted(keys) => Self::CorrelationCompleted(mask.value(&keys)),
            Self::Log { level, text } => Self::Log { level, text: mask.text(&text).unwrap_or(text) },
            // What an exchange shows is masked where it is cut.
            Self::ExchangeStarted(_)
            | Self::ExchangeEnded(_)
            | Self::WorkflowStarted
            | Self::WorkflowSuspended
            | Self::WorkflowResumed
            | Self::CorrelationStarted
            | Self::WorkflowCancelled
            | Self::WorkflowStatusChanged(_)
            | Self::BranchStarted
            | Self::BranchEnded
            | Self::TaskCreated
            | Self::TaskStarted
            | Self::TaskSuspended
            | Self::TaskResumed
            | Self::TaskSkipped
            | Self::TaskRetried
            | Self::TaskCancelled
            | Self::TaskStatusChanged(_)
            | Self::StageEntered(_)
            | Self::StageLeft(_)
            | Self::TaskMeasured(_)
            | Self::WorkflowMeasured(_) => self,
        }
    }

    /// The phase in which the execution or task run is after this; none if it is not about that.
    pub(crate) fn phase(&self) -> Option<Phase> {
        match self {
            Self::TaskCreated => Some(Phase::Pending),
            Self::WorkflowStarted | Self::WorkflowResumed | Self::TaskStarted | Self::TaskResumed => Some(Phase::Running),
            Self::WorkflowSuspended | Self::TaskSuspended => Some(Phase::Suspended),
            Self::WorkflowCompleted(_) | Self::TaskCompleted(_) => Some(Phase::Completed),
            Self::WorkflowFaulted(_) | Self::TaskFaulted(_) => Some(Phase::Faulted),
            Self::WorkflowCancelled | Self::TaskCancelled => Some(Phase::Cancelled),
            Self::CorrelationStarted
            | Self::CorrelationCompleted(_)
            | Self::WorkflowStatusChanged(_)
            | Self::BranchStarted
            | Self::BranchEnded
            | Self::TaskSkipped
            | Self::RetryScheduled { .. }
            | Self::TaskRetried
            | Self::TaskStatusChanged(_)
            | Self::StageEntered(_)
            | Self::StageLeft(_)
            | Self::ExchangeStarted(_)
            | Self::ExchangeEnded(_)
            | Self::TaskMeasured(_)
            | Self::WorkflowMeasured(_)
            | Self::Log { .. } => None,
        }
    }
}

/// Status phase of an execution or a task run (DSL, "Status Phases").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Created, not begun.
    Pending,
    /// At work, or waiting for an answer.
    Running,
    /// Waiting for a timer or an event.
    Waiting,
    /// Suspended by a person.
    Suspended,
    /// Ended on request.
    Cancelled,
    /// Ended by an error.
    Faulted,
    /// Ended with an output.
    Completed,
}

impl Phase {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Pending, Self::Running, Self::Waiting, Self::Suspended, Self::Cancelled, Self::Faulted, Self::Completed];

    /// Its name in the specification.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Suspended => "suspended",
            Self::Cancelled => "cancelled",
            Self::Faulted => "faulted",
            Self::Completed => "completed",
        }
    }
}

/// Events that are only made when they are wanted. They change nothing else in an execution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a wish of its own")]
pub struct Details {
    /// The optional `status-changed` events of the specification.
    pub status: bool,
    /// The stages that each task run enters and leaves.
    pub stages: bool,
    /// Requests and commands with their answers, times and sizes.
    pub exchanges: bool,
    /// What each task run and the execution took.
    pub metrics: bool,
}

impl Details {
    /// None of them.
    pub const NONE: Self = Self { status: false, stages: false, exchanges: false, metrics: false };
    /// All of them.
    pub const ALL: Self = Self { status: true, stages: true, exchanges: true, metrics: true };
    /// The names under which they are asked for.
    pub const NAMES: [&str; 4] = ["status", "stages", "exchanges", "metrics"];

    /// These and those.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            status: self.status || other.status,
            stages: self.stages || other.stages,
            exchanges: self.exchanges || other.exchanges,
            metrics: self.metrics || other.metrics,
        }
    }

    /// What these names ask for.
    ///
    /// # Errors
    /// The first that is not known.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, &'a str> {
        let mut details = Self::NONE;
        for name in names {
            match name {
                "status" => details.status = true,
                "stages" => details.stages = true,
                "exchanges" => details.exchanges = true,
                "metrics" => details.metrics = true,
                unknown => return Err(unknown),
            }
        }
        Ok(details)
    }
}

impl From<crate::effect::Stream> for Level {
    fn from(stream: crate::effect::Stream) -> Self {
        match stream {
            crate::effect::Stream::Stdout => Self::Stdout,
            crate::effect::Stream::Stderr => Self::Stderr,
        }
    }
}

/// How serious a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// What a process wrote to its standard output.
    Stdout,
    /// What a process wrote to its standard error.
    Stderr,
    /// A remark.
    Info,
    /// Something may be wrong.
    Warning,
}
