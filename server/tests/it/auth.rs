//! Who is let in, over real sockets.

use flowdbg_server::serve::{ServeError, ServeOptions, serve};
use reqwest::StatusCode;
use serde_json::Value;

use super::support::{connect_with, engine, host, within};

#[tokio::test]
async fn without_a_token_there_is_nothing_but_health() {
    within(async {
        let serving = host().await;
        let http = reqwest::Client::new();
        let url = |path: &str| format!("http://{}{path}", serving.addr);
        assert_eq!(http.get(url("/healthz")).send().await.unwrap().status(), StatusCode::OK);
        for path in ["/rpc", "/executions/x/events", "/events", "/else", "/rpc?token=wrong"] {
            let refusal = http.get(url(path)).send().await.unwrap();
            assert_eq!(refusal.status(), StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(refusal.headers()["content-type"], "application/problem+json");
            let problem: Value = serde_json::from_str(&refusal.text().await.unwrap()).unwrap();
            assert_eq!((&problem["status"], &problem["title"]), (&401.into(), &"A valid token is needed".into()));
        }
        let refused = connect_with(&serving, "wrong").await.err().unwrap().to_string();
        assert!(refused.contains("401"), "{refused}");
        let found = http.get(url(&format!("/else?token={}", serving.token))).send().await.unwrap();
        assert_eq!(found.status(), StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn strange_pages_and_rebound_names_are_refused() {
    within(async {
        let serving = host().await;
        let http = reqwest::Client::new();
        let get = |header: &'static str, value: &'static str| {
            http.get(format!("http://{}/healthz", serving.addr)).header(header, value).bearer_auth(&serving.token).send()
        };
        assert_eq!(get("origin", "https://evil.example").await.unwrap().status(), StatusCode::FORBIDDEN);
        assert_eq!(get("host", "evil.example").await.unwrap().status(), StatusCode::FORBIDDEN);
        assert_eq!(get("origin", "http://localhost:3000").await.unwrap().status(), StatusCode::OK);
        assert_eq!(get("host", "localhost:1").await.unwrap().status(), StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn a_busy_port_is_named_with_a_way_out() {
    within(async {
        let serving = host().await;
        let options = ServeOptions { addr: serving.addr, ..ServeOptions::default() };
        let error = serve(flowdbg_server::host::Host::new(engine()), options).await.err().unwrap();
        assert!(matches!(error, ServeError::Busy { port } if port == serving.addr.port()));
        let expected = format!("port {} is in use already", serving.addr.port());
        assert!(error.to_string().starts_with(&expected) && error.to_string().contains("--port"), "{error}");
        // Once it is down, the port is free.
        let addr = serving.addr;
        serving.shutdown().await;
        let options = ServeOptions { addr, ..ServeOptions::default() };
        assert!(serve(flowdbg_server::host::Host::new(engine()), options).await.is_ok());
    })
    .await;
}
