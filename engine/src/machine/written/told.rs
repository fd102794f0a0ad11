//! What a machine knows for its events: figures, and exchanges under way.

use flowdbg_lang::value::{self, Value};

use super::{Down, Up};
use crate::{
    effect::EffectId,
    event::UnderWay,
    machine::{BranchId, Counts},
    time::Timestamp,
    written::{Wrong, event, number, object, option, part, truth},
};

pub(super) fn counts(counts: Counts) -> Value {
    object([
        ("waited", Some(number::write(counts.waited))),
        ("transitions", Some(number::write(counts.transitions))),
        ("processor", counts.processor.map(number::write)),
    ])
}

pub(super) fn read_counts(document: &Value) -> Result<Counts, Wrong> {
    Ok(Counts {
        waited: part(document, "waited", number::read)?,
        transitions: part(document, "transitions", number::read)?,
        processor: option(document, "processor", number::read)?,
    })
}

impl Down {
    pub(super) fn under_way(&mut self, effect: EffectId, exchange: &UnderWay) -> Value {
        object([
            ("effect", Some(number::write(effect.0))),
            ("means", Some(value::string(exchange.means))),
            ("since", Some(number::write(exchange.since.0))),
            ("branch", Some(number::write(exchange.branch.0))),
            ("run", exchange.task.as_ref().map(|run| event::run(&mut self.programs, run))),
            ("confidential", Some(Value::Bool(exchange.confidential))),
        ])
    }
}

impl Up {
    pub(super) fn under_way(&self, document: &Value) -> Result<(EffectId, UnderWay), Wrong> {
        let exchange = UnderWay {
            means: part(document, "means", event::means)?,
            since: Timestamp(part(document, "since", number::read)?),
            branch: BranchId(part(document, "branch", number::read)?),
            task: option(document, "run", |run| event::read_run(&self.programs, run))?,
            confidential: part(document, "confidential", truth)?,
        };
        Ok((EffectId(part(document, "effect", number::read)?), exchange))
    }
}
