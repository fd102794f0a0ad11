//! A process in a group of its own that dies with the future that waits for it.

use std::{ffi::OsStr, process::Stdio};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, Command},
};

use super::super::super::Messages;
use super::super::process_group::Group;
use crate::effect::{ProcessError, ProcessOutcome, Stream};

/// Most output that is kept of each stream, in bytes.
const MAX_OUTPUT: usize = 16 * 1024 * 1024;
/// How much is read at a time, in bytes.
const CHUNK: usize = 8 * 1024;

/// How a process ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) code: i32,
    /// The signal that killed it.
    pub(super) signal: Option<i32>,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    /// Milliseconds of processor time, where the system tells.
    pub(super) processor: Option<u64>,
}

impl Ended {
    /// The same as text; what is not UTF-8 is replaced.
    pub(super) fn outcome(self) -> ProcessOutcome {
        ProcessOutcome { code: self.code, stdout: text(self.stdout), stderr: text(self.stderr), processor: self.processor }
    }
}

fn text(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the world that starts processes")]
pub(super) fn command(program: &OsStr) -> Command {
    Command::new(program)
}

/// Runs a command to its end; `noun` is what messages call it. What it writes is told line by line,
/// as `shown` makes it.
pub(super) async fn run(
    mut command: Command,
    stdin: Option<String>,
    noun: &str,
    told: &Messages,
    shown: &(impl Fn(String) -> String + Sync),
) -> Result<Ended, ProcessError> {
    command
        .stdin(if stdin.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let failed = |what: &str, error: std::io::Error| ProcessError::Failed(format!("the {noun} {what}: {error}"));
    let child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            ProcessError::Missing(format!("the {noun} did not start: there is no program `{}`", command.as_std().get_program().display()))
        }
        _ => failed("did not start", error),
    })?;
    let mut group = Group::new(child);
    let (pipe, stdout, stderr) = (group.child.stdin.take(), group.child.stdout.take(), group.child.stderr.take());
    let feed = async {
        if let (Some(mut pipe), Some(text)) = (pipe, stdin) {
            // A process need not read its input to the end.
            let _ = pipe.write_all(text.as_bytes()).await;
        }
        Ok(())
    };
    // The first that fails ends it: a process that writes without end is killed at once.
    let tell = |stream| move |text: String| told.printed(stream, shown(text));
    let ((), stdout, stderr) = tokio::try_join!(feed, read(stdout, noun, tell(Stream::Stdout)), read(stderr, noun, tell(Stream::Stderr)))?;
    let processor = processor_time(&group.child).await;
    let status = group.child.wait().await.map_err(|error| failed("could not be waited for", error))?;
    group.ended();
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    Ok(Ended { code: status.code().unwrap_or_else(|| 128 + signal.unwrap_or(0)), signal, stdout, stderr, processor })
}

/// Waits for the end of a process and, before it is forgotten, finds out how much processor time it
/// and the processes it waited for took.
#[cfg(target_os = "linux")]
#[expect(clippy::disallowed_methods, reason = "this is the world that knows processes")]
async fn processor_time(child: &Child) -> Option<u64> {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    /// The kernel shows times to programs in hundredths of a second, whatever it counts in itself.
    const MILLISECONDS_PER_TICK: u64 = 10;
    let id = child.id()?;
    let pid = Pid::from_raw(i32::try_from(id).ok()?)?;
    let ended = tokio::task::spawn_blocking(move || {
        waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).ok()?;
        std::fs::read_to_string(format!("/proc/{id}/stat")).ok()
    });
    let stat = ended.await.ok()??;
    // The program's name is in parentheses and may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    // Fields 14 to 17: in user mode and in the kernel, its own and of children that it waited for.
    let ticks: Vec<u64> = rest.split_whitespace().skip(11).take(4).filter_map(|field| field.parse().ok()).collect();
    (ticks.len() == 4).then(|| ticks.iter().sum::<u64>() * MILLISECONDS_PER_TICK)
}

#[cfg(not(target_os = "linux"))]
async fn processor_time(_: &Child) -> Option<u64> {
    None
}

/// Reads a stream to its end. Whole lines are told at once; half of one could hold half of a secret.
async fn read(pipe: Option<impl AsyncRead + Unpin>, noun: &str, tell: impl Fn(String)) -> Result<Vec<u8>, ProcessError> {
    let Some(mut pipe) = pipe else { return Ok(Vec::new()) };
    let (mut bytes, mut told) = (Vec::new(), 0);
    loop {
        bytes.reserve(CHUNK);
        let read = pipe.read_buf(&mut bytes).await;
        let read = read.map_err(|error| ProcessError::Failed(format!("the {noun}'s output could not be read: {error}")))?;
        if bytes.len() > MAX_OUTPUT {
            return Err(ProcessError::Failed(format!("the {noun} wrote more than {} MiB and was stopped", MAX_OUTPUT / 1024 / 1024)));
        }
        let fresh = &bytes[told..];
        let whole = match fresh.iter().rposition(|byte| *byte == b'\n') {
            _ if read == 0 => fresh.len(),
            Some(at) => at + 1,
            None => 0,
        };
        if whole > 0 {
            tell(text(fresh[..whole].to_vec()));
            told += whole;
        }
        if read == 0 {
            return Ok(bytes);
        }
    }
}
