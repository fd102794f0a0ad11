//! Spec pages of the debug adapter: Markdown whose headings are tests, whose `yaml` blocks are files and whose
//! `session` blocks are transcripts of a debug session.
//!
//! In a transcript, `> ` lines are what the person does and every other line is what is seen.
//! `FLOWDBG_BLESS=1` rewrites what is seen. Each page runs twice: as it is, and with every message
//! read byte by byte; what is seen must be the same.
//!
//! A session speaks real DAP to the real server, which calls a real host on loopback. Only HTTP is
//! scripted: a request waits until the page answers it.

#![expect(clippy::disallowed_methods, reason = "tests read their pages")]

mod client;
mod page;
mod session;
mod world;

use std::path::{Path, PathBuf};

fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder of spec pages").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(pages(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_says_what_happens() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/dap");
    let bless = std::env::var_os("FLOWDBG_BLESS").is_some();
    let (mut cases, mut wrong) = (0, Vec::new());
    for path in pages(&root) {
        let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        let text = std::fs::read_to_string(&path).expect("a page");
        let page = page::Page::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut seen = Vec::new();
        for case in &page.cases {
            cases += 1;
            let whole = session::run(case, 64 * 1024).await;
            let bytewise = session::run(case, 1).await;
            if whole != bytewise {
                wrong.push(format!("{name}: {}: read byte by byte it differs\n{}", case.title, page::diff(&whole, &bytewise)));
            }
            if whole != case.session && !bless {
                wrong.push(format!("{name}: {}\n{}", case.title, page::diff(&case.session, &whole)));
            }
            seen.push(whole);
        }
        if bless {
            std::fs::write(&path, page.with(&seen)).expect("the page can be written");
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} spec sessions differ:\n\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(cases > 0, "there are no spec pages");
}
