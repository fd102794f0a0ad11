//! Bodies of requests, by media type.

use flowdbg_lang::value::{Value, ValueExt as _};

use super::{
    super::{exchange::wrong, text},
    operation::Operation,
};
use crate::fault::Fault;

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";

/// A body and what it is.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) media: String,
    pub(super) bytes: Vec<u8>,
}

/// Whether a media type is JSON.
pub(super) fn is_json(media: &str) -> bool {
    let essence = essence(media);
    essence == "application/json" || essence.ends_with("+json")
}

fn essence(media: &str) -> String {
    media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The body of an OpenAPI 3 operation, in the best known of its media types.
pub(super) fn openapi(described: &Value, given: &Value) -> Result<Body, Fault> {
    let known: Vec<String> = match described.member("content") {
        Some(Value::Obj(content)) => content.iter().map(|(media, _)| text(media)).collect(),
        _ => Vec::new(),
    };
    encode(&best(&known), given)
}

/// The body of a Swagger 2.0 operation.
pub(super) fn swagger(operation: &Operation<'_>, given: &Value) -> Result<Body, Fault> {
    encode(&best(&consumes(operation)), given)
}

/// The form of a Swagger 2.0 operation.
pub(super) fn form(operation: &Operation<'_>, pairs: &[(String, String)], is_file: bool) -> Body {
    let multipart = consumes(operation).iter().any(|media| essence(media) == MULTIPART);
    let urlencoded = consumes(operation).iter().any(|media| essence(media) == FORM);
    if is_file || (multipart && !urlencoded) { in_parts(pairs) } else { in_pairs(pairs) }
}

fn consumes(operation: &Operation<'_>) -> Vec<String> {
    match operation.operation.member("consumes").or_else(|| operation.document.member("consumes")) {
        Some(Value::Arr(consumes)) => consumes.iter().map(text).collect(),
        _ => Vec::new(),
    }
}

fn best(known: &[String]) -> String {
    let find = |fits: &dyn Fn(&str) -> bool| known.iter().find(|media| fits(media));
    let json = find(&is_json).or_else(|| find(&|media| essence(media) == FORM)).or_else(|| find(&|media| essence(media) == MULTIPART));
    match json.or(known.first()) {
        Some(media) if !media.contains('*') => media.clone(),
        _ => "application/json".to_owned(),
    }
}

fn encode(media: &str, given: &Value) -> Result<Body, Fault> {
    if is_json(media) {
        return Ok(Body { media: media.to_owned(), bytes: given.to_json().into_bytes() });
    }
    match (essence(media).as_str(), given) {
        (FORM, given) => Ok(in_pairs(&fields(media, given)?)),
        (MULTIPART, given) => Ok(in_parts(&fields(media, given)?)),
        (_, given) => Ok(Body { media: media.to_owned(), bytes: text(given).into_bytes() }),
    }
}

/// The fields of a form: an array is a field for each item, what is nested deeper is JSON.
fn fields(media: &str, given: &Value) -> Result<Vec<(String, String)>, Fault> {
    let Value::Obj(members) = given else {
        return Err(wrong(format!("a body of the type {media} must be an object, but this is {}", given.type_name())));
    };
    let mut fields = Vec::new();
    for (key, member) in members.iter() {
        match member {
            Value::Null => {}
            Value::Arr(items) => fields.extend(items.iter().map(|item| (text(key), text(item)))),
            member => fields.push((text(key), text(member))),
        }
    }
    Ok(fields)
}

fn in_pairs(pairs: &[(String, String)]) -> Body {
    let bytes = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes();
    Body { media: FORM.to_owned(), bytes }
}

fn in_parts(fields: &[(String, String)]) -> Body {
    // The boundary must not occur in what it separates; equal fields have an equal body.
    let mut boundary = "flowdbg-part".to_owned();
    while fields.iter().any(|(_, field)| field.contains(&boundary)) {
        boundary.push('-');
    }
    let mut body = String::new();
    for (name, field) in fields {
        let name = name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
        body.push_str(&format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{field}\r\n"));
    }
    body.push_str(&format!("--{boundary}--\r\n"));
    Body { media: format!("{MULTIPART}; boundary={boundary}"), bytes: body.into_bytes() }
}
