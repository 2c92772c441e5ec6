//! What the machine does to it: disks that fill, clocks that jump, releases and servers of other versions.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::said;
use crate::following::programs::{Door, Served, beside};
use crate::support::data::{self, commitment, publication};
use crate::support::{Service, Settings, TestDatabase, command, command_beside};

/// A small file system of its own, where we may have one.
struct Disk(PathBuf);

impl Disk {
    fn of(bytes: u64) -> Option<Disk> {
        let folder = tempfile::Builder::new().prefix("open-commitments-disk").tempdir().expect("a folder").keep();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={bytes},mode=755"), "tmpfs"])
            .arg(&folder)
            .output()
            .is_ok_and(|output| output.status.success());
        let disk = Disk(folder);
        if mounted {
            return Some(disk);
        }
        eprintln!("skipped: no file system may be mounted here");
        None
    }

    /// Takes all the room there is.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("filler");
        let mut file = std::fs::File::create(&path).expect("a file");
        // Ends with "no space left".
        let _ = std::io::copy(&mut std::io::repeat(0), &mut file);
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["--lazy"]).arg(&self.0).output();
        let _ = std::fs::remove_dir(&self.0);
    }
}

fn on(folder: &Path, words: &[&str], input: &str) -> String {
    let folder = folder.to_str().expect("a path");
    let output = command(words, &[("DATA_DIR", folder), ("DATABASE_URL", "")], input);
    assert!(output.status.success(), "{words:?}: {}", said(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Publishes commitments with much text under a number, once.
async fn publish(url: &str, key: &str, number: i64) -> Option<(u16, String)> {
    let commitments: Vec<Value> = (0..100)
        .map(|each| {
            let mut record = commitment(&format!("c{number}-{each}"), number * 100 + each + 10);
            let text: String =
                (0..400).map(|word| format!("{:x} ", (number * 7919 + each * 104_729 + word * 31) % 65_521)).collect();
            record["summary"] = json!({"en": text});
            record
        })
        .collect();
    let request = reqwest::Client::new().post(format!("{url}/v1/revisions")).bearer_auth(key);
    let request = request.header("idempotency-key", number.to_string()).timeout(Duration::from_secs(30));
    let answer = request.json(&publication("new_data", json!({"commitments": commitments}))).send().await.ok()?;
    Some((answer.status().as_u16(), answer.text().await.ok()?))
}

#[actix_web::test]
async fn a_full_disk_refuses_publications_and_takes_them_again_when_there_is_room() {
    let Some(disk) = Disk::of(320 << 20) else { return };
    let data = disk.0.join("data");
    let door = Door::open();
    let served = Served::with(&[("DATA_DIR", data.to_str().expect("a path"))], &door).await;
    let at = data.clone();
    let key = beside(move || {
        on(&at, &["publish", "-"], &data::small().to_string());
        on(&at, &["keys", "create", "--organization", "org"], "").trim().to_owned()
    })
    .await;
    let filler = disk.fill();
    let (mut number, since) = (0, Instant::now());
    // Until it is full there, too.
    loop {
        match publish(&door.url, &key, number).await {
            Some((201, _)) => number += 1,
            Some((503, text)) => {
                assert!(text.contains("database-unavailable") && !text.contains("No space"), "{text}");
                break;
            }
            None => break,
            other => panic!("{other:?}"),
        }
        assert!(since.elapsed() < Duration::from_secs(120), "it never fills up");
    }
    std::fs::remove_file(filler).expect("room");
    let since = Instant::now();
    loop {
        match publish(&door.url, &key, number).await {
            Some((201, text)) => {
                let outcome: Value = serde_json::from_str(&text).expect("JSON");
                assert_eq!(outcome["revision"], number + 2, "nothing was there in part");
                break;
            }
            None | Some((503, _)) => tokio::time::sleep(Duration::from_millis(50)).await,
            other => panic!("{other:?}"),
        }
        assert!(since.elapsed() < Duration::from_secs(60), "it does not come back");
    }
    assert!(beside(move || on(&data, &["verify"], "")).await.contains("is whole"));
    served.stop();
}

#[actix_web::test]
async fn an_export_that_finds_no_room_is_a_503_and_the_next_one_is_made() {
    let Some(disk) = Disk::of(1 << 20) else { return };
    let service = Service::with(Settings { export_dir: disk.0.clone(), ..Settings::default() }).await;
    service.publishes(&data::small());
    service.publishes(&data::wordy(50));
    let filler = disk.fill();
    let paths = ["parquet", "xlsx"].map(|format| format!("/v1/exports/organizations.{format}?revision=2"));
    for path in &paths {
        let answer = service.get(path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (503, "export-no-room"), "{}", answer.text);
        assert!(!answer.header("retry-after").is_empty());
    }
    std::fs::remove_file(filler).expect("room");
    let since = Instant::now();
    for path in &paths {
        while service.bytes(path, &[]).await.status != 200 {
            assert!(since.elapsed() < Duration::from_secs(20), "it does not come back");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Seconds by which the clock of a test is off.
static OFF: AtomicI64 = AtomicI64::new(0);

fn jumping() -> DateTime<Utc> {
    Utc::now() + TimeDelta::seconds(OFF.load(Ordering::SeqCst))
}

#[actix_web::test]
async fn a_clock_that_jumps_never_makes_times_fall_or_answers_change() {
    let service = Service::with(Settings { clock: jumping, ..Settings::default() }).await;
    service.publishes(&data::small());
    let key = service.key("org", &[]);
    // On the hour, a year ahead, years back, across midnight, and by less than an answer takes.
    for (number, off) in (3..).zip([0, 3600, 31_536_000, -94_608_000, -3600, 86_400, -1, 1]) {
        OFF.store(off, Ordering::SeqCst);
        let next = publication("new_data", json!({"commitments": [commitment(&format!("c{number}"), number)]}));
        let answer = service.post("/v1/revisions", &key, &next, &[]).await;
        assert_eq!(answer.status, 201, "{off}: {}", answer.text);
        // Whatever the clock says, the newest is what is read.
        assert_eq!(service.get(&format!("/v1/commitments/c{number}")).await.status, 200, "{off}");
        assert_eq!(service.get("/health/ready").await.status, 200);
    }
    OFF.store(0, Ordering::SeqCst);
    let list = service.get("/v1/revisions?limit=100").await.json();
    let mut times: Vec<String> = list["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| item["published_at"].as_str().expect("a time").to_owned())
        .collect();
    times.reverse();
    assert!(times.len() == 9 && times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    // Each revision is found by its own time, head a year ahead of the clock included.
    for (revision, time) in (1..).zip(&times) {
        let answer = service.get(&format!("/v1/commitments?as_of={time}")).await;
        assert_eq!((answer.status, answer.header("ledger-revision")), (200, revision.to_string().as_str()), "{time}");
    }
    let later = service.get("/v1/commitments?as_of=2999-01-01T00:00:00Z").await;
    assert_eq!((later.status, later.problem().as_str()), (400, "invalid-parameter"));
    assert!(service.run(&["verify"], "").status.success());
}

#[actix_web::test]
async fn services_that_start_at_once_on_an_empty_database_all_come_up() {
    let database = TestDatabase::bare().await;
    let doors = [Door::open(), Door::open(), Door::open()];
    let served = join_all(doors.iter().map(|door| Served::start(&database.url, door))).await;
    let mut ledgers = Vec::new();
    for door in &doors {
        let answer = reqwest::get(format!("{}/health/ready", door.url)).await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let index = reqwest::get(format!("{}/v1", door.url)).await.expect("an answer").text().await.expect("a body");
        ledgers.push(serde_json::from_str::<Value>(&index).expect("JSON")["ledger"].clone());
    }
    assert!(ledgers.iter().all(|ledger| *ledger == ledgers[0]), "one ledger: {ledgers:?}");
    served.into_iter().for_each(Served::stop);
}

#[actix_web::test]
async fn an_old_program_leaves_a_newer_schema_alone_and_says_so() {
    let service = Service::small().await;
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')";
    service.database.sql(newer).await.expect("a later migration");
    for words in [
        ["publish", "-"].as_slice(),
        &["migrate"],
        &["migrate", "--down"],
        &["verify"],
        &["serve", "--bind", "127.0.0.1:0"],
        &["bundle", "-o", "/nowhere/bundle"],
        &["backup", "-o", "/nowhere/backup"],
    ] {
        let output = service.run(words, &data::events()[0].to_string());
        let told = said(&output);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {told}");
        assert!(told.contains("newer release") && told.contains("29991231000000"), "{words:?}: {told}");
    }
    assert_eq!(service.head().await, 1);
    assert_eq!(service.get("/v1/commitments").await.status, 200, "what was running goes on reading");
}

#[actix_web::test]
async fn a_new_program_brings_an_older_schema_up_to_date_and_a_service_waits_for_it() {
    let service = Service::small().await;
    let older = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/2026-11-26-000020_restored/down.sql");
    let older = std::fs::read_to_string(older).expect("a migration");
    service.database.sql(&older).await.expect("taken back");
    service
        .database
        .sql("DELETE FROM __diesel_schema_migrations WHERE version = '20261126000020'")
        .await
        .expect("taken back");
    let answer = service.get("/health/ready").await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "database-unavailable"));
    assert!(answer.text.contains("open-commitments migrate"), "{}", answer.text);
    let output = command_beside(&["migrate"], &service.database.url).await;
    assert!(output.status.success() && said(&output).contains("1 migration"), "{}", said(&output));
    assert_eq!(service.get("/health/ready").await.status, 200);
    service.publishes(&data::events()[0]);
}

#[test]
fn a_folder_of_another_postgresql_says_how_to_go_on() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("postgres")).expect("a folder");
    std::fs::write(folder.path().join("postgres/PG_VERSION"), "99\n").expect("a file");
    for (language, words) in
        [("C", "open-commitments backup with version 99"), ("zh_CN.UTF-8", "用 99 版运行 open-commitments backup")]
    {
        for command_line in [["verify"].as_slice(), &["serve", "--bind", "127.0.0.1:0"]] {
            let environment =
                [("DATA_DIR", folder.path().to_str().expect("a path")), ("DATABASE_URL", ""), ("LANG", language)];
            let output = command(command_line, &environment, "");
            let told = said(&output);
            assert_eq!(output.status.code(), Some(1), "{told}");
            assert!(told.contains(words) && told.contains("PG_BIN_DIR"), "{told}");
        }
    }
    assert!(folder.path().join("postgres/PG_VERSION").exists());
}
