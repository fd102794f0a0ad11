//! The end: by itself, by fault, by `terminate`, by `disconnect`.

use flowdbg_adapter::{Inbox, Phase};
use flowdbg_protocol::control::{self, Notice, Phase as Status, StopReason, code};
use serde_json::json;

use super::support::{Bench, refusal, stop};

#[test]
fn a_completed_execution_prints_its_output() {
    let mut bench = Bench::running();
    bench.notice(Notice::Ended { phase: Status::Completed, output: Some(json!({ "state": "paid", "items": [1] })), error: None });
    bench.told(["event output stdout: {\n  \"state\": \"paid\",\n  \"items\": [\n    1\n  ]\n}", "event exited 0", "event terminated"]);
    assert_eq!(bench.phase(), Phase::Ended);
}

#[test]
fn a_faulted_execution_prints_the_problem() {
    let mut bench = Bench::running();
    bench.notice(Notice::Ended { phase: Status::Faulted, output: None, error: Some(json!({ "title": "Timeout", "status": 408 })) });
    bench.told(["event output stderr: {\n  \"title\": \"Timeout\",\n  \"status\": 408\n}", "event exited 1", "event terminated"]);
}

#[test]
fn after_the_end_there_is_nothing_but_replies() {
    let mut bench = Bench::ended();
    bench.notice(stop(1, StopReason::Step));
    bench.notice(Notice::Continued { branch: None });
    bench.notice(Notice::Ended { phase: Status::Completed, output: None, error: None });
    bench.put(Inbox::Lost { reason: "closed".into() });
    bench.told([]);
    let (id, text) = bench.refused("next", json!({ "threadId": 1 }));
    assert_eq!(id, 1003);
    assert_eq!(text, "`next` is not possible now: the execution is over; start a new session to debug again");
    let body = bench.ask("setBreakpoints", json!({ "source": { "path": "/tmp/a.yaml" }, "breakpoints": [{ "line": 3 }] }));
    assert_eq!(body["breakpoints"][0]["message"], "the execution is over");
    bench.ask("terminate", json!({}));
    bench.ask("disconnect", json!({}));
    assert!(bench.closed);
}

#[test]
fn terminate_cancels_and_waits_for_the_end() {
    let mut bench = Bench::stopped();
    bench.slow_host();
    bench.send("terminate", json!({}));
    bench.notice(Notice::Ended { phase: Status::Cancelled, output: None, error: None });
    bench.told([]);
    bench.answer_one();
    bench.told(["terminate ok", "event exited 2", "event terminated"]);
    bench.host_was_asked([r#"execution.cancel {"execution":"E1"}"#]);
}

#[test]
fn terminate_of_what_just_ended_succeeds() {
    let mut bench = Bench::running();
    bench.on::<control::Cancel>(|_| Err(refusal(code::ENDED, "the execution is over")));
    bench.ask("terminate", json!({}));
    bench.on::<control::Cancel>(|_| Err(refusal(code::FORBIDDEN, "watch only")));
    assert_eq!(bench.refused("terminate", json!({})), (3004, "watch only".into()));
}

#[test]
fn disconnect_cancels_the_execution() {
    let mut bench = Bench::stopped();
    bench.slow_host();
    bench.send("disconnect", json!({ "restart": false }));
    bench.notice(Notice::Ended { phase: Status::Cancelled, output: None, error: None });
    bench.send("threads", json!({}));
    bench.told(["threads error 1003: `threads` is not possible now: the session is being disconnected"]);
    bench.answer_one();
    bench.told(["disconnect ok"]);
    assert!(bench.closed);
    bench.host_was_asked([r#"execution.cancel {"execution":"E1"}"#]);
    bench.notice(stop(1, StopReason::Step));
    bench.put(Inbox::ClientGone);
    bench.told([]);
}

#[test]
fn a_second_disconnect_does_not_overtake_the_first() {
    let mut bench = Bench::running();
    bench.slow_host();
    bench.send("disconnect", json!({}));
    assert_eq!(bench.refused("disconnect", json!({})).0, 1003);
    assert!(!bench.closed);
    bench.answer_one();
    bench.told(["disconnect ok"]);
    assert!(bench.closed);
}

#[test]
fn disconnect_may_leave_the_execution_at_work() {
    let mut bench = Bench::stopped();
    bench.ask("setBreakpoints", json!({ "source": { "path": "/tmp/a.yaml" }, "breakpoints": [{ "line": 3 }] }));
    bench.ask("disconnect", json!({ "terminateDebuggee": false }));
    bench.host_was_asked([
        r#"breakpoints.set {"execution":"E1","path":"/tmp/a.yaml","breakpoints":[{"line":2}]}"#,
        r#"breakpoints.set {"execution":"E1","path":"/tmp/a.yaml","breakpoints":[]}"#,
        r#"exceptionFilters.set {"execution":"E1","filters":[]}"#,
        r#"debug.continue {"execution":"E1"}"#,
    ]);
    assert!(bench.closed);
}

#[test]
fn disconnect_may_leave_an_execution_that_has_not_begun() {
    let mut bench = Bench::configuring();
    bench.ask("disconnect", json!({ "terminateDebuggee": false }));
    bench.host_was_asked([
        r#"execution.start {"program":"/tmp/order.yaml","input":null,"hold":true,"stopOnEntry":false}"#,
        "watch E1",
        r#"exceptionFilters.set {"execution":"E1","filters":[]}"#,
        r#"execution.release {"execution":"E1"}"#,
    ]);
    assert!(bench.closed);
}

#[test]
fn disconnect_is_possible_at_any_time() {
    for mut bench in [Bench::new(), Bench::initialized(), Bench::configuring(), Bench::ended()] {
        bench.ask("disconnect", json!(null));
        assert!(bench.closed);
    }
}

#[test]
fn what_still_waits_at_a_disconnect_is_answered() {
    let mut bench = Bench::stopped();
    bench.slow_host();
    bench.on::<control::Variables>(|_| Ok(control::VariableList { variables: vec![super::support::variable("a", "1", 0, 0)] }));
    bench.send("scopes", json!({ "frameId": 1 }));
    bench.answer_one();
    bench.send("variables", json!({ "variablesReference": 1 }));
    bench.send("disconnect", json!({}));
    bench.told(["scopes ok"]);
    // The page is not full, so the rest is asked for behind the cancel.
    bench.answer_one();
    bench.answer_one();
    bench.told(["variables error 1006: the request was cancelled", "disconnect ok"]);
    assert!(bench.closed);
}

#[test]
fn a_client_that_goes_away_cancels_the_execution() {
    let mut bench = Bench::stopped();
    bench.put(Inbox::ClientGone);
    assert!(bench.closed);
    bench.host_was_asked([r#"execution.cancel {"execution":"E1"}"#]);
    let mut bench = Bench::initialized();
    bench.put(Inbox::ClientGone);
    assert!(bench.closed);
    bench.host_was_asked([]);
}
