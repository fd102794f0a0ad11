//! Any text is compiled as an expression without a panic, and its problems lie in the text.

#![no_main]

use flowdbg_lang::expression::Expression;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let expression = Expression::new(text, &["$context".into(), "$workflow".into()]);
    for problem in expression.problems() {
        assert!(problem.start <= problem.end && problem.end <= text.len());
    }
});
