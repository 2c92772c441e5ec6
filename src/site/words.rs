//! Words of the pages: statuses, periods, dates and numbers, in both languages.

use chrono::{Datelike, NaiveDate};
use serde_json::Value;

use crate::model::message::Language;
use crate::model::period::Period;

/// A status as people say it.
pub fn status(code: &str, language: Language) -> &'static str {
    let [en, zh] = match code {
        "not_started" => ["Not started", "未启动"],
        "in_progress" => ["In progress", "推进中"],
        "substantially_completed" => ["Substantially completed", "基本完成"],
        "completed" => ["Completed", "已完成"],
        "delayed" => ["Delayed", "滞后"],
        "suspended" => ["Suspended", "暂停"],
        "not_completed" => ["Not completed", "未完成"],
        "cancelled" => ["Cancelled", "已取消"],
        _ => ["No report yet", "尚无通报"],
    };
    if language == Language::Chinese { zh } else { en }
}

/// A kind of revision as people say it.
pub fn revision_kind(code: &str, language: Language) -> &'static str {
    let [en, zh] = match code {
        "new_data" => ["New data", "新增数据"],
        "source_revision" => ["Revised at the source", "来源修订"],
        "source_correction" => ["Corrected at the source", "来源更正"],
        "transcription_correction" => ["Transcription corrected", "录入更正"],
        "methodology" => ["Method changed", "口径调整"],
        "withdrawal" => ["Withdrawn", "撤回"],
        "redaction" => ["Removed", "涂删"],
        _ => ["Changed", "变更"],
    };
    if language == Language::Chinese { zh } else { en }
}

/// A kind of record as people say it.
pub fn kind(name: &str, language: Language) -> &'static str {
    let [en, zh] = match name {
        "organization" => ["organization", "机构"],
        "programme" => ["programme", "承诺清单"],
        "commitment" => ["commitment", "承诺"],
        "report" => ["report", "进展通报"],
        "metric" => ["metric", "指标"],
        "observation" => ["figure", "数字"],
        "target" => ["target", "目标"],
        "source" => ["source", "来源"],
        _ => ["record", "记录"],
    };
    if language == Language::Chinese { zh } else { en }
}

/// What precedes or follows a figure that is not exact.
pub fn qualifier(code: &str, language: Language) -> &'static str {
    let [en, zh] = match code {
        "about" => ["about", "约"],
        "nearly" => ["nearly", "近"],
        "more_than" => ["more than", "超过"],
        "at_least" => ["at least", "不少于"],
        "at_most" => ["at most", "不超过"],
        _ => ["", ""],
    };
    if language == Language::Chinese { zh } else { en }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A day: 30 June 2020, 2020年6月30日.
pub fn day(day: NaiveDate, language: Language) -> String {
    let (y, m, d) = (day.year(), day.month(), day.day());
    match language {
        Language::Chinese => format!("{y}年{m}月{d}日"),
        Language::English => format!("{d} {} {y}", month(m)),
    }
}

/// A day as it stands in a record.
pub fn day_of(value: &Value, language: Language) -> Option<String> {
    Some(day(value.as_str()?.get(..10)?.parse().ok()?, language))
}

fn month(number: u32) -> &'static str {
    usize::try_from(number).ok().and_then(|number| MONTHS.get(number.checked_sub(1)?).copied()).unwrap_or_default()
}

/// A period: first half of 2020, 2020年上半年.
pub fn period(text: &str, language: Language) -> String {
    let chinese = language == Language::Chinese;
    if let Some((start, end)) = text.split_once('/') {
        let side = |side: &str| side.parse().ok().map(|side| day(side, language));
        return match (side(start), side(end), chinese) {
            (Some(start), Some(end), true) => format!("{start}至{end}"),
            (Some(start), Some(end), false) => format!("{start} to {end}"),
            (None, Some(end), true) => format!("截至{end}"),
            (None, Some(end), false) => format!("up to {end}"),
            (Some(start), None, true) => format!("{start}起"),
            (Some(start), None, false) => format!("from {start}"),
            _ => text.to_owned(),
        };
    }
    let (Some(year), Some(start)) = (text.get(..4), Period::parse(text).and_then(|period| period.start)) else {
        return text.to_owned();
    };
    match (text.as_bytes(), chinese) {
        ([_, _, _, _], true) => format!("{year}年"),
        ([_, _, _, _, b'-', b'S', b'1'], true) => format!("{year}年上半年"),
        ([_, _, _, _, b'-', b'S', _], true) => format!("{year}年下半年"),
        ([_, _, _, _, b'-', b'S', b'1'], false) => format!("first half of {year}"),
        ([_, _, _, _, b'-', b'S', _], false) => format!("second half of {year}"),
        ([_, _, _, _, b'-', b'Q', quarter], true) => {
            format!("{year}年第{}季度", ['一', '二', '三', '四'][usize::from(quarter.saturating_sub(b'1')) % 4])
        }
        ([_, _, _, _, b'-', b'Q', quarter], false) => format!("Q{} {year}", char::from(*quarter)),
        ([_, _, _, _, b'-', _, _], true) => format!("{year}年{}月", start.month()),
        ([_, _, _, _, b'-', _, _], false) => format!("{} {year}", month(start.month())),
        ([_, _, _, _], false) => year.to_owned(),
        _ => day(start, language),
    }
}

/// A number with its thousands apart, as JSON wrote it.
pub fn number(value: &Value) -> String {
    let text = value.to_string();
    let (sign, rest) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("−", rest));
    let (whole, decimals) = rest.split_once('.').map_or((rest, None), |(whole, decimals)| (whole, Some(decimals)));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match decimals {
        Some(decimals) => format!("{sign}{grouped}.{decimals}"),
        None => format!("{sign}{grouped}"),
    }
}

/// Human text in a language, or else in the one there is, with its tag.
pub fn text(value: &Value, language: Language) -> Option<(&str, &str)> {
    let texts = value.as_object()?;
    let primary = language.tag().split('-').next().unwrap_or_default();
    let found = texts
        .get_key_value(language.tag())
        .or_else(|| texts.iter().find(|(tag, _)| tag.split('-').next() == Some(primary)))
        .or_else(|| texts.get_key_value("zh-Hans"))
        .or_else(|| texts.iter().next())?;
    Some((found.0.as_str(), found.1.as_str()?))
}

/// What a figure counts over.
pub fn time_basis(code: &str, language: Language) -> &'static str {
    let [en, zh] = match code {
        "period_flow" => ["within the period", "期内数"],
        "year_to_date" => ["from the beginning of the year", "年初至今累计"],
        "since_start" => ["since it began", "启动以来累计"],
        "point_in_time" => ["at one time", "时点数"],
        _ => ["", ""],
    };
    if language == Language::Chinese { zh } else { en }
}

/// How a target is to be met.
pub fn comparator(code: &str, language: Language) -> &'static str {
    let [en, zh] = match code {
        "at_least" => ["at least", "不少于"],
        "at_most" => ["at most", "不超过"],
        _ => ["", ""],
    };
    if language == Language::Chinese { zh } else { en }
}
