//! What `import` takes prose to say: figures, periods, statuses and days, or nothing where it is not sure.

use open_commitments::ingest::known::{Known, Rules};
use open_commitments::ingest::records::Settings;
use open_commitments::ingest::{self};
use serde_json::Value;

use crate::parsers::fuzzed::settings;

fn read(text: &str, year: i32) -> (Value, Vec<String>) {
    let settings = Settings { year, period: None, ..settings() };
    let import = ingest::import(text.as_bytes(), &settings, &Known::default(), &Rules::default()).expect("an import");
    let notes = import.notes.iter().filter(|note| note.warns).map(|note| note.message.en.clone()).collect();
    (import.publication["records"].clone(), notes)
}

/// A report of two items, of which the first has these words.
fn report(words: &str) -> (Value, Vec<String>) {
    read(
        &format!(
            "某市司法局2020年上半年进展\n一、做好公共法律服务。\n进展情况：{words}\n二、加强宣传。\n进展情况：正在推进。\n"
        ),
        2020,
    )
}

/// The figures of a report as they are printed, what they come to and when; a baseline has its role.
fn figures(records: &Value) -> Vec<String> {
    let mut found: Vec<(u64, String)> = records["observations"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|figure| {
            let role = if figure["role"] == "baseline" { " baseline" } else { "" };
            let (printed, period) = (figure["as_published"].as_str(), figure["period"].as_str());
            let words =
                format!("{}={} {}{role}", printed.unwrap_or_default(), figure["value"], period.unwrap_or_default());
            (figure["evidence"][0]["start"].as_u64().unwrap_or_default(), words)
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, words)| words).collect()
}

fn noted(notes: &[String]) -> Vec<&str> {
    let words = |note: &String| note.find(" is not taken for a figure");
    notes.iter().filter_map(|note| note.get(..words(note)?)).collect()
}

#[test]
fn a_numeral_is_read_whole_or_left_out_with_a_note() {
    for (words, wanted) in [
        ("办理三点五万件", "三点五万件=35000"),
        ("办结率为百分之九十八点六", "百分之九十八点六=98.6"),
        ("办结率为百分之百", "百分之百=100"),
        ("投入3亿5000万元", "3亿5000万元=350000000"),
        ("办理2万5千件", "2万5千件=25000"),
        ("办理1万2000件", "1万2000件=12000"),
        ("修路三公里", "三公里=3"),
        ("投入3.123456万元", "3.123456万元=31234.56"),
        ("收入同比增长-3.2%", "-3.2%=-3.2"),
        ("服务十几家企业", "十几家=10"),
    ] {
        let (records, notes) = report(&format!("正在推进。上半年{words}。"));
        assert_eq!(figures(&records), [format!("{wanted} 2020-S1")], "{words} {notes:?}");
        assert_eq!(noted(&notes), Vec::<&str>::new(), "{words}");
    }
    for (words, left) in [
        ("服务三四十家企业", "三四十家"),
        ("培训七八百人", "七八百人"),
        ("培训十五六人", "十五六人"),
        ("培训数十人", "十人"),
        ("办理3万5件", "3万5件"),
        ("办理3亿五千万件", "3亿五千万件"),
        ("办理999999999999999999亿亿件", "999999999999999999亿亿件"),
        ("办结三分之一亿亿亿亿", "三分之一亿亿亿亿"),
        ("办结率下降-3.2%", "3.2%"),
        ("办结率为百分之三十至四十", "百分之三十至四十"),
    ] {
        let (records, notes) = report(&format!("正在推进。上半年{words}。"));
        assert_eq!(figures(&records), Vec::<String>::new(), "{words}");
        assert_eq!(noted(&notes), [left], "{words} {notes:?}");
    }
    let zeros = std::time::Instant::now();
    assert_eq!(figures(&report(&format!("正在推进。办理{}件。", "零".repeat(40_000))).0), Vec::<String>::new());
    assert!(zeros.elapsed().as_secs() < 20, "one look at each character is enough");
}

#[test]
fn what_is_done_in_part_is_in_progress() {
    let table =
        |status: &str| format!("序号|承诺事项|完成状态|进展情况\n1|建成学校|{status}|建设学校。\n").replace('|', "\t");
    for (text, wanted) in [
        (table("已完成80%"), "in_progress"),
        (table("已完成总工程量60%"), "in_progress"),
        (table("已完成投资90%"), "in_progress"),
        (table("已完成八成"), "in_progress"),
        (table("已完成100%"), "completed"),
        (table("已完成，合格率98%"), "completed"),
        (table("超额完成20%"), "completed"),
        ("一、建成学校。\n进展情况：已完成80%。\n".to_owned(), "in_progress"),
        ("一、建成学校。\n进展情况：已完成70%，下半年继续推进。\n".to_owned(), "in_progress"),
        ("一、建成学校。\n进展情况：学校建设已完成总工程量的60%。\n".to_owned(), "in_progress"),
    ] {
        let (records, notes) = read(&format!("某市2020年上半年进展\n{text}"), 2020);
        assert_eq!(records["reports"][0]["status"], wanted, "{text} {notes:?}");
    }
}

#[test]
fn the_period_is_the_title_s_or_else_the_opening_words() {
    for (title, wanted) in [
        ("下半年进展情况", "2020-S2"),
        ("上半年进展情况及下半年工作打算", "2020-S1"),
        ("2020年第一季度进展情况", "2020-Q1"),
        ("2021年1-3月进展情况", "2021-Q1"),
        ("公开承诺进展情况\n现将截至2021年1月15日的进展公布如下：", "2020-01-01/2021-01-15"),
        ("1-10月进展情况", "2020-01-01/2020-10-31"),
        ("4-6月进展情况", "2020-Q2"),
        ("前三季度进展情况", "2020-01-01/2020-09-30"),
        ("年度完成情况", "2020"),
    ] {
        let (records, notes) =
            read(&format!("{title}\n一、办理公证。\n进展情况：正在推进。上半年办理公证120件。\n"), 2020);
        assert_eq!(records["reports"][0]["period"], wanted, "{title} {notes:?}");
    }
    for title in ["公开承诺进展情况", "第四季度暨全年进展情况"] {
        let (records, notes) =
            read(&format!("{title}\n一、办理公证。\n进展情况：正在推进。上半年办理公证120件。\n"), 2020);
        assert_eq!(records["reports"][0]["period"], "2020");
        assert!(notes.iter().any(|note| note.contains("Give --period")), "{title} {notes:?}");
    }
    let year = read("2020年全年完成情况\n一、建成学校30所。\n进展情况：建成学校20所。\n", 2020).0;
    assert_eq!(year["reports"][0]["status"], "not_completed", "the year that the title names is over");
}

#[test]
fn a_figure_is_of_the_time_that_its_words_name() {
    for (words, wanted) in [
        ("上半年办理公证120件，去年同期100件。", &["120件=120 2020-S1", "100件=100 2019-S1 baseline"][..]),
        (
            "1-5月办理公证120件，去年同期办理公证100件。",
            &["120件=120 2020-01-01/2020-05-31", "100件=100 2019-01-01/2019-05-31 baseline"],
        ),
        (
            "上半年办理公证120件（2019年同期100件），调解90件。",
            &["120件=120 2020-S1", "100件=100 2019-S1 baseline", "90件=90 2020-S1"],
        ),
        ("与去年同期持平，上半年办理公证120件。", &["120件=120 2020-S1"]),
        ("上半年办理公证120件，较去年同期增长20%。", &["120件=120 2020-S1", "20%=20 2020-S1"]),
        ("1月份至6月份培训300人。", &["300人=300 2020-S1"]),
        ("2019年11月至2020年5月培训300人。", &["300人=300 2019-11-01/2020-05-31"]),
        ("2018年至2020年培训300人。", &["300人=300 2018-01-01/2020-12-31"]),
        ("11月至次年5月培训300人。", &[]),
        ("11月至5月培训300人。", &[]),
        (
            "上半年办理公证120件，去年同期办理公证100件，调解纠纷50件。",
            &["120件=120 2020-S1", "100件=100 2019-S1 baseline"],
        ),
    ] {
        let (records, notes) = report(&format!("正在推进。{words}"));
        assert_eq!(figures(&records), wanted, "{words} {notes:?}");
    }
    let (records, _) = report("正在推进。1月份至6月份培训300人。");
    assert_eq!(records["metrics"][0]["name"]["zh-Hans"], "培训", "no word of time is part of a name");
}

#[test]
fn a_time_limit_that_is_no_day_is_left_to_the_clerk() {
    let due = |limit: &str| {
        let table = format!("序号|承诺事项|承诺时限|进展情况\n1|建成学校5所|{limit}|正在推进。\n").replace('|', "\t");
        let (records, notes) = read(&format!("某市2020年上半年进展\n{table}"), 2020);
        let commitment = &records["commitments"][0];
        assert_eq!(commitment["due_on"], records["targets"][0]["due_on"], "{limit}: targets are due with it");
        (commitment["due_on"].as_str().map(str::to_owned), notes.iter().any(|note| note.contains("no day for sure")))
    };
    for (limit, wanted) in [
        ("1-12月", "2020-12-31"),
        ("今年6月底前", "2020-06-30"),
        ("明年6月底", "2021-06-30"),
        ("第四季度", "2020-12-31"),
        ("2020年9月30日前完成", "2020-09-30"),
        ("2020.6", "2020-06-30"),
        ("2020-06-15", "2020-06-15"),
        ("6月底前", "2020-06-30"),
        ("年底前", "2020-12-31"),
        ("2021年", "2021-12-31"),
        ("上半年", "2020-06-30"),
    ] {
        assert_eq!(due(limit), (Some(wanted.to_owned()), false), "{limit}");
    }
    for limit in ["5个工作日", "长期坚持", "12", "6月前", "2020年2月30日"] {
        assert_eq!(due(limit), (None, true), "{limit}");
    }
}

#[test]
fn of_which_is_part_of_what_stands_before_it() {
    for (words, wanted) in [
        ("办理公证500件，其中涉外公证300件；调解纠纷60件。", &["300"][..]),
        ("培训干部300人，其中女性120人，党员150人。", &["120", "150"]),
        ("办理公证500件。其中涉外公证60件。", &["60"]),
        ("办理公证500件。其中，涉外公证60件。", &["60"]),
        ("办理公证500件。调解纠纷60件。", &[]),
    ] {
        let (records, _) = report(&format!("正在推进。上半年{words}"));
        let list = |name: &str| records[name].as_array().cloned().unwrap_or_default();
        let whole = list("observations")
            .iter()
            .find(|figure| figure["value"].as_i64() >= Some(300))
            .map(|figure| figure["metric"].clone());
        let part = |figure: &Value| {
            let metric = list("metrics").into_iter().find(|metric| metric["id"] == figure["metric"]);
            metric
                .filter(|metric| metric.get("part_of").is_some())
                .inspect(|metric| assert_eq!(Some(&metric["part_of"]), whole.as_ref(), "{words}"))
        };
        let parts: Vec<String> = list("observations")
            .iter()
            .filter(|figure| part(figure).is_some())
            .map(|figure| figure["value"].to_string())
            .collect();
        let mut parts = parts;
        parts.sort();
        assert_eq!(parts, wanted, "{words}");
    }
}
