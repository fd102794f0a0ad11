//! Data: the one value type of expressions, engine, journal and debugger.
//!
//! A [`Value`] is immutable and shared: cloning one never copies a payload. It is jq's own value
//! type, so that evaluating an expression converts nothing.

use jaq_std::ValT as _;

/// A JSON value (with jq's extensions: big numbers, byte strings, any keys).
pub type Value = jaq_json::Val;

/// Reads JSON text.
///
/// # Errors
/// Says what is wrong with the text.
pub fn parse_json(text: &str) -> Result<Value, String> {
    jaq_json::read::parse_single(text.as_bytes()).map_err(|error| error.to_string())
}

/// A string.
#[must_use]
pub fn string(text: impl Into<String>) -> Value {
    Value::utf8_str(text.into().into_bytes())
}

/// An object from its members, in their order.
pub fn object<K: Into<String>>(members: impl IntoIterator<Item = (K, Value)>) -> Value {
    Value::obj(members.into_iter().map(|(key, value)| (string(key), value)).collect())
}

/// What values are asked most often.
pub trait ValueExt {
    /// The text of a string.
    fn as_text(&self) -> Option<String>;
    /// Whether it is a string.
    fn is_utf8_str(&self) -> bool;
    /// The member of an object.
    fn member(&self, key: &str) -> Option<&Value>;
    /// JSON type name: `null boolean number string array object`.
    fn type_name(&self) -> &'static str;
    /// jq's notion of truth: all but `false` and `null`.
    fn is_truthy(&self) -> bool;
    /// As a whole number.
    fn as_i64(&self) -> Option<i64>;
    /// As compact JSON text.
    fn to_json(&self) -> String;
}

impl ValueExt for Value {
    fn as_text(&self) -> Option<String> {
        match self {
            Self::TStr(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        }
    }

    fn is_utf8_str(&self) -> bool {
        matches!(self, Self::TStr(_))
    }

    fn member(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Obj(members) => members.get(&string(key)),
            _ => None,
        }
    }

    fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Num(_) => "number",
            Self::TStr(_) | Self::BStr(_) => "string",
            Self::Arr(_) => "array",
            Self::Obj(_) => "object",
        }
    }

    fn is_truthy(&self) -> bool {
        !matches!(self, Self::Null | Self::Bool(false))
    }

    fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Num(number) => number.as_isize().map(|n| n as i64).or_else(|| {
                let float = self.as_f64()?;
                let whole = float.fract() == 0.0 && float.abs() < 9.0e15;
                #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
                whole.then_some(float as i64)
            }),
            _ => None,
        }
    }

    fn to_json(&self) -> String {
        self.to_string()
    }
}
