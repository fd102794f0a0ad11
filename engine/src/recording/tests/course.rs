//! What else belongs to the course of an execution: that it was suspended, what was told of it, and
//! the functions that it fetched.

use super::*;
use crate::event::{Details, EventKind, Phase};

const TWO: &str = "
do:
  - sides: { fork: { branches: [ { left: { wait: { seconds: 2 } } }, { right: { wait: { seconds: 3 } } } ] } }
  - last: { set: { done: true } }
";

#[tokio::test(start_paused = true)]
async fn that_it_was_suspended_and_resumed_happens_again_in_no_time() {
    let (_engine, run, kept) = start(TWO, Options { details: Details { status: true, ..Details::NONE }, ..Options::default() });
    tokio::time::sleep(Duration::from_secs(1)).await;
    run.with(Debuggee::suspend).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    // Whoever comes meanwhile changes what is told, not what happens.
    run.with(|debuggee| debuggee.want(Details::ALL)).await;
    run.with(Debuggee::resume).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    run.with(Debuggee::suspend).await;
    run.with(Debuggee::resume).await;
    run.ended().await;
    let text = kept.0.lock().unwrap().clone();
    for line in
        [r#"{"suspend":true,"#, r#"{"resume":true,"#, r#"{"want":["status"]"#, r#"{"want":["status","stages","exchanges","metrics"]"#]
    {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    let recording = read_back(&text);
    assert_eq!(told(&recording.events), log(&run));
    let suspended = recording.events.iter().filter(|event| matches!(event.kind, EventKind::WorkflowSuspended)).count();
    assert_eq!(suspended, 2);
    assert_eq!(compare(&recording).unwrap().divergences.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    let world = Arc::new(Recorded::new(&recording, None));
    let begun = tokio::time::Instant::now();
    let again = Engine::new(world.clone()).start(run.program().clone(), recording.journal.input.clone().unwrap(), Options::default());
    again.ended().await;
    assert_eq!(log(&again), log(&run));
    assert_eq!((begun.elapsed(), world.divergences().len()), (Duration::ZERO, 0));
}

#[tokio::test(start_paused = true)]
async fn a_record_that_breaks_off_while_suspended_leaves_it_suspended() {
    let (_engine, run, kept) = start(TWO, Options::default());
    tokio::time::sleep(Duration::from_secs(1)).await;
    run.with(Debuggee::suspend).await;
    tokio::task::yield_now().await;
    let text = kept.0.lock().unwrap().clone();
    run.with(Debuggee::cancel).await;
    let recording = read_back(&text);
    assert!(recording.ended.is_none());
    assert!(compare(&recording).unwrap().divergences.is_empty());
    let again = Engine::new(Arc::new(Recorded::new(&recording, None))).start(run.program().clone(), Value::Null, Options::default());
    while again.status().phase != Phase::Suspended {
        tokio::task::yield_now().await;
    }
    assert_eq!(again.with(|debuggee| debuggee.is_suspended()).await, Some(true));
    again.with(Debuggee::cancel).await;
    assert!(matches!(again.ended().await, Outcome::Cancelled));
}

/// Says that whatever is asked of it fails, but for the text of a function.
struct Failing;

impl World for Failing {
    fn perform(&self, request: Request) -> Performing {
        Box::pin(async move {
            match request.effect.kind {
                EffectKind::Resource(_) => Answer::Resource(Ok("{ do: [ { inner: { set: { twice: '${ .n * 2 }' } } } ] }".to_owned())),
                EffectKind::Mcp(call) => Answer::Mcp(Ok(call.parameters)),
                _ => Answer::Failed(
                    flowdbg_lang::value::parse_json(r#"{"type": "https://x.example/e", "status": 418, "title": "no"}"#).unwrap(),
                ),
            }
        })
    }

    fn wall_clock(&self) -> i64 {
        1_700_000_000_000
    }

    fn seed(&self) -> u64 {
        7
    }
}

#[tokio::test(start_paused = true)]
async fn functions_tools_and_failures_that_a_world_made_up_happen_again() {
    let yaml = "
do:
  - fetched: { call: 'https://f.example/f.yaml', with: { n: 4 } }
  - tool: { call: mcp, with: { method: tools/call, parameters: { name: x }, transport: { http: { endpoint: 'http://t.example/' } } } }
  - fails:
      try: [ { ask: { call: http, with: { method: get, endpoint: 'http://a.example/' } } } ]
      catch: { as: e, do: [ { note: { set: { status: '${ $e.status }' } } } ] }
  - left: { run: { shell: { command: 'exit 1' }, await: false } }
";
    let kept = Arc::new(Kept::default());
    let options = Options { record: Some(Record(kept.clone())), details: Details::ALL, ..Options::default() };
    let run = Engine::new(Arc::new(Failing)).start(program("/story.yaml", yaml), Value::Null, options);
    let outcome = run.ended().await;
    assert!(matches!(&outcome, Outcome::Completed(output) if output.to_string() == r#"{"status":418}"#), "{outcome:?}");
    let text = kept.0.lock().unwrap().clone();
    // The function's text, as it is a workflow of the record too.
    assert!(text.contains(r#""function":true"#) && text.contains(r#""failed":{"#), "{text}");
    let recording = Recording::read(&text, &mut crate::machine::written::from_text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(told(&recording.events), log(&run));
    assert_eq!(compare(&recording).unwrap().divergences.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_goes_on_is_not_recorded_from_there() {
    let (engine, run, _) = start(TWO, Options::default());
    tokio::time::sleep(Duration::from_secs(1)).await;
    run.with(Debuggee::suspend).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let written = run.with(|debuggee| debuggee.machine().write_down().unwrap()).await.unwrap();
    run.with(Debuggee::cancel).await;
    let restored = || {
        let restore = crate::machine::written::Restore { load: &mut load, secrets: &mut |_| Ok(Vec::new()) };
        crate::machine::Machine::restore(&written, restore).unwrap()
    };
    let refused = engine.resume(restored(), Options { journal: true, ..Options::default() });
    assert!(refused.is_err_and(|why| why.to_string().ends_with("a recording begins with its execution")));
    // It is suspended still, and its clock stands still with it.
    let again = engine.resume(restored(), Options::default()).unwrap();
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!(again.status().phase, Phase::Suspended);
    let begun = tokio::time::Instant::now();
    again.with(Debuggee::resume).await;
    assert!(matches!(again.ended().await, Outcome::Completed(_)));
    assert_eq!(begun.elapsed(), Duration::from_secs(2));
}
