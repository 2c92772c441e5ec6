//! Which metrics say most of what is new.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text};

use super::{At, MOMENT, Moment, kinds_changed_in, moment, there};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::Bind;

/// Newest figures among whose metrics it is chosen.
const MAX_FIGURES: usize = 400;
/// Periods that are counted of each.
const MAX_PERIODS: usize = 20;

#[derive(QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub moment: Moment,
    #[diesel(sql_type = Nullable<Text>)]
    pub metric: Option<String>,
}

/// Metrics with figures of the newest periods; of those of the same day the ones that have figures of the most
/// periods, then those that something was promised of, then by id.
pub async fn read(database: &Database, rows: i64, at: At, now: DateTime<Utc>) -> Result<Vec<Row>, Error> {
    let mut statement = moment(at, now, kinds_changed_in(["metric", "observation", "target"]));
    statement.push(
        &format!(
            "SELECT {MOMENT}, page.metric FROM at LEFT JOIN LATERAL (SELECT n.metric, n.newest, periods.n AS periods, \
             EXISTS (SELECT FROM targets g WHERE g.metric = n.metric AND {}) AS promised \
             FROM (SELECT o.metric, max(o.ended) AS newest FROM (SELECT t.metric, coalesce(t.period_end, '-infinity'::date) AS ended \
             FROM observations t WHERE t.role = 'actual' AND {} ORDER BY coalesce(t.period_end, '-infinity'::date) DESC, t.id DESC \
             LIMIT {MAX_FIGURES}) o GROUP BY o.metric) n \
             CROSS JOIN LATERAL (SELECT count(DISTINCT p.period) AS n FROM (SELECT t.period FROM observations t \
             WHERE t.metric = n.metric AND t.role = 'actual' AND {} LIMIT {MAX_PERIODS}) p) periods \
             ORDER BY n.newest DESC, periods.n DESC, promised DESC, n.metric LIMIT ?) page ON true \
             ORDER BY page.newest DESC, page.periods DESC, page.promised DESC, page.metric",
            there("g"),
            there("t"),
            there("t"),
        ),
        [Bind::BigInt(rows)],
    );
    database.rows(statement).await
}
