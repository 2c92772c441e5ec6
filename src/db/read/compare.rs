//! Figures of one metric, to be compared, at one revision.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::Text;

use super::{At, MOMENT, kinds_changed_in, moment, record, there};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::{Bind, Statement};
use crate::model::codes::{Dimension, ObsStatus};
use crate::model::kinds::metric;

/// Most figures of a metric that are read to compare some of them, and most divisions or subjects.
pub const MAX_FIGURES: usize = 5000;

/// Which figures.
pub struct Selection {
    pub metric: String,
    pub by: Dimension,
    /// Of these periods; of any where empty.
    pub periods: Vec<String>,
    /// Conditions on figures `t`, whatever their period.
    pub conditions: Vec<Statement>,
    /// Conditions on `t` of divisions or subjects that ever had a figure; not asked for where none.
    pub known: Option<Vec<Statement>>,
}

/// The metric, or what became of it, and its figures.
#[derive(QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub metric: record::Row,
    /// Newest first, as JSON of [`crate::model::compare::Figure`].
    #[diesel(sql_type = Text)]
    pub figures: String,
    /// As JSON of [`crate::model::compare::total::Known`].
    #[diesel(sql_type = Text)]
    pub known: String,
}

pub async fn read(
    database: &Database,
    selection: &Selection,
    at: At,
    now: DateTime<Utc>,
) -> Result<Option<Row>, Error> {
    let id = || Bind::Text(selection.metric.clone());
    let mut statement = moment(at, now, kinds_changed_in(["metric", "observation", "organization"]));
    statement.sql(&format!("SELECT {MOMENT}, "));
    statement.append(record::columns()).sql(", f.figures, k.known FROM at ");
    statement.append(record::joins(&metric::KIND, &selection.metric, &[]));
    statement.push(
        &format!(
            "CROSS JOIN LATERAL (SELECT coalesce(json_agg(x), '[]')::text AS figures FROM ( \
             SELECT t.id, t.period, t.value::text AS value, t.division_code, t.subject, t.scope, \
             coalesce(t.reported_by, t.publisher) AS reported_by, \
             coalesce(t.time_basis, page.body::jsonb->>'time_basis') AS time_basis, t.body::jsonb->>'qualifier' AS qualifier, t.computed, \
             EXISTS (SELECT FROM warnings w WHERE w.kind = 'observation' AND w.id = t.id AND w.code = 'unit-mismatch' \
             AND w.revision_from <= at.n AND w.revision_to > at.n) AS other_unit \
             FROM observations t WHERE page.body IS NOT NULL AND t.metric = ? AND t.role = 'actual' AND {}",
            there("t")
        ),
        [id()],
    );
    statement.push(" AND coalesce(t.body::jsonb->>'obs_status', '') <> ALL(?)", [Bind::Texts(ObsStatus::missing())]);
    if !selection.periods.is_empty() {
        statement.push(" AND t.period = ANY(?)", [Bind::Texts(selection.periods.clone())]);
    }
    for condition in &selection.conditions {
        statement.sql(" AND ").append(condition.clone());
    }
    statement.sql(&format!(
        " ORDER BY coalesce(t.period_end, '-infinity'::date) DESC, t.period, t.id LIMIT {}) x) f ",
        MAX_FIGURES + 1
    ));
    statement.append(known(selection)).slowly();
    Ok(database.rows(statement).await?.into_iter().next())
}

/// Divisions or subjects that ever had a figure, withdrawn ones included.
fn known(selection: &Selection) -> Statement {
    let Some(conditions) = selection.known.as_ref().filter(|_| selection.by != Dimension::Period) else {
        return Statement::of("CROSS JOIN (SELECT '[]'::text AS known) k", []);
    };
    let (column, above) = match selection.by {
        Dimension::Subject => ("subject", ABOVE),
        _ => ("division_code", "ARRAY[]::text[]"),
    };
    let mut statement = Statement::of(
        &format!(
            "CROSS JOIN LATERAL (SELECT coalesce(json_agg(json_build_object('key', u.key, 'above', {above}) ORDER BY u.key), '[]')::text AS known \
             FROM (SELECT DISTINCT t.{column} AS key FROM observations t WHERE t.metric = ? AND t.role = 'actual' \
             AND t.revision_from <= at.n AND t.{column} IS NOT NULL"
        ),
        [Bind::Text(selection.metric.clone())],
    );
    for condition in conditions {
        statement.sql(" AND ").append(condition.clone());
    }
    statement.sql(&format!(" LIMIT {}) u) k", MAX_FIGURES + 1));
    statement
}

/// Organizations above `u.key`; the depth ends a circle.
const ABOVE: &str = "ARRAY(WITH RECURSIVE up AS (SELECT o.parent, 1 AS depth FROM organizations o \
     WHERE o.id = u.key AND o.revision_from <= at.n AND o.revision_to > at.n \
     UNION ALL SELECT o.parent, up.depth + 1 FROM up JOIN organizations o ON o.id = up.parent \
     AND o.revision_from <= at.n AND o.revision_to > at.n WHERE up.depth < 20) \
     SELECT up.parent FROM up WHERE up.parent IS NOT NULL AND up.parent <> u.key)";
