//! Framing by `Content-Length`, as the Debug Adapter Protocol and the Language Server Protocol
//! put JSON on a byte stream.
//!
//! A frame is header lines, an empty line and a body. Header names are read in any case, other
//! headers are passed over, a lone line feed ends a line too, and empty lines before the first
//! header are skipped. The body's bytes are handed up as they are: whether they are JSON is the
//! reader's question. Every error ends the stream, as the next frame cannot be found any more.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

/// The largest body that is taken unless told otherwise: 64 MiB.
pub const BODY_LIMIT: usize = 64 * 1024 * 1024;
/// The largest header block that is taken: 8 KiB.
pub const HEADER_LIMIT: usize = 8 * 1024;

/// What is wrong with a byte stream.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FramingError {
    /// A header line has no colon, or is not text.
    #[error("bad header line {line:?}: expected `Name: value`")]
    BadHeader {
        /// The line as far as it can be shown.
        line: String,
    },
    /// The headers do not end.
    #[error("the headers of a message are longer than {HEADER_LIMIT} bytes")]
    HeaderTooLong,
    /// The headers end without a length.
    #[error("a message has no Content-Length header")]
    NoLength,
    /// The length is not a number, or given twice with different values.
    #[error("bad Content-Length {value:?}: expected one decimal number of bytes")]
    BadLength {
        /// What stands there.
        value: String,
    },
    /// The body is larger than allowed.
    #[error("a message of {length} bytes is over the limit of {limit} bytes")]
    TooLarge {
        /// Announced size.
        length: usize,
        /// Allowed size.
        limit: usize,
    },
    /// The stream ended inside a frame.
    #[error("the stream ended in the middle of a message")]
    Truncated,
    /// The stream itself failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Codec for frames; the items are bodies.
#[derive(Debug)]
pub struct Framing {
    limit: usize,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Reading header lines: bytes known to hold no line end, bytes used up, length if seen.
    Head { scanned: usize, used: usize, length: Option<usize> },
    /// Waiting for this many bytes of body.
    Body(usize),
}

impl State {
    const START: State = State::Head { scanned: 0, used: 0, length: None };
}

impl Default for Framing {
    fn default() -> Self {
        Self::with_limit(BODY_LIMIT)
    }
}

impl Framing {
    /// A codec that refuses bodies above `limit` bytes, in both directions.
    pub fn with_limit(limit: usize) -> Self {
        Self { limit, state: State::START }
    }
}

impl Decoder for Framing {
    type Item = Bytes;
    type Error = FramingError;

    fn decode(&mut self, source: &mut BytesMut) -> Result<Option<Bytes>, FramingError> {
        loop {
            match &mut self.state {
                State::Head { scanned, used, length } => {
                    let Some(end) = source[*scanned..].iter().position(|byte| *byte == b'\n') else {
                        *scanned = source.len();
                        if *used + *scanned > HEADER_LIMIT {
                            return Err(FramingError::HeaderTooLong);
                        }
                        return Ok(None);
                    };
                    let line = source.split_to(*scanned + end + 1);
                    *scanned = 0;
                    *used += line.len();
                    if *used > HEADER_LIMIT {
                        return Err(FramingError::HeaderTooLong);
                    }
                    let line = trim_line_end(&line);
                    if !line.is_empty() {
                        read_header(line, length)?;
                    } else if let Some(length) = *length {
                        if length > self.limit {
                            return Err(FramingError::TooLarge { length, limit: self.limit });
                        }
                        self.state = State::Body(length);
                    } else if *used > 2 {
                        return Err(FramingError::NoLength);
                    } else {
                        *used = 0;
                    }
                }
                State::Body(length) => {
                    let length = *length;
                    if source.len() < length {
                        // Grows in steps: a large announced length alone reserves no memory.
                        source.reserve((length - source.len()).min(64 * 1024));
                        return Ok(None);
                    }
                    self.state = State::START;
                    return Ok(Some(source.split_to(length).freeze()));
                }
            }
        }
    }

    fn decode_eof(&mut self, source: &mut BytesMut) -> Result<Option<Bytes>, FramingError> {
        if let Some(body) = self.decode(source)? {
            return Ok(Some(body));
        }
        let between = matches!(self.state, State::Head { used: 0, .. }) && source.iter().all(|byte| byte.is_ascii_whitespace());
        if between {
            source.advance(source.len());
            return Ok(None);
        }
        Err(FramingError::Truncated)
    }
}

impl<B: AsRef<[u8]>> Encoder<B> for Framing {
    type Error = FramingError;

    fn encode(&mut self, body: B, target: &mut BytesMut) -> Result<(), FramingError> {
        let body = body.as_ref();
        if body.len() > self.limit {
            return Err(FramingError::TooLarge { length: body.len(), limit: self.limit });
        }
        let head = format!("Content-Length: {}\r\n\r\n", body.len());
        target.reserve(head.len() + body.len());
        target.put_slice(head.as_bytes());
        target.put_slice(body);
        Ok(())
    }
}

fn trim_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn read_header(line: &[u8], length: &mut Option<usize>) -> Result<(), FramingError> {
    let bad = || FramingError::BadHeader { line: String::from_utf8_lossy(line).chars().take(80).collect() };
    let text = std::str::from_utf8(line).map_err(|_| bad())?;
    let (name, value) = text.split_once(':').ok_or_else(bad)?;
    let name = name.trim();
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(bad());
    }
    if !name.eq_ignore_ascii_case("content-length") {
        return Ok(());
    }
    let value = value.trim();
    let bad_length = || FramingError::BadLength { value: value.chars().take(80).collect() };
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad_length());
    }
    let read = value.parse().map_err(|_| bad_length())?;
    if length.is_some_and(|before| before != read) {
        return Err(bad_length());
    }
    *length = Some(read);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds the bytes in pieces of `size`, then the end, and returns the bodies.
    fn read_in_pieces(bytes: &[u8], size: usize) -> Result<Vec<String>, FramingError> {
        let mut codec = Framing::with_limit(1000);
        let mut buffer = BytesMut::new();
        let mut bodies = Vec::new();
        for piece in bytes.chunks(size) {
            buffer.extend_from_slice(piece);
            while let Some(body) = codec.decode(&mut buffer)? {
                bodies.push(String::from_utf8_lossy(&body).into_owned());
            }
        }
        while let Some(body) = codec.decode_eof(&mut buffer)? {
            bodies.push(String::from_utf8_lossy(&body).into_owned());
        }
        Ok(bodies)
    }

    /// Reads the bytes in every piece size and returns the outcome, which must be the same.
    #[track_caller]
    fn read(bytes: impl AsRef<[u8]>) -> Result<Vec<String>, String> {
        let bytes = bytes.as_ref();
        let whole = read_in_pieces(bytes, bytes.len().max(1)).map_err(|error| error.to_string());
        for size in 1..bytes.len() {
            let pieces = read_in_pieces(bytes, size).map_err(|error| error.to_string());
            assert_eq!(pieces, whole, "in pieces of {size}");
        }
        whole
    }

    #[track_caller]
    fn refused(bytes: impl AsRef<[u8]>, message: &str) {
        assert_eq!(read(bytes), Err(message.to_owned()));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut codec = Framing::default();
        let mut buffer = BytesMut::new();
        codec.encode(r#"{"seq":1}"#, &mut buffer).unwrap();
        codec.encode("", &mut buffer).unwrap();
        codec.encode("zażółć", &mut buffer).unwrap();
        assert!(buffer.starts_with(b"Content-Length: 9\r\n\r\n{\"seq\":1}Content-Length: 0\r\n"));
        assert_eq!(read(&buffer).unwrap(), [r#"{"seq":1}"#, "", "zażółć"]);
    }

    #[test]
    fn headers_are_read_tolerantly() {
        let frame = "content-LENGTH:2\r\nContent-Type: application/json; charset=utf-8\r\n\r\n{}";
        assert_eq!(read(frame).unwrap(), ["{}"]);
        assert_eq!(read("X-Other:\nContent-Length : 2 \n\n{}").unwrap(), ["{}"]);
        assert_eq!(read("Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}").unwrap(), ["{}"]);
    }

    #[test]
    fn stray_line_ends_between_frames_are_skipped() {
        let frames = "\r\n\nContent-Length: 2\r\n\r\n{}\r\nContent-Length: 2\r\n\r\n[]\r\n";
        assert_eq!(read(frames).unwrap(), ["{}", "[]"]);
    }

    #[test]
    fn bad_headers_are_named() {
        refused("{\"seq\":1}\r\n\r\n", r#"bad header line "{\"seq\":1}": expected `Name: value`"#);
        refused("GET / HTTP/1.1\r\n\r\n", r#"bad header line "GET / HTTP/1.1": expected `Name: value`"#);
        refused(b"Content-Length: \xff\r\n\r\n", "bad header line \"Content-Length: \u{fffd}\": expected `Name: value`");
        refused("Content-Type: x\r\n\r\n{}", "a message has no Content-Length header");
    }

    #[test]
    fn bad_lengths_are_named() {
        for value in ["", "-1", "+2", "1e3", "2 3", "99999999999999999999999"] {
            refused(
                format!("Content-Length: {value}\r\n\r\n{{}}"),
                &format!("bad Content-Length {value:?}: expected one decimal number of bytes"),
            );
        }
        refused("Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", r#"bad Content-Length "3": expected one decimal number of bytes"#);
    }

    #[test]
    fn sizes_have_limits() {
        refused("Content-Length: 1001\r\n\r\n", "a message of 1001 bytes is over the limit of 1000 bytes");
        let endless = vec![b'x'; HEADER_LIMIT + 1];
        let error = read_in_pieces(&endless, 1000).unwrap_err();
        assert!(matches!(error, FramingError::HeaderTooLong), "{error}");
        let many = "A: b\r\n".repeat(HEADER_LIMIT / 6 + 1);
        let error = read_in_pieces(many.as_bytes(), many.len()).unwrap_err();
        assert!(matches!(error, FramingError::HeaderTooLong), "{error}");
        let mut codec = Framing::with_limit(3);
        let error = codec.encode("1234", &mut BytesMut::new()).unwrap_err();
        assert!(matches!(error, FramingError::TooLarge { length: 4, limit: 3 }), "{error}");
    }

    #[test]
    fn a_stream_that_ends_inside_a_frame_is_truncated() {
        refused("Content-Len", "the stream ended in the middle of a message");
        refused("Content-Length: 2\r\n", "the stream ended in the middle of a message");
        refused("Content-Length: 2\r\n\r\n{", "the stream ended in the middle of a message");
        assert_eq!(read("").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn an_announced_body_reserves_little() {
        let mut codec = Framing::default();
        let mut buffer = BytesMut::from("Content-Length: 60000000\r\n\r\n{");
        assert!(codec.decode(&mut buffer).unwrap().is_none());
        assert!(buffer.capacity() < 1_000_000, "{}", buffer.capacity());
    }
}
