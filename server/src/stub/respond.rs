//! From a request to a response, without a socket.

use std::sync::atomic::{AtomicUsize, Ordering};

use flowdbg_engine::scenario::{http, pattern::decode};
use flowdbg_lang::{
    form::NoVariables,
    template::{Failed, Template},
    value::{self, Value, ValueExt as _},
};

use super::file::{Response, Route, Service, split};

/// A request, as far as a stub looks at it.
pub(super) struct Request {
    pub(super) method: String,
    /// Path below the service's address, still encoded.
    pub(super) path: String,
    pub(super) query: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// What is sent back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Milliseconds to wait before.
    pub(super) delay: u64,
}

/// How often each route of each service was used.
pub(super) struct Used(Vec<Vec<AtomicUsize>>);

impl Used {
    pub(super) fn new(services: &[Service]) -> Self {
        Self(services.iter().map(|service| service.routes.iter().map(|_| AtomicUsize::new(0)).collect()).collect())
    }
}

/// Answers a request to a service.
pub(super) fn answer(services: &[Service], used: &Used, service: usize, request: &Request) -> Reply {
    let (Some(found), Some(used)) = (services.get(service), used.0.get(service)) else {
        return problem(404, "Not in the stub", "the stub has no such service");
    };
    let path: Vec<String> = split(&request.path).map(decode).collect();
    let fitting = found.routes.iter().zip(used).filter(|(route, _)| route.method == request.method);
    let Some((route, parameters, used)) = fitting.filter_map(|(route, used)| Some((route, route.parameters(&path)?, used))).next() else {
        return unknown(found, request);
    };
    let turn = used.fetch_add(1, Ordering::Relaxed).min(route.responses.len().saturating_sub(1));
    let Some(response) = route.responses.get(turn) else { return unknown(found, request) };
    make(route, response, &describe(request, parameters))
}

fn unknown(service: &Service, request: &Request) -> Reply {
    let known: Vec<String> = service.routes.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    let detail = format!("the stub has no {} {} for {}; it has {}", request.method, request.path, service.address, known.join(", "));
    problem(404, "Not in the stub", &detail)
}

fn problem(status: u16, title: &str, detail: &str) -> Reply {
    let body = value::object([
        ("type", value::string("about:blank")),
        ("title", value::string(title)),
        ("status", Value::from(usize::from(status))),
        ("detail", value::string(detail)),
    ]);
    let headers = vec![("content-type".to_owned(), "application/problem+json".to_owned())];
    Reply { status, headers, body: body.to_json().into_bytes(), delay: 0 }
}

/// The request as expressions see it.
fn describe(request: &Request, parameters: Vec<(&str, Value)>) -> Value {
    let Request { method, path, query, headers, body } = request;
    let members = http::Request { method, path, query, headers, body }.members();
    value::object(members.into_iter().chain([("params", value::object(parameters))]))
}

fn make(route: &Route, response: &Response, request: &Value) -> Reply {
    let fill = |template: &Template| template.evaluate(request, &NoVariables);
    let headers = response.headers.iter().map(|(name, template)| {
        let member = fill(template)?;
        Ok::<_, Failed>((name.clone(), member.as_text().unwrap_or_else(|| member.to_json())))
    });
    let filled = headers.collect::<Result<Vec<_>, _>>().and_then(|headers| Ok((headers, response.body.as_ref().map(fill).transpose()?)));
    let (mut headers, body) = match filled {
        Ok(filled) => filled,
        Err(failed) => {
            let detail = format!("{} {}: the expression `{}` failed: {}", route.method, route.path, failed.expression, failed.message);
            return problem(500, "The stub's expression failed", &detail);
        }
    };
    let body = http::encode(body, &mut headers);
    Reply { status: response.status, headers, body, delay: response.delay }
}
