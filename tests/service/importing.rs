//! `import`: from an announcement in prose to a publication.

use std::io::Write;
use std::path::PathBuf;

use open_commitments::ingest::known::{Known, Rules};
use open_commitments::ingest::records::Import;
use open_commitments::ingest::{self};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::parsers::fuzzed::settings;
use crate::support::{Service, command};

/// Stretches of text that no record holds and no note reports.
fn dropped(import: &Import) -> Vec<String> {
    let mut kept = vec![false; import.text.chars.len()];
    for mark in import.marks.iter().filter(|mark| mark.class != "outside") {
        kept[mark.span.start..mark.span.end].fill(true);
    }
    for note in import.notes.iter().filter(|note| !note.warns) {
        kept[note.span.start..note.span.end].fill(true);
    }
    let lost = |(at, c): (usize, &char)| (!kept[at] && c.is_alphanumeric()).then(|| c.to_string());
    import.text.chars.iter().enumerate().filter_map(lost).collect()
}

/// Words of the genre, to be strung together at random.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "一、", "二、", "三、", "（一）", "（二）", "1.", "2.", "3.", "第一项", "承诺事项(1):", "承诺事项：", "进展情况：",
    "任务目标:", "下一步，", "接下来", "已完成", "。", "；", "，", "\n", "\n\n", "正在推进。", "【已完成】", "（推进中）", "（",
    "）", "“", "”", "《", "》", "〔2020〕12号", "第三届", "百分之", "三分之二", "29456件", "1.2亿元", "３０个",
    "三千二百名", "两", "十", "万", "亿", "3至5", "由47项调整为52项", "其中", "同比增长12.5%", "下降", "个百分点", "截至6月底",
    "今年以来", "上半年", "1-9月", "约", "近", "余", "以上", "序号", "承诺事项", "进展情况", "完成率", "|", "\t", "100%",
    "计划", "新建", "学校", "人民监督员", "http://a.b/c", "a@b.cn", "0571-87012345", "2020年",
    "99999999999999999999", "0.00001", "1,234", "，", "①", "一", "〇", "-", "/", "😀", "é", "关于“",
    "的承诺。", "责任单位：", "（牵头单位：甲；完成时限：12月）", "合计",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_strung_together_is_read_without_losing_a_character(words in prop::collection::vec(prop::sample::select(WORDS), 1..60)) {
        if let Ok(import) = ingest::import(words.concat().as_bytes(), &settings(), &Known::default(), &Rules::default()) {
            prop_assert_eq!(dropped(&import), Vec::<String>::new());
            let parsed = open_commitments::model::publication::parse(import.publication.to_string().as_bytes());
            let problems: Vec<String> = parsed.1.iter().map(|problem| problem.line(open_commitments::model::message::Language::English)).collect();
            prop_assert_eq!(problems, Vec::<String>::new());
        }
    }

    #[test]
    fn html_of_any_shape_is_read_without_losing_a_character(words in prop::collection::vec(prop::sample::select(&["<p>", "</p>", "<table>", "</table>", "<tr>", "</tr>", "<td>", "<td rowspan=3>", "<td colspan=2>", "</td>", "<br>", "<div>", "</div>", "承诺事项", "进展情况", "序号", "完成状态", "1", "2", "建成4所。", "已完成", "&nbsp;", "一、", "二、", "<script>", "</script>"][..]), 1..60)) {
        let page = format!("<html><body>{}", words.concat());
        if let Ok(import) = ingest::import(page.as_bytes(), &settings(), &Known::default(), &Rules::default()) {
            prop_assert_eq!(dropped(&import), Vec::<String>::new());
        }
    }

    #[test]
    fn bytes_of_any_kind_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = ingest::import(&bytes, &settings(), &Known::default(), &Rules::default());
        for head in [&b"PK\x03\x04"[..], b"<html>", b"\xff\xfe"] {
            let _ = ingest::import(&[head, &bytes].concat(), &settings(), &Known::default(), &Rules::default());
        }
    }
}

pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a folder"))
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }
}

fn refused(name: &str, bytes: &[u8]) -> String {
    let folder = Folder::new();
    let path = folder.file(name, bytes);
    let words =
        ["import", path.to_str().expect("a path"), "--programme", "plan", "--organization", "org", "--year", "2020"];
    let output = command(&words, &[], "");
    assert_eq!(output.status.code(), Some(1), "{name}");
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).expect("UTF-8")
}

fn archive(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    writer.start_file(name, options).expect("a file");
    writer.write_all(bytes).expect("written");
    writer.finish().expect("an archive").into_inner()
}

#[test]
fn what_cannot_be_read_is_refused_with_what_to_do() {
    for (name, bytes, said) in [
        ("empty.txt", vec![], "There is no text"),
        ("blank.txt", b" \n\t\n".to_vec(), "There is no text"),
        ("old.doc", vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], "save it as .docx"),
        ("scan.pdf", b"%PDF-1.7".to_vec(), "copy its text"),
        ("note.rtf", b"{\\rtf1 x}".to_vec(), "save it as .docx"),
        ("page.ofd", archive("OFD.xml", b"<ofd/>"), "OFD"),
        ("things.zip", archive("readme.txt", b"x"), "no .docx document"),
        ("broken.docx", b"PK\x03\x04 and then nothing".to_vec(), "damaged"),
        ("half.docx", archive("word/document.xml", b"<w:document><w:p></w:body>"), "damaged"),
        ("bomb.docx", archive("word/document.xml", &vec![b' '; 80 * 1024 * 1024]), "unpacks to more than 64 MiB"),
        ("program", [0, 1, 2, 3, 0, 0, 0x7f, 0x45].repeat(50), "neither UTF-8 nor GB 18030"),
        ("deep.html", format!("<html><body>{}", "<div>".repeat(3000)).into_bytes(), "elements inside each other"),
        ("long.txt", "1.建成学校。\n进展情况：已完成。\n".repeat(5001).into_bytes(), "5001 commitments"),
        (
            "figures.txt",
            format!("1.办案。\n进展情况：已完成。{}", "办案12件。".repeat(100_001)).into_bytes(),
            "more than 100000 figures",
        ),
        ("letter.txt", "尊敬的市民朋友：\n感谢您对我们工作的支持。\n".into(), "No commitments are found"),
    ] {
        let stderr = refused(name, &bytes);
        assert!(stderr.contains(said), "{name}: {stderr}");
    }
    let huge = refused("huge.txt", &vec![b'a'; 65 * 1024 * 1024]);
    assert!(huge.contains("larger than 64 MiB"), "{huge}");
}

#[test]
fn wrong_words_on_the_command_line_are_refused_before_anything_is_read() {
    for (words, said) in [
        (["--programme", "Plan 1", "--organization", "org", "--year", "2020"], "is no id"),
        (["--programme", "plan", "--organization", "机构", "--year", "2020"], "is no id"),
    ] {
        let words = [&["import", "nowhere.txt"][..], &words].concat();
        let output = command(&words, &[], "");
        assert!(String::from_utf8_lossy(&output.stderr).contains(said));
    }
    for (flag, value) in [("--period", "上半年"), ("--reported-on", "2020-02-30")] {
        let words = ["import", "nowhere.txt", "--programme", "p", "--organization", "o", "--year", "2020", flag, value];
        assert_eq!(command(&words, &[], "").status.code(), Some(1), "{flag}");
    }
}

pub const FIRST_HALF: &str = "某市司法局2020年公开承诺上半年进展\n一、建成公共法律服务站30个。\n进展情况：正在推进。上半年建成公共法律服务站12个，办理法律援助案件820件。下一步，加快建设。\n二、开展普法宣传100场。\n进展情况：正在推进。上半年开展普法宣传46场，发放资料2万份。\n（某市司法局）\n";
pub const THIRD_QUARTER: &str = "某市司法局2020年公开承诺前三季度进展\n一、建成公共法律服务站30个。\n进展情况：正在推进。前三季度建成公共法律服务站21个，办理法律援助案件1310件。上半年办理法律援助案件802件。\n二、广泛开展普法宣传活动一百场。\n进展情况：已完成。前三季度开展普法宣传108场，发放资料5万份。\n（某市司法局）\n";
const YEAR: &str = "某市司法局2020年公开承诺全年完成情况\n一、建成公共法律服务站30个。\n进展情况：已完成。全年建成公共法律服务站33个，办理法律援助案件1790件。\n二、开展普法宣传100场。\n进展情况：已完成。全年开展普法宣传131场，发放资料7万份。\n（某市司法局）\n";

pub fn import(service: &Service, text: &str, period: &str) -> (Value, String) {
    let words = [
        "import",
        "-",
        "--programme",
        "plan",
        "--organization",
        "sfj",
        "--year",
        "2020",
        "--period",
        period,
        "--ledger",
    ];
    let output = service.run(&words, text);
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(output.status.success(), "{stderr}");
    (serde_json::from_slice(&output.stdout).expect("a publication"), stderr)
}

#[actix_web::test]
async fn later_reports_of_a_year_add_reports_and_figures_and_list_what_is_to_be_decided() {
    let service = Service::empty().await;
    let (first, _) = import(&service, FIRST_HALF, "2020-S1");
    service.publishes(&first);
    assert_eq!(service.get("/v1/organizations/sfj").await.json()["name"]["zh-Hans"], "某市司法局");
    let head = service.head().await;
    service.publishes(&import(&service, FIRST_HALF, "2020-S1").0);
    assert_eq!(service.head().await, head, "importing twice changes nothing");

    let (third, said) = import(&service, THIRD_QUARTER, "2020-01-01/2020-09-30");
    let records = third["records"].as_object().expect("records");
    let kinds: Vec<&str> = records
        .iter()
        .filter(|(_, list)| list.as_array().is_some_and(|list| !list.is_empty()))
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(kinds, ["reports", "observations", "sources"], "no new commitment, metric or target");
    assert!(said.contains("820 in the ledger and 802 here"), "{said}");
    assert!(said.contains("worded otherwise than plan-2"), "{said}");
    service.publishes(&third);
    let series = service.get("/v1/observations?commitment=plan-1&sort=id").await.json();
    let values: Vec<&Value> =
        series["data"].as_array().expect("figures").iter().map(|figure| &figure["value"]).collect();
    assert_eq!(values.len(), 4, "{series}");

    // The decision: the source restated its first half.
    let id = said
        .lines()
        .find(|line| line.contains("in the ledger and 802 here"))
        .and_then(|line| line.split("correct observation ").nth(1)?.split(' ').next())
        .expect("an id");
    let words = ["correct", "observation", id, "value=802", "--kind", "source_revision", "--message", "三季度公告修订"];
    assert!(service.run(&words, "").status.success());
    let (again, said) = import(&service, THIRD_QUARTER, "2020-01-01/2020-09-30");
    assert!(!said.contains("802 here"), "{said}");
    let head = service.head().await;
    service.publishes(&again);
    assert_eq!(service.head().await, head);

    service.publishes(&import(&service, YEAR, "2020").0);
    let statuses = service.get("/v1/commitments?status=completed").await.ids();
    assert_eq!(statuses, ["plan-1", "plan-2"]);
    assert_eq!(service.get("/v1/commitments/plan-2?as_of=2100-01-01").await.status, 400);

    // The next year's list has its own commitments and reports, and goes on with the same metrics.
    let next = FIRST_HALF.replace("2020年", "2021年").replace("820件", "905件");
    let words = ["import", "-", "--programme", "plan-2021", "--organization", "sfj", "--year", "2021", "--ledger"];
    let output = service.run(&words, &next);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("in the ledger and"), "{said}");
    let next: Value = serde_json::from_slice(&output.stdout).expect("a publication");
    assert!(next["records"].get("metrics").is_none(), "{next}");
    service.publishes(&next);
    let cases = service.get("/v1/observations?commitment=plan-2021-1&period=2021-S1").await.json();
    let values: Vec<&Value> =
        cases["data"].as_array().expect("figures").iter().map(|figure| &figure["value"]).collect();
    assert!(values.contains(&&json!(905)), "{cases}");
    assert!(service.run(&["verify"], "").status.success());
}

#[actix_web::test]
async fn every_announcement_with_answers_makes_a_publication_that_is_accepted() {
    let service = Service::empty().await;
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/announcements");
    let mut published = 0;
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        if !["txt", "html", "docx"].contains(&path.extension().and_then(|kind| kind.to_str()).unwrap_or_default()) {
            continue;
        }
        let organization = format!("{name}-office");
        let words = [
            "import",
            path.to_str().expect("a path"),
            "--programme",
            &name,
            "--organization",
            &organization,
            "--year",
            "2022",
        ];
        let output = command(&words, &[], "");
        let publication: Value = serde_json::from_slice(&output.stdout).expect("a publication");
        service.publishes(&publication);
        published += 1;
        assert_eq!(service.head().await, published);
    }
    assert!(published >= 8);
}
