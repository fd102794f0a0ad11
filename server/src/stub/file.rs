//! The text of a stub file, read into what it says. Everything wrong is reported, each at its
//! place, and nothing is passed over.

use std::sync::Arc;

use flowdbg_lang::{
    codes,
    diagnostic::Diagnostic,
    duration,
    expression::{self, Expression},
    read, suggest,
    template::Template,
    text::{Source, Span},
    tree::{Entry, NodeId, NodeKind, Tree},
    value::{Value, ValueExt as _},
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
    let (tree, problems) = read::read(source);
    let mut reader = Reader { tree: &tree, problems };
    let mut services = Vec::new();
    if let Some(root) = tree.root() {
        for entry in reader.mapping(root, "a stub file", &["routes"], &["routes"]) {
            services.extend(reader.services(entry.value));
        }
    }
    let mut problems = reader.problems;
    if problems.is_empty() {
        return Ok(services);
    }
    problems.sort_by_key(|problem| problem.span);
    Err(problems)
}

/// The parts of a path that begins with a slash.
pub(super) fn split(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

struct Reader<'t> {
    tree: &'t Tree,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn wrong(&mut self, code: &'static str, span: Span, message: impl Into<String>, help: &str) {
        self.problems.push(Diagnostic::error(code, span, message).help(help));
    }

    /// The entries of a mapping with known keys; what is unknown or missing is reported.
    fn mapping(&mut self, node: NodeId, what: &str, known: &[&str], required: &[&str]) -> Vec<Entry> {
        let tree = self.tree;
        if !matches!(tree.node(node).kind, NodeKind::Mapping(_)) {
            self.wrong(codes::WRONG_TYPE, tree.span(node), format!("{what} must be a mapping"), &format!("it has {}", known.join(", ")));
            return Vec::new();
        }
        for key in required {
            if tree.get(node, key).is_none() {
                let first = tree.entries(node).first().map_or_else(|| tree.span(node), |entry| tree.span(entry.key));
                self.wrong(codes::MISSING_KEY, first, format!("{what} needs `{key}`"), &format!("it has {}", known.join(", ")));
            }
        }
        let (good, unknown): (Vec<Entry>, Vec<Entry>) =
            tree.entries(node).iter().partition(|entry| tree.text(entry.key).is_some_and(|key| known.contains(&&**key)));
        for entry in unknown {
            let key = tree.text(entry.key).map_or("", |key| key);
            let help = match suggest::closest(key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it has {}", known.join(", ")),
            };
            self.wrong(codes::UNKNOWN_KEY, tree.span(entry.key), format!("{what} has no `{key}`"), &help);
        }
        good
    }

    fn services(&mut self, node: NodeId) -> Vec<Service> {
        let tree = self.tree;
        if !matches!(tree.node(node).kind, NodeKind::Mapping(_)) {
            let message = "`routes` must be a mapping from addresses to lists";
            self.wrong(codes::WRONG_TYPE, tree.span(node), message, "write for example `http://payments.example:` with a list below");
            return Vec::new();
        }
        let mut services = Vec::new();
        for entry in tree.entries(node) {
            let address = tree.text(entry.key).map_or("", |address| address).trim_end_matches('/');
            let parsed = url::Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.query().is_none());
            if parsed.is_none() {
                let message = format!("`{address}` is not an http or https address");
                self.wrong(codes::WRONG_VALUE, tree.span(entry.key), message, "write for example http://payments.example");
            }
            let routes = self.list(entry.value, "a service", "a list of routes, each with `method`, `path` and `responses`");
            let mut service = Service { address: address.to_owned(), routes: Vec::new() };
            for item in routes {
                if let Some(route) = self.route(item) {
                    if let Some(same) = service.routes.iter().find(|other| other.method == route.method && other.same_path(&route)) {
                        let message = format!("{} {} is there already, as {}", route.method, route.path, same.path);
                        self.wrong(codes::DUPLICATE_KEY, tree.span(item), message, "put its responses into the first one's list");
                    }
                    service.routes.push(route);
                }
            }
            services.push(service);
        }
        services
    }

    fn list(&mut self, node: NodeId, what: &str, form: &str) -> Vec<NodeId> {
        let tree = self.tree;
        if !matches!(&tree.node(node).kind, NodeKind::Sequence(items) if !items.is_empty()) {
            self.wrong(codes::WRONG_TYPE, tree.span(node), format!("{what} must be {form}"), "begin each item with `- `");
        }
        tree.items(node).to_vec()
    }

    fn route(&mut self, node: NodeId) -> Option<Route> {
        let tree = self.tree;
        let (mut method, mut path, mut responses) = (None, None, Vec::new());
        let keys = ["method", "path", "responses"];
        for entry in self.mapping(node, "a route", &keys, &keys) {
            match tree.text(entry.key).map_or("", |key| key) {
                "method" => method = self.method(entry.value),
                "path" => path = self.path(entry.value),
                _ => {
                    for item in self.list(entry.value, "`responses`", "a list with at least one response") {
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
        let method = self.tree.string(node).map(|method| method.to_uppercase());
        let method = method.filter(|method| axum::http::Method::from_bytes(method.as_bytes()).is_ok());
        if method.is_none() {
            self.wrong(codes::WRONG_VALUE, self.tree.span(node), "`method` must be an HTTP method", "write for example `get` or `post`");
        }
        method
    }

    fn path(&mut self, node: NodeId) -> Option<String> {
        let path = self.tree.string(node).filter(|path| path.starts_with('/') && !path.contains(['?', '#'])).map(ToString::to_string);
        if path.is_none() {
            let help = "write for example `/charges/{id}`; a query is in the request's `query`, not here";
            self.wrong(codes::WRONG_VALUE, self.tree.span(node), "`path` must be a path that begins with `/`", help);
        }
        path
    }

    fn response(&mut self, node: NodeId) -> Response {
        let tree = self.tree;
        let mut response = Response { status: 200, headers: Vec::new(), body: None, delay: 0 };
        for entry in self.mapping(node, "a response", &["status", "headers", "body", "delay"], &[]) {
            match tree.text(entry.key).map_or("", |key| key) {
                "status" => match tree.value(entry.value).as_i64().and_then(|status| u16::try_from(status).ok()) {
                    Some(status @ 200..=599) => response.status = status,
                    _ => {
                        self.wrong(codes::WRONG_VALUE, tree.span(entry.value), "`status` must be a number from 200 to 599", "200 is usual")
                    }
                },
                "headers" => response.headers = self.headers(entry.value),
                "body" => response.body = Some(self.template(entry.value)),
                _ => match duration::from_value(&tree.value(entry.value)) {
                    Ok(delay) => response.delay = delay,
                    Err(message) => {
                        self.problems.push(Diagnostic::error(codes::WRONG_VALUE, tree.span(entry.value), message));
                    }
                },
            }
        }
        response
    }

    fn headers(&mut self, node: NodeId) -> Vec<(String, Template)> {
        let tree = self.tree;
        if !matches!(tree.node(node).kind, NodeKind::Mapping(_)) {
            self.wrong(codes::WRONG_TYPE, tree.span(node), "`headers` must be a mapping from names to values", "for example `etag: abc`");
        }
        let mut headers = Vec::new();
        for entry in tree.entries(node) {
            let name = tree.text(entry.key).map_or("", |name| name).to_ascii_lowercase();
            if axum::http::HeaderName::from_bytes(name.as_bytes()).is_err() {
                let message = format!("`{name}` is not the name of a header");
                self.wrong(codes::WRONG_VALUE, tree.span(entry.key), message, "write for example `retry-after`");
            }
            headers.push((name, self.template(entry.value)));
        }
        headers
    }

    /// Data with `${ jq }` strings.
    fn template(&mut self, node: NodeId) -> Template {
        let tree = self.tree;
        match &tree.node(node).kind {
            NodeKind::Scalar(scalar) => match tree.string(node).and_then(|text| expression::unwrap(text)) {
                Some((program, offset)) => self.expression(node, program, offset),
                None => Template::Value(scalar.value.clone()),
            },
            NodeKind::Sequence(items) => Template::Array(items.iter().map(|item| self.template(*item)).collect()),
            NodeKind::Mapping(entries) => Template::Object(
                entries
                    .iter()
                    .map(|entry| (tree.text(entry.key).map_or_else(String::new, ToString::to_string), self.template(entry.value)))
                    .collect(),
            ),
        }
    }

    fn expression(&mut self, node: NodeId, program: &str, offset: usize) -> Template {
        let tree = self.tree;
        let expression = Expression::new(program, &[]);
        let at = |offset: usize| read::source_offset(tree, node, offset) as usize;
        for problem in expression.problems() {
            let span = Span::new(at(offset + problem.start), at(offset + problem.end));
            let found = Diagnostic::error(codes::EXPRESSION_SYNTAX, span, problem.message.clone());
            self.problems.push(match &problem.help {
                Some(help) => found.help(help.clone()),
                None => found,
            });
        }
        if expression.problems().is_empty() && !expression.is_harmless() {
            let message = "this expression is not proven to end, and a stub cannot stop it";
            self.wrong(codes::EXPRESSION_SYNTAX, tree.span(node), message, "use `map`, `first`, `any` and the like instead of loops");
        }
        Template::Expression(expression, tree.span(node))
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
