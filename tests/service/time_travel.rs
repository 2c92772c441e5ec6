//! Reading the past, and what was published of a record.

use crate::support::publish_at;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::support::data::{self, commitment, organization, publication};
use crate::support::random::{Random, seeds};
use crate::support::{Service, Settings, at};

fn first() -> DateTime<Utc> {
    at("2020-07-01T02:00:00.5Z")
}

fn second() -> DateTime<Utc> {
    at("2020-07-10T15:59:59.999999Z") // the last instant of 10 July in Shanghai
}

fn now() -> DateTime<Utc> {
    at("2020-07-20T08:00:00Z")
}

/// Revision 1 of 1 July, revision 2 of the end of 10 July, seen on 20 July 2020.
async fn two_revisions() -> Service {
    let service = Service::with(Settings { clock: now, ..Settings::default() }).await;
    let mut connection = service.database.connection().await;
    let renamed = json!({"id": "one", "programme": "plan", "number": 1, "title": {"en": "Renamed"}});
    for (clock, bytes) in [
        (first as fn() -> DateTime<Utc>, data::small()),
        (second, publication("source_correction", json!({"commitments": [renamed]}))),
    ] {
        publish_at(&mut connection, &bytes, clock).await;
    }
    service
}

#[actix_web::test]
async fn as_of_finds_the_revision_of_a_time() {
    let service = two_revisions().await;
    for (as_of, revision) in [
        ("2020-07-01T02:00:00.5Z", 1),
        ("2020-07-01T10:00:00.500000%2B08:00", 1),
        ("2020-07-01T10:00:00.5+08:00", 1), // the + arrives as a space
        ("2020-07-01T10:00:00.5 08:00", 1),
        ("2020-07-01", 1),
        ("2020-07-09", 1),
        ("2020-07-10T15:59:59.999998Z", 1),
        ("2020-07-10T15:59:59.999999Z", 2),
        ("2020-07-10", 2),
        ("2020-07-11", 2),
        ("2020-07-20", 2), // today means now
        ("2020-07-20T08:00:00Z", 2),
    ] {
        for path in [
            "/v1/commitments/one",
            "/v1/commitments",
            "/v1/summary",
            "/v1",
            "/v1/revisions",
            "/v1/commitments/one/history",
        ] {
            let answer = service.get(&format!("{path}?as_of={}", as_of.replace(' ', "%20"))).await;
            assert_eq!(
                (answer.status, answer.header("ledger-revision")),
                (200, revision.to_string().as_str()),
                "{path} {as_of}: {}",
                answer.text
            );
        }
    }
    for as_of in ["2020-07-01T02:00:00.499999Z", "2020-06-30", "0001-01-01"] {
        assert_eq!(
            service.get(&format!("/v1/commitments?as_of={as_of}")).await.problem(),
            "no-such-revision",
            "{as_of}"
        );
    }
    for as_of in ["2020-07-20T08:00:00.000001Z", "2020-07-21", "9999-12-31"] {
        assert_eq!(
            service.get(&format!("/v1/commitments?as_of={as_of}")).await.problem(),
            "invalid-parameter",
            "{as_of}"
        );
    }
}

#[actix_web::test]
async fn a_time_not_before_heads_is_answered_and_cached_as_head() {
    let service = two_revisions().await;
    for path in ["/v1/commitments", "/v1/commitments/one", "/v1/summary"] {
        let (head, as_of) = (service.get(path).await, service.get(&format!("{path}?as_of=2020-07-15")).await);
        assert_eq!(
            (as_of.text.as_str(), as_of.header("etag"), as_of.header("cache-control")),
            (head.text.as_str(), head.header("etag"), head.header("cache-control")),
            "{path}"
        );
        let past = service.get(&format!("{path}?as_of=2020-07-05")).await;
        let pinned = service.get(&format!("{path}?revision=1")).await;
        assert_eq!(
            (past.text.as_str(), past.header("etag"), past.header("cache-control")),
            (pinned.text.as_str(), pinned.header("etag"), pinned.header("cache-control")),
            "{path}"
        );
    }
}

#[actix_web::test]
async fn a_page_of_the_past_goes_on_in_the_past() {
    let service = two_revisions().await;
    let first = service.get("/v1/commitments?revision=1&limit=1").await.json();
    let next = first["next"].as_str().expect("a cursor").to_owned();
    assert_eq!(service.get(&format!("/v1/commitments?revision=1&limit=1&cursor={next}")).await.ids(), ["two"]);
    assert_eq!(service.get(&format!("/v1/commitments?limit=1&cursor={next}")).await.header("ledger-revision"), "1");
    let mixed = service.get(&format!("/v1/commitments?revision=2&limit=1&cursor={next}")).await;
    assert_eq!(mixed.problem(), "invalid-parameter", "a cursor of one revision does not fit another");
}

#[actix_web::test]
async fn history_tells_every_version_newest_first() {
    let service = two_revisions().await;
    service.publishes(&data::withdrawal(&[
        ("report", "one-s1"),
        ("commitment", "one"),
        ("observation", "cases-s1"),
        ("observation", "settled-s1"),
    ]));
    service.publishes(&publication("new_data", json!({"organizations": [organization("other")]})));
    service.publishes(&publication("source_revision", json!({"commitments": [commitment("one", 1)]})));
    let items = service.get("/v1/commitments/one/history").await.json()["data"].clone();
    let told: Vec<Value> = items
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| {
            json!([item["revision_from"], item["revision_to"], item["op"], item["change_kind"], item["changed"]])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!([5, null, "upsert", "source_revision", null]),
            json!([3, 5, "withdraw", "withdrawal", null]),
            json!([
                2,
                3,
                "upsert",
                "source_correction",
                ["/due_on", "/lead_organization", "/title/en", "/title/zh-Hans", "/topics"]
            ]),
            json!([1, 2, "upsert", "new_data", null]),
        ]
    );
    assert_eq!(items[1]["reason"]["en"], "Published by mistake");
    assert_eq!((&items[2]["message"]["en"], &items[2]["record"]["title"]["en"]), (&json!("Test"), &json!("Renamed")));
    assert!(items[1].get("record").is_none() && items[0]["record"].get("status").is_none(), "{items}");
    let at_two = service.get("/v1/commitments/one/history?revision=2").await.json();
    assert_eq!(at_two["data"].as_array().map(Vec::len), Some(2));
    assert!(at_two["data"][0].get("revision_to").is_none(), "revision 3 is not known at 2");
    let (mut walked, mut path) = (Vec::new(), "/v1/commitments/one/history?limit=1".to_owned());
    loop {
        let page = service.get(&path).await.json();
        walked.extend(page["data"].as_array().expect("a list").clone());
        match page["next"].as_str() {
            Some(next) => path = format!("/v1/commitments/one/history?limit=1&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(Value::from(walked), items);
}

#[actix_web::test]
async fn revisions_are_listed_filtered_and_paged() {
    let service = two_revisions().await;
    let numbers = |answer: Value| {
        answer["data"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| one["revision"].as_i64().expect("a number"))
            .collect::<Vec<_>>()
    };
    for (query, expected) in [
        ("", vec![2, 1]),
        ("?kind=new_data", vec![1]),
        ("?kind=new_data,source_correction&count=exact", vec![2, 1]),
        ("?publisher=nobody", vec![]),
        ("?published_from=2020-07-02T00:00:00Z", vec![2]),
        ("?published_to=2020-07-02T00:00:00%2B08:00", vec![1]),
        ("?revision=1", vec![1]),
    ] {
        assert_eq!(numbers(service.get(&format!("/v1/revisions{query}")).await.json()), expected, "{query}");
    }
    let page = service.get("/v1/revisions?limit=1").await.json();
    let next = page["next"].as_str().expect("a cursor");
    assert_eq!(numbers(service.get(&format!("/v1/revisions?limit=1&cursor={next}")).await.json()), [1]);
    assert_eq!(service.get("/v1/revisions/2?revision=1").await.problem(), "no-such-revision", "2 is not known at 1");
}

#[actix_web::test]
async fn an_empty_ledger_is_ready_and_its_lists_are_empty() {
    let service = Service::empty().await;
    assert_eq!(service.get("/health/ready").await.status, 200);
    let index = service.get("/v1").await.json();
    assert_eq!((index["revision"].as_i64(), index.get("published_at")), (Some(0), None));
    for kind in open_commitments::model::kinds::KINDS {
        let list = service.get(&format!("/v1/{}", kind.collection)).await;
        assert_eq!(list.json(), json!({"data": [], "changed_in": 0, "next": null}), "{}", kind.collection);
        assert!(
            service.get(&format!("/v1/{}?as_of=2020-01-01", kind.collection)).await.status == 200,
            "not before head, which has no time"
        );
    }
    assert_eq!(service.get("/v1/revisions").await.json()["data"], json!([]));
    assert_eq!(service.get("/v1/summary").await.json()["commitments"], 0);
    assert_eq!(service.get("/v1/commitments?revision=1").await.problem(), "no-such-revision");
    assert_eq!(service.get("/v1/commitments?revision=0").await.problem(), "no-such-revision");
}

/// Some commitments as new, corrected, withdrawn or redacted ones; none where nothing is there yet.
fn something(random: &mut Random, taken: &mut Vec<String>) -> Option<Value> {
    let known =
        |random: &mut Random, taken: &[String]| (!taken.is_empty()).then(|| taken[random.below(taken.len())].clone());
    match random.below(6) {
        0 => Some(data::withdrawal(&[("commitment", &known(random, taken)?)])),
        1 => {
            let id = known(random, taken)?;
            taken.retain(|other| *other != id);
            Some(data::redaction("commitment", &id))
        }
        2 => {
            let id = known(random, taken)?;
            Some(publication("source_correction", json!({"commitments": [due(random, &id)]})))
        }
        _ => {
            let ids: Vec<String> = (0..=random.below(3)).map(|_| format!("due-{}", random.below(1 << 30))).collect();
            let new: Vec<Value> = ids.iter().map(|id| due(random, id)).collect();
            taken.extend(ids);
            Some(publication("new_data", json!({ "commitments": new })))
        }
    }
}

/// A commitment due on one of few days, or on none; now and then in a far future.
fn due(random: &mut Random, id: &str) -> Value {
    let mut record = commitment(id, 9);
    record["due_on"] = match random.below(8) {
        0 => Value::Null,
        1 => json!("2099-12-31"),
        day => json!(format!("202{}-06-30", day)),
    };
    record.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    record
}

#[actix_web::test]
async fn lists_of_the_past_begin_with_the_latest_date_of_their_time() {
    for seed in seeds("PAST_SEED", 2) {
        let random = &mut Random::new(seed);
        let service = Service::small().await;
        let mut taken = Vec::new();
        for _ in 0..16 {
            if let Some(publication) = something(random, &mut taken) {
                // Withdrawing what is withdrawn is refused, and does nothing.
                service.publish(&publication);
            }
        }
        for n in 1..=service.head().await {
            let all = service.get(&format!("/v1/commitments?sort=id&limit=100&revision={n}")).await.json();
            let mut expected: Vec<(String, String)> = all["data"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|one| [&one["due_on"], &one["id"]].map(|text| text.as_str().unwrap_or_default().to_owned()).into())
                .collect();
            expected.sort_unstable_by(|one, other| other.cmp(one));
            let expected: Vec<&String> = expected.iter().take(4).map(|(_, id)| id).collect();
            let first = service.get(&format!("/v1/commitments?sort=-due_on,-id&limit=4&revision={n}")).await;
            assert_eq!(first.ids().iter().collect::<Vec<_>>(), expected, "at {n}, PAST_SEED={seed}");
        }
        let told = "SELECT count(*)::text FROM date_marks m WHERE kind = 'commitment' AND NOT EXISTS (SELECT FROM commitments t \
                    WHERE coalesce(t.due_on, '-infinity') = m.latest AND t.revision_from <= m.revision)";
        assert_eq!(
            service.database.text(told).await,
            "0",
            "no date is kept that a redaction removed, PAST_SEED={seed}"
        );
    }
}
