//! Chores of the project: what is generated, is generated here.
//!
//! - `cargo run -p xtask -- dap-types --schema FILE` writes the protocol room's DAP types from
//!   the `debugAdapterProtocol.json` of the Debug Adapter Protocol.
//! - `cargo run -p xtask -- docs` writes the reference pages that follow from tables in code.
//! - `cargo xtask test` is the project's one test command; `--no-editors` leaves out the tests in
//!   real editors.
//! - `cargo xtask tidy` checks the rules of the house.
//!
//! Everything generated is committed; tests fail when it is stale.

#![expect(clippy::disallowed_methods, clippy::print_stderr, reason = "chores read files, start tools and talk to a person")]

mod control_page;
mod dap_page;
mod dap_types;
mod dsl_page;
mod test;
mod tidy;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Where the DAP types go, from the root of the repository.
const DAP_TYPES: &str = "protocol/src/dap/types.rs";
/// Where the DAP reference page goes.
const DAP_PAGE: &str = "docs/reference/dap.md";
/// Where the control API's page goes.
const CONTROL_PAGE: &str = "docs/reference/control.md";
/// Where the page of the workflow language goes.
const DSL_PAGE: &str = "docs/reference/dsl.md";

const USAGE: &str = "usage: cargo xtask test [--no-editors] | tidy | docs | dap-types --schema FILE";

fn main() -> std::process::ExitCode {
    match run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["dap-types", "--schema", schema] => {
            let text = dap_types::generate(&read_text(Path::new(schema))?)?;
            write(&root().join(DAP_TYPES), &text)
        }
        ["docs"] => {
            write(&root().join(DAP_PAGE), &dap_page::text())?;
            write(&root().join(CONTROL_PAGE), &control_page::text()?)?;
            write(&root().join(DSL_PAGE), &dsl_page::text())
        }
        ["test"] => test::run(&root(), true),
        ["test", "--no-editors"] => test::run(&root(), false),
        ["tidy"] => tidy::check(&root()),
        _ => bail!("{USAGE}"),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

fn command(program: &str, root: &Path) -> std::process::Command {
    let program = if program.contains('/') { root.join(program).into_os_string() } else { program.into() };
    let mut command = std::process::Command::new(program);
    command.current_dir(root);
    command
}

fn read_text(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_tidy() {
        tidy::check(&root()).expect("the rules of the house");
    }

    /// Names the schema, which is not part of this repository.
    const SCHEMA_VARIABLE: &str = "FLOWDBG_DAP_SCHEMA";

    #[test]
    fn the_dap_types_are_fresh() {
        let Some(schema) = std::env::var_os(SCHEMA_VARIABLE) else {
            eprintln!("skipped: {SCHEMA_VARIABLE} does not name a debugAdapterProtocol.json");
            return;
        };
        let fresh = dap_types::generate(&read_text(Path::new(&schema)).unwrap()).unwrap();
        let committed = read_text(&root().join(DAP_TYPES)).unwrap();
        assert!(fresh == committed, "{DAP_TYPES} is stale: run `cargo run -p xtask -- dap-types --schema FILE`");
    }

    #[test]
    fn the_control_page_is_fresh() {
        let committed = read_text(&root().join(CONTROL_PAGE)).unwrap();
        assert!(control_page::text().unwrap() == committed, "{CONTROL_PAGE} is stale: run `cargo xtask docs`");
    }

    #[test]
    fn the_page_of_the_language_is_fresh() {
        let committed = read_text(&root().join(DSL_PAGE)).unwrap();
        assert!(dsl_page::text() == committed, "{DSL_PAGE} is stale: run `cargo xtask docs`");
    }

    #[test]
    fn the_dap_page_is_fresh() {
        let committed = read_text(&root().join(DAP_PAGE)).unwrap();
        assert!(dap_page::text() == committed, "{DAP_PAGE} is stale: run `cargo run -p xtask -- docs`");
    }
}
