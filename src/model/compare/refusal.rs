//! Why figures are not compared, and the way out, in both languages.

use crate::model::codes::Dimension;
use crate::model::message::Message;
use crate::say;

/// Why a figure has no change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoChange {
    NoPeriodBefore,
    NoFigure(String),
    OtherTimeBasis(String),
    SeveralFigures(String),
    OtherUnit,
    RunningTotal,
    TooLong,
}

impl NoChange {
    pub fn code(&self) -> &'static str {
        match self {
            NoChange::NoPeriodBefore => "no-period-before",
            NoChange::NoFigure(_) => "no-figure",
            NoChange::OtherTimeBasis(_) => "mixed-time-bases",
            NoChange::SeveralFigures(_) => "several-figures",
            NoChange::OtherUnit => "mixed-units",
            NoChange::RunningTotal => "running-total",
            NoChange::TooLong => "too-many-digits",
        }
    }

    pub fn message(&self) -> Message {
        match self {
            NoChange::NoPeriodBefore => {
                say!("The period has no definite one before it.", "该期间没有可确定的前一期间。")
            }
            NoChange::NoFigure(period) => say!("There is no such figure of {period}.", "没有 {period} 的对应数字。"),
            NoChange::OtherTimeBasis(period) => say!(
                "The figure of {period} counts over another span (time_basis).",
                "{period} 的数字时间口径（time_basis）不同。"
            ),
            NoChange::SeveralFigures(period) => {
                say!("There are several such figures of {period}.", "{period} 的对应数字有多个。")
            }
            NoChange::OtherUnit => {
                say!("One of the figures was printed in another unit.", "其中一个数字印出的单位不同。")
            }
            NoChange::RunningTotal => say!(
                "A total since the beginning of the year is compared with the same span a year before: change=year_on_year.",
                "年初以来的累计数应与上年同期比较：change=year_on_year。"
            ),
            NoChange::TooLong => too_long(),
        }
    }
}

fn too_long() -> Message {
    say!("The result has more than 15 digits.", "结果超过 15 位数字。")
}

/// What figures are of, beside what rows are: it is the same in all that are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    pub parameter: &'static str,
    code: &'static str,
    words: [&'static str; 2],
}

/// In the order of what [`super::Figure`] is of.
pub const MEMBERS: [Member; 4] = [
    Member { parameter: "division", code: "mixed-divisions", words: ["division", "区划"] },
    Member { parameter: "subject", code: "mixed-subjects", words: ["subject", "对象"] },
    Member { parameter: "scope", code: "mixed-scopes", words: ["scope", "范围"] },
    Member { parameter: "reported_by", code: "mixed-reporters", words: ["reporter", "报告者"] },
];

/// Why figures are not added up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    NotAdditive(Dimension),
    Ratio,
    NoFigures,
    /// Key, and ids of its figures.
    SeveralFigures(String, Vec<String>),
    /// What differs, and how.
    Mixed(Member, Vec<String>),
    MixedTimeBases(Vec<String>),
    /// Time basis.
    NoFlow(String),
    OtherUnits(Vec<String>),
    Overlap(String, String),
    UnknownDays(String),
    TooLong,
}

impl Refusal {
    /// The parameter it is about, and a stable code.
    pub fn code(&self) -> (&'static str, &'static str) {
        match self {
            Refusal::NotAdditive(_) => ("aggregate", "not-additive"),
            Refusal::Ratio => ("aggregate", "ratio"),
            Refusal::NoFigures => ("aggregate", "no-figures"),
            Refusal::SeveralFigures(..) => ("by", "several-figures"),
            Refusal::Mixed(member, _) => (member.parameter, member.code),
            Refusal::MixedTimeBases(_) => ("time_basis", "mixed-time-bases"),
            Refusal::NoFlow(_) => ("time_basis", "running-total"),
            Refusal::OtherUnits(_) => ("metric", "mixed-units"),
            Refusal::Overlap(..) => ("period", "overlapping-periods"),
            Refusal::UnknownDays(_) => ("period", "unknown-days"),
            Refusal::TooLong => ("aggregate", "too-many-digits"),
        }
    }

    pub fn message(&self) -> Message {
        match self {
            Refusal::NotAdditive(by) => {
                let (code, (en, zh)) = (by.code(), in_words(*by));
                say!(
                    "The metric's figures are not declared additive over {en} (additive_over has no {code}): a sum could count things twice, or mean nothing. Leave aggregate out to see them side by side.",
                    "该指标未声明可按{zh}相加（additive_over 不含 {code}）：相加可能重复计算或没有意义。请去掉 aggregate，并列查看。"
                )
            }
            Refusal::Ratio => say!(
                "A ratio is not added up. Add its numerator and its denominator, each a metric of its own.",
                "比率不能相加。请分别对其分子、分母指标求和。"
            ),
            Refusal::NoFigures => say!(
                "There is no figure to add here. Choose another period, or leave the filters out.",
                "此处没有可相加的数字。请换一个期间，或去掉筛选。"
            ),
            Refusal::SeveralFigures(key, ids) => {
                let ids = list(ids);
                say!(
                    "{key} has several figures ({ids}), which differ in division, subject, scope or reporter. Choose by division, subject, scope or reported_by.",
                    "{key} 有多个数字（{ids}），其区划、对象、范围或报告者不同。请用 division、subject、scope 或 reported_by 选定。"
                )
            }
            Refusal::Mixed(Member { parameter, words: [en, zh], .. }, values) => {
                let values = list(values);
                say!(
                    "The figures differ in {en} ({values}), so that their sum would be of nothing in particular. Choose one with {parameter}, or narrow to periods or areas where it is the same.",
                    "这些数字的{zh}不同（{values}），相加后不知所指。请用 {parameter} 选定一个，或缩小到{zh}相同的期间或区划。"
                )
            }
            Refusal::MixedTimeBases(bases) => {
                let bases = bases.join(", ");
                say!(
                    "The figures count over different spans ({bases}). Choose one with time_basis.",
                    "这些数字的时间口径不同（{bases}）。请用 time_basis 选定一种。"
                )
            }
            Refusal::NoFlow(basis) => say!(
                "Figures of time basis {basis} count earlier periods again, or are of one moment. Only those of single periods (period_flow) are added over periods.",
                "时间口径为 {basis} 的数字包含以前各期或只是某一时点的数，只有当期数（period_flow）可以跨期相加。"
            ),
            Refusal::OtherUnits(ids) => {
                let ids = list(ids);
                say!(
                    "Printed in another unit than the metric's: {ids} (see /v1/warnings). Choose figures without them.",
                    "印出的单位与指标不同：{ids}（见 /v1/warnings）。请选择不含它们的数字。"
                )
            }
            Refusal::Overlap(one, other) => say!(
                "{one} and {other} overlap, so that days would count twice. Narrow with period_from and period_to, or publish periods of one length.",
                "{one} 与 {other} 的期间重叠，会重复计算。请用 period_from、period_to 缩小范围。"
            ),
            Refusal::UnknownDays(period) => say!(
                "Of {period} it is not known on which day it begins or ends. Narrow with period_from and period_to.",
                "{period} 的起止日期不明。请用 period_from、period_to 缩小范围。"
            ),
            Refusal::TooLong => too_long(),
        }
    }
}

/// The first few ids.
fn list(ids: &[String]) -> String {
    const SHOWN: usize = 5;
    let more = if ids.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", ids.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", "))
}

/// A dimension in English and Chinese.
pub fn in_words(by: Dimension) -> (&'static str, &'static str) {
    match by {
        Dimension::Division => ("divisions", "区划"),
        Dimension::Subject => ("subjects", "对象"),
        Dimension::Period => ("periods", "期间"),
    }
}
