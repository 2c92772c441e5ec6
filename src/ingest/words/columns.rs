//! Titles of columns, and labels in prose, by what stands below or after them.

use std::sync::LazyLock;

use super::{Lexicon, folded};

/// What a column or a label is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Number,
    Promise,
    /// What is to be reached, beside a promise that names it.
    Target,
    Progress,
    Status,
    Rate,
    Next,
    /// More of what was done: problems, measures.
    Detail,
    Lead,
    Due,
    Remark,
    /// Told to nobody by a record: contacts and the like.
    Other,
}

const TITLES: &[(Column, &str)] = &[
    (Column::Number, "序号 编号 项次 号"),
    (
        Column::Promise,
        "承诺事项内容 公开承诺事项 承诺事项 承诺内容 承诺项目 公开承诺内容 公开承诺 承诺 事项名称 事项内容 \
        事项 项目名称 项目内容 实事项目 实事名称 实事内容 任务名称 工作任务 重点任务 主要任务 工作内容 \
        建设内容 重点工作 工作事项 民生实事 民生实事项目 任务内容 任务 项目 承诺事项名称 \
        实事项目内容 主要内容 具体内容 内容 工作项目 惠民实事 惠民实事项目 承诺事项及内容 任务清单 指标名称 名称 项目名称及内容 \
        项目内容及目标 建设项目 重点项目 承诺服务事项 为民办实事项目 任务事项",
    ),
    (
        Column::Target,
        "目标任务 任务目标 工作目标 年度目标 承诺目标 目标 计划目标 年度任务 年度计划 目标内容 预期目标 \
        年度目标任务 工作目标任务 全年目标 计划任务 具体目标 具体任务 年度工作目标",
    ),
    (
        Column::Progress,
        "进展情况 完成情况 落实情况 推进情况 工作进展 工作进展情况 目前进展 目前进展情况 当前进展 最新进展 \
        进展 办理情况 履行情况 履诺情况 践诺情况 兑现情况 实施情况 工作成效 工作开展情况 开展情况 \
        工作完成情况 进度情况 项目进展 项目进展情况 实际完成 实际完成情况 完成内容 推进落实情况 任务进展 \
        工作落实情况 进展成效 落实进展 主要进展 任务完成情况 年度完成情况 阶段进展 推进成效 截至目前进展 \
        工作推进情况 承诺履行情况 承诺完成情况 承诺落实情况 办结情况 进度及成效 上半年进展 上半年完成情况 \
        阶段性进展 阶段性进展情况 落实措施及成效 履职情况 主要成效 项目完成情况 目前情况 推进进展 \
        情况 进展状况 完成任务情况 完成工作情况 实施进展 建设进展 工程进展 完成进展 实施成效 推进进度情况 目标完成情况 \
        履约情况 进展情况及成效 办理进展 办理进展情况 落实成效 完成成效",
    ),
    (
        Column::Status,
        "完成状态 状态 当前状态 进展状态 办理状态 完成程度 推进状态 是否完成 落实状态 完成与否 进度状态 评价 \
        自评 总体评价 完成结果 办理结果 进度评价 任务状态 工作状态 事项状态 项目状态 履行状态 兑现状态 目前状态 完成类型 落实结果 进展类型 序时进度 是否达序时 是否达到序时进度",
    ),
    (
        Column::Rate,
        "完成率 完成比例 完成百分比 进度 完成进度 工作进度 完成度 形象进度 目标完成率 进度比例 任务完成率 \
        项目进度 总体进度 当前进度 目前进度 推进进度 实施进度 建设进度 完成率% 实际完成率 实际完成率% 完成百分率 完成情况百分比",
    ),
    (
        Column::Next,
        "下一步打算 下一步工作打算 下一步计划 下一步工作计划 下一步安排 下一步工作安排 下一步工作 下一步措施 \
        下一步工作措施 下一步举措 下一步 下步打算 下步计划 下步安排 下步工作 下步措施 下步工作打算 \
        下步工作计划 下阶段工作 下阶段计划 下阶段打算 下一阶段工作 下一阶段计划 下一阶段安排 下一阶段打算 \
        下一阶段工作安排 后续安排 后续计划 后续工作 今后打算 工作打算 下半年打算 下半年计划 下半年安排 \
        下半年工作安排 下一阶段 下阶段工作安排 下阶段安排 下一阶段工作计划 下一阶段工作打算 \
        存在问题及下一步打算 下一步推进计划 下一步推进措施 下步推进措施 下步举措 下步工作安排 下一步工作思路 下一步工作举措",
    ),
    (
        Column::Detail,
        "存在问题 存在的问题 存在困难 主要问题 主要做法 主要措施 推进措施 工作举措 工作措施 落实举措 推进举措 落实措施 主要举措 整改措施",
    ),
    (
        Column::Lead,
        "责任单位 牵头单位 牵头处室 责任处室 责任部门 牵头部门 承办单位 主办单位 责任主体 责任科室 承办处室 \
        牵头责任单位 配合单位 协办单位 参与单位 配合部门 承诺单位 实施单位 承诺部门 牵头(责任)单位 \
        主要责任单位 单位 部门 处室",
    ),
    (
        Column::Due,
        "完成时限 完成时间 时限 办结时限 承诺时限 计划完成时间 计划完成时限 时间节点 完成期限 办理时限 \
        履行时限 责任时限 工作时限 时间安排",
    ),
    (Column::Remark, "备注 说明"),
    (
        Column::Other,
        "联系人 联系电话 监督电话 责任人 分管领导 责任领导 牵头领导 咨询电话 联系方式 承办人 类别 领域 分类",
    ),
];

/// What a title may begin with: the time it is about, and what everything here is about.
const MODIFIERS: &str = "截至 截止 目前 当前 现阶段 全年 本年 今年 上半年 下半年 前三季度 前三个季度 一季度 二季度 三季度 四季度 \
    第一季度 第二季度 第三季度 第四季度 年度 年底 月底 年 月 日 底 末 累计 市 县 区 省 主要 具体 总体 \
    工作 项目 任务 事项 承诺 阶段性 实事 民生实事 重点";
/// Characters of the longest title.
const MAX_TITLE: usize = 24;

static TITLE: LazyLock<Lexicon<Column>> = LazyLock::new(|| Lexicon::new(TITLES.iter().copied()));
static MODIFIER: LazyLock<Lexicon<()>> = LazyLock::new(|| Lexicon::of(MODIFIERS));

/// What a column of this title holds.
pub fn column(title: &str) -> Option<Column> {
    let title: String = folded(title).chars().filter(|c| *c != ' ').collect();
    let title: Vec<char> = title.split('(').next().unwrap_or_default().trim_end_matches(':').chars().collect();
    TITLE.get(&title).or_else(|| TITLE.get(bare(&title)))
}

/// A title without the words it may begin with: 截至6月底进展情况 is 进展情况.
fn bare(title: &[char]) -> &[char] {
    let mut at = 0;
    while let Some(length) = title
        .get(at)
        .filter(|c| c.is_ascii_digit() || "-至".contains(**c))
        .map(|_| 1)
        .or_else(|| MODIFIER.length(&title[at..]))
    {
        at += length;
    }
    &title[at..]
}

/// The longest label that a folded text begins with, with the mark that ends it: its kind and length.
pub fn label_at(text: &[char]) -> Option<(Column, usize)> {
    let bracketed = text.first() == Some(&'[');
    let inner = if bracketed { text.get(1..)? } else { text };
    let head = &inner[..inner.len().min(MAX_TITLE)];
    let skipped = head.len() - bare(head).len();
    [0, skipped].into_iter().find_map(|from| {
        TITLE.all_at(&inner[from..]).find_map(|(column, length)| ended(column, inner, from + length, bracketed))
    })
}

/// A label as it ends: its number in brackets or bare, as in 承诺事项(13):, and its mark.
fn ended(column: Column, inner: &[char], length: usize, bracketed: bool) -> Option<(Column, usize)> {
    if column == Column::Number {
        return None;
    }
    let mut end = length;
    if inner.get(end) == Some(&'(') {
        end += inner.iter().skip(end).take(8).position(|c| *c == ')').map_or(0, |close| close + 1);
    } else {
        let numeral = |c: &&char| c.is_ascii_digit() || "一二三四五六七八九十".contains(**c);
        end += inner.iter().skip(end).take(4).take_while(numeral).count();
    }
    match inner.get(end) {
        Some(':') if !bracketed => Some((column, end + 1)),
        Some(']') if bracketed => Some((column, end + 2 + usize::from(inner.get(end + 1) == Some(&':')))),
        _ => None,
    }
}
