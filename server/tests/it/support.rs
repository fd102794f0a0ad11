//! Hosts, clients and workflows for tests.

use std::{future::Future, path::PathBuf, sync::Arc, time::Duration};

use flowdbg_engine::{
    driver::Engine,
    worlds::local::{Local, Options},
};
use flowdbg_protocol::control::{Call, ControlError, Notice, Start, StartParams, StopReason, UNWATCH, WATCH, Watch};
use flowdbg_server::{
    host::Host,
    load,
    serve::{ServeOptions, Serving, serve},
};
use jsonrpsee::{
    core::{
        ClientError,
        client::{ClientT as _, Subscription, SubscriptionClientT as _},
        traits::ToRpcParams,
    },
    ws_client::{HeaderMap, HeaderValue, WsClient, WsClientBuilder},
};
use serde_json::{Value, value::RawValue};

/// A workflow with every kind of branch: a loop, a fork, a caught error.
pub(crate) const ORDER: &str = r#"document: { dsl: '1.0.3', namespace: tests, name: order, version: '1.0.0' }
do:
  - prepare:
      set: { items: "${ .items }", "odd key": [1, { deep: true }] }
      export: { as: "${ { count: (.items | length) } }" }
  - eachItem:
      for: { each: item, in: .items }
      do:
        - price:
            set: { cost: "${ $item.cost * 2 }" }
  - sides:
      fork:
        branches:
          - left:
              set: { side: left }
          - right:
              set: { side: right }
  - pay:
      try:
        - charge:
            raise:
              error:
                type: https://serverlessworkflow.io/spec/1.0.0/errors/communication
                status: 503
                title: Bank closed
      catch:
        as: problem
        do:
          - note:
              set: { state: refused, status: "${ $problem.status }" }
"#;

/// Ends by an error that nothing catches.
pub(crate) const FAULTY: &str = r#"document: { dsl: '1.0.3', namespace: tests, name: faulty, version: '1.0.0' }
do:
  - outer:
      do:
        - fail:
            raise:
              error: { type: 'https://shop.example/errors/x', status: 418, title: No tea }
"#;

/// Waits for an event that only a test can bring.
pub(crate) const LISTENER: &str = r#"document: { dsl: '1.0.3', namespace: tests, name: listener, version: '1.0.0' }
do:
  - hear:
      listen: { to: { one: { with: { type: com.example.go } } } }
"#;

/// The one limit on a test: a hang fails it.
pub(crate) async fn within<T>(test: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), test).await.expect("the test hangs")
}

/// A workflow file.
pub(crate) struct Fixture {
    _folder: tempfile::TempDir,
    pub(crate) path: PathBuf,
    text: String,
}

impl Fixture {
    pub(crate) fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.workflow.yaml");
        std::fs::write(&path, text).unwrap();
        Self { _folder: folder, path, text: text.to_owned() }
    }

    pub(crate) fn program(&self) -> String {
        self.path.to_str().unwrap().to_owned()
    }

    /// Zero-based line of a text.
    pub(crate) fn line(&self, part: &str) -> u32 {
        let at = self.text.lines().position(|line| line.contains(part)).unwrap();
        u32::try_from(at).unwrap()
    }
}

pub(crate) fn engine() -> Engine {
    let options = Options::new(load::loader());
    Engine::new(Arc::new(Local::new(options)))
}

pub(crate) async fn host() -> Serving {
    host_with(ServeOptions::default()).await
}

pub(crate) async fn host_with(options: ServeOptions) -> Serving {
    serve(Host::new(engine()), options).await.unwrap()
}

/// A control client.
pub(crate) struct Client(WsClient);

pub(crate) async fn connect(serving: &Serving) -> Client {
    connect_with(serving, &serving.token).await.unwrap()
}

pub(crate) async fn connect_with(serving: &Serving, token: &str) -> Result<Client, ClientError> {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {token}")).unwrap());
    let client = WsClientBuilder::default().set_headers(headers).max_response_size(u32::MAX).build(serving.rpc_url()).await?;
    Ok(Client(client))
}

struct Params(Value);

impl ToRpcParams for Params {
    fn to_rpc_params(self) -> Result<Option<Box<RawValue>>, serde_json::Error> {
        serde_json::value::to_raw_value(&self.0).map(Some)
    }
}

impl Client {
    pub(crate) async fn raw(&self, method: &str, params: Value) -> Result<Value, ControlError> {
        match self.0.request::<Value, _>(method, Params(params)).await {
            Ok(value) => Ok(value),
            Err(ClientError::Call(error)) => Err(ControlError {
                code: error.code(),
                message: error.message().to_owned(),
                data: error.data().map(|data| serde_json::from_str(data.get()).unwrap()),
            }),
            Err(other) => panic!("{method}: {other}"),
        }
    }

    pub(crate) async fn try_call<C: Call>(&self, params: C::Params) -> Result<C::Result, ControlError> {
        let params = serde_json::to_value(params).unwrap();
        self.raw(C::METHOD, params).await.map(|value| serde_json::from_value(value).unwrap())
    }

    #[track_caller]
    pub(crate) fn call<C: Call>(&self, params: C::Params) -> impl Future<Output = C::Result> {
        let caller = std::panic::Location::caller();
        async move { self.try_call::<C>(params).await.unwrap_or_else(|error| panic!("{} at {caller}: {error:?}", C::METHOD)) }
    }

    /// Starts an execution and gives its id.
    pub(crate) async fn start(&self, fixture: &Fixture, input: Value, how: impl FnOnce(&mut StartParams)) -> String {
        let mut params = StartParams { program: fixture.program(), input, hold: false, stop_on_entry: false, details: Vec::new() };
        how(&mut params);
        self.call::<Start>(params).await.execution
    }

    pub(crate) async fn watch(&self, execution: &str) -> Result<Subscription<Notice>, ClientError> {
        let params = serde_json::to_value(Watch { execution: execution.to_owned() }).unwrap();
        self.0.subscribe(WATCH, Params(params), UNWATCH).await
    }
}

/// The next notice that is not about branches or output.
pub(crate) async fn next(notices: &mut Subscription<Notice>) -> Notice {
    loop {
        match notices.next().await.expect("a notice").unwrap() {
            Notice::BranchStarted { .. } | Notice::BranchExited { .. } | Notice::Output { .. } => {}
            notice => return notice,
        }
    }
}

/// The branch that stops next, and why.
pub(crate) async fn stopped(notices: &mut Subscription<Notice>) -> (u32, StopReason) {
    match next(notices).await {
        Notice::Stopped { branch, reason, all: true, .. } => (branch, reason),
        other => panic!("not stopped: {other:?}"),
    }
}
