//! What does not add up. Derived like statuses and ratios: the database has the rules, so that a
//! redaction can apply them to the past (migration `warnings`).

use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::outcome::RecordName;
use crate::db::Error;
use crate::db::statement::{Bind, Statement};
use crate::model::codes::WarningCode;
use crate::model::message::Message;
use crate::model::text::{HumanText, RecordId};
use crate::say;

/// Something that does not add up. The figures stay as they were published.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Warning {
    pub code: WarningCode,
    /// Kind of the record that is odd.
    pub kind: String,
    pub id: RecordId,
    /// The record it does not fit.
    pub other: RecordName,
    /// Owner of the odd record.
    pub publisher: RecordId,
    /// The oddity in words, with the figures.
    pub detail: HumanText,
}

/// A warning as it is stored, with the values it is about.
#[derive(QueryableByName, Clone)]
pub struct Row {
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub id: String,
    #[diesel(sql_type = Text)]
    pub other_kind: String,
    #[diesel(sql_type = Text)]
    pub other_id: String,
    #[diesel(sql_type = Text)]
    pub publisher: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub value: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub other_value: Option<String>,
}

/// Columns of [`Row`] of the warnings `w` at revision `n`, an SQL expression.
pub fn columns(n: &str) -> String {
    let value = |kind: &str, id: &str| {
        format!(
            "CASE WHEN w.{kind} = 'observation' THEN (SELECT v.value::text FROM observations v \
             WHERE v.id = w.{id} AND v.revision_from <= {n} AND v.revision_to > {n}) END"
        )
    };
    format!(
        "w.code, w.kind, w.id, w.other_kind, w.other_id, w.publisher, {} AS value, {} AS other_value",
        value("kind", "id"),
        value("other_kind", "other_id")
    )
}

impl Row {
    /// None for a code that this release does not know.
    pub fn warning(self) -> Option<Warning> {
        let code = WarningCode::parse(&self.code)?;
        let detail = detail(code, &self).into();
        Some(Warning {
            code,
            kind: self.kind,
            id: RecordId(self.id),
            other: RecordName { kind: self.other_kind, id: RecordId(self.other_id) },
            publisher: RecordId(self.publisher),
            detail,
        })
    }
}

fn detail(code: WarningCode, row: &Row) -> Message {
    let Row { id, other_id: other, .. } = row;
    let (value, against) = (row.value.as_deref().unwrap_or("?"), row.other_value.as_deref().unwrap_or("?"));
    match code {
        WarningCode::PartAboveWhole => say!(
            "{value} is more than {against}, the figure of the whole it is a part of ({other}).",
            "{value} 大于其所属整体 {other} 的 {against}。"
        ),
        WarningCode::FallingTotal => say!(
            "A running total fell from {against} ({other}) to {value}.",
            "累计数由 {other} 的 {against} 降为 {value}。"
        ),
        WarningCode::RateOver100 => {
            say!("A rate of {value} is over 100 %.", "比率 {value} 超过 100%。")
        }
        WarningCode::TenTimesNeighbour => say!(
            "{value} and {against} ({other}), the figure before it, differ tenfold or more.",
            "{value} 与前一期 {other} 的 {against} 相差十倍以上。"
        ),
        WarningCode::UnitMismatch => say!(
            "The unit printed in as_published is not that of metric {other}.",
            "as_published 中的量词与指标 {other} 的单位不符。"
        ),
        WarningCode::ReportOlder => say!(
            "Report {id} is dated earlier than {other}, which is about an earlier period.",
            "报告 {id} 的日期早于前一期报告 {other}。"
        ),
        WarningCode::CompletedWithNextSteps => say!(
            "The report says completed, and its next steps still promise the work of commitment {other}.",
            "报告称已完成，但下一步安排仍承诺推进 {other} 的工作。"
        ),
    }
}

/// Derives what the changes of a revision bear on.
pub fn derive(number: i64) -> Statement {
    Statement::of("SELECT derive_warnings_of(?)", [Bind::BigInt(number)])
}

/// Most warnings that an outcome lists.
const SHOWN: usize = 1000;

/// Warnings that begin with a revision.
pub async fn opened(mut connection: &AsyncPgConnection, number: i64) -> Result<Vec<Warning>, Error> {
    let sql = format!(
        "SELECT {} FROM warnings w WHERE w.revision_from = ? ORDER BY w.kind, w.id, w.code, w.other_id LIMIT {SHOWN}",
        columns("w.revision_from")
    );
    let rows: Vec<Row> = Statement::of(&sql, [Bind::BigInt(number)]).get_results(&mut connection).await?;
    Ok(rows.into_iter().filter_map(Row::warning).collect())
}
