//! The text of a stub file, read into what it says. Everything wrong is reported, each at its
//! place, and nothing is passed over.

use std::sync::Arc;

use flowdbg_lang::{
    codes,
    diagnostic::Diagnostic,
    form::Form,
    template::Template,
    text::Source,
    tree::{NodeId, NodeKind},
    value::Value,
};

/// A service with what it answers.
#[derive(Debug)]
pub(super) struct Service {
    /// How addresses of the service begin.
    pub(super) address: String,
    /// In the order of the text; the first that fits counts.
    pub(super) routes: Vec<Route>,
}

/// What is answered to one kind of request.
#[derive(Debug)]
pub(super) struct Route {
    /// In upper case.
    pub(super) method: String,
    /// The path as it is written.
    pub(super) path: String,
    pub(super) segments: Vec<Segment>,
    /// Used one after another; the last stays. At least one.
    pub(super) responses: Vec<Response>,
}

/// A part of a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Text(String),
    Parameter(String),
}

/// An answer.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, Template)>,
    pub(super) body: Option<Template>,
    /// Milliseconds.
    pub(super) delay: u64,
}

/// Reads a stub file, or says all that is wrong with it.
pub(super) fn read(source: &Arc<Source>) -> Result<Vec<Service>, Vec<Diagnostic>> {
    let mut reader = Reader(Form::read(source, "a stub"));
    let mut services = Vec::new();
    if let Some(root) = reader.0.tree().root() {
        for field in reader.0.fields(root, "a stub file", &["routes"], &["routes"]) {
            services.extend(reader.services(field.value));
        }
    }
    let problems = reader.0.problems();
    if problems.is_empty() { Ok(services) } else { Err(problems) }
}

/// The parts of a path that begins with a slash.
pub(super) fn split(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

struct Reader(Form);

impl Reader {
    fn services(&mut self, node: NodeId) -> Vec<Service> {
        let tree = self.0.tree().clone();
        if !matches!(tree.node(node).kind, NodeKind::Mapping(_)) {
            let message = "`routes` must be a mapping from addresses to lists";
            self.0.wrong(codes::WRONG_TYPE, node, message, "write for example `http://payments.example:` with a list below");
            return Vec::new();
        }
        let mut services = Vec::new();
        for field in self.0.members(node) {
            let address = field.key.trim_end_matches('/');
            let parsed = url::Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.query().is_none());
            if parsed.is_none() {
                let message = format!("`{address}` is not an http or https address");
                self.0.wrong(codes::WRONG_VALUE, field.key_node, message, "write for example http://payments.example");
            }
            let routes = self.0.list(field.value, "a service", "a list of routes, each with `method`, `path` and `responses`");
            let mut service = Service { address: address.to_owned(), routes: Vec::new() };
            for item in routes {
                if let Some(route) = self.route(item) {
                    if let Some(same) = service.routes.iter().find(|other| other.method == route.method && other.same_path(&route)) {
                        let message = format!("{} {} is there already, as {}", route.method, route.path, same.path);
                        self.0.wrong(codes::DUPLICATE_KEY, item, message, "put its responses into the first one's list");
                    }
                    service.routes.push(route);
                }
            }
            services.push(service);
        }
        services
    }

    fn route(&mut self, node: NodeId) -> Option<Route> {
        let (mut method, mut path, mut responses) = (None, None, Vec::new());
        let keys = ["method", "path", "responses"];
        for field in self.0.fields(node, "a route", &keys, &keys) {
            match &*field.key {
                "method" => method = self.method(field.value),
                "path" => path = self.path(field.value),
                _ => {
                    for item in self.0.list(field.value, "`responses`", "a list with at least one response") {
                        responses.push(self.response(item));
                    }
                }
            }
        }
        let path = path?;
        let segments = split(&path)
            .map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                Some(name) => Segment::Parameter(name.to_owned()),
                None => Segment::Text(part.to_owned()),
            })
            .collect();
        Some(Route { method: method?, path, segments, responses })
    }

    fn method(&mut self, node: NodeId) -> Option<String> {
        let method = self.0.tree().string(node).map(|method| method.to_uppercase());
        let method = method.filter(|method| axum::http::Method::from_bytes(method.as_bytes()).is_ok());
        if method.is_none() {
            self.0.wrong(codes::WRONG_VALUE, node, "`method` must be an HTTP method", "write for example `get` or `post`");
        }
        method
    }

    fn path(&mut self, node: NodeId) -> Option<String> {
        let path = self.0.tree().string(node).filter(|path| path.starts_with('/') && !path.contains(['?', '#'])).map(ToString::to_string);
        if path.is_none() {
            let help = "write for example `/charges/{id}`; a query is in the request's `query`, not here";
            self.0.wrong(codes::WRONG_VALUE, node, "`path` must be a path that begins with `/`", help);
        }
        path
    }

    fn response(&mut self, node: NodeId) -> Response {
        let mut response = Response { status: 200, headers: Vec::new(), body: None, delay: 0 };
        for field in self.0.fields(node, "a response", &["status", "headers", "body", "delay"], &[]) {
            match &*field.key {
                "status" => {
                    let status = self.0.number(field.value, "`status`", 200..=599, "200 is usual");
                    response.status = status.and_then(|status| u16::try_from(status).ok()).unwrap_or(200);
                }
                "headers" => response.headers = self.headers(field.value),
                "body" => response.body = Some(self.0.template(field.value)),
                _ => response.delay = self.0.duration(field.value).unwrap_or(0),
            }
        }
        response
    }

    fn headers(&mut self, node: NodeId) -> Vec<(String, Template)> {
        let mut headers = Vec::new();
        for field in self.0.named(node, "`headers`", "for example `etag: abc`") {
            let name = field.key.to_ascii_lowercase();
            if axum::http::HeaderName::from_bytes(name.as_bytes()).is_err() {
                let message = format!("`{name}` is not the name of a header");
                self.0.wrong(codes::WRONG_VALUE, field.key_node, message, "write for example `retry-after`");
            }
            headers.push((name, self.0.template(field.value)));
        }
        headers
    }
}

impl Route {
    /// Whether both take the same paths.
    fn same_path(&self, other: &Self) -> bool {
        self.segments.len() == other.segments.len()
            && self.segments.iter().zip(&other.segments).all(|(a, b)| match (a, b) {
                (Segment::Parameter(_), Segment::Parameter(_)) => true,
                (a, b) => a == b,
            })
    }

    /// The parameters of a path that fits, decoded.
    pub(super) fn parameters(&self, path: &[String]) -> Option<Vec<(&str, Value)>> {
        if path.len() != self.segments.len() {
            return None;
        }
        let mut parameters = Vec::new();
        for (segment, part) in self.segments.iter().zip(path) {
            match segment {
                Segment::Text(text) if text == part => {}
                Segment::Parameter(name) if !part.is_empty() => {
                    parameters.push((name.as_str(), flowdbg_lang::value::string(part.as_str())))
                }
                Segment::Text(_) | Segment::Parameter(_) => return None,
            }
        }
        Some(parameters)
    }
}
