//! What catalogues say of the datasets, in both languages.

use super::facts::{Programme, in_language};
use crate::model::kind::Kind;
use crate::model::message::Message;
use crate::model::text::HumanText;
use crate::say;

/// Title, then description, of a kind's records; English, Chinese.
const KINDS: &[(&str, [&str; 2], [&str; 2])] = &[
    (
        "organization",
        ["Organizations that promise or publish", "承诺与发布机构"],
        [
            "Names, levels, divisions and codes of the bodies that make public commitments or report on them.",
            "作出公开承诺或发布进展的机构的名称、层级、区划与代码。",
        ],
    ),
    (
        "programme",
        ["Programmes of commitments", "公开承诺清单"],
        [
            "Announced lists of commitments: who promised, for which year, and where that was announced.",
            "已公布的承诺清单：由谁承诺、属于哪一年、在何处公布。",
        ],
    ),
    (
        "commitment",
        ["Public commitments", "公开承诺事项"],
        [
            "Every promise with its number, wording, answerable organizations, day due and newest status.",
            "每一项承诺的序号、内容、责任机构、完成期限与最新状态。",
        ],
    ),
    (
        "report",
        ["Progress reports", "承诺进展报告"],
        [
            "What was reported on each commitment: period, status, what was done and what comes next.",
            "对每项承诺的进展报告：报告期、状态、已做的工作与下步打算。",
        ],
    ),
    (
        "metric",
        ["Metrics", "指标"],
        [
            "What is counted, in which unit and over which span of time, and how rates are computed.",
            "统计什么、用什么单位、覆盖多长时间，以及比率如何计算。",
        ],
    ),
    (
        "observation",
        ["Figures reported", "已报告的数据"],
        [
            "Figures of the metrics by period, organization and area, each with the words it was said in, and rates computed from them.",
            "各指标按期间、机构和区划的数值，每个都附有原文依据，并含由其计算的比率。",
        ],
    ),
    (
        "target",
        ["Figures promised", "承诺的目标值"],
        ["Figures that commitments promise to reach, with the day by which.", "承诺要达到的数值及其期限。"],
    ),
    (
        "source",
        ["Source documents", "来源文件"],
        [
            "Announcements and articles that the records rest on, with address and digest.",
            "记录所依据的公告与文章及其网址和摘要值。",
        ],
    ),
];

fn of(kind: &Kind) -> ([&'static str; 2], [&'static str; 2]) {
    let known = KINDS.iter().find(|(name, ..)| *name == kind.name);
    known.map_or(([kind.type_name; 2], [kind.about; 2]), |(_, title, about)| (*title, *about))
}

/// Human text of English and Chinese.
pub fn both([en, zh]: [&str; 2]) -> HumanText {
    Message { en: en.to_owned(), zh: zh.to_owned() }.into()
}

/// Title of the dataset of a kind.
pub fn title(kind: &Kind) -> HumanText {
    both(of(kind).0)
}

/// What the dataset of a kind has.
pub fn description(kind: &Kind) -> HumanText {
    both(of(kind).1)
}

/// What the dataset of a programme has.
pub fn of_programme(programme: &Programme) -> HumanText {
    let year = programme.year;
    let (en, zh) = (programme.organization.name_in(&["en"]), programme.organization.name_in(&["zh-Hans", "zh"]));
    let title_en = in_language(&programme.title.0, &["en"]).unwrap_or_default();
    let title_zh = in_language(&programme.title.0, &["zh-Hans", "zh"]).unwrap_or_default();
    say!(
        "{title_en}: every commitment of {year} of {en}, with its newest status.",
        "{title_zh}：{zh}{year}年的每一项承诺及其最新状态。"
    )
    .into()
}

/// Title of the catalogue.
pub fn catalogue(publisher: Option<(&str, &str)>) -> HumanText {
    match publisher {
        Some((en, zh)) => say!("Public commitments and progress: {en}", "公开承诺与进展数据目录（{zh}）"),
        None => say!("Public commitments and progress", "公开承诺与进展数据目录"),
    }
    .into()
}

/// What the catalogue has.
pub fn about_catalogue() -> HumanText {
    say!(
        "Commitments that governments made in public, reports on their progress, and figures, each with its source and every revision on record.",
        "政府公开作出的承诺、进展报告与数据，每项均可追溯到来源，并保留全部修订。"
    )
    .into()
}

/// Title and description of the interface.
pub fn service() -> [HumanText; 2] {
    [
        say!("Query interface of the ledger", "账本查询接口").into(),
        say!(
            "REST interface that lists, filters and searches all records as of any revision, as JSON and CSV.",
            "按任一修订查询、筛选和检索全部记录的 REST 接口，提供 JSON 与 CSV。"
        )
        .into(),
    ]
}

/// Keywords of everything, by language.
pub const KEYWORDS: &[(&str, &str)] = &[
    ("en", "public commitments"),
    ("en", "government accountability"),
    ("en", "progress reports"),
    ("zh-Hans", "公开承诺"),
    ("zh-Hans", "政务公开"),
    ("zh-Hans", "进展报告"),
];
