//! `--explain`: what a code means.

use flowdbg_lang::{codes, suggest};

use super::{GOOD, UNUSABLE, severity};
use crate::term;

pub(super) fn run(code: &str) -> u8 {
    if code.is_empty() {
        for code in codes::ALL {
            term::out(&format!("{}  {:<11}  {}", code.code, severity(code.severity), code.meaning));
        }
        return GOOD;
    }
    if let Some(code) = codes::find(code) {
        term::out_raw(code.page);
        return GOOD;
    }
    let near = suggest::closest(code, codes::ALL.iter().map(|code| code.code));
    let help = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
    term::error(&format!("there is no code `{code}`{help} `flowdbg check --explain` lists all"));
    UNUSABLE
}
