//! Servers that misbehave: too much, nothing at all, broken off, not UTF-8; and what becomes of a
//! connection whose execution is cancelled.

use std::time::Duration;

use flowdbg_engine::worlds::local::{self, HttpLimits};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::support::{options, run, start};

/// A server for one connection, and the workflow that calls it.
async fn server() -> (TcpListener, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, format!("do: [ {{ ask: {{ call: http, with: {{ method: get, endpoint: 'http://127.0.0.1:{port}/' }} }} }} ]"))
}

async fn asked(listener: TcpListener) -> TcpStream {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    stream
}

fn small(body: usize) -> local::Options {
    local::Options { http: HttpLimits { body, ..HttpLimits::default() }, ..options() }
}

#[tokio::test]
async fn a_response_that_says_it_is_too_large_is_not_read() {
    let (listener, yaml) = server().await;
    let served = tokio::spawn(async move {
        let mut stream = asked(listener).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n").await.unwrap();
        let mut sent = 0_u64;
        while stream.write_all(&[b'x'; 65_536]).await.is_ok() {
            sent += 65_536;
        }
        sent
    });
    let ending = run(options(), &yaml).await;
    assert!(ending.starts_with("faulted at /do/0/ask: Communication error (500): GET http://127.0.0.1:"), "{ending}");
    assert!(ending.ends_with("/: the response is larger than the 64 MiB that are read"), "{ending}");
    let sent = served.await.unwrap();
    assert!(sent < 64 * 1024 * 1024, "{sent} bytes were taken in");
}

#[tokio::test]
async fn a_response_without_end_is_cut_off() {
    let (listener, yaml) = server().await;
    let served = tokio::spawn(async move {
        let mut stream = asked(listener).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        while stream.write_all(&[b'x'; 65_536]).await.is_ok() {}
    });
    let ending = run(small(1024 * 1024), &yaml).await;
    assert!(ending.ends_with("/: the response is larger than the 1 MiB that are read"), "{ending}");
    served.await.unwrap();
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let (listener, yaml) = server().await;
    let served = tokio::spawn(async move {
        let mut stream = asked(listener).await;
        stream.read(&mut [0]).await
    });
    let patient = HttpLimits { silence: Duration::from_millis(300), ..HttpLimits::default() };
    let ending = run(local::Options { http: patient, ..options() }, &yaml).await;
    assert!(ending.contains("Communication error (500)") && ending.contains("no answer in time"), "{ending}");
    assert!(matches!(served.await.unwrap(), Ok(0) | Err(_)), "the connection is closed");
}

#[tokio::test]
async fn a_timeout_of_the_task_bounds_a_call() {
    let (listener, yaml) = server().await;
    let served = tokio::spawn(async move {
        let mut stream = asked(listener).await;
        stream.read(&mut [0]).await
    });
    let ending = run(options(), &yaml.replace("call: http", "timeout: { after: PT0.3S }, call: http")).await;
    assert_eq!(ending, "faulted at /do/0/ask: Timeout (408): the task `ask` took longer than its timeout allows");
    assert!(matches!(served.await.unwrap(), Ok(0) | Err(_)), "the connection is closed");
}

#[tokio::test]
async fn a_cancelled_execution_closes_its_connection() {
    let (listener, yaml) = server().await;
    let run = start(options(), &yaml);
    let mut stream = asked(listener).await;
    run.with(|debuggee| debuggee.cancel()).await.unwrap();
    run.ended().await;
    let end = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut [0])).await.expect("the connection ends");
    assert!(matches!(end, Ok(0) | Err(_)));
}

#[tokio::test]
async fn broken_answers_are_told() {
    for (answer, expected) in [
        (&b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"[..], "faulted at /do/0/ask: Communication error (500): GET "),
        (b"what is HTTP?\r\n\r\n", "faulted at /do/0/ask: Communication error (500): GET "),
        (b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\ngr\xfcn", r#"completed "Z3L8bg==""#),
        (b"HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=latin1\r\ncontent-length: 4\r\n\r\ngr\xfcn", r#"completed "gr"#),
        (b"HTTP/1.1 200 OK\r\nx-odd: \xff\r\ncontent-length: 2\r\n\r\nok", r#"completed "ok""#),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "completed null"),
    ] {
        let (listener, yaml) = server().await;
        let served = tokio::spawn(async move {
            let mut stream = asked(listener).await;
            stream.write_all(answer).await.unwrap();
        });
        let ending = run(options(), &yaml).await;
        assert!(ending.starts_with(expected), "{}: {ending}", String::from_utf8_lossy(answer));
        served.await.unwrap();
    }
}
