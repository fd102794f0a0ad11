//! Checks of meaning and of expressions, in the cases that their pages do not show.

use flowdbg_lang::{
    analysis::Analysis,
    ide::diagnostics::{Surroundings, WorkflowName},
    text::Source,
};

use crate::support::{HEAD, check_tasks};

#[test]
fn a_loop_that_waits_or_has_a_way_out_is_no_alarm() {
    check_tasks(
        r#"
do:
  - poll: { call: http, with: { method: get, endpoint: https://pets.example } }
  - again: { wait: PT1M, then: poll }
  #                            ^^^^ hint[OW0206] only an error or a cancellation ends this loop
"#,
    );
    check_tasks(
        r#"
do:
  - count: { set: { n: "${ $context.n }" } }
  - more: { set: { n: 1 }, if: $context.go, then: count }
  - raised:
      try:
        - one: { set: { n: 1 } }
        - two: { raise: { error: { type: https://example.com/errors/x, status: 400 } }, then: one }
      catch: { do: [ { note: { wait: PT1S } } ] }
  - timed:
      timeout: { after: PT1S }
      do:
        - spin: { set: { n: 1 }, then: spin }
"#,
    );
}

#[test]
fn tasks_behind_what_does_not_complete_are_unreachable() {
    check_tasks(
        r#"
do:
  - inner:
      do:
        - stop: { raise: { error: { type: https://example.com/errors/x, status: 400 } } }
        - lost: { wait: PT1S }
  #       ^^^^ warning[OW0205]
  - after: { wait: PT1S }
  # ^^^^^ warning[OW0205]
  - follows: { wait: PT1S }
"#,
    );
    check_tasks(
        r#"
do:
  - maybe: { raise: { error: { type: https://example.com/errors/x, status: 400 } }, if: .bad }
  - after: { try: [ { a: { raise: { error: { type: https://example.com/errors/x, status: 400 } } } } ], catch: { do: [ { b: { wait: PT1S } } ] } }
  - side: { fork: { branches: [ { a: { raise: { error: { type: https://example.com/errors/x, status: 400 } } } }, { b: { wait: PT1S } } ] } }
  - last: { wait: PT1S }
"#,
    );
}

#[test]
fn functions_and_catalogs_are_looked_up() {
    check_tasks(
        r#"
use:
  catalogs: { shared: { endpoint: https://catalog.example } }
  functions:
    ping: { call: pong }
    #             ^^^^ warning[OW0218] calls itself through `pong`, each time
    pong: { call: ping }
    #             ^^^^ warning[OW0218] calls itself through `ping`, each time
    often: { call: often, if: $context.more }
do:
  - a: { call: ping }
  - b: { call: often }
  - c: { call: "log:1.0.0@shared" }
  - d: { call: "log:1.0.0@shard" }
  #            ^^^^^^^^^^^^^^^^^ error[OW0217] no catalog `shard` is defined under `use.catalogs` — did you mean `shared`?
  - e: { call: "log:1.0.0" }
  #            ^^^^^^^^^^^ warning[OW0217] names no catalog
"#,
    );
}

#[test]
fn branches_that_compete_lose_what_they_export() {
    check_tasks(
        r#"
do:
  - race:
      fork:
        compete: true
        branches:
          - one: { wait: PT1S, export: { as: "${ {one: .} }" } }
          #                    ^^^^^^ warning[OW0214] dropped unless it wins
          - two: { wait: PT2S }
      output: { as: { done: true } }
      #         ^^ warning[OW0214] the output of the branch that wins is ignored
  - all:
      fork:
        branches:
          - one: { wait: PT1S, export: { as: "${ {one: .} }" } }
          - two: { wait: PT2S }
"#,
    );
}

#[test]
fn variables_hide_only_what_was_named() {
    check_tasks(
        r#"
do:
  - outer:
      for: { in: .orders }
      do:
        - inner: { for: { in: $item.lines }, do: [ { note: { set: { x: "${ $item }" } } } ] }
        - named: { for: { each: line, at: line, in: $item.lines }, do: [ { note: { set: { x: "${ $line }" } } } ] }
        #                                 ^^^^ warning[OW0212] `each` and `at` name the same variable
        - hidden: { for: { each: input, in: $item.lines }, do: [ { note: { set: { x: "${ $input }" } } } ] }
        #                        ^^^^^ warning[OW0212] hides the `$input` that the runtime gives
"#,
    );
}

#[test]
fn nothing_is_evaluated_in_constants() {
    check_tasks(
        r#"
do:
  - a: { raise: { error: "${ .error }" }, if: .bad }
  #                      ^^^^^^^^^^^^^ warning[OW0308] `error` is a constant
  - b: { set: { list: [ { "${ .key }": 1 } ] } }
  #                       ^^^^^^^^^^^ warning[OW0308] keys are not evaluated
  - c: { wait: PT1S, then: "${ .next }" }
  #                        ^^^^^^^^^^^^ error[OW0201] `then` takes no expression
"#,
    );
}

#[test]
fn conditions_that_read_something_are_left_in_peace() {
    check_tasks(
        r#"
do:
  - a: { if: "${ false }", wait: PT1S }
  #          ^^^^^^^^^^^^ warning[OW0304] always false: the task never runs
  - b: { for: { in: .x }, while: "${ true }", do: [ { c: { wait: PT1S } } ] }
  #                              ^^^^^^^^^^^ warning[OW0304] it never ends the loop
  - d: { if: $context.x and true, wait: PT1S }
  - e: { if: now > 1, wait: PT1S }
  - f: { listen: { to: { any: [ { with: { type: x } } ], until: "${ false }" } }, foreach: { do: [ { g: { wait: PT1S } } ] } }
  - h: { listen: { to: { any: [ { with: { type: x } } ], until: "${ false }" } } }
  #                                                      ^^^^^ warning[OW0215] never ends, and nothing is done with its events
"#,
    );
}

#[test]
fn texts_that_only_look_like_expressions_are_left_in_peace() {
    check_tasks(
        r#"
do:
  - a: { set: { file: .gitignore, mark: ..., price: $5, home: $HOME, sentence: .Hello there, dots: .a.b, item: "$item.x" } }
  #                                                                                                ^^^^ warning[OW0307]
  #                                                                                                            ^^^^^^^^^ warning[OW0307]
  - b: { run: { shell: { command: echo, arguments: [ .name ], environment: { X: $unknown } } } }
  #                                                  ^^^^^ warning[OW0307]
"#,
    );
    check_tasks(
        r#"
evaluate: { mode: loose }
do:
  - a: { set: { customer: .customer } }
"#,
    );
}

#[test]
fn sub_workflows_are_looked_up_where_the_workspace_is_known() {
    let name = |namespace: &str, name: &str, version: &str| WorkflowName {
        namespace: namespace.into(),
        name: name.into(),
        version: version.into(),
    };
    let workflows = [name("shop", "ship", "1.0.0"), name("shop", "ship", "1.2.0"), name("shop", "pay", "1.0.0")];
    let said = |workflow: &str, workflows| {
        let text = format!("{HEAD}do:\n  - a: {{ run: {{ workflow: {workflow} }} }}\n");
        let found = Analysis::within(Source::new("a.yaml", text), Surroundings { workflows, ..Surroundings::default() }).diagnostics;
        let line = |found: &flowdbg_lang::diagnostic::Diagnostic| {
            format!("{} {} {}", found.code, found.message, found.help.as_deref().unwrap_or("-"))
        };
        found.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    let known = Some(&workflows[..]);
    assert_eq!(said("{ namespace: shop, name: ship, version: '1.2.0' }", known), "");
    assert_eq!(said("{ namespace: shop, name: ship, version: latest }", known), "");
    assert_eq!(said("{ namespace: shop, name: '${ .name }', version: latest }", known), "");
    assert_eq!(said("{ namespace: lost, name: ship, version: latest }", None), "");
    assert_eq!(
        said("{ namespace: shop, name: ship, version: '2.0.0' }", known),
        "OW0220 the workflow `shop/ship` has no version `2.0.0` here there is `1.0.0` and `1.2.0`"
    );
    assert_eq!(
        said("{ namespace: shop, name: shp, version: latest }", known),
        "OW0220 no workflow `shp` of the namespace `shop` is in the workspace did you mean `ship`?"
    );
    assert_eq!(
        said("{ namespace: lost, name: ship, version: latest }", known),
        "OW0220 no workflow of the namespace `lost` is in the workspace -"
    );
}
