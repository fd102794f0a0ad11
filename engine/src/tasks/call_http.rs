//! `call: http` (DSL Reference, "HTTP Call").
//!
//! A status outside 200–299 (outside 200–399 with `redirect: true`) is a communication error with
//! that status. Redirections are never followed: the specification has them be errors or results.

use flowdbg_lang::{
    model::Call,
    value::{self, Value, ValueExt as _},
};

use super::{
    authentication,
    exchange::{describe, endpoint, output, wrong},
    text,
};
use crate::{
    effect::{Answer, EffectKind, HttpRequest},
    fault::{Fault, Kind},
    machine::{BranchId, Machine, Stop},
};

pub(crate) fn work(machine: &mut Machine, id: BranchId, call: &Call) -> Result<(), Stop> {
    let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
    // The request is kept in the frame while it is under way: its parts shape the output.
    match machine.take_answer(id) {
        None => {
            let with = machine.fill(id, depth, &call.with, &input, None)?;
            let request = request(machine, id, &with, &input)?;
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

fn request(machine: &mut Machine, id: BranchId, with: &Value, input: &Value) -> Result<HttpRequest, Fault> {
    let method = with.member("method").and_then(Value::as_text).ok_or_else(|| wrong("`method` must be a string"))?;
    let address = with.member("endpoint").ok_or_else(|| wrong("`endpoint` is missing"))?;
    let (uri, authentication) = endpoint(address, input)?;
    let mut url = url::Url::parse(&uri).map_err(|error| wrong(format!("`{uri}` is not an absolute URI: {error}")))?;
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
    if let Some(authentication) = authentication {
        headers.push(("authorization".to_owned(), authentication::header(machine, id, authentication)?));
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
