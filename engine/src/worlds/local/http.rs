//! HTTP requests.

use std::{sync::OnceLock, time::Duration};

use futures::StreamExt as _;

use crate::effect::{HttpRequest, HttpResponse};

/// What is borne of servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpLimits {
    /// Largest response body that is read, in bytes.
    pub body: usize,
    /// How long a server may take to accept a connection.
    pub connect: Duration,
    /// How long a server may say nothing.
    pub silence: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self { body: 64 * 1024 * 1024, connect: Duration::from_secs(30), silence: Duration::from_secs(300) }
    }
}

/// Clients, each made when it is first used.
#[derive(Default)]
pub(super) struct Clients {
    limits: HttpLimits,
    usual: OnceLock<Result<reqwest::Client, String>>,
    /// For local stand-ins, which no proxy can reach.
    direct: OnceLock<Result<reqwest::Client, String>>,
    /// For subscriptions, whose servers may say nothing for days.
    patient: OnceLock<Result<reqwest::Client, String>>,
    patient_direct: OnceLock<Result<reqwest::Client, String>>,
}

impl Clients {
    pub(super) fn new(limits: HttpLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    fn usual(&self) -> Result<&reqwest::Client, String> {
        self.usual
            .get_or_init(|| client(reqwest::Client::builder().read_timeout(self.limits.silence), self.limits))
            .as_ref()
            .map_err(Clone::clone)
    }

    fn direct(&self) -> Result<&reqwest::Client, String> {
        let builder = || reqwest::Client::builder().read_timeout(self.limits.silence).no_proxy();
        self.direct.get_or_init(|| client(builder(), self.limits)).as_ref().map_err(Clone::clone)
    }

    fn patient(&self, direct: bool) -> Result<&reqwest::Client, String> {
        let made = match direct {
            true => self.patient_direct.get_or_init(|| client(reqwest::Client::builder().no_proxy(), self.limits)),
            false => self.patient.get_or_init(|| client(reqwest::Client::builder(), self.limits)),
        };
        made.as_ref().map_err(Clone::clone)
    }

    /// A request, by the client that its address needs.
    pub(super) fn request(
        &self,
        method: reqwest::Method,
        url: &str,
        routes: &[(String, String)],
    ) -> Result<reqwest::RequestBuilder, String> {
        Ok(match route(url, routes) {
            Some(routed) => self.direct()?.request(method, routed),
            None => self.usual()?.request(method, url),
        })
    }
}

fn client(builder: reqwest::ClientBuilder, limits: HttpLimits) -> Result<reqwest::Client, String> {
    builder
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(limits.connect)
        .user_agent(concat!("flowdbg/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| explain(&error))
}

/// Where a request goes instead. A prefix ends where a part of the address ends: that of
/// `http://a.example` takes neither `http://a.example.org` nor `http://a.example:81`.
pub(super) fn route(url: &str, routes: &[(String, String)]) -> Option<String> {
    routes.iter().find_map(|(from, to)| {
        let from = from.trim_end_matches('/');
        let rest = url.strip_prefix(from)?;
        (rest.is_empty() || rest.starts_with(['/', '?', '#'])).then(|| format!("{}{rest}", to.trim_end_matches('/')))
    })
}

pub(super) async fn send(clients: &Clients, request: HttpRequest, routes: &[(String, String)]) -> Result<HttpResponse, String> {
    let builder = build(clients.request(method(&request)?, &request.url, routes)?, &request);
    let describe = |error: reqwest::Error| format!("{} {}: {}", request.method, request.url, explain(&error));
    let response = builder.send().await.map_err(describe)?;
    let status = response.status().as_u16();
    let headers =
        response.headers().iter().map(|(key, member)| (key.to_string(), String::from_utf8_lossy(member.as_bytes()).into_owned())).collect();
    let limit = clients.limits.body;
    let too_large = || format!("{} {}: the response is larger than the {} that are read", request.method, request.url, size(limit));
    // What says of itself that it is too large is not read at all.
    if response.content_length().is_some_and(|length| length > u64::try_from(limit).unwrap_or(u64::MAX)) && request.method != "HEAD" {
        return Err(too_large());
    }
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk.map_err(describe)?);
        if body.len() > limit {
            return Err(too_large());
        }
    }
    Ok(HttpResponse { status, headers, body })
}

fn size(bytes: usize) -> String {
    if bytes >= 1024 * 1024 { format!("{} MiB", bytes / 1024 / 1024) } else { format!("{bytes} bytes") }
}

/// Makes a request whose response is read as it comes, however long it takes.
pub(super) async fn open(clients: &Clients, request: &HttpRequest, routes: &[(String, String)]) -> Result<reqwest::Response, String> {
    let routed = route(&request.url, routes);
    let client = clients.patient(routed.is_some())?;
    let builder = client.request(method(request)?, routed.as_ref().unwrap_or(&request.url));
    build(builder, request).send().await.map_err(|error| format!("{} {}: {}", request.method, request.url, explain(&error)))
}

fn method(request: &HttpRequest) -> Result<reqwest::Method, String> {
    reqwest::Method::from_bytes(request.method.as_bytes()).map_err(|_| format!("`{}` is not an HTTP method", request.method))
}

fn build(mut builder: reqwest::RequestBuilder, request: &HttpRequest) -> reqwest::RequestBuilder {
    for (key, member) in &request.headers {
        builder = builder.header(key, member);
    }
    match &request.body {
        Some(body) => builder.body(body.clone()),
        None => builder,
    }
}

/// The innermost cause is what tells a person something.
pub(super) fn explain(error: &reqwest::Error) -> String {
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
