//! What calls over HTTP have in common: addresses, how a response becomes an output, and what an
//! exchange shows of itself.

use base64::Engine as _;
use flowdbg_lang::value::{self, Value, ValueExt as _};

use super::{percent, text};
use crate::{
    effect::{HttpRequest, HttpResponse},
    fault::{Fault, Kind},
};

/// A fault of how a call is written.
pub(super) fn wrong(detail: impl Into<String>) -> Fault {
    Fault::new(Kind::Configuration, detail)
}

/// The URI of an endpoint, expanded, and its authentication.
pub(super) fn endpoint<'a>(endpoint: &'a Value, input: &Value) -> Result<(String, Option<&'a Value>), Fault> {
    let (uri, authentication) = match endpoint {
        Value::Obj(_) => (endpoint.member("uri"), endpoint.member("authentication")),
        uri => (Some(uri), None),
    };
    let uri = uri.and_then(Value::as_text).ok_or_else(|| wrong("the endpoint's URI must be a string"))?;
    Ok((expand(&uri, input)?, authentication.filter(|authentication| **authentication != Value::Null)))
}

/// Expands an RFC 6570 level 1 template with the members of the input (DSL Reference, "URI
/// Template"): a missing member is empty, an object or array is an error.
pub(super) fn expand(template: &str, input: &Value) -> Result<String, Fault> {
    let mut expanded = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else { break };
        let name = &rest[open + 1..open + close];
        expanded.push_str(&rest[..open]);
        match input.member(name) {
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
pub(super) fn describe(request: &HttpRequest) -> Value {
    let headers = request.headers.iter().map(|(key, member)| {
        let member = if key.eq_ignore_ascii_case("authorization") { "***" } else { member.as_str() };
        (key.clone(), value::string(member))
    });
    value::object([("method", value::string(&*request.method)), ("uri", value::string(&*request.url)), ("headers", value::object(headers))])
}

pub(super) fn output(kept: &Value, response: &HttpResponse) -> Result<Value, Fault> {
    let with = kept.member("with").cloned().unwrap_or_default();
    let request = kept.member("request").cloned().unwrap_or_default();
    let redirect = with.member("redirect").is_some_and(Value::is_truthy);
    let accepted = if redirect { 200..400 } else { 200..300 };
    let content = content(response);
    if !accepted.contains(&response.status) {
        let said = match &content {
            Value::Null => String::new(),
            content => format!(": {}", cut(&content.as_text().unwrap_or_else(|| content.to_json()))),
        };
        let target = |key| request.member(key).and_then(Value::as_text).unwrap_or_default();
        let detail = format!("{} {} answered {}{said}", target("method"), target("uri"), response.status);
        return Err(Fault::with_status(Kind::Communication, i64::from(response.status), detail));
    }
    Ok(match with.member("output").and_then(Value::as_text).as_deref() {
        Some("raw") => value::string(base64::engine::general_purpose::STANDARD.encode(&response.body)),
        Some("response") => {
            let headers = response.headers.iter().map(|(key, member)| (key.clone(), value::string(&**member)));
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

/// JSON is read, text is text, anything else is base64.
fn content(response: &HttpResponse) -> Value {
    if response.body.is_empty() {
        return Value::Null;
    }
    let kind = response.headers.iter().find(|(key, _)| key == "content-type").map_or("", |(_, kind)| kind.as_str());
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match std::str::from_utf8(&response.body) {
        Ok(text) => {
            let json = essence == "application/json" || essence.ends_with("+json");
            json.then(|| value::parse_json(text).ok()).flatten().unwrap_or_else(|| value::string(text))
        }
        Err(_) => value::string(base64::engine::general_purpose::STANDARD.encode(&response.body)),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(500) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
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
