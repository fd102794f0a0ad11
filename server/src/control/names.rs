//! What branches and frames are called, and where they are in the text.

use std::sync::Arc;

use flowdbg_engine::machine::{self, BranchId, BranchState, Machine};
use flowdbg_lang::text::Span;
use flowdbg_protocol::control::{Frame, FrameKind, FrameRef};

use super::wire;

/// How a branch is called: where it was made, and what it waits for.
pub(super) fn branch(machine: &Machine, branch: &machine::Branch) -> String {
    let waiting = match branch.state {
        BranchState::Waiting => " (waiting)",
        BranchState::Listening => " (waiting for events)",
        BranchState::Joining => " (waiting for branches)",
        BranchState::Ready | BranchState::Held => "",
    };
    format!("{}{waiting}", origin(machine, branch))
}

/// `order / raiseAlarm / callNurse`: the workflow, and for each `fork` its name and the branch's.
fn origin(machine: &Machine, branch: &machine::Branch) -> String {
    let outermost = branch.frames().first();
    let own = outermost.map_or_else(|| format!("branch {}", branch.id.0), plain_name);
    match branch.parent.and_then(|parent| machine.branch(parent)) {
        Some(parent) => {
            let fork = parent.frames().last().map(plain_name).unwrap_or_default();
            format!("{} / {fork} / {own}", origin(machine, parent))
        }
        None => own,
    }
}

fn plain_name(frame: &machine::Frame) -> String {
    match frame.task() {
        Some(task) => task.name.to_string(),
        None => frame.program().workflow.document.name.clone(),
    }
}

/// `charge`, `eachItem [2/10]`, `pay attempt 2`, `pay catch`.
fn frame_name(frame: &machine::Frame) -> String {
    let mut name = plain_name(frame);
    if let Some((index, count)) = frame.iteration() {
        name.push_str(&format!(" [{}/{count}]", index + 1));
    }
    if let Some(attempt) = frame.attempt().filter(|attempt| *attempt > 1) {
        name.push_str(&format!(" attempt {attempt}"));
    }
    if frame.is_handling() {
        name.push_str(" catch");
    }
    name
}

/// The frames of a branch, innermost first, and then for orientation those of the branches whose
/// `fork` made it.
pub(super) fn frames(machine: &Machine, id: BranchId) -> Option<Vec<Frame>> {
    let branch = machine.branch(id)?;
    let mut list = Vec::new();
    let mut next = Some(branch);
    while let Some(branch) = next {
        let label = branch.id != id;
        list.extend(branch.frames().iter().enumerate().rev().map(|(depth, frame)| describe(branch.id, depth, frame, label)));
        next = branch.parent.and_then(|parent| machine.branch(parent));
    }
    Some(list)
}

fn describe(branch: BranchId, depth: usize, frame: &machine::Frame, label: bool) -> Frame {
    let workflow = &frame.program().workflow;
    let kind = match frame.task() {
        _ if label => FrameKind::Label,
        Some(_) => FrameKind::Task,
        None => FrameKind::Workflow,
    };
    let (reference, span) = match frame.task() {
        Some(task) => {
            let place = frame.place().unwrap_or(task.name_span);
            (Arc::clone(&task.reference), Span { start: place.start, end: task.span.end.max(place.end) })
        }
        None => ("".into(), Span::empty(0)),
    };
    Frame {
        frame: FrameRef { branch: branch.0, depth: u32::try_from(depth).unwrap_or(u32::MAX) },
        name: frame_name(frame),
        reference: reference.to_string(),
        path: workflow.source.path().to_owned(),
        range: wire::range(&workflow.source, span),
        kind,
    }
}
