//! Chores of the project: what is generated, is generated here.
//!
//! - `cargo run -p xtask -- dap-types --schema FILE` writes the protocol room's DAP types from
//!   the `debugAdapterProtocol.json` of the Debug Adapter Protocol.
//! - `cargo run -p xtask -- docs` writes the reference pages that follow from tables in code.
//!
//! Everything generated is committed; tests fail when it is stale.

mod dap_page;
mod dap_types;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Where the DAP types go, from the root of the repository.
const DAP_TYPES: &str = "protocol/src/dap/types.rs";
/// Where the DAP reference page goes.
const DAP_PAGE: &str = "docs/reference/dap.md";

const USAGE: &str = "usage: cargo run -p xtask -- dap-types --schema FILE | docs";

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["dap-types", "--schema", schema] => {
            let text = dap_types::generate(&read(Path::new(schema))?)?;
            write(&root().join(DAP_TYPES), &text)
        }
        ["docs"] => write(&root().join(DAP_PAGE), &dap_page::text()),
        _ => bail!("{USAGE}"),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> anyhow::Result<String> {
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

    /// Names the schema, which is not part of this repository.
    const SCHEMA_VARIABLE: &str = "FLOWDBG_DAP_SCHEMA";

    #[test]
    fn the_dap_types_are_fresh() {
        let Some(schema) = std::env::var_os(SCHEMA_VARIABLE) else {
            eprintln!("skipped: {SCHEMA_VARIABLE} does not name a debugAdapterProtocol.json");
            return;
        };
        let fresh = dap_types::generate(&read(Path::new(&schema)).unwrap()).unwrap();
        let committed = read(&root().join(DAP_TYPES)).unwrap();
        assert!(fresh == committed, "{DAP_TYPES} is stale: run `cargo run -p xtask -- dap-types --schema FILE`");
    }

    #[test]
    fn the_dap_page_is_fresh() {
        let committed = read(&root().join(DAP_PAGE)).unwrap();
        assert!(dap_page::text() == committed, "{DAP_PAGE} is stale: run `cargo run -p xtask -- docs`");
    }
}
