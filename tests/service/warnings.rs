//! What does not add up is said, never blocked.

use serde_json::{Value, json};

use crate::support::Service;
use crate::support::data::{observation, publication};

fn metric(id: &str, more: Value) -> Value {
    let mut metric = json!({"id": id, "name": {"en": id}, "unit": {"code": "case", "label": {"zh-Hans": "件"}}, "time_basis": "year_to_date"});
    for (name, value) in more.as_object().expect("members") {
        metric[name] = value.clone();
    }
    metric
}

async fn codes(service: &Service, path: &str) -> Vec<(String, String)> {
    let answer = service.get(path).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let text = |item: &Value, name: &str| item[name].as_str().expect("text").to_owned();
    answer.json()["data"]
        .as_array()
        .expect("warnings")
        .iter()
        .map(|item| (text(item, "id"), text(item, "code")))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(id, code)| ((*id).to_owned(), (*code).to_owned())).collect()
}

#[actix_web::test]
async fn every_kind_of_oddity_is_found_and_named_with_the_figures() {
    let service = Service::small().await;
    let printed = |id: &str, metric: &str, period: &str, value: i64, words: &str| {
        let mut figure = observation(id, metric, period, json!(value));
        figure["as_published"] = json!(words);
        figure
    };
    service.publishes(&publication("new_data", json!({
        "metrics": [
            metric("all", json!({})), metric("some", json!({"part_of": "all"})), metric("flow", json!({"time_basis": "period_flow"})),
            metric("share", json!({"unit": {"code": "percent", "label": {"zh-Hans": "%"}}})),
        ],
        "observations": [
            printed("all-s1", "all", "2020-S1", 100, "100件"), printed("some-s1", "some", "2020-S1", 101, "101件"),
            printed("all-q3", "all", "2020-01-01/2020-09-30", 90, "90件"), printed("all-2021", "all", "2021-Q1", 5, "5件"),
            printed("flow-q1", "flow", "2020-Q1", 7, "7名"), printed("flow-q2", "flow", "2020-Q2", 70, "约70余件"),
            printed("share-s1", "share", "2020-S1", 101, "101%"),
        ],
        "reports": [
            {"id": "two-s1", "commitment": "two", "period": "2020-S1", "reported_on": "2020-07-20", "status": "in_progress"},
            {"id": "two-q3", "commitment": "two", "period": "2020-Q3", "reported_on": "2020-07-01", "status": "completed",
             "next_steps": {"zh-Hans": "下一步，尽快完成调解纠纷平台建设。"}},
        ],
    })));
    let expected = [
        ("all-q3", "falling-total"),
        ("flow-q1", "unit-mismatch"),
        ("flow-q2", "ten-times-neighbour"),
        ("share-s1", "rate-over-100"),
        ("some-s1", "part-above-whole"),
        ("two-q3", "completed-with-next-steps"),
        ("two-q3", "report-older"),
    ];
    assert_eq!(codes(&service, "/v1/warnings").await, pairs(&expected));
    let part = service.get("/v1/warnings?code=part-above-whole").await.json()["data"][0].clone();
    assert_eq!(part["other"], json!({"kind": "observation", "id": "all-s1"}));
    assert!(
        part["detail"]["en"].as_str().is_some_and(|detail| detail.contains("101") && detail.contains("100")),
        "{part}"
    );
    assert_eq!(codes(&service, "/v1/warnings?kind=report&id=two-q3&publisher=org").await.len(), 2);
    assert!(codes(&service, "/v1/warnings?revision=1").await.is_empty());
    let page = service.get("/v1/warnings?limit=3&count=exact").await.json();
    assert_eq!((&page["count"], page["data"].as_array().map(Vec::len)), (&json!(7), Some(3)));
    let rest = format!("/v1/warnings?limit=5&cursor={}", page["next"].as_str().expect("a next page"));
    assert_eq!(codes(&service, &rest).await, pairs(&expected[3..]));
    assert_eq!(service.get("/v1/warnings?code=odd").await.status, 400);
}

#[actix_web::test]
async fn a_warning_goes_with_its_cause_and_the_past_keeps_it() {
    let service = Service::small().await;
    service.publishes(&publication("new_data", json!({
        "metrics": [metric("all", json!({})), metric("some", json!({"part_of": "all"}))],
        "observations": [observation("all-s1", "all", "2020-S1", json!(1)), observation("some-s1", "some", "2020-S1", json!(2))],
    })));
    service.publishes(&json!({"kind": "source_correction", "message": {"en": "x"}, "publisher": "org",
        "patch": [{"kind": "observation", "id": "all-s1", "set": {"value": 3}}]}));
    assert!(codes(&service, "/v1/warnings").await.is_empty());
    assert_eq!(codes(&service, "/v1/warnings?revision=2").await, pairs(&[("some-s1", "part-above-whole")]));
    assert!(service.run(&["redact", "observation", "all-s1", "--message", "The law"], "").status.success());
    for revision in 1..=4 {
        assert!(codes(&service, &format!("/v1/warnings?revision={revision}")).await.is_empty(), "at {revision}");
    }
}

#[actix_web::test]
async fn redacting_a_figure_makes_its_neighbours_meet_in_the_past() {
    let service = Service::small().await;
    let flow = |id: &str, period: &str, value: i64| observation(id, "cases", period, json!(value));
    service.publishes(&publication(
        "new_data",
        json!({"observations": [flow("a", "2021-Q1", 1), flow("b", "2021-Q2", 5)]}),
    ));
    service.publishes(&publication("new_data", json!({"observations": [flow("c", "2021-Q3", 40)]})));
    assert!(codes(&service, "/v1/warnings").await.is_empty());
    assert!(service.run(&["redact", "observation", "b", "--message", "The law"], "").status.success());
    assert!(codes(&service, "/v1/warnings?revision=2").await.is_empty());
    assert_eq!(codes(&service, "/v1/warnings?revision=3").await, pairs(&[("c", "ten-times-neighbour")]));
    assert_eq!(codes(&service, "/v1/warnings").await, pairs(&[("c", "ten-times-neighbour")]));
}

#[actix_web::test]
async fn the_real_data_has_only_the_oddities_that_its_notes_tell_of() {
    let service = Service::shandong().await;
    let odd = codes(&service, "/v1/warnings").await;
    assert!(odd.iter().all(|(_, code)| code == "completed-with-next-steps"), "{odd:?}");
}
