//! What the service derives: ratios, statuses of commitments.

use serde_json::{Value, json};

use crate::support::Service;
use crate::support::data::{self, commitment, observation, organization, publication, report};

#[actix_web::test]
async fn no_ratio_is_made_of_ratios_from_either_side() {
    let service = Service::small().await;
    let ratio = |id: &str, numerator: &str| {
        json!({"id": id, "name": {"en": id}, "unit": {"code": "percent"}, "time_basis": "period_flow",
        "ratio": {"numerator": numerator, "denominator": "cases", "multiplier": 100}})
    };
    let said = service.refuses(&publication("new_data", json!({"metrics": [ratio("of-rate", "rate")]})));
    assert!(said.contains("/records/metrics/0/ratio/numerator"), "{said}");
    let base = json!({"id": "base", "name": {"en": "Base"}, "unit": {"code": "case"}, "time_basis": "period_flow"});
    service.publishes(&publication("new_data", json!({"metrics": [base, ratio("of-base", "base")]})));
    let said = service.refuses(&publication("methodology", json!({"metrics": [ratio("base", "settled")]})));
    assert!(said.contains("/records/metrics/0/ratio") && said.contains("Another ratio"), "{said}");
}

#[actix_web::test]
async fn ratios_are_computed_from_published_figures_half_to_even() {
    let service = Service::small().await;
    let rate = service.get("/v1/observations/rate~settled-s1").await.json();
    assert_eq!((rate["value"].to_string().as_str(), &rate["computed"]), ("66.6667", &json!(true)));
    assert_eq!(rate["inputs"], json!(["settled-s1", "cases-s1"]));
    assert_eq!(
        (&rate["period"], &rate["subject"], &rate["publisher"]),
        (&json!("2020-S1"), &json!("org"), &json!("org"))
    );
    let figures = |settled: Value, cases: Value| {
        let records = [
            observation("settled-s1", "settled", "2020-S1", settled),
            observation("cases-s1", "cases", "2020-S1", cases),
        ];
        publication("source_revision", json!({"observations": records}))
    };
    for (settled, cases, expected) in [
        (json!(1), json!(8), "12.5"),
        (json!(1), json!(800000), "0.0001"),  // 0.000125 → 0.0001
        (json!(1), json!(2000000), "0"),      // 0.00005 → 0, even
        (json!(3), json!(2000000), "0.0002"), // 0.00015 → 0.0002, even
        (json!(-1), json!(3), "-33.3333"),
        (json!(0.5), json!(0.25), "200"),
        (json!(5), json!(5), "100"),
    ] {
        service.publishes(&figures(settled.clone(), cases.clone()));
        let rate = service.get("/v1/observations/rate~settled-s1").await.json();
        assert_eq!(rate["value"].to_string(), expected, "{settled} / {cases}");
    }
    let mut missing = figures(json!(0), json!(5));
    missing["records"]["observations"][0]["obs_status"] = json!("M");
    service.publishes(&missing);
    assert_eq!(service.get("/v1/observations/rate~settled-s1").await.status, 404, "nothing is made of what is missing");
    service.publishes(&figures(json!(5), json!(0)));
    assert_eq!(service.get("/v1/observations/rate~settled-s1").await.status, 404, "nothing is divided by zero");
    assert_eq!(
        service.get("/v1/observations?revision=1&metric=rate").await.json()["data"][0]["value"].to_string(),
        "66.6667"
    );
    let history = service.get("/v1/observations/rate~settled-s1/history").await;
    assert_eq!(history.status, 404, "computed rows stand in no history");
}

#[actix_web::test]
async fn a_commitments_status_is_that_of_its_newest_self_report() {
    let service = Service::small().await;
    let steps = [
        (report("late", "one", "2020-Q3", "delayed"), "delayed"),
        (report("old", "one", "2019", "completed"), "delayed"),
        (
            json!({"id": "audited", "commitment": "one", "period": "2020", "status": "not_completed", "assessor": "audit"}),
            "delayed",
        ),
        (json!({"id": "undated", "commitment": "one", "status": "suspended"}), "delayed"),
        (json!({"id": "z-same-period", "commitment": "one", "period": "2020-Q3", "status": "completed"}), "completed"),
        (
            json!({"id": "dated", "commitment": "one", "period": "2020-Q3", "reported_on": "2020-10-09", "status": "in_progress"}),
            "in_progress",
        ),
    ];
    for (report, expected) in steps {
        let id = report["id"].clone();
        service.publishes(&publication("new_data", json!({"reports": [report]})));
        assert_eq!(service.get("/v1/commitments/one").await.json()["status"], expected, "after {id}");
    }
    service.publishes(&data::withdrawal(&[("report", "dated"), ("report", "z-same-period")]));
    assert_eq!(service.get("/v1/commitments/one").await.json()["status"], "delayed");
    assert!(service.get("/v1/commitments/two").await.json().get("status").is_none());
    assert_eq!(service.get("/v1/commitments?status=none").await.ids(), ["two"]);
    let changed_in = service.get("/v1/commitments/one").await.json()["changed_in"].clone();
    assert_eq!(changed_in, 1, "a derived status does not change the record");
}

#[actix_web::test]
async fn only_who_published_a_commitment_or_answers_for_it_reports_on_it_as_itself() {
    let service = Service::small().await;
    let mut led = commitment("led", 9);
    led["lead_organization"] = json!("bureau");
    service.publishes(&publication(
        "new_data",
        json!({"organizations": [organization("bureau"), organization("paper")], "commitments": [led]}),
    ));
    let by = |publisher: &str, report: Value| {
        let mut publication = publication("new_data", json!({"reports": [report]}));
        publication["publisher"] = publisher.into();
        publication
    };
    for (publisher, commitment) in [("paper", "led"), ("paper", "one"), ("bureau", "one")] {
        let said = service.refuses(&by(publisher, report("theirs", commitment, "2020-Q4", "cancelled")));
        assert!(said.contains("/records/reports/0/assessor") && said.contains("answers for it"), "{said}");
    }
    assert_eq!(service.get("/v1/commitments/one").await.json()["status"], "in_progress");
    let mut told = report("told", "one", "2020-Q4", "delayed");
    told["assessor"] = json!("media");
    service.publishes(&by("paper", told));
    assert_eq!(service.get("/v1/commitments/one").await.json()["status"], "in_progress");
    service.publishes(&by("bureau", report("ours", "led", "2020-Q3", "delayed")));
    assert_eq!(service.get("/v1/commitments/led").await.json()["status"], "delayed");
    service.publishes(&by("org", report("theirs", "led", "2020-Q4", "completed")));
    assert_eq!(service.get("/v1/commitments/led").await.json()["status"], "completed");
}
