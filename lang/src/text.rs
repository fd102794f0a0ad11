//! Source text and positions in it.
//!
//! Inside this room a position is a byte offset. Lines, columns and UTF-16 code units exist only
//! for those who talk to an editor or a person, and are computed here and nowhere else.

use std::sync::Arc;

/// A half-open range of bytes in a [`Source`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end`.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        let cut = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { start: cut(start), end: cut(end.max(start)) }
    }

    /// An empty span at `at`.
    #[must_use]
    pub fn empty(at: usize) -> Self {
        Self::new(at, at)
    }

    /// The smallest span that holds both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether the offset lies in the span or directly at its end.
    #[must_use]
    pub fn touches(self, offset: u32) -> bool {
        self.start <= offset && offset <= self.end
    }

    /// As a range of `usize`, to slice with.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Zero-based line and column in UTF-16 code units, as editors count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Zero-based line.
    pub line: u32,
    /// Zero-based column in UTF-16 code units.
    pub character: u32,
}

/// The text of one file with an index of its lines.
#[derive(Debug)]
pub struct Source {
    path: Arc<str>,
    text: Arc<str>,
    lines: Vec<u32>,
}

impl Source {
    /// Largest text that is read, in bytes. A workflow file has some kilobytes.
    pub const MAX_BYTES: usize = 50 * 1024 * 1024;

    /// Takes a text under the path or URI by which messages name it.
    #[must_use]
    pub fn new(path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Arc<Self> {
        let text = text.into();
        let mut lines = vec![0];
        let bytes = text.as_bytes();
        for (at, byte) in bytes.iter().enumerate() {
            // CRLF ends at its LF; a lone CR ends a line too, as in YAML and LSP.
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                lines.push(u32::try_from(at + 1).unwrap_or(u32::MAX));
            }
        }
        Arc::new(Self { path: path.into(), text, lines })
    }

    /// Path or URI of the file.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a span; empty if the span is not of this source.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// How many lines there are; an empty text has one.
    #[must_use]
    pub fn line_count(&self) -> u32 {
        u32::try_from(self.lines.len()).unwrap_or(u32::MAX)
    }

    /// Zero-based line that holds the byte.
    #[must_use]
    pub fn line_of(&self, offset: u32) -> u32 {
        let line = self.lines.partition_point(|start| *start <= offset);
        u32::try_from(line.saturating_sub(1)).unwrap_or(0)
    }

    /// The bytes of a line, without its line end.
    #[must_use]
    pub fn line_span(&self, line: u32) -> Span {
        let at = line as usize;
        let Some(start) = self.lines.get(at) else {
            return Span::empty(self.text.len());
        };
        let end = self.lines.get(at + 1).map_or(self.text.len(), |next| *next as usize);
        let text = &self.text[*start as usize..end];
        Span::new(*start as usize, *start as usize + text.trim_end_matches(['\n', '\r']).len())
    }

    /// Line and UTF-16 column of a byte offset; an offset inside a character counts as its start.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_of(offset);
        let start = self.lines[line as usize] as usize;
        let mut end = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let units = self.text.get(start..end).map_or(0, |text| text.encode_utf16().count());
        Position { line, character: u32::try_from(units).unwrap_or(u32::MAX) }
    }

    /// Byte offset of a position; a column past the end of its line counts as the line's end.
    #[must_use]
    pub fn offset(&self, position: Position) -> u32 {
        if position.line >= self.line_count() {
            return u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        }
        let span = self.line_span(position.line);
        let mut units = 0;
        for (at, c) in self.slice(span).char_indices() {
            if units >= position.character {
                return span.start + u32::try_from(at).unwrap_or(0);
            }
            units += u32::try_from(c.len_utf16()).unwrap_or(0);
        }
        span.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_utf16_units_and_lines_end_at_any_line_end() {
        let source = Source::new("a.yaml", "a\r\nñ😀x\rz\n");
        assert_eq!(source.line_count(), 4);
        let x = u32::try_from(source.text().find('x').expect("x")).expect("small");
        assert_eq!(source.position(x), Position { line: 1, character: 3 });
        assert_eq!(source.offset(Position { line: 1, character: 3 }), x);
        assert_eq!(source.slice(source.line_span(1)), "ñ😀x");
        assert_eq!(source.slice(source.line_span(2)), "z");
        assert_eq!(source.offset(Position { line: 9, character: 0 }) as usize, source.text().len());
    }

    #[test]
    fn every_character_boundary_survives_the_round_trip() {
        let source = Source::new("a.yaml", "do:\n  - é: { set: '😀' }\n");
        for (at, _) in source.text().char_indices() {
            let offset = u32::try_from(at).expect("small");
            if source.text().as_bytes()[at] != b'\n' {
                assert_eq!(source.offset(source.position(offset)), offset);
            }
        }
    }
}
