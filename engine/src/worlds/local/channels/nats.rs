//! Messages over NATS.

use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event, HeaderMap, ServerError};
use futures::StreamExt as _;
use tokio::sync::mpsc;

use super::{ChannelError, PATIENCE, explain, failed, no_answer, refused};
use crate::{
    effect::{Channel, Credentials, Message},
    worlds::{Messages, local::tls},
};

/// The header that says the media type of a message.
const CONTENT_TYPE: &str = "Content-Type";

/// A connection and what it says of itself.
async fn connect(channel: &Channel) -> Result<(Client, mpsc::UnboundedReceiver<Event>), ChannelError> {
    let (sender, events) = mpsc::unbounded_channel();
    let mut options = ConnectOptions::new()
        .name("flowdbg")
        .connection_timeout(PATIENCE)
        // What is lost while nobody is connected would be lost in silence.
        .max_reconnects(1)
        .ignore_discovered_servers()
        .event_callback(move |event| {
            // Nobody listens any more once the work is done.
            let _ = sender.send(event);
            std::future::ready(())
        });
    options = match &channel.credentials {
        Some(Credentials::Password { username, password }) => options.user_and_password(username.clone(), password.clone()),
        Some(Credentials::Token(token)) => options.token(token.clone()),
        None => options,
    };
    let secret = channel.url.starts_with("tls:");
    if secret {
        tls::prepare();
        options = options.require_tls(true);
    }
    match tokio::time::timeout(PATIENCE, options.connect(channel.url.as_str())).await {
        Ok(Ok(client)) => Ok((client, events)),
        Ok(Err(error)) if matches!(error.kind(), ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation) => {
            Err(refused(channel, "the server refuses the connection: authorization violation"))
        }
        Ok(Err(error)) => Err(failed(channel, explain(&error))),
        Err(_) => Err(no_answer(channel)),
    }
}

/// What the connection says, if it means that it cannot go on.
fn broken(channel: &Channel, event: Option<Event>) -> Option<ChannelError> {
    match event {
        Some(Event::Connected | Event::LameDuckMode | Event::Draining) => None,
        Some(Event::ServerError(ServerError::AuthorizationViolation)) => Some(refused(channel, "authorization violation")),
        Some(Event::ServerError(error)) => Some(failed(channel, error)),
        Some(Event::ClientError(error)) => Some(failed(channel, error)),
        Some(Event::SlowConsumer(_)) => Some(failed(channel, "messages came faster than they were taken, and some are lost")),
        Some(Event::Disconnected | Event::Closed) | None => Some(failed(channel, "the connection broke")),
    }
}

pub(super) async fn publish(channel: &Channel, message: Message) -> Result<(), ChannelError> {
    let (client, mut events) = connect(channel).await?;
    let mut headers = HeaderMap::new();
    if let Some(kind) = &message.content_type {
        insert(channel, &mut headers, CONTENT_TYPE, kind)?;
    }
    for (key, member) in &message.headers {
        insert(channel, &mut headers, key, member)?;
    }
    let sending = async {
        client
            .publish_with_headers(channel.address.clone(), headers, message.payload.into())
            .await
            .map_err(|error| failed(channel, explain(&error)))?;
        client.flush().await.map_err(|error| failed(channel, explain(&error)))?;
        client.drain().await.map_err(|error| failed(channel, explain(&error)))
    };
    tokio::time::timeout(PATIENCE, sending).await.map_err(|_| no_answer(channel))??;
    // Draining ends with the connection; what the server has against the message comes before.
    let refusal = async {
        loop {
            match events.recv().await {
                Some(Event::ServerError(error)) => return Some(failed(channel, error)),
                Some(Event::Closed | Event::Disconnected) | None => return None,
                Some(_) => {}
            }
        }
    };
    match tokio::time::timeout(PATIENCE, refusal).await {
        Ok(Some(error)) => Err(error),
        Ok(None) | Err(_) => Ok(()),
    }
}

fn insert(channel: &Channel, headers: &mut HeaderMap, key: &str, member: &str) -> Result<(), ChannelError> {
    let wrong = || failed(channel, format!("the header `{key}` cannot be sent by NATS"));
    let name: async_nats::HeaderName = key.parse().map_err(|_| wrong())?;
    let value: async_nats::HeaderValue = member.parse().map_err(|_| wrong())?;
    headers.append(name, value);
    Ok(())
}

pub(super) async fn subscribe(channel: &Channel, messages: &Messages) -> Result<(), ChannelError> {
    let (client, mut events) = connect(channel).await?;
    let subject = channel.address.clone();
    let subscribing = match &channel.bindings.queue {
        Some(queue) => client.queue_subscribe(subject, queue.clone()).await,
        None => client.subscribe(subject).await,
    };
    let mut subscription = subscribing.map_err(|error| failed(channel, explain(&error)))?;
    let reading = async {
        while let Some(message) = subscription.next().await {
            if !messages.send(read(message)).await {
                return Ok(());
            }
        }
        Err(failed(channel, "the connection broke"))
    };
    let watching = async {
        loop {
            if let Some(error) = broken(channel, events.recv().await) {
                return error;
            }
        }
    };
    tokio::select! {
        // What came before it broke goes first.
        biased;
        ended = reading => ended,
        error = watching => Err(error),
    }
}

fn read(message: async_nats::Message) -> Message {
    let (mut content_type, mut headers) = (None, Vec::new());
    for (name, values) in message.headers.iter().flat_map(HeaderMap::iter) {
        for value in values {
            if name.to_string().eq_ignore_ascii_case(CONTENT_TYPE) {
                content_type = Some(value.to_string());
            } else {
                headers.push((name.to_string(), value.to_string()));
            }
        }
    }
    Message { payload: message.payload.to_vec(), content_type, headers, correlation: None }
}
