//! From the first word to the first task.

use flowdbg_adapter::{Inbox, Phase};
use flowdbg_protocol::control::{self, Diagnostic, Severity, StopReason, code};
use serde_json::json;

use super::support::{Bench, range, refusal, stop};

#[test]
fn a_session_from_hello_to_entry() {
    let mut bench = Bench::new();
    let capabilities = bench.ask("initialize", json!({ "adapterID": "flowdbg" }));
    assert_eq!(capabilities["supportsConfigurationDoneRequest"], true);
    bench.host_was_asked([]);

    bench.send("launch", json!({ "program": "/tmp/order.yaml", "input": { "total": 42 }, "stopOnEntry": true }));
    bench.told(["event initialized", "launch ok"]);
    bench.host_was_asked([
        r#"execution.start {"program":"/tmp/order.yaml","input":{"total":42},"hold":true,"stopOnEntry":true}"#,
        "watch E1",
    ]);

    bench.send("configurationDone", json!({}));
    bench.told(["configurationDone ok"]);
    bench.host_was_asked([r#"execution.release {"execution":"E1"}"#]);

    bench.notice(stop(1, StopReason::Entry));
    bench.told(["event stopped entry thread 1"]);
}

#[test]
fn breakpoints_set_before_the_launch_are_bound_by_it() {
    let mut bench = Bench::initialized();
    let body = bench.ask("setBreakpoints", json!({ "source": { "path": "/tmp/order.yaml" }, "breakpoints": [{ "line": 10 }] }));
    assert_eq!(body["breakpoints"][0]["verified"], false);
    assert_eq!(body["breakpoints"][0]["reason"], "pending");
    assert_eq!(body["breakpoints"][0]["message"], "waits for the workflow to be launched");
    let body = bench.ask("setExceptionBreakpoints", json!({ "filters": ["uncaught"] }));
    assert_eq!(body["breakpoints"][0]["verified"], true);
    bench.host_was_asked([]);

    bench.send("launch", json!({ "program": "/tmp/order.yaml" }));
    bench.told(["event initialized", "launch ok", "event breakpoint 1 verified line 10"]);
    bench.host_was_asked([
        r#"execution.start {"program":"/tmp/order.yaml","input":null,"hold":true,"stopOnEntry":false}"#,
        "watch E1",
        r#"breakpoints.set {"execution":"E1","path":"/tmp/order.yaml","breakpoints":[{"line":9}]}"#,
        r#"exceptionFilters.set {"execution":"E1","filters":["uncaught"]}"#,
    ]);
}

#[test]
fn breakpoints_say_where_they_went() {
    let mut bench = Bench::configuring();
    bench.on::<control::SetBreakpoints>(|_| {
        let bound = control::Breakpoint {
            id: 70,
            verified: true,
            message: Some("moved to the task's first line".into()),
            range: Some(range(11, 6, 11, 12)),
            reference: None,
        };
        let unbound = control::Breakpoint {
            id: 71,
            verified: false,
            message: Some("there is no task on this line".into()),
            range: None,
            reference: None,
        };
        Ok(control::Breakpoints { breakpoints: vec![bound, unbound] })
    });
    bench.host_was_asked([r#"execution.start {"program":"/tmp/order.yaml","input":null,"hold":true,"stopOnEntry":false}"#, "watch E1"]);
    let body = bench.ask(
        "setBreakpoints",
        json!({ "source": { "path": "/tmp/order.yaml" }, "breakpoints": [
            { "line": 10, "column": 4, "condition": ".total > 10", "hitCondition": "3" },
            { "line": 30.0, "logMessage": "total {.total}", "condition": "" },
        ] }),
    );
    bench.host_was_asked([
        r#"breakpoints.set {"execution":"E1","path":"/tmp/order.yaml","breakpoints":[{"line":9,"column":3,"condition":".total > 10","hitCondition":"3"},{"line":29,"logMessage":"total {.total}"}]}"#,
    ]);
    assert_eq!(
        body["breakpoints"],
        json!([
            {
                "id": 1, "verified": true, "message": "moved to the task's first line",
                "source": { "name": "order.yaml", "path": "/tmp/order.yaml" },
                "line": 12, "column": 7, "endLine": 12, "endColumn": 13,
            },
            {
                "id": 2, "verified": false, "message": "there is no task on this line",
                "source": { "name": "order.yaml", "path": "/tmp/order.yaml" },
                "line": 30, "reason": "failed",
            },
        ])
    );
}

#[test]
fn the_old_form_of_breakpoints_is_understood() {
    let mut bench = Bench::configuring();
    let body = bench.ask("setBreakpoints", json!({ "source": { "path": "/tmp/order.yaml" }, "lines": [4.0, 7] }));
    assert_eq!(body["breakpoints"][1]["line"], 7);
    let (id, text) = bench.refused("setBreakpoints", json!({ "source": { "sourceReference": 3 } }));
    assert_eq!(id, 1002);
    assert!(text.contains("`source` has no `path`"), "{text}");
}

#[test]
fn a_client_that_counts_from_zero_and_speaks_in_addresses() {
    let mut bench = Bench::new();
    bench.ask(
        "initialize",
        json!({
            "adapterID": "flowdbg", "pathFormat": "uri",
            "linesStartAt1": false, "columnsStartAt1": false,
        }),
    );
    bench.send("launch", json!({ "program": "file:///tmp/my%20order.yaml" }));
    bench.told(["event initialized", "launch ok"]);
    let body = bench.ask("setBreakpoints", json!({ "source": { "path": "file:///tmp/my%20order.yaml" }, "breakpoints": [{ "line": 9 }] }));
    assert_eq!(body["breakpoints"][0]["source"]["path"], "file:///tmp/my%20order.yaml");
    assert_eq!(body["breakpoints"][0]["line"], 9);
    bench.host_was_asked([
        r#"execution.start {"program":"/tmp/my order.yaml","input":null,"hold":true,"stopOnEntry":false}"#,
        "watch E1",
        r#"breakpoints.set {"execution":"E1","path":"/tmp/my order.yaml","breakpoints":[{"line":9}]}"#,
    ]);
}

#[test]
fn running_without_debugging_uses_no_breakpoints() {
    let mut bench = Bench::initialized();
    let breakpoints = json!({ "source": { "path": "/tmp/order.yaml" }, "breakpoints": [{ "line": 10 }] });
    bench.ask("setBreakpoints", breakpoints.clone());
    bench.send("launch", json!({ "program": "/tmp/order.yaml", "noDebug": true, "stopOnEntry": true }));
    bench.told(["event initialized", "launch ok"]);
    let body = bench.ask("setBreakpoints", breakpoints);
    assert_eq!(body["breakpoints"][0]["message"], "the workflow runs without debugging (noDebug)");
    bench.ask("setExceptionBreakpoints", json!({ "filters": ["uncaught"] }));
    bench.ask("configurationDone", json!({}));
    bench.host_was_asked([
        r#"execution.start {"program":"/tmp/order.yaml","input":null,"hold":true,"stopOnEntry":false}"#,
        "watch E1",
        r#"execution.release {"execution":"E1"}"#,
    ]);
}

#[test]
fn the_input_may_be_json_text() {
    let started_with = |input: serde_json::Value| {
        let mut bench = Bench::initialized();
        bench.on::<control::Start>(move |params| Err(refusal(1, &params.input.to_string())));
        bench.refused("launch", json!({ "program": "order.yaml", "input": input })).1
    };
    assert_eq!(started_with(json!("{\"total\": 42}")), r#"{"total":42}"#);
    assert_eq!(started_with(json!("\"text\"")), r#""text""#);
    assert_eq!(started_with(json!([1, null])), "[1,null]");
    assert_eq!(started_with(json!("  ")), "null");
    let broken = started_with(json!("{total: 42}"));
    assert!(broken.contains("is a string that is not JSON text: key must be a string"), "{broken}");
    assert!(started_with(json!("@input.json")).contains("is not JSON text"));
}

#[test]
fn a_relative_program_is_in_cwd() {
    let mut bench = Bench::initialized();
    bench.send("launch", json!({ "program": "order.yaml", "cwd": "/tmp/flows/", "other": [1] }));
    bench.told(["event initialized", "launch ok"]);
    bench.host_was_asked([
        r#"execution.start {"program":"/tmp/flows/order.yaml","input":null,"hold":true,"stopOnEntry":false}"#,
        "watch E1",
    ]);
}

#[test]
fn a_launch_without_a_program_says_so() {
    let mut bench = Bench::initialized();
    for arguments in [json!({}), json!(null), json!({ "program": " " })] {
        let (id, text) = bench.refused("launch", arguments);
        assert_eq!(id, 2000);
        assert!(text.contains("has no `program`"), "{text}");
    }
    let (id, text) = bench.refused("launch", json!({ "program": 5 }));
    assert_eq!(id, 2000);
    assert!(text.contains("bad arguments for `launch`"), "{text}");
}

#[test]
fn a_workflow_with_errors_is_not_launched_and_lists_them() {
    let mut bench = Bench::initialized();
    bench.on::<control::Start>(|_| {
        let diagnostic = |line, code: &str, message: &str| Diagnostic {
            path: "/tmp/order.yaml".into(),
            range: range(line, 4, line, 9),
            severity: Severity::Error,
            code: code.into(),
            message: message.into(),
        };
        let diagnostics = [diagnostic(2, "OW0101", "unknown task"), diagnostic(7, "OW0102", "no such target")];
        Err(control::ControlError {
            code: code::INVALID_WORKFLOW,
            message: "the workflow has errors".into(),
            data: Some(json!({ "diagnostics": diagnostics })),
        })
    });
    bench.send("launch", json!({ "program": "/tmp/order.yaml" }));
    let messages = bench.messages();
    let error = &messages[0]["body"]["error"];
    assert_eq!(messages.len(), 1);
    assert_eq!((&error["id"], &error["showUser"]), (&json!(2001), &json!(true)));
    assert_eq!(
        error["format"],
        "the workflow has errors:\n\
         /tmp/order.yaml:3:5: [OW0101] unknown task\n\
         /tmp/order.yaml:8:5: [OW0102] no such target"
    );
    // The mended file can be launched in the same session.
    bench.on::<control::Start>(|_| Ok(control::Started { execution: "E2".into(), diagnostics: Vec::new() }));
    bench.send("launch", json!({ "program": "/tmp/order.yaml" }));
    bench.told(["event initialized", "launch ok"]);
}

#[test]
fn warnings_do_not_prevent_the_launch_and_are_printed() {
    let mut bench = Bench::initialized();
    bench.on::<control::Start>(|_| {
        let warning = Diagnostic {
            path: "/tmp/order.yaml".into(),
            range: range(0, 0, 0, 3),
            severity: Severity::Warning,
            code: "OW0300".into(),
            message: "never reached".into(),
        };
        Ok(control::Started { execution: "E1".into(), diagnostics: vec![warning] })
    });
    bench.send("launch", json!({ "program": "/tmp/order.yaml" }));
    bench.told(["event output console: /tmp/order.yaml:1:1: warning [OW0300] never reached", "event initialized", "launch ok"]);
}

#[test]
fn a_missing_file_is_named() {
    let mut bench = Bench::initialized();
    bench.on::<control::Start>(|_| Err(refusal(code::UNREADABLE, "no such file")));
    let (id, text) = bench.refused("launch", json!({ "program": "/tmp/nothing.yaml" }));
    assert_eq!(id, 2002);
    assert_eq!(text, "cannot read the workflow file /tmp/nothing.yaml: no such file");
    bench.on::<control::Start>(|_| Err(refusal(code::UNREADABLE, "cannot read /tmp/nothing.yaml: no such file")));
    let (_, text) = bench.refused("launch", json!({ "program": "/tmp/nothing.yaml" }));
    assert_eq!(text, "cannot read /tmp/nothing.yaml: no such file");
}

#[test]
fn requests_that_come_during_the_launch_wait_for_it() {
    let mut bench = Bench::initialized();
    bench.slow_host();
    bench.send("launch", json!({ "program": "/tmp/order.yaml" }));
    bench.send("configurationDone", json!({}));
    bench.send("threads", json!({}));
    bench.send("setBreakpoints", json!({ "source": { "path": "/tmp/order.yaml" }, "breakpoints": [{ "line": 10 }] }));
    bench.told(["setBreakpoints ok"]);
    assert_eq!(bench.phase(), Phase::Launching);
    bench.answer_one();
    bench.told(["event initialized", "launch ok"]);
    bench.answer_one();
    bench.told(["event breakpoint 1 verified line 10"]);
    bench.answer_one();
    bench.answer_one();
    bench.told(["configurationDone ok", "threads ok"]);
}

#[test]
fn requests_that_waited_for_a_failed_launch_are_refused() {
    let mut bench = Bench::initialized();
    bench.slow_host();
    bench.on::<control::Start>(|_| Err(refusal(code::UNREADABLE, "no such file")));
    bench.send("launch", json!({ "program": "a.yaml" }));
    bench.send("configurationDone", json!({}));
    bench.send("disconnect", json!({}));
    bench.answer_one();
    bench.told([
        "launch error 2002: cannot read the workflow file a.yaml: no such file",
        "configurationDone error 1003: `configurationDone` is not possible now: the session is \
         initialized; launch a workflow first",
        "disconnect ok",
    ]);
    assert!(bench.closed);
}

#[test]
fn a_release_that_fails_can_be_tried_again() {
    let mut bench = Bench::configuring();
    bench.on::<control::Release>(|_| Err(refusal(-32603, "out of memory")));
    let (id, text) = bench.refused("configurationDone", json!({}));
    assert_eq!((id, text.as_str()), (3000, "out of memory"));
    assert_eq!(bench.phase(), Phase::Configuring);
}

#[test]
fn an_unknown_exception_filter_is_named() {
    let mut bench = Bench::initialized();
    let (id, text) = bench.refused("setExceptionBreakpoints", json!({ "filters": ["all"] }));
    assert_eq!(id, 1009);
    assert_eq!(text, "there is no exception filter `all`; there are: uncaught");
    bench.ask("setExceptionBreakpoints", json!({ "filters": null, "filterOptions": [{ "filterId": "uncaught" }] }));
}

#[test]
fn a_client_that_goes_away_during_the_launch_leaves_nothing_running() {
    let mut bench = Bench::initialized();
    bench.slow_host();
    bench.send("launch", json!({ "program": "/tmp/order.yaml" }));
    bench.put(Inbox::ClientGone);
    assert!(!bench.closed);
    bench.answer_one();
    assert!(bench.closed);
    bench.told(["event initialized", "launch ok"]);
    bench.host_was_asked([
        r#"execution.start {"program":"/tmp/order.yaml","input":null,"hold":true,"stopOnEntry":false}"#,
        "watch E1",
        r#"execution.cancel {"execution":"E1"}"#,
    ]);
}
