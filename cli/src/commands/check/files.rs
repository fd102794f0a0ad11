//! Which files are checked, and checking them on all processors.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use flowdbg_lang::{ide, text::Source};
use flowdbg_server::{
    load,
    project::{Checked, Projects},
};

use super::Checker;

/// How deep folders are searched.
const MAX_DEPTH: usize = 32;
/// Trees are walked recursively; their depth is bounded, and this is enough for it.
const STACK: usize = 8 << 20;
/// How standard input is called.
const STDIN: &str = "<stdin>";

/// A file that is to be checked.
#[derive(Clone)]
pub(super) struct File {
    /// Its path as it was given or found.
    pub(super) path: PathBuf,
    /// The same for a person, with `/` between its parts.
    pub(super) shown: String,
    /// Its text.
    pub(super) source: Arc<Source>,
}

impl File {
    fn new(path: PathBuf, text: String) -> Self {
        let shown = path.to_string_lossy().replace('\\', "/");
        let shown = shown.strip_prefix("./").unwrap_or(&shown).to_owned();
        Self { source: Source::new(&*shown, text), path, shown }
    }

    /// Whether it is not a file, but what came on standard input.
    pub(super) fn is_stdin(&self) -> bool {
        self.shown == STDIN
    }
}

/// The files that paths mean, each once, in the order of the paths.
pub(super) fn gather(paths: &[PathBuf], projects: &Projects, unreadable: &mut Vec<String>) -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    for path in paths {
        let mut found = Vec::new();
        if path.as_os_str() == "-" {
            let mut text = String::new();
            match std::io::stdin().read_to_string(&mut text) {
                Ok(_) => found.push(File::new(STDIN.into(), text)),
                Err(why) => unreadable.push(format!("cannot read standard input: {why}")),
            }
        } else if path.is_dir() {
            search(path, MAX_DEPTH, projects, &mut found, unreadable);
        } else {
            // Who names a file means it, whatever it looks like.
            match load::read_text(path) {
                Ok(text) => found.push(File::new(path.clone(), text)),
                Err(why) => unreadable.push(format!("cannot read {}: {why}", path.display())),
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found.retain(|file| !files.iter().any(|known| known.path == file.path));
        files.extend(found);
    }
    files
}

/// The workflow files of a folder. Hidden folders, those of tools, and what the project's settings
/// exclude are left out.
#[expect(clippy::disallowed_methods, reason = "a command is at the edge, where files are read")]
fn search(folder: &Path, depth: usize, projects: &Projects, files: &mut Vec<File>, unreadable: &mut Vec<String>) {
    let entries = match std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        Err(why) => return unreadable.push(format!("cannot search {}: {why}", folder.display())),
    };
    // Settings that cannot be used are told when a file of theirs is checked.
    let project = projects.of(folder).ok().flatten();
    for path in entries.into_iter().map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.is_empty() || name.starts_with('.') || name == "node_modules" || name == "target" {
            continue;
        }
        if project.as_ref().is_some_and(|project| project.excludes(&path)) {
            continue;
        }
        if path.is_dir() {
            // Links are not followed, so that there is no going round in circles.
            if depth > 0 && !path.is_symlink() {
                search(&path, depth - 1, projects, files, unreadable);
            }
        } else if flowdbg_engine::worlds::local::recognised(&path)
            && let Ok(text) = load::read_text(&path)
            && ide::is_workflow(name, &text)
        {
            files.push(File::new(path, text));
        }
    }
}

/// Checks files on all processors; the answers are in the order of the files.
pub(super) fn check_all(checker: &Checker, files: Vec<File>) -> Vec<(File, Checked)> {
    let next = AtomicUsize::new(0);
    let answers: Mutex<Vec<Option<Checked>>> = Mutex::new(files.iter().map(|_| None).collect());
    let work = || {
        while let Some((at, file)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, files.get(at)?))) {
            let checked = checker.check(file);
            answers.lock().unwrap_or_else(PoisonError::into_inner)[at] = Some(checked);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(files.len());
    std::thread::scope(|scope| {
        for _ in 1..threads {
            // Where no thread is to be had, the others do its work.
            let _ = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        }
        work();
    });
    let answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    files.into_iter().zip(answers).filter_map(|(file, checked)| Some((file, checked?))).collect()
}
