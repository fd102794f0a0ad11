//! Reading and checking a workflow of 200, 2,000 and 20,000 lines, as an editor does on a keystroke:
//! the whole way, and its parts.

use std::{fmt::Write as _, hint::black_box, sync::Arc};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use flowdbg_lang::{
    analysis::Analysis,
    ide::{self, diagnostics::Surroundings},
    lower, read,
    text::Source,
    types,
};

const LINES: [usize; 3] = [200, 2_000, 20_000];

/// Tasks of several kinds, 20 lines a block, until there are so many lines.
fn workflow(lines: usize) -> String {
    let mut text =
        String::from("document:\n  dsl: '1.0.3'\n  namespace: bench\n  name: long\n  version: '1.0.0'\n  title: Generated\ndo:\n");
    let mut block = 0;
    while text.lines().count() + 20 <= lines {
        let _ = write!(
            text,
            "  - price{block}:
      set:
        total: ${{ [.items[] | .price * .quantity] | add }}
        items: ${{ .items | map(select(.price > {block})) }}
      export:
        as: '${{ $context + {{ total: .total }} }}'
  - pay{block}:
      try:
        - charge{block}:
            call: http
            with:
              method: post
              endpoint: http://payments.example/charges
              body: {{ amount: '${{ .total }}' }}
      catch:
        errors: {{ with: {{ status: 503 }} }}
        retry: {{ delay: {{ seconds: 1 }}, limit: {{ attempt: {{ count: 3 }} }} }}
  - route{block}:
      switch:
        - done: {{ when: '.total > {block}', then: continue }}
"
        );
        block += 1;
    }
    text
}

fn parse_and_check(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse+check");
    for lines in LINES {
        let text = workflow(lines);
        let analysis = Analysis::of(Source::new("bench.yaml", text.as_str()));
        assert_eq!(analysis.diagnostics, [], "the generated workflow is valid");
        group.throughput(Throughput::Bytes(u64::try_from(text.len()).unwrap_or(0)));
        group.sample_size(if lines > 10_000 { 20 } else { 60 });
        group.bench_with_input(BenchmarkId::from_parameter(format!("{lines} lines")), &text, |bencher, text| {
            bencher.iter(|| black_box(Analysis::of(Source::new("bench.yaml", text.as_str()))).diagnostics.len());
        });
    }
    group.finish();
}

/// Where the time goes. Types are followed on the model, the checks walk the tree.
fn parts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("part");
    for lines in LINES {
        let text = workflow(lines);
        let source = Source::new("bench.yaml", text.as_str());
        let tree = Arc::new(read::read(&source).0);
        let Some(model) = lower::lower(&tree) else { panic!("the generated workflow is a mapping") };
        group.sample_size(if lines > 10_000 { 20 } else { 60 });
        group.bench_function(format!("read/{lines} lines"), |bencher| bencher.iter(|| black_box(read::read(&source))));
        group.bench_function(format!("model/{lines} lines"), |bencher| bencher.iter(|| black_box(lower::lower(&tree))));
        let checks = || ide::diagnostics(&tree, &model.expressions, Surroundings::default(), Vec::new());
        group.bench_function(format!("checks/{lines} lines"), |bencher| bencher.iter(|| black_box(checks())));
        group.bench_function(format!("types/{lines} lines"), |bencher| bencher.iter(|| black_box(types::infer(&model))));
    }
    group.finish();
}

criterion_group!(benches, parse_and_check, parts);
criterion_main!(benches);
