//! `switch`: the first case that holds says where the flow goes on (DSL Reference, "Switch"). If
//! none does, the switch's own `then` decides, as the conformance kit has it.

use flowdbg_lang::model::Case;

use crate::machine::{BranchId, Machine, Stop};

pub(crate) fn work(machine: &mut Machine, id: BranchId, cases: &[Case]) -> Result<(), Stop> {
    let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
    // A case without a condition is the default, wherever it stands.
    let mut taken = None;
    for case in cases.iter() {
        if let Some(when) = &case.when
            && machine.holds(id, depth, when, &input, None)?
        {
            taken = Some(case);
            break;
        }
    }
    let taken = taken.or_else(|| cases.iter().find(|case| case.when.is_none()));
    if let Some(case) = taken {
        machine.top(id).then = Some(case.then);
    }
    machine.finish_body(id, input);
    Ok(())
}
