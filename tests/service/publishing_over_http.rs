//! `POST /v1/revisions`, and the keys it takes.

use serde_json::{Value, json};

use crate::support::data::{self, commitment, observation, organization, publication, report, withdrawal};
use crate::support::{Service, Settings};

const PATH: &str = "/v1/revisions";

fn new_report() -> Value {
    publication("new_data", json!({"reports": [report("two-s1", "two", "2020-S1", "completed")]}))
}

fn correction(id: &str, value: i64) -> Value {
    json!({"kind": "transcription_correction", "message": {"en": "A digit"}, "publisher": "org",
           "patch": [{"kind": "observation", "id": id, "set": {"value": value}}]})
}

#[actix_web::test]
async fn a_key_publishes_and_the_revision_says_who_when_and_why_without_the_key() {
    let service = Service::small().await;
    let key = service.key("org", &["--name", "Clerk Li"]);
    let answer = service.post(PATH, &key, &new_report(), &[]).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.header("location"), "revisions/2");
    assert_eq!(answer.header("ledger-revision"), "2");
    let outcome = answer.json();
    assert_eq!((&outcome["revision"], &outcome["dry_run"]), (&json!(2), &json!(false)));
    assert_eq!(outcome["changes"], json!([{"kind": "report", "id": "two-s1", "effect": "create"}]));
    let again = service.post(PATH, &key, &new_report(), &[]).await;
    assert_eq!((again.status, again.json()["notices"].as_array().map(Vec::len)), (200, Some(1)), "{}", again.text);
    let revision = service.get("/v1/revisions/2").await.json();
    assert_eq!((&revision["publisher"], &revision["message"]["en"]), (&json!("org"), &json!("Test")));
    let listed = String::from_utf8(service.run(&["keys", "list"], "").stdout).expect("UTF-8");
    assert!(
        listed.contains("“Clerk Li”") && listed.contains("revisions 1") && listed.contains("last used"),
        "{listed}"
    );
    let (id, secret) = (key.split('_').nth(1).expect("an id"), key.split('_').nth(2).expect("a secret"));
    assert!(listed.contains(id) && !listed.contains(secret), "a key is shown once");
    let stored = service.database.text("SELECT string_agg(k::text, '') FROM keys k").await;
    assert!(!stored.contains(secret), "what is stored does not open anything");
    assert!(!service.get(PATH).await.text.contains(id), "the ledger does not say which key it was");
}

#[actix_web::test]
async fn a_dry_run_shows_the_diff_and_the_warnings_and_changes_nothing() {
    let service = Service::small().await;
    let key = service.key("org", &[]);
    let answer = service.post("/v1/revisions?dry_run=true", &key, &correction("cases-s1", 100), &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let outcome = answer.json();
    assert_eq!((&outcome["dry_run"], &outcome["head"]), (&json!(true), &json!(1)));
    assert!(outcome.get("revision").is_none());
    let changed = json!([{"pointer": "/value", "before": 300, "after": 100}]);
    assert_eq!(
        outcome["changes"],
        json!([{"kind": "observation", "id": "cases-s1", "effect": "change", "changed": changed}])
    );
    assert_eq!(outcome["warnings"][0]["code"], "rate-over-100", "{}", answer.text);
    assert_eq!(service.head().await, 1);
    assert!(service.get("/v1/warnings").await.json()["data"].as_array().is_some_and(Vec::is_empty));
    assert!(service.run(&["verify"], "").status.success());
}

#[actix_web::test]
async fn what_a_careless_client_sends_is_refused_with_what_to_do() {
    let service = Service::small().await;
    let key = service.key("org", &[]);
    let plain = new_report();
    for (path, key, headers, status, problem) in [
        (PATH, "", vec![], 401, "unauthorized"),
        (PATH, "oc_0123456789ab_0000", vec![], 401, "unauthorized"),
        (PATH, "nonsense", vec![], 401, "unauthorized"),
        ("/v1/revisions?dry_run=yes", &key, vec![], 400, "invalid-parameter"),
        ("/v1/revisions?dry=true", &key, vec![], 400, "invalid-parameter"),
        (PATH, &key, vec![("if-match", "one")], 400, "invalid-parameter"),
        (PATH, &key, vec![("if-match", "\"7\"")], 412, "head-moved"),
        (PATH, &key, vec![("idempotency-key", "\"\"")], 400, "invalid-parameter"),
        (PATH, &key, vec![("x-forwarded-proto", "http")], 403, "insecure-transport"),
    ] {
        let answer = service.post(path, key, &plain, &headers).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{path} {headers:?} {}", answer.text);
    }
    let unauthorized = service.post(PATH, "", &plain, &[]).await;
    assert!(unauthorized.header("www-authenticate").starts_with("Bearer"));
    let text = service
        .request("POST", PATH, &[("authorization", &format!("Bearer {key}")), ("content-type", "text/plain")])
        .await;
    assert_eq!((text.status, text.problem().as_str()), (415, "unsupported-media-type"));
    let not_json = service
        .request("POST", PATH, &[("authorization", &format!("Bearer {key}")), ("content-type", "application/json")])
        .await;
    assert_eq!((not_json.status, not_json.problem().as_str()), (422, "publication-refused"), "{}", not_json.text);
    let mut wrong = plain.clone();
    wrong["records"]["reports"][0]["status"] = json!("done");
    wrong["records"]["reports"][0]["commitment"] = json!("nobody");
    wrong["colour"] = json!("red");
    let refused = service.post(PATH, &key, &wrong, &[("accept-language", "zh-CN")]).await;
    assert_eq!((refused.status, refused.header("content-language")), (422, "zh-Hans"));
    let pointers: Vec<Value> =
        refused.json()["errors"].as_array().expect("errors").iter().map(|error| error["pointer"].clone()).collect();
    assert!(
        pointers.contains(&json!("/colour")) && pointers.contains(&json!("/records/reports/0/status")),
        "{pointers:?}"
    );
    assert_eq!(service.head().await, 1, "none of it changed anything");
    let methods = service.request("DELETE", PATH, &[]).await;
    assert_eq!((methods.status, methods.header("allow")), (405, "GET, HEAD, OPTIONS, POST"));
}

#[actix_web::test]
async fn of_very_many_problems_the_first_are_listed_and_that_there_are_more() {
    let service = Service::small().await;
    let key = service.key("org", &[]);
    let whole = |kind: &str, records: Value| json!({"kind": kind, "message": {"en": "x"}, "publisher": "org", "records": records});
    let long = "x".repeat(1_000_000);
    let members: serde_json::Map<String, Value> = (0..20_000).map(|number| (format!("m{number}"), json!(1))).collect();
    let report = json!({"id": "r", "commitment": "one", "status": "completed"});
    let gone = json!({"kind": "report", "id": "nobody", "reason": {"en": "x"}});
    for publication in [
        whole("new_data", json!({"reports": vec![json!({}); 50_000]})),
        whole("new_data", json!({"reports": vec![report; 20_000]})),
        whole("new_data", json!({"reports": [members]})),
        whole("new_data", json!({"reports": [{long: vec![0.000_001; 5000]}]})),
        json!({"kind": "withdrawal", "message": {"en": "x"}, "publisher": "org", "withdraw": vec![gone.clone(); 20_000]}),
        json!({"kind": "withdrawal", "message": {"en": "x"}, "publisher": "org", "withdraw": (0..3000).map(|number| {
            json!({"kind": "report", "id": format!("nobody-{number}"), "reason": {"en": "x"}})
        }).collect::<Vec<_>>()}),
        json!({"kind": "redaction", "message": {"en": "x"}, "publisher": "org",
            "redact": vec![json!({"kind": "report", "id": "one-s1"}); 20_000]}),
    ] {
        let answer = service.post(PATH, &key, &publication, &[]).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "publication-refused"), "{}", &answer.text[..300]);
        let errors = answer.json()["errors"].as_array().cloned().expect("errors");
        assert_eq!(errors.len(), 1001);
        assert_eq!(errors[1000]["code"], "more-problems", "{}", errors[1000]);
        assert!(answer.text.len() < 3_000_000, "{} bytes", answer.text.len());
    }
    assert_eq!(service.head().await, 1);
}

#[actix_web::test]
async fn a_publication_that_is_too_large_is_refused_before_it_is_read() {
    let service = Service::small().await;
    let key = service.key("org", &[]);
    let answer = service.post(PATH, &key, &json!("x".repeat(64 * 1024 * 1024)), &[]).await;
    assert_eq!((answer.status, answer.problem().as_str()), (413, "too-large"));
}

#[actix_web::test]
async fn keys_cross_plain_http_only_on_loopback_or_behind_a_trusted_proxy_that_took_https() {
    let service = Service::small().await;
    let key = service.key("org", &[]);
    let https =
        service.post("/v1/revisions?dry_run=true", &key, &new_report(), &[("x-forwarded-proto", "https")]).await;
    assert_eq!(https.status, 200, "a proxy on this machine took HTTPS");
    // Seen from another address of this machine, which is no loopback address.
    let Some(elsewhere) = elsewhere() else { return };
    let open = Service::with(Settings { bind: "0.0.0.0:0", ..Settings::default() }).await;
    open.publishes(&data::small());
    let key = open.key("org", &[]);
    let url = open.url.replace("0.0.0.0", &elsewhere);
    for headers in [&[][..], &[("x-forwarded-proto", "https")][..]] {
        let answer = open.post_to(&format!("{url}{PATH}"), &key, &new_report(), headers).await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "insecure-transport"), "{headers:?}");
    }
    let trusting =
        Service::with(Settings { bind: "0.0.0.0:0", trusted: vec![format!("{elsewhere}/32")], ..Settings::default() })
            .await;
    trusting.publishes(&data::small());
    let key = trusting.key("org", &[]);
    let url = format!("{}{PATH}", trusting.url.replace("0.0.0.0", &elsewhere));
    let plain = trusting.post_to(&url, &key, &new_report(), &[]).await;
    assert_eq!(plain.status, 403, "the proxy did not say that it took HTTPS");
    let secure = trusting.post_to(&url, &key, &new_report(), &[("x-forwarded-proto", "https")]).await;
    assert_eq!(secure.status, 201, "{}", secure.text);
}

/// An address of this machine that is not a loopback address; no packet is sent to find it.
fn elsewhere() -> Option<String> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then(|| ip.to_string())
}

#[actix_web::test]
async fn each_change_takes_the_scope_of_what_it_does() {
    let service = Service::small().await;
    service.publishes(&withdrawal(&[("commitment", "two")]));
    let reinstatement = publication("source_correction", json!({"commitments": [commitment("two", 2)]}));
    let new_organization = publication("new_data", json!({"organizations": [organization("other")]}));
    let redaction = json!({"kind": "redaction", "message": {"en": "Law"}, "publisher": "org", "redact": [{"kind": "commitment", "id": "two"}]});
    let created_by_correction = publication("methodology", json!({"commitments": [commitment("three", 3)]}));
    for (publication, scope) in [
        (publication("new_data", json!({"commitments": [commitment("three", 3)]})), "publish"),
        (created_by_correction, "publish"),
        (correction("cases-s1", 301), "correct"),
        (reinstatement, "correct"),
        (withdrawal(&[("report", "one-s1")]), "withdraw"),
        (redaction, "redact"),
        (new_organization, "admin"),
    ] {
        for held in ["publish", "correct", "withdraw", "redact", "admin"] {
            let key = service.key("org", &["--scopes", held]);
            let answer = service.post("/v1/revisions?dry_run=true", &key, &publication, &[]).await;
            if held == scope {
                assert_eq!(answer.status, 200, "{held}: {}", answer.text);
            } else {
                assert_eq!((answer.status, answer.problem().as_str()), (403, "not-allowed"), "{held} {publication}");
                assert!(answer.json()["errors"][0]["detail"].as_str().is_some_and(|detail| detail.contains(scope)));
            }
        }
    }
}

#[actix_web::test]
async fn a_key_speaks_for_its_organization_and_those_below_only_where_asked() {
    let service = Service::small().await;
    let mut child = organization("child");
    child["parent"] = json!("org");
    let in_name = |publisher: &str, records: Value| json!({"kind": "new_data", "message": {"en": "x"}, "publisher": publisher, "records": records});
    service.publishes(&in_name("child", json!({"organizations": [child]})));
    service.publishes(&in_name("stranger", json!({"organizations": [organization("stranger")]})));
    let programme = json!({"programmes": [{"id": "p2", "organization": "org", "year": 2021, "title": {"en": "P"}}]});
    let own = service.key("org", &["--scopes", "publish,correct,admin"]);
    let wide = service.key("org", &["--scopes", "publish,correct,admin", "--below"]);
    let dry = "/v1/revisions?dry_run=true";
    assert_eq!(service.post(dry, &own, &in_name("child", programme.clone()), &[]).await.status, 403);
    assert_eq!(service.post(dry, &wide, &in_name("child", programme.clone()), &[]).await.status, 200);
    assert_eq!(service.post(dry, &wide, &in_name("stranger", programme), &[]).await.status, 403);
    // A stranger does not come under an organization by a publication that says so.
    let capture = json!({"kind": "source_correction", "message": {"en": "x"}, "publisher": "stranger",
        "patch": [{"kind": "organization", "id": "stranger", "set": {"parent": "org"}}]});
    assert_eq!(service.post(dry, &wide, &capture, &[]).await.status, 403);
    // A new one below may begin in its own name, with the scope for that.
    let mut new = organization("new-child");
    new["parent"] = json!("child");
    let birth = in_name("new-child", json!({"organizations": [new]}));
    assert_eq!(service.post(dry, &wide, &birth, &[]).await.status, 200);
    assert_eq!(service.post(dry, &own, &birth, &[]).await.status, 403);
    // Another's record is nobody else's, whatever the scopes.
    let theirs = json!({"kind": "source_correction", "message": {"en": "x"}, "publisher": "stranger",
        "patch": [{"kind": "commitment", "id": "one", "set": {"number": 9}}]});
    let stranger = service.key("stranger", &["--scopes", "correct"]);
    let refused = service.post(dry, &stranger, &theirs, &[]).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert_eq!(refused.json()["errors"][0]["code"], "other-publisher");
}

#[actix_web::test]
async fn a_key_that_is_revoked_or_over_opens_nothing() {
    let service = Service::small().await;
    let key = service.key("org", &["--expires", "2099-01-01"]);
    assert_eq!(service.post(PATH, &key, &new_report(), &[]).await.status, 201);
    assert!(service.run(&["keys", "revoke", &key], "").status.success());
    let again = service.run(&["keys", "revoke", &key], "");
    assert_eq!(again.status.code(), Some(1), "it says that there is nothing to revoke");
    assert_eq!(service.post(PATH, &key, &new_report(), &[]).await.status, 401);
    let past = service.run(&["keys", "create", "--organization", "org", "--expires", "2020-01-01"], "");
    assert_eq!(past.status.code(), Some(1));
    let expired = service.key("org", &["--expires", "2099-01-01"]);
    service.database.sql("UPDATE keys SET expires_at = now() - interval '1 second'").await.expect("moved");
    assert_eq!(service.post(PATH, &expired, &new_report(), &[]).await.status, 401);
    let scopes = service.run(&["keys", "create", "--organization", "org", "--scopes", "everything"], "");
    assert_eq!(scopes.status.code(), Some(2), "usage");
}

#[actix_web::test]
async fn the_same_request_again_is_answered_as_at_first_and_another_under_its_key_is_refused() {
    let service = Service::small().await;
    let key = service.key("org", &[]);
    let named = [("idempotency-key", "first-report")];
    let first = service.post(PATH, &key, &new_report(), &named).await;
    let repeat = service.post(PATH, &key, &new_report(), &named).await;
    assert_eq!((first.status, repeat.status), (201, 201));
    assert_eq!(first.text, repeat.text);
    for (name, value) in [("location", "revisions/2"), ("ledger-revision", "2")] {
        assert_eq!((first.header(name), repeat.header(name)), (value, value), "{name}");
    }
    assert_eq!((first.header("idempotency-replayed"), repeat.header("idempotency-replayed")), ("", "true"));
    let other = service.post(PATH, &key, &correction("cases-s1", 301), &named).await;
    assert_eq!((other.status, other.problem().as_str()), (422, "idempotency-key-reused"));
    // Another key's names are its own.
    let colleague = service.key("org", &[]);
    assert_eq!(service.post(PATH, &colleague, &new_report(), &named).await.status, 200);
    // A refusal is no answer to keep: corrected, the request goes through under the same name.
    let retry = [("idempotency-key", "retry")];
    assert_eq!(service.post(PATH, &key, &correction("nobody", 1), &retry).await.status, 422);
    assert_eq!(service.post(PATH, &key, &correction("cases-s1", 302), &retry).await.status, 201);
    assert_eq!(service.head().await, 3);
    // An answer is kept for 7 days; then the name is free again.
    service.database.sql("UPDATE idempotency_keys SET created_at = now() - interval '8 days'").await.expect("aged");
    let late = service.post(PATH, &key, &correction("cases-s1", 303), &retry).await;
    assert_eq!((late.status, late.header("idempotency-replayed")), (201, ""), "{}", late.text);
    assert_eq!(service.post(PATH, &key, &new_report(), &named).await.header("idempotency-replayed"), "");
}

#[actix_web::test]
async fn of_many_equal_requests_at_once_one_publishes() {
    let service = std::rc::Rc::new(Service::small().await);
    let key = service.key("org", &[]);
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let (service, key) = (service.clone(), key.clone());
            actix_web::rt::spawn(
                async move { service.post(PATH, &key, &new_report(), &[("idempotency-key", "k")]).await },
            )
        })
        .collect();
    let mut replayed = 0;
    for attempt in tries {
        let answer = attempt.await.expect("an answer");
        assert_eq!((answer.status, &answer.json()["revision"]), (201, &json!(2)), "{}", answer.text);
        replayed += usize::from(answer.header("idempotency-replayed") == "true");
    }
    assert_eq!((replayed, service.head().await), (7, 2));
}

#[actix_web::test]
async fn if_match_holds_a_publication_to_the_head_it_was_made_for() {
    let service = Service::small().await;
    let key = service.key("org", &[]);
    let made = service.post(PATH, &key, &new_report(), &[("if-match", "\"1\"")]).await;
    assert_eq!(made.status, 201);
    let late = service.post(PATH, &key, &correction("cases-s1", 1), &[("if-match", "\"1\"")]).await;
    assert_eq!((late.status, &late.json()["head"]), (412, &json!(2)));
    let any = service.post(PATH, &key, &correction("cases-s1", 301), &[("if-match", "\"1\", \"2\"")]).await;
    assert_eq!(any.status, 201);
}

#[actix_web::test]
async fn if_revision_guards_one_record_against_a_stale_edit() {
    let service = Service::small().await;
    let key = service.key("org", &["--scopes", "publish,correct,withdraw"]);
    let mut edit = correction("cases-s1", 301);
    edit["patch"][0]["if_revision"] = json!(1);
    assert_eq!(service.post(PATH, &key, &edit, &[]).await.status, 201);
    edit["patch"][0]["set"]["value"] = json!(302);
    let stale = service.post(PATH, &key, &edit, &[]).await;
    assert_eq!((stale.status, stale.problem().as_str()), (409, "edit-conflict"));
    assert_eq!(stale.json()["errors"][0]["pointer"], "/patch/0/if_revision");
    let mut gone = withdrawal(&[("observation", "cases-s1")]);
    gone["withdraw"][0]["if_revision"] = json!(1);
    assert_eq!(service.post(PATH, &key, &gone, &[]).await.status, 409);
    gone["withdraw"][0]["if_revision"] = json!(2);
    assert_eq!(service.post(PATH, &key, &gone, &[]).await.status, 201);
}

#[actix_web::test]
async fn an_empty_ledger_is_begun_over_http_by_an_organization_in_its_own_name() {
    let service = Service::empty().await;
    let key = service.key("org", &["--scopes", "publish,admin"]);
    let answer = service.post(PATH, &key, &data::small(), &[]).await;
    assert_eq!((answer.status, &answer.json()["revision"]), (201, &json!(1)), "{}", answer.text);
    let observations =
        publication("new_data", json!({"observations": [observation("cases-q3", "cases", "2020-Q3", json!(1.5))]}));
    assert_eq!(service.post(PATH, &key, &observations, &[]).await.status, 201);
    assert_eq!(service.get("/v1/observations/cases-q3").await.json()["value"], 1.5);
}
