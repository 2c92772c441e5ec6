//! Records that rest on a source, as a reader knows them.

use maud::{Markup, html};
use serde_json::Value;

use crate::api::problem::Failure;
use crate::db::read::resting::{self, Row};
use crate::site::parts::{called, figure, human, member, status, unit};
use crate::site::visit::Visit;
use crate::site::words;

/// A record that rests on the source.
pub struct Rest {
    pub kind: String,
    pub record: Value,
    /// Its metric, or its commitment.
    about: Value,
    number: Option<i64>,
    commitment: Option<String>,
}

/// What rests on it, at most `rows`.
pub async fn read(visit: &mut Visit, source: &str, rows: i64) -> Result<Vec<Rest>, Failure> {
    let found = resting::read(&visit.state.database, source, rows, visit.at(), visit.now).await?;
    let parsed = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let rest = |row: Row| {
        let Row { kind, body, about, number, commitment, .. } = row;
        Some(Rest { kind: kind?, record: parsed(body), about: parsed(about), number, commitment })
    };
    Ok(found.into_iter().filter_map(rest).collect())
}

impl Rest {
    /// What it is, in a line that leads to its page.
    pub fn line(&self, visit: &Visit) -> Markup {
        let (language, record, about) = (visit.language, &self.record, &self.about);
        html! {
            @match self.kind.as_str() {
                "programme" => {
                    a href=(visit.link(&format!("programmes/{}", member(record, "id")))) { (human(&record["title"], language)) }
                }
                "report" => {
                    a href=(visit.link(&format!("commitments/{}", member(record, "commitment")))) {
                        (called(about, member(record, "commitment"), language))
                    }
                    ": " (status(member(record, "status"), language))
                }
                kind => {
                    a href=(visit.link(&format!("metrics/{}", member(record, "metric")))) {
                        (called(about, member(record, "metric"), language))
                    }
                    ": "
                    @if kind == "target" {
                        (visit.say("promised ", "承诺")) (words::comparator(member(record, "comparator"), language))
                        b { (words::number(&record["value"])) } " " (unit(about, language))
                    } @else {
                        b { (figure(record, about, visit)) } ", " (words::period(member(record, "period"), language))
                    }
                }
            }
            @if self.kind != "report" {
                @if let (Some(number), Some(commitment)) = (self.number, &self.commitment) {
                    span.sub { " · " a href=(visit.link(&format!("commitments/{commitment}"))) {
                        (match language {
                            crate::model::message::Language::English => format!("commitment {number}"),
                            crate::model::message::Language::Chinese => format!("承诺第{number}项"),
                        })
                    } }
                }
            }
        }
    }
}
