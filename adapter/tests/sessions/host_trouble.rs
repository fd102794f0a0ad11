//! A host that is lost or speaks another language, and a client that speaks none.

use flowdbg_adapter::{Inbox, Phase};
use flowdbg_protocol::control::{Notice, Phase as Status};
use serde_json::json;

use super::support::Bench;

fn lost() -> Inbox {
    Inbox::Lost { reason: "connection reset".into() }
}

#[test]
fn a_lost_host_ends_the_session_and_answers_what_waits() {
    let mut bench = Bench::stopped();
    bench.slow_host();
    bench.send("threads", json!({}));
    bench.send("next", json!({ "threadId": 1 }));
    bench.put(lost());
    bench.told([
        "threads error 3006: the connection to the engine host is lost: connection reset",
        "next error 3006: the connection to the engine host is lost: connection reset",
        "event output important: flowdbg: the connection to the engine host is lost: connection reset",
        "event terminated",
    ]);
    assert_eq!(bench.phase(), Phase::Ended);
    bench.put(lost());
    bench.told([]);
    bench.ask("disconnect", json!({}));
    assert!(bench.closed);
}

#[test]
fn a_host_lost_during_the_launch_fails_it() {
    let mut bench = Bench::initialized();
    bench.slow_host();
    bench.send("launch", json!({ "program": "/tmp/order.yaml" }));
    bench.send("configurationDone", json!({}));
    bench.put(lost());
    bench.told([
        "launch error 3006: the connection to the engine host is lost: connection reset",
        "configurationDone error 1003: `configurationDone` is not possible now: the session is \
         initialized; launch a workflow first",
    ]);
    // Nothing waits for a host that is known to be gone.
    let (id, _) = bench.refused("launch", json!({ "program": "/tmp/order.yaml" }));
    assert_eq!(id, 3006);
}

#[test]
fn a_host_lost_during_a_disconnect_does_not_hold_it_up() {
    let mut bench = Bench::running();
    bench.slow_host();
    bench.send("disconnect", json!({}));
    bench.put(lost());
    bench.told(["disconnect ok"]);
    assert!(bench.closed);
}

#[test]
fn an_end_that_was_held_back_is_told_when_the_host_is_lost() {
    let mut bench = Bench::running();
    bench.slow_host();
    bench.send("terminate", json!({}));
    bench.notice(Notice::Ended { phase: Status::Cancelled, output: None, error: None });
    bench.put(lost());
    bench.told(["terminate error 3006: the connection to the engine host is lost: connection reset", "event exited 2", "event terminated"]);
}

#[test]
fn an_answer_of_another_shape_fails_the_request_only() {
    let mut bench = Bench::stopped();
    bench.on_raw("debug.branches", json!({ "branches": 5 }));
    let (id, text) = bench.refused("threads", json!({}));
    assert_eq!(id, 3005);
    assert!(text.starts_with("the engine host answered debug.branches with something"), "{text}");
    bench.ask("scopes", json!({ "frameId": 1 }));

    let mut bench = Bench::initialized();
    bench.on_raw("execution.start", json!("E1"));
    assert_eq!(bench.refused("launch", json!({ "program": "a.yaml" })).0, 3005);
    assert_eq!(bench.phase(), Phase::Initialized);
}

#[test]
fn an_answer_that_nobody_waits_for_is_passed_over() {
    let mut bench = Bench::running();
    bench.put(Inbox::Answer { id: 4711, result: Ok(json!({})) });
    bench.told([]);
}

#[test]
fn an_unknown_command_is_answered() {
    let mut bench = Bench::running();
    let (id, text) = bench.refused("brew", json!({ "cups": 2 }));
    assert_eq!(id, 1000);
    assert_eq!(text, "unknown command `brew`: it is not part of the Debug Adapter Protocol");
    let (id, text) = bench.refused("readMemory", json!({}));
    assert_eq!(id, 1001);
    assert!(text.starts_with("`readMemory` is not supported by flowdbg"), "{text}");
}

#[test]
fn wrong_arguments_are_answered_with_their_fault() {
    let mut bench = Bench::stopped();
    let (id, text) = bench.refused("scopes", json!({}));
    assert_eq!(id, 1002);
    assert!(text.starts_with("bad arguments for `scopes`: missing field `frameId`"), "{text}");
    let (id, text) = bench.refused("next", json!({ "threadId": 1.5 }));
    assert_eq!(id, 1002);
    assert!(text.contains("expected an integer"), "{text}");
    assert_eq!(bench.refused("next", json!([])).0, 1002);
}

#[test]
fn a_message_that_is_none_is_answered_if_it_can_be() {
    let mut bench = Bench::initialized();
    bench.send_raw(r#"{"seq":50,"type":"ask","command":"next"}"#, Some((50, "next")));
    bench.told(["next error 1007: the `type` of a message is not one of request, response, event"]);
    bench.send_raw(r#"{"type":"request","command":"next"}"#, None);
    bench.told(["event output important: flowdbg: a request has no integer `seq`"]);
    // The session goes on.
    bench.send_raw(r#"{"seq":51,"type":"event","event":"x"}"#, None);
    bench.ask("threads", json!({}));
}

#[test]
fn whoever_does_not_speak_the_protocol_is_left() {
    let mut bench = Bench::new();
    bench.send_raw("hello", None);
    bench.told([]);
    assert!(bench.closed);
}
