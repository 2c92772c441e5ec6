//! Search over all kinds: what is found, in what order, and what it costs.

use chrono::Utc;
use open_commitments::db::migrate::{self, Direction};
use open_commitments::db::read::At;
use open_commitments::db::read::search::{self, CANDIDATES, Search};
use open_commitments::model::kinds::KINDS;
use serde_json::{Value, json};

use crate::support::data::{self, commitment, publication};
use crate::support::{Answer, Service, TestDatabase};

fn path(words: &str, more: &str) -> String {
    let q: String = url::form_urlencoded::byte_serialize(words.as_bytes()).collect();
    format!("/v1/search?q={q}{more}")
}

/// Kind and id of each hit, in order.
fn found(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let data = answer.json()["data"].as_array().cloned().expect("a list");
    data.iter().map(|hit| (text(&hit["kind"]), text(&hit["id"]))).collect()
}

/// The parts of highlights, what matches in brackets.
fn marked(highlight: &Value) -> String {
    let parts = highlight["parts"].as_array().expect("parts").iter();
    let show = |part: &Value| match (part["match"].as_bool(), part["text"].as_str()) {
        (Some(true), Some(text)) => format!("[{text}]"),
        (_, text) => text.unwrap_or_default().to_owned(),
    };
    parts.map(show).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(kind, id)| ((*kind).to_owned(), (*id).to_owned())).collect()
}

#[actix_web::test]
async fn the_real_data_is_found_by_its_words_whatever_their_script_and_width() {
    let service = Service::shandong().await;
    let simplified = found(&service.get(&path("人民监督员", "")).await);
    assert!(!simplified.is_empty());
    assert_eq!(found(&service.get(&path("人民監督員", "")).await), simplified);
    let answer = service.get(&path("人民監督員", "&limit=1")).await;
    let highlight = answer.json()["data"][0]["highlights"][0].clone();
    assert!(marked(&highlight).contains("[人民监督员]"), "{highlight}");
    assert_eq!(highlight["language"], "zh-Hans");
    for words in ["1,166", "１，１６６", "1166"] {
        let answer = service.get(&path(words, "&kind=observation")).await;
        let first = answer.json()["data"][0].clone();
        let printed =
            first["highlights"].as_array().expect("some").iter().find(|one| one["pointer"] == "/as_published");
        assert!(printed.is_some_and(|one| marked(one).starts_with('[')), "{words}: {}", answer.text);
    }
    let list = service.get("/v1/commitments?q=%E4%BA%BA%E6%B0%91%E7%9B%A3%E7%9D%A3%E5%93%A1").await;
    assert!(!list.ids().is_empty(), "lists fold as well");
}

/// What the small ledger has, and more with the same words in other places.
async fn ranked() -> Service {
    let service = Service::small().await;
    let titled = |id: &str, number: i64, title: Value, more: Value| {
        let mut record = json!({"id": id, "programme": "plan", "number": number, "title": title});
        record.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        record
    };
    service.publishes(&publication(
        "new_data",
        json!({
            "organizations": [{"id": "lake", "name": {"en": "Lake office", "zh-Hans": "湖泊办公室"}}],
            "commitments": [
                titled("old-text", 11, json!({"en": "Water"}), json!({"text": {"en": "The lake is cleaned."}})),
                titled("both-texts", 12, json!({"en": "Rivers"}), json!({"summary": {"en": "A lake"}, "text": {"en": "The lake is cleaned."}})),
                titled("parted", 13, json!({"en": "Clean the blue lake"}), json!({})),
                titled("phrase", 14, json!({"en": "A clean lake", "zh-Hans": "清洁湖泊"}), json!({})),
            ],
        }),
    ));
    service.publishes(&publication(
        "new_data",
        json!({"commitments": [titled("new-text", 15, json!({"en": "Later"}), json!({"text": {"en": "One lake more"}}))]}),
    ));
    service
}

#[actix_web::test]
async fn ids_come_first_then_titles_then_more_texts_then_newer_ones() {
    let service = ranked().await;
    assert_eq!(
        found(&service.get(&path("lake", "")).await),
        pairs(&[
            ("organization", "lake"),
            ("commitment", "parted"),
            ("commitment", "phrase"),
            ("commitment", "both-texts"),
            ("commitment", "new-text"),
            ("commitment", "old-text"),
        ])
    );
    let answer = service.get(&path("clean lake", "")).await.json();
    let ways: Vec<(&str, &str)> = answer["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|hit| (hit["id"].as_str().expect("an id"), hit["found"].as_str().expect("a way")))
        .collect();
    assert_eq!(ways[0], ("phrase", "title"));
    assert!(ways.contains(&("parted", "texts")), "{ways:?}");
    assert_eq!(service.get(&path("one-s1", "")).await.json()["data"][0]["found"], "id");
    assert_eq!(found(&service.get(&path("湖泊办", "")).await), pairs(&[("organization", "lake")]));
    assert_eq!(answer["complete"], true);
}

#[actix_web::test]
async fn pages_add_up_and_filters_narrow() {
    let service = ranked().await;
    let whole = found(&service.get(&path("lake", "&limit=1000")).await);
    let counted = service.get(&path("lake", "&count=exact")).await.json();
    assert_eq!(counted["count"], whole.len());
    for limit in 1..=3 {
        let (mut walked, mut next) = (Vec::new(), String::new());
        loop {
            let page = service.get(&path("lake", &format!("&limit={limit}{next}"))).await;
            walked.extend(found(&page));
            match page.json()["next"].as_str() {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(walked, whole, "by {limit}");
    }
    assert_eq!(
        found(&service.get(&path("lake", "&kind=organization,target")).await),
        pairs(&[("organization", "lake")])
    );
    assert_eq!(found(&service.get(&path("lake", "&publisher=nobody")).await), pairs(&[]));
    assert_eq!(found(&service.get(&path("lake", "&publisher=org,nobody")).await), whole);
    let newest = found(&service.get("/v1/search?kind=commitment&limit=1").await);
    assert_eq!(newest, pairs(&[("commitment", "new-text")]), "without words, the newest");
    for (query, parameter) in [("q=%EF%BC%8C", "q"), ("q=lake&kind=wish", "kind"), ("publisher=A", "publisher")] {
        let refused = service.get(&format!("/v1/search?{query}")).await;
        assert_eq!((refused.status, &refused.json()["errors"][0]["parameter"]), (400, &json!(parameter)));
    }
    let cursor = service.get(&path("lake", "&limit=1")).await.json()["next"].as_str().expect("a cursor").to_owned();
    assert_eq!(service.get(&path("clean", &format!("&cursor={cursor}"))).await.problem(), "invalid-parameter");
}

#[actix_web::test]
async fn the_past_is_searched_as_it_was_and_what_is_redacted_is_found_nowhere() {
    let service = Service::small().await;
    let mut renamed = commitment("one", 1);
    renamed["title"] = json!({"en": "Harbour", "zh-Hans": "港口"});
    service.publishes(&publication("source_correction", json!({"commitments": [renamed]})));
    for (words, at, expected) in [
        ("harbour", "", vec![("commitment", "one")]),
        ("harbour", "&revision=1", vec![]),
        ("Commitment", "&revision=1", vec![("commitment", "one"), ("commitment", "two")]),
        ("Commitment", "", vec![("commitment", "two")]),
    ] {
        let answer = service.get(&path(words, at)).await;
        assert_eq!(found(&answer), pairs(&expected), "{words} {at}");
        let revision = if at.is_empty() { "2" } else { "1" };
        assert_eq!(answer.header("ledger-revision"), revision);
    }
    let pinned = service.get(&path("Commitment", "&revision=1")).await.json();
    assert_eq!(pinned["data"][0]["link"], "commitments/one?revision=1");
    assert_eq!(service.get("/v1/commitments/one?revision=1").await.status, 200);
    let output = service.run(&["redact", "commitment", "one", "--message", "The law"], "");
    assert!(output.status.success());
    for at in ["", "&revision=1", "&revision=2"] {
        for words in ["harbour", "one", "港口", "纠纷"] {
            let found = found(&service.get(&path(words, at)).await);
            assert!(!found.contains(&("commitment".into(), "one".into())), "{words} {at}: {found:?}");
        }
    }
}

#[actix_web::test]
async fn another_folding_indexes_what_is_there_anew_and_changes_nothing_else() {
    let service = Service::shandong().await;
    service.publishes(&data::small());
    let everything = "SELECT string_agg(c, '' ORDER BY c) FROM (SELECT t::text AS c FROM commitments t UNION ALL SELECT t::text FROM observations t) x";
    let before = service.database.text(everything).await;
    for kind in KINDS {
        let spoilt = format!("UPDATE {} SET search = 'nothing'::tsvector", kind.collection);
        service.database.sql(&spoilt).await.expect("a search column is derived, and may be derived anew");
    }
    assert_eq!(found(&service.get(&path("调解", "")).await), pairs(&[]));
    let run = || migrate::run(&service.database.url, "UTC", Direction::Up);
    run().await.expect("nothing to do");
    assert_eq!(found(&service.get(&path("调解", "")).await), pairs(&[]), "the same folding leaves rows alone");
    service.database.sql("UPDATE search_index SET folding = 1").await.expect("an older folding");
    run().await.expect("indexed anew");
    let after = service.database.text(everything).await;
    assert!(after == before, "an index made of bodies is the one made of what was sent");
    assert!(!found(&service.get(&path("调解", "&limit=50")).await).is_empty());
    let tampered = "UPDATE commitments SET search = 'nothing'::tsvector, body = '{}'";
    assert!(service.database.sql(tampered).await.is_err(), "nothing but the search column");
    assert!(service.run(&["verify"], "").status.success());
}

/// Revisions that rows are spread over.
const REVISIONS: i64 = 100;
/// Pages (8 KiB) that a search of all kinds may touch: for each kind its candidates and the rows between them,
/// or the rows that have the word. The most is for a word that many rows have, but none of the newer ones.
const BOUND: i64 = 120_000;
/// The same for a word that all rows have, whatever the size of the ledger.
const BOUND_EVERYWHERE: i64 = 5_000;

/// Rows of three kinds with a word that all have, one that only the oldest fifth has, one that a hundredth has,
/// and one that twelve have.
async fn fill(database: &TestDatabase, rows: i64) {
    let share = rows / REVISIONS;
    for n in 1..=REVISIONS {
        let (first, last) = ((n - 1) * share, n * share - 1);
        let (rare, old) = (rows / 12, rows / 5);
        let row = |kind: &str, columns: &str, values: &str| {
            format!(
                "INSERT INTO {kind} (id, publisher, body, derived, changed_in, search, revision_from{columns}) \
                 SELECT 'r' || i, 'p' || i % 20, '{{\"id\":\"r' || i || '\",\"publisher\":\"p' || i % 20 || '\"}}', '', {n}, \
                 ('''common'':1A,9 ''bigram'':2A ''filler' || i % 1000 || ''':3,4,5' || CASE WHEN i % 100 = 0 THEN ' ''uncommon'':7' ELSE '' END \
                 || CASE WHEN i < {old} THEN ' ''old'':6' ELSE '' END || CASE WHEN i % {rare} = 5 THEN ' ''rare'':8' ELSE '' END)::tsvector, {n}{values} \
                 FROM generate_series({first}::int, {last}::int) i;\n"
            )
        };
        let sql = format!(
            "BEGIN;
             INSERT INTO revisions VALUES ({n}, 'new_data', 'org', '{{}}', decode(repeat('ab', 16), 'hex'), decode(repeat('ab', 32), 'hex'),
                 clock_timestamp(), decode(repeat('cd', 32), 'hex'), 1);
             UPDATE head SET revision = {n}, digest = r.digest, published_at = r.published_at FROM revisions r WHERE r.revision = {n};
             {}{}{}
             INSERT INTO kind_changes SELECT k, {n} FROM unnest(ARRAY['organization', 'commitment', 'observation']) k;
             COMMIT;",
            row("organizations", "", ""),
            row("commitments", ", programme, number, organizations, topics", ", 'plan', 1, '{}', '{}'"),
            row("observations", ", metric, role, period, value, computed", ", 'm' || i % 50, 'actual', 'p' || i, i, false"),
        );
        database.sql(&sql).await.expect("rows");
    }
    database.sql("VACUUM ANALYZE").await.expect("analysed");
}

#[derive(diesel::QueryableByName)]
struct Explained {
    #[diesel(sql_type = diesel::sql_types::Json)]
    #[diesel(column_name = "QUERY PLAN")]
    plan: Value,
}

async fn check(rows: i64) {
    use diesel_async::RunQueryDsl;
    let database = TestDatabase::create().await;
    fill(&database, rows).await;
    let mut connection = database.connection().await;
    let mut over = Vec::new();
    for words in ["common", "common bigram", "old", "uncommon", "rare", "common rare", "nowhere"] {
        for publishers in [vec![], vec!["p7".to_owned()]] {
            for revision in [None, Some(REVISIONS / 2), Some(REVISIONS / 100)] {
                let search =
                    Search { words: Some(words), kinds: &KINDS, publishers: &publishers, after: None, rows: 51 };
                let at = revision.map_or(At::Head, At::Revision);
                let explained: Vec<Explained> =
                    search::explained(&search, at, Utc::now()).get_results(&mut connection).await.expect("a plan");
                let (plan, time) = (&explained[0].plan[0]["Plan"], &explained[0].plan[0]["Execution Time"]);
                let count = |name: &str| plan[name].as_i64().unwrap_or_default();
                let touched = count("Shared Hit Blocks") + count("Shared Read Blocks");
                let line =
                    format!("{rows} rows: {words} of {publishers:?} at {revision:?}: {touched} pages, {time} ms");
                println!("{line}");
                let bound = if words.starts_with("common") { BOUND_EVERYWHERE } else { BOUND };
                if touched > bound {
                    over.push(line);
                }
            }
        }
    }
    assert!(over.is_empty(), "{}", over.join("\n"));
}

#[actix_web::test]
async fn a_word_that_is_everywhere_costs_no_more_than_its_candidates() {
    check(20_000).await;
}

#[actix_web::test]
#[ignore = "long: minutes"]
async fn a_word_that_is_everywhere_costs_no_more_at_a_million_rows() {
    check(1_000_000).await;
}

#[actix_web::test]
async fn a_search_that_has_more_matches_than_are_ranked_says_so() {
    let database = TestDatabase::create().await;
    fill(&database, 2_000).await;
    let service = Service::on(database, crate::support::Settings::default());
    let answer = service.get(&path("common", "&kind=commitment&count=exact&limit=1")).await.json();
    assert_eq!((&answer["complete"], &answer["count"]), (&json!(false), &json!(CANDIDATES)));
    assert_eq!(answer["data"][0]["changed_in"], REVISIONS, "the newest are ranked");
    let answer = service.get(&path("uncommon", "&kind=commitment&count=exact&limit=1")).await.json();
    assert_eq!((&answer["complete"], &answer["count"]), (&json!(true), &json!(20)));
}
