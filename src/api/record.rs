//! `/v1/{collection}/{id}`.

use serde_json::Value;

use super::answer::Answer;
use super::cache::basis::{KindSet, Rests};
use super::endpoint::Request;
use super::list::item;
use super::problem::{Failure, INTERNAL_ERROR, NO_SUCH_RECORD, RECORD_REDACTED, RECORD_WITHDRAWN};
use crate::db::read::record::{self, Row};
use crate::model::kind::Kind;
use crate::model::message::Language;
use crate::model::schema;
use crate::say;
use crate::site::words;

pub async fn read(mut request: Request) -> Result<Answer, Failure> {
    let kind = request.kind;
    let includes = request.query.includes(kind);
    let fields = request.query.fields(schema::members(kind));
    let asked = request.at();
    request.finish(&asked)?;
    let row = record::read(&request.state.database, kind, &request.id, &includes, asked.at, request.now).await?;
    let Some(row) = row else { return Err(Failure::plain(&INTERNAL_ERROR)) };
    request.check(&row.moment, asked.prefix.as_deref())?;
    let Some(body) = &row.body else { return Err(gone(request.kind, &request.id, &row, "")) };
    let mut json = String::with_capacity(body.len() + row.included.as_ref().map_or(0, String::len) + 16);
    item(&mut json, body, row.included.as_deref(), fields.as_deref())?;
    let included = includes.iter().flat_map(|include| include.reads.iter().copied());
    let rests = if includes.is_empty() {
        Rests::Record(kind, request.id)
    } else {
        Rests::Kinds(KindSet::named(included.chain([kind.name])))
    };
    Ok(Answer { rests, ..Answer::json(json, row.moment, asked.at) })
}

/// What became of a record that is not there. `up` leads from where it was asked for to where it stands: a prefix of its
/// id in relative links.
pub fn gone(kind: &Kind, id: &str, row: &Row, up: &str) -> Failure {
    let (kind, in_chinese, n) = (kind.name, words::kind(kind.name, Language::Chinese), row.moment.n);
    if let Some(redacted_in) = row.redacted_in {
        return Failure::plain(&RECORD_REDACTED).with("redacted_in", redacted_in.into());
    }
    match (row.last_op.as_deref(), row.last_revision) {
        (Some("withdraw"), Some(revision)) => {
            let withdrawal: Value =
                row.last_body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
            let last = revision - 1;
            Failure::new(&RECORD_WITHDRAWN, say!(
                "{kind} {id} was withdrawn in revision {revision}; it stays readable at revision {last} and before.",
                "{in_chinese}“{id}”已在修订 {revision} 中撤回，在修订 {last} 及以前仍可读取。"
            ))
            .with("reason", withdrawal["reason"].clone())
            .with("withdrawn_in", revision.into())
            .with("last_revision", format!("{up}{id}?revision={last}").into())
        }
        (Some("redact"), revision) => Failure::plain(&RECORD_REDACTED).with("redacted_in", revision.into()),
        _ => {
            let shown: String = id.chars().take(100).collect();
            Failure::new(
                &NO_SUCH_RECORD,
                say!(
                    "There is no {kind} “{shown}” at revision {n}. Check the id, and revision and as_of.",
                    "在修订 {n} 中没有{in_chinese}“{shown}”。请检查 id，以及 revision 与 as_of。"
                ),
            )
        }
    }
}
