//! HTTP requests.

use std::{sync::OnceLock, time::Duration};

use futures::StreamExt as _;

use crate::effect::{HttpRequest, HttpResponse};

/// Largest response body that is read, in bytes.
const MAX_BODY: usize = 256 * 1024 * 1024;
/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(30);
/// How long a server may say nothing.
const SILENCE: Duration = Duration::from_secs(300);

/// Clients, each made when it is first used.
#[derive(Default)]
pub(super) struct Clients {
    usual: OnceLock<Result<reqwest::Client, String>>,
    /// For local stand-ins, which no proxy can reach.
    direct: OnceLock<Result<reqwest::Client, String>>,
}

impl Clients {
    fn usual(&self) -> Result<&reqwest::Client, String> {
        self.usual.get_or_init(|| client(reqwest::Client::builder())).as_ref().map_err(Clone::clone)
    }

    fn direct(&self) -> Result<&reqwest::Client, String> {
        self.direct.get_or_init(|| client(reqwest::Client::builder().no_proxy())).as_ref().map_err(Clone::clone)
    }
}

fn client(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, String> {
    builder
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .user_agent(concat!("flowdbg/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| explain(&error))
}

/// Where a request goes instead. A prefix ends where a part of the address ends: that of
/// `http://a.example` takes neither `http://a.example.org` nor `http://a.example:81`.
fn route(url: &str, routes: &[(String, String)]) -> Option<String> {
    routes.iter().find_map(|(from, to)| {
        let from = from.trim_end_matches('/');
        let rest = url.strip_prefix(from)?;
        (rest.is_empty() || rest.starts_with(['/', '?', '#'])).then(|| format!("{}{rest}", to.trim_end_matches('/')))
    })
}

pub(super) async fn send(clients: &Clients, request: HttpRequest, routes: &[(String, String)]) -> Result<HttpResponse, String> {
    let method =
        reqwest::Method::from_bytes(request.method.as_bytes()).map_err(|_| format!("`{}` is not an HTTP method", request.method))?;
    let mut builder = match route(&request.url, routes) {
        Some(routed) => clients.direct()?.request(method, routed),
        None => clients.usual()?.request(method, &request.url),
    };
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

#[cfg(test)]
mod tests {
    use super::route;

    #[test]
    fn a_route_takes_whole_parts_of_an_address() {
        let routes = [
            ("http://a.example/".to_owned(), "http://127.0.0.1:1/0".to_owned()),
            ("https://b.example/v2".to_owned(), "http://127.0.0.1:1/1/".to_owned()),
        ];
        let route = |url| route(url, &routes);
        assert_eq!(route("http://a.example/x?y=1").as_deref(), Some("http://127.0.0.1:1/0/x?y=1"));
        assert_eq!(route("http://a.example").as_deref(), Some("http://127.0.0.1:1/0"));
        assert_eq!(route("https://b.example/v2?q").as_deref(), Some("http://127.0.0.1:1/1?q"));
        for other in ["http://a.example.org/", "http://a.example:81/", "https://a.example/", "https://b.example/v20", "https://b.example/"]
        {
            assert_eq!(route(other), None, "{other}");
        }
    }
}
