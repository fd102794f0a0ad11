//! Worlds: who performs the effects of an execution.

pub mod local;

use std::{future::Future, pin::Pin};

use crate::effect::{Answer, EffectKind};

/// An answer that is on its way. Dropping it stops the work.
pub type Performing = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// Performs effects. Sleeping, publishing and cancelling are the driver's own business.
pub trait World: Send + Sync + 'static {
    /// Performs one effect.
    fn perform(&self, effect: EffectKind) -> Performing;

    /// Milliseconds since the Unix epoch, when an execution begins.
    fn wall_clock(&self) -> i64;

    /// A number that nobody can guess, to seed an execution's random choices.
    fn seed(&self) -> u64;
}
