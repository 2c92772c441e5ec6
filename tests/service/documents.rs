//! Files as Word, WPS, content management systems and editors make them: `import` loses none of their words.

use std::io::Write;

use serde_json::{Value, json};

use crate::importing::Folder;
use crate::support::command;

fn imported(name: &str, bytes: &[u8]) -> Value {
    let folder = Folder::new();
    let path = folder.file(name, bytes);
    let path = path.to_str().expect("a path");
    let words = ["import", path, "--programme", "plan", "--organization", "org", "--year", "2020", "--include-text"];
    let output = command(&words, &[], "");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("a publication")
}

/// Status and figures as printed, by the number of the commitment.
fn told(publication: &Value) -> Vec<(Value, Value, Vec<Value>)> {
    let records = &publication["records"];
    let list = |name: &str| records[name].as_array().cloned().unwrap_or_default();
    let of = |commitment: Value| {
        let is = |record: &Value| record["commitment"] == commitment["id"];
        let report = list("reports").into_iter().find(is).unwrap_or_default();
        let mut figures: Vec<Value> = list("observations").into_iter().filter(is).collect();
        figures.sort_by_key(|figure| figure["evidence"][0]["start"].as_i64());
        let figures = figures.into_iter().map(|mut figure| figure["as_published"].take()).collect();
        (commitment["number"].clone(), report["status"].clone(), figures)
    };
    list("commitments").into_iter().map(of).collect()
}

fn text(publication: &Value) -> &str {
    publication["records"]["sources"][0]["text"]["zh-Hans"].as_str().expect("the text")
}

fn docx(body: &str, numbering: &str) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, root, inner) in [("word/document.xml", "document", body), ("word/numbering.xml", "numbering", numbering)]
    {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).expect("a file");
        write!(writer, "<w:{root}>{inner}</w:{root}>").expect("written");
    }
    writer.finish().expect("an archive").into_inner()
}

#[test]
fn a_text_box_of_a_document_stands_beside_the_words_it_hangs_on() {
    let run = |words: &str| format!("<w:r><w:t>{words}</w:t></w:r>");
    let inner = format!("<w:txbxContent><w:p>{}</w:p></w:txbxContent>", run("盖章"));
    let shape = format!(
        "<w:r><mc:AlternateContent><mc:Choice>{inner}</mc:Choice><mc:Fallback><w:tbl><w:tr><w:tc>{inner}</w:tc></w:tr></w:tbl></mc:Fallback></mc:AlternateContent></w:r>"
    );
    let body = format!(
        "<w:p>{}</w:p><w:p>{}{shape}{}</w:p><w:p>{}</w:p>",
        run("一、办理公证。"),
        run("进展情况：已完成。上半年办理公证100件"),
        run("，调解纠纷7件。"),
        run("二、建设学校。进展情况：正在推进。"),
    );
    let publication = imported("boxes.docx", &docx(&body, ""));
    assert_eq!(told(&publication)[0], (json!(1), json!("completed"), vec![json!("100件"), json!("7件")]));
    assert!(text(&publication).contains("上半年办理公证100件，调解纠纷7件。\n盖章\n二、"), "{}", text(&publication));
}

#[test]
fn how_a_document_was_formatted_before_says_nothing() {
    let numbering = "<w:abstractNum w:abstractNumId=\"0\"><w:lvl w:ilvl=\"0\"><w:start w:val=\"1\"/><w:numFmt w:val=\"decimal\"/><w:lvlText w:val=\"%1.\"/></w:lvl></w:abstractNum><w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num>";
    let item = |words: &str| {
        format!(
            "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"1\"/></w:numPr><w:pPrChange><w:pPr><w:pStyle w:val=\"x\"/><w:numPr><w:numId w:val=\"0\"/></w:numPr></w:pPr></w:pPrChange></w:pPr><w:r><w:t>{words}</w:t></w:r></w:p>"
        )
    };
    let body = [item("办理公证。已办理公证100件。"), item("建设学校。已建设学校3所。")].concat();
    let told = told(&imported("changed.docx", &docx(&body, numbering)));
    let numbers: Vec<(Value, Vec<Value>)> = told.into_iter().map(|(number, _, figures)| (number, figures)).collect();
    assert_eq!(numbers, [(json!(1), vec![json!("100件")]), (json!(2), vec![json!("3所")])]);
}

#[test]
fn elements_that_no_browser_breaks_a_line_for_break_no_sentence() {
    let page = "<html><body><p>一、办理公证。</p><p>进展情况：已完成。截至<st1:chsdate w:st=\"on\">6月30日</st1:chsdate>，办理公<wbr>证<x-mark>100</x-mark>件。</p></body></html>";
    let publication = imported("word.html", page.as_bytes());
    assert_eq!(told(&publication), [(json!(1), json!("completed"), vec![json!("100件")])]);
    assert!(text(&publication).contains("截至6月30日，办理公证100件。"), "{}", text(&publication));
}

#[test]
fn a_cell_that_spans_rows_and_columns_leaves_its_columns_free_below() {
    let page = "<html><body><table><tr><td>序号</td><td colspan=2>承诺事项</td><td>进展情况</td></tr>\
        <tr><td>1</td><td colspan=2 rowspan=2>办理公证</td><td>已完成。办理公证100件。</td></tr>\
        <tr><td>2</td><td>正在推进。调解纠纷7件。</td></tr></table></body></html>";
    let told = told(&imported("spans.html", page.as_bytes()));
    assert_eq!(
        told,
        [(json!(1), json!("completed"), vec![json!("100件")]), (json!(2), json!("in_progress"), vec![json!("7件")])]
    );
}

#[test]
fn paragraphs_indented_by_tabs_are_no_table() {
    let told = told(&imported(
        "indented.txt",
        "\t\t一、办理公证。\n\t\t进展情况：已完成。办理公证100件。\n\t\t二、建设学校。\n\t\t进展情况：正在推进。\n"
            .as_bytes(),
    ));
    assert_eq!(told, [(json!(1), json!("completed"), vec![json!("100件")]), (json!(2), json!("in_progress"), vec![])]);
}

#[test]
fn a_number_written_twice_is_one_and_a_signature_is_no_title() {
    let text = "本局年初公开承诺两项工作，现将进展公布如下：\n一、承诺事项(1)：办理公证。\n进展情况：已完成。办理公证100件。\n二、承诺事项(2)：年内建成学校4所。\n进展情况：正在推进。下一步，力争完成校舍加固6栋。\n(某市司法局)";
    let publication = imported("signed.txt", text.as_bytes());
    let records = &publication["records"];
    assert_eq!(records["sources"][0]["title"]["zh-Hans"], "某市司法局2020年公开承诺进展情况");
    let labels: Vec<&Value> = (0..2).map(|index| &records["commitments"][index]["number_label"]).collect();
    assert_eq!(labels, ["一、承诺事项(1)", "二、承诺事项(2)"]);
    // What is promised is due within the year; next steps say no day.
    let due: Vec<(&Value, Option<&Value>)> = records["targets"]
        .as_array()
        .expect("targets")
        .iter()
        .map(|target| (&target["as_published"], target.get("due_on")))
        .collect();
    assert!(due.contains(&(&json!("4所"), Some(&json!("2020-12-31")))), "{due:?}");
    assert!(due.contains(&(&json!("6栋"), None)), "{due:?}");
}
