//! Too much for one node: that is no fault of its replicas.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::join_all;

use super::{Node, publish};
use crate::following::programs::beside;
use crate::support::data;
use crate::support::servers::{Server, folder};

/// What a search needs is held, so that there are more than may wait, first for the replica and then for the primary.
#[actix_web::test]
async fn a_replica_is_not_left_alone_because_more_wait_for_it_than_may() {
    let folder = folder();
    let parent = folder.path().to_owned();
    let server = beside(move || Server::primary(&parent, "a")).await;
    publish(&server, &data::small()).await;
    let url = server.url();
    let settings = [("DATABASE_URL", url.as_str()), ("DATABASE_READ_URLS", &url), ("DATABASE_CONNECTIONS", "2")];
    let node = Node::start(&[&settings[..], &[("RATE_LIMIT", "0"), ("STATEMENT_TIMEOUT", "2")]].concat()).await;
    node.sees("database_server_up", "/a:5432", 1).await;
    let locker = server.client().await;
    locker.batch_execute("BEGIN; LOCK TABLE sources IN ACCESS EXCLUSIVE MODE").await.expect("locked");
    let searches: Vec<String> = (0..200).map(|number| format!("/v1/search?q=word{number}")).collect();
    let mut searched = pin!(join_all(searches.iter().map(|path| node.get(path))));
    let answers = loop {
        tokio::select! {
            answers = &mut searched => break answers,
            () = tokio::time::sleep(Duration::from_millis(10)) => {
                assert_eq!(node.figure("database_server_up", "/a:5432").await, Some(1));
            }
        }
    };
    assert!(answers.iter().all(|answer| answer.status == 503));
    let full = answers.iter().filter(|answer| answer.problem() == "database-unavailable").count();
    assert!(full > 50, "{full} found the queue full");
}
