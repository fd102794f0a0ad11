//! What expressions make of what is known of their input.

use crate::support::{expression, infer, value};

const ORDER: &str = "{ type: object, additionalProperties: false, required: [id, items], properties: { id: { type: string }, note: { type: string }, \
                     total: { type: number }, paid: { type: boolean }, items: { type: array, items: { type: object, additionalProperties: false, \
                     required: [sku, price], properties: { sku: { type: string }, price: { type: number } } } } } }";

#[track_caller]
fn gives(program: &str, expected: &str) {
    assert_eq!(value(ORDER, program), expected, "{program}");
}

#[test]
fn paths() {
    gives(".id", "string");
    gives(".note", "string | null");
    gives(".items", "[…{ price: number, sku: string }]");
    gives(".items[0]", "{ price: number, sku: string } | null");
    gives(".items[-1].sku", "string | null");
    gives(".items[].price", "[number, number, …number] | number | null");
    gives("[.items[].price]", "[…number]");
    gives(".items[1:]", "[…{ price: number, sku: string }]");
    gives(".id[2:]", "string");
    gives(".[\"id\"]", "string");
    gives(".\"id\"", "string");
    gives(".note?", "string | null");
    gives(".nope", "null");
    gives(".nope.deeper", "null");
}

#[test]
fn construction() {
    gives("{ id, n: 1 }", "{ id: string, n: integer }");
    gives("{ (.id): 1 }", "{ …: integer }");
    gives("{ a: 1, (.id): \"x\" }", "{ a: \"x\" | integer, …: \"x\" }");
    gives(".id as $x | { $x, y: [1, $x] }", "{ x: string, y: [integer, string] }");
    gives("[]", "[]");
    gives("[1, \"a\", null]", "[integer, \"a\", null]");
    gives("[.items[]]", "[…{ price: number, sku: string }]");
    gives("[1, .items[].price]", "[integer, …number]");
    gives("\"a\\(.id)b\"", "string");
    gives("\"ab\"", "\"ab\"");
    gives("{ a: .items[].price }", "{ a: number } | [{ a: number }, { a: number }, …{ a: number }] | null");
}

#[test]
fn operators() {
    gives("1 + 2", "integer");
    gives("1 / 2", "number");
    gives(".id + \"x\"", "string");
    gives(".note + \"x\"", "string");
    gives("[1] + [.id]", "[integer, string]");
    gives(". + { more: 1 } | keys", "[…string]");
    gives("{ a: 1 } + { b: 2 }", "{ a: integer, b: integer }");
    gives("{ a: 1, b: 2 } + { b: .id }", "{ a: integer, b: string }");
    gives("null + 1", "integer");
    gives(".items - [1]", "[…{ price: number, sku: string }]");
    gives(".id / \",\"", "[…string]");
    gives(".id * 3", "string | null");
    gives("1 < 2 and .paid", "boolean");
    gives(".note // \"none\"", "string");
    gives(".id // 5", "string");
    gives("1, 2", "[integer, integer, …integer]");
    gives("-.total", "number");
}

#[test]
fn control() {
    gives("if .paid then 1 else \"x\" end", "\"x\" | integer");
    gives("if .paid then .id end | type", "string");
    gives("reduce .items[] as $i (0; . + $i.price)", "number");
    gives("reduce .items[] as $i ({}; . + { ($i.sku): $i })", "{ …: { price: number, sku: string } }");
    gives("[foreach .items[] as $i (0; . + 1)]", "[…integer]");
    gives("try error(\"x\") catch 1", "integer | null");
    gives("def f: .id; f", "unknown");
    gives("[limit(2; .items[])]", "[…{ price: number, sku: string }]");
    gives(".items[0] as { sku: $s } | $s", "unknown");
    gives("empty", "null");
    gives(".. ", "unknown");
}

#[test]
fn functions() {
    gives(".items | length", "number");
    gives(".items | map(.price)", "[…number]");
    gives(".items | map(select(.price > 1)) | first", "{ price: number, sku: string } | null");
    gives("[.items[] | .price] | add", "number | null");
    gives(".items | map(.sku) | join(\",\")", "string");
    gives("keys", "[…string]");
    gives("has(\"id\")", "boolean");
    gives(".id | ascii_upcase | split(\",\")", "[…string]");
    gives(".items | max_by(.price) | .sku", "string | null");
    gives(".items | sort_by(.price) | last.price", "number | null");
    gives(".items | group_by(.sku)", "[…[{ price: number, sku: string }, …{ price: number, sku: string }]]");
    gives("{ a: 1, b: 2 } | to_entries", "[{ key: string, value: integer }, …{ key: string, value: integer }]");
    gives("{ a: 1, b: 2 } | map_values(. > 1)", "{ a: boolean, b: boolean }");
    gives("{ a: 1, b: 2 } | del(.a)", "{ b: integer }");
    gives("{ a: 1, b: 2 } | with_entries(.value += 1)", "{ …: unknown }");
    gives(".total | tostring", "string");
    gives(".id | tonumber", "number");
    gives("[.[] | strings]", "[…string]");
    gives("@base64", "string");
    gives(".id | test(\"x\")", "boolean");
    gives("$workflow.startedAt.epoch.seconds", "integer");
    gives("$task.name", "string");
}

#[test]
fn assignment() {
    gives(".total = 1 | .total", "integer");
    gives(".more = .id | .more", "string");
    gives(".total += 1 | .total", "number");
    gives(".note //= \"x\" | .note", "string");
    gives(".id |= length | .id", "number");
    gives(".items[0].price = 1", "unknown");
}

#[test]
fn what_is_not_known_stays_so() {
    for program in [".x", ".x.y[0]", ".x | map(.y)[0]", "fromjson", "getpath([\"a\"])", "tojson | fromjson", ".x // null | .y"] {
        let found = value("{ type: [object, string] }", program);
        assert!(found.contains("unknown") || found == "null | unknown", "{program}: {found}");
    }
}

#[test]
fn types_can_be_asked_for_inside_an_expression() {
    let (workflow, types) = infer(
        "input: { schema: { document: { type: object, properties: { a: { type: object, properties: { b: { type: string } } } } } } }\n\
         do:\n  - it: { set: '${ .a.b | length + $workflow.id }' }\n",
    );
    let it = expression(&workflow, ".a.b | length + $workflow.id");
    let at = |part: &str| types.type_at(it, it.text().find(part).unwrap() + 1).unwrap().to_string();
    assert_eq!(at("a.b"), "{ b?: string, …: unknown } | null");
    assert_eq!(at("b |"), "string | null");
    assert_eq!(at("length"), "number");
    assert_eq!(
        at("$workflow"),
        "{ definition: { …: unknown }, id: string, input: { a?: { b?: string, …: unknown }, …: unknown }, startedAt: { epoch: { milliseconds: integer, seconds: integer }, iso8601: string } }"
    );
    assert_eq!(types.type_of(it, ".a").unwrap().members(), [("b", &types.type_of(it, ".a.b").unwrap().without_null(), false)]);
    assert!(types.type_of(it, ".a.").is_none());
    assert_eq!(types.variable(it, "$workflow").members().len(), 4);
}
