//! `/v1/summary` and `/v1`.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Timestamptz};

use super::answer::{Answer, to_text};
use super::documents::{Index, IndexExample};
use super::endpoint::Request;
use super::problem::{Failure, INTERNAL_ERROR};
use crate::db::read::{MOMENT, Moment, moment, summary};
use crate::db::statement::Statement;
use crate::ledger::digest;
use crate::model::kinds::KINDS;
use crate::model::text::Sha256Hex;

pub async fn read(mut request: Request) -> Result<Answer, Failure> {
    let asked = request.at();
    request.finish(&asked)?;
    let row = summary::read(&request.state.database, asked.at, request.now).await?;
    let Some(row) = row else { return Err(Failure::plain(&INTERNAL_ERROR)) };
    request.check(&row.moment, asked.prefix.as_deref())?;
    let mut body = row.body;
    body.insert_str(1, &format!("\"changed_in\": {}, ", row.moment.changed_in));
    Ok(Answer { evaluated_on: row.evaluated_on, ..Answer::json(body, row.moment, asked.at) })
}

#[derive(QueryableByName)]
struct Ledger {
    #[diesel(embed)]
    moment: Moment,
    #[diesel(sql_type = Text)]
    uuid: String,
    #[diesel(sql_type = Text)]
    time_zone: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    published_at: Option<DateTime<Utc>>,
}

/// The index: which ledger this is, where its head is, what can be asked.
pub async fn index(mut request: Request) -> Result<Answer, Failure> {
    let asked = request.at();
    request.finish(&asked)?;
    let mut statement = moment(asked.at, request.now, Statement::of("b.n", []));
    statement.sql(&format!(
        "SELECT {MOMENT}, at.ledger::text AS uuid, at.time_zone, \
         (SELECT r.published_at FROM revisions r WHERE r.revision = at.n) AS published_at FROM at"
    ));
    let rows: Vec<Ledger> = request.state.database.rows(statement).await?;
    let Some(row) = rows.into_iter().next() else { return Err(Failure::plain(&INTERNAL_ERROR)) };
    request.check(&row.moment, asked.prefix.as_deref())?;
    let digest = Sha256Hex(row.moment.digest.clone());
    let examples = EXAMPLES.iter().map(|(about, link)| IndexExample { about: (*about).into(), link: (*link).into() });
    let index = Index {
        ledger: row.uuid,
        time_zone: row.time_zone,
        revision: row.moment.n,
        digest,
        published_at: row.published_at.map(digest::instant),
        collections: KINDS.iter().map(|kind| (kind.collection.into(), format!("v1/{}", kind.collection))).collect(),
        meta: "v1/meta".into(),
        summary: "v1/summary".into(),
        search: "v1/search".into(),
        revisions: "v1/revisions".into(),
        openapi: "openapi.json".into(),
        docs: "docs/".into(),
        examples: examples.collect(),
    };
    Ok(Answer::json(to_text(&index)?, row.moment, asked.at))
}

/// Links that show what can be asked, relative to the index.
pub const EXAMPLES: &[(&str, &str)] = &[
    ("Commitments in progress, with their newest report", "v1/commitments?status=in_progress&include=latest_report"),
    ("Commitments about mediation, by word", "v1/commitments?q=%E8%B0%83%E8%A7%A3"),
    (
        "Anything about people's supervisors, in traditional characters",
        "v1/search?q=%E4%BA%BA%E6%B0%91%E7%9B%A3%E7%9D%A3%E5%93%A1",
    ),
    ("Figures of the first half of 2020", "v1/observations?period=2020-S1&include=metric"),
    ("Figures in Shandong, largest first, as CSV", "v1/observations?division=37&sort=-value&format=csv"),
    ("Commitments as they stood at revision 1", "v1/commitments?revision=1&fields=id,title,status"),
    ("Targets due by the end of 2020", "v1/targets?due_to=2020-12-31&include=metric,commitment"),
    ("All figures in one file, with Chinese titles above the columns", "v1/exports/observations.csv?labels=zh"),
    ("Everything as a Data Package", "v1/exports/all.zip"),
    ("Every revision, newest first", "v1/revisions"),
];
