//! The wire to the adapter: requests with their answers, events in their order.

use std::collections::VecDeque;

use flowdbg_protocol::framing::Framing;
use flowdbg_server::dap::{self, DapError, Loopback};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{io::DuplexStream, task::JoinHandle};
use tokio_util::codec::Framed;

use crate::host;

/// Bytes under way in each direction.
const PIPE: usize = 256 * 1024;

/// A debug client.
pub(super) struct Client {
    frames: Framed<DuplexStream, Framing>,
    adapter: JoinHandle<Result<(), DapError>>,
    said: u64,
    events: VecDeque<Value>,
}

impl Client {
    /// A client of an adapter that is started for it.
    pub(super) fn start() -> Self {
        let (ours, theirs) = tokio::io::duplex(PIPE);
        let (read, write) = tokio::io::split(theirs);
        let adapter = tokio::spawn(dap::serve(read, write, Loopback::new(host::local)));
        Self { frames: Framed::new(ours, Framing::default()), adapter, said: 0, events: VecDeque::new() }
    }

    /// Makes a request; gives the body of its answer, or says why it failed.
    pub(super) async fn ask(&mut self, command: &str, arguments: Value) -> Result<Value, String> {
        self.said += 1;
        let seq = self.said;
        let request = json!({ "seq": seq, "type": "request", "command": command, "arguments": arguments });
        self.frames.send(request.to_string()).await.map_err(|error| format!("the adapter does not listen: {error}"))?;
        loop {
            let message = self.read().await?;
            if message["type"] == "event" {
                self.events.push_back(message);
            } else if message["request_seq"] == seq {
                if message["success"] == true {
                    return Ok(message["body"].clone());
                }
                let error = &message["body"]["error"]["format"];
                return Err(error.as_str().or(message["message"].as_str()).unwrap_or("refused").to_owned());
            }
        }
    }

    /// The next event: its name and its body. Nothing is lost if the wait is given up.
    pub(super) async fn event(&mut self) -> Result<(String, Value), String> {
        loop {
            let message = match self.events.pop_front() {
                Some(event) => event,
                None => self.read().await?,
            };
            if message["type"] == "event" {
                return Ok((message["event"].as_str().unwrap_or_default().to_owned(), message["body"].clone()));
            }
        }
    }

    async fn read(&mut self) -> Result<Value, String> {
        let frame = self.frames.next().await.ok_or("the adapter has ended")?.map_err(|error| error.to_string())?;
        serde_json::from_slice(&frame).map_err(|error| error.to_string())
    }

    /// Ends the session; what was launched is cancelled.
    pub(super) async fn leave(mut self) {
        // An adapter that has ended already needs no farewell.
        let _ = self.ask("disconnect", json!({ "terminateDebuggee": true })).await;
        drop(self.frames);
        let _ = self.adapter.await;
    }
}
