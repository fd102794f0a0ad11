//! What an OpenAPI document says that an operation answers: its examples, else what its schema
//! leaves no choice about.

use flowdbg_lang::{
    model::TaskKind,
    template::Template,
    value::{self, Value, ValueExt as _},
};

use crate::{
    effect::{Answer, Effect, EffectKind, HttpResponse},
    machine::{Machine, holds_unknown, is_unknown, unknown},
    tasks::call_openapi::operation::{self, Operation},
};

/// How deeply schemas may nest.
const MAX_DEPTH: usize = 32;

/// The answer to a request of `call: openapi`, if its document shows one.
pub(super) fn answer(machine: &Machine, effect: &Effect) -> Option<Answer> {
    let EffectKind::Http(_) = &effect.kind else { return None };
    let frame = machine.branch(effect.branch)?.frames.last()?;
    let TaskKind::CallOpenapi(call) = &frame.task()?.kind else { return None };
    let id = operation_id(&call.with)?;
    // Where the document came from matters only for the address, which is not needed.
    let found = machine.documents().find_map(|document| operation::find(document, "https://document.example/", &id).ok())?;
    let (status, response) = success(&found)?;
    let body = if found.swagger { swagger(&found, response) } else { openapi(&found, response) };
    // A response that is known in part cannot be sent; there is little left of it anyhow.
    let body = body.filter(|body| !holds_unknown(body))?;
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Some(Answer::Http(Ok(HttpResponse { status, headers, body: body.to_json().into_bytes() })))
}

fn operation_id(with: &Template) -> Option<String> {
    match with {
        Template::Value(with) => with.member("operationId").and_then(Value::as_text),
        Template::Object(members) => members.iter().find(|(key, _)| key == "operationId").and_then(|(_, member)| match member {
            Template::Value(id) => id.as_text(),
            _ => None,
        }),
        Template::Expression(..) | Template::Loose(..) | Template::Array(_) => None,
    }
}

/// The response to a request that succeeds.
fn success<'a>(found: &'a Operation<'a>) -> Option<(u16, &'a Value)> {
    let Some(Value::Obj(responses)) = found.operation.member("responses") else { return None };
    let named = |response: &'a Value| found.resolve(response);
    let first = responses.iter().find_map(|(key, response)| {
        let key = key.as_text().unwrap_or_else(|| key.to_json());
        let status = if key.eq_ignore_ascii_case("2xx") { Some(200) } else { key.parse::<u16>().ok() };
        status.filter(|status| (200..300).contains(status)).map(|status| (status, named(response)))
    });
    first.or_else(|| found.operation.member("responses")?.member("default").map(|response| (200, named(response))))
}

fn swagger(found: &Operation<'_>, response: &Value) -> Option<Value> {
    let example = response.member("examples").and_then(|examples| examples.member("application/json"));
    example.cloned().or_else(|| response.member("schema").map(|schema| sample(found, schema, 0)))
}

fn openapi(found: &Operation<'_>, response: &Value) -> Option<Value> {
    let Some(Value::Obj(content)) = response.member("content") else { return None };
    let json = |(key, _): &(&Value, &Value)| key.as_text().is_some_and(|kind| crate::scenario::http::is_json(&kind));
    let (_, media) = content.iter().find(json)?;
    if let Some(example) = media.member("example") {
        return Some(example.clone());
    }
    if let Some(Value::Obj(examples)) = media.member("examples")
        && let Some(example) = examples.values().find_map(|example| found.resolve(example).member("value"))
    {
        return Some(example.clone());
    }
    media.member("schema").map(|schema| sample(found, schema, 0))
}

/// A value of a schema: what it names as an example or default, or leaves no choice about; unknown
/// where it does not.
fn sample(found: &Operation<'_>, schema: &Value, depth: usize) -> Value {
    let schema = found.resolve(schema);
    if depth > MAX_DEPTH {
        return unknown();
    }
    if let Some(named) = ["example", "const", "default"].into_iter().find_map(|key| schema.member(key)) {
        return named.clone();
    }
    for key in ["examples", "enum"] {
        match schema.member(key) {
            Some(Value::Arr(values)) if key == "examples" || values.len() == 1 => {
                if let Some(first) = values.first() {
                    return first.clone();
                }
            }
            _ => {}
        }
    }
    match schema.member("properties") {
        Some(Value::Obj(properties)) => {
            let members: Vec<(String, Value)> = properties
                .iter()
                .map(|(key, schema)| (key.as_text().unwrap_or_default(), sample(found, schema, depth + 1)))
                .filter(|(_, member)| !is_unknown(member))
                .collect();
            // Members of which nothing is said might be anything.
            if members.len() < properties.len() { unknown() } else { value::object(members) }
        }
        _ => match schema.member("items") {
            Some(items) => {
                let item = sample(found, items, depth + 1);
                if holds_unknown(&item) { unknown() } else { std::iter::once(item).collect() }
            }
            None => unknown(),
        },
    }
}
