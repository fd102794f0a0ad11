//! `flowdbg run`

use insta::assert_snapshot;

use crate::support::Folder;

const ORDER: &str = "
do:
  - price: { set: { total: '${ .a + .b }' } }
  - skipped: { if: .total > 100, set: { total: 0 } }
  - each:
      for: { in: '[1, 2]' }
      do:
        - add: { set: { total: '${ .total + $item }' } }
";

#[test]
fn the_output_is_json_and_progress_goes_beside() {
    let folder = Folder::new(&[("order.workflow.yaml", ORDER)]);
    assert_snapshot!(folder.transcript(&["run", "order.workflow.yaml", "--input", r#"{"a": 1, "b": 2}"#], ""), @r##"
        exit 0
        --- out
        {
          "total": 6
        }
        --- err
        started   price
        done      price N ms
        skipped   skipped
        started   each (for)
        started     add
        done        add N ms
        started     add
        done        add N ms
        done      each (for) N ms
        "##);
    let quiet = folder.run(&["run", "order.workflow.yaml", "--quiet", "-i", "-"], r#"{"a": 1, "b": 2}"#);
    assert_eq!(quiet, (0, "{\n  \"total\": 6\n}\n".to_owned(), String::new()));
}

#[test]
fn an_input_beside_the_workflow_is_used_and_said() {
    let folder = Folder::new(&[
        ("order.workflow.yaml", ORDER),
        ("order.input.json", r#"{"a": 10, "b": 20}"#),
        ("other.json", r#"{"a": 100, "b": 200}"#),
    ]);
    let (code, out, err) = folder.run(&["run", "order.workflow.yaml"], "");
    assert_eq!((code, out.as_str()), (0, "{\n  \"total\": 33\n}\n"));
    assert!(err.starts_with("input from order.input.json\n"), "{err}");
    let (_, out, err) = folder.run(&["run", "order.workflow.yaml", "--input", "@other.json"], "");
    assert_eq!(out, "{\n  \"total\": 3\n}\n");
    assert!(!err.contains("input from") && err.contains("started   price"), "{err}");
}

#[test]
fn a_fault_is_drawn_with_its_task_and_its_line() {
    let folder = Folder::new(&[(
        "order.workflow.yaml",
        "
do:
  - outer:
      do:
        - charge: { set: { total: '${ .a / \"x\" }' } }
",
    )]);
    assert_snapshot!(folder.transcript(&["run", "order.workflow.yaml", "-i", r#"{"a": 1}"#], ""), @r##"
        exit 1
        --- err
        started   outer (do)
        started     charge
        failed      charge N ms: Expression error (400): `.a / "x"`: cannot calculate 1 / "x"
        failed    outer (do) N ms: Expression error (400): `.a / "x"`: cannot calculate 1 / "x"
        error: Expression error (400): `.a / "x"`: cannot calculate 1 / "x"
         --> order.workflow.yaml:5:35
          |
        5 |         - charge: { set: { total: '${ .a / "x" }' } }
          |                                   ^^^^^^^^^^^^^^^ raised by the task `charge`
          |
          = note: type https://serverlessworkflow.io/spec/1.0.0/errors/expression
          = note: task /do/0/outer/do/0/charge
        "##);
    let raised = Folder::new(&[(
        "order.workflow.yaml",
        "
do:
  - refuse:
      raise:
        error: { type: https://example.com/errors/card, status: 402, title: Card refused, detail: no funds }
",
    )]);
    assert_snapshot!(raised.transcript(&["run", "order.workflow.yaml", "--quiet"], ""), @r##"
        exit 1
        --- err
        error: Card refused (402): no funds
         --> order.workflow.yaml:3:5
          |
        3 |   - refuse:
          |     ^^^^^^ raised by the task `refuse`
          |
          = note: type https://example.com/errors/card
          = note: task /do/0/refuse
        "##);
}

#[test]
fn retries_and_what_processes_say_are_shown() {
    let folder = Folder::new(&[(
        "order.workflow.yaml",
        "
do:
  - guard:
      try:
        - call: { run: { shell: { command: 'echo out; echo err >&2; exit 3' } } }
      catch: { retry: { delay: { milliseconds: 1 }, limit: { attempt: { count: 1 } } }, do: [ { after: { set: { state: given up } } } ] }
",
    )]);
    assert_snapshot!(folder.transcript(&["run", "order.workflow.yaml"], ""), @r##"
        exit 0
        --- out
        {
          "state": "given up"
        }
        --- err
        started   guard (try)
        started     call
        call | out
        call | err
        failed      call N ms: Runtime error (500): the command ended with exit code 3: err
        retry     guard (try): attempt 2 in N ms: Runtime error (500): the command ended with exit code 3: err
        started     call
        call | out
        call | err
        failed      call N ms: Runtime error (500): the command ended with exit code 3: err
        started     after
        done        after N ms
        done      guard (try) N ms
        "##);
}

#[test]
fn what_cannot_run_is_drawn() {
    let folder = Folder::new(&[
        ("wrong.workflow.yaml", "do: [ { a: { set: { x: 1 }, then: b } } ]\n"),
        (
            "later.workflow.yaml",
            "do: [ { a: { call: asyncapi, with: { document: { endpoint: file:///a.json }, channel: c, protocol: kafka, message: { payload: {} } } } } ]\n",
        ),
        ("good.workflow.yaml", ORDER),
        ("bad.json", "{\n  \"a\": 1,\n}"),
    ]);
    assert_snapshot!(folder.transcript(&["run", "wrong.workflow.yaml"], ""), @r##"
        exit 2
        --- err
        error[OW0201]: no task `b` stands in the same list
         --> wrong.workflow.yaml:2:35
          |
        2 | do: [ { a: { set: { x: 1 }, then: b } } ]
          |                                   ^
          |
          = help: did you mean `a`?
        error: the workflow $DIR/wrong.workflow.yaml has one error that prevents it from running
        "##);
    let (code, _, err) = folder.run(&["run", "later.workflow.yaml"], "");
    assert!(code == 2 && err.contains("warning[OW0901]: not supported yet"), "{err}");
    for (arguments, stdin, said) in [
        (vec!["run", "none.yaml"], "", "error: cannot read the workflow file none.yaml: there is no such file\n"),
        (
            vec!["run", "good.workflow.yaml", "-i", "{a"],
            "",
            "error: --input: this is not JSON: key must be a string at line 1 column 2; a file is given as @FILE\n",
        ),
        (
            vec!["run", "good.workflow.yaml", "-i", "@bad.json"],
            "",
            "error: the input file bad.json: this is not JSON: key must be a string at line 3 column 1\n",
        ),
        (vec!["run", "good.workflow.yaml", "-i", "@none"], "", "error: cannot read the input file none: there is no such file\n"),
        (
            vec!["run", "good.workflow.yaml", "-i", "-"],
            "nope",
            "error: the input on standard input: this is not JSON: expected ident at line 1 column 2\n",
        ),
    ] {
        assert_eq!(folder.run(&arguments, stdin), (2, String::new(), said.to_owned()), "{arguments:?}");
    }
}

#[test]
fn an_expression_that_may_not_end_runs_in_a_worker() {
    let folder = Folder::new(&[("a.workflow.yaml", "do: [ { a: { set: { x: '${ [range(.n)] | add }' } } } ]\n")]);
    let (code, out, err) = folder.run(&["run", "a.workflow.yaml", "--quiet", "-i", r#"{"n": 5}"#], "");
    assert_eq!((code, out.as_str(), err.as_str()), (0, "{\n  \"x\": 10\n}\n", ""));
}

#[test]
fn an_expression_without_end_or_bottom_is_an_error_and_the_next_one_goes_on() {
    let folder = Folder::new(&[(
        "a.workflow.yaml",
        "
do:
  - endless: { try: [ { a: { set: { x: '${ last(range(1e15)) }' } } } ], catch: { as: e, do: [ { b: { set: { said: ['${ $e.detail }'] } } } ] } }
  - bottomless: { try: [ { c: { set: { x: '${ def f: [f]; f }' } } } ], catch: { as: e, do: [ { d: { set: { said: '${ .said + [$e.detail] }' } } } ] } }
  - fine: { set: { said: '${ .said + [last(range(3))] }' } }
",
    )]);
    let (code, out, err) = folder.run(&["run", "a.workflow.yaml", "--quiet"], "");
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("`last(range(1e15))`: the expression did not end within 10 seconds and was stopped"), "{out}");
    assert!(out.contains("`def f: [f]; f`: the expression used up its stack or its memory and was stopped"), "{out}");
    assert!(out.ends_with("    2\n  ]\n}\n"), "{out}");
}

#[test]
fn javascript_runs_in_a_worker_too() {
    let text = "evaluate: { language: js }\ndo: [ { a: { set: { x: '${ $.n.map(n => n * 2) }' } } } ]\n";
    let folder = Folder::new(&[("a.workflow.yaml", text)]);
    let (code, out, err) = folder.run(&["run", "a.workflow.yaml", "--quiet", "-i", r#"{"n": [1, 2]}"#], "");
    assert_eq!((code, out.as_str(), err.as_str()), (0, "{\n  \"x\": [\n    2,\n    4\n  ]\n}\n", ""));
}

#[cfg(unix)]
#[test]
fn scripts_run_and_what_is_not_installed_is_told_with_the_mend() {
    let text = "do: [ { a: { run: { script: { language: js, code: 'console.log(1 + 1)' } } } } ]\n";
    let folder = Folder::new(&[("a.workflow.yaml", text)]);
    let (code, out, _) = folder.run(&["run", "a.workflow.yaml", "--quiet"], "");
    assert_eq!((code, out.as_str()), (0, "\"2\\n\"\n"));
    let mut command = folder.command(&["run", "a.workflow.yaml", "--quiet"]);
    let output = command.env("FLOWDBG_NODE", "/no/such/node").output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(err.contains("FLOWDBG_NODE names `/no/such/node`, which is not a program that can be run"), "{err}");
}

#[test]
fn a_workflow_with_a_schedule_is_run_once_and_that_is_said() {
    let folder = Folder::new(&[("a.workflow.yaml", "schedule: { every: PT1H }\ndo: [ { a: { set: { x: 1 } } } ]\n")]);
    let (code, out, err) = folder.run(&["run", "a.workflow.yaml"], "");
    assert_eq!((code, out.as_str()), (0, "{\n  \"x\": 1\n}\n"));
    assert!(err.starts_with("the workflow has a schedule: it is run once, now; `flowdbg serve FILE` keeps the schedule\n"), "{err}");
}

/// A workflow that never ends is stopped by Ctrl-C, whether it computes or waits.
#[cfg(unix)]
#[test]
fn an_interrupt_cancels() {
    use std::io::{BufRead as _, BufReader, Read as _};

    for text in [
        "do: [ { a: { set: { n: 1 }, then: a } } ] # flowdbg: allow OW0206\n",
        "do: [ { a: { listen: { to: { one: { with: { type: x } } } } } } ]\n",
    ] {
        let folder = Folder::new(&[("a.workflow.yaml", text)]);
        #[expect(clippy::disallowed_methods, reason = "the process must be signalled while it runs")]
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_flowdbg"))
            .current_dir(folder.path())
            .args(["run", "a.workflow.yaml"])
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut err = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        err.read_line(&mut line).unwrap();
        assert_eq!(line, "started   a\n");
        let id = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
        let mut rest = String::new();
        err.read_to_string(&mut rest).unwrap();
        assert!(rest.ends_with("cancelled\n"), "{}", &rest[rest.len().saturating_sub(200)..]);
        assert_eq!(child.wait().unwrap().code(), Some(130));
    }
}
