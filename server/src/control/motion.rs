//! Going on, stepping and pausing.

use flowdbg_engine::machine::BranchId;
use flowdbg_protocol::control::{Continue, ControlError, Nothing, OfBranch, Pause, PauseParams, Step, StepParams};

use super::{Served, executions::find, problem, wire};
use crate::host::Host;

impl Served for Continue {
    async fn serve(host: Host, params: OfBranch) -> Result<Nothing, ControlError> {
        let execution = find(&host, &params.execution)?;
        // A stop holds all branches, so all go on.
        match execution.run.with(|debuggee| debuggee.go()).await {
            Some(true) => Ok(Nothing {}),
            Some(false) => Err(problem::not_suspended("the execution is not stopped, so it cannot be continued")),
            None => Err(problem::ended(&params.execution)),
        }
    }
}

impl Served for Step {
    async fn serve(host: Host, params: StepParams) -> Result<Nothing, ControlError> {
        let execution = find(&host, &params.execution)?;
        let branch = BranchId(params.branch);
        let (kind, granularity, single) = (wire::step_kind(params.kind), wire::granularity(params.granularity), params.single);
        let stepped = execution.run.with(move |debuggee| {
            if !debuggee.is_stopped() {
                return Err(problem::not_suspended("the execution is not stopped, so it cannot be stepped; pause it first"));
            }
            if debuggee.step(branch, kind, granularity, single) { Ok(Nothing {}) } else { Err(problem::no_branch(branch)) }
        });
        stepped.await.unwrap_or_else(|| Err(problem::ended(&params.execution)))
    }
}

impl Served for Pause {
    async fn serve(host: Host, params: PauseParams) -> Result<Nothing, ControlError> {
        let execution = find(&host, &params.execution)?;
        let branch = params.branch.map(BranchId);
        // Whoever asks for a pause of what stands still already has got it.
        let paused = execution.run.with(move |debuggee| debuggee.is_stopped() || debuggee.pause(branch)).await;
        match paused {
            Some(true) => Ok(Nothing {}),
            Some(false) => Err(problem::invalid("the execution has not begun; start it with `stopOnEntry` to stop at its first task")),
            None => Err(problem::ended(&params.execution)),
        }
    }
}
