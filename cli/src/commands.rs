//! The commands: one file each.

mod check;
mod dap;
mod debug;
mod lsp;
mod replay;
mod run;
mod scenario;
mod serve;
mod worker;

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use flowdbg_lang::value::Value;
use flowdbg_server::{
    input,
    load::{self, LoadError, Loaded},
};

use crate::{
    draw,
    term::{self, Stream},
};

/// Exit code: it went well.
pub(crate) const GOOD: u8 = 0;
/// Exit code: the workflow ended by an error, or the checks found one.
pub(crate) const FAULTED: u8 = 1;
/// Exit code: the execution was not as its scenario expects.
pub(crate) const UNEXPECTED: u8 = 3;
/// Exit code: what was asked for cannot be done.
pub(crate) const UNUSABLE: u8 = 2;
/// Exit code: a mistake of ours.
pub(crate) const BROKEN: u8 = 70;
/// Exit code: stopped by Ctrl-C.
pub(crate) const CANCELLED: u8 = 130;

/// Runs, checks and debugs workflows in the Open Workflow DSL.
#[derive(Parser)]
#[command(name = "flowdbg", version, about, max_term_width = 100)]
#[command(after_help = "Examples:
  flowdbg run order.workflow.yaml --input '{\"order\": 7}'
  flowdbg check workflows/
  flowdbg debug order.workflow.yaml

The log of flowdbg itself goes to standard error: FLOWDBG_LOG=debug flowdbg …")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    Run(run::Run),
    Replay(replay::Replay),
    Check(check::Check),
    Debug(debug::Debug),
    Lsp(lsp::Lsp),
    Dap(dap::Dap),
    Serve(serve::Serve),
    #[command(name = crate::host::WORKER, hide = true)]
    Worker(worker::Worker),
}

impl Command {
    pub(crate) async fn run(self) -> u8 {
        match self {
            Self::Run(command) => command.run().await,
            Self::Replay(command) => command.run(),
            Self::Check(command) => command.run(),
            Self::Debug(command) => command.run().await,
            Self::Lsp(command) => command.run().await,
            Self::Dap(command) => command.run().await,
            Self::Serve(command) => command.run().await,
            Self::Worker(command) => command.run(),
        }
    }
}

/// Which workflow, with which input.
#[derive(Args)]
pub(crate) struct Subject {
    /// The workflow file
    file: PathBuf,
    /// Input as JSON text, `@FILE`, or `-` for standard input; if absent, that of
    /// `<name>.input.json` or `input.json` beside the workflow, or `{}`
    #[arg(long, short, value_name = "JSON|@FILE|-", allow_hyphen_values = true)]
    input: Option<String>,
}

impl Subject {
    /// Reads the workflow and its input; says what is wrong with them.
    pub(crate) fn load(&self, quiet: bool) -> Result<(Loaded, Value), u8> {
        self.load_or(quiet, None)
    }

    /// The same; without an input of its own it gets this one, if there is one.
    pub(crate) fn load_or(&self, quiet: bool, input: Option<&Value>) -> Result<(Loaded, Value), u8> {
        let loaded = load::load(&self.file).map_err(|error| {
            refuse(&error);
            UNUSABLE
        })?;
        if !quiet {
            let source = &loaded.program.workflow.source;
            loaded.remarks.iter().for_each(|remark| term::err(&draw::diagnostic(source, remark, Stream::Stderr)));
        }
        if let (None, Some(input)) = (&self.input, input) {
            return Ok((loaded, input.clone()));
        }
        let input = self.read_input(quiet).map_err(|why| {
            term::error(&why);
            UNUSABLE
        })?;
        Ok((loaded, input))
    }

    fn read_input(&self, quiet: bool) -> Result<Value, String> {
        match self.input.as_deref() {
            None => {
                let Some(beside) = input::beside(&self.file)? else { return Ok(input::empty()) };
                if !quiet {
                    term::err(&format!("input from {}", draw::shown_path(&beside.path.to_string_lossy())));
                }
                Ok(beside.value)
            }
            Some("-") => {
                let text = std::io::read_to_string(std::io::stdin()).map_err(|error| format!("cannot read standard input: {error}"))?;
                input::parse(&text).map_err(|why| format!("the input on standard input: {why}"))
            }
            Some(text) => match text.strip_prefix('@') {
                Some(path) => input::from_file(Path::new(path)),
                None => input::parse(text).map_err(|why| format!("--input: {why}; a file is given as @FILE")),
            },
        }
    }
}

/// Says why a workflow cannot be run.
pub(crate) fn refuse(error: &LoadError) {
    if let LoadError::Invalid { text, found } = error {
        found.iter().for_each(|found| term::err(&draw::diagnostic(text, found, Stream::Stderr)));
    }
    term::error(&error.to_string());
}
