//! How programs that know nothing of the interface find it, and what is new in it.

use std::collections::BTreeSet;

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Value, json};

use crate::support::data::{self, organization, publication};
use crate::support::{Answer, Service, Settings};

/// An element of a document: its path, its attributes and the text right below it.
#[derive(Debug, Default)]
struct Element {
    path: String,
    attributes: Vec<(String, String)>,
    text: String,
}

impl Element {
    fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

/// Every element of an XML document that is well-formed.
fn elements(answer: &Answer) -> Vec<Element> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut reader = Reader::from_str(&answer.text);
    let (mut found, mut open): (Vec<Element>, Vec<usize>) = (Vec::new(), Vec::new());
    loop {
        let event = reader.read_event().expect("well-formed");
        match &event {
            Event::Start(tag) | Event::Empty(tag) => {
                let above = open.last().map(|index| found[*index].path.clone()).unwrap_or_default();
                let name = tag.name();
                let attributes = tag.attributes().map(|attribute| {
                    let attribute = attribute.expect("an attribute");
                    let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).expect("a value");
                    (attribute.key.as_ref().to_owned(), value.into_owned())
                });
                let attributes = attributes.collect();
                found.push(Element { path: format!("{above}/{}", name.as_ref()), attributes, text: String::new() });
                if matches!(event, Event::Start(_)) {
                    open.push(found.len() - 1);
                }
            }
            Event::Text(text) => {
                if let Some(index) = open.last() {
                    found[*index].text.push_str(text);
                }
            }
            Event::GeneralRef(name) => {
                let index = *open.last().expect("an element");
                found[index].text.push_str(&format!("&{};", &**name));
            }
            Event::End(_) => drop(open.pop()),
            Event::Eof => return found,
            _ => {}
        }
    }
}

fn texts(elements: &[Element], path: &str) -> Vec<String> {
    elements.iter().filter(|element| element.path == path).map(|element| element.text.clone()).collect()
}

const PUBLIC: &str = "https://data.example/open";

async fn published() -> Service {
    let service = Service::with(Settings { public_url: Some(PUBLIC.into()), ..Settings::default() }).await;
    service.publishes(&data::small());
    let mut second = publication("new_data", json!({"organizations": [organization("other")]}));
    second["message"] = json!({"en": "A <b> & \"quotes\" \u{1} ]]>", "zh-Hans": "新机构"});
    service.publishes(&second);
    service.publishes(&data::withdrawal(&[("commitment", "two")]));
    service
}

#[actix_web::test]
async fn the_feed_has_every_revision_in_pages_under_names_that_stay() {
    let service = published().await;
    let answer = service.get("/v1/revisions.atom").await;
    assert!(answer.header("content-type").starts_with("application/atom+xml"));
    let feed = elements(&answer);
    let ids = texts(&feed, "/feed/entry/id");
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().chain(&texts(&feed, "/feed/id")).all(|id| id.starts_with("urn:uuid:")), "{ids:?}");
    let titles = texts(&feed, "/feed/entry/title");
    assert!(titles[0].contains("修订 3") && titles[0].contains("Revision 3 (withdrawal)"), "{titles:?}");
    assert_eq!(texts(&feed, "/feed/updated")[0], texts(&feed, "/feed/entry/updated")[0]);
    let said = texts(&feed, "/feed/entry/content/div/p");
    assert!(said.iter().any(|text| text == "A &lt;b&gt; &amp; &quot;quotes&quot; \u{fffd} ]]&gt;"), "{said:?}");
    assert!(said.contains(&"新机构".to_owned()));
    for element in feed.iter().filter(|element| element.path.ends_with("/link")) {
        assert!(element.attribute("href").starts_with(PUBLIC), "{element:?}");
    }
    // Page by page, the same entries; every page is of the same feed.
    let (mut walked, mut path) = (Vec::new(), "/v1/revisions.atom?limit=2".to_owned());
    loop {
        let page = elements(&service.get(&path).await);
        walked.extend(texts(&page, "/feed/entry/id"));
        assert_eq!(texts(&page, "/feed/id"), texts(&feed, "/feed/id"));
        let linked = |relation: &str| {
            let link = page.iter().find(|link| link.path == "/feed/link" && link.attribute("rel") == relation);
            link.map(|link| link.attribute("href").replace(PUBLIC, ""))
        };
        assert_eq!(linked("self").as_deref(), Some(path.as_str()));
        assert_eq!(linked("first").as_deref(), Some("/v1/revisions.atom?limit=2"));
        match linked("next") {
            Some(next) => path = next,
            None => break,
        }
    }
    assert_eq!(walked, ids);
    let pinned = elements(&service.get("/v1/revisions.atom?revision=1").await);
    assert_eq!(texts(&pinned, "/feed/entry/id"), ids[2..], "a revision has one name for good");
    let corrections = elements(&service.get("/v1/revisions.atom?kind=withdrawal").await);
    assert_eq!(texts(&corrections, "/feed/entry/id"), ids[..1]);
    assert_ne!(texts(&corrections, "/feed/id"), texts(&feed, "/feed/id"), "another feed");
    let empty = elements(&Service::empty().await.get("/v1/revisions.atom").await);
    assert_eq!(texts(&empty, "/feed/updated").len(), 1);
}

#[actix_web::test]
async fn the_sitemap_leads_to_every_page_under_the_public_address() {
    let service = published().await;
    let request = service.request("GET", "/sitemap.xml", &[("host", "elsewhere.example")]).await;
    assert!(request.header("content-type").starts_with("application/xml"));
    let index = texts(&elements(&request), "/sitemapindex/sitemap/loc");
    assert!(index.contains(&format!("{PUBLIC}/sitemap.xml?part=pages")), "{index:?}");
    let (mut listed, mut dated) = (BTreeSet::new(), 0);
    for map in &index {
        let path = map.strip_prefix(PUBLIC).expect("ours").replace("&amp;", "&");
        let map = elements(&service.get(&path).await);
        for address in texts(&map, "/urlset/url/loc") {
            let path = address.strip_prefix(PUBLIC).expect("ours").to_owned();
            assert!(service.get(&path).await.status < 400, "{path}");
            listed.insert(path);
        }
        dated += texts(&map, "/urlset/url/lastmod").len();
    }
    let fixed = ["/", "/compare", "/developers", "/docs/", "/problems", "/revisions", "/v1"];
    let mut records = BTreeSet::from(fixed.map(str::to_owned));
    let paged = ["organization", "programme", "commitment", "metric", "source"];
    for kind in open_commitments::model::kinds::KINDS.iter().filter(|kind| paged.contains(&kind.name)) {
        let ids = service.get(&format!("/v1/{}?limit=1000&fields=id", kind.collection)).await.ids();
        records.extend(ids.iter().map(|id| format!("/{}/{id}", kind.collection)));
    }
    assert_eq!(listed, records);
    assert_eq!(dated, records.len() - fixed.len());
    let past = elements(&service.get("/sitemap.xml?part=commitments&revision=1").await);
    assert_eq!(texts(&past, "/urlset/url/loc").len(), 2, "two was there at revision 1");
    let refused = service.get("/sitemap.xml?part=wishes&from=A").await;
    assert_eq!((refused.status, refused.json()["errors"].as_array().map(Vec::len)), (400, Some(2)));
}

#[actix_web::test]
async fn a_map_has_at_most_fifty_thousand_addresses() {
    let service = Service::small().await;
    let many = "BEGIN;
        INSERT INTO revisions SELECT 2, kind, publisher, message, message_salt, message_digest, clock_timestamp(), digest, 1 FROM revisions;
        UPDATE head SET revision = 2, published_at = r.published_at FROM revisions r WHERE r.revision = 2;
        INSERT INTO organizations (id, publisher, body, derived, changed_in, search, revision_from)
            SELECT 'r' || lpad(i::text, 6, '0'), 'org', '{}', '', 2, '', 2 FROM generate_series(1, 60000) i;
        COMMIT";
    service.database.sql(many).await.expect("rows");
    let index = texts(&elements(&service.get("/sitemap.xml").await), "/sitemapindex/sitemap/loc");
    let maps: Vec<&String> = index.iter().filter(|address| address.contains("part=organizations")).collect();
    let mut listed = Vec::new();
    for map in maps {
        let path = map.strip_prefix(&service.url).expect("ours").replace("&amp;", "&");
        listed.push(texts(&elements(&service.get(&path).await), "/urlset/url/loc").len());
    }
    assert_eq!(listed, [50_000, 10_001]);
}

#[actix_web::test]
async fn the_catalogue_of_interfaces_and_the_rules_for_crawlers_lead_on() {
    let service = published().await;
    let answer = service.get("/.well-known/api-catalog").await;
    assert!(answer.header("content-type").starts_with("application/linkset+json; profile="));
    let head = service.request("HEAD", "/.well-known/api-catalog", &[]).await;
    assert_eq!(head.header("link"), format!("<{PUBLIC}/.well-known/api-catalog>; rel=\"api-catalog\""));
    let mut followed = 0;
    let linkset = answer.json()["linkset"].clone();
    for context in linkset.as_array().expect("contexts") {
        assert!(context["anchor"].as_str().is_some_and(|anchor| anchor.starts_with(PUBLIC)));
        let targets = context.as_object().expect("an object").values().filter_map(Value::as_array).flatten();
        for target in targets {
            let path = target["href"].as_str().and_then(|href| href.strip_prefix(PUBLIC)).expect("ours").to_owned();
            let there = service.get(&path).await;
            assert_eq!(there.status, 200, "{path}");
            if let Some(media_type) = target["type"].as_str() {
                assert!(there.header("content-type").starts_with(media_type), "{path}");
            }
            followed += 1;
        }
    }
    assert!(followed >= 7, "{followed}");
    let robots = service.get("/robots.txt").await;
    assert!(robots.text.contains(&format!("Sitemap: {PUBLIC}/sitemap.xml")), "{}", robots.text);
    assert!(robots.text.contains("Disallow: /open/health/"), "paths have the prefix of the public address");
    for path in ["/.well-known/api-catalog", "/robots.txt", "/openapi-3.0.json"] {
        let etag = service.get(path).await.header("etag").to_owned();
        assert_eq!(service.request("GET", path, &[("if-none-match", &etag)]).await.status, 304, "{path}");
        assert_eq!(service.request("POST", path, &[]).await.problem(), "method-not-allowed", "{path}");
        assert_eq!(service.get(&format!("/open{path}")).await.text, service.get(path).await.text);
    }
}

#[actix_web::test]
async fn the_document_for_older_generators_has_nothing_that_3_0_does_not_know() {
    let service = published().await;
    let (new, old) = (service.get("/openapi.json").await.json(), service.get("/openapi-3.0.json").await.json());
    assert_eq!(old["openapi"], "3.0.3");
    assert_eq!(old["servers"][0]["url"], PUBLIC);
    let names = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&old["paths"]), names(&new["paths"]));
    let renamed = names(&new["components"]["schemas"]).into_iter();
    let renamed = renamed.map(|name| if name == "Level" { "OrganizationLevel".to_owned() } else { name });
    assert_eq!(names(&old["components"]["schemas"]), renamed.collect::<Vec<_>>());
    fn check(value: &Value, place: &str) {
        match value {
            Value::Object(members) => {
                let is_map = ["/properties", "/schemas", "/example", "/paths"].iter().any(|end| place.ends_with(end));
                for (name, value) in members {
                    let known = !["const", "examples", "propertyNames", "$defs", "identifier"].contains(&name.as_str());
                    assert!(is_map || known, "{place}/{name}");
                    assert!(is_map || name != "type" || value.is_string(), "{place}/{name}: {value}");
                    assert!(
                        is_map || name != "$ref" || members.len() == 1,
                        "{place}: something stands beside a reference"
                    );
                    if name != "example" {
                        check(value, &format!("{place}/{name}"));
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| check(item, place)),
            _ => {}
        }
    }
    check(&old, "");
}
