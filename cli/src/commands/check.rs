//! `flowdbg check`: says what is wrong with workflow files, and mends what can be mended.

mod explain;
mod files;
mod fixes;
mod github;
mod json;
mod sarif;
mod text;

use std::{path::PathBuf, sync::Arc};

use clap::{Args, ValueEnum};
use flowdbg_engine::{program::Program, scenario::Scenario, worlds::local::Local};
use flowdbg_lang::{diagnostic::Severity, mend::mend, text::Source};
use flowdbg_server::project::{BadSettings, Checked, Projects};

use self::files::File;
use super::{FAULTED, GOOD, UNUSABLE, scenario};
use crate::{host, term};

/// Says what is wrong with workflow files
#[derive(Args)]
#[command(after_help = "Exit code: 0 nothing, or only warnings; 1 errors (with --deny-warnings also warnings);
2 a path or flowdbg.toml cannot be read, or the command line is wrong.

A project says in flowdbg.toml what it wants to hear of:
  [check]
  allow = [\"OW0207\"]     # not reported
  warn = [\"OW0201\"]      # a warning
  deny = [\"OW0209\"]      # an error
  exclude = [\"drafts/\"]  # left out when folders are searched
A comment does for one place: # flowdbg: allow OW0203 -- why

A dry run (--dry) performs nothing: what calls, processes and events would give is unknown, unless a
scenario says it, and what is unknown is never complained of. Both ways of a condition that depends
on it are gone. Files on this machine are read: documents, schemas, sub-workflows.

Examples:
  flowdbg check order.workflow.yaml
  flowdbg check workflows/ other.yaml --fix
  flowdbg check order.workflow.yaml --dry
  flowdbg check --format sarif . > findings.sarif
  flowdbg check --explain OW0203")]
pub(crate) struct Check {
    /// Files, or folders to be searched for workflow files; `-` is standard input
    #[arg(required_unless_present = "explain", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How findings are written
    #[arg(long, short, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Make the changes that mend what was found, and report the rest
    #[arg(long, conflicts_with = "diff")]
    fix: bool,
    /// Show the changes that --fix would make, and make none
    #[arg(long)]
    diff: bool,
    /// Also run the workflows without effects, and report the errors that executions would end with
    #[arg(long)]
    dry: bool,
    /// A scenario whose mocks answer in dry runs, and whose input and events are taken
    #[arg(long, value_name = "FILE", requires = "dry")]
    scenario: Option<PathBuf>,
    /// Exit with 1 also if there are only warnings
    #[arg(long)]
    deny_warnings: bool,
    /// Print only errors, and no summary
    #[arg(long, short)]
    quiet: bool,
    /// Say what a code means, with an example; without a code list them all
    #[arg(long, value_name = "CODE", num_args = 0..=1, default_missing_value = "", conflicts_with_all = ["paths", "fix", "diff"])]
    explain: Option<String>,
}

/// How findings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Drawn into the text, for a person
    #[default]
    Text,
    /// One JSON document with all findings and their fixes
    Json,
    /// SARIF 2.1.0, as code scanning tools read it
    Sarif,
    /// Workflow commands, as GitHub Actions shows them in a change
    Github,
}

/// Says what is wrong with a file.
struct Checker {
    projects: Projects,
    dry: Option<Dry>,
}

/// How dry runs are made.
struct Dry {
    world: Local,
    scenario: Option<Arc<Scenario>>,
}

impl Checker {
    fn check(&self, file: &File) -> Checked {
        match &self.dry {
            Some(Dry { world, scenario }) => self.projects.check_dry(&file.path, file.source.clone(), |workflow| {
                flowdbg_server::dry::run(world, &Program::new(workflow.clone()), scenario.clone())
            }),
            None => self.projects.check(&file.path, file.source.clone()),
        }
    }
}

/// Everything that was found.
#[derive(Default)]
struct Report {
    files: Vec<(File, Checked)>,
    /// What could not be read, with the reason.
    unreadable: Vec<String>,
    /// Settings that cannot be used.
    bad_settings: Vec<Arc<BadSettings>>,
    /// Changes that were made, and in how many files.
    fixes: usize,
    mended_files: usize,
}

/// How many findings there are.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    errors: usize,
    warnings: usize,
    remarks: usize,
    fixable: usize,
}

impl Check {
    pub(crate) fn run(self) -> u8 {
        if let Some(code) = &self.explain {
            return explain::run(code);
        }
        let scenario = match self.scenario.as_deref().map(|path| scenario::load(path, true)).transpose() {
            Ok(scenario) => scenario,
            Err(code) => return code,
        };
        let checker = Checker { projects: Projects::default(), dry: self.dry.then(|| Dry { world: host::world(), scenario }) };
        let mut report = Report::default();
        let files = files::gather(&self.paths, &checker.projects, &mut report.unreadable);
        if self.fix || self.diff {
            return self.mend(&checker, files, report);
        }
        report.take(files::check_all(&checker, files));
        self.show(&report)
    }

    fn mend(&self, checker: &Checker, files: Vec<File>, mut report: Report) -> u8 {
        let mut mended = Vec::new();
        for file in files {
            let check = |source| checker.projects.check(&file.path, source).analysis;
            let fixed = mend(&check(file.source.clone()), check);
            if fixed.count == 0 {
                mended.push(file);
                continue;
            }
            report.fixes += fixed.count;
            report.mended_files += 1;
            if self.diff {
                term::out_raw(&fixes::diff(&file.shown, file.source.text(), &fixed.text));
                mended.push(file);
                continue;
            }
            match fixes::save(&file, &fixed.text) {
                Ok(()) => mended.push(File { source: Source::new(file.source.path(), fixed.text), ..file }),
                Err(why) => {
                    report.unreadable.push(format!("cannot write {}: {why}", file.shown));
                    mended.push(file);
                }
            }
        }
        if self.diff {
            report.unreadable.iter().for_each(|why| term::error(why));
            if !self.quiet {
                term::err(&format!("{} would be made", text::fixes(report.fixes, report.mended_files)));
            }
            return if report.unreadable.is_empty() { GOOD } else { UNUSABLE };
        }
        report.take(files::check_all(checker, mended));
        self.show(&report)
    }

    fn show(&self, report: &Report) -> u8 {
        match self.format {
            Format::Text => text::show(report, self.quiet),
            Format::Json => term::out_raw(&json::document(report)),
            Format::Sarif => term::out_raw(&sarif::document(report)),
            Format::Github => github::show(report, self.quiet),
        }
        for why in &report.unreadable {
            term::error(why);
        }
        let tally = report.tally();
        if !report.unreadable.is_empty() || !report.bad_settings.is_empty() {
            UNUSABLE
        } else if tally.errors > 0 || (self.deny_warnings && tally.warnings > 0) {
            FAULTED
        } else {
            GOOD
        }
    }
}

impl Report {
    fn take(&mut self, checked: Vec<(File, Checked)>) {
        for (_, checked) in &checked {
            if let Some(bad) = &checked.bad_settings
                && !self.bad_settings.iter().any(|known| known.source.path() == bad.source.path())
            {
                self.bad_settings.push(bad.clone());
            }
        }
        self.files = checked;
    }

    fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for found in self.files.iter().flat_map(|(_, checked)| &checked.analysis.diagnostics) {
            match found.severity {
                Severity::Error => tally.errors += 1,
                Severity::Warning => tally.warnings += 1,
                Severity::Information | Severity::Hint => tally.remarks += 1,
            }
            tally.fixable += usize::from(found.fix.is_some());
        }
        tally
    }
}

/// The word for a severity in documents for programs.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information => "information",
        Severity::Hint => "hint",
    }
}
