//! JSON as the ledger takes it: strict on the way in, canonical (RFC 8785) once in.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

use super::problem::{Problem, Problems, token};
use crate::say;

/// How deep objects and arrays may nest in a publication.
pub const MAX_DEPTH: usize = 32;
/// Digits every JSON reader keeps exactly.
pub const MAX_DIGITS: usize = 15;
/// Digits after the decimal point.
pub const MAX_DECIMALS: usize = 4;

/// Canonical JSON (RFC 8785) of a value.
pub fn canonical(value: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json_canonicalizer::to_string(value)
}

/// Reads JSON. Syntax errors end it; duplicate keys, numbers that other readers would round and
/// characters the ledger cannot keep are listed, and what is left is returned to be checked further,
/// unless there are too many.
pub fn parse(bytes: &[u8]) -> Result<(Value, Problems), Problem> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        Problem::at(
            "",
            "invalid-utf-8",
            say!(
                "The text is not UTF-8 at byte {offset}. Save it as UTF-8.",
                "文本在第 {offset} 字节处不是 UTF-8，请以 UTF-8 保存。"
            ),
        )
    })?;
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| syntax(&error))?;
    let mut problems = Problems::default();
    let value = build(raw, &mut String::new(), 0, &mut problems)?;
    Ok((value, problems))
}

fn syntax(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    Problem::at(
        "",
        "invalid-json",
        say!("The text is not JSON: {error}.", "文本不是合法的 JSON（第 {line} 行第 {column} 列）。"),
    )
}

/// Members of an object in the order they stand, duplicates included, their values unread.
pub struct Members<'a>(pub Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<(String, &'de RawValue)>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Collect).map(Members)
    }
}

fn build(raw: &RawValue, pointer: &mut String, depth: usize, problems: &mut Problems) -> Result<Value, Problem> {
    if problems.are_too_many() {
        return Ok(Value::Null);
    }
    if depth > MAX_DEPTH {
        return Err(Problem::at(
            pointer.clone(),
            "too-deep",
            say!("Objects and arrays nest deeper than {MAX_DEPTH} levels.", "对象和数组的嵌套超过 {MAX_DEPTH} 层。"),
        ));
    }
    let text = raw.get();
    let parent = pointer.len();
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let members: Members = serde_json::from_str(text).map_err(|error| unreadable(pointer, &error))?;
            let mut object = Map::new();
            for (name, raw) in members.0 {
                pointer.push_str(&token(&name));
                let name = kept(name, pointer, problems);
                let value = build(raw, pointer, depth + 1, problems)?;
                if object.insert(name, value).is_some() {
                    problems.push(Problem::at(pointer.clone(), "duplicate-key", say!(
                        "This member stands more than once in its object. Keep one.",
                        "同一对象中此成员出现多次，请只保留一个。"
                    )));
                }
                pointer.truncate(parent);
            }
            Value::Object(object)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| unreadable(pointer, &error))?;
            let mut array = Vec::with_capacity(items.len());
            for (index, raw) in items.into_iter().enumerate() {
                pointer.push_str(&format!("/{index}"));
                array.push(build(raw, pointer, depth + 1, problems)?);
                pointer.truncate(parent);
            }
            Value::Array(array)
        }
        Some(b'"') => {
            let string: String = serde_json::from_str(text).map_err(|error| unreadable(pointer, &error))?;
            Value::String(kept(string, pointer, problems))
        }
        Some(b'-' | b'0'..=b'9') => number(text).unwrap_or_else(|| {
            problems.push(Problem::at(pointer.clone(), "inexact-number", say!(
                "A number has at most {MAX_DIGITS} significant digits and {MAX_DECIMALS} decimals, and no exponent. Keep what was printed in as_published.",
                "数字最多 {MAX_DIGITS} 位有效数字、{MAX_DECIMALS} 位小数，且不用指数；原样请写入 as_published。"
            )));
            Value::from(0)
        }),
        _ => serde_json::from_str(text).map_err(|error| unreadable(pointer, &error))?,
    })
}

/// What parsed as a token but not as a value: a lone surrogate in a string.
fn unreadable(pointer: &str, error: &serde_json::Error) -> Problem {
    Problem::at(pointer, "invalid-json", say!("Not a JSON value: {error}.", "不是合法的 JSON 值：{error}。"))
}

/// The text, with U+FFFD for what PostgreSQL does not take, so that it can be asked about the rest.
fn kept(text: String, pointer: &str, problems: &mut Problems) -> String {
    if text.contains('\0') {
        problems.push(Problem::at(
            pointer,
            "nul-character",
            say!("Text may not hold the character U+0000. Take it out.", "文本不能含有字符 U+0000，请删去。"),
        ));
        return text.replace('\0', "\u{fffd}");
    }
    text
}

/// The number of a JSON token, if every reader keeps it exactly.
fn number(token: &str) -> Option<Value> {
    let (sign, digits) = match token.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", token),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let significant = format!("{whole}{fraction}");
    if !significant.bytes().all(|byte| byte.is_ascii_digit())
        || significant.trim_start_matches('0').len() > MAX_DIGITS
        || fraction.len() > MAX_DECIMALS
    {
        return None;
    }
    if fraction.is_empty() {
        return format!("{sign}{whole}").parse::<i64>().ok().map(Value::from);
    }
    let exact: f64 = format!("{sign}{whole}.{fraction}").parse().ok()?;
    Number::from_f64(exact).map(Value::Number)
}

/// The pointers of what differs between two bodies, down to the first value that is no object.
pub fn changed_pointers(before: &Value, after: &Value) -> Vec<String> {
    let mut changed = Vec::new();
    compare(before, after, String::new(), &mut changed);
    changed
}

fn compare(before: &Value, after: &Value, pointer: String, changed: &mut Vec<String>) {
    if let (Value::Object(a), Value::Object(b)) = (before, after) {
        let names: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
        for name in names {
            let (x, y) = (a.get(name).unwrap_or(&Value::Null), b.get(name).unwrap_or(&Value::Null));
            compare(x, y, format!("{pointer}{}", token(name)), changed);
        }
    } else if before != after {
        changed.push(pointer);
    }
}
