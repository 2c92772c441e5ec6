//! How much one client may ask for.

use std::net::IpAddr;
use std::time::Instant;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use open_commitments::api::client;
use open_commitments::api::fair_use::{Buckets, Client, Level, Rules};

use crate::support::{Answer, Service, Settings, data};

/// Few requests, for loopback as well.
const FEW: Rules = Rules { anybody: 30, with_key: 300, loopback: true };
const MINUTE: u64 = 60_000_000_000;

async fn service(trusted: &[&str]) -> Service {
    let trusted = trusted.iter().map(|network| (*network).to_owned()).collect();
    let service = Service::with(Settings { rules: FEW, trusted, ..Settings::default() }).await;
    service.publishes(&data::small());
    service
}

async fn from(service: &Service, address: &str, path: &str) -> Answer {
    service.request("GET", path, &[("x-forwarded-for", address)]).await
}

/// `r` or `t` of RateLimit.
fn told(answer: &Answer, name: &str) -> u64 {
    let field = answer.header("ratelimit").to_owned();
    let value = field.split(';').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in “{field}”"))
}

/// Whether so much is left, or what came back since then while it was counted.
fn is_left(answer: &Answer, least: u64, limit: u64, began: Instant) -> bool {
    let back = began.elapsed().as_secs() * limit / 60 + limit / 60 + 1;
    (least..=least + back).contains(&told(answer, "r"))
}

#[actix_web::test]
async fn who_asks_too_much_is_told_when_to_come_back_and_nobody_else_is() {
    let service = service(&["127.0.0.1/32"]).await;
    let first = from(&service, "203.0.113.7", "/v1/commitments/one").await;
    assert_eq!((first.status, first.header("ratelimit-policy")), (200, "\"anybody\";q=30;w=60"));
    assert_eq!((told(&first, "r"), told(&first, "t")), (29, 2));
    let mut asked = 1;
    while from(&service, "203.0.113.7", "/v1/commitments/one").await.status == 200 {
        asked += 1;
        assert!(asked < 60, "some of it comes back meanwhile, but not all");
    }
    assert!(asked >= 30, "{asked}");
    for (language, says) in [("en", "Wait the seconds"), ("zh-Hans", "请等待")] {
        let headers = [("x-forwarded-for", "203.0.113.7"), ("accept-language", language)];
        let refused = service.request("GET", "/v1/commitments/one", &headers).await;
        assert_eq!((refused.status, refused.problem().as_str()), (429, "too-many-requests"));
        assert_eq!(refused.header("content-language"), language);
        assert!(refused.json()["detail"].as_str().expect("a detail").contains(says), "{}", refused.text);
        assert_eq!(refused.json()["violated-policies"], serde_json::json!(["anybody"]));
        let wait: u64 = refused.header("retry-after").parse().expect("seconds");
        assert!((1..=2).contains(&wait) && told(&refused, "t") <= wait && told(&refused, "r") == 0, "{wait}");
        assert_eq!(refused.header("ratelimit-policy"), "\"anybody\";q=30;w=60");
        let exposed = refused.header("access-control-expose-headers");
        assert!(
            ["RateLimit", "RateLimit-Policy", "Retry-After"].iter().all(|name| exposed.contains(name)),
            "{exposed}"
        );
        assert_eq!(refused.header("access-control-allow-origin"), "*");
        assert!(!refused.header("x-request-id").is_empty() && refused.header("cache-control") == "no-store");
    }
    assert_eq!(from(&service, "203.0.113.8", "/v1/commitments/one").await.status, 200, "somebody else");
    for probe in ["/health/live", "/health/ready", "/health/metrics"] {
        let answer = from(&service, "203.0.113.7", probe).await;
        assert_eq!((answer.status, answer.header("ratelimit")), (200, ""), "{probe}");
    }
    let counted = service.get("/health/metrics").await.text;
    assert!(counted.contains("http_requests_total{method=\"GET\",route=\"refused\",status=\"429\"} 3"), "{counted}");
}

#[actix_web::test]
async fn what_is_dear_costs_more_and_kept_answers_cost_too() {
    let service = service(&["127.0.0.1/32"]).await;
    let (mut left, began) = (30, Instant::now());
    for (path, cost) in [
        ("/v1/commitments/one", 1),
        ("/v1/commitments/one", 1),
        ("/v1/search?q=dispute", 5),
        ("/v1/exports/commitments.csv", 20),
        ("/nothing", 1),
    ] {
        left -= cost;
        let answer = from(&service, "203.0.113.7", path).await;
        assert!(is_left(&answer, left, 30, began), "{path}: {}", answer.header("ratelimit"));
    }
    for (address, path, left) in [
        ("203.0.113.20", "/v1/expor%74s/commitments.csv", 10),
        ("203.0.113.21", "/v1/searc%68?q=dispute", 25),
        ("203.0.113.22", "/v1/metrics/cases/figure.pn%67", 25),
        ("203.0.113.23", "/v1/commitments?limit=1&%71=one", 25),
        ("203.0.113.24", "/v1/commitments?topic=q", 29),
    ] {
        assert_eq!(told(&from(&service, address, path).await, "r"), left, "{path}");
    }
    let refused = from(&service, "203.0.113.7", "/v1/exports/commitments.csv").await;
    assert_eq!(refused.status, 429);
    assert!(is_left(&refused, 2, 30, began), "nothing is taken by a refusal: {}", refused.header("ratelimit"));
    assert!(refused.header("retry-after").parse::<u64>().expect("seconds") >= 20);
}

#[actix_web::test]
async fn nobody_gets_more_by_naming_other_addresses() {
    let service = service(&[]).await;
    let mut left = 30;
    for spoofed in ["198.51.100.1", "198.51.100.2", "198.51.100.3, 127.0.0.1"] {
        let headers = [("x-forwarded-for", spoofed), ("forwarded", "for=192.0.2.1")];
        left -= 1;
        assert_eq!(told(&service.request("GET", "/v1", &headers).await, "r"), left, "{spoofed}");
    }
}

#[actix_web::test]
async fn a_key_has_a_limit_of_its_own_and_a_bad_one_changes_nothing() {
    let service = service(&["127.0.0.1/32"]).await;
    let key = format!("Bearer {}", service.key("org", &[]));
    let with = async |key: &str, address: &str| {
        let headers = [("authorization", key), ("x-forwarded-for", address), ("x-forwarded-proto", "https")];
        service.request("GET", "/v1/commitments/one", &headers).await
    };
    let began = Instant::now();
    let is_left = |answer: &Answer, least: u64, limit: u64| is_left(answer, least, limit, began);
    for left in (270..300).rev() {
        let answer = with(&key, "203.0.113.7").await;
        assert_eq!(answer.header("ratelimit-policy"), "\"key\";q=300;w=60");
        assert!(is_left(&answer, left, 300), "{left}: {}", answer.header("ratelimit"));
    }
    assert!(is_left(&with(&key, "203.0.113.9").await, 269, 300), "wherever it comes from");
    assert!(is_left(&from(&service, "203.0.113.7", "/v1").await, 19, 30), "looking it up was paid for once");
    let bad = with("Bearer oc_0123456789ab_no", "203.0.113.10").await;
    assert_eq!((bad.status, bad.header("ratelimit-policy")), (200, "\"anybody\";q=30;w=60"));
    assert!(is_left(&bad, 20, 30), "{}", bad.header("ratelimit"));
    assert!(is_left(&with("Bearer oc_0123456789ab_no", "203.0.113.10").await, 19, 30), "known as bad by now");
    let plain = [("authorization", key.as_str()), ("x-forwarded-for", "203.0.113.11")];
    let clear = service.request("GET", "/v1", &[plain[0], plain[1], ("x-forwarded-proto", "http")]).await;
    assert_eq!(told(&clear, "r"), 29, "one that came in the clear is not looked at");
}

#[actix_web::test]
async fn without_a_limit_nothing_is_counted_nor_said() {
    let service = Service::small().await;
    assert_eq!(service.get("/v1").await.header("ratelimit"), "");
    let local = Service::with(Settings { rules: Rules { loopback: false, ..FEW }, ..Settings::default() }).await;
    assert_eq!(local.get("/v1").await.header("ratelimit"), "", "a proxy that nobody named may be on loopback");
}

#[test]
fn the_client_is_the_last_address_that_no_trusted_proxy_has() {
    let trusted = ["10.0.0.0/8".parse().expect("a network"), "2001:db8::/32".parse().expect("a network")];
    let found = |peer: &str, fields: &[(&'static str, &'static str)]| {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        client::address(peer.parse::<IpAddr>().expect("an address"), &headers, &trusted).to_string()
    };
    let plain = "x-forwarded-for";
    for (peer, fields, expected) in [
        ("198.51.100.1", &[(plain, "203.0.113.7")][..], "198.51.100.1"),
        ("10.0.0.1", &[][..], "10.0.0.1"),
        ("10.0.0.1", &[(plain, "203.0.113.7")], "203.0.113.7"),
        ("::ffff:10.0.0.1", &[(plain, "203.0.113.7:4711")], "203.0.113.7"),
        ("10.0.0.1", &[(plain, "8.8.8.8, 203.0.113.7")], "203.0.113.7"),
        ("10.0.0.1", &[(plain, "8.8.8.8"), (plain, "203.0.113.7, 10.9.9.9")], "203.0.113.7"),
        ("10.0.0.1", &[(plain, "203.0.113.7, unknown, 10.9.9.9")], "10.9.9.9"),
        ("10.0.0.1", &[(plain, "10.2.2.2, 10.9.9.9")], "10.2.2.2"),
        ("10.0.0.1", &[(plain, "")], "10.0.0.1"),
        ("2001:db8::1", &[("forwarded", "for=8.8.8.8, For=\"[2606:4700::7]:80\";proto=https")], "2606:4700::7"),
        ("10.0.0.1", &[("forwarded", "by=10.0.0.1")], "10.0.0.1"),
        ("10.0.0.1", &[("forwarded", "for=203.0.113.7"), (plain, "203.0.113.7")], "203.0.113.7"),
        ("10.0.0.1", &[("forwarded", "for=1.1.1.1"), (plain, "203.0.113.7")], "10.0.0.1"),
    ] {
        assert_eq!(found(peer, fields), expected, "{peer} {fields:?}");
    }
}

#[test]
fn a_quota_comes_back_evenly_and_a_million_clients_take_bounded_memory() {
    let buckets = Buckets::default();
    let one = Client::V4(1);
    for left in (0..60).rev() {
        assert_eq!(buckets.take(one, 1, 60, 0).expect("admitted").remaining, left);
    }
    assert_eq!(buckets.take(one, 1, 60, 0), Err(Level { remaining: 0, seconds: 1 }));
    assert_eq!(buckets.take(one, 20, 60, 0), Err(Level { remaining: 0, seconds: 20 }));
    assert!(buckets.take(one, 1, 60, MINUTE / 60).is_ok(), "after a second there is one");
    assert!(buckets.take(one, 60, 60, 3 * MINUTE).is_ok(), "after a while there are all, and no more");
    assert!(buckets.take(one, 1, 60, 3 * MINUTE).is_err());
    assert!(buckets.take(Client::V4(2), 100, 60, 0).is_ok(), "what costs more than all there is takes all");
    for address in 0..1_000_000 {
        assert!(buckets.take(Client::V6(address), 60, 60, 3 * MINUTE).is_ok());
    }
    assert!(buckets.len() <= 65_536, "{}", buckets.len());
}
