//! The 2020 commitments of the Shandong department of justice, as a developer queries them.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Service, data};

#[actix_web::test]
async fn the_real_data_answers_what_others_rely_on() {
    let service = Service::shandong().await;
    let programme = service.get("/v1/programmes/sd-justice-2020").await.json();
    assert_eq!((&programme["year"], &programme["announced_on"]), (&json!(2020), &json!("2020-04-14")));
    let source = service.get(&format!("/v1/sources/{}", programme["source"].as_str().expect("a source"))).await.json();
    assert_eq!((&source["published_on"], &source["page"]), (&json!("2020-04-14"), &json!("7")));

    let commitments =
        service.get("/v1/commitments?programme=sd-justice-2020&sort=number&fields=id,number,status").await.json();
    let statuses: BTreeMap<i64, String> = commitments["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            let number = one["number"].as_i64().expect("a number");
            assert_eq!(one["id"], format!("sd-justice-2020-{number}"));
            (number, one["status"].as_str().expect("a status").to_owned())
        })
        .collect();
    let expected =
        (1..=15).map(|n| (n, if [1, 7, 14, 15].contains(&n) { "completed" } else { "in_progress" }.to_owned()));
    assert_eq!(statuses, expected.collect());

    let value = |answer: Value| {
        answer["data"].as_array().expect("a list").iter().map(|one| one["value"].to_string()).collect::<Vec<_>>()
    };
    for (path, expected) in [
        ("/v1/metrics/mediation-cases/observations?period=2020-S1", vec!["29456"]),
        ("/v1/metrics/mediation-cases-settled/observations", vec!["27614"]),
        ("/v1/metrics/mediation-settlement-rate/observations", vec!["93.7466"]),
        ("/v1/metrics/supervisors-appointed/observations?sort=value", vec!["66", "1166"]),
        ("/v1/metrics/mediation-centres/observations", vec!["72"]),
        ("/v1/metrics/smart-prisons-built/observations", vec![]),
        ("/v1/targets?metric=smart-prisons-built&due_to=2020-12-31", vec!["4"]),
    ] {
        assert_eq!(value(service.get(path).await.json()), expected, "{path}");
    }
    let summary = service.get("/v1/summary").await.json();
    assert_eq!(summary["statuses"], json!({"completed": 4, "in_progress": 11}));
}

#[actix_web::test]
async fn every_text_is_there_in_chinese_and_english() {
    fn walk(value: &Value, path: &str) {
        match value {
            Value::Object(members) if members.contains_key("zh-Hans") || members.contains_key("en") => {
                for language in ["zh-Hans", "en"] {
                    assert!(
                        members.get(language).and_then(Value::as_str).is_some_and(|text| !text.is_empty()),
                        "{path} lacks {language}"
                    );
                }
            }
            Value::Object(members) => members.iter().for_each(|(name, value)| walk(value, &format!("{path}/{name}"))),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, value)| walk(value, &format!("{path}/{index}")))
            }
            _ => {}
        }
    }
    walk(&data::shandong(), "");
}

/// Where the announcement is at hand: each figure's words are found in it, once, and nothing else is copied from it.
#[test]
fn evidence_is_in_the_announcement_and_the_rest_is_in_our_own_words() {
    let announcement =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/announcements/shandong-justice-2020-h1.txt");
    let Ok(text) = std::fs::read_to_string(announcement) else { return };
    let data = data::shandong();
    let mut evidence = 0;
    for collection in ["observations", "targets"] {
        for record in data["records"][collection].as_array().expect("records") {
            for quote in record["evidence"].as_array().expect("evidence") {
                let part = |name: &str| quote[name].as_str().unwrap_or_default().to_owned();
                let words = part("prefix") + &part("exact") + &part("suffix");
                assert_eq!(text.matches(&words).count(), 1, "{}: {words}", record["id"]);
                evidence += 1;
            }
        }
    }
    assert!(evidence > 20, "{evidence} quotes");
    let han = |text: &str| text.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).collect::<Vec<char>>();
    let announced: String = han(&text).into_iter().collect();
    for collection in ["commitments", "reports"] {
        for record in data["records"][collection].as_array().expect("records") {
            for member in ["title", "summary", "narrative", "next_steps"] {
                let words = han(record[member]["zh-Hans"].as_str().unwrap_or_default());
                for run in words.windows(16) {
                    let run: String = run.iter().collect();
                    assert!(!announced.contains(&run), "{}/{member} copies: {run}", record["id"]);
                }
            }
        }
    }
}
