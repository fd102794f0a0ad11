//! The pages under `tests/specs/events`: what a subscriber is told, over real connections.

use std::{collections::VecDeque, path::Path};

use flowdbg_protocol::{
    control::{Cancel, OfExecution, Release, Resume, Suspend},
    stream::{CLOUDEVENTS, CloudEvent, close},
};
use flowdbg_server::serve::Serving;
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{
    events::subscribe,
    support::{Client, Fixture, connect, host, within},
};

/// A deed and the event after which it is done.
struct Deed {
    /// The event as it is written in the page, or its beginning.
    after: String,
    what: String,
}

impl Deed {
    fn parse(line: &str) -> Self {
        let (after, what) = line.split_once(": ").unwrap_or_else(|| panic!("`> after EVENT: DEED`, not {line:?}"));
        Self { after: after.to_owned(), what: what.to_owned() }
    }

    async fn perform(&self, client: &Client, serving: &Serving, execution: &str) {
        let of = OfExecution { execution: execution.to_owned() };
        match self.what.split_once(' ').unwrap_or((&self.what, "")) {
            ("suspend", _) => {
                client.call::<Suspend>(of).await;
            }
            ("resume", _) => {
                client.call::<Resume>(of).await;
            }
            ("cancel", _) => {
                client.call::<Cancel>(of).await;
            }
            ("publish", event) => {
                let mut event: Value = serde_json::from_str(event).unwrap();
                for (key, member) in [("specversion", "1.0"), ("id", "1"), ("source", "/spec")] {
                    event[key] = json!(member);
                }
                let post = reqwest::Client::new().post(format!("http://{}/events", serving.addr)).bearer_auth(&serving.token);
                let answer = post.header("content-type", "application/cloudevents+json").body(event.to_string()).send().await.unwrap();
                assert_eq!(answer.status(), 202);
            }
            (other, _) => panic!("there is no deed `{other}`"),
        }
    }
}

/// Runs the workflow, does what is given, and says what is seen.
async fn seen(workflow: &str, given: &[&str]) -> Vec<String> {
    let (serving, fixture) = (host().await, Fixture::new(workflow));
    let client = connect(&serving).await;
    let mut details = Vec::new();
    let mut deeds = VecDeque::new();
    for line in given {
        if let Some(names) = line.strip_prefix("details ") {
            details = names.split(',').map(|name| name.trim().to_owned()).collect();
        } else if let Some(deed) = line.strip_prefix("after ") {
            deeds.push_back(Deed::parse(deed));
        } else {
            panic!("`> {line}` is not understood");
        }
    }
    let execution = client
        .start(&fixture, Value::Null, |how| {
            how.hold = true;
            how.details = details;
        })
        .await;
    let mut socket = subscribe(&serving, &format!("/executions/{execution}/events"), CLOUDEVENTS).await;
    client.call::<Release>(OfExecution { execution: execution.clone() }).await;
    let mut lines = Vec::new();
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => {
                let event: CloudEvent = serde_json::from_str(&text).unwrap();
                let line = line(&execution, event);
                let bare = line.trim_start_matches(['.', '~']).replace(" {\"updatedAt\":\"T\",\"status\":\"", " ");
                lines.push(line);
                if deeds.front().is_some_and(|deed| bare.starts_with(&deed.after)) {
                    let deed = deeds.pop_front().unwrap();
                    deed.perform(&client, &serving, &execution).await;
                }
            }
            Message::Close(Some(frame)) => {
                assert_eq!(u16::from(frame.code), close::ENDED);
                assert!(deeds.is_empty(), "`after {}` never came: {lines:#?}", deeds[0].after);
                return lines;
            }
            Message::Ping(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn line(execution: &str, event: CloudEvent) -> String {
    let kind = event.kind.replace("io.serverlessworkflow.", ".").replace("io.flowdbg.", "~");
    let mut data = event.data;
    let members = data.as_object_mut().unwrap();
    // The names are the same everywhere, so they are checked here and not shown.
    let name = members.shift_remove(if event.subject.is_some() { "workflow" } else { "name" }).unwrap();
    assert!(name.as_str().unwrap().contains(&format!("-{execution}.spec")), "{name}");
    if let Some(subject) = &event.subject {
        assert_eq!(members.shift_remove("task").unwrap(), json!(subject));
    }
    for (key, member) in members.iter_mut() {
        if key.ends_with("At") {
            assert_eq!(*member, json!(event.time));
            *member = json!("T");
        } else if key.ends_with("Milliseconds") && key != "delayMilliseconds" {
            assert!(member.is_u64(), "{key}: {member}");
            *member = json!("N");
        }
    }
    let subject = event.subject.map(|subject| format!(" {subject}")).unwrap_or_default();
    format!("{kind}{subject} {data}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "tests read pages")]
async fn every_page_says_what_is_told() {
    let bless = std::env::var_os("FLOWDBG_BLESS").is_some();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/specs/events");
    let mut cases = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut fresh = String::new();
        let mut workflow = String::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            fresh.push_str(&format!("{line}\n"));
            let Some(kind) = line.strip_prefix("```") else { continue };
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            match kind {
                "yaml" => {
                    workflow = block.join("\n");
                    fresh.push_str(&format!("{workflow}\n"));
                }
                "events" => {
                    cases += 1;
                    let given: Vec<&str> = block.iter().filter_map(|line| line.strip_prefix("> ")).collect();
                    given.iter().for_each(|line| fresh.push_str(&format!("> {line}\n")));
                    within(seen(&workflow, &given)).await.iter().for_each(|line| fresh.push_str(&format!("{line}\n")));
                }
                other => panic!("{}: a block of kind `{other}` is not known here", path.display()),
            }
            fresh.push_str("```\n");
        }
        if fresh != text && bless {
            std::fs::write(&path, &fresh).unwrap();
        } else {
            let wrong = text.lines().zip(fresh.lines()).position(|(old, new)| old != new);
            let at = wrong.unwrap_or(text.lines().count().min(fresh.lines().count()));
            assert!(
                fresh == text,
                "{}:{}: what is told differs (FLOWDBG_BLESS=1 rewrites the page)\n written: {:?}\n told:    {:?}",
                path.display(),
                at + 1,
                text.lines().nth(at),
                fresh.lines().nth(at)
            );
        }
    }
    assert!(cases > 0, "there are no pages");
}
