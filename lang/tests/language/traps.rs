//! What validates but is wrong, and what the documentation shows but the schema refuses.

use flowdbg_lang::{
    codes,
    diagnostic::{Diagnostic, Severity},
};

use crate::support::{self, check_fixture, check_tasks};

#[test]
fn what_the_schema_lets_through_is_found() {
    check_tasks(
        r#"
sett: 1
#^^^ warning[OW0101] `sett` is not known in a workflow
schedule: {}
#^^^^^^^ warning[OW0216] never starts
do:
  - same: { set: { n: 1 } }
  - same: { set: { n: 2 } }
  # ^^^^ warning[OW0202]
  - jump: { set: { n: 1 }, if: $context.x, then: nowhere }
  #                                              ^^^^^^^ error[OW0201]
  - exit: { wait: { seconds: -1 } }
  # ^^^^ warning[OW0204]
  #                          ^^ warning[OW0104] must not be negative
  - choose: { switch: [ { a: { then: tell } }, { b: { then: tell } } ] }
  #                                              ^ warning[OW0208] second default
  - tell: { emit: { event: {} } }
  #                 ^^^^^ warning[OW0225]
  - guard: { try: [ { x: { wait: PT1S } } ], catch: {} }
  #                                          ^^^^^ warning[OW0211]
  - filter: { try: [ { x: { wait: PT1S } } ], catch: { errors: { status: 500 }, do: [ { y: { wait: PT1S } } ] } }
  #                                                              ^^^^^^ warning[OW0101] what an error must have stands under `with`
  - members: { try: [ { x: { wait: PT1S } } ], catch: { errors: { with: { code: 500, details: full } }, do: [ { y: { wait: PT1S } } ] } }
  #                                                                       ^^^^ warning[OW0101]
  #                                                                                  ^^^^^^^ hint[OW0114] write `detail`
  - loop: { for: { each: my-item, in: .x }, do: [] }
  #                      ^^^^^^^ warning[OW0104]
  #                                         ^^ warning[OW0224]
  - two: { set: { text: "${ .a } and ${ .b }" } }
  #                     ^^^^^^^^^^^^^^^^^^^^^ error[OW0306] several expressions
  - upper: { call: HTTP }
  #                ^^^^ error[OW0217] did you mean `http`?
"#,
    );
    check_tasks(
        r#"
schedule: { cron: not a cron, every: PT1H }
#                 ^^^^^^^^^^ warning[OW0112]
#                             ^^^^^ info[OW0000]
do: []
#^ warning[OW0224] it has no tasks
"#
        .replace("#                             ^^^^^ info[OW0000]\n", "#                             ^^^^^ warning[OW0216] of two\n")
        .as_str(),
    );
    check_tasks(
        r#"
do:
  - tools:
      call: mcp
      with:
        method: tools/list
        methd: tools/list
#       ^^^^^ warning[OW0101]
        transport: { stdio: { command: tools } }
  - agent:
      call: a2a
      with: { method: message/send }
#     ^^^^ warning[OW0102] the A2A call arguments should have either `agentCard` or `server`
  - script:
      run: { script: { language: cobol, code: x } }
#                                ^^^^^ warning[OW0104] `cobol` is not a script language
  - older:
      run: { script: { language: javascript, code: x } }
#                                ^^^^^^^^^^ hint[OW0114] write `js`
"#,
    );
}

#[test]
fn what_the_documentation_shows_is_explained() {
    check_fixture(
        r#"
document: { dsl: '1.0.3', namespace: com.example, name: documented, version: '1.0.0' }
#                                    ^^^^^^^^^^^ error[OW0104] only hyphens may join its parts: `com-example`
use:
  authentications: { known: { basic: { username: a, password: b } } }
do:
  - named: { call: http, with: { method: get, endpoint: { uri: "https://pets.example", authentication: known } } }
  #                                                                                                    ^^^^^ error[OW0103] is named with `use`: `{ use: known }`
  - again: { call: http, with: { method: get, endpoint: { uri: "https://pets.example", authentication: { use: known } } } }
  - bearer: { call: http, with: { method: get, endpoint: { uri: "https://pets.example", authentication: { bearer: "${ .token }" } } } }
  #                                                                                                               ^^^^^^^^^^^^^ error[OW0103] the token stands one level deeper
  - number: { call: http, with: { method: get, endpoint: { uri: "https://pets.example", authentication: { basic: { username: a, password: 123 } } } } }
  #                                                                                                                                       ^^^ error[OW0103] put it in quotes
  - address: { call: http, with: { method: get, uri: "https://pets.example" } }
  #                        ^^^^ error[OW0102] need `endpoint`
  #                                             ^^^ error[OW0101] the address is called `endpoint` here
  - single: { try: { x: { wait: PT1S } }, catch: { do: [ { y: { wait: PT1S } } ] } }
  #           ^^^ error[OW0103] `try` holds a list of named tasks
  - nested: { run: { workflow: { namespace: shop, name: ship } } }
  #                  ^^^^^^^^ error[OW0102] `latest` takes the newest
  - input: { run: { workflow: { namespace: shop, name: ship, version: latest, input: "${ . }" } } }
  - query: { call: http, with: { method: get, endpoint: "https://pets.example", query: { page: 3 } } }
  #                                                                                            ^ warning[OW0103] wants a string
  - failed: { raise: { error: { type: "https://example.com/errors/x", status: "${ .status }" } } }
"#,
    );
    check_tasks(
        r#"
use:
  extensions: [ { log: { extend: do, before: [ { x: { wait: PT1S } } ] } } ]
#                                ^^ error[OW0104] are extended as `composite`
do:
  - script: { run: { script: { language: js, code: x, arguments: { a: 1 } } } }
  #                                                   ^^^^^^^^^ error[OW0103] arguments are a list
  - grant: { call: http, with: { method: get, endpoint: { uri: "https://pets.example", authentication: { oauth2: { authority: "https://pets.example", grant: client-credentials } } } } }
  #                                                                                                                                                          ^^^^^^^^^^^^^^^^^^ error[OW0104] did you mean `client_credentials`?
"#,
    );
}

/// The examples that validate but are wrong: each with the codes and the texts that are to blame.
const WRONG: &[(&str, &[(&str, &str)])] = &[
    ("conditional-task", &[(codes::FORGOTTEN_EXPRESSION, ".customer"), (codes::FORGOTTEN_EXPRESSION, ".bet")]),
    ("run-subflow", &[(codes::FORGOTTEN_EXPRESSION, ".user")]),
    ("try-catch-then", &[(codes::FORGOTTEN_EXPRESSION, "$error")]),
    ("run-container-with-name", &[(codes::UNKNOWN_MEMBER, "workflow"), (codes::UNKNOWN_MEMBER, "task")]),
    ("mock-service-extension", &[(codes::UNKNOWN_MEMBER, "with")]),
    ("for", &[(codes::MEMBER_OF_LIST, "vet"), (codes::MEMBER_OF_LIST, "pets")]),
    ("listen-to-one", &[(codes::MEMBER_OF_LIST, "carId")]),
    ("accumulate-room-readings", &[(codes::MEMBER_OF_LIST, "data")]),
    ("schedule-event-driven", &[(codes::EVENT_DATA, "data")]),
];

/// Further warnings on the specification's examples, each deserved.
const DESERVED: &[(&str, &str)] = &[("try-catch-then-directive", codes::ERROR_TYPE)];

#[test]
fn the_wrong_examples_get_their_warnings_and_the_others_none() {
    let Some(folder) = support::specification() else { return };
    let mut problems = Vec::new();
    for examples in ["examples-1.0.3", "examples-main-2026-07"] {
        for path in support::files(&folder.join(examples), ".yaml") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let (tree, found) = support::check(&format!("{examples}/{name}"), &text);
            let expected = WRONG.iter().find(|(wrong, _)| *wrong == name).map_or(&[][..], |(_, expected)| *expected);
            let blamed = |found: &Diagnostic| tree.source().slice(found.span).to_owned();
            for (code, text) in expected {
                let said = found.iter().any(|found| found.severity == Severity::Warning && found.code == *code && blamed(found) == *text);
                if !said {
                    problems.push(format!("{examples}/{name}: nothing is said of `{text}` ({code})"));
                }
            }
            let other = found.iter().filter(|found| {
                let meant = expected.contains(&(found.code, &*blamed(found))) || DESERVED.contains(&(&*name, found.code));
                found.severity < Severity::Information && found.code != codes::NOT_SUPPORTED && !meant
            });
            problems.extend(other.map(|found| support::line(&tree, found)));
        }
    }
    assert!(problems.is_empty(), "{} differences:\n{}", problems.len(), problems.join("\n"));
}

/// The workflows of the specification's text that are wrong, in brief.
#[test]
fn what_the_documentation_gets_wrong_is_found() {
    check_tasks(
        r#"
use: { errors: { none: { type: https://serverlessworkflow.io/spec/1.0.0/errors/runtime, status: 500 } } }
do:
  - processTicket:
      switch:
        - highPriority: { when: .ticket.priority == "high", then: escalateToManager }
        - mediumPriority: { when: .ticket.priority == "medium", then: assignToSpecialist }
        - lowPriority: { when: .ticket.priority == "low", then: resolveTicket }
        - default: { then: raiseUndefinedPriorityError }
  - raiseUndefinedPriorityError: { raise: { error: none } }
  - escalateToManager: { set: { status: escalated } }
  # ^^^^^^^^^^^^^^^^^ hint[OW0226] goes on at `assignToSpecialist`, which `processTicket` chooses in another case
  - assignToSpecialist: { set: { status: assigned } }
  # ^^^^^^^^^^^^^^^^^^ hint[OW0226] goes on at `resolveTicket`
  - resolveTicket: { set: { status: resolved } }
"#,
    );
    check_tasks(
        r#"
do:
  - orderPet:
      call: http
      with:
        method: post
        endpoint: https://pets.example/orders
        body: 'order ${ .pet.name } for ${ .customer }'
  #           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning[OW0306] an expression must be the whole string
  - failed:
      raise:
        error:
          type: https://serverlessworkflow.io/spec/1.0.0/errors/communication
          status: 500
          instance: /do/orderPet
  #                 ^^^^^^^^^^^^ warning[OW0223]
"#,
    );
    check_tasks(
        r#"
do:
  - escaped:
      set:
        text: "the \($task.name)"
  #                ^^ error[OW0001]
"#,
    );
}

#[test]
fn the_examples_of_this_project_are_left_in_peace() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut said = Vec::new();
    let paths = support::files(&folder, ".workflow.yaml");
    assert!(!paths.is_empty());
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let (tree, found) = support::check(&path.display().to_string(), &text);
        said.extend(found.iter().map(|found| support::line(&tree, found)));
    }
    assert!(said.is_empty(), "{}", said.join("\n"));
}
