//! Schedules with tokio's clock paused, in a world whose clock is that one.

use std::{path::Path, sync::Arc};

use flowdbg_engine::{
    driver::Engine,
    effect::{Answer, EffectKind},
    machine::Outcome,
    worlds::{Performing, Request, World},
};
use flowdbg_lang::value::{self, ValueExt as _};

use super::*;
use crate::load;

/// 2027-01-15T08:00:00Z
const BEGIN: i64 = 1_800_000_000_000;

struct Virtual(Instant);

impl World for Virtual {
    fn perform(&self, request: Request) -> Performing {
        Box::pin(async move {
            match request.effect.kind {
                EffectKind::Evaluate(asked) => Answer::Evaluated(asked.expression.evaluate_with(asked.input, asked.variables, asked.now)),
                _ => Answer::Slept,
            }
        })
    }

    fn wall_clock(&self) -> i64 {
        BEGIN + i64::try_from(self.0.elapsed().as_millis()).unwrap()
    }

    fn seed(&self) -> u64 {
        1
    }
}

struct Kept {
    host: Host,
    _folder: tempfile::TempDir,
}

impl Kept {
    fn new(schedule: &str, tasks: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let loaded = read(folder.path(), schedule, tasks);
        let host = Host::new(Engine::new(Arc::new(Virtual(Instant::now()))));
        assert!(host.schedule(&loaded).unwrap().is_some());
        Self { host, _folder: folder }
    }

    fn publish(&self, event: &str) {
        self.host.engine().publish(&value::parse_json(event).unwrap());
    }

    /// When each execution began, in seconds, and its output if it has ended.
    async fn seen(&self) -> Vec<(i64, Option<String>)> {
        let mut seen = Vec::new();
        for execution in self.host.list() {
            let status = execution.run.status();
            let output = match status.outcome {
                Some(Outcome::Completed(output)) => Some(output.to_json()),
                None => None,
                other => Some(format!("{other:?}")),
            };
            seen.push(((status.started_at.unwrap().0 - BEGIN) / 1_000, output));
        }
        seen.sort();
        seen
    }
}

fn read(folder: &Path, schedule: &str, tasks: &str) -> Loaded {
    let path = folder.join("w.yaml");
    let text = format!("document: {{ dsl: '1.0.3', namespace: a, name: b, version: '1.0.0' }}\nschedule: {schedule}\ndo: {tasks}\n");
    std::fs::write(&path, text).unwrap();
    load::load(&path).unwrap_or_else(|error| panic!("{:?}", error.lines()))
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn every_starts_even_if_the_last_one_still_runs() {
    let kept = Kept::new("{ every: PT3S }", "[ { w: { wait: PT7S } }, { s: { set: { done: true } } } ]");
    pass(11).await;
    let done = Some(r#"{"done":true}"#.to_owned());
    assert_eq!(kept.seen().await, [(3, done), (6, None), (9, None)]);
    kept.host.cancel_all().await;
    pass(100).await;
    assert_eq!(kept.seen().await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn after_starts_at_once_and_waits_after_each_end() {
    let kept = Kept::new("{ after: { seconds: 2 } }", "[ { w: { wait: PT5S } } ]");
    pass(15).await;
    assert_eq!(kept.seen().await.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 7, 14]);
}

#[tokio::test(start_paused = true)]
async fn cron_starts_at_its_times_in_utc() {
    let kept = Kept::new("{ cron: '30 8,9 * * *' }", "[ { s: { set: { x: 1 } } } ]");
    pass(86_400).await;
    assert_eq!(kept.seen().await.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [1_800, 5_400]);
}

#[tokio::test(start_paused = true)]
async fn events_start_it_and_are_its_input() {
    let kept = Kept::new(
        "{ on: { all: [ { with: { type: a }, correlate: { k: { from: .data.k } } }, { with: { type: b }, correlate: { k: { from: .data.k } } } ] } }",
        "[ { s: { set: '${ $workflow.input }' } } ]",
    );
    for event in [r#"{"type":"a","data":{"k":1}}"#, r#"{"type":"a","data":{"k":2}}"#, r#"{"type":"c"}"#] {
        kept.publish(event);
    }
    pass(5).await;
    assert_eq!(kept.seen().await, []);
    kept.publish(r#"{"type":"b","data":{"k":1}}"#);
    pass(5).await;
    // What was left over counts for the next one.
    kept.publish(r#"{"type":"b","data":{"k":2}}"#);
    pass(5).await;
    let inputs = [r#"[{"k":1},{"k":1}]"#, r#"[{"k":2},{"k":2}]"#].map(|input| Some(input.to_owned()));
    let [first, second] = inputs;
    assert_eq!(kept.seen().await, [(5, first), (10, second)]);
}

#[tokio::test(start_paused = true)]
async fn each_event_of_a_burst_starts_one_and_is_read_as_asked() {
    let kept = Kept::new(
        "{ on: { one: { with: { type: 'order.*', data: '${ last(range(.n + 1)) > 0 }' } } }, read: envelope }",
        "[ { s: { set: '${ .[0].data.n }' } } ]",
    );
    for n in 0..50 {
        kept.publish(&format!(r#"{{"type":"order.{n}","data":{{"n":{n}}}}}"#));
    }
    pass(1).await;
    let outputs: Vec<i64> = kept.seen().await.into_iter().map(|(_, output)| output.unwrap().parse().unwrap()).collect();
    let mut sorted = outputs.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (1..50).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn an_event_that_one_workflow_emits_starts_another() {
    let kept = Kept::new("{ on: { one: { with: { type: x } } } }", "[ { s: { set: '${ .[0] }' } } ]");
    let folder = tempfile::tempdir().unwrap();
    let emitting = read(folder.path(), "{ every: PT1H }", "[ { e: { emit: { event: { with: { type: x, data: 7 } } } } } ]");
    kept.host.run(&emitting, Value::Null, Options::default()).await.unwrap().ended().await;
    pass(1).await;
    assert!(kept.seen().await.contains(&(0, Some("7".to_owned()))), "{:?}", kept.seen().await);
}

#[tokio::test]
async fn a_schedule_that_cannot_be_kept_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::new(Engine::new(Arc::new(Virtual(Instant::now()))));
    let refused = |schedule: &str| host.schedule(&read(folder.path(), schedule, "[ { s: { set: { x: 1 } } } ]")).unwrap_err().to_string();
    let path = folder.path().join("w.yaml").display().to_string();
    assert_eq!(refused("{ every: PT0S }"), format!("the schedule of {path}: `schedule.every` must be longer than nothing"));
    let said = refused("{ every: '${ .x }' }");
    assert!(said.ends_with("`schedule.every` must be a duration, and no expression"), "{said}");
    assert!(
        plan(&read(folder.path(), "{ cron: '0 0 * * 1' }", "[ { s: { set: { x: 1 } } } ]").program.workflow)
            .is_ok_and(|plan| plan.is_some())
    );
}
