//! Types against jq itself: what a program gives is of the type that was inferred for it, and what
//! is said to fail each time does.

use flowdbg_lang::{
    expression::{Expression, Scope},
    value::{Value, parse_json},
};

use crate::support::{expression, infer, task};

const VALUES: &[&str] = &[
    "null",
    "true",
    "7",
    "2.5",
    r#""text""#,
    r#""12""#,
    "[]",
    r#"[1, 2, 3]"#,
    r#"["a", "b"]"#,
    r#"[{"a": 1}, {"a": 2, "b": "x"}]"#,
    r#"[[1], [2, "x"]]"#,
    "{}",
    r#"{"a": 1, "b": "x"}"#,
    r#"{"a": {"b": [1, {"c": null}]}, "d": [], "e": false}"#,
    r#"{"a": [{"b": 1}], "b": {"a": "y"}}"#,
];

const TERMS: &[&str] = &[
    ".",
    ".a",
    ".b",
    ".a.b",
    ".a.b[1].c",
    ".[0]",
    ".[-1]",
    ".[]",
    ".[]?",
    ".a?",
    ".[1:]",
    "..",
    "[.[]?]",
    "[.]",
    "[., 1, .]",
    "{a: .}",
    "{a, b: 2}?",
    "{(.b | tostring): 1}?",
    "1",
    "\"s\"",
    "null",
    "true",
    "[]",
    "{}",
    "empty",
    "\"<\\(.)>\"",
    "@json",
    "length",
    "keys",
    "add",
    "map(.a)",
    "map(.)",
    "map_values(1)",
    "select(.)",
    "select(. != null)",
    "to_entries",
    "from_entries",
    "with_entries(.)",
    "first",
    "last",
    "first(.[]?)",
    "[limit(1; .[]?)]",
    "sort",
    "reverse",
    "unique",
    "group_by(.)",
    "min",
    "max_by(.)",
    "tostring",
    "tonumber",
    "tojson",
    "type",
    "not",
    "has(\"a\")",
    "has(0)",
    "any",
    "all",
    "ascii_downcase",
    "startswith(\"t\")",
    "split(\",\")",
    "join(\",\")",
    "test(\"x\")",
    "flatten",
    "floor",
    "del(.a)",
    "values",
    "strings",
    "arrays",
    "objects",
    "scalars",
    "range(2)",
    "[paths]",
    "index(\"x\")",
    "implode",
    "explode",
    "if . then 1 else \"x\" end",
    "if .a? then .a else . end",
    ". as [$x] | $x",
    ". as {a: $x} | $x",
    "reduce .[]? as $i (0; . + 1)",
    "reduce .[]? as $i ([]; . + [$i])",
    "reduce .[]? as $i (null; [.])",
    "[foreach .[]? as $i (0; . + 1)]",
    "try .a catch \"no\"",
    "(.a // 5)",
    "(.a? // .b? // [])",
    ". == 1",
    ". < 3 and true",
    "-.",
    ".a = 1",
    ".a |= 2",
    ".a += 1",
    ".b //= 1",
    "def f: .a; f",
    "label $l | .[]? | ., break $l",
    "error(\"x\")?",
    "1, \"x\"",
    ".a, .b",
    "$workflow.id | length",
    "ltrimstr(\"t\")",
    "sub(\"t\"; \"x\")",
    "[match(\"x\")]",
    "contains(\"x\")",
    "tojson | fromjson",
    "getpath([\"a\"])",
    "pick(.a)",
    "limit(2; .[]?)",
    "isempty(.[]?)",
    "@base64",
    "walk(.)",
    "transpose",
    "to_entries[0].value",
    "[.[]? | type]",
];

const JOINS: &[&str] = &[" | ", " + ", " - ", " * ", " / ", " // ", ", ", " == ", " and "];

struct Nothing;

impl Scope for Nothing {
    fn variable(&self, name: &str) -> Value {
        assert_eq!(name, "$workflow");
        parse_json(r#"{"id": "x", "definition": {}, "input": null, "startedAt": {}}"#).unwrap()
    }

    fn now(&self) -> f64 {
        0.0
    }
}

/// Compares for one program what is inferred with what comes out for two inputs.
fn compare(program: &str, inputs: [&str; 2]) -> u32 {
    let [left, right] = inputs;
    let quoted = |text: &str| text.replace('\'', "''");
    let (workflow, types) = infer(&format!(
        "do:\n  - choose: {{ switch: [ {{ a: {{ when: .go, then: left }} }}, {{ b: {{ then: right }} }} ] }}\n  \
         - left: {{ set: '${{ {} }}', then: meet }}\n  - right: {{ set: '${{ {} }}' }}\n  - meet: {{ set: '${{ {} }}' }}\n",
        quoted(left),
        quoted(right),
        quoted(program)
    ));
    let output = types.output_of(task(&workflow, "meet"));
    let program_of: &std::sync::Arc<Expression> = expression(&workflow, program);
    let surely = types
        .findings(&workflow)
        .any(|(placed, finding)| std::sync::Arc::ptr_eq(&placed.expression, program_of) && finding.raises && finding.sure);
    let mut raised = 0;
    for input in inputs {
        match program_of.evaluate(parse_json(input).unwrap(), &Nothing) {
            Ok(value) => {
                assert!(output.admits(&value), "`{program}` on {left} or {right}: {input} gives {value}, inferred was {output}");
                assert!(!surely, "`{program}` on {left} or {right}: is said to fail, but {input} gives {value}");
            }
            Err(_) => raised += 1,
        }
    }
    u32::from(surely && raised == 2)
}

#[test]
fn every_term_on_every_pair_of_values() {
    let mut failing = 0;
    for (at, term) in TERMS.iter().enumerate() {
        for (left_at, left) in VALUES.iter().enumerate() {
            let other = if (at + left_at) % 2 == 0 { left } else { VALUES[(left_at * 7 + at) % VALUES.len()] };
            failing += compare(term, [left, other]);
        }
    }
    // Much of this fails, and much of that is foreseen.
    assert!(failing > 150, "{failing}");
}

#[test]
fn terms_combined() {
    let mut number = 0_usize;
    for left in TERMS {
        for right in TERMS {
            number += 1;
            if !number.is_multiple_of(10) {
                continue;
            }
            let join = JOINS[number / 10 % JOINS.len()];
            let program = format!("({left}){join}({right})");
            compare(&program, [VALUES[number % VALUES.len()], VALUES[number * 5 % 11 % VALUES.len()]]);
        }
    }
}
