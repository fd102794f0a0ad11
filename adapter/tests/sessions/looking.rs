//! Threads, frames, scopes, values and errors of a stopped execution.

use flowdbg_protocol::control::{self, Children, FrameKind, FrameRef, Notice, PathStep, StopReason, code};
use serde_json::json;

use super::support::{Bench, range, refusal, stop, variable};

#[test]
fn threads_are_branches() {
    let mut bench = Bench::stopped();
    bench.on::<control::Branches>(|_| {
        let branch = |id, name: &str| control::Branch { id, name: name.into(), suspended: true };
        let branches = vec![branch(1, "order"), branch(2, "order / enrich / callNurse (waiting)")];
        Ok(control::BranchList { branches })
    });
    assert_eq!(
        bench.ask("threads", json!(null)),
        json!({ "threads": [
            { "id": 1, "name": "order" },
            { "id": 2, "name": "order / enrich / callNurse (waiting)" },
        ] })
    );
}

#[test]
fn there_are_no_threads_before_and_after_an_execution() {
    let none = json!({ "threads": [] });
    assert_eq!(Bench::initialized().ask("threads", json!({})), none);
    assert_eq!(Bench::ended().ask("threads", json!({})), none);
    let mut bench = Bench::running();
    bench.on::<control::Branches>(|_| Err(refusal(code::ENDED, "the execution is over")));
    assert_eq!(bench.ask("threads", json!({})), none);
}

#[test]
fn frames_have_sources_and_places() {
    let mut bench = Bench::stopped();
    let body = bench.ask("stackTrace", json!({ "threadId": 1 }));
    let source = json!({ "name": "order.yaml", "path": "/tmp/order.yaml" });
    assert_eq!(
        body,
        json!({ "stackFrames": [
            { "id": 1, "name": "charge", "source": source,
              "line": 11, "column": 3, "endLine": 21, "endColumn": 1 },
            { "id": 2, "name": "order", "source": source,
              "line": 10, "column": 3, "endLine": 21, "endColumn": 1 },
        ], "totalFrames": 2 })
    );
    bench.host_was_asked([r#"debug.frames {"execution":"E1","branch":1,"start":0}"#]);
}

#[test]
fn frames_come_in_pages() {
    let mut bench = Bench::stopped();
    let body = bench.ask("stackTrace", json!({ "threadId": 1, "startFrame": 1.0, "levels": 1 }));
    assert_eq!(body["stackFrames"][0]["name"], "order");
    assert_eq!((&body["stackFrames"].as_array().unwrap().len(), &body["totalFrames"]), (&1, &json!(2)));
    bench.ask("stackTrace", json!({ "threadId": 1, "levels": 0 }));
    bench.host_was_asked([
        r#"debug.frames {"execution":"E1","branch":1,"start":1,"count":1}"#,
        r#"debug.frames {"execution":"E1","branch":1,"start":0}"#,
    ]);
}

#[test]
fn frames_of_the_parent_branch_are_labels_without_scopes() {
    let mut bench = Bench::stopped();
    bench.on::<control::Frames>(|_| {
        let frame = control::Frame {
            frame: FrameRef { branch: 2, depth: 0 },
            name: "from order".into(),
            reference: String::new(),
            path: "/tmp/order.yaml".into(),
            range: range(0, 0, 9, 0),
            kind: FrameKind::Label,
        };
        Ok(control::FrameList { frames: vec![frame], total: 1 })
    });
    let body = bench.ask("stackTrace", json!({ "threadId": 2 }));
    let frame = &body["stackFrames"][0];
    assert_eq!(frame["presentationHint"], "label");
    bench.host_was_asked([r#"debug.frames {"execution":"E1","branch":2,"start":0}"#]);
    assert_eq!(bench.ask("scopes", json!({ "frameId": frame["id"] })), json!({ "scopes": [] }));
    bench.host_was_asked([]);
}

#[test]
fn a_running_branch_has_no_frames() {
    let mut bench = Bench::running();
    bench.on::<control::Frames>(|_| Err(refusal(code::NOT_SUSPENDED, "branch 1 is running")));
    bench.send("stackTrace", json!({ "threadId": 1 }));
    let message = &bench.messages()[0];
    assert_eq!(message["message"], "notStopped");
    assert_eq!(message["body"]["error"]["format"], "branch 1 is running");
    let (id, text) = bench.refused("stackTrace", json!({ "threadId": -1 }));
    assert_eq!((id, text.as_str()), (1008, "there is no thread -1"));
}

#[test]
fn scopes_open_lazily_into_values() {
    let mut bench = Bench::stopped();
    let body = bench.ask("scopes", json!({ "frameId": 1 }));
    assert_eq!(
        body["scopes"],
        json!([
            { "name": "Input", "presentationHint": "arguments", "variablesReference": 1,
              "namedVariables": 2, "expensive": false },
            { "name": "Locals", "presentationHint": "locals", "variablesReference": 2,
              "expensive": false },
        ])
    );
    let body = bench.ask("variables", json!({ "variablesReference": 1 }));
    assert_eq!(
        body["variables"],
        json!([
            { "name": "total", "value": "42", "type": "number", "evaluateName": ".total",
              "variablesReference": 0 },
            { "name": "items", "value": "[\"a\",\"b\"]", "type": "array", "evaluateName": ".items",
              "variablesReference": 3, "indexedVariables": 2 },
        ])
    );
    bench.ask("variables", json!({ "variablesReference": 3 }));
    bench.host_was_asked([
        r#"debug.scopes {"execution":"E1","frame":{"branch":1,"depth":1}}"#,
        r#"debug.variables {"execution":"E1","frame":{"branch":1,"depth":1},"root":{"scope":"input"},"path":[],"start":0,"count":2}"#,
        r#"debug.variables {"execution":"E1","frame":{"branch":1,"depth":1},"root":{"scope":"input"},"path":["items"],"start":0,"count":2}"#,
    ]);
}

#[test]
fn the_same_value_keeps_its_reference_during_a_stop() {
    let mut bench = Bench::stopped();
    let first = bench.ask("scopes", json!({ "frameId": 1 }));
    assert_eq!(bench.ask("scopes", json!({ "frameId": 1 })), first);
}

#[test]
fn types_are_not_sent_to_clients_that_do_not_know_them() {
    let mut bench = Bench::new();
    bench.ask("initialize", json!({ "adapterID": "flowdbg" }));
    bench.send("launch", json!({ "program": "/tmp/order.yaml" }));
    bench.told(["event initialized", "launch ok"]);
    bench.ask("configurationDone", json!({}));
    bench.notice(stop(1, StopReason::Step));
    bench.told(["event stopped step thread 1"]);
    let body = bench.ask("evaluate", json!({ "expression": ".total" }));
    assert_eq!(body, json!({ "result": "42", "variablesReference": 0 }));
}

/// A stopped session whose input is a list of `total` items, of which the host lists at most
/// `most` at a time. Its reference is 1.
fn with_list(total: u64, most: u64) -> Bench {
    let mut bench = Bench::stopped();
    bench.on::<control::Scopes>(move |_| {
        let children = Children { named: 0, indexed: total };
        let scope = control::ScopeInfo { scope: control::Scope::Input, expensive: false, children };
        Ok(control::ScopeList { scopes: vec![scope] })
    });
    bench.on::<control::Variables>(move |params| {
        let end = (params.start + params.count.unwrap().min(most)).min(total);
        let item = |index: u64| control::Variable { step: Some(PathStep::Index(index)), ..variable(&index.to_string(), "0", 0, 0) };
        Ok(control::VariableList { variables: (params.start..end).map(item).collect() })
    });
    let body = bench.ask("scopes", json!({ "frameId": 1 }));
    assert_eq!(body["scopes"][0]["indexedVariables"].as_u64().unwrap_or(0), total);
    bench
}

/// The first and last name of a page, and how many there are.
fn page(bench: &mut Bench, arguments: serde_json::Value) -> (String, String, usize) {
    let body = bench.ask("variables", arguments);
    let list = body["variables"].as_array().unwrap();
    let name = |at: Option<&serde_json::Value>| at.map_or(String::new(), |one| one["name"].as_str().unwrap().to_owned());
    (name(list.first()), name(list.last()), list.len())
}

#[test]
fn long_lists_come_in_pages() {
    let mut bench = with_list(25_000, 1_000);
    let asked = json!({ "variablesReference": 1, "filter": "indexed", "start": 24_900, "count": 500 });
    assert_eq!(page(&mut bench, asked), ("24900".into(), "24999".into(), 100));
    let asked = json!({ "variablesReference": 1, "start": 3, "count": 2_500 });
    assert_eq!(page(&mut bench, asked), ("3".into(), "2502".into(), 2_500));
    let asked = json!({ "variablesReference": 1, "start": 30_000, "count": 5 });
    assert_eq!(page(&mut bench, asked), (String::new(), String::new(), 0));
    let asked = json!({ "variablesReference": 1, "filter": "named" });
    assert_eq!(page(&mut bench, asked), (String::new(), String::new(), 0));
}

#[test]
fn a_client_that_asks_for_all_is_told_what_is_not_shown() {
    let mut bench = with_list(25_000, 10_000);
    let body = bench.ask("variables", json!({ "variablesReference": 1 }));
    let list = body["variables"].as_array().unwrap();
    assert_eq!(list.len(), 10_001);
    assert_eq!(list[10_000]["value"], "15000 more are not shown");
}

#[test]
fn a_scope_that_is_a_plain_value_shows_it_and_can_be_set() {
    let mut bench = with_list(0, 10);
    bench.on::<control::Variables>(|_| {
        let value = control::Variable { step: None, ..variable("input", "42", 0, 0) };
        Ok(control::VariableList { variables: vec![value] })
    });
    let body = bench.ask("variables", json!({ "variablesReference": 1 }));
    assert_eq!(body["variables"][0]["value"], "42");
    bench.host_was_asked([
        r#"debug.scopes {"execution":"E1","frame":{"branch":1,"depth":1}}"#,
        r#"debug.variables {"execution":"E1","frame":{"branch":1,"depth":1},"root":{"scope":"input"},"path":[],"start":0,"count":1}"#,
    ]);
    bench.ask("setVariable", json!({ "variablesReference": 1, "name": "input", "value": "43" }));
    bench.host_was_asked([r#"debug.setVariable {"execution":"E1","frame":{"branch":1,"depth":1},"scope":"input","path":[],"value":"43"}"#]);
}

#[test]
fn expressions_are_evaluated_in_a_frame() {
    let mut bench = Bench::stopped();
    bench.on::<control::Evaluate>(|params| Ok(control::Variable { step: None, ..variable(&params.expression, "[1,2]", 0, 2) }));
    let body = bench.ask("evaluate", json!({ "expression": "[1,2]", "frameId": 2, "context": "watch" }));
    assert_eq!(body, json!({ "result": "[1,2]", "type": "array", "variablesReference": 1, "indexedVariables": 2 }));
    bench.ask("variables", json!({ "variablesReference": 1, "count": 1 }));
    bench.ask("evaluate", json!({ "expression": ".", "frameId": 1, "context": "clipboard" }));
    // Without a frame the host chooses one, and children cannot be asked for.
    let body = bench.ask("evaluate", json!({ "expression": "." }));
    assert_eq!(body["variablesReference"], 0);
    bench.host_was_asked([
        r#"debug.evaluate {"execution":"E1","frame":{"branch":1,"depth":0},"expression":"[1,2]","whole":false}"#,
        r#"debug.variables {"execution":"E1","frame":{"branch":1,"depth":0},"root":{"expression":"[1,2]"},"path":[],"start":0,"count":1}"#,
        r#"debug.evaluate {"execution":"E1","frame":{"branch":1,"depth":1},"expression":".","whole":true}"#,
        r#"debug.evaluate {"execution":"E1","expression":".","whole":false}"#,
    ]);
}

#[test]
fn a_wrong_expression_says_what_is_wrong() {
    let mut bench = Bench::stopped();
    bench.on::<control::Evaluate>(|_| Err(refusal(code::EXPRESSION, "unexpected end of {")));
    let (id, text) = bench.refused("evaluate", json!({ "expression": "{", "frameId": 1 }));
    assert_eq!((id, text.as_str()), (3002, "unexpected end of {"));
}

#[test]
fn values_are_replaced_where_they_are() {
    let mut bench = Bench::stopped();
    bench.ask("scopes", json!({ "frameId": 1 }));
    bench.ask("variables", json!({ "variablesReference": 1 }));
    bench.host_was_asked([
        r#"debug.scopes {"execution":"E1","frame":{"branch":1,"depth":1}}"#,
        r#"debug.variables {"execution":"E1","frame":{"branch":1,"depth":1},"root":{"scope":"input"},"path":[],"start":0,"count":2}"#,
    ]);
    let body = bench.ask("setVariable", json!({ "variablesReference": 1, "name": "total", "value": "7" }));
    assert_eq!(body, json!({ "value": "7", "type": "number", "variablesReference": 0 }));
    bench.ask("setVariable", json!({ "variablesReference": 3, "name": "1", "value": "\"c\"" }));
    bench.host_was_asked([
        r#"debug.setVariable {"execution":"E1","frame":{"branch":1,"depth":1},"scope":"input","path":["total"],"value":"7"}"#,
        r#"debug.setVariable {"execution":"E1","frame":{"branch":1,"depth":1},"scope":"input","path":["items",1],"value":"\"c\""}"#,
    ]);
    let wrong = json!({ "variablesReference": 3, "name": "x", "value": "1" });
    assert_eq!(bench.refused("setVariable", wrong), (1010, "`x` is not an index of a list".into()));
}

#[test]
fn values_of_an_expression_cannot_be_replaced() {
    let mut bench = Bench::stopped();
    bench.on::<control::Evaluate>(|_| Ok(variable("x", "{}", 1, 0)));
    bench.ask("evaluate", json!({ "expression": ".", "frameId": 1 }));
    let arguments = json!({ "variablesReference": 1, "name": "a", "value": "1" });
    let (id, text) = bench.refused("setVariable", arguments);
    assert_eq!(id, 1010);
    assert!(text.contains("not those of an expression"), "{text}");
}

#[test]
fn an_error_is_described() {
    let mut bench = Bench::running();
    bench.notice(Notice::Stopped {
        branch: 1,
        reason: StopReason::Exception,
        breakpoints: Vec::new(),
        description: "Paused on an uncaught error".into(),
        text: Some("Communication error: bank.example is down".into()),
        all: true,
    });
    let body = &bench.messages()[0]["body"];
    assert_eq!(body["reason"], "exception");
    assert_eq!(body["text"], "Communication error: bank.example is down");
    assert_eq!(
        bench.ask("exceptionInfo", json!({ "threadId": 1 })),
        json!({
            "exceptionId": "https://open-workflow-specification.org/errors/communication",
            "description": "Communication error: bank.example is down",
            "breakMode": "unhandled",
            "details": {
                "message": "status 503, at /do/0/charge, attempt 2, not caught",
                "typeName": "communication",
                "fullTypeName": "https://open-workflow-specification.org/errors/communication",
                "stackTrace": "charge (order.yaml:10)\norder (order.yaml:1)",
            },
        })
    );
}

#[test]
fn a_request_that_only_looks_can_be_cancelled() {
    let mut bench = Bench::stopped();
    bench.slow_host();
    let looks = bench.send("threads", json!({}));
    let moves = bench.send("next", json!({ "threadId": 1 }));
    bench.send("cancel", json!({ "requestId": looks }));
    bench.send("cancel", json!({ "requestId": moves }));
    bench.send("cancel", json!({ "requestId": 99_999 }));
    bench.send("cancel", json!(null));
    bench.told(["threads error 1006: the request was cancelled", "cancel ok", "cancel ok", "cancel ok", "cancel ok"]);
    bench.answer_one();
    bench.told([]);
    bench.answer_one();
    bench.told(["next ok"]);
}
