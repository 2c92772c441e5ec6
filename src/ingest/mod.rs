//! An announcement in prose becomes a publication to review. No I/O but the bytes it is given.
//!
//! `reading` makes text of a file, `structure` finds the commitments in it, `commitments` reads what
//! each says, with `scan` for its figures and `cues` for what is meant by them; `records` makes a
//! publication of it.

mod amounts;
pub mod commitments;
mod cues;
mod edges;
mod enumerators;
mod fields;
mod figures;
mod mask;
mod naming;
mod numerals;
pub mod reading;
mod scan;
mod status;
mod structure;
mod tables;
pub mod text;
mod times;
mod words;

pub mod known;
pub mod records;
pub mod review;

use chrono::{Datelike, NaiveDate};
use sha2::{Digest, Sha256};

use self::known::{Known, Rules};
use self::records::{Import, Settings};
use self::text::Text;
use crate::model::message::Message;
use crate::model::period::Period;
use crate::say;

/// Commitments that one file may have; no list has as many.
const MAX_COMMITMENTS: usize = 5_000;

/// Makes a publication of an announcement's bytes.
pub fn import(bytes: &[u8], settings: &Settings, known: &Known, rules: &Rules) -> Result<Import, Message> {
    let text = Text::new(reading::read(bytes)?);
    let structure = structure::find(&text);
    if structure.items.is_empty() {
        return Err(say!(
            "No commitments are found: no numbered list, no table with a column such as 承诺事项, no label such as 进展情况. Number the commitments, or label them.",
            "没有找到承诺事项：没有编号列表，没有含“承诺事项”等列的表格，也没有“进展情况”等标签。请为各项承诺编号或加标签。"
        ));
    }
    let (items, most) = (structure.items.len(), MAX_COMMITMENTS);
    if items > most {
        return Err(say!(
            "There are {items} commitments; {most} at most are read from one file. Split it.",
            "共有 {items} 项承诺，一个文件最多读取 {most} 项，请拆分。"
        ));
    }
    let period = settings.period.clone().or_else(|| records::period_of(&text, &structure, settings.year));
    let end = period.as_deref().and_then(Period::parse).and_then(|period| period.end);
    let over = end.is_some_and(|end| NaiveDate::from_ymd_opt(settings.year, 12, 31).is_some_and(|last| end >= last))
        || settings
            .reported_on
            .as_deref()
            .and_then(crate::model::period::parse_day)
            .is_some_and(|day| day.year() > settings.year);
    let reading = commitments::read(&text, structure, settings.year, over);
    let most = figures::MAX_FIGURES;
    if reading.count > most {
        return Err(say!(
            "There are more than {most} figures in the file. Split it.",
            "文件中的数值超过 {most} 个，请拆分。"
        ));
    }
    let sha256 = hex::encode(Sha256::digest(bytes));
    Ok(records::make(text, reading, period, settings, known, rules, sha256))
}
