//! Real services that tests start on loopback with ports of their own. `tests/services/install.sh`
//! installs their programs; the project's test command runs it.

#![expect(clippy::print_stderr, reason = "tests say what they skip")]

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Set by the project's test command: a service that is not installed fails its tests.
const REQUIRED: &str = "FLOWDBG_SERVICES";

/// The folder into which services are installed.
#[must_use]
pub fn folder() -> PathBuf {
    let cache = || std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let tools = std::env::var_os("FLOWDBG_TOOLS").map(PathBuf::from);
    tools.or_else(|| Some(cache().or_else(home)?.join("flowdbg-tools"))).unwrap_or_default().join("services")
}

/// A program of a service: a path below [`folder`], or the name of one on the path. If it is not
/// installed the test is skipped with a word about it, or fails where services are required.
///
/// # Panics
/// It is required and not installed.
#[must_use]
pub fn program(name: &str) -> Option<PathBuf> {
    let below = folder().join(name);
    // Debian has its servers in a folder that is not on everybody's path.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]).map(|folder| folder.join(name));
    let found = std::iter::once(below).chain(on_path).find(|file| file.is_file());
    if found.is_none() {
        let why = format!("`{name}` is not installed: run tests/services/install.sh");
        assert!(std::env::var_os(REQUIRED).is_none_or(|value| value != "required"), "{why}");
        eprintln!("skipped: {why}");
    }
    found
}

/// A service that a test has started. It ends when this is dropped.
#[derive(Debug)]
pub struct Service {
    process: Child,
    /// What it printed first: its address.
    pub address: String,
}

impl Service {
    /// Starts a program of a service that prints its address, and waits for that line.
    ///
    /// # Panics
    /// It does not start, or ends without a word.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "tests start their services")]
    pub fn start(program: &Path, arguments: &[&Path]) -> Self {
        let mut process = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            let _ = BufReader::new(stdout).read_line(&mut line);
        }
        let address = line.trim().to_owned();
        let service = Self { process, address };
        assert!(!service.address.is_empty(), "{} {arguments:?} said no address", program.display());
        service
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
