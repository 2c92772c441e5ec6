//! CSL-JSON (Citation Style Language 1.0.2), which reference managers read.

use chrono::{Datelike, NaiveDate};
use serde_json::{Value, json};

use super::{Cited, PLATFORM};
use crate::model::message::Language;

pub fn cite(cited: &Cited, language: Language) -> Value {
    json!([{
        "id": cited.key(),
        "type": "dataset",
        "title": cited.full_title(language),
        "author": [{"literal": cited.author(language)}],
        "version": cited.revision.to_string(),
        "publisher": PLATFORM,
        "issued": date(cited.published_on),
        "accessed": date(cited.accessed_on),
        "URL": cited.address(),
        "language": match cited.language(language) {
            Language::Chinese => "zh-CN",
            Language::English => "en",
        },
    }])
}

fn date(day: NaiveDate) -> Value {
    json!({"date-parts": [[day.year(), day.month(), day.day()]]})
}
