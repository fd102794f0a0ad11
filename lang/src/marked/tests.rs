//! The notation is read and drawn back.

use super::{Fixture, Span, draw};

fn parse(text: &str) -> Fixture {
    Fixture::parse(text).expect("a sound fixture")
}

fn problem(text: &str) -> String {
    Fixture::parse(text).expect_err("a broken fixture")
}

#[test]
fn carets_name_columns_of_the_line_above_and_can_be_stacked() {
    let fixture = parse("do:\n  - añb: {}\n  # ^^^ error[OW0101] not known\n  #      ^^ bp if .total > 10\nend: 1\n");
    let file = fixture.single().expect("one file");
    assert_eq!(file.text, "do:\n  - añb: {}\nend: 1\n");
    let [first, second] = file.marks.as_slice() else { panic!("{:?}", file.marks) };
    assert_eq!(&file.text[first.span.range()], "añb");
    assert_eq!((first.line, first.word.as_str(), first.code.as_deref(), first.text.as_str()), (1, "error", Some("OW0101"), "not known"));
    assert_eq!(&file.text[second.span.range()], "{}");
    assert_eq!((second.word.as_str(), second.text.as_str()), ("bp", "if .total > 10"));
}

#[test]
fn carets_that_touch_take_the_hash_in() {
    let fixture = parse("do: []\n#^ error[X]\n");
    let file = fixture.single().expect("one file");
    assert_eq!(&file.text[file.marks[0].span.range()], "do");
}

#[test]
fn labels_name_a_line_or_columns() {
    let fixture = parse("do:\n  - pay: {}   # @pay, @charge.now\n  - a: {}\n  # ^ @a\n");
    let (file, pay) = fixture.label("pay").expect("a label");
    assert_eq!(&file.text[pay.span.range()], "- pay: {}");
    assert_eq!(fixture.unused_labels(), ["charge.now", "a"]);
    let (file, a) = fixture.label("a").expect("a label");
    assert_eq!((&file.text[a.span.range()], a.line), ("a", 2));
    assert_eq!(fixture.label_of_line("/main.yaml", 2), Some("a"));
    assert_eq!(file.text, "do:\n  - pay: {}\n  - a: {}\n");
    assert!(fixture.label("other").is_none());
}

#[test]
fn an_ordinary_comment_stays() {
    let text = "a: 1 # ask @someone about it\nb: 2 # @ home\nc: \"x# @y\"\n# @ not a label\n";
    assert_eq!(parse(text).files[0].text, text);
}

#[test]
fn cursors_are_taken_out_and_do_not_shift_carets() {
    let fixture = parse("a: o<|>ne t<|>wo\n#         ^^^^^^ def\n#  ^ ref\n");
    let file = fixture.single().expect("one file");
    assert_eq!(file.text, "a: one two\n");
    assert_eq!(file.cursors, [4, 8]);
    assert_eq!(&file.text[file.marks[0].span.range()], "two");
    assert_eq!(&file.text[file.marks[1].span.range()], "o");
}

#[test]
fn headers_start_files() {
    let fixture = parse("#- /a.yaml\nx: 1\n# ^ bp\n#- /b.yaml\ny: <|>2\n");
    let paths: Vec<_> = fixture.files.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
    assert_eq!(paths, [("/a.yaml", "x: 1\n"), ("/b.yaml", "y: 2\n")]);
    assert_eq!(fixture.files[1].cursors, [3]);
    assert!(fixture.single().is_err());
}

#[test]
fn marks_inside_a_script_leave_no_trace() {
    let fixture = parse("run: |\n  echo $1\n  # ^^^^ bp\n  exit 0\n");
    assert_eq!(fixture.files[0].text, "run: |\n  echo $1\n  exit 0\n");
}

#[test]
fn line_ends_are_kept() {
    assert_eq!(parse("a: 1\r\n# ^ bp\r\nb: 2").files[0].text, "a: 1\r\nb: 2");
}

#[test]
fn mistakes_are_named_with_their_line() {
    assert_eq!(problem("# ^^ bp\n"), "fixture line 1: carets stand under no line");
    assert!(problem("a: 1\n# ^ oops\n").starts_with("fixture line 2: `oops` after carets is not one of bp"));
    assert!(problem("a: 1\n# ^\n").starts_with("fixture line 2: `` after carets"));
    assert!(problem("a: 1\n# ^ error[X\n").contains("lacks its `]`"));
    assert!(problem("a: 1\n#        ^ bp\n").contains("the line above has 4"));
    assert!(problem("a: 1 # @x\nb: 2 # @x\n").contains("@x is there twice"));
    assert!(problem("#- /a\n#- /a\n").contains("/a is there twice"));
    assert!(problem("a: <|>1<|>2<|>\n").contains("more than two cursors"));
    assert!(problem("a: 1\n# ^ bp\n# ^ bp\n").contains("is there twice"));
    assert!(problem("  # @x\n").contains("names an empty line"));
    assert!(problem("a: 1\n# ^ @x y\n").contains("is not a label"));
}

#[test]
fn drawing_is_the_opposite_of_reading() {
    let text = "do:\n  - a: ñb\n";
    let b = text.find('b').expect("a b");
    let drawn = draw(text, &[(Span::new(b, b + 1), "error[X] no".into()), (Span::new(0, 2), "hint [Y]".into())]);
    assert_eq!(drawn, "do:\n#^ hint [Y]\n  - a: ñb\n#       ^ error[X] no\n");
    let again = parse(&drawn.replace("hint [Y]", "hint[Y]"));
    assert_eq!(again.files[0].text, text);
    assert_eq!(again.files[0].marks.iter().map(|mark| mark.span).collect::<Vec<_>>(), [Span::new(0, 2), Span::new(b, b + 1)]);
}
