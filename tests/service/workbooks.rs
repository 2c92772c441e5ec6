//! Workbooks: what they say of themselves, and the room that they take.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::exports::{file, varied};
use crate::support::data::{self, organization, publication};
use crate::support::{Service, Settings, TestDatabase, tables};

/// What the second sheet says, by the names in its first column.
fn facts(book: &[u8]) -> BTreeMap<String, String> {
    let text = |cell: Option<&(bool, String)>| cell.map(|(_, text)| text.clone()).unwrap_or_default();
    tables::sheets(book)[1].iter().map(|row| (text(row.get(&0)), text(row.get(&1)))).collect()
}

#[actix_web::test]
async fn a_workbook_says_of_when_its_data_is_whether_it_is_a_page_or_all() {
    let mut service = varied().await;
    service.publishes(&publication("new_data", json!({"organizations": [organization("newer")]})));
    let revision = service.get("/v1/revisions/3").await.json();
    let published: DateTime<Utc> = revision["published_at"].as_str().expect("a time").parse().expect("a time");
    let list = "/v1/observations?format=xlsx";
    let page = file(&service, list).await;
    for book in [&page, &file(&service, "/v1/exports/observations.xlsx").await] {
        let facts = facts(&book.bytes);
        assert_eq!(facts["修订 Revision"], "3");
        let said: DateTime<Utc> = facts["发布时间 Published at"].parse().expect("a time");
        assert_eq!(said.timestamp(), published.timestamp());
    }
    let database = std::mem::replace(&mut service.database, TestDatabase::create().await);
    let public_url = Some("https://other.example".into());
    let moved = Service::on(database, Settings { public_url, ..Settings::default() });
    let again = moved.bytes(list, &[("if-none-match", page.header("etag"))]).await;
    assert_eq!(again.status, 200, "who asks again hears of the new address");
}

#[actix_web::test]
async fn an_address_that_is_longer_than_a_cell_is_cut_off() {
    let service = Service::small().await;
    let words = "%E5%8A%9E".repeat(3_800);
    for path in [format!("/v1/exports/commitments.xlsx?q={words}"), format!("/v1/commitments?format=xlsx&q={words}")] {
        let link = facts(&file(&service, &path).await.bytes)["永久链接 Link"].clone();
        assert!(link.len() > 32_000 && link.ends_with('…'), "{link}");
    }
}

#[actix_web::test]
async fn a_sheet_needs_room_for_what_it_is_before_it_is_compressed() {
    let service = Service::with(Settings { export_bytes: 100_000, ..Settings::default() }).await;
    service.publishes(&data::small());
    service.publishes(&data::wordy(100));
    let refused = service.get("/v1/exports/organizations.xlsx").await;
    assert_eq!((refused.status, refused.problem().as_str()), (503, "export-no-room"));
    assert_eq!(service.state.exports.bytes(), 0, "it is given back");
    let few = file(&service, "/v1/exports/organizations.xlsx?id=wordy-1,wordy-2").await;
    assert_eq!(service.state.exports.bytes(), few.bytes.len() as u64, "the sheet is gone");
}
