//! Under a path of a host that has others.

use scraper::{Html, Selector};
use serde_json::Value;

use super::{PUBLIC, Proxy, service};
use crate::support::{Bytes, data};

fn text(answer: &Bytes) -> String {
    String::from_utf8(answer.bytes.clone()).expect("UTF-8")
}

/// The address of an answer's next page, beside the path it stands in.
fn next(answer: &Bytes) -> Option<String> {
    let links = answer.headers.get_all("link").iter().filter_map(|field| field.to_str().ok());
    links.flat_map(|field| field.split(", ")).find(|link| link.contains("rel=\"next\"")).map(|link| {
        let end = link.find('>').expect("an address");
        link[1..end].to_owned()
    })
}

#[actix_web::test]
async fn links_pages_embeds_and_documents_work_below_a_prefix() {
    let service = service().await;
    service.publishes(&data::shandong());
    let proxy = Proxy::nginx(&service).await;
    // The pages of a list, by its links.
    let (mut ids, mut query, mut pages) = (Vec::new(), "?limit=7".to_owned(), 0);
    loop {
        let page = proxy.get(&format!("/v1/observations{query}"), &[]).await;
        assert_eq!(page.status, 200, "{query}: {}", text(&page));
        let json: Value = serde_json::from_slice(&page.bytes).expect("JSON");
        ids.extend(json["data"].as_array().expect("a list").iter().map(|item| item["id"].to_string()));
        pages += 1;
        match next(&page) {
            Some(next) => query = next,
            None => break,
        }
    }
    let whole = service.get("/v1/observations?limit=1000").await.ids();
    assert_eq!(ids, whole.iter().map(|id| format!("\"{id}\"")).collect::<Vec<_>>());
    // Every link of the index.
    let index: Value = serde_json::from_slice(&proxy.get("/v1", &[]).await.bytes).expect("JSON");
    let links = index["collections"].as_object().expect("links").values();
    let links = links.chain(index["examples"].as_array().expect("examples").iter().map(|example| &example["link"]));
    let links: Vec<_> = links.map(|link| link.as_str().expect("a link").to_owned()).collect();
    for link in &links {
        assert_eq!(proxy.get(&format!("/{link}"), &[]).await.status, 200, "{link}");
    }
    // Every link, picture and script of pages for people, as a browser resolves it.
    let mut resolved = std::collections::BTreeSet::new();
    let own = url::Url::parse(&format!("{}/", proxy.url)).expect("a URL");
    for page in [
        "/",
        "/commitments/sd-justice-2020-13",
        "/metrics/mediation-cases",
        "/search?q=调解",
        "/docs/",
        "/embed/metrics/mediation-cases",
    ] {
        let at = url::Url::parse(&format!("{}{page}", proxy.url)).expect("a URL");
        let answer = proxy.get(page, &[]).await;
        assert_eq!(answer.status, 200, "{page}");
        let html = Html::parse_document(&text(&answer));
        let linked = Selector::parse("[href], [src]").expect("a selector");
        for element in html.select(&linked) {
            let link = element.attr("href").or(element.attr("src")).expect("a link");
            let link = link.replace(PUBLIC, proxy.url.as_str());
            let target = at.join(&link).expect("a link");
            // Others' addresses are not asked for.
            if target.host_str() == own.host_str() && target.port() == own.port() {
                assert!(target.path().starts_with("/commitments"), "{page}: {link} leaves the prefix");
                resolved.insert(target[..url::Position::AfterQuery].to_owned());
            }
        }
    }
    for target in &resolved {
        let path = target.strip_prefix(&proxy.url).expect("ours");
        let status = proxy.get(path, &[]).await.status;
        // What is dear may still be made.
        assert!(status == 200 || path.contains("/exports/") && status == 503, "{path}: {status}");
    }
    assert!(resolved.len() > 40, "{}", resolved.len());
    // Documents say where they are seen.
    let document: Value = serde_json::from_slice(&proxy.get("/openapi.json", &[]).await.bytes).expect("JSON");
    assert_eq!(document["servers"][0]["url"], PUBLIC);
    let oembed = proxy.get(&format!("/oembed?url={PUBLIC}/metrics/mediation-cases"), &[]).await;
    assert!(oembed.status == 200 && text(&oembed).contains(&format!("{PUBLIC}/embed/metrics/mediation-cases")));
    assert!(text(&proxy.get("/robots.txt", &[]).await).contains(&format!("Sitemap: {PUBLIC}/sitemap.xml")));
    let map = text(&proxy.get("/sitemap.xml", &[]).await);
    assert!(map.contains(PUBLIC) && !map.contains("127.0.0.1"));
    let problem: Value = serde_json::from_slice(&proxy.get("/v1/nothing", &[]).await.bytes).expect("JSON");
    let page = problem["type"].as_str().and_then(|name| name.strip_prefix(PUBLIC)).expect("ours");
    assert_eq!(proxy.get(page, &[]).await.status, 200);
    // Files come whole and in parts.
    let file = "/v1/exports/observations.csv?revision=2";
    let whole = proxy
        .until("the file is written", async |proxy| Some(proxy.get(file, &[]).await).filter(|file| file.status == 200))
        .await;
    let part = proxy.get(file, &[("range", "bytes=10-19"), ("if-range", whole.header("etag"))]).await;
    assert_eq!((part.status, &part.bytes[..]), (206, &whole.bytes[10..20]));
    assert_eq!(whole.header("content-length"), whole.bytes.len().to_string());
    // Beside the prefix there is the host's own, and where programs look first.
    let host = proxy.url.strip_suffix("/commitments").expect("a prefix");
    let visitor = super::Visitor(
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client"),
    );
    let catalogue = visitor.request("GET", &format!("{host}/.well-known/api-catalog"), &[]).await;
    assert!(catalogue.status == 200 && text(&catalogue).contains(PUBLIC));
    let bare = visitor.request("GET", &format!("{host}/commitments?lang=en"), &[]).await;
    assert_eq!((bare.status, bare.header("location").ends_with("/commitments/?lang=en")), (308, true));
    assert_eq!(visitor.request("GET", &format!("{host}/v1/commitments"), &[]).await.status, 404);
    println!(
        "proxies: nginx, below /commitments/: {pages} pages by cursor, {} links of the index and {} of pages",
        links.len(),
        resolved.len()
    );
}
