//! Messages over HTTP and WebSocket, with servers of the test.

use futures::{SinkExt as _, StreamExt as _};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::StatusCode,
    },
};

use super::wires::{Setting, run, start};

async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

fn describe(protocol: &str, port: u16) -> (TempDir, Setting) {
    let folder = TempDir::new().expect("a folder");
    let document = format!(
        r#"{{"asyncapi":"2.6.0","servers":{{"main":{{"url":"127.0.0.1:{port}","protocol":"{protocol}"}}}},"channels":{{"/room":{{}}}}}}"#
    );
    std::fs::write(folder.path().join("chat.json"), document).expect("it is written");
    let setting = Setting { folder: folder.path().to_owned(), ..Setting::default() };
    (folder, setting)
}

fn call(what: &str) -> String {
    format!(
        "do:\n  - chat: {{ call: asyncapi, with: {{ document: {{ endpoint: chat.json }}, channel: /room, {what}, authentication: {{ bearer: {{ token: t0ken }} }} }}, output: {{ as: 'if type == \"array\" then map(.payload) else .payload end' }} }}\n"
    )
}

/// Takes a WebSocket connection of who says the right token.
async fn accept(listener: &TcpListener) -> Option<WebSocketStream<TcpStream>> {
    let (stream, _) = listener.accept().await.expect("a connection");
    #[expect(clippy::result_large_err, reason = "the library has it so")]
    let check = |request: &Request, response: Response| {
        let known = request.headers().get("authorization").is_some_and(|header| header == "Bearer t0ken");
        if known && request.uri().path() == "/room" {
            return Ok(response);
        }
        let mut refused = ErrorResponse::new(None);
        *refused.status_mut() = StatusCode::UNAUTHORIZED;
        Err(refused)
    };
    accept_hdr_async(stream, check).await.ok()
}

#[tokio::test]
async fn websockets_are_written_and_read() {
    let (listener, port) = listen().await;
    let (_folder, setting) = describe("ws", port);
    let server = tokio::spawn(async move {
        let mut socket = accept(&listener).await.expect("a client");
        let said = socket.next().await.expect("a frame").expect("it is whole");
        // The client waits for the end of the closing handshake.
        while let Some(Ok(_)) = socket.next().await {}
        said.into_text().expect("text").to_string()
    });
    assert_eq!(run(&call("message: { payload: { text: hello } }"), setting).await, r#"completed {"text":"hello"}"#);
    assert_eq!(server.await.expect("it ends"), r#"{"text":"hello"}"#);
}

#[tokio::test]
async fn a_subscription_closes_its_websocket_when_it_has_enough_and_when_it_is_cancelled() {
    let (listener, port) = listen().await;
    let (_folder, setting) = describe("ws", port);
    let (taken, mut is_taken) = tokio::sync::mpsc::unbounded_channel();
    let server = tokio::spawn(async move {
        let mut closed = 0;
        for _ in 0..2 {
            let mut socket = accept(&listener).await.expect("a client");
            for text in ["1", "2", "3"] {
                socket.send(Message::text(text)).await.expect("it is sent");
            }
            taken.send(()).expect("the test waits");
            while let Some(Ok(_)) = socket.next().await {}
            closed += 1;
        }
        closed
    });
    let folder = setting.folder.clone();
    assert_eq!(run(&call("subscription: { consume: { amount: 2 } }"), setting).await, "completed [1,2]");
    is_taken.recv().await.expect("the server lives");
    let endless = start(&call("subscription: { consume: { amount: 9 } }"), Setting { folder, ..Setting::default() });
    is_taken.recv().await.expect("the server lives");
    endless.with(flowdbg_engine::driver::Debuggee::cancel).await.expect("it lives");
    assert_eq!(server.await.expect("it ends"), 2);
}

#[tokio::test]
async fn who_is_not_known_is_refused_and_a_broken_connection_is_an_error() {
    let (listener, port) = listen().await;
    let (_folder, setting) = describe("ws", port);
    let server = tokio::spawn(async move {
        assert!(accept(&listener).await.is_none());
        let socket = accept(&listener).await.expect("a client");
        drop(socket);
    });
    let folder = setting.folder.clone();
    let ended = run(&call("subscription: { consume: { amount: 1 } }").replace("t0ken", "wrong"), setting).await;
    assert!(ended.contains("Communication error (401)"), "{ended}");
    let ended = run(&call("subscription: { consume: { amount: 1 } }"), Setting { folder, ..Setting::default() }).await;
    assert!(ended.contains("Communication error (500): the subscription broke"), "{ended}");
    server.await.expect("it ends");
}

/// Answers one request over HTTP and gives back its head and body.
async fn answer(listener: &TcpListener, response: &str) -> String {
    let (mut stream, _) = listener.accept().await.expect("a connection");
    let (mut request, mut piece) = (Vec::new(), [0_u8; 4096]);
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
            if body.len() >= length.and_then(|length| length.parse().ok()).unwrap_or(0) {
                break;
            }
        }
        let count = stream.read(&mut piece).await.expect("it can be read");
        assert!(count > 0, "the request is not whole");
        request.extend_from_slice(&piece[..count]);
    }
    stream.write_all(response.as_bytes()).await.expect("it is sent");
    stream.shutdown().await.expect("it ends");
    String::from_utf8_lossy(&request).into_owned()
}

#[tokio::test]
async fn http_messages_are_requests_and_subscriptions_are_streams() {
    let (listener, port) = listen().await;
    let (_folder, setting) = describe("http", port);
    let folder = setting.folder.clone();
    let again = || Setting { folder: folder.clone(), ..Setting::default() };
    let server = tokio::spawn(async move {
        let posted = answer(&listener, "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").await;
        let events = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\nevent: said\ndata: {\"text\": \"a\"}\n\n: quiet\n\ndata: b\n\n";
        let taken = answer(&listener, events).await;
        answer(&listener, "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\nconnection: close\r\n\r\n1\n2").await;
        answer(&listener, "HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nlate").await;
        (posted, taken)
    });
    let ended = run(&call("message: { payload: { text: hello }, headers: { x-trace: t } }"), setting).await;
    assert_eq!(ended, r#"completed {"text":"hello"}"#);
    assert_eq!(run(&call("subscription: { consume: { amount: 5 } }"), again()).await, r#"completed [{"text":"a"},"b"]"#);
    assert_eq!(run(&call("subscription: { consume: { amount: 5 } }"), again()).await, "completed [1,2]");
    let ended = run(&call("message: { payload: { n: 1 } }"), again()).await;
    assert!(ended.contains("Communication error (503)") && ended.contains("late"), "{ended}");
    let (posted, taken) = server.await.expect("it ends");
    let lower = posted.to_ascii_lowercase();
    assert!(posted.starts_with("POST /room HTTP/1.1") && posted.ends_with(r#"{"text":"hello"}"#), "{posted}");
    assert!(
        lower.contains("authorization: bearer t0ken") && lower.contains("x-trace: t") && lower.contains("content-type: application/json"),
        "{posted}"
    );
    assert!(taken.starts_with("GET /room HTTP/1.1"), "{taken}");
}
