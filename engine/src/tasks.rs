//! What tasks do, one file a kind: `work` is called when the body begins, and again each time a
//! child has ended or an answer has come.

pub(crate) mod authentication;
pub(crate) mod call_a2a;
pub(crate) mod call_asyncapi;
pub(crate) mod call_function;
pub(crate) mod call_grpc;
pub(crate) mod call_http;
pub(crate) mod call_mcp;
pub(crate) mod call_openapi;
pub(crate) mod document;
pub(crate) mod emit;
pub(crate) mod exchange;
pub(crate) mod for_;
mod foreach;
pub(crate) mod fork;
pub(crate) mod listen;
pub(crate) mod process;
pub(crate) mod raise;
pub(crate) mod run_container;
pub(crate) mod run_script;
pub(crate) mod run_shell;
pub(crate) mod run_workflow;
pub(crate) mod set;
pub(crate) mod switch;
pub(crate) mod try_;
pub(crate) mod wait;

pub(crate) use authentication::{Credentials, hide_tokens};
use flowdbg_lang::{
    duration::{self, DurationSpec},
    model::TaskKind,
    value::Value,
};

use crate::{
    fault::{Fault, Kind},
    machine::{BranchId, Machine, Stop},
};

/// Goes on with the body of a branch's innermost task.
pub(crate) fn work(machine: &mut Machine, id: BranchId) -> Result<(), Stop> {
    if !exchange::settle(machine, id)? {
        return Ok(());
    }
    let program = machine.top(id).program().clone();
    let Some(task) = machine.top(id).task else { return Ok(()) };
    machine.note_input(id);
    match &program.workflow.task(task).kind {
        TaskKind::CallA2a(call) => call_a2a::work(machine, id, call),
        TaskKind::CallAsyncapi(call) => call_asyncapi::work(machine, id, call),
        TaskKind::CallFunction(call) => call_function::work(machine, id, call),
        TaskKind::CallGrpc(call) => call_grpc::work(machine, id, call),
        TaskKind::CallHttp(call) => call_http::work(machine, id, call),
        TaskKind::CallMcp(call) => call_mcp::work(machine, id, call),
        TaskKind::CallOpenapi(call) => call_openapi::work(machine, id, call),
        TaskKind::Do(list) => machine.run_list(id, list),
        TaskKind::Emit(event) => emit::work(machine, id, event),
        TaskKind::For(each) => for_::work(machine, id, each),
        TaskKind::Fork(fork) => {
            fork::work(machine, id, fork);
            Ok(())
        }
        TaskKind::Listen(listen) => listen::work(machine, id, listen),
        TaskKind::Raise(error) => raise::work(machine, id, error),
        TaskKind::RunContainer(run) => run_container::work(machine, id, run),
        TaskKind::RunScript(run) => run_script::work(machine, id, run),
        TaskKind::RunShell(run) => run_shell::work(machine, id, run),
        TaskKind::RunWorkflow(run) => run_workflow::work(machine, id, run),
        TaskKind::Set(template) => set::work(machine, id, template),
        TaskKind::Switch(cases) => switch::work(machine, id, cases),
        TaskKind::Try(_) => try_::work(machine, id),
        TaskKind::Wait(duration) => wait::work(machine, id, duration),
        TaskKind::Broken => {
            Err(Fault::new(Kind::Configuration, "this task is not valid, or not supported yet; `flowdbg check` says why").into())
        }
    }
}

impl Machine {
    /// Milliseconds of a duration in a frame.
    pub(crate) fn duration(&mut self, id: BranchId, depth: usize, spec: &DurationSpec, input: &Value) -> Result<u64, Stop> {
        match spec {
            DurationSpec::Fixed(milliseconds) => Ok(*milliseconds),
            DurationSpec::Computed(template) => {
                let value = self.fill(id, depth, template, input, None)?;
                duration::from_value(&value).map_err(|detail| Fault::new(Kind::Expression, detail).into())
            }
        }
    }
}

/// A value as text: a string as it is, anything else as JSON.
pub(crate) fn text(value: &Value) -> String {
    use flowdbg_lang::value::ValueExt as _;
    value.as_text().unwrap_or_else(|| value.to_json())
}

/// A text as a part of a URL.
pub(crate) fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
