//! The line breakpoints that the client asked for.
//!
//! They are kept from before the launch on. The ids that the client sees are given out here, so
//! a breakpoint keeps its id when it is bound; the host's own ids are translated.

use std::collections::BTreeMap;

use flowdbg_protocol::{
    control,
    dap::types::{self, breakpoint_reason},
};

use crate::client::Client;

/// All breakpoints, by path of their file.
#[derive(Debug, Default)]
pub(crate) struct Breakpoints {
    last: i32,
    files: BTreeMap<String, File>,
}

/// The breakpoints of a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct File {
    /// As the client asked.
    pub(crate) asked: Vec<control::SourceBreakpoint>,
    /// The ids that the client knows them by.
    pub(crate) ids: Vec<i32>,
    /// The ids that the host gave, once they are bound.
    bound: Vec<u32>,
}

impl Breakpoints {
    /// Replaces the breakpoints of a file.
    pub(crate) fn replace(&mut self, path: &str, asked: Vec<control::SourceBreakpoint>) -> File {
        let first = self.last + 1;
        self.last = self.last.saturating_add(i32::try_from(asked.len()).unwrap_or(i32::MAX));
        let file = File { asked, ids: (first..=self.last).collect(), bound: Vec::new() };
        self.files.insert(path.to_owned(), file.clone());
        file
    }

    /// Notes what the host calls them, unless they were replaced meanwhile.
    pub(crate) fn bind(&mut self, path: &str, ids: &[i32], answer: &[control::Breakpoint]) {
        if let Some(file) = self.files.get_mut(path).filter(|file| file.ids == ids) {
            file.bound = answer.iter().map(|breakpoint| breakpoint.id).collect();
        }
    }

    /// The client's ids for the host's.
    pub(crate) fn ids(&self, bound: &[u32]) -> Vec<i32> {
        let all = self.files.values().flat_map(|file| file.bound.iter().zip(&file.ids));
        let ids: BTreeMap<u32, i32> = all.map(|(bound, id)| (*bound, *id)).collect();
        bound.iter().filter_map(|bound| ids.get(bound).copied()).collect()
    }

    /// Every file that has breakpoints.
    pub(crate) fn files(&self) -> Vec<(String, File)> {
        let some = self.files.iter().filter(|(_, file)| !file.asked.is_empty());
        some.map(|(path, file)| (path.clone(), file.clone())).collect()
    }
}

impl File {
    /// The breakpoints as the client sees them, bound as the host answered.
    pub(crate) fn shown(&self, client: &Client, path: &str, answer: &[control::Breakpoint]) -> Vec<types::Breakpoint> {
        let missing = "the engine host did not say where this breakpoint is";
        let one = |at: usize| match answer.get(at) {
            Some(bound) => {
                let mut shown = self.unbound(client, path, at);
                shown.verified = bound.verified;
                shown.message.clone_from(&bound.message);
                if !bound.verified {
                    shown.reason = Some(breakpoint_reason::FAILED.to_owned());
                }
                if let Some(range) = bound.range {
                    let [line, column, end_line, end_column] = client.range_out(range);
                    shown.line = Some(line);
                    shown.column = Some(column);
                    shown.end_line = Some(end_line);
                    shown.end_column = Some(end_column);
                }
                shown
            }
            None => types::Breakpoint {
                message: Some(missing.to_owned()),
                reason: Some(breakpoint_reason::FAILED.to_owned()),
                ..self.unbound(client, path, at)
            },
        };
        (0..self.asked.len()).map(one).collect()
    }

    /// The breakpoints as the client sees them, not bound, and why.
    pub(crate) fn pending(&self, client: &Client, path: &str, why: &str, reason: &str) -> Vec<types::Breakpoint> {
        let one =
            |at| types::Breakpoint { message: Some(why.to_owned()), reason: Some(reason.to_owned()), ..self.unbound(client, path, at) };
        (0..self.asked.len()).map(one).collect()
    }

    fn unbound(&self, client: &Client, path: &str, at: usize) -> types::Breakpoint {
        let start = control::Position { line: self.asked[at].line, character: self.asked[at].column.unwrap_or_default() };
        types::Breakpoint {
            id: self.ids.get(at).copied(),
            source: Some(client.source(path)),
            line: Some(client.line_out(start)),
            column: self.asked[at].column.map(|_| client.column_out(start)),
            ..Default::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(lines: &[u32]) -> Vec<control::SourceBreakpoint> {
        let one = |line: &u32| control::SourceBreakpoint { line: *line, ..Default::default() };
        lines.iter().map(one).collect()
    }

    fn bound(ids: &[u32]) -> Vec<control::Breakpoint> {
        let one = |id: &u32| control::Breakpoint { id: *id, verified: true, message: None, range: None, reference: None };
        ids.iter().map(one).collect()
    }

    #[test]
    fn ids_of_the_host_become_ids_of_the_client() {
        let mut table = Breakpoints::default();
        let first = table.replace("a", asked(&[1, 2])).ids;
        let other = table.replace("b", asked(&[1])).ids;
        table.bind("a", &first, &bound(&[70, 71]));
        table.bind("b", &other, &bound(&[72]));
        assert_eq!(table.ids(&[72, 71, 99]), [other[0], first[1]]);
    }

    #[test]
    fn a_late_answer_does_not_bind_what_replaced_it() {
        let mut table = Breakpoints::default();
        let old = table.replace("a", asked(&[1])).ids;
        let new = table.replace("a", asked(&[2])).ids;
        table.bind("a", &old, &bound(&[70]));
        assert_eq!(table.ids(&[70]), Vec::<i32>::new());
        table.bind("a", &new, &bound(&[71]));
        assert_eq!(table.ids(&[71]), new);
    }

    #[test]
    fn a_short_answer_leaves_the_rest_unverified() {
        let file = Breakpoints::default().replace("a", asked(&[4, 5]));
        let shown = file.shown(&Client::default(), "a", &bound(&[1]));
        assert_eq!((shown[0].verified, shown[0].line), (true, Some(5)));
        assert_eq!((shown[1].verified, shown[1].line), (false, Some(6)));
        assert!(shown[1].message.is_some());
    }
}
