//! A machine written down, and made again from what was written: in another process, or later.
//!
//! The document holds the texts of its workflows with their digests, all data, and the effects
//! that it waits for, so that whoever goes on can perform them again or wait for their answers.
//! Values that stand in several places are written once. Secrets are not in it: they are named,
//! and asked for again; the mask follows from them. Tokens that a server gave are not in it either:
//! the calls that need one begin again.

mod again;
mod branch;
mod calling;
mod pending;
mod state;
mod told;

use std::{collections::BTreeMap, sync::Arc};

use flowdbg_lang::value::{self, Value, ValueExt as _};

use super::{BranchId, Delivery, Machine, Outcome, Output, WorkflowRun};
pub use crate::written::{
    Wrong,
    text::{Load, Text, from_text},
};
use crate::{
    effect::{Answer, Effect},
    fault::Fault,
    mask::{Mask, Secrets},
    program::Program,
    tasks::Credentials,
    time::Timestamp,
    written::{
        Given, Reader, Writer,
        answer::{self, Programs as _},
        as_variant, event, is_lost, items, number, object, option, parse, part, plain, text, truth, tuple, unknown, variant,
    },
};

/// The version of the document. One that a reader does not know is refused.
const VERSION: u32 = 1;

/// A machine that is written down. Its text is one JSON object without line ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Written(Value);

/// Secrets to ask for: their names, and the path of the workflow that declares them.
pub type Names = (Vec<Arc<str>>, Arc<str>);

/// What is needed to make a machine again.
pub struct Restore<'a> {
    /// Makes the programs; [`from_text`] does.
    pub load: Load<'a>,
    /// Finds the values of secrets; see [`Written::secrets`].
    pub secrets: &'a mut dyn FnMut(&Names) -> Result<Vec<Value>, String>,
}

impl std::fmt::Display for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Written {
    /// Reads a text.
    ///
    /// # Errors
    /// It is not JSON, or not of a machine, or of a version that this one does not know.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let document = parse(text)?;
        if document.member("machine").is_none() {
            return Err(Wrong::new("this is not a machine that was written down: it has no member `machine`"));
        }
        let version: u32 = part(&document, "machine", number::read)?;
        if version != VERSION {
            return Err(Wrong::new(format!("this machine is of version {version}; this flowdbg reads version {VERSION}")));
        }
        Ok(Self(document))
    }

    /// The secrets that it needs, in the order in which they are asked for.
    ///
    /// # Errors
    /// The document is damaged.
    pub fn secrets(&self) -> Result<Vec<Names>, Wrong> {
        part(&self.0, "secrets", |all| {
            items(all, |of| {
                let names = part(of, "names", |names| items(names, plain))?;
                Ok((names.into_iter().map(Arc::from).collect(), part(of, "from", plain)?.into()))
            })
        })
    }
}

/// What is being written.
struct Down {
    writer: Writer,
    programs: Vec<Arc<Program>>,
    runs: Vec<Arc<WorkflowRun>>,
}

/// What is being read.
struct Up {
    reader: Reader,
    programs: Vec<Arc<Program>>,
    runs: Vec<Arc<WorkflowRun>>,
}

impl Machine {
    /// Writes the machine down. It may be at any point between two calls.
    ///
    /// # Errors
    /// Some data is nested more deeply than documents are.
    pub fn write_down(&self) -> Result<Written, Wrong> {
        let secrets = self.known_secrets();
        match self.without_tokens(&secrets) {
            Some(machine) => machine.write_as_it_is(&secrets),
            None => self.write_as_it_is(&secrets),
        }
    }

    fn write_as_it_is(&self, secrets: &Secrets) -> Result<Written, Wrong> {
        let writer = Writer::whole(secrets.iter().map(|(_, secrets)| secrets), &self.mask);
        let mut down = Down { writer, programs: vec![self.root.program.clone()], runs: vec![self.root.clone()] };
        // The first time only counts where each value stands.
        drop(down.members(self));
        down.writer.counted();
        let members = down.members(self);
        if down.writer.too_deep {
            return Err(Wrong::new("the execution holds data that is nested too deeply to be written down"));
        }
        let head = [
            ("machine", number::write(VERSION)),
            ("by", value::string(concat!("flowdbg ", env!("CARGO_PKG_VERSION")))),
            ("texts", down.programs.iter().map(|program| value::object(text::write(program))).collect()),
            ("secrets", names(secrets)),
            ("values", down.writer.into_shared().into_iter().collect()),
        ];
        Ok(Written(value::object(head.into_iter().chain(members))))
    }

    /// Makes the machine again that was written down. What it waits for is in [`Self::pending`].
    ///
    /// # Errors
    /// The document is damaged, or a text or a secret is not what it was or cannot be had.
    pub fn restore(written: &Written, restore: Restore<'_>) -> Result<Self, Wrong> {
        let document = &written.0;
        let programs = part(document, "texts", |texts| items(texts, |text| text::read(text, &mut *restore.load)))?;
        let (secrets, mask) = ask(document, &written.secrets()?, restore.secrets)?;
        let given = Given(secrets.iter().map(|(_, secrets)| secrets.clone()).collect());
        let mut up = Up { reader: Reader::new(given), programs, runs: Vec::new() };
        part(document, "values", |values| up.reader.share(values))?;
        up.runs = part(document, "runs", |runs| items(runs, |run| up.run(run)))?;
        up.machine(document, secrets, mask)
    }

    /// The secrets that were found out, also those that the workflow has not taken yet.
    fn known_secrets(&self) -> Secrets {
        let mut known = self.secrets.clone();
        for branch in self.branches.values() {
            if let (Some(Answer::Secrets(Ok(values))), Some(frame)) = (&branch.answer, branch.frames.last()) {
                let names = frame.program().workflow.secrets.iter().map(|name| name.to_string());
                known.keep(frame.program(), value::object(names.zip(values.iter().cloned())));
            }
        }
        known
    }

    /// The effects whose answers it waits for, in the order in which it asked; without those that
    /// the next advance brings.
    pub fn pending(&self) -> impl Iterator<Item = &Effect> {
        let to_come = |effect: &Effect| self.out.effects.iter().any(|other| other.id == effect.id);
        self.pending.values().map(|pending| &pending.effect).filter(move |effect| !to_come(effect))
    }
}

/// Who has which secrets, without their values.
fn names(secrets: &Secrets) -> Value {
    let of = |(key, values): (&Arc<str>, &Value)| {
        let from = key.rsplit_once(' ').map_or(&**key, |(path, _)| path);
        let names: Value = match values {
            Value::Obj(members) => members.keys().cloned().collect(),
            _ => Value::Arr(Arc::default()),
        };
        value::object([("of", value::string(&**key)), ("from", value::string(from)), ("names", names)])
    };
    secrets.iter().map(of).collect()
}

/// Asks for the secrets again.
fn ask(document: &Value, wanted: &[Names], find: &mut dyn FnMut(&Names) -> Result<Vec<Value>, String>) -> Result<(Secrets, Mask), Wrong> {
    let (mut secrets, mut mask) = (Secrets::default(), Mask::default());
    let keys = part(document, "secrets", |all| items(all, |of| part(of, "of", plain)))?;
    for (at, (key, names)) in keys.into_iter().zip(wanted).enumerate() {
        let values = find(names)
            .and_then(|values| if values.len() == names.0.len() { Ok(values) } else { Err("not all of them were found".to_owned()) });
        let values = values.map_err(|why| {
            let names: Vec<_> = names.0.iter().map(|name| format!("`{name}`")).collect();
            Wrong::new(format!("the secrets {} are needed again: {why}", names.join(", "))).within(at).within("secrets")
        })?;
        values.iter().for_each(|secret| mask.hide(secret));
        secrets.keep_as(key.into(), value::object(names.0.iter().map(|name| name.to_string()).zip(values)));
    }
    Ok((secrets, mask))
}

/// Whether a document is of a secret as it is, which is hidden as soon as it is known again.
fn is_a_secret(document: &Value) -> bool {
    matches!(document.member("$secret"), Some(Value::Arr(pieces)) if pieces.len() == 1 && pieces[0].member("of").is_some())
}

impl Down {
    fn value(&mut self, value: &Value) -> Value {
        self.writer.value(value)
    }

    fn run(&mut self, run: &Arc<WorkflowRun>) -> Value {
        let at = self.runs.iter().position(|known| Arc::ptr_eq(known, run)).unwrap_or_else(|| {
            self.runs.push(run.clone());
            self.runs.len() - 1
        });
        number::write(at as u64)
    }

    fn members(&mut self, machine: &Machine) -> Vec<(&'static str, Value)> {
        // What the mask hides beside the secrets, as far as it follows from them.
        let (data, more): (Vec<&String>, Vec<&String>) = machine.mask.texts().partition(|text| machine.mask.is_data(text));
        let hidden_data: Value = data.into_iter().map(|text| self.writer.text(text)).collect();
        let hidden = more.into_iter().map(|text| self.writer.text(text)).filter(|text| !is_a_secret(text) && !is_lost(text));
        let hidden: Value = hidden.collect();
        let functions = machine.functions.iter().map(|(address, program)| -> Value {
            [self.writer.text(address), number::write(self.programs.index(program) as u64)].into_iter().collect()
        });
        let functions = functions.collect();
        let exchanges = machine.exchanges.iter().map(|(effect, exchange)| self.under_way(*effect, exchange)).collect();
        let branches = machine.branches.values().map(|branch| self.branch(branch)).collect();
        let pending = machine.pending.values().map(|pending| self.pending(pending)).collect();
        let inbox = machine.inbox.iter().map(|delivery| self.delivery(delivery)).collect();
        let documents = machine
            .documents
            .iter()
            .map(|(address, document)| -> Value { [self.writer.text(address), self.writer.value(document)].into_iter().collect() });
        let documents = documents.collect();
        let outcome = machine.outcome.as_ref().map(|outcome| self.outcome(outcome));
        let out = (!machine.out.effects.is_empty() || !machine.out.events.is_empty()).then(|| self.output(&machine.out));
        // Last, as the others find the runs.
        let runs: Vec<Arc<WorkflowRun>> = self.runs.clone();
        let runs = runs.iter().map(|run| self.workflow_run(run)).collect();
        let members = [
            ("id", Some(value::string(&*machine.id))),
            ("seed", Some(number::write(machine.seed))),
            ("draws", Some(number::write(machine.draws))),
            ("now", Some(number::write(machine.now.0))),
            ("counts", Some(told::counts(machine.counts))),
            ("nextBranch", Some(number::write(machine.next_branch))),
            ("nextEffect", Some(number::write(machine.next_effect))),
            ("nextRun", Some(number::write(machine.next_run))),
            ("nextDelivery", Some(number::write(machine.next_delivery))),
            ("runs", Some(runs)),
            ("branches", Some(branches)),
            ("ready", Some(machine.ready.iter().map(|id| number::write(id.0)).collect())),
            ("pending", Some(pending)),
            ("inbox", Some(inbox)),
            ("documents", Some(documents)),
            ("functions", Some(functions)),
            ("exchanges", Some(exchanges)),
            ("details", Some(event::details(machine.details))),
            ("suspended", Some(Value::Bool(machine.suspended))),
            ("waits", Some(Value::Bool(machine.waits))),
            ("unknowns", Some(Value::Bool(machine.unknowns))),
            ("tainted", Some(Value::Bool(machine.tainted))),
            ("hidden", Some(hidden)),
            ("hiddenData", Some(hidden_data)),
            ("outcome", outcome),
            ("announced", Some(Value::Bool(machine.announced))),
            ("out", out),
        ];
        members.into_iter().filter_map(|(key, member)| Some((key, member?))).collect()
    }

    fn workflow_run(&mut self, run: &WorkflowRun) -> Value {
        value::object([
            ("text", number::write(self.programs.index(&run.program) as u64)),
            ("id", value::string(&*run.id)),
            ("input", self.writer.value(&run.input)),
            ("startedAt", number::write(run.started_at.0)),
        ])
    }

    fn delivery(&mut self, delivery: &Delivery) -> Value {
        value::object([
            ("number", number::write(delivery.number)),
            ("event", self.writer.value(&delivery.event)),
            ("taken", Value::Bool(delivery.taken)),
        ])
    }

    fn outcome(&mut self, outcome: &Outcome) -> Value {
        match outcome {
            Outcome::Completed(output) => variant("completed", self.writer.value(output)),
            Outcome::Faulted(fault) => variant("faulted", self.fault(fault)),
            Outcome::Cancelled => value::string("cancelled"),
        }
    }

    fn output(&mut self, out: &Output) -> Value {
        let effects = out.effects.iter().map(|effect| self.effect(effect)).collect();
        let events = out.events.iter().map(|fact| value::object(event::write(&mut self.writer, &mut self.programs, fact))).collect();
        value::object([("effects", effects), ("events", events)])
    }
}

impl Up {
    fn value(&self, document: &Value) -> Result<Value, Wrong> {
        self.reader.value(document)
    }

    fn run(&self, document: &Value) -> Result<Arc<WorkflowRun>, Wrong> {
        Ok(Arc::new(WorkflowRun {
            program: part(document, "text", |index| answer::program(&self.programs, index))?,
            id: part(document, "id", plain)?.into(),
            input: part(document, "input", |input| self.value(input))?,
            started_at: Timestamp(part(document, "startedAt", number::read)?),
        }))
    }

    fn known_run(&self, document: &Value) -> Result<Arc<WorkflowRun>, Wrong> {
        let at: usize = number::read(document)?;
        self.runs.get(at).cloned().ok_or_else(|| Wrong::new(format!("there is no run {at} of a workflow")))
    }

    fn machine(&self, document: &Value, secrets: Secrets, mut mask: Mask) -> Result<Machine, Wrong> {
        let hidden = part(document, "hidden", |all| items(all, |text| self.reader.text(text)))?;
        hidden.iter().for_each(|text| mask.hide(&value::string(text.as_str())));
        let data = part(document, "hiddenData", |all| items(all, |text| self.reader.text(text)))?;
        data.iter().for_each(|text| mask.put_back(text));
        let branches = part(document, "branches", |all| items(all, |branch| self.branch(branch)))?;
        let branches: BTreeMap<_, _> = branches.into_iter().map(|branch| (branch.id, Box::new(branch))).collect();
        // A branch is made by an older one: what follows parents or children comes to an end.
        for branch in branches.values() {
            let older = |parent: BranchId| parent < branch.id && branches.contains_key(&parent);
            if branch.parent.is_some_and(|parent| !older(parent)) || branch.children().any(|child| child <= branch.id) {
                let why = format!("branch {} stands in the wrong place among the others", branch.id.0);
                return Err(Wrong::new(why).within("branches"));
            }
        }
        let ready = part(document, "ready", |ready| items(ready, |id| Ok(BranchId(number::read(id)?))))?;
        if let Some(id) = ready.iter().find(|id| !branches.contains_key(id)) {
            return Err(Wrong::new(format!("there is no branch {}", id.0)).within("ready"));
        }
        let pending = part(document, "pending", |all| items(all, |pending| self.pending(pending)))?;
        let next_branch: u32 = part(document, "nextBranch", number::read)?;
        if branches.keys().any(|id| id.0 >= next_branch) {
            return Err(Wrong::new("there is such a branch already").within("nextBranch"));
        }
        let next_effect: u64 = part(document, "nextEffect", number::read)?;
        if pending.iter().any(|pending| pending.effect.id.0 >= next_effect) {
            return Err(Wrong::new("there is such an effect already").within("nextEffect"));
        }
        let id: Arc<str> = part(document, "id", plain)?.into();
        Ok(Machine {
            seed: part(document, "seed", number::read)?,
            draws: part(document, "draws", number::read)?,
            now: Timestamp(part(document, "now", number::read)?),
            counts: part(document, "counts", told::read_counts)?,
            root: self.runs.first().cloned().ok_or_else(|| Wrong::new("there must be at least one").within("runs"))?,
            branches,
            ready: ready.into(),
            next_branch,
            next_effect,
            next_run: part(document, "nextRun", number::read)?,
            next_delivery: part(document, "nextDelivery", number::read)?,
            pending: pending.into_iter().map(|pending| (pending.effect.id, Box::new(pending))).collect(),
            inbox: part(document, "inbox", |all| items(all, |delivery| self.delivery(delivery)))?.into(),
            documents: part(document, "documents", |all| items(all, |pair| self.document(pair)))?.into_iter().collect(),
            functions: part(document, "functions", |all| items(all, |pair| self.function(pair)))?.into_iter().collect(),
            // Those are asked for again.
            credentials: Credentials::default(),
            exchanges: part(document, "exchanges", |all| items(all, |exchange| self.under_way(exchange)))?.into_iter().collect(),
            details: part(document, "details", event::read_details)?,
            suspended: part(document, "suspended", truth)?,
            waits: part(document, "waits", truth)?,
            unknowns: part(document, "unknowns", truth)?,
            tainted: part(document, "tainted", truth)?,
            outcome: option(document, "outcome", |outcome| self.outcome(outcome))?,
            announced: part(document, "announced", truth)?,
            out: option(document, "out", |out| self.output(out))?.unwrap_or_default(),
            secrets,
            mask,
            id,
        })
    }

    fn document(&self, document: &Value) -> Result<(Arc<str>, Value), Wrong> {
        let [address, whole] = tuple(document)?;
        Ok((self.reader.text(address)?.into(), self.value(whole)?))
    }

    fn function(&self, document: &Value) -> Result<(Arc<str>, Arc<Program>), Wrong> {
        let [address, index] = tuple(document)?;
        Ok((self.reader.text(address)?.into(), answer::program(&self.programs, index)?))
    }

    fn delivery(&self, document: &Value) -> Result<Delivery, Wrong> {
        Ok(Delivery {
            number: part(document, "number", number::read)?,
            event: part(document, "event", |event| self.value(event))?,
            taken: part(document, "taken", truth)?,
        })
    }

    fn outcome(&self, document: &Value) -> Result<Outcome, Wrong> {
        if document.as_text().as_deref() == Some("cancelled") {
            return Ok(Outcome::Cancelled);
        }
        let (name, inner) = as_variant(document)?;
        match name.as_str() {
            "completed" => self.value(inner).map(Outcome::Completed),
            "faulted" => self.fault(inner).map(Outcome::Faulted),
            other => Err(unknown("outcome", other)),
        }
    }

    fn output(&self, document: &Value) -> Result<Output, Wrong> {
        Ok(Output {
            effects: part(document, "effects", |all| items(all, |asked| self.effect(asked)))?,
            events: part(document, "events", |all| items(all, |fact| event::read(&self.reader, &self.programs, fact)))?,
            // Only an advance brings these, and it gives them to its caller.
            held_back: Vec::new(),
        })
    }

    fn fault(&self, document: &Value) -> Result<Fault, Wrong> {
        Ok(Fault {
            error: part(document, "error", |error| self.value(error))?,
            origin: option(document, "origin", |origin| self.origin(origin))?,
        })
    }
}

impl Down {
    fn fault(&mut self, fault: &Fault) -> Value {
        let origin = fault.origin.as_ref().map(|origin| self.origin(origin));
        object([("error", Some(self.writer.value(&fault.error))), ("origin", origin)])
    }
}
