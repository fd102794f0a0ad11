//! Requests as the expressions of stubs and scenarios see them, and responses from data.

use flowdbg_lang::value::{self, Value, ValueExt as _};

/// A request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// In upper case.
    pub method: &'a str,
    /// The address without its query, or the path of it that matters.
    pub path: &'a str,
    /// The query as it was sent.
    pub query: &'a str,
    /// Names with values.
    pub headers: &'a [(String, String)],
    /// The body as it was sent.
    pub body: &'a [u8],
}

impl Request<'_> {
    /// Its members: `method`, `path`, `query`, `headers` with names in lower case, and `body`, read
    /// if its content type is JSON.
    #[must_use]
    pub fn members(&self) -> Vec<(&'static str, Value)> {
        let query = url::form_urlencoded::parse(self.query.as_bytes()).map(|(key, member)| (key.into_owned(), value::string(member)));
        let headers = self.headers.iter().map(|(name, member)| (name.to_ascii_lowercase(), value::string(&**member)));
        let kind = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type")).map_or("", |(_, kind)| kind.as_str());
        let text = String::from_utf8_lossy(self.body);
        let body = match is_json(kind).then(|| value::parse_json(&text)) {
            Some(Ok(body)) => body,
            _ if text.is_empty() => Value::Null,
            _ => value::string(text),
        };
        vec![
            ("method", value::string(self.method)),
            ("path", value::string(self.path)),
            ("query", value::object(query)),
            ("headers", value::object(headers)),
            ("body", body),
        ]
    }
}

/// The bytes of a body: a string is sent as text (as JSON if a `content-type` says so), everything
/// else as JSON. A missing `content-type` is added.
#[must_use]
pub fn encode(body: Option<Value>, headers: &mut Vec<(String, String)>) -> Vec<u8> {
    let given = headers.iter().find(|(name, _)| name == "content-type").map(|(_, kind)| kind.clone());
    let (kind, bytes) = match body {
        None | Some(Value::Null) => (None, Vec::new()),
        Some(body) => match body.as_text().filter(|_| !given.as_deref().is_some_and(is_json)) {
            Some(text) => (Some("text/plain; charset=utf-8"), text.into_bytes()),
            None => (Some("application/json"), body.to_json().into_bytes()),
        },
    };
    if let (Some(kind), None) = (kind, given) {
        headers.push(("content-type".to_owned(), kind.to_owned()));
    }
    bytes
}

/// Whether a content type is JSON.
#[must_use]
pub fn is_json(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.to_ascii_lowercase().ends_with("+json")
}
