//! The OpenAPI document lowered to 3.0.3, for the many generators of clients that do not read 3.1 yet.
//! What 3.0 has no word for is said another way where there is one, and left out where there is none.

use serde_json::{Map, Value, json};

use super::openapi;

type Failure = Box<dyn std::error::Error>;

/// Keywords of JSON Schema that Schema Objects of 3.0 do not have.
const UNKNOWN: &[&str] = &[
    "$anchor",
    "$comment",
    "$defs",
    "$id",
    "$schema",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "dependentRequired",
    "dependentSchemas",
    "if",
    "then",
    "else",
    "maxContains",
    "minContains",
    "contains",
    "patternProperties",
    "prefixItems",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Schemas whose names generators cannot tell from those of a language's own classes, with other names.
/// They have another one here alone, since the names in the document for 3.1 are for good.
const RENAMED: &[(&str, &str)] = &[("Level", "OrganizationLevel")];
const SCHEMAS: &str = "#/components/schemas/";

/// The document, with links below `server`.
pub fn document(server: &str) -> Result<Value, Failure> {
    let mut document = openapi::document(server)?;
    lower(&mut document);
    Ok(document)
}

/// The document as JSON, for people and diffs.
pub fn json(server: &str) -> Result<String, Failure> {
    Ok(format!("{}\n", serde_json::to_string_pretty(&document(server)?)?))
}

/// Lowers a whole document of 3.1.
pub fn lower(document: &mut Value) {
    let Value::Object(members) = document else { return };
    members.insert("openapi".into(), "3.0.3".into());
    members.shift_remove("webhooks");
    members.shift_remove("jsonSchemaDialect");
    if let Some(Value::Object(info)) = members.get_mut("info") {
        info.shift_remove("summary");
        if let Some(Value::Object(license)) = info.get_mut("license")
            && let Some(Value::String(identifier)) = license.shift_remove("identifier")
        {
            license.insert("url".into(), format!("https://spdx.org/licenses/{identifier}.html").into());
        }
    }
    if let Some(Value::Object(components)) = members.get_mut("components") {
        components.shift_remove("pathItems");
        if let Some(Value::Object(schemas)) = components.get_mut("schemas") {
            let lowered = std::mem::take(schemas).into_iter();
            schemas.extend(lowered.map(|(name, value)| (renamed(&name).to_owned(), schema(value))));
        }
        components.iter_mut().filter(|(name, _)| *name != "schemas").for_each(|(_, value)| walk(value));
    }
    if let Some(paths) = members.get_mut("paths") {
        walk(paths);
    }
}

/// Lowers the schemas below what is no schema itself.
fn walk(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match name.as_str() {
                    "schema" => *value = schema(value.take()),
                    "example" | "examples" => {}
                    _ => walk(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(walk),
        _ => {}
    }
}

fn renamed(name: &str) -> &str {
    RENAMED.iter().find(|(known, _)| *known == name).map_or(name, |(_, other)| other)
}

fn schema(value: Value) -> Value {
    let members = match value {
        Value::Object(members) => members,
        Value::Bool(false) => return json!({"not": {}}),
        _ => return json!({}),
    };
    let mut lowered = Map::new();
    let mut all_of = Vec::new();
    for (name, value) in members {
        match (name.as_str(), value) {
            (name, _) if UNKNOWN.contains(&name) => {}
            // Nothing may stand beside a reference.
            ("$ref", Value::String(reference)) => {
                let named = reference.strip_prefix(SCHEMAS).map(|name| format!("{SCHEMAS}{}", renamed(name)));
                all_of.push(json!({"$ref": named.unwrap_or(reference)}));
            }
            ("allOf", Value::Array(schemas)) => all_of.extend(schemas.into_iter().map(schema)),
            ("type", Value::Array(types)) => one_type(types, &mut lowered),
            ("const", value) => {
                lowered.insert("enum".into(), json!([value]));
            }
            ("examples", Value::Array(examples)) => {
                if let Some(first) = examples.into_iter().next() {
                    lowered.insert("example".into(), first);
                }
            }
            ("exclusiveMinimum", Value::Number(bound)) => exclusive("minimum", bound, &mut lowered),
            ("exclusiveMaximum", Value::Number(bound)) => exclusive("maximum", bound, &mut lowered),
            ("anyOf" | "oneOf", Value::Array(schemas)) => choice(&name, schemas, &mut lowered),
            ("properties", Value::Object(properties)) => {
                let properties: Map<String, Value> =
                    properties.into_iter().map(|(name, value)| (name, schema(value))).collect();
                lowered.insert(name, properties.into());
            }
            ("items" | "not", value) => {
                lowered.insert(name, schema(value));
            }
            // Here a flag is allowed.
            ("additionalProperties", value @ Value::Object(_)) => {
                lowered.insert(name, schema(value));
            }
            (_, value) => {
                lowered.insert(name, value);
            }
        }
    }
    match all_of.as_slice() {
        [] => {}
        [only] if lowered.is_empty() => return only.clone(),
        _ => {
            lowered.insert("allOf".into(), all_of.into());
        }
    }
    lowered.into()
}

/// Several types: null is a flag, others are a choice.
fn one_type(types: Vec<Value>, lowered: &mut Map<String, Value>) {
    let (null, others): (Vec<Value>, Vec<Value>) = types.into_iter().partition(|name| name == "null");
    if !null.is_empty() {
        lowered.insert("nullable".into(), true.into());
    }
    match others.as_slice() {
        [] => {}
        [only] => {
            lowered.insert("type".into(), only.clone());
        }
        several => {
            let each: Vec<Value> = several.iter().map(|name| json!({"type": name})).collect();
            lowered.insert("anyOf".into(), each.into());
        }
    }
}

/// A choice; null among it is a flag.
fn choice(name: &str, schemas: Vec<Value>, lowered: &mut Map<String, Value>) {
    let (null, others): (Vec<Value>, Vec<Value>) = schemas.into_iter().partition(|schema| schema["type"] == "null");
    if !null.is_empty() {
        lowered.insert("nullable".into(), true.into());
    }
    let others: Vec<Value> = others.into_iter().map(schema).collect();
    // One that is left may be a reference, beside which nothing may stand.
    let name = if others.len() == 1 { "allOf" } else { name };
    lowered.insert(name.into(), others.into());
}

/// A bound that is not reached itself is a bound with a flag.
fn exclusive(name: &str, bound: serde_json::Number, lowered: &mut Map<String, Value>) {
    lowered.insert(name.into(), bound.into());
    let flag = if name == "minimum" { "exclusiveMinimum" } else { "exclusiveMaximum" };
    lowered.insert(flag.into(), true.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_3_0_has_no_word_for_is_said_another_way() {
        for (new, old) in [
            (json!({"type": ["string", "null"]}), json!({"nullable": true, "type": "string"})),
            (json!({"type": ["string", "integer"]}), json!({"anyOf": [{"type": "string"}, {"type": "integer"}]})),
            (json!({"const": "a"}), json!({"enum": ["a"]})),
            (json!({"examples": [1, 2]}), json!({"example": 1})),
            (json!({"$ref": "#/x"}), json!({"$ref": "#/x"})),
            (json!({"$ref": "#/x", "description": "y"}), json!({"description": "y", "allOf": [{"$ref": "#/x"}]})),
            (
                json!({"anyOf": [{"$ref": "#/x"}, {"type": "null"}]}),
                json!({"nullable": true, "allOf": [{"$ref": "#/x"}]}),
            ),
            (json!({"exclusiveMinimum": 0}), json!({"minimum": 0, "exclusiveMinimum": true})),
            (json!({"propertyNames": {}, "additionalProperties": false}), json!({"additionalProperties": false})),
            (json!({"properties": {"const": {"const": 1}}}), json!({"properties": {"const": {"enum": [1]}}})),
            (json!({"items": true}), json!({"items": {}})),
        ] {
            assert_eq!(schema(new.clone()), old, "{new}");
        }
    }
}
