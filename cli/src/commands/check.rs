//! `flowdbg check`: says what is wrong with workflow files.

use std::path::{Path, PathBuf};

use clap::Args;
use flowdbg_lang::{analysis::Analysis, diagnostic::Severity, ide, text::Source};
use flowdbg_server::load;

use super::{FAULTED, GOOD, UNUSABLE};
use crate::{
    draw,
    term::{self, Stream},
};

/// How deep folders are searched.
const MAX_DEPTH: usize = 32;

/// Says what is wrong with workflow files
#[derive(Args)]
#[command(after_help = "Exit code: 0 nothing, or only warnings; 1 errors; 2 a path cannot be read.

Examples:
  flowdbg check order.workflow.yaml
  flowdbg check workflows/ other.yaml")]
pub(crate) struct Check {
    /// Files, or folders to be searched for workflow files
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print only errors, and no summary
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Default)]
struct Tally {
    files: usize,
    errors: usize,
    warnings: usize,
    unreadable: usize,
}

impl Check {
    pub(crate) fn run(self) -> u8 {
        let mut tally = Tally::default();
        for path in &self.paths {
            if path.is_dir() {
                let mut files = Vec::new();
                if let Err(why) = search(path, MAX_DEPTH, &mut files) {
                    tally.unreadable += 1;
                    term::error(&format!("cannot search {}: {why}", path.display()));
                }
                files.sort();
                for (path, text) in files {
                    self.check(&path, text, &mut tally);
                }
            } else {
                match load::read_text(path) {
                    // Who names a file means it, whatever it looks like.
                    Ok(text) => self.check(path, text, &mut tally),
                    Err(why) => {
                        tally.unreadable += 1;
                        term::error(&format!("cannot read {}: {why}", path.display()));
                    }
                }
            }
        }
        if !self.quiet {
            term::out(&tally.summary());
        }
        match tally {
            Tally { unreadable: 1.., .. } => UNUSABLE,
            Tally { errors: 1.., .. } => FAULTED,
            Tally { .. } => GOOD,
        }
    }

    fn check(&self, path: &Path, text: String, tally: &mut Tally) {
        let analysis = Analysis::of(Source::new(path.to_string_lossy().as_ref(), text));
        tally.files += 1;
        for found in &analysis.diagnostics {
            match found.severity {
                Severity::Error => tally.errors += 1,
                Severity::Warning => tally.warnings += 1,
                Severity::Information | Severity::Hint => {}
            }
            if found.severity == Severity::Error || !self.quiet {
                term::out(&draw::diagnostic(&analysis.source, found, Stream::Stdout));
                term::out("");
            }
        }
    }
}

impl Tally {
    fn summary(&self) -> String {
        if self.files == 0 && self.unreadable == 0 {
            return "no workflow files found; a file is one if its name ends in .workflow.yaml, .workflow.yml, .workflow.json, .ow.yaml or \
                    .ow.yml, or if it has a `document` with a `dsl` near its top"
                .to_owned();
        }
        let mut parts = vec![count(self.files, "workflow", "checked")];
        for (number, noun) in [(self.errors, "error"), (self.warnings, "warning")] {
            parts.push(if number == 0 { format!("no {noun}s") } else { count(number, noun, "").trim_end().to_owned() });
        }
        if self.unreadable > 0 {
            parts.push(count(self.unreadable, "path", "unreadable"));
        }
        parts.join(", ")
    }
}

fn count(number: usize, noun: &str, what: &str) -> String {
    format!("{number} {noun}{} {what}", if number == 1 { "" } else { "s" })
}

/// The workflow files of a folder, with their texts. Hidden folders and those of tools are left out.
#[expect(clippy::disallowed_methods, reason = "a command is at the edge, where files are read")]
fn search(folder: &Path, depth: usize, files: &mut Vec<(PathBuf, String)>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.is_empty() || name.starts_with('.') || name == "node_modules" || name == "target" {
            continue;
        }
        if path.is_dir() {
            // Links are not followed, so that there is no going round in circles.
            if depth > 0 && !path.is_symlink() {
                search(&path, depth - 1, files)?;
            }
        } else if flowdbg_engine::worlds::local::recognised(&path)
            && let Ok(text) = load::read_text(&path)
            && ide::is_workflow(name, &text)
        {
            files.push((path, text));
        }
    }
    Ok(())
}
