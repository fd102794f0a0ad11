//! `emit`: publishes a CloudEvent, which is the task's output too (DSL Reference, "Emit";
//! conformance kit `emit.feature`).

use flowdbg_lang::{
    template::Template,
    value::{self, Value, ValueExt as _},
};

use crate::{
    effect::{Answer, EffectKind},
    fault::{Fault, Kind},
    machine::{BranchId, Machine, Stop},
};

pub(crate) fn work(machine: &mut Machine, id: BranchId, with: &Template) -> Result<(), Stop> {
    match machine.take_answer(id) {
        Some(Answer::Emitted(Ok(()))) => {
            let event = std::mem::take(&mut machine.top(id).raw_output);
            machine.finish_body(id, event);
            Ok(())
        }
        Some(Answer::Emitted(Err(error))) => Err(Fault::new(Kind::Communication, error).into()),
        Some(_) => Err(Fault::new(Kind::Runtime, "the event was not published").into()),
        None => {
            let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
            let given = machine.fill(id, depth, with, &input, None)?;
            let event = complete(machine, id, &given)?;
            // Kept in the frame until it is published.
            machine.top(id).raw_output = event.clone();
            machine.wait_for(id, EffectKind::Emit(event));
            Ok(())
        }
    }
}

/// Adds the attributes that every CloudEvent has.
fn complete(machine: &mut Machine, id: BranchId, given: &Value) -> Result<Value, Fault> {
    let Value::Obj(members) = given else {
        return Err(Fault::new(Kind::Configuration, "`emit.event.with` must be an object of event attributes"));
    };
    if given.member("type").and_then(Value::as_text).is_none() {
        return Err(Fault::new(Kind::Configuration, "an event needs a `type`"));
    }
    let document = machine.top(id).program().workflow.document.clone();
    let source = format!("/{}/{}/{}", document.namespace, document.name, document.version);
    let unique = uuid::Builder::from_random_bytes(
        [machine.random().to_le_bytes(), machine.random().to_le_bytes()].concat().try_into().unwrap_or_default(),
    );
    let defaults = [
        ("id", value::string(unique.into_uuid().to_string())),
        ("specversion", value::string("1.0")),
        ("time", value::string(machine.now().to_rfc3339())),
        ("source", value::string(source)),
    ];
    let missing = defaults.into_iter().filter(|(key, _)| given.member(key).is_none()).map(|(key, value)| (key.to_owned(), value));
    let given = members.iter().map(|(key, member)| (key.as_text().unwrap_or_default(), member.clone()));
    Ok(value::object(missing.chain(given)))
}
