//! Why calls fail, in words for a person.

use flowdbg_engine::machine::BranchId;
use flowdbg_protocol::control::{ControlError, code};

use crate::load::LoadError;

fn error(code: i32, message: impl Into<String>) -> ControlError {
    ControlError { code, message: message.into(), data: None }
}

pub(super) fn unknown_execution(id: &str) -> ControlError {
    error(code::UNKNOWN_EXECUTION, format!("this host knows no execution `{id}`; `execution.list` lists those it knows"))
}

pub(super) fn ended(id: &str) -> ControlError {
    error(code::ENDED, format!("the execution `{id}` is over"))
}

pub(super) fn not_suspended(what: impl Into<String>) -> ControlError {
    error(code::NOT_SUSPENDED, what)
}

pub(super) fn no_branch(branch: BranchId) -> ControlError {
    not_suspended(format!("there is no branch {}; it may have ended", branch.0))
}

pub(super) fn no_frame(branch: BranchId, depth: usize) -> ControlError {
    not_suspended(format!("branch {} has no frame at depth {depth}; it may have gone on", branch.0))
}

pub(super) fn expression(message: impl Into<String>) -> ControlError {
    error(code::EXPRESSION, message)
}

pub(super) fn invalid(message: impl Into<String>) -> ControlError {
    error(jsonrpsee::types::error::INVALID_PARAMS_CODE, message)
}

pub(super) fn internal(method: &str) -> ControlError {
    error(jsonrpsee::types::error::INTERNAL_ERROR_CODE, format!("`{method}` failed inside the host; its log says more"))
}

pub(super) fn load(problem: &LoadError) -> ControlError {
    match problem {
        LoadError::Unreadable { .. } => error(code::UNREADABLE, problem.to_string()),
        LoadError::Companion(why) => error(code::INVALID_WORKFLOW, why),
        LoadError::Invalid { text, found } => {
            let diagnostics: Vec<_> = found.iter().map(|found| super::wire::diagnostic(text, found)).collect();
            let data = Some(serde_json::json!({ "diagnostics": diagnostics }));
            ControlError { data, ..error(code::INVALID_WORKFLOW, problem.to_string()) }
        }
    }
}
