//! How much a cache answers by itself, and how soon it has what is new.

use std::collections::BTreeSet;
use std::time::Instant;

use futures_util::future::join_all;
use serde_json::json;

use super::{Proxy, asked, cache_status, is_hit, publishes, service};
use crate::support::Service;
use crate::support::data::{self, commitment, publication};
use crate::support::random::Random;

/// What programs that people use send, and how many of ten they are.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
const VISITORS: [(&str, &str, &str, usize); 5] = [
    (BROWSER, "zh-CN,zh;q=0.9,en;q=0.8", "gzip, deflate, br, zstd", 5),
    (BROWSER, "en-GB,en;q=0.9", "gzip, deflate, br", 1),
    ("application/json, text/plain, */*", "zh-CN,zh;q=0.9", "gzip, deflate, br", 2),
    ("*/*", "", "gzip, deflate", 1),
    ("*/*", "", "", 1),
];
const REQUESTS: usize = 2000;

/// Targets that many ask for are first: pages, lists and records, at head and pinned.
async fn targets(service: &Service) -> Vec<String> {
    let ids = service.get("/v1/observations?limit=60&fields=id").await.ids();
    let commitments = service.get("/v1/commitments?fields=id").await.ids();
    let mut targets = vec!["/v1/summary".to_owned(), "/".to_owned(), "/v1/commitments?status=completed".to_owned()];
    targets.extend(commitments.iter().map(|id| format!("/v1/commitments/{id}")));
    targets.extend(commitments.iter().map(|id| format!("/commitments/{id}")));
    targets.extend(ids.iter().map(|id| format!("/v1/observations/{id}?revision=2")));
    targets
}

#[actix_web::test]
async fn of_a_skewed_replay_nearly_all_is_answered_by_the_cache() {
    let service = service().await;
    service.publishes(&data::shandong());
    let targets = targets(&service).await;
    for proxy in [Proxy::varnish(&service).await, Proxy::nginx(&service).await] {
        let mut random = Random::new(6);
        let before = asked(&service, "", "").await;
        let (mut hits, mut bad, began) = (0, 0, Instant::now());
        let mut variants = BTreeSet::new();
        for _ in 0..REQUESTS / 8 {
            let round = (0..8).map(|_| {
                // One over the rank, about.
                let below = random.below(targets.len()) + 1;
                let target = &targets[random.below(below)];
                let mut place = random.below(10);
                let kind = VISITORS.iter().position(|(.., share)| {
                    let found = place < *share;
                    place = place.saturating_sub(*share);
                    found
                });
                let (accept, language, encoding, _) = VISITORS[kind.expect("ten in all")];
                variants.insert((target, kind));
                let headers = [("accept", accept), ("accept-language", language), ("accept-encoding", encoding)];
                let headers: Vec<_> = headers.into_iter().filter(|(_, value)| !value.is_empty()).collect();
                let proxy = &proxy;
                async move { proxy.get(target, &headers).await }
            });
            let round: Vec<_> = round.collect();
            for answer in join_all(round).await {
                hits += usize::from(is_hit(&answer));
                bad += usize::from(answer.status != 200);
            }
        }
        let requests = asked(&service, "", "").await - before;
        println!(
            "proxies: {}: {REQUESTS} requests for {} targets by 5 kinds of programs ({} pairs) in {:.1} s: {:.1} % hits, {requests} reached the service",
            proxy.name,
            targets.len(),
            variants.len(),
            began.elapsed().as_secs_f64(),
            100.0 * hits as f64 / REQUESTS as f64
        );
        assert_eq!(bad, 0);
        assert!(hits * 10 >= REQUESTS * 8, "{} answered {hits} of {REQUESTS} by itself", proxy.name);
    }
}

#[actix_web::test]
async fn what_is_over_is_revalidated_and_a_new_revision_is_there_within_seconds() {
    let (one, other) = (service().await, service().await);
    let (varnish, nginx) = (Proxy::varnish(&one).await, Proxy::nginx(&other).await);
    futures_util::join!(keeps_up(&varnish, &one), keeps_up(&nginx, &other));
}

async fn keeps_up(proxy: &Proxy, service: &Service) {
    let (path, route) = ("/v1/commitments/one", "/v1/commitments/{id}");
    let first = proxy.get(path, &[]).await;
    let second = proxy.get(path, &[]).await;
    assert!(!is_hit(&first) && is_hit(&second), "{}: {}", proxy.name, cache_status(&second));
    assert_eq!(second.bytes, first.bytes);
    assert_eq!(second.header("ratelimit"), "", "it is of one client alone");
    let known = proxy.get(path, &[("if-none-match", first.header("etag"))]).await;
    assert_eq!((known.status, known.bytes.len()), (304, 0), "{}: who has it is told so", proxy.name);
    let began = Instant::now();
    let is_asked = async |proxy: &Proxy| {
        assert_eq!(proxy.get(path, &[]).await.bytes, first.bytes);
        (asked(service, route, "304").await > 0).then_some(())
    };
    proxy.until("it asks by the validator", is_asked).await;
    let revalidated = began.elapsed().as_secs_f64();
    assert_eq!(asked(service, route, "200").await, 1, "without a body");
    let title = "A title that is new";
    let mut corrected = commitment("one", 1);
    corrected["title"]["en"] = json!(title);
    publishes(service, &publication("transcription_correction", json!({"commitments": [corrected]}))).await;
    let began = Instant::now();
    let has_it = async |proxy: &Proxy| {
        let answer = proxy.get(path, &[]).await;
        String::from_utf8_lossy(&answer.bytes).contains(title).then_some(())
    };
    proxy.until("it has the new revision", has_it).await;
    println!(
        "proxies: {}: asked by the validator (304) after {revalidated:.1} s, a new revision was there after {:.1} s (5 are allowed, and what a request takes)",
        proxy.name,
        began.elapsed().as_secs_f64()
    );
}

#[actix_web::test]
async fn many_who_ask_at_once_are_one_request_for_the_service() {
    let service = service().await;
    for (proxy, path) in [
        (Proxy::varnish(&service).await, "/v1/observations?limit=7"),
        (Proxy::nginx(&service).await, "/v1/observations?limit=8"),
    ] {
        // The lock makes the first answer wait until all have asked.
        let locker = service.database.client().await;
        locker.batch_execute("BEGIN; LOCK TABLE observations IN ACCESS EXCLUSIVE MODE").await.expect("locked");
        let before = asked(&service, "/v1/observations", "200").await;
        let asking = join_all((0..40).map(|_| proxy.get(path, &[])));
        let freeing = async {
            // The service has taken a request up, and the rest had time to come to the cache.
            proxy
                .until("somebody waits for the lock", async |_| {
                    let waiting = "SELECT count(*)::text FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
                    (service.database.text(waiting).await != "0").then_some(())
                })
                .await;
            locker.batch_execute("ROLLBACK").await.expect("free");
        };
        let (answers, ()) = futures_util::join!(asking, freeing);
        assert!(answers.iter().all(|answer| answer.status == 200 && answer.bytes == answers[0].bytes));
        let requests = asked(&service, "/v1/observations", "200").await - before;
        println!("proxies: {}: 40 at once: {requests} reached the service", proxy.name);
        assert_eq!(requests, 1, "{}", proxy.name);
    }
}
