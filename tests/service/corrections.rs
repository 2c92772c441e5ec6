//! Correcting, withdrawing, and what readers then see.

use serde_json::{Value, json};

use crate::support::data::{commitment, publication, report, withdrawal};
use crate::support::{Answer, Service};

async fn corrected() -> Service {
    let service = Service::small().await;
    let words = [
        "correct",
        "observation",
        "cases-s1",
        "value=310",
        "--kind",
        "transcription_correction",
        "--message",
        "Two digits were swapped",
        "--if-revision",
        "1",
    ];
    let output = service.run(&words, "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    service
}

#[actix_web::test]
async fn one_figure_is_corrected_on_the_command_line_and_the_rest_of_its_record_stays() {
    let service = corrected().await;
    let now = service.get("/v1/observations/cases-s1").await.json();
    assert_eq!((&now["value"], &now["changed_in"], &now["subject"]), (&json!(310), &json!(2), &json!("org")));
    let then = service.get("/v1/observations/cases-s1?revision=1").await;
    assert_eq!(then.json()["value"], 300, "an old reader still sees what was cited");
    for (words, said) in [
        (
            vec!["correct", "observation", "nobody", "value=1", "--kind", "methodology", "--message", "x"],
            "There is no observation nobody",
        ),
        (
            vec!["correct", "figure", "cases-s1", "value=1", "--kind", "methodology", "--message", "x"],
            "The kind of a record is one of",
        ),
        (
            vec!["correct", "observation", "cases-s1", "value", "--kind", "methodology", "--message", "x"],
            "is not member=value",
        ),
        (
            vec!["correct", "observation", "cases-s1", "value=many", "--kind", "methodology", "--message", "x"],
            "cases-s1 was refused; nothing was changed. Problems, by place: 1\n  /patch/0/set/value",
        ),
        (
            vec!["correct", "observation", "cases-s1", "value=1", "--kind", "new_data", "--message", "x"],
            "correction kind",
        ),
        (
            vec![
                "correct",
                "observation",
                "cases-s1",
                "value=1",
                "--kind",
                "methodology",
                "--message",
                "x",
                "--if-revision",
                "1",
            ],
            "changed in revision 2",
        ),
    ] {
        let output = service.run(&words, "");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{words:?}");
        assert!(stderr.contains(said), "{words:?}: {stderr}");
    }
    assert_eq!(service.head().await, 2);

    // A member that is text takes 2020 without quotes.
    for (set, period) in [("period=2020", "2020"), ("period=\"2021\"", "2021")] {
        let words = ["correct", "observation", "cases-s1", set, "--kind", "methodology", "--message", "x"];
        let output = service.run(&words, "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(service.get("/v1/observations/cases-s1").await.json()["period"], period);
    }
}

#[actix_web::test]
async fn pinned_answers_stay_as_they_were_and_link_to_the_latest_version() {
    let service = Service::small().await;
    let paths = [
        "/v1/observations/cases-s1?revision=1",
        "/v1/observations?metric=cases&revision=1&limit=1",
        "/v1/diff?from=0&to=1",
    ];
    let mut before: Vec<Answer> = Vec::new();
    for path in paths {
        before.push(service.get(path).await);
    }
    assert_eq!(before[0].header("link"), "<cases-s1>; rel=\"latest-version\"");
    let links: Vec<&str> = before[1].headers.get_all("link").iter().filter_map(|link| link.to_str().ok()).collect();
    assert!(links.contains(&"<observations?metric=cases&limit=1>; rel=\"latest-version\""), "{links:?}");
    service.publishes(&json!({"kind": "methodology", "message": {"en": "x"}, "publisher": "org",
        "patch": [{"kind": "observation", "id": "cases-s1", "set": {"value": 7}}]}));
    service.publishes(&withdrawal(&[("observation", "cases-s1"), ("observation", "settled-s1")]));
    for (path, before) in paths.iter().zip(&before) {
        let after = service.get(path).await;
        assert_eq!(after.text, before.text, "{path}");
        assert_eq!(
            (after.header("etag"), after.header("link")),
            (before.header("etag"), before.header("link")),
            "{path}"
        );
    }
    assert!(service.get("/v1/observations/cases-s1?revision=1").await.header("link").contains("latest-version"));
    assert_eq!(service.get("/v1/observations?limit=1").await.header("link"), "", "head is the latest already");
}

#[actix_web::test]
async fn the_history_says_what_took_the_place_of_each_version_and_why() {
    let service = corrected().await;
    service.publishes(&withdrawal(&[("observation", "cases-s1")]));
    let history = service.get("/v1/observations/cases-s1/history").await.json();
    let items = history["data"].as_array().expect("items");
    assert_eq!(items.iter().map(|item| item["op"].clone()).collect::<Vec<Value>>(), ["withdraw", "upsert", "upsert"]);
    assert!(items[0].get("superseded_by").is_none());
    assert_eq!(
        items[1]["superseded_by"],
        json!({"revision": 3, "op": "withdraw", "change_kind": "withdrawal", "reason": {"en": "Published by mistake"}})
    );
    assert_eq!(items[1]["changed"], json!(["/value"]));
    assert_eq!(
        items[2]["superseded_by"],
        json!({"revision": 2, "op": "upsert", "change_kind": "transcription_correction", "message": {"en": "Two digits were swapped"}})
    );
}

#[actix_web::test]
async fn the_diff_of_two_revisions_names_every_member_that_differs_and_nothing_else() {
    let service = corrected().await;
    service.publishes(&publication("new_data", json!({"reports": [report("two-s1", "two", "2020-S1", "completed")]})));
    service.publishes(&withdrawal(&[("report", "one-s1")]));
    let whole = service.get("/v1/diff?from=1").await.json();
    assert_eq!((&whole["from"], &whole["to"], &whole["next"]), (&json!(1), &json!(4), &Value::Null));
    let data = whole["data"].as_array().expect("differences");
    let effects: Vec<(&str, &str)> =
        data.iter().map(|item| (item["id"].as_str().unwrap(), item["effect"].as_str().unwrap())).collect();
    assert_eq!(effects, [("cases-s1", "change"), ("one-s1", "withdraw"), ("two-s1", "create")]);
    assert_eq!(data[0]["changed"], json!([{"pointer": "/value", "before": 300, "after": 310}]));
    assert_eq!((&data[0]["revision"], &data[0]["message"]["en"]), (&json!(2), &json!("Two digits were swapped")));
    assert_eq!(data[1]["reason"]["en"], "Published by mistake");
    assert_eq!(data[2]["record"]["status"], "completed");
    let ids = |path: &'static str| {
        let service = &service;
        async move { service.get(path).await.ids() }
    };
    assert_eq!(ids("/v1/diff?from=1&to=2").await, ["cases-s1"]);
    assert_eq!(ids("/v1/diff?to=2").await, ["cases-s1"], "compared with the one before");
    assert_eq!(ids("/v1/diff?from=1&kind=report").await, ["one-s1", "two-s1"]);
    assert!(ids("/v1/diff?from=1&publisher=nobody").await.is_empty());
    assert!(ids("/v1/diff?from=4&to=4").await.is_empty());
    // Page by page it is the same.
    let (mut paged, mut path) = (Vec::new(), "/v1/diff?from=0&limit=2".to_owned());
    loop {
        let page = service.get(&path).await;
        paged.extend(page.ids());
        match page.json()["next"].as_str() {
            Some(next) => path = format!("/v1/diff?from=0&limit=2&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, ids("/v1/diff?from=0").await);
    for (path, status) in [
        ("/v1/diff?revision=3&to=2", 400),
        ("/v1/diff?from=3&to=2", 400),
        ("/v1/diff?from=1&to=9", 404),
        ("/v1/diff?from=-1", 400),
        ("/v1/diff?from=1&to=2-00000000", 410),
    ] {
        assert_eq!(service.get(path).await.status, status, "{path}");
    }
    // Changed and changed back is no difference; gone and back again is a reinstatement.
    service.publishes(&json!({"kind": "transcription_correction", "message": {"en": "x"}, "publisher": "org",
        "patch": [{"kind": "observation", "id": "cases-s1", "set": {"value": 300}}]}));
    service.publishes(&publication(
        "source_correction",
        json!({"reports": [report("one-s1", "one", "2020-S1", "in_progress")]}),
    ));
    assert_eq!(service.get("/v1/diff?from=1").await.ids(), ["two-s1"]);
    let back = service.get("/v1/diff?from=4").await.json();
    let back: Vec<&Value> = back["data"].as_array().unwrap().iter().filter(|item| item["id"] == "one-s1").collect();
    assert_eq!(back[0]["effect"], "reinstate");
}

#[actix_web::test]
async fn one_record_is_withdrawn_on_the_command_line() {
    let service = Service::small().await;
    let refused = service.run(&["withdraw", "commitment", "one", "--message", "Never promised"], "");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("still referred to by"));
    let output = service.run(&["withdraw", "commitment", "two", "--message", "从未承诺"], "");
    assert!(output.status.success());
    let gone = service.get("/v1/commitments/two").await;
    assert_eq!((gone.status, &gone.json()["reason"]), (410, &json!({"zh-Hans": "从未承诺"})));
    assert_eq!(service.get("/v1/commitments/two?revision=1").await.status, 200);
    assert!(
        service
            .refuses(&publication("new_data", json!({"commitments": [commitment("two", 3)]})))
            .contains("correction kind")
    );
}
