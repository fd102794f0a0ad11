//! A session's connection to its host: commands go over it strictly one after another.

use std::{sync::Arc, time::Duration};

use flowdbg_adapter::Inbox;
use flowdbg_protocol::control::{ControlError, Notice, UNWATCH, WATCH, Watch};
use jsonrpsee::{
    core::{
        ClientError,
        client::{ClientT as _, Subscription, SubscriptionClientT as _},
        traits::ToRpcParams,
    },
    ws_client::{HeaderMap, HeaderValue, WsClient, WsClientBuilder},
};
use serde_json::{Value, value::RawValue};
use tokio::sync::mpsc;

use super::Loopback;

/// What the session wants of the host.
pub(super) enum Command {
    /// Make a call and bring the answer.
    Call { id: u64, method: &'static str, params: Value },
    /// Bring an execution's notices.
    Watch { execution: String },
}

/// No call takes longer; what does take long, like an evaluation, has its own limit.
const CALL_LIMIT: Duration = Duration::from_secs(600);
/// Notices that wait to be read. The session reads them as fast as its client does.
const NOTICES: usize = 1 << 20;

/// Performs commands until there are no more, or until the host is lost.
pub(super) async fn perform(host: Arc<Loopback>, mut commands: mpsc::UnboundedReceiver<Command>, to: mpsc::Sender<Inbox>) {
    let mut client: Option<WsClient> = None;
    while let Some(command) = commands.recv().await {
        let connected = match &client {
            Some(client) => client,
            None => match connect(&host).await {
                Ok(connected) => client.insert(connected),
                Err(reason) => return lost(&to, reason).await,
            },
        };
        let done = match command {
            Command::Call { id, method, params } => match call(connected, method, params).await {
                Ok(result) => {
                    // A session that is over hears no answers.
                    let _ = to.send(Inbox::Answer { id, result }).await;
                    Ok(())
                }
                Err(reason) => Err(reason),
            },
            Command::Watch { execution } => watch(connected, execution, &to).await,
        };
        if let Err(reason) = done {
            return lost(&to, reason).await;
        }
    }
}

async fn lost(to: &mpsc::Sender<Inbox>, reason: String) {
    // A session that is over need not know.
    let _ = to.send(Inbox::Lost { reason }).await;
}

async fn connect(host: &Loopback) -> Result<WsClient, String> {
    let serving = host.serving().await.map_err(|error| error.to_string())?;
    let mut headers = HeaderMap::new();
    let bearer = HeaderValue::from_str(&format!("Bearer {}", serving.token)).map_err(|error| error.to_string())?;
    headers.insert("authorization", bearer);
    let client = WsClientBuilder::default()
        .set_headers(headers)
        .max_request_size(u32::MAX)
        .max_response_size(u32::MAX)
        .max_frame_size(u32::MAX)
        .request_timeout(CALL_LIMIT)
        .max_buffer_capacity_per_subscription(NOTICES);
    client.build(serving.rpc_url()).await.map_err(|error| error.to_string())
}

async fn call(client: &WsClient, method: &str, params: Value) -> Result<Result<Value, ControlError>, String> {
    refused(client.request(method, Params(params)).await)
}

async fn watch(client: &WsClient, execution: String, to: &mpsc::Sender<Inbox>) -> Result<(), String> {
    let params = Params(serde_json::to_value(Watch { execution }).map_err(|error| error.to_string())?);
    let subscribed = client.subscribe::<Notice, _>(WATCH, params, UNWATCH).await;
    match refused(subscribed)? {
        Ok(notices) => {
            tokio::spawn(forward(notices, to.clone()));
            Ok(())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Hands notices on, in their order, until the last.
async fn forward(mut notices: Subscription<Notice>, to: mpsc::Sender<Inbox>) {
    loop {
        let inbox = tokio::select! {
            notice = notices.next() => match notice {
                Some(Ok(notice)) => Inbox::Notice(notice),
                Some(Err(error)) => Inbox::Lost { reason: format!("the host said something unexpected: {error}") },
                None => Inbox::Lost { reason: "the host has closed the connection".to_owned() },
            },
            () = to.closed() => return,
        };
        let last = matches!(inbox, Inbox::Lost { .. } | Inbox::Notice(Notice::Ended { .. }));
        if to.send(inbox).await.is_err() || last {
            return;
        }
    }
}

/// Tells a refusal by the host from the loss of the host.
fn refused<T>(result: Result<T, ClientError>) -> Result<Result<T, ControlError>, String> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(ClientError::Call(error)) => {
            let data = error.data().and_then(|data| serde_json::from_str(data.get()).ok());
            Ok(Err(ControlError { code: error.code(), message: error.message().to_owned(), data }))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Parameters that are JSON already.
struct Params(Value);

impl ToRpcParams for Params {
    fn to_rpc_params(self) -> Result<Option<Box<RawValue>>, serde_json::Error> {
        serde_json::value::to_raw_value(&self.0).map(Some)
    }
}
