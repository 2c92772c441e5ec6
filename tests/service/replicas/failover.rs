//! The primary dies while revisions are published; a replica takes its place.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Node, PATIENCE, on, publish};
use crate::following::programs::beside;
use crate::support::data::{self, commitment, publication};
use crate::support::random::{Random, seeds};
use crate::support::servers::{Server, address, folder};

/// Acknowledged revisions that follow a failover at least.
const AFTER: usize = 3;

/// What was acknowledged: number of the publication, revision, digest.
type Acknowledged = (usize, i64, String);

fn numbered(number: usize) -> Value {
    let commitments = [commitment(&format!("c{number}"), 3 + i64::try_from(number).expect("small"))];
    publication("new_data", json!({"commitments": commitments}))
}

/// Publishes until it is acknowledged; what was answered must be readable at once.
async fn acknowledged(node: &Node, key: &str, number: usize) -> Acknowledged {
    let since = Instant::now();
    loop {
        let answer = node.post(key, number, &numbered(number)).await;
        if let Some(answer) = &answer {
            assert!([201, 503].contains(&answer.status), "{number}: {} {}", answer.status, answer.text);
            if answer.status == 201 {
                let outcome = answer.json();
                let digest = outcome["digest"].as_str().expect("a digest").to_owned();
                return (number, outcome["revision"].as_i64().expect("a revision"), digest);
            }
        }
        assert!(since.elapsed() < PATIENCE, "publication {number} is not taken any more");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Its own revision, by who published it; while servers change, a 503 at most.
async fn reads_its_own(node: &Node, (number, revision, _): &Acknowledged) {
    let (since, path) = (Instant::now(), format!("/v1/commitments/c{number}?min_revision={revision}"));
    loop {
        let answer = node.get(&path).await;
        match answer.status {
            200 => return assert_eq!(answer.json()["changed_in"], *revision, "{}", answer.text),
            status => assert!(status == 503 && since.elapsed() < PATIENCE, "{path}: {status} {}", answer.text),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Servers at fixed places: one is the primary, the other its synchronous replica. One service knows both.
async fn failovers(seed: u64, rounds: usize) {
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let folder = folder();
    let (mut primary, mut replica) = super::pair(folder.path()).await;
    synchronous(&primary).await;
    let writers = address(&[&primary, &replica]);
    let readers = format!("{},{}", primary.url(), replica.url());
    let node = Node::start(&[("DATABASE_URL", &writers), ("DATABASE_READ_URLS", &readers)]).await;
    publish(&primary, &data::small()).await;
    let key = on(&primary.url(), &["keys", "create", "--organization", "org"], String::new()).await.trim().to_owned();
    let mut all: Vec<Acknowledged> = Vec::new();
    for round in 0..rounds {
        let dies = async {
            // Any moment; there is nothing to wait for.
            tokio::time::sleep(Duration::from_millis(50 + random.below(400) as u64)).await;
            primary.end("KILL");
            replica.sql("SELECT pg_promote()").await;
        };
        let (over, mut after) = (std::cell::Cell::new(false), 0);
        let publishing = async {
            while after < AFTER {
                after += usize::from(over.get());
                let one = acknowledged(&node, &key, all.len()).await;
                reads_its_own(&node, &one).await;
                all.push(one);
            }
        };
        let dies = async {
            dies.await;
            over.set(true);
        };
        futures_util::future::join(publishing, dies).await;
        std::mem::swap(&mut primary, &mut replica);
        if round + 1 < rounds {
            // The one that died comes back as a replica of the one that took its place.
            replica = returned(&primary, folder.path(), replica).await;
            synchronous(&primary).await;
        }
    }
    assert_eq!(node.get("/v1").await.json()["revision"], all.len() + 1, "each once, and no other");
    for (number, revision, digest) in &all {
        assert_eq!(node.get(&format!("/v1/revisions/{revision}")).await.json()["digest"], digest.as_str());
        assert_eq!(node.get(&format!("/v1/commitments/c{number}")).await.json()["changed_in"], *revision);
    }
    assert!(on(&primary.url(), &["verify"], String::new()).await.contains("is whole"));
    println!("{} revisions over {rounds} failovers", all.len());
}

/// Has the primary acknowledge nothing that its replica does not have.
async fn synchronous(primary: &Server) {
    primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*';SELECT pg_reload_conf()").await;
    let since = Instant::now();
    let waits = "SELECT count(*)::text FROM pg_stat_replication WHERE sync_state = 'sync'";
    while primary.text(waits).await != "1" {
        assert!(since.elapsed() < PATIENCE, "nobody follows");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A copy of the primary in the place of a server that died.
async fn returned(primary: &Server, parent: &Path, died: Server) -> Server {
    let name = died.name();
    drop(died);
    let (copying, parent) = (primary.copying(), parent.to_owned());
    beside(move || copying(&parent, &name)).await
}

#[actix_web::test]
async fn backups_are_of_the_server_that_takes_writes_and_go_back_to_it() {
    let folder = folder();
    let (primary, replica) = super::pair(folder.path()).await;
    let url = address(&[&replica, &primary]);
    on(&url, &["publish", "-"], data::small().to_string()).await;
    let file = folder.path().join("ledger.backup");
    let file = file.to_str().expect("a path");
    on(&url, &["backup", "-o", file], String::new()).await;
    primary.sql("DROP SCHEMA public CASCADE;CREATE SCHEMA public").await;
    let told = on(&url, &["restore", file, "--without-mirror"], String::new()).await;
    assert!(told.contains("can be published to"), "{told}");
}

#[actix_web::test]
async fn nothing_acknowledged_is_lost_when_the_primary_dies_and_its_replica_takes_its_place() {
    failovers(seeds("STORM_SEED", 1).next().expect("a seed"), 1).await;
}

#[actix_web::test]
#[ignore = "takes minutes; ./dev test --long"]
async fn nothing_acknowledged_is_lost_in_dozens_of_failovers() {
    for seed in seeds("STORM_SEED", 3) {
        failovers(seed, 10).await;
    }
}
