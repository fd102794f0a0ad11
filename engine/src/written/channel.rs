//! Channels and their messages, and calls of gRPC methods, in documents.

use flowdbg_lang::value::{self, Value, ValueExt as _};

use super::{Reader, Writer, Wrong, as_variant, items, number, object, option, part, plain, text, truth, unknown, variant};
use crate::{
    effect::{Bindings, Channel, ChannelError, Credentials, GrpcCall, GrpcReply, GrpcStatus, Message, Protocol},
    mask::HIDDEN,
};

fn pairs(writer: &mut Writer, pairs: &[(String, String)]) -> Value {
    writer.pairs(pairs.iter().map(|(key, member)| (key, member)))
}

fn protocol_name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Http => "http",
        Protocol::WebSocket => "ws",
        Protocol::Mqtt => "mqtt",
        Protocol::Mqtt5 => "mqtt5",
        Protocol::Nats => "nats",
    }
}

pub(super) fn write(writer: &mut Writer, channel: &Channel) -> Value {
    let credentials = channel.credentials.as_ref().map(|credentials| match credentials {
        _ if writer.is_for_people() => value::string(HIDDEN),
        Credentials::Password { username, password } => {
            variant("password", [writer.text(username), writer.text(password)].into_iter().collect())
        }
        Credentials::Token(token) => variant("token", writer.text(token)),
    });
    let headers = super::effect::headers(writer, &channel.headers);
    let Bindings { method, quality, retain, client, queue } = &channel.bindings;
    let bindings = [
        ("method", method.as_ref().map(|method| writer.text(method))),
        ("quality", Some(number::write(*quality))),
        ("retain", Some(Value::Bool(*retain))),
        ("client", client.as_ref().map(|client| writer.text(client))),
        ("queue", queue.as_ref().map(|queue| writer.text(queue))),
    ];
    object([
        ("protocol", Some(value::string(protocol_name(channel.protocol)))),
        ("url", Some(writer.text(&channel.url))),
        ("address", Some(writer.text(&channel.address))),
        ("credentials", credentials),
        ("headers", Some(headers)),
        ("bindings", Some(object(bindings))),
    ])
}

pub(super) fn read(reader: &Reader, document: &Value) -> Result<Channel, Wrong> {
    Ok(Channel {
        protocol: part(document, "protocol", |name| {
            let name = plain(name)?;
            let all = [Protocol::Http, Protocol::WebSocket, Protocol::Mqtt, Protocol::Mqtt5, Protocol::Nats];
            all.into_iter().find(|protocol| protocol_name(*protocol) == name).ok_or_else(|| unknown("protocol", &name))
        })?,
        url: part(document, "url", |url| reader.text(url))?,
        address: part(document, "address", |address| reader.text(address))?,
        credentials: option(document, "credentials", |credentials| read_credentials(reader, credentials))?,
        headers: part(document, "headers", |headers| reader.pairs(headers))?,
        bindings: part(document, "bindings", |bindings| {
            let text = |key| option(bindings, key, |text| reader.text(text));
            Ok(Bindings {
                method: text("method")?,
                quality: part(bindings, "quality", number::read)?,
                retain: part(bindings, "retain", truth)?,
                client: text("client")?,
                queue: text("queue")?,
            })
        })?,
    })
}

fn read_credentials(reader: &Reader, document: &Value) -> Result<Credentials, Wrong> {
    let (name, inner) = as_variant(document)?;
    match name.as_str() {
        "password" => {
            let [username, password] = super::tuple(inner)?;
            Ok(Credentials::Password { username: reader.text(username)?, password: reader.text(password)? })
        }
        "token" => reader.text(inner).map(Credentials::Token),
        other => Err(unknown("kind of credentials", other)),
    }
}

pub(crate) fn write_message(writer: &mut Writer, message: &Message) -> Value {
    object([
        ("payload", Some(writer.bytes(&message.payload))),
        ("contentType", message.content_type.as_ref().map(|kind| writer.text(kind))),
        ("headers", Some(pairs(writer, &message.headers))),
        ("correlation", message.correlation.as_ref().map(|correlation| writer.text(correlation))),
    ])
}

pub(crate) fn read_message(reader: &Reader, document: &Value) -> Result<Message, Wrong> {
    Ok(Message {
        payload: part(document, "payload", |payload| reader.bytes(payload))?,
        content_type: option(document, "contentType", |kind| reader.text(kind))?,
        headers: part(document, "headers", |headers| reader.pairs(headers))?,
        correlation: option(document, "correlation", |correlation| reader.text(correlation))?,
    })
}

/// How something about a channel ended.
pub(crate) fn write_end(writer: &mut Writer, end: &Result<(), ChannelError>) -> Value {
    match end {
        Ok(()) => variant("ok", Value::Bool(true)),
        Err(error) => object([("error", Some(writer.text(&error.message))), ("status", error.status.map(number::write))]),
    }
}

pub(crate) fn read_end(reader: &Reader, document: &Value) -> Result<Result<(), ChannelError>, Wrong> {
    if document.member("error").is_none() {
        return part(document, "ok", truth).map(|_| Ok(()));
    }
    let message = part(document, "error", |error| reader.text(error))?;
    Ok(Err(ChannelError { status: option(document, "status", number::read)?, message }))
}

pub(super) fn write_call(writer: &mut Writer, call: &GrpcCall) -> Value {
    // People see which proto files these are, not their compiled form.
    let descriptors =
        if writer.is_for_people() { value::string(text::digest_of(&call.descriptors)) } else { writer.bytes(&call.descriptors) };
    let metadata = super::effect::headers(writer, &call.metadata);
    object([
        ("target", Some(writer.text(&call.target))),
        ("descriptors", Some(descriptors)),
        ("service", Some(writer.text(&call.service))),
        ("method", Some(writer.text(&call.method))),
        ("messages", Some(call.messages.iter().map(|message| writer.value(message)).collect())),
        ("metadata", Some(metadata)),
        ("timeout", call.timeout.map(number::write)),
    ])
}

pub(super) fn read_call(reader: &Reader, document: &Value) -> Result<GrpcCall, Wrong> {
    let text = |key| part(document, key, |text| reader.text(text));
    Ok(GrpcCall {
        target: text("target")?,
        descriptors: part(document, "descriptors", |bytes| reader.bytes(bytes))?.into(),
        service: text("service")?,
        method: text("method")?,
        messages: part(document, "messages", |all| items(all, |message| reader.value(message)))?,
        metadata: part(document, "metadata", |metadata| reader.pairs(metadata))?,
        timeout: option(document, "timeout", number::read)?,
    })
}

pub(super) fn write_reply(writer: &mut Writer, reply: &Result<GrpcReply, GrpcStatus>) -> Value {
    match reply {
        Ok(reply) => variant("ok", reply.messages.iter().map(|message| writer.value(message)).collect()),
        Err(status) => value::object([("error", writer.text(&status.message)), ("code", number::write(status.code))]),
    }
}

pub(super) fn read_reply(reader: &Reader, document: &Value) -> Result<Result<GrpcReply, GrpcStatus>, Wrong> {
    if document.member("error").is_none() {
        let messages = part(document, "ok", |all| items(all, |message| reader.value(message)))?;
        return Ok(Ok(GrpcReply { messages }));
    }
    let message = part(document, "error", |error| reader.text(error))?;
    Ok(Err(GrpcStatus { code: part(document, "code", number::read)?, message }))
}
