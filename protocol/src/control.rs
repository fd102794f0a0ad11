//! The control API: one typed JSON-RPC 2.0 description, spoken over WebSocket at `/rpc`.
//!
//! A call is a type that implements [`Call`]; its name, parameters and result stand together.
//! Host and clients (debug adapter, terminal, monitor page) read the same rows, [`CALLS`].
//! What a host says unasked is a [`Notice`], delivered by the subscription [`WATCH`].
//!
//! Lines and columns are zero-based; columns count UTF-16 code units. Editors that count from
//! one are served at the edge, by the debug adapter.

mod breakpoint;
mod data;
mod execution;
mod notice;
mod stack;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use breakpoint::*;
pub use data::*;
pub use execution::*;
pub use notice::*;
pub use stack::*;

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
    /// Suspends an execution, as an operator does: nothing moves and its clock stands still until it is resumed.
    Suspend, "execution.suspend", Control, OfExecution => Nothing;
    /// Lets a suspended execution go on.
    Resume, "execution.resume", Control, OfExecution => Nothing;
    /// Replaces all line breakpoints of one source file.
    SetBreakpoints, "breakpoints.set", Control, SetBreakpointsParams => Breakpoints;
    /// Replaces the exception filters.
    SetExceptionFilters, "exceptionFilters.set", Control, SetExceptionFiltersParams => Nothing;
    /// Lets stopped branches go on.
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
