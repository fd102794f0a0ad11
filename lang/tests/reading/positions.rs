//! Every place inside a decoded scalar leads back to the very character of the source.

use std::fmt::Write as _;

use flowdbg_lang::read::{read, source_offset};
use flowdbg_lang::text::Source;
use proptest::prelude::*;

/// A scalar as it is written: its source, and for each decoded character where it stands.
#[derive(Debug, Default)]
struct Written {
    source: String,
    places: Vec<(char, usize)>,
}

impl Written {
    fn put(&mut self, c: char, source: &str) {
        self.places.push((c, self.source.len()));
        self.source.push_str(source);
    }

    fn skip(&mut self, source: &str) {
        self.source.push_str(source);
    }
}

/// Words in lines; an empty line is a blank one.
fn lines(word: &'static str) -> impl Strategy<Value = Vec<Vec<String>>> {
    prop::collection::vec(prop_oneof![5 => prop::collection::vec(word, 1..4), 1 => Just(Vec::new())], 1..6)
        .prop_filter("first and last lines have words", |lines| !lines[0].is_empty() && !lines[lines.len() - 1].is_empty())
}

/// Folded lines, as plain and quoted scalars have them; the callback writes one character of a word.
fn fold(lines: &[Vec<String>], eol: &str, indent: &str, written: &mut Written, mut write: impl FnMut(&mut Written, char)) {
    let mut empty = 0;
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            if line.is_empty() {
                empty += 1;
                continue;
            }
            if empty == 0 {
                written.put(' ', eol);
            } else {
                written.skip(eol);
                for _ in 0..empty {
                    written.put('\n', eol);
                }
            }
            empty = 0;
            written.skip(indent);
        }
        for (at, word) in line.iter().enumerate() {
            if at > 0 {
                written.put(' ', " ");
            }
            word.chars().for_each(|c| write(written, c));
        }
    }
}

#[track_caller]
fn check(head: &str, written: &Written, tail: &str) -> Result<(), TestCaseError> {
    let text = format!("{head}{}{tail}", written.source);
    let (tree, problems) = read(&Source::new("positions.yaml", text.as_str()));
    prop_assert!(problems.is_empty(), "{:?} in {:?}", problems, text);
    let node = tree.get(tree.root().unwrap(), "k").unwrap();
    let decoded = tree.text(node).unwrap().clone();
    let expected: String = written.places.iter().map(|(c, _)| *c).collect();
    prop_assert_eq!(&*decoded, expected.as_str(), "{:?}", text);
    let mut at = 0;
    for (c, place) in &written.places {
        for byte in 0..c.len_utf8() {
            prop_assert_eq!(source_offset(&tree, node, at + byte) as usize, head.len() + place, "{:?} at {} of {:?}", c, at, text);
        }
        at += c.len_utf8();
    }
    let end = source_offset(&tree, node, at) as usize;
    prop_assert!(end >= head.len() + written.places.last().map_or(0, |last| last.1) && end <= text.len());
    Ok(())
}

fn eol() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("\n"), Just("\r\n")]
}

fn escaped(c: char, how: usize) -> String {
    match (c, how % 4) {
        ('"' | '\\', _) => format!("\\{c}"),
        (c, 1) if u32::from(c) < 0x100 => format!("\\x{:02x}", u32::from(c)),
        (c, 2) => {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().fold(String::new(), |mut out, unit| {
                write!(out, "\\u{unit:04X}").unwrap();
                out
            })
        }
        (c, 3) => format!("\\U{:08x}", u32::from(c)),
        (c, _) => c.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn plain(lines in lines("[a-zä.€😀|$(){}][a-zä.€😀|$(){}'\"]{0,5}"), eol in eol(), indent in 1..5_usize) {
        prop_assume!(!lines[0][0].starts_with(['|', '{', '}']));
        prop_assume!(lines.iter().all(|line| line.iter().all(|word| !word.contains("${"))));
        let mut written = Written::default();
        fold(&lines, eol, &" ".repeat(indent), &mut written, |written, c| written.put(c, c.encode_utf8(&mut [0; 4])));
        check("k: ", &written, eol)?;
    }

    #[test]
    fn single_quoted(lines in lines("[a-z':#ü😀\"\\\\,]{1,6}"), eol in eol(), indent in 1..5_usize) {
        let mut written = Written::default();
        fold(&lines, eol, &" ".repeat(indent), &mut written, |written, c| match c {
            '\'' => written.put(c, "''"),
            c => written.put(c, c.encode_utf8(&mut [0; 4])),
        });
        check("k: '", &written, &format!("'{eol}z: 1{eol}"))?;
    }

    #[test]
    fn double_quoted(lines in lines("[a-z':#ü😀\"\\\\,\u{e000}]{1,6}"), hows in prop::collection::vec(0..4_usize, 64), eol in eol(), indent in 1..5_usize) {
        let mut written = Written::default();
        let mut count = 0;
        fold(&lines, eol, &" ".repeat(indent), &mut written, |written, c| {
            if count % 7 == 6 {
                // An escaped line end stands for nothing.
                written.skip(&format!("\\{eol}   "));
            }
            let text = escaped(c, hows[count % hows.len()]);
            count += 1;
            written.put(c, &text);
        });
        check("k: \"", &written, &format!("\"{eol}z: 1{eol}"))?;
    }

    #[test]
    fn literal(
        lines in lines("[a-z'\":#ü😀,|]{1,6}"), eol in eol(), indent in 1..6_usize, chomping in prop_oneof![Just(""), Just("-"), Just("+")],
        explicit in any::<bool>(), extra in prop::collection::vec(0..4_usize, 8), leading in 0..3_usize, trailing in 0..3_usize,
    ) {
        let extra = |at: usize| if at == 0 && !explicit { 0 } else { extra[at % extra.len()] };
        let mut written = Written::default();
        (0..leading).for_each(|_| written.put('\n', eol));
        for (at, line) in lines.iter().enumerate() {
            if !line.is_empty() {
                written.skip(&" ".repeat(indent));
                (0..extra(at)).for_each(|_| written.put(' ', " "));
                line.join(" ").chars().for_each(|c| written.put(c, c.encode_utf8(&mut [0; 4])));
            }
            if at + 1 < lines.len() || chomping != "-" {
                written.put('\n', eol);
            } else {
                written.skip(eol);
            }
        }
        for _ in 0..trailing {
            if chomping == "+" { written.put('\n', eol) } else { written.skip(eol) }
        }
        let digit = if explicit { indent.to_string() } else { String::new() };
        check(&format!("k: |{digit}{chomping}{eol}"), &written, &format!("z: 1{eol}"))?;
    }

    #[test]
    fn folded(lines in lines("[a-z'\":#ü😀,|]{1,6}"), eol in eol(), indent in 1..6_usize, special in prop::collection::vec(any::<bool>(), 8), clip in any::<bool>()) {
        let special = |at: usize| at > 0 && special[at % special.len()];
        let white = " ".repeat(indent);
        let mut written = Written::default();
        let mut before: Option<usize> = None;
        let mut empty = 0;
        for (at, line) in lines.iter().enumerate() {
            if line.is_empty() {
                empty += 1;
                continue;
            }
            if let Some(before) = before {
                if special(before) || special(at) {
                    (0..=empty).for_each(|_| written.put('\n', eol));
                } else if empty == 0 {
                    written.put(' ', eol);
                } else {
                    written.skip(eol);
                    (0..empty).for_each(|_| written.put('\n', eol));
                }
            }
            empty = 0;
            written.skip(&white);
            if special(at) {
                written.put(' ', " ");
            }
            line.join(" ").chars().for_each(|c| written.put(c, c.encode_utf8(&mut [0; 4])));
            before = Some(at);
        }
        if clip { written.put('\n', eol) } else { written.skip(eol) }
        check(&format!("k: >{}{eol}", if clip { "" } else { "-" }), &written, &format!("z: 1{eol}"))?;
    }
}
