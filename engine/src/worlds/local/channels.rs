//! Messages over channels, one connection a call or subscription: dropping the work closes it.

mod http;
mod mqtt;
mod nats;
mod websocket;

use crate::{
    effect::{Channel, ChannelError, Message, Protocol},
    worlds::Messages,
};

/// Largest message that is read, in bytes.
const MAX_MESSAGE: usize = 64 * 1024 * 1024;
/// How long a server may take to accept a connection, or what was sent.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

type Routes = [(String, String)];

pub(super) async fn publish(
    clients: &super::http::Clients,
    channel: Channel,
    message: Message,
    routes: &Routes,
) -> Result<(), ChannelError> {
    let channel = routed(channel, routes);
    match channel.protocol {
        Protocol::Http => http::publish(clients, channel, message, routes).await,
        Protocol::WebSocket => websocket::publish(&channel, message).await,
        Protocol::Mqtt => mqtt::four::publish(&channel, message).await,
        Protocol::Mqtt5 => mqtt::five::publish(&channel, message).await,
        Protocol::Nats => nats::publish(&channel, message).await,
    }
}

/// Takes messages until the other side has ended the subscription, or it breaks.
pub(super) async fn subscribe(
    clients: &super::http::Clients,
    channel: Channel,
    messages: Messages,
    routes: &Routes,
) -> Result<(), ChannelError> {
    let channel = routed(channel, routes);
    match channel.protocol {
        Protocol::Http => http::subscribe(clients, channel, &messages, routes).await,
        Protocol::WebSocket => websocket::subscribe(&channel, &messages).await,
        Protocol::Mqtt => mqtt::four::subscribe(&channel, &messages).await,
        Protocol::Mqtt5 => mqtt::five::subscribe(&channel, &messages).await,
        Protocol::Nats => nats::subscribe(&channel, &messages).await,
    }
}

/// The channel at a local stand-in, if there is one for it. HTTP finds its own.
fn routed(channel: Channel, routes: &Routes) -> Channel {
    match super::http::route(&channel.url, routes) {
        Some(url) if channel.protocol != Protocol::Http => Channel { url, ..channel },
        _ => channel,
    }
}

fn failed(channel: &Channel, why: impl std::fmt::Display) -> ChannelError {
    ChannelError { status: None, message: format!("{}: {why}", channel.url) }
}

/// The other side knows who asks, and refuses.
fn refused(channel: &Channel, why: impl std::fmt::Display) -> ChannelError {
    ChannelError { status: Some(401), message: format!("{}: {why}", channel.url) }
}

fn no_answer(channel: &Channel) -> ChannelError {
    failed(channel, format!("no answer in {} seconds", PATIENCE.as_secs()))
}

/// The innermost cause is what tells a person something.
fn explain(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// Host and port of a broker's address.
fn host_and_port(channel: &Channel, default: u16) -> Result<(String, u16), ChannelError> {
    let url = url::Url::parse(&channel.url).map_err(|error| failed(channel, error))?;
    let host = url.host_str().ok_or_else(|| failed(channel, "the address names no host"))?;
    // An IPv6 address stands in brackets in a URL.
    Ok((host.trim_matches(['[', ']']).to_owned(), url.port().unwrap_or(default)))
}
