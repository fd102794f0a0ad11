//! The event stream: an execution's events as CloudEvents 1.0 over WebSocket at
//! `/executions/{id}/events?from=SEQ`.
//!
//! Two subprotocols: [`CLOUDEVENTS`], one event a message, and [`BATCH`], arrays of events.
//! Sequence numbers are gapless within an execution and start at 1. `from=SEQ` names the first
//! event wanted; a client that lost its connection asks for the one after the last it saw.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Subprotocol with one CloudEvent a message.
pub const CLOUDEVENTS: &str = "cloudevents.json";
/// Subprotocol with an array of CloudEvents a message.
pub const BATCH: &str = "flowdbg.batch.v1";

/// A CloudEvent in the structured JSON form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CloudEvent {
    /// Always `1.0`.
    pub specversion: String,
    /// `EXECUTION-SEQ`: unique, and the same each time the event is read.
    pub id: String,
    /// `/executions/ID`.
    pub source: String,
    /// `io.serverlessworkflow.task.started.v1`, or one of ours under `io.flowdbg.`.
    #[serde(rename = "type")]
    pub kind: String,
    /// RFC 3339.
    pub time: String,
    /// The task's reference, if it is about a task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// `application/json`.
    pub datacontenttype: String,
    /// Sequence number: extension attribute, a decimal without leading zeros.
    pub sequence: String,
    /// The branch: extension attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<u32>,
    /// The task run, unique in the execution, if it is about a task: extension attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<u64>,
    /// How many frames enclose the task run: extension attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
    /// The payload, as the DSL describes it for lifecycle events.
    #[serde(default)]
    pub data: Value,
}

/// WebSocket close codes beyond the standard ones.
pub mod close {
    /// No execution has this id.
    pub const UNKNOWN_EXECUTION: u16 = 4404;
    /// The subscriber asked for an event that does not exist yet, or not any more.
    pub const OUT_OF_RANGE: u16 = 4416;
    /// The execution is over and its last event was sent.
    pub const ENDED: u16 = 4000;
}
