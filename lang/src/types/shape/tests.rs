//! The laws of the lattice, on every pair of some types.

use super::*;
use crate::value::parse_json;

fn samples() -> Vec<(Type, Vec<Value>)> {
    let json = |text: &str| parse_json(text).expect("json");
    let mut samples: Vec<(Type, Vec<Value>)> = [
        "null",
        "true",
        "1",
        "1.5",
        "\"a\"",
        "\"b\"",
        "[]",
        "[1]",
        "[1,\"a\"]",
        "[[1],2,3]",
        "{}",
        "{\"a\":1}",
        "{\"a\":\"x\",\"b\":[1]}",
        "{\"b\":{}}",
    ]
    .map(|text| (Type::of_value(&json(text), Origin::default()), vec![json(text)]))
    .into();
    samples.push((Type::array(Type::string(Origin::default()), Origin::default()), vec![json("[]"), json("[\"x\",\"y\"]")]));
    samples.push((Type::any_object(Origin::default()), vec![json("{}"), json("{\"q\":[1]}")]));
    samples.push((Type::Unknown, vec![json("1"), json("{\"q\":[1]}")]));
    samples.push((Type::never(), Vec::new()));
    samples
}

#[test]
fn a_join_holds_both_whatever_the_order() {
    for (a, of_a) in samples() {
        for (b, of_b) in samples() {
            let (ab, ba) = (a.join(&b), b.join(&a));
            assert_eq!(ab, ba, "{a} and {b}");
            assert_eq!(ab.join(&a), ab, "{a} and {b}");
            assert_eq!(ab.join(&ab), ab);
            for value in of_a.iter().chain(&of_b) {
                assert!(ab.admits(value), "{ab} of {a} and {b}: {value}");
                assert!(a.widen(&b).admits(value), "{a} widened by {b}: {value}");
            }
        }
    }
}

#[test]
fn a_type_holds_its_values_and_others_not() {
    let json = |text: &str| parse_json(text).expect("json");
    let ty = Type::of_value(&json("{\"a\":1,\"b\":[\"x\"]}"), Origin::default());
    for text in [
        "{\"a\":1}",
        "{\"a\":1,\"b\":[\"x\"],\"c\":1}",
        "{\"a\":1.5,\"b\":[\"x\"]}",
        "{\"a\":1,\"b\":[\"y\"]}",
        "{\"a\":1,\"b\":[]}",
        "[]",
        "null",
    ] {
        assert!(!ty.admits(&json(text)), "{text}");
    }
    assert!(!Type::never().admits(&Value::Null));
}

#[test]
fn sums_of_objects_hold_their_sums() {
    let json = |text: &str| parse_json(text).expect("json");
    let objects = ["{}", "{\"a\":1}", "{\"a\":\"x\",\"b\":2}", "{\"b\":[1]}"];
    for a in objects {
        for b in objects {
            for c in objects {
                let ty = |text: &str| Type::of_value(&json(text), Origin::default());
                let either = ty(a).join(&ty(b));
                let object = |ty: &Type| ty.known().and_then(|known| known.object.clone()).expect("an object");
                let sum = Type::object(object(&either).plus(&object(&ty(c))));
                let turned = Type::object(object(&ty(c)).plus(&object(&either)));
                for value in [a, b] {
                    assert!(sum.admits(&(json(value) + json(c)).expect("a sum")), "({a} or {b}) + {c}: {sum}");
                    assert!(turned.admits(&(json(c) + json(value)).expect("a sum")), "{c} + ({a} or {b}): {turned}");
                }
            }
        }
    }
}

#[test]
fn what_is_too_large_becomes_unknown() {
    let mut ty = Type::integer(Origin::default());
    for _ in 0..40 {
        ty = Type::closed([("a", ty.clone()), ("b", ty)], Origin::default());
    }
    assert!(ty.size() <= MAX_SIZE, "{}", ty.size());
    let many = (0..5_000).map(|at| (format!("k{at}"), Type::integer(Origin::default())));
    assert!(Type::closed(many, Origin::default()).members().is_empty());
}
