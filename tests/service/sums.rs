//! What `/v1/compare` adds up: each thing once, and only what belongs together.

use serde_json::{Value, json};

use crate::compare::{asked, calls, figure, refused};
use crate::support::Service;
use crate::support::data::{publication, withdrawal};

fn publishes(service: &Service, figures: &[Value]) {
    service.publishes(&publication("new_data", json!({ "observations": figures })));
}

fn with(mut figure: Value, member: &str, text: &str) -> Value {
    figure[member] = text.into();
    figure
}

#[actix_web::test]
async fn a_division_is_the_same_however_long_its_code_is_written() {
    let service = calls().await;
    let province = figure("long", "370000000000", "", "2022", json!(100));
    publishes(
        &service,
        &[
            province,
            figure("long-jinan", "370100000000", "", "2022", json!(40)),
            figure("nine-qingdao", "370200000", "", "2022", json!(60)),
            figure("short-zibo", "370300", "", "2022", json!(7)),
        ],
    );
    let all = asked(&service, "metric=calls&by=division&aggregate=sum&period=2022").await;
    assert_eq!((&all["total"]["value"], &all["total"]["coverage"]["known"]), (&json!(100), &json!(2)));
    for division in ["37", "370000", "370000000", "370000000000"] {
        let query = format!("metric=calls&by=division&aggregate=sum&period=2022&division={division}");
        assert_eq!(asked(&service, &query).await["total"]["value"], 107, "{division}");
        let listed = service.get(&format!("/v1/observations?metric=calls&period=2022&division={division}")).await;
        assert_eq!(listed.ids().len(), 4, "{division}");
    }
    let cities = "metric=calls&by=division&division=37&period=2022&change=year_on_year";
    publishes(&service, &[figure("zibo-21", "370300000000", "", "2021", json!(5))]);
    assert_eq!(asked(&service, cities).await["data"][3]["change"]["absolute"], 2);
    publishes(
        &service,
        &[
            figure("zibo-21-again", "370300", "", "2021", json!(6)),
            figure("jinan-again", "370100", "", "2022", json!(41)),
        ],
    );
    let rows = asked(&service, cities).await["data"].clone();
    assert_eq!(rows.as_array().map(Vec::len), Some(4));
    assert_eq!((&rows[1]["division_code"], rows[1].get("value")), (&json!("370100"), None), "{rows}");
    for row in [1, 3] {
        assert_eq!(rows[row]["reason"]["code"], "several-figures", "{rows}");
    }
    assert_eq!(refused(&service, &format!("{cities}&aggregate=sum")).await, ["several-figures"]);
}

#[actix_web::test]
async fn figures_of_different_things_are_not_added() {
    let service = calls().await;
    let sum = "metric=calls&aggregate=sum";
    publishes(
        &service,
        &[
            figure("shandong-17", "370000", "", "2017", json!(1000)),
            figure("jinan-18", "370100", "court", "2018", json!(30)),
            with(figure("lawyers-23", "370200", "", "2023", json!(5)), "scope", "Lawyers"),
            figure("jinan-23", "370100", "court", "2023", json!(900)),
            with(figure("court-24", "", "court", "2024", json!(1)), "reported_by", "org"),
            figure("court-25", "", "court", "2025", json!(2)),
            with(figure("court-26", "", "court", "2026", json!(3)), "reported_by", "bureau"),
        ],
    );
    let years = format!("{sum}&by=period&period_from=2017-01-01&period_to=2018-12-31");
    assert_eq!(refused(&service, &years).await, ["mixed-divisions", "mixed-subjects"]);
    assert_eq!(asked(&service, &format!("{years}&division=370000")).await["total"]["value"], 1000);
    let answer = service.get(&format!("/v1/compare?{years}")).await.json();
    let detail = answer["errors"][0]["detail"].as_str().expect("words").to_owned();
    assert!(detail.contains("37, 3701") && detail.contains("division"), "{detail}");
    let areas = format!("{sum}&by=division&period=2023");
    assert_eq!(refused(&service, &areas).await, ["mixed-scopes"], "a body is its area's own");
    assert_eq!(asked(&service, &format!("{areas}&scope=Lawyers")).await["total"]["value"], 5);
    let court = format!("{sum}&by=period&subject=court&period_from=2024-01-01");
    assert_eq!(refused(&service, &court).await, ["mixed-reporters"]);
    let same = asked(&service, &format!("{court}&period_to=2025-12-31")).await;
    assert_eq!(same["total"]["value"], 3, "who publishes reports, where nobody else does");
}

#[actix_web::test]
async fn what_stands_for_a_missing_figure_is_no_number() {
    let service = calls().await;
    let missing: Vec<Value> = ["H", "L", "M", "O", "Q"]
        .iter()
        .enumerate()
        .map(|(index, status)| {
            let city = figure(&format!("missing-{index}"), &format!("370{}00", index + 3), "", "2022", json!(0));
            with(city, "obs_status", status)
        })
        .collect();
    publishes(&service, &missing);
    publishes(
        &service,
        &[
            with(figure("jinan-22", "370100", "", "2022", json!(25)), "obs_status", "P"),
            with(figure("jinan-21", "370100", "", "2021", json!(0)), "obs_status", "M"),
        ],
    );
    let query = "metric=calls&by=division&period=2022&change=year_on_year";
    let rows = asked(&service, query).await["data"].clone();
    assert_eq!(rows.as_array().map(Vec::len), Some(1), "{rows}");
    assert_eq!((&rows[0]["value"], &rows[0]["reason"]["code"]), (&json!(25), &json!("no-figure")));
    let sum = asked(&service, &format!("{query}&aggregate=sum")).await;
    assert_eq!(sum["total"]["inputs"], json!(["jinan-22"]));
}

#[actix_web::test]
async fn what_has_no_figure_here_stands_in_the_way_of_no_sum() {
    let service = calls().await;
    let cities = "metric=calls&by=division&aggregate=sum";
    publishes(
        &service,
        &[
            figure("province-21", "370000", "", "2021", json!(60)),
            figure("jinan-21", "370100", "", "2021", json!(40)),
            figure("jinan-22", "370100", "", "2022", json!(41)),
            figure("qingdao-22", "370200", "", "2022", json!(20)),
            figure("office-22", "", "office", "2022", json!(4)),
        ],
    );
    // The province has a figure of other years alone.
    let sum = asked(&service, &format!("{cities}&period=2022")).await["total"].clone();
    assert_eq!((&sum["value"], &sum["coverage"]["with_figure"]), (&json!(61), &json!(2)));
    assert_eq!(sum["coverage"]["known"], 4, "Zibo and Hefei had one, and the province holds what was added");
    assert_eq!(asked(&service, &format!("{cities}&period=2021")).await["total"]["value"], 60);
    // And none at all any more.
    assert!(service.publish(&withdrawal(&[("observation", "province-21"), ("observation", "whole")])).status.success());
    let newest = asked(&service, cities).await["total"].clone();
    assert_eq!((&newest["value"], &newest["period"]), (&json!(61), &json!("2022")));
    let bodies = asked(&service, "metric=calls&by=subject&aggregate=sum&period=2022").await["total"].clone();
    assert_eq!((&bodies["value"], &bodies["coverage"]["known"]), (&json!(4), &json!(2)), "office and court");
}
