//! What PostgreSQL does for each list, measured in pages it touches: at head, and far in the past.

use chrono::Utc;
use diesel_async::SimpleAsyncConnection;
use open_commitments::db::read::At;
use open_commitments::db::read::figure::{self, Wanted};
use open_commitments::db::read::list::indexed::INDEXED;
use open_commitments::db::read::list::{self, Page};
use open_commitments::db::statement::Statement;
use open_commitments::model::kind::{BY_ID, Kind, Sort};
use open_commitments::model::kinds;
use serde_json::json;

use crate::support::data::{organization, publication};
use crate::support::{TestDatabase, publish_at};

/// Revisions the rows are spread over.
const REVISIONS: i64 = 100;
/// Pages (8 KiB) that a page of 50 may touch, whatever the size of the ledger.
const BOUND: i64 = 700;

/// Fills the tables of records below the interface, each revision with its share of `rows` of each kind.
async fn fill(database: &TestDatabase, rows: i64) {
    let share = rows / REVISIONS;
    for n in 1..=REVISIONS {
        let (first, last) = ((n - 1) * share, n * share - 1);
        let row = |kind: &str, columns: &str, values: &str| {
            format!(
                "INSERT INTO {kind} (id, publisher, body, derived, changed_in, search, revision_from, {columns}) \
                 SELECT 'r' || i, 'p' || i % 20, '{{\"id\":\"r' || i || '\"}}', '', {n}, 'words'::tsvector, {n}, {values} \
                 FROM generate_series({first}::int, {last}::int) i;\n"
            )
        };
        let days = "DATE '2020-01-01' + i / 50";
        let sql = format!(
            "BEGIN;
             INSERT INTO revisions VALUES ({n}, 'new_data', 'org', '{{}}', decode(repeat('ab', 16), 'hex'), decode(repeat('ab', 32), 'hex'),
                 clock_timestamp(), decode(repeat('cd', 32), 'hex'), 1);
             UPDATE head SET revision = {n}, digest = r.digest, published_at = r.published_at FROM revisions r WHERE r.revision = {n};
             {organizations}{programmes}{commitments}{reports}{metrics}{observations}{targets}{sources}
             INSERT INTO kind_changes SELECT k, {n} FROM unnest(ARRAY['organization', 'programme', 'commitment', 'report', 'metric', 'observation', 'target', 'source']) k;
             COMMIT;",
            organizations = row("organizations", "division_code, parent", "lpad((i % 999999)::text, 6, '0'), 'r' || i % 500"),
            programmes = row("programmes", "organization, year, announced_on", &format!("'r' || i % 500, 1990 + i % 40, {days}")),
            commitments = row("commitments", "programme, number, organizations, topics, due_on, status",
                &format!("'r' || i / 20, i % 20, ARRAY['r' || i % 500], ARRAY['t' || i % 30], {days}, CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN 'delayed' ELSE 'completed' END")),
            reports = row("reports", "commitment, reported_on, period, period_end, status, assessor",
                &format!("'r' || i / 5, {days}, '2020', {days}, CASE i % 3 WHEN 0 THEN 'delayed' ELSE 'completed' END, 'self_reported'")),
            metrics = row("metrics", "unit, time_basis", "'u' || i % 50, 'period_flow'"),
            observations = row("observations", "metric, role, subject, division_code, period, period_end, value, commitment, report, computed",
                &format!("'r' || i % 200 * (i % 2), 'actual', 'r' || i % 500, lpad((i % 999999)::text, 6, '0'), 'p' || i, {days}, i % 10000, 'r' || i / 10, 'r' || i / 10, false")),
            targets = row("targets", "metric, commitment, due_on, value", &format!("'r' || i % 200, 'r' || i / 3, {days}, i % 10000")),
            sources = row("sources", "published_on", days),
        );
        database.sql(&sql).await.expect("rows");
    }
    database.sql("VACUUM ANALYZE").await.expect("analysed");
}

fn sorts(kind: &'static Kind, text: &str) -> Vec<(&'static Sort, bool)> {
    let mut sorts: Vec<(&'static Sort, bool)> = text
        .split(',')
        .map(|name| (kind.sort(name.trim_start_matches('-')).expect("a sort"), name.starts_with('-')))
        .collect();
    if text != "id" {
        let descends = sorts[0].1;
        sorts.push((&BY_ID, descends));
    }
    sorts
}

#[derive(diesel::QueryableByName)]
struct Explained {
    #[diesel(sql_type = diesel::sql_types::Json)]
    #[diesel(column_name = "QUERY PLAN")]
    plan: serde_json::Value,
}

async fn pages_touched(database: &TestDatabase, statement: Statement) -> (i64, String) {
    use diesel_async::RunQueryDsl;
    let mut connection = database.connection().await;
    let rows: Vec<Explained> = statement.get_results(&mut connection).await.expect("a plan");
    let plan = &rows[0].plan[0]["Plan"];
    let count = |name: &str| plan[name].as_i64().unwrap_or_default();
    (count("Shared Hit Blocks") + count("Shared Read Blocks"), plan.to_string())
}

/// Pages that publishing one more figure touches.
async fn pages_of_publishing(database: &TestDatabase) -> i64 {
    let mut connection = database.connection().await;
    let metric = json!({"id": "cases", "name": {"en": "Cases"}, "unit": {"code": "case"}, "time_basis": "period_flow"});
    let first = publication("new_data", json!({"organizations": [organization("org")], "metrics": [metric]}));
    publish_at(&mut connection, &first, Utc::now).await;
    // What a session counts is told to others when it is asked to, at the end of a transaction.
    let touched =
        "SELECT sum(heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read)::text FROM pg_statio_user_tables";
    let mut told = Vec::new();
    for period in ["2020-S1", "2020-S2"] {
        let figure =
            json!({"id": format!("cases-{}", period.to_lowercase()), "metric": "cases", "period": period, "value": 3});
        publish_at(&mut connection, &publication("new_data", json!({"observations": [figure]})), Utc::now).await;
        connection.batch_execute("SELECT pg_stat_force_next_flush()").await.expect("told");
        told.push(database.text(touched).await.parse::<i64>().expect("a number"));
    }
    told[1] - told[0]
}

async fn check(rows: i64) {
    let database = TestDatabase::create().await;
    fill(&database, rows).await;
    let mut over = Vec::new();
    let mut most = 0;
    for (collection, filter, sort) in INDEXED {
        let kind = kinds::collected(collection).expect("a collection");
        let value = match *filter {
            "status" => "delayed",
            "year" => "2001",
            "unit" => "u7",
            "publisher" => "p7",
            _ => "r3",
        };
        let filters: Vec<_> = kind.filter(filter).map(|filter| (filter, vec![value.to_owned()])).into_iter().collect();
        assert_eq!(filters.is_empty(), filter.is_empty(), "{collection} has no filter {filter}");
        let sorts = sorts(kind, sort);
        for revision in [None, Some(REVISIONS / 2), Some(REVISIONS / 100)] {
            let page =
                Page { kind, filters: &filters, sorts: &sorts, includes: &[], after: None, rows: 51, count: false };
            let at = revision.map_or(At::Head, At::Revision);
            let (touched, plan) = pages_touched(&database, list::explained(&page, at, Utc::now())).await;
            most = most.max(touched);
            if touched > BOUND {
                over.push(format!(
                    "{collection}?{filter}&sort={sort} at {revision:?}: {touched} pages\n{}",
                    &plan[..plan.len().min(300)]
                ));
            }
        }
    }
    // Half of all figures are of this metric.
    for revision in [At::Head, At::Revision(REVISIONS / 2)] {
        let wanted = Wanted { metric: "r0".to_owned(), ..Wanted::default() };
        let mut explained = Statement::of("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ", []);
        explained.append(figure::statement(&wanted, revision, Utc::now()));
        let (touched, _) = pages_touched(&database, explained).await;
        most = most.max(touched);
        if touched > BOUND {
            over.push(format!("the figure of a metric at {revision:?}: {touched} pages"));
        }
    }
    println!("{rows} rows of each kind: at most {most} pages touched");
    assert!(over.is_empty(), "{}", over.join("\n"));
    let published = pages_of_publishing(&database).await;
    println!("and {published} by publishing one figure");
    assert!(published < BOUND, "publishing one figure touched {published} pages");
}

#[actix_web::test]
async fn indexed_lists_touch_few_pages_at_twenty_thousand_rows() {
    check(20_000).await;
}

#[actix_web::test]
#[ignore = "long: minutes"]
async fn indexed_lists_touch_few_pages_at_a_million_rows() {
    check(1_000_000).await;
}
