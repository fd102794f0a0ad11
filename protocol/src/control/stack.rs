//! Steps, branches and frames.

use serde::{Deserialize, Serialize};

use super::Range;

/// Parameters of [`super::Step`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepParams {
    /// The execution.
    pub execution: String,
    /// The branch to step.
    pub branch: u32,
    /// How far.
    pub kind: StepKind,
    /// What a step ends at.
    #[serde(default)]
    pub granularity: Granularity,
    /// Leave the other branches suspended.
    #[serde(default)]
    pub single: bool,
}

/// How far a step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// To the next checkpoint of the branch at the same or an outer depth.
    Over,
    /// To the next checkpoint at any depth, into children and sub-workflows.
    In,
    /// To the next checkpoint of the parent.
    Out,
}

/// What a step ends at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Granularity {
    /// A task, before its body runs.
    #[default]
    Task,
    /// A stage of a task: `if`, `input`, `body`, `output`, `export`.
    Stage,
}

/// Parameters of [`super::Pause`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PauseParams {
    /// The execution.
    pub execution: String,
    /// The branch; whichever comes first if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<u32>,
}

/// Result of [`super::Branches`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BranchList {
    /// In the order of their creation.
    pub branches: Vec<Branch>,
}

/// A strand of sequential control; a thread in DAP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Branch {
    /// Id, unique in the execution, from 1 on.
    pub id: u32,
    /// `order / raiseAlarm / callNurse (waiting)`.
    pub name: String,
    /// Whether it stands at a checkpoint.
    pub suspended: bool,
}

/// Parameters of [`super::Frames`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FramesParams {
    /// The execution.
    pub execution: String,
    /// The branch.
    pub branch: u32,
    /// How many of the innermost to leave out.
    #[serde(default)]
    pub start: u32,
    /// How many to list; all if absent or zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
}

/// Result of [`super::Frames`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FrameList {
    /// Innermost first.
    pub frames: Vec<Frame>,
    /// How many there are in all.
    pub total: u32,
}

/// Names a frame of a branch: `depth` counts from the outermost, which is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FrameRef {
    /// The branch.
    pub branch: u32,
    /// Zero is the outermost frame.
    pub depth: u32,
}

/// A frame: a task run, or the workflow itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Frame {
    /// Its address.
    pub frame: FrameRef,
    /// `charge`, `eachItem [2/10]`, `pay attempt 2`.
    pub name: String,
    /// The task's reference, a JSON pointer; empty for the workflow.
    pub reference: String,
    /// Path of the source file.
    pub path: String,
    /// The task's text; the start is the task's name, or the line of the stage it stopped at.
    pub range: Range,
    /// What the frame is.
    pub kind: FrameKind,
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FrameKind {
    /// A workflow or sub-workflow.
    Workflow,
    /// A task run.
    Task,
    /// A frame of the parent branch, shown for orientation only: no scopes.
    Label,
}

/// Parameters that name a frame.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfFrame {
    /// The execution.
    pub execution: String,
    /// The frame.
    pub frame: FrameRef,
}
