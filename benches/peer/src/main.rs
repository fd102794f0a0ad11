//! Tasks a second of the engine and of the runtime `swf-runtime`, turn by turn in one process: a `for`
//! whose body is one `set`, the same text for both. The outputs must be the same.
//!
//! Both run on one thread. The engine runs in its driver with all usual events logged, as
//! `flowdbg run` and `serve` have it; the other has no listener.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use flowdbg_engine::{
    driver::{Engine, Options},
    effect::Answer,
    machine::Outcome,
    program::Program,
    worlds::{Performing, Request, World},
};
use flowdbg_lang::{
    analysis::Analysis,
    text::Source,
    value::{self, ValueExt as _},
};
use swf_core::models::workflow::WorkflowDefinition;
use swf_runtime::WorkflowRunner;

const TURNS: usize = 7;

const LOOP: &str = r#"{
  "document": { "dsl": "1.0.0", "namespace": "bench", "name": "loop", "version": "1.0.0" },
  "do": [
    { "loop": {
        "for": { "each": "n", "in": "${ .numbers }" },
        "do": [ { "add": { "set": { "last": "${ $n + 1 }" } } } ]
    } }
  ]
}"#;

/// A world that is asked for nothing.
struct Nothing;

impl World for Nothing {
    fn perform(&self, request: Request) -> Performing {
        panic!("the workflow asked for {:?}", request.effect.kind)
    }

    fn wall_clock(&self) -> i64 {
        0
    }

    fn seed(&self) -> u64 {
        1
    }
}

/// One execution: how long it took, and its output as JSON.
fn ours(runtime: &tokio::runtime::Runtime, program: &Arc<Program>, input: &str) -> (Duration, serde_json::Value) {
    let input = value::parse_json(input).expect("it is JSON");
    let engine = Engine::new(Arc::new(Nothing));
    let began = Instant::now();
    let outcome = runtime.block_on(async { engine.start(program.clone(), input, Options::default()).ended().await });
    let took = began.elapsed();
    let Outcome::Completed(output) = outcome else { panic!("it ended as {outcome:?}") };
    (took, serde_json::from_str(&output.to_json()).expect("it is JSON"))
}

fn theirs(runtime: &tokio::runtime::Runtime, runner: &WorkflowRunner, input: &str) -> (Duration, serde_json::Value) {
    let input = serde_json::from_str(input).expect("it is JSON");
    let began = Instant::now();
    let output = runtime.block_on(runner.run(input)).expect("it runs");
    (began.elapsed(), output)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn main() {
    let analysis = Analysis::of(Source::new("loop.json", LOOP));
    let program = Program::new(analysis.runnable().expect("it has no errors").clone());
    let definition: WorkflowDefinition = serde_json::from_str(LOOP).expect("it reads");
    let runner = WorkflowRunner::new(definition).expect("it can run");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime starts");
    println!("| tasks | flowdbg ms | tasks/s | swf-runtime ms | tasks/s | ratio |\n| ---: | ---: | ---: | ---: | ---: | ---: |");
    // The peer takes longer for each task the more there are; ten thousand would take minutes.
    for items in [10, 100, 1_000] {
        let numbers: Vec<String> = (0..items).map(|number| number.to_string()).collect();
        let input = format!(r#"{{ "numbers": [{}] }}"#, numbers.join(","));
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            let (our_time, our_output) = ours(&runtime, &program, &input);
            let (their_time, their_output) = theirs(&runtime, &runner, &input);
            assert_eq!(our_output, their_output, "both mean the same");
            a.push(our_time);
            b.push(their_time);
        }
        let (a, b) = (median(a).as_secs_f64(), median(b).as_secs_f64());
        let rate = |seconds: f64| f64::from(items + 1) / seconds;
        println!("| {} | {:.3} | {:.0} | {:.3} | {:.0} | {:.1} × |", items + 1, a * 1e3, rate(a), b * 1e3, rate(b), b / a);
    }
}
