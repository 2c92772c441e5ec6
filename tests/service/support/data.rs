//! Publications that tests begin with, and builders for those they go on with.

use serde_json::{Value, json};

/// The real data.
pub fn shandong() -> Value {
    serde_json::from_str(include_str!("../../../data/shandong-justice-2020.json")).expect("the real data")
}

/// A publication in the name of `org`.
pub fn publication(kind: &str, records: Value) -> Value {
    json!({"kind": kind, "message": {"en": "Test"}, "publisher": "org", "records": records})
}

/// An organization, a programme, two commitments, a report, two counted metrics with their ratio, two observations.
pub fn small() -> Value {
    publication(
        "new_data",
        json!({
            "organizations": [{"id": "org", "name": {"en": "Office", "zh-Hans": "办公室"}, "division_code": "370000"}],
            "programmes": [{"id": "plan", "organization": "org", "year": 2020, "title": {"en": "Plan"}}],
            "commitments": [commitment("one", 1), commitment("two", 2)],
            "reports": [report("one-s1", "one", "2020-S1", "in_progress")],
            "metrics": [
                {"id": "cases", "name": {"en": "Cases"}, "unit": {"code": "case"}, "time_basis": "period_flow"},
                {"id": "settled", "name": {"en": "Settled"}, "unit": {"code": "case"}, "time_basis": "period_flow"},
                {"id": "rate", "name": {"en": "Rate"}, "unit": {"code": "percent"}, "time_basis": "period_flow",
                 "ratio": {"numerator": "settled", "denominator": "cases", "multiplier": 100}},
            ],
            "observations": [observation("cases-s1", "cases", "2020-S1", json!(300)), observation("settled-s1", "settled", "2020-S1", json!(200))],
        }),
    )
}

/// What happens to the small ledger: a correction, a report, its withdrawal, a redaction.
pub fn events() -> [Value; 4] {
    [
        publication(
            "source_correction",
            json!({"observations": [observation("cases-s1", "cases", "2020-S1", json!(310))]}),
        ),
        publication("new_data", json!({"reports": [report("two-s1", "two", "2020-S1", "completed")]})),
        withdrawal(&[("report", "two-s1")]),
        redaction("observation", "settled-s1"),
    ]
}

pub fn redaction(kind: &str, id: &str) -> Value {
    json!({"kind": "redaction", "message": {"en": "Law"}, "publisher": "org", "redact": [{"kind": kind, "id": id}]})
}

pub fn organization(id: &str) -> Value {
    json!({"id": id, "name": {"en": id}})
}

/// Organizations with long names, numbered from 1.
pub fn wordy(count: usize) -> Value {
    let wordy =
        |number| json!({"id": format!("wordy-{number}"), "name": {"en": format!("{number} {}", "word ".repeat(400))}});
    publication("new_data", json!({"organizations": (1..=count).map(wordy).collect::<Vec<Value>>()}))
}

pub fn commitment(id: &str, number: i64) -> Value {
    json!({"id": id, "programme": "plan", "number": number, "title": {"en": format!("Commitment {number}"), "zh-Hans": "调解纠纷"},
           "lead_organization": "org", "topics": ["mediation"], "due_on": "2020-12-31"})
}

pub fn report(id: &str, commitment: &str, period: &str, status: &str) -> Value {
    json!({"id": id, "commitment": commitment, "period": period, "status": status})
}

pub fn observation(id: &str, metric: &str, period: &str, value: Value) -> Value {
    json!({"id": id, "metric": metric, "period": period, "value": value, "commitment": "one", "subject": "org", "division_code": "370100"})
}

pub fn withdrawal(entries: &[(&str, &str)]) -> Value {
    let entries: Vec<Value> = entries
        .iter()
        .map(|(kind, id)| json!({"kind": kind, "id": id, "reason": {"en": "Published by mistake"}}))
        .collect();
    json!({"kind": "withdrawal", "message": {"en": "Take back"}, "publisher": "org", "withdraw": entries})
}
