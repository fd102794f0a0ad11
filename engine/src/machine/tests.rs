//! Machines in tests: a workflow, scripted answers, no clock. Time jumps to the next timer.

use std::collections::BTreeMap;

use flowdbg_lang::{lower::lower, read::read, text::Source, value::ValueExt as _};

use super::*;
use crate::effect::{Channel, ChannelError, EffectKind, GrpcStatus, HttpRequest, HttpResponse, ProcessError, ResourceError};

fn nobody(channel: &Channel) -> ChannelError {
    ChannelError { status: None, message: format!("nobody at {}", channel.url) }
}

mod authentication;
mod calls;
mod events;
mod extensions;
mod listening;
mod processes;
mod secrets;
mod written;

/// Runs a workflow to its end. `http` answers requests in order, with status and body.
///
/// Each story is told again, with all its details: once as it is, and once with a machine that is
/// written down and made again after every transition. Nothing may differ.
#[derive(Clone)]
struct Story {
    machine: Machine,
    http: Vec<(u16, &'static str)>,
    /// What a refusal (401) says in its `WWW-Authenticate` header.
    challenge: &'static str,
    /// What was sent.
    sent: Vec<HttpRequest>,
    /// Errors of the next calls of a server of tools; without any it gives back the parameters.
    mcp: Vec<crate::effect::McpError>,
    /// Documents by address.
    documents: Vec<(&'static str, &'static str)>,
    /// Secrets by name, as JSON.
    secrets: Vec<(&'static str, &'static str)>,
    /// Every event with all its data.
    seen: String,
    /// What happened, one line each.
    told: Vec<String>,
    timers: BTreeMap<(Timestamp, EffectId), ()>,
    /// Whether it was given what is not written down: a token, or what a server wants for a digest.
    has_credentials: bool,
}

impl Story {
    fn new(yaml: &str, input: &str) -> Self {
        let text = format!("document: {{ dsl: '1.0.3', namespace: test, name: story, version: '1.0.0' }}\n{yaml}");
        let (tree, problems) = read(&Source::new("story.yaml", text));
        assert_eq!(problems, []);
        let workflow = lower(&Arc::new(tree)).expect("a workflow");
        for placed in &workflow.expressions {
            assert_eq!(placed.expression.problems(), [], "{}", placed.expression.text());
        }
        let input = flowdbg_lang::value::parse_json(input).expect("json");
        let machine = Machine::new("x", Program::new(workflow), input, Timestamp(0), 7);
        Self {
            machine,
            http: Vec::new(),
            challenge: "Basic",
            sent: Vec::new(),
            mcp: Vec::new(),
            documents: Vec::new(),
            secrets: Vec::new(),
            seen: String::new(),
            told: Vec::new(),
            timers: BTreeMap::new(),
            has_credentials: false,
        }
    }

    fn http(mut self, answers: &[(u16, &'static str)]) -> Self {
        self.http = answers.to_vec();
        self
    }

    fn challenge(mut self, challenge: &'static str) -> Self {
        self.challenge = challenge;
        self
    }

    fn document(mut self, address: &'static str, text: &'static str) -> Self {
        self.documents.push((address, text));
        self
    }

    fn secret(mut self, name: &'static str, json: &'static str) -> Self {
        self.secrets.push((name, json));
        self
    }

    #[track_caller]
    fn run(self) -> Self {
        let plain = self.clone().go(false);
        // Where credentials are asked for again, something differs; `written` has stories of that.
        if !plain.has_credentials {
            let mut detailed = self;
            detailed.machine.want(Details::ALL);
            let (whole, again) = (detailed.clone().go(false), detailed.go(true));
            assert_eq!(again.told, plain.told);
            assert_eq!(again.seen, whole.seen);
            assert_eq!(again.sent, plain.sent);
            assert_eq!(format!("{:?}", again.machine.outcome()), format!("{:?}", plain.machine.outcome()));
        }
        plain
    }

    fn go(mut self, rewrites: bool) -> Self {
        for _ in 0..100_000 {
            let (mut effects, mut answered) = (Vec::new(), false);
            let progress = loop {
                let made = self.machine.transitions();
                // A long loop has shown what it can after a while.
                if rewrites && (made < 300 || made.is_multiple_of(97)) {
                    self.rewrite();
                }
                let (progress, output) = self.machine.advance(&mut Open, 1);
                for event in &output.events {
                    self.tell(event);
                }
                effects.extend(output.effects);
                if progress != Progress::More {
                    break progress;
                }
            };
            for effect in effects {
                answered |= self.perform(effect);
                if rewrites {
                    self.rewrite();
                }
            }
            match progress {
                Progress::Done => return self,
                Progress::More => {}
                Progress::Idle | Progress::Held if answered => {}
                Progress::Idle | Progress::Held => {
                    let Some(((at, effect), ())) = self.timers.pop_first() else { panic!("it waits for ever: {:#?}", self.told) };
                    self.machine.feed(at, Input::Answer(effect, Answer::Slept));
                }
            }
        }
        panic!("it does not end");
    }

    /// Writes the machine down and goes on with what was read of its text.
    #[track_caller]
    fn rewrite(&mut self) {
        let text = self.machine.write_down().expect("it can be written").to_string();
        // A text that names its secret itself is not our affair.
        let source = flowdbg_lang::value::string(self.machine.program().workflow.source.text()).to_json();
        let without_source = text.replace(&source, "");
        for (_, secret) in self.secrets.iter().filter(|(_, secret)| secret.len() > 6) {
            assert!(!without_source.contains(secret.trim_matches('"')), "{secret} is in {text}");
        }
        serde_json::from_str::<serde_json::Value>(&text).expect("it is plain JSON");
        let program = self.machine.program().clone();
        let mut find = |(names, _): &super::written::Names| names.iter().map(|name| self.find_secret(name)).collect();
        let restore = super::written::Restore {
            load: &mut |text| {
                if text.is_function {
                    return super::written::from_text(text);
                }
                assert_eq!(text.text, program.workflow.source.text());
                Ok(program.clone())
            },
            secrets: &mut find,
        };
        let written = super::written::Written::parse(&text).expect("it can be read");
        self.machine = Machine::restore(&written, restore).expect("it can be restored");
        assert_eq!(self.machine.write_down().expect("it can be written again").to_string(), text);
    }

    fn find_secret(&self, name: &str) -> Result<Value, String> {
        let found = self.secrets.iter().find(|(known, _)| *known == name);
        found.and_then(|(_, json)| flowdbg_lang::value::parse_json(json).ok()).ok_or_else(|| format!("no secret `{name}`"))
    }

    fn perform(&mut self, effect: Effect) -> bool {
        let now = self.machine.now();
        let answer = match effect.kind {
            EffectKind::Sleep(until) => {
                self.timers.insert((until, effect.id), ());
                return false;
            }
            EffectKind::Cancel(other) => {
                self.timers.retain(|(_, id), ()| *id != other);
                return false;
            }
            EffectKind::Http(request) => {
                self.told.push(format!("{} {}", request.method, request.url));
                self.sent.push(request);
                let (status, body) = if self.http.is_empty() { (200, "null") } else { self.http.remove(0) };
                let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
                self.has_credentials |= status == 401 || effect.confidential;
                if status == 401 {
                    headers.push(("www-authenticate".to_owned(), self.challenge.to_owned()));
                }
                Answer::Http(Ok(HttpResponse { status, headers, body: body.as_bytes().to_vec() }))
            }
            EffectKind::Emit(event) => {
                self.machine.feed(now, Input::Event(event));
                Answer::Emitted(Ok(()))
            }
            EffectKind::Evaluate(evaluation) => {
                Answer::Evaluated(evaluation.expression.evaluate_with(evaluation.input, evaluation.variables, evaluation.now))
            }
            EffectKind::Process(process) => {
                Answer::Process(Err(ProcessError::Failed(format!("there is no {} here", process.command.noun()))))
            }
            EffectKind::Grpc(call) => Answer::Grpc(Err(GrpcStatus { code: 14, message: format!("nobody at {}", call.target) })),
            EffectKind::Publish(channel, _) => Answer::Published(Err(nobody(&channel))),
            EffectKind::Subscribe(channel) => Answer::Unsubscribed(Err(nobody(&channel))),
            EffectKind::Resource(resource) => {
                self.told.push(format!("read {} from {}", resource.uri, resource.from));
                let found = self.documents.iter().find(|(address, _)| *address == resource.uri).map(|(_, text)| (*text).to_owned());
                Answer::Resource(found.ok_or_else(|| ResourceError {
                    status: Some(404),
                    challenges: Vec::new(),
                    message: "there is none".to_owned(),
                }))
            }
            EffectKind::Secrets { names, .. } => Answer::Secrets(names.iter().map(|name| self.find_secret(name)).collect()),
            EffectKind::Mcp(call) => {
                self.told.push(format!("{} {:?}", call.method, call.transport));
                Answer::Mcp(if self.mcp.is_empty() { Ok(call.parameters) } else { Err(self.mcp.remove(0)) })
            }
            EffectKind::Workflow { name, .. } => Answer::Workflow(Err(format!("no workflow {name}"))),
        };
        self.machine.feed(now, Input::Answer(effect.id, answer));
        true
    }

    fn tell(&mut self, event: &Event) {
        self.seen.push_str(&format!("{:?}\n", event.kind));
        let name = event.task.as_ref().map(|run| run.program.workflow.task(run.task).name.to_string()).unwrap_or_default();
        let at = event.at.0;
        self.told.push(match &event.kind {
            EventKind::TaskStarted => format!("{name} at {at}"),
            EventKind::TaskSkipped => format!("{name} skipped"),
            EventKind::TaskFaulted(error) => {
                format!("{name} faulted {}", error.member("status").map(Value::to_json).unwrap_or_default())
            }
            EventKind::RetryScheduled { attempt, delay, .. } => format!("{name} attempt {attempt} in {delay}"),
            EventKind::TaskCancelled => format!("{name} cancelled"),
            EventKind::Log { text, .. } => format!("log {text}"),
            EventKind::WorkflowFaulted(error) => format!("faulted {}", error.to_json()),
            _ => return,
        });
    }

    fn output(&self) -> String {
        match self.machine.outcome() {
            Some(Outcome::Completed(output)) => output.to_json(),
            other => format!("{other:?}"),
        }
    }

    fn error(&self) -> Value {
        match self.machine.outcome() {
            Some(Outcome::Faulted(fault)) => fault.error.clone(),
            other => panic!("it did not fault: {other:?}"),
        }
    }
}

fn output(yaml: &str, input: &str) -> String {
    Story::new(yaml, input).run().output()
}

fn told(yaml: &str, input: &str) -> Vec<String> {
    Story::new(yaml, input).run().told
}

#[test]
fn data_flows_from_task_to_task() {
    let yaml = "
input: { from: .order }
do:
  - a: { set: { n: '${ .n + 1 }' }, export: { as: '{ seen: .n }' } }
  - b: { input: { from: '{ m: .n }' }, set: { p: '${ .m * 2 }', q: '${ $context.seen }' }, output: { as: .p + .q } }
output: { as: '{ result: ., context: $context }' }
";
    assert_eq!(output(yaml, r#"{"order": {"n": 1}}"#), r#"{"result":6,"context":{"seen":2}}"#);
}

#[test]
fn loops_chain_their_outputs() {
    let yaml = "
do:
  - loop:
      for: { each: c, at: i, in: .colors }
      while: '$i < 2'
      do:
        - add: { set: { colors: '${ .colors }', seen: '${ (.seen // []) + [$c, $i] }' } }
      output: { as: .seen }
";
    assert_eq!(output(yaml, r#"{"colors": ["r", "g", "b"]}"#), r#"["r",0,"g",1]"#);
    assert_eq!(output("do: [ { l: { for: { in: .none }, do: [ { s: { set: 1 } } ] } } ]", r#"{"x": 1}"#), r#"{"x":1}"#);
    let fault = Story::new("do: [ { l: { for: { in: .x }, do: [ { s: { set: 1 } } ] } } ]", r#"{"x": 1}"#).run().error();
    assert_eq!(fault.member("instance").and_then(Value::as_text).as_deref(), Some("/do/0/l"));
}

#[test]
fn a_loop_whose_expressions_may_not_end_is_the_same() {
    let yaml = "
do:
  - loop:
      for: { each: n, in: '[range(.count)]' }
      while: 'last(range(1; $n + 5)) < 7'
      do:
        - add: { set: { count: '${ .count }', seen: '${ (.seen // []) + [last(range($n + 1))] }' } }
      output: { as: .seen }
";
    assert_eq!(output(yaml, r#"{"count": 5}"#), "[0,1,2]");
}

#[test]
fn the_flow_goes_where_then_says() {
    let yaml = "
do:
  - a: { set: { s: '${ (.s // []) + [1] }' }, then: c }
  - b: { set: { s: '${ .s + [2] }' }, then: end }
  - c: { set: { s: '${ .s + [3] }' }, then: b }
";
    assert_eq!(output(yaml, "{}"), r#"{"s":[1,3,2]}"#);
    let inner = "
do:
  - outer:
      do:
        - a: { set: { n: 1 }, then: exit }
        - b: { set: { n: 2 } }
  - after: { set: { n: '${ .n + 10 }' } }
";
    assert_eq!(output(inner, "{}"), r#"{"n":11}"#);
    let end = "
do:
  - outer: { do: [ { a: { set: { n: 1 }, then: end } }, { b: { set: { n: 2 } } } ] }
  - after: { set: { n: 3 } }
output: { as: '{ done: .n }' }
";
    assert_eq!(output(end, "{}"), r#"{"done":1}"#);
}

#[test]
fn a_switch_takes_the_first_case_that_holds() {
    let yaml = "
do:
  - choose:
      switch:
        - other: { then: small }
        - big: { when: .n > 10, then: big }
      then: end
  - small: { set: small, then: end }
  - big: { set: big }
";
    assert_eq!(output(yaml, r#"{"n": 11}"#), r#""big""#);
    assert_eq!(output(yaml, r#"{"n": 1}"#), r#""small""#);
}

#[test]
fn a_skipped_task_hands_its_input_on() {
    let yaml =
        "do:\n  - a: { if: .go, set: 1, output: { as: error('no') }, then: c }\n  - b: { set: '${ [.] }' }\n  - c: { set: '${ . }' }\n";
    let yaml = yaml.replace("error('no')", "'.x.y.z'");
    assert_eq!(output(&yaml, r#"{"go": false}"#), r#"[{"go":false}]"#, "and its `then` does not count");
}

#[test]
fn retries_come_before_the_handler() {
    let yaml = "
do:
  - pay:
      try:
        - charge: { call: http, with: { method: post, endpoint: 'http://bank.example/{id}' } }
      catch:
        errors: { with: { type: 'https://open-workflow-specification.org/dsl/errors/types/communication', status: 503 } }
        as: problem
        retry: { delay: { milliseconds: 100 }, backoff: { exponential: {} }, limit: { attempt: { count: 2 } } }
        do:
          - refund: { set: { state: refunded, why: '${ $problem.status }', input: '${ . }' } }
  - after: { wait: PT1S }
";
    let busy = [(503, "null"); 3];
    let story = Story::new(yaml, r#"{"id": 5}"#).http(&busy).run();
    assert_eq!(story.output(), r#"{"state":"refunded","why":503,"input":{"id":5}}"#);
    assert_eq!(
        story.told,
        [
            "pay at 0",
            "charge at 0",
            "POST http://bank.example/5",
            "charge faulted 503",
            "pay attempt 2 in 100",
            "charge at 100",
            "POST http://bank.example/5",
            "charge faulted 503",
            "pay attempt 3 in 200",
            "charge at 300",
            "POST http://bank.example/5",
            "charge faulted 503",
            "refund at 300",
            "after at 300",
        ]
    );
    let other = Story::new(yaml, r#"{"id": 5}"#).http(&[(404, "{\"why\": \"gone\"}")]).run();
    assert_eq!(other.error().member("status").and_then(Value::as_i64), Some(404));
    assert_eq!(other.error().member("instance").and_then(Value::as_text).as_deref(), Some("/do/0/pay/try/0/charge"));
    let fine = Story::new(yaml, r#"{"id": 5}"#).http(&[(503, "null"), (200, "{\"ok\": true}")]).run();
    assert_eq!(fine.output(), r#"{"ok":true}"#);
}

#[test]
fn raise_and_catch_by_condition() {
    let yaml = "
do:
  - outer:
      try:
        - inner:
            try: [ { bad: { raise: { error: { type: 'https://x.example/bad', status: 418, detail: '${ \"n is \\(.n)\" }' } } } } ]
            catch: { when: $error.status == 1, do: [ { wrong: { set: wrong } } ] }
      catch:
        exceptWhen: $error.status == 2
        do: [ { right: { set: '${ $error }' } } ]
        then: end
  - never: { set: never }
";
    assert_eq!(
        output(yaml, r#"{"n": 3}"#),
        r#"{"type":"https://x.example/bad","status":418,"detail":"n is 3","instance":"/do/0/outer/try/0/inner/try/0/bad"}"#
    );
}

#[test]
fn fork_joins_in_order_and_merges_what_was_exported() {
    let yaml = "
do:
  - both:
      fork:
        branches:
          - slow: { do: [ { w: { wait: PT2S } }, { a: { set: { v: 1 }, export: { as: '$context + {a: 1}' } } } ] }
          - fast: { set: { v: 2 }, export: { as: '$context + {b: 2}' } }
output: { as: '{ out: ., context: $context }' }
";
    assert_eq!(output(yaml, "{}"), r#"{"out":[{"v":1},{"v":2}],"context":{"a":1,"b":2}}"#);
    let race = "
do:
  - race:
      fork:
        compete: true
        branches:
          - slow: { do: [ { w: { wait: PT2S } }, { a: { set: slow } } ] }
          - fast: { do: [ { v: { wait: PT1S } }, { b: { set: fast } } ] }
          - broken: { raise: { error: { type: 'https://x.example/bad', status: 500 } } }
";
    let story = Story::new(race, "{}").run();
    assert_eq!(story.output(), r#""fast""#);
    assert!(story.told.contains(&"w cancelled".to_owned()), "{:?}", story.told);
}

#[test]
fn a_fault_in_a_branch_cancels_its_siblings() {
    let yaml = "
do:
  - guarded:
      try:
        - both:
            fork:
              branches:
                - slow: { wait: PT1H }
                - broken: { raise: { error: { type: 'https://x.example/bad', status: 500 } } }
      catch: { as: e, do: [ { tell: { set: '${ $e.instance }' } } ] }
";
    let story = Story::new(yaml, "{}").run();
    assert_eq!(story.output(), r#""/do/0/guarded/try/0/both/fork/branches/1/broken""#);
    assert!(story.told.contains(&"slow cancelled".to_owned()));
}

#[test]
fn end_in_a_branch_ends_the_workflow() {
    let yaml = "
do:
  - both: { fork: { branches: [ { a: { wait: PT1H } }, { b: { set: done, then: end } } ] } }
  - never: { set: never }
";
    assert_eq!(output(yaml, "{}"), r#""done""#);
}

#[test]
fn timeouts_interrupt_what_runs() {
    let yaml = "
do:
  - guarded:
      try:
        - slow: { timeout: { after: PT2S }, do: [ { w: { wait: PT1H } } ] }
      catch: { errors: { with: { status: 408 } }, do: [ { late: { set: '${ $error.instance }' } } ] }
";
    assert_eq!(output(yaml, "{}"), r#""/do/0/guarded/try/0/slow""#);
    // What the task itself started goes with it: branches, and the limit of an attempt.
    let yaml = "
do:
  - guarded:
      try:
        - both: { timeout: { after: PT2S }, fork: { branches: [ { w: { wait: PT1H } }, { l: { listen: { to: { any: [] } } } } ] } }
      catch: { do: [ { late: { set: '${ $error.instance }' } } ] }
";
    let story = Story::new(yaml, "{}").run();
    assert_eq!(story.output(), r#""/do/0/guarded/try/0/both""#);
    assert_eq!(story.machine.now(), Timestamp(2_000));
    let yaml = "
do:
  - guarded:
      try:
        - again:
            timeout: { after: PT2S }
            try: [ { w: { wait: PT1H } } ]
            catch: { retry: { limit: { attempt: { duration: PT5S } } } }
      catch: { do: [ { late: { set: '${ $error.instance }' } } ] }
";
    let story = Story::new(yaml, "{}").run();
    assert_eq!(story.output(), r#""/do/0/guarded/try/0/again""#);
    assert_eq!(story.machine.now(), Timestamp(2_000));
    let whole = Story::new("timeout: { after: PT1S }\ndo: [ { w: { wait: PT1H } } ]", "{}").run().error();
    assert_eq!(whole.member("status").and_then(Value::as_i64), Some(408));
}

#[test]
fn an_event_finds_its_listener() {
    let yaml = "
do:
  - both:
      fork:
        branches:
          - wait: { listen: { to: { one: { with: { type: 'order\\..*' } } } } }
          - send: { emit: { event: { with: { type: order.paid, source: 'https://x.example', data: { n: '${ .n }' } } } }, output: { as: .type } }
";
    assert_eq!(output(yaml, r#"{"n": 3}"#), r#"[[{"n":3}],"order.paid"]"#);
}

#[test]
fn listeners_take_any_until_and_iterate() {
    let yaml = "
do:
  - send: { for: { in: '[1, 2, 3, 4]' }, do: [ { one: { emit: { event: { with: { type: tick, data: { n: '${ $item }' } } } } } } ] }
  - take:
      listen: { to: { any: [ { with: { type: tick, data: '${ .n != 2 }' } } ], until: length == 3 } }
      foreach: { item: e, do: [ { double: { set: '${ $e.n * 2 }' } } ], output: { as: '. + 1' } }
";
    assert_eq!(output(yaml, "{}"), "[3,7,9]");
    let all = "
do:
  - send: { for: { in: '[\"b\", \"a\"]' }, do: [ { one: { emit: { event: { with: { type: '${ $item }', data: '${ $item }' } } } } } ] }
  - take: { listen: { to: { all: [ { with: { type: a } }, { with: { type: b } } ] } } }
";
    assert_eq!(output(all, "{}"), r#"["b","a"]"#);
}

#[test]
fn schemas_are_checked() {
    let yaml = "input: { schema: { document: { type: object, required: [id] } } }\ndo: [ { a: { set: 1 } } ]";
    let fault = Story::new(yaml, "{}").run().error();
    assert_eq!(fault.member("status").and_then(Value::as_i64), Some(400));
    assert!(fault.to_json().contains("id"), "{}", fault.to_json());
    assert_eq!(output(yaml, r#"{"id": 1}"#), "1");
}

#[test]
fn a_copy_goes_its_own_way() {
    let yaml = "do:\n  - a: { wait: PT1S }\n  - b: { set: { n: '${ .n + 1 }' } }\n";
    let mut story = Story::new(yaml, r#"{"n": 1}"#);
    let (progress, output) = story.machine.advance(&mut Open, 1_000);
    assert_eq!(progress, Progress::Idle);
    let timer = output.effects[0].id;
    let mut copy = story.machine.clone();
    copy.edit(ROOT, 1, ScopeName::Input, &[], Value::Null).expect_err("the input is used");
    copy.feed(Timestamp(1_000), Input::Cancel);
    assert!(matches!(copy.outcome(), Some(Outcome::Cancelled)));
    story.machine.feed(Timestamp(1_000), Input::Answer(timer, Answer::Slept));
    assert_eq!(story.run().output(), r#"{"n":2}"#);
}

#[test]
fn an_endless_loop_can_be_left() {
    let mut story = Story::new("do: [ { a: { set: 1, then: a } } ]", "{}");
    let (progress, _) = story.machine.advance(&mut Open, 10_000);
    assert_eq!(progress, Progress::More);
    story.machine.feed(Timestamp(1), Input::Cancel);
    assert_eq!(story.machine.advance(&mut Open, 10).0, Progress::Done);
}

#[test]
fn a_loop_that_jumps_back_does_not_grow() {
    let yaml = "do:\n  - count: { set: { n: '${ .n + 1 }' } }\n  - again: { switch: [ { more: { when: .n < 5000, then: count } }, { enough: { then: end } } ] }\n";
    let told = told(yaml, r#"{"n": 0}"#);
    assert_eq!(told.len(), 10_000);
}

#[test]
fn a_handler_around_a_fork_may_decide_by_an_expression_that_may_not_end() {
    let yaml = "
do:
  - guarded:
      try:
        - both:
            fork:
              branches:
                - slow: { wait: PT1S }
                - broken: { do: [ { w: { wait: PT2S } }, { bad: { raise: { error: { type: 'https://x.example/bad', status: 5 } } } } ] }
      catch: { when: 'last(range($error.status)) == 4', do: [ { tell: { set: '${ $error.status }' } } ] }
";
    assert_eq!(output(yaml, "{}"), "5");
}
