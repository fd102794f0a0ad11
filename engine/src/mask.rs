//! Hides the values of secrets in whatever is shown: events, log lines, errors, variables.

use std::{collections::BTreeMap, sync::Arc};

use flowdbg_lang::value::{self, Value, ValueExt as _};

use crate::program::Program;

/// What stands for a secret.
pub const HIDDEN: &str = "***";

/// Secrets shorter than this are hidden only where they are the whole of a text: a letter would
/// blot out every other word.
const SHORT: usize = 4;

/// Lines of a secret that are shorter than this are not hidden by themselves: they may be brackets.
const LINE: usize = 8;

/// The texts to hide. Cheap to clone.
#[derive(Clone, Default)]
pub struct Mask(Arc<Vec<String>>);

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({})", self.0.len())
    }
}

impl Mask {
    /// Whether there is nothing to hide.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Length of the longest text that is hidden.
    pub(crate) fn longest(&self) -> usize {
        self.0.first().map_or(0, String::len)
    }

    /// Hides every string of a value from now on, also as URLs and JSON write it.
    pub(crate) fn hide(&mut self, secret: &Value) {
        match secret {
            Value::Arr(items) => items.iter().for_each(|item| self.hide(item)),
            Value::Obj(members) => members.iter().for_each(|(_, member)| self.hide(member)),
            secret => {
                if let Some(text) = secret.as_text() {
                    self.hide_text(&text);
                }
            }
        }
    }

    fn hide_text(&mut self, text: &str) {
        let in_query: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let json = value::string(text).to_json();
        let forms = [text.to_owned(), in_query, crate::tasks::percent(text), json.trim_matches('"').to_owned()];
        // What a process writes is told line by line.
        let lines = text.lines().map(str::trim).filter(|line| line.len() >= LINE && line.len() < text.len()).map(str::to_owned);
        let hidden = Arc::make_mut(&mut self.0);
        for form in forms.into_iter().chain(lines) {
            if !form.is_empty() && !hidden.contains(&form) {
                hidden.push(form);
            }
        }
        // A secret may be part of another one.
        hidden.sort_by_key(|text| std::cmp::Reverse(text.len()));
    }

    /// The text without secrets; none if there is none in it.
    #[must_use]
    pub fn text(&self, text: &str) -> Option<String> {
        let mut masked: Option<String> = None;
        for hidden in self.0.iter() {
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

    /// Those of a workflow, as one object; none if they were not asked for.
    pub(crate) fn of(&self, program: &Program) -> Option<&Value> {
        self.0.get(Self::key(program).as_str())
    }

    pub(crate) fn keep(&mut self, program: &Program, secrets: Value) {
        self.0.insert(Self::key(program).into(), secrets);
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

#[cfg(test)]
mod tests {
    use super::*;

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
