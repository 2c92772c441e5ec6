//! Caches while the service fails.

use super::{Proxy, asked, is_hit, service_with};
use crate::support::{Settings, TestDatabase};

#[actix_web::test]
async fn what_was_asked_before_goes_on_while_the_service_fails_and_others_are_told_when_to_come_back() {
    // Without answers of its own, the service fails with its database.
    let service = service_with(Settings { cache_bytes: 0, ..Settings::default() }).await;
    let proxies = [
        // What is older is given only where asking anew failed.
        Proxy::varnish_with(&service, &[("set req.grace = 30s;", "set req.grace = 1s;")]).await,
        Proxy::nginx(&service).await,
    ];
    let path = "/v1/commitments";
    let mut before = Vec::new();
    for proxy in &proxies {
        before.push(proxy.get(path, &[]).await);
    }
    let name = service.database.name.clone();
    let operator = TestDatabase::create().await;
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    operator.sql(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await.expect("closed");
    operator.sql(&end).await.expect("terminated");
    for (proxy, before) in proxies.iter().zip(&before) {
        proxy
            .until("it was refused a newer answer", async |proxy| {
                let answer = proxy.get(path, &[]).await;
                assert_eq!((answer.status, &answer.bytes), (200, &before.bytes), "{}", proxy.name);
                let failed = asked(&service, path, "503").await;
                // Varnish says how old its answer is: over what it may give before it asks.
                let age: u64 = answer.header("age").parse().unwrap_or_default();
                (failed > 0 && (proxy.name == "nginx" || age > 7)).then_some(())
            })
            .await;
        let other = proxy.get("/v1/observations", &[]).await;
        assert_eq!(other.status, 503, "{}", proxy.name);
        assert!(String::from_utf8_lossy(&other.bytes).contains("database-unavailable"));
        assert!(!other.header("retry-after").is_empty());
    }
    operator.sql(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await.expect("open");
    for proxy in &proxies {
        let back = async |proxy: &Proxy| (proxy.get("/v1/observations", &[]).await.status == 200).then_some(());
        proxy.until("others are answered again", back).await;
        let fresh = async |proxy: &Proxy| {
            let answer = proxy.get(path, &[]).await;
            (is_hit(&answer) && answer.header("age").parse::<u64>().unwrap_or_default() < 5).then_some(())
        };
        proxy.until("its answer is new again", fresh).await;
    }
    drop(service);
    for (proxy, before) in proxies.iter().zip(&before) {
        let gone = proxy
            .until("the service is gone", async |proxy| {
                let other = proxy.get("/v1/reports", &[]).await;
                (other.status == 503).then_some(other)
            })
            .await;
        assert_eq!(gone.header("content-type"), "application/problem+json", "{}", proxy.name);
        assert_eq!((gone.header("retry-after"), gone.header("access-control-allow-origin")), ("5", "*"));
        let problem: serde_json::Value = serde_json::from_slice(&gone.bytes).expect("a problem");
        assert_eq!(problem["status"], 503);
        let answer = proxy.get(path, &[]).await;
        assert_eq!((answer.status, &answer.bytes), (200, &before.bytes), "{}", proxy.name);
    }
}
