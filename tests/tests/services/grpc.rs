//! gRPC calls of a server that is written with another implementation of gRPC.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
};

use flowdbg_tests::{executions, services, workflows};

use super::wires::{Setting, run, start};

/// The server, which ends with its standard input.
struct Greeter {
    child: Child,
    output: BufReader<ChildStdout>,
    port: u16,
}

impl Greeter {
    #[expect(clippy::disallowed_methods, reason = "tests start their services")]
    fn start() -> Option<Self> {
        let python = services::program("python/bin/python")?;
        let script = workflows::root().join("tests/services/greeter.py");
        let mut child = Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut greeter = Self { child, output, port: 0 };
        greeter.port = greeter.line().parse().expect("its port");
        Some(greeter)
    }

    /// The next line that it writes.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it can be read");
        line.trim_end().to_owned()
    }

    fn call(&self, method: &str, arguments: &str, more: &str) -> String {
        let proto = workflows::root().join("tests/services/greeter.proto");
        let (proto, port) = (proto.display(), self.port);
        format!(
            "do:\n  - call:\n      call: grpc\n{more}      with:\n        proto: {{ endpoint: '{proto}' }}\n        service: {{ name: Greeter, host: 127.0.0.1, port: {port}, authentication: {{ bearer: {{ token: t0ken }} }} }}\n        method: {method}\n        arguments: {arguments}\n"
        )
    }
}

impl Drop for Greeter {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn methods_of_every_kind_answer() {
    let Some(greeter) = Greeter::start() else { return };
    for (method, arguments, expected) in [
        ("SayHello", "{ name: Ada, mood: HAPPY }", r#"completed {"text":"Hello Ada, 1","count":9007199254740993}"#),
        ("SayHello", "{ name: locked }", r#"completed {"text":"Hello locked, 0","count":9007199254740993}"#),
        ("Count", "{ name: a, times: 3 }", r#"completed [{"text":"a","count":0},{"text":"a","count":1},{"text":"a","count":2}]"#),
        ("Count", "{ name: a }", "completed []"),
        ("Collect", "{ messages: [ { name: a }, { name: b } ] }", r#"completed {"text":"a b","count":2}"#),
        ("Chat", "{ messages: [ { name: a }, { name: b } ] }", r#"completed [{"text":"Hello a","count":0},{"text":"Hello b","count":1}]"#),
    ] {
        assert_eq!(run(&greeter.call(method, arguments, ""), Setting::default()).await, expected, "{method}");
    }
}

#[tokio::test]
async fn refusals_are_communication_errors_with_the_status_that_fits() {
    let Some(greeter) = Greeter::start() else { return };
    let ended = run(&greeter.call("SayHello", "{ name: nobody }", ""), Setting::default()).await;
    let expected = format!(
        "Communication error (404): gRPC greeter.v1.Greeter/SayHello at http://127.0.0.1:{} answered NOT_FOUND (5): there is nobody of this name",
        greeter.port
    );
    assert_eq!(ended, format!("faulted at /do/0/call: {expected}"));
    let ended = run(&greeter.call("SayHello", "{ name: locked }", "").replace("t0ken", "wrong"), Setting::default()).await;
    assert!(ended.contains("(401)") && ended.contains("who are you?"), "{ended}");
    let ended = run(&greeter.call("SayHello", "{ name: large }", ""), Setting::default()).await;
    assert!(ended.contains("Communication error") && ended.contains("(11)"), "{ended}");
    let port = super::wires::free_port();
    let nobody = greeter.call("SayHello", "{}", "").replace(&greeter.port.to_string(), &port.to_string());
    let ended = run(&nobody, Setting::default()).await;
    assert!(ended.contains("Communication error (503)") && ended.contains("UNAVAILABLE (14)"), "{ended}");
}

#[tokio::test]
async fn a_call_that_is_not_answered_ends_with_its_timeout_and_the_server_is_told() {
    let Some(mut greeter) = Greeter::start() else { return };
    let ended = run(&greeter.call("SayHello", "{ name: silent }", "      timeout: { after: PT1S }\n"), Setting::default()).await;
    assert!(ended.contains("(408)") || ended.contains("(504)"), "{ended}");
    let (deadline, gone) = tokio::task::spawn_blocking(move || (greeter.line(), greeter.line())).await.expect("it ends");
    assert_eq!((deadline.as_str(), gone.as_str()), ("left", "gone"));
}

#[tokio::test]
async fn cancelling_an_execution_ends_its_call() {
    let Some(mut greeter) = Greeter::start() else { return };
    let run = start(&greeter.call("SayHello", "{ name: silent }", ""), Setting::default());
    let (deadline, mut greeter) = tokio::task::spawn_blocking(move || (greeter.line(), greeter)).await.expect("it ends");
    assert_eq!(deadline, "endless");
    run.with(flowdbg_engine::driver::Debuggee::cancel).await.expect("it lives");
    assert_eq!(executions::ending(&run.ended().await), "cancelled");
    let gone = tokio::task::spawn_blocking(move || greeter.line()).await.expect("it ends");
    assert_eq!(gone, "gone");
}
