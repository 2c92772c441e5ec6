//! JSON Schemas of the kinds, for the OpenAPI document and for checking what publishers send: both
//! come from the record types, so they cannot part.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{Draft, ValidationError, Validator};
use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};

use super::kind::{Derived, Kind, Shape};
use super::kinds::KINDS;
use super::problem::{MAX_PROBLEMS, Problem, token};
use super::text::FORMATS;
use crate::say;

/// Schemas by name of what publishers send of every kind, and what these refer to.
pub fn sent() -> BTreeMap<String, Value> {
    let mut found = Vec::new();
    for kind in KINDS {
        found.push((kind.type_name.to_owned(), (kind.schema)()));
        (kind.schemas)(&mut found);
    }
    values(found)
}

/// Whether a member of a kind is plain text: neither a number nor human text in languages.
pub fn is_text(kind: &Kind, member: &str) -> bool {
    let schemas = sent();
    let mut schema = schemas.get(kind.type_name).map(|schema| &schema["properties"][member]);
    while let Some(name) = schema.and_then(|schema| schema["$ref"].as_str()).and_then(|path| path.rsplit('/').next()) {
        schema = schemas.get(name);
    }
    schema.is_some_and(|schema| schema["type"] == "string")
}

/// Schemas as JSON, with optional members that are absent rather than null.
pub fn values(schemas: Vec<(String, RefOr<Schema>)>) -> BTreeMap<String, Value> {
    let value = |(name, schema)| {
        let mut schema = serde_json::to_value(schema).unwrap_or_default();
        never_null(&mut schema);
        (name, schema)
    };
    schemas.into_iter().map(value).collect()
}

/// The same as they are served: derived members put in, and nothing said about members to come.
pub fn served() -> BTreeMap<String, Value> {
    let mut schemas = sent();
    for kind in KINDS {
        if let Some(schema) = schemas.get_mut(kind.type_name) {
            add_derived(schema, kind);
        }
    }
    schemas
}

/// Absent members are absent: `T | null` of an optional member becomes `T`.
fn never_null(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".into(), only);
                }
            }
            if let Some(Value::Array(choices)) = object.get_mut("oneOf") {
                choices.retain(|choice| choice != &json!({"type": "null"}));
                if let [Value::Object(only)] = choices.as_slice() {
                    let only = only.clone();
                    object.remove("oneOf");
                    for (name, value) in only {
                        object.entry(name).or_insert(value);
                    }
                }
            }
            object.values_mut().for_each(never_null);
        }
        Value::Array(items) => items.iter_mut().for_each(never_null),
        _ => {}
    }
}

fn add_derived(schema: &mut Value, kind: &Kind) {
    let mut properties = Map::new();
    let mut required: Vec<Value> = Vec::new();
    for derived in kind.all_derived() {
        properties.insert(derived.name.into(), derived_schema(derived));
        if derived.always {
            required.push(derived.name.into());
        }
    }
    if let Some(Value::Object(own)) = schema.get("properties") {
        properties.extend(own.clone());
    }
    if let Some(Value::Array(own)) = schema.get("required") {
        required.extend(own.iter().cloned());
    }
    schema["properties"] = properties.into();
    schema["required"] = required.into();
}

fn derived_schema(derived: &Derived) -> Value {
    let mut schema = match derived.shape {
        Shape::Revision => json!({"type": "integer", "format": "int64", "minimum": 1}),
        Shape::Boolean => json!({"type": "boolean"}),
        Shape::Day => json!({"$ref": "#/components/schemas/Day"}),
        Shape::Ids => json!({"type": "array", "items": {"$ref": "#/components/schemas/RecordId"}}),
        Shape::Code(_) => json!({"$ref": "#/components/schemas/Status"}),
    };
    schema["description"] = derived.about.into();
    schema["readOnly"] = true.into();
    schema
}

/// Refuses members that no schema knows.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.values_mut().for_each(close);
            if object.contains_key("properties") && !object.contains_key("additionalProperties") {
                object.insert("additionalProperties".into(), false.into());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

type Validators = BTreeMap<&'static str, Validator>;

/// Validators of what publishers send, by name of the schema. Only a defect of this program makes one
/// fail to build; it is then reported for every record, and a test builds them all.
static VALIDATORS: LazyLock<Result<Validators, String>> = LazyLock::new(|| {
    let mut schemas = sent();
    schemas.values_mut().for_each(close);
    let build = |name: &'static str| {
        let schema = json!({"$ref": format!("#/components/schemas/{name}"), "components": {"schemas": &schemas}});
        let options =
            FORMATS.iter().fold(jsonschema::options(), |options, (name, check)| options.with_format(*name, check));
        let validator = options.with_draft(Draft::Draft202012).should_validate_formats(true).build(&schema);
        Ok((name, validator.map_err(|error| error.to_string())?))
    };
    KINDS.into_iter().map(|kind| kind.type_name).chain([HUMAN_TEXT]).map(build).collect()
});

const HUMAN_TEXT: &str = "HumanText";

/// Everything in which a record departs from the schema of its kind, as far as it is told.
pub fn check(kind: &Kind, record: &Value) -> Vec<Problem> {
    check_as(kind.type_name, record)
}

/// Everything in which a value departs from human text.
pub fn check_human_text(text: &Value) -> Vec<Problem> {
    check_as(HUMAN_TEXT, text)
}

fn check_as(name: &str, value: &Value) -> Vec<Problem> {
    match VALIDATORS.as_ref().map(|validators| validators.get(name)) {
        Ok(Some(validator)) => {
            validator.iter_errors(value).flat_map(|error| explain(&error)).take(MAX_PROBLEMS + 1).collect()
        }
        Ok(None) => vec![Problem::at("", "schema", say!("There is no schema {name}.", "没有模式 {name}。"))],
        Err(error) => vec![Problem::at("", "schema", say!("{error}", "{error}"))],
    }
}

/// What a departure from the schema means to a person. It stands at the member it is about: a
/// missing member at its own place, not at its object.
fn explain(error: &ValidationError) -> Vec<Problem> {
    let pointer = error.instance_path().as_str().to_owned();
    let found = excerpt(error.instance());
    let one = |code, detail| vec![Problem::at(pointer.clone(), code, detail)];
    use ValidationErrorKind as E;
    match error.kind() {
        E::AdditionalProperties { unexpected } => unexpected
            .iter()
            .take(MAX_PROBLEMS + 1)
            .map(|name| {
                Problem::at(
                    format!("{pointer}{}", token(name)),
                    "unknown-member",
                    say!(
                        "There is no such member. Take it out, or correct its name.",
                        "没有此成员，请删去或改正名称。"
                    ),
                )
            })
            .collect(),
        E::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            vec![Problem::at(
                format!("{pointer}{}", token(name)),
                "missing-member",
                say!("This member is required. Put it in.", "缺少必需的成员，请补上。"),
            )]
        }
        E::Type { .. } if error.instance().is_null() => {
            one("null", say!("Unknown is absent, never null. Leave the member out.", "未知的成员应当省略，不写 null。"))
        }
        E::Type { kind } => {
            let expected = match kind {
                TypeKind::Single(name) => name.to_string(),
                TypeKind::Multiple(names) => names.iter().map(|name| name.to_string()).collect::<Vec<_>>().join(" or "),
            };
            one("wrong-type", say!("{found} is not of type {expected}.", "{found} 的类型不对，应为 {expected}。"))
        }
        E::Enum { options } => {
            let codes: Vec<&str> = options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let codes = codes.join(", ");
            one("unknown-code", say!("{found} is not in the code list: {codes}.", "{found} 不在代码表中：{codes}。"))
        }
        E::Format { format } => one("invalid-format", explain_format(format, &found)),
        E::PropertyNames { error } => {
            let tag = excerpt(error.instance());
            one(
                "invalid-language",
                say!(
                    "{tag} is not a language tag (BCP 47) in its usual case, such as zh-Hans or en.",
                    "{tag} 不是规范书写的语言标签（BCP 47），例如 zh-Hans 或 en。"
                ),
            )
        }
        E::Pattern { pattern } => {
            one("invalid-format", say!("{found} does not match {pattern}.", "{found} 不符合格式 {pattern}。"))
        }
        E::MinLength { limit } => {
            one("too-short", say!("This has fewer than {limit} characters.", "少于 {limit} 个字符。"))
        }
        E::MaxLength { limit } => {
            one("too-long", say!("This has more than {limit} characters.", "超过 {limit} 个字符。"))
        }
        E::MinProperties { .. } => {
            one("no-language", say!("Give the text in one language at least.", "请至少给出一种语言的文本。"))
        }
        E::MaxProperties { limit } | E::MaxItems { limit } => {
            one("too-many", say!("There are more than {limit} entries.", "条目超过 {limit} 个。"))
        }
        E::Minimum { limit } => one("out-of-range", say!("{found} is below {limit}.", "{found} 小于 {limit}。")),
        E::Maximum { limit } => one("out-of-range", say!("{found} is above {limit}.", "{found} 大于 {limit}。")),
        _ => one("invalid", say!("{error}.", "{error}。")),
    }
}

fn explain_format(format: &str, found: &str) -> super::message::Message {
    match format {
        "date" => {
            say!("{found} is not a day that exists, written YYYY-MM-DD.", "{found} 不是存在的日期，应写作 YYYY-MM-DD。")
        }
        "period" => say!(
            "{found} is not a period. Write 2020, 2020-S1, 2020-Q2, 2020-06, 2020-06-30 or, where none of these fits, start/end in days (.. for an unknown side).",
            "{found} 不是期间。请写 2020、2020-S1、2020-Q2、2020-06、2020-06-30；都不适合时写“起日/止日”（未知的一侧写 ..）。"
        ),
        "uscc" => say!(
            "{found} is not a unified social credit code: its check digit (GB 32100) does not fit. Compare it with the certificate.",
            "{found} 不是统一社会信用代码，校验位（GB 32100）不符，请与证书核对。"
        ),
        "uri" => say!(
            "{found} is not an http or https address as RFC 3986 writes it. Percent-encode other characters.",
            "{found} 不是符合 RFC 3986 的 http 或 https 地址，其他字符请用百分号编码。"
        ),
        _ => say!("{found} is not a valid {format}.", "{found} 不是合法的 {format}。"),
    }
}

/// The value found, short enough to print.
fn excerpt(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// [`served`], made once.
pub fn served_once() -> &'static BTreeMap<String, Value> {
    static SERVED: LazyLock<BTreeMap<String, Value>> = LazyLock::new(served);
    &SERVED
}

/// Names of the members a kind is served with, in the order of its schema.
pub fn members(kind: &Kind) -> &'static [String] {
    static MEMBERS: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
        let names =
            |schema: &Value| schema["properties"].as_object().into_iter().flat_map(Map::keys).cloned().collect();
        served_once().iter().map(|(name, schema)| (name.clone(), names(schema))).collect()
    });
    MEMBERS.get(kind.type_name).map(Vec::as_slice).unwrap_or_default()
}
