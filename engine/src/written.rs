//! What is written down: values, effects, answers and events as documents.
//!
//! A document is itself a [`Value`], and its text is plain JSON. Every type has one place here or
//! in `machine/written/` that writes and reads it, and names each of its variants: whoever adds
//! one is told by the compiler. What is read may have been damaged or edited, so that every
//! mistake is an error with its place, and nothing panics.

pub(crate) mod answer;
pub(crate) mod channel;
mod data;
pub(crate) mod effect;
pub(crate) mod event;
mod mcp;
pub(crate) mod number;
mod process;
mod secret;
pub(crate) mod text;

use flowdbg_lang::value::{self, Value, ValueExt as _};

pub(crate) use data::{Reader, Writer};
pub(crate) use secret::{Given, is_lost};

/// How deep a document that is read may be nested: reading recurses.
const MAX_NESTING: usize = 2_000;

/// Why a document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{why}", if place.is_empty() { String::new() } else { format!("`{place}`: ") })]
pub struct Wrong {
    /// Where in the document: member names and indexes with `/` between them.
    pub place: String,
    /// Why.
    pub why: String,
}

impl Wrong {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self { place: String::new(), why: why.into() }
    }

    /// The same, seen from further out.
    pub(crate) fn within(mut self, place: impl std::fmt::Display) -> Self {
        self.place = if self.place.is_empty() { place.to_string() } else { format!("{place}/{}", self.place) };
        self
    }
}

/// The document of a JSON text.
pub(crate) fn parse(text: &str) -> Result<Value, Wrong> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_NESTING {
            return Err(Wrong::new(format!("it is nested more than {MAX_NESTING} levels deep")));
        }
    }
    value::parse_json(text).map_err(|why| Wrong::new(format!("it is not JSON: {why}")))
}

/// An object of the members that are there.
pub(crate) fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    value::object(members.into_iter().filter_map(|(key, member)| Some((key, member?))))
}

/// A variant with what it holds: an object of one member.
pub(crate) fn variant(name: &str, inner: Value) -> Value {
    value::object([(name, inner)])
}

/// The name of a variant and what it holds.
pub(crate) fn as_variant(document: &Value) -> Result<(String, &Value), Wrong> {
    match document {
        Value::Obj(members) if members.len() == 1 => {
            members.first().and_then(|(key, inner)| Some((key.as_text()?, inner))).ok_or_else(|| Wrong::new("its name must be a string"))
        }
        other => Err(Wrong::new(format!("this must be an object with one member, but it is {}", describe(other)))),
    }
}

pub(crate) fn unknown(what: &str, name: &str) -> Wrong {
    Wrong::new(format!("`{name}` is no {what} that this version knows"))
}

fn describe(document: &Value) -> String {
    match document {
        Value::Arr(items) => format!("an array of {}", items.len()),
        Value::Obj(members) => format!("an object with {} members", members.len()),
        other => other.type_name().to_owned(),
    }
}

/// A member that must be there.
pub(crate) fn part<T>(document: &Value, key: &str, read: impl FnOnce(&Value) -> Result<T, Wrong>) -> Result<T, Wrong> {
    let found = document.member(key).ok_or_else(|| Wrong::new("it is missing"));
    found.and_then(read).map_err(|wrong| wrong.within(key))
}

/// A member that may be absent.
pub(crate) fn option<T>(document: &Value, key: &str, read: impl FnOnce(&Value) -> Result<T, Wrong>) -> Result<Option<T>, Wrong> {
    document.member(key).map(read).transpose().map_err(|wrong| wrong.within(key))
}

/// Every item of an array.
pub(crate) fn items<T>(document: &Value, mut read: impl FnMut(&Value) -> Result<T, Wrong>) -> Result<Vec<T>, Wrong> {
    match document {
        Value::Arr(items) => items.iter().enumerate().map(|(at, item)| read(item).map_err(|wrong| wrong.within(at))).collect(),
        other => Err(Wrong::new(format!("this must be an array, but it is {}", describe(other)))),
    }
}

/// The items of an array of just so many.
pub(crate) fn tuple<const N: usize>(document: &Value) -> Result<&[Value; N], Wrong> {
    match document {
        Value::Arr(items) => items.as_slice().try_into().map_err(|_| Wrong::new(format!("this must be an array of {N}"))),
        other => Err(Wrong::new(format!("this must be an array of {N}, but it is {}", describe(other)))),
    }
}

/// Plain text, in which there can be no secret.
pub(crate) fn plain(document: &Value) -> Result<String, Wrong> {
    document.as_text().ok_or_else(|| Wrong::new(format!("this must be a string, but it is {}", describe(document))))
}

pub(crate) fn truth(document: &Value) -> Result<bool, Wrong> {
    match document {
        Value::Bool(truth) => Ok(*truth),
        other => Err(Wrong::new(format!("this must be true or false, but it is {}", describe(other)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_has_its_place() {
        let document = parse(r#"{"a": [{"b": 1}, {"b": "x"}]}"#).unwrap();
        let read = |document: &Value| part(document, "a", |all| items(all, |item| part(item, "b", number::read::<u64>)));
        assert_eq!(read(&document).unwrap_err().to_string(), "`a/1/b`: this must be a whole number, but it is string");
        assert_eq!(part(&document, "c", truth).unwrap_err().to_string(), "`c`: it is missing");
        assert_eq!(as_variant(&document).unwrap().0, "a");
    }

    #[test]
    fn deep_text_is_refused_instead_of_overflowing_the_stack() {
        let deep = "[".repeat(1_000_000);
        assert!(parse(&deep).unwrap_err().why.contains("nested"));
        assert!(parse(&format!("{{\"a\": \"{}\"}}", "[".repeat(5_000))).is_ok());
    }
}
