//! `flowdbg run --scenario` and `--fast`

use std::time::{Duration, Instant};

use insta::assert_snapshot;

use crate::support::Folder;

const ORDER: &str = "
do:
  - price: { call: http, with: { method: get, endpoint: 'http://prices.example/{item}' } }
  - think: { wait: P1D }
  - pay:
      try:
        - charge: { call: http, with: { method: post, endpoint: 'http://bank.example/charges', body: { amount: '${ .price }' } } }
      catch: { errors: { with: { status: 503 } }, retry: { delay: PT1H, limit: { attempt: { count: 3 } } } }
";

#[test]
fn a_scenario_answers_and_its_expectations_are_checked() {
    let scenario = "
scenario: a bank that is closed at first
input: { item: mug }
mocks:
  - name: price
    request: http://prices.example/{item}
    answer: { body: { price: '${ .params.item | length }' } }
  - request: { method: post, url: 'http://bank.example/*', body: { amount: 3 } }
    answers: [ { status: 503 }, { body: { paid: true } } ]
  - { task: nobody, answer: {} }
expect:
  output: { paid: true }
  tasks: [price, think, pay, charge, charge]
  calls: { price: 1 }
";
    let folder = Folder::new(&[("order.workflow.yaml", ORDER), ("order.scenario.yaml", scenario)]);
    let began = Instant::now();
    assert_snapshot!(folder.transcript(&["run", "order.workflow.yaml", "--scenario", "order.scenario.yaml"], ""), @r#"
        exit 0
        --- out
        {
          "paid": true
        }
        --- err
        started   price
        done      price N ms
        started   think
        done      think 1440 min 0 s
        started   pay (try)
        started     charge
        failed      charge N ms: Communication error (503): POST http://bank.example/charges answered 503
        retry     pay (try): attempt 2 in 60 min 0 s: Communication error (503): POST http://bank.example/charges answered 503
        started     charge
        done        charge N ms
        done      pay (try) 60 min 0 s
        mocked    GET http://prices.example/mug of /do/0/price (by price, order.scenario.yaml:6:13)
        mocked    POST http://bank.example/charges of /do/2/pay/try/0/charge (by order.scenario.yaml:8:16)
        mocked    POST http://bank.example/charges of /do/2/pay/try/0/charge (by order.scenario.yaml:8:33)
        unused    the mock order.scenario.yaml:9:5
        "#);
    assert!(began.elapsed() < Duration::from_secs(50), "the day was waited for");
}

#[test]
fn what_is_not_as_expected_has_its_own_exit_code() {
    let folder = Folder::new(&[
        ("order.workflow.yaml", "do:\n  - one: { raise: { error: { type: 'https://x.example/bad', status: 418, title: Bad } } }\n"),
        ("as-expected.yaml", "expect: { fault: { status: 418 } }"),
        ("otherwise.yaml", "expect:\n  output: {}\n  ran: [two]\n"),
        ("nothing.yaml", "mocks: [ { task: x, answer: {} } ]"),
        ("wrong.yaml", "mocks:\n  - tsk: a\n    answer: {}\n"),
    ]);
    let run = |scenario: &str| folder.run(&["run", "order.workflow.yaml", "--quiet", "--scenario", scenario], "");
    assert_eq!(run("as-expected.yaml").0, 0);
    assert_eq!(run("nothing.yaml").0, 1);
    let (code, _, err) = run("otherwise.yaml");
    assert_eq!(code, 3);
    assert!(err.contains("otherwise.yaml:2:11: it should have completed, but it ended by a fault: Bad (418)"), "{err}");
    assert!(err.contains("otherwise.yaml:3:9: the task two did not run; these ran: one"), "{err}");
    let (code, _, err) = run("wrong.yaml");
    assert_eq!(code, 2);
    assert!(err.contains("a mock has no `tsk`") && err.contains("did you mean `task`?") && err.contains("wrong.yaml:2:5"), "{err}");
    let (code, _, err) = run("gone.yaml");
    assert_eq!(code, 2);
    assert!(err.contains("cannot read the scenario gone.yaml: there is no such file"), "{err}");
}

#[test]
fn what_no_mock_fits_is_refused_with_a_proposal() {
    let folder = Folder::new(&[("order.workflow.yaml", ORDER), ("empty.yaml", "input: { item: mug }")]);
    let (code, _, err) = folder.run(&["run", "order.workflow.yaml", "--quiet", "--scenario", "empty.yaml"], "");
    assert_eq!(code, 3);
    assert!(err.contains("no mock fits GET http://prices.example/mug of /do/0/price"), "{err}");
    assert!(err.contains("- request: { method: get, url: 'http://prices.example/mug' }"), "{err}");
}

#[test]
fn fast_runs_cost_no_time_but_real_work_keeps_its_own() {
    let text = "
do:
  - long: { wait: P30D }
  - work: { run: { shell: { command: 'sleep 0.2; echo done' } }, timeout: { after: PT10S } }
";
    let folder = Folder::new(&[("order.workflow.yaml", text)]);
    let began = Instant::now();
    assert_eq!(folder.run(&["run", "order.workflow.yaml", "--fast", "--quiet"], ""), (0, "\"done\\n\"\n".to_owned(), String::new()));
    assert!(began.elapsed() < Duration::from_secs(50));
}
