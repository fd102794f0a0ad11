//! Walks the request table: every row is served in its phases and refused in the others.

use std::collections::{BTreeMap, BTreeSet};

use flowdbg_adapter::{Phase, REQUESTS};
use flowdbg_protocol::{
    control::{Notice, Phase as Status, StopReason},
    dap::types::COMMANDS,
};
use serde_json::{Value, json};

use super::{
    support::{Bench, stop},
    support_schema::{self as schema, VARIABLE},
};

/// Arguments that make each request succeed, in a session whose frame 1 and reference 1 exist.
fn examples() -> BTreeMap<&'static str, Value> {
    BTreeMap::from([
        ("initialize", json!({ "adapterID": "flowdbg" })),
        ("launch", json!({ "program": "/tmp/order.yaml" })),
        ("setBreakpoints", json!({ "source": { "path": "/tmp/order.yaml" }, "breakpoints": [] })),
        ("setExceptionBreakpoints", json!({ "filters": ["uncaught"] })),
        ("configurationDone", json!({})),
        ("threads", json!({})),
        ("stackTrace", json!({ "threadId": 1 })),
        ("scopes", json!({ "frameId": 1 })),
        ("variables", json!({ "variablesReference": 1 })),
        ("evaluate", json!({ "expression": ".total", "frameId": 1 })),
        ("setVariable", json!({ "variablesReference": 1, "name": "total", "value": "1" })),
        ("exceptionInfo", json!({ "threadId": 1 })),
        ("continue", json!({ "threadId": 1 })),
        ("next", json!({ "threadId": 1 })),
        ("stepIn", json!({ "threadId": 1 })),
        ("stepOut", json!({ "threadId": 1 })),
        ("pause", json!({ "threadId": 1 })),
        ("cancel", json!({ "requestId": 1 })),
        ("terminate", json!({})),
        ("disconnect", json!({})),
    ])
}

fn in_phase(phase: Phase) -> Option<Bench> {
    Some(match phase {
        Phase::New => Bench::new(),
        Phase::Initialized => Bench::initialized(),
        Phase::Launching => {
            let mut bench = Bench::initialized();
            bench.slow_host();
            bench.send("launch", json!({ "program": "/tmp/order.yaml" }));
            bench
        }
        Phase::Configuring => Bench::configuring(),
        Phase::Running => {
            let mut bench = Bench::stopped();
            bench.ask("scopes", json!({ "frameId": 1 }));
            bench
        }
        Phase::Ended => Bench::ended(),
        Phase::Leaving | Phase::Closed => return None,
    })
}

#[test]
fn every_row_has_an_example_and_a_line_for_the_reference_page() {
    let examples = examples();
    let rows: BTreeSet<&str> = REQUESTS.iter().map(|row| row.command).collect();
    assert_eq!(rows.len(), REQUESTS.len(), "a command has two rows");
    assert_eq!(rows, examples.keys().copied().collect());
    for row in REQUESTS {
        assert!(COMMANDS.contains(&row.command), "{} is not of the protocol", row.command);
        assert!(row.about.ends_with('.'), "{}: {}", row.command, row.about);
        assert!(!row.when.is_empty(), "{} is never served", row.command);
    }
}

#[test]
fn every_request_is_served_in_its_phases_and_refused_in_the_others() {
    let examples = examples();
    for row in REQUESTS {
        for phase in Phase::ALL {
            let Some(mut bench) = in_phase(*phase) else { continue };
            assert_eq!(bench.phase(), *phase);
            bench.send(row.command, examples[row.command].clone());
            let replies: Vec<Value> = bench.messages().into_iter().filter(|message| message["type"] == "response").collect();
            let what = format!("{} in {}: {replies:?}", row.command, phase.name());
            if row.when.contains(phase) {
                assert_eq!(replies.len(), 1, "{what}");
                assert_eq!(replies[0]["success"], true, "{what}");
            } else if *phase == Phase::Launching {
                assert!(replies.is_empty(), "{what}");
            } else {
                assert_eq!(replies.len(), 1, "{what}");
                assert_eq!(replies[0]["body"]["error"]["id"], 1003, "{what}");
            }
        }
    }
}

/// The bench holds every one of these sessions to the laws; nothing else is expected of them.
#[test]
fn any_two_requests_at_once_keep_the_laws() {
    let examples = examples();
    let mut sessions = 0;
    for phase in Phase::ALL {
        for (first, one) in &examples {
            for (second, other) in &examples {
                let Some(mut bench) = in_phase(*phase) else { continue };
                bench.slow_host();
                bench.send(first, one.clone());
                bench.notice(stop(1, StopReason::Pause));
                bench.send(second, other.clone());
                bench.notice(Notice::Ended { phase: Status::Cancelled, output: None, error: None });
                bench.settle();
                bench.messages();
                sessions += 1;
            }
        }
    }
    assert_eq!(sessions, Phase::ALL.len() * REQUESTS.len() * REQUESTS.len());
}

#[test]
fn a_session_can_move_between_threads() {
    let session = flowdbg_adapter::Session::new();
    let phase = std::thread::spawn(move || session.phase()).join().unwrap();
    assert_eq!(phase, Phase::New);
}

#[test]
fn every_example_is_allowed_by_the_schema() {
    for (command, arguments) in examples() {
        let (first, rest) = command.split_at(1);
        let definition = format!("{}{rest}Request", first.to_uppercase());
        let request = json!({ "seq": 1, "type": "request", "command": command, "arguments": arguments });
        assert_eq!(schema::faults(&definition, &request), Vec::<String>::new(), "{request}");
    }
}

#[test]
fn capabilities_are_true_only_for_what_is_served() {
    // Capabilities that are not called `supports…Request` after their request.
    let needs = BTreeMap::from([
        ("supportsConditionalBreakpoints", "setBreakpoints"),
        ("supportsHitConditionalBreakpoints", "setBreakpoints"),
        ("supportsLogPoints", "setBreakpoints"),
        ("exceptionBreakpointFilters", "setExceptionBreakpoints"),
        ("supportsEvaluateForHovers", "evaluate"),
        ("supportsClipboardContext", "evaluate"),
        ("supportsSetVariable", "setVariable"),
        ("supportTerminateDebuggee", "disconnect"),
        ("supportsDelayedStackTraceLoading", "stackTrace"),
        ("supportsSteppingGranularity", "next"),
        ("supportsSingleThreadExecutionRequests", "continue"),
    ]);
    let capabilities = Bench::new().ask("initialize", json!({ "adapterID": "flowdbg" }));
    let capabilities = capabilities.as_object().unwrap();
    for (name, value) in capabilities {
        assert!(*value == true || value.is_array(), "{name}: {value}");
        let command = match name.strip_prefix("supports").and_then(|name| name.strip_suffix("Request")) {
            Some(request) => {
                let (first, rest) = request.split_at(1);
                first.to_lowercase() + rest
            }
            None => (*needs.get(name.as_str()).unwrap_or_else(|| panic!("who serves {name}?"))).into(),
        };
        assert!(REQUESTS.iter().any(|row| row.command == command), "{name} needs {command}");
    }
    for name in needs.keys() {
        assert!(capabilities.contains_key(*name), "{name} is not advertised");
    }
}

#[test]
fn messages_are_held_against_the_schema() {
    if !schema::is_there() {
        eprintln!("skipped: {VARIABLE} does not name a debugAdapterProtocol.json");
        return;
    }
    // The bench checks every message of every session; here, that the check can fail.
    let wrong = json!({ "seq": 1, "type": "event", "event": "stopped", "body": { "threadId": "1" } });
    assert!(!schema::faults("StoppedEvent", &wrong).is_empty());
}
