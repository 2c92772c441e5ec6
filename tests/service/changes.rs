//! The change feed: nothing is missed, nothing comes twice, and whoever waits hears at once.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::data::{self, commitment, publication, report};
use crate::support::{Answer, Service, digest};

/// Every page from an address on, until it has caught up.
async fn pages(service: &Service, start: &str, limit: i64) -> Vec<Value> {
    let mut pages = Vec::new();
    let mut path = format!("/v1/changes?{start}&limit={limit}");
    loop {
        let answer = service.get(&path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let page = answer.json();
        let filters: String = start
            .split('&')
            .filter(|part| ["kind", "publisher", "programme"].iter().any(|name| part.starts_with(name)))
            .map(|part| format!("&{part}"))
            .collect();
        path = format!("/v1/changes?limit={limit}{filters}&cursor={}", page["next"].as_str().expect("a cursor"));
        let over = page["caught_up"] == true;
        pages.push(page);
        if over {
            return pages;
        }
    }
}

fn entries(pages: &[Value]) -> Vec<Value> {
    pages.iter().flat_map(|page| page["data"].as_array().cloned().expect("changes")).collect()
}

/// Operation and record of each change.
fn said(pages: &[Value]) -> Vec<String> {
    let text = |entry: &Value, name: &str| entry[name].as_str().expect("a text").to_owned();
    entries(pages).iter().map(|entry| format!("{} {}", text(entry, "op"), text(entry, "id"))).collect()
}

#[actix_web::test]
async fn pages_of_any_size_hold_every_change_once_in_order() {
    let service = Service::eventful().await;
    let whole = entries(&pages(&service, "after=0", 1000).await);
    let places: Vec<(i64, i64)> = whole
        .iter()
        .map(|entry| (entry["revision"].as_i64().expect("a number"), entry["seq"].as_i64().expect("a number")))
        .collect();
    assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{places:?}");
    assert_eq!(places.len(), 10 + 1 + 1 + 1 + 1);
    for limit in [1, 2, 3, 7] {
        let paged = pages(&service, "after=0", limit).await;
        assert_eq!(entries(&paged), whole, "limit {limit}");
        for page in &paged {
            let last = page["data"].as_array().and_then(|data| data.last());
            let through = page["through"].as_i64().expect("a number");
            let header = page["revisions"].as_array().and_then(|all| all.last()).expect("a header");
            assert_eq!(header["revision"], through);
            if let Some(last) = last {
                assert_eq!(last["revision"], through);
                assert_eq!(page["complete"] == true, last["seq"] == header["changes"], "limit {limit}: {page}");
            }
            assert_eq!(*header, service.get(&format!("/v1/revisions/{through}")).await.json());
        }
    }
    let lines = service.get("/v1/changes?format=ndjson&limit=1000").await.text;
    let mut lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.pop().expect("a last line")["caught_up"], true);
    assert_eq!(lines, whole);
}

#[actix_web::test]
async fn every_digest_can_be_recomputed_from_the_feed_alone() {
    let service = Service::eventful().await;
    let page = service.get("/v1/changes?limit=1000").await;
    let (text, page) = (page.text.clone(), page.json());
    let ledger = service.get("/v1").await.json()["ledger"].as_str().expect("a UUID").to_owned();
    let mut previous = hex::encode(Sha256::digest(ledger));
    let data = page["data"].as_array().expect("changes");
    for header in page["revisions"].as_array().expect("headers") {
        let own: Vec<&Value> = data.iter().filter(|entry| entry["revision"] == header["revision"]).collect();
        previous = digest(&previous, header, &own);
        assert_eq!(header["digest"], previous.as_str());
    }
    assert_eq!(service.get("/v1").await.json()["digest"], previous.as_str());
    let mut content = 0;
    for entry in data {
        let Some(salt) = entry["salt"].as_str() else {
            assert!(entry["redacted_in"].is_number() && entry.get("record").is_none(), "{entry}");
            continue;
        };
        // The record stands in the answer byte for byte as it was hashed.
        let before = format!("\"salt\":\"{salt}\",\"record\":");
        let start = text.find(&before).expect("the record") + before.len();
        let mut stream = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        stream.next().expect("a record").expect("JSON");
        let body = &text[start..start + stream.byte_offset()];
        let hash = Sha256::new().chain_update(hex::decode(salt).expect("hex")).chain_update(body).finalize();
        assert_eq!(entry["record_digest"], hex::encode(hash).as_str(), "{entry}");
        content += 1;
    }
    assert_eq!((content, data.len()), (13, 14));
}

#[actix_web::test]
async fn next_of_an_empty_page_goes_on_whenever_there_is_something_new() {
    let service = Service::empty().await;
    let first = service.get("/v1/changes").await.json();
    assert_eq!((&first["data"], &first["through"], &first["complete"]), (&json!([]), &json!(0), &json!(true)));
    let cursor = first["next"].as_str().expect("a cursor").to_owned();
    service.publishes(&data::small());
    for _ in 0..2 {
        let page = service.get(&format!("/v1/changes?cursor={cursor}")).await.json();
        assert_eq!(page["data"].as_array().map(Vec::len), Some(10));
    }
}

#[actix_web::test]
async fn a_follower_of_another_history_is_told_so_with_head_and_its_digest() {
    let (service, other) = (Service::eventful().await, Service::small().await);
    let head = service.get("/v1").await.json();
    let of_other = other.get("/v1/changes?after=1").await.json()["next"].as_str().expect("a cursor").to_owned();
    for start in ["after=6".to_owned(), "after=1-00000000".to_owned(), format!("cursor={of_other}")] {
        let answer = service.get(&format!("/v1/changes?{start}")).await;
        assert_eq!((answer.status, answer.problem().as_str()), (410, "history-diverged"), "{start}");
        assert_eq!((&answer.json()["head"], &answer.json()["head_digest"]), (&json!(5), &head["digest"]), "{start}");
    }
    let digest = service.get("/v1/revisions/3").await.json()["digest"].as_str().expect("a digest").to_owned();
    assert_eq!(service.get(&format!("/v1/changes?after=3-{digest}")).await.json()["through"], 5);
    // A copy that is behind says so instead.
    service
        .database
        .sql("INSERT INTO mirror (upstream, upstream_head) VALUES ('https://example.org', 9)")
        .await
        .expect("a copy");
    let behind = service.get("/v1/changes?after=7").await;
    assert_eq!((behind.status, behind.problem().as_str(), behind.header("retry-after")), (503, "mirror-behind", "5"));
    assert_eq!(service.get("/v1/changes?after=10").await.status, 410);
}

#[actix_web::test]
async fn a_snapshot_gives_the_records_there_are_and_goes_on_from_its_revision() {
    let service = Service::eventful().await;
    let first = service.get("/v1/changes?snapshot=true&limit=3").await.json();
    // What is published meanwhile comes after it.
    service.publishes(&publication("new_data", json!({"reports": [report("one-q3", "one", "2020-Q3", "completed")]})));
    let mut all = vec![first.clone()];
    let start = format!("cursor={}", first["next"].as_str().expect("a cursor"));
    all.extend(pages(&service, &start, 3).await);
    let split = all.iter().position(|page| page["snapshot"] == false).expect("changes follow");
    let (records, after) = all.split_at(split);
    assert!(records.iter().all(|page| page["through"] == 5 && page["revisions"][0]["revision"] == 5));
    assert_eq!(records.iter().filter(|page| page["complete"] == true).count(), 1);
    let mut found = entries(records);
    found.sort_by_key(|entry| (entry["kind"].to_string(), entry["id"].to_string()));
    let mut expected = Vec::new();
    for collection in
        ["organizations", "programmes", "commitments", "reports", "metrics", "observations", "targets", "sources"]
    {
        let list = service.get(&format!("/v1/{collection}?revision=5")).await.json();
        expected.extend(
            list["data"]
                .as_array()
                .expect("a list")
                .iter()
                .filter(|item| item["computed"] != true)
                .map(|item| item["id"].clone()),
        );
    }
    let mut ids: Vec<String> = found.iter().map(|entry| entry["record"]["id"].to_string()).collect();
    let mut expected: Vec<String> = expected.iter().map(Value::to_string).collect();
    ids.sort();
    expected.sort();
    assert_eq!(ids, expected);
    assert_eq!(said(after), ["upsert one-q3"]);
    assert_eq!(after[0]["revisions"][0]["revision"], 6);
}

#[actix_web::test]
async fn a_filter_by_kind_or_publisher_lets_through_what_it_names() {
    let service = Service::eventful().await;
    assert_eq!(
        said(&pages(&service, "kind=report,observation", 2).await),
        [
            "upsert one-s1",
            "upsert cases-s1",
            "upsert settled-s1",
            "upsert cases-s1",
            "upsert two-s1",
            "withdraw two-s1",
            "redact settled-s1"
        ]
    );
    assert_eq!(said(&pages(&service, "publisher=nobody", 2).await), [""; 0]);
    assert_eq!(entries(&pages(&service, "publisher=org", 1000).await).len(), 14);
    let other = service.get("/v1/changes?kind=report").await.json()["next"].as_str().expect("a cursor").to_owned();
    assert_eq!(service.get(&format!("/v1/changes?cursor={other}")).await.status, 400);
    for wrong in [
        "kind=reports",
        "after=1&cursor=x",
        "wait=301",
        "wait=-1",
        "after=x",
        "snapshot=yes",
        "after=0&snapshot=true",
        "sort=id",
    ] {
        assert_eq!(service.get(&format!("/v1/changes?{wrong}")).await.problem(), "invalid-parameter", "{wrong}");
    }
}

#[actix_web::test]
async fn what_moves_out_of_a_programme_leaves_and_takes_along_what_belongs_to_it() {
    let service = Service::small().await;
    service.publishes(&publication(
        "new_data",
        json!({"programmes": [{"id": "other", "organization": "org", "year": 2021, "title": {"en": "Other"}}]}),
    ));
    let start = |programme: &str| format!("programme={programme}&after=2");
    let mut moved = commitment("one", 1);
    moved["programme"] = "other".into();
    service.publishes(&publication("source_correction", json!({"commitments": [moved]})));
    for limit in [1, 2, 50] {
        assert_eq!(
            said(&pages(&service, &start("plan"), limit).await),
            ["leave one", "leave cases-s1", "leave settled-s1", "leave one-s1"],
            "limit {limit}"
        );
        let entered = pages(&service, &start("other"), limit).await;
        assert_eq!(said(&entered), ["upsert one", "upsert cases-s1", "upsert settled-s1", "upsert one-s1"]);
        assert_eq!(entries(&entered)[1]["changed_in"], 1);
        assert_eq!(entries(&entered)[1]["record"]["value"], 300);
    }
    // A change afterwards is heard where the record is.
    service.publishes(&publication(
        "source_correction",
        json!({"reports": [report("one-s1", "one", "2020-S1", "completed")]}),
    ));
    assert_eq!(said(&pages(&service, "programme=plan&after=3", 50).await), [""; 0]);
    assert_eq!(said(&pages(&service, "programme=other&after=3", 50).await), ["upsert one-s1"]);
    // A report that is about another commitment now leaves by itself.
    service.publishes(&publication(
        "source_correction",
        json!({"reports": [report("one-s1", "two", "2020-S1", "completed")]}),
    ));
    assert_eq!(said(&pages(&service, "programme=other&after=4", 50).await), ["leave one-s1"]);
    assert_eq!(said(&pages(&service, "programme=plan&after=4", 50).await), ["upsert one-s1"]);
    // What belonged to a redacted commitment can no longer be said to belong to the programme.
    service.publishes(&data::redaction("commitment", "one"));
    assert_eq!(
        said(&pages(&service, "programme=other&after=5", 50).await),
        ["redact one", "leave cases-s1", "leave settled-s1", "leave one-s1"],
        "what once belonged to it leaves as well, for those who come late"
    );
}

#[actix_web::test]
async fn whoever_waits_hears_of_a_revision_when_it_is_there_and_holds_no_connection() {
    let service = Service::small().await;
    let waiting: Vec<_> = (0..200).map(|_| service.get("/v1/changes?after=1&wait=60")).collect();
    let mut waiting = Box::pin(futures_util::future::join_all(waiting));
    // Everybody is let in before the revision is published.
    let metrics = async {
        loop {
            let text = service.get("/health/metrics").await.text;
            if text.contains("\nfollowers_waiting 200\n") {
                return text;
            }
        }
    };
    let metrics = tokio::select! {
        _ = &mut waiting => panic!("nobody was told anything yet"),
        metrics = metrics => metrics,
    };
    let connections = metrics.lines().find_map(|line| line.strip_prefix("database_connections ")?.parse::<i64>().ok());
    assert!(connections.expect("a count") <= 8, "{metrics}");
    let started = Instant::now();
    service.publishes(&publication("new_data", json!({"reports": [report("two-s1", "two", "2020-S1", "completed")]})));
    for answer in waiting.await {
        assert_eq!(said(&[answer.json()]), ["upsert two-s1"]);
    }
    assert!(started.elapsed() < Duration::from_secs(30), "it was the revision that ended the wait");
}

/// Reads events until there are `count`.
async fn events(response: reqwest::Response, count: usize) -> Vec<(String, String, Value)> {
    let mut stream = response.bytes_stream();
    let mut text = String::new();
    loop {
        let found: Vec<(String, String, Value)> = text
            .split("\n\n")
            .filter_map(|event| {
                let field =
                    |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
                let data = field("data: ");
                (!data.is_empty())
                    .then(|| (field("event: "), field("id: "), serde_json::from_str(&data).expect("JSON")))
            })
            .collect();
        if found.len() >= count && text.ends_with("\n\n") {
            return found;
        }
        let chunk = stream.next().await.expect("more events").expect("bytes");
        text.push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
    }
}

#[actix_web::test]
async fn a_stream_sends_changes_then_the_revision_and_goes_on_after_the_last_whole_one() {
    let service = Service::eventful().await;
    let get = |path: &str, last: Option<&str>| {
        let mut request =
            reqwest::Client::new().get(format!("{}{path}", service.url)).header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        request.send()
    };
    let response = get("/v1/changes?after=1&limit=1", None).await.expect("a stream");
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let found = events(response, 8).await;
    let names: Vec<&str> = found.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["change", "revision", "change", "revision", "change", "revision", "change", "revision"]);
    assert!(found.iter().all(|(name, id, _)| (name == "revision") != id.is_empty()));
    assert_eq!(found[7].2, service.get("/v1/revisions/5").await.json());
    let response = get("/v1/changes?after=1", Some(&found[5].1)).await.expect("a stream");
    let (waited, _) = tokio::join!(events(response, 4), async {
        service
            .publishes(&publication("new_data", json!({"reports": [report("one-q3", "one", "2020-Q3", "completed")]})));
    });
    assert_eq!(waited[0].2["op"], "redact");
    assert_eq!(waited[2].2["id"], "one-q3");
    assert_eq!(get("/v1/changes", Some("nonsense")).await.expect("an answer").status(), 400);
    assert_eq!(get("/v1/changes?revision=2", None).await.expect("an answer").status(), 400, "it would end at once");
}

#[actix_web::test]
async fn a_page_that_is_not_the_newest_is_cached_as_what_stays_as_it_is() {
    let service = Service::eventful().await;
    let old = service.get("/v1/changes?limit=3").await;
    assert!(old.header("cache-control").contains("s-maxage=604800"));
    let tag = old.header("etag").to_owned();
    service.publishes(&publication("new_data", json!({"reports": [report("one-q3", "one", "2020-Q3", "completed")]})));
    let again: Answer = service.request("GET", "/v1/changes?limit=3", &[("if-none-match", &tag)]).await;
    assert_eq!(again.status, 304);
    let newest = service.get("/v1/changes?after=5").await;
    assert!(newest.header("cache-control").contains("s-maxage=5"));
    assert!(old.header("link").contains("rel=\"next\""));
    let pinned = service.get("/v1/changes?limit=1000&revision=2").await.json();
    assert_eq!((&pinned["through"], &pinned["caught_up"]), (&json!(2), &json!(true)));
}

#[actix_web::test]
async fn a_page_that_ended_at_head_is_another_one_once_there_is_more() {
    let service = Service::small().await;
    let changes = service.get("/v1/revisions/1").await.json()["changes"].as_i64().expect("a number");
    let path = format!("/v1/changes?limit={changes}");
    let newest = service.get(&path).await;
    assert_eq!(newest.json()["caught_up"], true);
    service.publishes(&publication("new_data", json!({"reports": [report("one-q3", "one", "2020-Q3", "completed")]})));
    service.hears().await;
    let tag = newest.header("etag");
    let after: Answer = service.request("GET", &path, &[("if-none-match", tag)]).await;
    assert_eq!(after.status, 200, "who harvests until it has all would stop here");
    assert_eq!((&after.json()["caught_up"], &after.json()["data"]), (&json!(false), &newest.json()["data"]));
}

#[actix_web::test]
async fn where_a_snapshot_begins_is_the_newest_revision_each_time() {
    let service = Service::small().await;
    let path = "/v1/changes?snapshot=true&limit=2";
    let first = service.get(path).await;
    assert_eq!((&first.json()["through"], first.header("surrogate-key")), (&json!(1), "head"));
    let rest =
        service.get(&format!("/v1/changes?limit=2&cursor={}", first.json()["next"].as_str().expect("more"))).await;
    assert_eq!(rest.header("surrogate-key"), "pinned", "it goes on at the revision that it began with");
    service.publishes(&publication("new_data", json!({"reports": [report("one-q3", "one", "2020-Q3", "completed")]})));
    service.hears().await;
    assert_eq!(service.get(path).await.json()["through"], 2);
}
