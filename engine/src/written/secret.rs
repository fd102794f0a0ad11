//! Secrets in documents: none. Where one stands in a text, the document names it, and it is asked
//! for again when the document is read.

use base64::Engine as _;
use flowdbg_lang::value::{self, Value, ValueExt as _};

use super::{Wrong, as_variant, items, number, option, part, plain, unknown};
use crate::mask::{self, Form, HIDDEN, Mask, SHORT};

/// The values of secrets by the place that a document gives them: its owner, and the way into it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given(pub(crate) Vec<Value>);

/// One text that must not be written, and how the document says it.
struct Known {
    text: String,
    name: Value,
}

/// Everything that must not be written.
#[derive(Default)]
pub(super) struct Veil(Vec<Known>);

impl Veil {
    /// The secrets by their owners, and whatever else the mask hides.
    pub(super) fn new<'a>(secrets: impl Iterator<Item = &'a Value>, mask: &Mask) -> Self {
        let mut known = Vec::new();
        for (owner, secret) in secrets.enumerate() {
            let mut way = Vec::new();
            leaves(secret, &mut way, &mut |way, text| {
                let path: Value = way.iter().map(|step| value::string(&**step)).collect();
                for form in Form::ALL {
                    let members = [("of", number::write(owner as u64)), ("at", path.clone()), ("form", value::string(form.name()))];
                    known.push(Known { text: form.of(text), name: value::object(members) });
                }
                for (line, text) in mask::lines(text).enumerate() {
                    let members = [("of", number::write(owner as u64)), ("at", path.clone()), ("line", number::write(line as u64))];
                    known.push(Known { text: text.to_owned(), name: value::object(members) });
                }
            });
        }
        let mut veil = Self(Vec::new());
        veil.add(known);
        // What was made of secrets, such as a header, or came with them, such as a token.
        let more = mask.texts().filter(|text| !mask.is_data(text) && !veil.0.iter().any(|known| known.text == **text));
        let more: Vec<Known> = more.map(|text| Known { text: text.clone(), name: veil.made_of(text) }).collect();
        veil.add(more);
        veil
    }

    fn add(&mut self, more: Vec<Known>) {
        for known in more {
            if !known.text.is_empty() && !self.0.iter().any(|other| other.text == known.text) {
                self.0.push(known);
            }
        }
        // A secret may be part of another one.
        self.0.sort_by_key(|known| std::cmp::Reverse(known.text.len()));
    }

    /// Whether it hides something that cannot be had again.
    pub(super) fn may_lose(&self) -> bool {
        self.0.iter().any(|known| is_lost_piece(&known.name))
    }

    fn made_of(&self, text: &str) -> Value {
        let decoded = base64::engine::general_purpose::STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        match decoded.and_then(|inner| self.pieces(&inner)) {
            Some(pieces) => value::object([("base64", pieces)]),
            None => value::object([("lost", Value::Bool(true))]),
        }
    }

    /// The pieces of a text with secrets in it; none if there is none.
    pub(super) fn pieces(&self, text: &str) -> Option<Value> {
        let mut pieces = vec![Piece::Text(text)];
        let mut found = false;
        for known in &self.0 {
            let whole = pieces.len() == 1 && matches!(pieces[0], Piece::Text(all) if all == known.text);
            if !whole && known.text.len() < SHORT {
                continue;
            }
            pieces = pieces
                .into_iter()
                .flat_map(|piece| match piece {
                    Piece::Text(text) => split(text, known),
                    known => vec![known],
                })
                .collect();
            found |= pieces.iter().any(|piece| matches!(piece, Piece::Known(_)));
        }
        found.then(|| {
            let write = |piece| match piece {
                Piece::Text(text) => value::string(text),
                Piece::Known(name) => name,
            };
            pieces.into_iter().map(write).collect()
        })
    }
}

fn is_lost_piece(piece: &Value) -> bool {
    match piece {
        Value::Obj(members) if members.len() == 1 => match as_variant(piece) {
            Ok((name, Value::Arr(inner))) if name == "base64" => inner.iter().any(is_lost_piece),
            Ok((name, _)) => name == "lost",
            Err(_) => false,
        },
        _ => false,
    }
}

/// Whether a document holds a text that cannot be had again.
pub(crate) fn is_lost(document: &Value) -> bool {
    match document {
        Value::Arr(items) => items.iter().any(is_lost),
        Value::Obj(members) => match document.member("$secret") {
            Some(Value::Arr(pieces)) if members.len() == 1 => pieces.iter().any(is_lost_piece),
            _ => members.iter().any(|(_, member)| is_lost(member)),
        },
        _ => false,
    }
}

enum Piece<'a> {
    Text(&'a str),
    Known(Value),
}

fn split<'a>(text: &'a str, known: &Known) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    for (at, part) in text.split(known.text.as_str()).enumerate() {
        if at > 0 {
            pieces.push(Piece::Known(known.name.clone()));
        }
        if !part.is_empty() {
            pieces.push(Piece::Text(part));
        }
    }
    pieces
}

fn leaves(secret: &Value, way: &mut Vec<String>, found: &mut impl FnMut(&[String], &str)) {
    match secret {
        Value::Arr(items) => {
            for (at, item) in items.iter().enumerate() {
                way.push(at.to_string());
                leaves(item, way, found);
                way.pop();
            }
        }
        Value::Obj(members) => {
            for (key, member) in members.iter() {
                way.push(key.as_text().unwrap_or_default());
                leaves(member, way, found);
                way.pop();
            }
        }
        other => {
            if let Some(text) = other.as_text() {
                found(way, &text);
            }
        }
    }
}

impl Given {
    /// The text of which these are the pieces.
    pub(super) fn join(&self, pieces: &Value) -> Result<String, Wrong> {
        items(pieces, |piece| match piece {
            Value::Obj(_) if piece.member("of").is_some() => self.secret(piece),
            Value::Obj(_) => match as_variant(piece)? {
                (name, inner) if name == "base64" => {
                    let inner = self.join(inner).map_err(|wrong| wrong.within("base64"))?;
                    Ok(base64::engine::general_purpose::STANDARD.encode(inner))
                }
                (name, _) if name == "lost" => Ok(HIDDEN.to_owned()),
                (name, _) => Err(unknown("piece of a text", &name)),
            },
            text => plain(text),
        })
        .map(|pieces| pieces.concat())
    }

    fn secret(&self, piece: &Value) -> Result<String, Wrong> {
        let owner: usize = part(piece, "of", number::read)?;
        let way = part(piece, "at", |way| items(way, plain))?;
        let mut found = self.0.get(owner);
        for step in &way {
            found = found.and_then(|value| match value {
                Value::Arr(items) => step.parse().ok().and_then(|at: usize| items.get(at)),
                other => other.member(step),
            });
        }
        let text = found.and_then(Value::as_text);
        let text = text.ok_or_else(|| Wrong::new(format!("the secret has no text at `{}` any more", way.join("/"))))?;
        if let Some(line) = option(piece, "line", number::read::<usize>)? {
            let found = mask::lines(&text).nth(line).ok_or_else(|| Wrong::new("the secret has fewer lines now"))?;
            return Ok(found.to_owned());
        }
        let form = option(piece, "form", plain)?.unwrap_or_default();
        let form = Form::ALL.into_iter().find(|known| known.name() == form).ok_or_else(|| unknown("form of a secret", &form))?;
        Ok(form.of(&text))
    }
}
