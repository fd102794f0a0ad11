//! Decoding once more gives the text that reading gave, whatever the text is.

use proptest::prelude::*;

use super::*;
use crate::{codes, read::read, text::Source, tree::NodeKind};

const PARTS: &[&str] = &[
    "a", "b c", " ", "  ", "\n", "\r\n", "\n  ", "\n   ", "\t", "ü", "😀", "'", "''", "\"", "\\n", "\\u00fc", "\\\n  ", "#", ":", "- ",
    "|\n", ">\n", ">-\n  ", "|2\n", "|+\n", "k: ", "\u{85}", "\\ ", "\\t",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, max_global_rejects: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_scalar_is_decoded_alike(parts in prop::collection::vec(0..PARTS.len(), 1..14), head in 0..6_usize) {
        let head = ["", "k: ", "k: |\n  ", "k: >\n  ", "k: \"", "- '"][head];
        let tail = match head.chars().last() { Some(quote @ ('"' | '\'')) => quote.to_string(), _ => String::new() };
        let text: String = [head].into_iter().chain(parts.iter().map(|part| PARTS[*part])).chain([tail.as_str()]).collect();
        let source = Source::new("soup.yaml", text.as_str());
        let (tree, problems) = read(&source);
        prop_assume!(tree.gaps().is_empty() && !problems.iter().any(|found| found.code == codes::SYNTAX));
        for node in tree.nodes() {
            let NodeKind::Scalar(scalar) = &node.kind else { continue };
            // A block without text has no first character to begin with.
            if node.span.start == node.span.end || scalar.text.trim().is_empty() {
                continue;
            }
            let decoder = decode(&text, node.span, scalar.style, scalar.text.len());
            // The last line of a text has an end even if it is not written.
            let missing = scalar.text.len() - decoder.text.len().min(scalar.text.len());
            prop_assert!(missing <= 1, "{:?} for {:?} of {:?}", decoder.text, scalar.text, text);
            prop_assert_eq!(&scalar.text[..scalar.text.len() - missing], decoder.text.as_str(), "{:?}", text);
            prop_assert!(decoder.places.windows(2).all(|pair| pair[0].source < pair[1].source), "{:?}", text);
        }
    }
}
