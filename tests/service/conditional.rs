//! Validators, caches, encodings, and what goes round every answer.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use open_commitments::api::routes::ENDPOINTS;

use crate::support::data::{self, publication};
use crate::support::{Service, Settings, TestDatabase, at};
use crate::support::{path_of, publish_at, with_query};
use serde_json::json;

fn paths() -> Vec<String> {
    let id =
        |endpoint: &open_commitments::api::endpoint::Endpoint| match (endpoint.id, endpoint.kind.map(|kind| kind.name))
        {
            (Some("revision"), _) => "1",
            (Some("organization"), _) => "org",
            (Some("programme"), _) => "plan",
            (Some("report"), _) => "one-s1",
            (Some("metric"), _) => "cases",
            (Some("observation"), _) => "cases-s1",
            _ => "one",
        };
    ENDPOINTS
        .iter()
        .filter(|endpoint| !matches!(endpoint.id, Some("target" | "source")))
        .map(|endpoint| path_of(endpoint).replace("{id}", id(endpoint)).replace("{format}", "csv"))
        .collect()
}

#[actix_web::test]
async fn every_read_has_a_validator_that_turns_into_304() {
    let service = Service::small().await;
    for path in paths() {
        let answer = service.get(&path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let etag = answer.header("etag").to_owned();
        // Files that are written first are the same bytes for all, so their validator is strong.
        let file = path.ends_with(".zip");
        assert!(etag.starts_with(if file { "\"1-" } else { "W/\"1-" }), "{path}: {etag}");
        for field in
            [etag.clone(), etag.trim_start_matches("W/").to_owned(), format!("\"other\", {etag}"), "*".to_owned()]
        {
            let unchanged = service.request("GET", &path, &[("if-none-match", &field)]).await;
            assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""), "{path} {field}");
            for name in ["etag", "cache-control", "vary", "ledger-revision"] {
                assert_eq!(unchanged.header(name), answer.header(name), "{path}: {name}");
            }
        }
        assert_eq!(service.request("GET", &path, &[("if-none-match", "W/\"1-0-00000000-0\"")]).await.status, 200);
        let encodings: BTreeSet<Option<String>> = {
            let mut found = BTreeSet::new();
            for encoding in ["br", "gzip", "zstd", "identity"] {
                let encoded = service.request("GET", &path, &[("accept-encoding", encoding)]).await;
                assert_eq!(encoded.header("etag"), etag, "{path} {encoding}");
                assert!(encoded.header("vary").contains("accept-encoding"), "{path} {encoding}");
                found.insert(Some(encoded.header("content-encoding").to_owned()).filter(|name| !name.is_empty()));
            }
            found
        };
        assert!(
            encodings.contains(&None) && (encodings.len() == if file { 1 } else { 4 } || answer.text.len() < 100),
            "{path}: {encodings:?}"
        );
    }
}

#[actix_web::test]
async fn head_is_get_without_a_body() {
    let service = Service::small().await;
    let others =
        ["/health/live", "/openapi.json", "/problems/no-such-path", "/docs/", "/v1/nothing", "/v1/commitments/nobody"];
    for path in paths().iter().map(String::as_str).chain(others) {
        let (get, head) = (service.get(path).await, service.request("HEAD", path, &[]).await);
        assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
        for name in ["etag", "content-type", "cache-control", "ledger-revision", "vary", "content-length"] {
            assert_eq!(head.header(name), get.header(name), "{path}: {name}");
        }
    }
}

#[actix_web::test]
async fn every_read_may_be_used_from_another_site() {
    let service = Service::small().await;
    for path in paths() {
        let preflight = [
            ("origin", "https://news.example"),
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "if-none-match"),
        ];
        let answer = service.request("OPTIONS", &path, &preflight).await;
        assert_eq!(answer.status, 204, "{path}");
        assert_eq!(answer.header("access-control-allow-methods"), "GET, HEAD, OPTIONS", "{path}");
        assert!(answer.header("access-control-allow-headers").contains("If-None-Match"));
        let answer = service.request("GET", &path, &preflight[..1]).await;
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        let exposed: Vec<&str> = answer.header("access-control-expose-headers").split(", ").collect();
        for name in ["ETag", "Link", "Ledger-Revision", "Retry-After", "RateLimit", "Cache-Status", "Age", "Allow"] {
            assert!(exposed.contains(&name), "{name}");
        }
        // What a browser shows anyhow, or keeps to itself.
        let others =
            ["cache-control", "content-length", "content-type", "content-language", "connection", "date", "vary"];
        let others = [&others[..], &["surrogate-key", "transfer-encoding", "x-content-type-options"]].concat();
        for name in answer.headers.keys().map(|name| name.as_str()) {
            let is_exposed = exposed.iter().any(|exposed| exposed.eq_ignore_ascii_case(name));
            let is_other = others.contains(&name) || name.starts_with("access-control-");
            assert!(is_exposed || is_other, "{path}: a script cannot see {name}");
        }
    }
}

#[actix_web::test]
async fn heads_are_kept_for_moments_and_pinned_answers_for_days() {
    let service = Service::small().await;
    for path in paths() {
        let head = service.get(&path).await.header("cache-control").to_owned();
        assert!(
            head.contains("max-age=0") && head.contains("stale-while-revalidate") && head.contains("stale-if-error"),
            "{path}: {head}"
        );
        let pinned = service.get(&with_query(&path, "revision=1")).await;
        assert_eq!(
            (pinned.header("cache-control"), pinned.header("surrogate-key")),
            ("public, max-age=300, s-maxage=604800", "pinned"),
            "{path}"
        );
    }
    let refused = service.get("/v1/commitments?limit=0").await;
    assert_eq!(refused.header("cache-control"), "no-store");
}

#[actix_web::test]
async fn requests_have_ids() {
    let service = Service::empty().await;
    let sent = service.request("GET", "/v1", &[("x-request-id", "abc-123")]).await;
    assert_eq!(sent.header("x-request-id"), "abc-123");
    let long = "x".repeat(100);
    for bad in ["<script>", long.as_str()] {
        let made = service.request("GET", "/v1", &[("x-request-id", bad)]).await;
        assert_eq!(made.header("x-request-id").len(), 32);
    }
    assert_ne!(service.get("/v1").await.header("x-request-id"), service.get("/v1").await.header("x-request-id"));
}

#[actix_web::test]
async fn a_public_url_with_a_path_is_served_under_it_and_at_the_root() {
    let database = TestDatabase::create().await;
    let service =
        Service::on(database, Settings { public_url: Some("https://data.example/open".into()), ..Settings::default() });
    service.publishes(&data::small());
    for path in
        paths().iter().map(String::as_str).chain(["/health/ready", "/openapi.json", "/docs/", "/problems/no-such-path"])
    {
        let (root, below) = (service.get(path).await, service.get(&format!("/open{path}")).await);
        assert_eq!((root.status, below.status), (200, 200), "{path}");
        assert_eq!(root.text, below.text, "a prefix changes no bytes: {path}");
    }
    assert_eq!(service.get("/open/v1/nothing").await.json()["type"], "https://data.example/open/problems/no-such-path");
    assert_eq!(service.get("/openapi.json").await.json()["servers"][0]["url"], "https://data.example/open");
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    for (path, target) in [("/open", "open/"), ("/open?lang=zh", "open/?lang=zh")] {
        let answer = client.get(format!("{}{path}", service.url)).send().await.expect("an answer");
        let location = answer.headers().get("location").and_then(|location| location.to_str().ok());
        assert_eq!((answer.status().as_u16(), location), (308, Some(target)), "{path}");
    }
    assert_eq!(service.get("/open/?lang=zh").await.status, 200);
}

fn on_new_years_eve() -> DateTime<Utc> {
    at("2020-12-31T15:59:59Z") // 23:59:59 in Shanghai
}

fn on_new_years_day() -> DateTime<Utc> {
    at("2020-12-31T16:00:00Z") // 00:00:00 in Shanghai
}

#[actix_web::test]
async fn overdue_depends_on_the_day_which_body_and_etag_say() {
    let mut seen = Vec::new();
    for (clock, day, overdue) in
        [(on_new_years_eve as fn() -> DateTime<Utc>, "2020-12-31", 0), (on_new_years_day, "2021-01-01", 2)]
    {
        let service = Service::with(Settings { clock, ..Settings::default() }).await;
        let mut connection = service.database.connection().await;
        publish_at(&mut connection, &data::small(), on_new_years_eve).await;
        let summary = service.get("/v1/summary").await;
        assert_eq!(summary.json()["evaluated_on"], day);
        assert_eq!(summary.json()["overdue"]["count"], overdue);
        assert_eq!(summary.json()["unreported"]["data"][0]["id"], "two");
        assert!(summary.header("etag").contains(day), "{}", summary.header("etag"));
        seen.push(summary.header("etag").to_owned());
        let pinned = service.get("/v1/summary?revision=1").await.json();
        assert_eq!(
            (&pinned["evaluated_on"], &pinned["overdue"]["count"]),
            (&json!("2020-12-31"), &json!(0)),
            "pinned, it is the revision's day"
        );
    }
    assert_ne!(seen[0], seen[1]);
}

#[actix_web::test]
async fn a_redaction_makes_every_validator_new() {
    let service = Service::small().await;
    service.publishes(&publication("new_data", json!({"organizations": [data::organization("secret")]})));
    let before = service.get("/v1/commitments?revision=1").await.header("etag").to_owned();
    let output = service.run(&["redact", "organization", "secret", "--message", "The law"], "");
    assert!(output.status.success());
    let after = service.request("GET", "/v1/commitments?revision=1", &[("if-none-match", &before)]).await;
    assert_eq!(after.status, 200);
}
