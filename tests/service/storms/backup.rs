//! Backups: brought back whole, and nothing published before what came later is back.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use open_commitments::db::private_postgres::client_programs;
use serde_json::json;

use super::said;
use crate::following::programs::beside;
use crate::support::data::{self, commitment, publication};
use crate::support::{Service, Settings, TestDatabase, command, command_beside};

async fn run(database: &TestDatabase, words: &[&str]) -> Output {
    command_beside(words, &database.url).await
}

async fn done(database: &TestDatabase, words: &[&str]) -> String {
    let output = run(database, words).await;
    assert!(output.status.success(), "{words:?}: {}", said(&output));
    said(&output)
}

async fn refused(database: &TestDatabase, words: &[&str]) -> String {
    let output = run(database, words).await;
    assert_eq!(output.status.code(), Some(1), "{words:?}: {}", said(&output));
    said(&output)
}

fn name(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// Rows of all tables but the one that says how the ledger came here.
const ROWS: &str = "SELECT string_agg(t || rows, E'\\n' ORDER BY t) FROM (
    SELECT relname AS t, query_to_xml(format('SELECT t::text AS row FROM %I t ORDER BY 1', relname), true, true, '')::text AS rows
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'mirror') x";

/// As [`crate::migrations`] has it: what the schema guards, it guards after a restoration, too.
const GUARDS: &str = "SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
    SELECT indexdef AS line FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT conrelid::regclass || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace) shape";

const PATHS: [&str; 8] = [
    "/v1/commitments?limit=1000",
    "/v1/observations?limit=1000&revision=2",
    "/v1/search?q=Commitment",
    "/v1/changes?limit=1000",
    "/v1/summary",
    "/v1/warnings",
    "/v1/reports/two-s1/history",
    "/v1/revisions",
];

async fn answers_alike(one: &Service, other: &Service) {
    for path in PATHS {
        let (here, there) = (one.get(path).await, other.get(path).await);
        assert_eq!((here.status, &here.text), (200, &there.text), "{path}");
        assert_eq!(here.header("etag"), there.header("etag"), "{path}");
    }
}

#[actix_web::test]
async fn a_backup_restored_into_an_empty_database_has_every_row_guard_and_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ledger.backup");
    let service = Service::eventful().await;
    // What one that was killed left, for everybody to read.
    std::fs::write(folder.path().join("ledger.backup.partial"), "half").expect("a file");
    let key = service.key("org", &[]);
    let next = publication("new_data", json!({"commitments": [commitment("three", 3)]}));
    assert_eq!(service.post("/v1/revisions", &key, &next, &[("idempotency-key", "a")]).await.status, 201);
    let told = done(&service.database, &["backup", "-o", name(&file)]).await;
    let digest = service.get("/v1").await.json()["digest"].as_str().expect("a digest")[..8].to_owned();
    assert!(told.contains(&format!("6-{digest}")), "{told}");
    assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600, "it holds keys");
    assert!(!folder.path().join("ledger.backup.partial").exists());
    let database = TestDatabase::bare().await;
    let told = done(&database, &["restore", name(&file), "--without-mirror"]).await;
    assert!(told.contains("is whole up to 6-") && told.contains("can be published to"), "{told}");
    for query in [ROWS, GUARDS] {
        assert_eq!(database.text(query).await, service.database.text(query).await);
    }
    let restored = Service::on(database, Settings::default());
    answers_alike(&service, &restored).await;
    // Keys are as they were, and what was answered once is answered so again.
    let again = restored.post("/v1/revisions", &key, &next, &[("idempotency-key", "a")]).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"), "{}", again.text);
    restored.publishes(&publication("new_data", json!({"commitments": [commitment("four", 4)]})));
    // Neither is a ledger that is there overwritten, nor does a file that is no backup leave anything behind.
    let told = refused(&restored.database, &["restore", name(&file), "--without-mirror"]).await;
    assert!(told.contains("not empty") && restored.head().await == 7, "{told}");
    let whole = std::fs::read(&file).expect("the backup");
    let other = TestDatabase::bare().await;
    for damaged in [&whole[..whole.len() / 2], b"no backup"] {
        std::fs::write(&file, damaged).expect("a file");
        let told = refused(&other, &["restore", name(&file), "--without-mirror"]).await;
        assert!(told.contains("pg_restore") && !told.contains("panicked"), "{told}");
        assert_eq!(
            other.text("SELECT count(*)::text FROM pg_class WHERE relnamespace = 'public'::regnamespace").await,
            "0"
        );
    }
}

#[actix_web::test]
async fn after_an_older_backup_nothing_is_published_before_a_mirror_has_given_back_what_came_later() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("old");
    let lost = Service::small().await;
    done(&lost.database, &["backup", "-o", name(&file)]).await;
    for publication in data::events() {
        lost.publishes(&publication);
    }
    let mirror = TestDatabase::bare().await;
    done(&mirror, &["mirror", "--from", &lost.url]).await;
    let mirror = Service::on(mirror, Settings::default());
    // The follower knows revision 5; the ledger is lost, and an older one stands in its place.
    let last = lost.get("/v1").await.json();
    let place = format!("/v1/changes?after=5-{}", last["digest"].as_str().expect("a digest"));
    let database = TestDatabase::bare().await;
    let told = done(&database, &["restore", name(&file)]).await;
    assert!(told.contains("--mirror URL") && told.contains("--without-mirror"), "{told}");
    let restored = Service::on(database, Settings::default());
    let next = publication("new_data", json!({"commitments": [commitment("three", 3)]}));
    let told = restored.refuses(&next);
    assert!(told.contains("restore --mirror"), "{told}");
    let key = restored.key("org", &[]);
    let answer = restored.post("/v1/revisions", &key, &next, &[]).await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "ledger-restored"));
    assert!(!answer.header("retry-after").is_empty());
    assert_eq!(restored.head().await, 1, "reads go on");
    assert_eq!(restored.get("/health/ready").await.json()["mirror"]["restored"], true);
    let told = refused(&restored.database, &["mirror", "--promote"]).await;
    assert!(told.contains("restore --mirror"), "{told}");
    // A follower is asked to wait, not told that its history is another.
    let ahead = restored.get(&place).await;
    assert_eq!((ahead.status, ahead.problem().as_str()), (503, "mirror-behind"));
    let told = done(&restored.database, &["restore", "--mirror", &mirror.url]).await;
    assert!(told.contains("4 revisions came back") && told.contains("can be published to"), "{told}");
    answers_alike(&lost, &restored).await;
    assert!(restored.get("/health/ready").await.json().get("mirror").is_none());
    assert_eq!(restored.get(&place).await.status, 200);
    assert_eq!(restored.post("/v1/revisions", &key, &next, &[]).await.status, 201);
    done(&restored.database, &["verify"]).await;
    // The mirror goes on with it.
    done(&mirror.database, &["mirror", "--from", &restored.url]).await;
    assert_eq!(mirror.head().await, 6);
}

#[actix_web::test]
async fn a_backup_is_marked_as_restored_from_the_moment_it_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("newer's");
    let service = Service::small().await;
    // A restoration that ends once the backup is there.
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')";
    service.database.sql(newer).await.expect("a later migration");
    let bin_dir = std::env::var_os("PG_BIN_DIR").map(PathBuf::from);
    let programs = client_programs(&["pg_dump"], 14, bin_dir.as_deref()).expect("PostgreSQL's programs");
    let mut dump = Command::new(programs.join("pg_dump"));
    dump.args(["--format=custom", "--file", name(&file), &service.database.url]);
    assert!(beside(move || dump.status()).await.expect("pg_dump").success());
    let database = TestDatabase::bare().await;
    let told = refused(&database, &["restore", name(&file), "--without-mirror"]).await;
    assert!(told.contains("29991231000000"), "{told}");
    assert_eq!(database.text("SELECT upstream FROM mirror WHERE restored").await, name(&file));
    let told = refused(&database, &["restore", name(&file), "--without-mirror"]).await;
    assert!(told.contains("without naming the file"), "{told}");
}

/// PostgreSQL's programs as of version 17 set what servers before do not know.
#[actix_web::test]
async fn newer_programs_in_a_folder_named_from_here_back_an_older_server_up_and_bring_it_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let bin_dir = std::env::var_os("PG_BIN_DIR").map(PathBuf::from);
    let programs = client_programs(&["pg_dump", "pg_restore", "psql"], 14, bin_dir.as_deref()).expect("programs");
    for (program, begins) in [("pg_dump", ""), ("pg_restore", "echo 'SET transaction_timeout = 0;'; "), ("psql", "")] {
        // Written by another process: one that is forked here meanwhile would keep the file busy.
        let script = format!("#!/bin/sh\n{begins}exec {} \"$@\"\n", programs.join(program).display());
        let mut writer = Command::new("sh");
        writer.args(["-c", "printf %s \"$1\" > \"$2\" && chmod 755 \"$2\"", "sh", &script]);
        assert!(writer.arg(folder.path().join(program)).status().expect("sh").success());
    }
    let up = "../".repeat(std::env::current_dir().expect("a folder").components().count() - 1);
    let bin_dir = format!("{up}{}", name(folder.path()).trim_start_matches('/'));
    let file = folder.path().join("ledger.backup");
    let (service, database) = (Service::small().await, TestDatabase::bare().await);
    for (database, words) in [
        (&service.database, vec!["backup".to_owned(), "-o".into(), name(&file).into()]),
        (&database, vec!["restore".to_owned(), name(&file).into(), "--without-mirror".into()]),
    ] {
        let (url, bin_dir) = (database.url.clone(), bin_dir.clone());
        let output = beside(move || {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            command(&words, &[("DATABASE_URL", &url), ("PG_BIN_DIR", &bin_dir)], "")
        });
        let output = output.await;
        assert!(output.status.success(), "{}", said(&output));
    }
    assert_eq!(database.head().await, Some(1));
}

#[actix_web::test]
async fn a_backup_that_does_not_verify_is_not_published_to_either() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tampered");
    let service = Service::small().await;
    let tampering = "ALTER TABLE commitments DISABLE TRIGGER ALL; \
                     UPDATE commitments SET body = replace(body, 'Commitment 1', 'Commitment I')";
    service.database.sql(tampering).await.expect("tampered");
    done(&service.database, &["backup", "-o", name(&file)]).await;
    let database = TestDatabase::bare().await;
    let told = refused(&database, &["restore", name(&file), "--without-mirror"]).await;
    assert!(told.contains("commitment one"), "{told}");
    let restored = Service::on(database, Settings::default());
    let next = publication("new_data", json!({"commitments": [commitment("three", 3)]}));
    let again = refused(&restored.database, &["restore", "--without-mirror"]).await;
    assert!(again.contains("commitment one"), "{again}");
    let told = restored.refuses(&next);
    assert!(told.contains("restore --mirror"), "{told}");
}

#[actix_web::test]
async fn whoever_follows_what_was_lost_for_good_is_told_that_the_history_is_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, bundle) = (folder.path().join("old"), folder.path().join("bundle.gz"));
    let lost = Service::small().await;
    done(&lost.database, &["backup", "-o", name(&file)]).await;
    for publication in data::events() {
        lost.publishes(&publication);
    }
    done(&lost.database, &["bundle", "--after", "1", "-o", name(&bundle)]).await;
    let last = lost.get("/v1").await.json();
    let place = format!("/v1/changes?after=5-{}", last["digest"].as_str().expect("a digest"));
    let database = TestDatabase::bare().await;
    done(&database, &["restore", name(&file), "--without-mirror"]).await;
    let restored = Service::on(database, Settings::default());
    restored.publishes(&publication("new_data", json!({"commitments": [commitment("three", 3)]})));
    let answer = restored.get(&place).await;
    assert_eq!((answer.status, answer.problem().as_str()), (410, "history-diverged"));
    // Whoever comes with the lost revisions now comes too late, and is told so; publishing stops until somebody decides.
    for from in [lost.url.as_str(), name(&bundle)] {
        let told = refused(&restored.database, &["restore", "--mirror", from]).await;
        assert!(told.contains("from revision 2 on"), "{told}");
        assert!(restored.refuses(&data::events()[1]).contains("restore --mirror"));
        done(&restored.database, &["restore", "--without-mirror"]).await;
    }
    // The same bundle in time is as good as a mirror.
    let database = TestDatabase::bare().await;
    let told = done(&database, &["restore", name(&file), "--mirror", name(&bundle)]).await;
    assert!(told.contains("4 revisions came back") && told.contains("can be published to"), "{told}");
    answers_alike(&lost, &Service::on(database, Settings::default())).await;
}

#[actix_web::test]
async fn a_backup_of_a_copy_is_a_copy_and_restore_without_words_is_a_usage_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("copy");
    let upstream = Service::small().await;
    let copy = TestDatabase::bare().await;
    done(&copy, &["mirror", "--from", &upstream.url]).await;
    done(&copy, &["backup", "-o", name(&file)]).await;
    upstream.publishes(&data::events()[0]);
    done(&copy, &["mirror", "--from", &upstream.url]).await;
    let (copy, bundle) = (Service::on(copy, Settings::default()), folder.path().join("bundle"));
    done(&copy.database, &["bundle", "-o", name(&bundle)]).await;
    let mut restored = Vec::new();
    // Whoever fills it up.
    for mirror in [&upstream.url, &copy.url, name(&bundle)] {
        let database = TestDatabase::bare().await;
        let told = done(&database, &["restore", name(&file), "--mirror", mirror]).await;
        assert!(told.contains("1 revisions came back"), "{told}");
        assert!(told.contains(&format!("a copy of {} as before", upstream.url)), "{told}");
        restored.push(Service::on(database, Settings::default()));
    }
    let restored = &restored[0];
    assert!(restored.refuses(&data::events()[1]).contains("mirror --promote"));
    assert_eq!(run(&restored.database, &["restore"]).await.status.code(), Some(2));
    let told = refused(&restored.database, &["backup", "-o", "/nowhere/at/all"]).await;
    assert!(told.contains("/nowhere/at/all"), "{told}");
}
