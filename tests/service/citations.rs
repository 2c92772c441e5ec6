//! Citations say who, what, which revision and where, in four forms, and nothing in them breaks out.

use open_commitments::citation::bibtex::escape;
use open_commitments::citation::words::{number, when};
use open_commitments::model::message::Language;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::data::{self, publication};
use crate::support::{Service, Settings, TestDatabase, at, publish_at};

fn on_the_fifth() -> chrono::DateTime<chrono::Utc> {
    at("2026-01-05T20:00:00Z") // the sixth in Shanghai
}

fn today() -> chrono::DateTime<chrono::Utc> {
    at("2026-03-09T08:00:00Z")
}

async fn shandong() -> Service {
    let settings =
        Settings { public_url: Some("https://data.example/open".into()), clock: today, ..Settings::default() };
    let service = Service::on(TestDatabase::create().await, settings);
    let mut connection = service.database.connection().await;
    publish_at(&mut connection, &data::shandong(), on_the_fifth).await;
    service
}

async fn digest(service: &Service) -> String {
    service.get("/v1").await.json()["digest"].as_str().expect("a digest")[..8].to_owned()
}

#[actix_web::test]
async fn a_metric_is_cited_by_gb_t_7714_and_in_the_words_of_newspapers() {
    let service = shandong().await;
    let digest = digest(&service).await;
    let address = format!("https://data.example/open/metrics/mediation-cases?revision=1-{digest}");
    let text = |answer: crate::support::Answer| {
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "text/plain; charset=utf-8"),
            "{}",
            answer.text
        );
        answer.text
    };
    let name = service.get("/v1/metrics/mediation-cases").await.json()["name"].clone();
    let (zh, en) = (name["zh-Hans"].as_str().expect("a name"), name["en"].as_str().expect("a name"));
    assert_eq!(
        text(service.get("/v1/metrics/mediation-cases/citation.txt").await),
        format!(
            "山东省司法厅. {zh}[DS/OL]. 修订1. Open Commitments(2026-01-06)[2026-03-09]. {address}.\n\
             据山东省司法厅，2020年上半年，{zh}：29456件。\n"
        )
    );
    assert_eq!(
        text(service.get("/v1/metrics/mediation-cases/citation.txt?lang=en").await),
        format!(
            "Department of Justice of Shandong Province. {en}[DS/OL]. Revision 1. Open Commitments(2026-01-06)[2026-03-09]. {address}.\n\
             According to the Department of Justice of Shandong Province, in the first half of 2020, “{en}”: 29,456 cases.\n"
        )
    );
    let pinned = text(service.get("/v1/metrics/mediation-cases/citation.txt?revision=1").await);
    assert!(pinned.contains("(2026-01-06)[2026-01-06]"), "pinned, it depends on the revision alone: {pinned}");
}

#[actix_web::test]
async fn reference_managers_get_json_and_bibtex() {
    let service = shandong().await;
    let digest = digest(&service).await;
    let answer = service.get("/v1/commitments/sd-justice-2020-13/citation.json?lang=en").await;
    assert_eq!(answer.header("content-type"), "application/vnd.citationstyles.csl+json");
    let item = answer.json()[0].clone();
    assert_eq!(
        (&item["type"], &item["author"][0]["literal"]),
        (&json!("dataset"), &json!("Department of Justice of Shandong Province"))
    );
    assert_eq!(item["issued"], json!({"date-parts": [[2026, 1, 6]]}));
    assert_eq!(item["URL"], format!("https://data.example/open/commitments/sd-justice-2020-13?revision=1-{digest}"));
    assert!(item["title"].as_str().expect("a title").contains(": No. 13 of "), "{item}");
    let entry = service.get("/v1/commitments/sd-justice-2020-13/citation.bib").await.text;
    assert!(entry.starts_with("@dataset{commitment-sd-justice-2020-13-r1,\n  author = {{山东省司法厅}},\n"), "{entry}");
    assert!(
        entry.contains("year = {2026},\n  month = jan,\n") && entry.contains(&format!("revision=1-{digest}}}")),
        "{entry}"
    );
    let short = service.get("/v1/commitments/sd-justice-2020-13/citation.txt").await.text;
    assert!(
        short.lines().nth(1).expect("a line").starts_with("据山东省司法厅，2020年上半年，公开承诺事项“"),
        "{short}"
    );
}

#[actix_web::test]
async fn head_is_cited_as_the_revision_that_it_is_now() {
    let service = Service::small().await;
    let address =
        |text: &str| text.lines().next().and_then(|line| line.rsplit(' ').next()).expect("an address").to_owned();
    let path = "/v1/metrics/cases/citation.txt";
    let first = service.get(path).await;
    service.publishes(&publication("new_data", json!({"organizations": [data::organization("other")]})));
    let second = service.get(path).await;
    assert!(
        address(&first.text).contains("?revision=1-") && address(&second.text).contains("?revision=2-"),
        "{}",
        second.text
    );
    assert_ne!(first.header("etag"), second.header("etag"));
    let pinned = service.get(&format!("{path}?revision=1")).await;
    assert_eq!(address(&pinned.text), address(&first.text));
}

#[actix_web::test]
async fn a_figure_is_quoted_as_it_was_stated() {
    let service = Service::small().await;
    let figure = json!({"id": "about", "metric": "cases", "period": "../2020-06-30", "value": 12.5, "qualifier": "about", "time_basis": "since_start",
        "scope": "Courts", "reported_by": "org"});
    service.publishes(&publication("new_data", json!({"observations": [figure]})));
    let said = |text: String| text.lines().nth(1).expect("a line").to_owned();
    let about = service.get("/v1/metrics/cases/citation.txt?lang=en&observation=about").await.text;
    assert_eq!(said(about), "According to Office, as of 30 June 2020, “Cases” (Courts): about 12.5 case.");
    let zh = service.get("/v1/metrics/cases/citation.txt?lang=zh&observation=about").await.text;
    assert_eq!(said(zh), "据办公室，截至2020年6月30日，Cases（Courts）：约12.5 case。");
    let rate = service.get("/v1/metrics/rate/citation.txt?lang=en").await.text;
    assert_eq!(
        said(rate),
        "According to Office, in the first half of 2020, “Rate” (济南市): 66.6667% (computed from published figures)."
    );
    for missing in ["nobody", "settled-s1"] {
        let answer = service.get(&format!("/v1/metrics/cases/citation.txt?observation={missing}")).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "no-such-record"), "{missing} is no figure of it");
    }
    service.publishes(&data::withdrawal(&[("commitment", "two")]));
    assert_eq!(service.get("/v1/commitments/two/citation.json").await.problem(), "record-withdrawn");
    assert_eq!(service.get("/v1/metrics/cases/citation.pdf").await.problem(), "no-such-path");
}

#[actix_web::test]
async fn titles_stay_text_whatever_they_hold() {
    let service = Service::small().await;
    let hostile =
        "<script>alert(1)</script> \"}, url = {javascript:x}\\input{x} 100% $ & # ^ ~ _ \u{202e}txet\n@misc{x}";
    service.publishes(&publication(
        "source_revision",
        json!({"metrics": [{"id": "cases", "name": {"en": hostile}, "unit": {"code": "case"}, "time_basis": "period_flow"}]}),
    ));
    let entry = service.get("/v1/metrics/cases/citation.bib").await.text;
    let title = entry
        .lines()
        .find_map(|line| line.strip_prefix("  title = {{"))
        .and_then(|line| line.strip_suffix("}},"))
        .expect("a title on one line");
    assert!(
        !title.contains("\\input") && !title.contains('\u{202e}') && title.contains("100\\% \\$ \\& \\#"),
        "{title}"
    );
    assert_eq!(entry.lines().count(), 11, "{entry}");
    assert!(entry.contains("langid = {english}"), "the title is in English alone: {entry}");
    let item = service.get("/v1/metrics/cases/citation.json").await.json();
    assert_eq!(item.as_array().map(Vec::len), Some(1));
    assert!(
        item[0]["title"].as_str().expect("a title").starts_with("<script>"),
        "JSON needs no more than its own escapes"
    );
    assert_eq!(service.get("/v1/metrics/cases/citation.txt").await.text.lines().count(), 2);
    let long: Value = "长".repeat(10_000).into();
    service.publishes(&publication(
        "source_revision",
        json!({"metrics": [{"id": "cases", "name": {"zh-Hans": long}, "unit": {"code": "case"}, "time_basis": "period_flow"}]}),
    ));
    assert!(service.get("/v1/metrics/cases/citation.txt").await.text.contains("长[DS/OL]"));
}

#[test]
fn periods_and_numbers_are_worded_as_in_a_newspaper() {
    for (period, en, zh) in [
        ("2020", "in 2020", "2020年"),
        ("2020-S2", "in the second half of 2020", "2020年下半年"),
        ("2020-Q3", "in the third quarter of 2020", "2020年第三季度"),
        ("2020-06", "in June 2020", "2020年6月"),
        ("2020-06-30", "on 30 June 2020", "2020年6月30日"),
        ("2020-01-15/2020-06-30", "from 15 January 2020 to 30 June 2020", "2020年1月15日至2020年6月30日"),
        ("../2020-06-30", "as of 30 June 2020", "截至2020年6月30日"),
        ("2020-01-15/..", "since 15 January 2020", "2020年1月15日以来"),
    ] {
        let said = when(period, None);
        assert_eq!((said.en.as_str(), said.zh.as_str()), (en, zh), "{period}");
    }
    for (digits, en) in [("0", "0"), ("999", "999"), ("1000", "1,000"), ("-1234567.5", "-1,234,567.5")] {
        assert_eq!(
            (number(digits, Language::English), number(digits, Language::Chinese)),
            (en.to_owned(), digits.to_owned())
        );
    }
}

proptest! {
    #[test]
    fn braces_of_an_entry_stay_balanced_and_every_command_is_one_of_ours(text in "\\PC{0,60}|[\\\\{}$&#^_~%<>|\"]{0,20}") {
        let escaped = escape(&text);
        let mut depth = 0i32;
        for c in escaped.chars() {
            depth += match c { '{' => 1, '}' => -1, _ => 0 };
            prop_assert!(depth >= 0, "{escaped}");
        }
        prop_assert_eq!(depth, 0, "{}", escaped);
        for command in escaped.split('\\').skip(1) {
            prop_assert!(command.starts_with("text") || command.starts_with(['$', '&', '#', '_', '%']), "{escaped}");
        }
    }
}
