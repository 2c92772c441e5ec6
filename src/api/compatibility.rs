//! Whether a new OpenAPI document would break a client of the one before. Version 1 only ever grows.

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
    found
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
    for (status, response) in members(&old["responses"]).filter(|(status, _)| status.starts_with('2')) {
        for (media_type, content) in members(&response["content"]) {
            match &new["responses"][status.as_str()]["content"][media_type.as_str()] {
                Value::Null => found.push(format!("{place} no longer answers {status} as {media_type}")),
                now => schema_changes(&format!("{place}, {status}"), &content["schema"], &now["schema"], found),
            }
        }
    }
}

/// A parameter must go on taking what it took.
fn narrowed(place: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
    if old["type"] != new["type"] {
        found.push(format!("{place} has another type"));
    }
    let codes = |schema: &Value| schema["enum"].as_array().cloned();
    match (codes(old), codes(new)) {
        (Some(old), Some(new)) => {
            for code in old.iter().filter(|code| !new.contains(code)) {
                found.push(format!("{place} no longer takes {code}"));
            }
        }
        (None, Some(_)) => found.push(format!("{place} takes listed values only")),
        _ => {}
    }
    for (bound, above) in [("maximum", true), ("minimum", false)] {
        let tighter = match (old[bound].as_f64(), new[bound].as_f64()) {
            (Some(old), Some(new)) => {
                if above {
                    new < old
                } else {
                    new > old
                }
            }
            (None, Some(_)) => true,
            _ => false,
        };
        if tighter {
            found.push(format!("{place} has a tighter {bound}"));
        }
    }
    if old["items"].is_object() {
        narrowed(place, &old["items"], &new["items"], found);
    }
}

/// An answer must go on having what it had. Codes may be added to a list: clients are told so.
fn schema_changes(place: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
    for member in ["type", "$ref"] {
        if old[member] != new[member] {
            found.push(format!("{place} has another {member}"));
        }
    }
    for (name, schema) in members(&old["properties"]) {
        match &new["properties"][name.as_str()] {
            Value::Null => found.push(format!("{place} has no {name} any more")),
            now => schema_changes(&format!("{place}.{name}"), schema, now, found),
        }
    }
    let required = |schema: &Value| schema["required"].as_array().cloned().unwrap_or_default();
    for name in required(old).iter().filter(|name| !required(new).contains(name)) {
        found.push(format!("{place} may lack {name}"));
    }
    if old["items"].is_object() {
        schema_changes(&format!("{place}[]"), &old["items"], &new["items"], found);
    }
}
