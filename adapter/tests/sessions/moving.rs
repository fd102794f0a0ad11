//! Going on: continue, steps, pause, and what is told when.

use flowdbg_protocol::control::{self, Notice, OutputCategory, Position, StopReason, code};
use serde_json::{Value, json};

use super::support::{Bench, refusal, stop};

#[test]
fn steps_go_as_far_as_asked() {
    let mut bench = Bench::stopped();
    let steps = [
        ("next", json!({ "threadId": 1 })),
        ("next", json!({ "threadId": 1, "granularity": "line", "singleThread": true })),
        ("stepIn", json!({ "threadId": 1, "granularity": "statement", "targetId": 1 })),
        ("stepOut", json!({ "threadId": 1, "granularity": "instruction" })),
    ];
    for (command, arguments) in steps {
        assert_eq!(bench.ask(command, arguments), Value::Null);
    }
    bench.host_was_asked([
        r#"debug.step {"execution":"E1","branch":1,"kind":"over","granularity":"task","single":false}"#,
        r#"debug.step {"execution":"E1","branch":1,"kind":"over","granularity":"task","single":true}"#,
        r#"debug.step {"execution":"E1","branch":1,"kind":"in","granularity":"task","single":false}"#,
        r#"debug.step {"execution":"E1","branch":1,"kind":"out","granularity":"stage","single":false}"#,
    ]);
}

#[test]
fn continue_lets_all_go_or_one() {
    let mut bench = Bench::stopped();
    let body = bench.ask("continue", json!({ "threadId": 1 }));
    assert_eq!(body, json!({ "allThreadsContinued": true }));
    let body = bench.ask("continue", json!({ "threadId": 1, "singleThread": true }));
    assert_eq!(body, json!({ "allThreadsContinued": false }));
    bench.host_was_asked([r#"debug.continue {"execution":"E1"}"#, r#"debug.continue {"execution":"E1","branch":1}"#]);
}

#[test]
fn a_pause_is_for_a_branch_or_for_any() {
    let mut bench = Bench::running();
    bench.ask("pause", json!({ "threadId": 2 }));
    bench.ask("pause", json!({ "threadId": 0 }));
    bench.host_was_asked([r#"debug.pause {"execution":"E1","branch":2}"#, r#"debug.pause {"execution":"E1"}"#]);
    bench.notice(stop(2, StopReason::Pause));
    bench.told(["event stopped pause thread 2"]);
}

#[test]
fn no_stop_overtakes_the_reply_to_the_step_that_led_to_it() {
    let mut bench = Bench::stopped();
    bench.slow_host();
    bench.send("next", json!({ "threadId": 1 }));
    bench.notice(Notice::Output { category: OutputCategory::Stdout, text: "charged\n".into(), path: None, position: None });
    bench.notice(stop(1, StopReason::Step));
    bench.told([]);
    bench.answer_one();
    bench.told(["next ok", "event output stdout: charged", "event stopped step thread 1"]);
}

#[test]
fn two_requests_under_way_hold_the_stop_back_until_both_are_answered() {
    let mut bench = Bench::stopped();
    bench.slow_host();
    bench.send("continue", json!({ "threadId": 1 }));
    bench.send("pause", json!({ "threadId": 1 }));
    bench.notice(stop(1, StopReason::Pause));
    bench.answer_one();
    bench.told(["continue ok"]);
    bench.answer_one();
    bench.told(["pause ok", "event stopped pause thread 1"]);
}

#[test]
fn frames_and_values_die_with_a_resume() {
    let mut bench = Bench::stopped();
    bench.ask("scopes", json!({ "frameId": 1 }));
    bench.ask("next", json!({ "threadId": 1 }));
    bench.notice(stop(1, StopReason::Step));
    bench.told(["event stopped step thread 1"]);
    let stale = "frame 1 is no longer valid: the execution went on";
    assert_eq!(bench.refused("scopes", json!({ "frameId": 1 })), (1004, stale.into()));
    let (id, _) = bench.refused("evaluate", json!({ "frameId": 1, "expression": "." }));
    assert_eq!(id, 1004);
    let stale = "variablesReference 1 is no longer valid: the execution went on";
    assert_eq!(bench.refused("variables", json!({ "variablesReference": 1 })), (1004, stale.into()));
    let arguments = json!({ "variablesReference": 1, "name": "total", "value": "1" });
    assert_eq!(bench.refused("setVariable", arguments), (1004, stale.into()));
    let never = "there is no variablesReference 900";
    assert_eq!(bench.refused("variables", json!({ "variablesReference": 900 })), (1005, never.into()));
    // New ones are given out at the new stop.
    let body = bench.ask("stackTrace", json!({ "threadId": 1 }));
    bench.ask("scopes", json!({ "frameId": body["stackFrames"][0]["id"] }));
}

#[test]
fn a_refused_step_leaves_them_alive() {
    let mut bench = Bench::stopped();
    bench.on::<control::Step>(|_| Err(refusal(code::NOT_SUSPENDED, "branch 2 is running")));
    let (id, _) = bench.refused("next", json!({ "threadId": 2 }));
    assert_eq!(id, 3001);
    bench.ask("scopes", json!({ "frameId": 1 }));
}

#[test]
fn stepping_one_branch_leaves_the_frames_of_others_alive() {
    let mut bench = Bench::stopped();
    let other = bench.ask("stackTrace", json!({ "threadId": 2 }));
    bench.ask("next", json!({ "threadId": 2, "singleThread": true }));
    assert_eq!(bench.refused("scopes", json!({ "frameId": other["stackFrames"][0]["id"] })).0, 1004);
    bench.ask("scopes", json!({ "frameId": 1 }));
}

#[test]
fn another_client_may_let_it_go_on() {
    let mut bench = Bench::stopped();
    bench.notice(Notice::Continued { branch: None });
    bench.told(["event continued 1"]);
    assert_eq!(bench.refused("scopes", json!({ "frameId": 1 })).0, 1004);
}

#[test]
fn hit_breakpoints_are_named_as_the_client_knows_them() {
    let mut bench = Bench::running();
    let body = bench.ask("setBreakpoints", json!({ "source": { "path": "/tmp/a.yaml" }, "breakpoints": [{ "line": 3 }, { "line": 5 }] }));
    bench.notice(Notice::Stopped {
        branch: 1,
        reason: StopReason::Breakpoint,
        breakpoints: vec![71],
        description: "Paused at a breakpoint".into(),
        text: None,
        all: false,
    });
    let stopped = &bench.messages()[0]["body"];
    assert_eq!(stopped["hitBreakpointIds"], json!([body["breakpoints"][1]["id"]]));
    assert_eq!(stopped["allThreadsStopped"], false);
    assert_eq!(stopped["description"], "Paused at a breakpoint");
}

#[test]
fn branches_come_and_go() {
    let mut bench = Bench::running();
    bench.notice(Notice::BranchStarted { branch: 2 });
    bench.notice(Notice::BranchExited { branch: 2 });
    bench.told(["event thread started 2", "event thread exited 2"]);
}

#[test]
fn output_says_where_it_comes_from() {
    let mut bench = Bench::running();
    bench.notice(Notice::Output {
        category: OutputCategory::Console,
        text: "total 42\n".into(),
        path: Some("/tmp/order.yaml".into()),
        position: Some(Position { line: 9, character: 6 }),
    });
    assert_eq!(
        bench.messages()[0]["body"],
        json!({
            "category": "console", "output": "total 42\n", "line": 10, "column": 7,
            "source": { "name": "order.yaml", "path": "/tmp/order.yaml" },
        })
    );
    for (category, shown) in [(OutputCategory::Stderr, "event output stderr: x"), (OutputCategory::Important, "event output important: x")]
    {
        bench.notice(Notice::Output { category, text: "x\n".into(), path: None, position: None });
        bench.told([shown]);
    }
}
