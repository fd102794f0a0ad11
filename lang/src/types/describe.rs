//! Types in words.

use std::fmt::{self, Write as _};

use super::shape::{Array, Known, Object, Type};

/// How many members are named.
const NAMED: usize = 8;

impl Type {
    /// In words for a sentence, with articles: `a string or null`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Some(known) = self.known() else { return "a value of unknown type".into() };
        let mut words: Vec<String> = Vec::new();
        if known.object.is_some() {
            words.push("an object".into());
        }
        if known.array.is_some() {
            words.push("an array".into());
        }
        if known.string.is_some() {
            words.push("a string".into());
        }
        if known.number.is_some() {
            words.push("a number".into());
        }
        if known.boolean.is_some() {
            words.push("a boolean".into());
        }
        if known.null.is_some() {
            words.push("null".into());
        }
        match words.as_slice() {
            [] => "nothing".into(),
            [one] => one.clone(),
            [most @ .., last] => format!("{} or {last}", most.join(", ")),
        }
    }
}

/// The names of an object's members, for a help line.
pub(super) fn members(object: &Object) -> Option<String> {
    if object.members.is_empty() {
        return Some("the object is empty".into());
    }
    let names: Vec<String> = object.members.keys().take(NAMED).map(|name| format!("`{name}`")).collect();
    let more = if object.members.len() > NAMED { " and others" } else { "" };
    Some(format!("it has {}{more}", names.join(", ")))
}

impl fmt::Display for Type {
    /// As a short notation: `{ id: string, tags?: [string] } | null`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.known() {
            None => f.write_str("unknown"),
            Some(_) if self.is_never() => f.write_str("never"),
            Some(known) => alternatives(known, f),
        }
    }
}

fn alternatives(known: &Known, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut parts: Vec<String> = Vec::new();
    if let Some(shape) = &known.object {
        parts.push(object(shape));
    }
    if let Some(shape) = &known.array {
        parts.push(array(shape));
    }
    if let Some(text) = &known.string {
        parts.push(text.constant.as_ref().map_or_else(|| "string".into(), |text| format!("{text:?}")));
    }
    if let Some(number) = &known.number {
        parts.push(if number.integer { "integer" } else { "number" }.into());
    }
    if known.boolean.is_some() {
        parts.push("boolean".into());
    }
    if known.null.is_some() {
        parts.push("null".into());
    }
    f.write_str(&parts.join(" | "))
}

fn object(object: &Object) -> String {
    let mut text = String::from("{");
    for (at, (name, member)) in object.members.iter().enumerate() {
        let _ = write!(text, "{} {name}{}: {}", if at > 0 { "," } else { "" }, if member.required { "" } else { "?" }, member.value);
    }
    if let Some(rest) = &object.rest {
        let _ = write!(text, "{} …: {rest}", if object.members.is_empty() { "" } else { "," });
    }
    text.push_str(if text.len() > 1 { " }" } else { "}" });
    text
}

fn array(array: &Array) -> String {
    let mut items: Vec<String> = array.prefix.iter().map(Type::to_string).collect();
    if !array.rest.is_never() {
        items.push(format!("…{}", array.rest));
    }
    format!("[{}]", items.join(", "))
}
