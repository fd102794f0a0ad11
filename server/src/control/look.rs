//! Branches and frames.

use flowdbg_engine::machine::BranchId;
use flowdbg_protocol::control::{Branch, BranchList, Branches, ControlError, FrameList, Frames, FramesParams, OfExecution};

use super::{Served, executions::find, names, problem};
use crate::host::Host;

impl Served for Branches {
    async fn serve(host: Host, params: OfExecution) -> Result<BranchList, ControlError> {
        let execution = find(&host, &params.execution)?;
        let listed = execution.run.with(|debuggee| {
            let (machine, suspended) = (debuggee.machine(), debuggee.is_stopped());
            let branches = machine.branches().map(|branch| Branch { id: branch.id.0, name: names::branch(machine, branch), suspended });
            BranchList { branches: branches.collect() }
        });
        listed.await.ok_or_else(|| problem::ended(&params.execution))
    }
}

impl Served for Frames {
    async fn serve(host: Host, params: FramesParams) -> Result<FrameList, ControlError> {
        let execution = find(&host, &params.execution)?;
        let branch = BranchId(params.branch);
        let listed = execution.run.with(move |debuggee| names::frames(debuggee.machine(), branch)).await;
        let frames = listed.ok_or_else(|| problem::ended(&params.execution))?.ok_or_else(|| problem::no_branch(branch))?;
        let total = u32::try_from(frames.len()).unwrap_or(u32::MAX);
        let count = params.count.filter(|count| *count > 0).map_or(usize::MAX, |count| count as usize);
        Ok(FrameList { frames: frames.into_iter().skip(params.start as usize).take(count).collect(), total })
    }
}
