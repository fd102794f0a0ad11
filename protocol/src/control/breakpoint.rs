//! Breakpoints and exception filters.

use serde::{Deserialize, Serialize};

use super::Range;

/// Parameters of [`super::SetBreakpoints`].
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

/// Result of [`super::SetBreakpoints`]: one answer for each asked, in the same order.
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

/// Parameters of [`super::SetExceptionFilters`].
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
