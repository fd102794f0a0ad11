//! Scripts: each is written to a folder of its own and run by the user's interpreter, with limits.

use std::{collections::BTreeMap, ffi::OsString, path::Path};

use super::{
    super::super::Messages,
    group,
    programs::{Limits, Programs},
};
use crate::effect::{ProcessError, ProcessOutcome, ScriptLanguage};

/// What the kernel sends to a process that used up its processor time.
#[cfg(unix)]
const XCPU: i32 = rustix::process::Signal::XCPU.as_raw();

pub(super) async fn run(
    programs: &Programs,
    language: ScriptLanguage,
    code: &str,
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
    stdin: Option<String>,
    told: &Messages,
) -> Result<ProcessOutcome, ProcessError> {
    let interpreter = programs.interpreter(language)?;
    let name = match language {
        ScriptLanguage::JavaScript if is_module(code) => "script.mjs",
        ScriptLanguage::JavaScript => "script.cjs",
        ScriptLanguage::Python => "script.py",
    };
    let unwritten = |error: std::io::Error| ProcessError::Failed(format!("the script could not be written to a temporary file: {error}"));
    // The folder goes when this future ends or is dropped.
    let folder = tempfile::Builder::new().prefix("flowdbg-").tempdir().map_err(unwritten)?;
    let file = folder.path().join(name);
    std::fs::write(&file, code).map_err(unwritten)?;
    let mut command = limited(&interpreter, programs.limits);
    command.arg(&file).args(arguments);
    if language == ScriptLanguage::Python {
        // What it prints is seen when it is printed, in one encoding everywhere.
        command.env("PYTHONUNBUFFERED", "1").env("PYTHONUTF8", "1");
    }
    command.envs(environment);
    // The folder's name tells nothing.
    let (name, url) = (format!("{}{}", folder.path().display(), std::path::MAIN_SEPARATOR), format!("file://{}/", folder.path().display()));
    let shown = |text: String| if text.contains(&name) { text.replace(&url, "").replace(&name, "") } else { text };
    let ended = group::run(command, stdin, "script", told, &shown).await?;
    #[cfg(unix)]
    if ended.signal == Some(XCPU) {
        let seconds = programs.limits.cpu;
        return Err(ProcessError::Failed(format!("the script used more than {seconds} seconds of processor time and was stopped")));
    }
    let mut outcome = ended.outcome();
    outcome.stderr = shown(outcome.stderr);
    Ok(outcome)
}

/// The interpreter, with limits where the shell can set them.
fn limited(interpreter: &Path, limits: Limits) -> tokio::process::Command {
    if cfg!(not(unix)) {
        return group::command(interpreter.as_os_str());
    }
    // A limit that is higher than what the process may have anyway stays as it is. The hard limit
    // on time is later, so that the end can be told from others.
    let (memory, cpu) = (limits.memory / 1024, limits.cpu);
    let line = format!(
        "ulimit -d {memory} 2>/dev/null; ulimit -H -t {hard} 2>/dev/null; ulimit -S -t {cpu} 2>/dev/null; exec \"$@\"",
        hard = cpu.saturating_add(5)
    );
    let mut command = group::command("sh".as_ref());
    command.args([OsString::from("-c"), line.into(), "sh".into(), interpreter.as_os_str().to_owned()]);
    command
}

/// Whether JavaScript is a module: it imports, exports, or awaits outside of functions. A script
/// that uses what only the older kind has is of that kind.
fn is_module(code: &str) -> bool {
    let begins = |line: &str, word: &str| {
        line.strip_prefix(word).is_some_and(|rest| rest.starts_with(|c: char| c.is_whitespace() || "{*'\"".contains(c)))
    };
    if code.lines().map(str::trim_start).any(|line| begins(line, "import") || begins(line, "export")) {
        return true;
    }
    let older = ["require(", "module.", "exports.", "__dirname", "__filename"];
    code.contains("await") && !older.iter().any(|word| code.contains(word))
}

#[cfg(test)]
mod tests {
    use super::is_module;

    #[test]
    fn the_kind_of_javascript_shows() {
        assert!(is_module("// x\n  import { a } from 'node:fs';"));
        assert!(is_module("import'x'") && is_module("export default 1") && is_module("const a = await f();"));
        assert!(!is_module("const fs = require('fs'); (async () => { await f(); })()"));
        assert!(!is_module("important = 1") && !is_module("console.log('import x')"));
    }
}
