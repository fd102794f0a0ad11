//! Durations: inline objects and ISO 8601, in milliseconds.

use crate::{
    template::Template,
    value::{Value, ValueExt as _},
};

/// A duration as a workflow gives it.
#[derive(Clone, Debug)]
pub enum DurationSpec {
    /// Milliseconds.
    Fixed(u64),
    /// An expression (or an object with expressions) that yields a duration in either form.
    Computed(Template),
}

const SECOND: f64 = 1_000.0;
const MINUTE: f64 = 60.0 * SECOND;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// Milliseconds of a duration given as data: an ISO 8601 string, or an object with `days`,
/// `hours`, `minutes`, `seconds` and `milliseconds`.
///
/// # Errors
/// Says what is wrong with it.
pub fn from_value(value: &Value) -> Result<u64, String> {
    if let Some(text) = value.as_text() {
        return parse_iso8601(&text);
    }
    let Value::Obj(members) = value else {
        return Err(format!(
            "a duration is an ISO 8601 string such as PT5S, or an object such as {{seconds: 5}}; this is {}",
            value.type_name()
        ));
    };
    let mut total = 0.0;
    for (key, amount) in members.iter() {
        let key = key.as_text().unwrap_or_default();
        let unit = match key.as_str() {
            "days" => DAY,
            "hours" => HOUR,
            "minutes" => MINUTE,
            "seconds" => SECOND,
            "milliseconds" => 1.0,
            _ => return Err(format!("a duration has no `{key}`; it has days, hours, minutes, seconds and milliseconds")),
        };
        let Some(amount) = amount.as_i64() else {
            return Err(format!("`{key}` of a duration must be a whole number"));
        };
        #[expect(clippy::cast_precision_loss, reason = "durations are far below 2^52 milliseconds")]
        let amount = amount as f64;
        total += amount * unit;
    }
    milliseconds(total)
}

/// Milliseconds of an ISO 8601 duration: `P1DT2H`, `PT0.5S`, `P2W`. Years and months count as 365
/// and 30 days, since the DSL gives them no calendar.
///
/// # Errors
/// Says what is wrong with it.
pub fn parse_iso8601(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is not an ISO 8601 duration; write for example PT30S, PT5M or P1DT12H");
    let rest = text.strip_prefix('P').ok_or_else(wrong)?;
    let (date, time) = match rest.split_once('T') {
        Some((date, time)) if !time.is_empty() => (date, time),
        Some(_) => return Err(wrong()),
        None => (rest, ""),
    };
    if date.is_empty() && time.is_empty() {
        return Err(wrong());
    }
    let date = parts(date, &[('Y', 365.0 * DAY), ('M', 30.0 * DAY), ('W', 7.0 * DAY), ('D', DAY)]).ok_or_else(wrong)?;
    let time = parts(time, &[('H', HOUR), ('M', MINUTE), ('S', SECOND)]).ok_or_else(wrong)?;
    milliseconds(date + time)
}

/// Sums numbers with units, each unit at most once and in the given order.
fn parts(mut text: &str, mut units: &[(char, f64)]) -> Option<f64> {
    let mut total = 0.0;
    while !text.is_empty() {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = text[..end].parse().ok()?;
        let unit = text[end..].chars().next()?;
        let at = units.iter().position(|(name, _)| *name == unit)?;
        total += number * units[at].1;
        units = &units[at + 1..];
        text = &text[end + unit.len_utf8()..];
    }
    Some(total)
}

fn milliseconds(total: f64) -> Result<u64, String> {
    if total < 0.0 {
        return Err("a duration must not be negative".to_owned());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative; the cast saturates")]
    Ok(total.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::parse_json;

    #[test]
    fn both_forms_mean_the_same() {
        for (text, expected) in [
            ("\"PT15M\"", 900_000),
            ("\"P1DT12H30M5S\"", 131_405_000),
            ("\"PT0.25S\"", 250),
            ("\"P1.5D\"", 129_600_000),
            ("\"P1W2D\"", 777_600_000),
            ("{\"minutes\": 1, \"milliseconds\": 5}", 60_005),
        ] {
            assert_eq!(from_value(&parse_json(text).expect("json")), Ok(expected), "{text}");
        }
    }

    #[test]
    fn wrong_ones_are_refused() {
        for text in [
            "\"\"",
            "\"P\"",
            "\"PT\"",
            "\"5s\"",
            "\"PT5\"",
            "\"PT5S3M\"",
            "\"P-1D\"",
            "3",
            "{\"hour\": 1}",
            "{\"hours\": 0.5}",
            "{\"hours\": -1}",
        ] {
            assert!(from_value(&parse_json(text).expect("json")).is_err(), "{text}");
        }
    }
}
