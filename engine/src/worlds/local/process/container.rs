//! Containers, by the command line of docker or podman: both understand the same words.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
};

use super::{super::super::Messages, group, programs::Programs};
use crate::effect::{Cleanup, Container, ProcessError, ProcessOutcome, Pull};

/// What both engines exit with if they could not run the container at all.
const NOT_RUN: i32 = 125;

pub(super) async fn run(
    programs: &Programs,
    container: Container,
    unique: String,
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
    stdin: Option<String>,
    told: &Messages,
) -> Result<ProcessOutcome, ProcessError> {
    let engine = programs.container_engine()?;
    let name = container.name.clone().unwrap_or(unique);
    let mut command = group::command(engine.as_os_str());
    command.args(words(&container, &name, &environment, stdin.is_some())).args(arguments);
    // The values of variables are not shown to others on the machine, where that can be.
    command.envs(environment.iter().filter(|(key, _)| passes(key)));
    let mut removal = Removal { engine: engine.clone(), name: name.clone(), armed: true };
    let mut outcome = group::run(command, stdin, "container", told, &|text| text).await?.outcome();
    // What was measured is the container engine's client.
    outcome.processor = None;
    if outcome.code == NOT_RUN {
        // What could not be run may have been created.
        let said = outcome.stderr.trim();
        return Err(ProcessError::Failed(format!("`{}` could not run the container: {said}", engine.display())));
    }
    removal.armed = false;
    if let Cleanup::After(milliseconds) = container.cleanup {
        remove_later(&engine, &name, milliseconds)?;
    }
    Ok(outcome)
}

/// The engine's command line up to the arguments of the container.
fn words(container: &Container, name: &str, environment: &BTreeMap<String, String>, reads: bool) -> Vec<OsString> {
    let pull = match container.pull {
        Pull::IfNotPresent => "missing",
        Pull::Always => "always",
        Pull::Never => "never",
    };
    let mut words: Vec<String> = ["run", "--name", name, "--pull", pull].map(str::to_owned).to_vec();
    if container.cleanup == Cleanup::Always {
        words.push("--rm".to_owned());
    }
    if reads {
        words.push("--interactive".to_owned());
    }
    for (key, value) in environment {
        words.extend(["--env".to_owned(), if passes(key) { key.clone() } else { format!("{key}={value}") }]);
    }
    for (host, inside) in &container.ports {
        words.extend(["--publish".to_owned(), format!("{host}:{inside}")]);
    }
    for (host, inside) in &container.volumes {
        words.extend(["--volume".to_owned(), format!("{}:{inside}", folder(host, &container.from))]);
    }
    match &container.command {
        Some(line) => {
            let rest = ["--entrypoint", "sh", &container.image, "-c", line, "sh"];
            words.extend(rest.map(str::to_owned));
        }
        None => words.push(container.image.clone()),
    }
    words.into_iter().map(OsString::from).collect()
}

/// Whether a variable can be handed on through the engine's own environment: it must not change
/// what the engine does.
fn passes(key: &str) -> bool {
    const OWN: &[&str] = &["DOCKER", "PODMAN", "CONTAINER", "BUILDAH", "XDG", "LD_", "DYLD_", "TMP", "SSL_", "SSH_", "LC_"];
    const EXACT: &[&str] = &["PATH", "HOME", "USER", "LANG", "TZ", "SHELL"];
    let upper = key.to_ascii_uppercase();
    !OWN.iter().any(|prefix| upper.starts_with(prefix)) && !EXACT.contains(&upper.as_str()) && !upper.ends_with("_PROXY")
}

/// A folder that begins with a dot is found from the workflow; anything else is for the engine.
fn folder(host: &str, from: &str) -> String {
    if host == "." || host == ".." || host.starts_with("./") || host.starts_with("../") {
        let base = Path::new(from).parent().unwrap_or_else(|| Path::new(""));
        let joined = base.join(host);
        return std::path::absolute(&joined).unwrap_or(joined).display().to_string();
    }
    host.to_owned()
}

/// Removes a container whose task was cancelled: the engine's own process is only a client.
struct Removal {
    engine: PathBuf,
    name: String,
    armed: bool,
}

impl Drop for Removal {
    #[expect(clippy::disallowed_methods, reason = "this is the world that starts processes")]
    fn drop(&mut self) {
        if !self.armed {
            return;
        }
        let mut command = std::process::Command::new(&self.engine);
        command.args(["rm", "--force", &self.name]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        if let Ok(mut child) = command.spawn() {
            // Nobody is left to be told; the process is only not left behind as a zombie.
            std::thread::spawn(move || child.wait());
        }
    }
}

/// Lets a process of its own remove the container: it also does so if the host ends before.
fn remove_later(engine: &Path, name: &str, milliseconds: u64) -> Result<(), ProcessError> {
    let seconds = format!("{}.{:03}", milliseconds / 1_000, milliseconds % 1_000);
    let mut command = group::command("sh".as_ref());
    command
        .args(["-c", "sleep \"$1\"; exec \"$2\" rm --force \"$3\"", "sh", &seconds])
        .arg(engine)
        .arg(name)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    #[cfg(unix)]
    command.process_group(0);
    let started = command.spawn().map_err(|error| ProcessError::Failed(format!("the container's removal could not be planned: {error}")));
    started.map(|_| ())
}
