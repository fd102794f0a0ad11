//! The event stream over real WebSockets.

use flowdbg_protocol::{
    control::{Get, Notice, OfExecution, Release},
    stream::{BATCH, CLOUDEVENTS, CloudEvent, close},
};
use flowdbg_server::serve::Serving;
use futures::StreamExt as _;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use super::support::{Client, Fixture, LISTENER, ORDER, connect, host, next, within};

fn input() -> Value {
    json!({ "items": [{ "cost": 3 }] })
}

pub(crate) type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// Subscribes as a browser does: the token is a subprotocol.
pub(crate) async fn subscribe(serving: &Serving, path: &str, protocol: &str) -> Socket {
    let mut request = format!("ws://{}{path}", serving.addr).into_client_request().unwrap();
    let protocols = format!("{protocol}, bearer.{}", serving.token);
    request.headers_mut().insert("sec-websocket-protocol", protocols.parse().unwrap());
    let (socket, response) = connect_async(request).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], protocol);
    socket
}

/// All messages until the close, and its code.
async fn read(mut socket: Socket) -> (Vec<String>, u16) {
    let mut texts = Vec::new();
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => texts.push(text.to_string()),
            Message::Close(Some(frame)) => return (texts, frame.code.into()),
            Message::Ping(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn events(texts: &[String]) -> Vec<CloudEvent> {
    texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

/// Runs the order to its end.
async fn finished(client: &Client, fixture: &Fixture) -> String {
    let execution = client.start(fixture, input(), |how| how.hold = true).await;
    let mut notices = client.watch(&execution).await.unwrap();
    client.call::<Release>(OfExecution { execution: execution.clone() }).await;
    assert!(matches!(next(&mut notices).await, Notice::Ended { .. }));
    execution
}

#[tokio::test]
async fn every_event_is_told_once_in_order_with_the_specified_data() {
    within(async {
        let (serving, fixture) = (host().await, Fixture::new(ORDER));
        let client = connect(&serving).await;
        let execution = client.start(&fixture, input(), |how| how.hold = true).await;
        // Subscribed before anything happens.
        let socket = subscribe(&serving, &format!("/executions/{execution}/events"), CLOUDEVENTS).await;
        client.call::<Release>(OfExecution { execution: execution.clone() }).await;
        let (texts, code) = read(socket).await;
        assert_eq!(code, close::ENDED);
        let events = events(&texts);
        let last = client.call::<Get>(OfExecution { execution: execution.clone() }).await.last_event;
        let numbers: Vec<u64> = events.iter().map(|event| event.sequence.parse().unwrap()).collect();
        assert_eq!(numbers, (1..=last).collect::<Vec<_>>());
        for event in &events {
            assert_eq!((event.specversion.as_str(), event.source.as_str()), ("1.0", &*format!("/executions/{execution}")));
            assert_eq!(event.id, format!("{execution}-{}", event.sequence));
        }
        let name = format!("order-{execution}.tests");
        let first = &events[0];
        assert_eq!(first.kind, "io.serverlessworkflow.workflow.started.v1");
        let definition = json!({ "name": "order", "namespace": "tests", "version": "1.0.0" });
        assert_eq!(first.data, json!({ "name": name, "definition": definition, "startedAt": first.time }));
        let end = events.last().unwrap();
        assert_eq!(end.kind, "io.serverlessworkflow.workflow.completed.v1");
        assert_eq!(end.data, json!({ "name": name, "completedAt": end.time, "output": { "state": "refused", "status": 503 } }));
        let find = |kind: &str, subject: &str| {
            let mut found = events.iter().filter(|event| event.kind.contains(kind) && event.subject.as_deref() == Some(subject));
            found.next().unwrap_or_else(|| panic!("no {kind} of {subject}"))
        };
        let started = find("task.started.v1", "/do/0/prepare");
        assert_eq!(
            (&started.data["workflow"], &started.data["task"], &started.data["startedAt"]),
            (&json!(name), &json!("/do/0/prepare"), &json!(started.time))
        );
        let priced = find("task.completed.v1", "/do/1/eachItem/do/0/price");
        assert_eq!(priced.data["output"], json!({ "cost": 6 }));
        let failed = find("task.faulted.v1", "/do/3/pay/try/0/charge");
        assert_eq!(failed.data["error"]["status"], 503);
        let side = find("task.created.v1", "/do/2/sides/fork/branches/0/left");
        assert_ne!(side.branch, Some(1));
        assert!(events.iter().any(|event| event.kind == "io.flowdbg.branch.started.v1" && event.branch == side.branch));
    })
    .await;
}

#[tokio::test]
async fn a_client_resumes_where_it_was() {
    within(async {
        let (serving, fixture) = (host().await, Fixture::new(ORDER));
        let client = connect(&serving).await;
        let execution = finished(&client, &fixture).await;
        let path = |from: &str| format!("/executions/{execution}/events{from}");
        let (all, code) = read(subscribe(&serving, &path(""), CLOUDEVENTS).await).await;
        assert_eq!(code, close::ENDED);
        let last = all.len();
        let (rest, _) = read(subscribe(&serving, &path("?from=6"), CLOUDEVENTS).await).await;
        assert_eq!(rest, all[5..]);
        let (none, code) = read(subscribe(&serving, &path(&format!("?from={}", last + 1)), CLOUDEVENTS).await).await;
        assert_eq!((none.len(), code), (0, close::ENDED));
        let (none, code) = read(subscribe(&serving, &path(&format!("?from={}", last + 2)), CLOUDEVENTS).await).await;
        assert_eq!((none.len(), code), (0, close::OUT_OF_RANGE));
        let (none, code) = read(subscribe(&serving, "/executions/nobody/events", CLOUDEVENTS).await).await;
        assert_eq!((none.len(), code), (0, close::UNKNOWN_EXECUTION));
        // In batches it is the same, byte for byte.
        let (batches, code) = read(subscribe(&serving, &path("?from=1"), BATCH).await).await;
        assert_eq!(code, close::ENDED);
        assert_eq!(batches, [format!("[{}]", all.join(","))]);
    })
    .await;
}

#[tokio::test]
async fn many_subscribers_see_the_same_whatever_their_pace() {
    within(async {
        let loops = ORDER
            .replace("set: { cost: \"${ $item.cost * 2 }\" }", "set: { cost: \"${ $item.cost * 2 }\", pad: \"${ 200 * \\\"x\\\" }\" }");
        let (serving, fixture) = (host().await, Fixture::new(&loops));
        let client = connect(&serving).await;
        let items: Vec<Value> = (0..1_000).map(|cost| json!({ "cost": cost })).collect();
        let execution = client.start(&fixture, json!({ "items": items }), |how| how.hold = true).await;
        let path = format!("/executions/{execution}/events");
        // The first does not read until all is over; it misses nothing.
        let slow = subscribe(&serving, &path, CLOUDEVENTS).await;
        let mut readers = Vec::new();
        for protocol in [CLOUDEVENTS, BATCH, CLOUDEVENTS] {
            readers.push(tokio::spawn(read(subscribe(&serving, &path, protocol).await)));
        }
        client.call::<Release>(OfExecution { execution: execution.clone() }).await;
        let mut seen = Vec::new();
        for reader in readers {
            seen.push(reader.await.unwrap());
        }
        let (slow, code) = read(slow).await;
        assert_eq!(code, close::ENDED);
        assert!(slow.len() > 3_000, "{}", slow.len());
        assert_eq!(seen[0].0, slow);
        assert_eq!(seen[2].0, slow);
        let batched: Vec<CloudEvent> = seen[1].0.iter().flat_map(|batch| serde_json::from_str::<Vec<CloudEvent>>(batch).unwrap()).collect();
        assert_eq!(batched, events(&slow));
        assert!(seen[1].0.len() < slow.len() / 4, "{} batches", seen[1].0.len());
    })
    .await;
}

#[tokio::test]
async fn an_event_from_outside_reaches_a_listener() {
    within(async {
        let (serving, fixture) = (host().await, Fixture::new(LISTENER));
        let client = connect(&serving).await;
        let execution = client.start(&fixture, Value::Null, |how| how.hold = true).await;
        let mut notices = client.watch(&execution).await.unwrap();
        client.call::<Release>(OfExecution { execution: execution.clone() }).await;
        let http = reqwest::Client::new();
        let post = || http.post(format!("http://{}/events", serving.addr)).bearer_auth(&serving.token);
        let refused = post().header("content-type", "application/cloudevents+json").body(r#"{"id":"1"}"#).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
        assert!(refused.text().await.unwrap().contains("`specversion` is missing"));
        let large = post().header("content-type", "application/cloudevents+json").body("x".repeat(9 * 1024 * 1024)).send().await.unwrap();
        assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
        let taken = post()
            .header("ce-specversion", "1.0")
            .header("ce-id", "1")
            .header("ce-source", "/tests")
            .header("ce-type", "com.example.go")
            .header("content-type", "application/json")
            .body(r#"{"ready":true}"#)
            .send()
            .await
            .unwrap();
        assert_eq!(taken.status(), StatusCode::ACCEPTED);
        let Notice::Ended { output: Some(output), .. } = next(&mut notices).await else { panic!("not completed") };
        assert!(output.to_string().contains(r#""ready":true"#), "{output}");
    })
    .await;
}

#[tokio::test]
async fn what_is_no_subscription_is_refused_and_a_stop_says_goodbye() {
    within(async {
        let (serving, fixture) = (host().await, Fixture::new(LISTENER));
        let client = connect(&serving).await;
        let execution = client.start(&fixture, Value::Null, |_| {}).await;
        let http = reqwest::Client::new();
        let path = format!("/executions/{execution}/events");
        let plain = http.get(format!("http://{}{path}", serving.addr)).bearer_auth(&serving.token).send().await.unwrap();
        assert_eq!(plain.status(), StatusCode::UPGRADE_REQUIRED);
        let mut request = format!("ws://{}{path}?from=soon&token={}", serving.addr, serving.token).into_client_request().unwrap();
        request.headers_mut().insert("origin", "http://localhost".parse().unwrap());
        let refused = connect_async(request).await.unwrap_err().to_string();
        assert!(refused.contains("400"), "{refused}");
        let socket = subscribe(&serving, &path, CLOUDEVENTS).await;
        let reading = tokio::spawn(read(socket));
        let host = serving.host.clone();
        serving.shutdown().await;
        assert_eq!(reading.await.unwrap().1, 1001);
        host.cancel_all().await;
    })
    .await;
}
