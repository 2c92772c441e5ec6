//! Pages of sources.

use serde_json::{Value, json};

use super::{all, attributes, page, target};
use crate::support::Service;
use crate::support::data::{self, observation, publication};

const TEXT: &str = "上半年在线调解纠纷300件，办结200件。\n其中<b>城区</b>约300件。";

fn evidence(exact: &str, start: i64) -> Value {
    json!({"source": "notice", "exact": exact, "start": start, "end": start + i64::try_from(exact.chars().count()).expect("short")})
}

fn with_evidence(id: &str, metric: &str, period: &str, value: i64, evidence: Value) -> Value {
    let mut observation = observation(id, metric, period, json!(value));
    observation["evidence"] = json!([evidence]);
    observation
}

/// The small ledger, and a source with a text that three figures quote, two of them words that overlap.
async fn quoted() -> Service {
    let service = Service::empty().await;
    let mut small = data::small();
    small["records"]["sources"] = json!([{"id": "notice", "title": {"en": "Notice"}, "text": {"zh-Hans": TEXT}}]);
    small["records"]["reports"][0]["source"] = json!("notice");
    small["records"]["observations"] = json!([
        with_evidence("cases-s1", "cases", "2020-S1", 300, evidence("调解纠纷300件", 5)),
        with_evidence("settled-s1", "settled", "2020-S1", 200, evidence("300件，办结200件", 9)),
        with_evidence("settled-q1", "settled", "2020-Q1", 100, evidence("300件，办结200件", 9)),
    ]);
    service.publishes(&small);
    service
}

#[actix_web::test]
async fn the_words_that_figures_quote_are_marked_in_a_source_and_lead_to_what_rests_on_them() {
    let service = quoted().await;
    let html = page(&service, "/sources/notice?lang=en").await;
    assert_eq!(all(&html, "#text mark"), ["调解纠纷", "300件", "，办结200件"], "what overlaps is cut");
    assert_eq!(attributes(&html, "#text mark[id]", "id"), ["at-5-13", "at-9-20"]);
    let text = all(&html, "#text")[0].replace(char::is_numeric, "");
    assert_eq!(text, TEXT.replace(char::is_numeric, ""), "the text is whole, and text");
    assert_eq!(attributes(&html, "#text a.note", "href"), ["#rests-1", "#rests-2"]);
    let rests = all(&html, "ol.quotes > li");
    assert!(rests[0].contains("Cases: 300") && rests[0].contains("commitment 1"), "{rests:?}");
    assert!(rests[1].contains("Settled: 200") && rests[1].contains("Settled: 100"), "{rests:?}");
    assert_eq!(attributes(&html, "ol.quotes blockquote a", "href"), ["#at-5-13", "#at-9-20"]);
    assert!(all(&html, "main")[0].contains("Commitment 1: In progress"), "a report rests on the whole");
}

#[actix_web::test]
async fn quotations_are_in_the_language_of_their_source() {
    let service = Service::empty().await;
    let mut small = data::small();
    small["records"]["sources"] =
        json!([{"id": "notice", "title": {"en": "Notice"}, "text": {"en": "In all 300 cases."}}]);
    small["records"]["observations"] =
        json!([with_evidence("cases-s1", "cases", "2020-S1", 300, evidence("300 cases", 7))]);
    service.publishes(&small);
    for (path, language) in [("/sources/notice", "en"), ("/commitments/one", ""), ("/metrics/cases", "")] {
        let html = page(&service, &format!("{path}?lang=zh")).await;
        assert_eq!(attributes(&html, "blockquote:not([class])", "lang"), [language], "{path}");
    }
    let chinese = page(&quoted().await, "/metrics/cases?lang=en").await;
    assert_eq!(attributes(&chinese, "blockquote:not([class]), tbody td[lang]", "lang"), ["zh-Hans", "zh-Hans"]);
}

#[actix_web::test]
async fn a_source_that_is_quoted_very_often_still_has_a_light_page() {
    let service = Service::empty().await;
    let mut small = data::small();
    let text: String = (0..2000).map(|n| format!("第{n:04}件。")).collect();
    small["records"]["sources"] = json!([{"id": "notice", "title": {"en": "Notice"}, "text": {"zh-Hans": text}}]);
    small["records"]["observations"] = (0..40)
        .map(|n| {
            let mut figure = observation(&format!("cases-{n}"), "cases", &format!("{}", 1980 + n), json!(n));
            let quoted = (0..50).map(|word| evidence("件", (n * 50 + word) * 7 + 5));
            figure["evidence"] = quoted.collect();
            figure
        })
        .collect();
    service.publishes(&small);
    let answer = service.get("/sources/notice?lang=en").await;
    assert!(answer.text.len() < 500_000, "{}", answer.text.len());
    let html = page(&service, "/sources/notice?lang=en").await;
    assert_eq!(all(&html, "ol.quotes > li").len(), 600);
    assert!(all(&html, "main")[0].contains("More rests on it than is shown here."));
}

#[actix_web::test]
async fn what_rests_on_a_source_is_what_did_at_the_revision_shown() {
    let service = quoted().await;
    service.publishes(&publication(
        "source_correction",
        json!({"observations": [with_evidence("cases-s1", "cases", "2020-S1", 310, evidence("300件", 34))]}),
    ));
    let now = page(&service, "/sources/notice?lang=en").await;
    assert_eq!(attributes(&now, "#text mark[id]", "id"), ["at-9-20", "at-34-38"]);
    assert!(all(&now, "ol.quotes > li")[1].contains("Cases: 310"));
    let past = page(&service, "/sources/notice?lang=en&revision=1").await;
    assert_eq!(attributes(&past, "#text mark[id]", "id"), ["at-5-13", "at-9-20"]);
}

#[actix_web::test]
async fn every_quotation_on_a_page_leads_to_its_words_in_the_source() {
    let service = Service::shandong().await;
    let mut followed = 0;
    for path in ["/commitments/sd-justice-2020-13", "/metrics/mediation-cases", "/metrics/smart-prisons-built"] {
        let html = page(&service, path).await;
        for link in attributes(&html, ".evidence a", "href") {
            let (_, name) = link.split_once('#').expect("a place");
            let source = page(&service, &target(path, &link)).await;
            assert_eq!(all(&source, &format!("[id='{name}']")).len(), 1, "{path}: {link}");
            followed += 1;
        }
    }
    assert!(followed > 5, "{followed}");
    let source = page(&service, "/sources/sd-justice-2020-progress-s1?lang=zh").await;
    assert!(all(&source, "#text")[0].contains("不转载"));
    assert!(all(&source, "ol.quotes mark").len() > 20, "the words quoted stand for the text");
}
