//! HTTP requests.

use std::time::Duration;

use futures::StreamExt as _;

use crate::effect::{HttpRequest, HttpResponse};

/// Largest response body that is read, in bytes.
const MAX_BODY: usize = 256 * 1024 * 1024;
/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(30);
/// How long a server may say nothing.
const SILENCE: Duration = Duration::from_secs(300);

pub(super) fn client() -> Result<reqwest::Client, String> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .user_agent(concat!("flowdbg/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| explain(&error))
}

pub(super) async fn send(client: &reqwest::Client, request: HttpRequest, routes: &[(String, String)]) -> Result<HttpResponse, String> {
    let method =
        reqwest::Method::from_bytes(request.method.as_bytes()).map_err(|_| format!("`{}` is not an HTTP method", request.method))?;
    let routed = routes.iter().find_map(|(from, to)| Some(format!("{to}{}", request.url.strip_prefix(from)?)));
    let mut builder = client.request(method, routed.as_deref().unwrap_or(&request.url));
    for (key, member) in &request.headers {
        builder = builder.header(key, member);
    }
    if let Some(body) = request.body {
        builder = builder.body(body);
    }
    let describe = |error: reqwest::Error| format!("{} {}: {}", request.method, request.url, explain(&error));
    let response = builder.send().await.map_err(describe)?;
    let status = response.status().as_u16();
    let headers =
        response.headers().iter().map(|(key, member)| (key.to_string(), String::from_utf8_lossy(member.as_bytes()).into_owned())).collect();
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk.map_err(describe)?);
        if body.len() > MAX_BODY {
            return Err(format!("{} {}: the response is larger than {} MiB", request.method, request.url, MAX_BODY / 1024 / 1024));
        }
    }
    Ok(HttpResponse { status, headers, body })
}

/// The innermost cause is what tells a person something.
fn explain(error: &reqwest::Error) -> String {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    if error.is_timeout() { format!("no answer in time ({deepest})") } else { deepest.to_string() }
}
