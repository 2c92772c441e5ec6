use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Node, PATIENCE, catches_up, on, pair, publish};
use crate::support::data;
use crate::support::servers::{Server, folder};

/// Reads of every sort.
const READS: [&str; 13] = [
    "/v1",
    "/v1/commitments?sort=number&count=exact",
    "/v1/commitments/one",
    "/v1/commitments/one?include=organization",
    "/v1/observations",
    "/v1/search?q=mediation",
    "/v1/changes",
    "/v1/diff?from=0",
    "/v1/revisions/1",
    "/v1/warnings",
    "/v1/exports/observations.ndjson",
    "/v1/compare?metric=cases",
    "/metrics/cases",
];
/// One that is always looked up whole, and holds both figures.
const LIST: &str = "/v1/observations?count=exact";

/// Statements of reads that connections of the service had last.
async fn reads_of(server: &Server) -> i64 {
    let query = "SELECT count(*)::text FROM pg_stat_activity WHERE application_name = 'open-commitments' \
                 AND (query LIKE '%WITH b AS%' OR query LIKE '%revision_to >%')";
    server.text(query).await.parse().expect("a number")
}

/// Has a replica stand still while the primary goes on.
async fn pause(replica: &Server) {
    replica.sql("SELECT pg_wal_replay_pause()").await;
    let since = Instant::now();
    while replica.text("SELECT pg_get_wal_replay_pause_state()").await != "paused" {
        assert!(since.elapsed() < PATIENCE, "it goes on");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn with(path: &str, parameter: &str) -> String {
    format!("{path}{}{parameter}", if path.contains('?') { '&' } else { '?' })
}

fn value_of(list: &str, id: &str) -> Option<Value> {
    let list: Value = serde_json::from_str(list).expect("JSON");
    let found = list["data"].as_array()?.iter().find(|item| item["id"] == id)?;
    Some(found["value"].clone())
}

#[actix_web::test]
async fn reads_are_the_replicas_and_of_the_revision_that_was_asked_for() {
    let folder = folder();
    let (primary, mut replica) = pair(folder.path()).await;
    let (url, read_url) = (primary.url(), replica.url());
    let settings = [("DATABASE_URL", url.as_str()), ("DATABASE_READ_URLS", read_url.as_str())];
    let node = Node::start(&[settings[0], settings[1], ("RESPONSE_CACHE_BYTES", "0")]).await;
    let keeping = Node::start(&settings).await;
    publish(&primary, &data::small()).await;
    for node in [&node, &keeping] {
        node.sees("database_server_head_revision", "primary", 1).await;
        node.sees("database_server_head_revision", "/b:5432", 1).await;
    }
    all_reads_are_the_replicas(&node, &primary, &replica).await;
    what_it_lacks_is_the_primarys(&node, &keeping, &primary, &replica).await;
    what_is_redacted_is_not_read_where_it_still_stands(&node, &keeping, &primary, &replica).await;
    it_leaves_and_returns(&node, &mut replica).await;
}

async fn all_reads_are_the_replicas(node: &Node, primary: &Server, replica: &Server) {
    // What was read before the replica had been seen was the primary's.
    primary
        .sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'open-commitments'")
        .await;
    node.sees("database_server_up", "primary", 1).await;
    for path in READS {
        assert_eq!(node.at(path).await.0, 1, "{path}");
    }
    assert_eq!(reads_of(primary).await, 0);
    assert_ne!(reads_of(replica).await, 0);
}

/// Revision 2, which the replica does not have.
async fn what_it_lacks_is_the_primarys(node: &Node, keeping: &Node, primary: &Server, replica: &Server) {
    assert_eq!(keeping.at(LIST).await.0, 1);
    pause(replica).await;
    let waiting = keeping.get("/v1/changes?after=1&wait=30");
    let [correction, ..] = data::events();
    let published = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        publish(primary, &correction).await;
    };
    let (waited, ()) = futures_util::future::join(waiting, published).await;
    assert_eq!((waited.status, &waited.json()["through"]), (200, &json!(2)), "{}", waited.text);
    for node in [node, keeping] {
        node.sees("database_server_lag_revisions", "/b:5432", 1).await;
        let (revision, list) = node.at(LIST).await;
        assert_eq!((revision, value_of(&list, "cases-s1")), (1, Some(json!(300))), "its own head, as a whole");
        for path in READS {
            for parameter in ["revision=2", "min_revision=2"] {
                let path = with(path, parameter);
                if !(path.starts_with("/metrics") && parameter.starts_with("min")) {
                    assert_eq!(node.at(&path).await.0, 2, "{path}");
                }
            }
        }
        let (_, list) = node.at(&with(LIST, "min_revision=2")).await;
        assert_eq!(value_of(&list, "cases-s1"), Some(json!(310)));
        for path in ["/v1/changes?after=2", "/v1/diff?from=1&to=2", "/v1/revisions/2", "/v1/revisions?limit=1"] {
            node.at(path).await;
        }
        let newest = chrono::Utc::now().to_rfc3339().replace('+', "%2B");
        assert_eq!(node.at(&with(LIST, &format!("as_of={newest}"))).await.0, 2);
        let first =
            node.get(&with(LIST, "limit=1&min_revision=2")).await.json()["next"].as_str().expect("more").to_owned();
        let (revision, text) = node.at(&with(LIST, &format!("limit=1&cursor={first}"))).await;
        assert_eq!(revision, 2, "{text}");
        for (path, status, problem) in [
            (with(LIST, "revision=99"), 404, "no-such-revision"),
            (with(LIST, "min_revision=99"), 503, "revision-not-yet"),
            (with(LIST, "min_revision=two"), 400, "invalid-parameter"),
            (with(LIST, "min_revision=-1&revision=1"), 400, "invalid-parameter"),
        ] {
            let answer = node.get(&path).await;
            assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{path}");
            assert_eq!(answer.header("retry-after"), if status == 503 { "1" } else { "" });
        }
    }
}

/// Revision 3, a redaction.
async fn what_is_redacted_is_not_read_where_it_still_stands(
    node: &Node,
    keeping: &Node,
    primary: &Server,
    replica: &Server,
) {
    publish(primary, &data::redaction("observation", "settled-s1")).await;
    for node in [node, keeping] {
        node.sees("database_server_head_revision", "primary", 3).await;
        for parameter in ["limit=50", "revision=1", "revision=2", "min_revision=3", "sort=-value"] {
            let (_, list) = node.at(&with(LIST, parameter)).await;
            assert_eq!(value_of(&list, "settled-s1"), None, "{parameter}");
        }
        assert_eq!(node.get("/v1/observations/settled-s1?revision=1").await.status, 410);
        assert!(!node.at("/v1/exports/observations.ndjson?revision=1").await.1.contains("settled-s1\""));
    }
    replica.sql("SELECT pg_wal_replay_resume()").await;
    for node in [node, keeping] {
        node.sees("database_server_head_revision", "/b:5432", 3).await;
        assert_eq!(node.at(LIST).await.0, 3);
    }
}

async fn it_leaves_and_returns(node: &Node, replica: &mut Server) {
    for signal in ["INT", "KILL"] {
        replica.end(signal);
        for path in READS {
            node.at(path).await;
        }
        node.sees("database_server_up", "/b:5432", 0).await;
        replica.start();
        node.sees("database_server_up", "/b:5432", 1).await;
        node.sees("database_server_head_revision", "/b:5432", 3).await;
        assert_eq!(node.at(LIST).await.0, 3);
        assert_ne!(reads_of(replica).await, 0);
    }
}

#[actix_web::test]
async fn reads_go_on_without_the_primary_and_what_it_lost_is_read_no_more() {
    let folder = folder();
    let (mut primary, replica) = pair(folder.path()).await;
    let both = crate::support::servers::address(&[&primary, &replica]);
    let read_url = replica.url();
    let settings = [("DATABASE_URL", both.as_str()), ("DATABASE_READ_URLS", read_url.as_str())];
    let node = Node::start(&settings).await;
    publish(&primary, &data::small()).await;
    let key = on(&primary.url(), &["keys", "create", "--organization", "org"], String::new()).await.trim().to_owned();
    node.sees("database_server_head_revision", "primary", 1).await;
    // The replica hears of nothing any more, and is far from what the primary goes on to.
    catches_up(&replica, &primary).await;
    replica.sql("ALTER SYSTEM SET primary_conninfo = '';SELECT pg_reload_conf()").await;
    let since = Instant::now();
    while primary.text("SELECT count(*)::text FROM pg_stat_replication").await != "0" {
        assert!(since.elapsed() < PATIENCE, "it goes on");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let [correction, report, ..] = data::events();
    publish(&primary, &correction).await;
    node.sees("database_server_head_revision", "primary", 2).await;
    let lost = "/v1/observations/cases-s1";
    assert_eq!(node.at(&with(lost, "min_revision=2")).await.0, 2);
    primary.end("KILL");
    node.sees("database_server_up", "primary", 0).await;
    // What is not there cannot be said of a revision that nobody can be asked about.
    assert_eq!(node.at("/v1/commitments?count=exact&limit=3").await.0, 1);
    assert_eq!(node.at("/v1/commitments?count=exact&revision=1").await.0, 1);
    for path in
        [with(LIST, "revision=2"), with(LIST, "min_revision=2"), with(LIST, "as_of=2099-01-01"), "/health/ready".into()]
    {
        let answer = node.get(&path).await;
        assert_eq!(answer.status, 503, "{path}: {}", answer.text);
        assert_ne!(answer.header("retry-after"), "", "{path}");
    }
    assert_eq!(node.post(&key, 1, &report).await.expect("an answer").status, 503);
    replica.sql("SELECT pg_promote()").await;
    // Revision 2 is lost, and after a while nobody waits for it any more.
    node.sees("database_server_head_revision", "primary", 1).await;
    node.sees("database_server_head_revision", "/b:5432", 1).await;
    let since = Instant::now();
    loop {
        let answer = node.post(&key, 1, &report).await.expect("an answer");
        if answer.status == 201 {
            assert_eq!(answer.json()["revision"], 2, "{}", answer.text);
            break;
        }
        assert!(answer.status == 503 && since.elapsed() < PATIENCE, "{}", answer.text);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (revision, list) = node.at(&with(LIST, "min_revision=2")).await;
    assert_eq!((revision, value_of(&list, "cases-s1")), (2, Some(json!(300))), "another revision 2");
    assert!(node.at(lost).await.1.contains("300"));
    assert!(on(&replica.url(), &["verify"], String::new()).await.contains("is whole"));
}
