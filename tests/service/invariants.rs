//! The promises of the ledger, each attacked.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::publish_at;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::support::data::{self, commitment, organization, publication};
use crate::support::{Service, at};

#[actix_web::test]
async fn many_publishers_at_once_make_dense_revisions_while_readers_page_without_gaps() {
    const PUBLISHERS: i64 = 6;
    const EACH: i64 = 8;
    let service = Service::small().await;
    let mut publishers = Vec::new();
    for publisher in 0..PUBLISHERS {
        let mut connection = service.database.connection().await;
        publishers.push(actix_web::rt::spawn(async move {
            for number in 0..EACH {
                // Two commitments that come together must be seen together.
                let records = [1, 2].map(|half| commitment(&format!("c-{publisher}-{number}-{half}"), 10 + number));
                publish_at(&mut connection, &publication("new_data", json!({"commitments": records})), Utc::now).await;
            }
        }));
    }
    let mut last = 0;
    while last < 1 + PUBLISHERS * EACH {
        let (head, ids) = page_through(&service, "/v1/commitments?limit=7&sort=id").await;
        assert!(head >= last, "head went back from {last} to {head}");
        assert_eq!(ids.len() as i64, 2 + 2 * (head - 1), "part of a revision was seen at {head}");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "a row was repeated");
        last = head;
    }
    for publisher in publishers {
        publisher.await.expect("a publisher");
    }
    let revisions = service.get("/v1/revisions?limit=1000").await.json();
    let revisions = revisions["data"].as_array().expect("revisions").clone();
    let numbers: Vec<i64> = revisions.iter().filter_map(|revision| revision["revision"].as_i64()).collect();
    assert_eq!(numbers, (1..=1 + PUBLISHERS * EACH).rev().collect::<Vec<_>>());
    let times: Vec<&str> = revisions.iter().filter_map(|revision| revision["published_at"].as_str()).collect();
    assert!(times.windows(2).all(|pair| pair[0] > pair[1]), "{times:?}");
    assert!(service.run(&["verify"], "").status.success());
}

/// Pages to the end; the revision the list rests on, and the ids.
async fn page_through(service: &Service, first: &str) -> (i64, Vec<String>) {
    let mut page = service.get(first).await;
    let changed_in = page.json()["changed_in"].as_i64().expect("a revision");
    let mut ids = page.ids();
    while let Some(next) = page.json()["next"].as_str() {
        page = service.get(&format!("{first}&cursor={next}")).await;
        assert_eq!(page.json()["changed_in"].as_i64(), Some(changed_in));
        ids.extend(page.ids());
    }
    (changed_in, ids)
}

#[actix_web::test]
async fn publishing_twice_makes_no_new_revision() {
    let service = Service::small().await;
    let again = service.publish(&data::small());
    assert!(again.status.success());
    assert!(String::from_utf8_lossy(&again.stdout).contains("already there"));
    assert_eq!(service.head().await, 1);
}

#[actix_web::test]
async fn altering_a_record_under_new_data_is_refused_and_changes_nothing() {
    let service = Service::small().await;
    let before = service.get("/v1/commitments/one").await.text;
    let mut altered = commitment("one", 1);
    altered["title"]["en"] = json!("Something easier");
    let mixed = publication("new_data", json!({"commitments": [altered, commitment("three", 3)]}));
    let said = service.refuses(&mixed);
    assert!(said.contains("/records/commitments/0") && said.contains("correction kind"), "{said}");
    assert_eq!(service.head().await, 1);
    assert_eq!(service.get("/v1/commitments/one").await.text, before);
    assert_eq!(service.get("/v1/commitments/three").await.status, 404);
}

#[actix_web::test]
async fn a_version_that_was_ever_held_is_already_there_under_new_data() {
    let service = Service::small().await;
    let mut corrected = commitment("one", 1);
    corrected["title"]["en"] = json!("Corrected");
    service.publishes(&publication("source_correction", json!({"commitments": [corrected]})));
    service.publishes(&publication("new_data", json!({"commitments": [commitment("one", 1)]})));
    assert_eq!(service.head().await, 2);
    assert_eq!(service.get("/v1/commitments/one").await.json()["title"]["en"], "Corrected");
    let first = service.get("/v1/commitments/one?revision=1").await.json();
    assert_eq!(first["title"]["en"], "Commitment 1", "nothing is overwritten");
}

#[actix_web::test]
async fn a_withdrawn_record_answers_410_with_its_reason_and_stays_readable_before() {
    let service = Service::small().await;
    service.publishes(&data::withdrawal(&[("commitment", "two")]));
    let gone = service.get("/v1/commitments/two").await;
    assert_eq!((gone.status, gone.problem().as_str()), (410, "record-withdrawn"));
    assert_eq!(gone.json()["reason"]["en"], "Published by mistake");
    assert!(gone.json()["detail"].as_str().expect("a detail").starts_with("commitment two was withdrawn"));
    let chinese = service.request("GET", "/v1/commitments/two", &[("accept-language", "zh")]).await.json();
    assert!(chinese["detail"].as_str().expect("a detail").starts_with("承诺“two”已在修订 2 中撤回"), "{chinese}");
    service.publishes(&data::withdrawal(&[("metric", "rate")]));
    let oembed = format!("/oembed?url={}", service.url);
    for path in [
        "/v1/commitments/two",
        "/v1/commitments/two/citation.json",
        "/v1/metrics/rate/figure.json",
        "/v1/metrics/rate/citation.txt",
        "/v1/compare?metric=rate",
        &format!("{oembed}/metrics/rate"),
        &format!("{oembed}/commitments/two"),
    ] {
        let gone = service.get(path).await;
        assert_eq!((gone.status, gone.problem().as_str()), (410, "record-withdrawn"), "{path}");
        let link = gone.json()["last_revision"].as_str().expect("a link").to_owned();
        let asked = url::Url::parse(&format!("{}{path}", service.url)).expect("an address");
        let target = asked.join(&link).expect("an address");
        let before = service.get(&format!("{}?{}", target.path(), target.query().expect("a revision"))).await;
        assert_eq!(before.status, 200, "{path}: {link}");
    }
    assert_eq!(service.get("/v1/commitments").await.ids(), ["one"]);
    assert_eq!(service.get("/v1/commitments?revision=1").await.ids(), ["one", "two"]);
    // Publishing it again as new data does not bring it back; a correction does.
    service.publishes(&publication("new_data", json!({"commitments": [commitment("two", 2)]})));
    assert_eq!(service.get("/v1/commitments/two").await.status, 410);
    service.publishes(&publication("source_correction", json!({"commitments": [commitment("two", 2)]})));
    assert_eq!(service.get("/v1/commitments/two").await.status, 200);
    assert_eq!(service.get("/v1/commitments/two?revision=2").await.status, 410);
}

#[actix_web::test]
async fn withdrawing_what_others_refer_to_is_refused_unless_they_go_too() {
    let service = Service::small().await;
    let said = service.refuses(&data::withdrawal(&[("commitment", "one")]));
    assert!(said.contains("report one-s1") && said.contains("observation cases-s1"), "{said}");
    assert_eq!(service.head().await, 1);
    let all = [("commitment", "one"), ("report", "one-s1"), ("observation", "cases-s1"), ("observation", "settled-s1")];
    service.publishes(&data::withdrawal(&all));
    assert_eq!(service.get("/v1/commitments").await.ids(), ["two"]);
    assert_eq!(
        service.get("/v1/observations").await.ids(),
        Vec::<String>::new(),
        "the computed rate goes with its inputs"
    );
}

fn in_2030() -> DateTime<Utc> {
    at("2030-01-01T00:00:00Z")
}

fn in_2020() -> DateTime<Utc> {
    at("2020-01-01T00:00:00Z")
}

#[actix_web::test]
async fn a_clock_that_jumps_back_does_not_turn_time_round() {
    let service = Service::empty().await;
    let mut connection = service.database.connection().await;
    for (clock, bytes) in [
        (in_2030 as fn() -> DateTime<Utc>, data::small()),
        (in_2020, publication("new_data", json!({"organizations": [organization("other")]}))),
    ] {
        publish_at(&mut connection, &bytes, clock).await;
    }
    let revisions = service.get("/v1/revisions").await.json();
    assert_eq!(revisions["data"][1]["published_at"], "2030-01-01T00:00:00.000000Z");
    assert_eq!(revisions["data"][0]["published_at"], "2030-01-01T00:00:00.000001Z");
    assert!(service.run(&["verify"], "").status.success());
}

#[actix_web::test]
async fn a_pinned_answer_is_the_same_bytes_for_good() {
    let service = Service::small().await;
    let paths = [
        "/v1/commitments?revision=1&include=organization,latest_report,observations",
        "/v1/observations?revision=1&sort=-value",
        "/v1/summary?revision=1",
        "/v1/commitments/one?revision=1",
        "/v1/revisions/1?revision=1",
    ];
    let mut before = Vec::new();
    for path in paths {
        before.push(service.get(path).await.text);
    }
    service.publishes(&publication(
        "source_revision",
        json!({
            "reports": [data::report("one-s1", "one", "2020-S1", "completed")],
            "observations": [data::observation("cases-s1", "cases", "2020-S1", json!(310))],
            "organizations": [{"id": "org", "name": {"en": "Renamed"}}],
        }),
    ));
    for (path, before) in paths.iter().zip(before) {
        let now = service.get(path).await;
        assert_eq!(now.text, before, "{path}");
        assert_eq!(now.header("ledger-revision"), "1");
    }
}

#[actix_web::test]
async fn other_peoples_publications_leave_list_and_etag_as_they_were() {
    let service = Service::small().await;
    let (list, record) = ("/v1/reports?commitment=one", "/v1/commitments/one");
    let before = [service.get(list).await, service.get(record).await];
    service.publishes(&publication(
        "new_data",
        json!({
            "organizations": [organization("other")],
            "reports": [data::report("two-s1", "two", "2020-S1", "completed")],
        }),
    ));
    for (path, before) in [list, record].into_iter().zip(before) {
        let etag = before.header("etag").to_owned();
        let now = service.request("GET", path, &[("if-none-match", &etag)]).await;
        assert_eq!(now.status, 304, "{path}");
        assert_eq!(service.get(path).await.text, before.text);
    }
    service.publishes(&publication(
        "new_data",
        json!({"reports": [data::report("one-q3", "one", "2020-Q3", "completed")]}),
    ));
    assert_eq!(service.get(list).await.ids(), ["one-q3", "one-s1"]);
    assert_eq!(service.get(record).await.json()["status"], "completed");
}

#[actix_web::test]
async fn history_is_guarded_against_every_role() {
    let service = Service::small().await;
    service.publishes(&data::withdrawal(&[("commitment", "two")]));
    let attacks = [
        "UPDATE revisions SET message = '{}'",
        "DELETE FROM revisions WHERE revision = 2",
        "UPDATE changes SET salt = NULL, redacted_in = 2",
        "DELETE FROM changes",
        "UPDATE commitments SET body = replace(body, 'Commitment', 'Promise')",
        "UPDATE commitments SET revision_to = 9223372036854775807 WHERE id = 'two'",
        "UPDATE commitments SET revision_to = 2 WHERE id = 'one'",
        "DELETE FROM commitments",
        "TRUNCATE commitments",
        "TRUNCATE changes CASCADE",
        "UPDATE head SET revision = 1",
        "UPDATE head SET last_redaction = 1",
        "DELETE FROM head",
        "UPDATE ledger SET uuid = gen_random_uuid()",
        "INSERT INTO commitments SELECT * FROM commitments WHERE id = 'two'",
        "INSERT INTO changes SELECT 1, 99, kind, id || '-x', op, change_kind, record_digest, salt, body, redacted_in FROM changes LIMIT 1",
        "INSERT INTO revisions SELECT 7, kind, publisher, message, message_salt, message_digest, now(), digest, change_count FROM revisions LIMIT 1",
        "DELETE FROM record_references",
        "UPDATE kind_changes SET revision = 1",
        "SET session_replication_role = replica; DELETE FROM commitments",
        "BEGIN; UPDATE revisions SET kind = 'redaction'; DELETE FROM commitments; COMMIT",
    ];
    for attack in attacks {
        let error = service.database.sql(attack).await.expect_err(attack);
        let refused = error.as_db_error().map(|error| error.message().to_owned()).unwrap_or_default();
        assert!(!refused.contains("syntax") && !refused.contains("does not exist"), "{attack}: {refused}");
    }
    assert!(service.run(&["verify"], "").status.success());
}

#[actix_web::test]
async fn verify_finds_a_ledger_that_was_tampered_with_below_the_guards() {
    let another = "UPDATE commitments SET body = replace(body, 'Commitment 1', 'Commitment I')";
    let gone = "DELETE FROM commitments WHERE id = 'one'; ALTER TABLE changes DISABLE TRIGGER ALL; \
                UPDATE changes SET salt = NULL, redacted_in = 2 WHERE kind = 'commitment' AND id = 'one'";
    for tampering in [another, gone] {
        let service = Service::eventful().await;
        let sql = format!("ALTER TABLE commitments DISABLE TRIGGER ALL; {tampering}");
        service.database.sql(&sql).await.expect("an attacker who owns the table");
        let output = service.run(&["verify"], "");
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("commitment one") && said.contains("NOT verify"), "{said}");
    }
}

#[actix_web::test]
async fn the_chain_can_be_recomputed_with_pythons_standard_library() {
    let service = Service::shandong().await;
    service.publishes(
        &json!({"kind": "source_correction", "message": {"en": "Label", "zh-Hans": "标签"}, "publisher": "sd-justice",
        "patch": [{"kind": "commitment", "id": "sd-justice-2020-1", "set": {"topics": ["prisons"]}}]}),
    );
    let script = r#"
import sys, json, hashlib
def salted(salt, text): return hashlib.sha256(bytes.fromhex(salt) + text.encode()).hexdigest()
ledger = json.load(sys.stdin)
digest = hashlib.sha256(ledger["uuid"].encode()).hexdigest()
for r in ledger["revisions"]:
    assert salted(r["message_salt"], r["message"]) == r["message_digest"], r
    lines = ["oc1", digest, str(r["revision"]), r["kind"], r["publisher"], r["published_at"], r["message_digest"]]
    for c in r["changes"]:
        assert salted(c["salt"], c["body"]) == c["record_digest"], c
        assert json.dumps(json.loads(c["body"]), sort_keys=True, ensure_ascii=False, separators=(",", ":")) == c["body"], "not canonical: " + c["body"]
        lines.append(" ".join([str(c["seq"]), c["kind"], c["id"], c["op"], c["change_kind"], c["record_digest"]]))
    digest = hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()
    assert digest == r["digest"], r["revision"]
print(len(ledger["revisions"]), digest)
"#;
    let body = open_commitments::ledger::verify::body_of_change();
    let query = format!(
        "SELECT jsonb_build_object('uuid', (SELECT uuid::text FROM ledger), 'revisions', (SELECT jsonb_agg(jsonb_build_object( \
         'revision', r.revision, 'kind', r.kind, 'publisher', r.publisher, 'message', r.message, \
         'published_at', digest_time(r.published_at), 'message_salt', encode(r.message_salt, 'hex'), \
         'message_digest', encode(r.message_digest, 'hex'), 'digest', encode(r.digest, 'hex'), \
         'changes', (SELECT jsonb_agg(jsonb_build_object('seq', c.seq, 'kind', c.kind, 'id', c.id, 'op', c.op, \
         'change_kind', c.change_kind, 'record_digest', encode(c.record_digest, 'hex'), 'salt', encode(c.salt, 'hex'), \
         'body', {body}) ORDER BY c.seq) FROM changes c WHERE c.revision = r.revision)) ORDER BY r.revision) FROM revisions r))::text"
    );
    let stored = service.database.text(&query).await;
    let mut python = Command::new("python3")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    python.stdin.take().expect("its input").write_all(stored.as_bytes()).expect("written");
    let output = python.wait_with_output().expect("its output");
    let index: Value = service.get("/v1").await.json();
    let digest = index["digest"].as_str().expect("a digest");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), format!("2 {digest}"));
}
