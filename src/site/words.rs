//! Words of the pages: statuses, periods, dates and numbers, in both languages.

use serde_json::Value;

use crate::model::codes::{Qualifier, Status};
use crate::model::message::Language;
use crate::model::period::Period;
use crate::model::search::is_han;
use crate::model::spoken;

/// A status as people say it.
pub fn status(code: &str, language: Language) -> &'static str {
    let [en, zh] = Status::parse(code).map_or(["No report yet", "尚无通报"], spoken::status);
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

/// What precedes a figure that is not exact.
pub fn qualifier(code: &str, language: Language) -> &'static str {
    let [en, zh] = Qualifier::parse(code).map_or(["", ""], spoken::qualifier);
    if language == Language::Chinese { zh } else { en }
}

/// A day as it stands in a record.
pub fn day_of(value: &Value, language: Language) -> Option<String> {
    Some(spoken::day(value.as_str()?.get(..10)?.parse().ok()?, language))
}

/// A period: first half of 2020, 2020年上半年.
pub fn period(text: &str, language: Language) -> String {
    Period::parse(text).map_or_else(|| text.to_owned(), |period| spoken::period(period.start, period.end, language))
}

/// A number with its thousands apart, as JSON wrote it.
pub fn number(value: &Value) -> String {
    spoken::grouped(&value.to_string(), "−")
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

/// The language of words that nothing says it of; empty where it is not known (HTML, `lang`).
pub fn language_of(text: &str) -> &'static str {
    if text.chars().any(is_han) { "zh-Hans" } else { "" }
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

/// How a target is to be met, as it stands before the number.
pub fn comparator(code: &str, language: Language) -> &'static str {
    let [en, zh] = match code {
        "at_least" => ["at least ", "不少于"],
        "at_most" => ["at most ", "不超过"],
        _ => ["", ""],
    };
    if language == Language::Chinese { zh } else { en }
}

/// How a target is to be met, by itself.
pub fn bound(code: &str, language: Language) -> &'static str {
    match code {
        "exactly" if language == Language::Chinese => "等于",
        "exactly" => "exactly",
        _ => comparator(code, language).trim_end(),
    }
}

/// How exactly a figure was stated, by itself.
pub fn exactness(code: &str, language: Language) -> &'static str {
    match code {
        "exact" if language == Language::Chinese => "精确",
        "exact" => "exactly",
        _ => qualifier(code, language),
    }
}

/// Whether a figure is what was done, or what it is measured from.
pub fn role(code: &str, language: Language) -> &'static str {
    let [en, zh] = match code {
        "actual" => ["actual", "实际值"],
        "baseline" => ["baseline", "基期"],
        _ => ["", ""],
    };
    if language == Language::Chinese { zh } else { en }
}

/// A dimension over which figures are compared and added up.
pub fn dimension(code: &str, language: Language) -> &'static str {
    let [en, zh] = match code {
        "division" => ["areas", "区划"],
        "subject" => ["organizations", "机构"],
        "period" => ["periods", "时期"],
        _ => ["", ""],
    };
    if language == Language::Chinese { zh } else { en }
}

/// What stands between the things of a list.
pub fn comma(language: Language) -> &'static str {
    if language == Language::Chinese { "、" } else { ", " }
}
