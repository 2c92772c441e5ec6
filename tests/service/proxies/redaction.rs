//! Emptying the cache after a redaction.

use serde_json::json;

use super::{Proxy, is_hit, plain, publishes, runs, service};
use crate::support::data::{commitment, publication};

const SECRET: &str = "Call Mr Secret at home";

/// Whether the words are there, whole or with what was searched for marked.
fn quotes(text: &str) -> bool {
    text.contains("Mr Secret") || text.contains("\"Secret\"")
}

#[actix_web::test]
async fn after_a_redaction_the_command_takes_every_answer_that_quotes_it_out_of_the_cache() {
    let service = service().await;
    let mut secret = commitment("two", 2);
    secret["title"]["en"] = json!(SECRET);
    publishes(&service, &publication("transcription_correction", json!({"commitments": [secret]}))).await;
    let proxies = [Proxy::varnish(&service).await, Proxy::nginx(&service).await];
    let paths = [
        "/v1/commitments/two?revision=2",
        "/v1/commitments/two",
        "/v1/commitments/two/history",
        "/v1/commitments?revision=2",
        "/v1/commitments?revision=2&format=csv",
        "/v1/search?q=Secret&revision=2",
        "/v1/changes?after=0",
        "/v1/commitments/two/citation.txt?revision=2&lang=en",
        "/commitments/two?revision=2&lang=en",
        "/embed/commitments/two?revision=2&lang=en",
    ];
    let encodings = [("accept-encoding", "identity"), ("accept-encoding", "gzip")];
    for proxy in &proxies {
        for path in paths {
            for encoding in encodings {
                let answer = proxy.get(path, &[encoding]).await;
                assert_eq!(answer.status, 200, "{path}");
                let text = plain(&answer, encoding.1);
                assert!(quotes(&text), "{path} quotes it: {text}");
            }
        }
    }
    runs(&service, &["redact", "commitment", "two", "--message", "Personal data"]).await;
    for proxy in &proxies {
        let kept = proxy.get(paths[0], &[encodings[0]]).await;
        assert!(
            is_hit(&kept) && String::from_utf8_lossy(&kept.bytes).contains(SECRET),
            "a cache hears of nothing by itself"
        );
        proxy
            .until("the service has heard of it", async |_| (service.get(paths[0]).await.status == 410).then_some(()))
            .await;
        proxy.purge().await;
        let mut gone = 0;
        for path in paths {
            for encoding in encodings {
                let answer = proxy.get(path, &[encoding]).await;
                let text = plain(&answer, encoding.1);
                assert!(!quotes(&text), "{} keeps {path} still: {text}", proxy.name);
                gone += 1;
            }
        }
        println!(
            "proxies: {}: {gone} of {gone} kept answers with the redacted words went with the command",
            proxy.name
        );
    }
}
