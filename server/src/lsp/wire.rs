//! Between a byte stream and a session: frames in, frames out, nothing decided.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use flowdbg_protocol::framing::Framing;
use futures::{SinkExt as _, StreamExt as _, stream::FuturesUnordered};
use serde::{Deserialize as _, Serialize};
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
};
use tokio_util::codec::{FramedRead, FramedWrite};
use tower::Service as _;
use tower_lsp_server::{
    LspService,
    jsonrpc::{Error, Id, Request, Response},
};

use super::session::Session;

/// How long the last answers may take, and how long an editor that leaves may take to read them.
const FAREWELL: Duration = Duration::from_secs(1);

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// As the protocol wants it: `shutdown`, then `exit` or the end of the stream.
    Orderly,
    /// The editor left without `shutdown`, or the stream broke.
    Abruptly,
}

/// Serves one editor until it leaves.
pub async fn serve(reader: impl AsyncRead + Unpin, writer: impl AsyncWrite + Unpin + Send + 'static) -> Ended {
    let shut_down = Arc::new(AtomicBool::new(false));
    let (mut service, socket) = {
        let shut_down = shut_down.clone();
        Session::register(LspService::build_with_lifecycle_methods(|client| Session::new(client, shut_down))).finish()
    };
    let (mut to_client, mut from_client) = socket.split();
    let (outbox, queue) = mpsc::unbounded_channel();
    let outbox = Outbox(outbox);
    let writing = tokio::spawn(write(queue, writer));
    let mut frames = FramedRead::new(reader, Framing::default());
    let mut pending = FuturesUnordered::new();
    loop {
        let frame = tokio::select! {
            // Answers first: they free memory.
            biased;
            Some(answer) = pending.next() => {
                outbox.answer(answer);
                continue;
            }
            Some(request) = to_client.next() => {
                outbox.send(&request);
                continue;
            }
            frame = frames.next() => frame,
        };
        let message = match frame {
            Some(Ok(frame)) => read(&frame),
            Some(Err(error)) => {
                // Where the next message begins cannot be known.
                tracing::error!("the editor's messages cannot be read any further: {error}");
                outbox.send(&Response::from_error(Id::Null, Error { message: error.to_string().into(), ..Error::parse_error() }));
                shut_down.store(false, Ordering::Relaxed);
                break;
            }
            None => {
                // Nobody says more, but somebody may still read what was asked for.
                let answer_all = async {
                    while let Some(answer) = pending.next().await {
                        outbox.answer(answer);
                    }
                };
                if tokio::time::timeout(FAREWELL, answer_all).await.is_err() {
                    tracing::warn!("the editor left before everything was answered");
                }
                break;
            }
        };
        match message {
            Ok(Message::Request(request)) if request.method() == "exit" => break,
            Ok(Message::Request(request)) => {
                let mut handling = service.call(request);
                // The handler's first step is taken here and now, before the next message is read.
                match futures::poll!(&mut handling) {
                    std::task::Poll::Ready(answer) => outbox.answer(answer),
                    std::task::Poll::Pending => pending.push(handling),
                }
            }
            Ok(Message::Response(response)) => {
                if from_client.send(response).await.is_err() {
                    tracing::warn!("an answer came that nobody waits for");
                }
            }
            Err(refusal) => {
                tracing::warn!("a message was refused: {refusal:?}");
                outbox.send(&refusal);
            }
        }
    }
    drop((outbox, pending));
    // The publisher may hold on to the client; the queue itself is closed.
    if tokio::time::timeout(FAREWELL, writing).await.is_err() {
        tracing::warn!("the editor does not read its last messages");
    }
    if shut_down.load(Ordering::Relaxed) { Ended::Orderly } else { Ended::Abruptly }
}

enum Message {
    Request(Request),
    Response(Response),
}

/// Takes a message apart, or says what to answer instead.
fn read(frame: &[u8]) -> Result<Message, Box<Response>> {
    let value: Value = serde_json::from_slice(frame).map_err(|error| {
        let error = Error { message: format!("the message is not JSON: {error}").into(), ..Error::parse_error() };
        Box::new(Response::from_error(Id::Null, error))
    })?;
    let id = value.get("id").and_then(|id| Id::deserialize(id).ok()).unwrap_or_default();
    let refuse = |why: String| {
        let error = Error { message: format!("the message is not JSON-RPC 2.0: {why}").into(), ..Error::invalid_request() };
        Box::new(Response::from_error(id.clone(), error))
    };
    if value.get("method").is_some() {
        return Request::deserialize(value).map(Message::Request).map_err(|error| refuse(error.to_string()));
    }
    if value.get("result").is_some() || value.get("error").is_some() {
        return Response::deserialize(value).map(Message::Response).map_err(|error| refuse(error.to_string()));
    }
    Err(refuse("it has neither a method nor a result".to_owned()))
}

/// The queue of what is to be written. It has no bound: reading must never wait for writing.
struct Outbox(mpsc::UnboundedSender<Bytes>);

impl Outbox {
    fn send(&self, message: &impl Serialize) {
        match serde_json::to_vec(message) {
            // After a failed write nobody reads the queue, and the end of the input is near.
            Ok(body) => drop(self.0.send(body.into())),
            Err(error) => tracing::error!("a message cannot be written: {error}"),
        }
    }

    fn answer<E: std::fmt::Display>(&self, answer: Result<Option<Response>, E>) {
        match answer {
            Ok(Some(response)) => self.send(&response),
            Ok(None) => {}
            Err(error) => tracing::warn!("a message was not handled: {error}"),
        }
    }
}

async fn write(mut queue: mpsc::UnboundedReceiver<Bytes>, writer: impl AsyncWrite + Unpin) {
    let mut frames = FramedWrite::new(writer, Framing::default());
    while let Some(body) = queue.recv().await {
        // Flushed when the queue is empty, so that a burst is one write.
        let sent = if queue.is_empty() { frames.send(body).await } else { frames.feed(body).await };
        if let Err(error) = sent {
            tracing::warn!("the editor does not listen any more: {error}");
            return;
        }
    }
}
