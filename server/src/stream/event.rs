//! Events as CloudEvents: the specification's lifecycle events, and ours under `io.flowdbg.`.
//!
//! The text is written directly, not through a tree, as this is done for every event.

use std::fmt::Write as _;

use flowdbg_engine::{
    driver::Run,
    event::{Event, EventKind, Level, Metrics},
    program::Program,
};
use flowdbg_lang::value::Value;

use crate::json;

/// Whether a subscriber wants to know at once, whatever is being gathered.
pub(super) fn is_critical(kind: &EventKind) -> bool {
    match kind {
        EventKind::WorkflowStarted
        | EventKind::WorkflowSuspended
        | EventKind::WorkflowResumed
        | EventKind::WorkflowCompleted(_)
        | EventKind::WorkflowFaulted(_)
        | EventKind::WorkflowCancelled
        | EventKind::TaskFaulted(_) => true,
        EventKind::CorrelationStarted
        | EventKind::CorrelationCompleted(_)
        | EventKind::WorkflowStatusChanged(_)
        | EventKind::BranchStarted
        | EventKind::BranchEnded
        | EventKind::TaskCreated
        | EventKind::TaskStarted
        | EventKind::TaskSuspended
        | EventKind::TaskResumed
        | EventKind::TaskSkipped
        | EventKind::TaskCompleted(_)
        | EventKind::RetryScheduled { .. }
        | EventKind::TaskRetried
        | EventKind::TaskCancelled
        | EventKind::TaskStatusChanged(_)
        | EventKind::StageEntered(_)
        | EventKind::StageLeft(_)
        | EventKind::ExchangeStarted(_)
        | EventKind::ExchangeEnded(_)
        | EventKind::TaskMeasured(_)
        | EventKind::WorkflowMeasured(_)
        | EventKind::Log { .. } => false,
    }
}

/// The type of the CloudEvent, and the member of its data that holds the time.
fn name(kind: &EventKind) -> (&'static str, &'static str) {
    match kind {
        EventKind::WorkflowStarted => ("io.serverlessworkflow.workflow.started.v1", "startedAt"),
        EventKind::WorkflowSuspended => ("io.serverlessworkflow.workflow.suspended.v1", "suspendedAt"),
        EventKind::WorkflowResumed => ("io.serverlessworkflow.workflow.resumed.v1", "resumedAt"),
        EventKind::CorrelationStarted => ("io.serverlessworkflow.workflow.correlation-started.v1", "startedAt"),
        EventKind::CorrelationCompleted(_) => ("io.serverlessworkflow.workflow.correlation-completed.v1", "completedAt"),
        EventKind::WorkflowCompleted(_) => ("io.serverlessworkflow.workflow.completed.v1", "completedAt"),
        EventKind::WorkflowFaulted(_) => ("io.serverlessworkflow.workflow.faulted.v1", "faultedAt"),
        EventKind::WorkflowCancelled => ("io.serverlessworkflow.workflow.cancelled.v1", "cancelledAt"),
        EventKind::WorkflowStatusChanged(_) => ("io.serverlessworkflow.workflow.status-changed.v1", "updatedAt"),
        EventKind::TaskCreated => ("io.serverlessworkflow.task.created.v1", "createdAt"),
        EventKind::TaskStarted => ("io.serverlessworkflow.task.started.v1", "startedAt"),
        EventKind::TaskSuspended => ("io.serverlessworkflow.task.suspended.v1", "suspendedAt"),
        EventKind::TaskResumed => ("io.serverlessworkflow.task.resumed.v1", "resumedAt"),
        EventKind::TaskCompleted(_) => ("io.serverlessworkflow.task.completed.v1", "completedAt"),
        EventKind::TaskFaulted(_) => ("io.serverlessworkflow.task.faulted.v1", "faultedAt"),
        EventKind::TaskRetried => ("io.serverlessworkflow.task.retried.v1", "retriedAt"),
        EventKind::TaskCancelled => ("io.serverlessworkflow.task.cancelled.v1", "cancelledAt"),
        EventKind::TaskStatusChanged(_) => ("io.serverlessworkflow.task.status-changed.v1", "updatedAt"),
        EventKind::BranchStarted => ("io.flowdbg.branch.started.v1", "startedAt"),
        EventKind::BranchEnded => ("io.flowdbg.branch.ended.v1", "endedAt"),
        EventKind::TaskSkipped => ("io.flowdbg.task.skipped.v1", "skippedAt"),
        EventKind::RetryScheduled { .. } => ("io.flowdbg.retry.scheduled.v1", "scheduledAt"),
        EventKind::StageEntered(_) => ("io.flowdbg.stage.entered.v1", "enteredAt"),
        EventKind::StageLeft(_) => ("io.flowdbg.stage.left.v1", "leftAt"),
        EventKind::ExchangeStarted(_) => ("io.flowdbg.exchange.started.v1", "startedAt"),
        EventKind::ExchangeEnded(_) => ("io.flowdbg.exchange.ended.v1", "endedAt"),
        EventKind::TaskMeasured(_) => ("io.flowdbg.task.measured.v1", "measuredAt"),
        EventKind::WorkflowMeasured(_) => ("io.flowdbg.workflow.measured.v1", "measuredAt"),
        EventKind::Log { .. } => ("io.flowdbg.log.v1", "loggedAt"),
    }
}

/// The event as a CloudEvent in the structured JSON form.
pub(super) fn to_json(run: &Run, seq: u64, event: &Event) -> String {
    let (kind, time_member) = name(&event.kind);
    let time = event.at.to_rfc3339();
    let reference = event.task.as_ref().map(|task| &*task.program.workflow.task(task.task).reference);
    let mut out = Object::open(String::with_capacity(512));
    out.string("specversion", "1.0");
    out.string("id", &format!("{}-{seq}", run.id()));
    out.string("source", &format!("/executions/{}", run.id()));
    out.string("type", kind);
    out.string("time", &time);
    if let Some(reference) = reference {
        out.string("subject", reference);
    }
    out.string("datacontenttype", "application/json");
    // Attributes of our own; `data` holds what the specification names and nothing else.
    out.string("sequence", &seq.to_string());
    out.number("branch", event.branch.0.into());
    if let Some(task) = &event.task {
        out.number("run", task.run);
        out.number("depth", task.depth.into());
    }
    out.object("data", |data| write_data(data, run, event, reference, (time_member, &time)));
    out.close()
}

fn write_data(data: &mut Object, run: &Run, event: &Event, reference: Option<&str>, (time_member, time): (&str, &str)) {
    match &event.task {
        Some(task) => {
            data.string("workflow", &instance(run, &task.program));
            data.string("task", reference.unwrap_or_default());
        }
        None => data.string("name", &instance(run, run.program())),
    }
    if let EventKind::WorkflowStarted = event.kind {
        let document = &run.program().workflow.document;
        data.object("definition", |definition| {
            definition.string("name", &document.name);
            definition.string("namespace", &document.namespace);
            definition.string("version", &document.version);
        });
    }
    data.string(time_member, time);
    match &event.kind {
        EventKind::WorkflowCompleted(output) | EventKind::TaskCompleted(output) => data.value("output", output),
        EventKind::WorkflowFaulted(error) | EventKind::TaskFaulted(error) => data.value("error", error),
        EventKind::CorrelationCompleted(Value::Null) => {}
        EventKind::CorrelationCompleted(keys) => data.value("correlationKeys", keys),
        EventKind::WorkflowStatusChanged(phase) | EventKind::TaskStatusChanged(phase) => data.string("status", phase.name()),
        EventKind::RetryScheduled { attempt, delay, error } => {
            data.number("attempt", (*attempt).into());
            data.number("delayMilliseconds", *delay);
            data.value("error", error);
        }
        EventKind::StageEntered(stage) | EventKind::StageLeft(stage) => data.string("stage", stage.name()),
        EventKind::ExchangeStarted(exchange) => {
            data.number("exchange", exchange.id.0);
            data.string("means", exchange.means);
            data.value("request", &exchange.content);
        }
        EventKind::ExchangeEnded(exchange) => {
            data.number("exchange", exchange.id.0);
            data.string("means", exchange.means);
            if let Some(duration) = exchange.duration {
                data.number("durationMilliseconds", duration);
            }
            data.value("response", &exchange.content);
        }
        EventKind::TaskMeasured(metrics) | EventKind::WorkflowMeasured(metrics) => write_metrics(data, metrics),
        EventKind::Log { level, text } => {
            data.string("level", level_name(*level));
            data.string("text", text);
        }
        EventKind::WorkflowStarted
        | EventKind::WorkflowSuspended
        | EventKind::WorkflowResumed
        | EventKind::CorrelationStarted
        | EventKind::WorkflowCancelled
        | EventKind::BranchStarted
        | EventKind::BranchEnded
        | EventKind::TaskCreated
        | EventKind::TaskStarted
        | EventKind::TaskSuspended
        | EventKind::TaskResumed
        | EventKind::TaskSkipped
        | EventKind::TaskRetried
        | EventKind::TaskCancelled => {}
    }
}

fn write_metrics(data: &mut Object, metrics: &Metrics) {
    data.number("durationMilliseconds", metrics.duration);
    data.number("waitingMilliseconds", metrics.waiting);
    data.number("workingMilliseconds", metrics.duration.saturating_sub(metrics.waiting));
    data.number("transitions", metrics.transitions);
    for (key, known) in [("inputBytes", metrics.input), ("outputBytes", metrics.output), ("processorMilliseconds", metrics.processor)] {
        if let Some(known) = known {
            data.number(key, known);
        }
    }
}

/// How the specification names a workflow's instance: `{name}-{id}.{namespace}`.
fn instance(run: &Run, program: &Program) -> String {
    let document = &program.workflow.document;
    format!("{}-{}.{}", document.name, run.id(), document.namespace)
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Stdout => "stdout",
        Level::Stderr => "stderr",
        Level::Info => "info",
        Level::Warning => "warning",
    }
}

/// A JSON object that is being written. Keys are plain words.
struct Object {
    text: String,
    first: bool,
}

impl Object {
    fn open(mut text: String) -> Self {
        text.push('{');
        Self { text, first: true }
    }

    fn close(mut self) -> String {
        self.text.push('}');
        self.text
    }

    fn key(&mut self, key: &str) {
        if !std::mem::take(&mut self.first) {
            self.text.push(',');
        }
        self.text.push('"');
        self.text.push_str(key);
        self.text.push_str("\":");
    }

    fn string(&mut self, key: &str, value: &str) {
        self.key(key);
        json::append_string(&mut self.text, value);
    }

    fn number(&mut self, key: &str, value: u64) {
        self.key(key);
        // Writing to a string does not fail.
        let _ = write!(self.text, "{value}");
    }

    fn value(&mut self, key: &str, value: &Value) {
        self.key(key);
        json::append(&mut self.text, value);
    }

    fn object(&mut self, key: &str, write: impl FnOnce(&mut Object)) {
        self.key(key);
        let mut inner = Object::open(std::mem::take(&mut self.text));
        write(&mut inner);
        self.text = inner.close();
    }
}

#[cfg(test)]
mod tests;
