//! Fixes: what the text is after them, and that mended texts are sound.

use flowdbg_lang::{analysis::Analysis, mend::mend, text::Source};

use crate::support::HEAD;

/// Makes every fix of a text, and those of what comes out, until none is left.
#[track_caller]
fn fixed(before: &str, after: &str) {
    let text = format!("{HEAD}{}", before.strip_prefix('\n').unwrap_or(before));
    let expected = format!("{HEAD}{}", after.strip_prefix('\n').unwrap_or(after));
    let mended = mend(&Analysis::of(Source::new("fix.yaml", text)), Analysis::of);
    assert_eq!(mended.text, expected);
}

#[test]
fn misspelt_words_become_what_was_meant() {
    fixed(
        r#"
use: { timeouts: { short: { after: PT1S } }, functions: { notify: { set: { n: 1 } } } }
timeout: 'shrt'
do:
  - first: { st: { n: 1 }, "thn": secnd }
  - second: { set: { n: "${ .x | lenght }", m: "${ $contxt.y }" }, if: .z, then: End }
  - third: { call: HTTP, with: { methd: get, endpoint: https://pets.example } }
  - fourth: { call: notfy }
"#,
        r#"
use: { timeouts: { short: { after: PT1S } }, functions: { notify: { set: { n: 1 } } } }
timeout: 'short'
do:
  - first: { set: { n: 1 }, "then": second }
  - second: { set: { n: "${ .x | length }", m: "${ $context.y }" }, if: .z, then: end }
  - third: { call: http, with: { method: get, endpoint: https://pets.example } }
  - fourth: { call: notify }
"#,
    );
}

#[test]
fn values_get_their_type() {
    fixed(
        r#"
do:
  - a: { if: true, wait: 5 }
  - b: { fork: { compete: yes, branches: [ { x: { wait: PT1S } }, { y: { wait: PT1S } } ] } }
  - c: { run: { workflow: { namespace: a, name: b, version: 1.0 } } }
  - d: { set: { customer: .customer } }
"#,
        r#"
do:
  - a: { wait: PT5S }
  - b: { fork: { compete: true, branches: [ { x: { wait: PT1S } }, { y: { wait: PT1S } } ] } }
  - c: { run: { workflow: { namespace: a, name: b, version: "1.0" } } }
  - d: { set: { customer: '${ .customer }' } }
"#,
    );
}

#[test]
fn keys_come_and_go_in_the_style_of_their_text() {
    fixed(
        r#"
do:
  - block:
      run:
        workflow:
          namespace: shop
          name: ship
  - flow: { run: { workflow: { namespace: shop, name: ship } } }
  - twice:
      set: { a: 1 }
      then: continue
      then: continue
  - race:
      fork:
        compete: true   # no need
        branches:
          - one: { wait: PT1S }
"#,
        r#"
do:
  - block:
      run:
        workflow:
          version: latest
          namespace: shop
          name: ship
  - flow: { run: { workflow: { version: latest, namespace: shop, name: ship } } }
  - twice:
      set: { a: 1 }
      then: continue
  - race:
      fork:
        branches:
          - one: { wait: PT1S }
"#,
    );
}

#[test]
fn expressions_are_put_together_and_in_quotes() {
    fixed(
        r#"
do:
  - a:
      set:
        mixed: Hello ${ .name }, it's ${ .day | ascii_downcase }
        cut: ${ .a # .b }
        own: "${ $task.with }"
  - b:
      try: [ { x: { wait: PT1S } } ]
      catch:
        errors: { with: { type: https://serverlessworkflow.io/dsl/errors/types/communication, instance: /do/x } }
        do: [ { y: { wait: PT1S } } ]
"#,
        r#"
do:
  - a:
      set:
        mixed: '${ "Hello \(.name), it''s \(.day | ascii_downcase)" }'
        cut: '${ .a # .b }'
        own: "${ $task.definition.with }"
  - b:
      try: [ { x: { wait: PT1S } } ]
      catch:
        errors: { with: { type: https://serverlessworkflow.io/spec/1.0.0/errors/communication, instance: /do/1/b/try/0/x } }
        do: [ { y: { wait: PT1S } } ]
"#,
    );
}

#[test]
fn what_the_documentation_shows_becomes_what_the_schema_takes() {
    fixed(
        r#"
use: { authentications: { known: { basic: { username: a, password: b } } } }
do:
  - a: { call: http, with: { method: get, endpoint: { uri: "https://pets.example", authentication: known } } }
  - b: { call: http, with: { method: get, uri: "https://pets.example" } }
  - c: { run: { script: { language: javascript, code: x } } }
"#,
        r#"
use: { authentications: { known: { basic: { username: a, password: b } } } }
do:
  - a: { call: http, with: { method: get, endpoint: { uri: "https://pets.example", authentication: { use: known } } } }
  - b: { call: http, with: { method: get, endpoint: "https://pets.example" } }
  - c: { run: { script: { language: js, code: x } } }
"#,
    );
}
