//! The session: what is known of one client, and what is under way.
//!
//! The laws that hold whatever comes in are kept here, not in the requests:
//! - every request gets exactly one reply;
//! - what the host says while a request that lets the execution move is under way is told after
//!   the reply to it, so no `stopped` overtakes the reply to its `next`;
//! - requests that come while `launch` is under way wait for its end, unless they can be served;
//! - after `terminated` there is nothing but replies;
//! - the commands of one `handle` are in order, and the shell performs them one after another.

use std::collections::{BTreeMap, VecDeque};

use flowdbg_protocol::{
    control::{Call, Cancel, ControlError, Notice, OfExecution},
    dap::{Incoming, Message, ReadError, Request, types},
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    breakpoints::Breakpoints,
    client::Client,
    error::Error,
    handles::{Frames, Handles, Values},
    next::{Next, Outcome, Then, params_of},
    phase::Phase,
    requests::{self, Effect},
};

/// What comes in.
#[derive(Debug)]
pub enum Inbox {
    /// A message from the client.
    Client(Incoming),
    /// A frame from the client that holds no message.
    ClientGarbage(ReadError),
    /// The client closed the connection, or what it sends cannot be framed any more.
    ClientGone,
    /// The engine host answered a command.
    Answer {
        /// Id of the [`Outbox::Command`].
        id: u64,
        /// Its result.
        result: Result<Value, ControlError>,
    },
    /// The engine host said something about the watched execution.
    Notice(Notice),
    /// The engine host is gone; nothing that waits for it will be answered.
    Lost {
        /// Why, for a person.
        reason: String,
    },
}

impl Inbox {
    /// Reads the body of a frame from the client.
    pub fn from_frame(body: &[u8]) -> Inbox {
        match Incoming::read(body) {
            Ok(incoming) => Inbox::Client(incoming),
            Err(error) => Inbox::ClientGarbage(error),
        }
    }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Outbox {
    /// Send this to the client.
    Message(Message),
    /// Make this call to the engine host and bring back the answer.
    Command {
        /// To be repeated in [`Inbox::Answer`].
        id: u64,
        /// Method of the control API.
        method: &'static str,
        /// Its parameters.
        params: Value,
    },
    /// Subscribe to the notices of this execution, before the commands that follow.
    Watch {
        /// The execution.
        execution: String,
    },
    /// Close the connection to the client; the session is over.
    Close,
}

/// One debug client.
#[derive(Debug)]
pub struct Session {
    pub(crate) phase: Phase,
    pub(crate) client: Client,
    /// The execution, once it exists.
    pub(crate) execution: Option<String>,
    /// Launched with `noDebug`: breakpoints are not used.
    pub(crate) no_debug: bool,
    pub(crate) breakpoints: Breakpoints,
    /// The exception filters, if the client chose any.
    pub(crate) filters: Option<Vec<String>>,
    pub(crate) frames: Frames,
    pub(crate) values: Values,
    /// `terminated` was sent.
    pub(crate) terminated: bool,
    seq: i64,
    last_command: u64,
    /// Commands that the host has not answered, in order.
    waiting: BTreeMap<u64, Waiting>,
    /// How many requests are under way that let the execution move.
    moving: usize,
    /// Notices that came meanwhile.
    held: VecDeque<Notice>,
    /// Requests that came while `launch` was under way.
    deferred: VecDeque<Request>,
    /// Why the host is gone, if it is.
    lost: Option<String>,
    /// The client went away while `launch` was under way.
    gone: bool,
    out: Vec<Outbox>,
}

/// What goes on when the host has answered.
struct Waiting {
    /// The request that waits; none if the session asked of its own accord.
    ticket: Option<Ticket>,
    then: Then<Value>,
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Waiting").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}

/// What is needed to answer a request.
#[derive(Clone, Debug)]
struct Ticket {
    seq: i64,
    command: String,
    effect: Effect,
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl Session {
    /// A session with a client that has not said anything yet.
    pub fn new() -> Self {
        Self {
            phase: Phase::New,
            client: Client::default(),
            execution: None,
            no_debug: false,
            breakpoints: Breakpoints::default(),
            filters: None,
            frames: Handles::new("frame"),
            values: Handles::new("variablesReference"),
            terminated: false,
            seq: 0,
            last_command: 0,
            waiting: BTreeMap::new(),
            moving: 0,
            held: VecDeque::new(),
            deferred: VecDeque::new(),
            lost: None,
            gone: false,
            out: Vec::new(),
        }
    }

    /// Where the session stands.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Takes what came in and returns what is to be done, in order.
    pub fn handle(&mut self, inbox: Inbox) -> Vec<Outbox> {
        if self.phase == Phase::Closed {
            return Vec::new();
        }
        match inbox {
            Inbox::Client(Incoming::Request(request)) => self.on_request(request),
            // We ask nothing of clients, so they have nothing to answer.
            Inbox::Client(Incoming::Response { .. } | Incoming::Event) => {}
            Inbox::ClientGarbage(error) => self.on_garbage(error),
            Inbox::ClientGone => self.hang_up(),
            Inbox::Answer { id, result } => self.on_answer(id, result.map_err(Error::from)),
            Inbox::Notice(notice) if self.moving > 0 => self.held.push_back(notice),
            Inbox::Notice(notice) => self.on_notice(notice),
            Inbox::Lost { reason } => self.on_lost(reason),
        }
        if self.gone {
            self.hang_up();
        }
        self.catch_up();
        std::mem::take(&mut self.out)
    }

    /// Does what waited: first the requests for the end of `launch`, then the notices for the
    /// end of what lets the execution move.
    fn catch_up(&mut self) {
        while !matches!(self.phase, Phase::Launching | Phase::Closed) {
            let Some(request) = self.deferred.pop_front() else { break };
            self.on_request(request);
        }
        while self.moving == 0 {
            let Some(notice) = self.held.pop_front() else { break };
            self.on_notice(notice);
        }
    }

    fn on_request(&mut self, request: Request) {
        let row = requests::find(&request.command);
        let served_now = row.is_some_and(|row| row.when.contains(&self.phase));
        if self.phase == Phase::Launching && row.is_some() && !served_now {
            self.deferred.push_back(request);
            return;
        }
        let ticket = Ticket { seq: request.seq, command: request.command.clone(), effect: row.map_or(Effect::Reads, |row| row.effect) };
        if ticket.effect == Effect::Moves {
            self.moving += 1;
        }
        let command = request.command.clone();
        let outcome = match row {
            Some(row) if served_now => (row.run)(self, &request),
            Some(_) => Err(Error::WrongPhase { command, phase: self.phase }),
            None if types::COMMANDS.contains(&command.as_str()) => Err(Error::NotServed { command }),
            None => Err(Error::UnknownCommand { command }),
        };
        self.go_on(Some(ticket), outcome);
    }

    fn on_garbage(&mut self, error: ReadError) {
        let problem = error.problem;
        if let Some(seq) = error.seq {
            let command = error.command.unwrap_or_default();
            let ticket = Ticket { seq, command, effect: Effect::Reads };
            self.go_on(Some(ticket), Err(Error::Message { problem }));
        } else if self.phase == Phase::New {
            // Whoever speaks here is no debug client, and no event may come before `initialize`.
            self.hang_up();
        } else {
            self.print(types::output_event_category::IMPORTANT, format!("flowdbg: {problem}\n"));
        }
    }

    fn on_answer(&mut self, id: u64, answer: Result<Value, Error>) {
        // The client may have cancelled what waited for this answer.
        if let Some(Waiting { ticket, then }) = self.waiting.remove(&id) {
            let outcome = then(self, answer);
            self.go_on(ticket, outcome);
        }
    }

    /// Takes a request to its next step.
    fn go_on(&mut self, ticket: Option<Ticket>, mut outcome: Outcome<Value>) {
        loop {
            match (outcome, &self.lost) {
                (Ok(Next::Ask { then, .. }), Some(reason)) => {
                    let lost = Error::HostLost { reason: reason.clone() };
                    outcome = then(self, Err(lost));
                }
                (Ok(Next::Ask { method, params, then }), None) => {
                    let id = self.command(method, params);
                    self.waiting.insert(id, Waiting { ticket, then });
                    return;
                }
                (Ok(Next::Reply(body)), _) => return self.finish(ticket, Ok(body)),
                (Err(error), _) => return self.finish(ticket, Err(error)),
            }
        }
    }

    /// Answers a request.
    fn finish(&mut self, ticket: Option<Ticket>, result: Result<Value, Error>) {
        let Some(ticket) = ticket else { return };
        let leaves = ticket.effect == Effect::Leaves && result.is_ok();
        if leaves {
            // What still waits will not be heard any more.
            for (_, waiting) in std::mem::take(&mut self.waiting) {
                self.finish(waiting.ticket, Err(Error::Cancelled));
            }
        }
        let seq = self.next_seq();
        let (message, body) = match &result {
            Ok(Value::Null) => (None, None),
            Ok(body) => (None, Some(body.clone())),
            Err(error) => {
                let body = serde_json::json!({ "error": error.message() });
                (Some(error.short()), Some(body))
            }
        };
        self.out.push(Outbox::Message(Message::Response {
            seq,
            request_seq: ticket.seq,
            success: result.is_ok(),
            command: ticket.command,
            message,
            body,
        }));
        if ticket.effect == Effect::Moves {
            self.moving -= 1;
        }
        if leaves {
            self.close();
        }
    }

    /// The client is gone: what it launched is cancelled.
    fn hang_up(&mut self) {
        // The execution may exist already, but its id is not known before `launch` is answered.
        self.gone = self.phase == Phase::Launching;
        if self.gone {
            return;
        }
        if matches!(self.phase, Phase::Configuring | Phase::Running)
            && let Some(execution) = self.execution.clone()
        {
            self.command(Cancel::METHOD, params_of::<Cancel>(&OfExecution { execution }));
        }
        self.close();
    }

    fn close(&mut self) {
        if self.phase != Phase::Closed {
            self.phase = Phase::Closed;
            self.out.push(Outbox::Close);
        }
    }

    fn on_lost(&mut self, reason: String) {
        if self.lost.is_some() {
            return;
        }
        self.lost = Some(reason.clone());
        for (_, Waiting { ticket, then }) in std::mem::take(&mut self.waiting) {
            let outcome = then(self, Err(Error::HostLost { reason: reason.clone() }));
            self.go_on(ticket, outcome);
        }
        self.catch_up();
        if matches!(self.phase, Phase::Configuring | Phase::Running) {
            let error = Error::HostLost { reason };
            self.print(types::output_event_category::IMPORTANT, format!("flowdbg: {error}\n"));
            self.end();
        }
    }

    /// The execution cannot be debugged any more.
    pub(crate) fn end(&mut self) {
        self.event(types::event::TERMINATED, ());
        self.terminated = true;
        self.resumed(None);
        self.phase = Phase::Ended;
    }

    /// Gives up a request of the client, if it only waits to read something.
    pub(crate) fn cancel(&mut self, seq: i64) {
        let reads = |waiting: &Waiting| match &waiting.ticket {
            Some(ticket) => ticket.seq == seq && ticket.effect == Effect::Reads,
            None => false,
        };
        let id = self.waiting.iter().find_map(|(id, waiting)| reads(waiting).then_some(*id));
        if let Some(waiting) = id.and_then(|id| self.waiting.remove(&id)) {
            self.finish(waiting.ticket, Err(Error::Cancelled));
        }
    }

    /// The execution, for requests whose phases promise that there is one.
    pub(crate) fn execution(&self) -> String {
        self.execution.clone().unwrap_or_default()
    }

    /// A branch goes on, or all do: what the client was told of them is no longer valid.
    pub(crate) fn resumed(&mut self, branch: Option<u32>) {
        self.frames.forget(branch);
        self.values.forget(branch);
    }

    /// Calls the host of the session's own accord.
    pub(crate) fn tell<C: Call>(&mut self, params: C::Params, then: impl FnOnce(&mut Session, Result<C::Result, Error>) + Send + 'static) {
        let next = Next::try_ask::<C>(params, |session, result| {
            then(session, result);
            Ok(Next::Reply(()))
        });
        self.go_on(None, Ok(next.into_json()));
    }

    /// Asks the shell to bring the execution's notices.
    pub(crate) fn watch(&mut self, execution: &str) {
        self.out.push(Outbox::Watch { execution: execution.to_owned() });
    }

    /// Sends an event, unless everything was said.
    pub(crate) fn event(&mut self, event: &str, body: impl Serialize) {
        if self.terminated || self.phase == Phase::Leaving {
            return;
        }
        let seq = self.next_seq();
        let body = serde_json::to_value(body).ok().filter(|body| !body.is_null());
        self.out.push(Outbox::Message(Message::Event { seq, event: event.to_owned(), body }));
    }

    /// Sends an `output` event.
    pub(crate) fn print(&mut self, category: &str, text: String) {
        let body = types::OutputEventBody { category: Some(category.to_owned()), output: text, ..Default::default() };
        self.event(types::event::OUTPUT, body);
    }

    fn command(&mut self, method: &'static str, params: Value) -> u64 {
        self.last_command += 1;
        self.out.push(Outbox::Command { id: self.last_command, method, params });
        self.last_command
    }

    fn next_seq(&mut self) -> i64 {
        self.seq += 1;
        self.seq
    }
}
