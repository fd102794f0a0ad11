//! A recording: the texts, the journal and the events of an execution, one JSON object a line.
//!
//! A line is whole or it is the last one, so that what was written before its writer was killed can
//! be read. The format is described in `docs/reference/recording.md`.

mod lines;
mod read;

use std::sync::Arc;

pub use lines::Lines;

use crate::{event::Event, journal::Journal, written::text::Load};

/// The version of the format. One that a reader does not know is refused.
const VERSION: u32 = 1;

/// A recording that was read.
#[derive(Clone, Debug)]
pub struct Recording {
    /// What came from outside, and what was asked for.
    pub journal: Arc<Journal>,
    /// What happened.
    pub events: Vec<Event>,
    /// How it ended; none if the recording breaks off before.
    pub ended: Option<Ended>,
    /// What the last line has, if it was torn: it is not read.
    pub torn: Option<String>,
}

/// How a recorded execution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With an output.
    Completed,
    /// By an error.
    Faulted,
    /// On request.
    Cancelled,
}

impl Ended {
    const ALL: [Self; 3] = [Self::Completed, Self::Faulted, Self::Cancelled];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Faulted => "faulted",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Why a recording cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Unreadable {
    /// The line, from 1 on.
    pub line: usize,
    /// Why.
    pub why: String,
}

impl Recording {
    /// Reads a recording.
    ///
    /// # Errors
    /// A line before the last is damaged, a text is not what it was, or it is no recording.
    pub fn read(text: &str, load: Load<'_>) -> Result<Self, Unreadable> {
        read::recording(text, load)
    }
}

#[cfg(test)]
mod tests;
