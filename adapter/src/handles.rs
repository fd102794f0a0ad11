//! Numbers that stand for frames and values while the execution stands still.
//!
//! A number is never given out twice, so one from before a resume is told apart from one that
//! never was. The same thing has the same number until then, so open tree nodes stay open.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
};

use flowdbg_protocol::control::{Children, FrameKind, FrameRef, PathStep, Root};

use crate::error::Error;

/// A table of numbers for keys of type `K`, each with a note of type `V`.
#[derive(Debug)]
pub(crate) struct Handles<K, V> {
    /// What the client calls these numbers.
    what: &'static str,
    last: i32,
    ids: HashMap<K, i32>,
    entries: HashMap<i32, (K, V)>,
}

/// Frames by `frameId`.
pub(crate) type Frames = Handles<FrameRef, FrameKind>;
/// Values by `variablesReference`.
pub(crate) type Values = Handles<Place, Children>;

/// Where a value hangs: scope or expression of a frame, and the way down.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) frame: FrameRef,
    pub(crate) root: Root,
    pub(crate) path: Vec<PathStep>,
}

/// What belongs to a branch dies when it is resumed.
pub(crate) trait OfBranch {
    fn branch(&self) -> u32;
}

impl OfBranch for FrameRef {
    fn branch(&self) -> u32 {
        self.branch
    }
}

impl OfBranch for Place {
    fn branch(&self) -> u32 {
        self.frame.branch
    }
}

impl<K: OfBranch + Clone + Eq + Hash, V> Handles<K, V> {
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, last: 0, ids: HashMap::new(), entries: HashMap::new() }
    }

    /// The number of a key, given out if it has none; the note is replaced.
    pub(crate) fn id(&mut self, key: K, note: V) -> i32 {
        let id = match self.ids.entry(key.clone()) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                self.last = self.last.saturating_add(1);
                *entry.insert(self.last)
            }
        };
        self.entries.insert(id, (key, note));
        id
    }

    /// What a number stands for.
    pub(crate) fn get(&self, id: i32) -> Result<&(K, V), Error> {
        self.entries.get(&id).ok_or({
            if id > 0 && id <= self.last { Error::Stale { what: self.what, id } } else { Error::UnknownHandle { what: self.what, id } }
        })
    }

    /// Forgets what belongs to a branch, or everything.
    pub(crate) fn forget(&mut self, branch: Option<u32>) {
        let goes = |key: &K| branch.is_none_or(|branch| key.branch() == branch);
        self.ids.retain(|key, _| !goes(key));
        self.entries.retain(|_, (key, _)| !goes(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTER: FrameRef = FrameRef { branch: 1, depth: 0 };
    const INNER: FrameRef = FrameRef { branch: 1, depth: 1 };
    const OTHER: FrameRef = FrameRef { branch: 2, depth: 0 };

    #[test]
    fn the_same_thing_keeps_its_number() {
        let mut frames = Frames::new("frame");
        let inner = frames.id(INNER, FrameKind::Task);
        assert_ne!(frames.id(OUTER, FrameKind::Workflow), inner);
        assert_eq!(frames.id(INNER, FrameKind::Label), inner);
        assert_eq!(frames.get(inner), Ok(&(INNER, FrameKind::Label)));
    }

    #[test]
    fn numbers_die_with_a_resume_and_are_not_used_again() {
        let mut frames = Frames::new("frame");
        let before = frames.id(INNER, FrameKind::Task);
        frames.forget(None);
        let error = frames.get(before).unwrap_err();
        assert_eq!(error.to_string(), "frame 1 is no longer valid: the execution went on");
        assert_ne!(frames.id(INNER, FrameKind::Task), before);
    }

    #[test]
    fn resuming_one_branch_leaves_the_others() {
        let mut frames = Frames::new("frame");
        let (inner, other) = (frames.id(INNER, FrameKind::Task), frames.id(OTHER, FrameKind::Task));
        frames.forget(Some(1));
        assert!(matches!(frames.get(inner), Err(Error::Stale { .. })));
        assert!(frames.get(other).is_ok());
    }

    #[test]
    fn a_number_never_given_out_is_said_to_be_so() {
        let frames = Frames::new("frame");
        for id in [-1, 0, 7] {
            let error = frames.get(id).unwrap_err();
            assert_eq!(error.to_string(), format!("there is no frame {id}"));
        }
    }
}
