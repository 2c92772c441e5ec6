//! The schema: reversible, and every column explained.

use open_commitments::db::migrate::{self, Direction};

use crate::support::data::small;
use crate::support::{Service, TestDatabase};

/// Everything a schema is made of, as text.
const SHAPE: &str = "SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
    SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || coalesce(column_default, '') AS line
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT conrelid::regclass || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace) shape";

#[actix_web::test]
async fn migrations_go_up_down_and_up_again_to_the_same_schema() {
    let database = TestDatabase::create().await;
    let before = database.text(SHAPE).await;
    let down = migrate::run(&database.url, "UTC", Direction::Down).await.expect("down");
    assert_eq!(down.len(), std::fs::read_dir("migrations").expect("migrations").count());
    let left =
        "SELECT count(*)::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname !~ '^__diesel'";
    assert_eq!(database.text(left).await, "0", "tables are left");
    let left =
        "SELECT count(*)::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname !~ '^diesel'";
    assert_eq!(database.text(left).await, "0", "functions are left");
    migrate::run(&database.url, "Asia/Shanghai", Direction::Up).await.expect("up");
    assert_eq!(database.text(SHAPE).await, before);
    assert!(migrate::run(&database.url, "UTC", Direction::Up).await.expect("again").is_empty());
    assert_eq!(database.text("SELECT time_zone FROM ledger").await, "Asia/Shanghai", "the zone is fixed at creation");
}

#[actix_web::test]
async fn every_table_and_column_carries_a_comment() {
    let database = TestDatabase::create().await;
    let bare = "SELECT coalesce(string_agg(c.relname || '.' || coalesce(a.attname, '(table)'), ', '), '') FROM pg_class c
        LEFT JOIN LATERAL (SELECT attname, attnum FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
            UNION ALL SELECT NULL, 0) a ON true
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname !~ '^__diesel'
            AND col_description(c.oid, a.attnum) IS NULL AND obj_description(c.oid) IS NOT NULL = (a.attnum > 0)";
    assert_eq!(database.text(bare).await, "");
}

#[actix_web::test]
async fn an_unknown_time_zone_founds_no_ledger() {
    let database = TestDatabase::create().await;
    migrate::run(&database.url, "UTC", Direction::Down).await.expect("down");
    assert!(migrate::run(&database.url, "Mars/Olympus", Direction::Up).await.is_err());
    migrate::run(&database.url, "UTC", Direction::Up).await.expect("up");
}

#[actix_web::test]
async fn starters_that_race_migrate_once() {
    let database = TestDatabase::create().await;
    migrate::run(&database.url, "UTC", Direction::Down).await.expect("down");
    let starts = (0..4).map(|_| migrate::run(&database.url, "UTC", Direction::Up));
    let run: Vec<usize> =
        futures_util::future::join_all(starts).await.into_iter().map(|run| run.expect("up").len()).collect();
    assert_eq!(run.iter().filter(|count| **count > 0).count(), 1, "{run:?}");
    assert_eq!(database.text("SELECT count(*)::text FROM ledger").await, "1");
}

#[actix_web::test]
async fn the_typed_columns_can_be_rebuilt_from_the_bodies() {
    // A publication of everything, into a second ledger, gives the same rows.
    let (one, two) = (Service::small().await, Service::empty().await);
    two.publishes(&small());
    let rows = "SELECT string_agg(t, E'\\n' ORDER BY t) FROM (SELECT c::text AS t FROM commitments c UNION ALL SELECT o::text FROM observations o
        UNION ALL SELECT r::text FROM reports r UNION ALL SELECT m::text FROM metrics m UNION ALL SELECT r::text FROM record_references r) rows";
    assert_eq!(one.database.text(rows).await, two.database.text(rows).await);
}
