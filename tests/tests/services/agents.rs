//! Agents: `a2a-sdk`, which speaks A2A 1.0 and 0.3.

use crate::support::{options, python, run};

#[tokio::test]
async fn an_agent_is_asked_by_its_card_and_by_its_address() {
    let Some(service) = python("agent.py") else { return };
    let address = &service.address;
    let say = |with: &str, message: &str| {
        format!(
            "do: [ {{ ask: {{ call: a2a, with: {{ {with}, parameters: {{ message: {message} }} }}, output: {{ as: '. as $o | OUT' }} }} }} ]"
        )
    };
    let old = "{ parts: [ { kind: text, text: hi } ] }";
    let task = say(&format!("method: message/send, agentCard: {{ endpoint: '{address}/old/card.json' }}"), old);
    let ending = run(options(), &task.replace("OUT", "[.kind, .status.state, .artifacts[0].parts[0].text]")).await;
    assert_eq!(ending, r#"completed ["task","completed","you said: hi"]"#);
    let task = say(&format!("method: message/stream, server: '{address}/'"), old);
    let ending = run(options(), &task.replace("OUT", "[.[].kind]")).await;
    assert_eq!(ending, r#"completed ["task","status-update","artifact-update","status-update"]"#);
    let task = say(&format!("method: message/stream, agentCard: {{ endpoint: '{address}/new/card.json' }}"), "{ parts: [ { text: hi } ] }");
    let ending = run(options(), &task.replace("OUT", "[.[] | keys[0]]")).await;
    assert_eq!(ending, r#"completed ["task","statusUpdate","artifactUpdate","statusUpdate"]"#);
}

#[tokio::test]
async fn what_an_agent_refuses_is_a_runtime_error() {
    let Some(service) = python("agent.py") else { return };
    let yaml = format!(
        "do: [ {{ ask: {{ call: a2a, with: {{ method: tasks/get, server: '{}/', parameters: {{ id: nothing }} }} }} }} ]",
        service.address
    );
    let ending = run(options(), &yaml).await;
    assert!(ending.starts_with("faulted at /do/0/ask: Runtime error (500): tasks/get: the agent answered error -32001: "), "{ending}");
}
