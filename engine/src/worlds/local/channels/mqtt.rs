//! Messages over MQTT 3.1.1 and 5: two clients of one library, alike in what is needed here.

pub(super) mod five;
pub(super) mod four;

use std::{future::Future, time::Duration};

use tokio::sync::mpsc;

use super::{ChannelError, PATIENCE, failed, host_and_port, no_answer};
use crate::{
    effect::{Channel, Credentials, Message},
    worlds::Messages,
};

/// How often a connection without messages shows that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// Messages that are read ahead of who takes them, so that the connection lives meanwhile.
const AHEAD: usize = 1_024;
/// Requests on their way to the connection.
const REQUESTS: usize = 16;

/// What happens on a connection.
enum Seen {
    /// The broker accepted it.
    Connected,
    /// The broker took the subscription, or says why not.
    Subscribed(Result<(), String>),
    /// A message came.
    Message(Message),
    /// The message is on its way.
    Sent,
    /// The broker has the message, or says why not.
    Acknowledged(Result<(), String>),
    /// The broker ended the connection, and says why.
    Ended(String),
    /// Anything else.
    Other,
}

/// A client of either version.
trait Client: Sized + Send {
    fn new(channel: &Channel, setup: Setup) -> Result<Self, ChannelError>;
    /// What happens next. An error is the end of the connection.
    fn next(&mut self) -> impl Future<Output = Result<Seen, Broken>> + Send;
    fn send(&mut self, channel: &Channel, message: Message) -> impl Future<Output = Result<(), String>> + Send;
    fn take(&mut self, channel: &Channel) -> impl Future<Output = Result<(), String>> + Send;
    fn leave(&mut self) -> impl Future<Output = ()> + Send;
}

/// How a connection ended.
struct Broken {
    /// The broker does not accept who asks.
    refused: bool,
    message: String,
}

impl Broken {
    fn of(self, channel: &Channel) -> ChannelError {
        if self.refused { super::refused(channel, self.message) } else { failed(channel, self.message) }
    }
}

/// What both versions are told.
struct Setup {
    client: String,
    host: String,
    port: u16,
    login: Option<(String, String)>,
    tls: Option<rumqttc::Transport>,
}

impl Setup {
    fn of(channel: &Channel) -> Result<Self, ChannelError> {
        let secret = channel.url.starts_with("mqtts:");
        let (host, port) = host_and_port(channel, if secret { 8883 } else { 1883 })?;
        let tls = match secret {
            true => {
                let settings = crate::worlds::local::tls::client().map_err(|why| failed(channel, why))?;
                Some(rumqttc::Transport::tls_with_config(rumqttc::TlsConfiguration::Rustls(settings)))
            }
            false => None,
        };
        let login = channel.credentials.as_ref().map(|credentials| match credentials {
            Credentials::Password { username, password } => (username.clone(), password.clone()),
            // Brokers that know tokens take them as the password.
            Credentials::Token(token) => ("bearer".to_owned(), token.clone()),
        });
        let client = channel.bindings.client.clone().unwrap_or_else(|| format!("flowdbg-{}", uuid::Uuid::now_v7().simple()));
        Ok(Self { client, host, port, login, tls })
    }
}

/// Waits until the broker has accepted the connection.
async fn connected<C: Client>(channel: &Channel) -> Result<C, ChannelError> {
    let mut client = C::new(channel, Setup::of(channel)?)?;
    loop {
        match client.next().await.map_err(|broken| broken.of(channel))? {
            Seen::Connected => return Ok(client),
            Seen::Ended(why) => return Err(failed(channel, why)),
            _ => {}
        }
    }
}

async fn publish<C: Client>(channel: &Channel, message: Message) -> Result<(), ChannelError> {
    let sending = async {
        let mut client: C = connected(channel).await?;
        client.send(channel, message).await.map_err(|why| failed(channel, why))?;
        loop {
            match client.next().await.map_err(|broken| broken.of(channel))? {
                Seen::Sent if channel.bindings.quality == 0 => break,
                Seen::Acknowledged(Ok(())) => break,
                Seen::Acknowledged(Err(why)) | Seen::Ended(why) => return Err(failed(channel, why)),
                _ => {}
            }
        }
        client.leave().await;
        // The broker ends the connection when it has read the farewell, which comes after the message.
        while let Ok(seen) = client.next().await {
            if let Seen::Ended(_) = seen {
                break;
            }
        }
        Ok(())
    };
    tokio::time::timeout(PATIENCE, sending).await.map_err(|_| no_answer(channel))?
}

async fn subscribe<C: Client>(channel: &Channel, messages: &Messages) -> Result<(), ChannelError> {
    let starting = async {
        let mut client: C = connected(channel).await?;
        client.take(channel).await.map_err(|why| failed(channel, why))?;
        Ok(client)
    };
    let mut client = tokio::time::timeout(PATIENCE, starting).await.map_err(|_| no_answer(channel))??;
    let (sender, receiver) = mpsc::channel(AHEAD);
    let reading = async {
        loop {
            let seen = client.next().await.map_err(|broken| broken.of(channel))?;
            match seen {
                Seen::Message(message) => {
                    if sender.send(message).await.is_err() {
                        return Ok(());
                    }
                }
                Seen::Subscribed(Err(why)) => return Err(failed(channel, format!("the broker refuses the subscription: {why}"))),
                Seen::Ended(why) => return Err(failed(channel, why)),
                Seen::Connected | Seen::Subscribed(Ok(())) | Seen::Sent | Seen::Acknowledged(_) | Seen::Other => {}
            }
        }
    };
    let handing_on = hand_on(receiver, messages);
    tokio::pin!(handing_on);
    let ended = tokio::select! {
        ended = reading => ended,
        () = &mut handing_on => return Ok(()),
    };
    // What came before the end goes first: with the reader its sender is gone.
    drop(sender);
    handing_on.await;
    ended
}

/// Hands messages on, until there are no more or nobody takes them.
async fn hand_on(mut read: mpsc::Receiver<Message>, messages: &Messages) {
    while let Some(message) = read.recv().await {
        if !messages.send(message).await {
            return;
        }
    }
}
