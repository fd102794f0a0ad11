//! The phases of a session, and what to tell who asks for something in the wrong one.

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Connected; nothing said yet.
    New,
    /// `initialize` was answered.
    Initialized,
    /// `launch` is under way.
    Launching,
    /// The execution exists and waits for `configurationDone`.
    Configuring,
    /// The execution was let go: it is at work, suspended at a checkpoint, or waiting.
    Running,
    /// The execution is over.
    Ended,
    /// `disconnect` is under way.
    Leaving,
    /// Nothing more will be said.
    Closed,
}

impl Phase {
    /// Every phase in which a client can send requests, in order.
    pub const ALL: &[Phase] = &[Phase::New, Phase::Initialized, Phase::Launching, Phase::Configuring, Phase::Running, Phase::Ended];

    /// One word for tables.
    pub fn name(self) -> &'static str {
        match self {
            Phase::New => "new",
            Phase::Initialized => "initialized",
            Phase::Launching => "launching",
            Phase::Configuring => "configuring",
            Phase::Running => "running",
            Phase::Ended => "ended",
            Phase::Leaving => "leaving",
            Phase::Closed => "closed",
        }
    }

    /// Why a request is refused in this phase, and what to do about it.
    pub(crate) fn refusal(self) -> &'static str {
        match self {
            Phase::New => "send initialize first",
            Phase::Initialized => "the session is initialized; launch a workflow first",
            Phase::Launching => "the launch is still under way",
            Phase::Configuring => "the execution has not begun; send configurationDone first",
            Phase::Running => "a workflow was already launched in this session",
            Phase::Ended => "the execution is over; start a new session to debug again",
            Phase::Leaving | Phase::Closed => "the session is being disconnected",
        }
    }
}
