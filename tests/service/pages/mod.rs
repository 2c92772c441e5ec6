//! Pages for people.

mod compare;
mod developers;
mod metrics;
mod problems;
mod sources;
mod whole;

use scraper::{Html, Selector};
use serde_json::{Value, json};

use crate::support::data::{self, commitment, publication};
use crate::support::{Answer, Service, Settings, TestDatabase, at, publish_at, with_query};

/// Every page of the real data.
const PAGES: [&str; 13] = [
    "/",
    "/programmes/sd-justice-2020",
    "/commitments/sd-justice-2020-13",
    "/metrics/mediation-cases",
    "/metrics/mediation-settlement-rate",
    "/sources/sd-justice-2020-progress-s1",
    "/organizations/sd-justice",
    "/revisions",
    "/developers",
    "/compare",
    "/compare?metric=mediation-cases&by=period",
    "/problems",
    "/problems/no-such-record",
];

fn all(page: &Html, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).expect("a selector");
    page.select(&selector).map(|element| element.text().collect::<String>()).collect()
}

fn attributes(page: &Html, selector: &str, name: &str) -> Vec<String> {
    let selector = Selector::parse(selector).expect("a selector");
    page.select(&selector).filter_map(|element| element.attr(name).map(str::to_owned)).collect()
}

async fn page(service: &Service, path: &str) -> Html {
    let answer = service.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{path}");
    Html::parse_document(&answer.text)
}

/// Where a link on a page leads.
fn target(path: &str, link: &str) -> String {
    let base = url::Url::parse("http://x").expect("an address").join(path).expect("an address");
    let there = base.join(link).expect("an address");
    there.as_str().trim_start_matches("http://x").split('#').next().expect("a path").to_owned()
}

#[actix_web::test]
async fn every_link_of_every_page_leads_somewhere_and_nothing_is_loaded_from_elsewhere() {
    let service = Service::shandong().await;
    let mut seen = std::collections::BTreeSet::new();
    let mut todo: Vec<String> = PAGES.iter().map(|path| (*path).to_owned()).collect();
    while let Some(path) = todo.pop() {
        if !seen.insert(path.clone()) || seen.len() > 400 {
            continue;
        }
        let answer = service.get(&path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        if !answer.header("content-type").starts_with("text/html") || path.starts_with("/docs") {
            continue;
        }
        assert!(answer.text.len() < 100_000, "{path} is light");
        let html = Html::parse_document(&answer.text);
        for link in attributes(&html, "link[rel=stylesheet]", "href") {
            assert!(!link.contains("//"), "{path}: {link}");
        }
        let loaded = ["link[rel=stylesheet]", "link[rel=alternate][type]"];
        let loaded = loaded.into_iter().flat_map(|selector| attributes(&html, selector, "href"));
        let links = attributes(&html, "a", "href").into_iter().chain(loaded);
        for link in links.filter(|link| !link.starts_with("http") && !link.starts_with('#')) {
            assert!(!link.starts_with('/'), "{path}: {link} is relative");
            todo.push(target(&path, &link));
        }
    }
    assert!(seen.len() > 100, "{}", seen.len());
}

#[actix_web::test]
async fn pages_speak_chinese_and_english() {
    let service = Service::shandong().await;
    for path in PAGES {
        for (language, heading) in [("zh-Hans", "修订"), ("en", "Revision")] {
            let html = page(&service, &with_query(path, &format!("lang={language}"))).await;
            assert_eq!(attributes(&html, "html", "lang"), [language]);
            let moves = !path.starts_with("/problems");
            assert!(all(&html, "footer")[0].contains(heading) == moves, "{path}: what rests on a revision names it");
            assert_eq!(all(&html, "h1").len(), 1, "{path}");
        }
        let chinese = service.request("GET", path, &[("accept-language", "zh-CN")]).await;
        assert_eq!(chinese.header("content-language"), "zh-Hans", "{path}");
        assert!(chinese.header("vary").contains("accept-language"));
    }
    let html = page(&service, "/metrics/mediation-cases?lang=zh").await;
    assert_eq!(all(&html, ".large .value"), ["29,456"]);
    assert!(all(&html, ".large mark")[0].contains("29456"), "its words are quoted");
    assert!(all(&html, ".large .when")[0].contains("2020年上半年"));
}

#[actix_web::test]
async fn a_page_of_the_past_says_so_and_its_links_stay_there() {
    let service = Service::small().await;
    let mut changed = commitment("one", 1);
    changed["title"]["en"] = json!("Another title");
    service.publishes(&publication("source_correction", json!({"commitments": [changed]})));
    let now = page(&service, "/commitments/one?lang=en").await;
    assert_eq!(all(&now, "h1"), ["Another title"]);
    assert!(all(&now, ".past").is_empty());
    let past = page(&service, "/commitments/one?lang=en&revision=1").await;
    assert_eq!(all(&past, "h1"), ["Commitment 1"]);
    assert!(all(&past, ".past")[0].contains("revision 1 of 2"));
    let kicker = attributes(&past, ".kicker a", "href");
    assert_eq!(kicker, ["../programmes/plan?lang=en&revision=1"]);
    assert_eq!(attributes(&past, ".past a", "href"), ["../commitments/one?lang=en"]);
    let changes = page(&service, "/revisions/2?lang=en").await;
    assert_eq!(all(&changes, ".members ins"), ["Another title"]);
    for path in ["/?lang=en&revision=1", "/search?q=Another&lang=en&revision=1"] {
        let html = page(&service, path).await;
        let kept = attributes(&html, "form.search input[name=revision]", "value");
        assert_eq!((kept, all(&html, ".past").len()), (vec!["1".to_owned()], 1), "{path}");
    }
    assert!(all(&page(&service, "/search?q=Another&lang=en&revision=1").await, ".hits li").is_empty());
    // A time that is not before head's is answered and kept as head.
    let today = (chrono::Utc::now() + chrono::TimeDelta::hours(8)).date_naive();
    let today = service.get(&format!("/?as_of={today}")).await;
    assert_eq!(today.header("surrogate-key"), "head");
    assert!(today.header("cache-control").contains("s-maxage=5"));
    assert_eq!(service.get("/?revision=1").await.header("surrogate-key"), "pinned");
    let older = page(&service, "/revisions?before=2").await;
    assert_eq!(attributes(&older, "link[rel=canonical]", "href"), [format!("{}/revisions?before=2", service.url)]);
}

#[actix_web::test]
async fn days_are_those_of_the_ledgers_zone() {
    // The 27th in Shanghai, where it is five days later when somebody reads it.
    let published = || at("2026-11-26T22:08:00Z");
    let settings = Settings { clock: || at("2026-12-01T17:00:00Z"), ..Settings::default() };
    let service = Service::on(TestDatabase::create().await, settings);
    let mut connection = service.database.connection().await;
    publish_at(&mut connection, &data::small(), published).await;
    for path in ["/", "/revisions", "/revisions/1", "/metrics/cases", "/commitments/one"] {
        let html = page(&service, &format!("{path}?lang=en")).await;
        let days = all(&html, "time");
        assert!(!days.is_empty() && days.iter().all(|day| day == "27 November 2026"), "{path}: {days:?}");
    }
    let cited = service.get("/metrics/cases?lang=en").await;
    assert!(
        cited.text.contains("[2026-12-02]") && cited.header("etag").contains("-2026-12-02-"),
        "{:?}",
        cited.header("etag")
    );
}

#[actix_web::test]
async fn texts_of_strangers_are_text_everywhere() {
    let service = Service::empty().await;
    let hostile =
        "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)> \u{202e}gnp.exe & javascript:alert(1)";
    let mut small = data::small();
    for (collection, member) in [("programmes", "title"), ("commitments", "title"), ("metrics", "name")] {
        for record in small["records"][collection].as_array_mut().expect("records") {
            record[member] = json!({"en": hostile});
        }
    }
    small["records"]["sources"] =
        json!([{"id": "s", "title": {"en": hostile}, "url": "https://example.org/\"><script>"}]);
    small["message"] = json!({"en": hostile});
    let answer: Value = small;
    let published = service.publish(&answer);
    if !published.status.success() {
        // An address with such characters is refused, which is as good.
        let mut without = answer.clone();
        without["records"]["sources"][0].as_object_mut().expect("a source").remove("url");
        service.publishes(&without);
    }
    for path in [
        "/",
        "/programmes/plan",
        "/commitments/one",
        "/metrics/cases",
        "/sources/s",
        "/revisions",
        "/revisions/1",
        "/search?q=script",
    ] {
        let answer: Answer = service.get(&format!("{path}{}lang=en", if path.contains('?') { "&" } else { "?" })).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let html = Html::parse_document(&answer.text);
        assert!(attributes(&html, "[onerror]", "onerror").is_empty(), "{path}");
        // Pages have pictures of their own.
        assert!(attributes(&html, "img", "src").iter().all(|source| source.starts_with("../")), "{path}");
        for script in all(&html, "script:not([src])") {
            serde_json::from_str::<Value>(&script).unwrap_or_else(|error| panic!("{path}: {error}: {script}"));
        }
        assert!(attributes(&html, "a", "href").iter().all(|link| !link.starts_with("javascript")), "{path}");
        assert!(all(&html, "body")[0].contains("alert(1)") || path == "/search?q=script", "{path}");
        let turning = |selector| all(&html, selector).into_iter().filter(|text| text.contains('\u{202e}')).count();
        assert_eq!(turning("h1, .name, .kicker a"), turning("h1 bdi, .name bdi, .kicker a bdi"), "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    }
}

#[actix_web::test]
async fn a_page_that_is_not_there_says_what_became_of_it() {
    let service = Service::small().await;
    service.publishes(&data::withdrawal(&[
        ("observation", "cases-s1"),
        ("observation", "settled-s1"),
        ("report", "one-s1"),
    ]));
    service.publishes(&data::withdrawal(&[("commitment", "one")]));
    let gone = service.get("/commitments/one?lang=en").await;
    assert_eq!(gone.status, 410);
    let html = Html::parse_document(&gone.text);
    assert!(all(&html, "main")[0].contains("Published by mistake"), "{}", gone.text);
    let before =
        attributes(&html, "main a", "href").into_iter().find(|link| link.contains("revision=2")).expect("a link");
    assert_eq!(service.get(&target("/commitments/one", &before)).await.status, 200);
    for path in
        ["/commitments/nobody", "/commitments/%00", "/revisions/99", "/revisions/x", "/metrics/cases?revision=99"]
    {
        let missing = service.get(path).await;
        assert_eq!((missing.status, missing.header("content-type")), (404, "text/html; charset=utf-8"), "{path}");
    }
    assert_eq!(service.get("/?revision=x").await.status, 400);
    assert_eq!(service.get("/?from=singlemessage&utm_source=x").await.status, 200, "what a messenger adds is let be");
    assert_eq!(service.request("POST", "/", &[]).await.status, 405);
}

#[actix_web::test]
async fn the_operator_has_a_name_a_notice_and_lines_on_every_page() {
    let site = open_commitments::config::Site {
        site_name: Some("承诺 <公开>".into()),
        site_footer: Some(
            "鲁ICP备00000000号=https://beian.example/?a=1 | 网站标识码 0000000000 | x=javascript:alert(1)".into(),
        ),
        site_notice: Some("Trial".into()),
    };
    let service = Service::with(Settings { site, ..Settings::default() }).await;
    let html = page(&service, "/").await;
    assert_eq!(
        (all(&html, ".brand"), all(&html, ".notice")),
        (vec!["承诺 <公开>".to_owned()], vec!["Trial".to_owned()])
    );
    assert_eq!(attributes(&html, "footer a", "href"), ["https://beian.example/?a=1"]);
    assert!(all(&html, "footer")[0].contains("网站标识码 0000000000"));
    assert!(all(&html, "main")[0].contains("open-commitments publish"), "an empty ledger says how to begin");
}

#[actix_web::test]
async fn pages_are_asked_for_again_only_when_something_was_published() {
    let service = Service::shandong().await;
    for path in PAGES {
        let first = service.get(path).await;
        let tag = first.header("etag").to_owned();
        let again = service.request("GET", path, &[("if-none-match", &tag)]).await;
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{path}");
        let kept = if path.starts_with("/problems") { "max-age=300" } else { "stale-if-error" };
        assert!(first.header("cache-control").contains(kept), "{path}");
    }
    let style = attributes(&page(&service, "/").await, "link[rel=stylesheet]", "href");
    let file = service.get(&target("/", &style[0])).await;
    assert!(file.header("cache-control").contains("immutable"));
}
