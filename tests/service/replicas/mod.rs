//! Streaming replicas that read for the primary: every answer is of one revision, and of the one that was asked for.

mod ahead;
mod busy;
mod failover;
mod reading;
mod silent;

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::following::programs::{Door, Served, beside};
use crate::support::servers::Server;
use crate::support::{Answer, command};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A service, at its address.
struct Node {
    door: Door,
    _served: Served,
}

impl Node {
    async fn start(settings: &[(&str, &str)]) -> Node {
        let door = Door::open();
        let served = Served::with(settings, &door).await;
        Node { door, _served: served }
    }

    async fn get(&self, path: &str) -> Answer {
        let answer = reqwest::get(format!("{}{path}", self.door.url)).await.expect("an answer");
        Answer::of(answer).await
    }

    /// An answer of 200, at its revision.
    async fn at(&self, path: &str) -> (i64, String) {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        (answer.header("ledger-revision").parse().expect("a revision"), answer.text)
    }

    /// A figure of Prometheus about a server, by the end of its name.
    async fn figure(&self, name: &str, server: &str) -> Option<i64> {
        let metrics = self.get("/health/metrics").await.text;
        let line = metrics.lines().find(|line| line.starts_with(name) && line.contains(&format!("{server}\"")))?;
        line.rsplit(' ').next()?.parse().ok()
    }

    /// Waits until a figure is this.
    async fn sees(&self, name: &str, server: &str, wanted: i64) {
        let since = Instant::now();
        while self.figure(name, server).await != Some(wanted) {
            let now = self.figure(name, server).await;
            assert!(since.elapsed() < PATIENCE, "{name} of {server} is {now:?}, not {wanted}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Publishes over HTTP.
    async fn post(&self, key: &str, number: usize, publication: &Value) -> Option<Answer> {
        let request = reqwest::Client::new().post(format!("{}/v1/revisions", self.door.url)).bearer_auth(key);
        let request = request.header("idempotency-key", number.to_string()).timeout(PATIENCE).json(publication);
        Some(Answer::of(request.send().await.ok()?).await)
    }
}

/// Runs a command on a server.
async fn on(url: &str, words: &[&str], input: String) -> String {
    let (url, words): (_, Vec<String>) = (url.to_owned(), words.iter().map(|word| (*word).to_owned()).collect());
    beside(move || {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = command(&words, &[("DATABASE_URL", &url)], &input);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    })
    .await
}

async fn publish(server: &Server, publication: &Value) {
    on(&server.url(), &["publish", "-"], publication.to_string()).await;
}

/// A primary and a replica of it.
async fn pair(folder: &Path) -> (Server, Server) {
    let folder = folder.to_owned();
    beside(move || {
        let primary = Server::primary(&folder, "a");
        let replica = primary.replica(&folder, "b");
        (primary, replica)
    })
    .await
}

/// Waits until a replica has all that its primary has.
async fn catches_up(replica: &Server, primary: &Server) {
    let lsn = primary.text("SELECT pg_current_wal_lsn()::text").await;
    let since = Instant::now();
    while replica.text(&format!("SELECT (pg_last_wal_replay_lsn() >= '{lsn}')::text")).await != "true" {
        assert!(since.elapsed() < PATIENCE, "it does not follow");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn a_replica_without_an_address_is_refused_without_telling_its_password() {
    for (given, says) in [
        (",", "names no host"),
        ("postgresql://reader:hidden@db:port/oc", "cannot be read"),
        ("postgresql://db/oc,", "names no host"),
    ] {
        let output = command(&["serve"], &[("DATABASE_READ_URLS", given)], "");
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(
            !output.status.success()
                && said.contains(says)
                && said.contains("postgresql://user:password@host/database"),
            "{said}"
        );
        assert!(!said.contains("hidden"), "{said}");
    }
}
