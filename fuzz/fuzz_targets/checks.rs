//! Everything an editor asks of a workflow is answered, whatever stands in it.

#![no_main]

use flowdbg_lang::{analysis::Analysis, ide, mend::mend, settings, text::Source};
use libfuzzer_sys::fuzz_target;

const HEAD: &str = "document: { dsl: '1.0.3', namespace: tests, name: fuzz, version: '0.1.0' }\n";

fuzz_target!(|text: &str| {
    let text = format!("{HEAD}{text}");
    let analysis = Analysis::of(Source::new("fuzz.yaml", text.as_str()));
    for found in &analysis.diagnostics {
        assert!(text.get(found.span.range()).is_some());
    }
    for found in &analysis.diagnostics {
        for edit in found.fix.iter().flat_map(|fix| &fix.edits) {
            assert!(text.get(edit.span.range()).is_some());
        }
        let _ = settings::allowance(&analysis.source, found);
    }
    let _ = mend(&analysis, Analysis::of);
    let _ = ide::symbols(&analysis.tree);
    for offset in (0..=text.len()).step_by(11) {
        let _ = ide::hover(&analysis.tree, offset as u32);
    }
});
