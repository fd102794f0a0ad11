//! `flowdbg debug`

use insta::assert_snapshot;

use crate::support::Folder;

const ORDER: &str = "
do:
  - price:
      set: { total: '${ .a + .b }' }
      export: { as: '${ { total: .total } }' }
  - each:
      for: { each: n, in: '[1, 2, 3]' }
      do:
        - add: { set: { total: '${ .total + $n }' } }
  - sides:
      fork:
        branches:
          - left: { set: { l: 1 } }
          - right: { set: { r: 2 } }
  - done: { set: { total: '${ $context.total }' } }
";

fn session(script: &str) -> String {
    let folder = Folder::new(&[("order.workflow.yaml", ORDER), ("input.json", r#"{"a": 1, "b": 2}"#)]);
    folder.transcript(&["debug", "order.workflow.yaml"], script)
}

#[test]
fn a_breakpoint_stops_and_values_can_be_seen_and_set() {
    assert_snapshot!(session("break add if $n == 2\nb 4\ninfo\nrun\nwhere\nset .a 10\nc\nvars\nprint .total + $n\nset .total 100\nset $n 7\ndelete\nc\n"), @r##"
        exit 0
        --- out
        (flowdbg) break add if $n == 2
        breakpoint 1 at line 9 if $n == 2: - add: { set: { total: '${ .total + $n }' } }
        (flowdbg) b 4
        breakpoint 2 at line 4: set: { total: '${ .a + .b }' }
        (flowdbg) info
        1  line 9 if $n == 2: - add: { set: { total: '${ .total + $n }' } }
        2  line 4: set: { total: '${ .a + .b }' }
        (flowdbg) run
        breakpoint 2 goes to line 3
        breakpoint 2
        at price (order.workflow.yaml:3)
           1 | document: { dsl: '1.0.3', namespace: tests, name: order, version: '0.1.0' }
           2 | do:
        ->*3 |   - price:
           4 |       set: { total: '${ .a + .b }' }
           5 |       export: { as: '${ { total: .total } }' }
        (flowdbg) where
        #0 price (order.workflow.yaml:3)
        #1 order (order.workflow.yaml:1)
        (flowdbg) set .a 10
        .a = 10
        (flowdbg) c
        breakpoint 1
        at add (order.workflow.yaml:9)
            7 |       for: { each: n, in: '[1, 2, 3]' }
            8 |       do:
        ->* 9 |         - add: { set: { total: '${ .total + $n }' } }
           10 |   - sides:
           11 |       fork:
        (flowdbg) vars
        Input:
          total = 13
        Output: empty
        Context:
          total = 12
        Locals:
          $index = 1
          $n = 2
        (flowdbg) print .total + $n
        15
        (flowdbg) set .total 100
        .total = 100
        (flowdbg) set $n 7
        $n = 7
        (flowdbg) delete
        (flowdbg) c
        {
          "total": 12
        }
        completed
        --- err
        input from input.json
        "##);
}

#[test]
fn steps_go_over_into_and_out() {
    assert_snapshot!(session("step\nnext\nstep\n\nout\nstep\nthreads\nout\nc\n"), @r##"
        exit 0
        --- out
        (flowdbg) step
        entry
        at price (order.workflow.yaml:3)
           1 | document: { dsl: '1.0.3', namespace: tests, name: order, version: '0.1.0' }
           2 | do:
        -> 3 |   - price:
           4 |       set: { total: '${ .a + .b }' }
           5 |       export: { as: '${ { total: .total } }' }
        (flowdbg) next
        step
        at each (order.workflow.yaml:6)
           4 |       set: { total: '${ .a + .b }' }
           5 |       export: { as: '${ { total: .total } }' }
        -> 6 |   - each:
           7 |       for: { each: n, in: '[1, 2, 3]' }
           8 |       do:
        (flowdbg) step
        step
        at add (order.workflow.yaml:9)
            7 |       for: { each: n, in: '[1, 2, 3]' }
            8 |       do:
        ->  9 |         - add: { set: { total: '${ .total + $n }' } }
           10 |   - sides:
           11 |       fork:
        (flowdbg)
        step
        at add (order.workflow.yaml:9)
            7 |       for: { each: n, in: '[1, 2, 3]' }
            8 |       do:
        ->  9 |         - add: { set: { total: '${ .total + $n }' } }
           10 |   - sides:
           11 |       fork:
        (flowdbg) out
        step
        at sides (order.workflow.yaml:10)
            8 |       do:
            9 |         - add: { set: { total: '${ .total + $n }' } }
        -> 10 |   - sides:
           11 |       fork:
           12 |         branches:
        (flowdbg) step
        step
        at left (order.workflow.yaml:13)
           11 |       fork:
           12 |         branches:
        -> 13 |           - left: { set: { l: 1 } }
           14 |           - right: { set: { r: 2 } }
           15 |   - done: { set: { total: '${ $context.total }' } }
        (flowdbg) threads
          1 order (waiting for branches)
        * 2 order / sides / left
          3 order / sides / right
        (flowdbg) out
        step
        at done (order.workflow.yaml:15)
           13 |           - left: { set: { l: 1 } }
           14 |           - right: { set: { r: 2 } }
        -> 15 |   - done: { set: { total: '${ $context.total }' } }
           16 |
        (flowdbg) c
        {
          "total": 3
        }
        completed
        --- err
        input from input.json
        "##);
}

#[test]
fn mistakes_are_told_and_change_nothing() {
    assert_snapshot!(
        session("brake\nbreak\nbreak 99\nbreak pric\nprint .a\nwhere\ndelete 3\nlist 3\n# a remark\nb price\nb add if .total =\nr\nr\nprint .a |\nset a 1\nset . 1\nset .no.such 1\nset $context.x 1\nthread 9\nquit\n"),
        @r##"
        exit 130
        --- out
        (flowdbg) brake
        there is no command `brake`; did you mean `break`? `help` lists them
        (flowdbg) break
        break: it takes a line or a task, and perhaps `if` with an expression
        (flowdbg) break 99
        there is no line 99: the file has 16
        (flowdbg) break pric
        there is no task `pric`; did you mean `price`?
        (flowdbg) print .a
        it has not been started; `run` starts it
        (flowdbg) where
        it has not been started; `run` starts it
        (flowdbg) delete 3
        there is no breakpoint 3; `info` lists them
        (flowdbg) list 3
            1 | document: { dsl: '1.0.3', namespace: tests, name: order, version: '0.1.0' }
            2 | do:
            3 |   - price:
            4 |       set: { total: '${ .a + .b }' }
            5 |       export: { as: '${ { total: .total } }' }
            6 |   - each:
            7 |       for: { each: n, in: '[1, 2, 3]' }
            8 |       do:
            9 |         - add: { set: { total: '${ .total + $n }' } }
           10 |   - sides:
           11 |       fork:
        (flowdbg) # a remark
        (flowdbg) b price
        breakpoint 1 at line 3: - price:
        (flowdbg) b add if .total =
        breakpoint 2 at line 9 if .total =: - add: { set: { total: '${ .total + $n }' } }
        (flowdbg) r
        breakpoint 2 will not be hit: the expression `.total =` does not compile: expected term, found the end (at column 8)
        breakpoint 1
        at price (order.workflow.yaml:3)
           1 | document: { dsl: '1.0.3', namespace: tests, name: order, version: '0.1.0' }
           2 | do:
        ->*3 |   - price:
           4 |       set: { total: '${ .a + .b }' }
           5 |       export: { as: '${ { total: .total } }' }
        (flowdbg) r
        it is running already; `continue` goes on, `quit` ends it
        (flowdbg) print .a |
        expected term, found the end (at column 4)
        (flowdbg) set a 1
        `a` is not a path; write one as `.items[0].price` or `$context.user`
        (flowdbg) set . 1
        a whole scope cannot be replaced: name a member of it
        (flowdbg) set .no.such 1
        there is nothing to go into on the way to `.no.such`
        (flowdbg) set $context.x 1
        $context.x = 1
        (flowdbg) thread 9
        there is no branch 9; it may have ended
        (flowdbg) quit
        --- err
        input from input.json
        "##
    );
}

#[test]
fn an_uncaught_error_is_a_stop_and_the_exit_code_that_of_the_run() {
    let folder = Folder::new(&[("a.workflow.yaml", "do:\n  - boom: { set: { x: '${ .a / \"x\" }' } }\n")]);
    assert_snapshot!(folder.transcript(&["debug", "a.workflow.yaml", "-i", r#"{"a": 1}"#, "-x", "run", "-x", "continue"], ""), @r##"
        exit 1
        --- out
        (flowdbg) run
        error: Expression error: `.a / "x"`: cannot calculate 1 / "x"
          https://serverlessworkflow.io/spec/1.0.0/errors/expression (status 400, at /do/0/boom, attempt 1, not caught)
        at boom (a.workflow.yaml:3)
           1 | document: { dsl: '1.0.3', namespace: tests, name: order, version: '0.1.0' }
           2 | do:
        -> 3 |   - boom: { set: { x: '${ .a / "x" }' } }
           4 |
        (flowdbg) continue
        {
          "type": "https://serverlessworkflow.io/spec/1.0.0/errors/expression",
          "status": 400,
          "title": "Expression error",
          "detail": "`.a / \"x\"`: cannot calculate 1 / \"x\"",
          "instance": "/do/0/boom"
        }
        ended by an error
        "##);
    let (code, ..) = folder.run(&["debug", "a.workflow.yaml"], "");
    assert_eq!(code, 0, "it was never started");
    let (code, ..) = folder.run(&["debug", "a.workflow.yaml", "-i", r#"{"a": 1}"#], "run\n");
    assert_eq!(code, 130, "it was left at a stop");
}

#[test]
fn a_workflow_can_be_run_again() {
    let (first, second) = ("breakpoint 1 at line 15", "completed");
    let text = session("b done\nrun\nc\nrun\nc\n");
    assert_eq!((text.matches(first).count(), text.matches(second).count()), (1, 2), "{text}");
    assert!(text.starts_with("exit 0"), "{text}");
}

#[test]
fn a_broken_workflow_is_refused_before_the_first_command() {
    let folder = Folder::new(&[("a.workflow.yaml", "do: [ { a: { sett: { x: 1 } } } ]\n")]);
    let (code, out, err) = folder.run(&["debug", "a.workflow.yaml"], "run\n");
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("error[OW0101]") && err.contains("prevents it from running"), "{err}");
}
