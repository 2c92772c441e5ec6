//! Whatever is sent, the answer is the right problem, in two languages, saying what to do.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use open_commitments::api::problem::TYPES;
use open_commitments::api::routes::ENDPOINTS;
use open_commitments::model::kinds::KINDS;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::{Service, path_of, with_query};

/// Parameters and codes of a refusal, in order.
fn refused(answer: &crate::support::Answer) -> Vec<(String, String)> {
    assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid-parameter"), "{}", answer.text);
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    answer.json()["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| (text(&error["parameter"]), text(&error["code"])))
        .collect()
}

/// A path for every endpoint, with an id that is there.
fn paths() -> Vec<String> {
    ENDPOINTS
        .iter()
        .map(|endpoint| path_of(endpoint).replace("{id}", if endpoint.id == Some("revision") { "1" } else { "one" }))
        .map(|path| path.replace("{format}", "csv"))
        .collect()
}

#[actix_web::test]
async fn every_endpoint_refuses_unknown_repeated_and_unreadable_parameters() {
    let service = Service::small().await;
    for path in paths() {
        let answer = service.get(&with_query(&path, "colour=red&revision=1&revision=2&as_of=a%00b&format=%ff")).await;
        let refused = refused(&answer);
        // The path of an export says which format it is in; what describes one has a single format, as elsewhere.
        let export = path.starts_with("/v1/exports/") && !path.ends_with("-metadata.json");
        let export = export || path.ends_with("/figure.csv");
        let format = if export { "unknown-parameter" } else { "invalid-text" };
        for (name, code) in [
            ("colour", "unknown-parameter"),
            ("revision", "repeated-parameter"),
            ("as_of", "invalid-text"),
            ("format", format),
        ] {
            assert!(refused.contains(&(name.into(), code.into())), "{path}: {name} {code} in {refused:?}");
        }
        let allowed = answer.json()["errors"][0]["detail"].as_str().expect("a detail").to_owned();
        assert!(allowed.contains("revision, as_of"), "{path}: {allowed}");
    }
}

#[actix_web::test]
async fn a_query_full_of_mistakes_gets_a_short_answer() {
    let service = Service::small().await;
    let many: String = (0..9000).map(|number| format!("p{number}&")).collect();
    for (path, count) in [
        (format!("/v1/observations?{}", "a&".repeat(30_000)), 1),
        (format!("/v1/observations?{}", "limit=0&".repeat(7000)), 2),
        (format!("/v1/observations?{many}"), 51),
    ] {
        let answer = service.get(&path).await;
        assert_eq!(refused(&answer).len(), count, "{}", &path[..40]);
        assert!(answer.text.len() < 20_000, "{} bytes", answer.text.len());
        let lists = answer.text.matches("value_min").count();
        assert!(lists <= 2, "{lists} times, beside detail, which says again what alone is wrong");
        assert_eq!(answer.text.contains("more-problems"), count > 50);
    }
    let page = service.get(&format!("/search?{}", "lang=a&".repeat(9000))).await;
    assert!(page.status == 400 && page.text.len() < 20_000, "{} {}", page.status, page.text.len());
}

#[actix_web::test]
async fn malformed_values_are_named_with_what_is_allowed() {
    let service = Service::small().await;
    for (path, parameter, says) in [
        ("/v1/commitments?limit=0", "limit", "1 to 1000"),
        ("/v1/commitments?limit=1001", "limit", "1 to 1000"),
        ("/v1/commitments?limit=ten", "limit", "1 to 1000"),
        ("/v1/commitments?sort=mood", "sort", "due_on"),
        ("/v1/commitments?sort=number,-number", "sort", "twice"),
        ("/v1/commitments?fields=id,mood", "fields", "title"),
        ("/v1/commitments?include=everything", "include", "latest_report"),
        ("/v1/organizations?include=parent", "include", "no such parameter"),
        ("/v1/commitments?count=about", "count", "exact"),
        ("/v1/commitments?status=finished", "status", "in_progress"),
        ("/v1/commitments?status=", "status", "empty"),
        ("/v1/compare", "metric", "metric=…"),
        ("/v1/compare?metric=cases&by=colour", "by", "division, subject, period"),
        ("/v1/compare?metric=cases&aggregate=mean", "aggregate", "sum"),
        ("/v1/compare?metric=cases&change=yearly", "change", "year_on_year, previous"),
        ("/v1/compare?metric=cases&period=2020-S3", "period", "2020-S1"),
        ("/v1/metrics/cases/citation.txt?lang=fr", "lang", "zh-Hans, zh, en"),
        ("/v1/commitments?number=1.5", "number", "whole number"),
        ("/v1/commitments?number=99999999999999999999", "number", "whole number"),
        ("/v1/commitments?due_from=2020-02-30", "due_from", "a day that exists"),
        ("/v1/commitments?programme=Plan", "programme", "not an id"),
        ("/v1/commitments?topic=a--b", "topic", "slug"),
        ("/v1/commitments?q=%EF%BC%8C%20", "q", "nothing to search for"),
        ("/v1/observations?division=3701x", "division", "GB/T 2260"),
        ("/v1/sources?url=example.org/a,b", "url", "http or https"),
        ("/v1/observations?value_min=1e9", "value_min", "15 digits"),
        ("/v1/observations?value_max=NaN", "value_max", "15 digits"),
        ("/v1/commitments?format=pdf", "format", "json, ndjson, csv, csv-excel, xlsx"),
        ("/v1/commitments/one?format=csv", "format", "json"),
        ("/v1/commitments?revision=-1", "revision", "number"),
        ("/v1/commitments?revision=1-xyz", "revision", "digits of its digest"),
        ("/v1/commitments?revision=one", "revision", "number"),
        ("/v1/commitments?as_of=2020-06-31", "as_of", "a day that exists"),
        ("/v1/commitments?as_of=2020-06-30T12:00:00", "as_of", "offset"),
        ("/v1/commitments?as_of=2999-01-01", "as_of", "future"),
        ("/v1/commitments?revision=1&as_of=2020-06-30", "as_of", "not both"),
        ("/v1/revisions?kind=edit", "kind", "new_data"),
        ("/v1/revisions?published_from=yesterday", "published_from", "RFC 3339"),
        ("/v1/revisions?publisher=%00", "publisher", "U+0000"),
    ] {
        let answer = service.get(path).await;
        let found = refused(&answer);
        assert_eq!(found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), [parameter], "{path}");
        let detail = answer.json()["errors"][0]["detail"].as_str().expect("a detail").to_owned();
        assert!(detail.contains(says), "{path}: {detail}");
    }
}

#[actix_web::test]
async fn revisions_that_are_not_there_are_404_and_other_histories_410() {
    let service = Service::small().await;
    let digest = service.get("/v1").await.json()["digest"].as_str().expect("a digest").to_owned();
    let other = if digest.starts_with('0') { "ffff" } else { "0000" };
    for path in paths() {
        for revision in ["0", "2", "1000000000000000000000000000000", "2-abcd"] {
            let answer = service.get(&with_query(&path, &format!("revision={revision}"))).await;
            assert_eq!((answer.status, answer.problem().as_str()), (404, "no-such-revision"), "{path} {revision}");
        }
        let diverged = service.get(&with_query(&path, &format!("revision=1-{other}"))).await;
        assert_eq!((diverged.status, diverged.problem().as_str()), (410, "history-diverged"), "{path}");
        assert_eq!(diverged.json()["digest"], digest.as_str());
        let same = service.get(&with_query(&path, &format!("revision=1-{}", &digest[..12]))).await.status;
        assert!(same == 200 || same == 404 && path.contains("/one"), "{path}: {same}");
    }
    for number in ["0", "2", "-1", "01", "x", "99999999999999999999"] {
        assert_eq!(service.get(&format!("/v1/revisions/{number}")).await.problem(), "no-such-revision", "{number}");
    }
}

#[actix_web::test]
async fn forged_cursors_are_refused() {
    let service = Service::small().await;
    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let real = service.get("/v1/commitments?limit=1").await.json()["next"].as_str().expect("a cursor").to_owned();
    let decoded: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&real).expect("base64url")).expect("JSON");
    let with = |index: usize, value: Value| {
        let mut forged = decoded.clone();
        forged[index] = value;
        encode(forged)
    };
    let forgeries = [
        String::new(),
        "garbage".into(),
        "%00".into(),
        "====".into(),
        encode(json!({})),
        encode(json!([1, 2])),
        encode(json!("x")),
        with(0, json!(2)),
        with(1, json!(-1)),
        with(1, json!("1")),
        with(1, json!(1.5)),
        with(3, json!("000000000000")),
        with(4, json!(["plan", "one' OR 1=1"])),
        with(4, json!(["plan", "x", "one"])),
        with(4, json!([])),
        with(4, json!(["a\u{0}", "1", "b"])),
    ];
    for forged in forgeries {
        let answer = service.get(&format!("/v1/commitments?limit=1&cursor={forged}")).await;
        assert_eq!(refused(&answer)[0].0, "cursor", "{forged}");
    }
    for (path, why) in [
        ("/v1/reports", "another list"),
        ("/v1/commitments?sort=-number", "another order"),
        ("/v1/commitments?number=1", "another filter"),
    ] {
        let joint = if path.contains('?') { '&' } else { '?' };
        assert_eq!(refused(&service.get(&format!("{path}{joint}cursor={real}")).await)[0].0, "cursor", "{why}");
    }
    // From a history or a revision that this ledger does not have.
    for forged in [with(1, json!(7)), with(2, json!("00000000"))] {
        let answer = service.get(&format!("/v1/commitments?limit=1&cursor={forged}")).await;
        assert_eq!((answer.status, answer.problem().as_str()), (410, "history-diverged"), "{forged}");
    }
    assert_eq!(service.get(&format!("/v1/commitments?limit=1&cursor={real}")).await.ids(), ["two"]);
}

#[actix_web::test]
async fn other_methods_are_405_with_allow_and_other_paths_404() {
    let service = Service::small().await;
    let plain = [
        "/",
        "/health/live",
        "/health/ready",
        "/health/metrics",
        "/openapi.json",
        "/openapi.yaml",
        "/problems/no-such-path",
        "/docs",
        "/docs/",
    ];
    for path in paths().iter().map(String::as_str).chain(plain) {
        for method in ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"] {
            let publishes = path.starts_with("/v1/revisions?") || path == "/v1/revisions";
            if publishes && method == "POST" {
                continue;
            }
            let answer = service.request(method, path, &[]).await;
            assert_eq!((answer.status, answer.problem().as_str()), (405, "method-not-allowed"), "{method} {path}");
            let allowed = if publishes { "GET, HEAD, OPTIONS, POST" } else { "GET, HEAD, OPTIONS" };
            assert_eq!(answer.header("allow"), allowed, "{path}");
        }
    }
    for path in [
        "/v2",
        "/v1/",
        "/v1/wishes",
        "/v1/commitments/one/more",
        "/v1/programmes/plan/reports",
        "/docs/nothing.js",
        "/%ff",
        "/v1/commitments//history",
    ] {
        let answer = service.get(path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "no-such-path"), "{path}");
    }
}

#[actix_web::test]
async fn ids_that_cannot_be_are_404() {
    let service = Service::small().await;
    for kind in KINDS {
        for id in ["nobody", "%00", "%ff", "%27%3B--", "A", "one~two", &"x".repeat(5000), "%E8%B0%83"] {
            for below in ["", "/history"] {
                let answer = service.get(&format!("/v1/{}/{id}{below}", kind.collection)).await;
                assert_eq!(
                    (answer.status, answer.problem().as_str()),
                    (404, "no-such-record"),
                    "{} {id}{below}",
                    kind.collection
                );
            }
        }
    }
    assert_eq!(service.get("/v1/commitments/nobody/reports").await.ids(), Vec::<String>::new());
}

#[actix_web::test]
async fn accept_that_cannot_be_met_is_406() {
    let service = Service::small().await;
    for (accept, status, media_type) in [
        ("image/png", 406, "application/problem+json"),
        ("application/json;q=0", 406, "application/problem+json"),
        ("text/csv", 200, "text/csv"),
        ("text/csv;q=0.5, application/json;q=0.4", 200, "text/csv"),
        ("text/*, */*;q=0.1", 200, "text/csv"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", 200, "application/json"),
        ("*/*", 200, "application/json"),
        ("", 200, "application/json"),
        ("nonsense", 406, "application/problem+json"),
    ] {
        let answer = service.request("GET", "/v1/commitments", &[("accept", accept)]).await;
        assert_eq!(answer.status, status, "{accept}");
        assert!(answer.header("content-type").starts_with(media_type), "{accept}: {}", answer.header("content-type"));
    }
    let won = service.request("GET", "/v1/commitments?format=json", &[("accept", "text/csv")]).await;
    assert_eq!(won.header("content-type"), "application/json", "format= wins");
}

#[actix_web::test]
async fn problems_speak_two_languages_and_their_types_resolve() {
    let service = Service::small().await;
    for path in ["/v1/commitments/nobody", "/v1/nothing", "/v1/commitments?limit=0", "/v1/commitments?revision=9"] {
        let english = service.request("GET", path, &[("accept-language", "fr, en;q=0.5, zh;q=0.1")]).await;
        let chinese = service.request("GET", path, &[("accept-language", "zh-CN,zh;q=0.9,en;q=0.8")]).await;
        assert_eq!((english.header("content-language"), chinese.header("content-language")), ("en", "zh-Hans"));
        assert!(english.header("vary").contains("accept-language"));
        let (english, chinese) = (english.json(), chinese.json());
        assert_eq!(english["type"], chinese["type"]);
        assert_eq!(english["status"], chinese["status"]);
        for member in ["title", "detail"] {
            assert!(english[member].as_str().expect("text").is_ascii() || path.contains("nobody"), "{english}");
            assert!(
                chinese[member].as_str().expect("text").chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)),
                "{chinese}"
            );
        }
        let page = english["type"].as_str().expect("a type").strip_prefix(&service.url).expect("our own").to_owned();
        assert_eq!(service.get(&page).await.status, 200, "{page}");
    }
    for known in TYPES {
        let page = service.get(&format!("/problems/{}", known.slug)).await;
        assert!(page.text.contains(known.advice[0]) && page.text.contains(known.advice[1]), "{}", known.slug);
    }
    assert_eq!(service.get("/problems/nothing").await.problem(), "no-such-path");
}

#[actix_web::test]
async fn nothing_that_a_query_can_hold_is_a_server_error() {
    let service = Service::small().await;
    let nasty = "(|0|-1|1|99999999999999999999|2020-13-45|NaN|null|[\\\\'\"%;(){}~*&|<>!:]{1,4}|%00|%ff|%f0%9f%98%80|[a-z,-]{1,12}|\\PC{0,6})";
    let mut runner = TestRunner::deterministic();
    for endpoint in ENDPOINTS.iter() {
        for parameter in &endpoint.parameters {
            let path = if parameter.required { endpoint.path.clone() } else { path_of(endpoint) };
            let path = path.replace("{id}", "one").replace("{format}", "csv");
            for _ in 0..3 {
                let value = nasty.new_tree(&mut runner).expect("a value").current();
                let encoded: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
                let raw = if value.starts_with('%') { value.clone() } else { encoded };
                let answer = service.get(&with_query(&path, &format!("{}={raw}", parameter.name))).await;
                assert!(answer.status < 500, "{path}?{}={value}: {}", parameter.name, answer.text);
            }
        }
    }
}
