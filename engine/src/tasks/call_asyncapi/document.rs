//! AsyncAPI documents, versions 2 and 3: the operation that a call means.

use flowdbg_lang::{
    suggest,
    text::Source,
    value::{self, Value, ValueExt as _},
};

use super::super::{exchange::wrong, text};
use crate::fault::Fault;

/// How many references may lead from one to the next.
const MAX_REFERENCES: usize = 32;

/// Reads a document.
pub(super) fn parse(uri: &str, text: &str) -> Result<Value, Fault> {
    let (tree, problems) = flowdbg_lang::read::read(&Source::new(uri, text.to_owned()));
    let document = match (tree.root(), problems.first()) {
        (Some(root), None) => tree.value(root),
        (_, Some(problem)) => return Err(wrong(format!("the AsyncAPI document {uri} is neither JSON nor YAML: {}", problem.message))),
        (None, None) => return Err(wrong(format!("the AsyncAPI document {uri} is empty"))),
    };
    match document.member("asyncapi").map(super::super::text) {
        Some(version) if version.starts_with("2.") || version.starts_with("3.") => Ok(document),
        Some(version) => Err(wrong(format!("{uri} is of AsyncAPI {version}; the versions 2 and 3 are supported"))),
        None => Err(wrong(format!("{uri} is no AsyncAPI document: it has no `asyncapi`"))),
    }
}

/// A place in a document, as a JSON pointer, and what stands there.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    document: &'a Value,
    pub(super) pointer: String,
    pub(super) value: &'a Value,
}

impl<'a> Node<'a> {
    pub(super) fn root(document: &'a Value) -> Self {
        Self { document, pointer: String::new(), value: document }
    }

    /// A member that is there and not null, behind its references.
    pub(super) fn get(&self, key: &str) -> Result<Option<Self>, Fault> {
        let Some(value) = self.value.member(key).filter(|member| **member != Value::Null) else { return Ok(None) };
        Self { document: self.document, pointer: format!("{}/{}", self.pointer, escape(key)), value }.resolved().map(Some)
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<String>, Fault> {
        Ok(self.get(key)?.map(|member| text(member.value)))
    }

    /// The members of an object by name, or the items of an array, behind their references.
    pub(super) fn children(&self) -> Result<Vec<(String, Self)>, Fault> {
        let keys: Vec<(String, &'a Value)> = match self.value {
            Value::Obj(members) => members.iter().map(|(key, member)| (text(key), member)).collect(),
            Value::Arr(items) => items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect(),
            _ => Vec::new(),
        };
        let child = |(key, value): (String, &'a Value)| {
            let node = Self { document: self.document, pointer: format!("{}/{}", self.pointer, escape(&key)), value };
            Ok((key, node.resolved()?))
        };
        keys.into_iter().map(child).collect()
    }

    /// Follows `$ref` inside the document.
    fn resolved(mut self) -> Result<Self, Fault> {
        for _ in 0..MAX_REFERENCES {
            let Some(reference) = self.value.member("$ref").and_then(Value::as_text) else { return Ok(self) };
            let Some(pointer) = reference.strip_prefix('#') else {
                return Err(wrong(format!(
                    "the AsyncAPI document refers to `{reference}`; only references inside of it (`#/…`) are followed"
                )));
            };
            let mut value = self.document;
            for token in pointer.split('/').skip(1) {
                let token = token.replace("~1", "/").replace("~0", "~");
                let found = match value {
                    Value::Arr(items) => token.parse::<usize>().ok().and_then(|index| items.get(index)),
                    value => value.member(&token).or_else(|| value.member(&decoded(&token))),
                };
                value = found.ok_or_else(|| wrong(format!("the AsyncAPI document has nothing at `{reference}`")))?;
            }
            self = Self { document: self.document, pointer: pointer.to_owned(), value };
        }
        Err(wrong(format!("more than {MAX_REFERENCES} references follow one another at `#{}`", self.pointer)))
    }

    /// The last name of its pointer.
    fn name(&self) -> String {
        self.pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~")
    }
}

/// A reference is a URI: `%7B` in it is `{`.
fn decoded(token: &str) -> String {
    url::form_urlencoded::parse(token.replace('+', "%2B").as_bytes()).next().map(|(key, _)| key.into_owned()).unwrap_or_default()
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// What a call does: an operation on a channel at a server.
#[derive(Clone, Debug)]
pub(super) struct Operation<'a> {
    pub(super) document: &'a Value,
    /// Whether the document is of version 3.
    pub(super) three: bool,
    pub(super) channel: Node<'a>,
    /// Address of the channel, with its parameters.
    pub(super) address: String,
    pub(super) operation: Option<Node<'a>>,
    pub(super) server: Node<'a>,
    /// Name of the server in the document.
    pub(super) server_name: String,
}

impl<'a> Operation<'a> {
    /// What the arguments of a call mean in a document.
    pub(super) fn find(document: &'a Value, with: &Value) -> Result<Self, Fault> {
        let root = Node::root(document);
        let three = root.text("asyncapi")?.is_some_and(|version| version.starts_with("3."));
        let named = |key: &str| with.member(key).filter(|name| **name != Value::Null).map(text);
        let publishes = with.member("message").is_some_and(|message| *message != Value::Null);
        let (channel, operation) = match (named("operation"), named("channel")) {
            (Some(operation), None) if three => operation_of_three(&root, &operation)?,
            (Some(operation), None) => operation_of_two(&root, &operation)?,
            (None, Some(channel)) => {
                let channel = channel_named(&root, &channel, three)?;
                let operation = if three { None } else { side_of(&channel, publishes)? };
                (channel, operation)
            }
            _ => return Err(wrong("a call names either an `operation` of the AsyncAPI document or one of its channels")),
        };
        let address = match three {
            true => channel.text("address")?.unwrap_or_else(|| channel.name()),
            false => channel.name(),
        };
        let (server_name, server) = server(&root, &channel, with)?;
        Ok(Self { document, three, channel, address, operation, server, server_name })
    }

    /// The messages that go over the channel in this operation; any, if there is none.
    pub(super) fn messages(&self) -> Result<Vec<Node<'a>>, Fault> {
        if self.three {
            for owner in self.operation.iter().chain([&self.channel]) {
                if let Some(messages) = owner.get("messages")? {
                    return Ok(messages.children()?.into_iter().map(|(_, message)| message).collect());
                }
            }
            return Ok(Vec::new());
        }
        let Some(message) = self.operation.as_ref().map(|operation| operation.get("message")).transpose()?.flatten() else {
            return Ok(Vec::new());
        };
        match message.get("oneOf")? {
            Some(several) => Ok(several.children()?.into_iter().map(|(_, message)| message).collect()),
            None => Ok(vec![message]),
        }
    }

    /// What a binding says: that of the operation, else of the channel, else of the server.
    pub(super) fn binding(&self, protocols: &[&str], key: &str) -> Result<Option<Value>, Fault> {
        for owner in self.operation.iter().chain([&self.channel, &self.server]) {
            let Some(bindings) = owner.get("bindings")? else { continue };
            for protocol in protocols {
                if let Some(found) = bindings.get(protocol)?.map(|binding| binding.get(key)).transpose()?.flatten() {
                    return Ok(Some(found.value.clone()));
                }
            }
        }
        Ok(None)
    }
}

fn operation_of_three<'a>(root: &Node<'a>, name: &str) -> Result<(Node<'a>, Option<Node<'a>>), Fault> {
    let operations = root.get("operations")?.map(|operations| operations.children()).transpose()?.unwrap_or_default();
    let Some((_, operation)) = operations.iter().find(|(known, _)| known == name) else {
        return Err(unknown("operation", name, operations.iter().map(|(known, _)| known.as_str())));
    };
    let channel = operation.get("channel")?.ok_or_else(|| wrong(format!("the operation `{name}` names no channel")))?;
    Ok((channel, Some(operation.clone())))
}

/// Documents of version 2 name operations by `operationId`.
fn operation_of_two<'a>(root: &Node<'a>, name: &str) -> Result<(Node<'a>, Option<Node<'a>>), Fault> {
    let mut known = Vec::new();
    for (_, channel) in channels(root)? {
        for side in ["publish", "subscribe"] {
            let Some(operation) = channel.get(side)? else { continue };
            let Some(id) = operation.text("operationId")? else { continue };
            if id == name {
                return Ok((channel, Some(operation)));
            }
            known.push(id);
        }
    }
    Err(unknown("operation", name, known.iter().map(String::as_str)))
}

fn channels<'a>(root: &Node<'a>) -> Result<Vec<(String, Node<'a>)>, Fault> {
    Ok(root.get("channels")?.map(|channels| channels.children()).transpose()?.unwrap_or_default())
}

fn channel_named<'a>(root: &Node<'a>, name: &str, three: bool) -> Result<Node<'a>, Fault> {
    let channels = channels(root)?;
    for (known, channel) in &channels {
        if known == name || (three && channel.text("address")?.as_deref() == Some(name)) {
            // A channel may itself be a reference: its name is the key.
            return Ok(if three { channel.clone() } else { Node { pointer: format!("/channels/{}", escape(known)), ..channel.clone() } });
        }
    }
    Err(unknown("channel", name, channels.iter().map(|(known, _)| known.as_str())))
}

/// What version 2 calls `publish` is what others send to the channel.
fn side_of<'a>(channel: &Node<'a>, publishes: bool) -> Result<Option<Node<'a>>, Fault> {
    let [first, second] = if publishes { ["publish", "subscribe"] } else { ["subscribe", "publish"] };
    Ok(match channel.get(first)? {
        Some(operation) => Some(operation),
        None => channel.get(second)?,
    })
}

/// The server of the call: the named one, else the first of the channel that speaks the protocol.
fn server<'a>(root: &Node<'a>, channel: &Node<'a>, with: &Value) -> Result<(String, Node<'a>), Fault> {
    let servers = root.get("servers")?.map(|servers| servers.children()).transpose()?.unwrap_or_default();
    if servers.is_empty() {
        return Err(wrong("the AsyncAPI document names no servers"));
    }
    let wanted = with.member("protocol").filter(|protocol| **protocol != Value::Null).map(text);
    if let Some(name) = with.member("server").and_then(|server| server.member("name")).map(text) {
        let found = servers.iter().find(|(known, _)| *known == name).cloned();
        return found.ok_or_else(|| unknown("server", &name, servers.iter().map(|(known, _)| known.as_str())));
    }
    // Version 2 lists names, version 3 references.
    let own: Option<Vec<String>> = match channel.value.member("servers") {
        Some(Value::Arr(names)) if !names.is_empty() => Some(
            names
                .iter()
                .map(|name| match name.member("$ref").and_then(Value::as_text) {
                    Some(reference) => reference.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~"),
                    None => text(name),
                })
                .collect(),
        ),
        _ => None,
    };
    let mut seen = Vec::new();
    for (name, server) in &servers {
        if own.as_ref().is_some_and(|own| !own.contains(name)) {
            continue;
        }
        let protocol = server.text("protocol")?.unwrap_or_default();
        if wanted.as_ref().is_none_or(|wanted| super::channel::same_protocol(wanted, &protocol)) {
            return Ok((name.clone(), server.clone()));
        }
        seen.push(format!("`{name}` speaks {protocol}"));
    }
    let wanted = wanted.map(|wanted| format!(" that speaks {wanted}")).unwrap_or_default();
    Err(wrong(format!("the channel has no server{wanted} in the AsyncAPI document ({})", seen.join(", "))))
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Fault {
    let known: Vec<&str> = known.collect();
    let near = suggest::closest(name, known.iter().copied());
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    let known = if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", known.join(", ")) };
    wrong(format!("the AsyncAPI document has no {what} `{name}` ({known}){near}"))
}

/// The document with a schema of it in front, so that the schema's references are found.
pub(super) fn schema_document(document: &Value, pointer: &str) -> Value {
    let own = match document {
        Value::Obj(members) => members.iter().map(|(key, member)| (text(key), member.clone())).filter(|(key, _)| key != "id").collect(),
        _ => Vec::new(),
    };
    let front = [
        ("$schema".to_owned(), value::string("https://json-schema.org/draft/2020-12/schema")),
        ("$ref".to_owned(), value::string(format!("#{pointer}"))),
    ];
    value::object(own.into_iter().chain(front))
}
