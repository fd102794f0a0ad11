//! A server over streamable HTTP: each message is a request of its own, and its answer comes as
//! JSON or in a stream of events.

use std::time::Duration;

use flowdbg_lang::value::{self, Value, ValueExt as _};
use futures::StreamExt as _;

use super::{Connection, Heard, MAX_MESSAGE, hear, transport};
use crate::{
    effect::{McpError, McpErrorKind},
    sse::Events,
    worlds::local::http::{Clients, explain},
};

/// How long the end of a session may take.
const FAREWELL: Duration = Duration::from_secs(1);

pub(super) struct Http<'a> {
    clients: &'a Clients,
    url: String,
    headers: Vec<(String, String)>,
    routes: &'a [(String, String)],
    session: Option<String>,
    version: Option<String>,
}

impl<'a> Http<'a> {
    pub(super) fn new(clients: &'a Clients, url: String, headers: Vec<(String, String)>, routes: &'a [(String, String)]) -> Self {
        Self { clients, url, headers, routes, session: None, version: None }
    }

    fn builder(&self, method: reqwest::Method) -> Result<reqwest::RequestBuilder, McpError> {
        let mut builder = self.clients.request(method, &self.url, self.routes).map_err(transport)?;
        let accept = ("accept", "application/json, text/event-stream");
        let own = [("mcp-session-id", self.session.as_deref()), ("mcp-protocol-version", self.version.as_deref())];
        builder = builder.header(accept.0, accept.1);
        for (key, text) in own {
            builder = match text {
                Some(text) => builder.header(key, text),
                None => builder,
            };
        }
        for (key, text) in &self.headers {
            builder = builder.header(key, text);
        }
        Ok(builder)
    }

    async fn post(&mut self, message: &Value) -> Result<reqwest::Response, McpError> {
        let builder = self.builder(reqwest::Method::POST)?.header("content-type", "application/json").body(message.to_json());
        let response = builder.send().await.map_err(|error| self.failed(&error))?;
        if let Some(session) = response.headers().get("mcp-session-id").and_then(|session| session.to_str().ok()) {
            self.session = Some(session.to_owned());
        }
        let status = response.status().as_u16();
        if (200..300).contains(&status) {
            return Ok(response);
        }
        let said = read(response).await.unwrap_or_default();
        let said = String::from_utf8_lossy(&said).trim().chars().take(500).collect::<String>();
        let said = if said.is_empty() { said } else { format!(": {said}") };
        Err(McpError { kind: McpErrorKind::Status(status), message: format!("POST {} answered {status}{said}", self.url) })
    }

    fn failed(&self, error: &reqwest::Error) -> McpError {
        transport(format!("POST {}: {}", self.url, explain(error)))
    }
}

/// The body of a response, as far as a message may be long.
async fn read(response: reqwest::Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        body.extend_from_slice(&piece.map_err(|error| explain(&error))?);
        if body.len() > MAX_MESSAGE {
            return Err(format!("the message is larger than {} MiB", MAX_MESSAGE / 1024 / 1024));
        }
    }
    Ok(body)
}

impl Connection for Http<'_> {
    async fn request(&mut self, id: u32, message: Value) -> Result<Value, McpError> {
        let response = self.post(&message).await?;
        let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("text/event-stream") {
            let body = read(response).await.map_err(|why| transport(format!("POST {}: {why}", self.url)))?;
            let text = String::from_utf8_lossy(&body);
            let message = value::parse_json(&text).map_err(|why| transport(format!("POST {} answered no JSON: {why}", self.url)))?;
            return match hear(id, message) {
                Heard::Answer(answer) => Ok(answer),
                Heard::Question(_) | Heard::Other => Err(transport(format!("POST {} answered something else than was asked", self.url))),
            };
        }
        let mut events = Events::default();
        let mut pieces = response.bytes_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|error| self.failed(&error))?;
            for data in events.push(&piece) {
                let Ok(message) = value::parse_json(&data) else { continue };
                match hear(id, message) {
                    Heard::Answer(answer) => return Ok(answer),
                    Heard::Question(answer) => drop(self.post(&answer).await?),
                    Heard::Other => {}
                }
            }
            if events.waiting() > MAX_MESSAGE {
                return Err(transport(format!("POST {}: a message is larger than {} MiB", self.url, MAX_MESSAGE / 1024 / 1024)));
            }
        }
        Err(transport(format!("POST {}: the stream ended before the answer came", self.url)))
    }

    async fn notify(&mut self, message: Value) -> Result<(), McpError> {
        self.post(&message).await.map(drop)
    }

    fn speak(&mut self, version: &str) {
        self.version = Some(version.to_owned());
    }

    async fn close(self) {
        if self.session.is_some()
            && let Ok(builder) = self.builder(reqwest::Method::DELETE)
        {
            // A server need not know how to end a session.
            let _ = tokio::time::timeout(FAREWELL, builder.send()).await;
        }
    }
}
