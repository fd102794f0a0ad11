//! `flowdbg`: runs, checks and debugs workflow files, and serves editors.
//!
//! One thin file a command, in [`commands`]; what they share for a person to read is in [`term`],
//! [`draw`] and [`progress`].

mod commands;
mod debugger;
mod draw;
mod host;
mod interrupt;
mod progress;
mod term;

use std::process::ExitCode;

use clap::Parser as _;

/// Trees and values are many small pieces that come and go.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = commands::Cli::parse();
    term::log_to_stderr();
    // Expressions and trees are walked recursively; the depth is bounded, and this is enough for it.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(8 << 20).build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            term::error(&format!("no threads can be started: {error}"));
            return ExitCode::from(commands::UNUSABLE);
        }
    };
    // On a worker, as only those have the larger stack.
    let outcome = runtime.block_on(async { tokio::spawn(cli.command.run()).await });
    // What still reads or computes ends with the process.
    runtime.shutdown_background();
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            term::error(&format!("flowdbg itself failed, please report this: {error}"));
            ExitCode::from(commands::BROKEN)
        }
    }
}
