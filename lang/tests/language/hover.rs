//! What hovering tells.

use flowdbg_lang::{ide, marked::Fixture};

use crate::support;

/// Hovers at the cursor; the mark says what is underlined.
#[track_caller]
fn hover(fixture: &str) -> Option<String> {
    let fixture = Fixture::parse(&format!("{}{fixture}", support::HEAD)).unwrap();
    let file = fixture.single().unwrap();
    let (tree, _) = support::check("fixture.yaml", &file.text);
    let hover = ide::hover(&tree, file.cursors[0])?;
    for mark in &file.marks {
        assert_eq!(tree.source().slice(hover.span), tree.source().slice(mark.span));
    }
    Some(hover.markdown)
}

#[track_caller]
fn check(fixture: &str, expected: &str) {
    assert_eq!(hover(fixture).as_deref(), Some(expected));
}

#[test]
fn a_property_shows_its_row() {
    check(
        "do:\n  - a:\n      call: http\n      with:\n        method: get\n        endpoint: https://example.com\n        redi<|>rect: true\n  #     ^^^^^^^^^^^ ref\n",
        "**redirect** — Whether a response with a status from 300 to 399 counts as a success.\n\nType: `true` or `false` · default: `false`\n\n_DSL Reference: HTTP Call_",
    );
}

#[test]
fn a_keyword_shows_what_its_tasks_do() {
    let text = hover("do:\n  - a:\n      <|>wait: PT1S\n  #   ^^^^^^^ ref\n").unwrap();
    assert!(text.starts_with("**wait** — How long to wait.\n\nWaits for a time."), "{text}");
    assert!(text.ends_with("· required\n\n_DSL Reference: Wait_"), "{text}");
}

#[test]
fn what_all_tasks_have_is_found_in_each() {
    let text = hover("do:\n  - a: { set: { x: 1 }, the<|>n: end }\n").unwrap();
    assert!(text.starts_with("**then** — Where to go on after the task"), "{text}");
    assert!(text.contains("default: `continue`") && text.ends_with("_DSL Reference: Task_"), "{text}");
}

#[test]
fn values_are_explained() {
    check(
        "do:\n  - a: { set: { x: 1 }, then: e<|>xit }\n",
        "`exit` — Leaves the current list of tasks and goes on after the task that holds it.",
    );
    check("do:\n  - a: { set: { x: 1 }, then: <|>b }\n  - b: { set: { x: 1 } }\n", "Goes on with the task `b` of the same list.");
    check("evaluate: { mode: loo<|>se }\ndo: []\n", "`loose` — Every string is tried as an expression, and kept as it is if that fails.");
    check("do:\n  - a: { call: gr<|>pc }\n", "**gRPC call** — Calls a method of a gRPC service.\n\n_DSL Reference: gRPC Call_");
    check("use: { errors: { x: { type: a, status: 1 } } }\ndo:\n  - a: { raise: { error: x<|> } }\n", "**x** — error under `use.errors`");
}

#[test]
fn names_show_what_they_name() {
    check(
        "do:\n  - pa<|>y: { call: http, with: { method: get, endpoint: https://example.com } }\n",
        "**pay** — call: http\n\nSends an HTTP request; the response is the task's output.\n\n_DSL Reference: HTTP Call_",
    );
    let text = hover("use: { timeouts: { sho<|>rt: { after: PT1S } } }\ndo: []\n").unwrap();
    assert!(text.starts_with("**short** — timeout\n\n"), "{text}");
}

#[test]
fn support_and_age_are_told() {
    let kafka = "do:\n  - a: { call: asyncapi, with: { document: { endpoint: a.json }, channel: c, protocol: ka<|>fka } }\n";
    assert!(hover(kafka).unwrap().contains("Not supported yet: messages over Apache Kafka"));
    assert!(hover("do:\n  - a: { try: [], catch: { the<|>n: end } }\n").unwrap().contains("Newer than DSL 1.0.3"));
}

#[test]
fn free_data_and_unknown_keys_tell_nothing() {
    for fixture in ["do:\n  - a: { set: { met<|>hod: 1 } }\n", "do:\n  - a: { s<|>ett: 1 }\n", "do: []\n\n\n<|>\n"] {
        assert_eq!(hover(fixture), None, "{fixture}");
    }
}
