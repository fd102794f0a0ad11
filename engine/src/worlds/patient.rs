//! A world for executions whose time is virtual: while something real is under way, the clock of
//! the runtime stands still, so that waits do not run past it.

use std::sync::{Arc, mpsc};

use super::{Performing, Request, World};
use crate::{
    effect::{Answer, Effect},
    replay::{Divergence, Replay},
};

/// Another world, which the clock waits for.
#[derive(Clone)]
pub struct Patient(pub Arc<dyn World>);

impl World for Patient {
    fn perform(&self, request: Request) -> Performing {
        let work = self.0.perform(request);
        Box::pin(async move {
            let held = Hold::new();
            let answer = work.await;
            drop(held);
            answer
        })
    }

    fn intercept(&self, effect: &Effect) -> Option<Answer> {
        self.0.intercept(effect)
    }

    fn wall_clock(&self) -> i64 {
        self.0.wall_clock()
    }

    fn seed(&self) -> u64 {
        self.0.seed()
    }

    fn course(&self) -> Option<Replay> {
        self.0.course()
    }

    fn diverged(&self, divergence: &Divergence) {
        self.0.diverged(divergence);
    }
}

/// A paused runtime does not go on to its next timer while a blocking call is made.
struct Hold(#[expect(dead_code, reason = "that it is gone is the message")] mpsc::Sender<()>);

impl Hold {
    fn new() -> Self {
        let (held, released) = mpsc::channel();
        tokio::task::spawn_blocking(move || {
            // Nothing is ever sent: it ends when the holder is dropped.
            let _: Result<(), _> = released.recv();
        });
        Self(held)
    }
}
