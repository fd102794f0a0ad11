//! The control API: one typed JSON-RPC 2.0 description, spoken over WebSocket at `/rpc`.
//!
//! A call is a type that implements [`Call`]; its name, parameters and result stand together.
//! Host and clients (debug adapter, terminal, monitor page) read the same rows, [`CALLS`].
//! What a host says unasked is a [`Notice`], delivered by the subscription [`WATCH`].
//!
//! Lines and columns are zero-based; columns count UTF-16 code units. Editors that count from
//! one are served at the edge, by the debug adapter.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// One call of the control API.
pub trait Call {
    /// JSON-RPC method name.
    const METHOD: &'static str;
    /// Which right a token needs to make this call.
    const RIGHT: Right;
    /// What the caller sends: a JSON object.
    type Params: Serialize + DeserializeOwned + Send + 'static;
    /// What the host answers.
    type Result: Serialize + DeserializeOwned + Send + 'static;
}

/// A call as a row, for lists and pages.
#[derive(Clone, Copy, Debug)]
pub struct CallRow {
    /// JSON-RPC method name.
    pub method: &'static str,
    /// The right that it needs.
    pub right: Right,
    /// Name of the type of its parameters, in this module.
    pub params: &'static str,
    /// Name of the type of its result, in this module.
    pub result: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
}

/// What a bearer token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// Look at executions, their events, frames and variables.
    Watch,
    /// Also start, stop, step and edit them.
    Control,
}

/// JSON-RPC method that subscribes to the notices of one execution; parameters: [`Watch`].
pub const WATCH: &str = "execution.watch";
/// JSON-RPC method that ends the subscription.
pub const UNWATCH: &str = "execution.unwatch";
/// Method name under which a subscription's notices arrive.
pub const NOTICE: &str = "execution.notice";

/// Parameters of [`WATCH`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Watch {
    /// The execution to watch.
    pub execution: String,
}

macro_rules! calls {
    ($($(#[doc = $doc:literal])* $name:ident, $method:literal, $right:ident, $params:ident => $result:ident;)*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name;
            impl Call for $name {
                const METHOD: &'static str = $method;
                const RIGHT: Right = Right::$right;
                type Params = $params;
                type Result = $result;
            }
        )*
        /// Every call.
        pub const CALLS: &[CallRow] = &[$(CallRow {
            method: $method,
            right: Right::$right,
            params: stringify!($params),
            result: stringify!($result),
            about: concat!($($doc),*),
        }),*];
    };
}

calls! {
    /// Reads a workflow file and creates an execution of it.
    Start, "execution.start", Control, StartParams => Started;
    /// Lets an execution that was started with `hold` begin.
    Release, "execution.release", Control, OfExecution => Nothing;
    /// Lists the executions that this host knows, oldest first.
    List, "execution.list", Watch, Nothing => Executions;
    /// Describes one execution.
    Get, "execution.get", Watch, OfExecution => Execution;
    /// Cancels an execution: its calls, processes and timers stop.
    Cancel, "execution.cancel", Control, OfExecution => Nothing;
    /// Replaces all line breakpoints of one source file.
    SetBreakpoints, "breakpoints.set", Control, SetBreakpointsParams => Breakpoints;
    /// Replaces the exception filters.
    SetExceptionFilters, "exceptionFilters.set", Control, SetExceptionFiltersParams => Nothing;
    /// Lets suspended branches go on.
    Continue, "debug.continue", Control, OfBranch => Nothing;
    /// Lets a branch go on to the end of a step.
    Step, "debug.step", Control, StepParams => Nothing;
    /// Asks for a stop at the next checkpoint of a branch, or of any.
    Pause, "debug.pause", Control, PauseParams => Nothing;
    /// Lists live branches.
    Branches, "debug.branches", Watch, OfExecution => BranchList;
    /// Lists frames of a branch, innermost first.
    Frames, "debug.frames", Watch, FramesParams => FrameList;
    /// Lists the scopes of a frame.
    Scopes, "debug.scopes", Watch, OfFrame => ScopeList;
    /// Lists the children of a value.
    Variables, "debug.variables", Watch, VariablesParams => VariableList;
    /// Evaluates a jq expression in a frame's scope.
    Evaluate, "debug.evaluate", Watch, EvaluateParams => Variable;
    /// Replaces a value in a frame's scope with that of a jq expression.
    SetVariable, "debug.setVariable", Control, SetVariableParams => Variable;
    /// Describes the fault at which a branch is stopped.
    ExceptionInfo, "debug.exceptionInfo", Watch, OfBranchOnly => Exception;
}

/// No parameters, or nothing to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nothing {}

/// Parameters of [`Start`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartParams {
    /// Path of the workflow file, absolute or relative to the host's working directory.
    pub program: String,
    /// Raw workflow input.
    #[serde(default)]
    pub input: Value,
    /// Create the execution but wait for [`Release`] before its first step.
    #[serde(default)]
    pub hold: bool,
    /// Attach a debugger from the start (breakpoints and steps are honoured).
    #[serde(default)]
    pub debug: bool,
    /// Stop before the first task.
    #[serde(default)]
    pub stop_on_entry: bool,
}

/// Result of [`Start`].
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

/// Result of [`List`].
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

/// Parameters of [`SetBreakpoints`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetBreakpointsParams {
    /// The execution.
    pub execution: String,
    /// Path of the source file.
    pub path: String,
    /// All breakpoints of that file.
    pub breakpoints: Vec<SourceBreakpoint>,
}

/// A breakpoint as a client asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceBreakpoint {
    /// Zero-based line.
    pub line: u32,
    /// Zero-based UTF-16 column, to tell tasks on one line apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// Stop only if this jq expression is true (neither `false` nor `null`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Stop only at these hits: `3` or `== 3`, `>= 3`, `> 3`, `< 3`, `<= 3`, `% 3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hit_condition: Option<String>,
    /// Do not stop; print this text, in which `{jq}` is replaced by the expression's value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_message: Option<String>,
}

/// Result of [`SetBreakpoints`]: one answer for each asked, in the same order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Breakpoints {
    /// In the order of the request.
    pub breakpoints: Vec<Breakpoint>,
}

/// Where a breakpoint was bound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Breakpoint {
    /// Id, unique in the execution.
    pub id: u32,
    /// Whether it can be hit.
    pub verified: bool,
    /// Why not, or where it went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The place it was bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
    /// Reference of the task it was bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// Parameters of [`SetExceptionFilters`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetExceptionFiltersParams {
    /// The execution.
    pub execution: String,
    /// Names of filters that are on; see [`EXCEPTION_FILTERS`].
    pub filters: Vec<String>,
}

/// An exception filter that a host offers.
#[derive(Clone, Copy, Debug)]
pub struct ExceptionFilter {
    /// Name on the wire.
    pub name: &'static str,
    /// Label for a person.
    pub label: &'static str,
    /// What it does.
    pub description: &'static str,
    /// Whether it is on unless the user says otherwise.
    pub default: bool,
}

/// The exception filters.
pub const EXCEPTION_FILTERS: &[ExceptionFilter] = &[ExceptionFilter {
    name: "uncaught",
    label: "Uncaught errors",
    description: "Stop where an error is raised that no enclosing try task will catch",
    default: true,
}];

/// Parameters of [`Step`].
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

/// Parameters of [`Pause`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PauseParams {
    /// The execution.
    pub execution: String,
    /// The branch; whichever comes first if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<u32>,
}

/// Result of [`Branches`].
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

/// Parameters of [`Frames`].
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

/// Result of [`Frames`].
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

/// Result of [`Scopes`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ScopeList {
    /// In the order to show.
    pub scopes: Vec<ScopeInfo>,
}

/// A scope of a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopeInfo {
    /// Which.
    pub scope: Scope,
    /// Whether listing it costs noticeable time.
    #[serde(default)]
    pub expensive: bool,
    /// How many children.
    #[serde(flatten)]
    pub children: Children,
}

/// The scopes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The task's input: transformed once `input.from` has run, raw before.
    Input,
    /// The task's output: transformed once `output.as` has run, raw before.
    Output,
    /// `$context`.
    Context,
    /// Loop and error variables.
    Locals,
}

/// How many children a value has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Children {
    /// Members of an object.
    #[serde(default)]
    pub named: u64,
    /// Items of an array.
    #[serde(default)]
    pub indexed: u64,
}

/// Where a value hangs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Root {
    /// A scope of a frame.
    Scope(Scope),
    /// The value of a jq expression in the frame.
    Expression(String),
}

/// A step into a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PathStep {
    /// Item of an array.
    Index(u64),
    /// Member of an object.
    Key(String),
}

/// Parameters of [`Variables`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VariablesParams {
    /// The execution.
    pub execution: String,
    /// The frame.
    pub frame: FrameRef,
    /// Where to start.
    pub root: Root,
    /// The way down from there.
    #[serde(default)]
    pub path: Vec<PathStep>,
    /// First child to list.
    #[serde(default)]
    pub start: u64,
    /// How many; a host may list fewer, never more than 10,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

/// Result of [`Variables`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VariableList {
    /// The children asked for.
    pub variables: Vec<Variable>,
}

/// A value with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    /// Key, index or expression.
    pub name: String,
    /// How to reach it from its parent; absent for an expression's own value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<PathStep>,
    /// The value on one line as JSON, cut at 1,000 characters with `…`.
    pub value: String,
    /// JSON type name: `null boolean number string array object`.
    #[serde(rename = "type")]
    pub kind: String,
    /// jq path that evaluates to it in this frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluate_name: Option<String>,
    /// How many children.
    #[serde(flatten)]
    pub children: Children,
}

/// Parameters of [`Evaluate`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EvaluateParams {
    /// The execution.
    pub execution: String,
    /// The frame; the innermost of the first suspended branch if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<FrameRef>,
    /// A jq expression, bare or in `${ }`.
    pub expression: String,
    /// Give the whole value as JSON text, not a cut one (terminal `print`, copy to clipboard).
    #[serde(default)]
    pub whole: bool,
}

/// Parameters of [`SetVariable`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetVariableParams {
    /// The execution.
    pub execution: String,
    /// The frame.
    pub frame: FrameRef,
    /// In which scope.
    pub scope: Scope,
    /// The way down from the scope; empty replaces the scope's whole value.
    #[serde(default)]
    pub path: Vec<PathStep>,
    /// A jq expression for the new value (JSON is jq).
    pub value: String,
}

/// Result of [`ExceptionInfo`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exception {
    /// Problem details of the error (RFC 7807).
    pub error: Value,
    /// Whether an enclosing `try` will catch it.
    pub caught: bool,
    /// The attempt at which it happened, from 1 on.
    pub attempt: u32,
    /// Task stack, innermost first, one line each: `charge (order.workflow.yaml:12)`.
    pub stack: Vec<String>,
}

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
    /// The branch or frame is not there, or not suspended.
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
