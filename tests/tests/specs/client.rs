//! A plain DAP client: requests by name, events in their order, and the laws of the protocol
//! checked on everything that comes in.

use std::collections::VecDeque;

use flowdbg_protocol::framing::Framing;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{DuplexStream, ReadHalf, WriteHalf};
use tokio_util::codec::{FramedRead, FramedWrite};

/// A client.
pub(crate) struct Client {
    read: FramedRead<ReadHalf<DuplexStream>, Framing>,
    write: FramedWrite<WriteHalf<DuplexStream>, Framing>,
    seq: i64,
    heard: i64,
    events: VecDeque<Value>,
    /// Breaches of the protocol's laws.
    pub(crate) breaches: Vec<String>,
    terminated: bool,
}

impl Client {
    /// A client on a stream.
    pub(crate) fn new(stream: DuplexStream) -> Self {
        let (read, write) = tokio::io::split(stream);
        Self {
            read: FramedRead::new(read, Framing::default()),
            write: FramedWrite::new(write, Framing::default()),
            seq: 0,
            heard: 0,
            events: VecDeque::new(),
            breaches: Vec::new(),
            terminated: false,
        }
    }

    /// Sends a request and waits for its response; events that come before it are kept.
    pub(crate) async fn request(&mut self, command: &str, arguments: Value) -> Result<Value, String> {
        self.seq += 1;
        let seq = self.seq;
        let request = json!({"seq": seq, "type": "request", "command": command, "arguments": arguments});
        self.write.send(request.to_string().into_bytes()).await.map_err(|error| error.to_string())?;
        loop {
            let message = self.message().await.ok_or_else(|| format!("the server went away before it answered `{command}`"))?;
            if message["type"] == "event" {
                self.events.push_back(message);
                continue;
            }
            if message["request_seq"] != seq || message["command"] != command {
                self.breaches.push(format!("an answer that nobody waits for: {message}"));
                continue;
            }
            if message["success"] == true {
                return Ok(message["body"].clone());
            }
            let error = message["body"]["error"]["format"].as_str().or(message["message"].as_str());
            return Err(error.unwrap_or("no message").to_owned());
        }
    }

    /// The next event.
    pub(crate) async fn event(&mut self) -> Option<Value> {
        if let Some(event) = self.events.pop_front() {
            return Some(event);
        }
        self.message().await
    }

    /// Events that were not looked at.
    pub(crate) fn left_over(&mut self) -> Vec<String> {
        self.events.drain(..).map(|event| event["event"].to_string()).collect()
    }

    async fn message(&mut self) -> Option<Value> {
        let frame = self.read.next().await?.ok()?;
        let message: Value = serde_json::from_slice(&frame).ok()?;
        let seq = message["seq"].as_i64().unwrap_or(-1);
        if seq != self.heard + 1 {
            self.breaches.push(format!("seq {seq} follows {}", self.heard));
        }
        self.heard = seq;
        let event = message["event"].as_str().unwrap_or("");
        if self.terminated && matches!(event, "stopped" | "continued" | "terminated") {
            self.breaches.push(format!("`{event}` after `terminated`"));
        }
        self.terminated |= event == "terminated";
        Some(message)
    }
}
