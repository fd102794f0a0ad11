//! The project's examples: valid, silent in the checks, and running end to end against their stubs.

#![expect(clippy::unwrap_used, reason = "a test that cannot begin has failed")]

use std::{path::PathBuf, sync::Arc, time::Duration};

use flowdbg_engine::{
    driver::{Engine, Options},
    worlds::local::{self, Local},
};
use flowdbg_lang::{analysis::Analysis, text::Source, value};
use flowdbg_server::{load, stub};
use flowdbg_tests::{executions, specification, workflows};

fn examples() -> PathBuf {
    workflows::root().join("examples")
}

fn local() -> Local {
    Local::new(local::Options::new(load::loader()))
}

/// Runs an example as a host does, and says what happened.
async fn run(name: &str, input: &str) -> String {
    let folder = examples().join(name);
    let input = value::parse_json(&workflows::read(&folder.join(input)).unwrap()).unwrap();
    let program = load::load(&folder.join(format!("{name}.workflow.yaml"))).unwrap().program;
    let stub = stub::for_workflow(&program.workflow).unwrap().expect("an example brings a stub");
    let started = stub.start().await.unwrap();
    let engine = Engine::new(Arc::new(local())).in_world(Arc::new(local().with_routes(started.routes().to_vec())));
    let run = engine.start(program, input, Options { seed: Some(1), ..Options::default() });
    // An example takes well under two seconds; this is for a machine with much else to do.
    let outcome = tokio::time::timeout(Duration::from_secs(60), run.ended()).await.expect("it ends");
    let mut lines = executions::started(&executions::events(&run));
    lines.push(executions::ending(&outcome));
    lines.join("\n")
}

fn end(ran: &str) -> &str {
    ran.lines().last().unwrap_or_default()
}

#[tokio::test]
async fn order_fulfilment() {
    insta::assert_snapshot!(run("order-fulfilment", "input.json").await, @r#"
    priceOrder
    checkStock
    decideOnStock
    reserveStock
    payment
    chargeCard
    chargeCard
    chargeCard
    ship
    confirm
    completed {"orderId":"1001","status":"shipped","total":73,"charge":"ch-1001","tracking":"T-1001"}
    "#);
    insta::assert_snapshot!(run("order-fulfilment", "input-declined.json").await, @r#"
    priceOrder
    checkStock
    decideOnStock
    reserveStock
    payment
    chargeCard
    releaseStock
    rejectOrder
    completed {"orderId":"1002","status":"rejected","reason":"POST http://payments.example/cards/declined/charges answered 402: {\"error\":\"the card was declined\"}"}
    "#);
    insta::assert_snapshot!(run("order-fulfilment", "input-sold-out.json").await, @r#"
    priceOrder
    checkStock
    decideOnStock
    backOrder
    completed {"orderId":"1003","status":"back-ordered","missing":["mug"]}
    "#);
}

#[tokio::test]
async fn parallel_enrichment() {
    // The order among branches is not promised, so only the end is compared.
    insta::assert_snapshot!(end(&run("parallel-enrichment", "input.json").await), @r#"completed {"customer":"Example Customer","segment":"retail","grade":"gold","facts":{"profile":{"id":"c-17","name":"Example Customer","segment":"retail"},"orders":{"count":2,"spent":1250},"risk":{"score":50,"assumed":true}}}"#);
}

#[tokio::test]
async fn event_approval() {
    insta::assert_snapshot!(end(&run("event-approval", "input.json").await), @r#"completed {"expenseId":"e-9","outcome":"paid","entry":"L-e-9"}"#);
    insta::assert_snapshot!(end(&run("event-approval", "input-nobody.json").await), @r#"completed {"expenseId":"e-10","outcome":"escalated"}"#);
}

#[tokio::test]
async fn data_pipeline() {
    insta::assert_snapshot!(run("data-pipeline", "input.json").await, @r#"
    eachStation
    fetchReadings
    average
    collect
    fetchReadings
    average
    collect
    fetchReadings
    average
    collect
    report
    completed {"stations":3,"warmest":"plain","rows":[{"number":1,"station":"Harbour","average":14.3},{"number":2,"station":"Hill","average":10.2},{"number":3,"station":"plain","average":15.5}]}
    "#);
}

#[tokio::test]
async fn agent_loop() {
    insta::assert_snapshot!(run("agent-loop", "input.json").await, @r#"
    begin
    askModel
    next
    useTools
    dispatch
    getWeather
    tellModel
    dispatch
    getWeather
    tellModel
    askModel
    next
    useTools
    dispatch
    toFahrenheit
    tellModel
    dispatch
    noSuchTool
    tellModel
    askModel
    next
    answer
    completed {"answer":"Lisbon is warmer: 75.2 F.","rounds":3,"toolsUsed":["get_weather","get_weather","to_fahrenheit","book_flight"]}
    "#);
}

#[test]
fn the_checks_have_nothing_to_say() {
    let files = workflows::files(&examples(), ".workflow.yaml").unwrap();
    assert!(files.len() >= 5, "{files:?}");
    for path in files {
        let analysis = Analysis::of(Source::new(path.to_string_lossy().as_ref(), workflows::read(&path).unwrap()));
        assert_eq!(workflows::findings(&analysis), Vec::<String>::new());
    }
}

#[test]
fn every_example_is_complete() {
    for path in workflows::files(&examples(), ".workflow.yaml").unwrap() {
        let folder = path.parent().unwrap();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(path.file_name().unwrap().to_string_lossy(), format!("{name}.workflow.yaml"));
        let readme = workflows::read(&folder.join("README.md")).unwrap();
        assert!(readme.contains(&format!("flowdbg run examples/{name}/")), "{name}: the README says no command");
        assert!(readme.contains(&format!("flowdbg debug examples/{name}/")), "{name}: the README shows no debug session");
        assert!(workflows::read(&examples().join("README.md")).unwrap().contains(&format!("({name}/README.md)")), "{name} is not listed");
    }
}

#[test]
fn examples_fit_the_published_schema() {
    let Some(folder) = specification::folder() else { return };
    let schema = workflows::read(&folder.join("schema/workflow-1.0.3.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for path in workflows::files(&examples(), ".workflow.yaml").unwrap() {
        let data = workflows::data(&workflows::read(&path).unwrap()).unwrap();
        let data: serde_json::Value = serde_json::from_str(&data.to_string()).unwrap();
        let wrong: Vec<String> = validator.iter_errors(&data).map(|error| format!("{} at {}", error, error.instance_path())).collect();
        assert!(wrong.is_empty(), "{}: {}", path.display(), wrong.join("\n"));
    }
}
