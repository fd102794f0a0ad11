//! Recordings of executions in the driver: written while they run, read at every point at which
//! their writer could have been killed, and replayed.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use flowdbg_lang::{lower::lower, read::read, text::Source, value::Value};

use super::*;
use crate::{
    debug::{Granularity, StepKind},
    driver::{Debuggee, Engine, Options, Record, Run, Sink},
    effect::{Answer, Command, EffectKind, HttpResponse, ProcessOutcome},
    machine::{BranchId, Outcome, PathStep, ROOT, ScopeName, written::Text},
    program::Program,
    replay::{self, DivergenceKind, compare},
    worlds::{Performing, Request, World, recorded::Recorded},
};

mod course;
mod credentials;

/// Keeps lines in memory.
#[derive(Default)]
struct Kept(Mutex<String>);

impl Sink for Kept {
    fn append(&self, lines: &str) -> bool {
        assert!(lines.ends_with('\n'), "whole lines: {lines}");
        self.0.lock().unwrap().push_str(lines);
        true
    }
}

/// A service that fails twice, then says what it was asked; each time it takes a second.
#[derive(Default)]
struct Shaky(Mutex<usize>);

const SECRET: &str = "s3cret value";

impl World for Shaky {
    fn perform(&self, request: Request) -> Performing {
        let nth = {
            let mut nth = self.0.lock().unwrap();
            *nth += 1;
            *nth
        };
        Box::pin(async move {
            match request.effect.kind {
                EffectKind::Http(request) => {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    let status = if nth <= 2 { 503 } else { 200 };
                    let body = format!("{} {:?}", request.url, request.headers).into_bytes();
                    Answer::Http(Ok(HttpResponse { status, headers: vec![("x".to_owned(), "y".to_owned())], body }))
                }
                EffectKind::Process(process) => {
                    let Command::Shell(line) = process.command else { panic!("it has only a shell") };
                    Answer::Process(Ok(ProcessOutcome { code: 0, stdout: format!("ran {line}"), stderr: String::new(), processor: None }))
                }
                EffectKind::Evaluate(evaluation) => {
                    Answer::Evaluated(evaluation.expression.evaluate_with(evaluation.input, evaluation.variables, evaluation.now))
                }
                EffectKind::Secrets { names, .. } => {
                    Answer::Secrets(Ok(names.iter().map(|_| flowdbg_lang::value::string(SECRET)).collect()))
                }
                EffectKind::Workflow { .. } => {
                    Answer::Workflow(Ok(program("/sub.yaml", "do: [ { inner: { set: { of: '${ .n }', is: sub } } } ]")))
                }
                other => panic!("it does not do {other:?}"),
            }
        })
    }

    fn wall_clock(&self) -> i64 {
        1_700_000_000_000
    }

    fn seed(&self) -> u64 {
        u64::MAX - 1
    }
}

fn program(path: &str, yaml: &str) -> Arc<Program> {
    let text = format!("document: {{ dsl: '1.0.3', namespace: test, name: story, version: '1.0.0' }}\n{yaml}");
    let (tree, problems) = read(&Source::new(path, text));
    assert_eq!(problems, []);
    Program::new(lower(&Arc::new(tree)).expect("a workflow"))
}

fn load(text: &Text) -> Result<Arc<Program>, String> {
    let (tree, _) = read(&Source::new(text.path.as_str(), text.text.as_str()));
    lower(&Arc::new(tree)).map(Program::new).ok_or_else(|| "no workflow".to_owned())
}

fn read_back(text: &str) -> Recording {
    Recording::read(text, &mut load).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Starts a workflow that is recorded.
fn start(yaml: &str, options: Options) -> (Engine, Run, Arc<Kept>) {
    let kept = Arc::new(Kept::default());
    let options = Options { record: Some(Record(kept.clone())), ..options };
    let engine = Engine::new(Arc::new(Shaky::default()));
    let run = engine.start(program("/story.yaml", yaml), flowdbg_lang::value::parse_json(r#"{"n": 3}"#).unwrap(), options);
    (engine, run, kept)
}

async fn recorded(yaml: &str) -> (Run, String) {
    let (_engine, run, kept) = start(yaml, Options::default());
    run.ended().await;
    let text = kept.0.lock().unwrap().clone();
    (run, text)
}

fn told(events: impl IntoIterator<Item = impl std::borrow::Borrow<crate::event::Event>>) -> Vec<String> {
    let line = |event: &crate::event::Event| {
        let task = event.task.as_ref().map(|run| (run.run, run.depth, run.program.workflow.task(run.task).reference.clone()));
        format!("{} {} {task:?} {:?}", event.at.0, event.branch.0, event.kind)
    };
    events.into_iter().map(|event| line(event.borrow())).collect()
}

fn log(run: &Run) -> Vec<String> {
    told(run.log().read(1, usize::MAX).into_iter().map(|(_, event)| (*event).clone()))
}

/// What can happen: retries with jitter, timers, a race, values from outside, a sub-workflow, and
/// events that an execution sends itself.
const BUSY: &str = "
do:
  - sides:
      fork:
        branches:
          - calls:
              try: [ { ask: { call: http, with: { method: get, endpoint: 'http://a.example/{n}' } } } ]
              catch: { retry: { delay: { seconds: 1 }, jitter: { from: { seconds: 0 }, to: { seconds: 9 } }, limit: { attempt: { count: 5 } } } }
          - ticks: { for: { in: '[range(.n)]' }, do: [ { tick: { wait: { seconds: 1 } } } ] }
          - sub: { run: { workflow: { namespace: test, name: story, version: latest } } }
  - tell: { emit: { event: { with: { type: e, data: { k: 1 } } } } }
  - hear: { listen: { to: { one: { with: { type: e } } } } }
  - race: { fork: { compete: true, branches: [ { slow: { wait: { seconds: 3 } } }, { fast: { wait: { seconds: 2 } } } ] } }
  - say: { run: { shell: { command: echo hello } } }
  - fails: { try: [ { r: { raise: { error: { type: 'https://x.example/e', status: 418 } } } } ], catch: { as: e, do: [ { s: { set: { e: '${ $e.status }' } } } ] } }
";

#[tokio::test(start_paused = true)]
async fn what_was_recorded_is_what_happened_and_happens_again() {
    let (run, text) = recorded(BUSY).await;
    let recording = read_back(&text);
    assert_eq!(told(&recording.events), log(&run));
    assert_eq!((recording.ended, recording.torn.as_deref()), (Some(Ended::Completed), None));
    assert_eq!(recording.journal.programs.len(), 2);
    let report = compare(&recording).unwrap();
    assert_eq!(report.divergences.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    assert!(matches!(report.outcome, Some(Outcome::Completed(output)) if output.to_string() == r#"{"e":418}"#));
    assert!(report.asks >= 10 && report.events > 50, "{} {}", report.asks, report.events);
    for line in text.lines() {
        serde_json::from_str::<serde_json::Value>(line).expect("every line is plain JSON");
    }
}

#[tokio::test(start_paused = true)]
async fn wherever_its_writer_is_killed_the_record_is_read_and_replays_so_far() {
    let (_, text) = recorded(BUSY).await;
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    let mut replayed = 0;
    for (at, end) in ends.iter().enumerate() {
        for torn in [0, 1, 7] {
            let cut = (end + torn).min(text.len());
            if cut > *end && ends.contains(&cut) {
                continue;
            }
            let recording = match Recording::read(&text[..cut], &mut load) {
                Ok(recording) => recording,
                // Only the line that says what it is.
                Err(error) => {
                    assert_eq!((at, error.why.as_str()), (0, "the recording breaks off before the text of its workflow"));
                    continue;
                }
            };
            assert_eq!(recording.torn.is_some(), cut > *end);
            match compare(&recording) {
                Ok(report) => {
                    let found: Vec<String> = report.divergences.iter().map(ToString::to_string).collect();
                    assert_eq!(found, Vec::<String>::new(), "cut after line {}", at + 1);
                    replayed += 1;
                }
                Err(why) => assert!(at < 2, "{why}"),
            }
        }
    }
    assert!(replayed > 100, "{replayed}");
}

#[tokio::test(start_paused = true)]
async fn an_endless_loop_that_was_killed_replays_up_to_there() {
    let (_engine, run, kept) = start("do: [ { a: { set: { n: 1 }, then: a } } ]", Options::default());
    while run.log().last() < 20_000 {
        tokio::task::yield_now().await;
    }
    let text = kept.0.lock().unwrap().clone();
    run.with(Debuggee::cancel).await;
    let recording = read_back(&text);
    assert!(recording.ended.is_none() && recording.events.len() >= 20_000);
    let report = compare(&recording).unwrap();
    assert!(report.divergences.is_empty() && report.outcome.is_none(), "{:?}", report.divergences);
}

const SECRETIVE: &str = "
use: { secrets: [ token ] }
do:
  - ask:
      call: http
      with: { method: post, endpoint: { uri: 'http://a.example/{n}', authentication: { basic: { username: u, password: '${ $secrets.token }' } } }, headers: { key: '${ $secrets.token }' }, body: { k: '${ $secrets.token }' } }
  - again: { try: [ { r: { call: http, with: { method: get, endpoint: 'http://a.example/2' } } } ], catch: {} }
  - run: { run: { shell: { command: '${ \"echo \" + $secrets.token }' } } }
  - think: { set: { all: '${ [range(2)] + [$secrets.token] }' } }
";

#[tokio::test(start_paused = true)]
async fn no_secret_reaches_the_file_and_none_is_needed_to_replay() {
    let yaml = SECRETIVE.replace(
        "  - ask:",
        "  - ask0: { try: [ { x: { call: http, with: { method: get, endpoint: 'http://a.example/1' } } } ], catch: {} }\n  - ask:",
    );
    let (_engine, run, kept) = start(&yaml, Options { details: crate::event::Details::ALL, ..Options::default() });
    let outcome = run.ended().await;
    assert!(matches!(&outcome, Outcome::Faulted(_) | Outcome::Completed(_)));
    let text = kept.0.lock().unwrap().clone();
    assert!(!text.contains("s3cret") && !text.contains("dTpzM2NyZXQg"), "{text}");
    assert!(text.contains("***"));
    let report = compare(&read_back(&text)).unwrap();
    assert_eq!(report.divergences.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn an_input_with_a_secret_in_it_is_written_masked() {
    let kept = Arc::new(Kept::default());
    let options = Options { record: Some(Record(kept.clone())), ..Options::default() };
    let input = flowdbg_lang::value::object([("key", flowdbg_lang::value::string(SECRET))]);
    let yaml = "use: { secrets: [ token ] }\ndo: [ { a: { set: { b: '${ .key }' } } } ]";
    let run = Engine::new(Arc::new(Shaky::default())).start(program("/story.yaml", yaml), input, options);
    run.ended().await;
    let text = kept.0.lock().unwrap().clone();
    assert!(text.contains(r#"{"input":{"key":"***"}}"#) && !text.contains(SECRET), "{text}");
    assert!(compare(&read_back(&text)).unwrap().divergences.is_empty());
}

/// What a person did with the debugger is part of the record.
#[tokio::test(start_paused = true)]
async fn edits_and_single_steps_are_recorded() {
    let yaml = "
do:
  - sides:
      fork:
        compete: true
        branches:
          - left: { do: [ { l1: { set: { n: '${ .n + 1 }' } } }, { l2: { set: { n: '${ .n + 1 }' } } } ] }
          - right: { do: [ { r1: { set: { n: '${ .n + 10 }' } } }, { r2: { set: { n: '${ .n + 10 }' } } } ] }
";
    let options = Options { stop_on_entry: true, ..Options::default() };
    let (_engine, run, kept) = start(yaml, options);
    let mut notices = run.notices();
    let mut stopped = async || loop {
        match notices.recv().await {
            Some(crate::debug::Notice::Stopped { branch, .. }) => return branch,
            Some(_) => {}
            None => panic!("it does not stop"),
        }
    };
    assert_eq!(stopped().await, ROOT);
    let key = || vec![PathStep::Key("n".to_owned())];
    let edited = run.with(move |debuggee| debuggee.edit(ROOT, 1, ScopeName::Input, &key(), Value::from(100_usize))).await;
    assert_eq!(edited, Some(Ok(())));
    run.with(|debuggee| debuggee.step(ROOT, StepKind::In, Granularity::Task, false)).await;
    let first = stopped().await;
    let other = BranchId(5 - first.0);
    // Only the other branch moves, so that it wins.
    for _ in 0..3 {
        run.with(move |debuggee| debuggee.step(other, StepKind::In, Granularity::Task, true)).await;
        if run.with(|debuggee| debuggee.machine().branches().count()).await != Some(3) {
            break;
        }
        stopped().await;
    }
    run.with(Debuggee::go).await;
    let outcome = run.ended().await;
    assert!(matches!(&outcome, Outcome::Completed(output) if output.to_string() == r#"{"n":120}"#), "{outcome:?}");
    let text = kept.0.lock().unwrap().clone();
    assert!(text.contains(r#"{"edit":"input""#) && text.contains(r#"{"hold":"#) && text.contains(r#"{"release":"#), "{text}");
    let report = compare(&read_back(&text)).unwrap();
    assert_eq!(report.divergences.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn the_recorded_world_gives_the_same_execution_in_no_time() {
    let (run, text) = recorded(BUSY).await;
    let world = Arc::new(Recorded::new(&read_back(&text), None));
    let before = tokio::time::Instant::now();
    let journal = read_back(&text).journal;
    let options = Options { stop_on_entry: true, ..Options::default() };
    let again = Engine::new(world.clone()).start(journal.programs[0].clone(), journal.input.clone().unwrap(), options);
    let mut notices = again.notices();
    // A person who looks at every task changes nothing.
    while let Some(notice) = notices.recv().await {
        if let crate::debug::Notice::Stopped { branch, .. } = notice {
            again.with(move |debuggee| debuggee.step(branch, StepKind::In, Granularity::Task, false)).await;
        }
    }
    assert_eq!(log(&again), log(&run));
    assert_eq!(again.id(), run.id());
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!(world.divergences().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_differs_is_reported_with_its_place() {
    let yaml = "
do:
  - a: { call: http, with: { method: get, endpoint: 'http://a.example/1' } }
  - b: { wait: { seconds: 1 } }
";
    let (_, text) = recorded(
        &format!("{yaml}  - c: {{ set: {{ x: 1 }} }}\n")
            .replace("- a: {", "- z: { run: { shell: { command: one } } }\n  - a: { if: 'false',"),
    )
    .await;
    let (_, text_b) = (0, text);
    let differ = |text: &str| -> Vec<(DivergenceKind, String, String)> {
        let report = compare(&read_back(text)).unwrap();
        let one = |found: &replay::Divergence| {
            let place = found.place.as_ref().map(|(program, span)| program.workflow.source.slice(*span).to_owned());
            (found.kind, found.reference.to_string(), place.unwrap_or_default())
        };
        report.divergences.iter().map(one).collect()
    };
    assert_eq!(differ(&text_b), []);
    // Another command was recorded.
    let other = text_b.replace(r#"{"shell":"one""#, r#"{"shell":"two""#);
    assert_eq!(differ(&other), [(DivergenceKind::Effect, "/do/0/z".to_owned(), "z".to_owned())]);
    // Its answer was another one: then the events differ.
    let other = text_b.replace(r#""stdout":"ran one""#, r#""stdout":"ran two""#);
    assert_eq!(differ(&other), [(DivergenceKind::Event, "/do/0/z".to_owned(), "z".to_owned())]);
    // Something was not asked for then: the wait.
    let line = text_b.lines().find(|line| line.contains(r#""is":{"sleep""#)).unwrap();
    let other = text_b.replace(&format!("{line}\n"), "");
    assert!(differ(&other).contains(&(DivergenceKind::Unrecorded, "/do/2/b".to_owned(), "b".to_owned())), "{:?}", differ(&other));
    // Something was asked for then that is not any more.
    let more = format!("{line}\n{}\n", line.replace(r#"{"ask":"#, r#"{"ask":9"#));
    let other = text_b.replace(&format!("{line}\n"), &more);
    assert!(differ(&other).contains(&(DivergenceKind::Missing, "/do/2/b".to_owned(), "b".to_owned())), "{:?}", differ(&other));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_said_with_its_line() {
    let (_, text) = recorded("do: [ { a: { set: { x: 1 } } } ]").await;
    let refused = |text: &str| Recording::read(text, &mut load).unwrap_err().to_string();
    assert_eq!(refused(""), "line 1: the file is empty; a recording begins with a line that says so");
    assert!(refused("document: {}\n").starts_with("line 1: this is not a recording"));
    assert_eq!(
        refused(&text.replace(r#"{"recording":1"#, r#"{"recording":2"#)),
        "line 1: this recording is of version 2; this flowdbg reads version 1"
    );
    assert!(refused(&text.replace("x: 1", "x: 2")).starts_with("line 2: the text of /story.yaml does not have the digest"));
    assert!(refused(&text.replacen(r#"{"event":3"#, r#"{"fact":3"#, 1)).contains("`fact` is no kind of line that this version knows"));
    assert!(refused(&text.replacen(r#"{"event":3"#, r#"{"event":4"#, 1)).contains("`event`: this must be event 3"));
    let broken = refused(&text.replacen("\"is\":\"taskCreated\"", "\"is\":", 1));
    assert!(broken.starts_with("line ") && broken.contains("it is not JSON"), "{broken}");
    let twice = format!("{text}{{\"hold\":1,\"at\":0,\"after\":1}}\n");
    assert!(refused(&twice).ends_with("nothing may follow the end"));
    // A member that a later version adds does not matter.
    assert!(Recording::read(&text.replacen(r#"{"event":3"#, r#"{"event":3,"more":true"#, 1), &mut load).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_written_does_not_stop_the_execution() {
    struct Full;
    impl Sink for Full {
        fn append(&self, _: &str) -> bool {
            false
        }
    }
    let options = Options { record: Some(Record(Arc::new(Full))), hold: true, ..Options::default() };
    let run = Engine::new(Arc::new(Shaky::default())).start(
        program("/story.yaml", "do: [ { a: { wait: { seconds: 1 } } } ]"),
        Value::Null,
        options,
    );
    let mut notices = run.notices();
    run.with(Debuggee::release).await;
    assert!(matches!(run.ended().await, Outcome::Completed(_)));
    let mut said = 0;
    while let Some(notice) = notices.recv().await {
        if let crate::debug::Notice::Output { text, .. } = notice {
            said += usize::from(text.contains("recording cannot be written"));
        }
    }
    assert_eq!(said, 1);
}
