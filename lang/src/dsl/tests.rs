//! The table holds together: rows are complete, nested shapes exist, kinds are told apart.

use std::collections::HashSet;

use super::*;

fn is_sentence(text: &str) -> bool {
    text.starts_with(|c: char| c.is_uppercase() || c == '`') && text.ends_with('.')
}

#[test]
fn every_row_is_documented_and_unique() {
    let objects = objects();
    assert!(objects.len() > 70, "only {} objects were reached", objects.len());
    for object in objects {
        assert!(is_sentence(object.doc), "{}: {:?}", object.name, object.doc);
        assert!(object.section.starts_with("DSL Reference: "), "{}: {:?}", object.name, object.section);
        let mut names = HashSet::new();
        for property in object.properties {
            assert!(names.insert(property.name), "{} has `{}` twice", object.name, property.name);
            assert!(is_sentence(property.doc), "{}.{}: {:?}", object.name, property.name, property.doc);
            if let Shape::Choice(choices) = &property.shape {
                assert!(choices.values.iter().all(|choice| is_sentence(choice.doc)), "{}.{}", object.name, property.name);
                let known = |default: &str| choices.values.iter().any(|choice| choice.value == default);
                assert!(property.default.is_none_or(known), "{}.{}: {:?}", object.name, property.name, property.default);
            }
        }
    }
}

#[test]
fn rules_and_variants_name_properties_that_exist() {
    for object in objects() {
        let has = |name: &str| assert!(object.property(name).is_some(), "{} has no `{name}`", object.name);
        for rule in object.rules {
            match rule {
                Rule::ExactlyOne(names) | Rule::SomeOf(names) => names.iter().for_each(|name| has(name)),
                Rule::Needs(name, other) => {
                    has(name);
                    has(other);
                }
                Rule::Pairs(name, _, other) => {
                    has(name);
                    has(other);
                }
                Rule::NotEmpty => {}
            }
        }
        if let Some(variants) = &object.variants {
            has(variants.key);
            for variant in variants.known {
                assert!(variant.object.property(variants.key).is_some(), "{}", variant.value);
            }
        }
    }
}

#[test]
fn every_kind_of_task_is_found_by_its_keyword() {
    for kind in TASK_KINDS {
        assert!(kind.object.property(kind.keyword).is_some_and(|property| property.required), "{}", kind.keyword);
        assert!(TASK_COMMON.property(kind.keyword).is_none(), "{}", kind.keyword);
        assert_eq!(TaskKind::of(kind.keyword).map(|found| found.keyword), Some(kind.keyword));
    }
}

#[test]
fn expectations_read_as_english() {
    let timeout = TASK_COMMON.property("timeout").map(|property| property.shape.expected());
    assert_eq!(timeout.as_deref(), Some("a mapping (timeout) or the name of an entry of `use.timeouts`"));
    let strict = WORKFLOW.property("evaluate").map(|property| property.shape.expected());
    assert_eq!(strict.as_deref(), Some("a mapping (expression evaluation)"));
}
