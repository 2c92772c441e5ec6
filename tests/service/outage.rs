//! The database going away, being slow, being old; and what operators see.

use std::time::Duration;

use serde_json::Value;

use crate::support::data;
use crate::support::{Service, Settings, TestDatabase};

#[actix_web::test]
async fn a_database_that_dies_is_a_503_and_comes_back_by_itself() {
    let service = Service::small().await;
    let before = service.get("/v1/commitments").await;
    let name = service.database.name.clone();
    let operator = TestDatabase::create().await;
    operator.sql(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await.expect("closed");
    operator
        .sql(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"))
        .await
        .expect("terminated");
    for path in ["/v1/commitments?limit=1", "/v1/commitments/one", "/v1/summary", "/health/ready"] {
        let answer = service.get(path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (503, "database-unavailable"), "{path}");
        assert!(!answer.header("retry-after").is_empty(), "{path}");
        assert!(
            !answer.text.contains("backend") && !answer.text.contains(&name),
            "nothing internal leaks: {}",
            answer.text
        );
    }
    let answer = service.get("/v1/commitments").await;
    assert_eq!((answer.status, &answer.text), (200, &before.text), "what was asked for before goes on");
    assert_eq!(answer.header("cache-status"), "open-commitments; hit; ttl=-1; detail=database-unavailable");
    assert!(!answer.header("x-request-id").is_empty() && answer.header("access-control-allow-origin") == "*");
    let unchanged = service.request("GET", "/v1/commitments", &[("if-none-match", before.header("etag"))]).await;
    assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""), "and is unchanged for who has it");
    assert_eq!(service.get("/health/live").await.status, 200);
    let counted = service.get("/health/metrics").await.text;
    assert!(
        counted.contains(r#"http_requests_total{method="GET",route="/v1/commitments",status="304"} 1"#),
        "{counted}"
    );
    operator.sql(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await.expect("open");
    assert_eq!(service.get("/v1/commitments").await.ids(), ["one", "two"]);
    assert_eq!(service.get("/health/ready").await.status, 200);
}

#[actix_web::test]
async fn a_query_that_takes_too_long_is_a_503_that_names_a_narrower_filter() {
    let settings = Settings { statement_timeout: Duration::from_millis(200), ..Settings::default() };
    let service = Service::with(settings).await;
    service.publishes(&data::small());
    let locker = service.database.client().await;
    locker.batch_execute("BEGIN; LOCK TABLE commitments IN ACCESS EXCLUSIVE MODE").await.expect("locked");
    let answer = service.get("/v1/commitments").await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "query-too-slow"));
    assert!(answer.json()["detail"].as_str().expect("a detail").contains("filter by programme"));
    assert!(!answer.header("retry-after").is_empty());
    locker.batch_execute("ROLLBACK").await.expect("free");
    assert_eq!(service.get("/v1/commitments").await.status, 200);
}

#[actix_web::test]
async fn a_schema_of_another_release_is_not_ready() {
    let service = Service::empty().await;
    assert_eq!(service.get("/health/ready").await.json()["status"], "ready");
    service
        .database
        .sql("INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')")
        .await
        .expect("a later migration");
    let answer = service.get("/health/ready").await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "database-unavailable"));
    assert!(answer.json()["detail"].as_str().expect("a detail").contains("migrate"));
}

#[actix_web::test]
async fn prometheus_is_told_requests_durations_connections_and_head() {
    let service = Service::small().await;
    for path in ["/v1/commitments/one", "/v1/commitments/nobody", "/v1/nothing/1", "/v1/nothing/2"] {
        service.get(path).await;
    }
    let text = service.get("/health/metrics").await.text;
    for line in [
        "http_requests_total{method=\"GET\",route=\"/v1/commitments/{id}\",status=\"200\"} 1",
        "http_requests_total{method=\"GET\",route=\"/v1/commitments/{id}\",status=\"404\"} 1",
        "http_requests_total{method=\"GET\",route=\"other\",status=\"404\"} 2",
        "http_request_duration_seconds_count{route=\"/v1/commitments/{id}\"} 2",
        "ledger_head_revision 1",
        "database_connections ",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
}

#[actix_web::test]
async fn the_ledger_names_itself_and_its_head() {
    let service = Service::small().await;
    let index = service.get("/v1").await.json();
    let stored: Value = serde_json::from_str(
        &service.database.text("SELECT json_build_object('uuid', uuid, 'zone', time_zone, 'digest', encode(h.digest, 'hex'))::text FROM ledger, head h").await,
    )
    .expect("JSON");
    assert_eq!(
        (&index["ledger"], &index["time_zone"], &index["digest"]),
        (&stored["uuid"], &stored["zone"], &stored["digest"])
    );
}
