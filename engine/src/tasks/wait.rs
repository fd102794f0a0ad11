//! `wait`: the input goes on as output after a time (DSL Reference, "Wait").

use flowdbg_lang::duration::DurationSpec;

use crate::{
    effect::EffectKind,
    machine::{BranchId, Machine, Stop},
};

pub(crate) fn work(machine: &mut Machine, id: BranchId, duration: &DurationSpec) -> Result<(), Stop> {
    let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
    if machine.take_answer(id).is_some() {
        machine.finish_body(id, input);
        return Ok(());
    }
    let milliseconds = machine.duration(id, depth, duration, &input)?;
    let until = machine.now().after(milliseconds);
    machine.wait_for(id, EffectKind::Sleep(until));
    Ok(())
}
