//! A figure says whose it is, and nothing of others is told as its own.

use serde_json::{Value, json};

use crate::support::Service;
use crate::support::data::{self, publication};
use crate::support::drawing::description;

/// A figure of 2020 of nobody in particular, with more members or others.
fn plain(id: &str, metric: &str, value: i64, more: Value) -> Value {
    let mut record = json!({"id": id, "metric": metric, "period": "2020", "value": value});
    for (name, value) in more.as_object().expect("members") {
        record[name] = value.clone();
    }
    record
}

fn metric(id: &str, more: Value) -> Value {
    let mut record = json!({"id": id, "name": {"en": id}, "unit": {"code": "case", "label": {"zh-Hans": "件", "en": "cases"}}, "time_basis": "period_flow"});
    for (name, value) in more.as_object().expect("members") {
        record[name] = value.clone();
    }
    record
}

/// The small ledger with these metrics, figures and targets.
async fn with(metrics: Vec<Value>, observations: Vec<Value>, targets: Vec<Value>) -> Service {
    let service = Service::small().await;
    let organizations = [data::organization("jinan"), data::organization("qingdao")];
    service.publishes(&publication(
        "new_data",
        json!({"organizations": organizations, "metrics": metrics, "observations": observations, "targets": targets}),
    ));
    service
}

#[actix_web::test]
async fn a_figure_of_a_city_says_so_wherever_it_is_shown() {
    let area = |id: &str, code: &str, value: i64| plain(id, "area", value, json!({"division_code": code}));
    let figures = vec![area("all", "370000", 500), area("city", "370100", 77), area("long", "370200000000", 33)];
    let service = with(vec![metric("area", json!({}))], figures, vec![]).await;
    let of = "metrics/area";
    for path in [
        format!("/v1/{of}/figure.txt?division=370100"),
        format!("/v1/{of}/figure.html?division=370100"),
        format!("/v1/{of}/figure.json?shape=shields&division=370100"),
        format!("/v1/{of}/figure.svg?division=370100&width=200&height=200"),
        format!("/v1/{of}/figure.svg?shape=line&division=370100"),
        format!("/v1/{of}/figure.svg?ratio=1:1&observation=city"),
        format!("/v1/{of}/citation.txt?observation=city&lang=en"),
        format!("/embed/{of}?division=370100&lang=en"),
        format!("/embed/{of}?observation=city&style=table&lang=en"),
        format!("/embed/{of}?observation=city&style=chart&lang=en"),
        format!("/oembed?url={}/{of}?division=370100%26lang=en", service.url),
        format!("/oembed?url={}/embed/{of}?division=370100%26lang=en", service.url),
    ] {
        let answer = service.get(&path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let said = if path.contains("citation") { "(济南市)" } else { "济南市 (370100)" };
        assert!(answer.text.contains(said), "{path}: {}", answer.text);
    }
    let figure = service.get(&format!("/v1/{of}/figure.json?division=370100&lang=zh-Hans")).await.json();
    assert_eq!(figure["text"]["caption"], "area，2020年，济南市：77件（来源：办公室；修订2）。");
    assert!(figure["text"]["alt"].as_str().is_some_and(|alt| alt.starts_with("area，济南市。")), "{figure}");
    let long = service.get(&format!("/v1/{of}/figure.json?division=370200000000")).await.json();
    assert_eq!(long["text"]["subject"], "青岛市 (370200000000)");
    let whole = service.get(&format!("/v1/{of}/figure.json")).await.json();
    assert_eq!((&whole["value"], whole["text"].get("subject")), (&json!(500), None), "its reporter's own area");

    // What a citation and the code of a picture lead to is headed by the same figure.
    let cited = service.get(&format!("/v1/{of}/citation.txt?observation=city&lang=en")).await.text;
    let address = cited.lines().next().and_then(|line| line.rsplit(' ').next()).expect("an address");
    let path = address.trim_end_matches('.').trim_start_matches(&service.url).to_owned() + "&lang=en";
    let page = service.get(&path).await;
    assert_eq!(page.status, 200, "{path}");
    let html = scraper::Html::parse_document(&page.text);
    let select = |selector: &str, name: &str| -> Vec<String> {
        let selector = scraper::Selector::parse(selector).expect("a selector");
        html.select(&selector)
            .map(|element| element.attr(name).map_or_else(|| element.text().collect(), str::to_owned))
            .collect()
    };
    assert_eq!(
        (select(".large .value", "").join(""), select(".large p.sub", "")[0].as_str()),
        ("77".into(), "济南市 (370100)")
    );
    assert!(select("meta[name=description]", "content")[0].starts_with("77 cases, 2020, 济南市 (370100)."));
    let picture = select("meta[property='og:image']", "content")[0].clone();
    assert!(picture.contains("observation=city"), "{picture}");
    assert_eq!(service.get(picture.trim_start_matches(&service.url)).await.status, 200);
    let drawn = select(".pictures a", "href");
    assert!(drawn.len() == 12 && drawn.iter().all(|link| link.contains("&observation=city")), "{drawn:?}");
    assert_eq!(service.get("/metrics/area?observation=nothing").await.status, 404);
    assert_eq!(service.get("/metrics/area?observation=%00").await.status, 404);
    assert_eq!(service.get("/pictures/commitments/one.png?observation=city").await.status, 400);
}

#[actix_web::test]
async fn a_part_is_of_what_is_counted_over_the_same_span() {
    let basis = |basis: &str| json!({"period": "2020-S2", "time_basis": basis});
    let whole = |id: &str, value: i64, more: Value| plain(id, "whole", value, more);
    let service = with(
        vec![
            metric("whole", json!({"time_basis": "year_to_date"})),
            metric("piece", json!({"part_of": "whole"})),
            metric("running", json!({"part_of": "whole", "time_basis": "year_to_date"})),
        ],
        vec![
            whole("w1", 500, json!({"period": "2020-S2"})),
            whole("w2", 200, basis("period_flow")),
            plain("p1", "piece", 90, json!({"period": "2020-S2"})),
            plain("p2", "piece", 400, basis("year_to_date")),
            plain("r1", "running", 50, json!({"period": "2020-S2"})),
        ],
        vec![],
    )
    .await;
    let shares = |path: &'static str| {
        let service = &service;
        async move {
            let said = description(&service.get(path).await.text);
            said.split(". ").filter(|part| part.contains('%')).map(str::to_owned).collect::<Vec<_>>()
        }
    };
    assert_eq!(shares("/v1/metrics/piece/figure.svg?shape=part&observation=p1").await, ["piece: 90 cases, 45%."]);
    assert_eq!(
        shares("/v1/metrics/whole/figure.svg?shape=part&observation=w1").await,
        ["piece: 400 cases, 80%", "running: 50 cases, 10%."]
    );
}

#[actix_web::test]
async fn targets_of_others_are_not_the_figures_own() {
    let target = |id: &str, more: Value| plain(id, "goals", 1, more);
    let mut targets = vec![
        target("for-all", json!({})),
        target("for-org", json!({"subject": "org", "division_code": "370000"})),
        target("for-jinan", json!({"subject": "jinan"})),
        target("for-city", json!({"division_code": "370100"})),
        plain("for-other", "promised", 3, json!({"subject": "jinan"})),
    ];
    targets.iter_mut().for_each(|target| drop(target.as_object_mut().expect("a target").remove("period")));
    let figures = vec![
        plain("all", "goals", 10, json!({})),
        plain("jinan-2020", "goals", 2, json!({"subject": "jinan"})),
        plain("city-2020", "goals", 1, json!({"division_code": "370100"})),
    ];
    let service = with(vec![metric("goals", json!({})), metric("promised", json!({}))], figures, targets).await;
    for (query, expected) in [
        ("", vec!["for-all", "for-org"]),
        ("?subject=jinan", vec!["for-all", "for-city", "for-jinan"]),
        ("?observation=city-2020", vec!["for-all", "for-city"]),
    ] {
        let figure = service.get(&format!("/v1/metrics/goals/figure.json{query}")).await.json();
        let ids: Vec<&str> =
            figure["targets"].as_array().expect("targets").iter().filter_map(|target| target["id"].as_str()).collect();
        assert_eq!(ids, expected, "{query}: the area of {} is not known", "jinan");
    }
    for path in [
        "/v1/metrics/goals/figure.svg?shape=progress&division=440000",
        "/v1/metrics/goals/figure.svg?shape=progress&subject=nobody-here",
        "/v1/metrics/promised/figure.svg?shape=progress",
        "/v1/metrics/goals/figure.json?scope=nobody",
    ] {
        let answer = service.get(path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "no-such-figure"), "{path}");
    }
    let refused = service.get("/v1/metrics/goals/figure.json?scope=nobody&period=2001").await.json();
    assert_eq!(
        refused["detail"],
        "goals has no such figure at revision 2. There is: period 2020. None of its figures has one of these, so leave them out: scope."
    );
    let page = service.get("/metrics/goals?lang=zh-Hans").await.text;
    assert!(
        page.contains("<span class=\"unit\">件</span>") && page.contains("济南市</li>") || page.contains("济南市："),
        "{page}"
    );
}

#[actix_web::test]
async fn a_figure_that_is_missing_is_no_number_and_one_in_another_unit_is_not_compared() {
    let of = |id: &str, metric: &str, period: &str, value: i64, more: Value| {
        let mut record = plain(id, metric, value, more);
        record["period"] = json!(period);
        record
    };
    let service = with(
        vec![metric("gaps", json!({})), metric("mixed", json!({})), metric("none", json!({}))],
        vec![
            of("g-2018", "gaps", "2018", 20, json!({})),
            of("g-2019", "gaps", "2019", 0, json!({"obs_status": "M"})),
            of("g-2020", "gaps", "2020", 25, json!({})),
            of("m-2019", "mixed", "2019", 3, json!({"as_published": "3件"})),
            of("m-2020", "mixed", "2020", 30, json!({"as_published": "30元"})),
            of("n-2020", "none", "2020", 0, json!({"obs_status": "L"})),
        ],
        vec![],
    )
    .await;
    let gaps = service.get("/v1/metrics/gaps/figure.json").await.json();
    assert_eq!(gaps["text"]["change"], "up 5 cases (25%) from 2018", "2019 has no figure");
    let missing = service.get("/v1/metrics/gaps/figure.json?period=2019").await.json();
    assert_eq!((&missing["text"]["value"], missing.get("change")), (&json!("no figure"), None));
    let mixed = service.get("/v1/metrics/mixed/figure.json").await.json();
    assert_eq!((&mixed["value"], mixed.get("change")), (&json!(30), None), "one of the two is of another unit");
    for path in [
        "/v1/metrics/none/figure.txt",
        "/v1/metrics/none/figure.svg",
        "/v1/metrics/none/figure.html",
        "/v1/metrics/none/figure.json?shape=shields",
        "/v1/metrics/none/citation.txt?lang=en",
        "/embed/metrics/none?lang=en",
        "/metrics/none?lang=en",
    ] {
        let answer = service.get(path).await;
        assert!(answer.status == 200 && answer.text.contains("no figure"), "{path}: {}", answer.text);
        assert!(!answer.text.contains("0 cases"), "{path}: {}", answer.text);
    }
    assert_eq!(service.get("/v1/metrics/none/figure.svg?shape=part").await.problem(), "no-such-figure");
}

#[actix_web::test]
async fn bars_say_in_what_they_differ_and_leave_out_the_whole() {
    let area = |id: &str, code: &str, value: i64| plain(id, "areas", value, json!({"division_code": code}));
    let service = with(
        vec![metric("areas", json!({})), metric("two", json!({})), metric("same", json!({}))],
        vec![
            area("all", "370000000", 60),
            area("weihai", "371000000", 20),
            area("qd", "370200000", 40),
            plain("ours", "two", 2, json!({})),
            plain("theirs", "two", 1, json!({"reported_by": "jinan"})),
            plain("here", "same", 2, json!({"subject": "jinan", "scope": "Courts", "reported_by": "jinan"})),
            plain("there", "same", 1, json!({"subject": "jinan", "scope": "Courts", "reported_by": "qingdao"})),
        ],
        vec![],
    )
    .await;
    for (metric, expected) in [
        ("areas", ["青岛市 (370200000): 40 cases", "威海市 (371000000): 20 cases."].as_slice()),
        ("two", &["Office: 2 cases", "jinan: 1 cases."]),
        ("same", &["jinan, Courts, jinan: 2 cases", "jinan, Courts, qingdao: 1 cases."]),
    ] {
        let said = description(&service.get(&format!("/v1/metrics/{metric}/figure.svg?shape=bar")).await.text);
        let bars: Vec<&str> = said.split(". ").filter(|part| part.contains("cases")).collect();
        assert_eq!(bars, expected, "{said}");
    }
}
