//! nginx before Varnish before the service: who asks, and what is sent as it comes.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use open_commitments::api::fair_use::Rules;
use serde_json::json;

use super::{PATIENCE, Proxy, Visitor, place, publishes, service, service_with};
use crate::support::data::{organization, publication};
use crate::support::{Bytes, Service, Settings};

/// Varnish in front of the service, and nginx without a cache in front of that.
async fn chain(service: &Service) -> (Proxy, Proxy) {
    let varnish = Proxy::varnish(service).await;
    let nginx = Proxy::nginx_with(&varnish.url, &[("proxy_cache open_commitments;", "proxy_cache off;")]).await;
    (varnish, nginx)
}

/// What is left of the quota of who asked.
fn left(answer: &Bytes) -> u64 {
    let field = answer.header("ratelimit");
    let value = field.split(';').find_map(|part| part.strip_prefix("r="));
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{} {field}", answer.status))
}

// Other systems have no other addresses of loopback.
#[cfg(target_os = "linux")]
#[actix_web::test]
async fn everybody_has_a_quota_of_their_own_and_nobody_another_by_saying_so() {
    let rules = Rules { anybody: 60, with_key: 600, loopback: true };
    let service = service_with(Settings { rules, ..Settings::default() }).await;
    let (varnish, nginx) = chain(&service).await;
    for (proxy, addresses) in [(&nginx, ["127.0.0.21", "127.0.0.22"]), (&varnish, ["127.0.0.23", "127.0.0.24"])] {
        let url = format!("{}/v1/nothing", proxy.url);
        let [one, other] = addresses.map(Visitor::at);
        let mut asked = 0;
        for spoofed in [
            vec![],
            vec![("x-forwarded-for", "203.0.113.9")],
            vec![("x-forwarded-for", "203.0.113.9, 127.0.0.1")],
            vec![("forwarded", "for=203.0.113.9")],
            vec![("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=203.0.113.9;proto=https")],
            vec![("x-real-ip", "203.0.113.9"), ("x-forwarded-for", "127.0.0.1")],
        ] {
            let answer = one.request("GET", &url, &spoofed).await;
            asked += 1;
            assert_eq!(answer.status, 404);
            assert_eq!(answer.header("ratelimit-policy"), "\"anybody\";q=60;w=60");
            // One comes back in a second.
            assert!(left(&answer) < 60 && (60 - asked..=60).contains(&left(&answer)), "{} {spoofed:?}", proxy.name);
        }
        let mut refused = None;
        for _ in 0..500 {
            let answer = one.request("GET", &url, &[("x-forwarded-for", "203.0.113.9")]).await;
            if answer.status == 429 {
                refused = Some(answer);
                break;
            }
        }
        let refused = refused.expect("the quota ends, whatever address is named");
        assert!(!refused.header("retry-after").is_empty());
        assert_eq!(other.request("GET", &url, &[]).await.status, 404, "{}: somebody else is not refused", proxy.name);
        assert!(left(&other.request("GET", &url, &[]).await) >= 57);
    }
}

#[cfg(target_os = "linux")]
#[actix_web::test]
async fn keys_cross_only_where_a_proxy_that_took_https_says_so() {
    let service = service().await;
    let key = format!("Bearer {}", service.key("org", &[]));
    let (varnish, nginx) = chain(&service).await;
    let stranger = Visitor::at("127.0.0.31");
    let publish = async |visitor: &Visitor, proxy: &Proxy, headers: &[(&str, &str)]| {
        let headers = [&[("authorization", key.as_str()), ("content-type", "application/json")], headers].concat();
        visitor.request("POST", &format!("{}/v1/revisions?dry_run=true", proxy.url), &headers).await
    };
    let https = ("x-forwarded-proto", "https");
    for (visitor, proxy) in [(&stranger, &varnish), (&stranger, &nginx), (&Visitor::local(), &nginx)] {
        let refused = publish(visitor, proxy, &[https]).await;
        assert_eq!(refused.status, 403, "{}: {}", proxy.name, String::from_utf8_lossy(&refused.bytes));
    }
    // Who takes HTTPS in front of Varnish; an empty publication is refused for another reason.
    let taken = publish(&Visitor::local(), &varnish, &[https]).await;
    assert_eq!(taken.status, 422, "{}", String::from_utf8_lossy(&taken.bytes));
}

#[actix_web::test]
async fn streams_and_long_polls_come_through_as_they_are_written() {
    let service = service().await;
    let (varnish, chained) = chain(&service).await;
    let alone = Proxy::nginx(&service).await;
    for (number, proxy) in [&varnish, &alone, &chained].into_iter().enumerate() {
        let head = service.head().await;
        let client = reqwest::Client::new();
        let url = format!("{}/v1/changes?after={head}", proxy.url);
        let stream = client.get(&url).header("accept", "text/event-stream").send().await.expect("an answer");
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        let mut stream = stream.bytes_stream();
        let wait = format!("/v1/changes?after={head}&wait=50");
        let id = format!("office-{number}");
        let change = publication("new_data", json!({"organizations": [organization(&id)]}));
        let publishing = async {
            proxy.until("both wait", async |_| (service.state.followers.waiting() >= 2).then_some(())).await;
            publishes(&service, &change).await;
            Instant::now()
        };
        let following = async {
            let mut text = String::new();
            while !text.contains("event: revision") {
                let piece = tokio::time::timeout(PATIENCE, stream.next()).await.expect("in time").expect("more");
                text.push_str(&String::from_utf8_lossy(&piece.expect("a piece")));
            }
            assert!(text.contains(&id), "{text}");
            Instant::now()
        };
        let polling = async { (proxy.get(&wait, &[]).await, Instant::now()) };
        let (published, followed, (polled, answered)) = futures_util::join!(publishing, following, polling);
        assert!(polled.status == 200 && String::from_utf8_lossy(&polled.bytes).contains(&id));
        assert_eq!(polled.header("cache-control"), "no-store", "nobody else is given it at once in place of waiting");
        // They may have it before the command that published has ended.
        let after = |time: Instant| time.saturating_duration_since(published).as_millis();
        println!(
            "proxies: {} ({}): a stream had the revision {} ms, a long poll {} ms after the command",
            proxy.name,
            place(&proxy.url),
            after(followed),
            after(answered)
        );
        assert!(
            followed.saturating_duration_since(published) < Duration::from_secs(14),
            "before a sign of life pushes it out"
        );
    }
}
