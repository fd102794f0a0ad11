//! What each check says, and where.

use flowdbg_lang::{
    codes,
    dsl::{Support, objects},
    ide::diagnostics::CHECKS,
};

use crate::support::{check_fixture, check_tasks};

#[test]
fn a_sound_workflow_is_left_in_peace() {
    check_tasks(
        r#"
input: { schema: { document: { type: object, anything: 1 } }, from: .order }
use:
  errors: { broken: { type: https://example.com/errors/broken, status: 500, title: "${ .x }" } }
  retries: { often: { delay: PT1S, backoff: { exponential: {} }, limit: { attempt: { count: 3 } } } }
  timeouts: { short: { after: { seconds: 3 } } }
timeout: short
do:
  - begin: { set: { a: { b: [1, { c: "${ .x }" }] } }, if: .go, then: end, metadata: { any: { thing: 1 } } }
  - loop:
      for: { each: pet, in: .pets, at: i }
      while: .go
      do:
        - check: { switch: [ { yes: { when: .a, then: last } }, { no: { then: exit } } ] }
        - last: { wait: PT0.5S, timeout: { after: P1D } }
  - guard:
      try: [ { a: { raise: { error: broken } } } ]
      catch: { errors: { with: { status: 500 } }, as: problem, retry: often, do: [], then: both }
  - both: { fork: { compete: true, branches: [ { a: { wait: PT1S } }, { b: { run: { shell: { command: ls } } } } ] } }
  - talk:
      emit: { event: { with: { type: a.b, source: /me, data: { any: 1 }, extra: 1 } } }
  - hear:
      listen: { to: { any: [ { with: { type: a.b } } ], until: "${ . | length > 2 }" }, read: envelope }
      foreach: { item: event, do: [ { note: { set: { x: "${ $event }" } } } ] }
      output: { as: { all: ., id: 1, p: 2, query: { q: 1 } } }
  - get:
      call: http
      with:
        method: get
        endpoint: { uri: "https://example.com/{id}", authentication: { basic: { username: a, password: "${ .p }" } } }
        headers: { a: b }
        query: ${ .query }
        body: { anything: { at: all } }
  - nest: { run: { workflow: { namespace: a, name: b, version: latest, input: { x: 1 } } } }
output: { as: { total: "${ .sum }" } }
evaluate: { language: jq, mode: strict }
"#,
    );
}

#[test]
fn unknown_keys_are_named_with_what_was_meant() {
    check_tasks(
        r#"
do:
  - a:
      sett: { x: 1 }
#     ^^^^ error[OW0101] `sett` is not known in a task — did you mean `set`?
  - b:
      set: { x: 1 }
      tehn: end
#     ^^^^ error[OW0101] `tehn` is not known in a set task — did you mean `then`?
  - c:
      call: http
      with:
        method: get
        endpoint: https://example.com
        then: end
#       ^^^^ error[OW0101] `then` is not known in the HTTP call arguments — `then` belongs to `c`, further out: indent it less
      method: get
#     ^^^^^^ error[OW0101] `method` belongs into `with`: indent it further
"#,
    );
}

#[test]
fn keys_that_the_schema_lets_pass_are_warned_about() {
    check_tasks(
        r#"
tasks: []
#^^^^ warning[OW0101] `tasks` is not known in a workflow
do:
  - a:
      try: [ { x: { wait: PT1S } } ]
      catch:
        errors: { status: 500 }
        #         ^^^^^^ warning[OW0101] `status` is not known in the caught errors
"#,
    );
}

#[test]
fn missing_properties_are_asked_for() {
    check_fixture(
        r#"
document: { dsl: '1.0.3', namespace: tests, name: fixture }
#^^^^^^^ error[OW0102] a document needs `version`
do:
  - a: { call: http }
  # ^ error[OW0102] an HTTP call needs `with` — `with`: The arguments of the call.
  - b: { call: http, with: { method: get } }
  #                  ^^^^ error[OW0102] the HTTP call arguments need `endpoint`
  - c: { switch: [ { x: { when: .y } } ], then: d }
  #                  ^ error[OW0102] a switch case needs `then`
  - d: { listen: { to: {} } }
  #                ^^ error[OW0102] needs one of `all`, `any` or `one`
  - e: { wait: {} }
  #      ^^^^ error[OW0102] a duration needs at least one property
  - f: { listen: { to: { one: { with: { type: x } }, until: .x } } }
  #                                                  ^^^^^ error[OW0102] `until` has a meaning only with `any`
"#,
    );
}

#[test]
fn a_workflow_without_tasks_or_document_is_told_so() {
    check_fixture("document: { dsl: '1.0.3', namespace: a, name: b, version: '1.0.0' }\n#^^^^^^^ error[OW0102] a workflow needs `do`\n");
    check_fixture("do: [ { a: { wait: PT1S } } ]\n#^ error[OW0102] a workflow needs `document`\n");
}

#[test]
fn a_file_that_is_no_workflow_is_told_so_once() {
    check_fixture("name: ci\n#^^^ error[OW0109] it has no `document`\non: push\njobs: { a: { steps: [] } }\n");
    check_fixture("specVersion: '0.8'\n#^^^^^^^^^^ error[OW0109] Serverless Workflow 0.8\nstates: []\n");
    check_fixture("- a\n#^^ error[OW0109] a workflow is a mapping\n- b\n");
    check_fixture("just text\n#^^^^^^^^ error[OW0109] a workflow is a mapping\n");
}

#[test]
fn wrong_types_say_what_was_expected() {
    check_tasks(
        r#"
do:
#^ error[OW0103] expected a list of named tasks, not a mapping — begin each task with `- `
  a: { set: { x: 1 } }
  b: { set: { x: 1 } }
"#,
    );
    check_tasks(
        r#"
do:
  - a: { fork: { compete: yes, branches: [ { x: { wait: PT1S } } ] } }
  #                       ^^^ error[OW0103] expected `true` or `false`, not a string — in YAML 1.2 only
  - b: { fork: { compete: "true", branches: [ { x: { wait: PT1S } } ] } }
  #                       ^^^^^^ error[OW0103] leave out the quotes
  - c: { if: true, wait: 5 }
  #          ^^^^ error[OW0103] expected an expression (a string), not the boolean true — write it as an expression: ${ true }
  #                      ^ error[OW0103] expected a duration such as `PT30S` or `{ seconds: 30 }`, not the number 5 — say the unit: `{ seconds: 5 }` or `PT5S`
  - d: { raise: { error: { type: https://example.com, status: "500" } }, if: $context.x }
  #                                                           ^^^^^ error[OW0104] expected a whole number or an expression in `${ }`; this is a plain string — leave out the quotes
  - e:
      for:
  #   ^^^ error[OW0103] `for` has no value; expected a mapping (loop)
      do: [ { y: { wait: PT1S } } ]
  - f: { run: { workflow: { namespace: a, name: b, version: 1.0 } } }
  #                                                         ^^^ error[OW0103] expected a string, not the number 1.0 — put it in quotes: "1.0"
  - g: { timeout: [], set: { x: 1 } }
  #      ^^^^^^^ error[OW0103] expected a mapping (timeout) or the name of an entry of `use.timeouts`, not a list
  - h: { call: http, with: { method: get, endpoint: https://example.com, headers: { n: 5 } } }
  #                                                                                    ^ warning[OW0103] wants a string
  - i: text
  #    ^^^^ error[OW0103] expected a task (a mapping), not a string
"#,
    );
}

#[test]
fn values_out_of_form_are_refused() {
    check_fixture(
        r#"
document: { dsl: '1.0', namespace: a.b, name: -x, version: '01.0.0' }
#                ^^^^^ error[OW0104] `1.0` is not a semantic version
#                                  ^^^ error[OW0104] `a.b` is not a name
#                                             ^^ error[OW0104] `-x` is not a name
#                                                          ^^^^^^^^ error[OW0104] `01.0.0` is not a semantic version
evaluate: { mode: lose }
#                 ^^^^ error[OW0104] `lose` is not one of the allowed values — did you mean `loose`?
do:
  - a: { wait: 5 seconds }
  #            ^^^^^^^^^ error[OW0104] `5 seconds` is not an ISO 8601 duration
  - b: { for: { each: $pet, in: .x, at: my-index }, do: [ { y: { wait: PT1S } } ] }
  #                   ^^^^ warning[OW0104] leave out the `$`: `pet`
  #                                     ^^^^^^^^ warning[OW0104] cannot be the name of a variable
  - c: { set: {} }
  #           ^^ error[OW0104] at least one member is needed
  - d: { switch: [] }
  #              ^^ error[OW0104] at least one case is needed
  - e: { call: http, with: { method: get, endpoint: not a uri, output: all } }
  #                                                 ^^^^^^^^^ error[OW0110] a URI holds no blanks
  #                                                                    ^^^ error[OW0104] allowed: `content`, `raw` or `response`
  - f: { call: http, with: { method: get, endpoint: "https://example.com/${ .id }" } }
  #                                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning[OW0110] an expression must be the whole string
  - g: { for: { in: [ { a: 1 }, 2 ] }, do: [ { y: { wait: PT1S } } ] }
  #                             ^ error[OW0104] the items of an inline collection must be mappings
  - h: { wait: { seconds: 1.5 } }
  #                       ^^^ error[OW0104] expected a whole number, not 1.5
  - i: { set: { x: 1 }, input: { schema: { format: avro, document: {} } } }
  #                                                ^^^^ warning[OW0901] not supported yet: schemas in the format
"#,
    );
}

#[test]
fn a_task_has_one_kind() {
    check_tasks(
        r#"
do:
  - a: { set: { x: 1 }, wait: PT1S, then: continue }
  #                     ^^^^ error[OW0105] the task is of two kinds: `set` and `wait`
  - b: { then: continue }
  # ^ error[OW0106] this task does nothing: it has no kind
  - c: { with: { method: get } }
  # ^ error[OW0106] add `call`
  - d: { for: { in: .x }, do: [ { y: { wait: PT1S } } ] }
  - e:
      try: [ { y: { wait: PT1S } } ]
      catch: { retry: { limit: { duration: PT1M } } }
      do: [ { y: { wait: PT1S } } ]
#     ^^ error[OW0105] `try` and `do`
"#,
    );
}

#[test]
fn an_entry_has_one_name() {
    check_tasks(
        r#"
do:
  - a: { set: { x: 1 } }
    b: { set: { x: 1 } }
  # ^ error[OW0107] `b` is a second key in the entry of `a` — put `- ` before it
  - {}
  # ^^ error[OW0107] this task has no name
  - just a name
  # ^^^^^^^^^^^ error[OW0107] expected a named task
  - c: { switch: [ { x: { when: $context.a, then: end }, y: { when: $context.b, then: end } } ] }
  #                                                      ^ error[OW0107] `y` is a second key in the entry of `x`
"#,
    );
}

#[test]
fn exclusive_properties_are_told_apart() {
    check_tasks(
        r#"
do:
  - a: { listen: { to: { one: { with: { type: x } }, any: [ { with: { type: y } } ] } } }
  #                                                  ^^^ error[OW0108] `any` cannot stand beside `one`
  - b: { run: { shell: { command: ls }, workflow: { namespace: a, name: b, version: latest } } }
  #                                     ^^^^^^^^ error[OW0108] `workflow` cannot stand beside `shell`
  - c: { run: { await: true } }
  #      ^^^ error[OW0102] a process needs one of `shell`, `workflow`, `container` or `script`
"#,
    );
}

#[test]
fn then_leads_to_a_task_of_the_same_list() {
    check_tasks(
        r#"
do:
  - first: { set: { x: 1 }, then: secnd }
  #                               ^^^^^ error[OW0201] no task `secnd` stands in the same list — did you mean `second`?
  - second:
      do:
        - inner: { set: { x: 1 }, then: first }
        #                               ^^^^^ error[OW0201] no task `first` stands in the same list
        - choice: { switch: [ { a: { when: .x, then: inner } }, { b: { then: second } } ] }
        #                                                                    ^^^^^^ error[OW0201] no task `second`
  - third: { try: [ { x: { set: { x: 1 }, then: exit } } ], catch: { then: first, do: [ { y: { set: { x: 1 }, then: x } } ] } }
  #                                                                                                                 ^ error[OW0201] no task `x`
  - fourth: { fork: { branches: [ { p: { set: { x: 1 }, then: q } }, { q: { set: { x: 1 }, then: End } } ] } }
  #                                                           ^ warning[OW0201] `q` is another branch of the fork
  #                                                                                              ^^^ error[OW0201] did you mean `end`?
"#,
    );
}

#[test]
fn tasks_of_a_list_have_different_names() {
    check_tasks(
        r#"
do:
  - a: { set: { x: 1 } }
  - a: { do: [ { a: { set: { x: 1 } } } ] }
  # ^ warning[OW0202] two tasks of this list are called `a`
  - b: { set: { x: 1 }, then: c }
  - c: { set: { x: 1 } }
  - c: { set: { x: 1 } }
  # ^ error[OW0202] and a `then` names one of them
"#,
    );
}

#[test]
fn components_must_be_defined() {
    check_tasks(
        r#"
use:
  timeouts: { short: { after: PT1S } }
timeout: shrt
#        ^^^^ error[OW0203] no timeout `shrt` is defined under `use.timeouts` — did you mean `short`?
do:
  - b: { try: [ { x: { wait: PT1S } } ], catch: { retry: often } }
  #                                                      ^^^^^ error[OW0203] no retry policy `often`
  - a: { raise: { error: lost }, timeout: short }
  #                      ^^^^ error[OW0203] no error `lost` is defined under `use.errors`
"#,
    );
}

#[test]
fn what_cannot_run_is_named_where_it_stands_and_once() {
    check_tasks(
        r#"
evaluate: { language: groovy }
#                     ^^^^^^ warning[OW0901] not supported yet: expressions in a language other than jq and js
use:
  functions: { f: { run: { script: { language: cobol, code: x } } } }
  #                                            ^^^^^ warning[OW0901] not supported yet: scripts in a language other than js and python
  #                                            ^^^^^ warning[OW0104] `cobol` is not a script language
do:
  - a: { call: f }
  - b: { call: f }
  - c: { call: HTTP }
  #            ^^^^ error[OW0217] `HTTP` is none of the built-in calls, and no function of that name is defined under `use.functions` — did you mean `http`?
  - d: { call: openapi, with: { document: { endpoint: https://example.com }, operationId: x, authentication: { oidc: { authority: https://example.com, grant: authorization_code } } } }
  #                                                                                                                                                           ^^^^^^^^^^^^^^^^^^ warning[OW0901] not supported yet: the grant `authorization_code`: it needs a person who consents in a browser, which an execution has not
"#,
    );
}

/// Whatever the table says cannot run is named in a sentence.
#[test]
fn what_cannot_run_is_named_in_words() {
    let said = |support: Support| match support {
        Support::Full => {}
        Support::NotYet(what) => assert!(!what.is_empty() && !what.ends_with('.'), "{what:?}"),
    };
    for object in objects() {
        object.properties.iter().for_each(|property| said(property.support));
        if let Some(variants) = &object.variants {
            variants.known.iter().for_each(|variant| said(variant.support));
            said(variants.other_support);
        }
    }
}

#[test]
fn a_shared_node_is_judged_once() {
    check_tasks(
        r#"
do:
  - a: &a { set: { x: 1 }, tehn: end }
  #                        ^^^^ error[OW0101]
  - b: *a
  - c: *a
"#,
    );
}

#[test]
fn expressions_are_checked_inside_their_scalars() {
    check_tasks(
        r#"
do:
  - a:
      if: .x ==
#             ^ error[OW0301] this is not valid jq
      set:
        sound: "${ .x + 1 }"
        wrong: "${ .x + $contxt.y }"
#                       ^^^^^^^ error[OW0302] the variable `$contxt` does not exist here — did you mean `$context`?
        call: '${ "it''s" | lenght }'
#                           ^^^^^^ error[OW0303] there is no function `lenght` — did you mean `length`?
        empty: ${ }
#              ^^^^ error[OW0301] the expression is empty
  - b:
      for: { each: pet, in: .pets }
      do:
        - c: { set: { name: "${ $pet.name }", at: "${ $index }", not: "${ $item }" } }
        #                                                                 ^^^^^ error[OW0302]
  - d:
      set: |
        ${ .a |
           lenght }
#          ^^^^^^ error[OW0303]
"#,
    );
}

#[test]
fn a_shared_expression_is_judged_once_and_another_language_not_as_jq() {
    check_tasks(
        r#"
do:
  - a: &a { set: { x: "${ nofn }" } }
  #                       ^^^^ error[OW0303]
  - b: *a
"#,
    );
    check_tasks(
        r#"
evaluate: { language: js }
do:
  - a: { set: { x: "${ () => nofn }" } }
"#,
    );
}

#[test]
fn every_check_names_codes_that_exist() {
    for codes_of_check in CHECKS.iter().map(|check| check.codes) {
        assert!(!codes_of_check.is_empty());
        for code in codes_of_check {
            assert!(codes::ALL.iter().any(|known| known.code == *code), "{code}");
        }
    }
    for (at, code) in codes::ALL.iter().enumerate() {
        assert!(codes::ALL[..at].iter().all(|earlier| earlier.code != code.code), "{} is there twice", code.code);
    }
}
