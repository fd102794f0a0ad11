//! Tests of how events are written for subscribers.

use std::{collections::BTreeMap, sync::Arc};

use flowdbg_engine::{
    driver::{Engine, Options},
    effect::EffectId,
    event::{Exchange, Phase, TaskRun},
    machine::ROOT,
    time::Timestamp,
    worlds::local::{self, Local},
};
use flowdbg_lang::{
    lower::lower,
    model::{Stage, TaskId},
    read::read,
    text::Source,
};

use super::*;
use crate::load;

/// The kind after this one: every kind is in this chain, or it does not compile.
fn after(kind: &EventKind) -> Option<EventKind> {
    let exchange = |duration| Box::new(Exchange { id: EffectId(3), means: "http", duration, content: Value::Null });
    let metrics = || Box::new(Metrics { input: Some(1), output: Some(2), processor: Some(3), ..Metrics::default() });
    Some(match kind {
        EventKind::WorkflowStarted => EventKind::WorkflowSuspended,
        EventKind::WorkflowSuspended => EventKind::WorkflowResumed,
        EventKind::WorkflowResumed => EventKind::CorrelationStarted,
        EventKind::CorrelationStarted => EventKind::CorrelationCompleted(Value::from(1_usize)),
        EventKind::CorrelationCompleted(_) => EventKind::WorkflowCompleted(Value::Null),
        EventKind::WorkflowCompleted(_) => EventKind::WorkflowFaulted(Value::Null),
        EventKind::WorkflowFaulted(_) => EventKind::WorkflowCancelled,
        EventKind::WorkflowCancelled => EventKind::WorkflowStatusChanged(Phase::Waiting),
        EventKind::WorkflowStatusChanged(_) => EventKind::WorkflowMeasured(metrics()),
        EventKind::WorkflowMeasured(_) => EventKind::BranchStarted,
        EventKind::BranchStarted => EventKind::BranchEnded,
        EventKind::BranchEnded => EventKind::TaskCreated,
        EventKind::TaskCreated => EventKind::TaskStarted,
        EventKind::TaskStarted => EventKind::TaskSuspended,
        EventKind::TaskSuspended => EventKind::TaskResumed,
        EventKind::TaskResumed => EventKind::TaskSkipped,
        EventKind::TaskSkipped => EventKind::TaskCompleted(Value::Null),
        EventKind::TaskCompleted(_) => EventKind::TaskFaulted(Value::Null),
        EventKind::TaskFaulted(_) => EventKind::RetryScheduled { attempt: 2, delay: 5, error: Value::Null },
        EventKind::RetryScheduled { .. } => EventKind::TaskRetried,
        EventKind::TaskRetried => EventKind::TaskCancelled,
        EventKind::TaskCancelled => EventKind::TaskStatusChanged(Phase::Pending),
        EventKind::TaskStatusChanged(_) => EventKind::StageEntered(Stage::If),
        EventKind::StageEntered(_) => EventKind::StageLeft(Stage::If),
        EventKind::StageLeft(_) => EventKind::ExchangeStarted(exchange(None)),
        EventKind::ExchangeStarted(_) => EventKind::ExchangeEnded(exchange(Some(4))),
        EventKind::ExchangeEnded(_) => EventKind::TaskMeasured(metrics()),
        EventKind::TaskMeasured(_) => EventKind::Log { level: Level::Info, text: "text".to_owned() },
        EventKind::Log { .. } => return None,
    })
}

/// Whether it is about a task run.
fn is_of_task(kind: &EventKind) -> bool {
    let (name, _) = name(kind);
    [".task.", ".stage.", ".exchange.", ".retry.", ".log."].iter().any(|part| name.contains(part))
}

/// Every type with an example of it as it goes over the wire.
fn all() -> BTreeMap<&'static str, serde_json::Value> {
    let text = "document: { dsl: '1.0.3', namespace: shop, name: order, version: '1.0.0' }\ndo: [ { one: { set: { a: 1 } } } ]\n";
    let (tree, _) = read(&Source::new("a.yaml", text));
    let program = Program::new(lower(&Arc::new(tree)).unwrap());
    let world = Local::new(local::Options::new(load::loader()));
    let options = Options { id: Some("x".to_owned()), hold: true, ..Options::default() };
    let run = Engine::new(Arc::new(world)).start(program.clone(), Value::Null, options);
    let mut next = Some(EventKind::WorkflowStarted);
    let mut all = BTreeMap::new();
    while let Some(kind) = next {
        next = after(&kind);
        let task = is_of_task(&kind).then(|| TaskRun { run: 7, program: program.clone(), task: TaskId(0), depth: 1 });
        let event = Event { at: Timestamp(0), branch: ROOT, task, kind };
        let told = serde_json::from_str(&to_json(&run, 41, &event)).unwrap();
        assert!(all.insert(name(&event.kind).0, told).is_none(), "two kinds have the type {}", name(&event.kind).0);
    }
    all
}

#[tokio::test]
async fn the_data_of_each_event_of_the_specification_is_exactly_what_it_says() {
    // Open Workflow DSL 1.0.3, "Lifecycle Events" and the definitions of each event.
    let specified: BTreeMap<&str, &[&str]> = [
        ("workflow.started", &["name", "definition", "startedAt"][..]),
        ("workflow.suspended", &["name", "suspendedAt"]),
        ("workflow.resumed", &["name", "resumedAt"]),
        ("workflow.correlation-started", &["name", "startedAt"]),
        ("workflow.correlation-completed", &["name", "completedAt", "correlationKeys"]),
        ("workflow.cancelled", &["name", "cancelledAt"]),
        ("workflow.faulted", &["name", "faultedAt", "error"]),
        ("workflow.completed", &["name", "completedAt", "output"]),
        ("workflow.status-changed", &["name", "updatedAt", "status"]),
        ("task.created", &["workflow", "task", "createdAt"]),
        ("task.started", &["workflow", "task", "startedAt"]),
        ("task.suspended", &["workflow", "task", "suspendedAt"]),
        ("task.resumed", &["workflow", "task", "resumedAt"]),
        ("task.retried", &["workflow", "task", "retriedAt"]),
        ("task.cancelled", &["workflow", "task", "cancelledAt"]),
        ("task.faulted", &["workflow", "task", "faultedAt", "error"]),
        ("task.completed", &["workflow", "task", "completedAt", "output"]),
        ("task.status-changed", &["workflow", "task", "updatedAt", "status"]),
    ]
    .into();
    let told: BTreeMap<String, Vec<String>> = all()
        .into_iter()
        .filter_map(|(kind, event)| {
            let kind = kind.strip_prefix("io.serverlessworkflow.")?.strip_suffix(".v1")?;
            Some((kind.to_owned(), event["data"].as_object().unwrap().keys().cloned().collect()))
        })
        .collect();
    let specified: BTreeMap<String, Vec<String>> = specified
        .into_iter()
        .map(|(kind, members)| (kind.to_owned(), members.iter().map(|member| (*member).to_owned()).collect()))
        .collect();
    assert_eq!(told, specified);
}

#[tokio::test]
async fn every_event_is_a_cloud_event_with_its_names() {
    for (kind, event) in all() {
        assert!(kind.starts_with("io.serverlessworkflow.") || kind.starts_with("io.flowdbg."), "{kind}");
        assert!(kind.ends_with(".v1"), "{kind}");
        assert_eq!((&event["specversion"], &event["type"], &event["sequence"]), (&"1.0".into(), &kind.into(), &"41".into()));
        let data = &event["data"];
        let name = "order-x.shop";
        if event["subject"].is_null() {
            assert_eq!((&data["name"], &event["run"]), (&name.into(), &serde_json::Value::Null), "{kind}");
        } else {
            assert_eq!((&data["workflow"], &data["task"], &event["run"]), (&name.into(), &"/do/0/one".into(), &7.into()), "{kind}");
        }
        let times: Vec<&String> = data.as_object().unwrap().keys().filter(|key| key.ends_with("At")).collect();
        assert_eq!(times.len(), 1, "{kind}");
        assert_eq!(data[times[0]], event["time"], "{kind}");
    }
}

#[tokio::test]
async fn every_event_has_its_row_in_the_reference_and_every_row_its_event() {
    let page = include_str!("../../../../docs/reference/events.md");
    let rows: BTreeMap<&str, &str> = page.lines().filter_map(|line| line.strip_prefix("| `io.")?.split_once('`')).collect();
    let told = all();
    let kinds: Vec<&str> = told.keys().map(|kind| kind.strip_prefix("io.").unwrap()).collect();
    assert_eq!(rows.keys().copied().collect::<Vec<_>>(), kinds);
    for (kind, event) in &told {
        let row = rows[kind.strip_prefix("io.").unwrap()];
        // The figures have a table of their own.
        let place = if kind.ends_with(".measured.v1") { page } else { row };
        for key in event["data"].as_object().unwrap().keys().filter(|key| !["name", "workflow", "task"].contains(&key.as_str())) {
            assert!(place.contains(&format!("`{key}`")), "the row of {kind} does not name `{key}`");
        }
    }
}
