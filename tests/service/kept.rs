//! Answers that are kept are the ones that would be made.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::support::data::{self, observation, publication, report, withdrawal};
use crate::support::random::Random;
use crate::support::{Answer, Service, Settings, at};

const HIT: &str = "open-commitments; hit";
const MISS: &str = "open-commitments; fwd=miss; stored";

/// The same asked in a way that nothing is kept for.
async fn made(service: &Service, path: &str) -> Answer {
    let answer = service.request("GET", path, &[("range", "bytes=0-")]).await;
    assert_eq!(answer.header("cache-status"), "", "{path}");
    answer
}

#[actix_web::test]
async fn what_was_asked_before_is_sent_again_whole_unchanged_or_as_its_headers() {
    let service = Service::small().await;
    for path in ["/v1/commitments/one", "/v1/commitments?limit=1", "/", "/embed/metrics/cases", "/openapi.json"] {
        for encoding in ["identity", "gzip", "br", "zstd"] {
            let ask = [("accept-encoding", encoding)];
            let first = service.request("GET", path, &ask).await;
            let again = service.request("GET", path, &ask).await;
            assert_eq!((first.status, first.header("cache-status")), (200, MISS), "{path} {encoding}");
            assert_eq!((again.status, again.header("cache-status")), (200, HIT), "{path} {encoding}");
            assert_eq!(first.text, again.text, "{path}");
            let same = |name: &&str| first.headers.get(*name) == again.headers.get(*name);
            let names =
                ["etag", "vary", "content-type", "content-encoding", "cache-control", "ledger-revision", "link"];
            assert!(names.iter().all(same), "{path}: {:?} {:?}", first.headers, again.headers);
            assert_ne!(first.header("x-request-id"), again.header("x-request-id"), "each has its own");
            let conditions = [ask[0], ("if-none-match", first.header("etag"))];
            let unchanged = service.request("GET", path, &conditions).await;
            assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""), "{path}");
            assert_eq!((unchanged.header("cache-status"), unchanged.header("content-type")), (HIT, ""), "{path}");
            let head = service.request("HEAD", path, &ask).await;
            assert_eq!((head.status, head.text.as_str(), head.header("cache-status")), (200, "", HIT), "{path}");
            assert_eq!(head.header("content-length"), again.header("content-length"), "{path}");
        }
    }
}

#[actix_web::test]
async fn who_had_it_already_has_it_made_for_others_too() {
    let service = Service::small().await;
    let etag = made(&service, "/v1/metrics").await.header("etag").to_owned();
    let unchanged = service.request("GET", "/v1/metrics", &[("if-none-match", &etag)]).await;
    assert_eq!((unchanged.status, unchanged.text.as_str(), unchanged.header("cache-status")), (304, "", MISS));
    assert_eq!(service.get("/v1/metrics").await.header("cache-status"), HIT);
}

#[actix_web::test]
async fn an_answer_outlives_revisions_that_leave_alone_what_it_rests_on_and_no_other() {
    let service = Service::small().await;
    let paths =
        ["/v1/commitments/one", "/v1/commitments/two", "/v1/organizations", "/v1/commitments", "/v1/metrics/cases"];
    for path in paths {
        service.get(path).await;
    }
    // A report on the first commitment, which may change what is derived of all.
    service.publishes(&publication("new_data", json!({"reports": [report("one-q3", "one", "2020-Q3", "delayed")]})));
    for (path, status) in paths.into_iter().zip([MISS, MISS, HIT, MISS, HIT]) {
        let answer = service.get(path).await;
        assert_eq!(answer.header("cache-status"), status, "{path}");
        assert_eq!(answer.header("ledger-revision"), "2", "{path}: it is of this revision all the same");
    }
    service.publishes(&publication(
        "new_data",
        json!({"observations": [observation("later", "cases", "2021", json!(1))]}),
    ));
    for path in paths {
        assert_eq!(service.get(path).await.header("cache-status"), HIT, "{path}");
    }
}

#[actix_web::test]
async fn who_published_reads_it_at_once() {
    let service = Service::small().await;
    let key = service.key("org", &["--scopes", "correct"]);
    for value in 500..520 {
        assert_eq!(service.get("/v1/observations/cases-s1").await.status, 200);
        let correction = publication(
            "source_correction",
            json!({"observations": [observation("cases-s1", "cases", "2020-S1", json!(value))]}),
        );
        let answer = service.post("/v1/revisions", &key, &correction, &[]).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!(service.get("/v1/observations/cases-s1").await.json()["value"], value);
    }
}

#[actix_web::test]
async fn whatever_is_published_a_kept_answer_is_the_one_that_would_be_made() {
    let service = Service::small().await;
    let paths = [
        "/v1",
        "/v1/commitments",
        "/v1/commitments?status=delayed",
        "/v1/commitments?include=reports",
        "/v1/commitments/one",
        "/v1/commitments/one?include=reports,observations",
        "/v1/commitments/one/history",
        "/v1/commitments/one/reports",
        "/v1/reports/report-1",
        "/v1/metrics/cases/observations",
        "/v1/metrics?include=observations",
        "/v1/observations",
        "/v1/observations/cases-1",
        "/v1/observations?revision=2",
        "/v1/organizations",
        "/v1/summary",
        "/v1/search?q=cases",
        "/v1/revisions",
        "/metrics/cases?lang=en",
        "/metrics/cases?lang=en&revision=2",
        "/embed/metrics/cases?lang=en&revision=2",
    ];
    let mut random = Random::new(20_201_126);
    let mut hits = 0;
    for step in 0..14 {
        for path in paths {
            service.get(path).await;
        }
        let number = random.below(3);
        let changed = match random.below(6) {
            0 => withdrawal(&[("report", &format!("report-{number}"))]),
            1 => data::redaction("observation", &format!("cases-{number}")),
            2 | 3 => publication(
                "source_correction",
                json!({"reports": [report(
                    &format!("report-{number}"), random.of(&["one", "two"]), random.of(&["2020-S1", "2020"]), random.of(&["delayed", "completed"]),
                )]}),
            ),
            _ => publication(
                "source_correction",
                json!({"observations": [observation(
                    &format!("cases-{number}"), "cases", ["2020-Q1", "2020-Q2", "2020-Q3"][number], json!(random.below(999)),
                )]}),
            ),
        };
        // What there is nothing of to withdraw or redact is refused; then nothing changed.
        service.publish(&changed);
        for path in paths {
            let (kept, made) = (service.get(path).await, made(&service, path).await);
            hits += usize::from(kept.header("cache-status") == HIT);
            for name in ["etag", "ledger-revision", "cache-control", "link"] {
                assert_eq!(kept.header(name), made.header(name), "step {step}: {path}: {name}");
            }
            assert_eq!((kept.status, &kept.text), (made.status, &made.text), "step {step}: {path}");
        }
    }
    assert!(hits > 0, "some were kept");
}

#[actix_web::test]
async fn all_who_ask_at_once_are_answered_by_one_query() {
    let service = Service::small().await;
    service.hears().await;
    let locker = service.database.client().await;
    locker.batch_execute("BEGIN; LOCK TABLE commitments IN ACCESS EXCLUSIVE MODE").await.expect("locked");
    let mut crowd: Vec<_> = (0..40).map(|_| Box::pin(service.get("/v1/commitments?limit=7"))).collect();
    let watcher = service.database.client().await;
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let one_waits = async {
        loop {
            let waiting: i64 = watcher.query_one(waiting, &[]).await.expect("a count").get(0);
            if waiting > 0 {
                break waiting;
            }
        }
    };
    let all = futures_util::future::join_all(crowd.iter_mut());
    let look = async {
        assert_eq!(one_waits.await, 1);
        // Time for the others to do the same, if they did.
        for _ in 0..20 {
            let waiting: i64 = watcher.query_one(waiting, &[]).await.expect("a count").get(0);
            assert_eq!(waiting, 1, "the others wait for the answer, not for the database");
        }
        locker.batch_execute("ROLLBACK").await.expect("free");
    };
    let (answers, ()) = futures_util::future::join(all, look).await;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.text == answers[0].text));
    assert_eq!(answers.iter().filter(|answer| answer.header("cache-status") == MISS).count(), 1);
}

/// Seconds since 1970 of a clock that the test below sets.
static NOW: AtomicI64 = AtomicI64::new(0);

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(NOW.load(Ordering::SeqCst))
}

#[actix_web::test]
async fn what_depends_on_the_day_is_made_anew_when_the_next_one_begins() {
    NOW.store(at("2027-03-01T15:50:00Z").timestamp(), Ordering::SeqCst);
    let service = Service::with(Settings { clock: now, ..Settings::default() }).await;
    service.publishes(&data::small());
    let day = async || service.get("/v1/summary").await.json()["evaluated_on"].as_str().map(str::to_owned);
    assert_eq!((day().await.as_deref(), day().await.as_deref()), (Some("2027-03-01"), Some("2027-03-01")));
    NOW.store(at("2027-03-01T16:00:01Z").timestamp(), Ordering::SeqCst);
    assert_eq!(day().await.as_deref(), Some("2027-03-02"), "a day of Shanghai");
}

#[actix_web::test]
async fn another_history_under_the_same_numbers_is_noticed() {
    let service = Service::small().await;
    assert_eq!(service.get("/v1/organizations/org").await.header("ledger-revision"), "1");
    service.publishes(&publication("new_data", json!({"reports": [report("one-q3", "one", "2020-Q3", "delayed")]})));
    let before = service.get("/v1/reports/one-q3").await;
    assert_eq!(before.status, 200);
    // As after a backup was put back: the same number, and other contents.
    let other = Service::small().await;
    other.publishes(&publication("new_data", json!({"reports": [report("one-q3", "one", "2020-Q3", "completed")]})));
    let (here, there) = (&service.database, &other.database);
    here.becomes(there).await;
    let told = async {
        while service.get("/v1/reports/one-q3").await.text == before.text {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), told).await.expect("noticed");
    assert_eq!(service.get("/v1/reports/one-q3").await.json()["status"], "completed");
}

/// What is read takes longer than an older answer is held back for.
const SLOW: &str = "CREATE OR REPLACE FUNCTION served(changed_in bigint, derived text, body text) RETURNS text LANGUAGE plpgsql AS
    $$BEGIN PERFORM pg_sleep(1.5); RETURN '{\"changed_in\":' || changed_in::text || ',' || derived || substr(body, 2); END$$";

#[actix_web::test]
async fn an_answer_that_is_slow_to_make_is_made_anew_all_the_same() {
    let service = Service::small().await;
    let path = "/v1/organizations?count=exact";
    assert_eq!(service.get(path).await.json()["count"], 1);
    let more = json!({"organizations": [data::organization("second"), data::organization("third")]});
    service.publishes(&publication("new_data", more));
    service.hears().await;
    service.database.sql(SLOW).await.expect("a slow function");
    let before = service.get(path).await;
    assert!(before.header("cache-status").contains("ttl=-1"), "{}", before.header("cache-status"));
    let began = std::time::Instant::now();
    while service.get(path).await.json()["count"] != 3 {
        assert!(began.elapsed() < Duration::from_secs(60), "it is never made anew");
    }
    assert_eq!(service.get(path).await.header("cache-status"), HIT);
}

#[actix_web::test]
async fn what_was_asked_for_at_a_time_stays_an_answer_of_the_revision_then() {
    let service = Service::small().await;
    let time = service.get("/v1/revisions/1").await.json()["published_at"].as_str().expect("a time").to_owned();
    let path = format!("/v1/metrics?as_of={time}");
    let first = service.get(&path).await;
    assert_eq!((first.header("cache-status"), first.header("ledger-revision")), (MISS, "1"));
    service.publishes(&publication("new_data", json!({"reports": [report("one-q3", "one", "2020-Q3", "completed")]})));
    service.hears().await;
    let again = service.get(&path).await;
    assert_eq!((again.header("cache-status"), again.header("ledger-revision")), (HIT, "1"));
}
