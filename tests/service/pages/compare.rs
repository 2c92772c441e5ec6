//! The page that compares figures.

use scraper::Html;
use serde_json::json;

use super::{all, attributes, page, target};
use crate::support::Service;
use crate::support::data::{self, observation, publication};

/// Figures of three areas in two years, of which two have both; another metric that cannot be added up.
async fn areas() -> Service {
    let service = Service::empty().await;
    let mut small = data::small();
    small["records"]["metrics"][0]["additive_over"] = json!(["division"]);
    service.publishes(&small);
    let figure = |area: &str, period: &str, value: i64| {
        let mut figure = observation(&format!("cases-{area}-{}", period.to_lowercase()), "cases", period, json!(value));
        figure["division_code"] = json!(area);
        figure
    };
    let figures = [
        ("370200", "2019", 80),
        ("370300", "2019", 50),
        ("370400", "2019", 9),
        ("370200", "2020", 100),
        ("370300", "2020", 40),
    ];
    let figures: Vec<_> = figures.iter().map(|(area, period, value)| figure(area, period, *value)).collect();
    service.publishes(&publication("new_data", json!({ "observations": figures })));
    service
}

#[actix_web::test]
async fn a_form_without_a_script_asks_what_the_interface_answers() {
    let service = areas().await;
    let empty = page(&service, "/compare?lang=en").await;
    assert_eq!(attributes(&empty, "form.ask", "method"), ["get"]);
    let names = attributes(&empty, "form.ask [name]", "name");
    for name in ["metric", "by", "period", "division", "aggregate", "change", "time_basis", "lang"] {
        assert!(names.contains(&name.to_owned()), "{name}: {names:?}");
    }
    assert_eq!(attributes(&empty, "form.ask label", "for").len(), 7, "each field has its label");
    // As a browser sends the form, with what was left open.
    let path =
        "/compare?metric=cases&by=division&period=2020&division=&change=year_on_year&time_basis=&aggregate=sum&lang=en";
    let html = page(&service, path).await;
    assert_eq!(all(&html, "h1"), ["Cases"]);
    assert_eq!(all(&html, ".large .value"), ["140"]);
    let sum = &all(&html, ".large")[0];
    assert!(
        sum.contains("2 of 4") && sum.contains("added by this service") && sum.contains("cases-370200-2020"),
        "{sum}"
    );
    let rows = all(&html, "table tbody tr");
    assert!(rows[0].contains("370200") && rows[0].contains("100") && rows[0].contains("+20 case (+25%)"), "{rows:?}");
    assert!(rows[1].contains("−10 case (−20%)"), "{rows:?}");
    let inputs = attributes(&html, "td.number a", "href");
    assert_eq!(inputs[0], "metrics/cases?lang=en#figure-cases-370200-2020");
    let there = page(&service, &target(path, &inputs[0])).await;
    assert_eq!(attributes(&there, "#figure-cases-370200-2020", "id").len(), 1, "the figure is there");
    assert!(all(&html, ".draw.wide svg desc")[0].contains("淄博市: 40"), "drawn as well");
    let data = attributes(&html, "link[rel=alternate][type='application/json']", "href");
    let answer = service.get(&target(path, &data[0])).await.json();
    assert_eq!(answer["total"]["value"], 140);
    assert_eq!(
        attributes(&html, "option[selected]", "value"),
        ["cases", "division", "year_on_year"],
        "the form keeps what was asked"
    );
}

#[actix_web::test]
async fn what_cannot_be_compared_is_said_on_the_page_with_the_form() {
    let service = areas().await;
    for (path, status, words) in [
        ("/compare?metric=settled&by=division&aggregate=sum&lang=en", 422, "additive_over"),
        ("/compare?metric=nothing&lang=en", 404, "There is no metric"),
        ("/compare?metric=cases&by=colour&lang=en", 400, "division, subject, period"),
        ("/compare?metric=cases&period=someday&lang=en", 400, "is not a period"),
    ] {
        let answer = service.get(path).await;
        assert_eq!((answer.status, answer.header("content-type")), (status, "text/html; charset=utf-8"), "{path}");
        let html = Html::parse_document(&answer.text);
        assert!(all(&html, ".refusal")[0].contains(words), "{path}: {}", all(&html, ".refusal")[0]);
        assert_eq!(all(&html, "form.ask").len(), 1, "{path}: it can be mended");
    }
    assert_eq!(service.get("/compare?metric=cases&revision=99").await.status, 404);
}

#[actix_web::test]
async fn a_comparison_of_the_past_stays_there() {
    let service = areas().await;
    let html = page(&service, "/compare?metric=cases&by=period&revision=1&lang=en").await;
    assert!(all(&html, ".past")[0].contains("revision 1 of 2"));
    assert_eq!(all(&html, "table tbody tr").len(), 1);
    assert_eq!(attributes(&html, "form.ask input[name=revision]", "value"), ["1"]);
    assert!(attributes(&html, "td.number a", "href")[0].contains("revision=1"));
}
