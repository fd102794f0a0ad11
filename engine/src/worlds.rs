//! Worlds: who performs the effects of an execution.

pub mod local;

use std::{future::Future, pin::Pin, sync::Arc};

use crate::{
    effect::{Answer, Effect, EffectId, EffectKind},
    machine::ROOT,
};

/// An answer that is on its way. Dropping it stops the work.
pub type Performing = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// What a world is asked to do, and for whom.
#[derive(Clone, Debug)]
pub struct Request {
    /// The execution that asks.
    pub execution: Arc<str>,
    /// What to do, with the branch and the task that wait for it.
    pub effect: Effect,
}

impl Request {
    /// Something that no execution waits for: a watch expression of a debugger.
    #[must_use]
    pub fn aside(kind: EffectKind) -> Self {
        let effect = Effect { id: EffectId(0), branch: ROOT, reference: Arc::from(""), kind };
        Self { execution: Arc::from(""), effect }
    }
}

/// Performs effects. Sleeping, publishing and cancelling are the driver's own business.
pub trait World: Send + Sync + 'static {
    /// Performs one effect.
    fn perform(&self, request: Request) -> Performing;

    /// Milliseconds since the Unix epoch, when an execution begins.
    fn wall_clock(&self) -> i64;

    /// A number that nobody can guess, to seed an execution's random choices.
    fn seed(&self) -> u64;
}
