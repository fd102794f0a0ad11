//! The error at which a branch stands.

use std::path::Path;

use flowdbg_engine::machine::BranchId;
use flowdbg_protocol::control::{ControlError, Exception, ExceptionInfo, Frame, OfBranchOnly};

use super::{Served, executions::find, names, problem};
use crate::{host::Host, json};

impl Served for ExceptionInfo {
    async fn serve(host: Host, params: OfBranchOnly) -> Result<Exception, ControlError> {
        let execution = find(&host, &params.execution)?;
        let id = BranchId(params.branch);
        let found = execution.run.with(move |debuggee| {
            let machine = debuggee.machine();
            let branch = machine.branch(id).ok_or_else(|| problem::no_branch(id))?;
            let raised = branch.frames().last().and_then(|frame| frame.raised());
            let (fault, caught) = raised.ok_or_else(|| problem::not_suspended(format!("branch {} does not stand at an error", id.0)))?;
            let attempt = branch.frames().iter().rev().find_map(|frame| frame.attempt()).unwrap_or(1);
            let stack = names::frames(machine, id).unwrap_or_default().iter().map(line).collect();
            Ok(Exception { error: json::to_serde(&fault.error), caught, attempt, stack })
        });
        found.await.unwrap_or_else(|| Err(problem::ended(&params.execution)))
    }
}

/// `charge (order.workflow.yaml:12)`.
fn line(frame: &Frame) -> String {
    let file = Path::new(&frame.path).file_name().map_or_else(|| frame.path.clone(), |name| name.to_string_lossy().into_owned());
    format!("{} ({file}:{})", frame.name, frame.range.start.line + 1)
}
