//! Values as JSON: whole, cut to a length, and to and from `serde_json`.
//!
//! Cutting costs as much as what is kept, never as much as the value: a person looks at a line
//! of a payload of 100 MB.

use flowdbg_lang::value::{self, Value};

/// How deep values are written. What is deeper than this no reader of ours takes back.
const MAX_DEPTH: usize = 100;
/// What stands for a value that is nested too deeply.
const TOO_DEEP: &str = "\"… nested too deeply\"";

/// The whole value as compact JSON text. Numbers that JSON has not are `null`.
pub(crate) fn text(value: &Value) -> String {
    let mut out = Out { text: String::new(), left: usize::MAX };
    out.value(value, 0);
    out.text
}

/// The whole value, appended to a text.
pub(crate) fn append(text: &mut String, value: &Value) {
    let mut out = Out { text: std::mem::take(text), left: usize::MAX };
    out.value(value, 0);
    *text = out.text;
}

/// A string as JSON, appended to a text.
pub(crate) fn append_string(text: &mut String, string: &str) {
    let mut out = Out { text: std::mem::take(text), left: usize::MAX };
    out.string(string.as_bytes());
    *text = out.text;
}

/// The value as JSON text of at most so many characters; `…` ends one that was cut.
pub(crate) fn line(value: &Value, limit: usize) -> String {
    // One more than is shown tells whether something was cut.
    let mut out = Out { text: String::new(), left: limit + 1 };
    out.value(value, 0);
    if out.left == 0 {
        let end = out.text.char_indices().nth(limit.saturating_sub(1)).map_or(out.text.len(), |(at, _)| at);
        out.text.truncate(end);
        out.text.push('…');
    }
    out.text
}

/// The same data as `serde_json` has it.
pub(crate) fn to_serde(value: &Value) -> serde_json::Value {
    serde_json::from_str(&text(value)).unwrap_or_default()
}

/// The same data as the engine has it.
pub(crate) fn from_serde(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(truth) => Value::Bool(truth),
        serde_json::Value::Number(number) => value::parse_json(&number.to_string()).unwrap_or_default(),
        serde_json::Value::String(text) => value::string(text),
        serde_json::Value::Array(items) => items.into_iter().map(from_serde).collect(),
        serde_json::Value::Object(members) => value::object(members.into_iter().map(|(key, member)| (key, from_serde(member)))),
    }
}

/// A text that grows until it is full.
struct Out {
    text: String,
    /// How many characters fit.
    left: usize,
}

impl Out {
    fn raw(&mut self, text: &str) {
        if self.left == usize::MAX {
            self.text.push_str(text);
            return;
        }
        for c in text.chars() {
            if self.left == 0 {
                return;
            }
            self.left -= 1;
            self.text.push(c);
        }
    }

    fn value(&mut self, value: &Value, depth: usize) {
        if self.left == 0 {
            return;
        }
        match value {
            Value::Null => self.raw("null"),
            Value::Bool(truth) => self.raw(if *truth { "true" } else { "false" }),
            Value::Num(number) => {
                let text = number.to_string();
                self.raw(if is_json_number(&text) { &text } else { "null" });
            }
            Value::TStr(bytes) | Value::BStr(bytes) => self.string(bytes),
            Value::Arr(_) | Value::Obj(_) if depth == MAX_DEPTH => self.raw(TOO_DEEP),
            Value::Arr(items) => {
                self.raw("[");
                for (at, item) in items.iter().enumerate() {
                    if self.left == 0 {
                        return;
                    }
                    self.raw(if at == 0 { "" } else { "," });
                    self.value(item, depth + 1);
                }
                self.raw("]");
            }
            Value::Obj(members) => {
                self.raw("{");
                for (at, (key, member)) in members.iter().enumerate() {
                    if self.left == 0 {
                        return;
                    }
                    self.raw(if at == 0 { "" } else { "," });
                    match key {
                        Value::TStr(bytes) => self.string(bytes),
                        // jq knows keys of any type; JSON does not.
                        other => self.string(line(other, 1_000).as_bytes()),
                    }
                    self.raw(":");
                    self.value(member, depth + 1);
                }
                self.raw("}");
            }
        }
    }

    fn string(&mut self, bytes: &[u8]) {
        self.raw("\"");
        // A character has at most four bytes, so that no more than this can be shown.
        let shown = &bytes[..bytes.len().min(self.left.saturating_mul(4))];
        for chunk in shown.utf8_chunks() {
            self.escaped(chunk.valid());
            if !chunk.invalid().is_empty() {
                self.raw("\u{fffd}");
            }
        }
        self.raw("\"");
    }

    fn escaped(&mut self, text: &str) {
        let mut plain = 0;
        for (at, byte) in text.bytes().enumerate() {
            if byte >= 0x20 && byte != b'"' && byte != b'\\' {
                continue;
            }
            self.raw(&text[plain..at]);
            plain = at + 1;
            match byte {
                b'"' => self.raw("\\\""),
                b'\\' => self.raw("\\\\"),
                b'\n' => self.raw("\\n"),
                b'\r' => self.raw("\\r"),
                b'\t' => self.raw("\\t"),
                control => self.raw(&format!("\\u{control:04x}")),
            }
            if self.left == 0 {
                return;
            }
        }
        self.raw(&text[plain..]);
    }
}

fn is_json_number(text: &str) -> bool {
    text.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Value {
        value::parse_json(text).unwrap()
    }

    #[test]
    fn values_survive_the_way_there_and_back() {
        for text in [
            "null",
            "true",
            "-12",
            "1.5",
            "123456789012345678901234567890",
            r#""a\"b\\c\n\u0001é😀""#,
            r#"[1,[],{"odd key":{}},"x"]"#,
            r#"{"b":1,"a":[null]}"#,
        ] {
            assert_eq!(super::text(&read(text)), text);
        }
        let whole = serde_json::json!({"a": [1, -2.5, "x", null, true], "b": {"c": 18_446_744_073_709_551_615_u64}});
        assert_eq!(to_serde(&from_serde(whole.clone())), whole);
    }

    #[test]
    fn what_json_has_not_is_still_json() {
        assert_eq!(text(&Value::from(f64::NAN)), "null");
        assert_eq!(text(&Value::from(f64::INFINITY)), "null");
        assert_eq!(text(&Value::byte_str(vec![b'a', 0xff])), "\"a\u{fffd}\"");
        let mut deep = Value::Null;
        for _ in 0..MAX_DEPTH + 50 {
            deep = [deep].into_iter().collect();
        }
        assert!(serde_json::from_str::<serde_json::Value>(&text(&deep)).is_ok());
    }

    #[test]
    fn lines_are_cut_by_characters() {
        let value = read(r#"["ééé",2]"#);
        assert_eq!(line(&value, 9), r#"["ééé",2]"#);
        assert_eq!(line(&value, 8), r#"["ééé",…"#);
        assert_eq!(line(&value, 4), r#"["é…"#);
        let emoji = value::string("😀".repeat(5_000));
        assert_eq!(line(&emoji, 1_000).chars().count(), 1_000);
        assert!(line(&emoji, 1_000).ends_with("😀…"));
    }

    #[test]
    fn a_cut_line_reads_only_what_it_shows() {
        // Walking these would visit 4^30 items, as every level is shared.
        let mut value = value::string("x".repeat(100));
        for _ in 0..30 {
            value = [value.clone(), value.clone(), value.clone(), value].into_iter().collect();
        }
        assert_eq!(line(&value, 1_000).chars().count(), 1_000);
    }
}
