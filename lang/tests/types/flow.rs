//! Types through tasks: schemas, stages, jumps, branches, loops.

use crate::support::{expression, infer, outputs, task};

#[test]
fn a_schema_says_what_the_input_is() {
    let (_, types) = infer(
        r##"
input:
  schema:
    document:
      $defs:
        name: { type: string }
        tree: { type: object, properties: { kids: { type: array, items: { $ref: "#/$defs/tree" } } }, additionalProperties: false }
      type: object
      required: [id, kind]
      properties:
        id: { type: integer }
        kind: { enum: [a, b] }
        fixed: { const: 3 }
        name: { $ref: "#/$defs/name" }
        tags: { type: array, items: { type: string }, minItems: 1 }
        either: { anyOf: [ { type: string }, { type: number } ] }
        both: { allOf: [ { type: object, properties: { x: { type: string } } }, { type: object, required: [x] } ] }
        maybe: { type: [string, "null"] }
        free: { properties: { x: { type: string } } }
        map: { type: object, additionalProperties: { type: number } }
      additionalProperties: false
do:
  - it: { set: { x: 1 } }
"##,
    );
    let expected = [
        ("both", "{ x: string, …: unknown }"),
        ("either", "string | number"),
        ("fixed", "integer"),
        ("free", "unknown"),
        ("id", "integer"),
        ("kind", "string"),
        ("map", "{ …: number }"),
        ("maybe", "string | null"),
        ("name", "string"),
        ("tags", "[string, …string]"),
    ];
    let input = types.workflow_input();
    let found: Vec<(&str, String)> = input.members().into_iter().map(|(name, ty, _)| (name, ty.to_string())).collect();
    assert_eq!(found, expected.map(|(name, ty)| (name, ty.to_owned())));
    let required: Vec<&str> = input.members().into_iter().filter(|member| member.2).map(|member| member.0).collect();
    assert_eq!(required, ["id", "kind"]);
}

#[test]
fn stages_shape_the_data() {
    outputs(
        r#"
do:
  - a: { set: { x: 1, y: { z: "${ .unknown }" } } }
  - b: { input: { from: .y }, set: { all: "${ . }", raw: "${ $task.input.x }" } }
  - c: { set: "${ .raw }", output: { as: { n: "${ . }", was: "${ $input.all }" } }, export: { as: "{ kept: .n }" } }
  - d: { set: { from: "${ $context.kept }", before: "${ .n }" } }
"#,
        &[
            ("a", "{ x: integer, y: { z: unknown } }"),
            ("b", "{ all: { z: unknown }, raw: integer }"),
            ("c", "{ n: integer, was: { z: unknown } }"),
            ("d", "{ before: integer, from: integer }"),
        ],
    );
}

#[test]
fn every_kind_of_task_gives_what_is_known_of_it() {
    outputs(
        r#"
do:
  - begin: { set: { n: 1 } }
  - emit: { emit: { event: { with: { type: a.b, data: { n: "${ .n }" } } } } }
  - wait: { wait: PT1S }
  - response: { call: http, with: { method: get, endpoint: http://x.example, output: response } }
  - status: { set: "${ .statusCode }" }
  - content: { call: http, with: { method: get, endpoint: http://x.example } }
  - raw: { call: http, with: { method: get, endpoint: http://x.example, output: raw } }
  - code: { run: { shell: { command: ls }, return: code } }
  - all: { run: { shell: { command: ls }, return: all } }
  - away: { run: { shell: { command: ls }, await: false } }
  - none: { run: { shell: { command: ls }, return: none } }
  - sub: { run: { workflow: { namespace: a, name: b, version: latest } } }
  - one: { listen: { to: { one: { with: { type: a } } } } }
  - two: { listen: { to: { all: [ { with: { type: a } }, { with: { type: b } } ] }, read: envelope }, output: { as: ".[1].type" } }
  - some: { listen: { to: { any: [ { with: { type: a } } ], until: length > 2 } } }
  - each: { listen: { to: { any: [], until: . == null } }, foreach: { do: [ { s: { set: { at: "${ $index }" } } } ] } }
"#,
        &[
            ("emit", "{ data: { n: integer }, id: string, source: string, specversion: string, time: string, type: \"a.b\" }"),
            ("wait", "{ data: { n: integer }, id: string, source: string, specversion: string, time: string, type: \"a.b\" }"),
            ("status", "integer"),
            ("content", "unknown"),
            ("raw", "string"),
            ("code", "integer"),
            ("all", "{ code: integer, stderr: string, stdout: string }"),
            ("away", "{ code: integer, stderr: string, stdout: string }"),
            ("none", "null"),
            ("sub", "unknown"),
            ("one", "[unknown]"),
            ("two", "string"),
            ("some", "[…unknown]"),
            ("each", "[…{ at: integer }]"),
        ],
    );
}

#[test]
fn jumps_join_what_comes_from_everywhere() {
    outputs(
        r#"
do:
  - choose: { switch: [ { a: { when: .a, then: left } }, { b: { then: right } } ] }
  - left: { set: { l: 1 }, then: meet }
  - right: { set: { r: 1 } }
  - meet: { set: { both: "${ . }" } }
  - maybe: { if: .both, set: { only: 1 } }
  - last: { set: "${ . }" }
"#,
        &[("meet", "{ both: { l?: integer, r?: integer } }"), ("last", "{ both?: { l?: integer, r?: integer }, only?: integer }")],
    );
}

#[test]
fn loops_by_jumps_come_to_rest() {
    outputs(
        r#"
do:
  - begin: { set: { n: 0 } }
  - count: { set: { n: "${ .n + 1 }" } }
  - deeper: { set: { n: "${ .n }", inner: "${ . }" } }
  - again: { switch: [ { more: { when: .n < 5, then: count } }, { done: { then: continue } } ] }
  - after: { set: "${ .inner.n }" }
"#,
        &[("count", "{ n: integer }"), ("deeper", "{ inner: { n: integer }, n: integer }"), ("after", "integer")],
    );
    outputs(
        "
do:
  - begin: { set: { n: 0 } }
  - wrap: { set: { inner: '${ . }' } }
  - again: { switch: [ { more: { when: .go, then: wrap } }, { done: { then: continue } } ] }
  - after: { set: '${ .inner }' }
",
        &[("wrap", "{ inner: { inner?: unknown, n?: integer } }"), ("after", "unknown")],
    );
}

#[test]
fn for_feeds_each_round_with_the_last() {
    let text = r#"
do:
  - begin: { set: { pets: [ { name: a }, { name: b } ], seen: [] } }
  - loop:
      for: { each: pet, in: .pets, at: n }
      do:
        - add: { set: { pets: "${ .pets }", seen: "${ .seen + [$pet.name] }", at: "${ $n }" } }
  - after: { set: "${ .seen }" }
  - never: { for: { in: "${ [] }" }, do: [ { x: { set: "${ 1 }" } } ] }
"#;
    outputs(
        text,
        &[("after", "[string, …string]"), ("loop", "{ at: integer, pets: [{ name: \"a\" }, { name: \"b\" }], seen: [string, …string] }")],
    );
    let (workflow, types) = infer(text);
    let locals = types.locals(expression(&workflow, ".seen + [$pet.name]"));
    let locals: Vec<String> = locals.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
    assert_eq!(locals, ["$pet: { name: string }", "$n: integer"]);
}

#[test]
fn contexts_of_branches_are_merged() {
    outputs(
        r#"
do:
  - begin: { set: { n: 1 }, export: { as: "{ first: .n }" } }
  - both:
      fork:
        branches:
          - a: { set: { a: 1 }, export: { as: "$context + { a: .a }" } }
          - b: { do: [ { x: { set: { b: "${ $context.first }" }, export: { as: "$context + { b: .b }" } } } ] }
  - after: { set: "${ $context }" }
  - race: { fork: { compete: true, branches: [ { c: { set: "${ 1 }" } }, { d: { set: { x: 1 } } } ] } }
"#,
        &[
            ("both", "[{ a: integer }, { b: integer }]"),
            ("after", "{ a: integer, b: integer, first: integer }"),
            ("race", "{ x: integer } | integer"),
        ],
    );
}

#[test]
fn errors_go_to_their_handlers() {
    let text = r#"
do:
  - begin: { set: { n: 1 } }
  - guard:
      try:
        - first: { set: { a: 1 }, export: { as: "{ done: .a }" } }
        - fail: { raise: { error: { type: https://example.com/errors/x, status: 500 } } }
        - lost: { set: { never: 1 } }
      catch:
        as: problem
        do:
          - handle: { set: { why: "${ $problem.detail }", status: "${ $problem.status }", done: "${ $context.done }", n: "${ .n }" } }
  - after: { set: "${ . }" }
"#;
    outputs(
        text,
        &[
            ("handle", "{ done: integer | null, n: integer, status: integer, why: string | null }"),
            ("after", "{ done: integer | null, n: integer, status: integer, why: string | null }"),
        ],
    );
    let (workflow, types) = infer(text);
    assert!(types.of_task(task(&workflow, "lost")).is_none());
}

#[test]
fn end_and_exit_leave() {
    let (_, types) = infer(
        r#"
do:
  - choose: { switch: [ { a: { when: .a, then: stop } }, { b: { then: continue } } ] }
  - inner: { do: [ { x: { set: { x: 1 }, then: exit } }, { y: { set: { y: 1 } } } ], then: finish }
  - stop: { set: { stopped: 1 }, then: end }
  - finish: { set: { finished: "${ .x }" } }
output: { as: "{ result: . }" }
"#,
    );
    assert_eq!(types.workflow_output().to_string(), "{ result: { finished?: integer, stopped?: integer } }");
}

#[test]
fn what_cannot_be_followed_is_unknown() {
    for before in [
        "evaluate: { mode: loose }\n",
        "evaluate: { language: js }\n",
        "use: { extensions: [ { e: { extend: set, before: [ { x: { set: { a: 1 } } } ] } } ] }\n",
    ] {
        let (workflow, types) = infer(&format!("{before}do:\n  - it: {{ set: {{ a: 1 }} }}\n"));
        assert!(types.output_of(task(&workflow, "it")).is_unknown(), "{before}");
    }
    outputs(
        "
do:
  - begin: { set: { a: 1 }, export: { as: . } }
  - foreign: { run: { script: { language: ruby, code: x } } }
  - after: { set: { in: '${ .x }', context: '${ $context }' } }
",
        &[("after", "{ context: { a: integer }, in: unknown }")],
    );
}
