//! Finding what counts something: a numeral with a measure word, and not what only looks like one.

use std::sync::LazyLock;

use super::amounts::{Amount, amount, of_hundred};
use super::mask;
use super::numerals::{self, Exact, Numeral, ONE};
use super::text::{Span, Text};
use super::words::{self, Lexicon, RHETORIC, contains, starts, starts_any};
use crate::model::codes::Qualifier;

/// A figure as it stands in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Numeral and measure word, with what qualifies them after the numeral.
    pub span: Span,
    pub value: Exact,
    /// The upper end of a range.
    pub upper: Option<Exact>,
    /// Measure word without 万 or 亿; the unit's label.
    pub measure: String,
    /// Code of the unit.
    pub unit: &'static str,
    pub qualifier: Option<Qualifier>,
}

/// A numeral that counts nothing the rules know of, or that cannot be read surely; it is reported.
pub type Unplaced = Span;

/// Units of time: figures only where a time is what is measured, else how long something takes.
const TIMES: [(&str, &str); 9] = [
    ("个工作日", "working-day"),
    ("工作日", "working-day"),
    ("个小时", "hour"),
    ("小时", "hour"),
    ("分钟", "minute"),
    ("天", "day"),
    ("日", "day"),
    ("个月", "month"),
    ("秒", "second"),
];
/// Words of a clause whose subject is a time.
const TIMED: [&str; 14] = [
    "压缩",
    "缩短",
    "压减",
    "缩减",
    "提速",
    "减至",
    "降至",
    "平均用时",
    "平均办理",
    "平均时长",
    "平均时间",
    "天数",
    "服务时长",
    "办理时间由",
];

/// What follows a numeral that is a date, a time, a rank or a number of something.
static DATES: LazyLock<Lexicon<()>> = LazyLock::new(|| {
    Lexicon::of(
        "年 月 日 号 时 点 季度 世纪 岁 周年 周岁 周 星期 度 级 版 届 维 强 大 次会议 次全会 中全会 g G 刻 代表 线城市 类区 \
         孩 胎 环 楼 路公交 路车 网 微 码 热线 专线 平台 系统 工程 行动 后",
    )
});

/// Finds every figure of a stretch of text. `numbers` are the enumerators and other parts of the form, in order.
pub fn scan(text: &Text, region: Span, numbers: &[Span]) -> (Vec<Found>, Vec<Unplaced>) {
    let words = text.folded(region);
    let masked = mask::mask(words, region, numbers);
    let (mut found, mut unplaced) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < words.len() {
        let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or(' ');
        if masked[at] || before.is_ascii_alphanumeric() && words[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        match figure(words, at) {
            Read::Figure { length, figure } => {
                let start = region.start + at;
                match sign(text, region, start) {
                    _ if masked[at..at + length].contains(&true) => {}
                    Sign::Unsure => {
                        // 3件-5件
                        let lower = found.pop_if(|lower: &mut Found| lower.span.end + 1 == start);
                        unplaced.extend(lower.map(|lower| lower.span));
                        unplaced.push(Span::new(start, start + length));
                    }
                    Sign::Minus => {
                        let value = -figure.value;
                        found.push(Found { span: Span::new(start - 1, start + length), value, ..figure });
                    }
                    Sign::None => found.push(Found { span: Span::new(start, start + length), ..figure }),
                }
                at += length;
            }
            Read::Other(length) => at += length.max(1),
            Read::Number(length) => {
                unplaced.push(Span::new(region.start + at, region.start + at + length));
                at += length;
            }
        }
    }
    (found, unplaced)
}

/// What a hyphen before a figure is.
enum Sign {
    /// There is none, or it is a dash between words.
    None,
    Minus,
    /// A sign or a dash: it cannot be told.
    Unsure,
}

/// 增长-3.2% fell; 甲-3件 may be less than none, or three.
fn sign(text: &Text, region: Span, at: usize) -> Sign {
    const CHANGES: [&str; 8] = ["增长", "增幅", "增速", "增长率", "增减", "同比", "环比", "变化"];
    let before = &text.folded[region.start..at];
    let Some((hyphen, before)) = before.split_last().filter(|_| text.folded[at].is_ascii_digit()) else {
        return Sign::None;
    };
    if *hyphen != '-' || before.ends_with(&['-']) {
        return Sign::None;
    }
    let minus = "-－−".contains(text.chars[at - 1]) && CHANGES.iter().any(|word| words::ends(before, word));
    if minus { Sign::Minus } else { Sign::Unsure }
}

enum Read {
    Figure {
        length: usize,
        figure: Found,
    },
    /// A numeral that is none of ours, or no numeral at all.
    Other(usize),
    /// A number without a measure word, or one that cannot be read surely.
    Number(usize),
}

fn figure(words: &[char], at: usize) -> Read {
    let rest = &words[at..];
    match of_hundred(rest) {
        Some((_, Some(amount))) => return finish(words, at, amount, "%", "percent"),
        Some((length, None)) => return Read::Number(length),
        None => {}
    }
    let run = numerals::run(rest);
    if run == 0 {
        return Read::Other(1);
    }
    // 几十家 and 数十家 are no ten; 百 and 千 alone are many.
    let bare = rest[..run].iter().all(|c| "十拾百佰千仟万亿".contains(*c));
    let about = bare && at > 0 && "几数".contains(words[at - 1]);
    let numeral = numerals::numeral(rest).filter(|numeral| numeral.length == run && !about);
    let Some(numeral) = numeral else {
        return if bare && !about { Read::Other(run) } else { unread(words, at, run) };
    };
    let amount = amount(rest, &numeral);
    let end = amount.end;
    let after = &rest[end..];
    let clause = clause(words, at);
    let timed = TIMED.iter().any(|cue| contains(clause, cue)) || contains(&words[at.saturating_sub(25)..at], "天数");
    // 审批时限由30日压缩到15个工作日: days that are measured, not a date.
    let days = timed && next(rest, end) == '日' && at > 0 && "由从为至到在".contains(words[at - 1]);
    if !days && is_date(words, at, end, &numeral) {
        // All of 2020-06-30.
        let rest = rest[end..].iter().take_while(|c| c.is_ascii_digit() || "-./:".contains(**c)).count();
        return Read::Other(end + rest);
    }
    let with = |word: &str| Amount { end: end + word.chars().count(), ..amount };
    for (sign, label, unit) in [
        ("%", "%", "percent"),
        ("‰", "‰", "per-mille"),
        ("个百分点", "百分点", "percentage-point"),
        ("百分点", "百分点", "percentage-point"),
    ] {
        if starts(after, sign) {
            return finish(words, at, with(sign), label, unit);
        }
    }
    if let Some((word, code)) = TIMES.iter().find(|(word, _)| starts(after, word)) {
        if timed {
            return finish(words, at, with(word), word.trim_start_matches('个'), code);
        }
        return Read::Other(with(word).end);
    }
    let measure = measure(after, numeral.chinese, numeral.value);
    let Some((code, length)) = measure else {
        let other = end >= 7 || next(rest, end).is_ascii_alphabetic() || "-/".contains(next(rest, end));
        return match numeral.chinese {
            true => Read::Other(end),
            false if other || is_rank(words, at) => Read::Other(end),
            false => Read::Number(end),
        };
    };
    let word: String = after[..length].iter().collect();
    // 二期 of a building is a phase; 两期 and 培训班三期 are counted.
    let held = ["班", "训", "座", "动", "课", "坛", "展"].iter().any(|word| words::ends(&words[..at], word));
    let phase = word == "期" && numeral.chinese && rest[0] != '两' && !held;
    if phase || is_rank(words, at) || rhetorical(&word, &after[length..], numeral.chinese) {
        return Read::Other(end + length);
    }
    // 8成 is 80 per cent.
    if word == "成" {
        let amount = Amount { value: amount.value * 10, upper: amount.upper.map(|upper| upper * 10), ..with("成") };
        return finish(words, at, amount, "%", "percent");
    }
    finish(words, at, with(&word), &word, code)
}

/// A numeral that cannot be read: it is reported where something is counted by it.
fn unread(words: &[char], at: usize, run: usize) -> Read {
    let (rest, chinese) = (&words[at..], !words[at].is_ascii_digit());
    let end = run + usize::from("余多几".contains(next(rest, run)));
    let after = &rest[end..];
    let time = DATES.length(after).is_some() || TIMES.iter().any(|(word, _)| starts(after, word));
    let measure = measure(after, chinese, 100 * ONE).map(|(_, length)| after[..length].iter().collect::<String>());
    let counted = measure.as_ref().is_some_and(|word| !rhetorical(word, &after[word.chars().count()..], chinese));
    let rate = starts_any(after, &["%", "‰", "个百分点", "百分点"]);
    match measure {
        _ if time => Read::Other(end),
        Some(word) if counted => Read::Number(end + word.chars().count()),
        _ if rate || !chinese && run < 7 => Read::Number(end),
        _ => Read::Other(end),
    }
}

pub fn next(words: &[char], at: usize) -> char {
    words.get(at).copied().unwrap_or(' ')
}

/// The measure word after a numeral: code of its unit, its length.
pub fn measure(after: &[char], chinese: bool, value: Exact) -> Option<(&'static str, usize)> {
    words::measures_at(after).find(|(_, length)| {
        let word = &after[..*length];
        let next = next(after, *length);
        let latin = word.iter().all(char::is_ascii) && next.is_ascii_alphabetic();
        // One of something is seldom meant as a count.
        let counted = !chinese
            || if value == ONE {
                matches!(word, ['座' | '所' | '家' | '栋' | '艘' | '架'])
            } else {
                value >= 100 * ONE || words::counts_small(word)
            };
        !words::merges(word, next) && !latin && counted
    })
}

/// A date, a time, a rank, a number of a document: what follows and what stands before tells.
fn is_date(words: &[char], at: usize, end: usize, numeral: &Numeral) -> bool {
    let rest = &words[at..];
    let after = &rest[end..];
    let before = at.checked_sub(1).map_or(' ', |at| words[at]);
    if DATES.length(after).is_some() && !starts_any(after, &["年份", "点位", "度电", "微克", "微米", "后续"])
    {
        return true;
    }
    let year = !numeral.chinese && (1900 * ONE..2100 * ONE).contains(&numeral.value) && numeral.length == 4;
    let mark = next(rest, end);
    // 2020-06, 2020.6, 2020/6/30, 8:30, 第3, 之一
    year && "-./".contains(mark) && next(rest, end + 1).is_ascii_digit()
        || mark == ':' && next(rest, end + 1).is_ascii_digit()
        || ":时点".contains(before) && at > 1 && words[at - 2].is_ascii_digit()
        || before == '第'
        || before == '/'
        || starts(after, "之一")
}

fn is_rank(words: &[char], at: usize) -> bool {
    let before = &words[at.saturating_sub(4)..at];
    ["前", "第", "列", "排名", "位居", "居", "位列", "名列", "排名第"].iter().any(|word| words::ends(before, word))
}

/// Whether a measure word and what follows are a figure of speech: 三项重点, but not 三家重点企业.
fn rhetorical(word: &str, after: &[char], chinese: bool) -> bool {
    const ALWAYS: [&str; 9] = ["方面", "层面", "月", "季度", "星期", "以来", "工作日", "小时", "维度"];
    const VAGUE: &str = "个项种类条大次批步级层期轮处支成件门头口对";
    starts_any(after, &ALWAYS) || chinese && VAGUE.contains(word) && RHETORIC.length(after).is_some()
}

/// Characters of the longest clause, each side of a place.
const MAX_CLAUSE: usize = 200;

/// The first rate of some words, such as 80%, 八成 or 三分之二: how much of a hundred, and where it ends.
pub fn share(words: &[char]) -> Option<(Exact, usize)> {
    let mut at = 0;
    while at < words.len() {
        at += match figure(words, at) {
            Read::Figure { length, figure } if figure.measure == "%" => return Some((figure.value, at + length)),
            Read::Figure { length, .. } | Read::Other(length) | Read::Number(length) => length.max(1),
        };
    }
    None
}

/// The words of the clause that a place is in.
fn clause(words: &[char], at: usize) -> &[char] {
    let stop = |c: &char| "。;!?,\n\t".contains(*c);
    let (first, last) = (at.saturating_sub(MAX_CLAUSE), words.len().min(at + MAX_CLAUSE));
    let start = words[first..at].iter().rposition(stop).map_or(first, |position| first + position + 1);
    let end = words[at..last].iter().position(stop).map_or(last, |position| at + position);
    &words[start..end]
}

const AFTER: [(&str, Qualifier); 9] = [
    ("及以上", Qualifier::AtLeast),
    ("以上", Qualifier::AtLeast),
    ("及以下", Qualifier::AtMost),
    ("以内", Qualifier::AtMost),
    ("以下", Qualifier::AtMost),
    ("左右", Qualifier::About),
    ("上下", Qualifier::About),
    ("余", Qualifier::MoreThan),
    ("多", Qualifier::MoreThan),
];
const BEFORE: [(&str, Qualifier); 23] = [
    ("不少于", Qualifier::AtLeast),
    ("不低于", Qualifier::AtLeast),
    ("不小于", Qualifier::AtLeast),
    ("至少", Qualifier::AtLeast),
    ("不超过", Qualifier::AtMost),
    ("不高于", Qualifier::AtMost),
    ("不多于", Qualifier::AtMost),
    ("不大于", Qualifier::AtMost),
    ("低于", Qualifier::AtMost),
    ("控制在", Qualifier::AtMost),
    ("至多", Qualifier::AtMost),
    ("最多", Qualifier::AtMost),
    ("超过", Qualifier::MoreThan),
    ("突破", Qualifier::MoreThan),
    ("多于", Qualifier::MoreThan),
    ("高于", Qualifier::MoreThan),
    ("超", Qualifier::MoreThan),
    ("逾", Qualifier::MoreThan),
    ("将近", Qualifier::Nearly),
    ("接近", Qualifier::Nearly),
    ("近", Qualifier::Nearly),
    ("大约", Qualifier::About),
    ("约", Qualifier::About),
];

/// The figure with what qualifies it, before and after.
fn finish(words: &[char], at: usize, amount: Amount, measure: &str, unit: &'static str) -> Read {
    let Amount { value, upper, mut end, more } = amount;
    if !numerals::fits(value) || upper.is_some_and(|upper| !numerals::fits(upper)) {
        return Read::Number(end);
    }
    let after = &words[at + end..];
    let mut qualifier = more.then_some(Qualifier::MoreThan);
    let said = AFTER.iter().find(|(word, _)| {
        // 3多种 is no quantity with something after it.
        starts(after, word) && !(word.chars().count() == 1 && next(after, 1) == '种')
    });
    if let Some((word, meaning)) = said {
        qualifier = Some(*meaning);
        end += word.chars().count();
    }
    let before: String = words[at.saturating_sub(6)..at].iter().collect();
    let before = before.trim_end_matches(['到', '达', '为', '计', '有', '了', ' ']);
    // 签约, 附近 and 高超 are other words.
    let merged = |word: &str| {
        let inner = before.strip_suffix(word).and_then(|rest| rest.chars().last());
        inner.is_some_and(|c| match word {
            "约" => "签预节合违履条特制邀续".contains(c),
            "近" => "附临靠就最邻贴亲".contains(c),
            _ => false,
        })
    };
    let said = BEFORE.iter().find(|(word, _)| before.ends_with(word) && !merged(word)).map(|(_, meaning)| *meaning);
    // 控制在3%以内 says at most twice; a range is at least its lower end.
    let qualifier = qualifier.or(said).or(upper.map(|_| Qualifier::AtLeast));
    let figure = Found { span: Span::new(0, 0), value, upper, measure: measure.to_owned(), unit, qualifier };
    Read::Figure { length: end, figure }
}
