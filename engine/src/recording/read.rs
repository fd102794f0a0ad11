//! A recording read back.

use std::sync::Arc;

use flowdbg_lang::value::{Value, ValueExt as _};

use super::{Ended, Recording, Unreadable, VERSION};
use crate::{
    effect::EffectId,
    event::Event,
    journal::{Ask, Entry, Given, Journal},
    machine::{BranchId, PathStep, ScopeName},
    time::Timestamp,
    written::{Reader, Wrong, answer, event, items, number, option, parse, part, plain, text, unknown},
};

/// What a line is about: the member that comes first in it.
const KINDS: &[&str] = &[
    "text", "input", "ask", "answer", "late", "received", "cancel", "suspend", "resume", "want", "edit", "hold", "release", "event",
    "ended",
];

struct Reading {
    reader: Reader,
    journal: Journal,
    events: Vec<Event>,
    ended: Option<Ended>,
}

pub(super) fn recording(text: &str, load: text::Load<'_>) -> Result<Recording, Unreadable> {
    let unreadable = |line: usize, wrong: Wrong| Unreadable { line, why: wrong.to_string() };
    let mut lines = text.split_inclusive('\n').enumerate().map(|(at, line)| (at + 1, line));
    let Some((_, first)) = lines.next() else {
        return Err(Unreadable { line: 1, why: "the file is empty; a recording begins with a line that says so".to_owned() });
    };
    let mut reading =
        Reading { reader: Reader::default(), journal: head(first).map_err(|wrong| unreadable(1, wrong))?, events: Vec::new(), ended: None };
    let mut torn = None;
    for (number, line) in lines {
        // What was being written when its writer was killed.
        let Some(line) = line.strip_suffix('\n') else {
            torn = Some(line.to_owned());
            break;
        };
        reading.line(line, &mut *load).map_err(|wrong| unreadable(number, wrong))?;
    }
    if reading.journal.programs.is_empty() {
        return Err(Unreadable { line: 1, why: "the recording breaks off before the text of its workflow".to_owned() });
    }
    let Reading { journal, events, ended, .. } = reading;
    Ok(Recording { journal: Arc::new(journal), events, ended, torn })
}

fn head(line: &str) -> Result<Journal, Wrong> {
    let document = parse(line).ok().filter(|document| document.member("recording").is_some());
    let Some(document) = document else {
        return Err(Wrong::new("this is not a recording: its first line is no JSON object with a member `recording`"));
    };
    let version: u32 = part(&document, "recording", number::read)?;
    if version != VERSION {
        return Err(Wrong::new(format!("this recording is of version {version}; this flowdbg reads version {VERSION}")));
    }
    Ok(Journal {
        execution: part(&document, "execution", plain)?.into(),
        began: Timestamp(part(&document, "began", number::read)?),
        seed: part(&document, "seed", number::read)?,
        input: None,
        programs: Vec::new(),
        asks: Vec::new(),
        entries: Vec::new(),
    })
}

impl Reading {
    fn line(&mut self, line: &str, load: text::Load<'_>) -> Result<(), Wrong> {
        let document = parse(line)?;
        let Some(kind) = KINDS.iter().find(|kind| document.member(kind).is_some()) else {
            let first = match &document {
                Value::Obj(members) => members.keys().next().and_then(|key| key.as_text()),
                _ => None,
            };
            return Err(unknown("kind of line", first.as_deref().unwrap_or("this")));
        };
        if self.ended.is_some() {
            return Err(Wrong::new("nothing may follow the end"));
        }
        let reader = &self.reader;
        match *kind {
            "text" => {
                let index: usize = part(&document, "text", number::read)?;
                if index != self.journal.programs.len() {
                    return Err(Wrong::new(format!("this must be text {}", self.journal.programs.len())).within("text"));
                }
                let program = text::read_as(&document, "is", load)?;
                self.journal.programs.push(program);
            }
            "input" => self.journal.input = Some(part(&document, "input", |input| reader.value(input))?),
            "ask" => {
                let ask = Ask {
                    effect: EffectId(part(&document, "ask", number::read)?),
                    branch: BranchId(part(&document, "branch", number::read)?),
                    reference: part(&document, "task", plain)?.into(),
                    // Compared as it is written.
                    what: part(&document, "is", |what| Ok(what.clone()))?,
                };
                self.journal.asks.push(ask);
            }
            "event" => {
                let number: usize = part(&document, "event", number::read)?;
                if number != self.events.len() + 1 {
                    return Err(Wrong::new(format!("this must be event {}", self.events.len() + 1)).within("event"));
                }
                self.events.push(event::read(reader, &self.journal.programs, &document)?);
            }
            "ended" => {
                let name = part(&document, "ended", plain)?;
                let ended = Ended::ALL.into_iter().find(|ended| ended.name() == name);
                self.ended = Some(ended.ok_or_else(|| unknown("end", &name))?);
            }
            given => {
                let given = self.given(given, &document)?;
                let (at, after) = (part(&document, "at", number::read)?, part(&document, "after", number::read)?);
                self.journal.entries.push(Entry { at: Timestamp(at), after, given });
            }
        }
        Ok(())
    }

    fn given(&self, kind: &str, document: &Value) -> Result<Given, Wrong> {
        let reader = &self.reader;
        let branch = |key| part(document, key, |id| Ok(BranchId(number::read(id)?)));
        Ok(match kind {
            "answer" => Given::Answer(
                EffectId(part(document, "answer", number::read)?),
                part(document, "is", |answer| answer::read(reader, &self.journal.programs, answer))?,
            ),
            "received" => Given::Event(part(document, "received", |event| reader.value(event))?),
            "late" => Given::Late(EffectId(part(document, "late", number::read)?)),
            "cancel" => Given::Cancel,
            "suspend" => Given::Suspend,
            "resume" => Given::Resume,
            "want" => Given::Want(part(document, "want", event::read_details)?),
            "edit" => Given::Edit {
                scope: part(document, "edit", |name| {
                    let name = plain(name)?;
                    ScopeName::ALL.into_iter().find(|scope| scope.name() == name).ok_or_else(|| unknown("scope", &name))
                })?,
                branch: branch("branch")?,
                depth: part(document, "depth", number::read)?,
                path: part(document, "path", |path| items(path, |step| path_step(reader, step)))?,
                value: option(document, "value", |value| reader.value(value))?.unwrap_or_default(),
            },
            "hold" => Given::Hold(branch("hold")?),
            "release" => Given::Release(branch("release")?),
            other => return Err(unknown("kind of line", other)),
        })
    }
}

fn path_step(reader: &Reader, document: &Value) -> Result<PathStep, Wrong> {
    match document {
        Value::Num(_) => number::read(document).map(PathStep::Index),
        key => reader.text(key).map(PathStep::Key),
    }
}
