//! Commands in a shell, each in a process group of its own that dies with the effect.

use std::process::Stdio;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, Command},
};

use crate::effect::{ShellCommand, ShellOutcome};

/// Most output that is kept of each stream, in bytes.
const MAX_OUTPUT: u64 = 16 * 1024 * 1024;

/// Kills the whole group when it is dropped before the end.
struct Group {
    child: Child,
    ended: bool,
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        #[cfg(unix)]
        if let Some(pid) = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw) {
            // It may have ended by itself in this moment.
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the world that starts processes")]
pub(super) async fn run(command: ShellCommand) -> Result<ShellOutcome, String> {
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(&command.command)
        .arg("sh")
        .args(&command.arguments)
        .envs(&command.environment)
        .stdin(if command.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    #[cfg(unix)]
    shell.process_group(0);
    let child = shell.spawn().map_err(|error| format!("the shell `sh` did not start: {error}"))?;
    let mut group = Group { child, ended: false };
    let (stdin, stdout, stderr) = (group.child.stdin.take(), group.child.stdout.take(), group.child.stderr.take());
    let feed = async {
        if let (Some(mut pipe), Some(text)) = (stdin, &command.stdin) {
            // A command need not read its input to the end.
            let _ = pipe.write_all(text.as_bytes()).await;
        }
    };
    let ((), stdout, stderr) = tokio::join!(feed, read(stdout), read(stderr));
    let status = group.child.wait().await.map_err(|error| format!("the command could not be waited for: {error}"))?;
    group.ended = true;
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    let code = status.code().unwrap_or_else(|| 128 + signal.unwrap_or(0));
    Ok(ShellOutcome { code, stdout: stdout?, stderr: stderr? })
}

async fn read(pipe: Option<impl AsyncRead + Unpin>) -> Result<String, String> {
    let Some(pipe) = pipe else { return Ok(String::new()) };
    let mut bytes = Vec::new();
    pipe.take(MAX_OUTPUT + 1).read_to_end(&mut bytes).await.map_err(|error| format!("the command's output could not be read: {error}"))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_OUTPUT {
        return Err(format!("the command wrote more than {} MiB", MAX_OUTPUT / 1024 / 1024));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
