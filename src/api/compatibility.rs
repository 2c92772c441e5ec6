//! Whether a new OpenAPI document would break a client of the one before. Version 1 only ever grows.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Everything in which `new` takes away what `old` promised; empty where clients go on working.
pub fn breaking_changes(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (path, item) in members(&old["paths"]) {
        for (method, operation) in members(item) {
            let place = format!("{} {path}", method.to_uppercase());
            match &new["paths"][path.as_str()][method.as_str()] {
                Value::Null => found.push(format!("{place} is gone")),
                now => operation_changes(&place, operation, now, &mut found),
            }
        }
    }
    for (name, schema) in members(&old["components"]["schemas"]) {
        match &new["components"]["schemas"][name.as_str()] {
            Value::Null => found.push(format!("schema {name} is gone")),
            now => schema_changes(name, schema, now, &mut found),
        }
    }
    for name in requested(old) {
        let schema = |document: &Value| document["components"]["schemas"][&name].clone();
        narrowed(&format!("{name}, as it is sent"), &schema(old), &schema(new), &mut found);
    }
    found
}

/// Names of the schemas that requests are made of.
fn requested(document: &Value) -> BTreeSet<String> {
    let operations = members(&document["paths"]).flat_map(|(_, item)| members(item));
    let mut left: Vec<&Value> = operations.map(|(_, operation)| &operation["requestBody"]).collect();
    let mut names = BTreeSet::new();
    while let Some(value) = left.pop() {
        match value {
            Value::Array(items) => left.extend(items),
            Value::Object(members) => left.extend(members.values()),
            Value::String(text) => {
                let name = text.strip_prefix("#/components/schemas/");
                if let Some(name) = name.filter(|name| names.insert((*name).to_owned())) {
                    left.push(&document["components"]["schemas"][name]);
                }
            }
            _ => {}
        }
    }
    names
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn operation_changes(place: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
    if old["operationId"] != new["operationId"] {
        found.push(format!("{place} has another operationId"));
    }
    let parameters = |operation: &Value| operation["parameters"].as_array().cloned().unwrap_or_default();
    let now = parameters(new);
    for parameter in parameters(old) {
        let name = parameter["name"].as_str().unwrap_or_default();
        let Some(now) = now.iter().find(|other| other["name"] == parameter["name"] && other["in"] == parameter["in"])
        else {
            found.push(format!("{place} no longer takes {name}"));
            continue;
        };
        narrowed(&format!("{place}, parameter {name}"), &parameter["schema"], &now["schema"], found);
    }
    for parameter in now.iter().filter(|parameter| parameter["required"] == true) {
        let known = parameters(old).iter().any(|other| other["name"] == parameter["name"] && other["required"] == true);
        if !known {
            found.push(format!("{place} requires {}", parameter["name"]));
        }
    }
    for (media_type, content) in members(&old["requestBody"]["content"]) {
        match &new["requestBody"]["content"][media_type.as_str()] {
            Value::Null => found.push(format!("{place} no longer takes {media_type}")),
            now => narrowed(&format!("{place}, body"), &content["schema"], &now["schema"], found),
        }
    }
    if new["requestBody"]["required"] == true && old["requestBody"]["required"] != true {
        found.push(format!("{place} requires a body"));
    }
    for (status, response) in members(&old["responses"]).filter(|(status, _)| status.starts_with('2')) {
        for (media_type, content) in members(&response["content"]) {
            match &new["responses"][status.as_str()]["content"][media_type.as_str()] {
                Value::Null => found.push(format!("{place} no longer answers {status} as {media_type}")),
                now => schema_changes(&format!("{place}, {status}"), &content["schema"], &now["schema"], found),
            }
        }
    }
}

/// What is sent, in parameters or a body, must go on being taken.
fn narrowed(place: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
    for member in ["type", "$ref"] {
        if old[member] != new[member] {
            found.push(format!("{place} has another {member}"));
        }
    }
    match (old["enum"].as_array(), new["enum"].as_array()) {
        (Some(old), Some(new)) => {
            for code in old.iter().filter(|code| !new.contains(code)) {
                found.push(format!("{place} no longer takes {code}"));
            }
        }
        (None, Some(_)) => found.push(format!("{place} takes listed values only")),
        _ => {}
    }
    for bound in ["imum", "Length", "Items", "Properties"] {
        for (end, above) in [("max", true), ("min", false)] {
            let name = format!("{end}{bound}");
            let tighter = match (old[&name].as_f64(), new[&name].as_f64()) {
                (Some(old), Some(new)) => (above && new < old) || (!above && new > old),
                (None, Some(_)) => true,
                _ => false,
            };
            if tighter {
                found.push(format!("{place} has a tighter {name}"));
            }
        }
    }
    if new["pattern"].is_string() && old["pattern"] != new["pattern"] {
        found.push(format!("{place} has another pattern"));
    }
    if new["additionalProperties"] == false && old["additionalProperties"] != false {
        found.push(format!("{place} takes no other members any more"));
    }
    for name in required(new).iter().filter(|name| !required(old).contains(name)) {
        found.push(format!("{place} requires {name}"));
    }
    if all_of(new) > all_of(old) {
        found.push(format!("{place} has to be more things at once"));
    }
    within(place, old, new, found, narrowed);
}

/// An answer must go on having what it had. Codes may be added to a list: clients are told so.
fn schema_changes(place: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
    for member in ["type", "$ref"] {
        if old[member] != new[member] {
            found.push(format!("{place} has another {member}"));
        }
    }
    for name in required(old).iter().filter(|name| !required(new).contains(name)) {
        found.push(format!("{place} may lack {name}"));
    }
    within(place, old, new, found, schema_changes);
}

fn required(schema: &Value) -> &[Value] {
    schema["required"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn all_of(schema: &Value) -> usize {
    schema["allOf"].as_array().map_or(0, Vec::len)
}

/// Compares what a schema is made of.
fn within(
    place: &str,
    old: &Value,
    new: &Value,
    found: &mut Vec<String>,
    compare: fn(&str, &Value, &Value, &mut Vec<String>),
) {
    for (name, schema) in members(&old["properties"]) {
        match &new["properties"][name.as_str()] {
            Value::Null => found.push(format!("{place} has no {name} any more")),
            now => compare(&format!("{place}.{name}"), schema, now, found),
        }
    }
    for (member, mark) in [("items", "[]"), ("additionalProperties", ".*")] {
        if old[member].is_object() {
            compare(&format!("{place}{mark}"), &old[member], &new[member], found);
        }
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        let now = new[choice].as_array().map(Vec::as_slice).unwrap_or_default();
        // Others may be added between: one that is still there as it was needs no place.
        let before = old[choice].as_array().into_iter().flatten().enumerate();
        for (index, schema) in before.filter(|(_, schema)| !now.contains(schema)) {
            match now.get(index) {
                None => found.push(format!("{place} lacks one of {choice}")),
                Some(now) => compare(&format!("{place}, {choice} {index}"), schema, now, found),
            }
        }
    }
}
