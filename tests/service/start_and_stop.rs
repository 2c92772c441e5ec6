//! The program with a private PostgreSQL: started, shared, stopped, killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::following::programs::{self, Door, beside, program};
use crate::support::data;
use crate::support::{Service, TestDatabase, command, command_beside};

/// A `serve` of its own, on a free port.
struct Served {
    child: Child,
    url: String,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Served {
    fn start(data_dir: &Path, words: &[&str]) -> Served {
        let mut child = Command::new(env!("CARGO_BIN_EXE_open-commitments"))
            .args(words)
            .env("DATA_DIR", data_dir)
            .env("BIND", "127.0.0.1:0")
            .env("LANG", "C")
            .env_remove("DATABASE_URL")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let url = lines
            .by_ref()
            .map(|line| line.expect("UTF-8"))
            .find_map(|line| line.strip_prefix("Serving at ").map(str::to_owned));
        Served { child, url: url.expect("the address"), lines }
    }

    async fn json(&self, path: &str) -> Value {
        let text = reqwest::get(format!("{}{path}", self.url)).await.expect("an answer").text().await.expect("a body");
        serde_json::from_str(&text).expect("JSON")
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().expect("kill");
        assert!(sent.success());
    }

    /// Its exit code, and what it said last.
    fn wait(mut self) -> (Option<i32>, Option<String>) {
        let last = self.lines.map_while(Result::ok).last();
        (self.child.wait().expect("its end").code(), last)
    }
}

/// Whether a server has left its lock file in the data folder.
fn runs(data_dir: &Path) -> bool {
    data_dir.join("postgres/postmaster.pid").exists()
}

fn on(data_dir: &Path, words: &[&str], input: &str) -> String {
    let folder = data_dir.to_str().expect("a path");
    let output = command(words, &[("DATA_DIR", folder), ("DATABASE_URL", "")], input);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[actix_web::test]
async fn serve_publishes_shares_its_database_and_stops_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/data/shandong-justice-2020.json");
    let served = Served::start(folder.path(), &["serve", "--publish", file, "/nowhere.json"]);
    assert_eq!(served.json("/health/ready").await["revision"], 1, "what was refused did not stop it");
    on(folder.path(), &["publish", "-"], &data::small().to_string());
    assert_eq!(served.json("/v1").await["revision"], 2);
    assert!(on(folder.path(), &["verify"], "").contains("is whole"));
    assert!(runs(folder.path()), "the service still needs it");
    served.signal("-TERM");
    let (code, last) = served.wait();
    assert_eq!((code, last.as_deref()), (Some(0), Some("Stopped.")));
    assert!(!runs(folder.path()), "it goes when the last of them does");
    assert!(on(folder.path(), &["publish", file], "").contains("already there"), "a second time");
    assert!(!runs(folder.path()));
}

#[actix_web::test]
async fn interrupting_stops_it_and_a_kill_leaves_nothing_that_the_next_start_cannot_mend() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = Served::start(folder.path(), &[]);
    on(folder.path(), &["publish", "-"], &data::small().to_string());
    served.signal("-KILL");
    assert_eq!(served.wait().0, None);
    assert!(runs(folder.path()), "PostgreSQL was left behind");
    let served = Served::start(folder.path(), &["serve"]);
    assert_eq!(served.json("/v1").await["revision"], 1);
    served.signal("-INT");
    assert_eq!(served.wait().0, Some(0));
    assert!(!runs(folder.path()));
}

#[actix_web::test]
async fn what_nobody_reads_is_done_all_the_same() {
    let service = Service::small().await;
    for (words, code) in [(&["verify"][..], 0), (&["keys", "list"], 0), (&["mirror", "--promote"], 1)] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = program();
        command.args(words).env("DATABASE_URL", &service.database.url).env("RUST_LOG", "off");
        command.stdout(writer.try_clone().expect("the pipe")).stderr(writer);
        let status = beside(move || command.status()).await.expect("the program");
        assert_eq!(status.code(), Some(code), "{words:?}");
    }
}

#[actix_web::test]
async fn a_copy_serves_though_what_it_is_a_copy_of_says_nothing() {
    let upstream = Service::small().await;
    let copy = TestDatabase::bare().await;
    assert!(command_beside(&["mirror", "--from", &upstream.url], &copy.url).await.status.success());
    // Takes connections, and no more.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let silent = format!("http://{}", listener.local_addr().expect("an address"));
    let (since, door) = (Instant::now(), Door::open());
    let settings = [
        ("DATABASE_URL", copy.url.as_str()),
        ("MIRROR_FROM", &silent),
        // As a file with other line ends gives it.
        ("PUBLIC_URL", "https://copy.example.org/ledger/\r"),
    ];
    let _served = programs::Served::with(&settings, &door).await;
    // It would be asked for a minute.
    assert!(since.elapsed() < Duration::from_secs(45), "{:?}", since.elapsed());
    let problem = reqwest::get(format!("{}/v1/nothing", door.url)).await.expect("an answer");
    let problem = problem.text().await.expect("a body");
    assert!(problem.contains("\"type\":\"https://copy.example.org/ledger/problems/"), "{problem}");
}

/// Each worker has connections to the database that others read from as well.
#[actix_web::test]
async fn files_that_are_sent_as_they_are_read_are_finished_after_the_signal_to_stop() {
    let service = Service::small().await;
    let path = "/v1/exports/commitments.json";
    let whole = service.get(path).await.text;
    let door = Door::open();
    let settings = [("DATABASE_URL", service.database.url.as_str()), ("WORKERS", "4"), ("DATABASE_CONNECTIONS", "16")];
    let served = programs::Served::with(&settings, &door).await;
    let address = served.address;
    let get = |path: &str| reqwest::get(format!("http://{address}{path}"));
    // Of those that wait for a revision one is told when the service is about to end.
    let told = get("/v1/changes?after=1&wait=50");
    let locker = service.database.client().await;
    locker.batch_execute("BEGIN; LOCK TABLE commitments IN ACCESS EXCLUSIVE MODE").await.expect("locked");
    let mut begun = Vec::new();
    for _ in 0..24 {
        begun.push(get(path).await.expect("an answer"));
    }
    let stopped = beside(move || served.stop());
    let finished = async {
        assert_eq!(told.await.expect("an answer").status(), 200);
        locker.batch_execute("ROLLBACK").await.expect("free");
        for file in begun {
            assert_eq!((file.status().as_u16(), file.text().await.expect("the rest")), (200, whole.clone()));
        }
    };
    futures_util::future::join(stopped, finished).await;
}

#[test]
fn what_keeps_it_from_starting_is_one_clear_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let nowhere = folder.path().join("nothing-here");
    let said = |environment: &[(&str, &str)]| {
        let output = command(&["verify"], environment, "");
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    // Empty is as not set, as Compose has it.
    let missing = said(&[
        ("DATABASE_URL", ""),
        ("TIME_ZONE", ""),
        ("DATA_DIR", folder.path().to_str().expect("a path")),
        ("PG_BIN_DIR", nowhere.to_str().expect("a path")),
    ]);
    assert!(missing.contains("PG_BIN_DIR") && missing.lines().count() <= 2, "{missing}");
    let unreachable = said(&[("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")]);
    assert!(unreachable.contains("onnect") && !unreachable.contains("panicked"), "{unreachable}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let folder = ("DATA_DIR", folder.path().to_str().expect("a path"));
    let output = command(&["serve", "--bind", &address], &[folder, ("RATE_LIMIT", ""), ("CONTACT_EMAIL", "")], "");
    let busy = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(busy.contains(&address) && busy.contains("BIND"), "{busy}");
}
