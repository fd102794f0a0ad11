//! Starting, listing and ending executions.

use std::{path::PathBuf, sync::Arc};

use flowdbg_engine::{driver::Options, event::Details};
use flowdbg_protocol::control::{
    self, Cancel, ControlError, Executions, Get, List, Nothing, OfExecution, Release, Resume, Start, StartParams, Started, Suspend,
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
        let details = Details::named(params.details.iter().map(String::as_str))
            .map_err(|unknown| problem::invalid(format!("`details` has no `{unknown}`; there are `{}`", Details::NAMES.join("`, `"))))?;
        let (hold, stop_on_entry) = (params.hold, params.stop_on_entry);
        let options = Options { hold, stop_on_entry, details, ..Options::default() };
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
    let stopped = run.with(|debuggee| debuggee.is_stopped()).await.unwrap_or(false);
    let status = run.status();
    let (output, error) = wire::result(&status);
    let workflow = &run.program().workflow;
    control::Execution {
        execution: run.id().to_owned(),
        workflow: workflow.full_name(),
        program: workflow.source.path().to_owned(),
        phase: wire::phase(status.phase),
        stopped,
        started_at: status.started_at.map(|at| at.to_rfc3339()),
        last_event: run.log().last(),
        output,
        error,
    }
}

/// Why an execution cannot be suspended or resumed.
enum Refused {
    NotBegun,
    Already,
}

impl Served for Suspend {
    async fn serve(host: Host, params: OfExecution) -> Result<Nothing, ControlError> {
        let execution = find(&host, &params.execution)?;
        let suspended = execution.run.with(|debuggee| match (debuggee.is_held(), debuggee.suspend()) {
            (true, _) => Err(Refused::NotBegun),
            (false, false) => Err(Refused::Already),
            (false, true) => Ok(()),
        });
        match suspended.await {
            Some(Ok(())) => Ok(Nothing {}),
            Some(Err(Refused::NotBegun)) => {
                Err(problem::invalid("the execution has not begun, so it cannot be suspended; it waits for `execution.release`"))
            }
            Some(Err(Refused::Already)) => Err(problem::invalid("the execution is suspended already; `execution.resume` lets it go on")),
            None => Err(problem::ended(&params.execution)),
        }
    }
}

impl Served for Resume {
    async fn serve(host: Host, params: OfExecution) -> Result<Nothing, ControlError> {
        let execution = find(&host, &params.execution)?;
        match execution.run.with(|debuggee| debuggee.resume()).await {
            Some(true) => Ok(Nothing {}),
            Some(false) => Err(problem::not_suspended(
                "the execution is not suspended, so it cannot be resumed; one that the debugger has stopped goes on with `debug.continue`",
            )),
            None => Err(problem::ended(&params.execution)),
        }
    }
}

impl Served for Cancel {
    async fn serve(host: Host, params: OfExecution) -> Result<Nothing, ControlError> {
        let execution = find(&host, &params.execution)?;
        let cancelled = execution.run.with(|debuggee| debuggee.cancel()).await;
        cancelled.map(|()| Nothing {}).ok_or_else(|| problem::ended(&params.execution))
    }
}
