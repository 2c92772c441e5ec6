//! What records are called, and where organizations are.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text};

use super::{At, moment, there};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::{Bind, Statement};
use crate::model::kind::Kind;
use crate::model::kinds::organization;

#[derive(QueryableByName)]
pub struct Row {
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub id: String,
    /// Its name or title, human text as JSON.
    #[diesel(sql_type = Nullable<Text>)]
    pub name: Option<String>,
    /// An organization's area.
    #[diesel(sql_type = Nullable<Text>)]
    pub division_code: Option<String>,
}

/// Names by kind; records that are not there are left out.
pub async fn read(
    database: &Database,
    wanted: &[(&'static Kind, Vec<String>)],
    at: At,
    now: DateTime<Utc>,
) -> Result<Vec<Row>, Error> {
    if wanted.iter().all(|(_, ids)| ids.is_empty()) {
        return Ok(Vec::new());
    }
    let mut statement = moment(at, now, Statement::of("0::bigint", []));
    statement.sql("SELECT page.* FROM at JOIN LATERAL (");
    for (index, (kind, ids)) in wanted.iter().enumerate() {
        let union = if index > 0 { " UNION ALL " } else { "" };
        let area = if kind.name == organization::KIND.name { "t.division_code" } else { "NULL" };
        statement.push(
            &format!(
                "{union}SELECT '{}' AS kind, t.id, coalesce(t.body::jsonb->'name', t.body::jsonb->'title')::text AS name, \
                 {area}::text AS division_code FROM {} t WHERE t.id = ANY(?) AND {}",
                kind.name,
                kind.collection,
                there("t")
            ),
            [Bind::Texts(ids.clone())],
        );
    }
    statement.sql(") page ON true");
    database.rows(statement).await
}
