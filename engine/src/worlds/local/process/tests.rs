//! Processes of this machine: what they are given, what they give back, and how they end.
//!
//! Containers are run by a stand-in for docker: a shell script that writes down how it was called.

#![expect(clippy::disallowed_methods, reason = "tests look at files and processes")]

use std::{collections::BTreeMap, os::unix::fs::PermissionsExt as _, path::PathBuf, time::Duration};

use tokio::sync::mpsc;

use super::*;
use crate::effect::{Answer, Cleanup, Container, Pull, ScriptLanguage, Stream};

fn process(command: Command) -> Process {
    Process { command, arguments: Vec::new(), stdin: None, environment: BTreeMap::new() }
}

fn shell(line: &str) -> Process {
    process(Command::Shell(line.to_owned()))
}

fn script(language: ScriptLanguage, code: &str) -> Process {
    process(Command::Script { language, code: code.to_owned() })
}

/// Somebody who is told what a process writes.
fn listener() -> (Messages, mpsc::UnboundedReceiver<(EffectId, Box<Answer>)>) {
    let (answers, told) = mpsc::unbounded_channel();
    (Messages::to(EffectId(7), &answers).0, told)
}

async fn run_with(programs: &Programs, process: Process) -> Result<ProcessOutcome, ProcessError> {
    super::run(programs, "x", EffectId(7), &listener().0, process).await
}

async fn run(process: Process) -> ProcessOutcome {
    run_with(&Programs::default(), process).await.expect("it runs")
}

/// Waits until a condition holds, for as long as a slow machine may need.
async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..3_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}");
}

fn alive(pid: &str) -> bool {
    // A zombie that nobody has waited for yet is dead.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.trim().is_empty() && !rest.trim_start().starts_with('Z'))
}

#[tokio::test]
async fn a_shell_command_has_arguments_a_variable_and_an_input() {
    let mut command = shell("cat; printf '%s,%s,%s' \"$1\" \"$2\" \"$GREETING\"; echo oops >&2; exit 3");
    command.arguments = vec!["a b".to_owned(), "$c".to_owned()];
    command.stdin = Some("in\n".to_owned());
    command.environment = BTreeMap::from([("GREETING".to_owned(), "hi".to_owned())]);
    let outcome = run(command).await;
    assert_eq!((outcome.code, &*outcome.stdout, &*outcome.stderr), (3, "in\na b,$c,hi", "oops\n"));
}

#[tokio::test]
async fn what_a_process_writes_is_told_while_it_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let go = folder.path().join("go");
    // The second line comes only when the first has been told.
    let line = format!("echo one; printf 'tw'; while [ ! -e {0} ]; do sleep 0.01; done; printf 'o\nend'; echo oops >&2", go.display());
    let (messages, mut told) = listener();
    let programs = Programs::default();
    let running = super::run(&programs, "x", EffectId(7), &messages, shell(&line));
    let watching = async {
        let mut seen = Vec::new();
        while let Some((_, answer)) = told.recv().await {
            let Answer::Printed(stream, text) = *answer else { panic!("not printed") };
            if text == "one\n" {
                std::fs::write(&go, "").expect("it is written");
            }
            seen.push((stream, text));
            if seen.iter().map(|(_, text)| text.len()).sum::<usize>() == "one\ntwo\nendoops\n".len() {
                return seen;
            }
        }
        seen
    };
    let (outcome, seen) = tokio::join!(running, watching);
    let of = |stream: Stream| seen.iter().filter(|(of, _)| *of == stream).map(|(_, text)| text.as_str()).collect::<Vec<_>>();
    assert_eq!(of(Stream::Stdout), ["one\n", "two\n", "end"]);
    assert_eq!(of(Stream::Stderr), ["oops\n"]);
    assert_eq!(outcome.map(|outcome| outcome.stdout), Ok("one\ntwo\nend".to_owned()));
}

#[tokio::test]
async fn bytes_that_are_not_text_are_replaced() {
    let outcome = run(shell("printf 'a\\377b'; printf '\\303' >&2")).await;
    assert_eq!((&*outcome.stdout, &*outcome.stderr), ("a\u{fffd}b", "\u{fffd}"));
}

#[tokio::test]
async fn one_that_is_killed_says_by_which_signal() {
    assert_eq!(run(shell("kill -TERM $$")).await.code, 128 + 15);
}

#[tokio::test]
async fn output_without_end_is_stopped() {
    let error = run_with(&Programs::default(), shell("yes")).await.expect_err("it writes without end");
    assert_eq!(error, ProcessError::Failed("the command wrote more than 16 MiB and was stopped".to_owned()));
}

#[tokio::test]
async fn an_input_that_nobody_reads_is_no_error() {
    let mut command = shell("exit 0");
    command.stdin = Some("x".repeat(1_000_000));
    assert_eq!(run(command).await.code, 0);
}

#[tokio::test]
async fn the_whole_group_dies_with_the_effect() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("pids");
    let line = format!("sleep 600 & echo $! > {0}.new; echo $$ >> {0}.new; mv {0}.new {0}; wait", file.display());
    let programs = Programs::default();
    let running = tokio::spawn(async move { super::run(&programs, "x", EffectId(1), &listener().0, shell(&line)).await });
    until("the command writes its ids", || file.exists()).await;
    let pids = std::fs::read_to_string(&file).expect("ids");
    assert!(pids.lines().all(alive), "both run: {pids}");
    running.abort();
    until("both are dead", || !pids.lines().any(alive)).await;
}

#[tokio::test]
async fn scripts_run_in_both_languages() {
    let javascript = "import { readFileSync } from 'node:fs';\nconst stdin = readFileSync(process.stdin.fd, 'utf8');\nconst [_, __, arg] = process.argv;\nconsole.log(`${stdin} ${arg} ${process.env.foo}`)";
    let older = "const fs = require('fs'); console.log(`${fs.readFileSync(0, 'utf8')} ${process.argv[2]} ${process.env.foo}`)";
    let python = "import os, sys\nprint(sys.stdin.read(), sys.argv[1], os.environ['foo'])";
    for (language, code) in
        [(ScriptLanguage::JavaScript, javascript), (ScriptLanguage::JavaScript, older), (ScriptLanguage::Python, python)]
    {
        let mut script = script(language, code);
        script.stdin = Some("Hello".to_owned());
        script.arguments = vec!["wörld".to_owned()];
        script.environment = BTreeMap::from([("foo".to_owned(), "bar".to_owned())]);
        let outcome = run(script).await;
        assert_eq!((outcome.code, &*outcome.stdout), (0, "Hello wörld bar\n"), "{language:?}: {}", outcome.stderr);
    }
}

#[tokio::test]
async fn an_error_of_a_script_names_its_line_and_not_its_folder() {
    let outcome = run(script(ScriptLanguage::Python, "x = 1\nraise ValueError('no')")).await;
    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.contains("File \"script.py\", line 2") && outcome.stderr.contains("ValueError: no"), "{}", outcome.stderr);
    let outcome = run(script(ScriptLanguage::JavaScript, "\nthrow new Error('no')")).await;
    assert!(outcome.stderr.starts_with("script.cjs:2\n"), "{}", outcome.stderr);
}

#[tokio::test]
async fn a_script_has_limits() {
    let limits = Limits { memory: 256 * 1024 * 1024, cpu: 1 };
    let programs = Programs { limits, ..Programs::default() };
    let outcome = run_with(&programs, script(ScriptLanguage::Python, "bytearray(1 << 30)")).await.expect("it ends by itself");
    assert!(outcome.code != 0 && outcome.stderr.contains("MemoryError"), "{outcome:?}");
    let error = run_with(&programs, script(ScriptLanguage::Python, "while True: pass")).await.expect_err("it never ends");
    assert_eq!(error, ProcessError::Failed("the script used more than 1 seconds of processor time and was stopped".to_owned()));
}

#[tokio::test]
async fn what_is_not_installed_is_named_with_the_mend() {
    let empty = tempfile::tempdir().expect("a folder");
    let programs = Programs { path: Some(empty.path().into()), ..Programs::default() };
    let missing = |process| async { run_with(&programs, process).await.expect_err("nothing is installed").to_string() };
    assert_eq!(
        missing(script(ScriptLanguage::JavaScript, "1")).await,
        "JavaScript scripts need Node.js, but there is no `node` on the PATH: install it, or set FLOWDBG_NODE to the program"
    );
    assert_eq!(
        missing(script(ScriptLanguage::Python, "1")).await,
        "Python scripts need Python 3, but there is no `python3` or `python` on the PATH: install it, or set FLOWDBG_PYTHON to the program"
    );
    assert_eq!(
        missing(container("alpine")).await,
        "containers need docker or podman, but there is no `docker` or `podman` on the PATH: install it, or set FLOWDBG_CONTAINER_ENGINE to the program"
    );
    let programs = Programs { python: Some("/no/such/python".into()), ..Programs::default() };
    let error = run_with(&programs, script(ScriptLanguage::Python, "1")).await.expect_err("it is not there").to_string();
    assert!(error.contains("FLOWDBG_PYTHON names `/no/such/python`, which is not a program"), "{error}");
}

#[test]
fn the_environment_names_programs_and_limits() {
    let programs = |pairs: &'static [(&str, &str)]| {
        Programs::from_environment(|name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into()))
    };
    let found = programs(&[("FLOWDBG_NODE", "bun"), ("FLOWDBG_SCRIPT_MEMORY_MIB", "2"), ("FLOWDBG_SCRIPT_CPU_SECONDS", "")]);
    let limits = Limits { memory: 2 * 1024 * 1024, cpu: 3_600 };
    assert_eq!(found, Ok(Programs { node: Some("bun".into()), limits, ..Programs::default() }));
    let error = programs(&[("FLOWDBG_SCRIPT_CPU_SECONDS", "soon")]).expect_err("not a number");
    assert_eq!(error, "FLOWDBG_SCRIPT_CPU_SECONDS must be a whole number above 0, not `soon`");
}

fn container(image: &str) -> Process {
    process(Command::Container(Box::new(Container {
        image: image.to_owned(),
        name: None,
        command: None,
        ports: Vec::new(),
        volumes: Vec::new(),
        pull: Pull::IfNotPresent,
        cleanup: Cleanup::Never,
        from: "/w/flows/a.yaml".into(),
    })))
}

/// A stand-in for docker in a folder of its own. It writes each call as a line of quoted words.
struct Docker {
    folder: tempfile::TempDir,
    programs: Programs,
}

impl Docker {
    fn new(then: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("docker");
        let log = folder.path().join("log");
        let text = format!(
            "#!/bin/sh\nline=\nfor word in \"$@\"; do line=\"$line[$word]\"; done\nprintf '%s\\n' \"$line\" >> {}\n[ \"$1\" = rm ] && exit 0\n{then}\n",
            log.display()
        );
        std::fs::write(&program, text).expect("it is written");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("it can run");
        let programs = Programs { path: Some(folder.path().into()), ..Programs::default() };
        Self { folder, programs }
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn calls(&self) -> Vec<String> {
        std::fs::read_to_string(self.log()).unwrap_or_default().lines().map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn a_container_is_run_as_it_is_written() {
    let docker = Docker::new("echo \"$PLAIN\"; cat");
    let mut process = container("alpine:3");
    if let Command::Container(container) = &mut process.command {
        container.name = Some("mine".to_owned());
        container.command = Some("cat; echo $1".to_owned());
        container.ports = vec![("8080".to_owned(), "80".to_owned())];
        container.volumes = vec![("./data".to_owned(), "/data".to_owned()), ("cache".to_owned(), "/cache".to_owned())];
        container.pull = Pull::Always;
        container.cleanup = Cleanup::Always;
    }
    process.arguments = vec!["Foo".to_owned(), "B ar".to_owned()];
    process.environment = BTreeMap::from([("PLAIN".to_owned(), "value".to_owned()), ("PATH".to_owned(), "/bin".to_owned())]);
    process.stdin = Some("in".to_owned());
    let outcome = run_with(&docker.programs, process).await.expect("it runs");
    assert_eq!(outcome.stdout, "value\nin");
    let expected = "[run][--name][mine][--pull][always][--rm][--interactive][--env][PATH=/bin][--env][PLAIN][--publish][8080:80][--volume][/w/flows/data:/data][--volume][cache:/cache][--entrypoint][sh][alpine:3][-c][cat; echo $1][sh][Foo][B ar]";
    assert_eq!(docker.calls(), [expected]);
}

#[tokio::test]
async fn a_container_without_a_name_gets_one_and_is_removed_later_if_asked() {
    let docker = Docker::new("exit 4");
    let mut process = container("hello-world");
    if let Command::Container(container) = &mut process.command {
        container.cleanup = Cleanup::After(20);
    }
    assert_eq!(run_with(&docker.programs, process).await.expect("it runs").code, 4);
    until("it is removed", || docker.calls().len() == 2).await;
    assert_eq!(docker.calls(), ["[run][--name][flowdbg-x-7][--pull][missing][hello-world]", "[rm][--force][flowdbg-x-7]"]);
}

#[tokio::test]
async fn a_cancelled_container_is_removed() {
    let docker =
        Docker::new("echo $$ > \"$(dirname \"$0\")/pid.new\"; mv \"$(dirname \"$0\")/pid.new\" \"$(dirname \"$0\")/pid\"; sleep 600");
    let (programs, pid) = (docker.programs.clone(), docker.folder.path().join("pid"));
    let running = tokio::spawn(async move { super::run(&programs, "x", EffectId(1), &listener().0, container("alpine")).await });
    until("it runs", || pid.exists()).await;
    let pid = std::fs::read_to_string(pid).expect("its id");
    running.abort();
    until("the client is dead", || !alive(pid.trim())).await;
    until("the container is removed", || docker.calls().contains(&"[rm][--force][flowdbg-x-1]".to_owned())).await;
}

#[tokio::test]
async fn an_engine_that_cannot_run_a_container_says_why() {
    let docker = Docker::new("echo 'Cannot connect to the Docker daemon' >&2; exit 125");
    let error = run_with(&docker.programs, container("alpine")).await.expect_err("the daemon is not there").to_string();
    assert!(error.ends_with("could not run the container: Cannot connect to the Docker daemon"), "{error}");
}
