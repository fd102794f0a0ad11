//! The outline of a workflow.

use std::fmt::Write as _;

use flowdbg_lang::ide::{self, Symbol, SymbolKind};

use crate::support;

fn draw(symbols: &[Symbol], depth: usize, out: &mut String) {
    for symbol in symbols {
        let kind = match symbol.kind {
            SymbolKind::Composite => "composite",
            SymbolKind::Task => "task",
            SymbolKind::Block => "block",
            SymbolKind::Case => "case",
            SymbolKind::Component => "component",
        };
        let indent = "  ".repeat(depth);
        writeln!(out, "{indent}{} [{}] {kind}", symbol.name, symbol.detail).unwrap();
        assert!(symbol.span.start <= symbol.name_span.start && symbol.name_span.end <= symbol.span.end, "{symbol:?}");
        draw(&symbol.children, depth + 1, out);
    }
}

#[test]
fn tasks_are_nested_as_they_are_written() {
    let text = format!(
        "{}{}",
        support::HEAD,
        r#"
use:
  errors: { broken: { type: https://example.com/broken, status: 500 } }
  functions: { f: { call: http, with: { method: get, endpoint: https://example.com } } }
do:
  - get: { call: http, with: { method: get, endpoint: https://example.com } }
  - choose: { switch: [ { big: { when: .x, then: last } }, { other: { then: end } } ] }
  - guard:
      try:
        - loop: { for: { in: .x }, do: [ { step: { run: { shell: { command: ls } } } } ] }
      catch: { do: [ { undo: { set: { x: 1 } } } ] }
  - hear: { listen: { to: { any: [] } }, foreach: { do: [ { note: { wait: PT1S } } ] } }
  - last: { fork: { branches: [ { a: { set: { x: 1 } } }, { b: {} } ] } }
"#
    );
    let (tree, _) = support::check("fixture.yaml", &text);
    let mut drawn = String::new();
    let symbols = ide::symbols(&tree);
    draw(&symbols, 0, &mut drawn);
    let expected = "\
broken [error] component
f [call: http] component
get [call: http] task
choose [switch] composite
  big [then last] case
  other [then end] case
guard [try] composite
  loop [for] composite
    step [run: shell] task
  catch [] block
    undo [set] task
hear [listen] composite
  foreach [] block
    note [wait] task
last [fork] composite
  a [set] task
  b [] task
";
    assert_eq!(drawn, expected);
    let get = &symbols[2];
    assert!(tree.source().slice(get.span).starts_with("get: { call: http") && tree.source().slice(get.name_span) == "get");
}
