//! All records as files: every format says what the lists say, and what is pinned stays.

use std::time::Duration;

use open_commitments::db::read::chunks::Chunks;
use open_commitments::model::kind::Kind;
use open_commitments::model::kinds::{KINDS, named};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::data::{self, observation, organization, publication};
use crate::support::{Bytes, Service, Settings, TestDatabase, command, tables};

/// Records with all that is hard to write: other languages, quotes, lines, formulas, large and negative
/// numbers, days, and the real data.
pub async fn varied() -> Service {
    let service = Service::shandong().await;
    service.publishes(&data::small());
    let mut figures: Vec<Value> = [-5, 999_999_999_999_999_i64, 0]
        .iter()
        .zip(["2019-S1", "2018-S1", "2017-S1"])
        .map(|(value, period)| observation(&format!("figure-{period}").to_lowercase(), "cases", period, json!(value)))
        .collect();
    figures[0]["value"] = json!(-5.25);
    figures[0]["scope"] = json!("=HYPERLINK(\"https://example.org\",\"全市\")");
    figures[0]["note"] = json!({"en": "+1", "zh-Hans": "＝1", "bo": "བོད་ཡིག", "mn-Mong": "ᠮᠣᠩᠭᠣᠯ"});
    figures[1]["as_published"] = json!("@999,999\r\n\"亿\" <&>\ttab");
    figures[1]["note"] = json!({"zh-Hans": "𠮷野家、㐂、€、ñ"});
    figures[2]["period_stated"] = json!("-");
    let source = json!({"id": "paper", "title": {"zh-Hans": "省报", "fr": "Journal"}, "published_on": "1949-10-01",
        "url": "https://example.org/a?b=c&d=e", "text": {"zh-Hans": "很长的全文。".repeat(8000)}});
    let target = json!({"id": "goal", "metric": "cases", "value": 1.5, "due_on": "2020-12-31",
        "evidence": [{"source": "paper", "exact": "全文"}]});
    service.publishes(&publication(
        "new_data",
        json!({"observations": figures, "sources": [source], "targets": [target]}),
    ));
    service
}

/// All records of a kind as the lists have them, in their order.
pub async fn listed(service: &Service, kind: &Kind, query: &str) -> Vec<Value> {
    let mut records = Vec::new();
    let mut page = service.get(&format!("/v1/{}?limit=1000{query}", kind.collection)).await.json();
    loop {
        records.extend(page["data"].as_array().expect("a list").iter().cloned());
        let Some(next) = page["next"].as_str() else { return records };
        page = service.get(&format!("/v1/{}?limit=1000&cursor={next}{query}", kind.collection)).await.json();
    }
}

pub async fn file(service: &Service, path: &str) -> Bytes {
    let file = service.bytes(path, &[]).await;
    assert_eq!(file.status, 200, "{path}: {}", String::from_utf8_lossy(&file.bytes));
    file
}

pub fn observations() -> &'static Kind {
    named("observation").expect("a kind")
}

/// Checks a file in a format against records.
pub fn says_the_same(kind: &Kind, format: &str, bytes: &[u8], records: &[Value]) {
    let text = || String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let mut expected = tables::expected(kind, records);
    match format {
        "json" => assert_eq!(serde_json::from_slice::<Value>(bytes).expect("JSON")["data"], json!(records)),
        "ndjson" => {
            let lines: Vec<Value> = text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
            assert_eq!(lines, records);
        }
        "csv" => assert_eq!(tables::csv(&text()), expected, "{}", kind.name),
        "csv-excel" => {
            let text = text();
            let text = text.strip_prefix('\u{feff}').expect("a byte-order mark");
            // Only text that would run is changed, by an apostrophe before it.
            let harmless = tables::csv(text).into_iter().map(|row| {
                let cell = |text: String| match text.strip_prefix('\'') {
                    Some(rest) if rest.starts_with(['=', '+', '-', '@', '＝']) => rest.to_owned(),
                    _ => {
                        let number = text.parse::<f64>().is_ok();
                        assert!(number || !text.starts_with(['=', '+', '-', '@', '＝']), "{text}");
                        text
                    }
                };
                row.into_iter().map(|(name, text)| (name, cell(text))).collect()
            });
            assert_eq!(harmless.collect::<tables::Rows>(), expected, "{}", kind.name);
        }
        "parquet" => assert_eq!(tables::parquet(bytes), expected, "{}", kind.name),
        "xlsx" => {
            // A cell takes 32,767 characters.
            for row in &mut expected {
                for text in row.values_mut().filter(|text| text.encode_utf16().count() > 32_767) {
                    *text = text.chars().take(32_766).chain(['…']).collect();
                }
            }
            assert_eq!(tables::xlsx(kind, bytes), expected, "{}", kind.name);
        }
        other => panic!("{other}"),
    }
}

pub const FORMATS: [&str; 6] = ["json", "ndjson", "csv", "csv-excel", "xlsx", "parquet"];

#[actix_web::test]
async fn every_format_of_every_kind_says_what_the_list_says_at_head_and_pinned() {
    let service = varied().await;
    for kind in KINDS {
        let records = listed(&service, kind, "").await;
        assert!(!records.is_empty(), "{}", kind.name);
        for format in FORMATS {
            let path = format!("/v1/exports/{}.{format}", kind.collection);
            let head = file(&service, &path).await;
            let pinned = file(&service, &format!("{path}?revision=3")).await;
            says_the_same(kind, format, &head.bytes, &records);
            says_the_same(kind, format, &pinned.bytes, &records);
            assert_eq!(head.header("content-type"), pinned.header("content-type"), "{path}");
            let name = format!("{}-r3.{}", kind.collection, if format == "csv-excel" { "csv" } else { format });
            assert_eq!(pinned.header("content-disposition"), format!("attachment; filename=\"{name}\""));
        }
    }
}

#[actix_web::test]
async fn lists_come_in_the_formats_of_exports_as_well() {
    let service = varied().await;
    for kind in KINDS {
        let path = format!("/v1/{}?limit=3", kind.collection);
        let page = service.get(&path).await;
        let records = page.json()["data"].as_array().cloned().expect("a list");
        for format in ["ndjson", "csv", "csv-excel", "xlsx"] {
            let asked = file(&service, &format!("{path}&format={format}")).await;
            says_the_same(kind, format, &asked.bytes, &records);
            assert_eq!(asked.header("link").replace(&format!("format={format}&"), ""), page.header("link"));
            if format != "csv-excel" {
                let media_type = asked.header("content-type").split(';').next().expect("a type").to_owned();
                let accepted = service.bytes(&path, &[("accept", &media_type)]).await;
                assert!(accepted.bytes == asked.bytes, "{path} {format}");
            }
        }
    }
}

#[actix_web::test]
async fn exports_take_the_filters_of_lists_and_keep_members() {
    let service = varied().await;
    for query in ["&metric=cases", "&q=%E5%8A%9E%E7%90%86", "&value_min=100", "&computed=true", "&id=nothing"] {
        let records = listed(&service, observations(), query).await;
        for format in FORMATS {
            let path = format!("/v1/exports/observations.{format}?{}", &query[1..]);
            says_the_same(observations(), format, &file(&service, &path).await.bytes, &records);
            says_the_same(observations(), format, &file(&service, &format!("{path}&revision=3")).await.bytes, &records);
        }
    }
    let few =
        file(&service, "/v1/exports/observations.csv?metric=cases&fields=id,note&computed=false&revision=3").await;
    let few = String::from_utf8(few.bytes).expect("UTF-8");
    assert!(few.starts_with("id,note_zh_hans,note_en,other_languages\r\n"), "{few}");
    assert!(few.contains(r#"figure-2019-s1,＝1,+1,"{""note"":{""bo"":""བོད་ཡིག"",""mn-Mong"":"#), "{few}");
    let json = service.get("/v1/exports/observations.json?metric=cases&fields=id&computed=false&revision=3").await;
    assert!(json.text.starts_with(r#"{"data":[{"id":"cases-s1"},{"id":"#), "{}", json.text);
}

#[actix_web::test]
async fn an_export_of_many_chunks_is_whole_and_in_order() {
    let service = Service::small().await;
    // More than one chunk by number, and by bytes.
    let notes = ["short".to_owned(), "long ".repeat(20_000)];
    let organizations: Vec<Value> = (0..1200)
        .map(|number| json!({"id": format!("o-{number:04}"), "name": {"en": format!("{number} {}", notes[usize::from(number % 40 == 0)])}}))
        .collect();
    service.publishes(&publication("new_data", json!({"organizations": organizations})));
    let records = listed(&service, KINDS[0], "").await;
    assert_eq!(records.len(), 1201);
    for format in ["json", "ndjson", "csv", "parquet"] {
        for query in ["", "?revision=2"] {
            let bytes = file(&service, &format!("/v1/exports/organizations.{format}{query}")).await.bytes;
            says_the_same(KINDS[0], format, &bytes, &records);
        }
    }
}

#[actix_web::test]
async fn an_export_that_is_read_in_ranges_is_whole_and_in_order_at_head_and_before() {
    let service = Service::small().await;
    let figure = |number: usize, value: usize| {
        let period = ["2020-Q1", "2020-Q2", "2020-Q3", "2021"][number % 4];
        let mut figure = observation(&format!("f-{number:05}"), "cases", period, json!(value));
        figure["scope"] = json!(format!("scope {number}"));
        // Now and then one that is far larger than the rest.
        figure["note"] = json!({"en": "note ".repeat(if number.is_multiple_of(700) { 20_000 } else { 10 })});
        figure
    };
    let figures: Vec<Value> = (0..4000).map(|number| figure(number, number)).collect();
    service.publishes(&publication("new_data", json!({"observations": figures})));
    let changed: Vec<Value> = (0..4000).step_by(9).map(|number| figure(number, number + 1)).collect();
    service.publishes(&publication("source_correction", json!({"observations": changed})));
    let kind = observations();
    for revision in [3, 2] {
        let query = format!("&revision={revision}");
        let records = listed(&service, kind, &query).await;
        assert!(records.len() >= 4000);
        let chunks = Chunks::new(service.state.database.clone(), kind, Vec::new(), revision);
        let ranges = chunks.split().await.expect("ranges").len();
        assert!(ranges > 2, "{ranges} ranges at {revision}");
        for format in ["json", "ndjson", "csv"] {
            let bytes = file(&service, &format!("/v1/exports/observations.{format}?revision={revision}")).await.bytes;
            says_the_same(kind, format, &bytes, &records);
        }
    }
    let records = listed(&service, kind, "").await;
    let bytes = file(&service, "/v1/exports/observations.ndjson").await.bytes;
    says_the_same(kind, "ndjson", &bytes, &records);
}

/// Counting the bytes of a text takes as long as reading it from a disk that nobody has read from lately.
const SLOW: &str = "CREATE SCHEMA slow;
    CREATE FUNCTION slow.octet_length(text) RETURNS integer LANGUAGE plpgsql AS
        $$BEGIN PERFORM pg_sleep(0.001); RETURN pg_catalog.octet_length($1); END$$;
    DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = slow, pg_catalog, public', current_database()); END$$";

#[actix_web::test]
async fn an_export_goes_on_in_smaller_steps_where_reading_takes_longer_than_a_statement_may() {
    let database = TestDatabase::create().await;
    let mut expected: Vec<String> = (0..600).map(|number| format!("o-{number:03}")).collect();
    expected.push("org".to_owned());
    let organizations: Vec<Value> = expected.iter().map(|id| organization(id)).collect();
    let publication = publication("new_data", json!({"organizations": organizations})).to_string();
    let published = command(&["publish", "-"], &[("DATABASE_URL", &database.url)], &publication);
    assert!(published.status.success(), "{}", String::from_utf8_lossy(&published.stderr));
    database.sql(SLOW).await.expect("a slow database");
    // More than 500 records of a first step take, and less than an eighth of them.
    let service = Service::on(database, Settings { statement_timeout: Duration::from_secs(1), ..Settings::default() });
    let text = file(&service, "/v1/exports/organizations.ndjson").await.bytes;
    let ids: Vec<Value> = serde_json::Deserializer::from_slice(&text)
        .into_iter::<Value>()
        .map(|record| record.expect("a record")["id"].take())
        .collect();
    assert_eq!(ids, expected);
}

#[actix_web::test]
async fn chinese_labels_and_gb18030_are_for_spreadsheets() {
    let service = varied().await;
    for query in ["", "&revision=3"] {
        let plain = file(&service, &format!("/v1/exports/observations.csv?labels=zh{query}")).await;
        let text = String::from_utf8(plain.bytes).expect("UTF-8");
        assert!(text.starts_with("最近变更修订,是否计算值,计算依据,期初,期末,标识,"), "{text}");
        for format in ["csv", "csv-excel"] {
            let path = format!("/v1/exports/observations.{format}?labels=zh&charset=gb18030{query}");
            let encoded = file(&service, &path).await;
            assert_eq!(encoded.header("content-type"), "text/csv; charset=gb18030; header=present");
            let (decoded, _, wrong) = encoding_rs::GB18030.decode(&encoded.bytes);
            assert!(!wrong && decoded.contains("𠮷野家、㐂、€、ñ") && decoded.contains("བོད་ཡིག"), "{decoded}");
            if format == "csv" {
                assert_eq!(decoded, text);
            }
        }
        let book = file(&service, &format!("/v1/exports/observations.xlsx?labels=zh{query}")).await;
        let sheets = tables::sheets(&book.bytes);
        assert_eq!(sheets[0][0][&0].1, "最近变更修订");
        let about: String =
            sheets[1].iter().flat_map(|row| row.values().map(|(_, text)| text.as_str())).collect::<Vec<_>>().join("\n");
        let revision = service.get("/v1/revisions/3").await.json();
        let digest = revision["digest"].as_str().expect("a digest");
        let link = format!("{}/v1/exports/observations.xlsx?labels=zh&revision=3-{}", service.url, &digest[..8]);
        for said in [digest, link.as_str(), "CC-BY-4.0", "changed_in", "最近一次变更该记录的修订编号。", "decimal"]
        {
            assert!(about.contains(said), "{said} in {about}");
        }
        let linked = service.bytes(link.strip_prefix(&service.url).expect("our own"), &[]).await;
        assert!(linked.bytes == book.bytes, "the link leads to the same");
    }
    for (path, parameter, says) in [
        ("observations.json?labels=zh", "labels", "csv-excel"),
        ("observations.csv?labels=en", "labels", "zh"),
        ("observations.xlsx?charset=gb18030", "charset", "csv-excel"),
        ("observations.csv?charset=big5", "charset", "gb18030"),
        ("observations.csv?limit=5", "limit", "charset"),
    ] {
        let answer = service.get(&format!("/v1/exports/{path}")).await;
        assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid-parameter"), "{path}");
        let error = answer.json()["errors"][0].clone();
        assert_eq!(error["parameter"], parameter);
        assert!(error["detail"].as_str().expect("a detail").contains(says), "{error}");
    }
    let unknown = service.get("/v1/exports/observations.pdf").await;
    assert_eq!((unknown.status, unknown.problem().as_str()), (404, "no-such-path"));
    assert!(unknown.json()["detail"].as_str().expect("a detail").contains("parquet"));
}

#[actix_web::test]
async fn a_sheet_that_is_full_is_refused_with_what_to_do() {
    let service = Service::with(Settings { sheet_rows: 3, ..Settings::default() }).await;
    service.publishes(&data::small());
    file(&service, "/v1/exports/observations.xlsx").await;
    service
        .publishes(&publication("new_data", json!({"observations": [observation("more", "cases", "2021", json!(1))]})));
    for query in ["", "?revision=2"] {
        let refused = service.get(&format!("/v1/exports/observations.xlsx{query}")).await;
        assert_eq!((refused.status, refused.problem().as_str()), (422, "too-many-rows"));
        assert!(refused.json()["detail"].as_str().expect("a detail").contains("parquet"));
    }
    file(&service, "/v1/exports/observations.xlsx?metric=cases").await;
    file(&service, "/v1/exports/observations.parquet").await;
}

/// Everything that writes waits for the database, which is held up, so that all places are taken.
#[actix_web::test]
async fn the_package_of_everything_holds_every_table_with_its_digest() {
    let service = varied().await;
    service.publishes(&data::withdrawal(&[("observation", "figure-2018-s1")]));
    for (query, revision) in [("", 4), ("?revision=3", 3)] {
        let package = file(&service, &format!("/v1/exports/all.zip{query}")).await;
        assert_eq!(
            package.header("content-disposition"),
            format!("attachment; filename=\"open-commitments-r{revision}.zip\"")
        );
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(package.bytes)).expect("an archive");
        let mut entry = |name: &str| {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut archive.by_name(name).expect("an entry"), &mut bytes).expect("bytes");
            bytes
        };
        let descriptor: Value = serde_json::from_slice(&entry("datapackage.json")).expect("JSON");
        assert_eq!(descriptor["version"], revision.to_string());
        assert_eq!(descriptor["licenses"][0]["name"], "CC-BY-4.0");
        for (kind, resource) in KINDS.iter().zip(descriptor["resources"].as_array().expect("resources")) {
            let table = entry(resource["path"].as_str().expect("a path"));
            assert_eq!(resource["bytes"], table.len());
            assert_eq!(resource["hash"], format!("sha256:{}", hex::encode(Sha256::digest(&table))));
            let alone = file(&service, &format!("/v1/exports/{}.csv?revision={revision}", kind.collection)).await;
            assert!(alone.bytes == table, "{}", kind.name);
        }
        let served = service.get(&format!("/datapackage.json{query}")).await.json();
        for (served, packed) in served["resources"]
            .as_array()
            .expect("resources")
            .iter()
            .zip(descriptor["resources"].as_array().expect("resources"))
        {
            assert_eq!(served["schema"], packed["schema"]);
            let path = served["path"].as_str().expect("a path");
            assert_eq!(service.get(&format!("/{path}")).await.status, 200, "{path}");
        }
    }
}

#[actix_web::test]
async fn an_empty_ledger_has_empty_files() {
    let service = Service::empty().await;
    for format in FORMATS {
        let empty = file(&service, &format!("/v1/exports/observations.{format}")).await;
        says_the_same(observations(), format, &empty.bytes, &[]);
    }
    assert_eq!(service.get("/v1/exports/all.zip").await.status, 200);
    let path = service.get("/datapackage.json").await.json()["resources"][0]["path"].clone();
    assert_eq!(path, "v1/exports/organizations.csv");
}
