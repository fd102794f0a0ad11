//! Executions from start to end, and what happened in them as lines.

use std::sync::{Arc, Mutex, PoisonError};

use flowdbg_engine::{
    driver::{Engine, Logged, Options, Record, Run, Sink},
    event::{Details, Event, EventKind, Level},
    machine::{Outcome, written},
    program::Program,
    recording::Recording,
    replay,
};
use flowdbg_lang::value::{Value, ValueExt as _};

/// A recording in memory.
#[derive(Default)]
pub struct Lines(Mutex<String>);

impl Lines {
    /// What was written.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Sink for Lines {
    fn append(&self, lines: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(lines);
        true
    }
}

/// Runs a workflow to its end while it is recorded, and again from the recording, where nothing is
/// asked of anybody; says how it ended.
///
/// # Panics
/// The second time something else happens.
pub async fn twice(engine: &Engine, program: Arc<Program>, input: Value) -> String {
    let lines = Arc::new(Lines::default());
    let options = Options { record: Some(Record(lines.clone())), details: Details::ALL, ..Options::default() };
    let outcome = engine.start(program.clone(), input, options).ended().await;
    let text = lines.text();
    let mut load = |text: &written::Text| if text.is_function { written::from_text(text) } else { Ok(program.clone()) };
    let recording = Recording::read(&text, &mut load).unwrap_or_else(|why| panic!("{why}\n{text}"));
    let report = replay::compare(&recording).unwrap_or_else(|why| panic!("{why}\n{text}"));
    let differences: Vec<String> = report.divergences.iter().map(ToString::to_string).collect();
    assert!(differences.is_empty(), "{differences:#?}\n{text}");
    assert!(report.outcome.is_some(), "the replay does not end\n{text}");
    ending(&outcome)
}

/// All events of an execution that is over.
#[must_use]
pub fn events(run: &Run) -> Vec<Logged> {
    run.log().read(1, usize::MAX).into_iter().map(|(_, event)| event).collect()
}

/// The names of tasks in the order in which their bodies began.
#[must_use]
pub fn started(events: &[Logged]) -> Vec<String> {
    let begun = events.iter().filter(|event| matches!(event.kind, EventKind::TaskStarted));
    begun.filter_map(|event| name(event)).collect()
}

fn name(event: &Event) -> Option<String> {
    event.task.as_ref().map(|run| run.program.workflow.task(run.task).name.to_string())
}

/// An event as a line, without what differs from run to run; none for those that tell nothing new.
#[must_use]
pub fn line(event: &Event) -> Option<String> {
    let name = name(event).unwrap_or_else(|| "the workflow".to_owned());
    let said = match &event.kind {
        EventKind::TaskStarted => "started".to_owned(),
        EventKind::TaskSkipped => "skipped".to_owned(),
        EventKind::TaskCompleted(output) => format!("completed {}", output.to_json()),
        EventKind::TaskFaulted(error) => format!("faulted: {}", flowdbg_engine::fault::summary(error)),
        EventKind::RetryScheduled { attempt, delay, error } => {
            format!("attempt {attempt} in {delay} ms: {}", flowdbg_engine::fault::summary(error))
        }
        EventKind::TaskCancelled => "cancelled".to_owned(),
        EventKind::Log { level, text } => match level {
            Level::Stdout => format!("wrote {text:?}"),
            Level::Stderr => format!("complained {text:?}"),
            Level::Info => format!("says: {text}"),
            Level::Warning => format!("warns: {text}"),
        },
        EventKind::WorkflowSuspended => "suspended".to_owned(),
        EventKind::WorkflowResumed => "resumed".to_owned(),
        EventKind::WorkflowStarted
        | EventKind::CorrelationStarted
        | EventKind::CorrelationCompleted(_)
        | EventKind::WorkflowStatusChanged(_)
        | EventKind::WorkflowMeasured(_)
        | EventKind::WorkflowCompleted(_)
        | EventKind::WorkflowFaulted(_)
        | EventKind::WorkflowCancelled
        | EventKind::BranchStarted
        | EventKind::BranchEnded
        | EventKind::TaskCreated
        | EventKind::TaskRetried
        | EventKind::TaskSuspended
        | EventKind::TaskResumed
        | EventKind::TaskStatusChanged(_)
        | EventKind::StageEntered(_)
        | EventKind::StageLeft(_)
        | EventKind::ExchangeStarted(_)
        | EventKind::ExchangeEnded(_)
        | EventKind::TaskMeasured(_) => return None,
    };
    Some(format!("{name} {said}"))
}

/// How an execution ended, as a line.
#[must_use]
pub fn ending(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Completed(output) => format!("completed {}", output.to_json()),
        Outcome::Faulted(fault) => {
            let place = fault.error.member("instance").and_then(Value::as_text).unwrap_or_default();
            format!("faulted at {}: {}", if place.is_empty() { "the workflow" } else { &place }, fault.summary())
        }
        Outcome::Cancelled => "cancelled".to_owned(),
    }
}
