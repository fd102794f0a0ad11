//! Effects that are waited for, with who waits, in the document of a machine.

use flowdbg_lang::value::{self, Value};

use super::{Down, Up};
use crate::{
    effect::{Effect, EffectId},
    machine::{
        BranchId,
        answers::{Pending, Waiter},
    },
    written::{Wrong, as_variant, effect, event, number, object, option, part, plain, truth, tuple, unknown, variant},
};

impl Down {
    pub(super) fn pending(&mut self, pending: &Pending) -> Value {
        let waiter = match &pending.waiter {
            Waiter::Body(branch) => variant("body", number::write(branch.0)),
            Waiter::Evaluation(branch) => variant("evaluation", number::write(branch.0)),
            Waiter::Timeout(branch, run) => variant("timeout", [number::write(branch.0), number::write(*run)].into_iter().collect()),
            Waiter::Attempt(branch, run) => variant("attempt", [number::write(branch.0), number::write(*run)].into_iter().collect()),
            Waiter::Subscription(branch, run) => {
                variant("subscription", [number::write(branch.0), number::write(*run)].into_iter().collect())
            }
            Waiter::Detached(branch, run, printed) => {
                let run = run.as_ref().map(|run| event::run(&mut self.programs, run));
                let members = [("branch", Some(number::write(branch.0))), ("run", run), ("printed", Some(Value::Bool(*printed)))];
                variant("detached", object(members))
            }
        };
        value::object([("effect", self.effect(&pending.effect)), ("waits", waiter)])
    }

    pub(super) fn effect(&mut self, asked: &Effect) -> Value {
        value::object([
            ("id", number::write(asked.id.0)),
            ("branch", number::write(asked.branch.0)),
            ("task", value::string(&*asked.reference)),
            ("by", value::string(asked.asked_by)),
            ("confidential", Value::Bool(asked.confidential)),
            ("is", effect::write(&mut self.writer, &asked.kind)),
        ])
    }
}

impl Up {
    pub(super) fn pending(&self, document: &Value) -> Result<Pending, Wrong> {
        let waiter = part(document, "waits", |waits| {
            let (name, inner) = as_variant(waits)?;
            let branch = |document: &Value| Ok::<_, Wrong>(BranchId(number::read(document)?));
            let of_run = || {
                let [id, run] = tuple(inner)?;
                Ok::<_, Wrong>((branch(id)?, number::read(run)?))
            };
            match name.as_str() {
                "body" => Ok(Waiter::Body(branch(inner)?)),
                "evaluation" => Ok(Waiter::Evaluation(branch(inner)?)),
                "timeout" => of_run().map(|(branch, run)| Waiter::Timeout(branch, run)),
                "attempt" => of_run().map(|(branch, run)| Waiter::Attempt(branch, run)),
                "subscription" => of_run().map(|(branch, run)| Waiter::Subscription(branch, run)),
                "detached" => {
                    let run = option(inner, "run", |run| event::read_run(&self.programs, run))?;
                    Ok(Waiter::Detached(part(inner, "branch", branch)?, run, part(inner, "printed", truth)?))
                }
                other => Err(unknown("waiter", other)),
            }
        })?;
        Ok(Pending { effect: part(document, "effect", |asked| self.effect(asked))?, waiter })
    }

    pub(super) fn effect(&self, document: &Value) -> Result<Effect, Wrong> {
        Ok(Effect {
            id: EffectId(part(document, "id", number::read)?),
            branch: BranchId(part(document, "branch", number::read)?),
            reference: part(document, "task", plain)?.into(),
            asked_by: part(document, "by", |kind| self.task_kind(kind))?,
            confidential: part(document, "confidential", truth)?,
            kind: part(document, "is", |kind| effect::read(&self.reader, kind))?,
        })
    }

    /// The name of a kind of task, which one of the workflows must have.
    fn task_kind(&self, document: &Value) -> Result<&'static str, Wrong> {
        let name = plain(document)?;
        if name.is_empty() {
            return Ok("");
        }
        let kinds = self.programs.iter().flat_map(|program| &program.workflow.tasks).map(|task| task.kind.name());
        kinds.into_iter().find(|kind| *kind == name).ok_or_else(|| unknown("kind of a task of these workflows", &name))
    }
}
