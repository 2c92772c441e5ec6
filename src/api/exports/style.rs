//! How the text of an export is written.

use crate::api::endpoint::Request;
use crate::export::Style;
use crate::export::format::Format;
use crate::say;

/// `labels` and `charset`, of the formats that have them.
pub fn style(request: &mut Request) -> Style {
    let format = request.format;
    let query = &mut request.query;
    let labels = query.text("labels");
    let charset = query.text("charset");
    match (labels.as_deref(), format.is_csv() || format == Format::Xlsx) {
        (None, _) | (Some("zh"), true) => {}
        (Some("zh"), false) => query.refuse(
            "labels",
            "invalid-value",
            say!("labels is for csv, csv-excel and xlsx.", "labels 只用于 csv、csv-excel 和 xlsx。"),
        ),
        (Some(_), _) => query.refuse(
            "labels",
            "invalid-value",
            say!("labels can only be zh; without it columns have their names.", "labels 只能是 zh；不写时用列名。"),
        ),
    }
    match (charset.as_deref(), format.is_csv()) {
        (None, _) | (Some("utf-8" | "gb18030"), true) => {}
        (Some("utf-8" | "gb18030"), false) => query.refuse(
            "charset",
            "invalid-value",
            say!(
                "charset is for csv and csv-excel; the other formats have an encoding of their own.",
                "charset 只用于 csv 和 csv-excel，其他格式的编码是固定的。"
            ),
        ),
        (Some(_), _) => query.refuse(
            "charset",
            "invalid-value",
            say!("charset is utf-8 or gb18030.", "charset 应为 utf-8 或 gb18030。"),
        ),
    }
    Style { chinese_labels: labels.is_some(), gb18030: charset.as_deref() == Some("gb18030") }
}
