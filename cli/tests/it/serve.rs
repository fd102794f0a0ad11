//! `flowdbg serve` and `flowdbg dap`: what can be said before anybody connects.

use crate::support::Folder;

#[test]
fn a_busy_port_is_told_with_the_mend() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said =
        format!("error: port {port} is in use already: end what listens there, or choose another port with --port (0 takes a free one)\n");
    for command in ["serve", "dap"] {
        assert_eq!(Folder::new(&[]).run(&[command, "--port", &port], ""), (2, String::new(), said.clone()));
    }
}

#[test]
fn an_empty_token_is_refused() {
    let said = Folder::new(&[]).run(&["serve", "--token", ""], "");
    assert_eq!(said, (2, String::new(), "error: --token is empty: that would let everybody in\n".to_owned()));
}

#[test]
fn workflows_that_cannot_be_served_are_told_of() {
    let good = "do: [ { a: { set: { x: 1 } } } ]\n";
    let folder = Folder::new(&[
        ("a.workflow.yaml", good),
        ("b.workflow.yaml", good),
        ("cron.workflow.yaml", "schedule: { cron: '99 * * * *' }\ndo: []\n"),
    ]);
    let (code, _, err) = folder.run(&["serve", "a.workflow.yaml", "b.workflow.yaml"], "");
    assert_eq!(
        (code, err.as_str()),
        (2, "error: tests/order:0.1.0 is defined twice: in $DIR/a.workflow.yaml and in $DIR/b.workflow.yaml\n")
    );
    let (code, _, err) = folder.run(&["serve", "nothing.yaml"], "");
    assert!(code == 2 && err.contains("cannot read the workflow file nothing.yaml"), "{err}");
    let (code, _, err) = folder.run(&["serve", "cron.workflow.yaml"], "");
    assert!(code == 2 && err.contains("`schedule.cron` is `99 * * * *`, which is no cron expression"), "{err}");
}

/// A host starts workflows by their schedules and on events from outside, and runs others by name.
#[cfg(unix)]
#[test]
fn a_host_keeps_schedules_and_knows_workflows() {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};

    let folder = Folder::new(&[
        (
            "flows/on.workflow.yaml",
            "schedule: { on: { one: { with: { type: go } } } }\ndo: [ { a: { run: { workflow: { namespace: tests, name: far, version: latest, input: { n: '${ .[0].n }' } } } } } ]\n",
        ),
        (
            "elsewhere/far.yaml",
            "document: { dsl: '1.0.3', namespace: tests, name: far, version: '2.0.0' }\ndo: [ { b: { run: { shell: { command: 'echo \"$1\" > ../seen.new && mv ../seen.new ../seen', arguments: ['${ .n }'] } } } } ]\n",
        ),
        ("flows/other.yaml", "nothing: of interest\n"),
    ]);
    #[expect(clippy::disallowed_methods, reason = "the process must be signalled while it runs")]
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_flowdbg"))
        .current_dir(folder.path().join("flows"))
        .args(["serve", ".", "../elsewhere/far.yaml", "--token", "t"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    while !said.contains("known ") {
        assert!(out.read_line(&mut said).unwrap() > 0, "it ended: {said}");
    }
    assert!(
        said.contains("scheduled    tests/order:0.1.0 when its events arrive\n") && said.contains("known        tests/far:2.0.0\n"),
        "{said}"
    );
    let address = said.lines().next().unwrap().strip_prefix("listening on ").unwrap().to_owned();
    let body = r#"{"specversion":"1.0","id":"1","source":"/t","type":"go","data":{"n":7}}"#;
    let mut connection = std::net::TcpStream::connect(&address).unwrap();
    write!(connection, "POST /events HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer t\r\nContent-Type: application/cloudevents+json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    let seen = folder.path().join("seen");
    for _ in 0..3_000 {
        if seen.exists() {
            break;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(10));
    }
    assert_eq!(std::fs::read(seen).unwrap(), b"7\n");
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_debug_client_on_standard_input_is_greeted() {
    let body = r#"{"seq":1,"type":"request","command":"initialize","arguments":{"adapterID":"flowdbg"}}"#;
    let (code, out, err) = Folder::new(&[]).run(&["dap"], &format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    assert!(out.contains(r#""supportsConfigurationDoneRequest":true"#), "{out}");
    assert_eq!((code, err.as_str()), (0, ""));
    let (code, _, err) = Folder::new(&[]).run(&["dap"], "hello\n\n");
    assert!(code == 1 && err.starts_with("error: "), "{err}");
}

#[test]
fn every_command_has_help_with_its_name() {
    let folder = Folder::new(&[]);
    let (code, out, _) = folder.run(&["--help"], "");
    assert!(code == 0 && !out.contains("evaluate-worker"), "{out}");
    for command in ["run", "replay", "check", "debug", "lsp", "dap", "serve"] {
        assert!(out.contains(&format!("\n  {command} ")), "{out}");
        let (code, help, _) = folder.run(&[command, "--help"], "");
        assert!(code == 0 && help.contains(&format!("Usage: flowdbg {command}")), "{help}");
    }
}
