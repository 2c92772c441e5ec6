//! What differs by a header never mixes, and what does not is kept once.

use super::{Proxy, Visitor, asked, is_hit, plain, service};
use crate::support::{Bytes, Service, path_of};
use open_commitments::api::routes::ENDPOINTS;

const ACCEPTS: [&str; 10] = [
    "",
    "*/*",
    "application/json",
    "text/csv",
    "text/*, */*;q=0.1",
    "application/json;q=0.5, */*",
    "application/x-ndjson",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "application/json, text/plain, */*",
    "text/csv;q=0, */*",
];
const LANGUAGES: [&str; 14] = [
    "",
    "zh",
    "en",
    "zh-CN,zh;q=0.9,en;q=0.8",
    "en-GB,en;q=0.9,zh;q=0.8",
    "fr",
    "fr, zh;q=0.5",
    "en;q=0.2, zh",
    "zh;q=0.1, en;q=0.7",
    "en;q=1.0, zh",
    "zh;q=0",
    "de, ZH-Hant, en",
    "*",
    "english, zhx",
];
const ENCODINGS: [&str; 5] = ["", "gzip", "gzip, deflate, br, zstd", "identity", "gzip;q=0"];

async fn ask(url: &str, [accept, language, encoding]: [&str; 3]) -> Bytes {
    let headers = [("accept", accept), ("accept-language", language), ("accept-encoding", encoding)];
    let headers: Vec<_> = headers.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    Visitor::local().request("GET", url, &headers).await
}

/// Asks for all spellings twice over; what the cache gives is what the service gives.
async fn compare(service: &Service, proxy: &Proxy, path: &str, triples: &[[&str; 3]]) {
    for round in 0..2 {
        for triple in triples {
            let ours = ask(&format!("{}{path}", service.url), *triple).await;
            let theirs = ask(&format!("{}{path}", proxy.url), *triple).await;
            let place = format!("{} {path} {triple:?}", proxy.name);
            assert_eq!(theirs.status, ours.status, "{place}");
            for name in ["content-type", "content-language", "etag", "ledger-revision", "access-control-allow-origin"] {
                assert_eq!(theirs.header(name), ours.header(name), "{place}: {name}");
            }
            if ours.status == 200 {
                // Varnish and nginx ask for gzip alone; the service would give others better.
                let ours = ask(&format!("{}{path}", service.url), [triple[0], triple[1], ""]).await;
                assert_eq!(plain(&theirs, triple[2]), plain(&ours, ""), "{place}");
                assert!(round == 0 || is_hit(&theirs), "{place} is not kept: {}", super::cache_status(&theirs));
            }
        }
    }
}

#[actix_web::test]
async fn formats_languages_and_encodings_never_mix_and_spellings_are_kept_once() {
    let service = service().await;
    for proxy in [Proxy::varnish(&service).await, Proxy::nginx(&service).await] {
        let formats: Vec<_> =
            ACCEPTS.iter().flat_map(|accept| ENCODINGS.map(|encoding| [*accept, "", encoding])).collect();
        compare(&service, &proxy, "/v1/commitments?revision=1", &formats).await;
        let languages: Vec<_> = LANGUAGES.iter().map(|language| ["", *language, "gzip"]).collect();
        compare(&service, &proxy, "/problems/no-such-path", &languages).await;
        compare(&service, &proxy, "/embed/metrics/cases?revision=1", &languages).await;
        compare(&service, &proxy, "/v1/commitments/nobody", &languages).await;
        // As many spellings mean the same.
        let before = asked(&service, "/v1/commitments/{id}", "200").await;
        for language in LANGUAGES {
            for encoding in ["gzip", "gzip, deflate, br, zstd", "br, gzip;q=0.5"] {
                for accept in ["", "*/*", "application/json, text/plain, */*", "text/html,image/webp,*/*;q=0.8"] {
                    let answer =
                        ask(&format!("{}/v1/commitments/one?revision=1", proxy.url), [accept, language, encoding])
                            .await;
                    assert_eq!(answer.status, 200);
                }
            }
        }
        let requests = asked(&service, "/v1/commitments/{id}", "200").await - before;
        println!("proxies: {}: 168 spellings of the same three headers: {requests} reached the service", proxy.name);
        // nginx keeps one for each language, whether the answer has any or not.
        assert!(requests <= if proxy.name == "varnish" { 1 } else { 8 }, "{}: {requests}", proxy.name);
    }
}

#[actix_web::test]
async fn answers_vary_by_nothing_that_the_configurations_do_not_know() {
    let service = service().await;
    let pages =
        ["/", "/docs/", "/problems/no-such-path", "/embed/metrics/cases", "/robots.txt", "/v1/commitments/nobody"];
    let reads = ENDPOINTS.iter().map(|endpoint| path_of(endpoint).replace("{id}", "one").replace("{format}", "csv"));
    for path in reads.chain(pages.map(str::to_owned)) {
        let answer = service.get(&path).await;
        for name in answer.header("vary").split(", ").filter(|name| !name.is_empty()) {
            assert!(["accept", "accept-encoding", "accept-language"].contains(&name), "{path} varies by {name}");
        }
    }
}

#[actix_web::test]
async fn head_and_options_are_answered_through_the_cache() {
    let service = service().await;
    for proxy in [Proxy::varnish(&service).await, Proxy::nginx(&service).await] {
        let url = format!("{}/v1/commitments", proxy.url);
        for _ in 0..2 {
            let head = Visitor::local().request("HEAD", &url, &[]).await;
            let get = Visitor::local().request("GET", &url, &[]).await;
            assert_eq!((head.status, head.bytes.len(), get.status), (200, 0, 200), "{}", proxy.name);
            for name in ["etag", "content-type", "ledger-revision", "access-control-allow-origin", "link"] {
                assert_eq!(head.header(name), get.header(name), "{}: {name}", proxy.name);
            }
            let asks = [("origin", "https://news.example"), ("access-control-request-method", "GET")];
            let options = Visitor::local().request("OPTIONS", &url, &asks).await;
            assert_eq!(options.status, 204, "{}", proxy.name);
            assert_eq!(options.header("access-control-allow-origin"), "*");
            assert!(options.header("access-control-allow-headers").contains("If-None-Match"));
            assert!(get.header("access-control-expose-headers").contains("Cache-Status"));
        }
        let refused = Visitor::local().request("DELETE", &url, &[]).await;
        assert_eq!((refused.status, refused.header("allow")), (405, "GET, HEAD, OPTIONS"), "{}", proxy.name);
    }
}
