//! Servers of tools: `@modelcontextprotocol/server-everything`, over both transports.

#![expect(clippy::disallowed_methods, reason = "tests start their services, and look which processes live")]

use std::{net::TcpListener, process::Stdio, time::Duration};

use flowdbg_tests::workflows;

use crate::support::{node, options, run, start};

const SERVER: &str = "@modelcontextprotocol/server-everything/dist/index.js";

/// The transport of a server that is a process.
fn stdio() -> Option<String> {
    let (node, modules) = node(SERVER)?;
    Some(format!("{{ stdio: {{ command: '{}', arguments: [ '{}', stdio ] }} }}", node.display(), modules.join(SERVER).display()))
}

/// A server over HTTP, which ends when it is dropped.
struct Http {
    _process: tokio::process::Child,
    transport: String,
}

async fn http() -> Option<Http> {
    let (node, modules) = node(SERVER)?;
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let mut command = tokio::process::Command::new(node);
    command.arg(modules.join(SERVER)).arg("streamableHttp").env("PORT", port.to_string());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        assert!(child.try_wait().unwrap().is_none(), "the server ended");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Some(Http { transport: format!("{{ http: {{ endpoint: 'http://127.0.0.1:{port}/mcp' }} }}"), _process: child })
}

async fn call(transport: &str, with: &str, out: &str) -> String {
    run(options(), &format!("do: [ {{ ask: {{ call: mcp, with: {{ transport: {transport}, {with} }}, output: {{ as: '{out}' }} }} }} ]"))
        .await
}

async fn every_method(transport: &str) {
    let echo = "method: tools/call, parameters: { name: echo, arguments: { message: hi } }";
    assert_eq!(call(transport, echo, ".content[0].text").await, r#"completed "Echo: hi""#);
    for (method, out) in [
        ("tools/list", "[.tools[].name] | any(. == \"echo\")"),
        ("prompts/list", "(.prompts | length) > 0"),
        ("resources/list", "(.resources | length) > 0"),
        ("resources/templates/list", "(.resourceTemplates | length) > 0"),
    ] {
        assert_eq!(call(transport, &format!("method: {method}"), out).await, "completed true", "{method}");
    }
    let first = format!(
        "
do:
  - list: {{ call: mcp, with: {{ transport: {transport}, method: resources/list }} }}
  - read: {{ call: mcp, with: {{ transport: {transport}, method: resources/read, parameters: {{ uri: '${{ .resources[0].uri }}' }} }}, output: {{ as: '.contents | length' }} }}
  - prompts: {{ call: mcp, with: {{ transport: {transport}, method: prompts/list }} }}
  - get:
      call: mcp
      with:
        transport: {transport}
        method: prompts/get
        parameters: {{ name: '${{ [.prompts[] | select((.arguments // []) | length == 0)][0].name }}' }}
      output: {{ as: '(.messages | length) > 0' }}
"
    );
    assert_eq!(run(options(), &first).await, "completed true");
    let unknown = call(transport, "method: resources/read, parameters: { uri: 'nowhere://x' }", ".").await;
    assert!(unknown.starts_with("faulted at /do/0/ask: Runtime error (500): resources/read: the server answered error -32"), "{unknown}");
}

#[tokio::test]
async fn a_process_is_called() {
    let Some(transport) = stdio() else { return };
    every_method(&transport).await;
}

#[tokio::test]
async fn a_server_over_http_is_called() {
    let Some(server) = http().await else { return };
    every_method(&server.transport).await;
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_a_timeout() {
    let Some(transport) = stdio() else { return };
    let slow =
        "method: tools/call, timeout: PT2S, parameters: { name: trigger-long-running-operation, arguments: { duration: 60, steps: 2 } }";
    assert_eq!(
        call(&transport, slow, ".").await,
        "faulted at /do/0/ask: Timeout (408): tools/call: the server did not answer within 2000 ms"
    );
}

#[tokio::test]
async fn servers_that_are_none_are_named() {
    let none = call("{ stdio: { command: no-such-program } }", "method: tools/list", ".").await;
    assert_eq!(
        none,
        "faulted at /do/0/ask: Runtime error (500): the program `no-such-program` of the server of tools is not installed here"
    );
    let dies = call("{ stdio: { command: sh, arguments: [ '-c', 'echo no licence >&2; exit 3' ] } }", "method: tools/list", ".").await;
    assert_eq!(
        dies,
        "faulted at /do/0/ask: Runtime error (500): the server of tools `sh` ended with code 3 before it answered; it said: no licence"
    );
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let closed = call(&format!("{{ http: {{ endpoint: 'http://127.0.0.1:{port}/' }} }}"), "method: tools/list", ".").await;
    assert!(closed.starts_with("faulted at /do/0/ask: Runtime error (500): POST http://127.0.0.1:"), "{closed}");
}

/// The process, and what it started, end when the execution is cancelled.
#[tokio::test]
async fn a_cancelled_call_leaves_no_process() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let script = format!("sleep 1000 & echo $$ $! > {0}.new; mv {0}.new {0}; cat > /dev/null", pids.display());
    let transport = format!("{{ stdio: {{ command: sh, arguments: [ '-c', '{script}' ] }} }}");
    let run = start(options(), &format!("do: [ {{ ask: {{ call: mcp, with: {{ transport: {transport}, method: tools/list }} }} }} ]"));
    while !pids.exists() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let text = workflows::read(&pids).unwrap();
    let alive = || {
        text.split_whitespace().any(|pid| {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            !status.is_empty() && !status.contains("State:\tZ")
        })
    };
    assert!(alive());
    run.with(|debuggee| debuggee.cancel()).await.unwrap();
    run.ended().await;
    let gone = async {
        while alive() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.expect("both processes end");
}
