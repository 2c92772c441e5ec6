//! What a clerk meets on the command line.

use serde_json::{Value, json};

use crate::support::data::{self, commitment, observation, organization, publication, report};
use crate::support::{Service, command};

#[actix_web::test]
async fn every_problem_of_a_publication_is_listed_at_its_pointer() {
    let service = Service::small().await;
    let before = service.get("/v1").await.text;
    let said = service.refuses(&json!({
        "kind": "new_data", "message": {"en": "Many mistakes"}, "publisher": "org", "mood": "bad",
        "records": {
            "commitments": [
                {"id": "Bad Id", "programme": "plan", "number": "three", "title": {"en": "x"}, "colour": "red"},
                {"id": "four", "programme": "nowhere", "number": 4, "title": {}, "due_on": "2020-02-30"},
                {"id": "five", "programme": "nowhere", "number": 5, "title": {"en": "Dangling"}},
                {"id": "six", "programme": "plan", "number": 6},
            ],
            "organizations": [{"id": "o", "name": {"english": "x", "zh_Hans": "y"}, "uscc": "12370000004188000X", "division_code": "37"}],
            "reports": [{"id": "r", "commitment": "one", "status": "finished", "period": "2020-S3", "note": null}],
            "observations": [
                observation("v", "cases", "2020-Q1", json!(1.23456)),
                observation("cases-again", "cases", "2020-S1", json!(5)),
                observation("of-rate", "rate", "2020-S1", json!(66)),
            ],
            "sources": [{"id": "s", "title": {"en": "x"}, "url": "ftp://example.org/x"}, {"id": "s", "title": {"en": "twice"}}],
            "wishes": [],
        },
    }));
    for expected in [
        "/mood: ",
        "/records/wishes: ",
        "/records/commitments/0/id: ",
        "/records/commitments/0/number: ",
        "/records/commitments/0/colour: ",
        "/records/commitments/1/title: ",
        "/records/commitments/1/due_on: ",
        "/records/commitments/2/programme: There is no programme nowhere",
        "/records/commitments/3/title: This member is required",
        "/records/organizations/0/name: ",
        "/records/organizations/0/uscc: ",
        "/records/organizations/0/division_code: ",
        "/records/reports/0/status: ",
        "/records/reports/0/period: ",
        "/records/reports/0/note: Unknown is absent, never null",
        "/records/observations/0/value: A number has at most 15 significant digits",
        "/records/observations/1: This is the same figure as observation cases-s1",
        "/records/observations/2/metric: rate is a ratio",
        "/records/sources/0/url: ",
        "/records/sources/1/id: ",
    ] {
        assert!(said.contains(expected), "{expected} is missing in\n{said}");
    }
    assert_eq!(service.get("/v1").await.text, before, "a refusal changes nothing");
}

#[actix_web::test]
async fn what_is_no_publication_is_refused_with_what_to_do() {
    let service = Service::small().await;
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let cases: [(&[u8], &str); 12] = [
        (b"", "not JSON"),
        (b"{\"kind\": ", "not JSON"),
        (b"[]", "is an object"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b"{\"kind\": \"new_data\", \"kind\": \"new_data\"}", "more than once"),
        (b"{\"message\": {\"en\": \"a\\u0000b\"}}", "U+0000"),
        (b"{\"message\": {\"en\": \"\\ud800\"}}", "hex escape"),
        (b"{\"records\": 1e400}", "exponent"),
        (b"{\"records\": 123456789012345678901234567890}", "15 significant digits"),
        (deep.as_bytes(), "nest deeper"),
        (b"{\"kind\": \"redaction\", \"publisher\": \"org\", \"message\": {\"en\": \"x\"}}", "and nothing else"),
        (b"{}", "one of new_data"),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    for (index, (bytes, expected)) in cases.into_iter().enumerate() {
        let path = folder.path().join(format!("{index}.json"));
        std::fs::write(&path, bytes).expect("written");
        let output = service.run(&["publish", path.to_str().expect("a path")], "");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "case {index}: {said}");
        assert!(said.contains(expected), "case {index} lacks “{expected}”: {said}");
    }
    assert_eq!(service.head().await, 1);
}

#[actix_web::test]
async fn problems_are_told_in_chinese_by_lang() {
    let service = Service::small().await;
    let bad = publication("new_data", json!({"commitments": [commitment("three", 0)]})).to_string();
    let output = command(&["publish", "-"], &[("DATABASE_URL", &service.database.url), ("LANG", "zh_CN.UTF-8")], &bad);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("被拒绝") && said.contains("/records/commitments/0/number"), "{said}");
}

#[actix_web::test]
async fn a_dry_run_shows_the_diff_and_changes_nothing() {
    let service = Service::small().await;
    let mut changed = commitment("one", 1);
    changed["title"]["en"] = json!("Easier");
    changed.as_object_mut().expect("an object").remove("due_on");
    let mut publication = publication(
        "source_correction",
        json!({"commitments": [changed, commitment("two", 2), commitment("three", 3)]}),
    );
    publication["withdraw"] = json!([{"kind": "observation", "id": "cases-s1", "reason": {"en": "Wrong"}}]);
    let output = service.run(&["publish", "--dry-run", "-"], &publication.to_string());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    for expected in [
        "~ commitment one\n",
        "/title/en: \"Commitment 1\" → \"Easier\"",
        "/due_on: \"2020-12-31\" → ∅",
        "+ commitment three\n",
        "- observation cases-s1\n",
        "= commitment two: already there",
        "nothing was changed",
    ] {
        assert!(said.contains(expected), "{expected} is missing in\n{said}");
    }
    assert_eq!(service.head().await, 1);
}

#[actix_web::test]
async fn read_only_members_sent_back_are_dropped() {
    let service = Service::small().await;
    let mut sent_back = Vec::new();
    for collection in ["commitments", "reports", "observations"] {
        let data = service.get(&format!("/v1/{collection}")).await.json()["data"].clone();
        let published: Vec<Value> =
            data.as_array().expect("a list").iter().filter(|record| record["computed"] != true).cloned().collect();
        sent_back.push((collection, published));
    }
    let records: serde_json::Map<String, Value> =
        sent_back.into_iter().map(|(name, data)| (name.to_owned(), data.into())).collect();
    service.publishes(&publication("new_data", records.into()));
    assert_eq!(service.head().await, 1, "what is served is what is there");
}

#[actix_web::test]
async fn only_its_publisher_changes_or_withdraws_a_record() {
    let service = Service::small().await;
    let mut foreign = publication(
        "source_correction",
        json!({"organizations": [organization("rival")], "commitments": [commitment("one", 9)]}),
    );
    foreign["publisher"] = json!("rival");
    foreign["withdraw"] = json!([{"kind": "commitment", "id": "two", "reason": {"en": "No"}}]);
    let said = service.refuses(&foreign);
    assert!(said.contains("/records/commitments/0/publisher: commitment one belongs to org"), "{said}");
    assert!(said.contains("/withdraw/0: commitment two belongs to org"), "{said}");
    // Anyone may refer to it.
    let mut ours = report("ours", "one", "2020", "delayed");
    ours["assessor"] = json!("independent");
    let mut refers = publication("new_data", json!({"organizations": [organization("rival")], "reports": [ours]}));
    refers["publisher"] = json!("rival");
    service.publishes(&refers);
    let mut stolen = publication("new_data", json!({"organizations": [organization("late")]}));
    stolen["records"]["organizations"][0]["publisher"] = json!("rival");
    assert!(service.refuses(&stolen).contains("/records/organizations/0/publisher"));
}

#[actix_web::test]
async fn a_patch_changes_members_of_a_record_that_is_there() {
    let service = Service::small().await;
    let patch = |kind: &str, id: &str, set: Value| {
        json!({"kind": kind, "message": {"en": "Patch"}, "publisher": "org",
               "patch": [{"kind": "commitment", "id": id, "set": set, "change_kind": "transcription_correction"}]})
    };
    assert!(service.refuses(&patch("new_data", "one", json!({"number": 8}))).contains("correction kind"));
    assert!(service.refuses(&patch("source_correction", "nobody", json!({"number": 8}))).contains("/patch/0/id"));
    assert!(
        service.refuses(&patch("source_correction", "one", json!({"number": "8"}))).contains("/patch/0/set/number")
    );
    assert!(service.refuses(&patch("source_correction", "one", json!({"id": "x"}))).contains("/patch/0/set/id"));
    service.publishes(&patch("source_correction", "one", json!({"number": 8, "due_on": null})));
    let one = service.get("/v1/commitments/one").await.json();
    assert_eq!((one["number"].as_i64(), one.get("due_on")), (Some(8), None));
    let history = service.get("/v1/commitments/one/history").await.json();
    assert_eq!(history["data"][0]["change_kind"], "transcription_correction");
    assert_eq!(history["data"][0]["changed"], json!(["/due_on", "/number"]));
}

#[actix_web::test]
async fn each_kind_of_revision_holds_what_it_may() {
    let service = Service::small().await;
    let mut creates = data::withdrawal(&[("commitment", "two")]);
    creates["records"] = json!({"commitments": [commitment("three", 3)]});
    assert!(service.refuses(&creates).contains("withdrawal only withdraws"));
    let mut withdraws = publication("new_data", json!({}));
    withdraws["withdraw"] = json!([{"kind": "commitment", "id": "two", "reason": {"en": "No"}}]);
    assert!(service.refuses(&withdraws).contains("new_data only creates"));
    let mut both = publication("source_correction", json!({"commitments": [commitment("two", 7)]}));
    both["withdraw"] = json!([{"kind": "commitment", "id": "two", "reason": {"en": "No"}}]);
    assert!(service.refuses(&both).contains("both published and withdrawn"));
    assert!(service.refuses(&data::withdrawal(&[("commitment", "nobody")])).contains("no commitment nobody"));
    service.publishes(&publication("source_correction", json!({})));
    assert_eq!(service.head().await, 1, "a publication of nothing makes no revision");
}

#[actix_web::test]
async fn the_same_figure_cannot_be_published_twice_whatever_hides_it() {
    let service = Service::small().await;
    let mut explicit = observation("explicit", "cases", "2020-S1", json!(1));
    explicit["time_basis"] = json!("period_flow");
    explicit["role"] = json!("actual");
    assert!(
        service
            .refuses(&publication("new_data", json!({"observations": [explicit]})))
            .contains("same figure as observation cases-s1")
    );
    let twice = [observation("a", "cases", "2021", json!(1)), observation("b", "cases", "2021", json!(2))];
    assert!(
        service
            .refuses(&publication("new_data", json!({"observations": twice})))
            .contains("same figure as observation a")
    );
    let mut other_basis = observation("running", "cases", "2020-S1", json!(1));
    other_basis["time_basis"] = json!("year_to_date");
    service.publishes(&publication("new_data", json!({"observations": [other_basis]})));
    let metric =
        json!({"id": "cases", "name": {"en": "Cases"}, "unit": {"code": "case"}, "time_basis": "year_to_date"});
    let said = service.refuses(&publication("methodology", json!({"metrics": [metric]})));
    assert!(said.contains("/records/metrics/0/time_basis"), "a new time basis would make two figures one: {said}");
    // A figure may take the place of one that goes.
    let mut replaces = publication(
        "source_correction",
        json!({"observations": [observation("better", "cases", "2020-S1", json!(9))]}),
    );
    replaces["withdraw"] = json!([{"kind": "observation", "id": "cases-s1", "reason": {"en": "Replaced"}}]);
    service.publishes(&replaces);
}

#[actix_web::test]
async fn exit_codes_tell_usage_from_failure() {
    assert_eq!(command(&["publish"], &[], "").status.code(), Some(2));
    assert_eq!(command(&["fly"], &[], "").status.code(), Some(2));
    let missing =
        command(&["publish", "/nowhere/at-all.json"], &[("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")], "");
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("/nowhere/at-all.json cannot be read"));
    assert_eq!(command(&["--version"], &[], "").status.code(), Some(0));
}

#[actix_web::test]
async fn text_with_nul_is_refused_with_every_other_problem_wherever_it_stands() {
    let service = Service::small().await;
    let mut scoped = observation("cases-s2", "cases", "2020-S2", json!(1));
    scoped["scope"] = json!("a\0b");
    let mut report = report("two-s1", "tw\0o", "2020-S1", "completed");
    report["note"] = json!({"en\0": "x\0"});
    let publication = json!({
        "kind": "transcription_correction", "message": {"en": "Te\0st"}, "publisher": "org",
        "records": {"commitments": [commitment("o\0ne", 1)], "observations": [scoped], "reports": [report],
                    "sources": [{"id": "s", "title": {"en": "x"}, "url": "ftp://example.org/x"}]},
        "patch": [{"kind": "observation", "id": "cases-s1", "set": {"scope": "c\0d", "metric": "ca\0ses"}}],
    });
    let key = service.key("org", &[]);
    let answer = service.post("/v1/revisions", &key, &publication, &[]).await;
    assert_eq!((answer.status, answer.problem().as_str()), (422, "publication-refused"), "{}", answer.text);
    for expected in [
        "/message/en",
        "/records/commitments/0/id",
        "/records/observations/0/scope",
        "/records/reports/0/commitment",
        "/records/reports/0/note/en",
        "/records/sources/0/url",
        "/patch/0/set/scope",
        "/patch/0/set/metric",
    ] {
        assert!(answer.text.contains(expected), "{expected} is missing in\n{}", answer.text);
    }
    assert_eq!(service.head().await, 1);
}

#[actix_web::test]
async fn a_message_and_a_reason_have_64_kib_in_all_languages_together() {
    let service = Service::small().await;
    let words = |en: usize| json!({"en": "x".repeat(en), "zh-Hans": "字".repeat(10_000)});
    // {"en":"…","zh-Hans":"…"}
    let most = 64 * 1024 - 30_000 - 22;
    let withdrawal = |message: usize, reason: usize| {
        let mut withdrawal = data::withdrawal(&[("commitment", "two")]);
        withdrawal["message"] = words(message);
        withdrawal["withdraw"][0]["reason"] = words(reason);
        withdrawal
    };
    let said = service.refuses(&withdrawal(most + 1, most + 1));
    for place in ["/message: ", "/withdraw/0/reason: "] {
        assert!(said.contains(&format!("{place}All languages together have at most 65536 bytes")), "{said}");
    }
    service.publishes(&withdrawal(most, most));
}

#[actix_web::test]
async fn an_organization_is_not_withdrawn_while_records_are_published_in_its_name() {
    let service = Service::small().await;
    let name = |mut publication: Value, kind: &str| {
        (publication["kind"], publication["publisher"]) = (json!(kind), json!("other"));
        publication
    };
    let source = |title: &str| json!({"sources": [{"id": "notice", "title": {"en": title}}]});
    let mut records = source("Notice");
    records["organizations"] = json!([organization("other")]);
    service.publishes(&name(publication("", records), "new_data"));
    let mut both = name(data::withdrawal(&[("organization", "other")]), "source_correction");
    for records in [source("Notice of 2020"), json!({"sources": [{"id": "new", "title": {"en": "New"}}]})] {
        both["records"] = records;
        let said = service.refuses(&both);
        assert!(said.contains("/withdraw/0: organization other is withdrawn here"), "{said}");
    }
    service.publishes(&name(data::withdrawal(&[("organization", "other"), ("source", "notice")]), "withdrawal"));
}
