//! Clients whose connections are reset while the database works for them: what was begun holds up nobody.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::outages::PATIENCE;
use crate::support::data::{self, commitment, publication};
use crate::support::{Service, Settings};

/// Sends a request, and resets its connection once the database waits for a lock because of it. Then nobody must wait
/// for that lock any more, although it is not let go.
async fn breaks_off(service: &Service, request: &str, statement: &str) {
    let operator = service.database.client().await;
    let waiting = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '{statement}'"
    );
    let address = service.url.strip_prefix("http://").expect("an address");
    let mut client = TcpStream::connect(address).await.expect("a connection");
    client.set_zero_linger().expect("a reset at the end");
    client.write_all(request.as_bytes()).await.expect("sent");
    let count = async |wanted: i64| {
        let since = Instant::now();
        while operator.query_one(&waiting, &[]).await.expect("a row").get::<_, i64>(0) != wanted {
            assert!(since.elapsed() < PATIENCE, "there are not {wanted} that wait");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    count(1).await;
    drop(client);
    count(0).await;
}

#[actix_web::test]
async fn a_publication_whose_client_goes_away_lets_the_head_go() {
    let service = Service::small().await;
    let key = service.key("org", &[]);
    service.hears().await;
    let next = publication("new_data", json!({"commitments": [commitment("three", 3)]}));
    let locker = service.database.client().await;
    locker.batch_execute("BEGIN; SELECT revision FROM head FOR UPDATE").await.expect("locked");
    let (text, length) = (next.to_string(), next.to_string().len());
    let request = format!(
        "POST /v1/revisions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{text}"
    );
    breaks_off(&service, &request, "%head%FOR UPDATE%").await;
    locker.batch_execute("ROLLBACK").await.expect("free");
    // Another process gets the lock at once, not only where the pool hands out the connection again.
    service.publishes(&next);
    assert_eq!(service.head().await, 2);
    assert_eq!(service.post("/v1/revisions", &key, &data::events()[0], &[]).await.status, 201);
}

#[actix_web::test]
async fn a_read_whose_client_goes_away_is_ended_and_leaves_no_statement_to_who_reads_next() {
    let settings = Settings { statement_timeout: Duration::from_secs(600), ..Settings::default() };
    let service = Service::with(settings).await;
    service.publishes(&data::small());
    service.hears().await;
    let locker = service.database.client().await;
    locker.batch_execute("BEGIN; LOCK TABLE commitments IN ACCESS EXCLUSIVE MODE").await.expect("locked");
    // Looked up, and so by the pool.
    let request = "GET /v1/commitments/one?as_of=2099-01-01T00:00:00Z HTTP/1.1\r\nHost: x\r\n\r\n";
    breaks_off(&service, request, "WITH b AS MATERIALIZED%").await;
    assert_eq!(service.get("/v1/observations?count=exact").await.status, 200);
    locker.batch_execute("ROLLBACK").await.expect("free");
    assert_eq!(service.get("/v1/commitments?count=exact").await.status, 200);
}
