//! The catalogue in the form of Chinese government portals: the core metadata of GB/T 21063.3, as the
//! 政务信息资源目录编制指南 of 2017 asks for them, with the names it gives them.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format as CellFormat, Workbook, Worksheet, XlsxError};
use serde_json::{Map, Value, json};

use super::facts::{Catalogue, Dataset, in_language};
use super::formats;
use crate::model::columns::{self, Column, Place, Type};
use crate::model::kind::Kind;
use crate::model::kinds::named;
use crate::model::schema;

/// Numbers below this are those of kinds, so that kinds may be added.
const FIRST_PROGRAMME: i64 = 100;
/// Languages of the form, in order.
const CHINESE: &[&str] = &["zh-Hans", "zh", "zh-Hant"];

/// An information resource: what the form asks for, by its names, with text or a list of objects as values.
type Resource = Map<String, Value>;

/// The catalogue as JSON.
pub fn describe(catalogue: &Catalogue) -> Value {
    known([
        ("目录名称", json!(in_language(&catalogue.title().0, CHINESE))),
        ("修订", json!(catalogue.revision)),
        ("联系人", json!(catalogue.operator.contact_name)),
        ("联系邮箱", json!(catalogue.operator.contact_email)),
        ("信息资源", json!(resources(catalogue))),
    ])
    .into()
}

/// Members that are known; what is unknown is absent.
fn known<const N: usize>(members: [(&str, Value); N]) -> Resource {
    members.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect()
}

fn resources(catalogue: &Catalogue) -> Vec<Resource> {
    catalogue.datasets().iter().map(|dataset| resource(catalogue, dataset)).collect()
}

fn resource(catalogue: &Catalogue, dataset: &Dataset) -> Resource {
    let agent = dataset.publisher.as_ref();
    let formats = formats::ALL.iter().map(|format| {
        let address = catalogue.address(&dataset.export(format.name), dataset.filter().as_deref());
        json!({"格式分类": format.zh.0, "格式类型": format.zh.1, "下载地址": address})
    });
    known([
        ("信息资源代码", json!(code(catalogue, dataset))),
        ("信息资源名称", json!(in_language(&dataset.title.0, CHINESE))),
        ("信息资源提供方", json!(agent.map(|agent| agent.name_in(CHINESE)))),
        ("信息资源提供方代码", json!(agent.and_then(|agent| agent.uscc.as_deref()))),
        ("信息资源摘要", json!(in_language(&dataset.description.0, CHINESE))),
        ("信息资源格式", formats.collect()),
        ("信息项", columns::of(dataset.kind).iter().map(|column| item(dataset.kind, column)).collect()),
        ("共享类型", json!("无条件共享")),
        ("共享条件", json!("无")),
        ("共享方式", json!("服务接口、文件下载")),
        ("是否向社会开放", json!("是")),
        ("开放条件", json!(format!("遵守 {} 许可（{}）", catalogue.licence.name, catalogue.licence.url))),
        ("更新周期", json!(cycle(dataset.cadence.as_deref()))),
        ("发布日期", json!(dataset.issued_on.map(|day| day.to_string()))),
        ("关联资源代码", related(catalogue, dataset).into()),
    ])
}

/// The number of a dataset, after the class codes that the portal gave out where they are set. It never
/// changes: kinds are numbered in their order, programmes in the order in which they were published first.
fn code(catalogue: &Catalogue, dataset: &Dataset) -> String {
    let first = if dataset.programme.is_some() { FIRST_PROGRAMME } else { 0 };
    let number = first + dataset.sequence;
    match &catalogue.operator.catalog_code_prefix {
        Some(prefix) => format!("{prefix}/{number:06}"),
        None => format!("{number:06}"),
    }
}

/// Resources whose records are named by this one's; of a programme, its commitments' whole.
fn related(catalogue: &Catalogue, dataset: &Dataset) -> Vec<String> {
    let mut kinds: Vec<&str> = match dataset.programme {
        Some(_) => vec![dataset.kind.name, "report", "programme"],
        None => columns::of(dataset.kind).iter().filter_map(|column| column.refers_to).collect(),
    };
    kinds.sort_by_key(|name| named(name).map(|kind| kind.rank()));
    kinds.dedup();
    let numbers = kinds
        .into_iter()
        .filter_map(named)
        .filter(|kind| dataset.programme.is_some() || kind.name != dataset.kind.name);
    numbers.map(|kind| code(catalogue, &catalogue.of_kind(kind))).collect()
}

/// 更新周期 by the cadence of reports.
fn cycle(cadence: Option<&str>) -> &'static str {
    match cadence {
        Some("A") => "每年",
        Some("S") => "每半年",
        Some("Q") => "每季度",
        Some("M") => "每月",
        _ => "不定期",
    }
}

/// 信息项: name, type and length.
fn item(kind: &Kind, column: &Column) -> Value {
    let (data_type, length) = match column.holds {
        Type::Text if column.language.is_some() => ("备注型M", None),
        Type::Text => ("字符型C", length(kind, column)),
        Type::Integer | Type::Year => ("整型I", Some(if column.holds == Type::Year { 4 } else { 19 })),
        // 15 significant digits, 4 of them after the point, sign and point.
        Type::Decimal => ("数值型N", Some(17)),
        Type::Boolean => ("逻辑型L", Some(5)),
        Type::Date => ("日期型D", Some(10)),
        Type::DateTime => ("日期时间型T", Some(27)),
        Type::Uri => ("字符型C", Some(2048)),
        Type::Json => ("备注型M", None),
    };
    let mut item = json!({"信息项名称": column.title_zh, "字段名": column.name, "数据类型": data_type});
    if let Some(length) = length {
        item["数据长度"] = length.into();
    }
    item
}

/// Characters that the schema allows a text to have, where it says so.
fn length(kind: &Kind, column: &Column) -> Option<u64> {
    if let Some(longest) = column.codes.iter().map(String::len).max() {
        return u64::try_from(longest).ok();
    }
    let Place::Member(path) = &column.place else { return None };
    let mut found = schema::served_once().get(kind.type_name)?;
    for name in path {
        found = resolved(&found["properties"][name.as_str()]);
    }
    found["maxLength"].as_u64()
}

fn resolved(value: &Value) -> &Value {
    let target = value["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
    target.and_then(|target| schema::served_once().get(target)).unwrap_or(value)
}

/// Columns of the sheet of resources.
const RESOURCE_COLUMNS: [&str; 14] = [
    "信息资源代码",
    "信息资源名称",
    "信息资源提供方",
    "信息资源提供方代码",
    "信息资源摘要",
    "信息资源格式",
    "共享类型",
    "共享条件",
    "共享方式",
    "是否向社会开放",
    "开放条件",
    "更新周期",
    "发布日期",
    "关联资源代码",
];
/// Columns of the sheet of items, after the resource's code and name.
const ITEM_COLUMNS: [&str; 4] = ["信息项名称", "字段名", "数据类型", "数据长度"];

/// The catalogue as a workbook: the resources on one sheet, their items on another.
pub fn workbook(catalogue: &Catalogue) -> Result<Vec<u8>, XlsxError> {
    let resources = resources(catalogue);
    let mut book = Workbook::new();
    // The same revision makes the same bytes.
    let made = ExcelDateTime::from_timestamp(catalogue.facts.published_at.map_or(0, |time| time.timestamp()))?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let sheet = book.add_worksheet();
    sheet.set_name("信息资源")?;
    let rows = resources.iter().map(|resource| RESOURCE_COLUMNS.map(|name| cell(resource.get(name))).to_vec());
    table(sheet, &RESOURCE_COLUMNS, rows)?;
    let sheet = book.add_worksheet();
    sheet.set_name("信息项")?;
    let columns = [&RESOURCE_COLUMNS[..2], &ITEM_COLUMNS].concat();
    table(sheet, &columns, resources.iter().flat_map(item_rows))?;
    book.save_to_buffer()
}

fn item_rows(resource: &Resource) -> impl Iterator<Item = Vec<String>> {
    let of = RESOURCE_COLUMNS.iter().take(2).map(|name| cell(resource.get(*name))).collect::<Vec<_>>();
    let items = resource.get("信息项").and_then(Value::as_array).into_iter().flatten();
    items.map(move |item| of.iter().cloned().chain(ITEM_COLUMNS.map(|name| cell(item.get(name)))).collect())
}

/// The text of a cell; a list is written with 、 between, a format as class and type.
fn cell(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(values)) => {
            let mut texts: Vec<String> = values.iter().map(|value| cell(Some(value))).collect();
            texts.dedup();
            texts.join("、")
        }
        Some(format @ Value::Object(_)) => {
            format!("{}（{}）", cell(format.get("格式分类")), cell(format.get("格式类型")))
        }
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn table(sheet: &mut Worksheet, columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<(), XlsxError> {
    let bold = CellFormat::new().set_bold();
    sheet.set_freeze_panes(1, 0)?;
    for (index, name) in (0u16..).zip(columns) {
        sheet.set_column_width(index, 20)?;
        sheet.write_string_with_format(0, index, *name, &bold)?;
    }
    for (line, row) in (1u32..).zip(rows) {
        for (index, text) in (0u16..).zip(row) {
            sheet.write_string(line, index, text)?;
        }
    }
    Ok(())
}
