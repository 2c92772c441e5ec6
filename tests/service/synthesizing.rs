//! Made-up ledgers: whole, the same for the same seed, and as the ledger itself would have written them.

use crate::support::{Service, Settings, TestDatabase, command_beside};

const SIZE: [&str; 6] = ["--commitments", "120", "--observations", "900", "--revisions", "40"];

async fn made_up(seed: &str) -> Service {
    let database = TestDatabase::create().await;
    let words: Vec<&str> = ["synthesize"].into_iter().chain(SIZE).chain(["--seed", seed]).collect();
    let output = command_beside(&words, &database.url).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Service::on(database, Settings::default())
}

/// Rows of records and of what is derived, without what is random.
async fn rows(service: &Service) -> String {
    let mut rows = String::new();
    for path in [
        "summary",
        "commitments?limit=1000",
        "observations?limit=1000",
        "reports?limit=1000",
        "warnings?limit=1000",
        "revisions",
    ] {
        for revision in [40, 17] {
            let mark = if path.contains('?') { '&' } else { '?' };
            let answer = service.get(&format!("/v1/{path}{mark}revision={revision}")).await;
            assert_eq!(answer.status, 200, "{path}");
            rows.push_str(&answer.text);
        }
    }
    rows
}

#[actix_web::test]
async fn a_made_up_ledger_is_whole_and_has_what_was_asked_for() {
    let service = made_up("1").await;
    let summary = service.get("/v1/commitments?count=exact&limit=1").await.json();
    assert_eq!(summary["count"], 120);
    let output = command_beside(&["verify"], &service.database.url).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Into a ledger that has revisions nothing is made up.
    let output = command_beside(&["synthesize"], &service.database.url).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("an empty one alone"));
    assert_eq!(service.head().await, 40);
}

#[actix_web::test]
async fn a_made_up_ledger_is_the_same_for_the_same_seed_alone() {
    let (one, same, other) = (made_up("7").await, made_up("7").await, made_up("8").await);
    let digests = |text: String| {
        text.split("\"digest\"").map(|part| part.get(67..).unwrap_or(part).to_owned()).collect::<String>()
    };
    assert_eq!(digests(rows(&one).await), digests(rows(&same).await));
    assert_ne!(digests(rows(&one).await), digests(rows(&other).await));
}

#[actix_web::test]
async fn a_made_up_ledger_is_what_publishing_would_have_written() {
    let service = made_up("3").await;
    let copy = TestDatabase::bare().await;
    // A copy derives statuses and warnings with the code that publishes.
    let output = command_beside(&["mirror", "--from", &service.url], &copy.url).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let copy = Service::on(copy, Settings::default());
    assert_eq!(rows(&copy).await, rows(&service).await);
    let history = |id: &str| format!("/v1/observations/{id}/history");
    let newest = service.get("/v1/observations?sort=-changed_in&limit=1").await.json();
    let id = newest["data"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(service.get(&history(&id)).await.text, copy.get(&history(&id)).await.text);
}
