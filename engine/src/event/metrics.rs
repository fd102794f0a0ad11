//! What a task run or an execution took.

use flowdbg_lang::value::{Value, ValueExt as _};

/// Figures of a task run or an execution. Times are of the execution's own clock, which stands
/// still while the execution is stopped or suspended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Milliseconds from its creation to its end.
    pub duration: u64,
    /// Milliseconds in which its branch had nothing to do: it waited for an answer, a timer, an
    /// event, or the branches of a `fork`.
    pub waiting: u64,
    /// How often its branch moved on, with the branches of its `fork`s.
    pub transitions: u64,
    /// Bytes of its raw input as compact JSON; none if it is too large to be counted.
    pub input: Option<u64>,
    /// Bytes of its output as compact JSON; none if there is none, or it is too large.
    pub output: Option<u64>,
    /// Milliseconds of processor time of the processes that it ran, where the system tells.
    pub processor: Option<u64>,
}

/// Values with more parts than this are not counted.
const MAX_PARTS: usize = 100_000;

/// Bytes of a value as compact JSON, without what escapes would add.
pub(crate) fn size(value: &Value) -> Option<u64> {
    let mut bytes = 0_usize;
    let mut parts = MAX_PARTS;
    add(value, &mut bytes, &mut parts).then(|| u64::try_from(bytes).ok()).flatten()
}

fn add(value: &Value, bytes: &mut usize, parts: &mut usize) -> bool {
    let Some(left) = parts.checked_sub(1) else { return false };
    *parts = left;
    *bytes += match value {
        Value::Null => 4,
        Value::Bool(true) => 4,
        Value::Bool(false) => 5,
        Value::Num(_) => value.to_json().len(),
        Value::TStr(text) | Value::BStr(text) => text.len() + 2,
        Value::Arr(items) => {
            if !items.iter().all(|item| add(item, bytes, parts)) {
                return false;
            }
            items.len().max(1) + 1
        }
        Value::Obj(members) => {
            if !members.iter().all(|(key, member)| add(key, bytes, parts) && add(member, bytes, parts)) {
                return false;
            }
            // A colon each, a comma between, and two braces.
            members.len() + members.len().max(1) + 1
        }
    };
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_that_of_compact_json() {
        for json in ["null", "true", "false", "-12.5", "\"text\"", "[]", "[1,[2],{}]", r#"{"a":{"b":[null,"x"]},"c":10}"#] {
            let value = flowdbg_lang::value::parse_json(json).expect("json");
            assert_eq!(size(&value), Some(json.len() as u64), "{json}");
        }
        let long: Value = (0..=MAX_PARTS).map(|_| Value::Null).collect();
        assert_eq!(size(&long), None);
    }
}
