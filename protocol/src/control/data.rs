//! Scopes, values and the error at which a branch stands.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::FrameRef;

/// Result of [`super::Scopes`].
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

/// Parameters of [`super::Variables`].
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

/// Result of [`super::Variables`].
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

/// Parameters of [`super::Evaluate`].
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

/// Parameters of [`super::SetVariable`].
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

/// Result of [`super::ExceptionInfo`].
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
