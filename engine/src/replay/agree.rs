//! Whether a recorded document agrees with one of now. What was hidden in the record may be
//! anything: a replay has no secrets.

use flowdbg_lang::value::{Value, ValueExt as _};

use crate::mask::HIDDEN;

/// Whether a document of now is as it was recorded.
pub(crate) fn agrees(recorded: &Value, now: &Value) -> bool {
    if recorded == now {
        return true;
    }
    match (recorded, now) {
        (Value::Arr(recorded), Value::Arr(now)) => {
            recorded.len() == now.len() && recorded.iter().zip(now.iter()).all(|(recorded, now)| agrees(recorded, now))
        }
        (Value::Obj(recorded), Value::Obj(now)) => {
            recorded.len() == now.len()
                && recorded.iter().zip(now.iter()).all(|((known, recorded), (key, now))| agrees(known, key) && agrees(recorded, now))
        }
        (Value::TStr(_), Value::TStr(_)) => match (recorded.as_text(), now.as_text()) {
            // What was told before it was known to be a secret is hidden only in the answer it came by.
            (Some(recorded), Some(now)) => fits(&recorded, &now) || fits(&now, &recorded),
            _ => false,
        },
        // A number that JSON has not is equal to itself here.
        (Value::Num(_), Value::Num(_)) => recorded.to_json() == now.to_json(),
        _ => false,
    }
}

/// Whether a text is that of a pattern in which [`HIDDEN`] stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split(HIDDEN);
    let Some(first) = parts.next() else { return false };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use flowdbg_lang::value::parse_json;

    use super::*;

    #[test]
    fn what_was_hidden_may_be_anything() {
        assert!(fits("a", "a") && !fits("a", "ab") && !fits("a", "b"));
        assert!(fits("Bearer ***", "Bearer x") && !fits("Bearer ***", "Basic x"));
        assert!(fits("***", "") && fits("a***b***c", "a1b2c") && !fits("a***b***c", "a1b2"));
        let agree = |a: &str, b: &str| agrees(&parse_json(a).unwrap(), &parse_json(b).unwrap());
        assert!(agree(r#"{"a": ["x***", 1.0]}"#, r#"{"a": ["xyz", 1.0]}"#));
        assert!(agree(r#"["x1"]"#, r#"["x***"]"#), "or may be hidden now only");
        assert!(!agree(r#"{"a": 1}"#, r#"{"a": 2}"#) && !agree(r#"{"a": 1}"#, r#"{"b": 1}"#) && !agree("[1]", "[1, 2]"));
    }
}
