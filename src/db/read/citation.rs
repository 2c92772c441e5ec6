//! What a citation of a metric or a commitment says, at one revision.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Date, Nullable, Text};

use super::figure::PREFERRED;
use super::{At, MOMENT, moment, record, there};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::{Bind, Statement};
use crate::model::kind::Kind;

#[derive(QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub record: record::Row,
    /// What goes with it, a JSON object.
    #[diesel(sql_type = Nullable<Text>)]
    pub beside: Option<String>,
    /// Day of the revision, in the ledger's zone.
    #[diesel(sql_type = Nullable<Date>)]
    pub published_on: Option<NaiveDate>,
    /// Today in the ledger's zone.
    #[diesel(sql_type = Nullable<Date>)]
    pub today: Option<NaiveDate>,
}

/// `observation` is the figure to quote of a metric; the newest one without. The answer rests on the
/// revision itself, which it names.
pub async fn read(
    database: &Database,
    kind: &'static Kind,
    id: &str,
    observation: Option<&str>,
    at: At,
    now: DateTime<Utc>,
) -> Result<Option<Row>, Error> {
    let mut statement = moment(at, now, Statement::of("b.n", []));
    statement.sql(&format!("SELECT {MOMENT}, ")).append(record::columns());
    statement.push(
        ", beside.beside::text AS beside, \
         ((SELECT r.published_at FROM revisions r WHERE r.revision = at.n) AT TIME ZONE at.time_zone)::date AS published_on, \
         (?::timestamptz AT TIME ZONE at.time_zone)::date AS today FROM at ",
        [Bind::Instant(Some(now))],
    );
    statement.append(record::joins(kind, id, &[]));
    statement.sql("LEFT JOIN LATERAL (SELECT page.body::jsonb AS j) r ON true LEFT JOIN LATERAL (");
    if kind.name == "metric" {
        statement.append(of_metric(id, observation));
    } else {
        statement.sql(&of_commitment());
    }
    statement.sql(") beside ON true").slowly();
    Ok(database.rows(statement).await?.into_iter().next())
}

/// SQL for the name of an organization.
fn name(id: &str) -> String {
    format!("(SELECT o.body::jsonb->'name' FROM organizations o WHERE o.id = {id} AND {})", there("o"))
}

fn of_metric(id: &str, observation: Option<&str>) -> Statement {
    let mut statement = Statement::of(
        &format!(
            "SELECT jsonb_build_object('figure', f.figure, 'author', coalesce(f.reported_by, f.publisher, r.j->>'publisher'), 'author_name', {}, \
             'subject_name', CASE WHEN f.subject IS DISTINCT FROM coalesce(f.reported_by, f.publisher) THEN {} END, \
             'own_division_code', (SELECT o.division_code FROM organizations o WHERE o.id = coalesce(f.subject, f.reported_by, f.publisher) AND {})) \
             AS beside FROM (SELECT 1) one LEFT JOIN LATERAL (SELECT served(t.changed_in, t.derived, t.body)::jsonb AS figure, t.reported_by, t.publisher, \
             t.subject FROM observations t WHERE t.metric = ? AND {} AND ",
            name("coalesce(f.reported_by, f.publisher, r.j->>'publisher')"),
            name("f.subject"),
            there("o"),
            there("t")
        ),
        [Bind::Text(id.to_owned())],
    );
    match observation {
        Some(observation) => statement.push("t.id = ?", [Bind::Text(observation.to_owned())]),
        None => statement.sql(&format!("t.role = 'actual' ORDER BY {PREFERRED} LIMIT 1")),
    };
    statement.sql(") f ON true");
    statement
}

fn of_commitment() -> String {
    let author = "coalesce(r.j->>'lead_organization', p.organization, r.j->>'publisher')";
    format!(
        "SELECT jsonb_build_object('author', {author}, 'author_name', {}, 'programme_title', p.body::jsonb->'title', \
         'period', (SELECT s.period FROM reports s WHERE s.commitment = r.j->>'id' AND s.assessor = 'self_reported' AND {} \
         ORDER BY coalesce(s.period_end, '-infinity'::date) DESC, coalesce(s.reported_on, '-infinity'::date) DESC, s.id DESC LIMIT 1)) AS beside \
         FROM (SELECT 1) one LEFT JOIN programmes p ON p.id = r.j->>'programme' AND {}",
        name(author),
        there("s"),
        there("p")
    )
}
