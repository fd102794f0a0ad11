//! Data that is expected: what is written must be there, and a string `${ jq }` is a condition on
//! what stands at its place.

use flowdbg_lang::{
    form::NoVariables,
    template::Template,
    value::{Value, ValueExt as _},
};

/// How exactly objects must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objects {
    /// They have these members and no others.
    Whole,
    /// They have these members, and perhaps others.
    Partly,
}

/// Where and how data differs from what is expected; none if it does not.
#[must_use]
pub fn difference(expected: &Template, actual: &Value, objects: Objects) -> Option<String> {
    differ(expected, actual, objects, &mut String::new())
}

fn differ(expected: &Template, actual: &Value, objects: Objects, path: &mut String) -> Option<String> {
    match expected {
        Template::Value(expected) if expected == actual => None,
        Template::Value(expected) => Some(at(path, &format!("{} was expected, this is {}", expected.to_json(), short(actual)))),
        Template::Expression(condition, _) => match condition.evaluate(actual.clone(), &NoVariables) {
            Ok(result) if result.is_truthy() => None,
            Ok(_) => Some(at(path, &format!("`{}` does not hold for {}", condition.text(), short(actual)))),
            Err(why) => Some(at(path, &format!("`{}` fails for {}: {why}", condition.text(), short(actual)))),
        },
        // A text that may be a condition: it fits as the one or as the other.
        Template::Loose(condition, _, text) => {
            let holds = condition.evaluate(actual.clone(), &NoVariables).is_ok_and(|result| result.is_truthy());
            (text != actual && !holds).then(|| at(path, &format!("{} was expected, this is {}", text.to_json(), short(actual))))
        }
        Template::Array(items) => {
            let Value::Arr(found) = actual else { return Some(at(path, &format!("an array was expected, this is {}", short(actual)))) };
            for (index, (expected, actual)) in items.iter().zip(found.iter()).enumerate() {
                let length = path.len();
                path.push_str(&format!("[{index}]"));
                let found = differ(expected, actual, objects, path);
                path.truncate(length);
                if found.is_some() {
                    return found;
                }
            }
            let (wanted, there) = (items.len(), found.len());
            (wanted != there).then(|| at(path, &format!("{wanted} items were expected, there are {there}")))
        }
        Template::Object(members) => {
            let Value::Obj(found) = actual else { return Some(at(path, &format!("an object was expected, this is {}", short(actual)))) };
            for (key, expected) in members.iter() {
                let length = path.len();
                path.push_str(&format!(".{key}"));
                let found = match actual.member(key) {
                    Some(actual) => differ(expected, actual, objects, path),
                    None => Some(at(path, "it is missing")),
                };
                path.truncate(length);
                if found.is_some() {
                    return found;
                }
            }
            let other = found.keys().filter_map(Value::as_text).find(|key| members.iter().all(|(known, _)| known != key));
            other.filter(|_| objects == Objects::Whole).map(|key| at(&format!("{path}.{key}"), "it was not expected"))
        }
    }
}

fn at(path: &str, message: &str) -> String {
    if path.is_empty() { message.to_owned() } else { format!("{path}: {message}") }
}

/// A value as text that fits on a line.
#[must_use]
pub fn short(value: &Value) -> String {
    const LONGEST: usize = 200;
    let text = value.to_json();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
