//! How to cite what is published, pinned to a revision: by GB/T 7714-2025, as BibTeX, as CSL-JSON, and
//! in the short form of newspapers. No I/O.

pub mod bibtex;
pub mod csl;
pub mod gbt;
pub mod short;
pub mod words;

use chrono::NaiveDate;

use crate::catalog::facts::in_language;
use crate::model::codes::{Qualifier, Status, TimeBasis};
use crate::model::kinds::metric::Unit;
use crate::model::message::Language;
use crate::model::spoken;
use crate::model::text::HumanText;

/// Where the data is published.
pub const PLATFORM: &str = "Open Commitments";

/// What is cited.
pub struct Cited<'a> {
    /// Kind of the record, singular, and its collection.
    pub kind: &'a str,
    pub collection: &'a str,
    pub id: &'a str,
    pub title: HumanText,
    /// Who says it: the organization's name, or its id where the name is gone.
    pub author: HumanText,
    pub content: Content,
    pub revision: i64,
    /// Digest of the revision in hexadecimal.
    pub digest: &'a str,
    /// Day of the revision in the ledger's zone.
    pub published_on: NaiveDate,
    pub accessed_on: NaiveDate,
    /// Address of the service, without a slash at its end.
    pub base: &'a str,
}

/// What a short form says of it.
pub enum Content {
    /// A metric, and the figure quoted where it has one.
    Metric(Option<Box<Quoted>>),
    Commitment {
        programme: Option<HumanText>,
        number: i64,
        status: Option<Status>,
        period: Option<String>,
    },
}

/// A figure.
pub struct Quoted {
    pub period: String,
    /// Digits as JSON has them.
    pub value: String,
    pub unit: Unit,
    pub qualifier: Option<Qualifier>,
    pub time_basis: TimeBasis,
    /// Whose figure it is, as printed.
    pub scope: Option<String>,
    /// Organization measured, where it is not the one that says so.
    pub subject: Option<HumanText>,
    pub computed: bool,
}

impl Cited<'_> {
    /// Page that says the same for good: the revision by number, and its history by digits of the digest.
    pub fn address(&self) -> String {
        let digest = self.digest.get(..8).unwrap_or(self.digest);
        format!("{}/{}/{}?revision={}-{digest}", self.base, self.collection, self.id, self.revision)
    }

    /// A name for reference managers, of letters, digits and hyphens.
    pub fn key(&self) -> String {
        format!("{}-{}-r{}", self.kind, self.id, self.revision)
    }

    /// Its title, with the place of a commitment in its programme.
    pub fn full_title(&self, language: Language) -> String {
        let title = line(text(&self.title, language));
        match (&self.content, language) {
            (Content::Commitment { programme: Some(programme), number, .. }, Language::Chinese) => {
                format!("{title}：{}第{number}项", line(text(programme, language)))
            }
            (Content::Commitment { programme: Some(programme), number, .. }, Language::English) => {
                format!("{title}: No. {number} of {}", line(text(programme, language)))
            }
            _ => title,
        }
    }

    /// The language that its title is in, asked for in this one.
    pub fn language(&self, asked: Language) -> Language {
        let has = |prefix: &str| self.title.0.keys().any(|tag| tag.split('-').next() == Some(prefix));
        match asked {
            Language::Chinese if !has("zh") => Language::English,
            Language::English if !has("en") && has("zh") => Language::Chinese,
            asked => asked,
        }
    }

    pub fn author(&self, language: Language) -> String {
        line(text(&self.author, language))
    }
}

/// Text in a language, or else in another one.
pub fn text(text: &HumanText, language: Language) -> &str {
    let preferred = match language {
        Language::Chinese => ["zh-Hans", "zh", "zh-Hant", "en"],
        Language::English => ["en", "zh-Hans", "zh", "zh-Hant"],
    };
    in_language(&text.0, &preferred).unwrap_or_default()
}

/// Text on one line. Marks that turn the direction of text around are left out, since they would turn what follows.
pub fn line(text: &str) -> String {
    let plain: String =
        text.chars().filter(|c| !spoken::turns(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
