//! Events as CloudEvents: the specification's lifecycle events, and ours under `dev.flowdbg.`.
//!
//! The text is written directly, not through a tree, as this is done for every event.

use flowdbg_engine::{
    driver::Run,
    event::{Event, EventKind, Level, TaskRun},
    program::Program,
};
use flowdbg_lang::value::Value;

use crate::json;

/// Whether a subscriber wants to know at once, whatever is being gathered.
pub(super) fn is_critical(kind: &EventKind) -> bool {
    match kind {
        EventKind::WorkflowStarted
        | EventKind::WorkflowCompleted(_)
        | EventKind::WorkflowFaulted(_)
        | EventKind::WorkflowCancelled
        | EventKind::TaskFaulted(_) => true,
        EventKind::BranchStarted
        | EventKind::BranchEnded
        | EventKind::TaskCreated
        | EventKind::TaskStarted
        | EventKind::TaskSkipped
        | EventKind::TaskCompleted(_)
        | EventKind::TaskRetried { .. }
        | EventKind::TaskCancelled
        | EventKind::Log { .. } => false,
    }
}

/// The type of the CloudEvent, and the member of its data that holds the time.
fn name(kind: &EventKind) -> (&'static str, &'static str) {
    match kind {
        EventKind::WorkflowStarted => ("io.serverlessworkflow.workflow.started.v1", "startedAt"),
        EventKind::WorkflowCompleted(_) => ("io.serverlessworkflow.workflow.completed.v1", "completedAt"),
        EventKind::WorkflowFaulted(_) => ("io.serverlessworkflow.workflow.faulted.v1", "faultedAt"),
        EventKind::WorkflowCancelled => ("io.serverlessworkflow.workflow.cancelled.v1", "cancelledAt"),
        EventKind::BranchStarted => ("dev.flowdbg.branch.started.v1", "startedAt"),
        EventKind::BranchEnded => ("dev.flowdbg.branch.ended.v1", "endedAt"),
        EventKind::TaskCreated => ("io.serverlessworkflow.task.created.v1", "createdAt"),
        EventKind::TaskStarted => ("io.serverlessworkflow.task.started.v1", "startedAt"),
        EventKind::TaskSkipped => ("dev.flowdbg.task.skipped.v1", "skippedAt"),
        EventKind::TaskCompleted(_) => ("io.serverlessworkflow.task.completed.v1", "completedAt"),
        EventKind::TaskFaulted(_) => ("io.serverlessworkflow.task.faulted.v1", "faultedAt"),
        EventKind::TaskRetried { .. } => ("io.serverlessworkflow.task.retried.v1", "retriedAt"),
        EventKind::TaskCancelled => ("io.serverlessworkflow.task.cancelled.v1", "cancelledAt"),
        EventKind::Log { .. } => ("dev.flowdbg.log.v1", "loggedAt"),
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
    out.string("sequence", &seq.to_string());
    out.raw("branch", &event.branch.0.to_string());
    out.object("data", |data| write_data(data, run, event, reference, (time_member, &time)));
    out.close()
}

fn write_data(data: &mut Object, run: &Run, event: &Event, reference: Option<&str>, (time_member, time): (&str, &str)) {
    let of_task = |data: &mut Object, task: &TaskRun| {
        data.string("workflow", &instance(run, &task.program));
        data.string("task", reference.unwrap_or_default());
        data.string(time_member, time);
    };
    let of_workflow = |data: &mut Object| {
        data.string("name", &instance(run, run.program()));
        data.string(time_member, time);
    };
    match (&event.kind, &event.task) {
        (EventKind::WorkflowStarted, _) => {
            data.string("name", &instance(run, run.program()));
            let document = &run.program().workflow.document;
            data.object("definition", |definition| {
                definition.string("name", &document.name);
                definition.string("namespace", &document.namespace);
                definition.string("version", &document.version);
            });
            data.string(time_member, time);
        }
        (_, Some(task)) => of_task(data, task),
        (_, None) => of_workflow(data),
    }
    match &event.kind {
        EventKind::WorkflowCompleted(output) | EventKind::TaskCompleted(output) => data.value("output", output),
        EventKind::WorkflowFaulted(error) | EventKind::TaskFaulted(error) => data.value("error", error),
        EventKind::Log { level, text } => {
            data.string("level", level_name(*level));
            data.string("text", text);
        }
        EventKind::WorkflowStarted
        | EventKind::WorkflowCancelled
        | EventKind::BranchStarted
        | EventKind::BranchEnded
        | EventKind::TaskCreated
        | EventKind::TaskStarted
        | EventKind::TaskSkipped
        | EventKind::TaskRetried { .. }
        | EventKind::TaskCancelled => {}
    }
    // What the specification does not name stands apart.
    if let Some(task) = &event.task {
        data.object("flowdbg", |more| {
            more.raw("run", &task.run.to_string());
            more.raw("depth", &task.depth.to_string());
            if let EventKind::TaskRetried { attempt, delay, error } = &event.kind {
                more.raw("attempt", &attempt.to_string());
                more.raw("delayMilliseconds", &delay.to_string());
                more.value("error", error);
            }
        });
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

    /// JSON text as it is.
    fn raw(&mut self, key: &str, value: &str) {
        self.key(key);
        self.text.push_str(value);
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
