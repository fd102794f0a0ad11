//! Events in documents: the facts of a recording.

use std::sync::Arc;

use flowdbg_lang::{
    model::{Stage, TaskId},
    value::{self, Value},
};

use super::{
    Reader, Writer, Wrong,
    answer::{self, Programs},
    as_variant, items, number, object, option, part, plain, unknown, variant,
};
use crate::{
    effect::EffectId,
    event::{Details, Event, EventKind, Exchange, Level, MEANS, Metrics, Phase, TaskRun},
    machine::BranchId,
    program::Program,
    time::Timestamp,
};

/// The members of an event, without its sequence number.
pub(crate) fn write(writer: &mut Writer, programs: &mut impl Programs, event: &Event) -> Vec<(&'static str, Value)> {
    let mut members = vec![("at", number::write(event.at.0)), ("branch", number::write(event.branch.0))];
    if let Some(run) = &event.task {
        members.push(("run", self::run(programs, run)));
    }
    members.push(("is", kind(writer, &event.kind)));
    members
}

pub(crate) fn run(programs: &mut impl Programs, run: &TaskRun) -> Value {
    let reference = &run.program.workflow.task(run.task).reference;
    value::object([
        ("run", number::write(run.run)),
        ("workflow", number::write(programs.index(&run.program) as u64)),
        ("task", value::string(&**reference)),
        ("id", number::write(run.task.0)),
        ("depth", number::write(run.depth)),
    ])
}

fn kind(writer: &mut Writer, kind: &EventKind) -> Value {
    let named = match kind {
        EventKind::WorkflowStarted => "workflowStarted",
        EventKind::WorkflowSuspended => "workflowSuspended",
        EventKind::WorkflowResumed => "workflowResumed",
        EventKind::CorrelationStarted => "correlationStarted",
        EventKind::CorrelationCompleted(keys) => return variant("correlationCompleted", writer.value(keys)),
        EventKind::WorkflowCompleted(output) => return variant("workflowCompleted", writer.value(output)),
        EventKind::WorkflowFaulted(error) => return variant("workflowFaulted", writer.value(error)),
        EventKind::WorkflowCancelled => "workflowCancelled",
        EventKind::WorkflowStatusChanged(phase) => return variant("workflowStatusChanged", value::string(phase.name())),
        EventKind::BranchStarted => "branchStarted",
        EventKind::BranchEnded => "branchEnded",
        EventKind::TaskCreated => "taskCreated",
        EventKind::TaskStarted => "taskStarted",
        EventKind::TaskSuspended => "taskSuspended",
        EventKind::TaskResumed => "taskResumed",
        EventKind::TaskSkipped => "taskSkipped",
        EventKind::TaskCompleted(output) => return variant("taskCompleted", writer.value(output)),
        EventKind::TaskFaulted(error) => return variant("taskFaulted", writer.value(error)),
        EventKind::RetryScheduled { attempt, delay, error } => {
            let members = [("attempt", number::write(*attempt)), ("delay", number::write(*delay)), ("error", writer.value(error))];
            return variant("retryScheduled", value::object(members));
        }
        EventKind::TaskRetried => "taskRetried",
        EventKind::TaskCancelled => "taskCancelled",
        EventKind::TaskStatusChanged(phase) => return variant("taskStatusChanged", value::string(phase.name())),
        EventKind::StageEntered(stage) => return variant("stageEntered", value::string(stage.name())),
        EventKind::StageLeft(stage) => return variant("stageLeft", value::string(stage.name())),
        EventKind::ExchangeStarted(exchange) => return variant("exchangeStarted", write_exchange(writer, exchange)),
        EventKind::ExchangeEnded(exchange) => return variant("exchangeEnded", write_exchange(writer, exchange)),
        EventKind::TaskMeasured(metrics) => return variant("taskMeasured", write_metrics(metrics)),
        EventKind::WorkflowMeasured(metrics) => return variant("workflowMeasured", write_metrics(metrics)),
        EventKind::Log { level, text } => {
            return variant("log", value::object([("level", value::string(level_name(*level))), ("text", writer.text(text))]));
        }
    };
    value::string(named)
}

fn write_exchange(writer: &mut Writer, exchange: &Exchange) -> Value {
    object([
        ("effect", Some(number::write(exchange.id.0))),
        ("means", Some(value::string(exchange.means))),
        ("duration", exchange.duration.map(number::write)),
        ("content", Some(writer.value(&exchange.content))),
    ])
}

fn read_exchange(reader: &Reader, document: &Value) -> Result<Box<Exchange>, Wrong> {
    Ok(Box::new(Exchange {
        id: EffectId(part(document, "effect", number::read)?),
        means: part(document, "means", means)?,
        duration: option(document, "duration", number::read)?,
        content: part(document, "content", |content| reader.value(content))?,
    }))
}

/// By what means an exchange is made.
pub(crate) fn means(document: &Value) -> Result<&'static str, Wrong> {
    let name = plain(document)?;
    MEANS.into_iter().find(|means| *means == name).ok_or_else(|| unknown("means of an exchange", &name))
}

fn write_metrics(metrics: &Metrics) -> Value {
    let Metrics { duration, waiting, transitions, input, output, processor } = metrics;
    object([
        ("duration", Some(number::write(*duration))),
        ("waiting", Some(number::write(*waiting))),
        ("transitions", Some(number::write(*transitions))),
        ("input", input.map(number::write)),
        ("output", output.map(number::write)),
        ("processor", processor.map(number::write)),
    ])
}

fn read_metrics(document: &Value) -> Result<Box<Metrics>, Wrong> {
    Ok(Box::new(Metrics {
        duration: part(document, "duration", number::read)?,
        waiting: part(document, "waiting", number::read)?,
        transitions: part(document, "transitions", number::read)?,
        input: option(document, "input", number::read)?,
        output: option(document, "output", number::read)?,
        processor: option(document, "processor", number::read)?,
    }))
}

/// Which details are told, by their names.
pub(crate) fn details(details: Details) -> Value {
    let Details { status, stages, exchanges, metrics } = details;
    let told = Details::NAMES.into_iter().zip([status, stages, exchanges, metrics]);
    told.filter(|(_, told)| *told).map(|(name, _)| value::string(name)).collect()
}

pub(crate) fn read_details(document: &Value) -> Result<Details, Wrong> {
    let names = items(document, plain)?;
    Details::named(names.iter().map(String::as_str)).map_err(|name| unknown("detail", name))
}

fn phase(document: &Value) -> Result<Phase, Wrong> {
    let name = plain(document)?;
    Phase::ALL.into_iter().find(|phase| phase.name() == name).ok_or_else(|| unknown("phase", &name))
}

fn stage(document: &Value) -> Result<Stage, Wrong> {
    let name = plain(document)?;
    Stage::ALL.into_iter().find(|stage| stage.name() == name).ok_or_else(|| unknown("stage", &name))
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Stdout => "stdout",
        Level::Stderr => "stderr",
        Level::Info => "info",
        Level::Warning => "warning",
    }
}

pub(crate) fn read(reader: &Reader, programs: &[Arc<Program>], document: &Value) -> Result<Event, Wrong> {
    Ok(Event {
        at: Timestamp(part(document, "at", number::read)?),
        branch: BranchId(part(document, "branch", number::read)?),
        task: option(document, "run", |run| read_run(programs, run))?,
        kind: part(document, "is", |kind| read_kind(reader, kind))?,
    })
}

pub(crate) fn read_run(programs: &[Arc<Program>], document: &Value) -> Result<TaskRun, Wrong> {
    let program = part(document, "workflow", |index| answer::program(programs, index))?;
    let task = task(&program, document)?;
    Ok(TaskRun { run: part(document, "run", number::read)?, program, task, depth: part(document, "depth", number::read)? })
}

/// The task of an `id`, which must have the `task` as its reference.
pub(crate) fn task(program: &Program, document: &Value) -> Result<TaskId, Wrong> {
    let id: u32 = part(document, "id", number::read)?;
    let reference = part(document, "task", plain)?;
    let found = usize::try_from(id).ok().and_then(|at| program.workflow.tasks.get(at));
    match found {
        Some(task) if *task.reference == *reference => Ok(task.id),
        _ => Err(Wrong::new(format!("the workflow {} has no task {reference} with the number {id}", program.workflow.full_name()))),
    }
}

fn read_kind(reader: &Reader, document: &Value) -> Result<EventKind, Wrong> {
    if !matches!(document, Value::Obj(_)) {
        return match plain(document)?.as_str() {
            "workflowStarted" => Ok(EventKind::WorkflowStarted),
            "workflowSuspended" => Ok(EventKind::WorkflowSuspended),
            "workflowResumed" => Ok(EventKind::WorkflowResumed),
            "correlationStarted" => Ok(EventKind::CorrelationStarted),
            "workflowCancelled" => Ok(EventKind::WorkflowCancelled),
            "branchStarted" => Ok(EventKind::BranchStarted),
            "branchEnded" => Ok(EventKind::BranchEnded),
            "taskCreated" => Ok(EventKind::TaskCreated),
            "taskStarted" => Ok(EventKind::TaskStarted),
            "taskSuspended" => Ok(EventKind::TaskSuspended),
            "taskResumed" => Ok(EventKind::TaskResumed),
            "taskSkipped" => Ok(EventKind::TaskSkipped),
            "taskRetried" => Ok(EventKind::TaskRetried),
            "taskCancelled" => Ok(EventKind::TaskCancelled),
            other => Err(unknown("event", other)),
        };
    }
    let (name, inner) = as_variant(document)?;
    let kind = match name.as_str() {
        "correlationCompleted" => reader.value(inner).map(EventKind::CorrelationCompleted),
        "workflowStatusChanged" => phase(inner).map(EventKind::WorkflowStatusChanged),
        "taskStatusChanged" => phase(inner).map(EventKind::TaskStatusChanged),
        "stageEntered" => stage(inner).map(EventKind::StageEntered),
        "stageLeft" => stage(inner).map(EventKind::StageLeft),
        "exchangeStarted" => read_exchange(reader, inner).map(EventKind::ExchangeStarted),
        "exchangeEnded" => read_exchange(reader, inner).map(EventKind::ExchangeEnded),
        "taskMeasured" => read_metrics(inner).map(EventKind::TaskMeasured),
        "workflowMeasured" => read_metrics(inner).map(EventKind::WorkflowMeasured),
        "workflowCompleted" => reader.value(inner).map(EventKind::WorkflowCompleted),
        "workflowFaulted" => reader.value(inner).map(EventKind::WorkflowFaulted),
        "taskCompleted" => reader.value(inner).map(EventKind::TaskCompleted),
        "taskFaulted" => reader.value(inner).map(EventKind::TaskFaulted),
        "retryScheduled" => part(inner, "attempt", number::read).and_then(|attempt| {
            let error = part(inner, "error", |error| reader.value(error))?;
            Ok(EventKind::RetryScheduled { attempt, delay: part(inner, "delay", number::read)?, error })
        }),
        "log" => part(inner, "level", level).and_then(|level| {
            let text = part(inner, "text", |text| reader.text(text))?;
            Ok(EventKind::Log { level, text })
        }),
        other => return Err(unknown("event", other)),
    };
    kind.map_err(|wrong| wrong.within(name))
}

fn level(document: &Value) -> Result<Level, Wrong> {
    let name = plain(document)?;
    let levels = [Level::Stdout, Level::Stderr, Level::Info, Level::Warning];
    levels.into_iter().find(|level| level_name(*level) == name).ok_or_else(|| unknown("level", &name))
}
