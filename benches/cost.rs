//! What a task costs, and what an execution keeps: time by the gate that is asked at checkpoints,
//! time by the number of tasks, memory of loops, payloads and waiting executions.
//!
//! `cargo bench -p flowdbg-tests --bench cost` prints every figure with its bar, and fails if one
//! of memory is missed. A part of it: `-- gates`, `-- growth`, `-- memory`. On a busy machine
//! instructions say more than the clock: `-- instructions` counts them with valgrind.

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark talks to a person and starts its own helper")]

use std::{
    alloc::System,
    hint::black_box,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use flowdbg_engine::{
    debug::{BreakpointSpec, Debugger},
    driver::{Engine, Options, Phase, Run},
    event::Details,
    machine::{Gate, Machine, Open, Progress},
    program::Program,
    time::Timestamp,
};
use flowdbg_lang::value::{self, Value};
use flowdbg_tests::{scripted::Scripted, workflows};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static MEMORY: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const PATH: &str = "cost.yaml";

/// A loop over the input; the other task is where a breakpoint can be that is never hit.
const LOOP: &str = "
document: { dsl: '1.0.3', namespace: bench, name: loop, version: '1.0.0' }
do:
  - loop:
      for: { each: n, in: .numbers }
      do:
        - add: { set: { sum: '${ (.sum // 0) + $n }' } }
  - other:
      set: { a: 1 }
";

/// A payload that goes through a loop as it is.
const PAYLOAD: &str = "
document: { dsl: '1.0.3', namespace: bench, name: payload, version: '1.0.0' }
do:
  - loop:
      for: { each: n, in: '[range(500)]' }
      do:
        - one: { set: '${ . }', export: { as: '${ . }' } }
        - two: { do: [ { inner: { set: '${ . }' } } ], output: { as: '${ . }' } }
";

const WAITS: &str = "
document: { dsl: '1.0.3', namespace: bench, name: waits, version: '1.0.0' }
do: [ { pause: { wait: P1D } } ]
";

const LISTENS: &str = "
document: { dsl: '1.0.3', namespace: bench, name: listens, version: '1.0.0' }
do: [ { hear: { listen: { to: { one: { with: { type: go } } } } } } ]
";

fn program(text: &str) -> Arc<Program> {
    workflows::program(PATH, text).unwrap_or_else(|wrong| panic!("{wrong}"))
}

fn numbers(count: usize) -> Value {
    value::object([("numbers", (0..count).map(|n| Value::from(n % 1_000)).collect::<Value>())])
}

/// Runs a machine to its end, without a driver.
fn run(program: &Arc<Program>, input: &Value, gate: &mut impl Gate) -> usize {
    let mut machine = Machine::new("bench", program.clone(), input.clone(), Timestamp(0), 1);
    let mut events = 0;
    loop {
        let (progress, output) = machine.advance(gate, 4_096);
        events += black_box(output.events).len();
        match progress {
            Progress::Done => return events,
            Progress::More => {}
            Progress::Idle | Progress::Held => panic!("it waits"),
        }
    }
}

/// Who is asked at checkpoints.
const GATES: [&str; 3] = ["compiled out", "detached", "attached without a hit"];

fn debugger(program: &Arc<Program>) -> Debugger {
    let mut debugger = Debugger::new(false);
    let line = LOOP.lines().position(|line| line.contains("other")).and_then(|line| u32::try_from(line).ok()).unwrap_or(0);
    let bound = debugger.set_breakpoints(PATH, vec![BreakpointSpec { line, ..BreakpointSpec::default() }], std::slice::from_ref(program));
    assert!(bound[0].verified, "{bound:?}");
    debugger
}

fn through(gate: &str, program: &Arc<Program>, input: &Value) -> usize {
    match gate {
        "compiled out" => run(program, input, &mut Open),
        "detached" => run(program, input, &mut Debugger::new(false)),
        // The task with the breakpoint comes last and is cut off with its checkpoint.
        _ => {
            let mut debugger = debugger(program);
            let mut machine = Machine::new("bench", program.clone(), input.clone(), Timestamp(0), 1);
            let mut events = 0;
            loop {
                let (progress, output) = machine.advance(&mut debugger, 4_096);
                events += black_box(output.events).len();
                if progress == Progress::Held {
                    return events;
                }
                assert_eq!(progress, Progress::More);
            }
        }
    }
}

fn gates() {
    const ITEMS: usize = 20_000;
    let (program, input) = (program(LOOP), numbers(ITEMS));
    let mut least = [Duration::MAX; GATES.len()];
    // Turn by turn, so that what disturbs one disturbs all; the least is what the work needs.
    for _ in 0..30 {
        for (gate, least) in GATES.iter().zip(&mut least) {
            let begin = Instant::now();
            through(gate, &program, &input);
            *least = begin.elapsed().min(*least);
        }
    }
    println!("\ncheckpoints, {ITEMS} `set` tasks in a loop, the machine alone, events on");
    for (gate, took) in GATES.iter().zip(least) {
        let rate = ITEMS as f64 / took.as_secs_f64();
        let more = (took.as_secs_f64() / least[0].as_secs_f64() - 1.0) * 100.0;
        println!("  {gate:<24}{rate:>12.0} tasks/s   {more:+.2} %");
    }
    println!("  bars: 200,000 tasks/s; detached under 1 %, attached without a hit under 2 %");
}

/// Counts instructions per task of each gate, by running this program under valgrind.
fn instructions() -> Result<(), String> {
    const FEW: usize = 2_000;
    const MANY: usize = 12_000;
    let me = std::env::current_exe().map_err(|error| error.to_string())?;
    let count = |gate: &str, items: usize| -> Result<u64, String> {
        let output = std::process::Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(&me)
            .args(["one", gate, &items.to_string()])
            .output()
            .map_err(|error| format!("valgrind did not start: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let counted = said.lines().find_map(|line| line.split("Collected :").nth(1)).and_then(|rest| rest.trim().parse().ok());
        counted.ok_or(format!("valgrind counted nothing:\n{said}"))
    };
    println!("\ninstructions per task (the difference of {MANY} and {FEW} tasks, so without the start)");
    let mut first = None;
    for gate in GATES {
        let each = (count(gate, MANY)? - count(gate, FEW)?) as f64 / (MANY - FEW) as f64;
        let more = (each / *first.get_or_insert(each) - 1.0) * 100.0;
        println!("  {gate:<24}{each:>12.1}   {more:+.2} %");
    }
    Ok(())
}

fn growth() {
    println!("\ngrowth, `set` tasks in a loop in the driver, nobody listens");
    let program = program(LOOP);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap_or_else(|error| panic!("{error}"));
    for (tasks, repeats) in [(10, 2_000), (100, 500), (1_000, 100), (10_000, 20), (100_000, 5), (1_000_000, 2)] {
        let input = numbers(tasks);
        let mut least = Duration::MAX;
        for _ in 0..repeats {
            let begin = Instant::now();
            runtime.block_on(async {
                let engine = Engine::new(Arc::new(Scripted::default()));
                engine.start(program.clone(), input.clone(), Options::default()).ended().await
            });
            least = begin.elapsed().min(least);
        }
        println!("  {tasks:>9} tasks {:>9.0} ns each", least.as_nanos() as f64 / tasks as f64);
    }
}

/// Bytes in use.
fn in_use() -> usize {
    let stats = MEMORY.stats();
    stats.bytes_allocated.wrapping_sub(stats.bytes_deallocated)
}

/// Figures with their bars.
struct Bars {
    missed: bool,
}

impl Bars {
    fn say(&mut self, what: &str, bytes: usize, bar: usize) {
        let verdict = if bytes <= bar { "" } else { "   MISSED" };
        self.missed |= bytes > bar;
        println!("  {what:<64}{:>10.3} MB   bar {:>7.3} MB{verdict}", bytes as f64 / 1e6, bar as f64 / 1e6);
    }
}

/// Most bytes in use beyond those at the start, looked at whenever the driver lets others run.
async fn peak(run: &Run, before: usize) -> usize {
    let mut most = 0;
    let mut changed = run.log().changed();
    while !run.log().is_over() {
        if changed.changed().await.is_err() {
            break;
        }
        most = most.max(in_use().saturating_sub(before));
    }
    most
}

fn memory() -> bool {
    println!("\nmemory");
    let mut bars = Bars { missed: false };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap_or_else(|error| panic!("{error}"));
    let engine = Engine::new(Arc::new(Scripted::default()));
    let mut peaks = Vec::new();
    for tasks in [100_000, 1_000_000] {
        let (program, input) = (program(LOOP), numbers(tasks));
        let most = runtime.block_on(async {
            let before = in_use();
            peak(&engine.start(program, input, Options::default()), before).await
        });
        peaks.push(most);
        bars.say(&format!("most in use in a `for` of {tasks}, beside its input"), most, 16_000_000);
    }
    bars.say("the second beyond the first", peaks[1].saturating_sub(peaks[0]), peaks[0] / 10);

    let payload = value::object([("text", value::string("x".repeat(1_000_000)))]);
    let program_ = program(PAYLOAD);
    let before = MEMORY.stats().bytes_allocated;
    let events = run(&program_, &payload, &mut Open);
    let each = (MEMORY.stats().bytes_allocated - before) / 1_500;
    assert!(events > 4_500, "{events}");
    bars.say("allocated by each of 1,500 tasks that a payload of 1 MB goes through", each, 10_000);

    for (what, text) in [("`wait`", WAITS), ("`listen`", LISTENS)] {
        let program = program(text);
        let used = runtime.block_on(async {
            let before = in_use();
            let runs: Vec<Run> = (0..1_000).map(|_| engine.start(program.clone(), Value::Null, Options::default())).collect();
            for run in &runs {
                while run.status().phase != Phase::Waiting {
                    tokio::task::yield_now().await;
                }
                run.with(|debuggee| assert_eq!(debuggee.machine().details(), Details::NONE)).await;
            }
            let used = in_use().saturating_sub(before);
            for run in &runs {
                run.with(|debuggee| debuggee.cancel()).await;
                run.ended().await;
            }
            used
        });
        bars.say(&format!("1,000 executions that wait in {what}"), used, 10_000_000);
    }
    bars.missed
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut missed = false;
    match arguments.as_slice() {
        // One run for valgrind.
        ["one", gate, items] => {
            let items = items.parse().unwrap_or(1_000);
            black_box(through(gate, &program(LOOP), &numbers(items)));
        }
        ["gates"] => gates(),
        ["growth"] => growth(),
        ["memory"] => missed = memory(),
        ["instructions"] => {
            if let Err(error) = instructions() {
                println!("{error}");
                missed = true;
            }
        }
        _ => {
            gates();
            growth();
            missed = memory();
        }
    }
    if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
