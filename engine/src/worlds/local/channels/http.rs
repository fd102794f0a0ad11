//! Messages over HTTP: a request for each that is published. A subscription is one request, whose
//! response is a stream of server-sent events or of JSON lines; any other response is one message.

use futures::StreamExt as _;

use super::{ChannelError, MAX_MESSAGE, Routes, failed};
use crate::{
    effect::{Channel, HttpRequest, Message},
    worlds::{
        Messages,
        local::http::{self, Clients},
    },
};

pub(super) async fn publish(clients: &Clients, channel: Channel, message: Message, routes: &Routes) -> Result<(), ChannelError> {
    let mut headers = channel.headers.clone();
    headers.extend(message.content_type.map(|kind| ("content-type".to_owned(), kind)));
    headers.extend(message.headers);
    let method = channel.bindings.method.clone().unwrap_or_else(|| "POST".to_owned());
    let request = HttpRequest { method, url: channel.url.clone(), headers, body: Some(message.payload) };
    let response = http::send(clients, request, routes).await.map_err(|message| ChannelError { status: None, message })?;
    match response.status {
        200..300 => Ok(()),
        status => Err(answered(&channel, status, &String::from_utf8_lossy(&response.body))),
    }
}

fn answered(channel: &Channel, status: u16, body: &str) -> ChannelError {
    let said: String = body.chars().take(500).collect();
    let said = if said.trim().is_empty() { String::new() } else { format!(": {}", said.trim()) };
    ChannelError { status: Some(status), message: format!("{} answered {status}{said}", channel.url) }
}

pub(super) async fn subscribe(clients: &Clients, channel: Channel, messages: &Messages, routes: &Routes) -> Result<(), ChannelError> {
    let mut headers = channel.headers.clone();
    headers.push(("accept".to_owned(), "text/event-stream, application/x-ndjson, application/jsonl, application/json, */*".to_owned()));
    let method = channel.bindings.method.clone().unwrap_or_else(|| "GET".to_owned());
    let request = HttpRequest { method, url: channel.url.clone(), headers, body: None };
    let response = http::open(clients, &request, routes).await.map_err(|message| ChannelError { status: None, message })?;
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    let headers: Vec<(String, String)> =
        response.headers().iter().map(|(key, member)| (key.to_string(), String::from_utf8_lossy(member.as_bytes()).into_owned())).collect();
    let mut reader = match kind.split(';').next().unwrap_or_default().trim() {
        _ if !(200..300).contains(&status) => Reader::Whole(Vec::new()),
        "text/event-stream" => Reader::Events(Lines::default(), Event::default()),
        "application/x-ndjson" | "application/jsonl" | "application/json-seq" => Reader::Json(Lines::default()),
        _ => Reader::Whole(Vec::new()),
    };
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| failed(&channel, super::explain(&error)))?;
        for message in reader.take(&chunk).map_err(|why| failed(&channel, why))? {
            if !messages.send(message).await {
                return Ok(());
            }
        }
    }
    match reader {
        Reader::Whole(body) if !(200..300).contains(&status) => return Err(answered(&channel, status, &String::from_utf8_lossy(&body))),
        Reader::Whole(body) if body.is_empty() => {}
        Reader::Whole(payload) => {
            let content_type = Some(kind).filter(|kind| !kind.is_empty());
            messages.send(Message { payload, content_type, headers, correlation: None }).await;
        }
        Reader::Json(lines) => {
            if let Some(message) = json(&lines.rest) {
                messages.send(message).await;
            }
        }
        // An event that is not ended by an empty line is not one.
        Reader::Events(..) => {}
    }
    Ok(())
}

/// How the messages of a response are told apart.
enum Reader {
    Whole(Vec<u8>),
    Json(Lines),
    Events(Lines, Event),
}

impl Reader {
    fn take(&mut self, chunk: &[u8]) -> Result<Vec<Message>, String> {
        let mut found = Vec::new();
        let size = match self {
            Self::Whole(body) => {
                body.extend_from_slice(chunk);
                body.len()
            }
            Self::Json(lines) => {
                found.extend(lines.take(chunk).iter().filter_map(|line| json(line)));
                lines.rest.len()
            }
            Self::Events(lines, event) => {
                found.extend(lines.take(chunk).iter().filter_map(|line| event.line(line)));
                lines.rest.len() + event.data.len()
            }
        };
        if size > MAX_MESSAGE {
            return Err(format!("a message is larger than {} MiB", MAX_MESSAGE / 1024 / 1024));
        }
        Ok(found)
    }
}

fn json(line: &[u8]) -> Option<Message> {
    let line = line.strip_prefix(b"\x1e").unwrap_or(line).trim_ascii();
    (!line.is_empty()).then(|| Message { payload: line.to_vec(), content_type: Some("application/json".to_owned()), ..Message::default() })
}

/// Bytes as lines, each ended by LF, CR LF or CR.
#[derive(Default)]
struct Lines {
    rest: Vec<u8>,
    /// The last line ended by CR: an LF belongs to it.
    after_return: bool,
}

impl Lines {
    fn take(&mut self, chunk: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        for byte in chunk {
            match byte {
                b'\n' if self.after_return => self.after_return = false,
                b'\n' | b'\r' => {
                    self.after_return = *byte == b'\r';
                    lines.push(std::mem::take(&mut self.rest));
                }
                byte => {
                    self.after_return = false;
                    self.rest.push(*byte);
                }
            }
        }
        lines
    }
}

/// A server-sent event, as far as it has come.
#[derive(Default)]
struct Event {
    data: Vec<u8>,
    has_data: bool,
    headers: Vec<(String, String)>,
}

impl Event {
    /// Takes a line; an empty one ends the event.
    fn line(&mut self, line: &[u8]) -> Option<Message> {
        if line.is_empty() {
            let event = std::mem::take(self);
            return event.has_data.then_some(Message { payload: event.data, headers: event.headers, ..Message::default() });
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.has_data = true;
                self.data.extend_from_slice(value);
            }
            // What the stream says of the event is kept as its headers.
            b"event" | b"id" => {
                self.headers.push((String::from_utf8_lossy(field).into_owned(), String::from_utf8_lossy(value).into_owned()));
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut reader: Reader, chunks: &[&str]) -> Vec<String> {
        let messages = chunks.iter().flat_map(|chunk| reader.take(chunk.as_bytes()).expect("small")).collect::<Vec<_>>();
        let show = |message: Message| format!("{}{:?}", String::from_utf8_lossy(&message.payload), message.headers);
        messages.into_iter().map(show).collect()
    }

    #[test]
    fn events_come_in_any_pieces_and_with_any_line_ends() {
        let reader = || Reader::Events(Lines::default(), Event::default());
        let whole = ": hello\nevent: a\nid: 7\ndata: one\ndata: two\n\ndata:three\r\n\r\nid: 8\n\ndata: lost";
        let expected = [
            r#"one
two[("event", "a"), ("id", "7")]"#,
            "three[]",
        ];
        assert_eq!(read(reader(), &[whole]), expected);
        let pieces: Vec<String> = whole.chars().map(String::from).collect();
        assert_eq!(read(reader(), &pieces.iter().map(String::as_str).collect::<Vec<_>>()), expected);
    }

    #[test]
    fn lines_of_json_are_messages() {
        assert_eq!(read(Reader::Json(Lines::default()), &["{\"a\":1}\n\n{\"a\"", ":2}\r\n[3]"]), ["{\"a\":1}[]", "{\"a\":2}[]"]);
    }
}
