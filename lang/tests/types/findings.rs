//! What is said about data, where, and how bad it is; and what is not said.

use crate::support::check;

#[test]
fn a_property_that_an_object_cannot_have() {
    check(
        r#"
do:
  - price: { set: { total: 3, currency: EUR } }
  - pay:
      set: { amount: "${ .totl }", text: '${ "\(.total) \(.curency)" }', fine: "${ .total }" }
#                         ^^^^ warning[OW0401] the object has no `totl`, so this is always null — did you mean `total`? (line 2: it is set here)
#                                                          ^^^^^^^ warning[OW0401] did you mean `currency`?
  - more: { set: "${ .amount.cents }" }
  - other: { set: { a: "${ $input.nothing }" } }
"#,
    );
    check(
        r#"
do:
  - make: { set: '${ { order: { id: 1, lines: [] } } }' }
  - read:
      set:
        first: ${ .order.lnes }
#                        ^^^^ warning[OW0401] did you mean `lines`?
        second: |-
          ${ .order
             | .idd }
#               ^^^ warning[OW0401] did you mean `id`?
        third: >-
          ${ .order.lines
             | length + (.[0] // 0) }
"#,
    );
}

#[test]
fn a_closed_schema_closes_and_an_open_one_does_not() {
    check(
        r#"
input:
  schema:
    document: { type: object, properties: { id: { type: string }, open: { type: object } }, additionalProperties: false }
do:
  - a: { set: { x: "${ .name }", y: "${ .open.anything }", z: "${ $workflow.input.nope }" } }
#                       ^^^^ warning[OW0401] the object has no `name`, so this is always null — it has `id`, `open` (line 1: this schema says so)
#                                                                                 ^^^^ warning[OW0401]
"#,
    );
}

#[test]
fn values_of_known_form_are_known() {
    check(
        r#"
do:
  - call: { call: http, with: { method: get, endpoint: http://x.example, output: response } }
  - read: { if: .status == 200, set: { code: "${ .statuscode }", body: "${ .body }", ok: "${ .content.x + .headers.y }" } }
#                ^^^^^^ warning[OW0401] did you mean `statusCode`?
#                                                 ^^^^^^^^^^ warning[OW0401] did you mean `statusCode`?
#                                                                           ^^^^ warning[OW0401] did you mean `content`? (line 2: `output: response` gives the whole response)
  - guard:
      try: [ { a: { call: http, with: { method: get, endpoint: http://x.example } } } ]
      catch: { do: [ { b: { set: { why: "${ $error.message }", at: "${ $error.instance }" } } } ] }
#                                                  ^^^^^^^ warning[OW0401] did you mean `detail`?
  - run: { run: { shell: { command: ls }, return: all } }
  - after: { set: { out: "${ .output }", code: "${ .code }" } }
#                             ^^^^^^ warning[OW0401] did you mean `stdout`?
"#,
    );
}

#[test]
fn reading_with_a_name_what_has_no_members() {
    check(
        r#"
do:
  - make: { set: { name: Ada, tags: [a, b], n: 5 } }
  - a: { set: "${ .name.first }", then: e }
#                       ^^^^^ error[OW0402] this reads `first` of a string, which has no members (line 2: it is set here)
  - b: { if: .x, set: "${ .name.first }" }
  - e: { set: { name: Ada, tags: [a, b] } }
  - f: { set: "${ .tags.first }" }
#                       ^^^^^ error[OW0402] this reads `first` of an array, which has no members — take an item first
  - g: { set: { name: Ada } }
  - h: { set: "${ .name[0] }" }
#                      ^^^ error[OW0402] this reads an item of a string
  - i: { set: { name: Ada } }
  - j: { set: "${ [.name[]] }" }
#                       ^^ error[OW0402] this goes through the items of a string, which has none
  - k: { set: { name: Ada } }
  - l: { set: "${ .name.first? // .name?.x? // (try .name.y catch 1) }" }
"#,
    );
}

#[test]
fn calculations_that_always_fail() {
    check(
        r#"
do:
  - make: { set: { name: Ada, n: 5, list: [1], at: { x: 1 } } }
  - a:
      set:
        one: ${ .name + .n }
#               ^^^^^^^^^^ error[OW0402] `+` cannot take a string and a number
        two: ${ .name - "x" }
#               ^^^^^^^^^^^ error[OW0402] `-` cannot take a string and a string
        three: ${ .n * .at }
#                 ^^^^^^^^ error[OW0402] `*` cannot take a number and an object
        four: ${ -.name }
#                ^^^^^^ error[OW0402] `-` cannot take a string
        five: ${ (.name | tostring) + (.n | tostring) + (.unknown // "x") }
        six: ${ .list + [.n] + null }
"#,
    );
}

#[test]
fn functions_on_what_they_cannot_take() {
    check(
        r#"
do:
  - make: { set: { name: Ada, n: 5, list: [1, 2], at: { x: 1 }, yes: true } }
  - a:
      set:
        one: ${ .at | startswith("x") }
#                     ^^^^^^^^^^ error[OW0402] `startswith` needs a string, but this is an object
        two: ${ .n as $n | .name | startswith($n) }
#                                             ^^ error[OW0402] `startswith` needs a string, but this is a number
        three: ${ .n | keys }
#                      ^^^^ error[OW0402] `keys` needs an array or an object, but this is a number
        four: ${ .name | map(.x) }
#                        ^^^ error[OW0402] `map` needs an array or an object
        five: ${ .yes | length }
#                       ^^^^^^ error[OW0402] `length` needs anything but a boolean
        six: ${ .at | tonumber }
#                     ^^^^^^^^ error[OW0402] `tonumber` needs a string or a number, but this is an object
        seven: ${ .list | add | ascii_downcase }
#                               ^^^^^^^^^^^^^^ error[OW0402] `ascii_downcase` needs a string, but this is a number
        eight: ${ .list | map(.x) }
#                              ^ error[OW0402] this reads `x` of a number
        nine: ${ .list | map(select(type == "object") | .x) }
        ten: ${ .name | if type == "object" then .x else . end }
        eleven: ${ .n | tostring | ltrimstr("x") | test("y") }
"#,
    );
}

#[test]
fn what_need_not_run_or_fail_is_a_warning() {
    check(
        r#"
do:
  - make: { set: { name: Ada, flag: true, list: [] } }
  - a: { set: { x: '${ if .flag then .name.first else 1 end }', y: "${ .flag and .name.first }" } }
#                                          ^^^^^ warning[OW0402] of a string
#                                                                                      ^^^^^ warning[OW0402] of a string
  - b: { set: { name: Ada } }
  - c: { if: .name == "x", set: "${ .name.first }" }
#                                         ^^^^^ warning[OW0402] of a string
  - d: { set: { name: Ada } }
  - e:
      try: [ { f: { set: "${ .name.first }" } } ]
#                                  ^^^^^ warning[OW0402] of a string
      catch: {}
  - g: { set: { name: Ada } }
  - h: { fork: { compete: true, branches: [ { i: { set: "${ .name.first }" } }, { j: { wait: PT1S } } ] } }
#                                                                 ^^^^^ warning[OW0402] of a string
  - k: { emit: { event: { with: { type: a, data: { x: 1 } } } } }
  - l: { set: "${ .data.x.y + .dta }" }
#                         ^ error[OW0402] of a number
#                              ^^^ warning[OW0401] did you mean `data`?
"#,
    );
}

#[test]
fn a_listener_gives_an_array() {
    // Directly after a listener, another check says it.
    check(
        r#"
do:
  - group: { do: [ { wait: { listen: { to: { one: { with: { type: a } } } } } } ] }
  - startup: { call: http, with: { method: get, endpoint: "http://x.example/cars/{carId}/start" } }
#                                                                                ^^^^^^^ warning[OW0403] the input is an array and has no `carId`, so this part of the address is always empty (line 2: `listen` gives an array
  - again: { do: [ { hear: { listen: { to: { one: { with: { type: a } } } } } } ], output: { as: .id } }
#                                                                                                 ^^ warning[OW0402] this reads `id` of an array, which has no members — take an item first, such as `.[0]`, or go through all with `.[]` (line 4: `listen` gives an array
  - right: { listen: { to: { one: { with: { type: a } } } }, output: { as: ".[0].id" } }
"#,
    );
    check(
        r#"
do:
  - wait: { listen: { to: { one: { with: { type: a } } } }, output: { as: .id } }
#                                                                          ^^ warning[OW0310]
"#,
    );
}

#[test]
fn the_context_is_what_was_exported() {
    check(
        r#"
do:
  - first: { if: $context.before == null, set: { n: 1 }, export: { as: "{ count: .n }" } }
  - second: { set: { a: "${ $context.count }", b: "${ $context.cout }" }, export: { as: "$context + { more: .a }" } }
#                                                              ^^^^ warning[OW0401] did you mean `count`?
  - third: { set: { a: "${ $context.count + $context.more }", b: "${ $context.mroe }" } }
#                                                                             ^^^^ warning[OW0401] did you mean `more`?
  - loop:
      for: { in: "${ [1, 2] }" }
      do:
        - last: { set: { seen: "${ ($context.seen // []) + [$item] }" }, export: { as: "$context + ." } }
  - fourth: { set: { a: "${ $context.seen }", b: "${ $context.sen }" } }
#                                                             ^^^ warning[OW0401] did you mean `seen`?
"#,
    );
}

#[test]
fn loops_and_their_variables() {
    check(
        r#"
do:
  - make: { set: { pets: [ { name: a, age: 1 } ], n: 3, at: { x: 1 } } }
  - loop:
      for: { each: pet, in: .pets, at: i }
      do:
        - a: { set: { pets: "${ .pets }", n: 1, at: "${ .at }", name: "${ $pet.nme }", wrong: "${ $i.x }" } }
#                                                                              ^^^ warning[OW0401] did you mean `name`?
#                                                                                                    ^ error[OW0402] of a number
  - number: { for: { in: .n }, do: [ { b: { set: { y: 1 } } } ] }
#                        ^^ error[OW0403] `for.in` must be an array, but this is a number
  - again: { set: { at: { x: 1 }, text: abc } }
  - object: { for: { in: .at }, do: [ { c: { set: { y: 1 } } } ] }
#                        ^^^ error[OW0403] `to_entries` makes an array
  - call: { call: http, with: { method: get, endpoint: http://x.example } }
  - rounds:
      for: { in: "${ [1, 2, 3] }" }
      while: .go != false
#             ^^ warning[OW0402] after the first round, this reads `go` of a number
      do: [ { d: { set: "${ $item }" } } ]
"#,
    );
}

#[test]
fn addresses_are_filled_from_the_input() {
    check(
        r#"
do:
  - make: { set: { id: 7, tags: [], deep: {} } }
  - get:
      input: { from: "{ id: .id, tags: .tags }" }
      call: http
      with:
        method: get
        endpoint: { uri: "http://x.example/{id}/{idd}?t={tags}" }
#                                               ^^^^^ warning[OW0403] the input has no `idd`, so this part of the address is always empty — did you mean `id`?
#                                                       ^^^^^^ warning[OW0403] `{tags}` must be a string, number or boolean, but it is an array
"#,
    );
}

#[test]
fn presence_may_be_asked_for() {
    check(
        r#"
do:
  - make: { set: { a: 1 } }
  - asks:
      if: .error == null and (.b // .c // "x") != 1 and (has("d") | not)
      set:
        x: ${ .missing? }
        y: ${ .missing // "default" }
        z: ${ null != .other }
        w: ${ (.list // []) | map(.x) }
        v: ${ .nested.deeper // 1 }
        u: ${ .n |= 5 | .m = 1 | .k += 1 | del(.q) | .m }
"#,
    );
}

#[test]
fn what_is_not_known_is_never_complained_about() {
    check(
        r#"
do:
  - call: { call: http, with: { method: get, endpoint: "http://x.example/{id}" } }
  - a: { set: { x: "${ .a.b[0].c + .d - .e | length }", y: "${ . + 1 }", z: "${ map(.x) | add | startswith(\"a\") }" } }
  - again: { call: http, with: { method: get, endpoint: http://x.example } }
  - b: { for: { in: .y.x.w }, while: .z, do: [ { c: { set: "${ $item.a }" } } ] }
  - d: { switch: [ { e: { when: .q.r > 5, then: end } } ] }
  - sub: { run: { workflow: { namespace: a, name: b, version: latest } } }
  - f: { set: { x: "${ .a.b.c }", y: "${ $context.a.b }", z: "${ $authorization.scheme }", w: "${ $runtime.metadata.x.y }" } }
  - g: { set: "${ def f($a): $a.x; f(.x) | .y }" }
  - h: { set: "${ label $out | .[]? | if .x then ., break $out else empty end }" }
  - i: { set: "${ [.. | .x? | .y?] | transpose | walk(.) }" }
"#,
    );
}

#[test]
fn different_shapes_meet_without_complaint() {
    check(
        r#"
do:
  - choose: { switch: [ { a: { when: .a, then: left } }, { b: { then: right } } ] }
  - left: { set: { l: 1, x: text }, then: meet }
  - right: { set: { r: 1, x: { y: 1 } } }
  - meet: { set: { l: "${ .l }", r: "${ .r }", y: "${ .x.y }", sum: "${ .l + .r }", none: "${ .q }" } }
#                                                                                              ^ warning[OW0401] the object has no `q`
"#,
    );
}

#[test]
fn raised_errors_may_carry_more() {
    check(
        r#"
do:
  - guard:
      try: [ { a: { raise: { error: { type: https://example.com/e, status: 500, orderId: "${ .id }" } } } } ]
      catch: { do: [ { b: { set: "${ $error.orderId }" } } ] }
"#,
    );
}

#[test]
fn an_alias_is_blamed_once() {
    check(
        r#"
do:
  - make: { set: { a: 1 } }
  - one: &one { set: { a: "${ .b.c }" } }
#                              ^ warning[OW0401] the object has no `b`
  - two: *one
"#,
    );
}
