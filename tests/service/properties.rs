//! Algebra: cursors, periods, ratios, canonical JSON, search.

use chrono::NaiveDate;
use open_commitments::api::cursor::Cursor;
use open_commitments::ledger::derive::quotient;
use open_commitments::model::period::{Period, parse_day, sdmx_of};
use open_commitments::model::{division, json, schema, search};
use proptest::prelude::*;

fn day() -> impl Strategy<Value = NaiveDate> {
    (1..3_000_000i32).prop_filter_map("a day", NaiveDate::from_num_days_from_ce_opt)
}

proptest! {
    #[test]
    fn a_cursor_comes_back_as_it_went(revision in 0..i64::MAX, digest in "[0-9a-f]{8}", fingerprint in "[0-9a-f]{12}", keys in prop::collection::vec("[^\0]{0,20}", 0..4)) {
        let cursor = Cursor { revision, digest, fingerprint, keys };
        let text = cursor.encode();
        prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        prop_assert_eq!(Cursor::decode(&text), Some(cursor));
    }

    #[test]
    fn no_text_makes_the_cursor_reader_fail(text in "\\PC{0,80}") {
        let _ = Cursor::decode(&text);
    }

    #[test]
    fn every_span_of_days_has_one_spelling(a in day(), b in day()) {
        let (first, last) = (a.min(b), a.max(b));
        let interval = format!("{first}/{last}");
        let whole = Period { start: Some(first), end: Some(last) };
        match sdmx_of(first, last) {
            Some(name) => {
                prop_assert_eq!(Period::parse(&name), Some(whole));
                prop_assert_eq!(Period::parse(&interval), None);
            }
            None => prop_assert_eq!(Period::parse(&interval), Some(whole)),
        }
    }

    #[test]
    fn months_quarters_halves_and_years_nest(year in 1..9999i32, month in 1..=12u32) {
        let of = |text: String| Period::parse(&text).expect("a period");
        let periods = [
            of(format!("{year:04}-{month:02}")),
            of(format!("{year:04}-Q{}", month.div_ceil(3))),
            of(format!("{year:04}-S{}", month.div_ceil(6))),
            of(format!("{year:04}")),
        ];
        for pair in periods.windows(2) {
            prop_assert!(pair[1].start <= pair[0].start && pair[0].end <= pair[1].end);
        }
    }

    #[test]
    fn no_text_makes_the_period_reader_fail(text in "\\PC{0,30}") {
        let _ = (Period::parse(&text), parse_day(&text));
    }

    #[test]
    fn a_quotient_is_within_half_of_its_last_decimal(n in -1_000_000_000i64..1_000_000_000, d in 1i64..1_000_000_000, multiplier in 1i64..=1000) {
        let text = quotient(&n.to_string(), &d.to_string(), multiplier).expect("a quotient");
        let scaled: i128 = {
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            format!("{whole}{fraction:0<4}").parse().expect("a decimal")
        };
        let exact = i128::from(n) * i128::from(multiplier) * 10_000;
        let distance = (scaled * i128::from(d) - exact).abs();
        prop_assert!(2 * distance <= i128::from(d), "{n} / {d} × {multiplier} = {text}");
        prop_assert!(2 * distance < i128::from(d) || scaled % 2 == 0, "a tie goes to even");
    }

    #[test]
    fn canonical_json_reads_back_the_same(value in arbitrary_json()) {
        let text = json::canonical(&value).expect("canonical");
        let (back, problems) = json::parse(text.as_bytes()).expect("JSON");
        prop_assert!(problems.is_empty(), "{problems:?}");
        prop_assert_eq!(&back, &value);
        prop_assert_eq!(json::canonical(&back).expect("canonical"), text);
    }

    #[test]
    fn changed_pointers_are_none_exactly_where_bodies_are_equal(a in arbitrary_json(), b in arbitrary_json()) {
        prop_assert!(json::changed_pointers(&a, &a).is_empty());
        prop_assert_eq!(json::changed_pointers(&a, &b).is_empty(), a == b);
    }

    #[test]
    fn search_terms_never_hold_what_a_tsquery_would_trip_over(text in "\\PC{0,60}") {
        for term in [search::query(&text).unwrap_or_default(), search::document(&serde_json::json!({"title": text}))] {
            let quoted = term.split('\'').skip(1).step_by(2);
            for lexeme in quoted {
                prop_assert!(lexeme.chars().all(char::is_alphanumeric), "{lexeme}");
            }
            prop_assert_eq!(term.matches('\'').count() % 2, 0);
        }
    }
}

fn arbitrary_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(serde_json::Value::from),
        (-99_999_999_999i64..99_999_999_999).prop_map(serde_json::Value::from),
        (-9_999_999i64..9_999_999).prop_map(|n| serde_json::from_str(&format!(
            "{}.{:04}",
            n / 100,
            (n.abs() % 10_000) | 1
        ))
        .expect("a number")),
        "[^\0]{0,12}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::btree_map("[a-z/~]{1,6}", inner, 0..4)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

#[test]
fn numbers_that_others_would_round_are_told() {
    for (text, kept) in [
        ("999999999999999", true),
        ("1234567890.1234", true),
        ("0.1", true),
        ("-0.5", true),
        ("1.10", true),
        ("1234567890123456", false),
        ("0.12345", false),
        ("1e3", false),
        ("12345678901234.56", false),
    ] {
        let (_, problems) = json::parse(text.as_bytes()).expect("JSON");
        assert_eq!(problems.is_empty(), kept, "{text}");
    }
}

#[test]
fn the_check_digit_of_a_social_credit_code_is_verified() {
    let organization = |code: &str| {
        let record = serde_json::json!({"id": "o", "publisher": "o", "name": {"en": "O"}, "uscc": code});
        schema::check(&open_commitments::model::kinds::organization::KIND, &record).len()
    };
    // From the standard's own example and a published code.
    assert_eq!(organization("91350100M000100Y43"), 0);
    assert_eq!(organization("91350100M000100Y44"), 1);
    assert_eq!(organization("91350100M00010OY43"), 2, "neither pattern nor check digit fits");
}

#[test]
fn every_kind_has_a_validator_and_an_example_that_fits_it() {
    for kind in open_commitments::model::kinds::KINDS {
        let mut example: serde_json::Value = serde_json::from_str(kind.example).expect(kind.name);
        for derived in kind.all_derived() {
            example.as_object_mut().expect("an object").remove(derived.name);
        }
        let problems = schema::check(kind, &example);
        assert!(problems.is_empty(), "{}: {problems:?}", kind.name);
    }
}

#[test]
fn divisions_stand_in_the_order_of_their_codes_each_after_the_one_that_it_lies_in() {
    let all = division::all();
    assert!(all.is_sorted_by(|one, next| one.code < next.code));
    assert_eq!(all.iter().filter(|one| division::parent(one.code).is_none()).count(), 34, "provinces");
    assert_eq!(division::name("370102"), "历下区");
    assert_eq!(division::parent("370102").map(|parent| parent.name), Some("济南市"));
    assert_eq!(division::parent("370100").map(|parent| parent.name), Some("山东省"));
    assert_eq!(division::parent("110101").map(|parent| parent.name), Some("北京市"));
    for wrong in ["", "3", "37", "370199", "370102001", "山东省山东省", "ABCDEF"] {
        assert_eq!((division::find(wrong), division::name(wrong)), (None, wrong));
        let _ = division::parent(wrong);
    }
}
