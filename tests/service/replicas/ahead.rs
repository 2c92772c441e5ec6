//! A replica has a revision that was lost with the primary: the one that took its place never got it.

use std::time::{Duration, Instant};

use super::{Node, PATIENCE, catches_up, pair, publish};
use crate::following::programs::beside;
use crate::support::data;
use crate::support::servers::{address, folder};

/// One that is kept.
const LIST: &str = "/v1/observations?count=exact";

#[actix_web::test]
async fn what_was_lost_is_read_no_more_from_a_replica_that_still_has_it() {
    let folder = folder();
    let (mut primary, successor) = pair(folder.path()).await;
    let (copying, parent) = (primary.copying(), folder.path().to_owned());
    let replica = beside(move || copying(&parent, "c")).await;
    let (url, read_url) = (address(&[&primary, &successor]), replica.url());
    let node = Node::start(&[("DATABASE_URL", &url), ("DATABASE_READ_URLS", &read_url)]).await;
    publish(&primary, &data::small()).await;
    node.sees("database_server_head_revision", "primary", 1).await;
    catches_up(&successor, &primary).await;
    successor.sql("ALTER SYSTEM SET primary_conninfo = '';SELECT pg_reload_conf()").await;
    let since = Instant::now();
    while primary.text("SELECT count(*)::text FROM pg_stat_replication WHERE application_name = 'b'").await != "0" {
        assert!(since.elapsed() < PATIENCE, "it goes on");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let [correction, ..] = data::events();
    publish(&primary, &correction).await;
    node.sees("database_server_head_revision", "/c:5432", 2).await;
    node.sees("database_server_head_revision", "primary", 2).await;
    primary.end("KILL");
    successor.sql("SELECT pg_promote()").await;
    let since = Instant::now();
    loop {
        let answer = node.get(LIST).await;
        if answer.status == 200 && answer.header("ledger-revision") == "1" {
            break;
        }
        assert!([200, 503].contains(&answer.status), "{}", answer.text);
        assert!(since.elapsed() < PATIENCE, "what was lost is still read: {}", answer.header("ledger-revision"));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    node.sees("database_server_up", "/c:5432", 0).await;
    // Answers told of it; that is taken back, too.
    node.sees("database_server_head_revision", "primary", 1).await;
    assert_eq!(node.at(LIST).await.0, 1);
    assert_eq!(node.at("/v1/observations/cases-s1").await.0, 1);
}
