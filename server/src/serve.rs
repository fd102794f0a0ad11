//! A host on a port: control, events and health on one address.
//!
//! Tasks: the accept loop (one, here), a task for each connection (axum's), a task for each
//! JSON-RPC WebSocket (jsonrpsee's), and the actors of executions (the engine's). Stopping a
//! [`Serving`] ends the first three; executions go on until they are cancelled.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware,
    response::Response,
    routing::{any, get, post},
    serve::ListenerExt as _,
};
use jsonrpsee::{
    Methods,
    server::{BatchRequestConfig, PingConfig, Server, ServerConfig, ServerHandle, StopHandle, TowerServiceBuilder, stop_channel},
};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tower::{Service as _, layer::util::Identity};

use crate::{
    auth::{self, Gatekeeper, offered_protocols, problem},
    control,
    host::Host,
    stream::{self, Feeds},
};

/// How much of everything a host lets in.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Control connections at a time.
    pub control_connections: u32,
    /// Subscribers to events at a time.
    pub subscribers: usize,
    /// Bytes of a request.
    pub request_bytes: u32,
    /// Calls of a JSON-RPC batch.
    pub batch: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { control_connections: 256, subscribers: 10_000, request_bytes: 8 * 1024 * 1024, batch: 100 }
    }
}

/// How a host is served.
#[derive(Clone)]
pub struct ServeOptions {
    /// Where to listen; port 0 takes a free one.
    pub addr: SocketAddr,
    /// The token that allows to control; a random one if absent.
    pub token: Option<String>,
    /// A token that only allows to watch, if there is to be one.
    pub watch_token: Option<String>,
    /// Names by which the host may be called, beside those of the loopback interface.
    pub hosts: Vec<String>,
    /// How much it lets in.
    pub limits: Limits,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self { addr: SocketAddr::from(([127, 0, 0, 1], 0)), token: None, watch_token: None, hosts: Vec::new(), limits: Limits::default() }
    }
}

/// Why a host cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Somebody else listens there.
    #[error("port {port} is in use already: end what listens there, or choose another port with --port (0 takes a free one)")]
    Busy {
        /// The port.
        port: u16,
    },
    /// The operating system refuses.
    #[error("cannot listen on {addr}: {error}")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// No token could be made.
    #[error(transparent)]
    Token(io::Error),
    /// Two calls have one name: a mistake of ours.
    #[error("the control API cannot be registered: {0}")]
    Methods(#[from] jsonrpsee::core::RegisterMethodError),
}

/// A host that is being served. Dropping it stops the serving.
pub struct Serving {
    /// Where it listens.
    pub addr: SocketAddr,
    /// The token that allows to control.
    pub token: String,
    /// The host.
    pub host: Host,
    stop: CancellationToken,
    rpc: ServerHandle,
    task: Option<JoinHandle<()>>,
}

impl Serving {
    /// Address of the control API.
    #[must_use]
    pub fn rpc_url(&self) -> String {
        format!("ws://{}/rpc", self.addr)
    }

    /// Stops listening and closes all connections. Executions go on; see [`Host::cancel_all`].
    pub async fn shutdown(mut self) {
        self.close();
        if let Some(task) = self.task.take() {
            // Connections that do not end by themselves are cut.
            let _ = tokio::time::timeout(Duration::from_secs(2), task).await;
        }
    }

    fn close(&self) {
        self.stop.cancel();
        // It is stopped already if this fails.
        let _ = self.rpc.stop();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.close();
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// Binds a listener, or says what is wrong with the address.
pub(crate) async fn bind(addr: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let listening = TcpListener::bind(addr).await.and_then(|listener| listener.local_addr().map(|addr| (listener, addr)));
    listening.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => ServeError::Busy { port: addr.port() },
        _ => ServeError::Listen { addr, error },
    })
}

/// Serves a host.
///
/// # Errors
/// The address is not free, or something that is needed is not there.
pub async fn serve(host: Host, options: ServeOptions) -> Result<Serving, ServeError> {
    let token = match options.token {
        Some(token) => token,
        None => auth::random_token().map_err(ServeError::Token)?,
    };
    let (listener, addr) = bind(options.addr).await?;
    let stop = CancellationToken::new();
    let (rpc_stop, rpc) = stop_channel();
    let gatekeeper = Gatekeeper::new(token.clone(), options.watch_token, options.hosts, addr.ip().is_loopback());
    let router = router(&host, options.limits, gatekeeper, stop.clone(), rpc_stop)?;
    let listener = listener.tap_io(|connection| {
        // A step must not wait for more to send.
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
    });
    let stopped = stop.clone().cancelled_owned();
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
            tracing::error!(%error, "the host stopped listening");
        }
    });
    Ok(Serving { addr, token, host, stop, rpc, task: Some(task) })
}

fn router(
    host: &Host,
    limits: Limits,
    gatekeeper: Gatekeeper,
    stop: CancellationToken,
    rpc_stop: StopHandle,
) -> Result<Router, jsonrpsee::core::RegisterMethodError> {
    let feeds = Feeds { host: host.clone(), stop, seats: Arc::new(Semaphore::new(limits.subscribers)) };
    let rpc = Rpc { builder: rpc_server(limits), methods: control::methods(host.clone())?.into(), stop: rpc_stop };
    Ok(Router::new()
        .route("/healthz", get(async || Json(serde_json::json!({ "status": "ok" }))))
        .route("/rpc", any(call).with_state(rpc))
        .route("/executions/{id}/events", get(stream::subscribe).with_state(feeds))
        .route("/events", post(stream::publish).with_state(host.clone()))
        .fallback(async || problem(StatusCode::NOT_FOUND, "There is nothing here", "see /rpc, /executions/{id}/events, /events, /healthz"))
        .layer(DefaultBodyLimit::max(limits.request_bytes as usize))
        .layer(middleware::from_fn_with_state(gatekeeper, auth::admit)))
}

/// The JSON-RPC server behind `/rpc`.
#[derive(Clone)]
struct Rpc {
    builder: TowerServiceBuilder<Identity, Identity>,
    methods: Methods,
    stop: StopHandle,
}

fn rpc_server(limits: Limits) -> TowerServiceBuilder<Identity, Identity> {
    let config = ServerConfig::builder()
        .max_connections(limits.control_connections)
        .max_request_body_size(limits.request_bytes)
        // Whoever asks for a whole value gets it.
        .max_response_body_size(u32::MAX)
        .max_subscriptions_per_connection(1_024)
        .set_batch_request_config(BatchRequestConfig::Limit(limits.batch))
        .enable_ws_ping(PingConfig::new())
        .build();
    Server::builder().set_config(config).to_service_builder()
}

async fn call(State(rpc): State<Rpc>, request: Request) -> Response {
    let chosen = offered_protocols(request.headers()).any(|name| name == control::RPC_PROTOCOL);
    let mut service = rpc.builder.build(rpc.methods, rpc.stop);
    match service.call(request).await {
        Ok(response) => {
            let mut response = response.map(Body::new);
            if chosen && response.status() == StatusCode::SWITCHING_PROTOCOLS {
                response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(control::RPC_PROTOCOL));
            }
            response
        }
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, "The control API failed", &error.to_string()),
    }
}
