//! Messages over the channels of AsyncAPI.

/// Where messages go, or come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// How it is reached.
    pub protocol: Protocol,
    /// Address of the server; of HTTP and WebSocket that of the channel.
    pub url: String,
    /// Topic or subject; empty for HTTP and WebSocket.
    pub address: String,
    /// Who asks.
    pub credentials: Option<Credentials>,
    /// Headers of the request or handshake, of HTTP and WebSocket.
    pub headers: Vec<(String, String)>,
    /// What the bindings of the document say.
    pub bindings: Bindings,
}

/// Protocols of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP.
    Http,
    /// WebSocket.
    WebSocket,
    /// MQTT 3.1.1.
    Mqtt,
    /// MQTT 5.
    Mqtt5,
    /// NATS.
    Nats,
}

/// Who asks, where that is not a header.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// A user with a password.
    Password {
        /// The user.
        username: String,
        /// The password.
        password: String,
    },
    /// A token.
    Token(String),
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Password { username, .. } => write!(f, "Password({username})"),
            Self::Token(_) => f.write_str("Token"),
        }
    }
}

/// What protocols can be told beyond addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bindings {
    /// HTTP: the method.
    pub method: Option<String>,
    /// MQTT: at most once (0), at least once (1) or exactly once (2).
    pub quality: u8,
    /// MQTT: whether the broker keeps the message.
    pub retain: bool,
    /// MQTT: the client's identifier; one of its own for each call, if absent.
    pub client: Option<String>,
    /// NATS: the group whose members share the messages.
    pub queue: Option<String>,
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Its payload.
    pub payload: Vec<u8>,
    /// Its media type, as far as the protocol says it.
    pub content_type: Option<String>,
    /// Its headers, as far as the protocol has them.
    pub headers: Vec<(String, String)>,
    /// What ties it to others, if the protocol has a place for it.
    pub correlation: Option<String>,
}

/// Why a channel failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelError {
    /// A status as of HTTP, if the other side refused.
    pub status: Option<u16>,
    /// Why.
    pub message: String,
}
