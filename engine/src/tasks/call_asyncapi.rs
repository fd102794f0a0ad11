//! `call: asyncapi` (DSL Reference, "AsyncAPI Call"): publishes a message to a channel, or takes
//! messages from it, as an AsyncAPI 2 or 3 document describes it.
//!
//! The output of a call that publishes is the message. That of a subscription is an array of its
//! messages, `{ payload, headers, correlationId }`, or of what `foreach` makes of them.

mod channel;
mod document;
mod message;
mod subscription;

use flowdbg_lang::{
    model::CallAsyncapi,
    value::{self, ValueExt as _},
};

use super::{authentication, exchange::wrong};
use crate::{
    effect::{Answer, ChannelError, EffectKind},
    fault::{Fault, Kind},
    machine::{BranchId, Machine, State, Stop},
};

pub(crate) fn work(machine: &mut Machine, id: BranchId, call: &CallAsyncapi) -> Result<(), Stop> {
    if let (State::Subscription(_), Some(subscription)) = (&machine.top(id).state, &call.subscription) {
        return subscription::receive(machine, id, subscription);
    }
    if machine.has_answer(id, |answer| matches!(answer, Answer::Published(_))) {
        return published(machine, id);
    }
    if !authentication::before(machine, id, &call.with, &["authentication"])? {
        return Ok(());
    }
    let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
    // What was asked for is kept in the frame, for the messages that come.
    let with = match machine.top(id).raw_output.member("with") {
        Some(with) => with.clone(),
        None => machine.fill(id, depth, &call.with, &input, None)?,
    };
    machine.top(id).raw_output = value::object([("with", with.clone())]);
    let address = with.member("document").and_then(|document| document.member("endpoint"));
    let address = address.ok_or_else(|| wrong("`document.endpoint` is missing"))?;
    let Some(read) = super::document::read(machine, id, address, &input, "the AsyncAPI document")? else { return Ok(()) };
    let key = format!("AsyncAPI {}", read.key);
    if machine.document(&key).is_none() {
        machine.keep_document(&key, document::parse(&read.uri, &read.text)?);
    }
    let document = machine.document(&key).cloned().unwrap_or_default();
    let operation = document::Operation::find(&document, &with)?;
    let Some(channel) = channel::build(machine, id, &operation, &with, &input)? else { return Ok(()) };
    match &call.subscription {
        None => {
            let message = with.member("message").cloned().unwrap_or_default();
            let (shown, encoded) = message::outgoing(&operation, channel.protocol, &message)?;
            machine.top(id).raw_output = value::object([("message", shown), ("url", value::string(&*channel.url))]);
            machine.wait_for(id, EffectKind::Publish(channel, encoded));
            Ok(())
        }
        Some(subscription) => {
            let until = match &subscription.limit {
                Some(limit) => Some(machine.now().after(machine.duration(id, depth, limit, &input)?)),
                None => None,
            };
            let kept = [("with", with), ("document", value::string(key)), ("url", value::string(&*channel.url))];
            machine.top(id).raw_output = value::object(kept);
            machine.subscribe(id, channel, until);
            machine.commit(id);
            subscription::receive(machine, id, subscription)
        }
    }
}

fn published(machine: &mut Machine, id: BranchId) -> Result<(), Stop> {
    let kept = std::mem::take(&mut machine.top(id).raw_output);
    match machine.take_answer(id) {
        Some(Answer::Published(Ok(()))) => {
            machine.finish_body(id, kept.member("message").cloned().unwrap_or_default());
            Ok(())
        }
        Some(Answer::Published(Err(error))) => Err(failed("the message was not published", &error).into()),
        _ => Err(Fault::new(Kind::Runtime, "the message was not published").into()),
    }
}

fn failed(what: &str, error: &ChannelError) -> Fault {
    Fault::with_status(Kind::Communication, error.status.map_or(500, i64::from), format!("{what}: {}", error.message))
}
