//! Scalars: their value by the YAML 1.2 core schema, and the way from a place inside the decoded
//! text back to the source.

use crate::{
    text::Source,
    tree::{NodeId, ScalarStyle, Tree},
    value::{self, Value},
};

/// The value of a scalar: only plain ones can be anything but a string.
pub(super) fn resolve(text: &str, style: ScalarStyle, as_string: bool) -> Value {
    if style != ScalarStyle::Plain || as_string {
        return value::string(text);
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Value::from(f64::NAN),
        _ => {}
    }
    number(text).unwrap_or_else(|| value::string(text))
}

fn number(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Some(Value::from(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }));
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            let valid = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
            return valid.then(|| jaq_json::Num::from_str_radix(digits, radix)).flatten().map(Value::Num);
        }
    }
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.find('.') {
        Some(at) => (&mantissa[..at], Some(&mantissa[at + 1..])),
        None => (mantissa, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_ok = digits(whole) && fraction.is_none_or(digits) && !(whole.is_empty() && fraction.unwrap_or("").is_empty());
    let exponent_ok = exponent.is_none_or(|part| {
        let part = part.strip_prefix(['+', '-']).unwrap_or(part);
        !part.is_empty() && digits(part)
    });
    if !mantissa_ok || !exponent_ok {
        return None;
    }
    // JSON's form of the same number: no plus sign, no leading zeros, digits on both sides of a dot.
    let sign = if text.starts_with('-') { "-" } else { "" };
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        rest => rest,
    };
    let mut json = format!("{sign}{whole}");
    if let Some(fraction) = fraction.filter(|fraction| !fraction.is_empty()) {
        json.push('.');
        json.push_str(fraction);
    }
    if let Some(exponent) = exponent {
        json.push('e');
        json.push_str(exponent);
    }
    value::parse_json(&json).ok()
}

/// Where byte `at` of a scalar's decoded text stands in the source.
///
/// White space may have been folded, so only the places of other characters are exact; a place in
/// white space maps to the white space of the source.
#[must_use]
pub fn source_offset(tree: &Tree, node: NodeId, at: usize) -> u32 {
    let span = tree.span(node);
    let Some(scalar) = tree.scalar(node) else { return span.start };
    let raw = Raw::new(tree.source(), span.range(), scalar.style);
    raw.walk(&scalar.text, at)
}

/// The source text of a scalar, without quotes or block header.
struct Raw<'a> {
    text: &'a str,
    /// First byte of `text` in the source.
    start: usize,
    style: ScalarStyle,
}

impl<'a> Raw<'a> {
    fn new(source: &'a Source, range: std::ops::Range<usize>, style: ScalarStyle) -> Self {
        let whole = source.text().get(range.clone()).unwrap_or("");
        let skip = match style {
            ScalarStyle::Plain => 0,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => 1,
            // The span of a block scalar begins at its indicator or at its first line.
            ScalarStyle::Literal | ScalarStyle::Folded if whole.starts_with(['|', '>']) => {
                whole.find('\n').map_or(whole.len(), |at| at + 1)
            }
            ScalarStyle::Literal | ScalarStyle::Folded => 0,
        };
        Self { text: whole.get(skip..).unwrap_or(""), start: range.start + skip, style }
    }

    fn walk(&self, decoded: &str, target: usize) -> u32 {
        let mut from = 0;
        for (at, c) in decoded.char_indices() {
            let (place, next) = self.find(c, from);
            if at >= target {
                return self.offset(place);
            }
            from = next;
        }
        self.offset(from)
    }

    fn offset(&self, place: usize) -> u32 {
        u32::try_from(self.start + place).unwrap_or(u32::MAX)
    }

    /// Place of the character at or after `from`, and where to go on.
    fn find(&self, c: char, from: usize) -> (usize, usize) {
        let rest = self.text.get(from..).unwrap_or("");
        if c.is_whitespace() {
            if self.style == ScalarStyle::DoubleQuoted && rest.starts_with('\\') {
                return (from, from + escape_length(rest));
            }
            let blank = rest.chars().next().filter(|next| next.is_whitespace());
            let same = blank == Some(c) || (c == ' ' && blank.is_some());
            return (from, if same { from + blank.map_or(0, char::len_utf8) } else { from });
        }
        let mut place = from;
        loop {
            let rest = self.text.get(place..).unwrap_or("");
            match rest.chars().next() {
                None => return (place, place),
                Some('\\') if self.style == ScalarStyle::DoubleQuoted => {
                    let length = escape_length(rest);
                    // An escaped line end stands for nothing.
                    if rest[1..].starts_with(['\n', '\r']) {
                        place += length;
                        continue;
                    }
                    return (place, place + length);
                }
                Some('\'') if self.style == ScalarStyle::SingleQuoted && rest.starts_with("''") => return (place, place + 2),
                Some(next) if next.is_whitespace() => place += next.len_utf8(),
                Some(next) => return (place, place + next.len_utf8()),
            }
        }
    }
}

/// Bytes of the escape sequence at the start of `text`.
fn escape_length(text: &str) -> usize {
    let length = match text[1..].chars().next() {
        None => 1,
        Some('x') => 4,
        Some('u') if text.get(6..8) == Some("\\u") && is_high_surrogate(text) => 12,
        Some('u') => 6,
        Some('U') => 10,
        Some('\r') if text[2..].starts_with('\n') => 3,
        Some(c) => 1 + c.len_utf8(),
    };
    length.min(text.len())
}

fn is_high_surrogate(text: &str) -> bool {
    text.get(2..6).and_then(|hex| u16::from_str_radix(hex, 16).ok()).is_some_and(|unit| (0xD800..0xDC00).contains(&unit))
}
