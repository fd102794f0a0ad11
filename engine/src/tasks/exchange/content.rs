//! What the body of a response is: data, text or bytes.

use base64::Engine as _;
use flowdbg_lang::value::{self, Value, ValueExt as _};

use crate::effect::HttpResponse;

/// How much of what a server said stands in an error.
const LONGEST: usize = 500;

/// JSON is read; text is text, in the charset that it names; anything else is base64, also what
/// says that it is text and is not.
pub(crate) fn content(response: &HttpResponse) -> Value {
    if response.body.is_empty() {
        return Value::Null;
    }
    let kind = Kind::of(response);
    match kind.text(&response.body) {
        Some(text) => kind.is_json.then(|| value::parse_json(&text).ok()).flatten().unwrap_or_else(|| value::string(text)),
        None => value::string(base64::engine::general_purpose::STANDARD.encode(&response.body)),
    }
}

/// What a server said about an error, cut; none if it said nothing a person can read.
pub(crate) fn said(response: &HttpResponse) -> Option<String> {
    Kind::of(response).text(&response.body).filter(|text| !text.trim().is_empty())?;
    let content = Some(content(response)).filter(|content| *content != Value::Null)?;
    let text = content.as_text().unwrap_or_else(|| content.to_json());
    let text = text.trim();
    Some(match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    })
}

/// A content type, as far as it matters here.
struct Kind {
    is_json: bool,
    is_binary: bool,
    charset: Option<String>,
}

impl Kind {
    fn of(response: &HttpResponse) -> Self {
        let kind = response.headers.iter().find(|(key, _)| key == "content-type").map_or("", |(_, kind)| kind.as_str());
        let mut parts = kind.split(';');
        let essence = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let charset = parts.find_map(|part| {
            let (key, name) = part.split_once('=')?;
            key.trim().eq_ignore_ascii_case("charset").then(|| name.trim().trim_matches('"').to_owned())
        });
        let (family, rest) = essence.split_once('/').unwrap_or((&essence, ""));
        let is_json = rest == "json" || rest.ends_with("+json");
        let is_binary = match family {
            "image" => rest != "svg+xml",
            "audio" | "video" | "font" => true,
            "application" => matches!(
                rest,
                "octet-stream"
                    | "pdf"
                    | "zip"
                    | "gzip"
                    | "x-tar"
                    | "x-bzip2"
                    | "x-7z-compressed"
                    | "wasm"
                    | "x-protobuf"
                    | "protobuf"
                    | "cbor"
                    | "msgpack"
            ),
            _ => false,
        };
        Self { is_json, is_binary, charset }
    }

    /// The body as text, if it is that.
    fn text(&self, body: &[u8]) -> Option<String> {
        if self.is_binary {
            return None;
        }
        let named = self.charset.as_deref().and_then(|name| encoding_rs::Encoding::for_label(name.as_bytes()));
        let (text, _, broken) = named.unwrap_or(encoding_rs::UTF_8).decode(body);
        (!broken).then(|| text.into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &str, body: &[u8]) -> String {
        let headers = vec![("content-type".to_owned(), kind.to_owned())];
        content(&HttpResponse { status: 200, headers, body: body.to_vec() }).to_json()
    }

    #[test]
    fn bodies_are_what_their_type_says() {
        assert_eq!(read("application/problem+json; charset=utf-8", br#"{"a": [1]}"#), r#"{"a":[1]}"#);
        assert_eq!(read("application/json", "\u{feff}[1]".as_bytes()), "[1]", "a byte order mark is no content");
        assert_eq!(read("application/json", b"{ not json"), r#""{ not json""#);
        assert_eq!(read("text/plain", "grün".as_bytes()), r#""grün""#);
        assert_eq!(read("text/plain; charset=\"ISO-8859-1\"", b"gr\xfcn"), r#""grün""#);
        assert_eq!(read("text/csv; charset=shift_jis", b"\x93\xfa\x96\x7b"), r#""日本""#);
        assert_eq!(read("application/json; charset=utf-16le", b"[\x007\x00]\x00"), "[7]");
        assert_eq!(read("", b"plain"), r#""plain""#);
    }

    #[test]
    fn what_is_no_text_is_base64() {
        assert_eq!(read("text/plain", b"gr\xfcn"), r#""Z3L8bg==""#);
        assert_eq!(read("application/json", b"[\xff]"), r#""W/9d""#);
        assert_eq!(read("image/png", b"PNG"), r#""UE5H""#);
        assert_eq!(read("application/octet-stream", b"text"), r#""dGV4dA==""#);
    }
}
