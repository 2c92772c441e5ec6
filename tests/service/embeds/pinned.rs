//! What a pinned embed says of what became of its figure.

use serde_json::json;

use super::{all, assert_embed, attributes, embed, publishes};
use crate::support::Service;
use crate::support::data::{self, observation, publication, report};

#[actix_web::test]
async fn a_pinned_embed_keeps_its_figure_and_says_what_became_of_it() {
    let service = Service::small().await;
    publishes(&service, &publication("new_data", json!({"organizations": [data::organization("other")]}))).await;
    let pinned = "/embed/metrics/cases?revision=1&lang=en";
    let before = service.get(pinned).await;
    assert!(before.header("cache-control").contains("max-age=240"), "{}", before.header("cache-control"));
    assert!(before.header("vary") == "accept-encoding");

    // A correction that leaves the figure alone.
    let mut noted = observation("cases-s1", "cases", "2020-S1", json!(300));
    noted["note"] = json!({"en": "See the yearbook"});
    publishes(&service, &publication("source_correction", json!({"observations": [noted.clone()]}))).await;
    assert!(all(&embed(&service, pinned).await, ".since").is_empty());
    noted["value"] = json!(310);
    let mut correction = publication("source_correction", json!({"observations": [noted]}));
    correction["message"] = json!({"en": "Counted twice <b>", "zh-Hans": "重复计数"});
    publishes(&service, &correction).await;
    let html = embed(&service, pinned).await;
    assert_eq!(all(&html, ".large"), ["300 case"], "the figure stays");
    let said = all(&html, ".since");
    assert!(
        said[0].starts_with("Corrected on ") && said[0].ends_with(": Counted twice <b>. Now 310 case."),
        "{said:?}"
    );
    assert_eq!(attributes(&html, ".since a", "href"), ["../../metrics/cases?lang=en"]);
    let chinese = embed(&service, "/embed/metrics/cases?revision=1&lang=zh-Hans&style=table").await;
    assert!(all(&chinese, ".since")[0].ends_with("更正：重复计数。现为310 case。"), "{:?}", all(&chinese, ".since"));
    assert!(
        all(&embed(&service, "/embed/metrics/cases?lang=en").await, ".since").is_empty(),
        "live, it is the new one"
    );
    let rate = embed(&service, "/embed/metrics/rate?revision=1&lang=en").await;
    assert!(all(&rate, ".since")[0].contains("Now 64.5161%"), "what is computed of it: {:?}", all(&rate, ".since"));
    let commitment = embed(&service, "/embed/commitments/one?revision=1&lang=en").await;
    assert!(
        all(&commitment, ".since")[0].contains("Now 310 (Cases · 济南市 (370100))"),
        "{:?}",
        all(&commitment, ".since")
    );

    // A new report is no correction; a corrected one is.
    publishes(
        &service,
        &publication("new_data", json!({"reports": [report("one-q3", "one", "2020-Q3", "completed")]})),
    )
    .await;
    let later = embed(&service, "/embed/commitments/one?revision=4&lang=en").await;
    assert!(all(&later, ".since").is_empty());
    let corrected = report("one-s1", "one", "2020-S1", "delayed");
    publishes(&service, &publication("source_correction", json!({"reports": [corrected]}))).await;
    let later = embed(&service, "/embed/commitments/one?revision=4&lang=en").await;
    assert!(all(&later, ".since")[0].contains("Now Delayed"), "{:?}", all(&later, ".since"));

    for path in ["/embed/programmes/plan?style=progress", "/programmes/plan?embed=none"] {
        let html = service.get(&format!("{path}&revision=5&lang=en")).await;
        assert_eq!(html.status, 200, "{path}");
        assert!(!html.text.contains("Corrected on"), "a report that was not the newest on its commitment: {path}");
    }
    let corrected = report("one-q3", "one", "2020-Q3", "not_completed");
    publishes(&service, &publication("source_correction", json!({"reports": [corrected]}))).await;
    for path in ["/embed/programmes/plan?style=progress", "/programmes/plan?embed=none"] {
        let html = scraper::Html::parse_document(&service.get(&format!("{path}&revision=5&lang=en")).await.text);
        let said = all(&html, ".since");
        assert!(said.len() == 1 && said[0].contains("Now Not completed (Commitment 1)"), "{path}: {said:?}");
    }

    publishes(&service, &data::withdrawal(&[("observation", "settled-s1")])).await;
    let withdrawn = embed(&service, "/embed/metrics/settled?revision=1&lang=en").await;
    assert_eq!(all(&withdrawn, ".large"), ["200 case"]);
    let said = all(&withdrawn, ".since");
    assert!(said[0].starts_with("Withdrawn on ") && said[0].contains("Published by mistake"), "{said:?}");
    let rate = embed(&service, "/embed/metrics/rate?revision=1&lang=en").await;
    assert!(all(&rate, ".since")[0].starts_with("Withdrawn on "), "its ratio is no more");
    let live = service.get("/embed/metrics/settled?lang=en").await;
    assert_eq!(live.status, 404);
    let named = service.get("/embed/metrics/settled?observation=settled-s1&lang=en").await;
    assert_eq!(named.status, 410);
    assert!(named.text.contains("Published by mistake"));
}

#[actix_web::test]
async fn a_redacted_figure_is_said_to_be_removed() {
    let service = Service::small().await;
    publishes(
        &service,
        &publication("new_data", json!({"observations": [observation("cases-2019", "cases", "2019-S1", json!(7))]})),
    )
    .await;
    let pinned = "/embed/metrics/cases?revision=2&observation=cases-s1&lang=en";
    assert_eq!(all(&embed(&service, pinned).await, ".large"), ["300 case"]);
    publishes(&service, &data::redaction("observation", "cases-s1")).await;
    // The answer that is kept is not given any more.
    let gone = service.get(pinned).await;
    let html = assert_embed(&gone, pinned);
    assert_eq!(gone.status, 410);
    assert!(all(&html, ".since")[0].starts_with("Removed on ") && all(&html, ".since")[0].contains("Law"));
    assert!(!gone.text.contains("300") && all(&html, ".large").is_empty());
    let other = service.get("/embed/metrics/cases?revision=2&observation=rate~cases-s1&lang=zh").await;
    assert_eq!(other.status, 410, "a ratio of it");
    publishes(&service, &data::redaction("commitment", "two")).await;
    let gone = service.get("/embed/commitments/two?revision=1&style=progress&lang=zh").await;
    let html = assert_embed(&gone, "a redacted commitment");
    assert_eq!(gone.status, 410);
    assert!(all(&html, ".since")[0].contains("删除：Law"), "{:?}", all(&html, ".since"));
}
