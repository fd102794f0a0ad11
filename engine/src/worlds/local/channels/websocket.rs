//! Messages over WebSocket: each is a frame.

use futures::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
    tungstenite::{
        Error, Message as Frame,
        client::IntoClientRequest as _,
        http::{HeaderName, HeaderValue},
        protocol::{WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{ChannelError, MAX_MESSAGE, PATIENCE, explain, failed, no_answer};
use crate::{
    effect::{Channel, Message},
    worlds::{Messages, local::tls},
};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(channel: &Channel) -> Result<Socket, ChannelError> {
    let mut request = channel.url.as_str().into_client_request().map_err(|error| failed(channel, explain(&error)))?;
    for (key, member) in &channel.headers {
        let name = HeaderName::from_bytes(key.as_bytes()).map_err(|error| failed(channel, error))?;
        let value = HeaderValue::from_str(member).map_err(|_| failed(channel, format!("the header `{key}` cannot be sent")))?;
        request.headers_mut().insert(name, value);
    }
    let settings = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
    let connector = match channel.url.starts_with("wss:") {
        true => Connector::Rustls(tls::client().map_err(|why| failed(channel, why))?),
        false => Connector::Plain,
    };
    let connecting = connect_async_tls_with_config(request, Some(settings), false, Some(connector));
    match tokio::time::timeout(PATIENCE, connecting).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(Error::Http(response))) => {
            let status = response.status().as_u16();
            Err(ChannelError { status: Some(status), message: format!("{} answered {status} to the handshake", channel.url) })
        }
        Ok(Err(error)) => Err(failed(channel, explain(&error))),
        Err(_) => Err(no_answer(channel)),
    }
}

pub(super) async fn publish(channel: &Channel, message: Message) -> Result<(), ChannelError> {
    let mut socket = connect(channel).await?;
    let frame = match String::from_utf8(message.payload) {
        Ok(text) => Frame::text(text),
        Err(bytes) => Frame::binary(bytes.into_bytes()),
    };
    let sending = async {
        socket.send(frame).await?;
        socket.close(None).await?;
        // The other side has read it all when it has answered the close.
        while let Some(frame) = socket.next().await {
            frame?;
        }
        Ok::<(), Error>(())
    };
    match tokio::time::timeout(PATIENCE, sending).await {
        // Many servers drop the connection instead of answering the close.
        Ok(Ok(()) | Err(Error::ConnectionClosed | Error::AlreadyClosed | Error::Protocol(_))) => Ok(()),
        Ok(Err(error)) => Err(failed(channel, explain(&error))),
        Err(_) => Err(no_answer(channel)),
    }
}

pub(super) async fn subscribe(channel: &Channel, messages: &Messages) -> Result<(), ChannelError> {
    let mut socket = connect(channel).await?;
    while let Some(frame) = socket.next().await {
        let payload = match frame {
            Ok(Frame::Text(text)) => text.as_bytes().to_vec(),
            Ok(Frame::Binary(bytes)) => bytes.to_vec(),
            Ok(Frame::Close(Some(reason))) if !matches!(reason.code, CloseCode::Normal | CloseCode::Away) => {
                let said = if reason.reason.is_empty() { String::new() } else { format!(": {}", reason.reason) };
                return Err(failed(channel, format!("the other side closed the connection with {}{said}", u16::from(reason.code))));
            }
            Ok(Frame::Close(_)) => return Ok(()),
            Ok(Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_)) => continue,
            Err(Error::ConnectionClosed) => return Ok(()),
            Err(error) => return Err(failed(channel, explain(&error))),
        };
        if !messages.send(Message { payload, ..Message::default() }).await {
            return Ok(());
        }
    }
    Err(failed(channel, "the connection broke"))
}
