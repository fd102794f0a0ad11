//! Events from outside: what is read of them, which are taken, and what is left.

use super::*;

fn event(text: &str) -> Value {
    flowdbg_lang::value::parse_json(text).expect("json")
}

/// A `listen` that is given these events; its output, or `None` if it still waits, and how many
/// events nothing took.
fn listen(task: &str, events: &[&str]) -> (Option<String>, usize) {
    let mut story = Story::new(&format!("do: [ {{ l: {{ {task} }} }} ]"), r#"{"wanted": "b"}"#);
    let mut progress = story.machine.advance(&mut Open, 10_000).0;
    for text in events {
        story.machine.feed(Timestamp(0), Input::Event(event(text)));
        let (next, output) = story.machine.advance(&mut Open, 10_000);
        for effect in output.effects {
            story.perform(effect);
        }
        progress = story.machine.advance(&mut Open, 10_000).0;
        if next == Progress::Done {
            progress = next;
        }
        if progress == Progress::Done {
            break;
        }
    }
    let output = (progress == Progress::Done).then(|| story.output());
    (output, story.machine.untaken().count())
}

#[test]
fn what_is_read_of_an_event() {
    let modes = |event: &str| {
        let read = |mode: &str| listen(&format!("listen: {{ to: {{ any: [] }}, read: {mode} }}"), &[event]).0.expect("it ends");
        [read("data"), read("raw")]
    };
    assert_eq!(modes(r#"{"type": "a", "data": {"x": 1}}"#), [r#"[{"x":1}]"#, r#"["{\"x\":1}"]"#]);
    assert_eq!(modes(r#"{"type": "a", "data": "text"}"#), [r#"["text"]"#, r#"["text"]"#]);
    assert_eq!(modes(r#"{"type": "a", "data_base64": "eyJ4IjoxfQ=="}"#), [r#"[{"x":1}]"#, r#"["eyJ4IjoxfQ=="]"#]);
    let text = r#"{"type": "a", "datacontenttype": "text/plain; charset=utf-8", "data_base64": "eyJ4IjoxfQ=="}"#;
    assert_eq!(modes(text), [r#"["{\"x\":1}"]"#, r#"["eyJ4IjoxfQ=="]"#]);
    assert_eq!(modes(r#"{"type": "a", "data_base64": "//4="}"#), [r#"["//4="]"#, r#"["//4="]"#]);
    assert_eq!(modes(r#"{"type": "a"}"#), ["[null]", "[null]"]);
    let envelope = listen("listen: { to: { any: [] }, read: envelope }", &[r#"{"type":"a","data":1}"#]);
    assert_eq!(envelope.0.as_deref(), Some(r#"[{"type":"a","data":1}]"#));
}

#[test]
fn all_takes_one_event_for_each_filter_and_leaves_the_others() {
    let all = "listen: { to: { all: [ { with: { type: a } }, { with: { type: b } } ] } }";
    let (a, b) = (r#"{"type": "a", "data": 1}"#, r#"{"type": "b", "data": 2}"#);
    assert_eq!(listen(all, &[a, a, b]), (Some("[1,2]".to_owned()), 1));
    assert_eq!(listen(all, &[a, a]), (None, 1));
    assert_eq!(listen("listen: { to: { all: [] } }", &[]).0.as_deref(), Some("[]"));
}

#[test]
fn until_ends_an_any_by_a_condition_or_by_events_that_are_not_in_the_output() {
    let (a, b, c) = (r#"{"type": "a", "data": 1}"#, r#"{"type": "b", "data": 2}"#, r#"{"type": "c", "data": 3}"#);
    let condition = "listen: { to: { any: [ { with: { type: a } } ], until: '(map(.) | last(range(length + 1))) >= 2' } }";
    assert_eq!(listen(condition, &[a, c, a, a]), (Some("[1,1]".to_owned()), 1));
    let events = "listen: { to: { any: [ { with: { type: a } } ], until: { all: [ { with: { type: b } }, { with: { type: c } } ] } } }";
    assert_eq!(listen(events, &[b, a, b, a, c]), (Some("[1,1]".to_owned()), 1));
    let either = "listen: { to: { any: [], until: { any: [ { with: { type: b } }, { with: { type: c } } ] } } }";
    assert_eq!(listen(either, &[a, a, c]), (Some("[1,1]".to_owned()), 0));
}

#[test]
fn correlation_holds_a_key_for_all_filters() {
    let task = "listen: { to: { all: [
        { with: { type: a }, correlate: { order: { from: .data.order } } },
        { with: { type: b }, correlate: { order: { from: .data.order }, kind: { from: .data.kind, expect: '${ .wanted }' } } } ] } }"
        .replace('\n', " ");
    let a = |order: u32| format!(r#"{{"type": "a", "data": {{"order": {order}}}}}"#);
    let b = |order: u32, kind: &str| format!(r#"{{"type": "b", "data": {{"order": {order}, "kind": "{kind}"}}}}"#);
    let events = [a(1), b(2, "b"), b(1, "c"), b(1, "b")];
    let events: Vec<&str> = events.iter().map(String::as_str).collect();
    assert_eq!(listen(&task, &events), (Some(r#"[{"order":1},{"order":1,"kind":"b"}]"#.to_owned()), 2));
    let no_key = r#"{"type": "a", "data": {}}"#;
    assert_eq!(listen(&task, &[no_key]), (None, 1));
}

#[test]
fn an_event_is_taken_by_one_listener_and_gone_then() {
    let yaml = "
do:
  - both: { fork: { branches: [ { l: { listen: { to: { any: [] } } } }, { r: { listen: { to: { any: [] } } } } ] } }
  - later: { listen: { to: { any: [] } }, input: { from: . }, output: { as: '[$input, .]' } }
";
    let mut story = Story::new(yaml, "{}");
    story.machine.advance(&mut Open, 1_000);
    for (n, expected) in [(1, Progress::Idle), (2, Progress::Idle), (3, Progress::Done)] {
        story.machine.feed(Timestamp(0), Input::Event(event(&format!(r#"{{"type": "x", "data": {n}}}"#))));
        assert_eq!(story.machine.advance(&mut Open, 1_000).0, expected, "after event {n}");
    }
    assert_eq!(story.output(), "[[[1],[2]],[3]]");
}
