//! More than can be done: what is too much is told so soon, the rest is answered, and afterwards all is as before.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;

use super::memory;
use crate::following::programs::{Door, Served, beside};
use crate::support::data::{self, commitment, publication};
use crate::support::{Answer, Service, Settings};

/// How long an answer may take when there is far too much to do: the quick lane's wait, that for a connection, a
/// statement, and a second for the work.
const BOUND: Duration = Duration::from_secs(9);

#[actix_web::test]
async fn five_times_too_much_is_answered_or_refused_in_time_and_then_all_is_as_before() {
    let settings = Settings { statement_timeout: Duration::from_secs(1), ..Settings::default() };
    let service = Service::with(settings).await;
    service.publishes(&data::small());
    // Statements that take as long as they may: eight at a time is all there is.
    let locker = service.database.client().await;
    locker.batch_execute("BEGIN; LOCK TABLE commitments IN ACCESS EXCLUSIVE MODE").await.expect("locked");
    let paths: Vec<String> = (0..200).map(|number| format!("/v1/commitments?number={number}")).collect();
    let asked = paths.iter().map(async |path| {
        let since = Instant::now();
        (service.get(path).await, since.elapsed())
    });
    for (answer, took) in join_all(asked).await {
        assert_eq!(answer.status, 503, "{}", answer.text);
        assert!(answer.header("retry-after").parse::<u32>().expect("seconds") > 0);
        assert!(took < BOUND, "{took:?}");
    }
    locker.batch_execute("ROLLBACK").await.expect("free");
    // Nobody waits any more, so the next one does not either.
    let since = Instant::now();
    assert_eq!(service.get("/v1/commitments?number=1000").await.status, 200);
    assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
    let asked = paths.iter().map(|path| service.get(path));
    let answers = join_all(asked).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "two hundred at once are not too many by themselves");
}

#[actix_web::test]
async fn a_queue_that_is_full_is_a_503_at_once() {
    let settings = Settings { statement_timeout: Duration::from_secs(1), ..Settings::default() };
    let service = Service::with(settings).await;
    service.publishes(&data::small());
    let locker = service.database.client().await;
    locker.batch_execute("BEGIN; LOCK TABLE commitments IN ACCESS EXCLUSIVE MODE").await.expect("locked");
    // Eight at work, 64 in the queue for each of them.
    let paths: Vec<String> = (0..8 + 8 * 64 + 50).map(|number| format!("/v1/commitments?number={number}")).collect();
    let began = Instant::now();
    let asked = paths.iter().map(async |path| (service.get(path).await.status, began.elapsed()));
    let answers = join_all(asked).await;
    assert!(answers.iter().all(|(status, _)| *status == 503));
    let first = answers.iter().map(|(_, when)| *when).min().expect("answers");
    assert!(first < Duration::from_secs(4), "who finds the queue full does not wait: {first:?}");
    locker.batch_execute("ROLLBACK").await.expect("free");
}

/// The search reads a table that nothing else here needs and that somebody holds: it takes as long as it may.
#[actix_web::test]
async fn slow_searches_never_delay_a_record() {
    let service = Service::small().await;
    let locker = service.database.client().await;
    locker.batch_execute("BEGIN; LOCK TABLE sources IN ACCESS EXCLUSIVE MODE").await.expect("locked");
    let searches: Vec<String> = (0..100).map(|number| format!("/v1/search?q=word{number}")).collect();
    let searched = join_all(searches.iter().map(|path| service.get(path)));
    let waiting =
        "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let read = async {
        let since = Instant::now();
        while service.database.text(waiting).await == "0" {
            assert!(since.elapsed() < BOUND, "no search waits");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // The searches wait on, for longer than anybody waits for a connection.
        for path in ["/v1/commitments/one", "/v1/commitments/two", "/v1/reports/one-s1", "/v1/observations/cases-s1"] {
            // Whether head is known at the moment, or has to be looked up.
            let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
            for path in [path.to_owned(), format!("{path}?as_of={now}")] {
                assert_eq!(service.get(&path).await.status, 200, "{path}");
            }
        }
        locker.batch_execute("ROLLBACK").await.expect("free");
    };
    let (answers, ()) = futures_util::future::join(searched, read).await;
    for answer in answers {
        assert!([200, 503].contains(&answer.status), "{}", answer.text);
    }
}

/// Searches that have all turns of the slow lane wait for a table that somebody holds; the files need another one.
#[actix_web::test]
async fn of_files_that_are_sent_as_they_are_read_some_are_refused_and_none_is_cut_off() {
    let limits = (Duration::from_secs(2), Duration::from_secs(100));
    let settings = Settings { gateway_timeout: limits.0, statement_timeout: limits.1, ..Settings::default() };
    let service = Service::with(settings).await;
    service.publishes(&data::small());
    let path = "/v1/exports/organizations.ndjson";
    let whole = service.get(path).await.text;
    let locker = service.database.client().await;
    locker.batch_execute("BEGIN; LOCK TABLE sources IN ACCESS EXCLUSIVE MODE").await.expect("locked");
    for number in 0..6 {
        actix_web::rt::spawn(reqwest::get(format!("{}/v1/search?q=word{number}", service.url)));
    }
    let waiting =
        "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let since = Instant::now();
    while service.database.text(waiting).await != "6" {
        assert!(since.elapsed() < Duration::from_secs(30), "not all turns are taken");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut begun = Vec::new();
    let refused = loop {
        let answer = reqwest::get(format!("{}{path}", service.url)).await.expect("an answer");
        if answer.status() != 200 {
            break Answer::of(answer).await;
        }
        begun.push(answer);
        assert!(begun.len() < 1000, "there is no end of them");
    };
    assert_eq!((refused.status, refused.problem().as_str()), (503, "export-busy"), "{}", refused.text);
    assert_eq!(refused.header("retry-after"), "10");
    // Those that have begun wait for longer than anybody else does.
    assert_eq!(service.get("/v1/search?q=late").await.status, 503);
    locker.batch_execute("ROLLBACK").await.expect("free");
    assert!(begun.len() > 100, "{}", begun.len());
    for answer in begun {
        assert_eq!(answer.text().await.expect("the rest"), whole);
    }
    assert_eq!(service.get(path).await.text, whole, "there are places again");
}

/// A connection on which something is sent; what comes back until the other side ends it, and after how long.
async fn sent(url: &str, parts: Vec<Vec<u8>>, patience: Duration) -> (String, Duration, bool) {
    let address = url.trim_start_matches("http://").to_owned();
    beside(move || {
        let since = Instant::now();
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(patience)).expect("a limit");
        stream.set_write_timeout(Some(patience)).expect("a limit");
        for part in parts {
            // The other side may have had enough.
            if stream.write_all(&part).is_err() {
                break;
            }
        }
        let mut said = Vec::new();
        let ended = loop {
            let mut buffer = [0; 4096];
            match stream.read(&mut buffer) {
                Ok(0) => break true,
                Ok(count) => said.extend_from_slice(&buffer[..count]),
                Err(error) => break !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
            }
        };
        (String::from_utf8_lossy(&said).into_owned(), since.elapsed(), ended)
    })
    .await
}

#[actix_web::test]
async fn who_is_slow_to_say_what_he_wants_is_let_go() {
    let service = Service::small().await;
    for head in ["", "GET /v1 HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let (said, took, ended) = sent(&service.url, vec![head.into()], Duration::from_secs(15)).await;
        assert!(ended && (said.is_empty() || said.starts_with("HTTP/1.1 408")), "{said}");
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
    assert_eq!(service.get("/v1/commitments/one").await.status, 200);
}

#[actix_web::test]
async fn heads_without_end_are_refused() {
    let service = Service::small().await;
    let long = format!("GET /v1 HTTP/1.1\r\nHost: x\r\nX-Long: {}", "x".repeat(1 << 20));
    let many: String = (0..20_000).map(|number| format!("X-{number}: y\r\n")).collect();
    let path = format!("GET /v1/{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(1 << 20));
    for head in [long, format!("GET /v1 HTTP/1.1\r\nHost: x\r\n{many}\r\n"), path] {
        let (said, _, ended) = sent(&service.url, vec![head.into_bytes()], Duration::from_secs(15)).await;
        assert!(ended && (said.is_empty() || said.starts_with("HTTP/1.1 4")), "{said}");
    }
    assert_eq!(service.get("/v1/commitments/one").await.status, 200);
}

#[actix_web::test]
async fn bodies_without_end_are_not_read_to_their_end() {
    let service = Service::small().await;
    let key = service.key("org", &[]);
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000)).into_bytes();
    for (head, answer) in [
        ("POST /v1/revisions HTTP/1.1".to_owned(), "HTTP/1.1 401"),
        ("GET /v1/commitments/one HTTP/1.1".to_owned(), "HTTP/1.1 200"),
        ("POST /v1/commitments HTTP/1.1".to_owned(), "HTTP/1.1 405"),
        (
            format!("POST /v1/revisions HTTP/1.1\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json"),
            "HTTP/1.1 413",
        ),
    ] {
        let head = format!("{head}\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n").into_bytes();
        // 128 MiB, twice what a publication may have.
        let parts = std::iter::once(head).chain((0..2048).map(|_| chunk.clone())).collect();
        let (said, took, ended) = sent(&service.url, parts, Duration::from_secs(20)).await;
        // What was said may be lost with a connection that is ended while somebody still writes.
        assert!(ended && (said.is_empty() || said.starts_with(answer)), "{said}");
        assert!(took < Duration::from_secs(20), "{took:?}");
    }
    assert_eq!(service.head().await, 1);
}

#[actix_web::test]
#[ignore = "takes half a minute; ./dev test --long"]
async fn a_publication_that_stops_arriving_is_given_up() {
    let service = Service::small().await;
    let key = service.key("org", &[]);
    let head = format!(
        "POST /v1/revisions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"
    );
    let (said, _, _) = sent(&service.url, vec![head.into_bytes()], Duration::from_secs(45)).await;
    assert!(said.starts_with("HTTP/1.1 400") && said.contains("arrive"), "{said}");
    let next = publication("new_data", json!({"commitments": [commitment("three", 3)]}));
    assert_eq!(service.post("/v1/revisions", &key, &next, &[]).await.status, 201);
}

#[actix_web::test]
#[ignore = "opens ten thousand connections; ./dev test --long"]
async fn ten_thousand_idle_connections_cost_little_and_delay_nobody() {
    let service = Service::small().await;
    let door = Door::open();
    let served = Served::start(&service.database.url, &door).await;
    let most = rlimit::increase_nofile_limit(u64::MAX).expect("a limit");
    let wanted = usize::try_from(most).expect("small").saturating_sub(2000).min(10_000);
    let before = memory(served.process());
    let address = served.address.to_string();
    let at = address.clone();
    let idle = beside(move || {
        let connect = |_| {
            let mut stream = TcpStream::connect(&at).expect("a connection");
            // One request each, and then nothing: kept alive for a while.
            stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
            stream.read_exact(&mut [0; 64]).expect("an answer");
            stream
        };
        (0..wanted).map(connect).collect::<Vec<TcpStream>>()
    })
    .await;
    let since = Instant::now();
    let answer = reqwest::get(format!("http://{address}/v1/commitments/one")).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
    let after = memory(served.process());
    println!("{wanted} idle connections: {before:?} bytes became {after:?}");
    if let (Some(before), Some(after)) = (before, after) {
        let each = after.saturating_sub(before) / wanted as u64;
        assert!(each < 32 << 10, "{each} bytes for each connection");
    }
    drop(idle);
    served.stop();
}
