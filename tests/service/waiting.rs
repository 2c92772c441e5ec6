//! Those who wait for the next revision: all are let in, and all hear of it.

use std::io::Read;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use futures_util::StreamExt;
use serde_json::json;

use crate::support::data::{self, publication, report};
use crate::support::{Service, Settings, TestDatabase, command};

#[actix_web::test]
async fn followers_that_all_come_at_once_after_a_start_are_let_in_and_hear_of_the_next_revision() {
    const MANY: usize = 1500;
    rlimit::increase_nofile_limit(u64::MAX).expect("files");
    let database = TestDatabase::create().await;
    let published = command(&["publish", "-"], &[("DATABASE_URL", &database.url)], &data::small().to_string());
    assert!(published.status.success(), "{}", String::from_utf8_lossy(&published.stderr));
    let service = Service::on(database, Settings { max_followers: MANY, ..Settings::default() });
    let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().expect("a client");
    // More of them than may wait for a connection to the database, with filters of their own, by waits and by streams.
    let follow = async |number: usize| {
        let accept = if number.is_multiple_of(2) { "application/json" } else { "text/event-stream" };
        let filter = format!("kind={}", ["report", "report,metric", "report,source"][number % 3]);
        let url = format!("{}/v1/changes?after=1&wait=60&{filter}", service.url);
        let response = client.get(url).header("accept", accept).send().await.expect("an answer");
        assert_eq!(response.status(), 200, "follower {number}");
        let mut stream = response.bytes_stream();
        let mut text = String::new();
        while !text.contains("\"id\":\"two-s1\"") {
            let bytes = stream.next().await.expect("news").expect("bytes");
            text.push_str(std::str::from_utf8(&bytes).expect("UTF-8"));
        }
    };
    let mut following = Box::pin(futures_util::future::join_all((0..MANY).map(follow)));
    tokio::select! {
        _ = &mut following => panic!("nobody was told anything yet"),
        () = until_waiting(&service, MANY) => {}
    }
    service.publishes(&news());
    tokio::time::timeout(Duration::from_secs(120), following).await.expect("everybody hears");
}

#[actix_web::test]
async fn a_read_that_failed_is_made_anew_for_who_asks_next() {
    let service = Service::small().await;
    let digest = service.get("/v1/revisions/1").await.json()["digest"].as_str().expect("a digest").to_owned();
    let path = format!("/v1/changes?after=1-{digest}&wait=1");
    service.database.sql("ALTER TABLE revisions RENAME TO away").await.expect("a fault");
    assert_eq!(service.get(&path).await.status, 503);
    service.database.sql("ALTER TABLE away RENAME TO revisions").await.expect("mended");
    let answer = service.get(&path).await;
    assert_eq!((answer.status, &answer.json()["caught_up"]), (200, &json!(true)));
}

#[actix_web::test]
async fn who_waits_gets_what_everybody_gets_also_compressed() {
    let service = Service::small().await;
    let codings = ["gzip, deflate, br", "identity", "gzip;q=0, br;q=0"];
    let path = "/v1/changes?after=1&wait=60";
    let wait = async |coding: &str| service.bytes(path, &[("accept-encoding", coding)]).await;
    let mut waits = Box::pin(futures_util::future::join_all(codings.map(wait)));
    tokio::select! {
        _ = &mut waits => panic!("nobody was told anything yet"),
        () = until_waiting(&service, codings.len()) => {}
    }
    service.publishes(&news());
    let answers = waits.await;
    let mut text = String::new();
    GzDecoder::new(answers[0].bytes.as_slice()).read_to_string(&mut text).expect("whole");
    let found = answers.iter().map(|answer| (answer.status, answer.header("content-encoding")));
    assert_eq!(found.collect::<Vec<_>>(), [(200, "gzip"), (200, ""), (200, "")]);
    assert!(answers.iter().all(|answer| answer.header("vary") == "accept, accept-encoding"));
    assert!(answers[1..].iter().all(|answer| answer.bytes == text.as_bytes()), "{text}");
}

#[actix_web::test]
async fn a_wait_ends_before_gateways_give_up_and_is_refused_beyond_the_bound() {
    let settings = Settings { gateway_timeout: Duration::from_secs(2), max_followers: 1, ..Settings::default() };
    let service = Service::with(settings).await;
    service.publishes(&data::small());
    let started = Instant::now();
    let (one, two) =
        tokio::join!(service.get("/v1/changes?after=1&wait=300"), service.get("/v1/changes?after=1&wait=300"));
    assert!(started.elapsed() < Duration::from_secs(2));
    let (waited, refused) = if one.status == 200 { (one, two) } else { (two, one) };
    assert_eq!((waited.status, waited.json()["data"].clone()), (200, json!([])));
    assert_eq!((refused.status, refused.problem().as_str()), (503, "too-many-followers"));
}

fn news() -> serde_json::Value {
    publication("new_data", json!({"reports": [report("two-s1", "two", "2020-S1", "completed")]}))
}

/// Returns when so many wait.
async fn until_waiting(service: &Service, count: usize) {
    while service.state.followers.waiting() < count {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
