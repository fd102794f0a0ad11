//! Starting, listing and ending executions.

use std::{path::PathBuf, sync::Arc};

use flowdbg_engine::driver::Options;
use flowdbg_protocol::control::{
    self, Cancel, ControlError, Executions, Get, List, Nothing, OfExecution, Release, Start, StartParams, Started,
};

use super::{Served, problem, wire};
use crate::{host::Host, json, runs::Execution};

/// The execution with this id.
pub(super) fn find(host: &Host, id: &str) -> Result<Arc<Execution>, ControlError> {
    host.find(id).ok_or_else(|| problem::unknown_execution(id))
}

impl Served for Start {
    async fn serve(host: Host, params: StartParams) -> Result<Started, ControlError> {
        if params.program.trim().is_empty() {
            return Err(problem::invalid("`program` is empty: give the path of a workflow file"));
        }
        let options = Options { hold: params.hold, debug: params.debug, stop_on_entry: params.stop_on_entry, ..Options::default() };
        let input = json::from_serde(params.input);
        let started = host.start(PathBuf::from(params.program), input, options).await;
        let (execution, loaded) = started.map_err(|error| problem::load(&error))?;
        let source = &loaded.program.workflow.source;
        let diagnostics = loaded.remarks.iter().map(|remark| wire::diagnostic(source, remark)).collect();
        Ok(Started { execution: execution.run.id().to_owned(), diagnostics })
    }
}

impl Served for Release {
    async fn serve(host: Host, params: OfExecution) -> Result<Nothing, ControlError> {
        let execution = find(&host, &params.execution)?;
        let released = execution.run.with(|debuggee| debuggee.release()).await;
        released.map(|()| Nothing {}).ok_or_else(|| problem::ended(&params.execution))
    }
}

impl Served for List {
    async fn serve(host: Host, _: Nothing) -> Result<Executions, ControlError> {
        let known = host.list();
        let executions = futures::future::join_all(known.iter().map(|execution| describe(execution))).await;
        Ok(Executions { executions })
    }
}

impl Served for Get {
    async fn serve(host: Host, params: OfExecution) -> Result<control::Execution, ControlError> {
        Ok(describe(&*find(&host, &params.execution)?).await)
    }
}

async fn describe(execution: &Execution) -> control::Execution {
    let run = &execution.run;
    let suspended = run.with(|debuggee| debuggee.is_suspended()).await.unwrap_or(false);
    let status = run.status();
    let (output, error) = wire::result(&status);
    // One that ended in its first breath never stood still to note when it began.
    let began = status.started_at.or_else(|| run.log().read(1, 1).first().map(|(_, event)| event.at));
    let workflow = &run.program().workflow;
    control::Execution {
        execution: run.id().to_owned(),
        workflow: workflow.full_name(),
        program: workflow.source.path().to_owned(),
        phase: wire::phase(status.phase, suspended),
        started_at: began.map(|at| at.to_rfc3339()),
        last_event: run.log().last(),
        output,
        error,
    }
}

impl Served for Cancel {
    async fn serve(host: Host, params: OfExecution) -> Result<Nothing, ControlError> {
        let execution = find(&host, &params.execution)?;
        let cancelled = execution.run.with(|debuggee| debuggee.cancel()).await;
        cancelled.map(|()| Nothing {}).ok_or_else(|| problem::ended(&params.execution))
    }
}
