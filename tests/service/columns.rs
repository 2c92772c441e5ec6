//! The flat columns that every table format shares.

use std::collections::BTreeSet;

use open_commitments::model::columns::{self, Place, Type};
use open_commitments::model::kinds::{KINDS, named};
use serde_json::{Value, json};

/// A record of each kind with every member that refers to another.
fn referring(kind: &str) -> Value {
    let evidence = json!([{"source": "s", "exact": "x"}]);
    match kind {
        "organization" => json!({"name": {"en": "x"}, "parent": "o"}),
        "programme" => json!({"organization": "o", "year": 2020, "title": {"en": "x"}, "source": "s"}),
        "commitment" => json!({"programme": "p", "number": 1, "title": {"en": "x"}, "lead_organization": "o",
            "supporting_organizations": ["o"], "continues": "c"}),
        "report" => json!({"commitment": "c", "status": "completed", "source": "s"}),
        "metric" => json!({"name": {"en": "x"}, "unit": {"code": "case"}, "time_basis": "period_flow", "part_of": "m",
            "replaced_by": "m", "ratio": {"numerator": "a", "denominator": "b", "multiplier": 1}}),
        "observation" => json!({"metric": "m", "period": "2020", "value": 1, "reported_by": "o", "subject": "o",
            "commitment": "c", "report": "r", "evidence": evidence}),
        "target" => json!({"metric": "m", "value": 1, "commitment": "c", "subject": "o", "evidence": evidence}),
        _ => json!({"title": {"en": "x"}}),
    }
}

#[test]
fn every_column_is_described_in_both_languages() {
    for kind in KINDS {
        for column in columns::of(kind) {
            let name = format!("{}.{}", kind.name, column.name);
            assert!(!column.about_en.is_empty(), "{name} has no description");
            assert!(!column.about_zh.is_empty() && !column.title_zh.is_empty(), "{name} has no Chinese words");
        }
    }
}

#[test]
fn names_and_chinese_titles_are_unique_in_their_kind() {
    for kind in KINDS {
        let columns = columns::of(kind);
        let names: BTreeSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let titles: BTreeSet<&str> = columns.iter().map(|column| column.title_zh.as_str()).collect();
        assert_eq!((names.len(), titles.len()), (columns.len(), columns.len()), "{}", kind.name);
    }
}

#[test]
fn columns_of_ids_name_the_kind_that_records_refer_to() {
    for kind in KINDS {
        let mut record = referring(kind.name);
        record["id"] = json!("x");
        record["publisher"] = json!("o");
        let mut expected: BTreeSet<(String, &str)> = (kind.read)(record)
            .expect("a record")
            .references
            .into_iter()
            .filter(|reference| !reference.pointer.ends_with(|last: char| last.is_ascii_digit()))
            .filter(|reference| !reference.pointer.starts_with("/evidence"))
            .map(|reference| (reference.pointer.trim_start_matches('/').replace('/', "_"), reference.kind))
            .collect();
        expected.insert(("publisher".to_owned(), "organization"));
        let found: BTreeSet<(String, &str)> =
            columns::of(kind).iter().filter_map(|column| Some((column.name.clone(), column.refers_to?))).collect();
        assert_eq!(found, expected, "{}", kind.name);
    }
}

#[test]
fn columns_have_the_types_of_the_schema() {
    let holds = |kind: &str, name: &str| {
        let columns = columns::of(named(kind).expect("a kind"));
        let column = columns.iter().find(|column| column.name == name).unwrap_or_else(|| panic!("no column {name}"));
        (column.holds, column.required)
    };
    assert_eq!(holds("observation", "value"), (Type::Decimal, true));
    assert_eq!(holds("observation", "period_end"), (Type::Date, false));
    assert_eq!(holds("observation", "computed"), (Type::Boolean, true));
    assert_eq!(holds("observation", "evidence"), (Type::Json, false));
    assert_eq!(holds("observation", "changed_in"), (Type::Integer, true));
    assert_eq!(holds("programme", "year"), (Type::Year, true));
    assert_eq!(holds("source", "url"), (Type::Uri, false));
    assert_eq!(holds("metric", "unit_code"), (Type::Text, true));
    assert_eq!(holds("metric", "ratio_multiplier"), (Type::Integer, false));
    assert_eq!(holds("commitment", "title_zh_hans"), (Type::Text, false));
}

/// A new column is welcome at the end of this list; one that goes or changes its name breaks programs.
#[test]
fn the_columns_of_observations_stay_as_they_are() {
    let names: Vec<&str> = columns::of(named("observation").expect("a kind")).iter().map(|c| c.name.as_str()).collect();
    let expected = "changed_in computed inputs period_start period_end id publisher metric role reported_by subject \
        division_code scope period period_stated period_resolved_by value as_published qualifier time_basis obs_status \
        commitment report note_zh_hans note_en evidence other_languages";
    assert_eq!(names.join(" "), expected);
}

#[test]
fn languages_without_a_column_have_one_together() {
    let columns = columns::of(named("metric").expect("a kind"));
    let last = columns.last().expect("columns");
    let texts = [vec!["name"], vec!["description"], vec!["unit", "label"]];
    let texts = texts.map(|path| path.into_iter().map(str::to_owned).collect()).to_vec();
    assert_eq!(last.place, Place::OtherLanguages(texts));
}
