//! Scenario files that are refused, and executions in the world of a scenario.

use std::sync::Arc;

use flowdbg_lang::analysis::Analysis;

use super::{
    play::{Play, Verdict},
    *,
};
use crate::{
    driver::Options,
    machine::Outcome,
    program::Program,
    worlds::{Performing, Request, World},
};

fn parse(text: &str) -> Result<Scenario, Wrong> {
    Scenario::parse(&Source::new("s.yaml", text))
}

#[track_caller]
fn check_refused(text: &str, expected: &[&str]) {
    let refused = parse(text).expect_err("it is wrong").to_string();
    assert_eq!(refused.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_wrong_is_said_at_its_place() {
    check_refused(
        "[]",
        &[
            "s.yaml:1:1: a scenario must be a mapping; it has scenario, workflow, input, secrets, clock, time, seed, others, mocks, events, cancel, expect",
        ],
    );
    check_refused(
        r"
mock: []
clock: tomorrow
time: vitual
mocks:
  - taks: a
    answer: {}
  - task: a
  - task: a
    answer: { status: 200, stdout: x }
    answers: []
  - request: { metod: get, url: 'http://a.example?x=1' }
    answer: { status: 1000, delay: soon }
  - name: pay
    when: .a | nope
    answer: { error: { type: comunication } }
events:
  - after: PT1S
expect:
  calls: { pya: 1, pay: -1 }
  output: 1
  cancelled: true
",
        &[
            "s.yaml:2:1: a scenario has no `mock`; did you mean `mocks`?",
            "s.yaml:3:8: `clock` must be a point in time with its offset; write for example 2026-01-01T00:00:00Z",
            "s.yaml:4:7: `time` must be `virtual` or `real`; did you mean `virtual`?",
            "s.yaml:6:5: a mock has no `taks`; did you mean `task`?",
            "s.yaml:6:5: a mock needs something that it fits by; give it `task`, `kind`, `request`, `command`, `method`, `channel`, `workflow`, `event` or `when`",
            "s.yaml:8:5: a mock needs `answer` or `answers`; write for example `answer: { status: 200 }`",
            "s.yaml:9:5: a mock has either `answer` or `answers`; put all into `answers`",
            "s.yaml:10:13: an answer cannot have both `status` and `stdout`; a response has status, headers and body; a process has code, stdout and stderr; a sub-workflow has output; gRPC and subscriptions have messages",
            "s.yaml:11:14: `answers` must be a list with at least one answer; begin each item with `- `",
            "s.yaml:12:16: `request` has no `metod`; did you mean `method`?",
            "s.yaml:12:33: an address has no query here; put its parameters under `query`",
            "s.yaml:13:23: `status` must be a number from 100 to 599; 200 is usual",
            "s.yaml:13:36: `soon` is not an ISO 8601 duration; write for example PT30S, PT5M or P1DT12H",
            "s.yaml:15:16: there is no function `nope`; did you mean `not`?",
            "s.yaml:16:30: there is no standard error type `comunication`; did you mean `communication`?",
            "s.yaml:18:5: an item of `events` needs `event`; it has after, event",
            "s.yaml:20:12: no mock has the name `pya`; did you mean `pay`?",
            "s.yaml:20:25: a count must be a whole number; or { atLeast: 1, atMost: 3 }",
            "s.yaml:22:3: an execution has one ending; expect `output`, `fault` or `cancelled`",
        ],
    );
}

/// A world in which nothing is real.
struct Nothing;

impl World for Nothing {
    fn perform(&self, request: Request) -> Performing {
        Box::pin(async move {
            match request.effect.kind {
                crate::effect::EffectKind::Workflow { .. } => crate::effect::Answer::Workflow(Err("there is none on disk".to_owned())),
                _ => crate::effect::Answer::Failed(crate::fault::Fault::new(crate::fault::Kind::Runtime, "really asked for").error),
            }
        })
    }

    fn wall_clock(&self) -> i64 {
        0
    }

    fn seed(&self) -> u64 {
        0
    }
}

fn program(tasks: &str) -> Arc<Program> {
    let text = format!("document: {{ dsl: '1.0.3', namespace: t, name: t, version: '1.0.0' }}\n{tasks}");
    let analysis = Analysis::of(Source::new("t.yaml", text));
    Program::new(analysis.runnable().unwrap_or_else(|| panic!("{:?}", analysis.diagnostics)).clone())
}

async fn play(tasks: &str, scenario: &str) -> Verdict {
    let scenario = Arc::new(parse(scenario).unwrap_or_else(|wrong| panic!("{wrong}")));
    let input = scenario.input.clone().unwrap_or_default();
    Play::start(&scenario, program(tasks), input, Arc::new(Nothing), Options::default()).ended().await
}

fn said(verdict: &Verdict) -> Vec<String> {
    let ending = match &verdict.outcome {
        Outcome::Completed(output) => output.to_string(),
        Outcome::Faulted(fault) => fault.summary(),
        Outcome::Cancelled => "cancelled".to_owned(),
    };
    std::iter::once(ending).chain(verdict.problems.iter().map(|problem| problem.message.clone())).collect()
}

const PETS: &str = "
do:
  - get: { call: http, with: { method: get, endpoint: 'https://pets.example/pets/{id}' } }
  - sell:
      try:
        - put: { call: http, with: { method: put, endpoint: 'https://pets.example/pets/7', headers: { x: y }, body: { sold: '${ .name }' } } }
      catch: { errors: { with: { status: 503 } }, retry: { delay: PT10M, limit: { attempt: { count: 2 } } } }
";

#[tokio::test(start_paused = true)]
async fn mocks_answer_by_request_and_in_sequence() {
    let began = tokio::time::Instant::now();
    let verdict = play(
        PETS,
        r"
input: { id: 7 }
mocks:
  - name: pet
    request: { method: get, url: 'https://pets.example/pets/{id}' }
    answer: { body: { name: '${ .params.id + .kind }' } }
  - name: wrong
    request: { method: put, body: { sold: nobody } }
    answer: { body: never }
  - name: sale
    request: { method: put, headers: { x: y }, body: '${ .sold | startswith(\u0022 \u0022) | not }' }
    answers:
      - { error: { status: 503, detail: not now } }
      - { status: 503, body: later, delay: { minutes: 1 } }
      - { body: { done: '${ .call }' } }
expect:
  output: { done: 2 }
  tasks: [get, sell, put, put, put]
  ran: [/do/1/sell/try/0/put]
  neverRan: [other]
  calls: { pet: 1, wrong: 0, sale: { atLeast: 3 } }
"
        .replace("\\u0022", "\"")
        .as_str(),
    )
    .await;
    assert_eq!(said(&verdict), [r#"{"done":2}"#]);
    assert_eq!(began.elapsed(), std::time::Duration::from_secs(21 * 60));
    let lines: Vec<_> = verdict.record.uses.iter().map(|used| format!("{} {} {}", used.reference, used.line, used.answer)).collect();
    assert_eq!(lines[..2], ["/do/0/get GET https://pets.example/pets/7 0", "/do/1/sell/try/0/put PUT https://pets.example/pets/7 0"]);
}

#[tokio::test(start_paused = true)]
async fn what_no_mock_fits_is_refused_with_the_mock_to_write() {
    let verdict = play(PETS, "input: { id: 7 }\nmocks: [{ task: put, last: ends, answer: {} }]").await;
    let refused = "no mock fits GET https://pets.example/pets/7 of /do/0/get; write one in s.yaml, such as\n  mocks:\n    - request: { method: get, url: 'https://pets.example/pets/7' }\n      answer: { status: 200, body: {} }\nor let `others: real` do it";
    assert_eq!(said(&verdict), [format!("Configuration error (400): {refused}"), refused.to_owned()]);
    let real = play(
        PETS,
        "input: { id: 7 }\nothers: real\nexpect: { fault: { type: runtime, detail: '${ test(\"really\") }', instance: /do/0/get } }",
    )
    .await;
    assert_eq!(said(&real), ["Runtime error (500): really asked for"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_as_expected_is_said() {
    let verdict = play(
        PETS,
        "
input: { id: 7 }
mocks:
  - { name: any, kind: 'call:*', answer: { body: { name: Rex } } }
expect:
  output: { name: Tom, age: 3 }
  tasks: [get, put]
  ran: [buy]
  neverRan: ['*']
  emitted: [{ type: sold }]
  calls: { any: { atMost: 1 } }
",
    )
    .await;
    assert_eq!(
        said(&verdict)[1..],
        [
            "the output is not as expected: .name: \"Tom\" was expected, this is \"Rex\"",
            "as number 2 /do/1/sell ran, not put; these ran: get, sell, put",
            "the task buy did not run; these ran: get, sell, put",
            "the task /do/0/get ran",
            "1 events should have been emitted, but there are 0: ",
            "any was used 2 times, not at most 1",
        ]
    );
    let other = play("do: [ { a: { set: { b: 1, c: 2 } } } ]", "expect: { output: { b: 1 } }").await;
    assert_eq!(said(&other)[1..], ["the output is not as expected: .c: it was not expected"]);
    let other = play("do: [ { a: { set: { b: 1 } } } ]", "expect: { fault: { status: 500 } }").await;
    assert_eq!(said(&other)[1..], ["it should have ended by a fault, but it completed with {\"b\":1}"]);
}

#[tokio::test(start_paused = true)]
async fn events_come_when_they_are_due_and_after_others() {
    let tasks = "
do:
  - ask: { emit: { event: { with: { type: asked, data: { n: 5 } } } } }
  - wait: { listen: { to: { one: { with: { type: answered } } } } }
  - later: { listen: { to: { one: { with: { type: late } } } } }
";
    let scenario = "
mocks:
  - { event: { type: asked }, answer: { events: [ { after: PT2H, event: { type: answered, data: '${ .event.data.n + 1 }' } } ] } }
events:
  - { after: P1D, event: { type: late, data: '${ 1 + 1 }' } }
expect:
  output: [2]
  emitted: [ { type: asked, data: { n: 5 } } ]
";
    let began = tokio::time::Instant::now();
    assert_eq!(said(&play(tasks, scenario).await), ["[2]"]);
    assert_eq!(began.elapsed(), std::time::Duration::from_secs(86_400));
    let refused = play(tasks, "mocks: [ { event: { type: asked }, answer: { error: { type: timeout } } } ]").await;
    assert_eq!(said(&refused), ["Timeout (408): made up by the scenario"]);
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_waits_for_ever_is_ended_and_named() {
    let tasks = "do: [ { long: { wait: P1Y } }, { never: { listen: { to: { one: { with: { type: x } } } } } } ]";
    let stuck = "it waits for an event that never comes; deliver it under `events`, or end the execution with `cancel`";
    assert_eq!(said(&play(tasks, "{}").await), ["cancelled", stuck]);
    assert_eq!(said(&play(tasks, "cancel: { after: P2Y }\nexpect: { cancelled: true }").await), ["cancelled"]);
}

#[tokio::test(start_paused = true)]
async fn processes_sub_workflows_and_secrets_have_mocks() {
    let tasks = "
use: { secrets: [key] }
do:
  - list: { run: { shell: { command: 'ls -l', arguments: [a, b], environment: { A: b } } } }
  - code: { run: { shell: { command: 'rm' }, return: all } }
  - sub: { run: { workflow: { namespace: shop, name: pay, version: '1.0.0', input: { total: 7 } } } }
  - secret: { set: { key: '${ $secrets.key | length }', paid: '${ .paid }' } }
";
    let scenario = "
secrets: { key: 'abcdef' }
mocks:
  - { command: 'ls * b', answer: { stdout: '${ .environment.A + (.arguments | tostring) }' } }
  - { task: code, answer: { code: 3, stderr: gone } }
  - { workflow: 'shop/pay:*', answer: { output: { paid: '${ .total + 1 }', by: [ '${ .total }', text ] } } }
expect: { output: { key: 6, paid: 8 } }
";
    assert_eq!(said(&play(tasks, scenario).await), [r#"{"key":6,"paid":8}"#]);
    let missing = play(tasks, "{}").await;
    assert_eq!(said(&missing), ["Authorization error (403): the scenario has no secret `key`; add it under `secrets` in s.yaml"]);
    let wrong = "secrets: { key: k }\nmocks: [ { task: list, answer: { status: 200 } } ]";
    assert!(said(&play(tasks, wrong).await)[0].contains("the mock s.yaml:2:32: this asks for the end of a process"));
}
