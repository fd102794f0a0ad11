//! Where messages go: address, credentials and bindings of a call.

use base64::Engine as _;
use flowdbg_lang::value::{Value, ValueExt as _};
use url::Url;

use super::{
    super::{
        authentication::{self, Authorized},
        exchange::wrong,
        percent, text,
    },
    document::{Node, Operation},
};
use crate::{
    effect::{Bindings, Channel, Credentials, Protocol},
    fault::Fault,
    machine::{BranchId, Machine},
};

/// Builds the channel of a call. `None` if it must be authorized first: the task is called again.
pub(super) fn build(
    machine: &mut Machine,
    id: BranchId,
    operation: &Operation<'_>,
    with: &Value,
    input: &Value,
) -> Result<Option<Channel>, Fault> {
    let (protocol, secure) = protocol(operation, with)?;
    let mut url = server_url(operation, protocol, secure, with)?;
    let in_url = matches!(protocol, Protocol::Http | Protocol::WebSocket);
    let address = fill(operation, &operation.address, input, in_url)?;
    if in_url {
        let path = format!("{}/{}", url.trim_end_matches('/'), address.trim_start_matches('/'));
        url = Url::parse(&path).map_err(|error| wrong(format!("the channel's address `{path}` is not a URL: {error}")))?.to_string();
    }
    let (mut headers, mut credentials) = (Vec::new(), None);
    let authentication = with.member("authentication").cloned().unwrap_or_default();
    let Authorized::Now(header) = authentication::authorize(machine, id, &authentication, None)? else { return Ok(None) };
    if let Some(header) = header {
        if in_url {
            headers.push(("authorization".to_owned(), header));
        } else {
            credentials = Some(credentials_of(&header)?);
        }
    }
    let bindings = bindings(operation, protocol)?;
    Ok(Some(Channel { protocol, url, address: if in_url { String::new() } else { address }, credentials, headers, bindings }))
}

/// A user with a password, or a token, as a header says it.
fn credentials_of(header: &str) -> Result<Credentials, Fault> {
    if let Some(token) = header.strip_prefix("Bearer ") {
        return Ok(Credentials::Token(token.to_owned()));
    }
    let pair = header.strip_prefix("Basic ").and_then(|pair| base64::engine::general_purpose::STANDARD.decode(pair).ok());
    let pair = pair.and_then(|pair| String::from_utf8(pair).ok());
    match pair.as_deref().and_then(|pair| pair.split_once(':')) {
        Some((username, password)) => Ok(Credentials::Password { username: username.to_owned(), password: password.to_owned() }),
        None => Err(wrong("this protocol knows a user with a password (`basic`) and tokens (`bearer`, `oauth2`, `oidc`)")),
    }
}

/// Whether a server's protocol is the one that a call wants.
pub(super) fn same_protocol(wanted: &str, server: &str) -> bool {
    let plain = |name: &str| match name.to_ascii_lowercase().as_str() {
        "https" => "http".to_owned(),
        "wss" => "ws".to_owned(),
        // A broker of MQTT may speak both versions; which one is the call's choice.
        "mqtts" | "secure-mqtt" | "mqtt5" => "mqtt".to_owned(),
        other => other.to_owned(),
    };
    plain(wanted) == plain(server)
}

/// How the server is spoken to, and whether in secret.
fn protocol(operation: &Operation<'_>, with: &Value) -> Result<(Protocol, bool), Fault> {
    let own = operation.server.text("protocol")?.unwrap_or_default().to_ascii_lowercase();
    let wanted = with.member("protocol").filter(|protocol| **protocol != Value::Null).map(text);
    if let Some(wanted) = wanted.as_ref().filter(|wanted| !same_protocol(wanted, &own)) {
        return Err(wrong(format!("the server `{}` speaks {own}, not {wanted}", operation.server_name)));
    }
    let five =
        wanted.as_deref() == Some("mqtt5") || operation.server.text("protocolVersion")?.is_some_and(|version| version.starts_with('5'));
    Ok(match own.as_str() {
        "http" => (Protocol::Http, false),
        "https" => (Protocol::Http, true),
        "ws" => (Protocol::WebSocket, false),
        "wss" => (Protocol::WebSocket, true),
        "mqtt5" => (Protocol::Mqtt5, false),
        "mqtt" | "mqtts" | "secure-mqtt" => (if five { Protocol::Mqtt5 } else { Protocol::Mqtt }, own != "mqtt"),
        "nats" => (Protocol::Nats, false),
        other => {
            return Err(wrong(format!(
                "the server `{}` speaks `{other}`, which is not supported; http, ws, mqtt, mqtt5 and nats are",
                operation.server_name
            )));
        }
    })
}

/// The server's address with its scheme.
fn server_url(operation: &Operation<'_>, protocol: Protocol, secure: bool, with: &Value) -> Result<String, Fault> {
    let server = &operation.server;
    let written = if operation.three {
        let host = server.text("host")?.ok_or_else(|| wrong(format!("the server `{}` has no `host`", operation.server_name)))?;
        format!("{host}{}", server.text("pathname")?.unwrap_or_default())
    } else {
        server.text("url")?.ok_or_else(|| wrong(format!("the server `{}` has no `url`", operation.server_name)))?
    };
    let given = with.member("server").and_then(|server| server.member("variables"));
    let address = variables(server, &operation.server_name, &written, given)?;
    let scheme = match (protocol, secure) {
        (Protocol::Http, false) => "http",
        (Protocol::Http, true) => "https",
        (Protocol::WebSocket, false) => "ws",
        (Protocol::WebSocket, true) => "wss",
        (Protocol::Mqtt | Protocol::Mqtt5, false) => "mqtt",
        (Protocol::Mqtt | Protocol::Mqtt5, true) => "mqtts",
        (Protocol::Nats, _) => "nats",
    };
    let url = match address.split_once("://") {
        // The scheme of a broker's address may say that it is spoken to in secret.
        Some((own @ ("tls" | "mqtts" | "secure-mqtt" | "https" | "wss"), rest)) => {
            let own = if matches!(protocol, Protocol::Mqtt | Protocol::Mqtt5) { "mqtts" } else { own };
            format!("{own}://{rest}")
        }
        Some((_, rest)) => format!("{scheme}://{rest}"),
        None => format!("{scheme}://{address}"),
    };
    match Url::parse(&url) {
        Ok(parsed) if parsed.host_str().is_some_and(|host| !host.is_empty()) => Ok(url),
        Ok(_) => Err(wrong(format!("the address `{address}` of the server `{}` names no host", operation.server_name))),
        Err(error) => Err(wrong(format!("the address `{address}` of the server `{}` is not a URL: {error}", operation.server_name))),
    }
}

/// Replaces `{name}` by what the call gives, else by the variable's default.
fn variables(server: &Node<'_>, name: &str, address: &str, given: Option<&Value>) -> Result<String, Fault> {
    let declared = server.get("variables")?;
    if let Some(Value::Obj(members)) = given {
        for (key, _) in members.iter() {
            if declared.as_ref().is_none_or(|declared| declared.value.member(&text(key)).is_none()) {
                return Err(wrong(format!("the server `{name}` has no variable `{}`", text(key))));
            }
        }
    }
    replace(address, |variable| {
        let described = declared.as_ref().map(|declared| declared.get(variable)).transpose()?.flatten();
        let value = match given.and_then(|given| given.member(variable)) {
            Some(value) => Some(text(value)),
            None => described.as_ref().map(|described| described.text("default")).transpose()?.flatten(),
        };
        let Some(value) = value else {
            return Err(wrong(format!("the server `{name}` needs a value for its variable `{variable}`: give it in `server.variables`")));
        };
        let allowed = described.and_then(|described| match described.value.member("enum") {
            Some(Value::Arr(allowed)) if !allowed.is_empty() => Some(allowed.iter().map(text).collect::<Vec<_>>()),
            _ => None,
        });
        match allowed {
            Some(allowed) if !allowed.contains(&value) => {
                Err(wrong(format!("the variable `{variable}` of the server `{name}` is {}, not `{value}`", allowed.join(" or "))))
            }
            _ => Ok(value),
        }
    })
}

/// Replaces the parameters of a channel's address by members of the task's input, else by their
/// defaults: the DSL has no other place for them.
fn fill(operation: &Operation<'_>, address: &str, input: &Value, in_url: bool) -> Result<String, Fault> {
    let parameters = operation.channel.get("parameters")?;
    replace(address, |name| {
        let described = parameters.as_ref().map(|parameters| parameters.get(name)).transpose()?.flatten();
        let default = match &described {
            Some(described) => match described.text("default")? {
                Some(default) => Some(default),
                None => described.get("schema")?.map(|schema| schema.text("default")).transpose()?.flatten(),
            },
            None => None,
        };
        let value = match input.member(name) {
            Some(Value::Obj(_) | Value::Arr(_)) => {
                return Err(wrong(format!("`{{{name}}}` in the channel's address `{address}` is an object or array in the task's input")));
            }
            Some(Value::Null) | None => default,
            Some(value) => Some(text(value)),
        };
        let missing = || wrong(format!("the channel's address `{address}` needs a value for `{name}`: the task's input has none"));
        let value = value.ok_or_else(missing)?;
        Ok(if in_url { percent(&value) } else { value })
    })
}

fn replace(template: &str, mut value: impl FnMut(&str) -> Result<String, Fault>) -> Result<String, Fault> {
    let (mut filled, mut rest) = (String::with_capacity(template.len()), template);
    while let Some((before, (name, after))) = rest.split_once('{').and_then(|(before, open)| Some((before, open.split_once('}')?))) {
        filled.push_str(before);
        filled.push_str(&value(name)?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

fn bindings(operation: &Operation<'_>, protocol: Protocol) -> Result<Bindings, Fault> {
    let (mqtt, text) = (["mqtt5", "mqtt"], |value: Value| value.as_text());
    let mut bindings = Bindings::default();
    match protocol {
        Protocol::Http => {
            bindings.method = operation.binding(&["http", "https"], "method")?.and_then(text).map(|method| method.to_uppercase())
        }
        Protocol::Nats => bindings.queue = operation.binding(&["nats"], "queue")?.and_then(text),
        Protocol::Mqtt | Protocol::Mqtt5 => {
            let quality = operation.binding(&mqtt, "qos")?.as_ref().and_then(Value::as_i64).unwrap_or(0);
            bindings.quality = u8::try_from(quality)
                .ok()
                .filter(|quality| *quality <= 2)
                .ok_or_else(|| wrong(format!("the binding's `qos` is 0, 1 or 2, not {quality}")))?;
            bindings.retain = operation.binding(&mqtt, "retain")?.as_ref().is_some_and(Value::is_truthy);
            bindings.client = operation.binding(&mqtt, "clientId")?.and_then(text);
        }
        Protocol::WebSocket => {}
    }
    Ok(bindings)
}
