//! Hides the values of secrets in whatever is shown: events, log lines, errors, variables.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use flowdbg_lang::value::{self, Value, ValueExt as _};

use crate::program::Program;

/// What stands for a secret.
pub const HIDDEN: &str = "***";

/// Secrets shorter than this are hidden only where they are the whole of a text: a letter would
/// blot out every other word.
pub(crate) const SHORT: usize = 4;

/// How a secret may be written where it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As it is.
    Plain,
    /// In the query of an address.
    Query,
    /// In the path of an address.
    Percent,
    /// Inside a JSON string.
    Json,
}

impl Form {
    pub(crate) const ALL: [Self; 4] = [Self::Plain, Self::Query, Self::Percent, Self::Json];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Query => "query",
            Self::Percent => "percent",
            Self::Json => "json",
        }
    }

    /// A text in this form.
    pub(crate) fn of(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Query => url::form_urlencoded::byte_serialize(text.as_bytes()).collect(),
            Self::Percent => crate::tasks::percent(text),
            Self::Json => {
                let quoted = value::string(text).to_json();
                quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
            }
        }
    }
}

/// Lines of a secret that are shorter than this are not hidden by themselves: they may be brackets.
const LINE: usize = 8;

/// The lines of a secret that are hidden by themselves: what a process writes is told line by line.
pub(crate) fn lines(secret: &str) -> impl Iterator<Item = &str> {
    secret.lines().map(str::trim).filter(|line| line.len() >= LINE && line.len() < secret.len())
}

/// The texts to hide. Cheap to clone.
#[derive(Clone, Default)]
pub struct Mask(Arc<Hidden>);

#[derive(Clone, Default)]
struct Hidden {
    /// The longest first.
    texts: Vec<String>,
    /// Those that are no secrets by themselves: they stand in the workflow or its data.
    data: BTreeSet<String>,
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({})", self.0.texts.len())
    }
}

impl Mask {
    /// Whether there is nothing to hide.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.texts.is_empty()
    }

    /// Length of the longest text that is hidden.
    pub(crate) fn longest(&self) -> usize {
        self.0.texts.first().map_or(0, String::len)
    }

    /// Hides every string of a value from now on, also as URLs and JSON write it.
    pub(crate) fn hide(&mut self, secret: &Value) {
        match secret {
            Value::Arr(items) => items.iter().for_each(|item| self.hide(item)),
            Value::Obj(members) => members.iter().for_each(|(_, member)| self.hide(member)),
            secret => {
                if let Some(text) = secret.as_text() {
                    let hidden = Arc::make_mut(&mut self.0);
                    for form in Form::ALL.map(|form| form.of(&text)).into_iter().chain(lines(&text).map(str::to_owned)) {
                        hidden.data.remove(&form);
                        hidden.add(form);
                    }
                }
            }
        }
    }

    /// Hides a text that stands in the workflow or its data, as [`Self::hide`] does. It is known to
    /// whoever has those.
    pub(crate) fn hide_data(&mut self, text: &str) {
        Form::ALL.iter().for_each(|form| self.put_back(&form.of(text)));
    }

    /// Hides one form of a text of data.
    pub(crate) fn put_back(&mut self, text: &str) {
        let hidden = Arc::make_mut(&mut self.0);
        if hidden.add(text.to_owned()) {
            hidden.data.insert(text.to_owned());
        }
    }

    /// Everything that is hidden, the longest first.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &String> {
        self.0.texts.iter()
    }

    /// Whether a hidden text also stands in the workflow or its data.
    pub(crate) fn is_data(&self, text: &str) -> bool {
        self.0.data.contains(text)
    }

    /// The bytes without secrets; none if there is none in them.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return self.text(text).map(String::into_bytes);
        }
        let mut masked: Option<Vec<u8>> = None;
        for hidden in self.0.texts.iter().filter(|hidden| hidden.len() >= SHORT) {
            let now = masked.as_deref().unwrap_or(bytes);
            let mut rest = now;
            let mut out = Vec::new();
            while let Some(at) = rest.windows(hidden.len()).position(|window| window == hidden.as_bytes()) {
                out.extend_from_slice(&rest[..at]);
                out.extend_from_slice(HIDDEN.as_bytes());
                rest = &rest[at + hidden.len()..];
            }
            if rest.len() < now.len() {
                out.extend_from_slice(rest);
                masked = Some(out);
            }
        }
        masked
    }

    /// The text without secrets; none if there is none in it.
    #[must_use]
    pub fn text(&self, text: &str) -> Option<String> {
        let mut masked: Option<String> = None;
        for hidden in &self.0.texts {
            let now = masked.as_deref().unwrap_or(text);
            if now == hidden {
                return Some(HIDDEN.to_owned());
            }
            if hidden.len() >= SHORT && now.contains(hidden.as_str()) {
                masked = Some(now.replace(hidden.as_str(), HIDDEN));
            }
        }
        masked
    }

    /// The value without secrets. One that has none is shared, not copied.
    #[must_use]
    pub fn value(&self, value: &Value) -> Value {
        if self.is_empty() { value.clone() } else { self.masked(value).unwrap_or_else(|| value.clone()) }
    }

    fn masked(&self, whole: &Value) -> Option<Value> {
        match whole {
            Value::Arr(items) => {
                let masked: Vec<Option<Value>> = items.iter().map(|item| self.masked(item)).collect();
                let any = masked.iter().any(Option::is_some);
                any.then(|| items.iter().zip(masked).map(|(item, masked)| masked.unwrap_or_else(|| item.clone())).collect())
            }
            Value::Obj(members) => {
                let masked: Vec<_> = members.iter().map(|(key, member)| (self.masked(key), self.masked(member))).collect();
                let any = masked.iter().any(|(key, member)| key.is_some() || member.is_some());
                any.then(|| {
                    let both = members.iter().zip(masked).map(|((key, member), (masked_key, masked_member))| {
                        (masked_key.unwrap_or_else(|| key.clone()), masked_member.unwrap_or_else(|| member.clone()))
                    });
                    Value::obj(both.collect())
                })
            }
            Value::TStr(_) => self.text(&whole.as_text()?).map(value::string),
            _ => None,
        }
    }
}

impl Hidden {
    /// Whether the text was not hidden before.
    fn add(&mut self, text: String) -> bool {
        if text.is_empty() || self.texts.contains(&text) {
            return false;
        }
        // A secret may be part of another one.
        let at = self.texts.partition_point(|known| known.len() >= text.len());
        self.texts.insert(at, text);
        true
    }
}

/// The secrets of an execution, by workflow.
#[derive(Clone, Default)]
pub(crate) struct Secrets(BTreeMap<Arc<str>, Value>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

impl Secrets {
    fn key(program: &Program) -> String {
        format!("{} {}", program.workflow.source.path(), program.workflow.full_name())
    }

    /// Those of every workflow, each with its key: the path of the workflow and its name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        self.0.iter()
    }

    /// Those of a workflow, as one object; none if they were not asked for.
    pub(crate) fn of(&self, program: &Program) -> Option<&Value> {
        self.0.get(Self::key(program).as_str())
    }

    pub(crate) fn keep(&mut self, program: &Program, secrets: Value) {
        self.keep_as(Self::key(program).into(), secrets);
    }

    /// Keeps those of the workflow with this key of [`Self::iter`].
    pub(crate) fn keep_as(&mut self, key: Arc<str>, secrets: Value) {
        self.0.insert(key, secrets);
    }
}

/// A value of which only the shape and the names are shown.
pub(crate) fn blank(secret: &Value) -> Value {
    match secret {
        Value::Arr(items) => items.iter().map(blank).collect(),
        Value::Obj(members) => Value::obj(members.iter().map(|(key, member)| (key.clone(), blank(member))).collect()),
        _ => value::string(HIDDEN),
    }
}

/// What of a server's answer to the request for a token tells nothing of it (RFC 6749, 5.1 and 5.2).
const HARMLESS: [&str; 6] = ["token_type", "expires_in", "scope", "error", "error_description", "issued_token_type"];

/// The body of an answer to the request for a token, of which only the shape is shown, and what says
/// how to go on.
pub(crate) fn blank_token(body: &[u8]) -> Vec<u8> {
    let blanked = |key: &str, member: &Value| if HARMLESS.contains(&key) { member.clone() } else { blank(member) };
    match std::str::from_utf8(body).map(value::parse_json) {
        Ok(Ok(Value::Obj(members))) => {
            let members = members.iter().map(|(key, member)| (key.clone(), blanked(&key.as_text().unwrap_or_default(), member)));
            Value::obj(members.collect()).to_json().into_bytes()
        }
        _ if body.is_empty() => Vec::new(),
        _ => {
            let pairs = url::form_urlencoded::parse(body).map(|(key, text)| {
                let text = if HARMLESS.contains(&&*key) { text.into_owned() } else { HIDDEN.to_owned() };
                (key.into_owned(), text)
            });
            let form: Vec<(String, String)> = pairs.collect();
            // What is neither JSON nor a form has one name without a value, which may be anything.
            if form.iter().any(|(_, text)| *text != HIDDEN) || form.iter().any(|(key, _)| key == "access_token") {
                url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish().into_bytes()
            } else {
                HIDDEN.as_bytes().to_vec()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_token_only_the_shape_is_shown() {
        let blank = |body: &str| String::from_utf8(blank_token(body.as_bytes())).expect("text");
        assert_eq!(
            blank(r#"{"access_token": "abc", "expires_in": 60, "more": {"id_token": "x"}, "token_type": "bearer"}"#),
            r#"{"access_token":"***","expires_in":60,"more":{"id_token":"***"},"token_type":"bearer"}"#
        );
        assert_eq!(blank(r#"{"error": "invalid_client"}"#), r#"{"error":"invalid_client"}"#);
        assert_eq!(blank("access_token=abc&expires_in=60"), "access_token=***&expires_in=60");
        assert_eq!(blank("abc"), "***");
        assert_eq!(blank(r#"["abc"]"#), "***");
        assert_eq!(blank(""), "");
    }

    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        let mut mask = Mask::default();
        mask.hide(&value::parse_json(r#"{"token": "s3cr/t \"x\"", "pin": "7", "long": "s3cr/t \"x\" and more"}"#).expect("json"));
        assert_eq!(mask.text("nothing here"), None);
        assert_eq!(mask.text("a s3cr/t \"x\" b").as_deref(), Some("a *** b"));
        assert_eq!(mask.text("s3cr/t \"x\" and more!").as_deref(), Some("***!"));
        assert_eq!(mask.text("?q=s3cr%2Ft+%22x%22&r=1").as_deref(), Some("?q=***&r=1"));
        assert_eq!(mask.text("/s3cr%2Ft%20%22x%22").as_deref(), Some("/***"));
        let mut lines = Mask::default();
        lines.hide(&value::string("-----BEGIN KEY-----\n  c2VjcmV0\n}\n"));
        assert_eq!(lines.text("read c2VjcmV0\n").as_deref(), Some("read ***\n"), "a line of a secret is one too");
        assert_eq!(lines.text("a }\n"), None);
        let data = value::parse_json(r#"{"a": ["7", "17", 7], "s3cr/t \"x\"": {"b": "s3cr/t \"x\""}}"#).expect("json");
        assert_eq!(mask.value(&data).to_json(), r#"{"a":["***","17",7],"***":{"b":"***"}}"#);
    }
}
