//! `call: http` (DSL Reference, "HTTP Call").
//!
//! A status outside 200–299 (outside 200–399 with `redirect: true`) is a communication error with
//! that status. Redirections are never followed: the specification has them be errors or results.

use base64::Engine as _;
use flowdbg_lang::{
    model::Call,
    value::{self, Value, ValueExt as _},
};

use super::{
    authentication,
    exchange::{describe, endpoint, headers, members, output, send, wrong},
    text,
};
use crate::{
    effect::{Answer, HttpRequest},
    fault::{Fault, Kind},
    machine::{BranchId, Machine, Stop},
};

pub(crate) fn work(machine: &mut Machine, id: BranchId, call: &Call) -> Result<(), Stop> {
    let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
    // The request is kept in the frame while it is under way: its parts shape the output.
    match machine.take_answer(id) {
        None => {
            if !authentication::before(machine, id, &call.with, &["endpoint", "authentication"])? {
                return Ok(());
            }
            let with = machine.fill(id, depth, &call.with, &input, None)?;
            let (request, authentication) = request(&with, &input)?;
            let described = describe(&request, &authentication);
            send(machine, id, request, &authentication)?;
            machine.top(id).raw_output = value::object([("with", with), ("request", described)]);
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

fn request(with: &Value, input: &Value) -> Result<(HttpRequest, Value), Fault> {
    let method = with.member("method").and_then(Value::as_text).ok_or_else(|| wrong("`method` must be a string"))?;
    let address = with.member("endpoint").ok_or_else(|| wrong("`endpoint` is missing"))?;
    let (uri, authentication) = endpoint(address, input)?;
    let mut url = url::Url::parse(&uri).map_err(|error| wrong(format!("`{uri}` is not an absolute URI: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(format!("`{uri}` is neither http nor https")));
    }
    if let Some(query) = with.member("query") {
        for (key, member) in members("query", query)? {
            // A list is the same parameter several times.
            let members = if let Value::Arr(items) = member { items.to_vec() } else { vec![member.clone()] };
            for member in members {
                url.query_pairs_mut().append_pair(&key, &text(&member));
            }
        }
    }
    let headers = headers(with.member("headers"))?;
    let (headers, body) = match with.member("body") {
        None | Some(Value::Null) => (headers, None),
        Some(body) => {
            let (headers, body) = encode(body, headers)?;
            (headers, Some(body))
        }
    };
    let request = HttpRequest { method: method.to_uppercase(), url: url.to_string(), headers, body };
    Ok((request, authentication.cloned().unwrap_or_default()))
}

type Headers = Vec<(String, String)>;

/// A body as its content type wants it: without one an object is JSON and a string is text. With
/// `content-transfer-encoding: base64` the string is decoded, which is how binary data is sent.
fn encode(body: &Value, mut headers: Headers) -> Result<(Headers, Vec<u8>), Fault> {
    let find = |headers: &Headers, name: &str| headers.iter().position(|(key, _)| key.eq_ignore_ascii_case(name));
    if let Some(at) = find(&headers, "content-transfer-encoding").filter(|at| headers[*at].1.trim().eq_ignore_ascii_case("base64")) {
        headers.remove(at);
        if find(&headers, "content-type").is_none() {
            headers.push(("content-type".to_owned(), "application/octet-stream".to_owned()));
        }
        let text = body.as_text().ok_or_else(|| wrong("with `content-transfer-encoding: base64` the body must be a string in Base64"))?;
        let plain: String = text.split_ascii_whitespace().collect();
        let bytes = base64::engine::general_purpose::STANDARD.decode(plain);
        return bytes.map(|bytes| (headers, bytes)).map_err(|error| wrong(format!("the body is not Base64: {error}")));
    }
    let kind = find(&headers, "content-type").map(|at| headers[at].1.clone());
    let essence = kind.as_deref().and_then(|kind| kind.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
    if let (Value::Obj(members), "application/x-www-form-urlencoded") = (body, essence.as_str()) {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        for (key, member) in members.iter().filter(|(_, member)| **member != Value::Null) {
            let members = if let Value::Arr(items) = member { items.to_vec() } else { vec![member.clone()] };
            for member in members {
                form.append_pair(&text(key), &text(&member));
            }
        }
        return Ok((headers, form.finish().into_bytes()));
    }
    let (usual, bytes) = match body.as_text() {
        Some(text) => ("text/plain; charset=utf-8", text.into_bytes()),
        None => ("application/json", body.to_json().into_bytes()),
    };
    if kind.is_none() {
        headers.push(("content-type".to_owned(), usual.to_owned()));
    }
    Ok((headers, bytes))
}
