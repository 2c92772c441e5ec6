//! Official wordings of a status and their codes: fixed phrases, and those put together of adverbs and
//! a verb, such as 正在|有序|推进. The table for publishers is in docs/publishing.md.

use std::sync::LazyLock;

use super::{Lexicon, starts};
use crate::ingest::numerals::ONE;
use crate::ingest::scan;
use crate::model::codes::Status;

/// Phrases that are not put together of the parts below, or mean something else than their parts.
const PHRASES: &[(Status, &str)] = &[
    (Status::NotStarted, "未启动实施 未破题 未落地"),
    (
        Status::InProgress,
        "推进中 推进顺利 进展顺利 进展良好 进展正常 进展有序 进展较快 总体顺利 进行中 实施中 办理中 落实中 建设中 \
         施工中 筹备中 开展中 整改中 达到序时进度 达序时进度 符合序时进度 超序时进度 快于序时进度 超前序时进度 \
         按序时进度 时序进度正常 序时进度正常 进度正常 长期坚持 跨年度实施 跨年实施 取得阶段性进展 取得阶段性成效 \
         在建 在办 已启动 已开工 已动工 已部署 完成阶段性任务 完成阶段性目标 达到预期进度 \
         完成序时任务 完成时序任务 完成半年任务 完成阶段任务 序时推进 常态化推进 常态化开展",
    ),
    (
        Status::SubstantiallyCompleted,
        "主体完工 主体完成 主体建成 主体竣工 主体封顶 接近尾声 进入收尾 进入收尾阶段 收尾阶段",
    ),
    (
        Status::Completed,
        "完成任务 完成目标 完成目标任务 完成年度任务 完成年度目标 完成年度目标任务 完成全年任务 完成全年目标 \
         完成全年目标任务 达标 达到目标 达到预期目标 兑现 办结 完结 完毕 结项",
    ),
    (
        Status::Delayed,
        "进展较慢 进展缓慢 进展偏慢 进展滞后 进展不快 进度较慢 进度缓慢 进度偏慢 进度滞后 进度较缓 推进缓慢 推进较慢 \
         推进偏慢 推进滞后 推进较缓 推进不力 严重滞后 明显滞后 略有滞后 有所滞后 相对滞后 滞后 偏慢 滞后于序时进度 \
         未达序时进度 未达到序时进度 未达时序进度 落后于序时进度 慢于序时进度 落后序时进度 欠进度 欠序时进度 低于序时进度 慢于计划 慢序时 逾期 延期 超期",
    ),
    (Status::Suspended, "暂缓实施 暂缓推进 暂缓 暂停实施 暂停推进 暂停 已暂停 已暂缓 中止 已中止 搁置 停工 已停工"),
    (Status::Cancelled, "取消 已取消 终止 已终止 不再实施 取消实施 调整取消 已取消实施 停止实施 已停止实施"),
];

/// What an adverb adds to a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Adverb {
    /// 未, 尚未
    Not,
    /// 基本, 大部分
    Almost,
    /// 部分, 阶段性
    Partly,
    /// 正在
    Now,
    /// 已, 全部: it is done.
    Fully,
    /// 按期: done if it stands with what ends, under way with what goes on.
    InTime,
    /// 有序, 稳步: how it goes on.
    Manner,
}

/// What a verb says that something does.
#[derive(Clone, Copy, Debug)]
enum Verb {
    /// 完成, 建成
    Ends,
    /// 落实: done or under way, as the adverbs say.
    Settles,
    /// 推进, 实施
    GoesOn,
    /// 启动, 开工
    Begins,
}

#[derive(Clone, Copy)]
enum Part {
    Adverb(Adverb),
    Verb(Verb),
}

const PARTS: &[(Part, &str)] = &[
    (Part::Adverb(Adverb::Not), "未 尚未 没有 暂未 还未 仍未 未能 未能够 并未 均未 尚没有 暂时未"),
    (Part::Adverb(Adverb::Almost), "基本 大部分 绝大部分 接近 已接近 大体 总体基本"),
    (Part::Adverb(Adverb::Partly), "部分 阶段性 初步"),
    (Part::Adverb(Adverb::Now), "正在 正 仍在 现正"),
    (
        Part::Adverb(Adverb::Fully),
        "已 已经 均已 均 全面 全部 超额 圆满 提前 高质量 高标准 高效 如数 现已 都已 业已 已于近期 保质保量",
    ),
    (
        Part::Adverb(Adverb::InTime),
        "如期 按期 按时 顺利 按要求 按计划 按序时 按时序 按进度 按节点 按照计划 按照序时进度 按序时进度",
    ),
    (
        Part::Adverb(Adverb::Manner),
        "有序 稳步 持续 扎实 加快 加紧 加速 抓紧 积极 全力 深入 有力 同步 稳妥 平稳 有效 大力 统筹 协同 强力 快速 逐步 \
         正常 继续 不断 纵深 压茬 常态化 全速 强势 着力 紧张 紧锣密鼓",
    ),
    (
        Part::Verb(Verb::Ends),
        "完成 建成 落实到位 发放到位 补发到位 拨付到位 配备到位 办结 实现 到位 完工 竣工 兑现 达标 交付 销号 履行 履诺 投用 建成投用 完成任务 完成目标任务",
    ),
    (Part::Verb(Verb::GoesOn), "推进 进行 实施 办理 建设 开展 施工 筹备 完善 编制 推动 推进落实 组织实施"),
    (Part::Verb(Verb::Settles), "落实 整改"),
    (Part::Verb(Verb::Begins), "启动 开工 开始 动工 启动建设 开工建设 启动实施"),
];

static PHRASE: LazyLock<Lexicon<Status>> = LazyLock::new(|| Lexicon::new(PHRASES.iter().copied()));
static PART: LazyLock<Lexicon<Part>> = LazyLock::new(|| Lexicon::new(PARTS.iter().copied()));

/// The longest wording that a folded text begins with, and its length in characters.
pub fn status_at(text: &[char]) -> Option<(Status, usize)> {
    // 完成 alone is a status only where nothing goes on after it: 完成情况 is a title.
    let ended = || starts(text, "完成") && !text.get(2).is_some_and(|c| c.is_alphanumeric());
    let phrase = PHRASE.at(text).or_else(|| ended().then_some((Status::Completed, 2)));
    // 完成年度任务的85% says how much of it is done.
    let of = |length: usize| {
        let rest = &text[length..text.len().min(length + 9)];
        let share = rest.iter().position(|c| ",。;、的".contains(*c)).filter(|at| rest[*at] == '的');
        share.and_then(|at| rest.get(at + 1)).is_some_and(|c| c.is_ascii_digit() || "百约近".contains(*c))
    };
    let phrase = phrase.filter(|(_, length)| !of(*length));
    let found = composed(text)
        .filter(|(_, length)| !of(*length))
        .filter(|(_, length)| phrase.is_none_or(|(_, longest)| *length > longest))
        .or(phrase)?;
    let done = matches!(found.0, Status::Completed | Status::SubstantiallyCompleted);
    let partly = if done { part_done(text, found.1) } else { None };
    Some(partly.map_or(found, |end| (Status::InProgress, end)))
}

/// Where the share ends that says how much of something is done, after a word of so many characters for that it is:
/// 已完成总工程量60%. None where it is all.
pub fn part_done(text: &[char], word: usize) -> Option<usize> {
    const LONGEST: usize = 24;
    // 超额完成20% is more than all; 合格率 and 增长 tell of something else.
    const OTHER: &str = "超率增长降升比";
    let clause = text.iter().take(word + LONGEST).position(|c| ",。;、:()\n\t".contains(*c)).unwrap_or(text.len());
    let rest = text.get(word..clause.min(text.len()).min(word + LONGEST))?;
    let (value, end) = scan::share(rest)?;
    let other = text[..word + end].iter().any(|c| OTHER.contains(*c));
    (value < 100 * ONE && !other).then_some(word + end)
}

/// A wording of adverbs and a verb; 中 after it stands for 正在 before it.
fn composed(text: &[char]) -> Option<(Status, usize)> {
    const MOST: usize = 5;
    let (mut adverbs, mut at) = (Vec::new(), 0);
    while adverbs.len() <= MOST {
        let (part, length) = PART.at(text.get(at..)?)?;
        at += length;
        let verb = match part {
            Part::Verb(verb) => verb,
            Part::Adverb(adverb) => {
                adverbs.push(adverb);
                continue;
            }
        };
        if text.get(at) == Some(&'中') && !text.get(at + 1).is_some_and(|c| c.is_alphanumeric()) {
            adverbs.push(Adverb::Now);
            at += 1;
        }
        return meaning(&adverbs, verb).map(|status| (status, at));
    }
    None
}

fn meaning(adverbs: &[Adverb], verb: Verb) -> Option<Status> {
    let has = |adverb: Adverb| adverbs.contains(&adverb);
    let under_way = has(Adverb::Partly) || has(Adverb::Now) || has(Adverb::Manner);
    match verb {
        Verb::Ends | Verb::Settles if has(Adverb::Not) && has(Adverb::InTime) => Some(Status::Delayed),
        Verb::Ends | Verb::Settles if has(Adverb::Not) => Some(Status::NotCompleted),
        _ if has(Adverb::Not) => Some(Status::NotStarted),
        Verb::Ends | Verb::Settles if has(Adverb::Almost) => Some(Status::SubstantiallyCompleted),
        _ if adverbs.is_empty() || has(Adverb::Almost) => None,
        Verb::Ends if !under_way => Some(Status::Completed),
        Verb::Settles if !under_way && !has(Adverb::InTime) => Some(Status::Completed),
        _ => Some(Status::InProgress),
    }
}

/// The wording that a short text, such as a cell, a bracket or a heading, has: the most telling, else the longest.
pub fn status_in(text: &[char]) -> Option<(Status, usize, usize)> {
    let mut best: Option<(Status, usize, usize)> = None;
    let mut at = 0;
    while at < text.len() {
        match status_at(&text[at..]) {
            Some((status, length)) => {
                if best.is_none_or(|(.., longest)| length > longest) {
                    best = Some((status, at, length));
                }
                at += length;
            }
            None => at += 1,
        }
    }
    best
}
