//! The request of an operation, from the values that were given.

use flowdbg_lang::{
    suggest,
    value::{self, Value, ValueExt as _},
};
use url::Url;

use super::{
    super::{exchange::wrong, percent, text},
    body::{self, Body},
    operation::Operation,
    parameters::{self, Place},
};
use crate::{
    effect::HttpRequest,
    fault::{Fault, Kind},
};

/// The name under which the body of an OpenAPI 3 operation is given.
const BODY: &str = "body";

/// Builds the request of an operation.
pub(super) fn build(operation: &Operation<'_>, given: &Value) -> Result<HttpRequest, Fault> {
    let Value::Obj(given) = given else { return Err(wrong("`parameters` must be an object")) };
    let mut left: Vec<(String, &Value)> =
        given.iter().filter(|(_, member)| **member != Value::Null).map(|(key, member)| (text(key), member)).collect();
    let (mut path, mut query, mut headers, mut cookies) = (operation.address.clone(), Vec::new(), Vec::new(), Vec::new());
    let (mut form, mut is_file, mut body) = (Vec::new(), false, None);
    let declared = parameters::of(operation);
    for parameter in &declared {
        let Some((_, value)) = left.iter().find(|(name, _)| *name == parameter.name) else {
            if parameter.required {
                return Err(missing(operation, &format!("parameter `{}`", parameter.name)));
            }
            continue;
        };
        match parameter.place {
            Place::Path => path = path.replace(&format!("{{{}}}", parameter.name), &parameter.in_path(value)),
            Place::Query => query.extend(parameter.pairs(value)),
            Place::Header => headers.push((parameter.name.clone(), parameter.joined(value))),
            Place::Cookie => {
                cookies.extend(parameter.pairs(value).iter().map(|(key, member)| format!("{key}={}", percent(member))));
            }
            Place::Form => {
                form.extend(parameter.pairs(value));
                is_file |= parameter.is_file;
            }
            Place::Body => body = Some((*value).clone()),
        }
    }
    // A name may be that of several parameters.
    left.retain(|(name, _)| !declared.iter().any(|parameter| parameter.name == *name));
    let body = if operation.swagger {
        refuse(operation, &left, &declared)?;
        match (body, form.is_empty()) {
            (Some(body), _) => Some(body::swagger(operation, &body)?),
            (None, false) => Some(body::form(operation, &form, is_file)),
            (None, true) => None,
        }
    } else {
        request_body(operation, left, &declared)?
    };
    if let Some((open, close)) = path.split_once('{').and_then(|(_, rest)| rest.split_once('}')) {
        return Err(wrong(format!("the path of the operation `{}` has `{{{open}}}`, which is no parameter of it ({close})", operation.id)));
    }
    let mut url = Url::parse(&path).map_err(|error| wrong(format!("the operation's address `{path}` is not a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(format!("the operation's address `{path}` is neither http nor https")));
    }
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    if !cookies.is_empty() {
        headers.push(("cookie".to_owned(), cookies.join("; ")));
    }
    let has = |headers: &[(String, String)], name: &str| headers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
    if let Some(accept) = accept(operation).filter(|_| !has(&headers, "accept")) {
        headers.push(("accept".to_owned(), accept));
    }
    if let Some(body) = body.as_ref().filter(|_| !has(&headers, "content-type")) {
        headers.push(("content-type".to_owned(), body.media.clone()));
    }
    Ok(HttpRequest { method: operation.method.clone(), url: url.to_string(), headers, body: body.map(|body| body.bytes) })
}

fn missing(operation: &Operation<'_>, what: &str) -> Fault {
    Fault::new(Kind::Validation, format!("the operation `{}` needs the {what}", operation.id))
}

/// The body of an OpenAPI 3 operation: what is given as `body`, or an object of what no parameter
/// takes.
fn request_body(
    operation: &Operation<'_>,
    mut left: Vec<(String, &Value)>,
    declared: &[parameters::Parameter],
) -> Result<Option<Body>, Fault> {
    let Some(described) = operation.operation.member("requestBody").map(|body| operation.resolve(body)) else {
        refuse(operation, &left, declared)?;
        return Ok(None);
    };
    let given = match left.iter().position(|(name, _)| name == BODY) {
        Some(at) => {
            let (_, body) = left.swap_remove(at);
            refuse(operation, &left, declared)?;
            Some(body.clone())
        }
        None if left.is_empty() => None,
        None => Some(value::object(left.into_iter().map(|(name, member)| (name, member.clone())))),
    };
    match given {
        Some(given) => body::openapi(described, &given).map(Some),
        None if described.member("required").is_some_and(Value::is_truthy) => Err(missing(operation, "parameter `body`: its request body")),
        None => Ok(None),
    }
}

/// Refuses values that nothing takes.
fn refuse(operation: &Operation<'_>, left: &[(String, &Value)], declared: &[parameters::Parameter]) -> Result<(), Fault> {
    let Some((name, _)) = left.first() else { return Ok(()) };
    let near = suggest::closest(name, declared.iter().map(|parameter| parameter.name.as_str()));
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Err(wrong(format!("the operation `{}` has no parameter `{name}`{near}", operation.id)))
}

/// The media types that the operation answers with; JSON alone if it is among them.
fn accept(operation: &Operation<'_>) -> Option<String> {
    let mut found: Vec<String> = Vec::new();
    if operation.swagger {
        if let Some(Value::Arr(produces)) = operation.operation.member("produces").or_else(|| operation.document.member("produces")) {
            found.extend(produces.iter().map(text));
        }
    } else if let Some(Value::Obj(responses)) = operation.operation.member("responses") {
        for (_, response) in responses.iter() {
            if let Some(Value::Obj(content)) = operation.resolve(response).member("content") {
                found.extend(content.iter().map(|(media, _)| text(media)));
            }
        }
    }
    found.sort();
    found.dedup();
    match found.iter().find(|media| body::is_json(media)) {
        Some(json) => Some(json.clone()),
        None => (!found.is_empty()).then(|| found.join(", ")),
    }
}
