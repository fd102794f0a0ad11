//! `call: http` (DSL Reference, "HTTP Call").
//!
//! A status outside 200–299 (outside 200–399 with `redirect: true`) is a communication error with
//! that status. Redirections are never followed: the specification has them be errors or results.

use base64::Engine as _;
use flowdbg_lang::{
    model::CallHttp,
    value::{self, Value, ValueExt as _},
};

use super::text;
use crate::{
    effect::{Answer, EffectKind, HttpRequest, HttpResponse},
    fault::{Fault, Kind},
    machine::{BranchId, Machine, Stop},
};

pub(crate) fn work(machine: &mut Machine, id: BranchId, call: &CallHttp) -> Result<(), Stop> {
    let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
    // The request is kept in the frame while it is under way: its parts shape the output.
    match machine.take_answer(id) {
        None => {
            let with = machine.fill(id, depth, &call.with, &input, None)?;
            let request = request(&with, &input)?;
            machine.top(id).raw_output = value::object([("with", with), ("request", describe(&request))]);
            machine.wait_for(id, EffectKind::Http(request));
            Ok(())
        }
        Some(Answer::Http(Ok(response))) => {
            let kept = std::mem::take(&mut machine.top(id).raw_output);
            let output = output(&kept, &response)?;
            machine.finish_body(id, output);
            Ok(())
        }
        Some(Answer::Http(Err(error))) => Err(Fault::new(Kind::Communication, error).into()),
        Some(_) => Err(Fault::new(Kind::Runtime, "the request was not made").into()),
    }
}

fn wrong(detail: impl Into<String>) -> Fault {
    Fault::new(Kind::Configuration, detail)
}

fn request(with: &Value, input: &Value) -> Result<HttpRequest, Fault> {
    let method = with.member("method").and_then(Value::as_text).ok_or_else(|| wrong("`method` must be a string"))?;
    let endpoint = with.member("endpoint").ok_or_else(|| wrong("`endpoint` is missing"))?;
    let (uri, authentication) = match endpoint {
        Value::Obj(_) => (endpoint.member("uri"), endpoint.member("authentication")),
        uri => (Some(uri), None),
    };
    let uri = uri.and_then(Value::as_text).ok_or_else(|| wrong("the endpoint's URI must be a string"))?;
    let mut url = url::Url::parse(&expand(&uri, input)?).map_err(|error| wrong(format!("`{uri}` is not an absolute URI: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(format!("`{uri}` is neither http nor https")));
    }
    if let Some(query) = with.member("query") {
        for (key, member) in members("query", query)? {
            url.query_pairs_mut().append_pair(&key, &member);
        }
    }
    let mut headers = match with.member("headers") {
        Some(headers) => members("headers", headers)?,
        None => Vec::new(),
    };
    if let Some(authentication) = authentication.filter(|authentication| **authentication != Value::Null) {
        headers.push(("authorization".to_owned(), authorization(authentication)?));
    }
    let given = |name: &str| headers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
    let body = match with.member("body") {
        None | Some(Value::Null) => None,
        Some(body) => {
            let (kind, bytes) = match body.as_text() {
                Some(text) => ("text/plain; charset=utf-8", text.into_bytes()),
                None => ("application/json", body.to_json().into_bytes()),
            };
            if !given("content-type") {
                headers.push(("content-type".to_owned(), kind.to_owned()));
            }
            Some(bytes)
        }
    };
    Ok(HttpRequest { method: method.to_uppercase(), url: url.to_string(), headers, body })
}

fn members(what: &str, object: &Value) -> Result<Vec<(String, String)>, Fault> {
    match object {
        Value::Null => Ok(Vec::new()),
        Value::Obj(members) => {
            Ok(members.iter().filter(|(_, member)| **member != Value::Null).map(|(key, member)| (text(key), text(member))).collect())
        }
        other => Err(wrong(format!("`{what}` must be an object, but this is {}", other.type_name()))),
    }
}

fn authorization(authentication: &Value) -> Result<String, Fault> {
    let member = |object: &Value, key: &str| {
        object.member(key).and_then(Value::as_text).ok_or_else(|| wrong(format!("the authentication needs a `{key}`")))
    };
    if let Some(basic) = authentication.member("basic") {
        let pair = format!("{}:{}", member(basic, "username")?, member(basic, "password")?);
        return Ok(format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)));
    }
    if let Some(bearer) = authentication.member("bearer") {
        return Ok(format!("Bearer {}", member(bearer, "token")?));
    }
    Err(wrong("this kind of authentication is not supported yet: only basic and bearer are"))
}

/// Expands an RFC 6570 level 1 template with the members of the input (DSL Reference, "URI
/// Template"): a missing member is empty, an object or array is an error.
fn expand(template: &str, input: &Value) -> Result<String, Fault> {
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
            Some(member) => {
                for byte in text(member).bytes() {
                    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                        expanded.push(char::from(byte));
                    } else {
                        expanded.push_str(&format!("%{byte:02X}"));
                    }
                }
            }
        }
        rest = &rest[open + close + 1..];
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// The request as the output `response` shows it. Its authorization is not shown.
fn describe(request: &HttpRequest) -> Value {
    let headers = request.headers.iter().map(|(key, member)| {
        let member = if key.eq_ignore_ascii_case("authorization") { "***" } else { member.as_str() };
        (key.clone(), value::string(member))
    });
    value::object([("method", value::string(&*request.method)), ("uri", value::string(&*request.url)), ("headers", value::object(headers))])
}

fn output(kept: &Value, response: &HttpResponse) -> Result<Value, Fault> {
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
