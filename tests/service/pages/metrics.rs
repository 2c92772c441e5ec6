//! Pages of metrics, of commitments, and of programmes.

use serde_json::{Value, json};

use super::{all, attributes, page, target};
use crate::support::Service;
use crate::support::data::{self, observation, publication, report};

/// The small ledger, with a second half-year, figures of two offices, and a correction.
async fn grown() -> Service {
    let service = Service::small().await;
    let of = |id: &str, subject: &str, value: i64| {
        let mut figure = observation(id, "cases", "2020-S2", json!(value));
        figure["subject"] = json!(subject);
        figure
    };
    service.publishes(&publication(
        "new_data",
        json!({
            "organizations": [{"id": "east", "name": {"en": "Office of the East"}}],
            "observations": [of("cases-s2", "org", 330), of("cases-east-s2", "east", 120), observation("settled-s2", "settled", "2020-S2", json!(231))],
            "reports": [report("one-s2", "one", "2020-S2", "completed")],
        }),
    ));
    let mut corrected = observation("cases-s1", "cases", "2020-S1", json!(310));
    corrected["qualifier"] = json!("about");
    service.publishes(&publication("source_correction", json!({"observations": [corrected]})));
    service
}

#[actix_web::test]
async fn a_metric_says_what_its_figure_changed_by_and_draws_what_suits_it() {
    let service = grown().await;
    let html = page(&service, "/metrics/cases?lang=en").await;
    assert_eq!(all(&html, ".large .value"), ["330"]);
    assert!(all(&html, ".large .change")[0].contains("up about 20"), "{:?}", all(&html, ".large .change"));
    let charts = attributes(&html, "img.chart", "src");
    assert!(
        charts.iter().any(|link| link.contains("shape=line")) && charts.iter().any(|link| link.contains("shape=bar"))
    );
    for link in charts.iter().chain(&attributes(&html, "picture source", "srcset")) {
        let drawn = service.get(&target("/metrics/cases", link)).await;
        assert_eq!((drawn.status, drawn.header("content-type")), (200, "image/svg+xml"), "{link}");
    }
    assert!(attributes(&html, "img.chart", "alt").iter().all(|alt| alt.contains("Cases")));
    let rows = all(&html, "tbody tr");
    assert!(
        rows.iter().any(|row| row.contains("Office of the East") && row.contains("120")),
        "names, not ids: {rows:?}"
    );
}

#[actix_web::test]
async fn a_metric_says_what_changed_from_what_to_what_when_and_why() {
    let service = grown().await;
    let html = page(&service, "/metrics/cases?lang=en").await;
    let history = all(&html, "ol.history > li");
    assert!(history[0].contains("Revision 3") && history[0].contains("Corrected at the source"), "{history:?}");
    assert_eq!(all(&html, "ol.history del").join(" "), "– 300");
    assert_eq!(all(&html, "ol.history ins").join(" "), "about 310");
    assert!(history[1].contains("Added: 2 figures"), "{history:?}");
    let link = attributes(&html, "ol.history .when a", "href");
    assert_eq!(service.get(&target("/metrics/cases", &link[0])).await.status, 200);
    let past = page(&service, "/metrics/cases?lang=en&revision=2").await;
    assert_eq!(all(&past, "ol.history > li").len(), 2, "nothing of later revisions");
    assert!(all(&past, "ol.history del").is_empty());
}

#[actix_web::test]
async fn codes_are_said_in_words_where_they_changed() {
    let service = grown().await;
    let mut exact = observation("cases-s1", "cases", "2020-S1", json!(310));
    exact["qualifier"] = json!("exact");
    exact["obs_status"] = json!("E");
    exact["role"] = json!("baseline");
    service.publishes(&publication("source_correction", json!({"observations": [exact]})));
    let html = page(&service, "/revisions/4?lang=zh").await;
    assert_eq!(all(&html, ".members del"), ["–", "约", "–"]);
    assert_eq!(all(&html, ".members ins"), ["E · 估计", "精确", "基期"]);
}

#[actix_web::test]
async fn a_ratio_names_what_it_is_computed_from() {
    let service = grown().await;
    let html = page(&service, "/metrics/rate?lang=en").await;
    let links = attributes(&html, "dl.facts a", "href");
    assert_eq!(links, ["../metrics/settled?lang=en", "../metrics/cases?lang=en"]);
    assert!(all(&html, "dl.facts")[0].contains("Settled ÷ Cases × 100"));
    assert!(all(&html, ".large")[0].contains("Computed by this service"));
}

#[actix_web::test]
async fn a_page_can_be_cited_in_four_forms_that_say_what_their_addresses_say() {
    let service = grown().await;
    for (path, data) in [("/metrics/cases", "/v1/metrics/cases"), ("/commitments/one", "/v1/commitments/one")] {
        let html = page(&service, &format!("{path}?lang=en")).await;
        let copied = all(&html, ".cite .copy");
        let links = attributes(&html, ".cite h3 a", "href");
        let mut answers = Vec::new();
        for link in &links {
            assert!(link.contains(data), "{link}");
            answers.push(service.get(&target(path, link)).await.text);
        }
        let (sentence, printed) = (&copied[0], &copied[1]);
        assert_eq!(answers[0].lines().collect::<Vec<_>>(), [printed, sentence], "{path}");
        assert_eq!(answers[1].trim(), copied[2].trim());
        let csl: Value = serde_json::from_str(&copied[3]).expect("CSL-JSON");
        assert_eq!(csl, serde_json::from_str::<Value>(&answers[2]).expect("CSL-JSON"));
        assert!(path != "/metrics/cases" || sentence.contains("330"), "the figure of the page: {sentence}");
    }
}

#[actix_web::test]
async fn a_commitment_shows_its_status_over_time_and_what_was_corrected() {
    let service = grown().await;
    let html = page(&service, "/commitments/one?lang=en").await;
    let said = &all(&html, ".draw.wide svg desc")[0];
    assert!(said.contains("In progress") && said.contains("Completed"), "{said}");
    assert_eq!(
        attributes(&html, "[id]", "id").len(),
        attributes(&html, "[id]", "id").into_iter().collect::<std::collections::BTreeSet<_>>().len()
    );
    let history = all(&html, "ol.history > li");
    assert!(history[0].contains("Cases") && history[0].contains("300 → 310"), "{history:?}");
    let one = page(&service, "/commitments/two?lang=en").await;
    assert!(all(&one, ".draw").is_empty(), "one report or none is no course");
}

#[actix_web::test]
async fn a_programme_can_be_narrowed_to_a_status() {
    let service = grown().await;
    let path = "/programmes/plan?lang=en";
    let html = page(&service, path).await;
    assert_eq!(all(&html, "ol.commitments > li").len(), 2);
    assert!(all(&html, "ol.commitments > li")[0].contains("330"), "with its figures");
    let links = attributes(&html, "ul.legend a", "href");
    let completed = links.iter().find(|link| link.contains("status=completed")).expect("a link");
    let narrowed = page(&service, &target(path, completed)).await;
    assert_eq!(all(&narrowed, "ol.commitments > li .name"), ["Commitment 1"]);
    assert_eq!(attributes(&narrowed, "ul.legend a[aria-current]", "href").len(), 1);
    assert!(all(&narrowed, "ul.legend li").len() == 2, "the strip still says how all of them stand");
    assert_eq!(all(&page(&service, "/programmes/plan?status=nonsense").await, "ol.commitments > li").len(), 2);
}

#[actix_web::test]
async fn the_first_page_shows_the_newest_figures_that_have_most_history() {
    let service = grown().await;
    let mut older = data::publication(
        "new_data",
        json!({"metrics": [{"id": "aaa", "name": {"en": "Older"}, "unit": {"code": "case"}, "time_basis": "period_flow"}]}),
    );
    older["records"]["observations"] = json!([{"id": "aaa-2019", "metric": "aaa", "period": "2019", "value": 1}]);
    service.publishes(&older);
    let names = all(&page(&service, "/?lang=en").await, "ul.figures .name");
    assert_eq!(names, ["Cases", "Rate", "Settled", "Older"]);
    assert!(all(&page(&service, "/?lang=en").await, "ul.figures .sub")[0].contains("up about 20"));
}

#[actix_web::test]
async fn a_page_of_the_past_says_that_its_figure_was_corrected_since() {
    let service = grown().await;
    let mut corrected = observation("cases-s2", "cases", "2020-S2", json!(333));
    corrected["subject"] = json!("org");
    service.publishes(&publication("source_correction", json!({"observations": [corrected]})));
    let past = page(&service, "/metrics/cases?lang=en&revision=3").await;
    assert_eq!(all(&past, ".large .value"), ["330"], "the pinned value stays");
    let line = &all(&past, ".since")[0];
    assert!(line.contains("Corrected on") && line.contains("333"), "{line}");
    assert_eq!(attributes(&past, ".since a", "href"), ["../metrics/cases?lang=en"]);
    assert!(all(&page(&service, "/metrics/cases?lang=en").await, ".since").is_empty());
}
