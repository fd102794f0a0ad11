//! Tasks a second of the engine: a `for` over 10,000 items with a `set`, events on.

use std::{hint::black_box, sync::Arc};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flowdbg_engine::{
    debug::BreakpointSpec,
    driver::{Engine, Options},
    machine::{Machine, Open, Outcome, Progress},
    program::Program,
    time::Timestamp,
};
use flowdbg_lang::value::{self, Value};
use flowdbg_tests::{scripted::Scripted, workflows};

const ITEMS: usize = 10_000;

const LOOP: &str = "
document: { dsl: '1.0.3', namespace: bench, name: loop, version: '1.0.0' }
do:
  - loop:
      for: { each: n, in: .numbers }
      do:
        - add: { set: { sum: '${ (.sum // 0) + $n }' } }
  - never: { if: .sum < 0, set: { wrong: true } }
";
/// The line of a task that is skipped, from 0.
const NEVER: u32 = 7;
const PATH: &str = "bench.yaml";

fn program() -> Arc<Program> {
    workflows::program(PATH, LOOP).unwrap_or_else(|wrong| panic!("{wrong}"))
}

fn input() -> Value {
    value::object([("numbers", (0..ITEMS).map(Value::from).collect::<Value>())])
}

/// The machine alone: no clock, no runtime.
fn machine(program: &Arc<Program>, input: &Value) -> usize {
    let mut machine = Machine::new("bench", program.clone(), input.clone(), Timestamp(0), 1);
    let mut events = 0;
    loop {
        let (progress, output) = machine.advance(&mut Open, 4_096);
        events += output.events.len();
        if progress == Progress::Done {
            return events;
        }
    }
}

fn tasks(criterion: &mut Criterion) {
    let (program, input) = (program(), input());
    let mut group = criterion.benchmark_group("tasks");
    // Two more than the iterations: the loop itself, and a task that is skipped.
    group.throughput(Throughput::Elements(u64::try_from(ITEMS + 2).unwrap_or(0)));
    group.sample_size(20);
    group.bench_function("machine", |bencher| bencher.iter(|| black_box(machine(&program, &input))));
    // One thread: figures are for one core.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap_or_else(|error| panic!("{error}"));
    for (name, armed) in [("driver, detached", false), ("driver, a breakpoint that is not hit", true)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                runtime.block_on(async {
                    let engine = Engine::new(Arc::new(Scripted::default()));
                    let run = engine.start(program.clone(), input.clone(), Options { hold: true, ..Options::default() });
                    run.with(move |debuggee| {
                        if armed {
                            let never = BreakpointSpec { line: NEVER, ..BreakpointSpec::default() };
                            let bound = debuggee.set_breakpoints(PATH, vec![never]);
                            assert!(bound.iter().all(|bound| bound.reference.is_some()), "{bound:?}");
                        }
                        debuggee.release();
                    })
                    .await;
                    let outcome = run.ended().await;
                    assert!(matches!(outcome, Outcome::Completed(_)));
                    black_box(run.log().last())
                })
            });
        });
    }
    group.finish();
}

criterion_group!(benches, tasks);
criterion_main!(benches);
