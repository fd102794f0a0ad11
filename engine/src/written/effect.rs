//! Effects in documents: what an execution asked for.

use std::sync::Arc;

use flowdbg_lang::{
    expression::{Expression, Language},
    value::{self, Value},
};

use super::{Reader, Writer, Wrong, as_variant, channel, items, mcp, number, object, option, part, plain, process, unknown, variant};
use crate::{
    effect::{Effect, EffectId, EffectKind, Evaluation, HttpRequest, Resource},
    machine::is_unknown,
    mask::{HIDDEN, Mask},
    time::Timestamp,
};

/// Headers that carry credentials. People never see their values.
const CREDENTIALS: &[&str] = &["authorization", "proxy-authorization", "cookie", "x-api-key"];

pub(crate) fn write(writer: &mut Writer, kind: &EffectKind) -> Value {
    match kind {
        EffectKind::Http(request) => variant("http", write_request(writer, request)),
        EffectKind::Process(process) => variant("process", process::write(writer, process)),
        EffectKind::Grpc(call) => variant("grpc", channel::write_call(writer, call)),
        EffectKind::Publish(to, message) => {
            let members = [("to", channel::write(writer, to)), ("message", channel::write_message(writer, message))];
            variant("publish", value::object(members))
        }
        EffectKind::Subscribe(to) => variant("subscribe", channel::write(writer, to)),
        EffectKind::Sleep(until) => variant("sleep", number::write(until.0)),
        EffectKind::Emit(event) => variant("emit", writer.value(event)),
        EffectKind::Evaluate(evaluation) => {
            let names = evaluation.expression.variables().iter().map(|name| value::string(&**name)).collect();
            let members = [
                ("expression", Some(value::string(evaluation.expression.text()))),
                ("language", Some(value::string(language_name(evaluation.expression.language())))),
                ("names", Some(names)),
                ("variables", Some(evaluation.variables.iter().map(|variable| writer.value(variable)).collect())),
                ("input", Some(writer.value(&evaluation.input))),
                ("now", Some(writer.value(&Value::from(evaluation.now)))),
            ];
            variant("evaluate", object(members))
        }
        EffectKind::Workflow { namespace, name, version, from } => {
            let members = [("namespace", namespace.as_str()), ("name", name), ("version", version), ("from", from)];
            variant("workflow", value::object(members.map(|(key, text)| (key, value::string(text)))))
        }
        EffectKind::Resource(resource) => variant("resource", write_resource(writer, resource)),
        EffectKind::Mcp(call) => variant("mcp", mcp::write(writer, call)),
        EffectKind::Secrets { names, from } => {
            let names = names.iter().map(|name| value::string(&**name)).collect();
            variant("secrets", value::object([("names", names), ("from", value::string(&**from))]))
        }
        EffectKind::Cancel(other) => variant("cancel", number::write(other.0)),
    }
}

/// An effect as people may see it, and as it is compared with another. What is confidential is
/// hidden.
pub(crate) fn shown(writer: &mut Writer, effect: &Effect) -> Value {
    match &effect.kind {
        EffectKind::Http(request) if effect.confidential => {
            let body = request.body.as_ref().map(|_| HIDDEN.as_bytes().to_vec());
            variant("http", write_request(writer, &HttpRequest { body, ..request.clone() }))
        }
        kind => write(writer, kind),
    }
}

pub(crate) fn write_request(writer: &mut Writer, request: &HttpRequest) -> Value {
    let headers = headers(writer, &request.headers);
    object([
        ("method", Some(value::string(&*request.method))),
        ("url", Some(writer.text(&request.url))),
        ("headers", Some(headers)),
        ("body", request.body.as_ref().map(|body| writer.bytes(body))),
    ])
}

pub(crate) fn read_request(reader: &Reader, document: &Value) -> Result<HttpRequest, Wrong> {
    Ok(HttpRequest {
        method: part(document, "method", |method| reader.text(method))?,
        url: part(document, "url", |url| reader.text(url))?,
        headers: part(document, "headers", |pairs| reader.pairs(pairs))?,
        body: option(document, "body", |body| reader.bytes(body))?,
    })
}

pub(crate) fn write_resource(writer: &mut Writer, resource: &Resource) -> Value {
    let headers = headers(writer, &resource.headers);
    value::object([("uri", writer.text(&resource.uri)), ("from", value::string(&*resource.from)), ("headers", headers)])
}

pub(crate) fn read_resource(reader: &Reader, document: &Value) -> Result<Resource, Wrong> {
    Ok(Resource {
        uri: part(document, "uri", |uri| reader.text(uri))?,
        from: part(document, "from", plain)?.into(),
        headers: part(document, "headers", |pairs| reader.pairs(pairs))?,
    })
}

fn language_name(language: Language) -> &'static str {
    match language {
        Language::Jq => "jq",
        Language::JavaScript => "js",
    }
}

pub(super) fn headers(writer: &mut Writer, headers: &[(String, String)]) -> Value {
    let hidden = writer.is_for_people();
    let pair = |(key, member): &(String, String)| -> Value {
        let is_credential = CREDENTIALS.iter().any(|known| key.eq_ignore_ascii_case(known));
        let member = if hidden && is_credential { value::string(HIDDEN) } else { writer.text(member) };
        [writer.text(key), member].into_iter().collect()
    };
    headers.iter().map(pair).collect()
}

pub(crate) fn read(reader: &Reader, document: &Value) -> Result<EffectKind, Wrong> {
    let (name, inner) = as_variant(document)?;
    let text = |key| part(inner, key, |text| reader.text(text));
    let kind = match name.as_str() {
        "http" => read_request(reader, inner).map(EffectKind::Http),
        "process" => process::read(reader, inner).map(EffectKind::Process),
        "grpc" => channel::read_call(reader, inner).map(EffectKind::Grpc),
        "publish" => part(inner, "to", |to| channel::read(reader, to))
            .and_then(|to| Ok(EffectKind::Publish(to, part(inner, "message", |message| channel::read_message(reader, message))?))),
        "subscribe" => channel::read(reader, inner).map(EffectKind::Subscribe),
        "sleep" => number::read(inner).map(|until| EffectKind::Sleep(Timestamp(until))),
        "emit" => reader.value(inner).map(EffectKind::Emit),
        "evaluate" => evaluation(reader, inner).map(EffectKind::Evaluate),
        "workflow" => text("namespace").and_then(|namespace| {
            Ok(EffectKind::Workflow { namespace, name: text("name")?, version: text("version")?, from: text("from")?.into() })
        }),
        "resource" => read_resource(reader, inner).map(EffectKind::Resource),
        "mcp" => mcp::read(reader, inner).map(EffectKind::Mcp),
        "secrets" => part(inner, "names", |names| items(names, plain))
            .and_then(|names| Ok(EffectKind::Secrets { names: names.into_iter().map(Arc::from).collect(), from: text("from")?.into() })),
        "cancel" => number::read(inner).map(|other| EffectKind::Cancel(EffectId(other))),
        other => return Err(unknown("effect", other)),
    };
    kind.map_err(|wrong| wrong.within(name))
}

fn evaluation(reader: &Reader, document: &Value) -> Result<Evaluation, Wrong> {
    let names: Vec<Arc<str>> = part(document, "names", |names| items(names, plain))?.into_iter().map(Arc::from).collect();
    let text = part(document, "expression", plain)?;
    let expression = match part(document, "language", plain)?.as_str() {
        "jq" => Expression::new(&text, &names),
        "js" => Expression::javascript(&text, &names),
        other => return Err(unknown("language", other).within("language")),
    };
    let variables = part(document, "variables", |values| items(values, |value| reader.value(value)))?;
    let input = part(document, "input", |input| reader.value(input))?;
    // What is asked about an unknown value brings no variables.
    let is_asked = variables.is_empty() && is_unknown(&input);
    if expression.variables() != names || (variables.len() != names.len() && !is_asked) {
        return Err(Wrong::new("the expression does not use just these variables").within("names"));
    }
    let now = part(document, "now", |now| reader.value(now))?;
    let now = flowdbg_lang::value::ValueExt::to_json(&now).parse().map_err(|_| Wrong::new("this must be a number").within("now"))?;
    Ok(Evaluation { expression, input, variables, now, mask: Mask::default() })
}
