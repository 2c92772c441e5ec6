//! One figure of a metric, with what is needed to show it: the same figure of earlier periods, targets, the
//! other figures of its period, what it is a part of, and names.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Date, Nullable, Text};

use super::list::{self, Page};
use super::{At, MOMENT, kinds_changed_in, moment, record, there};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::{Bind, Statement};
use crate::model::kind::{Filter, Kind};
use crate::model::kinds::{observation, target};

/// Periods of a series, newest ones.
pub const MAX_POINTS: usize = 200;
/// Figures beside each other, largest ones.
pub const MAX_BESIDE: usize = 200;
/// Values that a refusal names of each parameter.
pub const MAX_NAMED: usize = 50;

/// Targets, latest ones.
pub const MAX_TARGETS: usize = 20;

/// Figures, newest ones, among which those values are looked for.
const MAX_SEARCHED: usize = 5000;

/// Which figure.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub metric: String,
    /// Narrow it down, each where given.
    pub period: Option<String>,
    pub subject: Option<String>,
    pub division_code: Option<String>,
    pub scope: Option<String>,
    /// The observation itself, where it is known which.
    pub observation: Option<String>,
    /// Whether the other figures of its period are wanted.
    pub beside: bool,
    /// Whether its whole and parts are wanted.
    pub parts: bool,
}

impl Wanted {
    /// Whether it is another figure than the metric's own.
    pub fn is_narrowed(&self) -> bool {
        let Wanted { period, subject, division_code, scope, observation, .. } = self;
        [period, subject, division_code, scope, observation].into_iter().any(Option::is_some)
    }
}

/// The figure; records as they are served.
#[derive(QueryableByName)]
pub struct Row {
    /// The metric, or what became of it.
    #[diesel(embed)]
    pub metric: record::Row,
    #[diesel(sql_type = Nullable<Text>)]
    pub figure: Option<String>,
    /// The figure of this and earlier periods, newest first: alike in all but period and value.
    #[diesel(sql_type = Array<Text>)]
    pub series: Vec<String>,
    /// Observations among these that were printed in another unit than the metric's.
    #[diesel(sql_type = Array<Text>)]
    pub other_units: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    pub targets: Vec<String>,
    /// Figures of its period, largest first.
    #[diesel(sql_type = Array<Text>)]
    pub beside: Vec<String>,
    /// The metric and the figure of the same that it is a part of.
    #[diesel(sql_type = Nullable<Text>)]
    pub whole_metric: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub whole: Option<String>,
    /// Metrics that are parts of this one, and their figures of the same.
    #[diesel(sql_type = Array<Text>)]
    pub part_metrics: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    pub parts: Vec<String>,
    /// Names and areas of organizations by id, a JSON object.
    #[diesel(sql_type = Text)]
    pub organizations: String,
    /// Day of the revision that last changed what this rests on, in the ledger's time zone.
    #[diesel(sql_type = Nullable<Date>)]
    pub published_on: Option<NaiveDate>,
    /// Where there is no such figure: what there is, a JSON object of arrays by parameter.
    #[diesel(sql_type = Nullable<Text>)]
    pub available: Option<String>,
}

/// Members in which two figures are the same but for metric, period and value.
const SAME: [&str; 4] = ["subject", "division_code", "scope", "reported_by"];

pub async fn read(database: &Database, wanted: &Wanted, at: At, now: DateTime<Utc>) -> Result<Option<Row>, Error> {
    Ok(database.rows(statement(wanted, at, now)).await?.into_iter().next())
}

/// The one statement.
pub fn statement(wanted: &Wanted, at: At, now: DateTime<Utc>) -> Statement {
    let id = || Bind::Text(wanted.metric.clone());
    let mut statement = moment(at, now, changed_in(wanted));
    statement.sql(&format!(
        "SELECT {MOMENT}, m.served AS body, NULL::text AS included, last.*, f.served AS figure, series.*, {} AS targets, ",
        targets(),
    ));
    if wanted.beside {
        statement.sql("array(SELECT served(t.changed_in, t.derived, t.body) FROM observations t WHERE f.id IS NOT NULL AND t.metric = f.metric \
             AND t.period = f.period AND t.role = 'actual' AND coalesce(t.time_basis, m.time_basis) = coalesce(f.time_basis, m.time_basis) AND ");
        statement.sql(&there("t")).append(narrowed(wanted));
        statement.sql(&format!(" ORDER BY t.value DESC, t.id LIMIT {MAX_BESIDE})"));
    } else {
        statement.sql("array[]::text[]");
    }
    statement.sql(" AS beside, ");
    statement.sql(&if wanted.parts { parts() } else { NO_PARTS.to_owned() });
    statement.sql(&format!(
        ", {} AS organizations, ((SELECT r.published_at FROM revisions r WHERE r.revision = at.changed_in) AT TIME ZONE at.time_zone)::date \
         AS published_on, ",
        organizations(wanted.beside)
    ));
    statement.push(&available(), [id(), id(), id(), id()]);
    statement.push(
        &format!(
            " AS available FROM at LEFT JOIN LATERAL (SELECT served(t.changed_in, t.derived, t.body) AS served, t.id, t.publisher, t.part_of, t.time_basis \
             FROM metrics t WHERE t.id = ? AND {}) m ON true \
             LEFT JOIN LATERAL (SELECT c.op AS last_op, c.revision AS last_revision, c.body AS last_body, c.redacted_in \
             FROM changes c WHERE m.id IS NULL AND c.kind = 'metric' AND c.id = ? AND c.revision <= at.n \
             ORDER BY c.revision DESC LIMIT 1) last ON true \
             LEFT JOIN LATERAL (SELECT t.*, served(t.changed_in, t.derived, t.body) AS served FROM observations t \
             WHERE m.id IS NOT NULL AND t.metric = ? AND t.role = 'actual' AND {}",
            there("t"),
            there("t"),
        ),
        [id(), id(), id()],
    );
    statement.append(narrowed(wanted));
    // Not through all that was published since.
    if let (At::Revision(_) | At::Instant(_) | At::Day(_), Some(sort)) = (at, observation::KIND.sort("period_end")) {
        statement.sql(&list::no_later(&observation::KIND, sort));
    }
    if let Some(observation) = &wanted.observation {
        statement.push(" AND t.id = ?", [Bind::Text(observation.clone())]);
    }
    statement.sql(&format!(" ORDER BY {PREFERRED} LIMIT 1) f ON true {}", series()));
    // No index tells the figures of a subject or a scope from the others of the metric.
    if wanted.subject.is_some() || wanted.scope.is_some() {
        statement.slowly();
    }
    statement
}

/// The order in which `observations t` of a metric are its figure: the newest period; of its figures the one of the
/// whole rather than of a part: without a scope, or with one that has an area; then of nobody else than its publisher,
/// then of the largest area; then what the publisher itself says, of the longest period.
pub(super) const PREFERRED: &str = "coalesce(t.period_end, '-infinity'::date) DESC, t.scope IS NOT NULL, \
     t.scope IS NOT NULL AND t.division_code IS NULL, coalesce(t.subject <> t.publisher, false), \
     length(rtrim(coalesce(t.division_code, ''), '0')), \
     coalesce(t.reported_by <> t.publisher, false), t.period_start NULLS LAST, t.id DESC";

fn changed_in(wanted: &Wanted) -> Statement {
    let of_metric = |kind: &'static Kind| {
        let filters: Vec<(&'static Filter, Vec<String>)> =
            kind.filter("metric").into_iter().map(|filter| (filter, vec![wanted.metric.clone()])).collect();
        list::changed_in(&Page {
            kind,
            filters: &filters,
            sorts: &[],
            includes: &[],
            after: None,
            rows: 1,
            count: false,
        })
    };
    let mut changed_in = Statement::of(
        "greatest(0, (SELECT v.revision_from FROM metrics v WHERE v.id = ? AND v.revision_from <= b.n AND v.revision_to > b.n), ",
        [Bind::Text(wanted.metric.clone())],
    );
    changed_in.append(of_metric(&observation::KIND)).sql(", ").append(of_metric(&target::KIND)).sql(", ");
    let kinds = if wanted.parts { ["organization", "metric", "observation"].as_slice() } else { &["organization"] };
    changed_in.append(kinds_changed_in(kinds.iter().copied())).sql(")");
    changed_in
}

/// The conditions on row `t` that were asked for.
fn narrowed(wanted: &Wanted) -> Statement {
    let Wanted { period, subject, division_code, scope, .. } = wanted;
    let mut conditions = Statement::new();
    for (column, value) in
        [("period", period), ("subject", subject), ("division_code", division_code), ("scope", scope)]
    {
        if let Some(value) = value {
            conditions.push(&format!(" AND t.{column} = ?"), [Bind::Text(value.clone())]);
        }
    }
    conditions
}

/// That row `alias` is of a metric, and of the same as the figure: an index leads to its series, however many figures
/// the metric has.
fn same(alias: &str, metric: &str) -> String {
    let same: Vec<String> =
        SAME.iter().map(|column| format!("{alias}.{column} IS NOT DISTINCT FROM f.{column}")).collect();
    format!(
        "series_of({alias}.metric, {alias}.subject, {alias}.division_code) = series_of({metric}, f.subject, f.division_code) \
         AND {alias}.role = 'actual' AND {} AND {}",
        same.join(" AND "),
        there(alias)
    )
}

/// The figure and those of periods of the same kind before it, such as quarters: written alike but for the digits.
fn series() -> String {
    const NEWEST_FIRST: &str = "coalesce(s.period_end, '-infinity'::date) DESC, s.id DESC";
    format!(
        "CROSS JOIN LATERAL (SELECT array(SELECT served(s.changed_in, s.derived, s.body) FROM unnest(n.rows) s ORDER BY {NEWEST_FIRST}) AS series, \
         array(SELECT w.id FROM warnings w WHERE w.code = 'unit-mismatch' AND w.kind = 'observation' \
         AND w.id IN (SELECT s.id FROM unnest(n.rows) s) AND {} ORDER BY w.id) AS other_units \
         FROM (SELECT array(SELECT s FROM observations s WHERE f.id IS NOT NULL AND {} \
         AND coalesce(s.time_basis, m.time_basis) = coalesce(f.time_basis, m.time_basis) \
         AND translate(s.period, '0123456789', '') = translate(f.period, '0123456789', '') \
         AND coalesce(s.period_end, '-infinity'::date) <= coalesce(f.period_end, '-infinity'::date) \
         ORDER BY {NEWEST_FIRST} LIMIT {MAX_POINTS}) AS rows) n) series",
        there("w"),
        same("s", "f.metric")
    )
}

/// Of whom a figure is: of its publisher, unless it says otherwise.
pub(super) fn whom(figure: &str) -> String {
    format!("coalesce({figure}.subject, {figure}.publisher)")
}

/// The area that a figure is of: that of whom it is of, unless it says otherwise.
pub(super) fn area(figure: &str, whom: &str) -> String {
    let own = format!("(SELECT o.division_code FROM organizations o WHERE o.id = {whom} AND {})", there("o"));
    format!("coalesce({figure}.division_code, {own})")
}

/// The latest targets that are for all, or for whom and for the area that the figure is of, in the order of their days.
fn targets() -> String {
    // Where there is no figure yet, it will be its publisher's.
    let whom = format!("coalesce({}, m.publisher)", whom("f"));
    format!(
        "array(SELECT served(g.changed_in, g.derived, g.body) FROM (SELECT * FROM targets g WHERE g.metric = m.id AND {} \
         AND (g.subject IS NULL OR g.subject = {whom}) AND coalesce(g.division_code = {}, true) \
         ORDER BY coalesce(g.due_on, '-infinity'::date) DESC, g.id DESC LIMIT {MAX_TARGETS}) g \
         ORDER BY g.due_on NULLS LAST, g.id)",
        there("g"),
        area("f", &whom)
    )
}

const NO_PARTS: &str =
    "NULL::text AS whole_metric, NULL::text AS whole, array[]::text[] AS part_metrics, array[]::text[] AS parts";

fn parts() -> String {
    let served = |alias: &str| format!("served({alias}.changed_in, {alias}.derived, {alias}.body)");
    let metrics = there("p");
    let figures = format!(
        "JOIN observations w ON w.period = f.period \
         AND coalesce(w.time_basis, p.time_basis) = coalesce(f.time_basis, m.time_basis) AND {}",
        same("w", "p.id")
    );
    let parts = format!("(SELECT * FROM metrics p WHERE p.part_of = m.id AND {metrics} ORDER BY p.id LIMIT 50) p");
    format!(
        "(SELECT {p} FROM metrics p WHERE p.id = m.part_of AND {metrics}) AS whole_metric, \
         (SELECT {w} FROM metrics p {figures} WHERE p.id = m.part_of AND {metrics} ORDER BY w.id LIMIT 1) AS whole, \
         array(SELECT {p} FROM {parts} ORDER BY p.id) AS part_metrics, \
         array(SELECT {w} FROM {parts} {figures} ORDER BY w.value DESC, w.id LIMIT 50) AS parts",
        p = served("p"),
        w = served("w"),
    )
}

fn organizations(beside: bool) -> String {
    let others = if beside {
        format!(
            " OR o.id IN (SELECT unnest(array[t.subject, t.reported_by, t.publisher]) FROM observations t WHERE t.metric = f.metric AND t.period = f.period AND t.role = 'actual' AND {})",
            there("t")
        )
    } else {
        String::new()
    };
    format!(
        "(SELECT coalesce(jsonb_object_agg(o.id, jsonb_build_object('name', o.body::jsonb->'name', 'division_code', o.division_code)), '{{}}')::text \
         FROM organizations o WHERE {} AND (o.id IN (f.subject, f.reported_by, f.publisher){others}))",
        there("o")
    )
}

/// Values of the parameters for which there are figures, found only where there is none for those given.
fn available() -> String {
    let values = |column: &str| {
        format!(
            "(SELECT coalesce(jsonb_agg(v.value ORDER BY v.value DESC), '[]') FROM (SELECT DISTINCT n.{column} AS value FROM \
             (SELECT * FROM observations t WHERE t.metric = ? AND t.role = 'actual' AND {} \
             ORDER BY coalesce(t.period_end, '-infinity'::date) DESC, t.id DESC LIMIT {MAX_SEARCHED}) n \
             WHERE n.{column} IS NOT NULL ORDER BY 1 DESC LIMIT {MAX_NAMED}) v)",
            there("t")
        )
    };
    format!(
        "CASE WHEN m.id IS NOT NULL AND f.id IS NULL THEN jsonb_build_object('period', {}, 'subject', {}, 'division', {}, 'scope', {})::text END",
        values("period"),
        values("subject"),
        values("division_code"),
        values("scope"),
    )
}
