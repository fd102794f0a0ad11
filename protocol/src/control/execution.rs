//! Starting, listing and ending executions.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Parameters of [`super::Start`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartParams {
    /// Path of the workflow file, absolute or relative to the host's working directory.
    pub program: String,
    /// Raw workflow input.
    #[serde(default)]
    pub input: Value,
    /// Create the execution but wait for [`super::Release`] before its first step.
    #[serde(default)]
    pub hold: bool,
    /// Stop before the first task.
    #[serde(default)]
    pub stop_on_entry: bool,
    /// Which events are told beside the usual ones: `status`, `stages`, `exchanges`, `metrics`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
}

/// Result of [`super::Start`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Started {
    /// Id of the new execution (UUIDv7).
    pub execution: String,
    /// What the checks had to say that does not prevent the run.
    #[serde(default)]
    pub diagnostics: Vec<Diagnostic>,
}

/// A finding about a workflow text. `Start` fails with these in its error's `data.diagnostics`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// File path as the host names it.
    pub path: String,
    /// Where.
    pub range: Range,
    /// How bad.
    pub severity: Severity,
    /// Stable code, `OW0101`.
    pub code: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A conforming runtime must refuse or fail this.
    Error,
    /// Likely a mistake.
    Warning,
    /// A remark.
    Information,
    /// A suggestion.
    Hint,
}

/// A stretch of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// First position.
    pub start: Position,
    /// Position after the last.
    pub end: Position,
}

/// Zero-based line and UTF-16 column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// Zero-based line.
    pub line: u32,
    /// Zero-based column in UTF-16 code units.
    pub character: u32,
}

/// Parameters that name an execution.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfExecution {
    /// The execution.
    pub execution: String,
}

/// Parameters that name an execution and perhaps one branch of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfBranch {
    /// The execution.
    pub execution: String,
    /// The branch; all suspended branches if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<u32>,
}

/// Parameters that name a branch.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfBranchOnly {
    /// The execution.
    pub execution: String,
    /// The branch.
    pub branch: u32,
}

/// Result of [`super::List`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Executions {
    /// Oldest first.
    pub executions: Vec<Execution>,
}

/// One run of a workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Execution {
    /// Its id (UUIDv7).
    pub execution: String,
    /// Name of the workflow, `namespace/name:version`.
    pub workflow: String,
    /// Path of the workflow file.
    pub program: String,
    /// Status phase.
    pub phase: Phase,
    /// Whether its debugger has stopped it; that is no phase.
    #[serde(default)]
    pub stopped: bool,
    /// RFC 3339 time of the start, if it has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// Sequence number of its newest event.
    pub last_event: u64,
    /// The output, if completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    /// The problem details, if faulted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Value>,
}

/// Status phase of an execution (Open Workflow DSL, status phases).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Created, not begun.
    Pending,
    /// At work.
    Running,
    /// Waiting for a timer or an event.
    Waiting,
    /// Suspended by an operator.
    Suspended,
    /// Ended on request.
    Cancelled,
    /// Ended by an error that nothing caught.
    Faulted,
    /// Ended with an output.
    Completed,
}
