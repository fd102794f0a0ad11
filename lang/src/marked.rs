//! Marked YAML: the notation of fixtures, in which places are pointed at instead of counted.
//!
//! Marks stand in comments and are taken out before anyone else sees the text.
//!
//! | mark | meaning |
//! | --- | --- |
//! | `#- /order.yaml` at column 0 | starts a file; without it the text is `/main.yaml` |
//! | `# ^^^^ text` on its own line | names these columns of the line above; several may be stacked |
//! | `#^^ text` | the column of the `#` is taken in |
//! | `# @name, @other` at a line's end | names the whole trimmed line |
//! | `<\|>` | the cursor; two of them select |
//!
//! This module serves tests only.

pub mod page;

use std::{cell::Cell, collections::HashMap, fmt::Write as _};

use crate::{diagnostic::Severity, text::Span};

/// The cursor.
const CURSOR: &str = "<|>";

/// A fixture without its marks.
#[derive(Debug)]
pub struct Fixture {
    /// Its files, in their order.
    pub files: Vec<File>,
}

/// A file of a fixture.
#[derive(Debug)]
pub struct File {
    /// Its path.
    pub path: String,
    /// Its text without marks.
    pub text: String,
    /// What carets point at, in the order in which they are written; labels are not among them.
    pub marks: Vec<Mark>,
    /// Labelled places.
    pub labels: Vec<Label>,
    /// Byte offsets of cursors: none, one, or the two ends of a selection.
    pub cursors: Vec<u32>,
}

/// Columns that carets name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Zero-based line in the text without marks.
    pub line: u32,
    /// The bytes in the text without marks.
    pub span: Span,
    /// The first word after the carets, without brackets: `bp`, `log`, `error`, `def`…
    pub word: String,
    /// What stands in brackets directly after that word: a diagnostic's code.
    pub code: Option<String>,
    /// The rest.
    pub text: String,
}

/// A place with a name.
#[derive(Debug)]
pub struct Label {
    /// The name, without `@`.
    pub name: String,
    /// Zero-based line in the text without marks.
    pub line: u32,
    /// The bytes in the text without marks.
    pub span: Span,
    used: Cell<bool>,
}

impl Mark {
    /// How bad the diagnostic is that the mark expects, if it expects one.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        match self.word.as_str() {
            "error" => Some(Severity::Error),
            "warning" => Some(Severity::Warning),
            "info" => Some(Severity::Information),
            "hint" => Some(Severity::Hint),
            _ => None,
        }
    }
}

const WORDS: &[&str] = &["bp", "log", "error", "warning", "info", "hint", "def", "ref"];

impl Fixture {
    /// Reads a fixture.
    ///
    /// # Errors
    /// Names the line of a mark that is unknown, stands nowhere, or gives a name twice.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\n').unwrap_or(text);
        let mut files: Vec<Builder> = Vec::new();
        for (at, line) in text.split_inclusive('\n').enumerate() {
            let wrong = |message: String| format!("fixture line {}: {message}", at + 1);
            if let Some(path) = line.strip_prefix("#- ") {
                files.push(Builder::new(path.trim()));
                continue;
            }
            if files.is_empty() {
                files.push(Builder::new("/main.yaml"));
            }
            if let Some(file) = files.last_mut() {
                file.line(line).map_err(wrong)?;
            }
        }
        let files: Vec<File> = files.into_iter().map(|builder| builder.file).collect();
        let mut labels = HashMap::new();
        let mut paths = HashMap::new();
        for file in &files {
            if paths.insert(&file.path, ()).is_some() {
                return Err(format!("fixture: the file {} is there twice", file.path));
            }
            if file.cursors.len() > 2 {
                return Err(format!("fixture: {} has more than two cursors", file.path));
            }
            for label in &file.labels {
                if labels.insert(&label.name, ()).is_some() {
                    return Err(format!("fixture: the label @{} is there twice", label.name));
                }
            }
        }
        Ok(Self { files })
    }

    /// A label, with the file it stands in. It then counts as used.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<(&File, &Label)> {
        let mut labels = self.files.iter().flat_map(|file| file.labels.iter().map(move |label| (file, label)));
        let found = labels.find(|(_, label)| label.name == name)?;
        found.1.used.set(true);
        Some(found)
    }

    /// The label of a line, if it has one. It does not count as used by that.
    #[must_use]
    pub fn label_of_line(&self, path: &str, line: u32) -> Option<&str> {
        let file = self.files.iter().find(|file| file.path == path)?;
        file.labels.iter().find(|label| label.line == line).map(|label| label.name.as_str())
    }

    /// The labels that nobody has asked for, each a mistake in the fixture.
    #[must_use]
    pub fn unused_labels(&self) -> Vec<&str> {
        let labels = self.files.iter().flat_map(|file| &file.labels);
        labels.filter(|label| !label.used.get()).map(|label| label.name.as_str()).collect()
    }

    /// The only file of a fixture.
    ///
    /// # Errors
    /// If it has none or several.
    pub fn single(&self) -> Result<&File, String> {
        match self.files.as_slice() {
            [file] => Ok(file),
            files => Err(format!("the fixture has {} files, not one", files.len())),
        }
    }
}

/// Draws marks into a text, each under its line; the opposite of [`Fixture::parse`].
///
/// A span that goes on beyond its first line is drawn on that line only.
#[must_use]
pub fn draw(text: &str, marks: &[(Span, String)]) -> String {
    let mut marks: Vec<_> = marks.iter().collect();
    marks.sort();
    let mut out = String::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        out.push_str(line);
        if !line.ends_with('\n') {
            out.push('\n');
        }
        let body = line.trim_end_matches(['\n', '\r']);
        let end = start + line.len();
        let last = end == text.len();
        for (span, label) in &marks {
            let from = span.start as usize;
            if from < start || (from >= end && !(last && from == end)) {
                continue;
            }
            let column = |byte: usize| body.get(..(byte - start).min(body.len())).map_or(0, |text| text.chars().count());
            let (first, width) = (column(from), column((span.end as usize).max(from)).saturating_sub(column(from)).max(1));
            let _ = match first {
                0 => writeln!(out, "#{} {label}", "^".repeat(width.saturating_sub(1).max(1))),
                1 => writeln!(out, " #{} {label}", "^".repeat(width.saturating_sub(1).max(1))),
                _ => writeln!(out, "#{}{} {label}", " ".repeat(first - 1), "^".repeat(width)),
            };
        }
        start = end;
    }
    out
}

/// The part of a span that lies on its first line, as carets can name it.
#[must_use]
pub fn on_first_line(text: &str, span: Span) -> Span {
    let body = text.get(span.range()).unwrap_or("");
    let line = body.split(['\n', '\r']).next().unwrap_or("");
    Span::new(span.start as usize, span.start as usize + line.len())
}

struct Builder {
    file: File,
    /// The line that carets point at: its first byte, and its text as written with cursors.
    above: Option<(usize, String)>,
    lines: u32,
}

impl Builder {
    fn new(path: &str) -> Self {
        let file = File { path: path.to_owned(), text: String::new(), marks: Vec::new(), labels: Vec::new(), cursors: Vec::new() };
        Self { file, above: None, lines: 0 }
    }

    fn line(&mut self, line: &str) -> Result<(), String> {
        let body = line.trim_end_matches(['\n', '\r']);
        if let Some((indent, carets)) = caret_line(body) {
            return self.carets(indent, carets);
        }
        let (code, labels) = labels_at_end(body)?;
        let start = self.file.text.len();
        let mut plain = String::new();
        for (at, piece) in code.split(CURSOR).enumerate() {
            if at > 0 {
                self.file.cursors.push(offset(start + plain.len()));
            }
            plain.push_str(piece);
        }
        let trimmed = plain.trim();
        let lead = plain.len() - plain.trim_start().len();
        for name in labels {
            let span = Span::new(start + lead, start + lead + trimmed.len());
            self.file.labels.push(Label { name, line: self.lines, span, used: Cell::new(false) });
        }
        self.file.text.push_str(&plain);
        self.file.text.push_str(&line[body.len()..]);
        self.above = Some((start, code.to_owned()));
        self.lines += 1;
        Ok(())
    }

    /// Takes `# ^^^ text`, of which the part from `#` on is given.
    fn carets(&mut self, indent: usize, carets: &str) -> Result<(), String> {
        let Some((start, above)) = &self.above else { return Err("carets stand under no line".into()) };
        let gap = carets[1..].chars().take_while(|c| *c == ' ').count();
        let count = carets[1 + gap..].chars().take_while(|c| *c == '^').count();
        let text = carets[1 + gap + count..].trim();
        let first = if gap == 0 { indent } else { indent + 1 + gap };
        let last = indent + 1 + gap + count;
        let span = Span::new(start + plain_offset(above, first)?, start + plain_offset(above, last)?);
        let line = self.lines - 1;
        if let Some(name) = text.strip_prefix('@') {
            if !is_label(name) {
                return Err(format!("`@{name}` is not a label"));
            }
            self.file.labels.push(Label { name: name.to_owned(), line, span, used: Cell::new(false) });
            return Ok(());
        }
        let (head, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let (word, code) = match head.split_once('[') {
            Some((word, code)) => {
                let code = code.strip_suffix(']').ok_or_else(|| format!("`{head}` lacks its `]`"))?;
                (word, Some(code.to_owned()))
            }
            None => (head, None),
        };
        if !WORDS.contains(&word) {
            return Err(format!("`{word}` after carets is not one of {}", WORDS.join(", ")));
        }
        let mark = Mark { line, span, word: word.to_owned(), code, text: rest.trim().to_owned() };
        if self.file.marks.contains(&mark) {
            return Err(format!("the mark `{text}` is there twice"));
        }
        self.file.marks.push(mark);
        Ok(())
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Whether a line holds carets only: its indentation, and the rest from `#` on.
fn caret_line(body: &str) -> Option<(usize, &str)> {
    let rest = body.trim_start_matches(' ');
    let after = rest.strip_prefix('#')?.trim_start_matches(' ');
    after.starts_with('^').then_some((body.len() - rest.len(), rest))
}

/// Cuts `# @name, @other` off the end of a line.
fn labels_at_end(body: &str) -> Result<(&str, Vec<String>), String> {
    let Some((code, comment)) = body.rsplit_once("# @") else { return Ok((body, Vec::new())) };
    let names: Vec<&str> = comment.trim_end().split(',').map(str::trim).collect();
    let sound = |(at, name): (usize, &&str)| is_label(if at == 0 { name } else { name.strip_prefix('@').unwrap_or("") });
    if !(code.is_empty() || code.ends_with(char::is_whitespace)) || comment.starts_with(' ') || !names.iter().enumerate().all(sound) {
        return Ok((body, Vec::new()));
    }
    if code.trim().is_empty() {
        return Err(format!("the label `@{comment}` names an empty line"));
    }
    Ok((code.trim_end(), names.iter().map(|name| name.trim_start_matches('@').to_owned()).collect()))
}

fn is_label(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// The byte in a line without cursors that a column of the line with cursors names.
fn plain_offset(above: &str, column: usize) -> Result<usize, String> {
    let length = above.chars().count();
    // One column past the end names the end of the line.
    if column > length + 1 {
        return Err(format!("carets reach to column {column}, but the line above has {length}"));
    }
    let byte = above.char_indices().nth(column).map_or(above.len(), |(byte, _)| byte);
    let before = &above[..byte];
    // A column inside a cursor names the place of the cursor.
    let inside = (1..CURSOR.len()).find(|cut| before.ends_with(&CURSOR[..*cut]) && above[byte..].starts_with(&CURSOR[*cut..]));
    Ok(before.replace(CURSOR, "").len() - inside.unwrap_or(0))
}

#[cfg(test)]
mod tests;
