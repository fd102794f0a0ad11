//! Rules of the house that no compiler checks: every module says what it is for, no file grows
//! into a dump, no machine's path and no unfinished mark gets in, and the map names what exists.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Longest source file, in lines. Generated files and tests are not counted.
const LONGEST: usize = 800;
/// From here on a file is worth a remark.
const LONG: usize = 600;

/// Checks the tree.
///
/// # Errors
/// Lists every breach.
pub(crate) fn check(root: &Path) -> anyhow::Result<()> {
    let mut breaches = Vec::new();
    let files = files(root)?;
    for file in &files {
        let name = file.strip_prefix(root).unwrap_or(file).display().to_string();
        let Ok(text) = std::fs::read_to_string(file) else { continue };
        for (number, line) in text.lines().enumerate() {
            if let Some(mark) = MARKS.iter().find(|mark| line.contains(&mark.concat())) {
                breaches.push(format!("{name}:{}: `{}` does not belong into a committed file", number + 1, mark.concat()));
            }
        }
        if name.ends_with(".rs") {
            rust(&name, &text, &mut breaches);
        }
        if name.ends_with(".md") {
            links(root, file, &name, &text, &mut breaches);
        }
    }
    if breaches.is_empty() {
        return Ok(());
    }
    bail!("{} breaches:\n{}", breaches.len(), breaches.join("\n"))
}

/// Written in parts, so that this file does not hold them.
const MARKS: &[[&str; 2]] =
    &[["TO", "DO"], ["FIX", "ME"], [" /ro", "ot/"], ["/ho", "me/"], ["/wo", "rk/"], ["todo", "!("], ["#[ig", "nore"]];

fn rust(name: &str, text: &str, breaches: &mut Vec<String>) {
    if text.contains("@generated") {
        return;
    }
    if !text.trim_start().starts_with("//!") {
        breaches.push(format!("{name}: begins without a `//!` that says what the module is for"));
    }
    let lines = text.lines().count();
    let is_test = name.ends_with("tests.rs") || name.contains("/tests/") || name.starts_with("tests/");
    if !is_test && lines > LONGEST {
        breaches.push(format!("{name}: {lines} lines; what two ideas does it hold?"));
    } else if !is_test && lines > LONG {
        eprintln!("tidy: {name} has {lines} lines");
    }
}

/// Every relative link of a page leads somewhere.
fn links(root: &Path, file: &Path, name: &str, text: &str, breaches: &mut Vec<String>) {
    let folder = file.parent().unwrap_or(root);
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ', '#']).next());
    for target in targets {
        let outside = target.is_empty() || target.contains("://") || target.starts_with("mailto:");
        if !outside && !folder.join(target).exists() {
            breaches.push(format!("{name}: the link to {target} leads nowhere"));
        }
    }
    if name == "ARCHITECTURE.md" {
        // A path in code quotes is a promise that it is there.
        for path in text.split('`').skip(1).step_by(2).filter(|path| is_path(path)) {
            if !root.join(path).exists() {
                breaches.push(format!("{name}: `{path}` does not exist"));
            }
        }
    }
}

fn is_path(text: &str) -> bool {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.'));
    plain && text.contains('/') && !text.starts_with('/') && !text.contains("x.rs") && !text.contains("x.md")
}

/// What git knows or would take in.
fn files(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let output =
        crate::command("git", root).args(["ls-files", "--cached", "--others", "--exclude-standard"]).output().context("git did not run")?;
    if !output.status.success() {
        bail!("git ls-files failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let listed = String::from_utf8(output.stdout)?;
    Ok(listed.lines().map(|line| root.join(line)).filter(|file| file.is_file()).collect())
}
