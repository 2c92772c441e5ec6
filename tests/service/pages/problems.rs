//! Pages of the types of problems.

use open_commitments::api::problem::TYPES;
use scraper::Html;
use serde_json::Value;

use super::{all, attributes, page};
use crate::support::Service;

#[actix_web::test]
async fn every_type_of_problem_has_a_page_in_both_languages_at_the_address_that_problems_name() {
    let service = Service::empty().await;
    let list = page(&service, "/problems?lang=en").await;
    let linked = attributes(&list, "main table a", "href");
    for known in TYPES {
        assert!(
            linked.contains(&format!("./problems/{}?lang=en", known.slug))
                || linked.contains(&format!("problems/{}?lang=en", known.slug)),
            "{}: {linked:?}",
            known.slug
        );
        for (language, index) in [("en", 0), ("zh-Hans", 1)] {
            let html = page(&service, &format!("/problems/{}?lang={language}", known.slug)).await;
            assert_eq!(all(&html, "h1"), [known.title[index]]);
            let text = all(&html, "main")[0].clone();
            assert!(known.advice.iter().all(|advice| text.contains(advice)), "{}", known.slug);
            let example: Value = serde_json::from_str(&all(&html, "main pre")[0]).expect("a problem");
            assert_eq!(example["type"], format!("{}/problems/{}", service.url, known.slug));
            assert_eq!(example["status"], known.status);
        }
    }
}

#[actix_web::test]
async fn a_type_of_problem_is_plain_text_for_those_who_ask_for_that() {
    let service = Service::empty().await;
    let path = "/problems/no-such-record";
    let text = service.request("GET", path, &[("accept", "text/plain")]).await;
    assert_eq!(text.header("content-type"), "text/plain; charset=utf-8");
    assert!(text.text.starts_with("No such record (404)\n"), "{}", text.text);
    assert!(text.header("vary").contains("accept,") && text.header("vary").contains("accept-language"));
    let browser = [("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")];
    assert!(service.request("GET", path, &browser).await.header("content-type").starts_with("text/html"));
    let none = service.request("GET", "/problems/nothing", &browser).await;
    assert_eq!((none.status, none.header("content-type")), (404, "text/html; charset=utf-8"));
    assert!(all(&Html::parse_document(&none.text), "main")[0].contains("no-such-record"), "it says which there are");
}
