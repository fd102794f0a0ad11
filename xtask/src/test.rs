//! The project's one test command: everything that must hold, in the order in which it fails
//! fastest.

use std::path::Path;

use anyhow::{Context, bail};

struct Step {
    what: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
    variables: &'static [(&'static str, &'static str)],
    needs_editors: bool,
}

const STEPS: &[Step] = &[
    Step { what: "formatting", program: "cargo", arguments: &["fmt", "--all", "--check"], variables: &[], needs_editors: false },
    Step {
        what: "lints",
        program: "cargo",
        arguments: &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
        variables: &[],
        needs_editors: false,
    },
    Step { what: "services", program: "tests/services/install.sh", arguments: &[], variables: &[], needs_editors: false },
    Step {
        what: "tests",
        program: "cargo",
        arguments: &["test", "--workspace", "--no-fail-fast"],
        variables: &[("FLOWDBG_SERVICES", "required")],
        needs_editors: false,
    },
    Step {
        what: "documentation",
        program: "cargo",
        arguments: &["doc", "--workspace", "--no-deps", "--document-private-items"],
        variables: &[("RUSTDOCFLAGS", "-D warnings")],
        needs_editors: false,
    },
    Step { what: "the binary", program: "cargo", arguments: &["build", "--package", "flowdbg"], variables: &[], needs_editors: true },
    Step { what: "Neovim", program: "editors/test/neovim.sh", arguments: &[], variables: &[], needs_editors: true },
    Step { what: "VS Code", program: "editors/test/vscode.sh", arguments: &[], variables: &[], needs_editors: true },
];

/// Runs every step; those in real editors only if wanted.
///
/// # Errors
/// Names the step that failed.
pub(crate) fn run(root: &Path, editors: bool) -> anyhow::Result<()> {
    eprintln!("test: tidy");
    crate::tidy::check(root)?;
    for step in STEPS.iter().filter(|step| editors || !step.needs_editors) {
        eprintln!("test: {}", step.what);
        let mut command = crate::command(step.program, root);
        command.args(step.arguments).envs(step.variables.iter().copied());
        let status = command.status().with_context(|| format!("`{}` did not start", step.program))?;
        if !status.success() {
            bail!("{} failed: `{} {}` ended with {status}", step.what, step.program, step.arguments.join(" "));
        }
    }
    eprintln!("test: everything holds{}", if editors { "" } else { " (without the editors)" });
    Ok(())
}
