//! Members of records before and after a change, as people say them.

use maud::{Markup, html};
use serde_json::Value;

use super::chart::words::status_note;
use super::parts::isolated;
use super::visit::Visit;
use super::words;
use crate::ledger::outcome::MemberChange;
use crate::model::codes::ObsStatus;
use crate::model::message::Language;

/// Letters of a value that are shown.
const LETTERS: usize = 240;

/// What a member is called; its own name where there is no better one.
fn label(name: &str, language: Language) -> &str {
    let [en, zh] = match name {
        "value" => ["Value", "数值"],
        "as_published" => ["As printed", "原文"],
        "role" => ["Role", "性质"],
        "obs_status" => ["Status (SDMX)", "观测状态（SDMX）"],
        "qualifier" => ["How exactly", "精确程度"],
        "period" => ["Period", "时期"],
        "period_stated" => ["Period as printed", "原文时期"],
        "scope" => ["Of", "范围"],
        "status" => ["Status", "状态"],
        "status_label" => ["Official wording", "官方表述"],
        "title" => ["Title", "标题"],
        "name" => ["Name", "名称"],
        "summary" => ["Summary", "摘要"],
        "description" => ["Description", "说明"],
        "text" => ["Text", "原文"],
        "narrative" => ["Report", "通报内容"],
        "next_steps" => ["Next steps", "下一步"],
        "note" => ["Note", "备注"],
        "due_on" => ["Due", "完成期限"],
        "reported_on" => ["Reported on", "通报日期"],
        "announced_on" => ["Announced on", "公布日期"],
        "published_on" => ["Published on", "发布日期"],
        "evidence" => ["Words quoted", "引用原文"],
        "time_basis" => ["Counted", "统计口径"],
        "unit" => ["Unit", "单位"],
        "number" => ["Number", "序号"],
        "additive_over" => ["Adds up over", "可加总于"],
        "topics" => ["Topics", "主题"],
        "lead_organization" => ["Answerable", "责任单位"],
        "organization" => ["Organization", "机构"],
        "subject" => ["Whose", "对象"],
        "reported_by" => ["Reported by", "报告者"],
        "division_code" => ["Area", "区划"],
        "comparator" => ["To be met", "达标方式"],
        "source" => ["Source", "来源"],
        "commitment" => ["Commitment", "承诺"],
        "metric" => ["Metric", "指标"],
        "url" => ["Address", "网址"],
        _ => return name,
    };
    if language == Language::Chinese { zh } else { en }
}

/// A member's value in words, cut where it is long.
fn shown(name: &str, value: Option<&Value>, language: Language) -> String {
    let said = match (name, value) {
        (_, None | Some(Value::Null)) => "–".to_owned(),
        ("status", Some(Value::String(code))) => words::status(code, language).to_owned(),
        ("qualifier", Some(Value::String(code))) => words::exactness(code, language).to_owned(),
        ("comparator", Some(Value::String(code))) => words::bound(code, language).to_owned(),
        ("role", Some(Value::String(code))) => words::role(code, language).to_owned(),
        ("obs_status", Some(Value::String(code))) => observed(code, language),
        ("time_basis", Some(Value::String(code))) => words::time_basis(code, language).to_owned(),
        ("period", Some(Value::String(text))) => words::period(text, language),
        (name, Some(value)) if name.ends_with("_on") => {
            words::day_of(value, language).unwrap_or_else(|| value.to_string())
        }
        ("evidence", Some(Value::Array(entries))) => {
            entries.iter().filter_map(|entry| entry["exact"].as_str()).collect::<Vec<_>>().join(" … ")
        }
        ("additive_over", Some(Value::Array(codes))) => {
            let codes = codes.iter().filter_map(Value::as_str).map(|code| words::dimension(code, language));
            codes.collect::<Vec<_>>().join(words::comma(language))
        }
        (_, Some(Value::Array(entries))) if entries.iter().all(Value::is_string) => {
            entries.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(words::comma(language))
        }
        (_, Some(Value::String(text))) => text.clone(),
        ("value", Some(value @ Value::Number(_))) => words::number(value),
        (_, Some(value @ Value::Object(_))) => {
            words::text(value, language).map_or_else(|| value.to_string(), |(_, text)| text.to_owned())
        }
        (_, Some(other)) => other.to_string(),
    };
    if said.chars().count() > LETTERS { said.chars().take(LETTERS).chain(['…']).collect() } else { said }
}

/// A status of an observation (SDMX CL_OBS_STATUS): its code, and what it means.
fn observed(code: &str, language: Language) -> String {
    match ObsStatus::parse(code).and_then(|status| status_note(Some(status), language)) {
        Some(note) => format!("{code} · {note}"),
        None => code.to_owned(),
    }
}

/// Each member that changed: before → after.
pub fn changed(members: &[MemberChange], visit: &Visit) -> Markup {
    let language = visit.language;
    html! {
        dl.members { @for member in members {
            @let mut path = member.pointer.trim_start_matches('/').split('/');
            @let name = path.next().unwrap_or_default();
            @let below = path.collect::<Vec<_>>().join(" ");
            dt { (label(name, language)) @if !below.is_empty() { span.sub { " " (below) } } }
            dd {
                del { (isolated(&shown(name, member.before.as_ref(), language))) }
                " → "
                ins { (isolated(&shown(name, member.after.as_ref(), language))) }
            }
        } }
    }
}
