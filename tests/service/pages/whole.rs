//! Pages and embeds show the figure of the whole, and say where they leave something out.

use serde_json::{Value, json};

use super::{all, attributes, page};
use crate::support::Service;
use crate::support::data::{self, commitment, observation, organization, publication, report};

fn of_area(code: &str, value: i64) -> Value {
    let id = format!("city-{code}-{value}");
    json!({"id": id, "metric": "city", "commitment": "one", "period": "2020", "division_code": code, "value": value})
}

#[actix_web::test]
async fn the_figure_of_a_commitment_is_that_of_the_whole_and_no_baseline() {
    let service = Service::empty().await;
    let mut small = data::small();
    small["records"]["metrics"] = ["city", "based"]
        .map(|id| json!({"id": id, "name": {"en": id}, "unit": {"code": "case"}, "time_basis": "period_flow"}))
        .into_iter()
        .collect();
    let mut baseline = observation("based-2020", "based", "2020", json!(777));
    baseline["role"] = json!("baseline");
    let mut quarter = of_area("370000", 30);
    quarter["period"] = json!("2020-Q4");
    small["records"]["observations"] =
        json!([of_area("370100", 10), of_area("370200", 20), of_area("370000", 1000), quarter, baseline]);
    small["records"]["targets"] = json!([
        {"id": "all", "metric": "city", "commitment": "one", "value": 900, "comparator": "at_least"},
        {"id": "part", "metric": "city", "commitment": "one", "value": 40, "division_code": "370200"},
        {"id": "unbased", "metric": "based", "commitment": "one", "value": 5},
    ]);
    small["records"]["organizations"].as_array_mut().expect("a list").push(organization("city-office"));
    let others = json!({"id": "others", "metric": "city", "commitment": "two", "value": 7, "subject": "city-office"});
    small["records"]["targets"].as_array_mut().expect("a list").push(others);
    let mut earlier = of_area("370000", 50);
    (earlier["commitment"], earlier["period"]) = (json!("two"), json!("2019"));
    small["records"]["observations"].as_array_mut().expect("a list").push(earlier);
    service.publishes(&small);
    let html = page(&service, "/commitments/one?lang=en").await;
    assert_eq!(all(&html, ".card .value"), ["1,000"]);
    assert_eq!(all(&html, ".card .sub")[0], "2020", "it is of the publisher's own area");
    assert!(all(&html, ".card .sub")[1].starts_with("3 more"), "{:?}", all(&html, ".card .sub"));
    assert_eq!(all(&page(&service, "/programmes/plan?lang=en").await, ".commitments .value"), ["1,000", "50"]);
    let card = page(&service, "/embed/commitments/one?lang=en").await;
    assert_eq!(all(&card, ".figures li"), ["1,000 casecity"]);
    let progress = page(&service, "/embed/commitments/one?lang=en&style=progress").await;
    let said = all(&progress, "p.quiet").join("|");
    assert!(said.contains("city: 1,000 case; promised: at least 900 case"), "{said}");
    assert!(said.contains("city · 青岛市 (370200): 20 case; promised: 40 case"), "{said}");
    assert!(said.contains("based: no figure yet; promised: 5 case"), "{said}");
    let others = page(&service, "/embed/commitments/two?lang=en&style=progress").await;
    assert!(all(&others, "p.quiet").join("|").contains("city · city-office: no figure yet; promised: 7 case"));
    let table = page(&service, "/embed/commitments/one?lang=en&style=table").await;
    assert!(
        all(&table, "tbody th").contains(&"city · 济南市 (370100)".to_owned())
            && !all(&table, "tbody")[0].contains("777")
    );
}

#[actix_web::test]
async fn what_a_page_leaves_out_is_counted_and_said() {
    let service = Service::empty().await;
    let mut small = data::small();
    small["records"]["commitments"] = (1..=205)
        .map(|number| commitment(&format!("c-{number}"), number))
        .chain([commitment("one", 206), commitment("two", 207)])
        .collect();
    let month = |n: i32| format!("{}-{:02}", 2010 + n / 12, n % 12 + 1);
    small["records"]["observations"] = (0..100)
        .map(|n| observation(&format!("cases-{n}"), "cases", &month(n), json!(n)))
        .chain([observation("settled-2009", "settled", "2009", json!(9))])
        .collect();
    small["records"]["reports"] = (0..70)
        .map(|n| report(&format!("one-{n}"), "one", &month(n), "completed"))
        .chain([report("two-1", "two", "2020", "completed")])
        .collect();
    service.publishes(&small);
    let html = page(&service, "/programmes/plan?lang=en").await;
    let legend = all(&html, "ul.legend li");
    assert_eq!(legend, ["Completed 2", "No report yet 205"]);
    assert_eq!(all(&html, "ol.commitments > li").len(), 200);
    assert!(all(&html, "main > .sub").contains(&"The first 200. The data below has all.".to_owned()));
    let narrowed = page(&service, "/programmes/plan?lang=en&status=completed").await;
    assert_eq!(all(&narrowed, "ol.commitments > li .name"), ["Commitment 206", "Commitment 207"]);
    let html = page(&service, "/commitments/one?lang=en").await;
    assert!(all(&html, ".cards")[0].contains("99 more"), "{:?}", all(&html, ".cards"));
    assert_eq!(all(&html, ".card .name"), ["Cases", "Settled"]);
    assert!(all(&html, "main")[0].contains("The first 60."), "of its reports");
    let html = page(&service, "/organizations/org?lang=en").await;
    assert_eq!(all(&html, "ul.commitments > li").len(), 200);
    assert_eq!(all(&html, "section > .sub").len(), 2, "of commitments and of figures");
    assert!(all(&page(&service, "/search?q=Commitment&lang=en").await, "main")[0].contains("The first 50 are shown"));
    let table = page(&service, "/embed/programmes/plan?style=table&lang=en").await;
    assert_eq!((all(&table, "tbody tr").len(), all(&table, "p.quiet").join("")), (60, "More on the page: 147".into()));
    let card = page(&service, "/embed/programmes/plan?lang=en").await;
    assert!(all(&card, "p.quiet")[0].ends_with("207"));
    let table = page(&service, "/embed/commitments/one?style=table&lang=en").await;
    assert!(all(&table, "p.quiet").contains(&"More figures are on the page.".to_owned()));
}

/// Draws the programme; how many cells each drawing has, all within it.
async fn cells(service: &Service) -> Vec<usize> {
    let html = page(service, "/embed/programmes/plan?style=chart&lang=en").await;
    let drawn = [".draw.narrow", ".draw.wide", ".draw.only"].into_iter().filter_map(|within| {
        let [height] = attributes(&html, &format!("{within} svg"), "height").try_into().ok()?;
        let bottom: f64 = height.parse().expect("a height");
        let cells = attributes(&html, &format!("{within} rect.rule"), "y");
        assert!(cells.iter().all(|y| y.parse::<f64>().expect("a place") < bottom - 12.0), "{cells:?} in {bottom}");
        Some(cells.len())
    });
    drawn.collect()
}

#[actix_web::test]
async fn a_programme_is_drawn_with_a_cell_for_each_commitment() {
    let service = Service::small().await;
    for (numbers, drawn) in [(3..=30, vec![30, 30]), (31..=60, vec![60]), (61..=250, vec![240])] {
        let commitments: Vec<Value> = numbers.map(|number| commitment(&format!("c-{number}"), number)).collect();
        service.publishes(&publication("new_data", json!({ "commitments": commitments })));
        service.hears().await;
        assert_eq!(cells(&service).await, drawn);
    }
    let html = page(&service, "/embed/programmes/plan?style=chart&lang=en").await;
    assert!(all(&html, "desc")[0].contains("1: In progress. 2: No report yet."));
    assert_eq!(all(&html, "p.quiet"), ["Not drawn, on the page: 10"]);
}

#[actix_web::test]
async fn what_is_redacted_goes_by_its_id() {
    let service = Service::small().await;
    service.publishes(&data::redaction("metric", "cases"));
    service.publishes(&data::redaction("programme", "plan"));
    let html = page(&service, "/commitments/one?lang=en").await;
    assert!(all(&html, ".kicker")[0].starts_with("plan"), "{:?}", all(&html, ".kicker"));
    let named = all(&html, ".card .name");
    assert!(named.contains(&"cases".to_owned()) && named.contains(&"Settled".to_owned()), "{named:?}");
    let card = page(&service, "/embed/commitments/one?lang=en").await;
    assert!(all(&card, ".figures")[0].contains("300cases · 济南市 (370100)"), "{:?}", all(&card, ".figures"));
    assert!(all(&page(&service, "/organizations/org?lang=en").await, "tbody th").contains(&"cases".to_owned()));
}
