//! Descriptions of the whole: `/v1/meta` and the catalogues that portals harvest.

use std::collections::BTreeSet;

use open_commitments::api::routes::ENDPOINTS;
use open_commitments::config::Operator;
use open_commitments::model::columns;
use open_commitments::model::kinds::KINDS;
use oxjsonld::JsonLdParser;
use oxttl::TurtleParser;
use serde_json::{Value, json};

use crate::support::data::{self, commitment, observation, organization, publication};
use crate::support::{Service, Settings, TestDatabase};

const BASE: &str = "https://data.example/open";

/// A service at an address of its own, with a second programme in a second revision.
async fn service() -> Service {
    let operator = Operator {
        contact_name: Some("Data office".into()),
        contact_email: Some("data@example.org".into()),
        catalog_code_prefix: Some("307037".into()),
        ..Operator::default()
    };
    let settings = Settings { public_url: Some(BASE.into()), operator, ..Settings::default() };
    let service = Service::on(TestDatabase::create().await, settings);
    service.publishes(&data::small());
    let second = json!({"id": "second", "programme": "next", "number": 1, "title": {"en": "Second"}, "cadence": "Q"});
    service.publishes(&publication(
        "new_data",
        json!({
            "organizations": [organization("other")],
            "programmes": [{"id": "next", "organization": "other", "year": 2021, "title": {"zh-Hans": "下一年"}}],
            "commitments": [second],
        }),
    ));
    service
}

/// The triples of a catalogue, from both of its forms, which have to be the same.
async fn triples(service: &Service, query: &str) -> BTreeSet<[String; 3]> {
    let turtle = service.get(&format!("/catalog.ttl{query}")).await;
    let json_ld = service.get(&format!("/catalog.jsonld{query}")).await;
    assert_eq!(turtle.header("content-type"), "text/turtle; charset=utf-8", "{}", turtle.text);
    assert_eq!(json_ld.header("content-type"), "application/ld+json", "{}", json_ld.text);
    let of_turtle: BTreeSet<[String; 3]> = TurtleParser::new()
        .for_slice(turtle.text.as_bytes())
        .map(|triple| triple.expect("Turtle"))
        .map(|triple| [triple.subject.to_string(), triple.predicate.to_string(), triple.object.to_string()])
        .collect();
    let of_json_ld: BTreeSet<[String; 3]> = JsonLdParser::new()
        .for_slice(json_ld.text.as_bytes())
        .map(|quad| quad.expect("JSON-LD"))
        .map(|quad| [quad.subject.to_string(), quad.predicate.to_string(), quad.object.to_string()])
        .collect();
    assert_eq!(of_turtle, of_json_ld, "both forms say the same");
    of_turtle
}

/// Objects that a subject has of a DCAT or Dublin Core property.
fn objects(triples: &BTreeSet<[String; 3]>, subject: &str, property: &str) -> Vec<String> {
    let subject = format!("<{BASE}/catalog.jsonld{subject}>");
    let property = property
        .replace("dcat:", "http://www.w3.org/ns/dcat#")
        .replace("dct:", "http://purl.org/dc/terms/")
        .replace("vcard:", "http://www.w3.org/2006/vcard/ns#");
    let found = triples.iter().filter(|[s, p, _]| *s == subject && *p == format!("<{property}>"));
    found.map(|[_, _, object]| object.clone()).collect()
}

fn catalogue_paths() -> Vec<&'static str> {
    ENDPOINTS.iter().filter(|endpoint| endpoint.tag == "catalogue").map(|endpoint| endpoint.path.as_str()).collect()
}

#[actix_web::test]
async fn a_person_in_a_hurry_sees_what_is_here() {
    let service = service().await;
    let meta = service.get("/v1/meta").await.json();
    let counts = KINDS.map(|kind| meta["records"][kind.collection]["count"].as_i64().expect("a count"));
    assert_eq!(counts, [2, 2, 3, 1, 3, 3, 0, 0], "observations with the one that is computed");
    assert_eq!(meta["revision"], 2);
    assert_eq!(meta["records"]["commitments"]["changed_in"], 2);
    assert_eq!(meta["records"]["metrics"]["changed_in"], 1);
    assert_eq!(meta["period_end"], "2020-06-30");
    assert_eq!(
        meta["coverage"],
        json!({"years": [2020, 2021], "start": "2020-01-01", "end": "2021-12-31", "divisions": ["370000", "370100"]})
    );
    assert_eq!(meta["languages"], json!(["en", "zh-Hans"]));
    assert_eq!(meta["licence"]["name"], "CC-BY-4.0");
    assert_eq!(meta["publisher"]["id"], "org");
    assert_eq!(meta["contact"], json!({"name": "Data office", "email": "data@example.org"}));
    for link in meta["links"].as_object().expect("links").values() {
        let path = link.as_str().expect("a link");
        let path = path.strip_prefix("../").map_or(format!("/v1/{path}"), |path| format!("/{path}"));
        assert_eq!(service.get(&path).await.status, 200, "{path}");
    }
    let pinned = service.get("/v1/meta?revision=1").await.json();
    assert_eq!((&pinned["revision"], &pinned["records"]["commitments"]["count"]), (&json!(1), &json!(2)));
    assert_eq!(pinned["coverage"]["years"], json!([2020]));
}

#[actix_web::test]
async fn coverage_begins_with_the_first_day_of_all_periods() {
    let service = Service::small().await;
    let begins = async || service.get("/v1/meta").await.json()["coverage"]["start"].clone();
    for (metric, period, start) in [
        ("cases", "2019-Q4", "2019-10-01"),
        ("settled", "2019-Q2", "2019-04-01"),
        ("cases", "2019-S1", "2019-01-01"),
        ("cases", "2018-12-31", "2018-12-31"),
        ("cases", "2018-11", "2018-11-01"),
        ("settled", "2018", "2018-01-01"),
        ("cases", "2016-02-03/..", "2016-02-03"),
        ("cases", "../2017-06-30", "2016-02-03"),
        ("cases", "../2015-06-30", "2015-06-30"),
        ("settled", "2015-03", "2015-03-01"),
        ("settled", "2015-01-01/2021-03-31", "2015-01-01"),
    ] {
        let figure = observation(&format!("f-{}", service.head().await), metric, period, json!(1));
        service.publishes(&publication("new_data", json!({ "observations": [figure] })));
        assert_eq!(begins().await, start, "{metric} {period}");
    }
    assert_eq!(service.get("/v1/meta?revision=1").await.json()["coverage"]["start"], "2020-01-01");
}

#[actix_web::test]
async fn no_more_than_a_thousand_divisions_are_named() {
    let service = Service::small().await;
    let (mut organizations, mut programmes) = (Vec::new(), Vec::new());
    for index in 0..1005 {
        let id = format!("n-{index}");
        let code = format!("{}", 100_000 + index);
        organizations.push(json!({"id": id, "name": {"en": id}, "division_code": code}));
        programmes.push(json!({"id": id, "organization": id, "year": 2021, "title": {"en": id}}));
    }
    service.publishes(&publication("new_data", json!({"organizations": organizations, "programmes": programmes})));
    let divisions = service.get("/v1/meta").await.json()["coverage"]["divisions"].clone();
    assert_eq!((divisions.as_array().map(Vec::len), &divisions[999]), (Some(1000), &json!("100999")));
}

#[actix_web::test]
async fn a_redaction_moves_no_number_and_takes_no_version_back() {
    let service = service().await;
    let programme = |id: &str| json!({"id": id, "organization": "org", "year": 2022, "title": {"en": id}});
    let mut third = commitment("three", 3);
    third["programme"] = json!("third");
    service.publishes(&publication("new_data", json!({"programmes": [programme("third")], "commitments": [third]})));
    let mut corrected = commitment("three", 3);
    corrected["programme"] = json!("third");
    corrected["title"] = json!({"en": "Names somebody"});
    service.publishes(&publication("source_correction", json!({ "commitments": [corrected] })));
    let version = async || objects(&triples(&service, "").await, "#programme-third", "dcat:version");
    let code = async || {
        let catalogue = service.get("/catalog-zh.json").await.json();
        let resources = catalogue["信息资源"].as_array().expect("resources").clone();
        resources.into_iter().find(|one| one["信息资源名称"] == "third").expect("there")["信息资源代码"].clone()
    };
    assert_eq!((version().await, code().await), (vec!["\"4\"".to_owned()], json!("307037/000103")));
    for (kind, id) in [("commitment", "three"), ("programme", "next")] {
        let output = service.run(&["redact", kind, id, "--message", "Law"], "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!((version().await, code().await), (vec!["\"5\"".to_owned()], json!("307037/000103")), "{kind}");
    }
}

#[actix_web::test]
async fn names_in_the_catalogue_are_of_one_thing_whatever_ids_there_are() {
    let service = service().await;
    let programme = |id: &str| json!({"id": id, "organization": "org", "year": 2022, "title": {"en": id}});
    service
        .publishes(&publication("new_data", json!({"programmes": [programme("next-csv"), programme("next-period")]})));
    let triples = triples(&service, "").await;
    for id in ["next", "next-csv", "next-period", "next.csv", "next.period"] {
        let types = objects(&triples, &format!("#programme-{id}"), "http://www.w3.org/1999/02/22-rdf-syntax-ns#type");
        assert_eq!(types.len(), 1, "{id}: {types:?}");
    }
}

#[actix_web::test]
async fn the_catalogue_has_a_dataset_for_each_kind_and_each_programme() {
    let service = service().await;
    let head = triples(&service, "").await;
    let datasets = objects(&head, "#catalog", "dcat:dataset");
    let expected = KINDS.iter().map(|kind| kind.collection).chain(["programme-plan", "programme-next"]);
    let expected: BTreeSet<String> = expected.map(|name| format!("<{BASE}/catalog.jsonld#{name}>")).collect();
    assert_eq!(datasets.into_iter().collect::<BTreeSet<_>>(), expected);
    assert_eq!(
        objects(&head, "#programme-next.csv", "dcat:downloadURL"),
        [format!("<{BASE}/v1/exports/commitments.csv?programme=next>")]
    );
    assert_eq!(
        objects(&head, "#programme-next", "dct:accrualPeriodicity"),
        ["<http://publications.europa.eu/resource/authority/frequency/QUARTERLY>"]
    );
    assert_eq!(
        objects(&head, "#programme-plan", "dct:spatial"),
        [format!("<{BASE}/catalog.jsonld#division-370000>")],
        "where those who promise are"
    );
    assert_eq!(objects(&head, "#contact", "vcard:hasEmail"), ["<mailto:data@example.org>"]);
    assert_eq!(objects(&head, "#catalog", "dct:license"), ["<https://creativecommons.org/licenses/by/4.0/>"]);
    assert_eq!(
        objects(&head, "#service", "dcat:endpointURL"),
        [format!("<{BASE}/v1>")],
        "addresses come from PUBLIC_URL, whatever host is asked"
    );
    assert!(!head.iter().flatten().any(|term| term.contains("127.0.0.1")));
}

#[actix_web::test]
async fn versions_lead_from_head_to_every_revision_that_changed_a_dataset() {
    let service = service().await;
    let head = triples(&service, "").await;
    let at = |revision: i64, name: &str| format!("<{BASE}/catalog.jsonld?revision={revision}#{name}>");
    assert_eq!(objects(&head, "#commitments", "dcat:version"), ["\"2\""]);
    assert_eq!(objects(&head, "#commitments", "dcat:hasCurrentVersion"), [at(2, "commitments")]);
    assert_eq!(objects(&head, "#commitments", "dcat:previousVersion"), [at(1, "commitments")]);
    assert_eq!(objects(&head, "#metrics", "dcat:version"), ["\"1\""], "others' publications change no version");
    assert!(objects(&head, "#metrics", "dcat:previousVersion").is_empty());
    let old = triples(&service, "?revision=1").await;
    assert_eq!(
        objects(&old, "?revision=1#commitments", "dcat:isVersionOf"),
        [format!("<{BASE}/catalog.jsonld#commitments>")]
    );
    assert_eq!(
        objects(&old, "?revision=1#commitments.csv", "dcat:downloadURL"),
        [format!("<{BASE}/v1/exports/commitments.csv?revision=1>")]
    );
    assert!(!old.iter().flatten().any(|term| term.contains("programme-next")));
    service.publishes(&publication("source_correction", json!({"commitments": [commitment("two", 3)]})));
    let later = triples(&service, "").await;
    assert_eq!(objects(&later, "#programme-plan", "dcat:version"), ["\"3\""]);
    assert_eq!(objects(&later, "#programme-next", "dcat:version"), ["\"2\""]);
}

#[actix_web::test]
async fn chinese_portals_have_their_form_as_json_and_as_a_workbook() {
    let service = service().await;
    let catalogue = service.get("/catalog-zh.json").await.json();
    let resources = catalogue["信息资源"].as_array().expect("resources").clone();
    assert_eq!(catalogue["联系邮箱"], "data@example.org");
    let codes: Vec<&str> =
        resources.iter().map(|resource| resource["信息资源代码"].as_str().expect("a code")).collect();
    assert_eq!(codes[..3], ["307037/000001", "307037/000002", "307037/000003"]);
    assert_eq!(
        codes[8..],
        ["307037/000102", "307037/000101"],
        "numbers are those of first publication, newest year first"
    );
    let next = &resources[8];
    assert_eq!(
        [&next["信息资源名称"], &next["更新周期"], &next["共享类型"], &next["是否向社会开放"], &next["信息资源提供方"]],
        ["下一年", "每季度", "无条件共享", "是", "other"]
    );
    assert_eq!(next["关联资源代码"], json!(["307037/000002", "307037/000003", "307037/000004"]));
    assert_eq!(resources[2]["关联资源代码"], json!(["307037/000001", "307037/000002"]), "what it names, itself aside");
    for (resource, kind) in resources.iter().zip(KINDS) {
        let items = resource["信息项"].as_array().expect("items");
        let names: Vec<&str> = items.iter().map(|item| item["字段名"].as_str().expect("a name")).collect();
        let columns: Vec<&str> = columns::of(kind).iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, columns);
        assert!(items.iter().all(|item| item["信息项名称"].is_string() && item["数据类型"].is_string()), "{resource}");
        assert!(!resource.to_string().contains("null"), "what is unknown is absent: {resource}");
    }
    let id = &resources[0]["信息项"][1];
    assert_eq!((&id["字段名"], &id["数据类型"], &id["数据长度"]), (&json!("id"), &json!("字符型C"), &json!(201)));

    let workbook = service.bytes("/catalog-zh.xlsx", &[]).await.bytes;
    let mut package = zip::ZipArchive::new(std::io::Cursor::new(workbook)).expect("a workbook");
    let mut part = |name: &str| {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut package.by_name(name).expect(name), &mut text).expect("text");
        text
    };
    let (resource_sheet, item_sheet) = (part("xl/worksheets/sheet1.xml"), part("xl/worksheets/sheet2.xml"));
    assert_eq!(resource_sheet.matches("<row ").count(), 1 + resources.len());
    let items: usize = resources.iter().map(|resource| resource["信息项"].as_array().expect("items").len()).sum();
    assert_eq!(item_sheet.matches("<row ").count(), 1 + items);
    let words = part("xl/sharedStrings.xml");
    for word in ["信息资源名称", "公开承诺事项", "电子表格（csv）、电子表格（xlsx）", "307037/000101"]
    {
        assert!(words.contains(word), "{word}");
    }
}

#[actix_web::test]
async fn the_metadata_of_each_csv_names_every_column() {
    let service = service().await;
    for kind in KINDS {
        let path = format!("/v1/exports/{}.csv-metadata.json", kind.collection);
        let answer = service.get(&path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/csvm+json"), "{path}");
        let csv = service.get(&format!("/v1/exports/{}.csv?revision=1", kind.collection)).await;
        let described_by = format!("<{}.csv-metadata.json?revision=1>; rel=\"describedby\"", kind.collection);
        let links = csv.headers.get_all("link").iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>();
        assert!(links.iter().any(|link| link.starts_with(&described_by)), "{links:?}");
        let metadata = answer.json();
        assert_eq!(metadata["url"], format!("{}.csv", kind.collection));
        assert_eq!(
            service.get(&format!("{path}?revision=1")).await.json()["url"],
            format!("{}.csv?revision=1", kind.collection)
        );
        let described = metadata["tableSchema"]["columns"].as_array().expect("columns");
        let header = csv.text.lines().next().expect("a header").to_owned();
        let names: Vec<&str> = described.iter().map(|column| column["name"].as_str().expect("a name")).collect();
        let expected: Vec<&str> = columns::of(kind).iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, expected, "{path}");
        assert_eq!(names.join(","), header, "{path}: the CSV has these columns");
        assert!(described.iter().all(|column| column["titles"]["zh-Hans"] != ""), "{path}");
    }
    let metadata = service.get("/v1/exports/observations.csv-metadata.json").await.json();
    let of = |name: &str| {
        let columns = metadata["tableSchema"]["columns"].as_array().expect("columns");
        columns.iter().find(|column| column["name"] == name).expect("there").clone()
    };
    assert_eq!((&of("value")["datatype"], &of("value")["required"]), (&json!("decimal"), &json!(true)));
    assert_eq!(of("period_end")["datatype"], "date");
    assert_eq!(of("evidence")["datatype"], "json");
    assert_eq!(of("note_zh_hans")["lang"], "zh-Hans");
}

#[actix_web::test]
async fn search_engines_have_the_whole_with_its_parts() {
    let service = service().await;
    let whole = service.get("/dataset.jsonld?revision=1").await.json();
    assert_eq!(
        (&whole["@type"], &whole["version"], &whole["license"]),
        (&json!("Dataset"), &json!("1"), &json!("https://creativecommons.org/licenses/by/4.0/"))
    );
    assert_eq!(whole["temporalCoverage"], "2020-01-01/2020-12-31");
    assert_eq!(whole["publisher"]["name"], "Office");
    let parts = whole["hasPart"].as_array().expect("parts");
    assert_eq!(parts.len(), KINDS.len() + 1);
    assert_eq!(
        parts[8]["distribution"][0]["contentUrl"],
        format!("{BASE}/v1/exports/commitments.csv?programme=plan&revision=1")
    );
}

#[actix_web::test]
async fn a_catalogue_of_the_past_stays_as_it_is_and_settings_change_the_validator() {
    let mut service = service().await;
    let mut before = Vec::new();
    for path in catalogue_paths().iter().map(|path| format!("{path}?revision=2")) {
        let answer = service.get(&path).await;
        assert_eq!((answer.status, answer.header("ledger-revision")), (200, "2"), "{path}: {}", answer.text);
        before.push((path, answer));
    }
    service.publishes(&publication("new_data", json!({"organizations": [organization("newer")]})));
    for (path, before) in &before {
        let after = service.get(path).await;
        assert_eq!(
            (after.text.as_str(), after.header("etag")),
            (before.text.as_str(), before.header("etag")),
            "{path}"
        );
    }
    let settings = Settings { public_url: Some("https://other.example".into()), ..Settings::default() };
    let database = std::mem::replace(&mut service.database, TestDatabase::create().await);
    let moved = Service::on(database, settings);
    // Addresses in the metadata of CSV are relative.
    for (path, before) in before.iter().filter(|(path, _)| !path.contains("csv-metadata")) {
        let after = moved.request("GET", path, &[("if-none-match", before.header("etag"))]).await;
        assert_eq!(after.status, 200, "{path}: who asks again hears of the new address");
    }
}

#[actix_web::test]
async fn an_empty_ledger_is_described_as_well() {
    let service = Service::empty().await;
    for path in catalogue_paths() {
        let answer = service.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    let meta = service.get("/v1/meta").await.json();
    assert_eq!((&meta["revision"], &meta["publisher"]), (&json!(0), &Value::Null));
}

#[actix_web::test]
async fn who_answers_for_the_whole_is_a_setting() {
    let operator = Operator { catalog_publisher: Some("other".into()), ..Operator::default() };
    let service = Service::with(Settings { operator, ..Settings::default() }).await;
    service.publishes(&data::small());
    assert_eq!(service.get("/v1/meta").await.json()["publisher"], Value::Null, "nobody of that name yet");
    service.publishes(&publication("new_data", json!({"organizations": [organization("other")]})));
    assert_eq!(service.get("/v1/meta").await.json()["publisher"]["id"], "other");
}
