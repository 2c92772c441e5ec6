//! `/oembed`, which tells other programs how to embed.

use quick_xml::events::Event;
use scraper::Html;
use serde_json::json;

use super::{all, attributes, publishes};
use crate::support::Service;
use crate::support::data::{self, observation, publication};

/// The text of a member of an answer in XML.
pub fn member(xml: &str, name: &str) -> Option<String> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut found: Option<String> = None;
    loop {
        let event = reader.read_event().unwrap_or_else(|error| panic!("{error}: {xml}"));
        match (event, &mut found) {
            (Event::Start(element), _) if element.name().as_ref() == name => found = Some(String::new()),
            (Event::Text(part), Some(text)) => text.push_str(&part),
            (Event::GeneralRef(reference), Some(text)) => {
                let written = format!("&{};", &*reference);
                text.push_str(&quick_xml::escape::unescape(&written).expect("an entity"));
            }
            (Event::End(_), Some(_)) => return found,
            (Event::Eof, _) => return None,
            _ => {}
        }
    }
}

#[actix_web::test]
async fn pages_are_found_embedded_and_within_the_limits() {
    let service = Service::shandong().await;
    for (path, author) in [
        ("metrics/mediation-cases", "山东省司法厅"),
        ("commitments/sd-justice-2020-13", "山东省司法厅"),
        ("programmes/sd-justice-2020", "山东省司法厅"),
    ] {
        let page = Html::parse_document(&service.get(&format!("/{path}?lang=zh-Hans&revision=1")).await.text);
        let found = attributes(&page, "link[type='application/json+oembed'], link[type='text/xml+oembed']", "href");
        assert_eq!(found.len(), 2, "{path}");
        let below = |address: &str| address.trim_start_matches(&service.url).to_owned();
        let answer = service.get(&below(&found[0])).await;
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        let document = answer.json();
        assert_eq!(
            (&document["type"], &document["version"], &document["provider_name"], &document["author_name"]),
            (&json!("rich"), &json!("1.0"), &json!("公开承诺"), &json!(author)),
            "{document}"
        );
        assert_eq!(document["author_url"], json!(format!("{}/organizations/sd-justice", service.url)));
        assert!(document["title"].is_string() && document["cache_age"].is_u64() && document["height"].is_u64());
        let frame = Html::parse_fragment(document["html"].as_str().expect("a frame"));
        let source = attributes(&frame, "iframe", "src").remove(0);
        assert!(source.starts_with(&format!("{}/embed/{path}?", service.url)), "{source}");
        assert!(source.contains("lang=zh-Hans") && source.contains("revision=1"), "{source}");
        assert_eq!(source.contains("observation=mediation-cases-2020-s1"), path.starts_with("metrics"), "{source}");
        assert_eq!(service.get(&below(&source)).await.status, 200);
        let xml = service.get(&below(&found[1])).await;
        assert_eq!(xml.header("content-type"), "text/xml; charset=utf-8");
        for name in ["type", "version", "title", "html", "author_name"] {
            assert_eq!(member(&xml.text, name).as_deref(), document[name].as_str(), "{name}");
        }
    }
    let url =
        format!("{}/embed/metrics/mediation-cases?style=chart%26theme=dark%26lang=en%26utm_source=x", service.url);
    let small = service.get(&format!("/oembed?url={url}&maxwidth=320&maxheight=200&dnt=1")).await.json();
    assert_eq!((&small["width"], &small["height"]), (&json!(320), &json!(200)));
    let html = small["html"].as_str().expect("a frame");
    assert!(html.contains("width=\"320\" height=\"200\"") && html.contains("style=chart&amp;theme=dark"), "{html}");
    assert!(!html.contains("utm_source"), "{html}");
    let large = service.get(&format!("/oembed?url={url}&maxwidth=9000&maxheight=9000")).await.json();
    assert_eq!(large["width"], 640);
}

#[actix_web::test]
async fn other_addresses_and_formats_are_refused() {
    let service = Service::small().await;
    publishes(&service, &data::redaction("commitment", "two")).await;
    let ours = &service.url;
    for (query, status, problem) in [
        (String::new(), 400, "invalid-parameter"),
        ("url=".into(), 404, "no-such-path"),
        ("url=https://elsewhere.example/metrics/cases".into(), 404, "no-such-path"),
        (format!("url={ours}@elsewhere.example/metrics/cases"), 404, "no-such-path"),
        (format!("url={}/metrics/cases", ours.replace("http://", "http://user:word@")), 404, "no-such-path"),
        (format!("url={ours}.elsewhere.example/metrics/cases"), 404, "no-such-path"),
        (format!("url={}/metrics/cases", ours.replace("http", "ftp")), 404, "no-such-path"),
        ("url=javascript:alert(1)".into(), 404, "no-such-path"),
        (format!("url={ours}/"), 404, "no-such-path"),
        (format!("url={ours}/v1/metrics/cases"), 404, "no-such-path"),
        (format!("url={ours}/metrics/cases/figure.svg"), 404, "no-such-path"),
        (format!("url={ours}/embedmetrics/cases"), 404, "no-such-path"),
        (format!("url={ours}metrics/cases"), 404, "no-such-path"),
        (format!("url={ours}/sources/cases"), 404, "no-such-path"),
        (format!("url={ours}/metrics/%22%3E%3Cscript%3E"), 404, "no-such-path"),
        (format!("url={ours}/metrics/nothing"), 404, "no-such-record"),
        (format!("url={ours}/metrics/cases?revision=9"), 404, "no-such-revision"),
        (format!("url={ours}/metrics/cases?revision=0"), 404, "no-such-revision"),
        (format!("url={ours}/commitments/two"), 410, "record-redacted"),
        (format!("url={ours}/metrics/cases?style=pie"), 400, "invalid-parameter"),
        (format!("url={ours}/metrics/cases&format=yaml"), 501, "format-not-offered"),
        (format!("url={ours}/metrics/cases&maxwidth=wide"), 400, "invalid-parameter"),
        (format!("url={ours}/metrics/cases&maxheight=0"), 400, "invalid-parameter"),
    ] {
        let answer = service.get(&format!("/oembed?{query}")).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{query}");
    }
}

#[actix_web::test]
async fn a_pinned_frame_is_of_its_figure_for_good() {
    let service = Service::small().await;
    let asked = format!("/oembed?url={}/metrics/cases?revision=1%26lang=en", service.url);
    let frame = Html::parse_fragment(service.get(&asked).await.json()["html"].as_str().expect("a frame"));
    let source = attributes(&frame, "iframe", "src").remove(0);
    let path = source.trim_start_matches(&service.url);
    publishes(
        &service,
        &publication("new_data", json!({"observations": [observation("cases-s2", "cases", "2020-S2", json!(7))]})),
    )
    .await;
    let html = Html::parse_document(&service.get(path).await.text);
    assert_eq!(all(&html, ".large"), ["300 case"]);
    publishes(&service, &data::redaction("observation", "cases-s1")).await;
    assert_eq!(service.get(path).await.status, 410);
}
