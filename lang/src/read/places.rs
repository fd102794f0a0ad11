//! The way from a place inside a scalar's decoded text back to the source.
//!
//! A scalar is decoded once more, this time keeping for each character where it stands: a break
//! that was folded into a blank stands where the line's text ends, an escape at its backslash.

use crate::{
    text::Span,
    tree::{NodeId, ScalarStyle, Tree},
};

/// Where byte `at` of a scalar's decoded text stands in the source; its end, if `at` is the end.
#[must_use]
pub fn source_offset(tree: &Tree, node: NodeId, at: usize) -> u32 {
    let span = tree.span(node);
    let Some(scalar) = tree.scalar(node) else { return span.start };
    let decoder = decode(tree.source().text(), span, scalar.style, scalar.text.len());
    let places = &decoder.places;
    // The character that holds the byte begins at or before it.
    let found = places.partition_point(|place| place.decoded <= at);
    let offset = match found.checked_sub(1).map(|index| places[index]) {
        Some(place) if at < decoder.length => place.source,
        _ => decoder.end,
    };
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// One character of the decoded text.
#[derive(Clone, Copy, Debug)]
struct Place {
    decoded: usize,
    source: usize,
}

#[derive(Debug, Default)]
struct Decoder {
    places: Vec<Place>,
    /// How many bytes were decoded.
    length: usize,
    /// How many there are, by the reader of the text.
    limit: usize,
    /// Where the last character ends in the source.
    end: usize,
    #[cfg(test)]
    text: String,
}

impl Decoder {
    fn push(&mut self, c: char, source: usize, end: usize) {
        if self.length >= self.limit {
            return;
        }
        self.places.push(Place { decoded: self.length, source });
        self.length += c.len_utf8();
        self.end = end;
        #[cfg(test)]
        self.text.push(c);
    }
}

fn decode(text: &str, span: Span, style: ScalarStyle, limit: usize) -> Decoder {
    let range = span.start as usize..(span.end as usize).min(text.len());
    let mut decoder = Decoder { limit, end: range.start, ..Decoder::default() };
    match style {
        ScalarStyle::Plain => inline(text, range, style, &mut decoder),
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
            let inside = range.start + 1..range.end.saturating_sub(1).max(range.start + 1).min(text.len());
            decoder.end = inside.start;
            inline(text, inside, style, &mut decoder);
        }
        ScalarStyle::Literal | ScalarStyle::Folded => block(text, range, style, &mut decoder),
    }
    decoder
}

/// Bytes of the line break at `at`, if one is there.
fn break_length(text: &str, at: usize) -> usize {
    match text.as_bytes()[at..] {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

/// Plain and quoted text: breaks are folded, blanks around them are nothing.
fn inline(text: &str, range: std::ops::Range<usize>, style: ScalarStyle, decoder: &mut Decoder) {
    let end = range.end;
    let mut at = range.start;
    let mut blanks: Vec<(char, usize)> = Vec::new();
    while let Some(c) = text.get(at..end).and_then(|rest| rest.chars().next()) {
        if break_length(text, at) > 0 {
            let fold = blanks.first().map_or(at, |blank| blank.1);
            blanks.clear();
            let breaks = breaks(text, &mut at, end);
            match breaks.as_slice() {
                [only] => decoder.push(' ', fold, only + break_length(text, *only)),
                [_, more @ ..] => more.iter().for_each(|place| decoder.push('\n', *place, place + break_length(text, *place))),
                [] => {}
            }
            continue;
        }
        if matches!(c, ' ' | '\t') {
            blanks.push((c, at));
            at += 1;
            continue;
        }
        for (blank, place) in blanks.drain(..) {
            decoder.push(blank, place, place + 1);
        }
        match (c, style) {
            ('\\', ScalarStyle::DoubleQuoted) if break_length(text, (at + 1).min(end)) > 0 => {
                // An escaped break stands for nothing; further ones count.
                at += 1;
                for place in breaks(text, &mut at, end).into_iter().skip(1) {
                    decoder.push('\n', place, place + break_length(text, place));
                }
            }
            ('\\', ScalarStyle::DoubleQuoted) => {
                let (decoded, length) = escape(&text[at..end]);
                decoder.push(decoded, at, at + length);
                at += length;
            }
            ('\'', ScalarStyle::SingleQuoted) => {
                decoder.push(c, at, at + 2);
                at += 2;
            }
            _ => {
                decoder.push(c, at, at + c.len_utf8());
                at += c.len_utf8();
            }
        }
    }
    for (blank, place) in blanks {
        decoder.push(blank, place, place + 1);
    }
}

/// The places of line breaks that only blanks separate; `at` is moved behind them.
fn breaks(text: &str, at: &mut usize, end: usize) -> Vec<usize> {
    let mut found = Vec::new();
    while *at < end {
        let length = break_length(text, *at);
        if length > 0 {
            found.push(*at);
            *at += length;
        } else if matches!(text.as_bytes()[*at], b' ' | b'\t') {
            *at += 1;
        } else {
            break;
        }
    }
    found
}

/// The character that an escape stands for, and its bytes.
fn escape(text: &str) -> (char, usize) {
    let Some(c) = text[1..].chars().next() else { return ('\\', 1) };
    let hex = |from: usize, digits: usize| text.get(from..from + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    let code = match c {
        'x' => (hex(2, 2), 4),
        'u' => match (hex(2, 4), text.get(6..8), hex(8, 4)) {
            (Some(high @ 0xD800..0xDC00), Some("\\u"), Some(low @ 0xDC00..0xE000)) => {
                (Some(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00)), 12)
            }
            (code, ..) => (code, 6),
        },
        'U' => (hex(2, 8), 10),
        _ => {
            let decoded = match c {
                '0' => '\0',
                'a' => '\u{7}',
                'b' => '\u{8}',
                't' | '\t' => '\t',
                'n' => '\n',
                'v' => '\u{b}',
                'f' => '\u{c}',
                'r' => '\r',
                'e' => '\u{1b}',
                'N' => '\u{85}',
                '_' => '\u{a0}',
                'L' => '\u{2028}',
                'P' => '\u{2029}',
                other => other,
            };
            return (decoded, 1 + c.len_utf8());
        }
    };
    (code.0.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER), code.1.min(text.len()))
}

/// Block text: the span begins with its first character, so its column is the indentation.
fn block(text: &str, range: std::ops::Range<usize>, style: ScalarStyle, decoder: &mut Decoder) {
    let indent = range.start - text[..range.start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let limit = decoder.limit;
    for place in leading_breaks(text, range.start - indent) {
        decoder.push('\n', place, place + break_length(text, place));
    }
    let mut at = range.start;
    let mut breaks: Vec<usize> = Vec::new();
    let mut special_before = true;
    while at < text.len() && decoder.length < limit {
        let line_end = at + text[at..].find(['\n', '\r']).unwrap_or(text.len() - at);
        if line_end > at {
            let special = text[at..].starts_with([' ', '\t']);
            let folds = style == ScalarStyle::Folded && !special && !special_before;
            emit(text, &breaks, folds, decoder);
            breaks.clear();
            for (offset, c) in text[at..line_end].char_indices() {
                decoder.push(c, at + offset, at + offset + c.len_utf8());
            }
            special_before = special;
        }
        let length = break_length(text, line_end);
        if length == 0 {
            break;
        }
        breaks.push(line_end);
        at = line_end + length;
        // A blank line may be shorter than the indentation.
        let blanks = text[at..].bytes().take(indent).take_while(|byte| *byte == b' ').count();
        at += blanks;
        if blanks < indent && at < text.len() && break_length(text, at) == 0 {
            break;
        }
    }
    emit(text, &breaks, false, decoder);
}

fn emit(text: &str, breaks: &[usize], folds: bool, decoder: &mut Decoder) {
    match breaks {
        [only] if folds => decoder.push(' ', *only, only + break_length(text, *only)),
        [_, more @ ..] if folds => more.iter().for_each(|place| decoder.push('\n', *place, place + break_length(text, *place))),
        _ => breaks.iter().for_each(|place| decoder.push('\n', *place, place + break_length(text, *place))),
    }
}

/// The breaks of the empty lines between a block's header and its first line.
fn leading_breaks(text: &str, line: usize) -> Vec<usize> {
    let mut found = Vec::new();
    let mut line = line;
    while line > 0 {
        let ending = if text[..line].ends_with("\r\n") { 2 } else { 1 };
        let at = line - ending;
        let start = text[..at].rfind(['\n', '\r']).map_or(0, |at| at + 1);
        if !text[start..at].trim_start_matches(' ').is_empty() {
            break;
        }
        found.push(at);
        line = start;
    }
    found.reverse();
    found
}

#[cfg(test)]
#[path = "places_tests.rs"]
mod tests;
