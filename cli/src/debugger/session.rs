//! A debug session at the terminal.

use std::sync::Arc;

use flowdbg_lang::{model::Workflow, suggest};
use serde_json::{Value, json};

use super::{
    client::Client,
    command::{self, Command},
    path::{self, Step},
    source::{self, Sources},
};
use crate::{
    commands::{CANCELLED, FAULTED, GOOD},
    draw,
    interrupt::Interrupts,
    term,
};

/// Lines shown before and after a stop.
const CONTEXT: u32 = 2;
/// Lines shown before and after by `list`.
const LISTED: u32 = 8;
/// Characters of a value that are shown among others.
const SHORT: usize = 160;

/// A breakpoint as it was asked for.
struct Breakpoint {
    number: u32,
    line: u32,
    column: Option<u32>,
    condition: Option<String>,
    /// Its id at the adapter.
    id: Option<i64>,
}

/// Where the execution stands.
struct Frame {
    id: i64,
    name: String,
    path: String,
    line: u32,
}

enum State {
    /// Not started.
    Ready,
    /// At a stop, looking at a branch.
    Stopped { client: Box<Client>, thread: i64, frames: Vec<Frame> },
    /// Ended with this exit code.
    Over(u8),
}

/// What a command came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Read another one.
    Go,
    /// Leave.
    Leave,
}

/// The debugger.
pub(crate) struct Debugger {
    workflow: Arc<Workflow>,
    input: Value,
    sources: Sources,
    breakpoints: Vec<Breakpoint>,
    numbers: u32,
    state: State,
    last: Option<Command>,
}

impl Debugger {
    pub(crate) fn new(workflow: Arc<Workflow>, input: Value) -> Self {
        let sources = Sources::new(&workflow.source);
        Self { workflow, input, sources, breakpoints: Vec::new(), numbers: 0, state: State::Ready, last: None }
    }

    /// Does what a line says. Mistakes are told and change nothing.
    pub(crate) async fn line(&mut self, line: &str, interrupts: &mut Interrupts) -> Next {
        let command = match (line.trim(), &self.last) {
            ("", Some(last)) => last.clone(),
            ("", None) => return Next::Go,
            (comment, _) if comment.starts_with('#') => return Next::Go,
            (line, _) => match command::read(line) {
                Ok(command) => command,
                Err(why) => {
                    term::out(&why);
                    return Next::Go;
                }
            },
        };
        self.last = command.repeats().then(|| command.clone());
        if command == Command::Quit {
            return Next::Leave;
        }
        if let Err(why) = self.perform(command, interrupts).await {
            term::out(&why);
        }
        Next::Go
    }

    /// Ends the session: what is under way is cancelled. Gives the exit code.
    pub(crate) async fn leave(self) -> u8 {
        match self.state {
            State::Ready => GOOD,
            State::Stopped { client, .. } => {
                client.leave().await;
                CANCELLED
            }
            State::Over(code) => code,
        }
    }

    async fn perform(&mut self, command: Command, interrupts: &mut Interrupts) -> Result<(), String> {
        match command {
            Command::Break { at, condition } => self.add_breakpoint(&at, condition).await,
            Command::Delete(number) => self.delete(number).await,
            Command::Run => {
                if let State::Stopped { .. } = self.state {
                    return Err("it is running already; `continue` goes on, `quit` ends it".to_owned());
                }
                self.start(false, interrupts).await
            }
            Command::Continue => self.go("continue", None, interrupts).await,
            Command::Next => self.go("next", None, interrupts).await,
            Command::Step => self.go("stepIn", None, interrupts).await,
            Command::Out => self.go("stepOut", None, interrupts).await,
            Command::Stage => self.go("next", Some("instruction"), interrupts).await,
            Command::Where => self.show_stack(),
            Command::List(line) => self.list(line),
            Command::Print(expression) => self.print(&expression).await,
            Command::Set { path, value } => self.set(&path, &value).await,
            Command::Variables => self.variables().await,
            Command::Threads => self.threads().await,
            Command::Thread(thread) => self.look_at(thread).await,
            Command::Info => {
                self.info();
                Ok(())
            }
            Command::Help => {
                term::out(&command::help());
                Ok(())
            }
            Command::Quit => Ok(()),
        }
    }

    // Breakpoints

    async fn add_breakpoint(&mut self, at: &str, condition: Option<String>) -> Result<(), String> {
        let (line, column) = self.locate(at)?;
        self.numbers += 1;
        let number = self.numbers;
        let about = condition.as_ref().map_or_else(String::new, |condition| format!(" if {condition}"));
        self.breakpoints.push(Breakpoint { number, line, column, condition, id: None });
        self.send_breakpoints().await?;
        if let Some(breakpoint) = self.breakpoints.last() {
            let text = self.workflow.source.slice(self.workflow.source.line_span(breakpoint.line - 1)).trim();
            term::out(&format!("breakpoint {number} at line {}{about}: {text}", breakpoint.line));
        }
        Ok(())
    }

    /// Line and perhaps column, from 1, of a line number or a task.
    fn locate(&self, at: &str) -> Result<(u32, Option<u32>), String> {
        let source = &self.workflow.source;
        if let Ok(line) = at.parse::<u32>() {
            let count = source.line_count();
            return if (1..=count).contains(&line) {
                Ok((line, None))
            } else {
                Err(format!("there is no line {line}: the file has {count}"))
            };
        }
        let found: Vec<_> = self.workflow.tasks.iter().filter(|task| &*task.name == at || &*task.reference == at).collect();
        let place = |task: &flowdbg_lang::model::Task| source.position(task.name_span.start);
        match found.as_slice() {
            [task] => Ok((place(task).line + 1, Some(place(task).character + 1))),
            [] => {
                let near = suggest::closest(at, self.workflow.tasks.iter().map(|task| &*task.name));
                Err(format!("there is no task `{at}`{}", near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))))
            }
            several => {
                let places: Vec<String> =
                    several.iter().map(|task| format!("{} (line {})", task.reference, place(task).line + 1)).collect();
                Err(format!("several tasks are called `{at}`: {}", places.join(", ")))
            }
        }
    }

    async fn delete(&mut self, number: Option<u32>) -> Result<(), String> {
        let before = self.breakpoints.len();
        self.breakpoints.retain(|breakpoint| number.is_some_and(|number| number != breakpoint.number));
        if let (Some(number), true) = (number, before == self.breakpoints.len()) {
            return Err(format!("there is no breakpoint {number}; `info` lists them"));
        }
        self.send_breakpoints().await
    }

    /// Tells the adapter all breakpoints, if the workflow has been started.
    async fn send_breakpoints(&mut self) -> Result<(), String> {
        let State::Stopped { client, .. } = &mut self.state else { return Ok(()) };
        set_breakpoints(client, &self.workflow, &mut self.breakpoints).await
    }

    fn info(&self) {
        if self.breakpoints.is_empty() {
            term::out("no breakpoints");
        }
        for Breakpoint { number, line, condition, .. } in &self.breakpoints {
            let text = self.workflow.source.slice(self.workflow.source.line_span(line - 1)).trim();
            let condition = condition.as_ref().map_or_else(String::new, |condition| format!(" if {condition}"));
            term::out(&format!("{number}  line {line}{condition}: {text}"));
        }
    }

    // Motion

    async fn start(&mut self, stop_on_entry: bool, interrupts: &mut Interrupts) -> Result<(), String> {
        let mut client = Box::new(Client::start());
        match launch(&mut client, &self.workflow, &self.input, stop_on_entry, &mut self.breakpoints).await {
            Ok(()) => self.wait(client, interrupts).await,
            Err(why) => {
                client.leave().await;
                Err(why)
            }
        }
    }

    /// Goes on; before the start a step goes to the first task.
    async fn go(&mut self, command: &str, granularity: Option<&str>, interrupts: &mut Interrupts) -> Result<(), String> {
        match &mut self.state {
            State::Ready => return self.start(command != "continue", interrupts).await,
            State::Over(_) => return Err("it has ended; `run` starts it again".to_owned()),
            State::Stopped { client, thread, .. } => {
                let mut arguments = json!({ "threadId": thread });
                if let Some(granularity) = granularity {
                    arguments["granularity"] = granularity.into();
                }
                client.ask(command, arguments).await?;
            }
        }
        let State::Stopped { client, .. } = std::mem::replace(&mut self.state, State::Over(FAULTED)) else { return Ok(()) };
        self.wait(client, interrupts).await
    }

    /// Waits for the next stop or the end. Ctrl-C asks for a stop, a second one gives up.
    async fn wait(&mut self, mut client: Box<Client>, interrupts: &mut Interrupts) -> Result<(), String> {
        let mut code = FAULTED;
        let mut asked = false;
        loop {
            let (event, body) = tokio::select! {
                event = client.event() => match event {
                    Ok(event) => event,
                    Err(why) => {
                        self.state = State::Over(FAULTED);
                        return Err(why);
                    }
                },
                () = interrupts.next() => {
                    let (command, said) = if asked { ("terminate", "cancelling") } else { ("pause", "stopping at the next task; Ctrl-C again cancels") };
                    term::out(said);
                    asked = true;
                    // It may have ended just now; then that is told next.
                    let _ = client.ask(command, json!({ "threadId": 0 })).await;
                    continue;
                }
            };
            match event.as_str() {
                "output" => {
                    let text = body["output"].as_str().unwrap_or_default();
                    term::out(text.strip_suffix('\n').unwrap_or(text));
                }
                "breakpoint" => self.moved(&body["breakpoint"]),
                "exited" => {
                    code = match body["exitCode"].as_i64() {
                        Some(0) => GOOD,
                        Some(2) => CANCELLED,
                        _ => FAULTED,
                    };
                }
                "terminated" => {
                    client.leave().await;
                    self.state = State::Over(code);
                    term::out(match code {
                        GOOD => "completed",
                        CANCELLED => "cancelled",
                        _ => "ended by an error",
                    });
                    return Ok(());
                }
                "stopped" => {
                    let thread = body["threadId"].as_i64().unwrap_or(1);
                    return self.stopped(client, thread, &body).await;
                }
                _ => {}
            }
        }
    }

    fn moved(&mut self, told: &Value) {
        let breakpoint = self.breakpoints.iter_mut().find(|breakpoint| breakpoint.id.is_some() && breakpoint.id == told["id"].as_i64());
        if let Some(breakpoint) = breakpoint {
            note_binding(breakpoint, told);
        }
    }

    async fn stopped(&mut self, mut client: Box<Client>, thread: i64, why: &Value) -> Result<(), String> {
        let mut title = match why["reason"].as_str().unwrap_or_default() {
            "breakpoint" => {
                let hit = |breakpoint: &&Breakpoint| {
                    why["hitBreakpointIds"].as_array().is_some_and(|ids| ids.iter().any(|id| id.as_i64() == breakpoint.id && id.is_i64()))
                };
                let numbers: Vec<String> = self.breakpoints.iter().filter(hit).map(|breakpoint| breakpoint.number.to_string()).collect();
                format!("breakpoint {}", numbers.join(", "))
            }
            "exception" => format!("error: {}", why["text"].as_str().or(why["description"].as_str()).unwrap_or_default()),
            reason => reason.to_owned(),
        };
        if why["reason"] == "exception"
            && let Ok(info) = client.ask("exceptionInfo", json!({ "threadId": thread })).await
        {
            title = format!("error: {}", info["description"].as_str().unwrap_or_default());
            if let Some(facts) = info["details"]["message"].as_str() {
                title = format!("{title}\n  {} ({facts})", info["exceptionId"].as_str().unwrap_or_default());
            }
        }
        let frames = stack(&mut client, thread).await;
        self.state = State::Stopped { client, thread, frames: frames.unwrap_or_default() };
        term::out(&title);
        self.show_place(CONTEXT, CONTEXT)
    }

    // Looking

    fn frame(&self) -> Result<&Frame, String> {
        match &self.state {
            State::Stopped { frames, .. } => frames.first().ok_or_else(|| "this branch has ended; `threads` lists the others".to_owned()),
            State::Ready => Err("it has not been started; `run` starts it".to_owned()),
            State::Over(_) => Err("it has ended; `run` starts it again".to_owned()),
        }
    }

    /// The client and the frame that is looked at.
    fn at_stop(&mut self) -> Result<(&mut Client, i64), String> {
        let frame = self.frame()?.id;
        match &mut self.state {
            State::Stopped { client, .. } => Ok((client, frame)),
            State::Ready | State::Over(_) => Err("it is not stopped".to_owned()),
        }
    }

    fn show_place(&mut self, before: u32, after: u32) -> Result<(), String> {
        let Frame { name, path, line, .. } = self.frame()?;
        let (path, line) = (path.clone(), *line);
        term::out(&format!("at {name} ({}:{line})", draw::shown_path(&path)));
        self.show_lines(&path, line, before, after, Some(line));
        Ok(())
    }

    fn show_lines(&mut self, path: &str, around: u32, before: u32, after: u32, arrow: Option<u32>) {
        let main = path == self.workflow.source.path();
        let marked: Vec<u32> = if main { self.breakpoints.iter().map(|breakpoint| breakpoint.line).collect() } else { Vec::new() };
        if let Some(source) = self.sources.get(path) {
            term::out(&source::lines(&source, around, before, after, arrow, &marked));
        }
    }

    fn show_stack(&mut self) -> Result<(), String> {
        self.frame()?;
        if let State::Stopped { frames, .. } = &self.state {
            for (at, Frame { name, path, line, .. }) in frames.iter().enumerate() {
                term::out(&format!("#{at} {name} ({}:{line})", draw::shown_path(path)));
            }
        }
        Ok(())
    }

    fn list(&mut self, line: Option<u32>) -> Result<(), String> {
        let stop = self.frame().ok().map(|frame| (frame.path.clone(), frame.line));
        let (path, here) = match stop {
            Some((path, line)) => (path, Some(line)),
            None => (self.workflow.source.path().to_owned(), None),
        };
        let around = line.or(here).unwrap_or(1 + LISTED);
        self.show_lines(&path, around, LISTED, LISTED, here);
        Ok(())
    }

    async fn print(&mut self, expression: &str) -> Result<(), String> {
        let (client, frame) = self.at_stop()?;
        let arguments = json!({ "expression": expression, "frameId": frame, "context": "clipboard" });
        let answer = client.ask("evaluate", arguments).await?;
        let text = answer["result"].as_str().unwrap_or_default();
        term::out(&serde_json::from_str::<Value>(text).map_or_else(|_| text.to_owned(), |value| format!("{value:#}")));
        Ok(())
    }

    async fn variables(&mut self) -> Result<(), String> {
        let (client, frame) = self.at_stop()?;
        for scope in scopes(client, frame).await? {
            let children = children(client, &scope["variablesReference"], json!({ "start": 0, "count": 100 })).await?;
            let name = scope["name"].as_str().unwrap_or_default();
            if children.is_empty() {
                term::out(&format!("{name}: empty"));
                continue;
            }
            term::out(&format!("{name}:"));
            for child in children {
                let value = child["value"].as_str().unwrap_or_default();
                let cut = if value.chars().count() > SHORT { "…" } else { "" };
                let value: String = value.chars().take(SHORT).collect();
                term::out(&format!("  {} = {value}{cut}", child["name"].as_str().unwrap_or_default()));
            }
        }
        Ok(())
    }

    async fn set(&mut self, path: &str, value: &str) -> Result<(), String> {
        let wanted = path::parse(path)?;
        let (client, frame) = self.at_stop()?;
        let scopes = scopes(client, frame).await?;
        let scope = |name: &str| scopes.iter().find(|scope| scope["name"] == name).map(|scope| scope["variablesReference"].clone());
        let mut steps = wanted.steps;
        let mut container = match wanted.variable.as_deref() {
            Some("$context") => scope("Context"),
            Some(name) => {
                steps.insert(0, Step::Key(name.to_owned()));
                scope("Locals")
            }
            None => {
                // `.` is the output once there is one.
                let output = scope("Output").unwrap_or_default();
                let is_output = children(client, &output, json!({ "start": 0, "count": 1 }))
                    .await?
                    .iter()
                    .any(|child| child["evaluateName"].as_str().is_some_and(|name| name.starts_with('.')));
                if is_output { Some(output) } else { scope("Input") }
            }
        }
        .ok_or("there is no such scope here")?;
        let last = steps.pop();
        for step in &steps {
            container =
                into(client, &container, step).await?.ok_or_else(|| format!("there is nothing to go into on the way to `{path}`"))?;
        }
        let name = match last {
            Some(Step::Key(key)) => key,
            Some(Step::Index(index)) => index.to_string(),
            None => return Err("a whole scope cannot be replaced: name a member of it".to_owned()),
        };
        let arguments = json!({ "variablesReference": container, "name": name, "value": value });
        let answer = client.ask("setVariable", arguments).await?;
        term::out(&format!("{path} = {}", answer["value"].as_str().unwrap_or_default()));
        Ok(())
    }

    async fn threads(&mut self) -> Result<(), String> {
        self.frame()?;
        let State::Stopped { client, thread, .. } = &mut self.state else { return Ok(()) };
        let answer = client.ask("threads", json!({})).await?;
        for listed in answer["threads"].as_array().into_iter().flatten() {
            let id = listed["id"].as_i64().unwrap_or_default();
            let mark = if id == *thread { '*' } else { ' ' };
            term::out(&format!("{mark} {id} {}", listed["name"].as_str().unwrap_or_default()));
        }
        Ok(())
    }

    async fn look_at(&mut self, wanted: i64) -> Result<(), String> {
        self.frame()?;
        if let State::Stopped { client, thread, frames } = &mut self.state {
            *frames = stack(client, wanted).await?;
            *thread = wanted;
        }
        self.show_place(CONTEXT, CONTEXT)
    }
}

async fn launch(
    client: &mut Client,
    workflow: &Workflow,
    input: &Value,
    stop_on_entry: bool,
    breakpoints: &mut [Breakpoint],
) -> Result<(), String> {
    let about = json!({
        "clientID": "flowdbg-debug", "adapterID": "flowdbg", "pathFormat": "path", "linesStartAt1": true, "columnsStartAt1": true,
        "supportsVariableType": true, "supportsVariablePaging": true,
    });
    client.ask("initialize", about).await?;
    // A string would be read as JSON text.
    let input = if input.is_string() { Value::String(input.to_string()) } else { input.clone() };
    client.ask("launch", json!({ "program": workflow.source.path(), "input": input, "stopOnEntry": stop_on_entry })).await?;
    set_breakpoints(client, workflow, breakpoints).await?;
    client.ask("setExceptionBreakpoints", json!({ "filters": ["uncaught"] })).await?;
    client.ask("configurationDone", json!({})).await?;
    Ok(())
}

async fn set_breakpoints(client: &mut Client, workflow: &Workflow, breakpoints: &mut [Breakpoint]) -> Result<(), String> {
    let wanted: Vec<Value> = breakpoints
        .iter()
        .map(|breakpoint| json!({ "line": breakpoint.line, "column": breakpoint.column, "condition": breakpoint.condition }))
        .collect();
    let arguments = json!({ "source": { "path": workflow.source.path() }, "breakpoints": wanted });
    let answer = client.ask("setBreakpoints", arguments).await?;
    for (breakpoint, told) in breakpoints.iter_mut().zip(answer["breakpoints"].as_array().into_iter().flatten()) {
        breakpoint.id = told["id"].as_i64();
        note_binding(breakpoint, told);
    }
    Ok(())
}

/// Takes over where a breakpoint went, and says why it cannot be hit.
fn note_binding(breakpoint: &mut Breakpoint, told: &Value) {
    if told["verified"] == false {
        let why = told["message"].as_str().unwrap_or("it cannot be bound");
        term::out(&format!("breakpoint {} will not be hit: {why}", breakpoint.number));
    } else if let Some(line) = told["line"].as_u64().and_then(|line| u32::try_from(line).ok())
        && line != breakpoint.line
    {
        term::out(&format!("breakpoint {} goes to line {line}", breakpoint.number));
        breakpoint.line = line;
        breakpoint.column = None;
    }
}

async fn stack(client: &mut Client, thread: i64) -> Result<Vec<Frame>, String> {
    let answer = client.ask("stackTrace", json!({ "threadId": thread })).await?;
    let frame = |frame: &Value| Frame {
        id: frame["id"].as_i64().unwrap_or_default(),
        name: frame["name"].as_str().unwrap_or_default().to_owned(),
        path: frame["source"]["path"].as_str().unwrap_or_default().to_owned(),
        line: frame["line"].as_u64().and_then(|line| u32::try_from(line).ok()).unwrap_or(1),
    };
    Ok(answer["stackFrames"].as_array().into_iter().flatten().map(frame).collect())
}

async fn scopes(client: &mut Client, frame: i64) -> Result<Vec<Value>, String> {
    let answer = client.ask("scopes", json!({ "frameId": frame })).await?;
    Ok(answer["scopes"].as_array().cloned().unwrap_or_default())
}

async fn children(client: &mut Client, of: &Value, which: Value) -> Result<Vec<Value>, String> {
    if of.as_i64().unwrap_or(0) == 0 {
        return Ok(Vec::new());
    }
    let mut arguments = which;
    arguments["variablesReference"] = of.clone();
    let answer = client.ask("variables", arguments).await?;
    Ok(answer["variables"].as_array().cloned().unwrap_or_default())
}

/// The reference of a child, if it is there and has children itself.
async fn into(client: &mut Client, container: &Value, step: &Step) -> Result<Option<Value>, String> {
    let (which, name) = match step {
        Step::Index(index) => (json!({ "filter": "indexed", "start": index, "count": 1 }), index.to_string()),
        Step::Key(key) => (json!({}), key.clone()),
    };
    let found = children(client, container, which).await?;
    let is_it = |child: &&Value| child["name"].as_str().is_some_and(|found| found == name || found == format!("[{name}]"));
    let reference = found.iter().find(is_it).map(|child| child["variablesReference"].clone());
    // A value without children is a container too: of the members that it is to get.
    Ok(reference.filter(|reference| reference.as_i64().unwrap_or(0) != 0))
}
