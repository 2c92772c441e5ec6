//! What a follower derives from the records and changes alone is what the service answers, at every revision,
//! whatever was corrected, withdrawn and redacted on the way.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::Service;
use crate::support::data::{observation, publication, report, withdrawal};
use crate::support::random::Random;

/// Periods in order, by their ends.
const PERIODS: [&str; 3] = ["2020-S1", "2020-Q3", "2020"];
const STATUSES: [&str; 4] = ["not_started", "in_progress", "delayed", "completed"];

/// A record that the run deals with: its kind, collection and id.
fn subject(random: &mut Random) -> (&'static str, &'static str, String) {
    match random.below(2) {
        0 => ("report", "reports", format!("report-{}", random.below(4))),
        _ => {
            let metric = ["cases", "settled"][random.below(2)];
            ("observation", "observations", format!("{metric}-{}", random.below(3)))
        }
    }
}

fn record(random: &mut Random, kind: &str, id: &str) -> Value {
    let (name, number) = id.split_once('-').expect("a number");
    let number: usize = number.parse().expect("a number");
    if kind == "report" {
        let commitment = ["one", "two"][number % 2];
        return report(id, commitment, PERIODS[random.below(3)], STATUSES[random.below(4)]);
    }
    observation(id, name, PERIODS[number], json!(1 + random.below(999)))
}

fn step(service: &Service, random: &mut Random) {
    let (kind, collection, id) = subject(random);
    let publication = match random.below(8) {
        0 | 1 => withdrawal(&[(kind, &id)]),
        2 => {
            json!({"kind": "redaction", "message": {"en": "Law"}, "publisher": "org", "redact": [{"kind": kind, "id": id}]})
        }
        _ => publication("source_correction", json!({collection: [record(random, kind, &id)]})),
    };
    // What there is nothing of to withdraw or redact is refused; that is no step.
    service.publish(&publication);
}

/// The records there are at a revision, from what the histories say.
fn at(histories: &BTreeMap<(String, String), Vec<Value>>, revision: i64) -> Vec<(&str, &Value)> {
    let newest = |items: &'_ Vec<Value>| -> Option<usize> {
        let from = |item: &Value| item["revision_from"].as_i64().expect("a revision");
        (0..items.len()).filter(|index| from(&items[*index]) <= revision).max_by_key(|index| from(&items[*index]))
    };
    histories
        .iter()
        .filter_map(|((kind, _), items)| Some((kind.as_str(), items[newest(items)?].get("record")?)))
        .collect()
}

fn status(records: &[(&str, &Value)], commitment: &str) -> Value {
    let end = |report: &Value| PERIODS.iter().position(|period| report["period"] == *period);
    let own = records.iter().filter(|(kind, record)| *kind == "report" && record["commitment"] == commitment);
    let newest = own.max_by_key(|(_, report)| (end(report), report["id"].as_str()));
    newest.map(|(_, report)| report["status"].clone()).unwrap_or_default()
}

/// Settled of a hundred cases, to four decimals, half to even.
fn rates(records: &[(&str, &Value)]) -> BTreeMap<String, f64> {
    let of = |metric: &'static str| {
        records.iter().filter(move |(kind, record)| *kind == "observation" && record["metric"] == metric)
    };
    let mut found = BTreeMap::new();
    for (_, settled) in of("settled") {
        for (_, cases) in of("cases").filter(|(_, cases)| cases["period"] == settled["period"]) {
            let (part, whole) = (settled["value"].as_i64().expect("whole"), cases["value"].as_i64().expect("whole"));
            let (quotient, rest) = (part * 1_000_000 / whole, part * 1_000_000 % whole);
            let up = rest * 2 > whole || rest * 2 == whole && quotient % 2 == 1;
            let id = format!("rate~{}", settled["id"].as_str().expect("an id"));
            found.insert(id, (quotient + i64::from(up)) as f64 / 10_000.0);
        }
    }
    found
}

/// One random run; how many versions of records were redacted in it.
async fn follow(seed: u64) -> usize {
    let service = Service::empty().await;
    let mut small = crate::support::data::small();
    for collection in ["reports", "observations"] {
        small["records"].as_object_mut().expect("records").remove(collection);
    }
    service.publishes(&small);
    let mut random = Random::new(seed);
    for _ in 0..24 {
        step(&service, &mut random);
    }
    let mut histories = BTreeMap::new();
    let ids = (0..4).map(|n| ("report", "reports", format!("report-{n}")));
    let figures = ["cases", "settled"].into_iter().flat_map(|metric| (0..3).map(move |n| format!("{metric}-{n}")));
    for (kind, collection, id) in ids.chain(figures.map(|id| ("observation", "observations", id))) {
        let history = service.get(&format!("/v1/{collection}/{id}/history")).await;
        if history.status == 200 {
            let items = history.json()["data"].as_array().cloned().expect("items");
            histories.insert((kind.to_owned(), id), items);
        }
    }
    let head = service.head().await;
    assert!(head > 8, "the run did something: {head}");
    for revision in 1..=head {
        let records = at(&histories, revision);
        for commitment in ["one", "two"] {
            let served = service.get(&format!("/v1/commitments/{commitment}?revision={revision}")).await.json();
            assert_eq!(served["status"], status(&records, commitment), "seed {seed}, {commitment} at {revision}");
        }
        let served = service.get(&format!("/v1/observations?metric=rate&revision={revision}")).await.json();
        let served: BTreeMap<String, f64> = served["data"]
            .as_array()
            .expect("figures")
            .iter()
            .map(|row| (row["id"].as_str().expect("an id").to_owned(), row["value"].as_f64().expect("a number")))
            .collect();
        assert_eq!(served, rates(&records), "seed {seed} at {revision}");
    }
    assert!(service.run(&["verify"], "").status.success());
    histories.values().flatten().filter(|item| item.get("redacted_in").is_some()).count()
}

#[actix_web::test]
async fn derived_values_of_every_revision_follow_from_the_records_and_changes_alone() {
    let mut redacted = 0;
    for seed in [3, 1_000_003, 77_777_777_777] {
        redacted += follow(seed).await;
    }
    assert!(redacted > 0, "the runs redact as well");
}

#[actix_web::test]
#[ignore = "takes minutes; ./dev test --long"]
async fn derived_values_follow_from_the_records_and_changes_in_a_hundred_random_runs() {
    for seed in 1..=100u64 {
        follow(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)).await;
    }
}
