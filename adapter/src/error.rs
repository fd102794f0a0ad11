//! What can go wrong for a request, each with a stable id, and how it is told to the client.

use flowdbg_protocol::{
    control::{ControlError, code},
    dap::{envelope::short, types},
};

use crate::phase::Phase;

/// How far a failure reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// One request fails; the session goes on.
    Request,
    /// The execution cannot be debugged any more; the session ends.
    Session,
}

/// A kind of failure: what stays the same whatever its details are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Stable number, `body.error.id` of the response.
    pub id: i32,
    /// What happened.
    pub title: &'static str,
    /// How far it reaches.
    pub reach: Reach,
    /// Whether an editor should show it to its user.
    pub show_user: bool,
}

macro_rules! kinds {
    ($($name:ident = $id:literal, $title:literal, $reach:ident, $show:literal;)*) => {
        $(const $name: Kind = Kind {
            id: $id,
            title: $title,
            reach: Reach::$reach,
            show_user: $show,
        };)*
        /// Every kind of failure, by id.
        pub const KINDS: &[Kind] = &[$($name),*];
    };
}

kinds! {
    UNKNOWN_COMMAND = 1000, "The command is not part of the protocol", Request, false;
    NOT_SERVED = 1001, "The command is not served by flowdbg", Request, false;
    ARGUMENTS = 1002, "The arguments are missing or of the wrong type", Request, false;
    WRONG_PHASE = 1003, "The request cannot be served now", Request, false;
    STALE = 1004, "The frame or variable belongs to an earlier stop", Request, false;
    UNKNOWN_HANDLE = 1005, "The frame or variable was never there", Request, false;
    CANCELLED = 1006, "The request was cancelled by the client", Request, false;
    MESSAGE = 1007, "The message is not well-formed", Request, false;
    NO_THREAD = 1008, "The thread id is not one of ours", Request, false;
    FILTER = 1009, "The exception filter does not exist", Request, true;
    NOT_SETTABLE = 1010, "The value cannot be replaced there", Request, true;
    LAUNCH_ARGUMENTS = 2000, "The launch configuration is incomplete or wrong", Request, true;
    INVALID_WORKFLOW = 2001, "The workflow has errors", Request, true;
    UNREADABLE = 2002, "The workflow file cannot be read", Request, true;
    HOST_REFUSED = 3000, "The engine host refused", Request, false;
    NOT_SUSPENDED = 3001, "The branch does not stand at a checkpoint", Request, false;
    EXPRESSION = 3002, "The expression does not compile or faulted", Request, false;
    ENDED = 3003, "The execution is over", Request, false;
    FORBIDDEN = 3004, "The token does not allow this", Request, true;
    HOST_ANSWER = 3005, "The engine host answered something unexpected", Request, true;
    HOST_LOST = 3006, "The connection to the engine host is lost", Session, true;
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nobody knows the command.
    #[error("unknown command `{command}`: it is not part of the Debug Adapter Protocol")]
    UnknownCommand {
        /// As the client wrote it.
        command: String,
    },
    /// The protocol has the command, but it is not served here.
    #[error("`{command}` is not supported by flowdbg; see the capabilities in the answer to `initialize`")]
    NotServed {
        /// The command.
        command: String,
    },
    /// The arguments cannot be read.
    #[error("bad arguments for `{command}`: {problem}")]
    Arguments {
        /// The command.
        command: &'static str,
        /// What is wrong with them.
        problem: String,
    },
    /// Not now.
    #[error("`{command}` is not possible now: {}", .phase.refusal())]
    WrongPhase {
        /// The command.
        command: String,
        /// Where the session stands.
        phase: Phase,
    },
    /// A handle from before a resume.
    #[error("{what} {id} is no longer valid: the execution went on")]
    Stale {
        /// `frame` or `variablesReference`.
        what: &'static str,
        /// The handle.
        id: i32,
    },
    /// A handle that was never given out.
    #[error("there is no {what} {id}")]
    UnknownHandle {
        /// `frame` or `variablesReference`.
        what: &'static str,
        /// The handle.
        id: i32,
    },
    /// Cancelled by the client.
    #[error("the request was cancelled")]
    Cancelled,
    /// An envelope that cannot be read.
    #[error("{problem}")]
    Message {
        /// What is wrong with it.
        problem: String,
    },
    /// No branch can have this id.
    #[error("there is no thread {id}")]
    NoThread {
        /// The thread id.
        id: i32,
    },
    /// No such exception filter.
    #[error("there is no exception filter `{name}`; there are: {known}")]
    Filter {
        /// As the client wrote it.
        name: String,
        /// The filters that exist.
        known: String,
    },
    /// A value that is not part of a scope.
    #[error("{problem}")]
    NotSettable {
        /// Why.
        problem: String,
    },
    /// A launch configuration that cannot work.
    #[error("{problem}")]
    LaunchArguments {
        /// What is wrong with it.
        problem: String,
    },
    /// The checks found errors.
    #[error("the workflow has errors:\n{diagnostics}")]
    InvalidWorkflow {
        /// One line each.
        diagnostics: String,
    },
    /// The file cannot be read.
    #[error("{problem}")]
    Unreadable {
        /// Names the file and says why.
        problem: String,
    },
    /// The engine host refused.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The engine host and this adapter do not understand each other.
    #[error("the engine host answered {method} with something unexpected: {problem}")]
    HostAnswer {
        /// The call.
        method: &'static str,
        /// What is wrong with the answer.
        problem: String,
    },
    /// The engine host is gone.
    #[error("the connection to the engine host is lost: {reason}")]
    HostLost {
        /// Why, as far as is known.
        reason: String,
    },
}

impl Error {
    /// The kind of this failure.
    pub fn kind(&self) -> Kind {
        match self {
            Error::UnknownCommand { .. } => UNKNOWN_COMMAND,
            Error::NotServed { .. } => NOT_SERVED,
            Error::Arguments { command: "launch", .. } => LAUNCH_ARGUMENTS,
            Error::Arguments { .. } => ARGUMENTS,
            Error::WrongPhase { .. } => WRONG_PHASE,
            Error::Stale { .. } => STALE,
            Error::UnknownHandle { .. } => UNKNOWN_HANDLE,
            Error::Cancelled => CANCELLED,
            Error::Message { .. } => MESSAGE,
            Error::NoThread { .. } => NO_THREAD,
            Error::Filter { .. } => FILTER,
            Error::NotSettable { .. } => NOT_SETTABLE,
            Error::LaunchArguments { .. } => LAUNCH_ARGUMENTS,
            Error::InvalidWorkflow { .. } => INVALID_WORKFLOW,
            Error::Unreadable { .. } => UNREADABLE,
            Error::Control(error) => match error.code {
                code::NOT_SUSPENDED => NOT_SUSPENDED,
                code::EXPRESSION => EXPRESSION,
                code::ENDED => ENDED,
                code::FORBIDDEN => FORBIDDEN,
                _ => HOST_REFUSED,
            },
            Error::HostAnswer { .. } => HOST_ANSWER,
            Error::HostLost { .. } => HOST_LOST,
        }
    }

    /// The error's short form, for which the protocol reserves two words.
    pub(crate) fn short(&self) -> String {
        match self.kind() {
            CANCELLED => short::CANCELLED.to_owned(),
            NOT_SUSPENDED => short::NOT_STOPPED.to_owned(),
            _ => self.to_string(),
        }
    }

    /// The error as the protocol writes it.
    pub(crate) fn message(&self) -> types::Message {
        let kind = self.kind();
        types::Message { id: kind.id, format: self.to_string(), show_user: Some(kind.show_user), ..Default::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_ascend() {
        assert!(KINDS.windows(2).all(|pair| pair[0].id < pair[1].id));
    }

    #[test]
    fn control_errors_keep_their_text_and_get_their_kind() {
        let error = |code| Error::from(ControlError { code, message: "no such thing".into(), data: None });
        assert_eq!(error(code::EXPRESSION).kind().id, 3002);
        assert_eq!(error(code::NOT_SUSPENDED).kind().id, 3001);
        assert_eq!(error(code::NOT_SUSPENDED).short(), "notStopped");
        assert_eq!(error(-32603).kind().id, 3000);
        assert_eq!(error(-32603).message().format, "no such thing");
    }

    #[test]
    fn a_lost_host_ends_the_session_and_is_shown() {
        let kind = Error::HostLost { reason: "closed".into() }.kind();
        assert_eq!((kind.reach, kind.show_user), (Reach::Session, true));
    }
}
