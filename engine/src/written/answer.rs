//! Answers in documents: what came back for an effect.

use std::sync::Arc;

use flowdbg_lang::value::{self, Value, ValueExt as _};

use super::{Reader, Writer, Wrong, as_variant, channel, items, mcp, number, object, option, part, process, unknown, variant};
use crate::{
    effect::{Answer, HttpResponse, ResourceError},
    mask,
    program::Program,
};

/// Programs that documents name by their index.
pub(crate) trait Programs {
    /// The index of a program, which is noted if it is new.
    fn index(&mut self, program: &Arc<Program>) -> usize;
}

/// Finds the index of a program among those known, or adds it.
impl Programs for Vec<Arc<Program>> {
    fn index(&mut self, program: &Arc<Program>) -> usize {
        self.iter().position(|known| Arc::ptr_eq(known, program)).unwrap_or_else(|| {
            self.push(program.clone());
            self.len() - 1
        })
    }
}

/// The program of an index.
pub(crate) fn program(programs: &[Arc<Program>], document: &Value) -> Result<Arc<Program>, Wrong> {
    let index: usize = number::read(document)?;
    programs.get(index).cloned().ok_or_else(|| Wrong::new(format!("there is no workflow {index}")))
}

pub(crate) fn write(writer: &mut Writer, programs: &mut impl Programs, answer: &Answer) -> Value {
    match answer {
        Answer::Http(result) => {
            let result = written(writer, result, |writer, response| {
                let members = [
                    ("status", number::write(response.status)),
                    ("headers", writer.pairs(response.headers.iter().map(|(key, member)| (key, member)))),
                    ("body", writer.bytes(&response.body)),
                ];
                value::object(members)
            });
            variant("http", result)
        }
        Answer::Printed(stream, text) => variant("printed", process::write_printed(writer, *stream, text)),
        Answer::Process(result) => variant(
            "process",
            match result {
                Ok(outcome) => variant("ok", process::write_outcome(writer, outcome)),
                Err(error) => variant("error", process::write_error(writer, error)),
            },
        ),
        Answer::Grpc(reply) => variant("grpc", channel::write_reply(writer, reply)),
        Answer::Published(end) => variant("published", channel::write_end(writer, end)),
        Answer::Message(message) => variant("message", channel::write_message(writer, message)),
        Answer::Unsubscribed(end) => variant("unsubscribed", channel::write_end(writer, end)),
        Answer::Slept => variant("slept", Value::Bool(true)),
        Answer::Emitted(result) => variant("emitted", written(writer, result, |_, ()| Value::Bool(true))),
        Answer::Evaluated(result) => variant("evaluated", written(writer, result, |writer, value| writer.value(value))),
        Answer::Workflow(result) => {
            variant("workflow", written(writer, result, |_, program| number::write(programs.index(program) as u64)))
        }
        Answer::Resource(result) => variant(
            "resource",
            match result {
                Ok(text) => variant("ok", writer.text(text)),
                Err(ResourceError { status, challenges, message }) => object([
                    ("error", Some(writer.text(message))),
                    ("status", status.map(number::write)),
                    ("challenges", Some(writer.texts(challenges))),
                ]),
            },
        ),
        // Their shape and their names, never their values.
        Answer::Secrets(result) => {
            let shapes = |_: &mut Writer, values: &Vec<Value>| values.iter().map(mask::blank).collect();
            variant("secrets", written(writer, result, shapes))
        }
        Answer::Mcp(result) => variant("mcp", mcp::write_result(writer, result)),
        Answer::Failed(error) => variant("failed", writer.value(error)),
        Answer::Unknown => variant("unknown", Value::Bool(true)),
    }
}

/// A confidential answer as people may see it: its shape, and what tells nothing but how to go on.
pub(crate) fn write_confidential(writer: &mut Writer, programs: &mut impl Programs, answer: &Answer) -> Value {
    match answer {
        Answer::Http(Ok(response)) => {
            let body = mask::blank_token(&response.body);
            write(writer, programs, &Answer::Http(Ok(HttpResponse { body, ..response.clone() })))
        }
        other => write(writer, programs, other),
    }
}

fn written<T>(writer: &mut Writer, result: &Result<T, String>, good: impl FnOnce(&mut Writer, &T) -> Value) -> Value {
    match result {
        Ok(inner) => {
            let inner = good(writer, inner);
            variant("ok", inner)
        }
        Err(error) => variant("error", writer.text(error)),
    }
}

pub(crate) fn read(reader: &Reader, programs: &[Arc<Program>], document: &Value) -> Result<Answer, Wrong> {
    let (name, inner) = as_variant(document)?;
    let answer = match name.as_str() {
        "http" => reader
            .result(inner, |response| {
                Ok(HttpResponse {
                    status: part(response, "status", number::read)?,
                    headers: part(response, "headers", |pairs| reader.pairs(pairs))?,
                    body: part(response, "body", |body| reader.bytes(body))?,
                })
            })
            .map(Answer::Http),
        "printed" => process::read_printed(reader, inner).map(|(stream, text)| Answer::Printed(stream, text)),
        "process" if inner.member("error").is_some() => {
            part(inner, "error", |error| process::read_error(reader, error)).map(|error| Answer::Process(Err(error)))
        }
        "process" => part(inner, "ok", |outcome| process::read_outcome(reader, outcome)).map(|outcome| Answer::Process(Ok(outcome))),
        "grpc" => channel::read_reply(reader, inner).map(Answer::Grpc),
        "published" => channel::read_end(reader, inner).map(Answer::Published),
        "message" => channel::read_message(reader, inner).map(Answer::Message),
        "unsubscribed" => channel::read_end(reader, inner).map(Answer::Unsubscribed),
        "slept" => Ok(Answer::Slept),
        "emitted" => reader.result(inner, |_| Ok(())).map(Answer::Emitted),
        "evaluated" => reader.result(inner, |value| reader.value(value)).map(Answer::Evaluated),
        "workflow" => reader.result(inner, |index| program(programs, index)).map(Answer::Workflow),
        "resource" if inner.member("error").is_some() => part(inner, "error", |message| reader.text(message)).and_then(|message| {
            let challenges = part(inner, "challenges", |texts| reader.texts(texts))?;
            Ok(Answer::Resource(Err(ResourceError { status: option(inner, "status", number::read)?, challenges, message })))
        }),
        "resource" => part(inner, "ok", |text| reader.text(text)).map(|text| Answer::Resource(Ok(text))),
        "secrets" => reader.result(inner, |values| items(values, |value| reader.value(value))).map(Answer::Secrets),
        "mcp" => mcp::read_result(reader, inner).map(Answer::Mcp),
        "failed" => reader.value(inner).map(Answer::Failed),
        "unknown" => Ok(Answer::Unknown),
        other => return Err(unknown("answer", other)),
    };
    answer.map_err(|wrong| wrong.within(name))
}
