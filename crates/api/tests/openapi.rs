//! The OpenAPI document: current, complete, and readable by generators.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

fn document() -> Value {
    serde_json::to_value(dashboard_api::openapi()).unwrap()
}

/// Every operation with its method and path.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &'static str)| format!("{item} {path}");
    let mut found = Vec::new();
    for (path, item) in paths {
        for method in ["get", "put", "post", "patch", "delete"] {
            if let Some(operation) = item.get(method) {
                found.push((of_path((path, method)), operation));
            }
        }
    }
    found
}

fn says_something(value: &Value) -> bool {
    value["description"]
        .as_str()
        .is_some_and(|text| !text.trim().is_empty())
}

/// A field that may be `null` is described where its type is named.
fn either_says_something(value: &Value) -> bool {
    value["oneOf"]
        .as_array()
        .into_iter()
        .flatten()
        .any(says_something)
}

#[test]
fn the_document_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi/dashboard.json");
    let mut current = serde_json::to_string_pretty(&document()).unwrap();
    current.push('\n');
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &current).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == current,
        "openapi/dashboard.json is old: run with UPDATE_OPENAPI=1, and read what changed"
    );
}

#[test]
fn every_operation_is_named_once_and_described() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (name, operation) in operations(&document) {
        let id = operation["operationId"]
            .as_str()
            .unwrap_or_else(|| panic!("{name} has no id"));
        assert!(ids.insert(id.to_owned()), "{id} is there twice");
        assert!(
            id.chars().all(|c| c.is_ascii_lowercase() || c == '_'),
            "{id}"
        );
        assert!(operation["summary"].is_string(), "{name} says nothing");
        assert_eq!(
            operation["tags"].as_array().map(Vec::len),
            Some(1),
            "{name} needs one tag"
        );
    }
    assert!(ids.len() > 50, "only {} operations", ids.len());
}

#[test]
fn every_response_and_parameter_is_described() {
    let document = document();
    for (name, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert!(says_something(response), "{name}: {status}");
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(says_something(parameter), "{name}: {}", parameter["name"]);
        }
    }
}

#[test]
fn no_parameter_is_there_twice() {
    let document = document();
    for (name, operation) in operations(&document) {
        let mut seen = BTreeSet::new();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let place = (parameter["name"].to_string(), parameter["in"].to_string());
            assert!(seen.insert(place), "{name}: {}", parameter["name"]);
        }
    }
}

#[test]
fn every_placeholder_of_a_path_is_a_parameter() {
    let document = document();
    for (name, operation) in operations(&document) {
        let placeholders: BTreeSet<&str> = name
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .collect();
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let in_path = parameters.filter(|parameter| parameter["in"] == "path");
        let names: BTreeSet<&str> = in_path
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        assert_eq!(placeholders, names, "{name}");
    }
}

#[test]
fn every_schema_and_its_fields_are_described() {
    let document = document();
    let mut silent = BTreeMap::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let fields = schema["properties"].as_object().into_iter().flatten();
        let undescribed = |field: &Value| !says_something(field) && !either_says_something(field);
        let missing: Vec<&String> = fields
            .filter(|(_, field)| undescribed(field))
            .map(|(name, _)| name)
            .collect();
        if !missing.is_empty() {
            silent.insert(name, missing);
        }
    }
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                references.push(reference.clone());
            }
            fields.values().for_each(|field| collect(field, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}
