//! Stories of secrets: where they may be used, and that nothing shows them.

use super::*;
use crate::mask::HIDDEN;

#[test]
fn secrets_work_and_are_shown_nowhere() {
    let yaml = "
use: { secrets: [ token, login ] }
do:
  - ask:
      call: http
      with:
        method: get
        endpoint: { uri: 'http://a.example/', authentication: { basic: { use: login } } }
        query: { key: '${ $secrets.token }' }
        output: response
  - say: { set: { text: '${ \"it is \" + $secrets.token }', uri: '${ .request.uri }', same: '${ $secrets.token == \"s3cret value\" }' } }
  - fail: { try: [ { r: { raise: { error: { type: 'https://x.example/e', status: 400, detail: '${ $input.text }' } } } } ], catch: {} }
";
    let story = Story::new(yaml, "{}")
        .secret("token", r#""s3cret value""#)
        .secret("login", r#"{"username": "user", "password": "p4ssword"}"#)
        .run();
    assert_eq!(story.sent[0].url, "http://a.example/?key=s3cret+value");
    assert_eq!(story.sent[0].headers, [("authorization".to_owned(), "Basic dXNlcjpwNHNzd29yZA==".to_owned())]);
    assert_eq!(story.output(), r#"{"text":"it is ***","uri":"http://a.example/?key=***","same":true}"#);
    assert!(!story.seen.contains("s3cret") && !story.seen.contains("p4ssword") && story.seen.contains(HIDDEN), "{}", story.seen);
}

#[test]
fn a_secret_that_is_missing_is_not_authorized() {
    let story = Story::new("use: { secrets: [ token ] }\ndo: [ { a: { set: 1 } } ]", "{}").run();
    assert_eq!(crate::fault::summary(&story.error()), "Authorization error (403): no secret `token`");
    assert!(!story.told.iter().any(|line| line.starts_with("a at")), "nothing ran: {:?}", story.told);
    let undeclared = "do: [ { a: { call: http, with: { method: get, endpoint: { uri: 'http://a.example/', authentication: { bearer: { use: t } } } } } } ]";
    let fault = Story::new(undeclared, "{}").secret("t", "\"x\"").run().error();
    assert_eq!(fault.member("status").map(Value::to_json).as_deref(), Some("403"));
    assert_eq!(output("do: [ { a: { set: '${ $secrets.t }' } } ]", "{}"), "null", "what is not declared is not there");
}

#[test]
fn a_secret_may_be_the_token() {
    let yaml = "
use: { secrets: [ t ] }
do: [ { a: { call: http, with: { method: get, endpoint: { uri: 'http://a.example/', authentication: { bearer: { use: t } } } } } } ]
";
    assert_eq!(Story::new(yaml, "{}").secret("t", "\"abcd\"").run().sent[0].headers[0].1, "Bearer abcd");
    assert_eq!(Story::new(yaml, "{}").secret("t", r#"{"token": "abcd"}"#).run().sent[0].headers[0].1, "Bearer abcd");
    let fault = Story::new(yaml, "{}").secret("t", r#"{"username": "abcd"}"#).run().error();
    assert_eq!(crate::fault::summary(&fault), "Configuration error (400): the bearer authentication needs a `token`");
}

#[test]
fn a_debugger_sees_no_secrets() {
    let yaml = "
use: { secrets: [ token ] }
do:
  - a: { set: { inner: '${ [$secrets.token] }' }, export: { as: . } }
  - w: { wait: PT1S }
";
    let mut story = Story::new(yaml, "{}").secret("token", r#""s3cret value""#);
    let (_, output) = story.machine.advance(&mut Open, 1_000);
    for effect in output.effects {
        story.perform(effect);
    }
    let (_, output) = story.machine.advance(&mut Open, 1_000);
    assert!(matches!(output.effects[0].kind, EffectKind::Sleep(_)), "it stands in the wait");
    let machine = &mut story.machine;
    let show = |machine: &Machine, text: &str| match machine.evaluate(ROOT, 1, text) {
        Ok(value) => value.to_json(),
        other => format!("{other:?}"),
    };
    assert_eq!(machine.scope(ROOT, 1, ScopeName::Input).map(|value| value.to_json()).as_deref(), Some(r#"{"inner":["***"]}"#));
    assert_eq!(machine.scope(ROOT, 1, ScopeName::Context).map(|value| value.to_json()).as_deref(), Some(r#"{"inner":["***"]}"#));
    assert_eq!(show(machine, ".inner[0] + \"!\""), r#""***!""#);
    assert_eq!(show(machine, "$secrets.token | explode | length"), "3", "`$secrets` itself is blank");
    assert!(!show(machine, "error(.inner[0])").contains("s3cret"));
    let Err(EvaluateError::Unproven(evaluation)) = machine.evaluate(ROOT, 1, "last(range(.inner | length)) as $n | .inner") else {
        panic!("it must be evaluated outside")
    };
    let result = evaluation.expression.evaluate_with(evaluation.input, evaluation.variables, evaluation.now).expect("a value");
    assert_eq!(evaluation.mask.value(&result).to_json(), r#"["***"]"#);
    // An edit beside a secret leaves it what it is.
    machine.edit(ROOT, 1, ScopeName::Context, &[PathStep::Key("more".to_owned())], Value::from(1_usize)).expect("an edit");
    assert_eq!(machine.branch(ROOT).expect("the root").context.to_json(), r#"{"inner":["s3cret value"],"more":1}"#);
}
