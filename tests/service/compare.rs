//! Figures side by side, added up, and compared with those before: every result with what it is made of,
//! and none that would say something untrue.

use open_commitments::model::amount::Amount;
use open_commitments::model::codes::Dimension;
use open_commitments::model::compare::total::{Known, total};
use open_commitments::model::compare::{Figure, Question, period_before, rows};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::Service;
use crate::support::data::{self, publication};

/// A figure of area, body and period.
pub fn figure(id: &str, division: &str, subject: &str, period: &str, value: Value) -> Value {
    let mut figure = json!({"id": id, "metric": "calls", "period": period, "value": value});
    for (member, text) in [("division_code", division), ("subject", subject)] {
        if !text.is_empty() {
            figure[member] = text.into();
        }
    }
    figure
}

/// Calls in the divisions of a province, in two years, and a rate in percent.
pub async fn calls() -> Service {
    let service = Service::small().await;
    let rate = |id: &str, period: &str, value: Value| json!({"id": id, "metric": "satisfied", "period": period, "value": value});
    service.publishes(&publication(
        "new_data",
        json!({
            "organizations": [data::organization("bureau"), {"id": "office", "name": {"en": "office"}, "parent": "bureau"}, data::organization("court")],
            "metrics": [
                {"id": "calls", "name": {"en": "Calls"}, "unit": {"code": "call"}, "time_basis": "period_flow",
                 "additive_over": ["division", "subject", "period"]},
                {"id": "satisfied", "name": {"en": "Satisfied"}, "unit": {"code": "percent"}, "time_basis": "period_flow"},
            ],
            "observations": [
                figure("whole", "370000", "", "2020-S1", json!(1000)),
                figure("jinan", "370100", "", "2020-S1", json!(100.5)),
                figure("jinan-19", "370100", "", "2019-S1", json!(80.4)),
                figure("qingdao", "370200", "", "2020-S1", json!(50)),
                figure("qingdao-19", "370200", "", "2019-S1", json!(0)),
                figure("lixia", "370102", "", "2020-S1", json!(7)),
                figure("zibo-19", "370300", "", "2019-S1", json!(5)),
                figure("hefei", "340100", "", "2020-S1", json!(3)),
                figure("bureau-s1", "", "bureau", "2020-S1", json!(9)),
                figure("office-s1", "", "office", "2020-S1", json!(4)),
                figure("court-s1", "", "court", "2020-S1", json!(2)),
                figure("court-s2", "", "court", "2020-S2", json!(3)),
                figure("court-year", "", "court", "2021", json!(8)),
                rate("satisfied-19", "2019", json!(90.25)),
                rate("satisfied-20", "2020", json!(92.5)),
            ],
        }),
    ));
    service
}

pub async fn asked(service: &Service, query: &str) -> Value {
    let answer = service.get(&format!("/v1/compare?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    answer.json()
}

/// Codes of a refusal.
pub async fn refused(service: &Service, query: &str) -> Vec<String> {
    let answer = service.get(&format!("/v1/compare?{query}")).await;
    assert_eq!((answer.status, answer.problem().as_str()), (422, "not-comparable"), "{query}: {}", answer.text);
    let errors = answer.json()["errors"].as_array().cloned().expect("errors");
    errors.iter().map(|error| error["code"].as_str().expect("a code").to_owned()).collect()
}

#[actix_web::test]
async fn a_sum_names_its_inputs_its_coverage_its_formula_and_its_revision() {
    let service = calls().await;
    let answer = asked(&service, "metric=calls&by=division&division=370000&aggregate=sum&period=2020-S1").await;
    let sum = &answer["total"];
    assert_eq!((&sum["value"], &sum["period"], &sum["computed"]), (&json!(150.5), &json!("2020-S1"), &json!(true)));
    assert_eq!(sum["inputs"], json!(["jinan", "qingdao"]));
    assert_eq!(
        (&sum["coverage"]["with_figure"], &sum["coverage"]["known"]),
        (&json!(2), &json!(3)),
        "Zibo had one in 2019"
    );
    assert_eq!(sum["coverage"]["detail"]["en"], "2 of the 3 divisions that ever had a figure of this metric");
    assert!(sum["formula"]["en"].as_str().expect("words").starts_with("sum of the values of 2 divisions"));
    assert_eq!(answer["changed_in"], 2);
    let left: Vec<(&Value, &Value)> = answer["left_out"]
        .as_array()
        .expect("some")
        .iter()
        .map(|row| (&row["inputs"][0], &row["reason"]["code"]))
        .collect();
    assert_eq!(left, [(&json!("whole"), &json!("whole")), (&json!("lixia"), &json!("within-another"))]);
    let newest = asked(&service, "metric=calls&by=division&division=37&aggregate=sum").await;
    assert_eq!(newest["total"], *sum, "without a period it is the newest one");
    let counties = asked(&service, "metric=calls&by=division&division=3701&aggregate=sum").await;
    assert_eq!((&counties["total"]["value"], &counties["total"]["coverage"]["known"]), (&json!(7), &json!(1)));
}

#[actix_web::test]
async fn a_change_of_a_sum_is_of_what_both_years_have() {
    let service = calls().await;
    let answer = asked(&service, "metric=calls&by=division&division=37&aggregate=sum&change=year_on_year").await;
    let change = &answer["total"]["change"];
    assert_eq!(change["period"], "2019-S1");
    assert_eq!((&change["value"], &change["before"]), (&json!(150.5), &json!(80.4)));
    assert_eq!(change["inputs"], json!(["jinan-19", "qingdao-19"]));
    assert_eq!((&change["absolute"], &change["percent"]), (&json!(70.1), &json!(87.2)));
    let rows = answer["data"].as_array().expect("rows");
    assert_eq!((&rows[0]["change"]["absolute"], &rows[0]["change"]["percent"]), (&json!(20.1), &json!(25)));
    assert_eq!(rows[1]["change"]["absolute"], 50);
    assert!(rows[1]["change"].get("percent").is_none(), "nothing is so many percent of zero");
}

#[actix_web::test]
async fn without_aggregate_rows_stand_side_by_side() {
    let service = calls().await;
    let divisions = asked(&service, "metric=calls&by=division&change=year_on_year").await;
    let told: Vec<Value> = divisions["data"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| json!([row["division_code"], row["period"], row["value"], row["reason"]["code"]]))
        .collect();
    assert_eq!(
        told,
        [
            json!(["340100", "2020-S1", 3, "no-figure"]),
            json!(["370000", "2020-S1", 1000, "no-figure"]),
            json!(["370100", "2020-S1", 100.5, null]),
            json!(["370102", "2020-S1", 7, "no-figure"]),
            json!(["370200", "2020-S1", 50, null]),
            json!(["370300", "2019-S1", 5, "no-figure"]),
        ]
    );
    let series = asked(&service, "metric=calls&subject=court&change=previous").await;
    let told: Vec<Value> = series["data"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| json!([row["period"], row["value"], row["change"]["absolute"], row["change"]["percent"]]))
        .collect();
    assert_eq!(told, [json!(["2020-S1", 2, null, null]), json!(["2020-S2", 3, 1, 50]), json!(["2021", 8, null, null])]);
    let one = asked(&service, "metric=calls&by=period&division=370000").await;
    assert_eq!(one["data"][0]["value"], 1000, "of the division itself, not those under it");
    let several = asked(&service, "metric=calls&by=period&period=2020-S1").await;
    assert_eq!(several["data"][0]["reason"]["code"], "several-figures");
    assert!(several["data"][0].get("value").is_none(), "nobody chose for the reader: {several}");
    assert_eq!(several["data"][0]["inputs"].as_array().map(Vec::len), Some(8));
}

#[actix_web::test]
async fn percentages_change_in_points_and_halves_go_to_even() {
    let service = calls().await;
    let answer = asked(&service, "metric=satisfied&period=2020&change=year_on_year").await;
    let change = &answer["data"][0]["change"];
    assert_eq!((&change["absolute"], &change["percentage_points"]), (&json!(2.25), &json!(2.2)));
    assert!(change.get("percent").is_none(), "a percentage of percentages misleads");
}

#[actix_web::test]
async fn what_would_be_untrue_is_refused_with_the_reason_in_both_languages() {
    let service = calls().await;
    assert_eq!(refused(&service, "metric=cases&by=division&aggregate=sum").await, ["not-additive"]);
    assert_eq!(refused(&service, "metric=rate&by=division&aggregate=sum").await, ["ratio"]);
    assert_eq!(refused(&service, "metric=calls&by=division&aggregate=sum&period=2001").await, ["no-figures"]);
    assert_eq!(refused(&service, "metric=calls&by=period&aggregate=sum&period=2020-S1").await, ["several-figures"]);
    service.publishes(&publication(
        "new_data",
        json!({"observations": [figure("court-q1", "", "court", "2020-Q1", json!(1))]}),
    ));
    assert_eq!(refused(&service, "metric=calls&by=period&subject=court&aggregate=sum").await, ["overlapping-periods"]);
    let narrowed = asked(&service, "metric=calls&by=period&subject=court&aggregate=sum&period_from=2020-07-01").await;
    assert_eq!((&narrowed["total"]["value"], narrowed["total"].get("coverage")), (&json!(11), None));
    let mut other = figure("zibo-ytd", "370300", "", "2020-S1", json!(6));
    other["time_basis"] = "year_to_date".into();
    service.publishes(&publication("new_data", json!({"observations": [other]})));
    let mixed = "metric=calls&by=division&division=37&aggregate=sum&period=2020-S1";
    assert_eq!(refused(&service, mixed).await, ["mixed-time-bases"]);
    let chosen = asked(&service, &format!("{mixed}&time_basis=period_flow")).await;
    assert_eq!(chosen["total"]["value"], 150.5, "the way out that the refusal names");
    for (language, word) in [("en", "additive_over"), ("zh", "不含")] {
        let path = "/v1/compare?metric=cases&by=division&aggregate=sum";
        let answer = service.request("GET", path, &[("accept-language", language)]).await;
        assert!(answer.json()["detail"].as_str().expect("words").contains(word), "{}", answer.text);
    }
    service.publishes(&publication("new_data", json!({"observations": [
        figure("long-1", "", "bureau", "2018", json!(999_999_999_999_999i64)), figure("long-2", "", "bureau", "2017", json!(1)),
    ]})));
    let long = "metric=calls&by=period&subject=bureau&aggregate=sum&period_to=2018-12-31";
    assert_eq!(refused(&service, long).await, ["too-many-digits"]);
}

#[actix_web::test]
async fn figures_printed_in_another_unit_are_not_mixed_in() {
    let service = Service::small().await;
    let observation = |id: &str, division: &str, printed: &str| json!({"id": id, "metric": "money", "period": "2020", "division_code": division, "value": 3, "as_published": printed});
    service.publishes(&publication(
        "new_data",
        json!({
            "metrics": [{"id": "money", "name": {"en": "Money"}, "unit": {"code": "yuan", "label": {"zh-Hans": "元"}},
                "time_basis": "period_flow", "additive_over": ["division"]}],
            "observations": [observation("a", "370100", "3元"), observation("b", "370200", "3件")],
        }),
    ));
    assert_eq!(service.get("/v1/warnings?code=unit-mismatch").await.json()["data"][0]["id"], "b");
    assert_eq!(refused(&service, "metric=money&by=division&aggregate=sum").await, ["mixed-units"]);
}

#[actix_web::test]
async fn units_that_have_a_character_in_common_are_told_apart_and_other_spellings_are_not() {
    let service = Service::small().await;
    let (mut metrics, mut observations) = (Vec::new(), Vec::new());
    let units = [
        ("yuan", "元", "800万元", "800万美元"),
        ("times", "人次", "约90余人次", "90人"),
        ("persons", "人", "90人", "90人次"),
        ("metres", "米", "50米", "50平方米"),
        ("homes", "家", "三十个家庭", "30件"),
        ("percent", "%", "百分之九十八", "8件"),
        ("tenths", "%", "8成", "8人"),
        ("towns", "个乡镇", "5个", "5个部门"),
    ];
    for (id, label, same, other) in units {
        let code = if label == "%" { "percent" } else { id };
        metrics.push(json!({"id": id, "name": {"en": id}, "unit": {"code": code, "label": {"zh-Hans": label}}, "time_basis": "period_flow"}));
        for (part, printed) in [("same", same), ("other", other)] {
            observations.push(json!({"id": format!("{id}-{part}"), "metric": id, "period": "2020", "scope": part, "value": 3, "as_published": printed}));
        }
    }
    service.publishes(&publication("new_data", json!({"metrics": metrics, "observations": observations})));
    let warned = service.get("/v1/warnings?code=unit-mismatch").await.json();
    let mut warned: Vec<&str> =
        warned["data"].as_array().expect("warnings").iter().filter_map(|warning| warning["id"].as_str()).collect();
    warned.sort_unstable();
    let mut expected = units.map(|(id, ..)| format!("{id}-other"));
    expected.sort_unstable();
    assert_eq!(warned, expected);
}

#[actix_web::test]
async fn figures_of_one_cell_are_chosen_by_scope_and_reporter_never_silently() {
    let service = Service::small().await;
    let observation = |id: &str, member: &str, text: &str| {
        let mut record =
            json!({"id": id, "metric": "cases", "period": "2020-S2", "division_code": "370100", "value": 3});
        record[member] = text.into();
        record
    };
    let both = [observation("scoped", "scope", "Courts"), observation("reported", "reported_by", "org")];
    service.publishes(&publication("new_data", json!({"observations": both})));
    let rows = asked(&service, "metric=cases&by=division").await["data"].clone();
    assert_eq!(
        (&rows[0]["inputs"], &rows[0]["reason"]["code"]),
        (&json!(["reported", "scoped"]), &json!("several-figures"))
    );
    for (query, id) in [("scope=Courts", "scoped"), ("reported_by=org", "reported"), ("period=2020-S1", "cases-s1")] {
        let rows = asked(&service, &format!("metric=cases&by=division&{query}")).await["data"].clone();
        assert_eq!((&rows[0]["inputs"], &rows[0]["computed"]), (&json!([id]), &json!(false)), "{query}");
    }
    let rate = asked(&service, "metric=rate&by=division&period=2020-S1").await["data"].clone();
    assert_eq!((&rate[0]["inputs"], &rate[0]["computed"]), (&json!(["rate~settled-s1"]), &json!(true)));
}

#[actix_web::test]
async fn a_body_above_others_is_not_counted_beside_them() {
    let service = calls().await;
    let answer = asked(&service, "metric=calls&by=subject&aggregate=sum&period=2020-S1").await;
    assert_eq!(
        (&answer["total"]["value"], &answer["total"]["inputs"]),
        (&json!(11), &json!(["bureau-s1", "court-s1"]))
    );
    assert_eq!(answer["left_out"][0]["subject"], "office");
    assert_eq!(answer["total"]["coverage"]["known"], 2);
}

#[actix_web::test]
async fn a_comparison_of_the_past_stays_as_it_was() {
    let service = calls().await;
    let query = "metric=calls&by=division&division=37&aggregate=sum&change=year_on_year";
    let before = service.get(&format!("/v1/compare?{query}&revision=2")).await;
    service.publishes(&publication(
        "source_correction",
        json!({"observations": [figure("jinan", "370100", "", "2020-S1", json!(101))]}),
    ));
    let after = service.get(&format!("/v1/compare?{query}&revision=2")).await;
    assert_eq!((before.text.as_str(), before.header("etag")), (after.text.as_str(), after.header("etag")));
    assert_eq!(asked(&service, query).await["total"]["value"], 151);
    assert_eq!(service.get("/v1/compare?metric=calls&revision=1").await.problem(), "no-such-record");
    assert_eq!(service.get("/v1/compare?metric=nobody").await.problem(), "no-such-record");
    assert!(service.run(&["redact", "observation", "qingdao", "--message", "Law"], "").status.success());
    assert_eq!(asked(&service, &format!("{query}&revision=2")).await["total"]["inputs"], json!(["jinan"]));
}

#[test]
fn periods_before_keep_their_length_and_ends_of_months() {
    use open_commitments::model::codes::Change::{Previous, YearOnYear};
    for (period, year_on_year, previous) in [
        ("2020", "2019", "2019"),
        ("2020-S1", "2019-S1", "2019-S2"),
        ("2020-Q1", "2019-Q1", "2019-Q4"),
        ("2020-03", "2019-03", "2020-02"),
        ("2020-02-29", "2019-02-28", "2020-02-28"),
        ("2020-01-15/2020-02-29", "2019-01-15/2019-02-28", "2019-11-30/2020-01-14"),
        ("2021-01-15/2021-02-28", "2020-01-15/2020-02-29", "2020-12-01/2021-01-14"),
        ("2020-01-01/2020-09-30", "2019-01-01/2019-09-30", "2019-04-01/2019-12-31"),
        ("../2020-06-30", "../2019-06-30", ""),
    ] {
        assert_eq!(period_before(period, YearOnYear).as_deref(), Some(year_on_year), "{period}");
        assert_eq!(period_before(period, Previous).unwrap_or_default(), previous, "{period}");
    }
}

fn of(division: usize, value: i64) -> Figure {
    let text = format!("{}.{:02}", value / 100, value % 100);
    Figure {
        id: format!("f{division}"),
        period: "2020".into(),
        value: Amount::parse(&text).expect("a number"),
        division_code: Some(format!("37{division:02}00")),
        subject: None,
        scope: None,
        reported_by: None,
        time_basis: "period_flow".into(),
        qualifier: None,
        computed: false,
        other_unit: false,
    }
}

fn question(by: Dimension) -> Question {
    Question { by, period: None, from: None, to: None, within: Some("37".into()), change: None, percent: false }
}

proptest! {
    #[test]
    fn a_sum_is_the_sum_of_its_inputs_to_the_last_digit(values in prop::collection::btree_map(1..99usize, 0..1_000_000_000i64, 1..60)) {
        let figures: Vec<Figure> = values.iter().map(|(division, value)| of(*division, *value)).collect();
        let known: Vec<Known> = (1..99).map(|division| Known { key: format!("37{division:02}00"), above: Vec::new() }).collect();
        let sum = total(&question(Dimension::Division), &[Dimension::Division], false, &figures, &known).expect("a sum");
        let exact: i64 = values.values().sum();
        prop_assert_eq!(sum.value, Amount::parse(&format!("{}.{:02}", exact / 100, exact % 100)).expect("a number"));
        prop_assert_eq!((sum.rows.len(), sum.known), (values.len(), Some(98)));
        let inputs: Vec<&Figure> = sum.rows.iter().filter_map(|row| row.single()).collect();
        let again = inputs.iter().try_fold(Amount::default(), |sum, figure| sum.plus(figure.value));
        prop_assert_eq!(Some(sum.value), again);
    }

    #[test]
    fn no_figure_is_lost_and_none_stands_in_two_rows(codes in prop::collection::vec((1..9usize, 1..9usize), 0..40)) {
        let figures: Vec<Figure> = codes.iter().enumerate()
            .map(|(index, (city, county))| Figure { id: index.to_string(), division_code: Some(format!("370{city}0{county}")), ..of(1, 1) })
            .collect();
        let rows = rows(&question(Dimension::Division), &figures);
        let mut ids: Vec<&str> = rows.iter().flat_map(|row| row.figures.iter().map(|figure| figure.id.as_str())).collect();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), figures.len());
        prop_assert!(rows.windows(2).all(|pair| pair[0].key < pair[1].key));
    }

    #[test]
    fn a_percentage_is_within_half_of_its_last_decimal(now in 0..1_000_000_000i64, before in 1..1_000_000_000i64) {
        let amount = |value: i64| Amount::parse(&value.to_string()).expect("a number");
        let percent = amount(now - before).over(amount(before), 100, 1).expect("a quotient").to_string();
        let (sign, digits) = percent.strip_prefix('-').map_or((1i128, percent.as_str()), |digits| (-1, digits));
        let (whole, tenth) = digits.split_once('.').unwrap_or((digits, "0"));
        prop_assert_eq!(tenth.len(), 1);
        let tenths = sign * format!("{whole}{tenth}").parse::<i128>().expect("digits");
        let distance = (tenths * i128::from(before) - i128::from(now - before) * 1000).abs();
        prop_assert!(2 * distance <= i128::from(before));
        prop_assert!(2 * distance < i128::from(before) || tenths % 2 == 0, "a tie goes to even");
    }
}
