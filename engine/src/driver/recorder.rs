//! Keeps the journal of an execution, in memory or as lines that are written while it runs.
//!
//! Lines are handed over before their events can be seen by anybody and before their effects are
//! performed. What was seen of an execution that was killed is in its recording.

use std::sync::Arc;

use crate::{
    journal::{Ask, Entry, Given, Journal},
    machine::{Machine, Output},
    recording::Lines,
    time::Timestamp,
};

/// Where the lines of a recording go.
pub trait Sink: Send + Sync {
    /// Keeps these whole lines, so that they are there even if this process is killed. False if
    /// that cannot be done any more: then nothing more is written.
    fn append(&self, lines: &str) -> bool;
}

/// A recording that is to be written.
#[derive(Clone)]
pub struct Record(pub Arc<dyn Sink>);

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Record")
    }
}

/// Notes what comes and what is asked for.
#[derive(Default)]
pub(super) struct Recorder {
    journal: Option<Journal>,
    lines: Option<(Lines, Record)>,
    /// What came and is not written yet.
    new: Vec<Entry>,
}

impl Recorder {
    pub(super) fn new(machine: &Machine, journal: bool, record: Option<Record>) -> Self {
        let journal = journal.then(|| {
            let (program, input) = (machine.program().clone(), machine.input().clone());
            Journal::new(machine.id().into(), program, input, machine.now(), machine.seed())
        });
        Self { journal, lines: record.map(|record| (Lines::new(machine), record)), new: Vec::new() }
    }

    pub(super) fn journal(&self) -> Option<&Journal> {
        self.journal.as_ref()
    }

    fn is_on(&self) -> bool {
        self.journal.is_some() || self.lines.is_some()
    }

    /// Something that the machine is about to be given.
    pub(super) fn given(&mut self, machine: &Machine, at: Timestamp, given: impl FnOnce() -> Given) {
        if self.is_on() {
            self.new.push(Entry { at, after: machine.transitions(), given: given() });
        }
    }

    /// What the machine made of it. False if it could not be written, and will not be any more.
    pub(super) fn made(&mut self, machine: &Machine, output: &Output) -> bool {
        if !self.is_on() {
            return true;
        }
        for (after, branch) in &output.held_back {
            self.new.push(Entry { at: machine.now(), after: *after, given: Given::Hold(*branch) });
        }
        let new = std::mem::take(&mut self.new);
        let mask = machine.masked_by();
        if let Some((lines, _)) = &mut self.lines {
            new.iter().for_each(|entry| lines.given(entry, mask));
            output.effects.iter().for_each(|effect| lines.asked(effect, mask));
            output.events.iter().for_each(|event| lines.event(event));
        }
        if let Some(journal) = &mut self.journal {
            journal.asks.extend(output.effects.iter().filter_map(|effect| Ask::of(effect, mask)));
            new.into_iter().for_each(|entry| journal.note(entry.at, entry.after, entry.given));
        }
        self.write()
    }

    /// It is over.
    pub(super) fn ended(&mut self, machine: &Machine) -> bool {
        if let Some((lines, _)) = &mut self.lines {
            lines.ended(machine.outcome(), machine.masked_by());
        }
        self.write()
    }

    fn write(&mut self) -> bool {
        let Some((lines, record)) = &mut self.lines else { return true };
        let text = lines.take();
        if text.is_empty() || record.0.append(&text) {
            return true;
        }
        self.lines = None;
        false
    }
}
