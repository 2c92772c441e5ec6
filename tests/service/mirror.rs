//! Copies of a ledger: the same answers, the same digests, nothing taken in that was not proved.

use std::path::Path;
use std::process::Output;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::following::programs::beside;
use crate::support::data::{self, commitment, observation, publication, redaction, report, withdrawal};
use crate::support::{Service, Settings, TestDatabase, command, command_beside, digest};

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Brings a copy up to date.
async fn update(copy: &TestDatabase, from: &str) {
    let output = command_beside(&["mirror", "--from", from], &copy.url).await;
    assert!(output.status.success(), "{}", said(&output));
}

/// What a copy says that does not want to go on.
async fn refused(copy: &TestDatabase, from: &str) -> String {
    let output = command_beside(&["mirror", "--from", from], &copy.url).await;
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    String::from_utf8(output.stderr).expect("UTF-8")
}

/// A new copy, served.
async fn copy_of(from: &str) -> Service {
    let database = TestDatabase::bare().await;
    update(&database, from).await;
    Service::on(database, Settings::default())
}

/// A bundle of all after a revision.
async fn bundle(of: &Service, after: i64, path: &Path) -> String {
    let path = path.to_str().expect("UTF-8");
    let output = command_beside(&["bundle", "--after", &after.to_string(), "-o", path], &of.database.url).await;
    assert!(output.status.success(), "{}", said(&output));
    std::fs::read_to_string(path).unwrap_or_default()
}

/// Everything there is to ask about a ledger, at each of its revisions.
async fn questions(of: &Service) -> Vec<String> {
    let head = of.head().await;
    let feed = of.get("/v1/changes?limit=1000").await.json();
    let mut paths = vec!["/v1/changes?limit=1000".to_owned(), "/v1/changes?snapshot=true&limit=1000".to_owned()];
    let collections = of.get("/v1").await.json()["collections"].clone();
    let collections: Vec<String> = collections.as_object().expect("links").keys().cloned().collect();
    for entry in feed["data"].as_array().expect("changes") {
        let (kind, id) = (entry["kind"].as_str().expect("a kind"), entry["id"].as_str().expect("an id"));
        paths.push(format!("/v1/{kind}s/{id}/history"));
    }
    for revision in 1..=head {
        paths.push(format!("/v1/revisions/{revision}"));
        for place in collections.iter().map(String::as_str).chain(["summary", "warnings", "revisions", "changes"]) {
            paths.push(format!("/v1/{place}?revision={revision}"));
        }
        paths.push(format!("/v1/commitments?revision={revision}&include=organization,latest_report&count=exact"));
        paths.push(format!("/v1/observations?revision={revision}&division=37&fields=id,value"));
        paths.push(format!("/v1/commitments?revision={revision}&q=调解&sort=-number"));
        paths.push(format!("/v1/diff?from=1&to={revision}"));
    }
    paths
}

/// The same bytes and tags to every question.
async fn answers_alike(ours: &Service, theirs: &Service) {
    let paths = questions(ours).await;
    assert!(paths.len() > 20);
    for path in &paths {
        let (one, two) = (ours.get(path).await, theirs.get(path).await);
        assert_eq!((one.status, one.text.as_str()), (200, two.text.as_str()), "{path}");
        assert_eq!(one.header("etag"), two.header("etag"), "{path}");
    }
}

#[actix_web::test]
async fn a_copy_gives_the_same_bytes_at_every_revision_whether_it_followed_or_came_late() {
    let upstream = Service::shandong().await;
    let live = copy_of(&upstream.url).await;
    let id = "sd-justice-2020-13";
    let mut publications = vec![
        json!({"kind": "transcription_correction", "message": {"en": "A digit"}, "publisher": "sd-justice",
            "patch": [{"kind": "observation", "id": "mediation-cases-2020-s1", "set": {"value": 29465}}]}),
        json!({"kind": "new_data", "message": {"zh-Hans": "三季度"}, "publisher": "sd-justice", "records": {"reports": [
            {"id": "r-q3", "commitment": id, "period": "2020-Q3", "reported_on": "2020-10-10", "status": "completed"}]}}),
        json!({"kind": "withdrawal", "message": {"en": "Too early"}, "publisher": "sd-justice",
            "withdraw": [{"kind": "report", "id": "r-q3", "reason": {"en": "Not yet approved"}}]}),
        json!({"kind": "source_correction", "message": {"en": "Approved"}, "publisher": "sd-justice", "records": {"reports": [
            {"id": "r-q3", "commitment": id, "period": "2020-Q3", "reported_on": "2020-10-10", "status": "completed"}]}}),
    ];
    for (kind, id) in [("observation", "mediation-cases-2020-s1"), ("report", "r-q3"), ("commitment", id)] {
        publications.push(json!({"kind": "redaction", "message": {"en": "Law"}, "publisher": "sd-justice",
            "redact": [{"kind": kind, "id": id}]}));
    }
    for publication in &publications {
        upstream.publishes(publication);
        update(&live.database, &upstream.url).await;
    }
    answers_alike(&upstream, &live).await;
    let late = copy_of(&upstream.url).await;
    answers_alike(&upstream, &late).await;
    for copy in [&live, &late] {
        let output = command_beside(&["verify", "--from", &upstream.url], &copy.database.url).await;
        assert!(output.status.success() && said(&output).contains("the same history"), "{}", said(&output));
        assert!(!copy.get("/v1/changes?limit=1000").await.text.contains("29465"));
    }
    // A copy of a copy is one as well.
    answers_alike(&upstream, &copy_of(&late.url).await).await;
}

#[actix_web::test]
async fn a_copy_is_published_to_only_after_it_was_promoted() {
    let upstream = Service::small().await;
    let copy = copy_of(&upstream.url).await;
    let next = publication("new_data", json!({"commitments": [commitment("three", 3)]}));
    let told = copy.refuses(&next);
    assert!(told.contains(&upstream.url) && told.contains("mirror --promote"), "{told}");
    let key = copy.key("org", &[]);
    let answer = copy.post("/v1/revisions", &key, &next, &[]).await;
    assert_eq!((answer.status, answer.problem().as_str()), (403, "read-only-copy"));
    assert_eq!(copy.run(&["redact", "report", "one-s1", "--message", "Law"], "").status.code(), Some(1));
    assert_eq!(copy.head().await, 1);
    copy.database.sql("UPDATE mirror SET reached_at = NULL").await.expect("a copy");
    let words = ["mirror", "--from", &upstream.url, "--follow"];
    let (url, arguments) = (copy.database.url.clone(), words.map(str::to_owned));
    let following = move || command(&arguments.each_ref().map(String::as_str), &[("DATABASE_URL", &url)], "");
    let following = actix_web::rt::spawn(beside(following));
    while copy.database.text("SELECT (reached_at IS NULL)::text FROM mirror").await == "true" {
        actix_web::rt::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let promoted = command_beside(&["mirror", "--promote"], &copy.database.url).await;
    assert!(promoted.status.success(), "{}", said(&promoted));
    // What follows takes nothing in any more, and makes no copy of it when it is started again.
    upstream.publishes(&publication("new_data", json!({"commitments": [commitment("other", 4)]})));
    for output in [following.await.expect("its end"), command_beside(&words, &copy.database.url).await] {
        assert!(output.status.code() == Some(1) && said(&output).contains("is no copy"), "{}", said(&output));
    }
    assert_eq!(copy.head().await, 1);
    copy.publishes(&next);
    assert!(copy.get("/health/ready").await.json().get("mirror").is_none());
    assert_eq!(copy.run(&["mirror", "--promote"], "").status.code(), Some(1), "it is none any more");
}

#[actix_web::test]
async fn a_ledger_of_its_own_does_not_become_a_copy_of_what_it_has_no_part_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let upstream = Service::small().await;
    let path = folder.path().join("bundle");
    bundle(&upstream, 0, &path).await;
    // One that was founded apart, and one that was restored and went on in another way.
    let founded = TestDatabase::bare().await;
    assert!(command_beside(&["migrate"], &founded.url).await.status.success());
    let restored = Service::small().await;
    for from in [upstream.url.as_str(), path.to_str().expect("UTF-8")] {
        let told = refused(&founded, from).await;
        assert!(told.contains("empty database"), "{told}");
        let told = refused(&restored.database, from).await;
        assert!(told.contains("from revision 1 on"), "{told}");
    }
    // Its own backup says that it is whole, and changes nothing.
    bundle(&restored, 0, &path).await;
    update(&restored.database, path.to_str().expect("UTF-8")).await;
    restored.publishes(&publication("new_data", json!({"commitments": [commitment("three", 3)]})));
}

#[actix_web::test]
async fn where_histories_part_the_copy_stops_with_the_evidence_and_keeps_what_it_has() {
    let upstream = Service::small().await;
    let restored = copy_of(&upstream.url).await;
    for publication in data::events() {
        upstream.publishes(&publication);
    }
    let copy = copy_of(&upstream.url).await;
    // The backup that was restored is shorter, and then goes on in its own way.
    let told = refused(&copy.database, &restored.url).await;
    assert!(told.contains("from revision 2 on"), "{told}");
    assert!(restored.run(&["mirror", "--promote"], "").status.success());
    for number in 3..12 {
        restored
            .publishes(&publication("new_data", json!({"commitments": [commitment(&format!("c{number}"), number)]})));
    }
    let told = refused(&copy.database, &restored.url).await;
    let digests = [upstream.get("/v1/revisions/2").await, restored.get("/v1/revisions/2").await];
    let digests = digests.map(|answer| answer.json()["digest"].as_str().expect("a digest").to_owned());
    assert!(told.contains("from revision 2 on") && digests.iter().all(|digest| told.contains(digest)), "{told}");
    let ready = copy.get("/health/ready").await.json();
    assert_eq!(ready["mirror"]["diverged"]["agreed"], 1, "{ready}");
    assert_eq!(ready["mirror"]["diverged"]["their_digest"], digests[1].as_str());
    assert!(copy.get("/health/metrics").await.text.contains("\nmirror_diverged 1\n"));
    let verified = command_beside(&["verify", "--from", &restored.url], &copy.database.url).await;
    assert!(!verified.status.success() && said(&verified).contains("from revision 2 on"), "{}", said(&verified));
    answers_alike(&upstream, &copy).await;
    update(&copy.database, &upstream.url).await;
    assert!(copy.get("/health/metrics").await.text.contains("\nmirror_diverged 0\n"));
}

/// What becomes of the text of an answer.
type Rewrite = fn(String) -> String;

/// A gateway in front of a service, which does something to the text of its answers.
fn gateway(before: &Service, change: Rewrite) -> String {
    gateway_that(before, move |_, status, text| (status, change(text)))
}

/// One that answers in the place of a service: path, status, text.
fn gateway_that(
    before: &Service,
    change: impl Fn(&str, u16, String) -> (u16, String) + Clone + Send + 'static,
) -> String {
    let target = before.url.clone();
    let server = HttpServer::new(move || {
        let (target, change) = (target.clone(), change.clone());
        App::new().default_service(web::to(move |request: HttpRequest| {
            let (url, change) = (format!("{target}{}", request.uri()), change.clone());
            async move {
                let answer = reqwest::get(url).await.expect("an answer");
                let status = answer.status().as_u16();
                let (status, text) = change(request.path(), status, answer.text().await.expect("a body"));
                HttpResponse::build(actix_web::http::StatusCode::from_u16(status).expect("a status")).body(text)
            }
        }))
    });
    let server = server.workers(1).bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", server.addrs()[0]);
    actix_web::rt::spawn(server.run());
    url
}

#[actix_web::test]
async fn what_was_changed_on_the_way_is_refused_and_what_was_only_written_anew_is_not() {
    let upstream = Service::eventful().await;
    let tampered: [(Rewrite, i64); 5] = [
        (|text| text.replace("\"value\":310", "\"value\":301"), 1),
        (|text| text.replace("\"op\":\"withdraw\"", "\"op\":\"redact\""), 3),
        (|text| text.replace("\"id\":\"two-s1\",\"op\"", "\"id\":\"two-s2\",\"op\""), 2),
        (|text| text.replace("\"en\":\"Take back\"", "\"en\":\"Take away\""), 3),
        (|text| text.replace("\"source_correction\"", "\"methodology\""), 1),
    ];
    for (change, kept) in tampered {
        let database = TestDatabase::bare().await;
        let told = refused(&database, &gateway(&upstream, change)).await;
        assert!(told.contains("does not fit its digest"), "{told}");
        assert_eq!(database.text("SELECT revision::text FROM head").await, kept.to_string());
        // What was taken in is sound, and the rest comes from the ledger itself.
        update(&database, &upstream.url).await;
        answers_alike(&upstream, &Service::on(database, Settings::default())).await;
    }
    let anew = gateway(&upstream, |text| {
        let value: Value = serde_json::from_str(&text).expect("JSON");
        serde_json::to_string_pretty(&value).expect("JSON")
    });
    answers_alike(&upstream, &copy_of(&anew).await).await;
}

#[actix_web::test]
async fn what_a_gateway_answers_by_itself_is_not_the_word_of_the_ledger() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let upstream = Service::small().await;
    let at_first = gateway_that(&upstream, |path, status, text| match path {
        "/v1/changes" if ASKED.fetch_add(1, Ordering::SeqCst) == 0 => (404, "default backend".into()),
        _ => (status, text),
    });
    let copy = copy_of(&at_first).await;
    assert!(ASKED.load(Ordering::SeqCst) > 1 && copy.head().await == 1);
    let lost = gateway_that(&upstream, |path, status, text| match path {
        "/v1" => (status, text),
        _ => (404, "default backend".into()),
    });
    let verified = command_beside(&["verify", "--from", &lost], &copy.database.url).await;
    let told = said(&verified);
    assert!(!verified.status.success() && told.contains("404") && !told.contains("differ"), "{told}");
}

#[actix_web::test]
async fn bundles_carry_a_ledger_to_where_no_network_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let upstream = Service::small().await;
    let first = bundle(&upstream, 0, &at("first")).await;
    for publication in data::events() {
        upstream.publishes(&publication);
    }
    bundle(&upstream, 1, &at("second.gz")).await;
    bundle(&upstream, 3, &at("third")).await;
    let copy = copy_of(at("first").to_str().expect("UTF-8")).await;
    assert_eq!(copy.head().await, 1);
    let told = refused(&copy.database, at("third").to_str().expect("UTF-8")).await;
    assert!(told.contains("bundle --after 1"), "{told}");
    for name in ["second.gz", "third", "first", "second.gz"] {
        update(&copy.database, at(name).to_str().expect("UTF-8")).await;
        assert_eq!(copy.head().await, 5, "{name}");
    }
    answers_alike(&upstream, &copy).await;
    // A backup of the copy is the same file as one of the ledger.
    assert_eq!(bundle(&copy, 0, &at("a")).await, bundle(&upstream, 0, &at("b")).await);
    assert!(first.lines().count() > 10 && !std::fs::exists(at("a.partial")).expect("a folder"));
    let output =
        command_beside(&["bundle", "--after", "9", "-o", at("c").to_str().expect("UTF-8")], &copy.database.url).await;
    assert!(!output.status.success() && said(&output).contains("head is 5"), "{}", said(&output));
}

#[actix_web::test]
async fn a_damaged_bundle_leaves_whole_revisions_and_nothing_of_the_damaged_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let upstream = Service::eventful().await;
    let whole = bundle(&upstream, 0, &folder.path().join("whole")).await;
    let lines: Vec<&str> = whole.lines().collect();
    let path = folder.path().join("damaged");
    let mut damaged: Vec<Vec<String>> = Vec::new();
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<String>>();
    for line in 0..lines.len() {
        let without = [&lines[..line], &lines[line + 1..]].concat();
        damaged.extend([owned(&without), owned(&lines[..line])]);
        if line + 2 < lines.len() {
            let mut swapped = owned(&lines);
            swapped.swap(line, line + 1);
            damaged.push(swapped);
        }
    }
    let mut changed = owned(&lines);
    changed[5] = changed[5].replace("2020", "2021");
    damaged.extend([changed, vec!["{}".to_owned()], vec!["\u{0}".to_owned()]]);
    for lines in damaged {
        std::fs::write(&path, lines.join("\n") + "\n").expect("a file");
        let copy = TestDatabase::bare().await;
        refused(&copy, path.to_str().expect("UTF-8")).await;
        if copy.text("SELECT coalesce(to_regclass('head')::text, '')").await == "head" {
            let verified = command_beside(&["verify"], &copy.url).await;
            assert!(verified.status.success(), "{}", said(&verified));
        }
    }
}

#[actix_web::test]
async fn members_that_this_release_does_not_know_are_kept_as_they_came() {
    let folder = tempfile::tempdir().expect("a folder");
    let upstream = Service::small().await;
    let whole = bundle(&upstream, 0, &folder.path().join("whole")).await;
    let mut lines: Vec<Value> = whole.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    // What a later release would publish: the digests are those of what it published.
    let (first, rest) = lines.split_first_mut().expect("lines");
    for entry in rest.iter_mut().filter(|entry| entry["id"] == "one") {
        entry["record"]["zz_promise"] = json!({"strength": [1, null, "firm"]});
        let salt = hex::decode(entry["salt"].as_str().expect("a salt")).expect("hex");
        let hash = Sha256::new().chain_update(salt).chain_update(entry["record"].to_string()).finalize();
        entry["record_digest"] = hex::encode(hash).into();
    }
    let changes: Vec<&Value> = rest[1..rest.len() - 1].iter().collect();
    let head = digest(first["digest"].as_str().expect("a digest"), &rest[0]["header"], &changes);
    rest[0]["header"]["digest"] = head.as_str().into();
    rest.last_mut().expect("an end")["digest"] = head.as_str().into();
    let path = folder.path().join("later");
    std::fs::write(&path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).expect("a file");
    let copy = copy_of(path.to_str().expect("UTF-8")).await;
    assert_eq!(copy.get("/v1/commitments/one").await.json()["zz_promise"]["strength"][2], "firm");
    assert!(copy.get("/v1/changes").await.text.contains(r#""zz_promise":{"strength":[1,null,"firm"]}"#));
    let again = copy_of(&copy.url).await;
    answers_alike(&copy, &again).await;
}

#[actix_web::test]
async fn a_copy_that_serves_hears_of_revisions_says_how_far_it_is_and_outlives_its_upstream() {
    let upstream = Service::small().await;
    let copy = copy_of(&upstream.url).await;
    let ready = copy.get("/health/ready").await.json();
    assert_eq!((&ready["mirror"]["upstream"], &ready["mirror"]["lag"]), (&json!(upstream.url), &json!(0)), "{ready}");
    copy.database.sql("UPDATE mirror SET upstream_head = 8").await.expect("a copy");
    let ready = copy.get("/health/ready").await;
    assert_eq!((ready.status, &ready.json()["mirror"]["lag"]), (200, &json!(7)));
    let metrics = copy.get("/health/metrics").await.text;
    for line in ["mirror_upstream_head_revision 8", "mirror_lag_revisions 7", "mirror_diverged 0"] {
        assert!(metrics.contains(&format!("\n{line}\n")), "{line}\n{metrics}");
    }
    let following = crate::support::program(&["mirror", "--from", &upstream.url, "--follow"], &copy.database.url);
    let waiting = copy.get("/v1/changes?after=1&wait=60");
    let publishing = async {
        upstream
            .publishes(&publication("new_data", json!({"reports": [report("two-s1", "two", "2020-S1", "completed")]})));
    };
    let (heard, ()) = tokio::join!(waiting, publishing);
    assert_eq!(heard.json()["data"][0]["id"], "two-s1");
    assert_eq!(copy.get("/health/ready").await.json()["mirror"]["lag"], 0);
    drop(following);
    upstream.publishes(&withdrawal(&[("report", "two-s1")]));
    drop(upstream);
    assert_eq!(copy.get("/v1/reports/two-s1").await.status, 200);
}

#[actix_web::test]
async fn redactions_reach_what_was_copied_before() {
    let upstream = Service::small().await;
    let copy = copy_of(&upstream.url).await;
    upstream.publishes(&publication(
        "transcription_correction",
        json!({"observations": [observation("cases-s1", "cases", "2020-S1", json!(31337))]}),
    ));
    update(&copy.database, &upstream.url).await;
    assert_eq!(copy.get("/v1/observations/cases-s1").await.json()["value"], 31337);
    upstream.publishes(&redaction("observation", "cases-s1"));
    update(&copy.database, &upstream.url).await;
    for path in ["/v1/observations/cases-s1?revision=2", "/v1/observations/cases-s1?revision=1"] {
        assert_eq!(copy.get(path).await.problem(), "record-redacted", "{path}");
    }
    let dump = "SELECT coalesce(string_agg(x::text, ' '), '') FROM (SELECT row_to_json(c) AS x FROM changes c UNION ALL SELECT row_to_json(o) FROM observations o) t";
    assert!(!copy.database.text(dump).await.contains("31337"));
}
