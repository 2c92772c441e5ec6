//! What charts and figures say, in both languages.

use super::numbers;
use super::{Point, Target, Unit};
use crate::model::amount::Amount;
use crate::model::codes::{Comparator, ObsStatus, Qualifier, Status};
use crate::model::message::Language;
use crate::model::spoken;

/// One of two, by language.
pub fn either<'a>(language: Language, en: &'a str, zh: &'a str) -> &'a str {
    match language {
        Language::English => en,
        Language::Chinese => zh,
    }
}

/// A number as exactly as it was stated.
pub fn qualified(number: &str, qualifier: Option<Qualifier>, language: Language) -> String {
    let before = match qualifier {
        None | Some(Qualifier::Exact) => return number.to_owned(),
        Some(other) => spoken::qualifier(other),
    };
    match language {
        Language::English => format!("{} {number}", before[0]),
        Language::Chinese => format!("{}{number}", before[1]),
    }
}

/// What is to be known of a figure's status beside the figure.
pub fn status_note(status: Option<ObsStatus>, language: Language) -> Option<&'static str> {
    use ObsStatus::*;
    let [en, zh] = match status? {
        A | H | L | M | O | Q => return None,
        B => ["break in series", "口径中断"],
        D => ["definition differs", "定义不同"],
        E => ["estimated", "估计"],
        F => ["forecast", "预测"],
        G => ["experimental", "试验性"],
        I => ["imputed", "插补"],
        J => ["derogation", "豁免"],
        K => ["included elsewhere", "已含在其他类别"],
        N => ["not significant", "不显著"],
        P => ["provisional", "初步"],
        S => ["special event", "特殊事件"],
        U => ["low reliability", "可靠性低"],
        V => ["unvalidated", "未核实"],
        W => ["includes other data", "含其他类别"],
    };
    Some(either(language, en, zh))
}

/// A figure's value in a chart.
pub fn value(point: &Point, value: Amount, language: Language) -> String {
    qualified(&numbers::short(value, language), point.qualifier, language)
}

/// A figure's value with what is to be known of its status.
pub fn noted(value: &str, point: &Point, language: Language) -> String {
    match (status_note(point.obs_status, language), language) {
        (None, _) => value.to_owned(),
        (Some(note), Language::English) => format!("{value} ({note})"),
        (Some(note), Language::Chinese) => format!("{value}（{note}）"),
    }
}

/// A text that stands for itself: in English it begins with a capital letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A figure with its unit and all that is to be known of it, to be read out.
pub fn spoken(point: &Point, value: Amount, unit: &Unit, language: Language) -> String {
    let number = numbers::with_unit(&numbers::exact(value), unit, language);
    let mut text =
        format!("{}{}{}", point.label, either(language, ": ", "："), qualified(&number, point.qualifier, language));
    let computed = point.computed.then(|| either(language, "computed", "由本服务计算"));
    let notes: Vec<&str> = status_note(point.obs_status, language).into_iter().chain(computed).collect();
    if !notes.is_empty() {
        let [open, close] = if language == Language::Chinese { ["（", "）"] } else { [" (", ")"] };
        text.push_str(&format!("{open}{}{close}", notes.join(either(language, ", ", "，"))));
    }
    text
}

/// A target: what is promised, and by when.
pub fn target(target: &Target, value: Amount, unit: &Unit, language: Language) -> String {
    let number = numbers::with_unit(&numbers::short(value, language), unit, language);
    let bound = match target.comparator {
        None | Some(Comparator::Exactly) => "",
        Some(Comparator::AtLeast) => either(language, "at least ", "不少于"),
        Some(Comparator::AtMost) => either(language, "at most ", "不超过"),
    };
    let due = target.due_on.map(|due| spoken::day(due, language));
    match (language, due) {
        (Language::English, None) => format!("Target: {bound}{number}"),
        (Language::English, Some(due)) => format!("Target: {bound}{number} by {due}"),
        (Language::Chinese, None) => format!("目标：{bound}{number}"),
        (Language::Chinese, Some(due)) => format!("目标：{due}前{bound}{number}"),
    }
}

/// A commitment's status.
pub fn status(status: Status, language: Language) -> &'static str {
    let [en, zh] = spoken::status(status);
    either(language, en, zh)
}

/// What stands below every chart.
pub fn footer(source: &str, revision: Option<i64>, language: Language) -> String {
    let source = if source.is_empty() {
        String::new()
    } else {
        format!("{}{source}", either(language, "Source: ", "来源："))
    };
    let revision = revision.map(|n| format!("{} {n}", either(language, "Revision", "修订")));
    [source].into_iter().filter(|text| !text.is_empty()).chain(revision).collect::<Vec<_>>().join(" · ")
}

/// Sentences, one after the other.
pub fn sentences(sentences: &[String], language: Language) -> String {
    sentences.join(either(language, ". ", "。")) + either(language, ".", "。")
}
