//! The envelope around every message.
//!
//! Messages are read in two steps: first `seq`, `type` and `command` with the arguments still
//! raw, then the arguments by whoever knows the command. So a command that nobody knows, or one
//! with wrong arguments, can still be answered.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, value::RawValue};

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Request {
    /// Sequence number that the response repeats.
    pub seq: i64,
    /// What is asked for.
    pub command: String,
    /// The arguments, not yet looked at.
    pub arguments: Option<Box<RawValue>>,
}

impl Request {
    /// Reads the arguments; none, `null` and `{}` are the same.
    pub fn arguments<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        match &self.arguments {
            Some(raw) if raw.get() != "null" => serde_json::from_str(raw.get()),
            _ => serde_json::from_str("{}"),
        }
    }
}

/// A message from a client.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// Asks for something.
    Request(Request),
    /// Answers a request of ours.
    Response {
        /// The request that it answers.
        request_seq: i64,
        /// Whether it succeeded.
        success: bool,
        /// What came back.
        body: Value,
    },
    /// An event; the protocol has none in this direction, so it is passed over.
    Event,
}

/// Why a message cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct ReadError {
    /// What is wrong.
    pub problem: String,
    /// The message's sequence number, if that much can be read: then it can be answered.
    pub seq: Option<i64>,
    /// Its command, if that much can be read.
    pub command: Option<String>,
}

/// The members that an envelope may have, of whatever type they are.
#[derive(Deserialize)]
struct Loose {
    seq: Option<Value>,
    #[serde(rename = "type")]
    kind: Option<Value>,
    command: Option<Value>,
    arguments: Option<Box<RawValue>>,
    request_seq: Option<Value>,
    success: Option<Value>,
    body: Option<Value>,
}

impl Incoming {
    /// Reads a message from the body of a frame.
    pub fn read(body: &[u8]) -> Result<Incoming, ReadError> {
        let fail = |problem: String| ReadError { problem, seq: None, command: None };
        let text = std::str::from_utf8(body).map_err(|error| fail(format!("a message is not UTF-8: {error}")))?;
        let loose: Loose =
            serde_json::from_str(text).map_err(|error| fail(format!("a message is not a JSON object of the protocol: {error}")))?;
        let seq = whole(loose.seq.as_ref());
        let command = loose.command.as_ref().and_then(Value::as_str).map(str::to_owned);
        let fail = |problem: &str| ReadError { problem: problem.to_owned(), seq, command: command.clone() };
        match loose.kind.as_ref().and_then(Value::as_str) {
            Some("request") => Ok(Incoming::Request(Request {
                seq: seq.ok_or_else(|| fail("a request has no integer `seq`"))?,
                command: command.clone().ok_or_else(|| fail("a request has no `command`"))?,
                arguments: loose.arguments,
            })),
            Some("response") => Ok(Incoming::Response {
                request_seq: whole(loose.request_seq.as_ref()).ok_or_else(|| fail("a response has no integer `request_seq`"))?,
                success: loose.success.as_ref().and_then(Value::as_bool).unwrap_or(false),
                body: loose.body.unwrap_or_default(),
            }),
            Some("event") => Ok(Incoming::Event),
            _ => Err(fail("the `type` of a message is not one of request, response, event")),
        }
    }
}

fn whole(value: Option<&Value>) -> Option<i64> {
    super::tolerant::integer(value?).ok()
}

/// Short forms of errors that the protocol reserves.
pub mod short {
    /// The request was cancelled.
    pub const CANCELLED: &str = "cancelled";
    /// The request may be made again when the execution is stopped.
    pub const NOT_STOPPED: &str = "notStopped";
}

/// A message to a client.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Message {
    /// Answers a request.
    Response {
        /// Sequence number.
        seq: i64,
        /// The request that it answers.
        request_seq: i64,
        /// Whether it succeeded.
        success: bool,
        /// The command of the request.
        command: String,
        /// Short form of the error.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// What is answered.
        #[serde(skip_serializing_if = "Option::is_none")]
        body: Option<Value>,
    },
    /// Tells something unasked.
    Event {
        /// Sequence number.
        seq: i64,
        /// Which event.
        event: String,
        /// What is told.
        #[serde(skip_serializing_if = "Option::is_none")]
        body: Option<Value>,
    },
}

impl Message {
    /// The message as JSON text, the body of a frame.
    pub fn to_json(&self) -> String {
        // Strings, integers and JSON values always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(text: &str) -> Request {
        match Incoming::read(text.as_bytes()) {
            Ok(Incoming::Request(request)) => request,
            other => panic!("not a request: {other:?}"),
        }
    }

    fn problem(bytes: impl AsRef<[u8]>) -> ReadError {
        Incoming::read(bytes.as_ref()).unwrap_err()
    }

    #[test]
    fn an_unknown_command_is_still_a_request() {
        let read = request(r#"{"seq":3.0,"type":"request","command":"brew","arguments":{"a":[1]},"x":1}"#);
        assert_eq!((read.seq, read.command.as_str()), (3, "brew"));
        assert_eq!(read.arguments::<Value>().unwrap(), json!({"a": [1]}));
    }

    #[test]
    fn no_arguments_null_and_the_empty_object_are_the_same() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Arguments {
            #[serde(default)]
            restart: Option<bool>,
        }
        for arguments in ["", r#","arguments":null"#, r#","arguments":{}"#, r#","arguments": { } "#] {
            let text = format!(r#"{{"seq":1,"type":"request","command":"x"{arguments}}}"#);
            assert_eq!(request(&text).arguments::<Arguments>().unwrap(), Arguments { restart: None });
        }
    }

    #[test]
    fn a_broken_request_keeps_what_is_needed_to_answer_it() {
        let error = problem(r#"{"seq":7,"type":"request","command":5}"#);
        assert_eq!((error.seq, error.problem.as_str()), (Some(7), "a request has no `command`"));
        let error = problem(r#"{"seq":8,"type":"ask","command":"next"}"#);
        assert_eq!((error.seq, error.command.as_deref()), (Some(8), Some("next")));
        let error = problem(r#"{"type":"request","command":"next"}"#);
        assert_eq!((error.seq, error.problem.as_str()), (None, "a request has no integer `seq`"));
    }

    #[test]
    fn what_is_no_message_says_why() {
        assert!(problem(b"\xff\xfe").problem.starts_with("a message is not UTF-8: "));
        for text in ["", "{", "[1]", "null", r#"{"seq":1}{}"#] {
            let error = problem(text);
            let start = error.problem.starts_with("a message is not a JSON object of the protocol: ");
            assert!(start, "{text}: {error}");
        }
        assert!(problem("{}").problem.contains("`type`"));
    }

    #[test]
    fn responses_and_events_of_a_client_are_known() {
        let read = Incoming::read(
            br#"{"seq":2,"type":"response","request_seq":1,"success":true,"command":"runInTerminal","body":{"processId":1}}"#,
        );
        assert!(matches!(read, Ok(Incoming::Response { request_seq: 1, success: true, .. })));
        let read = Incoming::read(br#"{"seq":2,"type":"event","event":"x"}"#);
        assert!(matches!(read, Ok(Incoming::Event)));
    }

    #[test]
    fn messages_are_written_without_absent_members() {
        let event = Message::Event { seq: 1, event: "initialized".into(), body: None };
        assert_eq!(event.to_json(), r#"{"type":"event","seq":1,"event":"initialized"}"#);
        let response =
            Message::Response { seq: 2, request_seq: 9, success: false, command: "brew".into(), message: Some("no".into()), body: None };
        assert_eq!(response.to_json(), r#"{"type":"response","seq":2,"request_seq":9,"success":false,"command":"brew","message":"no"}"#);
    }
}
