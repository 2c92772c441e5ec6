//! Redaction, the one exception to keeping everything.

use crate::support::Service;
use crate::support::data::{self, commitment, observation, publication, report};
use serde_json::json;

/// Redacts on the command line.
fn redact(service: &Service, kind: &str, id: &str) -> String {
    let output = service.run(&["redact", kind, id, "--message", "Personal data"], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[actix_web::test]
async fn a_redacted_record_is_gone_at_every_revision_and_the_chain_still_verifies() {
    let service = Service::small().await;
    let mut secret = commitment("two", 2);
    secret["title"]["en"] = json!("Call Mr Secret at home");
    service.publishes(&publication("transcription_correction", json!({"commitments": [secret]})));
    let before = service.get("/v1/commitments?revision=2").await;
    let said = redact(&service, "commitment", "two");
    assert!(said.contains("Caches in front"), "{said}");
    assert_eq!(service.head().await, 3);
    for path in ["/v1/commitments/two", "/v1/commitments/two?revision=1", "/v1/commitments/two?revision=2"] {
        let gone = service.get(path).await;
        assert_eq!((gone.status, gone.problem().as_str()), (410, "record-redacted"), "{path}");
        assert_eq!(gone.json()["redacted_in"], 3);
    }
    for path in ["/v1/commitments", "/v1/commitments?revision=1", "/v1/commitments?revision=2"] {
        assert_eq!(service.get(path).await.ids(), ["one"], "{path}");
    }
    assert!(service.get("/v1/commitments?q=Secret&revision=2").await.ids().is_empty());
    let now = service.get("/v1/commitments?revision=2").await;
    assert_ne!(now.header("etag"), before.header("etag"), "a pinned copy is known to be stale");
    let history = service.get("/v1/commitments/two/history").await;
    assert!(!history.text.contains("Secret"));
    let items = history.json()["data"].clone();
    assert_eq!(
        (&items[0]["op"], &items[1]["op"], &items[2]["op"]),
        (&json!("redact"), &json!("upsert"), &json!("upsert"))
    );
    assert_eq!((&items[1]["redacted_in"], &items[2]["redacted_in"]), (&json!(3), &json!(3)));
    assert!(items[1].get("record").is_none() && items[1].get("changed").is_none());
    let dump = service.database.text("SELECT string_agg(t, ' ') FROM (SELECT c::text AS t FROM changes c UNION ALL SELECT c::text FROM commitments c) all_rows").await;
    assert!(!dump.contains("Secret") && !dump.contains("secret"), "nothing of it is stored");
    let kept = "SELECT count(*)::text FROM changes WHERE id = 'two' AND op = 'upsert' AND salt IS NULL AND redacted_in = 3 AND record_digest IS NOT NULL";
    assert_eq!(service.database.text(kept).await, "2", "the feed keeps op and digest");
    let verified = service.run(&["verify"], "");
    assert!(verified.status.success());
    assert!(String::from_utf8_lossy(&verified.stdout).contains("2 of them redacted"));
}

#[actix_web::test]
async fn what_was_derived_from_a_redacted_record_is_derived_anew_in_the_past() {
    let service = Service::small().await;
    service.publishes(&publication("new_data", json!({"reports": [report("one-q3", "one", "2020-Q3", "completed")]})));
    service.publishes(&publication("new_data", json!({"organizations": [data::organization("other")]})));
    redact(&service, "report", "one-q3");
    for revision in 1..=4 {
        let one = service.get(&format!("/v1/commitments/one?revision={revision}")).await.json();
        assert_eq!(one["status"], "in_progress", "at revision {revision}");
    }
    assert_eq!(service.get("/v1/observations?metric=rate").await.ids(), ["rate~settled-s1"]);
    redact(&service, "observation", "cases-s1");
    for revision in [1, 4, 5] {
        let path = format!("/v1/observations?revision={revision}");
        assert_eq!(service.get(&path).await.ids(), ["settled-s1"], "the rate has lost an input");
    }
    redact(&service, "report", "one-s1");
    assert!(service.get("/v1/commitments/one?revision=1").await.json().get("status").is_none());
    assert!(service.run(&["verify"], "").status.success());
}

#[actix_web::test]
async fn a_redacted_record_is_not_published_again_as_new_and_references_to_it_stay() {
    let service = Service::small().await;
    redact(&service, "commitment", "one");
    service.publishes(&data::small());
    assert_eq!(service.head().await, 2);
    assert_eq!(service.get("/v1/observations/cases-s1").await.json()["commitment"], "one");
    // A record that named it may be corrected without losing the name; a new one may not name it.
    service.publishes(&publication(
        "source_correction",
        json!({"observations": [observation("cases-s1", "cases", "2020-S1", json!(301))]}),
    ));
    let said =
        service.refuses(&publication("new_data", json!({"reports": [report("one-y", "one", "2020", "completed")]})));
    assert!(said.contains("redacted"), "{said}");
}

#[actix_web::test]
async fn redacting_nothing_is_refused() {
    let service = Service::small().await;
    let output = service.run(&["redact", "commitment", "nobody", "--message", "Personal data"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("There is no commitment nobody"));
    assert_eq!(service.head().await, 1);
}

#[actix_web::test]
async fn a_kept_answer_to_a_publication_does_not_say_what_was_redacted_since() {
    let service = Service::small().await;
    let key = service.key("org", &[]);
    let named = [("idempotency-key", "secret")];
    let mut secret = commitment("two", 2);
    secret["title"]["en"] = json!("Call Mr Secret at home");
    let correction = publication("transcription_correction", json!({"commitments": [secret]}));
    let first = service.post("/v1/revisions", &key, &correction, &named).await;
    assert!(first.status == 201 && first.text.contains("Secret"), "{}", first.text);
    redact(&service, "commitment", "two");
    let kept = "SELECT string_agg(k::text, ' ') FROM idempotency_keys k";
    assert!(!service.database.text(kept).await.contains("Secret"), "nothing of it is stored");
    let again = service.post("/v1/revisions", &key, &correction, &named).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"), "{}", again.text);
    let (first, again) = (first.json(), again.json());
    for member in ["dry_run", "revision", "head", "digest", "notices"] {
        assert_eq!(again[member], first[member], "{member}");
    }
    assert_eq!(again["changes"], json!([{"kind": "commitment", "id": "two", "effect": "change"}]));
    assert_eq!(again["warnings"], json!([]));
}

#[actix_web::test]
async fn a_record_of_an_organization_that_is_gone_can_still_be_redacted() {
    let service = Service::small().await;
    let gone = |kind: &str, records: &[(&str, &str)]| {
        let mut publication = data::withdrawal(records);
        (publication["kind"], publication["publisher"]) = (json!(kind), json!("other"));
        publication
    };
    let source = json!({"id": "notice", "title": {"en": "Call Mr Secret"}});
    let mut publication =
        publication("new_data", json!({"organizations": [data::organization("other")], "sources": [source]}));
    publication["publisher"] = json!("other");
    service.publishes(&publication);
    service.publishes(&gone("withdrawal", &[("source", "notice")]));
    service.publishes(&gone("withdrawal", &[("organization", "other")]));
    let stranger = service.key("org", &["--scopes", "redact"]);
    let mut publication = data::redaction("source", "notice");
    publication["publisher"] = json!("other");
    assert_eq!(service.post("/v1/revisions", &stranger, &publication, &[]).await.status, 403);
    let owner = service.key("other", &["--scopes", "redact"]);
    let answer = service.post("/v1/revisions", &owner, &publication, &[]).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    redact(&service, "organization", "other");
    assert_eq!(service.get("/v1/sources/notice").await.problem(), "record-redacted");
    assert!(service.run(&["verify"], "").status.success());
}
