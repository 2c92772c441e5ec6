//! Records as tables: the flat columns of each kind, for CSV, spreadsheets, Parquet and the table schemas
//! that describe them. They come from the kind's schema, so a new member is a new column, and their names
//! and types stay as they are for good.

mod words;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use super::kind::Kind;
use super::kinds::KINDS;
use super::schema;

/// Languages with columns of their own: the BCP 47 tag, the end of the column's name, its name in English and Chinese.
const LANGUAGES: [(&str, &str, &str, &str); 2] =
    [("zh-Hans", "zh_hans", "Simplified Chinese", "中文"), ("en", "en", "English", "英文")];
/// Column of the human text in all other languages.
const OTHER_LANGUAGES: &str = "other_languages";
const HUMAN_TEXT: &str = "HumanText";

/// What the cells of a column hold. Absent is unknown in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// Exact, at most 15 significant digits and 4 decimals.
    Decimal,
    Boolean,
    /// Calendar day, ISO 8601.
    Date,
    /// Instant with an offset, RFC 3339.
    DateTime,
    /// Calendar year.
    Year,
    /// RFC 3986.
    Uri,
    /// A list or an object as JSON (RFC 8259) in one cell.
    Json,
}

impl Type {
    pub fn name(self) -> &'static str {
        match self {
            Type::Text => "text",
            Type::Integer => "integer",
            Type::Decimal => "decimal",
            Type::Boolean => "boolean",
            Type::Date => "date",
            Type::DateTime => "datetime",
            Type::Year => "year",
            Type::Uri => "uri",
            Type::Json => "json",
        }
    }
}

/// Where the value of a column stands in a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Names of members, from the outermost in.
    Member(Vec<String>),
    /// Human text at these places, in the languages that have no columns: an object by column name, then by language.
    OtherLanguages(Vec<Vec<String>>),
}

/// A column of a kind's table.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub holds: Type,
    pub place: Place,
    /// Top-level members it comes from, as `fields=` names them.
    pub members: Vec<String>,
    /// Whether every record has it.
    pub required: bool,
    pub about_en: String,
    pub about_zh: String,
    pub title_zh: String,
    /// BCP 47 tag of what is written in it, where it is in one language.
    pub language: Option<&'static str>,
    /// Kind of the records whose ids it holds.
    pub refers_to: Option<&'static str>,
    /// Codes that it may hold, where it is from a code list; a later release may add some.
    pub codes: Vec<String>,
}

/// The columns of a kind, in the order of its schema; those of `fields`, where given.
pub fn chosen(kind: &Kind, fields: Option<&[String]>) -> Vec<Column> {
    let Some(fields) = fields else { return of(kind).to_vec() };
    let kept = |column: &&Column| column.members.iter().any(|member| fields.contains(member));
    let mut columns: Vec<Column> = of(kind).iter().filter(kept).cloned().collect();
    for column in &mut columns {
        if let Place::OtherLanguages(texts) = &mut column.place {
            texts.retain(|path| path.first().is_some_and(|member| fields.contains(member)));
        }
    }
    columns
}

/// All columns of a kind, in the order of its schema.
pub fn of(kind: &Kind) -> &'static [Column] {
    static COLUMNS: LazyLock<BTreeMap<&'static str, Vec<Column>>> =
        LazyLock::new(|| KINDS.into_iter().map(|kind| (kind.name, flatten(kind))).collect());
    COLUMNS.get(kind.name).map(Vec::as_slice).unwrap_or_default()
}

fn flatten(kind: &Kind) -> Vec<Column> {
    let mut table = Table { kind: kind.name, columns: Vec::new(), texts: Vec::new() };
    if let Some(schema) = schema::served_once().get(kind.type_name) {
        table.add_members(&[], schema, true);
    }
    table.add_other_languages();
    table.columns
}

/// A table under construction.
struct Table {
    kind: &'static str,
    columns: Vec<Column>,
    /// Where human text stands.
    texts: Vec<Vec<String>>,
}

impl Table {
    fn add_members(&mut self, path: &[String], schema: &Value, required: bool) {
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            let path: Vec<String> = path.iter().cloned().chain([name.clone()]).collect();
            let needed = schema["required"].as_array().is_some_and(|names| names.iter().any(|other| other == name));
            self.add(path, member, required && needed);
        }
    }

    fn add(&mut self, path: Vec<String>, schema: &Value, required: bool) {
        let target = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
        let resolved = target.and_then(|target| schema::served_once().get(target)).unwrap_or(schema);
        if resolved["properties"].is_object() {
            return self.add_members(&path, resolved, required);
        }
        let about = schema["description"].as_str().or_else(|| resolved["description"].as_str()).unwrap_or_default();
        let name = path.join("_");
        let (title_zh, about_zh) = words::of(self.kind, &name);
        let codes = resolved["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        let column = Column {
            holds: holds(target, resolved, &name),
            members: path.first().cloned().into_iter().collect(),
            required,
            about_en: about.to_owned(),
            about_zh: about_zh.to_owned(),
            title_zh: title_zh.to_owned(),
            language: None,
            refers_to: words::refers_to(&name).filter(|_| target == Some("RecordId")),
            codes: codes.collect(),
            name,
            place: Place::Member(path.clone()),
        };
        if target == Some(HUMAN_TEXT) {
            self.columns.extend(LANGUAGES.iter().map(|language| in_language(&column, &path, *language)));
            self.texts.push(path);
        } else {
            self.columns.push(column);
        }
    }

    fn add_other_languages(&mut self) {
        if self.texts.is_empty() {
            return;
        }
        let (title_zh, about_zh) = words::of(self.kind, OTHER_LANGUAGES);
        self.columns.push(Column {
            name: OTHER_LANGUAGES.to_owned(),
            holds: Type::Json,
            members: self.texts.iter().filter_map(|path| path.first().cloned()).collect(),
            place: Place::OtherLanguages(std::mem::take(&mut self.texts)),
            required: false,
            about_en: "Human text in languages without a column: an object by member, then by language (BCP 47)."
                .to_owned(),
            about_zh: about_zh.to_owned(),
            title_zh: title_zh.to_owned(),
            language: None,
            refers_to: None,
            codes: Vec::new(),
        });
    }
}

/// The column of human text in one language. None is required, since any one language is enough.
fn in_language(
    text: &Column,
    path: &[String],
    (tag, suffix, english, chinese): (&'static str, &str, &str, &str),
) -> Column {
    Column {
        name: format!("{}_{suffix}", text.name),
        place: Place::Member(path.iter().cloned().chain([tag.to_owned()]).collect()),
        required: false,
        about_en: format!("{} In {english}.", text.about_en),
        about_zh: format!("{}{chinese}。", text.about_zh),
        title_zh: format!("{}（{chinese}）", text.title_zh),
        language: Some(tag),
        ..text.clone()
    }
}

fn holds(target: Option<&str>, schema: &Value, name: &str) -> Type {
    match (target, schema["type"].as_str(), schema["format"].as_str()) {
        (Some("Decimal"), ..) => Type::Decimal,
        (_, Some("integer"), _) if name == "year" => Type::Year,
        (_, Some("integer"), _) => Type::Integer,
        (_, Some("number"), _) => Type::Decimal,
        (_, Some("boolean"), _) => Type::Boolean,
        (_, Some("string"), Some("date")) => Type::Date,
        (_, Some("string"), Some("date-time")) => Type::DateTime,
        (_, Some("string"), Some("uri")) => Type::Uri,
        (_, Some("string"), _) => Type::Text,
        _ if target == Some(HUMAN_TEXT) => Type::Text,
        _ => Type::Json,
    }
}
