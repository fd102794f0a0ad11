//! A transcript: what the person does is done, and what is seen is written down.

use std::path::Path;

use flowdbg_engine::{driver::Engine, effect::HttpResponse};
use flowdbg_lang::marked::{File, Fixture};
use flowdbg_server::dap::{self, Loopback};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{
    client::Client,
    page::Case,
    world::{Pending, Scripted},
};

/// Runs a transcript over a pipe that carries so many bytes at once; gives it back with what is
/// seen.
pub(crate) async fn run(case: &Case, pipe: usize) -> Vec<String> {
    let limit = std::time::Duration::from_secs(60);
    let mut transcript = Vec::new();
    // The one outer limit: a real hang shows how far it came.
    if tokio::time::timeout(limit, play(case, pipe, &mut transcript)).await.is_err() {
        transcript.push("  …and then nothing happens".to_owned());
    }
    transcript
}

async fn play(case: &Case, pipe: usize, transcript: &mut Vec<String>) {
    let fixture = Fixture::parse(&case.fixture).unwrap_or_else(|error| panic!("{}: {error}", case.title));
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("a path");
    for file in &fixture.files {
        std::fs::write(root.join(file.path.trim_start_matches('/')), &file.text).expect("a file");
    }
    let (world, requests) = Scripted::new();
    let engine = Engine::new(std::sync::Arc::new(world));
    let (ours, theirs) = tokio::io::duplex(pipe);
    let server = tokio::spawn(async move {
        let (read, write) = tokio::io::split(theirs);
        dap::serve(read, write, Loopback::new(move || engine.clone())).await
    });
    let mut session =
        Session { client: Client::new(ours), requests, pending: Vec::new(), fixture: &fixture, root: &root, thread: 1, extra: Vec::new() };
    for line in &case.session {
        let Some(command) = line.strip_prefix("> ") else { continue };
        transcript.push(line.clone());
        let seen = session.perform(command).await.unwrap_or_else(|error| vec![format!("error: {error}")]);
        transcript.extend(seen.iter().flat_map(|text| text.lines()).map(|line| format!("  {line}")));
    }
    // Closing the stream ends the session; a session that already ended does not mind.
    let _ = session.client.request("disconnect", json!({})).await;
    let left = session.client.left_over();
    let mut laws = std::mem::take(&mut session.client.breaches);
    laws.extend(
        left.into_iter()
            .filter(|event| !matches!(event.as_str(), "\"thread\"" | "\"exited\"" | "\"terminated\""))
            .map(|event| format!("{event} is left over")),
    );
    transcript.extend(laws.into_iter().map(|law| format!("  broken law: {law}")));
    drop(session);
    match server.await {
        Ok(Ok(())) => {}
        other => transcript.push(format!("  broken law: the server ended with {other:?}")),
    }
}

struct Session<'a> {
    client: Client,
    requests: mpsc::UnboundedReceiver<Pending>,
    pending: Vec<Pending>,
    fixture: &'a Fixture,
    root: &'a Path,
    thread: i64,
    /// Breakpoints that were set by name, beside those of the marks.
    extra: Vec<(String, u32, Value)>,
}

type Seen = Result<Vec<String>, String>;

impl Session<'_> {
    async fn perform(&mut self, command: &str) -> Seen {
        let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
        match verb {
            "launch" => self.launch(rest, json!({})).await,
            "launch-on-entry" => self.launch(rest, json!({"stopOnEntry": true})).await,
            "run" => self.moving("configurationDone", json!({})).await,
            "continue" => self.moving("continue", json!({"threadId": self.thread})).await,
            "over" => self.moving("next", json!({"threadId": self.thread})).await,
            "over-stage" => self.moving("next", json!({"threadId": self.thread, "granularity": "instruction"})).await,
            "in" => self.moving("stepIn", json!({"threadId": self.thread})).await,
            "out" => self.moving("stepOut", json!({"threadId": self.thread})).await,
            "pause" => self.moving("pause", json!({"threadId": self.thread})).await,
            "terminate" => self.moving("terminate", json!({})).await,
            "break" => self.set_break(rest).await,
            "answer" => self.answer(rest).await,
            "stack" => self.stack().await,
            "threads" => self.threads().await,
            "vars" => self.variables(rest).await,
            "eval" => self.evaluate(rest).await,
            "set" => self.set(rest).await,
            "info" => self.exception().await,
            "raw" => {
                let (name, arguments) = rest.split_once(' ').unwrap_or((rest, "{}"));
                let arguments = serde_json::from_str(arguments).map_err(|error| error.to_string())?;
                let body = self.client.request(name, arguments).await?;
                Ok(vec![body.to_string()])
            }
            other => panic!("a transcript cannot `{other}`"),
        }
    }

    async fn launch(&mut self, input: &str, extra: Value) -> Seen {
        let arguments = json!({"adapterID": "flowdbg", "linesStartAt1": true, "columnsStartAt1": true, "pathFormat": "path"});
        self.client.request("initialize", arguments).await?;
        let main = &self.fixture.files[0].path;
        let mut arguments =
            json!({"program": self.path(main), "input": serde_json::from_str::<Value>(input).map_err(|error| error.to_string())?});
        if let (Some(arguments), Some(extra)) = (arguments.as_object_mut(), extra.as_object()) {
            arguments.extend(extra.clone());
        }
        self.client.request("launch", arguments).await.map_err(|error| self.plain(&error))?;
        match self.client.event().await {
            Some(event) if event["event"] == "initialized" => {}
            other => return Err(format!("expected `initialized`, got {other:?}")),
        }
        let mut seen = Vec::new();
        for file in &self.fixture.files {
            seen.extend(self.set_breakpoints(file).await?);
        }
        self.client.request("setExceptionBreakpoints", json!({"filters": ["uncaught"]})).await?;
        Ok(seen)
    }

    async fn set_breakpoints(&mut self, file: &File) -> Seen {
        let mut wanted: Vec<Value> = file.marks.iter().filter_map(breakpoint).collect();
        wanted.extend(self.extra.iter().filter(|(path, ..)| *path == file.path).map(|(_, line, more)| {
            let mut wanted = more.clone();
            wanted["line"] = json!(line + 1);
            wanted
        }));
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let lines: Vec<u64> = wanted.iter().filter_map(|wanted| wanted["line"].as_u64()).collect();
        let arguments = json!({"source": {"path": self.path(&file.path)}, "breakpoints": wanted});
        let body = self.client.request("setBreakpoints", arguments).await?;
        let answers = body["breakpoints"].as_array().cloned().unwrap_or_default();
        let unverified = lines.iter().zip(&answers).filter(|(_, answer)| answer["verified"] != true);
        Ok(unverified
            .map(|(line, answer)| {
                format!("unverified {}: {}", self.name_line(&file.path, *line), answer["message"].as_str().unwrap_or("?"))
            })
            .collect())
    }

    async fn set_break(&mut self, text: &str) -> Seen {
        let (label, rest) = text.split_once(' ').unwrap_or((text, ""));
        let (file, label) = self.fixture.label(label.trim_start_matches('@')).ok_or(format!("no label {label}"))?;
        let mut more = json!({});
        if let Some(condition) = rest.strip_prefix("if ") {
            more["condition"] = json!(condition);
        } else if let Some(hits) = rest.strip_prefix("hits ") {
            more["hitCondition"] = json!(hits);
        } else if let Some(message) = rest.strip_prefix("log ") {
            more["logMessage"] = json!(message);
        }
        self.extra.push((file.path.clone(), label.line, more));
        self.set_breakpoints(file).await
    }

    /// Does something after which the execution moves; says what is seen until nothing happens.
    async fn moving(&mut self, command: &str, arguments: Value) -> Seen {
        self.client.request(command, arguments).await?;
        self.watch().await
    }

    async fn watch(&mut self) -> Seen {
        let mut seen = Vec::new();
        loop {
            let event = tokio::select! {
                biased;
                event = self.client.event() => event.ok_or("the server went away")?,
                request = self.requests.recv() => {
                    let request = request.ok_or("the world is gone")?;
                    seen.push(format!("waiting {} {}", request.request.method, request.request.url));
                    self.pending.push(request);
                    return Ok(seen);
                }
            };
            let body = &event["body"];
            match event["event"].as_str().unwrap_or("") {
                "stopped" => {
                    self.thread = body["threadId"].as_i64().unwrap_or(0);
                    let text = body["text"].as_str().map(|text| format!(" {text}")).unwrap_or_default();
                    seen.push(format!("stopped {} {}{text}", body["reason"].as_str().unwrap_or("?"), self.place().await?));
                    return Ok(seen);
                }
                "output" => {
                    let text = body["output"].as_str().unwrap_or("").trim_end();
                    let text = serde_json::from_str::<Value>(text).map_or_else(|_| text.to_owned(), |json| json.to_string());
                    seen.push(format!("{}: {}", body["category"].as_str().unwrap_or("console"), self.plain(&text)));
                }
                "exited" => seen.push(format!("exited {}", body["exitCode"])),
                "terminated" => return Ok(seen),
                "thread" | "breakpoint" => {}
                other => seen.push(format!("{other} {body}")),
            }
        }
    }

    async fn answer(&mut self, text: &str) -> Seen {
        let mut words = text.splitn(3, ' ');
        let (url, status, body) = (words.next().unwrap_or(""), words.next().unwrap_or(""), words.next().unwrap_or("null"));
        let status = status.parse().map_err(|_| format!("`{status}` is no status"))?;
        let at = self.pending.iter().position(|pending| pending.request.url.contains(url)).ok_or(format!("no request waits for {url}"))?;
        let response = HttpResponse {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.as_bytes().to_vec(),
        };
        self.pending.remove(at).answer.send(response).map_err(|_| "the request was given up".to_owned())?;
        self.watch().await
    }

    async fn frames(&mut self) -> Result<Vec<Value>, String> {
        let body = self.client.request("stackTrace", json!({"threadId": self.thread})).await?;
        Ok(body["stackFrames"].as_array().cloned().unwrap_or_default())
    }

    /// Where the current thread stands: a label, or the task's name.
    async fn place(&mut self) -> Result<String, String> {
        let frames = self.frames().await?;
        Ok(frames.first().map_or_else(|| "nowhere".to_owned(), |frame| self.name_frame(frame)))
    }

    fn name_frame(&self, frame: &Value) -> String {
        let path = frame["source"]["path"].as_str().and_then(|path| Path::new(path).strip_prefix(self.root).ok());
        let path = path.map_or_else(String::new, |path| format!("/{}", path.display()));
        let line = frame["line"].as_u64().unwrap_or(0);
        match self.fixture.label_of_line(&path, u32::try_from(line.saturating_sub(1)).unwrap_or(0)) {
            Some(label) => format!("@{label}"),
            None => frame["name"].as_str().unwrap_or("?").to_owned(),
        }
    }

    fn name_line(&self, path: &str, line: u64) -> String {
        let label = self.fixture.label_of_line(path, u32::try_from(line - 1).unwrap_or(0));
        label.map_or_else(|| "the breakpoint".to_owned(), |label| format!("@{label}"))
    }

    async fn stack(&mut self) -> Seen {
        let frames = self.frames().await?;
        Ok(frames
            .iter()
            .map(|frame| {
                let (name, place) = (frame["name"].as_str().unwrap_or("?"), self.name_frame(frame));
                let label = if frame["presentationHint"] == "label" { " (label)" } else { "" };
                if place.starts_with('@') { format!("{name} {place}{label}") } else { format!("{name}{label}") }
            })
            .collect())
    }

    async fn threads(&mut self) -> Seen {
        let body = self.client.request("threads", json!({})).await?;
        let mut names: Vec<String> =
            body["threads"].as_array().into_iter().flatten().map(|thread| thread["name"].as_str().unwrap_or("?").to_owned()).collect();
        names.sort();
        Ok(names)
    }

    async fn scope(&mut self, name: &str) -> Result<i64, String> {
        let frames = self.frames().await?;
        let frame = frames.first().ok_or("no frame")?["id"].clone();
        let body = self.client.request("scopes", json!({"frameId": frame})).await?;
        let scopes = body["scopes"].as_array().cloned().unwrap_or_default();
        let scope = scopes.iter().find(|scope| scope["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name)));
        scope.and_then(|scope| scope["variablesReference"].as_i64()).ok_or(format!("no scope {name}"))
    }

    async fn variables(&mut self, path: &str) -> Seen {
        let mut steps = path.split('/');
        let mut reference = self.scope(steps.next().unwrap_or("")).await?;
        for step in steps {
            let children = self.client.request("variables", json!({"variablesReference": reference})).await?;
            let child = children["variables"].as_array().into_iter().flatten().find(|child| child["name"] == step).cloned();
            reference = child.ok_or(format!("no {step}"))?["variablesReference"].as_i64().unwrap_or(0);
        }
        let children = self.client.request("variables", json!({"variablesReference": reference})).await?;
        Ok(children["variables"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|child| format!("{}: {}", child["name"].as_str().unwrap_or("?"), child["value"].as_str().unwrap_or("?")))
            .collect())
    }

    async fn evaluate(&mut self, expression: &str) -> Seen {
        let frames = self.frames().await?;
        let frame = frames.first().ok_or("no frame")?["id"].clone();
        let body = self.client.request("evaluate", json!({"expression": expression, "frameId": frame, "context": "repl"})).await?;
        Ok(vec![body["result"].as_str().unwrap_or("?").to_owned()])
    }

    /// `set SCOPE NAME VALUE`
    async fn set(&mut self, text: &str) -> Seen {
        let mut words = text.splitn(3, ' ');
        let reference = self.scope(words.next().unwrap_or("")).await?;
        let arguments = json!({"variablesReference": reference, "name": words.next(), "value": words.next()});
        let body = self.client.request("setVariable", arguments).await?;
        Ok(vec![body["value"].as_str().unwrap_or("?").to_owned()])
    }

    async fn exception(&mut self) -> Seen {
        let body = self.client.request("exceptionInfo", json!({"threadId": self.thread})).await?;
        let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
        Ok(vec![format!("{}: {} ({})", text(&body["exceptionId"]), text(&body["description"]), text(&body["breakMode"]))])
    }

    fn path(&self, path: &str) -> String {
        self.root.join(path.trim_start_matches('/')).display().to_string()
    }

    /// Without the folder of this run.
    fn plain(&self, text: &str) -> String {
        text.replace(&self.root.display().to_string(), "")
    }
}

/// The breakpoint that a mark asks for.
fn breakpoint(mark: &flowdbg_lang::marked::Mark) -> Option<Value> {
    let mut wanted = json!({"line": mark.line + 1});
    match mark.word.as_str() {
        "log" => wanted["logMessage"] = json!(mark.text.trim_matches('"')),
        "bp" => {
            if let Some(condition) = mark.text.strip_prefix("if ") {
                wanted["condition"] = json!(condition);
            } else if let Some(hits) = mark.text.strip_prefix("hits ") {
                wanted["hitCondition"] = json!(hits);
            }
        }
        _ => return None,
    }
    Some(wanted)
}
