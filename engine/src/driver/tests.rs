//! Executions in the driver, with tokio's clock paused: stops, steps, and time that stands still.

use flowdbg_lang::{lower::lower, read::read, text::Source, value::ValueExt as _};

use super::*;
use crate::{
    debug::{BreakpointSpec, Granularity, StepKind},
    effect::HttpResponse,
    machine::{BranchId, ScopeName},
    worlds::{Performing, Request},
};

/// A world where every request succeeds after a second.
struct Calm;

impl World for Calm {
    fn perform(&self, request: Request) -> Performing {
        Box::pin(async move {
            match request.effect.kind {
                EffectKind::Http(_) => {
                    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                    Answer::Http(Ok(HttpResponse { status: 200, headers: Vec::new(), body: b"fine".to_vec() }))
                }
                _ => Answer::Slept,
            }
        })
    }

    fn wall_clock(&self) -> i64 {
        0
    }

    fn seed(&self) -> u64 {
        1
    }
}

fn program(yaml: &str) -> Arc<Program> {
    let text = format!("document: {{ dsl: '1.0.3', namespace: test, name: story, version: '1.0.0' }}\n{yaml}");
    let (tree, problems) = read(&Source::new("/story.yaml", text));
    assert_eq!(problems, []);
    Program::new(lower(&Arc::new(tree)).expect("a workflow"))
}

struct Session {
    run: Run,
    notices: mpsc::UnboundedReceiver<Notice>,
}

impl Session {
    /// Starts a workflow with breakpoints on the lines whose text contains one of the marks.
    async fn start(yaml: &str, input: &str, breakpoints: Vec<(&str, BreakpointSpec)>) -> Self {
        let program = program(yaml);
        let input = flowdbg_lang::value::parse_json(input).expect("json");
        let options = Options { hold: true, ..Options::default() };
        let run = Engine::new(Arc::new(Calm)).start(program.clone(), input, options);
        let notices = run.notices();
        let text = program.workflow.source.text().to_owned();
        let wanted = breakpoints
            .into_iter()
            .map(|(mark, spec)| {
                let line = text.lines().position(|line| line.contains(mark)).expect("the mark is there");
                BreakpointSpec { line: u32::try_from(line).expect("small"), ..spec }
            })
            .collect();
        let bound = run.with(move |debuggee| debuggee.set_breakpoints("/story.yaml", wanted)).await.expect("it lives");
        for bound in bound {
            assert!(bound.verified, "{:?}", bound.message);
        }
        run.with(Debuggee::release).await.expect("it lives");
        Self { run, notices }
    }

    /// The next stop or the end, as `reason task`; what is printed before it goes first.
    async fn next(&mut self) -> String {
        let mut lines = Vec::new();
        loop {
            match self.notices.recv().await {
                Some(Notice::Stopped { branch, reason, .. }) => {
                    lines.push(format!("{reason:?} {}", self.top(branch).await));
                    return lines.join("; ");
                }
                Some(Notice::Ended) => {
                    lines.push(match self.run.ended().await {
                        Outcome::Completed(output) => format!("ended {}", output.to_json()),
                        Outcome::Faulted(fault) => format!("faulted {}", fault.summary()),
                        Outcome::Cancelled => "cancelled".to_owned(),
                    });
                    return lines.join("; ");
                }
                Some(Notice::Output { text, .. }) => lines.push(text.trim_end().to_owned()),
                Some(_) => {}
                None => panic!("no more notices after {lines:?}"),
            }
        }
    }

    async fn top(&self, branch: BranchId) -> String {
        self.run
            .with(move |debuggee| {
                let frame = debuggee.machine().branch(branch).and_then(|branch| branch.frames().last()).expect("a frame");
                frame.task().map_or_else(|| "workflow".to_owned(), |task| task.name.to_string())
            })
            .await
            .expect("it lives")
    }

    async fn resume(&mut self) -> String {
        assert_eq!(self.run.with(Debuggee::go).await, Some(true));
        self.next().await
    }

    async fn step(&mut self, kind: StepKind) -> String {
        self.step_branch(BranchId(1), kind).await
    }

    async fn step_branch(&mut self, branch: BranchId, kind: StepKind) -> String {
        assert_eq!(self.run.with(move |debuggee| debuggee.step(branch, kind, Granularity::Task, false)).await, Some(true));
        self.next().await
    }
}

const NESTED: &str = "
do:
  - first: { set: { n: 1 } }
  - group:
      do:
        - inner: { set: { n: '${ .n + 1 }' } }
        - deeper: { do: [ { deepest: { set: { n: '${ .n + 1 }' } } } ] }
  - last: { set: { n: '${ .n + 1 }' } }
";

#[tokio::test(start_paused = true)]
async fn steps_go_over_into_and_out() {
    let mut session = Session::start(NESTED, "{}", vec![("- first", BreakpointSpec::default())]).await;
    assert_eq!(session.next().await, "Breakpoint first");
    assert_eq!(session.step(StepKind::Over).await, "Step group");
    assert_eq!(session.step(StepKind::In).await, "Step inner");
    assert_eq!(session.step(StepKind::Over).await, "Step deeper");
    assert_eq!(session.step(StepKind::In).await, "Step deepest");
    assert_eq!(session.step(StepKind::Out).await, "Step last");
    assert_eq!(session.step(StepKind::Over).await, "ended {\"n\":4}");
    assert!(session.run.with(|_| ()).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_step_over_a_group_stops_at_a_breakpoint_inside() {
    let breakpoints = vec![("- group", BreakpointSpec::default()), ("- deeper", BreakpointSpec::default())];
    let mut session = Session::start(NESTED, "{}", breakpoints).await;
    assert_eq!(session.next().await, "Breakpoint group");
    assert_eq!(session.step(StepKind::Over).await, "Breakpoint deeper");
    assert_eq!(session.resume().await, "ended {\"n\":4}");
}

const LOOP: &str = "
do:
  - loop:
      for: { each: n, in: '[1, 2, 3, 4]' }
      do:
        - body: { set: { sum: '${ (.sum // 0) + $n }' } }
";

#[tokio::test(start_paused = true)]
async fn conditions_hits_and_log_points() {
    let condition = BreakpointSpec { condition: Some("$n % 2 == 0".into()), ..BreakpointSpec::default() };
    let mut session = Session::start(LOOP, "{}", vec![("- body", condition)]).await;
    assert_eq!(session.next().await, "Breakpoint body");
    let value =
        session.run.with(|debuggee| debuggee.machine().evaluate(BranchId(1), 2, "[$n, .sum, $index]").expect("a value").to_json()).await;
    assert_eq!(value.as_deref(), Some("[2,1,1]"));
    assert_eq!(session.resume().await, "Breakpoint body");
    assert_eq!(session.resume().await, "ended {\"sum\":10}");

    let third = BreakpointSpec { hit_condition: Some("3".into()), ..BreakpointSpec::default() };
    let mut session = Session::start(LOOP, "{}", vec![("- body", third)]).await;
    assert_eq!(session.next().await, "Breakpoint body");
    assert_eq!(session.resume().await, "ended {\"sum\":10}");

    let log = BreakpointSpec { log_message: Some("n is {$n}".into()), hit_condition: Some(">= 3".into()), ..BreakpointSpec::default() };
    let mut session = Session::start(LOOP, "{}", vec![("- body", log)]).await;
    assert_eq!(session.next().await, "n is 3; n is 4; ended {\"sum\":10}");

    let failing = BreakpointSpec { condition: Some("$nope".into()), ..BreakpointSpec::default() };
    let mut session = Session::start(LOOP, "{}", vec![("- body", failing)]).await;
    assert!(session.next().await.contains("`$nope` does not exist here"));
}

#[tokio::test(start_paused = true)]
async fn an_uncaught_error_stops_where_it_is_raised() {
    let yaml = "
do:
  - guarded: { try: [ { a: { raise: { error: { type: 'https://x.example/a', status: 1 } } } } ], catch: { errors: { with: { status: 1 } } } }
  - group: { do: [ { b: { raise: { error: { type: 'https://x.example/b', title: Bad, status: 2 } } } } ] }
";
    let mut session = Session::start(yaml, "{}", vec![]).await;
    assert_eq!(session.next().await, "faulted Bad (2)");
    let run = Engine::new(Arc::new(Calm)).start(program(yaml), Value::Null, Options { hold: true, ..Options::default() });
    let mut session = Session { notices: run.notices(), run };
    session
        .run
        .with(|debuggee| {
            debuggee.set_exception_filters(&["uncaught".to_owned()]);
            debuggee.release();
        })
        .await
        .expect("it lives");
    assert_eq!(session.next().await, "Exception b");
    assert_eq!(session.resume().await, "faulted Bad (2)");
}

#[tokio::test(start_paused = true)]
async fn time_stands_still_while_suspended() {
    let yaml = "
do:
  - both:
      fork:
        branches:
          - timer: { do: [ { w: { wait: PT10S } }, { t: { set: { late: true } } } ] }
          - work: { do: [ { v: { wait: PT5S } }, { stop: { set: { early: true } } } ] }
";
    let mut session = Session::start(yaml, "{}", vec![("- work", BreakpointSpec::default())]).await;
    assert_eq!(session.next().await, "Breakpoint work");
    // An hour passes for the person, not for the execution.
    tokio::time::sleep(std::time::Duration::from_secs(3_600)).await;
    let before = session.run.with(|debuggee| debuggee.machine().now()).await.expect("it lives");
    assert!(before.0 < 1_000, "{before:?}");
    let work = BranchId(3);
    assert_eq!(session.step_branch(work, StepKind::In).await, "Step v");
    assert_eq!(session.step_branch(work, StepKind::Over).await, "Step stop");
    assert_eq!(session.run.with(|debuggee| debuggee.machine().now().0).await, Some(5_000));
    assert_eq!(session.step_branch(work, StepKind::Over).await, "ended [{\"late\":true},{\"early\":true}]");
}

#[tokio::test(start_paused = true)]
async fn a_step_into_a_fork_lands_in_its_first_branch_and_leaves_by_the_join() {
    let yaml = "
do:
  - both: { fork: { branches: [ { left: { set: 1 } }, { right: { do: [ { in: { set: 2 } } ] } } ] } }
  - after: { set: '${ . }' }
";
    let mut session = Session::start(yaml, "{}", vec![("- both", BreakpointSpec::default())]).await;
    assert_eq!(session.next().await, "Breakpoint both");
    assert_eq!(session.step(StepKind::In).await, "Step left");
    assert_eq!(session.step_branch(BranchId(2), StepKind::Over).await, "Step after");
    assert_eq!(session.resume().await, "ended [1,2]");
}

#[tokio::test(start_paused = true)]
async fn a_step_into_an_extended_task_lands_in_its_extension() {
    let yaml = "
use: { extensions: [ { log: { extend: set, before: [ { b: { wait: PT0S } }, { c: { wait: PT0S } } ], after: [ { a: { wait: PT0S } } ] } } ] }
do:
  - one: { set: 1 }
  - two: { set: 2 }
";
    let mut session = Session::start(yaml, "{}", vec![("- one", BreakpointSpec::default())]).await;
    assert_eq!(session.next().await, "Breakpoint one");
    assert_eq!(session.step(StepKind::In).await, "Step b");
    assert_eq!(session.step(StepKind::Over).await, "Step c");
    let seen = session.run.with(|debuggee| debuggee.machine().evaluate(BranchId(1), 2, "$task.name").expect("a value").to_json()).await;
    assert_eq!(seen.as_deref(), Some("\"one\""));
    assert_eq!(session.step(StepKind::Over).await, "Step a");
    assert_eq!(session.step(StepKind::Out).await, "Step two");
    assert_eq!(session.step(StepKind::Over).await, "ended 2");
    let mut session = Session::start(yaml, "{}", vec![("after:", BreakpointSpec { column: Some(112), ..BreakpointSpec::default() })]).await;
    assert_eq!(session.next().await, "Breakpoint a");
    assert_eq!(session.resume().await, "Breakpoint a");
    assert_eq!(session.resume().await, "ended 2");
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_a_year_takes_a_year() {
    let run = Engine::new(Arc::new(Calm)).start(program("do: [ { w: { wait: P1Y } } ]"), Value::Null, Options::default());
    let began = tokio::time::Instant::now();
    assert!(matches!(run.ended().await, Outcome::Completed(_)));
    assert_eq!(began.elapsed().as_secs(), 365 * 86_400);
    assert_eq!(run.status().phase, Phase::Completed);
    // And one of a million years can be cancelled.
    let run = Engine::new(Arc::new(Calm)).start(program("do: [ { w: { wait: P1000000Y } } ]"), Value::Null, Options::default());
    tokio::time::sleep(std::time::Duration::from_secs(86_400 * 365)).await;
    run.with(Debuggee::cancel).await.expect("it lives");
    assert!(matches!(run.ended().await, Outcome::Cancelled));
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_events_is_taken_without_loss() {
    let yaml = "
do:
  - all:
      listen: { to: { any: [ { with: { type: n } } ], until: 'length == 5000' } }
      foreach: { item: n, do: [ { keep: { set: '${ $n }' } } ] }
      output: { as: '[length, .[0], .[-1]]' }
";
    let engine = Engine::new(Arc::new(Calm));
    let run = engine.start(program(yaml), Value::Null, Options::default());
    for n in 0..5_000 {
        engine.publish(&flowdbg_lang::value::parse_json(&format!(r#"{{"type": "n", "data": {n}}}"#)).expect("json"));
    }
    assert!(matches!(run.ended().await, Outcome::Completed(output) if output.to_json() == "[5000,0,4999]"));
}

#[tokio::test(start_paused = true)]
async fn a_pause_stops_a_wait_and_an_endless_loop() {
    for yaml in ["do: [ { w: { wait: P1Y } } ]", "do: [ { a: { set: 1, then: a } } ]"] {
        let mut session = Session::start(yaml, "{}", vec![]).await;
        assert_eq!(session.run.with(|debuggee| debuggee.pause(None)).await, Some(true));
        let stop = session.next().await;
        assert!(stop.starts_with("Pause "), "{stop}");
        session.run.with(Debuggee::cancel).await.expect("it lives");
        assert_eq!(session.next().await, "cancelled");
    }
}

#[tokio::test(start_paused = true)]
async fn values_can_be_changed_where_it_stands() {
    let mut session = Session::start(NESTED, "{}", vec![("- last", BreakpointSpec::default())]).await;
    assert_eq!(session.next().await, "Breakpoint last");
    let changed = session
        .run
        .with(|debuggee| {
            debuggee.edit(BranchId(1), 1, ScopeName::Input, &[crate::machine::PathStep::Key("n".into())], Value::from(41_usize))
        })
        .await;
    assert_eq!(changed, Some(Ok(())));
    assert_eq!(session.resume().await, "ended {\"n\":42}");
}

#[tokio::test(start_paused = true)]
async fn the_log_is_gapless_and_readable_after_the_end() {
    let mut session =
        Session::start("do: [ { c: { call: http, with: { method: get, endpoint: 'http://x.example' } } } ]", "{}", vec![]).await;
    assert_eq!(session.next().await, "ended \"fine\"");
    let log = session.run.log();
    let all = log.read(1, usize::MAX);
    assert_eq!(all.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), (1..=log.last()).collect::<Vec<_>>());
    assert!(log.is_over());
    assert_eq!(log.read(3, 2).iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(session.run.status().phase, Phase::Completed);
}

#[tokio::test(start_paused = true)]
async fn an_event_from_outside_reaches_a_listener() {
    let engine = Engine::new(Arc::new(Calm));
    let run = engine.start(program("do: [ { l: { listen: { to: { one: { with: { type: go } } } } } } ]"), Value::Null, Options::default());
    engine.publish(&flowdbg_lang::value::parse_json(r#"{"type": "go", "data": 1}"#).expect("json"));
    assert!(matches!(run.ended().await, Outcome::Completed(output) if output.to_json() == "[1]"));
}

/// A world whose channel has a thousand numbers, as fast as they are taken.
#[derive(Clone, Default)]
struct Chatty(Arc<std::sync::atomic::AtomicUsize>);

impl World for Chatty {
    fn perform(&self, request: Request) -> Performing {
        let sent = self.0.clone();
        Box::pin(async move {
            match request.effect.kind {
                EffectKind::Resource(_) => Answer::Resource(Ok(
                    r#"{"asyncapi":"2.6.0","servers":{"a":{"url":"nats://a.example","protocol":"nats"}},"channels":{"numbers":{}}}"#
                        .to_owned(),
                )),
                EffectKind::Subscribe(_) => {
                    for number in 0..1_000 {
                        let payload = number.to_string().into_bytes();
                        if !request.messages.send(crate::effect::Message { payload, ..Default::default() }).await {
                            break;
                        }
                        sent.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    }
                    Answer::Unsubscribed(Ok(()))
                }
                _ => Answer::Slept,
            }
        })
    }

    fn wall_clock(&self) -> i64 {
        0
    }

    fn seed(&self) -> u64 {
        1
    }
}

const NUMBERS: &str = "do:
  - take:
      call: asyncapi
      with:
        document: { endpoint: numbers.json }
        channel: numbers
        subscription: { consume: { amount: 700 }, foreach: { do: [ { slowly: { wait: PT1S } } ] } }
      output: { as: '[length, .[0].payload, .[-1].payload]' }
";

#[tokio::test(start_paused = true)]
async fn no_more_messages_are_taken_than_are_read() {
    let world = Chatty::default();
    let options = Options { hold: true, ..Options::default() };
    let run = Engine::new(Arc::new(world.clone())).start(program(NUMBERS), flowdbg_lang::value::Value::Null, options);
    let mut session = Session { notices: run.notices(), run };
    session.run.with(Debuggee::release).await.expect("it lives");
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    assert_eq!(session.run.with(|debuggee| debuggee.pause(None)).await, Some(true));
    let before = world.0.load(std::sync::atomic::Ordering::SeqCst);
    assert!((2..=2 + crate::worlds::MAX_UNREAD).contains(&before), "{before} messages were taken");
    // While it stands, nothing more is taken, however long that is.
    tokio::time::sleep(std::time::Duration::from_secs(3_600)).await;
    assert!(world.0.load(std::sync::atomic::Ordering::SeqCst) <= before + crate::worlds::MAX_UNREAD);
    assert!(session.next().await.starts_with("Pause"));
    assert_eq!(session.resume().await, "ended [700,0,699]");
}

#[tokio::test(start_paused = true)]
async fn suspending_is_not_stopping_and_both_hold_the_clock() {
    let engine = Engine::new(Arc::new(Calm));
    let run = engine.start(program("do: [ { w: { wait: PT10S } }, { a: { set: { n: 1 } } } ]"), Value::Null, Options::default());
    let mut session = Session { notices: run.notices(), run };
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(session.run.with(Debuggee::suspend).await, Some(true));
    assert_eq!(session.run.with(Debuggee::suspend).await, Some(false), "it is suspended already");
    tokio::time::sleep(std::time::Duration::from_secs(3_600)).await;
    assert_eq!(session.run.status().phase, Phase::Suspended);
    // A debugger may look at it meanwhile; its stop is told to nobody but its client.
    let before = session.run.log().last();
    assert_eq!(session.run.with(|debuggee| debuggee.pause(None)).await, Some(true));
    assert!(session.next().await.ends_with("Pause w"));
    assert_eq!(session.run.with(Debuggee::go).await, Some(true));
    tokio::time::sleep(std::time::Duration::from_secs(3_600)).await;
    assert_eq!((session.run.status().phase, session.run.log().last()), (Phase::Suspended, before));
    assert_eq!(session.run.with(Debuggee::resume).await, Some(true));
    assert_eq!(session.run.with(Debuggee::resume).await, Some(false), "it goes on already");
    session.run.ended().await;
    let (_, last) = session.run.log().read(session.run.log().last(), 1).remove(0);
    assert_eq!(last.at, Timestamp(10_000));
}

#[tokio::test(start_paused = true)]
async fn a_suspended_execution_that_is_stopped_goes_on_when_neither_holds_it() {
    let mut session =
        Session::start("do:\n  - a: { set: { n: 1 } }\n  - b: { set: { n: 2 } }\n", "{}", vec![("- a", BreakpointSpec::default())]).await;
    assert_eq!(session.next().await, "Breakpoint a");
    assert_eq!(session.run.with(Debuggee::suspend).await, Some(true));
    assert_eq!(session.run.with(Debuggee::go).await, Some(true));
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    assert_eq!(session.run.status().phase, Phase::Suspended);
    assert_eq!(session.run.with(Debuggee::resume).await, Some(true));
    assert!(session.next().await.ends_with("ended {\"n\":2}"));
}

#[test]
fn a_debugger_with_nothing_to_stop_for_is_not_asked() {
    use crate::machine::Gate as _;
    let program = program("do: [ { a: { set: { n: 1 } } }, { b: { set: { n: 2 } } } ]");
    let mut debugger = Debugger::new(false);
    assert!(!debugger.is_armed());
    let spec = BreakpointSpec { line: 1, column: Some(9), ..BreakpointSpec::default() };
    let bound = debugger.set_breakpoints("/story.yaml", vec![spec], std::slice::from_ref(&program));
    assert_eq!(bound[0].reference.as_deref(), Some("/do/0/a"));
    assert!(debugger.is_armed());
    let body = flowdbg_lang::model::Stage::Body;
    let [a, b] = [0, 1].map(|task| program.workflow.root.tasks[task]);
    assert!(debugger.may_want(&program, a, body) && !debugger.may_want(&program, b, body));
    assert!(!debugger.may_want(&program, a, flowdbg_lang::model::Stage::Output));
    debugger.set_breakpoints("/story.yaml", Vec::new(), std::slice::from_ref(&program));
    assert!(!debugger.is_armed());
    debugger.set_exception_filters(&["uncaught".to_owned()]);
    assert!(debugger.is_armed() && !debugger.may_want(&program, a, body));
}
