//! A database whose processes do not move: nothing answers, and nothing is refused either. On servers of their own, since
//! the others would stand still with them.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use super::outages::{PATIENCE, assert_outage};
use super::stays_stale;
use crate::following::programs::beside;
use crate::support::data::{self, commitment, publication};
use crate::support::{Service, Settings, TestDatabase};

/// A read for which the pool is asked, and none of the slow ones, which have not all of its connections.
fn looked_up() -> String {
    let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Nanos, true);
    format!("/v1/commitments/one?as_of={now}")
}

/// Stops processes that serve a database; false where that is not possible. They go on after a while whatever becomes of
/// the test: the whole server waits for a process that does not move.
const FREEZE: &str = "kill -STOP \"$@\" || exit 1; (sleep 15; kill -CONT \"$@\") > /dev/null 2>&1 &";
const FREEZE_LONG: &str = "kill -STOP \"$@\" || exit 1; (sleep 90; kill -CONT \"$@\") > /dev/null 2>&1 &";
const THAW: &str = "kill -CONT \"$@\"";

async fn signal(processes: &[i32], script: &'static str) -> bool {
    let processes: Vec<String> = processes.iter().map(i32::to_string).collect();
    let run =
        move || Command::new("sh").args(["-c", script, "sh"]).args(processes).status().expect("a shell").success();
    beside(run).await
}

#[actix_web::test]
async fn a_server_that_freezes_is_a_503_soon_and_what_it_held_is_let_go() {
    let settings = Settings { statement_timeout: Duration::from_secs(1), ..Settings::default() };
    let service = Service::on(TestDatabase::apart().await, settings);
    service.publishes(&data::small());
    let operator = service.database.beside().await;
    let paths: Vec<String> = (0..8).map(|_| looked_up()).collect();
    for answer in futures_util::future::join_all(paths.iter().map(|path| service.get(path))).await {
        assert_eq!(answer.status, 200);
    }
    let name = &service.database.name;
    // Those of the pool, by what they did last.
    let serving =
        format!("SELECT pid FROM pg_stat_activity WHERE datname = '{name}' AND query LIKE 'WITH b AS MATERIALIZED%'");
    let client = operator.client().await;
    let serving: Vec<i32> = client.query(&serving, &[]).await.expect("rows").iter().map(|row| row.get(0)).collect();
    assert!(!serving.is_empty());
    if !signal(&serving, FREEZE).await {
        eprintln!("skipped: the server's processes are not ours to stop");
        return;
    }
    let paths: Vec<String> = serving.iter().map(|_| looked_up()).collect();
    let since = Instant::now();
    for answer in futures_util::future::join_all(paths.iter().map(|path| service.get(path))).await {
        // Some find a connection that is new, and not frozen.
        if answer.status != 200 {
            assert_outage(&answer, since);
        }
    }
    // It does not take the frozen ones to wake up.
    assert_eq!(service.get(&looked_up()).await.status, 200);
    assert!(signal(&serving, THAW).await);
    let left = format!("SELECT count(*)::text FROM pg_stat_activity WHERE pid = ANY(ARRAY{serving:?})");
    let since = Instant::now();
    while operator.text(&left).await != "0" {
        assert!(since.elapsed() < PATIENCE, "connections that nobody uses stay open");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The server's processes, the one that takes connections first.
async fn processes(database: &TestDatabase) -> Vec<i32> {
    let client = database.client().await;
    let folder: String = client.query_one("SHOW data_directory", &[]).await.expect("a row").get(0);
    let first = beside(move || std::fs::read_to_string(format!("{folder}/postmaster.pid")).expect("a file")).await;
    let mut processes = vec![first.lines().next().expect("a line").trim().parse().expect("a number")];
    let rows = client.query("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()", &[]).await.expect("rows");
    processes.extend(rows.iter().map(|row| row.get::<_, i32>(0)));
    processes
}

#[actix_web::test]
async fn publishing_to_a_server_that_freezes_is_a_503_and_what_was_begun_is_not_there_in_part() {
    let settings = Settings { statement_timeout: Duration::from_secs(1), ..Settings::default() };
    let service = Service::on(TestDatabase::apart().await, settings);
    service.publishes(&data::small());
    let key = service.key("org", &[]);
    let next = publication("new_data", json!({"commitments": [commitment("three", 3), commitment("four", 4)]}));
    let again = [("idempotency-key", "once")];
    let kept = service.get("/v1/commitments").await;
    assert_eq!((kept.status, kept.ids().len()), (200, 2));
    // It waits for the lock of somebody else, so that it is in its midst when all stands still.
    let locker = service.database.client().await;
    locker.batch_execute("BEGIN; LOCK TABLE head IN ACCESS EXCLUSIVE MODE").await.expect("locked");
    let operator = service.database.client().await;
    let waits =
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%head%FOR UPDATE%'";
    let storm = async {
        let since = Instant::now();
        while operator.query_one(waits, &[]).await.expect("a row").get::<_, i64>(0) == 0 {
            assert!(since.elapsed() < PATIENCE, "the publication does not wait");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let processes = processes(&service.database).await;
        let frozen = signal(&processes, FREEZE_LONG).await;
        (processes, frozen)
    };
    let since = Instant::now();
    let publishing = service.post("/v1/revisions", &key, &next, &again);
    let (answer, (processes, frozen)) = futures_util::future::join(publishing, async {
        let (processes, frozen) = storm.await;
        if !frozen {
            locker.batch_execute("ROLLBACK").await.expect("free");
        }
        (processes, frozen)
    })
    .await;
    if !frozen {
        eprintln!("skipped: the server's processes are not ours to stop");
        return;
    }
    assert_eq!((answer.status, answer.problem().as_str()), (503, "database-unavailable"), "{}", answer.text);
    assert!(answer.text.contains("Idempotency-Key") && !answer.header("retry-after").is_empty(), "{}", answer.text);
    assert!(since.elapsed() < Duration::from_secs(60), "{:?}", since.elapsed());
    // Keys are looked up there, too.
    let since = Instant::now();
    let answer = service.post("/v1/revisions", &key, &next, &again).await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "database-unavailable"), "{}", answer.text);
    assert!(since.elapsed() < Duration::from_secs(30), "{:?}", since.elapsed());
    stays_stale(&service, "/v1/commitments", &kept).await;
    assert!(signal(&processes, THAW).await);
    locker.batch_execute("ROLLBACK").await.expect("free");
    let since = Instant::now();
    let answer = loop {
        let answer = service.post("/v1/revisions", &key, &next, &again).await;
        if answer.status != 503 {
            break answer;
        }
        assert!(since.elapsed() < PATIENCE, "publishing does not come back: {}", answer.text);
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!((service.head().await, answer.json()["revision"].as_i64()), (2, Some(2)), "once, and whole");
    let verified = service.run(&["verify"], "");
    assert!(verified.status.success(), "{}", super::said(&verified));
    let since = Instant::now();
    while service.get("/v1/commitments").await.ids().len() != 4 {
        assert!(since.elapsed() < PATIENCE, "what is there is not read");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
