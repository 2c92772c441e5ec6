//! A figure comes in every shape from one address.

use serde_json::{Value, json};

use crate::support::Service;
use crate::support::data::{self, observation, publication};
use crate::support::drawing::{description, elements, named, texts};

const FIGURE: &str = "/v1/metrics/mediation-cases/figure";

#[actix_web::test]
async fn the_real_figure_comes_in_every_shape() {
    let service = Service::shandong().await;
    for query in ["", "?period=2020-S1", "?revision=1", "?division=370000"] {
        let figure = service.get(&format!("{FIGURE}.json{query}")).await.json();
        assert_eq!(
            (&figure["value"], &figure["period"], &figure["observation"], &figure["changed_in"]),
            (&json!(29456), &json!("2020-S1"), &json!("mediation-cases-2020-s1"), &json!(1)),
            "{query}: {figure}"
        );
        assert_eq!(figure["text"]["value"], "29,456 cases");
        assert_eq!(figure["reported_by"]["name"]["zh-Hans"], "山东省司法厅");
        assert!(figure.get("change").is_none());
    }
    let chinese = service.get(&format!("{FIGURE}.json?lang=zh-Hans")).await.json();
    assert_eq!((&chinese["text"]["value"], &chinese["text"]["period"]), (&json!("29,456件"), &json!("2020年上半年")));
    let badge = service.get(&format!("{FIGURE}.json?shape=shields&lang=zh-Hans")).await.json();
    assert_eq!(badge, json!({"schemaVersion": 1, "label": "线上调解纠纷", "message": "29,456件（2020上半年）"}));

    let text = service.get(&format!("{FIGURE}.txt?lang=zh-Hans")).await;
    assert_eq!(text.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(text.text, "29,456件\n线上调解纠纷\n2020年上半年\n山东省司法厅\n");
    let table = service.get(&format!("{FIGURE}.csv")).await;
    let mut rows = csv::Reader::from_reader(table.text.as_bytes());
    let header = rows.headers().expect("a header").clone();
    let row = rows.records().next().expect("a row").expect("a row");
    let cell = |name: &str| &row[header.iter().position(|known| known == name).expect("a column")];
    assert_eq!((cell("value"), cell("period"), cell("as_published")), ("29456", "2020-S1", "29456件"));

    let picture = service.get(&format!("{FIGURE}.svg?lang=zh-Hans&theme=dark&width=480&height=270")).await;
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    let elements = elements(&picture.text);
    assert_eq!((elements[0].attribute("width"), elements[0].attribute("class")), ("480", "oc-dark"));
    let said = texts(&picture.text);
    for expected in ["线上调解纠纷", "29,456件", "2020年上半年", "来源：山东省司法厅 · 修订 1"] {
        assert!(said.iter().any(|text| text == expected), "{expected} in {said:?}");
    }
    let page = service.get(&format!("{FIGURE}.html?lang=zh-Hans")).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.text.starts_with("<!DOCTYPE html><html lang=\"zh-Hans\">"), "{}", page.text);
    assert!(
        page.text.contains("<data value=\"29456\">29,456件</data>") && !page.text.contains("<script"),
        "{}",
        page.text
    );

    let rate = service.get("/v1/metrics/mediation-settlement-rate/figure.json").await.json();
    assert_eq!(
        (&rate["value"], &rate["computed"], &rate["text"]["value"]),
        (&json!(93.7466), &json!(true), &json!("93.7466%"))
    );
    let bars = service.get("/v1/metrics/supervisors-appointed/figure.svg?shape=bar&lang=zh-Hans").await;
    let said = texts(&bars.text);
    assert!(said.iter().any(|text| text == "全省16市") && said.iter().any(|text| text == "1,166"), "{said:?}");
    let target = service.get("/v1/metrics/smart-prisons-built/figure.svg?shape=progress&lang=zh-Hans").await;
    let said = texts(&target.text);
    assert!(
        said.iter().any(|text| text == "尚无数字")
            && said.iter().any(|text| text.contains("目标：2020年12月31日前4所")),
        "{said:?}"
    );
}

#[actix_web::test]
async fn what_is_not_there_is_a_404_that_names_what_there_is() {
    let service = Service::shandong().await;
    let answer = service.get(&format!("{FIGURE}.svg?period=2019-S1")).await;
    assert_eq!((answer.status, answer.problem().as_str()), (404, "no-such-figure"));
    let problem = answer.json();
    assert_eq!(problem["available"]["period"], json!(["2020-S1"]));
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("2020-S1")), "{problem}");
    let bars = service.get(&format!("{FIGURE}.svg?shape=bar&period=nonsense")).await;
    assert_eq!((bars.status, &bars.json()["available"]["period"]), (404, &json!(["2020-S1"])));
    let answer = service.get("/v1/metrics/supervisors-appointed/figure.json?scope=nobody&subject=nobody").await;
    assert_eq!(answer.problem(), "no-such-figure");
    assert_eq!(answer.json()["available"]["scope"].as_array().map(Vec::len), Some(2));
    for (path, status, problem) in [
        ("/v1/metrics/nothing/figure.json", 404, "no-such-record"),
        ("/v1/metrics/smart-prisons-built/figure.txt", 404, "no-such-figure"),
        ("/v1/metrics/mediation-cases/figure.svg?shape=progress", 404, "no-such-figure"),
        ("/v1/metrics/mediation-centres/figure.svg?shape=part", 404, "no-such-figure"),
        ("/v1/metrics/mediation-cases/figure.gif", 404, "no-such-path"),
        ("/v1/metrics/mediation-cases/figure.json?shape=line", 400, "invalid-parameter"),
        ("/v1/metrics/mediation-cases/figure.svg?shape=pie", 400, "invalid-parameter"),
        ("/v1/metrics/mediation-cases/figure.svg?width=20", 400, "invalid-parameter"),
        ("/v1/metrics/mediation-cases/figure.json?division=37", 400, "invalid-parameter"),
        ("/v1/metrics/mediation-cases/figure.json?lang=fr", 400, "invalid-parameter"),
        ("/v1/metrics/mediation-cases/figure.json?revision=9", 404, "no-such-revision"),
    ] {
        let answer = service.get(path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{path}");
    }
}

#[actix_web::test]
async fn a_figure_is_compared_with_the_period_before_and_stays_as_it_was_at_its_revision() {
    let service = Service::small().await;
    let with = |id: &str, metric: &str, period: &str, value: Value, more: Value| {
        let mut record = observation(id, metric, period, value);
        for (name, value) in more.as_object().expect("members") {
            record[name] = value.clone();
        }
        record
    };
    service.publishes(&publication(
        "new_data",
        json!({
            "observations": [
                observation("cases-2019-s2", "cases", "2019-S2", json!(240)),
                // Another length of period, and somebody else's figures: not what is compared with.
                observation("cases-2019", "cases", "2019", json!(900)),
                with("cases-other", "cases", "2019-S2", json!(1), json!({"scope": "elsewhere"})),
                with("cases-part", "cases", "2020-S1", json!(10), json!({"scope": "elsewhere"})),
                with("settled-2019-s2", "settled", "2019-S2", json!(190), json!({"qualifier": "about"})),
            ],
            "targets": [{"id": "goal", "metric": "cases", "value": 400, "due_on": "2020-12-31"}],
        }),
    ));
    let figure = service.get("/v1/metrics/cases/figure.json").await.json();
    assert_eq!((&figure["value"], &figure["subject"]["id"]), (&json!(300), &json!("org")));
    let change = &figure["change"];
    assert_eq!(
        (&change["observation"], &change["difference"], &change["percent"], &change["approximate"]),
        (&json!("cases-2019-s2"), &json!(60), &json!(25), &json!(false))
    );
    assert_eq!(figure["text"]["change"], "up 60 case (25%) from the second half of 2019");
    assert_eq!(figure["targets"][0]["value"], 400);
    let settled = service.get("/v1/metrics/settled/figure.json?lang=zh-Hans").await.json();
    assert_eq!(settled["text"]["change"], "比2019年下半年增加约10 case（5.3%）");
    let rate = service.get("/v1/metrics/rate/figure.json").await.json();
    assert_eq!(rate["text"]["change"], "down 12.5 percentage points from the second half of 2019");
    assert!(rate["change"].get("percent").is_none(), "{rate}");
    let part = service.get("/v1/metrics/cases/figure.json?scope=elsewhere").await.json();
    assert_eq!((&part["value"], &part["change"]["difference"]), (&json!(10), &json!(9)));
    let year = service.get("/v1/metrics/cases/figure.json?period=2019").await.json();
    assert_eq!((&year["value"], year.get("change")), (&json!(900), None));
    let line = service.get("/v1/metrics/cases/figure.svg?shape=line").await.text;
    assert_eq!(named(&elements(&line), "circle").len(), 2);
    assert!(description(&line).contains("Target: 400 case by 31 December 2020"), "{line}");
    let shares = service.get("/v1/metrics/cases/figure.svg?shape=bar").await.text;
    assert!(texts(&shares).iter().any(|text| text.contains("elsewhere")));

    service.publishes(&publication(
        "methodology",
        json!({"metrics": [{"id": "settled", "name": {"en": "Settled"}, "unit": {"code": "case"}, "time_basis": "period_flow", "part_of": "cases"}]}),
    ));
    for metric in ["cases", "settled"] {
        let parts = texts(&service.get(&format!("/v1/metrics/{metric}/figure.svg?shape=part")).await.text);
        for expected in ["Cases, first half of 2020: 300 case", "Settled", "200 case", "66.7%", "100 case", "33.3%"] {
            assert!(parts.iter().any(|text| text == expected), "{metric}: {expected} in {parts:?}");
        }
    }

    let path = "/v1/metrics/cases/figure.json";
    let (before, etag) =
        (service.get(&format!("{path}?revision=2")).await.text, service.get(path).await.header("etag").to_owned());
    service.publishes(&publication(
        "new_data",
        json!({"programmes": [{"id": "other", "organization": "org", "year": 2021, "title": {"en": "Other"}}]}),
    ));
    assert_eq!(service.get(path).await.header("etag"), etag, "what does not touch the figure leaves its validator");
    service.publishes(&publication(
        "source_correction",
        json!({"observations": [observation("cases-s1", "cases", "2020-S1", json!(310))]}),
    ));
    let after = service.get(path).await;
    assert_eq!((after.json()["value"].as_i64(), after.json()["changed_in"].as_i64()), (Some(310), Some(5)));
    assert_ne!(after.header("etag"), etag);
    assert_eq!(service.get(&format!("{path}?revision=2")).await.text, before);
    service
        .publishes(&publication("new_data", json!({"targets": [{"id": "goal-2", "metric": "cases", "value": 500}]})));
    assert_eq!(service.get(path).await.json()["targets"].as_array().map(Vec::len), Some(2));
    service.publishes(&data::redaction("observation", "cases-s1"));
    let redacted = service.get(&format!("{path}?revision=2")).await.json();
    assert_ne!(redacted["observation"], "cases-s1", "a redacted figure is gone from the past");
}

#[actix_web::test]
async fn hostile_names_are_text_in_every_shape() {
    let service = Service::small().await;
    let name = "<script>alert(1)</script>\"'&\u{202e}=cmd|調".to_owned() + &"x".repeat(10_000);
    service.publishes(&publication(
        "source_correction",
        json!({"metrics": [{"id": "cases", "name": {"en": name}, "unit": {"code": "case", "label": {"en": "<b>\"'"}}, "time_basis": "period_flow"}]}),
    ));
    for format in ["json", "txt", "csv", "html", "svg", "svg?shape=line", "svg?shape=bar", "json?shape=shields"] {
        let answer = service.get(&format!("/v1/metrics/cases/figure.{format}")).await;
        assert_eq!(answer.status, 200, "{format}");
        let markup = answer.header("content-type").contains("html") || answer.header("content-type").contains("svg");
        assert_eq!(answer.text.contains("<script"), !markup, "{format}");
        if format.starts_with("svg") {
            assert_eq!(
                named(&elements(&answer.text), "title")[0].text.split([',']).next(),
                Some(name.as_str()),
                "{format}"
            );
        }
    }
}
