//! Who may talk to a host: bearer tokens, and no strange web pages.
//!
//! Every request passes here before anything else sees it, before an upgrade to WebSocket too.
//! A page in a browser can reach a port on this machine, so its `Origin` must be of this machine,
//! and the `Host` must not be a name that was rebound to it.

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use flowdbg_protocol::control::Right;
use serde_json::json;

/// Subprotocol prefix under which a browser, which cannot set headers, gives its token.
pub(crate) const BEARER_PROTOCOL: &str = "bearer.";

/// A random token: 256 bits in hexadecimal.
///
/// # Errors
/// The operating system has no randomness to give.
pub(crate) fn random_token() -> std::io::Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| std::io::Error::other(format!("no random bytes for a token: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What a request must show.
#[derive(Clone, Debug)]
pub(crate) struct Gatekeeper {
    control: String,
    watch: Option<String>,
    hosts: Vec<String>,
    only_loopback: bool,
}

impl Gatekeeper {
    /// Lets those in who have one of the tokens. `hosts` are names by which the host may be
    /// called, beside those of the loopback interface; a host that listens on others too
    /// (`only_loopback` is false) may be called by any address.
    pub(crate) fn new(control: String, watch: Option<String>, hosts: Vec<String>, only_loopback: bool) -> Self {
        Self { control, watch, hosts, only_loopback }
    }

    fn right(&self, token: &str) -> Option<Right> {
        if same(token, &self.control) {
            return Some(Right::Control);
        }
        self.watch.as_deref().is_some_and(|watch| same(token, watch)).then_some(Right::Watch)
    }

    fn may_be_called(&self, authority: &str) -> bool {
        let name = host_name(authority);
        if is_loopback(name) || self.hosts.iter().any(|host| host.eq_ignore_ascii_case(name)) {
            return true;
        }
        !self.only_loopback && name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok()
    }
}

/// Refuses requests that may not be here; tells the others' right to whoever serves them.
pub(crate) async fn admit(State(gatekeeper): State<Gatekeeper>, mut request: Request, next: Next) -> Response {
    let called = request.headers().get(header::HOST).map_or_else(|| request.uri().host(), |host| host.to_str().ok());
    if !called.is_some_and(|host| gatekeeper.may_be_called(host)) {
        return problem(StatusCode::FORBIDDEN, "This host is not called by that name", "the Host header must name the loopback interface");
    }
    if !origin_is_ours(request.headers()) {
        return problem(
            StatusCode::FORBIDDEN,
            "Pages of other origins may not connect",
            "the Origin header must name the loopback interface",
        );
    }
    if request.uri().path() == "/healthz" {
        return next.run(request).await;
    }
    match token_of(&request).and_then(|token| gatekeeper.right(&token)) {
        Some(right) => {
            request.extensions_mut().insert(right);
            next.run(request).await
        }
        None => {
            let detail = "give the token that the host printed at its start: as `Authorization: Bearer TOKEN`, \
                          as WebSocket subprotocol `bearer.TOKEN`, or as `?token=TOKEN`";
            let mut refusal = problem(StatusCode::UNAUTHORIZED, "A valid token is needed", detail);
            refusal.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            refusal
        }
    }
}

/// A refusal as problem details (RFC 9457).
pub(crate) fn problem(status: StatusCode, title: &str, detail: &str) -> Response {
    let body = json!({ "type": "about:blank", "status": status.as_u16(), "title": title, "detail": detail });
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

/// The subprotocols that a WebSocket client offers, without its token.
pub(crate) fn offered_protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    protocols(headers).filter(|name| !name.starts_with(BEARER_PROTOCOL))
}

fn protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(str::trim)
}

fn token_of(request: &Request) -> Option<String> {
    let headers = request.headers();
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned());
    }
    if let Some(token) = protocols(headers).find_map(|name| name.strip_prefix(BEARER_PROTOCOL)) {
        return Some(token.to_owned());
    }
    let query = request.uri().query()?;
    url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "token").map(|(_, token)| token.into_owned())
}

/// Compares in a time that depends on nothing but the length.
fn same(a: &str, b: &str) -> bool {
    let differ = a.bytes().zip(b.bytes()).fold(0, |differ, (a, b)| std::hint::black_box(differ | (a ^ b)));
    a.len() == b.len() && differ == 0
}

fn origin_is_ours(headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    origins.all(|origin| {
        let origin = origin.to_str().unwrap_or_default();
        let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        authority.is_some_and(|authority| is_loopback(host_name(authority)))
    })
}

/// The authority without its port.
fn host_name(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && (!name.contains(':') || name.ends_with(']')) => name,
        _ => authority,
    }
}

fn is_loopback(name: &str) -> bool {
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_random_and_compared_whole() {
        let (a, b) = (random_token().unwrap(), random_token().unwrap());
        assert_eq!(a.len(), 64);
        assert!(same(&a, &a) && !same(&a, &b) && !same(&a, &a[..63]) && !same("", &a));
        let keeper = Gatekeeper::new(a.clone(), Some(b.clone()), Vec::new(), true);
        assert_eq!((keeper.right(&a), keeper.right(&b), keeper.right("")), (Some(Right::Control), Some(Right::Watch), None));
    }

    #[test]
    fn a_token_is_found_in_three_places() {
        let request = |build: fn(axum::http::request::Builder) -> axum::http::request::Builder| {
            token_of(&build(Request::builder()).body(axum::body::Body::empty()).unwrap())
        };
        assert_eq!(request(|it| it.header("authorization", "bearer abc")).as_deref(), Some("abc"));
        assert_eq!(request(|it| it.header("sec-websocket-protocol", "cloudevents.json, bearer.abc")).as_deref(), Some("abc"));
        assert_eq!(request(|it| it.uri("/x?from=1&token=a%62c")).as_deref(), Some("abc"));
        assert_eq!(request(|it| it.uri("/x?from=1")), None);
        assert_eq!(request(|it| it.header("authorization", "Basic abc")), None);
    }

    #[test]
    fn only_names_of_this_machine_are_answered_to() {
        let keeper = |hosts: &[&str], only| Gatekeeper::new(String::new(), None, hosts.iter().map(ToString::to_string).collect(), only);
        for name in ["localhost:4711", "LOCALHOST", "127.0.0.1:1", "127.1.2.3", "[::1]:80", "[::1]"] {
            assert!(keeper(&[], true).may_be_called(name), "{name}");
        }
        for name in ["evil.example", "evil.example:80", "10.0.0.1:80", "", "localhost.evil.example"] {
            assert!(!keeper(&[], true).may_be_called(name), "{name}");
        }
        assert!(keeper(&[], false).may_be_called("10.0.0.1:80"));
        assert!(!keeper(&[], false).may_be_called("evil.example"));
        assert!(keeper(&["flows.example"], false).may_be_called("flows.example:80"));
    }

    #[test]
    fn only_pages_of_this_machine_connect() {
        let from = |origin: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            origin_is_ours(&headers)
        };
        assert!(origin_is_ours(&HeaderMap::new()));
        assert!(from("http://localhost:3000") && from("https://127.0.0.1") && from("http://[::1]:8080"));
        assert!(!from("https://evil.example") && !from("null") && !from("http://localhost.evil.example") && !from("file://"));
    }
}
