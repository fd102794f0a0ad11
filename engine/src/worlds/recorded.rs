//! The world of a recording: everything that comes from outside is what came then.
//!
//! A driver takes the whole course from it ([`World::course`]): answers, events, timers and their
//! order, so that nothing is performed, nothing is waited for, and two executions of the same
//! recording are the same. What differs is kept, see [`Recorded::divergences`].

use std::sync::{Arc, Mutex, PoisonError};

use super::{Performing, Request, World};
use crate::{
    effect::{Answer, EffectKind},
    journal::{Ask, Journal},
    mask::Mask,
    recording::Recording,
    replay::{self, Divergence, DivergenceKind, Replay},
};

/// The world of a recording.
pub struct Recorded {
    journal: Arc<Journal>,
    complete: bool,
    /// Evaluates what a debugger asks for, which is not in the recording.
    aside: Option<Arc<dyn World>>,
    divergences: Arc<Mutex<Vec<Divergence>>>,
}

impl Recorded {
    /// The world of a recording. `aside` evaluates the expressions of whoever looks at it.
    #[must_use]
    pub fn new(recording: &Recording, aside: Option<Arc<dyn World>>) -> Self {
        Self { complete: recording.ended.is_some(), ..Self::of_journal(recording.journal.clone(), aside) }
    }

    /// The world of a journal that was kept in memory, and that may end anywhere.
    #[must_use]
    pub fn of_journal(journal: Arc<Journal>, aside: Option<Arc<dyn World>>) -> Self {
        Self { journal, complete: false, aside, divergences: Arc::default() }
    }

    /// What differed so far from what was recorded.
    #[must_use]
    pub fn divergences(&self) -> Vec<Divergence> {
        self.divergences.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl World for Recorded {
    /// Answers as it was answered then. What was never answered is not answered now.
    fn perform(&self, request: Request) -> Performing {
        let effect = request.effect.clone();
        if request.execution.is_empty() {
            return match (&self.aside, effect.kind) {
                (Some(world), _) => world.perform(request),
                (None, EffectKind::Evaluate(_)) => {
                    let why = "the expression may never end, and a recording has no worker process to evaluate it in".to_owned();
                    Box::pin(std::future::ready(Answer::Evaluated(Err(why))))
                }
                (None, _) => Box::pin(std::future::pending()),
            };
        }
        let recorded = self.journal.asks.iter().find(|ask| ask.effect == effect.id);
        if let Some(now) = Ask::of(&effect, &Mask::default()) {
            let differs = recorded.is_none_or(|then| !replay::agrees(&then.what, &now.what));
            if differs {
                self.diverged(&Divergence::of(recorded, &now));
            }
        }
        let mut answers = replay::answers_to(&self.journal, effect.id);
        Box::pin(async move {
            let last = answers.pop_if(|answer| !matches!(answer, Answer::Message(_) | Answer::Printed(..)));
            for answer in answers {
                let is_read = match answer {
                    Answer::Message(message) => request.messages.send(message).await,
                    Answer::Printed(stream, text) => {
                        request.messages.printed(stream, text);
                        true
                    }
                    _ => true,
                };
                if !is_read {
                    break;
                }
            }
            match last {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        })
    }

    fn wall_clock(&self) -> i64 {
        self.journal.began.0
    }

    fn seed(&self) -> u64 {
        self.journal.seed
    }

    fn course(&self) -> Option<Replay> {
        Some(Replay::new(self.journal.clone(), self.complete))
    }

    fn diverged(&self, divergence: &Divergence) {
        self.divergences.lock().unwrap_or_else(PoisonError::into_inner).push(divergence.clone());
    }
}

impl Divergence {
    /// Something that is asked for now, and what was asked for in its place.
    fn of(recorded: Option<&Ask>, now: &Ask) -> Self {
        let kind = if recorded.is_some() { DivergenceKind::Effect } else { DivergenceKind::Unrecorded };
        let expected = recorded.map(|ask| replay::shown(&ask.what)).unwrap_or_default();
        let (branch, reference, came) = (now.branch, now.reference.clone(), replay::shown(&now.what));
        Self { kind, branch, reference, place: None, expected, came }
    }
}
