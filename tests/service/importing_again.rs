//! `import` beside what the ledger has: what is there already, what was taken back, what is only alike.

use serde_json::{Value, json};

use crate::importing::{FIRST_HALF, Folder, THIRD_QUARTER, import};
use crate::support::{Service, command};

fn ids(publication: &Value, collection: &str) -> Vec<String> {
    let list = publication["records"][collection].as_array().into_iter().flatten();
    list.map(|record| record["id"].as_str().expect("an id").to_owned()).collect()
}

#[actix_web::test]
async fn what_was_withdrawn_or_redacted_is_not_proposed_again() {
    let service = Service::empty().await;
    let (first, _) = import(&service, FIRST_HALF, "2020-S1");
    service.publishes(&first);
    let target = first["records"]["targets"][0]["id"].as_str().expect("a target");
    assert!(service.run(&["withdraw", "target", target, "--message", "Never promised"], "").status.success());
    let (third, said) = import(&service, THIRD_QUARTER, "2020-01-01/2020-09-30");
    assert!(said.contains(&format!("target {target} was withdrawn or redacted")), "{said}");
    service.publishes(&third);
    assert_eq!(service.get(&format!("/v1/targets/{target}")).await.status, 410);

    let redact = |kind: &str, id: &str| {
        assert!(service.run(&["redact", kind, id, "--message", "Personal data"], "").status.success(), "{kind} {id}");
    };
    redact("report", "plan-1-s1");
    let leaflets = ids(&first, "metrics").into_iter().find(|id| id.ends_with("-zi-liao")).expect("leaflets");
    redact("metric", &leaflets);
    let (again, said) = import(&service, FIRST_HALF, "2020-S1");
    assert_eq!(ids(&again, "reports"), ["plan-2-s1"]);
    assert!(!again["records"].to_string().contains(&leaflets), "{again}");
    for gone in ["report plan-1-s1", &format!("metric {leaflets}")] {
        assert!(said.contains(&format!("{gone} was withdrawn or redacted")), "{gone}: {said}");
    }
    service.publishes(&again);

    redact("commitment", "plan-2");
    let (later, said) = import(&service, THIRD_QUARTER, "2020-01-01/2020-09-30");
    assert!(said.contains("commitment plan-2 was withdrawn or redacted"), "{said}");
    assert_eq!(ids(&later, "reports"), ["plan-1-2020-01-01-to-2020-09-30"]);
    service.publishes(&later);
}

#[actix_web::test]
async fn a_figure_in_another_unit_takes_a_metric_of_its_own_and_is_asked_about() {
    let service = Service::empty().await;
    let metric = |id: &str, name: &str, unit: &str| {
        json!({"id": id, "name": {"zh-Hans": name}, "time_basis": "period_flow",
               "unit": {"code": "x", "label": {"zh-Hans": unit}}})
    };
    let known = [
        metric("fdi", "引进外资", "美元"),
        metric("law", "普法培训", "人次"),
        metric("lanes", "消防通道", "平方米"),
        // The words have this id, whatever it counts, and another sound as they do.
        metric("sfj-xin-jian-xue-xiao", "新建学校", "栋"),
        metric("sfj-gong-zheng-shi-xiang", "公正事项", "件"),
        metric("gap", "满意率提升幅度", "个百分点"),
        metric("offices", "接入系统部门", "个部门"),
    ];
    service.publishes(&json!({"kind": "new_data", "message": {"en": "x"}, "publisher": "sfj", "records": {
        "organizations": [{"id": "sfj", "name": {"zh-Hans": "某市司法局"}}], "metrics": known}}));
    let text = "一、扩大开放。\n进展情况：正在推进。上半年引进外资800万元，普法培训90人，消防通道50米，新建学校3所，公证事项8件，满意率提升幅度2个百分点，接入系统6个部门。\n";
    let (first, said) = import(&service, text, "2020-S1");
    let counted: Vec<(String, Value)> = first["records"]["observations"]
        .as_array()
        .expect("figures")
        .iter()
        .map(|figure| (figure["metric"].as_str().expect("a metric").to_owned(), figure["value"].clone()))
        .collect();
    let new = ids(&first, "metrics");
    for value in [8_000_000, 90, 50, 3, 8] {
        let (metric, _) = counted.iter().find(|(_, counted)| *counted == value).expect("a figure");
        assert!(new.contains(metric), "{value}: {metric}");
    }
    for (metric, value) in [("gap", 2), ("offices", 6)] {
        assert!(counted.contains(&(metric.to_owned(), json!(value))), "{metric}: {counted:?}");
    }
    for (other, unit) in [("fdi", "美元"), ("law", "人次"), ("lanes", "平方米"), ("sfj-xin-jian-xue-xiao", "栋")]
    {
        assert!(said.contains(&format!("{other} counts in {unit}")), "{other}: {said}");
    }
    service.publishes(&first);
    let (again, said) = import(&service, &text.replace("8件", "9件"), "2020-Q3");
    assert_eq!((ids(&again, "metrics"), said.contains("counts in")), (vec![], false), "{said}");
}

#[actix_web::test]
async fn a_known_commitment_is_matched_once_and_by_its_words() {
    let service = Service::empty().await;
    let list = |first: &str, second: &str| {
        format!("一、{first}。\n进展情况：已完成。走访企业52家。\n二、{second}。\n进展情况：推进缓慢。走访群众38户。\n")
    };
    service.publishes(&import(&service, &list("改造老旧管网", "走访企业"), "2020-S1").0);
    let text = list("走访企业", "走访群众");
    let (next, said) = import(&service, &text, "2020-Q3");
    let reports = |publication: &Value| -> Vec<(Value, Value)> {
        let list = publication["records"]["reports"].as_array().expect("reports").iter();
        list.map(|report| (report["commitment"].clone(), report["status"].clone())).collect()
    };
    let expected = [(json!("plan-2-2"), json!("delayed")), (json!("plan-2"), json!("completed"))];
    assert_eq!(reports(&next), expected, "{said}");
    assert_eq!(ids(&next, "commitments"), ["plan-2-2"]);
    assert!(said.contains("Number 2 is not worded like plan-2 in the ledger (“走访企业”)"), "{said}");
    service.publishes(&next);
    let (again, said) = import(&service, &text, "2020-Q4");
    assert_eq!((reports(&again), ids(&again, "commitments")), (expected.to_vec(), vec![]), "{said}");
    assert!(!said.contains("worded"), "{said}");
}

#[actix_web::test]
async fn rules_name_metrics_and_statuses_in_a_publishers_own_words() {
    let folder = Folder::new();
    let rules = json!({
        "metrics": [{"id": "legal-aid-cases", "words": ["法律援助案件"], "unit": "件"}],
        "statuses": {"正在推进": "delayed", "攻坚在即": "not_started"},
        "ignore": ["资料"],
    });
    let path = folder.file("rules.json", rules.to_string().as_bytes());
    let words = [
        "import",
        "-",
        "--programme",
        "plan",
        "--organization",
        "sfj",
        "--year",
        "2020",
        "--rules",
        path.to_str().expect("a path"),
    ];
    let output = command(&words, &[], &FIRST_HALF.replacen("正在推进。上半年开展", "攻坚在即。上半年开展", 1));
    let publication: Value = serde_json::from_slice(&output.stdout).expect("a publication");
    let reports = publication["records"]["reports"].as_array().expect("reports");
    assert_eq!(
        (&reports[1]["status"], &reports[1]["status_label"]["zh-Hans"]),
        (&json!("not_started"), &json!("攻坚在即"))
    );
    let text = publication.to_string();
    assert!(
        text.contains("\"legal-aid-cases\"")
            && text.contains("\"delayed\"")
            && !text.contains("\"as_published\":\"2万份\"")
    );
    // A metric that the rules name and nobody has yet is proposed; once it is there, it is whoever's it is.
    let service = Service::empty().await;
    service.publishes(&publication);
    let metric = service.get("/v1/metrics/legal-aid-cases").await.json();
    assert_eq!(
        (&metric["name"]["zh-Hans"], &metric["unit"]["label"]["zh-Hans"]),
        (&json!("法律援助案件"), &json!("件"))
    );
    let mut words = words.map(|word| match word {
        "plan" => "other-plan",
        "sfj" => "other",
        word => word,
    });
    let output = service.run(&[&words[..], &["--ledger"]].concat(), FIRST_HALF);
    let publication: Value = serde_json::from_slice(&output.stdout).expect("a publication");
    assert!(!publication["records"]["metrics"].to_string().contains("legal-aid-cases"), "{publication}");
    assert!(publication["records"]["observations"].to_string().contains("legal-aid-cases"), "{publication}");
    let wrong = folder.file("wrong.json", b"{\"metrics\": 1}");
    words[9] = wrong.to_str().expect("a path");
    assert_eq!(command(&words, &[], FIRST_HALF).status.code(), Some(1));
}
