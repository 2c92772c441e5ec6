//! Lists: pages, filters, order, embedding, search, CSV.

use open_commitments::model::kind::Kind;
use open_commitments::model::kinds::KINDS;
use serde_json::{Value, json};

use crate::support::Service;
use crate::support::data::{self, commitment, observation, publication};

/// A ledger with something of every kind, with and without dates, parents, periods and statuses.
async fn varied() -> Service {
    let service = Service::small().await;
    let organizations = [
        json!({"id": "city", "name": {"en": "City"}, "level": "prefecture", "division_code": "370100", "parent": "org"}),
        json!({"id": "district", "name": {"en": "District"}, "level": "county", "division_code": "370102", "parent": "city"}),
        json!({"id": "village", "name": {"en": "Village"}, "division_code": "370102001001", "parent": "district"}),
        json!({"id": "elsewhere", "name": {"en": "Elsewhere"}, "division_code": "110000"}),
    ];
    let programmes = [
        json!({"id": "plan-2021", "organization": "city", "year": 2021, "title": {"en": "Next"}, "announced_on": "2021-02-01", "source": "paper"}),
        json!({"id": "plan-2019", "organization": "elsewhere", "year": 2019, "title": {"en": "Before"}}),
    ];
    let commitments = [
        json!({"id": "led", "programme": "plan-2019", "number": 1, "title": {"en": "Smart prisons, “built”", "zh-Hans": "建设智慧监狱"}, "lead_organization": "district", "topics": ["prisons", "digital"]}),
        json!({"id": "supported", "programme": "plan-2019", "number": 2, "title": {"zh-Hans": "推广线上调解"}, "supporting_organizations": ["city"], "due_on": "2019-06-30", "continues": "led"}),
        json!({"id": "theirs", "programme": "plan-2021", "number": 3, "title": {"en": "ＷＩＤＥ Café 2021"}, "due_on": "2021-12-31", "continues": "one"}),
    ];
    let reports = [
        data::report("led-2019", "led", "2019", "completed"),
        json!({"id": "led-audit", "commitment": "led", "reported_on": "2020-01-15", "period": "../2019-12-31", "status": "delayed", "assessor": "audit", "source": "paper"}),
        json!({"id": "undated", "commitment": "theirs", "status": "not_started"}),
    ];
    let observations = [
        json!({"id": "from-unknown", "metric": "cases", "period": "../2020-03-31", "value": 1.5, "division_code": "370102001"}),
        json!({"id": "to-unknown", "metric": "cases", "period": "2020-04-01/..", "value": -2, "reported_by": "city"}),
        json!({"id": "old", "report": "led-audit", "metric": "settled", "period": "2019", "value": 100, "role": "baseline", "subject": "city", "scope": "a, \"b\"\nc"}),
    ];
    let targets = [
        json!({"id": "target-one", "metric": "cases", "commitment": "one", "value": 400, "due_on": "2020-12-31", "comparator": "at_least", "division_code": "370000"}),
        json!({"id": "target-two", "metric": "settled", "commitment": "led", "value": 4, "subject": "city"}),
    ];
    let sources = [
        json!({"id": "paper", "title": {"en": "Paper"}, "published_on": "2020-04-14", "url": "https://example.org/a?b=c"}),
        json!({"id": "undated-notice", "title": {"en": "Notice"}, "url": "https://example.org/a,b.html"}),
    ];
    service.publishes(&publication("new_data", json!({
        "organizations": organizations, "programmes": programmes, "commitments": commitments, "reports": reports,
        "observations": observations, "targets": targets, "sources": sources,
        "metrics": [{"id": "part", "name": {"en": "Part"}, "unit": {"code": "person"}, "time_basis": "point_in_time", "part_of": "cases"}],
    })));
    service
}

async fn walk(service: &Service, path: &str, limit: usize) -> Vec<String> {
    let joint = if path.contains('?') { '&' } else { '?' };
    let first = format!("{path}{joint}limit={limit}");
    let (mut ids, mut page) = (Vec::new(), service.get(&first).await);
    loop {
        let found = page.ids();
        assert!(found.len() <= limit);
        ids.extend(found);
        let Some(next) = page.json()["next"].as_str().map(str::to_owned) else {
            assert_eq!(page.header("link"), "", "no next, no link");
            return ids;
        };
        let link = page.header("link").to_owned();
        let query =
            link.strip_prefix("<?").and_then(|rest| rest.strip_suffix(">; rel=\"next\"")).expect("a relative link");
        assert!(query.ends_with(&format!("cursor={next}")), "{link}");
        page = service.get(&format!("{}?{query}", path.split('?').next().expect("a path"))).await;
    }
}

fn orders(kind: &Kind) -> Vec<String> {
    let mut orders = Vec::new();
    for sort in kind.all_sorts().map(|sort| sort.name) {
        orders.extend([sort.to_owned(), format!("-{sort}")]);
        if sort != "id" {
            orders.extend([
                format!("-{sort},id"),
                format!("{sort},-id"),
                format!("-{sort},changed_in,-id").replace("-changed_in,changed_in", "changed_in"),
            ]);
        }
    }
    orders
}

#[actix_web::test]
async fn pages_in_every_order_add_up_to_the_whole_list() {
    let service = varied().await;
    for kind in KINDS {
        let path = format!("/v1/{}", kind.collection);
        let mut all = service.get(&format!("{path}?limit=1000&count=exact")).await;
        assert_eq!(all.json()["count"], all.ids().len());
        let mut expected = all.ids();
        expected.sort();
        for order in orders(kind) {
            all = service.get(&format!("{path}?limit=1000&sort={order}")).await;
            let whole = all.ids();
            for limit in [1, 2] {
                assert_eq!(walk(&service, &format!("{path}?sort={order}"), limit).await, whole, "{path} by {order}");
            }
            let mut sorted = whole;
            sorted.sort();
            assert_eq!(sorted, expected, "{path} by {order}");
        }
    }
    assert_eq!(walk(&service, "/v1/commitments/led/reports", 1).await, ["led-audit", "led-2019"]);
    assert_eq!(
        walk(&service, "/v1/metrics/cases/observations?sort=value", 1).await,
        ["to-unknown", "from-unknown", "cases-s1"]
    );
}

#[actix_web::test]
async fn absent_dates_sort_oldest() {
    let service = varied().await;
    for (path, expected) in [
        ("/v1/sources?sort=published_on", vec!["undated-notice", "paper"]),
        ("/v1/sources?sort=-published_on", vec!["paper", "undated-notice"]),
        ("/v1/commitments?sort=due_on", vec!["led", "supported", "one", "two", "theirs"]),
        ("/v1/reports?sort=-period_end", vec!["one-s1", "led-audit", "led-2019", "undated"]),
        ("/v1/programmes?sort=announced_on,id", vec!["plan", "plan-2019", "plan-2021"]),
    ] {
        assert_eq!(service.get(path).await.ids(), expected, "{path}");
    }
}

#[actix_web::test]
async fn filters_mean_what_they_say() {
    let service = varied().await;
    for (path, expected) in [
        ("/v1/organizations?division=37", vec!["city", "district", "org", "village"]),
        ("/v1/organizations?division=370000", vec!["city", "district", "org", "village"]),
        ("/v1/organizations?division=370100", vec!["city", "district", "village"]),
        ("/v1/organizations?division=370102", vec!["district", "village"]),
        ("/v1/organizations?division=370102001", vec!["village"]),
        ("/v1/organizations?division=370102001001", vec!["village"]),
        ("/v1/organizations?parent=org,city", vec!["city", "district"]),
        ("/v1/organizations?level=county,prefecture", vec!["city", "district"]),
        ("/v1/programmes?year=2019,2021&sort=year", vec!["plan-2019", "plan-2021"]),
        ("/v1/programmes?organization=city", vec!["plan-2021"]),
        ("/v1/programmes?announced_from=2021-01-01&announced_to=2021-02-01", vec!["plan-2021"]),
        ("/v1/commitments?organization=city&sort=id", vec!["supported", "theirs"]),
        ("/v1/commitments?organization=district", vec!["led"]),
        ("/v1/commitments?organization=org&sort=id", vec!["one", "two"]),
        ("/v1/commitments?year=2019&sort=id", vec!["led", "supported"]),
        ("/v1/commitments?status=completed,in_progress&sort=id", vec!["led", "one"]),
        ("/v1/commitments?status=none&sort=id", vec!["supported", "two"]),
        ("/v1/commitments?status=none,completed&sort=id", vec!["led", "supported", "two"]),
        ("/v1/commitments?topic=digital,mediation&sort=id", vec!["led", "one", "two"]),
        ("/v1/commitments?number=2,3&sort=number,id", vec!["supported", "two", "theirs"]),
        ("/v1/commitments?due_from=2020-01-01&due_to=2020-12-31&sort=id", vec!["one", "two"]),
        ("/v1/commitments?continues=one,led&sort=id", vec!["supported", "theirs"]),
        ("/v1/commitments?programme=plan&number=2", vec!["two"]),
        ("/v1/commitments?id=one,led,nobody&sort=id", vec!["led", "one"]),
        ("/v1/reports?programme=plan-2019&sort=id", vec!["led-2019", "led-audit"]),
        ("/v1/reports?assessor=self_reported&commitment=led", vec!["led-2019"]),
        ("/v1/reports?status=delayed,not_started&sort=id", vec!["led-audit", "undated"]),
        ("/v1/reports?reported_from=2020-01-01&reported_to=2020-01-31", vec!["led-audit"]),
        ("/v1/reports?period_from=2019-07-01&period_to=2019-08-31&sort=id", vec!["led-2019", "led-audit"]),
        ("/v1/reports?period_to=1999-12-31", vec!["led-audit"]),
        ("/v1/reports?source=paper", vec!["led-audit"]),
        ("/v1/metrics?unit=person", vec!["part"]),
        ("/v1/metrics?part_of=cases&time_basis=point_in_time", vec!["part"]),
        ("/v1/metrics?commitment=led", vec!["settled"]),
        ("/v1/metrics?commitment=one", vec!["cases", "rate", "settled"]),
        (
            "/v1/observations?period_from=2020-03-01&period_to=2020-03-31&sort=id&computed=false",
            vec!["cases-s1", "from-unknown", "settled-s1"],
        ),
        ("/v1/observations?period_from=2030-01-01", vec!["to-unknown"]),
        ("/v1/observations?period_to=1999-01-01", vec!["from-unknown"]),
        ("/v1/observations?period=2020-S1&metric=cases,settled&sort=id", vec!["cases-s1", "settled-s1"]),
        ("/v1/observations?value_min=-2&value_max=1.5&sort=value", vec!["to-unknown", "from-unknown"]),
        ("/v1/observations?role=baseline", vec!["old"]),
        ("/v1/observations?computed=true", vec!["rate~settled-s1"]),
        ("/v1/observations?reported_by=city", vec!["to-unknown"]),
        ("/v1/observations?subject=city", vec!["old"]),
        ("/v1/observations?division=370102", vec!["from-unknown"]),
        ("/v1/observations?commitment=one&sort=id", vec!["cases-s1", "rate~settled-s1", "settled-s1"]),
        ("/v1/targets?metric=cases&comparator=at_least&due_to=2020-12-31", vec!["target-one"]),
        ("/v1/targets?subject=city&value_max=4", vec!["target-two"]),
        ("/v1/targets?division=37&commitment=one", vec!["target-one"]),
        ("/v1/sources?published_from=2020-04-14&published_to=2020-04-14", vec!["paper"]),
        ("/v1/sources?url=https%3A%2F%2Fexample.org%2Fa%3Fb%3Dc", vec!["paper"]),
        ("/v1/sources?url=https://example.org/a,b.html", vec!["undated-notice"]),
        (
            "/v1/sources?url=https://example.org/a,b.html,%20https://example.org/a?b=c&sort=id",
            vec!["paper", "undated-notice"],
        ),
        ("/v1/sources?url=https://example.org/a", vec![]),
        ("/v1/sources?publisher=city", vec![]),
    ] {
        assert_eq!(service.get(path).await.ids(), expected, "{path}");
    }
}

#[actix_web::test]
async fn words_are_found_in_chinese_and_english_at_head_and_in_the_past() {
    let service = varied().await;
    let mut corrected = commitment("one", 1);
    corrected["title"] = json!({"en": "Renamed", "zh-Hans": "改名"});
    service.publishes(&publication("source_correction", json!({"commitments": [corrected]})));
    for (words, at, expected) in [
        ("调解", "", vec!["supported", "two"]),
        ("调解", "&revision=2", vec!["one", "supported", "two"]),
        ("线上", "", vec!["supported"]),
        ("上调解", "", vec!["supported"]),
        ("解调", "", vec![]),
        ("狱", "", vec!["led"]),
        ("智慧 监狱", "", vec!["led"]),
        ("智监", "", vec![]),
        ("SMART", "", vec!["led"]),
        ("prisons，built", "", vec!["led"]),
        ("prison", "", vec!["led"]),
        ("wide", "", vec!["theirs"]),
        ("ｃａｆé", "", vec!["theirs"]),
        ("２０２１ wide", "", vec!["theirs"]),
        ("commitment", "&revision=1", vec!["one", "two"]),
        ("commitment", "", vec!["two"]),
        ("' & | ! commitment :*", "", vec!["two"]),
    ] {
        let q: String = url::form_urlencoded::byte_serialize(words.as_bytes()).collect();
        assert_eq!(service.get(&format!("/v1/commitments?sort=id&q={q}{at}")).await.ids(), expected, "{words} {at}");
    }
    let stored = service.get("/v1/commitments/theirs").await.json();
    assert_eq!(stored["title"]["en"], "ＷＩＤＥ Café 2021", "what is stored is never folded");
}

#[actix_web::test]
async fn include_embeds_related_records_and_fields_keeps_members() {
    let service = varied().await;
    for kind in KINDS {
        for include in kind.includes {
            let mut seen = 0;
            let path = format!("/v1/{}?include={}&fields=id", kind.collection, include.name);
            for item in service.get(&path).await.json()["data"].as_array().expect("a list") {
                assert_eq!(item.as_object().expect("an object").len(), 2, "{item}");
                let embedded: Vec<&Value> = match item["included"].get(include.name) {
                    Some(Value::Array(many)) if include.many => many.iter().collect(),
                    Some(one @ Value::Object(_)) if !include.many => vec![one],
                    None if !include.many => vec![],
                    other => panic!("{path}: {other:?}"),
                };
                for record in embedded {
                    let collection = KINDS.iter().find(|kind| kind.name == include.kind).expect("a kind").collection;
                    let alone = service
                        .get(&format!("/v1/{collection}/{}", record["id"].as_str().expect("an id")))
                        .await
                        .json();
                    assert_eq!(*record, alone, "{path}");
                    seen += 1;
                }
            }
            assert!(seen > 0, "{path} embeds nothing");
        }
    }
    let one = service.get("/v1/commitments/led?include=latest_report,organization&fields=status,id").await.text;
    assert!(one.starts_with("{\"status\":\"completed\",\"id\":\"led\",\"included\":{\"organization\":{"), "{one}");
    assert!(one.contains("\"latest_report\":{\"changed_in\":2,\"period_end\":\"2019-12-31\","), "{one}");
    assert_eq!(
        service.get("/v1/commitments/supported?include=latest_report&fields=id").await.text,
        r#"{"id":"supported","included":{}}"#
    );
}

#[actix_web::test]
async fn at_most_a_hundred_related_records_are_embedded() {
    let service = Service::small().await;
    let many: Vec<Value> =
        (0..120).map(|n| observation(&format!("n-{n}"), "cases", &format!("{}", 1800 + n), json!(n))).collect();
    service.publishes(&publication("new_data", json!({"observations": many})));
    let one = service.get("/v1/commitments/one?include=observations").await.json();
    let embedded = one["included"]["observations"].as_array().expect("a list").len();
    assert_eq!(embedded, 100);
}

#[actix_web::test]
async fn csv_has_the_rows_of_json_in_stable_columns() {
    let service = varied().await;
    for kind in KINDS {
        let path = format!("/v1/{}?limit=2", kind.collection);
        let (json, csv) = (service.get(&path).await, service.get(&format!("{path}&format=csv")).await);
        assert!(csv.header("content-type").starts_with("text/csv"));
        assert!(csv.text.contains("\r\n") && !csv.text.starts_with('\u{feff}'));
        assert_eq!(csv.header("link").replace("format=csv&", ""), json.header("link"), "{path}");
        let mut reader = csv::Reader::from_reader(csv.text.as_bytes());
        let header = reader.headers().expect("a header").clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
        let cell = |row: usize, name: &str| {
            let column =
                header.iter().position(|column| column == name).unwrap_or_else(|| panic!("{name} in {header:?}"));
            rows[row][column].to_owned()
        };
        for (row, item) in json.json()["data"].as_array().expect("a list").iter().enumerate() {
            assert_eq!(cell(row, "id"), item["id"]);
            for (name, value) in item.as_object().expect("an object") {
                match value {
                    Value::String(text) => assert_eq!(cell(row, name), *text),
                    Value::Object(text) if text.contains_key("en") => {
                        assert_eq!(cell(row, &format!("{name}_en")), text["en"])
                    }
                    Value::Object(_) => {}
                    other => assert_eq!(cell(row, name), other.to_string()),
                }
            }
        }
        assert_eq!(rows.len(), json.ids().len());
    }
    let header = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    let commitments = service.get("/v1/commitments?format=csv").await.text;
    assert!(header(&commitments).contains("title_zh_hans,title_en"), "{}", header(&commitments));
    assert!(commitments.contains("\"[\"\"prisons\"\",\"\"digital\"\"]\""), "arrays are JSON in one cell");
    let quoted = service.get("/v1/observations?id=old&fields=id,scope&format=csv").await.text;
    assert_eq!(quoted, "id,scope\r\nold,\"a, \"\"b\"\"\nc\"\r\n");
    let metrics = service.get("/v1/metrics?format=csv&fields=unit,ratio").await.text;
    assert_eq!(
        header(&metrics),
        "unit_code,unit_label_zh_hans,unit_label_en,ratio_numerator,ratio_denominator,ratio_multiplier,other_languages"
    );
}
