//! The world of a scenario: what is asked for is answered by its mocks.
//!
//! What no mock fits is refused, with the mock that would fit, or done for real if the scenario
//! says so. Expressions are always evaluated for real, and sub-workflows and documents are read
//! from disk: that has no effect on anybody.

mod answer;
mod asked;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use flowdbg_lang::value::Value;
use tokio::sync::mpsc;

pub(crate) use self::answer::made_up;
pub(crate) use self::asked::Asked;
use super::{Performing, Request, World, patient::Patient};
use crate::{
    effect::{Answer, Effect, EffectKind},
    fault::{Fault, Kind},
    scenario::{MockAnswer, Says, Scenario},
};

/// The world.
#[derive(Clone)]
pub struct Mock(Arc<Inner>);

struct Inner {
    scenario: Arc<Scenario>,
    real: Arc<dyn World>,
    record: Mutex<Record>,
    deliveries: mpsc::UnboundedSender<(u64, Value)>,
}

/// What the world did.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Answers that were made up, in their order.
    pub uses: Vec<Use>,
    /// What no mock fitted, and what would: for a person.
    pub refused: Vec<String>,
    /// Events that the execution published.
    pub emitted: Vec<Value>,
    /// How often each mock was used.
    pub counts: Vec<u64>,
}

/// An answer that was made up.
#[derive(Clone, Debug)]
pub struct Use {
    /// Index of the mock.
    pub mock: usize,
    /// Index of its answer.
    pub answer: usize,
    /// Reference of the task that asked.
    pub reference: Arc<str>,
    /// What it asked for, in one line.
    pub line: String,
}

/// A mock that fits.
pub(crate) struct Found<'s> {
    pub(crate) mock: usize,
    pub(crate) answer: &'s MockAnswer,
    /// What is asked, as the answer's expressions see it.
    pub(crate) view: Value,
}

impl Mock {
    /// The world of a scenario. What the scenario does not answer may be asked of the real one.
    /// Events that mocks cause come out of the receiver, with the milliseconds until they are due.
    #[must_use]
    pub fn new(scenario: Arc<Scenario>, real: Arc<dyn World>) -> (Self, mpsc::UnboundedReceiver<(u64, Value)>) {
        let (deliveries, due) = mpsc::unbounded_channel();
        let real = if scenario.is_virtual { Arc::new(Patient(real)) } else { real };
        let record = Mutex::new(Record { counts: vec![0; scenario.mocks.len()], ..Record::default() });
        (Self(Arc::new(Inner { scenario, real, record, deliveries })), due)
    }

    /// What it did so far.
    #[must_use]
    pub fn record(&self) -> Record {
        self.0.record(|record| record.clone())
    }
}

impl Inner {
    fn record<R>(&self, look: impl FnOnce(&mut Record) -> R) -> R {
        look(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The mock that answers, which then counts as used.
    fn take(&self, asked: &Asked) -> Option<Found<'_>> {
        self.record(|record| {
            let found = find(&self.scenario, &record.counts, asked)?;
            let answer = usize::try_from(record.counts[found.mock]).unwrap_or(usize::MAX);
            record.counts[found.mock] += 1;
            let answer = answer.min(self.scenario.mocks[found.mock].answers.len().saturating_sub(1));
            let real = matches!(found.answer.says, Some(Says::Real));
            if !real {
                let (reference, line) = (asked.reference.clone(), asked.line.clone());
                record.uses.push(Use { mock: found.mock, answer, reference, line });
            }
            Some(found)
        })
    }

    async fn answer(&self, request: Request) -> Answer {
        let effect = &request.effect;
        let Some(asked) = Asked::of(effect) else { return self.other(request).await };
        let Some(found) = self.take(&asked) else {
            return if self.scenario.others_are_real || asked.is_harmless { self.real.perform(request).await } else { self.refuse(&asked) };
        };
        let answer = match &found.answer.says {
            Some(Says::Real) => None,
            says => Some(made_up(&self.scenario, &effect.kind, says.as_ref(), &found)),
        };
        self.follow_up(&found);
        tokio::time::sleep(Duration::from_millis(found.answer.delay)).await;
        if matches!(effect.kind, EffectKind::Subscribe(_)) {
            for (after, message) in answer::messages(found.answer.says.as_ref(), &found.view) {
                tokio::time::sleep(Duration::from_millis(after)).await;
                if !request.messages.send(message).await {
                    break;
                }
            }
            if matches!(found.answer.says, Some(Says::Messages { open: true, .. })) {
                return std::future::pending().await;
            }
        }
        match answer {
            Some(answer) => answer,
            None => self.real.perform(request).await,
        }
    }

    /// What is not for mocks.
    async fn other(&self, request: Request) -> Answer {
        match &request.effect.kind {
            EffectKind::Secrets { names, .. } => {
                let known =
                    |name: &Arc<str>| self.scenario.secrets.iter().find(|(known, _)| known == name).map(|(_, secret)| secret.clone());
                let found: Option<Vec<Value>> = names.iter().map(known).collect();
                match found {
                    Some(found) => Answer::Secrets(Ok(found)),
                    None if self.scenario.others_are_real => self.real.perform(request).await,
                    None => {
                        let missing: Vec<String> =
                            names.iter().filter(|name| known(name).is_none()).map(|name| format!("`{name}`")).collect();
                        let file = self.scenario.source.path();
                        Answer::Secrets(Err(format!("the scenario has no secret {}; add it under `secrets` in {file}", missing.join(", "))))
                    }
                }
            }
            _ => self.real.perform(request).await,
        }
    }

    fn refuse(&self, asked: &Asked) -> Answer {
        let message = format!("no mock fits {} of {}; {}", asked.line, asked.place(), asked.proposal(self.scenario.source.path()));
        self.record(|record| record.refused.push(message.clone()));
        Answer::Failed(Fault::new(Kind::Configuration, message).error)
    }

    /// Sends the events that an answer causes on their way.
    fn follow_up(&self, found: &Found<'_>) {
        for delivery in &found.answer.events {
            if let Ok(event) = delivery.event.evaluate(&found.view, &flowdbg_lang::form::NoVariables) {
                // If nobody takes them, the execution is over.
                let _ = self.deliveries.send((found.answer.delay.saturating_add(delivery.after), event));
            }
        }
    }
}

/// The first mock that fits and is not used up.
pub(crate) fn find<'s>(scenario: &'s Scenario, counts: &[u64], asked: &Asked) -> Option<Found<'s>> {
    scenario.mocks.iter().enumerate().zip(counts).find_map(|((mock, row), count)| {
        let used = usize::try_from(*count).unwrap_or(usize::MAX);
        if row.ends && used >= row.answers.len() {
            return None;
        }
        let view = asked.fits(row, *count)?;
        let answer = row.answers.get(used.min(row.answers.len().saturating_sub(1)))?;
        Some(Found { mock, answer, view })
    })
}

impl World for Mock {
    fn perform(&self, request: Request) -> Performing {
        let world = self.0.clone();
        Box::pin(async move { world.answer(request).await })
    }

    fn intercept(&self, effect: &Effect) -> Option<Answer> {
        let asked = Asked::of(effect)?;
        let EffectKind::Emit(event) = &effect.kind else { return None };
        self.0.record(|record| record.emitted.push(event.clone()));
        let found = self.0.take(&asked)?;
        self.0.follow_up(&found);
        match &found.answer.says {
            None | Some(Says::Real) => None,
            says => Some(made_up(&self.0.scenario, &effect.kind, says.as_ref(), &found)),
        }
    }

    fn wall_clock(&self) -> i64 {
        self.0.scenario.clock.0
    }

    fn seed(&self) -> u64 {
        self.0.scenario.seed
    }
}
