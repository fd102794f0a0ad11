//! Lowering: references, targets, variables in scope, places of stages.

use super::*;
use crate::{model::TaskKind, read::read, text::Source};

fn workflow(text: &str) -> Arc<Workflow> {
    let (tree, problems) = read(&Source::new("test.yaml", text));
    assert_eq!(problems, Vec::new());
    lower(&Arc::new(tree)).expect("a mapping")
}

fn references(workflow: &Workflow) -> Vec<String> {
    workflow.tasks.iter().map(|task| format!("{} {}", task.reference, task.kind.name())).collect()
}

#[test]
fn functions_are_tasks_and_named_authentications_are_put_in_their_place() {
    let workflow = workflow(
        "use:
  authentications: { a: { bearer: { token: '${ .t }' } } }
  functions:
    f: { do: [ { again: { call: f } } ] }
do:
  - one: { call: f, with: { x: 1 } }
  - two: { call: http, with: { method: get, endpoint: { uri: http://x.example, authentication: { use: a } }, body: { authentication: { use: a } } } }
  - three: { call: unknown }
",
    );
    assert_eq!(
        references(&workflow),
        [
            "/use/functions/f do",
            "/do/0/one call:function",
            "/do/1/two call:http",
            "/do/2/three broken",
            "/use/functions/f/do/0/again call:function",
        ]
    );
    let TaskKind::CallHttp(call) = &workflow.tasks[2].kind else { panic!("a call") };
    assert_eq!(call.with.expressions().len(), 1, "data is no authentication");
}

#[test]
fn every_task_has_its_pointer() {
    let workflow = workflow(
        "do:
  - a/b: { set: { x: 1 } }
  - loop:
      for: { each: pet, in: .pets }
      do:
        - inner: { set: '${ $pet }' }
  - risky:
      try:
        - call: { call: http, with: { method: get, endpoint: http://x.example } }
      catch:
        as: err
        do:
          - log: { set: '${ $err.title }' }
  - both:
      fork:
        branches:
          - left: { wait: PT1S }
          - right: { do: [ { deep: { raise: { error: { type: x, status: 400 } } } } ] }
",
    );
    assert_eq!(
        references(&workflow),
        [
            "/do/0/a~1b set",
            "/do/1/loop for",
            "/do/2/risky try",
            "/do/3/both fork",
            "/do/1/loop/do/0/inner set",
            "/do/2/risky/try/0/call call:http",
            "/do/2/risky/catch/do/0/log set",
            "/do/3/both/fork/branches/0/left wait",
            "/do/3/both/fork/branches/1/right do",
            "/do/3/both/fork/branches/1/right/do/0/deep raise",
        ]
    );
    assert!(workflow.expressions.iter().all(|placed| placed.expression.problems().is_empty()));
}

#[test]
fn variables_are_those_of_the_place() {
    let workflow = workflow(
        "input: { from: $context }
do:
  - a: { if: $input.x, set: { y: '${ $item }' } }
  - b: { set: 1, output: { as: '$output' }, export: { as: '{ n: $output, m: $error }' } }
",
    );
    let wrong: Vec<&str> = workflow
        .expressions
        .iter()
        .flat_map(|placed| placed.expression.problems().iter().map(|problem| &placed.expression.text()[problem.start..problem.end]))
        .collect();
    assert_eq!(wrong, ["$context", "$input", "$item", "$error"]);
}

#[test]
fn targets_are_siblings_only() {
    let workflow = workflow(
        "do:\n  - a: { set: 1, then: c }\n  - b: { do: [ { x: { set: 1, then: a } } ], then: end }\n  - c: { set: 1, then: exit }\n",
    );
    let thens: Vec<Then> = workflow.tasks.iter().map(|task| task.then).collect();
    assert_eq!(thens, [Then::Task(TaskId(2)), Then::End, Then::Exit, Then::Continue]);
}

#[test]
fn components_are_looked_up() {
    let workflow = workflow(
        "use:
  errors: { bad: { type: https://x.example/bad, status: 418 } }
  retries: { often: { delay: PT1S, backoff: { exponential: {} }, limit: { attempt: { count: 3 } } } }
  timeouts: { soon: { after: { seconds: 5 } } }
do:
  - a:
      timeout: soon
      try: [ { b: { raise: { error: bad } } } ]
      catch: { retry: often }
",
    );
    let TaskKind::Try(try_) = &workflow.tasks[0].kind else { panic!("a try") };
    let retry = try_.retry.as_ref().expect("a policy");
    assert_eq!((retry.count, retry.backoff), (Some(3), crate::model::Backoff::Exponential));
    assert!(matches!(workflow.tasks[0].timeout.as_ref().map(|timeout| &timeout.after), Some(DurationSpec::Fixed(5000))));
    assert!(matches!(workflow.tasks[1].kind, TaskKind::Raise(_)));
}
