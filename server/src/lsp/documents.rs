//! The texts that the editor has open, as of its newest edit.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use flowdbg_lang::{analysis::Analysis, ide, settings, text::Source};
use tower_lsp_server::gen_lsp_types::{TextDocumentContentChangeEvent, Uri};
use url::Url;

use super::position::Encoding;
use crate::project::{Checked, Projects};

/// One version of a text. It never changes; who holds it can take his time.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) uri: Uri,
    pub(super) version: i32,
    pub(super) source: Arc<Source>,
    projects: Arc<Projects>,
    checked: OnceLock<Option<Checked>>,
}

impl Snapshot {
    fn new(uri: Uri, version: i32, text: String, projects: Arc<Projects>) -> Arc<Self> {
        let source = Source::new(&*uri.0, text);
        Self::with(uri, version, source, projects)
    }

    fn with(uri: Uri, version: i32, source: Arc<Source>, projects: Arc<Projects>) -> Arc<Self> {
        Arc::new(Self { uri, version, source, projects, checked: OnceLock::new() })
    }

    /// What is known of the text, if it is a workflow. Takes time when first asked.
    pub(super) fn analysis(&self) -> Option<&Analysis> {
        self.checked().map(|checked| &checked.analysis)
    }

    /// The same with what its project has to say.
    pub(super) fn checked(&self) -> Option<&Checked> {
        let check = || {
            let workflow = ide::is_workflow(self.source.path(), self.source.text());
            workflow.then(|| self.check(self.source.clone()))
        };
        self.checked.get_or_init(check).as_ref()
    }

    /// Checks a text as if it were this one.
    pub(super) fn check(&self, source: Arc<Source>) -> Checked {
        match self.path() {
            Some(path) => self.projects.check(&path, source),
            // A text that is not saved yet, or lies elsewhere, has no project.
            None => Checked::alone(source),
        }
    }

    /// Whether the text is that of a project's settings.
    pub(super) fn is_settings(&self) -> bool {
        self.path().is_some_and(|path| path.file_name().is_some_and(|name| name == settings::FILE_NAME))
    }

    fn path(&self) -> Option<PathBuf> {
        path_of(&self.uri)
    }
}

/// The file that an address names.
pub(super) fn path_of(uri: &Uri) -> Option<PathBuf> {
    Url::parse(&uri.0).ok()?.to_file_path().ok()
}

/// All open texts.
#[derive(Debug, Default)]
pub(super) struct Documents {
    open: Mutex<HashMap<String, Arc<Snapshot>>>,
    projects: Arc<Projects>,
}

impl Documents {
    // Nobody panics while he holds the lock, and a map of immutable values is whole all the same.
    fn open_ones(&self) -> MutexGuard<'_, HashMap<String, Arc<Snapshot>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn open(&self, uri: Uri, version: i32, text: String) {
        self.open_ones().insert(uri.0.clone(), Snapshot::new(uri, version, text, self.projects.clone()));
    }

    /// Applies edits, each to the result of the one before; false if the text is not open.
    pub(super) fn change(&self, uri: &Uri, version: i32, changes: Vec<TextDocumentContentChangeEvent>, encoding: Encoding) -> bool {
        let mut documents = self.open_ones();
        let Some(document) = documents.get_mut(&uri.0) else { return false };
        let mut source = document.source.clone();
        let mut changes = changes.into_iter().peekable();
        let mut last = None;
        while let Some(change) = changes.next() {
            let text = match change {
                TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => whole.text,
                TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part) => {
                    let start = encoding.offset(&source, part.range.start) as usize;
                    let end = (encoding.offset(&source, part.range.end) as usize).max(start);
                    let old = source.text();
                    let mut text = String::with_capacity(old.len() - (end - start) + part.text.len());
                    text.push_str(&old[..start]);
                    text.push_str(&part.text);
                    text.push_str(&old[end..]);
                    text
                }
            };
            if changes.peek().is_some() {
                source = Source::new(&*uri.0, text);
            } else {
                last = Some(text);
            }
        }
        let text = last.unwrap_or_else(|| source.text().to_owned());
        *document = Snapshot::new(uri.clone(), version, text, self.projects.clone());
        true
    }

    /// Looks at all texts anew, as files around them have changed; gives their addresses.
    pub(super) fn renew(&self, changed: &[Uri]) -> Vec<Uri> {
        changed.iter().filter_map(path_of).for_each(|path| self.projects.forget(&path));
        let renew = |document: &mut Arc<Snapshot>| {
            *document = Snapshot::with(document.uri.clone(), document.version, document.source.clone(), self.projects.clone());
            document.uri.clone()
        };
        self.open_ones().values_mut().map(renew).collect()
    }

    pub(super) fn close(&self, uri: &Uri) {
        self.open_ones().remove(&uri.0);
    }

    /// The newest version of a text.
    pub(super) fn snapshot(&self, uri: &Uri) -> Option<Arc<Snapshot>> {
        self.open_ones().get(&uri.0).cloned()
    }

    /// Whether the text is still the one of the snapshot.
    pub(super) fn is_current(&self, snapshot: &Arc<Snapshot>) -> bool {
        self.open_ones().get(&snapshot.uri.0).is_some_and(|document| Arc::ptr_eq(document, snapshot))
    }
}

#[cfg(test)]
mod tests {
    use tower_lsp_server::gen_lsp_types::{Position, Range, TextDocumentContentChangePartial, TextDocumentContentChangeWholeDocument};

    use super::*;

    fn part(from: (u32, u32), to: (u32, u32), text: &str) -> TextDocumentContentChangeEvent {
        let at = |(line, character)| Position { line, character };
        TextDocumentContentChangePartial { range: Range { start: at(from), end: at(to) }, text: text.to_owned(), ..Default::default() }
            .into()
    }

    #[test]
    fn edits_of_one_message_build_on_each_other() {
        let documents = Documents::default();
        let uri = Uri("file:///a.yaml".to_owned());
        documents.open(uri.clone(), 1, "one\r\ntwo😀\nthree".to_owned());
        let before = documents.snapshot(&uri).unwrap();
        let changes = vec![
            part((1, 5), (1, 99), "!"),
            part((0, 0), (1, 0), ""),
            part((1, 5), (1, 5), "\nfour"),
            // Turned round, as no editor should send it.
            part((0, 3), (0, 0), "?"),
        ];
        assert!(documents.change(&uri, 2, changes, Encoding::Utf16));
        let after = documents.snapshot(&uri).unwrap();
        assert_eq!((after.source.text(), after.version), ("two?😀!\nthree\nfour", 2));
        assert_eq!(before.source.text(), "one\r\ntwo😀\nthree", "a snapshot stays as it is");
        assert!(documents.is_current(&after) && !documents.is_current(&before));
        let whole = TextDocumentContentChangeWholeDocument { text: "new".to_owned() }.into();
        assert!(documents.change(&uri, 3, vec![whole, part((0, 3), (0, 3), "er")], Encoding::Utf8));
        assert_eq!(documents.snapshot(&uri).unwrap().source.text(), "newer");
        documents.close(&uri);
        assert!(documents.snapshot(&uri).is_none() && !documents.change(&uri, 4, Vec::new(), Encoding::Utf8));
    }
}
