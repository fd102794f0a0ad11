//! Request messages: whether values fit, and where they do not.

use flowdbg_lang::{
    suggest,
    value::{self, Value, ValueExt as _},
};
use prost_reflect::{DeserializeOptions, DynamicMessage, FieldDescriptor, Kind as FieldKind, MessageDescriptor, MethodDescriptor};

use super::super::{exchange::wrong, text};
use crate::{
    fault::{Fault, Kind},
    program::to_json,
};

/// The one argument that holds the messages of a client that streams.
const MESSAGES: &str = "messages";

/// The messages to send: one, or several if the client streams.
pub(super) fn requests(method: &MethodDescriptor, arguments: Option<&Value>) -> Result<Vec<Value>, Fault> {
    let nothing = value::object::<String>([]);
    let arguments = match arguments {
        None | Some(Value::Null) => &nothing,
        Some(arguments) => arguments,
    };
    let input = method.input();
    if !method.is_client_streaming() {
        check(&input, arguments, "arguments")?;
        return Ok(vec![arguments.clone()]);
    }
    let (items, path) = match arguments {
        Value::Arr(items) => (items, "arguments".to_owned()),
        Value::Obj(members) if members.len() == 1 && input.get_field_by_name(MESSAGES).is_none() => match arguments.member(MESSAGES) {
            Some(Value::Arr(items)) => (items, format!("arguments.{MESSAGES}")),
            Some(_) => return Err(wrong(format!("`arguments.{MESSAGES}` must be an array of what the client streams"))),
            None => {
                check(&input, arguments, "arguments")?;
                return Ok(vec![arguments.clone()]);
            }
        },
        _ => {
            check(&input, arguments, "arguments")?;
            return Ok(vec![arguments.clone()]);
        }
    };
    for (index, item) in items.iter().enumerate() {
        check(&input, item, &format!("{path}[{index}]"))?;
    }
    Ok(items.to_vec())
}

/// Whether a value fits a message, member by member, so that what does not can be named.
fn check(message: &MessageDescriptor, value: &Value, path: &str) -> Result<(), Fault> {
    // Messages that JSON writes in a way of their own are tried as a whole.
    let Value::Obj(members) = value else { return whole(message, value, path) };
    if message.full_name().starts_with("google.protobuf.") {
        return whole(message, value, path);
    }
    for (key, member) in members.iter() {
        let (key, place) = (text(key), format!("{path}.{}", text(key)));
        let found = message.get_field_by_json_name(&key).or_else(|| message.get_field_by_name(&key));
        let field = found.ok_or_else(|| unknown(message, &key, &place))?;
        match (field.kind(), member) {
            (_, Value::Null) => {}
            (FieldKind::Message(inner), Value::Arr(items)) if field.is_list() => {
                for (index, item) in items.iter().enumerate() {
                    check(&inner, item, &format!("{place}[{index}]"))?;
                }
            }
            (FieldKind::Message(entry), Value::Obj(entries)) if field.is_map() => {
                let of = entry.map_entry_value_field().kind();
                for (name, item) in entries.iter() {
                    let place = format!("{place}.{}", text(name));
                    match &of {
                        FieldKind::Message(inner) => check(inner, item, &place)?,
                        _ => alone(message, &field, value::object([(text(name), item.clone())]), &place)?,
                    }
                }
            }
            (FieldKind::Message(inner), _) if !field.is_list() && !field.is_map() => check(&inner, member, &place)?,
            (_, Value::Arr(items)) if field.is_list() => {
                for (index, item) in items.iter().enumerate() {
                    alone(message, &field, [item.clone()].into_iter().collect(), &format!("{place}[{index}]"))?;
                }
            }
            _ => alone(message, &field, member.clone(), &place)?,
        }
    }
    // What only shows in the whole: two members of one `oneof`, keys of a map.
    whole(message, value, path)
}

/// Whether a value fits a field.
fn alone(message: &MessageDescriptor, field: &FieldDescriptor, value: Value, place: &str) -> Result<(), Fault> {
    whole(message, &value::object([(field.name().to_owned(), value)]), place)
}

fn whole(message: &MessageDescriptor, value: &Value, place: &str) -> Result<(), Fault> {
    let wrong = |why: String| Fault::new(Kind::Validation, format!("`{place}` does not fit the message `{}`: {why}", message.full_name()));
    let json = to_json(value).map_err(wrong)?;
    let options = DeserializeOptions::new().deny_unknown_fields(true);
    match DynamicMessage::deserialize_with_options(message.clone(), json, &options) {
        Ok(_) => Ok(()),
        Err(error) => Err(wrong(error.to_string())),
    }
}

fn unknown(message: &MessageDescriptor, key: &str, place: &str) -> Fault {
    let names: Vec<String> = message.fields().map(|field| field.json_name().to_owned()).collect();
    let near = suggest::closest(key, names.iter().map(String::as_str));
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    let known = if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) };
    Fault::new(Kind::Validation, format!("`{place}`: the message `{}` has no field `{key}` ({known}){near}", message.full_name()))
}
