//! What a figure counts, from the words beside it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use pinyin::ToPinyin;
use sha2::{Digest, Sha256};

use super::scan::Found;

use super::text::{Span, Text};
use super::words::{self, Lexicon};
use super::{cues, numerals, times};

/// Characters of the longest part of a name.
const MAX_PART: usize = 18;

/// Words that say when, how much or how surely, not what.
static IDLE: LazyLock<Lexicon<()>> = LazyLock::new(|| {
    Lexicon::of(
        "截至目前 截止目前 截至 截止 今年以来 年初以来 以来 今年 上半年 下半年 前三季度 第三季度 \
         一季度 二季度 三季度 四季度 全年 年内 目前 累计 共计 总计 合计 一共 共 已经 已 现已 \
         约 近 超过 超 逾 突破 不少于 不低于 不超过 至少 达到了 达到 达 分别为 分别 为 计 \
         其中 并 同时 另有 另外 还 先后 全部 均 了 也 又 并且 目标任务 计划 将 确保 力争 \
         预计 实际 同比 环比 比去年 较去年 比上年 较上年 同期 原 由 从 至 到 底 末 年底前 \
         年底 有 是 和 与 、 及 以及 去年 上年 期间 实有 本年度 本季度 按照 按 即 可 \
         累计达 总数达 总数 达成 最高 最低 近年来 年度 等 调整 调整完善 进行了 进行 组织",
    )
});
/// Words that end what a figure counts, where it stands before it.
static STOPS: LazyLock<Lexicon<()>> = LazyLock::new(|| {
    Lexicon::of(
        "的 和 及 以及 与 、 并 已 均 进行 开展 参加 参与 实现 完成 达到 为 在 被 由 从 到 \
         至 将 ( 共 同比 环比 较 比 占 也 都 予以 得到 获 通过 纳入 全部 增加到 增加至 提高到 \
         提高至 提升到 提升至 提升为 下降到 降至 减少到 调整为 增至 升至 扩大到 增长到 压缩至 压减至 \
         精简为 整合为",
    )
});

/// Words that have one of those in them and are no end.
static COMPOUNDS: LazyLock<Lexicon<()>> = LazyLock::new(|| {
    Lexicon::of(
        "公共 参与 普及 人均 平均 存在 行为 占比 和谐 共享 共建 共治 均衡 比例 比赛 参加者 共同 撤并 合并 兼并 并网 与会 和平 从业 为民 通过率 完成率",
    )
});

/// The name of what is counted: words before the numeral and those it counts after the measure word.
pub fn name(text: &Text, region: Span, found: &Found, previous: Option<Span>) -> String {
    let before = before(text, region, found.span, previous);
    let after = after(text, region, found);
    let percent = found.measure == "%" || found.measure == "百分点";
    let joined = if percent || after.is_empty() { before.clone() } else { format!("{before}{after}") };
    if joined.chars().count() > 1 {
        return joined;
    }
    // Nothing beside it: the clause before says what it is about.
    let start = cues::sentence_start(text, region, found.span.start);
    let sentence: String = text.chars[start..found.span.start].iter().collect();
    let clauses = sentence
        .split(['，', ',', '；', ';', '：', ':'])
        .rev()
        .map(|clause| trimmed(&clause.chars().collect::<Vec<_>>()));
    let named = clauses
        .filter(|clause| clause.chars().count() > 1 && !clause.chars().any(|c| c.is_ascii_digit()))
        .map(|clause| cut(&clause))
        .next();
    named.map(|clause| format!("{clause}{joined}")).unwrap_or_else(|| format!("{joined}{}", found.measure))
}

fn before(text: &Text, region: Span, span: Span, previous: Option<Span>) -> String {
    let from = previous.filter(|previous| previous.end <= span.start).map_or(region.start, |previous| previous.end);
    let (words, _) = cues::around(text, Span::new(from.max(region.start), region.end), span);
    // What the figure before it counts is no part of this one's name.
    let original = &text.chars[span.start - words.len()..span.start];
    let split = original.iter().rposition(|c| "：:".contains(*c)).map_or(0, |at| at + 1);
    let plain = trimmed(&unbracketed(&original[split..]));
    cut(listed(&plain))
}

/// The name that a title gives to what is counted under it.
pub fn of_title(text: &Text, title: Span) -> String {
    cut(&trimmed(&unbracketed(&text.chars[title.start..title.end])))
}

/// Without what stands in brackets, unless it is as short as in 新（改、扩）建; an open bracket begins anew.
fn unbracketed(words: &[char]) -> Vec<char> {
    const SHORT: usize = 4;
    let mut kept = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match words[at] {
            '（' | '(' => match words[at..].iter().position(|c| "）)".contains(*c)) {
                Some(length) if length <= SHORT => {
                    kept.extend(&words[at..=at + length]);
                    at += length;
                }
                Some(length) => at += length,
                None => kept.clear(),
            },
            '）' | ')' => kept.clear(),
            c => kept.push(c),
        }
        at += 1;
    }
    kept
}

/// 建成投用甲、乙、丙等8家卫生院 counts 卫生院, not who they are: what was done is kept, the list is not.
fn listed(words: &str) -> &str {
    const DEEDS: [&str; 14] = [
        "开工建设",
        "建成投用",
        "新建",
        "改建",
        "扩建",
        "改造",
        "建成",
        "建设",
        "完成",
        "新增",
        "打通",
        "启用",
        "引进",
        "培育",
    ];
    if words.matches('、').count() < 2 {
        return words;
    }
    match DEEDS.iter().find(|deed| words.starts_with(*deed)) {
        Some(deed) => &words[..deed.len()],
        None => words.rsplit('、').next().unwrap_or(words),
    }
}

fn cut(words: &str) -> String {
    let count = words.chars().count();
    // The end is nearest to the figure.
    words.chars().skip(count.saturating_sub(MAX_PART)).collect()
}

/// Without idle words at either end.
fn trimmed(words: &[char]) -> String {
    let folded: Vec<char> = words.iter().map(|c| words::fold(*c)).collect();
    let (mut start, mut end) = (0, words.len());
    while start < end {
        let inner = &folded[start..end];
        let idle = |c: &char| c.is_whitespace() || ",。;:-、".contains(*c);
        // 1月份至6月份, 15日
        let time = (numerals::run(inner) > 0).then(|| times::time_at(inner, 2000)).flatten();
        let time = time.map(|(length, _)| length).filter(|length| *length < inner.len());
        let time = time.or_else(|| {
            let run = Some(numerals::run(inner)).filter(|run| *run > 0)?;
            inner.get(run).filter(|c| "年月日号".contains(**c)).map(|_| run + 1)
        });
        let lead = time
            .or_else(|| inner.first().filter(|c| idle(c)).map(|_| 1))
            .or_else(|| IDLE.length(inner).filter(|length| *length < inner.len() || inner.len() < 3));
        if let Some(length) = lead {
            start += length;
            continue;
        }
        let tail = inner.last().filter(|c| idle(c)).map(|_| 1);
        match tail.or_else(|| idle_end(inner)) {
            Some(length) => end -= length,
            None => break,
        }
    }
    words[start.min(end)..end].iter().collect()
}

/// Length of the idle word that words end with, if they are not all of it.
fn idle_end(words: &[char]) -> Option<usize> {
    const LONGEST: usize = 6;
    let most = words.len().saturating_sub(1).min(LONGEST);
    (1..=most).rev().find(|length| IDLE.get(&words[words.len() - length..]).is_some())
}

fn after(text: &Text, region: Span, found: &Found) -> String {
    let (_, words) = cues::around(text, region, found.span);
    let counts = |rest: &[char]| {
        rest[0].is_ascii_digit()
            || numerals::numeral(rest).is_some_and(|numeral| words::measure_at(&rest[numeral.length..]).is_some())
    };
    let (mut length, mut quoted) = (0, false);
    while length < words.len() && length < MAX_PART {
        let rest = &words[length..];
        let compound = COMPOUNDS.length(rest);
        match rest[0] {
            '“' => quoted = true,
            '”' => quoted = false,
            _ if quoted || compound.is_some() => {}
            _ if counts(rest) || STOPS.length(rest).is_some() => break,
            _ => {}
        }
        length += compound.unwrap_or(1);
    }
    text.verbatim(Span::new(found.span.end, found.span.end + length)).trim_matches(['“', '”']).to_owned()
}

/// A readable slug of Chinese words: their pinyin, cut with a digest where it would be long.
pub fn slug(name: &str, most: usize) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut word = String::new();
    for c in name.chars().map(words::fold) {
        if let Some(sound) = c.to_pinyin() {
            if !word.is_empty() {
                parts.push(std::mem::take(&mut word));
            }
            parts.push(sound.plain().replace('ü', "v"));
        } else if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        } else if !word.is_empty() {
            parts.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        parts.push(word);
    }
    let whole = parts.join("-");
    if !whole.is_empty() && whole.len() <= most {
        return whole;
    }
    let digest = hex::encode(Sha256::digest(name));
    let mut short = String::new();
    for part in parts {
        if short.len() + part.len() + 10 > most {
            break;
        }
        short.push_str(&part);
        short.push('-');
    }
    format!("{short}{}", digest.get(..8).unwrap_or_default())
}

/// The pairs of characters of a text.
fn pairs(text: &str) -> BTreeSet<(char, char)> {
    let chars: Vec<char> = text.chars().map(words::fold).filter(|c| c.is_alphanumeric()).collect();
    chars.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

/// How alike two texts are, by the pairs of characters they share: 0 to 1 (Dice).
pub fn likeness(one: &str, other: &str) -> f64 {
    let (one, other) = (pairs(one), pairs(other));
    if one.is_empty() || other.is_empty() {
        return 0.0;
    }
    2.0 * one.intersection(&other).count() as f64 / (one.len() + other.len()) as f64
}

/// How much of the shorter of two texts is in the other: 0 to 1.
pub fn overlap(one: &str, other: &str) -> f64 {
    let (one, other) = (pairs(one), pairs(other));
    let least = one.len().min(other.len());
    if least == 0 { 0.0 } else { one.intersection(&other).count() as f64 / least as f64 }
}
