//! A server as a process: one message a line. It dies with the call, with all that it started.

use std::{
    collections::BTreeMap,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use flowdbg_lang::value::{self, Value, ValueExt as _};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::{ChildStderr, ChildStdin, ChildStdout, Command},
};

use super::{Connection, Heard, MAX_MESSAGE, SILENCE, hear, transport};
use crate::{effect::McpError, worlds::local::process_group::Group};

/// How long a process may take to end by itself once its input is over.
const FAREWELL: Duration = Duration::from_millis(500);
/// How much of what a server wrote to its standard error stands in an error.
const LAST_WORDS: usize = 2_000;

pub(super) struct Process {
    command: String,
    group: Group,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    complaints: Arc<Mutex<Vec<u8>>>,
    listener: tokio::task::JoinHandle<()>,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Process {
    #[expect(clippy::disallowed_methods, reason = "this is the world that starts processes")]
    pub(super) fn start(
        command: &str,
        arguments: &[String],
        environment: &BTreeMap<String, String>,
        folder: Option<&str>,
    ) -> Result<Self, McpError> {
        let mut process = Command::new(command);
        process.args(arguments).envs(environment).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        if let Some(folder) = folder {
            process.current_dir(folder);
        }
        #[cfg(unix)]
        process.process_group(0);
        let mut child = process.spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => transport(format!("the program `{command}` of the server of tools is not installed here")),
            _ => transport(format!("the server of tools `{command}` did not start: {error}")),
        })?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let mut group = Group::new(child);
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            // It is killed here.
            group.child.stdin = None;
            return Err(transport(format!("the server of tools `{command}` has no standard input and output")));
        };
        let complaints = Arc::new(Mutex::new(Vec::new()));
        let listener = tokio::spawn(listen(stderr, complaints.clone()));
        Ok(Self { command: command.to_owned(), group, stdin: Some(stdin), stdout: BufReader::new(stdout), complaints, listener })
    }

    async fn write(&mut self, message: &Value) -> Result<(), McpError> {
        let mut line = message.to_json();
        line.push('\n');
        let written = match &mut self.stdin {
            Some(stdin) => match stdin.write_all(line.as_bytes()).await {
                Ok(()) => stdin.flush().await,
                Err(error) => Err(error),
            },
            None => Err(std::io::ErrorKind::BrokenPipe.into()),
        };
        match written {
            Ok(()) => Ok(()),
            Err(_) => Err(self.gone().await),
        }
    }

    async fn line(&mut self) -> Result<String, McpError> {
        let mut line = Vec::new();
        let limit = u64::try_from(MAX_MESSAGE).unwrap_or(u64::MAX);
        let mut stdout = (&mut self.stdout).take(limit);
        match tokio::time::timeout(SILENCE, stdout.read_until(b'\n', &mut line)).await {
            Err(_) => Err(transport(format!("the server of tools `{}` said nothing for {} s", self.command, SILENCE.as_secs()))),
            Ok(Ok(0) | Err(_)) => Err(self.gone().await),
            Ok(Ok(_)) if line.len() >= MAX_MESSAGE => Err(transport(format!(
                "the server of tools `{}` sent a message of more than {} MiB",
                self.command,
                MAX_MESSAGE / 1024 / 1024
            ))),
            Ok(Ok(_)) => Ok(String::from_utf8_lossy(&line).into_owned()),
        }
    }

    /// Why a server says nothing more.
    async fn gone(&mut self) -> McpError {
        self.stdin = None;
        let ended = tokio::time::timeout(FAREWELL, self.group.child.wait()).await;
        let how = match ended {
            Ok(Ok(status)) => {
                // What it said last is read to its end.
                let _ = tokio::time::timeout(FAREWELL, &mut self.listener).await;
                status.code().map_or_else(|| "was killed".to_owned(), |code| format!("ended with code {code}"))
            }
            _ => "closed its output".to_owned(),
        };
        let words = self.complaints.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let words = String::from_utf8_lossy(&words).trim().to_owned();
        let said = if words.is_empty() { String::new() } else { format!("; it said: {words}") };
        transport(format!("the server of tools `{}` {how} before it answered{said}", self.command))
    }
}

/// Keeps the end of what a server complains about.
async fn listen(mut stderr: ChildStderr, complaints: Arc<Mutex<Vec<u8>>>) {
    let mut piece = [0; 4_096];
    while let Ok(read @ 1..) = stderr.read(&mut piece).await {
        let mut kept = complaints.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&piece[..read]);
        let extra = kept.len().saturating_sub(LAST_WORDS);
        kept.drain(..extra);
    }
}

impl Connection for Process {
    async fn request(&mut self, id: u32, message: Value) -> Result<Value, McpError> {
        self.write(&message).await?;
        loop {
            let line = self.line().await?;
            // Some servers greet in plain words.
            let Ok(message) = value::parse_json(&line) else { continue };
            match hear(id, message) {
                Heard::Answer(answer) => return Ok(answer),
                Heard::Question(answer) => self.write(&answer).await?,
                Heard::Other => {}
            }
        }
    }

    async fn notify(&mut self, message: Value) -> Result<(), McpError> {
        self.write(&message).await
    }

    fn speak(&mut self, _: &str) {}

    async fn close(mut self) {
        self.stdin = None;
        if let Ok(Ok(_)) = tokio::time::timeout(FAREWELL, self.group.child.wait()).await {
            // What it started may go on without it, so the group is ended all the same.
        }
    }
}
