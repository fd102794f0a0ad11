//! CloudEvents from outside, over HTTP: `POST /events` (CloudEvents HTTP binding 1.0, structured,
//! batched and binary mode).

use axum::{
    Extension,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use flowdbg_protocol::control::Right;
use serde_json::{Map, Value, json};

use crate::{auth::problem, host::Host, json};

/// Why events are refused: the status, and what is wrong.
type Refusal = (StatusCode, String);

/// `POST /events`
pub(crate) async fn publish(
    State(host): State<Host>,
    Extension(right): Extension<Right>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if right < Right::Control {
        return problem(StatusCode::FORBIDDEN, "The token only allows to watch", "publishing events needs one that allows to control");
    }
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return problem(rejection.status(), "The events cannot be read", &rejection.body_text()),
    };
    match read(&headers, &body) {
        Ok(events) => {
            for event in events {
                host.engine().publish(&json::from_serde(Value::Object(event)));
            }
            StatusCode::ACCEPTED.into_response()
        }
        Err((status, detail)) => problem(status, "This is not a CloudEvent", &detail),
    }
}

/// All events of a request, or none if one of them is wrong.
fn read(headers: &HeaderMap, body: &[u8]) -> Result<Vec<Map<String, Value>>, Refusal> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let wrong = |detail: String| (StatusCode::BAD_REQUEST, detail);
    let one = |event: Map<String, Value>| check(&event).map(|()| vec![event]);
    match media_type.as_str() {
        "application/cloudevents-batch+json" => match parse(body).map_err(wrong)? {
            Value::Array(events) => {
                let events = events.into_iter().enumerate().map(|(at, event)| {
                    let checked = match event {
                        Value::Object(event) => check(&event).map(|()| event),
                        _ => Err("it must be a JSON object".to_owned()),
                    };
                    checked.map_err(|why| wrong(format!("entry {at} of the batch: {why}")))
                });
                events.collect()
            }
            _ => Err(wrong("the body of a batch must be a JSON array".to_owned())),
        },
        "application/cloudevents+json" => match parse(body).map_err(wrong)? {
            Value::Object(event) => one(event).map_err(wrong),
            _ => Err(wrong("the body must be a JSON object".to_owned())),
        },
        _ if headers.contains_key("ce-specversion") => binary(headers, content_type, &media_type, body).and_then(one).map_err(wrong),
        // What many clients send, though it is no mode of the binding.
        "application/json" => match parse(body).map_err(wrong)? {
            Value::Object(event) => one(event).map_err(wrong),
            _ => Err(wrong("the body must be a JSON object".to_owned())),
        },
        "" => Err(wrong("send it with `content-type: application/cloudevents+json`, or its attributes in `ce-` headers".to_owned())),
        other => {
            let detail = format!(
                "`{other}` is no form of CloudEvents that is known: send `application/cloudevents+json`, `application/cloudevents-batch+json`, or the attributes in `ce-` headers"
            );
            Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
        }
    }
}

fn parse(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))
}

/// Attributes in headers, data in the body.
fn binary(headers: &HeaderMap, content_type: &str, media_type: &str, body: &[u8]) -> Result<Map<String, Value>, String> {
    let mut event = Map::new();
    for (name, value) in headers {
        if let Some(attribute) = name.as_str().strip_prefix("ce-") {
            let text = value.to_str().map_err(|_| format!("the header `{name}` is not text; encode it with percent signs"))?;
            event.insert(attribute.to_owned(), Value::String(decode(text)));
        }
    }
    if !content_type.is_empty() {
        event.insert("datacontenttype".to_owned(), json!(content_type));
    }
    if body.is_empty() {
        return Ok(event);
    }
    if media_type == "application/json" || media_type.ends_with("+json") || media_type.is_empty() {
        event.insert("data".to_owned(), parse(body)?);
    } else if let Ok(text) = std::str::from_utf8(body) {
        event.insert("data".to_owned(), json!(text));
    } else {
        event.insert("data_base64".to_owned(), json!(base64(body)));
    }
    Ok(event)
}

/// The attributes that every CloudEvent has, and the form of the others (CloudEvents 1.0, "Context
/// Attributes").
fn check(event: &Map<String, Value>) -> Result<(), String> {
    for attribute in ["specversion", "id", "source", "type"] {
        if !event.contains_key(attribute) {
            return Err(format!("the attribute `{attribute}` is missing"));
        }
    }
    for (name, value) in event {
        match (name.as_str(), value) {
            ("data", _) | (_, Value::Null) => {}
            ("data_base64", Value::String(text)) => {
                use base64::Engine as _;
                if base64::engine::general_purpose::STANDARD.decode(text).is_err() {
                    return Err("`data_base64` is not base64".to_owned());
                }
            }
            ("specversion" | "id" | "source" | "type" | "subject" | "datacontenttype" | "dataschema" | "time", Value::String(text))
                if !text.is_empty() => {}
            ("specversion" | "id" | "source" | "type" | "subject" | "datacontenttype" | "dataschema" | "time" | "data_base64", _) => {
                return Err(format!("the attribute `{name}` must be a text that is not empty"));
            }
            (name, _) if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) => {
                return Err(format!("`{name}` cannot be the name of an attribute: only a-z and 0-9 can"));
            }
            (_, Value::Array(_) | Value::Object(_)) => {
                return Err(format!("the attribute `{name}` must be a text, a number or a boolean; what is more belongs into `data`"));
            }
            _ => {}
        }
    }
    if event.contains_key("data") && event.contains_key("data_base64") {
        return Err("`data` and `data_base64` exclude each other".to_owned());
    }
    if let Some(time) = event.get("time").and_then(Value::as_str)
        && time.parse::<jiff::Timestamp>().is_err()
    {
        return Err(format!("`time` is `{time}`, which is no RFC 3339 time such as 2026-01-31T12:00:00Z"));
    }
    match event.get("specversion").and_then(Value::as_str) {
        Some("1.0") => Ok(()),
        other => Err(format!("`specversion` is {other:?}; only 1.0 is known", other = other.unwrap_or_default())),
    }
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok());
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(high * 16 + low);
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter().map(|(name, value)| (header::HeaderName::from_static(name), header::HeaderValue::from_static(value))).collect()
    }

    const STRUCTURED: &[(&str, &str)] = &[("content-type", "application/cloudevents+json; charset=utf-8")];

    #[test]
    fn the_three_modes_are_read() {
        let text = r#"{"specversion":"1.0","id":"1","source":"/a","type":"b","data":{"x":1}}"#;
        assert_eq!(read(&headers(STRUCTURED), text.as_bytes()).unwrap()[0]["data"]["x"], 1);
        let batch = headers(&[("content-type", "application/cloudevents-batch+json")]);
        assert_eq!(read(&batch, format!("[{text},{text}]").as_bytes()).unwrap().len(), 2);
        let mut list = vec![("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/a"), ("ce-type", "%C3%A9%20b")];
        let plain = read(&headers(&[&list[..], &[("content-type", "text/plain")]].concat()), b"hello").unwrap();
        assert_eq!((&plain[0]["type"], &plain[0]["data"]), (&json!("é b"), &json!("hello")));
        list.push(("content-type", "image/png"));
        assert_eq!(read(&headers(&list), &[0xff, 0xfe]).unwrap()[0]["data_base64"], "//4=");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refused = |list, body: &str| read(&headers(list), body.as_bytes()).unwrap_err().1;
        assert!(refused(&[], "{}").contains("application/cloudevents+json"));
        assert!(refused(STRUCTURED, "{").contains("not JSON"));
        assert!(refused(STRUCTURED, "[]").contains("must be a JSON object"));
        assert_eq!(
            refused(STRUCTURED, r#"{"specversion":"1.0","id":"1","source":"","type":"b"}"#),
            "the attribute `source` must be a text that is not empty"
        );
        assert_eq!(refused(STRUCTURED, r#"{"specversion":"1.0","id":"1","source":"a"}"#), "the attribute `type` is missing");
        assert!(refused(STRUCTURED, r#"{"specversion":"0.3","id":"1","source":"a","type":"b"}"#).contains("only 1.0"));
        let with = |more: &str| refused(STRUCTURED, &format!(r#"{{"specversion":"1.0","id":"1","source":"a","type":"b",{more}}}"#));
        assert_eq!(with(r#""time":"yesterday""#), "`time` is `yesterday`, which is no RFC 3339 time such as 2026-01-31T12:00:00Z");
        assert_eq!(with(r#""data":1,"data_base64":"AA==""#), "`data` and `data_base64` exclude each other");
        assert_eq!(with(r#""data_base64":"?""#), "`data_base64` is not base64");
        assert_eq!(with(r#""myAttribute":1"#), "`myAttribute` cannot be the name of an attribute: only a-z and 0-9 can");
        assert!(with(r#""mine":{}"#).contains("belongs into `data`"));
        let batch = &[("content-type", "application/cloudevents-batch+json")];
        let good = r#"{"specversion":"1.0","id":"1","source":"a","type":"b"}"#;
        assert_eq!(refused(batch, &format!("[{good},7]")), "entry 1 of the batch: it must be a JSON object");
        assert_eq!(refused(batch, &format!("[{good},{{\"specversion\":\"1.0\"}}]")), "entry 1 of the batch: the attribute `id` is missing");
        let (status, detail) = read(&headers(&[("content-type", "text/plain")]), b"x").unwrap_err();
        assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert!(detail.starts_with("`text/plain` is no form"), "{detail}");
    }
}
