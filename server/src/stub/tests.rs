//! Stubs over their real socket, and stub files that are refused.

use super::*;

const STUB: &str = r#"
routes:
  http://payments.example:
    - method: post
      path: /charges
      responses:
        - status: 503
          headers: { retry-after: 1 }
        - status: 201
          body: { id: c-1, amount: "${ .body.amount }", key: "${ .headers[\"idempotency-key\"] }" }
    - method: get
      path: /charges/{id}/lines/{line}
      responses:
        - body: ${ .params + .query }
    - method: get
      path: /charges/latest/lines/1
      responses: [{ body: never reached }]
    - method: get
      path: /broken
      responses: [{ body: "${ .nope | error }" }]
  http://mail.example/v1/:
    - method: POST
      path: /
      responses:
        - body: ${ "to " + .body }
          delay: { milliseconds: 1 }
"#;

fn parse(text: &str) -> Result<Stub, Refused> {
    Stub::parse(&Source::new("stub.yaml", text))
}

struct Client {
    started: Started,
    client: reqwest::Client,
}

impl Client {
    async fn new() -> Self {
        let started = parse(STUB).unwrap().start().await.unwrap();
        Self { started, client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    /// Sends a request to where a route leads; gives status, content type and body.
    async fn send(&self, method: &str, service: usize, path: &str, body: Option<&str>) -> (u16, String, String) {
        let url = format!("{}{path}", self.started.routes()[service].1);
        let mut request = self.client.request(method.parse().unwrap(), url).header("idempotency-key", "k");
        if let Some(body) = body {
            let kind = if body.starts_with('{') { "application/json" } else { "text/plain" };
            request = request.header("content-type", kind).body(body.to_owned());
        }
        let response = request.send().await.unwrap();
        let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned()).unwrap_or_default();
        (response.status().as_u16(), kind, response.text().await.unwrap())
    }
}

#[tokio::test]
async fn responses_come_in_sequence_and_the_last_one_stays() {
    let client = Client::new().await;
    let charge = || client.send("POST", 0, "/charges", Some(r#"{"amount": 5}"#));
    assert_eq!(charge().await, (503, String::new(), String::new()));
    let created = (201, "application/json".to_owned(), r#"{"id":"c-1","amount":5,"key":"k"}"#.to_owned());
    assert_eq!(charge().await, created);
    assert_eq!(charge().await, created);
    // Another start begins anew.
    let other = Client::new().await;
    assert_eq!(other.send("POST", 0, "/charges", Some(r#"{"amount": 5}"#)).await.0, 503);
}

#[tokio::test]
async fn requests_are_matched_by_service_method_and_path() {
    let client = Client::new().await;
    assert_eq!(client.started.routes()[1].0, "http://mail.example/v1");
    let lines = client.send("GET", 0, "/charges/a%2Fb/lines/2?full=yes%21", None).await;
    assert_eq!(lines.2, r#"{"id":"a/b","line":"2","full":"yes!"}"#);
    // The first in the file counts.
    assert_eq!(client.send("GET", 0, "/charges/latest/lines/1", None).await.2, r#"{"id":"latest","line":"1"}"#);
    assert_eq!(client.send("POST", 1, "", Some("ann")).await, (200, "text/plain; charset=utf-8".to_owned(), "to ann".to_owned()));
    let (status, kind, body) = client.send("GET", 0, "/charges", None).await;
    assert_eq!((status, &*kind), (404, "application/problem+json"));
    assert!(body.contains("the stub has no GET /charges for http://payments.example; it has POST /charges, GET"), "{body}");
    let (status, _, body) = client.send("GET", 0, "/broken", None).await;
    assert_eq!(status, 500);
    assert!(body.contains("`.nope | error`"), "{body}");
}

#[tokio::test]
async fn a_stub_stops_when_it_is_dropped() {
    let client = Client::new().await;
    let url = client.started.routes()[0].1.clone();
    drop(client);
    // The listener goes when its task next runs; until then connections are refused or closed.
    let fresh = reqwest::Client::builder().no_proxy().build().unwrap();
    while fresh.get(&url).send().await.is_ok() {
        tokio::task::yield_now().await;
    }
}

fn refused(text: &str) -> String {
    parse(text).expect_err("it is wrong").to_string()
}

#[test]
fn what_is_wrong_is_said_at_its_place() {
    assert_eq!(refused(""), "stub.yaml:1:1: the file is empty: a workflow was expected");
    assert_eq!(refused("[]"), "stub.yaml:1:1: a stub file must be a mapping; it has routes");
    assert_eq!(
        refused("route: {}"),
        ["stub.yaml:1:1: a stub file needs `routes`; it has routes", "stub.yaml:1:1: a stub file has no `route`; did you mean `routes`?"]
            .join("\n"),
    );
    assert_eq!(
        refused("routes:\n  payments: []\n"),
        [
            "stub.yaml:2:3: `payments` is not an http or https address; write for example http://payments.example",
            "stub.yaml:2:13: a service must be a list of routes, each with `method`, `path` and `responses`; begin each item with `- `",
        ]
        .join("\n"),
    );
    assert_eq!(
        refused(
            r#"routes:
  http://a.example:
    - method: get it
      path: a
      response: []
    - method: get
      path: /a
      responses:
        - state: 1
          status: 99
          delay: 5
          body: ${ .a | nope }
        - body: ${ [limit(3; repeat(1))] }
        - headers: { "a b": 1 }
    - { method: get, path: /a, responses: [{}] }
"#
        ),
        [
            "stub.yaml:3:7: a route needs `responses`; it has method, path, responses",
            "stub.yaml:3:15: `method` must be an HTTP method; write for example `get` or `post`",
            "stub.yaml:4:13: `path` must be a path that begins with `/`; write for example `/charges/{id}`; a query is in the request's `query`, not here",
            "stub.yaml:5:7: a route has no `response`; did you mean `responses`?",
            "stub.yaml:9:11: a response has no `state`; did you mean `status`?",
            "stub.yaml:10:19: `status` must be a number from 200 to 599; 200 is usual",
            "stub.yaml:11:18: a duration is an ISO 8601 string such as PT5S, or an object such as {seconds: 5}; this is number",
            "stub.yaml:12:25: there is no function `nope`; did you mean `not`?",
            "stub.yaml:13:17: this expression is not proven to end, and a stub cannot stop it; use `map`, `first`, `any` and the like instead of loops",
            "stub.yaml:14:22: `a b` is not the name of a header; write for example `retry-after`",
            "stub.yaml:15:7: GET /a is there already, as /a; put its responses into the first one's list",
        ]
        .join("\n"),
    );
}

fn workflow(path: &Path, metadata: &str) -> Arc<Workflow> {
    let text = format!("document:\n  dsl: 1.0.3\n  metadata: {metadata}\ndo: []\n");
    let (tree, problems) = flowdbg_lang::read::read(&Source::new(path.to_string_lossy().as_ref(), text));
    assert!(problems.is_empty());
    flowdbg_lang::lower::lower(&Arc::new(tree)).unwrap()
}

#[test]
fn a_workflow_names_its_stub_relative_to_its_own_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("stub.yaml"), STUB).unwrap();
    std::fs::write(folder.path().join("wrong.yaml"), "routes: 5").unwrap();
    let path = folder.path().join("a.workflow.yaml");
    let load = |metadata| for_workflow(&workflow(&path, metadata)).map(|stub| stub.map(|stub| stub.services.len()));
    assert_eq!(load("{ owner: tests }"), Ok(None));
    assert_eq!(load("{ flowdbg: {} }"), Ok(None));
    assert_eq!(load("{ flowdbg: { stub: ./stub.yaml } }"), Ok(Some(2)));
    let fails = |metadata, expected: &str| {
        let error = load(metadata).expect_err("it is wrong");
        assert!(error.contains(expected), "{error}");
    };
    fails("{ flowdbg: { stub: ./gone.yaml } }", "a.workflow.yaml:3:32: the stub file");
    fails("{ flowdbg: { stub: 5 } }", "a.workflow.yaml:3:32: `stub` must be the path of a file, such as ./stub.yaml");
    fails("{ flowdbg: { stubs: a } }", "a.workflow.yaml:3:26: `metadata.flowdbg` has no `stubs`; did you mean `stub`?");
    fails("{ flowdbg: { stub: wrong.yaml } }", "wrong.yaml:1:9: `routes` must be a mapping from addresses to lists");
}
