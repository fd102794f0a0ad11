//! The world of a page: HTTP requests wait for the page to answer them, all else is real.

use flowdbg_engine::{
    effect::{Answer, EffectKind, HttpRequest, HttpResponse},
    worlds::{
        Performing, Request, World,
        local::{Local, Options},
    },
};
use tokio::sync::{mpsc, oneshot};

/// A request that waits for its answer.
pub(crate) struct Pending {
    /// What was asked.
    pub(crate) request: HttpRequest,
    /// Where the answer goes.
    pub(crate) answer: oneshot::Sender<HttpResponse>,
}

/// The world.
pub(crate) struct Scripted {
    real: Local,
    pending: mpsc::UnboundedSender<Pending>,
}

impl Scripted {
    /// A world, and the requests that it is asked to make.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Pending>) {
        let (pending, requests) = mpsc::unbounded_channel();
        let options = Options::new(flowdbg_server::load::loader());
        (Self { real: Local::new(options), pending }, requests)
    }
}

impl World for Scripted {
    fn perform(&self, asked: Request) -> Performing {
        let EffectKind::Http(request) = asked.effect.kind else { return self.real.perform(asked) };
        let pending = self.pending.clone();
        Box::pin(async move {
            let (answer, response) = oneshot::channel();
            let sent = pending.send(Pending { request, answer });
            match (sent, response.await) {
                (Ok(()), Ok(response)) => Answer::Http(Ok(response)),
                _ => Answer::Http(Err("the page is over".to_owned())),
            }
        })
    }

    fn wall_clock(&self) -> i64 {
        1_800_000_000_000
    }

    fn seed(&self) -> u64 {
        1
    }
}
