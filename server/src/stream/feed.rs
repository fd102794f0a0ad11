//! One subscriber of an execution's events.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{
        Path, Query, State,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use flowdbg_engine::{driver::Reader, event::Details};
use flowdbg_protocol::stream::{BATCH, CLOUDEVENTS, close};
use futures::SinkExt as _;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::room::{Item, Room};
use crate::{
    auth::{offered_protocols, problem},
    host::Host,
};

/// Events written before each flush.
const PAGE: usize = 128;
/// Bytes after which a batch is sent.
const BATCH_BYTES: usize = 256 * 1024;
/// How long a batch gathers events, unless one is critical.
const GATHER: Duration = Duration::from_millis(5);
/// How often a silent connection is tried.
const PING: Duration = Duration::from_secs(30);
/// How long a subscriber may take to read the rest after the last event was written.
const PATIENCE: Duration = Duration::from_secs(60);
/// A subscriber has nothing to say, so its messages are small.
const MAX_INCOMING: usize = 64 * 1024;

/// What all subscribers need.
#[derive(Clone)]
pub(crate) struct Feeds {
    pub(crate) host: Host,
    pub(crate) stop: CancellationToken,
    /// One permit for each subscriber there may be.
    pub(crate) seats: Arc<Semaphore>,
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    from: Option<String>,
    /// Events wanted beside the usual ones, separated by commas.
    details: Option<String>,
}

/// `GET /executions/{id}/events?from=SEQ`
pub(crate) async fn subscribe(
    State(feeds): State<Feeds>,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        return problem(StatusCode::UPGRADE_REQUIRED, "Events are told over WebSocket", "connect with a WebSocket client");
    };
    let from = match wanted.from.as_deref().map(str::parse::<u64>) {
        None => None,
        Some(Ok(from)) => Some(from.max(1)),
        Some(Err(_)) => {
            return problem(StatusCode::BAD_REQUEST, "`from` is not a sequence number", "give a decimal number from 1 on, or leave it out");
        }
    };
    let names = wanted.details.as_deref().unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
    let details = match Details::named(names) {
        Ok(details) => details,
        Err(unknown) => {
            let help = format!("there are `{}`, separated by commas", Details::NAMES.join("`, `"));
            return problem(StatusCode::BAD_REQUEST, &format!("`details` has no `{unknown}`"), &help);
        }
    };
    let Ok(seat) = feeds.seats.clone().try_acquire_owned() else {
        let detail = "end another subscription, or try again later";
        return problem(StatusCode::SERVICE_UNAVAILABLE, "There are too many subscribers", detail);
    };
    let batched = offered_protocols(&headers).find(|name| [BATCH, CLOUDEVENTS].contains(name)) == Some(BATCH);
    let protocols = if batched { [BATCH] } else { [CLOUDEVENTS] };
    let upgrade = upgrade.protocols(protocols).max_message_size(MAX_INCOMING).max_frame_size(MAX_INCOMING).read_buffer_size(4 * 1024);
    upgrade.on_upgrade(move |socket| serve(feeds, id, Wishes { from, details, batched }, socket, seat)).into_response()
}

/// What a subscriber asks for.
struct Wishes {
    from: Option<u64>,
    details: Details,
    batched: bool,
}

async fn serve(feeds: Feeds, id: String, wishes: Wishes, mut socket: WebSocket, _seat: OwnedSemaphorePermit) {
    let (code, reason) = match feeds.host.find(&id) {
        Some(execution) => {
            let _present = execution.room.enter();
            let log = execution.room.log();
            let reader = log.reader(wishes.from.unwrap_or_else(|| log.first()));
            if wishes.details != Details::NONE {
                // One that is over tells nothing more.
                execution.run.with(move |debuggee| debuggee.want(wishes.details)).await;
            }
            match (Subscriber { room: &execution.room, reader, batched: wishes.batched }).feed(&mut socket, &feeds.stop).await {
                Some(end) => end,
                None => return,
            }
        }
        None => (close::UNKNOWN_EXECUTION, "no execution has this id".to_owned()),
    };
    let farewell = CloseFrame { code, reason: Utf8Bytes::from(reason) };
    if socket.send(Message::Close(Some(farewell))).await.is_ok() {
        part(&mut socket, &feeds.stop).await;
    }
}

/// Waits until the subscriber has closed too. If the connection were dropped before, what is still
/// on its way to a slow subscriber would be lost.
async fn part(socket: &mut WebSocket, stop: &CancellationToken) {
    let patience = if stop.is_cancelled() { Duration::from_secs(1) } else { PATIENCE };
    let closed = async { while let Some(Ok(_)) = socket.recv().await {} };
    tokio::select! {
        _ = tokio::time::timeout(patience, closed) => {}
        () = stop.cancelled(), if !stop.is_cancelled() => {}
    }
}

struct Subscriber<'a> {
    room: &'a Room,
    /// Its place in the log.
    reader: Reader,
    batched: bool,
}

/// Close code and reason.
type End = (u16, String);

impl Subscriber<'_> {
    /// Tells events until there are no more; `None` if the subscriber is gone.
    async fn feed(mut self, socket: &mut WebSocket, stop: &CancellationToken) -> Option<End> {
        let log = self.room.log().clone();
        let mut news = log.changed();
        let mut ping = tokio::time::interval_at(tokio::time::Instant::now() + PING, PING);
        loop {
            // Marked as seen before looking, so that what comes after is news.
            news.borrow_and_update();
            let over = log.is_over();
            if let Some(end) = self.out_of_range(log.first(), log.last()) {
                return Some(end);
            }
            let page = self.room.page(self.reader.position(), PAGE);
            if !page.is_empty() {
                self.reader.move_to(self.reader.position() + page.len() as u64);
                tokio::select! {
                    written = write(socket, &page, self.batched) => written.ok()?,
                    () = stop.cancelled() => return Some(going_away()),
                }
                continue;
            }
            if over && self.reader.position() > log.last() {
                return Some((close::ENDED, "the execution is over and its last event was sent".to_owned()));
            }
            tokio::select! {
                // The log outlives its subscribers, so this does not fail.
                _ = news.changed() => self.gather().await,
                incoming = socket.recv() => match incoming {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                    Some(Ok(_)) => {}
                },
                _ = ping.tick() => socket.send(Message::Ping(Default::default())).await.ok()?,
                () = stop.cancelled() => return Some(going_away()),
            }
        }
    }

    fn out_of_range(&self, first: u64, last: u64) -> Option<End> {
        let next = self.reader.position();
        let why = if next > last + 1 {
            format!("there is no event {next} yet; the newest is {last}")
        } else if next < first {
            format!("event {next} is not kept any more; the oldest is {first}")
        } else {
            return None;
        };
        Some((close::OUT_OF_RANGE, why))
    }

    /// Gives a batch a moment to fill, unless what has come must be told at once.
    async fn gather(&self) {
        if self.batched {
            let page = self.room.page(self.reader.position(), PAGE);
            if page.len() < PAGE && !page.iter().any(|item| item.critical) {
                tokio::time::sleep(GATHER).await;
            }
        }
    }
}

fn going_away() -> End {
    (1001, "the host is shutting down".to_owned())
}

async fn write(socket: &mut WebSocket, page: &[Item], batched: bool) -> Result<(), axum::Error> {
    if !batched {
        for item in page {
            socket.feed(Message::Text(item.text.clone())).await?;
        }
        return socket.flush().await;
    }
    let mut rest = page;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = rest.iter().take_while(|item| {
            let first = bytes == 0;
            bytes += item.text.len();
            first || bytes <= BATCH_BYTES
        });
        let (batch, after) = rest.split_at(fits.count().max(1));
        rest = after;
        let texts: Vec<&str> = batch.iter().map(|item| item.text.as_str()).collect();
        socket.feed(Message::Text(format!("[{}]", texts.join(",")).into())).await?;
    }
    socket.flush().await
}
