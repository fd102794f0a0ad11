//! Facts of an execution, in the order in which they happened.

use std::sync::Arc;

use flowdbg_lang::{model::TaskId, value::Value};

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
    /// The execution ended with an output.
    WorkflowCompleted(Value),
    /// The execution ended by an error.
    WorkflowFaulted(Value),
    /// The execution was cancelled.
    WorkflowCancelled,
    /// A branch began.
    BranchStarted,
    /// A branch ended.
    BranchEnded,
    /// A task was reached.
    TaskCreated,
    /// Its body begins.
    TaskStarted,
    /// Its `if` was false.
    TaskSkipped,
    /// It ended with an output.
    TaskCompleted(Value),
    /// It ended by an error.
    TaskFaulted(Value),
    /// It will be tried again, after so many milliseconds.
    TaskRetried {
        /// Number of the attempt that is to come, from 2 on.
        attempt: u32,
        /// Milliseconds until then.
        delay: u64,
        /// What went wrong.
        error: Value,
    },
    /// It was stopped from outside.
    TaskCancelled,
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
            Self::TaskRetried { attempt, delay, error } => Self::TaskRetried { attempt, delay, error: mask.value(&error) },
            Self::Log { level, text } => Self::Log { level, text: mask.text(&text).unwrap_or(text) },
            Self::WorkflowStarted
            | Self::WorkflowCancelled
            | Self::BranchStarted
            | Self::BranchEnded
            | Self::TaskCreated
            | Self::TaskStarted
            | Self::TaskSkipped
            | Self::TaskCancelled => self,
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
