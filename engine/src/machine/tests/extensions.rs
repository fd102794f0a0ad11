//! Extensions: what runs before and after a task, what it sees, and how it can stand in for it.

use super::*;

/// The tasks in the order in which their bodies began.
fn began(story: &Story) -> String {
    story.told.iter().filter_map(|line| line.rsplit_once(" at ")).map(|(name, _)| name).collect::<Vec<_>>().join(" ")
}

#[test]
fn they_run_around_their_tasks_in_the_order_of_the_text_and_change_nothing() {
    let story = Story::new(
        "
use:
  extensions:
    - first:
        extend: set
        before: [ { b1: { set: 1 } }, { b2: { set: 2 } } ]
        after: [ { a1: { set: 3 } } ]
    - second: { extend: all, before: [ { b3: { do: [ { inner: { set: 4 } } ] } } ], after: [ { a2: { set: 5 } } ] }
do:
  - one: { set: { n: 1 } }
  - two: { switch: [ { default: { then: end } } ] }
",
        "{}",
    )
    .run();
    // Tasks of an extension are not extended themselves.
    assert_eq!(began(&story), "one b1 b2 b3 inner a1 a2 two b3 inner a2");
    assert_eq!(story.output(), r#"{"n":1}"#);
}

#[test]
fn they_see_the_extended_task() {
    let story = Story::new(
        "
use:
  extensions:
    - look:
        extend: call
        when: $task.definition.with.method == \"get\"
        before:
          - before: { set: '${ [$task.name, $task.reference, $task.output, .] }', export: { as: '{ before: . }' } }
        after:
          - after:
              fork: { branches: [ { deep: { set: '${ [$task.name, $task.output, .] }' } } ] }
              export: { as: '$context + { after: .[0] }' }
do:
  - skipped: { call: http, with: { method: post, endpoint: 'http://x.example/1' } }
  - called: { call: http, input: { from: '{ x: 1 }' }, with: { method: get, endpoint: 'http://x.example/2' } }
  - end: { set: '${ $context }' }
",
        "{}",
    )
    .http(&[(200, "1"), (200, "2")])
    .run();
    let seen = r#"{"before":["called","/do/1/called",null,{"x":1}],"after":["called",2,2]}"#;
    assert_eq!(story.output(), seen);
    assert_eq!(began(&story), "skipped called before after deep end");
}

#[test]
fn an_exit_before_stands_in_for_the_task() {
    let story = Story::new(
        "
use:
  extensions:
    - mock:
        extend: call
        when: $task.definition.with.endpoint | startswith(\"https://mocked.example\")
        before:
          - respond: { set: { statusCode: 200, content: { foo: '${ .n }' } }, then: exit }
          - never: { set: 1 }
    - audit: { extend: all, before: [ { neither: { set: 1 } } ], after: [ { audit: { set: '${ . }', export: { as: . } } } ] }
do:
  - mocked: { call: http, with: { method: get, endpoint: 'https://mocked.example/x', output: response }, output: { as: .content } }
",
        r#"{"n": 7}"#,
    )
    .run();
    assert_eq!(began(&story), "mocked respond audit");
    assert_eq!(story.sent, []);
    assert_eq!(story.output(), r#"{"foo":7}"#);
}

#[test]
fn an_error_in_them_is_one_of_their_task_with_its_own_place() {
    let story = Story::new(
        "
use:
  extensions:
    - check: { extend: set, before: [ { refuse: { raise: { error: { type: 'https://x.example/no', status: 403 } } } } ] }
do:
  - guarded:
      try: [ { work: { set: 1 } } ]
      catch: { as: e, do: [ { tell: { call: http, with: { method: get, endpoint: '${ \"http://x.example\\($e.instance)\" }' } } } ] }
",
        "{}",
    )
    .http(&[(200, "true")])
    .run();
    assert_eq!(story.sent[0].url, "http://x.example/use/extensions/0/check/before/0/refuse");
    assert_eq!(story.output(), "true");
}

#[test]
fn composite_tasks_loops_and_unproven_expressions_are_extended_too() {
    let story = Story::new(
        "
use:
  extensions:
    - all: { extend: composite, when: 'last(range($task.name | length)) == 4', before: [ { b: { set: 1 } } ] }
    - loops: { extend: for, after: [ { a: { set: '${ last(range(3)) }' } } ] }
    - calls: { extend: call, before: [ { c: { set: 1 } } ] }
  functions: { f: { set: '${ .x }' } }
do:
  - group: { do: [ { loop: { for: { in: '[1, 2]' }, do: [ { body: { call: f, with: { x: '${ $item }' } } } ] } } ] }
  - long name: { do: [ { set: { set: '${ . }' } } ] }
",
        "{}",
    )
    .run();
    assert_eq!(began(&story), "group b loop body c f body c f a long name set");
    assert_eq!(story.output(), "2");
}

#[test]
fn a_timeout_strikes_them_too() {
    let story = Story::new(
        "
use: { extensions: [ { slow: { extend: set, before: [ { w: { wait: PT1H } } ] } } ] }
do:
  - work: { set: 1, timeout: { after: PT1S } }
",
        "{}",
    )
    .run();
    assert_eq!(story.error().member("status").map(Value::to_json).as_deref(), Some("408"));
    assert_eq!(story.error().member("instance").map(Value::to_json).as_deref(), Some("\"/do/0/work\""));
}
