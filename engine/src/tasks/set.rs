//! `set`: its data replaces the data (DSL Reference, "Set"; conformance kit `set.feature`).

use flowdbg_lang::template::Template;

use crate::machine::{BranchId, Machine, Stop};

pub(crate) fn work(machine: &mut Machine, id: BranchId, template: &Template) -> Result<(), Stop> {
    let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
    let output = machine.fill(id, depth, template, &input, None)?;
    machine.finish_body(id, output);
    Ok(())
}
