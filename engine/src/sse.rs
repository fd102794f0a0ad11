//! Server-sent events, as far as protocols over HTTP use them: the data of each event.

/// Reads a stream that comes in pieces.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// The line that is not over yet.
    line: Vec<u8>,
    /// The data of the event that is not over yet.
    data: Vec<String>,
    /// Whether the last byte ended a line as a carriage return: a line feed may belong to it.
    after_return: bool,
}

impl Events {
    /// Takes a piece, and gives the data of the events that it completes.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Vec<String> {
        let mut complete = Vec::new();
        for byte in piece {
            let after_return = std::mem::replace(&mut self.after_return, *byte == b'\r');
            match byte {
                b'\n' if after_return => {}
                b'\n' | b'\r' => complete.extend(self.end_line()),
                byte => self.line.push(*byte),
            }
        }
        complete
    }

    /// How many bytes wait for the end of their event.
    pub(crate) fn waiting(&self) -> usize {
        self.line.len() + self.data.iter().map(String::len).sum::<usize>()
    }

    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            let data = std::mem::take(&mut self.data);
            return (!data.is_empty()).then(|| data.join("\n"));
        }
        let text = String::from_utf8_lossy(&line);
        let (field, value) = text.split_once(':').unwrap_or((&text, ""));
        if field.trim_start_matches('\u{feff}') == "data" {
            self.data.push(value.strip_prefix(' ').unwrap_or(value).to_owned());
        }
        None
    }
}

/// The data of all events of a stream that is over. The last one counts also without its empty line.
pub(crate) fn all(body: &[u8]) -> Vec<String> {
    let mut events = Events::default();
    let mut all = events.push(body);
    all.extend(events.push(b"\n\n"));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_any_pieces() {
        let stream = "event: a\ndata: one\r\ndata:two\r\n\r\n: remark\rid: 7\rdata: {\"x\":1}\r\rdata: ü\n\ndata: last";
        assert_eq!(all(stream.as_bytes()), ["one\ntwo", "{\"x\":1}", "ü", "last"]);
        let mut events = Events::default();
        let single: Vec<String> = stream.bytes().flat_map(|byte| events.push(&[byte])).collect();
        assert_eq!(single, ["one\ntwo", "{\"x\":1}", "ü"]);
        assert!(events.waiting() > 0);
    }
}
