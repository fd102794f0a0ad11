//! A folder with workflows, and the program run in it.

use std::{fs, path::Path, time::Duration};

use assert_cmd::Command;
use tempfile::TempDir;

/// Nothing here takes a second; a hang is told instead of waited for.
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) const HEAD: &str = "document: { dsl: '1.0.3', namespace: tests, name: order, version: '0.1.0' }\n";

pub(crate) struct Folder(TempDir);

impl Folder {
    /// A folder with these files; workflows get their `document`.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let head = if name.ends_with(".workflow.yaml") { HEAD } else { "" };
            fs::write(path, format!("{head}{}", text.strip_prefix('\n').unwrap_or(text))).unwrap();
        }
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowdbg"));
        command.current_dir(self.path()).args(arguments).timeout(LIMIT);
        for name in ["FLOWDBG_LOG", "FLOWDBG_TOKEN", "FLOWDBG_WATCH_TOKEN", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs it; gives exit code, standard output and standard error, in which times and the folder
    /// are named alike in every run.
    pub(crate) fn run(&self, arguments: &[&str], stdin: &str) -> (i32, String, String) {
        let output = self.command(arguments).write_stdin(stdin).output().unwrap();
        let text = |bytes: Vec<u8>| self.normal(&String::from_utf8(bytes).unwrap());
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// One text of all: exit code, standard output, standard error.
    pub(crate) fn transcript(&self, arguments: &[&str], stdin: &str) -> String {
        let (code, out, err) = self.run(arguments, stdin);
        let part = |name: &str, text: &str| if text.is_empty() { String::new() } else { format!("--- {name}\n{text}") };
        format!("exit {code}\n{}{}", part("out", &out), part("err", &err))
    }

    fn normal(&self, text: &str) -> String {
        let text = text.replace(self.path().canonicalize().unwrap().to_str().unwrap(), "$DIR");
        let text = text.replace(self.path().to_str().unwrap(), "$DIR");
        let mut normal = String::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let timed = |at: usize| words.get(at + 1).is_some_and(|unit| unit.trim_end_matches([':', ',']) == "ms");
            let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
            let masked = words.iter().enumerate().map(|(at, word)| if timed(at) && is_number(word) { "N" } else { word });
            normal.push_str(masked.collect::<Vec<_>>().join(" ").trim_end());
            normal.push('\n');
        }
        normal
    }
}
