//! Messages over real brokers: mosquitto and the NATS server.

use std::{
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use flowdbg_engine::{driver::Run, event::EventKind};
use flowdbg_tests::{executions, services};
use tempfile::TempDir;

use super::wires::{Setting, free_port, run, start};

/// A broker that ends with its test.
struct Broker {
    child: Child,
    protocol: &'static str,
    port: u16,
    folder: TempDir,
}

impl Broker {
    fn spawn(mut command: Command, protocol: &'static str, port: u16, folder: TempDir) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let broker = Self { child, protocol, port, folder };
        let until = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "{protocol}: nobody listens on port {port}");
            std::thread::yield_now();
        }
        broker
    }

    #[expect(clippy::disallowed_methods, reason = "tests start their services")]
    fn mosquitto(protocol: &'static str, login: Option<(&str, &str)>) -> Option<Self> {
        let program = services::program("mosquitto")?;
        let (port, folder) = (free_port(), TempDir::new().expect("a folder"));
        let mut settings = format!("listener {port} 127.0.0.1\nuser root\n");
        match login {
            None => settings.push_str("allow_anonymous true\n"),
            Some((user, password)) => {
                let passwords = folder.path().join("passwords");
                let made =
                    Command::new(services::program("mosquitto_passwd")?).args(["-b", "-c"]).arg(&passwords).args([user, password]).status();
                assert!(made.expect("it runs").success());
                settings.push_str(&format!("allow_anonymous false\npassword_file {}\n", passwords.display()));
            }
        }
        let file = folder.path().join("mosquitto.conf");
        std::fs::write(&file, settings).expect("it is written");
        let mut command = Command::new(program);
        command.arg("-c").arg(file);
        Some(Self::spawn(command, protocol, port, folder))
    }

    #[expect(clippy::disallowed_methods, reason = "tests start their services")]
    fn nats(more: &[&str]) -> Option<Self> {
        let program = services::program("nats-server")?;
        let (port, folder) = (free_port(), TempDir::new().expect("a folder"));
        let mut command = Command::new(program);
        command.args(["-a", "127.0.0.1", "-p", &port.to_string()]).args(more);
        Some(Self::spawn(command, "nats", port, folder))
    }

    /// Writes the document of its channel beside the workflow.
    fn describe(&self) -> &Path {
        let (port, protocol) = (self.port, self.protocol);
        let document = format!(
            r##"{{"asyncapi":"3.0.0","defaultContentType":"application/json","servers":{{"main":{{"host":"127.0.0.1:{port}","protocol":"{protocol}"}}}},
            "channels":{{"numbers":{{"address":"numbers.{{room}}","parameters":{{"room":{{}}}},"messages":{{"number":{{"payload":{{"type":"object","required":["n"]}}}}}}}}}},
            "operations":{{"send":{{"action":"receive","channel":{{"$ref":"#/channels/numbers"}},"bindings":{{"mqtt":{{"qos":1}}}}}},
                         "take":{{"action":"send","channel":{{"$ref":"#/channels/numbers"}}}}}}}}"##
        );
        std::fs::write(self.folder.path().join("numbers.json"), document).expect("it is written");
        self.folder.path()
    }

    fn setting(&self) -> Setting {
        Setting { folder: self.describe().to_owned(), input: flowdbg_lang::value::parse_json(r#"{"room": 1}"#).expect("json") }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Takes messages, while another branch publishes until enough are taken: a broker keeps nothing
/// for who is not there yet.
fn taken(subscription: &str, headers: &str, authentication: &str) -> String {
    format!(
        "do:
  - both:
      fork:
        compete: true
        branches:
          - take:
              call: asyncapi
              with: {{ document: {{ endpoint: numbers.json }}, operation: take, subscription: {subscription}{authentication} }}
          - feed:
              for: {{ each: n, in: '${{ [range(500)] }}' }}
              do:
                - send:
                    call: asyncapi
                    input: {{ from: '${{ {{ room: 1, n: $n }} }}' }}
                    with: {{ document: {{ endpoint: numbers.json }}, operation: send, message: {{ payload: {{ n: '${{ .n }}' }}{headers} }}{authentication} }}
                - rest: {{ wait: {{ milliseconds: 50 }} }}
"
    )
}

const TWO: &str = "{ consume: { amount: 2 }, foreach: { item: message, do: [ { keep: { set: '${ { kind: ($message.payload.n | type), headers: $message.headers } }' } } ] } }";

async fn takes_what_is_published(broker: &Broker, headers: &str, expected: &str) {
    let item = format!(r#"{{"kind":"number","headers":{expected}}}"#);
    assert_eq!(run(&taken(TWO, headers, ""), broker.setting()).await, format!("completed [{item},{item}]"), "{}", broker.protocol);
}

#[tokio::test]
async fn mqtt_brokers_take_and_give_messages() {
    let Some(broker) = Broker::mosquitto("mqtt", None) else { return };
    takes_what_is_published(&broker, "", "{}").await;
    let Some(broker) = Broker::mosquitto("mqtt5", None) else { return };
    takes_what_is_published(&broker, ", headers: { source: hall }", r#"{"source":"hall"}"#).await;
}

#[tokio::test]
async fn nats_servers_take_and_give_messages() {
    let Some(broker) = Broker::nats(&[]) else { return };
    takes_what_is_published(&broker, ", headers: { source: hall }", r#"{"source":"hall"}"#).await;
}

#[tokio::test]
async fn subscriptions_end_by_conditions_and_by_time() {
    let Some(broker) = Broker::nats(&[]) else { return };
    let until = "{ filter: '${ .payload.n % 2 == 0 }', consume: { until: '${ length == 3 }' } }";
    let ended = run(&(taken(until, "", "") + "output: { as: 'map(.payload.n % 2)' }\n"), broker.setting()).await;
    assert_eq!(ended, "completed [0,0,0]");
    let go_on = "{ consume: { while: '${ .[-1].payload.n < 10 }' } }";
    let ended =
        run(&(taken(go_on, "", "") + "output: { as: '[(.[-1].payload.n >= 10), (.[:-1] | all(.payload.n < 10))]' }\n"), broker.setting())
            .await;
    assert_eq!(ended, "completed [true,true]");
    let time = "do:\n  - take: { call: asyncapi, with: { document: { endpoint: numbers.json }, operation: take, subscription: { consume: { amount: 1, for: { milliseconds: 300 } } } } }\n";
    assert_eq!(run(time, broker.setting()).await, "completed []");
}

#[tokio::test]
async fn brokers_know_users_and_tokens() {
    let login = |user: &str, password: &str| format!(", authentication: {{ basic: {{ username: {user}, password: {password} }} }}");
    let good = login("ada", "secret");
    let brokers = [
        Broker::mosquitto("mqtt", Some(("ada", "secret"))),
        Broker::mosquitto("mqtt5", Some(("ada", "secret"))),
        Broker::nats(&["--user", "ada", "--pass", "secret"]),
    ];
    for broker in brokers.into_iter().flatten() {
        let ended = run(&taken("{ consume: { amount: 1 } }", "", &good), broker.setting()).await;
        assert!(ended.starts_with("completed [{"), "{}: {ended}", broker.protocol);
        let send = format!(
            "do:\n  - send: {{ call: asyncapi, with: {{ document: {{ endpoint: numbers.json }}, operation: send, message: {{ payload: {{ n: 1 }} }}{} }} }}\n",
            login("ada", "wrong")
        );
        let ended = run(&send, broker.setting()).await;
        assert!(ended.contains("Communication error (401)"), "{}: {ended}", broker.protocol);
    }
    let Some(broker) = Broker::nats(&["--auth", "t0ken"]) else { return };
    let ended = run(&taken("{ consume: { amount: 1 } }", "", ", authentication: { bearer: { token: t0ken } }"), broker.setting()).await;
    assert!(ended.starts_with("completed [{"), "{ended}");
}

#[tokio::test]
async fn a_broker_that_is_not_there_or_goes_away_is_a_communication_error() {
    for mut broker in [Broker::mosquitto("mqtt", None), Broker::mosquitto("mqtt5", None), Broker::nats(&[])].into_iter().flatten() {
        let feed = start(&taken("{ consume: { while: '${ false }' , for: PT60S }, filter: '${ false }' }", "", ""), broker.setting());
        let take = "do:\n  - take: { call: asyncapi, with: { document: { endpoint: numbers.json }, operation: take, subscription: { consume: { amount: 1000000 }, foreach: { do: [ { seen: { set: { x: 1 } } } ] } } } }\n";
        let run_taking = start(take, broker.setting());
        came(&run_taking, "seen").await;
        let _ = broker.child.kill();
        let ended = tokio::time::timeout(Duration::from_secs(60), run_taking.ended()).await.expect("it ends");
        let ended = executions::ending(&ended);
        assert!(
            ended.starts_with("faulted at /do/0/take: Communication error (500): the subscription broke"),
            "{}: {ended}",
            broker.protocol
        );
        let ended = run(take, broker.setting()).await;
        assert!(ended.contains("Communication error (500)"), "{}: {ended}", broker.protocol);
        // It may have seen that the broker is gone already.
        let _ = feed.with(flowdbg_engine::driver::Debuggee::cancel).await;
    }
}

/// Waits until a task has begun.
async fn came(run: &Run, task: &str) {
    let seen = async {
        loop {
            let begun = executions::events(run).iter().any(|event| {
                let name = event.task.as_ref().map(|run| run.program.workflow.task(run.task).name.clone());
                matches!(event.kind, EventKind::TaskStarted) && name.as_deref() == Some(task)
            });
            if begun {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), seen).await.expect("it comes in time");
}
