//! What calls over HTTP have in common: addresses, how a response becomes an output, and what an
//! exchange shows of itself.

mod content;
mod send;

use base64::Engine as _;
use flowdbg_lang::value::{self, Value, ValueExt as _};

pub(crate) use content::{content, said};
pub(crate) use send::{send, settle};

use super::{percent, text};
use crate::{
    effect::{HttpRequest, HttpResponse},
    fault::{Fault, Kind},
    machine::is_unknown,
    mask::HIDDEN,
};

/// A fault of how a call is written.
pub(crate) fn wrong(detail: impl Into<String>) -> Fault {
    Fault::new(Kind::Configuration, detail)
}

/// The URI of an endpoint, expanded, and its authentication.
pub(crate) fn endpoint<'a>(endpoint: &'a Value, input: &Value) -> Result<(String, Option<&'a Value>), Fault> {
    let (uri, authentication) = match endpoint {
        Value::Obj(_) => (endpoint.member("uri"), endpoint.member("authentication")),
        uri => (Some(uri), None),
    };
    let uri = uri.and_then(Value::as_text).ok_or_else(|| wrong("the endpoint's URI must be a string"))?;
    Ok((expand(&uri, input)?, authentication.filter(|authentication| **authentication != Value::Null)))
}

/// The headers of a call, as HTTP can carry them.
pub(crate) fn headers(given: Option<&Value>) -> Result<Vec<(String, String)>, Fault> {
    let given = given.map(|headers| members("headers", headers)).transpose()?.unwrap_or_default();
    given.into_iter().map(|(key, member)| header(key, text(member))).collect()
}

/// The members of an object, without those that are null.
pub(crate) fn members<'a>(what: &str, object: &'a Value) -> Result<Vec<(String, &'a Value)>, Fault> {
    match object {
        Value::Null => Ok(Vec::new()),
        Value::Obj(members) => {
            Ok(members.iter().filter(|(_, member)| **member != Value::Null).map(|(key, member)| (text(key), member)).collect())
        }
        other => Err(wrong(format!("`{what}` must be an object, but this is {}", other.type_name()))),
    }
}

fn header(key: String, member: String) -> Result<(String, String), Fault> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if key.is_empty() || !key.bytes().all(is_token) {
        return Err(wrong(format!("`{}` cannot be the name of a header", key.escape_debug())));
    }
    if member.chars().any(|c| c.is_control() && c != '\t') {
        return Err(wrong(format!("the header `{key}` holds a line end or another control character")));
    }
    Ok((key, member))
}

/// Expands an RFC 6570 level 1 template with the members of the input (DSL Reference, "URI
/// Template"): a missing member is empty, an object or array is an error.
pub(crate) fn expand(template: &str, input: &Value) -> Result<String, Fault> {
    let mut expanded = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else { break };
        let name = &rest[open + 1..open + close];
        expanded.push_str(&rest[..open]);
        let member = if is_unknown(input) { Some(input) } else { input.member(name) };
        match member {
            None | Some(Value::Null) => {}
            Some(Value::Obj(_) | Value::Arr(_)) => {
                let detail =
                    format!("`{{{name}}}` in the URI template `{template}` is an object or array; it must be a string, number or boolean");
                return Err(Fault::new(Kind::Expression, detail));
            }
            Some(member) => expanded.push_str(&percent(&text(member))),
        }
        rest = &rest[open + close + 1..];
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// The request as the output `response` shows it. Its authorization is not shown.
pub(crate) fn describe(request: &HttpRequest, authentication: &Value) -> Value {
    let hidden = |key: &str| ["authorization", "proxy-authorization", "cookie"].iter().any(|known| key.eq_ignore_ascii_case(known));
    let headers = request.headers.iter().map(|(key, member)| {
        let member = if hidden(key) { HIDDEN } else { member.as_str() };
        (key.clone(), value::string(member))
    });
    let added = (*authentication != Value::Null).then(|| ("authorization".to_owned(), value::string(HIDDEN)));
    let headers = value::object(headers.chain(added));
    value::object([("method", value::string(&*request.method)), ("uri", value::string(&*request.url)), ("headers", headers)])
}

/// The output of a call from its response, shaped by its arguments `output` and `redirect`.
pub(crate) fn output(kept: &Value, response: &HttpResponse) -> Result<Value, Fault> {
    let with = kept.member("with").cloned().unwrap_or_default();
    let request = kept.member("request").cloned().unwrap_or_default();
    let redirect = with.member("redirect").is_some_and(Value::is_truthy);
    let accepted = if redirect { 200..400 } else { 200..300 };
    let content = content(response);
    if !accepted.contains(&response.status) {
        let said = said(response).map_or_else(String::new, |said| format!(": {said}"));
        let target = |key| request.member(key).and_then(Value::as_text).unwrap_or_default();
        let detail = format!("{} {} answered {}{said}", target("method"), target("uri"), response.status);
        return Err(Fault::with_status(Kind::Communication, i64::from(response.status), detail));
    }
    Ok(match with.member("output").and_then(Value::as_text).as_deref() {
        Some("raw") => value::string(base64::engine::general_purpose::STANDARD.encode(&response.body)),
        Some("response") => {
            let mut headers: Vec<(String, String)> = Vec::new();
            for (key, member) in &response.headers {
                match headers.iter_mut().find(|(known, _)| known == key) {
                    Some((_, members)) => *members = format!("{members}, {member}"),
                    None => headers.push((key.clone(), member.clone())),
                }
            }
            let headers = headers.into_iter().map(|(key, member)| (key, value::string(member)));
            value::object([
                ("request", request),
                ("statusCode", Value::from(usize::from(response.status))),
                ("headers", value::object(headers)),
                ("content", content),
            ])
        }
        _ => content,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_expand_by_level_one() {
        let input = value::parse_json(r#"{"id": 7, "name": "a b/ü", "pet.id": true, "deep": {}}"#).expect("json");
        let expand = |template| expand(template, &input).map_err(|fault| fault.summary());
        assert_eq!(
            expand("http://x.example/{id}/{name}?q={pet.id}&m={nope}").as_deref(),
            Ok("http://x.example/7/a%20b%2F%C3%BC?q=true&m=")
        );
        assert!(expand("http://x.example/{deep}").is_err());
    }
}
