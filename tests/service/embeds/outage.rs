//! Embeds outlive the database.

use std::time::Duration;

use super::{assert_embed, embed, publishes};
use crate::support::data;
use crate::support::{Service, Settings, TestDatabase};

/// Takes the database of a service away.
async fn stop(service: &Service, operator: &TestDatabase) {
    let name = &service.database.name;
    operator.sql(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await.expect("closed");
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    operator.sql(&end).await.expect("terminated");
    // The listener notices.
    let noticed = async {
        while service.state.database.known().is_confirmed() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), noticed).await.expect("noticed");
}

#[actix_web::test]
async fn embeds_go_on_on_stale_answers_while_the_database_is_away() {
    let service = Service::empty().await;
    publishes(&service, &data::small()).await;
    let paths = [
        "/embed/metrics/cases?lang=en",
        "/embed/metrics/cases?lang=en&revision=1&style=chart",
        "/embed/commitments/one?lang=zh",
        "/embed/programmes/plan?lang=en&style=table",
    ];
    let mut before = Vec::new();
    for path in paths {
        let answer = service.get(path).await;
        assert_eq!(answer.header("cache-status"), "open-commitments; fwd=miss; stored", "{path}");
        before.push(answer.text);
    }
    let operator = TestDatabase::create().await;
    stop(&service, &operator).await;
    for (path, before) in paths.iter().zip(&before) {
        for _ in 0..3 {
            let answer = service.get(path).await;
            assert_eq!((answer.status, &answer.text), (200, before), "{path}");
            let status = answer.header("cache-status");
            assert_eq!(status, "open-commitments; hit; ttl=-1; detail=database-unavailable", "{path}");
        }
    }
    let never = "/embed/metrics/settled?lang=zh";
    let answer = service.get(never).await;
    assert_embed(&answer, never);
    assert_eq!((answer.status, answer.header("cache-control")), (503, "no-store"));
    assert!(!answer.header("retry-after").is_empty() && answer.text.contains("数据库"));
    let name = &service.database.name;
    operator.sql(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await.expect("open");
    embed(&service, never).await;
}

#[actix_web::test]
async fn nothing_made_before_a_redaction_is_served_after_it_is_heard_of() {
    let service = Service::empty().await;
    publishes(&service, &data::small()).await;
    let path = "/embed/metrics/cases?lang=en";
    embed(&service, path).await;
    publishes(&service, &data::redaction("observation", "cases-s1")).await;
    let operator = TestDatabase::create().await;
    stop(&service, &operator).await;
    let answer = service.get(path).await;
    assert_eq!(answer.status, 503, "rather nothing than what was removed");
    assert!(!answer.text.contains("300"));
}

#[actix_web::test]
async fn a_publication_shows_at_once_and_what_is_kept_is_bounded() {
    let settings = Settings { cache_bytes: 60_000, ..Settings::default() };
    let service = Service::with(settings).await;
    publishes(&service, &data::small()).await;
    let path = "/embed/metrics/cases?lang=en";
    embed(&service, path).await;
    assert!(service.get(path).await.header("cache-status").contains("; hit"));
    publishes(&service, &data::events()[0]).await;
    let answer = service.get(path).await;
    assert!(answer.text.contains("310 case"), "{}", answer.header("cache-status"));
    for day in 1..=28 {
        let path = format!("/embed/metrics/cases?lang=en&as_of=2999-01-{day:02}");
        assert_eq!(service.get(&path).await.status, 400, "a time to come is none");
        let path = format!(
            "/embed/metrics/cases?lang=en&style=chart&scope=&period=2020-S1&theme=dark&revision={}-{}",
            2,
            "0".repeat(day + 3)
        );
        service.get(&path).await;
    }
    assert!(service.state.responses.bytes() <= 60_000);
}
