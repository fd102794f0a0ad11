//! Step round trip: `next` goes out as DAP, `stopped` has come back; adapter, control API on
//! loopback and engine are the real ones. With small data, and with a megabyte of it.

#![expect(clippy::print_stderr, reason = "the percentiles are for the person who runs it")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use flowdbg_engine::driver::Engine;
use flowdbg_protocol::framing::Framing;
use flowdbg_server::dap::{self, Loopback};
use flowdbg_tests::scripted::Scripted;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{DuplexStream, ReadHalf, WriteHalf};
use tokio_util::codec::{FramedRead, FramedWrite};

/// It goes round and round, so that there is always a next step.
const ROUND: &str = "
document: { dsl: '1.0.3', namespace: bench, name: round, version: '1.0.0' }
do:
  - one: { set: '${ . }' }
  - two: { set: '${ . }', then: one }
";

struct Client {
    read: FramedRead<ReadHalf<DuplexStream>, Framing>,
    write: FramedWrite<WriteHalf<DuplexStream>, Framing>,
    seq: i64,
}

impl Client {
    async fn send(&mut self, command: &str, arguments: Value) {
        self.seq += 1;
        let request = json!({ "seq": self.seq, "type": "request", "command": command, "arguments": arguments });
        self.write.send(request.to_string().into_bytes()).await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Waits for the response to the last request.
    async fn answered(&mut self) {
        let seq = self.seq;
        let message = self.until(|message| message["request_seq"] == seq).await;
        assert_eq!(message["success"], true, "{message}");
    }

    async fn event(&mut self, name: &str) -> Value {
        self.until(|message| message["event"] == name).await
    }

    async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let frame = self.read.next().await.unwrap_or_else(|| panic!("the server went away"));
            let frame = frame.unwrap_or_else(|error| panic!("{error}"));
            let message = serde_json::from_slice(&frame).unwrap_or_else(|error| panic!("{error}"));
            if wanted(&message) {
                return message;
            }
        }
    }

    /// A session that stands at the first task.
    async fn launched(program: &std::path::Path, input: &Value) -> Self {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        tokio::spawn(async move {
            let (read, write) = tokio::io::split(theirs);
            let engine = Engine::new(Arc::new(Scripted::default()));
            dap::serve(read, write, Loopback::new(move || engine.clone())).await
        });
        let (read, write) = tokio::io::split(ours);
        let (read, write) = (FramedRead::new(read, Framing::default()), FramedWrite::new(write, Framing::default()));
        let mut client = Self { read, write, seq: 0 };
        client.send("initialize", json!({ "adapterID": "flowdbg" })).await;
        client.answered().await;
        client.send("launch", json!({ "program": program, "input": input, "stopOnEntry": true })).await;
        client.event("initialized").await;
        client.send("configurationDone", json!({})).await;
        client.event("stopped").await;
        client
    }

    async fn step(&mut self) {
        self.send("next", json!({ "threadId": 1 })).await;
        let event = self.event("stopped").await;
        assert_eq!(event["body"]["reason"], "step", "{event}");
    }
}

fn round_trip(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("{error}"));
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let program = folder.path().join("round.workflow.yaml");
    std::fs::write(&program, ROUND).unwrap_or_else(|error| panic!("{error}"));
    let mut group = criterion.benchmark_group("step");
    group.sample_size(20);
    for (name, size) in [("small data", 10), ("1 MB of data", 1_000_000)] {
        let input = json!({ "text": "x".repeat(size) });
        let mut client = runtime.block_on(Client::launched(&program, &input));
        let mut trips: Vec<Duration> = Vec::new();
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter_custom(|count| {
                runtime.block_on(async {
                    let begin = Instant::now();
                    for _ in 0..count {
                        let before = Instant::now();
                        client.step().await;
                        trips.push(before.elapsed());
                    }
                    begin.elapsed()
                })
            });
        });
        trips.sort_unstable();
        if let (Some(half), Some(late)) = (trips.get(trips.len() / 2), trips.get(trips.len() * 99 / 100)) {
            eprintln!("step, {name}: p50 {half:?}, p99 {late:?} of {} steps", trips.len());
        }
    }
    group.finish();
}

criterion_group!(benches, round_trip);
criterion_main!(benches);
