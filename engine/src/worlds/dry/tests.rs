//! Dry runs as stories: a workflow, and what is found.

use flowdbg_lang::text::Source;

use super::*;

fn program(text: &str) -> Arc<Program> {
    let text = format!("document: {{ dsl: '1.0.3', namespace: t, name: t, version: '1.0.0' }}\n{text}");
    // The checks would find some of it already.
    let (tree, problems) = flowdbg_lang::read::read(&Source::new("t.yaml", text));
    assert!(problems.is_empty(), "{problems:?}");
    Program::new(flowdbg_lang::lower::lower(&Arc::new(tree)).unwrap())
}

fn dry(text: &str, options: &Options) -> (Findings, Vec<String>) {
    let program = program(text);
    let findings = run(&program, None, options);
    let said = findings.faults.iter().map(|finding| {
        let suppose = |assumption: &Assumption| match &assumption.what {
            Supposed::Condition(text, holds) => format!(" if {}{text}", if *holds { "" } else { "not " }),
            Supposed::Fails => format!(" if {} fails", assumption.reference),
        };
        let suppositions: String = finding.assumptions.iter().map(suppose).collect();
        let blamed = finding.program.workflow.source.slice(finding.span);
        format!("{} [{blamed}] {}{suppositions}", finding.reference(), crate::fault::summary(&finding.error))
    });
    let said = said.collect();
    (findings, said)
}

#[track_caller]
fn check(text: &str, expected: &[&str]) -> Findings {
    let (findings, said) = dry(text, &Options::default());
    assert_eq!(said, expected);
    findings
}

const CALL: &str = "call: http, with: { method: get, endpoint: 'https://a.example/{id}' }";

#[test]
fn faults_that_depend_on_nothing_unknown_are_found() {
    check(
        "do:\n  - a: { set: { n: x } }\n  - b: { set: { m: '${ .n + 1 }' } }",
        &["/do/1/b ['${ .n + 1 }'] Expression error (400): `.n + 1`: cannot calculate \"x\" + 1"],
    );
    check(
        "do:\n  - a: { set: { n: 1 }, output: { schema: { document: { required: [m] } } } }",
        &["/do/0/a [a] Validation error (400): the output does not fit its schema: \"m\" is a required property"],
    );
    check(
        "do:\n  - a: { raise: { error: { type: 'https://x.example/e', status: 418, title: Tea, detail: '${ .who }' } } }",
        &["/do/0/a [a] Tea (418): unknown"],
    );
    check(
        "do:\n  - a: { set: { n: 1 }, then: b }\n  - b: { set: { n: 2 }, then: a }",
        &["/do/1/b [b] Runtime error (500): after 50000 transitions without anything from outside it has not ended: a loop has no end"],
    );
}

#[test]
fn what_is_unknown_causes_no_alarm() {
    for text in [
        "do:\n  - a: { set: { n: '${ .x + 1 }' } }\n  - b: { set: { m: '${ .n | ascii_downcase }' } }".to_owned(),
        format!("do:\n  - a: {{ {CALL} }}\n  - b: {{ set: {{ m: '${{ .n / 0 }}', k: '${{ [.n[]] }}' }}, output: {{ schema: {{ document: {{ type: string }} }} }} }}"),
        "input: { schema: { document: { required: [id] } } }\ndo:\n  - a: { set: { b: '${ $workflow.input.id + 1 }' } }".to_owned(),
        "do:\n  - a: { for: { in: .items }, do: [ { b: { set: '${ { s: ($item.n + .s) } }' } } ] }\n  - c: { wait: '${ .s }' }".to_owned(),
        "do:\n  - a: { call: http, with: { method: '${ .m }', endpoint: '${ .e }' } }\n  - b: { emit: { event: { with: { type: '${ .t }' } } } }".to_owned(),
        "do:\n  - a: { listen: { to: { one: { with: { type: x } } } } }\n  - b: { set: { c: '${ .[0].d + 1 }' } }".to_owned(),
        "use: { secrets: [k] }\ndo:\n  - a: { set: { b: '${ $secrets.k.deep + 1 }' } }".to_owned(),
        "do:\n  - a: { run: { shell: { command: ls } } }\n  - b: { set: { c: '${ . | tonumber }' } }".to_owned(),
    ] {
        let findings = check(&text, &[]);
        assert!(findings.not_reached.is_empty(), "{text}");
    }
}

#[test]
fn a_timeout_strikes_what_waits_longer_and_not_what_may_be_sooner() {
    check("timeout: { after: PT1H }\ndo:\n  - a: { listen: { to: { all: [ { with: { type: x } } ] } } }", &[]);
    check("timeout: { after: PT1H }\ndo:\n  - a: { wait: PT2H }", &[" [] Timeout (408): the workflow took longer than its timeout allows"]);
}

#[test]
fn known_parts_of_the_data_stay_known() {
    // The other member is unknown, and nobody asks for it.
    check(
        "do:\n  - a: { set: { n: x, u: '${ .who }' } }\n  - b: { set: { m: '${ .n + 1 }', k: '${ .u + 1 }' } }",
        &["/do/1/b ['${ .n + 1 }'] Expression error (400): `.n + 1`: cannot calculate \"x\" + 1"],
    );
    check(
        "do:\n  - a: { set: { n: \"${ \\\"v\\\\($workflow.definition.document.version)\\\" }\" } }\n  - b: { set: { m: '${ .n + 1 }' } }",
        &["/do/1/b ['${ .n + 1 }'] Expression error (400): `.n + 1`: cannot calculate \"v1.0.0\" + 1"],
    );
}

#[test]
fn both_ways_are_explored_and_said() {
    let text = "
do:
  - choose: { switch: [ { big: { when: .n > 5, then: big } }, { other: { then: small } } ] }
  - big: { raise: { error: { type: 'https://x.example/big', status: 400 } } }
  - small: { set: { a: '${ {} + 1 }' } }
";
    let findings = check(
        text,
        &[
            "/do/1/big [big] https://x.example/big (400) if .n > 5",
            "/do/2/small ['${ {} + 1 }'] Expression error (400): `{} + 1`: cannot calculate {} + 1 if not .n > 5",
        ],
    );
    assert_eq!(findings.paths, 2);
    assert!(findings.faults[0].is_raised && !findings.faults[1].is_raised && !findings.is_cut);
}

#[test]
fn calls_may_fail_where_that_is_caught() {
    let text = format!(
        "
do:
  - try:
      try:
        - get: {{ {CALL} }}
      catch:
        errors: {{ with: {{ type: communication, status: 503 }} }}
        retry: {{ delay: PT1S, limit: {{ attempt: {{ count: 3 }} }} }}
        do:
          - handle: {{ set: {{ why: '${{ $error.detail + 1 }}', n: '${{ 1 + {{}} }}' }} }}
  - after: {{ set: {{ n: 1 }} }}
"
    )
    .replace("type: communication", "type: 'https://serverlessworkflow.io/spec/1.0.0/errors/communication'");
    let findings = check(&text, &[]);
    let program = program(&text);
    let names: Vec<&str> = findings.not_reached.iter().map(|task| &*program.workflow.task(*task).name).collect();
    // The retries succeed in the end, as far as is known.
    assert_eq!(names, ["handle"]);
    let once = text.replace("        retry: { delay: PT1S, limit: { attempt: { count: 3 } } }\n", "");
    check(
        &once,
        &[
            "/do/0/try/catch/do/0/handle ['${ 1 + {} }'] Expression error (400): `1 + {}`: cannot calculate 1 + {} if /do/0/try/try/0/get fails",
        ],
    );
}

#[test]
fn loops_on_unknown_conditions_end() {
    let text = format!(
        "do:\n  - poll: {{ {CALL} }}\n  - again: {{ switch: [ {{ no: {{ when: .state != \"done\", then: wait }} }}, {{ yes: {{ then: end }} }} ] }}\n  - wait: {{ wait: PT1S, then: poll }}"
    );
    let findings = check(&text, &[]);
    assert!(findings.not_reached.is_empty() && findings.paths <= 8, "{} paths", findings.paths);
}

#[test]
fn mocks_and_documents_answer() {
    let scenario =
        |text: &str| Options { scenario: Some(Arc::new(Scenario::parse(&Source::new("s.yaml", text)).unwrap())), ..Options::default() };
    let text = format!("do:\n  - a: {{ {CALL} }}\n  - b: {{ set: {{ m: '${{ .n + 1 }}' }} }}");
    let (_, said) = dry(&text, &scenario("mocks: [ { task: a, answer: { body: { n: x } } } ]"));
    assert_eq!(said, ["/do/1/b ['${ .n + 1 }'] Expression error (400): `.n + 1`: cannot calculate \"x\" + 1"]);
    let (_, said) = dry(&text, &scenario("mocks: [ { task: a, answer: { body: { n: '${ .path }' } } } ]"));
    assert_eq!(said, [""; 0], "made from what is unknown, it is unknown");
    let (_, said) = dry(&text, &scenario("mocks: [ { task: a, answer: { status: 404 } } ]"));
    assert!(said[0].starts_with("/do/0/a [a] Communication error (404)"), "{said:?}");

    let text = "do:\n  - a: { call: openapi, with: { document: { endpoint: 'api.json' }, operationId: get } }\n  - b: { set: { m: '${ .n + 1 }' } }";
    let with = |response: &str| {
        let document = format!(
            r##"{{"openapi": "3.0.0", "servers": [{{"url": "https://a.example"}}], "paths": {{"/x": {{"get": {{"operationId": "get",
            "responses": {{"200": {{"content": {{"application/json": {response}}}}}}}}}}}}}, "components": {{"schemas": {{"N": {{"type": "string"}}}}}}}}"##
        );
        let known: Known = Arc::new(move |kind| match kind {
            EffectKind::Resource(_) => Some(Answer::Resource(Ok(document.clone()))),
            _ => None,
        });
        dry(text, &Options { known: Some(known), ..Options::default() }).1
    };
    let expected = ["/do/1/b ['${ .n + 1 }'] Expression error (400): `.n + 1`: cannot calculate \"x\" + 1"];
    assert_eq!(with(r#"{"example": {"n": "x"}}"#), expected);
    assert_eq!(with(r#"{"examples": {"one": {"value": {"n": "x"}}}}"#), expected);
    assert_eq!(with(r#"{"schema": {"type": "object", "properties": {"n": {"type": "string", "default": "x"}}}}"#), expected);
    assert_eq!(with(r##"{"schema": {"type": "object", "properties": {"n": {"$ref": "#/components/schemas/N"}}}}"##), [""; 0]);
}
