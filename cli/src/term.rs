//! What a person reads: lines on standard output and standard error, with colours on a terminal.

use std::io::{IsTerminal as _, Write as _, stderr, stdout};

use annotate_snippets::{Renderer, renderer::DecorStyle};
use tracing_subscriber::EnvFilter;

/// Prints a line on standard output. A reader that has gone away is no error of ours.
pub(crate) fn out(line: &str) {
    let _ = writeln!(stdout().lock(), "{line}");
}

/// Prints text on standard output as it is.
pub(crate) fn out_raw(text: &str) {
    let mut out = stdout().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

/// Prints a line on standard error.
pub(crate) fn err(line: &str) {
    let _ = writeln!(stderr().lock(), "{line}");
}

/// Says that something is wrong.
pub(crate) fn error(message: &str) {
    let word = if colours(Stream::Stderr) { "\u{1b}[1;31merror\u{1b}[0m" } else { "error" };
    err(&format!("{word}: {message}"));
}

/// Where text goes.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

/// Whether a person looks at it.
pub(crate) fn is_terminal(stream: Stream) -> bool {
    match stream {
        Stream::Stdout => stdout().is_terminal(),
        Stream::Stderr => stderr().is_terminal(),
    }
}

fn colours(stream: Stream) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    if set("NO_COLOR") {
        return false;
    }
    set("CLICOLOR_FORCE") || (is_terminal(stream) && std::env::var_os("TERM").is_none_or(|term| term != "dumb"))
}

/// Draws text with marks, for a stream.
pub(crate) fn renderer(stream: Stream) -> Renderer {
    if colours(stream) { Renderer::styled().decor_style(DecorStyle::Unicode) } else { Renderer::plain() }
}

/// Sends the program's own log to standard error, as `FLOWDBG_LOG` says.
pub(crate) fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("FLOWDBG_LOG").unwrap_or_else(|_| EnvFilter::new("error"));
    // It is the first and only one in this process.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_ansi(colours(Stream::Stderr)).try_init();
}
