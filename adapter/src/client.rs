//! What the client said about itself, and numbers and paths as it wants them.
//!
//! The control API counts lines and columns from zero, in UTF-16 code units, and names files by
//! path. Here, and nowhere else, that is turned into what the client asked for.

use flowdbg_protocol::{
    control::{Position, Range},
    dap::types::{self, Source},
};

use crate::paths;

/// Facts from `initialize`.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    first_line: u32,
    first_column: u32,
    uris: bool,
    /// Whether variables may carry a type.
    pub(crate) variable_type: bool,
}

impl Default for Client {
    fn default() -> Self {
        Self::new(&types::InitializeRequestArguments::default())
    }
}

impl Client {
    pub(crate) fn new(arguments: &types::InitializeRequestArguments) -> Self {
        let first = |from_one: Option<bool>| u32::from(from_one.unwrap_or(true));
        let format = arguments.path_format.as_deref();
        Self {
            first_line: first(arguments.lines_start_at1),
            first_column: first(arguments.columns_start_at1),
            uris: format == Some(types::initialize_path_format::URI),
            variable_type: arguments.supports_variable_type == Some(true),
        }
    }

    pub(crate) fn line_in(&self, line: u64) -> u32 {
        u32::try_from(line).unwrap_or(u32::MAX).saturating_sub(self.first_line)
    }

    pub(crate) fn column_in(&self, column: u64) -> u32 {
        u32::try_from(column).unwrap_or(u32::MAX).saturating_sub(self.first_column)
    }

    pub(crate) fn line_out(&self, position: Position) -> u64 {
        u64::from(position.line) + u64::from(self.first_line)
    }

    pub(crate) fn column_out(&self, position: Position) -> u64 {
        u64::from(position.character) + u64::from(self.first_column)
    }

    /// A range as line, column, end line and end column.
    pub(crate) fn range_out(&self, range: Range) -> [u64; 4] {
        [self.line_out(range.start), self.column_out(range.start), self.line_out(range.end), self.column_out(range.end)]
    }

    /// The path of a source that the client names; also takes an address from those that
    /// promised paths.
    pub(crate) fn path_in(&self, path: &str) -> String {
        paths::from_uri(path)
    }

    pub(crate) fn source(&self, path: &str) -> Source {
        let shown = if self.uris { paths::to_uri(path) } else { path.to_owned() };
        Source { name: Some(paths::file_name(path).to_owned()), path: Some(shown), ..Default::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(text: &str) -> Client {
        Client::new(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn counting_starts_at_one_unless_told_otherwise() {
        let range = Range { start: Position { line: 3, character: 2 }, end: Position { line: 4, character: 0 } };
        let usual = client(r#"{"adapterID":"flowdbg"}"#);
        assert_eq!(usual.range_out(range), [4, 3, 5, 1]);
        assert_eq!((usual.line_in(4), usual.column_in(3)), (3, 2));
        assert_eq!((usual.line_in(0), usual.line_in(u64::MAX)), (0, u32::MAX - 1));
        let zero = client(r#"{"adapterID":"x","linesStartAt1":false,"columnsStartAt1":false}"#);
        assert_eq!(zero.range_out(range), [3, 2, 4, 0]);
        assert_eq!((zero.line_in(4), zero.column_in(3)), (4, 3));
    }

    #[test]
    fn paths_are_shown_as_asked() {
        let shown = |client: Client| client.source("/tmp/a b.yaml").path.unwrap();
        assert_eq!(shown(client(r#"{"adapterID":"x"}"#)), "/tmp/a b.yaml");
        assert_eq!(shown(client(r#"{"adapterID":"x","pathFormat":"path"}"#)), "/tmp/a b.yaml");
        let uris = client(r#"{"adapterID":"x","pathFormat":"uri"}"#);
        assert_eq!(uris.path_in("file:///tmp/a%20b.yaml"), "/tmp/a b.yaml");
        assert_eq!(shown(uris), "file:///tmp/a%20b.yaml");
    }
}
