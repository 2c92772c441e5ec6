//! What follows from a revision: statuses of commitments, computed ratios. Derived rows open and
//! close like others, but stand in no change, digest or history.

use std::collections::BTreeSet;

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::{Value, json};

use super::plan::Plan;
use super::write;
use crate::db::statement::{Bind, Statement};
use crate::db::{Error, OPEN};
use crate::model::amount::Amount;
use crate::model::codes::{ObsStatus, RevisionKind};
use crate::model::draft::Draft;
use crate::model::kind::Reference;
use crate::model::kinds::{commitment, observation};
use crate::model::text::RecordId;

/// Derives what the plan, written as revision `number`, bears on.
pub async fn derive(connection: &mut AsyncPgConnection, number: i64, plan: &Plan) -> Result<(), Error> {
    let touched = |kind: &str| -> Vec<String> {
        let upserted =
            plan.upserts.iter().filter(|upsert| upsert.draft.kind.name == kind).map(|upsert| upsert.draft.id.clone());
        let withdrawn = plan.withdrawals.iter().filter(|withdrawal| withdrawal.kind.name == kind).map(|w| w.id.clone());
        upserted.chain(withdrawn).collect()
    };
    statuses(connection, number, touched("report")).await?;
    if plan.no_ratio {
        return Ok(());
    }
    ratios(connection, number, touched("metric"), touched("observation")).await
}

/// Whether a plan bears on anything that is derived here.
pub fn may_follow(plan: &Plan) -> bool {
    let kinds =
        plan.upserts.iter().map(|upsert| upsert.draft.kind.name).chain(plan.withdrawals.iter().map(|w| w.kind.name));
    let bears = |kind| kind == "report" || (!plan.no_ratio && ["metric", "observation"].contains(&kind));
    { kinds }.any(bears)
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = Text)]
    id: String,
}

/// Opens a new version of each commitment whose status these reports turned.
async fn statuses(connection: &mut AsyncPgConnection, number: i64, reports: Vec<String>) -> Result<(), Error> {
    if reports.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "SELECT c.id FROM commitments c WHERE c.revision_to = {OPEN} AND c.revision_from < ? \
         AND c.id IN (SELECT r.commitment FROM reports r WHERE r.id = ANY(?) AND (r.revision_from = ? OR r.revision_to = ?)) \
         AND c.status IS DISTINCT FROM commitment_status(c.id, ?)"
    );
    let n = || Bind::BigInt(number);
    let turned: Vec<Id> =
        Statement::of(&sql, [n(), Bind::Texts(reports), n(), n(), n()]).get_results(connection).await?;
    if turned.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = turned.into_iter().map(|row| row.id).collect();
    let mut statements = write::close(&commitment::KIND, number, ids.clone());
    let columns: String = commitment::KIND.columns.iter().map(|(name, _)| format!(", {name}")).collect();
    let sql = format!(
        "INSERT INTO commitments (id, publisher, body, derived, changed_in, search, revision_from{columns}, status) \
         SELECT id, publisher, body, coalesce('\"status\":' || to_json(now)::text || ',', ''), changed_in, search, ?{columns}, now \
         FROM (SELECT *, commitment_status(id, ?) AS now FROM commitments WHERE id = ANY(?) AND revision_to = ?) c"
    );
    statements.push(Statement::of(&sql, [n(), n(), Bind::Texts(ids.clone()), n()]));
    statements.push(Statement::of(
        "INSERT INTO record_references (from_kind, from_id, member, to_kind, to_id, revision_from) \
         SELECT from_kind, from_id, member, to_kind, to_id, ? FROM record_references \
         WHERE from_kind = 'commitment' AND from_id = ANY(?) AND revision_to = ?",
        [n(), Bind::Texts(ids), n()],
    ));
    write::together(connection, statements).await?;
    Ok(())
}

/// A numerator and the denominator it goes with.
#[derive(QueryableByName)]
struct Pair {
    #[diesel(sql_type = Text)]
    ratio: String,
    #[diesel(sql_type = Text)]
    publisher: String,
    #[diesel(sql_type = BigInt)]
    multiplier: i64,
    #[diesel(sql_type = Text)]
    numerator: String,
    #[diesel(sql_type = Text)]
    denominator: String,
    #[diesel(sql_type = Text)]
    numerator_value: String,
    #[diesel(sql_type = Text)]
    denominator_value: String,
    #[diesel(sql_type = Text)]
    body: String,
}

/// A computed row that is open.
#[derive(QueryableByName)]
struct Computed {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    body: String,
    #[diesel(sql_type = Text)]
    denominator: String,
}

/// Computes anew the ratios that these metrics and observations bear on.
async fn ratios(
    connection: &mut AsyncPgConnection,
    number: i64,
    metrics: Vec<String>,
    observations: Vec<String>,
) -> Result<(), Error> {
    if metrics.is_empty() && observations.is_empty() {
        return Ok(());
    }
    let wanted: Vec<(Pair, Draft)> = pairs(connection, &metrics, &observations)
        .await?
        .into_iter()
        .filter_map(|pair| computed(&pair).map(|draft| (pair, draft)))
        .collect();
    // The base of a ratio may have been redefined, so ratios of touched metrics are looked at as well.
    let sql = format!(
        "SELECT o.id, o.body, o.inputs[2] AS denominator FROM (\
         SELECT i.id FROM observations i WHERE i.computed AND i.revision_to = {OPEN} AND i.inputs && ? \
         UNION SELECT unnest(?) \
         UNION SELECT i.id FROM (SELECT unnest(?) AS id UNION SELECT m.id FROM metrics m WHERE m.ratio_numerator = ANY(?) \
         UNION SELECT m.id FROM metrics m WHERE m.ratio_denominator = ANY(?)) m CROSS JOIN LATERAL (\
         SELECT i.id FROM observations i WHERE i.metric = m.id AND i.computed AND i.revision_to = {OPEN} OFFSET 0) i) k \
         CROSS JOIN LATERAL (SELECT * FROM observations o WHERE o.id = k.id AND o.computed AND o.revision_to = {OPEN} OFFSET 0) o"
    );
    let ids = wanted.iter().map(|(_, draft)| draft.id.clone()).collect();
    let metrics = || Bind::Texts(metrics.clone());
    let binds = [Bind::Texts(observations), Bind::Texts(ids), metrics(), metrics(), metrics()];
    let open: Vec<Computed> = Statement::of(&sql, binds).get_results(connection).await?;
    let same = |row: &Computed, pair: &Pair, draft: &Draft| {
        row.id == draft.id && row.body == draft.body && row.denominator == pair.denominator
    };
    let closing: Vec<String> = open
        .iter()
        .filter(|row| !wanted.iter().any(|(pair, draft)| same(row, pair, draft)))
        .map(|row| row.id.clone())
        .collect();
    let opening: Vec<&(Pair, Draft)> =
        wanted.iter().filter(|(pair, draft)| !open.iter().any(|row| same(row, pair, draft))).collect();
    if closing.is_empty() && opening.is_empty() {
        return Ok(());
    }
    let mut statements = write::close(&observation::KIND, number, closing);
    let rows: Vec<Value> = opening.iter().map(|(pair, draft)| row(pair, draft)).collect();
    statements.extend(write::open(&observation::KIND, number, rows));
    let references: Vec<(&str, &str, Vec<Reference>)> = opening
        .iter()
        .map(|(pair, draft)| {
            let mut references = draft.references.clone();
            let inputs = [&pair.numerator, &pair.denominator].map(|id| RecordId(id.clone()));
            references.extend(inputs.iter().map(|id| Reference::new("/inputs", "observation", id)));
            (draft.id.as_str(), pair.publisher.as_str(), references)
        })
        .collect();
    let references = references.iter().map(|(id, publisher, references)| (*id, *publisher, references.as_slice()));
    statements.extend(write::refer(&observation::KIND, number, references));
    write::together(connection, statements).await?;
    Ok(())
}

/// Every numerator at head with its denominator: the same figure in all but the metric.
async fn pairs(
    connection: &mut AsyncPgConnection,
    metrics: &[String],
    observations: &[String],
) -> Result<Vec<Pair>, Error> {
    let agree: String = ["subject", "division_code", "scope", "reported_by"]
        .map(|column| format!(" AND d.{column} IS NOT DISTINCT FROM n.{column}"))
        .concat();
    // The touched side leads, so that a pair is found through an index whatever the ledger's size. OFFSET 0 keeps
    // that order: without statistics, as in a new ledger, another one may be chosen that joins every figure with
    // every other.
    let touched: BTreeSet<String> = metrics.iter().chain(observations).cloned().collect();
    let open = format!("revision_to = {OPEN}");
    let sql = format!(
        "WITH touched AS (SELECT o.metric, o.period FROM unnest(?) k(id) CROSS JOIN LATERAL (\
         SELECT * FROM observations o WHERE o.id = k.id AND o.{open} AND NOT o.computed OFFSET 0) o \
         UNION SELECT o.metric, o.period FROM observations o WHERE o.{open} AND NOT o.computed AND o.metric IN ( \
         SELECT m.id FROM metrics m WHERE m.id = ANY(?) UNION SELECT m.ratio_numerator FROM metrics m WHERE m.id = ANY(?) AND m.{open})), \
         r AS MATERIALIZED (SELECT DISTINCT r.id, r.publisher, r.ratio_multiplier, r.ratio_numerator, r.ratio_denominator, k.period \
         FROM touched k JOIN metrics r ON (r.ratio_numerator = k.metric OR r.ratio_denominator = k.metric) AND r.{open}) \
         SELECT DISTINCT r.id AS ratio, r.publisher, r.ratio_multiplier::bigint AS multiplier, n.id AS numerator, d.id AS denominator, \
         n.value::text AS numerator_value, d.value::text AS denominator_value, n.body \
         FROM r CROSS JOIN LATERAL (SELECT * FROM observations n WHERE n.metric = r.ratio_numerator AND n.period = r.period AND n.{open} \
         AND NOT n.computed OFFSET 0) n \
         CROSS JOIN LATERAL (SELECT * FROM observations d WHERE d.metric = r.ratio_denominator AND d.period = r.period AND d.{open} \
         AND NOT d.computed AND d.role = n.role{agree} OFFSET 0) d \
         JOIN metrics nm ON nm.id = n.metric AND nm.{open} \
         JOIN metrics dm ON dm.id = d.metric AND dm.{open} \
         AND coalesce(d.time_basis, dm.time_basis) = coalesce(n.time_basis, nm.time_basis) \
         WHERE NOT ARRAY[n.body::jsonb->>'obs_status', d.body::jsonb->>'obs_status'] && ?"
    );
    let touched = || Bind::Texts(touched.iter().cloned().collect());
    // What stands for a missing figure is no number.
    Ok(Statement::of(&sql, [touched(), touched(), touched(), Bind::Texts(ObsStatus::missing())])
        .get_results(connection)
        .await?)
}

/// Members a computed observation takes over from its numerator.
const INHERITED: [&str; 10] = [
    "commitment",
    "division_code",
    "period",
    "period_resolved_by",
    "period_stated",
    "report",
    "reported_by",
    "role",
    "scope",
    "subject",
];

/// The computed observation of a pair; none where the quotient is not a number the ledger keeps.
fn computed(pair: &Pair) -> Option<Draft> {
    let numerator: Value = serde_json::from_str(&pair.body).ok()?;
    let value = quotient(&pair.numerator_value, &pair.denominator_value, pair.multiplier)?;
    let mut body = json!({
        "id": format!("{}~{}", pair.ratio, pair.numerator),
        "publisher": pair.publisher,
        "metric": pair.ratio,
        "value": serde_json::from_str::<Value>(&value).ok()?,
    });
    for name in INHERITED {
        if let Some(value) = numerator.get(name) {
            body[name] = value.clone();
        }
    }
    Draft::computed(&observation::KIND, body, RevisionKind::NewData)
}

fn row(pair: &Pair, draft: &Draft) -> Value {
    let mut row = draft.row();
    let inputs = json!([pair.numerator, pair.denominator]);
    row["computed"] = true.into();
    row["derived"] = row["derived"]
        .as_str()
        .unwrap_or_default()
        .replacen("\"computed\":false,", &format!("\"computed\":true,\"inputs\":{inputs},"), 1)
        .into();
    row["inputs"] = inputs;
    row
}

/// numerator / denominator × multiplier to 4 decimals, half to even; exact, as decimal text.
pub fn quotient(numerator: &str, denominator: &str, multiplier: i64) -> Option<String> {
    let (numerator, denominator) = (Amount::parse(numerator)?, Amount::parse(denominator)?);
    let quotient = numerator.over(denominator, multiplier, 4)?;
    quotient.is_kept().then(|| quotient.to_string())
}
