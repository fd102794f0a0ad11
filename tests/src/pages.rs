//! Pages that are tests: a heading, prose, a workflow, and a transcript of its execution.
//!
//! In an `execution` block the lines that begin with `> ` are what is given, all others are what
//! is seen. Given can be:
//!
//! | line | meaning |
//! | --- | --- |
//! | `> input JSON` | the workflow's input |
//! | `> http STATUS BODY` | the next request is answered so; `> http after 2s STATUS BODY` after a time. A body `data: …` is a stream of events, in which `\\n` is a line end; `challenge …` with 401 is a `WWW-Authenticate` header |
//! | `> process JSON` | the next process ends so: `{"code": 0, "stdout": "", "stderr": ""}`; `{"missing": "why"}` if it cannot be run |
//! | `> mcp JSON` | the next call of a server of tools is answered so: `{"result": …}`, or `{"code": -1, "message": "…"}` |
//! | `> grpc JSON` | the next gRPC call is answered so, with the messages of an array; `> grpc status CODE TEXT` if it fails |
//! | `> message JSON` | a message comes over a channel; `> message after 2s JSON` after a time; `JSON` has `payload`, `headers`, `type` |
//! | `> subscription over` | the other side ends the subscription after its messages; `> subscription breaks TEXT` |
//! | `> document URI TEXT` | a document that can be read; `\\n` is a line end |
//! | `> secret NAME JSON` | a secret that can be found |
//! | `> publish 5s JSON` | a CloudEvent comes from outside, so long after the start |
//! | `> trace` | events are seen, not only the end |
//! | `> asked` | what the world is asked for is seen |
//!
//! Time is virtual and shown as `at …` where it has moved. The lines of each branch of a `fork`
//! stand together, under its name, since their order among branches is not promised. A `yaml`
//! block that directly follows another is a workflow that can be found by name. With `FLOWDBG_BLESS` set,
//! what is seen is written into the pages.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use flowdbg_engine::{
    driver::{Engine, Options},
    effect::{ChannelError, GrpcReply, GrpcStatus, McpError, McpErrorKind, Message, ProcessError, ProcessOutcome},
    machine::{BranchId, ROOT},
    program::Program,
};
use flowdbg_lang::{
    duration,
    value::{self, Value, ValueExt as _},
};

use crate::{
    executions,
    scripted::{Script, Scripted},
    workflows,
};

/// When set, pages are rewritten.
pub const BLESS: &str = "FLOWDBG_BLESS";

/// What a workflow without a `document` is given.
const DOCUMENT: &str = "document: { dsl: '1.0.3', namespace: tests, name: page, version: '1.0.0' }\n";

/// How long an execution may take, in its own time.
const LONGEST: Duration = Duration::from_secs(86_400 * 2);

/// Runs every execution of a page.
///
/// # Errors
/// What is seen differs from what is written, or the page is not understood.
pub fn check(path: &Path) -> Result<usize, String> {
    let text = workflows::read(path)?;
    let (fresh, executions) = refresh(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    if executions == 0 {
        return Err(format!("{}: there is no `execution` block", path.display()));
    }
    if fresh == text {
        return Ok(executions);
    }
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(path, fresh).map_err(|error| format!("{}: {error}", path.display()))?;
        return Ok(executions);
    }
    Err(format!("{}: set {BLESS} to accept what is seen\n{}", path.display(), difference(&text, &fresh)))
}

/// The lines that differ, each with its neighbours' heading.
fn difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old[same..].iter().rev().zip(new[same..].iter().rev()).take_while(|(a, b)| a == b).count();
    let heading = old[..same].iter().rev().find(|line| line.starts_with('#')).copied().unwrap_or_default();
    let minus = old[same..old.len() - tail].iter().map(|line| format!("- {line}\n"));
    let plus = new[same..new.len() - tail].iter().map(|line| format!("+ {line}\n"));
    format!("{heading}\n{}{}", minus.collect::<String>(), plus.collect::<String>())
}

/// The page with what is seen now, and how many executions it holds.
fn refresh(text: &str) -> Result<(String, usize), String> {
    let mut fresh = String::with_capacity(text.len());
    let (mut executions, mut heading, mut workflows, mut executed) = (0, String::new(), Vec::<String>::new(), false);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        fresh.push_str(line);
        fresh.push('\n');
        if line.starts_with('#') {
            line.trim_start_matches(['#', ' ']).clone_into(&mut heading);
            workflows.clear();
        }
        let Some(kind) = line.strip_prefix("```").filter(|kind| !kind.is_empty()) else { continue };
        let mut body = Vec::new();
        for line in lines.by_ref().take_while(|line| *line != "```") {
            body.push(line);
        }
        match kind {
            "execution" => {
                let given: Vec<&str> = body.iter().filter_map(|line| line.strip_prefix("> ")).collect();
                let seen = execute(&workflows, &given).map_err(|error| format!("{heading}: {error}"))?;
                for line in given.iter().map(|line| format!("> {line}")).chain(seen) {
                    fresh.push_str(&line);
                    fresh.push('\n');
                }
                executions += 1;
                executed = true;
            }
            _ => {
                if kind == "yaml" {
                    // What follows an execution is about another workflow.
                    if std::mem::take(&mut executed) {
                        workflows.clear();
                    }
                    workflows.push(body.join("\n") + "\n");
                }
                for line in body {
                    fresh.push_str(line);
                    fresh.push('\n');
                }
            }
        }
        fresh.push_str("```\n");
    }
    Ok((fresh, executions))
}

/// What is given to an execution.
#[derive(Default)]
struct Given {
    input: Value,
    script: Script,
    published: Vec<(Duration, Value)>,
    trace: bool,
    asked: bool,
}

fn given(lines: &[&str]) -> Result<Given, String> {
    let mut given = Given::default();
    for line in lines {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "input" => given.input = value::parse_json(rest)?,
            "http" => {
                let (delay, rest) = match rest.strip_prefix("after ").and_then(|rest| rest.split_once(' ')) {
                    Some((delay, rest)) => (span(delay)?, rest),
                    None => (Duration::ZERO, rest),
                };
                let (status, body) = rest.split_once(' ').unwrap_or((rest, ""));
                let status = status.parse().map_err(|_| format!("`{status}` is not a status"))?;
                // Only a stream of events has lines.
                let body = if body.starts_with("data:") { body.replace("\\n", "\n") } else { body.to_owned() };
                given.script.http.push_back((delay, status, body));
            }
            "process" => {
                let end = value::parse_json(rest)?;
                let text = |key| end.member(key).and_then(Value::as_text).unwrap_or_default();
                let code = end.member("code").and_then(Value::as_i64).and_then(|code| i32::try_from(code).ok()).unwrap_or(0);
                let outcome = ProcessOutcome { code, stdout: text("stdout"), stderr: text("stderr"), processor: None };
                given.script.processes.push_back(match end.member("missing") {
                    Some(_) => Err(ProcessError::Missing(text("missing"))),
                    None => Ok(outcome),
                });
            }
            "mcp" => {
                let answer = value::parse_json(rest)?;
                let number = |code: &Value| code.as_i64().unwrap_or_default();
                let said = answer.member("message").and_then(Value::as_text).unwrap_or_default();
                given.script.mcp.push_back(match (answer.member("result"), answer.member("code")) {
                    (Some(result), _) => Ok(result.clone()),
                    (None, Some(code)) => Err(McpError { kind: McpErrorKind::Answered(number(code)), message: said }),
                    (None, None) => Err(McpError { kind: McpErrorKind::Transport, message: said }),
                });
            }
            "grpc" => given.script.grpc.push_back(grpc(rest)?),
            "message" => {
                let (delay, rest) = match rest.strip_prefix("after ").and_then(|rest| rest.split_once(' ')) {
                    Some((delay, rest)) => (span(delay)?, rest),
                    None => (Duration::ZERO, rest),
                };
                given.script.messages.push_back((delay, message(&value::parse_json(rest)?)));
            }
            "subscription" => {
                given.script.subscription = Some(match rest.split_once(' ') {
                    Some(("breaks", why)) => Err(ChannelError { status: None, message: why.to_owned() }),
                    _ => Ok(()),
                });
            }
            "document" => {
                let (uri, text) = rest.split_once(' ').ok_or("`document` needs an address and a text")?;
                given.script.documents.push((uri.to_owned(), text.replace("\\n", "\n")));
            }
            "secret" => {
                let (name, secret) = rest.split_once(' ').ok_or("`secret` needs a name and a value")?;
                given.script.secrets.push((name.to_owned(), value::parse_json(secret)?));
            }
            "publish" => {
                let (at, event) = rest.split_once(' ').ok_or("`publish` needs a time and an event")?;
                given.published.push((span(at)?, value::parse_json(event)?));
            }
            "trace" => given.trace = true,
            "asked" => given.asked = true,
            other => return Err(format!("`> {other}` is not known")),
        }
    }
    Ok(given)
}

fn grpc(text: &str) -> Result<Result<GrpcReply, GrpcStatus>, String> {
    if let Some((code, said)) = text.strip_prefix("status ").map(|rest| rest.split_once(' ').unwrap_or((rest, ""))) {
        let code = code.parse().map_err(|_| format!("`{code}` is not a status code"))?;
        return Ok(Err(GrpcStatus { code, message: said.to_owned() }));
    }
    let messages = match value::parse_json(text)? {
        Value::Arr(messages) => messages.to_vec(),
        message => vec![message],
    };
    Ok(Ok(GrpcReply { messages }))
}

fn message(given: &Value) -> Message {
    let payload = given.member("payload").cloned().unwrap_or_default();
    let headers = match given.member("headers") {
        Some(Value::Obj(members)) => members.iter().filter_map(|(key, member)| Some((key.as_text()?, member.as_text()?))).collect(),
        _ => Vec::new(),
    };
    let payload = payload.as_text().unwrap_or_else(|| payload.to_json()).into_bytes();
    Message { payload, headers, content_type: given.member("type").and_then(Value::as_text), correlation: None }
}

/// `5s` or `20ms`.
fn span(text: &str) -> Result<Duration, String> {
    let milliseconds = match text.strip_suffix("ms") {
        Some(number) => number.parse().map_err(|_| format!("`{text}` is not a time"))?,
        None => duration::parse_iso8601(&format!("PT{}", text.to_uppercase()))?,
    };
    Ok(Duration::from_millis(milliseconds))
}

fn execute(texts: &[String], lines: &[&str]) -> Result<Vec<String>, String> {
    let mut given = given(lines)?;
    let mut programs = Vec::new();
    for text in texts {
        let text = if text.starts_with("document:") { text.clone() } else { format!("{DOCUMENT}{text}") };
        programs.push(workflows::program("page.yaml", &text)?);
    }
    let program = programs.first().cloned().ok_or("there is no workflow")?;
    given.script.workflows = programs;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.map_err(|error| error.to_string())?.block_on(perform(program, given))
}

async fn perform(program: Arc<Program>, given: Given) -> Result<Vec<String>, String> {
    let world = Scripted::new(given.script);
    let engine = Engine::new(Arc::new(world.clone()));
    let run = engine.start(program, given.input, Options { id: Some("execution".to_owned()), seed: Some(1), ..Options::default() });
    let publish = async {
        let start = tokio::time::Instant::now();
        for (at, event) in given.published {
            tokio::time::sleep_until(start + at).await;
            engine.publish(&event);
        }
        std::future::pending::<()>().await;
    };
    let outcome = tokio::select! {
        outcome = tokio::time::timeout(LONGEST, run.ended()) => outcome,
        () = publish => return Err("publishing ended".to_owned()),
    };
    let events = executions::events(&run);
    let mut seen = Vec::new();
    if given.trace {
        // Each branch by itself: its name, its lines, the time of its last line.
        let mut branches: BTreeMap<BranchId, (String, Vec<String>, i64)> = BTreeMap::new();
        for event in &events {
            let begun = || event.task.as_ref().map_or_else(String::new, |run| run.program.workflow.task(run.task).name.to_string());
            let entry = branches.entry(event.branch).or_default();
            if entry.0.is_empty() {
                entry.0 = begun();
            }
            if let Some(line) = executions::line(event) {
                if event.at.0 != entry.2 {
                    entry.1.push(format!("at {} ms", event.at.0));
                    entry.2 = event.at.0;
                }
                entry.1.push(line);
            }
        }
        for (id, (name, lines, _)) in branches {
            if id != ROOT {
                seen.push(format!("[{name}]"));
            }
            seen.extend(lines.into_iter().map(|line| if id == ROOT { line } else { format!("  {line}") }));
        }
    }
    if given.asked {
        seen.extend(world.script(|script| std::mem::take(&mut script.asked)));
    }
    let Ok(outcome) = outcome else {
        seen.push("it still waits".to_owned());
        return Ok(seen);
    };
    let unused = world.script(|script| script.http.len() + script.processes.len() + script.mcp.len() + script.grpc.len());
    if unused > 0 {
        return Err(format!("{unused} answers were not asked for"));
    }
    let end = events.last().map_or(0, |event| event.at.0);
    let when = if end == 0 { String::new() } else { format!(" at {end} ms") };
    seen.push(executions::ending(&outcome).replacen(' ', &format!("{when} "), 1));
    Ok(seen)
}
