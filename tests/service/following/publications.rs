//! Publications at random, by two publishers with records of every kind that moves.

use diesel_async::AsyncPgConnection;
use open_commitments::ledger::publish::{self, Published, Refusal, Terms};
use serde_json::{Value, json};

use crate::support::TestDatabase;
use crate::support::data;
use crate::support::random::Random;

const OWNERS: [&str; 2] = ["org", "org2"];
/// Records of a kind and an owner.
const EACH: usize = 3;
const KINDS: [(&str, &str); 4] =
    [("commitment", "commitments"), ("report", "reports"), ("observation", "observations"), ("target", "targets")];

/// Publishes; whether it made a revision. What does not fit the ledger is refused, and that is no step.
pub async fn publish(database: &TestDatabase, publication: &Value) -> bool {
    let mut connection: AsyncPgConnection = database.connection().await;
    let parsed = open_commitments::model::publication::parse(publication.to_string().as_bytes());
    match publish::publish(&mut connection, parsed, &Terms::local(false, chrono::Utc::now)).await {
        Ok(Published::Now(outcome)) => outcome.revision.is_some(),
        Ok(Published::Before(_)) | Err(Refusal::Problems(_)) => false,
        Err(refusal) => panic!("{publication}: {refusal:?}"),
    }
}

/// What a run begins with.
pub async fn begin(database: &TestDatabase) {
    assert!(publish(database, &data::small()).await);
    let second = json!({"kind": "new_data", "message": {"en": "Second"}, "publisher": "org2", "records": {
        "organizations": [data::organization("org2")],
        "programmes": [{"id": "other", "organization": "org2", "year": 2021, "title": {"en": "Other"}}],
    }});
    assert!(publish(database, &second).await);
    for owner in OWNERS {
        let of = |number: i64| {
            let mut commitment = data::commitment(&format!("{owner}-commitment-{}", number - 1), number);
            commitment["programme"] = ["plan", "other"][usize::from(number % 2 == 0)].into();
            commitment
        };
        let commitments: Vec<Value> = (1..).take(EACH).map(of).collect();
        let own = json!({"kind": "new_data", "message": {"en": "Commitments"}, "publisher": owner, "records": {"commitments": commitments}});
        assert!(publish(database, &own).await);
    }
}

/// A publication that may or may not fit.
pub async fn publication(random: &mut Random, database: &TestDatabase) -> Value {
    let owner = random.of(&OWNERS);
    match random.below(12) {
        0..=2 => withdrawal(random, database, owner).await,
        3 => {
            let (kind, _, id) = subject(random, owner);
            json!({"kind": "redaction", "message": {"en": "Law"}, "publisher": owner, "redact": [{"kind": kind, "id": id}]})
        }
        _ => correction(random, owner),
    }
}

/// Kind, collection and id of a record.
fn subject(random: &mut Random, owner: &str) -> (&'static str, &'static str, String) {
    let (kind, collection) = random.of(&KINDS);
    (kind, collection, format!("{owner}-{kind}-{}", random.below(EACH)))
}

/// Creates, changes, reinstates, moves.
fn correction(random: &mut Random, owner: &str) -> Value {
    let mut records = json!({});
    for _ in 0..=random.below(3) {
        let (kind, collection, id) = subject(random, owner);
        let record = record(random, kind, &id);
        let list = records[collection].as_array().cloned().unwrap_or_default();
        let others = list.into_iter().filter(|other| other["id"] != record["id"]);
        records[collection] = others.chain([record.clone()]).collect();
    }
    if random.once_in(8) {
        let (id, number) = (random.of(&["cases", "settled"]), random.below(3));
        if owner == "org" {
            records["metrics"] = json!([{"id": id, "name": {"en": format!("{id} {number}")}, "unit": {"code": "case"}, "time_basis": "period_flow"}]);
        }
    }
    let kind = random.of(&["source_revision", "source_correction", "transcription_correction", "methodology"]);
    json!({"kind": kind, "message": {"en": "Random \"words\"", "zh-Hans": "随机"}, "publisher": owner, "records": records})
}

fn record(random: &mut Random, kind: &str, id: &str) -> Value {
    let commitment = match random.below(4) {
        0 => "one".to_owned(),
        _ => format!("{}-commitment-{}", random.of(&OWNERS), random.below(EACH)),
    };
    let period = random.of(&["2020-S1", "2020-Q3", "2020"]);
    // Texts that escape, and numbers at both ends of what is kept.
    let text = random.of(&["Plain", "\"quoted\" \\ / \n\t", "办公室 é 𝄞 <&>", "\u{7f} \u{2028} ~"]);
    match kind {
        "commitment" => {
            let mut record = data::commitment(id, 1 + i64::try_from(random.below(9)).expect("small"));
            record["programme"] = random.of(&["plan", "other"]).into();
            record["title"]["en"] = text.into();
            record
        }
        "report" => {
            let mut record =
                data::report(id, &commitment, period, random.of(&["not_started", "in_progress", "completed"]));
            record["narrative"] = json!({"en": text});
            record
        }
        _ => {
            let metric = random.of(&["cases", "settled"]);
            let number = format!("{}.{:04}", random.of(&[0, 7, 1_234, 10_000_000_000i64]), random.below(10_000));
            let value: Value = serde_json::from_str(&number).expect("a number");
            if kind == "target" {
                return json!({"id": id, "metric": metric, "commitment": commitment, "value": value, "note": {"en": text}});
            }
            let mut record = data::observation(id, metric, period, value);
            record["commitment"] = commitment.into();
            record["scope"] = random.of(&["here", "there"]).into();
            record["note"] = json!({"en": text});
            record
        }
    }
}

/// Withdraws a record, with all that refer to it.
async fn withdrawal(random: &mut Random, database: &TestDatabase, owner: &str) -> Value {
    let (kind, _, id) = subject(random, owner);
    let query = "SELECT DISTINCT from_kind, from_id FROM record_references \
                 WHERE to_kind = $1 AND to_id = $2 AND revision_to = 9223372036854775807 AND strpos(from_id, '~') = 0";
    let client = database.client().await;
    let rows = client.query(query, &[&kind, &id]).await.expect("references");
    let named = rows.iter().map(|row| (row.get::<_, String>(0), row.get::<_, String>(1)));
    let all: Vec<Value> = named
        .chain([(kind.to_owned(), id)])
        .map(|(kind, id)| json!({"kind": kind, "id": id, "reason": {"en": "Withdrawn \"at\" random"}}))
        .collect();
    json!({"kind": "withdrawal", "message": {"en": "Take back"}, "publisher": owner, "withdraw": all})
}
