//! `--record` and `flowdbg replay`

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use insta::assert_snapshot;

use crate::support::Folder;

const ORDER: &str = "
do:
  - price: { set: { total: '${ .a + 1 }' } }
  - sides: { fork: { branches: [ { think: { set: { all: '${ [range(3)] }' } } }, { wait: { wait: { milliseconds: 5 } } } ] } }
  - say: { run: { shell: { command: 'echo hello' } } }
";

fn read(folder: &Folder, name: &str) -> String {
    String::from_utf8(fs::read(folder.path().join(name)).unwrap()).unwrap()
}

#[test]
fn a_recording_that_was_changed_is_replayed_to_an_end() {
    let retries = "do: [ { ask: { try: [ { go: { run: { shell: { command: exit 3 } } } } ], \
        catch: { retry: { delay: { milliseconds: 1 }, limit: { attempt: { count: 2 } } }, do: [ { x: { set: { gave: up } } } ] } } } ]\n";
    let folder = Folder::new(&[("a.workflow.yaml", retries)]);
    assert_eq!(folder.run(&["run", "a.workflow.yaml", "--record", "r.jsonl", "--quiet"], "").0, 0);
    let file = folder.path().join("r.jsonl");
    let text = String::from_utf8(std::fs::read(&file).unwrap()).unwrap();
    let changed = text.replacen("\"code\":3", "\"code\":0", 1);
    assert_ne!(text, changed, "{text}");
    std::fs::write(&file, changed).unwrap();
    let (code, out, err) = folder.run(&["replay", "r.jsonl"], "");
    assert!(code == 1 && (out + &err).contains("differ"), "{code} {err}");
}

#[test]
fn what_was_recorded_happens_again() {
    let folder = Folder::new(&[("order.workflow.yaml", ORDER)]);
    let ran = folder.run(&["run", "order.workflow.yaml", "-i", r#"{"a": 1}"#, "--quiet", "--record", "order.jsonl"], "");
    assert_eq!(ran, (0, "\"hello\\n\"\n".to_owned(), String::new()));
    let (code, out, err) = folder.run(&["replay", "order.jsonl"], "");
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.starts_with("execution ") && out.contains(" of tests/order:0.1.0 (order.workflow.yaml), begun "), "{out}");
    assert!(out.ends_with("it completed\nthe same happens again, to its output\n"), "{out}");
    assert_eq!(folder.run(&["replay", "--quiet", "order.jsonl"], ""), (0, String::new(), String::new()));
    // A record is never overwritten.
    let (code, _, err) = folder.run(&["run", "order.workflow.yaml", "--quiet", "--record", "order.jsonl"], "");
    assert_eq!((code, err.as_str()), (2, "error: the recording order.jsonl: there is such a file already; name another, or remove it\n"));
}

#[test]
fn what_differs_is_drawn_with_its_line() {
    let folder = Folder::new(&[("order.workflow.yaml", ORDER)]);
    folder.run(&["run", "order.workflow.yaml", "-i", r#"{"a": 1}"#, "--quiet", "--record", "order.jsonl"], "");
    let recorded = read(&folder, "order.jsonl");
    fs::write(folder.path().join("other.jsonl"), recorded.replace(r#"{"shell":"echo hello"}"#, r#"{"shell":"echo goodbye"}"#)).unwrap();
    let (code, _, err) = folder.run(&["replay", "other.jsonl", "--quiet"], "");
    assert_snapshot!(format!("exit {code}\n{err}"), @r##"
        exit 1
        error: /do/2/say (branch 1) asks for {"process":{"command":{"shell":"echo hello"},"arguments":[],"environment":[]}}; recorded was {"process":{"command":{"shell":"echo goodbye"},"arguments":[],"environment":[]}}
         --> order.workflow.yaml:5:5
          |
        5 |   - say: { run: { shell: { command: 'echo hello' } } }
          |     ^^^
        error: the recording does not fit: 1 difference
        "##);
    fs::write(folder.path().join("damaged.jsonl"), recorded.replacen(r#""event":2"#, r#""event":3"#, 1)).unwrap();
    let (code, _, err) = folder.run(&["replay", "damaged.jsonl"], "");
    assert!(code == 2 && err.contains("error: the recording damaged.jsonl, line ") && err.contains("this must be event 2"), "{err}");
    for (file, said) in [
        ("none.jsonl", "error: the recording none.jsonl: there is no such file\n"),
        (
            "order.workflow.yaml",
            "error: the recording order.workflow.yaml, line 1: this is not a recording: its first line is no JSON object with a member `recording`\n",
        ),
    ] {
        assert_eq!(folder.run(&["replay", file], ""), (2, String::new(), said.to_owned()));
    }
}

/// A host that is killed leaves a record of all that was seen of it.
#[cfg(unix)]
#[test]
fn a_host_that_is_killed_leaves_a_record_that_replays() {
    let loops = "
do:
  - count: { set: { n: '${ .n + 1 }' } }
  - sides: { fork: { branches: [ { say: { run: { shell: { command: 'echo hello' } } } }, { wait: { wait: { milliseconds: 1 } } } ] } }
  - again: { set: { n: '${ $context.n // 0 }' }, then: count }
";
    let folder = Folder::new(&[("loop.workflow.yaml", loops)]);
    #[expect(clippy::disallowed_methods, reason = "the process must be killed while it runs")]
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_flowdbg"))
        .current_dir(folder.path())
        .args(["run", "loop.workflow.yaml", "-i", r#"{"n": 0}"#, "--no-progress", "--record", "killed.jsonl"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Whatever is printed was an event that somebody has seen.
    let mut seen = 0;
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        seen += usize::from(line.unwrap().starts_with("done      count"));
        if seen == 15 {
            child.kill().unwrap();
            break;
        }
    }
    child.wait().unwrap();
    assert_eq!(seen, 15);
    let recorded = read(&folder, "killed.jsonl");
    let counted =
        recorded.lines().filter(|line| line.contains(r#""is":{"taskCompleted":"#) && line.contains(r#""task":"/do/0/count""#)).count();
    assert!(counted >= seen, "{counted} of {seen} are in the record");
    assert!(!recorded.contains(r#"{"ended""#));
    let (code, out, err) = folder.run(&["replay", "killed.jsonl"], "");
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("it breaks off: its host was killed, or still runs"), "{out}");
    assert!(out.ends_with("the same happens again, up to where the record breaks off\n"), "{out}");
    // A torn last line is told, and nothing else.
    fs::write(folder.path().join("torn.jsonl"), format!("{recorded}{{\"event\":12")).unwrap();
    if recorded.ends_with('\n') {
        let (code, out, _) = folder.run(&["replay", "torn.jsonl"], "");
        assert!(code == 0 && out.contains("the last line was torn (11 bytes of it are not read)"), "{out}");
    }
}

#[test]
fn secrets_stay_out_of_the_file() {
    let folder = Folder::new(&[(
        "order.workflow.yaml",
        "
use: { secrets: [ token ] }
do:
  - say: { run: { shell: { command: '${ \"echo \" + $secrets.token }' } } }
  - keep: { set: { length: 1, said: '${ . }' } }
",
    )]);
    let mut command = folder.command(&["run", "order.workflow.yaml", "--quiet", "--record", "order.jsonl"]);
    command.env("FLOWDBG_SECRET_TOKEN", "s3cret-value").assert().success();
    let recorded = read(&folder, "order.jsonl");
    assert!(!recorded.contains("s3cret") && recorded.contains("echo ***"), "{recorded}");
    // No secret is needed to replay.
    assert_eq!(folder.run(&["replay", "--quiet", "order.jsonl"], ""), (0, String::new(), String::new()));
}

/// What mocks answered and what a scenario made happen is replayed without it.
#[test]
fn executions_of_scenarios_and_in_virtual_time_are_recorded() {
    let workflow = "
do:
  - price: { call: http, with: { method: get, endpoint: 'http://prices.example/mug' } }
  - think: { wait: P1D }
  - hear: { listen: { to: { one: { with: { type: paid } } } } }
  - tell: { emit: { event: { with: { type: sent, source: 'http://shop.example/' } } } }
  - pay:
      try: [ { charge: { call: http, with: { method: post, endpoint: 'http://bank.example/charges', body: {} } } } ]
      catch: { as: e, do: [ { note: { set: { status: '${ $e.status }' } } } ] }
";
    let scenario = "
mocks:
  - { request: 'http://prices.example/*', answer: { body: { price: 3 } } }
  - { request: { method: post, url: 'http://bank.example/*' }, answer: { error: { type: communication, status: 418, title: no } } }
events: [ { after: P1D, event: { type: paid, data: { by: ann } } } ]
";
    let folder = Folder::new(&[("order.workflow.yaml", workflow), ("order.scenario.yaml", scenario)]);
    let arguments = ["run", "order.workflow.yaml", "--scenario", "order.scenario.yaml", "--quiet", "--record", "played.jsonl"];
    let (code, out, err) = folder.run(&arguments, "");
    assert_eq!((code, out.as_str(), err.as_str()), (0, "{\n  \"status\": 418\n}\n", ""));
    fs::remove_file(folder.path().join("order.scenario.yaml")).unwrap();
    assert_eq!(folder.run(&["replay", "--quiet", "played.jsonl"], ""), (0, String::new(), String::new()));

    let waits = "do: [ { long: { wait: P30D } }, { say: { run: { shell: { command: 'echo hello' } } } } ]";
    let folder = Folder::new(&[("long.workflow.yaml", waits)]);
    let (code, _, err) = folder.run(&["run", "long.workflow.yaml", "--fast", "--quiet", "--record", "long.jsonl"], "");
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(folder.run(&["replay", "--quiet", "long.jsonl"], ""), (0, String::new(), String::new()));
}
