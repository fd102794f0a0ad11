//! The stub's socket: a task that serves until its [`Started`] is dropped.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Path, State},
    http::{Request, Response, StatusCode, header},
    routing::any,
};
use tokio::sync::oneshot;

use super::{
    file::Service,
    respond::{self, Reply, Used},
};

/// Largest request body that is read, in bytes.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// A stub that is running: a task that ends when this is dropped.
#[derive(Debug)]
pub struct Started {
    addr: SocketAddr,
    routes: Vec<(String, String)>,
    /// Nothing is ever sent: that it is gone is the message.
    _stop: oneshot::Sender<()>,
}

impl Started {
    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Which addresses it stands in for, each with the address to ask instead.
    #[must_use]
    pub fn routes(&self) -> &[(String, String)] {
        &self.routes
    }
}

struct Shared {
    services: Arc<[Service]>,
    used: Used,
}

pub(super) async fn start(services: Arc<[Service]>) -> std::io::Result<Started> {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let addr = listener.local_addr()?;
    // Each service has a first part of the path to itself.
    let routes: Vec<_> =
        services.iter().enumerate().map(|(at, service)| (service.address.clone(), format!("http://{addr}/{at}"))).collect();
    let shared = Arc::new(Shared { used: Used::new(&services), services });
    let app = Router::new().route("/{service}", any(serve)).route("/{service}/{*path}", any(serve)).route("/{service}/", any(serve));
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async move {
        let _ = stopped.await;
    };
    tokio::spawn(async move {
        // A listener that fails has nobody left to tell; requests then fail by themselves.
        let _ = axum::serve(listener, app.with_state(shared)).with_graceful_shutdown(stopped).await;
    });
    Ok(Started { addr, routes, _stop: stop })
}

/// Serves a request to the service whose number is the first part of the path.
async fn serve(State(shared): State<Arc<Shared>>, Path(parts): Path<Vec<(String, String)>>, request: Request<Body>) -> Response<Body> {
    let service = parts.first().and_then(|(_, number)| number.parse().ok()).unwrap_or(usize::MAX);
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return Response::builder().status(StatusCode::PAYLOAD_TOO_LARGE).body(Body::empty()).unwrap_or_default();
    };
    let path = head.uri.path().get(1..).and_then(|path| path.find('/').map(|at| &path[at..])).unwrap_or("/");
    let request = respond::Request {
        method: head.method.to_string(),
        path: path.to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head
            .headers
            .iter()
            .filter(|(name, _)| *name != header::HOST)
            .map(|(name, member)| (name.to_string(), String::from_utf8_lossy(member.as_bytes()).into_owned()))
            .collect(),
        body: body.to_vec(),
    };
    let Reply { status, headers, body, delay } = respond::answer(&shared.services, &shared.used, service, &request);
    if delay > 0 {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let mut response = Response::builder().status(status);
    for (name, member) in headers {
        response = response.header(name, member);
    }
    response.body(Body::from(body)).unwrap_or_else(|error| {
        let mut failed = Response::new(Body::from(format!("the stub's response cannot be sent: {error}")));
        *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        failed
    })
}
