//! Data in documents. It stands there as the JSON it is, except for what JSON has not, what
//! stands in several places, and secrets: those are objects of one member whose name begins with
//! `$`.
//!
//! | form | what it is |
//! | --- | --- |
//! | `{"$value": 3}` | the shared value of this index |
//! | `{"$number": "NaN"}` | a number that JSON has not |
//! | `{"$bytes": "…"}` | a byte string, in base64 |
//! | `{"$text": "…"}` | a text that is not UTF-8, in base64 |
//! | `{"$object": [[key, value], …]}` | an object whose keys are no strings, or look like these forms |
//! | `{"$secret": [piece, …]}` | a text with secrets in it |

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flowdbg_lang::value::{self, Value, ValueExt as _};

use super::{Given, Wrong, as_variant, items, number, part, plain, secret::Veil, tuple, unknown, variant};
use crate::mask::Mask;

/// How deep data is written. Workflows that build deeper data are not written down.
const MAX_DEPTH: usize = 500;
/// Texts shorter than this are written wherever they stand.
const LONG: usize = 64;

/// What becomes of secrets.
enum Hide {
    /// They are hidden for good, as wherever else they are shown.
    Mask(Mask),
    /// They are named, so that a reader who has them can put them back.
    Name(Veil),
}

/// Writes data.
pub(crate) struct Writer {
    hide: Hide,
    sharing: Option<Sharing>,
    /// Whether something was nested too deeply to be written.
    pub(crate) too_deep: bool,
}

/// Finds values that stand in several places: they are met once to be counted, and once to be
/// written. A value is known by where its data lies.
#[derive(Default)]
struct Sharing {
    counting: bool,
    places: HashMap<(usize, usize), Place>,
    shared: Vec<Value>,
}

#[derive(Default)]
struct Place {
    times: usize,
    index: Option<usize>,
}

impl Writer {
    /// Writes what people may see: without secrets, and each value where it stands.
    pub(crate) fn masked(mask: &Mask) -> Self {
        Self { hide: Hide::Mask(mask.clone()), sharing: None, too_deep: false }
    }

    /// Writes what goes on later: secrets are named, and shared values stay shared. Whatever is
    /// written must be written twice, with [`Self::counted`] in between.
    pub(crate) fn whole<'a>(secrets: impl Iterator<Item = &'a Value>, mask: &Mask) -> Self {
        let sharing = Sharing { counting: true, ..Sharing::default() };
        Self { hide: Hide::Name(Veil::new(secrets, mask)), sharing: Some(sharing), too_deep: false }
    }

    /// The same for a look at what is written: each value where it stands.
    pub(crate) fn naming<'a>(secrets: impl Iterator<Item = &'a Value>, mask: &Mask) -> Self {
        Self { sharing: None, ..Self::whole(secrets, mask) }
    }

    /// Whether something may be written that cannot be had again.
    pub(crate) fn may_lose(&self) -> bool {
        matches!(&self.hide, Hide::Name(veil) if veil.may_lose())
    }

    /// Everything was counted; it is written from now on.
    pub(crate) fn counted(&mut self) {
        if let Some(sharing) = &mut self.sharing {
            sharing.counting = false;
        }
    }

    /// The values that were shared, in the order in which they must be read.
    pub(crate) fn into_shared(self) -> Vec<Value> {
        self.sharing.map(|sharing| sharing.shared).unwrap_or_default()
    }

    fn is_counting(&self) -> bool {
        self.sharing.as_ref().is_some_and(|sharing| sharing.counting)
    }

    /// Data.
    pub(crate) fn value(&mut self, value: &Value) -> Value {
        self.at_depth(value, 0)
    }

    fn at_depth(&mut self, value: &Value, depth: usize) -> Value {
        if depth > MAX_DEPTH {
            self.too_deep = true;
            return value::string("… nested too deeply");
        }
        let Some(place) = place(value).filter(|_| self.sharing.is_some()) else { return self.inline(value, depth) };
        if let Some(sharing) = &mut self.sharing {
            let known = sharing.places.entry(place).or_default();
            if sharing.counting {
                known.times += 1;
                if known.times > 1 {
                    return Value::Null;
                }
            } else if let Some(index) = known.index {
                return variant("$value", number::write(index as u64));
            } else if known.times < 2 {
                return self.inline(value, depth);
            }
        }
        let written = self.inline(value, depth);
        match &mut self.sharing {
            Some(sharing) if !sharing.counting => {
                let index = sharing.shared.len();
                sharing.shared.push(written);
                sharing.places.entry(place).or_default().index = Some(index);
                variant("$value", number::write(index as u64))
            }
            _ => written,
        }
    }

    fn inline(&mut self, whole: &Value, depth: usize) -> Value {
        match whole {
            Value::Null | Value::Bool(_) => whole.clone(),
            Value::Num(_) => {
                let text = whole.to_json();
                if text.ends_with(|c: char| c.is_ascii_digit()) { whole.clone() } else { variant("$number", value::string(text)) }
            }
            Value::BStr(bytes) => variant("$bytes", value::string(STANDARD.encode(&***bytes))),
            Value::TStr(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => self.hidden(text).unwrap_or_else(|| whole.clone()),
                Err(_) => variant("$text", value::string(STANDARD.encode(&***bytes))),
            },
            Value::Arr(items) => items.iter().map(|item| self.at_depth(item, depth + 1)).collect(),
            Value::Obj(members) => {
                let is_plain = |key: &Value| matches!(key, Value::TStr(bytes) if std::str::from_utf8(bytes).is_ok());
                let looks_like_ours =
                    members.len() == 1 && members.keys().all(|key| matches!(key, Value::TStr(bytes) if bytes.starts_with(b"$")));
                let has_secret = |writer: &Self, key: &Value| key.as_text().is_some_and(|key| writer.hidden(&key).is_some());
                let as_pairs = looks_like_ours || !members.keys().all(is_plain) || members.keys().any(|key| has_secret(self, key));
                if as_pairs {
                    let pairs = members.iter().map(|(key, member)| {
                        let pair: Value = [self.at_depth(key, depth + 1), self.at_depth(member, depth + 1)].into_iter().collect();
                        pair
                    });
                    let pairs: Value = pairs.collect();
                    variant("$object", pairs)
                } else {
                    Value::obj(members.iter().map(|(key, member)| (key.clone(), self.at_depth(member, depth + 1))).collect())
                }
            }
        }
    }

    /// What stands for a text with secrets; none if there is none in it.
    fn hidden(&self, text: &str) -> Option<Value> {
        match &self.hide {
            Hide::Mask(mask) => mask.text(text).map(value::string),
            Hide::Name(veil) => veil.pieces(text).map(|pieces| variant("$secret", pieces)),
        }
    }

    /// A text that may have secrets in it.
    pub(crate) fn text(&mut self, text: &str) -> Value {
        self.hidden(text).unwrap_or_else(|| value::string(text))
    }

    /// A text that stands for a value of its own, shared if it is long.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Value {
        match (std::str::from_utf8(bytes), &self.hide) {
            (Ok(text), _) => self.text(text),
            (Err(_), Hide::Mask(mask)) => {
                let masked = mask.bytes(bytes);
                variant("$bytes", value::string(STANDARD.encode(masked.as_deref().unwrap_or(bytes))))
            }
            (Err(_), Hide::Name(_)) => variant("$bytes", value::string(STANDARD.encode(bytes))),
        }
    }

    pub(crate) fn texts<'a>(&mut self, texts: impl IntoIterator<Item = &'a String>) -> Value {
        texts.into_iter().map(|text| self.text(text)).collect()
    }

    /// Pairs of texts, such as headers.
    pub(crate) fn pairs<'a>(&mut self, pairs: impl IntoIterator<Item = (&'a String, &'a String)>) -> Value {
        let pair = |(key, member): (&String, &String)| -> Value { [self.text(key), self.text(member)].into_iter().collect() };
        pairs.into_iter().map(pair).collect()
    }

    /// Whether secrets are hidden for good: then what is secret by its nature is left out too.
    pub(crate) fn is_for_people(&self) -> bool {
        matches!(self.hide, Hide::Mask(_)) && !self.is_counting()
    }
}

/// Where the data of a value lies, if it can be shared and is worth it.
fn place(value: &Value) -> Option<(usize, usize)> {
    match value {
        Value::Arr(items) if !items.is_empty() => Some((std::sync::Arc::as_ptr(items).addr(), 0)),
        Value::Obj(members) if !members.is_empty() => Some((std::sync::Arc::as_ptr(members).addr(), 0)),
        Value::TStr(bytes) | Value::BStr(bytes) if bytes.len() >= LONG => Some((bytes.as_ptr().addr(), bytes.len())),
        _ => None,
    }
}

/// Reads data.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reader {
    pub(crate) secrets: Given,
    shared: Vec<Value>,
}

impl Reader {
    /// A reader that has these secrets.
    pub(crate) fn new(secrets: Given) -> Self {
        Self { secrets, shared: Vec::new() }
    }

    /// Reads the shared values, in their order.
    pub(crate) fn share(&mut self, document: &Value) -> Result<(), Wrong> {
        items(document, |value| {
            let value = self.value(value)?;
            self.shared.push(value);
            Ok(())
        })
        .map(|_| ())
    }

    /// Data.
    pub(crate) fn value(&self, document: &Value) -> Result<Value, Wrong> {
        self.changed(document).map(|changed| changed.unwrap_or_else(|| document.clone()))
    }

    /// The data, if it is not just as it stands there.
    fn changed(&self, document: &Value) -> Result<Option<Value>, Wrong> {
        match document {
            Value::Arr(all) => {
                let changed = items(document, |item| self.changed(item))?;
                if changed.iter().all(Option::is_none) {
                    return Ok(None);
                }
                Ok(Some(all.iter().zip(changed).map(|(old, new)| new.unwrap_or_else(|| old.clone())).collect()))
            }
            Value::Obj(members) => {
                if members.len() == 1
                    && let Ok((name, inner)) = as_variant(document)
                    && name.starts_with('$')
                {
                    return self.form(&name, inner).map(Some).map_err(|wrong| wrong.within(name));
                }
                let mut any = false;
                let mut all = Vec::with_capacity(members.len());
                for (key, member) in members.iter() {
                    let changed = self.changed(member).map_err(|wrong| wrong.within(key.as_text().unwrap_or_default()))?;
                    any |= changed.is_some();
                    all.push((key.clone(), changed.unwrap_or_else(|| member.clone())));
                }
                Ok(any.then(|| Value::obj(all.into_iter().collect())))
            }
            _ => Ok(None),
        }
    }

    fn form(&self, name: &str, inner: &Value) -> Result<Value, Wrong> {
        match name {
            "$value" => {
                let index: usize = number::read(inner)?;
                self.shared.get(index).cloned().ok_or_else(|| Wrong::new(format!("there is no shared value {index} before this")))
            }
            "$number" => match plain(inner)?.as_str() {
                "NaN" => Ok(Value::from(f64::NAN)),
                "Infinity" => Ok(Value::from(f64::INFINITY)),
                "-Infinity" => Ok(Value::from(f64::NEG_INFINITY)),
                other => Err(unknown("number", other)),
            },
            "$bytes" => decode(inner).map(Value::byte_str),
            "$text" => decode(inner).map(Value::utf8_str),
            "$object" => {
                let pairs = items(inner, |pair| {
                    let [key, member] = tuple(pair)?;
                    Ok((self.value(key)?, self.value(member)?))
                })?;
                Ok(Value::obj(pairs.into_iter().collect()))
            }
            "$secret" => self.secrets.join(inner).map(value::string),
            other => Err(unknown("form of data", other)),
        }
    }

    /// A text that may have secrets in it.
    pub(crate) fn text(&self, document: &Value) -> Result<String, Wrong> {
        plain(&self.value(document)?)
    }

    pub(crate) fn bytes(&self, document: &Value) -> Result<Vec<u8>, Wrong> {
        match self.value(document)? {
            Value::BStr(bytes) | Value::TStr(bytes) => Ok(bytes.to_vec()),
            _ => Err(Wrong::new("this must be a text or `$bytes`")),
        }
    }

    pub(crate) fn texts(&self, document: &Value) -> Result<Vec<String>, Wrong> {
        items(document, |text| self.text(text))
    }

    pub(crate) fn pairs<C: FromIterator<(String, String)>>(&self, document: &Value) -> Result<C, Wrong> {
        let pairs = items(document, |pair| {
            let [key, member] = tuple(pair)?;
            Ok((self.text(key)?, self.text(member)?))
        })?;
        Ok(pairs.into_iter().collect())
    }

    /// What went well, or why it did not.
    pub(crate) fn result<T>(&self, document: &Value, good: impl FnOnce(&Value) -> Result<T, Wrong>) -> Result<Result<T, String>, Wrong> {
        if document.member("error").is_some() {
            return part(document, "error", |error| self.text(error)).map(Err);
        }
        part(document, "ok", good).map(Ok)
    }
}

fn decode(document: &Value) -> Result<Vec<u8>, Wrong> {
    STANDARD.decode(plain(document)?).map_err(|error| Wrong::new(format!("this is not base64: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::written::parse;

    fn whole(values: &[Value], secrets: &[Value]) -> (Value, Value) {
        let mut mask = Mask::default();
        secrets.iter().for_each(|secret| mask.hide(secret));
        let mut writer = Writer::whole(secrets.iter(), &mask);
        values.iter().for_each(|value| drop(writer.value(value)));
        writer.counted();
        let written: Value = values.iter().map(|value| writer.value(value)).collect();
        (written, writer.into_shared().into_iter().collect())
    }

    fn back(written: &Value, shared: &Value, secrets: &[Value]) -> Vec<Value> {
        // Through its text, which must be plain JSON.
        let read = |document: &Value| {
            serde_json::from_str::<serde_json::Value>(&document.to_json()).expect("plain JSON");
            parse(&document.to_json()).expect("JSON")
        };
        let mut reader = Reader::new(Given(secrets.to_vec()));
        reader.share(&read(shared)).unwrap();
        items(&read(written), |value| reader.value(value)).unwrap()
    }

    #[test]
    fn data_of_every_kind_comes_back() {
        let data = r#"[null, true, -1, 1.50, 1e30, 123456789012345678901234567890, "ä\u0000\n", [], {}, {"$a": 1, "b": [2]}, {"$value": 7},
            {"$number": {"$secret": []}}, NaN, -Infinity, b"\xff\x00", {(1): 2}, {"x": {[3]: NaN}}]"#
            .replace("{(1): 2}", "{1: 2}");
        let data = value::parse_json(&data).unwrap();
        let broken = Value::utf8_str(vec![b'a', 0xff]);
        let (written, shared) = whole(&[data.clone(), broken.clone()], &[]);
        let read = back(&written, &shared, &[]);
        assert_eq!(read[0].to_json(), data.to_json());
        assert_eq!(read[1], broken);
        assert!(matches!(read[1], Value::TStr(_)));
    }

    #[test]
    fn what_is_shared_is_written_once_and_stays_shared() {
        let big = value::parse_json(r#"{"items": [1, 2, 3]}"#).unwrap();
        let holder = value::object([("a", big.clone()), ("b", big.clone())]);
        let (written, shared) = whole(&[holder.clone(), big, holder], &[]);
        assert_eq!(written.to_json(), r#"[{"$value":1},{"$value":0},{"$value":1}]"#);
        assert_eq!(shared.to_json(), r#"[{"items":[1,2,3]},{"a":{"$value":0},"b":{"$value":0}}]"#);
        let read = back(&written, &shared, &[]);
        let (Value::Obj(first), Value::Obj(second)) = (read[0].member("a").unwrap(), &read[1]) else { panic!("objects") };
        assert!(std::sync::Arc::ptr_eq(first, second));
    }

    #[test]
    fn secrets_are_named_and_put_back() {
        let secret = |text: &str| value::parse_json(text).unwrap();
        let old = [secret(r#"{"user": "ann", "key": "s3cr/t \"x\""}"#), secret(r#""7""#)];
        let data = secret(
            r#"{"h": "Bearer s3cr/t \"x\"!", "u": "http://x/s3cr%2Ft%20%22x%22?k=s3cr%2Ft+%22x%22", "pin": "7", "other": "17", "ann": 1}"#,
        );
        let (written, shared) = whole(std::slice::from_ref(&data), &old);
        let text = format!("{}{}", written.to_json(), shared.to_json());
        assert!(!text.contains("s3cr") && !text.contains("ann"), "{text}");
        assert_eq!(back(&written, &shared, &old)[0].to_json(), data.to_json());
        let new = [secret(r#"{"user": "bob", "key": "new one"}"#), secret(r#""8""#)];
        let expected = r#"{"h":"Bearer new one!","u":"http://x/new%20one?k=new+one","pin":"8","other":"17","bob":1}"#;
        assert_eq!(back(&written, &shared, &new)[0].to_json(), expected);
    }

    #[test]
    fn what_is_too_deep_is_said() {
        let mut deep = Value::Null;
        for _ in 0..MAX_DEPTH + 10 {
            deep = [deep].into_iter().collect();
        }
        let mut writer = Writer::masked(&Mask::default());
        let written = writer.value(&deep);
        assert!(writer.too_deep);
        assert!(parse(&written.to_json()).is_ok());
    }
}
