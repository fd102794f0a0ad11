//! Worlds: who performs the effects of an execution.

pub mod dry;
pub mod local;
pub mod mock;
pub mod patient;
pub mod recorded;

use std::{future::Future, pin::Pin, sync::Arc};

use tokio::sync::{Semaphore, mpsc};

use crate::{
    effect::{Answer, Effect, EffectId, EffectKind, Message, Stream},
    machine::ROOT,
    replay::{Divergence, Replay},
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
    /// Where the messages of a subscription go, before its answer.
    pub messages: Messages,
}

impl Request {
    /// Something that no execution waits for: a watch expression of a debugger.
    #[must_use]
    pub fn aside(kind: EffectKind) -> Self {
        let effect = Effect { id: EffectId(0), branch: ROOT, reference: Arc::from(""), asked_by: "", confidential: false, kind };
        let (messages, _) = Messages::to(EffectId(0), &mpsc::unbounded_channel().0);
        Self { execution: Arc::from(""), effect, messages }
    }
}

/// Most messages of a subscription that are on their way to the task that reads them. A world
/// that has more waits, and so does whoever sends them where the protocol can tell him.
pub(crate) const MAX_UNREAD: usize = 64;

/// Where the messages of a subscription go.
#[derive(Clone, Debug)]
pub struct Messages {
    effect: EffectId,
    room: Arc<Semaphore>,
    answers: mpsc::UnboundedSender<(EffectId, Box<Answer>)>,
}

impl Messages {
    /// A way for the messages of an effect, and the room in it: a message takes one permit, which
    /// whoever made the way gives back when it is read.
    pub(crate) fn to(effect: EffectId, answers: &mpsc::UnboundedSender<(EffectId, Box<Answer>)>) -> (Self, Arc<Semaphore>) {
        let room = Arc::new(Semaphore::new(MAX_UNREAD));
        (Self { effect, room: room.clone(), answers: answers.clone() }, room)
    }

    /// Hands over what a process has written. The world limits how much that can be.
    pub fn printed(&self, stream: Stream, text: String) {
        // If nobody listens any more, the process is about to be stopped.
        let _ = self.answers.send((self.effect, Box::new(Answer::Printed(stream, text))));
    }

    /// Hands over a message, as soon as there is room for it; false if nobody reads them any more.
    pub async fn send(&self, message: Message) -> bool {
        let Ok(permit) = self.room.acquire().await else { return false };
        permit.forget();
        self.answers.send((self.effect, Box::new(Answer::Message(message)))).is_ok()
    }
}

/// Performs effects. Sleeping, publishing and cancelling are the driver's own business.
pub trait World: Send + Sync + 'static {
    /// Performs one effect.
    fn perform(&self, request: Request) -> Performing;

    /// What is answered to an execution that publishes an event, in place of publishing it; none
    /// to let it be published.
    fn intercept(&self, effect: &Effect) -> Option<Answer> {
        let _ = effect;
        None
    }

    /// Milliseconds since the Unix epoch, when an execution begins.
    fn wall_clock(&self) -> i64;

    /// A number that nobody can guess, to seed an execution's random choices.
    fn seed(&self) -> u64;

    /// The course of an execution that is on record: then everything that comes from outside comes
    /// from it, and nothing is performed.
    fn course(&self) -> Option<Replay> {
        None
    }

    /// Something differs from the course on record.
    fn diverged(&self, _: &Divergence) {}
}
