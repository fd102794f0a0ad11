//! What YAML allows and JSON does not: checked for files that are JSON by their name.

use crate::{
    codes,
    diagnostic::Diagnostic,
    text::{Source, Span},
};

/// Whether a file is JSON by its name.
pub(super) fn is_json(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("json"))
}

/// The first place where a text is not JSON.
pub(super) fn check(source: &Source) -> Option<Diagnostic> {
    let text = source.text();
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let error = serde_json::from_str::<&serde_json::value::RawValue>(&text[mark..]).err()?;
    let at = place(text, mark, &error);
    let said = error.to_string();
    let said = said.split(" at line ").next().unwrap_or("");
    let (at, message, help) = explain(text, at, said);
    let length = text[at..].chars().next().filter(|c| !matches!(c, '\n' | '\r')).map_or(0, char::len_utf8);
    let diagnostic = Diagnostic::error(codes::SYNTAX, Span::new(at, at + length), message);
    Some(match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    })
}

/// The byte at which the parser stopped.
fn place(text: &str, mark: usize, error: &serde_json::Error) -> usize {
    let mut start = mark;
    for _ in 1..error.line() {
        start += text[start..].find('\n').map_or(0, |at| at + 1);
    }
    let mut at = (start + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn explain(text: &str, at: usize, said: &str) -> (usize, String, Option<&'static str>) {
    let before = text[..at].trim_end();
    let last = before.len() - before.chars().next_back().map_or(0, char::len_utf8);
    let here = text[at..].chars().next();
    if said.starts_with("trailing comma") || (matches!(here, Some(']' | '}')) && before.ends_with(',')) {
        return (last, "JSON does not allow a comma after the last member".into(), Some("remove the comma"));
    }
    if said.starts_with("expected `,`") {
        return (last, "a `,` is missing after this".into(), None);
    }
    if matches!(here, Some('#' | '/')) {
        return (at, "JSON has no comments".into(), Some("remove the comment, or name the file `.yaml`"));
    }
    if here == Some('\'') {
        return (at, "JSON strings and keys stand in double quotes".into(), Some("write \" in place of '"));
    }
    if said.starts_with("key must be a string") {
        return (at, "JSON keys stand in double quotes".into(), None);
    }
    if said.starts_with("expected value") || said.starts_with("expected ident") {
        return (at, "this is not a JSON value".into(), Some("strings stand in double quotes"));
    }
    (at, format!("this is not valid JSON: {said}"), None)
}
