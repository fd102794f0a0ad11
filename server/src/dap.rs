//! Debug sessions: the shell around [`flowdbg_adapter::Session`].
//!
//! Tasks of a session: one reads frames from the client, one performs commands on the host one
//! after another (`link`), and [`serve`] itself owns the session and writes frames. The reader
//! ends with the stream or with `serve`; the link ends when the session says that it is over and
//! all its commands are done, so the last `execution.cancel` is still performed.
//!
//! The host is on loopback with a random token and starts with the first command, so that
//! `initialize` is answered at once.

mod link;
mod loopback;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use flowdbg_adapter::{Inbox, Outbox, Session};
use flowdbg_protocol::framing::{Framing, FramingError};
use futures::{SinkExt as _, StreamExt as _};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
};
use tokio_util::codec::{FramedRead, FramedWrite};

pub use loopback::Loopback;

use crate::{
    serve::{ServeError, bind},
    transport,
};

/// Messages under way inside a session, in each direction.
const QUEUE: usize = 256;

/// How long the host may take for what was still to be done when the client left.
const LAST_COMMANDS: Duration = Duration::from_secs(30);

/// Why a debug session ended other than by the client's wish.
#[derive(Debug, thiserror::Error)]
pub enum DapError {
    /// What the client sends cannot be framed.
    #[error("the debug client's stream cannot be read: {0}")]
    Read(FramingError),
    /// The client does not take what it is sent.
    #[error("the debug client cannot be written to: {0}")]
    Write(FramingError),
    /// Whoever is there does not speak the protocol.
    #[error("this is no debug client: {0}")]
    NoClient(String),
    /// Standard input cannot be read.
    #[error("standard input cannot be read: {0}")]
    Stdin(std::io::Error),
}

/// Serves one debug client on standard input and output, until it leaves and what it let run on has
/// ended.
///
/// # Errors
/// See [`DapError`].
pub async fn serve_stdio(host: Arc<Loopback>) -> Result<(), DapError> {
    let stdin = transport::stdin().map_err(DapError::Stdin)?;
    let result = serve(stdin, transport::stdout(), host.clone()).await;
    host.idle().await;
    result
}

/// Debug clients on a TCP port.
pub struct Listening {
    /// Where they connect.
    pub addr: SocketAddr,
    listener: tokio::net::TcpListener,
    host: Arc<Loopback>,
}

/// Listens for debug clients on a TCP port.
///
/// # Errors
/// The address is not free.
pub async fn listen(addr: SocketAddr, host: Arc<Loopback>) -> Result<Listening, ServeError> {
    let (listener, addr) = bind(addr).await?;
    Ok(Listening { addr, listener, host })
}

impl Listening {
    /// Serves clients, each with a session of its own, for ever.
    pub async fn serve(self) {
        loop {
            let (stream, peer) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Such as too many open files: others may end meanwhile.
                    tracing::warn!(%error, "a debug client could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "no TCP_NODELAY");
            }
            let host = self.host.clone();
            tokio::spawn(async move {
                let (read, write) = stream.into_split();
                if let Err(error) = serve(read, write, host).await {
                    tracing::warn!(%peer, %error, "a debug session failed");
                }
            });
        }
    }
}

/// Serves clients on a TCP port, for ever.
///
/// # Errors
/// The address is not free.
pub async fn serve_tcp(addr: SocketAddr, host: Arc<Loopback>) -> Result<(), ServeError> {
    listen(addr, host).await?.serve().await;
    Ok(())
}

/// Serves one debug client on any stream, until it leaves. What it launched is cancelled then,
/// unless it asked for the contrary.
///
/// # Errors
/// See [`DapError`].
pub async fn serve<R, W>(read: R, write: W, host: Arc<Loopback>) -> Result<(), DapError>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin,
{
    let (from_client, mut client) = mpsc::channel(QUEUE);
    let reader = tokio::spawn(read_frames(read, from_client));
    let (commands, to_perform) = mpsc::unbounded_channel();
    let (from_host, mut answers) = mpsc::channel(QUEUE);
    let link = tokio::spawn(link::perform(host, to_perform, from_host));
    let mut shell = Shell { session: Session::new(), frames: FramedWrite::new(write, Framing::default()), commands, failed: None };
    while !shell.is_over() {
        let inbox = tokio::select! {
            inbox = client.recv(), if !client.is_closed() || !client.is_empty() => inbox.unwrap_or(FromClient::Gone(None)).into_inbox(&mut shell.failed),
            answer = answers.recv() => answer.unwrap_or_else(|| Inbox::Lost { reason: "the link to the host has ended".to_owned() }),
        };
        shell.take(inbox).await;
    }
    reader.abort();
    let Shell { commands, failed, .. } = shell;
    drop(commands);
    // Answers to the last commands are not heard, but the commands are performed.
    answers.close();
    match tokio::time::timeout(LAST_COMMANDS, link).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "the link to the host failed"),
        Err(_) => tracing::error!("the host does not answer the last commands"),
    }
    failed.map_or(Ok(()), Err)
}

/// What the client's stream brought.
enum FromClient {
    Frame(bytes::Bytes),
    Gone(Option<FramingError>),
}

impl FromClient {
    fn into_inbox(self, failed: &mut Option<DapError>) -> Inbox {
        match self {
            Self::Frame(body) => {
                let inbox = Inbox::from_frame(&body);
                if let Inbox::ClientGarbage(error) = &inbox {
                    tracing::warn!(%error, "a message of the debug client cannot be read");
                    failed.get_or_insert(DapError::NoClient(error.to_string()));
                } else if matches!(failed, Some(DapError::NoClient(_))) {
                    // One bad message among good ones is no reason to fail at the end.
                    *failed = None;
                }
                inbox
            }
            Self::Gone(error) => {
                if let Some(error) = error {
                    *failed = Some(DapError::Read(error));
                }
                Inbox::ClientGone
            }
        }
    }
}

async fn read_frames(read: impl AsyncRead + Unpin, to: mpsc::Sender<FromClient>) {
    let mut frames = FramedRead::new(read, Framing::default());
    loop {
        let (message, last) = match frames.next().await {
            Some(Ok(body)) => (FromClient::Frame(body), false),
            Some(Err(error)) => (FromClient::Gone(Some(error)), true),
            None => (FromClient::Gone(None), true),
        };
        if to.send(message).await.is_err() || last {
            return;
        }
    }
}

/// A session and what it writes to.
struct Shell<W> {
    session: Session,
    frames: FramedWrite<W, Framing>,
    commands: mpsc::UnboundedSender<link::Command>,
    failed: Option<DapError>,
}

impl<W: AsyncWrite + Unpin> Shell<W> {
    fn is_over(&self) -> bool {
        self.session.phase() == flowdbg_adapter::Phase::Closed
    }

    /// Lets the session take what came in, and does what it wants.
    async fn take(&mut self, inbox: Inbox) {
        let mut next = Some(inbox);
        while let Some(inbox) = next.take() {
            let mut written = Ok(());
            for outbox in self.session.handle(inbox) {
                match outbox {
                    Outbox::Message(message) if written.is_ok() => written = self.frames.feed(message.to_json()).await,
                    Outbox::Message(_) | Outbox::Close => {}
                    Outbox::Command { id, method, params } => self.order(link::Command::Call { id, method, params }),
                    Outbox::Watch { execution } => self.order(link::Command::Watch { execution }),
                }
            }
            if written.is_ok() {
                written = self.flush().await;
            }
            if let Err(error) = written
                && !self.is_over()
            {
                // A client that cannot be told anything is gone.
                self.failed = Some(DapError::Write(error));
                next = Some(Inbox::ClientGone);
            }
        }
    }

    async fn flush(&mut self) -> Result<(), FramingError> {
        <FramedWrite<W, Framing> as futures::SinkExt<String>>::flush(&mut self.frames).await
    }

    fn order(&self, command: link::Command) {
        // The link lives until this sender is dropped.
        let _ = self.commands.send(command);
    }
}
