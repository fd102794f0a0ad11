//! A process in a group of its own that dies with the future that waits for it.

use std::{ffi::OsStr, process::Stdio};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::Command,
};

use super::super::process_group::Group;
use crate::effect::{ProcessError, ProcessOutcome};

/// Most output that is kept of each stream, in bytes.
const MAX_OUTPUT: u64 = 16 * 1024 * 1024;

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
        let text = |bytes: Vec<u8>| match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        };
        ProcessOutcome { code: self.code, stdout: text(self.stdout), stderr: text(self.stderr), processor: self.processor }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the world that starts processes")]
pub(super) fn command(program: &OsStr) -> Command {
    Command::new(program)
}

/// Runs a command to its end; `noun` is what messages call it.
pub(super) async fn run(mut command: Command, stdin: Option<String>, noun: &str) -> Result<Ended, ProcessError> {
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
    let ((), stdout, stderr) = tokio::try_join!(feed, read(stdout, noun), read(stderr, noun))?;
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

async fn read(pipe: Option<impl AsyncRead + Unpin>, noun: &str) -> Result<Vec<u8>, ProcessError> {
    let Some(pipe) = pipe else { return Ok(Vec::new()) };
    let mut bytes = Vec::new();
    let reading = pipe.take(MAX_OUTPUT + 1).read_to_end(&mut bytes).await;
    reading.map_err(|error| ProcessError::Failed(format!("the {noun}'s output could not be read: {error}")))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_OUTPUT {
        return Err(ProcessError::Failed(format!("the {noun} wrote more than {} MiB and was stopped", MAX_OUTPUT / 1024 / 1024)));
    }
    Ok(bytes)
}
