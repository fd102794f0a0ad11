//! A process with all that it started, which dies with whoever holds it.

use tokio::process::Child;

/// Kills the whole group when it is dropped before the end.
pub(super) struct Group {
    pub(super) child: Child,
    ended: bool,
}

impl Group {
    /// The group of a process that leads one.
    pub(super) fn new(child: Child) -> Self {
        Self { child, ended: false }
    }

    /// The process has ended and was waited for.
    pub(super) fn ended(&mut self) {
        self.ended = true;
    }
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
