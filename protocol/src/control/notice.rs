//! What a host says unasked, and its errors.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Phase, Position};

/// What a host says unasked about an execution. Order is that of the facts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Notice {
    /// A branch stands at a checkpoint; all others are suspended too, if `all`.
    Stopped {
        /// The branch that stopped.
        branch: u32,
        /// Why.
        reason: StopReason,
        /// Ids of the breakpoints that were hit.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        breakpoints: Vec<u32>,
        /// A line for a person.
        description: String,
        /// The error's title and detail, for [`StopReason::Exception`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// Whether every branch is suspended.
        all: bool,
    },
    /// Branches go on that were suspended (said only if a client did not just ask for it).
    Continued {
        /// The branch; all if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<u32>,
    },
    /// A branch began.
    BranchStarted {
        /// Its id.
        branch: u32,
    },
    /// A branch ended.
    BranchExited {
        /// Its id.
        branch: u32,
    },
    /// Something to print.
    Output {
        /// Which stream of text.
        category: OutputCategory,
        /// The text, with its line end.
        text: String,
        /// Path of the workflow file it comes from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<String>,
        /// Where in that file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        position: Option<Position>,
    },
    /// The execution is over; the last notice.
    Ended {
        /// `completed`, `faulted` or `cancelled`.
        phase: Phase,
        /// The output, if completed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<Value>,
        /// Problem details, if faulted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<Value>,
    },
}

/// Why a branch stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StopReason {
    /// `stopOnEntry`.
    Entry,
    /// A breakpoint.
    Breakpoint,
    /// A step ended.
    Step,
    /// A pause was asked for.
    Pause,
    /// An error that an exception filter wants.
    Exception,
}

/// Which stream of text an output belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputCategory {
    /// Remarks of the debugger: log points, refused conditions.
    Console,
    /// What a task wrote to its standard output.
    Stdout,
    /// What a task wrote to its standard error.
    Stderr,
    /// What a person must not miss.
    Important,
}

/// Why a call failed: a JSON-RPC error object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ControlError {
    /// One of [`code`], or one of JSON-RPC itself.
    pub code: i32,
    /// What is wrong, for a person.
    pub message: String,
    /// More about it: `diagnostics`, problem details.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

/// Error codes of the control API, beside those of JSON-RPC itself.
pub mod code {
    /// No execution has this id.
    pub const UNKNOWN_EXECUTION: i32 = -32001;
    /// The branch or frame is not there, or the execution is not stopped or suspended.
    pub const NOT_SUSPENDED: i32 = -32002;
    /// The file cannot be read.
    pub const UNREADABLE: i32 = -32003;
    /// The workflow has errors; `data.diagnostics` lists them.
    pub const INVALID_WORKFLOW: i32 = -32004;
    /// The expression does not compile or faulted.
    pub const EXPRESSION: i32 = -32005;
    /// The execution is over.
    pub const ENDED: i32 = -32006;
    /// The token does not allow this.
    pub const FORBIDDEN: i32 = -32007;
}
