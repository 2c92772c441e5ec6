//! The database gone, frozen, full, refusing, read-only, changed under us: others get a 503 soon, and it all comes back.

use std::time::{Duration, Instant};

use open_commitments::db;
use open_commitments::db::statement::Statement;
use serde_json::json;

use super::{memory, open_files, stays_stale};
use crate::following::programs::{Door, Served};
use crate::support::data::{commitment, publication};
use crate::support::{Answer, Service, Settings, TestDatabase};

/// How long a 503 may take: the wait for a connection and a second.
const SOON: Duration = Duration::from_secs(6);
/// How long anything may take to come back.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A read that nobody asked before, so that no answer is kept.
fn uncached() -> String {
    static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    format!("/v1/commitments?limit={}&count=exact&number={number}", 1 + number % 1000)
}

pub fn assert_outage(answer: &Answer, since: Instant) {
    assert_eq!((answer.status, answer.problem().as_str()), (503, "database-unavailable"), "{}", answer.text);
    assert!(answer.header("retry-after").parse::<u32>().expect("seconds") > 0);
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
}

/// Waits until a read is answered again.
async fn comes_back(service: &Service) {
    let since = Instant::now();
    loop {
        let answer = service.get(&uncached()).await;
        if answer.status == 200 {
            return;
        }
        assert_eq!(answer.status, 503, "{}", answer.text);
        assert!(since.elapsed() < PATIENCE, "it does not come back: {}", answer.text);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A service whose database user is nobody special, as in production; none where users need passwords.
async fn plain() -> Option<(Service, TestDatabase, String)> {
    let operator = TestDatabase::create().await;
    let mut database = TestDatabase::create().await;
    let name = database.name.clone();
    let Some((_, place)) = database.url.split_once("://postgres@") else {
        eprintln!("skipped: on a server that is not the tests' own");
        return None;
    };
    let url = format!("postgresql://{name}_role@{place}");
    let rights = format!(
        "CREATE ROLE {name}_role LOGIN; GRANT pg_read_all_data, pg_write_all_data TO {name}_role;
         GRANT ALL ON DATABASE {name} TO {name}_role"
    );
    database.sql(&rights).await.expect("a role");
    database.url = url;
    Some((Service::on(database, Settings::default()), operator, format!("{name}_role")))
}

/// Ends what the service has of connections.
async fn disconnect(service: &Service, operator: &TestDatabase) {
    let name = &service.database.name;
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    operator.sql(&end).await.expect("terminated");
}

#[actix_web::test]
async fn a_server_without_connections_to_give_is_a_503_until_it_has_some() {
    let Some((service, operator, role)) = plain().await else { return };
    assert_eq!(service.get(&uncached()).await.status, 200, "a user without special rights will do");
    let kept = service.get("/v1/commitments").await;
    operator.sql(&format!("ALTER ROLE {role} CONNECTION LIMIT 0")).await.expect("a limit");
    disconnect(&service, &operator).await;
    for path in [uncached(), uncached(), "/v1/commitments/never-asked".into(), "/health/ready".into()] {
        let since = Instant::now();
        assert_outage(&service.get(&path).await, since);
    }
    stays_stale(&service, "/v1/commitments", &kept).await;
    operator.sql(&format!("ALTER ROLE {role} CONNECTION LIMIT -1")).await.expect("no limit");
    comes_back(&service).await;
    operator.sql(&format!("ALTER ROLE {role} NOLOGIN")).await.expect("no login");
    disconnect(&service, &operator).await;
    let since = Instant::now();
    assert_outage(&service.get(&uncached()).await, since);
    stays_stale(&service, "/v1/commitments", &kept).await;
    operator.sql(&format!("ALTER ROLE {role} LOGIN")).await.expect("login");
    comes_back(&service).await;
    drop(service);
    // Roles are the whole server's.
    let since = Instant::now();
    while operator.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await.is_err() {
        if since.elapsed() > PATIENCE {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[actix_web::test]
async fn a_server_that_only_reads_goes_on_reading_and_publishing_is_a_503() {
    let service = Service::small().await;
    let operator = TestDatabase::create().await;
    let (name, key) = (service.database.name.clone(), service.key("org", &[]));
    operator.sql(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await.expect("read-only");
    disconnect(&service, &operator).await;
    comes_back(&service).await;
    let next = publication("new_data", json!({"commitments": [commitment("three", 3)]}));
    let since = Instant::now();
    assert_outage(&service.post("/v1/revisions", &key, &next, &[]).await, since);
    assert_eq!(service.get(&uncached()).await.status, 200);
    let told = service.refuses(&next);
    assert!(told.contains("read-only") && !told.contains("panicked"), "{told}");
    operator.sql(&format!("ALTER DATABASE {name} RESET default_transaction_read_only")).await.expect("writable");
    disconnect(&service, &operator).await;
    comes_back(&service).await;
    assert_eq!(service.post("/v1/revisions", &key, &next, &[]).await.status, 201);
}

#[actix_web::test]
async fn a_schema_that_is_changed_under_the_service_is_a_503_until_it_is_back() {
    let service = Service::small().await;
    assert_eq!(service.get(&uncached()).await.status, 200);
    for (away, back) in [
        ("ALTER TABLE commitments RENAME TO gone", "ALTER TABLE gone RENAME TO commitments"),
        ("ALTER TABLE head RENAME TO gone", "ALTER TABLE gone RENAME TO head"),
        ("ALTER TABLE commitments RENAME number TO gone", "ALTER TABLE commitments RENAME gone TO number"),
    ] {
        service.database.sql(away).await.expect("changed");
        let since = Instant::now();
        assert_outage(&service.get("/v1/commitments?sort=number&number=1").await, since);
        service.database.sql(back).await.expect("changed back");
        assert_eq!(service.get("/v1/commitments?sort=number&number=1").await.status, 200, "{away}");
    }
}

#[actix_web::test]
async fn a_statement_that_an_operator_ends_is_a_503_at_once() {
    let service = Service::small().await;
    let locker = service.database.client().await;
    locker.batch_execute("BEGIN; LOCK TABLE commitments IN ACCESS EXCLUSIVE MODE").await.expect("locked");
    // Not the locker's own: within a transaction it would see the same all the time.
    let operator = service.database.client().await;
    let ended = async {
        let end = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let since = Instant::now();
        while operator.query(end, &[]).await.expect("an answer").is_empty() {
            assert!(since.elapsed() < PATIENCE, "no statement waits");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let (path, since) = (uncached(), Instant::now());
    let (answer, ()) = futures_util::future::join(service.get(&path), ended).await;
    assert_outage(&answer, since);
    locker.batch_execute("ROLLBACK").await.expect("free");
    assert_eq!(service.get(&uncached()).await.status, 200);
}

#[actix_web::test]
async fn outages_leave_no_connection_file_or_memory_behind() {
    let service = Service::small().await;
    let operator = TestDatabase::create().await;
    let door = Door::open();
    let served = Served::start(&service.database.url, &door).await;
    let (process, url) = (served.process(), door.url.clone());
    let ask = async |count: usize| {
        let paths: Vec<String> = (0..count).map(|_| format!("{url}{}", uncached())).collect();
        let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().expect("a client");
        let answers =
            paths.iter().map(async |path| client.get(path).send().await.map(|answer| answer.status().as_u16()));
        futures_util::future::join_all(answers).await
    };
    let storm = async || {
        disconnect(&service, &operator).await;
        for status in ask(40).await.into_iter().flatten() {
            assert!([200, 503].contains(&status), "{status}");
        }
    };
    for _ in 0..3 {
        storm().await;
    }
    let (Some(files), Some(bytes)) = (open_files(process), memory(process)) else {
        eprintln!("skipped: this system does not tell what a process holds");
        return;
    };
    for _ in 0..15 {
        storm().await;
    }
    let since = Instant::now();
    // What is on its way out takes a moment.
    while open_files(process).expect("files") > files + 8 {
        assert!(since.elapsed() < PATIENCE, "{files} files became {:?}", open_files(process));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let now = memory(process).expect("memory");
    assert!(now < bytes + (24 << 20), "{bytes} bytes became {now}");
    let held = format!(
        "SELECT count(*)::text FROM pg_stat_activity WHERE datname = '{}' AND application_name = 'open-commitments'",
        service.database.name
    );
    let held: usize = operator.text(&held).await.parse().expect("a number");
    assert!(held <= 4 + 8, "{held} connections of two services with at most 4 and 8");
    served.stop();
}

#[actix_web::test]
async fn errors_of_the_server_are_outages_or_defects_by_their_code() {
    let database = TestDatabase::create().await;
    let client = database.client().await;
    let outages = [
        "08006", "53000", "53100", "53200", "53300", "53400", "57014", "57P01", "57P02", "57P03", "57P04", "57P05",
        "58030", "58P01", "25006", "25P03", "55P03", "40001", "40P01",
    ];
    for (codes, passes) in [(outages.as_slice(), true), (&["22012", "23505", "42601", "XX000"], false)] {
        for code in codes {
            let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'etwas' USING ERRCODE = '{code}'; END $$");
            let error = db::Error::from(client.batch_execute(&raise).await.expect_err("an error"));
            assert_eq!(matches!(error, db::Error::Unavailable(_)), passes, "{code}: {error}");
        }
    }
}

#[actix_web::test]
async fn the_server_is_asked_for_words_that_errors_are_told_apart_by() {
    #[derive(diesel::QueryableByName)]
    struct Setting {
        #[diesel(sql_type = diesel::sql_types::Text)]
        messages: String,
    }
    let service = Service::empty().await;
    let name = &service.database.name;
    service.database.sql(&format!("ALTER DATABASE {name} SET lc_messages = 'POSIX'")).await.expect("another language");
    let ask = || {
        service.state.database.rows::<Setting>(Statement::of("SELECT current_setting('lc_messages') AS messages", []))
    };
    assert_eq!(ask().await.expect("a row")[0].messages, "C");
}
