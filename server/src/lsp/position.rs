//! Positions as the editor counts them, to and from bytes.

use flowdbg_lang::text::{self, Source, Span};
use tower_lsp_server::gen_lsp_types::{ClientCapabilities, Position, PositionEncodingKind, Range};

/// What a column counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units, which every editor can do.
    #[default]
    Utf16,
}

impl Encoding {
    /// The first that we know of those that the editor offers, in its order.
    pub(super) fn chosen(client: &ClientCapabilities) -> Self {
        let offered = client.general.as_ref().and_then(|general| general.position_encodings.as_deref()).unwrap_or_default();
        let known = offered.iter().find_map(|kind| match kind {
            PositionEncodingKind::UTF8 => Some(Self::Utf8),
            PositionEncodingKind::UTF16 => Some(Self::Utf16),
            PositionEncodingKind::UTF32 | PositionEncodingKind::Custom(_) => None,
        });
        known.unwrap_or_default()
    }

    pub(super) fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    /// The byte at a position; a column past the end of its line counts as the line's end.
    pub(super) fn offset(self, source: &Source, position: Position) -> u32 {
        match self {
            Self::Utf16 => source.offset(text::Position { line: position.line, character: position.character }),
            Self::Utf8 if position.line >= source.line_count() => u32::try_from(source.text().len()).unwrap_or(u32::MAX),
            Self::Utf8 => {
                let line = source.line_span(position.line);
                let mut at = line.start.saturating_add(position.character).min(line.end);
                while !source.text().is_char_boundary(at as usize) {
                    at -= 1;
                }
                at
            }
        }
    }

    pub(super) fn position(self, source: &Source, offset: u32) -> Position {
        match self {
            Self::Utf16 => {
                let text::Position { line, character } = source.position(offset);
                Position { line, character }
            }
            Self::Utf8 => {
                let line = source.line_of(offset);
                let end = u32::try_from(source.text().len()).unwrap_or(u32::MAX);
                Position { line, character: offset.min(end) - source.line_span(line).start }
            }
        }
    }

    pub(super) fn range(self, source: &Source, span: Span) -> Range {
        Range { start: self.position(source, span.start), end: self.position(source, span.end) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_encodings_find_their_way_back() {
        let source = Source::new("a", "a: é😀x\n");
        let x = u32::try_from(source.text().find('x').unwrap()).unwrap();
        for (encoding, character) in [(Encoding::Utf8, 9), (Encoding::Utf16, 6)] {
            let position = Position { line: 0, character };
            assert_eq!(encoding.position(&source, x), position);
            assert_eq!(encoding.offset(&source, position), x);
            assert_eq!(encoding.offset(&source, Position { line: 0, character: 99 }), x + 1);
            assert_eq!(encoding.offset(&source, Position { line: 7, character: 0 }), x + 2);
            assert_eq!(encoding.position(&source, 99).line, 1);
        }
        // A column inside of a character counts as its start.
        assert_eq!(Encoding::Utf8.offset(&source, Position { line: 0, character: 4 }), 3);
    }
}
