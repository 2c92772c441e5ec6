//! kill -9 of the service, of PostgreSQL and of those who copy, at random moments: what was acknowledged stays, nothing is
//! there in part, and the chain verifies.

use std::cell::Cell;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream;
use serde_json::{Value, json};

use super::{prepare, said};
use crate::following::programs::{Door, Served, Tireless, beside, program};
use crate::support::data::{self, commitment, observation, publication};
use crate::support::random::{Random, seeds};
use crate::support::{TestDatabase, command, command_beside};

/// Figures of a publication.
const FIGURES: usize = 20;
/// How long anything may take to come back.
const PATIENCE: Duration = Duration::from_secs(60);

/// The number of a publication, and what was answered to it.
type Acknowledged = (usize, i64, String);

/// What a storm did.
#[derive(Default, Debug)]
struct Counts {
    /// Of services, servers, their processes, copies.
    kills: [usize; 4],
    acknowledged: usize,
    sent_again: usize,
    read: usize,
}

/// A publication that every number has one of.
fn numbered(number: usize) -> Value {
    let figures = (0..FIGURES).map(|figure| {
        let mut value = observation(&format!("f{number}-{figure}"), "cases", "2020-Q1", json!(figure));
        value["scope"] = format!("{number}-{figure}").into();
        value
    });
    let number = i64::try_from(number).expect("small");
    let commitments = [commitment(&format!("c{number}"), number + 2)];
    publication("new_data", json!({"commitments": commitments, "observations": figures.collect::<Vec<_>>()}))
}

/// Sends a publication until it is acknowledged.
async fn publish(url: &str, key: &str, number: usize, counts: &Cell<Counts>) -> Acknowledged {
    let (client, since) = (reqwest::Client::new(), Instant::now());
    loop {
        let request = client.post(format!("{url}/v1/revisions")).bearer_auth(key).timeout(PATIENCE);
        let request = request.header("idempotency-key", number.to_string()).json(&numbered(number));
        let answer = async {
            let answer = request.send().await?;
            Ok::<_, reqwest::Error>((answer.status().as_u16(), answer.text().await?))
        };
        // One that breaks off says nothing.
        let answer = answer.await;
        if let Ok((status, text)) = &answer {
            assert!([201, 503].contains(status), "{number}: {status} {text}");
            if *status == 201 {
                count(counts, |counts| counts.acknowledged += 1);
                let outcome: Value = serde_json::from_str(text).expect("JSON");
                let digest = outcome["digest"].as_str().expect("a digest").to_owned();
                return (number, outcome["revision"].as_i64().expect("a revision"), digest);
            }
        }
        assert!(since.elapsed() < PATIENCE, "publication {number} is not taken any more: {answer:?}");
        count(counts, |counts| counts.sent_again += 1);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn count(counts: &Cell<Counts>, change: impl FnOnce(&mut Counts)) {
    let mut now = counts.take();
    change(&mut now);
    counts.set(now);
}

/// How many publications have been acknowledged.
fn counts_now(counts: &Cell<Counts>) -> usize {
    let now = counts.take();
    let acknowledged = now.acknowledged;
    counts.set(now);
    acknowledged
}

/// Reads lists and files for ever; each that came whole has all of its revision and nothing beyond.
async fn read(url: &str, counts: &Cell<Counts>) {
    let client = reqwest::Client::new();
    for path in ["/v1/commitments?limit=1000&fields=id", "/v1/exports/observations.ndjson"].iter().cycle() {
        let request = client.get(format!("{url}{path}")).timeout(PATIENCE);
        if let Ok(answer) = request.send().await {
            let status = answer.status().as_u16();
            assert!([200, 503].contains(&status), "{path}: {status}");
            let revision =
                answer.headers().get("ledger-revision").and_then(|number| number.to_str().ok()?.parse().ok());
            if let (200, Some(revision), Ok(text)) = (status, revision, answer.text().await) {
                assert_eq!(size(path, &text), expected(path, revision), "{path} at {revision}");
                count(counts, |counts| counts.read += 1);
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn size(path: &str, text: &str) -> usize {
    if path.ends_with("ndjson") {
        let records = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a whole line"));
        return records.filter(|record| record["computed"] != true).count();
    }
    let list: Value = serde_json::from_str(text).expect("JSON");
    list["data"].as_array().expect("a list").len()
}

fn expected(path: &str, revision: usize) -> usize {
    if path.ends_with("ndjson") { 2 + (revision - 1) * FIGURES } else { 2 + revision - 1 }
}

/// The process of the server in a data folder, and one that works for it.
fn server(folder: &Path) -> Option<u32> {
    let file = std::fs::read_to_string(folder.join("postgres/postmaster.pid")).ok()?;
    let process: u32 = file.lines().next()?.trim().parse().ok()?;
    // While a server is being started the file names whoever starts it.
    let what = Command::new("ps").args(["-o", "command=", "-p", &process.to_string()]).output().ok()?;
    String::from_utf8_lossy(&what.stdout).contains("postgres -D").then_some(process)
}

fn worker(folder: &Path, random: &mut Random) -> Option<u32> {
    let output = Command::new("pgrep").args(["-P", &server(folder)?.to_string()]).output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    let workers: Vec<u32> = said.lines().filter_map(|line| line.trim().parse().ok()).collect();
    (!workers.is_empty()).then(|| random.of(&workers))
}

/// A data folder whose server goes with it, also out of a test that fails.
struct DataFolder(tempfile::TempDir);

impl Drop for DataFolder {
    fn drop(&mut self) {
        kill(server(self.0.path()));
    }
}

/// Kills a process, if it is there yet.
fn kill(process: Option<u32>) -> usize {
    let Some(process) = process else { return 0 };
    let killed = Command::new("kill").args(["-9", &process.to_string()]).stderr(Stdio::null()).status();
    usize::from(killed.expect("kill").success())
}

fn on(folder: &Path, words: &[&str], input: &str) -> String {
    let folder = folder.to_str().expect("a path");
    let output = command(words, &[("DATA_DIR", folder), ("DATABASE_URL", "")], input);
    assert!(output.status.success(), "{words:?}: {}", said(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// One storm, of so many kills.
async fn storm(seed: u64, kills: usize) -> Counts {
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let folder = DataFolder(tempfile::tempdir().expect("a folder"));
    let data = folder.0.path().to_owned();
    let at = data.clone();
    beside(move || prepare(&at)).await;
    let settings = [("DATA_DIR", data.to_str().expect("a path"))];
    let door = Door::open();
    let mut served = Some(Served::with(&settings, &door).await);
    let at = data.clone();
    let key = beside(move || {
        on(&at, &["publish", "-"], &data::small().to_string());
        on(&at, &["keys", "create", "--organization", "org"], "").trim().to_owned()
    })
    .await;
    let copy = TestDatabase::bare().await;
    let (from, to) = (door.url.clone(), copy.url.clone());
    let mut mirror = Tireless::new(move || {
        let mut command = program();
        command.args(["mirror", "--from", &from, "--follow"]).env("DATABASE_URL", &to).env("RUST_LOG", "off");
        command
    });
    let counts = Cell::new(Counts::default());
    let over = Cell::new(false);
    let publisher = async {
        let mut acknowledged = Vec::new();
        // One more after the storm is over: everything has come back.
        loop {
            let last = over.get();
            acknowledged.push(publish(&door.url, &key, acknowledged.len(), &counts).await);
            if last {
                return acknowledged;
            }
        }
    };
    let chaos = async {
        for _ in 0..kills {
            // Any moment; there is nothing to wait for.
            tokio::time::sleep(Duration::from_millis(30 + random.below(250) as u64)).await;
            let what = random.below(6);
            let killed = match what {
                0 | 1 => {
                    if let Some(served) = served.take() {
                        served.kill(&door);
                    }
                    // Now and then both, as when the machine goes down.
                    let server = if random.once_in(3) { kill(server(&data)) } else { 0 };
                    served = Some(Served::with(&settings, &door).await);
                    [1, server, 0, 0]
                }
                2 | 3 => [0, kill(server(&data)), 0, 0],
                4 => [0, 0, kill(worker(&data, &mut random)), 0],
                _ => {
                    mirror.kill();
                    [0, 0, 0, 1]
                }
            };
            mirror.start();
            // Sometimes it does not even come back in between.
            let (before, waits) = (counts_now(&counts), !random.once_in(3));
            while waits && counts_now(&counts) == before {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            count(&counts, |counts| counts.kills.iter_mut().zip(killed).for_each(|(sum, more)| *sum += more));
        }
        over.set(true);
    };
    let acknowledged = tokio::select! {
        (acknowledged, ()) = futures_util::future::join(publisher, chaos) => acknowledged,
        () = read(&door.url, &counts) => Vec::new(),
    };
    mirror.kill();
    check(&door.url, &data, &copy, &acknowledged).await;
    served.expect("a service").stop();
    counts.into_inner()
}

/// Every acknowledged publication is there once, under its number, and the chain verifies, here and in the copy.
async fn check(url: &str, data: &Path, copy: &TestDatabase, acknowledged: &[Acknowledged]) {
    let json = async |path: String| -> Value {
        let answer = reqwest::get(format!("{url}{path}")).await.expect("an answer");
        serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON")
    };
    assert_eq!(json("/v1".into()).await["revision"], acknowledged.len() + 1, "each once, and no other");
    for (number, revision, digest) in acknowledged {
        assert_eq!(json(format!("/v1/revisions/{revision}")).await["digest"], digest.as_str());
        assert_eq!(json(format!("/v1/commitments/c{number}")).await["changed_in"], *revision);
    }
    let at = data.to_owned();
    assert!(beside(move || on(&at, &["verify"], "")).await.contains("is whole"));
    for words in [["mirror", "--from", url], ["verify", "--from", url]] {
        let output = command_beside(&words, &copy.url).await;
        assert!(output.status.success(), "{}", said(&output));
    }
}

/// Storms with these seeds, some at a time.
async fn storms(seeds: impl Iterator<Item = u64>, kills: usize) {
    let mut counts = stream::iter(seeds.map(|seed| storm(seed, kills))).buffer_unordered(3);
    while let Some(counts) = counts.next().await {
        println!("{counts:?}");
        assert!(counts.acknowledged > 1 && counts.read > 0, "{counts:?}");
    }
}

#[actix_web::test]
async fn nothing_acknowledged_is_lost_when_service_database_and_copy_are_killed() {
    storms(seeds("STORM_SEED", 1), 6).await;
}

#[actix_web::test]
#[ignore = "takes minutes; ./dev test --long"]
async fn nothing_acknowledged_is_lost_in_hundreds_of_kills() {
    storms(seeds("STORM_SEED", 12), 40).await;
}

/// Runs a command on a database, and kills it somewhere on its way; whether it was done before.
async fn cut_short(words: &[&str], database: &str, after: Duration) -> bool {
    let mut command = program();
    command.args(words).env("DATABASE_URL", database).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the program");
    tokio::time::sleep(after).await;
    let done = child.try_wait().expect("its state");
    // It may have ended meanwhile.
    let _ = child.kill();
    let _ = child.wait();
    assert!(done.is_none_or(|status| status.success()), "{words:?}: {done:?}");
    done.is_some()
}

async fn commands_are_cut_short(seed: u64, rounds: usize) {
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let folder = tempfile::tempdir().expect("a folder");
    let whole = TestDatabase::create().await;
    let upstream = folder.path().join("bundle");
    let words = ["bundle", "-o", upstream.to_str().expect("UTF-8")];
    for number in 0..rounds {
        let database = TestDatabase::bare().await;
        let moment = |random: &mut Random| Duration::from_millis(random.below(400) as u64);
        while !cut_short(&["migrate"], &database.url, moment(&mut random)).await {}
        assert_eq!(database.text(SHAPE).await, whole.text(SHAPE).await, "seed {seed}");
        let file = folder.path().join(format!("{number}.json"));
        std::fs::write(&file, data::small().to_string()).expect("a file");
        let publish = ["publish", file.to_str().expect("UTF-8")];
        while !cut_short(&publish, &database.url, moment(&mut random)).await {}
        std::fs::write(&file, numbered(number).to_string()).expect("a file");
        while !cut_short(&publish, &database.url, moment(&mut random)).await {}
        assert_eq!(database.text("SELECT revision::text FROM head").await, "2", "seed {seed}: each once");
        let output = command_beside(&words, &database.url).await;
        assert!(output.status.success(), "{}", said(&output));
        let copy = TestDatabase::bare().await;
        let take_in = ["mirror", "--from", upstream.to_str().expect("UTF-8")];
        while !cut_short(&take_in, &copy.url, moment(&mut random)).await {}
        for database in [&database, &copy] {
            let output = command_beside(&["verify"], &database.url).await;
            assert!(output.status.success(), "seed {seed}: {}", said(&output));
        }
        assert_eq!(database.text(DIGEST).await, copy.text(DIGEST).await, "seed {seed}");
    }
}

const DIGEST: &str = "SELECT revision || encode(digest, 'hex') FROM head";
/// Tables, indexes and triggers.
const SHAPE: &str = "SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
    SELECT table_name || '.' || column_name || ' ' || data_type AS line FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal) shape";

#[actix_web::test]
async fn commands_that_are_killed_are_done_by_running_them_again() {
    commands_are_cut_short(seeds("STORM_SEED", 1).next().expect("a seed"), 2).await;
}

#[actix_web::test]
#[ignore = "takes minutes; ./dev test --long"]
async fn commands_that_are_killed_a_hundred_times_are_done_by_running_them_again() {
    commands_are_cut_short(seeds("STORM_SEED", 1).next().expect("a seed"), 40).await;
}
