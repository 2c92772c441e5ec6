//! The short form of newspapers: 据山东省司法厅，2020年上半年…; According to the Department of Justice of
//! Shandong Province, in the first half of 2020 …

use super::{Cited, Content, Quoted, line, text, words};
use crate::model::codes::{Qualifier, Status};
use crate::model::message::{Language, Message};
use crate::model::{division, spoken};
use crate::say;

pub fn cite(cited: &Cited, language: Language) -> String {
    let (author, title) = (cited.author(language), line(text(&cited.title, language)));
    let said = match &cited.content {
        Content::Metric(Some(quoted)) => figure(quoted, &title, language),
        Content::Metric(None) => say!("on “{title}”", "关于“{title}”"),
        Content::Commitment { status, period, .. } => promise(&title, *status, period.as_deref()),
    };
    let author_en = with_article(&author);
    let Message { en, zh } = said;
    say!("According to {author_en}, {en}.", "据{author}，{zh}。").in_language(language).to_owned()
}

fn figure(quoted: &Quoted, title: &str, language: Language) -> Message {
    let Message { en: when, zh: when_zh } = words::when(&quoted.period, Some(quoted.time_basis));
    let (number, qualifier) = match &quoted.value {
        Some(value) => (format!("{}{}", words::number(value, language), unit(quoted, language)), quoted.qualifier),
        None => (spoken::no_figure(language).to_owned(), None),
    };
    let [about, about_zh] = spoken::qualifier(qualifier.unwrap_or(Qualifier::Exact));
    let about = if about.is_empty() { String::new() } else { format!("{about} ") };
    let subject = quoted.subject.as_ref().map(|subject| line(text(subject, language)));
    let area = quoted.area.as_deref().map(|code| division::name(code).to_owned());
    let of: Vec<String> = subject.into_iter().chain(area).chain(quoted.scope.as_deref().map(line)).collect();
    let (of_en, of_zh) = if of.is_empty() {
        (String::new(), String::new())
    } else {
        (format!(" ({})", of.join("; ")), format!("（{}）", of.join("；")))
    };
    let (ours, ours_zh) = if quoted.computed {
        (" (computed from published figures)", "（据公布的数字计算）")
    } else {
        ("", "")
    };
    say!("{when}, “{title}”{of_en}: {about}{number}{ours}", "{when_zh}，{title}{of_zh}：{about_zh}{number}{ours_zh}")
}

/// The unit as it stands behind a number.
fn unit(quoted: &Quoted, language: Language) -> String {
    let code = quoted.unit.code.as_str();
    if code == "percent" {
        return "%".to_owned();
    }
    match (&quoted.unit.label, language) {
        (Some(label), Language::Chinese) => line(text(label, language)),
        (Some(label), Language::English) => format!(" {}", line(text(label, language))),
        (None, _) => format!(" {code}"),
    }
}

fn promise(title: &str, status: Option<Status>, period: Option<&str>) -> Message {
    let when = period.map(|period| words::when(period, None));
    let (en, zh) = when.map(|Message { en, zh }| (format!("{en}, "), format!("{zh}，"))).unwrap_or_default();
    match status.map(spoken::status) {
        Some([status, status_zh]) => {
            let status = status.to_lowercase();
            say!("{en}its commitment “{title}” was {status}", "{zh}公开承诺事项“{title}”{status_zh}")
        }
        None => say!("{en}it promised “{title}”", "{zh}公开承诺“{title}”"),
    }
}

/// A body's English name in a sentence: those with “of” take the article.
fn with_article(name: &str) -> String {
    let takes = name.contains(" of ") && !name.to_ascii_lowercase().starts_with("the ");
    if takes { format!("the {name}") } else { name.to_owned() }
}
