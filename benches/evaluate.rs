//! Microseconds for an expression: inside the machine, in a process of the pool, and in a process
//! that is started for it. The binary is the release build of flowdbg, or what `FLOWDBG_BIN` names.

use std::{hint::black_box, path::PathBuf, sync::Arc};

use criterion::{Criterion, criterion_group, criterion_main};
use flowdbg_engine::{
    effect::{Answer, EffectKind, Evaluation},
    mask::Mask,
    worlds::{
        Request, World as _,
        local::{Local, Options},
    },
};
use flowdbg_lang::{
    expression::Expression,
    value::{self, Value},
};

const HARMLESS: &str = ".items | map(.price) | add";
/// The same for a reader, but not proven to end.
const UNPROVEN: &str = "[.items | range(0; length | . + 0) as $at | .[$at].price] | add";
const JAVASCRIPT: &str = "$.items.reduce((sum, item) => sum + item.price, 0)";

fn input() -> Value {
    let item = |price: usize| value::object([("price", Value::from(price))]);
    value::object([("items", (0..10).map(item).collect::<Value>())])
}

fn asked(expression: Arc<Expression>) -> Evaluation {
    Evaluation { expression, input: input(), variables: Vec::new(), now: 0.0, mask: Mask::default() }
}

fn world() -> Local {
    let built = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/release/flowdbg"));
    let program = std::env::var_os("FLOWDBG_BIN").map_or_else(built, PathBuf::from);
    assert!(program.is_file(), "{} is not there: cargo build --release, or set FLOWDBG_BIN", program.display());
    let loader = Arc::new(|_: &std::path::Path| Err("there are no workflows here".to_owned()));
    Local::new(Options { worker: Some((program, vec!["evaluate-worker".to_owned()])), ..Options::new(loader) })
}

async fn evaluate(world: &Local, evaluation: &Evaluation) -> Value {
    match world.perform(Request::aside(EffectKind::Evaluate(evaluation.clone()))).await {
        Answer::Evaluated(Ok(value)) => value,
        other => panic!("{other:?}"),
    }
}

fn expressions(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap_or_else(|error| panic!("{error}"));
    let (harmless, unproven) = (Expression::new(HARMLESS, &[]), Expression::new(UNPROVEN, &[]));
    assert!(harmless.is_harmless() && !unproven.is_harmless());
    let mut group = criterion.benchmark_group("expressions");
    group.bench_function("in the machine", |bencher| {
        bencher.iter(|| black_box(harmless.evaluate_with(input(), Vec::new(), 0.0)));
    });
    let pooled = world();
    for (name, expression) in [("pool, jq", unproven.clone()), ("pool, js", Expression::javascript(JAVASCRIPT, &[]))] {
        let evaluation = asked(expression);
        group.bench_function(name, |bencher| bencher.iter(|| runtime.block_on(evaluate(&pooled, &evaluation))));
    }
    let evaluation = asked(unproven);
    group.bench_function("a process for each, jq", |bencher| {
        // A world's pool is empty at first.
        bencher.iter(|| runtime.block_on(evaluate(&world(), &evaluation)));
    });
    group.finish();
}

criterion_group!(benches, expressions);
criterion_main!(benches);
