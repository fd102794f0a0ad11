//! Whatever a workflow does, it does again from its journal: generated workflows are run live, in
//! a world whose answers come in any order, recorded, and run again from the recording.

#![expect(clippy::unwrap_used, reason = "a test that cannot begin has failed")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use flowdbg_engine::{
    driver::{Debuggee, Engine, History, Logged, Options, Record, Run},
    effect::{Answer, EffectKind, HttpResponse, McpError, McpErrorKind, ProcessError, ProcessOutcome, ResourceError, Stream},
    event::{Details, Event},
    journal::Given,
    machine::{Input, Machine, Open, Outcome, Progress, written},
    program::Program,
    recording::Recording,
    replay,
    time::Timestamp,
    worlds::{Performing, Request, World, recorded::Recorded},
};
use flowdbg_lang::value::{Value, parse_json};
use flowdbg_tests::{executions::Lines, workflows};
use proptest::prelude::*;

/// A task of a generated workflow.
#[derive(Clone, Debug)]
enum Task {
    Set(u8),
    /// Evaluated outside of the machine.
    Think(u8),
    Wait(u16),
    Call,
    /// A server of tools.
    Tool,
    /// A process; whether somebody waits for it.
    Run(bool),
    /// A function that is fetched.
    Function(u8),
    Emit(u8),
    Listen(u8),
    Raise(u16),
    Do(Vec<Task>),
    For(u8, Vec<Task>),
    Fork(bool, Vec<Task>),
    Try {
        body: Vec<Task>,
        retries: u8,
        jitter: u16,
        handler: Vec<Task>,
    },
    Timed(u16, Box<Task>),
    If(bool, Box<Task>),
}

fn task() -> impl Strategy<Value = Task> {
    let leaf = prop_oneof![
        any::<u8>().prop_map(Task::Set),
        (0..4_u8).prop_map(Task::Think),
        (0..3_000_u16).prop_map(Task::Wait),
        Just(Task::Call),
        Just(Task::Tool),
        any::<bool>().prop_map(Task::Run),
        any::<u8>().prop_map(Task::Function),
        (0..3_u8).prop_map(Task::Emit),
        (0..3_u8).prop_map(Task::Listen),
        (400..405_u16).prop_map(Task::Raise),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            list.clone().prop_map(Task::Do),
            (0..3_u8, list.clone()).prop_map(|(times, body)| Task::For(times, body)),
            (any::<bool>(), list.clone()).prop_map(|(compete, branches)| Task::Fork(compete, branches)),
            (list.clone(), 0..3_u8, 0..2_000_u16, prop::collection::vec(inner.clone(), 0..2))
                .prop_map(|(body, retries, jitter, handler)| Task::Try { body, retries, jitter, handler }),
            (1..4_000_u16, inner.clone()).prop_map(|(after, task)| Task::Timed(after, Box::new(task))),
            (any::<bool>(), inner).prop_map(|(holds, task)| Task::If(holds, Box::new(task))),
        ]
    })
}

/// The tasks as a YAML flow sequence.
fn list(tasks: &[Task]) -> String {
    let named = tasks.iter().enumerate().map(|(at, task)| format!("{{ t{at}: {{ {} }} }}", body(task)));
    format!("[ {} ]", named.collect::<Vec<_>>().join(", "))
}

/// The members of a task.
fn body(task: &Task) -> String {
    match task {
        Task::Set(n) => format!("set: {{ n: {n}, was: '${{ .n? }}' }}, export: {{ as: '{{ last: .n }}' }}"),
        Task::Think(n) => format!("set: {{ n: '${{ [range({n})] | length }}' }}"),
        Task::Wait(milliseconds) => format!("wait: {{ milliseconds: {milliseconds} }}"),
        Task::Call => "call: http, with: { method: get, endpoint: 'http://service.example/' }".to_owned(),
        Task::Tool => "call: mcp, with: { method: tools/call, parameters: { name: t }, \
            transport: { http: { endpoint: 'http://tools.example/' } } }"
            .to_owned(),
        Task::Run(waits) => format!("run: {{ shell: {{ command: echo hello }}, await: {waits} }}"),
        Task::Function(n) => format!("call: 'http://functions.example/f.yaml', with: {{ n: {n} }}"),
        Task::Emit(kind) => format!("emit: {{ event: {{ with: {{ type: e{kind}, data: {{ k: {kind} }} }} }} }}"),
        // Nobody may ever send it.
        Task::Listen(kind) => {
            format!("timeout: {{ after: {{ seconds: 5 }} }}, listen: {{ to: {{ one: {{ with: {{ type: e{kind} }} }} }} }}")
        }
        Task::Raise(status) => format!("raise: {{ error: {{ type: 'https://tests.example/e', status: {status}, title: wanted }} }}"),
        Task::Do(tasks) => format!("do: {}", list(tasks)),
        Task::For(times, tasks) => format!("for: {{ in: '[range({times})]' }}, do: {}", list(tasks)),
        Task::Fork(compete, tasks) => format!("fork: {{ compete: {compete}, branches: {} }}", list(tasks)),
        Task::Try { body, retries, jitter, handler } => {
            let handler = if handler.is_empty() { String::new() } else { format!(", do: {}", list(handler)) };
            let delay =
                format!("delay: {{ milliseconds: 100 }}, jitter: {{ from: {{ milliseconds: 0 }}, to: {{ milliseconds: {jitter} }} }}");
            format!("try: {}, catch: {{ retry: {{ {delay}, limit: {{ attempt: {{ count: {retries} }} }} }}{handler} }}", list(body))
        }
        // In a task of their own, so that no member stands twice.
        Task::Timed(after, task) => format!("timeout: {{ after: {{ milliseconds: {after} }} }}, do: [ {{ inner: {{ {} }} }} ]", body(task)),
        Task::If(holds, task) => format!("if: '{holds}', do: [ {{ inner: {{ {} }} }} ]", body(task)),
    }
}

/// What runs around tasks.
#[derive(Clone, Debug)]
struct Extension {
    of: &'static str,
    before: Vec<Task>,
    after: Vec<Task>,
}

/// A workflow.
#[derive(Clone, Debug)]
struct Flow {
    extensions: Vec<Extension>,
    tasks: Vec<Task>,
}

impl From<Vec<Task>> for Flow {
    fn from(tasks: Vec<Task>) -> Self {
        Self { extensions: Vec::new(), tasks }
    }
}

fn flow(longest: usize) -> impl Strategy<Value = Flow> {
    let tasks = || prop::collection::vec(task(), 0..3);
    let of = prop::sample::select(vec!["all", "set", "call", "composite", "run", "try", "wait"]);
    let extension = (of, tasks(), tasks()).prop_map(|(of, before, after)| Extension { of, before, after });
    let extensions = prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(extension, 1..3)];
    (extensions, prop::collection::vec(task(), 1..longest)).prop_map(|(extensions, tasks)| Flow { extensions, tasks })
}

fn extensions(extensions: &[Extension]) -> String {
    if extensions.is_empty() {
        return String::new();
    }
    let part = |name: &str, tasks: &[Task]| if tasks.is_empty() { String::new() } else { format!(", {name}: {}", list(tasks)) };
    let each = extensions.iter().enumerate().map(|(at, extension)| {
        let (before, after) = (part("before", &extension.before), part("after", &extension.after));
        format!("{{ x{at}: {{ extend: {}{before}{after} }} }}", extension.of)
    });
    format!("use: {{ extensions: [ {} ] }}\n", each.collect::<Vec<_>>().join(", "))
}

fn program(flow: &Flow) -> Arc<Program> {
    let head = "document: { dsl: '1.0.3', namespace: tests, name: generated, version: '1.0.0' }";
    let text = format!("{head}\n{}do: {}\n", extensions(&flow.extensions), list(&flow.tasks));
    workflows::program("/generated.yaml", &text).unwrap_or_else(|found| panic!("{found}\n{text}"))
}

/// A service that is slow or fails as its random numbers say; it shares nothing with the machine's.
struct Moody(Mutex<u64>);

impl Moody {
    fn draw(&self, below: u64) -> u64 {
        let mut state = self.0.lock().unwrap();
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) % below
    }
}

impl World for Moody {
    fn perform(&self, request: Request) -> Performing {
        let (delay, status) = (self.draw(2_500), if self.draw(3) == 0 { 503 } else { 200 });
        Box::pin(async move {
            if matches!(request.effect.kind, EffectKind::Process(_)) && delay.is_multiple_of(3) {
                tokio::time::sleep(Duration::from_millis(delay / 2)).await;
                request.messages.printed(Stream::Stdout, "at work\n".to_owned());
            }
            tokio::time::sleep(Duration::from_millis(delay)).await;
            answer(request.effect.kind, delay, status)
        })
    }

    fn wall_clock(&self) -> i64 {
        1_700_000_000_000
    }

    fn seed(&self) -> u64 {
        self.draw(u64::MAX >> 33)
    }
}

const FUNCTION: &str = "{ do: [ { one: { set: { n: '${ .n }' } } }, { two: { wait: { milliseconds: 10 } } } ] }";

/// What is answered. A service that fails fails in some way of its own.
fn answer(kind: EffectKind, delay: u64, status: u16) -> Answer {
    let fails = status != 200;
    match kind {
        EffectKind::Http(_) if fails && delay.is_multiple_of(2) => {
            Answer::Failed(parse_json(r#"{"type": "https://tests.example/made-up", "status": 599}"#).unwrap())
        }
        EffectKind::Http(_) => Answer::Http(Ok(HttpResponse { status, headers: Vec::new(), body: delay.to_string().into_bytes() })),
        EffectKind::Mcp(_) if fails => {
            let kind = if delay.is_multiple_of(2) { McpErrorKind::Answered(-32_000) } else { McpErrorKind::Status(status) };
            Answer::Mcp(Err(McpError { kind, message: "moody".to_owned() }))
        }
        EffectKind::Mcp(call) => Answer::Mcp(Ok(call.parameters)),
        EffectKind::Process(_) if fails && delay.is_multiple_of(2) => Answer::Process(Err(ProcessError::Failed("moody".to_owned()))),
        EffectKind::Process(_) => Answer::Process(Ok(ProcessOutcome {
            code: i32::from(fails),
            stdout: delay.to_string(),
            stderr: String::new(),
            processor: delay.is_multiple_of(2).then_some(delay),
        })),
        EffectKind::Resource(_) if fails => {
            let challenges = vec!["Basic realm=x".to_owned()];
            Answer::Resource(Err(ResourceError { status: Some(status), challenges, message: "moody".to_owned() }))
        }
        EffectKind::Resource(_) => Answer::Resource(Ok(FUNCTION.to_owned())),
        EffectKind::Evaluate(evaluation) => {
            Answer::Evaluated(evaluation.expression.evaluate_with(evaluation.input, evaluation.variables, evaluation.now))
        }
        other => panic!("no generated task asks for {other:?}"),
    }
}

fn told(run: &Run) -> Vec<String> {
    let line = |(seq, event): (u64, Logged)| {
        let task = event.task.as_ref().map(|run| (run.run, run.program.workflow.task(run.task).reference.clone()));
        format!("{seq} {} {} {task:?} {:?}", event.at.0, event.branch.0, event.kind)
    };
    run.log().read(1, usize::MAX).into_iter().map(line).collect()
}

fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime")
}

/// Every event, however many there are.
fn options() -> Options {
    Options { history: History { events: usize::MAX, bytes: usize::MAX }, ..Options::default() }
}

/// What a person does to an execution from time to time.
async fn meddle(run: Run, moods: u64) {
    let hand = Moody(Mutex::new(!moods));
    while hand.draw(3) != 0 {
        tokio::time::sleep(Duration::from_millis(hand.draw(3_000))).await;
        let done = match hand.draw(3) {
            0 => run.with(|debuggee| debuggee.want(Details { stages: true, ..Details::NONE })).await.is_some(),
            _ => run.with(Debuggee::suspend).await.is_some(),
        };
        tokio::time::sleep(Duration::from_millis(hand.draw(3_000))).await;
        if !done || run.with(Debuggee::resume).await.is_none() {
            return;
        }
    }
}

/// Runs a workflow live and again; gives what came from outside.
fn twice(flow: &Flow, moods: u64) -> Result<Recording, TestCaseError> {
    let program = program(flow);
    let (live, text) = paused().block_on(async {
        let lines = Arc::new(Lines::default());
        let details = if moods.is_multiple_of(2) { Details::ALL } else { Details::NONE };
        let options = Options { record: Some(Record(lines.clone())), details, ..options() };
        let run = Engine::new(Arc::new(Moody(Mutex::new(moods)))).start(program.clone(), parse_json("{}").unwrap(), options);
        let meddling = tokio::spawn(meddle(run.clone(), moods));
        run.ended().await;
        meddling.abort();
        let text = lines.text();
        (told(&run), text)
    });
    let recording =
        Recording::read(&text, &mut |text| load(&program, text)).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
    let report = replay::compare(&recording).map_err(TestCaseError::fail)?;
    let found: Vec<String> = report.divergences.iter().map(ToString::to_string).collect();
    prop_assert_eq!(found, Vec::<String>::new());
    prop_assert!(report.outcome.is_some());
    // And in the driver: the very same log, and no time passes.
    let again = paused().block_on(async {
        let begun = tokio::time::Instant::now();
        let world = Arc::new(Recorded::new(&recording, None));
        let run = Engine::new(world.clone()).start(program.clone(), parse_json("{}").unwrap(), options());
        run.ended().await;
        assert_eq!((begun.elapsed(), world.divergences().len()), (Duration::ZERO, 0));
        told(&run)
    });
    prop_assert_eq!(again, live);
    Ok(recording)
}

/// The program of a text: the generated one, or the function's.
fn load(program: &Arc<Program>, text: &written::Text) -> Result<Arc<Program>, String> {
    if text.is_function { written::from_text(text) } else { Ok(program.clone()) }
}

/// Runs a machine under a clock that jumps, with every answer at once; it may be written down and
/// made again after each transition.
fn alone(flow: &Flow, rewrites: bool, details: Details) -> (Vec<String>, String) {
    let program = program(flow);
    let mut machine = Machine::new("x", program.clone(), parse_json("{}").unwrap(), Timestamp(0), 7);
    machine.want(details);
    let mut timers = std::collections::BTreeMap::new();
    let (mut told, mut calls) = (Vec::new(), 0_u64);
    for step in 0..200_000 {
        // From time to time somebody suspends it, and resumes it a step later.
        match step % 17 {
            7 => machine.feed(machine.now(), Input::Suspend),
            8 => machine.feed(machine.now(), Input::Resume),
            _ => {}
        }
        if rewrites {
            let text = machine.write_down().expect("it can be written").to_string();
            let read = written::Written::parse(&text).expect("it can be read");
            let restore = written::Restore { load: &mut |text| load(&program, text), secrets: &mut |_| Err("there are none".to_owned()) };
            machine = Machine::restore(&read, restore).unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
        }
        let (progress, output) = machine.advance(&mut Open, 1);
        told.extend(output.events.iter().map(|event| format!("{} {} {:?}", event.at.0, event.branch.0, event.kind)));
        let mut answered = false;
        for effect in output.effects {
            told.push(format!("{effect:?}"));
            let now = machine.now();
            let answer = match effect.kind {
                EffectKind::Sleep(until) => {
                    timers.insert((until, effect.id), ());
                    continue;
                }
                EffectKind::Cancel(other) => {
                    timers.retain(|(_, id), ()| *id != other);
                    continue;
                }
                EffectKind::Emit(event) => {
                    machine.feed(now, Input::Event(event));
                    Answer::Emitted(Ok(()))
                }
                kind => {
                    calls += 1;
                    if matches!(kind, EffectKind::Process(_)) && calls.is_multiple_of(2) {
                        machine.feed(now, Input::Answer(effect.id, Answer::Printed(Stream::Stderr, "at work\n".to_owned())));
                    }
                    answer(kind, calls, if calls % 3 == 0 { 200 } else { 503 })
                }
            };
            machine.feed(now, Input::Answer(effect.id, answer));
            answered = true;
        }
        match progress {
            Progress::Done => return (told, format!("{:?}", machine.outcome())),
            Progress::Idle | Progress::Held if machine.is_suspended() => {}
            Progress::Idle | Progress::Held if !answered => {
                let ((at, effect), ()) = timers.pop_first().expect("it waits for a timer");
                machine.feed(at, Input::Answer(effect, Answer::Slept));
            }
            Progress::More | Progress::Idle | Progress::Held => {}
        }
    }
    panic!("it does not end");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_journal_makes_the_same_events(flow in flow(5), moods in any::<u64>()) {
        twice(&flow, moods)?;
    }

    #[test]
    fn a_machine_that_is_written_down_goes_on_as_it_would_have(flow in flow(4), all in any::<bool>()) {
        let details = if all { Details::ALL } else { Details::NONE };
        let (plain, again) = (alone(&flow, false, details), alone(&flow, true, details));
        prop_assert_eq!(plain, again);
    }
}

/// What is generated is worth it: it forks, retries, waits, is extended and suspended, and is
/// answered in another order.
#[test]
fn what_is_generated_has_much_to_record() {
    let branches = vec![Task::Call, Task::Wait(900), Task::Call, Task::Timed(1_000, Box::new(Task::Call))];
    let tries = Task::Try { body: vec![Task::Fork(true, branches.clone())], retries: 3, jitter: 500, handler: vec![Task::Think(2)] };
    let more = Task::Fork(false, vec![Task::Emit(1), Task::Listen(1), Task::Wait(10), Task::Tool, Task::Run(false)]);
    let extension = Extension { of: "call", before: vec![Task::Set(1)], after: vec![Task::Wait(1)] };
    // What fails by mood is tried around, so that every run goes on to its end.
    let around = |body| Task::Try { body, retries: 0, jitter: 0, handler: vec![Task::Set(1)] };
    let tasks = vec![Task::For(3, vec![around(vec![tries]), around(vec![more, Task::Function(3)])]), Task::Raise(404)];
    let flow = Flow { extensions: vec![extension], tasks };
    let all: Vec<Recording> = (0..20).map(|moods| twice(&flow, moods).unwrap()).collect();
    let came: Vec<usize> = all.iter().map(|recording| recording.journal.entries.len()).collect();
    assert!(came.iter().min() > Some(&8) && came.iter().min() < came.iter().max(), "{came:?}");
    let given = |is_it: fn(&Given) -> bool| all.iter().flat_map(|recording| &recording.journal.entries).any(|entry| is_it(&entry.given));
    assert!(given(|given| matches!(given, Given::Suspend)) && given(|given| matches!(given, Given::Resume)));
    assert!(given(|given| matches!(given, Given::Want(_))) && given(|given| matches!(given, Given::Answer(_, Answer::Mcp(Ok(_))))));
    assert!(
        given(|given| matches!(given, Given::Answer(_, Answer::Failed(_))))
            && given(|given| matches!(given, Given::Answer(_, Answer::Process(_))))
    );
    assert!(given(|given| matches!(given, Given::Answer(_, Answer::Printed(..)))));
    let extended = |event: &Event| {
        event.task.as_ref().is_some_and(|run| run.program.workflow.task(run.task).reference.starts_with("/use/extensions/"))
    };
    assert!(all.iter().all(|recording| recording.events.iter().any(extended)));
    let fetched =
        all.iter().filter(|recording| recording.journal.programs.iter().any(|program| program.workflow.function.is_some())).count();
    assert!(fetched > 5, "{fetched}");
}

/// The name of this test, which is run again as another process.
const ACROSS: &str = "a_machine_goes_on_in_another_process";
/// Tells the other process where the machine lies.
const FILE: &str = "FLOWDBG_TEST_MACHINE";

fn story() -> Flow {
    let sides = Task::Fork(false, vec![Task::Call, Task::Wait(500), Task::Do(vec![Task::Set(7), Task::Wait(700)])]);
    vec![
        Task::For(2, vec![Task::Try { body: vec![sides], retries: 5, jitter: 0, handler: Vec::new() }]),
        Task::Try { body: vec![Task::Raise(402)], retries: 2, jitter: 100, handler: vec![Task::Set(9)] },
    ]
    .into()
}

/// Starts or goes on with an execution until its end, and says how it ended.
async fn end(run: Run) -> String {
    match run.ended().await {
        Outcome::Completed(output) => output.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_machine_goes_on_in_another_process() {
    if let Some(file) = std::env::var_os(FILE) {
        println!("\nended {}", child(std::path::Path::new(&file)));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("machine.json");
    let engine = Engine::new(Arc::new(Moody(Mutex::new(3))));
    let (whole, written) = paused().block_on(async {
        let whole = engine.start(program(&story()), Value::Null, Options { seed: Some(5), ..Options::default() });
        let run = engine.start(program(&story()), Value::Null, Options { seed: Some(5), ..Options::default() });
        // In the middle: a call and two timers are under way.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let written = run.with(|debuggee| debuggee.machine().write_down().map(|written| written.to_string())).await.unwrap().unwrap();
        run.with(|debuggee| debuggee.cancel()).await;
        (end(whole).await, written)
    });
    std::fs::write(&file, written).unwrap();
    #[expect(clippy::disallowed_methods, reason = "the machine must go on in another process")]
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", ACROSS, "--nocapture"])
        .env(FILE, &file)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains(&format!("ended {whole}\n")), "{said} does not end {whole}");
}

/// What the other process does. It has nothing but the file.
fn child(file: &std::path::Path) -> String {
    let written = written::Written::parse(&workflows::read(file).unwrap()).unwrap();
    let restore = written::Restore { load: &mut written::from_text, secrets: &mut |_| Err("there are none".to_owned()) };
    let machine = Machine::restore(&written, restore).unwrap();
    assert!(machine.pending().count() >= 3, "a call and two timers");
    let engine = Engine::new(Arc::new(Moody(Mutex::new(4))));
    paused().block_on(async { end(engine.resume(machine, Options::default()).unwrap()).await })
}
