//! What stands on other people's pages.

mod oembed;
mod outage;
mod pinned;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use scraper::{Html, Selector};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::data;
use crate::support::{Answer, Service, Settings};

const STYLES: [&str; 4] = ["card", "chart", "table", "progress"];

fn all(page: &Html, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).expect("a selector");
    page.select(&selector).map(|element| element.text().collect::<String>()).collect()
}

fn attributes(page: &Html, selector: &str, name: &str) -> Vec<String> {
    let selector = Selector::parse(selector).expect("a selector");
    page.select(&selector).filter_map(|element| element.attr(name).map(str::to_owned)).collect()
}

/// What every embed is, whatever its status.
fn assert_embed(answer: &Answer, path: &str) -> Html {
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{path}: {}", answer.text);
    assert!(answer.text.len() < 25_000, "{path} has {} bytes", answer.text.len());
    for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("set-cookie", "")]
    {
        assert_eq!(answer.header(name), value, "{path}");
    }
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none';") && policy.ends_with("frame-ancestors *"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    let html = Html::parse_document(&answer.text);
    for content in all(&html, "style, script") {
        let digest = STANDARD.encode(Sha256::digest(&content));
        assert!(policy.contains(&format!("'sha256-{digest}'")), "{path}: {content}");
    }
    for (selector, name) in [("[src]", "src"), ("[style]", "style"), ("[onload]", "onload")] {
        assert!(attributes(&html, selector, name).is_empty(), "{path} loads nothing");
    }
    assert_eq!(all(&html, "h1").len(), 1, "{path}");
    for target in attributes(&html, "a[target]", "rel") {
        assert_eq!(target, "noopener", "{path}");
    }
    assert_eq!(attributes(&html, "a:not([target])", "href").len(), 0, "{path}: links leave the frame");
    html
}

/// An embed that is there.
async fn embed(service: &Service, path: &str) -> Html {
    let answer = service.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    assert_embed(&answer, path)
}

/// Publishes, and waits until the service has heard of it: until then it gives what it keeps.
async fn publishes(service: &Service, publication: &Value) {
    service.publishes(publication);
    service.hears().await;
}

#[actix_web::test]
async fn the_real_data_stands_in_every_style_language_and_theme() {
    let service = Service::shandong().await;
    let mut shown = 0;
    for id in [
        "metrics/mediation-cases",
        "metrics/mediation-settlement-rate",
        "metrics/supervisors-appointed",
        "metrics/smart-prisons-built",
        "commitments/sd-justice-2020-13",
        "commitments/sd-justice-2020-8",
        "programmes/sd-justice-2020",
    ] {
        for style in STYLES {
            for (language, revision) in [("en", "Revision 1"), ("zh-Hans", "修订 1")] {
                for theme in ["auto", "light", "dark"] {
                    let path = format!("/embed/{id}?style={style}&lang={language}&theme={theme}");
                    let answer = service.get(&path).await;
                    let html = assert_embed(&answer, &path);
                    assert_eq!(attributes(&html, "html", "lang"), [language]);
                    let scheme = if theme == "auto" { "light dark" } else { theme };
                    assert!(answer.text.contains(&format!("color-scheme:{scheme}}}")), "{path}");
                    assert!(!answer.header("vary").contains("language"), "{path}");
                    if answer.status == 404 {
                        // Metrics without a figure or a target, and commitments without figures, have no such style.
                        assert!(!id.starts_with("programmes"), "{path}");
                        continue;
                    }
                    shown += 1;
                    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
                    assert!(all(&html, "footer")[0].contains(revision), "{path}");
                    assert!(answer.header("cache-control").contains("s-maxage=15"), "{path}");
                    assert!(all(&html, ".since").is_empty(), "{path}");
                }
            }
        }
    }
    assert!(shown >= 7 * 4 * 6 - 7 * 6, "{shown}");

    let card = embed(&service, "/embed/metrics/mediation-cases?lang=zh-Hans").await;
    assert_eq!(all(&card, "h1, .large"), ["线上调解纠纷", "29,456件"]);
    assert_eq!(
        attributes(&card, "h1 a, footer a", "href"),
        [
            "../../metrics/mediation-cases?lang=zh-Hans",
            "../../metrics/mediation-cases?lang=zh-Hans&revision=1",
            "../../metrics/mediation-cases?lang=zh-Hans"
        ]
    );
    assert!(all(&card, "footer")[0].contains("来源：山东省司法厅"));
    let bars = embed(&service, "/embed/metrics/supervisors-appointed?style=chart&shape=bar&lang=en").await;
    let drawn: Vec<String> = attributes(&bars, "svg", "width");
    assert_eq!(drawn, ["360", "720"], "for narrow and wide places");
    let ids = attributes(&bars, "[id]", "id");
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len(), "{ids:?}");
    assert!(all(&bars, "svg text").iter().any(|text| text == "1,166"));
    let list = embed(&service, "/embed/programmes/sd-justice-2020?style=table&lang=en").await;
    assert_eq!(all(&list, "tbody tr").len(), 15);
    assert_eq!(
        all(&embed(&service, "/embed/programmes/sd-justice-2020?style=progress&lang=en").await, ".large"),
        ["4 / 15"]
    );
    let commitment = embed(&service, "/embed/commitments/sd-justice-2020-13?lang=en").await;
    assert_eq!(all(&commitment, ".figures b").len(), 3);
    assert_eq!(all(&commitment, ".status"), ["In progress"]);
    let promised = embed(&service, "/embed/commitments/sd-justice-2020-8?style=progress&lang=en").await;
    assert!(all(&promised, "main")[0].contains("promised:"), "{:?}", all(&promised, "main"));

    let by_reader = service.request("GET", "/embed/metrics/mediation-cases", &[("accept-language", "zh-CN")]).await;
    assert_eq!(by_reader.header("content-language"), "zh-Hans");
    assert!(by_reader.header("vary").contains("accept-language"));
    let etag = by_reader.header("etag");
    let headers = [("accept-language", "zh-CN"), ("if-none-match", etag)];
    let again = service.request("GET", "/embed/metrics/mediation-cases", &headers).await;
    assert_eq!((again.status, again.text.as_str(), again.header("etag")), (304, "", etag));
    let script = service.get("/embed.js").await;
    assert_eq!((script.status, script.header("content-type")), (200, "text/javascript; charset=utf-8"));
    assert!(script.text.len() < 5000);
}

#[actix_web::test]
async fn nothing_but_embeds_may_stand_in_a_frame() {
    let service = Service::shandong().await;
    for path in [
        "/",
        "/metrics/mediation-cases",
        "/commitments/sd-justice-2020-13",
        "/programmes/sd-justice-2020",
        "/search",
        "/docs/",
        "/docs/index.html",
        "/v1/metrics/mediation-cases/figure.html",
        "/problems/no-such-record",
        "/metrics/nothing",
        "/sources/sd-justice-2020-progress-s1",
    ] {
        let answer = service.request("GET", path, &[("accept", "text/html")]).await;
        assert!(answer.header("content-type").starts_with("text/html"), "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
    }
}

#[actix_web::test]
async fn what_cannot_be_shown_is_a_readable_card_with_the_right_status() {
    let service = Service::small().await;
    publishes(
        &service,
        &data::withdrawal(&[("observation", "cases-s1"), ("observation", "settled-s1"), ("report", "one-s1")]),
    )
    .await;
    publishes(&service, &data::withdrawal(&[("commitment", "one")])).await;
    for (path, status, en, zh) in [
        ("metrics/nothing", 404, "There is no metric “nothing”", "没有指标“nothing”"),
        ("metrics/%3Cscript%3E", 404, "The record did not exist", "没有此记录"),
        ("programmes/nothing?style=table", 404, "There is no programme", "没有承诺清单"),
        ("metrics/cases?period=1999", 404, "has no such figure", "没有这样的数字"),
        ("metrics/cases?style=progress&revision=1", 404, "progress takes a target", "progress 需要目标"),
        ("metrics/cases?style=pie", 400, "card, chart, table, progress", "card, chart, table, progress"),
        ("metrics/cases?style=chart&shape=pie", 400, "line, bar", "line, bar"),
        ("metrics/cases?colour=red", 400, "no such parameter", "没有这个参数"),
        ("commitments/two?period=2020", 400, "no such parameter", "没有这个参数"),
        ("metrics/cases?theme=pink&division=1", 400, "GB/T 2260", "GB/T 2260"),
        ("metrics/cases?revision=1&as_of=2020-01-01", 400, "not both", "只能给出一个"),
        ("metrics/cases?revision=9", 404, "head is 3", "头部为 3"),
        ("metrics/cases?revision=1-0000", 410, "another digest", "摘要不同"),
        ("commitments/one", 410, "Published by mistake", "Published by mistake"),
        ("commitments/two?style=table", 404, "style=card", "style=card"),
        ("commitments/two?style=chart", 404, "style=card", "style=card"),
    ] {
        for (language, says) in [("en", en), ("zh", zh)] {
            let path = format!("/embed/{path}{}lang={language}", if path.contains('?') { '&' } else { '?' });
            let answer = service.get(&path).await;
            let html = assert_embed(&answer, &path);
            assert_eq!(answer.status, status, "{path}: {:?}", all(&html, "main"));
            assert!(all(&html, "main")[0].contains(says), "{path}: {:?}", all(&html, "main"));
            let cache = answer.header("cache-control");
            assert!(cache == "no-store" || cache == "public, max-age=30, s-maxage=30", "{path}: {cache}");
        }
    }
    let unknown = service.get("/embed/metrics/cases?lang=fr").await;
    assert_eq!(unknown.status, 400);
    assert_eq!(service.request("POST", "/embed/metrics/cases", &[]).await.status, 405);
}

#[actix_web::test]
async fn texts_of_strangers_are_text_and_long_ones_are_cut() {
    let service = Service::empty().await;
    let evil = "</style></script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u{202e}";
    let long = format!("{evil}{}", "长".repeat(10_000 - evil.chars().count()));
    let mut small = data::small();
    for text in [evil.to_owned(), long] {
        for (collection, member) in
            [("programmes", "title"), ("commitments", "title"), ("metrics", "name"), ("organizations", "name")]
        {
            for record in small["records"][collection].as_array_mut().expect("records") {
                record[member] = json!({"en": text});
            }
        }
        let first = service.head().await == 0;
        small["kind"] = json!(if first { "new_data" } else { "source_correction" });
        small["message"] = json!({"en": text});
        publishes(&service, &small).await;
        for id in ["metrics/cases", "metrics/rate", "commitments/one", "programmes/plan"] {
            for query in ["style=card", "style=chart", "style=table", "style=progress", "style=card&revision=1"] {
                let path = format!("/embed/{id}?lang=en&{query}");
                let answer = service.get(&path).await;
                let html = assert_embed(&answer, &path);
                assert!(attributes(&html, "img", "src").is_empty() && all(&html, "script").len() == 1, "{path}");
                assert!(answer.status == 200 || query.contains("progress"), "{path}: {}", answer.status);
                if answer.status == 200 {
                    assert!(all(&html, "h1")[0].contains("<script>alert(1)</script>"), "{path}");
                }
            }
        }
        let asked = format!("/oembed?url={}/metrics/cases&format=", service.url);
        let document: Value = service.get(&format!("{asked}json")).await.json();
        let frame = Html::parse_fragment(document["html"].as_str().expect("a frame"));
        assert!(attributes(&frame, "iframe", "title")[0].contains("<script>alert(1)</script>"));
        assert!(all(&frame, "script, img").is_empty());
        let xml = service.get(&format!("{asked}xml")).await.text;
        let inner = oembed::member(&xml, "html").expect("a frame");
        assert_eq!(json!(inner), document["html"]);
    }
}

#[actix_web::test]
async fn embeds_stand_below_a_path_prefix() {
    let settings = Settings { public_url: Some("https://data.example/open".into()), ..Settings::default() };
    let service = Service::with(settings).await;
    publishes(&service, &data::small()).await;
    for prefix in ["", "/open"] {
        let path = format!("{prefix}/embed/metrics/cases?lang=en");
        let html = embed(&service, &path).await;
        assert_eq!(attributes(&html, "h1 a", "href"), ["../../metrics/cases?lang=en"]);
        assert_eq!(attributes(&html, "link[rel=canonical]", "href"), ["https://data.example/open/metrics/cases"]);
        assert_eq!(service.get(&format!("{prefix}/embed.js")).await.status, 200);
        let asked = format!("{prefix}/oembed?url=https://data.example/open/commitments/one");
        let document = service.get(&asked).await.json();
        assert!(
            document["html"]
                .as_str()
                .is_some_and(|html| html.contains("src=\"https://data.example/open/embed/commitments/one?lang=en\"")),
            "{document}"
        );
    }
    assert_eq!(service.get("/oembed?url=https://data.example/commitments/one").await.status, 404);
}

#[actix_web::test]
async fn pages_build_the_code_that_embeds_them() {
    let service = Service::shandong().await;
    let page = |path: &str| {
        let path = path.to_owned();
        let service = &service;
        async move { Html::parse_document(&service.get(&path).await.text) }
    };
    for path in [
        "/metrics/mediation-cases?lang=en",
        "/metrics/smart-prisons-built?lang=zh-Hans",
        "/commitments/sd-justice-2020-13?lang=en&style=table&mode=pinned&theme=dark&embed_lang=zh-Hans",
        "/programmes/sd-justice-2020?lang=zh-Hans&style=chart&theme=pink&mode=always",
        "/metrics/supervisors-appointed?lang=en&style=chart&shape=bar&mode=pinned",
    ] {
        let html = page(path).await;
        let preview = attributes(&html, "iframe.preview", "src").remove(0);
        let preview = preview.trim_start_matches("..").to_owned();
        assert_eq!(service.get(&preview).await.status, 200, "{path}: {preview}");
        let codes = all(&html, "textarea");
        assert_eq!(codes.len(), 3, "{path}");
        let frame = Html::parse_fragment(&codes[0]);
        assert_eq!(attributes(&frame, "iframe", "src"), [format!("{}{preview}", service.url)]);
        let script = Html::parse_fragment(&codes[1]);
        let link = attributes(&script, "blockquote.open-commitments a", "href").remove(0);
        assert_eq!(service.get(link.trim_start_matches(&service.url)).await.status, 200, "{link}");
        assert_eq!(attributes(&script, "script", "src"), [format!("{}/embed.js", service.url)]);
        let document = service.get(codes[2].trim_start_matches(&service.url)).await.json();
        let frame = Html::parse_fragment(document["html"].as_str().expect("a frame"));
        assert_eq!(attributes(&frame, "iframe", "src"), [format!("{}{preview}", service.url)], "{path}");
        assert_eq!(
            attributes(&html, ".builder label", "for").len(),
            attributes(&html, ".builder select, textarea", "id").len()
        );
        if path.contains("mode=pinned") {
            assert!(preview.contains("revision=1"), "{preview}");
            assert_eq!(preview.contains("observation="), path.starts_with("/metrics"), "{preview}");
        }
    }
    let of_the_past = page("/metrics/mediation-cases?lang=en&revision=1").await;
    assert!(attributes(&of_the_past, "iframe.preview", "src")[0].contains("revision=1"), "pinned on a pinned page");
    let script = attributes(&of_the_past, ".builder script", "src").remove(0);
    assert_eq!(service.get(script.trim_start_matches("..")).await.status, 200);
}
