//! Any text is read without a panic, in parts too, and all that is said of it lies in the text.

#![no_main]

use flowdbg_lang::{read, text::Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for path in ["fuzz.yaml", "fuzz.json"] {
        let source = Source::new(path, text);
        let (tree, problems) = read::read(&source);
        for span in problems.iter().map(|problem| problem.span).chain(tree.gaps().iter().copied()) {
            assert!(text.get(span.range()).is_some());
        }
        assert!(tree.gaps().is_empty() || !problems.is_empty());
        for comment in tree.comments() {
            assert!(text[comment.span.range()].starts_with('#'));
        }
    }
    let (tree, _) = read::read_in_parts(&Source::new("fuzz.yaml", text));
    for span in tree.gaps() {
        assert!(text.get(span.range()).is_some());
    }
});
